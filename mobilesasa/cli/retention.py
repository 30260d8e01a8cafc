"""`mobilesasa retention`: the months of messages, what holds one up, and removing those whose time is over."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

import attrs
import click

from mobilesasa.cli.access import Node, operator
from mobilesasa.cli.answers import Answer, answering, iso, table
from mobilesasa.core.retention import Month, Standing
from mobilesasa.store import retention as rounds
from mobilesasa.store import retention_months as months
from mobilesasa.store.retention_months import InUse

_COLUMNS = ("month", "standing", "messages", "octets", "goes", "held by", "gone", "from phones, removed")


@click.group()
def retention() -> None:
    """The months of messages: how long they are kept, and what holds one up."""


def _keep_months(function: Callable[..., Any]) -> Callable[..., Any]:
    return click.option(
        "--keep-months",
        type=click.IntRange(0, 120),
        help="Full months behind that of the message; else messages.keep_months. 0: for ever.",
    )(function)


@retention.command()
@_keep_months
@answering
def show(node: Node, keep_months: int | None) -> Answer:
    """List the months, newest first: messages and octets of each, when it goes, and what holds it up.

    Of those that are there the number of messages is an estimate.
    """
    kept = _kept(node, keep_months)
    return _shown(kept, node.run(months.months, kept, whole=True))


@retention.command()
@_keep_months
@click.option("--dry-run", is_flag=True, help="Remove nothing, and list what would go.")
@answering
def run(node: Node, keep_months: int | None, dry_run: bool) -> Answer:
    """Remove the months whose time is over, as a node does by itself every five minutes; what is gone cannot be had again.

    It holds nobody up, and may be stopped at any moment: whoever comes next goes on. Exit status 1 when one was held up.
    """
    kept = _kept(node, keep_months)
    if dry_run:
        found = node.run(months.months, kept, whole=True)
        return _shown(
            kept, [each for each in found if each.standing in (Standing.DUE, Standing.HELD, Standing.LEAVING)]
        )
    told: list[str] = []
    with node.connection() as opened:
        try:
            done = rounds.run(opened, rounds.Round(kept, operator()), time.sleep, told.append)
        except InUse as busy:
            raise click.ClickException(f"{busy}; ask again later") from busy
    fields = {"keep_months": kept, "dropped": list(done.dropped), "told": told, "held": done.held or None}
    shown = "\n".join([*told, *([] if told else ["there is nothing to remove"])])
    return Answer(fields, shown, 1 if done.held else 0)


def _kept(node: Node, keep_months: int | None) -> int:
    return node.settings.messages.keep_months if keep_months is None else keep_months


def _shown(keep_months: int, found: Sequence[Month]) -> Answer:
    rows = [
        [
            each.month,
            each.standing.value,
            each.messages,
            each.octets,
            iso(each.goes_at_ms),
            "; ".join(map(str, each.held_by)) or None,
            iso(each.gone_at_ms),
            each.inbound_removed or None,
        ]
        for each in found
    ]
    return Answer({"keep_months": keep_months, "months": [_fields(each) for each in found]}, table(_COLUMNS, rows))


def _fields(found: Month) -> dict[str, object]:
    return {
        "month": found.month,
        "standing": found.standing.value,
        "messages": found.messages,
        "octets": found.octets,
        "goes_at": iso(found.goes_at_ms),
        "held_by": [attrs.asdict(hold) for hold in found.held_by],
        "gone_at": iso(found.gone_at_ms),
        "inbound_removed": found.inbound_removed,
    }
