"""A desk over sessions in memory, with teams' machines and binds that answer as they are told."""

import itertools
from collections.abc import Sequence
from typing import Any

import attrs
from twisted.internet.defer import Deferred, succeed
from twisted.internet.task import Clock

from mobilesasa.core.ussd import Kind, UssdReply
from mobilesasa.dialogue.callback import Calls
from mobilesasa.dialogue.desk import Desk
from mobilesasa.dialogue.posting import Posted
from mobilesasa.ussd import taking
from mobilesasa.ussd.directory import CurrentDirectory
from mobilesasa.ussd.visits import Asked, Heard
from tests.ussd.visiting import Phone, event

SECRET = "whsec_" + "c2VjcmV0" * 4
MENU = "3d0c9b1e-5c00-4d21-9a3b-0c5d7e8f9a10"
APOLOGY = UssdReply("Sorry, something went wrong. Please try again later.", end=True)


@attrs.define
class MemorySteps:
    """The store in memory; `held` keeps answers back until `let_go`."""

    phone: Phone = attrs.field(factory=Phone)
    waiting: int = 0
    held: list[tuple[Deferred, list]] | None = None
    taken: list = attrs.field(factory=list)
    lists: list[int] = attrs.field(factory=list)  # how long they were
    spoils: str = ""  # what was typed in an event that the store has a defect for
    fails: Exception | None = None
    menus_signed: dict[int, tuple[str, str]] = attrs.field(factory=lambda: {3: (MENU, SECRET)})

    def take(self, steps: Sequence[Asked | Heard]) -> Deferred:
        self.taken += steps
        self.lists.append(len(steps))
        if self.spoils and any(isinstance(each, Asked) and each.event.input == self.spoils for each in steps):
            raise ZeroDivisionError
        if self.fails is not None:
            raise self.fails
        done = [self._one(each) for each in steps]
        if self.held is None:
            return succeed(done)
        waiting: Deferred = Deferred()
        self.held.append((waiting, done))
        return waiting

    def let_go(self) -> None:
        held, self.held = self.held or [], None
        for waiting, done in held:
            waiting.callback(done)

    async def signed(self, menu_id: int) -> tuple[str, str] | None:
        return self.menus_signed.get(menu_id)

    def _one(self, step: Asked | Heard) -> Any:
        phone = self.phone
        if isinstance(step, Heard):
            return phone._kept(taking.answered(step, phone.visits.get(step.visit_id), phone.menus.get))
        phone.at_ms = step.at_ms
        phone.suspended = {team_id for team_id in (5, 6) if step.suspended(team_id)}
        return phone.tell(step.event, step.id)


@attrs.define
class MemoryPoster:
    """Teams' machines: what was posted, and what comes back; without an answer the call hangs."""

    answers: list[Posted] = attrs.field(factory=list)
    posted: list[tuple] = attrs.field(factory=list)
    hanging: list[Deferred] = attrs.field(factory=list)

    async def post(self, url: str, headers: Any, body: bytes, timeout_s: float) -> Posted:
        self.posted.append((url, dict(headers), body, timeout_s))
        if self.answers:
            return self.answers.pop(0)
        waiting: Deferred = Deferred()
        self.hanging.append(waiting)
        return await waiting


@attrs.define
class MemoryBinds:
    offered: list[tuple] = attrs.field(factory=list)

    def offer(self, team_id: int, offered: Any, answer: Any) -> None:
        self.offered.append((team_id, offered, answer))


@attrs.define
class MemoryDoer:
    acts: list = attrs.field(factory=list)

    def do(self, acts: Sequence[Any]) -> None:
        self.acts += acts


@attrs.define
class Rig:
    """A desk, and all that is around it."""

    steps: MemorySteps = attrs.field(factory=MemorySteps)
    poster: MemoryPoster = attrs.field(factory=MemoryPoster)
    binds: MemoryBinds = attrs.field(factory=MemoryBinds)
    doer: MemoryDoer = attrs.field(factory=MemoryDoer)
    clock: Clock = attrs.field(factory=Clock)
    suspended: set[int] = attrs.field(factory=set)
    replies: list = attrs.field(factory=list)
    desk: Desk = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        numbers = itertools.count(1)
        self.desk = Desk(
            CurrentDirectory(self.steps.phone.directory),
            self.suspended.__contains__,
            self.steps,
            Calls(self.poster, lambda: 1_800_000_000),
            self.binds,
            self.doer,
            self.clock,
            lambda: 1_000_000 + int(1000 * self.clock.seconds()),
            lambda: f"01900000-0000-7000-8000-{next(numbers):012}",
            lambda network: {"Safaricom": "63902"}.get(network, network),
        )

    def tell(self, kind: Kind = Kind.START, **says: Any) -> None:
        self.clock.advance(5)
        self.desk.take(event(kind, **says), self.replies.append)
        self.clock.advance(0)  # the turn in which it came is over

    def dial(self, dialled: str = "*384*7#", **says: Any) -> None:
        self.tell(dialled=dialled, **says)

    def type(self, text: str, **says: Any) -> None:
        self.tell(Kind.INPUT, input=text, **says)

    @property
    def said(self) -> Any:
        """The last answer: its first line, and whether it is the end."""
        reply = self.replies[-1]
        return None if reply is None else (reply.text.splitlines()[0], reply.end)
