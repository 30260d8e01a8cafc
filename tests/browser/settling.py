"""Pages of which one knows when they have settled, and what shifted until then."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Browser, Page

from tests.browser.desk import CONTEXT, Desk
from tests.browser.site import Site

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


@contextmanager
def watching(site: Site, browser: Browser) -> Iterator[Desk]:
    """Give a desk whose pages write down what shifts, with nobody logged in."""
    context = browser.new_context(**CONTEXT)
    context.add_init_script(f"({_WATCH})()")
    made = Desk(site, context, context.new_page())
    made.watch()
    try:
        yield made
        made.clean()
    finally:
        context.close()


def settled(page: Page) -> dict[str, Any]:
    """Wait until a page of such a desk has settled; return the `sum` of what shifted, and each of the `shifts` in words."""
    seen: dict[str, Any] = page.evaluate(_SETTLED)
    return seen
