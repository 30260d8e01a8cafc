"""What an event says to its session: what was typed now, that a session begins, or that it came before.

How to think about it: gateways say things twice, and late, and many do not tell a beginning from an answer. So within a session
that is under way an answer is an answer, whatever it looks like, and what came before is answered as before and moves nothing:

| the gateway | what came before |
|---|---|
| counts (SMPP, standard) | the same count and input |
| sends all that was typed | text of which all was taken; a beginning for `START_AGAIN_MS` after our last screen |
| sends what was typed now | the same input, or the beginning, within `INPUT_AGAIN_MS` of our last screen |
| any, at the first screen | the beginning for `START_AGAIN_MS` |

Of what only looks like a beginning (`UssdEvent.if_answer`) the session's own dial string begins it anew, and where the gateway
has no ids of sessions any that somebody answers.
"""

from __future__ import annotations

from typing import Final

from mobilesasa.core.ussd import Kind, UssdEvent, code_of, is_dialled
from mobilesasa.ussd.consumed import goes_on, new_part
from mobilesasa.ussd.views import SessionStatus
from mobilesasa.ussd.visits import Asked, Visit

STATE_MS: Final = 600_000  # so long a session is kept in which nothing happens
START_AGAIN_MS: Final = 30_000  # so long a beginning that comes again is a repeat
INPUT_AGAIN_MS: Final = 3000  # so long an input is, where nothing else tells; who reads a screen and types takes longer


class Again:
    """Says that an event has come before."""


AGAIN: Final = Again()


def said_now(asked: Asked, visit: Visit | None) -> str | Again | None:
    """Return what was typed; None: a session begins; or that the event has come before.

    Args:
        asked: the event.
        visit: the newest session of its key.
    """
    event = asked.event
    if visit is None or (visit.is_live and asked.at_ms - visit.last_at_ms >= STATE_MS):
        return None
    if visit.event_id == asked.id:
        return AGAIN
    if event.text_all is not None:
        return _of_all(asked, visit, event.text_all)
    return _of_beginning(asked, visit) if event.kind is Kind.START else _of_input(asked, visit)


def _of_all(asked: Asked, visit: Visit, text_all: str) -> str | Again | None:
    """Judge text that grows: it never becomes less within a session."""
    text, age_ms = text_all.strip(), asked.at_ms - visit.last_at_ms
    is_own = is_dialled(text) and code_of(text) == visit.code
    if not text or (is_own and not goes_on(visit.consumed, text_all)):
        is_late = _is_of(asked, visit) and age_ms < _start_again_ms(visit, asked.event)
        came = not text or visit.consumed.startswith(text)
        return AGAIN if is_late and came else None
    new = new_part(visit.consumed, text_all)
    return AGAIN if new is None else new.strip()


def _of_beginning(asked: Asked, visit: Visit) -> str | Again | None:
    event, age_ms = asked.event, asked.at_ms - visit.last_at_ms
    same, text = _is_of(asked, visit), event.if_answer
    is_first = visit.steps <= 1 and not visit.input
    if not visit.is_live or text is None or is_dialled(text):
        dials = text is None or (asked.found is not None and (same or not event.carrier_session_id))
        if visit.is_live and not dials:
            return _of_typed(visit, event.if_answer or "", age_ms)
        within_ms = _start_again_ms(visit, event) if is_first else INPUT_AGAIN_MS
        return AGAIN if same and age_ms < within_ms and _is_sound(visit) else None
    if is_first and age_ms < START_AGAIN_MS:
        return AGAIN
    return _of_typed(visit, text, age_ms)


def _of_typed(visit: Visit, text: str, age_ms: int) -> str | Again:
    """Judge an answer that looks like a beginning; an empty one so soon is a late copy of the beginning."""
    return AGAIN if text in ("", visit.input) and age_ms < INPUT_AGAIN_MS else text


def _of_input(asked: Asked, visit: Visit) -> str | Again:
    event = asked.event
    if event.input != visit.input or (event.sequence is not None and event.sequence != visit.sequence):
        return event.input
    if event.sequence is not None:
        return AGAIN
    is_dial = visit.steps <= 1 and code_of(event.input) == visit.code  # the code itself is the first input (Airtel)
    within_ms = START_AGAIN_MS if is_dial or not visit.is_live else INPUT_AGAIN_MS
    return AGAIN if asked.at_ms - visit.last_at_ms < within_ms else event.input


def _is_of(asked: Asked, visit: Visit) -> bool:
    """Return whether what was dialled, if it was, is what the session began with."""
    return asked.found is None or asked.found.extension.id == visit.extension_id


def _is_sound(visit: Visit) -> bool:
    """Return whether the last screen still stands: the session is live, or that was its end."""
    return visit.is_live or visit.outcome is SessionStatus.ENDED


def _start_again_ms(visit: Visit, event: UssdEvent) -> int:
    """Return for how long a beginning is a repeat; who has no id of the session may well have dialled again."""
    if visit.is_live:
        return START_AGAIN_MS
    if visit.outcome is not SessionStatus.ENDED:
        return 0
    return START_AGAIN_MS if event.carrier_session_id and visit.steps <= 1 else INPUT_AGAIN_MS
