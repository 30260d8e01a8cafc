"""A team that binds over TLS, with Python's own TLS and the certificate that the node made for itself."""

import contextlib
import shutil
import socket
import ssl
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mobilesasa.smppnet.certificates import self_signed
from tests.whole.esme import Esme
from tests.whole.programs import BIN, HOST, PATIENCE_S, Node, Program, Smsc, eventually, free_port


@pytest.fixture
def served(folder: Path, smsc: Smsc, node: Node) -> Node:
    """A node that serves SMPP with and without TLS, with a carrier."""
    node.smpp_tls_port = free_port()
    node.start()
    node.carrier(smsc.port)
    return node


def team_of(node: Node, tls: bool, code: str = "") -> Esme:
    """A bound session of a team made just now; over TLS it trusts the node's certificate and no other."""
    code = code or ("SECURE" if tls else "PLAIN")
    token = node.team(code, 1000)
    made = node.folder / "state" / "tls" / "certificate.pem"
    context = ssl.create_default_context(cafile=made) if tls else None
    esme = Esme(node.smpp_tls_port if tls else node.smpp_port, code, token, tls=context)
    assert esme.bind() == 0
    return esme


def delivers(esme: Esme, amount: int) -> bool:
    texts = (f"{esme.system_id} {number}" for number in range(amount))
    return esme.run(texts, lambda one: len(one.accepted) == amount and len(one.receipts) == amount)


def test_messages_and_receipts_go_through_tls_and_plaintext_there_disturbs_nobody(served: Node):
    said = served.program.said
    assert f"  SMPP           {HOST}:{served.smpp_port}\n" in said
    assert f"  SMPP over TLS  {HOST}:{served.smpp_tls_port}\n" in said
    secure, plain = team_of(served, tls=True), team_of(served, tls=False)
    with socket.create_connection((HOST, served.smpp_tls_port), timeout=PATIENCE_S) as lost:
        lost.sendall(bytes.fromhex("00000010 00000015 00000000 00000001"))
        with contextlib.suppress(ConnectionResetError):  # it is cut, for it would not understand an alert
            assert lost.recv(4096) == b""
    assert delivers(secure, 200)
    assert delivers(plain, 5)
    assert set(secure.receipts) == set(secure.accepted)
    secure.close()
    plain.close()
    served.stop()
    assert "speaks plain SMPP on the port of SMPP over TLS" in served.program.said
    assert "stopped in good order" in served.program.said
    assert "Traceback" not in served.program.said


def test_a_node_serves_tls_alone_and_keeps_its_certificate(folder: Path, node: Node):
    made = folder / "state" / "tls" / "certificate.pem"
    node.smpp_tls_port = free_port()
    node.smpp_port = None
    node.start()
    first = made.read_bytes()
    node.stop()
    node.start()
    assert made.read_bytes() == first
    assert "  SMPP           " not in node.program.said
    assert f"  SMPP over TLS  {HOST}:{node.smpp_tls_port}\n" in node.program.said
    team_of(node, tls=True).close()


def test_a_new_certificate_is_shown_to_new_binds_while_a_session_goes_on(folder: Path, served: Node, tmp_path: Path):
    bound = team_of(served, tls=True)
    tls = folder / "state" / "tls"
    owner = (tls / "key.pem").stat()
    fresh = self_signed(tmp_path / "fresh", socket.gethostname(), datetime.now(UTC))
    for new, old in ((fresh.key_file, tls / "key.pem"), (fresh.certificate_file, tls / "certificate.pem")):
        shutil.chown(new, owner.st_uid, owner.st_gid)
        shutil.move(new, old)
    eventually(lambda: f"{tls / 'certificate.pem'} as it is now" in served.program.said, "the new certificate")
    assert delivers(bound, 5)
    later = team_of(served, tls=True, code="LATER")  # it trusts the file as it is now, and nothing else
    assert delivers(later, 5)
    bound.close()
    later.close()


def test_a_certificate_that_cannot_be_used_ends_the_start_with_one_sentence(folder: Path):
    junk = folder / "junk.pem"
    junk.write_text("hello")
    node = Node(folder, smpp_tls_port=free_port())
    given = {"MOBILESASA_SMPP_TLS_CERTIFICATE_FILE": str(junk), "MOBILESASA_SMPP_TLS_KEY_FILE": str(junk)}
    twistd = [str(BIN / "twistd"), "-n", "--pidfile=", "mobilesasa"]
    program = Program(twistd, node.environment | given, folder / "node.log")
    program.start()
    assert program.process.wait(PATIENCE_S) != 0
    assert program.said.endswith(f"mobilesasa: no SMPP over TLS: {junk} has no certificate in PEM\n")
    assert "Traceback" not in program.said
    assert list((folder / "state").rglob("postmaster.pid")) == []
