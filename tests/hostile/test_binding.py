"""Guesses at passwords, one after the other and by the hundred, from one address and from many."""

import pytest

from mobilesasa.smpp.pdus import BindTransceiver
from mobilesasa.smpp.statuses import Status
from mobilesasa.smsc.passwords import AT_ONCE, WAITING_MAX
from tests.fakes.esme import Esme
from tests.fakes.passwords import smpp_password
from tests.smsc.rig import ACME, RIVAL, Rig


def guess(rig: Rig, number: int, host: str) -> Esme:
    """Connect and send a guess at RIVAL's SMPP password."""
    peer = rig.connect(host)
    peer.link.dataReceived(
        BindTransceiver(system_id="RIVAL", password=f"Guess{number + 111:03}".replace("0", "z")).encode(1)
    )
    return peer


@pytest.fixture
def rig() -> Rig:
    made = Rig(session_tps=0)
    made.smpp_passwords = [smpp_password("7Hq3vRkX", RIVAL, team_id=2)]
    made.changed()
    return made


def test_guesses_from_one_address_are_soon_unheard_and_their_connections_closed(rig, warnings):
    good = rig.bound()
    guessers = [guess(rig, number, "198.51.100.66") for number in range(500)]
    assert rig.matching.looks == 10
    rig.clock.advance(2)
    unheard = guessers[10:]
    assert all(peer.transport.disconnecting for peer in unheard)
    assert len(warnings) <= 13
    assert good.submit().status == 0


def test_guesses_from_many_addresses_are_looked_at_two_at_a_time_and_a_bound_session_does_not_notice(rig):
    good = rig.bound()
    rig.matching.hold()
    guessers = [guess(rig, number, f"198.51.{number // 250}.{number % 250}") for number in range(900)]
    assert rig.matching.looks == AT_ONCE
    assert [len(peer.transport.value()) > 0 for peer in guessers].count(False) == AT_ONCE + WAITING_MAX
    assert all(good.submit().status == 0 for _ in range(200))
    for peer in guessers:
        peer.drop()
    for _ in range(AT_ONCE + WAITING_MAX):
        rig.matching.release()
    assert rig.server.connections == 1
    assert good.submit().status == 0


def test_another_team_binds_with_its_token_during_a_storm(rig):
    rig.matching.hold()
    for number in range(300):
        guess(rig, number, f"198.51.{number // 250}.{number % 250}")
    assert rig.connect().bind(system_id="ACME", password=ACME).status == 0
    for _ in range(AT_ONCE + WAITING_MAX):
        rig.matching.release()


def test_what_is_remembered_of_refused_binds_is_bounded(rig):
    for number in range(1000):
        peer = rig.connect(f"198.51.{number // 250}.{number % 250}")
        assert peer.bind(system_id=f"T{number}", password="x").status == Status.ESME_RINVSYSID
        peer.drop()
    assert len(rig.smsc.refusals) == 200


def test_binds_and_unbinds_without_end_leave_nothing(rig):
    for _ in range(300):
        esme = rig.bound()
        esme.link.unbind()
        esme.drop()
    assert rig.server.connections == 0
    assert len(rig.binds) == 0
