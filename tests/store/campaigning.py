"""What tests of links and series begin with: drafts in the store, recipients of a snapshot, and who prices them."""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Sequence
from typing import Any

from mobilesasa.campaigns.model import Campaign, Draft
from mobilesasa.campaigns.quoting import Quoter
from mobilesasa.campaigns.texts import read_template
from mobilesasa.core.actors import NODE
from mobilesasa.core.model import Lane, Submission
from mobilesasa.store import campaigns
from mobilesasa.store.database import Txn
from tests.store.given import NOW_MS, one, priced

_numbers = itertools.count(1)
ADD_SENDER = "INSERT INTO sender (team_id, name, status) VALUES (%(team)s, %(name)s, 'approved') RETURNING id"
ADD_RECIPIENT = """
INSERT INTO campaign_recipient (campaign_id, n, phone, units, parts, code) VALUES (%s, %s, %s, 1, 1, %s)
"""


def give_sender(txn: Txn, team: int) -> int:
    """Let a team have an approved sender; return its id."""
    return int(one(txn, ADD_SENDER, team=team, name=f"Sender{next(_numbers)}"))


def give_campaign(txn: Txn, team: int, **says: Any) -> Campaign:
    """Let a team have a draft, which says this."""
    known = {"name": "May Promo", "message": "Hello", "sender_id": says.get("sender_id") or give_sender(txn, team)}
    return campaigns.create(txn, NODE, team, str(uuid.uuid4()), Draft(**(known | says)), (0, 0), NOW_MS)


def give_recipients(txn: Txn, campaign_id: int, *people: tuple[str, str | None]) -> None:
    """Let a campaign have a snapshot of these phones and codes."""
    for n, (phone, code) in enumerate(people, 1):
        txn.execute(ADD_RECIPIENT, (campaign_id, n, phone, code))


def quoter_for(campaign: Campaign, known: frozenset[str]) -> Quoter:
    """Price the recipients of a campaign at a unit each."""

    def judge(batch: Sequence[Submission]) -> list[Any]:
        return [priced(each.team_id, recipient=each.recipient.lstrip("+"), text=each.text) for each in batch]

    assert campaign.message is not None
    template = read_template(campaign.message, known, track=campaign.options.track_links)
    submission = Submission(campaign.team_id, campaign.sender_uuid, "", None, lane=Lane.BULK)
    codes = (f"code{n:04}" for n in itertools.count(1))
    return Quoter(template, submission, judge, "https://go.example.com", lambda: next(codes))
