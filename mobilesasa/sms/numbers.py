"""Phone numbers: from what people and programs write to E.164, and back to what people read.

Inside, a number is E.164 digits without the plus: `254712345678`. Two ways lead there. `normalise` asks the numbering
plans (phonenumbers) whether the number exists and can take a message, and says in words what is wrong where it cannot:
for the REST API and for imports. `normalise_fast` is for SMPP, where numbers come in order and by the thousand: digits
that are plainly international pass as they are.
"""

import re
import unicodedata
from collections.abc import Sequence
from contextlib import suppress
from functools import lru_cache

import phonenumbers
from phonenumbers import (
    NumberParseException,
    PhoneMetadata,
    PhoneNumber,
    PhoneNumberFormat,
    PhoneNumberType,
    ValidationResult,
)

# What is written, and the country in which to read it; none for a number with its plus.
_Reading = tuple[str, str | None]

_CACHED_NUMBERS = 16_384
_MAX_RAW = 40  # characters; a number with all the blanks and dashes that anybody writes stays below
_MIN_DIGITS = 7  # fewer make a short code
_MAX_DIGITS = 15  # E.164 §6.1

# What people write between digits, and the marks of direction that a number copied from a telephone's contacts brings.
_BETWEEN = dict.fromkeys(
    [
        *map(ord, " \t\r\n\u00a0\u2007\u2009\u202f-\u2010\u2011\u2012\u2013.()"),
        *map(ord, "\u200b\u200e\u200f\u202a\u202c\u202d\u2066\u2068\u2069\ufeff"),
    ]
)
_A_LOST_PLUS = re.compile(" [1-9]")
_NO_MESSAGES = {
    PhoneNumberType.FIXED_LINE: "a landline",
    PhoneNumberType.TOLL_FREE: "a toll-free line",
    PhoneNumberType.PREMIUM_RATE: "a premium-rate line",
    PhoneNumberType.SHARED_COST: "a shared-cost line",
    PhoneNumberType.UAN: "a company's access number",
    PhoneNumberType.VOICEMAIL: "a voicemail box",
}


class BadNumber(ValueError):
    """What was written is no phone number that can take a message; the text says why and does not repeat it."""


class UnknownCountry(ValueError):
    """The country is no ISO 3166-1 code in capitals that has a numbering plan."""


@lru_cache
def calling_code(country: str) -> str:
    """The calling code of a country (ISO 3166-1, two capitals): `254` of `KE`.

    Raises:
        UnknownCountry: there is no numbering plan for it.
    """
    code: int = phonenumbers.country_code_for_region(country)
    if not code:
        raise UnknownCountry(f"“{country[:10]}” is no country with a numbering plan; write it like KE")
    return str(code)


def normalise(raw: str, country: str = "KE", *, bare: bool = False) -> str:
    """The number in full, after everything that the numbering plans can say against it.

    Taken are `+254712345678`, `254712345678` and `0712345678` where the team is in Kenya, `00254712345678`,
    `+2540712345678`, all of them with blanks, dashes, dots and parentheses, and ` 254712345678` from a query string, in
    which the plus has become a blank.

    Args:
        raw: what somebody wrote.
        country: the country whose national numbers and whose calling code without a plus are understood.
        bare: also take `712345678`, a national number whose 0 a spreadsheet has dropped. (Where national numbers have
            no 0 in front this is the national form, and always taken.)

    Returns:
        E.164 digits without the plus.

    Raises:
        BadNumber: it is no number, none that exists, or none that takes messages.
        UnknownCountry: there is no numbering plan for the country.
    """
    if len(raw) > _MAX_RAW:
        raise BadNumber("that is too long to be a phone number")
    mobile = _mobiles(country, bare).fullmatch(raw.translate(_BETWEEN))
    return calling_code(country) + mobile["national"] if mobile else _checked(raw, country, bare)


def normalise_fast(raw: str, country: str) -> str:
    """The number in full, as a peer that speaks SMPP writes it.

    With `+`, with `00` or with nothing in front, 11 to 15 digits of another country are taken at their word: not every
    such number exists. Those of the country itself must have the shape of its plan, landlines included. What may be a
    national number (`0712345678`) is looked up, and remembered.

    Raises:
        BadNumber: it is no number.
        UnknownCountry: there is no numbering plan for the country.
    """
    if _plain(country).fullmatch(raw):
        return raw
    if len(raw) > _MAX_RAW:
        raise BadNumber("that is too long to be a phone number")
    return _tolerated(raw, country)


def shown(number: str) -> str:
    """A number for people: `+254712345678` of `254712345678`; what stands for one that was erased is shown as it is."""
    return "+" + number if number.isdigit() else number


def masked(number: str) -> str:
    """A number for logs: `2547…678` of `254712345678`; less is left of a short one."""
    if len(number) < 10:
        return number[:2] + "…"
    return f"{number[:4]}…{number[-3:]}"


@lru_cache
def _plain(country: str) -> re.Pattern[str]:
    """What needs no second look: numbers in the shape of the country's own plan, others too long to be national."""
    code = calling_code(country)
    plan = PhoneMetadata.metadata_for_region(country)
    own = plan and plan.general_desc and plan.general_desc.national_number_pattern
    trunk = (plan and plan.national_prefix) or "0"  # 8 in Russia, before national numbers as long as foreign ones
    return re.compile(f"{code}(?:{own})|(?!{code}|{trunk})[1-9][0-9]{{10,14}}", re.ASCII)


@lru_cache
def _mobiles(country: str, bare: bool) -> re.Pattern[str]:
    """What is plainly a mobile number of the country itself, so that the plans need not be asked: an import has 100,000.

    Of calling codes with several countries, and where national numbers are dialled in another way than with 0, nothing is.
    """
    code = calling_code(country)
    plan = PhoneMetadata.metadata_for_region(country)
    alone = phonenumbers.COUNTRY_CODE_TO_REGION_CODE[int(code)] == (country,)
    said = plan and plan.general_desc and plan.mobile
    if not (plan and said and alone) or _dials_no_0(country) or plan.national_prefix_for_parsing != "0":
        return re.compile(r"(?P<national>)\b\B")  # nothing is like that
    others = [plan.premium_rate, plan.toll_free, plan.shared_cost, plan.uan, plan.voicemail]
    not_these = "|".join(each.national_number_pattern for each in others if each and each.national_number_pattern)
    general, mobile = (each and each.national_number_pattern for each in (plan.general_desc, plan.mobile))
    trunk = "(?:0)?" if bare else "0"
    unlike = f"(?!(?:{not_these})$)" if not_these else ""
    return re.compile(
        rf"(?=.{{{_MIN_DIGITS}}})(?:\+?{code}|{trunk})(?P<national>(?!0)(?=(?:{general})$){unlike}(?:{mobile}))",
        re.ASCII,
    )


@lru_cache(_CACHED_NUMBERS)
def _checked(raw: str, country: str, bare: bool) -> str:
    code = calling_code(country)
    digits, international = _written(raw)
    readings: list[_Reading] = []
    if international or _A_LOST_PLUS.match(raw) or digits.startswith(code):
        readings.append(("+" + digits, None))
    if not international and (digits.startswith("0") or bare or _dials_no_0(country)):
        readings.append((digits, country))
    if not readings:
        raise BadNumber(f"a number begins with + and the country's code, with {code}, or with 0")
    number = _first_valid(readings)
    kind = phonenumbers.number_type(number)
    if kind in _NO_MESSAGES:
        raise BadNumber(f"the number is {_NO_MESSAGES[kind]}, which takes no messages")
    return _digits_of(number)


@lru_cache(_CACHED_NUMBERS)
def _tolerated(raw: str, country: str) -> str:
    digits, international = _written(raw)
    if _plain(country).fullmatch(digits):
        return digits
    readings: list[_Reading] = []
    if not digits.startswith("0"):
        readings.append(("+" + digits, None))
    if not international:
        readings.append((digits, country))
    return _digits_of(_first_valid(readings))


def _written(raw: str) -> tuple[str, bool]:
    """The digits somebody wrote, and whether the sign for an international number stood before them."""
    text = raw.translate(_BETWEEN)
    international = text.startswith("+") or _A_LOST_PLUS.match(raw) is not None
    digits = text.removeprefix("+")
    if not (digits.isascii() and digits.isdigit()):
        raise BadNumber(_what_is_wrong(digits))
    if digits.startswith("00"):
        # 00 is dialled for + nearly everywhere, 000 in Kenya; no calling code begins with 0.
        digits, international = digits.lstrip("0"), True
    if len(digits) < _MIN_DIGITS:
        raise BadNumber(f"{len(digits)} digits are too few; a message goes to a full number, not to a short code")
    if len(digits) > _MAX_DIGITS + 1:  # one more for a national 0 behind the country's code
        raise BadNumber(f"{len(digits)} digits are too many; a phone number has at most {_MAX_DIGITS}")
    return digits, international


def _what_is_wrong(text: str) -> str:
    """Why a text is not digits."""
    if not text:
        return "the number is empty"
    wrong = next(character for character in text if character not in "0123456789")
    if wrong == "+":
        return "a plus stands only at the beginning of a number"
    if wrong in ",;/|":
        return "only one number can stand here"
    if unicodedata.decimal(wrong, None) is not None:
        return "the digits of a number are written 0 to 9, as on a telephone's keys"
    if wrong.isalpha():
        return "a phone number has no letters"
    named = f"“{wrong}”" if wrong.isprintable() else f"U+{ord(wrong):04X}"
    return f"{named} cannot stand in a phone number"


@lru_cache
def _dials_no_0(country: str) -> bool:
    """Whether national numbers of a country are written without a 0 in front."""
    plan = PhoneMetadata.metadata_for_region(country)
    return plan is None or plan.national_prefix != "0"


def _first_valid(readings: Sequence[_Reading]) -> PhoneNumber:
    """The number by the first reading that gives one; the error is that of the last."""
    *others, last = readings
    for reading in others:
        with suppress(BadNumber):
            return _looked_up(*reading)
    return _looked_up(*last)


def _looked_up(written: str, region: str | None) -> PhoneNumber:
    """The number, which exists as far as the numbering plans know."""
    try:
        number = phonenumbers.parse(written, region)
    except NumberParseException as error:
        if error.error_type == NumberParseException.INVALID_COUNTRY_CODE:
            raise BadNumber("the number does not begin with the code of any country") from None
        raise BadNumber("the number has too few digits") from None
    if phonenumbers.is_valid_number(number):
        return number
    plan = f"numbers of +{number.country_code}"
    match phonenumbers.is_possible_number_with_reason(number):
        case ValidationResult.TOO_SHORT | ValidationResult.IS_POSSIBLE_LOCAL_ONLY:
            raise BadNumber(f"the number has too few digits; {plan} have more")
        case ValidationResult.TOO_LONG:
            raise BadNumber(f"the number has too many digits; {plan} have fewer")
        case _:
            raise BadNumber(f"no {plan} are like that; a digit is wrong, missing or too many")


def _digits_of(number: PhoneNumber) -> str:
    return str(phonenumbers.format_number(number, PhoneNumberFormat.E164))[1:]
