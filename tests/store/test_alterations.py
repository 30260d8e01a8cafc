"""Asking for messages, taking them back and rewriting them, against PostgreSQL: the rows, the money, and the races."""

import pytest

from mobilesasa.core.alterations import (
    Altered,
    Cancel,
    CancelAll,
    Obstacle,
    Query,
    Reached,
    Replace,
    ReplaceLike,
    Rewritten,
    Unreadable,
)
from mobilesasa.core.model import Coding, Failure, Lane, Later, Origin, State, Wish
from mobilesasa.store import alterations, claims, messages
from mobilesasa.store.claims import Claim
from mobilesasa.store.database import in_transaction
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
    new_id,
    one,
    priced,
    rows,
    sent,
    settled,
    standing,
    told,
    wrong,
)
from tests.store.two import Two

EVENTS = "SELECT kind, attempt, reason FROM message_event WHERE message_id = %(id)s ORDER BY at"
PENDING = """
SELECT claimed_by, (extract(epoch FROM due_at) * 1000)::bigint, (extract(epoch FROM expires_at) * 1000)::bigint, attempts
FROM pending WHERE message_id = %(id)s
"""
SPOOLED = "SELECT state, failure FROM spool WHERE message_id = %(id)s"
TO = "254712345678"


def altered(txn, team, *batch) -> list[Altered]:
    return alterations.alter(txn, team, batch)


def obstacles(txn, team, *batch) -> list[object]:
    return [each.obstacle for each in altered(txn, team, *batch)]


def new(message_id, text="Ho", sender="", **changes) -> Replace:
    content = Rewritten(text, None, Coding.GSM7)
    known = {"contents": dict.fromkeys((0, 1, 3, 4, 8), content), "wish": Wish.NONE}
    return Replace(message_id, sender, **{**known, **changes})


def like(team, text="Ho", **changes) -> ReplaceLike:
    return ReplaceLike(priced(team, text=text, **changes))


# Whose message it is.


@pytest.mark.parametrize("ask", [Query, Cancel, new])
def test_a_message_of_another_team_is_an_unknown_one(txn, ask):
    team, other = add_team(txn), add_team(txn)
    (message_id,) = accepted(txn, team)
    assert obstacles(txn, other, ask(message_id), ask(new_id())) == [Obstacle.UNKNOWN] * 2
    assert standing(txn, message_id)[0] is State.QUEUED


@pytest.mark.parametrize("ask", [Query, Cancel, new])
def test_a_sender_that_is_named_must_be_its_own(txn, ask):
    team = add_team(txn)
    (message_id,) = accepted(txn, team)
    assert obstacles(txn, team, ask(message_id, sender="Textblast")) == [Obstacle.OTHER_SENDER]
    assert obstacles(txn, team, ask(message_id, sender="TextBlast")) == [None]


# Queries.


def test_a_query_tells_where_a_message_stands(txn):
    team = add_team(txn)
    (queued,) = accepted(txn, team)
    on_its_way, arrived = sent(txn, team, "a"), sent(txn, team, "b")
    told(txn, delivered("b", done_at_ms=NOW_MS + 7))
    found = [each.reached for each in altered(txn, team, Query(queued), Query(on_its_way), Query(arrived))]
    assert found[:2] == [Reached(State.QUEUED, None, None), Reached(State.SENT, None, None)]
    assert found[2] == Reached(State.DELIVERED, None, NOW_MS + 7)


def test_all_of_a_batch_is_done_in_order(txn):
    team = add_team(txn)
    (message_id,) = accepted(txn, team)
    before, _, after, again = altered(
        txn, team, Query(message_id), Cancel(message_id), Query(message_id), new(message_id)
    )
    assert (before.reached.state, after.reached.failure) == (State.QUEUED, Failure.CANCELLED)
    assert again.obstacle is Obstacle.IN_HAND


def test_nothing_asked_is_nothing_done(txn):
    assert altered(txn, add_team(txn)) == []


# Taking back.


def test_what_is_taken_back_has_failed_is_refunded_and_waits_no_more(txn):
    team = add_team(txn, 10)
    (message_id,) = accepted(txn, team, parts=3)
    assert obstacles(txn, team, Cancel(message_id)) == [None]
    assert standing(txn, message_id) == (State.FAILED, 0, 3, "cancelled")
    assert (balance(txn, team), count(txn, "pending")) == (10, 0)
    assert rows(txn, EVENTS, id=message_id) == [("cancelled", 0, "the team took it back")]
    assert column(txn, "done_at IS NOT NULL", message_id)
    assert wrong(txn, "configured") == []


def test_it_is_refunded_once_however_often_it_is_taken_back(txn):
    team = add_team(txn, 10)
    (message_id,) = accepted(txn, team)
    assert obstacles(txn, team, Cancel(message_id), Cancel(message_id)) == [None, None]
    assert obstacles(txn, team, Cancel(message_id)) == [None]
    assert balance(txn, team) == 10
    assert one(txn, "SELECT count(*) FROM ledger WHERE message_id = %(id)s AND kind = 'refund'", id=message_id) == 1
    assert count(txn, "spool") == 1


@pytest.mark.parametrize("wish", list(Wish))
@pytest.mark.parametrize("origin", list(Origin))
def test_a_receipt_is_owed_to_binds_that_asked_for_failures(txn, wish, origin):
    team = add_team(txn)
    (message_id,) = accepted(txn, team, wish=wish, origin=origin)
    (done,) = altered(txn, team, Cancel(message_id))
    owed = origin is Origin.SMPP and wish in (Wish.ALL, Wish.FAILURES)
    assert rows(txn, SPOOLED, id=message_id) == [(40, "cancelled")] * owed
    assert [(n.message_id, n.state, n.failure) for n in done.notices] == [
        (message_id, State.FAILED, Failure.CANCELLED)
    ] * owed


@pytest.mark.parametrize("ask", [Cancel, new])
def test_what_is_in_hand_or_sent_or_ended_stays_as_it_is(txn, ask):
    team, run = add_team(txn, 100), add_run(txn)
    (in_hand,) = accepted(txn, team)
    claimed(txn, run, in_hand)
    on_its_way, arrived = sent(txn, team, "a"), sent(txn, team, "b")
    told(txn, delivered("b"))
    assert obstacles(txn, team, ask(in_hand), ask(on_its_way), ask(arrived)) == [Obstacle.IN_HAND] * 3
    assert balance(txn, team) == 97


def test_what_a_carrier_took_in_part_cannot_be_taken_back(txn):
    team, run = add_team(txn), add_run(txn)
    (message_id,) = accepted(txn, team, parts=2)
    claimed(txn, run, message_id)
    settled(txn, (message_id, Later(30, "busy", refs=("a", None))))
    assert obstacles(txn, team, Cancel(message_id)) == [Obstacle.IN_HAND]


def test_what_was_put_off_or_is_scheduled_can_be_taken_back(txn):
    team, run = add_team(txn, 10), add_run(txn)
    put_off, scheduled = *accepted(txn, team), *accepted(txn, team, due_at_ms=NOW_MS + HOUR_MS)
    claimed(txn, run, put_off)
    settled(txn, (put_off, Later(30, "busy")))
    assert obstacles(txn, team, Cancel(put_off), Cancel(scheduled)) == [None, None]
    assert balance(txn, team) == 10


def test_all_that_wait_from_a_sender_to_a_number_are_taken_back(txn):
    team, other = add_team(txn, 100), add_team(txn)
    alike = accepted(txn, team, 3)
    spared = [
        *accepted(txn, team, sender="22141"),
        *accepted(txn, team, recipient="254712345679"),
        *accepted(txn, other),
    ]
    claimed(txn, add_run(txn), alike[0])
    (done,) = altered(txn, team, CancelAll("TextBlast", TO))
    assert [notice.message_id for notice in done.notices] == alike[1:]
    assert {standing(txn, each)[0] for each in [alike[0], *spared]} == {State.QUEUED}
    assert obstacles(txn, team, CancelAll("TextBlast", TO)) == [Obstacle.IN_HAND]
    assert obstacles(txn, team, CancelAll("Nobody", TO)) == [Obstacle.NONE_WAITS]


def test_a_service_type_narrows_what_is_taken_back(txn):
    team = add_team(txn)
    (plain,) = accepted(txn, team)
    (of_type,) = accepted(txn, team, options={"service_type": "VAL"})
    (done,) = altered(txn, team, CancelAll("TextBlast", TO, "VAL"))
    assert [notice.message_id for notice in done.notices] == [of_type]
    (done,) = altered(txn, team, CancelAll("TextBlast", TO))
    assert [notice.message_id for notice in done.notices] == [plain]


def test_what_is_taken_back_at_once_is_bounded(txn, monkeypatch):
    # ten thousand messages would be a slow way to say it
    monkeypatch.setattr(alterations, "CANCELLED_AT_ONCE", 2)
    team = add_team(txn)
    ids = accepted(txn, team, 3)
    (done,) = altered(txn, team, CancelAll("TextBlast", TO))
    assert [notice.message_id for notice in done.notices] == ids[:2]


# Rewriting.


def test_a_rewritten_message_keeps_its_id_price_and_place(txn):
    team = add_team(txn, 10)
    (message_id,) = accepted(txn, team, options={"protocol_id": 65, "intermediate": 0})
    (done,) = altered(txn, team, new(message_id, wish=Wish.FAILURES))
    assert (done.obstacle, done.message_id, done.place) == (None, message_id, (message_id, 1, Lane.TRANSACTIONAL))
    assert [column(txn, name, message_id) for name in ("text", "wish", "price_units", "options", "due_at")] == [
        "Ho", 2, 1, {"protocol_id": 65}, None,
    ]  # fmt: skip
    assert rows(txn, PENDING, id=message_id) == [(None, None, NOW_MS + 24 * HOUR_MS, 0)]
    assert rows(txn, EVENTS, id=message_id) == [("replaced", 0, "")]
    assert balance(txn, team) == 9
    assert wrong(txn, "configured") == []


def test_intermediate_receipts_can_be_asked_for_anew(txn):
    team = add_team(txn)
    (message_id,) = accepted(txn, team)
    altered(txn, team, new(message_id, steps=True))
    assert column(txn, "options", message_id) == {"intermediate": 0}
    altered(txn, team, new(message_id))
    assert column(txn, "options", message_id) is None


def test_what_is_rewritten_keeps_the_carriers_that_are_tried_next(txn):
    team = add_team(txn)
    (message_id,) = accepted(txn, team, fallbacks=(3, 2))
    altered(txn, team, new(message_id))
    assert one(txn, "SELECT fallbacks FROM pending WHERE message_id = %(id)s", id=message_id) == [3, 2]


def test_the_claim_gets_the_new_text(txn):
    team, run = add_team(txn), add_run(txn)
    (message_id,) = accepted(txn, team)
    altered(txn, team, new(message_id))
    (outbound,) = claimed(txn, run, message_id)
    assert (outbound.text, outbound.attempt) == ("Ho", 1)


def test_content_is_chosen_by_how_the_message_was_written(txn):
    team = add_team(txn)
    readings = {0: "gsm", 1: "ascii", 3: "latin", 8: "ucs"}
    contents = {coding: Rewritten(text, None, Coding.GSM7) for coding, text in readings.items()}
    contents[4] = Rewritten(None, b"\x00\xff", Coding.BINARY)
    given = [
        {"coding": Coding.GSM7},
        {"coding": Coding.UCS2},
        {"coding": Coding.UCS2, "options": {"data_coding": 3}},
        {"coding": Coding.GSM7, "options": {"data_coding": 1}},
        {"coding": Coding.BINARY, "text": None, "body": b"x"},
    ]
    ids = [accepted(txn, team, **changes)[0] for changes in given]
    altered(txn, team, *(new(message_id, contents=contents) for message_id in ids))
    assert [column(txn, "text", each) for each in ids] == ["gsm", "ucs", "latin", "ascii", None]
    assert bytes(column(txn, "body", ids[4])) == b"\x00\xff"


def test_content_that_cannot_be_read_for_this_message_changes_nothing(txn):
    team = add_team(txn)
    (message_id,) = accepted(txn, team)
    bad = Unreadable(0x13, "too long")
    assert obstacles(txn, team, new(message_id, contents={0: bad})) == [bad]
    assert column(txn, "text", message_id) == "Hi"


@pytest.mark.parametrize("changes", [{"parts": 2}, {"udh": b"\x05\x00\x03\x07\x02\x01"}])
def test_what_is_not_one_whole_message_cannot_be_rewritten(txn, changes):
    team = add_team(txn)
    (message_id,) = accepted(txn, team, **changes)
    assert obstacles(txn, team, new(message_id)) == [Obstacle.NOT_SINGLE]


def test_what_was_put_off_stays_put_off(txn):
    team, run = add_team(txn), add_run(txn)
    (message_id,) = accepted(txn, team)
    claimed(txn, run, message_id)
    settled(txn, (message_id, Later(3000, "busy")))
    before = rows(txn, PENDING, id=message_id)
    (done,) = altered(txn, team, new(message_id))
    assert (done.obstacle, done.place) == (None, None)
    assert rows(txn, PENDING, id=message_id) == before
    assert before[0][3] == 1


@pytest.mark.parametrize(
    ("changes", "due", "expires"),
    [
        ({}, 2, 6),
        ({"due_at_ms": NOW_MS + 3 * HOUR_MS}, 3, 7),
        ({"due_at_ms": NOW_MS + HOUR_MS}, 1, 6),
        ({"due_at_ms": 0}, None, 6),
        ({"expires_at_ms": NOW_MS + 3 * HOUR_MS}, 2, 3),
        ({"due_at_ms": NOW_MS + 8 * HOUR_MS, "expires_at_ms": NOW_MS + 9 * HOUR_MS}, 8, 9),
    ],
)
def test_times_of_a_scheduled_message(txn, changes, due, expires):
    team = add_team(txn)
    (message_id,) = accepted(txn, team, due_at_ms=NOW_MS + 2 * HOUR_MS, expires_at_ms=NOW_MS + 6 * HOUR_MS)
    (done,) = altered(txn, team, new(message_id, **changes))
    due_at_ms = None if due is None else NOW_MS + due * HOUR_MS
    assert rows(txn, PENDING, id=message_id) == [(None, due_at_ms, NOW_MS + expires * HOUR_MS, 0)]
    assert (done.place is None) is (due is not None)
    assert column(txn, "(extract(epoch FROM due_at) * 1000)::bigint", message_id) == due_at_ms


def test_a_message_must_not_expire_before_it_is_due(txn):
    team = add_team(txn)
    (message_id,) = accepted(txn, team, due_at_ms=NOW_MS + 2 * HOUR_MS)
    asked = new(message_id, expires_at_ms=NOW_MS + HOUR_MS)
    assert obstacles(txn, team, asked) == [Obstacle.EXPIRES_FIRST]
    assert column(txn, "text", message_id) == "Hi"


# In the place of one alike.


def test_the_newest_that_waits_alike_is_replaced(txn):
    team = add_team(txn, 10)
    older, newest = accepted(txn, team, 2)
    asked = like(team, wish=Wish.NONE, options={"flash": True}, due_at_ms=NOW_MS + HOUR_MS)
    (done,) = altered(txn, team, asked)
    assert (done.obstacle, done.message_id, done.place) == (None, newest, None)
    assert [column(txn, "text", each) for each in (older, newest)] == ["Hi", "Ho"]
    assert (column(txn, "options", newest), column(txn, "wish", newest)) == ({"flash": True}, 0)
    assert balance(txn, team) == 8
    assert wrong(txn, "configured") == []


@pytest.mark.parametrize(
    "changes",
    [
        {"sender": "22141"},
        {"recipient": "254712345679"},
        {"options": {"service_type": "VAL"}},
        {"origin": Origin.API},
        {"parts": 2},
        {"udh": b"\x05\x00\x03\x07\x02\x01"},
    ],
)
def test_one_that_is_not_alike_is_not_replaced(txn, changes):
    team = add_team(txn)
    accepted(txn, team, **changes)
    accepted(txn, add_team(txn))
    assert obstacles(txn, team, like(team)) == [Obstacle.NONE_WAITS]


def test_of_one_service_type_only_the_same_is_replaced(txn):
    team = add_team(txn)
    accepted(txn, team)
    assert obstacles(txn, team, like(team, options={"service_type": "VAL"})) == [Obstacle.NONE_WAITS]
    (of_type,) = accepted(txn, team, options={"service_type": "VAL"})
    assert altered(txn, team, like(team, options={"service_type": "VAL"}))[0].message_id == of_type


def test_one_in_hand_or_sent_is_not_replaced(txn):
    team = add_team(txn)
    (in_hand,) = accepted(txn, team)
    claimed(txn, add_run(txn), in_hand)
    sent(txn, team, "a")
    assert obstacles(txn, team, like(team)) == [Obstacle.NONE_WAITS]


def test_a_story_tells_what_was_altered(txn):
    team = add_team(txn)
    (message_id,) = accepted(txn, team)
    altered(txn, team, new(message_id), Cancel(message_id))
    story = messages.find(txn, team, message_id)
    assert {event.kind for event in story.events} == {"replaced", "cancelled"}
    assert story.progress.failure is Failure.CANCELLED


# Races.


class Altering(Two):
    """Two processes, and a team with units."""

    def __init__(self, dsn: str) -> None:
        super().__init__(dsn)
        self.team, self.run = self.do(self._begin)

    def _begin(self, txn):
        add_carrier(txn)
        return add_team(txn, 10), add_run(txn)

    def accepted(self, **changes):
        return self.do(accepted, self.team, **changes)[0]


@pytest.fixture
def two(database_dsn):
    made = Altering(database_dsn)
    yield made
    made.close()


def test_a_claim_that_comes_while_a_message_is_taken_back_finds_nothing(two):
    message_id = two.accepted()
    with two.first.cursor() as txn:
        assert obstacles(txn, two.team, Cancel(message_id)) == [None]
        end = two.meanwhile(claims.claim, [Claim(message_id, two.run)])
    assert end() == [None]
    assert in_transaction(two.first, balance, two.team) == 10
    assert in_transaction(two.first, wrong) == []


def test_a_cancel_that_comes_while_a_message_is_claimed_fails(two):
    message_id = two.accepted()
    with two.first.cursor() as txn:
        assert claims.claim(txn, [Claim(message_id, two.run)])[0] is not None
        end = two.meanwhile(alterations.alter, two.team, [Cancel(message_id)])
    assert [each.obstacle for each in end()] == [Obstacle.IN_HAND]
    assert in_transaction(two.first, balance, two.team) == 9


def test_a_claim_that_comes_while_a_message_is_rewritten_never_gets_the_old_text(two):
    message_id = two.accepted()
    with two.first.cursor() as txn:
        assert obstacles(txn, two.team, new(message_id)) == [None]
        end = two.meanwhile(claims.claim, [Claim(message_id, two.run)])
    assert end() == [None]
    (again,) = in_transaction(two.second, claims.claim, [Claim(message_id, two.run)])
    assert again.text == "Ho"


@pytest.mark.parametrize("ask", [new, lambda _: CancelAll("TextBlast", TO)])
def test_what_comes_while_a_message_is_claimed_leaves_it_alone(two, ask):
    message_id = two.accepted()
    with two.first.cursor() as txn:
        claims.claim(txn, [Claim(message_id, two.run)])
        end = two.meanwhile(alterations.alter, two.team, [ask(message_id)])
    assert [each.obstacle for each in end()] == [Obstacle.IN_HAND]


def test_a_replacement_that_comes_while_the_only_one_alike_is_claimed_finds_none(two):
    message_id = two.accepted()
    with two.first.cursor() as txn:
        claims.claim(txn, [Claim(message_id, two.run)])
        end = two.meanwhile(alterations.alter, two.team, [like(two.team)])
    assert [each.obstacle for each in end()] == [Obstacle.NONE_WAITS]


def test_two_who_take_back_the_same_message_refund_it_once(two):
    message_id = two.accepted()
    with two.first.cursor() as txn:
        alterations.alter(txn, two.team, [Cancel(message_id)])
        end = two.meanwhile(alterations.alter, two.team, [Cancel(message_id)])
    assert [each.obstacle for each in end()] == [None]
    assert in_transaction(two.first, balance, two.team) == 10
    assert in_transaction(two.first, count, "spool") == 1
    assert in_transaction(two.first, wrong) == []
