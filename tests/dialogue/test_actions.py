"""Actions: what steps give to do is done in batches, one that is bad holds up no other, and what is left is swept up."""

from collections.abc import Sequence
from typing import Any

import attrs
import pytest
from twisted.internet.defer import Deferred

from mobilesasa.core.errors import NoRoute, StoreAway
from mobilesasa.dialogue import actions
from mobilesasa.dialogue.actions import Actions
from mobilesasa.dialogue.callback import Calls
from mobilesasa.dialogue.posting import Posted
from mobilesasa.ussd.model import AddToGroup, SendSms, StartSurvey, Webhook
from mobilesasa.ussd.visits import Act
from tests.dialogue.desks import MENU, SECRET, MemoryPoster

SESSION = "01900000-0000-7000-8000-000000000001"


@attrs.define
class Done:
    messages: list
    troubles: list = attrs.field(factory=list)


@attrs.define
class Trouble:
    act: Act
    problem: str
    given_up: bool


@attrs.define
class MemoryStore:
    """The rows of actions."""

    rows: list[Act] = attrs.field(factory=list)
    done: list = attrs.field(factory=list)
    problems: list = attrs.field(factory=list)
    fails: Exception | None = None
    bad: Act | None = None
    signs: bool = True

    async def due(self, limit: int) -> Sequence[Act]:
        return self.rows[:limit]

    async def do(self, asked: Any) -> Done:
        if self.fails is not None:
            raise self.fails
        if any(act is self.bad for act, _ in asked):
            raise ZeroDivisionError
        self.done += asked
        self.rows = [row for row in self.rows if all(row is not act for act, _ in asked)]
        refused = [Trouble(act, str(each), True) for act, each in asked if isinstance(each, NoRoute)]
        return Done([each for _, each in asked if isinstance(each, str)], refused)

    async def claim(self, acts: Sequence[Act]) -> Sequence[Act]:
        return acts

    async def called(self, act: Act, problem: str | None) -> list:
        if self.fails is not None:
            raise self.fails
        self.rows = [row for row in self.rows if row is not act]
        self.problems.append(problem)
        return [] if problem is None else [Trouble(act, problem, False)]

    async def give_up(self, act: Act, problem: str) -> list:
        if isinstance(self.fails, StoreAway):
            raise self.fails
        self.problems.append(problem)
        return [Trouble(act, problem, True)]

    async def signed(self, menu_id: int) -> tuple[str, str] | None:
        return (MENU, SECRET) if self.signs else None


@attrs.define
class MemoryGateway:
    hinted: list = attrs.field(factory=list)
    refuses: bool = False

    def judge(self, batch: Any) -> list:
        return [NoRoute("no carrier") if self.refuses else f"{each.recipient}: {each.text}" for each in batch]

    def hint(self, stored: Any) -> None:
        self.hinted += stored


@attrs.define(slots=False)
class Rig:
    store: MemoryStore = attrs.field(factory=MemoryStore)
    gateway: MemoryGateway = attrs.field(factory=MemoryGateway)
    poster: MemoryPoster = attrs.field(factory=MemoryPoster)

    def __attrs_post_init__(self) -> None:
        self.actions = Actions(self.store, Calls(self.poster, lambda: 1_800_000_000))
        self.actions.send_by(self.gateway)

    def do(self, *given: Any) -> list[Act]:
        acts = [Act(SESSION, n, 5, 3, "254712345678", action) for n, action in enumerate(given, 1)]
        self.actions.do(acts)
        return acts


@pytest.fixture
def rig():
    return Rig()


def ended(work):
    done = []
    Deferred.fromCoroutine(work).addCallback(done.append)
    return done == [None]


SMS = SendSms(to="254700000001", sender_id="", text="Hello")


def test_messages_are_judged_stored_and_named_to_the_queue(rig):
    rig.do(SMS, SMS)
    assert rig.gateway.hinted == ["254700000001: Hello"] * 2


def test_what_is_no_message_goes_with_them(rig):
    acts = rig.do(AddToGroup("g"), SMS, StartSurvey("s"))
    assert [act for act, _ in rig.store.done] == acts
    assert [judged for _, judged in rig.store.done] == [None, "254700000001: Hello", None]


def test_a_message_that_is_refused_is_told_to_the_store(rig):
    rig.gateway.refuses = True
    rig.do(SMS)
    assert isinstance(rig.store.done[0][1], NoRoute)


def test_a_webhook_is_called_with_what_the_menu_sends(rig):
    rig.poster.answers = [Posted(status=200)]
    rig.do(Webhook(url="https://acme.example/hook", screen="pay", sends={"a": "1"}))
    assert rig.store.problems == [None]
    assert rig.poster.posted[0][1]["webhook-id"] == f"{SESSION}-1"


def test_a_webhook_that_fails_is_written_down_with_why(rig):
    rig.poster.answers = [Posted(status=503)]
    rig.do(Webhook(url="https://acme.example/hook"))
    assert rig.store.problems == ["it answered 503"]


def test_a_webhook_of_a_menu_that_is_gone_is_not_called(rig):
    rig.store.signs = False
    rig.do(Webhook(url="https://acme.example/hook"))
    assert (rig.store.problems, rig.poster.posted) == (["the menu is gone"], [])


def test_one_that_cannot_be_written_is_given_up_and_the_others_are_done(rig, flush_logged):
    acts = [Act(SESSION, n, 5, 3, "254712345678", AddToGroup("g")) for n in range(3)]
    rig.store.bad = acts[1]
    rig.actions.do(acts)
    assert [act for act, _ in rig.store.done] == [acts[0], acts[2]]
    assert rig.store.problems == ["it cannot be kept"]
    assert len(flush_logged(ZeroDivisionError)) == 1


def test_a_store_that_is_away_leaves_them_to_the_sweep(rig):
    rig.store.fails = StoreAway("away")
    acts = rig.do(SMS)
    assert rig.store.problems == []
    rig.store.fails, rig.store.rows = None, list(acts)
    assert ended(rig.actions.sweep())
    assert rig.gateway.hinted == ["254700000001: Hello"]


def test_a_call_that_cannot_be_written_down_harms_nothing(rig, flush_logged):
    for n, fails in enumerate((StoreAway("away"), ZeroDivisionError())):
        rig.poster.answers = [Posted(status=200)]
        rig.store.fails = fails
        rig.do(Webhook(url="https://acme.example/hook"))
        assert len(flush_logged(ZeroDivisionError)) == n


def test_giving_up_waits_for_the_store_as_well(rig, flush_logged, monkeypatch):
    async def do(asked):
        rig.store.fails = StoreAway("away")
        raise ZeroDivisionError

    monkeypatch.setattr(MemoryStore, "do", lambda self, asked: do(asked))  # it breaks, and then it is away
    rig.do(AddToGroup("g"))
    assert rig.store.problems == []
    assert len(flush_logged(ZeroDivisionError)) == 1


def test_the_sweep_goes_on_until_nothing_is_due(rig, monkeypatch):
    monkeypatch.setattr(actions, "AT_ONCE", 2)  # so that a few are many
    rig.store.rows = [Act(SESSION, n, 5, 3, "254712345678", SMS) for n in range(5)]
    assert ended(rig.actions.sweep())
    assert (len(rig.gateway.hinted), rig.store.rows) == (5, [])


def test_what_there_is_no_room_for_is_left_to_the_sweep(rig, monkeypatch):
    monkeypatch.setattr(actions, "KEPT", 2)
    rig.do(SMS, SMS, SMS)
    assert len(rig.gateway.hinted) == 2


def test_nothing_is_begun_before_there_is_a_door_or_after_the_end(rig):
    fresh = Actions(rig.store, Calls(rig.poster, lambda: 0))
    fresh.do([Act(SESSION, 1, 5, 3, "254712345678", SMS)])
    assert ended(rig.actions.stop())
    rig.do(SMS)
    assert rig.store.done == []


def test_stopping_waits_for_calls_that_are_under_way(rig):
    rig.do(Webhook(url="https://acme.example/hook"))
    stopped = []
    Deferred.fromCoroutine(rig.actions.stop()).addCallback(stopped.append)
    assert stopped == []
    rig.poster.hanging[0].callback(Posted(status=200))
    assert (stopped, rig.store.problems) == ([None], [None])
