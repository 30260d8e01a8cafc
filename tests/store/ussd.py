"""What tests of USSD's store begin with: a team with a menu that answers at *384*7#, and a phone that dials and types."""

import itertools
import random
import time
from typing import Any

import attrs

from mobilesasa.core.actors import NODE
from mobilesasa.core.callable_urls import Reach
from mobilesasa.core.ids import MessageIds
from mobilesasa.core.ussd import Kind, UssdEvent
from mobilesasa.store import ussd_codes, ussd_directory, ussd_extensions, ussd_menus, ussd_steps
from mobilesasa.store.database import Txn
from mobilesasa.ussd.directory import CurrentDirectory
from mobilesasa.ussd.paging import WIDE
from mobilesasa.ussd.views import (
    Answering,
    CodeKind,
    CodeRecord,
    ExtensionRecord,
    MenuRecord,
    NewCode,
    NewExtension,
    Publishing,
)
from mobilesasa.ussd.visits import Asked, Heard, Taken
from tests.store.given import NOW_MS

REACH = Reach()
SECRET = "whsec_" + "c2VjcmV0" * 4
PHONE = "254712345678"
_numbers = itertools.count(1)
SIMPLE: dict[str, Any] = {
    "name": "Acme",
    "start": "main",
    "screens": {
        "main": {
            "kind": "choices",
            "text": "Hi {first_name:there}",
            "choices": [{"key": "1", "label": "Hours", "next": "hours"}, {"key": "2", "label": "Name", "next": "name"}],
        },
        "hours": {"kind": "end", "text": "8 to 6"},
        "name": {"kind": "input", "text": "Name?", "input": {"variable": "name", "type": "text"}, "next": "thanks"},
        "thanks": {"kind": "end", "text": "Thanks {name}"},
    },
}


def uuid() -> str:
    return f"05500000-0000-4000-8000-{next(_numbers):012}"


def give_code(txn: Txn, code: str = "384", kind: CodeKind = CodeKind.SHARED, **says: Any) -> CodeRecord:
    return ussd_codes.add_code(txn, NODE, uuid(), NewCode(code=code, kind=kind, **says))


def give_menu(txn: Txn, team: int, definition: dict[str, Any] | None = None, publish: bool = True) -> MenuRecord:
    made = ussd_menus.create(txn, NODE, team, uuid(), definition or SIMPLE, SECRET, NOW_MS)
    return ussd_menus.publish(txn, NODE, team, made.uuid, Publishing(), REACH, NOW_MS) if publish else made


def give_extension(txn: Txn, team: int, extension: str = "7", code: str = "384", **answering: Any) -> ExtensionRecord:
    new = NewExtension(code=code, extension=extension, answering=Answering(**answering))
    return ussd_extensions.add(txn, NODE, team, uuid(), new)


@attrs.define
class Phone:
    """A phone whose events go into the store in one transaction, with the menus that a node has read."""

    txn: Txn
    directory: CurrentDirectory = attrs.field(factory=CurrentDirectory)
    at_ms: int = attrs.field(factory=lambda: round(time.time() * 1000))  # the store looks at its own clock as well
    msisdn: str = PHONE
    gateway: str = "acme"
    ids: MessageIds = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self.ids = MessageIds(lambda: self.at_ms, random.Random(next(_numbers)).getrandbits)
        self.look()

    def look(self) -> None:
        """Read what is configured."""
        self.directory.replace(*ussd_directory.load(self.txn, self.directory.known_menus))

    def asked(self, kind: Kind = Kind.START, session: str = "S1", **says: Any) -> Asked:
        known = {"msisdn": self.msisdn, "code": "384", "dialled": "*384*7#", "carrier_session_id": session}
        event = UssdEvent(gateway=self.gateway, kind=kind, **(known | says))
        return Asked(event, self.ids(), self.at_ms, self.directory.now.answers(event), WIDE)

    def step(self, *steps: Asked | Heard) -> list[Taken]:
        return ussd_steps.step(self.txn, steps, self.directory)

    def dial(self, dialled: str = "*384*7#", **says: Any) -> Taken:
        self.at_ms += 5000
        return self.step(self.asked(dialled=dialled, **says))[0]

    def type(self, text: str, **says: Any) -> Taken:
        self.at_ms += 5000
        return self.step(self.asked(Kind.INPUT, input=text, **says))[0]

    def over(self, kind: Kind = Kind.ABORT, **says: Any) -> Taken:
        return self.step(self.asked(kind, **says))[0]
