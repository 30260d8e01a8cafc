"""Contacts, groups and imports in a real browser."""

import io
import json
import re
from pathlib import Path

import openpyxl
import pytest
from playwright.sync_api import FilePayload, Page, Route, expect

from tests.browser.desk import NARROW, Desk
from tests.browser.site import Person, Site, Team

#: What somebody may write who wants to run something in another's browser or spreadsheet.
SCRIPT = "<script>window.hacked = 1</script>"
IMAGE = '"><img src=x onerror="window.hacked = 2">'
FORMULA = '=HYPERLINK("http://evil.example","click")'
NOTES = "'\"<b>bold</b>&amp;{{name}}"
ROWS = 40


@pytest.fixture(scope="module")
def team(site: Site) -> Team:
    """A team that has nobody yet."""
    return site.team("--sender", "22391")


@pytest.fixture
def people(desk: Desk, team: Team) -> Desk:
    """The owner of that team at their desk."""
    return desk.log_in(team.owner)


def csv_file() -> FilePayload:
    """A file as people have them: columns by other names, one more, and two rows that are wrong."""
    lines = ["Simu;Jina la kwanza;County;Age"]
    lines += [f"07120{number:05d};Person {number};Nairobi;{20 + number}" for number in range(ROWS)]
    lines += ["0712 34;Short;Nairobi;1", ";Nobody;Kisumu;2"]
    return {"name": "watu wa nairobi.csv", "mimeType": "text/csv", "buffer": "\n".join(lines).encode()}


def workbook() -> FilePayload:
    """A workbook whose cells want to be more than text."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["Phone", "Full name", "Notes", SCRIPT])
    sheet.append(["+254712900001", SCRIPT, NOTES, IMAGE])
    for row in (["+254712900002", "Jane Wanjiku Doe", "plain", "x"], ["254712900003", "John Otieno", "", ""]):
        sheet.append(row)
    sheet.cell(row=3, column=4, value=FORMULA).data_type = "s"
    octets = io.BytesIO()
    book.save(octets)
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    return {"name": f"{NOTES.replace('/', '')}.xlsx", "mimeType": kind, "buffer": octets.getvalue()}


def is_harmless(page: Page) -> None:
    """Nothing of what was stored has become anything but text."""
    assert page.evaluate("typeof window.hacked") == "undefined"
    assert page.locator("img, script:not([src]):not([type=importmap]), main b").count() == 0
    assert page.locator("a[href*='evil.example']").count() == 0


def test_a_csv_file_is_understood_tried_imported_and_undone(
    people: Desk, site: Site, team: Team, tmp_path: Path
) -> None:
    page = people.open("/contacts")
    expect(page.get_by_text("No contacts yet", exact=True)).to_be_visible()
    people.looks("contacts-empty")
    page.get_by_role("main").get_by_role("link", name="Import").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Import contacts")
    people.looks("import-new")
    page.locator("input[type=file]").set_input_files(csv_file())

    columns = page.locator(".pp-column-row")
    expect(columns).to_have_count(4)
    expect(columns.nth(0).get_by_label("Means")).to_have_value("phone")
    expect(columns.nth(1).get_by_label("Means")).to_have_value("first_name")
    expect(columns.nth(2).get_by_label("Means")).to_have_value("")
    columns.nth(2).get_by_label("Means").select_option(label="Own field")
    expect(columns.nth(2).get_by_label("Name of the field")).to_have_value("county")
    columns.nth(0).get_by_label("Means").select_option(label="Leave out")
    expect(page.get_by_text("Which column is the phone?")).to_be_visible()
    expect(page.get_by_role("button", name="Import 42 rows")).to_be_disabled()
    columns.nth(0).get_by_label("Means").select_option(label="Phone")
    page.get_by_label("Put all of them into").select_option(label="A new group…")
    page.get_by_label("Name of the new group").fill("Nairobi 2026")
    people.looks("import-columns")

    page.get_by_role("button", name="Try it first").click()
    expect(page.get_by_text("This was a trial: nothing was changed")).to_be_visible()
    expect(page.locator(".figure").first).to_contain_text("Would be new")
    expect(page.locator(".figure-value")).to_have_text([str(ROWS), "0", "0", "2"])
    page.get_by_role("button", name="Import it now").click()
    expect(page.locator(".page-status")).to_have_text("Completed")
    expect(page.locator(".figure-value")).to_have_text([str(ROWS), "0", "0", "2"])
    expect(page.get_by_role("heading", name="2 rows failed")).to_be_visible()
    expect(page.get_by_role("cell", name="0712 34", exact=True)).to_be_visible()
    people.looks("import")
    with page.expect_download() as waited:
        page.get_by_role("button", name="Download these rows").click()
    waited.value.save_as(tmp_path / "errors.csv")
    assert "0712 34" in (tmp_path / "errors.csv").read_text("utf-8-sig")

    page.get_by_role("link", name="See the contacts").click()
    expect(page.get_by_text(f"of {ROWS}", exact=False).first).to_be_visible()
    page.go_back()
    page.get_by_role("button", name="Undo this import").click()
    question = page.get_by_role("alertdialog")
    expect(question).to_contain_text(f"The {ROWS} contacts that it made are deleted.")
    question.get_by_role("button", name="Undo the import").click()
    expect(page.get_by_text("This import was undone")).to_be_visible()
    expect(page.get_by_text(f"Deleted: {ROWS}.")).to_be_visible()
    page.get_by_role("navigation").get_by_role("link", name="Imports").first.click()
    expect(page.get_by_role("row", name="watu wa nairobi.csv")).to_have_count(2)
    people.looks("imports")
    assert site.api(team.token, "GET", "/contacts")["total"] == 0


def test_an_import_whose_answer_was_lost_is_tried_again_and_done_once(desk: Desk, site: Site) -> None:
    team = site.team()
    page = desk.log_in(team.owner).open("/imports/new")
    page.locator("input[type=file]").set_input_files(csv_file())
    desk.expects(500)

    def lose(route: Route) -> None:
        assert route.fetch().ok  # the node has taken it
        body = {"success": False, "code": "internal", "error": "the node could not answer", "request_id": "req-4712"}
        route.fulfill(status=500, json=body)

    page.route("**/api/v1/contacts/import", lose, times=1)
    page.get_by_role("button", name="Import 42 rows").click()
    failure = page.get_by_role("alert").filter(has_text="req-4712")
    expect(failure).to_be_visible()
    desk.looks("import-failed")
    page.get_by_role("button", name="Import 42 rows").click()
    expect(page.locator(".page-status")).to_have_text("Completed")
    (upload,) = site.api(team.token, "GET", "/contacts/uploads")["items"]
    assert upload["imported"] == ROWS


def test_script_and_formulas_of_a_workbook_are_text_everywhere(
    people: Desk, team: Team, site: Site, tmp_path: Path
) -> None:
    page = people.open("/imports/new")
    page.locator("input[type=file]").set_input_files(workbook())
    expect(page.locator(".pp-column-row").nth(3)).to_contain_text(SCRIPT)
    page.get_by_role("button", name="Keep the other column too").click()
    is_harmless(page)
    page.get_by_role("button", name="Import 3 rows").click()
    expect(page.locator(".page-status")).to_have_text("Completed")
    is_harmless(page)

    site.api(
        team.token,
        "PUT",
        f"/contacts/{uuid_of(site, team)}",
        {"first_name": SCRIPT, "last_name": IMAGE, "attributes": {"formula": FORMULA}},
    )
    group = site.api(team.token, "POST", "/groups", {"name": SCRIPT, "description": IMAGE})
    site.api(team.token, "POST", f"/groups/{group['uuid']}/contacts", {"phones": ["+254712900001"]})
    site.api(team.token, "POST", "/messages", {"to": "+254712900001", "message": f"{SCRIPT} {IMAGE} {FORMULA}"})

    page = people.open("/contacts?search=254712900001")
    expect(page.get_by_role("row", name=SCRIPT)).to_be_visible()
    is_harmless(page)
    page.get_by_role("row", name=SCRIPT).get_by_role("link").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(f"{SCRIPT} {IMAGE}")
    for text in (NOTES, FORMULA, f"{SCRIPT} {IMAGE} {FORMULA}"):
        expect(page.get_by_text(text).first).to_be_visible()
    expect(page.get_by_role("link", name=SCRIPT, exact=True)).to_be_visible()
    is_harmless(page)
    people.looks("contact-hostile")
    page.get_by_role("button", name="Edit").click()
    expect(page.get_by_label("Last name")).to_have_value(IMAGE)
    is_harmless(page)
    page.keyboard.press("Escape")
    page.get_by_role("link", name=SCRIPT, exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(SCRIPT)
    expect(page.get_by_text(IMAGE).first).to_be_visible()
    is_harmless(page)
    page = people.open("/groups")
    expect(page.get_by_role("row", name=SCRIPT)).to_be_visible()
    is_harmless(page)
    page = people.open("/inbox/%2B254712900001")
    expect(page.get_by_text(f"{SCRIPT} {IMAGE} {FORMULA}")).to_be_visible()
    is_harmless(page)

    page = people.open("/contacts")
    page.get_by_role("button", name="Export").click()
    with page.expect_download() as waited:
        page.get_by_role("button", name="Make the file").click()
    waited.value.save_as(tmp_path / "contacts.csv")
    text = (tmp_path / "contacts.csv").read_text("utf-8-sig")
    assert SCRIPT in text
    assert '"=HYPERLINK' not in text  # a spreadsheet takes what begins with = for a formula


def uuid_of(site: Site, team: Team) -> str:
    """The contact that the workbook has made."""
    (found,) = site.api(team.token, "GET", "/contacts?search=%2B254712900001")["items"]
    return str(found["uuid"])


def test_a_contact_is_made_changed_grouped_deleted_and_brought_back(people: Desk, team: Team, site: Site) -> None:
    page = people.open("/contacts?new=1")
    page.get_by_label("Phone", exact=True).fill("0722555001")
    page.get_by_label("First name").fill("Amina")
    page.get_by_label("Last name").fill("Hassan")
    page.get_by_role("button", name="Add a field").click()
    page.get_by_label("Field", exact=True).fill("points")
    page.get_by_label("Kind").select_option(label="Number")
    page.get_by_role("textbox", name="Value").fill("120")
    people.looks("contact-form")
    page.get_by_role("button", name="Create contact").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Amina Hassan")
    expect(page.locator(".facts")).to_contain_text("points")

    page.get_by_role("button", name="Edit").click()
    page.get_by_label("Email").fill("amina@example.com")
    page.get_by_role("button", name="Remove the field points").click()
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".facts")).to_contain_text("amina@example.com")
    expect(page.locator(".facts")).not_to_contain_text("points")
    page.get_by_role("button", name="Undo").last.click()
    expect(page.locator(".facts")).to_contain_text("points")
    expect(page.locator(".facts")).not_to_contain_text("amina@example.com")

    page.get_by_role("button", name="Add to a group").click()
    page.get_by_label("Search groups").fill("Early birds")
    page.get_by_role("button", name="Make the group “Early birds”").click()
    expect(page.get_by_role("link", name="Early birds")).to_be_visible()
    people.looks("contact")

    page.get_by_role("button", name="More about this contact").click()
    page.get_by_role("menuitem", name="Delete the contact").click()
    question = page.get_by_role("alertdialog")
    expect(question).to_contain_text("Delete Amina Hassan?")
    question.get_by_role("button", name="Delete contact").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Contacts")
    expect(page.get_by_role("row", name="Amina Hassan")).to_have_count(0)
    page.get_by_role("button", name="Undo").last.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Amina Hassan")
    expect(page.get_by_role("link", name="Early birds")).to_be_visible()

    people.expects(409)
    page = people.open("/contacts?new=1")
    page.get_by_label("Phone", exact=True).fill("+254 722 555 001")
    page.get_by_role("button", name="Create contact").click()
    expect(page.get_by_text("You have a contact with this number")).to_be_visible()
    page.get_by_role("link", name="Open it").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Amina Hassan")


def test_a_group_is_filled_from_the_list_and_by_numbers_and_emptied(people: Desk, team: Team, site: Site) -> None:
    for number in range(3):
        site.ask(team.token, "POST", "/contacts", {"phone": f"+25471280000{number}", "first_name": f"Member{number}"})
    page = people.open("/contacts?search=Member&sort=name")
    page.get_by_role("checkbox", name="Select all").check()
    expect(page.get_by_text("3 selected").first).to_be_visible()
    people.looks("contacts-chosen")
    page.get_by_role("button", name="Add to a group").click()
    page.get_by_label("Search groups").fill("Members")
    page.get_by_role("button", name="Make the group “Members”").click()
    expect(page.get_by_text("3 people joined Members").first).to_be_visible()

    page = people.open("/groups?search=members")
    page.get_by_role("row", name="Members").get_by_role("link").click()
    expect(page.get_by_role("row", name="Member1")).to_be_visible()
    people.looks("group")
    page.get_by_role("button", name="Add people").click()
    page.get_by_role("tab", name="Paste numbers").click()
    page.get_by_label("Numbers").fill("0712800002, +254712800009\nno number")
    page.get_by_role("button", name="Add 3 numbers").click()
    expect(page.get_by_text("1 new contact was made and joined")).to_be_visible()
    expect(page.get_by_text("1 was in it before")).to_be_visible()
    expect(page.get_by_label("Numbers")).to_have_value("no number")
    people.looks("group-add")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Take Member1 out of the group").click()
    page.get_by_role("alertdialog").get_by_role("button", name="Take out").click()
    expect(page.get_by_role("row", name="Member1")).to_have_count(0)
    page.get_by_role("button", name="Undo").last.click()
    expect(page.get_by_role("row", name="Member1")).to_be_visible()

    page.get_by_role("button", name="More about Members").click()
    page.get_by_role("menuitem", name="Delete the group").click()
    expect(page.get_by_role("alertdialog")).to_contain_text("4 people are in it.")
    page.get_by_role("alertdialog").get_by_role("button", name="Delete the group").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Groups")
    people.looks("groups")
    page.get_by_role("button", name="Undo").last.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Members")
    expect(page.get_by_role("row", name="Member2")).to_be_visible()


def test_the_heads_of_the_list_sort_it_and_the_address_keeps_that(desk: Desk, site: Site) -> None:
    team = site.team()
    for number, name in enumerate(("Wanjiru", "Amina", "Musa")):
        site.api(team.token, "POST", "/contacts", {"phone": f"+25471281000{number}", "first_name": name})
    desk.log_in(team.owner)
    page = desk.open("/contacts")
    rows = page.get_by_role("row").filter(has_text="+254 712 810 00")
    name, added = (page.get_by_role("columnheader", name=head, exact=True) for head in ("Name", "Added"))
    expect(added).to_have_attribute("aria-sort", "descending")
    expect(rows).to_contain_text(["Musa", "Amina", "Wanjiru"])
    name.get_by_role("button").click()
    expect(page).to_have_url(re.compile("sort=name"))
    expect(name).to_have_attribute("aria-sort", "ascending")
    expect(rows).to_contain_text(["Amina", "Musa", "Wanjiru"])
    added.get_by_role("button").click()
    expect(page).to_have_url(re.compile("sort=oldest"))
    expect(rows).to_contain_text(["Wanjiru", "Amina", "Musa"])
    added.get_by_role("button").click()
    expect(page).not_to_have_url(re.compile("sort="))
    expect(rows).to_contain_text(["Musa", "Amina", "Wanjiru"])


def test_on_a_phone_filters_are_reached_in_the_order_in_which_they_are_seen(desk: Desk, site: Site) -> None:
    desk.log_in(site.team().owner)
    page = desk.open("/contacts")
    page.set_viewport_size(NARROW)  # type: ignore[arg-type]
    filters = page.get_by_role("search", name="Filters")
    filters.get_by_role("searchbox").first.focus()
    page.keyboard.press("Tab")
    expect(filters.get_by_role("button", name="Filters", exact=True)).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(filters.get_by_role("combobox").first).to_be_focused()


def test_a_person_is_exported_and_forgotten_and_a_viewer_changes_nothing(
    people: Desk, site: Site, team: Team, tmp_path: Path
) -> None:
    made = site.api(team.token, "POST", "/contacts", {"phone": "+254712700001", "first_name": "Forgettable"})
    page = people.open(f"/contacts/{made['uuid']}")
    page.get_by_role("button", name="More about this contact").click()
    with page.expect_download() as waited:
        page.get_by_role("menuitem", name="Export all data of this person").click()
    waited.value.save_as(tmp_path / "person.json")
    assert json.loads((tmp_path / "person.json").read_text())["contact"]["first_name"] == "Forgettable"

    page.get_by_role("button", name="More about this contact").click()
    page.get_by_role("menuitem", name="Forget this person for good").click()
    forget = page.get_by_role("button", name="Forget for good")
    expect(forget).to_be_disabled()
    expect(page.get_by_text("This cannot be undone")).to_be_visible()
    people.looks("contact-forget")
    page.get_by_label("Type +254712700001 to confirm").fill("+254 712 700 001")
    forget.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("A person is being forgotten")
    people.looks("contact-forgotten")
    people.expects(404)
    people.open(f"/contacts/{made['uuid']}")
    expect(page.get_by_role("heading", level=1)).to_have_text("This contact is not there")

    looked: Person = site.people["viewer"]
    people.log_in(looked)
    page = people.open("/contacts")
    for name in ("New contact", "Export"):
        expect(page.get_by_role("button", name=name)).to_have_count(0)
    page = people.open("/groups")
    expect(page.get_by_role("button", name="New group")).to_have_count(0)
    page.goto(f"{site.url}/app/imports/new")
    expect(page.get_by_text("Your role does not open this")).to_be_visible()
