"""Whatever a peer sends in whatever state, it is answered and the line stays up, or the line is closed for a reason."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mobilesasa.smpp import pdus
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


#: What each request of a transmitter or transceiver is answered, when it names nothing that is there.
SERVED = {
    "SubmitSm": ("SubmitSmResp", Status.ESME_RINVMSGLEN),
    "SubmitMulti": ("SubmitMultiResp", Status.ESME_ROK),
    "DataSm": ("DataSmResp", Status.ESME_RMISSINGOPTPARAM),
    "QuerySm": ("QuerySmResp", Status.ESME_RINVMSGID),
    "CancelSm": ("CancelSmResp", Status.ESME_RINVDSTADR),
    "ReplaceSm": ("ReplaceSmResp", Status.ESME_RINVMSGID),
}


@pytest.mark.parametrize("kind", [BindTransmitter, BindTransceiver])
@pytest.mark.parametrize(("name", "response", "status"), [(name, *expected) for name, expected in SERVED.items()])
def test_what_a_sending_session_may_ask_is_answered_by_its_own_response(rig, kind, name, response, status):
    (heard,) = rig.bound(kind).send(example(getattr(pdus, name).command_id))
    assert (type(heard).__name__, heard.status) == (response, status)


@pytest.mark.parametrize("kind", [None, BindReceiver])
@pytest.mark.parametrize("name", SERVED)
def test_who_does_not_send_may_ask_none_of_it(rig, kind, name):
    esme = rig.bound(kind) if kind else rig.connect()
    (heard,) = esme.send(example(getattr(pdus, name).command_id))
    assert (type(heard).__name__, heard.status) == (SERVED[name][0], Status.ESME_RINVBNDSTS)


@pytest.mark.parametrize("cls", [pdus.QuerySm, pdus.CancelSm, pdus.ReplaceSm])
def test_a_node_that_alters_nothing_takes_those_for_unknown_commands(rig, cls):
    rig.smsc.operations = None
    (heard,) = rig.bound().send(cls())
    assert (type(heard).__name__, heard.status) == ("GenericNack", Status.ESME_RINVCMDID)


def test_a_deliver_sm_of_a_team_is_refused(rig):
    (heard,) = rig.bound().send(pdus.DeliverSm())
    assert (type(heard).__name__, heard.status) == ("DeliverSmResp", Status.ESME_RINVBNDSTS)


@pytest.mark.parametrize("cls", [Outbind, AlertNotification])
def test_what_only_a_server_sends_is_refused(rig, cls):
    (response,) = rig.bound().send(cls())
    assert response.status == Status.ESME_RINVBNDSTS


def test_an_unknown_command_is_a_generic_nack_and_the_line_stays_up(rig):
    """Decision 101."""
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
