"""Whatever goes wrong, as an answer: a status of the reference, a stable `code`, a sentence for people.

The reference lists 200, 400, 401, 402, 403, 404, 409, 429 and 500, and nothing else is answered under `/api/v1`
(decision 2): what HTTP calls 405 is a 404 with `Allow`, 413 and 415 are 400, 503 is a 500 with `Retry-After`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import attrs

# The status of every refusal of the core, by its code; a test walks both.
STATUSES: dict[str, int] = {
    "bad_recipient": 400,
    "sender_not_approved": 400,  # 403 is for what a token may do (decision 36)
    "no_default_sender": 400,
    "bad_text": 400,
    "too_many_parts": 400,
    "part_too_long": 400,
    "bad_validity": 400,
    "bad_schedule": 400,
    "bad_value": 400,
    "bad_file": 400,
    "bad_webhook_url": 400,
    "bad_definition": 400,
    "no_route": 400,
    "no_recipients": 400,
    "suppressed": 400,
    "access_ended": 401,
    "login_failed": 401,
    "insufficient_units": 402,
    "team_suspended": 403,
    "user_disabled": 403,
    "missing_scope": 403,
    "not_allowed": 403,
    "not_found": 404,
    "not_failed": 409,
    "not_cancellable": 409,
    "already_resent": 409,
    "text_not_kept": 409,
    "sender_decided": 409,
    "already_exists": 409,
    "in_use": 409,
    "not_draft": 409,
    "not_sending": 409,
    "not_scheduled": 409,
    "campaign_ended": 409,
    "campaign_busy": 409,
    "not_published": 409,
    "survey_closed": 409,
    "survey_paused": 409,
    "survey_busy": 409,
    "keyword_taken": 409,
    "extension_taken": 409,
    "menu_in_use": 409,
    "menu_changed": 409,
    "webhook_disabled": 409,
    "too_many_jobs": 409,
    "job_ended": 409,
    "not_undoable": 409,
    "too_many_attempts": 429,
    "overloaded": 500,
    "queue_away": 500,
}

# The codes of the API itself.
OWN_STATUSES: dict[str, int] = {
    "bad_json": 400,
    "bad_content_type": 400,
    "bad_url": 400,
    "bad_http": 400,
    "body_too_large": 400,
    "too_slow": 400,
    "bad_request": 400,
    "unauthenticated": 401,
    "bad_csrf_token": 403,
    "no_such_route": 404,
    "method_not_allowed": 404,
    "team_changed": 409,
    "idempotency_key_reused": 409,
    "idempotency_running": 409,
    "store_away": 500,
    "internal_error": 500,
}

OVERLOADED_RETRY_S = 1
STORE_AWAY_RETRY_S = 5
RUNNING_RETRY_S = 1


class WrongField(ValueError):
    """One field of a request is not what it must be; the text says what it must be."""


@attrs.frozen
class FieldProblem:
    """What is wrong with one field of a request."""

    field: str
    message: str


@attrs.define(eq=False)
class Problem(Exception):
    """A request that is answered with an error."""

    code: str
    message: str
    status: int
    fields: Sequence[FieldProblem] = ()
    headers: Mapping[bytes, bytes] = attrs.field(factory=dict)
    extra: Mapping[str, Any] = attrs.field(factory=dict)  # more keys beside `error`


def problem(
    code: str, message: str, fields: Sequence[FieldProblem] = (), headers: Mapping[bytes, bytes] | None = None
) -> Problem:
    """Return the problem for a code that the API answers by itself."""
    status = OWN_STATUSES[code] if code in OWN_STATUSES else STATUSES[code]
    return Problem(code, message, status, fields, headers or {})


def bad_fields(wrong: Sequence[FieldProblem]) -> Problem:
    """Return the problem that fields cannot be as they are; it names each, with what is wrong."""
    return problem("bad_request", "; ".join(f"{each.field} {each.message}" for each in wrong), wrong)


def bad_field(field: str, message: str) -> Problem:
    """Return the problem that a field cannot be as it is, as `bad_fields` does."""
    return bad_fields([FieldProblem(field, message)])


def store_away() -> Problem:
    """Return the problem that the store cannot be reached, or was lost at the moment of keeping something."""
    message = "the store cannot be reached, and what you asked for may not have been done; look before you repeat it"
    return problem("store_away", message, headers={b"Retry-After": b"%d" % STORE_AWAY_RETRY_S})


def internal_error() -> Problem:
    """Return the problem that says no more than that it is our fault."""
    return problem("internal_error", "something went wrong on our side; the request id finds it in our log")
