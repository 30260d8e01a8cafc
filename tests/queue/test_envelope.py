"""What travels over RabbitMQ."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mobilesasa.queue.envelope import LIMIT_OCTETS, BadBody, read_body, write_body
from tests.queue.contract import named

ID = "01a1fd3c-a400-7000-8000-000000000001"


@given(st.lists(st.uuids().map(str), min_size=1, max_size=100))
def test_what_is_written_is_read(ids):
    assert read_body(write_body(ids)) == ids


def test_a_body_is_a_small_json_object_with_a_version():
    assert write_body([ID]) == b'{"v":1,"ids":["%s"]}' % ID.encode()


def test_a_full_body_is_within_the_limit():
    assert len(write_body(named(0, 100))) < LIMIT_OCTETS / 2


@pytest.mark.parametrize(
    ("octets", "why"),
    [
        (b"", "it is no JSON"),
        (b"\xff", "it is no JSON"),
        (b"{" * 100, "it is no JSON"),
        (b"[]", "it is no JSON object with a version v"),
        (b"{}", "it is no JSON object with a version v"),
        (b'{"v":true,"ids":[]}', "it is no JSON object with a version v"),
        (b'{"v":"1","ids":[]}', "it is no JSON object with a version v"),
        (b'{"v":2,"parts":[]}', "its version is 2, this release reads 1"),
        (b'{"v":1}', "it has something else than 1 to 100 ids"),
        (b'{"v":1,"ids":[]}', "it has something else than 1 to 100 ids"),
        (b'{"v":1,"ids":{}}', "it has something else than 1 to 100 ids"),
        (json.dumps({"v": 1, "ids": [ID] * 101}).encode(), "it has something else than 1 to 100 ids"),
        (json.dumps({"v": 1, "ids": [ID], "text": "hi"}).encode(), "it has something else than 1 to 100 ids"),
        (json.dumps({"v": 1, "ids": [ID, 7]}).encode(), "it names something that is no id of a message"),
        (json.dumps({"v": 1, "ids": [ID.upper()]}).encode(), "it names something that is no id of a message"),
        (json.dumps({"v": 1, "ids": ["DROP TABLE"]}).encode(), "it names something that is no id of a message"),
        (b" " * 9000, "it has 9000 octets, 8192 are the limit"),
    ],
)
def test_anything_else_is_refused_in_words(octets, why):
    with pytest.raises(BadBody, match=f"^{why}$"):
        read_body(octets)


@given(st.binary(max_size=200))
def test_no_octets_break_the_reader(octets):
    with pytest.raises(BadBody):
        read_body(octets)
