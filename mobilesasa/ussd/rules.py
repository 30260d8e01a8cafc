"""Whether what a rule asks of a variable holds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from typing import Final

import attrs

from mobilesasa.ussd.inputs import read_date, read_number
from mobilesasa.ussd.model import Op, When
from mobilesasa.ussd.texts import Text, read_text

#: Operations that put numbers or dates in order.
ORDERS: Final[Mapping[Op, Callable[[int], bool]]] = {
    Op.LT: lambda sign: sign < 0,
    Op.LTE: lambda sign: sign <= 0,
    Op.GT: lambda sign: sign > 0,
    Op.GTE: lambda sign: sign >= 0,
}
#: Those that compare with nothing.
ALONE: Final = frozenset({Op.SET, Op.UNSET})


@attrs.frozen
class Test:
    """What a rule asks, its values read."""

    variable: str
    op: Op
    values: tuple[Text, ...]

    def holds(self, variables: Mapping[str, str]) -> bool:
        """Whether it is so; a variable that is not there is empty, and an empty one comes in no order."""
        value = variables.get(self.variable, "")
        if self.op in ALONE:
            return bool(value) is (self.op is Op.SET)
        wanted = [text.fill(variables) for text in self.values]
        if self.op in ORDERS:
            sign = _order(value, wanted[0])
            return sign is not None and ORDERS[self.op](sign)
        if self.op is Op.INCLUDES:
            return wanted[0].casefold() in value.casefold()
        return any(_is_same(value, each) for each in wanted) is not (self.op is Op.NE)


def read_test(when: When) -> Test:
    """Read what a rule asks."""
    values = (when.value,) if isinstance(when.value, str) else when.value
    return Test(when.variable, when.op, tuple(read_text(value) for value in values))


def measured(value: str) -> Decimal | date | None:
    """Return what comes in an order: a number, or a day; None for all else."""
    number = read_number(value)
    return number if number is not None else read_date(value)


def _is_same(value: str, wanted: str) -> bool:
    if value.casefold() == wanted.casefold():
        return True
    number = read_number(value)
    return number is not None and number == read_number(wanted)


def _order(value: str, wanted: str) -> int | None:
    """Return whether a value is below (-1), at (0) or above (1) another; None where they are not of one kind.

    What may be both, such as 241226, is what the other is.
    """
    one, other = measured(value), measured(wanted)
    if isinstance(one, date) is not isinstance(other, date):
        one, other = read_date(value), read_date(wanted)
    if isinstance(one, Decimal) and isinstance(other, Decimal):
        return (one > other) - (one < other)
    if isinstance(one, date) and isinstance(other, date):
        return (one > other) - (one < other)
    return None
