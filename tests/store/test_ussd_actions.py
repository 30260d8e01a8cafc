"""What menus give to do: each done once and wholly, in the transaction in which its row goes; what fails is tried again or given up."""

import contextlib

import orjson
import pytest

from mobilesasa.core.errors import BadRecipient, NoRoute, NotFound
from mobilesasa.store import groups, ussd_actions, ussd_keeping, ussd_sessions
from mobilesasa.store.database import connect, in_transaction
from mobilesasa.store.ussd_actions import RETRIES_S, Means
from mobilesasa.ussd.model import AddToGroup, SendSms, StartSurvey, Webhook
from mobilesasa.ussd.reading import action_json
from mobilesasa.ussd.repeats import STATE_MS
from mobilesasa.ussd.views import WantedSessions
from mobilesasa.ussd.visits import Act
from tests.store.given import NOW_MS, add_team, balance, count, new_id, one, priced, rows
from tests.store.people import give_group
from tests.store.ussd import PHONE, Phone, give_code, give_extension, give_menu, uuid

INVITED = "CREATE TEMPORARY TABLE invited (team integer, survey text, phone text)"
AGO = "UPDATE ussd_session SET last_at = last_at - %(s)s * interval '1 second', ended_at = ended_at - %(s)s * interval '1 second'"


def invite(txn, team_id, uuid, phone, at_ms):
    """A survey that is there for all but one team."""
    if uuid == "gone":
        raise NotFound("there is no such survey")
    txn.execute("INSERT INTO invited VALUES (%s, %s, %s)", (team_id, uuid, phone))


MEANS = Means(invite, uuid, lambda: NOW_MS)

pytestmark = pytest.mark.each_postgres


@pytest.fixture
def team(txn):
    txn.execute(INVITED)
    return add_team(txn, 2)


def stored(txn, team, action, session=None, n=1, msisdn=PHONE):
    """An action with its row."""
    act = Act(session or new_id(), n, team, 1, msisdn, action)
    txn.execute(
        "INSERT INTO ussd_action (session_id, n, team_id, menu_id, kind, given, msisdn, due_at)"
        " VALUES (%s, %s, %s, 1, %s, %s, %s, now())",
        (act.session_id, n, team, action_json(action)["kind"], orjson.dumps(action_json(action)).decode(), msisdn),
    )
    return act


def text(act, team, **says):
    return act, priced(team, recipient=act.msisdn, **says)


def left(txn):
    return rows(txn, "SELECT attempts, problem, due_at IS NULL FROM ussd_action")


def test_a_message_is_stored_and_charged_as_its_row_goes(txn, team):
    act = stored(txn, team, SendSms(sender_id="ACME", text="Hello"))
    done = ussd_actions.do(txn, [text(act, team)], MEANS)
    assert (len(done.messages), done.troubles, left(txn)) == (1, (), [])
    assert (count(txn, "message"), balance(txn, team)) == (1, 1)


def test_what_was_done_is_not_done_again(txn, team):
    act = stored(txn, team, SendSms(sender_id="ACME", text="Hello"))
    ussd_actions.do(txn, [text(act, team)], MEANS)
    assert ussd_actions.do(txn, [text(act, team)], MEANS).messages == ()
    assert count(txn, "message") == 1


def test_a_message_that_nobody_can_pay_for_is_tried_again_and_given_up_at_last(txn, team):
    act = stored(txn, team, SendSms(sender_id="ACME", text="Hello"))
    for attempt in range(len(RETRIES_S)):
        (trouble,) = ussd_actions.do(txn, [text(act, team, parts=5)], MEANS).troubles
        assert (trouble.given_up, left(txn)[0][0]) == (False, attempt + 1)
    (trouble,) = ussd_actions.do(txn, [text(act, team, parts=5)], MEANS).troubles
    assert trouble.given_up
    assert ussd_actions.do(txn, [text(act, team)], MEANS).messages == ()


@pytest.mark.parametrize(("refusal", "given_up"), [(BadRecipient("no number"), True), (NoRoute("no carrier"), False)])
def test_a_message_that_is_refused_is_given_up_unless_that_may_pass(txn, team, refusal, given_up):
    act = stored(txn, team, SendSms(sender_id="ACME", text="Hello"))
    (trouble,) = ussd_actions.do(txn, [(act, refusal)], MEANS).troubles
    assert (trouble.problem, trouble.given_up) == (str(refusal), given_up)


def test_somebody_joins_a_group_and_is_invited_to_a_survey(txn, team):
    group = give_group(txn, team)
    acts = [stored(txn, team, AddToGroup(group.uuid)), stored(txn, team, StartSurvey("a-survey"))]
    assert ussd_actions.do(txn, [(act, None) for act in acts], MEANS).troubles == ()
    assert groups.find(txn, team, group.uuid).members == 1
    assert rows(txn, "SELECT * FROM invited") == [(team, "a-survey", PHONE)]
    assert left(txn) == []


def test_one_that_cannot_be_done_keeps_no_other_from_it(txn, team):
    group = give_group(txn, team)
    acts = [
        stored(txn, team, StartSurvey("gone")),
        stored(txn, team, AddToGroup(uuid())),
        stored(txn, team, AddToGroup(group.uuid)),
        stored(txn, team, AddToGroup(group.uuid), msisdn="hidden-7f3a"),
    ]
    done = ussd_actions.do(txn, [(act, None) for act in acts], MEANS)
    assert [trouble.given_up for trouble in done.troubles] == [True, True, True]
    assert groups.find(txn, team, group.uuid).members == 1


def test_what_is_due_is_found_with_all_that_is_needed(txn, team):
    act = stored(txn, team, SendSms(to="254700000001", sender_id="ACME", text="Hello"))
    assert ussd_actions.due(txn, 10) == [act]
    txn.execute("UPDATE ussd_action SET due_at = now() + interval '1 minute'")
    assert ussd_actions.due(txn, 10) == []


def test_a_call_is_claimed_once_and_ends_with_its_answer(txn, team):
    act = stored(txn, team, Webhook(url="https://acme.example/hook"))
    assert ussd_actions.claim(txn, [act]) == [act]
    assert ussd_actions.due(txn, 10) == []
    (trouble,) = ussd_actions.called(txn, act, "it answered 500")
    assert (trouble.given_up, left(txn)) == (False, [(1, "it answered 500", False)])
    assert ussd_actions.called(txn, act, None) == ()
    assert ussd_actions.claim(txn, [act]) == []


def test_what_can_never_be_done_is_given_up(txn, team):
    act = stored(txn, team, AddToGroup(uuid()))
    (trouble,) = ussd_actions.give_up(txn, act, "it cannot be kept")
    assert trouble.given_up
    assert ussd_actions.due(txn, 10) == []


def test_what_another_node_does_is_left_to_it(database_dsn):
    with (
        contextlib.closing(connect(database_dsn, "one")) as one_,
        contextlib.closing(connect(database_dsn, "two")) as two,
    ):
        team = in_transaction(one_, add_team, 10)
        act = in_transaction(one_, stored, team, SendSms(sender_id="ACME", text="Hello"))
        with one_.cursor() as first:
            assert len(ussd_actions.do(first, [text(act, team)], MEANS).messages) == 1
            assert in_transaction(two, ussd_actions.do, [text(act, team)], MEANS).messages == ()
            one_.commit()
        assert in_transaction(two, count, "message") == 1


# How long sessions are kept


@pytest.fixture
def phone(txn, team):
    give_code(txn)
    give_extension(txn, team, menu_uuid=give_menu(txn, team).uuid)
    phone = Phone(txn)
    phone.dial()
    return phone


def test_a_silent_session_is_dropped_and_counted_at_its_screen(txn, phone):
    assert ussd_keeping.drop(txn) == 0
    txn.execute(AGO, {"s": STATE_MS // 1000 + 60})
    assert (ussd_keeping.drop(txn, 1), ussd_keeping.drop(txn, 1)) == (1, 0)
    assert one(txn, "SELECT outcome FROM ussd_session") == "dropped"
    assert one(txn, 'SELECT "left" FROM ussd_screen') == 1


def test_what_was_typed_fades_when_nobody_goes_on(txn, phone):
    phone.type("2")
    phone.type("My secret")
    assert ussd_keeping.fade(txn) == 0
    txn.execute(AGO, {"s": STATE_MS // 1000 + 60})
    assert (ussd_keeping.fade(txn), ussd_keeping.fade(txn)) == (1, 0)
    assert one(txn, "SELECT concat(state, says, input, consumed) FROM ussd_session") == ""


GAVE_UP = "start_survey was given up: there is no such survey"


@pytest.fixture
def troubled(txn, team, phone):
    """A session of whose two actions one was given up, and one is tried again."""
    session = phone.dial(session="S2").visits[-1].id
    acts = [
        stored(txn, team, StartSurvey("gone"), session),
        stored(txn, team, SendSms(sender_id="ACME", text="Hello"), session, 2),
        stored(txn, team, SendSms(sender_id="ACME", text="Hello"), session, 3),
    ]
    ussd_actions.do(txn, [(acts[0], None), (acts[1], NoRoute("no carrier"))], MEANS)
    return session


def test_what_an_action_could_not_do_is_the_trouble_of_its_session(txn, team, phone, troubled):
    told = ussd_sessions.find(txn, team, troubled).trouble
    assert told == f"{GAVE_UP}; send_sms is tried again: no carrier"


def test_sessions_with_trouble_can_be_listed(txn, team, phone, troubled):
    listed = {
        flag: [
            each.uuid for each in ussd_sessions.page(txn, WantedSessions(team_id=team, troubled=flag), 10, 0, None)[0]
        ]
        for flag in (True, False, None)
    }
    assert (listed[True], len(listed[False]), len(listed[None])) == ([troubled], 1, 2)
    txn.execute("DELETE FROM ussd_action")
    txn.execute("UPDATE ussd_session SET trouble = 'x' WHERE id <> %s", (troubled,))
    (found,) = ussd_sessions.page(txn, WantedSessions(team_id=team, troubled=True), 10, 0, None)[0]
    assert (found.uuid != troubled, found.trouble) == (True, "x")


def test_the_trouble_of_a_session_stays_when_what_was_given_up_goes(txn, team, phone, troubled):
    txn.execute("UPDATE ussd_session SET trouble = 'the webhook of a: it answered 500' WHERE id = %s", (troubled,))
    txn.execute("UPDATE ussd_action SET created_at = now() - interval '8 days'")
    ussd_keeping.tidy(txn)
    txn.execute("DELETE FROM ussd_action")
    assert ussd_sessions.find(txn, team, troubled).trouble == f"the webhook of a: it answered 500; {GAVE_UP}"


def test_what_can_be_gone_on_with_does_not_fade(txn, phone):
    phone.over()
    txn.execute(AGO, {"s": STATE_MS // 1000 + 60})
    txn.execute("UPDATE ussd_session SET resumable_until = now() + interval '1 hour'")
    assert ussd_keeping.fade(txn) == 0


def test_sessions_go_after_their_days_and_what_was_given_up_as_well(txn, team, phone):
    phone.type("1")
    old = stored(txn, team, AddToGroup(uuid()))
    ussd_actions.give_up(txn, old, "no")
    assert ussd_keeping.forget(txn) == 0
    txn.execute("UPDATE ussd_session SET id = '01800000-0000-7000-8000-000000000001'")
    txn.execute("UPDATE ussd_action SET created_at = now() - interval '8 days'")
    txn.execute("UPDATE ussd_screen SET day = day - 800")
    assert ussd_keeping.forget(txn) == 1
    ussd_keeping.tidy(txn)
    assert [count(txn, table) for table in ("ussd_session", "ussd_action", "ussd_screen")] == [0, 0, 0]


def test_of_a_person_who_is_forgotten_nothing_is_left_but_that_there_was_a_session(txn, team, phone):
    phone.type("2")
    stored(txn, team, AddToGroup(uuid()))
    ussd_keeping.forget_person(txn, team, PHONE, "pseudonym", phone.at_ms + 3_600_000)
    known = rows(txn, "SELECT msisdn, state, says, input, outcome FROM ussd_session")
    assert known == [("pseudonym", None, None, "", "dropped")]
    assert count(txn, "ussd_action") == 0


def test_a_person_of_another_team_is_left_alone(txn, team, phone):
    ussd_keeping.forget_person(txn, add_team(txn), PHONE, "pseudonym", phone.at_ms + 3_600_000)
    assert one(txn, "SELECT msisdn FROM ussd_session") == PHONE
