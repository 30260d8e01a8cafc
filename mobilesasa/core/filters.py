"""Which messages of a team are meant: what lists, exports and counts are asked for."""

from __future__ import annotations

from typing import Literal, TypeAlias

import attrs

from mobilesasa.core.actors import ActorKind
from mobilesasa.core.model import MessageId, State


@attrs.frozen(kw_only=True)
class MessageFilter:
    """Leaves only the messages for which all that is said here holds; what is None is not regarded."""

    recipient: str | None = None  # E.164 without the plus
    state: State | None = None
    sender: str | None = None  # by name
    campaign_uuid: str | None = None
    client_reference: str | None = None
    message_id: MessageId | None = None
    from_ms: int | None = None  # accepted at this moment or later, milliseconds since the epoch
    to_ms: int | None = None  # accepted before this moment
    before: MessageId | None = None  # only older ones than this message


#: What changes a team's balance. A campaign reserves units when it is sent; what it did not use is released at its end.
LedgerKind: TypeAlias = Literal["topup", "charge", "refund", "adjustment", "reserve", "release"]


@attrs.frozen(kw_only=True)
class LedgerFilter:
    """Which entries of a team's ledger are meant; what is None is not asked for."""

    team_id: int
    kind: LedgerKind | None = None
    campaign_uuid: str | None = None
    message_id: MessageId | None = None  # what paid for it, and what came back
    from_ms: int | None = None  # not before
    to_ms: int | None = None  # before
    before: int | None = None  # before the entry of this id


@attrs.frozen(kw_only=True)
class TrailFilter:
    """Which entries of the trail are meant; what is None is not asked for."""

    team_id: int | None = None  # None: of all teams, and the platform's own
    actor: ActorKind | None = None
    actor_uuid: str | None = None
    action: str | None = None
    subject: str | None = None
    from_ms: int | None = None  # not before
    to_ms: int | None = None  # before
