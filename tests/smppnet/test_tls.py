"""TLS without a socket: the server's side as it is built, and Python's own `ssl`, or an old OpenSSL, across from it."""

import datetime as dt
import ssl

import attrs
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa, x25519
from OpenSSL import SSL
from twisted.internet.defer import succeed
from twisted.internet.error import ConnectionDone
from twisted.internet.protocol import Factory
from twisted.internet.task import Clock
from twisted.python.failure import Failure

from mobilesasa.smpp.pdus import BindTransceiver, BindTransceiverResp
from mobilesasa.smpp.session import Session
from mobilesasa.smpp.transitions import Side
from mobilesasa.smppnet.certificates import BadCertificate, Identity, identity, self_signed
from mobilesasa.smppnet.protocol import Link
from mobilesasa.smppnet.tls import ServerTls, TlsEndpoint, TlsFactory, server_context
from tests.fakes.far_end import CountedTransport, RecordingUser, take_binds
from tests.smppnet.conftest import TIMERS

NOW = dt.datetime(2026, 11, 22, 9, tzinfo=dt.UTC)


@pytest.fixture(scope="module")
def files(tmp_path_factory) -> Identity:
    return self_signed(tmp_path_factory.mktemp("tls"), "sms.example", NOW)


class Plain(CountedTransport):
    """The TCP below."""

    aborted = False

    def abortConnection(self):
        self.aborted = True
        super().abortConnection()


class Server:
    """A link of our server behind TLS."""

    def __init__(self, files: Identity) -> None:
        self.clock, self.user, self.tcp = Clock(), RecordingUser(), Plain()
        self.user.on_received = take_binds
        self.link = Link(Side.SMSC, self.user, self.clock, TIMERS)
        factory = Factory.forProtocol(lambda: self.link)
        self.tls = TlsFactory(ServerTls(server_context(files)), False, factory, self.clock).buildProtocol(None)
        self.tls.makeConnection(self.tcp)

    def takes(self, octets: bytes) -> bytes:
        """Return what is written when these octets have come."""
        if octets:
            self.tls.dataReceived(octets)
        self.clock.advance(0)
        said = self.tcp.value()
        self.tcp.clear()
        return said


@pytest.fixture
def server(files: Identity) -> Server:
    return Server(files)


@attrs.define
class Client:
    """A peer with Python's own TLS, which trusts the certificate and its name."""

    server: Server
    files: Identity
    into: ssl.MemoryBIO = attrs.field(factory=ssl.MemoryBIO)
    out: ssl.MemoryBIO = attrs.field(factory=ssl.MemoryBIO)
    tls: ssl.SSLObject = None

    def __attrs_post_init__(self):
        trusting = ssl.create_default_context(cafile=self.files.certificate_file)
        self.tls = trusting.wrap_bio(self.into, self.out, server_hostname="sms.example")

    def shake_hands(self):
        while True:
            try:
                self.tls.do_handshake()
            except ssl.SSLWantReadError:
                self.into.write(self.server.takes(self.out.read()))
            else:
                self.into.write(self.server.takes(self.out.read()))
                return

    def say(self, octets: bytes) -> bytes:
        self.tls.write(octets)
        self.into.write(self.server.takes(self.out.read()))
        try:
            return self.tls.read(65536)
        except ssl.SSLWantReadError:
            return b""


@pytest.fixture
def client(server: Server, files: Identity) -> Client:
    made = Client(server, files)
    made.shake_hands()
    return made


# The certificate


def certificate(files: Identity) -> x509.Certificate:
    return x509.load_pem_x509_certificate(files.certificate_file.read_bytes())


def test_the_certificate_is_made_once_and_found_again(tmp_path):
    first = self_signed(tmp_path / "a" / "tls", "sms.example", NOW)
    made = first.certificate_file.read_bytes(), first.key_file.read_bytes()
    again = self_signed(tmp_path / "a" / "tls", "another.example", NOW)
    assert again == first
    assert (again.certificate_file.read_bytes(), again.key_file.read_bytes()) == made


def test_the_key_is_for_our_user_alone_and_nothing_else_is_left_in_the_folder(tmp_path):
    made = self_signed(tmp_path / "tls", "sms.example", NOW)
    assert made.key_file.stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "tls").stat().st_mode & 0o777 == 0o700
    assert sorted(path.name for path in (tmp_path / "tls").iterdir()) == ["certificate.pem", "key.pem"]


def test_the_certificate_has_the_hosts_name_and_holds_for_ten_years(files):
    made = certificate(files)
    assert made.subject.rfc4514_string() == made.issuer.rfc4514_string() == "CN=sms.example"
    assert made.not_valid_before_utc < NOW
    assert made.not_valid_after_utc - NOW == dt.timedelta(days=3652)


@pytest.mark.parametrize("host", ["", "a" * 65, "nairobi-ñ"])
def test_a_host_name_that_cannot_stand_in_a_certificate_is_replaced(tmp_path, host):
    assert certificate(self_signed(tmp_path, host, NOW)).subject.rfc4514_string() == "CN=mobilesasa"


@pytest.mark.parametrize("lost", ["certificate_file", "key_file"])
def test_when_one_of_the_two_is_lost_both_are_made_anew(tmp_path, lost):
    made = self_signed(tmp_path, "sms.example", NOW)
    number = certificate(made).serial_number
    getattr(made, lost).unlink()
    again = self_signed(tmp_path, "sms.example", NOW)
    assert certificate(again).serial_number != number
    server_context(again)


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(BadCertificate, match=f"cannot be kept in {tmp_path}/file/tls: Not a directory"):
        self_signed(tmp_path / "file" / "tls", "sms.example", NOW)


def test_files_that_are_given_are_taken_and_none_is_made(tmp_path, files):
    assert identity(files.certificate_file, files.key_file, tmp_path / "tls", NOW) == files
    assert not (tmp_path / "tls").exists()


def test_without_files_one_is_made(tmp_path):
    assert identity(None, None, tmp_path, NOW) == Identity(tmp_path / "certificate.pem", tmp_path / "key.pem")
    assert (tmp_path / "certificate.pem").exists()


def test_one_file_without_the_other_is_refused(tmp_path, files):
    with pytest.raises(BadCertificate, match=r"certificate\.pem is a certificate without a key"):
        identity(files.certificate_file, None, tmp_path, NOW)
    with pytest.raises(BadCertificate, match=r"key\.pem is a key without a certificate"):
        identity(None, files.key_file, tmp_path, NOW)


# What is refused at the start


def key_pem(key, passphrase: bytes = b"") -> bytes:
    locked = serialization.BestAvailableEncryption(passphrase) if passphrase else serialization.NoEncryption()
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, locked)


def refusal(certificate_file, key_file) -> str:
    with pytest.raises(BadCertificate) as refused:
        server_context(Identity(certificate_file, key_file))
    return str(refused.value)


def test_a_missing_file_is_named(tmp_path, files):
    assert (
        refusal(tmp_path / "no.pem", files.key_file) == f"{tmp_path}/no.pem cannot be read: No such file or directory"
    )
    assert refusal(files.certificate_file, tmp_path) == f"{tmp_path} cannot be read: Is a directory"


@pytest.mark.parametrize("octets", [b"", b"hello", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"])
def test_what_is_no_pem_is_named(tmp_path, files, octets):
    junk = tmp_path / "junk.pem"
    junk.write_bytes(octets)
    assert refusal(junk, files.key_file) == f"{junk} has no certificate in PEM"
    assert refusal(files.certificate_file, junk) == f"{junk} has no private key in PEM"


def test_a_key_with_a_passphrase_is_refused_and_nobody_is_asked_for_it(tmp_path, files):
    locked = tmp_path / "locked.pem"
    locked.write_bytes(key_pem(ec.generate_private_key(ec.SECP256R1()), b"secret"))
    assert refusal(files.certificate_file, locked) == (
        f"{locked} is locked with a passphrase; a server needs a key without one"
    )


@pytest.mark.parametrize("make", [lambda: ec.generate_private_key(ec.SECP256R1()), x25519.X25519PrivateKey.generate])
def test_a_key_of_another_certificate_is_refused(tmp_path, files, make):
    other = tmp_path / "other.pem"
    other.write_bytes(key_pem(make()))
    assert refusal(files.certificate_file, other) == (
        f"{other} is not the key of the first certificate in {files.certificate_file}"
    )


def signed(key, path) -> Identity:
    """A certificate of a key that we would not make."""
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "weak")])
    authority = ec.generate_private_key(ec.SECP256R1())
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), 1)
        .not_valid_before(NOW)
        .not_valid_after(NOW + dt.timedelta(days=1))
        .sign(authority, hashes.SHA256())
    )
    files = Identity(path / "certificate.pem", path / "key.pem")
    files.certificate_file.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    files.key_file.write_bytes(key_pem(key))
    return files


def test_a_key_that_is_too_weak_is_refused_in_the_words_of_openssl(tmp_path):
    weak = signed(rsa.generate_private_key(65537, 1024), tmp_path)  # noqa: S505 - that it is weak is the point
    assert refusal(weak.certificate_file, weak.key_file) == (
        f"{weak.certificate_file} cannot be used for TLS: ee key too small"
    )


# What is spoken


def test_a_peer_that_trusts_the_certificate_binds_through_it(client: Client):
    session = Session(Side.ESME)
    (bound,) = session.receive_data(client.say(session.send(BindTransceiver(system_id="ACME"))))
    assert isinstance(bound, BindTransceiverResp)
    assert client.tls.version() == "TLSv1.3"


def test_nothing_is_compressed(client: Client):
    assert client.tls.compression() is None


def test_the_certificates_between_are_sent_too(tmp_path, files):
    chain = Identity(tmp_path / "chain.pem", files.key_file)
    other = self_signed(tmp_path, "between.example", NOW)
    chain.certificate_file.write_bytes(files.certificate_file.read_bytes() + other.certificate_file.read_bytes())
    server = Server(chain)
    ours = old_peer(SSL.TLS1_2_VERSION)
    converse(ours, server)
    names = [each.subject.rfc4514_string() for each in ours.get_peer_cert_chain(as_cryptography=True)]
    assert names == ["CN=sms.example", "CN=between.example"]


def old_peer(newest: int, ciphers: bytes = b"ALL:@SECLEVEL=0") -> SSL.Connection:
    """A peer that speaks no version beyond this."""
    context = SSL.Context(SSL.TLS_CLIENT_METHOD)
    context.set_min_proto_version(SSL.TLS1_VERSION)
    context.set_max_proto_version(newest)
    context.set_cipher_list(ciphers)
    made = SSL.Connection(context, None)
    made.set_connect_state()
    return made


def converse(peer: SSL.Connection, server: Server) -> None:
    """Shake hands, as far as it goes.

    Raises:
        SSL.Error: one of the two would not.
    """
    for _ in range(10):
        try:
            peer.do_handshake()
        except SSL.WantReadError:
            peer.bio_write(server.takes(peer.bio_read(65536)))
        else:
            return
    raise AssertionError("the handshake does not end")


def test_decision_103_tls_1_2_is_spoken(server: Server):
    peer = old_peer(SSL.TLS1_2_VERSION)
    converse(peer, server)
    assert peer.get_protocol_version_name() == "TLSv1.2"
    assert "GCM" in peer.get_cipher_name()


@pytest.mark.parametrize("version", [SSL.TLS1_VERSION, SSL.TLS1_1_VERSION])
def test_decision_103_older_versions_are_refused(server: Server, version: int):
    with pytest.raises(SSL.Error, match="alert protocol version"):
        converse(old_peer(version), server)
    assert server.tcp.disconnecting


@pytest.mark.parametrize(
    "ciphers", [b"AES128-SHA", b"AES128-GCM-SHA256", b"ECDHE-ECDSA-AES128-SHA", b"aNULL:@SECLEVEL=0"]
)
def test_ciphers_without_forward_secrecy_or_authentication_are_refused(server: Server, ciphers: bytes):
    with pytest.raises(SSL.Error, match="handshake failure"):
        converse(old_peer(SSL.TLS1_2_VERSION, ciphers), server)


def test_a_peer_that_wants_to_negotiate_again_gets_its_way_not(server: Server):
    peer = old_peer(SSL.TLS1_2_VERSION)
    converse(peer, server)
    server.takes(b"")
    assert peer.renegotiate()
    with pytest.raises(SSL.Error, match="no renegotiation"):
        converse(peer, server)


# The link over it


def test_nagles_algorithm_is_off_below_tls_too(server: Server):
    assert server.tcp.no_delay is True


def test_a_peer_that_does_not_read_is_noticed_through_tls(client: Client):
    tcp = client.server.tcp
    assert tcp.producer is not None
    tcp.producer.pauseProducing()
    assert tcp.producerState == "paused"


def test_a_handshake_that_does_not_end_is_cut_when_the_time_to_bind_is_over(server: Server, files: Identity):
    slow = Client(server, files)
    with pytest.raises(ssl.SSLWantReadError):
        slow.tls.do_handshake()
    half = slow.out.read()[:40]
    server.takes(half)
    server.clock.pump([1] * 9)
    assert not server.tcp.aborted
    server.clock.advance(1)
    assert server.tcp.aborted


def test_a_peer_that_says_nothing_is_cut_when_the_time_to_bind_is_over(server: Server):
    server.clock.pump([1] * 10)
    assert server.tcp.aborted


def test_a_peer_that_shook_hands_and_does_not_bind_is_closed_in_the_same_time(client: Client):
    client.server.clock.pump([1] * 10)
    client.into.write(client.server.takes(b""))
    assert client.tls.read(1) == b""


@pytest.mark.parametrize(
    ("octets", "language"),
    [
        (Session(Side.ESME).send(BindTransceiver(system_id="ACME")), "plain SMPP"),
        (b"GET / HTTP/1.1\r\n\r\n", "HTTP"),
        (b"\x80", "nothing known"),
    ],
)
def test_another_language_on_the_tls_port_is_cut_at_its_first_octets_and_named_in_the_log(
    server: Server, warnings, octets, language
):
    assert server.takes(octets) == b""
    assert server.tcp.aborted
    assert [said.partition(" ")[2] for said in warnings] == [
        f"speaks {language} on the port of SMPP over TLS: it is cut; plain SMPP has a port of its own"
    ]
    server.tls.connectionLost(Failure(ConnectionDone()))
    assert server.user.of("received") == []


def test_a_handshake_that_comes_an_octet_at_a_time_is_taken(server: Server, files: Identity):
    slow = Client(server, files)
    with pytest.raises(ssl.SSLWantReadError):
        slow.tls.do_handshake()
    said = b"".join(server.takes(bytes((octet,))) for octet in slow.out.read())
    assert said
    assert not server.tcp.aborted


def test_a_factory_that_turns_a_connection_away_does_so_behind_tls(files: Identity):
    class Full(Factory):
        def buildProtocol(self, addr):
            return None

    assert TlsFactory(ServerTls(server_context(files)), False, Full(), Clock()).buildProtocol(None) is None


def test_the_endpoint_listens_where_the_one_below_does(files: Identity):
    class Below:
        def listen(self, factory):
            self.factory = factory
            return succeed("a port")

    below, factory = Below(), Factory()
    endpoint = TlsEndpoint(below, ServerTls(server_context(files)), Clock())
    assert endpoint.listen(factory).result == "a port"
    assert isinstance(below.factory, TlsFactory)
    assert below.factory.wrappedFactory is factory
