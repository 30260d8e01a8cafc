"""What became of a campaign's messages: by the sums of reports, with who wants no more of it."""

import attrs
import pytest

from mobilesasa.campaigns.brakes import Sums
from mobilesasa.campaigns.starting import STARTS_MOST
from mobilesasa.campaigns.views import Standing
from mobilesasa.core.actors import NODE
from mobilesasa.core.model import Failure, Never, Sent
from mobilesasa.store import campaign_phases, rollups, suppressions
from mobilesasa.store.campaign_sums import next_phones, standings, sums
from tests.store.campaigns import add_campaign, found, phone, queued, row, running
from tests.store.given import NOW_MS, add_run, add_team, claimed, delivered, failed, one, settled, told

pytestmark = pytest.mark.each_postgres

CLICKED = "INSERT INTO campaign_click (campaign_id, recipient_n, link_n, clicks, previews) VALUES (%(id)s, 1, 1, 3, 9)"


def under_way(txn, team, count=10, of=20):
    """A campaign of which so many messages are in hand; returns its uuid, and the ids by the numbers of recipients."""
    name = add_campaign(txn, team, count=of)
    done = queued(txn, name, count)
    ids = {int(message.recipient[-8:]): message.id for message in done.messages}
    claimed(txn, add_run(txn), *ids.values())
    return name, ids


def counted(txn):
    while not rollups.count_here(txn).is_done:
        pass


def test_what_was_sent_delivered_and_failed_is_told_and_makes_up_what_was_queued(txn):
    team = add_team(txn)
    name, ids = under_way(txn, team)
    settled(txn, *((ids[n], Sent((f"ref{n}",))) for n in (1, 2, 3, 4)), (ids[5], Never(Failure.REFUSED, "no")))
    told(txn, delivered("ref1"), delivered("ref2"), failed("ref3"))
    counted(txn)
    (standing,) = standings(txn, [found(txn, team, name)])
    assert standing == Standing(waiting=5, sent=1, delivered=2, failed=2, refunded_units=1)
    known = Sums(ended=4, failed=2, sent=4, complaints=0, refused=1)
    assert sums(txn, [running(txn, name)]) == {running(txn, name).id: known}


def test_the_brakes_of_one_that_begins_look_at_its_messages_and_of_another_at_the_sums_of_reports(txn):
    team = add_team(txn)
    name, ids = under_way(txn, team)
    other, _ = under_way(txn, team)
    settled(
        txn, (ids[1], Sent(("ref1",))), (ids[2], Never(Failure.REFUSED, "no")), (ids[3], Never(Failure.CANCELLED, "no"))
    )
    begins, begun = running(txn, name), attrs.evolve(running(txn, other), queued=STARTS_MOST + 1)
    known = Sums(ended=1, failed=1, sent=1, complaints=0, refused=1)
    assert sums(txn, [begins, begun]) == {begins.id: known, begun.id: Sums(ended=0, failed=0, sent=0, complaints=0)}
    late = attrs.evolve(begins, queued=STARTS_MOST + 1)
    assert sums(txn, [late])[late.id].sent == 0
    counted(txn)
    assert sums(txn, [late])[late.id] == known


def test_what_is_not_counted_yet_waits(txn):
    team = add_team(txn)
    name, _ = under_way(txn, team)
    assert standings(txn, [found(txn, team, name)]) == [Standing(waiting=10)]


def test_of_a_draft_nothing_is_told_and_the_order_is_kept(txn):
    team = add_team(txn)
    (sent, _), draft = under_way(txn, team), add_campaign(txn, team, count=3)
    txn.execute("UPDATE campaign SET phase = 'draft', started_at = NULL WHERE uuid = %(u)s", {"u": draft})
    both = [found(txn, team, draft), found(txn, team, sent)]
    assert standings(txn, both) == [Standing(), Standing(waiting=10)]
    assert standings(txn, both[:1]) == [Standing()]


CLOSED = "UPDATE pending SET due_at = to_timestamp(%(at_s)s), closes_at = to_timestamp(%(at_s)s + 36000)"
AT_S = NOW_MS // 1000 + 50_000


def test_what_is_queued_and_waits_for_its_hours_says_until_when(txn):
    team = add_team(txn)
    name = add_campaign(txn, team, count=3)
    first, _ = queued(txn, name, 2).messages
    txn.execute(CLOSED, {"at_s": AT_S})
    assert standings(txn, [found(txn, team, name)])[0].waits_for is None  # the next recipient says it
    queued(txn, name)
    (standing,) = standings(txn, [found(txn, team, name)])
    assert (standing.waits_for, standing.waits_until_ms) == (None, None)  # the last one goes out now
    txn.execute(CLOSED, {"at_s": AT_S})
    txn.execute("UPDATE pending SET due_at = due_at + interval '1 hour' WHERE message_id = %(id)s", {"id": first.id})
    (standing,) = standings(txn, [found(txn, team, name)])
    assert (standing.waits_for, standing.waits_until_ms) == ("hours", AT_S * 1000)
    campaign_phases.pause(txn, NODE, team, name)
    (standing,) = standings(txn, [found(txn, team, name)])
    assert (standing.waits_for, standing.waits_until_ms) == (None, None)  # it waits for its team


@pytest.mark.parametrize(
    "put_off",
    [
        "UPDATE pending SET due_at = now() + interval '1 minute', attempts = 1",
        "UPDATE pending SET due_at = now() + interval '5 hours', closes_at = NULL",
    ],
)
def test_what_a_carrier_has_put_off_waits_for_no_hours(txn, put_off):
    team = add_team(txn)
    name = add_campaign(txn, team, count=1)
    queued(txn, name)
    txn.execute(CLOSED, {"at_s": AT_S})
    txn.execute(put_off)
    assert standings(txn, [found(txn, team, name)])[0].waits_for is None


def test_messages_of_others_do_not_count(txn):
    team = add_team(txn)
    under_way(txn, team)
    counted(txn)
    name, _ = under_way(txn, team, 3)
    assert standings(txn, [found(txn, team, name)]) == [Standing(waiting=3)]


def test_a_campaign_that_was_cancelled_has_not_failed_for_its_brakes(txn):
    team = add_team(txn)
    name = add_campaign(txn, team, count=4)
    queued(txn, name, 2)
    campaign = running(txn, name)
    campaign_phases.cancel(txn, NODE, team, name)
    assert campaign_phases.take_back(txn) == 2
    counted(txn)
    assert sums(txn, [campaign])[campaign.id] == Sums(ended=0, failed=0, sent=0, complaints=0)
    assert standings(txn, [found(txn, team, name)]) == [Standing(failed=2, cancelled=2, refunded_units=2)]


@pytest.mark.parametrize(
    ("recipient", "sender", "reason", "complaints"),
    [
        (1, "ACME", "stop", 1),
        (1, "", "stop", 1),
        (1, "OTHER", "stop", 0),
        (1, "ACME", "api", 0),
        (15, "ACME", "stop", 0),
    ],
)
def test_a_complaint_is_a_recipient_who_wants_no_more_of_the_sender(txn, recipient, sender, reason, complaints):
    team = add_team(txn)
    name, _ = under_way(txn, team)
    suppressions.add(txn, NODE, team, phone(recipient), sender, reason)
    campaign = running(txn, name)
    assert sums(txn, [campaign])[campaign.id].complaints == complaints
    assert standings(txn, [found(txn, team, name)])[0].complaints == complaints


def test_what_people_said_before_it_began_or_long_after_its_end_is_no_complaint_about_it(txn):
    team = add_team(txn)
    name, _ = under_way(txn, team)
    suppressions.add(txn, NODE, team, phone(1), "ACME", "stop")
    campaign = found(txn, team, name)
    assert campaign.started_at_ms is not None
    later = attrs.evolve(campaign, started_at_ms=campaign.started_at_ms + 60_000)
    day_ms = 86_400_000
    long_ago = attrs.evolve(
        campaign, started_at_ms=campaign.started_at_ms - 9 * day_ms, finished_at_ms=campaign.started_at_ms - 8 * day_ms
    )
    assert [each.complaints for each in standings(txn, [later])] == [0]
    assert [each.complaints for each in standings(txn, [long_ago])] == [0]


def test_clicks_are_those_of_people(txn):
    team = add_team(txn)
    name, _ = under_way(txn, team)
    campaign = found(txn, team, name)
    txn.execute(CLICKED, {"id": campaign.id})
    assert standings(txn, [campaign])[0].clicks == 3


def test_the_next_recipient_is_the_first_behind_the_place_who_is_not_left_out(txn):
    team = add_team(txn)
    name = add_campaign(txn, team, row(1), row(2, skipped="suppressed"), row(3), row(4))
    queued(txn, name, 1)
    paused = add_campaign(txn, team, count=2)
    campaign_phases.pause(txn, NODE, team, paused)
    both = [found(txn, team, name), found(txn, team, paused)]
    assert next_phones(txn, both) == {both[0].id: [phone(3), phone(4)]}
    assert next_phones(txn, both[1:]) == {}


def test_those_behind_the_next_recipient_are_stood_for_by_some_few(txn):
    team = add_team(txn)
    name = add_campaign(txn, team, count=100)
    queued(txn, name, 9)
    (phones,) = next_phones(txn, [found(txn, team, name)]).values()
    assert phones == [phone(n) for n in (10, *range(11, 100, 10))]


def test_a_campaign_of_a_month_ago_costs_no_look_at_all_that_was_counted_since(txn):
    team = add_team(txn)
    name, _ = under_way(txn, team)
    campaign = found(txn, team, name)
    counted(txn)
    assert campaign.started_at_ms is not None
    month_ms = 30 * 86_400_000
    old = attrs.evolve(
        campaign, started_at_ms=campaign.started_at_ms - month_ms, finished_at_ms=campaign.started_at_ms - month_ms
    )
    assert standings(txn, [old]) == [Standing(waiting=10)]
    assert one(txn, "SELECT count(*) FROM rollup") > 0


def test_messages_of_a_small_campaign_are_told_as_they_are_at_this_moment(txn):
    team = add_team(txn)
    name, ids = under_way(txn, team)
    settled(txn, (ids[1], Sent(("ref1",))), (ids[2], Never(Failure.REFUSED, "no")))
    told(txn, delivered("ref1"))
    (standing,) = standings(txn, [found(txn, team, name)])
    assert (standing.waiting, standing.sent, standing.delivered, standing.failed) == (8, 0, 1, 1)
