"""Receipts whose id is written otherwise than in the answer, what that teaches, and what parts and teams get of them."""

from functools import partial

import pytest

from mobilesasa.core.actors import NODE
from mobilesasa.core.administration import NewTeam, TeamChange
from mobilesasa.core.model import Failure, Sent, State
from mobilesasa.smpp.ids import form_of, id_forms
from mobilesasa.store import directory, messages, senders, teams
from mobilesasa.store.spellings import ENOUGH, MOST
from tests.store.given import (
    NOW_MS,
    accepted,
    add_carrier,
    add_team,
    count,
    delivered,
    failed,
    rows,
    sent,
    settled,
    standing,
    told,
)

FORMS = "SELECT form, confirmed FROM carrier_id_form WHERE carrier_id = %(id)s"
REASON = "SELECT reason FROM message WHERE id = %(id)s"
OPTIONS = "SELECT options FROM message WHERE id = %(id)s"


def unsure(raw, heard=delivered, **more):
    """A receipt of a carrier whose way of writing ids nobody knows yet."""
    return heard(raw, **{"spell": lambda _: id_forms(raw), "form": partial(form_of, raw), "unsure": True, **more})


def took(txn, team, ref, carrier=1, at_ms=NOW_MS, **changes):
    """A message that a carrier took under this id."""
    (message_id,) = accepted(txn, team, carrier_id=carrier, **changes)
    settled(txn, (message_id, Sent((ref,))), carrier=carrier, at_ms=at_ms)
    return message_id


@pytest.mark.parametrize(("raw", "ref"), [("26", "1A"), ("1A", "26"), ("0026", "26"), ("a", "a")])
def test_a_receipt_finds_its_message_by_whatever_spelling(txn, raw, ref):
    message_id = took(txn, add_team(txn), ref)
    (notice,) = told(txn, unsure(raw))
    assert notice.message_id == message_id
    assert count(txn, "parked_report") == 0


def test_of_several_messages_the_one_to_the_number_of_the_receipt_is_meant(txn):
    team = add_team(txn)
    as_it_came = took(txn, team, "26", recipient="254711000001")
    in_hexadecimal = took(txn, team, "1a", recipient="254711000002")
    told(txn, unsure("26", recipient="0711000002"))
    assert standing(txn, in_hexadecimal)[0] is State.DELIVERED
    assert standing(txn, as_it_came)[0] is State.SENT


def test_of_several_to_one_number_the_one_sent_nearest_to_the_date_is_meant(txn):
    team = add_team(txn)
    early = took(txn, team, "26", at_ms=NOW_MS - 3_600_000)
    late = took(txn, team, "1a", at_ms=NOW_MS)
    told(txn, unsure("26", recipient="254712345678", submitted_at_ms=NOW_MS - 30_000))
    assert (standing(txn, late)[0], standing(txn, early)[0]) == (State.DELIVERED, State.SENT)


def test_of_several_alike_the_likeliest_spelling_is_meant(txn):
    team = add_team(txn)
    same, hexadecimal = took(txn, team, "26"), took(txn, team, "1a")
    told(txn, unsure("26"))
    assert (standing(txn, same)[0], standing(txn, hexadecimal)[0]) == (State.DELIVERED, State.SENT)


def test_a_form_is_learned_from_what_fits_and_told_when_enough_confirm_it(txn):
    team, carrier = add_team(txn), add_carrier(txn)
    for number in range(ENOUGH):
        assert directory.load(txn).carriers[carrier].id_form == ""
        took(txn, team, f"{0xA0 + number:X}", carrier)
        told(txn, unsure(str(0xA0 + number), carrier_id=carrier, recipient="254712345678"))
    assert rows(txn, FORMS, id=carrier) == [("hex_upper", ENOUGH)]
    assert directory.load(txn).carriers[carrier].id_form == "hex_upper"


def test_many_confirm_no_more_than_the_most(txn):
    team, carrier = add_team(txn), add_carrier(txn)
    for number in range(MOST + 5):
        took(txn, team, f"m{number}", carrier)
    told(txn, *[unsure(f"m{number}", carrier_id=carrier) for number in range(MOST + 5)])
    assert rows(txn, FORMS, id=carrier) == [("same", MOST)]


def test_what_contradicts_a_form_takes_away_from_it_and_takes_its_place(txn):
    team, carrier = add_team(txn), add_carrier(txn)
    seen = []
    for number in range(7):
        took(txn, team, f"{0xA0 + number:x}" if number > 1 else str(0xA0 + number), carrier)
        told(txn, unsure(str(0xA0 + number), carrier_id=carrier))
        seen += rows(txn, FORMS, id=carrier)
    assert seen == [("same", 1), ("same", 2), ("same", 1), ("hex", 0), ("hex", 1), ("hex", 2), ("hex", 3)]


def test_what_goes_to_another_number_teaches_nothing(txn):
    carrier = add_carrier(txn)
    took(txn, add_team(txn), "1a", carrier)
    told(txn, unsure("26", carrier_id=carrier, recipient="254799999999"))
    assert rows(txn, FORMS, id=carrier) == []


def test_what_fits_as_it_came_and_in_no_other_way_teaches_whatever_the_number(txn):
    carrier = add_carrier(txn)
    took(txn, add_team(txn), "26", carrier)
    told(txn, unsure("26", carrier_id=carrier, recipient="22384"))
    assert rows(txn, FORMS, id=carrier) == [("same", 1)]


def test_a_carrier_that_is_no_more_teaches_nothing(txn):
    took(txn, add_team(txn), "1a", 4711)
    (notice,) = told(txn, unsure("26", carrier_id=4711))
    assert notice is not None


@pytest.mark.parametrize(("raw", "ref"), [("26", "1A"), ("26", "26")])
def test_a_receipt_that_comes_before_the_answer_is_found_by_any_of_its_spellings(txn, raw, ref):
    (message_id,) = accepted(txn, add_team(txn))
    told(txn, unsure(raw, failed))
    assert count(txn, "parked_report") == 1
    settled(txn, (message_id, Sent((ref,))))
    assert standing(txn, message_id)[:2] == (State.FAILED, 0)
    assert count(txn, "parked_report") == 0


def test_a_doubled_receipt_of_a_carrier_that_is_not_known_changes_nothing(txn):
    message_id = took(txn, add_team(txn), "1a")
    told(txn, unsure("26", failed))
    assert told(txn, unsure("26", failed, repeated=True)) == [None]
    assert standing(txn, message_id) == (State.FAILED, 0, 1, "undelivered")
    assert count(txn, "parked_report") == 0


def test_a_late_delivery_mends_what_had_expired_in_another_spelling(txn):
    message_id = took(txn, add_team(txn), "1a")
    told(txn, unsure("26", failed, failure=Failure.EXPIRED))
    (notice,) = told(txn, unsure("26"))
    assert (notice.state, standing(txn, message_id)[0]) == (State.DELIVERED, State.DELIVERED)


# All parts


def test_a_message_taken_as_one_is_delivered_by_one_receipt(txn):
    (message_id,) = accepted(txn, add_team(txn), parts=3)
    settled(txn, (message_id, Sent(("whole",))))
    assert standing(txn, message_id) == (State.SENT, 1, 0, None)
    told(txn, delivered("whole"))
    assert standing(txn, message_id) == (State.DELIVERED, 0, 0, None)


def test_a_message_taken_as_one_fails_as_one(txn):
    (message_id,) = accepted(txn, add_team(txn), parts=3)
    settled(txn, (message_id, Sent(("whole",))))
    told(txn, failed("whole"))
    assert standing(txn, message_id) == (State.FAILED, 0, 1, "undelivered")
    assert rows(txn, REASON, id=message_id) == [(None,)]


def test_the_part_that_failed_is_named_with_its_own_error(txn):
    team = add_team(txn)
    message_id = sent(txn, team, "a", "b", "c")
    told(txn, delivered("a"), failed("b", error="045"))
    told(txn, failed("c", Failure.EXPIRED, error=""))
    assert rows(txn, REASON, id=message_id) == [("part 2 failed: undelivered, error 045; part 3 failed: expired",)]
    story = messages.find(txn, team, message_id)
    assert story.parts == (("a", State.DELIVERED), ("b", State.FAILED), ("c", State.FAILED))


def test_a_part_that_arrives_after_all_is_named_no_more(txn):
    message_id = sent(txn, add_team(txn), "a", "b")
    told(txn, failed("a", error="1"), failed("b", error="2"))
    told(txn, delivered("a"))
    assert rows(txn, REASON, id=message_id) == [("part 2 failed: undelivered, error 2",)]
    told(txn, delivered("b"))
    assert rows(txn, REASON, id=message_id) == [(None,)]
    assert standing(txn, message_id) == (State.DELIVERED, 0, 0, None)


# Vendor TLVs


@pytest.mark.parametrize(
    ("options", "back", "kept"),
    [
        (None, {"0x1401": "ab"}, {"receipt_tlvs": {"0x1401": "ab"}}),
        ({"tlvs": {"0x1401": "cd"}}, {"0x1401": "ab"}, {"tlvs": {"0x1401": "cd"}, "receipt_tlvs": {"0x1401": "ab"}}),
        ({"tlvs": {"0x1401": "cd"}}, {"0x1401": None}, {"tlvs": {"0x1401": "cd"}, "receipt_tlvs": {"0x1401": "cd"}}),
        ({"tlvs": {"0x1402": "cd"}}, {"0x1401": None}, {"tlvs": {"0x1402": "cd"}}),
        (None, {"0x1401": None}, None),
    ],
)
@pytest.mark.parametrize("heard", [delivered, failed])
def test_what_a_rule_brings_back_is_in_the_notice(txn, heard, options, back, kept):
    message_id = sent(txn, add_team(txn), "a", options=options)
    (notice,) = told(txn, heard("a", tlvs=back))
    assert notice.options == kept
    assert rows(txn, OPTIONS, id=message_id) == [(kept,)]


def test_it_is_kept_with_a_receipt_that_comes_too_early(txn):
    (message_id,) = accepted(txn, add_team(txn))
    told(txn, delivered("a", tlvs={"0x1401": "ab"}, recipient="254711000001", network="63902"))
    (after,) = settled(txn, (message_id, Sent(("a",))))
    assert [notice.options for notice in after.notices] == [{"receipt_tlvs": {"0x1401": "ab"}}]


def test_tlvs_of_teams_and_senders_are_in_the_directory(txn):
    made = teams.create_team(txn, NODE, NewTeam("DLT", senders=("Acme",)), "mbs_" + "x" * 32)
    teams.change_team(txn, NODE, "DLT", TeamChange(tlvs={"0x1400": "1101", "5121": "7"}))
    senders.set_tlvs(txn, NODE, made.team.id, "Acme", {"0x1401": "1107"})
    known = directory.load(txn)
    assert known.teams[made.team.id].tlvs == {"0x1400": "1101", "0x1401": "7"}
    assert known.sender_named(made.team.id, "Acme").tlvs == {"0x1401": "1107"}
    teams.change_team(txn, NODE, "DLT", TeamChange(tlvs={"0x1401": ""}))
    assert teams.show_team(txn, "DLT").tlvs == {"0x1400": "1101"}
