"""Those who bring messages to carriers, as those need them who alter messages."""

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from mobilesasa.core.alterations import Concerned, Held

T = TypeVar("T")


class FakeHands:
    """Remembers what was withdrawn.

    Attributes:
        wanted: which messages, of each call.
    """

    def __init__(self) -> None:
        self.wanted: list[Concerned] = []

    async def withdraw(self, wanted: Concerned, meanwhile: Callable[[], Awaitable[T]]) -> T:
        self.wanted.append(wanted)
        return await meanwhile()


class FakeHandsElsewhere:
    """Other nodes, which put back what they are asked for unless a carrier has it.

    Attributes:
        asked: for whom, and what, of each call.
        put_back: is told what is put back.
    """

    def __init__(self, put_back: Callable[[Sequence[Held]], None] = lambda _: None) -> None:
        self.asked: list[tuple[int, list[Held]]] = []
        self.put_back = put_back

    async def withdraw(self, team_id: int, held: Sequence[Held], meanwhile: Callable[[], Awaitable[T]]) -> T:
        self.asked.append((team_id, list(held)))
        self.put_back(held)
        return await meanwhile()
