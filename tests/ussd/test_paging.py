"""How much a screen holds, and how what is longer is cut."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mobilesasa.sms.alphabet import encode_ucs2, gsm_length
from mobilesasa.ussd.paging import SEPTETS_MIN, WIDE, Limit, Tails, joined, paged, shortened, units_of

TAILS = Tails(alone="1 On\n0 Back", first="98 More\n0 Back", middle="98 More\n0 Back", last="1 On\n0 Back")
WIDEST_TAILS = Tails(**dict.fromkeys(("alone", "first", "middle", "last"), "98 abcdefghijkŋ\n0 abcdefghijkŋ"))
letters = st.sampled_from("ab \n€[漢😀é")
wordy = st.text(alphabet=letters, max_size=400)
lists = st.lists(st.text(alphabet=letters, max_size=300), max_size=12)
limits = st.integers(SEPTETS_MIN, 182).map(Limit.of)
tails_used = st.sampled_from([Tails(), TAILS, WIDEST_TAILS])


def test_a_screen_holds_160_octets_in_either_alphabet():
    assert (WIDE.septets, WIDE.units) == (182, 80)


def test_a_screen_of_160_septets_holds_70_units():
    assert Limit.of(160) == Limit(160, 70)


def test_no_screen_is_taken_to_hold_less_than_has_room_beside_the_lines_below():
    assert Limit.of(1) == Limit.of(SEPTETS_MIN)


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("a" * 182, True),
        ("a" * 183, False),
        ("€" * 91, True),
        ("€" * 92, False),
        ("漢" * 80, True),
        ("漢" * 81, False),
        ("😀" * 40, True),
        ("😀" * 41, False),
        ("漢" + "a" * 80, False),
    ],
)
def test_what_fits_is_counted_in_septets_or_in_units(text, holds):
    assert WIDE.holds(text) is holds


def test_what_fits_is_one_page_with_its_tail():
    assert paged("Hi", ["1 A", "2 B"], WIDE, TAILS) == ("Hi\n1 A\n2 B\n1 On\n0 Back",)


def test_a_text_is_cut_at_a_word():
    first, second = paged("a" * 100 + " " + "b" * 100, (), WIDE, TAILS)
    assert first == "a" * 100 + "\n98 More\n0 Back"
    assert second == "b" * 100 + "\n1 On\n0 Back"


def test_a_text_is_cut_at_the_end_of_a_line_too():
    assert paged("a" * 100 + "\n" + "b" * 100, (), WIDE) == ("a" * 100, "b" * 100)


def test_a_page_may_end_where_a_blank_would_be_the_next():
    assert paged("a" * 182 + " b", (), WIDE) == ("a" * 182, "b")


def test_a_word_that_is_longer_than_a_page_is_cut_where_the_page_ends():
    assert paged("a" * 200, (), WIDE) == ("a" * 182, "a" * 18)


def test_a_character_of_two_units_is_never_cut():
    pages = paged("😀" * 100, (), WIDE)
    assert [len(page) for page in pages] == [40, 40, 20]


def test_each_page_is_in_the_alphabet_that_its_own_characters_need():
    first, second = paged("a" * 150 + " " + "b" * 60 + "漢", (), WIDE)
    assert first == "a" * 150
    assert second == "b" * 60 + "漢"


def test_lines_of_choices_stay_whole():
    lines = [f"{number} {'x' * 30}" for number in range(1, 12)]
    pages = paged("Choose", lines, WIDE, TAILS)
    assert [line for page in pages for line in page.split("\n") if "x" in line] == lines


def test_a_line_that_is_longer_than_a_page_is_cut_like_a_text():
    pages = paged("", ["1 " + "word " * 60, "2 B"], WIDE)
    assert "".join(pages).count("word") == 60
    assert pages[-1].endswith("2 B")


def test_something_is_left_for_the_last_page_where_its_tail_is_the_longest():
    tails = Tails(alone="1 Onward ho", first="98 M", middle="98 M", last="1 Onward ho")
    pages = paged("a" * 100 + " " + "b" * 70, (), WIDE, tails)
    assert pages == ("a" * 100 + "\n98 M", "b" * 70 + "\n1 Onward ho")


def test_a_text_is_shortened_at_a_word_before_the_choices_are():
    shown = shortened("word " * 60, ["1 A", "2 B"], WIDE, "0 Back")
    assert shown.endswith("word...\n1 A\n2 B\n0 Back")


def test_what_fits_is_not_shortened():
    assert shortened("Hi", ["1 A"], WIDE, "0 Back") == "Hi\n1 A\n0 Back"


def test_a_text_without_choices_is_shortened():
    assert shortened("word " * 60, (), WIDE).endswith("word...")


def test_choices_that_do_not_fit_are_cut_where_there_are_no_pages():
    shown = shortened("Hi", [f"{number} {'x' * 30}" for number in range(9)], WIDE)
    assert shown.startswith("Hi\n0 xxx")
    assert shown.endswith("...")


@settings(max_examples=100, deadline=None)
@given(wordy, lists, limits, tails_used)
def test_every_page_fits_and_has_its_tail(text, lines, limit, tails):
    pages = paged(text, lines, limit, tails)
    assert all(limit.holds(page) for page in pages)
    below = (tails.first, *[tails.middle] * (len(pages) - 2), tails.last) if len(pages) > 1 else (tails.alone,)
    assert all(page.endswith(tail) for page, tail in zip(pages, below, strict=True))


@settings(max_examples=100, deadline=None)
@given(wordy, lists, limits, tails_used)
def test_paging_loses_no_character(text, lines, limit, tails):
    pages = paged(text, lines, limit, tails)
    below = (tails.first, *[tails.middle] * (len(pages) - 2), tails.last) if len(pages) > 1 else (tails.alone,)
    left = joined(text, *lines)
    for number, (page, tail) in enumerate(zip(pages, below, strict=True)):
        shown = page.removesuffix(tail).removesuffix("\n") if tail else page
        # where a page is cut a blank is left out, and behind it, where a choice begins, the end of the line
        for _ in range(2 if number else 0):
            left = left[1:] if not left.startswith(shown) and left[:1].isspace() else left
        assert left.startswith(shown), (left, shown)
        left = left[len(shown) :]
    assert not left.strip("\n"), left


@settings(max_examples=100, deadline=None)
@given(wordy, lists, limits)
def test_what_is_shortened_fits(text, lines, limit):
    assert limit.holds(shortened(text, lines, limit, "0 Back"))


@given(st.text(st.characters(codec="utf-8"), max_size=60))
def test_units_are_those_of_utf_16(text):
    assert units_of(text) == len(encode_ucs2(text)) // 2


@given(st.integers(SEPTETS_MIN, 300).map(Limit.of), wordy)
def test_a_text_that_fits_in_units_fits_in_septets_if_it_can_be_written_so(limit, text):
    septets = gsm_length(text)
    assert septets is None or units_of(text) > limit.units or septets <= limit.septets
