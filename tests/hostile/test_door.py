"""Who may connect: so many at once, a share of them from one address, and not for ever without a bind."""

import resource
import socket

import pytest
import pytest_twisted
from twisted.internet.address import IPv4Address, IPv6Address, UNIXAddress
from twisted.internet.defer import gatherResults
from twisted.internet.threads import deferToThread

from mobilesasa.node.files import OWN_FILES, make_room, needed
from mobilesasa.settings import load
from mobilesasa.smpp.pdus import BindTransceiver
from mobilesasa.smsc.door import STRANGERS
from tests.fakes.esme import Esme
from tests.fakes.passwords import smpp_password
from tests.hostile.served import PATIENCE_S
from tests.smsc.rig import ACME, Rig
from tests.whole.programs import HOST

MAKE_ROOM = "{} connections are all there may be; those that do not bind make room for others"
CONNECTIONS = 1200
DEFAULT = 1000
FILES = 2 * CONNECTIONS + 500  # of this process, which is both ends


def from_address(rig: Rig, host: str) -> Esme | None:
    """Connect from an address; None when the door is shut."""
    kind = IPv6Address if ":" in host else IPv4Address
    link = rig.server.link_for(kind("TCP", host, 40000))
    return None if link is None else Esme(link, host)


def test_one_address_may_take_a_share_of_the_connections_and_leaves_room_for_others(warnings):
    rig = Rig(max_connections_per_address=3)
    taken = [from_address(rig, "198.51.100.66") for _ in range(5)]
    assert [esme is None for esme in taken] == [False, False, False, True, True]
    assert from_address(rig, "198.51.100.67") is not None
    assert rig.server.turned_away == 2
    assert warnings == ["198.51.100.66 has 3 connections, which is all that one address may have; more are closed"]


def test_an_address_that_leaves_gives_its_place_back():
    rig = Rig(max_connections_per_address=1)
    first = from_address(rig, "198.51.100.66")
    assert first is not None
    first.drop()
    assert from_address(rig, "198.51.100.66") is not None


def test_an_ipv6_network_is_one_address(warnings):
    rig = Rig(max_connections_per_address=2)
    hosts = ["2001:db8::1", "2001:db8::2", "2001:db8::3", "2001:db8:0:1::1"]
    assert [from_address(rig, host) is None for host in hosts] == [False, False, True, False]
    assert warnings == ["2001:db8::/64 has 2 connections, which is all that one address may have; more are closed"]


def test_an_address_that_is_turned_away_is_named_once_a_minute(warnings):
    rig = Rig(max_connections_per_address=1)
    for _ in range(120):
        from_address(rig, "198.51.100.66")
        rig.clock.advance(1)
    assert len(warnings) == 2


def test_without_a_limit_for_an_address_one_may_have_all(warnings):
    rig = Rig(max_connections_per_address=0, max_connections=300)
    taken = [from_address(rig, "192.0.2.254") for _ in range(301)]
    assert [place for place, esme in enumerate(taken) if esme is None or esme.closed] == [0]
    assert warnings == [MAKE_ROOM.format(300)]


def bound(rig: Rig, host: str = "198.51.100.1") -> Esme:
    esme = from_address(rig, host)
    assert esme is not None
    assert esme.bind(system_id="ACME", password=ACME).status == 0
    return esme


def test_who_comes_gets_the_place_of_the_stranger_who_was_there_longest():
    """Two hundred addresses with five silent connections each kept every team out."""
    rig = Rig(max_connections=4)
    first = bound(rig)
    strangers = [from_address(rig, f"198.51.100.{66 + number}") for number in range(3)]
    second = bound(rig)
    assert [esme is None or esme.closed for esme in (first, *strangers, second)] == [False, True, False, False, False]
    assert (rig.server.connections, rig.server.turned_away) == (4, 1)
    strangers[0].drop()
    assert rig.server.connections == 4


def test_where_all_are_bound_who_comes_is_turned_away(warnings):
    rig = Rig(max_connections=3)
    teams = [bound(rig) for _ in range(3)]
    assert from_address(rig, "198.51.100.66") is None
    assert not any(esme.closed for esme in teams)
    assert warnings == ["3 connections are all there may be; more are closed"]


def test_who_waits_for_a_password_to_be_looked_at_keeps_the_place():
    rig = Rig(max_connections=2)
    rig.smpp_passwords.append(smpp_password("7Hq3vRkX", ACME, any_address=True))
    rig.changed()
    rig.matching.hold()
    waiting = [from_address(rig, "198.51.100.1") for _ in range(2)]
    for esme in waiting:
        assert esme.send(BindTransceiver(system_id="ACME", password="7Hq3vRkX")) == []
    assert from_address(rig, "198.51.100.66") is None
    rig.matching.release(2)
    assert [esme.heard()[0].status for esme in waiting] == [0, 0]


def test_whose_bind_was_refused_is_a_stranger_again():
    rig = Rig(max_connections=2)
    refused = [from_address(rig, "198.51.100.66") for _ in range(2)]
    for esme in refused:
        esme.bind(system_id="ACME", password="a guess")
    bound(rig)
    assert [esme.closed for esme in refused] == [True, False]


def test_an_address_that_has_its_share_takes_no_place_of_others():
    rig = Rig(max_connections=3, max_connections_per_address=2)
    taken = [from_address(rig, host) for host in ("198.51.100.67", "198.51.100.66", "198.51.100.66")]
    assert from_address(rig, "198.51.100.66") is None
    assert not any(esme.closed for esme in taken)


def test_a_peer_without_an_address_is_counted_among_all_alone():
    rig = Rig(max_connections_per_address=1, max_connections=2)
    for _ in range(2):
        bound(rig, "")
    assert [rig.server.link_for(address) is None for address in (UNIXAddress(None), None)] == [True, True]


def test_an_address_that_comes_and_goes_without_a_bind_finds_the_door_shut_for_a_minute(warnings):
    rig = Rig()
    for _ in range(STRANGERS):
        stranger = from_address(rig, "198.51.100.66")
        assert stranger is not None
        stranger.drop()
    assert from_address(rig, "198.51.100.66") is None
    assert from_address(rig, "198.51.100.67") is not None
    assert warnings == [
        f"{STRANGERS} connections of 198.51.100.66 have ended without a bind; more are closed for a minute"
    ]
    rig.clock.advance(60)
    assert from_address(rig, "198.51.100.66") is not None


def test_who_binds_may_come_and_go_as_often_as_it_likes():
    rig = Rig()
    for _ in range(2 * STRANGERS):
        esme = from_address(rig, "198.51.100.1")
        assert esme is not None
        assert esme.bind(system_id="ACME", password=ACME).status == 0
        esme.drop()


def test_behind_a_proxy_strangers_are_not_told_apart_and_shut_nobody_out():
    rig = Rig(max_connections_per_address=0)
    for _ in range(2 * STRANGERS):
        stranger = from_address(rig, "192.0.2.254")
        assert stranger is not None
        stranger.drop()


def test_a_server_that_stops_lets_nobody_in(rig):
    rig.server.stopService()
    assert from_address(rig, "198.51.100.1") is None
    assert rig.server.turned_away == 0


# Real connections


@pytest.fixture
def _enough_files():
    granted, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    if most != resource.RLIM_INFINITY and most < FILES:
        pytest.skip(
            f"allowed: {CONNECTIONS} connections in one process take {FILES} files, and {most} may be open here"
        )
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(granted, FILES), most))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (granted, most))


def connect(port: int) -> list[socket.socket]:
    """Connect 1,200 times, from addresses that each have 50."""
    made = []
    for number in range(CONNECTIONS):
        source = (f"127.0.1.{1 + number // 50}", 0)
        made.append(socket.create_connection((HOST, port), PATIENCE_S, source_address=source))
    return made


def closed(connections: list[socket.socket]) -> int:
    """Count those that the server closes; the others say nothing."""
    count = 0
    for connection in connections:
        connection.setblocking(False)
        try:
            count += connection.recv(1) == b""
        except BlockingIOError:
            pass
        except ConnectionResetError:
            count += 1
    return count


def submit(good, texts, amount: int) -> bool:
    return good.run(texts, lambda esme: len(esme.accepted) == amount, PATIENCE_S)


@pytest.mark.usefixtures("_enough_files")
@pytest_twisted.ensureDeferred
async def test_of_1200_connections_1000_are_taken_and_a_bound_session_goes_on(served, warnings):
    good = await deferToThread(served.good, False)
    texts = (f"text {number}" for number in range(200))
    connections, went_on = await gatherResults(
        [deferToThread(connect, served.port(False)), deferToThread(submit, good, texts, 100)]
    )
    try:
        assert went_on
        assert await deferToThread(submit, good, (f"more {n}" for n in range(100)), 200)
        assert served.server.connections == DEFAULT
        assert served.server.turned_away == CONNECTIONS + 1 - DEFAULT
        assert closed(connections) == CONNECTIONS + 1 - DEFAULT
        assert warnings == [MAKE_ROOM.format(1000)]
    finally:
        for connection in connections:
            connection.close()
        good.close()


# Open files


def test_a_node_asks_for_as_many_files_as_all_that_may_connect_take(monkeypatch):
    asked = []
    monkeypatch.setattr(resource, "getrlimit", lambda _: (1024, 1_048_576))  # the system's is not ours to change
    monkeypatch.setattr(resource, "setrlimit", lambda _, limits: asked.append(limits))
    settings = load({})
    assert needed(settings) == OWN_FILES + 2000
    assert make_room(settings) is None
    assert asked == [(OWN_FILES + 2000, 1_048_576)]


def test_a_node_that_is_granted_fewer_takes_what_there_is_and_says_so(monkeypatch):
    asked = []
    monkeypatch.setattr(resource, "getrlimit", lambda _: (256, 1024))  # as above
    monkeypatch.setattr(resource, "setrlimit", lambda _, limits: asked.append(limits))
    said = make_room(load({}))
    assert said is not None
    assert said.startswith("this program may have 1024 files open, and 2256 are needed")
    assert asked == [(1024, 1024)]


@pytest.mark.parametrize("granted", [4096, resource.RLIM_INFINITY])
def test_a_node_that_has_enough_files_asks_for_none(monkeypatch, granted):
    monkeypatch.setattr(resource, "getrlimit", lambda _: (granted, resource.RLIM_INFINITY))  # as above
    monkeypatch.setattr(resource, "setrlimit", lambda _, limits: pytest.fail("it asked"))
    assert make_room(load({})) is None


def test_ports_that_are_off_need_no_files():
    off = {"MOBILESASA_SMPP_PORT": "off", "MOBILESASA_SMPP_TLS_PORT": "off", "MOBILESASA_HTTP_PORT": "off"}
    assert needed(load(off)) == OWN_FILES
