"""Refusals of the core as answers: the status of the table, and what programs are told beside the text."""

from __future__ import annotations

from typing import Any

import attrs

from mobilesasa.api.answers import instant_or_none
from mobilesasa.api.errors import OVERLOADED_RETRY_S, STATUSES, STORE_AWAY_RETRY_S, FieldProblem, Problem
from mobilesasa.api.resources.who import who_shown_or_none
from mobilesasa.core.changes import ChangedSince, LastChange
from mobilesasa.core.errors import AlreadyExists, BadDefinition, InsufficientUnits, Refused, TooManyAttempts


def of_refusal(refusal: Refused) -> Problem:
    """Return the problem that a refusal of the core is answered with."""
    headers: dict[bytes, bytes] = {}
    extra: dict[str, Any] = {}
    if isinstance(refusal, InsufficientUnits):
        extra["needed_units"] = refusal.needed_units
    if isinstance(refusal, AlreadyExists) and refusal.uuid is not None:
        extra["uuid"] = refusal.uuid
    if isinstance(refusal, TooManyAttempts):
        headers[b"Retry-After"] = b"%d" % refusal.retry_after_s
    if refusal.code == "overloaded":
        headers[b"Retry-After"] = b"%d" % OVERLOADED_RETRY_S
    if refusal.code == "queue_away":
        headers[b"Retry-After"] = b"%d" % STORE_AWAY_RETRY_S
    if isinstance(refusal, ChangedSince) and refusal.last is not None:
        extra |= _change_shown(refusal.last)
    fields = [FieldProblem(refusal.field, refusal.message)] if refusal.field else []
    if isinstance(refusal, BadDefinition):
        fields = [FieldProblem(fault.field, fault.message) for fault in refusal.faults]
        extra["faults"] = [attrs.asdict(fault) for fault in refusal.faults]
    return Problem(refusal.code, refusal.message, STATUSES[refusal.code], fields, headers, extra)


def _change_shown(last: LastChange) -> dict[str, Any]:
    """Return what is told of a draft that somebody else has changed: what it is at, and who did that and when."""
    at, by = instant_or_none(last.at_ms), who_shown_or_none(last.by)
    return {"revision": last.revision, "changed_at": at, "changed_by": by}
