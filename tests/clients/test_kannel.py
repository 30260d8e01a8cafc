"""Kannel, bound as a transceiver, with the configuration of the documentation."""

import shlex
import socket
import subprocess
import threading
import urllib.parse
import urllib.request
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import attrs
import pytest

from tests.clients.conftest import Team
from tests.clients.foreign import environment, program
from tests.clients.page import HOST as PAGE_HOST
from tests.clients.page import PASSWORD, PORT, TEAM, example, filled
from tests.clients.proxy import Proxy
from tests.whole.programs import HOST, PATIENCE_S, Program, eventually, free_port

DELIVERED, FAILED, UNDER_WAY, ACCEPTED, REJECTED = "1", "2", "4", "8", "16"  # what Kannel calls a delivery report


class Reports(BaseHTTPRequestHandler):
    """Takes the calls to a dlr-url."""

    def do_GET(self) -> None:
        fields = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(self.path).query))
        self.server.taken.append((fields["mark"], fields["type"]))  # type: ignore[attr-defined]
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002, the name is http.server's
        pass


def listens(port: int) -> bool:
    with socket.socket() as trying:
        return trying.connect_ex((HOST, port)) == 0


@attrs.define(eq=False)
class Kannel:
    """A bearerbox and a smsbox, and a server that takes the delivery reports."""

    folder: Path
    reports: ThreadingHTTPServer
    admin_port: int = attrs.field(factory=free_port)
    box_port: int = attrs.field(factory=free_port)
    http_port: int = attrs.field(factory=free_port)
    _boxes: list[Program] = attrs.field(factory=list)

    def start(self, host_port: int, team: str, password: str) -> None:
        page = example("ini", "group = smsc")
        ports = {"13000": self.admin_port, "13001": self.box_port, "13013": self.http_port}
        login = {PAGE_HOST: HOST, PORT: host_port, TEAM: team, PASSWORD: password}
        configuration = self.folder / "kannel.conf"
        configuration.write_text(filled(page, {**login, **ports, "reconnect-delay = 10": "reconnect-delay = 1"}))
        for name in ("bearerbox", "smsbox"):
            arguments = [program(name), "-v", "1", str(configuration)]
            box = Program(arguments, environment(self.folder), self.folder / f"{name}.log")
            box.start()
            self._boxes.append(box)
            port = self.box_port if name == "bearerbox" else self.http_port
            eventually(lambda port=port: listens(port), f"{name} listens: {box.output}")
        eventually(self.is_online, "Kannel is bound")

    def stop(self) -> None:
        for box in reversed(self._boxes):
            box.end()

    def is_online(self) -> bool:
        with urllib.request.urlopen(
            f"http://{HOST}:{self.admin_port}/status.txt?password=change-me", timeout=PATIENCE_S
        ) as page:
            return "(online" in page.read().decode()

    def send(self, mark: str, text: str, to: str = "254700000001") -> None:
        """Ask for a message, as the documentation shows."""
        back = f"http://{HOST}:{self.reports.server_port}/?mark={mark}&type=%d"
        fields = {
            "username": "us",
            "password": "change-me-too",
            "from": "TextBlast",
            "to": to,
            "text": text,
            "dlr-mask": "31",
            "dlr-url": back,
        }
        url = f"http://{HOST}:{self.http_port}/cgi-bin/sendsms?{urllib.parse.urlencode(fields)}"
        with urllib.request.urlopen(url, timeout=PATIENCE_S) as answer:
            assert (answer.status, answer.read()) == (202, b"0: Accepted for delivery")

    def reported(self, mark: str) -> list[str]:
        """The kinds of the reports on a message so far."""
        return [kind for of, kind in self.reports.taken if of == mark]  # type: ignore[attr-defined]


@pytest.fixture(scope="module")
def reports() -> Iterator[ThreadingHTTPServer]:
    server = ThreadingHTTPServer((HOST, 0), Reports)
    server.taken = []  # type: ignore[attr-defined]
    serving = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    serving.start()
    yield server
    server.shutdown()
    serving.join()
    server.server_close()


@pytest.fixture(scope="module")
def line(team: Team) -> Iterator[Proxy]:
    assert team.node.smpp_port is not None
    with Proxy(team.node.smpp_port).running() as running:
        yield running


@pytest.fixture(scope="module")
def kannel(
    team: Team, password: str, line: Proxy, reports: ThreadingHTTPServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Kannel]:
    made = Kannel(tmp_path_factory.mktemp("kannel"), reports)
    try:
        made.start(line.port, team.code, password)
        yield made
    finally:
        made.stop()


def test_a_message_is_reported_as_accepted_under_way_and_delivered(kannel: Kannel):
    kannel.send("first", "Hello from Kannel")
    due = {ACCEPTED, UNDER_WAY, DELIVERED}  # its calls may overtake each other
    eventually(lambda: set(kannel.reported("first")) == due, "all reports come")


def test_a_message_that_failed_is_reported_as_failed(kannel: Kannel):
    kannel.send("failing", "Not today", to="254700000002")
    eventually(lambda: FAILED in kannel.reported("failing"), "the receipt comes")


def test_a_refused_message_is_reported_as_rejected_and_the_session_lives_on(kannel: Kannel):
    kannel.send("refused", "To nobody", to="12")
    eventually(lambda: REJECTED in kannel.reported("refused"), "the refusal comes")
    assert kannel.is_online()


def test_a_long_message_arrives_in_parts_and_is_reported(kannel: Kannel):
    kannel.send("long", "Habari, this is a message of more than one part. " * 7)
    eventually(lambda: DELIVERED in kannel.reported("long"), "the receipt comes")


def test_it_binds_again_after_the_line_was_cut_and_sends(kannel: Kannel, line: Proxy):
    before = len(line.lines)
    line.cut()
    eventually(lambda: len(line.lines) > before and kannel.is_online(), "Kannel is bound again")
    kannel.send("after", "Hello again")
    eventually(lambda: DELIVERED in kannel.reported("after"), "the receipt comes")


def test_the_command_of_the_documentation_sends_a_message(kannel: Kannel, team: Team):
    known = {message["uuid"] for message in team.messages()}
    command = filled(example("console", "sendsms"), {"13013": kannel.http_port, "254712345678": "254700000001"})
    words = shlex.split(command.removeprefix("$ "))
    subprocess.run([*words, "--silent", "--fail"], timeout=PATIENCE_S, check=True)
    eventually(lambda: {message["uuid"] for message in team.messages()} - known, "the message is there")
