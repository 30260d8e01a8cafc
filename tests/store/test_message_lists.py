"""Lists of messages, on a real PostgreSQL."""

import itertools
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mobilesasa.core.filters import MessageFilter
from mobilesasa.core.model import Failure, Later, MessageId, Never, Priced, Sent, State
from mobilesasa.store import message_lists, outcomes
from mobilesasa.store.database import Txn
from mobilesasa.store.message_lists import Found
from tests.store.given import add_team, delivered, failed, settled, told, undone
from tests.store.test_messages import AT_MS, DAY_MS, fail, message_id, plan, priced, settle, store

CAMPAIGN = "0197a000-0000-7000-8000-000000000001"
PHONE = "254712345678"


def page(txn: Txn, team: int, limit: int = 20, offset: int = 0, looked: int = 50_000, **wanted: Any) -> Found:
    return message_lists.page(txn, team, MessageFilter(**wanted), limit, offset, looked)


def ids(found: Found) -> list[MessageId]:
    return [message.id for message, _ in found.entries]


def listed(txn: Txn, team: int, **wanted: Any) -> list[MessageId]:
    return ids(page(txn, team, **wanted))


def count(txn: Txn, team: int, counted: int = 10_000, **wanted: Any) -> tuple[int, bool]:
    return message_lists.count(txn, team, MessageFilter(**wanted), counted)


def some(txn: Txn, team: int, number: int, **more: Any) -> None:
    store(txn, *(priced(team, n, **more) for n in range(1, number + 1)))


def test_a_list_is_newest_first_over_the_partitions(txn, team):
    months = [AT_MS, AT_MS - 40 * DAY_MS, AT_MS + 400 * DAY_MS]
    store(txn, *(priced(team, n, at_ms) for n in (1, 2) for at_ms in months))
    assert listed(txn, team) == [message_id(n, at_ms) for at_ms in sorted(months, reverse=True) for n in (2, 1)]


def test_a_page_is_a_part_of_the_list_and_says_where_it_goes_on(txn, team):
    some(txn, team, 7)
    parts = [page(txn, team, 3, offset) for offset in (0, 3, 6, 9)]
    assert [ids(part) for part in parts] == [[message_id(n) for n in part] for part in ((7, 6, 5), (4, 3, 2), (1,), ())]
    assert [part.more for part in parts] == [message_id(5), message_id(2), None, None]
    assert page(txn, team, 7).more is None


@pytest.mark.parametrize(
    ("wanted", "numbers"),
    [
        ({"recipient": "254700000002"}, [2]),
        ({"state": State.FAILED}, [3]),
        ({"state": State.FAILED, "recipient": "254700000002"}, []),
        ({"state": State.FAILED, "sender": "TextBlast"}, [3]),
        ({"state": State.FAILED, "sender": "MYAPP"}, []),
        ({"state": State.FAILED, "before": message_id(3)}, []),
        ({"before": message_id(3)}, [2, 1]),
        ({"state": State.QUEUED, "before": message_id(2)}, [1]),
        ({"sender": "MYAPP"}, [5]),
        ({"sender": "MYAPP", "state": State.QUEUED, "client_reference": "order-5", "campaign_uuid": CAMPAIGN}, [5]),
        ({"sender": "TextBlast", "client_reference": "order-5"}, []),
        ({"client_reference": "order-5"}, [5]),
        ({"client_reference": "ORDER-5"}, []),
        ({"campaign_uuid": CAMPAIGN}, [5]),
        ({"campaign_uuid": CAMPAIGN, "recipient": "254700000001"}, []),
        ({"message_id": message_id(4)}, [4]),
        ({"message_id": message_id(4), "state": State.FAILED}, []),
        ({"from_ms": AT_MS + 1}, []),
        ({"from_ms": AT_MS, "to_ms": AT_MS + 1}, [5, 4, 3, 2, 1]),
        ({"to_ms": AT_MS}, []),
        ({"to_ms": AT_MS + 1, "before": message_id(2)}, [1]),
        ({"to_ms": AT_MS, "before": message_id(2)}, []),
    ],
)
def test_filters_leave_only_what_is_wanted(txn, team, wanted, numbers):
    store(txn, *(priced(team, n, recipient=f"25470000000{n}") for n in range(1, 5)))
    store(txn, priced(team, 5, sender="MYAPP", client_reference="order-5", campaign_uuid=CAMPAIGN))
    fail(txn, priced(team, 3))
    assert listed(txn, team, **wanted) == [message_id(n) for n in numbers]
    assert count(txn, team, **wanted) == (len(numbers), False)


def test_a_list_has_nothing_of_another_team(txn, team):
    other = add_team(txn)
    store(txn, priced(team, 1), priced(other, 2))
    fail(txn, priced(other, 2))
    assert listed(txn, team) == [message_id(1)]
    assert listed(txn, team, state=State.FAILED) == []
    assert listed(txn, team, message_id=message_id(2)) == []
    assert count(txn, other) == (1, False)


def test_above_what_is_counted_a_total_is_an_estimate_of_no_less(txn, team):
    some(txn, team, 5)
    assert count(txn, team, counted=5) == (5, False)
    total, estimated = count(txn, team, counted=4)
    assert estimated
    assert total >= 5


def test_a_total_for_which_rows_are_looked_at_is_an_estimate_above_so_many_rows(txn, team):
    some(txn, team, 5)
    settle(txn, priced(team, 2), Sent(("s2",)))
    wanted = MessageFilter(state=State.SENT)
    assert message_lists.count(txn, team, wanted, 5) == (1, False)
    assert message_lists.count(txn, team, wanted, 4)[1]


def test_a_rare_state_is_looked_for_in_so_many_messages_and_the_list_goes_on_behind_them(txn, team):
    some(txn, team, 9)
    settle(txn, priced(team, 2), Sent(("s2",)))
    settle(txn, priced(team, 8), Sent(("s8",)))
    first = page(txn, team, looked=4, state=State.SENT)
    assert (ids(first), first.more) == ([message_id(8)], message_id(6))
    second = page(txn, team, looked=4, state=State.SENT, before=first.more)
    assert (ids(second), second.more) == ([message_id(2)], message_id(2))
    last = page(txn, team, looked=4, state=State.SENT, before=second.more)
    assert (ids(last), last.more) == ([], None)


def test_a_rare_sender_is_looked_for_in_the_same_way(txn, team):
    some(txn, team, 4)
    store(txn, priced(team, 5, sender="MYAPP"))
    found = page(txn, team, looked=3, sender="MYAPP")
    assert (ids(found), found.more) == ([message_id(5)], message_id(3))


def test_what_waits_for_a_carrier_is_found_however_old_it_is(txn, team):
    some(txn, team, 6)
    for n in (2, 3, 5, 6):
        settle(txn, priced(team, n), Sent((f"w{n}",)))
    found = page(txn, team, looked=1, state=State.QUEUED)
    assert (ids(found), found.more) == ([message_id(4), message_id(1)], None)
    assert ids(page(txn, team, 1, 1, looked=1, state=State.QUEUED)) == [message_id(1)]
    assert ids(page(txn, team, looked=1, state=State.QUEUED, sender="MYAPP")) == []
    assert page(txn, team, 1, looked=1, state=State.QUEUED).more == message_id(4)


def failed_kept(txn: Txn, team: int) -> list[str]:
    txn.execute("SELECT message_id FROM message_failed WHERE team_id = %(team)s ORDER BY 1", {"team": team})
    return [message_id for (message_id,) in txn.fetchall()]


def test_a_failed_message_that_a_late_receipt_delivers_is_no_longer_among_the_failed(txn, team):
    store(txn, priced(team))
    settle(txn, priced(team), Sent(("late",)))
    assert failed_kept(txn, team) == []
    told(txn, failed("late"))
    assert failed_kept(txn, team) == listed(txn, team, state=State.FAILED) == [message_id(1)]
    told(txn, delivered("late"))
    assert failed_kept(txn, team) == listed(txn, team, state=State.FAILED) == []
    assert listed(txn, team, state=State.DELIVERED) == [message_id(1)]


OUTCOMES = st.sampled_from([
    Sent(("ref",)), Never(Failure.REFUSED, "no"), Later(30.0, "wait"), "delivered", "failed", "expired", None,
])  # fmt: skip
_refs = itertools.count(1)


def befall(txn: Txn, message: Priced, outcome: Any) -> None:
    """Let something become of a message."""
    if outcome is None:
        return
    if outcome == "expired":
        txn.execute("UPDATE pending SET expires_at = now() WHERE message_id = %(id)s", {"id": message.id})
        outcomes.expire_some(txn, 100)
        return
    ref = f"ref{next(_refs)}"
    settled(txn, (message.id, outcome if isinstance(outcome, Never | Later) else Sent((ref,))))
    if isinstance(outcome, str):
        told(txn, delivered(ref) if outcome == "delivered" else failed(ref))


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(fates=st.lists(OUTCOMES, max_size=8), state=st.sampled_from(State), looked=st.integers(1, 9))
def test_going_on_behind_each_page_finds_every_message_once_and_in_order(txn, fates, state, looked):
    with undone(txn):
        team = add_team(txn)
        messages = [priced(team, n) for n in range(1, len(fates) + 1)]
        if messages:
            store(txn, *messages)
        for message, fate in zip(messages, fates, strict=True):
            befall(txn, message, fate)
        found: list[MessageId] = []
        part = page(txn, team, 2, looked=looked, state=state)
        while part.more is not None:
            found += ids(part)
            part = page(txn, team, 2, looked=looked, state=state, before=part.more)
        found += ids(part)
        txn.execute(
            "SELECT id FROM message WHERE team_id = %(team)s AND state = %(state)s ORDER BY id DESC",
            {"team": team, "state": int(state)},
        )
        assert found == [each for (each,) in txn.fetchall()]
        assert count(txn, team, state=state) == (len(found), False)


@pytest.mark.parametrize(
    ("wanted", "index"),
    [
        ({}, "team_id_id_idx"),
        ({"recipient": PHONE}, "team_id_recipient_id_idx"),
        ({"client_reference": "order"}, "team_id_client_reference_id_idx"),
        ({"campaign_uuid": CAMPAIGN}, "team_id_campaign_uuid_id_idx"),
    ],
)
def test_a_list_reads_the_end_of_an_index_and_sorts_nothing(txn, team, wanted, index):
    parameters = message_lists._parameters(team, MessageFilter(**wanted))
    shown = plan(txn, message_lists.PAGE_IDS, parameters | {"limit": 20, "offset": 0, "looked": 21})
    assert index in shown
    assert "Index Only Scan Backward" in shown
    assert "Sort  " not in shown


def test_the_failed_and_what_waits_are_read_from_the_end_of_an_index_too(txn, team):
    parameters = message_lists._parameters(team, MessageFilter()) | {"limit": 20, "offset": 0}
    shown = plan(txn, message_lists.FAILED_IDS, parameters)
    assert "Index Only Scan Backward using message_failed_pkey" in shown


def test_the_failed_of_a_sender_are_read_from_the_end_of_an_index_of_their_own(txn, team):
    parameters = message_lists._parameters(team, MessageFilter(sender="OLDNAME")) | {"limit": 20, "offset": 0}
    for statement in (message_lists.FAILED_IDS, message_lists.COUNT_FAILED):
        assert "using message_failed_of_sender" in plan(txn, statement, parameters)


def test_a_day_is_looked_for_in_the_partitions_that_have_it(txn, team):
    parameters = message_lists._parameters(team, MessageFilter(from_ms=AT_MS, to_ms=AT_MS + DAY_MS))
    shown = plan(txn, message_lists.PAGE_IDS, parameters | {"limit": 20, "offset": 0, "looked": 21})
    assert "Append" not in shown
