"""The options of a carrier on a command line, read from words and files; `carriers.configuring` checks them."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import click
import orjson


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
