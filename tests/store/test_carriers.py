"""Carriers and routes, on a real PostgreSQL."""

import pytest

from mobilesasa.core.actors import NODE
from mobilesasa.core.errors import AlreadyExists, BadValue, NotFound
from mobilesasa.core.teams import RouteRecord
from mobilesasa.store import carriers
from mobilesasa.store.database import Txn


def test_a_carrier_keeps_its_options_as_they_are(txn: Txn) -> None:
    options = {"host": "smsc.example", "port": 2775, "tps": 0}
    made = carriers.add_carrier(txn, NODE, "Safari-1", "smpp", options)
    assert (made.name, made.kind, made.enabled, made.options) == ("safari-1", "smpp", True, options)
    assert carriers.list_carriers(txn) == [made]


@pytest.mark.parametrize("name", ["", "-a", "a b", "a" * 33, "é", "a\n"])
def test_a_name_that_is_none_is_refused(txn: Txn, name: str) -> None:
    with pytest.raises(BadValue, match="a carrier's name"):
        carriers.add_carrier(txn, NODE, name, "sandbox", {})


def test_a_carriers_name_is_taken_once(txn: Txn) -> None:
    carriers.add_carrier(txn, NODE, "one", "sandbox", {})
    with pytest.raises(AlreadyExists, match="one"):
        carriers.add_carrier(txn, NODE, "ONE", "sandbox", {})


def test_a_carrier_is_disabled_and_enabled(txn: Txn) -> None:
    carriers.add_carrier(txn, NODE, "one", "sandbox", {})
    assert not carriers.set_enabled(txn, NODE, "One", False).enabled
    assert carriers.set_enabled(txn, NODE, "one", True).enabled


def test_an_unknown_carrier_is_not_found(txn: Txn) -> None:
    with pytest.raises(NotFound, match="nobody"):
        carriers.set_enabled(txn, NODE, "nobody", True)
    with pytest.raises(NotFound, match="nobody"):
        carriers.add_route(txn, NODE, "254", "nobody")
    with pytest.raises(NotFound, match="nobody"):
        carriers.remove_route(txn, NODE, "254", "nobody")


def test_routes_are_listed_by_prefix_and_priority(txn: Txn) -> None:
    one, two = (carriers.add_carrier(txn, NODE, name, "sandbox", {}).id for name in ("one", "two"))
    carriers.add_route(txn, NODE, "2547", "one")
    carriers.add_route(txn, NODE, "2547", "two", 5)
    carriers.add_route(txn, NODE, "", "one")
    assert carriers.list_routes(txn) == [
        (RouteRecord("", one, 100), "one"),
        (RouteRecord("2547", two, 5), "two"),
        (RouteRecord("2547", one, 100), "one"),
    ]


@pytest.mark.parametrize("prefix", ["+254", "254a", "2" * 16, "٢", "254\n"])
def test_a_prefix_of_anything_but_digits_is_refused(txn: Txn, prefix: str) -> None:
    carriers.add_carrier(txn, NODE, "one", "sandbox", {})
    with pytest.raises(BadValue, match="a prefix is"):
        carriers.add_route(txn, NODE, prefix, "one")


@pytest.mark.parametrize("priority", [-1, carriers.PRIORITY_MAX + 1])
def test_a_priority_that_is_none_is_refused(txn: Txn, priority: int) -> None:
    carriers.add_carrier(txn, NODE, "one", "sandbox", {})
    with pytest.raises(BadValue, match="a priority is"):
        carriers.add_route(txn, NODE, "", "one", priority)


def test_a_prefix_leads_to_a_carrier_once(txn: Txn) -> None:
    carriers.add_carrier(txn, NODE, "one", "sandbox", {})
    carriers.add_route(txn, NODE, "", "one")
    with pytest.raises(AlreadyExists, match="the default route leads to one already"):
        carriers.add_route(txn, NODE, "", "ONE", 5)


def test_the_one_route_of_a_prefix_goes_without_naming_its_carrier(txn: Txn) -> None:
    carriers.add_carrier(txn, NODE, "one", "sandbox", {})
    made = carriers.add_route(txn, NODE, "254", "one")
    assert carriers.remove_route(txn, NODE, "254") == (made, "one")
    assert carriers.list_routes(txn) == []


def test_of_several_routes_the_carrier_must_be_named(txn: Txn) -> None:
    for name in ("one", "two"):
        carriers.add_carrier(txn, NODE, name, "sandbox", {})
        carriers.add_route(txn, NODE, "254", name)
    with pytest.raises(BadValue, match="prefix 254 leads to 2 carriers"):
        carriers.remove_route(txn, NODE, "254")
    assert carriers.remove_route(txn, NODE, "254", "Two")[1] == "two"
    assert [name for _, name in carriers.list_routes(txn)] == ["one"]


def test_a_route_that_is_not_there_cannot_be_removed(txn: Txn) -> None:
    carriers.add_carrier(txn, NODE, "one", "sandbox", {})
    with pytest.raises(NotFound, match="the default route leads to no carrier"):
        carriers.remove_route(txn, NODE, "")
    with pytest.raises(NotFound, match="prefix 254 leads to no one"):
        carriers.remove_route(txn, NODE, "254", "one")


def test_a_carrier_gets_other_options(txn: Txn) -> None:
    carriers.add_carrier(txn, NODE, "one", "smpp", {"host": "a", "password": "old"})
    assert carriers.set_options(txn, NODE, "One", {"host": "b", "password": "new"}).options == {
        "host": "b",
        "password": "new",
    }
    txn.execute("SELECT action, before, after FROM trail ORDER BY id DESC LIMIT 1")
    assert txn.fetchall() == [("carrier.change", None, {"options": ["host", "password"]})]
    with pytest.raises(NotFound):
        carriers.set_options(txn, NODE, "two", {})


def test_a_route_is_put_before_another(txn: Txn) -> None:
    for name in ("one", "two"):
        carriers.add_carrier(txn, NODE, name, "sandbox", {})
        carriers.add_route(txn, NODE, "254", name)
    assert carriers.set_priority(txn, NODE, "254", "Two", 5).priority == 5
    assert [name for _, name in carriers.list_routes(txn)] == ["two", "one"]
    with pytest.raises(NotFound, match="prefix 255 leads to no one"):
        carriers.set_priority(txn, NODE, "255", "one", 5)
    with pytest.raises(BadValue):
        carriers.set_priority(txn, NODE, "254", "one", -1)
