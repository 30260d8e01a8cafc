"""What waits for people who want no more is taken back in one round, with the notices that teams are owed."""

from collections.abc import Awaitable, Sequence

from mobilesasa.core.model import Notice
from mobilesasa.dispatch.unwanted import Unwanted
from tests.fakes.notifier import FakeNotifier
from tests.fakes.spool import notice


class FakeStore:
    """What waits, a chunk at a time."""

    def __init__(self, *chunks: tuple[int, Sequence[Notice]]) -> None:
        self.chunks = list(chunks)

    async def take_back(self) -> tuple[int, Sequence[Notice]]:
        return self.chunks.pop(0) if self.chunks else (0, [])


def done(work: Awaitable[None]) -> None:
    """Run what waits for nothing."""
    assert list(work.__await__()) == []


def test_a_round_goes_on_until_all_were_looked_at_and_notices_are_brought():
    store, notifier = FakeStore((200, [notice(1)]), (7, []), (1, [notice(2)])), FakeNotifier()
    done(Unwanted(store, notifier).look())
    assert (store.chunks, notifier.owed) == ([], [notice(1), notice(2)])


def test_where_nobody_was_suppressed_nothing_is_done():
    notifier = FakeNotifier()
    done(Unwanted(FakeStore(), notifier).look())
    assert notifier.owed == []
