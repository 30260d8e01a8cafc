"""Each sentence of the REST part of the customers' reference has a test that quotes it.

A test quotes what it shows in its docstring, as `api-v1: "Retries a failed message."`; blanks, marks and case do not count, and
one quote may hold several sentences. `tests/data/api-v1.txt` is the reference as customers have it.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
REFERENCE = TESTS / "data" / "api-v1.txt"
END = "SMPP Guide"  # what follows is quoted by the tests of SMPP in their own way

#: Headings, names of columns and the like, which state nothing.
HEADINGS = """
REST API v1 · API Reference · JSON responses Bearer token auth SMPP support Granular scopes · Overview · Response envelope ·
Rate limiting · Authentication · API Token (recommended) · Token scopes · ScopeGrants access to · Errors & Status Codes · StatusMeaning ·
Messages · Send a message · Request body · List messages · Query params · Get a message · Resend a message · Contacts · List contacts ·
Create a contact · Update a contact · Delete a contact · Bulk import contacts · Groups · List groups · Create a group ·
Manage group contacts ·
Campaigns · Create a campaign · Send a campaign · Campaign statuses · Surveys · List surveys · Get a survey · Get survey responses · USSD ·
List USSD codes · List extensions · API Tokens · List tokens · Create a token · Revoke a token · Important: · ISO 8601
"""
#: Parts of the reference whose sentences wait for their features, and sentences elsewhere that do.
AWAITED: tuple[str, ...] = ()
AWAITED_ALONE: tuple[str, ...] = ()

_CODE = re.compile(r"curl |\s|[{}#/]|-|https://")
_PLAIN = re.compile(r"[a-z_]+(\[\])?$")  # a field's name or its type
_ROUTE = re.compile(r"(GET|POST|PUT|DELETE)/\S+$")
_QUOTE = re.compile(r'api-v1: "(.+?)"(?=\s*(?:api-v1:|$|\n|[.;,)]))', re.DOTALL)


def plain(text: str) -> str:
    return re.sub(r"[^a-z0-9]", "", text.lower())


KNOWN = {plain(heading) for heading in HEADINGS.split("·")}
PARTS = ("Messages", "Contacts", "Groups", "Campaigns", "Surveys", "USSD", "API Tokens")


def sentences() -> Iterator[tuple[str, str]]:
    """Each sentence, with the part that it stands in."""
    part = "Overview"
    for line in REFERENCE.read_text().split(f"\n{END}\n")[0].splitlines():
        if line in PARTS:
            part = line
        if not line or _CODE.match(line) or _PLAIN.match(line) or _ROUTE.match(line):
            continue
        for each in re.split(r"(?<=[.!?:]) (?=[A-Z])", line):
            if plain(each) not in KNOWN:
                yield part, each


def quoted() -> set[str]:
    found = set()
    for path in TESTS.rglob("test_*.py"):
        source = path.read_text()
        if "api-v1: " not in source or path == Path(__file__):
            continue
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                found |= {plain(quote) for quote in _QUOTE.findall(ast.get_docstring(node) or "")}
    return found


QUOTED = quoted()
STATED = list(sentences())


@pytest.mark.parametrize(
    "sentence",
    [sentence for part, sentence in STATED if part not in AWAITED and sentence not in AWAITED_ALONE],
    ids=lambda sentence: plain(sentence)[:60],
)
def test_a_sentence_of_the_reference_is_quoted_by_the_test_that_shows_it(sentence):
    assert [quote for quote in QUOTED if plain(sentence) in quote]


def test_the_reference_is_read_to_its_end():
    texts = [sentence for _, sentence in STATED]
    assert "All API endpoints are served over HTTPS." in texts
    assert "Any in-flight requests using it will receive 401." in texts
    assert "200OK — request succeeded" in texts
    assert {part for part, _ in STATED} == {"Overview", *PARTS}


def test_no_sentence_that_is_quoted_is_still_awaited():
    assert [each for each in AWAITED_ALONE if any(plain(each) in quote for quote in QUOTED)] == []
    for part in AWAITED:
        assert not all(any(plain(each) in quote for quote in QUOTED) for where, each in STATED if where == part), part
