"""Texts with variables."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mobilesasa.ussd.texts import read_text, showable


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("Hi {first_name}", "Hi Amina"),
        ("Hi {First_Name}", "Hi Amina"),
        ("Hi { first_name }!", "Hi Amina!"),
        ("Hi {first_name:there}", "Hi Amina"),
        ("Hi {last_name:there}", "Hi there"),
        ("{first_name}{first_name}", "AminaAmina"),
        ("{{first_name}}", "{first_name}"),
        ("{{{first_name}}}", "{Amina}"),
        ("a } b { c {10:30} {} {a word}", "a } b { c {10:30} {} {a word}"),
        ("Hi {last_name}, welcome", "Hi, welcome"),
        ("Hi {last_name} welcome", "Hi welcome"),
        ("Hi {last_name}", "Hi"),
        ("{last_name} Hi", "Hi"),
        ("", ""),
    ],
)
def test_a_text_is_filled(text, filled):
    assert read_text(text).fill({"first_name": "Amina", "last_name": ""}) == filled


def test_a_text_tells_its_variables_each_once():
    assert read_text("{b} {a:x} {B} {{c}}").names == ("b", "a")


def test_a_value_is_not_read_again():
    assert read_text("{a}{b}").fill({"a": "{b}", "b": "x"}) == "{b}x"


@pytest.mark.parametrize(
    ("value", "shown"), [("a\r\nb\rc", "a\nb\nc"), ("a\x00\x1bb", "a b"), ("\udc00a", "\ufffda"), ("abcdef", "abcd")]
)
def test_a_value_from_elsewhere_is_made_fit_to_show(value, shown):
    assert showable(value, 4 if value == "abcdef" else 10) == shown


@given(st.text(alphabet="{}:ab \n", max_size=30))
def test_every_text_can_be_read_and_one_without_fields_is_filled_with_nothing(text):
    read = read_text(text)
    assert read.names or read.fill({"a": "x"}) == text.replace("{{", "{").replace("}}", "}")


@given(st.text(st.one_of(st.characters(codec="utf-8"), st.sampled_from("\ud800\udc00\x00\r")), max_size=40))
def test_what_is_showable_can_be_written_in_utf_8(value):
    showable(value, 20).encode()
