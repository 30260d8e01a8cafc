"""Months of messages go whole, when nothing needs them any more, and all sums stay as they were."""

import pytest
from hypothesis import HealthCheck
from hypothesis import given as examples
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from mobilesasa.core.model import Later, Sent
from mobilesasa.core.retention import Need, Standing
from mobilesasa.store import messages, reports, retention_months, rollups
from mobilesasa.store.database import Txn
from tests.store.given import (
    HOUR_MS,
    NOW_MS,
    accepted,
    add_run,
    add_team,
    claimed,
    count,
    delivered,
    failed,
    one,
    rows,
    settled,
    told,
    undone,
)
from tests.store.months import (
    KEEP,
    THERE,
    at,
    backdate,
    came,
    campaign,
    ended,
    export,
    ids_at,
    is_there,
    make_months,
    name,
    old,
    refuse,
    standings,
    work,
    wrong,
)
from tests.store.recounted import RANGES, count_up, kept


@pytest.fixture(autouse=True)
def begin(request: pytest.FixtureRequest) -> None:
    """Six months back there are months; networks are known."""
    if "txn" in request.fixturenames:
        txn = request.getfixturevalue("txn")
        make_months(txn)
        rollups.install(txn, "the test's", RANGES)


def test_a_month_is_kept_for_so_many_full_months_behind_it_and_then_goes_whole(txn):
    team = add_team(txn)
    ids = [ended(txn, team, at(months))[0] for months in (4, 3, 2, 1, 0)]
    count_up(txn)
    assert work(txn).dropped == (name(6), name(5), name(4), name(3))
    assert [is_there(txn, message_id) for message_id in ids] == [False, False, True, True, True]
    assert {each for (each,) in rows(txn, THERE)} >= {f"message_{name(n).replace('-', '_')}" for n in (2, 1, 0)}
    assert wrong(txn) == []


def test_without_the_setting_nothing_goes(txn):
    (message_id,) = ended(txn, add_team(txn), at(6))
    count_up(txn)
    assert work(txn, 0).dropped == ()
    assert is_there(txn, message_id)
    assert set(standings(txn, 0).values()) == {Standing.KEPT}


def test_the_last_moment_of_a_month_goes_with_it_and_the_first_of_the_next_stays(txn):
    team = add_team(txn)
    last, first = ended(txn, team, at(2, -1))[0], ended(txn, team, at(2, 0))[0]
    count_up(txn)
    work(txn)
    assert [is_there(txn, last), is_there(txn, first)] == [False, True]


def test_a_charge_for_messages_of_two_months_is_accounted_for_when_one_is_gone(txn):
    team = add_team(txn)
    new_ids = [ids_at(at(2, -1)), ids_at(at(2, 5))]
    batch = [accepted(txn, team, id=new_id(), parts=parts)[0] for new_id, parts in zip(new_ids, (1, 2), strict=True)]
    backdate(txn, at(2, 10))
    txn.execute("ALTER TABLE ledger DISABLE TRIGGER ledger_is_append_only")
    txn.execute("DELETE FROM ledger WHERE kind = 'charge' AND units = -2")
    txn.execute("UPDATE ledger SET units = -3, messages = 2 WHERE kind = 'charge'")
    txn.execute("UPDATE message SET charge_id = (SELECT id FROM ledger WHERE kind = 'charge')")
    refuse(txn, *batch)
    txn.execute("DELETE FROM spool")
    assert wrong(txn) == []
    count_up(txn)
    work(txn)
    assert [is_there(txn, message_id) for message_id in batch] == [False, True]
    assert wrong(txn) == []
    txn.execute("UPDATE message_gone SET units = units + 1 WHERE charge_id > 0")
    assert [each.name for each in wrong(txn)] == ["charges"]


@pytest.mark.parametrize(
    ("tampering", "found"),
    [
        ("UPDATE message_gone SET units = units + 1", {"charges_gone"}),
        ("UPDATE message_gone SET messages = messages - 1", {"charges_gone"}),
        ("DELETE FROM message_gone", {"charges_gone", "refunds_gone"}),
        ("UPDATE message_gone SET refunded_units = 0", {"refunds_gone"}),
    ],
)
def test_what_is_changed_of_the_sums_that_stay_is_found(txn, tampering, found):
    team = add_team(txn)
    ended(txn, team, at(4))
    (message_id,) = old(txn, team, at(4))
    refuse(txn, message_id)
    txn.execute("DELETE FROM spool")
    count_up(txn)
    work(txn)
    assert wrong(txn) == []
    txn.execute(tampering)
    assert {each.name for each in wrong(txn)} == found


def waiting(txn: Txn, team: int) -> None:
    old(txn, team, at(4))


def unreported(txn: Txn, team: int) -> None:
    (message_id,) = old(txn, team, at(4))
    settled(txn, (message_id, Sent(("x",))))


def failed_and_owed(txn: Txn, team: int) -> None:
    unreported(txn, team)
    told(txn, failed("x"))
    txn.execute("DELETE FROM awaiting")


def may_go_on(txn: Txn, team: int) -> None:
    (message_id,) = ended(txn, team, at(4))
    txn.execute("INSERT INTO second_way VALUES (%(id)s, '{1}', now())", {"id": message_id})


def left_behind(txn: Txn, team: int) -> None:
    (message_id,) = ended(txn, team, at(4))
    txn.execute("INSERT INTO left_behind VALUES (1, 'x', %(id)s, 1, false, now())", {"id": message_id})


def counted_later(txn: Txn, team: int) -> None:
    (message_id,) = ended(txn, team, at(4))
    count_up(txn)
    txn.execute("INSERT INTO rollup_change VALUES (0, ARRAY[%(id)s]::uuid[])", {"id": message_id})


def counted_again(txn: Txn, team: int) -> None:
    ended(txn, team, at(4))
    count_up(txn)
    txn.execute("INSERT INTO rollup_stale VALUES (%(team)s, %(quarter)s)", {"team": team, "quarter": at(4) // 900_000})


def forgotten_in_no_lane(txn: Txn, team: int) -> None:
    old(txn, team, at(4))
    txn.execute("DELETE FROM pending")


def an_export(txn: Txn, team: int) -> None:
    ended(txn, team, at(4))
    export(txn, team, "messages", at(4))


def a_campaign(txn: Txn, team: int) -> None:
    ended(txn, team, at(4))
    campaign(txn, team, "paused", at(4))


HOLDS = [
    (waiting, Need.WAITING), (unreported, Need.RECEIPTS), (failed_and_owed, Need.OWED), (may_go_on, Need.WAYS), (left_behind, Need.WAYS),
    (counted_later, Need.SUMS), (counted_again, Need.SUMS), (forgotten_in_no_lane, Need.UNFINISHED), (an_export, Need.EXPORTS),
    (a_campaign, Need.CAMPAIGNS),
]  # fmt: skip


@pytest.mark.parametrize(("need", "what"), HOLDS, ids=[need.__name__ for need, _ in HOLDS])
def test_a_month_is_held_up_by_one_thing_that_needs_it_and_so_are_those_behind_it(txn, need, what):
    team = add_team(txn)
    (behind,) = ended(txn, team, at(3))
    need(txn, team)
    if what is not Need.SUMS:
        count_up(txn)
    found = {each.month: each for each in retention_months.months(txn, KEEP, whole=True)}
    assert what in {hold.what for hold in found[name(4)].held_by}
    assert found[name(3)].standing is Standing.HELD
    assert Need.OLDER in {hold.what for hold in found[name(3)].held_by}
    assert work(txn).dropped == (name(6), name(5))
    assert is_there(txn, behind)


def test_what_needs_later_months_holds_up_nothing(txn):
    team = add_team(txn)
    (gone,) = ended(txn, team, at(3))
    old(txn, team, at(2))
    campaign(txn, team, "sending", at(2))
    export(txn, team, "messages", at(2, 0))
    count_up(txn)
    work(txn)
    assert not is_there(txn, gone)


def test_what_hangs_on_messages_goes_with_them(txn):
    team, other = add_team(txn), add_team(txn)
    for who in (team, other):
        refused = old(txn, who, at(4), 2)
        claimed(txn, add_run(txn), *refused)
        settled(txn, *((message_id, Later(5, "busy")) for message_id in refused))
        refuse(txn, *refused, attempt=1)
    for who in (team, other):
        refuse(txn, *accepted(txn, who))
    txn.execute("DELETE FROM spool")
    txn.execute("INSERT INTO text_held VALUES (%(id)s, %(team)s)", {"id": refused[0], "team": team})
    count_up(txn)
    assert (count(txn, "message_event"), count(txn, "message_failed")) == (10, 6)
    work(txn, batch=1)
    assert [count(txn, table) for table in ("message_event", "message_failed", "text_held")] == [2, 2, 0]
    assert wrong(txn) == []


def test_sums_of_reports_stay_and_are_not_lost_when_all_is_counted_again(txn):
    team = add_team(txn)
    for months in (4, 3, 1):
        ended(txn, team, at(months), 3)
    count_up(txn)
    before = kept(txn)
    work(txn)
    assert kept(txn) == before
    txn.execute(
        "INSERT INTO rollup_stale (team_id, quarter) SELECT DISTINCT team_id, quarter FROM rollup ON CONFLICT DO NOTHING"
    )
    count_up(txn)
    assert kept(txn) == before


def test_a_message_that_is_gone_is_found_by_nobody_and_its_resend_stays(txn):
    team = add_team(txn)
    (gone,) = old(txn, team, at(4))
    refuse(txn, gone)
    (again,) = accepted(txn, team, resent_from=gone)
    txn.execute("DELETE FROM spool")
    count_up(txn)
    work(txn)
    assert messages.find(txn, team, gone) is None
    story = messages.find(txn, team, again)
    assert story is not None
    assert story.message.resent_from == gone
    assert wrong(txn) == []


def test_a_receipt_that_is_told_again_meanwhile_is_nothing_that_the_audit_minds(txn):
    (gone,) = ended(txn, add_team(txn), at(4))
    count_up(txn)
    work(txn)
    txn.execute(
        "INSERT INTO spool (team_id, message_id, state, done_at) SELECT id, %(id)s, 30, now() FROM team", {"id": gone}
    )
    assert wrong(txn) == []


def test_a_recipient_of_a_campaign_keeps_what_became_of_the_message(txn):
    team = add_team(txn)
    done = campaign(txn, team, "completed", at(3), at(1))
    arrived, refused = ended(txn, team, at(3))[0], old(txn, team, at(3))[0]
    refuse(txn, refused)
    young = ended(txn, team, at(2))[0]
    txn.execute("DELETE FROM spool")
    for n, message_id in enumerate((arrived, refused, young, None), 1):
        given = {"id": done, "n": n, "phone": f"25471200000{n}", "message": message_id}
        txn.execute(
            "INSERT INTO campaign_recipient VALUES (%(id)s, %(n)s, %(phone)s, 1, 1, NULL, NULL, %(message)s)", given
        )
    count_up(txn)
    work(txn, batch=1)
    assert rows(txn, "SELECT n, ended_state FROM campaign_recipient ORDER BY n") == [
        (1, 30),
        (2, 40),
        (3, None),
        (4, None),
    ]


def test_messages_in_no_month_go_into_the_sums_of_theirs(txn):
    team = add_team(txn)
    gone = ended(txn, team, at(9), 3)
    (stays,) = ended(txn, team, at(1))
    count_up(txn)
    work(txn, batch=2)
    assert [is_there(txn, message_id) for message_id in (*gone, stays)] == [False, False, False, True]
    assert rows(txn, "SELECT to_char(month, 'YYYY-MM'), messages, units FROM message_gone") == [(name(9), 3, 3)]
    assert wrong(txn) == []
    (later,) = ended(txn, team, at(4))  # of a clock that is wrong
    count_up(txn)
    work(txn)
    assert not is_there(txn, later)
    assert standings(txn)[name(9)] is Standing.GONE


def test_a_month_that_was_made_again_goes_again(txn):
    team = add_team(txn)
    ended(txn, team, at(4))
    count_up(txn)
    work(txn)
    make_months(txn)
    ended(txn, team, at(4))
    count_up(txn)
    assert wrong(txn) == []
    assert name(4) in work(txn).dropped
    assert wrong(txn) == []
    assert one(txn, "SELECT messages FROM message_month WHERE to_char(month, 'YYYY-MM') = %(name)s", name=name(4)) == 2


def test_messages_from_phones_go_by_their_age(txn):
    team = add_team(txn)
    for months in (4, 3, 2, 0):
        came(txn, team, at(months), 3)
    work(txn, batch=2)
    assert count(txn, "inbound") == 6
    assert rows(txn, "SELECT to_char(month, 'YYYY-MM'), inbound FROM message_month WHERE inbound > 0 ORDER BY month") == [
        (name(4), 3), (name(3), 3),
    ]  # fmt: skip
    found = rows(txn, "SELECT subject, after FROM trail WHERE action = 'inbound.drop' ORDER BY id")
    assert found == [(name(4), {"messages": 3}), (name(3), {"messages": 3})]


def test_a_message_from_a_phone_that_is_owed_stays_until_it_is_not(txn):
    team = add_team(txn)
    came(txn, team, at(4), 2)
    newest = "SELECT team_id, max(id::text)::uuid, 50, now() FROM inbound GROUP BY 1"
    txn.execute(f"INSERT INTO spool (team_id, message_id, state, done_at) {newest}")
    work(txn, batch=1)
    assert count(txn, "inbound") == 1
    txn.execute("DELETE FROM spool")
    work(txn)
    assert count(txn, "inbound") == 0


def test_messages_from_phones_that_are_being_exported_stay(txn):
    team = add_team(txn)
    came(txn, team, at(4))
    export(txn, team, "inbound", at(5))
    work(txn)
    assert count(txn, "inbound") == 1


def test_the_trail_says_what_went_and_who_did_it(txn):
    team = add_team(txn)
    ended(txn, team, at(4), 2, parts=1)
    count_up(txn)
    work(txn)
    found = rows(txn, "SELECT actor, actor_name, subject, after FROM trail WHERE action = 'messages.drop' ORDER BY id")
    assert [(each[0], each[1]) for each in found] == [("operator", "node")] * 4
    told_of = {subject: after for _, _, subject, after in found}
    assert (told_of[name(4)]["messages"], told_of[name(4)]["units"]) == (2, 2)
    assert told_of[name(4)]["octets"] > 0


def test_what_is_known_of_months_is_shown_newest_first(txn):
    team = add_team(txn)
    ended(txn, team, at(5))
    old(txn, team, at(3))
    count_up(txn)
    found = retention_months.months(txn, KEEP)
    assert [each.month for each in found] == sorted((each.month for each in found), reverse=True)
    by_month = {each.month: each for each in found}
    assert by_month[name(5)].standing is Standing.DUE
    assert by_month[name(2)].goes_at_ms == at(-1, 0)
    assert [str(hold) for hold in by_month[name(3)].held_by] == ["1 messages that wait for a carrier"]
    work(txn)
    gone = {each.month: each for each in retention_months.months(txn, KEEP)}[name(5)]
    assert (gone.standing, gone.messages, gone.goes_at_ms) == (Standing.GONE, 1, None)
    assert gone.gone_at_ms is not None
    assert gone.octets > 0


# -- whatever has happened ---------------------------------------------------------------------------------------------------

FATES = ("delivered", "undelivered", "refused", "half_refused", "given_up", "queued", "sent", "late")


def live(txn: Txn, team: int, months: int, fate: str, number: int) -> None:
    """Bring a message of that month to its fate."""
    parts = 2 if fate == "half_refused" else 1
    (message_id,) = old(txn, team, at(months, number * HOUR_MS), parts=parts)
    if fate == "queued":
        return
    if fate in ("refused", "half_refused"):
        refuse(txn, message_id, refs=(f"p{number}", None) if fate == "half_refused" else ())
        return
    ref = f"ref{number}"
    settled(txn, (message_id, Sent((ref,))), at_ms=NOW_MS - 100 * HOUR_MS if fate == "given_up" else NOW_MS)
    if fate == "delivered":
        told(txn, delivered(ref))
    elif fate in ("undelivered", "late"):
        told(txn, failed(ref))
    if fate == "late":
        told(txn, delivered(ref))


@hypothesis_settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@examples(
    lives=st.lists(st.tuples(st.integers(0, 5), st.sampled_from(FATES), st.booleans()), max_size=12),
    keep_months=st.integers(1, 4),
    tidied=st.booleans(),
)
def test_whatever_became_of_messages_the_store_is_clean_before_and_after(txn, lives, keep_months, tidied):
    with undone(txn):
        teams = [add_team(txn), add_team(txn)]
        for number, (months, fate, second) in enumerate(lives):
            live(txn, teams[second], months, fate, number)
        reports.give_up(txn, 72, 100)
        if tidied:
            txn.execute("DELETE FROM spool")
            txn.execute("WITH gone AS (DELETE FROM awaiting WHERE failed) SELECT")
        count_up(txn)
        assert wrong(txn) == []
        before, stored = kept(txn), count(txn, "message")
        work(txn, keep_months, batch=2)
        assert wrong(txn) == []
        assert kept(txn) == before
        gone = one(txn, "SELECT coalesce(sum(messages), 0)::integer FROM message_gone")
        assert count(txn, "message") + gone == stored
