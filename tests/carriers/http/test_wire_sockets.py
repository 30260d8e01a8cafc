"""Requests over real sockets: certificates that are checked, names that are not there, peers that say nothing."""

from contextlib import asynccontextmanager
from datetime import UTC, datetime

import pytest
from pytest_twisted import ensureDeferred
from twisted.internet import reactor
from twisted.internet.defer import maybeDeferred
from twisted.internet.protocol import Factory, Protocol
from twisted.internet.ssl import DefaultOpenSSLContextFactory
from twisted.web.resource import Resource
from twisted.web.server import Site

from mobilesasa.carriers.http.requests import HttpRequest
from mobilesasa.carriers.http.wire import NotAsked, Unanswered, open_wire
from mobilesasa.smppnet.certificates import self_signed

HOST = "127.0.0.1"


class Taking(Resource):
    isLeaf = True

    def render_POST(self, request):
        return b'{"id": "x"}'


class Silent(Protocol):
    pass


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    return self_signed(tmp_path_factory.mktemp("tls"), "localhost", datetime.now(UTC))


@asynccontextmanager
async def served(factory, files=None):
    if files is None:
        port = reactor.listenTCP(0, factory, interface=HOST)
    else:
        context = DefaultOpenSSLContextFactory(str(files.key_file), str(files.certificate_file))
        port = reactor.listenSSL(0, factory, context, interface=HOST)
    try:
        yield port.getHost().port
    finally:
        await maybeDeferred(port.stopListening)


async def asked(url, timeout_s=10.0, ca=""):
    wire = open_wire(
        reactor, pool_size=1, keep_s=4.0, connect_timeout_s=5.0, timeout_s=timeout_s, answer_octets=1000, ca=ca
    )
    try:
        return await wire.ask(HttpRequest("POST", url, {}, b"to=1"))
    finally:
        await wire.close()


@ensureDeferred
async def test_a_certificate_that_is_trusted_is_taken(files):
    async with served(Site(Taking()), files) as port:
        answer = await asked(f"https://localhost:{port}/", ca=files.certificate_file.read_text())
    assert (answer.status, answer.body) == (200, b'{"id": "x"}')


@ensureDeferred
async def test_one_that_nobody_vouches_for_means_that_nothing_was_asked(files):
    async with served(Site(Taking()), files) as port:
        with pytest.raises(NotAsked, match="certificate verify failed"):
            await asked(f"https://localhost:{port}/")


@ensureDeferred
async def test_one_of_another_name_means_that_nothing_was_asked(files):
    async with served(Site(Taking()), files) as port:
        with pytest.raises(NotAsked):
            await asked(f"https://{HOST}:{port}/", ca=files.certificate_file.read_text())


@ensureDeferred
async def test_a_handshake_that_never_ends_means_that_nothing_was_asked():
    async with served(Factory.forProtocol(Silent)) as port:
        with pytest.raises(NotAsked):
            await asked(f"https://localhost:{port}/", timeout_s=0.3)


@ensureDeferred
async def test_silence_after_the_request_means_doubt():
    async with served(Factory.forProtocol(Silent)) as port:
        with pytest.raises(Unanswered, match=r"no answer within 0\.3 s"):
            await asked(f"http://{HOST}:{port}/", timeout_s=0.3)


@ensureDeferred
async def test_a_port_where_nobody_listens_means_that_nothing_was_asked():
    async with served(Site(Taking())) as port:
        pass
    with pytest.raises(NotAsked, match="refused"):
        await asked(f"http://{HOST}:{port}/")


@ensureDeferred
async def test_a_name_that_is_not_there_means_that_nothing_was_asked():
    with pytest.raises(NotAsked):
        await asked("http://nothing.invalid/")
