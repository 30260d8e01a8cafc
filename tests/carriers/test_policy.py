"""What an operator sets for a carrier of any kind."""

import pytest
from twisted.internet.testing import MemoryReactorClock

from mobilesasa.carriers.options import BadOptions
from mobilesasa.carriers.policy import Policy, Uncertain, policy_of
from mobilesasa.carriers.port import World
from mobilesasa.carriers.registry import KINDS, make, parse_options
from mobilesasa.core.teams import CarrierRecord
from tests.carriers.rig import Rig

WORLD = World(MemoryReactorClock(), Rig().now_ms, Rig().world.random)
NEEDED = {
    "sandbox": {},
    "smpp": {"host": "smsc.example", "system_id": "us"},
    "http": {"base_url": "https://api.test/send"},
}


def test_without_a_word_messages_go_on_after_half_a_minute_and_doubt_is_resent():
    assert policy_of({"host": "smsc.example"}) == Policy(failover_after_s=30.0, uncertain=Uncertain.RESEND)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_carrier_has_the_policy(kind):
    given = {**NEEDED[kind], "failover_after_s": "5", "uncertain": "hold"}
    assert policy_of(given) == Policy(failover_after_s=5.0, uncertain=Uncertain.HOLD)
    assert parse_options(kind, given) is not None
    assert make(CarrierRecord(1, "up", kind, options=given), WORLD).name == "up"


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_wrong_with_it_is_named_with_all_else_that_is(kind):
    with pytest.raises(BadOptions) as caught:
        parse_options(kind, {**NEEDED[kind], "failover_after_s": -1, "uncertain": "maybe", "windows": 1})
    assert {"failover_after_s", "uncertain", "windows"} <= set(caught.value.faults)
    with pytest.raises(BadOptions) as caught:
        parse_options(kind, {**NEEDED[kind], "failover_after_s": "soon"})
    assert set(caught.value.faults) == {"failover_after_s"}


def test_an_smpp_carrier_that_holds_sends_nothing_again_that_had_no_answer():
    carrier = make(CarrierRecord(1, "up", "smpp", options={**NEEDED["smpp"], "uncertain": "hold"}), WORLD)
    assert carrier._options.resend_unanswered is False


@pytest.mark.parametrize(("after_s", "kept_s"), [(5, 5), (0, 30), (600, 30)])
def test_what_waits_in_an_smpp_carrier_without_a_bind_is_there_when_messages_go_on(after_s, kept_s):
    options = {**NEEDED["smpp"], "failover_after_s": after_s}
    assert make(CarrierRecord(1, "up", "smpp", options=options), WORLD)._keep_s == kept_s
