"""The server on a real port, with a client that we did not write (smpplib)."""

import itertools

import pytest
import pytest_twisted
import smpplib.client
import smpplib.command
import smpplib.consts
import smpplib.exceptions
from twisted.internet import reactor
from twisted.internet.endpoints import TCP4ServerEndpoint
from twisted.internet.error import CannotListenError
from twisted.internet.threads import deferToThread

from mobilesasa.core.gateway import Gateway
from mobilesasa.core.ids import MessageIds
from mobilesasa.notify.outbox import Outbox
from mobilesasa.smppnet.timers import Timers
from mobilesasa.smsc.binds import Binds
from mobilesasa.smsc.server import SmppServer
from mobilesasa.smsc.session import Smsc
from tests.fakes.passwords import passwords
from tests.fakes.spool import notice
from tests.smsc.rig import ACME, Rig


class Node:
    """What the composer builds, with a store in memory."""

    def __init__(self):
        rig = self.rig = Rig()
        ids = MessageIds(rig.now_ms, lambda bits: 5)
        gateway = Gateway(rig.directory, rig.intake, rig.queue, rig.now_ms, ids)
        self.binds = Binds(reactor)
        self.outbox = Outbox(rig.spool, reactor, rig.now_ms)
        self.binds.tell(self.outbox)
        smsc = Smsc(gateway, rig.directory, self.binds, reactor, rig.now_ms, passwords(reactor))
        self.server = SmppServer([TCP4ServerEndpoint(reactor, 0, interface="127.0.0.1")], smsc, Timers())


@pytest.fixture
def node():
    node = Node()
    node.outbox.startService()
    node.server.startService()
    yield node
    node.outbox.stopService()
    pytest_twisted.blockon(node.server.stopService())


def send_whole_passwords(monkeypatch):
    # smpplib cuts a password to 8 characters without a word, and offers no way to send all of it
    whole = smpplib.command.Param(type=str, max=65)
    monkeypatch.setitem(smpplib.command.BindTransmitter.params, "password", whole)


def use(port, password, submits):
    """Bind, submit, and read until there is a receipt for each; what a team's program does, in a thread of its own."""
    client = smpplib.client.Client("127.0.0.1", port, timeout=2, allow_unknown_opt_params=False)
    ids, receipts = [], []

    def answered(pdu):
        ids.append(pdu.message_id.decode())

    def received(pdu):
        receipts.append((pdu.receipted_message_id, pdu.short_message.decode()))

    client.set_message_sent_handler(answered)
    client.set_message_received_handler(received)
    client.connect()
    try:
        client.bind_transceiver(system_id="ACME", password=password)
        for text in submits:
            client.send_message(
                source_addr_ton=smpplib.consts.SMPP_TON_ALNUM,
                source_addr="TextBlast",
                dest_addr_ton=smpplib.consts.SMPP_TON_INTL,
                dest_addr_npi=smpplib.consts.SMPP_NPI_ISDN,
                destination_addr="254712345678",
                short_message=text,
                registered_delivery=True,
            )
        for _ in range(20):  # one PDU each
            if len(receipts) < len(submits):
                client.read_once()
        client.unbind()
    finally:
        client.disconnect()
    return ids, receipts


@pytest_twisted.ensureDeferred
async def test_smpplib_binds_submits_and_gets_its_receipts(node, monkeypatch):
    send_whole_passwords(monkeypatch)
    publish, numbers = node.rig.queue.publish, itertools.count(1)

    def carried(carrier_id, lane, ids):
        publish(carrier_id, lane, ids)
        for message_id in ids:
            owed = node.rig.spool.put(notice(next(numbers), message_id=message_id))
            reactor.callLater(0.01, node.outbox.owe, owed)

    node.rig.queue.publish = carried
    ids, receipts = await deferToThread(use, node.server.ports[0], ACME, [b"one", b"two", b"three"])
    assert [stored.text for stored in node.rig.intake.stored] == ["one", "two", "three"]
    assert len(ids) == 3
    assert [text.split()[0] for _, text in receipts] == [f"id:{message_id}" for message_id in ids]
    assert node.rig.spool.kept == {}


@pytest_twisted.ensureDeferred
async def test_smpplib_as_it_is_cuts_the_password_and_is_refused(node):
    with pytest.raises(smpplib.exceptions.PDUError, match="Invalid Password"):
        await deferToThread(use, node.server.ports[0], ACME, [])


def test_a_port_that_is_taken_is_said_at_the_start(node):
    taken = SmppServer(
        [TCP4ServerEndpoint(reactor, node.server.ports[0], interface="127.0.0.1")], node.rig.smsc, Timers()
    )
    with pytest.raises(CannotListenError):
        taken.startService()
