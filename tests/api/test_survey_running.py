"""Surveys by REST: people are invited, the cost is told, and a conversation is tried without a phone."""

import attrs
import pytest

from mobilesasa.api.ports import WebLimits
from mobilesasa.api.resources.survey_simulator import _ANSWER_FIELDS, _FIELDS, _KINDS
from mobilesasa.surveys.model import Answer, Definition, SurveyStatus, answer_as_json
from mobilesasa.surveys.views import GROUPS_MAX, PHONES_MAX, Invited, People
from tests.api.surveying import NOWHERE, READER, SurveyRig, faults
from tests.fakes.surveys import NPS, SERVICE, VISIT, WHY


@pytest.fixture
def rig() -> SurveyRig:
    """A node's API with a client that runs surveys."""
    made = SurveyRig(limits=WebLimits(max_body_octets=100_000))
    made.surveys.invited = Invited(7, {"suppressed": 2, "answered": 1})
    return made


@pytest.fixture
def survey(rig):
    """A survey that is live."""
    return rig.surveys.give(versions=1)


# Inviting


def test_people_are_invited_by_groups_and_numbers_each_once(rig, survey):
    group = rig.contacts.give_group("VIP")
    body = {"groups": [group.uuid, group.uuid.upper()], "phones": ["0712345678", "+254712345678", "+254722000111"]}
    told = rig.post(f"/surveys/{survey.uuid}/send", body).data
    assert rig.surveys.people == [People((group.uuid,), ("254712345678", "254722000111"))]
    assert told == {
        "people": 10, "invited": 7, "skipped": 3,
        "reasons": {"suppressed": 2, "answered": 1, "in_progress": 0, "invited": 0, "unreachable": 0},
    }  # fmt: skip


def test_everybody_who_cannot_be_invited_is_named_at_once(rig, survey):
    theirs = rig.contacts.give_group("Theirs", 2)
    body = {"groups": [NOWHERE, theirs.uuid, "x"], "phones": ["+254712345678", "12", "abc"]}
    reply = rig.post(f"/surveys/{survey.uuid}/send", body)
    assert reply.refusal == (400, "bad_request")
    said = {each["field"]: each["message"] for each in reply.body["fields"]}
    assert {*said} == {"groups", "phones[1]", "phones[2]"}
    assert said["phones[2]"] == "is no phone number: a phone number has no letters"
    assert said["groups"] == f"names groups that you do not have: {NOWHERE}, {theirs.uuid}, x"
    assert rig.surveys.people == []


@pytest.mark.parametrize("body", [
    {}, None, {"groups": [], "phones": []}, {"groups": ["x"] * (GROUPS_MAX + 1)}, {"phones": "0712345678"}, {"groups": [7]},
])  # fmt: skip
def test_an_invitation_of_nobody_or_of_too_many_is_refused(rig, survey, body):
    assert rig.post(f"/surveys/{survey.uuid}/send", body).refusal == (400, "bad_request")


def test_an_invitation_of_too_many_numbers_is_refused_before_they_are_read(rig, survey):
    reply = rig.post(f"/surveys/{survey.uuid}/send", {"phones": ["x"] * (PHONES_MAX + 1)})
    assert [each["field"] for each in reply.body["fields"]] == ["phones"]


@pytest.mark.parametrize(("status", "versions", "code"), [
    (SurveyStatus.DRAFT, 0, "not_published"), (SurveyStatus.PAUSED, 1, "survey_paused"), (SurveyStatus.CLOSED, 1, "survey_closed"),
])  # fmt: skip
def test_a_survey_that_asks_nobody_invites_nobody(rig, status, versions, code):
    survey = rig.surveys.give(versions=versions, status=status)
    assert rig.post(f"/surveys/{survey.uuid}/send", {"phones": ["0712345678"]}).refusal == (409, code)


def test_a_call_with_a_key_invites_once(rig, survey):
    first, again = (
        rig.post(f"/surveys/{survey.uuid}/send", {"phones": ["0712345678"]}, Idempotency_Key="a") for _ in range(2)
    )
    assert (again.octets, len(rig.surveys.people)) == (first.octets, 1)


def test_who_only_reads_invites_nobody_but_may_ask_what_it_would_cost(rig, survey):
    body = {"phones": ["0712345678"]}
    assert rig.post(f"/surveys/{survey.uuid}/send", body, token=READER).refusal == (403, "missing_scope")
    told = rig.post(f"/surveys/{survey.uuid}/estimate", body, token=READER).data
    assert (told["people"], told["invited"], told["units"]) == (10, 7, 14)
    assert told["parts"] == {"opening": 1, "least": 3, "all": 4}


def test_an_estimate_says_who_waits_for_the_hours_of_their_country(rig, survey):
    body = {"phones": ["0712345678"]}
    told = rig.post(f"/surveys/{survey.uuid}/estimate", body).data
    assert (told["waiting"], told["waits_until"]) == (0, None)
    rig.surveys.waiting = 3
    told = rig.post(f"/surveys/{survey.uuid}/estimate", body).data
    assert (told["waiting"], told["waits_until"]) == (3, "2026-05-11T09:00:00Z")


def test_a_draft_is_estimated_by_what_it_says_now(rig):
    survey = rig.surveys.give(definition=attrs.evolve(VISIT, introduction="x" * 170))
    told = rig.post(f"/surveys/{survey.uuid}/estimate", {"phones": ["0712345678"]}).data
    assert told["parts"] == {"opening": 2, "least": 4, "all": 5}


@pytest.mark.parametrize(("definition", "wrong"), [
    (Definition(name="Empty"), {"sender_id": "no_sender", "questions": "no_questions"}),
    (attrs.evolve(VISIT, questions=()), {"questions": "no_questions"}),
    (attrs.evolve(VISIT, sender_id="22999"), {"sender_id": "sender_not_approved"}),
    (attrs.evolve(VISIT, sender_id="40404"), {"sender_id": "not_received"}),
])  # fmt: skip
def test_a_draft_that_could_ask_nobody_is_not_estimated(rig, definition, wrong):
    survey = rig.surveys.give(definition=definition)
    assert faults(rig.post(f"/surveys/{survey.uuid}/estimate", {"phones": ["0712345678"]})) == wrong
    assert rig.surveys.people == []


def test_a_draft_with_other_faults_is_estimated_as_it_stands(rig):
    survey = rig.surveys.give(definition=attrs.evolve(VISIT, keyword="stop"))
    assert rig.post(f"/surveys/{survey.uuid}/estimate", {"phones": ["0712345678"]}).data["units"] == 14


def test_a_live_survey_is_estimated_by_its_version_and_not_by_its_draft(rig, survey):
    rig.put(f"/surveys/{survey.uuid}", {"introduction": "x" * 170})
    told = rig.post(f"/surveys/{survey.uuid}/estimate", {"phones": ["0712345678"]}).data
    assert told["parts"]["opening"] == 1


# Trying it without a phone


def simulate(rig, survey, **body):
    return rig.post(f"/surveys/{survey.uuid}/simulate", body, token=READER)


def talk(rig, survey, *texts, **body):
    """Answer one text after another, and return the steps."""
    steps = [simulate(rig, survey, **body).data]
    for text in texts:
        steps.append(simulate(rig, survey, say=text, state=steps[-1]["state"], **body).data)
    return steps


def test_a_conversation_is_tried_from_the_introduction_to_the_thanks(rig, survey):
    begun, asked, told = talk(rig, survey, "good", "9")
    assert begun["say"] == "This is Acme.\nHow was our service?\n1. Good\n2. Bad"
    assert (begun["parts"], begun["question_uuid"], begun["answered"], begun["ended"]) == (1, SERVICE, None, None)
    assert (asked["say"], asked["answered"]["value"], asked["answered"]["labels"]) == (
        "Would you recommend us?", "GOOD", ["Good"],
    )  # fmt: skip
    assert (told["say"], told["ended"], told["question_uuid"]) == (
        "Asante!", {"status": "completed", "reason": None}, None,
    )  # fmt: skip
    assert rig.intake.asked == []


def test_decision_80_an_answer_that_is_none_is_asked_for_again_twice_and_then_the_survey_is_over(rig, survey):
    steps = talk(rig, survey, "ten", "eleven", "twelve")
    assert [each["question_uuid"] for each in steps] == [SERVICE, SERVICE, SERVICE, None]
    assert steps[1]["say"].startswith("Please reply with one of these")
    assert steps[3]["ended"] == {"status": "expired", "reason": "invalid"}


def test_decision_80_stop_ends_a_survey(rig, survey):
    assert talk(rig, survey, "STOP")[-1]["ended"] == {"status": "expired", "reason": "stop"}


def test_a_question_that_need_not_be_answered_is_left(rig, survey):
    *_, left = talk(rig, survey, "2", "skip")
    assert (left["answered"]["value"], left["answered"]["question_uuid"], left["question_uuid"]) == (None, WHY, NPS)


def test_a_draft_is_tried_also_where_a_version_is_live(rig, survey):
    rig.put(f"/surveys/{survey.uuid}", {"introduction": "New."})
    assert simulate(rig, survey).data["say"].startswith("This is Acme.")
    assert simulate(rig, survey, version=1).data["say"].startswith("This is Acme.")
    assert simulate(rig, survey, version="draft").data["say"].startswith("New.")


def test_a_draft_that_asks_nothing_cannot_be_tried(rig):
    survey = rig.surveys.give(definition=Definition(name="Empty"))
    assert faults(rig.post(f"/surveys/{survey.uuid}/simulate", {})) == {"questions": "no_questions"}


def test_the_version_that_is_tried_must_be_one(rig, survey):
    assert simulate(rig, survey, version=2).refusal == (404, "not_found")
    assert simulate(rig, survey, version="2").refusal == (400, "bad_request")


def test_a_step_has_what_was_said_and_the_state_before_it_or_neither(rig, survey):
    state = simulate(rig, survey).data["state"]
    for body in ({"say": "1"}, {"state": state}):
        reply = simulate(rig, survey, **body)
        assert (reply.refusal, reply.body["fields"][0]["field"]) == ((400, "bad_request"), "say")


ANSWER = answer_as_json(Answer(SERVICE, "1", "GOOD", 0))


@pytest.mark.parametrize("change", [
    {"asks": "1"}, {"asks": True}, {"asks": 1.0}, {"asked_at_ms": 1 << 60}, {"reminded": 1}, {"question": 7}, {"question": None},
    {"question": NOWHERE}, {"more": 1}, {"answers": {}}, {"answers": [7]}, {"answers": [{}]}, {"answers": [ANSWER] * 101},
    {"answers": [{**ANSWER, "question": NOWHERE}]}, {"answers": [{**ANSWER, "raw": None}]}, {"answers": [{**ANSWER, "value": [1]}]},
    {"answers": [{**ANSWER, "value": {}}]}, {"answers": [{**ANSWER, "at_ms": "now"}]},
])  # fmt: skip
def test_a_state_that_was_not_handed_out_is_refused(rig, survey, change):
    state = {**simulate(rig, survey).data["state"], **change}
    reply = simulate(rig, survey, say="1", state=state)
    assert (reply.refusal, reply.body["fields"][0]["field"]) == ((400, "bad_request"), "state")


@pytest.mark.parametrize("state", [7, "x", [], {}, True])
def test_what_is_no_state_at_all_is_refused(rig, survey, state):
    assert simulate(rig, survey, say="1", state=state).refusal == (400, "bad_request")


def test_answers_of_every_kind_come_back_with_the_state(rig, survey):
    values = ["GOOD", 7, 7.5, True, None, ["A", "B"]]
    for value in values:
        state = {**simulate(rig, survey).data["state"], "answers": [{**ANSWER, "value": value}]}
        assert simulate(rig, survey, say="1", state=state).data["question_uuid"] == NPS


def test_all_of_a_state_is_looked_at():
    assert {*_KINDS, "answers"} == _FIELDS
    assert {*ANSWER} == _ANSWER_FIELDS
