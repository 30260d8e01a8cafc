"""The dashboard by keyboard alone: Tab comes to all there is and shows where one is; dialogs and menus keep the focus and give it back."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.conftest import running_site
from tests.browser.desk import Desk
from tests.browser.filled import Filled, filled, person
from tests.browser.settling import settled, watching
from tests.browser.site import Site

MOST = 400  # presses of Tab on a page; the longest of these take less than half of it
_WALK = (Path(__file__).parent / "walk.js").read_text()


@pytest.fixture(scope="module")
def site(first_state: Path) -> Iterator[Site]:
    """A node of its own: what other stories leave behind comes and goes while one walks."""
    with running_site(first_state) as made:
        yield made


@pytest.fixture(scope="module")
def team(site: Site) -> Iterator[Filled]:
    """A team that has something on every page."""
    with filled(site) as made:
        yield made


@pytest.fixture
def keys(site: Site, browser: Browser) -> Iterator[Desk]:
    """A desk of somebody who has no mouse."""
    with watching(site, browser) as made:
        made.context.add_init_script(f"({_WALK.strip()})()")
        yield made


def walked(page: Page) -> list[str]:
    """Press Tab through a page that has settled until it begins anew, and return all that is wrong on the way."""
    page.evaluate("walk.begin()")
    seen: dict[int, dict[str, Any]] = {}
    first = last = None
    times = 0  # in a row on the same: a day has parts
    for _ in range(MOST):
        page.keyboard.press("Tab")
        at = page.evaluate("walk.at()")
        if at is None:  # behind the last
            last = None
            continue
        times = times + 1 if at["id"] == last else 1
        if times > at["parts"]:
            return [f"Tab does not leave {at['called']}"]
        if times == 1 and at["id"] == first:
            break
        seen.setdefault(at["id"], at)
        last, first = at["id"], first or at["id"]
    else:
        return [f"Tab has not come round after {MOST}"]
    wrong = [f"{at['called']} {what}" for at in seen.values() for what in at["wrong"]]
    missed = [each["called"] for each in page.evaluate("walk.wanted()") if not seen.keys() & set(each["any"])]
    wrong += [f"Tab does not come to {each}" for each in missed]
    wrong += [f"{each} has a tabindex" for each in page.evaluate("walk.positive()")]
    return wrong + [f"several rows have a button {each!r}" for each in page.evaluate("walk.twins()")]


@pytest.mark.timeout(400)  # some forty pages of some sixty things each
@pytest.mark.parametrize("who", ["nobody", "owner", "platform"])
def test_tab_comes_to_all_there_is_on_every_page_and_is_seen(keys: Desk, site: Site, team: Filled, who: str) -> None:
    if who != "nobody":
        keys.log_in(person(team, who))
    page = keys.open("/")
    wrong = {}
    for path in team.paths(page, who):
        page.goto(f"{site.url}/app{path}")
        settled(page)
        if found := walked(page):
            wrong[path] = found
    assert wrong == {}, "\n".join(f"{where}:\n  " + "\n  ".join(each) for where, each in wrong.items())


#: Where a dialog opens from which button; each can be left by Esc.
DIALOGS = [
    ("owner", "/tokens", "Create a token"),
    ("owner", "/senders", "Request a sender ID"),
    ("owner", "/webhooks", "Create a webhook"),
    ("owner", "/team", "Invite somebody"),
    ("owner", "/units", "Change the alert"),
    ("owner", "/contacts", "New contact"),
    ("platform", "/admin/teams", "New team"),
    ("platform", "/admin/carriers", "New carrier"),
    ("platform", "/admin/routes?tab=rules", "New rule"),
    ("platform", "/admin/routes", "New route"),
    ("platform", "/admin/routes?tab=networks", "Set a prefix"),
    ("platform", "/admin/prices", "Set a price"),
    ("platform", "/admin/prices?tab=costs", "Set a cost"),
    ("platform", "/admin/numbers?tab=codes", "New code"),
    ("platform", "/admin/numbers?tab=gateways", "New gateway"),
]


@pytest.mark.parametrize("who", ["owner", "platform"])
def test_a_dialog_takes_the_focus_keeps_it_and_gives_it_back(keys: Desk, team: Filled, who: str) -> None:
    keys.log_in(person(team, who))
    for _, path, button in (each for each in DIALOGS if each[0] == who):
        page = keys.open(path)
        settled(page)
        opener = page.get_by_role("button", name=button, exact=True).first
        opener.focus()
        page.keyboard.press("Enter")
        dialog = page.locator("dialog[open]")
        expect(dialog).to_be_visible()
        expect(dialog.locator(":focus")).to_have_count(1)
        for _ in range(30):
            page.keyboard.press("Tab")
            assert page.evaluate("walk.inside('dialog[open]')"), (path, button, page.evaluate("walk.at()"))
        page.keyboard.press("Escape")
        expect(dialog).to_have_count(0)
        expect(opener).to_be_focused()


def test_a_menu_opens_moves_and_closes_by_its_keys(keys: Desk, team: Filled) -> None:
    page = keys.log_in(person(team, "owner")).open("/senders")
    opener = page.get_by_role("button", name="Actions: TextBlast")
    opener.focus()
    page.keyboard.press("ArrowDown")
    items = page.get_by_role("menuitem")
    expect(items.first).to_be_focused()
    page.keyboard.press("End")
    expect(items.last).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(items.first).to_be_focused()
    page.keyboard.press("ArrowUp")
    expect(items.last).to_be_focused()
    page.keyboard.press("Home")
    expect(items.first).to_be_focused()
    page.keyboard.press("Escape")
    expect(items).to_have_count(0)
    expect(opener).to_be_focused()
    page.keyboard.press("ArrowUp")
    expect(items.last).to_be_focused()
    page.keyboard.press("Escape")
    expect(opener).to_be_focused()


def test_tabs_are_one_stop_and_change_by_the_arrows(keys: Desk, team: Filled) -> None:
    page = keys.log_in(person(team, "platform")).open("/admin/nodes")
    tabs = page.get_by_role("tab")
    tabs.first.focus()
    page.keyboard.press("ArrowRight")
    expect(tabs.nth(1)).to_be_focused()
    expect(tabs.nth(1)).to_have_attribute("aria-selected", "true")
    expect(page.get_by_role("heading", name="Retention")).to_be_visible()
    page.keyboard.press("ArrowLeft")
    expect(tabs.first).to_be_focused()
    expect(tabs.first).to_have_attribute("aria-selected", "true")


def press(page: Page, wanted: Locator, key: str = "Enter") -> None:
    """Press Tab until the focus is on a thing, and then a key."""
    expect(wanted).to_be_visible()
    for _ in range(MOST):
        if wanted.evaluate("(each) => each === document.activeElement"):
            page.keyboard.press(key)
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"Tab does not come to {wanted}")


def test_a_token_is_made_and_revoked(keys: Desk, team: Filled) -> None:
    page = keys.log_in(person(team, "owner")).open("/tokens")
    press(page, page.get_by_role("button", name="Create a token"))
    drawer = page.get_by_role("dialog", name="Create a token")
    press(page, drawer.get_by_label("Name", exact=True), "End")
    page.keyboard.type("By keyboard")
    press(page, drawer.get_by_role("button", name="Create the token"))
    press(page, page.get_by_role("button", name="I have kept it"))
    row = page.get_by_role("row").filter(has_text="By keyboard")
    press(page, row.get_by_role("button", name="Revoke"))
    press(page, page.get_by_role("alertdialog").get_by_role("button", name="Revoke"))
    expect(row).to_have_count(0)


def test_a_sender_that_waits_is_approved(keys: Desk, team: Filled, site: Site) -> None:
    page = keys.log_in(person(team, "platform")).open("/admin/approvals")
    press(page, page.get_by_role("row").filter(has_text="KIOSK LTD").get_by_role("button", name="Approve"))
    press(page, page.get_by_role("dialog").get_by_role("button", name="Approve"))
    expect(page.get_by_role("dialog")).to_have_count(0)
    senders = site.api(team.team.token, "GET", "/sender-ids")["items"]
    assert [each["status"] for each in senders if each["name"] == "KIOSK LTD"] == ["approved"]
