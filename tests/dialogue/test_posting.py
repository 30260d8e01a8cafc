"""One POST: bounded in time and in what is read, and whatever comes of it is a value."""

import attrs
import pytest
from twisted.internet.defer import Deferred, fail, succeed
from twisted.internet.error import ConnectionDone, ConnectionRefusedError  # noqa: A004 - Twisted's own
from twisted.internet.task import Clock
from twisted.python.failure import Failure
from twisted.web.client import ResponseFailed
from twisted.web.http_headers import Headers
from twisted.web.iweb import UNKNOWN_LENGTH

from mobilesasa.dialogue.posting import READ_OCTETS, AgentPoster, Posted


@attrs.define
class Response:
    code: int = 200
    length: object = UNKNOWN_LENGTH
    headers: Headers = attrs.field(factory=lambda: Headers({"Content-Type": ["text/plain"]}))
    reader: object = None

    def deliverBody(self, reader):  # noqa: N802 - Twisted's name
        self.reader = reader


class Transport:
    aborted = False

    def abortConnection(self):
        self.aborted = True

    loseConnection = abortConnection


@attrs.define
class MemoryAgent:
    answer: Deferred
    asked: list = attrs.field(factory=list)

    def request(self, method, url, headers, body):
        self.asked.append((method, url, headers, body))
        return self.answer


@attrs.define(slots=False)
class Rig:
    """A call that is under way."""

    answer: Deferred = attrs.field(factory=Deferred)
    clock: Clock = attrs.field(factory=Clock)
    came: list = attrs.field(factory=list)

    def post(self, timeout_s=5.0):
        self.agent = MemoryAgent(self.answer)
        poster = AgentPoster(self.agent, self.clock)
        work = poster.post("https://acme.example/", {"X-One": "1"}, b"body", timeout_s)
        self.call = Deferred.fromCoroutine(work).addCallback(self.came.append)
        return self


def ended(reader):
    reader.connectionLost(Failure(ConnectionDone()))


def test_what_comes_back_is_read_whole():
    response = Response(length=5)
    rig = Rig(succeed(response)).post()
    response.reader.dataReceived(b"CON ")
    response.reader.dataReceived(b"x")
    ended(response.reader)
    assert rig.came == [Posted(status=200, content_type="text/plain", body=b"CON x")]
    ((method, url, headers, body),) = rig.agent.asked
    assert (method, url, headers.getRawHeaders("X-One"), body.length) == (b"POST", b"https://acme.example/", ["1"], 4)
    assert rig.clock.getDelayedCalls() == []


def test_an_answer_that_broke_off_or_is_too_long_is_none():
    for length, octets in ((10, b"CON x"), (UNKNOWN_LENGTH, b"x" * (READ_OCTETS + 1))):
        response = Response(length=length)
        rig = Rig(succeed(response)).post()
        response.reader.transport = Transport()
        response.reader.dataReceived(octets)
        ended(response.reader)
        assert (rig.came[0].status, "octets, or broke off" in rig.came[0].error) == (None, True)


def test_a_call_that_takes_too_long_is_cut():
    response = Response()
    rig = Rig(succeed(response)).post()
    response.reader.transport = Transport()
    rig.clock.advance(5)
    assert rig.came == [Posted(error="no answer within 5 s")]
    assert response.reader.transport.aborted


@pytest.mark.parametrize(("left_s", "told"), [(4.99549, "5"), (0.375483, "0.4")])
def test_the_time_that_was_left_is_told_as_people_say_it(left_s, told):
    rig = Rig().post(left_s)
    rig.clock.advance(left_s)
    assert rig.came == [Posted(error=f"no answer within {told} s")]


def test_a_connection_that_is_never_made_is_given_up_in_time():
    rig = Rig().post()
    rig.clock.advance(5)
    assert rig.came == [Posted(error="no answer within 5 s")]


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (ConnectionRefusedError(), "Connection was refused by other side."),
        (ResponseFailed([Failure(ValueError("broken"))]), "broken"),
        (ValueError(), "ValueError"),
    ],
)
def test_what_went_wrong_is_said_in_words(error, words):
    assert Rig(fail(error)).post().came == [Posted(error=words)]


def test_a_call_that_its_caller_gives_up_says_so():
    rig = Rig().post()
    rig.answer.cancel()
    assert rig.came == [Posted(error="the call was given up")]


def test_a_pool_is_closed_at_the_end():
    closed = []

    class Pool:
        def closeCachedConnections(self):  # noqa: N802 - Twisted's name
            closed.append(1)
            return succeed(None)

    for pool in (Pool(), None):
        Deferred.fromCoroutine(AgentPoster(MemoryAgent(Deferred()), Clock(), pool).close())
    assert closed == [1]
