"""Questions that wait for a carrier or for hours, people who cannot be asked, and texts that are for other teams, in the store."""

import attrs
import pytest

from mobilesasa.core.actors import NODE
from mobilesasa.core.inbound import Arrival
from mobilesasa.core.optouts import ALL_SENDERS, OptOut
from mobilesasa.store import suppressions, survey_rounds, surveys
from mobilesasa.store.inbound import take_in
from mobilesasa.store.survey_inviting import send
from mobilesasa.surveys.conversing import HOUR_MS
from mobilesasa.surveys.model import Reason, Status
from mobilesasa.surveys.turns import Done
from mobilesasa.surveys.views import People, Standing
from tests.store.given import add_team, balance, rows, wrong
from tests.store.surveying import CODE, FARM, OTHER, PHONE, SENDER, Rig, values
from tests.store.test_inbound import arrival

pytestmark = pytest.mark.each_postgres

DAY_MS = 24 * HOUR_MS


@pytest.fixture
def rig(txn):
    return Rig(txn)


def comes_to(rig, team, text, opt_out=None):
    """Let a phone send this to the code, to another team that has it too."""
    came = arrival(team, rig.carrier, text.encode(), source=PHONE, destination=CODE, received_at_ms=rig.now_ms)
    stops = None if opt_out is None else OptOut(True, PHONE, ((opt_out, ALL_SENDERS),))
    arrivals: list[Arrival] = [attrs.evolve(came, opt_out=stops)]
    take_in(rig.txn, arrivals)


def heard(rig):
    return survey_rounds.hear(rig.txn, rig.works, 500)


def standing(rig, made):
    return surveys.standings(rig.txn, [made])[0]


def invite(rig, made, *phones):
    return send(rig.txn, NODE, rig.team, made.uuid, People((), phones), rig.now_ms, rig.directory.now, rig.judge)


def outcomes(rig):
    """What was said, and why it went to nobody."""
    return rows(rig.txn, "SELECT text, failure FROM message ORDER BY id")


@pytest.fixture
def beta(rig):
    other = add_team(rig.txn, 5)
    rig.txn.execute(SENDER, {"team": other, "name": CODE})
    return other


def test_what_another_team_gets_of_a_shared_code_moves_no_survey_of_this_one(rig, beta):
    made = rig.published()
    comes_to(rig, beta, "farm hello")
    rig.taken(heard(rig))
    assert rig.responses(made) == []
    rig.hear("farm")
    comes_to(rig, beta, "4")
    comes_to(rig, beta, "STOP BETA", opt_out=beta)
    rig.taken(heard(rig))
    response = rig.only(made)
    assert (values(response), response.others, response.status, rig.inbox) == ([], (), Status.IN_PROGRESS, 0)
    comes_to(rig, beta, "STOP", opt_out=beta)
    rig.taken(heard(rig))
    assert (rig.only(made).reason, wrong(rig.txn)) == (Reason.STOP, [])


def test_a_question_that_waits_when_its_survey_is_closed_is_taken_back_with_the_refund(rig):
    made = rig.published()
    rig.comes("farm")
    heard(rig)
    assert balance(rig.txn, rig.team) == 99
    surveys.close(rig.txn, NODE, rig.team, made.uuid)
    rig.now_ms += HOUR_MS
    survey_rounds.wake(rig.txn, rig.works, 500)
    assert (rig.only(made).reason, outcomes(rig)) == (Reason.CLOSED, [("liked?", "cancelled")])
    assert (balance(rig.txn, rig.team), wrong(rig.txn)) == (100, [])


def test_a_question_that_waits_when_its_survey_is_removed_is_taken_back_with_the_refund(rig):
    made = rig.published()
    rig.comes("farm")
    heard(rig)
    surveys.close(rig.txn, NODE, rig.team, made.uuid)
    surveys.delete(rig.txn, NODE, rig.team, made.uuid)
    assert outcomes(rig) == [("liked?", "cancelled")]
    assert (balance(rig.txn, rig.team), wrong(rig.txn)) == (100, [])


def test_a_question_that_waits_does_not_lapse_and_its_time_is_counted_from_when_a_carrier_took_it(rig):
    made = rig.published()
    rig.comes("farm")
    heard(rig)
    began_ms = rig.now_ms
    rig.now_ms = began_ms + 2 * DAY_MS
    survey_rounds.wake(rig.txn, rig.works, 500)
    assert (rig.only(made).status, rig.texts()) == (Status.IN_PROGRESS, ["liked?"])
    rig.now_ms = began_ms + 2 * DAY_MS + HOUR_MS
    rig.taken(Done())
    rig.txn.execute("DELETE FROM pending")
    taken_ms = began_ms + 2 * DAY_MS + HOUR_MS
    for after_h, said in ((23, 1), (24, 2)):
        rig.now_ms = taken_ms + after_h * HOUR_MS
        survey_rounds.wake(rig.txn, rig.works, 500)
        assert len(rig.texts()) == said
    rig.now_ms = taken_ms + 2 * DAY_MS
    survey_rounds.wake(rig.txn, rig.works, 500)
    assert (rig.only(made).reason, outcomes(rig)[-1][1]) == (Reason.LAPSED, "cancelled")


def test_the_same_words_answer_a_question_whose_carrier_gave_no_clear_answer(rig):
    made = rig.published()
    rig.hear("farm")
    rig.comes("4")
    heard(rig)
    rig.txn.execute(
        "UPDATE pending SET attempts = 1, doubted = true WHERE message_id = (SELECT max(message_id::text)::uuid FROM pending)"
    )
    rig.now_ms += 10_000
    rig.hear("4")
    assert values(rig.only(made)) == [4, "4"]


def test_a_response_whose_question_waits_for_the_hours_of_its_country_says_so(rig):
    made = rig.published()
    rig.verdict = lambda asked: attrs.evolve(rig.price(asked), due_at_ms=rig.now_ms + 200 * DAY_MS * 365)
    rig.comes("farm")
    heard(rig)
    assert rig.only(made).waits_for == "hours"
    rig.taken(Done())
    assert rig.only(made).waits_for is None


def test_who_is_suppressed_when_their_turn_comes_has_no_response_and_is_counted(rig):
    made, other = rig.published(), rig.published(attrs.evolve(FARM, keyword="fish"))
    for each in (made, other):
        invite(rig, each, PHONE)
    suppressions.add(rig.txn, NODE, rig.team, PHONE, CODE, "stop")
    invite(rig, made, OTHER)
    rig.begin()
    rig.begin()
    assert ([each.phone for each in rig.responses(made)], rig.responses(other), rig.texts()) == ([OTHER], [], [])
    assert (standing(rig, made), standing(rig, other)) == (Standing(in_progress=1, lapsed=1), Standing(lapsed=1))
    assert wrong(rig.txn) == []


def test_answers_that_could_not_be_read_are_kept_with_the_response(rig):
    made = rig.published()
    rig.hear("farm")
    for text in ("x", "y", "z"):
        rig.hear(text)
    response = rig.only(made)
    assert (response.reason, response.answers, response.others) == (Reason.INVALID, (), ("x", "y", "z"))
