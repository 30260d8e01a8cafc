"""What `/metrics` shows, read as Prometheus reads it."""

from collections import Counter
from pathlib import Path
from types import SimpleNamespace

import attrs
import pytest
from prometheus_client.core import CounterMetricFamily
from prometheus_client.parser import text_string_to_metric_families

from mobilesasa.carriers.ussd.door import UssdFigures
from mobilesasa.core.model import Failure, Lane, State
from mobilesasa.core.teams import CarrierRecord, CurrentDirectory, Directory
from mobilesasa.dispatch.callbacks import Figures
from mobilesasa.dispatch.counts import Counts as Answered
from mobilesasa.dispatch.latency import ANSWER_BOUNDS_S, RECEIPT_BOUNDS_S, Latency
from mobilesasa.node.metrics import STANDING, make_metrics
from mobilesasa.notify.outbox import Outbox
from mobilesasa.notify.webhooks.sender import Figures as HookFigures
from mobilesasa.queue.link import Standing
from mobilesasa.smpp.pdus import BindTransceiver, DeliverSmResp
from mobilesasa.smpp.statuses import Status
from mobilesasa.smsc.server import SmppServer
from mobilesasa.smsc.turns import Counts
from tests.carriers.http.rig import HttpRig
from tests.carriers.rig import SandboxRig, SmppRig
from tests.fakes.spool import notice
from tests.smsc.rig import Rig

DOCS = Path(__file__).parents[2] / "docs" / "operations.rst"


class Queue:
    """Three transactional messages and five of bulk for each carrier."""

    def depth(self, carrier_id: int, lane: Lane) -> int:
        return 3 if lane is Lane.TRANSACTIONAL else 5


class SmallOutbox:
    """The numbers of an outbox."""

    delivered, refused, unanswered_count, put_off, inbound_delivered = 31, 32, 33, 34, 46

    def __len__(self) -> int:
        return 35


def carrier(name, standing):
    latency = Latency(ANSWER_BOUNDS_S)
    latency.add([0.25, 0.5, 2, 100])
    counts = Answered(handed=9, sent=1, refused=5, refused_here=3)
    dispatcher = SimpleNamespace(counts=counts, out_parts=0, latency=latency)
    return SimpleNamespace(
        record=CarrierRecord(1, name, "fake"),
        carrier=SimpleNamespace(standing=lambda: standing, window=10),
        dispatcher=dispatcher,
    )


NOTHING_FROM_PHONES = SimpleNamespace(received=0, unmatched=0, opt_outs=0, incomplete=0, repeated=0, waiting=0)


def receipts():
    latency = {1: Latency(RECEIPT_BOUNDS_S), 99: Latency(RECEIPT_BOUNDS_S)}
    latency[1].add([4, 4, 7200])
    finals = Counter({
        (1, State.DELIVERED, None): 9, (1, State.FAILED, Failure.EXPIRED): 3, (1, State.FAILED, None): 2,
        (99, State.DELIVERED, None): 1,
    })  # fmt: skip
    return SimpleNamespace(taken=7, repeated=8, finals=finals, latency=latency)


def parts_of(*, smpp, outbox, running=(), binds=(), from_phones=NOTHING_FROM_PHONES, rabbitmq=None):
    writer = SimpleNamespace(commits=4, waiting_items=1)
    link = SimpleNamespace(standing=lambda: rabbitmq)
    carriers = SimpleNamespace(
        receipts=receipts(),
        callbacks=SimpleNamespace(figures=Figures(taken=51, repeated=52, foreign=53, unread=54)),
        from_phones=from_phones,
        fleet=SimpleNamespace(running=dict(enumerate(running, 1))),
        queue=Queue(),
        watch=SimpleNamespace(moved={1: 4}, receipt_wait_s=lambda carrier_id: 12.5),
    )
    doors = SimpleNamespace(
        smpp=None if smpp is None else SimpleNamespace(server=smpp),
        smpp_connections=lambda: 0 if smpp is None else smpp.connections,
    )
    hooks = SimpleNamespace(sender=SimpleNamespace(figures=HookFigures(61, 62, 63, 64, 65, 66.5)))
    return SimpleNamespace(
        base=SimpleNamespace(intake=writer, writer=writer),
        teams=SimpleNamespace(binds=binds, outbox=outbox),
        carriers=carriers,
        doors=doors,
        cluster=None if rabbitmq is None else SimpleNamespace(link=link),
        pictures=SimpleNamespace(configuration=SimpleNamespace(readings=9)),
        chores=SimpleNamespace(hooks=hooks),
        ussd=SimpleNamespace(
            desk=SimpleNamespace(taken=71),
            writer=SimpleNamespace(waiting_items=72),
            door=SimpleNamespace(figures=UssdFigures(foreign=73, unread=74, late=75)),
        ),
        directory=CurrentDirectory(
            Directory(carriers=[CarrierRecord(1, "safari", "fake"), CarrierRecord(2, "idle", "fake")])
        ),
    )


def server():
    counts = Counts(submits=20, accepted=11, refused=12, throttled=13, failed=14, binds=15, binds_refused=16)
    return SimpleNamespace(connections=2, counts=counts, turned_away=17)


def scrape(parts):
    """Every sample of ours, by name and labels."""
    families = text_string_to_metric_families(make_metrics(parts)().decode())
    return {
        (sample.name.removeprefix("mobilesasa_"), *sample.labels.values()): sample.value
        for family in families
        for sample in family.samples
        if sample.name.startswith("mobilesasa_")
    }


@pytest.fixture
def fake():
    standing = {key: number for number, key in enumerate(STANDING, 100)}
    running = [
        carrier("safari", {**standing, "trouble": "the bind was refused"}),
        carrier("sandbox", {"parts_taken": 5, "trouble": ""}),
    ]
    return scrape(parts_of(smpp=server(), outbox=SmallOutbox(), running=running))


def test_what_became_of_receipts_to_teams_is_shown(fake):
    assert fake["receipts_delivered_total",] == 31
    assert fake["receipts_refused_total",] == 32
    assert fake["receipts_unanswered_total",] == 33
    assert fake["receipts_put_off",] == 34
    assert fake["receipts_in_memory",] == 35


def test_what_came_from_phones_is_shown():
    from_phones = SimpleNamespace(received=41, unmatched=42, opt_outs=46, incomplete=43, repeated=44, waiting=45)
    shown = scrape(parts_of(smpp=None, outbox=SmallOutbox(), from_phones=from_phones))
    assert shown["inbound_total",] == 41
    assert (shown["inbound_unmatched_total",], shown["inbound_incomplete_total",]) == (42, 43)
    assert shown["inbound_opt_outs_total",] == 46
    assert (shown["inbound_repeated_total",], shown["inbound_waiting",]) == (44, 45)
    assert shown["inbound_delivered_total",] == 46


def test_what_teams_submitted_is_shown_with_how_it_was_answered(fake):
    assert fake["smpp_submits_total",] == 20
    kinds = ("accepted", "refused", "throttled", "failed")
    assert [fake["smpp_submits_answered_total", kind] for kind in kinds] == [11, 12, 13, 14]


def test_binds_and_connections_that_were_not_taken_are_shown(fake):
    assert (fake["smpp_binds_total",], fake["smpp_binds_refused_total",]) == (15, 16)
    assert fake["smpp_connections_turned_away_total",] == 17


@pytest.mark.parametrize("key", STANDING)
def test_what_a_carrier_tells_of_itself_is_shown_under_its_name(fake, key):
    kind, name, _ = STANDING[key]
    suffix = "_total" if kind is CounterMetricFamily else ""
    assert fake[name + suffix, "safari"] == 100 + list(STANDING).index(key)


def test_a_carrier_has_no_line_for_what_it_does_not_tell(fake):
    assert fake["carrier_parts_taken_total", "sandbox"] == 5
    assert ("carrier_binds", "sandbox") not in fake


def test_a_carrier_in_trouble_is_marked_and_its_words_are_not_shown(fake):
    assert (fake["carrier_trouble", "safari"], fake["carrier_trouble", "sandbox"]) == (1, 0)
    assert not [key for key in fake if "the bind was refused" in key]


def test_a_node_without_an_smpp_server_shows_no_submits():
    shown = scrape(parts_of(smpp=None, outbox=SmallOutbox()))
    assert shown["smpp_connections",] == 0
    assert not [name for name, *_ in shown if name.startswith(("smpp_submits", "smpp_binds"))]


def test_what_is_queued_is_shown_by_lane(fake):
    assert (fake["queue_messages", "safari", "transactional"], fake["queue_messages", "safari", "bulk"]) == (3, 5)


def test_how_long_a_carrier_took_to_answer_is_shown_in_buckets(fake):
    held = [fake["carrier_answer_seconds_bucket", "safari", le] for le in ("0.1", "0.5", "1.0", "5.0", "60.0", "+Inf")]
    assert held == [0, 2, 2, 3, 3, 4]
    assert (fake["carrier_answer_seconds_count", "safari"], fake["carrier_answer_seconds_sum", "safari"]) == (4, 102.75)


def test_how_long_parts_took_to_their_receipts_is_shown_for_carriers_that_told(fake):
    held = [fake["carrier_receipt_seconds_bucket", "safari", le] for le in ("1.0", "5.0", "3600.0", "21600.0", "+Inf")]
    assert held == [0, 2, 2, 3, 3]
    assert (fake["carrier_receipt_seconds_count", "safari"], fake["carrier_receipt_seconds_sum", "safari"]) == (3, 7208)
    assert ("carrier_receipt_seconds_count", "idle") not in fake


def test_final_receipts_are_shown_by_what_they_say_and_what_none_says_is_zero(fake):
    shown = {key[1:]: value for key, value in fake.items() if key[0] == "carrier_receipts_final_total"}
    nothing = {("", "delivered"): 0, ("undelivered", "failed"): 0, ("expired", "failed"): 0, ("rejected", "failed"): 0}
    safari = nothing | {("", "delivered"): 9, ("expired", "failed"): 3, ("", "failed"): 2}
    assert {key[1:]: value for key, value in shown.items() if key[0] == "safari"} == safari
    assert {key[1:]: value for key, value in shown.items() if key[0] == "idle"} == nothing
    assert len(shown) == len(safari) + len(nothing)


def test_calls_of_carriers_are_shown(fake):
    names = ("callbacks", "callbacks_repeated", "callbacks_foreign", "callbacks_unread")
    assert [fake[f"{name}_total",] for name in names] == [51, 52, 53, 54]


def test_steps_of_ussd_sessions_are_shown(fake):
    assert (fake["ussd_events_total",], fake["ussd_waiting",]) == (71, 72)
    assert [fake[f"ussd_calls_{name}_total",] for name in ("foreign", "unread", "late")] == [73, 74, 75]


def test_calls_of_webhooks_are_shown(fake):
    totals = ("webhook_deliveries", "webhook_calls_failed", "webhook_deliveries_failed", "webhooks_disabled")
    assert [fake[f"{name}_total",] for name in totals] == [61, 62, 63, 64]
    assert [fake[name,] for name in ("webhook_waiting", "webhook_oldest_seconds")] == [65, 66.5]


def test_a_server_and_an_outbox_that_work_are_read():
    rig = Rig(max_connections=2)
    esme = rig.bound()
    esme.submit(registered_delivery=1)
    rig.connect().send(BindTransceiver(system_id="ACME", password="wrong"))
    rig.connect()  # in the place of the one that has not bound
    rig.outbox.owe(rig.spool.put(notice(1), notice(2), notice(3)))
    first, second, _ = esme.heard()
    esme.send(
        DeliverSmResp(sequence=first.sequence), DeliverSmResp(sequence=second.sequence, status=Status.ESME_RX_T_APPN)
    )
    assert isinstance(rig.server, SmppServer)
    assert isinstance(rig.outbox, Outbox)
    shown = scrape(parts_of(smpp=rig.server, outbox=rig.outbox, binds=rig.binds))
    assert (shown["smpp_submits_total",], shown["smpp_submits_answered_total", "accepted"]) == (1, 1)
    assert (shown["smpp_binds_total",], shown["smpp_binds_refused_total",]) == (1, 1)
    assert (shown["smpp_connections",], shown["smpp_connections_turned_away_total",]) == (2, 1)
    assert (shown["receipts_delivered_total",], shown["receipts_refused_total",]) == (1, 1)
    assert (shown["receipts_put_off",], shown["receipts_in_memory",]) == (1, 2)


@pytest.mark.parametrize("make_rig", [SmppRig, SandboxRig, HttpRig])
def test_a_carrier_that_works_is_read_and_every_number_it_tells_is_shown(make_rig):
    rig = make_rig()
    rig.start()
    rig.carrier.submit(rig.messages(3))
    rig.settle()
    standing = rig.carrier.standing()
    assert {key for key, value in standing.items() if isinstance(value, int)} <= set(STANDING)
    shown = scrape(parts_of(smpp=None, outbox=SmallOutbox(), running=[carrier("up", standing)]))
    assert shown["carrier_parts_taken_total", "up"] == 3
    assert shown["carrier_trouble", "up"] == 0


def test_a_carrier_that_is_bound_has_its_binds_counted():
    rig = SmppRig(binds=2)
    rig.carrier.start(rig.listener)
    rig.endpoint.accept().take_bind()
    shown = scrape(parts_of(smpp=None, outbox=SmallOutbox(), running=[carrier("up", rig.carrier.standing())]))
    assert (shown["carrier_binds", "up"], shown["carrier_binds_bound", "up"]) == (2, 1)


def test_the_documentation_names_every_metric(fake):
    text = DOCS.read_text()
    assert [name for name, *_ in fake if f"``mobilesasa_{name}``" not in text] == []


RABBITMQ = Standing(
    up=True, state="", since_ms=0, blocked="memory", waiting=61, bound=99, dropped=62, unconfirmed=63, counts=None, dead=64,
)  # fmt: skip


def test_a_node_among_others_shows_how_it_stands_with_rabbitmq():
    standing = RABBITMQ
    shown = scrape(parts_of(smpp=None, outbox=SmallOutbox(), rabbitmq=standing))
    names = ("up", "blocked", "waiting", "dropped_total", "unconfirmed", "dead")
    assert [shown[f"rabbitmq_{name}",] for name in names] == [1, 1, 61, 62, 63, 64]
    shown = scrape(parts_of(smpp=None, outbox=SmallOutbox(), rabbitmq=attrs.evolve(standing, up=False, dead=None)))
    assert (shown["rabbitmq_up",], ("rabbitmq_dead",) in shown) == (0, False)
    assert ("rabbitmq_up",) not in scrape(parts_of(smpp=None, outbox=SmallOutbox()))
