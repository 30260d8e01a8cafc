"""What webhooks are told: each event as the API shows the thing that it is about, in an envelope of Standard Webhooks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import attrs
import orjson

from mobilesasa.api.answers import instant
from mobilesasa.api.resources.inbound import inbound_shown
from mobilesasa.api.resources.shown import message_shown
from mobilesasa.api.resources.suppressions import suppression_shown
from mobilesasa.api.resources.survey_answers import told_shown
from mobilesasa.core.hooks import RECEIVED, HookEvent
from mobilesasa.core.ids import made_at_ms
from mobilesasa.core.model import Failure, State
from mobilesasa.core.optouts import Reason

_MESSAGES: Final = ("message.sent", "message.delivered", "message.failed")


@attrs.frozen
class _Moment:
    """Where a message stood when it happened."""

    state: State
    failure: Failure | None
    reason: str
    error: str
    sent_at_ms: int | None
    done_at_ms: int | None


@attrs.frozen(kw_only=True)
class _Suppression:
    uuid: str
    team_id: int
    recipient: str
    sender: str
    reason: Reason
    source_id: str | None
    at_ms: int


def body_of(what: HookEvent, include_text: bool) -> bytes | None:
    """Return what a webhook is told of an event, octet for octet the same in each call while all of it is kept.

    Args:
        what: the event.
        include_text: whether events about messages have their text; those about messages from phones always have it.

    Returns:
        JSON; None when what it is about is no longer kept.
    """
    data = data_of(what, include_text)
    if data is None:
        return None
    return orjson.dumps({"type": what.event, "timestamp": instant(made_at_ms(what.id)), "data": data})


def data_of(what: HookEvent, include_text: bool) -> Mapping[str, Any] | None:
    """Return what stands in `data`."""
    return _SHOWN.get(what.event, _as_it_is)(what, include_text)


def _message(what: HookEvent, include_text: bool) -> Mapping[str, Any] | None:
    if what.message is None:
        return None
    shown: dict[str, Any] = {**message_shown(what.message, _moment(what.data))}
    if not include_text:
        del shown["message"]
    return shown


def _moment(data: Mapping[str, Any]) -> _Moment:
    failure = None if data["failure"] is None else Failure(data["failure"])
    words = data["reason"] or "", data["error"] or ""
    return _Moment(State(data["state"]), failure, *words, data["sent_at_ms"], data["done_at_ms"])


def _received(what: HookEvent, _: bool) -> Mapping[str, Any] | None:
    return None if what.inbound is None else inbound_shown(what.inbound)


def _opt_out(what: HookEvent, _: bool) -> Mapping[str, Any]:
    return suppression_shown(_Suppression(**what.data))


def _survey_response(what: HookEvent, _: bool) -> Mapping[str, Any]:
    return told_shown(what.data)


def _as_it_is(what: HookEvent, _: bool) -> Mapping[str, Any]:
    return what.data


_SHOWN: Final[Mapping[str, Callable[[HookEvent, bool], Mapping[str, Any] | None]]] = {
    **dict.fromkeys(_MESSAGES, _message),
    RECEIVED: _received,
    "optout": _opt_out,
    "survey.response": _survey_response,
}
