"""Plain mobile numbers are not looked up in the plans, and come to the same as if they were."""

import phonenumbers
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from phonenumbers import PhoneNumberType

from mobilesasa.sms import numbers
from mobilesasa.sms.numbers import BadNumber, calling_code, normalise

COUNTRIES = sorted(phonenumbers.SUPPORTED_REGIONS)


@st.composite
def written(draw):
    """A country, a number near a mobile number of it, and how it is written."""
    country = draw(st.sampled_from(COUNTRIES))
    example = phonenumbers.example_number_for_type(country, PhoneNumberType.MOBILE)
    digits = list(str(example.national_number) if example else "712345678")
    for _ in range(draw(st.integers(0, 3))):
        digits[draw(st.integers(0, len(digits) - 1))] = draw(st.sampled_from("0123456789"))
    code = calling_code(country)
    before = draw(st.sampled_from([f"+{code}", code, "0", "", f"+{code}0", f"00{code}"]))
    return country, before + "".join(digits) + draw(st.sampled_from(["", "", "", "7"]))


@settings(max_examples=200, deadline=None)
@given(written(), st.booleans())
def test_what_is_plainly_a_mobile_number_is_the_number_that_the_plans_say(made, bare):
    country, raw = made
    if numbers._mobiles(country, bare).fullmatch(raw):
        assert normalise(raw, country, bare=bare) == numbers._checked(raw, country, bare)


@pytest.mark.parametrize("raw", ["0712345678", "+254712345678", "254 712 345 678", "0110000000"])
def test_the_numbers_of_kenya_are_plain(raw):
    assert numbers._mobiles("KE", False).fullmatch(raw.translate(numbers._BETWEEN))


@pytest.mark.parametrize(
    ("raw", "country"),
    [("712345678", "KE"), ("0202012345", "KE"), ("+12025550123", "US"), ("+79161234567", "RU"), ("03211234567", "CO"), ("551234", "PM")],
)  # fmt: skip
def test_what_is_not_plain_is_looked_up(raw, country):
    assert not numbers._mobiles(country, country == "PM").fullmatch(raw)


def test_a_number_too_short_for_a_message_stays_so():
    with pytest.raises(BadNumber, match="too few"):
        normalise("551234", "PM", bare=True)
