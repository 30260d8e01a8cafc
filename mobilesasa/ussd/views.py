"""What is kept of USSD beside the menus themselves, as values: the API and the command hand them to the store, and have them back."""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from typing import Any, Final

import attrs

#: Digits of a service code: `384` of `*384#`.
CODE_DIGITS: Final = 12
#: Characters of an extension: `7*2` of `*384*7*2#`.
EXTENSION_CHARACTERS: Final = 40
NAME_CHARACTERS: Final = 100
WORDS_CHARACTERS: Final = 1000  # of a note and of a reason
NETWORKS_MAX: Final = 50
#: Extensions of a team that wait for a decision (I7).
REQUESTS_MAX: Final = 50
#: Menus of a team (I7).
MENUS_MAX: Final = 1000


class CodeKind(enum.StrEnum):
    """Whose a service code is."""

    DEDICATED = "dedicated"  # one team's: `*384#`
    SHARED = "shared"  # of teams with an extension each: `*384*7#`


class CodeStatus(enum.StrEnum):
    """Where a service code stands."""

    PENDING = "pending"  # carriers do not send it to us yet
    APPROVED = "approved"
    SUSPENDED = "suspended"  # nothing that is dialled with it is answered


class ExtensionStatus(enum.StrEnum):
    """Where an extension stands."""

    REQUESTED = "requested"
    APPROVED = "approved"
    REJECTED = "rejected"
    SUSPENDED = "suspended"


class SessionStatus(enum.StrEnum):
    """Where a session stands, or how it ended."""

    LIVE = "live"
    ENDED = "ended"  # by a last screen
    ABORTED = "aborted"  # by the person, or by the carrier
    TIMEOUT = "timeout"  # the carrier waited too long, for the person or for us
    DROPPED = "dropped"  # nothing came any more, and nobody said why


@attrs.frozen(kw_only=True)
class CodeRecord:
    """A service code."""

    uuid: str
    code: str  # digits
    kind: CodeKind
    networks: Sequence[str]  # that carry it, by name; none: not said
    status: CodeStatus
    note: str = ""  # the operator's
    created_at_ms: int


@attrs.frozen(kw_only=True)
class NewCode:
    """A service code to be kept; also what it is to be."""

    code: str
    kind: CodeKind
    networks: Sequence[str] = ()
    status: CodeStatus = CodeStatus.APPROVED
    note: str = ""


@attrs.frozen(kw_only=True)
class Answering:
    """Who answers what is dialled: at most one of the three."""

    menu_uuid: str | None = None
    callback_url: str | None = None
    smpp: bool = False  # the team itself, on a bind


@attrs.frozen(kw_only=True)
class ExtensionRecord:
    """An extension of a team: what people dial, and who answers them."""

    uuid: str
    team_code: str
    code_uuid: str
    code: str  # digits
    extension: str  # digits with `*` between; empty: the whole of a dedicated code
    status: ExtensionStatus
    code_status: CodeStatus = CodeStatus.APPROVED
    answering: Answering
    menu_name: str | None = None
    note: str = ""  # the team's
    reason: str = ""  # the operator's
    near: Sequence[str] = ()  # what other teams have above and below it, as it is dialled; for operators alone
    created_at_ms: int
    decided_at_ms: int | None = None


@attrs.frozen(kw_only=True)
class NewExtension:
    """An extension that a team asks for."""

    code: str  # digits
    extension: str
    answering: Answering = Answering()
    note: str = ""


@attrs.frozen(kw_only=True)
class MenuRecord:
    """A menu of a team."""

    uuid: str
    name: str
    language: str
    screens: int  # that the draft has
    definition: Mapping[str, Any] | None  # the draft, as `ussd.reading` writes it; None: in a list
    revision: int  # of the draft: each change adds 1, from 1 on
    version: int | None  # the last that was published; None: none was
    changed: bool  # whether the draft says anything else than that version
    created_at_ms: int
    updated_at_ms: int
    published_at_ms: int | None = None
    dials: Sequence[str] = ()  # where it answers, such as `*384*7#`


@attrs.frozen
class Publishing:
    """What is said of a draft when it becomes a version."""

    note: str = ""  # for those who look at the versions
    revision: int | None = None  # of the draft that is meant; None: whatever it is at


@attrs.frozen(kw_only=True)
class VersionRecord:
    """A version of a menu, which never changes."""

    menu_uuid: str
    version: int
    definition: Mapping[str, Any] | None  # None: in a list
    note: str
    published_at_ms: int
    published_by: str  # the name of who did


@attrs.frozen(kw_only=True)
class SessionRecord:
    """A session of somebody with a team's menu, callback or bind."""

    uuid: str
    gateway: str
    msisdn: str
    network: str
    code: str
    extension: str
    extension_uuid: str | None  # None: it is gone
    menu_uuid: str | None
    version: int | None
    screen: str | None  # that was last shown
    steps: int  # screens that were shown
    status: SessionStatus
    started_at_ms: int
    last_at_ms: int
    ended_at_ms: int | None
    trouble: str = ""  # what went wrong in it, such as a callback that did not answer


@attrs.frozen(kw_only=True)
class WantedSessions:
    """Which sessions of a team are meant: those of which all of this holds."""

    team_id: int
    live: bool | None = None
    status: SessionStatus | None = None
    msisdn: str | None = None  # E.164 without the plus
    extension_uuid: str | None = None
    menu_uuid: str | None = None
    troubled: bool | None = None  # whether something went wrong
    from_ms: int | None = None  # begun then or later
    until_ms: int | None = None  # begun before


@attrs.frozen
class ScreenCount:
    """How often a screen was shown on a day, and was the last that somebody saw of a session that did not end by itself."""

    screen: str
    day: str  # of UTC, such as 2026-05-11
    shown: int
    left: int


@attrs.frozen(kw_only=True)
class GatewayRecord:
    """A carrier's or an aggregator's USSD gateway that calls us, without its secret."""

    uuid: str
    name: str
    dialect: str
    enabled: bool
    options: Mapping[str, Any]  # as they were given; `core.ussd_gateways.gateway_options` reads them
    secret_prefix: str  # its first characters
    created_at_ms: int
    last_at_ms: int | None = None  # when it last called, about


@attrs.frozen(kw_only=True)
class NewGateway:
    """A gateway to be kept; also what it is to be."""

    name: str
    dialect: str
    enabled: bool = True
    options: Mapping[str, Any] = attrs.field(factory=dict)


def dial_of(code: str, extension: str) -> str:
    """Return what people dial: `*384*7#`, of a dedicated code `*384#` (decision 83)."""
    return f"*{code}*{extension}#" if extension else f"*{code}#"


def path_of(gateway: str, secret: str) -> str:
    """Return what a gateway of this name calls, behind the address of the node."""
    return f"/ussd/{gateway}/{secret}"
