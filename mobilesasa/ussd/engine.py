"""How a session moves through a menu: `(session, what was typed) -> (session, what to show, what to do)`.

How to think about it: a session stands at a screen that is shown, or waits for a webhook whose answer will be. An input leads
along a choice, or past the input's check, and then through screens that are not shown until one is, a webhook has to be waited
for, or the menu ends. What is no answer leaves the session where it is, with a hint. `0` leads a page back and then a screen,
`98` a page on, where the screen has no such answer itself; what was typed behind the code when it was dialled is taken as so
many inputs at once.

Nothing here knows a clock, a wire or a store, and nothing raises: a menu with faults, or a session of another menu, ends in an
apology or begins anew. The same arguments give the same step.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import attrs

from mobilesasa.ussd.compiled import CompiledMenu, Place
from mobilesasa.ussd.inputs import plain, read_input
from mobilesasa.ussd.model import (
    BACK_KEY,
    BUILT_IN,
    CALLS_MAX,
    HISTORY_MAX,
    INPUT_CHARACTERS,
    MORE_KEY,
    SCREENS_MAX,
    SHORTCUT_MAX,
    TEXT_CHARACTERS,
    VALUE_CHARACTERS,
    Action,
    Mode,
    Result,
    ScreenKind,
    Session,
    Step,
    Webhook,
)
from mobilesasa.ussd.paging import WIDE, Limit, shortened
from mobilesasa.ussd.showing import pages_of, question
from mobilesasa.ussd.texts import showable

_STEPS_COUNTED: Final = 999_999
_CONTINUE: Final = "1"
_AGAIN: Final = "2"


def start(menu: CompiledMenu, facts: Mapping[str, str], inputs: Sequence[str] = (), limit: Limit = WIDE) -> Step:
    """Begin a session.

    Args:
        menu: the menu.
        facts: what is known: `msisdn`, `code`, `network`, and of a contact `first_name`, `last_name` and its attributes. What
            the menu does not name is not kept.
        inputs: what was dialled behind the code, in order; they are taken until one is no answer.
        limit: what a screen of the carrier holds; the menu's own limit holds too.
    """
    known = {
        name: showable(value, VALUE_CHARACTERS)
        for name, value in facts.items()
        if name in BUILT_IN or name in menu.wants
    }
    walk = _Walk(menu, limit, variables=known)
    walk.begin()
    walk.feed(inputs[:SHORTCUT_MAX])
    return walk.step()


def reply(menu: CompiledMenu, session: Session, said: str, limit: Limit = WIDE) -> Step:
    """Take what was typed.

    A session that waits for a webhook waits on, with the same webhook to be called. One that is not of this menu begins anew.
    """
    walk = _walk(menu, session, limit)
    if not walk.is_sound:
        walk.restart()
    elif walk.resuming or walk.mode in (Mode.SHOWN, Mode.TOLD):
        walk.take(said)
    return walk.step()


def resume(menu: CompiledMenu, session: Session, limit: Limit = WIDE) -> Step:
    """Ask somebody who was cut off and has dialled again whether to go on; the answer goes to `reply`.

    Who has not got beyond the first screen, and whose session has ended, simply begins anew.
    """
    walk = _walk(menu, session, limit)
    if not walk.is_sound or walk.mode is Mode.OVER or (walk.screen == menu.start and walk.mode is Mode.SHOWN):
        walk.restart()
    else:
        walk.resuming, walk.hinted = True, False
    return walk.step()


def answered(menu: CompiledMenu, session: Session, result: Result | None, limit: Limit = WIDE) -> Step:
    """Go on with what the webhook answered that a session waits for; None when it did not: an apology, and the end.

    A session that waits for none is shown again as it stands.
    """
    walk = _walk(menu, session, limit)
    if walk.is_sound and walk.mode is Mode.WAITING:
        walk.answered(result)
    elif not walk.is_sound:
        walk.restart()
    return walk.step()


def _walk(menu: CompiledMenu, session: Session, limit: Limit) -> _Walk:
    return _Walk(
        menu,
        limit,
        variables=dict(session.variables),
        screen=session.screen,
        mode=session.mode,
        page=session.page,
        history=list(session.history),
        told=session.told,
        ends=session.ends,
        hinted=session.hinted,
        hint_page=session.hint_page,
        resuming=session.resuming,
        pending=session.pending,
        steps=session.steps,
        calls=session.calls,
    )


@attrs.define
class _Walk:
    """A session while it moves, and what comes of that."""

    menu: CompiledMenu
    _limit: Limit
    variables: dict[str, str]
    screen: str = ""
    mode: Mode = Mode.SHOWN
    page: int = 0
    history: list[str] = attrs.field(factory=list)
    told: str = ""
    ends: bool = False
    hinted: bool = False
    hint_page: int = 0
    resuming: bool = False
    pending: tuple[str, ...] = ()
    steps: int = 0
    calls: int = 0
    does: list[Action] = attrs.field(factory=list)
    entered: list[str] = attrs.field(factory=list)
    left: list[str] = attrs.field(factory=list)
    failed: bool = False
    trouble: str = ""

    @property
    def place(self) -> Place:
        return self.menu.places[self.screen]

    @property
    def is_sound(self) -> bool:
        """Whether the session can stand where it says, which one of another menu, or that somebody wrote, may not."""
        place = self.menu.places.get(self.screen)
        if place is None:
            return False
        if self.mode is Mode.WAITING:
            return place.webhook is not None
        return self.mode is Mode.OVER or place.kind.is_shown is (self.mode is Mode.SHOWN)

    @property
    def is_last(self) -> bool:
        """Whether nothing is asked after the screen that is shown."""
        return self.failed or self.ends or (self.mode is Mode.SHOWN and self.place.kind is ScreenKind.END)

    @property
    def limit(self) -> Limit:
        return min(self._limit, self.menu.limit, key=_septets)

    def begin(self) -> None:
        self.enter(self.menu.start)

    def restart(self) -> None:
        """Begin anew with what is known without the menu."""
        self.variables = {k: v for k, v in self.variables.items() if k not in self.menu.sets and k != "input"}
        self.history, self.pending, self.resuming = [], (), False
        self.begin()

    def feed(self, inputs: Sequence[str]) -> None:
        """Take inputs that were given in advance, until one is no answer or nothing is asked."""
        for at, said in enumerate(inputs):
            if self.mode is Mode.WAITING:
                self.pending = tuple(showable(each, INPUT_CHARACTERS) for each in inputs[at:])
                return
            if self.is_last or not self.take(said):
                return

    def take(self, said: str) -> bool:
        """Take an input; False for one that is no answer."""
        said, self.calls = plain(said), 0
        if self.resuming:
            return self._take_wish(said)
        place = self.place
        if said == MORE_KEY and place.more and self._turn():
            return True
        if said == BACK_KEY and place.back and self._back():
            return True
        if self.is_last:
            self._turn()
            return True
        return self._take_answer(place, said)

    def _take_wish(self, said: str) -> bool:
        """Take what was answered to the question whether to go on."""
        if said == _CONTINUE:
            self.resuming = self.hinted = False
            if self.mode is not Mode.WAITING:
                self.entered.append(self.screen)  # it is shown again, and may be left again
        elif said == _AGAIN:
            self.restart()
        else:
            self.hinted = True
        return not self.hinted

    def _take_answer(self, place: Place, said: str) -> bool:
        if place.kind is ScreenKind.CHOICES:
            line = place.keys.get(said) or place.keys.get(said.strip("#*.() "))
            if line is None:
                return self._hint()
            self.variables["input"] = said[:INPUT_CHARACTERS]
            for name, text in line.sets:
                self.variables[name] = showable(text.fill(self.variables), VALUE_CHARACTERS)
            target: str | None = line.next
        else:
            if place.input is not None:
                value = read_input(place.input, said, self.menu.country)
                if value is None:
                    return self._hint()
                self.variables[place.input.variable] = value
            target = place.next
        self.variables["input"] = said[:INPUT_CHARACTERS]
        self.left.append(place.id)
        if place.kind.is_shown:
            self.history = [*self.history[1 - HISTORY_MAX :], place.id]
        self.enter(target)
        return True

    def _hint(self) -> bool:
        self.hinted, self.hint_page = True, self.page
        return False

    def _turn(self) -> bool:
        """Show the next page, if there is one."""
        if self.page >= len(self._pages()) - 1:
            return False
        self.page += 1
        return True

    def _back(self) -> bool:
        """Show the page before, or the screen before, if there is one; what has been done at an end stays done."""
        if self.page:
            self.page = min(self.page, len(self._pages()) - 1) - 1
            return True
        if not self.history or self.is_last:
            return False
        self.left.append(self.screen)
        self.enter(self.history.pop())
        return True

    def enter(self, target: str | None) -> None:
        """Go to a screen, and on from there until something is shown, waited for, or fails."""
        self.mode, self.page, self.told, self.ends, self.hinted = Mode.SHOWN, 0, "", False, False
        for _ in range(SCREENS_MAX + 1):
            place = self.menu.places.get(target) if target is not None else None
            if place is None:
                self._fail(f"nothing comes after {self.screen}")
                return
            self.screen = place.id
            self.does += [filler(self.variables) for filler in place.fillers]
            if place.kind.is_shown:
                self.entered.append(place.id)
                if place.id == self.menu.start:
                    self.history = []
                return
            if place.webhook is not None:
                self._wait(place)
                return
            target = next(
                (lead for test, lead in place.tests if test.holds(self.variables)), place.otherwise or place.next
            )
        self._fail("the screens that nobody sees lead to one another for ever")

    def _wait(self, place: Place) -> None:
        """Wait for a webhook, unless so many were asked already that they may ask one another for ever."""
        self.mode, self.calls = Mode.WAITING, self.calls + 1
        if self.calls > CALLS_MAX:
            self._fail(f"the webhooks called one another more than {CALLS_MAX} times, at last that of {place.id}")

    def _fail(self, trouble: str) -> None:
        self.failed, self.trouble = True, trouble

    def answered(self, result: Result | None) -> None:
        """Take the answer of the webhook that is waited for."""
        if result is None:
            self.failed = True
            return
        for name in self.place.may_set:
            if name in result.variables:
                self.variables[name] = showable(result.variables[name], VALUE_CHARACTERS)
        text = showable(result.text, TEXT_CHARACTERS).strip()
        ends = result.end or self.place.next is None
        if text or ends:
            self.mode, self.told, self.ends = Mode.TOLD, text or self.menu.words["done"], ends
            self.entered.append(self.screen)
        else:
            self.enter(self.place.next)
        pending, self.pending = self.pending, ()
        self.feed(pending)

    def _pages(self) -> tuple[str, ...]:
        told = self.told if self.mode is Mode.TOLD else None
        return pages_of(
            self.menu,
            self.place,
            self.limit,
            self.variables,
            told=told,
            ends=self.is_last,
            hint_page=self.hint_page if self.hinted else None,
            behind=bool(self.history) and not self.is_last,
        )

    def step(self) -> Step:
        """Return what has come of it."""
        say, end, waits = self._said()
        if end:
            self.mode, self.pending = Mode.OVER, ()
        session = Session(
            self.screen,
            self.mode,
            self.page,
            tuple(self.history),
            self.variables,
            self.told if self.mode is Mode.TOLD else "",
            self.ends and self.mode is Mode.TOLD,
            self.hinted,
            self.hint_page if self.hinted else 0,
            self.resuming,
            self.pending,
            min(self.steps + 1, _STEPS_COUNTED),
            self.calls,
        )
        return Step(session, say, end, tuple(self.does), waits, tuple(self.entered), tuple(self.left), self.trouble)

    def _said(self) -> tuple[str | None, bool, Webhook | None]:
        """Return what is shown, whether that is the end, and what is waited for."""
        words = self.menu.words
        if self.failed or self.mode is Mode.OVER:
            return shortened(words["apology" if self.failed else "done"], (), self.limit), True, None
        if self.resuming:
            return question(words, self.limit, hinted=self.hinted), False, None
        if self.mode is Mode.WAITING and self.place.webhook is not None:
            return None, False, self.place.webhook(self.variables)
        pages = self._pages()
        self.page = min(self.page, len(pages) - 1)
        end = self.is_last and self.page == len(pages) - 1
        if end:
            self.left.append(self.screen)
        return pages[self.page] or words["done"], end, None


def _septets(limit: Limit) -> int:
    return limit.septets
