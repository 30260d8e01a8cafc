"""Where answers lead."""

import attrs
import pytest

from mobilesasa.surveys.model import END, Answer, Kind, Op, Option, Value
from mobilesasa.surveys.paths import backwards, fits, leads, next_of, reached
from tests.surveys.making import choice, choices, question, rule, survey

WHY, THEN, LAST = question("why"), question("then"), question("last")


def after(asked, value: Value | None, **others: Value) -> str:
    values = {**others, asked.uuid: value}
    answers = {name: Answer(name, "", each, 0) for name, each in values.items()}
    return next_of(survey(asked, THEN, LAST), asked, answers)


@pytest.mark.parametrize(
    ("op", "value", "compared", "does"),
    [
        (Op.EQ, "1", "1", True),
        (Op.EQ, "Nairobi", " NAIROBI. ", True),
        (Op.EQ, 3, 3.0, True),
        (Op.EQ, True, False, False),
        (Op.EQ, 3, "3", False),
        (Op.NE, "1", "2", True),
        (Op.NE, "1", "1", False),
        (Op.IN, "2", ("1", "2"), True),
        (Op.IN, 3, (1, 2), False),
        (Op.IN, "1", "1", False),
        (Op.LT, 1, 2, True),
        (Op.LT, 2, 2, False),
        (Op.LTE, 2, 2, True),
        (Op.LTE, 3, 2, False),
        (Op.GT, 3, 2, True),
        (Op.GT, 2, 2, False),
        (Op.GTE, 2, 2, True),
        (Op.GTE, 1, 2, False),
        (Op.LT, "2026-01-02", "2026-01-10", True),
        (Op.GT, "2026-01-02", "2025-12-31", True),
        (Op.LT, 1, "2", False),
        (Op.GTE, "2", None, False),
        (Op.INCLUDES, ("1", "2"), "2", True),
        (Op.INCLUDES, ("1", "2"), "3", False),
        (Op.INCLUDES, "It did not rain, sadly", "NOT RAIN", True),
        (Op.INCLUDES, "It drained", "rain", False),
        (Op.INCLUDES, 5, "5", False),
        (Op.EXCLUDES, ("1", "2"), "3", True),
        (Op.EXCLUDES, ("1", "2"), "2", False),
        (Op.ANSWERED, "x", None, True),
        (Op.UNANSWERED, "x", None, False),
    ],
)
def test_a_rule_fits_an_answer(op, value, compared, does):
    assert fits(rule(op, compared, END), value) is does


@pytest.mark.parametrize("op", Op)
def test_what_was_left_fits_only_what_asks_for_that(op):
    assert fits(rule(op, "1", END), None) is (op is Op.UNANSWERED)


def test_without_more_the_following_question_comes_and_behind_the_last_the_end():
    assert after(WHY, "x") == "then"
    assert next_of(survey(WHY), WHY, {}) == END


def test_a_question_may_say_what_comes_next():
    assert after(attrs.evolve(WHY, next="last"), "x") == "last"
    assert after(attrs.evolve(WHY, next=END), "x") == END


def test_an_option_goes_before_next_and_a_rule_before_both():
    options = (Option("a", "1", "x", "last"), Option("b", "2", "y"))
    asked = attrs.evolve(choice("crop"), options=options, next="then")
    assert (after(asked, "1"), after(asked, "2"), after(asked, None)) == ("last", "then", "then")
    ruled = attrs.evolve(asked, rules=(rule(Op.IN, ("1", "2"), END), rule(Op.EQ, "1", "then")))
    assert (after(ruled, "1"), after(ruled, "2"), after(ruled, None)) == (END, END, "then")


def test_an_option_that_is_gone_leads_where_none_would():
    assert after(choice("crop", "x", "y"), "9") == "then"


def test_a_rule_may_look_at_an_earlier_answer():
    asked = attrs.evolve(WHY, rules=(rule(Op.EQ, "1", END, of="crop"),))
    assert after(asked, "x", crop="1") == END
    assert after(asked, "x", crop="2") == after(asked, "x") == "then"


def test_what_leads_to_nothing_leads_to_the_end():
    assert after(attrs.evolve(WHY, next="gone"), "x") == END


@pytest.mark.parametrize(
    ("asked", "targets"),
    [
        (WHY, {"then"}),
        (attrs.evolve(WHY, rules=(rule(Op.EQ, "x", END),)), {"then", END}),
        (question("y", Kind.YES_NO, rules=(rule(Op.EQ, True, END), rule(Op.EQ, False, "last"))), {END, "last"}),
        (question("y", Kind.YES_NO, required=False, rules=(rule(Op.ANSWERED, None, END),)), {END, "then"}),
        (question("y", Kind.YES_NO, rules=(rule(Op.EQ, 1, "last", of="z"),)), {"last", "then"}),
        (question("r", Kind.RATING, rules=(rule(Op.LTE, 3, "last"), rule(Op.GT, 3, END))), {"last", END}),
        (question("r", Kind.NPS, rules=(rule(Op.LT, 10, "last"),)), {"last", "then"}),
        (question("n", Kind.NUMBER), {"then"}),
        (question("n", Kind.NUMBER, minimum=0, maximum=5, rules=(rule(Op.LTE, 5, "last"),)), {"last"}),
        (question("n", Kind.NUMBER, minimum=0, maximum=5, rules=(rule(Op.LT, 5, "last"),)), {"last", "then"}),
        (question("n", Kind.NUMBER, minimum=0, rules=(rule(Op.LTE, 5, "last"),)), {"last", "then"}),
        (question("n", Kind.NUMBER, rules=(rule(Op.LT, 5, "last"), rule(Op.GT, 5, END))), {"last", END, "then"}),
        (question("n", Kind.NUMBER, rules=(rule(Op.LTE, 5, "last"), rule(Op.GT, 5, END))), {"last", END}),
        (question("n", Kind.NUMBER, rules=(rule(Op.LTE, 5, "last"), rule(Op.GTE, 6, END))), {"last", END, "then"}),
        (
            question("n", Kind.NUMBER, whole=True, rules=(rule(Op.LTE, 5, "last"), rule(Op.GTE, 6, END))),
            {"last", END},
        ),
        (
            question(
                "n", Kind.NUMBER, whole=True, minimum=0.5, rules=(rule(Op.IN, (1, 2), "last"), rule(Op.GT, 2.5, END))
            ),
            {"last", END},
        ),
        (question("n", Kind.NUMBER, required=False, maximum=5, rules=(rule(Op.LTE, 5, "last"),)), {"last", "then"}),
        (question("n", Kind.NUMBER, minimum=2, maximum=1, rules=(rule(Op.LTE, 5, "last"),)), {"last", "then"}),
        (question("n", Kind.NUMBER, rules=(rule(Op.LTE, "5", "last"),)), {"then"}),
        (question("n", Kind.NUMBER, rules=(rule(Op.IN, tuple(range(200)), "last"),)), {"last", "then"}),
        (question("d", Kind.DATE, rules=(rule(Op.LTE, "2100-12-31", "last"),)), {"last"}),
        (
            question("d", Kind.DATE, rules=(rule(Op.LT, "2026-01-01", "last"), rule(Op.GT, "2025-12-31", END))),
            {"last", END},
        ),
        (
            question("d", Kind.DATE, rules=(rule(Op.LT, "2026-01-01", "last"), rule(Op.EQ, "today", END))),
            {"last", "then"},
        ),
        (choice("c", "x", "y", rules=(rule(Op.NE, "1", "last"),)), {"last", "then"}),
        (choice("c", "x", "y", rules=(rule(Op.ANSWERED, None, "last"),)), {"last"}),
        (choices("c", "x", "y", rules=(rule(Op.INCLUDES, "1", "last"),)), {"last", "then"}),
        (choices("c", "x", "y", rules=(rule(Op.INCLUDES, "1", "last"), rule(Op.EXCLUDES, "1", END))), {"last", END}),
        (
            choices("c", "x", "y", rules=(rule(Op.INCLUDES, "1", "last"), rule(Op.EXCLUDES, "2", END))),
            {"last", END, "then"},
        ),
        (choices("c", "x", "y", rules=(rule(Op.ANSWERED, None, "last"), rule(Op.INCLUDES, "1", END))), {"last"}),
        (choices("c", "x", "y", required=False, rules=(rule(Op.ANSWERED, None, "last"),)), {"last", "then"}),
        (choices("c", "x", "y", rules=(rule(Op.UNANSWERED, None, "last"),)), {"then"}),
        (choices("c", "x", "y", required=False, rules=(rule(Op.UNANSWERED, None, "last"),)), {"last", "then"}),
        (
            attrs.evolve(WHY, rules=(rule(Op.EQ, "x", "last"), rule(Op.EQ, "X.", "then"), rule(Op.NE, " X", END))),
            {"last", END},
        ),
        (attrs.evolve(WHY, rules=(rule(Op.EQ, "1", "last", of="z"), rule(Op.ANSWERED, None, END))), {"last", END}),
    ],
)
def test_all_that_a_question_may_lead_to_is_known(asked, targets):
    assert leads(survey(asked, THEN, LAST), asked) == targets


def test_what_is_come_to_is_followed_both_ways():
    ways = {"a": ["b", "c"], "b": ["a"], "c": [END], "d": ["a"]}
    assert reached(ways, "a") == {"a", "b", "c", END}
    assert reached(backwards(ways), END) == {END, "c", "a", "b", "d"}
