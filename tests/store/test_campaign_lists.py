"""Recipients of a campaign: in the order of its snapshot, with what became of each."""

import pytest

from mobilesasa.campaigns.views import WantedRecipients
from mobilesasa.core.actors import NODE
from mobilesasa.core.errors import BadValue
from mobilesasa.core.model import Sent
from mobilesasa.store import campaign_lists, campaign_phases
from tests.store.campaigns import add_campaign, found, phone, queued, row
from tests.store.given import add_team, delivered, failed, settled, told

pytestmark = pytest.mark.each_postgres


@pytest.fixture
def campaign(txn):
    """Of ten people two are left out; six rows are queued, of which one each is delivered, failed and sent."""
    team = add_team(txn)
    people = [row(n, skipped="suppressed" if n in (2, 9) else None, text=f"Hi {n}") for n in range(1, 11)]
    name = add_campaign(txn, team, *people)
    ids = [message.id for message in queued(txn, name, 6).messages]
    settled(txn, *((message_id, Sent((f"r{n}",))) for n, message_id in enumerate(ids[:3])))
    told(txn, delivered("r0"), failed("r1"))
    return found(txn, team, name)


def listed(txn, campaign, status=None, limit=20, offset=0, after=None, phone=None, **more):
    people, last = campaign_lists.page(txn, campaign, WantedRecipients(status, phone), limit, offset, after, **more)
    return [person.n for person in people], last


def counted(txn, campaign, status=None, phone=None, **more):
    return campaign_lists.count(txn, campaign, WantedRecipients(status, phone), **more)


def test_all_are_there_in_order_with_what_became_of_them(txn, campaign):
    people, last = campaign_lists.page(txn, campaign, WantedRecipients(), 20, 0, None)
    assert last is None
    assert [person.n for person in people] == list(range(1, 11))
    assert [person.state for person in people] == [30, None, 40, 20, 10, 10, None, None, None, None]
    assert [person.skipped for person in people if person.skipped] == ["suppressed", "suppressed"]
    first = people[0]
    assert (first.phone, first.units, first.parts, first.text, first.clicks) == (phone(1), 1, 1, "Hi 1", 0)
    assert first.message_id is not None
    assert people[6].message_id is None


def test_a_list_goes_on_behind_a_key(txn, campaign):
    assert listed(txn, campaign, limit=4) == ([1, 2, 3, 4], "4")
    assert listed(txn, campaign, limit=4, after="4") == ([5, 6, 7, 8], "8")
    assert listed(txn, campaign, limit=4, after="8") == ([9, 10], None)
    assert listed(txn, campaign, limit=4, offset=8) == ([9, 10], None)
    with pytest.raises(BadValue):
        listed(txn, campaign, after="x")


@pytest.mark.parametrize(
    ("status", "rows"),
    [
        ("waiting", [7, 8, 10]),
        ("skipped", [2, 9]),
        ("queued", [5, 6]),
        ("sent", [4]),
        ("delivered", [1]),
        ("failed", [3]),
        (None, list(range(1, 11))),
    ],
)
def test_a_list_is_narrowed_by_where_they_stand(txn, campaign, status, rows):
    assert listed(txn, campaign, status) == (rows, None)
    assert counted(txn, campaign, status) == (len(rows), False)


def test_somebody_is_found_by_their_phone(txn, campaign):
    assert listed(txn, campaign, phone=phone(3)) == ([3], None)
    assert counted(txn, campaign, phone=phone(3)) == (1, False)
    assert listed(txn, campaign, "waiting", phone=phone(3)) == ([], None)


def test_for_a_state_so_many_are_looked_at_and_it_is_said_where_the_list_goes_on(txn, campaign):
    assert listed(txn, campaign, "sent", looked=2) == ([], "3")
    assert listed(txn, campaign, "sent", looked=2, after="3") == ([4], "5")
    assert listed(txn, campaign, "queued", limit=1) == ([5], "5")
    assert counted(txn, campaign, "sent", looked=3) == (2, True)


def test_of_one_that_was_cancelled_those_it_had_not_come_to_are_left_out(txn, campaign):
    ended = campaign_phases.cancel(txn, NODE, campaign.team_id, campaign.uuid)
    assert listed(txn, ended, "waiting") == ([], None)
    assert listed(txn, ended, "skipped") == ([2, 7, 8, 9, 10], None)
    people, _ = campaign_lists.page(txn, ended, WantedRecipients(), 20, 0, "6")
    assert [person.skipped for person in people] == ["cancelled", "cancelled", "suppressed", "cancelled"]


def test_totals_of_an_ended_one_are_exact_however_many_they_are(txn, campaign):
    ended = campaign_phases.cancel(txn, NODE, campaign.team_id, campaign.uuid)
    assert counted(txn, ended, "skipped", counted=2) == (5, False)
    assert counted(txn, ended, "waiting", counted=2) == (0, False)


def test_the_total_of_those_who_wait_is_what_is_left_where_they_are_many(txn, campaign):
    assert counted(txn, campaign, "waiting", counted=2) == (3, True)
    assert counted(txn, campaign, "waiting", phone=phone(10), counted=2) == (1, False)


def test_clicks_are_those_of_all_links(txn, campaign):
    txn.execute(
        "INSERT INTO campaign_click (campaign_id, recipient_n, link_n, clicks) VALUES (%(id)s, 3, 1, 2), (%(id)s, 3, 2, 5)",
        {"id": campaign.id},
    )
    people, _ = campaign_lists.page(txn, campaign, WantedRecipients(phone=phone(3)), 1, 0, None)
    assert people[0].clicks == 7


def test_a_draft_has_nobody(txn, campaign):
    txn.execute("DELETE FROM campaign_recipient")
    assert listed(txn, campaign) == ([], None)


def test_of_a_message_that_is_gone_its_end_is_known(txn, campaign):
    gone = "DELETE FROM message WHERE state = %(state)s RETURNING id"
    for state in (30, 40):
        txn.execute(gone, {"state": state})
        ((message_id,),) = txn.fetchall()
        ended = "UPDATE campaign_recipient SET ended_state = %(state)s WHERE message_id = %(id)s"
        txn.execute(ended, {"state": state, "id": message_id})
    people, _ = campaign_lists.page(txn, campaign, WantedRecipients(), 20, 0, None)
    assert [person.state for person in people] == [30, None, 40, 20, 10, 10, None, None, None, None]
    assert listed(txn, campaign, "delivered") == ([1], None)
    assert listed(txn, campaign, "failed") == ([3], None)
    assert (counted(txn, campaign, "delivered"), counted(txn, campaign, "failed")) == ((1, False), (1, False))
