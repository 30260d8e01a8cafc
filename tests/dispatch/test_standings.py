"""How carriers stand is told to the other nodes, and theirs is heard."""

import attrs
import pytest
from twisted.internet.task import Clock

from mobilesasa.core.errors import StoreAway
from mobilesasa.core.routing import Standing
from mobilesasa.core.teams import CurrentDirectory, Directory
from mobilesasa.dispatch.standings import AGAIN_S, Standings


@attrs.define
class FakeFleet:
    running: dict


class Rig:
    def __init__(self):
        self.clock = Clock()
        self.fleet = FakeFleet({1: None, 2: None})
        self.directory = CurrentDirectory(Directory())
        self.told, self.elsewhere, self.away = [], {}, False
        self.standings = Standings(self.fleet, self.directory, self.tell, self.read, self.clock)

    @property
    def troubles(self):
        return self.directory.live.troubles

    async def tell(self, standings):
        if self.away:
            raise StoreAway("gone")
        self.told.append(dict(standings))

    async def read(self):
        return dict(self.elsewhere)


@pytest.fixture
def rig():
    return Rig()


def test_what_has_changed_is_told_and_the_rest_now_and_then(rig):
    rig.standings.start()
    assert rig.told == [{1: Standing.UP, 2: Standing.UP}]
    rig.clock.advance(1)
    rig.troubles[2] = Standing.DOWN
    rig.clock.advance(1)
    assert rig.told[1:] == [{1: Standing.UP, 2: Standing.DOWN}]
    rig.clock.pump([1.0] * round(AGAIN_S))
    assert len(rig.told) == 3


def test_a_node_without_carriers_tells_nothing(rig):
    rig.fleet.running.clear()
    rig.standings.start()
    rig.clock.pump([1.0] * 40)
    assert rig.told == []


def test_what_others_tell_counts_for_their_carriers_and_not_for_ours(rig):
    rig.elsewhere = {2: Standing.DOWN, 3: Standing.DOWN}
    rig.standings.heard()
    assert rig.troubles == {3: Standing.DOWN}
    rig.elsewhere = {}
    rig.standings.heard()
    assert rig.troubles == {}


def test_a_carrier_that_has_come_to_this_node_is_judged_here(rig):
    rig.elsewhere = {3: Standing.DOWN}
    rig.standings.heard()
    rig.fleet.running[3] = None
    rig.elsewhere = {}
    rig.standings.heard()
    assert rig.troubles == {3: Standing.DOWN}  # until our own watch looks at it


def test_a_word_that_was_lost_is_heard_with_the_next_round(rig):
    rig.standings.start()
    rig.elsewhere = {3: Standing.THROTTLED}
    rig.clock.pump([1.0] * round(AGAIN_S))
    assert rig.troubles == {3: Standing.THROTTLED}


def test_a_store_that_is_away_is_told_when_it_is_back(rig):
    rig.away = True
    rig.standings.start()
    rig.clock.advance(1)
    assert rig.told == []
    rig.away = False
    rig.clock.advance(1)
    assert len(rig.told) == 1
