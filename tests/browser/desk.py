"""Somebody at a browser: they log in, open pages and look at them, and nothing odd may happen meanwhile."""

import os
import re
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import attrs
from playwright.sync_api import BrowserContext, ConsoleMessage, Error, Page, Request, Response, WebError, expect

from tests.browser.chromium import violations
from tests.browser.site import Person, Site

#: A folder for pictures of all pages that tests look at; without it none are made.
PICTURES = os.environ.get("MOBILESASA_SCREENSHOTS", "")
PATIENCE_MS = 30_000  # whole nodes of other tests may have both cores meanwhile
WIDE, NARROW = {"width": 1600, "height": 1000}, {"width": 360, "height": 740}
USUAL = {"width": 1280, "height": 800}
#: What a browser is like here: not in the zone of the team, so that a page that shows its own time is found out, and calm.
CONTEXT: dict[str, Any] = {
    "viewport": USUAL,
    "locale": "en-GB",
    "timezone_id": "America/New_York",
    "color_scheme": "light",
    "reduced_motion": "reduce",
    "permissions": ["clipboard-read", "clipboard-write"],
}
expect.set_options(timeout=PATIENCE_MS)
_TOO_WIDE = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
_STICKING_OUT = """() => [...document.querySelectorAll("body *")]
    .filter((each) => each.getBoundingClientRect().right > document.documentElement.clientWidth + 0.5)
    .slice(0, 6).map((each) => `${each.tagName.toLowerCase()}.${each.getAttribute("class")}`)"""
_SETTLED = "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(document.fonts.ready.then(() => true)))))"
_REFUSED = re.compile(r"the server responded with a status of (\d{3})")


@attrs.define(eq=False, slots=False)  # Playwright keeps its wrappers of bound methods on the object
class Desk:
    """A browser with nothing kept, and what was odd in it so far.

    `page` is Playwright's.
    """

    site: Site
    context: BrowserContext
    page: Page
    requests: list[str] = attrs.field(factory=list)  # the address of each
    _odd: list[str] = attrs.field(factory=list)
    _expected: set[int] = attrs.field(factory=set)

    def watch(self) -> None:
        """Begin to write down what is odd."""
        self.context.set_default_timeout(PATIENCE_MS)
        self.context.on("console", self._said)
        self.context.on("weberror", self._broke)
        self.context.on("request", self._asked)
        self.context.on("requestfailed", self._failed)
        self.context.on("response", self._answered)

    def _said(self, message: ConsoleMessage) -> None:
        if message.type not in ("error", "warning"):
            return
        refused = _REFUSED.search(message.text)
        if refused is None:  # a status is odd or not when it comes, see `_answered`
            self._odd.append(f"console {message.type}: {message.text} ({message.location.get('url')})")

    def _broke(self, error: WebError) -> None:
        self._odd.append(f"uncaught: {error.error.stack or error.error.message}")

    def _asked(self, request: Request) -> None:
        self.requests.append(request.url)
        where = urlsplit(request.url)
        if where.scheme not in ("data", "blob") and f"{where.scheme}://{where.netloc}" != self.site.url:
            self._odd.append(f"a request to another host: {request.url}")

    def _failed(self, request: Request) -> None:
        if "ERR_ABORTED" not in (request.failure or ""):  # a page that is left ends what it has asked
            self._odd.append(f"no answer: {request.method} {request.url}: {request.failure}")

    def _answered(self, response: Response) -> None:
        if response.status >= 400 and response.status not in self._expected:
            self._odd.append(f"status {response.status}: {response.request.method} {response.url}")

    def expects(self, *statuses: int) -> None:
        """Take answers with these statuses for what should come, from now on."""
        self._expected.update(statuses)

    def log_in(self, who: str | Person = "owner", team: str | None = None) -> "Desk":
        """Log in as one of `site.people` or as somebody else, without the page for it; whoever was logged in is not any more."""
        person = self.site.people[who] if isinstance(who, str) else who
        self.context.clear_cookies()
        asked = {"email": person.email, "password": person.password, "team": team, "cookie": True}
        answer = self.context.request.post(f"{self.site.url}/api/v1/auth/login", data=asked)
        assert answer.ok, answer.text()
        return self

    def log_out(self) -> "Desk":
        """Forget the login, without a word to the node."""
        self.context.clear_cookies()
        return self

    def open(self, path: str) -> Page:
        """Open a page by its path below `/app`, and wait until it shows its heading."""
        self.page.goto(f"{self.site.url}/app{path}")
        expect(self.page.locator("h1")).to_be_visible()
        return self.page

    def looks(self, name: str) -> None:
        """Look at the page in light and dark, wide and narrow; make pictures of it where that is asked for.

        It has one heading of the first level and none that skips a level, nothing that axe-core takes for serious, and does not
        scroll sideways. The rules that see no colour are not asked again in the dark.
        """
        self.page.wait_for_load_state("networkidle")
        wrong = []
        for theme in ("light", "dark"):
            self.page.emulate_media(color_scheme=theme)
            for size in (WIDE, NARROW):
                self.page.set_viewport_size(size)  # type: ignore[arg-type]
                self.page.evaluate("scrollTo(0, 0)")  # what is half under the bar at the top is no smaller for that
                self.page.evaluate(_SETTLED)
                seen = f"{name}-{theme}-{size['width']}"
                wrong += [f"{seen}: {each}" for each in self._wrong("" if theme == "light" else "color-contrast")]
                self._picture(seen)
        self.page.emulate_media(color_scheme="light")
        self.page.set_viewport_size(USUAL)  # type: ignore[arg-type]
        assert wrong == [], "\n".join(wrong)

    def _wrong(self, rule: str) -> list[str]:
        wrong = violations(self.page, rule)
        headings = self.page.locator("h1").count()
        if headings != 1:
            wrong.append(f"there are {headings} h1")
        return wrong + self.too_wide()

    def too_wide(self) -> list[str]:
        """Say whether the page scrolls sideways, and what reaches beyond its right edge."""
        over: int = self.page.evaluate(_TOO_WIDE)
        return [f"it is {over} px too wide: {self.page.evaluate(_STICKING_OUT)}"] if over > 0 else []

    def _picture(self, name: str) -> None:
        if PICTURES:
            folder = Path(PICTURES)
            folder.mkdir(parents=True, exist_ok=True)
            self.page.evaluate("scrollTo(0, 0)")
            self.page.screenshot(path=folder / f"{name}.png", full_page=True, animations="disabled")

    def clean(self) -> None:
        """Fail if anything odd has happened so far."""
        odd, self._odd = self._odd, []
        assert odd == [], "\n".join(odd)

    def shown(self) -> str:
        """Return where the browser is and what stands there, for who reads why a test failed."""
        try:
            text = self.page.locator("body").inner_text(timeout=1000)
        except Error as error:
            text = f"nothing can be read: {error}"
        return "\n".join([self.page.url, *self._odd, "", text[:1500]])
