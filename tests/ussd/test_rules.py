"""Whether what a rule asks of a variable holds."""

import pytest

from mobilesasa.ussd.model import Op, When
from mobilesasa.ussd.rules import read_test

VARIABLES = {"sum": "500", "name": "Amina Otieno", "day": "2026-05-11", "none": "", "least": "100"}


@pytest.mark.parametrize(
    ("variable", "op", "value", "holds"),
    [
        ("sum", "eq", "500", True),
        ("sum", "eq", "500.0", True),
        ("sum", "eq", "5", False),
        ("sum", "ne", "500", False),
        ("sum", "ne", "x", True),
        ("sum", "lt", "500.5", True),
        ("sum", "lt", "500", False),
        ("sum", "lte", "500", True),
        ("sum", "gt", "{least}", True),
        ("sum", "gte", "500", True),
        ("sum", "gt", "x", False),
        ("sum", "lt", "2026-05-12", False),
        ("sum", "in", ("100", "500"), True),
        ("sum", "in", ("1",), False),
        ("name", "eq", "amina otieno", True),
        ("name", "includes", "OTI", True),
        ("name", "includes", "x", False),
        ("name", "gt", "1", False),
        ("day", "lt", "2026-05-12", True),
        ("day", "gte", "11/5/2026", True),
        ("day", "lt", "500", False),
        ("day", "lt", "110527", True),
        ("day", "gt", "110527", False),
        ("sum", "set", "", True),
        ("none", "set", "", False),
        ("gone", "set", "", False),
        ("none", "unset", "", True),
        ("sum", "unset", "", False),
        ("gone", "eq", "", True),
        ("gone", "lt", "5", False),
    ],
)
def test_a_rule_holds(variable, op, value, holds):
    assert read_test(When(variable, Op(op), value)).holds(VARIABLES) is holds
