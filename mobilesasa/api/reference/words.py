"""What is said of the API beside what its routes say themselves: codes, statuses, scopes, the headings of its parts.

Each sentence stands here once: the page, the OpenAPI document and `docs/errors.rst` have it from here, or a test fails.
Between backticks is what is written as it stands.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

#: What each `code` of an error means.
CODES: Final[Mapping[str, str]] = {
    "bad_recipient": "`to` is no mobile number; the sentence says why",
    "no_route": "no carrier takes messages to this number",
    "no_recipients": "nobody would get the campaign: nobody is in its groups, or all of them are left out",
    "suppressed": "the recipient wants no messages from this sender, or is suppressed for another reason",
    "sender_not_approved": "the sender is unknown or not approved; carriers regard case",
    "no_default_sender": "no sender was named and the team has no default",
    "bad_text": "the text is blank, or holds what no phone can show",
    "too_many_parts": "the text needs more parts than one message may have",
    "part_too_long": "a part that was split already, or a binary message, does not fit one short message",
    "bad_validity": "the validity period is over before it begins, or cannot be read",
    "bad_schedule": "the time of delivery is too far ahead",
    "bad_value": "a value cannot be kept; the sentence says which, and what it must be like",
    "bad_definition": "a survey or a menu cannot be so; `faults` names each thing that is wrong, with a `code` for programs",
    "bad_webhook_url": "the address of the webhook cannot be called; the sentence says why",
    "bad_request": "fields are missing or wrong; `fields` names all of them",
    "bad_json": "the body is empty, not JSON, not an object, or has a key twice",
    "bad_content_type": "the body is not sent as JSON in UTF-8, or is packed",
    "body_too_large": "the body is longer than the node reads",
    "too_slow": "a large file came slower than the node waits for, on average after its first half minute; the connection is closed",
    "bad_url": "the address is not UTF-8, or has a `%` without two hexadecimal digits behind it",
    "bad_http": "the request is no HTTP/1.1, or its headers are too many or too long; the connection is closed",
    "bad_file": "the file cannot be imported; the sentence says why, and what to do",
    "unauthenticated": "the token is missing, unknown, expired or revoked",
    "access_ended": "the token, the login or the role ended while the call was under way; nothing was done",
    "login_failed": "email and password do not fit each other",
    "insufficient_units": "the team cannot pay; `needed_units` is what the message, or the campaign, costs",
    "missing_scope": "the token lacks the scope that the sentence names, or would give one that it does not have",
    "team_suspended": "the operator has suspended the team",
    "user_disabled": "the operator has disabled the user whose password was right",
    "not_allowed": "the role suffices for the call but not for this; the sentence says why",
    "bad_csrf_token": "a write by cookie lacks `X-CSRF-Token`, or has another login's",
    "not_found": "there is no such thing, or it is another team's",
    "no_such_route": "there is nothing at this address",
    "method_not_allowed": "the address does not take this method; `Allow` names those that it takes",
    "not_failed": "only a failed message can be resent",
    "not_cancellable": "a carrier has the message already, or it has ended",
    "already_resent": "a resend of the message is on its way or has arrived",
    "text_not_kept": "the text of the message is no longer kept, so it cannot be resent",
    "sender_decided": "the sender was approved or suspended; only a request can be taken back",
    "already_exists": "there is one of that name or phone already; of a contact or a group `uuid` names it",
    "in_use": "something works with it, such as a campaign that is being sent with the group",
    "not_draft": "the campaign was sent or cancelled already; only a draft can be changed, deleted or sent",
    "not_scheduled": "only a campaign that was sent and has not begun can become a draft again",
    "not_sending": "only a campaign that was sent and of which messages are still to go out can be paused, or go on",
    "campaign_ended": "the campaign has ended already, and none of its messages waits for a carrier",
    "campaign_busy": "another call is sending or changing the campaign at this moment; ask for it again",
    "not_published": "the survey was never published, so it can neither be started nor paused; or the USSD menu, so it cannot answer",
    "survey_closed": "the survey was closed, and asks nobody any more",
    "survey_paused": "the survey is paused, so nobody can be invited; resume it first",
    "survey_busy": "another call has changed the draft of the survey since it was read; read it again",
    "keyword_taken": "another survey begins by the same keyword on the same short code",
    "extension_taken": "somebody has this extension of the USSD code already, or has asked for it",
    "menu_in_use": "the USSD menu answers at an extension, and cannot be removed before another answers there",
    "menu_changed": "another call has changed the draft of the USSD menu since it was read; read it again",
    "job_ended": "the import (or the export, …) has ended already, and cannot be cancelled",
    "not_undoable": "the import is under way, was undone before, changed nothing, or was more than 7 days ago",
    "too_many_jobs": (
        "twenty imports (or exports, …) of the team wait already, a test of the webhook is under way, or enough campaigns are being "
        "estimated or sent; let some end first"
    ),
    "webhook_disabled": "the webhook is disabled; enable it first",
    "team_changed": "the call names another team in `X-Team` than its login or token is of; nothing was done",
    "idempotency_key_reused": "the `Idempotency-Key` was used for a call with another body; a new call needs a new key",
    "idempotency_running": "a call with this `Idempotency-Key` is under way; repeat it after `Retry-After`",
    "too_many_attempts": "too many bad tokens, passwords or links from this address; `Retry-After` says how long to wait",
    "overloaded": "more is waiting to be stored than the node keeps; nothing was done, try again after `Retry-After`",
    "queue_away": "the queue between the nodes cannot be asked now; nothing was done, try again after `Retry-After`",
    "store_away": "the store cannot be reached; whether it was done is open: look first, or repeat it with its `Idempotency-Key`",
    "internal_error": "something went wrong on our side; `request_id` finds it in the log",
}

#: What each status means; those that any route may answer, and 304 for who asks for it.
STATUSES: Final[Mapping[int, str]] = {
    200: "OK: the request succeeded",
    304: "Nothing has changed since the answer whose `ETag` was sent in `If-None-Match`",
    400: "Bad request: a field is missing or wrong, or the request cannot be read",
    401: "Unauthenticated: the token is missing, unknown, expired or revoked",
    402: "Payment required: the team's units do not suffice",
    403: "Forbidden: the token lacks the scope, or the team is suspended",
    404: "Not found: there is no such thing, or it is another team's",
    409: "Conflict: it clashes with what is there already",
    429: "Too many attempts: bad tokens or wrong passwords; `Retry-After` says how long to wait",
    500: "Something went wrong on our side, or the node is overloaded",
}

#: The code that stands for each status in examples.
CODE_OF_STATUS: Final[Mapping[int, str]] = {
    400: "bad_request",
    401: "unauthenticated",
    402: "insufficient_units",
    403: "missing_scope",
    404: "not_found",
    409: "already_exists",
    429: "too_many_attempts",
    500: "internal_error",
}

#: What each scope opens; `X:read` opens the reading of X alone.
SCOPES: Final[Mapping[str, str]] = {
    "messages": "Send and list SMS messages",
    "contacts": "Create, read, update, delete contacts",
    "groups": "Manage contact groups and memberships",
    "campaigns": "Create and manage bulk campaigns",
    "surveys": "Read survey definitions and responses",
    "ussd": "Read USSD code and extension info",
    "reports": "Read usage reports and statistics",
    "api_tokens": "Manage API tokens",
    "webhooks": "Manage webhooks and their deliveries",
    "team": "Members, settings, requests for senders and the trail of the team",
    "platform": "What is no team's own: carriers, teams, prices; of operators alone",
}

#: The parts of the reference in their order: a heading for the first segments of paths, and what the part is about.
PARTS: Final[tuple[tuple[str, tuple[str, ...], str], ...]] = (
    ("Messages", ("messages",), "Send individual SMS messages and retrieve message history."),
    ("Messages from phones", ("inbound",), "What people sent to your short codes and numbers."),
    ("Suppressions", ("suppressions",), "Who gets no messages of yours: they sent STOP, or somebody said so."),
    ("Contacts", ("contacts",), "Store and manage your contact list, by hand or from CSV and XLSX files."),
    ("Groups", ("groups",), "Organise contacts into groups, the target of campaigns."),
    ("Campaigns", ("campaigns",), "Send bulk SMS to one or more groups of contacts."),
    ("Surveys", ("surveys",), "Read survey definitions and responses."),
    ("USSD", ("ussd",), "Read your team's approved USSD codes and extensions."),
    ("Reports", ("reports",), "What was sent, what arrived, what it cost, in the team's time zone."),
    ("Files", ("exports", "jobs", "files"), "Long work and the files that come of it."),
    (
        "Account",
        ("account", "ledger", "sender-ids", "sender-documents", "routes"),
        "Units, where they went, sender names, and routes.",
    ),
    ("API tokens", ("tokens",), "Manage API tokens by program, for their rotation."),
    ("Webhooks", ("webhooks",), "Be told what happens, by calls to an address of yours that are signed."),
    ("Logins", ("auth",), "Log in as a person; programs use API tokens."),
    ("Team", ("team", "trail", "audit"), "Members, settings, and who changed what."),
    ("SMPP", ("smpp",), "The live sessions of the team, and passwords for clients that cannot send a token."),
    ("Platform", ("admin", "carriers", "receipts"), "For the operators of the platform."),
    ("Reference", ("openapi.json", "postman.json"), "This reference, for programs."),
)


def part_of(path: str) -> str:
    """Return the heading of the part that a path belongs to."""
    first = path.split("/")[1]
    return next((heading for heading, segments, _ in PARTS if first in segments), first.capitalize())
