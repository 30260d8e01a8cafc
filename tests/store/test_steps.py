"""Intermediate receipts: told once each, forward only, and never behind the final one (decision 107, I5)."""

import pytest

from mobilesasa.core.model import (
    INTERMEDIATE,
    Failure,
    Later,
    Never,
    Origin,
    Report,
    Sent,
    Settlement,
    State,
    Step,
    Wish,
)
from mobilesasa.store import outcomes, reports
from mobilesasa.store.reports import give_up, report_again
from mobilesasa.store.spool import Acknowledgement, acknowledge, owed
from tests.store.given import (
    NOW_MS,
    accepted,
    add_run,
    add_team,
    claimed,
    column,
    count,
    delivered,
    failed,
    notices_of,
    rows,
    sent,
    settled,
    told,
)
from tests.store.test_outcomes import in_hand_again

ASKED = {INTERMEDIATE: 0}


def taken(txn, message_id, *refs):
    """The carrier took it; what the team is told of that."""
    item = Settlement(message_id, 1, 1, NOW_MS + 3, Sent(refs), has_steps=True)
    return notices_of(outcomes.settle(txn, [item]))


def enroute(ref, **more):
    return Report(**{"carrier_id": 1, "ref": ref, "state": State.SENT, "done_at_ms": NOW_MS + 5, **more})


def asking(txn, team, **more):
    (message_id,) = accepted(txn, team, options=dict(ASKED), **more)
    return message_id


def spooled(txn):
    return [state for (state,) in rows(txn, "SELECT state FROM spool ORDER BY id")]


def test_a_team_that_asked_is_told_when_a_carrier_took_its_message(txn):
    team = add_team(txn)
    message_id = asking(txn, team)
    (notice,) = taken(txn, message_id, "a")
    assert (notice.message_id, notice.state, notice.failure, notice.error) == (message_id, Step.ACCEPTED, None, "")
    assert (notice.parts, notice.done_at_ms, notice.has_steps) == (1, NOW_MS + 3, True)
    assert owed(txn, team, 0, 10) == [notice]
    assert column(txn, "state", message_id) == State.SENT


def test_a_team_that_did_not_ask_is_told_of_no_step(txn):
    sent(txn, add_team(txn), "a", options={"flash": True})
    sent(txn, add_team(txn), "b")
    assert told(txn, enroute("a"), enroute("b")) == [None, None]
    assert count(txn, "spool") == 0


def test_what_the_carrier_says_of_the_way_is_told_once(txn):
    team = add_team(txn)
    taken(txn, asking(txn, team), "a")
    (notice,) = told(txn, enroute("a"))
    assert (notice.state, notice.done_at_ms) == (Step.ENROUTE, NOW_MS + 5)
    assert told(txn, enroute("a")) == [None]
    assert report_again(txn, [enroute("a")]) == [None]
    assert spooled(txn) == [Step.ACCEPTED, Step.ENROUTE]


def test_all_parts_of_a_message_on_their_way_are_one_step(txn):
    message_id = asking(txn, add_team(txn), parts=2)
    taken(txn, message_id, "a", "b")
    assert len([n for n in told(txn, enroute("a"), enroute("b")) if n]) == 1


def test_the_step_is_found_by_another_spelling_of_the_carriers_id(txn):
    taken(txn, asking(txn, add_team(txn)), "1a")
    (notice,) = told(txn, enroute("26", spell=lambda _: ("26", "1a")))
    assert notice.state is Step.ENROUTE


def test_a_step_without_a_date_is_of_now(txn):
    taken(txn, asking(txn, add_team(txn)), "a")
    (notice,) = told(txn, enroute("a", done_at_ms=None))
    assert abs(notice.done_at_ms - NOW_MS) < 3_600_000


def test_a_step_of_an_unknown_id_is_not_kept(txn):
    assert told(txn, enroute("nobody's")) == [None]
    assert count(txn, "parked_report") == 0


@pytest.mark.parametrize("final", [delivered, failed])
def test_no_step_is_told_after_the_end(txn, final):
    taken(txn, asking(txn, add_team(txn)), "a")
    told(txn, final("a"))
    assert told(txn, enroute("a")) == [None]
    assert len(spooled(txn)) == 1


def test_of_one_batch_with_the_end_no_step_is_told(txn):
    taken(txn, asking(txn, add_team(txn)), "a")
    step, final = told(txn, enroute("a"), delivered("a"))
    assert step is None
    assert final.state is State.DELIVERED


def test_a_receipt_that_was_here_before_the_answer_leaves_no_step(txn):
    message_id = asking(txn, add_team(txn))
    told(txn, delivered("a"))  # parked
    assert [notice.state for notice in taken(txn, message_id, "a")] == [State.DELIVERED]
    assert spooled(txn) == [State.DELIVERED]


@pytest.mark.parametrize("final", [delivered, failed])
def test_the_end_takes_the_steps_that_nobody_fetched(txn, final):
    team = add_team(txn)
    taken(txn, asking(txn, team), "a")
    taken(txn, asking(txn, team), "b")
    told(txn, enroute("a"))
    (notice,) = told(txn, final("a"))
    assert spooled(txn) == [Step.ACCEPTED, notice.state]  # the other message's step, and the end


def test_a_refusal_takes_the_steps_too(txn):
    message_id = asking(txn, add_team(txn), parts=2)
    claimed(txn, add_run(txn), message_id)
    settled(txn, (message_id, Later(1.0, "one part only", refs=("a", None))))
    in_hand_again(txn, message_id)
    taken_some = Settlement(message_id, 1, 2, NOW_MS, Never(Failure.REFUSED, "no"), has_steps=True)
    assert [notice.state for notice in notices_of(outcomes.settle(txn, [taken_some]))] == [State.FAILED]
    assert spooled(txn) == [State.FAILED]


def test_what_is_given_up_takes_the_steps_too(txn):
    taken(txn, asking(txn, add_team(txn)), "a")
    txn.execute("UPDATE awaiting SET sent_at = sent_at - interval '73 hours'")
    assert give_up(txn, 72, 10) == (1, 1)
    assert spooled(txn) == [State.FAILED]


def test_a_team_may_want_steps_and_no_end(txn):
    team = add_team(txn)
    taken(txn, asking(txn, team, wish=Wish.NONE), "a")
    assert told(txn, delivered("a")) == [None]
    assert told(txn, enroute("a")) == [None]
    assert spooled(txn) == [Step.ACCEPTED]


def test_decision_116_a_message_of_the_api_has_no_steps(txn):
    assert taken(txn, asking(txn, add_team(txn), origin=Origin.API), "a") == []


def test_a_settlement_that_is_written_twice_tells_its_step_once(txn):
    message_id = asking(txn, add_team(txn))
    assert len(taken(txn, message_id, "a")) == 1
    assert taken(txn, message_id, "a") == []


def test_a_step_that_was_taken_does_not_come_back(txn):
    team = add_team(txn)
    (notice,) = taken(txn, asking(txn, team), "a")
    acknowledge(txn, [Acknowledgement(team, notice.spool_id)])
    (final,) = told(txn, delivered("a"))
    assert owed(txn, team, 0, 10) == [final]


@pytest.mark.parametrize("options", [None, {"user_message_reference": 1}])
def test_who_asks_for_no_steps_pays_for_none(txn, options):
    team = add_team(txn)
    statements = []
    execute = txn.execute

    class Watched:
        rowcount = property(lambda self: txn.rowcount)
        fetchall, fetchone = txn.fetchall, txn.fetchone

        def execute(self, statement, values=None):
            statements.append(statement)
            execute(statement, values)

    watched = Watched()
    (message_id,) = accepted(txn, team, options=options)
    outcomes.settle(watched, [Settlement(message_id, 1, 1, NOW_MS, Sent(("a",)))])
    told(watched, delivered("a"))
    assert statements == [outcomes.SENT, reports.DELIVERED]
