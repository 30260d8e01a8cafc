"""What holds a campaign, lets it go on and ends it, with its units."""

import pytest

from mobilesasa.campaigns.model import PausedBy, Phase
from mobilesasa.core.actors import NODE, Actor, ActorKind
from mobilesasa.core.errors import AccessEnded, CampaignBusy, CampaignEnded, NotFound, NotSending
from mobilesasa.core.model import Later, Sent
from mobilesasa.store import campaign_phases, campaigns, claims
from mobilesasa.store.campaign_phases import cancel, end, hold, hold_all, pause, pause_by, resume, take_back
from mobilesasa.store.database import connect, in_transaction
from mobilesasa.store.outcomes import expire_some
from tests.store.campaigns import add_campaign, found, queued
from tests.store.given import (
    NOW_MS,
    add_carrier,
    add_run,
    add_team,
    balance,
    claimed,
    column,
    one,
    rows,
    settled,
    wrong,
)
from tests.store.sending import draft, group_of, phone, send

pytestmark = pytest.mark.each_postgres

REVOKED = Actor(ActorKind.TOKEN, "c0000000-0000-4000-8000-000000999998")
HELD = "SELECT count(*) FROM pending WHERE due_at = '2100-01-01'"


@pytest.fixture
def team(txn):
    return add_team(txn)


def half_queued(txn, team, people=6):
    """A campaign of which half has been queued: its name and the messages."""
    name = add_campaign(txn, team, count=people)
    return name, [message.id for message in queued(txn, name, people // 2, carrier_id=add_carrier(txn)).messages]


def test_a_pause_holds_what_waits_and_no_message_is_made_meanwhile(txn, team):
    name, ids = half_queued(txn, team)
    run = add_run(txn)
    claimed(txn, run, ids[0])
    paused = pause(txn, NODE, team, name)
    assert (paused.phase, paused.paused_by) == (Phase.PAUSED, PausedBy.TEAM)
    assert paused.phase.status == "sending"
    assert claimed(txn, run, *ids[1:]) == [None, None]
    assert claims.take_due(txn, 100) == []
    assert wrong(txn, "claims") == []


def test_what_a_carrier_gives_back_is_held_as_well_when_it_is_looked_at(txn, team):
    name, ids = half_queued(txn, team)
    claimed(txn, add_run(txn), ids[0])
    pause(txn, NODE, team, name)
    settled(txn, (ids[0], Later(1.0, "busy")))
    assert hold(txn, found(txn, team, name).id) == 1
    assert one(txn, HELD) == 3
    assert hold(txn, found(txn, team, name).id) == 0


def test_when_it_goes_on_what_was_held_is_due(txn, team):
    name, ids = half_queued(txn, team)
    pause(txn, NODE, team, name)
    going = resume(txn, NODE, team, name)
    assert (going.phase, going.paused_by, going.paused_reason) == (Phase.SENDING, None, None)
    assert sorted(message_id for message_id, _, _ in claims.take_due(txn, 100)) == sorted(ids)
    assert len(queued(txn, name).messages) == 3
    assert wrong(txn, "configured") == []


def test_what_goes_on_asks_for_its_hours_again(txn, team):
    name, ids = half_queued(txn, team)
    txn.execute("UPDATE pending SET closes_at = now() + interval '1 day' WHERE message_id = %(id)s", {"id": ids[0]})
    pause(txn, NODE, team, name)
    resume(txn, NODE, team, name)
    closes = rows(txn, "SELECT closes_at = now() FROM pending ORDER BY message_id")
    assert closes == [(True,), (None,), (None,)]


def test_one_that_waits_for_its_time_is_held_and_waits_for_it_again(txn, team):
    made = draft(txn, team, group_of(txn, team, phone(1)), scheduled_at_ms=NOW_MS + 60_000)
    send(txn, made)
    assert pause(txn, NODE, team, made.uuid).phase is Phase.PAUSED
    assert resume(txn, NODE, team, made.uuid).phase is Phase.SCHEDULED


def test_what_is_so_already_stays_so(txn, team):
    name, _ = half_queued(txn, team)
    assert resume(txn, NODE, team, name).phase is Phase.SENDING
    pause_by(txn, found(txn, team, name).id, PausedBy.FAILURES, "every second one failed")
    paused = pause(txn, NODE, team, name)
    assert (paused.paused_by, paused.paused_reason) == (PausedBy.FAILURES, "every second one failed")
    assert not pause_by(txn, paused.id, PausedBy.SENDER, "x")
    ended = cancel(txn, NODE, team, name)
    assert cancel(txn, NODE, team, name) == ended
    noted = rows(txn, "SELECT action FROM trail WHERE subject = %(name)s ORDER BY id", name=name)
    assert noted == [("campaign.cancel",)]


def test_decision_70_cancelled_midway_it_gives_back_what_was_not_used_to_the_unit(txn, team):
    """decision 70: "during `sending` → stop the rest, release unsent units, status cancelled with counts"."""
    name, ids = half_queued(txn, team)
    settled(txn, (ids[0], Sent(("a",))), carrier=one(txn, "SELECT carrier_id FROM pending LIMIT 1"))
    assert balance(txn, team) == 994
    ended = cancel(txn, NODE, team, name)
    assert (ended.phase, ended.released_units, ended.captured_units, ended.queued) == (Phase.CANCELLED, 3, 3, 3)
    assert balance(txn, team) == 997
    assert wrong(txn) == []
    assert take_back(txn, ended.id, limit=1) == 1
    assert take_back(txn) == 1
    assert take_back(txn) == 0
    assert balance(txn, team) == 999
    states = rows(
        txn, "SELECT state, failure, reason FROM message WHERE id = ANY(%(ids)s::uuid[]) ORDER BY id", ids=ids
    )
    assert states == [(20, None, None)] + 2 * [(40, "cancelled", "its campaign was cancelled")]
    kinds = rows(
        txn, "SELECT kind, units, messages FROM ledger WHERE team_id = %(t)s AND kind <> 'topup' ORDER BY id", t=team
    )
    assert kinds == [("reserve", -6, 6), ("release", 3, 3), ("refund", 1, 1), ("refund", 1, 1)]
    assert wrong(txn) == []


def test_what_is_in_hand_is_left_there_and_taken_back_when_no_carrier_took_it(txn, team):
    name, ids = half_queued(txn, team, 2)
    claimed(txn, add_run(txn), *ids)
    cancel(txn, NODE, team, name)
    assert take_back(txn) == 0
    settled(txn, (ids[0], Later(60.0, "busy")))
    assert take_back(txn) == 1
    assert balance(txn, team) == 1000


def test_decision_70_a_draft_and_an_armed_one_are_cancelled_whole(txn, team):
    """decision 70: "draft or armed → cancelled + units released"."""
    group = group_of(txn, team, phone(1))
    ended = cancel(txn, NODE, team, draft(txn, team, group).uuid)
    assert (ended.phase, ended.released_units) == (Phase.CANCELLED, 0)
    armed = draft(txn, team, group, scheduled_at_ms=NOW_MS + 60_000)
    send(txn, armed)
    assert cancel(txn, NODE, team, armed.uuid).released_units == 1
    assert balance(txn, team) == 1000
    assert wrong(txn) == []


def test_one_that_is_held_can_be_cancelled_and_its_held_messages_come_back(txn, team):
    name, _ = half_queued(txn, team)
    pause(txn, NODE, team, name)
    cancel(txn, NODE, team, name)
    assert take_back(txn) == 3
    assert balance(txn, team) == 1000
    assert wrong(txn) == []


def all_queued(txn, team, people=3):
    """A campaign that is completed, though nothing of it went out: its name and the messages."""
    name = add_campaign(txn, team, count=people)
    ids = [message.id for message in queued(txn, name, carrier_id=add_carrier(txn)).messages]
    assert found(txn, team, name).phase is Phase.COMPLETED
    return name, ids


def test_decision_70_what_is_completed_and_out_cannot_be_cancelled(txn, team):
    """decision 70: "completed → 409"."""
    name, ids = all_queued(txn, team)
    settled(txn, *((each, Sent((f"r{each}",))) for each in ids), carrier=column(txn, "carrier_id", ids[0]))
    with pytest.raises(CampaignEnded):
        cancel(txn, NODE, team, name)
    assert take_back(txn) == 0


def test_what_waits_of_a_completed_campaign_is_taken_back_and_it_stays_completed(txn, team):
    name, ids = all_queued(txn, team)
    settled(txn, (ids[0], Sent(("a",))), carrier=column(txn, "carrier_id", ids[0]))
    ended = cancel(txn, NODE, team, name)
    assert (ended.phase, ended.captured_units, ended.released_units) == (Phase.COMPLETED, 3, 0)
    assert (take_back(txn, ended.id), take_back(txn)) == (2, 0)
    assert balance(txn, team) == 999
    assert cancel(txn, NODE, team, name) == ended
    noted = rows(txn, "SELECT action FROM trail WHERE subject = %(name)s", name=name)
    assert (noted, wrong(txn)) == ([("campaign.cancel",)], [])


def test_what_a_carrier_gives_back_of_a_completed_campaign_that_was_cancelled_is_taken_back_too(txn, team):
    name, ids = all_queued(txn, team)
    claimed(txn, add_run(txn), *ids)
    cancel(txn, NODE, team, name)
    assert take_back(txn) == 0
    settled(txn, *((each, Later(60.0, "busy")) for each in ids))
    assert take_back(txn) == 3
    assert balance(txn, team) == 1000


def test_a_completed_campaign_is_held_while_any_of_it_waits_and_goes_on(txn, team):
    name, ids = all_queued(txn, team)
    claimed(txn, add_run(txn), ids[0])
    held = pause(txn, NODE, team, name)
    assert (held.phase, held.paused_by) == (Phase.COMPLETED, PausedBy.TEAM)
    assert pause(txn, NODE, team, name) == held
    assert one(txn, HELD) == 2
    settled(txn, (ids[0], Later(60.0, "busy")))
    hold_all(txn)
    assert one(txn, HELD) == 3
    going = resume(txn, NODE, team, name)
    assert (going.phase, going.paused_by) == (Phase.COMPLETED, None)
    assert resume(txn, NODE, team, name) == going
    assert sorted(message_id for message_id, _, _ in claims.take_due(txn, 100)) == sorted(ids)
    assert wrong(txn, "claims", "configured") == []


def test_a_completed_campaign_that_is_held_can_be_cancelled(txn, team):
    name, _ = all_queued(txn, team)
    pause(txn, NODE, team, name)
    assert cancel(txn, NODE, team, name).paused_by is None
    hold_all(txn)
    assert take_back(txn) == 3
    assert (balance(txn, team), wrong(txn)) == (1000, [])


def test_a_completed_campaign_is_held_no_more_when_all_of_it_has_ended(txn, team):
    name, _ = all_queued(txn, team)
    pause(txn, NODE, team, name)
    hold_all(txn)
    assert found(txn, team, name).paused_by is PausedBy.TEAM
    txn.execute("UPDATE pending SET expires_at = now()")
    expire_some(txn, 10)
    hold_all(txn)
    assert found(txn, team, name).paused_by is None


def test_what_was_not_sent_or_is_out_can_neither_be_held_nor_go_on(txn, team):
    made = draft(txn, team)
    name, ids = all_queued(txn, team, 1)
    settled(txn, (ids[0], Sent(("a",))), carrier=column(txn, "carrier_id", ids[0]))
    for uuid in (made.uuid, name):
        for refused in (pause, resume):
            with pytest.raises(NotSending):
                refused(txn, NODE, team, uuid)


def test_an_end_comes_once(txn, team):
    name = add_campaign(txn, team, count=2)
    campaign = found(txn, team, name)
    assert end(txn, campaign.id, Phase.COMPLETED) == 2
    assert end(txn, campaign.id, Phase.CANCELLED) == 0
    assert balance(txn, team) == 1000


def test_another_teams_campaign_is_not_there(txn, team):
    name = add_campaign(txn, team, count=1)
    for refused in (pause, resume, cancel):
        with pytest.raises(NotFound):
            refused(txn, NODE, add_team(txn), name)


def test_whose_token_was_revoked_moves_nothing(txn, team):
    name = add_campaign(txn, team, count=1)
    for refused in (pause, cancel):
        with pytest.raises(AccessEnded):
            refused(txn, REVOKED, team, name)
    pause(txn, NODE, team, name)
    with pytest.raises(AccessEnded):
        resume(txn, REVOKED, team, name)
    assert found(txn, team, name).phase is Phase.PAUSED


def test_a_call_waits_for_another_and_says_so_when_that_takes_long(database_dsn, monkeypatch):
    monkeypatch.setattr(
        campaigns, "WAIT", "SET LOCAL lock_timeout = '10ms'"
    )  # else the test takes as long as a caller waits
    first, second = connect(database_dsn, "first"), connect(database_dsn, "second")
    team = in_transaction(first, add_team)
    name = in_transaction(first, lambda txn: add_campaign(txn, team, count=1))
    with first.cursor() as txn:
        campaigns.lock(txn, team, name)
        with pytest.raises(CampaignBusy):
            in_transaction(second, cancel, NODE, team, name)
        first.rollback()
    assert in_transaction(second, cancel, NODE, team, name).phase is Phase.CANCELLED
    first.close()
    second.close()


def test_the_machine_is_told_of_what_there_is_to_do(database_dsn):
    opened, listens = connect(database_dsn, "acts"), connect(database_dsn, "listens")
    listens.autocommit = True
    with listens.cursor() as txn:
        txn.execute(f"LISTEN {campaign_phases.CHANNEL}")
    team = in_transaction(opened, add_team)
    made = in_transaction(opened, lambda txn: draft(txn, team, group_of(txn, team, phone(1))))
    for act in (send, *(lambda txn, made, act=act: act(txn, NODE, team, made.uuid) for act in (pause, resume, cancel))):
        in_transaction(opened, act, made)
        with listens.cursor() as txn:
            txn.execute("SELECT 1")
        assert [told.payload for told in listens.notifies] == [str(made.id)]
        listens.notifies.clear()
    opened.close()
    listens.close()
