"""What tests of campaigns on their way begin with: one that was sent, and what the machine makes of its next recipients."""

from __future__ import annotations

import uuid
from typing import Any

from mobilesasa.campaigns.running import Chunk, Held, Queued, Row, Running, sort_out
from mobilesasa.core.model import Lane, Origin, Priced, Wish
from mobilesasa.store import campaign_queueing, campaigns
from mobilesasa.store.database import Txn
from tests.store.given import NOW_MS, one, priced, rows

ADD_SENDER = """
INSERT INTO sender (uuid, team_id, name, status) VALUES (gen_random_uuid(), %(team)s, 'ACME', 'approved')
ON CONFLICT (team_id, name) DO UPDATE SET status = 'approved' RETURNING id
"""
ADD = """
INSERT INTO campaign (uuid, team_id, name, message, text, sender_id, phase, rows, recipients, skipped, reserve_id, reserved_units,
                      armed_at, started_at, options)
VALUES (%(uuid)s, %(team)s, 'Sale', 'Sale!', 'Sale!', %(sender)s, 'sending', %(rows)s, %(rows)s - %(skipped)s, %(skipped)s, %(reserve)s,
        %(units)s, now(), now(), %(options)s)
RETURNING id
"""
ADD_ROW = """
INSERT INTO campaign_recipient (campaign_id, n, phone, units, parts, text, skipped)
VALUES (%(id)s, %(n)s, %(phone)s, %(units)s, 1, %(text)s, %(skipped)s)
"""
PAY = "UPDATE team SET balance = balance - %(units)s WHERE id = %(team)s"
RESERVE = """
INSERT INTO ledger (team_id, kind, units, messages, campaign_uuid) VALUES (%(team)s, 'reserve', -%(units)s, %(messages)s, %(uuid)s)
RETURNING id
"""


def add_campaign(txn: Txn, team: int, *people: Row, count: int = 0, options: str = "{}") -> str:
    """Send a campaign to these people, or to so many; return its uuid."""
    snapshot = people or tuple(row(n) for n in range(1, count + 1))
    name, units = str(uuid.uuid4()), sum(each.units for each in snapshot)
    txn.execute(PAY, {"team": team, "units": units})
    skipped = sum(each.skipped is not None for each in snapshot)
    reserve = one(txn, RESERVE, team=team, units=units, messages=len(snapshot) - skipped, uuid=name)
    made = one(
        txn, ADD, uuid=name, team=team, sender=one(txn, ADD_SENDER, team=team), rows=len(snapshot), skipped=skipped, reserve=reserve,
        units=units, options=options,
    )  # fmt: skip
    for each in snapshot:
        shown = {"n": each.n, "phone": each.phone, "units": each.units, "text": each.text, "skipped": each.skipped}
        txn.execute(ADD_ROW, {"id": made, **shown})
    return name


def row(n: int, units: int = 1, text: str | None = None, skipped: str | None = None) -> Row:
    """A recipient of the snapshot."""
    return Row(n, phone(n), 0 if skipped else units, text, skipped)


def phone(n: int) -> str:
    return f"2547{n:08d}"


def running(txn: Txn, name: str) -> Running:
    """The campaign as the machine sees it."""
    (found,) = [each for each in campaign_queueing.look(txn).running if each.uuid == name]
    return found


def chunk_of(txn: Txn, campaign: Running, count: int = 100, **more: Any) -> Chunk:
    """What the machine makes of the next rows, when all of them are taken."""
    upto = min(campaign.position + count, campaign.rows)
    found = campaign_queueing.rows(txn, campaign, upto)
    verdicts = [message(campaign, each, **more) for each in found if each.skipped is None]
    chunk = sort_out(campaign, found, verdicts, upto, others_go=True)
    assert not isinstance(chunk, Held)
    return chunk


def message(campaign: Running, each: Row, **more: Any) -> Priced:
    """What the rules make of a recipient's message."""
    known: dict[str, Any] = {
        "recipient": each.phone, "text": each.text or campaign.text, "sender": "ACME", "lane": Lane.BULK, "origin": Origin.API,
        "wish": Wish.NONE, "campaign_uuid": campaign.uuid, "expires_at_ms": NOW_MS + 3_600_000,
    }  # fmt: skip
    return priced(campaign.team_id, **(known | more))


def queued(txn: Txn, name: str, count: int = 100, **more: Any) -> Queued:
    """Queue the next recipients of a campaign."""
    done = campaign_queueing.queue_chunk(txn, chunk_of(txn, running(txn, name), count, **more))
    assert done is not None
    return done


def found(txn: Txn, team: int, name: str) -> campaigns.Campaign:
    return campaigns.find(txn, team, name)


def skips(txn: Txn, campaign: int) -> dict[int, str]:
    """Who is left out, and why, by row."""
    return dict(
        rows(
            txn,
            "SELECT n, skipped FROM campaign_recipient WHERE campaign_id = %(id)s AND skipped IS NOT NULL",
            id=campaign,
        )
    )
