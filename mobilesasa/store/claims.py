"""Claiming: a message in hand is marked with the process that has it, so that no other process sends it too.

`pending` has a row for each unfinished message. A claim outlives a crash: what a dead process held is released when it
is known to be dead (`begin_run` for the same node, `store.living` for the others) and goes out again, which is the one case
in which a message may reach a carrier twice (I3).
"""

from __future__ import annotations

from collections.abc import Sequence

from mobilesasa.core.model import Coding, Lane, MessageId, Outbound, Place
from mobilesasa.store.database import Txn, one_row
from mobilesasa.store.holds import What
from mobilesasa.store.intake import uuids
from mobilesasa.store.living import LIVING, SETTLING_S
from mobilesasa.store.plans import Planned
from mobilesasa.store.writer import Work, always
from mobilesasa.values import hot_value

# The carrier is the one of the row that is taken: it may have gone on since this statement began, and its message is seen as it was.
CLAIM = Planned("""
WITH taken AS (
    UPDATE pending SET claimed_by = %(run)s, attempts = attempts + 1
    WHERE message_id = ANY(%(ids)s::uuid[]) AND (claimed_by IS NULL OR claimed_by = %(mine)s) AND due_at IS NULL
      AND (closes_at IS NULL OR closes_at > now())
    RETURNING message_id, attempts, sent_parts, doubted, carrier_id
)
SELECT message.id, team_id, taken.carrier_id, lane, sender, recipient, text, body, udh, coding, parts,
       (extract(epoch FROM expires_at) * 1000)::bigint, taken.attempts, sent_parts, options, doubted
FROM taken JOIN message ON message.id = taken.message_id
""")

BEGIN_RUN = "INSERT INTO node_run (node) VALUES (%(node)s) RETURNING id"

RELEASE_OF_NODE = """
UPDATE pending SET claimed_by = NULL
WHERE claimed_by IN (SELECT id FROM node_run WHERE node = %(node)s AND id <> %(run)s)
RETURNING message_id, carrier_id, lane
"""

# Who is said to have ended by another, and not by itself, was lost.
END_OTHER_RUNS = (
    "UPDATE node_run SET ended_at = now(), lost = true WHERE node = %(node)s AND id <> %(run)s AND ended_at IS NULL"
)

# One that holds its lock by now is left alone.
FREE = (
    "WITH"
    + LIVING
    + """, dead AS MATERIALIZED (
    SELECT id FROM node_run WHERE id = ANY(%(runs)s) AND id NOT IN (SELECT run FROM living)
), ended AS (
    UPDATE node_run SET ended_at = now(), lost = true FROM dead WHERE node_run.id = dead.id AND ended_at IS NULL
)
UPDATE pending SET claimed_by = NULL FROM dead WHERE claimed_by = dead.id RETURNING message_id, carrier_id, lane
"""
)

END_RUN = """
WITH ended AS (UPDATE node_run SET ended_at = now(), lost = false WHERE id = %(run)s RETURNING id)
UPDATE pending SET claimed_by = NULL FROM ended WHERE claimed_by = ended.id
"""

RELEASE = """
UPDATE pending SET claimed_by = NULL, attempts = greatest(attempts - 1, 0)
WHERE message_id = ANY(%(ids)s::uuid[]) AND claimed_by = %(run)s
"""

DUE = """
WITH due AS (
    SELECT message_id FROM pending WHERE due_at <= now() AND claimed_by IS NULL
    ORDER BY due_at LIMIT %(limit)s FOR UPDATE SKIP LOCKED
)
UPDATE pending SET due_at = NULL FROM due WHERE pending.message_id = due.message_id
RETURNING pending.message_id, carrier_id, lane
"""

UNCLAIMED_OF_LANE = """
SELECT message_id FROM pending
WHERE claimed_by IS NULL AND due_at IS NULL AND message_id > %(after)s AND carrier_id = %(carrier_id)s AND lane = %(lane)s
ORDER BY message_id LIMIT %(limit)s
"""

MAKE_PARTITIONS = "SELECT make_message_partitions(now() - interval '1 month', 5)"

FIRST_ID = "00000000-0000-0000-0000-000000000000"


@hot_value
class Claim:
    """Asks for one message on behalf of a run."""

    message_id: MessageId
    run: int


def claim(txn: Txn, batch: Sequence[Claim]) -> list[Outbound | None]:
    """Mark messages as in hand and return them in order; None for what is finished, not due, or held elsewhere."""
    return _claim(txn, batch, mine=None)


def claim_again(txn: Txn, batch: Sequence[Claim]) -> list[Outbound | None]:
    """Claim a batch whose COMMIT may have happened: what this run holds is handed out again."""
    return _claim(txn, batch, mine=batch[0].run)


def _claim(txn: Txn, batch: Sequence[Claim], mine: int | None) -> list[Outbound | None]:
    ids = [asked.message_id for asked in batch]
    txn.execute(CLAIM, {"ids": uuids(ids), "run": batch[0].run, "mine": mine})
    taken = {row[0]: _outbound(row) for row in txn.fetchall()}
    return [taken.pop(message_id, None) for message_id in ids]


_LANES = tuple(Lane)
_CODINGS = {int(coding): coding for coding in Coding}


def _outbound(row: tuple) -> Outbound:  # type: ignore[type-arg]
    body, udh = row[7], row[8]
    return Outbound(
        row[0],
        row[1],
        row[2],
        _LANES[row[3]],
        row[4],
        row[5],
        row[6],
        None if body is None else bytes(body),
        b"" if udh is None else bytes(udh),
        _CODINGS[row[9]],
        row[10],
        row[11],
        row[12],
        row[13],
        row[14],
        row[15],
    )


def begin_run(txn: Txn, node: str) -> tuple[int, list[Place]]:
    """Register this process; return the run's id, and what an earlier process of the same node held, which is free again."""
    txn.execute(BEGIN_RUN, {"node": node})
    run: int = one_row(txn)[0]
    txn.execute(RELEASE_OF_NODE, {"node": node, "run": run})
    freed = _places(txn)
    txn.execute(END_OTHER_RUNS, {"node": node, "run": run})
    return run, freed


def end_run(txn: Txn, run: int) -> None:
    """Say that this process has ended in good order; what it still held in doubt is free again."""
    txn.execute(END_RUN, {"run": run})


def free(txn: Txn, runs: Sequence[int], settling_s: float = SETTLING_S) -> list[Place]:
    """End processes that are dead and return what they held, which is free again; see `store.living`."""
    txn.execute(FREE, {"runs": list(runs), "run_lock": What.RUN, "settling_s": settling_s})
    return _places(txn)


def release(txn: Txn, run: int, ids: Sequence[MessageId]) -> None:
    """Hand back what was claimed and never given to a carrier."""
    txn.execute(RELEASE, {"ids": uuids(ids), "run": run})


def take_due(txn: Txn, limit: int) -> list[Place]:
    """Return messages whose time has come, with carrier and lane; they count as queued from now on."""
    txn.execute(DUE, {"limit": limit})
    return sorted(_places(txn))


def unclaimed_of_lane(txn: Txn, carrier_id: int, lane: Lane, after: MessageId, limit: int) -> list[MessageId]:
    """Return what waits in one lane behind an id, oldest first."""
    txn.execute(UNCLAIMED_OF_LANE, {"after": after, "limit": limit, "carrier_id": carrier_id, "lane": lane})
    return [message_id for (message_id,) in txn.fetchall()]


def make_partitions(txn: Txn) -> None:
    """Make the partitions of the months ahead, where they are missing."""
    txn.execute(MAKE_PARTITIONS)


def _places(txn: Txn) -> list[Place]:
    return [(message_id, carrier_id, _LANES[lane]) for message_id, carrier_id, lane in txn.fetchall()]


CLAIMING: Work[Claim, Outbound | None] = Work("claim", claim, claim_again, lambda _: None, alone=always, patient=True)
