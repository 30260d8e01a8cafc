"""Peers that take their time: what they hold is given back, at the latest when their time is over."""

import ssl
import threading

import attrs
import pytest
import pytest_twisted
from twisted.internet.threads import deferToThread

from mobilesasa.smpp import pdus
from mobilesasa.smpp.codec import HEADER
from mobilesasa.smpp.pdus import BindTransceiver, EnquireLinkResp, SubmitSm
from mobilesasa.smpp.transitions import Side
from mobilesasa.smppnet import patience
from tests.hostile.octets import UNKNOWN, whole
from tests.hostile.served import PATIENCE_S, Attack, Peer
from tests.smppnet.conftest import make_rig
from tests.smsc.rig import ACME
from tests.whole.esme import Esme

BIND = BindTransceiver(system_id="ACME", password=ACME, sequence=1).encode()
SUBMIT = SubmitSm(sequence=2, destination_addr="254712345678", short_message=b"Hi").encode()
BLOCK = whole(UNKNOWN) * 4096


@pytest.mark.parametrize("octets", [BIND, whole(UNKNOWN, b"x" * 1000), b"\0"], ids=["a bind", "a large PDU", "noughts"])
def test_a_stranger_that_sends_an_octet_a_second_is_closed_when_its_time_to_bind_is_over(rig, octets):
    slow = rig.connect()
    for at in range(9):
        slow.link.dataReceived(octets[at : at + 1])
        rig.clock.advance(1)
        assert not slow.transport.disconnecting
    rig.clock.advance(1)
    assert slow.transport.disconnecting
    slow.drop()
    assert rig.server.connections == 0


def test_a_bind_an_octet_a_tenth_of_a_second_is_in_time(rig):
    slow = rig.connect()
    for at in range(len(BIND)):
        slow.link.dataReceived(BIND[at : at + 1])
        rig.clock.advance(0.1)
    assert slow.link.session.is_bound


def test_a_session_that_sends_an_octet_a_second_of_a_pdu_without_end_is_idle(rig):
    slow = rig.bound()
    slow.alive = False
    octets = HEADER.pack(65_536, 4, 0, 2)
    for second in range(60):
        assert not slow.transport.disconnecting
        slow.link.dataReceived(octets[second : second + 1] or b"x")
        rig.clock.advance(1)
    assert pdus.Unbind in {type(pdu) for pdu in slow.heard()}
    rig.clock.pump([1] * 5)
    assert slow.transport.disconnecting


def test_a_session_whose_submits_come_an_octet_a_second_is_there_as_long_as_they_are_whole_in_time(rig):
    slow = rig.bound()
    slow.alive = False
    stream = (SUBMIT + EnquireLinkResp(sequence=99).encode()) * 4
    for at in range(len(stream)):
        slow.link.dataReceived(stream[at : at + 1])
        rig.clock.advance(1)
    assert not slow.transport.disconnecting
    assert len(rig.intake.stored) == 4


def test_what_is_kept_of_a_pdu_that_never_ends_is_bounded_by_its_length():
    rig = make_rig(Side.SMSC)
    rig.link.dataReceived(HEADER.pack(65_536, 4, 0, 2))
    for _ in range(65_519):
        rig.link.dataReceived(b"x")
    assert len(rig.link.session._kept) == 65_535
    rig.link.dataReceived(b"x")
    assert len(rig.link.session._kept) == 0


@attrs.define(eq=False)
class Unread:
    """Asks for answers and never reads one; `blocked` is set when the server has stopped reading for good."""

    sent_octets: int = 0
    blocked: threading.Event = attrs.field(factory=threading.Event)

    def __call__(self, peer: Peer) -> None:
        peer.bind()
        peer.socket.setblocking(False)
        in_vain = 0
        while not peer.stop.is_set():
            try:
                self.sent_octets += peer.socket.send(BLOCK)
                in_vain = 0
            except (BlockingIOError, ssl.SSLWantWriteError):
                in_vain += 1
                peer.stop.wait(0.01)
            if in_vain == 20:
                self.blocked.set()


def submit(good: Esme, amount: int) -> bool:
    """Submit until there are so many answers."""
    texts = (f"text {number}" for number in range(20))
    return good.run(texts, lambda esme: sum(esme.statuses.values()) == amount, PATIENCE_S)


@pytest.mark.parametrize("tls", [False, True], ids=["plain", "TLS"])
@pytest_twisted.ensureDeferred
async def test_a_peer_that_reads_nothing_is_not_read_either(served, monkeypatch, tls):
    monkeypatch.setattr(patience, "BURST", 10**9)  # so that it is its not reading alone that stops us
    deed = Unread()
    attack = Attack(served, deed, tls)
    good = await deferToThread(served.good, tls)
    running = deferToThread(attack.run)
    assert await deferToThread(deed.blocked.wait, PATIENCE_S)
    (link,) = [each.link for each in served.server.sessions if each.team_id == 2]
    seen = -1
    for batch in range(1, 100):  # until nothing more is read of the other
        if link.pdus_in == seen:
            break
        seen = link.pdus_in
        assert await deferToThread(submit, good, 20 * batch)
    attack.stop.set()
    await running
    good.close()
    assert link.pdus_in == seen
    assert not link.patience.holds
    assert deed.sent_octets < 64_000_000  # the buffers of the system, both ways
