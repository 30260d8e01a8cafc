"""Who is invited to a survey, and why others are not (decision 81)."""

import attrs
import pytest

from mobilesasa.core.actors import NODE
from mobilesasa.core.errors import NoRoute, NotFound, NotPublished, SurveyClosed, SurveyPaused
from mobilesasa.store import contacts, suppressions, survey_inviting, surveys
from mobilesasa.store.survey_inviting import estimate, send, size
from mobilesasa.surveys.model import Conduct
from mobilesasa.surveys.views import Invited, People, Standing
from tests.store.given import NOW_MS, add_team, count, one, rows, wrong
from tests.store.people import give, give_group
from tests.store.surveying import AGAIN, CODE, FARM, OTHER, PHONE, Rig, uuid

pytestmark = pytest.mark.each_postgres

HOUR_S = 3600


@pytest.fixture
def rig(txn):
    return Rig(txn)


def invite(rig, made, *phones, groups=()):
    people = People(tuple(groups), phones)
    return send(rig.txn, NODE, rig.team, made.uuid, people, rig.now_ms, rig.directory.now, rig.judge)


def estimated(rig, made, *phones, groups=()):
    people = People(tuple(groups), phones)
    return estimate(rig.txn, made, people, rig.now_ms, rig.directory.now, rig.judge)


def test_people_of_groups_and_single_phones_are_invited_once_each(rig):
    made = rig.published()
    for phone in (PHONE, OTHER, "254711000003"):
        give(rig.txn, rig.team, phone)
    first = give_group(rig.txn, rig.team, PHONE, OTHER, name="first")
    second = give_group(rig.txn, rig.team, OTHER, "254711000003", name="second")
    groups = (first.uuid, second.uuid)
    assert size(rig.txn, rig.team, People(groups, (PHONE, "254711000004"))) == 6
    assert invite(rig, made, PHONE, "254711000004", groups=groups) == Invited(4)
    assert count(rig.txn, "survey_invitation") == 4
    rig.begin()
    assert surveys.standings(rig.txn, [made]) == [Standing(in_progress=4)]
    assert wrong(rig.txn) == []


def test_who_left_a_group_or_was_deleted_is_not_invited(rig):
    made = rig.published()
    gone = give(rig.txn, rig.team, PHONE)
    group = give_group(rig.txn, rig.team, PHONE)
    contacts.delete(rig.txn, NODE, rig.team, [gone.uuid])
    assert invite(rig, made, groups=(group.uuid,)) == Invited(0)


def test_of_those_who_are_not_invited_it_is_told_why(rig):
    made = rig.published()
    suppressions.add(rig.txn, NODE, rig.team, "254711000010", CODE, "api")
    suppressions.add(rig.txn, NODE, rig.team, "254711000011", "", "api")
    suppressions.add(rig.txn, NODE, rig.team, "254711000012", "OTHER", "api")
    rig.hear("farm")
    rig.hear("farm", phone=OTHER)
    rig.hear("4", phone=OTHER)
    rig.hear("good", phone=OTHER)
    invite(rig, made, "254711000013")
    usual = rig.verdict
    rig.verdict = lambda asked: NoRoute("no") if asked.recipient.endswith("14") else usual(asked)
    phones = ["254711000010", "254711000011", "254711000012", "254711000013", "254711000014", PHONE, OTHER]
    left = {"suppressed": 2, "answered": 1, "in_progress": 1, "invited": 1, "unreachable": 1}
    assert estimated(rig, made, *phones).invited == Invited(1, left)
    assert invite(rig, made, *phones) == Invited(1, left)
    assert one(rig.txn, "SELECT after FROM trail ORDER BY id DESC LIMIT 1") == {"invited": 1, "left": 6}
    assert wrong(rig.txn) == []


def test_who_has_answered_is_invited_again_where_the_survey_says_so(rig):
    made = rig.published(AGAIN)
    rig.hear("farm")
    rig.hear("4")
    rig.hear("good")
    assert invite(rig, made, PHONE) == Invited(1)


def test_an_invitation_is_valid_for_as_long_as_its_survey_says(rig):
    made = rig.published(attrs.evolve(FARM, conduct=Conduct(invitation_valid_h=5)))
    invite(rig, made, PHONE)
    spans = rows(rig.txn, "SELECT extract(epoch FROM expires_at - created_at)::integer FROM survey_invitation")
    assert spans == [(5 * HOUR_S,)]


def test_an_estimate_costs_the_first_text_to_each_and_changes_nothing(rig):
    made = rig.published()
    usual = rig.verdict
    rig.verdict = lambda asked: attrs.evolve(usual(asked), price_units=3)
    found = estimated(rig, made, PHONE, OTHER)
    assert (found.invited, found.units) == (Invited(2), 6)
    assert {each.text for each in rig.judged} == {"liked?"}
    assert count(rig.txn, "survey_invitation") == 0
    draft = surveys.create(rig.txn, NODE, rig.team, uuid(), attrs.evolve(FARM, introduction="Hi"), NOW_MS)
    estimated(rig, draft, PHONE)
    assert rig.judged[-1].text == "Hi\nliked?"


def test_an_estimate_says_to_how_many_the_first_text_waits_for_hours(rig):
    made = rig.published()
    assert estimated(rig, made, PHONE, OTHER).waiting == 0
    usual, dues = rig.verdict, {PHONE: NOW_MS + 7, OTHER: NOW_MS + 5}
    rig.verdict = lambda asked: attrs.evolve(usual(asked), due_at_ms=dues.get(asked.recipient.lstrip("+")))
    found = estimated(rig, made, PHONE, OTHER, "254711000009")
    assert (found.invited, found.waiting, found.waits_until_ms) == (Invited(3), 2, NOW_MS + 5)


def test_only_a_live_survey_invites(rig):
    draft = surveys.create(rig.txn, NODE, rig.team, uuid(), FARM, NOW_MS)
    with pytest.raises(NotPublished):
        invite(rig, draft, PHONE)
    made = rig.published()
    surveys.pause(rig.txn, NODE, rig.team, made.uuid)
    with pytest.raises(SurveyPaused):
        invite(rig, made, PHONE)
    surveys.close(rig.txn, NODE, rig.team, made.uuid)
    with pytest.raises(SurveyClosed):
        invite(rig, made, PHONE)


def test_what_is_not_the_team_s_is_not_there(rig):
    other = add_team(rig.txn)
    give(rig.txn, other, PHONE)
    group = give_group(rig.txn, other, PHONE)
    for named in (group.uuid, "no uuid"):
        with pytest.raises(NotFound, match=named):
            size(rig.txn, rig.team, People((named,)))
    made = rig.published()
    assert invite(rig, made, groups=(group.uuid,)) == Invited(0)
    with pytest.raises(NotFound):
        send(rig.txn, NODE, other, made.uuid, People(), NOW_MS, rig.directory.now, rig.judge)


def test_many_people_are_gone_through_in_lists(rig, monkeypatch):
    monkeypatch.setattr(survey_inviting, "AT_ONCE", 3)  # so that a few are many
    made = rig.published()
    phones = [f"2547110001{n:02}" for n in range(10)]
    assert invite(rig, made, *phones) == Invited(10)
    assert invite(rig, made, *phones, PHONE) == Invited(1, {"invited": 10})


def invite_one(rig, made, phone=PHONE):
    survey_inviting.invite_one(rig.txn, rig.team, made.uuid, phone, rig.now_ms)
    return surveys.standings(rig.txn, [made])[0].waiting


def test_a_menu_invites_one_person_once(rig):
    made = rig.published()
    assert [invite_one(rig, made), invite_one(rig, made)] == [1, 1]
    rig.begin()
    assert invite_one(rig, made) == 0  # they are being asked
    rig.hear("4")
    rig.hear("good")
    suppressions.add(rig.txn, NODE, rig.team, OTHER, CODE, "api")
    assert [invite_one(rig, made), invite_one(rig, made, OTHER)] == [0, 0]
    surveys.pause(rig.txn, NODE, rig.team, made.uuid)
    with pytest.raises(SurveyPaused):
        invite_one(rig, made, "254711000003")
    assert wrong(rig.txn) == []


def test_a_menu_invites_again_who_may_answer_again(rig):
    made = rig.published(AGAIN)
    rig.hear("farm")
    rig.hear("4")
    rig.hear("good")
    assert invite_one(rig, made) == 1
