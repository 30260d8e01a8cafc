"""Rounds of the machine: what phones say moves conversations in the transaction that says the next thing to them."""

import contextlib
import threading

import attrs
import pytest

from mobilesasa.core.actors import NODE
from mobilesasa.core.errors import BadRecipient, NoRoute
from mobilesasa.core.model import Lane
from mobilesasa.store import suppressions, survey_rounds, surveys
from mobilesasa.store.database import connect, in_transaction
from mobilesasa.store.survey_inbox import CHANNEL
from mobilesasa.store.survey_inviting import send
from mobilesasa.store.survey_rounds import TRIES, Rounds
from mobilesasa.surveys.conversing import HOUR_MS, TRY_AGAIN_MS
from mobilesasa.surveys.model import Conduct, Reason, Status
from mobilesasa.surveys.turns import Done, Turn
from mobilesasa.surveys.views import People, Standing
from tests.store.given import NOW_MS, balance, count, one, rows, wrong
from tests.store.people import run
from tests.store.surveying import AGAIN, CODE, FARM, OTHER, PHONE, Rig, values

pytestmark = pytest.mark.each_postgres

DAY_MS = 24 * HOUR_MS


@pytest.fixture
def rig(txn):
    return Rig(txn)


def invite(rig, made, *phones):
    return send(rig.txn, NODE, rig.team, made.uuid, People((), phones), rig.now_ms, rig.directory.now, rig.judge)


def standing(rig, made):
    return surveys.standings(rig.txn, [made])[0]


def look(rig):
    return survey_rounds.look(rig.txn, rig.now_ms)


def test_a_conversation_begins_by_its_keyword_and_goes_to_its_end(rig):
    made = rig.published()
    done = rig.hear("farm")
    assert (done.count, [message.text for message in done.stored]) == (1, ["liked?"])
    rig.hear("4")
    rig.hear("more maize")
    response = rig.only(made)
    assert (response.status, response.reason, values(response)) == (Status.COMPLETED, None, [4, "more maize"])
    assert rig.texts() == ["liked?", "more?", "Asante"]
    assert (balance(rig.txn, rig.team), rig.inbox) == (97, 0)
    assert standing(rig, made) == Standing(completed=1)
    assert wrong(rig.txn) == []


def test_what_is_said_to_somebody_who_answers_goes_before_what_invites(rig):
    made = rig.published()
    invite(rig, made, PHONE)
    rig.begin()
    rig.hear("4")
    assert rig.lanes() == [Lane.BULK, Lane.TRANSACTIONAL]


def test_only_what_comes_to_a_code_of_a_survey_waits_for_the_machine(rig):
    rig.comes("farm")
    assert rig.inbox == 0
    surveys.create(rig.txn, NODE, rig.team, "50000000-0000-4000-9000-000000000001", FARM, NOW_MS)
    rig.comes("farm")
    assert rig.inbox == 0
    rig.published(attrs.evolve(FARM, keyword="fish"))
    rig.comes("farm", destination="22142")
    assert rig.inbox == 0
    rig.comes("farm", destination=f"+{CODE}")
    rig.comes("farm")
    assert (rig.inbox, look(rig)) == (2, {Turn.HEAR})


def test_the_machine_is_told_of_what_comes_to_such_a_code_and_of_nothing_else(database_dsn):
    with (
        contextlib.closing(connect(database_dsn, "tests")) as opened,
        contextlib.closing(connect(database_dsn, "ear")) as ear,
    ):
        ear.autocommit = True
        with ear.cursor() as listening:
            listening.execute(f"LISTEN {CHANNEL}")
            rig = in_transaction(opened, Rig)
            in_transaction(opened, lambda txn: with_txn(rig, txn).comes("farm"))
            listening.execute("SELECT")
            assert ear.notifies == []
            in_transaction(opened, lambda txn: with_txn(rig, txn).published())
            listening.execute("SELECT")
            ear.notifies.clear()
            in_transaction(opened, lambda txn: with_txn(rig, txn).comes("farm", "farm"))
            listening.execute("SELECT")
            assert len(ear.notifies) == 1


def with_txn(rig, txn):
    rig.txn = txn
    return rig


def test_texts_are_heard_in_the_order_in_which_they_came_however_many_at_once(rig):
    made = rig.published()
    rig.comes("farm")
    rig.comes("farm", phone=OTHER)
    survey_rounds.hear(rig.txn, rig.works, 500)
    rig.taken(Done())
    rig.comes("banana", "3")
    rig.comes("5", phone=OTHER)
    assert [survey_rounds.hear(rig.txn, rig.works, 2).count for _ in range(3)] == [2, 1, 0]
    assert [values(each) for each in rig.responses(made)] == [[3], [5]]


def test_a_round_that_is_undone_leaves_all_as_it_was_and_the_next_one_does_it(rig):
    made = rig.published()
    rig.comes("farm")
    rig.txn.execute("SAVEPOINT killed")
    survey_rounds.hear(rig.txn, rig.works, 500)
    rig.txn.execute("ROLLBACK TO SAVEPOINT killed")
    assert (rig.inbox, rig.responses(made), rig.texts()) == (1, [], [])
    rig.taken(survey_rounds.hear(rig.txn, rig.works, 500))
    assert (rig.texts(), rig.only(made).status) == (["liked?"], Status.IN_PROGRESS)


def test_two_rounds_at_once_come_one_after_the_other_and_ask_once(database_dsn):
    first, second = connect(database_dsn, "first"), connect(database_dsn, "second")
    rig = in_transaction(first, Rig)
    in_transaction(first, lambda txn: with_txn(rig, txn).published())
    in_transaction(first, lambda txn: with_txn(rig, txn).comes("farm", "farm"))
    done: list[Done] = []
    with first.cursor() as txn:
        done.append(survey_rounds.hear(txn, rig.works, 500))
        other = threading.Thread(target=lambda: done.append(in_transaction(second, survey_rounds.hear, rig.works, 500)))
        other.start()
        first.commit()
        other.join()
    assert [each.count for each in done] == [2, 0]
    assert in_transaction(first, count, "survey_response") == 1
    first.close()
    second.close()


def test_what_is_no_text_moves_nothing_and_is_looked_at_once(rig):
    rig.published()
    rig.txn.execute("INSERT INTO survey_inbox (inbound_id) VALUES ('01900000-0000-7000-8000-000000000001')")
    assert (rig.hear().count, rig.inbox) == (1, 0)


def test_decision_80_stop_ends_a_conversation_and_nothing_more_is_said(rig):
    made = rig.published()
    rig.hear("farm")
    rig.comes("STOP")
    suppressions.add(rig.txn, NODE, rig.team, PHONE, CODE, "stop")
    rig.taken(survey_rounds.hear(rig.txn, rig.works, 500))
    assert (rig.only(made).reason, rig.texts()) == (Reason.STOP, ["liked?"])
    assert rig.hear("farm").stored == ()
    assert standing(rig, made) == Standing(expired=1)  # who is asked nothing has no response
    assert wrong(rig.txn) == []


def test_decision_81_who_is_asked_by_one_survey_is_asked_by_the_next_when_that_has_ended(rig):
    one_, other = rig.published(), rig.published(attrs.evolve(FARM, keyword="fish"))
    invite(rig, one_, PHONE)
    invite(rig, other, PHONE, OTHER)
    assert rig.begin().count == 3
    assert (rig.texts(), rig.texts(OTHER), rig.waiting) == (["liked?"], ["liked?"], 1)
    assert Turn.BEGIN not in look(rig)
    rig.hear("4")
    rig.hear("good")
    assert rig.only(one_).status is Status.COMPLETED
    assert (Turn.BEGIN in look(rig), rig.begin().count) == (True, 1)
    assert [each.phone for each in rig.responses(other)] == [OTHER, PHONE]
    assert (rig.waiting, wrong(rig.txn)) == (0, [])


def test_the_keyword_of_another_survey_waits_for_the_end_of_this_one(rig):
    rig.published()
    other = rig.published(attrs.evolve(FARM, keyword="fish"))
    rig.hear("farm")
    rig.hear("fish")
    assert (standing(rig, other), rig.begin().count) == (Standing(waiting=1), 0)
    rig.hear("4")
    rig.hear("good")
    rig.begin()
    assert standing(rig, other) == Standing(in_progress=1)
    assert wrong(rig.txn) == []


def test_a_keyword_that_comes_with_the_last_answer_need_not_wait(rig):
    rig.published()
    other = rig.published(attrs.evolve(FARM, keyword="fish"))
    rig.hear("farm")
    rig.hear("fish", "STOP")
    assert (standing(rig, other).waiting, look(rig)) == (1, {Turn.BEGIN})
    assert wrong(rig.txn) == []


def test_invitations_that_are_too_old_are_dropped_and_counted(rig):
    made = rig.published()
    invite(rig, made, PHONE, OTHER)
    surveys.pause(rig.txn, NODE, rig.team, made.uuid)
    assert rig.begin() == Done()
    rig.txn.execute("UPDATE survey_invitation SET expires_at = now() WHERE phone = %(phone)s", {"phone": PHONE})
    assert Turn.EXPIRE in look(rig)
    assert survey_rounds.expire(rig.txn, rig.works, 10).count == 1
    assert standing(rig, made) == Standing(waiting=1, lapsed=1)
    surveys.resume(rig.txn, NODE, rig.team, made.uuid)
    rig.begin()
    assert [each.phone for each in rig.responses(made)] == [OTHER]
    assert wrong(rig.txn) == []


def test_large_surveys_and_small_ones_begin_side_by_side(rig):
    large, small = rig.published(), rig.published(attrs.evolve(FARM, keyword="fish"))
    invite(rig, large, *(f"2547110001{n:02}" for n in range(20)))
    invite(rig, small, OTHER)
    rig.begin(limit=2)
    assert [standing(rig, each).in_progress for each in (large, small)] == [1, 1]


def test_who_has_completed_a_response_since_they_were_invited_is_not_asked_again(rig):
    made = rig.published()
    invite(rig, made, PHONE)
    rig.hear("farm")
    rig.hear("4")
    rig.hear("good")
    rig.begin()
    assert (standing(rig, made), rig.texts()[-1]) == (Standing(completed=1), "Asante")
    rig.hear("farm")
    assert rig.texts()[-1] == "You have answered this survey already. Thank you."
    assert wrong(rig.txn) == []


def test_a_survey_that_allows_it_is_answered_each_time(rig):
    made = rig.published(AGAIN)
    for _ in range(2):
        rig.hear("farm")
        rig.hear("4")
        rig.hear("good")
    assert [values(each) for each in rig.responses(made)] == [[4, "good"]] * 2


def test_what_cannot_be_paid_waits_and_is_said_when_it_can(txn):
    rig = Rig(txn, units=1)
    made = rig.published()
    rig.hear("farm")
    rig.hear("4")
    assert (rig.only(made).waits_for, rig.texts(), look(rig)) == ("insufficient_units", ["liked?"], set())
    rig.now_ms += TRY_AGAIN_MS
    assert look(rig) == {Turn.WAKE}
    assert rig.wake() == Done(1)
    rig.txn.execute("UPDATE team SET balance = 5")
    rig.txn.execute("INSERT INTO ledger (team_id, kind, units) VALUES (%s, 'topup', 5)", (rig.team,))
    rig.now_ms += TRY_AGAIN_MS
    rig.wake()
    assert (rig.only(made).waits_for, rig.texts()) == (None, ["liked?", "more?"])
    rig.hear("good")
    assert (rig.only(made).status, wrong(rig.txn)) == (Status.COMPLETED, [])


@pytest.mark.parametrize(
    ("refusal", "status"), [(NoRoute("no"), Status.IN_PROGRESS), (BadRecipient("no"), Status.EXPIRED)]
)
def test_what_no_carrier_takes_is_tried_again_and_what_is_no_number_is_not(rig, refusal, status):
    made = rig.published()
    rig.hear("farm")
    rig.verdict = lambda _: refusal
    rig.hear("4")
    assert (rig.only(made).status, rig.texts()) == (status, ["liked?"])
    assert wrong(rig.txn) == []


def test_somebody_is_reminded_and_then_it_lapses_after_48_hours(rig):
    made = rig.published()
    rig.hear("farm")
    began_ms = rig.only(made).started_at_ms
    rig.now_ms = began_ms + DAY_MS - 1
    assert look(rig) == set()
    rig.now_ms += 1
    rig.wake()
    rig.now_ms = began_ms + 2 * DAY_MS
    assert (look(rig), rig.wake().count, look(rig)) == ({Turn.WAKE}, 1, set())
    assert rig.texts() == ["liked?", "We are still waiting for your answer:\nliked?"]
    assert (rig.only(made).reason, standing(rig, made)) == (Reason.LAPSED, Standing(expired=1))
    assert wrong(rig.txn) == []


def test_a_question_that_waits_for_its_carrier_is_not_answered_and_one_that_left_is(rig):
    made = rig.published()
    rig.comes("farm")
    survey_rounds.hear(rig.txn, rig.works, 500)
    rig.now_ms += 60_000
    rig.comes("4")
    survey_rounds.hear(rig.txn, rig.works, 500)
    assert (values(rig.only(made)), rig.only(made).others) == ([], ("4",))
    rig.taken(Done())
    rig.hear("4")
    assert values(rig.only(made)) == [4]


def test_a_response_keeps_the_version_that_it_began_with(rig):
    made = rig.published()
    rig.hear("farm")
    changed = attrs.evolve(FARM, thanks="Kwaheri", keyword="shamba")
    made = surveys.change(rig.txn, NODE, made, changed, NOW_MS)
    made = surveys.publish(rig.txn, NODE, made, NOW_MS)
    rig.hear("4")
    rig.hear("good")
    rig.hear("shamba", phone=OTHER)
    assert rig.texts()[-1] == "Asante"
    assert [each.version for each in rig.responses(made)] == [1, 2]


def test_a_webhook_is_told_of_each_response_that_has_ended(rig):
    rig.txn.execute(
        """INSERT INTO webhook (uuid, team_id, url, events, secret)
           VALUES (gen_random_uuid(), %s, 'https://a.example/', '{survey.response}', 's')""",
        (rig.team,),
    )
    made = rig.published()
    rig.hear("farm")
    rig.hear("4")
    assert count(rig.txn, "webhook_event") == 0
    rig.hear("good")
    (data,) = rows(rig.txn, "SELECT data FROM webhook_event")[0]
    assert (data["uuid"], data["survey"], data["status"]) == (rig.only(made).uuid, made.uuid, "completed")
    assert [answer["value"] for answer in data["answers"]] == [4, "good"]


def test_closing_a_survey_ends_what_is_under_way_and_drops_who_was_invited(rig):
    made = rig.published()
    rig.hear("farm")
    invite(rig, made, OTHER)
    surveys.close(rig.txn, NODE, rig.team, made.uuid)
    rig.now_ms += HOUR_MS
    assert (standing(rig, made), look(rig)) == (Standing(in_progress=1), {Turn.WAKE})
    rig.wake()
    assert (rig.only(made).reason, standing(rig, made)) == (Reason.CLOSED, Standing(expired=1))
    rig.hear("farm")
    assert rig.texts()[-1] == "This survey is closed. Thank you."
    assert wrong(rig.txn) == []


def test_a_text_that_cannot_be_looked_at_is_left_alone_for_a_while_and_given_up_in_the_end(rig):
    rig.published()
    rig.comes("farm")
    assert survey_rounds.put_off_hearing(rig.txn, rig.now_ms) is not None
    assert (rig.inbox, look(rig)) == (1, set())
    rig.txn.execute("UPDATE survey_inbox SET due_at = now(), tries = %(tries)s", {"tries": TRIES - 1})
    assert survey_rounds.put_off_hearing(rig.txn, rig.now_ms) is None
    assert (rig.inbox, survey_rounds.put_off_hearing(rig.txn, rig.now_ms)) == (0, None)


def test_a_conversation_or_an_invitation_that_cannot_be_looked_at_holds_up_no_other(rig):
    made = rig.published()
    rig.hear("farm")
    rig.now_ms += DAY_MS
    assert survey_rounds.put_off_waking(rig.txn, rig.now_ms) == rig.only(made).uuid
    assert look(rig) == set()
    assert survey_rounds.put_off_waking(rig.txn, rig.now_ms) is None
    invite(rig, made, OTHER)
    assert survey_rounds.put_off_beginning(rig.txn, rig.now_ms) is not None
    assert (rig.begin(), survey_rounds.put_off_beginning(rig.txn, rig.now_ms)) == (Done(), None)
    assert wrong(rig.txn) == []


def test_the_machine_sees_at_once_what_there_is_to_do(rig):
    made = rig.published()
    assert look(rig) == set()
    invite(rig, made, PHONE)
    rig.comes("hello", phone=OTHER)
    assert look(rig) == {Turn.HEAR, Turn.BEGIN}


def test_definitions_are_read_once_and_a_few_are_kept(rig):
    made = rig.published(attrs.evolve(FARM, conduct=Conduct(reask=0)))
    known = rig.works.definitions
    first = known.of(rig.txn, {(made.id, 1)})
    rig.txn.execute("DELETE FROM survey_version")
    assert known.of(rig.txn, {(made.id, 1), (made.id, 2)}) == first
    assert one(rig.txn, "SELECT count(*) FROM survey") == 1


def test_the_machine_does_each_kind_by_its_name_on_the_pool(rig):
    asked: list[str] = []

    class Pool:
        async def run(self, name, function, *args):
            asked.append(name)
            return function(rig.txn, *args)

    rounds = Rounds(Pool(), rig.works)
    for call in (rounds.look(), *(rounds.do(turn, 1) for turn in Turn), *(rounds.put_off(turn) for turn in Turn)):
        run(call)
    assert asked == ["surveys.look", *(f"surveys.{turn}" for turn in Turn), *["surveys.put_off"] * 4]
