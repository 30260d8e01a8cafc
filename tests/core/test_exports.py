"""How rows become files that programs read and spreadsheets do not run."""

import csv
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mobilesasa.core.exports import CELL_CHARACTERS, Look, in_sheet


def read(octets):
    return list(csv.reader(io.StringIO(octets.decode("utf-8-sig"), newline="")))


@pytest.mark.parametrize(
    "text", ['=HYPERLINK("http://x")', "+cmd|' /C calc'!A0", "-1+1", "@SUM(1)", "\t=1", "\r=1", "\n=1"]
)
def test_what_begins_like_a_formula_is_told_to_be_a_text(text):
    ((cell,),) = read(Look().octets([[text]]))
    assert cell == "'" + text


@pytest.mark.parametrize("text", ["+254712345678", "-12.5", "254712345678", "hello", "", "a=b", "'quoted"])
def test_numbers_and_other_texts_are_left_alone(text):
    assert read(Look().octets([["x", text]])) == [["x", text]]


@pytest.mark.parametrize("text", ["+254712345678", "254712345678", "0712345678", "+1"])
def test_for_spreadsheets_long_numbers_are_texts(text):
    assert read(Look(excel=True).octets([[text]])) == [["'" + text]]


def test_for_spreadsheets_there_is_a_mark_of_the_encoding():
    assert Look(excel=True).first(["uuid", "to"]) == b"\xef\xbb\xbfuuid,to\r\n"
    assert Look().first(["uuid", "to"]) == b"uuid,to\r\n"


def test_numbers_and_nothing_are_written_as_such():
    assert Look(excel=True).octets([[1, None, 2.5, "x,y", 'say "hi"']]) == b'1,,2.5,"x,y","say ""hi"""\r\n'


@settings(max_examples=150)
@given(st.lists(st.text(st.characters(exclude_categories=["Cs"])), min_size=2, max_size=4), st.booleans())
def test_what_is_written_can_be_read(cells, excel):
    ((*found,),) = read(Look(excel=excel).octets([[*cells, "end"]]))
    assert [cell.removeprefix("'") for cell in found] == [cell.removeprefix("'") for cell in [*cells, "end"]]


def test_half_a_character_is_a_question_mark():
    assert Look().octets([["a\ud83d"]]) == b"a?\r\n"


def test_a_sheet_holds_no_control_characters_and_no_endless_text():
    assert in_sheet("a\x00b\x1fc\n") == "abc\n"
    assert in_sheet("x" * 40_000) == "x" * CELL_CHARACTERS
    assert (in_sheet(5), in_sheet(None), in_sheet("=1")) == (5, None, "=1")
