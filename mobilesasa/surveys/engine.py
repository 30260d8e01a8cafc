"""The conversation: what is said next, `(state, text) -> (state, what to say)`.

How to think about it: a person answers what they could see. Each question has two moments, when it was asked first and when last, and
a text that came

    before the first   answers something else: it is *stray*, is kept, and moves nothing
    between the two    counts if it is an answer, and is stray if not: who is told already need not be told again
    after the last     counts, or is asked for again; after `reask` times a question that need not be answered is left, and
                       the response ends where it must

So one answer that comes twice never answers two questions, and a wrong one that comes twice is asked for again once. STOP ends a
conversation whenever it came. All times are milliseconds since 1970 and are handed in; a text that came after the conversation had
lapsed finds it lapsed, whoever was late to say so.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

import attrs

from mobilesasa.core.optouts import wish_of
from mobilesasa.surveys.answers import read_answer, wants_to_skip
from mobilesasa.surveys.folding import kept, phrase
from mobilesasa.surveys.model import (
    ASKED_MAX,
    END,
    RAW_CHARACTERS,
    Answer,
    Definition,
    Ended,
    Kind,
    Question,
    Reason,
    State,
    Status,
    Step,
    Value,
)
from mobilesasa.surveys.paths import next_of
from mobilesasa.surveys.words import Words, asking, opening, reminding, said, wanted

_HOUR_MS: Final = 3_600_000


@attrs.frozen
class _Heard:
    """A text, and when it came and is dealt with."""

    text: str
    came_at_ms: int
    at_ms: int  # what is said because of it is said then, and after it came


def begin(definition: Definition, at_ms: int) -> Step:
    """Ask the first question, behind the introduction."""
    step = _come_to(definition, State(), definition.questions[0].uuid if definition.questions else END, at_ms)
    return step if step.ended else attrs.evolve(step, say=opening(definition))


def answer(definition: Definition, state: State, text: str, country: str, at_ms: int, came_at_ms: int) -> Step:
    """Return what a text becomes, in a conversation that goes on.

    Args:
        definition: of the version with which the conversation began.
        state: how far it has come.
        text: as it came.
        country: of the team, for the words that mean STOP; ISO 3166-1.
        at_ms: now: whatever comes before this cannot be an answer to what is said by this step.
        came_at_ms: when the text came.

    Raises:
        KeyError: the question is none of the definition.
    """
    if wants_out(definition, text, country):
        return _expired(state, Reason.STOP)
    if came_at_ms < state.asked_at_ms:
        return Step(state, stray=True)
    if is_lapsed(definition, state, came_at_ms):
        return attrs.evolve(lapse(definition, state), stray=True)
    heard = _Heard(text, came_at_ms, max(at_ms, came_at_ms + 1))
    question = definition.question(_current(state))
    value = _read(definition, question, heard)
    again = definition.keyword is not None and phrase(text) == phrase(definition.keyword)
    free = question.kind is Kind.TEXT  # anything is an answer to it, also what is none
    if not question.required and (value is None or free) and wants_to_skip(text):
        return _go_on(definition, state, question, heard, None)
    if value is not None and not (free and again):
        return _go_on(definition, state, question, heard, value)
    if came_at_ms < state.said_at_ms:
        return Step(state, stray=True)
    return _ask_again(definition, state, question, heard, asking(question) if again else wanted(definition, question))


def wants_out(definition: Definition, text: str, country: str) -> bool:
    """Say whether a text ends the conversation: STOP, STOP ALL, and STOP with the survey's keyword or code behind it.

    What is suppressed by it is said elsewhere (`core.optouts`), as for all messages.
    """
    wish = wish_of(text, country)
    if wish is None or not wish[0]:
        return False
    return wish[1] in ((), ("all",), (definition.keyword,), (definition.sender_id,))


def remind(definition: Definition, state: State) -> str:
    """Return the reminder of the question that waits for its answer."""
    return reminding(definition, definition.question(_current(state)))


def reminded(state: State) -> State:
    """Return the state when the reminder was said: another comes only for another question."""
    return attrs.evolve(state, reminded=True)


def lapse(definition: Definition, state: State) -> Step:
    """End a conversation in which nothing came for too long (decision 80)."""
    return _expired(state, Reason.LAPSED)


def close(definition: Definition, state: State) -> Step:
    """End a conversation of a survey that was closed."""
    return _expired(state, Reason.CLOSED)


def is_lapsed(definition: Definition, state: State, at_ms: int) -> bool:
    """Say whether nothing came for too long."""
    return at_ms >= state.waits_since_ms + definition.conduct.lapse_after_h * _HOUR_MS


def is_to_remind(definition: Definition, state: State, at_ms: int) -> bool:
    """Say whether it is time for the reminder, which is said once a question."""
    due_at_ms = _reminder_at_ms(definition, state)
    return due_at_ms is not None and due_at_ms <= at_ms and not is_lapsed(definition, state, at_ms)


def wakes_at_ms(definition: Definition, state: State) -> int:
    """Return when the conversation must be looked at though nothing comes: for its reminder, or because it has lapsed."""
    due_at_ms = _reminder_at_ms(definition, state)
    return state.waits_since_ms + definition.conduct.lapse_after_h * _HOUR_MS if due_at_ms is None else due_at_ms


def said_at(state: State, at_ms: int) -> State:
    """Return the state when what was last to be said could be said only now: nobody has seen it before."""
    asked_at_ms = at_ms if state.asks == 1 else state.asked_at_ms
    return attrs.evolve(state, said_at_ms=at_ms, taken_at_ms=0, asked_at_ms=asked_at_ms)


def taken_at(state: State, at_ms: int) -> State:
    """Return the state when it is known when a carrier took what was said last; a reminder takes no later time than its question."""
    if state.reminded and state.taken_at_ms:
        return state
    return attrs.evolve(state, taken_at_ms=max(state.taken_at_ms, at_ms))


def _reminder_at_ms(definition: Definition, state: State) -> int | None:
    """Return when a reminder is due; None where none is to come any more."""
    after_h = definition.conduct.reminder_after_h
    if after_h is None or state.reminded or after_h >= definition.conduct.lapse_after_h:
        return None
    return state.waits_since_ms + after_h * _HOUR_MS


def _current(state: State) -> str:
    """Return the question that waits for its answer; of a conversation that has ended, nothing that a definition has."""
    return state.question or END


def _read(definition: Definition, question: Question, heard: _Heard) -> Value | None:
    today = datetime.fromtimestamp(heard.came_at_ms / 1000, UTC).date()
    return read_answer(question, heard.text, definition.language, today)


def _ask_again(definition: Definition, state: State, question: Question, heard: _Heard, say: str) -> Step:
    """Ask for an answer that can be read; or leave the question, or give up, where that was asked often enough."""
    if state.asks <= definition.conduct.reask:
        return Step(attrs.evolve(state, asks=state.asks + 1, said_at_ms=heard.at_ms, taken_at_ms=0), say)
    if not question.required:
        return _go_on(definition, state, question, heard, None)
    return attrs.evolve(_expired(state, Reason.INVALID), say=said(definition, Words.GAVE_UP) or None)


def _go_on(definition: Definition, state: State, question: Question, heard: _Heard, value: Value | None) -> Step:
    """Write an answer down and go on to where it leads."""
    given = Answer(question.uuid, kept(heard.text, RAW_CHARACTERS), value, heard.came_at_ms)
    answers = (*(each for each in state.answers if each.question != question.uuid), given)
    state = attrs.evolve(state, answers=answers)
    step = _come_to(definition, state, next_of(definition, question, state.by_question), heard.at_ms)
    return attrs.evolve(step, answered=given)


def _come_to(definition: Definition, state: State, target: str, at_ms: int) -> Step:
    """Ask a question, or thank."""
    if target == END:
        done = attrs.evolve(state, question=None, asks=0)
        return Step(done, definition.thanks or None, Ended(Status.COMPLETED))
    if state.asked >= ASKED_MAX:
        return _expired(state, Reason.TOO_LONG)
    asked = attrs.evolve(state, question=target, asks=1, asked=state.asked + 1, reminded=False)
    asked = attrs.evolve(asked, asked_at_ms=at_ms, said_at_ms=at_ms, taken_at_ms=0)
    return Step(asked, asking(definition.question(target)))


def _expired(state: State, reason: Reason) -> Step:
    return Step(state, ended=Ended(Status.EXPIRED, reason))
