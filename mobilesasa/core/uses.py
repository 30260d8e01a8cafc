"""When tokens opened something last, and from where, gathered in memory until it is written once a minute (decision 23)."""

from __future__ import annotations

from typing import Final

import attrs

TOKENS_MAX: Final = 100_000  # that are remembered at once; of more the use is not written down this time


@attrs.frozen
class TokenUse:
    """The last time that a token opened something."""

    token_uuid: str
    at_ms: int
    address: str


class TokenUses:
    """The last use of each token since they were taken away the last time."""

    def __init__(self, most: int = TOKENS_MAX) -> None:
        """Begin with none."""
        self._uses: dict[str, tuple[int, str]] = {}
        self._most = most

    def seen(self, token_uuid: str, at_ms: int, address: str) -> None:
        """Learn that a token was used."""
        if token_uuid in self._uses or len(self._uses) < self._most:
            self._uses[token_uuid] = (at_ms, address)

    def take(self) -> list[TokenUse]:
        """Take away what is gathered, by token."""
        taken, self._uses = self._uses, {}
        return [TokenUse(uuid, *taken[uuid]) for uuid in sorted(taken)]

    def put_back(self, uses: list[TokenUse]) -> None:
        """Take back what could not be written; what was seen meanwhile is newer."""
        for use in uses:
            if use.token_uuid not in self._uses:
                self.seen(use.token_uuid, use.at_ms, use.address)
