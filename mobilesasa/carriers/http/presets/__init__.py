"""The descriptions that come with mobilesasa, a TOML file each, and what reads them."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources
from typing import Any


def names() -> list[str]:
    """Return the names of all presets, sorted."""
    return sorted(file.name.removesuffix(".toml") for file in _folder().iterdir() if file.name.endswith(".toml"))


@cache
def tables(name: str) -> dict[str, Any]:
    """Return the tables of a preset; nobody may change them.

    Raises:
        KeyError: there is none of that name.
    """
    if name not in names():
        raise KeyError(name)
    return tomllib.loads((_folder() / f"{name}.toml").read_text("utf-8"))


def _folder() -> Any:
    return resources.files("mobilesasa.carriers.http.presets")
