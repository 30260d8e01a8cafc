"""Accepting messages: the charge, the ledger entry, the row and its place in `pending`, in one statement (I1)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from mobilesasa.core.actors import Actor, ActorKind
from mobilesasa.core.errors import AccessEnded, InsufficientUnits, Refused
from mobilesasa.core.model import MessageId, Priced
from mobilesasa.store import suppressions, trail
from mobilesasa.store.database import Txn
from mobilesasa.store.plans import Planned
from mobilesasa.store.rows import as_json

# A team that can pay for 20 of 50 gets exactly 20: those, in order, whose running sum its balance covers.
# The tokens' rows are locked first, then those of the teams, each in the order of ids, so that two nodes neither overspend nor
# deadlock. The answer has the numbers of those that are paid, and -1 less the number of each whose token has ended.
ACCEPT = Planned(
    f"""
WITH asked AS MATERIALIZED (
    SELECT * FROM json_to_recordset(%(batch)s) AS asked (
        n integer, id uuid, team_id integer, token smallint, carrier_id integer, price_units integer, lane smallint, origin smallint,
        wish smallint, coding smallint, parts smallint, expires_at float8, due_at float8, sender text, recipient text,
        text text, body text, udh text, resent_from uuid, options jsonb, fallbacks integer[], client_reference text,
        campaign_uuid uuid, closes_at float8)
), still AS MATERIALIZED ({trail.STILL_GOOD}
), good AS MATERIALIZED (
    SELECT coalesce(array_agg(uuid), '{{}}') AS tokens FROM still
), payer AS MATERIALIZED (
    SELECT id, balance FROM team
    WHERE id = ANY(%(teams)s::integer[]) AND (SELECT cardinality(tokens) FROM good) >= 0 ORDER BY id FOR UPDATE
), paid AS MATERIALIZED (
    SELECT * FROM (
        SELECT asked.*, payer.balance, sum(price_units) OVER (PARTITION BY team_id ORDER BY n) AS running_units
        FROM asked JOIN payer ON payer.id = team_id
        WHERE price_units <= payer.balance
        AND (token IS NULL OR (%(uuids)s::uuid[])[token] = ANY((SELECT tokens FROM good)::uuid[]))
    ) AS affordable WHERE running_units <= balance
), bill AS MATERIALIZED (
    SELECT team_id, sum(price_units) AS units, count(*) AS messages FROM paid GROUP BY team_id
), debit AS (
    UPDATE team SET balance = team.balance - bill.units FROM bill WHERE team.id = bill.team_id
), entry AS (
    INSERT INTO ledger (team_id, kind, units, messages) SELECT team_id, 'charge', -units, messages FROM bill
    RETURNING id, team_id
), stored AS (
    INSERT INTO message (id, team_id, charge_id, carrier_id, price_units, lane, origin, wish, coding, parts, open_parts,
                         expires_at, due_at, sender, recipient, text, body, udh, resent_from, options, client_reference,
                         campaign_uuid)
    SELECT paid.id, paid.team_id, entry.id, carrier_id, price_units, lane, origin, wish, coding, parts, parts,
           to_timestamp(expires_at), to_timestamp(due_at), sender, recipient, text, decode(body, 'hex'), decode(udh, 'hex'),
           resent_from, options, client_reference, campaign_uuid
    FROM paid JOIN entry ON entry.team_id = paid.team_id
), waiting AS (
    INSERT INTO pending (message_id, team_id, carrier_id, lane, price_units, expires_at, due_at, closes_at, fallbacks)
    SELECT id, team_id, carrier_id, lane, price_units, to_timestamp(expires_at), to_timestamp(due_at), to_timestamp(closes_at),
           fallbacks
    FROM paid
), counted AS (
    INSERT INTO rollup_change (kind, ids) SELECT 10, array_agg(id) FROM paid HAVING count(*) > 0
)
SELECT n FROM paid UNION ALL SELECT -1 - n FROM asked
WHERE token IS NOT NULL AND (%(uuids)s::uuid[])[token] <> ALL((SELECT tokens FROM good)::uuid[])
"""
)

STORED = "SELECT id FROM message WHERE id = ANY(%(ids)s::uuid[])"


def accept(txn: Txn, batch: Sequence[Priced]) -> list[Refused | None]:
    """Charge the teams and store the messages of one group commit, each both or neither.

    Returns None for each message that was stored, else its refusal, `AccessEnded`, `InsufficientUnits` or `Suppressed`. Runs
    on a database thread and may run twice (deadlock): touches nothing but `txn`. The tokens in whose names messages are sent are
    looked at in the statement that stores those messages, and locked in a shared way until its commit (decision 24).
    """
    refused: dict[MessageId, Refused] = {**suppressions.refusals(txn, batch), **_no_longer_allowed(txn, batch)}
    tokens: dict[str, int] = {}
    rows = [_row(n, message, tokens) for n, message in enumerate(batch) if message.id not in refused]
    paid: set[int] = set()
    while rows:
        fitting, ended = _accept(txn, rows, tokens)
        paid |= fitting
        refused |= {batch[n].id: AccessEnded(trail.ENDED) for n in ended}
        done = fitting | ended
        # a dear one did not fit; a cheaper one behind it may
        rows = [row for row in rows if row["n"] not in done] if fitting and len(done) < len(rows) else []
    return [
        None if n in paid else refused.get(message.id) or InsufficientUnits(message.price_units)
        for n, message in enumerate(batch)
    ]


def _accept(txn: Txn, rows: list[dict[str, Any]], tokens: Iterable[str]) -> tuple[set[int], set[int]]:
    """Store what can be paid for; return the numbers of those, and of the messages whose token has ended."""
    teams = {row["team_id"] for row in rows}
    txn.execute(ACCEPT, {"batch": as_json(rows), "teams": list(teams), "uuids": uuids(tokens)})
    found = [n for (n,) in txn.fetchall()]
    return {n for n in found if n >= 0}, {-1 - n for n in found if n < 0}


def accept_one(txn: Txn, message: Priced) -> None:
    """Charge the team and store a message, both or neither.

    Raises:
        InsufficientUnits: the team cannot pay for it.
        Suppressed: the recipient is not to get it.
        AccessEnded: who sends it no longer may (decision 24).
    """
    (refusal,) = accept(txn, [message])
    if refusal is not None:
        raise refusal


def accept_telling(
    txn: Txn, batch: Sequence[Priced], reply: Callable[[Sequence[Refused | None]], bytes]
) -> tuple[list[Refused | None], bytes | None]:
    """Accept as `accept` does; return with it the reply made of it, None where nothing was stored."""
    refusals = accept(txn, batch)
    return refusals, None if all(refusals) else reply(refusals)


def stored_of(txn: Txn, batch: Iterable[Priced]) -> set[MessageId]:
    """Return the ids of those messages that are stored already, for a batch whose COMMIT may have happened."""
    txn.execute(STORED, {"ids": uuids(message.id for message in batch)})
    return {message_id for (message_id,) in txn.fetchall()}


def uuids(ids: Any) -> str:
    """Write ids as one array parameter, which costs a tenth of quoting each."""
    return "{" + ",".join(ids) + "}"


def _no_longer_allowed(txn: Txn, batch: Sequence[Priced]) -> dict[MessageId, AccessEnded]:
    """Return the refusals of messages whose login or role has ended; those of the others hold until the commit."""
    actors = {each.opened_by: each for each in _actors(batch) if each.kind is not ActorKind.TOKEN}
    if not actors:
        return {}
    ended = {actor.opened_by: why for actor, why in trail.ended(txn, actors.values()).items()}
    if not ended:
        return {}
    asked = [(message.id, message.by.opened_by) for message in batch if message.by is not None]
    return {message_id: AccessEnded(ended[opened_by]) for message_id, opened_by in asked if opened_by in ended}


def _actors(batch: Sequence[Priced]) -> Iterable[Actor]:
    """Return in whose names messages are sent; all of a call have the same object, which is looked at once."""
    return {id(message.by): message.by for message in batch if message.by is not None}.values()


def stands_alone(batch: Sequence[Priced]) -> bool:
    """Say whether no lock but those of `ACCEPT` itself has to hold until it has stored the messages."""
    return all(actor.kind is ActorKind.TOKEN for actor in _actors(batch))


def _row(n: int, message: Priced, tokens: dict[str, int]) -> dict[str, Any]:
    row: dict[str, Any] = {
        "n": n,
        "id": message.id,
        "team_id": message.team_id,
        "carrier_id": message.carrier_id,
        "price_units": message.price_units,
        "lane": message.lane,
        "origin": message.origin,
        "wish": message.wish,
        "coding": message.coding,
        "parts": message.parts,
        "expires_at": message.expires_at_ms / 1000,
        "sender": message.sender,
        "recipient": message.recipient,
    }
    by = message.by
    if by is not None and by.kind is ActorKind.TOKEN:
        row["token"] = tokens.setdefault(str(by.uuid), len(tokens) + 1)  # its place among them
    if message.text is not None:
        row["text"] = message.text
    if message.body is not None:
        row["body"] = message.body.hex()
    if message.udh:
        row["udh"] = message.udh.hex()
    if message.due_at_ms is not None:
        row["due_at"] = message.due_at_ms / 1000
    if message.resent_from is not None:
        row["resent_from"] = message.resent_from
    if message.options:
        row["options"] = message.options
    if message.fallbacks:
        row["fallbacks"] = message.fallbacks
    if message.client_reference is not None:
        row["client_reference"] = message.client_reference
    if message.campaign_uuid is not None:
        row["campaign_uuid"] = message.campaign_uuid
    if message.closes_at_ms is not None:
        row["closes_at"] = message.closes_at_ms / 1000
    return row
