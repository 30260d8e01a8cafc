"""Which messages alterations may change, and what becomes of those that another process had in hand."""

import pytest

from mobilesasa.core.alterations import (
    Altered,
    Cancel,
    CancelAll,
    Concerned,
    Held,
    Obstacle,
    Query,
    Replace,
    ReplaceLike,
    concerned,
    held_of,
    joined,
)
from mobilesasa.core.model import Failure, Notice, State, Wish
from tests.fakes.journal import outbound
from tests.store.given import priced

TO = "254712345678"
HELD = Held("a", "node2")


def notice(number: int) -> Notice:
    return Notice(number, 1, "a", "TextBlast", TO, State.FAILED, Failure.CANCELLED, "", 1, 0, 0, None)


@pytest.mark.parametrize("asked", [Cancel("a"), Replace("a", "", {}, Wish.NONE)])
def test_what_is_altered_by_its_id_is_concerned_and_nothing_else(asked):
    wanted = concerned(1, [Query("b"), asked])
    assert wanted == Concerned(1, frozenset("a"))
    assert wanted(outbound("a"))
    assert not wanted(outbound("b"))
    assert not wanted(outbound("a", team_id=2))


@pytest.mark.parametrize("asked", [CancelAll("TextBlast", TO, "CMT"), ReplaceLike(priced(1))])
def test_what_is_altered_by_its_numbers_is_concerned_and_nothing_else(asked):
    wanted = concerned(1, [asked])
    assert wanted == Concerned(1, frozenset(), frozenset({("TextBlast", TO)}))
    assert wanted(outbound("a"))
    assert not wanted(outbound("a", sender="22141"))
    assert not wanted(outbound("a", recipient="254700000000"))
    assert not wanted(outbound("a", team_id=2))


def test_questions_concern_nothing():
    assert concerned(1, [Query("a")]) is None


def test_what_is_held_is_named_once_and_its_alterations_are_left():
    batch = [Cancel("b"), Cancel("a"), CancelAll("TextBlast", TO)]
    done = [Altered(), Altered(Obstacle.IN_HAND, held=(HELD,)), Altered(held=(HELD, Held("c", "node3")))]
    assert held_of(batch, done) == (batch[1:], [HELD, Held("c", "node3")])


def test_of_what_was_not_done_at_first_the_second_answer_counts():
    done = [Altered(Obstacle.UNKNOWN), Altered(Obstacle.IN_HAND, held=(HELD,)), Altered()]
    again = Altered(message_id="a")
    assert joined(done, [again]) == [Altered(Obstacle.UNKNOWN), again, Altered()]


@pytest.mark.parametrize(
    ("again", "notices"),
    [
        (Altered(notices=(notice(2),)), (notice(1), notice(2))),
        (Altered(Obstacle.NONE_WAITS), (notice(1),)),
        (Altered(Obstacle.IN_HAND, held=(HELD,)), (notice(1),)),
    ],
)
def test_what_was_taken_back_at_first_stays_so_whatever_comes_of_the_rest(again, notices):
    assert joined([Altered(notices=(notice(1),), held=(HELD,))], [again]) == [Altered(notices=notices)]
