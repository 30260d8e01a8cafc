"""Service codes, which the operator has of carriers, and the gateways by which carriers and aggregators call (decision 82)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

import attrs
import orjson

from mobilesasa.core.actors import Actor
from mobilesasa.core.errors import AlreadyExists, BadValue, InUse
from mobilesasa.core.teams import token_digest
from mobilesasa.core.ussd_gateways import DIALECTS, gateway_options
from mobilesasa.store import trail
from mobilesasa.store.database import Txn, one_row, row_of_uuid
from mobilesasa.ussd.dialling import checked_new_code
from mobilesasa.ussd.views import CodeKind, CodeRecord, CodeStatus, GatewayRecord, NewCode, NewGateway

NO_CODE: Final = "there is no such USSD code"
NO_GATEWAY: Final = "there is no such USSD gateway"
SECRET_SHOWN: Final = 6  # characters of a gateway's secret that are kept to tell it by
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,39}\Z")

_CODE: Final = """SELECT uuid, digits, kind, networks, status, note, (extract(epoch FROM created_at) * 1000)::bigint FROM ussd_code"""

CODES = f"{_CODE} ORDER BY digits"

CODES_OF_TEAM = f"""
{_CODE} WHERE status = 'approved' AND CASE WHEN %(available)s
    THEN kind = 'shared' OR NOT EXISTS (
        SELECT FROM ussd_extension WHERE code_id = ussd_code.id AND ussd_extension.status IN ('approved', 'suspended'))
    ELSE EXISTS (
        SELECT FROM ussd_extension WHERE code_id = ussd_code.id AND team_id = %(team_id)s AND ussd_extension.status = 'approved') END
ORDER BY digits
"""

CODE = f"{_CODE} WHERE uuid = %(uuid)s"

LOCK_CODE = "SELECT id, digits FROM ussd_code WHERE uuid = %(uuid)s FOR UPDATE"

ADD_CODE = """
INSERT INTO ussd_code (uuid, digits, kind, networks, status, note)
VALUES (%(uuid)s, %(code)s, %(kind)s, %(networks)s::text[], %(status)s, %(note)s) ON CONFLICT (digits) DO NOTHING
"""

# A dedicated code is one team's as a whole, and of a shared one nobody has all.
UNFIT = """
SELECT count(*) FROM ussd_extension WHERE code_id = %(id)s AND status <> 'rejected' AND (extension = '') = (%(kind)s = 'shared')
"""

CHANGE_CODE = """
UPDATE ussd_code SET kind = %(kind)s, networks = %(networks)s::text[], status = %(status)s, note = %(note)s WHERE id = %(id)s
"""

# What was rejected goes with it.
REMOVE_CODE = """
WITH gone AS (DELETE FROM ussd_extension WHERE code_id = %(id)s AND status = 'rejected')
DELETE FROM ussd_code WHERE id = %(id)s
"""

USED = "SELECT count(*) FROM ussd_extension WHERE code_id = %(id)s AND status <> 'rejected'"

_GATEWAY: Final = """
SELECT uuid, name, dialect, enabled, options, prefix, (extract(epoch FROM created_at) * 1000)::bigint,
       (extract(epoch FROM last_at) * 1000)::bigint
FROM ussd_gateway
"""

GATEWAYS = f"{_GATEWAY} ORDER BY name"

GATEWAY = f"{_GATEWAY} WHERE uuid = %(uuid)s"

LOCK_GATEWAY = f"{GATEWAY} FOR UPDATE"

ADD_GATEWAY = """
INSERT INTO ussd_gateway (uuid, name, dialect, digest, prefix, enabled, options)
VALUES (%(uuid)s, %(name)s, %(dialect)s, %(digest)s, %(prefix)s, %(enabled)s, %(options)s) ON CONFLICT (name) DO NOTHING
"""

CHANGE_GATEWAY = """
UPDATE ussd_gateway SET dialect = %(dialect)s, enabled = %(enabled)s, options = %(options)s WHERE uuid = %(uuid)s
"""

ROTATE_GATEWAY = "UPDATE ussd_gateway SET digest = %(digest)s, prefix = %(prefix)s WHERE uuid = %(uuid)s"

REMOVE_GATEWAY = "DELETE FROM ussd_gateway WHERE uuid = %(uuid)s"

CALLED = """
UPDATE ussd_gateway SET last_at = now() WHERE name = ANY(%(names)s) AND (last_at IS NULL OR last_at < now() - interval '30 seconds')
"""


def codes(txn: Txn) -> list[CodeRecord]:
    """Return all codes, by digits."""
    txn.execute(CODES)
    return list(map(_code, txn.fetchall()))


def codes_of_team(txn: Txn, team_id: int, available: bool) -> list[CodeRecord]:
    """Return the approved codes on which a team has an approved extension, or those on which one can be asked for.

    Args:
        txn: the transaction.
        team_id: the team.
        available: which of the two: the shared ones, and the dedicated ones that nobody has.
    """
    txn.execute(CODES_OF_TEAM, {"team_id": team_id, "available": available})
    return list(map(_code, txn.fetchall()))


def code(txn: Txn, uuid: str) -> CodeRecord:
    """Return one; `NotFound` when there is none."""
    return _code(row_of_uuid(txn, CODE, uuid, NO_CODE))


def add_code(txn: Txn, by: Actor, uuid: str, given: NewCode) -> CodeRecord:
    """Make a code.

    Raises:
        AlreadyExists: there is one of these digits.
        BadValue: what cannot be kept.
    """
    new = checked_new_code(given)
    trail.note(txn, by, "ussd_code.create", uuid, team_id=None, after=_told(new))
    txn.execute(ADD_CODE, _code_row(new) | {"uuid": uuid})
    if not txn.rowcount:
        raise AlreadyExists(f"there is a USSD code {new.code} already")
    return code(txn, uuid)


def change_code(txn: Txn, by: Actor, uuid: str, given: NewCode) -> CodeRecord:
    """Let a code be something else; its digits stay.

    Raises:
        NotFound: there is none.
        InUse: it is to be of a kind that does not fit the extensions on it.
    """
    was = code(txn, uuid)
    wanted = checked_new_code(attrs.evolve(given, code=was.code))
    code_id, _ = row_of_uuid(txn, LOCK_CODE, uuid, NO_CODE)
    before, after = trail.differences(_told(was), _told(wanted))
    trail.note(txn, by, "ussd_code.update", was.uuid, team_id=None, before=before, after=after)
    if wanted.kind is not was.kind:
        txn.execute(UNFIT, {"id": code_id, "kind": wanted.kind.value})
        if one_row(txn)[0]:
            raise InUse(f"teams have extensions on {was.code} that do not fit a {wanted.kind.value} code")
    txn.execute(CHANGE_CODE, _code_row(wanted) | {"id": code_id})
    return code(txn, uuid)


def remove_code(txn: Txn, by: Actor, uuid: str) -> CodeRecord:
    """Remove a code, and return what it was.

    Raises:
        NotFound: there is none.
        InUse: there are extensions on it, or requests for such.
    """
    code_id, digits = row_of_uuid(txn, LOCK_CODE, uuid, NO_CODE)
    was = code(txn, uuid)
    trail.note(txn, by, "ussd_code.delete", was.uuid, team_id=None, before=_told(was))
    txn.execute(USED, {"id": code_id})
    if one_row(txn)[0]:
        raise InUse(f"there are extensions on {digits}, or requests for them; suspend the code, or reject them first")
    txn.execute(REMOVE_CODE, {"id": code_id})
    return was


def gateways(txn: Txn) -> list[GatewayRecord]:
    """Return all gateways, by name."""
    txn.execute(GATEWAYS)
    return list(map(_gateway, txn.fetchall()))


def gateway(txn: Txn, uuid: str) -> GatewayRecord:
    """Return one; `NotFound` when there is none."""
    return _gateway(row_of_uuid(txn, GATEWAY, uuid, NO_GATEWAY))


def add_gateway(txn: Txn, by: Actor, uuid: str, new: NewGateway, secret: str) -> GatewayRecord:
    """Make a gateway with the secret that will stand in its address.

    Raises:
        AlreadyExists: the name is taken.
        BadValue: what cannot be kept.
    """
    if not _NAME.match(new.name):
        raise BadValue("the name of a gateway is 1 to 40 small letters, digits, dots, hyphens and underscores")
    _check(new)
    after = {"name": new.name, "dialect": new.dialect, "enabled": new.enabled}
    trail.note(txn, by, "ussd_gateway.create", uuid, team_id=None, after=after)
    txn.execute(ADD_GATEWAY, _gateway_row(new) | _secret_row(secret) | {"uuid": uuid, "name": new.name})
    if not txn.rowcount:
        raise AlreadyExists(f"there is a USSD gateway {new.name!r} already")
    return gateway(txn, uuid)


def change_gateway(txn: Txn, by: Actor, uuid: str, wanted: NewGateway) -> GatewayRecord:
    """Let a gateway be something else; its name and its secret stay.

    Raises:
        NotFound: there is none.
        BadValue: what cannot be kept.
    """
    _check(wanted)
    was = _gateway(row_of_uuid(txn, LOCK_GATEWAY, uuid, NO_GATEWAY))
    before, after = trail.differences(
        {"dialect": was.dialect, "enabled": was.enabled}, {"dialect": wanted.dialect, "enabled": wanted.enabled}
    )
    if dict(was.options) != dict(wanted.options):
        after["options"] = "changed"
    trail.note(txn, by, "ussd_gateway.update", was.uuid, team_id=None, before=before, after=after)
    txn.execute(CHANGE_GATEWAY, _gateway_row(wanted) | {"uuid": was.uuid})
    return gateway(txn, uuid)


def rotate_gateway(txn: Txn, by: Actor, uuid: str, secret: str) -> GatewayRecord:
    """Give a gateway a new secret; `NotFound` when there is none."""
    was = _gateway(row_of_uuid(txn, LOCK_GATEWAY, uuid, NO_GATEWAY))
    trail.note(txn, by, "ussd_gateway.rotate", was.uuid, team_id=None)
    txn.execute(ROTATE_GATEWAY, _secret_row(secret) | {"uuid": was.uuid})
    return gateway(txn, uuid)


def remove_gateway(txn: Txn, by: Actor, uuid: str) -> GatewayRecord:
    """Remove a gateway, and return what it was; `NotFound` when there is none."""
    was = _gateway(row_of_uuid(txn, LOCK_GATEWAY, uuid, NO_GATEWAY))
    trail.note(
        txn, by, "ussd_gateway.delete", was.uuid, team_id=None, before={"name": was.name, "dialect": was.dialect}
    )
    txn.execute(REMOVE_GATEWAY, {"uuid": was.uuid})
    return was


def called(txn: Txn, names: Sequence[str]) -> None:
    """Write down that gateways have called just now."""
    txn.execute(CALLED, {"names": list(names)})


def _check(new: NewGateway) -> None:
    if new.dialect not in DIALECTS:
        raise BadValue(f"there is no dialect {new.dialect!r}; there are {', '.join(DIALECTS)}")
    gateway_options(new.options)


def _gateway_row(new: NewGateway) -> dict[str, Any]:
    return {"dialect": new.dialect, "enabled": new.enabled, "options": orjson.dumps(dict(new.options)).decode()}


def _secret_row(secret: str) -> dict[str, Any]:
    return {"digest": token_digest(secret), "prefix": secret[:SECRET_SHOWN]}


def _code_row(new: NewCode) -> dict[str, Any]:
    return {**_told(new), "networks": list(new.networks)}


def _told(each: NewCode | CodeRecord) -> dict[str, Any]:
    return {
        "code": each.code,
        "kind": each.kind.value,
        "networks": list(each.networks),
        "status": each.status.value,
        "note": each.note,
    }


def _code(row: Sequence[Any]) -> CodeRecord:
    uuid, digits, kind, networks, status, note, created_at_ms = row
    return CodeRecord(
        uuid=uuid, code=digits, kind=CodeKind(kind), networks=tuple(networks), status=CodeStatus(status), note=note,
        created_at_ms=created_at_ms,
    )  # fmt: skip


def _gateway(row: Sequence[Any]) -> GatewayRecord:
    uuid, name, dialect, enabled, options, prefix, created_at_ms, last_at_ms = row
    known: Mapping[str, Any] = options
    return GatewayRecord(
        uuid=uuid, name=name, dialect=dialect, enabled=enabled, options=known, secret_prefix=prefix,
        created_at_ms=created_at_ms, last_at_ms=last_at_ms,
    )  # fmt: skip
