"""Reports and exports in the browser: figures, groups, units and deliveries with all of it in the address, and files of them."""

import re

from playwright.sync_api import expect

from tests.browser.desk import Desk
from tests.browser.site import Site, Team
from tests.browser.test_campaigns import SCRIPT, confirmed, drafted, figure, grouped
from tests.whole.programs import eventually


def counted(site: Site, team: Team) -> None:
    """Send two messages and a campaign of three, and wait until all of them are counted as delivered."""
    for n in (1, 2):
        site.api(
            team.token, "POST", "/messages", {"to": f"+25471200020{n}", "message": "Hello", "sender_id": "TextBlast"}
        )
    campaign = drafted(site, team, grouped(site, team, "All"), name=f"June {SCRIPT}", message="Hello")
    site.api(team.token, "POST", f"/campaigns/{campaign}/send")
    eventually(
        lambda: site.api(team.token, "GET", "/reports/summary")["figures"]["delivered"] == 5,
        "five messages are counted",
    )


def test_a_period_is_looked_at_from_all_sides(site: Site, desk: Desk) -> None:
    team = site.team()
    page = desk.log_in(team.owner).open("/reports")
    expect(page.get_by_text("No messages in this period")).to_be_visible()
    desk.looks("reports-empty")
    counted(site, team)
    desk.open("/reports?period=today")
    expect(figure(page, "Messages")).to_have_text("5")
    expect(figure(page, "Delivered")).to_have_text("5")
    expect(figure(page, "Delivered of sent")).to_have_text("100%")
    desk.looks("reports-summary")

    page.get_by_role("tab", name="Messages").click()
    page.get_by_label("By", exact=True).select_option("campaign")
    page.wait_for_url(re.compile(r"period=today&tab=messages&group_by=campaign"))
    table = page.get_by_role("table", name="By campaign")
    expect(table.get_by_role("row", name=re.compile("Of no campaign"))).to_contain_text("2")
    desk.looks("reports-messages")
    table.get_by_role("link", name=f"June {SCRIPT}").click()
    page.wait_for_url(re.compile(r"campaign_uuid=[0-9a-f-]{36}"))
    expect(page.get_by_role("table", name="By day", exact=True).get_by_role("row").nth(1)).to_contain_text("3")
    page.get_by_label("By", exact=True).select_option("status")
    expect(page.get_by_role("row", name=re.compile("Delivered"))).to_contain_text("3")

    page.get_by_role("tab", name="Units").click()
    expect(figure(page, "Spent")).to_have_text("5")
    expect(figure(page, "Bought")).to_have_text("1,000")
    desk.looks("reports-usage")
    page.get_by_role("tab", name="Delivery").click()
    expect(page.get_by_text("A receipt says that the handset has them.")).to_be_visible()
    desk.looks("reports-delivery")
    desk.open("/reports?tab=messages&period=year&group_by=hour")
    expect(page.get_by_text("By the hour a report is about 31 days at most.")).to_be_visible()
    desk.open("/reports?from=2026-05-01&to=2026-05-11")
    expect(page.get_by_label("To", exact=True)).to_have_value("2026-05-11")
    expect(page.get_by_text("No messages in this period")).to_be_visible()
    assert page.evaluate("window.hacked") is None


def test_files_are_made_fetched_and_removed(site: Site, desk: Desk) -> None:
    team = site.team()
    page = desk.log_in(team.owner).open("/exports")
    expect(page.get_by_text("No files yet")).to_be_visible()
    desk.looks("exports-empty")
    counted(site, team)
    desk.open("/reports?tab=messages&group_by=campaign&period=today")
    page.get_by_role("button", name="Export").click()
    page.get_by_text("CSV for Excel", exact=True).click()
    with page.expect_download() as fetched:
        page.get_by_role("button", name="Make the file").click()
    assert fetched.value.path().read_bytes().startswith(b"\xef\xbb\xbfcampaign,accepted")
    expect(page.get_by_text("It was handed to your browser.")).to_be_visible()
    page.get_by_role("dialog").get_by_role("link", name="All exports").click()
    name = fetched.value.suggested_filename
    expect(page.get_by_role("row", name=re.compile(re.escape(name)))).to_contain_text("Completed")
    expect(page.get_by_text(re.compile(r"^from .* · to .* · by campaign$"))).to_be_visible()
    desk.looks("exports")
    with page.expect_download() as again:
        page.get_by_role("button", name=f"Download {name}").click()
    assert again.value.suggested_filename == name
    page.get_by_role("button", name=f"Remove {name}").click()
    confirmed(page, "can be fetched no more", act="Remove the file")
    expect(page.get_by_text("No files yet")).to_be_visible()

    desk.open("/reports?tab=usage&period=today")
    page.get_by_role("button", name="Export").click()
    expect(page.get_by_role("dialog", name="Export: the units of these days")).to_be_visible()
    with page.expect_download() as units:
        page.get_by_role("button", name="Make the file").click()
    head, today = units.value.path().read_text().splitlines()
    assert head == "day,charged,refunded,reserved,released,topped_up,adjusted,messages"
    assert today.split(",")[1:] == ["2", "0", "3", "0", "1000", "0", "5"]

    desk.log_in("viewer").open("/reports")
    expect(page.get_by_role("button", name="Export")).to_have_count(0)
