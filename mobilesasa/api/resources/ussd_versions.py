"""Versions of menus, and on which of their screens people leave (decision 84)."""

from __future__ import annotations

import datetime as dt
import re
from collections import defaultdict
from collections.abc import Sequence
from functools import partial
from typing import Annotated, Final, TypedDict

from twisted.web.iweb import IRequest

from mobilesasa.api.answers import answer
from mobilesasa.api.auth import Caller
from mobilesasa.api.errors import bad_field
from mobilesasa.api.pages import ListPage, answer_page
from mobilesasa.api.ports import Node
from mobilesasa.api.requests import Said, parse_query
from mobilesasa.api.resources.contact_shapes import curl
from mobilesasa.api.resources.ussd import SCOPES
from mobilesasa.api.resources.ussd_bodies import ListUssdDropOff
from mobilesasa.api.resources.ussd_shapes import (
    MENU_UUID,
    UssdVersionPage,
    UssdVersionShown,
    version_listed,
    version_shown,
)
from mobilesasa.api.routes import route
from mobilesasa.core.errors import NotFound
from mobilesasa.ussd.views import ScreenCount

_DEEPER = "versions"
_DAYS: Final = 30  # that are counted where nothing else is said
_MOST_DAYS: Final = 400
_DAY: Final = re.compile(r"20\d{2}-\d{2}-\d{2}\Z", re.ASCII)
_VERSION: Final = re.compile(r"[1-9][0-9]{0,8}\Z", re.ASCII)


class ScreenLeft(TypedDict):
    """How often a screen was shown, and left."""

    screen: Annotated[str, Said("The name of the screen", example="number")]
    shown: Annotated[int, Said("How often it was shown", example=120)]
    left: Annotated[int, Said("For how many it was the last, in a session that did not end by itself", example=18)]
    left_percent: Annotated[float, Said("Those of a hundred that it was shown to", example=15.0)]


class DayLeft(TypedDict):
    """The same of a day, of all screens together."""

    day: Annotated[str, Said("Of UTC", example="2026-05-11")]
    shown: Annotated[int, Said("Screens that were shown", example=310)]
    left: Annotated[int, Said("Sessions that were left", example=21)]


class UssdDropOff(TypedDict):
    """Where people leave a menu."""

    menu: Annotated[str, Said("The uuid of the menu", example=MENU_UUID)]
    version: Annotated[int | None, Said("The version that is counted; null: all of them")]
    date_from: Annotated[str, Said("The first day, of UTC", example="2026-04-12")]
    date_to: Annotated[str, Said("The last day", example="2026-05-11")]
    screens: Annotated[list[ScreenLeft], Said("Those that are left most first")]
    days: Annotated[list[DayLeft], Said("The days on which anything was shown")]


class UssdVersions:
    """The versions of the menus of the team that asks."""

    def __init__(self, node: Node) -> None:
        """Keep what is asked."""
        self._menus = node.ussd.menus
        self._now_ms = node.now_ms

    @route(
        "GET",
        "/ussd/menus/{uuid}/versions",
        scopes=SCOPES,
        query=ListPage,
        answers=UssdVersionPage,
        refusals=(400, 404),
        curl=curl("GET", "/ussd/menus/menu-uuid/versions"),
    )
    async def list_ussd_versions(self, request: IRequest, caller: Caller, uuid: str) -> bytes:
        """List the versions of a menu, newest first, without their screens."""
        asked = parse_query(ListPage, request)
        found = await self._menus.find(caller.team.id, uuid)
        count = partial(self._menus.count_versions, caller.team.id, found.uuid)
        read = partial(self._menus.versions, caller.team.id, found.uuid)
        return await answer_page(request, asked, count, read, version_listed, _DEEPER)

    @route(
        "GET",
        "/ussd/menus/{uuid}/versions/{version}",
        scopes=SCOPES,
        answers=UssdVersionShown,
        refusals=(404,),
        curl=curl("GET", "/ussd/menus/menu-uuid/versions/1"),
    )
    async def get_ussd_version(self, request: IRequest, caller: Caller, uuid: str, version: str) -> bytes:
        """Get a version of a menu.

        To go back to it, put what it says into the draft, and publish that.
        """
        found = await self._menus.find(caller.team.id, uuid)
        if not _VERSION.match(version):
            raise NotFound("there is no such version")
        return answer(request, version_shown(await self._menus.version(caller.team.id, found.uuid, int(version))))

    @route(
        "GET",
        "/ussd/menus/{uuid}/dropoff",
        scopes=SCOPES,
        query=ListUssdDropOff,
        answers=UssdDropOff,
        refusals=(400, 404),
        curl=curl("GET", "/ussd/menus/menu-uuid/dropoff?date_from=2026-05-01&date_to=2026-05-11"),
    )
    async def ussd_drop_off(self, request: IRequest, caller: Caller, uuid: str) -> bytes:
        """Count where people leave a menu.

        How often each screen was shown, and for how many it was the last one of a session that did not end by itself, by screen and
        by day. Days are those of UTC.
        """
        asked = parse_query(ListUssdDropOff, request)
        found = await self._menus.find(caller.team.id, uuid)
        if asked.version is not None:
            await self._menus.version(caller.team.id, found.uuid, asked.version)
        first, last = self._days(asked)
        counts = await self._menus.drop_off(caller.team.id, found.uuid, asked.version, str(first), str(last))
        shown: UssdDropOff = {
            "menu": found.uuid,
            "version": asked.version,
            "date_from": str(first),
            "date_to": str(last),
            "screens": _by_screen(counts),
            "days": _by_day(counts),
        }
        return answer(request, shown)

    def _days(self, asked: ListUssdDropOff) -> tuple[dt.date, dt.date]:
        """Return the first and the last day that are meant.

        Raises:
            Problem: 400, they are not well written, or too many.
        """
        today = dt.datetime.fromtimestamp(self._now_ms() / 1000, dt.UTC).date()
        last = today if asked.date_to is None else _day("date_to", asked.date_to)
        first = last - dt.timedelta(days=_DAYS - 1) if asked.date_from is None else _day("date_from", asked.date_from)
        if first > last:
            raise bad_field("date_to", "must not be before date_from")
        if (last - first).days >= _MOST_DAYS:
            raise bad_field("date_from", f"must be within {_MOST_DAYS} days before date_to")
        return first, last


def _day(field: str, written: str) -> dt.date:
    try:
        return dt.date.fromisoformat(written if _DAY.match(written) else "")
    except ValueError:
        raise bad_field(field, "must be a day such as 2026-05-11") from None


def _by_screen(counts: Sequence[ScreenCount]) -> list[ScreenLeft]:
    shown: defaultdict[str, int] = defaultdict(int)
    left: defaultdict[str, int] = defaultdict(int)
    for each in counts:
        shown[each.screen] += each.shown
        left[each.screen] += each.left
    screens = sorted(shown, key=lambda screen: (-left[screen], -shown[screen], screen))
    return [
        {
            "screen": screen,
            "shown": shown[screen],
            "left": left[screen],
            "left_percent": round(100 * left[screen] / shown[screen], 1) if shown[screen] else 0.0,
        }
        for screen in screens
    ]


def _by_day(counts: Sequence[ScreenCount]) -> list[DayLeft]:
    days = sorted({each.day for each in counts})
    return [
        {
            "day": day,
            "shown": sum(each.shown for each in counts if each.day == day),
            "left": sum(each.left for each in counts if each.day == day),
        }
        for day in days
    ]
