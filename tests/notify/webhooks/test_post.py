"""Calls of webhooks over real sockets: what is sent, what becomes of answers of all kinds, and whom we never call."""

from contextlib import asynccontextmanager
from datetime import UTC, datetime
from ipaddress import ip_network

import pytest
from pytest_twisted import ensureDeferred
from standardwebhooks import Webhook
from twisted.internet import reactor
from twisted.internet.address import IPv4Address
from twisted.internet.defer import CancelledError, Deferred, maybeDeferred
from twisted.internet.interfaces import IReactorPluggableNameResolver
from twisted.internet.protocol import Factory, Protocol
from twisted.internet.ssl import Certificate, DefaultOpenSSLContextFactory, trustRootFromCertificates
from twisted.internet.testing import MemoryReactorClock
from twisted.web.client import BrowserLikePolicyForHTTPS
from twisted.web.resource import Resource
from twisted.web.server import NOT_DONE_YET, Site
from zope.interface import implementer

from mobilesasa.core.callable_urls import Reach
from mobilesasa.core.hooks import EXCERPT_OCTETS, Endpoint
from mobilesasa.core.signing import SECRET_OCTETS, secret_of
from mobilesasa.notify.webhooks.guard import _View
from mobilesasa.notify.webhooks.post import READ_OCTETS, open_post
from mobilesasa.smppnet.certificates import self_signed

HOST = "127.0.0.1"
HERE = Reach(networks=[ip_network("127.0.0.0/8"), ip_network("::1/128")])
SECRET, OLD = (secret_of(bytes([n]) * SECRET_OCTETS) for n in (1, 2))
BODY = b'{"type": "ping"}'


class Receiver(Resource):
    """Answers as its name in the path says."""

    isLeaf = True

    def __init__(self):
        super().__init__()
        self.heard = []
        self.connections = set()
        self.kept = Deferred()  # fires when a request came that is not answered

    def render_POST(self, request):
        self.heard.append((dict(request.requestHeaders.getAllRawHeaders()), request.content.read()))
        self.connections.add(request.channel.transport.getPeer().port)
        return getattr(self, request.path.decode()[1:])(request)

    def ok(self, request):
        return b"thanks"

    def empty(self, request):
        request.setResponseCode(204)
        return b""

    def gone(self, request):
        request.setResponseCode(410)
        return b""

    def elsewhere(self, request):
        request.setResponseCode(302)
        request.setHeader("Location", "/ok")
        return b""

    def later(self, request):
        request.setResponseCode(503)
        request.setHeader("Retry-After", "17")
        return b""

    def on_a_day(self, request):
        request.setResponseCode(429)
        request.setHeader("Retry-After", "Mon, 11 May 2026 09:00:30 GMT")
        return b""

    def some_time(self, request):
        request.setResponseCode(429)
        request.setHeader("Retry-After", "soon")
        return b""

    def long(self, request):
        return b"x" * (READ_OCTETS * 4)

    def odd(self, request):
        return b"\x00\xffokay"

    def slow(self, request):
        self.kept.callback(None)
        return NOT_DONE_YET

    def half(self, request):
        request.setHeader("Content-Length", "100")
        request.write(b"half of it")
        request.transport.loseConnection()
        return NOT_DONE_YET


class Saying(Protocol):
    octets = b""

    def dataReceived(self, data):
        self.transport.write(self.octets)
        if self.octets.endswith(b"\n\n\n"):
            self.transport.loseConnection()


def saying(octets):
    return Factory.forProtocol(type("Saying", (Saying,), {"octets": octets}))


@pytest.fixture
def receiver():
    return Receiver()


@asynccontextmanager
async def served(factory, context=None):
    listen = reactor.listenTCP if context is None else lambda *args, **kw: reactor.listenSSL(*args, context, **kw)
    port = listen(0, factory, interface=HOST)
    try:
        yield port.getHost().port
    finally:
        await maybeDeferred(port.stopListening)


async def called(url, reach=HERE, timeout_s=10.0, policy=None, times=1):
    post = open_post(reactor, reach, lambda: 1_778_490_000, timeout_s, policy)
    try:
        endpoint = Endpoint(1, "uuid", 1, url, (SECRET, OLD))
        for _ in range(times):
            outcome = await post.call(endpoint, "evt", BODY)
        return outcome
    finally:
        await post.close()


async def answered(receiver, path, **more):
    async with served(Site(receiver)) as port:
        return await called(f"http://{HOST}:{port}/{path}", **more)


@ensureDeferred
async def test_a_call_is_json_and_signed_with_each_secret(receiver):
    outcome = await answered(receiver, "ok")
    assert (outcome.status, outcome.answer, outcome.error, outcome.is_taken) == (200, "thanks", "", True)
    ((headers, body),) = receiver.heard
    assert body == BODY
    assert headers[b"Content-Type"] == [b"application/json"]
    said = {name.decode().lower(): values[0].decode() for name, values in headers.items()}
    assert (said["webhook-id"], said["webhook-timestamp"]) == ("evt", "1778490000")
    signatures = [
        Webhook(secret).sign("evt", datetime.fromtimestamp(1_778_490_000, UTC), BODY.decode())
        for secret in (SECRET, OLD)
    ]
    assert said["webhook-signature"].split() == signatures


@pytest.mark.parametrize(("path", "status"), [("empty", 204), ("gone", 410), ("elsewhere", 302)])
@ensureDeferred
async def test_the_status_is_what_counts_and_no_redirect_is_followed(receiver, path, status):
    outcome = await answered(receiver, path)
    assert (outcome.status, outcome.is_taken, outcome.is_gone) == (status, status == 204, status == 410)
    assert len(receiver.heard) == 1


@pytest.mark.parametrize(("path", "waits_s"), [("later", 17.0), ("on_a_day", 30.0), ("some_time", None)])
@ensureDeferred
async def test_retry_after_is_read_as_seconds_or_as_a_date(receiver, path, waits_s):
    assert (await answered(receiver, path)).retry_after_s == waits_s


@ensureDeferred
async def test_of_a_long_answer_only_the_beginning_is_read(receiver):
    outcome = await answered(receiver, "long")
    assert (outcome.status, outcome.answer) == (200, "x" * EXCERPT_OCTETS)


@ensureDeferred
async def test_an_answer_that_is_no_text_is_kept_as_far_as_it_is(receiver):
    assert (await answered(receiver, "odd")).answer == "\ufffdokay"


@ensureDeferred
async def test_an_answer_that_breaks_off_has_its_status_all_the_same(receiver):
    outcome = await answered(receiver, "half")
    assert (outcome.status, outcome.answer) == (200, "half of it")


@ensureDeferred
async def test_a_connection_is_used_again(receiver):
    await answered(receiver, "ok", times=3)
    assert (len(receiver.heard), len(receiver.connections)) == (3, 1)


@ensureDeferred
async def test_who_does_not_answer_in_time_has_not_answered(receiver):
    outcome = await answered(receiver, "slow", timeout_s=0.2)
    assert (outcome.status, outcome.error) == (None, "no answer within 0.2 s")


@pytest.mark.parametrize("octets", [b"nonsense\n\n\n", b"HTTP/1.1 abc\r\n\r\n\n\n\n", b"SSH-2.0-x\n\n\n"])
@ensureDeferred
async def test_what_is_no_http_is_a_failure_in_words(octets):
    async with served(saying(octets)) as port:
        outcome = await called(f"http://{HOST}:{port}/", timeout_s=2.0)
    assert outcome.status is None
    assert outcome.error


@ensureDeferred
async def test_who_does_not_end_the_headers_is_given_up():
    async with served(saying(b"HTTP/1.1 200 OK\r\nX: y\r\n")) as port:
        assert (await called(f"http://{HOST}:{port}/", timeout_s=0.2)).error == "no answer within 0.2 s"


@ensureDeferred
async def test_a_port_where_nobody_listens_is_a_failure_in_words(receiver):
    async with served(Site(receiver)) as port:
        pass
    assert "refused" in (await called(f"http://{HOST}:{port}/")).error


@ensureDeferred
async def test_a_name_that_is_not_known_is_a_failure_in_words():
    assert (await called("http://nothing.invalid/")).error == "its name is not known"


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    return self_signed(tmp_path_factory.mktemp("tls"), "localhost", datetime.now(UTC))


@ensureDeferred
async def test_a_certificate_that_nobody_vouches_for_is_not_taken(receiver, files):
    context = DefaultOpenSSLContextFactory(str(files.key_file), str(files.certificate_file))
    async with served(Site(receiver), context) as port:
        outcome = await called(f"https://localhost:{port}/ok")
        assert outcome.error.startswith("TLS: ")
        trusted = trustRootFromCertificates([Certificate.loadPEM(files.certificate_file.read_bytes())])
        policy = BrowserLikePolicyForHTTPS(trusted)
        assert (await called(f"https://localhost:{port}/ok", policy=policy)).is_taken
        assert (await called(f"https://{HOST}:{port}/ok", policy=policy)).error.startswith("TLS: ")
    assert len(receiver.heard) == 1


@pytest.mark.parametrize(
    "host", [HOST, "localhost", "127.1", "2130706433", "0x7f000001", "[::1]", "[::ffff:127.0.0.1]"]
)
@ensureDeferred
async def test_this_machine_is_not_called_however_it_is_written(receiver, host):
    async with served(Site(receiver)) as port:
        outcome = await called(f"http://{host}:{port}/ok", reach=Reach())
    assert outcome.error == "its name leads to an address that is not called"
    assert receiver.heard == []


@implementer(IReactorPluggableNameResolver)
class Names(MemoryReactorClock):
    """A reactor whose names lead where a test says, by one list a lookup."""

    def __init__(self, *lookups):
        super().__init__()
        self.lookups = list(lookups)
        self.nameResolver = self

    def installNameResolver(self, resolver):
        raise NotImplementedError

    def resolveHostName(self, receiver, name, port_number=0, *args, portNumber=0, **kwargs):  # noqa: N803 - Twisted's
        receiver.resolutionBegan(None)
        for address in self.lookups.pop(0):
            receiver.addressResolved(IPv4Address("TCP", address, portNumber))
        receiver.resolutionComplete()


def begun(names):
    """Call an endpoint by a name; return the outcome if there is one, and the addresses that are connected to."""
    post = open_post(names, Reach(), lambda: 0, 15.0)
    outcomes = []
    call = Deferred.fromCoroutine(post.call(Endpoint(1, "uuid", 1, "http://example.com/", (SECRET,)), "evt", BODY))
    call.addCallback(outcomes.append)
    names.advance(1)
    return outcomes, [client[0] for client in names.tcpClients], call


def test_only_addresses_that_were_looked_at_are_connected_to():
    names = Names(["10.0.0.1", "93.184.216.34", "169.254.169.254"])
    _, addresses, call = begun(names)
    assert addresses == ["93.184.216.34"]
    call.addErrback(lambda _: None)
    call.cancel()


def test_a_name_that_leads_inside_a_moment_later_is_not_followed():
    for lookup, connected in ((["93.184.216.34"], True), (["10.0.0.1"], False)):
        outcomes, addresses, call = begun(Names(lookup))
        assert bool(addresses) is connected
        assert [outcome.error for outcome in outcomes] == (
            [] if connected else ["its name leads to an address that is not called"]
        )
        call.addErrback(lambda _: None)
        call.cancel()


def test_a_name_without_an_address_is_not_known():
    outcomes, _, _ = begun(Names([]))
    assert [outcome.error for outcome in outcomes] == ["its name is not known"]


@ensureDeferred
async def test_a_call_that_is_given_up_by_who_asked_is_no_outcome(receiver):
    async with served(Site(receiver)) as port:
        post = open_post(reactor, HERE, lambda: 0, 10.0)
        endpoint = Endpoint(1, "uuid", 1, f"http://{HOST}:{port}/slow", (SECRET,))
        call = Deferred.fromCoroutine(post.call(endpoint, "evt", BODY))
        await receiver.kept
        call.cancel()
        with pytest.raises(CancelledError):
            await call
        await post.close()


def test_nobody_looks_names_up_past_the_guard():
    with pytest.raises(NotImplementedError):
        _View(Names(), Reach(), []).installNameResolver(Names())
