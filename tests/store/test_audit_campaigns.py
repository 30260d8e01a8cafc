"""The audit of campaigns: one that has been through everything is clean, and each planted fault is found by the rule for it."""

import itertools

import pytest

from mobilesasa.core.actors import NODE
from mobilesasa.store import audit, audit_campaigns, campaign_phases
from mobilesasa.store.database import Txn
from tests.store.campaigns import add_campaign, queued, row
from tests.store.given import add_carrier, add_team, one, wrong

MINE = {name for name, _, _ in audit_campaigns.CHECKS}


@pytest.fixture
def under_way(txn: Txn) -> Txn:
    """A store with a campaign of which half is queued, one that was cancelled and one that is completed."""
    team, carrier = add_team(txn), add_carrier(txn)
    people = (row(1), row(2, units=2), row(3, skipped="suppressed"), row(4), row(5), row(6, skipped="no_route"))
    queued(txn, add_campaign(txn, team, *people, options='{"rate_per_s": 1}'), 3, carrier_id=carrier)
    queued(txn, add_campaign(txn, team, *people, options='{"rate_per_s": 2}'), 3, carrier_id=carrier)
    campaign_phases.cancel(txn, NODE, team, one(txn, "SELECT uuid FROM campaign WHERE options->>'rate_per_s' = '2'"))
    queued(txn, add_campaign(txn, team, *people, options='{"rate_per_s": 3}'), carrier_id=carrier)
    return txn


def test_campaigns_that_have_been_through_everything_are_clean(under_way: Txn) -> None:
    assert wrong(under_way) == []


def test_every_rule_looks_at_something(under_way: Txn) -> None:
    assert all(found.checked for found in audit.findings(under_way) if found.name in MINE)


_ID = "(SELECT id FROM campaign WHERE options->>'rate_per_s' = '{}')"
ACTIVE, CANCELLED, COMPLETED = map(_ID.format, (1, 2, 3))
OF = "UPDATE campaign SET {} WHERE id = {}"
ROW = "UPDATE campaign_recipient SET {} WHERE campaign_id = {} AND n = {}"
PENDING_OF = "UPDATE pending SET campaign_id = {} WHERE campaign_id = {}"
DROP = "DELETE FROM campaign_recipient WHERE campaign_id = {}"
LAST = "message_id = (SELECT max(message_id::text)::uuid FROM campaign_recipient)"
RELEASED_AGAIN = """
WITH again AS (UPDATE team SET balance = balance + 1 WHERE code <> 'OTHER' RETURNING id)
INSERT INTO ledger (team_id, kind, units, messages, campaign_uuid)
SELECT team_id, 'release', 1, 1, uuid FROM campaign JOIN again ON again.id = team_id WHERE campaign.id = """
RELEASED_FOR_NOBODY = """
WITH again AS (UPDATE team SET balance = balance + 1 RETURNING id)
INSERT INTO ledger (team_id, kind, units, messages, campaign_uuid) SELECT id, 'release', 1, 1, gen_random_uuid() FROM again"""

FAULTS = [
    (OF.format("reserved_units = reserved_units + 1", ACTIVE), {"campaign_units", "campaign_snapshots"}),
    (OF.format("recipients = recipients - 1", ACTIVE), {"campaign_units"}),
    (OF.format("reserve_id = NULL, position = 0, queued = 0, skipped = 2", ACTIVE),
     {"campaign_units", "campaign_entries", "campaign_captured", "campaign_snapshots"}),
    (OF.format("released_units = released_units - 1", CANCELLED), {"campaign_units"}),
    (OF.format("released_units = 1", ACTIVE), {"campaign_units"}),
    (RELEASED_AGAIN + CANCELLED, {"campaign_units"}),
    (RELEASED_FOR_NOBODY, {"campaign_entries"}),
    (OF.format("captured_units = captured_units - 1", ACTIVE), {"campaign_captured"}),
    (OF.format("queued = queued - 1", ACTIVE), {"campaign_captured", "campaign_snapshots"}),
    (OF.format("position = position - 1", ACTIVE), set()),  # the one before it is left out
    (OF.format("position = position - 2", ACTIVE), {"campaign_snapshots"}),
    (OF.format("position = position + 1", ACTIVE), {"campaign_snapshots"}),
    (OF.format("rows = rows + 1", ACTIVE), {"campaign_snapshots"}),
    (OF.format("skipped = skipped + 1", ACTIVE), {"campaign_snapshots"}),
    (OF.format("position = rows - 1", COMPLETED), {"campaign_snapshots"}),
    (ROW.format("skipped = 'x'", ACTIVE, 1), {"campaign_snapshots"}),
    (ROW.format("skipped = 'suppressed'", ACTIVE, 4), {"campaign_snapshots"}),
    (ROW.format("skipped = 'erased'", ACTIVE, 4), set()),
    (ROW.format("skipped = 'erased', phone = 'erased-1'", CANCELLED, 5), set()),
    (ROW.format("phone = 'erased-1'", COMPLETED, 1), set()),
    (ROW.format("units = 9", ACTIVE, 4), {"campaign_snapshots"}),
    (ROW.format("units = 9", ACTIVE, 1), {"campaign_snapshots", "campaign_recipients"}),
    (ROW.format("phone = '254799999999'", ACTIVE, 1), {"campaign_recipients"}),
    (ROW.format(LAST, ACTIVE, 2), {"campaign_recipients", "campaign_once"}),
    (ROW.format("message_id = 'ffffffff-0000-7000-8000-000000000000'", ACTIVE, 2), {"campaign_recipients"}),
    (ROW.format("campaign_id = 0", COMPLETED, 1), {"campaign_recipients", "campaign_snapshots"}),
    (DROP.format(COMPLETED), set()),
    ("UPDATE message SET price_units = 1 WHERE price_units = 2", {"campaign_captured", "campaign_recipients", "waits_agree"}),
    (PENDING_OF.format(COMPLETED, ACTIVE), {"campaign_waiting"}),
    ("UPDATE pending SET campaign_id = 0", {"campaign_waiting"}),
    (OF.format("finished_at = NULL", COMPLETED), {"campaigns"}),
    (OF.format("audience_id = 0", ACTIVE), {"campaigns"}),
    (OF.format("audience_id = 0", COMPLETED), set()),
    (OF.format("series_id = 0", COMPLETED), {"campaigns"}),
]  # fmt: skip


@pytest.mark.parametrize(("fault", "found"), FAULTS, ids=itertools.count())
def test_a_planted_fault_is_found(under_way: Txn, fault: str, found: set[str]) -> None:
    under_way.execute(fault)
    assert {finding.name for finding in wrong(under_way)} == found


def test_every_rule_has_a_fault_that_it_finds() -> None:
    assert {name for _, found in FAULTS for name in found} & MINE == MINE
