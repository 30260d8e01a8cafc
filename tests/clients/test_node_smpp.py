"""The npm package `smpp`, which sends a token whole."""

import json
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.clients.conftest import Team
from tests.clients.foreign import environment, program
from tests.clients.node_client import Json, NodeClient, node_client
from tests.clients.page import HOST as PAGE_HOST
from tests.clients.page import PORT, TEAM, TOKEN, example, filled
from tests.clients.proxy import Proxy
from tests.whole.programs import HOST, PATIENCE_S

LONG = "Habari, this is a message of more than one part. " * 7
MESSAGE = {
    "source_addr_ton": 5,
    "source_addr": "TextBlast",
    "dest_addr_ton": 1,
    "dest_addr_npi": 1,
    "destination_addr": "254700000001",
    "registered_delivery": 1,
    "short_message": "Hello from Mobile Sasa!",
}
LATER = "000000010000000R"  # in an hour


@pytest.fixture
def client(team: Team, tmp_path: Path) -> Iterator[NodeClient]:
    """A session that has connected and not bound."""
    with node_client(tmp_path, f"smpp://{HOST}:{team.node.smpp_port}") as made:
        yield made


@pytest.fixture
def bound(client: NodeClient, team: Team) -> NodeClient:
    assert bind(client, team)["command_status"] == 0
    return client


def bind(client: NodeClient, team: Team) -> Json:
    return client.ask("bind_transceiver", system_id=team.code, password=team.token, interface_version=0x34)


def submit(client: NodeClient, **more: Any) -> str:
    """Submit a message that is taken; return its id."""
    answer = client.ask("submit_sm", **{**MESSAGE, **more})
    assert answer["command_status"] == 0
    return str(answer["message_id"])


def text_of(pdu: Json) -> str:
    return str(pdu["short_message"]["message"])


def test_the_lock_pins_every_package_by_its_digest_and_names_no_registry():
    lock = json.loads((Path(__file__).parent / "npm" / "package-lock.json").read_text())
    packages = [package for path, package in lock["packages"].items() if path]
    assert all(package["integrity"].startswith("sha512-") and "resolved" not in package for package in packages)


def test_the_whole_token_is_the_password(client: NodeClient, team: Team):
    assert len(team.token) == 36
    answer = bind(client, team)
    assert (answer["command"], answer["command_status"]) == ("bind_transceiver_resp", 0)
    assert answer["sc_interface_version"] == 0x34


def test_a_message_is_accepted_and_its_receipt_comes(bound: NodeClient):
    message_id = submit(bound)
    receipt = bound.receipt(message_id)
    assert text_of(receipt).startswith(f"id:{message_id} sub:001 dlvrd:001 submit date:")
    assert text_of(receipt).endswith(" stat:DELIVRD err:000")
    assert (receipt["esm_class"], receipt["receipted_message_id"], receipt["message_state"]) == (0x04, message_id, 2)
    assert (receipt["source_addr"], receipt["destination_addr"]) == ("254700000001", "TextBlast")


def test_parts_of_its_own_with_esm_class_0x48_have_their_own_ids_and_receipts(bound: NodeClient):
    pieces = [LONG[at : at + 153] for at in range(0, len(LONG), 153)]
    ids = [
        submit(
            bound,
            esm_class=0x48,
            short_message={"udh": {"hex": bytes((5, 0, 3, 7, len(pieces), number)).hex()}, "message": piece},
        )
        for number, piece in enumerate(pieces, 1)
    ]
    assert len(set(ids)) == 3
    for message_id in ids:
        assert text_of(bound.receipt(message_id)).startswith(f"id:{message_id} sub:001 dlvrd:001 ")


def test_a_long_text_in_message_payload_has_one_id_and_one_receipt(bound: NodeClient, team: Team):
    message_id = submit(bound, short_message="", message_payload=LONG)
    assert text_of(bound.receipt(message_id)).startswith(f"id:{message_id} sub:003 dlvrd:003 ")
    shown = team.messages()[0]
    assert (shown["message"], shown["parts"]) == (LONG, 3)


def test_a_text_of_utf_16_arrives_as_it_was_written(bound: NodeClient, team: Team):
    submit(bound, short_message="Привет 🎉")
    assert team.messages()[0]["message"] == "Привет 🎉"


def test_enquire_link_is_answered(bound: NodeClient):
    assert bound.ask("enquire_link")["command"] == "enquire_link_resp"


def test_submit_multi_names_the_destinations_that_were_not_taken(bound: NodeClient):
    numbers = ["254700000001", "12"]
    destinations = [{"dest_addr_ton": 1, "dest_addr_npi": 1, "destination_addr": number} for number in numbers]
    fields = {name: value for name, value in MESSAGE.items() if not name.startswith("dest")}
    answer = bound.ask("submit_multi", dest_address=destinations, **fields)
    assert (answer["command_status"], len(answer["message_id"])) == (0, 26)
    (refused,) = answer["unsuccess_sme"]
    assert (refused["destination_addr"], refused["error_status_code"]) == ("12", 0x0B)
    assert text_of(bound.receipt(answer["message_id"])).endswith(" stat:DELIVRD err:000")


def test_data_sm_is_a_message_too(bound: NodeClient):
    fields = {name: value for name, value in MESSAGE.items() if name != "short_message"}
    answer = bound.ask("data_sm", **fields, message_payload="Hello by data_sm")
    assert answer["command_status"] == 0
    assert text_of(bound.receipt(answer["message_id"])).startswith(f"id:{answer['message_id']} sub:001 dlvrd:001 ")


def test_query_sm_tells_the_state_of_a_message(bound: NodeClient):
    message_id = submit(bound)
    bound.receipt(message_id)
    answer = bound.ask("query_sm", message_id=message_id, source_addr_ton=5, source_addr="TextBlast")
    assert (answer["command_status"], answer["message_id"], answer["message_state"]) == (0, message_id, 2)
    assert answer["final_date"]


def test_a_message_of_nobody_cannot_be_queried(bound: NodeClient):
    answer = bound.ask("query_sm", message_id="A" * 26, source_addr_ton=5, source_addr="TextBlast")
    assert answer["command_status"] == 0x0C


def test_cancel_sm_takes_back_what_is_not_sent_yet_and_no_more(bound: NodeClient):
    addresses = {name: value for name, value in MESSAGE.items() if "addr" in name}
    message_id = submit(bound, schedule_delivery_time=LATER)
    assert bound.ask("cancel_sm", message_id=message_id, **addresses)["command_status"] == 0
    assert text_of(bound.receipt(message_id)).endswith(" stat:UNDELIV err:007")
    sent = submit(bound)
    bound.receipt(sent)
    assert bound.ask("cancel_sm", message_id=sent, **addresses)["command_status"] == 0x11


def test_replace_sm_changes_the_text_of_what_is_not_sent_yet(bound: NodeClient, team: Team):
    message_id = submit(bound, schedule_delivery_time=LATER)
    source = {"source_addr_ton": 5, "source_addr": "TextBlast"}
    answer = bound.ask(
        "replace_sm", message_id=message_id, registered_delivery=1, short_message="Better words", **source
    )
    assert answer["command_status"] == 0
    assert team.messages()[0]["message"] == "Better words"


def test_what_no_phone_can_get_is_refused_and_the_session_lives_on(bound: NodeClient):
    assert bound.ask("submit_sm", **{**MESSAGE, "source_addr": "Somebody"})["command_status"] == 0x0A
    assert bound.ask("submit_sm", **{**MESSAGE, "destination_addr": "12"})["command_status"] == 0x0B
    assert (
        bound.ask("submit_sm", **{**MESSAGE, "data_coding": 7, "short_message": {"hex": "41"}})["command_status"]
        == 0x45
    )
    submit(bound)


def test_messages_and_receipts_go_through_tls(team: Team, tmp_path: Path):
    made = team.node.folder / "state" / "tls" / "certificate.pem"
    url = f"ssmpp://{HOST}:{team.node.smpp_tls_port}"
    with node_client(tmp_path, url, ca=made.read_text(), servername=socket.gethostname()) as client:
        assert bind(client, team)["command_status"] == 0
        client.receipt(submit(client))
        assert client.ask("unbind")["command"] == "unbind_resp"


def test_it_binds_again_after_the_operator_ended_its_session(bound: NodeClient, team: Team):
    sessions = team.node.call(team.token, "/smpp/sessions")[1]["data"]["items"]
    for session in sessions:
        team.node.call(team.token, f"/smpp/sessions/{session['id']}/unbind", {})
    bound.wait("unbind")
    bound.wait("closed")
    bound.tell("reconnect")
    bound.wait("connected")
    assert bind(bound, team)["command_status"] == 0
    bound.receipt(submit(bound))


def test_a_receipt_that_a_lost_session_did_not_take_comes_on_the_next(team: Team, proxy: Proxy, tmp_path: Path):
    with node_client(tmp_path, f"smpp://{HOST}:{proxy.port}") as client:
        bind(client, team)
        message_id = submit(client)
        proxy.cut()
        client.wait("closed")
        client.tell("reconnect")
        client.wait("connected")
        assert bind(client, team)["command_status"] == 0
        client.receipt(message_id)


def test_the_example_of_the_documentation_runs(another_team: Team, tmp_path: Path):
    team = another_team
    values = {
        PAGE_HOST: HOST,
        PORT: team.node.smpp_port,
        TEAM: team.code,
        TOKEN: team.token,
        "254712345678": "254700000001",
    }
    written = tmp_path / "example.js"
    written.write_text(filled(example("javascript", "smpp://"), values))
    done = subprocess.run(
        [program("node"), str(written)],
        env=environment(tmp_path),
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    accepted, receipt = done.stdout.splitlines()
    assert accepted.startswith("accepted ")
    assert receipt.startswith(f"receipt id:{accepted.split()[1]} sub:002 dlvrd:002 ")
