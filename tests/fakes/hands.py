"""Those who bring messages to carriers, as those need them who alter messages."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from mobilesasa.core.model import Outbound

T = TypeVar("T")


class FakeHands:
    """Remembers what was withdrawn.

    Attributes:
        wanted: what tells which messages, of each call.
    """

    def __init__(self) -> None:
        self.wanted: list[Callable[[Outbound], bool]] = []

    async def withdraw(self, wanted: Callable[[Outbound], bool], meanwhile: Callable[[], Awaitable[T]]) -> T:
        self.wanted.append(wanted)
        return await meanwhile()
