"""What a webhook was told, what came of it, and telling it again (decision 89)."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any, Literal, TypedDict, cast

import attrs
import orjson
from twisted.web.iweb import IRequest

from mobilesasa.api.answers import answer, instant, instant_or_none
from mobilesasa.api.auth import Caller
from mobilesasa.api.errors import bad_field
from mobilesasa.api.pages import ListPage, answer_page
from mobilesasa.api.ports import Node
from mobilesasa.api.ports.webhooks import WebhookDelivery
from mobilesasa.api.requests import Said, parse, parse_query
from mobilesasa.api.resources.hiding import Hiding
from mobilesasa.api.resources.webhooks import SCOPES
from mobilesasa.api.routes import route
from mobilesasa.api.times import Instant
from mobilesasa.api.webhook_bodies import body_of
from mobilesasa.core.hooks import DeliveryState, unheard
from mobilesasa.core.ids import made_at_ms

_DEEPER = "deliveries; ask for those of a state or an event"

State = Literal["waiting", "delivered", "failed"]
_STATES: dict[str, DeliveryState] = {state.shown: state for state in DeliveryState}
_LIST = """curl "https://api.yourdomain.com/api/v1/webhooks/webhook-uuid/deliveries?state=failed" \\
  -H "Authorization: Bearer mbs_your_token_here\""""
_TEST = """curl -X POST https://api.yourdomain.com/api/v1/webhooks/webhook-uuid/test \\
  -H "Authorization: Bearer mbs_your_token_here\""""
_REPLAY = """curl -X POST https://api.yourdomain.com/api/v1/webhooks/webhook-uuid/replay \\
  -H "Authorization: Bearer mbs_your_token_here" \\
  -H "Content-Type: application/json" \\
  -d '{
    "created_from": "2026-05-11T09:00:00Z",
    "created_to": "2026-05-11T12:00:00Z"
  }'"""


@attrs.frozen(kw_only=True)
class ListDeliveries(ListPage):
    """Which deliveries are listed."""

    state: Annotated[State | None, Said("Only those that stand so", example="failed")] = None
    event: Annotated[str | None, Said("Only those of this event", example="message.delivered")] = None


@attrs.frozen(kw_only=True)
class ReplayDeliveries:
    """What is to be told again."""

    created_from: Annotated[Instant, Said("What happened from then on", example="2026-05-11T09:00:00Z")]
    created_to: Annotated[
        Instant | None, Said("What happened before then; now if omitted", example="2026-05-11T12:00:00Z")
    ] = None
    state: Annotated[Literal["failed", "all"], Said("`all`: also what was delivered")] = "failed"


class DeliveryShown(TypedDict):
    """An event that the webhook is told, or was."""

    uuid: Annotated[str, Said("The `webhook-id` of its calls", example="01978a3e-5c00-7d21-9a3b-0c5d7e8f9a10")]
    event: Annotated[str, Said("What happened", example="message.delivered")]
    state: Annotated[State, Said("Failed ones are told no more by themselves", example="delivered")]
    attempts: Annotated[int, Said("Calls so far, since it was last queued", example=1)]
    created_at: Annotated[str, Said("When it happened, UTC", example="2026-05-11T09:00:00Z")]
    next_attempt_at: Annotated[str | None, Said("When it is told next, UTC; null: no more")]
    last_attempt_at: Annotated[str | None, Said("When it was last told, UTC", example="2026-05-11T09:00:01Z")]
    response_status: Annotated[int | None, Said("What that was answered; null: nothing came", example=200)]
    error: Annotated[str | None, Said("Why nothing came", example="no answer within 15 s")]
    latency_ms: Annotated[int | None, Said("How long the call took, in milliseconds", example=84)]


class DeliveryAnswered(DeliveryShown):
    """The same with the answer."""

    response_body: Annotated[
        str | None,
        Said("How the answer began, up to 1,024 octets; null also where `body` is not for you", example="ok"),
    ]


class DeliveryWhole(DeliveryAnswered):
    """The same with all there is."""

    body: Annotated[
        dict[str, Any] | None,
        Said("What the call tells; null: it is no longer kept, or a scope of the event's is missing"),
    ]


class DeliveryPage(TypedDict):
    """A page of deliveries."""

    items: list[DeliveryShown]
    page: Annotated[int, Said("Page number", example=1)]
    page_size: Annotated[int, Said("Results per page", example=20)]
    total: Annotated[int, Said("Deliveries on all pages", example=1)]
    pages: Annotated[int, Said("Pages there are", example=1)]
    total_is_estimate: Annotated[bool, Said("Whether `total` is an estimate; only above 10,000")]


class Replayed(TypedDict):
    """What a replay has queued."""

    queued: Annotated[int, Said("Deliveries that are told again; 10,000 at most in one call", example=12)]


class WebhookDeliveries:
    """The logs of the team's webhooks."""

    def __init__(self, node: Node) -> None:
        """Keep what is asked."""
        self._webhooks = node.webhooks
        self._hiding = Hiding(node.directory)
        self._ping = node.webhook_calls.ping
        self._now_ms = node.now_ms

    @route(
        "GET",
        "/webhooks/{uuid}/deliveries",
        scopes=SCOPES,
        query=ListDeliveries,
        answers=DeliveryPage,
        refusals=(400, 404),
        curl=_LIST,
    )
    async def list_deliveries(self, request: IRequest, caller: Caller, uuid: str) -> bytes:
        """List what a webhook was told, newest first.

        Deliveries are kept for 30 days, or as long as the operator has set.
        """
        asked = parse_query(ListDeliveries, request)
        state = None if asked.state is None else _STATES[asked.state]
        team_id = caller.team.id
        count = partial(self._webhooks.count_deliveries, team_id, uuid, state=state, event=asked.event)
        read = partial(self._webhooks.deliveries, team_id, uuid, state=state, event=asked.event)
        return await answer_page(request, asked, count, read, delivery_shown, _DEEPER)

    @route(
        "GET",
        "/webhooks/{uuid}/deliveries/{delivery}",
        scopes=SCOPES,
        answers=DeliveryWhole,
        refusals=(404,),
    )
    async def get_delivery(self, request: IRequest, caller: Caller, uuid: str, delivery: str) -> bytes:
        """Get a delivery with what is told and how the last call was answered.

        Both are for those alone who have the scopes that `POST /webhooks` wants for the event (`messages:read` is enough
        for `message.sent`); for others they are null.
        People with the role viewer do not see texts from senders that are for one-time passwords, nor the answer then.
        """
        team_id = caller.team.id
        found, what = await self._webhooks.delivery(team_id, uuid, delivery)
        webhook = await self._webhooks.find(team_id, uuid)
        if unheard(caller.scopes, [what.event]):
            return answer(request, {**_answered(found), "response_body": None, "body": None})
        body = body_of(what, webhook.include_text)
        whole = None if body is None else orjson.loads(body)
        shown: DeliveryWhole = {**_answered(found), "body": whole}
        self._hiding.hide_told(caller, what, shown)
        return answer(request, shown)

    @route("POST", "/webhooks/{uuid}/test", scopes=SCOPES, answers=DeliveryAnswered, refusals=(404, 409), curl=_TEST)
    async def test_webhook(self, request: IRequest, caller: Caller, uuid: str) -> bytes:
        """Call a webhook now with a `ping`, and see what comes of it.

        It is called once, also when it is disabled, and answers when the call has ended. One test at a time; the log keeps the
        last 50.
        """
        return answer(request, _answered(await self._ping(caller.by, caller.team.id, uuid)))

    @route(
        "POST",
        "/webhooks/{uuid}/deliveries/{delivery}/redeliver",
        scopes=SCOPES,
        answers=DeliveryShown,
        refusals=(404, 409),
    )
    async def redeliver(self, request: IRequest, caller: Caller, uuid: str, delivery: str) -> bytes:
        """Tell a delivery again, whatever came of it.

        The call has the same `webhook-id`, and is made again for a day as the first time.
        """
        found = await self._webhooks.redeliver(caller.by, caller.team.id, uuid, delivery)
        return answer(request, delivery_shown(found))

    @route(
        "POST",
        "/webhooks/{uuid}/replay",
        scopes=SCOPES,
        body=ReplayDeliveries,
        answers=Replayed,
        refusals=(400, 404, 409),
        curl=_REPLAY,
    )
    async def replay_deliveries(self, request: IRequest, caller: Caller, uuid: str) -> bytes:
        """Tell again what failed in a span of time, oldest first.

        At most 10,000 in one call; repeat it until `queued` is 0. With `state` `all` delivered ones are told again, too: then
        ask for shorter spans.
        """
        asked = parse(ReplayDeliveries, request)
        to_ms = self._now_ms() if asked.created_to is None else asked.created_to
        if to_ms <= asked.created_from:
            raise bad_field("created_from", "must be before created_to")
        is_all = asked.state == "all"
        queued = await self._webhooks.replay(caller.by, caller.team.id, uuid, asked.created_from, to_ms, is_all)
        return answer(request, {"queued": queued})


def delivery_shown(found: WebhookDelivery) -> DeliveryShown:
    """Return a delivery as its team sees it."""
    return {
        "uuid": found.event_id,
        "event": found.event,
        "state": cast(State, found.state.shown),
        "attempts": found.attempts,
        "created_at": instant(made_at_ms(found.event_id)),
        "next_attempt_at": instant_or_none(found.next_at_ms),
        "last_attempt_at": instant_or_none(found.tried_at_ms),
        "response_status": found.status,
        "error": found.error,
        "latency_ms": found.latency_ms,
    }


def _answered(found: WebhookDelivery) -> DeliveryAnswered:
    return {**delivery_shown(found), "response_body": found.answer}
