"""Groups by REST, as the reference has them, and decisions 58 to 62."""

import pytest

from tests.api.people import PeopleRig

PHONE = {"phone": "+254712345678"}
UNKNOWN = "90000000-0000-4000-8000-000000009999"


@pytest.fixture
def rig() -> PeopleRig:
    """A node's API with a client that keeps contacts."""
    return PeopleRig()


def test_a_group_is_created_as_the_reference_has_it(rig):
    """
    api-v1: "Optional description"
    api-v1: "Organise contacts into groups."
    """
    made = rig.post("/groups", {"name": " VIP  Customers ", "description": "High-value customer segment"}).data
    assert made == {
        "uuid": made["uuid"], "name": "VIP Customers", "description": "High-value customer segment", "contact_count": 0,
        "created_at": "2026-05-11T09:00:00Z", "updated_at": "2026-05-11T09:00:00Z",
    }  # fmt: skip
    assert rig.get(f"/groups/{made['uuid']}").data == made


def test_decision_58_a_name_that_the_team_has_in_any_case_is_409_and_names_the_group(rig):
    """api-v1: "Group name (must be unique within your team)"."""
    there = rig.contacts.give_group("VIP Customers")
    rig.contacts.give_group("Others", 2)
    reply = rig.post("/groups", {"name": "vip customers "})
    assert (reply.refusal, reply.body["uuid"]) == ((409, "already_exists"), there.uuid)
    other = rig.post("/groups", {"name": "Others"}).data
    assert rig.put(f"/groups/{other['uuid']}", {"name": "VIP customers"}).refusal == (409, "already_exists")


@pytest.mark.parametrize("body", [{}, {"name": ""}, {"name": " "}, {"name": None}, {"name": "x" * 101}, {"name": 1},
                                  {"name": "VIP", "description": "x" * 1001}])  # fmt: skip
def test_a_group_that_cannot_be_is_refused(rig, body):
    assert rig.post("/groups", body).refusal == (400, "bad_request")


def test_a_call_with_a_key_creates_one_group(rig):
    first = rig.post("/groups", {"name": "VIP"}, Idempotency_Key="a")
    again = rig.post("/groups", {"name": "VIP"}, Idempotency_Key="a")
    assert (again.octets, len(rig.contacts.groups)) == (first.octets, 1)


def test_groups_are_listed_newest_first(rig):
    made = [rig.contacts.give_group(name) for name in ("VIP", "Others", "vip 2")]
    rig.contacts.give_group("VIP", 2)
    found = rig.get("/groups").data
    assert [each["uuid"] for each in found["items"]] == [each.uuid for each in reversed(made)]
    first = rig.get("/groups?page_size=2").data
    assert [each["name"] for each in rig.get(f"/groups?page_size=2&cursor={first['next_cursor']}").data["items"]] == [
        "VIP"
    ]
    assert [each["name"] for each in rig.get("/groups?search=VIP").data["items"]] == ["vip 2", "VIP"]
    assert rig.get("/groups?page=9").data["items"] == []
    assert rig.get("/groups?page_size=101").refusal == (400, "bad_request")


def test_decision_59_a_group_is_changed(rig):
    group = rig.contacts.give_group("VIP")
    assert rig.put(f"/groups/{group.uuid}", {"description": "The best"}).data["name"] == "VIP"
    changed = rig.put(f"/groups/{group.uuid}", {"name": "Best", "description": ""}).data
    assert (changed["name"], changed["description"]) == ("Best", None)
    assert rig.put(f"/groups/{group.uuid}", {}).data["name"] == "Best"
    assert rig.put(f"/groups/{group.uuid}", {"name": None}).refusal == (400, "bad_request")


def test_decision_59_a_group_is_deleted_unless_a_campaign_is_being_sent_to_it(rig):
    """api-v1: "Groups are the target for campaigns."."""
    jane = rig.contacts.give()
    group = rig.contacts.give_group("VIP", 1, jane)
    rig.groups.in_use = "the campaign May Promo"
    assert rig.delete(f"/groups/{group.uuid}").refusal == (409, "in_use")
    rig.groups.in_use = None
    assert rig.delete(f"/groups/{group.uuid}").data["contact_count"] == 1
    assert rig.get(f"/groups/{group.uuid}").refusal == (404, "not_found")
    assert rig.get(f"/contacts/{jane.uuid}").status == 200


def test_decision_60_whom_the_team_does_not_have_becomes_a_contact(rig):
    """api-v1: "Add a contact to the group. Body: { "phone": "+254712345678" }"."""
    group = rig.contacts.give_group()
    added = rig.post(f"/groups/{group.uuid}/contacts", PHONE).data
    assert added == {"uuid": added["uuid"], "phone": "+254712345678", "first_name": None, "last_name": None,
                     "suppressed": False, "created": True}  # fmt: skip
    assert rig.get(f"/contacts/{added['uuid']}").data["groups"] == [{"uuid": group.uuid, "name": "VIP Customers"}]


@pytest.mark.parametrize("phone", ["+254712345678", "0712345678", "254712345678"])
def test_decision_60_a_member_is_409_and_named(rig, phone):
    jane = rig.contacts.give(first_name="Jane")
    group = rig.contacts.give_group()
    assert rig.post(f"/groups/{group.uuid}/contacts", PHONE).data["created"] is False
    reply = rig.post(f"/groups/{group.uuid}/contacts", {"phone": phone})
    assert (reply.refusal, reply.body["uuid"]) == ((409, "already_exists"), jane.uuid)


def test_several_are_added_at_once_and_each_has_its_outcome(rig):
    jane, john = rig.contacts.give(first_name="Jane"), rig.contacts.give("254722000111")
    group = rig.contacts.give_group("VIP", 1, john)
    phones = ["+254712345678", "0722000111", "12", "0733000111", "0712345678"]
    done = rig.post(f"/groups/{group.uuid}/contacts", {"phones": phones}, Idempotency_Key="a").data
    assert [(each["phone"], each["outcome"]) for each in done["items"]] == [
        ("+254712345678", "added"), ("0722000111", "already_member"), ("12", "invalid"), ("0733000111", "created"),
        ("0712345678", "already_member"),
    ]  # fmt: skip
    assert (done["added"], done["items"][0]["contact"]["uuid"], done["items"][2]["contact"]) == (2, jane.uuid, None)
    assert done["items"][2]["error"]
    again = rig.post(f"/groups/{group.uuid}/contacts", {"phones": phones}, Idempotency_Key="a")
    assert (again.data, again.headers["idempotent-replayed"]) == (done, "true")


@pytest.mark.parametrize("body", [{}, PHONE | {"phones": ["0712345678"]}, {"phone": "12"}, {"phones": ["0712345678"] * 1001},
                                  {"phones": "0712345678"}, {"phone": None}])  # fmt: skip
def test_what_names_nobody_is_refused(rig, body):
    group = rig.contacts.give_group()
    assert rig.post(f"/groups/{group.uuid}/contacts", body).refusal == (400, "bad_request")


@pytest.mark.parametrize(
    "phone", ["%2B254712345678", "+254712345678", "254712345678", "0712345678", "%20254712345678", "0712-345-678"]
)
def test_decision_61_a_member_is_removed_however_the_phone_is_written(rig, phone):
    """api-v1: "Remove a contact from the group by phone number."."""
    jane = rig.contacts.give()
    group = rig.contacts.give_group("VIP", 1, jane)
    assert rig.delete(f"/groups/{group.uuid}/contacts/{phone}").data["uuid"] == jane.uuid
    assert rig.get(f"/groups/{group.uuid}").data["contact_count"] == 0
    assert rig.get(f"/contacts/{jane.uuid}").status == 200


@pytest.mark.parametrize("phone", ["+254722000111", "12", "jane"])
def test_decision_61_who_is_not_a_member_is_404(rig, phone):
    rig.contacts.give("254722000111")
    group = rig.contacts.give_group()
    assert rig.delete(f"/groups/{group.uuid}/contacts/{phone}").refusal == (404, "not_found")


def test_several_are_removed_at_once(rig):
    group = rig.contacts.give_group("VIP", 1, rig.contacts.give(), rig.contacts.give("254722000111"))
    phones = ["0712345678", "+254722000111", "0733000111", "12"]
    done = rig.post(f"/groups/{group.uuid}/contacts/remove", {"phones": phones}).data
    assert done == {"removed": 2, "not_found": ["0733000111", "12"]}


def test_decision_62_the_scope_groups_is_enough_and_shows_uuid_phone_and_names(rig):
    """api-v1: "List all contacts in the group."."""
    jane = rig.contacts.give(first_name="Jane", last_name="Doe", email="jane@example.com", notes="A note")
    group = rig.contacts.give_group("VIP", 1, jane)
    rig.contacts.give("254722000111")
    found = rig.get(f"/groups/{group.uuid}/contacts?search=jane", token="mbs_groups").data
    assert found["items"] == [
        {"uuid": jane.uuid, "phone": "+254712345678", "first_name": "Jane", "last_name": "Doe", "suppressed": False}
    ]
    added = rig.post(f"/groups/{group.uuid}/contacts", {"phone": "0722000111"}, token="mbs_groups").data
    assert added["phone"] == "+254722000111"
    assert rig.get(f"/contacts/{jane.uuid}", token="mbs_groups").refusal == (403, "missing_scope")
    assert rig.get(f"/groups/{group.uuid}/contacts", token="mbs_reports").refusal == (403, "missing_scope")


def test_a_token_needs_the_scope(rig):
    """api-v1: "Requires the groups scope."."""
    assert rig.get("/groups", token="mbs_contacts").refusal == (403, "missing_scope")
    assert rig.post("/groups", {"name": "VIP"}, token="mbs_contacts").refusal == (403, "missing_scope")


def test_what_is_another_team_s_or_nobody_s_is_not_there(rig):
    other = rig.contacts.give_group("VIP", 2)
    for uuid in (other.uuid, UNKNOWN, "no-uuid"):
        for reply in (
            rig.get(f"/groups/{uuid}"), rig.put(f"/groups/{uuid}", {"name": "X"}), rig.delete(f"/groups/{uuid}"),
            rig.get(f"/groups/{uuid}/contacts"), rig.post(f"/groups/{uuid}/contacts", PHONE),
            rig.post(f"/groups/{uuid}/contacts/remove", {"phones": ["0712345678"]}),
            rig.delete(f"/groups/{uuid}/contacts/+254712345678"),
        ):  # fmt: skip
            assert reply.refusal == (404, "not_found")
