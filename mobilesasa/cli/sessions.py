"""`mobilesasa smpp sessions`, `trace` and `kick`: what a support engineer asks a node that runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import click
from rich.console import Group, RenderableType

from mobilesasa.cli.access import Node, operator
from mobilesasa.cli.answers import Answer, answering, named, table
from mobilesasa.store import teams, trail
from mobilesasa.store.questions import Heard
from mobilesasa.store.sessions import all_sessions

_KINDS = {"transmitter": "TX", "receiver": "RX", "transceiver": "TRX"}


@click.command()
@click.option("--team", "code", metavar="C", help="Of this team alone.")
@answering
def sessions(node: Node, code: str | None) -> Answer:
    """List the live sessions, and the binds that were refused of late, with the reason."""
    wanted = None if code is None else code.upper()
    if wanted is not None:
        node.run(teams.find_team_id, wanted)
    heard = node.ask("smpp.sessions", team=wanted)
    fields: dict[str, object] = {
        name: [each for answer in heard.answers.values() for each in answer[name]]
        for name in ("sessions", "refused_binds")
    }
    parts: list[RenderableType] = [_sessions_shown(fields["sessions"])]
    if fields["refused_binds"]:
        parts.append(_refused_shown(fields["refused_binds"]))
    written = node.run(all_sessions) if heard.silent else []
    for name in heard.silent:
        there = [each.shown for each in written if each.node == name and wanted in (None, each.shown["team"])]
        parts.append(_silent_shown(name, there))
    return Answer({**fields, "nodes": list(heard.nodes), "silent": heard.silent}, Group(*parts))


@click.command()
@named("session", "SESSION")
@answering
def trace(node: Node, session: str) -> Answer:
    """Show the last 200 PDUs of a session, oldest first, without texts and passwords."""
    lines = _of_one(node.ask("smpp.trace", session=session), session)
    return Answer({"session": session, "trace": lines}, table(("at", "", "command", "", ""), map(_line, lines)))


@click.command()
@named("session", "SESSION")
@answering
def kick(node: Node, session: str) -> Answer:
    """End a session politely: what was submitted is answered first, then comes an unbind."""
    kicked = _of_one(node.ask("smpp.kick", session=session), session)
    node.run(trail.note, operator(), "smpp_session.unbind", kicked, team_id=None)
    return Answer({"kicked": kicked}, f"{kicked} is asked to go")


def _of_one(heard: Heard, session: str) -> Any:
    """Return what the node that has the session answers.

    Raises:
        ClickException: none has it.
    """
    for answer in heard.answers.values():
        if answer is not None:
            return answer
    doubt = f"; {', '.join(heard.silent)} did not answer" if heard.silent else ""
    raise click.ClickException(f"there is no live session {session}{doubt}")


def _sessions_shown(found: Any) -> RenderableType:
    if not found:
        return "nobody is bound"
    columns = (
        "session",
        "team",
        "address",
        "bind",
        "port",
        "since",
        "submits/s",
        "limit",
        "window",
        "receipts",
        "error",
    )
    return table(columns, map(_session, found))


def _silent_shown(name: str, there: Sequence[Mapping[str, str]]) -> str:
    """Say that a node did not answer, and which sessions it wrote down when they were bound."""
    if not there:
        return f"{name} did not answer"
    listed = ", ".join(f"{each['team']} from {each['address']} ({_KINDS[each['bind_type']]})" for each in there)
    return f"{name} did not answer; bound to it: {listed}"


def _session(each: Mapping[str, Any]) -> Sequence[object]:
    error = each["last_error"]
    return (
        each["id"],
        each["team"],
        each["address"],
        _KINDS[each["bind_type"]],
        each["port"] if each["tls"] is None else each["tls"]["version"],
        each["bound_since"],
        f"{each['submits_per_s']:g} ({each['submits_per_s_10']:g})",
        each["submits_per_s_limit"],
        f"{each['window_in']}/{each['window_in_limit']} in, {each['window_out']}/{each['window_out_limit']} out",
        each["counts"]["receipts"],
        None if error is None else f"{error['status']}: {error['reason']}",
    )


def _refused_shown(found: Any) -> RenderableType:
    columns = ("refused at", "address", "system_id", "status", "why", "times")
    keys = ("at", "address", "system_id", "status", "reason", "times")
    return table(columns, [[each[key] for key in keys] for each in found])


def _line(each: Mapping[str, Any]) -> Sequence[object]:
    told = {**each["fields"], **each["tlvs"]}
    words = " ".join(f"{name}={value}" for name, value in told.items() if value not in (0, ""))
    arrow = "→" if each["direction"] == "in" else "←"
    head = f"{each['command']} {each['sequence']}"
    return each["at"], arrow, head, each["status"], " ".join(filter(None, (words, each["note"])))
