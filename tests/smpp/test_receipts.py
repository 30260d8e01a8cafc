"""Receipts as we write them, and as carriers do (field notes, section 2)."""

import re
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mobilesasa.smpp import receipts
from mobilesasa.smpp.fields import MessageState
from mobilesasa.smpp.pdus import DataSm, DeliverSm
from mobilesasa.smpp.receipts import (
    STATES,
    WORDS,
    NetworkError,
    Proof,
    Receipt,
    id_forms,
    is_final,
    moment_of,
    read_receipt,
    write_receipt,
)
from mobilesasa.smpp.tlvs import Tag
from tests.smpp.strategies import pdus_of

AT = datetime(2026, 5, 11, 9, 0, tzinfo=UTC)
AT_MS = 1_778_490_000_000
NAIROBI = timezone(timedelta(hours=3))
USUAL = "id:MSG123 sub:001 dlvrd:001 submit date:2605110900 done date:2605110930 stat:DELIVRD err:000"


def read(text: str | bytes = b"", esm_class: int = 4, tlvs: dict[int, Any] | None = None, **more: Any) -> Receipt:
    body = text.encode("latin-1") if isinstance(text, str) else text
    receipt = read_receipt(DeliverSm(esm_class=esm_class, short_message=body, tlvs=tlvs or {}), **more)
    assert receipt is not None
    return receipt


class TestWriting:
    def test_the_text_is_that_of_the_reference(self):
        assert write_receipt("MSG123", MessageState.DELIVERED, AT_MS, AT_MS) == (
            b"id:MSG123 sub:001 dlvrd:001 submit date:2605110900 done date:2605110900 stat:DELIVRD err:000"
        )

    @pytest.mark.parametrize("state", MessageState)
    def test_only_a_delivered_message_counts_as_delivered(self, state: MessageState):
        text = write_receipt("M", state, AT_MS, AT_MS, error=7)
        assert (b"dlvrd:001" in text) is (state is MessageState.DELIVERED)
        assert text.endswith(b" stat:%s err:007" % WORDS[state].encode())
        assert len(WORDS[state]) == 7

    def test_the_dates_are_utc_unless_another_zone_is_asked_for(self):
        assert b"done date:2605110900" in write_receipt("M", MessageState.EXPIRED, AT_MS, AT_MS)
        eat = write_receipt("M", MessageState.EXPIRED, AT_MS, AT_MS, offset_min=180)
        assert b" submit date:2605111200 done date:2605111200 " in eat

    def test_all_parts_are_counted_and_delivered_together(self):
        assert b" sub:003 dlvrd:003 " in write_receipt("M", MessageState.DELIVERED, AT_MS, AT_MS, parts=3)
        assert b" sub:003 dlvrd:000 " in write_receipt("M", MessageState.ENROUTE, AT_MS, AT_MS, parts=3)

    @given(
        st.from_regex(r"[0-9A-Z]{1,26}", fullmatch=True),
        st.sampled_from(sorted(set(MessageState) - {MessageState.SCHEDULED, MessageState.SKIPPED})),
        st.datetimes(datetime(2000, 1, 1), datetime(2099, 12, 31)),  # noqa: DTZ001
        st.integers(0, 999),
    )
    def test_we_read_what_we_write(self, message_id: str, state: MessageState, moment: datetime, error: int):
        at = moment.replace(tzinfo=UTC)
        at_ms = 1000 * int(at.timestamp())
        receipt = read(write_receipt(message_id, state, at_ms, at_ms, error))
        minute = at.replace(second=0, microsecond=0)
        assert (receipt.message_id, receipt.state, receipt.error) == (message_id, state, f"{error:03}")
        assert (receipt.submitted_at, receipt.done_at) == (minute, minute)


class TestReading:
    def test_the_usual_text_gives_everything(self):
        receipt = read(USUAL + " text:Hello there")
        assert receipt == Receipt(
            message_id="MSG123",
            state=MessageState.DELIVERED,
            word="DELIVRD",
            error="000",
            submitted_count=1,
            delivered_count=1,
            submitted_at=AT,
            done_at=AT + timedelta(minutes=30),
            quoted="Hello there",
            network_error=None,
            disagrees=False,
            proof=Proof.ESM_CLASS,
        )

    @pytest.mark.parametrize(
        "text",
        [
            USUAL.replace("sub:001 dlvrd:001 ", ""),
            USUAL.upper().replace("MSG123", "MSG123"),
            USUAL.replace(" ", "  "),
            USUAL.replace(":", ": "),
            USUAL.replace(":", " :"),
            USUAL.replace(" ", "\n"),
            USUAL + " Text:",
            USUAL + " text:id:OTHER stat:EXPIRED err:099",
            "stat:DELIVRD done date:2605110930 id:MSG123 submit date:2605110900 err:000",
            USUAL.replace("submit date", "submit_date").replace("done date", "donedate"),
            "\x05\x00\x03\x01\x01\x01" + USUAL,
            USUAL.replace("2605110900", "260511090000").replace("2605110930", "260511093000"),
            USUAL.replace("2605110900", "202605110900").replace("2605110930", "202605110930"),
            USUAL.replace("2605110900", "20260511090000").replace("2605110930", "20260511093000"),
        ],
    )
    def test_texts_that_mean_the_same(self, text: str):
        receipt = read(text)
        assert (receipt.message_id, receipt.state) == ("MSG123", MessageState.DELIVERED)
        assert (receipt.error, receipt.submitted_at) == ("000", AT)
        assert receipt.done_at == AT + timedelta(minutes=30)

    def test_receipts_that_differ_in_the_id_alone_say_the_same(self):
        first, second, longer = read(USUAL), read(USUAL.replace("MSG123", "msg:4")), read(USUAL + " text:" + "x" * 100)
        assert (first.message_id, second.message_id, longer.message_id) == ("MSG123", "msg:4", "MSG123")
        assert attrs.evolve(second, message_id="MSG123") == attrs.evolve(longer, quoted="") == first

    @pytest.mark.parametrize("written", ["", "\n", "\x85", "\xa0"])
    def test_what_is_no_id_is_not_taken_for_one(self, written: str):
        assert read(USUAL.replace("MSG123", written)).message_id == ""

    def test_missing_parts_are_missing_and_no_more(self):
        receipt = read("id:MSG123 stat:EXPIRED")
        assert (receipt.message_id, receipt.state) == ("MSG123", MessageState.EXPIRED)
        assert (receipt.submitted_count, receipt.delivered_count, receipt.error, receipt.quoted) == (None, None, "", "")
        assert (receipt.submitted_at, receipt.done_at) == (None, None)

    def test_an_empty_part_does_not_swallow_the_next(self):
        receipt = read("id:MSG123 sub: dlvrd:001 submit date: done date:2605110930 stat:DELIVRD err: text:x")
        assert (receipt.submitted_count, receipt.delivered_count, receipt.submitted_at) == (None, 1, None)
        assert (receipt.done_at, receipt.error, receipt.quoted) == (AT + timedelta(minutes=30), "", "x")

    def test_counts_that_count_nothing_are_none(self):
        receipt = read(USUAL.replace("sub:001", "sub:" + "9" * 60))
        assert receipt.submitted_count is None

    @pytest.mark.parametrize("word", STATES)
    def test_every_known_word_has_its_state_in_any_case(self, word: str):
        for written in (word, word.lower()):
            receipt = read(USUAL.replace("DELIVRD", written))
            assert (receipt.state, receipt.word) == (STATES[word], written)

    @pytest.mark.parametrize("word", ["0", "WHATEVER", "DLVRD2"])
    def test_an_unknown_word_is_unknown_and_kept(self, word: str):
        receipt = read(USUAL.replace("DELIVRD", word))
        assert (receipt.state, receipt.word) == (MessageState.UNKNOWN, word)

    @pytest.mark.parametrize("error", ["0000", "0x1B", "A1F", "069"])
    def test_the_error_is_text_and_the_word_wins_over_it(self, error: str):
        receipt = read(USUAL.replace("err:000", f"err:{error}"))
        assert (receipt.error, receipt.state) == (error, MessageState.DELIVERED)

    @pytest.mark.parametrize(
        "date", ["0000000000", "2613110900", "260511", "26051109zz", "26051109000", "00000000000000"]
    )
    def test_what_is_no_date_is_none(self, date: str):
        assert read(USUAL.replace("2605110900", date)).submitted_at is None

    def test_a_date_at_the_edge_of_the_calendar_is_none(self):
        assert read(USUAL.replace("2605110900", "00010101000000"), zone=NAIROBI).submitted_at is None

    def test_the_dates_of_a_carrier_are_in_its_zone(self):
        assert read(USUAL, zone=NAIROBI).submitted_at == AT - timedelta(hours=3)

    @pytest.mark.parametrize("encoding", ["utf-16-be", "utf-16-le"])
    @pytest.mark.parametrize("data_coding", [0, 8])
    def test_a_text_in_ucs2_is_read_whatever_its_data_coding_says(self, encoding: str, data_coding: int):
        pdu = DeliverSm(esm_class=4, data_coding=data_coding, short_message=USUAL.encode(encoding))
        receipt = read_receipt(pdu)
        assert receipt is not None
        assert (receipt.message_id, receipt.state) == ("MSG123", MessageState.DELIVERED)

    def test_ascii_that_calls_itself_ucs2_is_read_too(self):
        pdu = DeliverSm(esm_class=4, data_coding=8, short_message=USUAL.encode())
        receipt = read_receipt(pdu)
        assert receipt is not None
        assert receipt.message_id == "MSG123"

    def test_a_nul_in_the_quoted_text_is_an_at_sign_of_gsm_and_no_ucs2(self):
        receipt = read(USUAL.encode() + b" text:me\0home")
        assert (receipt.message_id, receipt.quoted) == ("MSG123", "me\0home")

    def test_a_long_receipt_lies_in_message_payload(self):
        assert read(tlvs={Tag.MESSAGE_PAYLOAD: USUAL.encode()}).message_id == "MSG123"

    def test_a_receipt_in_data_sm_is_one_too(self):
        receipt = read_receipt(DataSm(esm_class=4, tlvs={Tag.MESSAGE_PAYLOAD: USUAL.encode()}))
        assert receipt is not None
        assert receipt.message_id == "MSG123"

    def test_a_form_of_the_carriers_own_is_read_by_its_pattern(self):
        pattern = re.compile(r"(?P<id>[^,]+),(?P<stat>[A-Z]+),(?P<done_date>\d+),(?P<err>\d+)?")
        receipt = read("8A3F,EXPIRED,2605110900,", pattern=pattern)
        assert (receipt.message_id, receipt.state, receipt.done_at) == ("8A3F", MessageState.EXPIRED, AT)
        assert receipt.error == ""
        assert read(USUAL, pattern=pattern).message_id == "MSG123"


class TestTlvs:
    def test_the_tlvs_alone_are_enough(self):
        receipt = read(esm_class=0, tlvs={Tag.RECEIPTED_MESSAGE_ID: "M9", Tag.MESSAGE_STATE: 5})
        assert (receipt.message_id, receipt.state, receipt.word) == ("M9", MessageState.UNDELIVERABLE, "")
        assert receipt.proof is Proof.TLV

    def test_the_id_is_that_of_the_tlv_and_a_difference_is_flagged(self):
        receipt = read(USUAL, tlvs={Tag.RECEIPTED_MESSAGE_ID: "OTHER", Tag.MESSAGE_STATE: 2})
        assert receipt.message_id == "OTHER"
        assert receipt.disagrees

    def test_the_same_id_in_another_form_is_no_difference(self):
        receipt = read(USUAL.replace("MSG123", "26"), tlvs={Tag.RECEIPTED_MESSAGE_ID: "1A", Tag.MESSAGE_STATE: 2})
        assert receipt.message_id == "1A"
        assert not receipt.disagrees

    @pytest.mark.parametrize(
        ("tlv", "word", "state"),
        [
            (1, "DELIVRD", MessageState.DELIVERED),
            (2, "ACCEPTD", MessageState.DELIVERED),
            (2, "EXPIRED", MessageState.DELIVERED),
            (3, "UNDELIV", MessageState.EXPIRED),
            (7, "REJECTD", MessageState.REJECTED),
        ],
    )
    def test_the_more_final_state_stands_and_a_difference_is_flagged(self, tlv: int, word: str, state: MessageState):
        receipt = read(USUAL.replace("DELIVRD", word), tlvs={Tag.MESSAGE_STATE: tlv})
        assert (receipt.state, receipt.disagrees) == (state, True)

    def test_an_id_without_a_state_takes_the_state_of_the_text(self):
        receipt = read(USUAL, esm_class=0, tlvs={Tag.RECEIPTED_MESSAGE_ID: "MSG123"})
        assert (receipt.state, receipt.disagrees, receipt.proof) == (MessageState.DELIVERED, False, Proof.TLV)

    @pytest.mark.parametrize("value", [99, b"", b"x" * 20])
    def test_a_state_nobody_knows_says_nothing(self, value: Any):
        assert read(tlvs={Tag.MESSAGE_STATE: value}).state is None
        assert read(USUAL, tlvs={Tag.MESSAGE_STATE: value}).state is MessageState.DELIVERED

    def test_an_odd_id_is_read_as_well_as_it_can_be(self):
        assert read(tlvs={Tag.RECEIPTED_MESSAGE_ID: b" M9\0rest"}).message_id == "M9"

    @pytest.mark.parametrize(
        ("value", "error"),
        [
            (b"\x03\x00\x1b", NetworkError(3, 27)),
            (b"027", NetworkError(None, 27)),
            (b"1048\0", NetworkError(None, 1048)),
            (b"\x03\x1b", None),
            (b"9" * 50, None),
            (b"", None),
            (5, None),
        ],
    )
    def test_a_network_error_is_binary_or_digits(self, value: Any, error: NetworkError | None):
        assert read(USUAL, tlvs={Tag.NETWORK_ERROR_CODE: value}).network_error == error


class TestProof:
    @pytest.mark.parametrize("esm_class", [0x04, 0x08, 0x10, 0x20, 0x44, 0x84, 0x07])
    def test_any_type_bit_of_esm_class_proves_a_receipt(self, esm_class: int):
        receipt = read(USUAL, esm_class)
        assert (receipt.proof, receipt.message_id) == (Proof.ESM_CLASS, "MSG123")

    def test_a_receipt_by_its_bits_that_says_nothing_is_still_one(self):
        receipt = read("Your message was sent")
        assert (receipt.message_id, receipt.state, receipt.proof) == ("", None, Proof.ESM_CLASS)

    @pytest.mark.parametrize("esm_class", [0x00, 0x03, 0x40])
    def test_a_text_of_the_right_form_is_a_weak_proof(self, esm_class: int):
        assert read(USUAL, esm_class).proof is Proof.TEXT
        assert read("id:MSG123", esm_class, {Tag.MESSAGE_STATE: 2}).proof is Proof.TEXT

    @pytest.mark.parametrize("text", ["", "Hello", "my id:5 please", "stat:us quo", "text: id:1 stat:DELIVRD", "a\0b"])
    @pytest.mark.parametrize("esm_class", [0x00, 0x03, 0x40, 0xC0])
    def test_what_a_person_wrote_is_no_receipt(self, text: str, esm_class: int):
        assert read_receipt(DeliverSm(esm_class=esm_class, short_message=text.encode())) is None

    @settings(max_examples=200, deadline=None)
    @given(pdus_of(DeliverSm) | pdus_of(DataSm))
    def test_nothing_that_can_be_read_raises(self, pdu: Any):
        read_receipt(pdu)

    @settings(max_examples=200, deadline=None)
    @given(st.lists(st.sampled_from([*receipts._NAMES, "submit date", ":", " ", "0", "id:", "9" * 300, "\0", "\xb2"])))
    def test_scraps_of_receipts_raise_nothing(self, scraps: list[str]):
        tlvs = {Tag.MESSAGE_PAYLOAD: "".join(scraps).encode("latin-1")}
        read_receipt(DeliverSm(esm_class=4, tlvs=tlvs))


def test_the_final_states_are_those_after_which_nothing_comes():
    assert {state for state in MessageState if not is_final(state)} == {
        MessageState.SCHEDULED,
        MessageState.ENROUTE,
        MessageState.ACCEPTED,
    }


@pytest.mark.parametrize(
    ("late_s", "expected_s"),
    [(0, 0), (-3600, -3600), (-72 * 3600, -72 * 3600), (-72 * 3600 - 60, 0), (240, 0), (3 * 3600, 0)],
)
def test_a_date_is_believed_within_reason(late_s: int, expected_s: int):
    done_at = AT + timedelta(seconds=late_s)
    receipt = read(write_receipt("M", MessageState.DELIVERED, AT_MS, round(done_at.timestamp() * 1000)))
    assert moment_of(receipt, AT) == AT + timedelta(seconds=expected_s)


def test_a_receipt_without_a_date_is_of_when_it_came():
    assert moment_of(read("id:M stat:DELIVRD"), AT) == AT


class TestIds:
    @pytest.mark.parametrize(
        ("written", "meant"),
        [
            ("1A2B", "6699"),
            ("1a2b", "1A2B"),
            ("6699", "1a2b"),
            ("6699", "00001A2B"),
            ("00001A2B", "1A2B"),
            ("0000006699", "6699"),
            ("1A2B", "0000006699"),
            ("abcdef01-23", "ABCDEF01-23"),
            ("FFFFFFFFFFFFFFFF", "18446744073709551615"),
        ],
    )
    def test_the_forms_hold_what_is_meant(self, written: str, meant: str):
        assert id_forms(written)[0] == written
        assert meant in id_forms(written)

    @pytest.mark.parametrize("raw", ["MSG123", "0", "000", "\u0661\u0662", "-1", "a b"])
    def test_what_is_no_number_has_its_cases_only(self, raw: str):
        assert {form.strip("0").lower() for form in id_forms(raw)} == {raw.strip("0").lower()}

    def test_no_id_has_no_forms(self):
        assert id_forms("") == ()

    @given(st.text(max_size=300))
    def test_forms_are_few_and_not_empty(self, raw: str):
        forms = id_forms(raw)
        assert len(forms) == len(set(forms)) <= 12
        assert "" not in forms
