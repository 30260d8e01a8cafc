"""Every column of an audience is a field by its header, and rows become people with what fills them."""

import pytest

from mobilesasa.contacts.reading.audiences import FIELDS_MAX, FieldReader, audience_columns, field_of
from mobilesasa.contacts.reading.columns import Column, ignored
from mobilesasa.contacts.reading.people import Person
from mobilesasa.core.errors import BadFile


def fields(headers, **mapping):
    return {column.field: column.at for column in audience_columns(headers, mapping)}


def read(headers, cells, country="KE"):
    return FieldReader(audience_columns(headers, {}), country).read(cells)


@pytest.mark.parametrize(
    ("header", "field"),
    [
        ("First Name", "first_name"),
        (" AMOUNT-DUE ", "amount_due"),
        ("a - b", "a_b"),
        ("due\u00a0date", "due_date"),
        ("x" * 40, "x" * 40),
        ("x" * 41, None),
        ("1st", None),
        ("Amount (KES)", None),
        ("Ville d'\u00e9t\u00e9", None),
        ("", None),
    ],
)
def test_a_header_is_the_name_of_its_field_if_it_can_be_one(header, field):
    assert field_of(header) == field


def test_the_phone_is_known_by_many_names_and_what_can_be_no_name_is_ignored():
    headers = ["Amount", "Mobile No.", "Name", "Due (KES)", "", "Phone", "amount"]
    columns = audience_columns(headers, {})
    assert columns == (Column(0, "Amount", "amount"), Column(1, "Mobile No.", "phone"), Column(2, "Name", "name"))
    assert ignored(headers, columns) == ["Due (KES)", "Phone", "amount"]


def test_a_second_column_of_phones_is_a_field_by_its_own_name():
    assert fields(["Phone", "Mobile"]) == {"phone": 0, "mobile": 1}


def test_a_column_that_is_mapped_is_what_the_mapping_says():
    headers = ["Simu", "Due (KES)", "Age", "Mobile"]
    assert fields(headers, **{"due (kes)": "due", "Age": "", "Mobile": "phone"}) == {"simu": 0, "due": 1, "phone": 3}


@pytest.mark.parametrize(
    ("headers", "mapping", "words"),
    [
        (["name", "town"], {}, "no column is the phone"),
        (["phone"], {"phone": ""}, "no column is the phone"),
        (["phone", "town"], {"town": "Home town"}, "is no name of a field"),
        (["phone", "town"], {"place": "town"}, "which is not in the file"),
        (["phone", "a", "b"], {"a": "x", "b": "x"}, "two columns for x"),
    ],
)
def test_a_mapping_that_cannot_be_is_refused_with_its_reason(headers, mapping, words):
    with pytest.raises(BadFile, match=words):
        audience_columns(headers, mapping)


def test_of_very_many_columns_those_that_are_named_and_the_first_others_are_fields():
    headers = ["phone", *(f"c{n}" for n in range(FIELDS_MAX + 5))]
    found = fields(headers, **{f"c{FIELDS_MAX + 4}": "last"})
    assert len(found) == FIELDS_MAX + 1
    assert found["last"] == FIELDS_MAX + 5
    assert f"c{FIELDS_MAX - 1}" not in found
    with pytest.raises(BadFile, match="more than 50 fields"):
        audience_columns(headers, {header: header for header in headers[1:]})


def test_a_row_is_a_phone_and_what_its_cells_say():
    headers = ["Phone", "First Name", "Balance", "Note"]
    assert read(headers, [" 0712 345 678", " Jane  ", "1,250.00", ""]) == Person(
        "254712345678", {"fields": {"first_name": "Jane", "balance": "1,250.00"}}
    )
    assert read(headers, ["0712345678"]) == Person("254712345678", {"fields": {}})
    assert read(headers, ["0712345678", "\x00", "a\r\nb"]) == Person("254712345678", {"fields": {"balance": "a\nb"}})


def test_every_wrong_cell_of_a_row_is_told():
    wrong = read(["Phone", "Note", "Town"], ["12", "x" * 501, "a\x07"])
    assert [(each.column, each.message) for each in wrong[1:]] == [
        ("Note", "has 501 characters; at most 500 are kept"),
        ("Town", "holds the control character U+0007"),
    ]
    assert wrong[0].column == "Phone"
