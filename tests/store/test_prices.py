"""What teams pay, by prefix, on a real PostgreSQL (decision 38)."""

import pytest

from mobilesasa.core.actors import NODE
from mobilesasa.core.errors import BadValue, NotFound
from mobilesasa.store import directory, prices
from mobilesasa.store.database import Txn
from tests.store.given import rows


def test_decision_38_the_price_of_the_longest_prefix_counts_and_one_unit_where_there_is_none(txn: Txn) -> None:
    prices.set_price(txn, NODE, "25", 2)
    prices.set_price(txn, NODE, "255", 3)
    prices.set_price(txn, NODE, "255", 4)
    known = directory.load(txn)
    assert [known.units_a_part(number) for number in ("255782345678", "256782345678", "14155550100")] == [4, 2, 1]
    assert prices.list_prices(txn) == {"25": 2, "255": 4}
    assert prices.remove_price(txn, NODE, "255") == 4
    with pytest.raises(NotFound, match="there is no price for prefix 255"):
        prices.remove_price(txn, NODE, "255")
    with pytest.raises(NotFound, match="there is no price for all others"):
        prices.remove_price(txn, NODE, "")


def test_a_whole_table_is_put_in_the_place_of_another(txn: Txn) -> None:
    prices.set_price(txn, NODE, "25", 2)
    prices.set_price(txn, NODE, "1", 5)
    prices.replace_prices(txn, NODE, {"": 1, "25": 2, "44": 9})
    assert prices.list_prices(txn) == {"": 1, "25": 2, "44": 9}
    told = rows(txn, "SELECT before, after FROM trail WHERE action = 'price.replace'")
    assert told == [({"1": 5}, {"": 1, "44": 9})]
    prices.replace_prices(txn, NODE, {})
    assert prices.list_prices(txn) == {}


@pytest.mark.parametrize(("prefix", "units"), [("x", 1), ("1" * 16, 1), ("254", 0), ("254", prices.UNITS_MAX + 1)])
def test_what_is_no_price_is_refused(txn: Txn, prefix: str, units: int) -> None:
    with pytest.raises(BadValue):
        prices.set_price(txn, NODE, prefix, units)
    with pytest.raises(BadValue):
        prices.replace_prices(txn, NODE, {prefix: units})


def test_a_table_has_its_bound(txn: Txn) -> None:
    with pytest.raises(BadValue, match="there may be"):
        prices.replace_prices(txn, NODE, {str(n): 1 for n in range(prices.PRICES_MAX + 1)})
