"""A certificate that changes while the server runs, and clients that show one of their own."""

import datetime as dt
import os
import ssl

import attrs
import pytest
from OpenSSL import SSL
from twisted.internet.error import ConnectionDone
from twisted.internet.protocol import Factory
from twisted.internet.task import Clock
from twisted.python.failure import Failure

from mobilesasa.smpp.pdus import EnquireLink
from mobilesasa.smpp.transitions import Side
from mobilesasa.smppnet.certificates import BadCertificate, Identity, self_signed
from mobilesasa.smppnet.protocol import Link
from mobilesasa.smppnet.renewal import LOOK_S, Renewal
from mobilesasa.smppnet.tls import ServerTls, TlsFactory, server_context
from tests.fakes.far_end import CountedTransport, RecordingUser, take_binds
from tests.smppnet.conftest import TIMERS

NOW = dt.datetime(2026, 11, 22, 9, tzinfo=dt.UTC)


class Peer:
    """A client of Python's own `ssl`, and the server across from it."""

    def __init__(self, tls: ServerTls, trusted: Identity, own: Identity | None = None) -> None:
        self.tcp = CountedTransport()
        self.clock = Clock()
        user = RecordingUser()
        user.on_received = take_binds
        self.link = Link(Side.SMSC, user, self.clock, TIMERS)
        self.server = TlsFactory(tls, False, Factory.forProtocol(lambda: self.link), self.clock).buildProtocol(None)
        self.server.makeConnection(self.tcp)
        context = ssl.create_default_context(cadata=trusted.certificate_file.read_text())
        if own is not None:
            context.load_cert_chain(own.certificate_file, own.key_file)
        self.into, self.out = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = context.wrap_bio(self.into, self.out, server_hostname="sms.example")

    def shake_hands(self) -> None:
        for _ in range(10):
            try:
                self.tls.do_handshake()
            except ssl.SSLWantReadError:
                self.pass_on()
            else:
                self.pass_on()
                return
        raise AssertionError("the handshake does not end")

    def pass_on(self) -> None:
        octets = self.out.read()
        if octets:
            self.server.dataReceived(octets)
        self.clock.advance(0)
        self.into.write(self.tcp.value())
        self.tcp.clear()

    def come_in(self) -> None:
        """Shake hands, and see whether the server agrees: with TLS 1.3 it says so only behind our end of it."""
        self.shake_hands()
        self.ask()

    def ask(self) -> bytes:
        """Ask whether the server is there; return its answer."""
        self.tls.write(EnquireLink(sequence=1).encode())
        self.pass_on()
        return self.tls.read(65536)


@pytest.fixture
def files(tmp_path) -> Identity:
    return self_signed(tmp_path / "server", "sms.example", NOW)


@pytest.fixture
def client_files(tmp_path) -> Identity:
    return self_signed(tmp_path / "client", "esme.example", NOW)


@attrs.frozen
class Served:
    files: Identity
    clock: Clock
    tls: ServerTls
    renewal: Renewal

    def replace(self, path, octets: bytes) -> None:
        """Put another file in its place, as those who renew certificates do."""
        fresh = path.with_suffix(".new")
        fresh.write_bytes(octets)
        os.replace(fresh, path)


@pytest.fixture
def served(files) -> Served:
    clock, tls = Clock(), ServerTls(server_context(files))
    renewal = Renewal(tls, files, clock)
    renewal.startService()
    yield Served(files, clock, tls, renewal)
    renewal.stopService()


def test_decision_103_a_new_certificate_is_shown_to_new_connections_and_the_old_ones_go_on(served, tmp_path):
    before = Identity(tmp_path / "before.pem", served.files.key_file)
    before.certificate_file.write_bytes(served.files.certificate_file.read_bytes())
    bound = Peer(served.tls, before)
    bound.shake_hands()
    fresh = self_signed(tmp_path / "fresh", "sms.example", NOW)
    served.replace(served.files.key_file, fresh.key_file.read_bytes())
    served.replace(served.files.certificate_file, fresh.certificate_file.read_bytes())
    served.clock.advance(LOOK_S)
    assert served.renewal.renewed == 1
    assert len(bound.ask()) == 16
    Peer(served.tls, fresh).shake_hands()
    with pytest.raises(ssl.SSLCertVerificationError):
        Peer(served.tls, before).shake_hands()


def test_while_only_one_of_the_two_files_is_new_the_old_pair_is_shown(served, tmp_path, warnings):
    fresh = self_signed(tmp_path / "fresh", "sms.example", NOW)
    old = served.tls.context
    served.replace(served.files.certificate_file, fresh.certificate_file.read_bytes())
    served.clock.advance(LOOK_S)
    served.clock.advance(LOOK_S)
    assert served.tls.context is old
    assert [said.partition(":")[0] for said in warnings] == [
        "the certificate has changed and cannot be used, so the old one stays"
    ]
    served.replace(served.files.key_file, fresh.key_file.read_bytes())
    served.clock.advance(LOOK_S)
    assert served.renewal.renewed == 1
    Peer(served.tls, fresh).shake_hands()


def test_a_file_that_is_gone_changes_nothing(served, warnings):
    old = served.tls.context
    served.files.certificate_file.unlink()
    served.clock.advance(LOOK_S)
    assert served.tls.context is old
    assert len(warnings) == 1


def test_nothing_is_read_while_nothing_changes(served):
    old = served.tls.context
    served.clock.pump([LOOK_S] * 5)
    assert served.tls.context is old
    assert served.renewal.renewed == 0


def test_after_the_stop_nothing_is_looked_at(files):
    clock = Clock()
    renewal = Renewal(ServerTls(server_context(files)), files, clock)
    renewal.startService()
    renewal.stopService()
    assert clock.getDelayedCalls() == []


# Certificates of clients


def test_a_client_with_a_certificate_of_a_trusted_authority_comes_in(files, client_files):
    demanding = attrs.evolve(files, client_ca_file=client_files.certificate_file, client_required=True)
    peer = Peer(ServerTls(server_context(demanding)), files, client_files)
    peer.shake_hands()
    assert len(peer.ask()) == 16


def test_decision_103_a_client_without_a_certificate_is_turned_away_where_one_is_required(
    files, client_files, warnings
):
    demanding = attrs.evolve(files, client_ca_file=client_files.certificate_file, client_required=True)
    peer = Peer(ServerTls(server_context(demanding)), files)
    with pytest.raises(ssl.SSLError):
        peer.come_in()
    assert not peer.link.is_bound
    peer.server.connectionLost(Failure(ConnectionDone()))
    (said,) = warnings
    assert said.endswith("could not begin: peer did not return a certificate")


def test_a_client_without_a_certificate_comes_in_where_none_is_required(files, client_files):
    asking = attrs.evolve(files, client_ca_file=client_files.certificate_file)
    peer = Peer(ServerTls(server_context(asking)), files)
    peer.shake_hands()
    assert len(peer.ask()) == 16


@pytest.mark.parametrize("required", [True, False])
def test_a_certificate_of_nobody_we_trust_is_refused_either_way(files, client_files, tmp_path, required):
    demanding = attrs.evolve(files, client_ca_file=client_files.certificate_file, client_required=required)
    stranger = self_signed(tmp_path / "stranger", "esme.example", NOW)
    peer = Peer(ServerTls(server_context(demanding)), files, stranger)
    with pytest.raises(ssl.SSLError):
        peer.come_in()


def test_authorities_that_are_none_are_named(files, tmp_path):
    empty = tmp_path / "ca.pem"
    empty.write_text("nothing")
    with pytest.raises(BadCertificate, match=r"ca\.pem has no certificate in PEM"):
        server_context(attrs.evolve(files, client_ca_file=empty))


def test_clients_are_asked_for_nothing_unless_there_are_authorities(files):
    assert server_context(files).get_verify_mode() == SSL.VERIFY_NONE
