"""What somebody types to find a contact, as patterns."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mobilesasa.contacts.search import WORDS, Search, read_search


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", ()), ("  ", ()), ("Jane", ("%Jane%",)), (" Jane  Doe ", ("%Jane%", "%Doe%")),
        ("a b c d e  f", ("%a%", "%b%", "%c%", "%d e f%")), ("100%", (r"%100\%%",)), ("a_b", (r"%a\_b%",)), ("\\", (r"%\\%",)),
        ("+", ("%+%",)), ("-", ("%-%",)), ("O'Brien", ("%O'Brien%",)),
    ],
)  # fmt: skip
def test_words_are_parts_of_names(text, found):
    assert read_search(text, "KE") == Search(found)


@pytest.mark.parametrize(
    ("text", "prefix"),
    [("0712345678", "254712345678"), ("0712 345", "254712345"), ("+254 712", "254712"), ("+0712", "712"), ("254712", "254712"),
     ("00254712", "254712"), ("(0712) 345-678", "254712345678"), ("+2", "2"), ("00256", "256")],
)  # fmt: skip
def test_decision_52_a_phone_is_looked_for_by_how_it_begins(text, prefix):
    assert read_search(text, "KE") == Search((), prefix)


@pytest.mark.parametrize(
    ("text", "digits"),
    [("345678", "345678"), ("25471", "25471"), (" 7 ", "7"), ("0", "0"), ("00", "00"), ("+0", "0"), ("34-56", "3456")],
)
def test_decision_52_other_digits_may_stand_anywhere_in_it(text, digits):
    assert read_search(text, "KE") == Search((f"%{digits}%",))


def test_national_numbers_are_those_of_the_team_s_country():
    assert read_search("0712", "TZ").prefix == "255712"


def test_a_phone_may_stand_beside_a_name():
    assert read_search("jane 0712", "KE") == Search(("%jane%",), "254712")
    assert read_search("0712 jane +254733", "KE") == Search(("%jane%", "%254733%"), "254712")


@settings(max_examples=200)
@given(st.text(max_size=100))
def test_whatever_is_typed_gives_a_few_patterns_in_which_it_means_itself(text):
    found = read_search(text, "KE").patterns
    assert len(found) <= WORDS
    for pattern in found:
        inner = pattern[1:-1].replace("\\\\", "").replace("\\%", "").replace("\\_", "")
        assert not {"%", "_", "\\"} & set(inner)
