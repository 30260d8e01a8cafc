"""Pages do not jump: what somebody has begun to read stays where it is while the rest of the page comes."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.conftest import running_site
from tests.browser.desk import NARROW, USUAL, Desk
from tests.browser.filled import Filled, filled, person
from tests.browser.settling import settled, watching
from tests.browser.site import Site

#: What a page may shift until it has settled: "good" by the web vitals (https://web.dev/articles/cls, 2023), which count the worst
#: five seconds; here it is the sum of all.
LIMIT = 0.1


@pytest.fixture(scope="module")
def site(first_state: Path) -> Iterator[Site]:
    """A node of its own: what other stories leave behind comes and goes while one looks."""
    with running_site(first_state) as made:
        yield made


@pytest.fixture(scope="module")
def team(site: Site) -> Iterator[Filled]:
    """A team that has something on every page."""
    with filled(site) as made:
        yield made


@pytest.fixture
def watched(site: Site, browser: Browser) -> Iterator[Desk]:
    """A desk whose pages write down what shifts."""
    with watching(site, browser) as made:
        yield made


def jumped(page: Page, address: str) -> list[str]:
    """Open a page, and return what shifted until it had settled where that was too much."""
    page.goto(address)
    seen = settled(page)
    return seen["shifts"] if seen["sum"] >= LIMIT else []


@pytest.mark.parametrize("who", ["nobody", "owner", "platform"])
def test_no_page_jumps_while_it_comes(watched: Desk, site: Site, team: Filled, who: str) -> None:
    if who == "nobody":
        watched.log_out()
    else:
        watched.log_in(person(team, who))
    page = watched.open("/")
    paths = team.paths(page, who)
    jumps = {}
    for size in (USUAL, NARROW):
        page.set_viewport_size(size)  # type: ignore[arg-type]
        for path in paths:
            if found := jumped(page, f"{site.url}/app{path}"):
                jumps[f"{path} at {size['width']} px"] = found
    assert jumps == {}, "\n".join(f"{where}:\n  " + "\n  ".join(shifts) for where, shifts in jumps.items())
