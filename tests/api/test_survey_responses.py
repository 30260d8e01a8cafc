"""Responses to surveys by REST, and what they come to (decision 79)."""

import attrs
import pytest

from mobilesasa.surveys.model import Answer, Reason, Status
from tests.api.surveying import NOWHERE, READER, SurveyRig
from tests.fakes.contacts import NINE_MS
from tests.fakes.surveys import NPS, SERVICE, VISIT, WHY


@pytest.fixture
def rig() -> SurveyRig:
    """A node's API with a client that runs surveys."""
    return SurveyRig()


@pytest.fixture
def survey(rig):
    """A survey that is live."""
    return rig.surveys.give(versions=2)


def answers(service="GOOD", nps=9):
    return (Answer(SERVICE, "1.", service, NINE_MS + 1000), Answer(NPS, str(nps), nps, NINE_MS + 2000))


def test_decision_79_a_response_has_its_answers_by_question_raw_and_normalised_with_times(rig, survey):
    """GET /surveys/{uuid}/responses: status, answers by question uuid, raw text, normalised value, started/finished."""
    made = rig.surveys.give_response(survey, status=Status.COMPLETED, answers=answers(), finished_at_ms=NINE_MS + 2000)
    (shown,) = rig.get(f"/surveys/{survey.uuid}/responses", READER).data["items"]
    assert {name: shown[name] for name in ("uuid", "survey", "survey_name", "version", "code", "phone", "status", "reason")} == {
        "uuid": made.uuid, "survey": survey.uuid, "survey_name": "After a visit", "version": 2, "code": "22384",
        "phone": "+254712345678", "status": "completed", "reason": None,
    }  # fmt: skip
    service, nps = shown["answers"]
    assert service == {
        "question_uuid": SERVICE, "code": "service", "question": "How was our service?", "type": "single_choice", "raw": "1.",
        "value": "GOOD", "labels": ["Good"], "at": "2026-05-11T09:00:01Z",
    }  # fmt: skip
    assert (nps["value"], nps["labels"]) == (9, None)
    assert (shown["started_at"], shown["finished_at"]) == ("2026-05-11T09:00:00Z", "2026-05-11T09:00:02Z")
    assert rig.get(f"/surveys/{survey.uuid}/responses/{made.uuid.upper()}").data == shown


def test_decision_79_responses_in_progress_and_expired_ones_are_there_as_far_as_they_have_come(rig, survey):
    rig.surveys.give_response(
        survey, 1, status=Status.EXPIRED, reason=Reason.LAPSED, finished_at_ms=NINE_MS, answers=answers()[:1]
    )
    rig.surveys.give_response(survey, 2, question=WHY, waits_for="insufficient_units", others=("hello",))
    going, gone = rig.get(f"/surveys/{survey.uuid}/responses").data["items"]
    assert (gone["status"], gone["reason"], len(gone["answers"])) == ("expired", "lapsed", 1)
    assert (going["status"], going["question"], going["waits_for"], going["others"], going["finished_at"]) == (
        "in_progress", WHY, "insufficient_units", ["hello"], None,
    )  # fmt: skip


def test_decision_79_an_answer_stands_beside_its_question_as_the_version_had_it(rig, survey):
    before = attrs.evolve(VISIT, questions=(attrs.evolve(VISIT.questions[0], text="How was it?"), *VISIT.questions[1:]))
    rig.surveys.give_response(survey, version=1, definition=before, answers=answers())
    (shown,) = rig.get(f"/surveys/{survey.uuid}/responses").data["items"]
    assert (shown["version"], shown["answers"][0]["question"]) == (1, "How was it?")


def test_responses_are_listed_in_pages_newest_first(rig, survey):
    """
    api-v1: "Page number"
    api-v1: "Results per page"
    """
    made = [rig.surveys.give_response(survey, n).uuid for n in range(1, 6)]
    page = rig.get(f"/surveys/{survey.uuid}/responses?page=2&page_size=2").data
    assert [each["uuid"] for each in page["items"]] == made[::-1][2:4]
    assert (page["page"], page["page_size"], page["total"], page["pages"]) == (2, 2, 5, 3)
    assert rig.get(f"/surveys/{survey.uuid}/responses?page_size=101").refusal == (400, "bad_request")


def test_responses_go_on_by_cursor(rig, survey):
    made = [rig.surveys.give_response(survey, n).uuid for n in range(1, 6)]
    seen, cursor = [], ""
    while cursor is not None:
        page = rig.get(f"/surveys/{survey.uuid}/responses?page_size=2{cursor and f'&cursor={cursor}'}").data
        seen += [each["uuid"] for each in page["items"]]
        cursor = page["next_cursor"]
    assert seen == made[::-1]
    assert rig.get(f"/surveys/{survey.uuid}/responses?cursor=x").refusal == (400, "bad_request")


@pytest.mark.parametrize("phone", ["%2B254722000111", "0722000111", "254722000111"])
def test_decision_79_responses_are_filtered_by_phone_and_one_phone_may_have_several(rig, survey, phone):
    """api-v1: "Filter responses by respondent phone"."""
    ours = [rig.surveys.give_response(survey, n, phone="254722000111").uuid for n in (1, 3)]
    rig.surveys.give_response(survey, 2)
    found = rig.get(f"/surveys/{survey.uuid}/responses?phone={phone}").data
    assert ([each["uuid"] for each in found["items"]], found["total"]) == (ours[::-1], 2)


def test_responses_are_filtered_by_status_and_version(rig, survey):
    done = rig.surveys.give_response(survey, 1, status=Status.COMPLETED, version=1, finished_at_ms=NINE_MS)
    rig.surveys.give_response(survey, 2)
    for query in ("status=completed", "version=1", "status=completed&version=1"):
        assert [each["uuid"] for each in rig.get(f"/surveys/{survey.uuid}/responses?{query}").data["items"]] == [
            done.uuid
        ]


@pytest.mark.parametrize("query", ["phone=12", "status=done", "version=0", "version=x", "page=0"])
def test_a_filter_that_cannot_be_is_refused(rig, survey, query):
    assert rig.get(f"/surveys/{survey.uuid}/responses?{query}").refusal == (400, "bad_request")


def test_responses_to_a_version_that_there_is_not_are_not_there(rig, survey):
    assert rig.get(f"/surveys/{survey.uuid}/responses?version=3").refusal == (404, "not_found")


def test_what_is_wrong_with_a_phone_reads_as_a_sentence(rig, survey):
    said = rig.get(f"/surveys/{survey.uuid}/responses?phone=abc").body["error"]
    assert said == "phone is no phone number: a phone number has no letters"


def test_a_response_to_another_survey_is_not_there(rig, survey):
    other = rig.surveys.give_response(rig.surveys.give(versions=1))
    for uuid in (other.uuid, NOWHERE, "x"):
        assert rig.get(f"/surveys/{survey.uuid}/responses/{uuid}").refusal == (404, "not_found")


# Results


def test_results_add_up_the_answers_to_each_question(rig, survey):
    for n, (service, nps) in enumerate([("GOOD", 10), ("GOOD", 9), ("BAD", 3)]):
        rig.surveys.give_response(
            survey, n, status=Status.COMPLETED, finished_at_ms=NINE_MS, answers=answers(service, nps)
        )
    rig.surveys.give_response(survey, 9, answers=(Answer(WHY, "", None, NINE_MS),))
    found = rig.get(f"/surveys/{survey.uuid}/results", READER).data
    assert (found["survey"], found["version"]) == (survey.uuid, None)
    assert found["responses"] == {"in_progress": 1, "completed": 3, "expired": 0}
    service, why, nps = found["questions"]
    assert [(each["value"], each["label"], each["count"], each["share"]) for each in service["counts"]] == [
        ("GOOD", "Good", 2, 0.6667),
        ("BAD", "Bad", 1, 0.3333),
    ]
    assert (service["answered"], service["average"], service["nps"]) == (3, None, None)
    assert (why["answered"], why["unanswered"], why["counts"]) == (0, 1, [])
    assert (nps["average"], nps["median"], nps["min"], nps["max"]) == (7.3333, 9.0, 3, 10)
    assert nps["nps"] == {"score": 33.3333, "promoters": 2, "passives": 0, "detractors": 1}
    assert len(nps["counts"]) == 11


def test_results_of_one_version_have_its_answers_alone(rig, survey):
    rig.surveys.give_response(survey, 1, version=1, answers=answers())
    rig.surveys.give_response(survey, 2, version=2, answers=answers("BAD", 2))
    found = rig.get(f"/surveys/{survey.uuid}/results?version=1").data
    assert (found["version"], found["responses"]["in_progress"]) == (1, 1)
    assert [each["count"] for each in found["questions"][0]["counts"]] == [1, 0]
    assert rig.get(f"/surveys/{survey.uuid}/results?version=3").refusal == (404, "not_found")


def test_a_survey_that_nobody_has_answered_has_empty_results(rig):
    survey = rig.surveys.give()
    assert rig.get(f"/surveys/{survey.uuid}/results").data["questions"] == []
    live = rig.surveys.give(versions=1)
    service, _, nps = rig.get(f"/surveys/{live.uuid}/results").data["questions"]
    assert (service["answered"], [each["share"] for each in service["counts"]], nps["nps"]) == (0, [0.0, 0.0], None)
