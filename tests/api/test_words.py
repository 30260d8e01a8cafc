"""Nothing of the API lacks words: routes, fields, scopes, statuses, codes."""

from pathlib import Path
from typing import Any

import pytest

from mobilesasa.api.errors import OWN_STATUSES, STATUSES
from mobilesasa.api.openapi import document
from mobilesasa.api.reference.markup import resolved
from mobilesasa.api.reference.words import CODE_OF_STATUS, CODES, PARTS, SCOPES
from mobilesasa.api.reference.words import STATUSES as STATUS_WORDS
from mobilesasa.api.root import make_app
from mobilesasa.api.routes import Route
from mobilesasa.core.scopes import PLATFORM, WHOLE
from tests.api.rig import Rig

ROOT = Path(__file__).parents[2]
TABLE = make_app(Rig().node)[1]
DOCUMENT = document(TABLE)
SCHEMAS: dict[str, Any] = DOCUMENT["components"]["schemas"]
HEADINGS = {heading for heading, _, _ in PARTS}
KNOWN = {**STATUSES, **OWN_STATUSES}


def test_every_code_has_words_and_no_other():
    assert set(CODES) == set(KNOWN)


@pytest.mark.parametrize("code", sorted(KNOWN))
def test_a_code_stands_in_the_documentation_with_its_status_and_the_same_words(code):
    page = (ROOT / "docs" / "errors.rst").read_text()
    cells = f"``{code}``", str(KNOWN[code]), CODES.get(code, "").replace("`", "``")
    assert any(_cells(line) == cells for line in page.splitlines())


def _cells(line: str) -> tuple[str, ...]:
    return tuple(cell.strip() for cell in line.split("  ") if cell.strip())


def test_every_status_has_words_and_a_code_for_its_examples():
    assert {*KNOWN.values()} == set(CODE_OF_STATUS) == set(STATUS_WORDS) - {200, 304}
    assert all(KNOWN[code] == status for status, code in CODE_OF_STATUS.items())


def test_every_scope_has_words():
    assert set(SCOPES) == {*WHOLE, PLATFORM}


@pytest.mark.parametrize("row", TABLE, ids=lambda row: f"{row.method} {row.path}")
def test_a_route_has_a_part_a_summary_words_for_its_parameters_and_known_scopes(row: Route):
    operation = DOCUMENT["paths"][row.path][row.method.lower()]
    assert operation["tags"][0] in HEADINGS
    assert row.summary.endswith(".")
    assert {scope.removesuffix(":read") for scope in row.scopes} <= set(SCOPES)
    assert [each["name"] for each in operation["parameters"] if not each.get("description")] == []


@pytest.mark.parametrize("name", sorted(SCHEMAS))
def test_every_field_has_words_or_is_of_a_class_that_has(name):
    lacking = [field for field, schema in SCHEMAS[name].get("properties", {}).items() if not said(schema)]
    assert lacking == []


def said(schema: Any) -> bool:
    inner = resolved(schema, SCHEMAS)
    return bool(schema.get("description") or inner.get("description") or ("items" in inner and said(inner["items"])))
