"""Surveys as rows: drafts, versions, keywords, and what can be done with them when (decisions 78-81)."""

import attrs
import pytest

from mobilesasa.core.actors import NODE, Actor, ActorKind, Who
from mobilesasa.core.changes import LastChange
from mobilesasa.core.errors import (
    AccessEnded,
    InUse,
    KeywordTaken,
    NotFound,
    NotPublished,
    SurveyBusy,
    SurveyClosed,
)
from mobilesasa.store import surveys
from mobilesasa.surveys.model import SurveyStatus
from mobilesasa.surveys.views import Standing, Wanted
from tests.store.given import NOW_MS, add_team, count, one, rows, wrong
from tests.store.surveying import CODE, FARM, OTHER, PHONE, Rig, uuid

pytestmark = pytest.mark.each_postgres

FISH = attrs.evolve(FARM, name="Fish", keyword="fish")
GONE = Actor(ActorKind.TOKEN, "ffffffff-0000-4000-8000-000000000000")


@pytest.fixture
def rig(txn):
    return Rig(txn)


def draft(rig, definition=FARM):
    return surveys.create(rig.txn, NODE, rig.team, uuid(), definition, NOW_MS)


def trail(rig):
    return [action for (action,) in rows(rig.txn, "SELECT action FROM trail ORDER BY id")]


def test_a_draft_is_kept_found_changed_and_removed(rig):
    made = draft(rig)
    assert (made.status, made.version, made.revision, made.is_changed) == (SurveyStatus.DRAFT, 0, 1, True)
    assert surveys.find(rig.txn, rig.team, made.uuid) == made
    changed = surveys.change(rig.txn, NODE, made, FISH, NOW_MS + 1)
    assert (changed.draft, changed.revision, changed.updated_at_ms) == (FISH, 2, NOW_MS + 1)
    assert surveys.change(rig.txn, NODE, changed, FISH, NOW_MS + 2) == changed
    assert surveys.delete(rig.txn, NODE, rig.team, made.uuid) == changed
    with pytest.raises(NotFound):
        surveys.find(rig.txn, rig.team, made.uuid)
    assert trail(rig) == ["survey.create", "survey.update", "survey.delete"]
    assert [count(rig.txn, table) for table in ("survey", "survey_sums")] == [0, 0]


def test_another_team_s_survey_is_not_there(rig):
    made, other = rig.published(), add_team(rig.txn)
    for asked in (made.uuid, "no uuid"):
        for function in (surveys.pause, surveys.resume, surveys.close, surveys.delete):
            with pytest.raises(NotFound):
                function(rig.txn, NODE, other, asked)
    with pytest.raises(NotFound):
        surveys.find(rig.txn, other, made.uuid)
    assert surveys.page(rig.txn, Wanted(other), 10, 0) == []


def test_what_was_changed_meanwhile_is_not_changed_over_it_nor_published(rig):
    made = draft(rig)
    surveys.change(rig.txn, NODE, made, FISH, NOW_MS)
    with pytest.raises(SurveyBusy):
        surveys.change(rig.txn, NODE, made, FARM, NOW_MS)
    with pytest.raises(SurveyBusy):
        surveys.publish(rig.txn, NODE, made, NOW_MS)


def test_who_is_slower_learns_who_changed_a_survey_last_and_when(rig):
    made = draft(rig)
    surveys.change(rig.txn, Actor(ActorKind.OPERATOR, name="jane"), made, FISH, NOW_MS)
    changed = surveys.change(rig.txn, NODE, surveys.find(rig.txn, rig.team, made.uuid), FARM, NOW_MS)
    surveys.publish(rig.txn, Actor(ActorKind.OPERATOR, name="otieno"), changed, NOW_MS)
    with pytest.raises(SurveyBusy) as refused:
        surveys.change(rig.txn, NODE, made, FISH, NOW_MS)
    last = refused.value.last
    at_ms = one(
        rig.txn, "SELECT (extract(epoch FROM max(at)) * 1000)::bigint FROM trail WHERE action = 'survey.update'"
    )
    assert last == LastChange(3, at_ms, Who(ActorKind.OPERATOR, None, "node"))


def test_publishing_makes_a_version_which_never_changes(rig):
    made = surveys.publish(rig.txn, NODE, draft(rig), NOW_MS + 5)
    assert (made.status, made.version, made.is_changed, made.published_at_ms) == (
        SurveyStatus.LIVE,
        1,
        False,
        NOW_MS + 5,
    )
    assert surveys.publish(rig.txn, NODE, made, NOW_MS + 6) == made
    changed = surveys.change(rig.txn, NODE, made, FISH, NOW_MS)
    assert (changed.version, changed.is_changed) == (1, True)
    back = surveys.change(rig.txn, NODE, changed, FARM, NOW_MS)
    assert back.is_changed is False
    again = surveys.publish(rig.txn, NODE, surveys.change(rig.txn, NODE, back, FISH, NOW_MS), NOW_MS)
    first, second = reversed(surveys.versions(rig.txn, again, 10, 0))
    assert (first.definition, second.definition) == (FARM, FISH)
    assert surveys.definitions(rig.txn, again) == {1: FARM, 2: FISH}
    assert surveys.version(rig.txn, again, 2) == second
    assert [each.version for each in surveys.versions(rig.txn, again, 1, 1)] == [1]
    with pytest.raises(NotFound):
        surveys.version(rig.txn, again, 3)
    assert wrong(rig.txn) == []


def test_a_version_says_who_published_it_and_how_many_answered_it(rig):
    made = rig.published()
    rig.hear("farm")
    version = surveys.version(rig.txn, made, 1)
    assert (version.published_by, version.responses) == (Who(ActorKind.OPERATOR, None, "node"), 1)


def test_a_paused_survey_that_is_published_again_stays_paused(rig):
    made = rig.published()
    surveys.pause(rig.txn, NODE, rig.team, made.uuid)
    changed = surveys.change(rig.txn, NODE, made, FISH, NOW_MS)
    assert surveys.publish(rig.txn, NODE, changed, NOW_MS).status is SurveyStatus.PAUSED


def test_one_keyword_begins_one_survey_of_a_code_until_that_is_closed(rig):
    made, other = rig.published(), draft(rig, attrs.evolve(FISH, keyword="farm"))
    with pytest.raises(KeywordTaken):
        surveys.publish(rig.txn, NODE, other, NOW_MS)
    elsewhere = draft(rig, attrs.evolve(FARM, sender_id="22142"))
    assert surveys.publish(rig.txn, NODE, elsewhere, NOW_MS).status is SurveyStatus.LIVE
    surveys.pause(rig.txn, NODE, rig.team, made.uuid)
    with pytest.raises(KeywordTaken):
        surveys.publish(rig.txn, NODE, other, NOW_MS)
    surveys.close(rig.txn, NODE, rig.team, made.uuid)
    assert surveys.publish(rig.txn, NODE, other, NOW_MS).version == 1
    assert wrong(rig.txn) == []


def test_surveys_without_keywords_do_not_take_each_other_s(rig):
    mute = attrs.evolve(FARM, keyword=None)
    assert [rig.published(mute).status for _ in range(2)] == [SurveyStatus.LIVE] * 2


def test_a_word_that_the_operator_gave_to_another_team_begins_no_survey(rig):
    rig.txn.execute(
        "INSERT INTO inbound_keyword (code, keyword, team_id) VALUES (%s, 'farm', %s)", (CODE, add_team(rig.txn))
    )
    with pytest.raises(KeywordTaken):
        rig.published()
    rig.txn.execute("UPDATE inbound_keyword SET team_id = %s", (rig.team,))
    assert rig.published().version == 1


def test_only_what_was_published_is_paused_resumed_and_closed(rig):
    made = draft(rig)
    for function in (surveys.pause, surveys.resume, surveys.close):
        with pytest.raises(NotPublished):
            function(rig.txn, NODE, rig.team, made.uuid)


def test_pausing_resuming_and_closing_twice_change_nothing(rig):
    made = rig.published()
    steps = (surveys.resume, surveys.pause, surveys.pause, surveys.resume, surveys.close, surveys.close)
    found = [function(rig.txn, NODE, rig.team, made.uuid).status.value for function in steps]
    assert found == ["live", "paused", "paused", "live", "closed", "closed"]
    assert trail(rig)[2:] == ["survey.pause", "survey.resume", "survey.close"]


def test_what_was_closed_stays_so(rig):
    made = rig.published()
    closed = surveys.close(rig.txn, NODE, rig.team, made.uuid)
    for function in (surveys.pause, surveys.resume):
        with pytest.raises(SurveyClosed):
            function(rig.txn, NODE, rig.team, made.uuid)
    with pytest.raises(SurveyClosed):
        surveys.change(rig.txn, NODE, closed, FISH, NOW_MS)
    with pytest.raises(SurveyClosed):
        surveys.publish(rig.txn, NODE, closed, NOW_MS)


def test_a_survey_goes_with_all_that_hangs_on_it_once_it_is_closed(rig):
    made = rig.published()
    rig.hear("farm")
    with pytest.raises(InUse):
        surveys.delete(rig.txn, NODE, rig.team, made.uuid)
    surveys.close(rig.txn, NODE, rig.team, made.uuid)
    surveys.delete(rig.txn, NODE, rig.team, made.uuid)
    left = ("survey", "survey_version", "survey_response", "survey_invitation", "survey_sums")
    assert [count(rig.txn, table) for table in left] == [0] * 5
    rig.hear("4")
    assert wrong(rig.txn) == []


def test_who_waited_for_a_survey_that_is_removed_waits_no_more(rig):
    made, other = rig.published(), rig.published(FISH)
    rig.hear("farm")
    rig.hear("fish")
    surveys.close(rig.txn, NODE, rig.team, made.uuid)
    surveys.delete(rig.txn, NODE, rig.team, made.uuid)
    rig.begin()
    assert surveys.standings(rig.txn, [other]) == [Standing(in_progress=1)]


def test_lists_have_the_newest_first_by_status_and_by_words_of_the_name(rig):
    first, second, third = draft(rig), rig.published(FISH), draft(rig, attrs.evolve(FARM, name="100% fish"))
    page = [each.uuid for each in surveys.page(rig.txn, Wanted(rig.team), 10, 0)]
    assert page == [third.uuid, second.uuid, first.uuid]
    assert surveys.page(rig.txn, Wanted(rig.team), 1, 1) == [second]
    wanted = {
        Wanted(rig.team, SurveyStatus.LIVE): [second],
        Wanted(rig.team, search="FISH"): [third, second],
        Wanted(rig.team, search="%"): [third],
        Wanted(rig.team, SurveyStatus.CLOSED): [],
    }
    for asked, found in wanted.items():
        assert surveys.page(rig.txn, asked, 10, 0) == found
        assert surveys.count(rig.txn, asked) == (len(found), False)


def test_standings_are_in_the_order_in_which_they_are_asked_for(rig):
    made, other = rig.published(), rig.published(FISH)
    rig.hear("farm")
    rig.hear("fish", phone=OTHER)
    rig.hear("3", phone=OTHER)
    rig.hear("x", phone=OTHER)
    assert surveys.standings(rig.txn, [other, made]) == [Standing(completed=1), Standing(in_progress=1)]


def test_who_may_not_act_any_more_changes_nothing(rig):
    made = rig.published()
    changed = surveys.change(rig.txn, NODE, made, FISH, NOW_MS)
    deeds = (
        lambda: surveys.create(rig.txn, GONE, rig.team, uuid(), FARM, NOW_MS),
        lambda: surveys.change(rig.txn, GONE, changed, FARM, NOW_MS),
        lambda: surveys.publish(rig.txn, GONE, changed, NOW_MS),
        lambda: surveys.pause(rig.txn, GONE, rig.team, made.uuid),
        lambda: surveys.close(rig.txn, GONE, rig.team, made.uuid),
        lambda: surveys.delete(rig.txn, GONE, rig.team, draft(rig).uuid),
    )
    for deed in deeds:
        with pytest.raises(AccessEnded):
            deed()


def test_the_trail_has_no_texts(rig):
    made = rig.published()
    surveys.change(rig.txn, NODE, made, attrs.evolve(FISH, thanks="Our secret"), NOW_MS)
    told = str(rows(rig.txn, "SELECT before, after FROM trail"))
    assert "secret" not in told
    assert PHONE not in told
    assert one(rig.txn, "SELECT after ->> 'questions' FROM trail WHERE action = 'survey.create'") == "2"
