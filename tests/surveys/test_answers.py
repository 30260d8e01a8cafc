"""Answers, read tolerantly: what is understood, and what is asked for again."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mobilesasa.surveys.answers import read_answer, wants_to_skip
from mobilesasa.surveys.folding import kept
from mobilesasa.surveys.model import Kind, Value
from tests.surveys.making import choice, choices, question

TODAY = date(2026, 11, 23)
CROP = choice("crop", "Maize", "Beans", "Rice and beans", "Ng'ombe")
CROPS = choices("crops", "Maize", "Beans", "Rice and beans", "Ng'ombe")
GRADE = choice("grade", "Good", "Fair", "Bad", codes=("A", "B", "C"))
NAMED = choice("named", "Maize", "Beans", codes=("maize", "legumes"))
AGREED = question("agreed", Kind.YES_NO)


def read(asked, text: str, language: str = "en") -> Value | None:
    return read_answer(asked, text, language, TODAY)


@pytest.mark.parametrize(
    "text",
    [
        "2",
        " 2 ",
        "2.",
        "2)",
        "(2)",
        "#2",
        "2:",
        "2!!",
        "２",
        "٢",
        "2️⃣",
        "②",
        "2\u200b",
        "Beans",
        "beans",
        "BEANS.",
        "beans please",
        "2 Beans",
        "2. Beans",
        "2 - beans",
        "Beans (2)",
        "2 2",
        "option 2",
        "Option: 2",
        "answer 2",
        "number 2",
        "my answer is 2",
        "jibu langu ni 2",
        "nambari 2 tafadhali",
        "2 thank you",
        "2 👍",
    ],
)
def test_an_option_is_named_by_its_number_or_its_label(text):
    assert read(CROP, text) == "2"


@pytest.mark.parametrize("text", ["b", "B", "B.", "b)", "(b)", "Ｂ", "fair", "B fair", "option b"])
def test_an_option_is_named_by_its_code_in_any_case(text):
    assert read(GRADE, text) == "B"


def test_where_codes_are_short_they_stand_in_the_text_and_places_are_understood_too():
    assert GRADE.keys == ("A", "B", "C")
    assert [read(GRADE, text) for text in ("2", "option 2.", "fair", "4", "0")] == ["B", "B", "B", None, None]
    colours = choices("colours", "Red", "Green", "Blue", codes=("RED", "GRN", "BLU"))
    assert [read(colours, text) for text in ("1,3", "3 na 1", "red 3", "1-3", "1,4")] == [("RED", "BLU")] * 3 + [
        None
    ] * 2


@pytest.mark.parametrize(
    ("labels", "codes"),
    [
        (("None", "One", "More"), ("0", "1", "2")),
        (("Good", "Fair", "Bad"), ("Q3", "Q2", "Q1")),
        (("0", "1", "2 or more"), ("A", "B", "C")),
        (("Under 5", "5 to 17", "Over 17"), ("A", "B", "C")),
    ],
)
def test_a_place_is_not_understood_where_a_code_or_a_label_has_a_figure(labels, codes):
    assert read(choice("children", *labels, codes=codes), "3") is None


def test_where_a_code_is_long_places_stand_in_the_text_and_both_are_understood():
    assert NAMED.keys == ("1", "2")
    assert [read(NAMED, text) for text in ("2", "legumes", "beans")] == ["legumes"] * 3


def test_the_longest_label_that_fits_is_meant():
    assert read(CROP, "rice and beans") == "3"
    assert read(CROP, "Rice AND  Beans!") == "3"
    assert read(CROPS, "maize and rice and beans") == ("1", "3")


def test_apostrophes_make_no_difference():
    assert read(CROP, "ngombe") == read(CROP, "Ng’ombe") == read(CROP, "ng'ombe") == "4"


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "?",
        "5",
        "0",
        "12",
        "one",
        "not 2",
        "1 or 2",
        "1 2",
        "1 and 2",
        "maize beans",
        "bean",
        "2x",
        "2 but why",
    ],
)
def test_what_names_no_option_or_two_is_no_single_choice(text):
    assert read(CROP, text) is None


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("1", ("1",)),
        ("1,3", ("1", "3")),
        ("3,1", ("1", "3")),
        ("1 3", ("1", "3")),
        ("1, 3", ("1", "3")),
        ("1.3.", ("1", "3")),
        ("1/3", ("1", "3")),
        ("1&3", ("1", "3")),
        ("1+3", ("1", "3")),
        ("1;3", ("1", "3")),
        ("1\n3", ("1", "3")),
        ("1 and 3", ("1", "3")),
        ("1 na 3", ("1", "3")),
        ("1) and 3)", ("1", "3")),
        ("maize, beans", ("1", "2")),
        ("Maize na beans tafadhali", ("1", "2")),
        ("1 maize, 2 beans", ("1", "2")),
        ("1 1 1", ("1",)),
        ("1,2,3,4", ("1", "2", "3", "4")),
        ("1️⃣ 3️⃣", ("1", "3")),
    ],
)
def test_several_options_are_named_in_any_way_and_kept_in_the_order_of_the_question(text, codes):
    assert read(CROPS, text) == codes


@pytest.mark.parametrize("text", ["", "5", "1,5", "13", "1 not 3", "1 or 3", "all", "none", "1-3", "1 – 3"])
def test_what_names_something_else_too_is_no_multiple_choice(text):
    assert read(CROPS, text) is None


def test_a_label_may_have_a_range_in_it():
    ages = choices("ages", "18-25", "26-35", "36-99")
    assert read(ages, "18-25, 36 - 99") == ("1", "3")
    assert read(ages, "1-3") is None


def test_several_are_no_fewer_and_no_more_than_were_asked_for():
    two = choices("two", "Maize", "Beans", "Rice", min_select=2, max_select=2)
    assert read(two, "1") is None
    assert read(two, "1,2") == ("1", "2")
    assert read(two, "1,2,3") is None


@pytest.mark.parametrize(
    "text", ["yes", "YES", "y", "Y.", "yes please", "Yeah!", "ok", "sure", "I agree", "1", "1.", "yes yes", "✅ yes"]
)
def test_yes_is_said_in_english(text):
    assert read(AGREED, text) is True


@pytest.mark.parametrize("text", ["no", "NO", "n", "no thanks", "Nope", "2", "0", "no no"])
def test_no_is_said_in_english(text):
    assert read(AGREED, text) is False


@pytest.mark.parametrize("language", ["en", "sw"])
@pytest.mark.parametrize(
    ("text", "means"),
    [
        ("ndiyo", True),
        ("Ndio", True),
        ("NDIYO asante", True),
        ("naam", True),
        ("sawa", True),
        ("nakubali", True),
        ("hapana", False),
        ("Hapana asante", False),
        ("la", False),
        ("siyo", False),
        ("yes", True),
        ("no", False),
    ],
)
def test_yes_and_no_are_said_in_swahili_whatever_the_survey_is_in(text, means, language):
    assert read(AGREED, text, language) is means


def test_an_n_is_no_in_english_and_either_in_swahili():
    assert read(AGREED, "n", "en") is False
    assert read(AGREED, "n", "sw") is None


@pytest.mark.parametrize(
    "text", ["", "maybe", "yes and no", "not yes", "I don't agree", "I do", "no problem", "1 2", "3"]
)
def test_what_is_neither_or_both_is_no_yes_and_no_no(text):
    assert read(AGREED, text) is None


def test_a_number_keeps_within_its_bounds():
    age = question("age", Kind.NUMBER, minimum=0, maximum=120)
    assert [read(age, text) for text in ("0", "35.5", "120", "-1", "121")] == [0, 35.5, 120, None, None]
    assert read(question("any", Kind.NUMBER), "-1,500") == -1500


def test_a_whole_number_has_no_fraction():
    children = question("children", Kind.NUMBER, whole=True)
    assert [read(children, text) for text in ("3", "3.0", "3.5")] == [3, 3, None]


@pytest.mark.parametrize(
    ("text", "value"), [("1", 1), ("5", 5), ("5/5", 5), ("4 out of 5", 4), ("0", None), ("6", None), ("3.5", None)]
)
def test_a_rating_is_a_whole_number_from_1_to_5_unless_said_otherwise(text, value):
    assert read(question("service", Kind.RATING), text) == value


@pytest.mark.parametrize(
    ("text", "value"), [("0", 0), ("10", 10), ("9/10", 9), ("11", None), ("-1", None), ("7.5", None)]
)
def test_a_net_promoter_score_is_from_0_to_10(text, value):
    assert read(question("friends", Kind.NPS), text) == value


def test_a_date_is_kept_as_its_iso_form():
    assert read(question("born", Kind.DATE), "24 Dec 1990") == "1990-12-24"
    assert read(question("born", Kind.DATE), "long ago") is None


def test_a_text_is_whatever_is_not_blank():
    why = question("why", Kind.TEXT)
    assert read(why, "  It rained.\n ") == "It rained."
    assert read(why, " \n\t ") is None
    assert read(why, "😀") == "😀"


def test_of_a_text_is_kept_what_the_store_can_keep():
    why = question("why", Kind.TEXT)
    assert read(why, "a\x00b\ud800") == "ab\ufffd"
    assert read(why, "\x00") is None
    assert read(why, "x" * 5000) == "x" * 2000


@pytest.mark.parametrize("text", ["skip", "SKIP.", " Ruka ", "pass"])
def test_somebody_may_say_that_they_would_rather_not(text):
    assert wants_to_skip(text)


@pytest.mark.parametrize("text", ["", "skip it", "2"])
def test_nothing_else_skips(text):
    assert not wants_to_skip(text)


ASKED = [
    CROP,
    CROPS,
    GRADE,
    NAMED,
    AGREED,
    question("number", Kind.NUMBER, minimum=-5, maximum=1000),
    question("rating", Kind.RATING),
    question("nps", Kind.NPS),
    question("born", Kind.DATE),
    question("why", Kind.TEXT),
]
PIECES = st.sampled_from(
    ["1", "2", "13", "a", "b)", "maize", "beans", "and", "na", "yes", "no", ",", ".", " ", "-", "/", "\n", "٣"]
)
TEXTS = st.one_of(
    st.lists(PIECES, max_size=6).map(" ".join), st.lists(PIECES, max_size=6).map("".join), st.text(max_size=20)
)


@given(st.sampled_from(ASKED), TEXTS, st.sampled_from(["en", "sw", "fr"]))
@settings(max_examples=200)
def test_whatever_comes_an_answer_is_of_the_kind_that_was_asked_for(asked, text, language):
    value = read(asked, text, language)
    codes = {option.code for option in asked.options}
    fits = {
        Kind.SINGLE_CHOICE: lambda: value in codes,
        Kind.MULTIPLE_CHOICE: lambda: (
            isinstance(value, tuple) and 0 < len(set(value)) == len(value) and set(value) <= codes
        ),
        Kind.YES_NO: lambda: isinstance(value, bool),
        Kind.NUMBER: lambda: -5 <= value <= 1000,
        Kind.RATING: lambda: value in range(1, 6),
        Kind.NPS: lambda: value in range(11),
        Kind.DATE: lambda: date.fromisoformat(value).isoformat() == value,
        Kind.TEXT: lambda: value == value.strip() and value in kept(text, 2000),
    }
    assert value is None or fits[asked.kind]()


@given(st.sampled_from([CROP, GRADE, NAMED]), st.data())
@settings(max_examples=100)
def test_every_option_is_understood_by_all_that_it_is_called_whatever_stands_around(asked, data):
    place = data.draw(st.integers(0, len(asked.options) - 1))
    option = asked.options[place]
    name = data.draw(st.sampled_from([asked.keys[place], option.code, option.label]))
    case = data.draw(st.sampled_from([str, str.upper, str.lower, str.title]))
    before, behind = (
        data.draw(st.sampled_from(["", " ", "(", "\n", "my answer is "])),
        data.draw(st.sampled_from(["", ".", ")", "!", " asante"])),
    )
    assert read(asked, f"{before}{case(name)}{behind}") == option.code


@given(
    st.sets(st.integers(0, 3), min_size=1),
    st.randoms(use_true_random=False),
    st.sampled_from([",", " ", ", ", " na ", " and ", "\n", "; "]),
)
@settings(max_examples=100)
def test_several_are_understood_in_any_order_and_with_any_mark(places, random, mark):
    shuffled = list(places)
    random.shuffle(shuffled)
    names = [random.choice([CROPS.keys[place], CROPS.options[place].label]) for place in shuffled]
    assert read(CROPS, mark.join(names)) == tuple(CROPS.options[place].code for place in sorted(places))
