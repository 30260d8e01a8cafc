"""Campaigns in the browser: a whole one from the wizard to its end, holding and taking back, a file of people, and who may not."""

import re
from typing import Any

from playwright.sync_api import FilePayload, Page, expect

from tests.browser.desk import USUAL, Desk
from tests.browser.site import Site, Team
from tests.whole.programs import eventually

SCRIPT = "<script>window.hacked=1</script><img src=x onerror='window.hacked=1'> \"it's\""
PEOPLE = (("+254712000001", "Jane"), ("+254712000002", "Musa"), ("+254712000003", SCRIPT))


def grouped(site: Site, team: Team, name: str, people: tuple[tuple[str, str], ...] = PEOPLE) -> str:
    """Make a group of these people; return its uuid."""
    for phone, first_name in people:
        site.api(team.token, "POST", "/contacts", {"phone": phone, "first_name": first_name})
    group = site.api(team.token, "POST", "/groups", {"name": name, "description": f"of {name}"})
    site.api(team.token, "POST", f"/groups/{group['uuid']}/contacts", {"phones": [phone for phone, _ in people]})
    return str(group["uuid"])


def drafted(site: Site, team: Team, group: str, **more: Any) -> str:
    """Make a draft by the API; return its uuid."""
    said = {
        "name": "By the API",
        "message": "Hi {first_name:there}",
        "sender_id": "TextBlast",
        "group_ids": [group],
        **more,
    }
    return str(site.api(team.token, "POST", "/campaigns", said)["uuid"])


def confirmed(page: Page, *words: str, act: str) -> None:
    """See what is asked, and say yes."""
    question = page.get_by_role("alertdialog")
    for each in words:
        expect(question).to_contain_text(each)
    question.get_by_role("button", name=act, exact=True).click()


def csv(name: str, rows: str) -> FilePayload:
    """Return a file of these rows."""
    return {"name": f"{name}.csv", "mimeType": "text/csv", "buffer": rows.encode()}


def figure(page: Page, label: str) -> Any:
    """Return the large number of this label."""
    return (
        page.locator(".figure")
        .filter(has=page.locator(".figure-label", has_text=re.compile(f"^{label}$")))
        .locator(".figure-value")
    )


def test_a_campaign_runs_from_its_first_word_to_its_last_receipt(site: Site, desk: Desk) -> None:
    team = site.team()
    group = grouped(site, team, f"VIP {SCRIPT}")
    page = desk.log_in(team.owner).open("/campaigns")
    expect(page.get_by_text("Send your first campaign")).to_be_visible()
    desk.looks("campaigns-empty")

    page.get_by_role("link", name="New campaign").first.click()
    name = f"May {SCRIPT}"
    page.get_by_role("button", name="Next: What").click()
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_role("button", name="Next: What").click()
    expect(page.get_by_text("Choose a group at least.")).to_be_visible()
    page.get_by_role("checkbox", name=f"VIP {SCRIPT}").check()
    desk.looks("campaigns-wizard-who")
    page.get_by_role("button", name="Next: What").click()
    page.wait_for_url(re.compile(r"/campaigns/new\?.*step=what"))
    page.reload()  # what was said first is in the address

    page.get_by_role("textbox", name="Text").fill(f"Hi {{first_name:there}}, 20% off {SCRIPT}")
    expect(page.get_by_text("Hi there, 20% off")).to_be_visible()
    desk.looks("campaigns-wizard-what")
    page.get_by_role("button", name="Next: When").click()
    page.wait_for_url(re.compile(r"/campaigns/[0-9a-f-]{36}/edit\?step=when"))
    desk.looks("campaigns-wizard-when")
    page.get_by_role("button", name="Next: Check and send").click()

    expect(figure(page, "People")).to_have_text("3")
    draft = site.api(team.token, "GET", "/campaigns")["items"][0]
    units = site.api(team.token, "GET", f"/campaigns/{draft['uuid']}/estimate")["units"]
    expect(figure(page, "Units")).to_have_text(str(units))
    expect(figure(page, "Left afterwards")).to_have_text(str(1000 - units))
    expect(page.get_by_text(f"Hi Musa, 20% off {SCRIPT}")).to_be_visible()
    desk.looks("campaigns-wizard-check")
    page.set_viewport_size({"width": 1280, "height": 560})  # less than the step is long: what leads on stays in sight
    expect(page.get_by_role("button", name=f"Send to 3 people for {units} units")).to_be_in_viewport(ratio=1)
    expect(page.get_by_role("button", name="Back", exact=True)).to_be_in_viewport(ratio=1)
    page.set_viewport_size(USUAL)  # type: ignore[arg-type]
    page.get_by_label("Phone number").fill("0712000001")
    page.get_by_role("button", name="Send a test").click()
    expect(page.get_by_text(re.compile(r"Sent to \+254.712.000.001 for"))).to_be_visible()

    page.get_by_role("button", name=f"Send to 3 people for {units} units").click()
    confirmed(page, "3 people", f"{units} units", act="Send now")
    expect(page.get_by_role("heading", level=1)).to_have_text(name)
    expect(page.locator(".page-status")).to_have_text("Completed")
    expect(figure(page, "Delivered")).to_have_text("3")
    expect(figure(page, "Spent")).to_have_text(str(units))
    desk.looks("campaign-results")
    page.get_by_role("tab", name="Recipients").click()
    expect(page.get_by_role("row")).to_have_count(4)
    expect(page.get_by_text(f"Hi {SCRIPT}, 20% off")).to_be_visible()
    desk.looks("campaign-recipients")
    page.get_by_role("tab", name="Text and settings").click()
    expect(page.get_by_role("link", name=f"VIP {SCRIPT}")).to_have_attribute("href", f"/app/groups/{group}")
    desk.looks("campaign-about")
    desk.open("/campaigns?sort=-people")
    expect(page.get_by_role("link", name=name)).to_be_visible()
    desk.looks("campaigns-list")
    assert page.evaluate("window.hacked") is None


def test_a_campaign_is_sent_again_to_those_whom_it_did_not_reach(site: Site, desk: Desk) -> None:
    team = site.team()
    people = (("+254700000001", "Reached"), ("+254700000002", "Away"), ("+254700000004", "Rejected"))
    uuid = drafted(site, team, grouped(site, team, "Some", people), name="Once more")
    site.api(team.token, "POST", f"/campaigns/{uuid}/send")
    eventually(lambda: site.api(team.token, "GET", f"/campaigns/{uuid}")["stats"]["failed"] == 2, "two have failed")
    page = desk.log_in(team.owner).open(f"/campaigns/{uuid}")
    page.get_by_role("button", name="Send again to 2 that failed").click()
    confirmed(page, "Once more", "You see what it costs before anything is sent", act="Make the draft")
    page.wait_for_url(re.compile(r"/campaigns/[0-9a-f-]{36}/edit\?step=check"))
    expect(figure(page, "People")).to_have_text("1")
    expect(page.get_by_text("Hi Away")).to_be_visible()
    made = site.api(team.token, "GET", "/campaigns")["items"][0]
    assert (made["name"], made["retry_of"], made["recipient_count"]) == ("Once more (again)", uuid, 1)
    desk.looks("campaign-again")
    page.get_by_role("button", name=f"Send to 1 person for {made['cost_units']} unit").click()
    confirmed(page, "1 person", act="Send now")
    expect(page.locator(".page-status")).to_have_text("Completed")
    eventually(
        lambda: (site.api(team.token, "GET", f"/campaigns/{made['uuid']}")["stats"] or {}).get("failed") == 1,
        "it failed again",
    )
    desk.open(f"/campaigns/{made['uuid']}")
    expect(page.get_by_role("button", name="Send again to 1 that failed")).to_be_visible()


def test_what_waits_is_taken_back_and_what_is_sent_is_held_and_goes_on(site: Site, desk: Desk) -> None:
    team = site.team()
    group = grouped(site, team, "Many", tuple((f"+2547120001{n:02}", f"Name {n}") for n in range(12)))
    later = drafted(site, team, group, name="Later")
    page = desk.log_in(team.owner).open(f"/campaigns/{later}/edit?step=when")
    page.get_by_text("At a time", exact=True).click()
    page.get_by_role("link", name="Check and send").click()
    expect(page.get_by_text("Say when it begins.")).to_be_visible()
    page.get_by_label(re.compile("It begins at")).fill("2098-05-11T09:00")
    page.get_by_label("Messages a second, at most").fill("3")
    page.get_by_role("button", name="Next: Check and send").click()
    page.get_by_role("button", name="Schedule for 12 people, 12 units").click()
    confirmed(page, "12 people", "12 units are reserved", "11 May 2098, 09:00", act="Schedule it")
    expect(page.locator(".page-status")).to_have_text("Scheduled")
    expect(page.get_by_text("It begins at 11 May 2098, 09:00, Africa/Nairobi.")).to_be_visible()
    assert site.api(team.token, "GET", f"/campaigns/{later}")["scheduled_at"] == "2098-05-11T06:00:00Z"
    page.get_by_role("button", name="Back to a draft").click()
    confirmed(page, "12 units are yours again", act="Back to a draft")
    expect(page.locator(".page-status")).to_have_text("Draft")
    assert site.api(team.token, "GET", "/account")["available"] == 1000
    expect(page.get_by_role("tab")).to_have_count(0)  # one alone would be a choice of nothing
    desk.looks("campaign-draft")

    slow = drafted(site, team, group, name="Slow", rate_per_s=1)
    site.api(team.token, "POST", f"/campaigns/{slow}/send")
    desk.open(f"/campaigns/{slow}")
    page.get_by_role("button", name="Pause").click()
    confirmed(page, "still to come", act="Pause")
    expect(page.locator(".page-status")).to_have_text("Paused")
    expect(page.get_by_text("Somebody of your team paused it.")).to_be_visible()
    desk.looks("campaign-paused")
    page.get_by_role("button", name="Resume").click()
    confirmed(page, "go out again", act="Resume")
    expect(page.locator(".page-status")).to_have_text("Sending")
    page.get_by_role("button", name="Cancel", exact=True).click()
    confirmed(page, "get nothing", "cannot be resumed", act="Cancel the campaign")
    expect(page.locator(".page-status")).to_have_text("Cancelled")

    page.get_by_role("button", name="More actions").click()
    page.get_by_role("menuitem", name="Copy to a new draft").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Slow (copy)")
    page.get_by_role("button", name="More actions").click()
    page.get_by_role("menuitem", name="Delete the draft").click()
    confirmed(page, "nothing was sent", act="Delete the draft")
    page.locator(".toast", has_text="was deleted").get_by_role("button", name="Undo").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Slow (copy)")


def test_a_file_of_people_is_sent_read_and_named_by_the_text(site: Site, desk: Desk) -> None:
    team = site.team()
    page = desk.log_in(team.owner).open("/campaigns/new")
    page.get_by_label("Name", exact=True).fill("Debtors")
    page.get_by_text("A file of people", exact=True).click()
    desk.expects(400)
    page.get_by_label("File of people", exact=True).set_input_files(csv("odd", "Nambari,Amount due\n0712000009,1200\n"))
    page.get_by_label("Which column has the phones?").select_option("Nambari")
    page.get_by_role("button", name="Send it again so").click()
    expect(page.get_by_text("odd.csv").first).to_be_visible()
    page.get_by_role("button", name="Another file").click()
    rows = f'phone,first_name,amount_due\n0712000001,Jane,1200\n0712000001,Jane,1200\n12,"{SCRIPT.replace(chr(34), chr(34) * 2)}",7\n'
    page.get_by_label("File of people", exact=True).set_input_files(csv("debtors", rows))
    expect(page.get_by_text("1 row could not be taken")).to_be_visible()
    expect(page.get_by_text("{amount_due}")).to_be_visible()
    page.get_by_text("Show 1 of them").click()
    desk.looks("campaigns-audience")
    with page.expect_download() as fetched:
        page.get_by_role("button", name="All of them as a file").click()
    assert b"12," in fetched.value.path().read_bytes()
    page.get_by_role("button", name="Next: What").click()
    page.get_by_role("textbox", name="Text").fill("Hi {first_name}, you owe ")
    page.get_by_role("button", name="Insert amount_due").click()
    page.get_by_role("button", name="Next: When").click()
    page.get_by_role("button", name="Next: Check and send").click()
    expect(page.get_by_text("Hi Jane, you owe 1200")).to_be_visible()
    page.get_by_role("link", name="What").click()
    page.get_by_role("textbox", name="Text").fill("Hi {nickname}")
    page.get_by_role("button", name="Next: When").click()
    expect(page.get_by_text(re.compile("Names fields that nobody has: {nickname}"))).to_be_visible()
    page.get_by_role("textbox", name="Text").fill("Pay at https://example.com/pay")
    page.get_by_label("Make links short and count who follows them").check()
    page.get_by_role("button", name="Next: When").click()
    expect(page.get_by_text("Cannot be: this platform has no address for short links")).to_have_count(1)
    page.get_by_role("link", name="Campaigns").first.click()
    confirmed(page, "not saved with the draft yet", act="Leave")
    expect(page.get_by_role("heading", level=1)).to_have_text("Campaigns")
    assert page.evaluate("window.hacked") is None


def test_series_short_links_and_who_may_only_look(site: Site, desk: Desk) -> None:
    team = site.team(units=2)
    group = grouped(site, team, "All")
    weekly = drafted(site, team, group, name="Weekly")
    page = desk.log_in(team.owner).open(f"/campaigns/{weekly}/edit?step=when")
    page.get_by_text("Again and again", exact=True).click()
    page.get_by_role("checkbox", name="Thursday").check()
    desk.looks("campaigns-wizard-series")
    page.get_by_role("button", name="Next: Check and send").click()
    expect(page.get_by_text("1 unit is missing")).to_be_visible()
    page.get_by_role("button", name="Start the series").click()
    confirmed(page, "Every Monday and Thursday at 09:00", "3 people", act="Start the series")
    expect(page.get_by_text("It has made no campaign yet")).to_be_visible()
    desk.looks("campaign-series")

    dear = drafted(site, team, group, name="Dear")
    desk.open(f"/campaigns/{dear}/edit?step=check")
    desk.expects(402)
    page.get_by_role("button", name="Send to 3 people for 3 units").click()
    confirmed(page, "3 units", act="Send now")
    expect(page.get_by_text("1 unit is missing").first).to_be_visible()

    mine = site.api("owner", "POST", "/groups", {"name": "Looked at"})
    site.api("owner", "POST", f"/groups/{mine['uuid']}/contacts", {"phones": ["+254712000111"]})
    said = {"name": "Looked at", "message": "Hi", "sender_id": "TextBlast", "group_ids": [mine["uuid"]]}
    uuid = site.api("owner", "POST", "/campaigns", said)["uuid"]
    site.api("owner", "POST", f"/campaigns/{uuid}/send")
    eventually(lambda: site.api("owner", "GET", f"/campaigns/{uuid}")["stats"]["delivered"] == 1, "it is delivered")
    desk.log_in("viewer").open(f"/campaigns/{uuid}")
    expect(figure(page, "Delivered")).to_have_text("1")
    expect(page.get_by_role("button", name="More actions")).to_have_count(0)
    page.get_by_role("tab", name="Recipients").click()
    expect(page.get_by_role("row")).to_have_count(2)
    expect(page.get_by_role("button", name="Export")).to_have_count(0)
    desk.open("/campaigns")
    expect(page.get_by_role("link", name="Looked at")).to_be_visible()
    expect(page.get_by_role("link", name="New campaign")).to_have_count(0)
    desk.open("/campaigns/new")
    expect(page.get_by_text("Your role does not open this")).to_be_visible()
