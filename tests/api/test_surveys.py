"""Surveys by REST: made, listed, looked at, changed, published, held and ended; the reference's section and decisions 78, 80, 81."""

from typing import get_args
from zoneinfo import ZoneInfo

import attrs
import pytest

from mobilesasa.api.ports import WebLimits
from mobilesasa.api.resources.survey_bodies import (
    OptionBody,
    OptionsBody,
    QuestionBody,
    QuestionType,
    RuleBody,
    RuleOp,
    SurveySaid,
    WhenBody,
)
from mobilesasa.core.hours import Hours
from mobilesasa.core.rulepacks import RulePack, RulePacks, Rules
from mobilesasa.surveys.jsons import as_json
from mobilesasa.surveys.model import Definition, Kind, Op, SurveyStatus
from mobilesasa.surveys.views import Standing
from tests.api.surveying import CODE, CODE_UUID, NOWHERE, QUESTIONS, READER, SurveyRig, faults
from tests.fakes.people import JANE
from tests.fakes.surveys import NPS, SERVICE, VISIT, WHY

LISTED = ["uuid", "name", "status", "revision", "version", "is_changed", "question_count", "responses", "invitations"]


@pytest.fixture
def rig() -> SurveyRig:
    """A node's API with a client that runs surveys."""
    return SurveyRig()


def test_surveys_are_listed_newest_first_as_the_reference_has_it(rig):
    """
    api-v1: "surveysRead survey definitions and responses"
    api-v1: "Read survey definitions and responses."
    api-v1: "Requires the surveys scope."
    """
    older, newer = rig.surveys.give(versions=2), rig.surveys.give(definition=attrs.evolve(VISIT, name="Maize"))
    rig.surveys.standing = Standing(in_progress=1, completed=20, expired=3, waiting=4, lapsed=5)
    rig.surveys.give(team_id=2)
    page = rig.get("/surveys", READER).data
    assert [each["uuid"] for each in page["items"]] == [newer.uuid, older.uuid]
    assert (page["total"], page["page"], page["page_size"], page["pages"]) == (2, 1, 20, 1)
    shown = page["items"][1]
    assert list(shown)[:9] == LISTED
    assert (shown["name"], shown["status"], shown["version"], shown["question_count"]) == (
        "After a visit",
        "live",
        2,
        3,
    )
    assert shown["responses"] == {"in_progress": 1, "completed": 20, "expired": 3}
    assert shown["invitations"] == {"waiting": 4, "lapsed": 5}
    assert rig.get("/surveys", "mbs_contacts").refusal == (403, "missing_scope")


def test_surveys_are_found_by_status_and_by_words_of_their_names(rig):
    live, draft = rig.surveys.give(versions=1), rig.surveys.give(definition=attrs.evolve(VISIT, name="Maize 2026"))
    found = {
        query: rig.get(f"/surveys?{query}").data["items"] for query in ("status=live", "search=mAIze", "status=closed")
    }
    assert [[each["uuid"] for each in items] for items in found.values()] == [[live.uuid], [draft.uuid], []]
    assert rig.get("/surveys?status=open").refusal == (400, "bad_request")


def test_decision_78_a_survey_is_shown_with_all_its_questions_and_their_answer_options(rig):
    """api-v1: "Returns the survey definition including all questions and their answer options."."""
    survey = rig.surveys.give(versions=1)
    shown = rig.get(f"/surveys/{survey.uuid}", READER).data
    assert [(each["uuid"], each["type"], each["text"]) for each in shown["questions"]] == [
        (SERVICE, "single_choice", "How was our service?"),
        (WHY, "text", "What went wrong?"),
        (NPS, "nps", "Would you recommend us?"),
    ]
    assert [(each["code"], each["label"], each["next"]) for each in shown["questions"][0]["options"]] == [
        ("GOOD", "Good", NPS),
        ("BAD", "Bad", None),
    ]
    assert shown["options"] == {
        "reask": 2, "reminder_after_h": 24, "lapse_after_h": 48, "repeat": "once", "invitation_valid_h": 72,
    }  # fmt: skip
    assert (shown["faults"], shown["is_changed"]) == ([], False)


def test_a_survey_is_configured_by_somebody_who_has_logged_in_too(rig):
    """api-v1: "SMS surveys are configured in the dashboard."."""
    access = rig.log_in(JANE.email)
    made = rig.post("/surveys", rig.body(), token=access).data
    assert rig.post(f"/surveys/{made['uuid']}/publish", token=access).data["status"] == "live"


def test_a_survey_is_made_as_a_draft_and_names_its_questions_itself(rig):
    made = rig.create(name=" After  a visit ", keyword=" Visit! ")
    assert (made["status"], made["version"], made["is_changed"], made["published_at"]) == ("draft", 0, True, None)
    assert (made["name"], made["keyword"], made["sender_id"], made["language"]) == (
        "After a visit",
        "visit",
        CODE,
        "en",
    )
    service, why, nps = made["questions"]
    assert len({service["uuid"], why["uuid"], nps["uuid"]}) == 3
    assert [each["next"] for each in service["options"]] == [nps["uuid"], None]
    assert nps["rules"] == [{"when": {"question": None, "op": "lte", "value": 6}, "next": "end"}]
    assert rig.get(f"/surveys/{made['uuid']}").data == made


def test_decision_78_there_are_questions_of_every_kind():
    assert {*get_args(QuestionType)} == {kind.value for kind in Kind}
    assert {*get_args(RuleOp)} == {op.value for op in Op}


def test_what_may_be_said_of_a_survey_is_all_that_a_definition_has():
    said = {field.name for field in attrs.fields(SurveySaid)}
    assert said == {*as_json(Definition(name=""))}


def test_a_draft_may_be_half_done_and_says_what_it_lacks(rig):
    made = rig.post("/surveys", {"name": "Maize"}).data
    assert {each["field"]: each["code"] for each in made["faults"]} == {
        "sender_id": "no_sender",
        "questions": "no_questions",
    }
    assert rig.post(f"/surveys/{made['uuid']}/publish").refusal == (400, "bad_definition")


def test_everything_that_cannot_be_kept_is_named_at_once(rig):
    wrong = rig.wrong(
        name="",
        sender_id="MYAPP",
        language=7,
        questions=[
            {"type": "song", "text": "?"},
            {"type": "text"},
            {"type": "text", "text": "?", "options": [{"label": "x"}]},
        ],
        options={"reask": 9, "repeat": "daily"},
        texts={"nonsense": "x"},
    )
    assert {*wrong} == {
        "name", "sender_id", "language", "questions[0].type", "questions[1].text", "questions[2].options", "options.reask",
        "options.repeat", "texts.nonsense",
    }  # fmt: skip


def test_a_field_that_there_is_not_is_named_wherever_it_stands(rig):
    asked = {"type": "rating", "text": "?", "minimum": 3}
    assert rig.wrong(questions=[asked], options={"reminder_hours": 3}) == {
        "questions[0].minimum": "unknown_key",
        "options.reminder_hours": "unknown_key",
    }
    survey = rig.surveys.give()
    for reply in (
        rig.post("/surveys", rig.body(optoins={})),
        rig.put(f"/surveys/{survey.uuid}", {"thanks": "Bye", "optoins": {}}),
    ):
        assert reply.refusal == (400, "bad_request")
        assert reply.body["error"].startswith("optoins is not known here; there are name, language, sender_id, keyword")


def test_every_field_that_the_reference_names_is_known(rig):
    option = dict.fromkeys(attrs.fields_dict(OptionBody)) | {"label": "a"}
    when = dict.fromkeys(attrs.fields_dict(WhenBody)) | {"op": "answered"}
    rule = dict.fromkeys(attrs.fields_dict(RuleBody)) | {"when": when, "next": "end"}
    more = {"type": "single_choice", "text": "?", "options": [option], "rules": [rule]}
    asked = dict.fromkeys(attrs.fields_dict(QuestionBody)) | more
    made = rig.create(questions=[asked], options=dict.fromkeys(attrs.fields_dict(OptionsBody)))
    assert made["question_count"] == 1


def test_a_version_can_be_sent_back_as_it_is_shown(rig):
    survey = rig.surveys.give(versions=1)
    shown = rig.get(f"/surveys/{survey.uuid}/versions/1").data
    assert rig.put(f"/surveys/{survey.uuid}", shown).data["thanks"] == "Asante!"


def test_a_survey_that_is_too_large_to_be_listed_with_others_is_refused():
    rig = SurveyRig(limits=WebLimits(max_body_octets=1_048_576))
    long = [{"type": "text", "text": "x" * 2000} for _ in range(100)]
    assert rig.create(questions=long)["question_count"] == 100
    options = [{"label": f"{n} {'y' * 100}"} for n in range(50)]
    assert rig.wrong(questions=[{"type": "single_choice", "text": "?", "options": options}] * 50) == {
        "questions": "too_large"
    }


def test_what_was_published_is_not_checked_again_but_for_its_code(rig):
    odd = attrs.evolve(VISIT, keyword="stop")  # a word that meant nothing yet when it was published
    survey = rig.surveys.give(definition=odd, versions=1)
    assert rig.get(f"/surveys/{survey.uuid}").data["faults"] == []
    gone = rig.surveys.give(definition=attrs.evolve(VISIT, sender_id="22999"), versions=1)
    assert [each["code"] for each in rig.get(f"/surveys/{gone.uuid}").data["faults"]] == ["sender_not_approved"]


@pytest.mark.parametrize("body", [[], "x", 1, None])
def test_a_body_that_is_no_object_is_refused(rig, body):
    assert (
        rig.ask(
            "POST",
            "/api/v1/surveys",
            b"null" if body is None else str(body).encode(),
            Authorization="Bearer mbs_surveys",
        ).status
        == 400
    )


def test_a_text_that_no_store_keeps_is_refused_however_deep_it_is(rig):
    reply = rig.post("/surveys", rig.body(questions=[{"type": "text", "text": "a\0b"}]))
    assert reply.refusal == (400, "bad_request")


@pytest.mark.parametrize("sender", ["MYAPP", "5e000000-0000-4000-8000-000000000003", "Nobody"])
def test_decision_80_a_name_that_nobody_can_answer_is_refused_with_words(rig, sender):
    reply = rig.post("/surveys", rig.body(sender_id=sender))
    assert faults(reply) == {"sender_id": "bad_sender"}
    assert "nobody can answer a name" in reply.body["error"]


@pytest.mark.parametrize("sender", ["22999", "33333", "5e000000-0000-4000-8000-000000000011"])
def test_a_number_that_the_team_may_not_send_from_is_refused(rig, sender):
    assert rig.wrong(sender_id=sender) == {"sender_id": "sender_not_approved"}


@pytest.mark.parametrize(("sender", "code"), [
    (CODE, CODE), (CODE_UUID, CODE), (CODE_UUID.upper(), CODE), (f" {CODE} ", CODE), ("+254700111222", "254700111222"), (None, None),
])  # fmt: skip
def test_a_sender_is_named_by_its_digits_or_its_uuid(rig, sender, code):
    assert rig.create(sender_id=sender)["sender_id"] == code


def test_decision_80_a_code_whose_answers_go_to_another_team_keeps_a_survey_from_being_published(rig):
    made = rig.create(sender_id="40404")
    assert {each["field"]: each["code"] for each in made["faults"]} == {"sender_id": "not_received"}
    assert faults(rig.post(f"/surveys/{made['uuid']}/publish")) == {"sender_id": "not_received"}


def test_a_sender_that_was_taken_away_keeps_a_survey_from_being_published(rig):
    survey = rig.surveys.give(definition=attrs.evolve(VISIT, sender_id="22999"))
    assert faults(rig.post(f"/surveys/{survey.uuid}/publish")) == {"sender_id": "sender_not_approved"}


def test_a_call_with_a_key_makes_one_survey(rig):
    first = rig.post("/surveys", rig.body(), Idempotency_Key="a")
    again = rig.post("/surveys", rig.body(), Idempotency_Key="a")
    assert (again.octets, again.headers["idempotent-replayed"], len(rig.surveys.kept)) == (first.octets, "true", 1)


# Changing


def test_what_is_left_out_of_a_change_stays_and_null_clears(rig):
    made = rig.create(keyword="VISIT", options={"reask": 1, "reminder_after_h": None})
    changed = rig.put(
        f"/surveys/{made['uuid']}", {"thanks": None, "keyword": None, "options": {"lapse_after_h": 24}}
    ).data
    assert (changed["thanks"], changed["keyword"], changed["questions"]) == ("", None, made["questions"])
    assert changed["options"] == {**made["options"], "lapse_after_h": 24}
    assert (changed["options"]["reask"], changed["options"]["reminder_after_h"]) == (1, None)


def test_what_a_survey_is_shown_as_can_be_sent_back_and_changes_nothing(rig):
    made = rig.create()
    assert rig.put(f"/surveys/{made['uuid']}", made).data == made


def test_a_question_keeps_its_uuid_when_it_is_given(rig):
    made = rig.create()
    questions = [{**made["questions"][0], "text": "How was it?"}, {"type": "text", "text": "Why?"}]
    changed = rig.put(f"/surveys/{made['uuid']}", {"questions": questions, "keyword": "x"})
    assert changed.data["questions"][0]["uuid"] == made["questions"][0]["uuid"]
    assert changed.data["questions"][1]["uuid"] not in {each["uuid"] for each in made["questions"]}


def test_decision_79_a_published_survey_changes_for_nobody_before_it_is_published_again(rig):
    survey = rig.surveys.give(versions=1)
    changed = rig.put(f"/surveys/{survey.uuid}", {"thanks": "Kwaheri"}).data
    assert (changed["status"], changed["version"], changed["is_changed"], changed["thanks"]) == (
        "live",
        1,
        True,
        "Kwaheri",
    )
    assert rig.get(f"/surveys/{survey.uuid}/versions/1").data["thanks"] == "Asante!"
    published = rig.post(f"/surveys/{survey.uuid}/publish").data
    assert (published["version"], published["is_changed"]) == (2, False)
    assert rig.get(f"/surveys/{survey.uuid}/versions/2").data["thanks"] == "Kwaheri"


def test_a_change_that_cannot_be_kept_changes_nothing(rig):
    survey = rig.surveys.give()
    assert faults(rig.put(f"/surveys/{survey.uuid}", {"questions": [{"type": "text"}]})) == {
        "questions[0].text": "missing"
    }
    assert rig.surveys.kept[survey.uuid] == survey


@pytest.mark.parametrize("call", ["change", "publish"])
def test_two_who_change_a_survey_at_once_are_told(rig, call):
    survey = rig.surveys.give()
    rig.surveys.busy.add(survey.uuid)
    reply = rig.put(f"/surveys/{survey.uuid}", {}) if call == "change" else rig.post(f"/surveys/{survey.uuid}/publish")
    assert reply.refusal == (409, "survey_busy")


def test_who_edits_what_somebody_else_has_changed_is_told_who_it_was(rig):
    survey = rig.surveys.give()
    path = f"/surveys/{survey.uuid}"
    assert rig.put(path, {"thanks": "Kwaheri", "revision": 1}).data["revision"] == 2
    refused = rig.put(path, {"thanks": "Bye", "revision": 1})
    assert refused.refusal == (409, "survey_busy")
    assert (refused.body["revision"], refused.body["changed_at"]) == (2, "2026-05-11T09:00:00Z")
    assert (refused.body["changed_by"]["kind"], refused.body["changed_by"]["name"]) == ("user", "Otieno")
    assert (rig.get(path).data["thanks"], rig.get(path).data["revision"]) == ("Kwaheri", 2)


def test_a_change_of_a_draft_that_is_over_is_refused_whatever_it_says(rig):
    survey = rig.surveys.give()
    rig.put(f"/surveys/{survey.uuid}", {"thanks": "Kwaheri"})
    assert rig.put(f"/surveys/{survey.uuid}", {"questions": 7, "revision": 1}).refusal == (409, "survey_busy")


def test_a_survey_as_it_was_read_is_sent_back_with_its_revision(rig):
    shown = rig.create()
    assert rig.put(f"/surveys/{shown['uuid']}", {**shown, "thanks": "Kwaheri"}).data["revision"] == 2
    assert rig.put(f"/surveys/{shown['uuid']}", shown).refusal == (409, "survey_busy")


@pytest.mark.parametrize("revision", [0, "1", None, 2**31])
def test_a_revision_is_a_number(rig, revision):
    survey = rig.surveys.give()
    assert rig.put(f"/surveys/{survey.uuid}", {"revision": revision}).refusal == (400, "bad_request")
    assert rig.post(f"/surveys/{survey.uuid}/publish", {"revision": revision}).refusal == (400, "bad_request")


def test_nobody_publishes_a_survey_that_they_have_not_seen(rig):
    survey = rig.surveys.give()
    rig.put(f"/surveys/{survey.uuid}", {"questions": [], "revision": 1})
    refused = rig.post(f"/surveys/{survey.uuid}/publish", {"revision": 1})
    assert refused.refusal == (409, "survey_busy")
    assert refused.body["changed_by"]["name"] == "Otieno"
    assert rig.post(f"/surveys/{survey.uuid}/publish", {"revision": 2}).refusal == (400, "bad_definition")


def test_a_survey_that_asks_nobody_is_deleted_with_its_answers(rig):
    survey = rig.surveys.give()
    assert rig.delete(f"/surveys/{survey.uuid}").data["uuid"] == survey.uuid
    assert rig.get(f"/surveys/{survey.uuid}").refusal == (404, "not_found")


@pytest.mark.parametrize("status", [SurveyStatus.LIVE, SurveyStatus.PAUSED])
def test_a_survey_that_was_not_closed_is_not_deleted(rig, status):
    survey = rig.surveys.give(versions=1, status=status)
    assert rig.delete(f"/surveys/{survey.uuid}").refusal == (409, "in_use")


# Publishing, and what comes after it


@pytest.mark.parametrize(("sender_class", "keeps"), [("promotional", True), ("transactional", False)])
def test_a_survey_says_whether_it_keeps_to_the_hours_of_the_country(rig, sender_class, keeps):
    hours = Hours(ZoneInfo("Africa/Nairobi"), [[(480, 1080)]] * 7)
    packs = [RulePack("KE", ("254",), {"promotional": Rules("KE", "promotional", hours=hours)})]
    rig.node.gateway.rules = RulePacks(packs)
    rig.knows(sender_class)
    made = rig.create()
    assert made["keeps_hours"] is keeps
    assert rig.post(f"/surveys/{made['uuid']}/publish").data["keeps_hours"] is keeps
    assert rig.create(sender_id=None, keyword=None)["keeps_hours"] is False


def test_a_survey_is_published_and_is_live(rig):
    made = rig.create()
    published = rig.post(f"/surveys/{made['uuid']}/publish").data
    assert (published["status"], published["version"], published["is_changed"]) == ("live", 1, False)
    assert published["published_at"] == "2026-05-11T09:00:00Z"
    assert rig.post(f"/surveys/{made['uuid']}/publish").data == published


def test_all_that_keeps_a_survey_from_being_published_is_named_at_once(rig):
    first, *_ = QUESTIONS
    made = rig.create(
        keyword="STOP",
        questions=[
            {**first, "options": [{"label": "Good"}], "next": "nowhere"},
            {"type": "text", "text": "x" * 1900, "next": "end"},
        ],
    )
    assert faults(rig.post(f"/surveys/{made['uuid']}/publish")) == {
        "keyword": "stop_word",
        "questions[0].options": "too_few_options",
        "questions[0].next": "unknown_next",
        "questions[1].text": "too_many_parts",
    }


def test_decision_81_a_keyword_begins_one_survey_of_a_code(rig):
    rig.surveys.give(versions=1)
    made = rig.create(keyword="visit")
    reply = rig.post(f"/surveys/{made['uuid']}/publish")
    assert (reply.refusal, reply.body["fields"][0]["field"]) == ((409, "keyword_taken"), "keyword")


def test_a_keyword_that_is_another_team_s_on_the_code_is_taken(rig):
    made = rig.create(keyword="WIN")
    assert rig.post(f"/surveys/{made['uuid']}/publish").refusal == (409, "keyword_taken")


def test_a_survey_is_paused_and_resumed_and_closed_for_good(rig):
    uuid = rig.surveys.give(versions=1).uuid
    assert rig.post(f"/surveys/{uuid}/pause").data["status"] == "paused"
    assert rig.post(f"/surveys/{uuid}/resume").data["status"] == "live"
    assert rig.post(f"/surveys/{uuid}/close").data["status"] == "closed"
    assert rig.post(f"/surveys/{uuid}/close").data["status"] == "closed"
    for what in ("pause", "resume", "publish"):
        assert rig.post(f"/surveys/{uuid}/{what}").refusal == (409, "survey_closed")
    assert rig.put(f"/surveys/{uuid}", {"thanks": "x"}).refusal == (409, "survey_closed")
    assert [what for _, what in rig.surveys.by] == ["survey.pause", "survey.resume", "survey.close"]


def test_a_survey_that_is_closed_is_told_so_whatever_its_draft_lacks(rig):
    survey = rig.surveys.give(definition=Definition(name="Empty"), versions=1, status=SurveyStatus.CLOSED)
    assert rig.post(f"/surveys/{survey.uuid}/publish").refusal == (409, "survey_closed")


@pytest.mark.parametrize("what", ["pause", "resume", "close"])
def test_a_draft_is_neither_paused_nor_closed(rig, what):
    survey = rig.surveys.give()
    assert rig.post(f"/surveys/{survey.uuid}/{what}").refusal == (409, "not_published")


# Versions


def test_versions_are_listed_newest_first_and_say_who_published_them(rig):
    survey = rig.surveys.give(versions=3)
    page = rig.get(f"/surveys/{survey.uuid}/versions?page_size=2").data
    assert ([each["version"] for each in page["items"]], page["total"], page["pages"]) == ([3, 2], 3, 2)
    assert page["items"][0]["published_by"]["name"] == "Zapier"
    assert rig.get(f"/surveys/{survey.uuid}/versions?page=9").data["items"] == []


def test_a_version_is_shown_with_all_that_it_says(rig):
    survey = rig.surveys.give(versions=1)
    shown = rig.get(f"/surveys/{survey.uuid}/versions/1").data
    assert (shown["version"], shown["name"], len(shown["questions"])) == (1, "After a visit", 3)
    for number in ("2", "0", "-1", "x", "1e0", "9" * 30):
        assert rig.get(f"/surveys/{survey.uuid}/versions/{number}").refusal == (404, "not_found")


@pytest.mark.parametrize("path", ["", "/versions", "/versions/1", "/responses", "/results"])
def test_decision_8_another_team_s_survey_is_not_there(rig, path):
    survey = rig.surveys.give(team_id=2, versions=1)
    assert rig.get(f"/surveys/{survey.uuid}{path}").refusal == (404, "not_found")
    assert rig.get(f"/surveys/{NOWHERE}{path}").refusal == (404, "not_found")
