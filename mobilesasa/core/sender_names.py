"""What a sender name may be, and what may be said of one (decisions 33 and 36)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

import attrs

from mobilesasa.core.errors import BadValue
from mobilesasa.core.ids import canonical
from mobilesasa.core.senders import SenderClass
from mobilesasa.sms.numbers import UnknownCountry, calling_code

WORDS_CHARACTERS: Final = 1000  # of a note and of a reason
NAMED_MAX: Final = 50  # countries, or networks, of one sender

# An address of TON 5 has at most 11 characters, one of digits at most 15 (3GPP TS 23.040 §9.1.2.5, E.164 §6.2).
_LETTERS = re.compile(r"(?=.*[A-Za-z])[A-Za-z0-9_.&-](?:[A-Za-z0-9 _.&-]{0,9}[A-Za-z0-9_.&-])?")
_DIGITS = re.compile(r"[0-9]{1,15}")
_NETWORK_CHARACTERS = 64
_UNSHOWABLE = "\x00"


@attrs.frozen(kw_only=True)
class NewSender:
    """A sender name that a team asks for."""

    name: str
    sender_class: SenderClass = SenderClass.TRANSACTIONAL
    countries: Sequence[str] = ()  # ISO 3166-1 of those it is for; none: the team's own
    networks: Sequence[str] = ()  # names, or MCC and MNC; none: all
    note: str = ""
    document_uuid: str | None = None  # of a file that shows that the team may use the name


def checked(new: NewSender) -> NewSender:
    """Return a request as it is kept.

    Raises:
        BadValue: the name, or what is said of it.
    """
    document = None if new.document_uuid is None else canonical(new.document_uuid)
    if document is None and new.document_uuid is not None:
        raise BadValue(f"{new.document_uuid!r} is no file's uuid")
    return attrs.evolve(
        new,
        name=checked_name(new.name),
        countries=checked_countries(new.countries),
        networks=checked_networks(new.networks),
        note=checked_words(new.note, "a note"),
        document_uuid=document,
    )


def checked_name(name: str) -> str:
    """Return a sender name that phones can show.

    Raises:
        BadValue: it is no name of up to 11 letters, digits, blanks and ``- _ . &``, and no number of up to 15 digits.
    """
    if not (_LETTERS.fullmatch(name) or _DIGITS.fullmatch(name)):
        raise BadValue(
            "a sender is 1 to 11 letters, digits, blanks inside, and - _ . &, with a letter among them,"
            f" or 1 to 15 digits; {name!r} is not"
        )
    return name


def checked_countries(given: Sequence[str]) -> list[str]:
    """Return countries in capitals, each once.

    Raises:
        BadValue: one that is no country's two letters (ISO 3166-1), or too many.
    """
    capitals = list(dict.fromkeys(country.upper() for country in given))
    for country in capitals:
        try:
            calling_code(country)
        except UnknownCountry:
            raise BadValue(f"a country is its two letters, such as KE; {country!r} is none") from None
    return _few(capitals, "countries")


def checked_networks(given: Sequence[str]) -> list[str]:
    """Return networks, by name or by MCC and MNC, each once.

    Raises:
        BadValue: one that cannot be a name, or too many.
    """
    names = list(dict.fromkeys(name.strip() for name in given))
    for name in names:
        if not 0 < len(name) <= _NETWORK_CHARACTERS or not name.isprintable():
            raise BadValue(f"a network is its name, or its MCC and MNC; {name!r} is none")
    return _few(names, "networks")


def checked_words(given: str, what: str) -> str:
    """Return what somebody says, without blanks around it; `what` names it.

    Raises:
        BadValue: it is too long, or holds a NUL character.
    """
    words = given.strip()
    if len(words) > WORDS_CHARACTERS or _UNSHOWABLE in words:
        raise BadValue(f"{what} has at most {WORDS_CHARACTERS} characters, and no NUL among them")
    return words


def _few(given: list[str], what: str) -> list[str]:
    if len(given) > NAMED_MAX:
        raise BadValue(f"at most {NAMED_MAX} {what} can be named")
    return given
