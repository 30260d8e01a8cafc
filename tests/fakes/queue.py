"""A queue that delivers at once, and remembers what became of each body."""

from collections.abc import Callable, Sequence

from mobilesasa.core.lanes import Delivery
from mobilesasa.core.model import Lane, MessageId


class FakeQueue:
    """Delivers what the test hands it to whoever consumes.

    Attributes:
        acked: bodies that were acknowledged.
        published: what was hinted.
        consumers: who consumes, by carrier.
        looks: whether each look for what no hint names was to bring it at once.
    """

    def __init__(self) -> None:
        self.acked: list[list[MessageId]] = []
        self.nacked: list[list[MessageId]] = []
        self.published: list[tuple[int, Lane, list[MessageId]]] = []
        self.consumers: dict[int, Callable[[Delivery], None]] = {}
        self.prefetch = 0
        self.looks: list[bool] = []

    def publish(self, carrier_id: int, lane: Lane, ids: Sequence[MessageId]) -> None:
        self.published.append((carrier_id, lane, list(ids)))

    def consume(self, carrier_id: int, deliver: Callable[[Delivery], None], prefetch: int) -> "FakeSubscription":
        assert carrier_id not in self.consumers
        self.consumers[carrier_id] = deliver
        self.prefetch = prefetch
        return FakeSubscription(self, carrier_id)

    def look_again(self, at_once: bool = False) -> None:
        self.looks.append(at_once)

    def depth(self, carrier_id: int, lane: Lane) -> int:
        return 0

    def deliver(self, ids: Sequence[MessageId], lane: Lane = Lane.TRANSACTIONAL, carrier_id: int = 1) -> Delivery:
        """Hand a body to the consumer."""
        delivery = Delivery(carrier_id, lane, list(ids), self._done)
        self.consumers[carrier_id](delivery)
        return delivery

    def _done(self, delivery: Delivery, acknowledged: bool) -> None:
        (self.acked if acknowledged else self.nacked).append(list(delivery.ids))


class FakeSubscription:
    """A consumer's hold."""

    def __init__(self, queue: FakeQueue, carrier_id: int) -> None:
        self._queue = queue
        self._carrier_id = carrier_id

    def cancel(self) -> None:
        del self._queue.consumers[self._carrier_id]
