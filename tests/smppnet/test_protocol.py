"""Turns: what comes in one read goes to the user in lists, what goes out leaves in one write."""

import pytest
from twisted.internet.error import ConnectionDone, ConnectionLost
from twisted.internet.testing import StringTransport

from mobilesasa.smpp.errors import Unencodable, WrongState
from mobilesasa.smpp.pdus import (
    PDUS,
    BindTransceiver,
    BindTransceiverResp,
    DeliverSm,
    DeliverSmResp,
    DistributionList,
    EnquireLink,
    EnquireLinkResp,
    GenericNack,
    SubmitMulti,
    SubmitSm,
    SubmitSmResp,
    Unbind,
    UnbindResp,
    answer,
)
from mobilesasa.smpp.session import Refusal, Session, Unbound
from mobilesasa.smpp.statuses import Status
from mobilesasa.smpp.transitions import Side
from mobilesasa.smpp.window import WindowFull
from mobilesasa.smppnet import protocol
from mobilesasa.smppnet.protocol import Link
from tests.fakes.far_end import FarEnd, RecordingUser
from tests.smppnet.conftest import TIMERS, make_rig


def submits(count):
    return [SubmitSm(destination_addr=f"2547000000{n:02}", short_message=b"hi") for n in range(count)]


def test_nagles_algorithm_is_off(smsc):
    assert smsc.far.transport.no_delay


def test_a_transport_that_is_no_socket_will_do():
    user = RecordingUser()
    link = Link(Side.SMSC, user, make_rig(Side.SMSC).clock, TIMERS)
    link.makeConnection(StringTransport())
    assert user.calls == [("made", None)]


@pytest.mark.parametrize(
    ("host", "port", "shown"),
    [("192.0.2.1", 2775, "192.0.2.1:2775"), ("2001:db8::1", 2775, "[2001:db8::1]:2775")],
)
def test_a_peer_is_shown_as_host_and_port(host, port, shown):
    from twisted.internet.address import IPv4Address, IPv6Address

    link = Link(Side.SMSC, RecordingUser(), make_rig(Side.SMSC).clock, TIMERS)
    kind = IPv6Address if ":" in host else IPv4Address
    link.makeConnection(StringTransport(peerAddress=kind("TCP", host, port)))
    assert link.peer == shown


def test_a_peer_without_a_port_is_shown_as_it_writes_itself():
    from twisted.internet.address import UNIXAddress

    link = Link(Side.SMSC, RecordingUser(), make_rig(Side.SMSC).clock, TIMERS)
    link.makeConnection(StringTransport(peerAddress=UNIXAddress(b"/run/x")))
    assert "/run/x" in link.peer


def test_requests_of_one_turn_come_in_one_list(smsc):
    smsc.far.say(*submits(5))
    assert [[pdu.destination_addr for pdu in requests] for requests in smsc.user.of("received")] == [
        [f"25470000000{n}" for n in range(5)]
    ]


def test_what_is_sent_within_a_turn_leaves_in_one_write(smsc):
    def answer_each(link, requests):
        for pdu in requests:
            link.send([answer(pdu, message_id="x")])
        link.send([DeliverSm()])

    smsc.user.on_received = answer_each
    smsc.far.say(*submits(5), EnquireLink())
    assert smsc.far.transport.writes == 1
    # the session answers an enquire_link by itself, which a session takes without a word
    assert [type(pdu) for pdu in smsc.far.heard()] == [EnquireLinkResp] + [SubmitSmResp] * 5 + [DeliverSm]


def test_what_is_sent_outside_of_a_turn_is_written_at_once(smsc):
    smsc.link.request([DeliverSm(), DeliverSm()], ["a", "b"])
    assert smsc.far.transport.writes == 1
    assert len(smsc.far.heard()) == 2


def test_a_turn_without_an_answer_writes_nothing(smsc):
    smsc.far.say(SubmitSm())
    assert smsc.far.transport.writes == 0


def test_answers_of_one_turn_come_with_their_contexts_in_one_list(esme):
    esme.link.request(submits(3), ["a", "b", "c"])
    assert esme.link.outstanding == 3
    requests = esme.far.heard()
    esme.far.say(*[answer(pdu, message_id=f"m{pdu.sequence}") for pdu in reversed(requests)])
    (answers,) = esme.user.of("answered")
    assert [context for context, _ in answers] == ["c", "b", "a"]
    assert [response.message_id for _, response in answers] == [f"m{pdu.sequence}" for pdu in reversed(requests)]
    assert esme.link.outstanding == 0


def test_a_pdu_that_was_numbered_before_gets_a_new_number(esme):
    pdu = SubmitSm(sequence=77)
    esme.link.request([pdu, pdu], ["a", "b"])
    numbers = [event.sequence for event in esme.far.heard()]
    assert len(set(numbers)) == 2
    assert pdu.sequence == 77


def test_a_generic_nack_is_an_answer(esme):
    esme.link.request([SubmitSm()], ["a"])
    (pdu,) = esme.far.heard()
    esme.far.say(GenericNack(status=Status.ESME_RINVCMDLEN, sequence=pdu.sequence))
    ((context, response),) = esme.user.of("answered")[0]
    assert (context, response.status) == ("a", Status.ESME_RINVCMDLEN)


def test_an_answer_that_cannot_be_read_is_one_without_a_body(esme):
    esme.link.request([SubmitSm()], ["a"])
    (pdu,) = esme.far.heard()
    octets = SubmitSmResp(message_id="x" * 20).encode(pdu.sequence)
    esme.link.dataReceived((len(octets) - 1).to_bytes(4, "big") + octets[4:-1])  # the NUL is missing
    ((context, response),) = esme.user.of("answered")[0]
    assert (context, response) == ("a", SubmitSmResp(sequence=pdu.sequence))


def test_an_answer_to_nothing_is_counted_and_told_to_nobody(esme):
    esme.link.dataReceived(SubmitSmResp(sequence=4711, message_id="x").encode() * 2)
    assert esme.user.calls == []
    assert esme.link.late == 2


def test_an_answer_to_what_was_only_sent_is_told_to_nobody(smsc):
    smsc.link.send([DeliverSm()])
    smsc.far.say(*[answer(pdu) for pdu in smsc.far.heard()])
    assert smsc.user.calls == []


def test_nothing_is_sent_when_one_pdu_of_a_batch_cannot_be_written(esme):
    with pytest.raises(Unencodable):
        esme.link.request([SubmitSm(), SubmitSm(source_addr="x" * 30)], ["a", "b"])
    assert esme.link.outstanding == 0
    assert esme.far.heard() == []


def test_a_request_that_is_not_allowed_now_is_refused():
    rig = make_rig(Side.ESME, bound=False)
    with pytest.raises(WrongState):
        rig.link.request([SubmitSm()], ["a"])
    assert rig.link.outstanding == 0


def test_no_requests_are_no_write(esme):
    esme.link.request([], [])
    assert esme.far.transport.writes == 0


def test_a_window_without_end_is_refused(esme, monkeypatch):
    # 65,536 PDUs would take the test too long
    monkeypatch.setattr(protocol, "LIMIT_REQUESTS", 2)
    with pytest.raises(WindowFull):
        esme.link.request(submits(3), "abc")


def test_a_stream_may_be_cut_anywhere():
    octets = b"".join(pdu.encode(n) for n, pdu in enumerate(submits(3), 1))
    for cut in range(len(octets) + 1):
        rig = make_rig(Side.SMSC)
        rig.link.dataReceived(octets[:cut])
        rig.link.dataReceived(octets[cut:])
        assert sum(len(requests) for requests in rig.user.of("received")) == 3


@pytest.mark.parametrize("length", [0, 15, 65537, 2**32 - 1])
def test_an_impossible_length_ends_the_connection(smsc, length):
    good = SubmitSm().encode(1)
    smsc.link.dataReceived(good + length.to_bytes(4, "big") + SubmitSm().encode(2)[4:])
    assert [len(requests) for requests in smsc.user.of("received")] == [1]  # what came before counts
    (nack,) = smsc.far.heard()
    assert isinstance(nack.pdu, GenericNack)
    assert nack.pdu.status == Status.ESME_RINVCMDLEN
    assert smsc.far.closing
    smsc.far.finish()
    assert f"command_length {length}" in smsc.user.of("lost")[0]


def test_what_comes_after_a_broken_stream_is_not_looked_at(smsc):
    smsc.link.dataReceived(b"\0" * 16)
    smsc.link.dataReceived(SubmitSm().encode(1))
    assert smsc.user.of("received") == []


def test_decision_101_an_unknown_command_is_refused_and_the_line_stays_up(smsc):
    smsc.link.dataReceived(b"\0\0\0\x10\0\0\x77\x77\0\0\0\0\0\0\0\x05" * 2)
    assert [event.pdu.status for event in smsc.far.heard()] == [Status.ESME_RINVCMDID] * 2
    assert smsc.link.refused == 2
    assert not smsc.far.closing
    smsc.far.hang_up()


@pytest.mark.parametrize("side", list(Side))
@pytest.mark.parametrize("bound", [False, True])
@pytest.mark.parametrize("command_id", sorted(PDUS))
def test_no_pdu_in_no_state_is_too_much(side, bound, command_id):
    rig = make_rig(side, bound=bound)
    pdu = PDUS[command_id]()
    if isinstance(pdu, SubmitMulti):
        pdu = SubmitMulti(dest_addresses=(DistributionList("all"),))
    rig.link.dataReceived(pdu.encode(9))
    rig.link.dataReceived(pdu.encode(10))
    rig.link.dataReceived(pdu.encode(11)[4:8].join([b"\0\0\0\x10", bytes(8)]))  # without its body
    rig.far.hang_up()
    assert rig.user.calls[-1][0] == "lost"


def test_our_unbind_waits_for_its_answer(esme):
    esme.link.unbind()
    esme.link.unbind()  # once is enough
    assert not esme.link.is_bound
    assert esme.far.heard_pdus() == []
    assert not esme.far.closing
    esme.far.say()  # the session of the far end has answered by itself: nothing else to say
    octets = UnbindResp(sequence=2).encode()
    esme.link.dataReceived(octets)
    assert esme.user.of("unbound") == [None]
    assert esme.far.closing


def test_an_unbind_that_nobody_answers_is_cut_after_five_seconds(esme):
    esme.link.unbind("for a test")
    esme.clock.advance(4.9)
    assert not esme.far.closing
    esme.clock.advance(0.2)
    assert esme.far.transport.disconnected
    esme.far.hang_up()
    assert esme.user.of("lost") == ["for a test"]


def test_an_unbind_before_the_bind_just_closes():
    rig = make_rig(Side.ESME, bound=False)
    rig.link.unbind()
    assert rig.far.closing
    assert rig.far.heard() == []


def test_a_peer_that_unbinds_is_answered_when_its_requests_are(smsc):
    smsc.far.say(SubmitSm(), Unbind())
    assert [name for name, _ in smsc.user.calls] == ["received", "unbound"]
    assert smsc.far.heard() == []
    assert not smsc.link.is_bound
    smsc.link.send([answer(smsc.user.of("received")[0][0], message_id="x")])
    assert smsc.far.transport.writes == 1
    response, unbound = smsc.far.heard()
    assert isinstance(response, SubmitSmResp)
    assert unbound == Unbound(by_peer=False)
    assert smsc.far.closing


def test_a_refusal_is_written_before_the_connection_closes():
    rig = make_rig(Side.SMSC, bound=False)

    def refuse(link, requests):
        link.send([answer(requests[0], Status.ESME_RINVPASWD)])
        link.unbind("wrong password")

    rig.user.on_received = refuse
    order = []
    rig.far.transport.write = lambda data: order.append("write")
    rig.far.transport.loseConnection = lambda: order.append("close")
    rig.far.say(BindTransceiver())
    assert order == ["write", "close"]


def test_a_lost_connection_gives_back_what_is_unanswered_and_then_says_so(esme):
    esme.link.request(submits(2), ["a", "b"])
    esme.far.hang_up()
    assert [name for name, _ in esme.user.calls] == ["unanswered", "lost"]
    assert esme.user.of("unanswered") == [["a", "b"]]
    assert esme.link.outstanding == 0


def test_nothing_can_be_asked_of_a_lost_connection_and_late_answers_are_dropped(smsc):
    smsc.far.say(SubmitSm())
    smsc.far.hang_up()
    with pytest.raises(WrongState):
        smsc.link.request([DeliverSm()], ["a"])
    smsc.link.send([SubmitSmResp(sequence=1)])
    smsc.link.unbind()
    smsc.link.abort()
    assert smsc.far.transport.writes == 0


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (ConnectionDone, "the peer closed the connection"),
        (ConnectionLost, "Connection to the other side was lost in a non-clean fashion."),
    ],
)
def test_a_lost_connection_says_why_in_words(smsc, error, words):
    smsc.far.hang_up(error)
    assert smsc.user.of("lost") == [words]


def test_who_unbound_is_told(smsc, esme):
    smsc.far.say(Unbind())
    smsc.far.finish()
    assert smsc.user.of("lost") == ["unbound by the peer"]
    esme.link.unbind()
    esme.link.dataReceived(UnbindResp(sequence=2).encode())
    esme.far.finish()
    assert esme.user.of("lost") == ["unbound by us"]


def test_an_abort_cuts_at_once_and_gives_its_reason(smsc):
    smsc.link.abort("too many sessions")
    assert smsc.far.transport.disconnected
    smsc.far.hang_up()
    assert smsc.user.of("lost") == ["too many sessions"]


def test_the_pdus_are_counted(esme):
    esme.link.request(submits(3), "abc")
    esme.far.say(*[answer(pdu) for pdu in esme.far.heard()])
    assert (esme.link.pdus_out, esme.link.pdus_in) == (4, 4)  # the bind and its answer too


def test_a_client_that_unbinds_hears_answers_that_are_still_on_the_way(esme):
    esme.link.request([SubmitSm()], ["a"])
    (pdu,) = esme.far.heard()
    esme.link.unbind()
    esme.link.dataReceived(SubmitSmResp(sequence=pdu.sequence, message_id="x").encode())
    assert esme.user.of("answered")[0][0][0] == "a"


def test_a_far_end_is_refused_what_its_state_does_not_allow():
    rig = make_rig(Side.SMSC, bound=False)
    rig.link.dataReceived(SubmitSm().encode(5))
    session = Session(Side.ESME)
    session.send(BindTransceiver())
    events = session.receive_data(rig.far.transport.value())
    assert events[0].pdu.status == Status.ESME_RINVBNDSTS
    assert not isinstance(events[0], Refusal)
    assert rig.user.of("received") == []


def test_one_far_end_drives_another():
    """Both ends are links: what one asks the other answers."""
    rig = make_rig(Side.SMSC, bound=False)
    user = RecordingUser()
    client = Link(Side.ESME, user, rig.clock, TIMERS)
    near = FarEnd(client)
    client.request([BindTransceiver(system_id="x")], ["bind"])
    rig.link.dataReceived(near.transport.value())
    client.dataReceived(rig.far.transport.value())
    assert user.of("answered") == [[("bind", BindTransceiverResp(sequence=1))]]
    assert client.is_bound
    assert rig.link.is_bound
    near.transport.clear()
    rig.far.transport.clear()
    rig.link.request([DeliverSm()], ["receipt"])
    client.dataReceived(rig.far.transport.value())
    client.send([DeliverSmResp(sequence=user.of("received")[0][0].sequence)])
    rig.link.dataReceived(near.transport.value())
    assert rig.user.of("answered")[0][0][0] == "receipt"


@pytest.mark.parametrize(
    ("octets", "language"),
    [(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", "TLS"), (b"GET / HTTP/1.1\r\n\r\n", "HTTP")],
)
def test_another_language_on_a_plain_port_is_cut_and_named_in_the_log(warnings, octets, language):
    rig = make_rig(Side.SMSC, bound=False)
    rig.link.dataReceived(octets)
    assert [said.partition(": ")[2] for said in warnings] == [f"the peer speaks {language} on a port of plain SMPP"]
    assert rig.far.closing
