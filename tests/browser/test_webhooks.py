"""Webhooks in a real browser: made, tested, told, looked at, told again, disabled by the far end, and deleted."""

import json
import re
import shutil
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from standardwebhooks import Webhook

from tests.browser.desk import Desk
from tests.browser.site import Site
from tests.first_state import begin_with, state_folder
from tests.whole.programs import HOST, Node, eventually

PHONE = "+254700000001"


class Receiver(ThreadingHTTPServer):
    """Keeps what it is told, and answers as `status` says."""

    def __init__(self) -> None:
        super().__init__((HOST, 0), Calls)
        self.heard: list[tuple[dict[str, str], bytes]] = []
        self.status = 200

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.server_address[1]}/hooks/<b>%22quoted%22</b>"


class Calls(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.heard.append(({name.lower(): value for name, value in self.headers.items()}, body))
        said = b'{"taken": "<script>alert(1)</script>"}'
        self.send_response(self.server.status)
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    thread = threading.Thread(target=made.serve_forever)
    thread.start()
    yield made
    made.shutdown()
    thread.join()
    made.server_close()


@pytest.fixture(scope="module")
def site(first_state: Path, receiver: Receiver) -> Iterator[Site]:
    """A node of these tests' own, which may call the receiver on this machine."""
    folder = state_folder("mbs-browser-")
    begin_with(first_state, folder)
    settings = folder / "mobilesasa.toml"
    settings.write_text(f'[webhooks]\nports = [{receiver.server_address[1]}]\nprivate_networks = ["127.0.0.0/8"]\n')
    made = Site(Node(folder, options=("--config", str(settings))))
    try:
        made.node.start()
        made.seed()
        yield made
    finally:
        made.node.stop()
        shutil.rmtree(folder)


def create(page: Page, desk: Desk, url: str) -> str:
    """Make a webhook on the page; return its secret."""
    expect(page.get_by_text("No webhooks yet")).to_be_visible()
    page.get_by_role("button", name="Create a webhook").first.click()
    drawer = page.get_by_role("dialog", name="Create a webhook")
    drawer.get_by_label("Address").fill(url)
    drawer.get_by_label("message.sent", exact=True).check()
    drawer.get_by_label("message.received", exact=True).uncheck()
    drawer.get_by_role("button", name="Example of message.delivered").click()
    expect(drawer.locator("pre")).to_contain_text('"type": "message.delivered"')
    desk.looks("webhooks-create")
    drawer.get_by_role("button", name="Create the webhook").click()
    shown = page.get_by_role("dialog", name="Your webhook’s secret")
    shown.get_by_role("button", name="Show").click()
    secret = shown.get_by_role("group", name="Secret").locator("code").inner_text()
    for language in ("PHP", "Node.js", "Java", "Go", "Python"):
        page.get_by_role("tab", name=language, exact=True).click()
        expect(shown.locator("pre")).to_contain_text(secret)
    desk.looks("webhooks-made")
    shown.get_by_role("button", name="I have kept it").click()
    return secret


def test_a_webhook_is_made_tested_told_and_told_again(site: Site, desk: Desk, receiver: Receiver) -> None:
    team = site.team()
    desk.log_in(team.owner)
    page = desk.open("/webhooks")
    secret = create(page, desk, receiver.url)
    expect(page.get_by_role("heading", level=1)).to_have_text(
        re.compile(re.escape(f"{HOST}:{receiver.server_address[1]}"))
    )
    page.get_by_role("button", name="Send a test").first.click()
    test = page.get_by_role("dialog", name="Test")
    expect(test).to_contain_text("It was answered 200 after")
    expect(test).to_contain_text("<script>alert(1)</script>")
    test.get_by_role("button", name="Close").last.click()

    sent = site.api(team.token, "POST", "/messages", {"to": PHONE, "message": "Told to the webhook"})
    row = page.get_by_role("row").filter(has_text="message.delivered")
    expect(row).to_contain_text("Delivered")
    desk.looks("webhook")
    headers, body = next(each for each in receiver.heard if b"message.delivered" in each[1])
    assert Webhook(secret).verify(body, headers)["data"]["uuid"] == sent["uuid"]
    page.get_by_label("Event", exact=True).select_option("message.delivered")
    expect(page.get_by_role("row").filter(has_text="ping")).to_have_count(0)
    row.get_by_role("button").click()
    whole = page.get_by_role("dialog", name="message.delivered")
    expect(whole).to_contain_text(sent["uuid"])
    expect(whole).to_contain_text("<script>alert(1)</script>")
    desk.looks("webhook-delivery")
    before = len(receiver.heard)
    whole.get_by_role("button", name="Tell it again").click()
    eventually(lambda: len(receiver.heard) > before, "it is told again")
    assert receiver.heard[-1][0]["webhook-id"] == headers["webhook-id"]
    page.keyboard.press("Escape")
    refuses(page, desk, receiver)
    changes(page, desk)


def refuses(page: Page, desk: Desk, receiver: Receiver) -> None:
    """The receiver wants no more, and then it does."""
    receiver.status = 410
    page.get_by_role("button", name="Send a test").first.click()
    expect(page.get_by_role("dialog", name="Test")).to_contain_text("It was answered 410")
    page.get_by_role("dialog", name="Test").get_by_role("button", name="Close").last.click()
    page.get_by_role("row").filter(has_text="message.delivered").get_by_role("button").click()
    page.get_by_role("dialog").get_by_role("button", name="Tell it again").click()
    expect(page.get_by_role("dialog")).to_contain_text("Your address answered 410")
    page.keyboard.press("Escape")
    expect(page.get_by_text("This webhook is disabled")).to_be_visible(timeout=20_000)
    desk.looks("webhook-disabled")
    receiver.status = 200
    page.get_by_role("button", name="Enable", exact=True).click()
    expect(page.get_by_text("This webhook is disabled")).to_have_count(0)


def changes(page: Page, desk: Desk) -> None:
    """Its signature is explained, its terms change, it gets another secret, a span is replayed, and it is deleted."""
    page.get_by_role("tab", name="Verify the signature").click()
    expect(page.get_by_role("region", name="What comes with each call")).to_contain_text("webhook-timestamp")
    desk.looks("webhook-verify")
    page.get_by_role("tab", name="Settings").click()
    page.get_by_label("Description").fill("The shop's <back> end")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("The shop's <back> end")).to_be_visible()
    page.get_by_role("tab", name="Deliveries").click()
    page.get_by_role("button", name="More actions").click()
    page.get_by_role("menuitem", name="Replay").click()
    replay = page.get_by_role("dialog", name="Replay a span of time")
    replay.get_by_label("Everything, also what was delivered").check()
    replay.get_by_role("button", name="Replay").click()
    page.get_by_role("alertdialog").get_by_role("button", name="Tell them again").click()
    expect(page.get_by_role("region", name="Notifications")).to_contain_text("told again")
    page.get_by_role("button", name="More actions").click()
    page.get_by_role("menuitem", name="Make a new secret").click()
    page.get_by_role("alertdialog").get_by_role("button", name="Make a new secret").click()
    expect(page.get_by_role("dialog", name="The new secret")).to_contain_text("whse")
    page.get_by_role("button", name="I have kept it").click()
    expect(page.get_by_text("Two secrets sign")).to_be_visible()
    page.get_by_role("button", name="More actions").click()
    page.get_by_role("menuitem", name="Delete").click()
    page.get_by_role("alertdialog").get_by_role("button", name="Delete").click()
    expect(page.get_by_text("No webhooks yet")).to_be_visible()


def test_who_only_looks_sees_the_log_and_presses_nothing(site: Site, desk: Desk, receiver: Receiver) -> None:
    made = site.api("owner", "POST", "/webhooks", {"url": receiver.url, "events": ["*"], "description": "All of it"})
    site.api("owner", "POST", f"/webhooks/{made['uuid']}/test")
    desk.log_in("viewer")
    page = desk.open("/webhooks")
    row = page.get_by_role("row").filter(has_text="All of it")
    expect(row).to_contain_text("Everything")
    expect(page.get_by_role("button", name="Create a webhook")).to_have_count(0)
    row.get_by_role("link").click()
    expect(page.get_by_role("row").filter(has_text="ping")).to_contain_text("200")
    for name in ("Send a test", "More actions"):
        expect(page.get_by_role("button", name=name)).to_have_count(0)
    expect(page.get_by_role("tab", name="Settings")).to_have_count(0)
    assert json.loads(receiver.heard[-1][1])["type"] == "ping"
