"""Somebody who is to be forgotten: their answers count, and nothing says whose they are."""

import attrs
import pytest

from mobilesasa.core.actors import NODE
from mobilesasa.store import survey_people, surveys
from mobilesasa.store.erasures import Request, begin
from mobilesasa.store.survey_inviting import send
from mobilesasa.surveys.model import Reason, Status
from mobilesasa.surveys.views import People, Standing
from tests.store.given import NOW_MS, rows, wrong
from tests.store.people import give
from tests.store.people import uuid as contact_uuid
from tests.store.surveying import FARM, OTHER, PHONE, Rig, values

pytestmark = pytest.mark.each_postgres

PSEUDONYM = "erased-0123456789ab"
LATER_MS = NOW_MS + 3_600_000
HOOK = """
INSERT INTO webhook (uuid, team_id, url, events, secret) VALUES (gen_random_uuid(), %s, 'https://a.example/', '{survey.response}', 's')
"""


@pytest.fixture
def rig(txn):
    return Rig(txn)


def everything(rig):
    tables = ("survey_response", "survey_invitation", "webhook_event")
    return "".join(str(rows(rig.txn, f"SELECT * FROM {table}")) for table in tables)  # noqa: S608 - names of this file


def test_answers_stay_and_words_and_number_go(rig):
    rig.txn.execute(HOOK, (rig.team,))
    made = rig.published()
    rig.hear("farm")
    rig.hear("4", "4 of course")
    rig.hear("I am Jane")
    survey_people.forget(rig.txn, rig.team, PHONE, PSEUDONYM, LATER_MS)
    response = rig.only(made)
    assert (response.phone, response.status, values(response)) == (PSEUDONYM, Status.COMPLETED, [4, ""])
    assert [answer.raw for answer in response.answers] == ["", ""]
    told = everything(rig)
    assert (PHONE in told, "Jane" in told, "of course" in told) == (False, False, False)
    assert surveys.standings(rig.txn, [made]) == [Standing(completed=1)]
    assert wrong(rig.txn) == []


def test_who_is_being_asked_or_invited_is_asked_no_more(rig):
    made, other = rig.published(), rig.published(attrs.evolve(FARM, keyword="fish"))
    rig.hear("farm")
    people = People((), (PHONE, OTHER))
    send(rig.txn, NODE, rig.team, other.uuid, people, rig.now_ms, rig.directory.now, rig.judge)
    survey_people.forget(rig.txn, rig.team, PHONE, PSEUDONYM, LATER_MS)
    assert (rig.only(made).status, rig.only(made).reason) == (Status.EXPIRED, Reason.STOP)
    assert surveys.standings(rig.txn, [made, other]) == [Standing(expired=1), Standing(waiting=1)]
    rig.hear("4")
    assert (rig.texts(), wrong(rig.txn)) == (["liked?"], [])


def test_what_began_after_the_request_stays_and_so_does_another_person(rig):
    made = rig.published()
    rig.hear("farm")
    rig.hear("farm", phone=OTHER)
    survey_people.forget(rig.txn, rig.team, PHONE, PSEUDONYM, NOW_MS - 1)
    survey_people.forget(rig.txn, rig.team + 1, PHONE, PSEUDONYM, LATER_MS)
    assert [each.phone for each in rig.responses(made)] == [PHONE, OTHER]


def test_an_erasure_forgets_a_person_in_surveys_at_once(rig):
    made = rig.published()
    rig.hear("farm")
    contact = give(rig.txn, rig.team, PHONE)
    begin(rig.txn, NODE, rig.team, Request(contact.uuid, PHONE, True, contact_uuid(), PSEUDONYM, LATER_MS))
    assert rig.only(made).phone == PSEUDONYM
