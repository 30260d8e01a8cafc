"""Every PDU of SMPP 3.4: its table and its compiled codec say the same, and both sides of each limit are watched."""

import linecache
from typing import Annotated, Any

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mobilesasa.smpp import pdus
from mobilesasa.smpp.codec import HEADER, compile_pdu, table_of
from mobilesasa.smpp.errors import MalformedBody, Unencodable
from mobilesasa.smpp.kinds import COctets, Listed, Octet, Sized
from mobilesasa.smpp.pdus import PDUS, RESPONSE_BIT, Pdu
from mobilesasa.smpp.statuses import Status
from mobilesasa.smpp.tlvs import NO_TLVS, Tag
from tests.smpp.strategies import CLASSES, pdus_of, slow_encode, slow_fields

RESPONSES = [cls for cls in CLASSES if cls.command_id & RESPONSE_BIT]
STRINGS = [(cls, name, kind) for cls in CLASSES for name, kind in table_of(cls) if isinstance(kind, COctets)]
SIZED = [(cls, name, kind) for cls in CLASSES for name, kind in table_of(cls) if isinstance(kind, Sized)]
NUMBERS = [(cls, name) for cls in CLASSES for name, kind in table_of(cls) if isinstance(kind, Octet)]
# Chapter 4, in the order of its sections.
CHAPTER_4 = {
    "bind_transmitter": 0x02,
    "bind_receiver": 0x01,
    "bind_transceiver": 0x09,
    "outbind": 0x0B,
    "unbind": 0x06,
    "generic_nack": 0x80000000,
    "submit_sm": 0x04,
    "submit_multi": 0x21,
    "deliver_sm": 0x05,
    "data_sm": 0x103,
    "query_sm": 0x03,
    "cancel_sm": 0x08,
    "replace_sm": 0x07,
    "enquire_link": 0x15,
    "alert_notification": 0x102,
}


def filled(cls: type[Pdu], **fields: Any) -> Pdu:
    """A PDU that may be sent: submit_multi needs a destination."""
    if cls is pdus.SubmitMulti:
        fields.setdefault("dest_addresses", (pdus.SmeAddress(),))
    return cls(sequence=1, **fields)


def refused(octets: bytes) -> MalformedBody:
    with pytest.raises(MalformedBody) as caught:
        pdus.decode(octets)
    return caught.value


def whole(cls: type[Pdu], body: bytes, status: int = 0) -> bytes:
    return HEADER.pack(16 + len(body), cls.command_id, status, 1) + body


def test_every_command_of_chapter_4_is_there_under_its_name():
    names = {cls.__name__: command_id for command_id, cls in PDUS.items()}
    requests = {"".join(word.title() for word in name.split("_")): number for name, number in CHAPTER_4.items()}
    responses = {
        f"{name}Resp": number | RESPONSE_BIT
        for name, number in requests.items()
        if name not in ("Outbind", "GenericNack", "AlertNotification")
    }
    assert names == requests | responses


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
def test_what_is_written_is_read_again(cls: type[Pdu]):
    @settings(max_examples=60, deadline=None)
    @given(pdus_of(cls))
    def check(pdu: Pdu) -> None:
        octets = pdu.encode()
        assert cls.decode(octets) == pdu
        assert type(pdus.decode(octets)) is cls

    check()


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
def test_the_compiled_code_agrees_with_the_table(cls: type[Pdu]):
    @settings(max_examples=60, deadline=None)
    @given(pdus_of(cls, st.sampled_from([0, 0, 8])))
    def check(pdu: Pdu) -> None:
        octets = pdu.encode()
        assert octets == slow_encode(pdu)
        read = cls.decode(octets)
        if len(octets) > 16:
            fields, _ = slow_fields(cls, octets[16:])
            assert {name: getattr(read, name) for name, _ in table_of(cls)} == fields

    check()


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
def test_defaults_can_be_sent_and_a_decoded_value_is_like_a_made_one(cls: type[Pdu]):
    made = filled(cls)
    read = cls.decode(made.encode())
    assert read == made
    assert read.tlvs is NO_TLVS
    assert attrs.asdict(read) == attrs.asdict(made)
    assert hash(read) == hash(made)


@pytest.mark.parametrize(("cls", "name", "kind"), STRINGS)
def test_a_string_may_fill_its_field_and_not_one_octet_more(cls: type[Pdu], name: str, kind: COctets):
    full = filled(cls, **{name: "x" * (kind.limit - 1)})
    octets = full.encode()
    assert cls.decode(octets) == full
    with pytest.raises(Unencodable, match=name):
        filled(cls, **{name: "x" * kind.limit}).encode()
    longer = octets[16:].replace(b"x" * (kind.limit - 1), b"x" * kind.limit)
    bad = refused(whole(cls, longer))
    assert (bad.field, bad.status) == (name, kind.refused_with)


@pytest.mark.parametrize(("cls", "name", "kind"), STRINGS)
def test_a_string_without_its_nul_is_refused_with_the_status_of_its_field(cls: type[Pdu], name: str, kind: COctets):
    octets = filled(cls, **{name: "xyz"}).encode()
    bad = refused(whole(cls, octets[16 : octets.index(b"xyz") + 3]))
    assert (bad.field, bad.status) == (name, kind.refused_with)


@pytest.mark.parametrize(("cls", "name", "kind"), STRINGS)
@pytest.mark.parametrize("value", ["a\0b", "\u0141\u00f3d\u017a", b"octets", 5, ["list"], None])
def test_what_is_no_string_of_latin_1_is_not_sent(cls: type[Pdu], name: str, kind: COctets, value: object):
    with pytest.raises(Unencodable, match=name):
        filled(cls, **{name: value}).encode()


@pytest.mark.parametrize(("cls", "name"), NUMBERS)
@pytest.mark.parametrize("value", [-1, 256, "1", None])
def test_a_number_that_is_no_octet_is_not_sent(cls: type[Pdu], name: str, value: object):
    with pytest.raises(Unencodable, match=name):
        filled(cls, **{name: value}).encode()


@pytest.mark.parametrize(("cls", "name", "kind"), SIZED)
def test_a_message_has_at_most_254_octets(cls: type[Pdu], name: str, kind: Sized):
    full = filled(cls, **{name: b"x" * kind.limit})
    octets = full.encode()
    assert cls.decode(octets) == full
    for value in (b"x" * (kind.limit + 1), "text", None):
        with pytest.raises(Unencodable, match=name):
            filled(cls, **{name: value}).encode()
    at = octets.index(b"xxx") - 1
    for wrong in (octets[16:at] + b"\xff" + b"x" * 255, octets[16:-1]):
        bad = refused(whole(cls, wrong))
        assert (bad.field, bad.status) == (name, Status.ESME_RINVMSGLEN)


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
def test_a_body_cut_anywhere_is_refused_and_nothing_else_happens(cls: type[Pdu]):
    octets = filled(cls).encode()
    for end in range(16, len(octets)):
        if end > 16 or not cls.command_id & RESPONSE_BIT:
            assert isinstance(refused(whole(cls, octets[16:end])).status, Status)


@pytest.mark.parametrize("cls", RESPONSES, ids=lambda cls: cls.__name__)
def test_a_refused_response_has_no_body(cls: type[Pdu]):
    assert len(cls(status=8, sequence=3).encode()) == 16
    assert cls.decode(whole(cls, b"", 8)) == cls(status=8, sequence=1)


@pytest.mark.parametrize("cls", RESPONSES, ids=lambda cls: cls.__name__)
def test_a_refused_response_is_read_with_a_body_too(cls: type[Pdu]):
    body = cls(sequence=1).encode()[16:]
    assert cls.decode(whole(cls, body, 8)) == cls(status=8, sequence=1)


@pytest.mark.parametrize("cls", RESPONSES, ids=lambda cls: cls.__name__)
def test_rubbish_in_a_refused_response_is_passed_over(cls: type[Pdu]):
    assert cls.decode(whole(cls, b"x" * 70, 8)) == cls(status=8, sequence=1)


def test_a_response_without_a_body_is_read_whatever_its_status():
    assert pdus.decode(whole(pdus.DeliverSmResp, b"")) == pdus.DeliverSmResp(sequence=1)


def test_a_refused_response_with_an_explanation_carries_it():
    refusal = pdus.SubmitSmResp(status=0x45, sequence=1, tlvs={Tag.ADDITIONAL_STATUS_INFO_TEXT: "insufficient units"})
    assert pdus.decode(refusal.encode()) == refusal
    assert b"\0\x1d\0\x13insufficient units\0" in refusal.encode()


def test_a_token_of_64_octets_is_a_password():
    bind = pdus.BindTransceiver(sequence=1, system_id="ACME", password="m" * 64)
    assert pdus.decode(bind.encode()) == bind


def test_secrets_and_texts_are_not_shown():
    shown = repr(pdus.BindTransceiver(password="mbs_secret")) + repr(pdus.SubmitSm(short_message=b"private"))
    shown += repr(pdus.Outbind(password="mbs_secret"))
    shown += repr(pdus.DataSm(tlvs={Tag.MESSAGE_PAYLOAD: b"private"}))
    assert "secret" not in shown
    assert "private" not in shown
    assert "0x0424" in shown


def test_a_sequence_number_can_be_given_when_writing():
    assert pdus.decode(pdus.EnquireLink(sequence=5).encode(7)).sequence == 7


@pytest.mark.parametrize("field", [{"sequence": -1}, {"sequence": 1 << 32}, {"status": 1 << 32}, {"tlvs": None}])
def test_a_header_that_does_not_fit_is_not_sent(field: dict[str, Any]):
    with pytest.raises(Unencodable, match="header"):
        pdus.SubmitSm(**field).encode()


def test_a_class_without_a_command_id_cannot_be_sent():
    with pytest.raises(TypeError, match="command_id"):
        pdus.Bind().encode()


@pytest.mark.parametrize(
    ("octets", "status"),
    [
        (b"", Status.ESME_RINVCMDLEN),
        (b"\0" * 15, Status.ESME_RINVCMDLEN),
        (pdus.EnquireLink().encode() + b"\0", Status.ESME_RINVCMDLEN),
        (HEADER.pack(16, 0x777, 0, 1), Status.ESME_RINVCMDID),
        (pdus.SubmitSm().encode() + b"", None),
        (whole(pdus.Unbind, b"\0\0\0"), Status.ESME_RINVOPTPARSTREAM),
    ],
)
def test_only_exactly_one_pdu_is_read(octets: bytes, status: Status | None):
    if status is None:
        assert pdus.decode(octets) == pdus.SubmitSm()
    else:
        assert refused(octets).status is status


def test_a_pdu_of_another_class_is_refused():
    with pytest.raises(MalformedBody) as caught:
        pdus.SubmitSm.decode(pdus.EnquireLink().encode())
    assert caught.value.status is Status.ESME_RINVCMDID


def test_an_answer_has_the_class_and_the_number_of_its_request():
    assert pdus.answer(pdus.SubmitSm(sequence=9), message_id="M") == pdus.SubmitSmResp(sequence=9, message_id="M")
    assert pdus.answer(pdus.Outbind(sequence=9), 4) == pdus.GenericNack(sequence=9, status=4)


class TestSubmitMulti:
    DESTINATIONS = (pdus.SmeAddress(1, 1, "254712345678"), pdus.DistributionList("staff"))

    def octets(self) -> bytes:
        return pdus.SubmitMulti(sequence=1, dest_addresses=self.DESTINATIONS).encode()

    def test_the_destinations_are_flagged_one_by_one(self):
        assert b"\x02\x01\x01\x01254712345678\0\x02staff\0" in self.octets()

    @pytest.mark.parametrize("count", [0, 255])
    def test_none_or_too_many_are_refused(self, count: int):
        many = (pdus.SmeAddress(),) * count
        with pytest.raises(Unencodable, match="dest_addresses"):
            pdus.SubmitMulti(dest_addresses=many).encode()
        octets = self.octets().replace(b"\x02\x01\x01\x01", bytes([count]) + b"\x01\x01\x01")
        assert refused(octets).status is Status.ESME_RINVNUMDESTS

    def test_an_unknown_flag_is_refused(self):
        octets = self.octets().replace(b"\x02staff", b"\x03staff")
        assert refused(octets).status is Status.ESME_RINVDESTFLAG

    def test_a_bad_name_of_a_list_is_refused_as_such(self):
        octets = whole(pdus.SubmitMulti, b"\0\0\0\0\x01\x02" + b"x" * 30 + b"\0")
        assert refused(octets).status is Status.ESME_RINVDLNAME

    @pytest.mark.parametrize("wrong", [("text",), None, (pdus.UnsuccessSme(),)])
    def test_what_is_no_destination_is_not_sent(self, wrong: Any):
        with pytest.raises(Unencodable, match="dest_addresses"):
            pdus.SubmitMulti(dest_addresses=wrong).encode()

    def test_a_destination_that_does_not_fit_is_named(self):
        for part, name in ((pdus.SmeAddress(0, 0, "x" * 21), "destination_addr"), (pdus.SmeAddress(256), "ton")):
            with pytest.raises(Unencodable, match=name):
                pdus.SubmitMulti(dest_addresses=(part,)).encode()

    @pytest.mark.parametrize("wrong", [-1, 1 << 32, "1"])
    def test_a_status_of_four_octets_has_four_octets(self, wrong: Any):
        missed = pdus.UnsuccessSme(1, 1, "254712345678", Status.ESME_RINVDSTADR)
        response = pdus.SubmitMultiResp(sequence=1, message_id="M", unsuccess_smes=(missed,))
        assert pdus.decode(response.encode()) == response
        with pytest.raises(Unencodable, match="error_status_code"):
            pdus.SubmitMultiResp(unsuccess_smes=(attrs.evolve(missed, error_status_code=wrong),)).encode()
        assert refused(whole(pdus.SubmitMultiResp, response.encode()[16:-2])).status is Status.ESME_RINVCMDLEN


def test_octets_with_a_length_are_the_last_field_or_the_class_is_refused():
    @attrs.frozen
    class Wrong:
        first: Annotated[bytes, Sized(5, Status.ESME_RINVMSGLEN)] = b""
        second: Annotated[int, Octet()] = 0

    with pytest.raises(TypeError, match="last field"):
        compile_pdu(Wrong, 1)


def test_a_traceback_can_show_the_compiled_code():
    pdu = pdus.SubmitSm(short_message=None)  # type: ignore[arg-type]
    with pytest.raises(Unencodable) as caught:
        pdu.encode()
    filename = caught.tb.tb_next.tb_frame.f_code.co_filename  # type: ignore[union-attr]
    assert "def encode(pdu, sequence=0):\n" in linecache.getlines(filename)


def test_a_list_of_parts_knows_what_is_wrong_with_it():
    kind = Listed((pdus.UnsuccessSme,), 0, 2, Status.ESME_RINVNUMDESTS)
    assert kind.fault((pdus.UnsuccessSme(),)) is None
    assert kind.fault((pdus.UnsuccessSme(),) * 3) == "has 3 parts, not 0 to 2"
