"""The kinds of carrier there are: what can be set for each, and how each is made."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import attrs
from twisted.internet.endpoints import HostnameEndpoint

from mobilesasa.carriers.options import BadOptions, structure
from mobilesasa.carriers.port import RunningCarrier, World
from mobilesasa.carriers.sandbox import SandboxCarrier, SandboxOptions
from mobilesasa.carriers.smpp.carrier import SmppCarrier
from mobilesasa.carriers.smpp.options import SmppOptions
from mobilesasa.core.teams import CarrierRecord


@attrs.frozen
class Kind:
    """A kind of carrier: the class of its options, and what makes one of a record, its options and the world."""

    options: type[Any]
    make: Callable[[CarrierRecord, Any, World], RunningCarrier]


def _smpp(record: CarrierRecord, options: SmppOptions, world: World) -> RunningCarrier:
    endpoint = HostnameEndpoint(world.reactor, options.host, options.port, timeout=options.connect_timeout_s)
    return SmppCarrier(record, options, world, endpoint)


KINDS: Final[Mapping[str, Kind]] = {
    "sandbox": Kind(SandboxOptions, SandboxCarrier),
    "smpp": Kind(SmppOptions, _smpp),
}


def parse_options(kind: str, given: Mapping[str, object]) -> Any:
    """Return the options of a carrier as a value of their class; numbers may come as text.

    Raises:
        BadOptions: The kind is unknown, or options are unknown, missing, or not what they must be; names them all.
    """
    if kind not in KINDS:
        raise BadOptions({"kind": f"must be one of {', '.join(KINDS)}"})
    return structure(KINDS[kind].options, given)


def make(record: CarrierRecord, world: World) -> RunningCarrier:
    """Return the carrier of a record, not started.

    Raises:
        BadOptions: As for `parse_options`.
    """
    options = parse_options(record.kind, record.options)
    return KINDS[record.kind].make(record, options, world)
