"""A menu as JSON, and back."""

import json
from datetime import date
from decimal import Decimal

import pytest

from mobilesasa.core.errors import BadDefinition
from mobilesasa.ussd.model import (
    AddToGroup,
    Choice,
    Input,
    InputKind,
    Op,
    Options,
    Screen,
    ScreenKind,
    SendSms,
    StartSurvey,
    Webhook,
    When,
)
from mobilesasa.ussd.reading import action_json, menu_json, read_action, read_menu
from mobilesasa.ussd.shapes import FAULTS_MAX
from tests.ussd.menus import GROUP, SHOP, SURVEY, URL, asks, choices, end, screens, shop, walked


def faults(menu):
    """Return the paths and codes of what is wrong with a menu's shape."""
    with pytest.raises(BadDefinition) as refused:
        read_menu(menu)
    return [(fault.field, fault.code) for fault in refused.value.faults]


def wrong(**screen):
    """Return what is wrong with a screen `a`, its paths without the screen's own."""
    return [(path.removeprefix("screens.a").removeprefix("."), code) for path, code in faults(screens(a=screen))]


def test_a_menu_is_json_both_ways():
    menu = read_menu(SHOP)
    assert read_menu(json.loads(json.dumps(menu_json(menu)))) == menu


def test_all_that_a_menu_can_have_is_json_both_ways():
    given = shop(
        age=asks("age", "day", type="number", min=0.5, max="12.25"),
        day=asks("day", "bye", type="date", min="2026-01-01", max="2026-12-31"),
        code=asks("code", "bye", type="text", min=2, pattern="[A-Z]+", error="No"),
        which={
            "kind": "condition",
            "rules": [
                {"when": {"variable": "age", "op": "in", "value": [1, "2"]}, "next": "bye"},
                {"when": {"variable": "age", "op": "set"}, "next": "bye"},
            ],
            "else": "bye",
        },
        top={
            "language": "sw",
            "options": {"resume_minutes": 0, "screen_septets": 160, "more": False},
            "texts": {"back": "Nyuma"},
        },
    )
    menu = read_menu(given)
    assert read_menu(menu_json(menu)) == menu
    assert menu.screens["age"].input == Input(
        variable="age", kind=InputKind.NUMBER, least=Decimal("0.5"), most=Decimal("12.25")
    )
    assert menu.screens["day"].input == Input(
        variable="day", kind=InputKind.DATE, least=date(2026, 1, 1), most=date(2026, 12, 31)
    )
    assert [rule.when for rule in menu.screens["which"].rules] == [When("age", Op.IN, ("1", "2")), When("age", Op.SET)]
    assert menu.options == Options(resume_minutes=0, screen_septets=160, more=False)


def test_a_bound_that_no_float_can_hold_is_written_as_a_text():
    menu = read_menu(screens(a=asks("x", "b", type="number", max="123456789012345.123456789")))
    assert menu_json(menu)["screens"]["a"]["input"]["max"] == "123456789012345.123456789"
    assert read_menu(menu_json(menu)) == menu


def test_what_is_not_there_is_at_its_default():
    menu = read_menu({"name": " Test ", "start": "a", "screens": {"a": end()}})
    assert (menu.name, menu.language, menu.options, dict(menu.texts)) == ("Test", "en", Options(), {})


def test_a_draft_may_lead_nowhere_and_say_nothing_yet():
    menu = read_menu(
        {
            "name": "Draft",
            "screens": {
                "a": {"kind": "choices", "choices": [{"key": "", "label": "", "next": None}]},
                "b": {"kind": "input", "input": {}},
                "c": {"kind": "condition", "rules": [{"when": {"op": "eq"}}]},
                "d": {"kind": "action", "actions": [{"kind": "send_sms"}, {"kind": "webhook"}]},
            },
        }
    )
    assert menu.start == ""
    assert menu.screens["a"] == Screen(id="a", kind=ScreenKind.CHOICES, choices=(Choice(key="", label="", next=""),))
    assert read_menu(menu_json(menu)) == menu


def test_keys_of_other_kinds_may_be_there_as_long_as_they_say_nothing():
    screen = end() | {"choices": [], "input": None, "next": "", "rules": [], "else": None}
    assert read_menu(screens(a=screen)).screens["a"].kind is ScreenKind.END


def test_the_ends_of_lines_are_those_of_phones():
    assert read_menu(screens(a=end("a\r\nb\rc"))).screens["a"].text == "a\nb\nc"


def test_a_choice_is_one_line():
    menu = read_menu(screens(a=choices("b") | {"choices": [{"key": "1", "label": " Buy\nmore ", "next": "b"}]}))
    assert menu.screens["a"].choices[0].label == "Buy more"


@pytest.mark.parametrize("given", [None, [], "x", 1])
def test_a_menu_is_an_object(given):
    assert faults(given)[0] == ("", "bad_type")


@pytest.mark.parametrize(
    ("top", "found"),
    [
        ({"name": None}, ("name", "required")),
        ({"name": " "}, ("name", "required")),
        ({"name": ""}, ("name", "required")),
        ({"name": 1}, ("name", "bad_type")),
        ({"name": "x" * 101}, ("name", "too_long")),
        ({"name": "a\x00"}, ("name", "bad_text")),
        ({"name": "a\ud800"}, ("name", "bad_text")),
        ({"language": "english language"}, ("language", "bad_value")),
        ({"start": 5}, ("start", "bad_type")),
        ({"screens": []}, ("screens", "bad_type")),
        ({"colour": "red"}, ("colour", "unknown_key")),
        ({"options": []}, ("options", "bad_type")),
        ({"options": {"back": 1}}, ("options.back", "bad_type")),
        ({"options": {"resume_minutes": 61}}, ("options.resume_minutes", "bad_value")),
        ({"options": {"resume_minutes": True}}, ("options.resume_minutes", "bad_value")),
        ({"options": {"screen_septets": 99}}, ("options.screen_septets", "bad_value")),
        ({"options": {"pages": 3}}, ("options.pages", "unknown_key")),
        ({"texts": []}, ("texts", "bad_type")),
        ({"texts": {"hello": "x"}}, ("texts.hello", "unknown_key")),
        ({"texts": {"back": "x" * 13}}, ("texts.back", "too_long")),
        ({"texts": {"apology": "x" * 121}}, ("texts.apology", "too_long")),
        ({"texts": {str(n): "" for n in range(99)}}, ("texts", "too_many")),
    ],
)
def test_what_is_wrong_at_the_top_is_named(top, found):
    assert faults(shop(top=top)) == [found]


@pytest.mark.parametrize(
    ("screen", "found"),
    [
        ({"kind": "page"}, ("kind", "bad_value")),
        ({"kind": None}, ("kind", "required")),
        ({"kind": "end", "text": 5}, ("text", "bad_type")),
        ({"kind": "end", "text": "x" * 2001}, ("text", "too_long")),
        ({"kind": "end", "text": "x", "next": "b"}, ("next", "unknown_key")),
        ({"kind": "choices", "choices": {}}, ("choices", "bad_type")),
        ({"kind": "choices", "choices": ["a"]}, ("choices[0]", "bad_type")),
        ({"kind": "choices", "choices": [{}] * 101}, ("choices", "too_many")),
        ({"kind": "choices", "choices": [{"key": "a"}]}, ("choices[0].key", "bad_value")),
        ({"kind": "choices", "choices": [{"key": "1234"}]}, ("choices[0].key", "bad_value")),
        ({"kind": "choices", "choices": [{"key": 1}]}, ("choices[0].key", "bad_type")),
        ({"kind": "choices", "choices": [{"label": "x" * 201}]}, ("choices[0].label", "too_long")),
        ({"kind": "choices", "choices": [{"set": {"A b": "x"}}]}, ("choices[0].set.A b", "bad_value")),
        ({"kind": "choices", "choices": [{"set": {"a": 5}}]}, ("choices[0].set.a", "bad_type")),
        ({"kind": "input"}, ("input", "bad_type")),
        ({"kind": "input", "input": {"type": "colour"}}, ("input.type", "bad_value")),
        ({"kind": "input", "input": {"variable": "A b"}}, ("input.variable", "bad_value")),
        ({"kind": "input", "input": {"type": "number", "min": "x"}}, ("input.min", "bad_value")),
        ({"kind": "input", "input": {"type": "number", "min": True}}, ("input.min", "bad_value")),
        ({"kind": "input", "input": {"type": "number", "max": float("inf")}}, ("input.max", "bad_value")),
        ({"kind": "input", "input": {"type": "number", "max": 10**16}}, ("input.max", "bad_value")),
        ({"kind": "input", "input": {"type": "number", "max": []}}, ("input.max", "bad_value")),
        ({"kind": "input", "input": {"type": "text", "min": -1}}, ("input.min", "bad_value")),
        ({"kind": "input", "input": {"type": "text", "min": 1.5}}, ("input.min", "bad_value")),
        ({"kind": "input", "input": {"type": "date", "min": "1/1/2026"}}, ("input.min", "bad_value")),
        ({"kind": "input", "input": {"type": "date", "min": "2026-02-30"}}, ("input.min", "bad_value")),
        ({"kind": "input", "input": {"type": "phone", "min": 5}}, ("input.min", "bad_value")),
        ({"kind": "input", "input": {"pattern": "x" * 201}}, ("input.pattern", "too_long")),
        ({"kind": "condition", "rules": [{"when": {"op": "is"}}]}, ("rules[0].when.op", "bad_value")),
        ({"kind": "condition", "rules": [{"when": {"op": "unset", "value": "5"}}]}, ("rules[0].when.value", "bad_value")),
        ({"kind": "condition", "rules": [{"when": {}}]}, ("rules[0].when.op", "required")),
        ({"kind": "condition", "rules": [{}]}, ("rules[0].when", "bad_type")),
        ({"kind": "condition", "rules": [{"when": {"op": "in", "value": 5}}]}, ("rules[0].when.value", "bad_type")),
        ({"kind": "condition", "rules": [{"when": {"op": "in", "value": [[]]}}]}, ("rules[0].when.value[0]", "bad_type")),
        ({"kind": "condition", "rules": [{"when": {"op": "eq", "value": True}}]}, ("rules[0].when.value", "bad_type")),
        ({"kind": "action", "actions": [{"kind": "call"}]}, ("actions[0].kind", "bad_value")),
        ({"kind": "action", "actions": ["call"]}, ("actions[0].kind", "bad_value")),
        ({"kind": "action", "actions": [{"kind": []}]}, ("actions[0].kind", "bad_value")),
        ({"kind": "action", "actions": [{"kind": "webhook", "show": "yes"}]}, ("actions[0].show", "bad_type")),
        ({"kind": "action", "actions": [{"kind": "webhook", "variables": [5]}]}, ("actions[0].variables[0]", "bad_value")),
        ({"kind": "action", "actions": [{"kind": "webhook", "body": "x"}]}, ("actions[0].body", "unknown_key")),
        ({"kind": "action", "actions": [{"kind": "start_survey"}] * 11}, ("actions", "too_many")),
    ],
)  # fmt: skip
def test_what_is_wrong_in_a_screen_is_named_with_its_path(screen, found):
    assert found in wrong(**screen)


def test_a_screen_is_an_object_with_an_id_of_letters_and_digits():
    assert faults(screens(a="x") | {"screens": {"a": "x", "b c": end()}}) == [
        ("screens.a", "bad_type"),
        ("screens.b c", "bad_value"),
    ]


def test_all_faults_are_named_at_once_and_in_their_order():
    menu = {"name": "", "start": "a", "screens": {"a": {"kind": "end", "text": 5}, "b": {"kind": "x"}}, "colour": 1}
    assert faults(menu) == [
        ("colour", "unknown_key"), ("name", "required"), ("screens.a.text", "bad_type"), ("screens.b.kind", "bad_value")
    ]  # fmt: skip


def test_what_is_told_of_a_menu_of_nonsense_is_bounded():
    assert len(faults({"name": "x", "screens": {str(n): 5 for n in range(1000)}})) == FAULTS_MAX


def test_a_refusal_says_what_is_wrong_where():
    with pytest.raises(BadDefinition, match=r"screens\.a\.choices\[0\]\.key must be one to three digits"):
        read_menu(screens(a=choices("b") | {"choices": [{"key": "x"}]}))


@pytest.mark.parametrize(
    "action",
    [
        SendSms(sender_id="ACME", text="x"),
        StartSurvey(SURVEY),
        AddToGroup(GROUP),
        Webhook(url=URL),
        Webhook(url=URL, show=True, variables=("a",), screen="b", sends={"msisdn": "254712345678"}),
    ],
)
def test_an_action_is_json_both_ways(action):
    assert read_action(json.loads(json.dumps(action_json(action)))) == action


def test_what_the_engine_wants_done_is_json_both_ways():
    does = walked(SHOP, "1", "20")[-1].does
    assert tuple(read_action(json.loads(json.dumps(action_json(action)))) for action in does) == does


def test_words_that_stand_behind_a_key_are_one_line():
    menu = read_menu({"name": "A", "texts": {"more": "Next\n page", "done": "Thanks.\nBye.", "back": " "}})
    assert menu.texts == {"more": "Next page", "done": "Thanks.\nBye."}
