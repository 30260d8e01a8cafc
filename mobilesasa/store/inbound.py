"""Messages from phones: kept, joined from their parts, and put into the spools of their teams, all in one commit.

What is whole and what is joined is decided by `core.inbound` from the rows of the sets that a batch touches. Nobody else
writes to these meanwhile: a lock for each carrier, taken first, sees to that.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

import attrs

from mobilesasa.core.inbound import (
    Arrival,
    Delivery,
    Inbound,
    InboundPart,
    Piece,
    Sets,
    Taken,
    deliveries,
    delivery_of,
    is_repetition,
    join,
    pieces,
    telling,
)
from mobilesasa.core.model import Coding, MessageId
from mobilesasa.sms.udh import Concatenation
from mobilesasa.store import hooks, suppressions, survey_inbox
from mobilesasa.store.database import Txn, one_row
from mobilesasa.store.intake import uuids
from mobilesasa.store.rows import as_json
from mobilesasa.store.writer import Work

#: What `spool.state` is for a message from a phone; those of receipts are less.
SPOOLED: Final = 50
#: How long a message that is nobody's is kept.
UNMATCHED_DAYS: Final = 30

LOCK = "SELECT pg_advisory_xact_lock(hashtext('inbound'), id) FROM unnest(%(carriers)s::integer[]) AS id"

_PART: Final = """part.id, part.carrier_id, part.source, part.destination, part.reference, part.total, part.number, part.team_id,
       part.as_payload, part.echo, part.coding, part.octets, part.udh, (extract(epoch FROM part.received_at) * 1000)::bigint,
       part.inbound_id"""

SETS = f"""
SELECT {_PART} FROM json_to_recordset(%(keys)s) AS asked (
    carrier_id integer, source text, destination text, reference integer, total smallint
), LATERAL (
    SELECT * FROM inbound_part WHERE (carrier_id, source, destination, reference, total)
           = (asked.carrier_id, asked.source, asked.destination, asked.reference, asked.total) OFFSET 0
) AS part
"""

CLOSE = """
UPDATE inbound_part SET inbound_id = joined.inbound_id
FROM json_to_recordset(%(joined)s) AS joined (id uuid, inbound_id uuid) WHERE inbound_part.id = joined.id
"""

DROP = "DELETE FROM inbound_part WHERE id = ANY(%(ids)s::uuid[])"

KEEP = """
INSERT INTO inbound_part (id, carrier_id, source, destination, reference, total, number, team_id, as_payload, echo, coding, octets,
                          udh, received_at, inbound_id)
SELECT id, carrier_id, source, destination, reference, total, number, team_id, as_payload, echo, coding, decode(octets, 'hex'),
       decode(udh, 'hex'), to_timestamp(received_at), inbound_id
FROM json_to_recordset(%(parts)s) AS part (
    id uuid, carrier_id integer, source text, destination text, reference integer, total smallint, number smallint, team_id integer,
    as_payload boolean, echo boolean, coding smallint, octets text, udh text, received_at float8, inbound_id uuid)
ON CONFLICT (id) DO NOTHING
"""

# What is stored already, by a batch that is written again, is in the spool already.
STORE = f"""
WITH stored AS (
    INSERT INTO inbound (id, team_id, carrier_id, source, destination, text, body, udh, coding, parts, missing, received_at, opt_out)
    SELECT id, team_id, carrier_id, source, destination, text, decode(body, 'hex'), decode(udh, 'hex'), coding, parts, missing,
           to_timestamp(received_at), opt_out
    FROM json_to_recordset(%(inbounds)s) AS came (
        id uuid, team_id integer, carrier_id integer, source text, destination text, text text, body text, udh text, coding smallint,
        parts smallint, missing smallint, received_at float8, opt_out text)
    ON CONFLICT (id) DO NOTHING RETURNING id, team_id, destination
), owed AS MATERIALIZED (
    SELECT nextval(pg_get_serial_sequence('spool', 'id')) AS spool_id, due.* FROM (
        SELECT due.* FROM json_to_recordset(%(due)s) AS due (n integer, id uuid, team_id integer, part smallint, done_at float8)
        JOIN stored USING (id) ORDER BY n
    ) AS due
), spooled AS (
    INSERT INTO spool (id, team_id, message_id, state, part, done_at) OVERRIDING SYSTEM VALUE
    SELECT spool_id, team_id, id, %(state)s, part, to_timestamp(done_at) FROM owed
){survey_inbox.KEPT} SELECT n, spool_id, NULL::uuid FROM owed
UNION ALL SELECT NULL, NULL, id FROM stored WHERE team_id IN {hooks.HOOKED_TEAMS}{survey_inbox.TOLD}
"""

# Sets of which a part has waited for too long, whole.
OVERDUE = f"""
SELECT {_PART} FROM (
    SELECT DISTINCT carrier_id, source, destination, reference, total FROM (
        SELECT * FROM inbound_part WHERE received_at < now() - make_interval(hours => %(hours)s) AND inbound_id IS NULL
        ORDER BY received_at LIMIT %(limit)s
    ) AS late
) AS late, LATERAL (
    SELECT * FROM inbound_part WHERE (carrier_id, source, destination, reference, total)
           = (late.carrier_id, late.source, late.destination, late.reference, late.total) AND inbound_id IS NULL OFFSET 0
) AS part ORDER BY part.carrier_id, part.source, part.destination, part.reference, part.total, part.number
"""

CARRIERS = "SELECT DISTINCT carrier_id FROM inbound_part ORDER BY carrier_id"

FORGET_JOINED = """
DELETE FROM inbound_part WHERE inbound_id IS NOT NULL AND received_at < now() - make_interval(hours => %(hours)s)
"""

WAITING = """
SELECT count(*) FROM (
    SELECT FROM inbound_part WHERE inbound_id IS NULL GROUP BY carrier_id, source, destination, reference, total) AS waiting
"""

FORGET_UNMATCHED = """
DELETE FROM inbound WHERE id IN (
    SELECT id FROM inbound WHERE team_id IS NULL AND id < first_id_at(now() - make_interval(days => %(days)s))
    ORDER BY id LIMIT %(limit)s)
"""

# What is still in the spool needs its text.
LET_GO = """
UPDATE inbound SET text = NULL, body = NULL, udh = NULL WHERE id IN (
    SELECT old.id FROM team, LATERAL (
        SELECT id FROM inbound WHERE team_id = team.id AND (text IS NOT NULL OR body IS NOT NULL)
        AND id < first_id_at(now() - make_interval(days => coalesce(text_days, %(default_days)s)))
        AND NOT EXISTS (SELECT FROM spool WHERE message_id = inbound.id AND state = 50)
        ORDER BY id LIMIT %(limit)s OFFSET 0
    ) AS old WHERE coalesce(text_days, %(default_days)s) > 0 LIMIT %(limit)s)
"""

INBOUND = """
SELECT id, team_id, carrier_id, source, destination, text, body, udh, coding, parts, missing,
       (extract(epoch FROM received_at) * 1000)::bigint, opt_out
FROM inbound WHERE id = ANY(%(ids)s::uuid[])
"""

SPOOLED_WHOLE = """
SELECT message_id, done_at FROM spool
WHERE team_id = %(team_id)s AND id = %(spool_id)s AND state = %(state)s AND part = 0 FOR UPDATE
"""

CUT = """
INSERT INTO spool (team_id, message_id, state, part, done_at)
SELECT %(team_id)s, %(message_id)s, %(state)s, part, %(done_at)s FROM generate_series(1, %(parts)s) AS part ORDER BY part
"""

UNSPOOL = "DELETE FROM spool WHERE team_id = %(team_id)s AND id = %(spool_id)s"


def take_in(txn: Txn, batch: Sequence[Arrival]) -> list[Taken]:
    """Keep what came from phones: what is whole as messages in their teams' spools, the rest until it is.

    Safe to repeat: an arrival counts once, by its id.
    """
    long = [arrival for arrival in batch if arrival.total > 1]
    sets = _sets(txn, long) if long else Sets()
    closed: list[tuple[int, list[Arrival]]] = []
    new: list[Arrival] = []
    repeated: set[int] = set()
    for n, arrival in enumerate(batch):
        if arrival.total == 1:
            closed.append((n, [arrival]))
            continue
        kept, wholes = sets.take(arrival)
        if kept is None:
            repeated.add(n)
        else:
            new.append(kept)
        closed += [(n, whole) for whole in wholes]
    _keep(txn, new, [whole for _, whole in closed if whole[0].total > 1])
    written = _store(txn, [(n, whole) for n, whole in closed if not is_repetition(whole)])
    dropped = {n for n, whole in closed if is_repetition(whole)}
    return [
        attrs.evolve(written.get(n, Taken()), repeated=n in repeated or (n in dropped and n not in written))
        for n in range(len(batch))
    ]


def close_incomplete(txn: Txn, hours: int, limit: int) -> list[Taken]:
    """Join sets of which a part has waited for so long, with what is there."""
    txn.execute(CARRIERS)
    txn.execute(LOCK, {"carriers": [carrier_id for (carrier_id,) in txn.fetchall()]})
    txn.execute(OVERDUE, {"hours": hours, "limit": limit})
    by_set: dict[Any, list[Arrival]] = {}
    for row in txn.fetchall():
        arrival, _ = _arrival_of(row)
        by_set.setdefault(arrival.part.set_key, []).append(arrival)
    wholes = list(by_set.values())
    _keep(txn, [], wholes)
    written = _store(txn, [(n, whole) for n, whole in enumerate(wholes) if not is_repetition(whole)])
    return list(written.values())


def tidy(txn: Txn, remembered_h: int, unmatched_days: int, limit: int) -> int:
    """Forget what is remembered no longer, and what is nobody's and old; returns how many messages wait for parts."""
    txn.execute(FORGET_JOINED, {"hours": remembered_h})
    txn.execute(FORGET_UNMATCHED, {"days": unmatched_days, "limit": limit})
    txn.execute(WAITING)
    return int(one_row(txn)[0])


def let_go(txn: Txn, default_days: int, limit: int) -> int:
    """Remove texts that were kept long enough for their team; returns how many."""
    txn.execute(LET_GO, {"default_days": default_days, "limit": limit})
    return txn.rowcount


def cut(txn: Txn, team_id: int, spool_id: int) -> int:
    """Put the parts of a message in the place of the whole, for a peer that can take it only so; returns how many."""
    txn.execute(SPOOLED_WHOLE, {"team_id": team_id, "spool_id": spool_id, "state": SPOOLED})
    row = txn.fetchone()
    found = read(txn, [row[0]]) if row else {}
    if not row or not found:
        return 0
    message_id, done_at = row
    parts = len(pieces(found[message_id], as_payload=False))
    given = {"team_id": team_id, "message_id": message_id, "state": SPOOLED, "parts": parts, "done_at": done_at}
    txn.execute(CUT, given)
    txn.execute(UNSPOOL, {"team_id": team_id, "spool_id": spool_id})
    return parts


def read(txn: Txn, ids: Iterable[MessageId]) -> dict[MessageId, Inbound]:
    """Return messages by their ids."""
    txn.execute(INBOUND, {"ids": uuids(ids)})
    return {row[0]: _inbound_of(row) for row in txn.fetchall()}


def deliveries_of(txn: Txn, rows: Sequence[tuple[Any, ...]]) -> dict[int, Delivery]:
    """Return what rows of the spool stand for (`spool.OWED`), by their ids; nothing for what is gone."""
    if not rows:
        return {}
    inbounds = read(txn, {row[2] for row in rows})
    cuts: dict[MessageId, tuple[Piece, ...]] = {}
    found: dict[int, Delivery] = {}
    for spool_id, team_id, message_id, *_, done_at_ms, _options, part in rows:
        inbound = inbounds.get(message_id)
        if inbound is None:
            continue
        if part == 0:
            (piece,) = pieces(inbound, as_payload=True)
        else:
            if message_id not in cuts:
                cuts[message_id] = pieces(inbound, as_payload=False)
            if part > len(cuts[message_id]):
                continue
            piece = cuts[message_id][part - 1]
        found[spool_id] = delivery_of(inbound, spool_id, team_id, piece, done_at_ms)
    return found


def _sets(txn: Txn, arrivals: Sequence[Arrival]) -> Sets:
    txn.execute(LOCK, {"carriers": sorted({arrival.part.carrier_id for arrival in arrivals})})
    names = ("carrier_id", "source", "destination", "reference", "total")
    keys = {arrival.part.set_key: None for arrival in arrivals}
    txn.execute(SETS, {"keys": as_json([dict(zip(names, key, strict=True)) for key in keys])})
    found = [_arrival_of(row) for row in txn.fetchall()]
    return Sets.of(
        (arrival for arrival, joined in found if not joined), (arrival for arrival, joined in found if joined)
    )


def _keep(txn: Txn, new: Sequence[Arrival], closed: Sequence[Sequence[Arrival]]) -> None:
    """Write down new parts, and what became of the sets that are closed."""
    joined: dict[MessageId, MessageId] = {}
    dropped: set[MessageId] = set()
    for whole in closed:
        ids = [arrival.id for arrival in whole]
        if is_repetition(whole):
            dropped.update(ids)
        else:
            joined.update(dict.fromkeys(ids, min(ids)))
    if joined:
        rows = [{"id": part_id, "inbound_id": inbound_id} for part_id, inbound_id in joined.items()]
        txn.execute(CLOSE, {"joined": as_json(rows)})
    if dropped:
        txn.execute(DROP, {"ids": uuids(dropped)})
    parts = [
        _part_row(arrival) | {"inbound_id": joined.get(arrival.id)} for arrival in new if arrival.id not in dropped
    ]
    if parts:
        txn.execute(KEEP, {"parts": as_json(parts)})


def _store(txn: Txn, wholes: Sequence[tuple[int, list[Arrival]]]) -> dict[int, Taken]:
    """Store messages and spool what their teams are owed; returns what came of each arrival, by its number."""
    if not wholes:
        return {}
    inbounds = [(n, join(whole), whole) for n, whole in wholes]
    due: list[tuple[int, int, Delivery]] = []  # the arrival, the part, what is owed
    for n, inbound, whole in inbounds:
        newest = max(whole, key=lambda arrival: arrival.id)
        owed = deliveries(inbound, telling(whole).as_payload, newest.part.received_at_ms)
        first = 0 if len(owed) == 1 else 1
        due += [(n, part, delivery) for part, delivery in enumerate(owed, first)]
    rows = [
        {"n": place, "id": d.message_id, "team_id": d.team_id, "part": part, "done_at": d.done_at_ms / 1000}
        for place, (_, part, d) in enumerate(due)
    ]
    given = {"inbounds": as_json([_inbound_row(inbound) for _, inbound, _ in inbounds]), "due": as_json(rows)}
    txn.execute(STORE, given | {"state": SPOOLED})
    found = txn.fetchall()
    hooks.received(txn, [message_id for *_, message_id in found if message_id is not None])
    spooled = {n: spool_id for n, spool_id, _ in found}
    taken = {n: Taken() for n, _ in wholes}
    for n, inbound, (arrival, *_others) in inbounds:
        if arrival.opt_out is not None:
            suppressions.follow(txn, arrival.opt_out, inbound.id)
        taken[n] = attrs.evolve(taken[n], inbounds=(*taken[n].inbounds, inbound))
    for place, (n, _, delivery) in enumerate(due):
        if place in spooled:
            told = attrs.evolve(delivery, spool_id=spooled[place])
            taken[n] = attrs.evolve(taken[n], deliveries=(*taken[n].deliveries, told))
    return taken


def _part_row(arrival: Arrival) -> dict[str, Any]:
    part = arrival.part
    carrier_id, source, destination, reference, total = part.set_key
    return {
        "id": arrival.id,
        "carrier_id": carrier_id,
        "source": source,
        "destination": destination,
        "reference": reference,
        "total": total,
        "number": arrival.number,
        "team_id": arrival.team_id,
        "as_payload": arrival.as_payload,
        "echo": arrival.echo,
        "coding": part.coding,
        "octets": part.octets.hex(),
        "udh": part.udh.hex() if part.udh else None,
        "received_at": part.received_at_ms / 1000,
    }


def _arrival_of(row: tuple[Any, ...]) -> tuple[Arrival, bool]:
    """Read the columns of `_PART`; the second says whether it was joined."""
    part_id, carrier_id, source, destination, reference, total, number, team_id, as_payload, echo, coding, *rest = row
    octets, udh, received_at_ms, inbound_id = rest
    part = InboundPart(
        carrier_id,
        source,
        destination,
        Coding(coding),
        bytes(octets),
        received_at_ms,
        Concatenation(reference, total, number),
        bytes(udh or b""),
    )
    return Arrival(part_id, part, team_id, as_payload, echo), inbound_id is not None


def _inbound_row(inbound: Inbound) -> dict[str, Any]:
    return {
        "id": inbound.id,
        "team_id": inbound.team_id,
        "carrier_id": inbound.carrier_id,
        "source": inbound.source,
        "destination": inbound.destination,
        "text": inbound.text,
        "body": None if inbound.body is None else inbound.body.hex(),
        "udh": inbound.udh.hex() if inbound.udh else None,
        "coding": inbound.coding,
        "parts": inbound.parts,
        "missing": inbound.missing,
        "received_at": inbound.received_at_ms / 1000,
        "opt_out": inbound.opt_out,
    }


def _inbound_of(row: tuple[Any, ...]) -> Inbound:
    message_id, team_id, carrier_id, source, destination, text, body, udh, coding, parts, missing, *rest = row
    received_at_ms, opt_out = rest
    return Inbound(
        id=message_id,
        team_id=team_id,
        carrier_id=carrier_id,
        source=source,
        destination=destination,
        text=text,
        body=None if body is None else bytes(body),
        udh=bytes(udh or b""),
        coding=Coding(coding),
        parts=parts,
        missing=missing,
        received_at_ms=received_at_ms,
        opt_out=opt_out,
    )


TAKING_IN: Work[Arrival, Taken | None] = Work("take_in", take_in, None, lambda _: None)
