"""The options of a carrier on a command line, read from words and files; and the addresses that it is to call."""

from __future__ import annotations

import secrets
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

import click
import orjson

from mobilesasa.core.callbacks import About
from mobilesasa.core.teams import CarrierRecord

_SECRET_OCTETS: Final = 24


def read_file(path: Path | None) -> dict[str, Any]:
    """Return the options in a file of TOML or JSON; nothing without a file.

    Raises:
        UsageError: it cannot be read, or is neither.
    """
    if path is None:
        return {}
    try:
        octets = path.read_bytes()
        found = tomllib.loads(octets.decode()) if path.suffix == ".toml" else orjson.loads(octets)
    except (OSError, ValueError) as bad:
        raise click.UsageError(f"--options-file {path}: {bad}") from bad
    if not isinstance(found, dict):
        raise click.UsageError(f"--options-file {path}: must be an object of options")
    return found


def gathered(named: Mapping[str, Any], more: Iterable[str], from_file: Mapping[str, Any]) -> dict[str, Any]:
    """Return all options that were given; those of the command line go before those of the file.

    Raises:
        UsageError: an option was said twice, or is not NAME=VALUE.
    """
    said = {option: value for option, value in named.items() if value is not None}
    for each in more:
        option, sign, value = each.partition("=")
        if not sign or option in said:
            raise click.UsageError(f"--option {option}: say it once, as NAME=VALUE")
        said[option] = value
    return {**from_file, **said}


def checked(kind: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return options as they are kept; an HTTP carrier gets a secret for its callbacks if it has none.

    Raises:
        BadOptions: they cannot be used; names all that are wrong.
    """
    from mobilesasa.carriers.registry import parse_options  # it brings Twisted, which no other command needs

    options = dict(given)
    if kind == "http":
        from mobilesasa.carriers.http.spec import with_tables

        options = with_tables(given)
        options.setdefault("callback_secret", secrets.token_urlsafe(_SECRET_OCTETS))
    parse_options(kind, options)
    return options


def callback_addresses(found: CarrierRecord) -> dict[str, str]:
    """Return what a carrier is to call, by what it calls about; nothing where its kind makes no calls."""
    if found.kind != "http":
        return {}
    from mobilesasa.carriers.http.account import callback_path, parse_account
    from mobilesasa.carriers.policy import without_policy

    account = parse_account(without_policy(found.options))
    tables = {About.RECEIPTS: account.spec.receipts, About.INBOUND: account.spec.inbound}
    base = account.options.public_url
    return {
        about.value: f"{base}{callback_path(found.name, about, account.options.callback_secret)}"
        for about, table in tables.items()
        if table is not None and account.options.callback_secret
    }
