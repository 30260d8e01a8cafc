"""data_sm and submit_multi: the same rules as submit_sm, each destination with its own outcome (decisions 97 and 102)."""

import pytest

from mobilesasa.core.ids import smpp_id
from mobilesasa.core.model import Coding, Wish
from mobilesasa.smpp.pdus import (
    DataSm,
    DataSmResp,
    DistributionList,
    SmeAddress,
    SubmitMulti,
    SubmitMultiResp,
    SubmitSm,
    UnsuccessSme,
)
from mobilesasa.smpp.statuses import Status
from mobilesasa.smpp.tlvs import NO_TLVS, Tag, text

ONE, TWO, THREE = "254712345671", "254712345672", "254712345673"
NOWHERE = "+4915123456789"
CLASSES = (DataSm(), SubmitMulti(dest_addresses=(SmeAddress(),)))


def data(payload: bytes = b"Hi", **fields) -> DataSm:
    tlvs = {Tag.MESSAGE_PAYLOAD: payload, **fields.pop("tlvs", {})}
    return DataSm(**{"destination_addr": ONE, "tlvs": tlvs, **fields})


def multi(*numbers: str, **fields) -> SubmitMulti:
    to = tuple(SmeAddress(1, 1, number) for number in numbers)
    return SubmitMulti(**{"dest_addresses": to, "short_message": b"Hi", **fields})


# data_sm


def test_decision_102_a_data_sm_is_a_message_and_answered_with_its_id(rig):
    (response,) = rig.bound().send(data(source_addr="TextBlast", registered_delivery=1))
    (stored,) = rig.intake.stored
    assert (stored.sender, stored.recipient, stored.text, stored.wish) == ("TextBlast", ONE, "Hi", Wish.ALL)
    assert isinstance(response, DataSmResp)
    assert response.message_id == smpp_id(stored.id)


def test_a_data_sm_is_valid_for_its_time_to_live(rig):
    rig.bound().send(data(tlvs={Tag.QOS_TIME_TO_LIVE: 90}), data(tlvs={Tag.QOS_TIME_TO_LIVE: 0}))
    assert [stored.expires_at_ms - rig.now_ms() for stored in rig.intake.stored] == [90_000, 24 * 3_600_000]


def test_a_data_sm_goes_by_the_same_headers_and_codings(rig):
    udh = bytes.fromhex("050003070201")
    sar = {Tag.SAR_MSG_REF_NUM: 7, Tag.SAR_TOTAL_SEGMENTS: 2, Tag.SAR_SEGMENT_SEQNUM: 1}
    rig.bound().send(
        data(udh + b"Hi", esm_class=0x40), data(b"Hi", tlvs=sar), data("Hé".encode("utf-16-be"), data_coding=8)
    )
    assert [stored.udh for stored in rig.intake.stored] == [udh, udh, b""]
    assert rig.intake.stored[2].coding is Coding.UCS2


@pytest.mark.parametrize(
    ("pdu", "status"),
    [
        (DataSm(destination_addr=ONE), Status.ESME_RMISSINGOPTPARAM),
        (data(b""), Status.ESME_RINVMSGLEN),
        (data(esm_class=0x40), Status.ESME_RINVESMCLASS),
        (data(data_coding=5), Status.ESME_RSUBMITFAIL),
        (data(destination_addr="12"), Status.ESME_RINVDSTADR),
        (data(destination_addr="2" * 64), Status.ESME_RINVDSTADR),
        (data(source_addr="x" * 64), Status.ESME_RINVSRCADR),
        (data(b"a" * 1531), Status.ESME_RINVMSGLEN),
        (data(service_type="USSD"), Status.ESME_RINVSERTYP),
    ],
)
def test_what_cannot_be_sent_is_refused_by_a_data_sm_resp(rig, pdu, status):
    (response,) = rig.bound().send(pdu)
    assert (type(response), response.status) == (DataSmResp, status)
    assert rig.intake.stored == []


def test_the_payload_of_a_data_sm_counts_its_parts(rig):
    rig.change_team(1, session_tps=4)
    responses = rig.bound().send(data(b"a" * 400), data(), data())
    assert [response.status for response in responses] == [0, 0, Status.ESME_RTHROTTLED]
    assert isinstance(responses[2], DataSmResp)


# submit_multi


def test_decision_102_each_destination_is_a_message_and_the_answer_has_the_id_of_the_first(rig):
    (response,) = rig.bound().send(multi(ONE, TWO, THREE, source_addr="TextBlast", registered_delivery=1))
    assert [stored.recipient for stored in rig.intake.stored] == [ONE, TWO, THREE]
    assert {(s.text, s.sender, s.wish, s.price_units) for s in rig.intake.stored} == {("Hi", "TextBlast", Wish.ALL, 1)}
    assert isinstance(response, SubmitMultiResp)
    assert (response.message_id, response.unsuccess_smes) == (smpp_id(rig.intake.stored[0].id), ())
    assert rig.intake.batches == [3]


def test_each_destination_that_is_not_accepted_has_its_own_status(rig):
    to = (SmeAddress(1, 1, "12"), SmeAddress(1, 1, TWO), DistributionList("friends"), SmeAddress(1, 1, NOWHERE))
    (response,) = rig.bound().send(SubmitMulti(dest_addresses=to, short_message=b"Hi"))
    (stored,) = rig.intake.stored
    assert (response.status, response.message_id) == (0, smpp_id(stored.id))
    assert response.unsuccess_smes == (
        UnsuccessSme(1, 1, "12", Status.ESME_RINVDSTADR),
        UnsuccessSme(0, 0, "friends", Status.ESME_RINVDLNAME),
        UnsuccessSme(1, 1, NOWHERE, Status.ESME_RINVDSTADR),
    )


def test_a_team_that_can_pay_for_some_destinations_gets_those(rig):
    rig.intake.balance[1] = 2
    (response,) = rig.bound().send(multi(ONE, TWO, THREE))
    assert response.status == 0
    assert [(sme.destination_addr, sme.error_status_code) for sme in response.unsuccess_smes] == [
        (THREE, Status.ESME_RSUBMITFAIL)
    ]


@pytest.mark.parametrize(
    ("numbers", "status"),
    [(("12", "13"), Status.ESME_RINVDSTADR), (("12", TWO), Status.ESME_RSUBMITFAIL)],
)
def test_when_no_destination_is_accepted_the_status_says_so_and_the_body_which(rig, numbers, status):
    rig.intake.balance[1] = 0
    (response,) = rig.bound().send(multi(*numbers))
    assert (response.status, response.message_id) == (status, "")
    assert [sme.destination_addr for sme in response.unsuccess_smes] == list(numbers)
    assert text(response.tlvs, Tag.ADDITIONAL_STATUS_INFO_TEXT) == "no destination was accepted"


def test_an_old_peer_gets_the_status_alone_when_no_destination_is_accepted(rig):
    (response,) = rig.bound(interface_version=0x33).send(multi("12"))
    assert (response.status, response.tlvs) == (Status.ESME_RINVDSTADR, NO_TLVS)


def test_there_are_no_distribution_lists(rig):
    (response,) = rig.bound().send(SubmitMulti(dest_addresses=(DistributionList("x" * 20),), short_message=b"Hi"))
    assert (response.status, response.unsuccess_smes[0].destination_addr) == (Status.ESME_RINVDLNAME, "x" * 20)


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"short_message": b""}, Status.ESME_RINVMSGLEN),
        ({"sm_default_msg_id": 1}, Status.ESME_RINVDFTMSGID),
        ({"priority_flag": 4}, Status.ESME_RINVPRTFLG),
        ({"validity_period": "x"}, Status.ESME_RINVEXPIRY),
        ({"schedule_delivery_time": "x"}, Status.ESME_RINVSCHED),
    ],
)
def test_what_is_wrong_for_all_destinations_is_the_status_of_the_whole(rig, fields, status):
    (response,) = rig.bound().send(multi(ONE, TWO, **fields))
    assert (type(response), response.status, response.unsuccess_smes) == (SubmitMultiResp, status, ())
    assert rig.intake.stored == []


def test_every_field_of_a_submit_multi_is_regarded(rig):
    rig.bound().send(multi(ONE, protocol_id=65, service_type="VAL", schedule_delivery_time="000000010000000R"))
    (stored,) = rig.intake.stored
    assert stored.options == {"protocol_id": 65, "service_type": "VAL"}
    assert stored.due_at_ms == rig.now_ms() + 3_600_000


def test_decision_97_each_destination_counts_for_the_rate(rig):
    rig.change_team(1, session_tps=4)
    responses = rig.bound().send(multi(ONE, TWO, THREE), multi(ONE, TWO), multi(THREE))
    assert [response.status for response in responses] == [0, Status.ESME_RTHROTTLED, 0]
    assert isinstance(responses[1], SubmitMultiResp)


def test_254_destinations_go_through_a_full_bucket_that_holds_fewer(rig):
    (response,) = rig.bound().send(multi(*(f"2547{n:08}" for n in range(254))))
    assert (response.status, len(rig.intake.stored)) == (0, 254)


def test_the_payload_counts_its_parts_for_each_destination(rig):
    rig.change_team(1, session_tps=6)
    payload = {"short_message": b"", "tlvs": {Tag.MESSAGE_PAYLOAD: b"a" * 306}}
    responses = rig.bound().send(multi(ONE, TWO, **payload), multi(THREE, **payload), multi(THREE))
    assert [response.status for response in responses] == [0, 0, Status.ESME_RTHROTTLED]


def test_all_kinds_of_submits_of_a_turn_are_one_batch_and_answered_in_order(rig):
    esme = rig.bound()
    esme.writes.clear()
    plain = SubmitSm(destination_addr=ONE, short_message=b"Hi")
    responses = esme.send(plain, multi(ONE, TWO), data(), multi("12", THREE), plain)
    assert rig.intake.batches == [6]
    assert [r.sequence for r in responses] == [2, 3, 4, 5, 6]
    ids = [smpp_id(stored.id) for stored in rig.intake.stored]
    assert [r.message_id for r in responses] == [ids[0], ids[1], ids[3], ids[4], ids[5]]
    assert len(esme.writes) == 1


@pytest.mark.parametrize("pdu", [data(), multi(ONE)])
def test_a_store_that_is_away_is_a_system_error_of_the_own_response(rig, flush_logged, pdu):
    esme = rig.bound()
    rig.intake.failing = ConnectionError("no database")
    (response,) = esme.send(pdu)
    assert (type(response).__name__, response.status) == (f"{type(pdu).__name__}Resp", Status.ESME_RSYSERR)
    assert flush_logged(ConnectionError)
