"""smpplib, which cuts a password to 8 characters."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import attrs
import pytest
import smpplib.client
import smpplib.consts
import smpplib.exceptions
import smpplib.gsm

from tests.clients.conftest import Team
from tests.clients.page import HOST as PAGE_HOST
from tests.clients.page import PASSWORD, PORT, README, TEAM, example, filled
from tests.clients.proxy import Proxy
from tests.whole.programs import HOST, PATIENCE_S, Node

LONG = "Habari, this is a message of more than one part. " * 7
FROM = {"source_addr_ton": smpplib.consts.SMPP_TON_ALNUM, "source_addr": "TextBlast"}
TO = {"dest_addr_ton": smpplib.consts.SMPP_TON_INTL, "dest_addr_npi": smpplib.consts.SMPP_NPI_ISDN}


@attrs.define(eq=False)
class Esme:
    """A client of smpplib and what it was told."""

    port: int
    accepted: list[str] = attrs.field(factory=list)  # ids
    receipts: dict[str, str] = attrs.field(factory=dict)  # text by id
    states: list[Any] = attrs.field(factory=list)  # answers to query_sm
    refused: list[int] = attrs.field(factory=list)
    client: smpplib.client.Client = None

    def connect(self) -> None:
        self.client = smpplib.client.Client(HOST, self.port, timeout=10, allow_unknown_opt_params=False)
        self.client.set_message_sent_handler(self._answered)
        self.client.set_message_received_handler(self._received)
        self.client.set_query_resp_handler(self.states.append)
        self.client.set_error_pdu_handler(lambda pdu: self.refused.append(pdu.status))
        self.client.connect()

    def _answered(self, pdu: Any) -> None:
        if pdu.message_id is not None:  # one with an error comes here too
            self.accepted.append(pdu.message_id.decode())

    def _received(self, pdu: Any) -> None:
        self.receipts[pdu.receipted_message_id.decode()] = pdu.short_message.decode("ascii")

    def read_until(self, done: Callable[[], bool]) -> None:
        """Act on PDUs until it is done; one that does not come within the socket's time-out fails the test."""
        while not done():
            self.client.read_once(auto_send_enquire_link=False)

    def read_receipts(self, amount: int = 1) -> list[str]:
        """Return the texts of the receipts of so many messages that were accepted; receipts of others may come too."""
        self.read_until(lambda: len(self.accepted) == amount and set(self.accepted) <= set(self.receipts))
        return [self.receipts[message_id] for message_id in self.accepted]

    def submit(self, text: str, to: str = "254700000001", **more: object) -> None:
        parts, coding, esm_class = smpplib.gsm.make_parts(text)
        for part in parts:
            self.client.send_message(
                **FROM,
                **TO,
                destination_addr=to,
                short_message=part,
                data_coding=coding,
                esm_class=esm_class,
                registered_delivery=1,
                **more,
            )


@pytest.fixture
def esme(served: Node) -> Iterator[Esme]:
    made = Esme(served.smpp_port)
    made.connect()
    yield made
    made.client.disconnect()


@pytest.fixture
def bound(esme: Esme, team: Team, password: str) -> Esme:
    esme.client.bind_transceiver(system_id=team.code, password=password)
    return esme


def refusal(esme: Esme, system_id: str, password: str) -> int:
    with pytest.raises(smpplib.exceptions.PDUError) as refused:
        esme.client.bind_transceiver(system_id=system_id, password=password)
    return int(refused.value.args[1])


def test_what_it_leaves_of_a_token_is_refused_and_the_log_says_why(esme: Esme, team: Team):
    assert refusal(esme, team.code, team.token) == smpplib.consts.SMPP_ESME_RINVPASWD
    assert "cuts the password to 8 characters" in team.node.program.said


def test_a_wrong_password_and_an_unknown_team_are_told_apart(esme: Esme, team: Team):
    assert refusal(esme, team.code, "wrong") == smpplib.consts.SMPP_ESME_RINVPASWD
    assert refusal(esme, "NOBODY", "wrong") == smpplib.consts.SMPP_ESME_RINVSYSID


def test_it_binds_with_a_password_of_eight_characters(esme: Esme, team: Team, password: str):
    assert len(password) == 8
    answer = esme.client.bind_transceiver(system_id=team.code.lower(), password=password)
    assert (answer.status, answer.sc_interface_version) == (smpplib.consts.SMPP_ESME_ROK, 0x34)


def test_a_message_is_accepted_and_its_receipt_comes(bound: Esme):
    bound.submit("Hello from Mobile Sasa!")
    (receipt,) = bound.read_receipts()
    assert receipt.startswith(f"id:{bound.accepted[0]} sub:001 dlvrd:001 submit date:")
    assert receipt.endswith(" stat:DELIVRD err:000")


def test_each_part_of_a_long_message_has_its_own_id_and_receipt(bound: Esme):
    bound.submit(LONG)
    assert len(set(bound.read_receipts(3))) == 3


def test_a_text_of_utf_16_arrives_as_it_was_written(bound: Esme, team: Team):
    bound.submit("Mambo vipi? Привет 🎉")
    bound.read_receipts()
    assert team.messages()[0]["message"] == "Mambo vipi? Привет 🎉"


def test_a_failed_message_says_so_in_its_receipt(bound: Esme):
    bound.submit("not today", to="254700000002")
    (receipt,) = bound.read_receipts()
    assert "dlvrd:000" in receipt
    assert receipt.endswith(" stat:UNDELIV err:001")


def test_a_refused_submit_leaves_the_session_alive(bound: Esme):
    bound.submit("to nobody", to="12")
    bound.submit("to somebody")
    bound.read_until(lambda: len(bound.accepted) == 1)
    assert bound.refused == [smpplib.consts.SMPP_ESME_RINVDSTADR]


def test_query_sm_tells_the_state_of_a_message(bound: Esme):
    bound.submit("asked for")
    bound.read_receipts()
    bound.client.query_message(message_id=bound.accepted[0], source_addr_npi=0, **FROM)
    bound.read_until(lambda: bool(bound.states))
    (answer,) = bound.states
    assert answer.message_id.decode() == bound.accepted[0]
    assert answer.message_state == smpplib.consts.SMPP_MESSAGE_STATE_DELIVERED


def test_unbind_is_answered(bound: Esme):
    assert bound.client.unbind().command == "unbind_resp"


def test_it_binds_again_after_the_line_was_cut(team: Team, password: str, proxy: Proxy):
    esme = Esme(proxy.port)
    esme.connect()
    esme.client.bind_transceiver(system_id=team.code, password=password)
    esme.submit("before")
    esme.read_until(lambda: len(esme.accepted) == 1)
    proxy.cut()
    with pytest.raises(smpplib.exceptions.ConnectionError):
        esme.read_until(lambda: False)
    esme.client.disconnect()

    esme.connect()
    esme.client.bind_transceiver(system_id=team.code, password=password)
    esme.submit("after")
    esme.read_receipts(2)
    esme.client.disconnect()


def run(source: str, folder: Path) -> list[str]:
    """Run a program and return the lines that it prints."""
    program = folder / "example.py"
    program.write_text(source)
    done = subprocess.run([sys.executable, program], capture_output=True, text=True, timeout=PATIENCE_S, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_the_example_of_the_documentation_runs(another_team: Team, tmp_path: Path):
    login = {TEAM: another_team.code, PASSWORD: another_team.password()}
    values = {**login, PAGE_HOST: HOST, PORT: another_team.node.smpp_port, "254712345678": "254700000001"}
    said = run(filled(example("python"), values), tmp_path)
    assert [line.split()[0] for line in said].count("accepted") == 2
    assert sum(line.startswith("receipt id:") and line.endswith("stat:DELIVRD err:000") for line in said) == 2


def test_the_example_of_the_readme_runs(another_team: Team, tmp_path: Path):
    values = {"DEMO": another_team.code, PASSWORD: another_team.password(), PORT: another_team.node.smpp_port}
    accepted, receipt = run(filled(example("python", page=README), values), tmp_path)
    assert receipt.startswith(f"receipt id:{accepted.split()[1]} ")
    assert receipt.endswith("stat:DELIVRD err:000")
