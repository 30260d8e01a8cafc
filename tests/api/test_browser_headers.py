"""What every kind of answer tells a browser (OWASP ASVS 5.0.0, V3.4 and V14.3): a walk through all that the server writes."""

from collections.abc import Callable

import orjson
import pytest

from mobilesasa.api.dashboard import built
from mobilesasa.api.fixed import FOR_GOOD
from mobilesasa.api.links import UNKNOWN_MAX
from mobilesasa.api.ports import WebLimits
from mobilesasa.api.ports.front import Front
from mobilesasa.campaigns.clicks import Led
from mobilesasa.core.callbacks import CallbackReply
from mobilesasa.core.errors import StoreAway
from tests.api.rig import NOW_MS, TOKEN, Connection, Reply, Rig
from tests.fakes.people import JANE

CODE = "7fKq2mXa"
PROXY = "192.0.2.7"
HTTPS = {"X_Forwarded_For": "198.51.100.9", "X_Forwarded_Proto": "https"}
FETCHED_AGAIN = (
    "the reference",
    "the dashboard",
    "a page of it",
    "its style",
    "its script",
    "the document",
    "the collection",
)


class Callbacks:
    async def take(self, _: object) -> CallbackReply | None:
        return CallbackReply(200, b"ok", "text/plain; charset=utf-8")


@pytest.fixture
def rig() -> Rig:
    async def ready() -> bool:
        return True

    made = Rig(
        link_base="https://go.example.com",
        callbacks=Callbacks(),
        metrics=lambda: b"a 1\n",
        readiness={"store": ready},
        front=Front(trusted_proxies=(PROXY,)),
        limits=WebLimits(max_body_octets=64, bad_tokens=3),
    )
    made.link_book.led[CODE] = Led(1, 17, ("https://shop.example.com/may",), NOW_MS + 1)
    made.link_book.led["7fKq2mXb"] = Led(1, 17, ("https://shop.example.com/may",), NOW_MS)
    return made


def ask(rig: Rig, method: str, path: str, body: bytes = b"", **headers: str) -> Reply:
    return rig.ask(method, path, body, **HTTPS, **headers)


def follow(rig: Rig, path: str, method: str = "GET") -> Reply:
    return ask(rig, method, path, Host="go.example.com")


def broken(rig: Rig) -> Reply:
    rig.node.directory.now = None
    return ask(rig, "GET", "/api/v1/messages", X_API_Key=TOKEN)


def known(rig: Rig) -> Reply:
    tag = ask(rig, "GET", "/api/v1/account", X_API_Key=TOKEN).headers["etag"]
    return ask(rig, "GET", "/api/v1/account", X_API_Key=TOKEN, If_None_Match=tag)


def guessed(rig: Rig) -> Reply:
    return [ask(rig, "GET", "/api/v1/messages", X_API_Key="mbs_nobody") for _ in range(5)][-1]


def logged_in(rig: Rig) -> Reply:
    rig.site.limits = WebLimits()
    body = orjson.dumps({"email": JANE.email, "password": rig.logins.password, "cookie": True})
    return ask(rig, "POST", "/api/v1/auth/login", body)


def away(rig: Rig) -> Reply:
    async def find(_: str) -> None:
        raise StoreAway("away")

    rig.link_book.find = find
    return follow(rig, f"/{CODE}")


def tried_out(rig: Rig) -> Reply:
    return [follow(rig, "/zzzzzzzz") for _ in range(UNKNOWN_MAX + 1)][-1]


Asked = Callable[[Rig], Reply]


def get(path: str, method: str = "GET", **headers: str) -> Asked:
    return lambda rig: ask(rig, method, path, **headers)


KINDS: dict[str, tuple[int, Asked]] = {
    "a success": (200, get("/api/v1/messages", X_API_Key=TOKEN)),
    "its head": (200, get("/api/v1/messages", "HEAD", X_API_Key=TOKEN)),
    "what is known already": (304, known),
    "nobody known": (401, get("/api/v1/messages")),
    "too many bad tokens": (429, guessed),
    "a scope that is missing": (403, get("/api/v1/contacts", X_API_Key=TOKEN)),
    "an address where nothing is": (404, get("/nowhere")),
    "one of the api": (404, get("/api/v1/nowhere")),
    "a method that is not taken": (404, get("/api/v1/messages", "PATCH", X_API_Key=TOKEN)),
    "a method that nobody takes": (404, get("/healthz", "TRACE")),
    "the methods": (200, get("/api/v1/messages", "OPTIONS")),
    "an address that is none": (400, get("/api/v1/%zz", X_API_Key=TOKEN)),
    "a body that is too large": (400, lambda rig: ask(rig, "POST", "/api/v1/messages", b"x" * 65, X_API_Key=TOKEN)),
    "a body that is packed": (400, get("/api/v1/messages", "POST", X_API_Key=TOKEN, Content_Encoding="gzip")),
    "a defect of ours": (500, broken),
    "a login in a browser": (200, logged_in),
    "the reference": (200, get("/docs")),
    "the dashboard": (200, get("/")),
    "a page of it": (200, get("/app/messages")),
    "a file of it": (200, get(f"{built().folder}/main.js")),
    "a file of another release": (404, get("/static/0123456789abcdef/main.js")),
    "its style": (200, get("/docs/reference.css")),
    "its script": (200, get("/docs/reference.js")),
    "the document": (200, get("/api/v1/openapi.json")),
    "the collection": (200, get("/api/v1/postman.json")),
    "the process": (200, get("/healthz")),
    "whether it is ready": (200, get("/readyz")),
    "the figures": (200, get("/metrics")),
    "a carrier": (200, get("/carriers/up/receipts/s")),
    "a carrier at a wrong address": (404, get("/carriers/up")),
    "a short link": (302, lambda rig: follow(rig, f"/{CODE}")),
    "one that nobody has": (404, lambda rig: follow(rig, "/zzzzzzzz")),
    "one that is over": (410, lambda rig: follow(rig, "/7fKq2mXb")),
    "a write to one": (405, lambda rig: follow(rig, f"/{CODE}", "POST")),
    "too many that nobody has": (429, tried_out),
    "one that cannot be looked up": (503, away),
    "the word to robots": (200, lambda rig: follow(rig, "/robots.txt")),
}


def check(reply: Reply, kept: str = "no-store") -> None:
    """See that an answer runs nothing, is framed by nobody, is not guessed at, tells nobody where it was, and is not kept."""
    said = dict(each.strip().partition(" ")[::2] for each in reply.headers["content-security-policy"].split(";"))
    none = ("default-src", "object-src", "base-uri", "form-action", "frame-ancestors")
    assert {name: said.get(name) for name in none} == dict.fromkeys(none, "'none'")
    assert "unsafe" not in str(said)
    assert reply.headers["x-content-type-options"] == "nosniff"
    assert reply.headers["referrer-policy"] == "no-referrer"
    assert "server" not in reply.headers
    if reply.status != 304:
        assert reply.headers["cache-control"] == kept
    if reply.octets:
        kind = reply.headers["content-type"]
        assert kind == "application/json" or (kind.startswith("text/") and kind.endswith("; charset=utf-8"))


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_answer_lets_a_browser_do_nothing_with_it_and_keep_nothing(rig, kind, flush_logged):
    status, asked = KINDS[kind]
    reply = asked(rig)
    assert reply.status == status
    assert bool(flush_logged(AttributeError)) is (kind == "a defect of ours")
    check(reply, FOR_GOOD.decode() if kind == "a file of it" else "no-cache" if kind in FETCHED_AGAIN else "no-store")
    assert reply.headers["strict-transport-security"].startswith("max-age=31536000")


@pytest.mark.parametrize(
    "octets", [b"GET / HTTP/9.9\r\n\r\n", b"nonsense\r\n\r\n", b"GET /%s HTTP/1.1\r\n" % (b"x" * 20_000)]
)
def test_what_is_no_http_is_answered_with_the_same_headers(rig, octets):
    connection = Connection(rig.site)
    connection.send(octets)
    reply = connection.reply()
    assert reply.refusal == (400, "bad_http")
    check(reply)
    assert "strict-transport-security" not in reply.headers


def test_what_is_no_http_on_a_connection_of_https_is_told_to_come_so_again(rig):
    connection = Connection(rig.site)
    connection._protocol._is_secure = True  # what it asks of its transport when it begins
    connection.send(b"nonsense\r\n\r\n")
    assert connection.reply().headers["strict-transport-security"].startswith("max-age=31536000")


def test_names_below_ours_are_bound_to_https_where_the_operator_says_so():
    rig = Rig(front=Front(trusted_proxies=(PROXY,), hsts_subdomains=True))
    assert ask(rig, "GET", "/healthz").headers["strict-transport-security"] == "max-age=31536000; includeSubDomains"
    assert "strict-transport-security" not in rig.ask("GET", "/healthz").headers
