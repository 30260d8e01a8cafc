"""What a team may still ask of a message that it handed in: where it stands, to take it back, to say something else.

Only what waits for a carrier and is in nobody's hand can be taken back or changed; the store decides that, under the
lock of the message's place in the queue. What this process has claimed ahead and given to no carrier is withdrawn
before, and named to its queue again afterwards. Alterations of one batch are carried out in order, in one transaction.
What another process has in hand comes back as `Held`; when its node has withdrawn it, those alterations, and no others,
are carried out once more.
"""

from __future__ import annotations

import enum
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Protocol, TypeVar

import attrs

from mobilesasa.core.actors import Actor
from mobilesasa.core.model import Coding, Failure, MessageId, Notice, Outbound, Place, Priced, State, Wish

T = TypeVar("T")


class Obstacle(enum.StrEnum):
    """Why an alteration was not carried out, in words for people; another team's message is an unknown one."""

    UNKNOWN = "there is no such message"
    OTHER_SENDER = "source_addr is not the sender of the message"
    IN_HAND = "a carrier has the message already, or it has ended"
    NONE_WAITS = "no such message waits for a carrier"
    NOT_SINGLE = "only a message of one part that was not split by its team can be replaced"
    RULED = "the rules of a country hold for the message, so it cannot be replaced; cancel it and send another"
    EXPIRES_FIRST = "the message would expire before its time of delivery"


@attrs.frozen
class Unreadable:
    """New content that cannot be read in one of the ways; `status` is the front end's own."""

    status: int
    reason: str


@attrs.frozen
class Rewritten:
    """New content of a message of one part; `body` instead of `text` when it is binary."""

    text: str | None = attrs.field(repr=False)
    body: bytes | None = attrs.field(repr=False)
    coding: Coding


@attrs.frozen
class Query:
    """Ask where a message stands. A `sender` that is empty is not compared, here and below."""

    message_id: MessageId
    sender: str = ""


@attrs.frozen
class Cancel:
    """Take back a message; one that was taken back already is."""

    message_id: MessageId
    sender: str = ""


@attrs.frozen
class CancelAll:
    """Take back whatever waits from one sender to one number."""

    sender: str
    recipient: str  # E.164 without the plus
    service_type: str = ""  # empty: of any


@attrs.frozen
class Replace:
    """Say something else, at the price that was paid.

    What the octets of the new content mean depends on how the old ones were written: `contents` has a reading for each
    data_coding (SMPP 3.4 §5.2.19) that the message may have.
    """

    message_id: MessageId
    sender: str
    contents: Mapping[int, Rewritten | Unreadable]
    wish: Wish
    steps: bool = False  # whether intermediate receipts are wanted
    due_at_ms: int | None = None  # None: as it was; 0: now
    expires_at_ms: int | None = None  # None: as long after it is due as it was


@attrs.frozen
class ReplaceLike:
    """Put a message into the place of the newest that waits like it: same sender, recipient and service_type.

    The message must be of one part that its team did not split.
    """

    message: Priced


Alteration = Query | Cancel | CancelAll | Replace | ReplaceLike


@attrs.frozen
class Reached:
    """Where a message stands."""

    state: State
    failure: Failure | None
    done_at_ms: int | None


@attrs.frozen
class Held:
    """A message that another process has in hand; whether a carrier has it too, that process alone knows."""

    message_id: MessageId
    node: str


@attrs.frozen
class Altered:
    """What came of one alteration; without an obstacle it was carried out."""

    obstacle: Obstacle | Unreadable | None = None
    reached: Reached | None = None  # of a query
    message_id: MessageId | None = None  # what was replaced
    place: Place | None = None  # where a message waits that must be named to its queue again
    notices: tuple[Notice, ...] = ()  # receipts that the team is owed now
    held: tuple[Held, ...] = ()  # what it was not carried out for, because another process has that


class Alterations(Protocol):
    """The store, as those need it who alter messages."""

    async def alter(self, team_id: int, batch: Sequence[Alteration], by: Actor | None = None) -> Sequence[Altered]:
        """Carry out a team's alterations in order, in one transaction; answers for each in its place.

        Raises:
            AccessEnded: who asks, where that is said, no longer may; nothing was altered.
        """


@attrs.frozen
class Concerned:
    """The messages of a team that alterations may change: those named, and all of some senders to some numbers."""

    team_id: int
    ids: frozenset[MessageId]
    ways: frozenset[tuple[str, str]] = frozenset()  # sender and recipient

    def __call__(self, one: Outbound) -> bool:
        """Say whether this message is one of them."""
        if one.team_id != self.team_id:
            return False
        return one.id in self.ids or (one.sender, one.recipient) in self.ways


class Withdrawing(Protocol):
    """Those of this process who bring messages to carriers, as those need them who alter messages."""

    async def withdraw(self, wanted: Concerned, meanwhile: Callable[[], Awaitable[T]]) -> T:
        """Do something while what is wanted is not in this process's hand, unless a carrier has it; return what came of it."""


class WithdrawingElsewhere(Protocol):
    """The other nodes, as those need them who alter messages."""

    async def withdraw(self, team_id: int, held: Sequence[Held], meanwhile: Callable[[], Awaitable[T]]) -> T:
        """Do something when those who hold a team's messages have put back what no carrier has; return what came of it.

        It is done too, after a second or two, when a node does not answer.
        """


def concerned(team_id: int, batch: Sequence[Alteration]) -> Concerned | None:
    """Return what a team's alterations may change; None: nothing."""
    ids = {asked.message_id for asked in batch if isinstance(asked, Cancel | Replace)}
    ways = {(asked.sender, asked.recipient) for asked in batch if isinstance(asked, CancelAll)}
    ways |= {(asked.message.sender, asked.message.recipient) for asked in batch if isinstance(asked, ReplaceLike)}
    if not ids and not ways:
        return None
    return Concerned(team_id, frozenset(ids), frozenset(ways))


def held_of(batch: Sequence[Alteration], done: Sequence[Altered]) -> tuple[list[Alteration], list[Held]]:
    """Return the alterations for which another process has something in hand, and what that is, each message once."""
    left = [asked for asked, altered in zip(batch, done, strict=True) if altered.held]
    held = {one.message_id: one for altered in done for one in altered.held}
    return left, list(held.values())


def joined(done: Sequence[Altered], again: Sequence[Altered]) -> list[Altered]:
    """Return what came of a batch when what `held_of` names was carried out again, with these results."""
    second = iter(again)
    return [_both(altered, next(second)) if altered.held else altered for altered in done]


def _both(first: Altered, second: Altered) -> Altered:
    if first.obstacle is not None:
        return second
    return attrs.evolve(first, notices=first.notices + second.notices, held=())  # more was taken back, or nothing more


def service_type_of(options: Mapping[str, Any] | None) -> str:
    """Return the service_type that a message was handed in with; most have none."""
    return "" if options is None else str(options.get("service_type", ""))
