import pytest
from hypothesis import given
from hypothesis import strategies as st

from mobilesasa.sms.numbers import (
    BadNumber,
    UnknownCountry,
    calling_code,
    masked,
    normalise,
    normalise_fast,
    shown,
)

KENYAN_FORMS = [
    "+254712345678",
    "254712345678",
    "0712345678",
    "00254712345678",
    "000254712345678",
    "+2540712345678",
    "2540712345678",
    " 254712345678",
    "+254 712 345 678",
    "0712-345-678",
    "0712\u2011345\u00a0678",
    "(0712) 345.678",
    "\u202a+254 712 345678\u202c",
    "+254712345678\r\n",
]


@pytest.mark.parametrize("raw", KENYAN_FORMS)
def test_every_form_of_a_number_is_the_same_number(raw):
    assert normalise(raw) == normalise(raw, "KE") == normalise_fast(raw, "KE") == "254712345678"


@pytest.mark.parametrize(
    ("raw", "country", "number"),
    [
        ("0110345678", "KE", "254110345678"),
        ("+254700000007", "KE", "254700000007"),
        ("+255712345678", "KE", "255712345678"),
        (" 12125551234", "KE", "12125551234"),
        ("0712345678", "TZ", "255712345678"),
        ("255712345678", "TZ", "255712345678"),
        ("2125551234", "US", "12125551234"),
        ("12125551234", "US", "12125551234"),
        ("3331234567", "IT", "393331234567"),
        ("9161234567", "RU", "79161234567"),
        ("89161234567", "RU", "79161234567"),
        ("+2250712345678", "CI", "2250712345678"),
        ("+290 52345", "SH", "29052345"),
    ],
)
def test_numbers_are_read_as_in_their_country(raw, country, number):
    assert normalise(raw, country) == normalise_fast(raw, country) == number


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        ("", "the number is empty"),
        ("   ", "the number is empty"),
        ("+", "the number is empty"),
        ("+ACME", "no letters"),
        ("0712345abc", "no letters"),
        ("tel:+254712345678", "no letters"),
        ("０７１２３４５６７８", "written 0 to 9"),
        ("٠٧١٢٣٤٥٦٧٨", "written 0 to 9"),
        ("++254712345678", "a plus stands only at the beginning"),
        ("0712+345678", "a plus stands only at the beginning"),
        ("0712345678,0722345678", "only one number"),
        ("0712345678/0722345678", "only one number"),
        ("*144#", "“\\*” cannot stand"),
        ("²54712345678", "“²” cannot stand"),
        ("0712\x00345678", "U\\+0000 cannot stand"),
        ("22123", "5 digits are too few; .* not to a short code"),
        ("0000", "too few"),
        ("+2547123456789012", "16 digits|too many digits"),
        ("+254712345678901234", "18 digits are too many"),
        ("0" * 41, "too long to be a phone number"),
        ("071234567", "no numbers of \\+254 are like that"),
        ("0300000000", "no numbers of \\+254 are like that"),
        ("+25471234567", "no numbers of \\+254 are like that"),
        ("+254712345", "too few digits; numbers of \\+254 have more"),
    ],
)
def test_what_is_no_number_is_refused_with_the_reason(raw, reason):
    with pytest.raises(BadNumber, match=reason) as full:
        normalise(raw)
    with pytest.raises(BadNumber, match=reason):
        normalise_fast(raw, "KE")
    assert "345678" not in str(full.value)


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        ("712345678", "begins with \\+ and the country's code, with 254, or with 0"),
        ("255712345678", "begins with \\+"),
        ("+999123456789", "does not begin with the code of any country"),
        ("+447911123", "no numbers of \\+44 are like that"),
        ("+1212555", "too few digits; numbers of \\+1 have more"),
        ("+121255512345", "too many digits; numbers of \\+1 have fewer"),
        ("+1 555 1234", "too few digits; numbers of \\+1 have more"),
        ("+254202345678", "a landline, which takes no messages"),
        ("0202345678", "a landline"),
        ("+18005551234", "a toll-free line"),
        ("+19005551234", "a premium-rate line"),
        ("+4918051234567", "a shared-cost line"),
        ("+445512345678", "a company's access number"),
    ],
)
def test_the_full_check_asks_the_numbering_plans(raw, reason):
    with pytest.raises(BadNumber, match=reason):
        normalise(raw)


def test_an_international_prefix_with_hardly_a_number_behind_it_is_refused():
    with pytest.raises(BadNumber, match=r"the number has too few digits$"):
        normalise("0115985", "US")


def test_a_spreadsheets_lost_zero_is_restored_where_asked():
    assert normalise("712345678", "KE", bare=True) == "254712345678"
    assert normalise("254712345678", "KE", bare=True) == "254712345678"


@pytest.mark.parametrize(
    ("raw", "number"),
    [
        ("254202345678", "254202345678"),  # a landline
        ("255712345678", "255712345678"),
        ("+255712345678", "255712345678"),
        ("999123456789", "999123456789"),  # nobody's: routes tell
        ("712345678", "254712345678"),
        ("298212345", "298212345"),  # nine digits in all, on the Faroes
        ("+298212345", "298212345"),
    ],
)
def test_the_fast_check_takes_what_is_plainly_international(raw, number):
    assert normalise_fast(raw, "KE") == number


@given(st.integers(0, 99_999_999))
def test_both_checks_agree_on_kenyan_mobiles(line):
    raw = f"2547{line:08d}"
    assert normalise_fast(raw, "KE") == normalise(raw) == normalise(f"07{line:08d}") == raw


@given(st.text(max_size=45) | st.text("+0123456789 -", max_size=20), st.sampled_from(["KE", "US", "IT"]))
def test_a_number_is_given_or_refused_and_nothing_else(raw, country):
    for check in (normalise, normalise_fast):
        try:
            number = check(raw, country)
        except BadNumber:
            continue
        assert number.isascii()
        assert number.isdigit()
        assert 7 <= len(number) <= 15


@given(st.text("+0123456789", min_size=7, max_size=16))
def test_what_was_normalised_stays_as_it_is(raw):
    try:
        number = normalise(raw)
    except BadNumber:
        return
    assert normalise(shown(number)) == number


@pytest.mark.parametrize("country", ["", "XX", "ke", "KENYA", "254"])
def test_a_country_that_is_none_is_refused(country):
    with pytest.raises(UnknownCountry, match="write it like KE"):
        calling_code(country)
    with pytest.raises(UnknownCountry):
        normalise("0712345678", country)
    with pytest.raises(UnknownCountry):
        normalise_fast("254712345678", country)


def test_a_country_has_its_calling_code():
    assert (calling_code("KE"), calling_code("US"), calling_code("TZ")) == ("254", "1", "255")


def test_people_see_a_plus():
    assert shown("254712345678") == "+254712345678"
    assert shown("erased-0123456789ab") == "erased-0123456789ab"


@pytest.mark.parametrize(
    ("number", "for_logs"), [("254712345001", "2547…001"), ("12125551234", "1212…234"), ("22123", "22…"), ("", "…")]
)
def test_logs_see_both_ends_of_a_number(number, for_logs):
    assert masked(number) == for_logs
