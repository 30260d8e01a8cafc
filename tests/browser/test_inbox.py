"""The inbox and suppressions in a real browser."""

import pytest
from playwright.sync_api import expect

from tests.browser.desk import Desk
from tests.browser.site import Site, Team
from tests.whole.programs import eventually

CODE = "22392"
#: The phone of the sandbox that sends back what it gets, to a sender that is a number.
ECHO = "+254700000008"


@pytest.fixture(scope="module")
def team(site: Site) -> Team:
    """A team to which nobody has written yet."""
    return site.team("--sender", CODE)


@pytest.fixture
def inbox(desk: Desk, team: Team) -> Desk:
    """The owner of that team at their desk."""
    return desk.log_in(team.owner)


def hear(site: Site, team: Team, text: str) -> None:
    """Have the phone write to the team."""
    site.api(team.token, "POST", "/messages", {"to": ECHO, "message": text, "sender_id": CODE})
    eventually(lambda: text in str(site.api(team.token, "GET", "/inbound")["items"]), f"{text!r} came in")


def test_a_message_comes_in_live_is_answered_and_its_phone_becomes_a_contact(
    inbox: Desk, site: Site, team: Team
) -> None:
    page = inbox.open("/inbox")
    expect(page.get_by_text("No messages from phones yet")).to_be_visible()
    inbox.looks("inbox-empty")
    hear(site, team, "Is the shop open?")
    talk = page.get_by_role("link", name="Is the shop open?")
    expect(talk).to_be_visible()
    talk.click()
    expect(page.get_by_role("heading", name="+254 700 000 008")).to_be_visible()
    log = page.get_by_role("log")
    expect(log.get_by_text("Is the shop open?")).to_have_count(2)  # as it was sent, and as it came back

    page.get_by_role("button", name="Add contact").click()
    page.get_by_label("First name").fill("Grace")
    page.get_by_role("button", name="Create contact").click()
    expect(page.get_by_role("heading", name="Grace")).to_be_visible()

    page.get_by_role("textbox", name="Answer").fill("Yes, until six.")
    expect(page.get_by_text("1 part").first).to_be_visible()
    inbox.looks("inbox-thread")
    page.get_by_role("textbox", name="Answer").press("Control+Enter")
    expect(log.get_by_text("Yes, until six.")).to_have_count(2)  # the phone sends it back at once
    expect(log.get_by_text("Delivered").first).to_be_visible()
    expect(page.get_by_role("textbox", name="Answer")).to_have_value("")
    page = inbox.open("/inbox")
    expect(page.get_by_role("link", name="Grace")).to_be_visible()
    inbox.looks("inbox")


def test_who_says_stop_is_suppressed_and_let_go_on_with_a_way_back(inbox: Desk, site: Site, team: Team) -> None:
    hear(site, team, "STOP")
    page = inbox.open(f"/inbox/{ECHO.replace('+', '%2B')}")
    stop = page.locator(".pp-stop-line")
    expect(stop).to_contain_text("They said STOP")
    inbox.looks("inbox-suppressed")
    stop.get_by_role("button", name="Lift").click()
    question = page.get_by_role("alertdialog")
    expect(question).to_contain_text("This person said STOP")
    question.get_by_role("button", name="Lift").click()
    expect(stop).to_have_count(0)
    page.get_by_role("button", name="Undo").last.click()
    expect(stop).to_contain_text("Your team")

    page.get_by_role("button", name="More about this conversation").click()
    page.get_by_role("menuitem", name="Suppress this number").click()
    page.get_by_role("dialog").get_by_role("button", name="Suppress").click()
    expect(page.get_by_text("Gets no messages of any sender")).to_be_visible()
    expect(page.get_by_text("This number gets no messages.")).to_be_visible()


def test_suppressions_are_listed_added_found_and_taken_away(inbox: Desk, site: Site, team: Team) -> None:
    page = inbox.open("/suppressions")
    page.get_by_role("button", name="Add a suppression").click()
    page.get_by_role("textbox", name="Phone").fill("0712 999 001")
    page.get_by_role("dialog").get_by_label("Sender").select_option("TextBlast")
    page.get_by_role("dialog").get_by_role("button", name="Suppress").click()
    row = page.get_by_role("row", name="712 999 001")
    expect(row).to_contain_text("TextBlast")
    inbox.looks("suppressions")
    page.get_by_role("searchbox", name="Phone").fill("+254712999001")
    expect(page.get_by_role("row")).to_have_count(2)
    row.get_by_role("button", name="Lift the suppression").click()
    page.get_by_role("alertdialog").get_by_role("button", name="Lift").click()
    expect(page.get_by_text("No suppression fits these filters.")).to_be_visible()
    page.get_by_role("button", name="Undo").last.click()
    expect(row).to_be_visible()
    assert site.api(team.token, "GET", "/suppressions?phone=%2B254712999001")["total"] == 1

    inbox.log_in("viewer")
    page = inbox.open("/suppressions")
    expect(page.get_by_role("button", name="Add a suppression")).to_have_count(0)
