"""The SMPP carrier over real sockets, against an SMSC written by hand from the octets of the specification."""

import random
import socket
import struct
import threading

import pytest
import pytest_twisted
from twisted.internet import reactor
from twisted.internet.defer import Deferred

from mobilesasa.carriers.port import World
from mobilesasa.carriers.registry import make
from mobilesasa.core.model import Sent, State
from mobilesasa.core.teams import CarrierRecord
from tests.carriers.rig import Listener, Rig


class HandWritten(threading.Thread):
    """Takes one transceiver, answers each submit_sm with an id and then with a receipt."""

    def __init__(self):
        super().__init__(daemon=True)
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.port = self.listening.getsockname()[1]
        self.commands = []
        self.acknowledged = 0
        self.no_delay = 0

    def run(self):
        connection, _ = self.listening.accept()
        with connection, connection.makefile("rb") as stream:
            taken = 0
            while len(head := stream.read(16)) == 16:
                length, command, _, sequence = struct.unpack(">4L", head)
                stream.read(length - 16)
                self.commands.append(command)
                if command == 0x09:
                    self._write(connection, 0x80000009, sequence, b"hand\0")
                elif command == 0x04:
                    taken += 1
                    ref = b"%08X" % taken
                    self._write(connection, 0x80000004, sequence, ref + b"\0")
                    text = (
                        b"id:%010d sub:001 dlvrd:001 submit date:2611190000 done date:2611190001 stat:DELIVRD err:000"
                    )
                    text %= taken  # hexadecimal in the answer, decimal in the receipt
                    self._write(
                        connection, 0x05, 1000 + taken,
                        b"\0\1\1254711000001\0\5\0Sasa\0\4\0\0\0\0\0\0\0\0" + bytes([len(text)]) + text,
                    )  # fmt: skip
                elif command == 0x80000005:
                    self.acknowledged += 1
                elif command == 0x06:
                    self._write(connection, 0x80000006, sequence, b"")
        self.listening.close()

    def _write(self, connection, command, sequence, body):
        connection.sendall(struct.pack(">4L", 16 + len(body), command, 0, sequence) + body)


class Awaiting(Listener):
    """Fires when there are enough receipts."""

    def __init__(self, count):
        super().__init__()
        self.enough = Deferred()
        self.bound = Deferred()
        self._count = count

    in_trouble = False

    def room_changed(self):
        if not self.bound.called:
            self.bound.callback(None)

    def reported(self, reports, acknowledge):
        super().reported(reports, acknowledge)
        if len(self.reports) == self._count:
            self.enough.callback(None)


@pytest.fixture
def smsc():
    smsc = HandWritten()
    smsc.start()
    yield smsc
    smsc.join(5)
    assert not smsc.is_alive()


@pytest_twisted.inlineCallbacks
def test_messages_go_out_and_receipts_come_back(smsc):
    rig = Rig()
    options = {"host": "127.0.0.1", "port": smsc.port, "system_id": "us"}
    carrier = make(CarrierRecord(7, "hand", "smpp", options=options), World(reactor, rig.now_ms, random.Random(1)))
    listener = Awaiting(23)
    listener.enough.addTimeout(10, reactor)
    listener.bound.addTimeout(10, reactor)
    carrier.start(listener)
    yield listener.bound
    carrier.submit([*rig.messages(20), rig.long_message(3)])
    yield listener.enough
    yield carrier.stop()
    assert len(listener.outcomes) == 21
    assert all(isinstance(outcome, Sent) for _, outcome in listener.outcomes)
    refs = {ref for _, outcome in listener.outcomes for ref in outcome.refs}
    assert len(refs) == 23
    assert all(refs & set(report.other_refs) for report in listener.reports)
    assert {report.state for report in listener.reports} == {State.DELIVERED}
    assert smsc.commands[0] == 0x09
    assert smsc.commands[-1] == 0x06
    assert smsc.acknowledged == 23


@pytest_twisted.inlineCallbacks
def test_a_carrier_that_cannot_be_reached_says_why_and_stops_at_once():
    rig = Rig()
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    options = {"host": "127.0.0.1", "port": port, "system_id": "us"}
    carrier = make(CarrierRecord(7, "hand", "smpp", options=options), World(reactor, rig.now_ms, random.Random(1)))
    carrier.start(Listener())
    for _ in range(100):
        if carrier.standing()["trouble"]:
            break
        turn = Deferred()
        reactor.callLater(0.01, turn.callback, None)
        yield turn
    assert "cannot connect" in carrier.standing()["trouble"]
    yield carrier.stop()
