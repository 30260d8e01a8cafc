from typing import Annotated, Literal

import attrs
import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mobilesasa.api.errors import Problem
from mobilesasa.api.requests import Said, parse, parse_query
from mobilesasa.api.strict import MAX_DEPTH
from tests.api.rig import BODY, TOKEN, Rig


@attrs.frozen(kw_only=True)
class Inner:
    name: str


@attrs.frozen(kw_only=True)
class Asked:
    name: str
    size: Annotated[int, Said("How big", minimum=1, maximum=9)] = 1
    loud: bool = False
    kind: Literal["a", "b"] | None = None
    tags: list[str] = attrs.field(factory=list)
    inner: list[Inner] = attrs.field(factory=list)


class FakeRequest:
    """What `parse` looks at."""

    def __init__(self, octets: bytes = b"", content_type: bytes | None = b"application/json", **args: bytes) -> None:
        self.content = self
        self.args = {name.encode(): [value] for name, value in args.items()}
        self._octets = octets
        self._content_type = content_type

    def read(self) -> bytes:
        return self._octets

    def getHeader(self, name: bytes) -> bytes | None:  # noqa: N802 - Twisted's name
        return self._content_type


def wrong(octets: bytes, content_type: bytes | None = b"application/json") -> Problem:
    with pytest.raises(Problem) as caught:
        parse(Asked, FakeRequest(octets, content_type))
    assert caught.value.status == 400
    return caught.value


def wrong_fields(**body: object) -> dict[str, str]:
    return {field.field: field.message for field in wrong(orjson.dumps(body)).fields}


def test_a_body_becomes_the_class():
    body = {"name": "x", "size": 9, "loud": True, "kind": "b", "tags": ["t"], "inner": [{"name": "y"}], "unknown": 1}
    asked = parse(Asked, FakeRequest(orjson.dumps(body)))
    assert asked == Asked(name="x", size=9, loud=True, kind="b", tags=["t"], inner=[Inner(name="y")])


def test_what_is_left_out_has_its_default():
    assert parse(Asked, FakeRequest(b'{"name": "x"}')) == Asked(name="x")


def test_nothing_is_coerced_and_every_wrong_field_is_named_at_once():
    assert wrong_fields(size="5", loud=1, kind="c", tags="t", inner=[{}, {"name": 5}]) == {
        "name": "is required",
        "size": "must be a whole number, not a string",
        "loud": "must be true or false, not a number",
        "kind": "must be one of a, b",
        "tags": "must be an array, not a string",
        "inner[0].name": "is required",
        "inner[1].name": "must be a string, not a number",
    }


@pytest.mark.parametrize(
    ("value", "named"),
    [(5, "a number"), (1.5, "a number"), (True, "true or false"), (None, "null"), ([], "an array"), ({}, "an object")],
)
def test_what_is_no_string_is_called_by_its_name(value, named):
    assert wrong_fields(name=value) == {"name": f"must be a string, not {named}"}


@pytest.mark.parametrize("size", [0, 10, -1])
def test_a_number_out_of_bounds_is_told_the_bounds(size):
    assert wrong_fields(name="x", size=size) == {"size": "must be a number from 1 to 9"}


@pytest.mark.parametrize("size", [True, 1.0, None])
def test_only_a_whole_number_is_one(size):
    assert list(wrong_fields(name="x", size=size)) == ["size"]


@pytest.mark.parametrize("kind", ["c", 5, [], {}])
def test_what_is_not_among_the_words_is_told_them(kind):
    assert wrong_fields(name="x", kind=kind) == {"kind": "must be one of a, b"}


def test_a_nul_character_is_refused():
    assert wrong_fields(name="a\x00b") == {"name": "holds a NUL character"}


@pytest.mark.parametrize(
    "octets",
    [b"{", b"nonsense", b'{"name": NaN}', b'{"name": "\\ud800"}', b'{"name": "\xff"}', b"\xef\xbb\xbf{}", b"[" * 5000],
)
def test_what_is_not_json_is_said_so(octets):
    assert wrong(octets).code == "bad_json"


@pytest.mark.parametrize(
    ("octets", "named"), [(b"[]", "an array"), (b"5", "a number"), (b"null", "null"), (b'"x"', "a str")]
)
def test_a_body_that_is_no_object_is_refused(octets, named):
    problem = wrong(octets)
    assert problem.code == "bad_json"
    assert named in problem.message


@pytest.mark.parametrize("octets", [b"", b" \n"])
def test_an_empty_body_names_what_is_required(octets):
    problem = wrong(octets)
    assert (problem.code, [field.field for field in problem.fields]) == ("bad_json", ["name"])


@pytest.mark.parametrize(("open_", "close"), [("[", "]"), ('{"a":', "}")])
def test_depth_is_bounded(open_, close):
    def nested(depth: int) -> bytes:
        return f'{{"name": "x", "more": {open_ * depth}1{close * depth}}}'.encode()

    assert parse(Asked, FakeRequest(nested(MAX_DEPTH - 1))) == Asked(name="x")
    assert wrong(nested(MAX_DEPTH)).code == "bad_json"


@pytest.mark.parametrize(
    "content_type",
    [
        None,
        b"application/json",
        b"Application/JSON; charset=UTF-8",
        b"application/vnd.api+json",
        b'text/json;charset="utf8"',
    ],
)
def test_json_by_any_of_its_names_is_taken(content_type):
    assert parse(Asked, FakeRequest(b'{"name": "x"}', content_type)) == Asked(name="x")


@pytest.mark.parametrize(
    "content_type",
    [b"application/x-www-form-urlencoded", b"multipart/form-data; boundary=x", b"text/plain", b"json", b"\xff"],
)
def test_another_content_type_is_refused(content_type):
    assert wrong(b'{"name": "x"}', content_type).code == "bad_content_type"


def test_json_in_another_charset_is_refused():
    assert "UTF-8" in wrong(b'{"name": "x"}', b"application/json; charset=latin-1").message


def test_what_curl_sends_by_itself_is_answered_with_the_header_to_add(rig):
    reply = rig.ask(
        "POST", "/api/v1/messages", b"{}", X_API_Key=TOKEN, Content_Type="application/x-www-form-urlencoded"
    )
    assert reply.refusal == (400, "bad_content_type")
    assert 'curl -d needs -H "Content-Type: application/json"' in reply.body["error"]


def test_several_recipients_in_one_request_are_told_what_to_do(rig):
    error = rig.post("/messages", BODY | {"to": ["+254712345678"]}).body["error"]
    assert error == "to must be a single value, not an array: send them to /messages/batch"


@attrs.frozen(kw_only=True)
class Query:
    page: Annotated[int, Said("Which", minimum=1, maximum=100)] = 1
    loud: bool = False
    name: str | None = None


def test_a_query_becomes_the_class():
    assert parse_query(Query, FakeRequest(page=b"7", loud=b"true", name=b"J\xc3\xb6", more=b"x")) == Query(
        page=7, loud=True, name="Jö"
    )


def test_a_flag_in_a_query_is_true_or_false():
    assert parse_query(Query, FakeRequest(loud=b"false")) == Query()
    with pytest.raises(Problem) as caught:
        parse_query(Query, FakeRequest(loud=b"1"))
    assert caught.value.fields[0].message == "must be true or false"


@pytest.mark.parametrize("page", [b"", b"7"])
def test_an_empty_value_is_as_if_it_were_not_given(page):
    assert parse_query(Query, FakeRequest(page=page)).page == (7 if page else 1)


def test_a_query_that_is_not_utf8_is_refused():
    with pytest.raises(Problem) as caught:
        parse_query(Query, FakeRequest(name=b"\xff"))
    assert (caught.value.status, caught.value.code) == (400, "bad_url")


def test_where_an_object_is_needed_nothing_else_will_do():
    assert wrong_fields(name="x", inner=["a", 5, None]) == {
        "inner[0]": "must be an object, not a string",
        "inner[1]": "must be an object, not a number",
        "inner[2]": "must be an object, not null",
    }


@attrs.frozen
class Picky:
    size: int = attrs.field(validator=attrs.validators.gt(5))


@attrs.frozen
class Loose:
    sizes: frozenset[int]


@pytest.mark.parametrize(("cls", "octets"), [(Picky, b'{"size": 5}'), (Loose, b'{"sizes": 5}')])
def test_a_class_that_refuses_by_other_means_than_its_types_is_our_defect(cls, octets):
    with pytest.raises((ValueError, TypeError)):
        parse(cls, FakeRequest(octets))


@attrs.frozen
class Table:
    words: dict[str, str]


def test_an_object_of_any_keys_is_read():
    assert parse(Table, FakeRequest(b'{"words": {"a": "b"}}')) == Table({"a": "b"})


@pytest.mark.parametrize(
    ("octets", "fields"),
    [
        (b'{"words": ["a"]}', [("words", "must be an object, not an array")]),
        (b'{"words": {"a": 1, "b": null}}', [("words[a]", "must be a string, not a number"), ("words[b]", "must be a string, not null")]),
    ],
)  # fmt: skip
def test_what_is_wrong_in_an_object_is_named_by_its_key(octets, fields):
    with pytest.raises(Problem) as wrong:
        parse(Table, FakeRequest(octets))
    assert [(field.field, field.message) for field in wrong.value.fields] == fields


def test_a_type_that_no_hook_reads_is_our_defect():
    @attrs.frozen
    class Odd:
        at: complex

    with pytest.raises(Exception, match="complex"):
        parse(Odd, FakeRequest(b'{"at": {}}'))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["to", "message", "sender_id", "x"]), inner),
    max_leaves=8,
)


@settings(max_examples=150, deadline=None)
@given(body=st.dictionaries(st.sampled_from(["to", "message", "sender_id", "validity_minutes"]), JSON))
def test_no_body_brings_about_a_500(body):
    try:
        octets = orjson.dumps(body)
    except orjson.JSONEncodeError:  # a lone surrogate; what is sent then is not JSON
        octets = b'{"to": "\\ud800"}'
    reply = Rig().ask("POST", "/api/v1/messages", octets, X_API_Key=TOKEN)
    assert reply.status in (200, 400)
