"""Campaigns by REST: made, listed, looked at, changed and deleted, as the reference has them, and decisions 63 to 66, 73, 74."""

import pytest

from mobilesasa.api.resources.hiding import HIDDEN
from mobilesasa.campaigns.model import Phase
from tests.api.campaigning import CODES, MYAPP, NOWHERE, TEXT, CampaignRig
from tests.api.rig import NOW_MS
from tests.fakes.people import JANE, VERA

REFERENCE = ["uuid", "name", "status", "recipient_count", "cost_units", "created_at"]


@pytest.fixture
def rig() -> CampaignRig:
    """A node's API with a client that runs campaigns."""
    return CampaignRig()


def test_a_campaign_is_created_as_the_reference_has_it(rig):
    """
    api-v1: "Send bulk SMS to one or more contact groups."
    api-v1: "Requires thecampaigns scope."
    api-v1: "Campaign name (internal reference)"
    api-v1: "Array of contact group UUIDs to target"
    """
    made = rig.post("/campaigns", rig.body(name=" May   Promo ")).data
    assert {name: made[name] for name in REFERENCE} == {
        "uuid": made["uuid"], "name": "May Promo", "status": "draft", "recipient_count": 3, "cost_units": 3,
        "created_at": "2026-05-11T09:00:00Z",
    }  # fmt: skip
    assert list(made)[:6] == REFERENCE
    assert rig.get(f"/campaigns/{made['uuid']}").data == made
    assert rig.intake.asked == []


def test_a_draft_shows_what_it_would_reach_and_nothing_of_what_it_has_done(rig):
    """api-v1: "draftCreated but not yet sent"."""
    made = rig.create(rate_per_s=50)
    assert (made["phase"], made["message"], made["sender_id"], made["sender"]) == ("draft", TEXT, MYAPP, "MYAPP")
    assert made["progress"] == {"recipients": 3, "queued": 0, "skipped": 0, "left": 3, "percent": 0}
    assert made["units"] == {
        "estimated": 3, "reserved": 0, "captured": 0, "released": 0, "refunded": 0, "spent": 0,
    }  # fmt: skip
    assert (made["stats"], made["paused"], made["armed_at"], made["finished_at"]) == (None, None, None, None)
    assert (made["rate_per_s"], made["stop_failures_percent"], made["stop_complaints_percent"]) == (50, 50, 5)


@pytest.mark.parametrize("sender_id", [MYAPP, "MYAPP", MYAPP.upper()])
def test_decision_63_a_sender_is_named_by_its_uuid_or_its_name(rig, sender_id):
    """api-v1: "Approved sender ID UUID"."""
    made = rig.create(sender_id=sender_id)
    assert (made["sender_id"], made["sender"]) == (MYAPP, "MYAPP")


@pytest.mark.parametrize("sender_id", ["Waiting", "myapp", "OtherCo", "5e000000-0000-4000-8000-000000000002"])
def test_a_sender_that_is_not_approved_is_refused(rig, sender_id):
    assert rig.post("/campaigns", rig.body(sender_id=sender_id)).refusal == (400, "sender_not_approved")


def test_a_sender_must_be_named_though_the_team_has_a_default(rig):
    assert rig.wrong(sender_id=" ") == {"sender_id": "must name an approved sender"}
    body = rig.body()
    del body["sender_id"]
    assert rig.post("/campaigns", body).refusal == (400, "bad_request")


@pytest.mark.parametrize("groups", [[], None])
def test_decision_64_a_campaign_without_groups_is_refused(rig, groups):
    assert "must name a group" in rig.wrong(group_ids=groups)["group_ids"]


def test_decision_64_groups_that_are_not_there_are_named_foreign_ones_alike(rig):
    said = rig.wrong(group_ids=[rig.vips.uuid, NOWHERE, rig.theirs.uuid, "x"])["group_ids"]
    assert said == f"names groups that you do not have: {NOWHERE}, {rig.theirs.uuid}, x"


def test_decision_64_a_group_named_twice_counts_once_and_so_does_who_is_in_two(rig):
    made = rig.create(group_ids=[rig.vips.uuid, rig.vips.uuid.upper(), rig.others.uuid])
    assert (made["group_ids"], made["recipient_count"]) == ([rig.vips.uuid, rig.others.uuid], 3)


def test_decision_64_a_draft_to_an_empty_group_is_allowed(rig):
    empty = rig.contacts.give_group("Empty")
    made = rig.create(group_ids=[empty.uuid])
    assert (made["recipient_count"], made["cost_units"]) == (0, 0)


def test_decision_66_the_cost_is_that_of_all_parts_of_the_alphabet_that_is_needed(rig):
    """api-v1: "SMS text to send."

    api-v1: "Long messages split automatically."
    """
    assert rig.create(message="x" * 161)["cost_units"] == 6
    assert rig.create(message="ж" * 71)["cost_units"] == 6
    assert rig.create(message="Habari {first_name:" + "y" * 160 + "}")["cost_units"] == 4  # one has no name


def test_decision_74_a_field_that_nobody_has_is_named_and_the_known_ones_told(rig):
    said = rig.wrong(message="Hi {first_name}, {fist_name} {county}")["message"]
    assert "{fist_name}, {county}" in said
    assert "email, first_name, last_name, phone, points" in said


def test_decision_74_fields_are_filled_and_literal_braces_stay(rig):
    made = rig.create(message="Hi {first_name:there}: {points} {{points}} {20%}")
    shown = rig.get(f"/campaigns/{made['uuid']}/preview").data
    texts = {each["to"]: each["message"] for each in shown["random"]}
    assert texts["+254712345678"] == "Hi Jane: 120 {points} {20%}"
    assert texts["+254733000222"].startswith("Hi there: ")


def test_every_wrong_field_is_named_at_once(rig):
    wrong = rig.wrong(
        name=" ", message="{no_field}", sender_id="Nobody", group_ids=[NOWHERE], scheduled_at="2026-05-11T08:59:59Z",
        repeat={"every": "day", "at": "25:00"}, trigger={"on": "joined_group"},
    )  # fmt: skip
    assert set(wrong) == {"name", "message", "sender_id", "group_ids", "scheduled_at", "repeat", "trigger"}


@pytest.mark.parametrize(("field", "value"), [
    ("name", "x" * 201), ("message", "x" * 3001), ("rate_per_s", 0), ("validity_minutes", 1441), ("link_days", 0),
    ("stop_failures_percent", 101), ("stop_complaints_percent", 0), ("track_links", 1), ("group_ids", "x"),
    ("repeat", {"every": "year", "at": "09:00"}), ("scheduled_at", "tomorrow"), ("scheduled_at", "2026-05-12T09:00:00"),
    ("trigger", {"on": "joined_group", "delay_minutes": -1}),
])  # fmt: skip
def test_a_value_that_cannot_be_is_refused_with_its_field(rig, field, value):
    assert {name.partition(".")[0] for name in rig.wrong(**{field: value})} == {field}


@pytest.mark.parametrize(("message", "code"), [(" ", "bad_text"), ("x" * 1531, "too_many_parts")])
def test_a_text_that_nobody_can_be_sent_is_refused_as_that_of_a_message_is(rig, message, code):
    assert rig.post("/campaigns", rig.body(message=message)).refusal == (400, code)


def test_a_text_that_is_short_enough_when_it_is_filled_is_taken(rig):
    assert rig.create(message="x" * 1520 + "{first_name}")["recipient_count"] == 3


def test_decision_69_a_time_that_is_over_is_refused_when_it_is_given(rig):
    """api-v1: "Schedule for future send."."""
    assert "over already" in rig.wrong(scheduled_at="2026-05-11T09:00:00Z")["scheduled_at"]
    made = rig.create(scheduled_at="2026-05-15T09:00:00+03:00")
    assert (made["scheduled_at"], made["phase"]) == ("2026-05-15T06:00:00Z", "draft")


def test_a_series_keeps_what_it_repeats_by_and_shows_it(rig):
    made = rig.create(repeat={"every": "week", "at": "09:30", "weekdays": [4, 1, 4], "times": 3})
    assert made["repeat"] == {
        "every": "week", "at": "09:30", "weekdays": [1, 4], "days": [], "until": None, "times": 3,
    }  # fmt: skip
    greeting = rig.create(trigger={"on": "joined_group", "delay_minutes": 5})
    assert greeting["trigger"] == {"on": "joined_group", "delay_minutes": 5}


def test_a_series_that_would_be_over_before_it_begins_is_refused(rig):
    for until, is_wrong in (("2026-05-09", True), ("2026-05-11", False)):
        reply = rig.post("/campaigns", rig.body(repeat={"every": "day", "at": "09:30", "until": until}))
        assert (reply.status == 400) is is_wrong, reply.body


def test_short_links_are_refused_where_there_is_no_address_for_them(rig):
    assert rig.create(track_links=True)["track_links"] is True
    rig.campaigns.tracks_links = False
    assert "no address for short links" in rig.wrong(track_links=True)["track_links"]


def test_a_campaign_may_go_to_a_file_of_people_instead_of_groups(rig):
    audience = rig.campaigns.give_audience(_254700000001={"plan": "Gold"}, _254700000002={"plan": "Silver"})
    made = rig.create(group_ids=None, audience_id=audience, message="Your plan: {plan}")
    assert (made["audience_id"], made["group_ids"], made["recipient_count"]) == (audience, [], 2)
    assert "{first_name}" in rig.wrong(group_ids=None, audience_id=audience, message="{first_name}")["message"]


def test_a_file_of_people_that_is_not_there_or_not_read_yet_is_refused(rig):
    theirs, unread = rig.campaigns.give_audience(2), rig.campaigns.give_audience(is_read=False)
    for uuid in (theirs, NOWHERE, "x"):
        assert rig.wrong(group_ids=None, audience_id=uuid) == {"audience_id": "names no file of people of yours"}
    named = rig.wrong(group_ids=None, audience_id=NOWHERE, message="{plan}", name=" ")
    assert set(named) == {"audience_id", "name"}  # which fields there would be nobody can say
    assert "still being read" in rig.wrong(group_ids=None, audience_id=unread)["audience_id"]
    assert "beside group_ids" in rig.wrong(audience_id=rig.campaigns.give_audience())["audience_id"]
    whom = {"group_ids": None, "audience_id": rig.campaigns.give_audience(), "trigger": {"on": "joined_group"}}
    assert "nobody joins a file" in rig.wrong(**whom)["trigger"]


def test_a_call_with_a_key_creates_one_campaign(rig):
    first = rig.post("/campaigns", rig.body(), Idempotency_Key="a")
    again = rig.post("/campaigns", rig.body(), Idempotency_Key="a")
    assert (again.octets, len(rig.campaigns.kept)) == (first.octets, 1)
    assert again.headers["idempotent-replayed"] == "true"


def test_decision_73_campaigns_are_listed_newest_first_and_found_by_what_they_are(rig):
    one, two, three = (rig.create(name=name)["uuid"] for name in ("May Promo", "June promo", "Greeting"))
    rig.campaigns.give(2)
    rig.post(f"/campaigns/{two}/send")
    child = rig.campaigns.give(series_uuid=three, group_uuids=(rig.vips.uuid,)).uuid

    def listed(query: str = "") -> list[str]:
        return [each["uuid"] for each in rig.get(f"/campaigns{query}").data["items"]]

    assert listed() == [child, three, two, one]
    assert listed("?status=sending") == listed("?phase=sending") == [two]
    assert listed("?search=PROMO&status=draft") == [child, one]
    assert listed(f"?series={three}") == [child]
    assert listed(f"?group_id={rig.others.uuid}") == [three, two, one]
    first = rig.get("/campaigns?page_size=3").data
    assert [
        each["uuid"] for each in rig.get(f"/campaigns?page_size=3&cursor={first['next_cursor']}").data["items"]
    ] == [one]


@pytest.mark.parametrize("query", ["status=failed", "phase=new", "series=x", "group_id=1", "page_size=101", "cursor=x"])
def test_a_list_that_cannot_be_is_refused(rig, query):
    assert rig.get(f"/campaigns?{query}").refusal == (400, "bad_request")


def test_decision_73_a_draft_is_changed_by_what_is_given_and_estimated_anew(rig):
    made = rig.create(scheduled_at="2026-05-15T06:00:00Z", rate_per_s=10)
    changed = rig.put(f"/campaigns/{made['uuid']}", {"message": "x" * 161, "rate_per_s": None}).data
    assert changed == made | {"message": "x" * 161, "rate_per_s": None, "cost_units": 6, "units": changed["units"]}
    assert changed["units"]["estimated"] == 6
    assert rig.put(f"/campaigns/{made['uuid']}", {"scheduled_at": None}).data["scheduled_at"] is None
    assert rig.put(f"/campaigns/{made['uuid']}", {}).status == 200


def test_decision_73_who_names_a_file_no_longer_means_the_groups_and_the_other_way_round(rig):
    audience = rig.campaigns.give_audience(_254700000001={})
    path = f"/campaigns/{rig.create()['uuid']}"
    to_file = rig.put(path, {"audience_id": audience}).data
    assert (to_file["audience_id"], to_file["group_ids"], to_file["recipient_count"]) == (audience, [], 1)
    to_group = rig.put(path, {"group_ids": [rig.vips.uuid]}).data
    assert (to_group["audience_id"], to_group["group_ids"]) == (None, [rig.vips.uuid])
    assert rig.put(path, {"group_ids": None}).refusal == (400, "bad_request")
    assert rig.put(path, {"audience_id": None}).data["group_ids"] == [rig.vips.uuid]


def test_a_draft_whose_text_is_gone_needs_another_one(rig):
    path = f"/campaigns/{rig.campaigns.give(message=None, group_uuids=(rig.vips.uuid,)).uuid}"
    assert rig.put(path, {"name": "June"}).refusal == (409, "text_not_kept")
    assert rig.put(path, {"message": "Hello"}).data["message"] == "Hello"


@pytest.mark.parametrize("field", ["name", "message", "sender_id"])
def test_what_a_campaign_must_have_cannot_be_taken_away(rig, field):
    assert rig.put(f"/campaigns/{rig.create()['uuid']}", {field: None}).refusal == (400, "bad_request")


def test_decision_73_one_that_was_sent_is_not_changed_or_deleted(rig):
    path = f"/campaigns/{rig.create()['uuid']}"
    rig.post(f"{path}/send")
    assert rig.put(path, {"name": "June"}).refusal == (409, "not_draft")
    assert rig.delete(path).refusal == (409, "not_draft")
    assert rig.get(path).data["name"] == "May Promo"


def test_a_draft_that_another_call_works_on_is_409(rig):
    uuid = rig.create()["uuid"]
    rig.campaigns.busy.add(uuid)
    for reply in (rig.put(f"/campaigns/{uuid}", {"name": "June"}), rig.delete(f"/campaigns/{uuid}")):
        assert reply.refusal == (409, "campaign_busy")


def test_decision_73_a_draft_is_deleted_and_shown_as_it_was(rig):
    made = rig.create()
    assert rig.delete(f"/campaigns/{made['uuid']}").data == made
    assert rig.get(f"/campaigns/{made['uuid']}").refusal == (404, "not_found")


def test_a_campaign_that_has_not_changed_is_not_sent_again(rig):
    path = f"/campaigns/{rig.create()['uuid']}"
    tag = rig.get(path).headers["etag"]
    assert rig.get(path, If_None_Match=tag).status == 304
    rig.put(path, {"name": "June"})
    assert rig.get(path, If_None_Match=tag).status == 200


def test_decision_65_what_a_campaign_would_cost_is_told_without_making_one(rig):
    rig.campaigns.suppressed = {"254733000222"}
    body = {"message": "Hi {first_name:" + "y" * 160 + "}", "sender_id": "MYAPP", "group_ids": [rig.others.uuid]}
    assert rig.post("/campaigns/estimate", body).data == {
        "recipients": 1, "units": 1, "by_parts": [{"parts": 1, "recipients": 1}],
        "by_encoding": [{"encoding": "gsm7", "recipients": 1}], "skipped": [{"reason": "suppressed", "recipients": 1}],
    }  # fmt: skip
    assert rig.campaigns.kept == {}
    assert rig.post("/campaigns/estimate", body | {"message": "{x}"}).refusal == (400, "bad_request")


def test_an_estimate_of_a_campaign_is_of_its_groups_as_they_are_now(rig):
    made = rig.create(group_ids=[rig.vips.uuid], message="ж" * 71)
    rig.contacts.members[rig.vips.uuid].append(rig.anon.uuid)
    found = rig.get(f"/campaigns/{made['uuid']}/estimate").data
    assert (found["recipients"], found["units"], made["cost_units"]) == (3, 6, 4)
    assert (found["by_parts"], found["by_encoding"]) == (
        [{"parts": 2, "recipients": 3}],
        [{"encoding": "ucs2", "recipients": 3}],
    )


def test_a_preview_shows_the_longest_the_shortest_and_three_at_random(rig):
    made = rig.create(message="Hi {first_name:" + "y" * 160 + "}!")
    shown = rig.get(f"/campaigns/{made['uuid']}/preview").data
    assert (shown["longest"]["to"], shown["longest"]["parts"], shown["longest"]["units"]) == ("+254733000222", 2, 2)
    assert shown["shortest"]["message"] in ("Hi Jane!", "Hi John!")
    assert shown["shortest"]["characters"] == 8
    assert sorted(each["to"] for each in shown["random"]) == ["+254712345678", "+254722000111", "+254733000222"]
    assert {each["encoding"] for each in shown["random"]} == {"gsm7"}


def test_a_preview_for_nobody_is_empty(rig):
    made = rig.create(group_ids=[rig.contacts.give_group("Empty").uuid])
    assert rig.get(f"/campaigns/{made['uuid']}/preview").data == {
        "recipients": 0, "units": 0, "longest": None, "shortest": None, "random": [],
    }  # fmt: skip


def test_a_preview_has_short_links_as_long_as_they_will_be(rig):
    made = rig.create(message="See https://shop.example.com/a/very/long/path", track_links=True)
    longest = rig.get(f"/campaigns/{made['uuid']}/preview").data["longest"]
    assert longest["message"].startswith("See https://go.example/")
    assert longest["characters"] == len("See https://go.example/") + 8


@pytest.mark.parametrize("what", ["estimate", "preview"])
def test_what_needs_a_text_that_is_kept_no_longer_is_409(rig, what):
    gone = rig.campaigns.give(message=None, phase=Phase.COMPLETED)
    assert rig.get(f"/campaigns/{gone.uuid}/{what}").refusal == (409, "text_not_kept")


@pytest.mark.parametrize("what", ["estimate", "preview"])
def test_a_field_that_nobody_has_any_more_is_named_by_the_estimate(rig, what):
    old = rig.campaigns.give(message="{formerly}")
    reply = rig.get(f"/campaigns/{old.uuid}/{what}")
    assert reply.refusal == (400, "bad_request")
    assert "{formerly}" in reply.body["error"]


def test_decision_44_a_viewer_does_not_see_the_texts_of_a_sender_of_codes(rig):
    uuid = rig.create(sender_id=CODES.name, message="Your code is 4711")["uuid"]
    viewer, owner = rig.log_in(VERA.email), rig.log_in(JANE.email)
    for path in (f"/campaigns/{uuid}", f"/campaigns/{uuid}/preview", "/campaigns"):
        assert b"4711" not in rig.get(path, viewer).octets
        assert HIDDEN.encode() in rig.get(path, viewer).octets
        assert b"4711" in rig.get(path, owner).octets


def test_who_made_a_campaign_is_handed_to_the_store(rig):
    rig.create()
    ((by, what),) = [each for each in rig.contacts.by if each[1].startswith("campaign")]
    assert (what, by.kind.value) == ("campaign.create", "token")


def test_a_campaign_shows_when_it_was_made_by_the_clock_of_the_node(rig):
    rig.now_ms = NOW_MS + 90_000
    assert rig.create()["created_at"] == "2026-05-11T09:01:30Z"
