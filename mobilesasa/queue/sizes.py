"""How many messages a body of a lane names, in the mean: RabbitMQ counts bodies, and one names from 1 to 100."""

from __future__ import annotations

from typing import Final

from mobilesasa.core.lanes import IDS_A_BODY
from mobilesasa.core.model import Lane

_SHARE: Final = 1 / 50  # of the latest body in the mean: about a hundred bodies are remembered


class Sizes:
    """The mean of what was lately published to each lane here, and delivered from it."""

    def __init__(self) -> None:
        self._means: dict[tuple[int, Lane], float] = {}

    def note(self, carrier_id: int, lane: Lane, ids: int) -> None:
        """Take a body into account that names so many messages."""
        mean = self._means.get((carrier_id, lane), float(ids))
        self._means[carrier_id, lane] = mean + _SHARE * (ids - mean)

    def mean(self, carrier_id: int, lane: Lane) -> float:
        """Return the mean; a full body's where none was seen."""
        return self._means.get((carrier_id, lane), float(IDS_A_BODY))
