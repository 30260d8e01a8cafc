"""What there is to do for series: those whose time has come, and the campaigns that they have made."""

from __future__ import annotations

from collections.abc import Sequence

import attrs


@attrs.frozen
class Waiting:
    """A campaign that a series has made and that is still to be sent."""

    team_id: int
    uuid: str
    greets: bool  # of a series by trigger: it is for who has joined a group


@attrs.frozen
class Due:
    """What there is to do now."""

    series: Sequence[str]  # uuids of those that make a campaign now
    waiting: Sequence[Waiting]
