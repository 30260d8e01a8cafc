"""What keeps a definition from being published."""

import attrs
import pytest

from mobilesasa.surveys.checking import OPS, faults_of
from mobilesasa.surveys.model import END, Conduct, Definition, Kind, Op, Option
from tests.surveys.making import choice, choices, question, rule, survey

WHY = question("why")
AGREED = question("agreed", Kind.YES_NO)
CROP = choice("crop", "Maize", "Beans")


def found(definition: Definition, country: str = "KE") -> list[tuple[str, str]]:
    return [(fault.field, fault.code) for fault in faults_of(definition, country)]


def test_a_survey_that_is_right_has_no_faults():
    assert found(survey(AGREED, CROP, question("age", Kind.NUMBER), WHY, keyword="farm", introduction="Karibu")) == []


def test_nobody_can_answer_a_survey_without_a_code_and_none_without_a_question():
    assert found(survey(sender_id=None)) == [("sender_id", "no_sender"), ("questions", "no_questions")]


def test_a_keyword_that_means_stop_is_refused_where_it_does():
    assert found(survey(WHY, keyword="stop")) == [("keyword", "stop_word")]
    assert found(survey(WHY, keyword="acha"), "KE") == [("keyword", "stop_word")]
    assert found(survey(WHY, keyword="acha"), "FR") == []
    assert found(survey(WHY, keyword="anza")) == []


def test_a_reminder_comes_before_the_lapse():
    assert found(survey(WHY, conduct=Conduct(reminder_after_h=48))) == [("options.reminder_after_h", "out_of_range")]
    assert found(survey(WHY, conduct=Conduct(reminder_after_h=None, lapse_after_h=1))) == []


def test_uuids_and_codes_stand_once():
    twice = [
        attrs.evolve(WHY, code="a"),
        attrs.evolve(WHY, code="a"),
        choice("crop", "x", "y"),
        choice("other", "x", "y"),
    ]
    assert found(survey(*twice)) == [
        ("questions[1].uuid", "uuid_twice"),
        ("questions[1].code", "code_twice"),
        ("questions[3].options[0].uuid", "uuid_twice"),
        ("questions[3].options[1].uuid", "uuid_twice"),
    ]


@pytest.mark.parametrize(("labels", "faults"), [((), 1), (("Maize",), 1), (("Maize", "Beans"), 0)])
def test_a_choice_is_between_two_at_least(labels, faults):
    assert found(survey(choice("crop", *labels))) == [("questions[0].options", "too_few_options")] * faults


def test_several_are_no_more_than_there_are():
    assert found(survey(choices("crops", "x", "y", min_select=3))) == [("questions[0].max_select", "bad_bounds")]
    assert found(survey(choices("crops", "x", "y", max_select=3))) == [("questions[0].max_select", "bad_bounds")]
    assert found(survey(choices("crops", "x", "y", min_select=2, max_select=1))) == [
        ("questions[0].max_select", "bad_bounds")
    ]
    assert found(survey(choices("crops", "x", "y", min_select=2, max_select=2))) == []


def test_options_are_told_apart_by_code_and_by_label_however_they_are_written():
    assert found(survey(choice("crop", "Maize", "Beans", codes=("a", "A.")))) == [
        ("questions[0].options[1].code", "code_twice")
    ]
    assert found(survey(choice("crop", "Maize", "MAIZE!"))) == [("questions[0].options[1].label", "label_twice")]
    assert found(survey(choice("crop", "😀", "😡"))) == []


def test_a_label_that_is_the_number_of_another_option_is_refused():
    assert found(survey(choice("children", "0", "1", "2 or more"))) == [("questions[0].options[1].label", "ambiguous")]
    assert found(survey(choice("children", "0", "1", "2 or more", codes=("0", "1", "2")))) == []
    assert found(survey(choice("crop", "beans", "maize", codes=("maize", "legumes")))) == [
        ("questions[0].options[1].label", "ambiguous")
    ]


def test_no_option_means_stop():
    assert found(survey(choice("go", "Go on", "Stop"))) == [("questions[0].options[1].label", "stop_word")]
    assert found(survey(choice("go", "Go", "Halt", codes=("go", "quit")))) == [
        ("questions[0].options[1].code", "stop_word")
    ]


def test_the_least_number_is_no_more_than_the_greatest():
    assert found(survey(question("n", Kind.NUMBER, minimum=2, maximum=1))) == [("questions[0].min", "bad_bounds")]


@pytest.mark.parametrize("target", ["gone", "crop!"])
def test_whatever_leads_on_leads_to_a_question_or_to_the_end(target):
    leading = attrs.evolve(
        CROP,
        options=(Option("a", "1", "x", target), Option("b", "2", "y", END)),
        rules=(rule(Op.EQ, "1", target),),
        next=target,
    )
    assert found(survey(leading)) == [
        ("questions[0].options[0].next", "unknown_next"),
        ("questions[0].rules[0].next", "unknown_next"),
        ("questions[0].next", "unknown_next"),
    ]


@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize("op", Op)
def test_rules_compare_only_what_can_be_compared(kind, op):
    fitting = {Kind.YES_NO: True, Kind.DATE: "2026-12-24", Kind.NUMBER: 1, Kind.RATING: 1, Kind.NPS: 1}.get(kind, "1")
    value = None if op in (Op.ANSWERED, Op.UNANSWERED) else (fitting,) if op is Op.IN else fitting
    asked = attrs.evolve(CROP if kind.is_choice else question("crop"), kind=kind, minimum=None, maximum=None)
    faults = [
        path
        for path, code in found(survey(attrs.evolve(asked, rules=(rule(op, value, END),)), WHY))
        if code == "bad_rule"
    ]
    assert faults == ([] if op in OPS[kind] else ["questions[0].rules[0].when.op"])


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (Kind.SINGLE_CHOICE, "3"),
        (Kind.SINGLE_CHOICE, 1),
        (Kind.YES_NO, "yes"),
        (Kind.NUMBER, "1"),
        (Kind.NUMBER, True),
        (Kind.DATE, "24/12/2026"),
        (Kind.DATE, "20261224"),
        (Kind.DATE, 5),
        (Kind.TEXT, 5),
        (Kind.TEXT, None),
    ],
)
def test_rules_compare_with_what_can_be_an_answer(kind, value):
    asked = attrs.evolve(CROP if kind.is_choice else question("crop"), kind=kind, rules=(rule(Op.EQ, value, END),))
    assert found(survey(asked, WHY)) == [("questions[0].rules[0].when.value", "bad_rule")]


def test_each_of_several_values_can_be_an_answer():
    asked = attrs.evolve(CROP, rules=(rule(Op.IN, ("1", "3", "4"), END),))
    assert found(survey(asked, WHY)) == [("questions[0].rules[0].when.value", "bad_rule")] * 2


def test_a_rule_may_look_at_the_answer_to_another_question_that_there_is():
    looking = attrs.evolve(WHY, rules=(rule(Op.EQ, "1", END, of="crop"),))
    assert found(survey(CROP, looking, AGREED)) == []
    gone = attrs.evolve(WHY, rules=(rule(Op.EQ, "1", END, of="gone"),))
    assert found(survey(CROP, gone, AGREED)) == [("questions[1].rules[0].when.question", "unknown_question")]
    wrong = attrs.evolve(WHY, rules=(rule(Op.EQ, "9", END, of="crop"),))
    assert found(survey(CROP, wrong, AGREED)) == [("questions[1].rules[0].when.value", "bad_rule")]


def test_a_question_that_nothing_leads_to_is_named():
    assert found(survey(attrs.evolve(CROP, next=END), WHY)) == [("questions[1]", "unreachable")]
    leading = attrs.evolve(CROP, options=(Option("a", "1", "x", END), Option("b", "2", "y", END)))
    assert found(survey(leading, WHY)) == [("questions[1]", "unreachable")]


def test_a_question_that_can_be_left_leads_on_though_all_its_answers_lead_elsewhere():
    leading = attrs.evolve(CROP, required=False, options=(Option("a", "1", "x", END), Option("b", "2", "y", END)))
    assert found(survey(leading, WHY)) == []


def test_a_loop_that_no_answer_leads_out_of_is_named():
    assert found(survey(CROP, WHY, attrs.evolve(AGREED, next="why"))) == [
        ("questions[0]", "endless"),
        ("questions[1]", "endless"),
        ("questions[2]", "endless"),
    ]
    both = (rule(Op.EQ, True, "why"), rule(Op.EQ, False, "crop"))
    assert ("questions[2]", "endless") in found(survey(CROP, WHY, attrs.evolve(AGREED, rules=both)))


@pytest.mark.parametrize(
    ("asked", "way_round"),
    [
        (question("n", Kind.NUMBER, minimum=0, maximum=5), rule(Op.LTE, 5, "n")),
        (question("n", Kind.DATE), rule(Op.GTE, "1900-01-01", "n")),
        (question("n"), rule(Op.ANSWERED, None, "n")),
    ],
)
def test_a_loop_that_no_number_no_day_and_no_text_leads_out_of_is_named(asked, way_round):
    assert found(survey(attrs.evolve(asked, rules=(way_round,)))) == [("questions[0]", "endless")]


def test_a_rule_looks_at_no_question_that_is_asked_only_later():
    early = attrs.evolve(WHY, rules=(rule(Op.EQ, "1", END, of="crop"),))
    assert found(survey(early, CROP)) == [("questions[0].rules[0].when.question", "not_before")]
    round_again = attrs.evolve(AGREED, rules=(rule(Op.EQ, True, "why"),))
    assert found(survey(early, CROP, round_again)) == []
    itself = attrs.evolve(CROP, rules=(rule(Op.EQ, "1", END, of="crop"),))
    assert found(survey(itself, WHY)) == []


def test_a_question_that_is_never_asked_is_named_once_and_not_by_the_rules_that_look_at_it():
    early = attrs.evolve(WHY, rules=(rule(Op.EQ, "1", END, of="crop"),), next=END)
    assert found(survey(early, CROP)) == [("questions[1]", "unreachable")]


def test_a_loop_that_an_answer_leads_out_of_is_right():
    assert found(survey(CROP, WHY, attrs.evolve(AGREED, rules=(rule(Op.EQ, False, "why"),)))) == []


def test_what_is_said_takes_ten_messages_at_most():
    long = "x" * 1530
    assert found(survey(attrs.evolve(WHY, text=long))) == [("questions[0].text", "too_many_parts")]  # the reminder
    assert found(survey(attrs.evolve(WHY, text=long + "x"))) == [("questions[0].text", "too_many_parts")]
    assert found(survey(WHY, introduction=long)) == [("introduction", "too_many_parts")]
    assert found(survey(WHY, thanks=long)) == []
    assert found(survey(WHY, thanks=long + "x")) == [("thanks", "too_many_parts")]
    assert found(survey(WHY, thanks="ш" * 671)) == [("thanks", "too_many_parts")]
    assert found(survey(choice("crop", *[f"{place} {'x' * 150}" for place in "abcdefghijk"]))) == [
        ("questions[0].text", "too_many_parts")
    ]
    assert found(survey(WHY, texts={"closed": long + "x"})) == [("texts.closed", "too_many_parts")]


def test_the_message_says_how_many_it_takes():
    (fault,) = faults_of(survey(WHY, thanks="x" * 1531))
    assert fault.message == "is too long: it takes 11 messages; 10 at most"
