"""What a session's row does with what happens: each thing once, whoever says it how often, and nobody's place is lost."""

import attrs
import pytest

from mobilesasa.core.ussd import Kind, UssdReply
from mobilesasa.ussd.model import AddToGroup, Result, SendSms, StartSurvey, Webhook
from mobilesasa.ussd.repeats import INPUT_AGAIN_MS, START_AGAIN_MS, STATE_MS
from mobilesasa.ussd.views import SessionStatus
from tests.ussd.menus import shop
from tests.ussd.visiting import KEY, PHONE, Phone, event, published

APOLOGY = "Sorry, something went wrong. Please try again later."


@pytest.fixture
def phone():
    return Phone()


def says(taken):
    return None if taken.reply is None else (taken.reply.text.splitlines()[0], taken.reply.end)


def test_who_dials_sees_the_first_screen(phone):
    taken = phone.dial()
    assert says(taken) == ("Hi there", False)
    assert (phone.visit.msisdn, phone.visit.menu, phone.visit.screen, phone.visit.steps) == (PHONE, KEY, "main", 1)
    assert taken.shown == ((KEY, "main"),)


def test_who_is_known_is_called_by_name(phone):
    phone.person = {"first_name": "Amina"}
    assert says(phone.dial()) == ("Hi Amina", False)


def test_what_is_dialled_behind_the_extension_is_typed_ahead(phone):
    assert says(phone.dial("*384*7*1#")) == ("How much?", False)


def test_what_is_typed_leads_on_and_what_the_menu_gives_to_do_is_named_in_order(phone):
    phone.dial()
    phone.type("1")
    taken = phone.type("120")
    assert says(taken) == ("Bye you.", True)
    assert [type(act.action) for act in taken.does] == [SendSms, StartSurvey, AddToGroup, Webhook]
    assert [(act.n, act.team_id, act.menu_id, act.msisdn) for act in taken.does] == [
        (n, 5, 3, PHONE) for n in (1, 2, 3, 4)
    ]
    assert {act.session_id for act in taken.does} == {phone.visit.id}
    assert (phone.visit.outcome, phone.visit.acts, phone.visit.state) == (SessionStatus.ENDED, 4, None)


def test_an_event_that_comes_again_under_its_name_moves_nothing(phone):
    phone.dial()
    asked = event(Kind.INPUT, input="1")
    first = phone.tell(asked, "01900000-0000-7000-8000-900000000001")
    again = phone.tell(asked, "01900000-0000-7000-8000-900000000001")
    assert again == attrs.evolve(first, visits=(), shown=(), is_repeat=True)


def test_text_that_is_sent_whole_counts_by_what_is_new_of_it(phone):
    phone.dial(text_all="")
    assert says(phone.type("", text_all="1")) == ("How much?", False)
    assert phone.type("", text_all="1").is_repeat
    assert says(phone.type("", text_all="1*120")) == ("Bye you.", True)
    assert says(phone.type("", text_all="1*120")) == ("Bye you.", True)


def test_text_that_is_there_at_once_is_a_shortcut_whatever_the_gateway_calls_it(phone):
    taken = phone.type("", text_all="7*1", dialled="*384#")
    assert says(taken) == ("How much?", False)
    assert says(phone.type("", text_all="7*1*120", dialled="*384#")) == ("Bye you.", True)


def test_the_same_answer_to_two_screens_is_no_repeat_once_somebody_could_have_read_them(phone):
    phone.dial()
    phone.type("1")
    phone.type("600")
    phone.at_ms += INPUT_AGAIN_MS
    assert says(phone.tell(event(Kind.INPUT, input="1"))) == ("Bye you.", True)


def test_the_same_answer_at_once_is_a_repeat(phone):
    phone.dial()
    first = phone.type("1")
    phone.at_ms += INPUT_AGAIN_MS - 1
    again = phone.tell(event(Kind.INPUT, input="1"))
    assert (again.reply, again.is_repeat, again.visits) == (first.reply, True, ())


def test_a_sequence_tells_repeats_however_late(phone):
    phone.dial(sequence=1)
    first = phone.type("1", sequence=2)
    again = phone.type("1", sequence=2)
    assert (again.reply, again.is_repeat) == (first.reply, True)
    assert says(phone.type("1", sequence=3))[0] != says(first)[0] or phone.visit.sequence == 3


def test_a_beginning_that_comes_again_is_a_repeat_for_a_while(phone):
    first = phone.dial()
    again = phone.dial()
    assert (again.reply, again.is_repeat, len(phone.visits)) == (first.reply, True, 1)
    phone.at_ms += START_AGAIN_MS
    phone.dial()
    assert len(phone.visits) == 2


def test_a_session_id_that_is_used_again_begins_anew(phone):
    phone.dial()
    phone.type("1")
    phone.type("120")
    phone.dial()
    assert len(phone.visits) == 2


def test_an_id_of_a_session_in_which_nothing_happened_for_long_begins_anew(phone):
    phone.dial()
    phone.at_ms += STATE_MS
    phone.type("1")
    assert [visit.outcome for visit in sorted(phone.visits.values(), key=lambda each: each.id)] == [
        SessionStatus.DROPPED,
        None,
    ]


def test_what_is_typed_after_the_end_is_told_that(phone):
    phone.dial()
    phone.type("9")
    assert says(phone.type("1")) == ("Your session has ended. Please dial again.", True)


@pytest.mark.parametrize("dialled", ["*384*5#", "*384#", "*385*7#", "*384*6#"])
def test_what_nobody_answers_is_told_so_and_not_kept(phone, dialled):
    taken = phone.dial(dialled, code="")
    assert taken.reply == UssdReply(f"{dialled} is not in use.", end=True)
    assert phone.visits == {}


@pytest.mark.parametrize(
    ("kind", "outcome"),
    [
        (Kind.END, SessionStatus.ABORTED),
        (Kind.ABORT, SessionStatus.ABORTED),
        (Kind.TIMEOUT, SessionStatus.TIMEOUT),
    ],
)
def test_a_session_that_is_over_is_recorded_with_the_screen_that_was_seen_last(phone, kind, outcome):
    phone.dial()
    phone.type("1")
    taken = phone.over(kind)
    assert (taken.reply, taken.left) == (None, ((KEY, "amount"),))
    assert (phone.visit.outcome, phone.visit.ended_at_ms) == (outcome, phone.at_ms)


def test_the_end_of_a_session_that_we_ended_or_never_knew_changes_nothing(phone):
    assert phone.over(Kind.ABORT).visits == ()
    phone.dial()
    phone.type("9")
    assert phone.over(Kind.END) == attrs.evolve(phone.over(Kind.END), visits=(), left=())


def test_who_was_cut_off_and_dials_again_may_go_on(phone):
    phone.dial()
    phone.type("1")
    phone.over(Kind.ABORT)
    asked = phone.dial(session="S2")
    assert says(asked) == ("You were cut off. Do you want to go on?", False)
    assert says(phone.type("1", session="S2")) == ("How much?", False)


def test_who_dials_while_a_session_hangs_ends_that_and_may_go_on(phone):
    phone.dial()
    phone.type("1")
    taken = phone.dial(session="S2")
    assert says(taken)[0].startswith("You were cut off")
    assert [visit.outcome for visit in taken.visits] == [SessionStatus.DROPPED, None]
    assert taken.left == ((KEY, "amount"),)


def test_a_session_can_be_gone_on_with_once_and_not_after_its_minutes(phone):
    phone.dial()
    phone.type("1")
    phone.over(Kind.TIMEOUT)
    phone.at_ms += 5 * 60_000
    assert says(phone.dial(session="S2")) == ("Hi there", False)


def test_a_shortcut_is_not_asked_whether_to_go_on(phone):
    phone.dial()
    phone.type("1")
    phone.over(Kind.ABORT)
    assert says(phone.dial("*384*7*3#", session="S2")) == ("Be kind.", False)


def test_a_menu_that_does_not_allow_it_is_begun_anew(phone):
    phone.menus[KEY] = published(resume_minutes=0)
    phone.dial()
    phone.type("1")
    phone.over(Kind.ABORT)
    assert says(phone.dial(session="S2")) == ("Hi there", False)


def test_a_session_keeps_the_version_that_it_began_with(phone):
    phone.dial()
    phone.menus[3, 2] = published(
        {"name": "New", "start": "a", "screens": {"a": {"kind": "end", "text": "New"}}}, version=2
    )
    assert says(phone.type("1")) == ("How much?", False)


def test_a_menu_that_is_gone_ends_with_an_apology_and_says_why(phone):
    phone.dial()
    phone.menus.clear()
    assert says(phone.type("1")) == (APOLOGY, True)
    assert phone.visit.trouble == "the menu is gone"


def test_where_it_stood_that_cannot_be_read_ends_with_an_apology(phone):
    phone.dial()
    phone.visits[phone.visit.id] = attrs.evolve(phone.visit, state={"nonsense": 1})
    assert says(phone.type("1")) == (APOLOGY, True)


def test_a_webhook_is_asked_before_anything_is_said_and_its_answer_is_shown(phone):
    phone.dial()
    taken = phone.type("2")
    assert (taken.reply, taken.waits.hook.url) == (None, "https://acme.example/ussd")
    assert (taken.waits.menu, taken.waits.dialled, phone.visit.says) == (KEY, "*384*7#", None)
    shown = phone.hear(taken, Result(text="You have 120."))
    assert says(shown) == ("You have 120.", False)


def test_a_webhook_that_does_not_answer_is_an_apology_and_the_end(phone):
    phone.dial()
    taken = phone.hear(phone.type("2"), trouble="no answer within 5 s")
    assert says(taken) == (APOLOGY, True)
    assert phone.visit.trouble == "no answer within 5 s"


def test_an_event_that_comes_again_while_a_webhook_is_asked_asks_it_again(phone):
    phone.dial(sequence=1)
    first = phone.type("2", sequence=2)
    again = phone.type("2", sequence=2)
    assert again.waits == first.waits
    assert says(phone.hear(again, Result(text="Once"))) == ("Once", False)
    assert says(phone.hear(first, Result(text="Twice"))) == ("Once", False)


def test_an_answer_to_an_event_before_the_last_changes_nothing(phone):
    phone.dial("*384*8#")
    taken = phone.type("1", dialled="*384*8#")
    phone.type("2", dialled="*384*8#")
    late = phone.hear(taken, reply=UssdReply("Late", end=True))
    assert (late.visits, late.waits.typed) == ((), "1*2")


def test_an_answer_to_a_session_that_is_over_changes_nothing(phone):
    phone.dial()
    taken = phone.type("2")
    phone.over(Kind.ABORT)
    assert phone.hear(taken, Result(text="Late")).visits == ()


def test_a_team_that_answers_itself_is_asked_with_all_that_was_typed(phone):
    taken = phone.dial("*384*8*5#")
    assert (taken.waits.url, taken.waits.typed, taken.waits.dialled) == ("https://acme.example/ussd", "5", "*384*8#")
    assert says(phone.hear(taken, reply=UssdReply("Name?", end=False))) == ("Name?", False)
    taken = phone.type("Amina", dialled="*384*8#")
    assert taken.waits.typed == "5*Amina"
    assert says(phone.hear(taken, reply=UssdReply("Bye", end=True))) == ("Bye", True)
    assert phone.visit.outcome is SessionStatus.ENDED


def test_a_team_that_does_not_answer_is_apologised_for(phone):
    taken = phone.hear(phone.dial("*384*8#"), trouble="it answered 500")
    assert says(taken) == (APOLOGY, True)
    assert (phone.visit.outcome, phone.visit.trouble) == (SessionStatus.ENDED, "it answered 500")


def test_a_screen_of_a_team_that_is_too_long_is_cut_at_a_word(phone):
    taken = phone.hear(phone.dial("*384*8#"), reply=UssdReply("word " * 100, end=False))
    assert len(taken.reply.text) <= 182
    assert taken.reply.text.endswith("word...")


def test_a_session_in_which_very_much_is_typed_ends(phone):
    phone.hear(phone.dial("*384*8#"), reply=UssdReply("More", end=False))
    assert says(phone.type("x" * 2001, dialled="*384*8#")) == (APOLOGY, True)


def test_a_bind_is_offered_what_was_dialled_and_then_what_was_typed(phone):
    taken = phone.dial("*384*9#")
    assert (taken.waits.url, taken.waits.offer.kind, taken.waits.offer.input) == (None, Kind.START, "*384*9#")
    phone.hear(taken, reply=UssdReply("Go on", end=False))
    typed = phone.type("1", dialled="*384*9#")
    assert (typed.waits.offer.kind, typed.waits.offer.input) == (Kind.INPUT, "1")


def test_a_bind_is_told_that_its_session_is_over_and_a_url_is_not(phone):
    phone.hear(phone.dial("*384*9#"), reply=UssdReply("Go on", end=False))
    assert phone.over(Kind.ABORT, dialled="*384*9#").waits.offer.kind is Kind.ABORT
    phone.hear(phone.dial("*384*8#", session="S2"), reply=UssdReply("Go on", end=False))
    assert phone.over(Kind.ABORT, session="S2").waits is None


def test_a_repeat_while_a_bind_is_asked_asks_nobody_again(phone):
    phone.dial("*384*9#")
    again = phone.dial("*384*9#")
    assert (again.reply, again.waits, again.is_repeat) == (None, None, True)


def test_a_late_answer_to_nothing_is_the_end(phone):
    taken = phone.dial("*384*8#")
    phone.visits.clear()
    assert says(phone.hear(taken, reply=UssdReply("Hi", end=False))) == (
        "Your session has ended. Please dial again.",
        True,
    )


def test_a_session_that_has_ended_says_so_in_the_words_of_its_menu():
    phone = Phone(menus={KEY: published(shop(top={"language": "sw"}))})
    phone.dial()
    phone.type("9")
    assert says(phone.type("1")) == ("Kipindi chako kimekwisha. Tafadhali piga tena.", True)


def test_why_a_menu_has_come_to_its_end_is_the_trouble_of_the_session():
    phone = Phone(menus={KEY: published(shop(terms=None))})
    phone.dial()
    phone.type("3")
    assert phone.visit.trouble == "nothing comes after main"
