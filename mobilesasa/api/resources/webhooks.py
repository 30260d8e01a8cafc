"""Webhooks: where the team wants to be told of what happens (decision 89)."""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypedDict, cast

import attrs
from twisted.web.iweb import IRequest

from mobilesasa.api.answers import answer, instant, instant_or_none
from mobilesasa.api.auth import Caller
from mobilesasa.api.errors import FieldProblem, bad_field, problem
from mobilesasa.api.ports import Node
from mobilesasa.api.ports.webhooks import Webhook
from mobilesasa.api.requests import ABSENT, Absent, Said, parse
from mobilesasa.api.routes import route
from mobilesasa.api.webhook_examples import examples
from mobilesasa.core.hooks import EVENTS, WebhookTerms, unheard

SCOPES = ("webhooks",)
#: The names of `core.hooks.EVENTS`, for the reader of requests; `*` is all there are and will be.
EventName = Literal[
    "message.sent",
    "message.delivered",
    "message.failed",
    "message.received",
    "campaign.started",
    "campaign.completed",
    "campaign.paused",
    "campaign.cancelled",
    "campaign.failed",
    "survey.response",
    "import.completed",
    "export.completed",
    "balance.low",
    "optout",
    "*",
]
_LONGEST_DESCRIPTION = 200
_EXAMPLE_URL = "https://example.com/hooks/mobilesasa"
_CREATE = """curl -X POST https://api.yourdomain.com/api/v1/webhooks \\
  -H "Authorization: Bearer mbs_your_token_here" \\
  -H "Content-Type: application/json" \\
  -d '{
    "url": "https://example.com/hooks/mobilesasa",
    "events": ["message.delivered", "message.failed", "message.received"]
  }'"""


@attrs.frozen(kw_only=True)
class CreateWebhook:
    """A webhook to be made."""

    url: Annotated[str, Said("What is called: https or http, an address of the internet", example=_EXAMPLE_URL)]
    events: Annotated[
        list[EventName], Said("Of what it is told; `*`: of all there is and will be", example=("message.delivered",))
    ]
    description: Annotated[str | None, Said("For people, up to 200 characters", example="The shop's back end")] = None
    include_text: Annotated[
        bool, Said("Whether events about your messages have their text; messages from phones always have theirs")
    ] = False


@attrs.frozen(kw_only=True)
class ChangeWebhook:
    """What is to be different; what is left out stays."""

    url: Annotated[str | Absent, Said("What is called", example=_EXAMPLE_URL)] = ABSENT
    events: Annotated[list[EventName] | Absent, Said("Of what it is told", example=("*",))] = ABSENT
    description: Annotated[str | Absent | None, Said("For people; null: none", example="The shop's back end")] = ABSENT
    include_text: Annotated[bool | Absent, Said("Whether events about your messages have their text")] = ABSENT
    enabled: Annotated[bool | Absent, Said("False: it is told nothing")] = ABSENT


class WebhookShown(TypedDict):
    """A webhook, without its secret."""

    uuid: Annotated[str, Said("Names the webhook", example="6f1c1bb0-5c00-4d21-9a3b-0c5d7e8f9a10")]
    url: Annotated[str, Said("What is called", example=_EXAMPLE_URL)]
    events: Annotated[list[str], Said("Of what it is told", example=("message.delivered",))]
    description: Annotated[str, Said("For people", example="The shop's back end")]
    include_text: Annotated[bool, Said("Whether events about your messages have their text")]
    status: Annotated[Literal["enabled", "disabled"], Said("A disabled one is told nothing", example="enabled")]
    disabled_reason: Annotated[
        Literal["team", "gone", "failing"] | None,
        Said("Your team did it, it answered 410, or no call has succeeded for 5 days"),
    ]
    disabled_at: Annotated[str | None, Said("Since when it is disabled, UTC")]
    failing_since: Annotated[str | None, Said("Since when no call has succeeded, UTC; null: the last one did")]
    old_secret_until: Annotated[str | None, Said("Until when calls are signed with the old secret as well, UTC")]
    created_at: Annotated[str, Said("UTC", example="2026-05-11T09:00:00Z")]


class WebhookMade(WebhookShown):
    """A webhook that was just made."""

    secret: Annotated[
        str,
        Said(
            "What calls are signed with, shown this once", example="whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo="
        ),
    ]


class WebhookSecret(TypedDict):
    """A new secret."""

    secret: Annotated[
        str,
        Said(
            "What calls are signed with, shown this once", example="whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo="
        ),
    ]


class WebhookList(TypedDict):
    """The webhooks of a team."""

    items: list[WebhookShown]


class EventListed(TypedDict):
    """Something a webhook can be told of."""

    event: Annotated[str, Said("Its name", example="message.delivered")]
    about: Annotated[str, Said("When it happens", example="A message arrived")]
    example: Annotated[dict[str, Any], Said("The body of a call")]


class EventList(TypedDict):
    """All that webhooks can be told of."""

    items: list[EventListed]


class Webhooks:
    """The webhooks of the team that asks."""

    def __init__(self, node: Node) -> None:
        """Keep what is asked."""
        self._webhooks = node.webhooks
        self._check = node.webhook_calls.check

    @route(
        "POST",
        "/webhooks",
        scopes=SCOPES,
        body=CreateWebhook,
        answers=WebhookMade,
        refusals=(400,),
        curl=_CREATE,
    )
    async def create_webhook(self, request: IRequest, caller: Caller) -> bytes:
        """Make a webhook.

        From now on it is told of the events that it names: a POST each, as Standard Webhooks has it, signed with the secret
        that is shown this once, so the call takes no `Idempotency-Key`. Whoever makes it needs the scopes by which the API
        tells of the same things, such as `messages:read` for `message.sent`, and for `*` all of them. A team has at most ten.
        """
        asked = parse(CreateWebhook, request)
        terms = self._checked(WebhookTerms(asked.url, asked.description or "", _once(asked.events), asked.include_text))
        _check_heard(caller, terms)
        made, secret = await self._webhooks.create(caller.by, caller.team.id, terms)
        return answer(request, {**webhook_shown(made), "secret": secret})

    @route("GET", "/webhooks", scopes=SCOPES, answers=WebhookList)
    async def list_webhooks(self, request: IRequest, caller: Caller) -> bytes:
        """List the team's webhooks, newest first."""
        found = await self._webhooks.of_team(caller.team.id)
        return answer(request, {"items": [webhook_shown(each) for each in found]})

    @route("GET", "/webhooks/events", scopes=SCOPES, answers=EventList)
    async def list_webhook_events(self, request: IRequest, caller: Caller) -> bytes:
        """List what webhooks can be told of, each with an example."""
        shown = examples()
        listed = [{"event": name, "about": about, "example": shown[name]} for name, about in EVENTS.items()]
        return answer(request, {"items": listed})

    @route("GET", "/webhooks/{uuid}", scopes=SCOPES, answers=WebhookShown, refusals=(404,))
    async def get_webhook(self, request: IRequest, caller: Caller, uuid: str) -> bytes:
        """Get a webhook."""
        return answer(request, webhook_shown(await self._webhooks.find(caller.team.id, uuid)))

    @route(
        "PUT",
        "/webhooks/{uuid}",
        scopes=SCOPES,
        body=ChangeWebhook,
        answers=WebhookShown,
        refusals=(400, 404),
    )
    async def update_webhook(self, request: IRequest, caller: Caller, uuid: str) -> bytes:
        """Change a webhook.

        What is left out stays. One that is enabled again is told what was waiting for it. The scopes of all of its events are
        needed, as to make it.
        """
        asked = parse(ChangeWebhook, request)
        self._checked(
            _changed(WebhookTerms(_EXAMPLE_URL, "", ("*",), include_text=False), asked), is_new=asked.url is not ABSENT
        )

        def change(before: WebhookTerms) -> WebhookTerms:
            return _check_heard(caller, _changed(before, asked))

        return answer(request, webhook_shown(await self._webhooks.update(caller.by, caller.team.id, uuid, change)))

    @route("DELETE", "/webhooks/{uuid}", scopes=SCOPES, answers=WebhookShown, refusals=(404,))
    async def delete_webhook(self, request: IRequest, caller: Caller, uuid: str) -> bytes:
        """Delete a webhook with its log.

        What waits for it is told no more; a call that is under way ends.
        """
        return answer(request, webhook_shown(await self._webhooks.delete(caller.by, caller.team.id, uuid)))

    @route(
        "POST",
        "/webhooks/{uuid}/secret",
        scopes=SCOPES,
        answers=WebhookSecret,
        refusals=(404,),
    )
    async def rotate_webhook_secret(self, request: IRequest, caller: Caller, uuid: str) -> bytes:
        """Give a webhook a new secret.

        For 24 hours calls are signed with both, the old one and the new. The answer is kept nowhere, so the call takes no
        `Idempotency-Key`.
        """
        return answer(request, {"secret": await self._webhooks.rotate(caller.by, caller.team.id, uuid)})

    @route("POST", "/webhooks/{uuid}/enable", scopes=SCOPES, answers=WebhookShown, refusals=(404,))
    async def enable_webhook(self, request: IRequest, caller: Caller, uuid: str) -> bytes:
        """Enable a webhook again.

        It is told what was waiting for it when it was disabled; what happened since is not told.
        """

        def enabled(before: WebhookTerms) -> WebhookTerms:
            return _check_heard(caller, attrs.evolve(before, enabled=True))

        return answer(request, webhook_shown(await self._webhooks.update(caller.by, caller.team.id, uuid, enabled)))

    def _checked(self, terms: WebhookTerms, is_new: bool = True) -> WebhookTerms:
        """Return terms that can be kept.

        Raises:
            Problem: 400, a field is wrong.
            BadWebhookUrl: the address cannot be called.
        """
        if not terms.events:
            raise problem("bad_request", "events is empty", [FieldProblem("events", "must name an event at least")])
        if len(terms.description) > _LONGEST_DESCRIPTION:
            raise bad_field("description", f"must have {_LONGEST_DESCRIPTION} characters at most")
        if is_new:
            self._check(terms.url)
        return terms


def webhook_shown(found: Webhook) -> WebhookShown:
    """Return a webhook as its team sees it."""
    return {
        "uuid": found.uuid,
        "url": found.url,
        "events": list(found.events),
        "description": found.description,
        "include_text": found.include_text,
        "status": "enabled" if found.enabled else "disabled",
        "disabled_reason": cast(Literal["team", "gone", "failing"] | None, found.disabled_reason),
        "disabled_at": instant_or_none(found.disabled_at_ms),
        "failing_since": instant_or_none(found.failing_since_ms),
        "old_secret_until": instant_or_none(found.old_secret_until_ms),
        "created_at": instant(found.created_at_ms),
    }


def _changed(before: WebhookTerms, asked: ChangeWebhook) -> WebhookTerms:
    given = {name: value for name, value in attrs.asdict(asked, recurse=False).items() if value is not ABSENT}
    if "events" in given:
        given["events"] = _once(given["events"])
    if "description" in given:
        given["description"] = given["description"] or ""
    return attrs.evolve(before, **given)


def _check_heard(caller: Caller, terms: WebhookTerms) -> WebhookTerms:
    """Return the terms of a webhook that hears nothing but what the API would tell its maker.

    Raises:
        Problem: 403, it names an event that is not for this caller.
    """
    for event, scopes in unheard(caller.scopes, terms.events).items():
        raise problem("missing_scope", f"to hear {event} needs the scope {' or '.join(scopes)}")
    return terms


def _once(events: list[Any]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(events))
