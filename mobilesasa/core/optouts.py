"""People who want no more messages: the words by which they say so, and what these mean for whom.

Only a message that says nothing else counts, so that nobody falls silent who answers `please don't stop`:

| message | what is suppressed |
|---|---|
| `STOP`, `sitisha`, … | the code, where its team sends from it and nobody else has it |
| the same to another code | all senders of its team, and the code for others that send from it |
| `STOP ACME` | that sender of a team that has the code |
| `STOP WIN` | all senders of the team that has this keyword of the code |
| `STOPALL`, `STOP ALL` | all senders of the team |
| `START`, `anza`, … with the same behind it | nothing of that any more |

Which words are understood depends on the country of the team that has the code, and is data below.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Final, Literal

import attrs

from mobilesasa.core.errors import Suppressed
from mobilesasa.core.keywords import words_of

#: Why a team's messages to somebody are refused; the last is what a receipt of a carrier said.
Reason = Literal["stop", "api", "operator", "blacklisted"]

#: Stands for all senders of a team.
ALL_SENDERS: Final = ""

_SWAHILI: Final = ("KE", "TZ", "UG", "RW", "BI", "CD")
_FRENCH: Final = (
    "FR", "BE", "SN", "CI", "CM", "CD", "BF", "ML", "NE", "TG", "BJ", "GA", "CG", "MG", "BI", "RW", "DJ", "TD", "GN",
)  # fmt: skip
_PORTUGUESE: Final = ("PT", "BR", "AO", "MZ", "CV", "GW", "ST")
_SPANISH: Final = ("ES", "MX", "CO", "PE", "AR", "CL", "GQ")
_ARABIC: Final = ("EG", "SD", "MA", "DZ", "TN", "LY", "SA", "AE", "QA", "KW", "OM", "BH", "JO", "IQ", "MR", "DJ")

# Words, by where they are understood; the empty tuple is everywhere. `end`, `cancel` and `revoke` are answers to too
# many questions to be understood where no rule asks for it; one does in the United States (47 CFR 64.1200(a)(10)).
_STOPS: Final[Mapping[tuple[str, ...], tuple[str, ...]]] = {
    (): ("stop", "quit", "unsubscribe", "optout", "opt out"),
    ("US", "CA", "PR"): ("end", "cancel", "revoke"),
    _SWAHILI: ("sitisha", "simamisha", "acha", "ondoa", "jiondoe"),
    _FRENCH: ("arret", "arrêt", "desabonner", "désabonner"),
    _PORTUGUESE: ("parar", "sair"),
    _SPANISH: ("alto", "baja", "parar"),
    _ARABIC: ("توقف", "ايقاف", "إيقاف", "الغاء", "إلغاء"),
    ("ET",): ("አቁም",),
}
_STARTS: Final[Mapping[tuple[str, ...], tuple[str, ...]]] = {
    (): ("start", "unstop", "optin", "opt in"),
    _SWAHILI: ("anza",),
    _FRENCH: ("commencer",),
    _PORTUGUESE: ("comecar", "começar"),
    _SPANISH: ("alta",),
    _ARABIC: ("ابدا", "ابدأ"),
    ("ET",): ("ጀምር",),
}
_ALL: Final[Mapping[tuple[str, ...], tuple[str, ...]]] = {
    (): ("all",),
    _SWAHILI: ("zote", "wote"),
    _FRENCH: ("tout",),
    _PORTUGUESE: ("tudo",),
    _SPANISH: ("todo",),
    _ARABIC: ("الكل",),
}

# How carriers say in a receipt that the recipient has asked them for no more of this sender: "SenderName Blacklisted"
# (Safaricom), UserInBlacklist (Africa's Talking), BLIST (SMSPortal). What is said is compared without blanks.
_BLACKLISTING_PARTS: Final = ("blacklist", "optedout", "unsubscribed")
_BLACKLISTING_WORDS: Final = frozenset({"blist", "sendername"})  # the latter of SMPP, where a blank ends a word

_REFUSALS: Final[Mapping[Reason, str]] = {
    "stop": "the recipient has asked for no more messages from {sender}",
    "api": "the team has suppressed the recipient; take the suppression away first",
    "operator": "the operator of this platform has suppressed the recipient; ask there",
    "blacklisted": "the recipient is on the carrier's blacklist for {sender}, and would not get the message",
}


@attrs.frozen
class Understood:
    """The words that are understood in one country, each a phrase of folded words."""

    stops: frozenset[str]
    starts: frozenset[str]
    all: frozenset[str]


@attrs.frozen
class OptOut:
    """What the owner of a phone wants: no more messages, or messages again."""

    stops: bool
    recipient: str  # E.164 without the plus
    scopes: tuple[tuple[int, str], ...]  # the team's id, and the sender's name or `ALL_SENDERS`

    @property
    def word(self) -> Literal["stop", "start"]:
        """How it is kept beside the message, and shown."""
        return "stop" if self.stops else "start"


@lru_cache
def understood_in(country: str) -> Understood:
    """Return the words of a country, ISO 3166-1, with those that are understood everywhere."""
    return Understood(_words(_STOPS, country), _words(_STARTS, country), _words(_ALL, country))


def _words(table: Mapping[tuple[str, ...], Iterable[str]], country: str) -> frozenset[str]:
    return frozenset(word for where, words in table.items() if not where or country in where for word in words)


def wish_of(text: str, country: str) -> tuple[bool, tuple[str, ...]] | None:
    """Return whether a text is a wish to hear no more (True) or to hear again (False), and what stands behind it.

    None for every other text. What stands behind it, folded, must still name something: see `scopes_of`.
    """
    words, known = words_of(text), understood_in(country)
    for length in (len(words), 1):  # the whole is a phrase, or the first word is one
        said = " ".join(words[:length])
        if said in known.stops or said in known.starts:
            behind = words[length:]
            return said in known.stops, ("all",) if len(behind) == 1 and behind[0] in known.all else behind
    whole = " ".join(words)
    for phrases, stops in ((known.stops, True), (known.starts, False)):
        if any(whole == f"{phrase}{every}" for phrase in phrases for every in known.all):
            return stops, ("all",)
    return None


def refusal(reason: Reason, sender: str) -> Suppressed:
    """Return the refusal of a message to somebody who is suppressed."""
    return Suppressed(_REFUSALS[reason].format(sender=sender))


def names_a_blacklist(*said: str) -> bool:
    """Say whether the words of a receipt say that the recipient has asked the carrier for no more of this sender."""
    for each in said:
        folded = "".join(words_of(each))
        if folded in _BLACKLISTING_WORDS or any(part in folded for part in _BLACKLISTING_PARTS):
            return True
    return False
