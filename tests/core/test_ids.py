"""Ids: they sort by the time they were made, and their 128 bits survive every road that they travel."""

import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mobilesasa.core.ids import MessageIds, canonical, first_id_at, from_smpp_id, made_at_ms, smpp_id

NOW_MS = 1_792_000_000_123
ALL_ONES = (1 << 73) - 1
ids_of_any_kind = st.uuids().map(str)


def zeros(bits: int) -> int:
    return 0


def ones(bits: int) -> int:
    return (1 << bits) - 1


def test_an_id_is_a_uuid_of_version_7_and_of_the_rfc_s_variant():
    made = uuid.UUID(MessageIds(lambda: NOW_MS, ones)())
    assert (made.version, made.variant) == (7, uuid.RFC_4122)


def test_an_id_knows_when_it_was_made():
    assert made_at_ms(MessageIds(lambda: NOW_MS, zeros)()) == NOW_MS


def test_no_id_of_a_moment_is_smaller_than_its_first():
    first = first_id_at(NOW_MS)
    assert (canonical(first), made_at_ms(first)) == (first, NOW_MS)
    assert MessageIds(lambda: NOW_MS - 1, ones)() < first < MessageIds(lambda: NOW_MS, zeros)()


@pytest.mark.parametrize("random_bits", [zeros, ones])
def test_ids_of_one_millisecond_go_up(random_bits):
    ids = MessageIds(lambda: NOW_MS, random_bits)
    made = [ids() for _ in range(100)]
    assert made == sorted(set(made))


def test_ids_go_on_going_up_when_the_clock_is_set_back():
    times = iter([NOW_MS, NOW_MS - 5_000, NOW_MS - 4_000])
    ids = MessageIds(lambda: next(times), zeros)
    made = [ids() for _ in range(3)]
    assert made == sorted(set(made))


def test_a_millisecond_that_is_used_up_borrows_the_next_one():
    def much(bits: int) -> int:
        return ALL_ONES if bits == 73 else 1 << 73

    ids = MessageIds(lambda: NOW_MS, much)
    made = [ids() for _ in range(4)]
    assert made == sorted(set(made))
    assert made_at_ms(made[-1]) > NOW_MS


@given(st.lists(st.integers(0, 3), max_size=30), st.randoms(use_true_random=False))
def test_ids_go_up_whatever_the_clock_does(steps, chance):
    now_ms = [NOW_MS]
    ids = MessageIds(lambda: now_ms[0], chance.getrandbits)
    made = []
    for step in steps:
        now_ms[0] += step - 1
        made.append(ids())
    assert made == sorted(set(made))


@given(ids_of_any_kind)
def test_any_id_comes_back_from_its_smpp_form(message_id):
    assert from_smpp_id(smpp_id(message_id)) == message_id


@given(ids_of_any_kind)
def test_decision_108_an_smpp_id_is_understood_in_lower_case(message_id):
    """Clients change the case."""
    assert from_smpp_id(smpp_id(message_id).lower()) == message_id


@given(st.integers(0, (1 << 46) - 1), st.integers(0, (1 << 73) - 1))
def test_decision_108_an_smpp_id_of_this_era_is_26_letters_and_digits_and_begins_with_a_letter(at_ms, tail):
    text = smpp_id(MessageIds(lambda: at_ms, lambda _: tail)())
    assert len(text) == 26
    assert text[0].isalpha()
    assert text.isalnum()
    assert text == text.upper()


@given(st.text("abyzAEIMQUY234567", min_size=26, max_size=26))
def test_a_text_names_an_id_only_if_it_is_that_id_s_own_text(text):
    found = from_smpp_id(text)
    assert found is None or smpp_id(found) == text.upper()


@pytest.mark.parametrize(
    "text", ["", "A" * 25, "A" * 27, "1" + "A" * 25, "A" * 25 + "=", "é" * 26, " " * 26, "A" * 25 + "B"]
)
def test_what_is_no_smpp_id_is_none(text):
    assert from_smpp_id(text) is None


def test_a_uuid_in_capitals_is_the_same_id():
    assert canonical("0199F5A2-0000-7ABC-8000-00000000000F") == "0199f5a2-0000-7abc-8000-00000000000f"


@pytest.mark.parametrize(
    "text",
    [
        "", "nonsense", "0199f5a200007abc800000000000000f", "{0199f5a2-0000-7abc-8000-00000000000f}",
        "0199f5a2-0000-7abc-8000-00000000000f\n", "0199f5a2-0000-7abc-8000-00000000000g",
    ],
)  # fmt: skip
def test_what_is_no_uuid_is_none(text):
    assert canonical(text) is None
