"""smpplib reads what we write and we read what it writes: an independent codec, for the PDUs it can speak."""

from typing import Any

import pytest
import smpplib.command
import smpplib.smpp
from hypothesis import given, settings
from hypothesis import strategies as st

from mobilesasa.smpp import pdus
from mobilesasa.smpp.codec import table_of
from mobilesasa.smpp.kinds import COctets, Octet, Sized
from mobilesasa.smpp.pdus import Pdu
from mobilesasa.smpp.tlvs import Tag

NAMES: dict[str, type[Pdu]] = {
    "bind_transmitter": pdus.BindTransmitter,
    "bind_receiver": pdus.BindReceiver,
    "bind_transceiver": pdus.BindTransceiver,
    "bind_transceiver_resp": pdus.BindTransceiverResp,
    "submit_sm": pdus.SubmitSm,
    "submit_sm_resp": pdus.SubmitSmResp,
    "deliver_sm": pdus.DeliverSm,
    "deliver_sm_resp": pdus.DeliverSmResp,
    "data_sm": pdus.DataSm,
    "data_sm_resp": pdus.DataSmResp,
    "query_sm": pdus.QuerySm,
    "query_sm_resp": pdus.QuerySmResp,
    "alert_notification": pdus.AlertNotification,
    "enquire_link": pdus.EnquireLink,
    "enquire_link_resp": pdus.EnquireLinkResp,
    "unbind": pdus.Unbind,
    "unbind_resp": pdus.UnbindResp,
    "generic_nack": pdus.GenericNack,
}
ASCII = st.characters(min_codepoint=0x20, max_codepoint=0x7E)
# Where smpplib has other sizes than the specification, the smaller of both.
SHORTER = {"password": 9, "message_id": 65, "source_addr": 21, "destination_addr": 21, "esme_addr": 21}
TLVS: dict[str, st.SearchStrategy[Any]] = {
    "user_message_reference": st.integers(0, 0xFFFF),
    "source_port": st.integers(0, 0xFFFF),
    "destination_port": st.integers(0, 0xFFFF),
    "sar_msg_ref_num": st.integers(0, 0xFFFF),
    "sar_total_segments": st.integers(0, 0xFF),
    "sar_segment_seqnum": st.integers(0, 0xFF),
    "callback_num": st.binary(min_size=4, max_size=19),
}
RECEIPT_TLVS = TLVS | {
    "message_state": st.integers(0, 0xFF),
    "receipted_message_id": st.text(ASCII, min_size=1, max_size=63),
    "network_error_code": st.binary(min_size=3, max_size=3),
}


def values(name: str, kind: object) -> st.SearchStrategy[Any]:
    if isinstance(kind, COctets):
        return st.text(ASCII, max_size=min(kind.limit, SHORTER.get(name, kind.limit)) - 1)
    if isinstance(kind, Octet):
        return st.integers(0, 255)
    assert isinstance(kind, Sized)
    return st.binary(min_size=1, max_size=kind.limit)


def fields(cls: type[Pdu]) -> st.SearchStrategy[dict[str, Any]]:
    table = table_of(cls)
    # smpplib's query_sm refuses an empty message_id
    return st.fixed_dictionaries({name: values(name, kind) for name, kind in table}).filter(
        lambda drawn: drawn.get("message_id", "x") != ""
    )


def tlvs(cls: type[Pdu]) -> st.SearchStrategy[dict[str, Any]]:
    known = {pdus.SubmitSm: TLVS, pdus.DeliverSm: RECEIPT_TLVS}.get(cls, {})
    return st.fixed_dictionaries({}, optional=known)


def theirs(name: str, drawn: dict[str, Any]) -> bytes:
    command = smpplib.smpp.make_pdu(name, sequence=77)
    for key, value in {"sequence": 77, **drawn}.items():
        setattr(command, key, value)
    written: bytes = command.generate()
    return written


@pytest.mark.parametrize("name", NAMES)
def test_both_codecs_write_and_read_the_same(name: str):
    cls = NAMES[name]

    @settings(max_examples=50, deadline=None)
    @given(fields(cls), tlvs(cls))
    def check(drawn: dict[str, Any], optional: dict[str, Any]) -> None:
        ours = cls(sequence=77, tlvs={Tag[key.upper()]: value for key, value in optional.items()}, **drawn)
        assert pdus.decode(theirs(name, drawn | optional)) == ours
        read = smpplib.smpp.parse_pdu(ours.encode(), sequence=0)
        for key, value in (drawn | optional).items():
            expected = value.encode() if isinstance(value, str) else value
            assert getattr(read, key) == expected, key
        assert read.sequence == 77

    check()
