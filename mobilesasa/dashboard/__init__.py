"""The dashboard: a static web application that uses the REST API and nothing else. Here are its files; `api` serves them."""

from __future__ import annotations

from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Final

_STATIC: Final = files("mobilesasa.dashboard") / "static"


def read() -> dict[str, bytes]:
    """Return what is in each file, by its path below `static`, in the order of the paths."""
    found: dict[str, bytes] = {}
    _gather(_STATIC, "", found)
    return dict(sorted(found.items()))


def _gather(folder: Traversable, path: str, found: dict[str, bytes]) -> None:
    for each in folder.iterdir():
        if each.is_dir():
            _gather(each, f"{path}{each.name}/", found)
        else:
            found[path + each.name] = each.read_bytes()
