"""How a campaign with brakes begins: no more than they can still stop."""

import attrs

from mobilesasa.campaigns.model import Options
from mobilesasa.campaigns.starting import STARTS_MOST, Starts, is_starting
from tests.fakes.sending import running

FEW = Options(brake_after=10)


def answered(count, waiting=0, **more):
    """A campaign of which carriers have answered so many."""
    return running(**({"options": FEW, "queued": count + waiting, "waiting": waiting} | more))


def test_at_first_twice_as_many_may_wait_as_the_brakes_want_to_see():
    assert Starts().most(answered(0)) == 20


def test_what_was_answered_and_not_looked_at_counts_as_if_it_waited():
    assert Starts().most(answered(15)) == 5
    assert Starts().most(answered(30)) == 0


def test_what_the_brakes_have_let_pass_doubles_what_may_wait():
    starts = Starts()
    starts.looked(1.0, [answered(20)])
    assert starts.most(answered(20)) == 40
    starts.looked(2.0, [answered(60)])
    assert starts.most(answered(70)) == 110


def test_a_brake_that_looks_from_the_first_message_on_lets_a_campaign_begin():
    assert Starts().most(answered(0, options=Options(brake_after=0))) == 2


def test_a_campaign_of_which_much_is_queued_and_one_without_brakes_are_not_bounded():
    assert Starts().most(answered(0, queued=STARTS_MOST + 1)) is None
    free = Options(stop_failures_percent=None, stop_complaints_percent=None)
    assert Starts().most(answered(0, options=free)) is None
    assert Starts().most(answered(0, position=10)) is None
    assert is_starting(answered(0, options=attrs.evolve(free, stop_complaints_percent=5)))


def test_the_brakes_look_when_enough_is_answered():
    starts, enough = Starts(), answered(10)
    assert starts.due(1.0, [answered(9)]) == []
    assert starts.due(1.0, [enough]) == [enough]


def test_the_brakes_look_again_when_it_is_twice_as_much_or_some_more_after_a_second():
    starts = Starts()
    starts.looked(1.0, [answered(10)])
    assert starts.due(1.5, [answered(19)]) == []
    assert starts.due(1.5, [answered(20)]) == [answered(20)]
    assert starts.due(2.0, [answered(11)]) == [answered(11)]
    assert starts.due(9.0, [answered(10)]) == []


def test_a_campaign_that_is_not_sent_any_more_is_forgotten():
    starts = Starts()
    starts.looked(1.0, [answered(10)])
    starts.due(2.0, [])
    assert starts.most(answered(10)) == 10
