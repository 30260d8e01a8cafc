"""What another process has in hand is named, with its node, so that it can be asked for it."""

import pytest

from mobilesasa.core.alterations import Altered, Cancel, CancelAll, Held, Obstacle, Replace, ReplaceLike
from mobilesasa.core.model import Sent, State
from mobilesasa.store import alterations
from tests.store.given import NOW_MS, accepted, add_run, add_team, claimed, priced, settled, standing
from tests.store.test_alterations import TO, new

ALL = CancelAll("TextBlast", TO)


@pytest.fixture
def here(txn) -> int:
    return add_run(txn, "here")


@pytest.fixture
def there(txn) -> int:
    return add_run(txn, "there")


def altered(txn, team, run, *batch) -> list[Altered]:
    return alterations.alter(txn, team, batch, run)


def like(team: int, **changes) -> ReplaceLike:
    return ReplaceLike(priced(team, text="Ho", **changes))


@pytest.mark.parametrize("ask", [Cancel, new])
def test_what_another_process_has_in_hand_is_named_with_its_node(txn, here, there, ask):
    team = add_team(txn)
    (message_id,) = accepted(txn, team)
    claimed(txn, there, message_id)
    assert altered(txn, team, here, ask(message_id)) == [Altered(Obstacle.IN_HAND, held=(Held(message_id, "there"),))]
    assert altered(txn, team, None, ask(message_id)) == [Altered(Obstacle.IN_HAND)]


@pytest.mark.parametrize("ask", [Cancel, new])
def test_what_this_process_has_in_hand_still_its_own_carrier_has(txn, here, ask):
    team = add_team(txn)
    (message_id,) = accepted(txn, team)
    claimed(txn, here, message_id)
    assert altered(txn, team, here, ask(message_id)) == [Altered(Obstacle.IN_HAND)]


def test_of_those_that_wait_the_ones_elsewhere_are_named_and_the_others_taken_back(txn, here, there):
    team, other = add_team(txn), add_team(txn)
    free, ours, theirs, theirs_too = accepted(txn, team, 4)
    claimed(txn, there, *accepted(txn, other))
    claimed(txn, here, ours)
    claimed(txn, there, theirs, theirs_too)
    (done,) = altered(txn, team, here, ALL)
    assert (done.obstacle, done.held) == (None, (Held(theirs, "there"), Held(theirs_too, "there")))
    assert len(done.notices) == 1
    assert standing(txn, free)[0] is State.FAILED
    (again,) = altered(txn, team, here, ALL)
    assert (again.obstacle, again.held) == (Obstacle.IN_HAND, done.held)


def test_a_message_like_it_that_is_elsewhere_is_named_when_none_waits_here(txn, here, there):
    team = add_team(txn)
    older, newer = accepted(txn, team, 2)
    claimed(txn, there, older, newer)
    assert altered(txn, team, here, like(team)) == [Altered(Obstacle.NONE_WAITS, held=(Held(newer, "there"),))]
    assert altered(txn, team, None, like(team)) == [Altered(Obstacle.NONE_WAITS)]
    (free,) = accepted(txn, team)
    (done,) = altered(txn, team, here, like(team))
    assert (done.message_id, done.held) == (free, ())


@pytest.mark.parametrize("changes", [{"sender": "22141"}, {"recipient": "254700000000"}, {"parts": 2}])
def test_one_elsewhere_that_is_not_like_it_is_not_named(txn, here, there, changes):
    team = add_team(txn)
    claimed(txn, there, *accepted(txn, team, **changes))
    assert altered(txn, team, here, like(team)) == [Altered(Obstacle.NONE_WAITS)]


def test_what_has_begun_to_go_out_is_not_named(txn, here, there):
    team = add_team(txn)
    (message_id,) = accepted(txn, team, parts=2)
    claimed(txn, there, message_id)
    txn.execute("UPDATE pending SET sent_parts = 1 WHERE claimed_by = %(run)s", {"run": there})
    for ask in (Cancel(message_id), new(message_id), ALL):
        assert altered(txn, team, here, ask) == [Altered(Obstacle.IN_HAND)]


def test_of_a_batch_each_has_its_own(txn, here, there):
    team = add_team(txn)
    free, held, gone = accepted(txn, team, 3)
    claimed(txn, there, held, gone)
    settled(txn, (gone, Sent(("a",))))
    done = altered(txn, team, here, Cancel(free), Cancel(held), Cancel(gone), Replace(held, "22141", {}, 0))
    assert [each.obstacle for each in done] == [None, Obstacle.IN_HAND, Obstacle.IN_HAND, Obstacle.OTHER_SENDER]
    assert [each.held for each in done] == [(), (Held(held, "there"),), (), ()]


def test_what_waits_for_a_time_is_in_nobody_s_hand(txn, here):
    team = add_team(txn)
    accepted(txn, team, due_at_ms=NOW_MS + 60_000)
    (done,) = altered(txn, team, here, ALL)
    assert (done.obstacle, done.held) == (None, ())
