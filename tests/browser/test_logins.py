"""One login in several tabs, on a network that loses answers."""

from urllib.request import Request, urlopen

from playwright.sync_api import Page, Route, expect

from tests.browser.desk import Desk
from tests.browser.site import OTHER, Site
from tests.browser.test_shell import fill_group, go_on_in, heading
from tests.whole.programs import eventually

ACCESS = "mobilesasa.access"  # where a page keeps until when access is good


def reaches_the_node_only(desk: Desk, route: Route) -> None:
    """Bring a call to the node with the cookies that the browser has now, and keep its answer from the browser."""
    asked = route.request
    cookies = "; ".join(f"{each['name']}={each['value']}" for each in desk.context.cookies(asked.url))
    headers = {**asked.headers, "cookie": cookies}
    with urlopen(Request(asked.url, asked.post_data_buffer, headers, method=asked.method)) as answer:  # noqa: S310 - our own node
        assert answer.status == 200


def refresh_cookie(desk: Desk) -> str:
    (found,) = [each["value"] for each in desk.context.cookies() if each["name"].endswith("mobilesasa_refresh")]
    return found


def test_who_loses_the_answer_of_a_refresh_stays_logged_in(site: Site, desk: Desk) -> None:
    """The browser has the token of before, and no other, when the page is loaded anew in the middle of it."""
    reached: list[Route] = []

    def lose(route: Route) -> None:
        reaches_the_node_only(desk, route)
        reached.append(route)

    page = desk.open("/overview")
    page.wait_for_load_state("networkidle")
    before = refresh_cookie(desk)
    page.evaluate(f"localStorage.setItem('{ACCESS}', '1')")
    page.route("**/api/v1/auth/refresh", lose, times=1)
    page.get_by_role("link", name="Groups").click()
    eventually(lambda: page.title() and reached, "the node has answered")
    assert refresh_cookie(desk) == before
    page.reload()
    heading(page, "Groups")
    expect(page.get_by_role("button", name="Team: Acme Ltd")).to_be_visible()
    assert refresh_cookie(desk) != before
    go_on_in(page, "Good Works")
    desk.open("/groups")
    heading(page, "Groups")


def test_who_loses_the_answer_of_a_change_of_the_team_is_told_so_and_stays_logged_in(site: Site, desk: Desk) -> None:
    def lose(route: Route) -> None:
        reaches_the_node_only(desk, route)
        route.abort("aborted")

    page = desk.open("/overview")
    page.wait_for_load_state("networkidle")
    page.route("**/api/v1/auth/refresh", lose, times=1)
    page.get_by_role("button", name="Team: Acme Ltd").click()
    page.get_by_role("menuitemradio", name="Good Works").click()
    expect(page.get_by_text("The server cannot be reached").first).to_be_visible()
    page.reload()
    expect(page.get_by_role("button", name="Team: Good Works")).to_be_visible()
    go_on_in(page, "Acme Ltd")


def groups_of(site: Site, team: str) -> set[str]:
    return {each["name"] for each in site.api(site.teams[team].token, "GET", "/groups")["items"]}


def late_tab(desk: Desk, site: Site, path: str) -> Page:
    """A tab that hears nothing of the others."""
    page = desk.context.new_page()
    page.add_init_script("delete window.BroadcastChannel")
    page.goto(f"{site.url}/app{path}")
    return page


def test_a_write_that_is_under_way_when_another_tab_changes_the_team_is_done_in_neither(site: Site, desk: Desk) -> None:
    """It left the tab with all that the tab could know, and reaches the node with the cookies of the other team."""
    held: list[Route] = []
    desk.expects(409)
    desk.open("/overview")
    writing = late_tab(desk, site, "/groups")
    fill_group(writing, "Of Acme, too late")
    writing.route(
        "**/api/v1/groups", lambda route: held.append(route) if route.request.method == "POST" else route.continue_()
    )
    writing.keyboard.press("Enter")
    eventually(lambda: writing.title() and held, "the write is under way")
    go_on_in(desk.page, "Good Works")
    assert held[0].request.headers["x-team"] == site.teams["ACME"].code
    with writing.expect_response(lambda answer: answer.request.method == "POST") as answered:
        held[0].continue_()
    assert (answered.value.status, answered.value.json()["code"]) == (409, "team_changed")
    expect(writing.get_by_text("Another tab has changed the team, so nothing was done").last).to_be_visible()
    expect(writing.get_by_role("button", name="Team: Good Works")).to_be_visible()
    assert all("Of Acme, too late" not in groups_of(site, team) for team in site.teams)
    writing.unroute("**/api/v1/groups")
    fill_group(writing, "Of Good Works, in time")
    writing.keyboard.press("Enter")
    expect(writing.get_by_role("dialog")).to_have_count(0)
    assert "Of Good Works, in time" in groups_of(site, OTHER)


def test_what_a_tab_reads_for_the_team_of_before_it_shows_as_the_other_team_has_it(site: Site, desk: Desk) -> None:
    desk.expects(409)
    desk.open("/overview")
    reading = late_tab(desk, site, "/overview")
    heading(reading, "Overview")
    go_on_in(desk.page, "Good Works")
    expect(reading.get_by_role("button", name="Team: Acme Ltd")).to_be_visible()
    reading.get_by_role("navigation", name="Main menu").get_by_role("link", name="Groups").click()
    heading(reading, "Groups")
    expect(reading.get_by_role("button", name="Team: Good Works")).to_be_visible()
    expect(
        reading.get_by_text("Another tab went on in the team Good Works, and so did this one.").first
    ).to_be_visible()
    expect(reading.get_by_text("nothing was done")).to_have_count(0)
