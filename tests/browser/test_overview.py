"""The overview in a real browser: how a team begins, how it stands, and what the platform does."""

import re

from playwright.sync_api import expect

from tests.browser.desk import Desk
from tests.browser.site import Person, Site

FAILS, DELIVERS = "+254700000002", "+254700000001"


def test_a_team_that_has_sent_nothing_is_shown_three_steps_and_then_its_figures(site: Site, desk: Desk) -> None:
    team = site.team()
    desk.log_in(team.owner)
    page = desk.open("/overview")
    steps = page.get_by_role("region", name="Three steps to the first message")
    expect(steps.get_by_role("listitem")).to_have_count(3)
    expect(steps).to_contain_text("You can send as TextBlast")
    expect(steps).to_contain_text("the token “everything” is there")
    desk.looks("overview-start")
    steps.get_by_role("link", name="Write a message").click()
    page.get_by_label("To", exact=True).fill(DELIVERS)
    page.get_by_label("Message", exact=True).fill("The first")
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.get_by_text("Delivered to the phone")).to_be_visible()
    page.get_by_role("link", name="Overview", exact=True).click()
    expect(steps).to_have_count(0)
    expect(page.get_by_role("region", name="Latest failures")).to_contain_text("No message has failed")


def test_the_figures_of_today_follow_what_is_sent_and_failures_say_why(site: Site, desk: Desk) -> None:
    team = site.team(units=500)
    site.api(team.owner, "PUT", "/team", {"low_balance_units": 499})
    site.api(team.token, "POST", "/messages/batch", {"to": [DELIVERS] * 6, "message": "Six"})
    desk.log_in(team.owner)
    page = desk.open("/overview")
    failed = site.api(team.token, "POST", "/messages", {"to": FAILS, "message": "Not reached"})
    expect(page.get_by_text("Below 499: time to top up")).to_be_visible()
    expect(page.locator(".figure").filter(has_text="Failed")).to_contain_text("1", timeout=40_000)
    expect(page.locator(".figure").filter(has_text="Delivery rate")).to_contain_text("85.7%")
    expect(page.get_by_text("7 accepted")).to_be_visible(timeout=70_000)
    expect(page.get_by_role("list", name="Why messages failed")).to_contain_text("The phone was not reached")
    page.get_by_text("7 days", exact=True).click()
    expect(page).to_have_url(re.compile("range=7d"))
    expect(page.get_by_text("7 accepted")).to_be_visible()
    desk.looks("overview")
    page.get_by_role("region", name="Latest failures").get_by_role("link").filter(
        has_text="The phone was not reached"
    ).click()
    expect(page).to_have_url(re.compile(failed["uuid"]))


def test_who_administers_the_platform_sees_its_carriers_and_queues(site: Site, desk: Desk) -> None:
    team = site.team()
    email = f"chief@{team.code.lower()}.example"
    made = site.node.quickly("user", "create", email, "--team", team.code, "--platform-admin")
    desk.log_in(Person(email, str(made["password"])))
    page = desk.open("/overview")
    carriers = page.get_by_role("region", name="Carriers")
    expect(carriers).to_contain_text("1 of 1 up")
    expect(carriers.get_by_role("link", name="quick")).to_be_visible()
    expect(page.get_by_role("region", name="Queues of the platform")).to_be_visible()
    desk.looks("overview-platform")
    site.api(site.token, "POST", "/messages", {"to": DELIVERS, "message": "One"})
    desk.log_in("viewer")
    desk.open("/overview")
    expect(page.get_by_role("region", name="Latest failures")).to_be_visible()
    expect(page.get_by_role("link", name="Send a message")).to_have_count(0)
    expect(carriers).to_have_count(0)
