"""Whatever a peer sends in whatever state, it is answered and the line stays up, or the line is closed for a reason."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mobilesasa.smpp.pdus import (
    PDUS,
    RESPONSE_BIT,
    AlertNotification,
    BindReceiver,
    BindTransceiver,
    BindTransmitter,
    EnquireLink,
    Outbind,
    SmeAddress,
    SubmitMulti,
    SubmitSm,
    Unbind,
    decode,
)
from mobilesasa.smpp.statuses import Status
from tests.smsc.rig import Rig

KINDS = [BindTransmitter, BindReceiver, BindTransceiver]
REQUESTS = sorted(command_id for command_id in PDUS if not command_id & RESPONSE_BIT)
RESPONSES = sorted(command_id for command_id in PDUS if command_id & RESPONSE_BIT)


def example(command_id):
    if command_id == SubmitMulti.command_id:
        return SubmitMulti(dest_addresses=(SmeAddress(1, 1, "254712345678"),), short_message=b"Hi")
    return PDUS[command_id]()


@pytest.mark.parametrize("kind", [None, *KINDS])
@pytest.mark.parametrize("command_id", REQUESTS)
def test_every_request_in_every_state_gets_one_answer_with_its_number(rig, kind, command_id):
    esme = rig.bound(kind) if kind else rig.connect()
    (response,) = esme.send(example(command_id))
    assert response.sequence == esme.sequence
    assert response.command_id & RESPONSE_BIT
    assert esme.closed is (kind is not None and command_id == Unbind.command_id)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("command_id", RESPONSES)
def test_an_answer_to_nothing_does_no_harm(rig, kind, command_id):
    esme = rig.bound(kind)
    assert esme.send(PDUS[command_id](sequence=77)) == []
    assert esme.send(EnquireLink())[0].status == 0


@pytest.mark.parametrize("cls", [SubmitMulti, *(PDUS[c] for c in (0x103, 0x3, 0x8, 0x7))])
def test_what_is_of_the_specification_and_not_served_is_an_unknown_command(rig, cls):
    (response,) = rig.bound().send(example(cls.command_id))
    assert response.status == Status.ESME_RINVCMDID


@pytest.mark.parametrize("cls", [Outbind, AlertNotification])
def test_what_only_a_server_sends_is_refused(rig, cls):
    (response,) = rig.bound().send(cls())
    assert response.status == Status.ESME_RINVBNDSTS


def test_an_unknown_command_is_a_generic_nack_and_the_line_stays_up(rig):
    esme = rig.bound()
    esme.link.dataReceived(bytes.fromhex("00000010" + "00000999" + "00000000" + "00000007"))
    assert esme.heard()[0].status == Status.ESME_RINVCMDID
    assert esme.submit().status == 0


@pytest.mark.parametrize("length", ["00000000", "0000000f", "ffffffff", "00010001"])
def test_a_length_that_cannot_be_ends_the_connection(rig, length):
    esme = rig.bound()
    esme.link.dataReceived(bytes.fromhex(length + "00000004" + "00000000" + "00000007"))
    assert esme.heard()[0].status == Status.ESME_RINVCMDLEN
    assert esme.closed
    assert rig.binds.count(1) == 0


def test_a_submit_cut_at_every_octet_is_one_message(rig):
    octets = SubmitSm(destination_addr="254712345678", short_message=b"Hi").encode(9)
    esme = rig.bound()
    for cut in range(1, len(octets)):
        rig.clock.advance(1)
        esme.link.dataReceived(octets[:cut])
        esme.link.dataReceived(octets[cut:])
        assert esme.heard()[0].status == 0
    assert len(rig.intake.stored) == len(octets) - 1


@given(body=st.binary(max_size=300), cls=st.sampled_from([PDUS[c] for c in REQUESTS]))
@settings(max_examples=150, deadline=None)
def test_a_body_of_any_octets_is_answered_or_closes_nothing_but_its_own_line(body, cls):
    rig = Rig()
    esme, other = rig.bound(), rig.bound()
    head = (16 + len(body)).to_bytes(4, "big") + cls.command_id.to_bytes(4, "big") + bytes(4) + (7).to_bytes(4, "big")
    esme.link.dataReceived(head + body)
    octets = esme.transport.value()
    assert decode(octets[: int.from_bytes(octets[:4], "big")]).sequence == 7
    assert other.submit().status == 0
