"""What the API needs from the rest of the node; `tap` hands it in, `store.messages.History` is the store's part of it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Protocol

import attrs
from twisted.internet.interfaces import IReactorTime

from mobilesasa.api.platform import Carriers, Tray
from mobilesasa.core.callbacks import Callback, CallbackReply
from mobilesasa.core.gateway import Gateway
from mobilesasa.core.idempotency import Kept, Mark
from mobilesasa.core.inbound import Inbound
from mobilesasa.core.model import Failure, MessageId, Priced, State
from mobilesasa.core.optouts import Reason
from mobilesasa.core.teams import CurrentDirectory


class Progress(Protocol):
    """What has become of a stored message."""

    @property
    def state(self) -> State: ...
    @property
    def failure(self) -> Failure | None: ...
    @property
    def reason(self) -> str: ...  # a sentence; empty when there is none
    @property
    def error(self) -> str: ...  # the carrier's own code; empty when there is none
    @property
    def sent_at_ms(self) -> int | None: ...
    @property
    def done_at_ms(self) -> int | None: ...


Entry = tuple[Priced, Progress]


class Event(Protocol):
    """Something that happened to a message between its acceptance and its end."""

    @property
    def at_ms(self) -> int: ...
    @property
    def kind(self) -> str: ...  # "postponed", "uncertain", "refused", "rerouted", "replaced", "cancelled"
    @property
    def attempt(self) -> int: ...
    @property
    def carrier_id(self) -> int | None: ...
    @property
    def code(self) -> str: ...
    @property
    def reason(self) -> str: ...


class Story(Protocol):
    """All that is known of one message."""

    @property
    def message(self) -> Priced: ...
    @property
    def progress(self) -> Progress: ...
    @property
    def attempts(self) -> int: ...
    @property
    def parts(self) -> Sequence[tuple[str | None, State]]: ...  # the carrier's id of each part, and where it stands
    @property
    def events(self) -> Sequence[Event]: ...  # oldest first
    @property
    def resent_as(self) -> MessageId | None: ...  # the newest resend of it
    @property
    def neighbours(self) -> Sequence[Entry]: ...  # of a part that the team split: the parts about it (`core.groups`)


class History(Protocol):
    """The stored messages of a team; another team's are not there (I6)."""

    async def find(self, team_id: int, message_id: MessageId) -> Story | None:
        """Return all that is known of a message of the team, or None."""

    async def page(
        self,
        team_id: int,
        *,
        limit: int,
        offset: int,
        recipient: str | None = None,
        state: State | None = None,
        before: MessageId | None = None,
    ) -> Sequence[Entry]:
        """Return messages of the team, newest first.

        Args:
            team_id: whose.
            limit: how many at most.
            offset: how many of the newest are left out.
            recipient: only those to this number, E.164 without the plus.
            state: only those that stand there.
            before: only those older than this message.
        """

    async def count(
        self,
        team_id: int,
        *,
        recipient: str | None = None,
        state: State | None = None,
        before: MessageId | None = None,
    ) -> tuple[int, bool]:
        """Return how many messages there are, and whether that is an estimate (it may be above 100,000)."""

    async def resend(self, team_id: int, failed_id: MessageId, again: Priced, kept: Kept | None = None) -> None:
        """Store and charge a failed message anew, if it may be resent and there is no resend of it yet.

        Args:
            team_id: whose.
            failed_id: the failed message.
            again: the new one.
            kept: the reply to the call, kept in the same commit.

        Raises:
            NotFound, NotFailed, AlreadyResent, InsufficientUnits, Suppressed: nothing was stored, charged or kept.
            Repeated: the call has been done before; nothing was done now.
        """

    async def units(self, team_id: int) -> tuple[int, int]:
        """Return what the team can spend, and what is reserved for messages that no carrier has taken yet; in units."""


class Inbox(Protocol):
    """The messages from phones to a team; another team's are not there (I6)."""

    async def find(self, team_id: int, message_id: MessageId) -> Inbound | None:
        """Return a message of the team, or None."""

    async def page(
        self,
        team_id: int,
        *,
        limit: int,
        offset: int,
        source: str | None = None,
        destination: str | None = None,
        before: MessageId | None = None,
    ) -> Sequence[Inbound]:
        """Return messages of the team, newest first.

        Args:
            team_id: whose.
            limit: how many at most.
            offset: how many of the newest are left out.
            source: only those from this number.
            destination: only those to this short code or number.
            before: only those older than this message.
        """

    async def count(
        self,
        team_id: int,
        *,
        source: str | None = None,
        destination: str | None = None,
        before: MessageId | None = None,
    ) -> tuple[int, bool]:
        """Return how many messages there are, and whether that is an estimate (it may be above 100,000)."""


class Suppression(Protocol):
    """Messages of a team that somebody does not get."""

    @property
    def uuid(self) -> str: ...
    @property
    def recipient(self) -> str: ...  # E.164 without the plus
    @property
    def sender(self) -> str: ...  # a name; empty: all of the team's
    @property
    def reason(self) -> Reason: ...
    @property
    def source_id(self) -> MessageId | None: ...
    @property
    def at_ms(self) -> int: ...


class Suppressions(Protocol):
    """The suppressions of a team; another team's are not there (I6)."""

    async def page(
        self, team_id: int, *, limit: int, offset: int, recipient: str | None = None, sender: str | None = None
    ) -> Sequence[Suppression]:
        """Return suppressions, newest first: those of a recipient, those for a sender (empty: for all), or both."""

    async def count(self, team_id: int, *, recipient: str | None = None, sender: str | None = None) -> tuple[int, bool]:
        """Return how many there are, and whether that is an estimate (it may be above 100,000)."""

    async def add(self, team_id: int, recipient: str, sender: str, kept: Callable[[Any], Kept | None]) -> Suppression:
        """Suppress somebody; a second time changes nothing, and returns what there is.

        Args:
            team_id: whose messages.
            recipient: E.164 without the plus.
            sender: a name; empty for all of the team's.
            kept: gives the reply to the call for what is returned, to be kept in the same commit.

        Raises:
            Repeated: the call has been done before; nothing was done now.
        """

    async def take_away(self, team_id: int, uuid: str) -> Suppression:
        """Take one away and return what it was.

        Raises:
            NotFound: the team has none of that uuid.
            BadValue: it is the operator's.
        """


class SmppSessions(Protocol):
    """The live SMPP sessions of a team on all nodes, as `api.smpp` shows them; another team's are not there (I6)."""

    async def look(self, team_id: int) -> Mapping[str, object]:
        """Return the sessions that are bound, and the binds in the team's name that were refused of late, as a `SessionList`."""

    async def trace(self, session_id: str, team_id: int) -> Sequence[Mapping[str, object]] | None:
        """Return the last PDUs of a session, oldest first, each as a `TracedPdu`; None when there is no such session."""

    async def kick(self, session_id: str, who: str, team_id: int) -> str | None:
        """End a session politely and return its id; None when there is no such session.

        Args:
            session_id: which.
            who: wants it, for the log.
            team_id: whose it must be.
        """


class Callbacks(Protocol):
    """What takes the HTTP calls of carriers."""

    async def take(self, callback: Callback) -> CallbackReply | None:
        """Return what a call is answered, once what it brings is written down; None when it is nobody's."""


class Keys(Protocol):
    """The replies that are kept under the keys of their calls."""

    async def find(self, mark: Mark) -> Kept | None:
        """Return what is kept under a mark's key, which may be of another body; None when there is nothing."""


class SmppPassword(Protocol):
    """What is known of an SMPP password."""

    @property
    def uuid(self) -> str: ...
    @property
    def token_uuid(self) -> str: ...
    @property
    def allowed(self) -> Sequence[str]: ...
    @property
    def any_address(self) -> bool: ...
    @property
    def created_at_ms(self) -> int: ...
    @property
    def last_used_at_ms(self) -> int | None: ...
    @property
    def revoked_at_ms(self) -> int | None: ...
    @property
    def status(self) -> str: ...  # active, locked, revoked, expired


class SmppPasswords(Protocol):
    """The SMPP passwords of a team; another team's are not there (I6)."""

    async def create(self, team_id: int, token_uuid: str | None, allowed: Sequence[str]) -> tuple[SmppPassword, str]:
        """Make one, and return it with its text, which nobody can learn again.

        Args:
            team_id: whose.
            token_uuid: beside which token; None: the oldest that can bind.
            allowed: addresses and networks from which it may be used.

        Raises:
            BadValue: the addresses, their absence, no such token that can bind, or that there are too many passwords.
        """

    async def of_team(self, team_id: int) -> Sequence[SmppPassword]:
        """Return those of a team, with those that open nothing any more."""

    async def revoke(self, team_id: int, uuid: str) -> SmppPassword:
        """Revoke one; a second time changes nothing.

        Raises:
            NotFound: the team has none of that uuid.
        """


@attrs.frozen
class WebLimits:
    """What a client of the API can make the node keep."""

    max_body_octets: int = 1_048_576
    timeout_s: float = 60.0  # silence after which a connection is closed
    readiness_timeout_s: float = 5.0
    bad_tokens: int = 20  # from one address in `bad_tokens_window_s`; more are answered 429 (decision 9)
    bad_tokens_window_s: float = 60.0
    addresses: int = 10_000  # whose bad tokens are counted at once


@attrs.frozen(kw_only=True)
class Node:
    """What the API works with."""

    gateway: Gateway
    directory: CurrentDirectory
    history: History
    inbox: Inbox
    suppressions: Suppressions
    keys: Keys
    smpp: SmppSessions
    smpp_passwords: SmppPasswords
    carriers: Carriers
    tray: Tray
    now_ms: Callable[[], int]
    clock: IReactorTime
    new_id: Callable[[], str]  # makes ids of requests
    readiness: Mapping[str, Callable[[], Awaitable[bool]]] = attrs.field(factory=dict)  # by what is asked
    callbacks: Callbacks | None = None  # None: no carrier calls
    metrics: Callable[[], bytes] | None = None  # in Prometheus' text format; None: not served
    limits: WebLimits = WebLimits()
    serves_api: bool = True  # else health and metrics alone
