"""The carriers and the tray of receipts that fit no message, in memory, for the API."""

from collections.abc import Callable, Mapping, Sequence

import attrs

from mobilesasa.core.actors import Actor
from mobilesasa.core.errors import BadValue, NotFound
from mobilesasa.core.idempotency import Kept
from mobilesasa.core.model import Failure, MessageId, Report, State
from mobilesasa.store.parked import Match, Parked, Retry
from tests.fakes.keys import FakeKeys

NINE_MS = 1_778_490_000_000  # 2026-05-11T09:00:00Z


@attrs.define(eq=False)
class FakeCarriers:
    """Carriers by name, each as it is shown."""

    known: dict[str, Mapping[str, object]] = attrs.field(factory=dict)

    async def carriers(self) -> Sequence[Mapping[str, object]]:
        return [self.known[name] for name in sorted(self.known)]

    async def carrier(self, name: str) -> Mapping[str, object] | None:
        return self.known.get(name.lower())


class FakeTray:
    """Receipts by number; those in `fitting` fit a message when they are tried again, `parts` are what waits for one."""

    def __init__(self, keys: FakeKeys) -> None:
        self.kept: dict[int, Parked] = {}
        self.fitting: set[int] = set()
        self.parts: dict[tuple[MessageId, int], str] = {}
        self.asked: list[tuple[int | None, int, int]] = []
        self._keys = keys

    def give(self, ref: str = "1a2b", **changes: object) -> Parked:
        """Let a receipt wait."""
        told = {"state": State.FAILED, "failure": Failure.UNDELIVERED, "error": "042", **changes}
        made = Parked(len(self.kept) + 17, "savanna", Report(1, ref, **told), NINE_MS)  # type: ignore[arg-type]
        self.kept[made.id] = made
        return made

    async def page(self, carrier_id: int | None, limit: int, offset: int) -> Sequence[Parked]:
        return self._of(carrier_id)[::-1][offset : offset + limit]

    async def count(self, carrier_id: int | None) -> tuple[int, bool]:
        return len(self._of(carrier_id)), False

    async def match(
        self,
        by: Actor,
        parked_id: int,
        kept: Callable[[Match], Kept | None],
        *,
        message_id: MessageId | None = None,
        part: int | None = None,
        ref: str | None = None,
    ) -> Match:
        receipt = self._one(parked_id)
        for (waiting, number), its in self.parts.items():
            if its == ref or (waiting == message_id and part in (None, number)):
                match = Match(parked_id, waiting, number, attrs.evolve(receipt.report, ref=its))
                reply = kept(match)
                if reply is not None:
                    self._keys.check(reply)
                    self._keys.keep(reply)
                del self.kept[parked_id]
                return match
        raise BadValue("no part waits")

    async def retry(self, by: Actor, carrier_id: int | None, after: int, limit: int) -> Retry:
        self.asked.append((carrier_id, after, limit))
        looked_at = [each for each in self._of(carrier_id) if each.id > after][:2]
        matched = [each for each in looked_at if each.id in self.fitting]
        last = max((each.id for each in looked_at), default=after)
        return Retry(carrier_id, last, looked_at=len(looked_at), matched=len(matched), done=len(looked_at) < 2)

    async def retry_one(self, by: Actor, parked_id: int) -> bool:
        return self._one(parked_id).id in self.fitting

    def _of(self, carrier_id: int | None) -> list[Parked]:
        return [each for each in self.kept.values() if carrier_id in (None, each.report.carrier_id)]

    def _one(self, parked_id: int) -> Parked:
        if parked_id not in self.kept:
            raise NotFound("there is no such receipt")
        return self.kept[parked_id]
