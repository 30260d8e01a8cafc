"""Decisions 107 and 109 to 116 as a team's client meets them; each test names its decision."""

import re

import pytest

from mobilesasa.core.ids import smpp_id
from mobilesasa.core.model import INTERMEDIATE, Failure, Origin, State, Step, Wish
from mobilesasa.smpp.fields import MessageState
from mobilesasa.smpp.pdus import (
    BindReceiver,
    BindTransceiver,
    BindTransmitter,
    DeliverSm,
    DeliverSmResp,
    SubmitSm,
    SubmitSmResp,
)
from mobilesasa.smpp.statuses import Status
from mobilesasa.smpp.tlvs import Tag
from tests.fakes.spool import NINE_MS, failed, notice
from tests.smsc.rig import ACME_2, Rig

TEXT = re.compile(
    rb"id:[0-9A-Z]{1,26} sub:\d{3} dlvrd:\d{3} submit date:\d{10} done date:\d{10} stat:[A-Z]{7} err:\d{3}"
)


@pytest.fixture
def rig() -> Rig:
    return Rig()


def receipts(esme):
    return [pdu for pdu in esme.heard() if isinstance(pdu, DeliverSm)]


def taken(esme, *got, status=0):
    return esme.send(*(DeliverSmResp(sequence=each.sequence, status=status) for each in got))


def told(rig, *notices):
    rig.outbox.owe(rig.spool.put(*notices))


class TestWishes:
    @pytest.mark.parametrize("acknowledgements", [0, 0x04, 0x08, 0x0C])
    @pytest.mark.parametrize("intermediate", [0, 0x10])
    @pytest.mark.parametrize("wish", Wish)
    def test_decision_107_every_registered_delivery_is_taken_for_what_it_asks(
        self, rig, wish, intermediate, acknowledgements
    ):
        assert rig.bound().submit(registered_delivery=wish | intermediate | acknowledgements).status == 0
        (stored,) = rig.intake.stored
        assert stored.wish is wish
        assert (INTERMEDIATE in (stored.options or {})) == bool(intermediate)

    @pytest.mark.parametrize(("step", "word", "state"), [(Step.ACCEPTED, b"ACCEPTD", 6), (Step.ENROUTE, b"ENROUTE", 1)])
    def test_decision_107_an_intermediate_receipt_says_so(self, rig, step, word, state):
        esme = rig.bound()
        told(rig, notice(1, state=step, parts=2, options={INTERMEDIATE: int(step)}))
        (receipt,) = receipts(esme)
        assert receipt.esm_class == 0x20
        assert receipt.tlvs[Tag.MESSAGE_STATE] == state
        assert receipt.short_message.endswith(b" stat:" + word + b" err:000")
        assert b" sub:002 dlvrd:000 " in receipt.short_message

    def test_decision_107_the_steps_come_before_the_end(self, rig):
        esme = rig.bound()
        options = {INTERMEDIATE: 22}
        ids = {"message_id": notice(1).message_id, "options": options}
        told(rig, notice(1, state=Step.ACCEPTED, **ids), notice(2, **ids))
        (first,) = receipts(esme)
        (second,) = taken(esme, first)
        assert [first.tlvs[Tag.MESSAGE_STATE], second.tlvs[Tag.MESSAGE_STATE]] == [6, 2]


class TestContent:
    def test_decision_109_the_text_is_exactly_that(self, rig):
        esme = rig.bound()
        told(rig, notice(1), failed(2, Failure.EXPIRED), notice(3, state=Step.ENROUTE, options={INTERMEDIATE: 22}))
        for receipt in receipts(esme):
            assert TEXT.fullmatch(receipt.short_message)
            assert Tag.MESSAGE_PAYLOAD not in receipt.tlvs

    def test_decision_110_the_dates_are_utc(self, rig):
        esme = rig.bound()
        told(rig, notice(1))
        (receipt,) = receipts(esme)
        assert b" submit date:2605110900 done date:2605110900 " in receipt.short_message

    def test_decision_110_a_token_may_have_them_in_another_zone(self, rig):
        rig.change_token(ACME_2, smpp={"receipt_offset_min": 180})
        esme = rig.bound(password=ACME_2)
        told(rig, notice(1, done_at_ms=NINE_MS + 15 * 3_600_000))
        (receipt,) = receipts(esme)
        assert b" submit date:2605111200 done date:2605120300 " in receipt.short_message

    @pytest.mark.parametrize("failure", Failure)
    def test_decision_111_a_final_receipt_has_one_of_four_words(self, rig, failure):
        esme = rig.bound()
        told(rig, notice(1), failed(2, failure))
        words = {receipt.short_message.split(b"stat:")[1][:7] for receipt in receipts(esme)}
        assert words <= {b"DELIVRD", b"EXPIRED", b"UNDELIV", b"REJECTD"}

    def test_decision_112_err_is_ours_and_the_carriers_code_is_in_the_tlv(self, rig):
        esme = rig.bound()
        told(rig, failed(1, Failure.UNDELIVERED, "042"))
        (receipt,) = receipts(esme)
        assert receipt.short_message.endswith(b" err:001")
        assert receipt.tlvs[Tag.NETWORK_ERROR_CODE] == b"\x03\x00\x2a"

    def test_decision_112_every_failure_has_a_code_of_its_own(self, rig):
        esme = rig.bound(BindReceiver)
        told(rig, *(failed(n, failure) for n, failure in enumerate(Failure, 1)))
        codes = [receipt.short_message[-3:] for receipt in receipts(esme)]
        assert len(set(codes)) == len(codes) == len(Failure)
        assert b"000" not in codes

    def test_decision_113_the_tlvs_the_class_and_the_addresses(self, rig):
        esme = rig.bound()
        told(rig, notice(1, options={"user_message_reference": 513}))
        (receipt,) = receipts(esme)
        assert receipt.tlvs == {
            Tag.RECEIPTED_MESSAGE_ID: smpp_id(notice(1).message_id),
            Tag.MESSAGE_STATE: MessageState.DELIVERED,
            Tag.USER_MESSAGE_REFERENCE: 513,
        }
        assert (receipt.esm_class, receipt.data_coding) == (0x04, 0)
        assert (receipt.source_addr, receipt.destination_addr) == ("254712345678", "TextBlast")


class TestBeforeTheAnswer:
    """Decision 114: a message is answered first, on whichever of the team's sessions its receipt may come."""

    def submits_answered_late(self, rig):
        """Two turns of one session, of which the second is stored and the first not yet; return the session."""
        esme = rig.bound()
        rig.intake.hold()
        for n in (1, 2):
            esme.send(SubmitSm(destination_addr="254712345678", short_message=b"%d" % n, registered_delivery=0x11))
        rig.intake.release(1)
        return esme

    def receipt(self, rig):
        told(rig, notice(1, message_id=rig.intake.stored[0].id))

    def test_decision_114_a_receipt_waits_for_the_answer_on_its_own_session(self, rig):
        esme = self.submits_answered_late(rig)
        self.receipt(rig)
        assert esme.heard() == []
        rig.intake.release()
        heard = esme.heard()
        assert [type(pdu) for pdu in heard] == [SubmitSmResp, SubmitSmResp, DeliverSm]
        assert heard[2].tlvs[Tag.RECEIPTED_MESSAGE_ID] == heard[1].message_id

    def test_decision_114_a_receipt_waits_for_the_answer_on_another_session(self, rig):
        receiver = rig.bound(BindReceiver)
        esme = self.submits_answered_late(rig)
        self.receipt(rig)
        assert (receiver.heard(), esme.heard()) == ([], [])
        rig.intake.release()
        assert len(receipts(receiver)) + len([pdu for pdu in esme.heard() if isinstance(pdu, DeliverSm)]) == 1

    def test_decision_114_other_receipts_do_not_wait(self, rig):
        esme = self.submits_answered_late(rig)
        told(rig, notice(7))
        assert [type(pdu) for pdu in esme.heard()] == [DeliverSm]

    def test_decision_114_a_session_that_is_lost_holds_no_receipt_back(self, rig):
        receiver = rig.bound(BindReceiver)
        esme = self.submits_answered_late(rig)
        self.receipt(rig)
        esme.drop()
        rig.intake.release()
        assert len(receipts(receiver)) == 1
        assert rig.binds.unanswered.ids == set()

    def test_decision_114_nothing_is_kept_of_a_submit_that_is_answered_at_once(self, rig):
        rig.bound().submit(registered_delivery=1)
        assert rig.binds.unanswered.ids == set()


class TestSpool:
    def test_decision_115_what_nobody_took_comes_with_the_next_receiver(self, rig):
        told(rig, notice(1))
        transmitter = rig.bound(BindTransmitter)
        assert receipts(transmitter) == []
        esme = rig.connect()
        answered, *got = esme.send(BindTransceiver(system_id="ACME", password=ACME_2))
        assert (answered.status, len(got)) == (0, 1)

    @pytest.mark.parametrize("bind", [BindReceiver, BindTransceiver])
    def test_decision_115_any_receiver_of_the_team_takes_it(self, rig, bind):
        esme = rig.bound(bind, password=ACME_2)
        told(rig, notice(1))
        taken(esme, *receipts(esme))
        assert rig.spool.kept == {}

    @pytest.mark.parametrize("status", [Status.ESME_RSYSERR, Status.ESME_RMSGQFUL, Status.ESME_RX_P_APPN, 0x400])
    def test_decision_115_any_status_but_rok_is_tried_again_with_a_longer_pause_each_time(self, rig, status):
        esme = rig.bound()
        told(rig, notice(1))
        for pause_s in (1, 2, 4, 8):
            taken(esme, *receipts(esme), status=status)
            rig.clock.advance(pause_s - 0.01)
            assert receipts(esme) == []
            rig.clock.advance(0.01)
        taken(esme, *receipts(esme))
        assert rig.spool.kept == {}

    def test_decision_115_what_is_not_acknowledged_comes_again_on_the_next_link(self, rig):
        first = rig.bound()
        told(rig, notice(1))
        assert len(receipts(first)) == 1
        first.drop()
        second = rig.connect()
        assert [type(pdu) for pdu in second.send(BindReceiver(system_id="ACME", password=ACME_2))][1:] == [DeliverSm]

    def test_decision_115_a_node_that_dies_between_delivery_and_answer_delivers_again(self, rig):
        esme = rig.bound()
        told(rig, notice(1), notice(2))
        first, second = receipts(esme)
        taken(esme, first)
        reborn = Rig()  # a new process over the same store
        reborn.spool.put(*rig.spool.kept.values())
        esme = reborn.connect()
        _, *got = esme.send(BindReceiver(system_id="ACME", password=ACME_2))
        assert [each.tlvs[Tag.RECEIPTED_MESSAGE_ID] for each in got] == [second.tlvs[Tag.RECEIPTED_MESSAGE_ID]]

    def test_decision_115_ten_are_out_at_once(self, rig):
        esme = rig.bound()
        told(rig, *(notice(n) for n in range(1, 31)))
        first = receipts(esme)
        assert len(first) == 10
        assert len(taken(esme, *first[:3])) == 3

    def test_decision_116_what_is_submitted_by_smpp_is_marked_so(self, rig):
        rig.bound().submit(registered_delivery=1)
        assert rig.intake.stored[0].origin is Origin.SMPP

    def test_a_failure_that_was_mended_is_told_as_delivered(self, rig):
        esme = rig.bound()
        told(rig, failed(1, Failure.UNDELIVERED), notice(2, message_id=notice(1).message_id, state=State.DELIVERED))
        assert [each.tlvs[Tag.MESSAGE_STATE] for each in receipts(esme)] == [5, 2]
