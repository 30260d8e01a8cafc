"""One list of all between a team and a person, put together of several."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mobilesasa.contacts.timeline import KINDS, BadPosition, Position, newest, read_position

NOW_MS = 1_778_490_000_000


def position(at_ms: int, kind: str, n: int) -> Position:
    """A thing whose id tells its time, as those of messages do."""
    head = f"{at_ms:012x}"
    return Position(at_ms, kind, f"{head[:8]}-{head[8:]}-7000-8000-{n:012x}")


positions = st.builds(position, st.integers(NOW_MS, NOW_MS + 3), st.sampled_from(KINDS), st.integers(0, 5))


def test_a_position_is_read_as_it_was_written():
    here = position(NOW_MS, "inbound", 7)
    assert read_position(str(here)) == here


@pytest.mark.parametrize(
    "text",
    ["", "x", "1.message", "1.other.01978a3e-0000-7000-8000-000000000001", "1.message.01978a3e",
     f"{1 << 47}.message.01978a3e-0000-7000-8000-000000000001",
     "-1.message.01978a3e-0000-7000-8000-000000000001", f"1.message.{'-' * 36}", "1.message.01978a3e-0000-7000-8000-000000000001\n"],
)  # fmt: skip
def test_what_is_no_position_is_refused(text):
    with pytest.raises(BadPosition):
        read_position(text)


def test_the_newest_come_first_and_of_one_moment_by_kind():
    message, heard, stop, answered = (position(NOW_MS, kind, 1) for kind in KINDS)
    older = position(NOW_MS - 1, "message", 9)
    assert newest([older, answered, stop, heard, message], 4) == [message, heard, stop, answered]


@settings(max_examples=200)
@given(st.sets(positions), st.integers(1, 4))
def test_page_by_page_everything_comes_once_and_in_order(things, size):
    seen: list[Position] = []
    behind: Position | None = None
    while True:
        some = []
        for kind in KINDS:
            of_kind = sorted((each for each in things if each.kind == kind), key=lambda each: each.id, reverse=True)
            if behind is not None and kind == "suppression":
                of_kind = [each for each in of_kind if each.comes_after(behind)]
            elif behind is not None:
                of_kind = [each for each in of_kind if each.id < behind.id_before(kind)]
            some += of_kind[: size + 1]
        order = newest(some, size + 1)
        seen += order[:size]
        if len(order) <= size:
            break
        behind = order[size - 1]
    assert seen == newest(things, len(things))
    assert set(seen) == things
