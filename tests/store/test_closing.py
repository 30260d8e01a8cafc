"""Messages whose hours have ended: nobody claims them, they get the next hours, and expire later by the quiet ones."""

import pytest

from mobilesasa.core.alterations import Altered, Obstacle, Replace, ReplaceLike, Rewritten
from mobilesasa.core.errors import Suppressed
from mobilesasa.core.hours import Window
from mobilesasa.core.model import Coding, Lane, Later, Never, Origin, State, Wish
from mobilesasa.store import alterations, campaign_phases, closing, intake, outcomes, suppressions
from mobilesasa.store.claims import FIRST_ID, take_due
from mobilesasa.store.closing import Closed
from mobilesasa.store.failover import move_on
from tests.store.given import (
    HOUR_MS,
    NOW_MS,
    accepted,
    add_run,
    add_team,
    claimed,
    failed,
    one,
    priced,
    rows,
    settled,
    standing,
    told,
    undone,
    wrong,
)
from tests.store.ways import taken

pytestmark = pytest.mark.each_postgres

CLOSED, OPEN = NOW_MS - HOUR_MS, NOW_MS + HOUR_MS
TOMORROW = Window(NOW_MS + 14 * HOUR_MS, NOW_MS + 24 * HOUR_MS)
TODAY = Window(NOW_MS - 3 * HOUR_MS, NOW_MS + 7 * HOUR_MS)
WAITS = """
SELECT (extract(epoch FROM due_at) * 1000)::bigint, (extract(epoch FROM closes_at) * 1000)::bigint,
       (extract(epoch FROM expires_at) * 1000)::bigint
FROM pending WHERE message_id = %(id)s
"""
SHOWN = """
SELECT (extract(epoch FROM due_at) * 1000)::bigint, (extract(epoch FROM expires_at) * 1000)::bigint
FROM message WHERE id = %(id)s
"""
EXPIRES = NOW_MS + 24 * HOUR_MS


def waits(txn, message_id):
    return rows(txn, WAITS, id=message_id)[0]


def bulk(txn, team, closes_at_ms=CLOSED, **changes):
    (message_id,) = accepted(txn, team, lane=Lane.BULK, closes_at_ms=closes_at_ms, **changes)
    return message_id


def moved(txn, window=TOMORROW, limit=100):
    asked: list[Closed] = []

    def ask(message):
        asked.append(message)
        return window

    return closing.move(txn, ask, limit), asked


def pause(txn, message_id):
    txn.execute("UPDATE pending SET campaign_id = 7 WHERE message_id = %(id)s", {"id": message_id})
    campaign_phases.hold(txn, 7)


def resume(txn):
    txn.execute(campaign_phases.LET_GO, {"id": 7})


# Claiming.


def test_what_may_go_out_is_stored_with_the_time_from_which_on_it_may_not(txn, team):
    message_id, other = bulk(txn, team, OPEN), accepted(txn, team)[0]
    assert waits(txn, message_id) == (None, OPEN, EXPIRES)
    assert waits(txn, other) == (None, None, EXPIRES)


def test_what_is_closed_is_not_given_and_what_is_open_is(txn, team):
    closed, open_ = bulk(txn, team), bulk(txn, team, OPEN)
    assert [each and each.id for each in claimed(txn, add_run(txn), closed, open_)] == [None, open_]


# The next hours.


def test_what_is_closed_waits_for_the_next_hours_and_expires_later_by_the_quiet_ones(txn, team):
    message_id = bulk(txn, team)
    (count, places), asked = moved(txn)
    assert (count, places) == (1, [])
    assert [(each.id, each.team_id, each.sender, each.recipient) for each in asked] == [
        (message_id, team, "TextBlast", "254712345678")
    ]
    assert asked[0].closed_at_ms == CLOSED
    assert abs(asked[0].now_ms - NOW_MS) < HOUR_MS
    later = EXPIRES + TOMORROW.opens_at_ms - CLOSED
    assert waits(txn, message_id) == (TOMORROW.opens_at_ms, TOMORROW.closes_at_ms, later)
    assert rows(txn, SHOWN, id=message_id) == [(TOMORROW.opens_at_ms, later)]
    assert moved(txn)[0] == (0, [])
    assert wrong(txn, "configured") == []


def test_what_is_open_claimed_scheduled_or_put_off_is_left_alone(txn, team):
    open_, scheduled, held, put_off = (
        bulk(txn, team, OPEN), bulk(txn, team, due_at_ms=OPEN), bulk(txn, team, OPEN), bulk(txn, team, OPEN),
    )  # fmt: skip
    claimed(txn, add_run(txn), held, put_off)
    settled(txn, (put_off, Later(60.0, "throttled")))
    close(txn, held, put_off)
    before = [waits(txn, each) for each in (open_, scheduled, held, put_off)]
    assert moved(txn)[0] == (0, [])
    assert [waits(txn, each) for each in (open_, scheduled, held, put_off)] == before


def close(txn, *ids):
    """Let the hours of messages end."""
    statement = "UPDATE pending SET closes_at = now() - interval '1 hour' WHERE message_id = ANY(%(ids)s::uuid[])"
    txn.execute(statement, {"ids": list(ids)})


def test_what_may_go_out_now_all_the_same_is_named_at_once(txn, team):
    message_id = bulk(txn, team)
    assert moved(txn, TODAY)[0] == (1, [(message_id, 1, Lane.BULK)])
    assert waits(txn, message_id) == (None, TODAY.closes_at_ms, EXPIRES)
    assert claimed(txn, add_run(txn), message_id) != [None]


def test_what_no_rules_hold_for_any_more_goes_out_and_never_closes(txn, team):
    message_id = bulk(txn, team)
    assert moved(txn, None)[0] == (1, [(message_id, 1, Lane.BULK)])
    assert waits(txn, message_id) == (None, None, EXPIRES)


def test_no_more_than_asked_for_is_moved_at_once_and_the_earliest_first(txn, team):
    late, early = bulk(txn, team, CLOSED + 1), bulk(txn, team)
    (count, _), asked = moved(txn, limit=1)
    assert (count, [each.id for each in asked]) == (1, [early])
    assert [each.id for each in moved(txn)[1]] == [late]


def test_what_was_scheduled_or_put_off_until_its_hours_were_over_is_moved_when_it_is_due(txn, team):
    message_id = bulk(txn, team, due_at_ms=CLOSED)
    assert take_due(txn, 10) == [(message_id, 1, Lane.BULK)]
    assert claimed(txn, add_run(txn), message_id) == [None]
    assert moved(txn)[0][0] == 1


def test_what_is_paused_stays_so_and_is_held_to_the_hours_of_the_moment_when_it_goes_on(txn, team):
    message_id = bulk(txn, team)
    pause(txn, message_id)
    assert moved(txn)[0] == (0, [])
    resume(txn)
    assert claimed(txn, add_run(txn), message_id) == [None]
    assert moved(txn, TODAY)[0] == (1, [(message_id, 1, Lane.BULK)])


def test_what_was_paused_while_it_waited_for_the_morning_does_not_go_out_at_night_when_it_goes_on(txn, team):
    message_id = bulk(txn, team)
    moved(txn)
    pause(txn, message_id)
    resume(txn)
    assert claimed(txn, add_run(txn), message_id) == [None]
    assert moved(txn)[0] == (1, [])
    assert waits(txn, message_id)[:2] == (TOMORROW.opens_at_ms, TOMORROW.closes_at_ms)


def test_what_no_rules_hold_for_goes_on_at_once(txn, team):
    message_id = bulk(txn, team, None)
    pause(txn, message_id)
    resume(txn)
    take_due(txn, 10)
    assert claimed(txn, add_run(txn), message_id) != [None]


# Expiry.


def test_what_is_to_expire_in_quiet_hours_does_not_before_it_has_the_next_ones(txn, team):
    message_id = bulk(txn, team, NOW_MS - 2 * HOUR_MS, expires_at_ms=CLOSED)
    assert outcomes.expire_some(txn, 10)[0] == 0
    assert moved(txn)[0][0] == 1
    assert outcomes.expire_some(txn, 10)[0] == 0
    assert standing(txn, message_id)[0] is State.QUEUED


def test_what_expires_within_its_hours_does(txn, team):
    message_id = bulk(txn, team, NOW_MS - 30, expires_at_ms=NOW_MS - 60)
    assert moved(txn)[0] == (0, [])
    assert outcomes.expire_some(txn, 10)[0] == 1
    assert standing(txn, message_id)[0] is State.FAILED


# What a process has in hand.


def test_what_a_process_has_claimed_and_may_not_go_out_any_more_is_told_to_it_alone(txn, team):
    run, other = add_run(txn), add_run(txn)
    ours, theirs, open_ = bulk(txn, team, OPEN), bulk(txn, team, OPEN), bulk(txn, team, OPEN)
    claimed(txn, run, ours, open_)
    claimed(txn, other, theirs)
    close(txn, ours, theirs)
    assert (closing.in_hand(txn, run), closing.in_hand(txn, other)) == ([ours], [theirs])
    assert len(closing.in_hand(txn, run, 0)) == 0


# Other carriers.


def test_what_waits_for_its_hours_or_is_paused_waits_where_it_is_when_its_carrier_is_in_trouble(txn, team, carriers):
    ways = {"carrier_id": carriers[0], "fallbacks": (carriers[1],)}
    held, paused, free = bulk(txn, team, OPEN, **ways), bulk(txn, team, None, **ways), bulk(txn, team, None, **ways)
    claimed(txn, add_run(txn), held, paused, free)
    settled(txn, *((each, Later(60.0, "throttled")) for each in (held, paused, free)), carrier=carriers[0])
    pause(txn, paused)
    chunk = move_on(txn, carriers[0], (), "it is down", FIRST_ID, 10)
    assert [place[0] for place in chunk.places] == [free]


@pytest.mark.parametrize(("lane", "closed"), [(Lane.BULK, True), (Lane.TRANSACTIONAL, False)])
def test_what_goes_on_after_a_receipt_is_held_to_its_hours_where_it_is_bulk(txn, team, carriers, lane, closed):
    message_id = taken(txn, team, carriers, "a", lane=lane)
    told(txn, failed("a", carrier_id=carriers[0], second_way=True))
    assert [place[0] for place in take_due(txn, 10)] == [message_id]
    assert (claimed(txn, add_run(txn), message_id) == [None]) is closed
    assert moved(txn)[0][0] == closed


# Replacing.


def replaced(txn, team, message_id) -> Altered:
    new = Rewritten("Ho", None, Coding.GSM7)
    asked = Replace(message_id, "", {0: new, 8: new}, Wish.ALL)
    return alterations.alter(txn, team, [asked])[0]


def test_what_rules_hold_for_is_replaced_by_nothing_that_they_have_not_seen(txn, team):
    assert replaced(txn, team, bulk(txn, team, OPEN)).obstacle is Obstacle.RULED
    assert replaced(txn, team, accepted(txn, team)[0]).obstacle is None


def test_a_submit_that_replaces_it_brings_its_own_hours_and_the_campaign_stays(txn, team):
    message_id = bulk(txn, team, OPEN, origin=Origin.SMPP)
    txn.execute("UPDATE pending SET campaign_id = 7 WHERE message_id = %(id)s", {"id": message_id})
    again = priced(team, text="Ho", closes_at_ms=OPEN + 5, origin=Origin.SMPP)
    (done,) = alterations.alter(txn, team, [ReplaceLike(again)])
    assert done.message_id == message_id
    assert waits(txn, message_id)[1] == OPEN + 5
    assert one(txn, "SELECT campaign_id FROM pending WHERE message_id = %(id)s", id=message_id) == 7


# People who want no more.


def test_decision_75_a_promotional_message_to_somebody_who_wants_none_is_not_stored(txn):
    team = add_team(txn)
    message_id = bulk(txn, team, OPEN)
    suppressions.not_taken(txn, [message_id])
    message = priced(team, lane=Lane.BULK, closes_at_ms=OPEN, suppressible=True)
    (refusal,) = intake.accept(txn, [message])
    assert isinstance(refusal, Suppressed)


@pytest.mark.parametrize("said", ["SenderName Blacklisted", "UserInBlacklist", "SENDERNAME BLACKLISTED "])
def test_decision_75_what_a_kenyan_carrier_says_of_its_blacklist_is_an_opt_out(txn, said):
    team = add_team(txn)
    with undone(txn):
        message_id = bulk(txn, team, OPEN)
        settled(txn, (message_id, Never("refused", said, "0x45")))
        assert rows(txn, "SELECT team_id, recipient, sender, reason FROM suppression") == [
            (team, "254712345678", "TextBlast", "blacklisted")
        ]
