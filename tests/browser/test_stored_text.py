"""What is stored is shown as it was written: no name, note or message is ever taken for markup, on any page."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.desk import Desk
from tests.browser.site import Site, Team

#: Closes an attribute, loads an image that is not there, and runs; a page that took it for markup would do one of these.
ODD = "\"'><img src=/x onerror=window.ran=1><script>window.ran=1</script>{{7*7}}&lt;"
_NOTHING_RAN = "window.ran === undefined && document.querySelector('img[src=\"/x\"], main script') === null"
_SHOWN = """(odd) => document.body.innerText.includes(odd) ||
    [...document.querySelectorAll("input, textarea")].some((each) => each.value.includes(odd))"""


@pytest.fixture
def full(site: Site) -> tuple[Team, dict[str, str]]:
    """A team in which every text that anybody may write is odd, and the uuids of what has them."""
    team = site.team()
    group = made(site, team, "/groups", name=ODD, description=ODD)
    contact = made(
        site, team, "/contacts", phone="+254712000001", first_name=ODD, last_name=ODD, notes=ODD, attributes={"a": ODD}
    )
    site.api(team.token, "POST", f"/groups/{group}/contacts", {"phones": ["+254712000001"]})
    message = made(site, team, "/messages", to="+254712000001", message=ODD, client_reference=ODD[:64])
    campaign = made(
        site,
        team,
        "/campaigns",
        name=ODD,
        message=ODD.replace("{{", "((").replace("}}", "))"),
        sender_id="TextBlast",
        group_ids=[group],
    )
    options = [{"code": "A", "label": ODD[:60]}, {"code": "B", "label": "b"}]
    questions = [{"code": "q", "type": "single_choice", "text": ODD, "options": options}]
    survey = made(site, team, "/surveys", name=ODD, introduction=ODD, thanks=ODD, questions=questions)
    screens = {
        "a": {"kind": "choices", "text": "<b>&", "choices": [{"key": "1", "label": "<i>\"'", "next": "z"}]},
        "z": {"kind": "end", "text": "<u>"},
    }
    menu = made(site, team, "/ussd/menus", name=ODD, start="a", screens=screens)
    webhook = made(
        site, team, "/webhooks", url="https://hooks.example.com/a?b=%22%3Cb%3E", events=["*"], description=ODD
    )
    site.api(team.token, "POST", "/tokens", {"name": ODD, "scopes": ["messages"]})
    site.api(team.token, "POST", "/sender-ids", {"name": "A&B Co", "note": ODD})
    site.api(team.token, "PUT", "/team", {"name": ODD[:100]})
    site.delivered(message, team.token)
    return team, {
        "group": group,
        "contact": contact,
        "message": message,
        "campaign": campaign,
        "survey": survey,
        "menu": menu,
        "webhook": webhook,
    }


def made(site: Site, team: Team, path: str, **body: object) -> str:
    return str(site.api(team.token, "POST", path, body)["uuid"])


def looks_as_written(page: Page, where: str, shows: str) -> None:
    """See that a page shows the text, and that nothing of it was run or made an element."""
    page.wait_for_load_state("networkidle")
    if shows:
        page.wait_for_function(_SHOWN, arg=shows)
    assert page.evaluate(_NOTHING_RAN), where


def test_stored_text_is_text_on_every_page(desk: Desk, full: tuple[Team, dict[str, str]]) -> None:
    team, uuids = full
    desk.log_in(team.owner)
    name = ODD[:40]
    for path, shows in (
        ("/overview", ""),
        ("/messages", name),
        ("/messages/{message}", ODD),
        ("/inbox", ""),
        ("/inbox/+254712000001", name),
        ("/contacts", name),
        ("/contacts/{contact}", ODD),
        ("/groups", ODD),
        ("/groups/{group}", ODD),
        ("/campaigns", name),
        ("/campaigns/{campaign}", name),
        ("/campaigns/{campaign}/edit", name),
        ("/surveys", name),
        ("/surveys/{survey}", name),
        ("/ussd", name),
        ("/ussd/menus/{menu}", name),
        ("/reports", ""),
        ("/tokens", name),
        ("/senders", "A&B Co"),
        ("/webhooks", name),
        ("/webhooks/{webhook}", name),
        ("/units", ""),
        ("/team", ODD[:100]),
        ("/audit", ""),
    ):
        place = path.format(**uuids)
        looks_as_written(desk.open(place), place, shows)
    expect(desk.page.get_by_role("banner")).to_contain_text(ODD[:100])


def test_nor_is_it_markup_for_who_administers_the_platform(
    site: Site, desk: Desk, full: tuple[Team, dict[str, str]]
) -> None:
    team, _ = full
    uuid = site.api(team.token, "GET", "/team")["uuid"]
    desk.log_in("platform")
    name = ODD[:40]
    for path, shows in (
        (f"/admin/teams?search={team.code}", name),
        (f"/admin/teams/{uuid}", name),
        ("/admin/approvals", "A&B Co"),
        ("/admin/audit", ""),
    ):
        looks_as_written(desk.open(path), path, shows)
