"""Patterns that answers must fit."""

import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mobilesasa.ussd.patterns import PATTERN_CHARACTERS, BadPattern, read_pattern


@pytest.mark.parametrize(
    ("pattern", "fit", "others"),
    [
        ("[A-Z]{2}[0-9]{6}", ["KE123456"], ["KE12345", "ke123456", "KE1234567", ""]),
        (r"(KE|TZ)-\d+", ["KE-1", "TZ-22"], ["UG-1", "KE-", "KE1"]),
        ("^a?b*$", ["", "a", "bb", "abb"], ["aa", "ba"]),
        (r"\w+@\w+\.ke", ["a@b.ke"], ["a@bxke", "@b.ke"]),
        ("(?:x|)y{0,2}", ["", "x", "xyy", "y"], ["yyy", "xx"]),
        ("a{2,}", ["aa", "aaaa"], ["a", ""]),
        ("[^a-c]", ["d", "!"], ["a", "c", ""]),
        ("[]a]+", ["]a"], ["b"]),
        (r"[\d-]+", ["1-2"], ["a"]),
        (r"[a-]", ["a", "-"], ["b"]),
        (r"\S\s\D\W", ["a b!"], ["a 1!", "aab!"]),
        (r"a\$", ["a$"], ["a"]),
        (".", ["x"], ["", "xx"]),
        ("", [""], ["x"]),
        ("a||b", ["a", "", "b"], ["ab"]),
        ("(a*)*", ["", "aaa"], ["b"]),
    ],
)
def test_all_of_an_answer_must_fit(pattern, fit, others):
    read = read_pattern(pattern)
    assert [text for text in [*fit, *others] if read.fits(text)] == fit


@pytest.mark.parametrize(
    "pattern",
    [
        "(", ")", "a)", "[", "[a", "*", "a**", "a+{2}", "a{2}{3}", "{2}", "a{3,2}", "a{999}", "(?=a)",
        "(?P<n>a)", r"\1", "\\", r"\b", "[z-a]",
        "a^b", "$a", "(((((((((((a)))))))))))", "((a{50}){50}){50}", "a" * (PATTERN_CHARACTERS + 1), "a}", "[a\\",
    ],
)  # fmt: skip
def test_what_is_no_pattern_is_refused(pattern):
    with pytest.raises(BadPattern):
        read_pattern(pattern)


def test_a_pattern_that_keeps_others_busy_for_ever_is_done_at_once():
    read = read_pattern("(a+)+b|(.*a){20}")
    begun = time.process_time()
    assert not read.fits("a" * 19 + "c" * 180)
    assert time.process_time() - begun < 1


atoms = st.sampled_from(["a", "b", ".", "[ab]", "[^a]", r"\d", "1", "(a|b1)", "(?:ab)"])
signs = st.sampled_from(["", "", "?", "*", "+", "{2}", "{1,2}", "{1,}"])
rows = st.lists(st.tuples(atoms, signs).map("".join), max_size=4).map("".join)


@settings(max_examples=100)
@given(st.lists(rows, min_size=1, max_size=2).map("|".join), st.text(alphabet="ab1c", max_size=6))
def test_patterns_say_what_regular_expressions_say(pattern, text):
    assert read_pattern(pattern).fits(text) is (re.fullmatch(pattern, text) is not None)
