"""A campaign that waits for its time becomes a draft again: as if it had not been sent, but for the ledger."""

import uuid

import pytest

from mobilesasa.campaigns.model import Options, PausedBy, Phase, Repeat
from mobilesasa.core.actors import NODE, Actor, ActorKind
from mobilesasa.core.errors import AccessEnded, NotFound, NotScheduled
from mobilesasa.store import campaign_phases, campaign_queueing, campaigns, groups, ledger, series
from mobilesasa.store.campaign_unscheduling import unschedule
from tests.store.given import NOW_MS, add_team, balance, one, rows, wrong
from tests.store.sending import crowd, draft, group_of, phone, send

pytestmark = pytest.mark.each_postgres

LATER_MS = NOW_MS + 3_600_000
LOOK = "Look: https://example.com/a {first_name}"
LEFT = """
SELECT (SELECT count(*) FROM campaign_recipient WHERE campaign_id = %(id)s), (SELECT count(*) FROM campaign_link WHERE campaign_id = %(id)s)
"""


def events(txn, team):
    return rows(txn, "SELECT event, data ->> 'uuid' FROM webhook_event WHERE team_id = %(team)s ORDER BY id", team=team)


def entries(txn, team):
    return [
        (each.kind, each.units)
        for each in ledger.page(txn, ledger.LedgerFilter(team_id=team), 20, 0)
        if each.kind != "topup"
    ][::-1]


def test_it_is_a_draft_as_before_and_its_units_are_the_teams_again(txn):
    team = add_team(txn)
    made = draft(
        txn, team, group_of(txn, team, phone(1), phone(2)), message=LOOK, scheduled_at_ms=LATER_MS, track_links=True
    )
    send(txn, made)
    assert balance(txn, team) == 998
    back = unschedule(txn, NODE, team, made.uuid)
    assert (back.phase, back.draft, back.armed_at_ms) == (Phase.DRAFT, made.draft, None)
    assert (back.rows, back.recipients, back.reserved_units, back.released_units) == (0, 0, 0, 0)
    assert rows(txn, LEFT, id=made.id) == [(0, 0)]
    assert balance(txn, team) == 1000
    assert (
        one(txn, "SELECT count(*) FROM trail WHERE subject = %(u)s AND action = 'campaign.unschedule'", u=made.uuid)
        == 1
    )
    assert wrong(txn) == []


def test_it_can_be_changed_sent_again_and_deleted_and_the_books_are_right(txn):
    team = add_team(txn)
    group = group_of(txn, team, phone(1), phone(2))
    made = draft(txn, team, group, scheduled_at_ms=LATER_MS)
    for _ in range(2):
        send(txn, made)
        unschedule(txn, NODE, team, made.uuid)
    groups.add(txn, NODE, team, group.uuid, [phone(3)], [str(uuid.uuid4())])
    assert send(txn, made).recipients == 3
    assert wrong(txn) == []
    campaign_phases.cancel(txn, NODE, team, made.uuid)
    assert wrong(txn) == []
    other = draft(txn, team, group, scheduled_at_ms=LATER_MS)
    send(txn, other)
    unschedule(txn, NODE, team, other.uuid)
    campaigns.delete(txn, NODE, team, other.uuid)
    assert [units for _, units in entries(txn, team)] == [-2, 2, -2, 2, -3, 3, -3, 3]
    assert wrong(txn) == []


def test_one_that_is_paused_before_it_began_is_one_too(txn):
    team = add_team(txn)
    made = draft(txn, team, crowd(txn, team, 2), scheduled_at_ms=LATER_MS)
    send(txn, made)
    campaign_phases.pause_by(txn, made.id, PausedBy.TEAM, None)
    back = unschedule(txn, NODE, team, made.uuid)
    assert (back.phase, back.paused_by) == (Phase.DRAFT, None)
    assert wrong(txn) == []


def test_a_series_that_is_armed_makes_no_more(txn):
    team = add_team(txn)
    made = draft(txn, team, crowd(txn, team, 1), repeat=Repeat(every="day", at="14:00"))
    series.arm(txn, campaigns.find(txn, team, made.uuid), NOW_MS)
    back = unschedule(txn, NODE, team, made.uuid)
    assert (back.phase, back.next_at_ms) == (Phase.DRAFT, None)
    assert isinstance(back.options, Options)
    assert entries(txn, team) == []
    assert wrong(txn) == []


@pytest.mark.parametrize("phase", ["draft", "sending", "completed", "cancelled", "paused"])
def test_what_was_not_sent_or_has_begun_stays_what_it_is(txn, phase):
    team = add_team(txn)
    made = draft(txn, team, crowd(txn, team, 2))
    if phase != "draft":
        send(txn, made)
    if phase in ("completed", "cancelled"):
        campaign_phases.end(txn, made.id, Phase(phase))
    if phase == "paused":
        campaign_phases.pause(txn, NODE, team, made.uuid)
    with pytest.raises(NotScheduled, match=f"the campaign is {phase}"):
        unschedule(txn, NODE, team, made.uuid)
    assert campaigns.find(txn, team, made.uuid).phase is Phase(phase)


def test_another_teams_is_not_there_and_a_revoked_token_changes_nothing(txn):
    team = add_team(txn)
    made = draft(txn, team, crowd(txn, team, 2), scheduled_at_ms=LATER_MS)
    send(txn, made)
    with pytest.raises(NotFound):
        unschedule(txn, NODE, add_team(txn), made.uuid)
    with pytest.raises(AccessEnded):
        unschedule(txn, Actor(ActorKind.TOKEN, str(uuid.uuid4())), team, made.uuid)


def test_a_campaign_that_begins_says_so_once(txn):
    team = add_team(txn)
    txn.execute(
        "INSERT INTO webhook (uuid, team_id, url, events, secret)"
        " VALUES (gen_random_uuid(), %s, 'https://a.example', '{campaign.started,campaign.cancelled}', 'x')", (team,))  # fmt: skip
    made = [
        draft(txn, team, group_of(txn, team, phone(n), name=f"Group {n}"), scheduled_at_ms=at)
        for n, at in ((1, None), (2, LATER_MS))
    ]
    for each in made:
        send(txn, each)
    assert events(txn, team) == [("campaign.started", made[0].uuid)]
    txn.execute("UPDATE campaign SET scheduled_at = now() WHERE id = %(id)s", {"id": made[1].id})
    for _ in range(2):
        campaign_queueing.look(txn)
        campaign_phases.pause(txn, NODE, team, made[1].uuid)
        campaign_phases.resume(txn, NODE, team, made[1].uuid)
    campaign_phases.cancel(txn, NODE, team, made[1].uuid)
    assert events(txn, team)[1:] == [("campaign.started", made[1].uuid), ("campaign.cancelled", made[1].uuid)]
