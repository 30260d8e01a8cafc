"""SMPP in a real browser: a client cannot bind and learns why, gets a password, is seen while it is bound, and is sent away."""

import re
import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import attrs
import pytest
import smpplib.client
import smpplib.consts
import smpplib.exceptions
import smpplib.smpp
from playwright.sync_api import Page, expect

from tests.browser.desk import Desk
from tests.browser.site import Site, Team
from tests.whole.programs import HOST

FROM = {"source_addr_ton": smpplib.consts.SMPP_TON_ALNUM, "source_addr": "TextBlast"}
TO = {"dest_addr_ton": smpplib.consts.SMPP_TON_INTL, "dest_addr_npi": smpplib.consts.SMPP_NPI_ISDN}


@attrs.define(eq=False)
class Client:
    """A client of smpplib: bound as a transceiver, and then read on a thread of its own until the session ends."""

    port: int
    client: Any = attrs.field(init=False)
    told: list[str] = attrs.field(factory=list)  # the names of the PDUs that came
    _thread: threading.Thread | None = None

    def bind(self, system_id: str, password: str) -> int:
        """Bind and read from then on; return the status."""
        self.client = smpplib.client.Client(HOST, self.port, timeout=30, allow_unknown_opt_params=True)
        self.client.connect()
        try:
            self.client.bind_transceiver(system_id=system_id, password=password)
        except smpplib.exceptions.PDUError as refused:
            self.client.disconnect()
            return int(refused.args[1])
        self._thread = threading.Thread(target=self._read)
        self._thread.start()
        return 0

    def submit(self, text: bytes, to: str = "254700000001") -> None:
        self.client.send_message(**FROM, **TO, destination_addr=to, short_message=text, registered_delivery=1)

    def _read(self) -> None:
        while True:
            try:
                pdu = self.client.read_pdu()
            except (smpplib.exceptions.ConnectionError, OSError):
                return
            self.told.append(pdu.command)
            if pdu.command == "deliver_sm":
                self._answer("deliver_sm_resp", pdu)
            elif pdu.command == "enquire_link":
                self._answer("enquire_link_resp", pdu)
            elif pdu.command == "unbind":
                self._answer("unbind_resp", pdu)
                return

    def _answer(self, command: str, pdu: Any) -> None:
        answer = smpplib.smpp.make_pdu(command, client=self.client)
        answer.sequence = pdu.sequence
        self.client.send_pdu(answer)

    def end(self) -> None:
        """See to it that nothing of it stays."""
        if self._thread is None:
            return
        with suppress(OSError):  # it has ended already
            self.client._socket.shutdown(socket.SHUT_RDWR)  # what wakes whoever reads; close() does not
        self._thread.join()
        self.client.state = smpplib.consts.SMPP_CLIENT_STATE_OPEN  # so that it does not unbind in its turn
        self.client.disconnect()


@pytest.fixture
def client(site: Site) -> Iterator[Client]:
    made = Client(site.smpp_port)
    yield made
    made.end()


def password_of(page: Page) -> str:
    """Make an SMPP password on the page, keep it, and return it."""
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Allowed from").fill(HOST)
    dialog.get_by_role("button", name="Make it").click()
    shown = page.get_by_role("dialog", name="Your SMPP password")
    shown.get_by_role("button", name="Show").click()
    password = shown.get_by_label("Password", exact=True).locator("code").inner_text()
    shown.get_by_role("button", name="I have kept it").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    return password


def test_a_bind_that_is_refused_says_why_and_one_with_a_new_password_appears_is_traced_and_ended(
    site: Site, desk: Desk, client: Client
) -> None:
    team = site.team()
    desk.log_in(team.owner)
    page = desk.open("/smpp")
    expect(page.get_by_text("Nobody is bound")).to_be_visible()

    assert client.bind(team.code, team.token[:8]) == smpplib.consts.SMPP_ESME_RINVPASWD
    refused = page.get_by_role("region", name="Binds that were refused")
    expect(refused).to_contain_text("The client cuts the password to 8 characters")
    refused.get_by_role("link", name="Make an SMPP password").click()
    password = password_of(page)
    assert len(password) == 8
    expect(page.get_by_role("row").filter(has_text=HOST)).to_contain_text("Active")
    desk.looks("smpp-passwords")

    assert client.bind(team.code, password) == 0
    page.get_by_role("tab", name="Sessions").click()
    row = page.get_by_role("region", name="Live sessions").get_by_role("row").filter(has_text="Transceiver")
    expect(row).to_contain_text(HOST)
    desk.looks("smpp-sessions")
    row.get_by_role("link").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Transceiver from 127.0.0.1")
    trace(desk, page, client)

    page.get_by_role("button", name="Unbind").click()
    question = page.get_by_role("alertdialog")
    expect(question).to_contain_text("what it has submitted is answered first")
    question.get_by_role("button", name="Unbind").click()
    expect(page.get_by_text("This session has ended")).to_be_visible()
    assert client.told[-1] == "unbind"
    page.get_by_role("link", name="SMPP", exact=True).first.click()
    expect(page.get_by_text("Nobody is bound")).to_be_visible()
    is_audited(page)


def trace(desk: Desk, page: Page, client: Client) -> None:
    """Have the client submit, and read what the trace says of it."""
    client.submit(b"Hello over SMPP")
    pdus = page.get_by_role("region", name="Trace")
    submitted = pdus.get_by_role("button", name=re.compile(r"submit_sm #\d"))
    expect(submitted.first).to_be_visible()
    expect(pdus.get_by_role("button", name=re.compile(r"deliver_sm #\d")).first).to_be_visible()
    page.get_by_label("PDU", exact=True).select_option("submit_sm")
    expect(page).to_have_url(re.compile("pdu=submit_sm"))
    expect(pdus.get_by_role("listitem")).to_have_count(2)  # and its answer
    submitted.click()
    fields = pdus.get_by_role("region", name="Fields")
    expect(fields).to_contain_text("alphanumeric")
    expect(fields).to_contain_text("TextBlast")
    expect(fields).to_contain_text("15 octets")  # never the text itself
    expect(pdus).not_to_contain_text("Hello over SMPP")
    expect(page.get_by_role("region", name="Since it was bound")).to_contain_text("Accepted1")
    desk.looks("smpp-session")


def is_audited(page: Page) -> None:
    page.get_by_role("link", name="Audit log").click()
    expect(page.get_by_role("table", name="Changes")).to_contain_text("SMPP session unbound")


def test_the_parameters_are_those_of_the_node_and_a_viewer_sees_but_changes_nothing(
    site: Site, desk: Desk, client: Client
) -> None:
    team = site.teams["ACME"]
    page = desk.open("/smpp?tab=connect")
    parameters = page.get_by_role("region", name="Parameters")
    expect(parameters).to_contain_text(str(site.smpp_port))
    expect(parameters).to_contain_text(team.code)
    expect(page.get_by_role("region", name="What a session may do")).to_contain_text("5 at once")
    page.get_by_role("tab", name="Node.js, smpp").click()
    expect(page.locator("pre")).to_contain_text(f"smpp://127.0.0.1:{site.smpp_port}")
    desk.looks("smpp-connect")

    assert client.bind(team.code, bound_by(site, team)) == 0
    desk.log_in("viewer")
    desk.open("/smpp")
    expect(page.get_by_role("tab", name="Passwords")).to_have_count(0)
    row = page.get_by_role("region", name="Live sessions").get_by_role("row").filter(has_text="Transceiver")
    expect(row).to_be_visible()
    expect(row.get_by_role("button")).to_have_count(0)
    row.get_by_role("link").click()
    expect(page.get_by_role("region", name="Trace")).to_contain_text("bind_transceiver")
    expect(page.get_by_role("button", name="Unbind")).to_have_count(0)
    desk.open("/smpp/nobody-1-1")
    expect(page.get_by_text("There is no such session")).to_be_visible()


def bound_by(site: Site, team: Team) -> str:
    """Make an SMPP password by the API, and return it."""
    made = site.api(team.token, "POST", "/smpp/passwords", {"allowed": [HOST]})
    return str(made["password"])
