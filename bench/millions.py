"""Lists over very many messages: `python -m bench.millions --messages 10000000`.

Each list of a filled store is asked for over one connection, and the percentiles of the answers are printed. Beside the
messages the store has a tenth as many messages from phones, contacts, and entries of the ledger.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

import attrs

from bench import ending
from bench.asker import Asker, data_of
from bench.beside import CODE, GROUP
from bench.figures import spread_cells, table
from bench.filled import CAMPAIGN, arguments, filled
from bench.node import TEAM, Node


@attrs.frozen
class Question:
    """A list that is asked for."""

    name: str
    query: dict[str, str]
    path: str = "/messages"


def _day(days_ago: int, begin: str = "created_from", end: str = "created_to") -> dict[str, str]:
    begin_s = time.time() - days_ago * 86_400
    return {begin: _written(begin_s), end: _written(begin_s + 86_400)}


def _written(at_s: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at_s))


#: What is asked of the lists of what else there is.
QUESTIONS_BESIDE = (
    Question("from phones, newest", {}, "/inbound"),
    Question("from phones, page 1,000", {"page": "1000"}, "/inbound"),
    Question("from one phone", {"phone": "+254700000000"}, "/inbound"),
    Question("from phones, to a code", {"code": CODE}, "/inbound"),
    Question("contacts, newest", {}, "/contacts"),
    Question("contacts, page 1,000", {"page": "1000"}, "/contacts"),
    Question("contacts by name", {"sort": "name"}, "/contacts"),
    Question("contacts, part of a name", {"search": "last42"}, "/contacts"),
    Question("contacts, a number", {"search": "0700012345"}, "/contacts"),
    Question("contacts, part of a rare name", {"search": "last4211"}, "/contacts"),
    Question("contacts, part of a name, by name", {"search": "last42", "sort": "name"}, "/contacts"),
    Question("contacts, what nobody has", {"search": "nobody"}, "/contacts"),
    Question("contacts, two letters", {"search": "zz"}, "/contacts"),
    Question("contacts of a county", {"attribute": "county:Nairobi"}, "/contacts"),
    Question("contacts that are suppressed", {"suppressed": "true"}, "/contacts"),
    Question("contacts of a group", {}, f"/groups/{GROUP}/contacts"),
    Question("contacts of a group, by name", {"sort": "name"}, f"/groups/{GROUP}/contacts"),
    Question("contacts of a group, part of a name", {"search": "last42"}, f"/groups/{GROUP}/contacts"),
    Question("contacts of a group, part of a rare name", {"search": "last4211"}, f"/groups/{GROUP}/contacts"),
    Question("contacts of a group, two letters", {"search": "zz"}, f"/groups/{GROUP}/contacts"),
    Question("ledger, newest", {}, "/ledger"),
    Question("ledger, page 1,000", {"page": "1000"}, "/ledger"),
    Question("ledger, refunds", {"kind": "refund"}, "/ledger"),
    Question("ledger, top-ups", {"kind": "topup"}, "/ledger"),
    Question("ledger, a day", _day(90, "since", "until"), "/ledger"),
)

#: Lists that are followed by their cursors.
FOLLOWED = (
    Question("newest", {}),
    Question("status sent", {"status": "sent"}),
    Question("sender of long ago", {"sender": "OLDNAME"}),
    Question("contacts by name", {"sort": "name"}, "/contacts"),
    Question("ledger", {}, "/ledger"),
)


def questions(messages: int, newest: str) -> list[Question]:
    """Return what is asked of a store with so many messages."""
    phone, middle = "+254700000000", {"before": newest}
    rare = {"sender": "OLDNAME"}
    return [
        Question("newest", {}),
        Question("100 a page", {"page_size": "100"}),
        Question("page 1,000", {"page": "1000"}),
        Question("phone", {"phone": phone}),
        *(Question(f"status {word}", {"status": word}) for word in ("queued", "sent", "delivered", "failed")),
        Question("sender", {"sender": TEAM}),
        Question("sender of long ago", rare),
        Question("sender of long ago, failed", rare | {"status": "failed"}),
        Question("reference", {"client_reference": f"order-{messages // 20 * 10}"}),
        Question("reference that is not there", {"client_reference": "nothing"}),
        Question("campaign", {"campaign_uuid": CAMPAIGN}),
        Question("campaign, failed", {"campaign_uuid": CAMPAIGN, "status": "failed"}),
        Question("a day", _day(90)),
        Question("a day, failed", _day(90) | {"status": "failed"}),
        Question("a day, sent, phone", _day(90) | {"status": "sent", "phone": phone}),
        Question("before the newest", middle),
        Question("100,000 things back", {"page": "5001"}),
        *QUESTIONS_BESIDE,
    ]


def measure(node: Node, messages: int, times: int) -> str:
    """Return the percentiles of each list as a table, with the CPU time of a call: that of the node and of PostgreSQL."""
    asker = Asker(node.http_port, node.token)
    _, newest = _list(asker, {"page_size": "1"}, "/messages")
    rows = []
    for question in questions(messages, newest["items"][0]["uuid"]):
        begun_s = _cpu_s(node)
        found = [_list(asker, question.query, question.path) for _ in range(times)]
        cpu = f"{(_cpu_s(node) - begun_s) / times * 1000:.1f}"
        data = found[-1][1]
        total = f"{'about ' if data['total_is_estimate'] else ''}{data['total']:,}"
        took_s = [each_s for each_s, _ in found]
        rows.append([question.name, *spread_cells(took_s), cpu, str(len(data["items"]) or ""), total])
    rows += [[f"{each.name}, by cursor", *spread_cells(_follow(asker, each, times)), "", "", ""] for each in FOLLOWED]
    return table(("list", "p50 ms", "p99 ms", "max ms", "CPU ms", "items", "total"), rows)


def _cpu_s(node: Node) -> float:
    spent = node.cpu_s()
    return spent["gateway"] + spent["postgres"]


def _list(asker: Asker, query: dict[str, str], path: str) -> tuple[float, dict[str, Any]]:
    """Return how long a list took, in seconds, and what it is."""
    took_s, octets = asker.timed(f"{path}?{urlencode(query)}")
    return took_s, data_of(octets)


def _follow(asker: Asker, asked: Question, pages: int) -> list[float]:
    """Return how long each page took that the cursor leads to."""
    times: list[float] = []
    _, data = _list(asker, asked.query, asked.path)
    while data["next_cursor"] is not None and len(times) < pages:
        took_s, data = _list(asker, asked.query | {"cursor": data["next_cursor"]}, asked.path)
        times.append(took_s)
    return times


def main(argv: Sequence[str] | None = None) -> None:
    """Fill a store, ask for its lists, and print how long they took."""
    parser = argparse.ArgumentParser(prog="python -m bench.millions", description=__doc__)
    arguments(parser, "list")
    asked = parser.parse_args(argv)
    with filled(asked.state, asked.messages) as (node, _):
        print(f"{asked.messages:,} messages of one team, each list asked for {asked.times} times\n")
        print(measure(node, asked.messages, asked.times))


if __name__ == "__main__":
    ending.run(main)
