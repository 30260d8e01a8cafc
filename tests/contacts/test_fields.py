"""What fields of contacts and groups may hold."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mobilesasa.contacts.fields import (
    TEXTS,
    WrongAttributes,
    WrongValue,
    checked_attribute_name,
    folded,
    merged,
    read_attributes,
    read_description,
    read_email,
    read_group_name,
    read_name,
    read_notes,
)


def test_blanks_about_and_within_a_name_are_single():
    assert read_name("  Jane \t  van\n Doe ") == "Jane van Doe"


@pytest.mark.parametrize("read", [read_name, read_email, read_notes, read_description])
def test_of_a_field_of_blanks_nothing_is_left(read):
    assert read(" \r\n\t ") is None


@pytest.mark.parametrize("email", ["jane@example.com", "j.d+x@localhost", "ü@exämple.de"])
def test_an_address_is_kept_as_it_was_written(email):
    assert read_email(f" {email} ") == email


@pytest.mark.parametrize(
    "email", ["jane", "@example.com", "jane@", "a@b@c", "a b@c.de", "a@b,c@d", "<a@b.c>", 'a"@b.c']
)
def test_what_has_not_the_shape_of_an_address_is_refused(email):
    with pytest.raises(WrongValue, match="no email address"):
        read_email(email)


def test_notes_keep_their_lines():
    assert read_notes("one\r\ntwo\rthree\n\tfour\n") == "one\ntwo\nthree\n\tfour"


@pytest.mark.parametrize(("read", "most"), [(read_name, 100), (read_notes, 5000), (read_description, 1000)])
def test_a_field_that_is_too_long_is_refused_and_not_cut(read, most):
    assert read("ü" * most) == "ü" * most
    with pytest.raises(WrongValue, match=f"at most {most}"):
        read("ü" * (most + 1))


@pytest.mark.parametrize("character", ["\x07", "\x1b", "\x7f", "\x9b", "\ud800"])
def test_control_characters_are_refused(character):
    with pytest.raises(WrongValue, match="control character"):
        read_notes(f"a{character}b")


def test_decision_58_the_name_of_a_group_is_trimmed_and_case_does_not_tell_names_apart():
    assert read_group_name("  VIP   Customers ") == "VIP Customers"
    assert folded("VIP ＣＵＳＴＯＭＥＲＳ ß") == folded("vip customers SS")
    with pytest.raises(WrongValue, match="empty"):
        read_group_name("  ")


def test_attributes_are_texts_numbers_and_flags():
    given = {"county": " Nairobi ", "points": 12, "rate": 1.5, "vip": False, "gone": None, "empty": " "}
    assert read_attributes(given) == {
        "county": "Nairobi",
        "points": 12,
        "rate": 1.5,
        "vip": False,
        "gone": None,
        "empty": None,
    }


def test_every_attribute_that_cannot_be_is_named():
    wrong = {
        "Points": 1,
        "9a": 1,
        "a-b": 1,
        "phone": "x",
        "": 1,
        "a" * 41: 1,
        "big": 2**53 + 1,
        "inf": float("inf"),
        "long": "x" * 501,
    }
    with pytest.raises(WrongAttributes, match="small letter") as refused:
        read_attributes(wrong | {"fine": 1})
    assert refused.value.faults.keys() == wrong.keys()


@pytest.mark.parametrize("name", ["points", "a", "a_1", "a" * 40])
def test_a_name_of_an_attribute_is_small_letters_digits_and_underscores(name):
    assert checked_attribute_name(name) == name


def test_a_change_of_attributes_sets_and_takes_away():
    assert merged({"a": 1, "b": 2}, {"b": None, "c": 3, "d": None}) == {"a": 1, "c": 3}
    assert merged({"a": 1}, {}) == {"a": 1}
    assert merged({"a": 1}, None) == {}


def test_a_contact_has_at_most_fifty_attributes():
    fifty = {f"a{n}": n for n in range(50)}
    assert merged({}, fifty) == fifty
    with pytest.raises(WrongValue, match="51"):
        merged(fifty, {"more": 1})
    assert len(merged(fifty, {"more": 1, "a0": None})) == 50


@settings(max_examples=200)
@given(st.text(), st.sampled_from(sorted(TEXTS)))
def test_what_is_kept_of_a_field_is_kept_again_as_it_is(text, name):
    try:
        kept = TEXTS[name](text)
    except WrongValue:
        return
    assert kept is None or TEXTS[name](kept) == kept
