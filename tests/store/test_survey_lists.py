"""Responses to surveys: listed, counted and added up (decision 79)."""

import attrs
import pytest

from mobilesasa.core.actors import NODE
from mobilesasa.core.errors import BadValue, NotFound
from mobilesasa.store import survey_lists, surveys
from mobilesasa.surveys.model import Reason, Status
from mobilesasa.surveys.views import Standing, WantedResponses
from tests.store.given import NOW_MS, add_team
from tests.store.surveying import AGAIN, CODE, FARM, OTHER, PHONE, Rig, values

pytestmark = pytest.mark.each_postgres

LAST = "ffffffff-ffff-ffff-ffff-ffffffffffff"


@pytest.fixture
def rig(txn):
    return Rig(txn)


def answered(rig, *texts, phone=PHONE):
    for text in texts:
        rig.hear(text, phone=phone)


def page(rig, made, limit=10, offset=0, after=None, **wanted):
    return survey_lists.page(rig.txn, made, WantedResponses(**wanted), limit, offset, after)


def test_a_response_is_shown_as_far_as_it_has_come(rig):
    made = rig.published()
    answered(rig, "farm", "banana")
    rig.hear("4", "4")
    response = survey_lists.find(rig.txn, made, rig.only(made).uuid)
    assert response == rig.only(made)
    assert (response.code, response.phone, response.version, response.definition) == (CODE, PHONE, 1, FARM)
    assert (response.status, response.question, response.waits_for) == (Status.IN_PROGRESS, "more", None)
    assert ([answer.raw for answer in response.answers], response.others) == (["4"], ("banana", "4"))
    assert (response.started_at_ms, response.finished_at_ms) == (NOW_MS, None)
    answered(rig, "stop")
    ended = rig.only(made)
    assert (ended.reason, ended.question, ended.finished_at_ms) == (Reason.STOP, None, NOW_MS + 30_000)


def test_responses_are_listed_newest_first_and_behind_a_key(rig):
    made = rig.published(AGAIN)
    phones = [f"25471100000{n}" for n in range(5)]
    for phone in phones:
        rig.hear("farm", phone=phone)
    first, key = page(rig, made, 2)
    assert [each.phone for each in first] == [phones[4], phones[3]]
    assert key == first[-1].uuid
    second, key = page(rig, made, 3, after=key)
    assert ([each.phone for each in second], key) == ([phones[2], phones[1], phones[0]], None)
    assert page(rig, made, 2, 1)[0][0] == first[1]
    with pytest.raises(BadValue):
        page(rig, made, after="7")


def test_responses_are_found_by_phone_status_and_version(rig):
    made = rig.published(AGAIN)
    answered(rig, "farm", "4", "good")
    answered(rig, "farm")
    answered(rig, "farm", "stop", phone=OTHER)
    made = surveys.publish(
        rig.txn, NODE, surveys.change(rig.txn, NODE, made, attrs.evolve(AGAIN, thanks=""), NOW_MS), NOW_MS
    )
    answered(rig, "farm", phone="254711000003")
    wanted = {
        WantedResponses(): 4,
        WantedResponses(phone=PHONE): 2,
        WantedResponses(phone=PHONE, status=Status.COMPLETED): 1,
        WantedResponses(status=Status.IN_PROGRESS): 2,
        WantedResponses(status=Status.EXPIRED): 1,
        WantedResponses(version=2): 1,
        WantedResponses(phone="254711000009"): 0,
    }
    for asked, many in wanted.items():
        assert survey_lists.count(rig.txn, made, asked) == (many, False), asked
        assert len(survey_lists.page(rig.txn, made, asked, 10, 0, None)[0]) == many, asked


def test_another_survey_s_response_is_not_there(rig):
    made, other = rig.published(), rig.published(attrs.evolve(FARM, keyword="fish"))
    answered(rig, "farm")
    for asked in (rig.only(made).uuid, "no uuid"):
        with pytest.raises(NotFound):
            survey_lists.find(rig.txn, other, asked)


def test_all_responses_of_a_phone_to_surveys_of_a_team_are_its_story(rig):
    made, other = rig.published(), rig.published(attrs.evolve(FARM, name="Fish", keyword="fish"))
    answered(rig, "farm", "4", "good", "fish")
    found = survey_lists.of_phone(rig.txn, rig.team, PHONE, LAST, 10)
    assert [(each.survey_uuid, each.definition.name) for each in found] == [(other.uuid, "Fish"), (made.uuid, "Maize")]
    assert survey_lists.of_phone(rig.txn, rig.team, PHONE, found[0].uuid, 10) == found[1:]
    assert survey_lists.of_phone(rig.txn, add_team(rig.txn), PHONE, LAST, 10) == []


def test_results_add_up_over_all_versions_or_one(rig):
    made = rig.published(AGAIN)
    answered(rig, "farm", "4", "good")
    answered(rig, "farm", "4", "bad", phone=OTHER)
    answered(rig, "farm", "2", "skip", phone="254711000003")
    changed = surveys.change(rig.txn, NODE, made, attrs.evolve(AGAIN, thanks="Bye"), NOW_MS)
    made = surveys.publish(rig.txn, NODE, changed, NOW_MS)
    answered(rig, "farm", "5", phone="254711000004")
    outcome = survey_lists.results(rig.txn, made, None)
    liked, more = outcome.questions
    assert outcome.responses == Standing(completed=3, in_progress=1)
    assert (liked.answered, liked.average, liked.median) == (4, 3.75, 4)
    assert [each.count for each in liked.counts] == [0, 1, 0, 2, 1]
    assert (more.answered, more.unanswered) == (2, 1)
    only = survey_lists.results(rig.txn, made, 2)
    assert (only.responses, only.questions[0].average) == (Standing(in_progress=1), 5)
    with pytest.raises(NotFound):
        survey_lists.results(rig.txn, made, 3)


def test_values_are_kept_as_they_were_read(rig):
    made = rig.published()
    answered(rig, "farm", "4", "hapana")
    assert values(rig.only(made)) == [4, "hapana"]
