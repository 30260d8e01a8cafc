"""The places of a team's sessions over several nodes (decision 96, I10)."""

import attrs
import pytest
from twisted.internet.defer import Deferred

from mobilesasa.core.terms import SmppTerms
from mobilesasa.smpp.pdus import BindTransceiver
from mobilesasa.smpp.statuses import Status
from mobilesasa.smsc.places import ELSEWHERE_S, RECONCILE_S, SharedPlaces
from tests.fakes.places import AWAY, FakePlaceBook, FakeRows
from tests.smsc.rig import ACME, RIVAL, Rig

BIND = BindTransceiver(system_id="ACME", password=ACME)


@attrs.define(eq=False)
class Node:
    """A node with its own clock, registry and server; the rows it shares."""

    rows: FakeRows
    run: int
    rig: Rig = attrs.field(factory=Rig)
    book: FakePlaceBook = attrs.field(init=False)
    places: SharedPlaces = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self.book = FakePlaceBook(self.rows, self.run)
        self.places = self.rig.share(self.book, self.run)
        self.rows.told[self.run] = self.places.called

    def bound(self, count=1, **fields):
        return [self.rig.bound(**fields) for _ in range(count)]

    def asking(self):
        """A connection that has asked to be bound, and what it heard at once."""
        esme = self.rig.connect()
        return esme, [each.status for each in esme.send(BIND)]

    def asked(self, what):
        return [of for kind, of in self.book.done if kind == what]


@pytest.fixture
def nodes():
    rows = FakeRows()
    return Node(rows, 1), Node(rows, 2)


def advance(nodes, seconds, *esmes):
    """Let time go by everywhere, a tenth of a second at a time; peers answer what they are asked."""
    for _ in range(round(seconds * 10)):
        for node in nodes:
            node.rig.clock.advance(0.1)
        for esme in esmes:
            esme.heard()


def statuses(esme):
    return [each.status for each in esme.heard()]


@pytest.mark.parametrize("where", [0, 1])
def test_the_sixth_session_of_a_team_is_refused_whichever_node_it_comes_to(nodes, where):
    living = nodes[0].bound(3) + nodes[1].bound(2)
    sixth, heard = nodes[where].asking()
    assert heard == []
    advance(nodes, ELSEWHERE_S - 0.2, *living)
    assert statuses(sixth) == []
    advance(nodes, 0.4, *living)
    assert statuses(sixth) == [Status.ESME_RBINDFAIL]
    assert nodes[where].rig.smsc.refusals[-1].why == "the team has its 5 sessions"
    assert not any(esme.closed for esme in living)
    assert len(nodes[0].rows.places) == 5


def test_another_team_has_its_own_places(nodes):
    nodes[0].bound(5)
    nodes[1].bound(5, system_id="RIVAL", password=RIVAL)
    assert len(nodes[0].rows.places) == 10


def test_what_is_written_of_a_session_says_whose_it_is_and_from_where(nodes):
    nodes[0].bound()
    ((run, session),) = nodes[0].rows.places.values()
    assert (run, session.session_id, session.team_id) == (1, "n-1-1", 1)
    assert session.shown == {"team": "ACME", "address": "192.0.2.1", "bind_type": "transceiver"}


def test_a_session_that_is_gone_gives_its_place_back(nodes):
    (esme,) = nodes[0].bound()
    esme.drop()
    assert nodes[0].rows.places == {}
    assert len(nodes[0].places) == 0


def test_dead_sessions_at_another_node_do_not_lock_a_team_out(nodes):
    here, there = nodes
    dead = there.bound(5)
    for esme in dead:
        esme.alive = False
    new, heard = here.asking()
    assert heard == []
    advance(nodes, ELSEWHERE_S + 0.1, *dead)
    assert statuses(new) == [0]
    assert (len(here.rows.of(1)), here.rows.of(2), len(there.rig.binds)) == (1, [], 0)


def test_dead_sessions_at_the_same_node_do_not_lock_a_team_out_and_nobody_else_is_waited_for(nodes):
    here, _ = nodes
    dead = here.bound(5)
    for esme in dead:
        esme.alive = False
    new, _ = here.asking()
    advance(nodes, 2.1, *dead)
    assert statuses(new) == [0]
    assert here.rows.of(1) == ["n-1-6"]


def test_where_all_are_at_this_node_and_alive_the_refusal_comes_at_once(nodes):
    living = nodes[0].bound(5)
    sixth, _ = nodes[0].asking()
    advance(nodes, 0.2, *living)
    assert statuses(sixth) == [Status.ESME_RBINDFAIL]


def test_binds_of_a_team_that_wait_share_one_call(nodes):
    here, there = nodes
    dead = there.bound(5)
    for esme in dead:
        esme.alive = False
    waiting = [here.asking()[0] for _ in range(5)]
    advance(nodes, ELSEWHERE_S + 0.1, *dead)
    assert [statuses(esme) for esme in waiting] == [[0]] * 5
    assert here.asked("call") == [1]


def test_a_node_does_not_hear_its_own_call(nodes):
    here, _ = nodes
    (esme,) = here.bound()
    here.places.called("1 1")
    assert esme.transport.value() == b""
    here.places.called("1 2")
    assert esme.transport.value() != b""


def test_a_token_that_was_revoked_while_a_place_was_looked_for_does_not_bind(nodes):
    here, there = nodes
    living = there.bound(5)
    new, _ = here.asking()
    here.rig.change_token(ACME, revoked=True)
    living[0].drop()
    advance(nodes, ELSEWHERE_S + 0.1, *living)
    assert statuses(new) == [Status.ESME_RINVPASWD]
    assert here.rows.of(1) == []


# What comes between a place and its session


def test_who_goes_while_its_place_is_taken_gives_it_back(nodes):
    here, _ = nodes
    here.book.slow = Deferred()
    esme, _ = here.asking()
    esme.drop()
    slow, here.book.slow = here.book.slow, None
    slow.callback(None)
    assert here.rows.places == {}
    assert here.asked("leave") == [["n-1-1"]]


def test_who_gets_its_place_when_the_node_stops_gives_it_back(nodes):
    here, _ = nodes
    here.book.slow = Deferred()
    esme, _ = here.asking()
    here.rig.smsc.open = False
    slow, here.book.slow = here.book.slow, None
    slow.callback(None)
    assert statuses(esme) == [Status.ESME_RBINDFAIL]
    assert here.rows.places == {}


def test_who_cannot_be_bound_for_a_defect_of_ours_gives_its_place_back(nodes, flush_logged):
    here, _ = nodes
    here.rig.smsc.entrance.terms_of = lambda team, token: SmppTerms()
    here.rig.smsc.terms = None  # so that it fails behind the entrance
    _, heard = here.asking()
    assert heard == [Status.ESME_RSYSERR]
    assert here.rows.places == {}
    assert flush_logged()


def test_a_session_that_is_cut_gives_its_place_back_before_its_connection_is_gone(nodes):
    here, _ = nodes
    (esme,) = here.bound()
    (session,) = here.rig.binds
    session.cut("enough")
    assert here.rows.places == {}
    esme.drop()
    assert here.asked("leave") == [["n-1-1"]]


# The store away


def test_while_the_store_is_away_a_bind_is_refused_in_words_and_counts_against_nobody(nodes):
    here, _ = nodes
    here.book.raises = AWAY
    for _ in range(100):
        _, heard = here.asking()
        assert heard == [Status.ESME_RSYSERR]
    why = "the sessions of the team cannot be counted, for the store is away"
    assert {each.why for each in here.rig.smsc.refusals} == {why}
    here.book.raises = None
    here.bound()


def test_a_place_that_may_have_been_taken_while_the_store_went_away_is_given_back(nodes):
    here, _ = nodes
    here.book.raises = AWAY
    here.asking()
    assert here.asked("leave") == [["n-1-1"]]


def test_a_store_that_goes_away_while_other_nodes_are_called_is_the_same_refusal(nodes):
    here, there = nodes
    there.bound(5)
    here.book.raises, here.book.only = AWAY, "call"
    assert here.asking()[1] == [Status.ESME_RSYSERR]


def test_a_place_that_could_not_be_given_back_is_free_when_the_store_is_there_again(nodes):
    here, _ = nodes
    here.places.start()
    (esme,) = here.bound()
    here.rig.clock.advance(RECONCILE_S)
    here.book.raises = AWAY
    esme.drop()
    here.rig.clock.advance(RECONCILE_S)
    assert here.rows.of(1) == ["n-1-1"]
    here.book.raises = None
    here.places.reconnected()
    assert here.rows.of(1) == []
    assert Deferred.fromCoroutine(here.places.stop()).called


def test_a_session_whose_row_is_lost_gets_it_back(nodes):
    here, _ = nodes
    here.places.start()
    here.bound()
    here.rows.places.clear()
    here.rig.clock.advance(RECONCILE_S)
    assert here.rows.of(1) == ["n-1-1"]


@pytest.mark.parametrize("what", ["leave", "reconcile"])
def test_a_defect_is_logged_and_the_rounds_go_on(nodes, what, flush_logged):
    here, _ = nodes
    here.places.start()
    (esme,) = here.bound()
    here.rig.clock.advance(RECONCILE_S)
    here.book.raises = ZeroDivisionError()
    if what == "leave":
        esme.drop()
    else:
        here.rig.clock.advance(RECONCILE_S)
    assert len(flush_logged(ZeroDivisionError)) == 1
    here.book.raises = None
    here.rig.clock.advance(RECONCILE_S)
    assert len(here.rows.of(1)) == len(here.rig.binds)


# The work behind


def test_what_is_given_back_while_a_statement_runs_goes_with_the_next(nodes):
    here, _ = nodes
    esmes = here.bound(4)
    here.book.slow = Deferred()
    for esme in esmes:
        esme.drop()
    slow, here.book.slow = here.book.slow, None
    slow.callback(None)
    assert here.asked("leave") == [["n-1-1"], ["n-1-2", "n-1-3", "n-1-4"]]
    assert here.rows.places == {}


def test_stopping_waits_for_what_is_given_back_and_ends_the_rounds(nodes):
    here, _ = nodes
    here.places.start()
    (esme,) = here.bound()
    here.book.slow = Deferred()
    esme.drop()
    stopped = Deferred.fromCoroutine(here.places.stop())
    assert not stopped.called
    slow, here.book.slow = here.book.slow, None
    slow.callback(None)
    assert stopped.called
    here.places.reconnected()
    assert here.rig.clock.getDelayedCalls() == []


def test_one_look_at_the_rows_runs_at_a_time(nodes):
    here, _ = nodes
    here.book.slow = Deferred()
    here.places.start()
    here.places.reconnected()
    assert here.asked("reconcile") == [[]]
    slow, here.book.slow = here.book.slow, None
    slow.callback(None)
    assert here.asked("reconcile") == [[], []]


def test_places_that_were_never_started_stop(nodes):
    assert Deferred.fromCoroutine(nodes[0].places.stop()).called


def test_a_token_that_was_revoked_while_its_place_was_taken_does_not_bind_and_the_place_is_free(nodes):
    here, _ = nodes
    here.book.slow = Deferred()
    esme, _ = here.asking()
    here.rig.change_token(ACME, revoked=True)
    slow, here.book.slow = here.book.slow, None
    slow.callback(None)
    assert (statuses(esme), len(here.rig.binds), len(here.places)) == ([Status.ESME_RINVPASWD], 0, 0)
