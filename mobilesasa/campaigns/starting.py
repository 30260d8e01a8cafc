"""How a campaign with brakes begins: a little at first, so that they have something to look at before much is lost.

How to think about it: until the brakes have looked at `Options.brake_after` messages that a carrier took or refused, at most
twice as many are queued. What they have seen and let pass doubles what may be queued beyond it, so a carrier that takes
everything has all that it can drain after some few looks. A campaign of which much was queued has begun.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import attrs

from mobilesasa.campaigns.brakes import has_brakes
from mobilesasa.campaigns.running import Running

STARTS_MOST: Final = 10_000  # messages of a campaign that are queued while it begins; each is counted at every look
_LOOK_S: Final = 1.0  # between looks at one of which little is answered
_AHEAD: Final = 2  # how many may be queued for each that was looked at


def is_starting(campaign: Running) -> bool:
    """Say whether a campaign begins, and has brakes."""
    return campaign.left > 0 and campaign.queued <= STARTS_MOST and has_brakes(campaign.options)


@attrs.define
class Starts:
    """Campaigns that begin, and what their brakes have seen of each."""

    _seen: dict[int, tuple[int, float]] = attrs.field(factory=dict)  # messages that were answered, and when

    def due(self, now_s: float, running: Iterable[Running]) -> list[Running]:
        """Return those at which the brakes are to look, and forget all that are not there."""
        there = {each.id: each for each in running if is_starting(each)}
        self._seen = {number: seen for number, seen in self._seen.items() if number in there}
        return [each for each in there.values() if self._is_due(now_s, each)]

    def looked(self, now_s: float, campaigns: Iterable[Running]) -> None:
        """Take down that the brakes have looked at these, and let them pass."""
        for each in campaigns:
            self._seen[each.id] = (each.answered, now_s)

    def most(self, campaign: Running) -> int | None:
        """Return how many messages of a campaign may wait for an answer of a carrier; None: any number."""
        if not is_starting(campaign):
            return None
        seen, _ = self._seen.get(campaign.id, (0, 0.0))
        unseen = max(campaign.answered - seen, 0)
        return max(_AHEAD * max(campaign.options.brake_after, seen, 1) - unseen, 0)

    def _is_due(self, now_s: float, campaign: Running) -> bool:
        seen, at_s = self._seen.get(campaign.id, (0, now_s))
        if campaign.answered < max(campaign.options.brake_after, seen + 1):
            return False
        return campaign.answered >= 2 * seen or now_s - at_s >= _LOOK_S
