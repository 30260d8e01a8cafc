"""Options of carriers as operators give and change them."""

import pytest

from mobilesasa.carriers.configuring import callback_addresses, changed, usable
from mobilesasa.carriers.masking import MASK, shown
from mobilesasa.core.errors import BadValue
from mobilesasa.core.teams import CarrierRecord

SMPP = CarrierRecord(1, "one", "smpp", options={"host": "a", "port": 2775, "system_id": "us", "password": "secret"})
GIVEN = {
    "preset": "generic",
    "base_url": "https://a.example",
    "token": "hidden",
    "request.url": "https://a.example/send?key=hidden",
    "request.headers.X-Key": "hidden",
}


def http() -> CarrierRecord:
    return CarrierRecord(2, "two", "http", options=usable("http", {"public_url": "https://gw.example", **GIVEN}))


def test_what_is_not_named_stays_and_null_takes_away():
    assert changed(SMPP, {"window": 5}) == {**SMPP.options, "window": 5}
    assert (
        changed(CarrierRecord(1, "one", "smpp", options={**SMPP.options, "window": 5}), {"window": None})
        == SMPP.options
    )


def test_a_secret_that_comes_back_masked_stays():
    assert shown(SMPP)["password"] == MASK
    assert changed(SMPP, shown(SMPP)) == SMPP.options
    assert changed(SMPP, {"password": "another"})["password"] == "another"


def test_all_that_is_shown_of_tables_can_be_sent_back():
    record = http()
    assert changed(record, shown(record)) == record.options
    seen = shown(record)["request"]
    again = changed(record, {"request": {**seen, "method": "GET"}})["request"]
    assert (again["method"], again["url"], again["headers"]) == ("GET", GIVEN["request.url"], {"X-Key": "hidden"})


def test_an_option_within_a_table_is_changed_by_its_dotted_name():
    record = http()
    again = changed(record, {"request.method": "GET"})
    assert again["request"] == {**record.options["request"], "method": "GET"}
    assert again["callback_secret"] == record.options["callback_secret"]


def test_what_cannot_be_used_is_refused_in_words():
    with pytest.raises(BadValue, match="port"):
        changed(SMPP, {"port": "none"})
    with pytest.raises(BadValue, match="kind: must be one of"):
        usable("nobody", {})


def test_only_an_http_carrier_calls():
    assert callback_addresses(SMPP) == {}
    assert all(each.startswith("https://gw.example/carriers/two/") for each in callback_addresses(http()).values())
