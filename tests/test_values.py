"""Hot values: what `attrs.frozen` says of a class holds of them, but for the guard that mypy keeps."""

import attrs
import pytest

from mobilesasa.values import changed, hot_value


@hot_value
class Point:
    x: int
    y: int = 0
    note: str = attrs.field(default="", eq=False)


@hot_value(kw_only=True)
class Named:
    name: str = ""


def test_they_are_equal_by_what_they_hold_and_found_in_a_set():
    assert Point(1, 2, "here") == Point(1, 2, "there") != Point(2, 1)
    assert len({Point(1), Point(1, 0), Point(1, 1)}) == 2


def test_they_hold_nothing_but_their_attributes():
    with pytest.raises(AttributeError):
        Point(1).z = 3


def test_another_is_made_of_one():
    first = Point(1, 2)
    assert attrs.evolve(first, y=3) == Point(1, 3)
    assert first == Point(1, 2)


def test_they_may_be_made_by_name_alone():
    assert Named(name="one").name == "one"
    with pytest.raises(TypeError):
        Named("one")


def test_a_changed_value_is_another_with_all_else_as_it_was():
    first = Point(1, 2, "here")
    second = changed(first, y=3)
    assert (second, second.note, first) == (Point(1, 3), "here", Point(1, 2))
    assert type(second) is Point
    assert changed(first) == first
    with pytest.raises(AttributeError):
        changed(first, z=1)
