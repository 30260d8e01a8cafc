"""TLS towards a server, over our own server's code, without a socket."""

import datetime as dt
from pathlib import Path

import attrs
import pytest
from OpenSSL import SSL
from twisted.internet.error import ConnectionDone
from twisted.internet.protocol import Factory
from twisted.internet.task import Clock
from twisted.python.failure import Failure

from mobilesasa.smpp.pdus import BindTransceiver
from mobilesasa.smpp.transitions import Side
from mobilesasa.smppnet.certificates import BadCertificate, Identity, self_signed
from mobilesasa.smppnet.client import Client
from mobilesasa.smppnet.protocol import Link
from mobilesasa.smppnet.tls import ServerTls, TlsFactory, server_context
from mobilesasa.smppnet.tls_client import ClientTls, TlsClientEndpoint, Trust
from tests.fakes.far_end import CountedTransport, FakeEndpoint, RecordingUser, take_binds
from tests.smppnet.conftest import TIMERS

NOW = dt.datetime(2026, 11, 22, 9, tzinfo=dt.UTC)
PASSWORD = "only-for-smsc"


@pytest.fixture(scope="module")
def files(tmp_path_factory) -> Identity:
    return self_signed(tmp_path_factory.mktemp("smsc"), "smsc.example", NOW)


@pytest.fixture(scope="module")
def ours(tmp_path_factory) -> Identity:
    """The certificate that we show."""
    return self_signed(tmp_path_factory.mktemp("esme"), "esme.example", NOW)


class Wire(CountedTransport):
    """One end of a connection; `cut` when it was."""

    cut = False

    def _checkState(self):  # noqa: N802 - Twisted's name
        """Sockets are lenient: what is closed may be told to read on."""

    def abortConnection(self):
        self.cut = True
        super().abortConnection()


class Below(FakeEndpoint):
    """The endpoint below TLS: what it builds is a protocol over TCP."""

    def accept(self):
        connecting, factory = self.asked.pop(0)
        protocol = factory.buildProtocol(None)
        connecting.callback(protocol)
        return protocol


@attrs.define(eq=False)
class Pair:
    """A client of ours, a server of ours, and the octets between them."""

    trust: Trust
    identity: Identity
    clock: Clock = attrs.field(factory=Clock)
    user: RecordingUser = attrs.field(factory=RecordingUser)
    esme: Wire = attrs.field(factory=Wire)
    smsc: Wire = attrs.field(factory=Wire)
    far: RecordingUser = attrs.field(factory=RecordingUser)
    client: Client = None
    server: object = None
    tls: object = None

    def __attrs_post_init__(self) -> None:
        self.far.on_received = take_binds
        below = Below()
        endpoint = TlsClientEndpoint(below, ClientTls(self.trust), self.clock)
        asked = BindTransceiver(system_id="us", password=PASSWORD)
        self.client = Client("upstream", endpoint, asked, self.user, self.clock, TIMERS, lambda: 0.0)
        self.client.start()
        link = Link(Side.SMSC, self.far, self.clock, TIMERS)
        factory = Factory.forProtocol(lambda: link)
        self.server = TlsFactory(ServerTls(server_context(self.identity)), False, factory, self.clock).buildProtocol(
            None
        )
        self.server.makeConnection(self.smsc)
        self.tls = below.accept()
        self.tls.makeConnection(self.esme)
        self.talk()

    def talk(self) -> None:
        """Carry octets until nobody says any more; then let a connection that was closed be gone."""
        for _ in range(20):
            self.clock.advance(0)
            for wire, protocol in ((self.esme, self.server), (self.smsc, self.tls)):
                octets = wire.value()
                wire.clear()
                if octets and not self.esme.cut:
                    protocol.dataReceived(octets)
        if self.esme.cut or self.esme.disconnecting:
            self.tls.connectionLost(Failure(ConnectionDone()))


def test_a_server_of_the_authority_and_the_name_is_bound_to(files):
    pair = Pair(Trust("smsc.example", ca_file=files.certificate_file), files)
    assert pair.client.is_up
    (requests,) = pair.far.of("received")
    assert [pdu.password for pdu in requests] == [PASSWORD]
    assert pair.esme.no_delay


@pytest.mark.parametrize("name", ["other.example", "127.0.0.1", "::1", "example"])
def test_a_server_of_another_name_gets_no_password(files, name):
    pair = Pair(Trust(name, ca_file=files.certificate_file), files)
    assert not pair.client.is_up
    assert f"the certificate is not that of {name}" in pair.client.trouble
    assert pair.far.of("received") == []


def test_a_server_of_another_authority_gets_no_password(files, ours):
    pair = Pair(Trust("smsc.example", ca_file=ours.certificate_file), files)
    assert not pair.client.is_up
    assert "certificate verify failed" in pair.client.trouble
    assert pair.far.of("received") == []


def test_a_server_that_the_machine_does_not_know_gets_no_password(files):
    pair = Pair(Trust("smsc.example"), files)
    assert "certificate verify failed" in pair.client.trouble


def test_without_verification_whoever_answers_is_believed(files):
    assert Pair(Trust("other.example", verify=False), files).client.is_up


def test_the_server_is_told_which_name_is_meant(files):
    asked = []
    context = server_context(files)
    context.set_tlsext_servername_callback(lambda connection: asked.append(connection.get_servername()))
    for name in ("smsc.example", "192.0.2.1"):
        ours = ClientTls(Trust(name, verify=False)).clientConnectionForTLS(None)
        theirs = SSL.Connection(context, None)
        ours.set_connect_state()
        theirs.set_accept_state()
        with pytest.raises(SSL.WantReadError):
            ours.do_handshake()
        theirs.bio_write(ours.bio_read(20_000))
        with pytest.raises(SSL.WantReadError):
            theirs.do_handshake()
    assert asked == [b"smsc.example", None]


def test_a_server_that_wants_our_certificate_gets_it(files, ours):
    wants = attrs.evolve(files, client_ca_file=ours.certificate_file, client_required=True)
    trust = Trust("smsc.example", True, files.certificate_file, ours.certificate_file, ours.key_file)
    assert Pair(trust, wants).client.is_up
    refused = Pair(attrs.evolve(trust, certificate_file=None, key_file=None), wants)
    assert refused.far.of("received") == []


@pytest.mark.parametrize(("octets", "language"), [(b"HTTP/1.1 400 Bad", "nothing known"), (bytes(20), "nothing known")])
def test_what_speaks_no_tls_is_said_and_left(octets, language):
    clock, below = Clock(), Below()
    endpoint = TlsClientEndpoint(below, ClientTls(Trust("smsc.example", verify=False)), clock)
    client = Client("up", endpoint, BindTransceiver(), RecordingUser(), clock, TIMERS, lambda: 0.0)
    client.start()
    tls = below.accept()
    tls.makeConnection(Wire())
    tls.dataReceived(octets)
    tls.connectionLost(Failure(ConnectionDone()))
    assert client.trouble.endswith(f"what answers speaks no TLS but {language}")


def test_files_that_do_not_go_together_are_said_at_once(files, ours, tmp_path):
    with pytest.raises(BadCertificate, match="go together"):
        ClientTls(Trust("x", certificate_file=ours.certificate_file))
    with pytest.raises(BadCertificate, match="cannot be used for TLS"):
        ClientTls(Trust("x", certificate_file=ours.certificate_file, key_file=files.key_file))
    with pytest.raises(BadCertificate, match="cannot be read"):
        ClientTls(Trust("x", ca_file=Path(tmp_path / "none.pem")))
    with pytest.raises(BadCertificate, match="has no private key"):
        ClientTls(Trust("x", certificate_file=ours.certificate_file, key_file=ours.certificate_file))
