"""`mobilesasa ussd …`: service codes, who has which extension of them, the gateways that call, and dialling in the terminal."""

from __future__ import annotations

import secrets
import uuid as uuids

import click

from mobilesasa.cli.access import Node, operator
from mobilesasa.cli.answers import Answer, answering, assignments, card, iso, named, table
from mobilesasa.cli.ussd_dial import dial
from mobilesasa.core.errors import NotFound
from mobilesasa.core.ussd_gateways import DIALECTS, gateway_options
from mobilesasa.store import teams, ussd_codes, ussd_extensions
from mobilesasa.store.database import Txn
from mobilesasa.store.ussd_service import GATEWAY_SECRET_OCTETS
from mobilesasa.ussd.dialling import checked_code, checked_new_code, checked_new_extension, dialled_parts
from mobilesasa.ussd.views import (
    CodeKind,
    CodeRecord,
    CodeStatus,
    ExtensionRecord,
    ExtensionStatus,
    GatewayRecord,
    NewCode,
    NewExtension,
    NewGateway,
    dial_of,
    path_of,
)

_limit = click.option(
    "--limit", type=click.IntRange(1, 10_000), default=1000, show_default=True, help="How many at most."
)
_of_team = click.option("--team", "team_code", required=True, metavar="C", help="The team's code.")
_networks = click.option("--network", "networks", multiple=True, metavar="N", help="That carries it; again for more.")
_options = click.option(
    "--set",
    "options",
    multiple=True,
    callback=assignments,
    metavar="NAME=VALUE",
    help="An option: allow (networks, with commas), code, country, network, screen_septets; an empty value takes one away.",
)
_ALL = 10_000  # extensions that a team may have on a code


@click.group()
def ussd() -> None:
    """USSD: what people dial, who answers, and the gateways that call us for each screen."""


@ussd.group()
def code() -> None:
    """Service codes, such as 384 of *384#."""


@code.command()
@named("code", "DIGITS")
@click.option(
    "--type",
    "kind",
    required=True,
    type=click.Choice([each.value for each in CodeKind]),
    help="Whether one team has all of it, or each has an extension.",
)
@_networks
@click.option("--pending", is_flag=True, help="Carriers do not send it to us yet.")
@click.option("--note", default="", metavar="T", help="For operators.")
@answering
def add(node: Node, code: str, kind: str, networks: tuple[str, ...], pending: bool, note: str) -> Answer:
    """Make a service code."""
    status = CodeStatus.PENDING if pending else CodeStatus.APPROVED
    new = checked_new_code(NewCode(code=code, kind=CodeKind(kind), networks=networks, status=status, note=note))
    return _code_answer(node.run(ussd_codes.add_code, operator(), _new_uuid(), new))


@code.command(name="list")
@answering
def list_codes(node: Node) -> Answer:
    """List the service codes, by their digits."""
    found = [_code_fields(each) for each in node.run(ussd_codes.codes)]
    columns = ("code", "type", "status", "networks", "note", "uuid")
    return Answer({"codes": found}, table(columns, [[each[column] for column in columns] for each in found]))


@code.command(name="set")
@named("code", "DIGITS")
@click.option("--type", "kind", type=click.Choice([each.value for each in CodeKind]), help="What it is from now on.")
@click.option("--status", type=click.Choice([each.value for each in CodeStatus]), help="Where it stands from now on.")
@_networks
@click.option("--note", metavar="T", help="For operators.")
@answering
def set_code(
    node: Node, code: str, kind: str | None, status: str | None, networks: tuple[str, ...], note: str | None
) -> Answer:
    """Change a service code; nobody who dials one that is suspended is answered."""

    def change(txn: Txn) -> CodeRecord:
        was = _code(txn, code)
        wanted = NewCode(
            code=was.code,
            kind=was.kind if kind is None else CodeKind(kind),
            networks=networks or was.networks,
            status=was.status if status is None else CodeStatus(status),
            note=was.note if note is None else note,
        )
        return ussd_codes.change_code(txn, operator(), was.uuid, checked_new_code(wanted))

    return _code_answer(node.run(change))


@code.command(name="remove")
@named("code", "DIGITS")
@answering
def remove_code(node: Node, code: str) -> Answer:
    """Remove a service code on which nobody has an extension."""

    def remove(txn: Txn) -> CodeRecord:
        return ussd_codes.remove_code(txn, operator(), _code(txn, code).uuid)

    return _code_answer(node.run(remove))


@ussd.group()
def extension() -> None:
    """Extensions: which team has what people dial, such as *384*7#."""


@extension.command(name="list")
@click.option("--team", "team_code", metavar="C", help="Of this team alone.")
@click.option(
    "--status", type=click.Choice([each.value for each in ExtensionStatus]), help="Only those that stand there."
)
@click.option("--code", metavar="DIGITS", help="Only those of this service code.")
@_limit
@answering
def list_extensions(node: Node, team_code: str | None, status: str | None, code: str | None, limit: int) -> Answer:
    """List extensions, newest first; with `--status requested` those that wait for a decision."""

    def find(txn: Txn) -> list[ExtensionRecord]:
        team_id = None if team_code is None else teams.find_team_id(txn, team_code)
        chosen = None if status is None else ExtensionStatus(status)
        digits = None if code is None else checked_code(code)
        return list(ussd_extensions.page(txn, team_id, chosen, digits, limit, 0))

    found = [_extension_fields(each) for each in node.run(find)]
    columns = ("dial", "team", "status", "answers", "note", "reason", "uuid")
    return Answer({"extensions": found}, table(columns, [[each[column] for column in columns] for each in found]))


@extension.command(name="add")
@_of_team
@named("dialled", "DIALLED")
@answering
def add_extension(node: Node, team_code: str, dialled: str) -> Answer:
    """Give a team what people dial, such as '*384*7#', approved at once; of a dedicated code '*384#'."""
    code, behind = dialled_parts(dialled)
    new = checked_new_extension(NewExtension(code=code, extension=behind))

    def add(txn: Txn) -> ExtensionRecord:
        return ussd_extensions.add(txn, operator(), teams.find_team_id(txn, team_code), _new_uuid(), new)

    return _extension_answer(node.run(add))


@extension.command()
@_of_team
@named("dialled", "DIALLED")
@answering
def approve(node: Node, team_code: str, dialled: str) -> Answer:
    """Let a team have an extension that it asked for, or that was suspended."""
    return _decided(node, team_code, dialled, ExtensionStatus.APPROVED, "")


@extension.command()
@_of_team
@named("dialled", "DIALLED")
@click.option("--reason", required=True, metavar="T", help="Why; the team is shown it.")
@answering
def reject(node: Node, team_code: str, dialled: str, reason: str) -> Answer:
    """Turn an extension down; somebody else can have it."""
    return _decided(node, team_code, dialled, ExtensionStatus.REJECTED, reason)


@extension.command()
@_of_team
@named("dialled", "DIALLED")
@click.option("--reason", default="", metavar="T", help="Why; the team is shown it.")
@answering
def suspend(node: Node, team_code: str, dialled: str, reason: str) -> Answer:
    """Have nobody answered at an extension; nobody else gets it."""
    return _decided(node, team_code, dialled, ExtensionStatus.SUSPENDED, reason)


@ussd.group()
def gateway() -> None:
    """Gateways: the carriers and aggregators that call us over HTTP; those that speak SMPP need none."""


@gateway.command(name="add")
@named("name", "NAME")
@click.option("--dialect", required=True, type=click.Choice(DIALECTS), help="How its calls are written.")
@_options
@answering
def add_gateway(node: Node, name: str, dialect: str, options: dict[str, str]) -> Answer:
    """Make a gateway, and show the address that it is to call, this once."""
    new = NewGateway(name=name.lower(), dialect=dialect, options=_kept(options))
    secret = _new_secret()
    return _address_answer(node.run(ussd_codes.add_gateway, operator(), _new_uuid(), new, secret), secret)


@gateway.command(name="list")
@answering
def list_gateways(node: Node) -> Answer:
    """List the gateways, by name."""
    found = [_gateway_fields(each) for each in node.run(ussd_codes.gateways)]
    columns = ("name", "dialect", "enabled", "options", "secret", "last_at")
    return Answer({"gateways": found}, table(columns, [[each[column] for column in columns] for each in found]))


@gateway.command(name="set")
@named("name", "NAME")
@click.option("--dialect", type=click.Choice(DIALECTS), help="How its calls are written.")
@click.option("--enabled/--disabled", default=None, help="Whether its calls are taken.")
@_options
@answering
def set_gateway(node: Node, name: str, dialect: str | None, enabled: bool | None, options: dict[str, str]) -> Answer:
    """Change a gateway; its name and its address stay."""

    def change(txn: Txn) -> GatewayRecord:
        was = _gateway(txn, name)
        wanted = NewGateway(
            name=was.name,
            dialect=dialect or was.dialect,
            enabled=was.enabled if enabled is None else enabled,
            options=_kept({**was.options, **options}),
        )
        return ussd_codes.change_gateway(txn, operator(), was.uuid, wanted)

    return _gateway_answer(node.run(change))


@gateway.command()
@named("name", "NAME")
@answering
def rotate(node: Node, name: str) -> Answer:
    """Give a gateway a new address, and show it, this once; the old one is nobody's at once."""
    secret = _new_secret()

    def change(txn: Txn) -> GatewayRecord:
        return ussd_codes.rotate_gateway(txn, operator(), _gateway(txn, name).uuid, secret)

    return _address_answer(node.run(change), secret)


@gateway.command(name="remove")
@named("name", "NAME")
@answering
def remove_gateway(node: Node, name: str) -> Answer:
    """Remove a gateway; its address is nobody's at once."""
    return _gateway_answer(node.run(lambda txn: ussd_codes.remove_gateway(txn, operator(), _gateway(txn, name).uuid)))


ussd.add_command(dial)


def _decided(node: Node, team_code: str, dialled: str, status: ExtensionStatus, reason: str) -> Answer:
    def decide(txn: Txn) -> ExtensionRecord:
        found = _extension(txn, teams.find_team_id(txn, team_code), dialled)
        return ussd_extensions.decide(txn, operator(), found.uuid, status, reason)

    return _extension_answer(node.run(decide))


def _extension(txn: Txn, team_id: int, dialled: str) -> ExtensionRecord:
    """Return the newest of a team's extensions that is dialled so, one that was rejected only where there is no other."""
    code, behind = dialled_parts(dialled)
    found = [each for each in ussd_extensions.page(txn, team_id, None, code, _ALL, 0) if each.extension == behind]
    if not found:
        raise NotFound(f"the team has no extension {dial_of(code, behind)}, and has not asked for it")
    return next((each for each in found if each.status is not ExtensionStatus.REJECTED), found[0])


def _code(txn: Txn, written: str) -> CodeRecord:
    digits = checked_code(written)
    for each in ussd_codes.codes(txn):
        if each.code == digits:
            return each
    raise NotFound(f"there is no USSD code {digits}")


def _gateway(txn: Txn, name: str) -> GatewayRecord:
    for each in ussd_codes.gateways(txn):
        if each.name == name.lower():
            return each
    raise NotFound(f"there is no USSD gateway {name!r}")


def _kept(options: dict[str, str]) -> dict[str, str]:
    """Return options as they are kept, without those that are taken away; BadValue names all that are wrong."""
    given = {name: value for name, value in options.items() if value != ""}
    gateway_options(given)
    return given


def _new_secret() -> str:
    return secrets.token_urlsafe(GATEWAY_SECRET_OCTETS)


def _new_uuid() -> str:
    return str(uuids.uuid4())


def _code_fields(found: CodeRecord) -> dict[str, object]:
    return {
        "uuid": found.uuid,
        "code": found.code,
        "type": found.kind.value,
        "status": found.status.value,
        "networks": list(found.networks),
        "note": found.note,
        "created_at": iso(found.created_at_ms),
    }


def _extension_fields(found: ExtensionRecord) -> dict[str, object]:
    answering = found.answering
    return {
        "uuid": found.uuid,
        "team": found.team_code,
        "code": found.code,
        "extension": found.extension,
        "dial": dial_of(found.code, found.extension),
        "status": found.status.value,
        "answers": found.menu_name or answering.callback_url or ("a bind" if answering.smpp else None),
        "note": found.note,
        "reason": found.reason,
        "near": list(found.near),
        "created_at": iso(found.created_at_ms),
        "decided_at": iso(found.decided_at_ms),
    }


def _gateway_fields(found: GatewayRecord) -> dict[str, object]:
    return {
        "uuid": found.uuid,
        "name": found.name,
        "dialect": found.dialect,
        "enabled": found.enabled,
        "options": dict(found.options),
        "secret": f"{found.secret_prefix}…",
        "created_at": iso(found.created_at_ms),
        "last_at": iso(found.last_at_ms),
    }


def _code_answer(found: CodeRecord) -> Answer:
    return Answer(_code_fields(found), card(_code_fields(found)))


def _extension_answer(found: ExtensionRecord) -> Answer:
    return Answer(_extension_fields(found), card(_extension_fields(found)))


def _gateway_answer(found: GatewayRecord) -> Answer:
    return Answer(_gateway_fields(found), card(_gateway_fields(found)))


def _address_answer(found: GatewayRecord, secret: str) -> Answer:
    fields = {**_gateway_fields(found), "secret": secret, "path": path_of(found.name, secret)}
    return Answer(fields, card(fields))
