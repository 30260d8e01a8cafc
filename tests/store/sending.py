"""What tests of `/send` begin with: people in groups, a draft for them, and the real rules that price it."""

from __future__ import annotations

import itertools
import random
from collections.abc import Sequence
from typing import Any

import attrs

from mobilesasa.campaigns.model import Campaign, Options
from mobilesasa.campaigns.quoting import Quoter
from mobilesasa.campaigns.texts import read_template
from mobilesasa.contacts.model import Details, Group
from mobilesasa.core.actors import NODE
from mobilesasa.core.gateway import Gateway
from mobilesasa.core.ids import MessageIds
from mobilesasa.core.model import Lane, Submission
from mobilesasa.core.teams import CarrierRecord, CurrentDirectory, Directory, RouteRecord, Sender, Team
from mobilesasa.store import campaign_sending, suppressions
from mobilesasa.store.database import Txn
from tests.fakes.intake import FakeIntake, FakeQueue
from tests.store.campaigning import give_campaign
from tests.store.given import NOW_MS, rows
from tests.store.people import give, give_group, uuid

_codes = itertools.count(1)
JOIN = """
WITH made AS (
    INSERT INTO contact (uuid, team_id, phone, first_name)
    SELECT gen_random_uuid(), %(team)s, (254700000000 + n)::text, 'Name ' || n FROM generate_series(1, %(count)s) AS n RETURNING id
)
INSERT INTO group_member (group_id, contact_id, team_id) SELECT contact_group.id, made.id, %(team)s
FROM made, contact_group WHERE contact_group.uuid = %(uuid)s
"""
SNAPSHOT = """
SELECT phone, units, parts, campaign_recipient.text, campaign_recipient.skipped FROM campaign_recipient JOIN campaign ON id = campaign_id
WHERE uuid = %(uuid)s ORDER BY n
"""


def phone(n: int) -> str:
    return f"2547{n:08d}"


def quoter_for(campaign: Campaign, known: frozenset[str]) -> Quoter:
    """Price the recipients of a campaign by the rules: all carriers take all, a part costs a unit at home and three abroad."""
    team = Team(campaign.team_id, "uuid", "ACME", "Acme")
    sender = Sender(campaign.sender_id, campaign.sender_uuid, campaign.team_id, campaign.sender)
    directory = Directory(
        [team], [sender], [], [CarrierRecord(1, "home", "sandbox")], [RouteRecord("25", 1)], {"255": 3}
    )
    ids = MessageIds(lambda: NOW_MS, random.Random(3).getrandbits)
    gateway = Gateway(CurrentDirectory(directory), FakeIntake(), FakeQueue(), lambda: NOW_MS, ids)
    assert campaign.message is not None
    template = read_template(campaign.message, known, track=campaign.options.track_links)
    submission = Submission(
        campaign.team_id, campaign.sender_uuid, "", None, lane=Lane.BULK, campaign_uuid=campaign.uuid
    )
    return Quoter(template, submission, gateway.judge, "https://go.example", lambda: f"c{next(_codes):07}")


def group_of(txn: Txn, team: int, *phones: str, name: str = "VIP Customers") -> Group:
    """Let a team have a group of those; who has them already is in it as well."""
    return give_group(txn, team, *phones, name=name)


def crowd(txn: Txn, team: int, count: int, name: str = "Crowd") -> Group:
    """Let a team have a group of so many new contacts."""
    made = give_group(txn, team, name=name)
    txn.execute(JOIN, {"team": team, "count": count, "uuid": made.uuid})
    return made


def known_as(txn: Txn, team: int, number: str, **details: Any) -> None:
    """Let a team have a contact with these details."""
    give(txn, team, number, Details(**details))


def draft(txn: Txn, team: int, *groups: Group, **says: Any) -> Campaign:
    """Let a team have a draft for groups."""
    options = {name: says.pop(name) for name in list(says) if name in attrs.fields_dict(Options)}
    aim = {"group_uuids": tuple(group.uuid for group in groups)}
    return give_campaign(txn, team, options=Options(**options), **aim | says)


def send(txn: Txn, campaign: Campaign, **more: Any) -> Campaign:
    """Send it."""
    known = {"by": NODE, "quoter_for": quoter_for, "now_ms": NOW_MS} | more
    return campaign_sending.send(
        txn, known["by"], campaign.team_id, campaign.uuid, known["quoter_for"], known["now_ms"]
    )


def snapshot(txn: Txn, campaign: Campaign) -> list[tuple[str, int, int, str | None, str | None]]:
    """Phone, units, parts, text and why they are left out, of each recipient in order."""
    return rows(txn, SNAPSHOT, uuid=campaign.uuid)


def stopped(txn: Txn, team: int, number: str, sender: str = "") -> None:
    """Let somebody want no more."""
    suppressions.add(txn, NODE, team, number, sender, "stop", uuid())


def dump(txn: Txn, *tables: str) -> dict[str, Sequence[Any]]:
    """All that is in tables, to be compared."""
    return {table: sorted(map(repr, rows(txn, f"SELECT * FROM {table}"))) for table in tables}  # noqa: S608 - ours
