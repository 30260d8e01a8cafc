import doctest

import pytest
from hypothesis import given
from hypothesis import strategies as st

import mobilesasa.sms
from mobilesasa.sms.alphabet import NotUcs2, not_gsm
from mobilesasa.sms.estimate import Estimate, count_gsm_parts, count_parts, estimate
from mobilesasa.sms.segments import Alphabet, split
from tests.sms.test_alphabet import BASIC, EXTENSION

gsm_texts = st.text(st.sampled_from(BASIC + EXTENSION * 4), max_size=700)
ucs2_texts = st.text(st.sampled_from("ж😀a") | st.characters(exclude_categories=["Cs"]), max_size=300)
texts = gsm_texts | ucs2_texts


@given(texts)
def test_parts_are_counted_as_they_are_cut(text):
    segments = split(text)
    estimated = estimate(text)
    assert count_parts(text) == estimated.parts == len(segments)
    assert count_gsm_parts(text) == (estimated.parts if segments.alphabet is Alphabet.GSM7 else None)
    assert estimated.alphabet is segments.alphabet
    assert estimated.forced_by == not_gsm(text)


@given(texts)
def test_what_is_left_still_goes_in_and_one_more_does_not(text):
    before = estimate(text)
    filled = estimate(text + "x" * before.characters_left)
    assert (filled.parts, filled.characters_left) == (before.parts, 0)
    assert count_parts(text + "x" * (before.characters_left + 1)) == before.parts + 1


@pytest.mark.parametrize(
    ("text", "estimated"),
    [
        ("", Estimate(Alphabet.GSM7, 1, 0, 160, ())),
        ("habari", Estimate(Alphabet.GSM7, 1, 6, 154, ())),
        ("€5", Estimate(Alphabet.GSM7, 1, 3, 157, ())),
        ("x" * 161, Estimate(Alphabet.GSM7, 2, 161, 145, ())),
        ("x" * 152 + "€" * 5, Estimate(Alphabet.GSM7, 2, 162, 143, ())),
        ("“habari”", Estimate(Alphabet.UCS2, 1, 8, 62, ("“", "”"))),
        ("😀", Estimate(Alphabet.UCS2, 1, 2, 68, ("😀",))),
        ("ж" * 71, Estimate(Alphabet.UCS2, 2, 71, 63, ("ж",))),
    ],
)
def test_an_estimate_tells_what_a_text_takes(text, estimated):
    assert estimate(text) == estimated


def test_a_text_of_any_length_is_estimated():
    assert estimate("x" * 15_300).parts == count_parts("x" * 15_300) == 100


@pytest.mark.parametrize("count", [estimate, count_parts])
def test_half_a_character_is_refused(count):
    with pytest.raises(NotUcs2):
        count("\ud800")


def test_the_examples_of_the_package_are_true():
    results = doctest.testmod(mobilesasa.sms)
    assert (results.failed, results.attempted) == (0, 6)
