"""A node's API over its real tree and its real HTTP server; only the store behind it is in memory."""

from http.client import HTTPResponse
from io import BytesIO
from typing import Any

import attrs
import orjson
from twisted.internet.address import IPv4Address
from twisted.internet.error import ConnectionLost
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from twisted.python.failure import Failure

from mobilesasa.api.ports import Node, WebLimits
from mobilesasa.api.root import make_site
from mobilesasa.core.gateway import Gateway
from mobilesasa.core.inbound import Inbound
from mobilesasa.core.model import Coding, Lane, Origin, Priced, Wish
from mobilesasa.core.teams import (
    CarrierRecord,
    CurrentDirectory,
    Directory,
    RouteRecord,
    Sender,
    Team,
    Token,
    token_digest,
)
from mobilesasa.notify.receipts import receipt_text
from tests.fakes.admin import FakeDesk
from tests.fakes.audiences import FakeAudiences
from tests.fakes.books import FakeLedger, FakeTrail
from tests.fakes.campaigns import FakeCampaigns
from tests.fakes.contacts import FakeContactLists, FakeContacts, FakeErasures, FakeGroups, People
from tests.fakes.history import FakeHistory, FakeOperations
from tests.fakes.inbox import FakeInbox, FakeSuppressions
from tests.fakes.intake import FakeIntake, FakeQueue
from tests.fakes.links import FakeLinkBook, FakeLinkCounts
from tests.fakes.passwords import FakeSmppPasswords
from tests.fakes.people import PASSWORD, FakeLogins, FakeMembers, people
from tests.fakes.platform import FakeCarriers, FakeTray
from tests.fakes.reports import FakeExports, FakeFiles, FakeReports
from tests.fakes.sessions import FakeGrants, FakeSessions
from tests.fakes.surveys import FakeSurveys
from tests.fakes.tokens import FakeDocuments, FakeSenders, FakeTokens
from tests.fakes.uploads import FakeLooker, FakeUploads
from tests.fakes.ussd import FakeUssd
from tests.fakes.webhooks import FakeWebhooks

NOW_MS = 1_778_490_000_000  # 2026-05-11T09:00:00Z
ACME = Team(1, "6f1c1bb0-0000-4000-8000-000000000001", "ACME2024", "Acme", default_sender_id=1)
OTHER = Team(2, "6f1c1bb0-0000-4000-8000-000000000002", "OTHER", "Other", default_sender_id=2)
SENDERS = [
    Sender(1, "5e000000-0000-4000-8000-000000000001", 1, "TextBlast"),
    Sender(2, "5e000000-0000-4000-8000-000000000002", 2, "OtherCo"),
    Sender(3, "5e000000-0000-4000-8000-000000000003", 1, "MYAPP"),
    Sender(4, "5e000000-0000-4000-8000-000000000004", 1, "Waiting", status="pending"),
]
TOKEN = "mbs_acme"
OPERATOR = "mbs_operator"
BODY = {"to": "+254712345678", "message": "Hello from Mobile Sasa!", "sender_id": "MYAPP"}


def token(raw: str, team_id: int = 1, scopes: tuple[str, ...] = ("messages",), **more: Any) -> Token:
    return Token(f"uuid of {raw}", team_id, token_digest(raw), raw[:8], frozenset(scopes), **more)


TOKENS = [
    token(TOKEN, scopes=("messages", "api_tokens")),
    token("mbs_other", 2),
    token("mbs_reports", scopes=("reports",)),
    token("mbs_campaigns", scopes=("campaigns",)),
    token("mbs_people", scopes=("contacts", "groups", "messages")),
    token("mbs_contacts", scopes=("contacts",)),
    token("mbs_ussd", scopes=("ussd",)),
    token("mbs_groups", scopes=("groups",)),
    token(OPERATOR, scopes=("platform",)),
    token("mbs_revoked", revoked=True),
    token("mbs_expired", expires_at_ms=NOW_MS),
]


ROUTES = [RouteRecord("", 1)]


def directory(teams=(ACME, OTHER), senders=SENDERS, tokens=TOKENS, routes=ROUTES) -> Directory:
    return Directory(teams, senders, tokens, [CarrierRecord(1, "savanna", "sandbox")], routes)


def message_id(n: int, at_ms: int = NOW_MS) -> str:
    head = f"{at_ms:012x}"
    return f"{head[:8]}-{head[8:]}-7000-8000-{n:012x}"


def stored(n: int = 1, team_id: int = 1, at_ms: int = NOW_MS, **more: Any) -> Priced:
    """A message as the store holds it."""
    made = Priced(
        id=message_id(n, at_ms),
        team_id=team_id,
        carrier_id=1,
        lane=Lane.TRANSACTIONAL,
        origin=Origin.API,
        wish=Wish.NONE,
        sender="TextBlast",
        recipient="254712345678",
        text="Hello",
        body=None,
        udh=b"",
        coding=Coding.GSM7,
        parts=1,
        price_units=1,
        expires_at_ms=at_ms + 86_400_000,
        due_at_ms=None,
    )
    return attrs.evolve(made, **more)


def came(n: int = 1, team_id: int = 1, **more: Any) -> Inbound:
    """A message from a phone as the store holds it."""
    made = Inbound(
        id=message_id(n),
        team_id=team_id,
        carrier_id=1,
        source="254712345678",
        destination="22384",
        text="YES",
        body=None,
        udh=b"",
        coding=Coding.GSM7,
        parts=1,
        missing=0,
        received_at_ms=NOW_MS,
    )
    return attrs.evolve(made, **more)


@attrs.frozen
class Reply:
    status: int
    headers: dict[str, str]
    octets: bytes
    cookies: tuple[str, ...] = ()  # each Set-Cookie

    @property
    def body(self) -> Any:
        return orjson.loads(self.octets)

    @property
    def data(self) -> Any:
        body = self.body
        assert (self.status, body["success"]) == (200, True), body
        return body["data"]

    @property
    def refusal(self) -> tuple[int, str]:
        body = self.body
        assert body["success"] is False
        assert body["request_id"] == self.headers["x-request-id"]
        return self.status, body["code"]


class Wire(StringTransport):
    """What a connection wrote, and whether it was cut."""

    aborted = False

    def abortConnection(self) -> None:
        self.aborted = True
        self.loseConnection()


class Connection:
    """A client's connection; raw octets go in, replies come out."""

    def __init__(self, site: Any, host: str = "192.0.2.7", wire: type[Wire] = Wire) -> None:
        self.wire = wire(IPv4Address("TCP", "127.0.0.1", 8080), IPv4Address("TCP", host, 40_000))
        self._protocol = site.buildProtocol(self.wire.getPeer())
        self._protocol.makeConnection(self.wire)

    def send(self, octets: bytes) -> None:
        self._protocol.dataReceived(octets)

    def reply(self, method: str = "GET") -> Reply:
        """Read the one reply that was written."""
        octets = self.wire.value()
        self.wire.clear()
        assert octets, "nothing was answered"
        response = HTTPResponse(_Read(octets), method=method)  # type: ignore[arg-type]
        response.begin()
        headers = {name.lower(): value for name, value in response.getheaders()}
        cookies = tuple(response.headers.get_all("Set-Cookie", ()))
        return Reply(response.status, headers, response.read(), cookies)

    def no_more(self) -> None:
        """Close the writing side."""
        self._protocol.readConnectionLost()

    def hang_up(self) -> None:
        self._protocol.connectionLost(Failure(ConnectionLost()))


class _Read:
    def __init__(self, octets: bytes) -> None:
        self._octets = octets

    def makefile(self, *_: object) -> BytesIO:
        return BytesIO(self._octets)


async def at_once(function: Any, *args: Any) -> Any:
    """Stand for a thread."""
    return function(*args)


class Rig:
    """A node's API with two teams, ACME and OTHER, and what a client does with it."""

    def __init__(self, **more: Any) -> None:
        self.clock = Clock()
        self.clock.advance(1000)
        self.intake = FakeIntake()
        self.queue = FakeQueue()
        self.history = FakeHistory()
        self.alterations = FakeOperations(self.history)
        self.keys = self.history.keys = self.intake.keys
        self.inbox = FakeInbox()
        self.suppressions = FakeSuppressions(self.keys)
        self.contacts = People(self.keys)
        self.contact_lists = FakeContactLists(self.contacts)
        self.groups = FakeGroups(self.contacts)
        self.erasures = FakeErasures(self.contacts)
        self.senders = FakeSenders(self.keys)
        self.tokens = FakeTokens()
        self.ledger = FakeLedger()
        self.trail = FakeTrail()
        self.reports = FakeReports()
        self.exports = FakeExports(self.keys)
        self.files = FakeFiles()
        self.documents = FakeDocuments(self.files, self.keys)
        self.uploads = FakeUploads(self.keys)
        self.audiences = FakeAudiences(self.uploads)
        self.smpp_passwords = FakeSmppPasswords()
        self.smpp = FakeSessions()
        self.smpp_grants = FakeGrants()
        self.carriers = FakeCarriers()
        self.tray = FakeTray(self.keys)
        self.desk = FakeDesk(self.keys)
        self.webhooks = FakeWebhooks(self.keys)
        self.ussd = FakeUssd(self.keys)
        self.link_book = FakeLinkBook()
        self.link_counts = FakeLinkCounts()
        self.directory = CurrentDirectory(directory())
        self.people = people()
        self.logins = FakeLogins(self.people, self._now_ms)
        self.members = FakeMembers(self.people)
        self.now_ms = NOW_MS
        self.caught_up = 0  # how often its pictures were
        numbers = iter(range(1_000_000, 2_000_000))
        gateway = Gateway(self.directory, self.intake, self.queue, self._now_ms, lambda: message_id(next(numbers)))
        self.campaigns = FakeCampaigns(self.contacts, self.directory, gateway.judge, self._now_ms, self.intake)
        self.surveys = FakeSurveys(self.keys, self._now_ms)
        limits = more.pop("limits", WebLimits(max_body_octets=4096, bad_tokens=3, addresses=2))
        self.node = Node(
            gateway=gateway,
            directory=self.directory,
            people=self.people,
            caught_up=self._catch_up,
            logins=self.logins,
            members=self.members,
            history=self.history,
            alterations=self.alterations,
            receipt_text=receipt_text,
            inbox=self.inbox,
            suppressions=self.suppressions,
            senders=self.senders,
            tokens=self.tokens,
            ledger=self.ledger,
            trail=self.trail,
            contacts=FakeContacts(self.contacts),
            contact_lists=self.contact_lists,
            groups=self.groups,
            erasures=self.erasures,
            campaigns=self.campaigns,
            surveys=self.surveys,
            ussd=self.ussd,
            keys=self.keys,
            smpp=self.smpp,
            smpp_grants=self.smpp_grants,
            smpp_passwords=self.smpp_passwords,
            carriers=self.carriers,
            tray=self.tray,
            desk=self.desk.desk(),
            webhooks=self.webhooks,
            webhook_calls=self.webhooks,
            link_book=self.link_book,
            link_counts=self.link_counts,
            now_ms=self._now_ms,
            clock=self.clock,
            new_id=lambda: f"request-{next(numbers)}",
            reports=self.reports,
            exports=self.exports,
            files=self.files,
            documents=self.documents,
            uploads=self.uploads,
            audiences=self.audiences,
            looker=FakeLooker(),
            aside=at_once,
            new_uuid=lambda: f"6f1c1bb0-0000-4000-8000-{next(numbers):012}",
            limits=limits,
            **more,
        )
        self.site = make_site(self.node)

    async def _catch_up(self) -> None:
        self.caught_up += 1

    def _now_ms(self) -> int:
        return self.now_ms

    def begin(self, method: str, path: str, body: bytes = b"", host: str = "192.0.2.7", **headers: str) -> Connection:
        """Send a request on a connection of its own."""
        connection = Connection(self.site, host)
        given = {"Host": "localhost:8080", "Content-Length": str(len(body))}
        given |= {name.replace("_", "-"): value for name, value in headers.items()}
        head = "".join(f"{name}: {value}\r\n" for name, value in given.items())
        connection.send(f"{method} {path} HTTP/1.1\r\n{head}\r\n".encode("utf-8", "surrogateescape") + body)
        return connection

    def ask(self, method: str, path: str, body: bytes = b"", **headers: str) -> Reply:
        """Send a request and read its reply."""
        return self.begin(method, path, body, **headers).reply(method)

    def get(self, path: str, token: str = TOKEN, **headers: str) -> Reply:
        return self.ask("GET", f"/api/v1{path}", Authorization=f"Bearer {token}", **headers)

    def post(self, path: str, body: Any = None, token: str = TOKEN, **headers: str) -> Reply:
        octets = b"" if body is None else orjson.dumps(body)
        given = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"} | headers
        return self.ask("POST", f"/api/v1{path}", octets, **given)

    def delete(self, path: str, token: str = TOKEN) -> Reply:
        return self.ask("DELETE", f"/api/v1{path}", Authorization=f"Bearer {token}")

    def put(self, path: str, body: Any = None, token: str = TOKEN) -> Reply:
        given = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        return self.ask("PUT", f"/api/v1{path}", orjson.dumps(body), **given)

    def log_in(self, email: str, team: str | None = None) -> str:
        """Log somebody in, and return the access token."""
        body = orjson.dumps({"email": email, "password": PASSWORD, "team": team})
        return str(self.ask("POST", "/api/v1/auth/login", body).data["access_token"])
