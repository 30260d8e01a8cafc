"""The sessions of a team over all nodes, as the REST API shows them."""

import typing

import attrs
import pytest
from twisted.internet.defer import Deferred

from mobilesasa.api.resources import smpp as shapes
from mobilesasa.core.actors import Actor, ActorKind
from mobilesasa.core.errors import AccessEnded
from mobilesasa.node.sessions import LiveSessions
from mobilesasa.smsc.console import Console
from mobilesasa.store import trail
from mobilesasa.store.questions import Heard
from tests.smsc.rig import RIVAL, Rig

BY = Actor(ActorKind.TOKEN, "the token's uuid", address="192.0.2.7")


def value(coroutine):
    got = []
    Deferred.fromCoroutine(coroutine).addBoth(got.append)
    (result,) = got
    if hasattr(result, "raiseException"):
        result.raiseException()
    return result


@attrs.define
class FakeTrail:
    """A database in which nothing is done but noting."""

    noted: list[tuple[object, ...]] = attrs.field(factory=list)
    refusal: Exception | None = None

    async def run(self, name, function, by, action, subject, *, team_id):
        assert (name, function) == ("smpp.unbind", trail.note)
        if self.refusal is not None:
            raise self.refusal
        self.noted.append((by, action, subject, team_id))


@pytest.fixture
def kept():
    return FakeTrail()


@attrs.define(eq=False)
class FakeAsking:
    """Has other nodes, each with its console, and some that do not answer."""

    consoles: dict[str, Console]
    silent: tuple[str, ...] = ()
    asked: list[tuple[str, bool]] = attrs.field(factory=list)

    async def ask(self, question, of_one=False):
        self.asked.append((question.kind, of_one))
        answerer = {"smpp.sessions": "tell_sessions", "smpp.trace": "tell_trace", "smpp.kick": "tell_kick"}[
            question.kind
        ]
        answers = {name: getattr(each, answerer)(question.args) for name, each in self.consoles.items()}
        return Heard((*self.consoles, *self.silent), answers)


@pytest.fixture
def rigs():
    here, there = Rig(), Rig()
    here.server._names, there.server._names = "a-", "b-"
    return here, there


@pytest.fixture
def asking(rigs):
    return FakeAsking({"a": Console(rigs[0].server), "b": Console(rigs[1].server)})


@pytest.fixture
def live(rigs, asking, kept):
    return LiveSessions(Console(rigs[0].server), asking, kept)


def test_the_sessions_of_all_nodes_are_shown_oldest_first(rigs, live):
    here, there = rigs
    there.bound()
    here.clock.advance(1)
    here.bound()
    there.clock.advance(2)
    there.bound()
    there.bound(password=RIVAL, system_id="RIVAL")
    seen = value(live.look(1))
    assert [each["id"] for each in seen["items"]] == ["b-1", "a-1", "b-2"]
    assert seen.keys() == set(typing.get_type_hints(shapes.SessionList))


def test_the_binds_that_any_node_refused_are_shown_newest_first(rigs, live):
    for number, rig in enumerate((*rigs, rigs[0])):
        rig.clock.advance(number)
        rig.connect(f"192.0.2.{number}").bind(system_id="ACME", password="wrong")
    told = value(live.look(1))["refused_binds"]
    assert [each["address"] for each in told] == ["192.0.2.2", "192.0.2.1", "192.0.2.0"]


def test_how_many_nodes_did_not_answer_is_shown(live, asking):
    assert value(live.look(1))["missing_nodes"] == 0
    asking.silent = ("c",)
    assert value(live.look(1))["missing_nodes"] == 1


def test_a_session_of_this_node_is_traced_and_ended_without_asking_anybody(rigs, live, asking):
    esme = rigs[0].bound()
    assert value(live.trace("a-1", 1))
    assert value(live.kick(BY, "a-1", 1)) == "a-1"
    assert esme.heard()
    assert asking.asked == []


def test_a_session_of_another_node_is_traced_and_ended_there(rigs, live, asking):
    esme = rigs[1].bound()
    assert value(live.trace("b-1", 1))
    assert value(live.kick(BY, "b-1", 1)) == "b-1"
    assert esme.heard()
    assert asking.asked == [("smpp.trace", True), ("smpp.trace", True), ("smpp.kick", True)]


def test_another_teams_session_is_not_there_on_any_node(rigs, live):
    for rig in rigs:
        rig.bound()
    for session_id in ("a-1", "b-1", "c-1"):
        assert value(live.trace(session_id, 2)) is None
        assert value(live.kick(BY, session_id, 2)) is None
    assert value(live.look(2))["items"] == []


def test_who_ends_a_session_is_in_the_trail_and_the_log_and_must_still_be_somebody(rigs, live, kept):
    rigs[1].bound()
    kept.refusal = AccessEnded("the token was revoked")
    with pytest.raises(AccessEnded):
        value(live.kick(BY, "b-1", 1))
    assert [each["id"] for each in value(live.look(1))["items"]] == ["b-1"]
    kept.refusal = None
    assert value(live.kick(BY, "b-1", 1)) == "b-1"
    assert kept.noted == [(BY, "smpp_session.unbind", "b-1", 1)]


def test_of_a_session_that_is_not_there_the_trail_says_nothing(rigs, live, kept):
    rigs[1].bound()
    assert value(live.kick(BY, "b-1", 2)) is value(live.kick(BY, "b-9", 1)) is None
    assert kept.noted == []


def test_where_there_is_no_other_node_nobody_is_asked(rigs, kept):
    rigs[0].bound()
    live = LiveSessions(Console(rigs[0].server), None, kept)
    assert [each["id"] for each in value(live.look(1))["items"]] == ["a-1"]
    assert value(live.trace("b-1", 1)) is None
    assert value(live.kick(BY, "b-1", 1)) is None
