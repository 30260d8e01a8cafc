import attrs
import pytest

from mobilesasa.core.ids import made_at_ms, smpp_id
from mobilesasa.core.model import Failure, State
from mobilesasa.notify.receipts import address_of, receipt_of, receipt_text, standing_of
from mobilesasa.smpp.fields import MessageState
from mobilesasa.smpp.receipts import read_receipt
from mobilesasa.smpp.tlvs import NO_TLVS, Tag
from mobilesasa.smsc.standings import FAILED
from tests.fakes.spool import NINE_MS, failed, notice

ENDINGS = [
    (Failure.UNDELIVERED, "UNDELIV", 5, 1),
    (Failure.EXPIRED, "EXPIRED", 3, 2),
    (Failure.REJECTED, "REJECTD", 8, 3),
    (Failure.REFUSED, "REJECTD", 8, 4),
    (Failure.EXPIRED_UNSENT, "EXPIRED", 3, 5),
    (Failure.NO_RECEIPT, "EXPIRED", 3, 6),
    (Failure.CANCELLED, "UNDELIV", 5, 7),
]


def test_the_text_is_the_references_to_the_letter():
    got = receipt_of(notice(), takes_tlvs=True)
    message_id = smpp_id(notice().message_id)
    assert got.short_message.decode() == (
        f"id:{message_id} sub:001 dlvrd:001 submit date:2605110900 done date:2605110900 stat:DELIVRD err:000"
    )


def test_the_text_alone_is_that_of_the_receipt():
    for told in (notice(), failed(1, Failure.EXPIRED)):
        made = attrs.evolve(told, submitted_at_ms=made_at_ms(told.message_id))
        text = receipt_text(told.message_id, told.parts, told.state, told.failure, told.done_at_ms)
        assert receipt_of(made, takes_tlvs=True).short_message.decode() == text


@pytest.mark.parametrize(("failure", "word", "state", "error"), ENDINGS)
def test_each_failure_has_its_word_its_state_and_its_code(failure, word, state, error):
    got = receipt_of(failed(1, failure), takes_tlvs=True)
    assert got.short_message.endswith(f"stat:{word} err:{error:03}".encode())
    assert b" sub:001 dlvrd:000 " in got.short_message
    assert got.tlvs[Tag.MESSAGE_STATE] == state


def test_every_failure_is_in_the_table():
    assert set(FAILED) == set(Failure) == {row[0] for row in ENDINGS}


def test_only_the_references_four_words_go_out():
    assert {standing.word for standing in FAILED.values()} <= {"UNDELIV", "REJECTD", "EXPIRED"}


def test_a_failure_without_a_kind_is_undelivered():
    assert standing_of(notice(state=State.FAILED)).state is MessageState.UNDELIVERABLE


def test_a_message_of_several_parts_has_one_receipt_that_counts_them():
    assert b" sub:003 dlvrd:003 " in receipt_of(notice(parts=3), takes_tlvs=True).short_message
    lost = receipt_of(notice(parts=3, state=State.FAILED, failure=Failure.EXPIRED), takes_tlvs=True)
    assert b" sub:003 dlvrd:000 " in lost.short_message


def test_the_dates_are_utc_minutes():
    got = receipt_of(notice(done_at_ms=NINE_MS + 61 * 60_000 + 59_999), takes_tlvs=True)
    assert b"submit date:2605110900 done date:2605111001 " in got.short_message


def test_the_addresses_are_swapped():
    got = receipt_of(notice(), takes_tlvs=True)
    assert (got.source_addr_ton, got.source_addr_npi, got.source_addr) == (1, 1, "254712345678")
    assert (got.dest_addr_ton, got.dest_addr_npi, got.destination_addr) == (5, 0, "TextBlast")
    assert (got.esm_class, got.data_coding, got.service_type) == (0x04, 0, "")


@pytest.mark.parametrize(
    ("sender", "address"),
    [
        ("TextBlast", (5, 0, "TextBlast")),
        ("22141", (3, 0, "22141")),
        ("+254700111222", (1, 1, "254700111222")),
        ("254700111222", (1, 1, "254700111222")),
        ("Grüße", (5, 0, "Grüße")),
        ("→\0" + "x" * 30, (5, 0, "??" + "x" * 18)),
        ("", (5, 0, "")),
        ("٣٤٥", (5, 0, "???")),
    ],
)
def test_a_sender_is_a_name_a_short_code_or_a_number(sender, address):
    assert address_of(sender) == address
    assert receipt_of(notice(sender=sender), takes_tlvs=True).encode(1)


def test_the_id_and_the_state_are_in_tlvs_too():
    assert receipt_of(notice(), takes_tlvs=True).tlvs == {
        Tag.RECEIPTED_MESSAGE_ID: smpp_id(notice().message_id),
        Tag.MESSAGE_STATE: 2,
    }


def test_an_old_peer_gets_no_tlvs():
    assert receipt_of(notice(error="11", options={"user_message_reference": 5}), takes_tlvs=False).tlvs is NO_TLVS


@pytest.mark.parametrize(
    ("error", "octets"),
    [("11", "03000b"), ("0011", "03000b"), ("65535", "03ffff"), ("65536", None), ("0", None), ("", None), ("1A", None)],
)
def test_the_carriers_own_code_goes_into_network_error_code_when_it_is_a_number(error, octets):
    got = receipt_of(failed(1, Failure.UNDELIVERED, error), takes_tlvs=True).tlvs.get(Tag.NETWORK_ERROR_CODE)
    assert (got.hex() if got else None) == octets


@pytest.mark.parametrize("reference", [0, 1, 65535])
def test_the_user_message_reference_comes_back(reference):
    got = receipt_of(notice(options={"user_message_reference": reference, "flash": True}), takes_tlvs=True)
    assert got.tlvs[Tag.USER_MESSAGE_REFERENCE] == reference


def test_a_client_reads_the_receipt_as_one():
    got = read_receipt(receipt_of(failed(1, Failure.EXPIRED, "11"), takes_tlvs=True))
    assert got is not None
    assert (got.message_id, got.state, got.disagrees) == (smpp_id(notice().message_id), MessageState.EXPIRED, False)


def test_vendor_tlvs_that_a_rule_brings_back_are_in_the_receipt():
    got = receipt_of(notice(options={"tlvs": {"0x1400": "aa"}, "receipt_tlvs": {"0x1401": "3131"}}), takes_tlvs=True)
    assert (got.tlvs.get(0x1400), got.tlvs[0x1401]) == (None, b"11")
    assert receipt_of(notice(options={"receipt_tlvs": {"0x1401": "3131"}}), takes_tlvs=False).tlvs is NO_TLVS
