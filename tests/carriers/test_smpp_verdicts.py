"""What a command_status means: for the message, for this carrier, for now."""

import pytest

from mobilesasa.carriers.options import BadOptions, unstructure
from mobilesasa.carriers.registry import parse_options
from mobilesasa.carriers.smpp.verdicts import Judge, Verdict
from mobilesasa.core.model import Failure, Later, Never
from mobilesasa.smpp.statuses import Status
from tests.carriers.rig import SmppRig

NEEDED = {"host": "smsc.example", "system_id": "us"}


@pytest.mark.parametrize("status", [each for each in Status if each] + [0x400, 0x4FF, 0x12345678])
def test_every_status_has_a_class_and_becomes_what_it_says(status):
    judge = Judge({})
    outcome = judge.setback(status, 1, 0.5)
    expected = {
        Verdict.THROTTLE: (Later, False),
        Verdict.TEMPORARY: (Later, False),
        Verdict.PERMANENT: (Never, False),
        Verdict.ROUTE: (Never, True),
    }[judge.verdict(status)]
    assert (type(outcome), getattr(outcome, "elsewhere", False)) == expected


@pytest.mark.parametrize(
    ("status", "verdict"),
    [
        (Status.ESME_RTHROTTLED, "throttle"), (Status.ESME_RMSGQFUL, "throttle"), (Status.ESME_RSYSERR, "temporary"),
        (Status.ESME_RINVSRCADR, "route"), (Status.ESME_RINVDSTADR, "route"), (Status.ESME_RX_P_APPN, "permanent"),
        (Status.ESME_RINVMSGLEN, "permanent"), (0x432, "route"),
    ],
)  # fmt: skip
def test_the_classes_are_those_of_the_table(status, verdict):
    assert Judge({}).verdict(status) == verdict


def test_the_operator_s_table_goes_before_ours():
    rig = SmppRig(errors='{"0x0B": "permanent", "ESME_RX_P_APPN": "temporary", "1025": "throttle", "0x58": "route"}')
    rig.start()
    messages = rig.messages(4)
    rig.carrier.submit(messages)
    for pdu, status in zip(rig.submits(), (0x0B, 0x65, 1025, 0x58), strict=True):
        rig.refuse([pdu], status)
    (invalid,), (failed,), throttled, (routed,) = (rig.listener.of(message) for message in messages)
    assert (type(invalid), invalid.elsewhere, invalid.failure) == (Never, False, Failure.REFUSED)
    assert type(failed) is Later
    assert throttled == []
    assert routed.elsewhere
    assert rig.carrier.standing()["paused"] == 1


@pytest.mark.parametrize(
    ("errors", "fault"),
    [
        ('{"0x0B": "never"}', "0x0B: never is no command_status with one of permanent, route, temporary, throttle"),
        ('{"0": "route", "many": "route"}', "0: route; many: route is no command_status"),
        ({True: "route"}, "True: route"),
        ("[]", "must be a table"),
        ("{", "must be JSON"),
    ],
)
def test_a_table_that_cannot_be_is_refused(errors, fault):
    with pytest.raises(BadOptions) as refused:
        parse_options("smpp", {**NEEDED, "errors": errors})
    assert fault in refused.value.faults["errors"]


def test_a_table_becomes_json_and_comes_back():
    options = parse_options("smpp", {**NEEDED, "errors": {"ESME_RINVDSTADR": "permanent", 1025: "route"}})
    plain = unstructure(options)
    assert plain["errors"] == {"0x0000000B": "permanent", "0x00000401": "route"}
    assert parse_options("smpp", plain) == options


@pytest.mark.parametrize("loses", [True, False])
def test_what_may_have_arrived_is_said_to_be_uncertain(loses):
    rig = SmppRig()
    rig.start()
    message = rig.message()
    rig.carrier.submit([message])
    if loses:
        rig.ends[0].hang_up()
        rig.clock.advance(40)
    else:
        rig.refuse(rig.submits())
    (outcome,) = rig.listener.of(message)
    assert (type(outcome), outcome.uncertain) == (Later, loses)
