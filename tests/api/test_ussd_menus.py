"""Menus by REST: drafts, what is wrong with them, versions, drop-off (decision 84)."""

import pytest

from mobilesasa.core.errors import Fault
from mobilesasa.ussd.views import Answering, ScreenCount
from tests.api.rig import Rig
from tests.fakes.ussd_menu import MENU

USSD = "mbs_ussd"
BAD = {
    "name": "Bad",
    "start": "welcome",
    "screens": {
        "welcome": {"kind": "choices", "text": "Hi", "choices": [{"key": "1", "label": "On", "next": "gone"}]},
        "alone": {"kind": "end", "text": "Bye"},
    },
}


@pytest.fixture
def rig():
    return Rig()


def post(rig, path, body=None, **headers):
    return rig.post(f"/ussd/menus{path}", body, token=USSD, **headers)


def get(rig, path):
    return rig.get(f"/ussd/menus{path}", token=USSD)


def put(rig, uuid, /, **body):
    return rig.put(f"/ussd/menus/{uuid}", body, token=USSD)


# Drafts


def test_a_menu_is_made_as_a_draft_and_shown_as_it_is_kept(rig):
    made = post(rig, "", MENU).data
    assert (made["name"], made["language"], made["start"], made["screen_count"]) == ("Acme", "en", "welcome", 5)
    assert (made["revision"], made["version"], made["changed"], made["dials"]) == (1, None, True, [])
    assert made["screens"]["welcome"]["choices"][0] == {
        "key": "1",
        "label": "Opening hours",
        "next": "hours",
        "set": {},
    }
    assert made["options"]["screen_septets"] == 182
    assert (made["created_at"], made["published_at"]) == ("2026-05-11T09:00:00Z", None)
    assert get(rig, f"/{made['uuid']}").data == made
    assert rig.ussd.actors[-1].uuid == f"uuid of {USSD}"


def test_what_was_read_can_be_sent_back(rig):
    made = post(rig, "", MENU).data
    again = put(rig, made["uuid"], **made).data
    assert again == {**made, "revision": 2}


def test_a_menu_under_a_key_is_made_once(rig):
    first, again = (post(rig, "", MENU, Idempotency_Key="k") for _ in range(2))
    assert (again.data, again.headers["idempotent-replayed"]) == (first.data, "true")
    assert len(rig.ussd.known_menus) == 1


def test_a_draft_may_lead_nowhere(rig):
    assert post(rig, "", BAD).data["screen_count"] == 2
    assert post(rig, "", {"name": "Later"}).data["screen_count"] == 0


def test_what_cannot_be_read_is_named_by_its_path_all_at_once(rig):
    wrong = {
        "name": "Wrong",
        "screens": {
            "a": {"kind": "guess"},
            "b": {"kind": "choices", "text": "Hi", "choices": [{"key": "x", "label": "On", "next": "a"}]},
        },
        "options": {"resume_minutes": -1},
    }
    refused = post(rig, "", wrong)
    assert refused.refusal == (400, "bad_definition")
    paths = {"screens.a.kind", "screens.b.choices[0].key", "options.resume_minutes"}
    assert {each["field"] for each in refused.body["fields"]} == paths
    assert {each["field"] for each in refused.body["faults"]} == paths
    assert all(each["code"] and each["message"] for each in refused.body["faults"])
    assert rig.ussd.known_menus == {}


@pytest.mark.parametrize(
    "wrong",
    [{}, {"name": 7}, {"name": "x" * 101}, {"name": "A", "screens": []}, {"name": "A", "options": "none"}],
)
def test_a_body_that_is_none_of_a_menu_is_refused(rig, wrong):
    assert post(rig, "", wrong).refusal == (400, "bad_request")


def test_menus_are_listed_newest_first_without_their_screens(rig):
    rig.ussd.give_menu()
    rig.ussd.give_menu(definition={**MENU, "name": "Bulk orders"})
    rig.ussd.give_menu(team_id=2)
    items = get(rig, "").data["items"]
    assert [each["name"] for each in items] == ["Bulk orders", "Acme"]
    assert all("screens" not in each and each["screen_count"] == 5 for each in items)
    assert [each["name"] for each in get(rig, "?search=ACME").data["items"]] == ["Acme"]
    assert get(rig, "?page_size=101").refusal == (400, "bad_request")


def test_a_draft_is_changed_by_what_is_given(rig):
    uuid = post(rig, "", MENU).data["uuid"]
    screens = {"welcome": {"kind": "end", "text": "Closed."}}
    changed = put(rig, uuid, name="Acme Shops", screens=screens).data
    assert (changed["name"], changed["start"], list(changed["screens"])) == ("Acme Shops", "welcome", ["welcome"])
    assert (changed["revision"], changed["changed"]) == (2, True)
    assert put(rig, uuid, start=7).refusal == (400, "bad_request")
    assert put(rig, uuid, language="?").refusal == (400, "bad_definition")


def test_who_edits_what_somebody_else_has_changed_is_told(rig):
    uuid = post(rig, "", MENU).data["uuid"]
    assert put(rig, uuid, name="First", revision=1).data["revision"] == 2
    refused = put(rig, uuid, name="Second", revision=1)
    assert refused.refusal == (409, "menu_changed")
    assert (refused.body["revision"], refused.body["changed_at"]) == (2, "2026-05-11T09:00:00Z")
    assert refused.body["changed_by"] == {"kind": "token", "uuid": "7d0e1bb0", "name": "CRM"}
    assert get(rig, f"/{uuid}").data["name"] == "First"


def test_nobody_publishes_a_menu_that_they_have_not_seen(rig):
    uuid = post(rig, "", MENU).data["uuid"]
    put(rig, uuid, name="First", revision=1)
    refused = post(rig, f"/{uuid}/publish", {"revision": 1})
    assert (refused.refusal, refused.body["changed_by"]["name"]) == ((409, "menu_changed"), "CRM")
    assert get(rig, f"/{uuid}").data["version"] is None
    assert post(rig, f"/{uuid}/publish", {"revision": 2}).data["version"] == 1
    assert post(rig, f"/{uuid}/publish", {"revision": 0}).refusal == (400, "bad_request")


def test_a_menu_is_deleted_unless_it_answers(rig):
    menu = rig.ussd.give_menu(version=1)
    extension = rig.ussd.give_extension(answering=Answering(menu_uuid=menu.uuid))
    path = f"/ussd/menus/{menu.uuid}"
    assert rig.delete(path, token=USSD).refusal == (409, "menu_in_use")
    del rig.ussd.known_extensions[extension.uuid]
    assert rig.delete(path, token=USSD).data["uuid"] == menu.uuid
    assert rig.delete(path, token=USSD).refusal == (404, "not_found")


# Checks and versions


def test_decision_84_a_draft_is_checked_before_it_is_published(rig):
    uuid = post(rig, "", BAD).data["uuid"]
    checked = post(rig, f"/{uuid}/check").data
    assert checked["ok"] is False
    assert {each["field"] for each in checked["faults"]} >= {"screens.welcome.choices[0].next", "screens.alone"}
    refused = post(rig, f"/{uuid}/publish")
    assert refused.refusal == (400, "bad_definition")
    assert refused.body["faults"] == checked["faults"]
    assert get(rig, f"/{uuid}").data["version"] is None


def test_a_definition_is_checked_without_being_kept(rig):
    assert post(rig, "/check", MENU).data == {"ok": True, "faults": []}
    rig.ussd.further_faults.append(Fault("screens.thanks.actions[0].sender_id", "unknown_sender", "is none of yours"))
    assert post(rig, "/check", MENU).data["faults"] == [
        {"field": "screens.thanks.actions[0].sender_id", "code": "unknown_sender", "message": "is none of yours"}
    ]
    assert post(rig, "/check", {"name": "A", "screens": {"a": {"kind": "guess"}}}).data["ok"] is False
    assert rig.ussd.known_menus == {}


def test_decision_84_a_version_never_changes_and_the_draft_goes_on(rig):
    uuid = post(rig, "", MENU).data["uuid"]
    first = post(rig, f"/{uuid}/publish", {"note": " Opening hours "}).data
    assert (first["version"], first["changed"], first["published_at"]) == (1, False, "2026-05-11T09:00:00Z")
    put(rig, uuid, name="Acme Shops")
    assert get(rig, f"/{uuid}").data["changed"] is True
    assert get(rig, f"/{uuid}/versions/1").data["name"] == "Acme"
    assert post(rig, f"/{uuid}/publish").data["version"] == 2
    versions = get(rig, f"/{uuid}/versions").data["items"]
    assert [(each["version"], each["note"], each["menu"]) for each in versions] == [
        (2, "", uuid),
        (1, "Opening hours", uuid),
    ]
    assert "screens" not in versions[0]
    shown = get(rig, f"/{uuid}/versions/2").data
    assert (shown["name"], len(shown["screens"]), shown["start"]) == ("Acme Shops", 5, "welcome")


def test_publishing_under_a_key_makes_one_version(rig):
    uuid = post(rig, "", MENU).data["uuid"]
    for _ in range(2):
        assert post(rig, f"/{uuid}/publish", {}, Idempotency_Key="k").data["version"] == 1


@pytest.mark.parametrize("version", ["2", "0", "x", "-1", "1e3", "9" * 30])
def test_a_version_that_there_is_not_is_404(rig, version):
    menu = rig.ussd.give_menu(version=1)
    assert get(rig, f"/{menu.uuid}/versions/{version}").refusal == (404, "not_found")


def test_another_team_s_menu_is_not_there(rig):
    uuid = rig.ussd.give_menu(team_id=2, version=1).uuid
    for path in ("", "/versions", "/versions/1", "/dropoff"):
        assert get(rig, f"/{uuid}{path}").refusal == (404, "not_found")
    for path in ("/check", "/publish", "/secret"):
        assert post(rig, f"/{uuid}{path}").refusal == (404, "not_found")
    assert put(rig, uuid, name="Mine").refusal == (404, "not_found")


def test_the_secret_of_a_menu_is_told_once_when_it_is_new(rig):
    uuid = rig.ussd.give_menu().uuid
    assert post(rig, f"/{uuid}/secret").data["secret"].startswith("whsec_")
    assert "secret" not in get(rig, f"/{uuid}").data


# Drop-off


def count(rig, screen, day, shown, left, version=1):
    rig.ussd.counts.append((version, ScreenCount(screen, day, shown, left)))


def test_decision_84_drop_off_is_counted_by_screen_and_by_day(rig):
    uuid = rig.ussd.give_menu(version=1).uuid
    count(rig, "welcome", "2026-05-10", 100, 5)
    count(rig, "welcome", "2026-05-11", 20, 1)
    count(rig, "number", "2026-05-11", 12, 8)
    count(rig, "welcome", "2026-04-11", 999, 999)
    count(rig, "hours", "2026-05-11", 0, 0, version=2)
    found = get(rig, f"/{uuid}/dropoff").data
    assert (found["menu"], found["version"], found["date_from"], found["date_to"]) == (
        uuid,
        None,
        "2026-04-12",
        "2026-05-11",
    )
    assert found["screens"] == [
        {"screen": "number", "shown": 12, "left": 8, "left_percent": 66.7},
        {"screen": "welcome", "shown": 120, "left": 6, "left_percent": 5.0},
        {"screen": "hours", "shown": 0, "left": 0, "left_percent": 0.0},
    ]
    assert found["days"] == [
        {"day": "2026-05-10", "shown": 100, "left": 5},
        {"day": "2026-05-11", "shown": 32, "left": 9},
    ]
    assert len(get(rig, f"/{uuid}/dropoff?version=1").data["screens"]) == 2
    assert get(rig, f"/{uuid}/dropoff?date_from=2026-05-11&date_to=2026-05-11").data["days"] == found["days"][1:]


def test_the_drop_off_of_a_version_that_there_is_not_is_not_there(rig):
    uuid = rig.ussd.give_menu(version=1).uuid
    assert get(rig, f"/{uuid}/dropoff?version=9").refusal == (404, "not_found")


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("date_from=yesterday", "date_from"),
        ("date_to=2026-02-30", "date_to"),
        ("date_to=20260211", "date_to"),
        ("date_from=2026-05-12", "date_to"),
        ("date_from=2024-05-11", "date_from"),
        ("version=0", "version"),
    ],
)
def test_days_that_cannot_be_are_refused_with_their_field(rig, query, field):
    refused = get(rig, f"/{rig.ussd.give_menu().uuid}/dropoff?{query}")
    assert refused.refusal == (400, "bad_request")
    assert [each["field"] for each in refused.body["fields"]] == [field]
