"""Texts go when they were kept long enough, and nothing else does."""

import random
from typing import Any

import pytest

from mobilesasa.core.actors import NODE
from mobilesasa.core.administration import TeamChange
from mobilesasa.core.ids import MessageIds
from mobilesasa.core.model import Coding, MessageId, Sent
from mobilesasa.store import audit, teams, texts
from mobilesasa.store.database import Txn, connect, in_transaction
from tests.store.given import (
    HOUR_MS,
    NOW_MS,
    accepted,
    add_run,
    add_team,
    claimed,
    count,
    delivered,
    one,
    rows,
    settled,
    told,
    wrong,
)
from tests.store.test_schema import UPDATES

DAY_MS = 24 * HOUR_MS
FOR_EVER = 0
_bits = random.Random(44).getrandbits


def keep(txn: Txn, team: int, days: int | None) -> None:
    code = one(txn, "SELECT code FROM team WHERE id = %(team)s", team=team)
    teams.change_team(txn, NODE, code, TeamChange(text_days=days))


def keeping(txn: Txn, days: int | None) -> int:
    """A team that keeps its texts for so many days."""
    team = add_team(txn, 10_000)
    keep(txn, team, days)
    return team


def waiting(txn: Txn, team: int, age_days: float, **more: Any) -> MessageId:
    """A message that was accepted so long ago and that no carrier has taken."""
    at_ms = NOW_MS - round(age_days * DAY_MS)
    (message_id,) = accepted(txn, team, id=MessageIds(lambda: at_ms, _bits)(), **more)
    return message_id


def send(txn: Txn, message_id: MessageId) -> None:
    settled(txn, (message_id, Sent((message_id,))))


def old(txn: Txn, team: int, age_days: float, **more: Any) -> MessageId:
    """A message that was accepted and sent so long ago."""
    message_id = waiting(txn, team, age_days, **more)
    send(txn, message_id)
    return message_id


def left(txn: Txn, *ids: MessageId) -> list[str | None]:
    return [one(txn, "SELECT text FROM message WHERE id = %(id)s", id=message_id) for message_id in ids]


def let_go(txn: Txn, default_days: int = FOR_EVER, limit: int = 100) -> int:
    """Go on until there is no more; returns how often there was."""
    times = 1
    while texts.let_go(txn, default_days, limit):
        times += 1
    return times


def test_a_text_is_kept_for_its_days_and_then_removed(txn):
    team = keeping(txn, 7)
    ids = [old(txn, team, age) for age in (8, 7.1, 6.9, 0)]
    let_go(txn)
    assert left(txn, *ids) == [None, None, "Hi", "Hi"]


def test_octets_and_header_go_and_all_else_stays(txn):
    team = keeping(txn, 1)
    message_id = old(txn, team, 2, text=None, body=b"\x00\xff", udh=b"\x05\x00", coding=Coding.BINARY)
    whole = "SELECT to_jsonb(message) FROM message WHERE id = %(id)s"
    before = one(txn, whole, id=message_id)
    let_go(txn)
    assert one(txn, whole, id=message_id) == before | {"text": None, "body": None, "udh": None}


@pytest.mark.parametrize(
    ("own", "default", "gone"), [(None, 0, False), (None, 3, True), (0, 3, False), (9, 3, False), (3, 0, True)]
)
def test_a_team_s_own_days_go_before_the_setting(txn, own, default, gone):
    message_id = old(txn, keeping(txn, own), 5)
    let_go(txn, default)
    assert left(txn, message_id) == [None if gone else "Hi"]


def test_another_team_s_texts_are_left_alone(txn):
    mine, theirs = old(txn, keeping(txn, 1), 5), old(txn, keeping(txn, FOR_EVER), 5)
    let_go(txn)
    assert left(txn, mine, theirs) == [None, "Hi"]


def test_what_waits_for_a_carrier_keeps_its_text_until_it_no_longer_does(txn):
    team = keeping(txn, 1)
    late, gone = waiting(txn, team, 5), old(txn, team, 4)
    let_go(txn)
    assert left(txn, late, gone) == ["Hi", None]
    (outbound,) = claimed(txn, add_run(txn), late)
    assert outbound.text == "Hi"
    let_go(txn)
    assert left(txn, late) == ["Hi"]
    send(txn, late)
    let_go(txn)
    assert left(txn, late) == [None]
    assert count(txn, "text_held") == 0


def test_what_waited_is_kept_by_a_team_that_has_come_to_keep_its_texts_for_ever(txn):
    team = keeping(txn, 1)
    late = waiting(txn, team, 5)
    let_go(txn)
    keep(txn, team, FOR_EVER)
    send(txn, late)
    let_go(txn)
    assert left(txn, late) == ["Hi"]


def test_a_chunk_is_bounded_and_nothing_is_looked_at_twice(txn):
    team, other = keeping(txn, 1), keeping(txn, 1)
    ids = [old(txn, team, 5 - n / 100) for n in range(7)] + [old(txn, other, 5)]
    assert texts.let_go(txn, FOR_EVER, 3)
    assert left(txn, *ids) == [None] * 3 + ["Hi"] * 5
    assert let_go(txn, limit=3) == 2
    assert left(txn, *ids) == [None] * 8
    again = rows(txn, UPDATES, table="message")
    assert let_go(txn) == 1
    assert rows(txn, UPDATES, table="message") == again


def test_a_chunk_is_shared_by_more_teams_than_one_look_has(txn, monkeypatch):
    monkeypatch.setattr(texts, "TEAMS", 2)  # rather than to make a hundred teams
    ids = [old(txn, keeping(txn, 1), 5) for _ in range(5)]
    assert let_go(txn) == 3
    assert left(txn, *ids) == [None] * 5


def test_fewer_days_than_before_count_at_once_and_more_bring_nothing_back(txn):
    team = keeping(txn, 30)
    ids = [old(txn, team, age) for age in (40, 20, 5)]
    let_go(txn)
    keep(txn, team, 10)
    let_go(txn)
    keep(txn, team, 30)
    let_go(txn)
    assert left(txn, *ids) == [None, None, "Hi"]


def test_ten_years_are_counted_and_more_are_refused(txn):
    team = keeping(txn, teams.TEXT_DAYS_MAX)
    message_id = old(txn, team, 300)
    let_go(txn)
    assert left(txn, message_id) == ["Hi"]
    with pytest.raises(teams.BadValue, match="text_days is a whole number from 0 to 3650, not 3651"):
        keep(txn, team, 3651)


def test_a_late_receipt_of_a_message_without_its_text_counts_and_the_audit_stays_clean(txn):
    team = keeping(txn, 1)
    waits, comes = waiting(txn, team, 5), old(txn, team, 5)
    let_go(txn)
    (notice,) = told(txn, delivered(comes))
    assert notice.message_id == comes
    send(txn, waits)
    let_go(txn)
    assert wrong(txn, "configured") == []  # the carrier is none
    assert "charges" in {found.name for found in audit.findings(txn)}


def test_removing_texts_stays_in_the_page_of_their_messages(database_dsn):
    opened = connect(database_dsn, "tests")

    def step(work, *args, **more):
        return in_transaction(opened, work, *args, **more)

    team = step(keeping, 1)
    for n in range(30):
        step(old, team, 5 - n / 100, text="A text of some length, as people write them." * 2)
    step(one, "SELECT pg_stat_force_next_flush() IS NOT NULL")
    everything = UPDATES.replace("_xact_", "_")
    ((before, in_page_before),) = step(rows, everything, table="message")
    step(let_go)
    step(one, "SELECT pg_stat_force_next_flush() IS NOT NULL")
    ((after, in_page),) = step(rows, everything, table="message")
    assert after - before == 30
    assert in_page - in_page_before >= 27
    opened.close()
