"""Ids that are written in two ways."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mobilesasa.smpp.ids import FORMS, form_of, id_forms, in_form

IDS = st.text(st.characters(min_codepoint=33, max_codepoint=255), min_size=1, max_size=64)
NUMBERS = st.integers(1, 2**64 - 1)


@given(IDS)
def test_what_came_is_the_likeliest_and_every_form_has_a_name(raw: str):
    forms = id_forms(raw)
    assert forms[0] == raw
    assert all(in_form(raw, form_of(raw, form)) == form for form in forms)


@given(IDS, st.sampled_from([*FORMS, "no form", ""]))
def test_an_id_is_never_lost_by_a_form(raw: str, name: str):
    assert in_form(raw, name)


@given(NUMBERS)
def test_hexadecimal_and_decimal_find_each_other(number: int):
    for written in (f"{number:x}", f"{number:X}", f"{number:08x}", f"{number:08X}"):
        assert written in id_forms(str(number))
        assert str(number) in id_forms(written)


@given(NUMBERS, st.integers(1, 6))
def test_zeros_that_were_added_are_taken_away(number: int, zeros: int):
    assert f"{number:x}" in id_forms("0" * zeros + f"{number:x}")


@pytest.mark.parametrize(("raw", "meant"), [("1A", "0000001A"), ("12345", "0000012345")])
def test_zeros_that_were_left_out_are_put_back(raw: str, meant: str):
    assert meant in id_forms(raw)


@pytest.mark.parametrize(
    ("raw", "meant", "name"),
    [
        ("26", "26", "same"),
        ("26", "1A", "hex_upper"),
        ("1A", "26", "decimal"),
        ("ab-1", "AB-1", "upper"),
        ("a", "b", ""),
    ],
)
def test_a_form_is_named(raw: str, meant: str, name: str):
    assert form_of(raw, meant) == name


@pytest.mark.parametrize("raw", ["0", "000", "x" * 64, "6f9619ff-8b86-d011-b42d-00cf4fc964ff", "SAR-1-2", "²", "٣"])
def test_what_is_no_number_has_few_forms(raw: str):
    assert id_forms(raw)[0] == raw
    assert in_form(raw, "hex") == raw
