"""An example of each event that webhooks can be told of, made by what makes the real ones."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

import orjson

from mobilesasa.api.webhook_bodies import body_of
from mobilesasa.core.hooks import EVENTS, PING, RECEIVED, HookEvent
from mobilesasa.core.inbound import Inbound
from mobilesasa.core.model import Coding, Lane, Origin, Priced, Wish
from mobilesasa.surveys.model import Answer, Definition, Kind, Option, Question, Status
from mobilesasa.surveys.telling import told
from mobilesasa.surveys.views import Response

_AT_MS: Final = 1_778_490_000_000  # 2026-05-11T09:00:00Z
_DAY_MS: Final = 86_400_000
_EVENT_ID: Final = "019e1655-2680-7c11-8d3e-5f0a1b2c3d4e"
_MESSAGE = Priced(
    id="019e1655-2680-7d21-9a3b-0c5d7e8f9a10",
    team_id=1,
    carrier_id=1,
    lane=Lane.TRANSACTIONAL,
    origin=Origin.API,
    wish=Wish.NONE,
    sender="TextBlast",
    recipient="254712345678",
    text="Hello from Mobile Sasa!",
    body=None,
    udh=b"",
    coding=Coding.GSM7,
    parts=1,
    price_units=1,
    expires_at_ms=_AT_MS + _DAY_MS,
    due_at_ms=None,
)
_INBOUND = Inbound(
    id=_MESSAGE.id,
    team_id=1,
    carrier_id=1,
    source="254712345678",
    destination="22384",
    text="YES",
    body=None,
    udh=b"",
    coding=Coding.GSM7,
    parts=1,
    missing=0,
    received_at_ms=_AT_MS,
)
_UUID: Final = "6f1c1bb0-5c00-4d21-9a3b-0c5d7e8f9a10"
_SENT: Final = {"failure": None, "reason": None, "error": None, "sent_at_ms": _AT_MS + 1000, "done_at_ms": None}
_ENDED: Final = {**_SENT, "done_at_ms": _AT_MS + 4000}
_CAMPAIGN: Final[Mapping[str, Any]] = {
    "uuid": _UUID,
    "name": "May offer",
    "status": "completed",
    "phase": "completed",
    "recipient_count": 2847,
    "cost_units": 2847,
    "progress": {"recipients": 2847, "queued": 2845, "skipped": 14, "left": 0},
    "units": {"reserved": 2847, "captured": 2845, "released": 2},
    "paused": None,
    "series_id": None,
}

_SERVICE = Question(
    uuid=_UUID,
    kind=Kind.SINGLE_CHOICE,
    text="How was our service?",
    code="service",
    options=(Option(_UUID, "GOOD", "Good"), Option(_EVENT_ID, "BAD", "Bad")),
)
_RESPONSE = Response(
    uuid=_MESSAGE.id,
    survey_uuid=_UUID,
    version=2,
    definition=Definition(name="After a visit", questions=(_SERVICE,)),
    code="22384",
    phone="254712345678",
    status=Status.COMPLETED,
    answers=(Answer(_UUID, "1.", "GOOD", _AT_MS + 60_000),),
    started_at_ms=_AT_MS,
    finished_at_ms=_AT_MS + 60_000,
)

# What is known of what happened, by the event.
_DATA: Final[Mapping[str, Mapping[str, Any]]] = {
    "message.sent": {"state": 20, **_SENT},
    "message.delivered": {"state": 30, **_ENDED, "error": "000"},
    "message.failed": {"state": 40, **_ENDED, "failure": "undelivered", "error": "001"},
    RECEIVED: {},
    "campaign.started": {
        **_CAMPAIGN,
        "status": "sending",
        "phase": "sending",
        "units": {"reserved": 2847, "captured": 0, "released": 0},
        "progress": {"recipients": 2847, "queued": 0, "skipped": 12, "left": 2847},
    },
    "campaign.completed": _CAMPAIGN,
    "campaign.paused": {
        **_CAMPAIGN,
        "status": "sending",
        "phase": "paused",
        "units": {"reserved": 2847, "captured": 900, "released": 0},
        "progress": {"recipients": 2847, "queued": 900, "skipped": 12, "left": 1947},
        "paused": {
            "by": "failures",
            "reason": "460 of the 900 messages that have ended failed (51.2 %); this campaign stops above 50 %",
        },
    },
    "campaign.cancelled": {
        **_CAMPAIGN,
        "status": "cancelled",
        "phase": "cancelled",
        "units": {"reserved": 2847, "captured": 900, "released": 1947},
        "progress": {"recipients": 2847, "queued": 900, "skipped": 1959, "left": 0},
    },
    "campaign.failed": {
        **_CAMPAIGN,
        "status": "draft",
        "phase": "draft",
        "units": {"reserved": 0, "captured": 0, "released": 0},
        "progress": {"recipients": 0, "queued": 0, "skipped": 0, "left": 0},
        "paused": {"by": None, "reason": "insufficient units: this campaign costs 2847; top up the team's balance"},
        "series_id": _UUID,
    },
    "survey.response": told(_RESPONSE),
    "import.completed": {
        "filename": "contacts.csv",
        "dry_run": False,
        "uuid": _UUID,
        "status": "completed",
        "total_rows": 1000,
        "imported": 950,
        "updated": 40,
        "skipped": 6,
        "failed": 4,
        "failure": None,
    },
    "export.completed": {"uuid": _UUID, "kind": "messages.export", "status": "completed"},
    "balance.low": {"available": 480, "low_balance_units": 500},
    "optout": {
        "uuid": _UUID,
        "team_id": 1,
        "recipient": "254712345678",
        "sender": "MYAPP",
        "reason": "stop",
        "source_id": _MESSAGE.id,
        "at_ms": _AT_MS,
    },
    PING: {"message": "It works: mobilesasa reaches this webhook."},
}


@lru_cache
def examples() -> Mapping[str, dict[str, Any]]:
    """Return the body of a call for each event, and for the `ping` of a test."""
    return {event: _example(event) for event in (*EVENTS, PING)}


def _example(event: str) -> dict[str, Any]:
    what = HookEvent(
        id=_EVENT_ID,
        event=event,
        data=_DATA[event],
        message=_MESSAGE if event.startswith("message.") else None,
        inbound=_INBOUND if event == RECEIVED else None,
    )
    made: dict[str, Any] = orjson.loads(body_of(what, include_text=True) or b"{}")
    return made
