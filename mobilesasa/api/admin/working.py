"""How the platform works now: what waits in its queues, which processes run, and whether all sums hold."""

from __future__ import annotations

from typing import Annotated, Literal, TypedDict, cast

import attrs
from twisted.web.iweb import IRequest

from mobilesasa.api.answers import answer, instant, instant_or_none
from mobilesasa.api.auth import Caller
from mobilesasa.api.ports import Node
from mobilesasa.api.ports.admin import Dead, LaneDepth
from mobilesasa.api.requests import Said, parse, parse_query
from mobilesasa.api.routes import route
from mobilesasa.core.administration import NodeRecord
from mobilesasa.core.scopes import PLATFORM


@attrs.frozen(kw_only=True)
class ListDead:
    """How many dead letters are listed."""

    limit: Annotated[int, Said("At most so many, the oldest", minimum=1, maximum=1000)] = 100


@attrs.frozen(kw_only=True)
class Requeue:
    """How many dead letters are sent back."""

    count: Annotated[int, Said("The oldest so many", minimum=1, maximum=100_000, example=100)]


class LaneShown(TypedDict):
    """What waits for a carrier in a lane."""

    carrier: Annotated[str, Said("Its name", example="savanna")]
    lane: Annotated[Literal["transactional", "bulk"], Said("Which lane")]
    messages: Annotated[int, Said("Messages that the queue names, as far as this node knows", example=0)]
    bodies: Annotated[int | None, Said("What RabbitMQ has in no hand, up to 100 messages each; null: it keeps none")]
    consumers: Annotated[int | None, Said("Who consumes it at RabbitMQ; null: it keeps none")]


class QueuesShown(TypedDict):
    """What waits. A queue holds hints: the messages themselves are in the store."""

    kind: Annotated[Literal["memory", "rabbitmq"], Said("What keeps the lanes", example="memory")]
    lanes: list[LaneShown]
    dead: Annotated[int, Said("Dead letters", example=0)]


class DeadShown(TypedDict):
    """A dead letter: a body that no consumer could read, or that was delivered in vain too often."""

    lane: Annotated[str, Said("The queue in which it was")]
    reason: Annotated[str, Said("In words", example="delivered in vain too often")]
    at: Annotated[str | None, Said("Since when, UTC")]
    messages: Annotated[list[str], Said("The uuids that it names")]
    unreadable: Annotated[str | None, Said("Why it cannot be read; null: it can")]


class DeadList(TypedDict):
    """Dead letters, oldest first."""

    items: list[DeadShown]


class RequeuedShown(TypedDict):
    """What became of dead letters."""

    bodies: Annotated[int, Said("Back in their lanes", example=1)]
    messages: Annotated[int, Said("That those name", example=100)]
    left: Annotated[int, Said("That cannot be read, or whose lane is no more", example=0)]


class NodeShown(TypedDict):
    """A process of the platform."""

    node: Annotated[str, Said("Its name", example="node-1")]
    run: Annotated[int, Said("Tells the processes of a node from each other", example=17)]
    lives: Annotated[bool, Said("Whether it runs")]
    lost: Annotated[
        bool, Said("Whether it went without saying so: it was killed, or cut off from the database", example=False)
    ]
    version: Annotated[str | None, Said("Of the program", example="0.1.0")]
    roles: Annotated[list[str], Said("What it does", example=("api", "smsc", "dispatch", "jobs"))]
    started_at: Annotated[str, Said("UTC", example="2026-05-11T09:00:00Z")]
    seen_at: Annotated[str, Said("When it last wrote that it runs, now and then; UTC")]
    ended_at: Annotated[str | None, Said("UTC, of one that was lost when that was noticed; null: it has not ended")]
    carriers: Annotated[list[str], Said("Whose binds it has", example=("savanna",))]
    teams: Annotated[int, Said("Teams to which it brings receipts and messages from phones", example=3)]
    jobs: Annotated[bool, Said("Whether it does the chores that one does for all")]
    webhooks: Annotated[int, Said("Slots of webhooks that it calls", example=16)]


class NodeList(TypedDict):
    """The processes that run, and those of the last day."""

    items: list[NodeShown]


class SumShown(TypedDict):
    """One thing that must hold."""

    name: Annotated[str, Said("Never changes", example="balance")]
    sentence: Annotated[
        str, Said("What must hold", example="the balance of each team is the sum of its entries in the ledger")
    ]
    checked: Annotated[int, Said("Rows that were looked at", example=12)]
    wrong: Annotated[int, Said("Rows for which it does not hold", example=0)]
    examples: Annotated[list[str], Said("Some of those", example=())]


class SumsShown(TypedDict):
    """Whether all sums and references hold."""

    clean: Annotated[bool, Said("Whether all of it holds", example=True)]
    checks: list[SumShown]


class PlatformWork:
    """Queues, nodes and sums, for administrators."""

    def __init__(self, node: Node) -> None:
        """Keep what is asked."""
        self._queues = node.desk.queues
        self._nodes = node.desk.nodes
        self._sums = node.desk.sums

    @route("GET", "/admin/queues", scopes=(PLATFORM,), answers=QueuesShown)
    async def queues(self, request: IRequest, caller: Caller) -> bytes:
        """Show what waits for each carrier, and how many dead letters there are."""
        lanes, dead = await self._queues.depth()
        shown = {"kind": self._queues.kind, "lanes": [_lane_shown(each) for each in lanes], "dead": dead}
        return answer(request, shown)

    @route("GET", "/admin/queues/dead", scopes=(PLATFORM,), query=ListDead, answers=DeadList, refusals=(400,))
    async def dead_letters(self, request: IRequest, caller: Caller) -> bytes:
        """List the oldest dead letters, which stay where they are.

        No message waits for them: what is in the store and was not sent goes out by itself within two minutes.
        """
        found = await self._queues.dead(parse_query(ListDead, request).limit)
        return answer(request, {"items": [_dead_shown(each) for each in found]})

    @route("POST", "/admin/queues/requeue", scopes=(PLATFORM,), body=Requeue, answers=RequeuedShown, refusals=(400,))
    async def requeue(self, request: IRequest, caller: Caller) -> bytes:
        """Send the oldest dead letters back to their lanes; each is gone from here only when its lane has it."""
        bodies, messages, left = await self._queues.requeue(caller.by, parse(Requeue, request).count)
        return answer(request, {"bodies": bodies, "messages": messages, "left": left})

    @route("GET", "/admin/nodes", scopes=(PLATFORM,), answers=NodeList)
    async def list_nodes(self, request: IRequest, caller: Caller) -> bytes:
        """List the processes of the platform: those that run, and those of the last day, with what each holds."""
        return answer(request, {"items": [node_shown(each) for each in await self._nodes.nodes()]})

    @route("GET", "/admin/audit/sums", scopes=(PLATFORM,), answers=SumsShown)
    async def sums(self, request: IRequest, caller: Caller) -> bytes:
        """Check every sum and reference that must hold in the store.

        It reads one snapshot and holds nobody up. Seconds, and minutes where there are many millions of messages; who asks
        while it runs is answered together with the first.
        """
        found = await self._sums.findings()
        checks = [
            {
                "name": each.name,
                "sentence": each.sentence,
                "checked": each.checked,
                "wrong": each.wrong,
                "examples": list(each.examples),
            }
            for each in found
        ]
        return answer(request, {"clean": not any(each.wrong for each in found), "checks": checks})


def node_shown(found: NodeRecord) -> NodeShown:
    """Return a process as an administrator sees it."""
    return {
        "node": found.node,
        "run": found.run,
        "lives": found.lives,
        "lost": found.lost,
        "version": found.version or None,
        "roles": list(found.roles),
        "started_at": instant(found.started_at_ms),
        "seen_at": instant(found.seen_at_ms),
        "ended_at": instant_or_none(found.ended_at_ms),
        "carriers": list(found.carriers),
        "teams": found.teams,
        "jobs": found.jobs,
        "webhooks": found.webhooks,
    }


def _lane_shown(found: LaneDepth) -> LaneShown:
    lane = cast(Literal["transactional", "bulk"], found.lane)
    return {
        "carrier": found.carrier,
        "lane": lane,
        "messages": found.messages,
        "bodies": found.bodies,
        "consumers": found.consumers,
    }


def _dead_shown(found: Dead) -> DeadShown:
    return {
        "lane": found.queue,
        "reason": found.reason,
        "at": instant_or_none(found.at_ms),
        "messages": list(found.ids),
        "unreadable": found.unreadable or None,
    }
