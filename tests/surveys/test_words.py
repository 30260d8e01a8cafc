"""What a survey says: questions as they are sent, and our own words."""

import re

import pytest

from mobilesasa.sms.alphabet import is_gsm
from mobilesasa.surveys.model import Kind
from mobilesasa.surveys.words import MAY_BE_EMPTY, TABLE, Words, asking, opening, reminding, said, wanted, written
from tests.surveys.making import choice, choices, question, survey

CROP = choice("crop", "Maize", "Beans")
CROPS = {"a": "Maize", "b": "Beans", "c": "Rice", "d": "Tea"}


def crops(**fields):
    return choices("crops", *CROPS.values(), codes=tuple(CROPS), **fields)


def wish(asked, **fields) -> str:
    return wanted(survey(asked, **fields), asked).partition("\n")[0]


@pytest.mark.parametrize("language", TABLE)
def test_every_language_says_all_there_is_to_say_in_the_alphabet_of_one_part(language):
    assert set(TABLE[language]) == set(Words)
    assert [text for text in TABLE[language].values() if not is_gsm(text) or not text] == []


@pytest.mark.parametrize("words", Words)
def test_every_language_fills_in_the_same(words):
    places = [set(re.findall(r"\{\w+\}", texts[words])) for texts in TABLE.values()]
    assert places == [places[0]] * len(TABLE)


def test_options_stand_behind_their_question_one_a_line():
    assert asking(CROP) == "crop?\n1. Maize\n2. Beans"


def test_options_that_the_text_names_itself_are_not_said_again():
    named = choice("crop", "Maize", "Beans", text="1 maize or 2 beans?", show_options=False)
    assert asking(named) == "1 maize or 2 beans?"
    assert wanted(survey(named), named) == "Please reply with one of these:\n1. Maize\n2. Beans"


def test_the_introduction_stands_before_the_first_question():
    assert opening(survey(CROP, introduction="Karibu!")) == "Karibu!\ncrop?\n1. Maize\n2. Beans"
    assert opening(survey(CROP)) == "crop?\n1. Maize\n2. Beans"
    assert opening(survey(introduction="Karibu!")) == "Karibu!"


@pytest.mark.parametrize(
    ("asked", "text"),
    [
        (CROP, "Please reply with one of these:"),
        (crops(), "Please reply with one or more of these, such as a,b:"),
        (crops(max_select=4), "Please reply with one or more of these, such as a,b:"),
        (crops(max_select=1), "Please reply with 1 of these, such as a:"),
        (crops(min_select=2, max_select=2), "Please reply with 2 of these, such as a,b:"),
        (crops(min_select=3), "Please reply with at least 3 of these, such as a,b,c:"),
        (crops(max_select=3), "Please reply with at most 3 of these, such as a,b:"),
        (crops(min_select=2, max_select=3), "Please reply with 2 to 3 of these, such as a,b:"),
        (question("n", Kind.NUMBER), "Please reply with a number."),
        (question("n", Kind.NUMBER, minimum=0.5), "Please reply with a number, 0.5 or more."),
        (question("n", Kind.NUMBER, maximum=120, whole=True), "Please reply with a whole number, 120 or less."),
        (question("n", Kind.NUMBER, minimum=0, maximum=10), "Please reply with a number from 0 to 10."),
        (question("r", Kind.RATING), "Please reply with a number from 1 to 5."),
        (question("r", Kind.NPS), "Please reply with a number from 0 to 10."),
        (question("y", Kind.YES_NO), "Please reply YES or NO."),
        (question("d", Kind.DATE), "Please reply with a date as day/month/year, such as 24/12/1990."),
        (question("t", Kind.TEXT), "Please reply in words."),
    ],
)
def test_who_is_not_understood_is_told_what_is_wanted(asked, text):
    assert wish(asked) == text


def test_who_need_not_answer_is_told_how_to_skip():
    assert wish(question("n", Kind.NUMBER, required=False)) == "Please reply with a number. Or reply SKIP."
    optional = choice("crop", "Maize", "Beans", required=False)
    assert wanted(survey(optional), optional).endswith("2. Beans\nOr reply SKIP.")
    assert wish(question("n", Kind.NUMBER, required=False), texts={"skip": ""}) == "Please reply with a number."


def test_a_survey_in_swahili_is_swahili_throughout():
    assert wish(question("r", Kind.RATING), language="sw") == "Tafadhali jibu kwa nambari kuanzia 1 hadi 5."
    assert wish(question("y", Kind.YES_NO), language="sw") == "Tafadhali jibu NDIYO au HAPANA."


def test_other_languages_get_the_english_words_unless_they_bring_their_own():
    assert wish(question("y", Kind.YES_NO), language="fr") == "Please reply YES or NO."
    assert wish(question("y", Kind.YES_NO), language="fr", texts={"yes_no": "Oui ou non ?"}) == "Oui ou non ?"


def test_words_of_a_survey_are_filled_like_ours_and_other_braces_stay():
    own = {"number_between": "{min}-{max} {number} {other} {", "any_number": "nombre"}
    assert wish(question("r", Kind.RATING), texts=own) == "1-5 nombre {other} {"


def test_the_reminder_says_the_question_again():
    assert reminding(survey(CROP), CROP) == "We are still waiting for your answer:\ncrop?\n1. Maize\n2. Beans"


def test_what_may_be_empty_says_nothing_then():
    assert [said(survey(texts={words: ""}), words) for words in MAY_BE_EMPTY] == [""] * len(MAY_BE_EMPTY)


def test_numbers_are_written_as_people_write_them():
    assert [written(number) for number in (5, -1, 0.5, 1e-05, 10**14, 1500.25)] == [
        "5", "-1", "0.5", "0.00001", "100000000000000", "1500.25",
    ]  # fmt: skip
