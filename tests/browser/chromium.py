"""The browser of these tests: Debian's Chromium, as it is installed or as `.ci/foreign` has unpacked it, by Playwright."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from tests.clients.foreign import FOLDER, environment, program

AXE = FOLDER / "npm" / "node_modules" / "axe-core" / "axe.min.js"
#: It refuses to start with its sandbox as root, which tests in a container are, and unpacked it has none; it sees our pages alone.
_ARGUMENTS = ("--no-sandbox",)
#: What a test fails on beside what is serious or critical by axe's own word.
_STRICT = frozenset({"heading-order", "page-has-heading-one", "landmark-one-main", "region", "empty-heading"})
_RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
_LOOK = """(only) => axe.run(document, {
    resultTypes: ["violations"],
    runOnly: only.rule ? { type: "rule", values: [only.rule] } : { type: "tag", values: only.tags },
}).then((found) => found.violations.map(({ id, impact, help, nodes }) => ({
    id, impact, help, where: nodes.slice(0, 5).map((node) => `${node.target.join(" ")}: ${node.failureSummary}`),
})))"""


@contextmanager
def running_browser(home: Path) -> Iterator[Browser]:
    """Run one, without a window; `home` is for what it keeps.

    Playwright leaves its event loop set as the thread's own as long as it runs, so it is not for longer than a module of tests.
    """
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=program("chromium"), args=[*_ARGUMENTS], env={**environment(home)}
        )
        yield browser
        browser.close()


@cache
def _axe() -> str:
    return AXE.read_text()


def violations(page: Page, rule: str = "") -> list[str]:
    """Return what axe-core finds that is serious or critical, or is about headings and landmarks; in words.

    Args:
        page: as it stands.
        rule: by this one alone; empty: by all.
    """
    if not page.evaluate("typeof axe === 'object'"):
        page.evaluate(_axe())
    found: list[dict[str, Any]] = page.evaluate(_LOOK, {"rule": rule, "tags": [*_RULES]})
    return [
        f"{each['id']} ({each['impact']}): {each['help']}: {json.dumps(each['where'], indent=1)}"
        for each in found
        if each["impact"] in ("serious", "critical") or each["id"] in _STRICT
    ]
