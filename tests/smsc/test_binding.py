import pytest

from mobilesasa.smpp.pdus import BindReceiver, BindTransceiver, BindTransmitter, EnquireLink, SubmitSm
from mobilesasa.smpp.statuses import Status
from mobilesasa.smpp.tlvs import Tag
from tests.smsc.rig import ACME, ACME_2, ACME_CONTACTS, NOW_MS, RIVAL, Rig

KINDS = [BindTransmitter, BindReceiver, BindTransceiver]


@pytest.fixture
def logged(monkeypatch):
    from mobilesasa.smsc.session import TeamSession

    events: list[str] = []

    class Log:
        def __getattr__(self, level):
            return lambda text, *args, **fields: events.append(text.format(*args, **fields))

    # what an operator reads of a bind is part of what is promised
    monkeypatch.setattr(TeamSession, "log", Log())
    return events


@pytest.mark.parametrize("kind", KINDS)
def test_a_team_binds_with_its_code_and_a_token(rig, kind):
    response = rig.connect().bind(kind, system_id="ACME", password=ACME)
    assert response.status == 0
    assert response.system_id == "mobilesasa"
    assert response.tlvs[Tag.SC_INTERFACE_VERSION] == 0x34


@pytest.mark.parametrize("system_id", ["ACME", "acme", "AcMe"])
def test_the_case_of_the_system_id_does_not_matter(rig, system_id):
    assert rig.connect().bind(system_id=system_id, password=ACME).status == 0


@pytest.mark.parametrize("system_type", ["", "TRANSCEIVER", "SMPP", "123456789012"])
def test_any_system_type_will_do(rig, system_type):
    assert rig.connect().bind(system_id="ACME", password=ACME, system_type=system_type).status == 0


@pytest.mark.parametrize(("version", "tlvs"), [(0x00, False), (0x33, False), (0x34, True), (0x50, True)])
def test_any_interface_version_is_taken_and_an_old_one_gets_no_tlvs(rig, version, tlvs):
    response = rig.connect().bind(system_id="ACME", password=ACME, interface_version=version)
    assert response.status == 0
    assert (Tag.SC_INTERFACE_VERSION in response.tlvs) is tlvs


@pytest.mark.parametrize(
    ("system_id", "password", "status"),
    [
        ("ACME", "mbs_wrong", Status.ESME_RINVPASWD),
        ("ACME", "", Status.ESME_RINVPASWD),
        ("ACME", RIVAL, Status.ESME_RINVPASWD),
        ("ACME", ACME[:8], Status.ESME_RINVPASWD),
        ("NOBODY", ACME, Status.ESME_RINVSYSID),
        ("", ACME, Status.ESME_RINVSYSID),
        ("ACME", ACME_CONTACTS, Status.ESME_RBINDFAIL),
    ],
)
def test_a_bind_is_refused_with_the_status_that_was_decided(rig, system_id, password, status):
    esme = rig.connect()
    assert esme.bind(system_id=system_id, password=password).status == status
    assert len(rig.binds) == 0
    assert not esme.closed


def test_a_suspended_team_cannot_bind(rig):
    rig.change_team(1, suspended=True)
    assert rig.connect().bind(system_id="ACME", password=ACME).status == Status.ESME_RBINDFAIL


@pytest.mark.parametrize("change", [{"revoked": True}, {"expires_at_ms": NOW_MS}])
def test_a_token_that_is_over_is_a_wrong_password(rig, change):
    rig.change_token(ACME, **change)
    assert rig.connect().bind(system_id="ACME", password=ACME).status == Status.ESME_RINVPASWD


def test_the_log_says_that_a_client_cuts_the_password(rig, logged):
    rig.connect().bind(system_id="ACME", password=ACME[:8])
    assert any("your client cuts the password to 8 characters" in line for line in logged)


def test_the_start_of_another_teams_token_is_just_wrong(rig, logged):
    rig.connect().bind(system_id="ACME", password=RIVAL[:8])
    assert not any("cuts the password" in line for line in logged)


def test_no_password_is_logged(rig, logged):
    rig.connect().bind(system_id="ACME", password="mbs_nearly-right")
    rig.bound()
    assert not any("nearly" in line or ACME[4:] in line for line in logged)


def test_a_refused_peer_may_try_again_on_the_same_connection(rig):
    esme = rig.connect()
    esme.bind(system_id="ACME", password="wrong")
    assert esme.bind(system_id="ACME", password=ACME).status == 0


def test_a_second_bind_on_a_connection_is_refused_and_the_first_lives_on(rig):
    esme = rig.bound()
    assert esme.bind(system_id="ACME", password=ACME_2).status == Status.ESME_RALYBND
    assert esme.submit().status == 0


def test_a_submit_before_the_bind_is_refused(rig):
    (response,) = rig.connect().send(SubmitSm(destination_addr="254712345678", short_message=b"Hi"))
    assert response.status == Status.ESME_RINVBNDSTS


def test_a_connection_that_does_not_bind_is_closed_after_10_s(rig):
    esme = rig.connect()
    rig.clock.advance(9.9)
    assert not esme.closed
    rig.clock.advance(0.2)
    assert esme.closed


def test_the_sixth_session_is_refused_over_all_types_of_binds(rig):
    esmes = [rig.bound(KINDS[n % 3]) for n in range(5)]
    sixth = rig.connect()
    assert sixth.send(BindTransceiver(system_id="ACME", password=ACME_2)) == []
    assert [esme.heard() for esme in esmes] == [[]] * 5  # each answers the enquire_link
    rig.clock.advance(0.1)
    (response,) = sixth.heard()
    assert response.status == Status.ESME_RBINDFAIL
    assert rig.binds.count(1) == 5


def test_another_team_is_not_counted(rig):
    for _ in range(5):
        rig.bound()
    assert rig.connect().bind(system_id="RIVAL", password=RIVAL).status == 0


def test_a_team_may_have_a_limit_of_its_own(rig):
    rig.change_team(1, max_sessions=1)
    first = rig.bound()
    second = rig.connect()
    second.send(BindTransceiver(system_id="ACME", password=ACME))
    first.heard()
    rig.clock.advance(0.1)
    assert second.heard()[0].status == Status.ESME_RBINDFAIL


def test_a_dead_session_does_not_lock_out_a_reconnect(rig):
    esmes = [rig.bound() for _ in range(5)]
    esmes[2].alive = False
    sixth = rig.connect()
    sixth.send(BindTransceiver(system_id="ACME", password=ACME))
    for _ in range(19):
        rig.clock.advance(0.1)
        assert [*map(len, (esme.heard() for esme in esmes)), len(sixth.heard())] == [0] * 6
    rig.clock.advance(0.1)
    rig.clock.advance(0.1)
    (response,) = sixth.heard()
    assert response.status == 0
    assert [esme.closed for esme in esmes] == [False, False, True, False, False]
    assert rig.binds.count(1) == 5


def test_of_two_binds_that_wait_for_one_place_the_first_gets_it(rig):
    esmes = [rig.bound() for _ in range(5)]
    esmes[0].alive = False
    waiting = [rig.connect(), rig.connect()]
    for esme in waiting:
        esme.send(BindTransceiver(system_id="ACME", password=ACME))
    for esme in esmes:
        esme.heard()
    rig.clock.pump([0.1] * 22)
    assert [esme.heard()[0].status for esme in waiting] == [0, Status.ESME_RBINDFAIL]


def test_a_place_that_becomes_free_meanwhile_is_taken_at_once(rig):
    esmes = [rig.bound() for _ in range(5)]
    sixth = rig.connect()
    sixth.send(BindTransceiver(system_id="ACME", password=ACME))
    esmes[0].alive = False
    esmes[1].drop()
    rig.clock.advance(0.1)
    assert sixth.heard()[0].status == 0
    assert not esmes[0].closed


def test_a_peer_that_has_gone_while_its_bind_waited_takes_no_place(rig):
    esmes = [rig.bound() for _ in range(5)]
    sixth = rig.connect()
    sixth.send(BindTransceiver(system_id="ACME", password=ACME))
    sixth.drop()
    esmes[0].drop()
    rig.clock.advance(0.1)
    assert rig.binds.count(1) == 4


def test_a_token_that_is_revoked_while_the_bind_waits_is_refused(rig):
    esmes = [rig.bound(password=ACME_2) for _ in range(5)]
    sixth = rig.connect()
    sixth.send(BindTransceiver(system_id="ACME", password=ACME))
    rig.change_token(ACME, revoked=True)
    esmes[0].drop()
    rig.clock.advance(0.1)
    assert sixth.heard()[0].status == Status.ESME_RINVPASWD


def test_a_session_that_we_do_not_read_is_not_taken_for_dead():
    rig = Rig(window=1)
    esmes = [rig.bound() for _ in range(5)]
    rig.intake.hold()
    esmes[0].send(SubmitSm(destination_addr="254712345678", short_message=b"Hi"))
    esmes[0].alive = False
    sixth = rig.connect()
    sixth.send(BindTransceiver(system_id="ACME", password=ACME))
    for esme in esmes:
        esme.heard()
    rig.clock.pump([0.1] * 22)
    assert sixth.heard()[0].status == Status.ESME_RBINDFAIL
    assert not esmes[0].closed


def test_the_eleventh_guess_from_an_address_is_refused_unheard_and_the_line_closed(rig):
    for _ in range(10):
        rig.connect("198.51.100.7").bind(system_id="ACME", password="guess")
    esme = rig.connect("198.51.100.7")
    assert esme.bind(system_id="ACME", password=ACME).status == Status.ESME_RBINDFAIL
    assert not esme.closed
    rig.clock.advance(2)
    assert esme.closed
    assert rig.connect("198.51.100.8").bind(system_id="ACME", password=ACME).status == 0


def test_guesses_are_forgotten_after_a_minute(rig):
    for _ in range(10):
        rig.connect("198.51.100.7").bind(system_id="NOBODY", password="guess")
    rig.clock.advance(60)
    assert rig.connect("198.51.100.7").bind(system_id="ACME", password=ACME).status == 0


def test_guesses_at_one_team_from_many_addresses_block_those_addresses_and_not_the_team(rig):
    for n in range(10):
        rig.connect(f"198.51.100.{n}").bind(system_id="ACME", password="guess")
    assert rig.connect("198.51.100.3").bind(system_id="ACME", password="guess").status == Status.ESME_RBINDFAIL
    assert rig.connect("203.0.113.1").bind(system_id="ACME", password=ACME).status == 0


def test_refusals_that_are_no_guesses_do_not_count(rig):
    for _ in range(12):
        rig.connect().bind(system_id="ACME", password=ACME_CONTACTS)
    assert rig.connect().bind(system_id="ACME", password=ACME).status == 0


def test_an_enquire_link_is_answered(rig):
    esme = rig.bound()
    (response,) = esme.send(EnquireLink())
    assert response.status == 0


def test_decision_23_a_bind_is_a_use_of_its_token_and_a_refused_one_is_none(rig):
    rig.bound()
    (use,) = rig.directory.uses.take()
    assert use.token_uuid == rig.directory.now.token(ACME).uuid
    assert use.at_ms == NOW_MS
    assert use.address
    refused = rig.connect()
    refused.send(BindTransceiver(system_id="ACME", password="mbs_no"))
    assert rig.directory.uses.take() == []
