"""What phones say to codes over which surveys ask: kept for the machine in the statement that stores it.

The pieces of SQL are of a statement that has stored messages as `stored` (id, destination); the last of its parts gives three columns.
Where no survey was ever published the table of codes is empty, and a message costs a look at it.
"""

from __future__ import annotations

from typing import Final

CHANNEL: Final = "survey"  # told when there is something for the machine to do

#: One more common table expression.
KEPT: Final = """, asked AS (
    INSERT INTO survey_inbox (inbound_id)
    SELECT id FROM stored WHERE ltrim(destination, '+') IN (SELECT code FROM survey_code) RETURNING inbound_id
)"""

#: What comes behind the rest: a row without anything in it, once the machine has been told.
TOLD: Final = f"""
UNION ALL
SELECT NULL, NULL, NULL FROM (SELECT count(*) AS many FROM asked) AS answers WHERE many > 0 AND pg_notify('{CHANNEL}', '') IS NOT NULL"""
