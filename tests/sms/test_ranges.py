"""Prefixes that lie within each other, laid side by side."""

from bisect import bisect_right

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mobilesasa.sms.networks import network_of
from mobilesasa.sms.ranges import planned, ranges

PREFIXES = st.dictionaries(st.text("0189", min_size=1, max_size=4), st.sampled_from("abc"), max_size=12)


def found_in(laid, number):
    return laid[bisect_right([first for first, _ in laid], number) - 1][1]


def test_a_longer_prefix_leaves_the_shorter_one_what_is_around_it():
    laid = ranges({"254": "KE", "2547": "Safaricom", "25479": "Other"}, "")
    assert laid == [("", ""), ("254", "KE"), ("2547", "Safaricom"), ("25479", "Other"), ("2548", "KE"), ("255", "")]


def test_behind_all_nines_nothing_comes():
    assert ranges({"99": "x"}, "") == [("", ""), ("99", "x")]


def test_neighbours_of_one_kind_are_one_range():
    assert ranges({"1": "x", "2": "x"}, "") == [("", ""), ("1", "x"), ("3", "")]


@settings(max_examples=200)
@given(PREFIXES, st.text("01289", min_size=1, max_size=7))
def test_a_number_is_in_the_range_of_its_longest_prefix(prefixes, number):
    longest = next((prefixes[number[:n]] for n in range(len(number), 0, -1) if number[:n] in prefixes), "none")
    assert found_in(ranges(prefixes, "none"), number) == longest


@pytest.mark.parametrize(
    ("prefix", "country"),
    [
        ("25471", "KE"),
        ("1242357", "BS"),
        ("1202", "US"),
        ("7701", "KZ"),
        ("4479", "GB"),
        ("8835", ""),
        ("870", ""),
        ("999", ""),
        ("1", "US"),
        ("44", "GB"),
    ],
)
def test_prefixes_have_the_country_of_their_numbers(prefix, country):
    assert planned({prefix: "a network"})[prefix] == (country, "a network")


def test_every_calling_code_has_a_country():
    found = planned({})
    assert found["254"] == ("KE", "")
    assert found["48"] == ("PL", "")


def test_the_plans_say_the_same_as_ranges_and_as_prefixes():
    from mobilesasa.jobs.number_plans import lines

    laid = [(first, network) for line in lines({"25470": "Ours"}) for first, _, network in line]
    assert laid == sorted(laid)
    for number in ("254712345678", "255712345678", "254101234567", "12423571234", "4915112345678"):
        known = network_of(number)
        assert found_in(laid, number) == (known[1] if known else "")
    assert found_in(laid, "254701234567") == "Ours"
