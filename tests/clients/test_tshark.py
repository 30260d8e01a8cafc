"""tshark reads what went over the wire in a session with all that a client may ask."""

import subprocess
from pathlib import Path

import pytest

from tests.clients.conftest import Team
from tests.clients.foreign import environment, program
from tests.clients.node_client import NodeClient, node_client
from tests.clients.pcap import capture
from tests.clients.proxy import Proxy
from tests.clients.test_node_smpp import LATER, LONG, MESSAGE, bind, submit
from tests.whole.programs import HOST, PATIENCE_S

SMPP_PORT = 2775  # in the capture alone
COMMANDS = {
    "bind_transceiver": 0x09,
    "submit_sm": 0x04,
    "submit_multi": 0x21,
    "data_sm": 0x103,
    "query_sm": 0x03,
    "cancel_sm": 0x08,
    "replace_sm": 0x07,
    "deliver_sm": 0x05,
    "enquire_link": 0x15,
    "unbind": 0x06,
}
RESPONSE = 0x80000000


@pytest.fixture(scope="module")
def session(team: Team, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The capture of one whole session."""
    folder = tmp_path_factory.mktemp("tshark")
    assert team.node.smpp_port is not None
    with Proxy(team.node.smpp_port).running() as proxy:
        with node_client(folder, f"smpp://{HOST}:{proxy.port}") as client:
            converse(client, team)
        (line,) = proxy.lines
        path = folder / "session.pcap"
        path.write_bytes(capture(line.pieces, SMPP_PORT))
    return path


def converse(client: NodeClient, team: Team) -> None:
    """Ask for everything once, also for what is refused."""
    addresses = {name: value for name, value in MESSAGE.items() if "addr" in name}
    source = {"source_addr_ton": 5, "source_addr": "TextBlast"}
    to = [{"dest_addr_ton": 1, "dest_addr_npi": 1, "destination_addr": number} for number in ("254700000001", "12")]
    client.ask("submit_sm", **MESSAGE)  # not bound yet
    bind(client, team)
    bind(client, team)  # already
    first = submit(client, user_message_reference=7)
    udh = {"hex": bytes((5, 0, 3, 7, 2, 1)).hex()}
    ids = [
        first,
        submit(client, short_message="", message_payload=LONG),
        submit(client, short_message="Привет 🎉"),
        submit(client, esm_class=0x40, short_message={"udh": udh, "message": "in parts"}),
        submit(client, sar_msg_ref_num=9, sar_total_segments=2, sar_segment_seqnum=1),
        submit(client, destination_addr="254700000002"),
    ]
    for message_id in ids:
        client.receipt(message_id)
    client.ask("enquire_link")
    client.ask("query_sm", message_id=first, **source)
    client.ask("query_sm", message_id="A" * 26, **source)
    client.ask(
        "submit_multi", dest_address=to, **{name: MESSAGE[name] for name in MESSAGE if not name.startswith("dest")}
    )
    client.ask("data_sm", **addresses, message_payload="Hello by data_sm")
    waiting = submit(client, schedule_delivery_time=LATER)
    client.ask("replace_sm", message_id=waiting, short_message="Better words", **source)
    client.ask("cancel_sm", message_id=waiting, **addresses)
    client.ask("submit_sm", **{**MESSAGE, "data_coding": 7, "short_message": {"hex": "41"}})
    client.ask("submit_sm", **{**MESSAGE, "destination_addr": "12"})
    client.ask("query_broadcast_sm")  # of SMPP 5.0
    client.ask("unbind")


def tshark(capture_file: Path, *arguments: str) -> list[str]:
    """What it prints, line by line."""
    done = subprocess.run(
        [program("tshark"), "-r", str(capture_file), "-d", f"tcp.port=={SMPP_PORT},smpp", *arguments],
        env=environment(capture_file.parent),
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def field(capture_file: Path, name: str, only: str = "smpp") -> list[int]:
    lines = tshark(capture_file, "-Y", only, "-T", "fields", "-e", name)
    return [int(value, 0) for line in lines for value in line.split(",")]


def test_no_pdu_is_malformed_and_nothing_calls_for_an_expert(session: Path):
    assert tshark(session, "-Y", "_ws.malformed || _ws.unreassembled || _ws.expert.severity >= warning", "-V") == []


def test_every_command_and_every_answer_is_decoded(session: Path):
    seen = set(field(session, "smpp.command_id"))
    missing = {name for name, number in COMMANDS.items() if not {number, number | RESPONSE} <= seen}
    assert missing == set()


def test_the_receipts_are_decoded_with_their_optional_parameters(session: Path):
    states = field(session, "smpp.message_state", "smpp.command_id == 0x00000005")
    assert {2, 5} <= set(states)


def test_the_statuses_are_those_that_were_asked_for(session: Path):
    statuses = set(field(session, "smpp.command_status", "smpp.command_status"))
    assert {0x00, 0x03, 0x04, 0x05, 0x0B, 0x0C, 0x45} <= statuses


def test_a_capture_with_a_defect_is_seen(session: Path, tmp_path: Path):
    """So that the silence of the others means something."""
    broken = tmp_path / "broken.pcap"
    octets = session.read_bytes()
    at = octets.index(b"TextBlast\0")
    broken.write_bytes(octets[:at] + b"TextBlast!" + octets[at + 10 :])
    assert tshark(broken, "-Y", "_ws.malformed || _ws.expert.severity >= warning") != []
