"""Pages do not jump: what somebody has begun to read stays where it is while the rest of the page comes."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.conftest import running_site
from tests.browser.desk import CONTEXT, NARROW, USUAL, Desk
from tests.browser.filled import Filled, filled, person
from tests.browser.site import Site

#: What a page may shift until it has settled: "good" by the web vitals (https://web.dev/articles/cls, 2023), which count the worst
#: five seconds; here it is the sum of all.
LIMIT = 0.1
#: Counts the calls of the API that are under way and keeps what shifts. An answer comes when the page has shown that it waits for it.
_WATCH = """() => {
    const real = window.fetch, named = (node) => node?.nodeType === 1
        ? `${node.localName}.${[...node.classList].join(".")} ${JSON.stringify(node.innerText?.slice(0, 40) ?? "")}`
        : String(node?.nodeName);
    const frame = () => new Promise((done) => requestAnimationFrame(done));
    const seen = window.seen = { asked: 0, sum: 0, shifts: [], frame };
    window.fetch = async (...given) => {
        seen.asked += 1;
        try {
            const answer = await real(...given);
            do {
                await frame();
                await frame();
            } while (document.querySelector(".not-yet"));
            return answer;
        } finally {
            seen.asked -= 1;
        }
    };
    new PerformanceObserver((list) => list.getEntries().filter((each) => !each.hadRecentInput).forEach((each) => {
        seen.sum += each.value;
        seen.shifts.push(`${each.value.toFixed(3)}: ${each.sources.map(({ node, previousRect: from, currentRect: to }) =>
            `${named(node)} ${Math.round(from.y)} to ${Math.round(to.y)}`).join(", ")}`);
    })).observe({ type: "layout-shift", buffered: true });
}"""
#: A page has settled when it has its heading, asks for nothing and waits for nothing, for some frames.
_SETTLED = """async () => {
    const there = (what) => document.querySelector(what);
    const waits = () => window.seen.asked || !there("h1") || there(".not-yet, .skeleton, .on-its-way.is-on");
    for (let quiet = 0; quiet < 6; quiet += 1) {
        await window.seen.frame();
        quiet = waits() ? 0 : quiet;
    }
    return { sum: window.seen.sum, shifts: window.seen.shifts };
}"""


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
    context = browser.new_context(**CONTEXT)
    context.add_init_script(f"({_WATCH})()")
    made = Desk(site, context, context.new_page())
    made.watch()
    yield made
    try:
        made.clean()
    finally:
        context.close()


def jumped(page: Page, address: str) -> list[str]:
    """Open a page, and return what shifted until it had settled where that was too much."""
    page.goto(address)
    seen: dict[str, Any] = page.evaluate(_SETTLED)
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
