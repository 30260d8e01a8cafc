"""A batch is one parameter, whatever peers have put into its texts."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mobilesasa.store.rows import as_json

plain = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"))


@given(st.lists(st.dictionaries(plain, plain | st.integers(-(2**63), 2**63 - 1) | st.booleans() | st.none())))
def test_rows_of_ordinary_texts_arrive_as_they_are(rows):
    assert json.loads(as_json(rows)) == rows


@pytest.mark.parametrize(
    ("text", "kept"), [("a\x00b", "ab"), ("\ud83d!", "?!"), ("\\u0000", "\\u0000"), ("\x00\\u0000\\", "\\u0000\\")]
)
def test_what_postgresql_cannot_keep_is_left_out_wherever_it_stands(text, kept):
    assert json.loads(as_json([{"a": text, "b": [{text: 1.5}], "n": 7}])) == [{"a": kept, "b": [{kept: 1.5}], "n": 7}]


@given(st.text())
def test_any_text_can_be_written(text):
    kept = json.loads(as_json([{"text": text}]))[0]["text"]
    kept.encode()
    assert "\x00" not in kept


def test_what_is_no_json_at_all_is_our_defect():
    with pytest.raises(TypeError):
        as_json([{"a": object()}])
