"""A way to the database beside the pool, for the few things that take long by nature: a campaign's recipients (decision 65).

How to think about it: whoever calls the API waits for the pool, whose threads are few and whose statements end within
seconds. Deciding who gets a campaign reads and writes a million rows in one transaction. It has threads and connections of
its own, so it holds up nobody, and there are only two, so that no more of such work is under way at once.
"""

from __future__ import annotations

import attrs

from mobilesasa.store.database import Database

AT_ONCE = 2
SLOW_S = 60.0


@attrs.define(eq=False)
class Aside(Database):
    """Runs store functions as `Database` does, two at once, each for as long as it takes."""

    _application_name: str = "mobilesasa aside"
    _threads_max: int = AT_ONCE
    _statement_timeout_s: float = 0.0
    _slow_s: float = SLOW_S
