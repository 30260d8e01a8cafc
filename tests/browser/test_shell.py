"""The frame of the dashboard: logging in and out, teams, themes, keys, and what the first view takes."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import APIResponse, Locator, Page, Route, expect

from tests.browser.desk import Desk
from tests.browser.site import OTHER, Person, Site
from tests.whole.programs import eventually

FIRST_VIEW_OCTETS = 300_000
#: What all requests of a page have taken on the wire, heads and all, and when its first letters and its heading stood there.
_TAKEN = """() => {
    const all = [...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")];
    return {
        octets: all.reduce((sum, each) => sum + each.transferSize, 0),
        requests: all.length,
        painted: performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? 0,
        ready: performance.now(),
    };
}"""
#: Somebody who presses `/` in the very moment in which a page with a search is there, before it is painted.
_AT_ONCE = """() => new MutationObserver((_, watch) => {
    if (document.querySelector("main input[type=search]")) {
        watch.disconnect();
        document.body.dispatchEvent(new KeyboardEvent("keydown", {key: "/", bubbles: true}));
    }
}).observe(document.querySelector("main"), {childList: true, subtree: true})"""
#: What somebody may look at in a team, by their role, and who administers the platform; as the menu names it.
OPERATORS = (
    *(
        "Overview",
        "Send",
        "Messages",
        "Inbox",
        "Contacts",
        "Groups",
        "Imports",
        "Suppressions",
        "Campaigns",
        "Surveys",
        "USSD",
    ),
    *("Reports", "Exports", "Units", "Sender IDs", "SMPP", "API reference"),
)
OWNERS = (*OPERATORS, "API tokens", "Webhooks", "Team", "Audit log")
VIEWERS = {*OPERATORS, "Webhooks"} - {"Send"}


def heading(page: Page, text: str | re.Pattern[str]) -> None:
    expect(page.get_by_role("heading", level=1)).to_have_text(text)


def menu(page: Page) -> Locator:
    return page.get_by_role("navigation", name="Main menu")


def fill_login(page: Page, person: Person, password: str | None = None) -> None:
    """Fill the form and send it off."""
    page.get_by_label("Email").fill(person.email)
    page.get_by_label("Password", exact=True).fill(password or person.password)
    page.get_by_role("button", name="Log in").click()


def test_who_has_not_logged_in_comes_to_the_login_and_then_to_where_they_wanted(site: Site, desk: Desk) -> None:
    page = desk.log_out().open("/messages?status=failed")
    heading(page, "Log in")
    desk.looks("login")
    desk.expects(401)
    fill_login(page, site.people["owner"], "not the password")
    expect(page.get_by_role("alert")).to_contain_text("Email or password is wrong")
    expect(page.get_by_label("Password", exact=True)).to_be_focused()
    fill_login(page, site.people["owner"])
    heading(page, "Messages")
    expect(page).to_have_url(f"{site.url}/app/messages?status=failed")


def test_too_many_wrong_passwords_are_explained(site: Site, desk: Desk) -> None:
    desk.expects(401, 429)
    person = site.team().owner
    page = desk.log_out().open("/login")
    for _ in range(5):
        fill_login(page, person, "not the password")
        expect(page.get_by_label("Password", exact=True)).to_have_value("")
    fill_login(page, person)
    expect(page.get_by_text("Too many wrong passwords")).to_be_visible()
    expect(page.get_by_role("button", name=re.compile(r"Log in \(wait 1[45]:\d\d\)"))).to_be_disabled()
    page.get_by_text("Forgot your password?").click()
    expect(page.get_by_text(f"mobilesasa user password {person.email} --link")).to_be_visible()
    desk.looks("login-locked")


def test_who_logs_out_is_out_and_the_machine_keeps_their_language_and_theme(site: Site, desk: Desk) -> None:
    page = desk.open("/overview")
    page.evaluate("localStorage.setItem('mobilesasa.language', 'sw')")  # there is no second one to choose yet
    page.get_by_role("button", name="Theme").click()
    page.get_by_role("menuitemradio", name="Dark").click()
    page.get_by_role("button", name=re.compile("Your account")).click()
    page.get_by_role("menuitem", name="Log out").click()
    heading(page, "Log in")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    assert page.evaluate("localStorage.getItem('mobilesasa.language')") == "sw"
    expect(page.get_by_text("You are logged out.")).to_be_visible()
    page.goto(f"{site.url}/app/messages")
    heading(page, "Log in")
    assert [each for each in desk.context.cookies() if each["value"]] == []


def test_a_password_is_set_with_a_link_and_all_logins_are_seen_and_ended(site: Site, desk: Desk) -> None:
    team = site.team()
    token = site.node.quickly("user", "password", team.owner.email, "--link")["link_token"]
    page = desk.log_out().open(f"/link?token={token}")
    new = "five mice under the stairs"
    page.get_by_label("New password").fill(new)
    page.get_by_label("The same again").fill(new)
    desk.looks("link")
    page.get_by_role("button", name="Set the password").click()
    heading(page, "Log in")
    fill_login(page, Person(team.owner.email, new))
    heading(page, "Overview")
    desk.open("/profile")
    expect(page.get_by_text("This one", exact=True)).to_be_visible()
    desk.looks("profile")
    page.get_by_role("button", name="Log out everywhere").click()
    page.get_by_role("alertdialog").get_by_role("button", name="Log out everywhere").click()
    heading(page, "Log in")


def test_somebody_works_in_another_team_with_what_they_are_there(site: Site, desk: Desk) -> None:
    page = desk.open("/team")
    page.wait_for_load_state("networkidle")
    before = len(desk.requests)
    page.get_by_role("button", name="Team: Acme Ltd").click()
    page.get_by_role("menuitemradio", name="Good Works").click()
    expect(page.get_by_role("button", name="Team: Good Works")).to_be_visible()
    expect(page.get_by_text("Your role does not open this")).to_be_visible()
    assert [each for each in desk.requests[before:] if "/team/members" in each] == []  # not even asked for
    expect(menu(page).get_by_role("link", name="API tokens")).to_have_count(0)
    desk.looks("forbidden")
    desk.open("/overview")
    expect(page.get_by_role("button", name="Team: Good Works")).to_be_visible()


def go_on_in(page: Page, team: str) -> None:
    page.get_by_role("button", name=re.compile("^Team: ")).click()
    page.get_by_role("menuitemradio", name=team).click()
    expect(page.get_by_role("button", name=f"Team: {team}")).to_be_visible()


def fill_group(page: Page, name: str) -> None:
    page.get_by_role("button", name="New group").first.click()
    page.get_by_role("dialog").get_by_label("Name").fill(name)


def test_a_tab_writes_only_to_the_team_that_it_shows(site: Site, desk: Desk) -> None:
    """The tabs share their cookies: one that has not heard of another team must not write to it."""
    desk.expects(409)
    desk.open("/overview")
    deaf = desk.context.new_page()
    deaf.add_init_script("delete window.BroadcastChannel")
    hearing = desk.context.new_page()
    for page in (deaf, hearing):
        page.goto(f"{site.url}/app/groups")
        fill_group(page, "Of Acme only")
    go_on_in(desk.page, "Good Works")
    expect(hearing.get_by_role("button", name="Team: Good Works")).to_be_visible()
    expect(hearing.get_by_role("dialog")).to_have_count(0)
    expect(deaf.get_by_role("button", name="Team: Acme Ltd")).to_have_count(1)
    deaf.keyboard.press("Enter")
    expect(deaf.get_by_text("Another tab has changed the team, so nothing was done").last).to_be_visible()
    expect(deaf.get_by_role("button", name="Team: Good Works")).to_be_visible()
    for team in site.teams.values():
        named = {each["name"] for each in site.api(team.token, "GET", "/groups")["items"]}
        assert "Of Acme only" not in named
    fill_group(deaf, "Of Good Works")
    deaf.keyboard.press("Enter")
    expect(deaf.get_by_role("dialog")).to_have_count(0)
    named = {each["name"] for each in site.api(site.teams[OTHER].token, "GET", "/groups")["items"]}
    assert "Of Good Works" in named


def test_what_undoes_a_write_is_not_offered_in_another_team(site: Site, desk: Desk) -> None:
    phones = ["+254712999301", "+254712999302"]
    for phone in phones:
        site.api("owner", "POST", "/suppressions", {"phone": phone})
    page = desk.open("/suppressions")
    held: list[tuple[Route, APIResponse]] = []

    def lift(phone: str) -> None:
        page.get_by_role("row", name=phone).get_by_role("button", name="Lift the suppression").click()
        page.get_by_role("alertdialog").get_by_role("button", name="Lift").click()

    lift("712 999 301")
    expect(page.get_by_role("button", name="Undo")).to_be_visible()
    page.route(
        "**/api/v1/suppressions/*", lambda route: held.append((route, route.fetch()))
    )  # it is done, and its answer waits
    lift("712 999 302")
    eventually(lambda: page.title() and held, "the second is being lifted")
    go_on_in(page, "Good Works")
    expect(page.get_by_text("You now work in Good Works").first).to_be_visible()
    undo = page.get_by_role("button", name="Undo")  # it goes by itself after a while, so nothing waits for that
    assert undo.count() == 0  # of the first one
    route, answer = held[0]
    route.fulfill(response=answer)
    expect(page.locator(".toast").filter(has_text="712 999 302")).to_be_visible()
    assert undo.count() == 0
    assert site.api(site.teams[OTHER].token, "GET", "/suppressions")["total"] == 0


def test_a_theme_that_was_chosen_stays(desk: Desk) -> None:
    page = desk.open("/overview")
    root = page.locator("html")
    expect(root).to_have_attribute("data-theme", "light")
    page.get_by_role("button", name="Theme").click()
    page.get_by_role("menuitemradio", name="Dark").click()
    expect(root).to_have_attribute("data-theme", "dark")
    page.reload()
    expect(root).to_have_attribute("data-theme", "dark")
    page.get_by_role("button", name="Theme").click()
    page.get_by_role("menuitemradio", name="As the device").click()
    expect(root).to_have_attribute("data-theme", "light")


def test_everything_is_reached_by_keys(site: Site, desk: Desk) -> None:
    page = desk.open("/overview")
    page.keyboard.press("?")
    keys = page.get_by_role("dialog", name="Keyboard keys")
    expect(keys).to_contain_text("Search on the page")
    expect(keys).to_contain_text("Campaigns")
    desk.looks("keys")
    page.keyboard.press("Escape")
    expect(keys).to_be_hidden()
    page.keyboard.press("g")
    page.keyboard.press("m")
    heading(page, "Messages")
    page.keyboard.press("/")
    expect(page.locator("main input[type=search]:focus")).to_have_count(1)
    page.keyboard.type("gm")  # who types goes nowhere
    heading(page, "Messages")
    page.keyboard.press("Control+k")
    desk.looks("palette")
    page.get_by_role("combobox", name="Go anywhere").fill("surv")
    page.keyboard.press("Enter")
    heading(page, "Surveys")
    expect(page).to_have_url(f"{site.url}/app/surveys")
    page.reload()
    heading(page, "Surveys")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_be_focused()


def test_who_searches_as_soon_as_a_page_comes_is_not_taken_to_its_heading(desk: Desk) -> None:
    page = desk.open("/overview")
    page.evaluate(_AT_ONCE)
    page.keyboard.press("g")
    page.keyboard.press("m")
    expect(page).to_have_title(
        re.compile("^Messages")
    )  # set where the page that has come is arrived at, after it was painted
    expect(page.locator("main input[type=search]:focus")).to_have_count(1)


def test_the_menu_is_a_drawer_where_it_is_narrow(desk: Desk) -> None:
    page = desk.open("/overview")
    page.set_viewport_size({"width": 360, "height": 740})
    expect(menu(page)).to_be_hidden()
    page.get_by_role("button", name="Open the menu").click()
    drawer = page.get_by_role("dialog", name="Main menu")
    expect(drawer.get_by_role("link", name="Overview")).to_be_focused()
    drawer.get_by_role("link", name="Contacts").click()
    heading(page, "Contacts")
    expect(drawer).to_be_hidden()


def test_where_it_is_narrow_the_chosen_tab_is_in_sight_and_no_button_stands_alone(site: Site, desk: Desk) -> None:
    made = site.api(site.token, "POST", "/contacts", {"phone": "+254712999303", "first_name": "Narrow"})
    desk.page.set_viewport_size({"width": 360, "height": 740})
    page = desk.open(f"/contacts/{made['uuid']}")
    more = page.get_by_role("button", name="More about this contact")
    edit = page.get_by_role("button", name="Edit", exact=True)
    expect(page.get_by_role("navigation", name="Where you are").locator("svg")).to_have_count(0)
    assert abs(middle(more) - middle(page.locator("h1"))) < 40 < middle(edit) - middle(more)
    page.get_by_role("tab").last.click()
    page.reload()
    expect(page.get_by_role("tab").last).to_be_in_viewport(ratio=1)


def middle(place: Locator) -> float:
    """Return how far down the middle of something stands, in px."""
    box = place.bounding_box()
    assert box is not None
    return box["y"] + box["height"] / 2


def test_what_is_nowhere_says_so(desk: Desk) -> None:
    page = desk.open("/no/such/page")
    expect(page.get_by_text("There is nothing here")).to_be_visible()
    desk.looks("missing")


def opened(page: Page, places: list[str]) -> list[str]:
    """Go to each place of the menu, and return those whose heading or whose text is that of a failure."""
    failed = []
    for place in places:
        menu(page).get_by_role("link", name=place, exact=True).click()
        expect(menu(page).get_by_role("link", name=place, exact=True)).to_have_attribute("aria-current", "page")
        expect(page.locator("h1")).to_be_visible()
        page.wait_for_load_state("networkidle")
        if page.get_by_text(re.compile("could not be loaded|This page failed|does not open this")).count():
            failed.append(place)
    return failed


@pytest.mark.parametrize(("who", "places"), [("owner", {*OWNERS}), ("operator", {*OPERATORS}), ("viewer", VIEWERS)])
def test_decision_90_the_menu_has_all_that_a_role_opens_and_each_of_it_opens(
    desk: Desk, who: str, places: set[str]
) -> None:
    page = desk.log_in(who).open("/overview")
    named = menu(page).get_by_role("link").all_inner_texts()
    assert {name.strip() for name in named} == places
    assert opened(page, sorted(places - {"API reference"})) == []


def test_decision_90_who_administers_the_platform_has_pages_of_their_own(desk: Desk) -> None:
    page = desk.log_in("platform").open("/admin")
    platform = menu(page).get_by_role("group", name="Platform")
    places = [name.strip() for name in platform.get_by_role("link").all_inner_texts()]
    assert len(places) == 12
    assert opened(page, places) == []


@pytest.mark.parametrize("path", ["/login", "/overview"])
def test_the_first_view_is_small(desk: Desk, path: str, record_property: Callable[[str, object], None]) -> None:
    if path == "/login":
        desk.log_out()
    page = desk.open(path)
    ready = page.evaluate(_TAKEN)
    page.wait_for_load_state("networkidle")
    whole = page.evaluate(_TAKEN)
    figures = {name: round(ready[name]) for name in ("painted", "ready")} | {
        name: whole[name] for name in ("octets", "requests")
    }
    record_property(f"first view of {path}", figures)
    print(f"first view of {path}, in ms and octets: {figures}")  # noqa: T201
    assert 20_000 < whole["octets"] <= FIRST_VIEW_OCTETS


def test_a_page_that_asks_again_by_itself_appears_on_a_slow_line_too(desk: Desk) -> None:
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    desk.log_in("platform")
    desk.page.clock.install()
    desk.page.route("**/api/v1/admin/nodes*", hold)
    page = desk.open("/admin/nodes")
    eventually(lambda: page.title() and held, "the page has asked")
    page.clock.run_for(20_000)
    expect(page.get_by_role("row")).to_have_count(0)
    assert len(held) == 1
    held[0].continue_()
    expect(page.get_by_role("row").nth(1)).to_be_visible()
