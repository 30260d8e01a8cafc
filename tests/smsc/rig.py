"""A server without sockets: real links and sessions, the real gateway, a store and an outbox in memory."""

from typing import Any

import attrs
from twisted.internet.task import Clock

from mobilesasa.core.gateway import Gateway
from mobilesasa.core.ids import MessageIds
from mobilesasa.core.teams import (
    CarrierRecord,
    CurrentDirectory,
    Directory,
    RouteRecord,
    Sender,
    SmppPassword,
    Team,
    Token,
    token_digest,
)
from mobilesasa.core.terms import SmppTerms
from mobilesasa.notify.outbox import Outbox
from mobilesasa.smppnet.timers import Timers
from mobilesasa.smsc.binds import Binds
from mobilesasa.smsc.limits import Limits
from mobilesasa.smsc.operations import Operations
from mobilesasa.smsc.places import Book, SharedPlaces
from mobilesasa.smsc.server import SmppServer
from mobilesasa.smsc.session import Smsc
from tests.fakes.alterations import FakeAlterations
from tests.fakes.esme import Esme
from tests.fakes.hands import FakeHands, FakeHandsElsewhere
from tests.fakes.intake import FakeIntake, FakeQueue
from tests.fakes.passwords import FakeBook, FakeMatching, passwords
from tests.fakes.spool import NINE_MS, FakeSpool

ACME = "mbs_AcmeAcmeAcmeAcmeAcmeAcmeAcmeAcme"
ACME_2 = "mbs_Acme2222222222222222222222222222"
ACME_CONTACTS = "mbs_AcmeContactsOnly0000000000000000"
RIVAL = "mbs_RivalRivalRivalRivalRivalRivalRi"
NOW_MS = NINE_MS
_LIMITS = frozenset(attrs.fields_dict(Limits))


def token(raw: str, team_id: int, **changes: Any) -> Token:
    given = {"uuid": f"uuid of {raw[:8]}", "prefix": raw[:8], "scopes": frozenset({"messages"}), **changes}
    return Token(team_id=team_id, digest=token_digest(raw), **given)


class Rig:
    """Built with what bounds it: fields of `Limits` and of `SmppTerms`."""

    def __init__(self, **bounds: Any) -> None:
        self.clock = Clock()
        self.teams = [
            Team(1, "uuid 1", "ACME", "Acme", default_sender_id=1),
            Team(2, "uuid 2", "RIVAL", "Rival", default_sender_id=2),
        ]
        self.senders = [
            Sender(1, "5e9de000-0000-4000-8000-000000000001", 1, "TextBlast"),
            Sender(2, "5e9de000-0000-4000-8000-000000000002", 2, "RivalCo"),
            Sender(3, "5e9de000-0000-4000-8000-000000000003", 1, "22141"),
        ]
        self.tokens = [
            token(ACME, 1),
            token(ACME_2, 1),
            token(ACME_CONTACTS, 1, scopes=frozenset({"contacts"})),
            token(RIVAL, 2),
        ]
        self.smpp_passwords: list[SmppPassword] = []
        self.directory = CurrentDirectory()
        self.changed()
        self.intake, self.queue, self.spool = FakeIntake(), FakeQueue(), FakeSpool()
        ids = MessageIds(self.now_ms, lambda bits: 5)
        gateway = Gateway(self.directory, self.intake, self.queue, self.now_ms, ids)
        self.binds = Binds(self.clock)
        self.outbox = Outbox(self.spool, self.clock, self.now_ms, unanswered=self.binds.unanswered.ids)
        self.binds.tell(self.outbox)
        self.matching, self.book = FakeMatching(), FakeBook()
        self.smsc = Smsc(
            gateway,
            self.directory,
            self.binds,
            self.clock,
            self.now_ms,
            passwords(self.clock, self.matching, self.book),
            Limits(**{name: value for name, value in bounds.items() if name in _LIMITS}),
            SmppTerms(**{name: value for name, value in bounds.items() if name not in _LIMITS}),
        )
        self.alterations = FakeAlterations(self.intake, self.spool)
        self.hands, self.elsewhere = FakeHands(), FakeHandsElsewhere()
        self.smsc.operations = Operations(
            self.alterations,
            self.queue,
            self.outbox,
            self.directory,
            gateway.times,
            self.hands,
            self.elsewhere,
        )
        self.server = SmppServer([], self.smsc, Timers())

    def share(self, book: Book, run: int) -> SharedPlaces:
        """Be one of several nodes from now on: places are those of a book."""
        places = SharedPlaces(book, self.binds, self.clock, run)
        self.smsc.places = self.smsc.entrance.places = places
        self.server = SmppServer([], self.smsc, Timers(), f"n-{run}-")
        return places

    def now_ms(self) -> int:
        return NOW_MS + round(self.clock.seconds() * 1000)

    def changed(self) -> None:
        """Let the node see what the operator changed."""
        carriers = [CarrierRecord(1, "sandbox", "sandbox")]
        self.directory.now = Directory(
            self.teams,
            self.senders,
            self.tokens,
            carriers,
            [RouteRecord("254", 1), RouteRecord("255", 9)],
            smpp_passwords=self.smpp_passwords,
        )

    def change_team(self, team_id: int, **changes: Any) -> None:
        self.teams = [attrs.evolve(t, **changes) if t.id == team_id else t for t in self.teams]
        self.changed()

    def change_sender(self, name: str, **changes: Any) -> None:
        self.senders = [attrs.evolve(s, **changes) if s.name == name else s for s in self.senders]
        self.changed()

    def change_token(self, raw: str, **changes: Any) -> None:
        digest = token_digest(raw)
        self.tokens = [attrs.evolve(t, **changes) if t.digest == digest else t for t in self.tokens]
        self.changed()

    def connect(self, host: str = "192.0.2.1") -> Esme:
        link = self.server.link_for(None)
        assert link is not None
        return Esme(link, host)

    def bound(self, *args: Any, password: str = ACME, system_id: str = "ACME", **fields: Any) -> Esme:
        esme = self.connect()
        assert esme.bind(*args, system_id=system_id, password=password, **fields).status == 0
        return esme
