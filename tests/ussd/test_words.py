"""What the platform itself says in a menu."""

import re

import pytest

from mobilesasa.ussd.words import KEYS, LABEL_CHARACTERS, LABELS, SENTENCE_CHARACTERS, said, words_of


@pytest.mark.parametrize(
    ("language", "word"),
    [("en", "Back"), ("sw", "Rudi"), ("sw-KE", "Rudi"), ("SW_TZ", "Rudi"), ("fr", "Back"), ("", "Back")],
)
def test_words_are_in_the_menus_language_or_in_english(language, word):
    assert said("back", language) == word


def test_a_menu_says_words_otherwise():
    assert said("back", "sw", {"back": "Nyuma", "more": "", "unknown": "x"}) == "Nyuma"
    assert said("more", "sw", {"more": ""}) == "Zaidi"


@pytest.mark.parametrize("language", ["en", "sw"])
def test_every_language_has_all_words_with_their_bounds_and_they_are_short(language):
    words, english = words_of(language), words_of("en")
    assert words.keys() == KEYS
    assert all(len(words[key]) <= LABEL_CHARACTERS for key in LABELS)
    assert all(len(word) <= SENTENCE_CHARACTERS for word in words.values())
    assert {k: set(re.findall(r"{\w+}", w)) for k, w in words.items()} == {
        k: set(re.findall(r"{\w+}", w)) for k, w in english.items()
    }
