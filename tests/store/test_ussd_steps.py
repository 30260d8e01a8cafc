"""Steps of USSD sessions in the store: a batch in two statements, each event once, and nothing lost between them."""

import pytest

from mobilesasa.core.errors import BadValue, NotFound
from mobilesasa.core.ussd import Kind
from mobilesasa.store import ussd_keeping, ussd_sessions, ussd_steps
from mobilesasa.ussd.directory import CurrentDirectory
from mobilesasa.ussd.views import SessionStatus, WantedSessions
from mobilesasa.ussd.visits import Heard
from tests.store.given import add_team, count, one, rows
from tests.store.people import give
from tests.store.ussd import PHONE, Phone, give_code, give_extension, give_menu
from tests.ussd.menus import shop

pytestmark = pytest.mark.each_postgres


@pytest.fixture
def team(txn):
    return add_team(txn, 10)


@pytest.fixture
def phone(txn, team):
    give_code(txn)
    give_extension(txn, team, menu_uuid=give_menu(txn, team).uuid)
    return Phone(txn)


def text(taken):
    return taken.reply.text.splitlines()[0]


def sessions(txn, team, **wanted):
    return ussd_sessions.page(txn, WantedSessions(team_id=team, **wanted), 100, 0, None)[0]


def test_a_session_is_walked_through_row_by_row(txn, team, phone):
    assert text(phone.dial()) == "Hi there"
    assert text(phone.type("2")) == "Name?"
    assert text(phone.type("Amina")) == "Thanks Amina"
    (session,) = sessions(txn, team)
    assert (session.status, session.screen, session.steps, session.version) == (SessionStatus.ENDED, "thanks", 3, 1)
    assert (session.msisdn, session.code, session.extension, session.gateway) == (PHONE, "384", "7", "acme")
    assert session.ended_at_ms == phone.at_ms


def test_who_is_a_contact_is_called_by_name(txn, team, phone):
    contact = give(txn, team)
    known = Phone(txn, phone.directory, msisdn=contact.phone)
    name = one(txn, "SELECT coalesce(first_name, 'there') FROM contact WHERE uuid = %(uuid)s", uuid=contact.uuid)
    assert text(known.dial()) == f"Hi {name}"


def test_a_whole_batch_is_taken_in_its_order(txn, team, phone):
    others = [Phone(txn, phone.directory, msisdn=f"25470000{n:04}") for n in range(20)]
    asked = [each.asked() for each in others]
    assert {text(taken) for taken in phone.step(*asked)} == {"Hi there"}
    assert len(sessions(txn, team, live=True)) == 20


def test_an_event_and_its_repeat_in_one_batch_are_one_step(txn, team, phone):
    asked = phone.asked()
    first, again = phone.step(asked, asked)
    assert (first.reply, again.reply, again.is_repeat) == (again.reply, first.reply, True)
    assert count(txn, "ussd_session") == 1


def test_a_beginning_and_what_was_typed_in_one_batch_are_two_steps(txn, team, phone):
    asked = phone.asked()
    phone.at_ms += 1000
    first, second = phone.step(asked, phone.asked(Kind.INPUT, input="1"))
    assert (text(first), text(second)) == ("Hi there", "8 to 6")


def test_a_batch_whose_commit_was_in_doubt_moves_nothing_when_it_is_run_again(txn, team, phone):
    steps = [phone.asked()]
    first = phone.step(*steps)
    phone.at_ms += 60_000
    again = phone.step(*steps)
    assert (again[0].reply, again[0].is_repeat) == (first[0].reply, True)
    assert one(txn, "SELECT steps FROM ussd_session") == 1


def test_a_session_of_before_is_gone_on_with_under_another_id(txn, team, phone):
    phone.dial()
    phone.type("2")
    phone.over()
    asked = phone.dial(session="S2")
    assert text(asked) == "You were cut off. Do you want to go on?"
    assert text(phone.type("1", session="S2")) == "Name?"
    assert [each.status for each in sessions(txn, team)] == [SessionStatus.LIVE, SessionStatus.ABORTED]


def test_an_id_that_is_used_again_ends_the_session_that_had_it(txn, team, phone):
    phone.dial()
    phone.type("2")
    phone.at_ms += 60_000
    phone.dial()
    assert [each.status for each in sessions(txn, team)] == [SessionStatus.LIVE, SessionStatus.DROPPED]


def test_the_same_id_at_another_gateway_or_phone_is_another_session(txn, team, phone):
    phone.dial()
    other = Phone(txn, phone.directory, msisdn="254700000001")
    other.dial()
    elsewhere = Phone(txn, phone.directory, gateway="other")
    elsewhere.dial()
    assert len(sessions(txn, team, live=True)) == 3


def test_screens_are_counted_as_they_are_shown_and_left(txn, team, phone):
    phone.dial()
    phone.type("2")
    phone.over()
    counted = rows(txn, 'SELECT screen, shown, "left" FROM ussd_screen ORDER BY screen')
    assert counted == [("main", 1, 0), ("name", 1, 1)]


def test_what_a_menu_gives_to_do_is_stored_with_the_step(txn, team):
    give_code(txn)
    give_extension(txn, team, menu_uuid=give_menu(txn, team, _doing(), publish=True).uuid)
    phone = Phone(txn)
    taken = phone.dial()
    assert len(taken.does) == 1
    stored = rows(txn, "SELECT session_id, n, kind, given ->> 'text', msisdn, due_at > now() FROM ussd_action")
    assert stored == [(taken.does[0].session_id, 1, "SendSms", "Hello", PHONE, True)]


def _doing():
    act = {"kind": "send_sms", "sender_id": "", "text": "Hello"}
    return {"name": "Do", "start": "a", "screens": {"a": {"kind": "end", "text": "Done", "actions": [act]}}}


def test_a_version_that_is_not_in_memory_is_read_when_it_is_needed(txn, team, phone):
    phone.dial()
    fresh = Phone(txn, CurrentDirectory())
    fresh.directory = CurrentDirectory(fresh.directory.now)
    fresh.at_ms = phone.at_ms
    assert text(fresh.type("2")) == "Name?"
    assert fresh.directory.known_menus != ()


def test_a_menu_that_was_deleted_apologises(txn, team, phone):
    phone.dial()
    txn.execute("UPDATE ussd_extension SET menu_id = NULL")
    txn.execute("DELETE FROM ussd_menu")
    fresh = Phone(txn, CurrentDirectory(), phone.at_ms)
    assert fresh.type("2").reply.end
    assert sessions(txn, team)[0].trouble == "the menu is gone"


def test_a_team_that_answers_itself_has_its_answer_written_down(txn, team):
    give_code(txn)
    give_extension(txn, team, "8", callback_url="https://acme.example/ussd")
    phone = Phone(txn)
    taken = phone.dial("*384*8#")
    assert (taken.reply, taken.waits.url) == (None, "https://acme.example/ussd")
    waits = taken.waits
    heard = Heard(waits.visit_id, waits.event_id, phone.at_ms, phone.asked().limit, trouble="it answered 500")
    (answered,) = phone.step(heard)
    assert answered.reply.end
    assert sessions(txn, team)[0].trouble == "it answered 500"
    assert phone.step(heard)[0].is_repeat


def test_nul_and_half_characters_are_kept_as_what_can_be(txn, team, phone):
    phone.dial()
    phone.type("2")
    assert text(phone.type("A\x00\ud800")).startswith("Thanks A")


def test_an_unknown_dial_is_not_kept(txn, team, phone):
    assert phone.dial("*384*9#").reply.end
    assert count(txn, "ussd_session") == 0


def test_sessions_are_filtered_paged_and_counted(txn, team, phone):
    for n in range(5):
        each = Phone(txn, phone.directory, phone.at_ms + 10_000 * n, msisdn=f"25470000000{n}")
        each.dial()
        if n % 2:
            each.type("1")
    wanted = WantedSessions(team_id=team)
    first, key = ussd_sessions.page(txn, wanted, 2, 0, None)
    second, _ = ussd_sessions.page(txn, wanted, 2, 0, key)
    assert [each.msisdn[-1] for each in first + second] == ["4", "3", "2", "1"]
    assert ussd_sessions.count(txn, wanted) == (5, False)
    assert len(sessions(txn, team, status=SessionStatus.ENDED)) == 2
    assert len(sessions(txn, team, status=SessionStatus.LIVE)) == 3
    assert len(sessions(txn, team, live=False)) == 2
    assert len(sessions(txn, team, msisdn="254700000002")) == 1
    assert sessions(txn, team, from_ms=phone.at_ms + 3_600_000) == []
    assert len(sessions(txn, team, until_ms=phone.at_ms + 3_600_000)) == 5
    assert sessions(txn, team, menu_uuid="nonsense") == []
    assert len(sessions(txn, team, menu_uuid=first[0].menu_uuid, extension_uuid=first[0].extension_uuid)) == 5


def test_a_cursor_of_another_list_is_refused(txn, team):
    with pytest.raises(BadValue):
        ussd_sessions.page(txn, WantedSessions(team_id=team), 10, 0, "nonsense")


def test_a_session_of_the_day_before_is_not_looked_for(txn, team, phone):
    phone.dial()
    txn.execute("UPDATE ussd_session SET last_at = last_at - interval '1 hour'")
    ussd_keeping.drop(txn)
    phone.at_ms += ussd_steps.LOOKED_BACK_MS
    assert text(phone.type("1")) == "Hi there"
    assert count(txn, "ussd_session") == 2


def test_a_session_of_another_team_is_not_there(txn, team, phone):
    phone.dial()
    (session,) = sessions(txn, team)
    assert ussd_sessions.find(txn, team, session.uuid) == session
    with pytest.raises(NotFound):
        ussd_sessions.find(txn, add_team(txn), session.uuid)


def test_a_step_that_cannot_be_kept_is_apologised_for(txn):
    work = ussd_steps.stepping(CurrentDirectory())
    assert work.spoiled(None).reply.end


def test_the_shop_of_the_engine_s_tests_runs_in_the_store_as_well(txn, team):
    give_code(txn)
    menu = shop(pay={"kind": "action", "actions": [{"kind": "send_sms", "text": "Thanks"}], "next": "bye"})
    menu["screens"]["balance"]["actions"][0]["url"] = "https://acme.example/ussd"
    give_extension(txn, team, menu_uuid=give_menu(txn, team, menu).uuid)
    phone = Phone(txn)
    phone.dial(text_all="")
    phone.type("", text_all="1")
    assert text(phone.type("", text_all="1*600")) == "600 is much. Sure?"
    assert text(phone.type("", text_all="1*600*1")) == "Bye you."
