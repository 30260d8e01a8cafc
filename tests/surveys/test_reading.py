"""Definitions of JSON: what is read, and what is refused with its path."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mobilesasa.core.errors import BadDefinition, Fault
from mobilesasa.surveys.jsons import as_json, definition_of
from mobilesasa.surveys.model import END, Conduct, Definition, Kind, Op, Option, Question, Rule
from mobilesasa.surveys.reading import read_definition
from tests.surveys.making import ids, uuid

WHOLE: dict[str, Any] = {
    "name": "  Maize   2026 ",
    "language": "SW",
    "sender_id": "+22 141",
    "keyword": "Mahindi!",
    "introduction": "Karibu\r\nsana ",
    "thanks": "Asante",
    "questions": [
        {
            "code": "crop",
            "type": "single_choice",
            "text": "Unalima nini?",
            "options": [{"label": "Mahindi"}, {"code": "B", "label": "Maharage", "next": "why"}],
            "rules": [{"when": {"op": "in", "value": ["b", "1"]}, "next": "age"}],
        },
        {
            "uuid": uuid(77).upper(),
            "code": "age",
            "type": "number",
            "text": "Umri?",
            "min": 0,
            "max": 120.0,
            "whole": True,
        },
        {"type": "multiple_choice", "text": "Zipi?", "options": [{"label": "A"}, {"label": "B"}], "max_select": 1},
        {"type": "rating", "text": "Huduma?", "required": False},
        {
            "type": "nps",
            "text": "Marafiki?",
            "rules": [{"when": {"question": "crop", "op": "eq", "value": "b"}, "next": "end"}],
        },
        {"type": "yes_no", "text": "Sawa?", "rules": [{"when": {"op": "eq", "value": False}, "next": uuid(77)}]},
        {"type": "date", "text": "Lini?"},
        {"code": "why", "type": "text", "text": "Kwa nini?", "next": END},
    ],
    "options": {"reask": 0, "reminder_after_h": None, "repeat": "each_time"},
    "texts": {"yes_no": "NDIYO au HAPANA?", "skip": "", "date": None},
}


def read(given_json: Any) -> Definition:
    return read_definition(json.loads(json.dumps(given_json)), ids())


def faults(given_json: Any) -> list[tuple[str, str]]:
    with pytest.raises(BadDefinition) as caught:
        read_definition(given_json, ids())
    assert all(isinstance(fault, Fault) and fault.message for fault in caught.value.faults)
    return [(fault.field, fault.code) for fault in caught.value.faults]


def faults_of_question(**fields: Any) -> list[tuple[str, str]]:
    return faults({"name": "x", "questions": [{"type": "text", "text": "x", **fields}]})


def test_a_whole_definition_is_read():
    definition = read(WHOLE)
    assert definition == Definition(
        name="Maize 2026",
        language="sw",
        sender_id="22141",
        keyword="mahindi",
        introduction="Karibu\nsana",
        thanks="Asante",
        questions=definition.questions,
        conduct=Conduct(reask=0, reminder_after_h=None, repeat="each_time"),
        texts={"yes_no": "NDIYO au HAPANA?", "skip": ""},
    )
    crop, age, which, service, friends, right, day, why = definition.questions
    assert crop == Question(
        uuid=uuid(1),
        kind=Kind.SINGLE_CHOICE,
        text="Unalima nini?",
        code="crop",
        options=(Option(uuid(2), "1", "Mahindi"), Option(uuid(3), "B", "Maharage", why.uuid)),
        rules=(Rule(Op.IN, ("B", "1"), age.uuid),),
    )
    assert age == Question(
        uuid=uuid(77), kind=Kind.NUMBER, text="Umri?", code="age", minimum=0, maximum=120, whole=True
    )
    assert (which.min_select, which.max_select) == (1, 1)
    assert (service.minimum, service.maximum, service.required) == (1, 5, False)
    assert (friends.minimum, friends.maximum) == (0, 10)
    assert friends.rules == (Rule(Op.EQ, "B", END, crop.uuid),)
    assert right.rules == (Rule(Op.EQ, False, age.uuid),)
    assert (day.kind, why.next) == (Kind.DATE, END)


def test_what_is_shown_reads_back_the_same():
    definition = read(WHOLE)
    shown = json.loads(json.dumps(as_json(definition)))
    assert read(shown) == definition
    assert definition_of(shown) == definition
    assert definition_of({"name": "x"}) == Definition(name="x")


def test_the_least_there_can_be_is_a_name():
    assert read({"name": "x"}) == Definition(name="x")
    assert read({"name": "x", "questions": None, "options": None, "texts": None, "keyword": ""}) == Definition(name="x")


def test_a_reminder_that_is_null_is_none_and_one_that_is_not_given_is_the_usual_one():
    assert read({"name": "x", "options": {"reminder_after_h": None}}).conduct.reminder_after_h is None
    assert read({"name": "x", "options": {}}).conduct.reminder_after_h == 24


def test_uuids_that_are_given_are_kept_and_others_are_made():
    one = {"type": "single_choice", "text": "x", "options": [{"uuid": uuid(50), "label": "a"}, {"label": "b"}]}
    asked = read({"name": "x", "questions": [one, {**one, "uuid": uuid(51)}]}).questions
    assert [question.uuid for question in asked] == [uuid(1), uuid(51)]
    assert [option.uuid for option in asked[0].options] == [uuid(50), uuid(2)]


def test_what_is_of_no_use_to_a_type_is_left_alone():
    fields = {"show_options": False, "whole": True, "min": 1, "max": 2, "min_select": 2, "max_select": 3}
    asked = read({"name": "x", "questions": [{"type": "text", "text": "x", **fields}]}).questions[0]
    assert asked == Question(uuid=uuid(1), kind=Kind.TEXT, text="x")


def test_a_rule_may_name_an_option_by_its_uuid():
    one = {
        "type": "multiple_choice",
        "text": "x",
        "options": [{"uuid": uuid(50), "code": "A", "label": "a"}, {"label": "b"}],
        "rules": [{"when": {"op": "includes", "value": uuid(50).upper()}, "next": "end"}],
    }
    assert read({"name": "x", "questions": [one]}).questions[0].rules[0].value == "A"


def test_a_rule_that_names_no_option_stays_as_it_was_written():
    one = {"type": "single_choice", "text": "x", "options": [{"label": "a"}, {"label": "b"}]}
    rules = [{"when": {"op": "eq", "value": "z"}, "next": "end"}]
    assert read({"name": "x", "questions": [{**one, "rules": rules}]}).questions[0].rules[0].value == "z"


def test_a_next_that_nothing_has_stays_as_it_was_written():
    assert read({"name": "x", "questions": [{"type": "text", "text": "x", "next": "gone"}]}).questions[0].next == "gone"


def test_a_rule_that_asks_only_whether_there_is_an_answer_has_no_value():
    when = {"op": "answered", "value": "whatever"}
    asked = {"type": "text", "text": "x", "rules": [{"when": when, "next": "end"}]}
    assert read({"name": "x", "questions": [asked]}).questions[0].rules == (Rule(Op.ANSWERED, None, END),)


def test_every_fault_is_named_at_once():
    given_json = {
        "sender_id": "ACME",
        "keyword": "two words",
        "questions": [{"type": "poem", "options": 5}, 7],
        "options": {"reask": 9, "repeat": "often"},
        "texts": {"hello": "x", "date": " "},
    }
    assert faults(given_json) == [
        ("name", "missing"),
        ("sender_id", "bad_sender"),
        ("keyword", "bad_keyword"),
        ("questions[0].type", "unknown"),
        ("questions[0].text", "missing"),
        ("questions[0].options", "wrong_type"),
        ("questions[1]", "wrong_type"),
        ("questions[1].type", "missing"),
        ("questions[1].text", "missing"),
        ("options.repeat", "unknown"),
        ("options.reask", "out_of_range"),
        ("texts.hello", "unknown_key"),
        ("texts.date", "missing"),
    ]


def test_a_field_that_there_is_not_is_named_wherever_it_stands():
    rules = [{"when": {"op": "answered", "of": "x"}, "next": "end", "else": "end"}]
    option = {"label": "a", "value": 1}
    asked = {"type": "single_choice", "text": "x", "minimum": 3, "options": [option, {"label": "b"}], "rules": rules}
    given_json = {"name": "x", "optoins": {}, "questions": [asked], "options": {"reminder_hours": 3}}
    assert faults(given_json) == [
        ("optoins", "unknown_key"),
        ("questions[0].minimum", "unknown_key"),
        ("questions[0].options[0].value", "unknown_key"),
        ("questions[0].rules[0].else", "unknown_key"),
        ("questions[0].rules[0].when.of", "unknown_key"),
        ("options.reminder_hours", "unknown_key"),
    ]
    with pytest.raises(
        BadDefinition, match=r"options.reminder_hours is not known here; there are reask, reminder_after_h"
    ):
        read_definition(given_json, ids())


def test_of_very_many_fields_that_there_are_not_the_first_are_named():
    many = {f"x{number}": None for number in range(50)}
    assert faults({"name": "x", **many}) == [(f"x{number}", "unknown_key") for number in range(20)]


def test_what_is_wrong_with_bounds_reads_as_a_sentence():
    for fields, words in (
        (
            {"type": "rating", "max": 0.5},
            r"questions\[0\].max must be a whole number, as min, and 100 above it at most",
        ),
        ({"type": "nps", "min": 1}, r"questions\[0\].min must be 0, and max 10, in a question of type nps"),
    ):
        with pytest.raises(BadDefinition, match=words):
            read_definition({"name": "x", "questions": [{"text": "x", **fields}]}, ids())


def test_the_message_of_the_refusal_says_all_of_it():
    with pytest.raises(BadDefinition, match=r"name is required; questions must be an array, not a text"):
        read_definition({"questions": "none"}, ids())


@pytest.mark.parametrize("given_json", [None, [], "x", 5])
def test_what_is_no_object_is_no_definition(given_json):
    assert ("", "wrong_type") in faults(given_json)


@pytest.mark.parametrize("sender", ["ACME", "12", "1" * 16, "12a45", "٢٢١٤١"])
def test_decision_80_a_sender_that_nobody_can_answer_is_refused(sender):
    assert faults({"name": "x", "sender_id": sender}) == [("sender_id", "bad_sender")]


@pytest.mark.parametrize(
    ("fields", "path", "code"),
    [
        ({"text": 5}, "text", "wrong_type"),
        ({"text": "x" * 2001}, "text", "too_long"),
        ({"text": "a\x07"}, "text", "bad_text"),
        ({"text": "a\ud800"}, "text", "bad_text"),
        ({"uuid": "no"}, "uuid", "bad_uuid"),
        ({"uuid": 5}, "uuid", "wrong_type"),
        ({"code": "x" * 21}, "code", "too_long"),
        ({"code": "end"}, "code", "bad_code"),
        ({"required": "yes"}, "required", "wrong_type"),
        ({"min": "1", "type": "number"}, "min", "wrong_type"),
        ({"min": True, "type": "number"}, "min", "wrong_type"),
        ({"min": 1e300, "type": "number"}, "min", "out_of_range"),
        ({"min": 10**400, "type": "number"}, "min", "out_of_range"),
        ({"max": float("nan"), "type": "number"}, "max", "out_of_range"),
        ({"max": 0.5, "type": "rating"}, "max", "out_of_range"),
        ({"max": 200, "type": "rating"}, "max", "out_of_range"),
        ({"min": 1, "type": "nps"}, "min", "out_of_range"),
        ({"min_select": 0, "type": "multiple_choice"}, "min_select", "out_of_range"),
        ({"max_select": 1.5, "type": "multiple_choice"}, "max_select", "out_of_range"),
        ({"options": [{"label": "a"}]}, "options", "not_here"),
        ({"type": "single_choice", "options": [{}]}, "options[0].label", "missing"),
        ({"type": "single_choice", "options": [{"label": "a", "code": "?"}]}, "options[0].code", "bad_code"),
        ({"type": "single_choice", "options": [{"label": "a", "code": 1}]}, "options[0].code", "wrong_type"),
        ({"type": "multiple_choice", "options": [{"label": "a", "next": "end"}]}, "options[0].next", "not_here"),
        ({"type": "single_choice", "options": [{"label": "a"}] * 51}, "options", "too_many"),
        ({"rules": [{"when": {"op": "eq", "value": "x"}}]}, "rules[0].next", "missing"),
        ({"rules": [{"when": {"op": "is", "value": "x"}, "next": "end"}]}, "rules[0].when.op", "unknown"),
        ({"rules": [{"when": "x", "next": "end"}]}, "rules[0].when", "wrong_type"),
        ({"rules": [{"when": {"op": "eq"}, "next": "end"}]}, "rules[0].when.value", "missing"),
        ({"rules": [{"when": {"op": "eq", "value": [1]}, "next": "end"}]}, "rules[0].when.value", "wrong_type"),
        ({"rules": [{"when": {"op": "eq", "value": 1e300}, "next": "end"}]}, "rules[0].when.value", "wrong_type"),
        ({"rules": [{"when": {"op": "in", "value": "x"}, "next": "end"}]}, "rules[0].when.value", "wrong_type"),
        ({"rules": [{"when": {"op": "in", "value": [None]}, "next": "end"}]}, "rules[0].when.value", "wrong_type"),
        ({"next": ["end"]}, "next", "wrong_type"),
    ],
)
def test_a_question_that_cannot_be_kept_is_refused(fields, path, code):
    assert (f"questions[0].{path}", code) in faults_of_question(**fields)


@pytest.mark.parametrize("name", ["reask", "reminder_after_h", "lapse_after_h", "invitation_valid_h"])
@pytest.mark.parametrize("wrong", [-1, 721, 1.5, "2", True])
def test_times_and_counts_are_whole_numbers_within_bounds(name, wrong):
    assert [path for path, _ in faults({"name": "x", "options": {name: wrong}})] == [f"options.{name}"]


def test_there_are_no_more_than_100_questions():
    asked = [{"type": "text", "text": "x"}] * 101
    assert faults({"name": "x", "questions": asked}) == [("questions", "too_many")]
    assert len(read({"name": "x", "questions": asked[:100]}).questions) == 100


def test_numbers_of_rules_keep_their_kind():
    rules = [
        {"when": {"op": op, "value": value}, "next": "end"}
        for op, value in (("eq", 3.0), ("lt", 0.5), ("in", [1, 2.5]))
    ]
    asked = read({"name": "x", "questions": [{"type": "number", "text": "x", "rules": rules}]}).questions[0]
    assert [rule.value for rule in asked.rules] == [3, 0.5, (1, 2.5)]


JSON = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(),
        st.text(max_size=10),
        st.sampled_from(["end", "eq", "rating"]),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.sampled_from(
                ["name", "questions", "type", "text", "options", "label", "rules", "when", "op", "next", "texts", "min"]
            ),
            inner,
            max_size=5,
        ),
    ),
    max_leaves=20,
)


@given(JSON)
@settings(max_examples=200)
def test_whatever_comes_it_is_read_or_refused(given_json):
    try:
        definition = read_definition(given_json, ids())
    except BadDefinition:
        return
    assert definition_of(as_json(definition)) == definition
