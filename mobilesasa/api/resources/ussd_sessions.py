"""Sessions of people who dialled, live and past (decision 84)."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from twisted.web.iweb import IRequest

from mobilesasa.api.answers import answer
from mobilesasa.api.auth import Caller
from mobilesasa.api.errors import FieldProblem, bad_field, bad_fields
from mobilesasa.api.pages import answer_page_on, cursor_of
from mobilesasa.api.ports import Node
from mobilesasa.api.requests import parse_query
from mobilesasa.api.resources.contact_shapes import curl
from mobilesasa.api.resources.ussd import SCOPES
from mobilesasa.api.resources.ussd_bodies import ListUssdSessions
from mobilesasa.api.resources.ussd_shapes import UssdSessionPage, UssdSessionShown, session_shown
from mobilesasa.api.routes import route
from mobilesasa.core.ids import canonical
from mobilesasa.sms.numbers import BadNumber, normalise_fast
from mobilesasa.ussd.views import SessionStatus, WantedSessions

_DEEPER = "sessions; go on with cursor="


class UssdSessions:
    """The sessions with the team that asks; what somebody typed is kept in none of them."""

    def __init__(self, node: Node) -> None:
        """Keep what is asked."""
        self._sessions = node.ussd.sessions

    @route(
        "GET",
        "/ussd/sessions",
        scopes=SCOPES,
        query=ListUssdSessions,
        answers=UssdSessionPage,
        refusals=(400,),
        curl=curl("GET", "/ussd/sessions?live=true"),
    )
    async def list_ussd_sessions(self, request: IRequest, caller: Caller) -> bytes:
        """List sessions, newest first.

        With `live=true` those under way at this moment. Past ones are kept for 90 days.
        """
        asked = parse_query(ListUssdSessions, request)
        cursor = cursor_of(request, asked.cursor)
        after = None if cursor is None else cursor.after
        wanted = _wanted(caller.team.id, caller.team.country, asked)

        async def read(*, limit: int, offset: int) -> tuple[Sequence[UssdSessionShown], str | None]:
            found, last = await self._sessions.page(wanted, limit=limit, offset=offset, after=after)
            return [session_shown(each) for each in found], last

        return await answer_page_on(request, asked, cursor, partial(self._sessions.count, wanted), read, _DEEPER)

    @route(
        "GET",
        "/ussd/sessions/{uuid}",
        scopes=SCOPES,
        answers=UssdSessionShown,
        refusals=(404,),
        curl=curl("GET", "/ussd/sessions/session-uuid"),
    )
    async def get_ussd_session(self, request: IRequest, caller: Caller, uuid: str) -> bytes:
        """Get a session."""
        return answer(request, session_shown(await self._sessions.find(caller.team.id, uuid)))


def _wanted(team_id: int, country: str, asked: ListUssdSessions) -> WantedSessions:
    """Return which sessions are meant.

    Raises:
        Problem: 400, with every field that cannot be read.
    """
    uuids = {"extension": asked.extension, "menu": asked.menu}
    wrong = [FieldProblem(name, "must be a uuid") for name, text in uuids.items() if text and canonical(text) is None]
    if wrong:
        raise bad_fields(wrong)
    return WantedSessions(
        team_id=team_id,
        live=asked.live,
        status=None if asked.status is None else SessionStatus(asked.status),
        msisdn=None if asked.phone is None else _number(asked.phone, country),
        troubled=asked.trouble,
        extension_uuid=None if asked.extension is None else canonical(asked.extension),
        menu_uuid=None if asked.menu is None else canonical(asked.menu),
        from_ms=asked.created_from,
        until_ms=asked.created_to,
    )


def _number(phone: str, country: str) -> str:
    try:
        return normalise_fast(phone, country)
    except BadNumber as bad:
        raise bad_field("phone", f"is no phone number: {bad}") from bad
