"""What an operator sets for a carrier of any kind."""

import pytest
from twisted.internet.testing import MemoryReactorClock

from mobilesasa.carriers.options import BadOptions, unstructure
from mobilesasa.carriers.policy import CODES_MOST, ON_RECEIPT, Policy, Uncertain, policy_of
from mobilesasa.carriers.port import World
from mobilesasa.carriers.registry import KINDS, make, parse_options
from mobilesasa.core.model import Failure, Report, State
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


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (True, ON_RECEIPT), ("true", ON_RECEIPT), (False, ()), ("false", ()), ("", ()), ([], ()),
        ("rejected", (Failure.REJECTED,)), ("rejected,expired", (Failure.REJECTED, Failure.EXPIRED)),
        (["undelivered", "undelivered"], (Failure.UNDELIVERED,)), ('["rejected"]', (Failure.REJECTED,)),
    ],
)  # fmt: skip
def test_which_failures_let_a_message_go_on_is_all_none_or_some(given, expected):
    assert policy_of({"failover_on_receipt": given}).failover_on_receipt == expected


@pytest.mark.parametrize("given", ["maybe", "rejected;expired", 7, ["no_receipt"], {"rejected": 1}, "[rejected"])
def test_what_is_no_failure_of_a_receipt_is_refused(given):
    with pytest.raises(BadOptions, match="failover_on_receipt"):
        policy_of({"failover_on_receipt": given})


@pytest.mark.parametrize("given", [7, {"1": 2}, [None], "[1", [str(n) for n in range(1, CODES_MOST + 2)]])
def test_what_is_no_list_of_codes_is_refused(given):
    with pytest.raises(BadOptions, match="recipient_errors"):
        policy_of({"recipient_errors": given})


def failed(error="", failure=Failure.UNDELIVERED, **more):
    return Report(1, "a", State.FAILED, failure, error, **more)


@pytest.mark.parametrize("codes", ["1, 00C", [1, "c"], ["001", "C"], '["01", "0c"]'])
def test_a_failure_that_lies_with_the_recipient_lets_nothing_go_on(codes):
    policy = policy_of({"failover_on_receipt": True, "recipient_errors": codes})
    assert policy.recipient_errors == ("1", "c")
    assert policy.lets_go_on(failed())
    assert policy.lets_go_on(failed("011"))
    assert policy.lets_go_on(failed("000"))
    assert not policy.lets_go_on(failed("001"))
    assert not policy.lets_go_on(failed(" 0C"))
    assert not policy.lets_go_on(failed(blacklisted=True))


def test_a_carriers_own_code_of_its_blacklist_is_an_opt_out_as_its_words_are():
    policy = policy_of({"blacklist_errors": "27,0B"})
    assert policy.is_opt_out(failed("027"))
    assert policy.is_opt_out(failed("b"))
    assert policy.is_opt_out(failed(blacklisted=True))
    assert not policy.is_opt_out(failed("28"))
    assert not policy.is_opt_out(failed())
    assert not policy.is_opt_out(Report(1, "a", State.DELIVERED, error="027"))


def test_only_failures_that_were_named_let_a_message_go_on_and_only_for_a_while():
    policy = policy_of({"failover_on_receipt": ["rejected"], "failover_on_receipt_s": "60"})
    assert not policy.lets_go_on(failed())
    assert policy.lets_go_on(failed(failure=Failure.REJECTED))
    assert not policy.lets_go_on(Report(1, "a", State.DELIVERED))
    assert policy.second_way_s == 60
    assert policy_of({"failover_on_receipt_s": 60}).second_way_s == 0


def test_a_policy_is_written_as_it_is_read():
    given = {"failover_on_receipt": ["rejected"], "recipient_errors": ["1"], "receipt_alarm_s": 600.0}
    assert unstructure(policy_of(given)) == given
