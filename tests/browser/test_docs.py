"""The reference at `/docs` in a real browser: found, read in one language, and tried."""

import json
import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.desk import Desk
from tests.browser.site import Site


@pytest.fixture
def reference(site: Site, desk: Desk) -> Page:
    """The page as a developer sees it who has no login."""
    desk.log_out()
    desk.page.goto(f"{site.url}/docs")
    expect(desk.page.get_by_role("heading", level=1)).to_have_text("REST API v1")
    return desk.page


def article(page: Page, heading: str) -> Locator:
    """The part about one call."""
    found = page.locator("article").filter(has=page.locator("h3", has_text=re.compile(f"^{re.escape(heading)}$")))
    expect(found).to_have_count(1)
    return found


def tried(page: Page, heading: str) -> Locator:
    """The same with its form open."""
    found = article(page, heading)
    found.get_by_text("Try it", exact=True).click()
    expect(found.get_by_role("button", name="Send")).to_be_visible()
    return found


def test_a_call_is_found_by_its_words_from_the_keyboard(reference: Page) -> None:
    reference.keyboard.press("/")
    expect(reference.get_by_label("Find")).to_be_focused()
    reference.keyboard.type("cancel message sent")
    expect(article(reference, "Cancel a message that has not been sent")).to_be_visible()
    expect(article(reference, "List groups, newest first")).to_be_hidden()
    expect(reference.get_by_role("link", name="List groups, newest first")).to_be_hidden()
    reference.keyboard.type(" zebra")
    expect(reference.get_by_text("Nothing here has these words.")).to_be_visible()
    reference.get_by_label("Find").fill("")
    expect(article(reference, "List groups, newest first")).to_be_visible()
    expect(reference.get_by_text("Nothing here has these words.")).to_be_hidden()


def test_a_language_is_chosen_for_all_examples_and_stays_chosen(reference: Page) -> None:
    sent = article(reference, "Send a message")
    expect(sent.get_by_text("curl -X POST")).to_be_visible()
    reference.get_by_label("Language").select_option("PHP")
    expect(sent.get_by_text("<?php")).to_be_visible()
    expect(sent.get_by_text("curl -X POST")).to_be_hidden()
    expect(article(reference, "List contacts").get_by_text("<?php")).to_be_visible()
    reference.reload()
    expect(reference.get_by_label("Language")).to_have_value("PHP")
    expect(article(reference, "Send a message").get_by_text("<?php")).to_be_visible()


def test_a_call_is_made_with_a_token_and_its_answer_is_shown(site: Site, desk: Desk, reference: Page) -> None:
    desk.expects(401)
    found = tried(reference, "Send a message")
    body = {"to": "+254712345678", "message": "Hello <b>from</b> the reference", "sender_id": "TextBlast"}
    found.get_by_label("Body").fill(json.dumps(body))
    found.get_by_role("button", name="Send").click()
    expect(found.locator("output")).to_contain_text("unauthenticated")

    reference.get_by_label("API token").fill(site.token)
    found.get_by_role("button", name="Send").click()
    answer = found.locator("output")
    expect(answer).to_contain_text("Hello <b>from</b> the reference")
    expect(answer).to_contain_text("200, ")
    uuid = json.loads(answer.inner_text().partition("\n\n")[2])["data"]["uuid"]
    site.delivered(uuid)

    asked = tried(reference, "Get a message")
    asked.get_by_label("uuid").fill(uuid)
    asked.get_by_role("button", name="Send").click()
    expect(asked.locator("output")).to_contain_text('"status": "delivered"')


def test_the_reference_can_be_read_by_everybody(desk: Desk, reference: Page) -> None:
    reference.set_viewport_size({"width": 360, "height": 740})
    assert desk.too_wide() == []
    reference.get_by_label("Find").fill("remove up to 1,000 contacts from the group")
    tried(reference, "Remove up to 1,000 contacts from the group")
    reference.evaluate(
        "document.querySelectorAll('main [hidden]').forEach((each) => each.remove())"
    )  # else it takes a minute
    desk.looks("docs")
