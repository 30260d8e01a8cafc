"""How long sessions are kept: live ones in which nothing happens end, and what people typed and saw is forgotten soon.

A session that ended is known for as long as its last event may come again, or the person may go on with it; then what was
typed and shown in it is removed. That it was, and how far it came, is kept for some months, and what its screens counted for two
years.
"""

from __future__ import annotations

from typing import Final

from mobilesasa.store.database import Database, Txn
from mobilesasa.ussd.repeats import STATE_MS

KEPT_DAYS: Final = 90
COUNTS_KEPT_DAYS: Final = 731
GIVEN_UP_DAYS: Final = 7  # actions that could not be done
DROP_INTERVAL_S: Final = 10.0
FADE_INTERVAL_S: Final = 30.0
TIDY_INTERVAL_S: Final = 300.0
BATCH: Final = 2000

# Each is counted as left at the screen that was last seen.
DROP = """
WITH silent AS MATERIALIZED (
    SELECT id FROM ussd_session WHERE ended_at IS NULL AND last_at < now() - %(state_s)s * interval '1 second'
    ORDER BY id LIMIT %(limit)s FOR NO KEY UPDATE SKIP LOCKED
), ended AS (
    UPDATE ussd_session SET ended_at = now(), outcome = 'dropped' FROM silent WHERE ussd_session.id = silent.id
    RETURNING menu_id, version, screen
), counted AS (
    INSERT INTO ussd_screen AS counted (menu_id, version, screen, day, "left")
    SELECT menu_id, version, screen, (now() AT TIME ZONE 'UTC')::date, count(*) FROM ended
    WHERE menu_id IS NOT NULL AND screen IS NOT NULL
    GROUP BY menu_id, version, screen ORDER BY menu_id, version, screen
    ON CONFLICT (menu_id, day, version, screen) DO UPDATE SET "left" = counted."left" + EXCLUDED."left"
)
SELECT count(*) FROM ended
"""

FADE = """
UPDATE ussd_session SET faded = true, state = NULL, says = NULL, consumed = '', input = '', resumable_until = NULL
WHERE id = ANY(ARRAY(
    SELECT id FROM ussd_session WHERE ended_at IS NOT NULL AND NOT faded AND last_at < now() - %(state_s)s * interval '1 second'
       AND ended_at < now() - interval '1 minute' AND (resumable_until IS NULL OR resumable_until < now())
    ORDER BY id LIMIT %(limit)s FOR NO KEY UPDATE SKIP LOCKED))
"""

# By the index of the key: the ids tell when they were made.
FORGET_SESSIONS = """
DELETE FROM ussd_session WHERE id = ANY(ARRAY(
    SELECT id FROM ussd_session WHERE id < first_id_at(now() - %(days)s * interval '1 day') AND ended_at IS NOT NULL
    ORDER BY id LIMIT %(limit)s))
"""

# That they were given up stays the trouble of their sessions, which are long over.
FORGET_ACTIONS = """
WITH gone AS (
    DELETE FROM ussd_action WHERE due_at IS NULL AND created_at < now() - %(days)s * interval '1 day'
    RETURNING session_id, n, concat(kind, ' was given up: ', problem) AS trouble
), told AS (
    SELECT session_id, string_agg(trouble, '; ' ORDER BY n) AS trouble FROM gone GROUP BY session_id
)
UPDATE ussd_session SET trouble = concat_ws('; ', nullif(ussd_session.trouble, ''), told.trouble)
FROM told WHERE ussd_session.id = told.session_id
"""

# A session that is under way ends.
FORGET_PERSON = """
UPDATE ussd_session SET msisdn = %(pseudonym)s, faded = true, state = NULL, says = NULL, consumed = '', input = '',
    resumable_until = NULL, ended_at = coalesce(ended_at, now()), outcome = coalesce(outcome, 'dropped')
WHERE msisdn = %(phone)s AND team_id = %(team_id)s AND started_at <= to_timestamp(%(until_ms)s / 1000.0)
"""

FORGET_ACTIONS_OF = """
DELETE FROM ussd_action WHERE team_id = %(team_id)s AND msisdn = %(phone)s AND created_at <= to_timestamp(%(until_ms)s / 1000.0)
"""

FORGET_COUNTS = "DELETE FROM ussd_screen WHERE day < (now() AT TIME ZONE 'UTC')::date - %(days)s"


def drop(txn: Txn, limit: int = BATCH) -> int:
    """End live sessions in which nothing has happened for long; returns how many."""
    txn.execute(DROP, {"state_s": STATE_MS // 1000, "limit": limit})
    ((ended,),) = txn.fetchall()
    return int(ended)


def fade(txn: Txn, limit: int = BATCH) -> int:
    """Remove what was typed and shown in sessions that nobody goes on with; returns how many they were."""
    txn.execute(FADE, {"state_s": STATE_MS // 1000, "limit": limit})
    return txn.rowcount


def forget(txn: Txn, limit: int = BATCH) -> int:
    """Remove sessions whose days are over; returns how many."""
    txn.execute(FORGET_SESSIONS, {"days": KEPT_DAYS, "limit": limit})
    return txn.rowcount


def tidy(txn: Txn) -> None:
    """Remove what was given up, and counts of years ago."""
    txn.execute(FORGET_ACTIONS, {"days": GIVEN_UP_DAYS})
    txn.execute(FORGET_COUNTS, {"days": COUNTS_KEPT_DAYS})


def forget_person(txn: Txn, team_id: int, phone: str, pseudonym: str, until_ms: int) -> None:
    """Let nothing of a team's sessions up to a moment say whose they were, and do nothing more that they gave to do."""
    given = {"team_id": team_id, "phone": phone, "pseudonym": pseudonym, "until_ms": until_ms}
    txn.execute(FORGET_PERSON, given)
    txn.execute(FORGET_ACTIONS_OF, given)


class Keeping:
    """The rounds that keep sessions in bounds; one node does them for all.

    Args:
        database: the pool.
    """

    def __init__(self, database: Database) -> None:
        """Do nothing yet."""
        self._database = database

    async def drop(self) -> None:
        """End live sessions in which nothing has happened for long."""
        while await self._database.run("ussd.drop", drop) == BATCH:
            pass

    async def fade(self) -> None:
        """Remove what was typed and shown in sessions that nobody goes on with."""
        while await self._database.run("ussd.fade", fade) == BATCH:
            pass

    async def forget(self) -> None:
        """Remove what was kept long enough."""
        while await self._database.run("ussd.forget", forget) == BATCH:
            pass
        await self._database.run("ussd.tidy", tidy)
