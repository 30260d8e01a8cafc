"""What can be wrong with a whole file, and what bounds it."""

from __future__ import annotations

from typing import Final

import attrs

ROWS_MAX: Final = 1_000_000
COLUMNS_MAX: Final = 200
UNZIPPED_MAX: Final = 200 * 1_048_576
RATIO_MAX: Final = 250  # of unzipped to zipped octets; what people write stays below 30
RATIO_FROM: Final = 20 * 1_048_576  # a small file may be as dense as it likes
MEMBERS_MAX: Final = 2_000


@attrs.frozen
class Fault:
    """What is wrong with one cell."""

    column: str  # its header
    value: str  # as it stands there, shortened
    message: str
