"""Teams take turns where few things can be done at once."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mobilesasa.core.errors import TooManyJobs
from mobilesasa.store.turns import LONG_WAITING, SHORT_WAITING, Turn, Turns

LONG, SHORT = True, False


def begun(turns: Turns) -> list[Turn]:
    return list(iter(turns.begin, None))


def test_a_team_has_one_long_thing_done_at_a_time():
    turns = Turns(3)
    first, second = turns.ask(1, LONG), turns.ask(1, LONG)
    assert begun(turns) == [first]
    turns.end(first)
    assert begun(turns) == [second]


def test_long_things_leave_a_place_for_short_ones():
    turns = Turns(3)
    a, b, c = (turns.ask(team, LONG) for team in (1, 2, 3))
    assert begun(turns) == [a, b]
    short = turns.ask(4, SHORT)
    assert begun(turns) == [short]
    turns.end(short)
    assert begun(turns) == []
    turns.end(a)
    assert begun(turns) == [c]


def test_a_team_whose_long_thing_is_being_done_gets_short_ones_done_beside_it():
    turns = Turns(3)
    both = [turns.ask(1, LONG), turns.ask(1, SHORT)]
    assert begun(turns) == both


def test_teams_take_turns_however_much_one_of_them_has_asked_for():
    turns = Turns(2)
    many = [turns.ask(1, LONG) for _ in range(LONG_WAITING)]
    other = turns.ask(2, LONG)
    done = []
    while now := begun(turns):
        done += now
        turns.end(now[0])
    assert done == [many[0], other, *many[1:]]


@pytest.mark.parametrize(("is_long", "most"), [(LONG, LONG_WAITING), (SHORT, SHORT_WAITING)])
def test_who_has_enough_waiting_is_told_so(is_long, most):
    turns = Turns(2)
    turns.ask(1, is_long)
    begun(turns)
    for _ in range(most):
        turns.ask(1, is_long)
    with pytest.raises(TooManyJobs, match=f"^{most} campaigns of yours are waiting"):
        turns.ask(1, is_long)
    turns.ask(2, is_long)
    turns.ask(1, not is_long)
    turns.ask(1, is_long, is_patient=True)


def test_who_leaves_the_queue_has_no_turn():
    turns = Turns(2)
    first, second, third = (turns.ask(1, LONG) for _ in range(3))
    turns.leave(first)
    assert begun(turns) == [second]
    turns.leave(second)  # has begun, and keeps its place
    turns.leave(third)
    turns.end(second)
    assert begun(turns) == []


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 4), st.booleans(), st.integers(0, 3)), max_size=40))
def test_everything_has_its_turn_and_never_is_too_much_done_at_once(asked):
    turns, running, waiting = Turns(3), [], []

    def look():
        for turn in begun(turns):
            waiting.remove(turn)
            running.append(turn)
        assert len(running) <= 3
        assert sum(turn.is_long for turn in running) <= 2
        assert len({(turn.team_id, turn.is_long) for turn in running}) == len(running)

    for team, is_long, ended in asked:
        waiting.append(turns.ask(team, is_long, is_patient=True))
        look()
        for turn in running[:ended]:
            running.remove(turn)
            turns.end(turn)
            look()
    while running:
        turns.end(running.pop())
        look()
    assert waiting == []
