"""What keeps a menu from being published."""

import pytest

from mobilesasa.ussd.checking import Known, check
from mobilesasa.ussd.model import SCREENS_MAX, VARIABLES_MAX
from mobilesasa.ussd.reading import read_menu
from mobilesasa.ussd.words import KEYS
from tests.ussd.menus import GROUP, SHOP, SURVEY, URL, asks, choices, end, message, screens, shop, told


def faults(menu, known=None):
    return [(fault.field, fault.code) for fault in check(read_menu(menu), known)]


def condition(otherwise, *rules):
    made = [{"when": {"variable": "msisdn", "op": "set"}, "next": lead} for lead in rules]
    return {"kind": "condition", "rules": made, "else": otherwise}


def action(lead, *actions):
    return {"kind": "action", "actions": list(actions) or [{"kind": "start_survey", "survey": SURVEY}], "next": lead}


def option(**more):
    return {"key": "1", "label": "On", "next": "b", **more}


def test_a_menu_that_is_right_has_no_faults():
    assert faults(SHOP) == []


def test_a_menu_begins_somewhere():
    assert faults(screens("", a=end())) == [("start", "required")]
    assert faults(screens("b", a=end())) == [("start", "unknown_screen")]


def test_a_menu_has_a_screen():
    assert ("screens", "required") in faults(screens())


def test_a_menu_has_so_many_screens_at_most():
    many = {f"s{n}": message(f"s{n + 1}") for n in range(SCREENS_MAX)}
    assert faults(screens("s0", **many, **{f"s{SCREENS_MAX}": end()})) == [("screens", "too_many")]


def test_a_menu_sets_so_many_variables_at_most():
    many = {f"s{n}": asks(f"v{n}", f"s{n + 1}") for n in range(VARIABLES_MAX + 1)}
    assert faults(screens("s0", **many, **{f"s{VARIABLES_MAX + 1}": end()})) == [("screens", "too_many")]


@pytest.mark.parametrize(
    ("screen", "path"),
    [
        (choices("gone"), "choices[0].next"),
        (message("gone"), "next"),
        (asks("x", "gone"), "next"),
        (action("gone"), "next"),
        (told("gone"), "next"),
        (condition("gone"), "else"),
        (condition("b", "gone"), "rules[0].next"),
    ],
)
def test_a_lead_to_a_screen_that_there_is_not_is_named(screen, path):
    assert faults(screens(a=screen, b=end()))[0] == (f"screens.a.{path}", "unknown_screen")


@pytest.mark.parametrize(
    ("screen", "path"),
    [
        (choices(""), "choices[0].next"),
        (choices(), "choices"),
        (message(""), "next"),
        (asks("x", ""), "next"),
        (action(None), "next"),
        (condition(None, "a"), "else"),
        (condition("a", ""), "rules[0].next"),
    ],
)
def test_a_dead_end_is_named(screen, path):
    assert (f"screens.a.{path}", "dead_end") in faults(screens(a=screen))


def test_the_answer_of_a_webhook_may_be_the_end():
    assert faults(screens(a=told())) == []


@pytest.mark.parametrize(
    ("menu", "code"),
    [
        (screens(a=told("a")), "loop"),
        (screens(a=told("b"), b=condition("a", "c"), c=end()), "loop"),
        (screens(a=told("b"), b=message("a")), "no_exit"),
    ],
)
def test_a_circle_through_a_webhook_whose_answer_may_show_nothing_is_named(menu, code):
    assert faults(menu) == [("screens.a", code)]


def test_a_webhook_that_leads_back_to_a_screen_from_which_there_is_a_way_out_is_right():
    assert faults(screens(a=choices("b", "c"), b=told("a"), c=end())) == []


def test_a_circle_that_leads_to_no_end_is_named_once_with_its_screens():
    menu = screens(a=choices("b", "c"), b=choices("d", "c"), c=end(), d=message("e"), e=message("d"))
    (fault,) = check(read_menu(menu))
    assert (fault.field, fault.code, fault.message) == (
        "screens.d", "no_exit", "goes in a circle that leads to no end: d, e"
    )  # fmt: skip


def test_a_screen_that_leads_to_itself_alone_is_a_circle():
    assert faults(screens(a=message("a"))) == [("screens.a", "no_exit")]


def test_a_circle_that_can_be_left_is_none():
    assert faults(screens(a=choices("b", "c"), b=message("a"), c=end())) == []


def test_of_a_large_circle_some_screens_are_named():
    menu = screens("s0", **{f"s{n}": message(f"s{(n + 1) % 9}") for n in range(9)})
    assert check(read_menu(menu))[0].message.endswith("s0, s1, s2, s3, s4 and 4 more")


def test_a_circle_that_nobody_sees_is_named_though_it_can_be_left():
    menu = screens(a=condition("b", "c"), b=action("a"), c=end())
    assert faults(menu) == [("screens.a", "loop")]


def test_a_circle_that_nobody_sees_and_that_cannot_be_left_is_named_once():
    assert faults(screens(a=condition("b"), b=condition("a"))) == [("screens.a", "loop")]


def test_what_leads_into_a_circle_is_not_blamed_for_it():
    assert faults(screens(a=condition("b"), b=condition("c"), c=condition("b"))) == [("screens.b", "loop")]


def test_a_screen_that_nothing_leads_to_is_named():
    menu = screens(a=end(), b=message("c"), c=end())
    assert faults(menu) == [("screens.b", "unreachable"), ("screens.c", "unreachable")]


def test_keys_are_there_once():
    menu = screens(a={"kind": "choices", "choices": [option(), option(), option(key="")]}, b=end())
    assert faults(menu) == [("screens.a.choices[1].key", "duplicate_key"), ("screens.a.choices[2].key", "required")]


def test_keys_that_are_one_number_are_one_key():
    menu = screens(a={"kind": "choices", "choices": [option(), option(key="01")]}, b=end())
    assert faults(menu) == [("screens.a.choices[1].key", "duplicate_key")]


@pytest.mark.parametrize(("language", "known"), [("en", True), ("sw-KE", True), ("EN", True), ("fr", False)])
def test_a_menu_is_in_a_language_of_which_there_are_words(language, known):
    menu = screens(a=end()) | {"language": language}
    assert faults(menu) == ([] if known else [("language", "unknown_language")])


def test_a_menu_that_says_all_our_words_may_be_in_any_language():
    menu = screens(a=end()) | {"language": "fr", "texts": dict.fromkeys(KEYS, "Oui")}
    assert faults(menu) == []
    del menu["texts"]["more"]
    assert "more" in check(read_menu(menu))[0].message


def test_a_choice_has_a_label():
    menu = screens(a={"kind": "choices", "choices": [option(label=" ")]}, b=end())
    assert faults(menu) == [("screens.a.choices[0].label", "required")]


@pytest.mark.parametrize("screen", [end(" "), message("b", ""), asks("x", "b", "")])
def test_what_is_shown_says_something(screen):
    assert ("screens.a.text", "required") in faults(screens(a=screen, b=end()))


def test_choices_may_stand_alone():
    assert faults(screens(a=choices("b", text=""), b=end())) == []


def test_an_action_does_something():
    menu = screens(a={"kind": "action", "next": "b"}, b=end())
    assert faults(menu) == [("screens.a.actions", "required")]


@pytest.mark.parametrize(
    ("label", "fits"), [("x" * 165, True), ("x" * 166, False), ("漢" * 63, True), ("漢" * 64, False)]
)
def test_a_choice_is_one_line_of_a_screen_with_the_lines_below(label, fits):
    menu = screens(a={"kind": "choices", "text": "long " * 40, "choices": [option(label=label)]}, b=end())
    assert faults(menu) == ([] if fits else [("screens.a.choices[0].label", "over_long")])


def test_a_list_of_choices_may_be_longer_than_a_screen():
    assert faults(screens(a=choices(*["b"] * 60), b=end())) == []


def test_a_menu_without_pages_has_no_screen_that_is_longer_than_one():
    menu = screens(a=end("word " * 60)) | {"options": {"more": False}}
    (fault,) = check(read_menu(menu))
    assert (fault.field, fault.code, fault.message) == (
        "screens.a", "over_long", "does not fit one screen, and the menu has no pages (options.more)"
    )  # fmt: skip
    assert faults(screens(a=end("word " * 36)) | {"options": {"more": False}}) == []


def test_a_screen_that_uses_ninety_eight_itself_fits_one():
    menu = screens(a={"kind": "choices", "text": "long " * 40, "choices": [option(key="98")]}, b=end())
    (fault,) = check(read_menu(menu))
    assert (fault.field, fault.code, fault.message) == (
        "screens.a", "over_long", "does not fit one screen, and 98 is one of its choices"
    )  # fmt: skip


@pytest.mark.parametrize(
    ("screen", "path"),
    [
        (end("Hi {gone}"), "text"),
        (choices("b") | {"choices": [option(label="{gone}")]}, "choices[0].label"),
        (choices("b") | {"choices": [option(set={"x": "{gone}"})]}, "choices[0].set.x"),
        (asks("x", "b", error="No {gone}"), "input.error"),
        (action("b", {"kind": "send_sms", "text": "{gone}"}), "actions[0].text"),
        (action("b", {"kind": "send_sms", "to": "{gone}", "text": "x"}), "actions[0].to"),
        (condition("b") | {"rules": [{"when": {"variable": "gone", "op": "set"}, "next": "b"}]}, "rules[0].when.variable"),
        (condition("b") | {"rules": [{"when": {"variable": "msisdn", "op": "eq", "value": "{gone}"}, "next": "b"}]}, "rules[0].when.value"),
    ],
)  # fmt: skip
def test_a_variable_that_nothing_sets_is_named(screen, path):
    menu = screens(a=screen, b=end())
    assert (f"screens.a.{path}", "unknown_variable") in faults(menu)
    assert "unknown_variable" not in dict(faults(menu, Known(attributes=["gone"]))).values()


def test_variables_are_set_by_choices_inputs_webhooks_and_the_platform():
    menu = screens(
        a=choices("b") | {"choices": [option(set={"w": "1"})]},
        b=asks("x", "c"),
        c=told("d", "y"),
        d=end("{w} {x} {y} {msisdn} {code} {network} {first_name} {last_name} {input}"),
    )
    assert faults(menu) == []


def test_a_menu_does_not_set_what_is_the_platforms():
    menu = screens(a=asks("msisdn", "b"), b=told("c", "first_name"), c=end())
    assert faults(menu) == [("screens.a", "reserved_variable"), ("screens.b", "reserved_variable")]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({"type": "number", "min": 5, "max": 4}, ("input.max", "bad_value")),
        ({"type": "date", "min": "2026-02-01", "max": "2026-01-01"}, ("input.max", "bad_value")),
        ({"type": "text", "min": 201}, ("input.min", "bad_value")),
        ({"type": "text", "max": 0}, ("input.max", "bad_value")),
        ({"type": "text", "pattern": "("}, ("input.pattern", "bad_pattern")),
        ({"type": "number", "pattern": "[0-9]"}, ("input.pattern", "bad_value")),
        ({"variable": ""}, ("input.variable", "required")),
    ],
)
def test_what_no_input_can_be_is_named(wanted, found):
    menu = screens(a=asks("x", "b", **{k: v for k, v in wanted.items() if k != "variable"}), b=end())
    menu["screens"]["a"]["input"] |= wanted
    assert faults(menu) == [(f"screens.a.{found[0]}", found[1])]


def test_bounds_may_be_the_same():
    assert faults(screens(a=asks("x", "b", type="number", min=5, max=5), b=end())) == []


@pytest.mark.parametrize(
    ("when", "found"),
    [
        ({"op": "set"}, ("variable", "required")),
        ({"variable": "msisdn", "op": "in", "value": []}, ("value", "required")),
        ({"variable": "msisdn", "op": "lt", "value": "five"}, ("value", "bad_value")),
        ({"variable": "msisdn", "op": "eq"}, ("value", "required")),
        ({"variable": "msisdn", "op": "ne", "value": ""}, ("value", "required")),
        ({"variable": "msisdn", "op": "includes"}, ("value", "required")),
    ],
)
def test_what_no_rule_can_ask_is_named(when, found):
    menu = screens(a=condition("b") | {"rules": [{"when": when, "next": "b"}]}, b=end())
    assert faults(menu) == [(f"screens.a.rules[0].when.{found[0]}", found[1])]


@pytest.mark.parametrize("value", ["5", "2026-05-11", "{msisdn}", 7.5])
def test_a_rule_of_order_asks_for_a_number_a_day_or_a_variable(value):
    rule = {"when": {"variable": "msisdn", "op": "lt", "value": value}, "next": "b"}
    assert faults(screens(a=condition("b") | {"rules": [rule]}, b=end())) == []


@pytest.mark.parametrize(
    ("kind", "value", "right"),
    [
        ("date", "2026-05-11", True),
        ("date", "241226", True),
        ("date", "{input}", True),
        ("date", "5", False),
        ("number", "5", True),
        ("number", "24/12/2026", False),
        ("amount", "2026-05-11", False),
        ("text", "2026-05-11", True),
    ],
)
def test_a_rule_of_order_asks_for_what_its_variable_can_be(kind, value, right):
    rule = {"when": {"variable": "x", "op": "gte", "value": value}, "next": "c"}
    menu = screens(a=asks("x", "b", type=kind), b=condition("c") | {"rules": [rule]}, c=end())
    assert faults(menu) == ([] if right else [("screens.b.rules[0].when.value", "bad_value")])


def test_a_variable_that_is_set_in_other_ways_too_may_be_anything():
    rule = {"when": {"variable": "x", "op": "gte", "value": "5"}, "next": "d"}
    menu = screens(
        a=asks("x", "b", type="date"), b=told("c", "x"), c=condition("d") | {"rules": [rule]}, d=end()
    )  # fmt: skip
    assert faults(menu) == []


KNOWN = Known(
    senders=["ACME"], surveys=[SURVEY], groups=[GROUP], url_fault=lambda url: None if url == URL else "it is not called"
)


def test_what_actions_name_is_there():
    assert faults(SHOP, KNOWN) == []


@pytest.mark.parametrize(
    ("done", "found"),
    [
        ({"kind": "send_sms", "sender_id": "EVIL", "text": "x"}, ("sender_id", "unknown_sender")),
        ({"kind": "start_survey", "survey": GROUP}, ("survey", "unknown_survey")),
        ({"kind": "start_survey"}, ("survey", "unknown_survey")),
        ({"kind": "add_to_group", "group": SURVEY}, ("group", "unknown_group")),
        ({"kind": "add_to_group"}, ("group", "unknown_group")),
        ({"kind": "webhook", "url": "http://localhost"}, ("url", "bad_url")),
        ({"kind": "webhook"}, ("url", "required")),
        ({"kind": "send_sms", "text": " "}, ("text", "required")),
        ({"kind": "send_sms", "text": "x" * 1531}, ("text", "too_long")),
        ({"kind": "send_sms", "text": "x", "to": "me"}, ("to", "bad_value")),
        ({"kind": "send_sms", "text": "x", "to": "{code}"}, ("to", "bad_value")),
        ({"kind": "send_sms", "text": "x", "to": "{first_name}"}, ("to", "bad_value")),
        ({"kind": "webhook", "url": URL, "variables": ["x"]}, ("variables", "bad_value")),
    ],
)
def test_what_no_action_can_do_is_named(done, found):
    assert faults(screens(a=action("b", done), b=end()), KNOWN) == [(f"screens.a.actions[0].{found[0]}", found[1])]


def test_a_message_may_go_out_by_the_teams_own_sender_and_to_a_number():
    done = {"kind": "send_sms", "text": "x", "to": "+254712345678"}
    assert faults(screens(a=action("b", done), b=end()), KNOWN) == []


def test_what_is_shown_of_a_webhook_comes_last():
    shown = {"kind": "webhook", "url": URL, "show": True}
    menu = screens(a=action("b", shown, {"kind": "start_survey", "survey": SURVEY}), b=end())
    assert faults(menu) == [("screens.a.actions[0].show", "bad_value")]


def test_an_end_has_a_text_of_its_own():
    menu = screens(a=end() | {"actions": [{"kind": "webhook", "url": URL, "show": True}]})
    assert faults(menu) == [("screens.a.actions[0].show", "bad_value")]


def test_all_faults_are_told_at_once_in_the_order_of_the_screens():
    menu = shop(terms=message("gone"), bye=end("{gone}"), extra=end())
    assert faults(menu) == [
        ("screens.terms.next", "unknown_screen"), ("screens.bye.text", "unknown_variable"), ("screens.extra", "unreachable")
    ]  # fmt: skip
