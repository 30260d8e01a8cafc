"""How a session moves through a menu."""

import attrs
import pytest

from mobilesasa.ussd import engine
from mobilesasa.ussd.model import (
    HISTORY_MAX,
    SHORTCUT_MAX,
    AddToGroup,
    Mode,
    Result,
    SendSms,
    Session,
    StartSurvey,
    Webhook,
    read_session,
    session_json,
)
from mobilesasa.ussd.paging import Limit
from tests.ussd.menus import (
    FACTS,
    GROUP,
    SHOP,
    SURVEY,
    URL,
    asks,
    at,
    choices,
    end,
    message,
    ready,
    said,
    screens,
    shop,
    told,
    walked,
)

APOLOGY = "Sorry, something went wrong. Please try again later."


def test_the_first_screen_is_shown_with_its_choices():
    (step,) = walked(SHOP)
    assert step.say == "Hi Amina\n1 Buy\n2 Balance\n3 Terms\n9 Leave"
    assert (step.end, step.waits, step.does, step.entered, step.left) == (False, None, (), ("main",), ())


def test_a_choice_leads_on_and_sets_its_variables():
    step = walked(SHOP, "1")[-1]
    assert step.say == "How much?\n0 Back"
    assert step.session.variables["what"] == "airtime"
    assert (step.entered, step.left) == (("amount",), ("main",))


@pytest.mark.parametrize("typed", ["1", " 1 ", "1.", "1)", "(1)", "1#", "*1", "１", "١"])
def test_a_choice_is_read_tolerantly(typed):
    assert walked(SHOP, typed)[-1].screen == "amount"


@pytest.mark.parametrize("typed", ["4", "11", "", "Buy", "-1", "1 1", "1*2"])
def test_a_wrong_choice_shows_the_screen_again_with_a_hint(typed):
    step = walked(SHOP, typed)[-1]
    assert step.say == "That is not one of the choices.\nHi Amina\n1 Buy\n2 Balance\n3 Terms\n9 Leave"
    assert (step.screen, step.end, step.entered, step.left) == ("main", False, (), ())


def test_a_hint_goes_with_the_next_screen():
    assert said(SHOP, "4", "3") == "Be kind.\n1 Next\n0 Back"


def test_an_input_that_is_none_is_answered_with_the_menus_own_error():
    assert said(SHOP, "1", "5") == "10 to 1000, please.\nHow much?\n0 Back"


def test_an_input_is_answered_with_our_error_where_the_menu_has_none():
    menu = screens(a=asks("age", "b", type="number", min=18, max=99), b=end())
    assert said(menu, "17") == "Please enter a number from 18 to 99.\nSay"


def test_an_error_is_filled_like_any_text():
    menu = screens(a=asks("age", "b", type="number", error="No, {first_name}."), b=end())
    assert said(menu, "x") == "No, Amina.\nSay"


def test_what_was_typed_is_kept_as_it_was_understood():
    step = walked(SHOP, "1", "Ksh 1,000/=")[-1]
    assert step.session.variables["sum"] == "1000"


def test_a_condition_leads_by_the_first_rule_that_holds():
    assert at(walked(SHOP, "1", "501")) == ["main", "amount", "sure"]
    assert at(walked(SHOP, "1", "500")) == ["main", "amount", "bye"]


def test_actions_are_told_filled_in_and_in_their_order():
    step = walked(SHOP, "1", "20")[-1]
    assert step.does[:3] == (
        SendSms(to="254712345678", sender_id="ACME", text="You bought airtime for 20."),
        StartSurvey(SURVEY),
        AddToGroup(GROUP),
    )
    webhook = step.does[3]
    assert isinstance(webhook, Webhook)
    assert (webhook.url, webhook.screen, webhook.sends["sum"], webhook.sends["input"]) == (URL, "pay", "20", "20")
    assert (step.say, step.end) == ("Bye Amina.", True)


def test_screens_that_nobody_sees_are_not_counted():
    step = walked(SHOP, "1", "20")[-1]
    assert (step.entered, step.left) == (("bye",), ("amount", "bye"))


def test_an_action_of_an_end_is_done_when_it_is_shown():
    menu = screens(a=end() | {"actions": [{"kind": "start_survey", "survey": SURVEY}]})
    (step,) = walked(menu)
    assert (step.does, step.end) == ((StartSurvey(SURVEY),), True)


def test_a_value_that_a_choice_sets_may_name_variables():
    menu = screens(
        a=choices("b") | {"choices": [{"key": "1", "label": "Go", "next": "b", "set": {"x": "{msisdn}!"}}]},
        b=end("{x}"),
    )
    assert said(menu, "1") == "254712345678!"


def test_a_value_is_text_and_no_template():
    menu = screens(a=asks("x", "b"), b=end("{x}"))
    assert said(menu, "{msisdn}") == "{msisdn}"


def test_a_message_leads_on_whatever_is_typed():
    assert [walked(SHOP, "3", typed)[-1].screen for typed in ("", "1", "98", "hello")] == ["main"] * 4


def test_zero_leads_back_through_the_screens_one_by_one():
    steps = walked(SHOP, "1", "700", "0", "0")
    assert at(steps) == ["main", "amount", "sure", "amount", "main"]
    assert (steps[-1].entered, steps[-1].left) == (("main",), ("amount",))


def test_zero_leads_nowhere_from_the_first_screen():
    assert said(SHOP, "0") == "That is not one of the choices.\nHi Amina\n1 Buy\n2 Balance\n3 Terms\n9 Leave"


def test_who_comes_to_the_first_screen_again_has_nothing_behind():
    step = walked(SHOP, "3", "1")[-1]
    assert (step.screen, step.session.history) == ("main", ())


def test_zero_is_a_choice_where_the_screen_has_it():
    menu = screens(
        a=choices("b"), b={"kind": "choices", "choices": [{"key": "0", "label": "Out", "next": "c"}]}, c=end()
    )
    assert said(menu, "1") == "0 Out"
    assert said(menu, "1", "0") == "Bye"


def test_zero_is_an_answer_where_it_can_be_one():
    menu = screens(a=choices("b"), b=asks("children", "c", type="number"), c=end("{children}"))
    assert said(menu, "1") == "Say"
    assert said(menu, "1", "0") == "0"


def test_a_menu_may_have_no_way_back():
    menu = shop(top={"options": {"back": False}})
    assert said(menu, "1") == "How much?"
    assert said(menu, "1", "0") == "10 to 1000, please.\nHow much?"


def test_the_way_back_is_bounded():
    menu = screens(a=choices("b"), b=choices("c"), c=choices("b"))
    step = walked(menu, *["1"] * (2 * HISTORY_MAX))[-1]
    assert len(step.session.history) == HISTORY_MAX


def test_a_long_text_is_shown_in_pages_with_ninety_eight():
    menu = screens(a=choices("b"), b=message("c", "word " * 60), c=end())
    first, second = (step.say or "" for step in walked(menu, "1", "98")[1:])
    assert first.endswith("word\n98 More\n0 Back")
    assert second.endswith("word\n1 Next\n0 Back")
    assert (first + second).count("word") == 60


def test_zero_leads_a_page_back_before_it_leads_a_screen_back():
    menu = screens(a=choices("b"), b=message("c", "word " * 60), c=end())
    steps = walked(menu, "1", "98", "0", "0")
    assert steps[3].say == steps[1].say
    assert at(steps) == ["a", "b", "b", "b", "a"]


def test_a_choice_may_be_taken_from_any_page():
    menu = screens(a=choices(*["b"] * 30), b=end())
    assert "30 To b" not in (said(menu) or "")
    assert said(menu, "30") == said(menu, "98", "1") == "Bye"


def test_a_hint_stays_while_its_screen_is_paged_through():
    menu = screens(a=choices("b", text="word " * 60), b=end())
    steps = walked(menu, "7", "98", "0")
    pages = f"{steps[1].say}{steps[2].say}"
    assert (steps[1].say or "").startswith("That is not")
    assert pages.count("word") == 60
    assert steps[3].say == steps[1].say


def test_ninety_eight_is_a_choice_where_the_screen_has_it():
    made = [{"key": "98", "label": "Other", "next": "b"}]
    menu = screens(a={"kind": "choices", "text": "{first_name}", "choices": made}, b=end())
    assert said(menu, "98") == "Bye"
    (step,) = walked(menu, facts={"first_name": "x" * 400})
    assert (step.say or "").endswith("...\n98 Other")


def test_ninety_eight_is_an_answer_on_the_last_page():
    menu = screens(a=asks("n", "b", type="number"), b=end("{n}"))
    assert said(menu, "98") == "98"


def test_a_long_end_is_shown_in_pages_and_ends_with_the_last():
    menu = screens(a=choices("b"), b=end("word " * 60))
    steps = walked(menu, "1", "98")
    assert [step.end for step in steps] == [False, False, True]
    assert (steps[-1].say or "").endswith("word")
    assert [step.left for step in steps] == [(), ("a",), ("b",)]


def test_no_way_leads_back_from_an_end_but_to_its_pages():
    menu = screens(a=choices("b"), b=end("word " * 90) | {"actions": [{"kind": "start_survey", "survey": SURVEY}]})
    steps = walked(menu, "1", "98", "0", "0")
    assert at(steps) == ["a", "b", "b", "b", "b"]
    assert [step.session.page for step in steps] == [0, 0, 1, 0, 1]
    assert [len(step.does) for step in steps] == [0, 1, 0, 0, 0]
    assert [(step.say or "").endswith("98 More") for step in steps] == [False, True, False, True, False]


def test_anything_turns_the_page_of_a_long_end():
    assert walked(screens(a=end("word " * 60)), "hm")[-1].end


def test_what_a_screen_holds_is_the_less_of_what_carrier_and_menu_say():
    text = "x" * 170
    assert len(said(screens(a=end(text)), limit=Limit.of(160)) or "") <= 160
    assert len(said(screens(a=end(text)) | {"options": {"screen_septets": 120}}) or "") <= 120
    assert said(screens(a=end(text))) == text


def test_what_was_dialled_behind_the_code_is_taken_at_once():
    step = engine.start(ready(SHOP), FACTS, ["1", "20"])
    assert (step.say, step.end) == ("Bye Amina.", True)
    assert (step.entered, step.left) == (("main", "amount", "bye"), ("main", "amount", "bye"))
    assert len(step.does) == 4


def test_a_shortcut_stops_at_what_is_no_answer():
    step = engine.start(ready(SHOP), FACTS, ["1", "5", "20"])
    assert (step.screen, step.say) == ("amount", "10 to 1000, please.\nHow much?\n0 Back")


def test_a_shortcut_stops_at_an_end_that_has_pages():
    step = engine.start(ready(screens(a=choices("b"), b=end("word " * 60))), {}, ["1", "1", "1"])
    assert (step.screen, step.end, step.session.page) == ("b", False, 0)


def test_a_shortcut_that_leads_nowhere_ends_in_an_apology():
    step = engine.start(ready(screens(a=choices("gone"))), {}, ["1", "1"])
    assert (step.say, step.end) == (APOLOGY, True)


def test_a_shortcut_goes_on_when_a_webhook_has_answered():
    menu = ready(SHOP)
    step = engine.start(menu, FACTS, ["2", "1", "1", "20"])
    assert step.session.pending == ("1", "1", "20")
    step = engine.answered(menu, step.session, Result(text="You have 5"))
    assert (step.say, step.end, step.session.pending) == ("Bye Amina.", True, ())


def test_a_shortcut_has_so_many_inputs_at_most():
    menu = ready(screens(a=choices("b"), b=choices("a")))
    step = engine.start(menu, {}, ["1"] * (SHORTCUT_MAX + 1))
    assert len(step.left) == SHORTCUT_MAX


def test_a_webhook_that_is_shown_is_waited_for():
    step = walked(SHOP, "2")[-1]
    assert (step.say, step.end, step.does, step.session.mode) == (None, False, (), Mode.WAITING)
    assert step.waits is not None
    assert (step.waits.url, step.waits.screen, step.waits.sends["msisdn"]) == (URL, "balance", "254712345678")


def test_the_answer_of_a_webhook_is_shown_and_what_is_typed_then_leads_on():
    menu = ready(SHOP)
    step = engine.answered(menu, walked(SHOP, "2")[-1].session, Result(text="You have 5", variables={"balance": "5"}))
    assert (step.say, step.end, step.entered, step.session.mode) == (
        "You have 5\n0 Back",
        False,
        ("balance",),
        Mode.TOLD,
    )
    assert step.session.variables["balance"] == "5"
    step = engine.reply(menu, step.session, "7")
    assert (step.screen, step.left, step.session.variables["input"]) == ("main", ("balance",), "7")


def test_what_is_typed_to_a_webhook_can_be_looked_at():
    menu = screens(
        a=told("b"),
        b={"kind": "condition", "rules": [{"when": {"variable": "input", "op": "eq", "value": 2}, "next": "c"}], "else": "d"},
        c=end("two"), d=end("other"),
    )  # fmt: skip
    waiting = walked(menu)[-1].session
    shown = engine.answered(ready(menu), waiting, Result(text="1 or 2?")).session
    assert [engine.reply(ready(menu), shown, typed).say for typed in ("2", "1")] == ["two", "other"]


def test_a_webhook_sets_only_the_variables_that_it_may():
    step = engine.answered(
        ready(SHOP), walked(SHOP, "2")[-1].session, Result(text="x", variables={"first_name": "Eve"})
    )
    assert step.session.variables["first_name"] == "Amina"


def test_a_webhook_that_says_nothing_leads_on():
    menu = screens(a=told("b", "x"), b=end("{x}"))
    step = engine.answered(ready(menu), walked(menu)[-1].session, Result(variables={"x": "5"}))
    assert (step.say, step.end, step.entered) == ("5", True, ("b",))


@pytest.mark.parametrize(("text", "shown"), [("Sold out", "Sold out"), ("", "Thank you.")])
def test_a_webhook_may_end_the_session(text, shown):
    step = engine.answered(ready(SHOP), walked(SHOP, "2")[-1].session, Result(text=text, end=True))
    assert (step.say, step.end, step.left) == (shown, True, ("balance",))


def test_the_answer_of_a_webhook_that_leads_nowhere_is_the_end():
    menu = screens(a=told())
    step = engine.answered(ready(menu), walked(menu)[-1].session, Result(text="5"))
    assert (step.say, step.end) == ("5", True)


def test_a_long_answer_of_a_webhook_is_shown_in_pages():
    menu = screens(a=choices("b"), b=told())
    compiled = ready(menu)
    steps = [engine.answered(compiled, walked(menu, "1")[-1].session, Result(text="word " * 60))]
    steps.append(engine.reply(compiled, steps[-1].session, "98"))
    assert [step.end for step in steps] == [False, True]
    assert f"{steps[0].say}{steps[1].say}".count("word") == 60


def test_a_webhook_that_did_not_answer_is_apologised_for():
    step = engine.answered(ready(SHOP), walked(SHOP, "2")[-1].session, None)
    assert (step.say, step.end, step.session.mode) == (APOLOGY, True, Mode.OVER)


def test_an_answer_that_nobody_waits_for_moves_nothing():
    step = walked(SHOP, "1")[-1]
    again = engine.answered(ready(SHOP), step.session, Result(text="late", end=True))
    assert (again.say, again.end, again.screen) == (step.say, False, "amount")


def test_what_is_typed_while_a_webhook_is_waited_for_calls_it_again():
    step = walked(SHOP, "2", "1")[-1]
    assert step.say is None
    assert step.waits is not None
    assert (step.screen, step.does) == ("balance", ())


def test_who_was_cut_off_is_asked_whether_to_go_on():
    menu = ready(SHOP)
    before = walked(SHOP, "1", "5")[-1]
    asked = engine.resume(menu, before.session)
    assert asked.say == "You were cut off. Do you want to go on?\n1 Continue\n2 Start again"
    assert engine.reply(menu, asked.session, "1").say == "How much?\n0 Back"
    again = engine.reply(menu, asked.session, "2")
    assert (again.screen, again.entered, again.session.history) == ("main", ("main",), ())


def test_who_starts_again_loses_what_was_typed_and_keeps_what_is_known():
    asked = engine.resume(ready(SHOP), walked(SHOP, "1", "700")[-1].session)
    again = engine.reply(ready(SHOP), asked.session, "2")
    assert dict(again.session.variables) == FACTS


def test_the_question_whether_to_go_on_is_asked_again():
    menu = ready(SHOP)
    asked = engine.reply(menu, engine.resume(menu, walked(SHOP, "1")[-1].session).session, "0")
    assert (asked.say or "").startswith("That is not one of the choices.\nYou were cut off.")
    assert engine.reply(menu, asked.session, "1").say == "How much?\n0 Back"


def test_who_was_cut_off_while_a_webhook_was_waited_for_has_it_called_again():
    menu = ready(SHOP)
    asked = engine.resume(menu, walked(SHOP, "2")[-1].session)
    step = engine.reply(menu, asked.session, "1")
    assert (step.say, step.waits is not None) == (None, True)


@pytest.mark.parametrize("typed", [(), ("1", "20")])
def test_who_was_at_the_beginning_or_at_the_end_simply_begins(typed):
    step = engine.resume(ready(SHOP), walked(SHOP, *typed)[-1].session)
    assert (step.screen, step.say) == ("main", "Hi Amina\n1 Buy\n2 Balance\n3 Terms\n9 Leave")


def test_what_comes_after_the_end_is_thanked_for():
    step = walked(SHOP, "9", "1")[-1]
    assert (step.say, step.end, step.entered, step.does) == ("Thank you.", True, (), ())


@pytest.mark.parametrize(
    "session",
    [
        Session(),
        Session("gone"),
        Session("pay"),
        Session("main", Mode.WAITING),
        Session("main", Mode.TOLD, told="x"),
        Session("pay", Mode.WAITING),
    ],
)
def test_a_session_that_cannot_be_of_the_menu_begins_anew(session):
    menu = ready(SHOP)
    steps = (engine.reply(menu, session, "1"), engine.resume(menu, session), engine.answered(menu, session, None))
    assert [step.screen for step in steps] == ["main"] * 3


def test_a_page_that_there_is_not_is_the_last():
    session = attrs.evolve(walked(SHOP)[-1].session, page=7)
    assert engine.answered(ready(SHOP), session, None).session.page == 0


@pytest.mark.parametrize(
    "menu",
    [
        screens("gone", a=end()),
        screens(a={"kind": "condition"}),
        screens(a={"kind": "action"}),
        screens(a={"kind": "condition", "else": "b"}, b={"kind": "condition", "else": "a"}),
    ],
)
def test_a_draft_that_leads_nowhere_apologises(menu):
    (step,) = walked(menu)
    assert (step.say, step.end) == (APOLOGY, True)


def test_a_draft_without_a_text_says_something_at_its_end():
    assert said(screens(a=end(""))) == "Thank you."


def test_facts_that_the_menu_does_not_name_are_not_kept():
    (step,) = walked(screens(a=end("{meter}")), facts={**FACTS, "meter": "17", "debt": "9"})
    assert step.session.variables == {**FACTS, "meter": "17"}


def test_a_value_from_elsewhere_is_made_fit_to_show_and_keep():
    (step,) = walked(screens(a=end("{first_name}")), facts={"first_name": "A\x00\ud800\r\nB" + "x" * 600})
    value = step.session.variables["first_name"]
    assert value.startswith("A �\nB")
    assert len(value) <= 500


def test_a_menu_speaks_its_language_and_its_own_words():
    menu = shop(top={"language": "sw", "texts": {"back": "Nyuma"}})
    assert said(menu, "3") == "Be kind.\n1 Endelea\n0 Nyuma"


def test_sessions_count_what_was_said():
    assert walked(SHOP, "1", "5", "20")[-1].session.steps == 4


def test_every_session_of_a_walk_is_json_both_ways():
    steps = walked(SHOP, "1", "x", "700", "0", "0", "2")
    assert [read_session(session_json(step.session)) for step in steps] == [step.session for step in steps]


def test_what_a_choice_sets_may_name_what_chose_it():
    menu = screens(a=choices("b", "b"), b=end("You chose {chosen}."))
    for choice in menu["screens"]["a"]["choices"]:
        choice["set"] = {"chosen": "{input}"}
    assert said(menu, "2") == "You chose 2."
