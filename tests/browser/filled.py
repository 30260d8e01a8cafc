"""A team on which everything has happened: something to see on every page of the dashboard, and where each page of one thing is."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import attrs
from playwright.sync_api import Page

from tests.browser.site import Person, Site, Team
from tests.whole.esme import Esme
from tests.whole.programs import HOST, PATIENCE_S, eventually
from tests.whole.test_imports import send

DELIVERS, FAILS = "+254700000001", "+254700000002"
ECHO = "+254700000008"  # of the sandbox: sends back what it gets
PEOPLE: Final = tuple((f"+2547120000{n:02}", name) for n, name in enumerate(("Jane", "Musa", "Wanjiru", "Otieno"), 10))
_CHOICES = [{"key": "1", "label": "Your name", "next": "name"}, {"key": "2", "label": "Bye", "next": "bye"}]
MENU: Final = {
    "name": "Shop",
    "start": "welcome",
    "screens": {
        "welcome": {"kind": "choices", "text": "Karibu", "choices": _CHOICES},
        "name": {"kind": "input", "text": "Your name?", "input": {"variable": "name", "type": "text"}, "next": "bye"},
        "bye": {"kind": "end", "text": "Asante {name:rafiki}."},
    },
}
_ROUTES = """() => import(new URL("pages.js", document.querySelector("script[type=module]").src)).then(({ PAGES }) =>
    PAGES.filter((each) => each.path).map((each) => [each.path, each.bare ? "nobody" : each.platform ? "platform" : "owner"]))"""


@attrs.frozen
class Filled:
    """The team, and what stands in the places of paths: `{"/messages/:uuid": "0192…"}`."""

    team: Team
    places: dict[str, str]

    def paths(self, page: Page, who: str) -> list[str]:
        """Return the path of every page that the router of the dashboard has for somebody, in its order.

        Args:
            page: shows the dashboard.
            who: `owner` of the team, `platform` for who administers the platform, or `nobody` who has logged in.

        Raises:
            KeyError: A page of one thing has come that this team has not.
        """
        routes: list[tuple[str, str]] = page.evaluate(_ROUTES)
        return [self._placed(path) for path, whose in routes if whose == who]

    def _placed(self, path: str) -> str:
        return re.sub(r":\w+", lambda _: self.places[path], path)


@contextmanager
def filled(site: Site) -> Iterator[Filled]:
    """Make the team; its SMPP client stays bound meanwhile."""
    number = site.team("--sender", "22397", units=5000)
    sender = {"sender_id": "TextBlast"}
    made = _Making(site, number)
    group = made("/groups", name="Customers of Nairobi", description="Those who have bought something")
    contacts = [made("/contacts", phone=phone, first_name=name, attributes={"town": "Thika"}) for phone, name in PEOPLE]
    site.api(number.token, "POST", f"/groups/{group}/contacts", {"phones": [phone for phone, _ in PEOPLE]})
    message = made("/messages", to=DELIVERS, message="Your order is on its way.", **sender)
    made("/messages", to=FAILS, message="Not reached", **sender)
    made("/messages", to=ECHO, message="Is the shop open?", sender_id="22397")
    about = {"message": "Hi {first_name:there}, 20% off", "group_ids": [group], **sender}
    draft, campaign = (made("/campaigns", name=name, **about) for name in ("June", "May"))
    site.api(number.token, "POST", f"/campaigns/{campaign}/send")
    survey = made("/surveys", name="Health", questions=[{"type": "yes_no", "text": "Are you well?"}], sender_id="22397")
    site.api(number.token, "POST", f"/surveys/{survey}/publish", {})
    menu, session = _ussd(site, number)
    made("/suppressions", phone="+254712999001")
    webhook = made("/webhooks", url="https://hooks.example.com/in", events=["*"], description="The shop")
    site.api(number.token, "POST", "/tokens", {"name": "The till", "scopes": ["messages", "contacts:read"]})
    site.api(number.token, "POST", "/sender-ids", {"name": "KIOSK LTD", "note": "Our shop", "countries": ["KE"]})
    upload = send(site.node, number.token, b"phone,name\n+254712000101,Amina\n0712 34,Short\n")["data"]["uuid"]
    esme = Esme(site.smpp_port, number.code, _password(site, number))
    assert esme.bind() == 0
    try:
        site.delivered(message, number.token)
        eventually(lambda: site.api(number.token, "GET", "/inbound")["items"], "the phone has answered")
        eventually(
            lambda: site.api(number.token, "GET", f"/contacts/uploads/{upload}")["finished_at"], "it is imported"
        )
        of_platform = _of_platform(site, number)
        (bound,) = site.api(number.token, "GET", "/smpp/sessions")["items"]
        yield Filled(
            number,
            {
                "/messages/:uuid": message,
                "/inbox/:phone": ECHO,
                "/contacts/:uuid": contacts[0],
                "/groups/:uuid": group,
                "/imports/:uuid": upload,
                "/campaigns/:uuid": campaign,
                "/campaigns/:uuid/edit": draft,
                "/surveys/:uuid": survey,
                "/ussd/menus/:uuid": menu,
                "/ussd/sessions/:uuid": session,
                "/smpp/:session": bound["id"],
                "/webhooks/:uuid": webhook,
                **of_platform,
            },
        )
    finally:
        esme.close()


@attrs.frozen
class _Making:
    """Makes things of a team by the API."""

    site: Site
    team: Team

    def __call__(self, path: str, **body: object) -> str:
        return str(self.site.api(self.team.token, "POST", path, body)["uuid"])


def _password(site: Site, team: Team) -> str:
    return str(site.api(team.token, "POST", "/smpp/passwords", {"allowed": [HOST]})["password"])


def _ussd(site: Site, team: Team) -> tuple[str, str]:
    """Publish a menu, and have somebody dial it to its end; return the uuids of the menu and of the session."""
    uuid = str(site.api(team.token, "POST", "/ussd/menus", MENU)["uuid"])
    site.api(team.token, "POST", f"/ussd/menus/{uuid}/publish", {"note": "First"})
    code = "397"
    site.api("platform", "POST", "/admin/ussd/codes", {"code": code, "type": "shared"})
    asked = site.api(team.token, "POST", "/ussd/extensions", {"code": code, "extension": "8", "menu": uuid})
    site.api("platform", "POST", f"/admin/ussd/extensions/{asked['uuid']}/approve", {})
    gateway = {"name": "gate397", "dialect": "africastalking", "options": {}}
    path = site.api("platform", "POST", "/admin/ussd/gateways", gateway)["path"]
    said: dict[str, Any] = {
        "sessionId": "s1",
        "phoneNumber": DELIVERS,
        "serviceCode": f"*{code}#",
        "networkCode": "63902",
    }
    eventually(lambda: "Karibu" in _dialled(f"{site.url}{path}", {**said, "text": "8"}), "the node knows the extension")
    for text in ("8*1", "8*1*Wanjiru"):
        _dialled(f"{site.url}{path}", {**said, "text": text})
    sessions = eventually(lambda: site.api(team.token, "GET", "/ussd/sessions")["items"], "somebody has dialled")
    return uuid, str(sessions[0]["uuid"])


def _dialled(url: str, fields: dict[str, Any]) -> str:
    """Call as Africa's Talking does, and return the answer; empty where the node does not know the gateway yet."""
    try:
        with urlopen(Request(url, urlencode(fields).encode()), timeout=PATIENCE_S) as answer:  # noqa: S310
            return str(answer.read().decode())
    except HTTPError as refused:
        with refused:
            return ""


def _of_platform(site: Site, team: Team) -> dict[str, str]:
    """Return what the platform's pages of one thing are about."""
    (found,) = site.api("platform", "GET", f"/admin/teams?search={team.code}")["items"]
    (owner,) = site.api("platform", "GET", f"/admin/users?team={team.code}")["items"]
    return {"/admin/teams/:uuid": found["uuid"], "/admin/users/:uuid": owner["uuid"], "/admin/carriers/:name": "quick"}


def person(team: Filled, who: str) -> str | Person:
    """Return whom to log in as."""
    return team.team.owner if who == "owner" else who
