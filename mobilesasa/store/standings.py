"""How the carriers stand, told from the node that has a carrier's binds to all that choose between carriers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from mobilesasa.core.routing import Standing
from mobilesasa.store.database import Txn
from mobilesasa.store.rows import as_json

CHANNEL: Final = "standing"  # nodes listen there

TELL = """
WITH told AS (
    SELECT * FROM json_to_recordset(%(standings)s) AS told (carrier_id integer, standing smallint)
), was AS MATERIALIZED (
    SELECT carrier_id, standing FROM carrier_standing WHERE at > now() - make_interval(secs => %(fresh_s)s)
), put AS (
    INSERT INTO carrier_standing (carrier_id, standing, node)
    SELECT carrier_id, standing, %(node)s FROM told JOIN carrier ON carrier.id = carrier_id ORDER BY carrier_id
    ON CONFLICT (carrier_id) DO UPDATE SET standing = excluded.standing, node = excluded.node, at = now()
    RETURNING carrier_id, standing
)
SELECT pg_notify('standing', '') WHERE EXISTS (
    SELECT FROM put LEFT JOIN was USING (carrier_id) WHERE coalesce(was.standing, 0) <> put.standing)
"""

TROUBLES = """
SELECT carrier_id, standing FROM carrier_standing
WHERE standing <> 0 AND at > now() - make_interval(secs => %(fresh_s)s)
"""

FRESH_S: Final = 60.0  # of one that was told longer ago nothing is known


def tell(txn: Txn, node: str, standings: Mapping[int, Standing]) -> None:
    """Say how carriers stand, by their ids; the nodes are told at the commit when one of them has changed."""
    rows = [{"carrier_id": carrier_id, "standing": int(standing)} for carrier_id, standing in standings.items()]
    txn.execute(TELL, {"standings": as_json(rows), "node": node, "fresh_s": FRESH_S})


def troubles(txn: Txn) -> dict[int, Standing]:
    """Return the carriers that are in trouble, as far as somebody has said so of late."""
    txn.execute(TROUBLES, {"fresh_s": FRESH_S})
    return {carrier_id: Standing(standing) for carrier_id, standing in txn.fetchall()}
