"""The terms of a session: the node's, the team's, the token's; and a change of them reaches it while it is bound."""

import attrs
import pytest

from mobilesasa.core.terms import SmppTerms
from mobilesasa.smpp.pdus import EnquireLink, SubmitSm, Unbind, decode
from mobilesasa.smpp.statuses import Status
from tests.fakes.spool import notice
from tests.smsc.rig import ACME, ACME_2, Rig

MESSAGE = SubmitSm(destination_addr="254712345678", short_message=b"Hi")


def accepted(esme, count):
    """How many of so many submits are not throttled."""
    return [pdu.status for pdu in esme.send(*[MESSAGE] * count)].count(Status.ESME_ROK)


def check(rig):
    rig.binds.check(rig.directory.now)


def test_a_token_s_terms_win_over_its_team_s_and_those_over_the_node_s():
    rig = Rig(window=7, session_tps=8, receipt_window=9)
    rig.change_team(1, session_tps=20, smpp={"receipt_window": 3, "latin1": True})
    rig.change_token(ACME_2, smpp={"latin1": False, "session_tps": 30})
    team = rig.directory.now.teams[1]
    first, second = (rig.directory.now.token(raw) for raw in (ACME, ACME_2))
    agreed = SmppTerms(window=7, session_tps=20, receipt_window=3, latin1=True)
    assert rig.smsc.terms_of(team, first) == agreed
    assert rig.smsc.terms_of(team, second) == attrs.evolve(agreed, latin1=False, session_tps=30)


def test_a_session_has_the_terms_of_the_token_it_bound_with(rig):
    rig.change_token(ACME_2, smpp={"session_tps": 2})
    assert accepted(rig.bound(password=ACME), 5) == 5
    assert accepted(rig.bound(password=ACME_2), 5) == 2


def test_the_server_takes_over_a_change_within_a_second(rig):
    rig.server.startService()
    esme = rig.bound()
    rig.change_team(1, smpp={"session_tps": 3})
    rig.clock.advance(1)
    assert accepted(esme, 5) == 3
    rig.server.stopService()


def test_a_rate_changes_under_way(rig):
    esme = rig.bound()
    rig.change_team(1, session_tps=2)
    check(rig)
    rig.clock.advance(1)
    assert accepted(esme, 5) == 2
    rig.change_token(ACME, smpp={"session_tps": 0})
    check(rig)
    assert accepted(esme, 200) == 200


def test_a_window_changes_under_way(rig):
    rig.intake.hold()
    esme = rig.bound()
    rig.change_token(ACME, smpp={"window": 2})
    check(rig)
    esme.send(MESSAGE)
    assert esme.transport.producerState == "producing"
    esme.send(MESSAGE)
    assert esme.transport.producerState == "paused"


def test_a_receipt_window_changes_under_way(rig):
    rig.outbox.startService()
    esme = rig.bound()
    rig.change_team(1, smpp={"receipt_window": 2})
    check(rig)
    for n in range(5):
        rig.outbox.owe(rig.spool.put(notice(n + 1, team_id=1)))
    assert len(esme.heard()) == 2
    rig.outbox.stopService()


def test_a_team_may_have_silences_of_its_own(rig):
    rig.change_team(1, smpp={"enquire_link_s": 5, "idle_timeout_s": 12})
    esme = rig.bound()
    rig.clock.advance(5)
    assert isinstance(decode(esme.transport.value()), EnquireLink)
    esme.transport.clear()
    rig.clock.advance(5)
    esme.transport.clear()
    rig.clock.advance(2)
    assert isinstance(decode(esme.transport.value()), Unbind)


@pytest.mark.parametrize(("enquire_link_s", "asked"), [(100, False), (10, True), (0, False)])
def test_a_silence_changes_under_way(rig, enquire_link_s, asked):
    esme = rig.bound()
    rig.clock.advance(5)
    rig.change_team(1, smpp={"enquire_link_s": enquire_link_s, "idle_timeout_s": 0})
    check(rig)
    rig.clock.advance(25)
    assert (esme.transport.value() != b"") is asked
    assert not esme.closed


def test_a_team_s_limit_of_sessions_is_not_its_tokens_to_change(rig):
    rig.change_team(1, smpp={"max_sessions": 6})
    rig.change_token(ACME, smpp={"session_tps": 9})
    for _ in range(6):
        rig.bound()
    assert rig.binds.count(1) == 6


def test_fewer_sessions_than_there_are_end_none_but_let_none_in(rig):
    esmes = [rig.bound(), rig.bound()]
    rig.change_team(1, max_sessions=1)
    check(rig)
    assert [accepted(esme, 1) for esme in esmes] == [1, 1]
    third = rig.connect()
    third.send(type(MESSAGE)())
    third.heard()
    assert rig.binds.count(1) == 2


def test_what_has_not_changed_is_left_alone(rig):
    rig.bound()
    (session,) = rig.binds
    held = session.terms
    rig.change_team(1, name="Acme Ltd")
    check(rig)
    assert session.terms is held
    rig.change_team(1, smpp={"latin1": True})
    check(rig)
    assert session.terms == attrs.evolve(held, latin1=True)


def test_a_connection_that_is_not_bound_has_nothing_to_take_over(rig):
    esme = rig.connect()
    (session,) = rig.server._sessions
    session.adopt(rig.directory.now)
    assert session.objection(rig.directory.now) is None
    assert not esme.closed
