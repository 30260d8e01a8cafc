"""A carrier that answers when it is told to."""

from collections.abc import Sequence

from twisted.internet.defer import Deferred, succeed

from mobilesasa.core.model import MessageId, Outbound, Outcome, Sent
from mobilesasa.core.ports import CarrierListener


class FakeCarrier:
    """A wire with a window; it watches that nobody puts more on it than it has room for.

    Attributes:
        on_wire: what was submitted and not answered.
        submitted: every batch, in order.
        frozen: it has no room.
        allowed: parts that it would take beside the window (its rate); None for as many as there are.
    """

    def __init__(self, window: int = 10, name: str = "fake") -> None:
        self.name = name
        self.window = window
        self.resumes = False
        self.frozen = False
        self.allowed: int | None = None
        self.on_wire: list[Outbound] = []
        self.submitted: list[list[Outbound]] = []
        self.started = 0
        self.stopped: Deferred[None] | None = None
        self.resumed: list[str] | None = None
        self.stops_at_once = True

    def start(self, listener: CarrierListener) -> None:
        self.started += 1
        self.listener = listener

    def stop(self) -> Deferred[None]:
        self.stopped = Deferred()
        return succeed(None) if self.stops_at_once else self.stopped

    def resume(self, refs: Sequence[str]) -> None:
        self.resumed = list(refs)

    def standing(self) -> dict[str, object]:
        return {}

    def room(self) -> int:
        free = self.window - sum(message.parts for message in self.on_wire)
        if self.frozen:
            return 0
        return free if self.allowed is None else min(free, self.allowed)

    def submit(self, batch: Sequence[Outbound]) -> None:
        room = self.room()
        parts = sum(message.parts for message in batch)
        assert batch
        assert parts <= room or (len(batch) == 1 and not self.on_wire)
        self.submitted.append(list(batch))
        self.on_wire += batch

    @property
    def ids(self) -> list[MessageId]:
        """Everything that was submitted, in order."""
        return [message.id for batch in self.submitted for message in batch]

    def answer(self, count: int = 1, outcome: Outcome | None = None) -> None:
        """Answer the oldest on the wire, as one socket turn would: by default with `Sent`."""
        answered, self.on_wire = self.on_wire[:count], self.on_wire[count:]
        self.listener.settled(
            [(m, outcome or Sent(tuple(f"{m.id}/{part}" for part in range(m.parts)))) for m in answered]
        )

    def answer_all(self) -> None:
        """Answer everything on the wire with `Sent`."""
        if self.on_wire:
            self.answer(len(self.on_wire))
