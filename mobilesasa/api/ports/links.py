"""What the API needs of short links: where they lead, for whoever follows them; who did, for the team."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from mobilesasa.campaigns.clicks import Led, LinkClicks, RecipientClicks


class LinkBook(Protocol):
    """Where short links lead; `node.links.LinkBook` is it."""

    async def find(self, code: str) -> Led | None:
        """Return where the links of a recipient lead; None: nobody has that code.

        Raises:
            StoreAway: it cannot be known now.
            Overloaded: so many are followed that no more can wait.
        """

    def followed(self, led: Led, link_n: int, preview: bool, at_ms: int) -> None:
        """Count that a link was followed, or looked at by a program; it is written down in a moment."""


class LinkCounts(Protocol):
    """What became of the links of campaigns; another team's are not there (I6): `NotFound`."""

    async def of_campaign(self, team_id: int, uuid: str) -> Sequence[LinkClicks]:
        """Return the links of a campaign in the order of its text; none where they are not tracked."""

    async def clicked(
        self, team_id: int, uuid: str, link_n: int | None, *, after: tuple[int, int], limit: int, offset: int
    ) -> Sequence[RecipientClicks]:
        """Return who followed its links, in the order of the snapshot.

        Args:
            team_id: whose campaign.
            uuid: of the campaign.
            link_n: that link alone; None: all.
            after: recipient and link behind which the list goes on; (0, 0) for its beginning.
            limit: so many at most.
            offset: so many are left out before them.
        """

    async def count(self, team_id: int, uuid: str, link_n: int | None) -> tuple[int, bool]:
        """Return how many of them there are, and whether that is an estimate."""
