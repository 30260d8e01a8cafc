"""Tokens, sender IDs, units, the team and the audit log in a real browser."""

import re

from playwright.sync_api import Page, expect

from tests.browser.desk import Desk
from tests.browser.site import Person, Site
from tests.whole.programs import eventually

PHONE = "+254700000001"
PDF = b"%PDF-1.4\n1 0 obj\n<< >>\nendobj\ntrailer\n<< >>\n%%EOF\n"


def token_of(page: Page) -> str:
    """Return the token that the page shows this once."""
    shown = page.get_by_role("dialog", name="Your token")
    shown.get_by_role("button", name="Show").click()
    return shown.get_by_role("group", name="Token").locator("code").inner_text()


def test_a_token_is_created_shown_once_used_and_revoked(site: Site, desk: Desk) -> None:
    """A token that is made here sends by HTTP at once, and no more when it was revoked.

    api-v1: "Generate tokens from Dashboard → API Tokens."
    """
    team = site.team()
    desk.log_in(team.owner)
    page = desk.open("/overview")
    page.get_by_role("link", name="API tokens", exact=True).click()
    page.get_by_role("button", name="Create a token").click()
    drawer = page.get_by_role("dialog", name="Create a token")
    drawer.get_by_label("Name").fill('The shop\'s <b>"till"</b>')
    drawer.get_by_role("button", name="Nothing").click()
    drawer.get_by_role("button", name="Create the token").click()
    expect(drawer.get_by_role("alert")).to_contain_text("Tick at least one box")
    drawer.get_by_label("Write Messages").check()
    expect(drawer.get_by_label("Read Messages")).to_be_checked()
    drawer.get_by_label("Read Contacts").check()
    desk.looks("tokens-create")
    drawer.get_by_role("button", name="Create the token").click()
    token = token_of(page)
    assert token.startswith("mbs_")
    for language in ("Python", "PHP", "Node.js", "Java", "curl"):
        page.get_by_role("tab", name=language, exact=True).last.click()
        expect(page.get_by_role("dialog").locator("pre")).to_contain_text(token)
    desk.looks("tokens-made")
    sent = site.api(token, "POST", "/messages", {"to": PHONE, "message": "By the new token", "sender_id": "TextBlast"})
    assert site.ask(token, "GET", "/groups")[0] == 403
    page.keyboard.press("Escape")
    expect(page.get_by_role("alertdialog")).to_contain_text("cannot be shown again")
    page.get_by_role("alertdialog").get_by_role("button", name="Cancel").click()
    page.get_by_role("button", name="I have kept it").click()
    row = page.get_by_role("row").filter(has_text="till")
    expect(row).to_contain_text('The shop\'s <b>"till"</b>')
    expect(row).to_contain_text("Contacts: read")
    expect(page.get_by_text(token)).to_have_count(0)
    desk.looks("tokens")
    row.get_by_role("button", name="Revoke").click()
    page.get_by_role("alertdialog").get_by_role("button", name="Revoke").click()
    expect(row).to_have_count(0)
    assert site.ask(token, "GET", f"/messages/{sent['uuid']}")[0] == 401
    page.get_by_text("All", exact=True).click()
    expect(row).to_contain_text("Revoked")


def test_a_sender_is_requested_with_a_document_and_the_default_is_set_and_undone(site: Site, desk: Desk) -> None:
    team = site.team()
    desk.log_in(team.owner)
    page = desk.open("/senders?new=1")
    drawer = page.get_by_role("dialog", name="Request a sender ID")
    name = drawer.get_by_label("Name or number")
    name.fill("Café")
    expect(drawer).to_contain_text("This cannot be a sender")
    name.fill("TextBlast")
    expect(drawer).to_contain_text("You have a sender of this name already")
    name.fill("MYSHOP")
    expect(drawer).to_contain_text("6 of 11 characters")
    drawer.get_by_label("Countries").fill("ke, ug")
    expect(drawer).to_contain_text("That is: Kenya, Uganda")
    drawer.get_by_label("Promotional").check()
    drawer.locator("input[type=file]").set_input_files(
        {"name": "certificate.pdf", "mimeType": "application/pdf", "buffer": PDF}
    )
    expect(drawer.get_by_role("button", name="Remove the document")).to_be_visible()
    desk.looks("senders-request")
    drawer.get_by_role("button", name="Request it").click()
    row = page.get_by_role("row").filter(has_text="MYSHOP")
    expect(row).to_contain_text("The operator has not decided yet")
    desk.looks("senders")
    row.get_by_role("button", name="MYSHOP", exact=True).click()
    expect(page.get_by_role("dialog")).to_contain_text("Kenya, Uganda")
    with page.expect_download() as fetched:
        page.get_by_role("dialog").get_by_role("button", name="Get the document").click()
    assert fetched.value.path().read_bytes() == PDF
    desk.looks("senders-one")
    page.keyboard.press("Escape")

    other = page.get_by_role("row").filter(has_text="TextBlast")
    was_default = other.get_by_text("Default", exact=True).count() > 0
    other.get_by_role("button", name="Actions: TextBlast").click()
    page.get_by_role("menuitem", name="No longer the default" if was_default else "Use as default").click()
    expect(other.get_by_text("Default", exact=True)).to_have_count(0 if was_default else 1)
    page.get_by_role("button", name="Undo").click()
    expect(other.get_by_text("Default", exact=True)).to_have_count(1 if was_default else 0)
    row.get_by_role("button", name="Actions: MYSHOP").click()
    page.get_by_role("menuitem", name="Take back").click()
    page.get_by_role("alertdialog").get_by_role("button", name="Take back").click()
    expect(row).to_have_count(0)


def test_units_lead_from_the_ledger_to_messages_and_from_a_message_to_its_entries(site: Site, desk: Desk) -> None:
    team = site.team(units=40)
    desk.log_in(team.owner)
    page = desk.open("/units")
    expect(page.get_by_role("table", name="Ledger").get_by_role("row").filter(has_text="Top-up")).to_contain_text("+40")
    sent = site.api(team.token, "POST", "/messages", {"to": PHONE, "message": "Two units. " * 20})
    refused = site.api(team.token, "POST", "/messages", {"to": "+254700000009", "message": "No carrier takes it"})
    site.delivered(sent["uuid"], team.token)
    page.get_by_role("button", name="Change the alert").click()
    page.get_by_label("Tell us when units run low").check()
    page.get_by_label("Below how many available units").fill("500")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Your units are low")).to_be_visible()
    page.get_by_label("What", exact=True).select_option("charge")
    expect(page).to_have_url(re.compile("kind=charge"))
    ledger = page.get_by_role("region", name="Ledger")
    expect(ledger.get_by_role("row").filter(has_text="Top-up")).to_have_count(0)
    desk.looks("units")
    ledger.get_by_role("link", name=re.compile("message")).last.click()
    expect(page).to_have_url(re.compile("/messages.created_from="))
    desk.open(f"/units?message_uuid={sent['uuid']}")
    trail = page.get_by_role("region", name="From the message to its entries")
    expect(trail).to_contain_text("A carrier took it, so the units are spent")
    expect(trail.get_by_role("row").filter(has_text="Charge")).to_contain_text(f"−{sent['units']}")
    desk.looks("units-trail")
    trail.get_by_role("link", name="Open the message").click()
    expect(page).to_have_url(re.compile(sent["uuid"]))
    desk.open(f"/units?message_uuid={refused['uuid']}")
    expect(trail).to_be_visible()


def test_a_member_is_invited_and_changed_and_the_last_owner_stays(site: Site, desk: Desk) -> None:
    team = site.team()
    desk.log_in(team.owner)
    page = desk.open("/team")
    page.get_by_role("button", name="Invite somebody").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Email address").fill(f"jane@{team.code.lower()}.example")
    dialog.get_by_label("Name").fill("Jane <i>Doe</i>")
    dialog.get_by_label("Viewer").check()
    dialog.get_by_role("button", name="Invite", exact=True).click()
    link = page.get_by_role("group", name="Link").locator("code").inner_text()
    assert "/app/link?token=" in link
    page.get_by_role("button", name="Done").click()
    jane = page.get_by_role("row").filter(has_text="jane@")
    expect(jane).to_contain_text("Jane <i>Doe</i>")
    expect(jane).to_contain_text("Invited")
    jane.get_by_role("button", name=re.compile("Actions: Jane")).click()
    page.get_by_role("menuitem", name="Change role").click()
    page.get_by_role("dialog").get_by_label("Operator").check()
    page.get_by_role("button", name="Change the role").click()
    expect(jane).to_contain_text("Operator")
    me = page.get_by_role("row").filter(has_text="owner@")
    expect(me).to_contain_text("The only owner")
    me.get_by_role("button", name=re.compile("Actions")).click()
    expect(page.get_by_role("menuitem", name="Remove from the team")).to_have_attribute("aria-disabled", "true")
    page.keyboard.press("Escape")
    desk.looks("team")
    jane.get_by_role("button", name=re.compile("Actions: Jane")).click()
    page.get_by_role("menuitem", name="Remove from the team").click()
    page.get_by_role("alertdialog").get_by_role("button", name="Remove").click()
    expect(jane).to_have_count(0)
    settings_and_audit(desk, page, team.owner)


def settings_and_audit(desk: Desk, page: Page, owner: Person) -> None:
    """Change a setting, and find it in the audit log with what was and what is."""
    page.get_by_role("tab", name="Settings").click()
    page.get_by_label("Name of the team").fill("A & B <Ltd>")
    page.get_by_label("Texts of messages are kept").select_option("days")
    page.get_by_role("spinbutton", name="Days").fill("30")
    expect(page.get_by_text("cannot be brought back")).to_be_visible()
    desk.looks("team-settings")
    page.get_by_role("button", name="Save the settings").click()
    expect(page.get_by_role("region", name="Notifications")).to_contain_text("The settings are saved")
    page.get_by_role("link", name="Audit log").click()
    page.get_by_label("What", exact=True).select_option("team.change")
    expect(page).to_have_url(re.compile("action=team.change"))
    row = page.get_by_role("row").filter(has_text="Team settings changed")
    expect(row).to_contain_text("A & B <Ltd>")
    row.get_by_role("button").click()
    diff = page.get_by_role("dialog").get_by_role("table", name="What changed")
    expect(diff.get_by_role("row").filter(has_text="Texts are kept")).to_contain_text("30")
    desk.looks("audit-change")
    page.get_by_role("button", name="All changes by the same").click()
    expect(page).to_have_url(re.compile("actor="))
    page.get_by_role("button", name="Show everybody").click()
    page.get_by_role("button", name="Clear filters").click()
    expect(page.get_by_role("row").filter(has_text="Member invited")).to_be_visible()
    expect(page.get_by_role("row").filter(has_text="Member removed")).to_contain_text(owner.email.split("@")[0])
    desk.looks("audit")


def test_who_may_not_is_told_so_and_who_only_looks_has_nothing_to_press(site: Site, desk: Desk) -> None:
    desk.log_in("viewer")
    page = desk.open("/senders")
    expect(page.get_by_role("row").filter(has_text="TextBlast")).to_be_visible()
    expect(page.get_by_role("button", name="Request a sender ID")).to_have_count(0)
    page.get_by_role("button", name="Actions: TextBlast").click()
    expect(page.get_by_role("menuitem")).to_have_count(1)
    page.keyboard.press("Escape")
    desk.open("/units")
    expect(page.get_by_text("Available", exact=True)).to_be_visible()
    expect(page.get_by_role("button", name="Change the alert")).to_have_count(0)
    for path in ("/tokens", "/team", "/audit"):
        desk.open(path)
        expect(page.get_by_text("Your role does not open this")).to_be_visible()
    eventually(lambda: site.ask("viewer", "GET", "/team/members")[0] == 403, "the API says the same")
