"""Options: read strictly, all that is wrong named at once."""

import pytest

from mobilesasa.carriers.options import BadOptions, unstructure
from mobilesasa.carriers.registry import KINDS, make, parse_options
from mobilesasa.carriers.sandbox import SandboxCarrier
from mobilesasa.carriers.smpp.carrier import SmppCarrier
from mobilesasa.carriers.smpp.options import BindMode
from mobilesasa.core.teams import CarrierRecord
from tests.carriers.rig import Rig

NEEDED = {"host": "smsc.example", "system_id": "us"}


def test_what_is_needed_is_enough():
    options = parse_options("smpp", NEEDED)
    assert (options.host, options.port, options.bind, options.binds, options.tps) == (
        "smsc.example", 2775, BindMode.TRX, 1, 0,
    )  # fmt: skip


def test_everything_that_is_wrong_is_named_at_once():
    with pytest.raises(BadOptions) as caught:
        parse_options("smpp", {"port": 70000, "bind": "rx", "windows": 5, "tps": "fast", "system_id": "x" * 16})
    assert caught.value.faults == {
        "windows": "there is no such option",
        "host": "is needed",
        "port": "must be from 1 to 65535",
        "system_id": "must have 1 to 15 characters",
        "bind": "must be one of trx, txrx",
        "tps": "must be a number",
    }
    assert "host: is needed" in str(caught.value)


def test_an_unknown_kind_is_said():
    with pytest.raises(BadOptions, match="must be one of sandbox, smpp"):
        parse_options("pigeon", {})


@pytest.mark.parametrize(
    ("name", "given", "value"),
    [
        ("port", "2776", 2776),
        ("port", 2776.0, 2776),
        ("tps", "12.5", 12.5),
        ("tps", 40, 40.0),
        ("bind", "txrx", BindMode.TXRX),
        ("resend_unanswered", "false", False),
        ("resend_unanswered", True, True),
        ("password", "secret", "secret"),
    ],
)
def test_values_may_come_from_json_or_a_command_line(name, given, value):
    assert getattr(parse_options("smpp", {**NEEDED, name: given}), name) == value


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("port", 2775.5), ("port", True), ("port", None), ("port", [1]), ("port", "x"), ("tps", float("nan")),
        ("tps", float("inf")), ("port", float("inf")), ("resend_unanswered", 1), ("resend_unanswered", "yes"),
        ("host", 5), ("host", ""), ("password", "naïve"), ("password", "a\0b"), ("bind", 3), ("binds", 0),
    ],
)  # fmt: skip
def test_a_value_that_cannot_be_is_refused(name, given):
    with pytest.raises(BadOptions) as caught:
        parse_options("smpp", {**NEEDED, name: given})
    assert list(caught.value.faults) == [name]


def test_a_password_is_not_shown():
    assert "secret" not in repr(parse_options("smpp", {**NEEDED, "password": "secret"}))


@pytest.mark.parametrize("given", [NEEDED, {**NEEDED, "binds": 3, "bind": "txrx", "tps": 10.0}])
def test_options_become_json_and_come_back(given):
    options = parse_options("smpp", given)
    assert unstructure(options) == given
    assert parse_options("smpp", unstructure(options)) == options


def test_every_default_is_itself_allowed():
    for kind, needed in {"sandbox": {}, "smpp": NEEDED}.items():
        options = parse_options(kind, needed)
        every = {name: getattr(options, name) for name in options.__slots__ if name != "__weakref__"}
        assert parse_options(kind, every) == options
    assert set(KINDS) == {"sandbox", "smpp", "http"}  # of the last see `test_account`


def test_a_record_becomes_a_carrier_of_its_kind():
    from twisted.internet.testing import MemoryReactorClock

    from mobilesasa.carriers.port import World

    rig = Rig()
    world = World(MemoryReactorClock(), rig.now_ms, rig.world.random)
    assert isinstance(make(CarrierRecord(1, "a", "sandbox"), world), SandboxCarrier)
    smpp = make(CarrierRecord(2, "b", "smpp", options={**NEEDED, "binds": 2, "window": 30}), world)
    assert isinstance(smpp, SmppCarrier)
    assert smpp.window == 60


def test_a_record_with_bad_options_becomes_no_carrier():
    with pytest.raises(BadOptions, match="host: is needed"):
        make(CarrierRecord(1, "a", "smpp"), Rig().world)
