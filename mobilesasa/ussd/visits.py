"""USSD sessions as they are kept, what is asked of them, and what comes of it, as values; `taking` has the rules."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, Final

import attrs

from mobilesasa.core.ussd import UssdEvent, UssdReply
from mobilesasa.ussd.directory import Found, VersionKey
from mobilesasa.ussd.model import Action, Result, Webhook
from mobilesasa.ussd.paging import Limit
from mobilesasa.ussd.views import SessionStatus, dial_of
from mobilesasa.values import hot_value

# In the state of a visit whose team answers itself.
TYPED: Final = "typed"
URL: Final = "url"  # None: it answers on its bind
# In the state of a visit at a menu, beside the engine's: the shortcut that it began with.
AHEAD: Final = "ahead"


@hot_value
class Visit:
    """A session as it is kept."""

    id: str  # a UUIDv7, that of the event it began with
    gateway: str
    carrier_session_id: str
    msisdn: str
    network: str
    team_id: int
    extension_id: int
    code: str
    extension: str
    menu: VersionKey | None  # None: the team answers itself
    event_id: str  # of the last event that was taken
    started_at_ms: int
    last_at_ms: int
    state: Mapping[str, Any] | None = attrs.field(default=None, repr=False)  # the engine's, or what was typed so far
    consumed: str = attrs.field(default="", repr=False)
    screen: str | None = None
    steps: int = 0
    acts: int = 0
    input: str = attrs.field(default="", repr=False)
    sequence: int | None = None
    says: str | None = attrs.field(default=None, repr=False)
    says_end: bool = False
    trouble: str = ""
    ended_at_ms: int | None = None
    outcome: SessionStatus | None = None
    resumable_until_ms: int | None = None

    @property
    def key(self) -> tuple[str, str, str]:
        """What names it to its gateway."""
        return self.gateway, self.carrier_session_id, self.msisdn

    @property
    def is_live(self) -> bool:
        """Whether it has not ended."""
        return self.ended_at_ms is None

    @property
    def reply(self) -> UssdReply | None:
        """What was said last; None: somebody is still asked for it."""
        return None if self.says is None else UssdReply(self.says, self.says_end)

    @property
    def dialled(self) -> str:
        """The extension as people dial it."""
        return dial_of(self.code, self.extension)


def _nobody(_: int) -> bool:
    return False


@hot_value
class Asked:
    """An event on its way to the store."""

    event: UssdEvent
    id: str  # a UUIDv7 that names it, and the session if one begins with it
    at_ms: int
    found: Found | None  # who answers if a session begins with it
    limit: Limit  # what a screen holds
    suspended: Callable[[int], bool] = attrs.field(default=_nobody, repr=False)  # says of a team's id whether it is


@hot_value
class Heard:
    """What was answered by somebody else who was asked."""

    visit_id: str
    event_id: str
    at_ms: int
    limit: Limit
    reply: UssdReply | None = None  # of a team that answers itself; None: it did not
    result: Result | None = None  # of a webhook; None: it did not answer
    trouble: str = ""  # what went wrong


@hot_value
class Waits:
    """Who is asked for the answer: a webhook of the menu, the team's URL, or its bind."""

    visit_id: str
    event_id: str
    team_id: int
    msisdn: str
    network: str
    dialled: str  # `*384*7#`
    hook: Webhook | None = None
    menu: VersionKey | None = None  # whose webhook it is
    url: str | None = None
    typed: str = attrs.field(default="", repr=False)  # all that was typed behind the extension, joined by `*`
    offer: UssdEvent | None = None


@hot_value
class Act:
    """Something to be done beside the answer."""

    session_id: str
    n: int
    team_id: int
    menu_id: int
    msisdn: str
    action: Action


@hot_value
class Taken:
    """What comes of an event."""

    reply: UssdReply | None  # None: there is nothing to show, or `waits` is asked first
    visits: tuple[Visit, ...] = ()  # as they are now, those that end first
    waits: Waits | None = None
    does: tuple[Act, ...] = ()
    shown: tuple[tuple[VersionKey, str], ...] = ()  # screens that were entered
    left: tuple[tuple[VersionKey, str], ...] = ()  # screens that were the last somebody saw
    is_repeat: bool = False


def facts_of(first_name: str | None, last_name: str | None, attributes: Mapping[str, Any] | None) -> dict[str, str]:
    """Return what a menu may say of a contact, as texts."""
    names = {"first_name": first_name, "last_name": last_name}
    given = {**(attributes or {}), **names}
    return {
        name: value if isinstance(value, str) else json.dumps(value)
        for name, value in given.items()
        if value is not None
    }
