"""The outbox over real links: what a team's client sees of its receipts."""

import pytest

from mobilesasa.core.ids import smpp_id
from mobilesasa.smpp.pdus import (
    BindReceiver,
    BindTransceiver,
    BindTransmitter,
    DeliverSm,
    DeliverSmResp,
    SubmitSm,
    SubmitSmResp,
    Unbind,
)
from mobilesasa.smpp.statuses import Status
from mobilesasa.smpp.tlvs import Tag
from tests.fakes.spool import notice
from tests.smsc.rig import ACME, RIVAL, Rig


@pytest.fixture
def rig() -> Rig:
    return Rig()


def taken(esme, *receipts, status=0):
    return esme.send(*(DeliverSmResp(sequence=each.sequence, status=status) for each in receipts))


def test_a_receipt_carries_the_id_of_the_response(rig):
    esme = rig.bound()
    response = esme.submit(registered_delivery=1)
    rig.outbox.owe(rig.spool.put(notice(1, message_id=rig.intake.stored[0].id)))
    (receipt,) = esme.heard()
    assert isinstance(receipt, DeliverSm)
    assert receipt.tlvs[Tag.RECEIPTED_MESSAGE_ID] == response.message_id
    assert receipt.short_message.startswith(f"id:{response.message_id} ".encode())
    taken(esme, receipt)
    assert rig.spool.kept == {}


def test_the_response_comes_before_the_receipt(rig):
    esme = rig.bound()
    publish = rig.queue.publish

    def carried_at_once(carrier_id, lane, ids):
        publish(carrier_id, lane, ids)
        rig.clock.callLater(
            0, lambda: rig.outbox.owe(rig.spool.put(*(notice(n, message_id=i) for n, i in enumerate(ids))))
        )

    rig.queue.publish = carried_at_once
    response = esme.submit(registered_delivery=1)
    assert isinstance(response, SubmitSmResp)
    rig.clock.advance(0)
    assert [type(pdu) for pdu in esme.heard()] == [DeliverSm]


def test_no_receipt_goes_to_another_team(rig):
    acme, rival = rig.bound(), rig.bound(system_id="RIVAL", password=RIVAL)
    rig.outbox.owe(rig.spool.put(notice(1, team_id=1)))
    assert len(acme.heard()) == 1
    assert rival.heard() == []


def test_no_receipt_goes_to_a_transmitter(rig):
    transmitter, receiver = rig.bound(BindTransmitter), rig.bound(BindReceiver)
    rig.outbox.owe(rig.spool.put(notice(1), notice(2)))
    assert transmitter.heard() == []
    assert len(receiver.heard()) == 2


def test_what_was_spooled_comes_behind_the_answer_to_the_bind_in_one_write(rig):
    rig.spool.put(notice(1), notice(2))
    esme = rig.connect()
    esme.writes.clear()
    response, *receipts = esme.send(BindTransceiver(system_id="ACME", password=ACME))
    assert (response.status, len(receipts), len(esme.writes)) == (0, 2, 1)


def test_ten_are_out_at_once_and_the_next_leave_with_the_answers(rig):
    esme = rig.bound()
    rig.outbox.owe(rig.spool.put(*(notice(n) for n in range(1, 31))))
    first = esme.heard()
    assert len(first) == 10
    esme.writes.clear()
    assert len(taken(esme, *first)) == 10
    assert len(esme.writes) == 1
    assert len(rig.spool.acknowledged) == 1


def test_a_refused_receipt_comes_again_after_a_second(rig):
    esme = rig.bound()
    rig.outbox.owe(rig.spool.put(notice(1)))
    assert taken(esme, *esme.heard(), status=Status.ESME_RX_T_APPN) == []
    rig.clock.advance(1)
    assert len(esme.heard()) == 1


def test_a_lost_link_gives_its_receipts_to_the_other_session(rig):
    first = rig.bound()
    rig.outbox.owe(rig.spool.put(notice(1)))
    second = rig.bound()
    first.drop()
    assert second.heard()[0].tlvs[Tag.RECEIPTED_MESSAGE_ID] == smpp_id(notice(1).message_id)


def test_a_receipt_that_is_never_answered_comes_again(rig):
    esme = rig.bound()
    rig.outbox.owe(rig.spool.put(notice(1)))
    esme.heard()
    rig.clock.advance(30)
    assert [type(pdu) for pdu in esme.heard()] == [DeliverSm]


def test_an_unbinding_client_may_still_answer(rig):
    rig.intake.hold()
    esme = rig.bound()
    rig.outbox.owe(rig.spool.put(notice(1)))
    (receipt,) = esme.heard()
    esme.send(SubmitSm(destination_addr="254712345678", short_message=b"Hi"), Unbind())
    taken(esme, receipt)
    assert rig.spool.kept == {}


def test_an_old_peer_gets_text_alone(rig):
    esme = rig.bound(interface_version=0x33)
    rig.outbox.owe(rig.spool.put(notice(1)))
    assert esme.heard()[0].tlvs == {}
