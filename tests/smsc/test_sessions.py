import pytest

from mobilesasa.smpp.pdus import (
    BindReceiver,
    BindTransceiver,
    BindTransmitter,
    SubmitSm,
    SubmitSmResp,
    Unbind,
    UnbindResp,
)
from mobilesasa.smpp.statuses import Status
from tests.smsc.rig import ACME, ACME_2, RIVAL, Rig


def check(rig):
    rig.binds.check(rig.directory.now)


def test_receivers_are_those_bound_to_receive(rig):
    rig.bound(BindTransmitter)
    rig.bound(BindReceiver)
    rig.bound(BindTransceiver)
    assert len(rig.binds.receivers(1)) == 2
    assert rig.binds.receivers(2) == []
    assert (rig.binds.count(1), len(rig.binds)) == (3, 3)


def test_a_session_that_is_gone_is_counted_out(rig):
    esme = rig.bound()
    esme.drop()
    assert (rig.binds.count(1), rig.binds.receivers(1), rig.server.connections) == (0, [], 0)


def test_a_session_that_is_gone_keeps_nothing_of_what_passed(rig):
    """It is in cycles, which Python looks for once in many minutes."""
    esme = rig.bound()
    link = rig.binds.receivers(1)[0].link
    assert link.trace.lines(round)
    esme.drop()
    assert link.trace.lines(round) == []


def test_a_session_that_is_unbinding_receives_nothing_more(rig):
    rig.intake.hold()
    esme = rig.bound()
    esme.send(SubmitSm(destination_addr="254712345678", short_message=b"Hi"), Unbind())
    assert rig.binds.receivers(1) == []
    assert rig.binds.count(1) == 1


def test_decision_26_a_revoked_token_unbinds_its_sessions_and_no_others(rig):
    revoked, other, rival = rig.bound(), rig.bound(password=ACME_2), rig.bound(system_id="RIVAL", password=RIVAL)
    rig.change_token(ACME, revoked=True)
    check(rig)
    (unbind,) = revoked.heard()
    assert isinstance(unbind, Unbind)
    revoked.send(UnbindResp(sequence=unbind.sequence))
    assert revoked.closed
    assert (other.heard(), rival.heard()) == ([], [])


@pytest.mark.parametrize("change", [{"scopes": frozenset({"contacts"})}, {"revoked": True}])
def test_a_token_that_no_longer_serves_ends_its_sessions(rig, change):
    esme = rig.bound()
    rig.change_token(ACME, **change)
    check(rig)
    assert isinstance(esme.heard()[0], Unbind)


def test_a_token_that_is_no_longer_known_ends_its_sessions(rig):
    esme = rig.bound()
    rig.tokens = []
    rig.changed()
    check(rig)
    assert isinstance(esme.heard()[0], Unbind)


def test_a_suspended_team_is_unbound(rig):
    esme = rig.bound()
    rig.change_team(1, suspended=True)
    check(rig)
    assert isinstance(esme.heard()[0], Unbind)


def test_a_token_that_expires_ends_its_sessions_within_a_second(rig):
    rig.change_token(ACME, expires_at_ms=rig.now_ms() + 5_000)
    rig.server.startService()
    esme = rig.bound()
    rig.clock.pump([0.5] * 9)
    assert esme.heard() == []
    rig.clock.pump([0.5] * 3)
    assert isinstance(esme.heard()[0], Unbind)
    esme.drop()
    rig.server.stopService()


def test_a_session_that_must_go_answers_what_it_has_taken_first(rig):
    rig.intake.hold()
    esme = rig.bound()
    esme.send(SubmitSm(destination_addr="254712345678", short_message=b"Hi"))
    rig.change_token(ACME, revoked=True)
    check(rig)
    check(rig)
    assert esme.heard() == []
    assert esme.transport.producerState == "paused"
    rig.intake.release()
    response, unbind = esme.heard()
    assert isinstance(response, SubmitSmResp)
    assert isinstance(unbind, Unbind)
    assert esme.transport.producerState == "producing"


def test_a_submit_after_our_unbind_is_refused(rig):
    esme = rig.bound()
    rig.change_token(ACME, revoked=True)
    check(rig)
    esme.heard()
    assert esme.submit().status == Status.ESME_RINVBNDSTS


def test_stopping_unbinds_everybody_and_ends_when_they_are_gone(rig):
    bound, unbound = rig.bound(), rig.connect()
    rig.server.startService()
    stopped = rig.server.stopService()
    (unbind,) = bound.heard()
    unbound.heard()
    assert unbound.closed
    assert not stopped.called
    bound.send(UnbindResp(sequence=unbind.sequence))
    assert bound.closed
    assert stopped.called
    assert rig.clock.getDelayedCalls() == []


def test_stopping_cuts_what_is_left_after_the_drain(rig):
    rig.intake.hold()
    esme = rig.bound()
    esme.send(SubmitSm(destination_addr="254712345678", short_message=b"Hi"))
    rig.server.startService()
    stopped = rig.server.stopService()
    rig.clock.advance(9.9)
    assert not esme.closed
    rig.clock.advance(0.2)
    assert esme.closed
    esme.drop()
    assert stopped.called


def test_a_bind_while_stopping_is_refused(rig):
    esme = rig.connect()
    rig.smsc.open = False
    assert esme.bind(system_id="ACME", password=ACME).status == Status.ESME_RBINDFAIL
    assert rig.server.link_for(None) is None


def test_a_server_without_anybody_stops_at_once(rig):
    rig.server.startService()
    assert rig.server.stopService().called


def test_connections_are_bounded():
    rig = Rig(max_connections=2)
    first = rig.bound()
    rig.bound()
    assert rig.server.link_for(None) is None
    assert rig.server.link_for(None) is None
    assert rig.server.turned_away == 2
    first.drop()
    assert rig.connect()


def test_nobody_sees_what_another_team_submits(rig):
    acme, rival = rig.bound(), rig.bound(system_id="RIVAL", password=RIVAL)
    acme.submit(registered_delivery=1)
    assert rival.heard() == []
    assert [stored.team_id for stored in rig.intake.stored] == [1]
