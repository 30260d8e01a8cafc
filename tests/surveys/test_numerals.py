"""Numbers, ratings and dates as people write them."""

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mobilesasa.surveys.numerals import read_date, read_number, read_rating

TODAY = date(2026, 11, 23)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("25", 25),
        (" 25. ", 25),
        ("007", 7),
        ("+5", 5),
        ("-5", -5),
        ("- 5", -5),
        ("−5", -5),
        ("-0", 0),
        ("1500", 1500),
        ("1,500", 1500),
        ("1 500", 1500),
        ("1\u00a0500", 1500),
        ("1'500", 1500),
        ("12,345,678", 12345678),
        ("1,500.00", 1500),
        ("1,500.25", 1500.25),
        ("1.500.000", 1500000),
        ("1.500,50", 1500.5),
        ("2 500,5", 2500.5),
        ("3.5", 3.5),
        ("3,5", 3.5),
        (".5", 0.5),
        ("-.5", -0.5),
        ("0,500", 0.5),
        ("1.500", 1.5),
        ("12,34", 12.34),
        ("５", 5),
        ("٢٥", 25),
        ("٣٫٥", 3.5),
        ("5️⃣", 5),
        ("5 👍🏽", 5),
        ("(5)", 5),
        ("#5", 5),
        ("999999999999999", 999999999999999),
    ],
)
def test_a_number_is_read_with_its_thousands_and_its_fraction(text, number):
    read = read_number(text)
    assert read == number
    assert type(read) is type(number)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("25 years", 25),
        ("I am 25 years old", 25),
        ("miaka 25", 25),
        ("ni 25", 25),
        ("Ksh 500/=", 500),
        ("Ksh.500", 500),
        ("KES 1,500.00", 1500),
        ("500/-", 500),
        ("5 bob", 5),
        ("about 30", 30),
        ("25%", 25),
        ("25\nthanks", 25),
        ("25, asante sana!", 25),
    ],
)
def test_money_and_units_may_stand_beside_a_number(text, number):
    assert read_number(text) == number


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "many",
        "half",
        "one",
        "5k",
        "5 million",
        "elfu 5",
        "3 or 4",
        "20-25",
        "20 - 25",
        "5+",
        ">5",
        "not 5",
        "1/2",
        "½",
        "3½",
        "1e5",
        "1,50,000",
        "0722 000 000",
        "1\n500",
        "1, 500",
        "5 5",
        "1.2.3",
        "9999999999999999",
        "0.1234567890123456",
        "5 " + "thanks " * 40,
    ],
)
def test_what_could_mean_something_else_is_no_number(text):
    assert read_number(text) is None


@given(st.integers(-(10**15) + 1, 10**15 - 1))
@settings(max_examples=100)
def test_whole_numbers_are_read_however_their_thousands_are_parted(number):
    assert read_number(str(number)) == number
    for mark in (",", " ", "'"):
        assert read_number(f"{number:,}".replace(",", mark)) == number


@given(st.decimals(min_value=0, max_value=10**9, places=2))
@settings(max_examples=100)
def test_fractions_are_read_behind_a_point(number):
    assert read_number(str(number)) == float(number)
    assert read_number(f"{number:,}") == float(number)


@given(st.text(max_size=30))
@settings(max_examples=200)
def test_whatever_is_written_is_a_number_of_few_digits_or_none(text):
    read = read_number(text)
    assert read is None or abs(read) < 10**15
    assert isinstance(read, int | None) or not read.is_integer()


@pytest.mark.parametrize(
    "text", ["4", "4/5", "4 / 5", "4 out of 5", "4 of 5", "4 kati ya 5", "4 stars", "nyota 4", "4/5 stars", "4 points!"]
)
def test_a_rating_may_say_of_how_many(text):
    assert read_rating(text, 5) == 4


@pytest.mark.parametrize("text", ["4/10", "4 out of 6", "4/5/5", "★★★★", "four", "4 5", "4/5 " + " " * 200])
def test_a_rating_of_another_many_is_none(text):
    assert read_rating(text, 5) is None


@pytest.mark.parametrize(
    "text",
    [
        "24/12/2026",
        "24-12-2026",
        "24.12.2026",
        "24 12 2026",
        "24/12/26",
        "24122026",
        "20261224",
        "2026-12-24",
        "2026/12/24",
        "24 Dec 2026",
        "24Dec2026",
        "24-Dec-26",
        "24th December 2026",
        "the 24th of December, 2026",
        "Dec 24 2026",
        "December 24, 2026",
        "2026 Dec 24",
        "24 Desemba 2026",
        "Disemba 24 2026",
        "tarehe 24 Desemba 2026",
        "Thursday 24 Dec 2026",
        "Alhamisi 24/12/2026",
        "٢٤/١٢/٢٠٢٦",
        "２４/１２/２０２６",
    ],
)
def test_a_date_is_read_day_first(text):
    assert read_date(text, TODAY) == date(2026, 12, 24)


def test_a_month_of_four_letters_is_no_year():
    assert read_date("June 3, 2026", TODAY) == read_date("Juni 3 2026", TODAY) == date(2026, 6, 3)


def test_four_digits_first_are_the_year_else_the_first_is_the_day():
    assert read_date("03/04/2026", TODAY) == date(2026, 4, 3)
    assert read_date("2026/04/03", TODAY) == date(2026, 4, 3)
    assert read_date("26-12-24", TODAY) == date(2024, 12, 26)


@pytest.mark.parametrize(("text", "year"), [("1/1/00", 2000), ("1/1/36", 2036), ("1/1/37", 1937), ("1/1/99", 1999)])
def test_a_year_of_two_digits_is_one_of_the_last_ninety_or_of_the_next_ten(text, year):
    assert read_date(text, TODAY) == date(year, 1, 1)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "tomorrow",
        "24/12",
        "12/24/2026",
        "31/2/2026",
        "0/1/2026",
        "24/12/206",
        "24/12/20266",
        "24/12/1850",
        "24/12/2101",
        "24 Ju 2026",
        "24 Ma 2026",
        "Dec 2026",
        "Dec Dec 2026",
        "1 24 12 2026",
        "24/12/2026 25/12/2026",
        "99999999",
        "2026-12-24 " + " " * 200,
    ],
)
def test_what_is_no_day_of_these_centuries_is_no_date(text):
    assert read_date(text, TODAY) is None


@given(st.dates(date(1900, 1, 1), date(2100, 12, 31)))
@settings(max_examples=100)
def test_every_day_is_read_in_every_order(day):
    for written in ("%d/%m/%Y", "%Y-%m-%d", "%d %b %Y", "%B %d, %Y", "%d%m%Y", "%A, %d %B %Y"):
        assert read_date(day.strftime(written), TODAY) == day


@given(st.dates(TODAY - timedelta(days=88 * 365), TODAY + timedelta(days=10 * 365)))
@settings(max_examples=100)
def test_of_the_years_of_living_people_two_digits_are_enough(day):
    assert read_date(day.strftime("%d/%m/%y"), TODAY) == day


@given(st.text(alphabet=st.one_of(st.sampled_from("0123456789/-. DecJan"), st.characters(codec="utf-8")), max_size=20))
@settings(max_examples=200)
def test_whatever_is_written_is_a_day_of_these_centuries_or_none(text):
    read = read_date(text, TODAY)
    assert read is None or 1900 <= read.year <= 2100
