"""The pages of who runs the platform, in a real browser: what teams ask for, teams and users, carriers, routes, prices, and the state."""

import re

import pytest
from playwright.sync_api import Route, expect

from tests.browser.desk import Desk
from tests.browser.office import chosen, told
from tests.browser.site import Site
from tests.whole.programs import eventually

ODD = "<img src=/x onerror=window.ran=1><script>window.ran=1</script>"


@pytest.fixture
def office(desk: Desk) -> Desk:
    """A desk at which somebody who administers the platform has logged in."""
    return desk.log_in("platform")


def test_what_a_team_asks_for_is_decided(office: Desk, site: Site) -> None:
    team = site.team()
    site.api(team.owner, "POST", "/sender-ids", {"name": "SOKO LTD", "note": ODD, "countries": ["KE"]})
    page = office.open("/admin")
    expect(page.get_by_role("heading", name="State of the platform")).to_be_visible()
    expect(page.get_by_role("region", name="Waiting for approval")).to_contain_text("SOKO LTD")
    page.get_by_role("region", name="Waiting for approval").get_by_role("link", name="SOKO LTD").click()
    asked = page.get_by_role("row").filter(has_text="SOKO LTD").filter(has_text=team.code)
    expect(asked).to_contain_text(ODD)
    asked.get_by_role("button", name="Approve").click()
    dialog = page.get_by_role("dialog", name="Approve SOKO LTD?")
    dialog.get_by_label("For").select_option("Promotional")
    dialog.get_by_role("button", name="Approve").click()
    told(page, f"SOKO LTD is approved for {team.code}")
    expect(asked).to_have_count(0)  # others may wait still
    found = {each["name"]: each for each in site.api(team.owner, "GET", "/sender-ids")["items"]}
    assert (found["SOKO LTD"]["status"], found["SOKO LTD"]["sender_class"]) == ("approved", "promotional")
    page.get_by_text("Approved", exact=True).click()
    page.get_by_role("row").filter(has_text="SOKO LTD").get_by_role("button", name="Suspend").click()
    suspend = page.get_by_role("dialog", name="Suspend SOKO LTD?")
    suspend.get_by_label("Reason").fill("The shop closed")
    suspend.get_by_role("button", name="Suspend").click()
    told(page, "SOKO LTD is suspended")
    assert page.evaluate("window.ran === undefined")
    office.looks("admin-approvals")
    office.open("/admin")
    office.looks("admin-home")


def test_a_team_is_made_topped_up_and_gets_its_owner(office: Desk, site: Site) -> None:
    page = office.open("/admin/teams")
    page.get_by_role("button", name="New team").click()
    dialog = page.get_by_role("dialog", name="New team")
    dialog.get_by_label("Code").fill("soko")
    dialog.get_by_label("Name").fill(ODD)
    dialog.get_by_label("Country").fill("Kenya")
    office.expects(400)
    dialog.get_by_role("button", name="Make the team").click()
    expect(dialog.get_by_role("alert")).to_contain_text("KENYA", ignore_case=True)
    dialog.get_by_label("Country").fill("KE")
    dialog.get_by_role("button", name="Make the team").click()
    expect(page.get_by_role("heading", level=1, name=ODD)).to_be_visible()
    page.get_by_role("button", name="Top up").click()
    give = page.get_by_role("dialog", name="Top up")
    give.get_by_label("Units").fill("2500")
    give.get_by_label("Note").fill("Invoice 17")
    give.get_by_role("button", name="Give the units").click()
    told(page, "2,500 units given; 2,500 units are there now")
    page.get_by_role("link", name="Take somebody in").click()
    new = page.get_by_role("dialog", name="New user")
    expect(new.get_by_label("Team")).to_have_value("SOKO")
    new.get_by_label("Email").fill("owner@soko.example")
    new.get_by_label("Role").select_option("Owner")
    new.get_by_role("button", name="Make the user").click()
    once = page.get_by_role("dialog", name="A link for owner@soko.example")
    expect(once).to_contain_text("shown once")
    once.get_by_role("button", name="I have handed it on").click()
    made = page.get_by_role("row").filter(has_text="owner@soko.example")
    expect(made).to_contain_text("No password yet")
    assert page.evaluate("window.ran === undefined")
    office.looks("admin-users")
    shown = site.api("platform", "GET", "/admin/teams?search=SOKO")["items"][0]
    assert (shown["balance_units"], shown["name"]) == (2500, ODD)
    office.open(f"/admin/teams/{shown['uuid']}")
    office.looks("admin-team")
    office.open("/admin/audit?team=SOKO")
    expect(page.get_by_role("row").filter(has_text="Units added")).to_contain_text("SOKO")
    office.looks("admin-audit")


def test_a_top_up_whose_answer_is_lost_is_given_once(office: Desk, site: Site) -> None:
    team = site.team()
    shown = site.api("platform", "GET", f"/admin/teams?search={team.code}")["items"][0]
    page = office.open(f"/admin/teams/{shown['uuid']}?act=give")
    given: list[str | None] = []

    def lose(route: Route) -> None:
        given.append(route.request.headers.get("idempotency-key"))
        route.fetch()
        route.fulfill(status=503, json={"success": False, "error": "The answer is lost", "code": "unavailable"})

    path = f"**/api/v1/admin/teams/{shown['uuid']}/units"
    page.route(path, lose)
    office.expects(503)
    give = page.get_by_role("dialog", name="Top up")
    give.get_by_label("Units").fill("700")
    give.get_by_role("button", name="Give the units").click()
    expect(give.get_by_role("alert")).to_contain_text("The answer is lost")
    assert len(given) == 1
    page.unroute(path, lose)
    give.get_by_role("button", name="Give the units").click()
    told(page, re.compile(r"^700 units given"))
    after = site.api("platform", "GET", f"/admin/teams/{shown['uuid']}")
    assert after["balance_units"] == shown["balance_units"] + 700


def test_a_carrier_is_made_disabled_and_enabled_again(office: Desk, site: Site) -> None:
    page = office.open("/admin/carriers")
    page.get_by_role("button", name="New carrier").click()
    dialog = page.get_by_role("dialog", name="New carrier")
    dialog.get_by_label("Name").fill("spare")
    dialog.get_by_label("Kind").select_option("Sandbox")
    expect(dialog.get_by_label("Options")).to_have_value("{}")
    dialog.get_by_label("Options").fill('{"delay_s": ')
    expect(dialog.get_by_role("button", name="Make the carrier")).to_be_disabled()
    dialog.get_by_label("Options").fill('{"delay_s": 0.1}')
    dialog.get_by_role("button", name="Make the carrier").click()
    expect(page.get_by_role("heading", level=1, name="spare")).to_be_visible()
    expect(page.get_by_role("main").get_by_text("Up", exact=True)).to_be_visible()
    page.get_by_role("main").get_by_role("button", name="Actions").click()
    page.get_by_role("menuitem", name="Disable").click()
    page.get_by_role("alertdialog").get_by_role("button", name="Disable").click()
    expect(page.get_by_role("main").get_by_text("Disabled", exact=True)).to_be_visible()
    assert site.api("platform", "GET", "/admin/carriers/spare")["enabled"] is False
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("main").get_by_text("Up", exact=True)).to_be_visible()
    office.looks("admin-carrier")
    office.open("/admin/carriers")
    office.looks("admin-carriers")
    site.api("platform", "DELETE", "/admin/carriers/spare")


def test_a_rule_decides_and_is_explained(office: Desk, site: Site) -> None:
    page = office.open("/admin/routes")
    expect(page.get_by_role("row").filter(has_text="All others")).to_contain_text("quick")
    page.get_by_role("tab", name="Rules").click()
    page.get_by_role("button", name="New rule").click()
    dialog = page.get_by_role("dialog", name="New rule")
    dialog.get_by_role("button", name="Add a carrier").click()
    dialog.get_by_label("Team").fill("NGO")
    dialog.get_by_label("Priority").fill("10")
    dialog.get_by_role("button", name="Make the rule").click()
    told(page, re.compile(r"Rule \d+ holds now"))
    made = site.api("platform", "GET", "/admin/rules")["items"][0]
    rule = f"Rule {made['id']}"
    office.looks("admin-rules")
    eventually(lambda: f"rule {made['id']}" in str(explained(site)), "the node knows the rule")
    page.get_by_role("tab", name="Explain").click()
    page.get_by_label("Team").fill("ACME")
    page.get_by_label("To", exact=True).fill("0712345678")
    page.get_by_role("button", name="Explain").click()
    looked = page.get_by_role("region", name="What is looked at")
    expect(looked).to_contain_text(rule.lower())
    expect(looked.get_by_role("img", name="Fits")).to_have_count(1)
    expect(page.get_by_text("It would go to")).to_be_visible()
    expect(page).to_have_url(re.compile("team=ACME"))
    page.get_by_label("Team").fill("NOBODY")
    office.expects(404)
    page.get_by_role("button", name="Explain").click()
    expect(page.get_by_role("alert")).to_contain_text("NOBODY")
    page.get_by_label("Team").fill("ACME")
    page.get_by_role("button", name="Explain").click()
    expect(looked).to_be_visible()
    office.looks("admin-explain")
    page.get_by_role("tab", name="Rules").click()
    chosen(page, rule, "Remove")
    page.get_by_role("alertdialog").get_by_role("button", name="Remove").click()
    expect(page.get_by_role("row").filter(has_text="NGO")).to_have_count(0)
    page.get_by_role("button", name="Undo").last.click()
    expect(page.get_by_role("row").filter(has_text="NGO")).to_be_visible()
    for each in site.api("platform", "GET", "/admin/rules")["items"]:
        site.api("platform", "DELETE", f"/admin/rules/{each['id']}")


def explained(site: Site) -> object:
    return site.api("platform", "GET", "/admin/routes/explain?team=ACME&to=0712345678")["rules"]


def test_prices_keywords_and_gateways_are_set_and_taken_back(office: Desk, site: Site) -> None:
    page = office.open("/admin/prices")
    page.get_by_role("button", name="Set a price").click()
    dialog = page.get_by_role("dialog", name="Set a price")
    dialog.get_by_label("Prefix").fill("+256")
    dialog.get_by_label("Units a part").fill("4")
    dialog.get_by_role("button", name="Save").click()
    expect(page.get_by_role("row").filter(has_text="+256")).to_contain_text("4")
    office.looks("admin-prices")
    page.get_by_role("button", name="Remove: +256").click()
    page.get_by_role("alertdialog").get_by_role("button", name="Remove").click()
    expect(page.get_by_text("Every part is one unit")).to_be_visible()
    team = site.team()
    office.open("/admin/numbers?new=1")
    dialog = page.get_by_role("dialog", name="Give a keyword")
    dialog.get_by_label("Short code").fill("22999")
    dialog.get_by_label("Keyword").fill("Win")
    dialog.get_by_label("Team").fill(team.code)
    dialog.get_by_role("button", name="Give the keyword").click()
    expect(page.get_by_role("row").filter(has_text="WIN")).to_contain_text(team.code)
    office.open("/admin/numbers?tab=gateways&new=1")
    dialog = page.get_by_role("dialog", name="New gateway")
    dialog.get_by_label("Name").fill("kilima")
    dialog.get_by_role("button", name="Make the gateway").click()
    once = page.get_by_role("dialog", name="The address of kilima")
    once.get_by_role("button", name="Show").click()
    expect(once).to_contain_text(f"{site.url}/ussd/kilima/")
    once.get_by_role("button", name="I have handed it on").click()
    office.looks("admin-gateways")
    chosen(page, "kilima", "Remove")
    sure = page.get_by_role("alertdialog")
    sure.get_by_role("textbox").fill("kilima")
    sure.get_by_role("button", name="Remove").click()
    expect(page.get_by_role("row").filter(has_text="kilima")).to_have_count(0)
    site.api("platform", "DELETE", "/admin/keywords?code=22999&keyword=win")


def test_queues_receipts_nodes_and_sums_are_seen(office: Desk) -> None:
    page = office.open("/admin/queues")
    expect(page.get_by_role("row").filter(has_text="Bulk").filter(has_text="quick").first).to_be_visible()
    expect(page.get_by_text("No dead letters", exact=True)).to_be_visible()
    office.looks("admin-queues")
    office.open("/admin/receipts")
    expect(page.get_by_text("Every receipt has its message")).to_be_visible()
    office.open("/admin/nodes")
    expect(page.get_by_role("row").filter(has_text="Running")).to_contain_text("dispatch")
    page.get_by_role("tab", name="Sums").click()
    page.get_by_role("button", name="Check now").click()
    expect(page.get_by_text("All sums hold", exact=True)).to_be_visible()
    office.looks("admin-sums")
    page.get_by_role("tab", name="Retention").click()
    expect(page.get_by_text("Messages are kept for")).to_be_visible()
    office.log_in("owner").expects(403)
    office.open("/admin/teams")
    expect(page.get_by_role("button", name="New team")).to_have_count(0)
