"""What messages cost and where they go, as an operator sets it in a real browser: routes, networks, costs, prices, codes, gateways."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.desk import Desk
from tests.browser.office import chosen, row, sure, told, undone
from tests.browser.site import Site


@pytest.fixture
def office(desk: Desk) -> Desk:
    """A desk at which somebody who administers the platform has logged in."""
    return desk.log_in("platform")


def test_a_route_is_made_changed_removed_and_brought_back(office: Desk, site: Site) -> None:
    page = office.open("/admin/routes")
    page.get_by_role("button", name="New route").click()
    dialog = page.get_by_role("dialog", name="New route")
    dialog.get_by_label("Prefix").fill("+255")
    dialog.get_by_label("Carrier").select_option("quick")
    dialog.get_by_role("button", name="Make the route").click()
    told(page, "+255 goes to quick now")
    chosen(page, "255 quick", "Change the priority")
    dialog = page.get_by_role("dialog", name="+255 to quick")
    dialog.get_by_label("Priority").fill("20")
    dialog.get_by_role("button", name="Save").click()
    expect(dialog).to_have_count(0)
    assert {each["prefix"]: each["priority"] for each in site.api("platform", "GET", "/admin/routes")["items"]}[
        "255"
    ] == 20
    office.looks("admin-routes")
    chosen(page, "255 quick", "Remove")
    expect(page.get_by_role("alertdialog")).to_contain_text("What has been accepted still goes where it was to go")
    sure(page, "Remove")
    told(page, "The route of +255 to quick is removed")
    expect(row(page, "+255")).to_have_count(0)
    undone(page)
    expect(row(page, "+255")).to_be_visible()
    chosen(page, "255 quick", "Remove")
    sure(page, "Remove")
    expect(row(page, "+255")).to_have_count(0)


def test_it_is_said_whose_a_prefix_and_a_code_are(office: Desk, site: Site) -> None:
    page = office.open("/admin/routes?tab=networks")
    expect(page.get_by_text("Only the numbering plans speak")).to_be_visible()
    page.get_by_role("button", name="Set a prefix").click()
    dialog = page.get_by_role("dialog", name="Set a prefix")
    dialog.get_by_label("Prefix").fill("25470")
    dialog.get_by_label("Network").fill("Safaricom")
    dialog.get_by_role("button", name="Save").click()
    told(page, "+25470 is Safaricom")
    page.get_by_role("button", name="Change: +25470").click()
    dialog.get_by_label("Network").fill("Airtel")
    dialog.get_by_role("button", name="Save").click()
    expect(row(page, "+25470")).to_contain_text("Airtel")
    page.get_by_role("button", name="Set a code").click()
    dialog = page.get_by_role("dialog", name="Set a code")
    dialog.get_by_label("Code").fill("12")
    dialog.get_by_label("Network").fill("Safaricom")
    expect(dialog).to_contain_text("A code has 5 or 6 digits")
    expect(dialog.get_by_role("button", name="Save")).to_be_disabled()
    dialog.get_by_label("Code").fill("64099")
    dialog.get_by_role("button", name="Save").click()
    told(page, "64099 is Safaricom")
    office.looks("admin-networks")
    page.get_by_role("button", name="Remove: +25470").click()
    sure(page, "Remove")
    told(page, "+25470 is removed")
    undone(page)
    expect(row(page, "+25470")).to_contain_text("Airtel")
    for path in ("prefixes/25470", "codes/64099"):
        site.api("platform", "DELETE", f"/admin/networks/{path}")


def test_a_cost_is_set_forgotten_and_brought_back(office: Desk, site: Site) -> None:
    page = office.open("/admin/prices?tab=costs")
    page.get_by_role("button", name="Set a cost").click()
    dialog = page.get_by_role("dialog", name="Set a cost")
    dialog.get_by_label("Carrier").select_option("quick")
    dialog.get_by_label("Prefix").fill("254")
    dialog.get_by_label("Cost a part").fill("0.35")
    dialog.get_by_role("button", name="Save").click()
    told(page, "A part to +254 costs 0.35 at quick")
    expect(row(page, "+254")).to_contain_text("0.35")
    office.looks("admin-costs")
    page.get_by_role("button", name="Remove: quick +254").click()
    sure(page, "Remove")
    expect(row(page, "+254")).to_have_count(0)
    undone(page)
    expect(row(page, "+254")).to_contain_text("0.35")
    site.api("platform", "DELETE", "/admin/carriers/quick/costs/254")


def test_the_whole_table_of_prices_is_written_and_taken_back(office: Desk) -> None:
    page = office.open("/admin/prices")
    expect(page.get_by_text("Every part is one unit")).to_be_visible()
    page.get_by_role("button", name="Edit as a table").click()
    dialog = page.get_by_role("dialog", name="Edit as a table")
    dialog.get_by_label("Prefix and units").fill("default 1\n255 3\n256 four")
    expect(dialog).to_contain_text("This line is no prefix and units: 256 four")
    expect(dialog.get_by_role("button", name="Replace the table")).to_be_disabled()
    dialog.get_by_label("Prefix and units").fill("default 1\n255, 3\n+256=4")
    office.looks("admin-prices-table")
    dialog.get_by_role("button", name="Replace the table").click()
    told(page, "The table has 3 prices now")
    expect(row(page, "All others")).to_contain_text("1")
    expect(row(page, "+256")).to_contain_text("4")
    undone(page)
    expect(page.get_by_text("Every part is one unit")).to_be_visible()


def test_a_ussd_code_is_made_given_to_a_team_suspended_and_kept_while_it_is_used(office: Desk, site: Site) -> None:
    team = site.team()
    page = office.open("/admin/numbers?tab=codes")
    page.get_by_role("button", name="New code").click()
    dialog = page.get_by_role("dialog", name="New code")
    dialog.get_by_label("Code").fill("*4830#")
    dialog.get_by_label("Kind").select_option("Shared: each team has an extension")
    dialog.get_by_role("button", name="Make the code").click()
    told(page, "*4830# is there")
    chosen(page, "*4830#", "Give it to a team")
    dialog = page.get_by_role("dialog", name="Give *4830# to a team")
    dialog.get_by_label("Team").fill(team.code)
    dialog.get_by_label("Extension").fill("7")
    dialog.get_by_role("button", name="Give it").click()
    told(page, f"*4830*7# is {team.code}’s")
    chosen(page, "*4830#", "Suspend")
    expect(page.get_by_role("alertdialog")).to_contain_text("Nobody who dials it")
    sure(page, "Suspend")
    expect(row(page, "*4830#")).to_contain_text("Suspended")
    undone(page)
    expect(row(page, "*4830#")).to_contain_text("Approved")
    office.looks("admin-codes")
    office.expects(409)
    chosen(page, "*4830#", "Remove")
    sure(page, "Remove")
    told(page, re.compile("extension", re.IGNORECASE))
    expect(row(page, "*4830#")).to_be_visible()
    office.open("/admin/approvals?tab=extensions&status=all")
    expect(row(page, "*4830*7#")).to_contain_text(team.code)
    office.looks("admin-extensions")


def test_a_gateway_gets_a_new_secret_and_is_disabled(office: Desk, site: Site) -> None:
    made = site.api("platform", "POST", "/admin/ussd/gateways", {"name": "kilele", "dialect": "airtel", "options": {}})
    page = office.open("/admin/numbers?tab=gateways")
    expect(row(page, "kilele")).to_contain_text("Airtel")
    chosen(page, "kilele", "New secret")
    expect(page.get_by_role("alertdialog")).to_contain_text("sessions fail until the aggregator has the new one")
    sure(page, "New secret")
    once = page.get_by_role("dialog", name="The address of kilele")
    once.get_by_role("button", name="Show").click()
    expect(once).to_contain_text(f"{site.url}/ussd/kilele/")
    expect(once).not_to_contain_text(made["path"])
    once.get_by_role("button", name="I have handed it on").click()
    chosen(page, "kilele", "Disable")
    sure(page, "Disable")
    expect(row(page, "kilele")).to_contain_text("Disabled")
    undone(page)
    expect(row(page, "kilele")).to_contain_text("Enabled")
    site.api("platform", "DELETE", f"/admin/ussd/gateways/{made['uuid']}")
