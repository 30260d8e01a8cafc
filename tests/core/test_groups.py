"""Which parts are shown together, and what they say together (decision 121)."""

import attrs
import pytest

from mobilesasa.core.groups import WINDOW_MS, group_of, part_of
from mobilesasa.core.ids import first_id_at
from mobilesasa.core.model import Coding, Lane, Origin, Priced, Wish
from mobilesasa.sms.udh import Concatenation, Udh

NOW_MS = 1_792_000_000_000


def part(number: int, at_ms: int = 0, text: str | None = "", total: int = 3, reference: int = 7, **more) -> Priced:
    udh = Udh((Concatenation(reference, total, number).element,)).octets
    made = Priced(
        id=first_id_at(NOW_MS + at_ms),
        team_id=1,
        carrier_id=1,
        lane=Lane.TRANSACTIONAL,
        origin=Origin.SMPP,
        wish=Wish.ALL,
        sender="TextBlast",
        recipient="254712345678",
        text=text,
        body=None,
        udh=udh,
        coding=Coding.UCS2,
        parts=1,
        price_units=1,
        expires_at_ms=NOW_MS + 86_400_000,
        due_at_ms=None,
    )
    return attrs.evolve(made, **more)


def numbers(asked: Priced, *others: Priced) -> dict[int, str]:
    group = group_of(asked, others, NOW_MS)
    assert group is not None
    return {number: member.id for number, member in group.members.items()}


def ids(*parts: Priced) -> dict[int, str]:
    return {part_of(each).number: each.id for each in parts}


def test_a_message_without_a_header_is_no_part():
    assert part_of(part(1, udh=b"")) is None
    assert group_of(part(1, udh=b""), [], NOW_MS) is None


@pytest.mark.parametrize("udh", [b"\x06\x05\x04\x0b\x84\x23\xf0", b"\x05\x00\x03\x07\x00\x00", b"\x09\x00"])
def test_a_header_that_says_nothing_of_parts_makes_no_part(udh):
    assert part_of(part(1, udh=udh)) is None


def test_parts_come_in_any_order_and_are_one_group_whichever_is_asked_for():
    parts = [part(3, 0, "c"), part(1, 1, "a"), part(2, 2, "b")]
    for asked in parts:
        group = group_of(asked, parts, NOW_MS)
        assert (group.reference, group.total, group.missing, group.text, group.is_late) == (7, 3, [], "abc", False)


def test_others_of_another_reference_total_or_width_do_not_belong():
    asked = part(1)
    wide = Udh((Concatenation(7, 3, 2, wide=True).element,)).octets
    others = [part(2, 1, reference=8), part(2, 2, total=4), part(2, 3, udh=wide), part(2, 4, udh=b"")]
    assert numbers(asked, *others) == ids(asked)


def test_a_reference_of_16_bits_is_kept_whole():
    assert group_of(part(1, reference=0x1234), [], NOW_MS).reference == 0x1234


def test_a_reference_that_is_used_again_begins_another_group():
    first = [part(n, n) for n in (1, 2, 3)]
    second = [part(n, 10 + n) for n in (1, 2, 3)]
    for asked in first:
        assert numbers(asked, *first, *second) == ids(*first)
    for asked in second:
        assert numbers(asked, *first, *second) == ids(*second)


def test_a_number_that_comes_again_begins_another_group_though_a_part_is_missing():
    first, second = [part(1, 1), part(3, 2)], [part(1, 11), part(2, 12), part(3, 13)]
    assert numbers(first[1], *first, *second) == ids(*first)
    assert numbers(second[0], *first, *second) == ids(*second)


def test_a_resend_stands_in_the_place_of_what_it_resends():
    parts = [part(1, 1), part(2, 2), part(3, 3)]
    again = part(2, 1000, resent_from=parts[1].id)
    once_more = part(2, 2000, resent_from=again.id)
    for asked in (*parts, again, once_more):
        assert numbers(asked, *parts, again, once_more) == ids(parts[0], once_more, parts[2])


def test_a_resend_of_what_is_not_near_stands_by_itself():
    again = part(2, 0, resent_from=part(2, -WINDOW_MS - 1).id)
    assert numbers(again) == ids(again)


@pytest.mark.parametrize(("after_ms", "late"), [(0, False), (WINDOW_MS, False), (WINDOW_MS + 1, True)])
def test_what_is_missing_after_five_minutes_is_late(after_ms, late):
    group = group_of(part(1, 0, "a"), [part(3, 1, "c")], NOW_MS + after_ms)
    assert (group.missing, group.text, group.is_late) == ([2], "ac", late)


def test_a_complete_group_is_never_late():
    parts = [part(n, n, total=2) for n in (1, 2)]
    assert not group_of(parts[0], parts, NOW_MS + 10 * WINDOW_MS).is_late


def test_characters_that_were_cut_are_whole_again():
    smile = "a😀".encode("utf-16-be")
    parts = [part(1, 1, "a\ufffd", total=2, body=smile[:4]), part(2, 2, "\ufffd", total=2, body=smile[4:])]
    assert group_of(parts[0], parts, NOW_MS).text == "a😀"
    assert group_of(parts[0], [], NOW_MS).text == "a\ufffd"


def test_halves_with_a_gap_between_them_do_not_become_a_character():
    smile = "😀".encode("utf-16-be")
    parts = [part(1, 1, "\ufffd", body=smile[:2]), part(3, 3, "\ufffd", body=smile[2:])]
    assert group_of(parts[0], parts, NOW_MS).text == "\ufffd\ufffd"


def test_parts_without_a_text_say_nothing():
    parts = [part(1, 1, None, total=2, body=b"\xd8\x3d"), part(2, 2, "b", total=2)]
    assert group_of(parts[0], parts, NOW_MS).text == "b"
