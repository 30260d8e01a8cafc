"""The simulated SMSC: on a clock, from a client we did not write, and as a process."""

import io
import json
import subprocess
import sys

import pytest
import pytest_twisted
import smpplib.client
import smpplib.consts
from twisted.internet import reactor
from twisted.internet.endpoints import TCP4ServerEndpoint
from twisted.internet.task import Clock
from twisted.internet.threads import deferToThread

from mobilesasa.cli.simulated.deliveries import WINDOW
from mobilesasa.cli.simulated.misbehaviour import Behaviour
from mobilesasa.cli.simulated.phones import Chatter, SimulatedPhones
from mobilesasa.cli.simulated.receipts import Outcomes
from mobilesasa.cli.simulated.smsc import SimulatedSmsc, SmscFactory
from mobilesasa.smpp.pdus import (
    BindReceiver,
    BindTransceiver,
    BindTransmitter,
    DataSm,
    DeliverSm,
    QuerySm,
    SubmitSm,
    SubmitSmResp,
    Unbind,
    answer,
)
from mobilesasa.smpp.receipts import read_receipt
from mobilesasa.smpp.statuses import Status
from mobilesasa.smpp.tlvs import Tag
from tests.fakes.far_end import FarEnd


class Rig:
    def __init__(self, **behaviour):
        self.clock, self.log = Clock(), io.BytesIO()
        self.smsc = SimulatedSmsc(Behaviour(**behaviour), self.clock, self.now_ms, self.log)
        self.factory = SmscFactory(self.smsc, self.clock)

    def now_ms(self):
        return 1_795_000_000_000 + round(1000 * self.clock.seconds())

    def esme(self, bind=None):
        end = FarEnd(self.factory.buildProtocol(None))
        end.say(bind or BindTransceiver(system_id="us", password="secret"))
        end.welcome, *end.at_once = end.heard()
        return end

    def submit(self, end, count=1, **fields):
        end.say(*[SubmitSm(source_addr="Sasa", destination_addr="254711000001", registered_delivery=1,
                           short_message=b"hi", **fields) for _ in range(count)])  # fmt: skip

    def receipts(self, end, acknowledge=True):
        self.clock.pump([0.02] * 3)
        pdus = end.heard_pdus(DeliverSm)
        if acknowledge and pdus:
            end.say(*[answer(pdu) for pdu in pdus])
        return [read_receipt(pdu) for pdu in pdus]


def test_a_message_is_answered_logged_and_reported():
    rig = Rig()
    end = rig.esme()
    assert end.welcome.system_id == "simulator"
    rig.submit(end, esm_class=0x40, data_coding=8)
    (response,) = end.heard()
    assert rig.log.getvalue().decode() == (
        f"1795000000.000\tSasa\t254711000001\t64\t8\t{b'hi'.hex()}\t{response.message_id}\t\n"
    )
    (receipt,) = rig.receipts(end)
    assert (receipt.message_id, receipt.word) == (response.message_id, "DELIVRD")
    summary = rig.smsc.summary()
    assert (summary["binds"], summary["messages"], summary["receipts"], summary["receipts_acknowledged"]) == (1,) * 4
    assert summary["receipts_waiting"] == 0


def test_the_log_has_the_tlvs_of_a_message_in_hexadecimal_digits():
    rig = Rig()
    tlvs = {Tag.SAR_MSG_REF_NUM: 258, Tag.LANGUAGE_INDICATOR: 0, 0x1400: b"1101\0", Tag.MESSAGE_PAYLOAD: b"ho"}
    end = rig.esme()
    end.say(SubmitSm(destination_addr="254711000001", tlvs={**tlvs, Tag.ADDITIONAL_STATUS_INFO_TEXT: "a"}))
    *_, text, _, written = rig.log.getvalue().decode().rstrip("\n").split("\t")
    assert (text, written) == (b"ho".hex(), "0x020c=0102 0x020d=00 0x1400=3131303100 0x001d=61")


def test_the_answers_of_a_turn_leave_in_one_write_and_their_ids_differ():
    rig = Rig()
    end = rig.esme()
    rig.submit(end, 50)
    assert end.transport.writes == 1
    assert len({pdu.message_id for pdu in end.heard()}) == 50


def test_receipts_come_after_the_delay():
    rig = Rig(delay_ms=500)
    end = rig.esme()
    rig.submit(end)
    rig.clock.pump([0.02] * 24)
    assert end.heard_pdus(DeliverSm) == []
    assert rig.smsc.summary()["receipts_waiting"] == 1
    assert len(rig.receipts(end)) == 1


@pytest.mark.parametrize(("receipts", "asked"), [(Outcomes.NONE, 1), (Outcomes.DELIVRD, 0)])
def test_there_are_no_receipts_where_none_are_wanted(receipts, asked):
    rig = Rig(receipts=receipts)
    end = rig.esme()
    end.say(SubmitSm(registered_delivery=asked))
    assert rig.receipts(end) == []
    assert rig.smsc.summary()["receipts_waiting"] == 0


def test_a_mix_has_a_bit_of_everything():
    rig = Rig(receipts=Outcomes.MIX)
    end = rig.esme()
    rig.submit(end, 20)
    words = [receipt.word for receipt in rig.receipts(end)]
    assert sorted(words) == sorted(["UNDELIV", "EXPIRED", "REJECTD", *["DELIVRD"] * 18])


def test_receipts_keep_to_a_window():
    rig = Rig()
    end = rig.esme()
    rig.submit(end, WINDOW + 5)
    first = rig.receipts(end, acknowledge=False)
    assert len(first) == WINDOW
    end.say(*[answer(DeliverSm(sequence=n + 1)) for n in range(3)])
    assert len(end.heard_pdus(DeliverSm)) == 3


def test_a_receipt_that_is_refused_comes_again():
    rig = Rig()
    end = rig.esme()
    rig.submit(end)
    rig.clock.pump([0.02] * 3)
    (pdu,) = end.heard_pdus(DeliverSm)
    end.say(answer(pdu, Status.ESME_RX_T_APPN))
    rig.clock.pump([0.25] * 3)
    assert end.heard_pdus(DeliverSm) == []
    rig.clock.pump([0.25] * 2)
    assert len(end.heard_pdus(DeliverSm)) == 1
    assert rig.smsc.summary()["receipts_refused"] == 1


def test_receipts_of_a_lost_link_wait_for_the_next_receiver():
    rig = Rig()
    end = rig.esme(BindTransmitter(system_id="us"))
    rig.submit(end)
    assert rig.receipts(end) == []
    first = rig.esme(BindReceiver(system_id="us"))
    assert [type(pdu) for pdu in first.at_once] == [DeliverSm]
    first.hang_up()
    stranger, second = rig.esme(BindReceiver(system_id="them")), rig.esme(BindReceiver(system_id="us"))
    rig.clock.pump([0.5] * 3)
    assert len(second.heard_pdus(DeliverSm)) == 1
    assert stranger.heard_pdus(DeliverSm) == []


def test_a_link_that_unbinds_gets_no_more():
    rig = Rig(delay_ms=100)
    end = rig.esme()
    rig.submit(end)
    end.say(Unbind())
    assert rig.receipts(end) == []
    rig.clock.pump([0.1] * 3)
    assert rig.smsc.summary()["receipts_waiting"] == 1


@pytest.mark.parametrize(
    ("bind", "status"),
    [
        (BindTransceiver(system_id="them", password="secret"), Status.ESME_RINVSYSID),
        (BindTransceiver(system_id="us", password="guess"), Status.ESME_RINVPASWD),
        (BindTransceiver(system_id="us", password="secret"), Status.ESME_ROK),
    ],
)
def test_who_may_bind_can_be_said(bind, status):
    rig = Rig(system_id="us", password="secret")
    end = rig.esme(bind)
    assert end.welcome.status == status
    assert rig.smsc.summary()["binds_refused"] == (status != 0)


def test_above_its_rate_it_throttles():
    rig = Rig(tps=3)
    end = rig.esme()
    rig.submit(end, 5)
    assert [pdu.status for pdu in end.heard()] == [0, 0, 0, Status.ESME_RTHROTTLED, Status.ESME_RTHROTTLED]
    rig.clock.advance(1)
    rig.submit(end, 1)
    assert [pdu.status for pdu in end.heard_pdus(SubmitSmResp)] == [0]


def test_data_sm_is_taken_and_anything_else_refused():
    rig = Rig()
    end = rig.esme()
    end.say(DataSm(registered_delivery=1, tlvs={Tag.MESSAGE_PAYLOAD: b"long"}), QuerySm(message_id="x"))
    taken, refused = end.heard()
    assert taken.message_id
    assert refused.status == Status.ESME_RINVCMDID
    assert b"long".hex() in rig.log.getvalue().decode()
    assert len(rig.receipts(end)) == 1


def test_at_the_end_it_unbinds():
    rig = Rig()
    end = rig.esme()
    rig.submit(end)
    end.heard()
    rig.smsc.close()
    assert end.session.is_bound
    end.heard()
    assert not end.session.is_bound


def use(port):
    """What somebody's program does, in a thread of its own."""
    client = smpplib.client.Client("127.0.0.1", port, timeout=5, allow_unknown_opt_params=False)
    seen = {"ids": [], "receipts": []}
    client.set_message_sent_handler(lambda pdu: seen["ids"].append(pdu.message_id.decode()))
    client.set_message_received_handler(lambda pdu: seen["receipts"].append(pdu.receipted_message_id.decode()) and 0)
    client.connect()
    try:
        client.bind_transceiver(system_id="us", password="secret")
        for _ in range(3):
            client.send_message(
                source_addr_ton=smpplib.consts.SMPP_TON_ALNUM, source_addr="Sasa", destination_addr="254711000001",
                short_message=b"hi", registered_delivery=True,
            )  # fmt: skip
        while len(seen["receipts"]) < 3:
            client.read_once()
        client.unbind()
    finally:
        client.disconnect()
    return seen


@pytest_twisted.inlineCallbacks
def test_a_client_that_we_did_not_write_gets_its_receipts():
    smsc = SimulatedSmsc(Behaviour(), reactor, lambda: round(1000 * reactor.seconds()))
    port = yield TCP4ServerEndpoint(reactor, 0, interface="127.0.0.1").listen(SmscFactory(smsc, reactor))
    try:
        seen = yield deferToThread(use, port.getHost().port)
    finally:
        smsc.close()
        yield port.stopListening()
    assert len(seen["ids"]) == 3
    assert [ref.rstrip("\0") for ref in seen["receipts"]] == seen["ids"]


def test_as_a_process_it_ends_with_a_summary(tmp_path):
    words = ["simulate-smsc", "--port", "0", "--seconds", "0.1", "--json", "--log", str(tmp_path / "log")]
    ended = subprocess.run(
        [sys.executable, "-c", "from mobilesasa.cli.main import main; main()", *words],
        capture_output=True, text=True, timeout=30, check=True,
    )  # fmt: skip
    assert "an SMSC listens on 127.0.0.1:" in ended.stderr
    assert json.loads(ended.stdout)["messages"] == 0
    assert (tmp_path / "log").read_bytes() == b""


def test_a_port_that_is_taken_is_said_in_one_line():
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        words = ["simulate-smsc", "--port", str(taken.getsockname()[1]), "--seconds", "5"]
        ended = subprocess.run(
            [sys.executable, "-c", "from mobilesasa.cli.main import main; main()", *words],
            capture_output=True, text=True, timeout=30, check=False,
        )  # fmt: skip
    assert ended.returncode == 1
    assert "Couldn't listen" in ended.stderr
    assert "Traceback" not in ended.stderr


def from_phones(rig, end):
    rig.clock.pump([0.02] * 3)
    pdus = end.heard_pdus(DeliverSm)
    if pdus:
        end.say(*[answer(pdu) for pdu in pdus])
    return pdus


@pytest.mark.parametrize(
    ("text", "to", "ton", "parts"),
    [("Hello", "22384", 3, 1), ("x" * 200, "254711999999", 1, 2), ("ж" * 100, "22384", 3, 2)],
)
def test_phones_send_a_message_every_so_often_a_long_one_in_parts(text, to, ton, parts):
    rig = Rig()
    phones = SimulatedPhones(Chatter(every_s=5, to=to, text=text), rig.clock, rig.smsc.bring)
    phones.start()
    end = rig.esme()
    assert from_phones(rig, end) == []
    rig.clock.advance(5)
    pdus = from_phones(rig, end)
    assert [(pdu.source_addr, pdu.destination_addr, pdu.dest_addr_ton) for pdu in pdus] == [
        ("254711000000", to, ton)
    ] * parts
    assert {bool(pdu.esm_class & 0x40) for pdu in pdus} == {parts > 1}
    rig.clock.advance(5)
    assert from_phones(rig, end)[0].source_addr == "254711000001"
    phones.stop()
    phones.stop()
    rig.clock.advance(5)
    assert from_phones(rig, end) == []
    summary = rig.smsc.summary()
    assert (summary["inbound"], summary["inbound_acknowledged"], summary["receipts"]) == (2 * parts, 2 * parts, 0)


def test_phones_that_are_not_asked_for_are_silent():
    rig = Rig()
    SimulatedPhones(Chatter(every_s=0), rig.clock, rig.smsc.bring).start()
    assert rig.clock.getDelayedCalls() == []
