"""A spool in memory, and notices to put into it."""

from collections.abc import Sequence

import attrs
from twisted.internet.defer import Deferred

from mobilesasa.core.inbound import Delivery, Owed, Piece
from mobilesasa.core.model import Coding, Failure, Notice, State

MESSAGE_ID = "019ae8a1-7c00-7abc-8def-0123456789ab"
NINE_MS = 1_778_490_000_000  # 2026-05-11T09:00:00Z


def notice(spool_id: int = 1, team_id: int = 1, **changes: object) -> Notice:
    """A receipt for a delivered message, changed as told."""
    fields: dict[str, object] = {
        "spool_id": spool_id,
        "team_id": team_id,
        "message_id": f"{MESSAGE_ID[:-6]}{spool_id:06x}",
        "sender": "TextBlast",
        "recipient": "254712345678",
        "state": State.DELIVERED,
        "failure": None,
        "error": "",
        "parts": 1,
        "submitted_at_ms": NINE_MS,
        "done_at_ms": NINE_MS,
        "options": None,
    }
    return Notice(**{**fields, **changes})  # type: ignore[arg-type]


def failed(spool_id: int, failure: Failure, error: str = "") -> Notice:
    """A receipt for a message that failed."""
    return notice(spool_id, state=State.FAILED, failure=failure, error=error)


def from_phone(spool_id: int = 1, team_id: int = 1, **changes: object) -> Delivery:
    """A message from a phone that a team is owed, changed as told; `octets` and `udh` are its piece."""
    piece = Piece(changes.pop("udh", b""), changes.pop("octets", b"YES"))  # type: ignore[arg-type]
    fields: dict[str, object] = {
        "spool_id": spool_id,
        "team_id": team_id,
        "message_id": f"{MESSAGE_ID[:-6]}{spool_id:06x}",
        "source": "254711000001",
        "destination": "22384",
        "coding": Coding.GSM7,
        "piece": piece,
        "done_at_ms": NINE_MS,
    }
    return Delivery(**{**fields, **changes})  # type: ignore[arg-type]


class FakeSpool:
    """Keeps notices until they are acknowledged. While `held` is a list, reads wait in it for `release`."""

    def __init__(self) -> None:
        self.kept: dict[int, Owed] = {}
        self.reads: list[tuple[int, int, int]] = []
        self.acknowledged: list[list[tuple[int, int]]] = []
        self.cuts: list[tuple[int, int]] = []
        self.failing: Exception | None = None
        self.held: list[Deferred[None]] | None = None

    def put(self, *notices: Owed) -> list[Owed]:
        self.kept.update({each.spool_id: each for each in notices})
        return list(notices)

    async def owed(self, team_id: int, after: int, limit: int) -> list[Owed]:
        self.reads.append((team_id, after, limit))
        found = [self.kept[i] for i in sorted(self.kept) if i > after and self.kept[i].team_id == team_id][:limit]
        if self.held is not None:
            waiting: Deferred[None] = Deferred()
            self.held.append(waiting)
            await waiting
        if self.failing is not None:
            raise self.failing
        return found

    async def cut(self, team_id: int, spool_id: int) -> None:
        self.cuts.append((team_id, spool_id))
        if self.failing is not None:
            raise self.failing
        whole = self.kept.pop(spool_id)
        for n in range(1, 4):
            self.kept[100 * spool_id + n] = attrs.evolve(
                whole, spool_id=100 * spool_id + n, piece=Piece(b"\x05\x00\x03\x07\x03" + bytes([n]), b"part %d" % n)
            )

    def acknowledge(self, taken: Sequence[tuple[int, int]]) -> None:
        self.acknowledged.append(list(taken))
        for team_id, spool_id in taken:
            assert self.kept.pop(spool_id).team_id == team_id

    def hold(self) -> None:
        self.held = []

    def release(self) -> None:
        assert self.held
        self.held.pop(0).callback(None)
