"""What parts cost at carriers, on a real PostgreSQL."""

import pytest

from mobilesasa.core.actors import NODE
from mobilesasa.core.administration import Cost
from mobilesasa.core.errors import BadValue, NotFound
from mobilesasa.store import carriers, costs
from mobilesasa.store.database import Txn


@pytest.fixture(autouse=True)
def _two(txn: Txn) -> None:
    carriers.add_carrier(txn, NODE, "one", "sandbox", {})
    carriers.add_carrier(txn, NODE, "two", "sandbox", {})


def test_a_cost_is_set_changed_listed_and_removed(txn: Txn) -> None:
    costs.set_cost(txn, NODE, "one", "254", 1)
    changed = costs.set_cost(txn, NODE, "ONE", "254", 350_000)
    other = costs.set_cost(txn, NODE, "two", "", 0)
    assert costs.list_costs(txn) == [changed, other] == [Cost("one", "254", 350_000), Cost("two", "", 0)]
    assert costs.list_costs(txn, "two") == [other]
    assert costs.remove_cost(txn, NODE, "one", "254") == changed
    with pytest.raises(NotFound, match="one has no cost for prefix 254"):
        costs.remove_cost(txn, NODE, "one", "254")
    with pytest.raises(NotFound, match="one has no cost for all others"):
        costs.remove_cost(txn, NODE, "one", "")


@pytest.mark.parametrize(("prefix", "cost_micro"), [("25x", 1), ("254", -1), ("254", costs.COST_MAX_MICRO + 1)])
def test_what_is_no_cost_is_refused(txn: Txn, prefix: str, cost_micro: int) -> None:
    with pytest.raises(BadValue):
        costs.set_cost(txn, NODE, "one", prefix, cost_micro)


def test_a_cost_at_a_carrier_that_is_not_there_is_not_found(txn: Txn) -> None:
    for call in (costs.list_costs, lambda txn, name: costs.set_cost(txn, NODE, name, "", 1)):
        with pytest.raises(NotFound, match="nobody"):
            call(txn, "nobody")
