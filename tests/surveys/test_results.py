"""What all answers come to."""

import statistics

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mobilesasa.surveys.model import Kind, Option, Value
from mobilesasa.surveys.results import Count, Nps, QuestionResult, Results
from tests.surveys.making import choice, choices, question, survey


def result(asked, *values: Value | None) -> QuestionResult:
    results = Results({1: survey(asked)})
    for value in values:
        results.add(1, asked.uuid, value)
    (shown,) = results.shown()
    return shown


def counts(shown: QuestionResult) -> list[tuple[Value, int, float]]:
    return [(count.value, count.count, count.share) for count in shown.counts]


def test_choices_are_counted_with_those_that_nobody_chose():
    shown = result(choice("crop", "Maize", "Beans", "Rice"), "1", "1", "1", "3", None)
    assert (shown.answered, shown.unanswered, shown.asked) == (4, 1, 5)
    assert counts(shown) == [("1", 3, 0.75), ("2", 0, 0.0), ("3", 1, 0.25)]
    assert shown.counts[0] == Count("1", 3, 0.75, "Maize", "option 1")


def test_shares_of_several_are_of_those_who_answered():
    shown = result(choices("crops", "Maize", "Beans"), ("1", "2"), ("1",))
    assert (shown.answered, counts(shown)) == (2, [("1", 2, 1.0), ("2", 1, 0.5)])


def test_an_option_that_its_version_has_not_is_an_answer_that_counts_for_none():
    shown = result(choice("crop", "Maize", "Beans"), "9", 5)
    assert (shown.answered, counts(shown)) == (2, [("1", 0, 0.0), ("2", 0, 0.0)])


def test_yes_and_no_are_counted():
    shown = result(question("agreed", Kind.YES_NO), True, True, False, None)
    assert counts(shown) == [(True, 2, 2 / 3), (False, 1, 1 / 3)]
    assert shown.average is None


def test_numbers_have_an_average_a_median_and_ends():
    shown = result(question("age", Kind.NUMBER), 10, 20, 20, 50, 0.5)
    assert (shown.average, shown.median, shown.minimum, shown.maximum) == (20.1, 20, 0.5, 50)
    assert (shown.answered, shown.counts) == (5, ())


def test_ratings_are_counted_by_the_whole_scale():
    shown = result(question("service", Kind.RATING), 5, 5, 4, 1)
    assert counts(shown) == [(1, 1, 0.25), (2, 0, 0.0), (3, 0, 0.0), (4, 1, 0.25), (5, 2, 0.5)]
    assert (shown.average, shown.median, shown.nps) == (3.75, 4.5, None)


def test_a_net_promoter_score_is_promoters_less_detractors():
    shown = result(question("friends", Kind.NPS), 10, 9, 8, 7, 6, 0)
    assert shown.nps == Nps(promoters=2, passives=2, detractors=2, score=0.0)
    assert result(question("friends", Kind.NPS), 10, 9, 10, 6).nps == Nps(3, 0, 1, 50.0)
    assert result(question("friends", Kind.NPS), 0).nps == Nps(0, 0, 1, -100.0)


def test_dates_have_a_first_and_a_last():
    shown = result(question("born", Kind.DATE), "1990-12-24", "1989-01-01", "2000-01-01", None)
    assert (shown.minimum, shown.maximum, shown.answered, shown.unanswered) == ("1989-01-01", "2000-01-01", 3, 1)


def test_of_texts_only_their_number_is_told_and_kept():
    results = Results({1: survey(question("why"))})
    for number in range(100):
        results.add(1, "why", f"because {number}")
    assert results.shown()[0].answered == 100
    assert [len(kept) for kept in results._counts.values()] == [1]


@pytest.mark.parametrize("kind", Kind)
def test_where_nobody_has_answered_there_is_nothing_to_average(kind):
    asked = attrs.evolve(choice("q", "x", "y"), kind=kind, minimum=0, maximum=10)
    shown = result(asked if kind.is_choice else attrs.evolve(asked, options=()), None)
    assert (shown.answered, shown.unanswered, shown.average, shown.median, shown.nps) == (0, 1, None, None, None)
    assert all(count.share == 0.0 for count in shown.counts)


def test_answers_that_say_the_same_are_added_at_once():
    results = Results({1: survey(choice("crop", "Maize", "Beans"))})
    results.add(1, "crop", "1", times=30)
    results.add(1, "crop", None, times=12)
    assert [(shown.answered, shown.unanswered) for shown in results.shown()] == [(30, 12)]


def test_a_question_or_a_version_that_is_not_there_is_not_counted():
    results = Results({1: survey(question("why"))})
    results.add(1, "gone", "x")
    results.add(2, "why", "x")
    assert [(shown.question.uuid, shown.asked) for shown in results.shown()] == [("why", 0)]


def test_versions_are_added_by_the_uuids_of_questions_and_options():
    old = survey(
        attrs.evolve(choice("crop"), text="Which?", options=(Option("m", "1", "Corn"), Option("b", "2", "Beans"))),
        question("gone"),
    )
    new = survey(
        question("first"),
        attrs.evolve(
            choice("crop"), text="Which crop?", options=(Option("b", "1", "Beans"), Option("m", "2", "Maize"))
        ),
    )
    results = Results({1: old, 2: new})
    results.add(1, "crop", "1", times=3)
    results.add(2, "crop", "1")
    results.add(1, "gone", "x")
    first, crop, gone = results.shown()
    assert [shown.question.uuid for shown in (first, crop, gone)] == ["first", "crop", "gone"]
    assert crop.question.text == "Which crop?"
    assert [(count.label, count.count) for count in crop.counts] == [("Beans", 1), ("Maize", 3)]
    assert gone.answered == 1


def test_a_question_that_became_one_of_another_type_is_another():
    results = Results({1: survey(question("q")), 2: survey(question("q", Kind.NUMBER))})
    results.add(1, "q", "many")
    results.add(2, "q", 5)
    assert [(shown.question.kind, shown.answered) for shown in results.shown()] == [(Kind.NUMBER, 1), (Kind.TEXT, 1)]


@given(st.lists(st.integers(0, 10), min_size=1, max_size=50))
@settings(max_examples=100)
def test_average_median_and_counts_are_those_of_all_answers(values):
    shown = result(question("friends", Kind.NPS), *values)
    assert shown.average == pytest.approx(statistics.fmean(values))
    assert shown.median == statistics.median(values)
    assert [count.count for count in shown.counts] == [values.count(value) for value in range(11)]
    assert shown.nps is not None
    assert shown.nps.promoters + shown.nps.passives + shown.nps.detractors == len(values)
