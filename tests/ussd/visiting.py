"""Sessions as they are kept, for tests: a menu that answers at an extension, and a phone that dials and types."""

import itertools
from typing import Any

import attrs

from mobilesasa.core.ussd import Kind, UssdEvent
from mobilesasa.ussd import taking
from mobilesasa.ussd.directory import Directory, Extension, PublishedMenu
from mobilesasa.ussd.model import Result
from mobilesasa.ussd.paging import WIDE
from mobilesasa.ussd.visits import Asked, Heard, Taken, Visit
from tests.ussd.menus import ready, shop

TEAM = 5
PHONE = "254712345678"
KEY = (3, 1)
MENU = Extension(id=1, team_id=TEAM, code="384", extension="7", menu=KEY)
BY_URL = Extension(id=2, team_id=TEAM, code="384", extension="8", callback_url="https://acme.example/ussd")
BY_BIND = Extension(id=3, team_id=TEAM, code="384", extension="9", smpp=True)
UNSET = Extension(id=4, team_id=TEAM, code="384", extension="6")
_numbers = itertools.count(1)


def uuid_of(n: int) -> str:
    return f"01900000-0000-7000-8000-{n:012}"


def published(menu: Any = None, version: int = 1, resume_minutes: int = 5) -> PublishedMenu:
    """A version of a menu."""
    return PublishedMenu(key=(KEY[0], version), menu=ready(menu or shop()), resume_minutes=resume_minutes)


def event(kind: Kind = Kind.START, **says: Any) -> UssdEvent:
    """What a gateway tells; at the start of *384*7#."""
    known = {"gateway": "acme", "carrier_session_id": "S1", "msisdn": PHONE, "code": "384", "dialled": "*384*7#"}
    return UssdEvent(kind=kind, **(known | says))


@attrs.define
class Phone:
    """A store of sessions in memory, with the rules of `taking`, and a phone."""

    menus: dict = attrs.field(factory=lambda: {KEY: published()})
    directory: Directory = attrs.field(factory=lambda: Directory([MENU, BY_URL, BY_BIND, UNSET]))
    at_ms: int = 1_000_000
    person: dict = attrs.field(factory=dict)
    visits: dict[str, Visit] = attrs.field(factory=dict)
    suspended: set[int] = attrs.field(factory=set)

    def tell(self, what: UssdEvent, id_: str | None = None) -> Taken:
        """Hand in an event."""
        id_, found = id_ or uuid_of(next(_numbers)), self.directory.answers(what)
        asked = Asked(what, id_, self.at_ms, found, WIDE, self.suspended.__contains__)
        own = [each for each in self.visits.values() if each.key == what.key]
        others = [each for each in self.visits.values() if each.key != what.key and self._counts(each)]
        return self._kept(taking.take(asked, _newest(own), _newest(others), self.person, self.menus.get))

    def hear(self, taken: Taken, result: Result | None = None, **says: Any) -> Taken:
        """Hand in the answer of whoever was asked."""
        waits = taken.waits
        heard = Heard(waits.visit_id, waits.event_id, self.at_ms, WIDE, result=result, **says)
        return self._kept(taking.answered(heard, self.visits.get(waits.visit_id), self.menus.get))

    def dial(self, dialled: str = "*384*7#", session: str = "S1", **says: Any) -> Taken:
        """Begin a session."""
        self.at_ms += 5000
        return self.tell(event(dialled=dialled, carrier_session_id=session, **says))

    def type(self, text: str, session: str = "S1", **says: Any) -> Taken:
        """Type something, some seconds later."""
        self.at_ms += 5000
        return self.tell(event(Kind.INPUT, input=text, carrier_session_id=session, **says))

    def over(self, kind: Kind, session: str = "S1", **says: Any) -> Taken:
        return self.tell(event(kind, carrier_session_id=session, **says))

    @property
    def visit(self) -> Visit:
        """The newest session."""
        return self.visits[max(self.visits)]

    def _counts(self, visit: Visit) -> bool:
        return visit.is_live or (visit.resumable_until_ms or 0) > self.at_ms

    def _kept(self, taken: Taken) -> Taken:
        self.visits |= {visit.id: visit for visit in taken.visits}
        return taken


def _newest(visits: list[Visit]) -> Visit | None:
    return max(visits, key=lambda visit: visit.id, default=None)
