"""Links in texts, and the short ones that stand for them."""

import secrets

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mobilesasa.campaigns.links import BASE58, find_links, new_code, short_url


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("See https://shop.co.ke now", ["https://shop.co.ke"]),
        ("See https://shop.co.ke/sale?x=1&y=%20#top.", ["https://shop.co.ke/sale?x=1&y=%20#top"]),
        ("(https://shop.co.ke/a)", ["https://shop.co.ke/a"]),
        ("https://en.wikipedia.org/wiki/Nairobi_(city)", ["https://en.wikipedia.org/wiki/Nairobi_(city)"]),
        ("[see https://a.b]!", ["https://a.b"]),
        ("“https://a.b” and <http://c.d/>", ["https://a.b", "http://c.d/"]),
        ("HTTPS://A.B, http://a.b/c?!", ["HTTPS://A.B", "http://a.b/c"]),
        ("https://a.b https://c.d https://a.b", ["https://a.b", "https://c.d", "https://a.b"]),
        ("http://münchen.de/straße", ["http://münchen.de/straße"]),
        ("shttps://a.b ftp://c.d www.e.f https:// https://? http://_", []),
        ("https://a.b/{first_name}", []),
        ("", []),
    ],
)
def test_a_link_ends_where_the_sentence_goes_on(text, expected):
    assert [link.url for link in find_links(text)] == expected


def test_a_link_stands_where_it_was_found():
    text = "See https://a.b, then http://c.d."
    assert [text[link.start : link.end] for link in find_links(text)] == ["https://a.b", "http://c.d"]


def test_the_number_is_left_out_where_there_is_one_link():
    assert short_url("https://go.example", "7fKq2mXa", 1, 1) == "https://go.example/7fKq2mXa"
    assert short_url("https://go.example/l/", "7fKq2mXa", 2, 3) == "https://go.example/l/7fKq2mXa2"


def test_a_code_has_eight_characters_that_cannot_be_confused():
    codes = {new_code(secrets.randbelow) for _ in range(200)}
    assert len(codes) == 200
    assert all(len(code) == 8 and set(code) <= set(BASE58) for code in codes)
    assert len(set(BASE58)) == 58
    assert not set("0OIl") & set(BASE58)


def test_every_number_has_a_code_of_its_own():
    assert {new_code(lambda _, n=number: n) for number in range(3000)} >= {"11111111", "21111111", "12111111"}
    assert len({new_code(lambda _, n=number: n) for number in range(3000)}) == 3000
    assert new_code(lambda below: below - 1) == "zzzzzzzz"


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="https:/.ab)(]}{,! \n", max_size=60))
def test_links_are_found_in_any_text(text):
    for link in find_links(text):
        assert text[link.start : link.end] == link.url
        assert link.url[-1] not in ".,!:"
