"""Surveys as values."""

import pytest

from mobilesasa.surveys.model import END, Answer, Kind, answer_as_json, answer_of
from tests.surveys.making import choice, choices, question, survey


def test_codes_stand_before_options_where_all_are_short_and_else_numbers():
    assert choice("c", "x", "y", codes=("a", "10")).keys == ("a", "10")
    assert choice("c", "x", "y", codes=("a", "long")).keys == ("1", "2")


def test_an_option_is_found_by_its_code():
    found = choice("c", "x", "y").option("2")
    assert found is not None
    assert found.label == "y"
    assert choice("c", "x", "y").option("3") is None


def test_labels_are_those_of_what_was_chosen():
    assert choice("c", "x", "y").labels("2") == ("y",)
    assert choices("c", "x", "y", "z").labels(("3", "1")) == ("x", "z")
    assert choice("c", "x", "y").labels(None) == question("why").labels("1") == ()


def test_questions_are_found_by_uuid_and_follow_each_other():
    definition = survey(question("a"), question("b"))
    assert definition.question("b") is definition.questions[1]
    assert (definition.following("a"), definition.following("b")) == ("b", END)
    with pytest.raises(KeyError):
        definition.question("c")


def test_bounds_are_those_of_the_kind_unless_they_are_given():
    assert [
        (each.minimum, each.maximum) for each in (question("r", Kind.RATING), question("n", Kind.NPS), question("x"))
    ] == [
        (1, 5),
        (0, 10),
        (None, None),
    ]
    assert question("r", Kind.RATING, minimum=0, maximum=3).ratings == range(4)


@pytest.mark.parametrize("value", ["x", 5, 0.5, True, ("1", "2"), None])
def test_an_answer_is_the_same_when_it_comes_back(value):
    answer = Answer("q", "raw", value, 5)
    assert answer_of(answer_as_json(answer)) == answer


def test_what_somebody_wrote_stands_in_no_log():
    assert "secret" not in repr(Answer("q", "secret", "secret", 5))
