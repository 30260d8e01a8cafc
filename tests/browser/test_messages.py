"""Writing, sending, listing and following messages in a real browser."""

import re

from playwright.sync_api import Locator, Page, Route, expect

from tests.browser.desk import Desk
from tests.browser.site import Site

FAILS, DELIVERS = "+254700000002", "+254700000001"
ODD = "<img src=x onerror=alert(1)> \"quoted\" & 'quoted' <b>"


def write(page: Page, to: str, text: str) -> None:
    page.get_by_label("To", exact=True).fill(to)
    page.get_by_label("Message", exact=True).fill(text)


def summary(page: Page) -> Locator:
    return page.get_by_role("complementary", name="What it comes to")


def test_a_message_is_written_costed_sent_and_seen_to_arrive(desk: Desk) -> None:
    page = desk.open("/send")
    write(page, "0712 345 678", "Karibu “Acme” — see you")
    expect(page.get_by_text("3 characters are not in the GSM alphabet")).to_be_visible()
    expect(page.locator(".composer-back mark")).to_have_text(["“", "”", "—"])
    expect(page.get_by_text("Unicode", exact=True)).to_be_visible()
    page.get_by_role("button", name="Replace “ by").click()
    expect(page.get_by_label("Message", exact=True)).to_have_value('Karibu "Acme” — see you')
    expect(
        page.get_by_text("2 characters are not in the GSM alphabet")
    ).to_be_visible()  # until then the costs are pale
    desk.looks("send")
    page.get_by_role("button", name="Replace all").click()
    expect(page.get_by_text("GSM alphabet", exact=True)).to_be_visible()
    expect(page.get_by_label("Message", exact=True)).to_have_value('Karibu "Acme" - see you')
    page.get_by_role("button", name="Undo").last.click()
    expect(page.get_by_text("Unicode", exact=True)).to_be_visible()
    page.get_by_role("button", name="Replace all").click()
    expect(summary(page)).to_contain_text(re.compile(r"Units\s*1"))
    page.get_by_role("button", name="Copy as curl").click()
    expect(page.get_by_role("dialog")).to_contain_text('"to": "0712 345 678"')
    page.get_by_role("button", name="Close").click()
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.get_by_text("On its way")).to_be_visible()
    expect(page.get_by_text("Delivered to the phone")).to_be_visible()
    page.get_by_role("link", name="Open the message").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("712")
    expect(page.get_by_role("region", name="What happened")).to_contain_text("Sent to quick")
    expect(page.get_by_role("region", name="Receipts")).to_contain_text("DELIVRD")
    expect(page.get_by_role("region", name="Charge and refund")).to_contain_text("1 unit for this message")
    desk.looks("message")


def test_many_numbers_are_sent_to_at_once_and_each_says_what_became_of_it(desk: Desk) -> None:
    page = desk.open("/send")
    write(page, f"{DELIVERS}\n{FAILS}, 12345\n{DELIVERS}", "Shop opens at 9")
    expect(page.get_by_text("3 numbers")).to_be_visible()
    expect(page.get_by_text("1 that stands twice is left out")).to_be_visible()
    expect(page.get_by_text("1 number would be refused")).to_be_visible()
    page.get_by_text("More options").click()
    page.get_by_label("Your reference").fill("opening")
    page.get_by_role("button", name="Send to 2").click()
    expect(page.get_by_role("alertdialog")).to_contain_text("Send to 3 numbers?")
    page.get_by_role("alertdialog").get_by_role("button", name="Send to 3").click()
    expect(page.get_by_text("2 are on their way")).to_be_visible()
    expect(page.get_by_role("table")).to_contain_text("12345")
    page.get_by_text("All", exact=True).click()
    expect(page.get_by_role("row").filter(has_text="000 001")).to_contain_text("Delivered")
    expect(page.get_by_role("row").filter(has_text="000 002")).to_contain_text("The phone was not reached")
    desk.looks("sent-many")
    page.get_by_role("button", name="Write to those that were refused").click()
    expect(page.get_by_label("To", exact=True)).to_have_value("12345")
    expect(page.get_by_label("Message", exact=True)).to_have_value("Shop opens at 9")
    page.get_by_role("link", name="Messages", exact=True).click()
    page.get_by_role("button", name="Leave").click()
    expect(page).to_have_url(re.compile(r"/app/messages$"))


def test_the_list_is_live_and_its_filters_stand_in_the_address(site: Site, desk: Desk) -> None:
    team = site.team()
    desk.log_in(team.owner)
    page = desk.open("/messages")
    expect(page.get_by_text("No messages yet")).to_be_visible()
    expect(page.get_by_text("curl -X POST")).to_be_visible()
    desk.looks("messages-empty")
    body = {"to": DELIVERS, "message": ODD, "client_reference": "order-4711"}
    sent = site.api(team.token, "POST", "/messages", body)
    site.api(team.token, "POST", "/messages", {"to": FAILS, "message": "Second"})
    expect(page.get_by_role("row").filter(has_text="000 001")).to_contain_text("Delivered")  # by itself
    expect(page.get_by_role("row").filter(has_text="000 001")).to_contain_text(ODD)
    expect(page.get_by_role("row").filter(has_text="000 002")).to_contain_text("The phone was not reached")
    desk.looks("messages")
    page.get_by_role("button", name="Export").click()
    expect(page.get_by_role("dialog", name="Export: messages")).to_be_visible()
    desk.looks("messages-export")
    page.keyboard.press("Escape")
    page.get_by_text("Failed", exact=True).first.click()
    expect(page).to_have_url(re.compile("status=failed"))
    expect(page.get_by_role("row")).to_have_count(2)
    page.reload()
    expect(page.get_by_role("row")).to_have_count(2)
    page.get_by_text("All", exact=True).click()
    page.keyboard.press("/")
    page.keyboard.type("0700000001")
    expect(page).to_have_url(re.compile("phone=0700000001"))
    expect(page.get_by_role("row")).to_have_count(2)
    desk.looks("messages-filtered")
    page.get_by_label("Your reference").fill("another")
    expect(page.get_by_text("No message fits")).to_be_visible()
    desk.looks("messages-none-fits")
    page.get_by_role("button", name="Clear the filters").click()
    expect(page.get_by_role("row")).to_have_count(3)
    page.get_by_role("button", name="Columns").click()
    page.get_by_role("menuitemradio", name="Reference").click()
    expect(page.get_by_role("columnheader", name="Reference")).to_be_visible()
    expect(page.get_by_role("cell", name="order-4711")).to_be_visible()
    page.get_by_role("row").filter(has_text="000 001").get_by_role("link").click()
    expect(page).to_have_url(re.compile(sent["uuid"]))
    expect(page.get_by_text(ODD).first).to_be_visible()


def test_a_failed_message_is_resent_and_one_that_waits_is_cancelled(site: Site, desk: Desk) -> None:
    failed = site.api(site.token, "POST", "/messages", {"to": FAILS, "message": "Try me"})
    page = desk.open(f"/messages/{failed['uuid']}")
    expect(page.get_by_text("The phone was not reached").first).to_be_visible()
    desk.looks("message-failed")
    page.get_by_role("button", name="Resend").click()
    page.get_by_role("alertdialog").get_by_role("button", name="Resend").click()
    expect(page.get_by_role("link", name="the failed message")).to_be_visible()
    expect(page).not_to_have_url(re.compile(failed["uuid"]))
    page.goto(f"{site.url}/app/send?to=%2B254700000009&message=Later")
    page.get_by_role("radiogroup", name="When").get_by_text("Later", exact=True).click()
    page.get_by_role("button", name="Schedule").click()
    expect(page.get_by_text("Choose a time.")).to_be_visible()
    soon = page.evaluate("new Date(Date.now() + 864e5).toISOString().slice(0, 16)")
    page.get_by_label("Goes out at").fill(soon)
    page.get_by_role("button", name="Schedule").click()
    expect(page.get_by_text("Scheduled for").first).to_be_visible()
    page.get_by_role("link", name="Open the message").click()
    expect(page.get_by_text("Waits for its time")).to_be_visible()
    page.get_by_role("button", name="Cancel message").click()
    page.get_by_role("alertdialog").get_by_role("button", name="Cancel message").click()
    expect(page.get_by_role("region", name="What happened")).to_contain_text("Taken back")
    expect(page.get_by_role("region", name="Charge and refund")).to_contain_text("1 unit came back")


def test_a_list_that_cannot_be_read_again_says_since_when_and_stays(site: Site, desk: Desk) -> None:
    site.api(site.token, "POST", "/messages", {"to": DELIVERS, "message": "Still there"})
    desk.expects(500)

    def refuse(route: Route) -> None:
        body = {"success": False, "code": "internal", "error": "the node could not answer", "request_id": "req-4711"}
        route.fulfill(status=500, json=body)

    page = desk.open("/messages")
    expect(page.get_by_text("Still there").first).to_be_visible()
    page.route("**/api/v1/messages?*", refuse)
    stale = page.get_by_role("status").filter(has_text="Not up to date since")
    expect(stale).to_contain_text("req-4711")
    live = page.get_by_role("button", name="Live", exact=True)
    expect(live).to_have_attribute("title", re.compile("^New messages could not be read"))
    expect(page.get_by_text("Still there").first).to_be_visible()
    desk.looks("messages-stale")
    page.unroute_all()
    stale.get_by_role("button", name="Try again").click()
    expect(stale).to_have_count(0)
    expect(live).to_have_attribute("title", "New messages appear by themselves")
    expect(page.get_by_text("Still there").first).to_be_visible()


def test_what_was_sent_is_followed_to_its_end_and_no_further(desk: Desk) -> None:
    desk.page.clock.install()
    page = desk.open("/send")
    write(page, DELIVERS, "To the end")
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.get_by_text("Delivered to the phone")).to_be_visible()
    story = re.compile(r"/api/v1/messages/[0-9a-f-]{36}$")
    page.wait_for_load_state("networkidle")
    asked = [each for each in desk.requests if story.search(each)]
    page.clock.run_for(20_000)
    page.wait_for_load_state("networkidle")
    assert [each for each in desk.requests if story.search(each)] == asked
    desk.looks("sent")
    page.get_by_role("button", name="Send another").click()
    expect(page.get_by_label("To", exact=True)).to_have_value("")
    expect(page.get_by_label("Message", exact=True)).to_have_value("")


def test_who_only_looks_sends_nothing_and_sees_no_one_time_passwords(site: Site, desk: Desk) -> None:
    sender = site.api("owner", "POST", "/sender-ids", {"name": "CODES", "sender_class": "otp"})
    site.api("platform", "POST", f"/admin/sender-ids/{sender['uuid']}/approve", {})
    sent = site.api(
        site.token, "POST", "/messages", {"to": DELIVERS, "message": "Your code is 4711", "sender_id": "CODES"}
    )
    desk.log_in("viewer")
    page = desk.open(f"/messages/{sent['uuid']}")
    expect(page.get_by_label("Hidden: one-time passwords").first).to_be_visible()
    expect(page.get_by_text("4711")).to_have_count(0)
    expect(page.get_by_role("button", name="Resend")).to_have_count(0)
    desk.open("/messages?sender=CODES")
    expect(page.get_by_label("Hidden: one-time passwords").first).to_be_visible()
    expect(page.get_by_role("link", name="Send a message")).to_have_count(0)
    expect(page.get_by_role("button", name="Export")).to_have_count(0)
    desk.open("/send")
    expect(page.get_by_text("Your role does not open this")).to_be_visible()
