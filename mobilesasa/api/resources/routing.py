"""Where a message of the team would go, and why; nothing is sent."""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypedDict

import attrs
from twisted.web.iweb import IRequest

from mobilesasa.api.answers import answer
from mobilesasa.api.auth import Caller
from mobilesasa.api.ports import Node
from mobilesasa.api.requests import Said, parse_query
from mobilesasa.api.routes import route
from mobilesasa.core.explaining import Explained, explain
from mobilesasa.core.model import Coding, Lane, Origin, Submission
from mobilesasa.core.networks import FoundNetwork
from mobilesasa.core.senders import SenderClass
from mobilesasa.sms.numbers import shown

_EXPLAIN = """curl "https://api.yourdomain.com/api/v1/routes/explain?to=%2B254712345678" \\
  -H "Authorization: Bearer mbs_your_token_here\""""


@attrs.frozen(kw_only=True)
class ExplainRoute:
    """A message that might be sent."""

    to: Annotated[str, Said("Recipient phone number", example="+254712345678")]
    sender_id: Annotated[str | None, Said("Approved sender: its name, or its uuid; your default sender if omitted")] = (
        None
    )
    message: Annotated[str | None, Said("The text, which decides coding and parts; a short one if omitted")] = None
    lane: Annotated[Literal["transactional", "bulk"], Said("In which lane it would wait")] = "transactional"
    origin: Annotated[Literal["api", "smpp"], Said("By which door it would come in")] = "api"

    def submission(self, team_id: int) -> Submission:
        """Return the message as the gateway would take it."""
        return Submission(
            team_id=team_id,
            sender=self.sender_id,
            recipient=self.to,
            text=self.message,
            lane=Lane[self.lane.upper()],
            origin=Origin[self.origin.upper()],
        )


class NetworkShown(TypedDict):
    """The network of a number, as far as anybody knows."""

    name: Annotated[str, Said("Or its MCC and MNC where that has no name", example="Safaricom")]
    source: Annotated[
        Literal["learned", "operator", "phonenumbers"], Said("Who says so: a receipt, the operator, the numbering plan")
    ]
    prefix: Annotated[str, Said("By which digits it was found", example="25471")]


class RuleShown(TypedDict):
    """A rule or route that was looked at."""

    rule: Annotated[str, Said("What it is called", example="the default route")]
    matched: Annotated[bool, Said("Whether the message fits it")]
    why: Annotated[str, Said("A sentence", example="it takes what nothing else does")]


class RouteExplained(TypedDict):
    """Where a message would go, and why."""

    to: Annotated[str, Said("In E.164", example="+254712345678")]
    sender_id: Annotated[str, Said("The sender that would be used", example="TextBlast")]
    sender_class: Annotated[Literal["transactional", "promotional", "otp"], Said("What the sender is for")]
    lane: Annotated[Literal["transactional", "bulk"], Said("In which lane it would wait")]
    origin: Annotated[Literal["api", "smpp"], Said("By which door it would come in")]
    coding: Annotated[Literal["gsm7", "ucs2", "binary"], Said("The alphabet it would be sent in")]
    parts: Annotated[int, Said("How many parts it would have", example=1)]
    price_units: Annotated[int, Said("What it would cost the team", example=1)]
    network: NetworkShown | None
    network_why: Annotated[str, Said("A sentence")]
    rules: Annotated[
        list[RuleShown], Said("In the order in which they are looked at; the last one decides if it matched")
    ]
    other_routes: Annotated[int, Said("Routes of other prefixes, which are left out of `rules`", example=0)]
    carriers: Annotated[list[str], Said("In the order in which they would be tried; empty when none takes it")]
    why: Annotated[list[str], Said("Sentences about that order")]


class Routing:
    """Explains the routes of the team that asks."""

    def __init__(self, node: Node) -> None:
        """Keep what is asked."""
        self._directory = node.directory
        self._gateway = node.gateway

    @route(
        "GET",
        "/routes/explain",
        scopes=("messages",),
        query=ExplainRoute,
        answers=RouteExplained,
        refusals=(400,),
        curl=_EXPLAIN,
    )
    async def explain_route(self, request: IRequest, caller: Caller) -> bytes:
        """Explain where a message would go.

        Nothing is sent and nothing is charged. Carriers are named and no more is told of them; rules for other teams, and
        what the operator pays, are left out.
        """
        asked = parse_query(ExplainRoute, request).submission(caller.team.id)
        known, live = self._directory.now, self._directory.live
        found = explain(known, live, asked, self._gateway.limits.max_parts, self._gateway.rules, frank=False)
        return answer(request, route_shown(found))


def route_shown(found: Explained) -> RouteExplained:
    """Return an explanation as the API shows it."""
    network = found.network
    return {
        "to": shown(found.recipient),
        "sender_id": found.sender,
        "sender_class": SenderClass(found.sender_class).value,
        "lane": _word(found.lane),
        "origin": _word(found.origin),
        "coding": _word(found.coding),
        "parts": found.parts,
        "price_units": found.price_units,
        "network": None if network is None else _network_shown(network),
        "network_why": found.network_why,
        "rules": [{"rule": each.rule, "matched": each.matched, "why": each.why} for each in found.looked],
        "other_routes": found.other_routes,
        "carriers": list(found.carriers),
        "why": list(found.why),
    }


def _network_shown(network: FoundNetwork) -> NetworkShown:
    return {"name": network.name, "source": network.source.value, "prefix": network.prefix}


def _word(member: Lane | Origin | Coding) -> Any:
    """Return the word for a member, which is one of the literals above."""
    return member.name.lower()
