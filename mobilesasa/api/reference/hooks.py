"""The webhooks of the OpenAPI document: what is called, of the table of events."""

from __future__ import annotations

from typing import Annotated, Any, TypedDict

from mobilesasa.api.requests import Said
from mobilesasa.api.schemas import JsonObject, Schemas
from mobilesasa.api.webhook_examples import examples
from mobilesasa.core.hooks import EVENTS

_HEADERS = {
    "webhook-id": "Names the event; the same in every call of it, so that one that comes twice is known",
    "webhook-timestamp": "When the call was made, seconds since the epoch; refuse what is older than five minutes",
    "webhook-signature": (
        "`v1,` and the base64 of HMAC-SHA256 over `id.timestamp.body` with your secret; several, with blanks between, while "
        "a secret is replaced (Standard Webhooks)"
    ),
}


class HookShown(TypedDict):
    """What a webhook brings."""

    type: Annotated[str, Said("What happened", example="message.delivered")]
    timestamp: Annotated[str, Said("When it happened, UTC", example="2026-05-11T09:00:00Z")]
    data: Annotated[dict[str, Any], Said("What it happened to, as the API shows it")]


def hooks(schemas: Schemas) -> JsonObject:
    """Return the calls that an endpoint of a team may get, by event."""
    parameters = [
        {"name": name, "in": "header", "required": True, "description": about, "schema": {"type": "string"}}
        for name, about in _HEADERS.items()
    ]
    return {
        event: {
            "post": {
                "operationId": f"hook_{event.replace('.', '_')}",
                "summary": about,
                "tags": ["Webhooks"],
                "parameters": parameters,
                "requestBody": {
                    "required": True,
                    "content": {
                        "application/json": {
                            "schema": schemas.of(HookShown),
                            "example": examples()[event],
                        }
                    },
                },
                "responses": {
                    "2XX": {"description": "You have it; anything else, and the call is made again for 24 hours"},
                    "410": {"description": "You want no more calls; the endpoint is disabled"},
                },
                "security": [],
            }
        }
        for event, about in EVENTS.items()
    }
