"""What tests of retention begin with: messages of old months, paid for at that time, and what may need them."""

import datetime as dt
import random
from typing import Any

from mobilesasa.core.ids import MessageIds
from mobilesasa.core.inbound import Arrival, InboundPart
from mobilesasa.core.model import Coding, Failure, MessageId, Never, Sent
from mobilesasa.core.retention import Standing
from mobilesasa.store import inbound, retention, retention_months
from mobilesasa.store.database import Txn
from mobilesasa.store.retention import Round, Stage
from tests.store import given
from tests.store.given import HOUR_MS, NOW_MS, accepted, add_carrier, delivered, one, settled, told

KEEP = 2
DAY_MS = 24 * HOUR_MS
_bits = random.Random(33).getrandbits
THERE = "SELECT relname FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid WHERE inhparent = 'message'::regclass"


def month_ago(months: int) -> dt.datetime:
    """The beginning of the month so many before this one."""
    now = dt.datetime.fromtimestamp(NOW_MS / 1000, dt.UTC)
    years, month = divmod(now.year * 12 + now.month - 1 - months, 12)
    return dt.datetime(years, month + 1, 1, tzinfo=dt.UTC)


def at(months: int, after_ms: int = 3 * DAY_MS) -> int:
    """A moment in the month so many before this one."""
    return int(month_ago(months).timestamp() * 1000) + after_ms


def name(months: int) -> str:
    return f"{month_ago(months):%Y-%m}"


def make_months(txn: Txn, since: int = 6) -> None:
    txn.execute(
        "SELECT make_message_partitions(%(since)s, %(months)s)", {"since": month_ago(since), "months": since + 1}
    )


def ids_at(at_ms: int) -> MessageIds:
    return MessageIds(lambda: at_ms, _bits)


def old(txn: Txn, team: int, at_ms: int, number: int = 1, **more: Any) -> list[MessageId]:
    """Messages that were accepted and paid for at that moment, in one commit."""
    new_id = ids_at(at_ms)
    found = [accepted(txn, team, id=new_id(), **more)[0] for _ in range(number)]
    backdate(txn, at_ms)
    return found


def refuse(txn: Txn, *ids: MessageId, refs: tuple[str | None, ...] = (), attempt: int = 0) -> None:
    """Let a carrier refuse messages, having taken some of their parts."""
    settled(txn, *((message_id, Never(Failure.REFUSED, "no", "", refs)) for message_id in ids), attempt=attempt)


def backdate(txn: Txn, at_ms: int) -> None:
    """Let what the ledger has of today be of that moment."""
    txn.execute("ALTER TABLE ledger DISABLE TRIGGER ledger_is_append_only")
    txn.execute(
        "UPDATE ledger SET at = to_timestamp(%(at)s / 1000.0) WHERE at > now() - interval '1 day'", {"at": at_ms}
    )
    txn.execute("ALTER TABLE ledger ENABLE TRIGGER ledger_is_append_only")


def ended(txn: Txn, team: int, at_ms: int, number: int = 1, **more: Any) -> list[MessageId]:
    """Messages that were delivered."""
    ids = old(txn, team, at_ms, number, **more)
    for message_id in ids:
        settled(txn, (message_id, Sent((message_id,))), at_ms=at_ms)
        told(txn, delivered(message_id))
    txn.execute("DELETE FROM spool")
    return ids


def work(txn: Txn, keep_months: int = KEEP, **more: Any) -> Round:
    """Do a whole round in one transaction."""
    now = Round(keep_months, **more)
    while now.stage is not Stage.DONE:
        now = retention.go_on(txn, now)
    return now


def wrong(txn: Txn) -> list[Any]:
    """What the audit finds; the carrier of these messages is not there."""
    return given.wrong(txn, "configured")


def is_there(txn: Txn, message_id: MessageId) -> bool:
    return bool(one(txn, "SELECT EXISTS (SELECT FROM message WHERE id = %(id)s)", id=message_id))


def standings(txn: Txn, keep_months: int = KEEP) -> dict[str, Standing]:
    return {each.month: each.standing for each in retention_months.months(txn, keep_months)}


def came(txn: Txn, team: int | None, at_ms: int, number: int = 1) -> None:
    """Messages from phones that came then, and that the team has fetched."""
    new_id = ids_at(at_ms)
    part = InboundPart(add_carrier(txn), "254711000001", "22384", Coding.GSM7, b"YES", at_ms, None)
    inbound.take_in(txn, [Arrival(new_id(), part, team) for _ in range(number)])
    txn.execute("DELETE FROM spool")


def export(txn: Txn, team: int, kind: str, from_ms: int) -> None:
    txn.execute(
        """WITH job AS (INSERT INTO job (uuid, team_id, kind) VALUES (gen_random_uuid(), %(team)s, 'export') RETURNING id)
           INSERT INTO export (uuid, team_id, job_id, kind, format, asked, shown, filename)
           SELECT gen_random_uuid(), %(team)s, id, %(kind)s, 'csv', jsonb_build_object('from_ms', %(from_ms)s), '{}', 'x.csv' FROM job""",
        {"team": team, "kind": kind, "from_ms": from_ms},
    )


def campaign(txn: Txn, team: int, phase: str, started_ms: int, finished_ms: int | None = None) -> int:
    txn.execute(
        "INSERT INTO sender (team_id, name) VALUES (%(team)s, 'TextBlast') ON CONFLICT DO NOTHING", {"team": team}
    )
    return int(
        one(
            txn,
            """INSERT INTO campaign (uuid, team_id, name, message, sender_id, phase, armed_at, started_at, finished_at)
               SELECT gen_random_uuid(), %(team)s, 'Sale', 'Hi', id, %(phase)s, to_timestamp(%(started)s / 1000.0),
                      to_timestamp(%(started)s / 1000.0), to_timestamp(%(finished)s / 1000.0)
               FROM sender WHERE team_id = %(team)s AND name = 'TextBlast' RETURNING id""",
            team=team, phase=phase, started=started_ms, finished=finished_ms,
        )
    )  # fmt: skip
