"""Workbooks, written by a child."""

import io

import orjson
from openpyxl import load_workbook

from mobilesasa.jobs.workbook import write


def made(rows, columns=("a", "b"), **more):
    into = io.BytesIO()
    write((orjson.dumps(row) + b"\n" for row in rows), columns, "messages", into, **more)
    return load_workbook(into)


def values(sheet):
    return [list(row) for row in sheet.iter_rows(values_only=True)]


def test_rows_stand_below_their_columns():
    book = made([["+254712345678", 1], [None, 2.5]])
    assert values(book["messages"]) == [["a", "b"], ["+254712345678", 1], [None, 2.5]]
    assert book["messages"].freeze_panes == "A2"


def test_what_looks_like_a_formula_is_a_text():
    book = made([["=1+1", "#N/A"], ["+1", "-1"]])
    assert [cell.data_type for row in book["messages"].iter_rows(min_row=2) for cell in row] == ["s"] * 4
    assert values(book["messages"])[1] == ["=1+1", "#N/A"]


def test_what_does_not_fit_goes_on_in_the_next_sheet():
    book = made([[n, n] for n in range(5)], sheet_rows=2)
    assert book.sheetnames == ["messages", "messages 2", "messages 3"]
    assert [len(values(sheet)) for sheet in book] == [3, 3, 2]
    assert values(book["messages 3"])[0] == ["a", "b"]


def test_what_just_fits_needs_no_other_sheet():
    assert made([[1, 2], [3, 4]], sheet_rows=2).sheetnames == ["messages"]


def test_of_no_rows_there_are_the_columns():
    assert values(made([])["messages"]) == [["a", "b"]]
