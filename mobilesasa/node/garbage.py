"""How often Python looks for garbage in cycles.

Messages on their way are many small objects that live for some milliseconds, and the last PDUs of each session live on in its
trace: with Python's own figures a fifth of the gateway's time went into looking at them again and again, and they are in no
cycle (`python -m bench --only smpp`: 208 µs a message, 160 with these figures, on a machine that other work shared).
"""

from __future__ import annotations

import gc
from typing import Final

#: Objects that come before the youngest are looked at, and how many such looks before the next older ones are (`gc`).
THRESHOLDS: Final = (20_000, 20, 50)


def look_less_often() -> None:
    """Leave alone for good what is there now, modules and tables, and look at the rest less often."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*THRESHOLDS)
