"""USSD gateways over HTTP: who they are, which dialects there are, and a call of one before it is read.

A gateway calls `/ussd/NAME/SECRET`, with more words behind it where its dialect has them. What it says is read by its dialect
(`carriers.ussd`); what can be set for it is the same for all of them.

>>> gateway_options({"network": "Safaricom", "allow": "196.201.214.0/24", "screen_septets": 160}).screen_septets
160
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Mapping
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any, Final, Literal, get_args

import attrs

from mobilesasa.core.errors import BadValue
from mobilesasa.core.teams import token_digest
from mobilesasa.core.ussd import HOME
from mobilesasa.sms.numbers import UnknownCountry, calling_code
from mobilesasa.values import hot_value

#: The name of a dialect; `carriers.ussd.DIALECTS` has one of each.
DialectName = Literal[
    "africastalking",
    "bonga",
    "crossgate",
    "safaricom",
    "airtel",
    "dmark",
    "mtech",
    "infobip",
    "imimobile",
    "vodacom",
    "hollatags",
]
#: All of them, in the order in which they are shown.
DIALECTS: Final[tuple[str, ...]] = get_args(DialectName)
#: The largest body of a call that is read; a screen has 182 characters, and all that was typed in a session seldom more.
CALL_OCTETS: Final = 16_384
#: What a screen holds at most, in septets; some gateways show fewer (3GPP TS 24.080 §4.5).
SCREEN_SEPTETS: Final = 182
LEAST_SEPTETS: Final = 60
_ALLOWED_MAX: Final = 50
_NETWORK_CHARACTERS: Final = 50
_CODE_DIGITS: Final = 12


@attrs.frozen(kw_only=True)
class GatewayOptions:
    """What an operator sets for a gateway beside its name, its dialect and its secret."""

    allow: tuple[IPv4Network | IPv6Network, ...] = ()  # where its calls may come from; none: anywhere
    code: str = ""  # the digits of its service code, where its dialect does not tell it
    country: str = HOME  # ISO 3166-1, in which its national numbers are
    network: str = ""  # that its phones are of, where its dialect does not tell it
    screen_septets: int = SCREEN_SEPTETS


@attrs.frozen(kw_only=True)
class Gateway:
    """A USSD gateway as calls are judged by."""

    name: str  # small letters, as in the address
    dialect: str  # one of `DIALECTS`
    secret_digest: bytes = attrs.field(repr=False)  # `core.teams.token_digest` of what stands in the address
    enabled: bool = True
    options: GatewayOptions = GatewayOptions()

    def owns(self, call: UssdCall) -> bool:
        """Return whether a call is this gateway's own."""
        return (
            self.enabled
            and hmac.compare_digest(token_digest(call.secret), self.secret_digest)
            and _is_from(call.peer, self.options.allow)
        )


@hot_value(kw_only=True)
class UssdCall:
    """One call of a gateway."""

    gateway: str  # the name in the address, in small letters
    secret: str = attrs.field(repr=False)
    words: tuple[str, ...] = ()  # what stands behind the secret in the address
    method: str
    path: str = attrs.field(repr=False)  # as it was asked for, with the secret
    query: bytes = attrs.field(repr=False)  # without the question mark
    host: str = ""  # as which the gateway knows us
    body: bytes = attrs.field(repr=False)  # no more than `CALL_OCTETS` and one
    peer: str  # the address that it came from
    scheme: str = "http"  # or https, as the gateway spoke it


#: Finds a gateway by its name in small letters.
FindGateway = Callable[[str], Gateway | None]


def gateway_options(given: Mapping[str, Any]) -> GatewayOptions:
    """Return the options of a gateway as they are kept: `allow` is a text of networks with commas, or a list.

    Raises:
        BadValue: some are unknown or cannot be; all of them are named.
    """
    faults = [f"{name}: there is no such option" for name in given if name not in _READERS]
    read: dict[str, Any] = {}
    for name, reader in _READERS.items():
        if given.get(name) in (None, ""):
            continue
        try:
            read[name] = reader(given[name])
        except ValueError as bad:
            faults.append(f"{name}: {bad}")
    if faults:
        raise BadValue("; ".join(faults))
    return GatewayOptions(**read)


def _networks(given: Any) -> tuple[IPv4Network | IPv6Network, ...]:
    written = given.split(",") if isinstance(given, str) else given
    if not isinstance(written, list | tuple) or not all(isinstance(each, str) for each in written):
        raise ValueError("must be networks such as 196.201.214.0/24, with commas between them")
    if len(written) > _ALLOWED_MAX:
        raise ValueError(f"must be at most {_ALLOWED_MAX} networks")
    return tuple(ip_network(each.strip()) for each in written if each.strip())


def _code(given: Any) -> str:
    code = str(given).strip().strip("*#")
    if not (code.isascii() and code.isdigit() and len(code) <= _CODE_DIGITS):
        raise ValueError(f"must be the digits of a service code, {_CODE_DIGITS} at most")
    return code


def _country(given: Any) -> str:
    country = str(given).strip().upper()
    try:
        calling_code(country)
    except UnknownCountry as unknown:
        raise ValueError(f"must be a country: {unknown}") from unknown
    return country


def _network(given: Any) -> str:
    if not isinstance(given, str) or not given.strip().isprintable() or len(given.strip()) > _NETWORK_CHARACTERS:
        raise ValueError(f"must be the name of a network, of {_NETWORK_CHARACTERS} characters at most")
    return given.strip()


def _septets(given: Any) -> int:
    try:
        septets = int(given) if isinstance(given, int | str) and not isinstance(given, bool) else 0
    except ValueError:
        septets = 0
    if not LEAST_SEPTETS <= septets <= SCREEN_SEPTETS:
        raise ValueError(f"must be from {LEAST_SEPTETS} to {SCREEN_SEPTETS}")
    return septets


_READERS: Final[Mapping[str, Callable[[Any], Any]]] = {
    "allow": _networks,
    "code": _code,
    "country": _country,
    "network": _network,
    "screen_septets": _septets,
}


def _is_from(peer: str, allowed: tuple[IPv4Network | IPv6Network, ...]) -> bool:
    if not allowed:
        return True
    try:
        address = ip_address(peer)
    except ValueError:
        return False
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    return any(address in network for network in allowed)
