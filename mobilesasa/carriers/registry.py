"""The kinds of carrier there are: what can be set for each, and how each is made."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final

import attrs

from mobilesasa.carriers.http.account import HttpAccount, parse_account
from mobilesasa.carriers.http.callbacks import CallbackReader
from mobilesasa.carriers.http.carrier import HttpCarrier
from mobilesasa.carriers.http.wire import open_wire
from mobilesasa.carriers.options import BadOptions, structure
from mobilesasa.carriers.policy import Uncertain, faults_of, policy_of, without_policy
from mobilesasa.carriers.port import RunningCarrier, World
from mobilesasa.carriers.sandbox import SandboxCarrier, SandboxOptions
from mobilesasa.carriers.smpp.carrier import KEEP_S, SmppCarrier
from mobilesasa.carriers.smpp.endpoint import endpoint_of
from mobilesasa.carriers.smpp.options import SmppOptions
from mobilesasa.core.teams import CarrierRecord


@attrs.frozen
class Kind:
    """A kind of carrier: what reads its options, and what makes one of a record, its options and the world."""

    parse: Callable[[Mapping[str, object]], Any]
    make: Callable[[CarrierRecord, Any, World], RunningCarrier]


def _smpp(record: CarrierRecord, options: SmppOptions, world: World) -> RunningCarrier:
    if _holds(record):
        options = attrs.evolve(options, resend_unanswered=False)
    after_s = policy_of(record.options).failover_after_s or KEEP_S  # what waits is to be there when messages go on
    return SmppCarrier(record, options, world, endpoint_of(record.name, options, world), min(KEEP_S, after_s))


def _http(record: CarrierRecord, account: HttpAccount, world: World) -> RunningCarrier:
    options = account.options
    wire = open_wire(
        world.reactor,
        pool_size=options.pool,
        keep_s=options.keep_s,
        connect_timeout_s=options.connect_timeout_s,
        timeout_s=options.timeout_s,
        answer_octets=options.answer_octets,
        ca=account.trusted,
    )
    return HttpCarrier(record, account, world, wire, holds=_holds(record))


def _holds(record: CarrierRecord) -> bool:
    """Say whether what stays without an answer is taken for sent."""
    return policy_of(record.options).uncertain is Uncertain.HOLD


KINDS: Final[Mapping[str, Kind]] = {
    "sandbox": Kind(partial(structure, SandboxOptions), SandboxCarrier),
    "smpp": Kind(partial(structure, SmppOptions), _smpp),
    "http": Kind(parse_account, _http),
}


def parse_options(kind: str, given: Mapping[str, object]) -> Any:
    """Return the options of a carrier that are its kind's own, as a value of their class; numbers may come as text.

    Those of any kind (`policy.Policy`) are checked too.

    Raises:
        BadOptions: The kind is unknown, or options are unknown, missing, or not what they must be; names them all.
    """
    if kind not in KINDS:
        raise BadOptions({"kind": f"must be one of {', '.join(KINDS)}"})
    faults = faults_of(given)
    try:
        parsed = KINDS[kind].parse(without_policy(given))
    except BadOptions as bad:
        raise BadOptions({**faults, **bad.faults}) from None
    if faults:
        raise BadOptions(faults)
    return parsed


def make(record: CarrierRecord, world: World) -> RunningCarrier:
    """Return the carrier of a record, not started.

    Raises:
        BadOptions: As for `parse_options`.
    """
    options = parse_options(record.kind, record.options)
    return KINDS[record.kind].make(record, options, world)


def callback_reader(record: CarrierRecord) -> CallbackReader | None:
    """Return what reads the HTTP calls of a carrier; None where its kind makes none.

    Raises:
        BadOptions: As for `parse_options`.
    """
    if record.kind != "http":
        return None
    account: HttpAccount = parse_options(record.kind, record.options)
    return account.reader(record)
