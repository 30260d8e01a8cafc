import pytest
from hypothesis import given
from hypothesis import strategies as st

from mobilesasa.sms.alphabet import is_gsm
from mobilesasa.sms.replacements import Lacking, gsm_replacement, lacking, replacement
from tests.sms.test_alphabet import gsm_texts, texts

written = texts | st.text(st.sampled_from("“”’–…\u00a0\u200be\u0301áçñ€xж😀ɓ½"), max_size=40)


@pytest.mark.parametrize(
    ("text", "suggested"),
    [
        ("Karibu", "Karibu"),
        ("“It’s” – `so`…", "\"It's\" - 'so'..."),
        ("a\u00a0b\u200bc\tD", "a bc D"),
        ("\ufeffHabari\u2028yako", "Habari\nyako"),
        ("cafe\u0301", "café"),
        ("5 × 3™ ≤ ½", "5 x 3TM <= 1/2"),
        ("façade", "facade"),
        ("Gĩkũyũ", "Gikuyu"),
        ("ɗan ƙasa, Ọlọ́run", "dan kasa, Olorun"),
        ("Łódź œuvre", "Lodz oeuvre"),
        ("№ ２５", "No 25"),
        ("ﬁne ₦500", "fine N500"),
        ("", ""),
    ],
)
def test_what_was_not_meant_is_replaced_by_what_a_person_would_type(text, suggested):
    assert gsm_replacement(text) == suggested


@pytest.mark.parametrize("text", ["привет", "“😀”", "\0", "水", "\ud800", "25°"])
def test_words_that_need_ucs2_are_not_replaced(text):
    assert gsm_replacement(text) is None


def test_each_character_is_told_with_its_place_and_what_may_stand_instead():
    assert lacking("“Sasa” ñe\u0301x😀\u200b") == (
        Lacking(0, "“", '"'),
        Lacking(5, "”", '"'),
        Lacking(8, "e\u0301", "é"),
        Lacking(11, "😀", None),
        Lacking(12, "\u200b", ""),
    )


@pytest.mark.parametrize(("character", "instead"), [("ç", "c"), ("Ç", "Ç"), ("ǹ", "n"), ("e\u0323", "e"), ("\t", " ")])
def test_a_replacement_keeps_what_the_alphabet_has(character, instead):
    assert replacement(character) == instead


@given(written)
def test_a_replacement_is_gsm(text):
    replaced = gsm_replacement(text)
    assert replaced is None or is_gsm(replaced)
    assert (replaced is None) == any(one.replacement is None for one in lacking(text))


@given(written)
def test_what_is_lacking_stands_where_it_is_said_to(text):
    assert all(text.startswith(one.character, one.position) and not is_gsm(one.character) for one in lacking(text))
    assert bool(lacking(text)) != is_gsm(text)


@given(gsm_texts)
def test_a_gsm_text_replaces_itself(text):
    assert gsm_replacement(text) == text
    assert lacking(text) == ()
