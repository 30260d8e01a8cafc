"""What a survey costs, in parts."""

import attrs

from mobilesasa.surveys.model import END, Kind, Op
from mobilesasa.surveys.outlay import Outlay, outlay_of
from tests.surveys.making import choice, question, rule, survey

LONG = "x" * 161


def test_each_message_counts_with_its_parts_and_the_introduction_with_the_first_question():
    assert outlay_of(survey(question("a"), question("b"), introduction=LONG)) == Outlay(opening=2, least=4, all=4)
    assert outlay_of(survey(question("a"), question("b", text=LONG), thanks="")) == Outlay(opening=1, least=3, all=3)


def test_the_least_is_the_cheapest_way_to_the_end():
    agreed = question("agreed", Kind.YES_NO, rules=(rule(Op.EQ, False, END),))
    assert outlay_of(survey(agreed, question("b"), question("c"))) == Outlay(opening=1, least=2, all=4)
    around = choice("c", "x", "y", rules=(rule(Op.EQ, "1", "d"),))
    assert outlay_of(survey(around, question("b", text=LONG), question("d"))).least == 3


def test_where_nothing_is_asked_nothing_is_said():
    assert outlay_of(survey(introduction="Karibu")) == Outlay(0, 0, 0)


def test_a_draft_without_an_end_has_no_least():
    assert outlay_of(survey(attrs.evolve(question("a"), next="a"))).least == 0


def test_what_leads_nowhere_leads_to_the_end():
    assert outlay_of(survey(attrs.evolve(question("a"), next="gone"))) == Outlay(opening=1, least=2, all=2)
