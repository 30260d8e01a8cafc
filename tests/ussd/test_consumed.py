"""What is new in text that gateways send whole."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mobilesasa.ussd.consumed import new_part

typed = st.text(alphabet="0123456789*#ab ", max_size=8)


@pytest.mark.parametrize(
    ("consumed", "text_all", "new"),
    [
        ("", "", None),
        ("", "1", "1"),
        ("", "*5", "*5"),
        ("1", "1*2", "2"),
        ("1", "1*", ""),
        ("1*2", "1*2*Amina*Otieno", "Amina*Otieno"),
        ("1*2", "1*2**", "*"),
        ("7", "7*7", "7"),
        ("1*2", "1*2", None),
        ("1*2", "1", None),
        ("1*2", "", None),
        ("1*2", "3", "3"),
        ("1", "25", "25"),
        ("12", "3*4*5", "5"),
        ("*384*22#", "*384*22#*Joe", "Joe"),
        ("*384*22#", "*384*22#", None),
        ("*384*22#", "Joe*Ann", "Joe*Ann"),
        ("Ann ", "Ann *A*B", "A*B"),
        ("Ann", "Ann *A*B", "A*B"),
        ("Ann ", "Ann*A*B", "A*B"),
        ("Ann", "Ann ", None),
    ],
)
def test_what_is_new_is_what_stands_behind_what_was_consumed(consumed, text_all, new):
    assert new_part(consumed, text_all) == new


@given(st.lists(typed, max_size=8))
def test_a_whole_conversation_is_read_one_by_one_whatever_is_typed(answers):
    """A first answer that is empty looks like the start again, which no gateway tells from it."""
    answers = ["1", *answers]
    consumed, read = "", []
    for number in range(1, len(answers) + 1):
        text_all = "*".join(answers[:number])
        read.append(new_part(consumed, text_all))
        assert new_part(text_all, text_all) is None
        consumed = text_all
    assert read == answers
