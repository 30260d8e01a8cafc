"""A parked receipt that an operator settles by hand: for a message, or for a carrier's id."""

import attrs
import pytest
from pytest_twisted import ensureDeferred

from mobilesasa.core.actors import NODE
from mobilesasa.core.errors import BadValue, NotFound
from mobilesasa.core.idempotency import Kept, Mark, Repeated
from mobilesasa.core.model import Failure, State
from mobilesasa.smpp.ids import id_forms
from mobilesasa.store import parked
from mobilesasa.store.parked import Tray, Wanted
from tests.store.given import (
    add_team,
    balance,
    column,
    count,
    delivered,
    failed,
    new_id,
    one,
    rows,
    sent,
    standing,
    told,
    wrong,
)


def park(txn, *heard) -> int:
    """Let receipts come for ids that nobody knows; return the number of the last one."""
    told(txn, *heard)
    return int(one(txn, "SELECT max(id) FROM parked_report"))


def test_a_receipt_is_settled_for_the_one_part_of_a_message(txn):
    message_id = sent(txn, add_team(txn), "ours")
    number = park(txn, delivered("theirs"))
    match = parked.match_now(txn, NODE, number, Wanted(message_id))
    assert (match.id, match.message_id, match.part, match.report.ref) == (number, message_id, 1, "ours")
    assert standing(txn, message_id) == (State.DELIVERED, 0, 0, None)
    assert (count(txn, "parked_report"), count(txn, "awaiting"), count(txn, "spool")) == (0, 0, 1)
    assert wrong(txn, "configured") == []


def test_it_is_settled_for_a_carrier_s_id(txn):
    message_id = sent(txn, add_team(txn), "a", "b")
    match = parked.match_now(txn, NODE, park(txn, failed("theirs", Failure.EXPIRED)), Wanted(ref="b"))
    assert (match.message_id, match.part) == (message_id, 2)
    assert standing(txn, message_id) == (State.SENT, 1, 1, "expired")


def test_of_several_parts_the_one_is_said_that_is_meant(txn):
    message_id = sent(txn, add_team(txn), "a", "b", "c")
    number = park(txn, delivered("theirs"))
    with pytest.raises(BadValue, match="the parts 1, 2, 3 of the message wait for receipts; say which"):
        parked.match_now(txn, NODE, number, Wanted(message_id))
    assert parked.match_now(txn, NODE, number, Wanted(message_id, part=2)).report.ref == "b"
    told(txn, delivered("a"))
    assert parked.match_now(txn, NODE, park(txn, delivered("other")), Wanted(message_id)).part == 3
    assert standing(txn, message_id)[0] is State.DELIVERED


def test_a_part_that_failed_takes_a_late_delivered_and_no_second_failure(txn):
    message_id = sent(txn, add_team(txn), "ours")
    told(txn, failed("ours"))
    with pytest.raises(BadValue, match="waits for such a receipt"):
        parked.match_now(txn, NODE, park(txn, failed("x")), Wanted(message_id))
    parked.match_now(txn, NODE, park(txn, delivered("y")), Wanted(message_id))
    assert standing(txn, message_id)[0] is State.DELIVERED
    assert [ref for (ref,) in rows(txn, "SELECT ref FROM parked_report")] == ["x"]


@pytest.mark.parametrize("wanted", [{"part": 2}, {"ref": "no"}, {}])
def test_what_waits_for_no_receipt_is_refused_and_the_receipt_stays(txn, wanted):
    message_id = sent(txn, add_team(txn), "ours")
    told(txn, delivered("ours"))
    number = park(txn, delivered("theirs"))
    asked = Wanted(**wanted) if "ref" in wanted else Wanted(message_id, **wanted)
    with pytest.raises(BadValue, match="no part that is meant waits for such a receipt of this carrier"):
        parked.match_now(txn, NODE, number, asked)
    assert count(txn, "parked_report") == 1


def test_a_message_of_another_carrier_is_refused(txn):
    message_id = sent(txn, add_team(txn), "ours")
    number = park(txn, delivered("theirs", carrier_id=4711))
    for wanted in (Wanted(message_id), Wanted(ref="ours")):
        with pytest.raises(BadValue, match="of this carrier"):
            parked.match_now(txn, NODE, number, wanted)


def test_a_message_or_a_receipt_that_is_not_there_is_said(txn):
    number = park(txn, delivered("theirs"))
    with pytest.raises(NotFound, match="no such message"):
        parked.match_now(txn, NODE, number, Wanted(new_id()))
    with pytest.raises(NotFound, match=f"no receipt {number + 1} in the list"):
        parked.match_now(txn, NODE, number + 1, Wanted(new_id()))


def test_what_was_found_is_looked_at_again_when_it_is_settled(txn):
    message_id = sent(txn, add_team(txn), "ours")
    first = parked.find_match(txn, park(txn, delivered("x")), Wanted(message_id))
    second = parked.find_match(txn, park(txn, failed("y")), Wanted(message_id))
    parked.settle(txn, NODE, first)
    with pytest.raises(NotFound, match="in the list"):
        parked.settle(txn, NODE, first)
    with pytest.raises(BadValue, match="waits"):
        parked.settle(txn, NODE, second)


def test_a_match_by_hand_moves_no_units_and_teaches_nothing_of_ids(txn):
    team = add_team(txn)
    message_id = sent(txn, team, "ff")
    before = balance(txn, team)
    parked.match_now(txn, NODE, park(txn, delivered("nobody", recipient="254712345678")), Wanted(message_id))
    assert (balance(txn, team), count(txn, "carrier_id_form")) == (before, 0)


def test_tlvs_and_blacklists_of_a_receipt_count_for_the_message(txn):
    message_id = sent(txn, add_team(txn), "ours")
    park_it = failed("theirs", tlvs={"0x1400": "31"}, blacklisted=True)
    parked.match_now(txn, NODE, park(txn, park_it), Wanted(message_id))
    assert column(txn, "options", message_id) == {"receipt_tlvs": {"0x1400": "31"}}
    assert count(txn, "suppression") == 1


def test_pages_of_the_list_go_on_where_the_one_before_ended(txn):
    told(txn, *[delivered(f"m{n}") for n in range(5)])
    pages = [[each.report.ref for each in parked.page(txn, None, 2, offset)] for offset in (0, 2, 4, 6)]
    assert pages == [["m4", "m3"], ["m2", "m1"], ["m0"], []]
    assert [parked.count(txn, carrier_id) for carrier_id in (None, 1, 4711)] == [(5, False), (5, False), (0, False)]
    assert parked.count(txn, None, counted=4)[1] is True


class Through:
    """A database of one transaction, for what is asked of it in turn."""

    def __init__(self, txn) -> None:
        self._txn = txn

    async def run(self, name, function, *args, **kwargs):
        return function(self._txn, *args, **kwargs)


@pytest.fixture
def tray(txn):
    return Tray(Through(txn), id_forms)


@ensureDeferred
async def test_the_reply_to_a_match_is_kept_in_its_commit_and_a_repeat_does_nothing(txn, tray):
    team = add_team(txn)
    message_id = sent(txn, team, "ours")
    number = park(txn, delivered("theirs"))
    mark = Mark(team, "POST /receipts/unmatched/1/match", "k", b"h" * 32)

    def kept(match):
        return Kept(mark, match.report.ref.encode())

    assert (await tray.match(NODE, number, kept, message_id=message_id)).part == 1
    assert one(txn, "SELECT reply FROM idempotency_key").tobytes() == b"ours"
    again = parked.find_match(txn, park(txn, delivered("more")), Wanted(sent(txn, team, "other")))
    with pytest.raises(Repeated):
        await tray.match(NODE, again.id, lambda _: attrs.evolve(kept(again), reply=b""), ref="other")
    assert count(txn, "parked_report") == 1


@ensureDeferred
async def test_a_second_look_goes_as_far_as_it_is_told_and_says_where_it_ended(txn, tray):
    sent(txn, add_team(txn), "ff")
    told(txn, *map(delivered, ("nobody", "255", "neither")))
    first, _, last = [number for (number,) in rows(txn, "SELECT id FROM parked_report ORDER BY id")]
    found = await tray.retry(NODE, None, 0, 2)
    assert (found.looked_at, found.matched, found.done, found.after) == (2, 1, False, first + 1)
    found = await tray.retry(NODE, 1, found.after, 2)
    assert (found.looked_at, found.matched, found.done, found.after) == (1, 0, True, last)


@ensureDeferred
async def test_one_receipt_is_looked_at_once_more(txn, tray):
    sent(txn, add_team(txn), "ff")
    nobody, known = park(txn, delivered("nobody")), park(txn, delivered("255"))
    assert [await tray.retry_one(NODE, number) for number in (nobody, known)] == [False, True]
    with pytest.raises(NotFound, match="in the list"):
        await tray.retry_one(NODE, known)
    assert [(each.id, each.report.ref) for each in await tray.page(None, 9, 0)] == [(nobody, "nobody")]
    assert await tray.count(1) == (1, False)
