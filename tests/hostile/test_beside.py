"""A session that behaves gets every one of its answers, whatever another peer does at the same time.

The sockets are real, and so is TLS. Nothing is timed: the hostile peer goes on until the good session has its last
answer, and the server then stops in good order, which it does when no connection is left.
"""

import random
import ssl

import pytest
import pytest_twisted
from OpenSSL import SSL
from twisted.internet.defer import gatherResults
from twisted.internet.threads import deferToThread

from mobilesasa.smpp import pdus
from mobilesasa.smpp.codec import HEADER
from mobilesasa.smpp.pdus import SubmitSm
from mobilesasa.smpp.tlvs import Tag
from tests.hostile.octets import CLASSES, IMPOSSIBLE, UNKNOWN, broken_bodies, full, whole
from tests.hostile.served import Attack, Peer, Served, submit_beside

AMOUNT = 200
_random = random.Random(20261122)
SUBMIT = SubmitSm(sequence=3, destination_addr="254712345678", short_message=b"Hi").encode()


def impossible_lengths(peer: Peer) -> None:
    peer.send(HEADER.pack(_random.choice(IMPOSSIBLE), 4, 0, 1))
    peer.hear_the_end()


def garbage(peer: Peer) -> None:
    peer.send(_random.randbytes(65_536))
    peer.hear_the_end()


def another_protocol(peer: Peer) -> None:
    peer.send(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    peer.hear_the_end()


def pdus_cut_short(peer: Peer) -> None:
    octets = full(_random.choice(CLASSES)).encode()
    peer.send(octets[: _random.randrange(len(octets))])


def broken_pdus(peer: Peer) -> None:
    peer.bind()
    cls = _random.choice(CLASSES)
    peer.send(b"".join(whole(cls.command_id, body) for body in broken_bodies(cls)))
    peer.hear()


def nothing_at_all(peer: Peer) -> None:
    peer.hear()


def hanging_up(peer: Peer) -> None:
    pass


def a_large_pdu_in_octets(peer: Peer) -> None:
    peer.send(HEADER.pack(65_536, 4, 0, 1))
    for _ in range(2000):
        peer.send(b"x")


def unknown_commands_of_a_stranger(peer: Peer) -> None:
    peer.send(whole(UNKNOWN) * 20_000)
    peer.hear_the_end()


def guesses(peer: Peer) -> None:
    for number in range(50):
        peer.bind(f"guess{number}")


def flood(octets: bytes, reads: bool):
    def deed(peer: Peer) -> None:
        peer.bind()
        while not peer.stop.is_set():
            peer.send(octets)
            if reads:
                peer.hear()

    return deed


def unbinds(peer: Peer) -> None:
    peer.bind()
    peer.send(pdus.Unbind(sequence=2).encode() * 4000)
    peer.hear_the_end()


DEEDS = {
    "impossible lengths": impossible_lengths,
    "garbage": garbage,
    "another protocol": another_protocol,
    "PDUs cut short": pdus_cut_short,
    "broken PDUs": broken_pdus,
    "nothing at all": nothing_at_all,
    "hanging up": hanging_up,
    "a large PDU in octets": a_large_pdu_in_octets,
    "unknown commands of a stranger": unknown_commands_of_a_stranger,
    "guesses": guesses,
    "unbinds": unbinds,
    "enquiries unread": flood(pdus.EnquireLink(sequence=2).encode() * 4096, reads=False),
    "enquiries": flood(pdus.EnquireLink(sequence=2).encode() * 4096, reads=True),
    "unknown commands": flood(whole(UNKNOWN) * 4096, reads=False),
    "answers to nothing": flood(pdus.DeliverSmResp(sequence=2).encode() * 4000, reads=False),
    "submits beyond the rate": flood(SUBMIT * 1000, reads=False),
    "submits beyond the rate, read": flood(SUBMIT * 1000, reads=True),
    "payloads of 64 kB": flood(
        SubmitSm(destination_addr="254712345678", tlvs={Tag.MESSAGE_PAYLOAD: b"x" * 65_400}).encode(3) * 4, reads=True
    ),
}


async def stands(served: Served, attack: Attack, tls: bool) -> None:
    """Assert that the good session has all its answers by the time the attack is called off."""
    good = await deferToThread(served.good, tls)
    answered, _ = await gatherResults(
        [deferToThread(submit_beside, good, attack, AMOUNT), deferToThread(attack.run)], consumeErrors=True
    )
    assert answered
    assert dict(good.statuses) == {0: AMOUNT}
    await served.stop()
    assert served.server.connections == 0


@pytest.mark.parametrize("tls", [False, True], ids=["plain", "TLS"])
@pytest.mark.parametrize("deed", DEEDS.values(), ids=DEEDS.keys())
@pytest_twisted.ensureDeferred
async def test_a_good_session_has_its_answers_beside(served, deed, tls):
    await stands(served, Attack(served, deed, tls), tls)


# Only over TLS


def hello(peer: Peer) -> bytes:
    """The first octets of a handshake."""
    context = SSL.Context(SSL.TLS_CLIENT_METHOD)
    client = SSL.Connection(context, None)
    client.set_connect_state()
    with pytest.raises(SSL.WantReadError):
        client.do_handshake()
    octets: bytes = client.bio_read(65536)
    return octets


def half_a_hello(peer: Peer) -> None:
    peer.send(hello(peer)[:50])
    peer.hear()


def a_hello_and_no_more(peer: Peer) -> None:
    peer.send(hello(peer))
    peer.hear()
    peer.hear()


def a_hello_and_garbage(peer: Peer) -> None:
    peer.send(hello(peer))
    peer.hear()
    peer.send(b"\x17\x03\x03\x40\x00" + _random.randbytes(0x4000))
    peer.hear_the_end()


def records_of_garbage(peer: Peer) -> None:
    peer.send(b"\x16\x03\x01\x40\x00" + _random.randbytes(0x4000) * 4)
    peer.hear_the_end()


def handshakes_in_octets(peer: Peer) -> None:
    for octet in hello(peer):
        peer.send(bytes((octet,)))
    peer.hear()


def renegotiation(peer: Peer) -> None:
    context = SSL.Context(SSL.TLS_CLIENT_METHOD)
    context.set_max_proto_version(SSL.TLS1_2_VERSION)
    client = SSL.Connection(context, None)
    client.set_connect_state()
    for asked in range(100):
        try:
            if asked > 10:
                client.renegotiate()
            client.do_handshake()
        except SSL.WantReadError:
            peer.send(client.bio_read(65536))
            client.bio_write(peer.hear())
        except SSL.Error:
            return  # it is refused


def a_session_cut_without_a_word(peer: Peer) -> None:
    context = ssl.create_default_context(cafile=peer.files.certificate_file)
    context.check_hostname = False
    with context.wrap_socket(peer.socket) as secure:
        peer.socket = secure
        peer.bind()


TLS_DEEDS = {
    "half a hello": half_a_hello,
    "a hello and no more": a_hello_and_no_more,
    "a hello and garbage": a_hello_and_garbage,
    "records of garbage": records_of_garbage,
    "garbage": garbage,
    "handshakes in octets": handshakes_in_octets,
    "renegotiation": renegotiation,
    "sessions cut without a word": a_session_cut_without_a_word,
}


@pytest.mark.parametrize("deed", TLS_DEEDS.values(), ids=TLS_DEEDS.keys())
@pytest_twisted.ensureDeferred
async def test_a_good_session_over_tls_has_its_answers_beside(served, deed):
    await stands(served, Attack(served, deed, tls=True, handshake=False), tls=True)
