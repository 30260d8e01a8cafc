"""The octets of a request, and answers as servers, slow ones and hostile ones, give them."""

import pytest
from twisted.internet.defer import Deferred
from twisted.internet.error import ConnectError, ConnectionDone
from twisted.internet.testing import MemoryReactorClock, StringTransport
from twisted.python.failure import Failure

from mobilesasa.carriers.http.requests import HttpRequest
from mobilesasa.carriers.http.wire import NotAsked, Unanswered, open_wire, trust

POST = HttpRequest("POST", "http://192.0.2.1:8080/send?a=%2B254&raw=%FF", {"X-Key": "k"}, b"to=1")


class Server(StringTransport):
    """Our end of a connection, as the client's transport."""

    aborted = False

    def abortConnection(self) -> None:
        self.aborted = True
        self.loseConnection()


class Ask:
    def __init__(self, request=POST, **more) -> None:
        self.reactor = MemoryReactorClock()
        known = {
            "pool_size": 2,
            "keep_s": 4.0,
            "connect_timeout_s": 5.0,
            "timeout_s": 10.0,
            "answer_octets": 1000,
            "ca": "",
        }
        self.wire = open_wire(self.reactor, **{**known, **more})
        self.request = request
        self.result = self.error = None
        self.again()

    def again(self) -> None:
        self.result = self.error = None
        asked = Deferred.fromCoroutine(self.wire.ask(self.request))
        asked.addCallbacks(
            lambda answer: setattr(self, "result", answer), lambda why: setattr(self, "error", why.value)
        )

    def connect(self) -> Server:
        _, _, factory, *_ = self.reactor.tcpClients[-1]
        self.protocol = factory.buildProtocol(None)
        self.transport = Server()
        self.protocol.makeConnection(self.transport)
        return self.transport

    def say(self, octets: bytes) -> None:
        self.protocol.dataReceived(octets)

    def lose(self, why=None) -> None:
        self.protocol.connectionLost(Failure(why or ConnectionDone()))


@pytest.fixture
def ask():
    made = Ask()
    made.connect()
    return made


def test_a_request_is_written_as_it_is_without_cookies_and_compression(ask):
    head, _, body = ask.transport.value().partition(b"\r\n\r\n")
    lines = [line.lower() for line in head.split(b"\r\n")]
    assert lines[0] == b"post /send?a=%2b254&raw=%ff http/1.1"
    assert b"x-key: k" in lines
    assert body == b"to=1"
    assert not any(line.startswith(b"cookie") for line in lines)


def test_an_answer_comes_with_status_headers_and_body(ask):
    ask.say(b"HTTP/1.1 202 Fine\r\nRetry-After: 5\r\nContent-Length: 2\r\n\r\nok")
    assert (ask.result.status, ask.result.headers["retry-after"], ask.result.body) == (202, "5", b"ok")
    assert ask.result.is_whole


def test_an_answer_that_ends_with_the_connection_counts(ask):
    ask.say(b"HTTP/1.1 200 OK\r\n\r\nok")
    ask.lose()
    assert ask.result.body == b"ok"


def test_an_empty_answer_counts(ask):
    ask.say(b"HTTP/1.1 204 No Content\r\n\r\n")
    assert (ask.result.status, ask.result.body) == (204, b"")


def test_a_redirect_is_an_answer_and_nothing_is_asked_there(ask):
    ask.say(b"HTTP/1.1 302 Found\r\nLocation: http://192.0.2.9/\r\nContent-Length: 0\r\n\r\n")
    assert ask.result.status == 302
    assert len(ask.reactor.tcpClients) == 1


def test_a_connection_is_used_again_and_closed_after_a_while(ask):
    ask.say(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nSet-Cookie: a=b\r\n\r\n")
    ask.transport.clear()
    ask.again()
    assert len(ask.reactor.tcpClients) == 1
    assert b"cookie" not in ask.transport.value().lower()
    ask.say(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
    ask.reactor.advance(4.1)
    assert ask.transport.disconnecting


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_nothing_is_sent_again_by_itself_when_a_kept_connection_has_gone(method):
    ask = Ask(HttpRequest(method, POST.url, {}, None))
    ask.connect()
    ask.say(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
    ask.again()
    ask.lose()
    assert isinstance(ask.error, Unanswered)
    assert len(ask.reactor.tcpClients) == 1


def test_a_refused_connection_means_that_nothing_was_asked():
    ask = Ask()
    _, _, factory, *_ = ask.reactor.tcpClients[0]
    factory.clientConnectionFailed(None, Failure(ConnectError()))
    ask.reactor.advance(1)
    assert isinstance(ask.error, NotAsked)


@pytest.mark.parametrize("timeouts", [{"connect_timeout_s": 5.0}, {"connect_timeout_s": 50.0}])
def test_a_connection_that_does_not_come_means_that_nothing_was_asked(timeouts):
    ask = Ask(**timeouts)
    ask.reactor.advance(10.1)
    if ask.error is None:  # the reactor in memory does not keep the endpoint's own time
        _, _, factory, *_ = ask.reactor.tcpClients[0]
        factory.clientConnectionFailed(None, Failure(ConnectError()))
    assert isinstance(ask.error, NotAsked)


def test_silence_after_the_request_means_doubt(ask):
    ask.reactor.advance(10.1)
    ask.lose()
    assert isinstance(ask.error, Unanswered)
    assert ask.transport.aborted


def test_an_answer_that_trickles_is_given_up_and_cut_off(ask):
    ask.say(b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n")
    for _ in range(9):
        ask.reactor.advance(1)
        ask.say(b"x")
    ask.reactor.advance(1.1)
    assert isinstance(ask.error, Unanswered)
    assert ask.transport.aborted or ask.transport.disconnecting


@pytest.mark.parametrize("length", [b"Content-Length: 100000\r\n", b"Transfer-Encoding: chunked\r\n"])
def test_of_a_huge_answer_only_the_beginning_is_read(ask, length):
    ask.say(b"HTTP/1.1 200 OK\r\n" + length + b"\r\n")
    piece = b"x" * 600
    ask.say(b"258\r\n" + piece + b"\r\n" if b"chunked" in length else piece)
    assert ask.result is None
    ask.say(b"258\r\n" + piece + b"\r\n" if b"chunked" in length else piece)
    assert (len(ask.result.body), ask.result.is_whole) == (1000, False)
    assert ask.transport.aborted or ask.transport.disconnecting


@pytest.mark.parametrize("octets", [b"SMTP hello\r\n\r\n", b"HTTP/1.1 abc\r\n\r\n", b"\x00" * 100 + b"\r\n\r\n"])
def test_what_is_no_http_means_doubt(ask, octets, flush_logged):
    ask.say(octets)
    ask.lose()
    assert isinstance(ask.error, Unanswered)
    flush_logged()


def test_an_answer_that_breaks_off_means_doubt(ask):
    ask.say(b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhal")
    ask.lose()
    assert isinstance(ask.error, Unanswered)


@pytest.mark.parametrize("pem", ["", "no certificate", "-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----\n"])
def test_what_is_no_certificate_is_not_trusted(pem):
    with pytest.raises(ValueError, match="no certificate in PEM"):
        trust(pem)
