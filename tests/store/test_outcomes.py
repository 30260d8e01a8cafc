"""What carriers answered: taken, later or never, with the refund once, and receipts that came before the answer."""

import threading

import psycopg2.errors
import pytest

from mobilesasa.core.model import Failure, Lane, Later, Never, Origin, Sent, Settled, Settlement, State, Wish
from mobilesasa.store.database import connect, in_transaction
from mobilesasa.store.outcomes import expire_some, settle, settle_again
from mobilesasa.store.reports import give_up, report_again
from tests.store.given import (
    HOUR_MS,
    NOW_MS,
    accepted,
    add_carrier,
    add_run,
    add_team,
    balance,
    claimed,
    column,
    count,
    delivered,
    failed,
    notices_of,
    one,
    rows,
    sent,
    settled,
    standing,
    told,
    wrong,
)

pytestmark = pytest.mark.each_postgres

REFUSED = Never(Failure.REFUSED, "no such number", "0x0000000b")
BLOCKED = "SELECT count(*) FROM pg_locks WHERE NOT granted AND pid IN (SELECT pid FROM pg_stat_activity WHERE datname = current_database())"
WAITING = "SELECT ref, part, failed FROM awaiting WHERE message_id = %(id)s ORDER BY part"
EVENTS = "SELECT kind, attempt, carrier_id, code, reason FROM message_event WHERE message_id = %(id)s ORDER BY at"
PENDING = "SELECT claimed_by, due_at - now() = make_interval(secs => %(delay_s)s), sent_parts FROM pending WHERE message_id = %(id)s"


def in_hand(txn, team, parts=1, **changes):
    (message_id,) = accepted(txn, team, parts=parts, **changes)
    claimed(txn, add_run(txn), message_id)
    return message_id


def in_hand_again(txn, message_id):
    """Have what was put off claimed once more."""
    txn.execute("UPDATE pending SET due_at = NULL WHERE message_id = %(id)s", {"id": message_id})
    claimed(txn, add_run(txn), message_id)


# Sent.


def test_a_message_that_the_carrier_took_is_sent_and_waits_for_its_receipts(txn):
    message_id = in_hand(txn, add_team(txn), 2)
    settled(txn, (message_id, Sent(("a", "b"))), carrier=5, attempt=3)
    assert standing(txn, message_id) == (State.SENT, 2, 0, None)
    assert [column(txn, name, message_id) for name in ("refs", "carrier_id", "attempts")] == ["a b", 5, 3]
    assert column(txn, "extract(epoch FROM sent_at) * 1000", message_id) == NOW_MS
    assert rows(txn, WAITING, id=message_id) == [("a", 1, False), ("b", 2, False)]
    assert count(txn, "pending") == 0


def test_settling_a_sent_message_again_changes_nothing(txn):
    message_id = in_hand(txn, add_team(txn), 2)
    for _ in range(2):
        assert notices_of(settled(txn, (message_id, Sent(("a", "b"))))) == []
    assert column(txn, "refs", message_id) == "a b"
    assert len(rows(txn, WAITING, id=message_id)) == 2


def test_settling_a_delivered_message_again_does_not_take_it_back(txn):
    message_id = sent(txn, add_team(txn), "a")
    told(txn, delivered("a"))
    settled(txn, (message_id, Sent(("a",))))
    assert standing(txn, message_id)[0] is State.DELIVERED


def test_the_ids_of_parts_are_kept_from_the_attempts_that_took_them(txn):
    message_id = in_hand(txn, add_team(txn), 3)
    settled(txn, (message_id, Later(0, "busy", refs=("a", None, None))))
    settled(txn, (message_id, Sent((None, "b", "c"))), attempt=2)
    assert column(txn, "refs", message_id) == "a b c"
    assert rows(txn, WAITING, id=message_id) == [("a", 1, False), ("b", 2, False), ("c", 3, False)]


def test_a_carrier_that_gives_no_id_leaves_none_behind(txn):
    message_id = in_hand(txn, add_team(txn))
    settled(txn, (message_id, Sent(("",))))
    assert standing(txn, message_id)[0] is State.SENT
    assert column(txn, "refs", message_id) is None


def test_an_id_that_a_carrier_uses_again_means_the_newer_message(txn):
    team = add_team(txn)
    older, newer = sent(txn, team, "a"), sent(txn, team, "a")
    assert rows(txn, WAITING, id=older) == [(f"a~{older}", 1, False)]
    told(txn, delivered("a"))
    assert (standing(txn, older)[0], standing(txn, newer)[0]) == (State.SENT, State.DELIVERED)


def test_an_id_that_a_carrier_uses_twice_in_one_batch_means_the_newer_message(txn):
    team = add_team(txn)
    older, newer = in_hand(txn, team), in_hand(txn, team)
    pair = (older, Sent(("a",))), (newer, Sent(("a",)))
    for _ in range(2):
        settled(txn, *pair)
    assert rows(txn, WAITING, id=newer) == [("a", 1, False)]
    ((ref, _, _),) = rows(txn, WAITING, id=older)
    assert ref != "a"


def test_parts_that_all_got_one_id_are_all_waited_for(txn):
    message_id = in_hand(txn, add_team(txn), 3)
    settled(txn, (message_id, Sent(("a", "a", "a"))))
    assert len(rows(txn, WAITING, id=message_id)) == 3


def test_the_same_id_of_two_carriers_is_two_ids(txn):
    team = add_team(txn)
    first, second = in_hand(txn, team), in_hand(txn, team)
    settled(txn, (first, Sent(("a",))), carrier=1)
    settled(txn, (second, Sent(("a",))), carrier=2)
    told(txn, delivered("a", carrier_id=2))
    assert (standing(txn, first)[0], standing(txn, second)[0]) == (State.SENT, State.DELIVERED)


# Receipts that come before the answer.


def test_a_receipt_that_came_before_the_answer_is_settled_with_it(txn):
    message_id = in_hand(txn, add_team(txn))
    assert told(txn, delivered("a")) == [None]
    (notice,) = notices_of(settled(txn, (message_id, Sent(("a",)))))
    assert (notice.message_id, notice.state) == (message_id, State.DELIVERED)
    assert standing(txn, message_id)[0] is State.DELIVERED
    assert count(txn, "parked_report") == 0
    assert count(txn, "awaiting") == 0


def test_an_early_failure_is_settled_with_its_reason(txn):
    message_id = in_hand(txn, add_team(txn))
    told(txn, failed("a", Failure.EXPIRED, error="042"))
    (notice,) = notices_of(settled(txn, (message_id, Sent(("a",)))))
    assert (notice.state, notice.failure, notice.error) == (State.FAILED, Failure.EXPIRED, "042")


def test_early_receipts_go_to_their_own_carrier_s_messages(txn):
    message_id = in_hand(txn, add_team(txn))
    told(txn, delivered("a", carrier_id=2))
    assert notices_of(settled(txn, (message_id, Sent(("a",))), carrier=1)) == []
    assert count(txn, "parked_report") == 1


def test_each_settlement_gets_the_notices_of_its_own_message(txn):
    team = add_team(txn)
    ids = [in_hand(txn, team) for _ in range(4)]
    told(txn, delivered("b"))
    answers = [Sent(("a",)), Sent(("b",)), REFUSED, Later(1, "busy")]
    found = settled(txn, *zip(ids, answers, strict=True))
    assert [[notice.message_id for notice in each.notices] for each in found] == [[], [ids[1]], [ids[2]], []]


# Later.


def test_a_message_that_is_put_off_is_nobody_s_until_its_time(txn):
    message_id = in_hand(txn, add_team(txn))
    settled(txn, (message_id, Later(30, "throttled", "0x00000058")), carrier=4)
    assert rows(txn, PENDING, id=message_id, delay_s=30) == [(None, True, 0)]
    assert rows(txn, EVENTS, id=message_id) == [("postponed", 1, 4, "0x00000058", "throttled")]
    assert standing(txn, message_id)[0] is State.QUEUED


def test_putting_off_again_what_was_put_off_changes_nothing(txn):
    message_id = in_hand(txn, add_team(txn), 2)
    for _ in range(2):
        settled(txn, (message_id, Later(30, "busy", refs=("a", None))))
    assert column(txn, "refs", message_id) == "a"
    assert len(rows(txn, EVENTS, id=message_id)) == 1


def test_an_answer_to_an_earlier_attempt_does_not_take_a_message_out_of_another_hand(txn):
    message_id = in_hand(txn, add_team(txn))
    txn.execute("UPDATE pending SET claimed_by = NULL")
    run = add_run(txn)
    claimed(txn, run, message_id)
    settled(txn, (message_id, Later(30, "busy")), attempt=1)
    assert rows(txn, PENDING, id=message_id, delay_s=0)[0][0] == run


def test_a_receipt_for_a_part_may_come_while_the_rest_of_the_message_waits(txn):
    message_id = in_hand(txn, add_team(txn), 2)
    settled(txn, (message_id, Later(0, "busy", refs=("a", None))))
    assert told(txn, delivered("a")) == [None]
    assert standing(txn, message_id) == (State.QUEUED, 1, 0, None)
    settled(txn, (message_id, Sent((None, "b"))), attempt=2)
    assert standing(txn, message_id) == (State.SENT, 1, 0, None)
    assert told(txn, delivered("b"))[0].state is State.DELIVERED


# Never.


def test_a_message_that_no_carrier_took_has_failed_and_is_paid_back(txn):
    team = add_team(txn, 10)
    message_id = in_hand(txn, team, 3)
    (notice,) = notices_of(settled(txn, (message_id, REFUSED)))
    assert (notice.state, notice.failure, notice.error, notice.parts) == (
        State.FAILED,
        Failure.REFUSED,
        REFUSED.code,
        3,
    )
    assert standing(txn, message_id) == (State.FAILED, 0, 3, "refused")
    assert [column(txn, name, message_id) for name in ("reason", "error")] == [REFUSED.reason, REFUSED.code]
    assert balance(txn, team) == 10
    assert rows(txn, EVENTS, id=message_id) == [("refused", 1, 1, REFUSED.code, REFUSED.reason)]
    assert count(txn, "pending") == 0


def test_a_refund_is_made_once_however_often_the_answer_comes(txn):
    team = add_team(txn, 10)
    message_id = in_hand(txn, team)
    for _ in range(2):
        settled(txn, (message_id, REFUSED))
    assert balance(txn, team) == 10
    assert len(rows(txn, EVENTS, id=message_id)) == 1
    assert count(txn, "spool") == 1


def test_one_commit_pays_back_many_messages_of_many_teams(txn):
    teams = [add_team(txn, 10), add_team(txn, 20)]
    ids = [in_hand(txn, team, parts, carrier_id=add_carrier(txn)) for team in teams for parts in (1, 2, 3)]
    settled(txn, *((message_id, REFUSED) for message_id in ids), carrier=add_carrier(txn))
    assert [balance(txn, team) for team in teams] == [10, 20]
    assert wrong(txn) == []


def test_parts_that_a_carrier_took_are_not_paid_back(txn):
    team = add_team(txn, 10)
    message_id = in_hand(txn, team, 4, price_units=8)
    settled(txn, (message_id, Later(0, "busy", refs=("a", None, None, None))))
    in_hand_again(txn, message_id)
    settled(txn, (message_id, Never(Failure.REFUSED, "no", refs=(None, None, "c", None))), attempt=2)
    assert balance(txn, team) == 10 - 2 * 2
    assert column(txn, "refs", message_id) == "a c"
    assert standing(txn, message_id)[0] is State.FAILED


def test_a_message_whose_every_part_was_taken_is_not_paid_back(txn):
    team = add_team(txn, 10)
    message_id = in_hand(txn, team, 2)
    settled(txn, (message_id, Never(Failure.EXPIRED_UNSENT, "too late", refs=("a", "b"))))
    assert balance(txn, team) == 8


def test_receipts_for_parts_of_a_message_that_failed_tell_the_team_nothing_more(txn):
    team = add_team(txn, 10)
    for heard in (delivered, failed):
        message_id = in_hand(txn, team, 3)
        settled(txn, (message_id, Later(0, "busy", refs=("a", None, None))))
        in_hand_again(txn, message_id)
        assert (
            len(notices_of(settled(txn, (message_id, Never(Failure.REFUSED, "no", refs=(None, "b", None))), attempt=2)))
            == 1
        )
        assert told(txn, heard("a"), heard("b")) == [None, None]
        assert standing(txn, message_id)[0::3] == (State.FAILED, "refused")
        txn.execute("DELETE FROM awaiting")
    assert count(txn, "spool") == 2
    assert wrong(txn, "configured", "claims") == []


def test_a_failure_is_told_to_those_who_wish_it_and_came_by_smpp(txn):
    team = add_team(txn)
    wishes = [(Origin.SMPP, wish) for wish in Wish] + [(Origin.API, Wish.ALL)]
    ids = [in_hand(txn, team, origin=origin, wish=wish) for origin, wish in wishes]
    found = notices_of(settled(txn, *((message_id, REFUSED) for message_id in ids)))
    assert {notice.message_id for notice in found} == {ids[Wish.ALL], ids[Wish.FAILURES]}


def test_no_answers_are_no_work(txn):
    assert settle(txn, []) == []


def test_what_a_carrier_says_may_hold_any_character(txn):
    team = add_team(txn)
    taken, refused, put_off = (in_hand(txn, team) for _ in range(3))
    odd = 'a\x00b"\\u0000\u2028'
    told(txn, delivered("e" + odd))
    found = settled(
        txn, (taken, Sent((odd,))), (refused, Never(Failure.REFUSED, odd, odd)), (put_off, Later(1, odd, odd))
    )
    assert len(notices_of(found)) == 1
    assert told(txn, delivered(odd))[0].message_id == taken


# Messages that nobody took in time.


def test_what_no_carrier_took_in_time_has_failed_and_is_paid_back(txn):
    team = add_team(txn, 10)
    ids = accepted(txn, team, 3, expires_at_ms=NOW_MS - HOUR_MS, parts=2, carrier_id=6, lane=Lane.BULK)
    accepted(txn, team)
    over, notices = expire_some(txn, 2)
    assert (over, [notice.message_id for notice in notices]) == (2, ids[:2])
    assert expire_some(txn, 2)[0] == 1
    assert expire_some(txn, 2) == (0, [])
    assert standing(txn, ids[0]) == (State.FAILED, 0, 2, "expired_unsent")
    assert column(txn, "carrier_id", ids[0]) == 6
    assert balance(txn, team) == 9


def test_what_a_process_has_in_hand_is_not_taken_away_when_it_expires(txn):
    in_hand(txn, add_team(txn), expires_at_ms=NOW_MS - HOUR_MS)
    assert expire_some(txn, 10) == (0, [])


def test_a_settlement_says_when_and_on_which_attempt(txn):
    message_id = in_hand(txn, add_team(txn))
    settle(txn, [Settlement(message_id, 1, 9, NOW_MS - 5, Sent(("a",)))])
    assert column(txn, "attempts", message_id) == 9


def test_refunds_take_the_teams_in_the_order_in_which_charges_do(database_dsn):
    opened, other = connect(database_dsn, "tests"), connect(database_dsn, "refunds")
    teams = [in_transaction(opened, add_team) for _ in range(8)]
    ids = [in_transaction(opened, in_hand, team) for team in reversed(teams)]
    with opened.cursor() as txn:
        lock(txn, teams[-1])
        refunding = threading.Thread(target=lambda: in_transaction(other, settled, *((each, REFUSED) for each in ids)))
        refunding.start()
        while not one(txn, BLOCKED):
            pass
        for team in teams[:-1]:
            txn.execute("SAVEPOINT before")
            with pytest.raises(psycopg2.errors.LockNotAvailable):
                lock(txn, team)
            txn.execute("ROLLBACK TO before")
    opened.rollback()
    refunding.join()
    assert [in_transaction(opened, balance, team) for team in teams] == [1000] * 8
    opened.close()
    other.close()


def lock(txn, team):
    txn.execute("SELECT FROM team WHERE id = %(team)s FOR UPDATE NOWAIT", {"team": team})


# In doubt: a COMMIT of which nobody knows whether it happened.


def again(txn, message_id, outcome, attempt=1):
    return settle_again(txn, [Settlement(message_id, 1, attempt, NOW_MS, outcome)])


def test_what_was_settled_before_the_doubt_is_left_alone(txn):
    message_id = in_hand(txn, add_team(txn))
    settled(txn, (message_id, Sent(("a",))))
    told(txn, delivered("a"))
    before = standing(txn, message_id)
    assert again(txn, message_id, Sent(("a",))) == [Settled()]
    assert standing(txn, message_id) == before == (State.DELIVERED, 0, 0, None)
    assert rows(txn, WAITING, id=message_id) == []


def test_what_was_not_settled_before_the_doubt_is_settled_now(txn):
    team = add_team(txn)
    done, left = in_hand(txn, team), in_hand(txn, team)
    settled(txn, (done, Sent(("a",))))
    batch = [Settlement(each, 1, 1, NOW_MS, outcome) for each, outcome in ((done, Sent(("a",))), (left, REFUSED))]
    assert [len(follows.notices) for follows in settle_again(txn, batch)] == [0, 1]
    assert standing(txn, left)[0] is State.FAILED


def test_a_receipt_in_doubt_that_fits_nothing_is_not_kept_for_another_message(txn):
    message_id = in_hand(txn, add_team(txn))
    settled(txn, (message_id, Sent(("a",))))
    told(txn, delivered("a"))
    assert report_again(txn, [delivered("a")]) == [None]
    assert count(txn, "parked_report") == 0


# Carriers that give no id.


def test_a_part_that_the_carrier_gave_no_id_is_awaited_and_given_up_in_its_time(txn):
    message_id = in_hand(txn, add_team(txn))
    settled(txn, (message_id, Sent(("",))))
    assert standing(txn, message_id) == (State.SENT, 1, 0, None)
    txn.execute("UPDATE awaiting SET sent_at = now() - interval '73 hours'")
    assert give_up(txn, 72, 10) == (1, 1)
    assert standing(txn, message_id) == (State.SENT, 0, 0, "no_receipt")


def test_a_receipt_that_was_parked_long_ago_is_of_an_earlier_use_of_its_id(txn):
    told(txn, delivered("a"))
    txn.execute("UPDATE parked_report SET at = now() - interval '2 hours'")
    message_id = in_hand(txn, add_team(txn))
    settled(txn, (message_id, Sent(("a",))))
    assert standing(txn, message_id)[0] is State.SENT
