"""What brings nothing is paid for, and who cannot pay is not read for a while."""

from mobilesasa.smpp.pdus import BindTransceiver, DeliverSm, EnquireLink, SubmitSm
from mobilesasa.smpp.transitions import Side
from mobilesasa.smppnet.patience import BURST, HOLD_MAX_S, PIECE_OCTETS, RATE_PER_S, STRANGER_PDUS, Patience
from tests.smppnet.conftest import make_rig

ENQUIRY = EnquireLink(sequence=7).encode()


def spent(patience: Patience, count: int, now_s: float) -> float | None:
    patience.waste(count)
    patience.settle(now_s, bound=True)
    return patience.holds_until_s


def test_a_burst_is_borne_and_then_a_rate():
    patience = Patience(0.0)
    assert spent(patience, BURST, 0.0) is None
    assert spent(patience, RATE_PER_S, 1.0) is None
    assert spent(patience, RATE_PER_S + 50, 2.0) == 2.5


def test_nobody_is_held_for_longer_than_five_seconds():
    assert spent(Patience(10.0), 1_000_000, 10.0) == 10.0 + HOLD_MAX_S


def test_patience_is_regained_when_its_time_is_over():
    patience = Patience(0.0)
    spent(patience, BURST + 200, 0.0)
    assert not patience.is_regained(1.9)
    assert patience.holds
    assert patience.is_regained(2.0)
    assert not patience.holds
    assert not patience.is_regained(3.0)


def test_a_team_that_may_submit_more_may_be_throttled_as_often():
    patience = Patience(0.0)
    patience.grant(2000)
    assert spent(patience, 1000, 0.0) is None
    assert spent(patience, 2000, 1.0) is None
    patience.grant(1)  # fewer than anybody may
    assert spent(patience, BURST, 100.0) is None


def test_a_stranger_has_little_of_it():
    patience = Patience(0.0)
    patience.waste(STRANGER_PDUS)
    patience.settle(0.0, bound=False)
    assert not patience.is_at_its_end
    patience.waste(1)
    patience.settle(0.0, bound=False)
    assert patience.is_at_its_end


def test_it_is_tried_until_half_of_it_is_there_again():
    patience = Patience(0.0)
    assert not patience.is_tried(0.0)
    spent(patience, BURST, 0.0)
    assert patience.is_tried(BURST / RATE_PER_S / 2 - 0.1)
    assert not patience.is_tried(BURST / RATE_PER_S / 2)


def test_a_stranger_is_dropped_with_a_reason_and_one_warning(warnings):
    rig = make_rig(Side.SMSC, bound=False)
    rig.link.dataReceived(ENQUIRY * (STRANGER_PDUS + 1))
    assert rig.far.closing
    assert len([said for said in warnings if said.startswith("dropping")]) == 1
    rig.far.finish()
    assert rig.user.of("lost") == ["it did not bind, and sent too many PDUs that bring nothing"]


def test_a_stranger_that_enquires_now_and_then_may_still_bind():
    rig = make_rig(Side.SMSC, bound=False)
    for _ in range(STRANGER_PDUS):
        rig.link.dataReceived(ENQUIRY)
    rig.link.dataReceived(BindTransceiver(sequence=8).encode())
    assert rig.link.is_bound


def test_who_has_bound_is_no_stranger_any_more(smsc):
    for _ in range(STRANGER_PDUS + 100):
        smsc.link.dataReceived(ENQUIRY)
    assert not smsc.far.closing


def test_a_user_that_does_not_read_either_is_not_overruled(smsc):
    smsc.link.pause_reading()
    smsc.link.dataReceived(ENQUIRY * (BURST + 100))
    smsc.clock.advance(1)
    assert smsc.far.transport.producerState == "paused"
    smsc.link.resume_reading()
    assert smsc.far.transport.producerState == "producing"


def test_while_a_peer_is_held_it_is_not_silent_and_not_asked(smsc):
    smsc.link.dataReceived(ENQUIRY * 3 * BURST)
    smsc.far.heard()
    smsc.link.keep_time(1.0, 2.0)
    smsc.clock.pump([0.5] * 9)
    assert smsc.far.heard() == []
    smsc.clock.pump([0.5] * 3)
    assert not smsc.far.closing
    assert len(smsc.far.heard()) == 1


def test_a_carrier_is_read_however_much_it_sends(esme):
    """Both ends would wait for each other, and a receipt that waits is worse than a busy moment."""
    esme.link.dataReceived(ENQUIRY * 10 * BURST)
    assert esme.far.transport.producerState == "producing"


def test_requests_waste_nothing(smsc):
    smsc.link.dataReceived(b"".join(SubmitSm().encode(n) for n in range(1, 2000)))
    assert not smsc.link.patience.holds
    smsc.link.request([DeliverSm()], ["a"])
    assert smsc.far.transport.producerState == "producing"


def test_after_a_flood_what_was_read_is_taken_in_pieces_in_its_order(smsc):
    a_piece = PIECE_OCTETS // len(ENQUIRY)
    smsc.link.dataReceived(ENQUIRY * (BURST + 5 * RATE_PER_S))
    assert len(smsc.far.heard()) == BURST + 5 * RATE_PER_S
    smsc.clock.advance(5)
    smsc.link.dataReceived(ENQUIRY * 3 * a_piece + SubmitSm().encode(9))
    assert len(smsc.far.heard()) == a_piece
    for _ in range(3):
        assert smsc.user.of("received") == []
        assert smsc.far.transport.producerState == "paused"
        smsc.clock.advance(a_piece / RATE_PER_S)
    assert [[pdu.sequence for pdu in turn] for turn in smsc.user.of("received")] == [[9]]
    assert smsc.far.transport.producerState == "producing"


def test_what_was_read_of_a_peer_that_is_gone_is_not_looked_at(smsc):
    smsc.link.dataReceived(ENQUIRY * 2 * BURST)
    smsc.link.dataReceived(SubmitSm().encode(9))
    smsc.far.hang_up()
    smsc.clock.advance(60)
    assert smsc.user.of("received") == []


def test_a_turn_of_a_good_session_is_one_however_long(smsc):
    smsc.link.dataReceived(b"".join(SubmitSm().encode(n) for n in range(1, 1900)))
    assert [len(turn) for turn in smsc.user.of("received")] == [1899]
