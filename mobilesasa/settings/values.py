"""How a setting is read: each function here makes a reader of one kind of value.

A reader takes what stands in the file (text, number, flag or list) or in the environment (always text) and gives the
value, or raises `ValueError` with the end of the sentence "http_port …".
"""

import ipaddress
import math
import os
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

T = TypeVar("T")
Reader = Callable[[object], T]

_FLAGS = {"true": True, "yes": True, "on": True, "1": True, "false": False, "no": False, "off": False, "0": False}
_NODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}")
_HOST = re.compile(r"(?=.{1,253}\Z)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*", re.ASCII)
_ORIGIN = re.compile(r"https?://([a-z0-9._-]+|\[[0-9a-f:.]+\])(:[0-9]{1,5})?")
_LINK_BASE = re.compile(r"https?://[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*(:[0-9]{1,5})?(/[A-Za-z0-9._~-]+)*", re.ASCII)
_COUNTRY = re.compile(r"[A-Za-z]{2}")
_WHOLE = re.compile(r"-?[0-9]{1,18}")
HIGHEST_PORT = 65535


def whole(lowest: int, highest: int) -> Reader[int]:
    """A whole number between the two, both included."""

    def read(value: object) -> int:
        if isinstance(value, str) and _WHOLE.fullmatch(value.strip()):
            value = int(value)
        if not isinstance(value, int) or isinstance(value, bool):
            raise ValueError(f"must be a whole number, not {value!r}")
        if not lowest <= value <= highest:
            raise ValueError(f"must be from {lowest} to {highest}, not {value}")
        return value

    return read


def number(lowest: float, highest: float) -> Reader[float]:
    """A number, with or without a fraction, between the two, both included."""

    def read(value: object) -> float:
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            raise ValueError(f"must be a number, not {value!r}")
        try:
            found = float(value)
        except (ValueError, OverflowError):
            raise ValueError(f"must be a number, not {value!r}") from None
        if math.isnan(found) or not lowest <= found <= highest:
            raise ValueError(f"must be from {lowest:g} to {highest:g}, not {value}")
        return found

    return read


def flag(value: object) -> bool:
    """True or false; as text also yes, no, on, off, 1 and 0."""
    if isinstance(value, bool):
        return value
    found = _FLAGS.get(value.strip().lower()) if isinstance(value, str) else None
    if found is None:
        raise ValueError(f"must be true or false, not {value!r}")
    return found


def port(value: object) -> int | None:
    """A TCP port; 0 lets the system choose a free one, `off` or -1 is None: not served."""
    if value == -1 or (isinstance(value, str) and value.strip().lower() in ("off", "-1")):
        return None
    try:
        return whole(0, HIGHEST_PORT)(value)
    except ValueError:
        raise ValueError(f"must be a port from 0 to {HIGHEST_PORT}, or off, not {value!r}") from None


def address(value: object) -> str:
    """An IP address of this machine; `localhost` is 127.0.0.1."""
    if value == "localhost":
        return "127.0.0.1"
    try:
        return str(ipaddress.ip_address(value if isinstance(value, str) else ""))
    except ValueError:
        raise ValueError(f"must be an IP address of this machine, 0.0.0.0 or ::, not {value!r}") from None


def host(value: object) -> str:
    """A host's name or IP address as others reach it, without a port; empty: none."""
    if value == "":
        return ""
    found = value.strip().lower() if isinstance(value, str) else ""
    if _HOST.fullmatch(found):
        return found
    try:
        return str(ipaddress.ip_address(found))
    except ValueError:
        raise ValueError(f"must be a host's name or IP address without a port, not {value!r}") from None


def node(value: object) -> str:
    """A name in logs, metrics and leases: letters, digits, point, dash and underscore, 63 at most."""
    if not isinstance(value, str) or not _NODE.fullmatch(value):
        raise ValueError(f"must be 1 to 63 letters, digits, '.', '-' or '_', not {value!r}")
    return value


def one_of(*words: str) -> Reader[str]:
    """One of the words, in lower case."""

    def read(value: object) -> str:
        if value not in words:
            raise ValueError(f"must be {_listed(words)}, not {value!r}")
        return str(value)

    return read


def some_of(*words: str) -> Reader[tuple[str, ...]]:
    """One or more of the words, a list in the file, with commas in the environment; kept in the order given here."""

    def read(value: object) -> tuple[str, ...]:
        asked = [part.strip() for part in value.split(",")] if isinstance(value, str) else value
        if not isinstance(asked, Sequence) or not asked:
            raise ValueError(f"must be a list of {_listed(words)}, not {value!r}")
        strange = [word for word in asked if word not in words]
        if strange:
            raise ValueError(f"must be a list of {_listed(words)}, not {strange[0]!r}")
        return tuple(word for word in words if word in asked)

    return read


def networks(value: object) -> tuple[str, ...]:
    """IP addresses and networks, a list in the file, with commas in the environment; it may be empty."""
    return tuple(_network(each) for each in _several(value, "IP addresses and networks"))


def _network(written: object) -> str:
    try:
        return str(ipaddress.ip_network(written if isinstance(written, str) else ""))
    except ValueError:
        raise ValueError(f"must be a list of IP addresses and networks such as 10.0.0.0/8, not {written!r}") from None


def ports(value: object) -> tuple[int, ...]:
    """TCP ports, a list in the file, with commas in the environment; it may be empty."""
    return tuple(whole(1, HIGHEST_PORT)(each) for each in _several(value, "ports"))


def countries(value: object) -> tuple[str, ...]:
    """Countries by their two letters (ISO 3166-1), a list in the file, with commas in the environment; `off`: none."""
    if isinstance(value, str) and value.strip().lower() == "off":
        return ()
    return tuple(dict.fromkeys(_country(each) for each in _several(value, "countries")))


def _country(written: object) -> str:
    if not isinstance(written, str) or not _COUNTRY.fullmatch(written):
        raise ValueError(f"must be a list of countries such as KE, two letters each, or off, not {written!r}")
    return written.upper()


def origins(value: object) -> tuple[str, ...]:
    """Sites as browsers name them, `https://app.example`, or `*`; a list in the file, with commas in the environment."""
    return tuple(_origin(each) for each in _several(value, "sites"))


def _origin(written: object) -> str:
    found = str(written).lower().rstrip("/")
    if not isinstance(written, str) or not (found == "*" or _ORIGIN.fullmatch(found)):
        raise ValueError(f"must be a list of sites such as https://app.example, not {written!r}")
    return found


def _several(value: object, what: str) -> list[object]:
    if isinstance(value, str):
        return [part.strip() for part in value.split(",") if part.strip()]
    if not isinstance(value, list | tuple):
        raise ValueError(f"must be a list of {what}, not {value!r}")
    return [*value]


def folder(value: object) -> Path:
    """A folder, as an absolute path; whether it can be made or used is looked at when all settings are read."""
    if not isinstance(value, str | Path) or not str(value) or "\0" in str(value):
        raise ValueError(f"must be a folder, not {value!r}")
    try:
        return Path(value).expanduser().absolute()
    except RuntimeError:
        raise ValueError(f"starts in the home folder of a user that this machine does not have: {value}") from None


def file(value: object) -> Path | None:
    """A file that is there, as an absolute path; empty is None."""
    if value in (None, ""):
        return None
    if not isinstance(value, str | Path) or not os.path.isfile(value):
        raise ValueError(f"must be a file, and there is none at {value!r}")
    return Path(value).absolute()


def url(*schemes: str) -> Reader[str]:
    """An address with one of the schemes, or empty. What is refused is not repeated, as it may hold a password."""

    def read(value: object) -> str:
        if not isinstance(value, str):
            raise ValueError(f"must be text that starts with {_listed([f'{scheme}://' for scheme in schemes])}")
        if not value:
            return ""
        try:
            parts = urlsplit(value)
            _ = parts.port
        except ValueError:
            raise ValueError("is not an address that can be read: look at the brackets and the port") from None
        if parts.scheme not in schemes or not value.startswith(f"{parts.scheme}://"):
            raise ValueError(f"must start with {_listed([f'{scheme}://' for scheme in schemes])}")
        if not parts.hostname and "host=" not in parts.query:
            raise ValueError("names no host")
        return value

    return read


def link_base(value: object) -> str:
    """What short links begin with: an HTTPS address, perhaps with a path, or empty; HTTP on this machine alone."""
    if value == "":
        return ""
    found = value.strip().rstrip("/") if isinstance(value, str) else ""
    try:
        parts = urlsplit(found)
        _ = parts.port
    except ValueError:
        raise ValueError(f"is not an address that can be read: {value!r}") from None
    here = parts.hostname == "localhost" or (parts.hostname or "").startswith("127.")
    if not _LINK_BASE.fullmatch(found) or (parts.scheme == "http" and not here):
        raise ValueError(f"must be an address such as https://go.example.com or https://example.com/go, not {value!r}")
    return f"{parts.scheme}://{parts.netloc.lower()}{parts.path}"


def _listed(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"
