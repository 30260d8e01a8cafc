"""USSD as the platform has it inside: one event, one reply, whatever the wire is.

How to think about it: a phone dials a code and a gateway (an aggregator's HTTP dialect, or an SMPP carrier) opens a session.
Each thing that happens in it is a `UssdEvent`, and each `START` and `INPUT` is answered by one `UssdReply`, which says whether
the person is asked further. A dialect turns its wire into events and replies into its wire, and knows nothing else.

    phone ─▶ gateway ─▶ dialect ─ UssdEvent ─▶ desk ─▶ menu, a team's URL, or a team's bind
    phone ◀─ gateway ◀─ dialect ◀─ UssdReply ── desk ◀──┘

Some gateways send what was typed now, and others all that was typed in the session, joined by `*`: `UssdEvent.text_all`.
There only what was consumed before, which is in the session's row, tells what is new and whether the session is: with no
row such an event begins one, and what is in `text_all` was dialled with the code (a shortcut).

>>> event = UssdEvent("savanna", "AT-1", "254712345678", "384", "*384#", Kind.INPUT, text_all="7*2")
>>> event.key, event.dialled_in_full
(('savanna', 'AT-1', '254712345678'), '*384*7*2#')
>>> code_of("*384*7*2#"), dialled_as("384")
('384', '*384#')
"""

from __future__ import annotations

import enum
import re
from collections.abc import Callable
from typing import Final, Protocol

import attrs

from mobilesasa.core.inbound import digits_of
from mobilesasa.sms.numbers import BadNumber, normalise_fast
from mobilesasa.values import hot_value

#: In which country a gateway's national numbers are where nothing else is set.
HOME: Final = "KE"
_FIRST_DIGITS: Final = re.compile(r"[0-9]+")
_DIALLED: Final = re.compile(r"[*#][0-9*#]*#")

#: What names a session: the gateway, its id of the session, the phone. Ids are used again, so the id alone is not enough.
SessionKey = tuple[str, str, str]


class Kind(enum.StrEnum):
    """What has happened in a session."""

    START = "start"
    INPUT = "input"
    END = "end"  # in good order
    ABORT = "abort"  # the person or the network broke it off
    TIMEOUT = "timeout"

    @property
    def is_over(self) -> bool:
        """Whether the session is over, so that there is nobody to answer."""
        return self in _OVER


_OVER: Final = frozenset({Kind.END, Kind.ABORT, Kind.TIMEOUT})


@hot_value
class UssdEvent:
    """One thing that happened in a session, as a gateway told it.

    A gateway may tell it twice; `sequence`, `text_all`, or the same `input` shortly after, is what shows it.
    """

    gateway: str  # the name of a USSD gateway, or of an SMPP carrier
    carrier_session_id: str  # may be empty: then the phone has one session at a time
    msisdn: str  # digits without a plus; what stands for the phone where the gateway hides it
    code: str  # the digits of the service code, such as 384; empty where the gateway tells it at the start alone
    dialled: str  # as it was dialled or as the gateway names the code: "*384*7#"; empty when not told
    kind: Kind  # START where the gateway says so, or what was typed looks like it (`if_answer`)
    input: str = attrs.field(
        default="", repr=False
    )  # what was typed now; empty at the start and where `text_all` is set
    text_all: str | None = attrs.field(default=None, repr=False)  # all that was typed, joined by `*`; None: not told
    if_answer: str | None = attrs.field(
        default=None, repr=False
    )  # of a START: what was typed, if it is an answer within a session after all; None: the gateway itself says that it begins
    network: str = ""  # as the gateway names it; inside, MCC and MNC where they are known
    sequence: int | None = None  # of this event in its session, where the gateway counts

    @property
    def key(self) -> SessionKey:
        """What names the session."""
        return self.gateway, self.carrier_session_id, self.msisdn

    @property
    def dialled_in_full(self) -> str:
        """What was dialled if the session begins with this event: the code with the shortcut that `text_all` has."""
        dialled = self.dialled or dialled_as(self.code)
        if not self.text_all or not dialled or self.text_all.strip() == dialled:
            return dialled
        return f"{dialled.rstrip('#')}*{self.text_all}#"


@hot_value
class UssdReply:
    """What is shown on the phone: one screen."""

    text: str = attrs.field(repr=False)
    end: bool  # no answer is wanted


#: What is shown where nobody can answer as they should.
APOLOGY: Final = UssdReply("Sorry, something went wrong. Please try again later.", end=True)
#: Takes the reply to one event, once; None: there is nothing to show, and the session is over.
Answer = Callable[[UssdReply | None], None]


class Desk(Protocol):
    """What answers the events of all gateways."""

    def take(self, event: UssdEvent, answer: Answer) -> None:
        """Answer an event: `answer` is called once, now or later, on the reactor's thread.

        It is called with None at once for an event that ends its session, which is recorded and has no reply. Nothing is raised.
        """


class TeamBinds(Protocol):
    """The binds of teams that answer USSD themselves."""

    def offer(self, team_id: int, event: UssdEvent, answer: Answer) -> None:
        """Bring an event to a receiver of the team and call `answer` once with what it shows.

        It is called with None when no receiver of the team is on this node, when the one that has it is lost or refuses it, and
        when no answer comes in time; and at once for an event that ends its session. Where `text_all` is set, `input` must
        have what is new of it.
        """


def code_of(dialled: str) -> str:
    """Return the digits of the service code in what was dialled, or in a code as a gateway writes it; empty when none."""
    found = _FIRST_DIGITS.search(dialled)
    return found.group() if found else ""


def dialled_as(code: str) -> str:
    """Return how a code of digits is dialled, `*384#`; empty for an empty one."""
    return f"*{code}#" if code else ""


def phone_of(written: str, country: str = HOME) -> str:
    """Return the digits of a phone's number with its country's code, or what stands for a number that is hidden.

    Empty for what is written as a national number and is none: nothing could be sent to it, and no contact has it.

    >>> phone_of("0712345678"), phone_of("+254712345678"), phone_of("7f3a-x"), phone_of("0999")
    ('254712345678', '254712345678', '7f3a-x', '')
    """
    digits = digits_of(written)
    if not digits:
        return written
    try:
        return normalise_fast(digits, country)
    except BadNumber:
        return "" if digits.startswith("0") else digits


def is_dialled(text: str) -> bool:
    """Return whether a text is a dialled code, such as `*384*7#`, and no answer that a person typed."""
    return _DIALLED.fullmatch(text) is not None
