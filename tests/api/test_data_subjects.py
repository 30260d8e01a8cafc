"""The persons behind contacts by REST: their timeline, their export, and forgetting them."""

import pytest

from mobilesasa.api.resources.hiding import HIDDEN
from mobilesasa.core.model import State
from mobilesasa.core.teams import Sender
from mobilesasa.store.message_rows import Progress
from tests.api.people import PeopleRig
from tests.api.rig import NOW_MS, came, directory, stored, token

UNKNOWN = "c0000000-0000-4000-8000-000000009999"
PHONE = {"phone": "0712345678"}


@pytest.fixture
def rig() -> PeopleRig:
    """A node's API with a client that keeps contacts."""
    return PeopleRig()


@pytest.fixture
def jane(rig):
    """A contact with two messages to her, one from her, and her STOP."""
    rig.history.put(stored(1, at_ms=NOW_MS - 3000), Progress(State.SENT))
    rig.history.put(stored(2, at_ms=NOW_MS - 1000), Progress(State.SENT))
    rig.history.put(stored(3, recipient="254722000111"), Progress(State.SENT))
    rig.inbox.kept.append(came(4))
    rig.suppressions.give()
    return rig.contacts.give(first_name="Jane")


def kinds(reply):
    return [each["kind"] for each in reply.data["items"]]


def test_all_between_a_team_and_a_person_is_in_one_list_newest_first(rig, jane):
    reply = rig.get(f"/contacts/{jane.uuid}/timeline")
    assert kinds(reply) == ["inbound", "suppression", "message", "message"]
    assert (reply.data["kinds"], reply.data["next"]) == (["message", "inbound", "suppression"], None)
    heard, stopped, newer, _ = reply.data["items"]
    assert (heard["inbound"]["message"], stopped["suppression"]["reason"], newer["message"]["status"]) == (
        "YES",
        "stop",
        "sent",
    )
    assert newer["at"] == newer["message"]["created_at"]


def test_a_timeline_goes_on_where_a_page_ended(rig, jane):
    whole = rig.get(f"/contacts/{jane.uuid}/timeline").data["items"]
    seen, behind = [], ""
    while behind is not None:
        page = rig.get(f"/contacts/{jane.uuid}/timeline?page_size=1{behind and f'&before={behind}'}").data
        seen += page["items"]
        behind = page["next"]
    assert seen == whole


def test_a_timeline_may_be_of_one_kind(rig, jane):
    assert kinds(rig.get(f"/contacts/{jane.uuid}/timeline?kind=message")) == ["message", "message"]
    assert kinds(rig.get(f"/contacts/{jane.uuid}/timeline?kind=suppression")) == ["suppression"]


@pytest.mark.parametrize("query", ["kind=other", "before=x", "page_size=0"])
def test_a_timeline_that_cannot_be_is_refused(rig, jane, query):
    assert rig.get(f"/contacts/{jane.uuid}/timeline?{query}").refusal == (400, "bad_request")


def test_messages_are_shown_to_those_alone_who_may_read_messages(rig, jane):
    reply = rig.get(f"/contacts/{jane.uuid}/timeline", token="mbs_contacts")
    assert (kinds(reply), reply.data["kinds"]) == (["suppression"], ["suppression"])
    for path in (f"/contacts/{jane.uuid}/timeline?kind=inbound", f"/contacts/{jane.uuid}/export"):
        assert rig.get(path, token="mbs_contacts").refusal == (403, "missing_scope")


def test_decision_44_a_viewer_sees_no_codes_in_a_timeline_nor_in_an_export_of_a_person(rig, jane):
    rig.directory.now = directory(
        senders=[Sender(1, "5e000000-0000-4000-8000-000000000001", 1, "TextBlast", sender_class="otp")]
    )
    viewer = rig.log_in("vera@acme.example")
    seen = rig.get(f"/contacts/{jane.uuid}/timeline?kind=message", token=viewer)
    assert {each["message"]["message"] for each in seen.data["items"]} == {HIDDEN}
    exported = rig.get(f"/contacts/{jane.uuid}/export", token=viewer)
    assert {each["message"] for each in exported.data["messages"]} == {HIDDEN}


def test_what_a_person_answered_to_surveys_is_in_their_timeline_for_who_may_see_surveys(rig, jane):
    ours, theirs = rig.surveys.give(versions=1), rig.surveys.give(2, versions=1)
    made = rig.surveys.give_response(ours, at_ms=NOW_MS - 2000)
    rig.surveys.give_response(ours, 2, phone="254722000111")
    rig.surveys.give_response(theirs, 3)
    rig.directory.now = directory(tokens=[token("mbs_both", scopes=("contacts", "messages", "surveys:read"))])
    whole = rig.get(f"/contacts/{jane.uuid}/timeline", token="mbs_both").data
    assert whole["kinds"] == ["message", "inbound", "suppression", "survey_response"]
    assert [each["kind"] for each in whole["items"]] == [
        "inbound", "suppression", "message", "survey_response", "message",
    ]  # fmt: skip
    answered = whole["items"][3]
    assert (answered["uuid"], answered["at"], answered["survey_response"]["survey"]) == (
        made.uuid, "2026-05-11T08:59:58Z", ours.uuid,
    )  # fmt: skip
    alone = rig.get(f"/contacts/{jane.uuid}/timeline?kind=survey_response", token="mbs_both").data
    assert (alone["items"], alone["next"]) == ([answered], None)
    seen, behind = [], ""
    while behind is not None:
        page = rig.get(
            f"/contacts/{jane.uuid}/timeline?page_size=1{behind and f'&before={behind}'}", token="mbs_both"
        ).data
        seen += page["items"]
        behind = page["next"]
    assert seen == whole["items"]


def test_responses_to_surveys_are_shown_to_those_alone_who_may_read_surveys(rig, jane):
    rig.surveys.give_response(rig.surveys.give(versions=1))
    assert "survey_response" not in kinds(rig.get(f"/contacts/{jane.uuid}/timeline"))
    reply = rig.get(f"/contacts/{jane.uuid}/timeline?kind=survey_response")
    assert (reply.refusal, "surveys" in reply.body["error"]) == ((403, "missing_scope"), True)


def test_an_export_is_all_that_is_known_of_a_person(rig, jane):
    rig.contacts.give_group("VIP", 1, jane)
    rig.surveys.give_response(rig.surveys.give(versions=1))
    found = rig.get(f"/contacts/{jane.uuid}/export").data
    assert (found["contact"]["first_name"], found["contact"]["groups"][0]["name"]) == ("Jane", "VIP")
    assert [len(found[name]) for name in ("messages", "inbound", "suppressions", "survey_responses")] == [2, 1, 1, 1]
    assert (found["complete"], found["exported_at"]) == (True, "2026-05-11T09:00:00Z")


def test_an_export_says_when_it_does_not_hold_all_messages(rig, jane, monkeypatch):
    monkeypatch.setattr("mobilesasa.api.resources.data_subjects.EXPORTED", 1)  # 5,000 messages are slow to make
    found = rig.get(f"/contacts/{jane.uuid}/export").data
    assert (len(found["messages"]), found["complete"]) == (1, False)


def test_a_person_is_forgotten_and_how_far_that_has_come_is_told(rig, jane):
    begun = rig.post(f"/contacts/{jane.uuid}/erase", PHONE).data
    assert begun == {"uuid": begun["uuid"], "status": "running", "messages": 0, "inbound": 0,
                     "requested_at": "2026-05-11T09:00:00Z", "finished_at": None}  # fmt: skip
    assert rig.get(f"/contacts/erasures/{begun['uuid']}").data == begun
    assert rig.get(f"/contacts/{jane.uuid}").refusal == (404, "not_found")
    assert (rig.erasures.suppressed, rig.directory.suppressing) == (["254712345678"], {1})


def test_nothing_is_suppressed_if_that_is_not_wanted(rig, jane):
    rig.post(f"/contacts/{jane.uuid}/erase", PHONE | {"suppress": False})
    assert (rig.erasures.suppressed, rig.directory.suppressing) == ([], set())


def test_a_call_with_a_key_forgets_once(rig, jane):
    first = rig.post(f"/contacts/{jane.uuid}/erase", PHONE, Idempotency_Key="a")
    again = rig.post(f"/contacts/{jane.uuid}/erase", PHONE, Idempotency_Key="a")
    assert (again.octets, len(rig.erasures.begun)) == (first.octets, 1)


@pytest.mark.parametrize(
    ("body", "code"), [({}, "bad_request"), ({"phone": "12"}, "bad_request"), ({"phone": "0722000111"}, "bad_value")]
)
def test_the_phone_must_be_the_contact_s(rig, jane, body, code):
    assert rig.post(f"/contacts/{jane.uuid}/erase", body).refusal == (400, code)
    assert rig.get(f"/contacts/{jane.uuid}").status == 200


def test_what_is_another_team_s_or_nobody_s_is_not_there(rig):
    other = rig.contacts.give(team_id=2)
    for uuid in (other.uuid, UNKNOWN, "no-uuid"):
        for reply in (
            rig.get(f"/contacts/{uuid}/timeline"), rig.get(f"/contacts/{uuid}/export"), rig.post(f"/contacts/{uuid}/erase", PHONE),
            rig.get(f"/contacts/erasures/{uuid}"),
        ):  # fmt: skip
            assert reply.refusal == (404, "not_found")


def test_of_people_owners_and_admins_alone_may_have_somebody_forgotten(rig, jane):
    operator, owner = rig.log_in("otto@acme.example"), rig.log_in("jane@acme.example")
    assert rig.post(f"/contacts/{jane.uuid}/erase", PHONE, token=operator).refusal == (403, "not_allowed")
    assert rig.post(f"/contacts/{jane.uuid}/erase", PHONE, token=owner).status == 200
