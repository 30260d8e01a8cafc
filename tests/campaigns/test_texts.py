"""Texts with fields: what is filled, what stays as it is, and what is refused."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mobilesasa.campaigns.texts import CONTACT_FIELDS, BadTemplate, Template, UnknownFields, read_template, written

KNOWN = {*CONTACT_FIELDS, "balance", "is_member"}
texts = st.text(alphabet=st.one_of(st.sampled_from("{}:., \nabfirst_name"), st.characters(codec="utf-8")), max_size=60)
pieces = st.one_of(
    st.sampled_from(
        ["{first_name}", "{first_name:there}", "{{first_name}}", "{balance}", "{", "}", "{{", " ", ", ", "Hi", "\n"]
    ),
    st.text(max_size=5),
)


def rendered(text: str, **fields: str | float | bool | None) -> str:
    return read_template(text, KNOWN).render(fields)


def test_decision_74_a_field_is_filled_with_what_the_recipient_has():
    assert rendered("Hi {first_name}, hello", first_name="Amina") == "Hi Amina, hello"


def test_decision_74_a_default_stands_where_the_recipient_has_nothing():
    assert rendered("Hi {first_name:there}!") == "Hi there!"
    assert rendered("Hi {first_name:there}!", first_name="") == "Hi there!"
    assert rendered("Hi {first_name:there}!", first_name=None) == "Hi there!"
    assert rendered("Hi {first_name:there}!", first_name="Amina") == "Hi Amina!"


def test_decision_74_double_braces_around_a_known_name_are_a_literal_field():
    assert rendered("Write {{first_name}} in it", first_name="Amina") == "Write {first_name} in it"
    assert rendered("Write {{first_name:there}} in it") == "Write {first_name:there} in it"


@pytest.mark.parametrize(
    "text",
    [
        "a } b { c",
        "{}",
        "{{}}",
        "{{code}}",
        "{{ code }}",
        "{10:30}",
        "{a word}",
        "{code|x}",
        "[code]",
        "[1]",
        "{{a",
        "{é}",
        "}{",
        "{" * 50,
    ],
)
def test_decision_74_other_braces_stay_as_they_are(text):
    template = read_template(text, KNOWN)
    assert template.render({"first_name": "Amina"}) == text
    assert not template.is_personal


def test_decision_74_a_field_that_nobody_knows_is_refused_by_its_name():
    with pytest.raises(UnknownFields, match=r"no such field: \{frist_name\}, \{Code\}") as refused:
        read_template("Hi {frist_name}, {Code:x} {first_name} {frist_name:you}", KNOWN)
    assert refused.value.names == ("frist_name", "Code")


def test_a_name_is_found_whatever_its_case():
    assert rendered("Hi {First_Name}, {{BALANCE}}", first_name="Amina") == "Hi Amina, {BALANCE}"


@pytest.mark.parametrize(
    "text", ["{ first_name }", "{{ first_name }}", "{first_name }", "{{ First_Name : there }}", "{ first_name:there }"]
)
def test_a_field_may_have_blanks_around_its_name(text):
    assert rendered(f"Hi {text}, x", first_name="Amina") == "Hi Amina, x"


def test_the_default_of_a_field_with_blanks_has_none_of_them():
    assert rendered("Hi { first_name : there }, {{ last_name: x }}.") == "Hi there, x."


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{first_name|there}", r"has \{first_name\|there\}: .* behind a colon, write \{first_name:there\}"),
        ("{{ First_Name | there }}", r"has \{ First_Name \| there \}: .* behind a colon, write \{first_name:there\}"),
        ("{first_name:{last_name}}", r"no braces behind the colon, write \{first_name:there\}"),
        ("{first_name, how are you", r"has \{first_name, how are you: a field ends with a brace"),
        ("{first_name: you\nand more", r"has \{first_name: you: a field ends with a brace"),
        ("{{first_name", r"write \{first_name\} or \{first_name:there\}"),
        ("{phone us}", r"has \{phone us\}: a field ends with a brace"),
        ("{First Name}", r"has \{First Name\}: write \{first_name\}"),
        ("{last-name}", r"has \{last-name\}: write \{last_name\}"),
        ("[first_name]", r"has \[first_name\]: a field stands in braces, write \{first_name\}"),
        ("[ Email|you ]", r"a field stands in braces, write \{email\}"),
    ],
)
def test_a_known_field_that_is_written_in_another_way_is_refused_with_how_to_write_it(text, says):
    with pytest.raises(BadTemplate, match=says):
        read_template(f"Hi {text}", KNOWN)


def test_a_field_with_blanks_that_nobody_knows_is_refused_as_any():
    with pytest.raises(UnknownFields, match=r"no such field: \{frist_name\}"):
        read_template("Hi { frist_name }", KNOWN)


def test_a_name_longer_than_any_field_is_no_field():
    text = "{" + "a" * 41 + "}"
    assert rendered(text) == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Hi {first_name}, x", "Hi, x"),
        ("Hi {first_name}! x", "Hi! x"),
        ("Hi {first_name} x", "Hi x"),
        ("Hi {first_name}", "Hi"),
        ("Hi {first_name}\nx", "Hi\nx"),
        ("Hi {first_name:}, x", "Hi, x"),
        ("{first_name} x", "x"),
        ("a\n{first_name} x", "a\nx"),
        ("Dear {first_name} {last_name}, x", "Dear, x"),
        ("Dear {first_name}{last_name} x", "Dear x"),
        ("Dear {first_name}{last_name}", "Dear"),
        ("Dear  {first_name}  x", "Dear   x"),
        ("({first_name})x", "()x"),
        ("x{first_name} y", "x y"),
        ("{first_name}", ""),
    ],
)
def test_an_empty_field_takes_one_of_the_blanks_beside_it_along(text, expected):
    assert rendered(text) == expected


def test_a_field_behind_an_empty_one_is_filled_as_ever():
    assert rendered("Dear {first_name} {last_name}, x", last_name="Otieno") == "Dear Otieno, x"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (12.0, "12"),
        (12.5, "12.5"),
        (-3.0, "-3"),
        (1e16, "10000000000000000"),
        (1e-7, "0.0000001"),
        (0, "0"),
        (0.0, "0"),
        (1200, "1200"),
        (True, "yes"),
        (False, "no"),
        ("2026-05-11", "2026-05-11"),
        (None, ""),
        (float("nan"), ""),
        (float("inf"), ""),
    ],
)
def test_a_value_stands_in_a_text_as_people_write_it(value, expected):
    assert written(value) == expected


def test_nothing_is_a_value_and_no_gap_where_a_number_is_zero():
    assert rendered("You owe {balance} shillings", balance=0) == "You owe 0 shillings"


def test_a_phone_is_written_with_its_plus():
    assert rendered("We call {phone}.", phone="254712345678") == "We call +254712345678."
    assert rendered("We call {phone}.", phone="+254712345678") == "We call +254712345678."
    assert rendered("We call {phone:you}.") == "We call you."


def test_a_template_says_which_fields_it_names():
    template = read_template("{First_name} {balance:0} {{email}}", KNOWN)
    assert (template.fields, template.is_personal) == (frozenset({"first_name", "balance"}), True)


def test_links_are_shortened_by_their_numbers():
    template = read_template("Hi {first_name}: https://a.b/c, http://d.e and https://a.b/c.", KNOWN, track=True)
    assert template.links == ("https://a.b/c", "http://d.e")
    assert template.render({"first_name": "Amina"}, "<{}>".format) == "Hi Amina: <1>, <2> and <1>."
    assert template.render({"first_name": "Amina"}) == "Hi Amina: https://a.b/c, http://d.e and https://a.b/c."


def test_links_stay_as_they_are_where_nobody_asked_for_them():
    template = read_template("Look: https://a.b/c", KNOWN)
    assert (template.links, template.render({}, "<{}>".format)) == ((), "Look: https://a.b/c")


def test_a_link_with_a_field_in_it_is_filled_and_not_shortened():
    template = read_template("https://a.b/?p={phone} http://d.e/{first_name:https://f.g} x", KNOWN, track=True)
    assert template.links == ()
    assert template.render({"phone": "254"}, "<{}>".format) == "https://a.b/?p=+254 http://d.e/https://f.g x"


def test_a_link_that_is_a_default_is_not_shortened():
    template = read_template("Go to {balance:https://f.g} or https://h.i", KNOWN, track=True)
    assert (template.links, template.render({}, "<{}>".format)) == (("https://h.i",), "Go to https://f.g or <1>")


def test_a_text_with_links_alone_is_not_personal():
    assert not read_template("https://a.b", KNOWN, track=True).is_personal


@settings(max_examples=200, deadline=None)
@given(texts)
def test_reading_and_rendering_never_fail_but_for_unknown_fields(text):
    try:
        template = read_template(text, KNOWN, track=True)
    except BadTemplate:
        return
    assert isinstance(template.render({}, "<{}>".format), str)


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet=st.characters(exclude_characters="{"), max_size=60) | st.from_regex(r"(\{[ 0-9]|,|\}|\{\{)*\Z"))
def test_a_text_without_known_fields_renders_to_itself(text):
    assert read_template(text, KNOWN).render({}) == text


@settings(max_examples=200, deadline=None)
@given(
    st.lists(pieces, max_size=12),
    st.text(st.characters(exclude_characters="\0"), min_size=1, max_size=8),
    st.integers(),
)
def test_every_field_is_filled(parts, name, balance):
    template = readable("".join(parts))
    if template is not None:
        expected = template.text.replace("{{first_name}}", "\0")
        expected = expected.replace("{first_name}", name).replace("{first_name:there}", name)
        expected = expected.replace("{balance}", str(balance)).replace("\0", "{first_name}")
        assert template.render({"first_name": name, "balance": balance}) == expected


def readable(text: str) -> Template | None:
    """The template of a text that names no field but those which are known, and has none within braces of its own."""
    try:
        return None if "{{{" in text or "}}}" in text or "\0" in text else read_template(text, KNOWN)
    except BadTemplate:
        return None
