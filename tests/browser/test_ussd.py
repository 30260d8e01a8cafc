"""USSD in a real browser: a menu is built, mended, dialled and published; extensions, versions and sessions."""

import re
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.desk import Desk
from tests.browser.site import Site, Team
from tests.whole.programs import PATIENCE_S, eventually

EVIL = "<script>window.hacked = 1</script>'\"><img src=x onerror=window.hacked=1>"
MENU = {
    "name": "Shop",
    "start": "welcome",
    "screens": {
        "welcome": {
            "kind": "choices",
            "text": "Karibu",
            "choices": [
                {"key": "1", "label": "Your name", "next": "name"},
                {"key": "2", "label": "Bye", "next": "bye"},
            ],
        },
        "name": {"kind": "input", "text": "Your name?", "input": {"variable": "name", "type": "text"}, "next": "bye"},
        "bye": {"kind": "end", "text": "Asante {name:rafiki}."},
    },
}


@pytest.fixture
def team(site: Site) -> Team:
    """A team of the test's own, on which nothing has happened."""
    return site.team()


def published(site: Site, team: Team, menu: dict[str, Any] = MENU) -> str:
    """Make a menu and publish it; return its uuid."""
    uuid = str(site.api(team.token, "POST", "/ussd/menus", menu)["uuid"])
    site.api(team.token, "POST", f"/ussd/menus/{uuid}/publish", {"note": "First"})
    return uuid


def phone(page: Page) -> Locator:
    """The simulated phone."""
    return page.get_by_role("region", name="Try it", exact=True)


def typed(page: Page, said: str, shown: str) -> None:
    """Answer on the phone, and see what it shows then."""
    phone(page).get_by_label("Your answer").fill(said)
    phone(page).get_by_label("Your answer").press("Enter")
    expect(phone(page).get_by_text(shown).first).to_be_visible()


def test_a_menu_is_built_mended_dialled_and_published(desk: Desk, team: Team) -> None:
    page = desk.log_in(team.owner).open("/ussd")
    expect(page.get_by_text("People dial, a menu answers")).to_be_visible()
    desk.looks("ussd-empty")

    page.get_by_role("button", name="A blank menu").click()
    desk.looks("ussd-new-menu")
    page.get_by_label("Name").fill("Acme")
    page.get_by_role("button", name="Make the menu").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Acme")
    expect(page.get_by_text("Ready to publish")).to_be_visible()

    # a second choice leads to a question that is not there yet
    page.get_by_role("button", name="Add a choice").click()
    page.get_by_label("Label of choice 2").fill("Call me back")
    page.get_by_label("Where choice 2 leads").select_option("+ Question")
    expect(page.get_by_role("treeitem", name=re.compile("call-me-back"))).to_be_visible()
    expect(page.get_by_text(re.compile(r"\d things are in the way of publishing"))).to_be_visible()
    desk.looks("ussd-faults")
    page.get_by_role("button", name="call-me-back · answer, variable").click()
    expect(page.get_by_label("Kept in the variable")).to_be_focused()
    page.get_by_label("Kept in the variable").fill("Number")
    page.get_by_label("Text", exact=True).fill("Your number:")
    page.get_by_label("What may be typed").select_option("Phone number")
    page.get_by_label("Then on to").select_option("+ End")
    page.get_by_role("link", name="Go to end").click()
    page.get_by_label("Text", exact=True).fill("Thank you, we call {number}.")
    expect(page.get_by_text("Ready to publish")).to_be_visible()
    expect(page.get_by_role("region", name="On the phone")).to_contain_text("Thank you, we call 254712345678.")

    # on the phone, before anything is saved
    phone(page).get_by_role("button", name="Dial").click()
    expect(phone(page).get_by_text("2 Call me back")).to_be_visible()
    typed(page, "2", "Your number:")
    typed(page, "12", "Please enter a phone number")
    typed(page, "0712 345 678", "Thank you, we call 254712345678.")
    expect(phone(page).get_by_text("The session is over")).to_be_visible()
    desk.looks("ussd-editor")

    page.get_by_role("button", name="Publish", exact=True).click()
    page.get_by_label("Note").fill("Opening hours of May")
    page.get_by_role("button", name="Publish version 1").click()
    expect(page.get_by_text("Version 1 answers", exact=True)).to_be_visible()

    page.get_by_role("treeitem", name=re.compile("hours")).click()
    page.get_by_label("Text", exact=True).fill("We never close.")
    expect(page.get_by_text("Not saved", exact=True)).to_be_visible()
    page.get_by_role("tab", name="Versions").click()
    expect(page.get_by_text("We never close.")).to_be_visible()
    desk.looks("ussd-versions")
    page.get_by_role("button", name="Put into the draft").click()
    page.get_by_role("alertdialog").get_by_role("button", name="Put into the draft").click()
    expect(page.get_by_text("No differences")).to_be_visible()
    expect(page.get_by_text("Not saved", exact=True)).to_be_hidden()


def test_a_draft_that_is_not_saved_is_not_lost(desk: Desk, site: Site, team: Team) -> None:
    uuid = published(site, team)
    page = desk.log_in(team.owner).open(f"/ussd/menus/{uuid}")
    page.get_by_role("treeitem", name=re.compile("welcome")).focus()
    for key in ("ArrowDown", "ArrowDown", "ArrowDown", "Enter"):  # name, what it leads to, bye
        page.keyboard.press(key)
    expect(page).to_have_url(re.compile("screen=bye"))
    page.get_by_label("Text", exact=True).fill("Kwaheri.")
    page.get_by_role("link", name="USSD").first.click()
    page.get_by_role("alertdialog").get_by_role("button", name="Cancel").click()
    expect(page.get_by_label("Text", exact=True)).to_have_value("Kwaheri.")

    desk.expects(409)
    site.api(team.token, "PUT", f"/ussd/menus/{uuid}", {"name": "Shop of somebody else"})
    page.keyboard.press("Control+s")
    expect(page.get_by_text("Somebody else has changed this menu")).to_be_visible()
    page.get_by_role("button", name="Save mine over theirs").click()
    expect(page.get_by_role("button", name="Saved")).to_be_visible()
    assert site.api(team.token, "GET", f"/ussd/menus/{uuid}")["screens"]["bye"]["text"] == "Kwaheri."


def test_nobody_publishes_what_somebody_else_has_changed_unseen(desk: Desk, site: Site, team: Team) -> None:
    uuid = published(site, team)
    site.api(team.token, "PUT", f"/ussd/menus/{uuid}", {"name": "Shop today"})
    page = desk.log_in(team.owner).open(f"/ussd/menus/{uuid}")
    page.get_by_role("button", name="Publish").click()
    dialog = page.get_by_role("dialog")
    desk.expects(409)
    site.api(team.token, "PUT", f"/ussd/menus/{uuid}", {"name": "Shop tomorrow"})
    dialog.get_by_role("button", name="Publish version 2").click()
    expect(page.get_by_text("Nothing was published.").first).to_be_visible()
    assert site.api(team.token, "GET", f"/ussd/menus/{uuid}")["version"] == 1
    expect(dialog.get_by_role("heading", level=2)).to_contain_text("Shop tomorrow")
    expect(dialog.locator("[aria-busy=true]")).to_have_count(0)  # it is checked again
    dialog.get_by_role("button", name="Publish version 2").click()
    expect(dialog).to_be_hidden()
    assert site.api(team.token, "GET", f"/ussd/menus/{uuid}/versions/2")["name"] == "Shop tomorrow"


def test_a_menu_goes_out_as_a_file_and_comes_in_as_another(desk: Desk, site: Site, team: Team) -> None:
    uuid = published(site, team)
    page = desk.log_in(team.owner).open(f"/ussd/menus/{uuid}?sim=published")
    phone(page).get_by_role("button", name="Dial").click()
    typed(page, "1", "Your name?")
    phone(page).get_by_role("button", name="Let it time out").click()
    phone(page).get_by_role("button", name="Dial again").click()
    expect(phone(page).get_by_text("You were cut off.")).to_be_visible()
    typed(page, "1", "Your name?")
    page.get_by_role("button", name="More", exact=True).click()
    with page.expect_download() as coming:
        page.get_by_role("menuitem", name="Export as JSON").click()
    assert coming.value.suggested_filename == "shop.ussd.json"
    desk.open("/ussd")
    page.get_by_role("button", name="Import").click()
    payload = {"name": "shop.ussd.json", "mimeType": "application/json", "buffer": coming.value.path().read_bytes()}
    page.get_by_label("File", exact=True).set_input_files(payload)  # type: ignore[arg-type]
    expect(page.get_by_text("“Shop” with 3 screens.")).to_be_visible()
    page.get_by_role("button", name="Make the menu").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Shop")
    assert len(site.api(team.token, "GET", "/ussd/menus")["items"]) == 2


def test_an_extension_is_asked_for_dialled_and_seen_live(desk: Desk, site: Site, team: Team) -> None:
    quickly = site.node.quickly
    uuid = published(site, team)
    code = "7" + "".join(each for each in team.code if each.isdigit())
    quickly("ussd", "code", "add", code, "--type", "shared", "--network", "Safaricom")
    page = desk.log_in(team.owner).open("/ussd?tab=extensions")
    page.get_by_role("button", name="Ask for an extension").first.click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Code").select_option(code)
    dialog.get_by_label("Extension", exact=True).fill("8")
    expect(dialog.get_by_text(f"*{code}*8#")).to_be_visible()
    dialog.get_by_label("A menu").check()
    dialog.get_by_label("Menu", exact=True).select_option("Shop")
    dialog.get_by_label("What is it for?").fill("Our shops")
    desk.looks("ussd-extension-request")
    dialog.get_by_role("button", name="Send the request").click()
    expect(page.get_by_text("The operator decides")).to_be_visible()

    quickly("ussd", "extension", "approve", "--team", team.code, f"*{code}*8#")
    path = str(quickly("ussd", "gateway", "add", f"gate{code}", "--dialect", "africastalking")["path"])
    eventually(lambda: "Karibu" in dialled(site, path, code, "s1", "8"), "the node knows the extension")
    page.reload()
    expect(page.get_by_role("row", name=re.compile(re.escape(f"*{code}*8#")))).to_contain_text("Approved")
    desk.looks("ussd-extensions")

    dialled(site, path, code, "s1", "8*1")
    desk.open("/ussd/sessions?live=true")
    row = page.get_by_role("row").filter(has_text="+254")
    expect(row).to_contain_text("Live")
    dialled(site, path, code, "s1", "8*1*Wanjiru")
    expect(page.get_by_text("Nobody is in a session right now")).to_be_visible()  # looked again by itself
    desk.open("/ussd/sessions")
    expect(row.first).to_contain_text("Ended")
    desk.looks("ussd-sessions")
    row.first.get_by_role("link").click()
    expect(page.get_by_text("Ended with a last screen")).to_be_visible()
    expect(page.get_by_text("Asante {name:rafiki}.")).to_be_visible()
    desk.looks("ussd-session")

    desk.open(f"/ussd/menus/{uuid}?tab=dropoff")
    expect(page.get_by_role("treeitem", name=re.compile("welcome"))).to_be_visible()
    desk.looks("ussd-dropoff")


def dialled(site: Site, path: str, code: str, session: str, text: str) -> str:
    """Call as Africa's Talking does, and return the answer."""
    fields = {
        "sessionId": session,
        "phoneNumber": "+254712345678",
        "serviceCode": f"*{code}#",
        "networkCode": "63902",
        "text": text,
    }
    try:
        with urlopen(Request(f"{site.url}{path}", urlencode(fields).encode()), timeout=PATIENCE_S) as answer:  # noqa: S310
            return str(answer.read().decode())
    except HTTPError as refused:  # the node does not know the gateway yet
        with refused:
            return ""


def test_stored_text_is_text_and_a_viewer_changes_nothing(desk: Desk, site: Site, team: Team) -> None:
    evil = EVIL[:90]
    menu = {
        "name": evil,
        "start": "a",
        "screens": {
            "a": {"kind": "choices", "text": EVIL, "choices": [{"key": "1", "label": EVIL, "next": "b", "set": {"x": EVIL}}]},
            "b": {"kind": "input", "text": EVIL, "input": {"variable": "y", "type": "text", "error": EVIL}, "next": "c"},
            "c": {"kind": "condition", "rules": [{"when": {"variable": "x", "op": "eq", "value": EVIL}, "next": "d"}], "else": "d"},
            "d": {"kind": "end", "text": EVIL, "actions": [{"kind": "send_sms", "to": "{msisdn}", "text": EVIL}]},
        },
        "texts": {"back": "<b>Bck</b>"},
    }  # fmt: skip
    uuid = str(site.api("owner", "POST", "/ussd/menus", menu)["uuid"])
    site.api("owner", "POST", f"/ussd/menus/{uuid}/publish", {"note": EVIL})
    page = desk.open("/ussd")
    expect(page.get_by_role("link", name=evil)).to_be_visible()
    for screen in "abcd":
        desk.open(f"/ussd/menus/{uuid}?screen={screen}")
        expect(page.get_by_role("heading", level=1)).to_have_text(evil)
    phone(page).get_by_role("button", name="Dial").click()
    expect(phone(page).get_by_text(EVIL).first).to_be_visible()
    typed(page, "1", EVIL)
    typed(page, EVIL[:60], EVIL)
    expect(phone(page).get_by_text("A message to 254700000000")).to_be_visible()
    desk.open(f"/ussd/menus/{uuid}?tab=versions")
    expect(page.get_by_text(EVIL).first).to_be_visible()
    assert page.evaluate("window.hacked") is None

    page.goto("about:blank")  # else it asks for something between the two logins
    desk.log_in("viewer").open(f"/ussd/menus/{uuid}")
    expect(page.get_by_label("Text", exact=True)).to_be_disabled()
    expect(page.get_by_role("button", name="Publish")).to_have_count(0)
    phone(page).get_by_role("button", name="Dial").click()
    expect(phone(page).get_by_text(EVIL).first).to_be_visible()
    desk.open("/ussd?tab=extensions")
    expect(page.get_by_role("button", name="Ask for an extension")).to_have_count(0)
