"""Several nodes: one of them brings a team what it is owed."""

import pytest
from twisted.internet.task import Clock

from mobilesasa.notify.elsewhere import SharedDesks
from mobilesasa.notify.outbox import Outbox
from tests.fakes.receiver import FakeReceiver
from tests.fakes.spool import NINE_MS, FakeSpool, notice


class FakeEvents:
    def __init__(self):
        self.told = []
        self.followed = set()

    def tell(self, team_ids):
        self.told.append(sorted(team_ids))

    def follow(self, team_id):
        self.followed.add(team_id)

    def unfollow(self, team_id):
        self.followed.remove(team_id)


class Rig:
    def __init__(self):
        self.spool, self.events, self.changes = FakeSpool(), FakeEvents(), 0
        self.outbox = Outbox(self.spool, Clock(), lambda: NINE_MS, limit=20)
        self.desks = SharedDesks(self.outbox, self.events)
        self.desks.changed = self.changed

    def changed(self):
        self.changes += 1

    def receiver(self, team_id=1):
        return FakeReceiver(self.desks, team_id=team_id)

    def hold(self, *team_ids):
        self.desks.hold(frozenset(team_ids))


@pytest.fixture
def rig():
    return Rig()


def test_a_receiver_gets_nothing_until_its_node_has_the_desk(rig):
    receiver = rig.receiver()
    rig.desks.owe(rig.spool.put(notice(1)))
    assert (receiver.got, list(rig.desks.wanted()), rig.changes) == ([], [1], 1)
    rig.hold(1)
    assert (receiver.got, rig.events.followed) == ([1], {1})


def test_a_second_receiver_joins_the_desk_at_once(rig):
    first = rig.receiver()
    rig.hold(1)
    second = rig.receiver()
    rig.desks.owe(rig.spool.put(*[notice(n) for n in range(1, 5)]))
    assert (len(first.got), len(second.got), rig.changes) == (2, 2, 1)


def test_what_is_owed_to_a_team_of_another_node_is_told_there_and_kept(rig):
    receiver = rig.receiver(team_id=1)
    rig.hold(1)
    rig.desks.owe(rig.spool.put(notice(1, 1), notice(2, 2), notice(3, 3), notice(4, 2)))
    assert (receiver.got, rig.events.told) == ([1], [[2, 3]])
    receiver.answer()
    assert sorted(rig.spool.kept) == [2, 3, 4]


def test_a_desk_that_goes_to_another_node_is_given_up_and_its_answers_still_count(rig):
    receiver = rig.receiver()
    rig.hold(1)
    rig.desks.owe(rig.spool.put(notice(1)))
    rig.hold()
    rig.desks.owe(rig.spool.put(notice(2)))
    assert (receiver.got, rig.events.followed, rig.events.told) == ([1], set(), [[1]])
    receiver.answer()
    assert rig.spool.acknowledged == [[(1, 1)]]
    rig.hold(1)
    assert receiver.got == [1, 2]


def test_the_desk_is_not_wanted_any_more_when_the_last_receiver_has_gone(rig):
    first, second = rig.receiver(), rig.receiver()
    rig.hold(1)
    first.lose()
    assert (list(rig.desks.wanted()), rig.changes) == ([1], 2)
    second.lose()
    assert (list(rig.desks.wanted()), rig.changes) == ([], 3)
    rig.hold()
    assert rig.events.followed == set()


def test_a_receiver_that_goes_before_the_node_has_the_desk_leaves_nothing_behind(rig):
    rig.receiver().lose()
    rig.hold(1)
    rig.desks.owe(rig.spool.put(notice(1)))
    assert (list(rig.desks.wanted()), len(rig.outbox)) == ([], 0)
