"""Each decision about what the API reference leaves open is shown by a test that has its number in its name.

The numbers are those of the table of decisions. A test of decision 41 is called `test_decision_41_…`, wherever it stands.
"""

import re
from collections.abc import Iterable
from itertools import chain
from pathlib import Path
from typing import Final

TESTS: Final = Path(__file__).parent
NUMBER: Final = re.compile(r"\bdef test_decisions?_(\w+?)_")

SHOWN: Final = (range(1, 129),)
#: Of features that are still to come. Who shows one of them moves it up.
AWAITED: Final[tuple[range, ...]] = ()


def named() -> set[str]:
    """What stands in the place of the number in the names of all tests."""
    return set(chain.from_iterable(NUMBER.findall(path.read_text(encoding="utf-8")) for path in TESTS.rglob("*.py")))


def numbers(ranges: Iterable[range]) -> set[str]:
    return {str(number) for number in chain.from_iterable(ranges)}


def test_every_decision_is_shown_by_a_test_of_its_number() -> None:
    assert sorted(numbers(SHOWN) - named(), key=int) == []


def test_a_decision_that_a_test_shows_is_not_awaited_any_more() -> None:
    assert sorted(numbers(AWAITED) & named(), key=int) == []


def test_every_number_in_a_name_is_that_of_a_decision_and_written_one_way() -> None:
    assert named() <= numbers(SHOWN) | numbers(AWAITED)


def test_every_decision_is_shown_or_awaited() -> None:
    assert sorted(chain(*SHOWN, *AWAITED)) == list(range(1, 129))
