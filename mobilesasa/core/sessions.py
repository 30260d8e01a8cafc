"""What all nodes know of a bound SMPP session: enough to count it, and to name it while its node does not answer."""

from __future__ import annotations

from collections.abc import Mapping

import attrs


@attrs.frozen
class LiveSession:
    """A session that has a place among those of its team, or asks for one.

    `session_id` is unlike that of any other session of any node, ever; `shown` is JSON: what people recognise it by.
    """

    session_id: str
    team_id: int
    shown: Mapping[str, str]
