"""The sums that reports are made of are those of the messages, whatever has happened to them, and whoever died meanwhile."""

import random

import pytest

from mobilesasa.core.ids import MessageIds
from mobilesasa.core.model import Failure, Lane, Later, Never, Origin, Sent
from mobilesasa.store import failover, outcomes, reports, rollups
from mobilesasa.store.database import connect, in_transaction
from tests.store.given import (
    NOW_MS,
    accepted,
    add_carrier,
    add_run,
    add_team,
    claimed,
    count,
    delivered,
    failed,
    one,
    sent,
    settled,
    told,
)
from tests.store.recounted import RANGES, count_up, kept, recounted
from tests.store.ways import ELSEWHERE, answered, failure, gone_on, success, taken, taken_up

QUARTER_MS = 900_000
DAY_MS = 86_400_000


@pytest.fixture(autouse=True)
def networks(request):
    """Networks are known where a test looks into the shared store."""
    if "txn" in request.fixturenames:
        rollups.install(request.getfixturevalue("txn"), "the test's", RANGES)


@pytest.fixture
def agree(txn):
    """Counts, and says whether the sums are what the messages say."""

    def check():
        count_up(txn)
        found = kept(txn)
        assert found == recounted(txn)
        return found

    return check


@pytest.fixture
def opened(database_dsn):
    """A connection to a store of the test's own."""
    connection = connect(database_dsn, "tests")
    in_transaction(connection, rollups.install, "the test's", RANGES)
    yield connection
    connection.close()


def at(made_ms, seed=1):
    """Makes ids of a moment."""
    return MessageIds(lambda: made_ms, random.Random(seed).getrandbits)


def only(found):
    (counts,) = found.values()
    return counts


def test_what_is_accepted_is_counted_in_the_quarter_of_its_id(txn, agree):
    team = add_team(txn)
    old = at(NOW_MS - DAY_MS)
    accepted(txn, team, 3, parts=2)
    accepted(txn, team, 1, id=old())
    found = agree()
    assert {key[1]: (value["accepted"], value["parts"], value["units"]) for key, value in found.items()} == {
        NOW_MS // QUARTER_MS: (3, 6, 6),
        (NOW_MS - DAY_MS) // QUARTER_MS: (1, 1, 1),
    }


def test_each_sender_network_carrier_lane_origin_and_campaign_has_sums_of_its_own(txn, agree):
    team = add_team(txn)
    accepted(txn, team)
    accepted(txn, team, sender="Other")
    accepted(txn, team, recipient="255712345678")
    accepted(txn, team, recipient="254201234567")
    accepted(txn, team, carrier_id=2)
    accepted(txn, team, lane=Lane.BULK)
    accepted(txn, team, origin=Origin.API)
    (of_campaign,) = accepted(txn, team)
    txn.execute("UPDATE message SET campaign_uuid = id WHERE id = %s", [of_campaign])
    found = agree()
    assert len(found) == 8
    assert {key[-2:] for key in found} == {("KE", "Safaricom"), ("KE", ""), ("TZ", "Vodacom")}


def test_what_carriers_and_phones_do_with_messages_is_added(txn, agree):
    team = add_team(txn)
    sent(txn, team, "a")
    sent(txn, team, "b")
    sent(txn, team, "c1", "c2")
    sent(txn, team, "d")
    (unsent,) = accepted(txn, team)
    claimed(txn, add_run(txn), unsent)
    settled(txn, (unsent, Never(Failure.REFUSED, "no")))
    told(txn, delivered("a"), failed("b"), delivered("c1"))
    counts = only(agree())
    assert counts["sent"] == 4
    assert (counts["delivered"], counts["failed"], counts["failed_unsent"]) == (1, 2, 1)
    assert (counts["undelivered"], counts["refused"]) == (1, 1)
    told(txn, failed("c2", Failure.EXPIRED))
    counts = only(agree())
    assert (counts["failed"], counts["expired"]) == (3, 1)


def test_how_long_it_took_is_counted_in_classes(txn, agree):
    team = add_team(txn)
    (slow, quick) = accepted(txn, team, 2)
    settled(txn, (quick, Sent(("a",))), at_ms=NOW_MS + 30)
    settled(txn, (slow, Sent(("b",))), at_ms=NOW_MS + 4000)
    told(txn, delivered("a", done_at_ms=NOW_MS + 2530), delivered("b", done_at_ms=NOW_MS + 4000 + DAY_MS))
    counts = only(agree())
    assert counts["sent_within"] == {1: 1, 7: 1}
    assert counts["delivered_within"] == {3: 1, 15: 1}


def test_a_receipt_after_three_days_is_seen(txn, agree):
    team = add_team(txn)
    made_ms = NOW_MS - 3 * DAY_MS
    (message_id,) = accepted(txn, team, id=at(made_ms)())
    settled(txn, (message_id, Sent(("a",))), at_ms=made_ms + 5)
    assert "delivered" not in only(agree())
    told(txn, delivered("a"))
    assert only(agree())["delivered"] == 1


def test_a_failed_message_that_was_delivered_after_all_is_counted_once(txn, agree):
    team = add_team(txn)
    sent(txn, team, "a")
    told(txn, failed("a"))
    assert only(agree())["failed"] == 1
    told(txn, delivered("a"))
    counts = only(agree())
    assert (counts["delivered"], counts.get("failed")) == (1, None)


def test_receipts_that_never_came_are_counted_as_such(txn, agree):
    team = add_team(txn)
    sent(txn, team, "a")
    sent(txn, team, "b1", "b2")
    told(txn, failed("b1"))
    txn.execute("UPDATE awaiting SET sent_at = sent_at - interval '80 hours'")
    reports.give_up(txn, 72, 100)
    counts = only(agree())
    assert (counts["unreported"], counts["failed"]) == (1, 1)


def test_what_goes_on_to_another_carrier_is_counted_there(txn, agree):
    team, carriers = add_team(txn), [add_carrier(txn) for _ in range(3)]
    (message_id,) = accepted(txn, team, carrier_id=carriers[0], fallbacks=tuple(carriers[1:]))
    claimed(txn, add_run(txn), message_id)
    assert [key[3] for key in agree()] == carriers[:1]
    answered(txn, message_id, carriers[0], ELSEWHERE)
    assert [key[3] for key in agree()] == carriers[1:2]
    failover.move_on(txn, carriers[1], [], "it is slow", "00000000-0000-0000-0000-000000000000", 10)
    assert [key[3] for key in agree()] == carriers[2:]


def test_what_fails_at_one_carrier_and_goes_on_to_the_next_is_counted_there(txn, agree):
    team, carriers = add_team(txn), [add_carrier(txn) for _ in range(3)]
    gone_on(txn, team, carriers)
    found = agree()
    assert [key[3] for key in found] == carriers[1:2]
    assert only(found)["sent"] == 1
    told(txn, success("a", carriers[0]))
    found = agree()
    assert [key[3] for key in found] == carriers[:1]
    assert only(found)["delivered"] == 1


def test_what_no_other_carrier_takes_fails_as_its_receipt_had_said(txn, agree):
    team, carriers = add_team(txn), [add_carrier(txn) for _ in range(2)]
    message_id = taken(txn, team, carriers, "a")
    told(txn, failure("a", carriers[0]))
    agree()
    answered(txn, message_id, carriers[1], Never(Failure.REFUSED, "no"), taken_up(txn, message_id).attempt)
    counts = only(agree())
    assert (counts["failed"], counts["undelivered"], counts.get("failed_unsent")) == (1, 1, None)


def test_what_went_on_is_sent_when_the_next_carrier_took_it(txn, agree):
    team, carriers = add_team(txn), [add_carrier(txn) for _ in range(2)]
    message_id = taken(txn, team, carriers, "a")
    told(txn, failure("a", carriers[0]))
    before = only(agree())["sent_within"]
    answered(txn, message_id, carriers[1], Sent(("b",)), taken_up(txn, message_id).attempt, at_ms=NOW_MS + 50_000)
    assert only(agree())["sent_within"] != before


@pytest.mark.parametrize("outcome", [Sent(("a",)), Never(Failure.REFUSED, "no")])
def test_an_answer_of_a_carrier_that_has_the_message_no_more_counts_for_that_carrier(txn, agree, outcome):
    team, carriers = add_team(txn), [add_carrier(txn) for _ in range(2)]
    (message_id,) = accepted(txn, team, carrier_id=carriers[0], fallbacks=(carriers[1],))
    failover.move_on(txn, carriers[0], [], "it is slow", "00000000-0000-0000-0000-000000000000", 10)
    assert [key[3] for key in agree()] == carriers[1:]
    settled(txn, (message_id, outcome), carrier=carriers[0], attempt=0)
    assert [key[3] for key in agree()] == carriers[:1]


def test_counting_twice_counts_nothing_twice(txn, agree):
    sent(txn, add_team(txn), "a")
    before = agree()
    assert rollups.count_here(txn).changes == 0
    assert agree() == before


def whole(opened):
    """Count all there is in transactions of their own, and say whether the sums are what the messages say."""
    while not in_transaction(opened, rollups.count).is_done:
        pass
    found = in_transaction(opened, kept)
    assert found == in_transaction(opened, recounted)
    return found


def test_a_count_that_is_undone_leaves_all_for_the_next(opened):
    in_transaction(opened, lambda txn: sent(txn, add_team(txn), "a"))
    with opened.cursor() as txn:
        rollups.count(txn)
    opened.rollback()  # the process died
    assert only(whole(opened))["sent"] == 1


def test_while_one_process_counts_another_does_nothing(opened, database_dsn):
    in_transaction(opened, lambda txn: sent(txn, add_team(txn), "a"))
    other = connect(database_dsn, "tests")
    with opened.cursor() as txn:
        rollups.count(txn)
        assert in_transaction(other, rollups.count).changes == 0
    opened.commit()
    assert in_transaction(other, count, "rollup_change") == 0
    other.close()


def test_what_happens_while_a_quarter_is_counted_again_is_counted_behind_it(opened, database_dsn):
    (message_id,) = in_transaction(opened, lambda txn: accepted(txn, add_team(txn)))
    in_transaction(
        opened, lambda txn: txn.execute("INSERT INTO rollup_stale SELECT team_id, quarter_of(id) FROM message")
    )
    other, txn = connect(database_dsn, "tests"), opened.cursor()

    class Slow:
        """A transaction during which another one commits, behind its first look."""

        def execute(self, statement, parameters=None):
            txn.execute(statement, parameters)
            if statement == rollups.ADD:
                in_transaction(other, settled, (message_id, Sent(("a",))))

        def __getattr__(self, name):
            return getattr(txn, name)

    assert rollups.count(Slow()).again
    opened.commit()
    assert "sent" not in only(in_transaction(opened, kept))
    assert only(whole(opened))["sent"] == 1
    other.close()


def test_the_sums_outlive_the_messages(txn, agree):
    sent(txn, add_team(txn), "a")
    before = agree()
    told(txn, delivered("a"))
    txn.execute("DELETE FROM message")
    count_up(txn)
    txn.execute("INSERT INTO rollup_stale SELECT DISTINCT team_id, quarter FROM rollup")
    count_up(txn)
    assert kept(txn) == before


def test_quarters_are_counted_again_until_none_is_left(txn, agree):
    team = add_team(txn)
    for n in range(3):
        (message_id,) = accepted(txn, team, id=at(NOW_MS - n * DAY_MS)())
        settled(txn, (message_id, Sent((f"a{n}",))))
    before = agree()
    txn.execute("DELETE FROM rollup")
    txn.execute("INSERT INTO rollup_stale SELECT DISTINCT team_id, quarter_of(id) FROM message")
    assert count_up(txn) == 4  # a day each, and one that finds nothing
    assert kept(txn) == before


def test_of_a_day_with_many_messages_one_quarter_is_counted_again_at_a_time(txn, agree, monkeypatch):
    monkeypatch.setattr(rollups, "DAY_MESSAGES", 3)  # tens of thousands make a test slow
    team = add_team(txn)
    noon = NOW_MS // DAY_MS * DAY_MS + DAY_MS // 2
    for n in range(3):
        accepted(txn, team, id=at(noon + n * QUARTER_MS)())
    before = agree()
    txn.execute("UPDATE rollup SET accepted = 7")
    txn.execute("INSERT INTO rollup_stale SELECT DISTINCT team_id, quarter_of(id) FROM message")
    assert count_up(txn) == 4
    assert kept(txn) == before


def test_the_moment_up_to_which_all_is_counted_is_kept(txn, agree):
    agree()
    assert one(txn, "SELECT counted_at > now() - interval '1 minute' FROM rollup_state")


def test_plans_are_those_that_were_installed(txn):
    assert rollups.plans(txn) == ("the test's", {})
    rollups.install(txn, "others", [("", "", ""), ("254", "KE", "Safaricom")])
    assert rollups.plans(txn)[0] == "others"
    assert count(txn, "network_range") == 2


def test_expiry_is_counted(txn, agree):
    team = add_team(txn)
    accepted(txn, team)
    txn.execute("UPDATE pending SET expires_at = now() - interval '1 second'")
    outcomes.expire_some(txn, 10)
    counts = only(agree())
    assert (counts["failed"], counts["expired_unsent"], counts["failed_unsent"]) == (1, 1, 1)


def test_networks_that_were_not_known_are_told_when_they_are(txn, agree):
    accepted(txn, add_team(txn))
    txn.execute("DELETE FROM network_range WHERE first <> ''")
    count_up(txn)
    assert [key[-2:] for key in kept(txn)] == [("", "")]
    rollups.install(txn, "others", RANGES)
    assert [key[-2:] for key in agree()] == [("KE", "Safaricom")]


@pytest.mark.each_postgres
@pytest.mark.parametrize("seed", range(2))
def test_after_random_traffic_with_kills_the_sums_are_those_of_the_messages(opened, seed):
    """All that can happen to messages, in any order, with transactions of counting that are lost in between."""
    pick, txn = random.Random(seed), opened.cursor()
    teams, carriers, run = [add_team(txn, 500) for _ in range(2)], [add_carrier(txn) for _ in range(3)], add_run(txn)
    waiting, out, refs = [], [], iter(range(10_000))
    for _ in range(120):
        step = pick.random()
        if step < 0.3:
            made = at(NOW_MS - pick.randrange(3) * QUARTER_MS, pick.random())
            where = {"carrier_id": carriers[0], "fallbacks": tuple(carriers[1:]) if pick.random() < 0.5 else ()}
            about = {"sender": pick.choice(["A", "B"]), "recipient": pick.choice(["254712345678", "255712345678"])}
            parts = pick.choice([1, 1, 2])
            waiting += [
                (each, parts, carriers[0])
                for each in accepted(txn, pick.choice(teams), id=made(), parts=parts, **where, **about)
            ]
        elif step < 0.6 and waiting:
            message_id, parts, carrier = waiting.pop(pick.randrange(len(waiting)))
            (outbound,) = claimed(txn, run, message_id)
            if outbound is None:
                continue
            names = tuple(f"r{next(refs)}" for _ in range(parts))
            outcome = pick.choice(
                [Sent(names), Sent(names), ELSEWHERE, Never(Failure.REFUSED, "no"), Later(0.0, "busy")]
            )
            second_way_s = pick.choice([0.0, 86_400.0])
            answered(
                txn,
                message_id,
                outbound.carrier_id,
                outcome,
                outbound.attempt,
                second_way_s,
                NOW_MS + pick.randrange(90_000),
            )
            if isinstance(outcome, Sent):
                out += [(name, outbound.carrier_id, second_way_s) for name in names]
            waiting.append((message_id, parts, carrier))
            txn.execute("UPDATE pending SET due_at = NULL")
        elif step < 0.85 and out:
            name, carrier, second_way_s = pick.choice(out)
            way = None if not second_way_s else pick.random() < 0.5
            told(
                txn,
                pick.choice([delivered, failed])(
                    name, carrier_id=carrier, second_way=way, done_at_ms=NOW_MS + pick.randrange(10**8)
                ),
            )
            txn.execute("UPDATE pending SET due_at = NULL")
        elif step < 0.88:
            txn.execute("UPDATE awaiting SET sent_at = sent_at - interval '80 hours' WHERE random() < 0.1")
            reports.give_up(txn, 72, 100)
        elif step < 0.91:
            failover.move_on(txn, pick.choice(carriers), [], "slow", "00000000-0000-0000-0000-000000000000", 5)
        opened.commit()
        if pick.random() < 0.2:
            rollups.count(txn, pick.choice([1, 5, 100]))
            opened.commit() if pick.random() < 0.6 else opened.rollback()
    assert len(whole(opened)) > 3
    assert count(txn, "message") > 20
