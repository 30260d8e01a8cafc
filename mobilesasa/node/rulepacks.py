"""The rule packs that hold: those that are shipped, and the operator's own beside or instead of them."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Sequence
from importlib import resources
from importlib.resources.abc import Traversable
from itertools import combinations
from pathlib import Path

from mobilesasa.core.rulepack_reading import BadPack, read_pack
from mobilesasa.core.rulepacks import RulePack, RulePacks
from mobilesasa.settings import Settings

SHIPPED = resources.files("mobilesasa") / "rulepacks"


class BadPacks(Exception):
    """Packs that no node can start with.

    Attributes:
        problems: a sentence for each fault, with the file and the key.
    """

    def __init__(self, problems: Sequence[str]) -> None:
        """Keep them all."""
        super().__init__("\n".join(problems))
        self.problems = tuple(problems)


def packs_of(settings: Settings) -> RulePacks:
    """Return the packs that the settings name.

    Raises:
        BadPacks: one is missing, or cannot be read, or two are for the same numbers.
    """
    problems: list[str] = []
    packs: list[RulePack] = []
    for country in settings.rules.packs:
        try:
            packs.append(_pack_of(country, settings.rules.folder))
        except BadPack as bad:
            problems += bad.problems
    problems += _clashes(packs)
    if problems:
        raise BadPacks(problems)
    return RulePacks(packs)


def read_file(file: Traversable) -> RulePack:
    """Return the pack of a file.

    Raises:
        BadPack: with every fault.
    """
    try:
        return read_pack(tomllib.loads(file.read_text(encoding="utf-8")), str(file))
    except OSError as failed:
        raise BadPack([f"{file}: cannot be read: {failed.strerror}"]) from failed
    except UnicodeDecodeError:
        raise BadPack([f"{file}: is not UTF-8 text"]) from None
    except tomllib.TOMLDecodeError as wrong:
        raise BadPack([f"{file}: is not TOML: {wrong}"]) from wrong


def _pack_of(country: str, folder: Path | None) -> RulePack:
    name = f"{country.lower()}.toml"
    own = None if folder is None else folder / name
    file = own if own is not None and own.is_file() else SHIPPED / name
    if not file.is_file():
        where = f"in {folder} nor among those that are shipped" if folder else "among those that are shipped"
        raise BadPack([f"rules.packs: there is no pack {name} {where}; rules.folder says where your own are"])
    pack = read_file(file)
    if pack.country != country:
        raise BadPack([f'{file}: country is "{pack.country}", and the file is called as that of {country}'])
    return pack


def _clashes(packs: Iterable[RulePack]) -> list[str]:
    return [
        f"{two.source}: prefixes has {prefix}, as {one.source} has"
        for one, two in combinations(packs, 2)
        for prefix in sorted({*one.prefixes} & {*two.prefixes})
    ]
