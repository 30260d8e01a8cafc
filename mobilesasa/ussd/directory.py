"""What is dialled and who answers it, in memory: the same picture on every node, read again when the store says that it changed.

An extension is found by what was dialled behind the service code: of those on the code it is the longest whose numbers what
was dialled begins with, number by number and not digit by digit (decision 83). What is left was dialled ahead (a shortcut).
One at which nobody is set to answer takes nothing from a shorter one.

>>> seven = Extension(id=1, team_id=5, code="384", extension="7", callback_url="https://acme.example/ussd")
>>> whole = Extension(id=2, team_id=6, code="384", extension="7*2", smpp=True)
>>> known = Directory([seven, whole])
>>> [(found.extension.id, found.ahead) for dialled in ("*384*7#", "*384*7*2*1#") if (found := known.find("384", dialled))]
[(1, ()), (2, ('1',))]
>>> known.find("384", "*384*71#") is None
True
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Final

import attrs

from mobilesasa.core.ussd import UssdEvent, code_of
from mobilesasa.core.ussd_gateways import Gateway
from mobilesasa.ussd.compiled import CompiledMenu
from mobilesasa.ussd.paging import WIDE, Limit
from mobilesasa.values import hot_value

#: Menus that are kept in memory, with the versions that sessions of before are at.
MENUS_KEPT: Final = 2000

#: A version of a menu: the menu's id and the number of the version.
VersionKey = tuple[int, int]


@attrs.frozen(kw_only=True)
class Extension:
    """An extension that is approved, on a code that is, with who answers it; nobody may be set yet."""

    id: int
    team_id: int
    code: str
    extension: str  # empty: the whole of a dedicated code
    menu: VersionKey | None = None
    callback_url: str | None = None
    smpp: bool = False

    @property
    def is_answered(self) -> bool:
        """Whether somebody is set to answer."""
        return self.menu is not None or self.callback_url is not None or self.smpp


@hot_value
class Found:
    """An extension, and what was dialled behind it."""

    extension: Extension
    ahead: tuple[str, ...] = ()


@attrs.frozen(kw_only=True)
class PublishedMenu:
    """A version of a menu, ready to be walked through."""

    key: VersionKey
    menu: CompiledMenu = attrs.field(repr=False)
    resume_minutes: int  # for so long who was cut off may go on; 0: never


class Directory:
    """One moment's picture.

    Args:
        extensions: those that are answered.
        gateways: the gateways over HTTP.
    """

    def __init__(self, extensions: Iterable[Extension] = (), gateways: Iterable[Gateway] = ()) -> None:
        """Sort them by what finds them."""
        self.gateways: Mapping[str, Gateway] = {each.name: each for each in gateways}
        self._limits = {name: Limit.of(each.options.screen_septets) for name, each in self.gateways.items()}
        self._by_code: dict[str, dict[tuple[str, ...], Extension]] = {}
        for each in extensions:
            of_code = self._by_code.setdefault(each.code, {})
            of_code[_numbers(each.extension)] = each

    def __iter__(self) -> Iterator[Extension]:
        """Go through the extensions."""
        for of_code in self._by_code.values():
            yield from of_code.values()

    def find(self, code: str, dialled: str) -> Found | None:
        """Return who answers what was dialled, or the extension at which nobody is set to; None: it is nobody's.

        Args:
            code: the digits of the service code; empty where only `dialled` tells it.
            dialled: all that was dialled, such as `*384*7*2#`; empty: nothing but the code.
        """
        numbers = _numbers(dialled)
        digits = code or code_of(dialled)
        of_code = self._by_code.get(digits)
        if of_code is None:
            return None
        behind = numbers[1:] if numbers[:1] == (digits,) else numbers
        longest = None
        for length in range(len(behind), -1, -1):
            extension = of_code.get(behind[:length])
            if extension is None:
                continue
            found = Found(extension, behind[length:])
            if extension.is_answered:
                return found
            longest = longest or found
        return longest

    def answers(self, event: UssdEvent) -> Found | None:
        """Return who answers if a session begins with this event; None: nobody."""
        return self.find(event.code, event.dialled_in_full)

    def limit(self, gateway: str) -> Limit:
        """Return how much a screen holds at a gateway, or at an SMPP carrier."""
        return self._limits.get(gateway, WIDE)


class CurrentDirectory:
    """Holds the newest picture, and the menus that it and the sessions need; whoever needs it asks for `.now` each time.

    Versions of menus never change, so what was read once is kept. The menus may be looked up on any thread.
    """

    def __init__(self, now: Directory | None = None) -> None:
        """Start with the picture given, or an empty one."""
        self.now = now or Directory()
        self._menus: OrderedDict[VersionKey, PublishedMenu] = OrderedDict()

    def find_gateway(self, name: str) -> Gateway | None:
        """Return the gateway of a name in small letters (`core.ussd_gateways.FindGateway`)."""
        return self.now.gateways.get(name)

    @property
    def known_menus(self) -> Collection[VersionKey]:
        """The versions of menus that are in memory."""
        return tuple(self._menus)

    def menu(self, key: VersionKey) -> PublishedMenu | None:
        """Return a version of a menu, if it is in memory."""
        return self._menus.get(key)

    def keep(self, menus: Iterable[PublishedMenu]) -> None:
        """Keep versions of menus; the oldest are forgotten when there are very many, and read again when they are asked for."""
        for each in menus:
            self._menus[each.key] = each
        while len(self._menus) > MENUS_KEPT:
            self._menus.popitem(last=False)

    def replace(self, now: Directory, menus: Iterable[PublishedMenu]) -> None:
        """Take a newer picture, with the menus of it that were not in memory."""
        self.keep(menus)
        self.now = now


def _numbers(dialled: str) -> tuple[str, ...]:
    """Return the numbers of what was dialled, `*384*7#` and `7` alike."""
    inner = dialled.strip("*# ")
    return tuple(inner.split("*")) if inner else ()
