"""Statements that are planned once a session, for planning one takes as long as running it over a dozen messages.

A `Planned` statement is a text like any other, and a plain cursor runs it as it is. A `PlanningCursor` prepares it the
first time it runs it on its session, and calls it by name from then on. Its plan must be right for batches of every size and
for tables of every size, so it is made without looking at a parameter (`plan_cache_mode`): write such a statement so that every
row of the batch looks up its row by index. What finds months of `message` by the ids in a parameter is not for this.
PostgreSQL plans it anew by itself when it has looked at a table (ANALYZE), which is long after that has grown: on a new store a join of
a batch with `message` was planned for some hundred rows and then read all of many thousands each time. So a batch that is joined
with `message` has a column `one`, and the join the condition `one = 1`: the planner knows nothing of it, supposes that one
row is left, and looks rows up by index whatever the size of the table.
"""

from __future__ import annotations

import re
from itertools import count
from typing import Any, Final

from psycopg2.extensions import cursor

_PARAMETER: Final = re.compile(r"%(?:\((\w+)\)s|%)")
_numbers = count(1)


class Planned(str):
    """A statement with `%(name)s` parameters that is worth a plan of its own.

    Attributes:
        name: by which a session knows it.
        preparing: the statement that prepares it.
        calling: the statement that calls it, with the same parameters.
    """

    name: str
    preparing: str
    calling: str

    def __new__(cls, statement: str) -> Planned:
        """Make the statement and those that prepare and call it."""
        made = super().__new__(cls, statement)
        places: dict[str, str] = {}

        def numbered(found: re.Match[str]) -> str:
            return places.setdefault(found[1], f"${len(places) + 1}") if found[1] else "%"

        made.name = f"planned_{next(_numbers)}"
        made.preparing = f"PREPARE {made.name} AS {_PARAMETER.sub(numbered, statement)}"
        given = ", ".join(f"%({name})s" for name in places)
        made.calling = f"EXECUTE {made.name} ({given})" if places else f"EXECUTE {made.name}"
        return made


class PlanningCursor(cursor):
    """A cursor of a session that keeps the plans of statements.

    Attributes:
        plans: the names of those that the session has; the same set for all cursors of a session.
        executed: how many statements have ended well, those that prepare others left out.
    """

    plans: set[str]
    executed = 0

    def execute(self, query: Any, vars: Any = None) -> None:  # noqa: A002 - psycopg2's name
        """Run a statement, by its plan if it is `Planned`."""
        if not isinstance(query, Planned):
            super().execute(query, vars)
        else:
            if query.name not in self.plans:
                super().execute(query.preparing)
                self.plans.add(query.name)  # a rollback leaves it
            super().execute(query.calling, vars)
        self.executed += 1
