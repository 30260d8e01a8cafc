"""A campaign with short links in the browser: made with the wizard, followed, and who followed them is seen."""

import http.client
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import running_site
from tests.browser.desk import NARROW, Desk
from tests.browser.office import row
from tests.browser.site import Site
from tests.browser.test_campaigns import confirmed, grouped
from tests.browser.test_shell import middle
from tests.whole.programs import HOST, PATIENCE_S, eventually

URLS = ("https://shop.example.com/may?utm_source=sms", "https://shop.example.com/stores")
PHONE_BROWSER = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 Version/18.1 Mobile Safari/604.1"
)


@pytest.fixture(scope="module")
def site(first_state: Path) -> Iterator[Site]:
    """A node that has an address for short links."""
    with running_site(first_state, '[links]\nbase_url = "http://localhost/go"\n') as made:
        yield made


def follow(site: Site, path: str) -> tuple[int, str | None]:
    """Press a link on a phone; return the status, and where it leads."""
    connection = http.client.HTTPConnection(HOST, site.node.http_port, timeout=PATIENCE_S)
    connection.request("GET", path, headers={"Host": "localhost", "User-Agent": PHONE_BROWSER})
    answer = connection.getresponse()
    connection.close()
    return answer.status, answer.getheader("Location")


def test_who_followed_which_link_is_seen(site: Site, desk: Desk) -> None:
    team = site.team()
    grouped(site, team, "Customers", (("+254712000001", "Jane"), ("+254712000002", "Musa")))
    page = desk.log_in(team.owner).open("/campaigns/new")
    page.get_by_label("Name", exact=True).fill("May")
    page.get_by_role("checkbox", name="Customers").check()
    page.get_by_role("button", name="Next: What").click()
    page.get_by_role("textbox", name="Text").fill(f"Hi {{first_name:there}}, {URLS[0]} or {URLS[1]} now")
    page.get_by_role("checkbox", name=re.compile("links", re.IGNORECASE)).check()
    page.get_by_role("button", name="Next: When").click()
    page.get_by_role("button", name="Next: Check and send").click()
    page.get_by_role("button", name=re.compile("^Send to 2 people for")).click()
    confirmed(page, "2 people", act="Send now")
    expect(page.locator(".page-status")).to_have_text("Completed")
    page.get_by_role("tab", name="Links").click()
    expect(row(page, URLS[0])).to_contain_text("0%")
    expect(page.get_by_text("Nobody has followed a link yet")).to_be_visible()

    texts = {each["to"]: each["message"] for each in site.api(team.token, "GET", "/messages")["items"]}
    first, second = re.findall(r"http://localhost(/go/\w+)", texts["+254712000001"])
    assert follow(site, first) == (302, URLS[0])
    assert follow(site, first) == (302, URLS[0])
    assert follow(site, second) == (302, URLS[1])
    eventually(
        lambda: (
            len(site.api(team.token, "GET", f"/campaigns/{page.url.split('/')[-1].split('?')[0]}/clicks")["items"]) == 2
        ),
        "the clicks are told",
    )
    page.reload()
    expect(row(page, URLS[0])).to_contain_text("50%")
    clicked = page.get_by_role("table", name="Who followed").get_by_role("row").filter(has_text="254 712 000 001")
    expect(clicked).to_have_count(2)
    desk.looks("campaign-links")
    page.set_viewport_size(NARROW)  # type: ignore[arg-type]
    more = page.get_by_role("main").get_by_role("button", name=re.compile("More|Actions")).first
    assert abs(middle(more) - middle(page.locator("h1"))) < 40  # nor does a menu that is all there is stand alone below
    page.get_by_label("Link", exact=True).select_option(label=f"2  {URLS[1]}")
    expect(clicked).to_have_count(1)
