"""Columns get their meaning by their headers or a mapping, and rows become people, each by itself."""

import pytest

from mobilesasa.contacts.reading.columns import Column, columns_of, guessed, ignored
from mobilesasa.contacts.reading.people import Person, Reader, written_out
from mobilesasa.core.errors import BadFile
from mobilesasa.sms.numbers import BadNumber


def person(headers, cells, country="KE", **mapping):
    return Reader(columns_of(headers, mapping), country).read(cells)


@pytest.mark.parametrize(
    "header",
    ["phone", "Phone ", "PHONE", "Mobile", "mobile_no.", "MSISDN", "Phone Number", "Cell-phone", "Nambari ya Simu"],
)
def test_decision_53_a_phone_column_is_known_by_many_names(header):
    assert guessed(header) == "phone"


def test_headers_mean_what_they_say_and_the_rest_is_ignored():
    headers = ["Mobile", "First Name", "SURNAME", "E-mail", "Remarks", "Town", ""]
    columns = columns_of(headers, {})
    assert [column.field for column in columns] == ["phone", "first_name", "last_name", "email", "notes"]
    assert ignored(headers, columns) == ["Town"]


def test_decision_55_a_column_that_is_mapped_is_kept_as_an_attribute_and_others_are_ignored():
    headers = ["phone", "Town", "Shoe size"]
    columns = columns_of(headers, {"town": "attributes.town"})
    assert ignored(headers, columns) == ["Shoe size"]
    assert Reader(columns, "KE").read(["0712345678", " Kisumu ", "43"]) == Person(
        "254712345678", {"attributes": {"town": "Kisumu"}}
    )


def test_of_two_columns_for_one_field_the_first_is_read_unless_the_other_was_named():
    headers = ["phone", "mobile"]
    assert columns_of(headers, {}) == (Column(0, "phone", "phone"),)
    assert columns_of(headers, {"mobile": "phone"}) == (Column(1, "mobile", "phone"),)
    assert columns_of(["name", "phone"], {"Name": ""}) == (Column(1, "phone", "phone"),)
    assert columns_of(["name", "phone"], {"Name": None}) == (Column(1, "phone", "phone"),)


@pytest.mark.parametrize(
    ("headers", "mapping", "words"),
    [
        (
            ["name", "email"],
            {},
            "the first row must name the columns, one of them phone; the first row reads: name, email",
        ),
        (["phone"], {"town": "attributes.town"}, "'town', which is not in the file"),
        (["phone", "town"], {"town": "place"}, "must be one of phone, first_name"),
        (["phone", "town"], {"town": "attributes.Home Town"}, "is no name of an attribute"),
        (["phone", "town"], {"town": "attributes.phone"}, "means something else"),
        (["phone", "a", "b"], {"a": "email", "b": "email"}, "two columns for email"),
        (["phone"], {"phone": ""}, "no column is the phone"),
    ],
)
def test_a_mapping_that_cannot_be_is_refused(headers, mapping, words):
    with pytest.raises(BadFile, match=words):
        columns_of(headers, mapping)


def test_more_attributes_than_a_contact_has_are_refused():
    headers = ["phone", *(f"c{n}" for n in range(51))]
    with pytest.raises(BadFile, match="more than 50 attributes"):
        Reader(columns_of(headers, {f"c{n}": f"attributes.c{n}" for n in range(51)}), "KE")


@pytest.mark.parametrize(
    "written",
    ["+254712345678", "0712345678", "712345678", "254712345678", "'+254712345678", "254712345678.0", "2.54712345678E+11",
     "2,54712345678e11", " 0712 345 678 ", "(0712) 345-678", "00254712345678", "\u2018+254712345678"],
)  # fmt: skip
def test_decision_53_a_number_is_read_however_a_spreadsheet_has_left_it(written):
    assert person(["phone"], [written]) == Person("254712345678", {})


def test_decision_53_a_number_that_a_spreadsheet_has_shortened_is_refused():
    (fault,) = person(["Simu"], ["2.54712E+11"])
    assert (fault.column, fault.value) == ("Simu", "2.54712E+11")
    assert fault.message == "the spreadsheet has shortened the number; make the column text, and save it again"
    with pytest.raises(BadNumber):
        written_out("2E+11")


def test_every_wrong_cell_of_a_row_is_named():
    faults = person(["phone", "email", "town"], ["12", "nobody", "x" * 501], town="attributes.town")
    assert [fault.column for fault in faults] == ["phone", "email", "town"]
    assert [fault.message for fault in faults] == [
        "2 digits are too few; a message goes to a full number, not to a short code",
        "is no email address",
        "has 501 characters; at most 500 are kept",
    ]
    assert len(faults[2].value) == 100


def test_a_short_row_says_nothing_of_the_columns_that_it_lacks():
    assert person(["first name", "phone", "email"], ["Ann", "0712345678"]) == Person(
        "254712345678", {"first_name": "Ann"}
    )
    (fault,) = person(["first name", "phone"], ["Ann"])
    assert fault.message == "the number is empty"


def test_a_whole_name_is_its_first_word_and_the_rest_unless_these_have_columns():
    assert person(["phone", "name"], ["0712345678", "Jane Wanjiku Doe"]).said == {
        "first_name": "Jane",
        "last_name": "Wanjiku Doe",
    }
    assert person(["phone", "name"], ["0712345678", "Jane"]).said == {"first_name": "Jane"}
    assert person(["phone", "name"], ["0712345678", "  "]).said == {}
    said = person(["phone", "first name", "name"], ["0712345678", "J.", "Jane Doe"]).said
    assert said == {"first_name": "J.", "last_name": "Doe"}


def test_a_nul_is_left_out():
    assert person(["phone", "notes"], ["0712345678", "a\x00b"]).said == {"notes": "ab"}


def test_a_later_row_of_a_phone_adds_to_the_earlier():
    earlier = Person("254712345678", {"first_name": "Ann", "attributes": {"a": "1", "b": "2"}})
    later = Person("254712345678", {"last_name": "Doe", "attributes": {"b": "3"}})
    assert earlier.merged(later).said == {"first_name": "Ann", "last_name": "Doe", "attributes": {"a": "1", "b": "3"}}
    assert earlier.merged(Person("254712345678", {})).said == earlier.said
    bare = Person("254712345678", {})
    assert bare.merged(bare) == bare
