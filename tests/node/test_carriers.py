"""What operators are told of the carriers by REST: every carrier, every secret masked, every figure of the right one."""

from collections import Counter
from types import SimpleNamespace

import attrs
import pytest
from twisted.internet.defer import Deferred

from mobilesasa.api.admin.carriers import CarrierShown, FailedShown, LatencyShown
from mobilesasa.core.model import Failure, State
from mobilesasa.core.teams import CarrierRecord, CurrentDirectory, Directory
from mobilesasa.dispatch.counts import Counts
from mobilesasa.dispatch.latency import ANSWER_BOUNDS_S, RECEIPT_BOUNDS_S, Latency
from mobilesasa.node.carriers import CarrierDesk, latency_shown
from mobilesasa.store.questions import Heard

SECRETS = {"password": "hidden", "token": "hidden", "secret": {"mine": "hidden"}, "callback_secret": "hidden"}
RECORDS = [
    CarrierRecord(1, "savanna", "smpp", options={"host": "smsc.example", "password": "hidden"}),
    CarrierRecord(2, "baobab", "http", options={"base_url": "https://api.test", **SECRETS}),
    CarrierRecord(3, "acacia", "sandbox", enabled=False),
]


@pytest.fixture
def parts():
    """Savanna runs; baobab should, and cannot."""
    answers = Latency(ANSWER_BOUNDS_S)
    answers.add([0.005] * 98 + [0.3, 2.0])
    reports = Latency(RECEIPT_BOUNDS_S)
    reports.add([2.0])
    counts = Counts(sent=100, postponed=3, uncertain=2, refused=7, rerouted=5, expired=4)
    standing = {
        "state": "throttled", "why": "", "down_s": 0, "window": 50, "parts_under_way": 9, "receipt_wait_s": 8, **attrs.asdict(counts),
        "moved_on": 6, "carrier": {"binds": 2, "bound": 1},
    }  # fmt: skip
    finals = {
        (1, State.DELIVERED, None): 89,
        (1, State.FAILED, Failure.UNDELIVERED): 8,
        (1, State.FAILED, Failure.REJECTED): 3,
        (3, State.DELIVERED, None): 1,
    }
    running = SimpleNamespace(
        record=next(each for each in RECORDS if each.id == 1), dispatcher=SimpleNamespace(latency=answers)
    )
    return SimpleNamespace(
        directory=CurrentDirectory(Directory(carriers=RECORDS)),
        fleet=SimpleNamespace(running={1: running}),
        watch=SimpleNamespace(standing=lambda name=None: {"savanna": standing} if name in (None, "savanna") else {}),
        receipts=SimpleNamespace(finals=Counter(finals), latency={1: reports}),
    )


def told(coroutine):
    """What the desk says at once."""
    return Deferred.fromCoroutine(coroutine).result


@pytest.fixture
def desk(parts):
    return CarrierDesk(parts.directory, parts.fleet, parts.watch, parts.receipts)


def test_a_carrier_is_shown_with_what_the_node_has_seen_of_it(desk):
    assert told(desk.carrier("Savanna")) == {
        "name": "savanna", "kind": "smpp", "enabled": True, "state": "throttled", "why": None, "down_s": 0, "window": 50,
        "parts_under_way": 9, "sent": 100, "uncertain": 2, "postponed": 3, "rerouted": 11,
        "failed": {"refused": 7, "expired_unsent": 4, "undelivered": 8, "expired": 0, "rejected": 3},
        "delivered": 89, "delivery_ratio": 0.89, "receipt_wait_s": 8,
        "submit_latency": {"count": 100, "mean_s": 0.0279, "p50_s": 0.01, "p99_s": 0.5},
        "receipt_latency": {"count": 1, "mean_s": 2.0, "p50_s": 5.0, "p99_s": 5.0},
        "options": {"host": "smsc.example", "password": "***"}, "details": {"binds": 2, "bound": 1},
    }  # fmt: skip


def test_all_carriers_are_listed_by_name_also_those_that_do_not_run(desk):
    states = [(each["name"], each["state"], each["why"]) for each in told(desk.carriers())]
    assert states == [
        ("acacia", "disabled", "it is disabled"),
        ("baobab", "down", "it runs at no node that answers; their logs say why"),
        ("savanna", "throttled", None),
    ]


def test_one_that_is_disabled_may_still_report(desk):
    found = told(desk.carrier("acacia"))
    assert (found["delivered"], found["delivery_ratio"], found["sent"]) == (1, 1.0, 0)


def test_no_secret_is_among_the_options(desk):
    found = told(desk.carrier("baobab"))
    assert found["options"]["base_url"] == "https://api.test"
    assert "hidden" not in repr(told(desk.carriers()))


def test_a_carrier_that_is_not_there_is_none(desk):
    assert told(desk.carrier("nobody")) is None


def test_each_has_the_fields_that_the_api_promises(desk):
    for each in told(desk.carriers()):
        assert set(each) == CarrierShown.__annotations__.keys()
        assert set(each["failed"]) == FailedShown.__annotations__.keys()
        assert set(each["receipt_latency"]) == LatencyShown.__annotations__.keys()


def test_what_was_never_measured_has_no_latency():
    nothing = {"count": 0, "mean_s": None, "p50_s": None, "p99_s": None}
    assert latency_shown(Latency(ANSWER_BOUNDS_S)) == nothing


def test_what_is_longer_than_all_buckets_has_no_bound():
    long = Latency((1.0, 2.0))
    long.add([0.5, 9.0, 9.0])
    assert latency_shown(long) == {"count": 3, "mean_s": 6.1667, "p50_s": None, "p99_s": None}


class Others:
    """The other nodes."""

    def __init__(self, **answers):
        self.answers, self.asked = answers, []

    async def ask(self, question):
        self.asked.append(question.kind)
        return Heard(tuple(self.answers), self.answers)


def test_what_runs_at_another_node_is_shown_as_that_node_says(parts, desk):
    others = Others(here=desk.tell_running({}), there={"baobab": {"name": "baobab", "state": "up"}})
    shared = CarrierDesk(parts.directory, parts.fleet, parts.watch, parts.receipts, others)
    assert [each["state"] for each in told(shared.carriers())] == ["disabled", "up", "throttled"]
    assert told(shared.carrier("baobab")) == {"name": "baobab", "state": "up"}


def test_nobody_is_asked_for_what_runs_here_or_nowhere(parts):
    others = Others()
    shared = CarrierDesk(parts.directory, parts.fleet, parts.watch, parts.receipts, others)
    told(shared.carrier("savanna"))
    told(shared.carrier("acacia"))
    told(shared.carrier("nobody"))
    assert others.asked == []
    assert told(shared.carrier("baobab"))["state"] == "down"
    assert others.asked == ["carriers.running"]
