"""Silence, idleness, overdue answers, slow readers; and what all of that costs."""

import pytest

from mobilesasa.smpp.pdus import DeliverSm, EnquireLink, EnquireLinkResp, SubmitSm, SubmitSmResp, Unbind, answer
from mobilesasa.smpp.session import Reply, Unbound
from mobilesasa.smpp.transitions import Side
from mobilesasa.smppnet.timers import Due, Timers, Watch
from tests.smppnet.conftest import TIMERS, make_rig


def enquiries(rig):
    """How many enquire_links were heard; they are answered by themselves."""
    return sum(isinstance(event, Reply) for event in rig.far.heard())


def test_after_thirty_seconds_of_silence_we_ask(smsc):
    smsc.pass_time(29.5)
    assert enquiries(smsc) == 0
    smsc.pass_time(0.5)
    assert enquiries(smsc) == 1


def test_any_pdu_ends_a_silence(smsc):
    smsc.pass_time(29)
    smsc.far.say(EnquireLink())
    smsc.far.heard()
    smsc.pass_time(29.5)
    assert enquiries(smsc) == 0
    smsc.pass_time(0.5)
    assert enquiries(smsc) == 1


def test_a_peer_that_answers_enquiries_stays(smsc):
    for _ in range(10):
        smsc.pass_time(30)
        assert enquiries(smsc) == 1
        smsc.link.dataReceived(EnquireLinkResp(sequence=99).encode())
    assert not smsc.far.closing
    assert smsc.user.calls == []


def test_what_lay_in_the_socket_while_the_process_was_stopped_ends_the_silence(smsc):
    smsc.pass_time(59.5)
    smsc.clock.callLater(0.5, smsc.far.say, EnquireLink())  # is read in the turn in which the timers run out
    smsc.pass_time(0.5)
    smsc.pass_time(5)
    assert not smsc.far.closing


def test_sixty_seconds_of_silence_end_the_link_politely(smsc):
    smsc.pass_time(59.5)
    smsc.far.heard()
    assert not smsc.far.closing
    smsc.pass_time(0.5)
    assert Unbound(by_peer=True) in smsc.far.heard()
    smsc.pass_time(5)
    assert smsc.far.closing
    smsc.far.hang_up()
    assert smsc.user.of("lost") == ["nothing was heard for 60 s"]


def test_who_does_not_bind_in_ten_seconds_is_cut():
    rig = make_rig(Side.SMSC, bound=False)
    rig.pass_time(9.5)
    assert not rig.far.closing
    rig.pass_time(0.5)
    assert rig.far.closing
    rig.far.finish()
    assert rig.user.of("lost") == ["no bind was accepted within 10 s"]


def test_a_bind_that_was_accepted_between_two_looks_counts():
    rig = make_rig(Side.SMSC, bound=False)
    rig.user.on_received = None
    from mobilesasa.smpp.pdus import BindReceiver

    rig.far.say(BindReceiver())
    rig.link.send([answer(rig.user.of("received")[0][0])])  # outside of a turn
    rig.pass_time(20)
    assert not rig.far.closing


def test_a_request_without_an_answer_is_given_up(esme):
    esme.link.request([SubmitSm()], ["a"])
    (pdu,) = esme.far.heard()
    esme.pass_time(10)
    esme.link.request([SubmitSm()], ["b"])
    esme.pass_time(9.5)
    assert esme.user.calls == []
    esme.pass_time(0.5)
    assert esme.user.of("unanswered") == [["a"]]
    esme.link.dataReceived(SubmitSmResp(sequence=pdu.sequence, message_id="late").encode())
    assert esme.user.of("answered") == []
    assert esme.link.late == 1
    esme.pass_time(10)
    assert esme.user.of("unanswered") == [["a"], ["b"]]


def test_a_link_that_waits_for_nothing_sleeps():
    rig = make_rig(
        Side.ESME, Timers(enquire_link_s=0, idle_timeout_s=0, response_timeout_s=0, bind_timeout_s=0), bound=True
    )
    rig.link.request([SubmitSm()], ["a"])
    assert rig.clock.getDelayedCalls() == []


def test_there_is_one_delayed_call_however_many_pdus_come(esme, monkeypatch):
    made = []
    call_later = esme.clock.callLater
    monkeypatch.setattr(esme.clock, "callLater", lambda *args: made.append(args) or call_later(*args))
    for _ in range(100):
        esme.clock.advance(0.01)
        esme.link.request([SubmitSm()], ["a"])
        esme.far.say(*[answer(pdu) for pdu in esme.far.heard()])
    assert len(esme.clock.getDelayedCalls()) == 1
    assert made == []


def test_when_the_connection_is_gone_nothing_is_waited_for(esme):
    esme.link.request([SubmitSm()], ["a"])
    esme.far.hang_up()
    assert esme.clock.getDelayedCalls() == []


def test_a_user_can_stop_the_reading(smsc):
    smsc.link.pause_reading()
    assert smsc.far.transport.producerState == "paused"
    smsc.link.resume_reading()
    smsc.link.resume_reading()
    assert smsc.far.transport.producerState == "producing"


def test_a_peer_we_do_not_listen_to_is_not_silent(smsc):
    smsc.link.pause_reading()
    smsc.pass_time(120)
    assert not smsc.far.closing
    assert smsc.far.heard() == []
    smsc.link.resume_reading()
    smsc.pass_time(59.5)
    assert not smsc.far.closing


def test_answers_that_we_do_not_read_are_not_overdue(esme):
    esme.link.request([SubmitSm()], ["a"])
    (pdu,) = esme.far.heard()
    esme.pass_time(15)
    esme.link.pause_reading()
    esme.pass_time(100)
    assert esme.link.waited_s == 0
    assert esme.user.calls == []
    esme.link.resume_reading()
    esme.pass_time(19.5)
    assert esme.link.waited_s == 19.5
    assert esme.user.calls == []
    esme.link.dataReceived(SubmitSmResp(sequence=pdu.sequence, message_id="m").encode())
    assert [context for context, _ in esme.user.of("answered")[0]] == ["a"]


def test_after_we_read_again_the_peer_has_the_whole_time_to_answer(esme):
    esme.link.request([SubmitSm()], ["a"])
    esme.pass_time(15)
    esme.link.pause_reading()
    esme.pass_time(100)
    esme.link.resume_reading()
    esme.link.dataReceived(EnquireLinkResp(sequence=5).encode())
    esme.link.request([SubmitSm()], ["b"])
    esme.pass_time(20)
    assert esme.user.of("unanswered") == [["a", "b"]]


def test_while_we_do_not_read_we_do_not_look_all_the_time(esme, monkeypatch):
    esme.link.request([SubmitSm()], ["a"])
    esme.link.pause_reading()
    made = []
    call_later = esme.clock.callLater
    monkeypatch.setattr(esme.clock, "callLater", lambda *args: made.append(args) or call_later(*args))
    esme.pass_time(100)
    assert len(made) < 101
    assert all(delay_s > 0 for delay_s, *_ in made)


def test_reading_again_without_having_stopped_gives_no_time(esme):
    esme.link.request([SubmitSm()], ["a"])
    producer = esme.far.transport.producer
    esme.pass_time(15)
    producer.pauseProducing()
    producer.resumeProducing()
    esme.pass_time(5)
    assert esme.user.of("unanswered") == [["a"]]


def test_a_server_that_does_not_read_gives_nothing_up(smsc):
    smsc.link.request([DeliverSm()], ["a"])
    producer = smsc.far.transport.producer
    producer.pauseProducing()
    smsc.pass_time(30)
    assert smsc.user.calls == []
    producer.resumeProducing()
    smsc.pass_time(20)
    assert smsc.user.of("unanswered") == [["a"]]


def test_how_long_the_oldest_has_waited_is_known(esme):
    assert esme.link.waited_s == 0
    esme.link.request([SubmitSm()], ["a"])
    (first,) = esme.far.heard()
    esme.pass_time(4)
    esme.link.request([SubmitSm()], ["b"])
    esme.pass_time(2)
    assert esme.link.waited_s == 6
    esme.far.say(answer(first, message_id="m"))
    assert esme.link.waited_s == 2


def test_a_server_does_not_read_from_a_client_that_does_not_read(smsc):
    producer = smsc.far.transport.producer
    producer.pauseProducing()
    assert smsc.far.transport.producerState == "paused"
    smsc.link.pause_reading()
    producer.resumeProducing()
    assert smsc.far.transport.producerState == "paused"
    smsc.link.resume_reading()
    assert smsc.far.transport.producerState == "producing"


def test_a_client_reads_on_lest_both_wait_for_each_other(esme):
    esme.far.transport.producer.pauseProducing()
    assert esme.far.transport.producerState == "producing"


@pytest.mark.parametrize("side", list(Side))
def test_a_peer_that_reads_nothing_for_a_minute_is_cut(side):
    rig = make_rig(side)
    rig.far.transport.producer.pauseProducing()
    request = SubmitSm() if side is Side.SMSC else DeliverSm()
    for _ in range(5):
        rig.pass_time(11)
        rig.link.dataReceived(request.encode(5))
    assert not rig.far.transport.disconnected
    rig.pass_time(5.5)
    assert rig.far.transport.disconnected
    rig.far.hang_up()
    assert rig.user.of("lost") == ["the peer read nothing for 60 s"]


def test_a_peer_that_reads_again_is_forgiven(esme):
    producer = esme.far.transport.producer
    producer.pauseProducing()
    esme.pass_time(20)
    producer.resumeProducing()
    for _ in range(5):
        esme.pass_time(20)
        esme.link.dataReceived(EnquireLinkResp(sequence=5).encode())
    assert not esme.far.closing
    producer.stopProducing()
    assert not esme.far.closing


def test_a_close_that_takes_too_long_is_cut(smsc):
    smsc.far.say(Unbind())
    assert smsc.far.transport.disconnecting
    assert not smsc.far.transport.disconnected
    smsc.far.transport.producer and pytest.fail("a connection with a producer does not close")
    smsc.pass_time(5)
    assert smsc.far.transport.disconnected


def test_what_is_overdue_most_gravely_comes_first():
    watch = Watch(TIMERS, 0.0, 0.0)
    assert watch.next_at_s(0.0) == 10.0
    assert watch.due(9.9) is None
    assert watch.due(100.0) is Due.BIND
    watch.bound = True
    assert watch.due(100.0) is Due.SILENCE
    assert watch.next_at_s(100.0) == 101.0
    watch.stuck_since_s = 40.0
    assert watch.due(100.0) is Due.STUCK
    watch.cut_at_s = 105.0
    assert watch.due(100.0) is None
    assert watch.due(105.0) is Due.CUT
