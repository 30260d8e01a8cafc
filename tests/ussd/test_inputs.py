"""What people type into a screen."""

from datetime import date
from decimal import Decimal

import pytest

from mobilesasa.ussd.inputs import answers_back, plain, read_input, written, wrong
from mobilesasa.ussd.model import INPUT_CHARACTERS, Input, InputKind
from mobilesasa.ussd.words import words_of


def wants(kind, **more):
    return Input(variable="x", kind=InputKind(kind), **more)


def kept(wanted, said):
    return read_input(wanted, plain(said), "KE")


@pytest.mark.parametrize(
    ("said", "number"),
    [
        ("5", "5"), (" 5 ", "5"), ("1,500", "1500"), ("1 500", "1500"),
        ("12,345,678", "12345678"), ("3.5", "3.5"), ("3.50", "3.5"),
        ("-4", "-4"), ("+4", "4"), ("007", "7"), ("-0", "0"), ("0.0", "0"), ("５", "5"), ("٥", "5"),
        ("1,5", None), ("1,50,000", None), ("five", None), ("", None),
        ("1.2.3", None), ("1e5", None), ("1" * 16, None), ("½", None), ("5 5", None),
    ],
)  # fmt: skip
def test_a_number_is_read_as_people_write_it(said, number):
    assert kept(wants("number"), said) == number


@pytest.mark.parametrize(("said", "number"), [("9", None), ("10", "10"), ("20", "20"), ("20.01", None)])
def test_a_number_is_within_its_bounds(said, number):
    assert kept(wants("number", least=Decimal(10), most=Decimal(20)), said) == number


@pytest.mark.parametrize(
    ("said", "amount"),
    [
        ("500", "500"), ("Ksh 500", "500"), ("KES500", "500"), ("500/=", "500"), ("500/-", "500"), ("500 bob", "500"), ("sh. 500", "500"),
        ("1,500.50", "1500.50"), ("99.5", "99.50"), ("0.5", "0.50"), ("1 500", "1500"),
        ("0", None), ("-5", None), ("5.555", None), ("Ksh", None), ("abcde 5", None),
    ],
)  # fmt: skip
def test_an_amount_is_money_above_nothing(said, amount):
    assert kept(wants("amount"), said) == amount


def test_an_amount_may_be_nothing_where_the_menu_says_so():
    assert kept(wants("amount", least=Decimal(0)), "0") == "0"


@pytest.mark.parametrize(
    ("said", "phone"),
    [
        ("0712345678", "254712345678"), ("+254712345678", "254712345678"), ("712345678", "254712345678"), ("0712 345 678", "254712345678"),
        ("12345", None), ("hello", None), ("0202345678", None),
    ],
)  # fmt: skip
def test_a_phone_number_is_kept_in_full(said, phone):
    assert kept(wants("phone"), said) == phone


def test_a_phone_number_of_a_country_that_there_is_not_is_none():
    assert read_input(wants("phone"), "0712345678", "XX") is None


@pytest.mark.parametrize(
    ("said", "day"),
    [
        ("24/12/2026", "2026-12-24"), ("24-12-2026", "2026-12-24"), ("24.12.2026", "2026-12-24"), ("24 12 2026", "2026-12-24"),
        ("1/2/26", "2026-02-01"),
        ("24122026", "2026-12-24"), ("241226", "2026-12-24"), ("2026-12-24", "2026-12-24"),
        ("24/12/85", "1985-12-24"), ("24 / 12 / 2026", "2026-12-24"),
        ("31/2/2026", None), ("12/24/2026", None), ("24/12-2026", None), ("today", None), ("24/12", None), ("0/1/2026", None),
    ],
)  # fmt: skip
def test_a_date_has_its_day_first(said, day):
    assert kept(wants("date"), said) == day


@pytest.mark.parametrize(("said", "day"), [("31/12/2025", None), ("1/1/2026", "2026-01-01"), ("1/1/2027", None)])
def test_a_date_is_within_its_bounds(said, day):
    assert kept(wants("date", least=date(2026, 1, 1), most=date(2026, 12, 31)), said) == day


@pytest.mark.parametrize(
    ("said", "text"),
    [("Amina", "Amina"), ("  Amina Otieno ", "Amina Otieno"), ("a\tb", "a b"), ("", None), (" ", None)],
)
def test_a_text_is_kept_without_blanks_around_it(said, text):
    assert kept(wants("text"), said) == text


def test_a_text_has_so_many_characters():
    wanted = wants("text", least=Decimal(2), most=Decimal(3))
    assert [kept(wanted, said) for said in ("a", "ab", "abc", "abcd")] == [None, "ab", "abc", None]


def test_a_text_fits_its_pattern():
    wanted = wants("text", pattern="[A-Z]{2}[0-9]+")
    assert [kept(wanted, said) for said in ("KE1", "ke1")] == ["KE1", None]


def test_nothing_fits_what_is_no_pattern():
    assert kept(wants("text", pattern="("), "(") is None


@pytest.mark.parametrize("kind", list(InputKind))
def test_what_is_longer_than_anybody_types_is_no_answer(kind):
    assert kept(wants(kind), "1" * (INPUT_CHARACTERS + 1)) is None


@pytest.mark.parametrize(
    ("wanted", "is_answer"),
    [
        (wants("number"), True),
        (wants("number", least=Decimal(1)), False),
        (wants("number", most=Decimal(-1)), False),
        (wants("amount"), False),
        (wants("amount", least=Decimal(0)), True),
        (wants("text"), False),
        (wants("text", pattern="[0-9]"), True),
        (wants("text", pattern="[1-9]"), False),
        (wants("phone"), False),
        (wants("date"), False),
    ],
)
def test_zero_is_an_answer_to_some_inputs(wanted, is_answer):
    assert answers_back(wanted) is is_answer


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        (wants("text"), "Please write an answer."),
        (wants("text", least=Decimal(2), most=Decimal(5)), "Please write 2 to 5 characters."),
        (wants("text", pattern="a", least=Decimal(2)), "That is not written as it should be."),
        (wants("number"), "Please enter a number."),
        (wants("number", least=Decimal("0.5")), "Please enter a number, 0.5 or more."),
        (wants("number", most=Decimal(1500)), "Please enter a number, 1500 or less."),
        (wants("amount", least=Decimal(10), most=Decimal(100)), "Please enter an amount from 10 to 100."),
        (wants("date", least=date(2026, 1, 31)), "Please enter a date, 31/01/2026 or later."),
        (wants("date"), "Please enter a date such as 24/12/2026."),
        (wants("phone"), "Please enter a phone number such as 0712345678."),
    ],
)
def test_who_types_no_answer_is_told_what_is_wanted(wanted, said):
    assert wrong(wanted, words_of("en")) == said


@pytest.mark.parametrize(
    ("number", "text"), [("1500", "1500"), ("1.50", "1.5"), ("100", "100"), ("0.00", "0"), ("1E+3", "1000")]
)
def test_a_number_is_written_without_what_says_nothing(number, text):
    assert written(Decimal(number)) == text
