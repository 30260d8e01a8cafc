"""A carrier that we did not write: the server side of the npm package `smpp`, plain and over TLS."""

import contextlib
import json
import socket
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import attrs
import pytest

from tests.clients.conftest import Team, make_team
from tests.clients.foreign import environment, program
from tests.clients.node_client import PATIENCE_S, Json, NodeClient
from tests.whole.programs import HOST, Node, eventually

_SMSC = Path(__file__).parent / "npm" / "smsc.js"
LONG = "Habari, this is a message of more than one part. " * 7


@attrs.frozen
class Upstream:
    """The SMSC, and the team whose messages go to it."""

    smsc: NodeClient
    team: Team
    prefix: str

    def send(self, text: str) -> str:
        status, body = self.team.node.call(
            self.team.token, "/messages", {"to": f"+{self.prefix}711000001", "message": text}
        )
        assert status in (200, 201, 202), body
        return str(body["data"]["uuid"])

    def message(self, uuid: str) -> Json:
        return dict(self.team.node.call(self.team.token, f"/messages/{uuid}")[1]["data"])


@contextlib.contextmanager
def smsc(home: Path, **options: Any) -> Iterator[tuple[NodeClient, int]]:
    """The SMSC, and the port it listens on; its process ends with the block."""
    process = subprocess.Popen(
        [program("node"), str(_SMSC), json.dumps(options)],
        env=environment(home),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        bufsize=1,
    )
    running = NodeClient(process)
    reading = threading.Thread(target=running.read, daemon=True)
    reading.start()
    try:
        yield running, int(running.wait("listening")["port"])
    finally:
        with contextlib.suppress(OSError):
            process.stdin.close()
        try:
            process.wait(PATIENCE_S)
        finally:
            process.kill()
            process.wait()
            reading.join()
            process.stdout.close()


def connect(node: Node, name: str, prefix: str, port: int, *more: str) -> None:
    """Make the SMSC a carrier of the node, for numbers of a prefix."""
    where = ["--host", HOST, "--port", str(port), "--system-id", "us", "--password", "secret"]
    options = [word for option in more for word in ("--option", option)]
    node.command("carrier", "add", name, "--kind", "smpp", *where, *options)
    node.command("route", "add", "--prefix", prefix, "--carrier", name)


@pytest.fixture(scope="module")
def plain(served: Node, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Upstream]:
    """A pair of a transmitter and a receiver; long messages by sar TLVs, and the team's entity with each."""
    team = make_team(served)
    served.command("team", "set", team.code, "--tlv", "0x1400=1101234567")
    with smsc(tmp_path_factory.mktemp("smsc")) as (running, port):
        rules = json.dumps([{"tag": "0x1400", "type": "text", "from": "team"}])
        connect(served, "npm", "255", port, "bind=txrx", "long_messages=sar", f"tlvs={rules}", "system_type=VMA")
        kinds = {running.wait("bind")["kind"] for _ in range(2)}
        assert kinds == {"bind_transmitter", "bind_receiver"}
        yield Upstream(running, team, "255")
        served.command("carrier", "disable", "npm")


@pytest.fixture(scope="module")
def secure(served: Node, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Upstream]:
    """A transceiver over TLS, with the certificate that the node shows itself."""
    folder = served.folder / "state" / "tls"
    pem = {name: (folder / f"{file}.pem").read_text() for name, file in (("cert", "certificate"), ("key", "key"))}
    with smsc(tmp_path_factory.mktemp("smsc"), **pem) as (running, port):
        ours = (f"tls_ca_file={folder / 'certificate.pem'}", f"tls_server_name={socket.gethostname()}")
        connect(served, "npm-tls", "256", port, "tls=true", *ours, "long_messages=payload")
        assert running.wait("bind")["kind"] == "bind_transceiver"
        yield Upstream(running, make_team(served), "256")
        served.command("carrier", "disable", "npm-tls")


@pytest.mark.parametrize("which", ["plain", "secure"])
def test_a_message_goes_out_and_its_receipt_comes_back(which: str, request: pytest.FixtureRequest):
    upstream: Upstream = request.getfixturevalue(which)
    uuid = upstream.send("Habari yako")
    pdu = upstream.smsc.wait("submit")["pdu"]
    assert (pdu["source_addr"], pdu["destination_addr"]) == ("TextBlast", f"{upstream.prefix}711000001")
    assert (pdu["short_message"]["message"], pdu["registered_delivery"]) == ("Habari yako", 1)
    eventually(lambda: upstream.message(uuid)["status"] == "delivered", "the receipt comes", PATIENCE_S)


def test_parts_go_with_sar_tlvs_and_the_teams_entity_and_each_has_its_receipt(plain: Upstream):
    uuid = plain.send(LONG)
    pdus = [plain.smsc.wait("submit")["pdu"] for _ in range(3)]
    assert [(pdu["sar_segment_seqnum"], pdu["sar_total_segments"]) for pdu in pdus] == [(1, 3), (2, 3), (3, 3)]
    assert "".join(pdu["short_message"]["message"] for pdu in pdus) == LONG
    assert {pdu["dlt_entity"] for pdu in pdus} == {"1101234567"}
    message = eventually(lambda: (m := plain.message(uuid))["status"] == "delivered" and m, "all receipts", PATIENCE_S)
    assert [part["status"] for part in message["part_details"]] == ["delivered"] * 3


def test_a_long_message_goes_whole_and_one_receipt_is_enough(secure: Upstream):
    uuid = secure.send(LONG)
    pdu = secure.smsc.wait("submit")["pdu"]
    assert pdu["message_payload"]["message"] == LONG
    eventually(lambda: secure.message(uuid)["status"] == "delivered", "the receipt comes", PATIENCE_S)


def test_receipts_in_decimal_find_answers_in_hexadecimal_before_and_after_that_is_learned(plain: Upstream):
    uuids = [plain.send(f"Number {n}") for n in range(12)]
    for uuid in uuids:
        eventually(lambda uuid=uuid: plain.message(uuid)["status"] == "delivered", "the receipt comes", PATIENCE_S)
    assert plain.smsc.wait("submit")["id"].startswith("0001")
