"""What goes wrong on a platform and who runs it mends in a real browser: receipts of nobody, dead letters, lost nodes, held months.

The receipts are real. Dead letters are RabbitMQ's, a lost node is one that died, and a held month is old: for these three, which a node by
itself has not, the browser is given answers that have them.
"""

import re
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.desk import Desk
from tests.browser.office import chosen, row, told
from tests.browser.site import Site
from tests.whole.programs import eventually
from tests.whole.test_http_carrier import Aggregator, call

OLD = "2026-11-20T08:00:00Z"
DEAD = [
    {"lane": "carrier.7.bulk", "reason": "delivered in vain too often", "unreadable": "", "at": OLD, "messages": ["0192-a", "0192-b"]},
    {"lane": "carrier.7.bulk", "reason": "refused, for it cannot be read", "unreadable": "it is no JSON", "at": OLD, "messages": []},
]  # fmt: skip


@pytest.fixture
def office(desk: Desk) -> Desk:
    """A desk at which somebody who administers the platform has logged in."""
    return desk.log_in("platform")


def changed(page: Page, path: str, change: Any) -> None:
    """Have the browser see what `change` makes of the node's answers to GETs of a path."""

    def answer(route: Route) -> None:
        if route.request.method != "GET":
            route.fallback()
            return
        body = route.fetch().json()
        change(body["data"])
        route.fulfill(json=body)

    page.route(re.compile(rf"/api/v1{path}(\?.*)?$"), answer)


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


def test_dead_letters_are_seen_and_sent_back(office: Desk) -> None:
    page = office.page
    changed(page, "/admin/queues", lambda data: data.update(dead=2))
    changed(page, "/admin/queues/dead", lambda data: data.update(items=DEAD))
    page.route(
        "**/api/v1/admin/queues/requeue",
        lambda route: route.fulfill(json={"success": True, "data": {"bodies": 1, "messages": 2, "left": 1}}),
    )
    office.open("/admin")
    expect(page.get_by_text("2 dead letters")).to_be_visible()
    page.get_by_role("link", name="Look: 2 dead letters").click()
    expect(row(page, "delivered in vain too often")).to_contain_text("0192-a")
    expect(row(page, "it is no JSON")).to_be_visible()
    office.looks("admin-dead-letters")
    page.get_by_role("button", name="Send back").click()
    dialog = page.get_by_role("dialog", name="Send dead letters back to their lanes?")
    expect(dialog).to_contain_text("messages that were sent meanwhile are not sent again")
    expect(dialog.get_by_label("How many")).to_have_value("2")
    dialog.get_by_role("button", name="Send back").click()
    told(page, re.compile("^1 are back in their lanes; 1 cannot be read"))
    page.unroute_all(behavior="ignoreErrors")


def test_a_node_that_went_without_a_word_is_named(office: Desk) -> None:
    def lose(data: Any) -> None:
        one = data["items"][0]
        data["items"].append(
            {**one, "node": "vm-2", "run": one["run"] + 1, "lives": False, "ended_at": None, "seen_at": OLD}
        )

    page = office.page
    changed(page, "/admin/nodes", lose)
    office.open("/admin")
    expect(page.get_by_text("1 process went without a word")).to_be_visible()
    office.looks("admin-home-trouble")
    page.get_by_role("link", name=re.compile("^Look: 1 process")).click()
    expect(row(page, "vm-2")).to_contain_text("Gone without a word")
    office.looks("admin-nodes")
    page.unroute_all(behavior="ignoreErrors")


def test_a_month_that_is_held_up_says_by_what(office: Desk) -> None:
    month = {"gone_at": None, "messages": 1_234_567, "octets": 987_654_321}
    held = [{"what": "campaigns", "count": 2, "sentence": "campaigns are not over"}]
    items = [
        {**month, "month": "2026-11", "standing": "kept", "goes_at": "2027-03-01T00:00:00Z", "held_by": []},
        {**month, "month": "2026-07", "standing": "held", "goes_at": "2026-11-01T00:00:00Z", "held_by": held},
    ]
    page = office.page
    changed(page, "/admin/retention", lambda data: data.update(keep_months=3, items=items))
    office.open("/admin/nodes?tab=retention")
    expect(row(page, "2026-07")).to_contain_text("2 campaigns are not over")
    expect(row(page, "2026-07")).to_contain_text("1,234,567")
    office.looks("admin-retention")
    page.unroute_all(behavior="ignoreErrors")
