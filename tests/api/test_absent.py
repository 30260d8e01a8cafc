"""Fields of a change: what is left out is not null, and both are told apart from what is given."""

from typing import Annotated, Any

import attrs
import orjson
import pytest

from mobilesasa.api.errors import Problem
from mobilesasa.api.requests import ABSENT, Absent, Said, parse
from mobilesasa.api.schemas import Schemas


@attrs.frozen(kw_only=True)
class Change:
    """What of a thing is to change."""

    name: Annotated[str | Absent, Said("Its name")] = ABSENT
    note: Annotated[str | Absent | None, Said("A note")] = ABSENT
    values: Annotated[dict[str, str | int | float | bool | None] | Absent | None, Said("Values")] = ABSENT


class Request:
    """A request with a body."""

    def __init__(self, octets: bytes) -> None:
        self.content = self
        self._octets = octets

    def read(self) -> bytes:
        return self._octets

    def getHeader(self, name: bytes) -> bytes:  # noqa: N802 - Twisted's name
        return b"application/json"


def parsed(body: Any) -> Change:
    return parse(Change, Request(body if isinstance(body, bytes) else orjson.dumps(body)))  # type: ignore[arg-type]


@pytest.mark.parametrize("body", [{}, b"", b" \n"])
def test_what_is_left_out_is_absent(body):
    assert parsed(body) == Change(name=ABSENT, note=ABSENT, values=ABSENT)


def test_null_is_not_absent():
    assert parsed({"note": None, "values": None}) == Change(note=None, values=None)


def test_what_is_given_is_kept_as_it_is():
    values = {"text": "x", "whole": 1, "half": 0.5, "flag": True, "gone": None}
    made = parsed({"name": "n", "note": "", "values": values})
    assert made == Change(name="n", note="", values=values)
    assert [type(value) for value in made.values.values()] == [str, int, float, bool, type(None)]


@pytest.mark.parametrize(
    ("body", "field"),
    [({"name": None}, "name"), ({"note": 1}, "note"), ({"values": []}, "values"), ({"values": {"a": []}}, "values[a]"),
     ({"values": {"a": {}}}, "values[a]"), ({"values": {"a": "\x00"}}, "values[a]")],
)  # fmt: skip
def test_what_cannot_be_is_named(body, field):
    with pytest.raises(Problem) as refused:
        parsed(body)
    assert [each.field for each in refused.value.fields] == [field]


def test_the_document_says_what_may_be_given_and_nothing_of_what_may_not():
    schemas = Schemas()
    schemas.of(Change)
    made = schemas.made["Change"]
    assert "required" not in made
    assert made["properties"]["name"] == {"type": "string", "description": "Its name"}
    assert made["properties"]["note"]["type"] == ["string", "null"]
    assert made["properties"]["values"]["additionalProperties"]["type"] == [
        "string",
        "integer",
        "number",
        "boolean",
        "null",
    ]
