"""Receipts that fit no message, and how who runs the platform settles them, in a real browser."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.desk import Desk
from tests.browser.office import chosen, row, told
from tests.browser.site import Site
from tests.whole.programs import eventually
from tests.whole.test_http_carrier import Aggregator, call


@pytest.fixture
def office(desk: Desk) -> Desk:
    """A desk at which somebody who administers the platform has logged in."""
    return desk.log_in("platform")


def test_a_receipt_that_fits_no_message_is_given_to_its_message(office: Desk, site: Site) -> None:
    team = site.team()
    with Aggregator() as aggregator:
        options = {"base_url": aggregator.url, "token": "hidden", "public_url": site.url}
        site.api("platform", "POST", "/admin/carriers", {"name": "savanna", "kind": "http", "options": options})
        asked = {
            "team": team.code,
            "carriers": [{"name": "savanna", "weight": 1}],
            "policy": "failover",
            "priority": 10,
        }
        rule = site.api("platform", "POST", "/admin/rules", asked)
        where = f"/admin/routes/explain?team={team.code}&to=%2B254712345678"
        eventually(
            lambda: site.api("platform", "GET", where)["carriers"] == ["savanna"], "the node knows where they go"
        )
        sent = {"to": "+254712345678", "message": "Habari", "sender_id": "TextBlast"}
        uuid = site.api(team.token, "POST", "/messages", sent)["uuid"]
        eventually(lambda: status_of(site, team.token, uuid) == "sent", "the carrier took it")
        path = site.api("platform", "GET", "/admin/carriers/savanna/callbacks")["callbacks"]["receipts"]
        assert path.startswith(f"{site.url}/carriers/")
        assert call(path, {"id": "agg-4711", "status": "delivered"}) == 200
    unmatched = "/admin/receipts/unmatched"
    eventually(lambda: site.api("platform", "GET", unmatched)["total"] == 1, "it fits no message")
    page = office.open("/admin/receipts")
    expect(row(page, "agg-4711")).to_contain_text("savanna")
    chosen(page, "agg-4711", "Look again")
    told(page, re.compile("."))
    page.get_by_role("button", name="Look again for all").click()
    told(page, "1 receipt looked at, 0 matched")
    office.looks("admin-receipts")
    chosen(page, "agg-4711", "Say whose it is")
    dialog = page.get_by_role("dialog", name="Whose is agg-4711?")
    office.expects(400, 404, 409)
    dialog.get_by_label("Message", exact=True).fill("019e1655-2680-7d21-9a3b-0c5d7e8f9a10")
    dialog.get_by_role("button", name="Settle it").click()
    expect(dialog.get_by_role("alert")).to_be_visible()
    office.looks("admin-receipts-match")
    dialog.get_by_label("Message", exact=True).fill(uuid)
    dialog.get_by_role("button", name="Settle it").click()
    told(page, re.compile("^Settled for part 1 of"))
    expect(page.get_by_text("Every receipt has its message")).to_be_visible()
    assert status_of(site, team.token, uuid) == "delivered"
    office.open("/admin/carriers/savanna")
    expect(page.get_by_text(path, exact=True)).to_be_visible()
    office.looks("admin-carrier-http")
    site.api("platform", "DELETE", f"/admin/rules/{rule['id']}")
    site.api("platform", "DELETE", "/admin/carriers/savanna")


def status_of(site: Site, token: str, uuid: str) -> str:
    return str(site.api(token, "GET", f"/messages/{uuid}")["status"])
