"""A campaign once more, for those whom it did not reach: who they are, what they are told, and that nobody gets it twice."""

import itertools
import threading
import uuid

import attrs
import pytest

from mobilesasa.campaigns.model import Phase
from mobilesasa.core.actors import NODE, Actor, ActorKind
from mobilesasa.core.errors import AccessEnded, BadValue, CampaignBusy, NoRecipients, NotDraft, NotFound, TextNotKept
from mobilesasa.core.model import Failure, Never, Sent
from mobilesasa.store import audiences, campaign_phases, campaign_sending, campaigns, messages
from mobilesasa.store.campaign_retrying import Again, retry
from mobilesasa.store.database import connect, in_transaction
from tests.store.audience_files import read, somebody
from tests.store.campaigns import queued
from tests.store.given import NOW_MS, add_team, delivered, failed, one, priced, rows, settled, told, wrong
from tests.store.sending import draft, group_of, known_as, phone, quoter_for, send, snapshot, stopped

pytestmark = pytest.mark.each_postgres

REACHED, UNREACHED, EXPIRED, REJECTED, REFUSED, NO_NUMBER, WAITING = map(phone, range(1, 8))
EVERYBODY = (REACHED, UNREACHED, EXPIRED, REJECTED, REFUSED, NO_NUMBER, WAITING)
_refs = itertools.count(1)


def again(txn, campaign, by=NODE, at_ms=NOW_MS):
    names = Again(uuid=str(uuid.uuid4()), audience_uuid=str(uuid.uuid4()), country="KE")
    return retry(txn, by, campaign.team_id, campaign.uuid, names, at_ms, quoter_for)


def sent(txn, made):
    """Send a draft, and queue all of it; return it, and its messages by phone."""
    send(txn, made)
    done = queued(txn, made.uuid)
    return campaigns.find(txn, made.team_id, made.uuid), {each.recipient: each.id for each in done.messages}


def taken(txn, message_id):
    """Let the carrier take a message; return its id there."""
    ref = f"r{next(_refs)}"
    settled(txn, (message_id, Sent((ref,))))
    return ref


def fail(txn, message_id, failure=Failure.UNDELIVERED):
    ref = taken(txn, message_id)
    told(txn, failed(ref, failure))
    return ref


@pytest.fixture
def team(txn):
    return add_team(txn)


@pytest.fixture
def campaign(txn, team):
    """One that has ended: of seven people one was reached, and one waits."""
    made, ids = sent(txn, draft(txn, team, group_of(txn, team, *EVERYBODY), message="Hello"))
    told(txn, delivered(taken(txn, ids[REACHED])))
    fail(txn, ids[UNREACHED])
    fail(txn, ids[EXPIRED], Failure.EXPIRED)
    fail(txn, ids[REJECTED], Failure.REJECTED)
    settled(txn, (ids[REFUSED], Never(Failure.REFUSED, "no route", "ESME_RSYSERR")), attempt=0)
    settled(txn, (ids[NO_NUMBER], Never(Failure.REFUSED, "no such number", "ESME_RINVDSTADR")), attempt=0)
    assert made.phase is Phase.COMPLETED
    return made


def phones(txn, made):
    return [number for number, *_ in snapshot(txn, made)]


def people_of(txn, made):
    return rows(txn, "SELECT phone FROM audience_row WHERE audience_id = %(id)s ORDER BY n", id=made.audience_id)


def test_it_goes_to_those_whose_messages_failed_for_what_may_pass(txn, campaign):
    made = again(txn, campaign)
    assert (made.phase, made.name, made.message) == (Phase.DRAFT, "May Promo (again)", "Hello")
    assert (made.retry_of, made.retry_of_uuid) == (campaign.id, campaign.uuid)
    assert people_of(txn, made) == [(UNREACHED,), (EXPIRED,), (REFUSED,)]
    assert (made.estimated_recipients, made.estimated_units) == (3, 3)
    file = audiences.find(txn, made.team_id, made.audience_uuid)
    assert (file.status, file.people, file.plan.filename) == ("completed", 3, "May Promo (again)")
    assert wrong(txn, "configured") == []


def test_it_is_sent_and_paid_for_as_any_other(txn, campaign):
    made = again(txn, campaign)
    armed = send(txn, made)
    assert phones(txn, armed) == [UNREACHED, EXPIRED, REFUSED]
    assert (armed.recipients, armed.reserved_units) == (3, 3)
    assert wrong(txn, "configured") == []


def test_both_campaigns_are_in_the_trail(txn, campaign):
    made = again(txn, campaign)
    told_ = rows(txn, "SELECT action, subject, after->>'people' FROM trail ORDER BY id DESC LIMIT 2")
    assert told_ == [("campaign.create", made.uuid, None), ("campaign.retry", campaign.uuid, "3")]


def test_who_wants_no_more_is_left_out(txn, campaign):
    made = again(txn, campaign)
    stopped(txn, campaign.team_id, UNREACHED)
    armed = send(txn, made)
    assert [row[4] for row in snapshot(txn, armed)] == ["suppressed", None, None]
    assert armed.recipients == 2


def test_who_is_no_contact_any_more_is_left_out(txn, campaign):
    txn.execute("UPDATE contact SET deleted_at = now() WHERE phone = %s", (EXPIRED,))
    assert people_of(txn, again(txn, campaign)) == [(UNREACHED,), (REFUSED,)]


def test_who_was_reached_after_all_before_it_is_sent_does_not_get_it_twice(txn, team):
    made, ids = sent(txn, draft(txn, team, group_of(txn, team, UNREACHED, EXPIRED)))
    refs = [fail(txn, ids[number]) for number in (UNREACHED, EXPIRED)]
    retried = again(txn, made)
    told(txn, delivered(refs[0]))
    tally = campaign_sending.estimate(txn, retried, quoter_for)
    assert (tally.recipients, tally.units) == (1, 1)
    assert phones(txn, send(txn, retried)) == [EXPIRED]


def test_whose_message_was_resent_by_itself_does_not_get_it_twice(txn, team):
    made, ids = sent(txn, draft(txn, team, group_of(txn, team, UNREACHED, EXPIRED)))
    for number in (UNREACHED, EXPIRED):
        fail(txn, ids[number])
    messages.resend(txn, team, ids[UNREACHED], priced(team, recipient=UNREACHED, resent_from=ids[UNREACHED]))
    assert people_of(txn, again(txn, made)) == [(EXPIRED,)]


def test_two_drafts_for_the_same_people_reach_them_once(txn, campaign):
    first, second = again(txn, campaign), again(txn, campaign)
    send(txn, first)
    with pytest.raises(NoRecipients):
        send(txn, second)
    with pytest.raises(NoRecipients):
        again(txn, campaign)


def test_whom_it_did_not_reach_again_can_be_tried_once_more(txn, campaign):
    first, ids = sent(txn, again(txn, campaign))
    told(txn, delivered(taken(txn, ids[EXPIRED])))
    fail(txn, ids[UNREACHED])
    assert people_of(txn, again(txn, campaign)) == [(UNREACHED,)]
    assert people_of(txn, again(txn, first)) == [(UNREACHED,)]


def test_who_was_left_out_of_a_cancelled_one_can_be_tried_again(txn, campaign):
    first = again(txn, campaign)
    send(txn, first)
    campaign_phases.cancel(txn, NODE, campaign.team_id, first.uuid)
    assert len(people_of(txn, again(txn, campaign))) == 3


def test_the_text_is_filled_with_what_contacts_say_now(txn, team):
    known_as(txn, team, UNREACHED, first_name="Jo")
    made, ids = sent(txn, draft(txn, team, group_of(txn, team, UNREACHED), message="Hi {first_name:there}"))
    fail(txn, ids[UNREACHED])
    txn.execute("UPDATE contact SET first_name = 'Joan' WHERE phone = %s", (UNREACHED,))
    assert [row[3] for row in snapshot(txn, send(txn, again(txn, made)))] == ["Hi Joan"]


def test_the_text_is_filled_with_what_the_file_said(txn, team):
    people = read(txn, team, somebody(1, UNREACHED, town="Nairobi"), somebody(2, EXPIRED, town="Kisumu"))
    made, ids = sent(txn, draft(txn, team, message="Hi {town}", audience_id=people.id))
    fail(txn, ids[EXPIRED])
    retried = again(txn, made)
    assert [row[3] for row in snapshot(txn, send(txn, retried))] == ["Hi Kisumu"]
    assert wrong(txn, "configured") == []


def test_without_the_file_it_cannot_be_had(txn, team):
    people = read(txn, team, somebody(1, UNREACHED, town="Nairobi"))
    made, ids = sent(txn, draft(txn, team, message="Hi {town}", audience_id=people.id))
    fail(txn, ids[UNREACHED])
    audiences.delete(txn, NODE, team, people.uuid)
    with pytest.raises(BadValue):
        again(txn, made)


def test_groups_that_get_nothing_get_nothing_still(txn, team):
    others = group_of(txn, team, name="Others")
    gone = group_of(txn, team, name="Gone")
    excluded = (others.uuid, gone.uuid)
    made, ids = sent(txn, draft(txn, team, group_of(txn, team, UNREACHED), exclude_group_uuids=excluded))
    fail(txn, ids[UNREACHED])
    txn.execute("DELETE FROM contact_group WHERE uuid = %s", (gone.uuid,))
    assert again(txn, made).exclude_group_uuids == (others.uuid,)


def test_only_what_has_ended_is_sent_again(txn, team):
    made = draft(txn, team, group_of(txn, team, UNREACHED))
    with pytest.raises(NotDraft):
        again(txn, made)
    send(txn, made)
    with pytest.raises(CampaignBusy):
        again(txn, made)


def test_where_everybody_was_reached_there_is_nobody(txn, team):
    made, ids = sent(txn, draft(txn, team, group_of(txn, team, REACHED)))
    told(txn, delivered(taken(txn, ids[REACHED])))
    with pytest.raises(NoRecipients):
        again(txn, made)


def test_a_text_that_is_kept_no_longer_is_sent_to_nobody(txn, campaign):
    txn.execute("UPDATE campaign SET message = NULL WHERE uuid = %s", (campaign.uuid,))
    with pytest.raises(TextNotKept):
        again(txn, campaign)


def test_another_team_s_campaign_is_not_there_and_who_may_not_may_not(txn, campaign):
    with pytest.raises(NotFound):
        again(txn, attrs.evolve(campaign, team_id=add_team(txn)))
    gone = Actor(ActorKind.TOKEN, str(uuid.uuid4()))
    with pytest.raises(AccessEnded):
        again(txn, campaign, by=gone)


def test_a_draft_for_other_people_is_no_retry_any_more(txn, campaign):
    made = again(txn, campaign)
    group = group_of(txn, campaign.team_id, REACHED, name="Others")
    says = attrs.evolve(made.draft, audience_id=None, group_uuids=(group.uuid,), retry_of=None)
    changed = campaigns.change(txn, NODE, made.team_id, made, says, (1, 1))
    assert changed.retry_of is None
    assert one(txn, "SELECT count(*) FROM campaign WHERE retry_of IS NOT NULL") == 0
    assert phones(txn, send(txn, changed)) == [REACHED]


def test_of_two_drafts_that_are_sent_at_once_by_two_nodes_one_goes_out(database_dsn):
    opened = [connect(database_dsn, f"send{n}") for n in range(2)]

    def drafts(txn):
        team = add_team(txn)
        made, ids = sent(txn, draft(txn, team, group_of(txn, team, UNREACHED, EXPIRED)))
        for message_id in ids.values():
            fail(txn, message_id)
        return again(txn, made), again(txn, made)

    pair = in_transaction(opened[0], drafts)
    done = []

    def send_one(on, each):
        try:
            done.append(in_transaction(on, send, each).recipients)
        except NoRecipients:
            done.append(0)

    threads = [threading.Thread(target=send_one, args=both) for both in zip(opened, pair, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(done) == [0, 2]
    for each in opened:
        each.close()
