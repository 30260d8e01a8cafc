"""A PDU in words: what is shown, and what never is."""

import pytest

from mobilesasa.smpp.pdus import (
    PDUS,
    BindTransceiver,
    DataSm,
    DeliverSm,
    DistributionList,
    EnquireLink,
    GenericNack,
    Outbind,
    SmeAddress,
    SubmitMulti,
    SubmitMultiResp,
    SubmitSm,
    SubmitSmResp,
    UnsuccessSme,
)
from mobilesasa.smpp.statuses import Status
from mobilesasa.smpp.tlvs import Tag
from mobilesasa.smpp.words import command_name, hide_numbers, printable, status_name, words_of

CANARY = "CANARY-5f3a"
OCTETS = CANARY.encode()


def test_a_submit_is_shown_by_its_fields_in_wire_order():
    pdu = SubmitSm(sequence=7, source_addr="TextBlast", destination_addr="254712345678", data_coding=8)
    words = words_of(pdu)
    assert (words.command, words.status, words.sequence) == ("submit_sm", "ESME_ROK", 7)
    assert list(words.fields)[:4] == ["service_type", "source_addr_ton", "source_addr_npi", "source_addr"]
    assert (words.fields["source_addr"], words.fields["data_coding"]) == ("TextBlast", 8)


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        ("254712345678", "2547…678"),
        ("+254712345678", "2547…678"),
        ("0712345", "07…"),
        ("22141", "22141"),
        ("TextBlast", "TextBlast"),
        ("+254 712 345678", "254 …678"),
        ("", ""),
    ],
)
def test_numbers_of_people_are_masked_and_names_and_short_codes_are_not(number, shown):
    words = words_of(SubmitSm(source_addr=number, destination_addr=number))
    assert (words.fields["source_addr"], words.fields["destination_addr"]) == (shown, shown)


def test_of_a_text_only_its_size_is_shown():
    assert words_of(SubmitSm(short_message=OCTETS)).fields["short_message"] == "11 octets"
    assert words_of(SubmitSm(short_message=b"x")).fields["short_message"] == "1 octet"


@pytest.mark.parametrize("pdu", [BindTransceiver(password=CANARY), Outbind(password=CANARY)])
def test_of_a_password_only_its_size_is_shown(pdu):
    assert words_of(pdu).fields["password"] == "11 octets"


@pytest.mark.parametrize("tag", [*Tag, 0x1401])
@pytest.mark.parametrize("pdu", [SubmitSm, DeliverSm, DataSm])
def test_no_optional_parameter_of_a_request_shows_octets_that_may_be_words(pdu, tag):
    assert CANARY not in str(words_of(pdu(tlvs={tag: OCTETS})))
    assert OCTETS.hex() not in str(words_of(pdu(tlvs={tag: OCTETS})))


@pytest.mark.parametrize("tag", sorted(set(Tag) - {Tag.RECEIPTED_MESSAGE_ID}))
def test_a_string_is_shown_when_the_smsc_wrote_it(tag):
    assert CANARY not in str(words_of(SubmitSm(tlvs={tag: CANARY})))
    shown = words_of(SubmitSmResp(tlvs={tag: CANARY})).tlvs[Tag(tag).name.lower()]
    assert shown == (CANARY if tag == Tag.ADDITIONAL_STATUS_INFO_TEXT else "11 octets")


def test_optional_parameters_are_shown_by_name_numbers_as_they_are():
    tlvs = {
        Tag.RECEIPTED_MESSAGE_ID: "AGLY",
        Tag.MESSAGE_STATE: 2,
        Tag.NETWORK_ERROR_CODE: b"\x03\x00\x01",
        Tag.USER_MESSAGE_REFERENCE: int.from_bytes(b"CANARYS!", "big"),
        0x1401: b"abc",
    }
    assert words_of(DeliverSm(tlvs=tlvs)).tlvs == {
        "receipted_message_id": "AGLY",
        "message_state": 2,
        "network_error_code": "030001",
        "user_message_reference": "a number that is too long",
        "0x1401": "3 octets",
    }


def test_of_many_optional_parameters_the_first_are_shown_and_the_others_counted():
    shown = words_of(SubmitSm(tlvs=dict.fromkeys(range(0x1400, 0x1500), 1))).tlvs
    assert (len(shown), shown["and"]) == (9, "248 more")


def test_of_many_destinations_the_first_are_shown_and_the_others_counted():
    numbers = tuple(SmeAddress(destination_addr=f"2547123456{n:02}") for n in range(20))
    shown = words_of(SubmitMulti(dest_addresses=(DistributionList(dl_name="staff"), *numbers))).fields["dest_addresses"]
    assert str(shown).startswith("list staff, 2547…600, 2547…601, ")
    assert str(shown).endswith("2547…606 and 13 more")


def test_a_destination_that_was_not_reached_is_shown_with_its_status():
    unreached = (UnsuccessSme(destination_addr="254712345678", error_status_code=Status.ESME_RINVDSTADR),)
    assert words_of(SubmitMultiResp(unsuccess_smes=unreached)).fields["unsuccess_smes"] == "2547…678: ESME_RINVDSTADR"


def test_commands_and_statuses_are_named_as_the_specification_does_or_by_number():
    assert words_of(GenericNack(status=0x400, sequence=1)).status == "0x00000400"
    assert words_of(EnquireLink()).command == "enquire_link"
    assert (command_name(0x80000009), command_name(0x99)) == ("bind_transceiver_resp", "0x00000099")
    assert (status_name(0x58), status_name(0x999)) == ("ESME_RTHROTTLED", "0x00000999")


@pytest.mark.parametrize("cls", PDUS.values())
def test_every_pdu_can_be_shown(cls):
    assert words_of(cls()).command == command_name(cls.command_id)


def test_what_is_not_printable_is_written_by_its_number():
    assert printable("a\x1b[31mb\xff") == "a\\x1b[31mb\xff"
    assert words_of(BindTransceiver(system_id="a\0\n")).fields["system_id"] == "a\\x00\\x0a"


def test_numbers_within_a_sentence_are_masked():
    assert (
        hide_numbers("sender '254712345678' is not yours, 22141 is\n")
        == "sender '2547…678' is not yours, 22141 is\\x0a"
    )
