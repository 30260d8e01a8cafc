"""Contacts by REST, as the reference has them, and decisions 48 to 52."""

from urllib.parse import quote

import pytest

from mobilesasa.contacts.model import Wanted
from mobilesasa.contacts.search import Search
from tests.api.people import PEOPLE, PeopleRig
from tests.api.rig import directory, token

JANE = {"phone": "+254712345678", "first_name": "Jane", "last_name": "Doe", "email": "jane@example.com"}
UNKNOWN = "c0000000-0000-4000-8000-000000009999"


@pytest.fixture
def rig() -> PeopleRig:
    """A node's API with a client that keeps contacts."""
    return PeopleRig()


def test_a_contact_is_created_as_the_reference_has_it(rig):
    """
    api-v1: "First name"
    api-v1: "Last name"
    api-v1: "Email address"
    api-v1: "Free-text notes about the contact"
    """
    made = rig.post(
        "/contacts", JANE | {"notes": "Prefers Swahili", "attributes": {"county": "Nairobi", "points": 120}}
    ).data
    assert made == JANE | {
        "uuid": made["uuid"], "notes": "Prefers Swahili", "attributes": {"county": "Nairobi", "points": 120}, "suppressed": False,
        "created_at": "2026-05-11T09:00:00Z", "updated_at": "2026-05-11T09:00:00Z",
    }  # fmt: skip
    assert rig.get(f"/contacts/{made['uuid']}").data == made | {"groups": []}
    assert rig.contacts.by[-1][0].uuid == f"uuid of {PEOPLE}"


def test_a_phone_is_enough(rig):
    made = rig.post("/contacts", {"phone": "0712 345 678", "first_name": " ", "email": None, "attributes": None}).data
    assert (made["phone"], made["first_name"], made["email"], made["attributes"]) == ("+254712345678", None, None, {})


@pytest.mark.parametrize("phone", ["+254712345678", "0712345678", "254712345678", "+254 712-345-678", "00254712345678"])
def test_decision_48_a_second_contact_of_a_phone_in_any_form_is_409_and_names_the_first(rig, phone):
    there = rig.contacts.give()
    reply = rig.post("/contacts", {"phone": phone})
    assert reply.refusal == (409, "already_exists")
    assert reply.body["uuid"] == there.uuid


def test_every_field_that_cannot_be_kept_is_named(rig):
    reply = rig.post("/contacts", {
        "phone": "12", "first_name": "x" * 101, "email": "jane", "notes": "\x07", "attributes": {"County": 1, "phone": "x", "fine": 2},
    })  # fmt: skip
    assert reply.refusal == (400, "bad_request")
    assert {field["field"] for field in reply.body["fields"]} == {
        "phone", "first_name", "email", "notes", "attributes[County]", "attributes[phone]",
    }  # fmt: skip


@pytest.mark.parametrize("body", [{}, {"phone": None}, {"phone": 254712345678}, {"phone": ["+254712345678"]}, {"phone": ""},
                                  JANE | {"attributes": {"a": []}}, JANE | {"attributes": []}, JANE | {"first_name": 1}])  # fmt: skip
def test_what_is_not_of_its_type_is_refused(rig, body):
    assert rig.post("/contacts", body).refusal == (400, "bad_request")


def test_a_call_with_a_key_creates_one_contact(rig):
    first = rig.post("/contacts", JANE, Idempotency_Key="a")
    again = rig.post("/contacts", JANE, Idempotency_Key="a")
    assert again.octets == first.octets
    assert (again.headers["idempotent-replayed"], len(rig.contacts.contacts)) == ("true", 1)


def test_contacts_are_listed_newest_first_in_pages_and_by_cursor(rig):
    """
    api-v1: "Results per page (default 20)"
    api-v1: "Page number (default 1)"
    """
    made = [rig.contacts.give(f"25471234567{n}") for n in range(5)]
    rig.contacts.give(team_id=2)
    first = rig.get("/contacts?page_size=2").data
    assert [each["uuid"] for each in first["items"]] == [made[4].uuid, made[3].uuid]
    assert (first["page"], first["page_size"], first["total"], first["pages"]) == (1, 2, 5, 3)
    second = rig.get(f"/contacts?page_size=2&cursor={first['next_cursor']}").data
    assert second["items"] == rig.get("/contacts?page=2&page_size=2").data["items"]
    last = rig.get("/contacts?page=3&page_size=2").data
    assert (len(last["items"]), last["next_cursor"]) == (1, None)
    assert rig.get("/contacts?page=9").data["items"] == []
    assert [rig.get("/contacts").data[name] for name in ("page", "page_size")] == [1, 20]


def test_a_page_may_tell_how_many_there_are_so_that_they_are_not_counted(rig):
    for n in range(5):
        rig.contacts.give(f"25471234567{n}")
    rig.contact_lists.more, rig.contact_lists.total = 10_000_000, 5
    data = rig.get("/contacts?page_size=2").data
    assert (data["total"], data["total_is_estimate"]) == (5, False)
    rig.contact_lists.total = None
    assert rig.get("/contacts?page_size=2").data["total"] == 10_000_000


@pytest.mark.parametrize("query", ["page_size=0", "page_size=101", "page_size=abc", "page=0", "sort=random", "suppressed=maybe", "cursor=x",
                                   "attribute=county", "attribute=:x", f"search={'x' * 101}", "page=60000&page_size=100"])  # fmt: skip
def test_a_list_that_cannot_be_is_refused(rig, query):
    rig.contact_lists.more = 10_000_000
    assert rig.get(f"/contacts?{query}").refusal == (400, "bad_request")


def test_decision_52_a_search_is_by_parts_of_names_and_digits_of_phones(rig):
    """api-v1: "Filter by name or phone"."""
    jane = rig.contacts.give(first_name="Jane", last_name="Doe")
    rig.contacts.give("254722000111", first_name="John")
    for text in ("jane", "JANE doe", "doe jane", "0712345678", "+254712345678", "345678"):
        assert [each["uuid"] for each in rig.get(f"/contacts?search={quote(text)}").data["items"]] == [jane.uuid], text
    assert rig.get("/contacts?search=%25").data["items"] == []


def test_a_list_may_be_narrowed_and_ordered(rig):
    group = rig.contacts.give_group("VIP", 1, rig.contacts.give(first_name="Jane"))
    query = f"search=0712%20jane&group={group.uuid}&attribute=county:Nairobi:West&suppressed=false&sort=name"
    rig.get(f"/contacts?{query}")
    wanted = Wanted(1, Search(("%jane%",), "254712"), group.uuid, ("county", "Nairobi:West"), False)
    assert rig.contact_lists.asked[-1] == (wanted, "name")
    assert rig.get(f"/contacts?group={UNKNOWN}").refusal == (404, "not_found")


def test_decision_49_one_contact_is_there_by_its_uuid_with_its_groups(rig):
    jane = rig.contacts.give(first_name="Jane")
    group = rig.contacts.give_group("VIP Customers", 1, jane)
    found = rig.get(f"/contacts/{jane.uuid}").data
    assert (found["first_name"], found["groups"]) == ("Jane", [{"uuid": group.uuid, "name": "VIP Customers"}])


@pytest.mark.parametrize(("scopes", "seen"), [(("contacts",), False), (("contacts", "groups:read"), True)])
def test_the_groups_of_a_contact_are_shown_to_those_who_may_see_groups(rig, scopes, seen):
    rig.directory.now = directory(tokens=[token("mbs_some", scopes=(*scopes, "messages:read"))])
    jane = rig.contacts.give(first_name="Jane")
    rig.contacts.give_group("VIP Customers", 1, jane)
    shown = [
        rig.get(f"/contacts/{jane.uuid}", "mbs_some").data,
        rig.put(f"/contacts/{jane.uuid}", {"notes": "n"}, "mbs_some").data,
        rig.get(f"/contacts/{jane.uuid}/export", "mbs_some").data["contact"],
    ]
    assert ["groups" in each for each in shown] == [seen] * 3


def test_decision_50_a_field_that_is_left_out_stays_and_null_or_an_empty_text_clears(rig):
    """api-v1: "Same fields as create. All fields are optional — only provided fields are updated."."""
    jane = rig.contacts.give(
        first_name="Jane", last_name="Doe", notes="A note", attributes={"points": 1, "county": "Nairobi"}
    )
    now = rig.put(
        f"/contacts/{jane.uuid}", {"last_name": "Wanjiku", "notes": None, "attributes": {"points": None, "vip": True}}
    ).data
    assert (now["first_name"], now["last_name"], now["notes"]) == ("Jane", "Wanjiku", None)
    assert now["attributes"] == {"county": "Nairobi", "vip": True}
    now = rig.put(f"/contacts/{jane.uuid}", {"first_name": "", "attributes": None}).data
    assert (now["first_name"], now["last_name"], now["attributes"]) == (None, "Wanjiku", {})


@pytest.mark.parametrize("body", [b"{}", b""])
def test_decision_50_an_empty_body_changes_nothing_and_is_200(rig, body):
    jane = rig.contacts.give(first_name="Jane")
    reply = rig.ask("PUT", f"/api/v1/contacts/{jane.uuid}", body, Authorization=f"Bearer {PEOPLE}")
    assert reply.data["first_name"] == "Jane"


@pytest.mark.parametrize("phone", [None, "", "12"])
def test_decision_50_a_phone_cannot_be_cleared(rig, phone):
    jane = rig.contacts.give()
    reply = rig.put(f"/contacts/{jane.uuid}", {"phone": phone})
    assert (reply.refusal, [field["field"] for field in reply.body["fields"]]) == ((400, "bad_request"), ["phone"])


def test_decision_50_a_phone_changes_unless_another_contact_has_it(rig):
    jane, john = rig.contacts.give(), rig.contacts.give("254722000111")
    reply = rig.put(f"/contacts/{jane.uuid}", {"phone": "0722000111"})
    assert (reply.refusal, reply.body["uuid"]) == ((409, "already_exists"), john.uuid)
    assert rig.put(f"/contacts/{jane.uuid}", {"phone": "0733000111"}).data["phone"] == "+254733000111"


def test_decision_51_a_contact_is_deleted_and_its_phone_may_have_another(rig):
    jane = rig.contacts.give(first_name="Jane")
    rig.suppressions.give()
    assert rig.delete(f"/contacts/{jane.uuid}").data["first_name"] == "Jane"
    assert rig.get(f"/contacts/{jane.uuid}").refusal == (404, "not_found")
    assert rig.delete(f"/contacts/{jane.uuid}").refusal == (404, "not_found")
    again = rig.post("/contacts", JANE).data
    assert again["uuid"] != jane.uuid
    assert again["suppressed"] is True


def test_many_are_deleted_at_once(rig):
    made = [rig.contacts.give(f"25471234567{n}") for n in range(3)]
    rig.contacts.give("254712345678", team_id=2)
    asked = [made[0].uuid.upper(), UNKNOWN, made[2].uuid, "no uuid", UNKNOWN]
    assert rig.post("/contacts/bulk-delete", {"uuids": asked}).data == {"deleted": 2, "not_found": [UNKNOWN, "no uuid"]}
    assert rig.post("/contacts/bulk-delete", {"uuids": []}).data == {"deleted": 0, "not_found": []}
    assert rig.post("/contacts/bulk-delete", {"uuids": ["x"] * 1001}).refusal[0] == 400


def test_the_names_of_attributes_are_told(rig):
    rig.contacts.give(attributes={"points": 1, "county": "Nairobi"})
    assert rig.get("/contacts/attributes").data == {"items": ["county", "points"]}


@pytest.mark.parametrize("uuid", [UNKNOWN, "no-uuid"])
def test_what_is_not_there_is_404(rig, uuid):
    for reply in (rig.get(f"/contacts/{uuid}"), rig.put(f"/contacts/{uuid}", {}), rig.delete(f"/contacts/{uuid}")):
        assert reply.refusal == (404, "not_found")


def test_another_team_s_contact_is_not_there(rig):
    other = rig.contacts.give(team_id=2)
    for reply in (
        rig.get(f"/contacts/{other.uuid}"),
        rig.put(f"/contacts/{other.uuid}", {}),
        rig.delete(f"/contacts/{other.uuid}"),
    ):
        assert reply.refusal == (404, "not_found")
    assert rig.post("/contacts/bulk-delete", {"uuids": [other.uuid]}).data["deleted"] == 0


def test_a_token_needs_the_scope(rig):
    """api-v1: "Store and manage your contact list. Requires thecontacts scope."."""
    assert rig.get("/contacts", token="mbs_reports").refusal == (403, "missing_scope")
    assert rig.post("/contacts", JANE, token="mbs_reports").refusal == (403, "missing_scope")
