"""SMPP passwords of 8 characters: who may use one from where, how they are looked at, and when they lock."""

from ipaddress import ip_network

import pytest

from mobilesasa.smpp.pdus import BindTransceiver, Unbind
from mobilesasa.smpp.statuses import Status
from mobilesasa.smsc.passwords import AT_ONCE, REMEMBERED_S, WAITING_MAX
from tests.fakes.passwords import LIMIT, smpp_password
from tests.smsc.rig import ACME, ACME_2, ACME_CONTACTS, RIVAL, Rig

TEXT, OTHER, WRONG = "7Hq3vRkX", "9pQ2mNbV", "zzzzzzzz"
HERE, ELSEWHERE = "192.0.2.1", "198.51.100.7"


def give(rig, *passwords):
    rig.smpp_passwords += passwords
    rig.changed()


def bind(rig, password, host=HERE, system_id="ACME"):
    return rig.connect(host).bind(system_id=system_id, password=password).status


def guess(rig, times, host="192.0.2.{}"):
    """Send wrong passwords, each from an address of its own, as no address may try often."""
    return [bind(rig, WRONG, host.format(n + 10)) for n in range(times)]


@pytest.fixture
def rig(rig):
    give(rig, smpp_password(TEXT, ACME, allowed=(ip_network("192.0.2.0/24"),)))
    return rig


def test_it_binds_and_the_session_is_its_token_s(rig):
    rig.change_token(ACME, smpp={"window": 7})
    assert bind(rig, TEXT) == 0
    (session,) = rig.binds
    assert session.terms.window == 7
    assert rig.book.used == [f"uuid of {TEXT}"]


def test_a_wrong_one_is_a_wrong_password(rig):
    assert bind(rig, WRONG) == Status.ESME_RINVPASWD
    assert rig.smsc.refusals[-1].why == "the SMPP password is wrong"
    assert rig.book.wrong == {f"uuid of {TEXT}": 1}


def test_from_another_address_it_is_refused_before_anything_is_looked_at_and_counts_for_no_lock(rig):
    assert bind(rig, TEXT, ELSEWHERE) == Status.ESME_RBINDFAIL
    assert rig.smsc.refusals[-1].why == f"no SMPP password of the team may be used from {ELSEWHERE}"
    assert (rig.matching.looks, rig.book.wrong) == (0, {})


def test_another_team_s_is_none(rig):
    assert bind(rig, TEXT, system_id="RIVAL") == Status.ESME_RINVPASWD
    assert rig.matching.looks == 0


@pytest.mark.parametrize("text", ["7Hq3vRk", "7Hq3vRkX1", "7Hq3vRk0", "mbs_Acme", ""])
def test_what_cannot_be_one_is_not_looked_at(rig, text):
    assert bind(rig, text) == Status.ESME_RINVPASWD
    assert (rig.matching.looks, rig.book.wrong) == (0, {})


def test_of_several_the_one_that_fits_is_found_and_the_others_are_not_blamed(rig):
    give(rig, smpp_password(OTHER, ACME_2))
    assert bind(rig, OTHER) == 0
    assert bind(rig, TEXT) == 0
    assert set(rig.book.wrong.values()) == {0}
    assert bind(rig, WRONG) == Status.ESME_RINVPASWD
    assert set(rig.book.wrong.values()) == {1}


def test_the_tenth_wrong_one_in_a_row_locks_it_and_the_record_says_so(rig):
    assert guess(rig, LIMIT) == [Status.ESME_RINVPASWD] * LIMIT
    assert rig.smsc.refusals[-1].why == "the SMPP password is wrong, and locked now: there were too many in a row"
    assert bind(rig, TEXT) == Status.ESME_RBINDFAIL  # the store knows, before the directory does
    assert rig.smsc.refusals[-1].why == "the SMPP password is locked, or was revoked just now"
    looks = rig.matching.looks
    rig.smpp_passwords = [smpp_password(TEXT, ACME, locked=True)]
    rig.changed()
    assert bind(rig, TEXT) == Status.ESME_RBINDFAIL
    assert "the operator can unlock it" in rig.smsc.refusals[-1].why
    assert rig.matching.looks == looks


def test_a_right_one_begins_the_row_anew_also_when_it_was_remembered(rig):
    assert bind(rig, TEXT) == 0
    guess(rig, LIMIT - 1)
    assert bind(rig, TEXT) == 0
    assert rig.book.wrong == {f"uuid of {TEXT}": 0}


def test_a_lock_leaves_the_sessions_that_are_there(rig):
    esme = rig.bound(password=TEXT)
    rig.smpp_passwords = [smpp_password(TEXT, ACME, locked=True)]
    rig.changed()
    rig.binds.check(rig.directory.now)
    assert esme.submit().status == 0


def test_a_token_still_binds_while_the_password_beside_it_is_locked(rig):
    rig.smpp_passwords = [smpp_password(TEXT, ACME, locked=True)]
    rig.changed()
    assert bind(rig, ACME) == 0


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"revoked": True}, Status.ESME_RINVPASWD),
        ({"expires_at_ms": 1}, Status.ESME_RINVPASWD),
        ({"scopes": frozenset({"reports"})}, Status.ESME_RBINDFAIL),
    ],
)
def test_it_is_dead_and_its_sessions_end_when_its_token_does_not_serve(rig, change, status):
    esme = rig.bound(password=TEXT)
    rig.change_token(ACME, **change)
    rig.binds.check(rig.directory.now)
    assert isinstance(esme.heard()[0], Unbind)
    assert bind(rig, TEXT) == status


def test_a_revoked_one_opens_nothing_and_its_sessions_end_within_a_second_and_no_others(rig):
    rig.server.startService()
    esme, by_token = rig.bound(password=TEXT), rig.bound(password=ACME)
    rig.smpp_passwords = []
    rig.changed()
    rig.clock.advance(1)
    assert isinstance(esme.heard()[0], Unbind)
    assert by_token.submit().status == 0
    assert bind(rig, TEXT) == Status.ESME_RINVPASWD
    rig.server.stopService()


def test_one_that_is_revoked_while_it_is_looked_at_is_refused(rig):
    rig.matching.hold()
    esme = rig.connect()
    esme.send(BindTransceiver(system_id="ACME", password=TEXT))
    rig.smpp_passwords = []
    rig.changed()
    rig.matching.release()
    assert esme.heard()[0].status == Status.ESME_RINVPASWD
    assert rig.smsc.refusals[-1].why == "the SMPP password is revoked"


def test_a_suspended_team_is_refused_when_its_password_was_right(rig):
    rig.change_team(1, suspended=True)
    assert bind(rig, TEXT) == Status.ESME_RBINDFAIL
    assert bind(rig, WRONG) == Status.ESME_RINVPASWD


def test_a_reconnect_storm_costs_one_look(rig):
    for _ in range(5):
        rig.bound(password=TEXT)
    assert rig.matching.looks == 1
    rig.clock.advance(REMEMBERED_S)
    for esme in list(rig.binds):
        esme.cut("over")
        rig.binds.remove(esme)
    rig.bound(password=TEXT)
    assert rig.matching.looks == 2


def test_those_who_wait_for_the_same_password_are_let_in_by_one_look(rig):
    rig.matching.hold()
    esmes = [rig.connect() for _ in range(5)]
    for esme in esmes:
        esme.send(BindTransceiver(system_id="ACME", password=TEXT))
    assert rig.matching.looks == AT_ONCE
    rig.matching.release(AT_ONCE)
    assert [esme.heard()[0].status for esme in esmes] == [0] * 5
    assert rig.matching.looks == AT_ONCE


def test_two_are_looked_at_at_once_some_wait_and_the_rest_is_refused(rig):
    rig.matching.hold()
    esmes = [rig.connect(f"192.0.2.{n + 1}") for n in range(AT_ONCE + WAITING_MAX + 1)]
    answers = [esme.send(BindTransceiver(system_id="ACME", password=WRONG)) for esme in esmes]
    assert rig.matching.looks == AT_ONCE
    assert answers[:-1] == [[]] * (AT_ONCE + WAITING_MAX)
    assert answers[-1][0].status == Status.ESME_RBINDFAIL
    assert "bind again in a moment" in rig.smsc.refusals[-1].why
    for _ in answers[:-1]:
        rig.matching.release()
    assert {esme.heard()[0].status for esme in esmes[:-1]} == {Status.ESME_RINVPASWD}


def test_a_second_bind_while_the_first_is_looked_at_is_refused_by_its_state(rig):
    rig.matching.hold()
    esme = rig.connect()
    (refused,) = esme.send(
        BindTransceiver(system_id="ACME", password=TEXT), BindTransceiver(system_id="ACME", password=ACME)
    )
    assert refused.status in (Status.ESME_RALYBND, Status.ESME_RINVBNDSTS)
    rig.matching.release()
    assert esme.heard()[0].status == 0


def test_a_peer_that_goes_while_it_is_looked_at_takes_no_place(rig):
    rig.matching.hold()
    esme = rig.connect()
    esme.send(BindTransceiver(system_id="ACME", password=TEXT))
    esme.drop()
    rig.matching.release()
    assert rig.binds.count(1) == 0


def test_a_node_that_stops_lets_nobody_in_who_was_being_looked_at(rig):
    rig.server.startService()
    other = rig.bound()
    rig.matching.hold()
    esme = rig.connect()
    esme.send(BindTransceiver(system_id="ACME", password=TEXT))
    rig.smsc.open = False
    rig.matching.release()
    assert esme.heard()[0].status == Status.ESME_RBINDFAIL
    rig.server.stopService()
    other.drop()


def test_while_the_store_is_away_nothing_is_let_in_uncounted(rig):
    rig.book.away = True
    assert bind(rig, TEXT) == Status.ESME_RSYSERR
    assert bind(rig, WRONG) == Status.ESME_RSYSERR
    rig.book.away = False
    assert bind(rig, TEXT) == 0


def test_what_goes_wrong_in_a_look_is_our_error_and_frees_its_place(rig, flush_logged):
    rig.matching.hold()
    for n in range(AT_ONCE + 1):
        esme = rig.connect(f"192.0.2.{n + 1}")
        esme.send(BindTransceiver(system_id="ACME", password=TEXT))
        rig.matching.waiting.pop().errback(ZeroDivisionError())
        assert esme.heard()[0].status == Status.ESME_RSYSERR
    assert len(flush_logged(ZeroDivisionError)) == AT_ONCE + 1


def test_only_so_many_are_remembered(rig, monkeypatch):
    monkeypatch.setattr("mobilesasa.smsc.passwords.REMEMBERED_MAX", 1)  # filling the real one takes a while
    give(rig, smpp_password(OTHER, ACME_2))
    for text in (TEXT, OTHER, OTHER, TEXT):
        assert bind(rig, text) == 0
    assert rig.matching.looks == 3


def test_guesses_at_passwords_are_refused_unheard_after_ten_in_a_minute(rig):
    for _ in range(9):
        bind(rig, WRONG)
    bind(rig, TEXT[:7])
    looks = rig.matching.looks
    esme = rig.connect()
    assert esme.bind(system_id="ACME", password=TEXT).status == Status.ESME_RBINDFAIL
    assert rig.matching.looks == looks
    rig.clock.advance(2)
    assert esme.closed


def test_a_stranger_s_guesses_do_not_lock_the_team_out(rig):
    guess(rig, 20, "198.51.100.{}")
    assert bind(rig, TEXT) == 0
    assert bind(rig, RIVAL, system_id="RIVAL") == 0


def test_refusals_that_are_no_guesses_are_limited_too_for_their_address_alone(rig):
    for _ in range(60):
        assert bind(rig, ACME_CONTACTS, ELSEWHERE) == Status.ESME_RBINDFAIL
    esme = rig.connect(ELSEWHERE)
    esme.bind(system_id="ACME", password=ACME)
    rig.clock.advance(2)
    assert esme.closed
    assert bind(rig, ACME) == 0


def test_an_ipv6_network_is_one_guesser():
    rig = Rig()
    for n in range(10):
        bind(rig, "guess", f"2001:db8::{n + 1}")
    assert bind(rig, ACME, "2001:db8::ffff") == Status.ESME_RBINDFAIL
    assert bind(rig, ACME, "2001:db8:0:1::1") == 0


def test_what_is_refused_again_and_again_is_kept_once_and_the_record_is_bounded(rig):
    for n in range(3):
        rig.clock.advance(1)
        bind(rig, "guess", system_id="NOBODY")
        assert (rig.smsc.refusals[-1].times, rig.smsc.refusals[-1].at_ms) == (n + 1, rig.now_ms())
    for n in range(250):
        bind(rig, "guess", f"198.51.100.{n % 250}", f"NOBODY{n}")
    assert len(rig.smsc.refusals) == 200
    assert rig.smsc.refusals[-1].system_id == "NOBODY249"


def test_the_record_cuts_a_long_system_id_and_holds_no_password(rig):
    bind(rig, "secret-1", system_id="A" * 15)
    assert rig.smsc.refusals[-1].system_id == "A" * 15
    assert "secret" not in repr(rig.smsc.refusals)
