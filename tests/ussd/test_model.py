"""A session as JSON, both ways."""

import json

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mobilesasa.ussd.model import BadSession, Mode, ScreenKind, Session, read_session, session_json

texts = st.text(max_size=10)
sessions = st.builds(
    Session,
    screen=texts,
    mode=st.sampled_from(Mode),
    page=st.integers(0, 99),
    history=st.lists(texts, max_size=5).map(tuple),
    variables=st.dictionaries(texts, texts, max_size=5),
    told=texts,
    ends=st.booleans(),
    hinted=st.booleans(),
    hint_page=st.integers(0, 99),
    resuming=st.booleans(),
    pending=st.lists(texts, max_size=5).map(tuple),
    steps=st.integers(0, 999),
    calls=st.integers(0, 9),
)


@given(sessions)
def test_a_session_is_json_both_ways(session):
    assert read_session(json.loads(json.dumps(session_json(session)))) == session


def test_what_is_at_its_default_is_not_written():
    assert session_json(Session()) == {}
    assert session_json(Session("a", page=1)) == {"screen": "a", "page": 1}


@pytest.mark.parametrize(
    "given",
    [
        None, [], "x", {"colour": 1}, {"screen": 1}, {"screen": "x" * 3000}, {"mode": "gone"}, {"mode": None}, {"page": -1}, {"page": True},
        {"page": 1.5}, {"steps": 10**9}, {"history": "ab"}, {"history": [1]}, {"history": ["a"] * 99}, {"variables": []},
        {"variables": {"a": 1}}, {"variables": {str(n): "" for n in range(2000)}}, {"hinted": 1}, {"pending": None},
    ],
)  # fmt: skip
def test_what_is_no_session_is_refused(given):
    with pytest.raises(BadSession):
        read_session(given)


def test_each_field_of_a_session_is_read_and_written():
    assert {field.name for field in attrs.fields(Session)} == {
        "screen", "mode", "page", "history", "variables", "told", "ends", "hinted", "hint_page", "resuming", "pending", "steps",
        "calls",
    }  # fmt: skip


def test_actions_and_conditions_are_not_shown():
    assert [kind for kind in ScreenKind if not kind.is_shown] == [ScreenKind.ACTION, ScreenKind.CONDITION]
