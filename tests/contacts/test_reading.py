"""Decision 53: files as spreadsheets and programs write them become headers and rows, or are refused in words."""

import codecs
import contextlib
import csv
import datetime as dt
import io
import zipfile

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl.utils.datetime import WINDOWS_EPOCH

from mobilesasa.contacts.reading import faults, sheets, tables
from mobilesasa.contacts.reading.cells import Meanings, rows_of, shared_texts
from mobilesasa.core.errors import BadFile
from tests.contacts.files import read, rezipped, shared, streamed, text, workbook, zipped

LINES = "Phone,First name\n0712345678,Zoë\n0712345679,Ann\n"
DAY = dt.datetime.combine(dt.date(2026, 5, 11), dt.time())
ROWS = [(2, ["0712345678", "Zoë"]), (3, ["0712345679", "Ann"])]


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_decision_53_any_of_the_usual_separators_is_found(separator):
    shape, rows = read(text(LINES.replace(",", separator)))
    assert (shape.format, shape.separator, list(shape.headers), rows) == (
        "csv",
        separator,
        ["Phone", "First name"],
        ROWS,
    )


@pytest.mark.parametrize(
    "octets",
    [
        LINES.encode(),
        codecs.BOM_UTF8 + LINES.encode(),
        LINES.encode("utf-16"),
        codecs.BOM_UTF16_BE + LINES.encode("utf-16-be"),
        LINES.encode("utf-16-le"),
        LINES.encode("utf-16-be"),
        LINES.encode("utf-32"),
        LINES.encode("latin-1"),
        LINES.encode("cp1252"),
    ],
)
def test_decision_53_any_of_the_usual_encodings_is_found(octets):
    shape, rows = read(io.BytesIO(octets))
    assert (list(shape.headers), rows) == (["Phone", "First name"], ROWS)


def test_what_windows_has_no_letter_for_is_taken_as_latin_1():
    shape, rows = read(io.BytesIO(b"phone,notes\n0712345678,\x81\xe9\n"))
    assert (shape.encoding, rows) == ("latin-1", [(2, ["0712345678", "\x81é"])])


def test_quotes_hold_separators_and_line_ends_and_rows_are_counted_as_a_spreadsheet_does():
    _, rows = read(text('phone,notes\r\n0712345678,"one, and\r\ntwo ""three"""\r\n\r\n0712345679,\r\n'))
    assert rows == [(2, ["0712345678", 'one, and\r\ntwo "three"']), (4, ["0712345679", ""])]


def test_empty_rows_are_left_out_before_and_behind_the_headers():
    shape, rows = read(text(",,\n\nphone,name,\n,,\n0712345678,Ann,\n"))
    assert (shape.header_row, list(shape.headers), shape.total_rows) == (3, ["phone", "name"], 1)
    assert rows == [(5, ["0712345678", "Ann", ""])]


def test_excel_s_own_line_says_the_separator():
    shape, rows = read(text("sep=;\r\nphone;name\r\n0712345678;Ann, the first\r\n"))
    assert (shape.separator, rows) == (";", [(3, ["0712345678", "Ann, the first"])])


def test_the_separator_is_that_which_finds_the_phone_or_a_header_that_was_named():
    shape, _ = read(text("a,b,c;phone\n1,2,3;0712345678\n"))
    assert (shape.separator, list(shape.headers)) == (";", ["a,b,c", "phone"])
    shape, _ = read(text("a,b,c;number to call\n1,2,3;0712345678\n"), **{"Number to Call": "phone"})
    assert shape.separator == ";"


def test_a_file_of_one_column_needs_no_separator():
    assert read(text("phone\n0712345678\n"))[1] == [(2, ["0712345678"])]


@pytest.mark.parametrize(
    ("octets", "words"),
    [
        (b"", "empty"),
        (b"  \r\n ", "empty"),
        (b"\n\n,,\n", "no rows"),
        (b"phone,name\n", "no rows"),
        (b"%PDF-1.7 whatever", "a PDF"),
        (b"\x89PNG\r\n\x1a\n", "an image"),
        (b"\x1f\x8b\x08", "compressed"),
        (b"{\\rtf1}", "RTF"),
        (b" <HTML><table>", "web page"),
        (b'[{"phone": "0712345678"}]', "JSON"),
        (b"phone\x00\x01\x02,name\n", "no text"),
        (b"phone,\x01name\n1,2\n", "no text"),
        (sheets.OLD + b"\xa1\xb1\x1a\xe1", "old .xls"),
        (sheets.ZIP + b"nothing more", "damaged"),
        (b'phone,notes\n0712345678,"' + b"x" * 140_000, "quote is not closed"),
        (b"phone" + b",x" * 200 + b"\n1\n", "200 columns"),
    ],
)
def test_decision_53_what_is_no_list_is_refused_in_words(octets, words):
    with pytest.raises(BadFile, match=words):
        read(io.BytesIO(octets))


def test_decision_53_more_than_a_million_rows_are_refused(monkeypatch):
    monkeypatch.setattr(tables, "ROWS_MAX", 3)  # a million lines take a second
    assert read(text("phone\n1\n2\n3\n"))[0].total_rows == 3
    with pytest.raises(BadFile, match="more than 3 rows"):
        read(text("phone\n1\n2\n3\n4\n"))


def test_what_is_an_open_quote_in_the_first_look_is_refused_with_its_row():
    with pytest.raises(BadFile, match="row 1 cannot be read"):
        read(text('"' + "x" * 140_000))


# XLSX.


def test_decision_53_a_workbook_is_known_by_its_content_and_numbers_are_written_out():
    rows = [
        ["Phone ", "FIRST NAME", "score", "when", "ok"],
        [254712345678, "Zoë", 1.5, DAY, True],
        [2.54712345679e11, None, 1e-7, DAY + dt.timedelta(hours=9.5), False],
        ["+254712345680", "  ", 3.0, dt.time(9, 30), None],
    ]
    shape, found = read(workbook(rows))
    assert (shape.format, shape.sheet, list(shape.headers)) == (
        "xlsx",
        "Sheet1",
        ["Phone", "FIRST NAME", "score", "when", "ok"],
    )
    assert found == [
        (2, ["254712345678", "Zoë", "1.5", "2026-05-11", "true"]),
        (3, ["254712345679", "", "0.0000001", "2026-05-11 09:30:00", "false"]),
        (4, ["+254712345680", "  ", "3", "09:30:00"]),
    ]


def test_texts_that_stand_in_the_cells_are_read_as_well():
    shape, rows = read(streamed([["phone", "name"], [], ["0712345678", "Ann"]]))
    assert (shape.sheet, shape.total_rows, rows) == ("People", 1, [(3, ["0712345678", "Ann"])])


def test_decision_53_the_first_sheet_with_anything_in_it_is_read_and_hidden_ones_last():
    assert read(workbook([], [["phone"], ["0712345678"]], [["phone"], [1], [2]]))[0].sheet == "Sheet2"
    made = workbook([["phone"], [1], [2]], [["phone"], [1]])
    book = openpyxl.load_workbook(made)
    book["Sheet1"].sheet_state = "hidden"
    hidden = io.BytesIO()
    book.save(hidden)
    assert read(hidden)[0].sheet == "Sheet2"


def test_decision_53_the_value_of_a_formula_is_read_and_without_one_nothing():
    made = workbook([["phone", "name"], ["0712345678", '="A"&"nn"'], ["0712345679", "=1+1"]])
    sheet = zipfile.ZipFile(made).read("xl/worksheets/sheet1.xml")
    filled = sheet.replace(
        b'<c r="B2"><f>"A"&amp;"nn"</f><v /></c>', b'<c r="B2" t="str"><f>"A"&amp;"nn"</f><v>Ann</v></c>'
    )
    assert filled != sheet
    assert read(rezipped(made, sheet1=filled))[1] == [(2, ["0712345678", "Ann"]), (3, ["0712345679"])]


def test_cells_find_their_column_and_rows_their_number_also_where_the_file_does_not_say():
    octets = b"""<x:worksheet xmlns:x="urn:s"><x:sheetData><x:row><x:c><x:v>1</x:v></x:c><x:c t="b"><x:v>1</x:v></x:c></x:row>
    <x:row r="5"><x:c r="C5"><x:v>2</x:v></x:c><x:c r="AB5" t="e"><x:v>#N/A</x:v></x:c></x:row><x:row/></x:sheetData></x:worksheet>"""
    meanings = Meanings([], {}, {}, WINDOWS_EPOCH)
    assert list(rows_of(io.BytesIO(octets), meanings)) == [
        (1, ["1", "true"]),
        (5, ["", "", "2", *[""] * 24, "#N/A"]),
        (6, []),
    ]


@pytest.mark.parametrize(
    ("written", "numbers"),
    [
        (("2", "2", "3"), (2, 3, 4)),
        (("9", "3", "4"), (9, 10, 11)),
        (("-5", "-3", "0"), (1, 2, 3)),
        (("1048576", "3000000000", "9" * 5000), (1048576, 1048577, 1048578)),
        (("two", "", "\u0663"), (1, 2, 3)),
    ],
    ids=["twice", "going down", "below one", "too large", "no numbers"],
)
def test_row_numbers_that_cannot_be_are_counted_on(written, numbers):
    rows = "".join(f'<row r="{each}"><c><v>7</v></c></row>' for each in written)
    sheet = io.BytesIO(f'<worksheet xmlns="urn:s"><sheetData>{rows}</sheetData></worksheet>'.encode())
    assert list(rows_of(sheet, Meanings([], {}, {}, WINDOWS_EPOCH))) == [(number, ["7"]) for number in numbers]


def test_what_is_written_over_a_text_to_say_it_aloud_is_no_part_of_it():
    octets = b"""<sst xmlns="urn:s"><si><t>A</t><rPh sb="0" eb="1"><t>ei</t></rPh></si><si><r><t>B</t></r><r><t>C</t></r></si></sst>"""
    assert shared_texts(io.BytesIO(octets)) == ["A", "BC"]


def test_an_infinite_number_is_nothing():
    octets = b'<worksheet xmlns="urn:s"><row><c><v>1e999</v></c><c s="1"><v>0.5</v></c><c s="2"><v>1.5</v></c></row></worksheet>'
    meanings = Meanings([], {1}, {2}, WINDOWS_EPOCH)
    assert list(rows_of(io.BytesIO(octets), meanings)) == [(1, ["", "12:00:00", "1 day, 12:00:00"])]


def test_decision_53_a_workbook_that_unpacks_to_too_much_is_refused_before_it_is(monkeypatch):
    bomb = rezipped(workbook([["phone"], [1]]), sheet1=b" " * 30_000_000)
    assert len(bomb.getvalue()) < 100_000
    with pytest.raises(BadFile, match="unpacks to too much"):
        read(bomb)
    monkeypatch.setattr(sheets, "UNZIPPED_MAX", 1000)
    with pytest.raises(BadFile, match="unpacks to too much"):
        read(workbook([["phone"], [1]]))


def test_texts_of_a_table_are_read_and_count_in_each_cell(monkeypatch):
    made = shared([["phone", "notes"], *([[n, "x" * 1000] for n in range(20)])])
    shape, rows = read(made)
    assert (shape.total_rows, rows[19]) == (20, (21, ["19", "x" * 1000]))
    monkeypatch.setattr(sheets, "UNZIPPED_MAX", 10_000)
    with pytest.raises(BadFile, match="more than 10000 characters"), tables.rows(made, shape) as found:
        list(found)


def test_a_workbook_without_anything_is_empty():
    with pytest.raises(BadFile, match="is empty"):
        read(workbook([]))


@pytest.mark.parametrize(
    ("file", "words"),
    [
        (zipped(mimetype=b"application/vnd.oasis.opendocument.spreadsheet"), "no XLSX"),
        (zipped(**{"[Content_Types].xml": b"<what/>"}), "cannot be read"),
        (rezipped(workbook([["phone"], [1]]), sheet1=b"<worksheet><sheetData><row>"), "damaged"),
        (rezipped(workbook([["phone"], [1]]), sheet1=b'<!DOCTYPE a [<!ENTITY b "c">]><worksheet/>'), "entities"),
        (shared([["phone"], ["a"]], "<sst/>"), "cannot be read"),
    ],
)
def test_a_broken_workbook_is_refused_in_words(file, words):
    with pytest.raises(BadFile, match=words):
        read(file)


def test_a_workbook_with_a_password_of_the_zip_is_refused():
    octets = bytearray(workbook([["phone"], [1]]).getvalue())
    at = octets.index(b"PK\x01\x02")
    octets[at + 8] |= 1
    with pytest.raises(BadFile, match="password"):
        read(io.BytesIO(bytes(octets)))


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=300) | st.binary(max_size=200).map(lambda octets: sheets.ZIP + octets))
def test_whatever_octets_come_they_are_read_or_refused(octets):
    with contextlib.suppress(BadFile):
        read(io.BytesIO(octets))


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.lists(
            st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=8), min_size=2, max_size=4
        ),
        min_size=1,
        max_size=5,
    ),
    st.sampled_from([",", ";", "\t"]),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
)
def test_what_python_writes_as_csv_is_read_as_it_was(rows, separator, encoding):
    made = io.StringIO(newline="")
    csv.writer(made, delimiter=separator).writerows([["phone", "name"], ["0712345678", "x"], *rows])
    shape, found = read(text(made.getvalue(), encoding))
    assert shape.separator == separator
    assert [cells for _, cells in found[1:]] == [row for row in rows if any(map(str.strip, row))]


def test_the_bounds_are_those_that_are_told():
    assert (faults.ROWS_MAX, faults.UNZIPPED_MAX) == (1_000_000, 209_715_200)
