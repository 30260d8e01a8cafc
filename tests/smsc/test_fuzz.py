"""Any request of a bound team is answered once, whatever its fields hold, and nothing reaches the store that it refuses."""

from typing import Any

import attrs
from hypothesis import given, settings
from hypothesis import strategies as st

from mobilesasa.smpp import pdus
from mobilesasa.smpp.pdus import Pdu
from mobilesasa.smpp.tlvs import Tag
from tests.smpp.strategies import pdus_of
from tests.smsc.rig import Rig

TO = "254712345678"
FUZZ = settings(max_examples=150, deadline=None)
CODINGS = st.sampled_from([0, 1, 2, 3, 4, 8, 0x10, 0x18, 0xF0, 0xF6]) | st.integers(0, 255)
ESM_CLASSES = st.sampled_from([0, 0x40, 0x03, 0x43]) | st.integers(0, 255)
TIMES = st.sampled_from(["", "000000010000000R"]) | st.text(st.sampled_from("0129+-R"), max_size=16)
UDHS = st.sampled_from([b"", b"\x05\x00\x03\x01\x02\x01", b"\x05\x00\x03\x01\x02\x02", b"\x06\x05\x04\x0b\x84\x0b\x84"])
SHAPES = st.sampled_from([(False, False, True, False), (True, False, True, False), (True, True, True, True)])
HALVES = st.sampled_from([b"", b"\xd8\x3d", b"\xde\x00", b"\0\0", b"A", b"\x1b"])


@st.composite
def contents(draw: st.DrawFn) -> bytes:
    """Octets that are nearly a text: words, a header, halves of characters, noughts."""
    words = draw(st.sampled_from([b"Habari", "Señor €".encode("utf-16-be"), b"x" * 300]) | st.binary(max_size=60))
    parts = [draw(UDHS), draw(HALVES), words, draw(HALVES)]
    octets = b"".join(part for part, there in zip(parts, draw(SHAPES), strict=True) if there)
    return octets[:254]


TLVS = st.fixed_dictionaries(
    {},
    optional={
        Tag.MESSAGE_PAYLOAD: contents() | st.binary(min_size=200, max_size=4000),
        Tag.SAR_MSG_REF_NUM: st.integers(0, 0xFFFF),
        Tag.SAR_TOTAL_SEGMENTS: st.integers(0, 255),
        Tag.SAR_SEGMENT_SEQNUM: st.integers(0, 255),
        Tag.SOURCE_PORT: st.integers(0, 0xFFFF),
        Tag.DESTINATION_PORT: st.integers(0, 0xFFFF),
        Tag.USER_MESSAGE_REFERENCE: st.integers(0, 0xFFFF) | st.binary(max_size=9),
        Tag.QOS_TIME_TO_LIVE: st.integers(0, 2**32 - 1),
        Tag.USSD_SERVICE_OP: st.integers(0, 255),
        Tag.ITS_SESSION_INFO: st.binary(max_size=4),
    },
)
ODD: dict[str, st.SearchStrategy[Any]] = {
    "data_coding": CODINGS,
    "esm_class": ESM_CLASSES,
    "registered_delivery": st.integers(0, 255),
    "service_type": st.sampled_from(["USSD", "CMT", "\xff\xfe"]),
    "source_addr": st.sampled_from(["TextBlast", "\x01\xff"]),
    "tlvs": TLVS,
    "schedule_delivery_time": TIMES,
    "validity_period": TIMES,
    "replace_if_present_flag": st.integers(0, 2),
    "priority_flag": st.integers(0, 4),
    "protocol_id": st.integers(0, 255),
    "sm_default_msg_id": st.integers(0, 1),
}
NUMBERS = st.just(TO) | st.sampled_from(["+254 712 345 678", "0712345678", "", "\xb2\xb3", "22141", "1" * 20])
PLACES = st.builds(pdus.SmeAddress, destination_addr=NUMBERS) | st.just(pdus.DistributionList("all"))
IDS = st.sampled_from(["", "M1", "\xff", "0" * 64, "00000000-0000-4000-8000-000000000001"])


@st.composite
def submits(draw: st.DrawFn, cls: type[Pdu]) -> Pdu:
    """A request that is good but for a few of its fields."""
    fields: dict[str, Any] = {"tlvs": {Tag.MESSAGE_PAYLOAD: draw(contents())}}
    if cls is not pdus.DataSm:
        fields = {"short_message": draw(contents())}
    if cls is pdus.SubmitMulti:
        fields["dest_addresses"] = tuple(draw(st.lists(PLACES, min_size=1, max_size=4)))
    else:
        fields["destination_addr"] = draw(NUMBERS)
    if draw(st.booleans()):
        fields |= {"data_coding": draw(CODINGS), "esm_class": draw(ESM_CLASSES)}
    known = [name for name in ODD if name in {field.name for field in attrs.fields(cls)}]
    for name in draw(st.lists(st.sampled_from(known), max_size=2, unique=True)):
        fields[name] = draw(ODD[name])
    return cls(**fields)


SUBMITTING = (pdus.SubmitSm, pdus.DataSm, pdus.SubmitMulti)
REQUESTS: st.SearchStrategy[Pdu] = st.one_of(
    *map(submits, SUBMITTING),
    *map(submits, SUBMITTING),
    st.builds(pdus.QuerySm, message_id=IDS, source_addr=NUMBERS),
    st.builds(pdus.CancelSm, message_id=IDS, source_addr=NUMBERS, destination_addr=NUMBERS),
    st.builds(pdus.ReplaceSm, message_id=IDS, short_message=contents(), validity_period=TIMES),
    *[pdus_of(cls) for cls in (*SUBMITTING, pdus.QuerySm, pdus.CancelSm, pdus.ReplaceSm)],
)


@FUZZ
@given(st.lists(REQUESTS, min_size=1, max_size=6))
def test_each_request_has_one_answer_and_no_text_has_what_the_store_refuses(requests: list[Pdu]):
    rig = Rig(session_tps=0)
    team = rig.bound()
    answers = team.send(*requests)
    assert sorted(answer.sequence for answer in answers) == sorted(
        request.sequence or given for request, given in zip(requests, _numbers(requests), strict=True)
    )
    assert rig.server.counts.failed == 0
    assert not team.closed
    for stored in rig.intake.stored:
        for text in (stored.text or "", stored.sender, stored.recipient, *map(str, (stored.options or {}).values())):
            assert "\0" not in text
            assert text.encode() is not None  # no half of a character either
        assert 1 <= stored.parts <= 10


def _numbers(requests: list[Pdu]) -> list[int]:
    """The numbers that the fake client gives to requests without one, after its bind."""
    given, numbers = 1, []
    for request in requests:
        given += not request.sequence
        numbers.append(given)
    return numbers
