"""What `/metrics` shows: plain attributes of the parts, read when somebody asks. Nothing is counted twice or hot."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final

from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from mobilesasa.core.model import Failure, Lane, State
from mobilesasa.core.routing import Standing
from mobilesasa.dispatch.callbacks import Figures
from mobilesasa.dispatch.inbound import FromPhones
from mobilesasa.dispatch.latency import Latency
from mobilesasa.node.base import Base
from mobilesasa.node.parts import Parts
from mobilesasa.node.ussd import UssdParts
from mobilesasa.notify.outbox import Outbox
from mobilesasa.notify.webhooks.sender import Figures as HookFigures
from mobilesasa.queue import link
from mobilesasa.smsc.server import SmppServer

_Kind = type[CounterMetricFamily] | type[GaugeMetricFamily]
#: Of what `RunningCarrier.standing` tells: what becomes a metric, which, and its help. What is a text is not shown.
STANDING: Final[Mapping[str, tuple[_Kind, str, str]]] = {
    "binds": (GaugeMetricFamily, "carrier_binds", "Binds that the carrier is to have."),
    "bound": (GaugeMetricFamily, "carrier_binds_bound", "Binds that are bound."),
    "connected": (GaugeMetricFamily, "carrier_connected", "1: messages can go to the carrier."),
    "paused": (GaugeMetricFamily, "carrier_binds_paused", "Binds that wait because the carrier asked for less."),
    "requests": (GaugeMetricFamily, "carrier_requests", "Requests over HTTP that are not answered."),
    "parts_sent": (CounterMetricFamily, "carrier_parts_sent", "Parts written to the wire."),
    "parts_taken": (CounterMetricFamily, "carrier_parts_taken", "Parts that the carrier accepted."),
    "throttled": (CounterMetricFamily, "carrier_parts_throttled", "Parts refused for being too many."),
    "unanswered": (CounterMetricFamily, "carrier_parts_unanswered", "Parts left without an answer."),
    "receipts": (CounterMetricFamily, "carrier_receipts", "Receipts that came from the carrier."),
    "malformed_receipts": (
        CounterMetricFamily, "carrier_receipts_malformed", "Receipts that said nothing that could be used.",
    ),
    "disagreeing_receipts": (
        CounterMetricFamily, "carrier_receipts_disagreeing", "Receipts whose TLVs and text said different things.",
    ),
    "inbound": (CounterMetricFamily, "carrier_inbound", "Messages from phones, and parts of such, that came."),
    "inbound_turned_away": (
        CounterMetricFamily, "carrier_inbound_turned_away", "Messages from phones that were refused for now.",
    ),
    "ussd_events": (CounterMetricFamily, "carrier_ussd_events", "Steps of USSD sessions that came over SMPP."),
    "ussd_replies": (CounterMetricFamily, "carrier_ussd_replies", "Screens that the carrier accepted."),
    "ussd_refused": (CounterMetricFamily, "carrier_ussd_refused", "Screens that it refused, and steps that make no sense."),
    "ussd_dropped": (CounterMetricFamily, "carrier_ussd_dropped", "Screens that could not be sent in time, or were lost."),
    "receipts_due": (GaugeMetricFamily, "carrier_receipts_due", "Receipts that a sandbox has still to give."),
}  # fmt: skip

#: What a carrier may report in the end; each is shown from the start, so that the first one is seen as a rise.
FINALS: Final = (
    (State.DELIVERED, None),
    (State.FAILED, Failure.UNDELIVERED),
    (State.FAILED, Failure.EXPIRED),
    (State.FAILED, Failure.REJECTED),
)


class NodeCollector(Collector):
    """Reads a node's parts."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def collect(self) -> Iterator[Metric]:
        """See `prometheus_client`."""
        parts = self._parts
        yield from _store(parts.base)
        yield _counter("receipts", "Final receipts taken from carriers.", parts.carriers.receipts.taken)
        yield _counter("receipts_repeated", "Receipts that carriers gave again.", parts.carriers.receipts.repeated)
        yield _counter("directory_readings", "Times the configuration was read.", parts.pictures.configuration.readings)
        yield _gauge("smpp_connections", "Connections to the SMPP server.", parts.doors.smpp_connections())
        yield _gauge("smpp_sessions", "Bound SMPP sessions.", len(parts.teams.binds))
        if parts.doors.smpp is not None:
            yield from _smpp(parts.doors.smpp.server)
        yield from _outbox(parts.teams.outbox)
        yield from _inbound(parts.carriers.from_phones, parts.teams.outbox)
        yield from _callbacks(parts.carriers.callbacks.figures)
        yield from _webhooks(parts.chores.hooks.sender.figures)
        yield from _ussd(parts.ussd)
        yield from self._dispatch()
        yield from self._latencies()
        yield self._finals()
        yield from self._standing()
        if parts.cluster is not None:
            yield from _rabbitmq(parts.cluster.link.standing())

    def _dispatch(self) -> Iterator[Metric]:
        outcomes = _counters("carrier_outcomes", "Answers of carriers, by kind.", "outcome")
        rerouted = _counters("carrier_rerouted", "Messages that went on to another carrier, by why.", "why")
        uncertain = _counters("carrier_uncertain", "Messages without an answer, which the carrier may have.")
        expired = _counters("carrier_expired", "Messages that expired while they waited for the carrier here.")
        state = _gauges("carrier_state", "How the carrier stands: 0 up, 1 throttled, 2 down.")
        silence = _gauges("carrier_receipt_wait_seconds", "For how long no receipt came although some are due.")
        window = _gauges("carrier_window", "Parts that may be under way at once.")
        under_way = _gauges("carrier_parts_under_way", "Parts on the wire or being written down.")
        queued = _gauges("queue_messages", "Messages that wait for the carrier in the queue, in no hand.", "lane")
        parts = self._parts
        for carrier_id, running in parts.carriers.fleet.running.items():
            name, counts = running.record.name, running.dispatcher.counts
            outcomes.add_metric([name, "sent"], counts.sent)
            outcomes.add_metric([name, "later"], counts.postponed)
            outcomes.add_metric([name, "never"], counts.refused - counts.refused_here)
            outcomes.add_metric([name, "elsewhere"], counts.refused_here)
            rerouted.add_metric([name, "refused"], counts.rerouted)
            rerouted.add_metric([name, "trouble"], parts.carriers.watch.moved.get(carrier_id, 0))
            uncertain.add_metric([name], counts.uncertain)
            expired.add_metric([name], counts.expired)
            state.add_metric([name], parts.directory.live.troubles.get(carrier_id, Standing.UP))
            silence.add_metric([name], parts.carriers.watch.receipt_wait_s(carrier_id))
            window.add_metric([name], running.carrier.window)
            under_way.add_metric([name], running.dispatcher.out_parts)
            for lane in Lane:
                queued.add_metric([name, lane.name.lower()], parts.carriers.queue.depth(carrier_id, lane))
        yield from (outcomes, rerouted, uncertain, expired, state, silence, window, under_way, queued)

    def _latencies(self) -> Iterator[Metric]:
        parts = self._parts
        yield _histogram(
            "carrier_answer_seconds",
            "From the hand-over of a message to the carrier's answer.",
            ((running.record.name, running.dispatcher.latency) for running in parts.carriers.fleet.running.values()),
        )
        carriers, latency = parts.directory.now.carriers, parts.carriers.receipts.latency
        yield _histogram(
            "carrier_receipt_seconds",
            "From the carrier's taking to the end, by the dates in its receipts.",
            ((carriers[carrier_id].name, latency[carrier_id]) for carrier_id in carriers.keys() & latency.keys()),
        )

    def _finals(self) -> Metric:
        """Count what carriers reported in the end; one that is disabled may still report."""
        shown = _counters("carrier_receipts_final", "Final receipts, by what they say.", "state", "failure")
        heard = self._parts.carriers.receipts.finals
        for carrier_id, record in self._parts.directory.now.carriers.items():
            said = {(state, failure) for of, state, failure in heard if of == carrier_id}
            for state, failure in sorted(said.union(FINALS), key=str):
                shown.add_metric([record.name, state.shown, failure or ""], heard[carrier_id, state, failure])
        return shown

    def _standing(self) -> Iterator[Metric]:
        """What each carrier tells of itself; a kind of carrier that does not tell a thing has no line for it."""
        shown: dict[str, CounterMetricFamily | GaugeMetricFamily] = {
            key: kind(f"mobilesasa_{name}", doc, labels=["carrier"]) for key, (kind, name, doc) in STANDING.items()
        }
        trouble = GaugeMetricFamily("mobilesasa_carrier_trouble", "1: the carrier has a trouble.", labels=["carrier"])
        for running in self._parts.carriers.fleet.running.values():
            name = running.record.name
            standing = running.carrier.standing()
            trouble.add_metric([name], 1 if standing.get("trouble") else 0)
            for key, value in standing.items():
                if key in shown and isinstance(value, int):
                    shown[key].add_metric([name], value)
        yield from shown.values()
        yield trouble


def _store(base: Base) -> Iterator[Metric]:
    writers = (base.intake, base.writer)
    yield _counter("store_commits", "Group commits of the writer.", sum(each.commits for each in writers))
    waiting = sum(each.waiting_items for each in writers)
    yield _gauge("store_waiting_items", "Items handed to the writers and not begun.", waiting)


def _rabbitmq(standing: link.Standing) -> Iterator[Metric]:
    yield _gauge("rabbitmq_up", "Whether RabbitMQ is connected.", int(standing.up))
    yield _gauge("rabbitmq_blocked", "Whether RabbitMQ takes nothing, for an alarm of its own.", bool(standing.blocked))
    yield _gauge("rabbitmq_waiting", "Messages whose hints RabbitMQ has not confirmed.", standing.waiting)
    yield _gauge("rabbitmq_unconfirmed", "Bodies published and not confirmed.", standing.unconfirmed)
    yield _counter("rabbitmq_dropped", "Hints that did not fit; the store has the messages.", standing.dropped)
    if standing.dead is not None:
        yield _gauge("rabbitmq_dead", "Bodies among the dead letters, as last looked at.", standing.dead)


def _smpp(server: SmppServer) -> Iterator[Metric]:
    counts = server.counts
    submits = CounterMetricFamily("mobilesasa_smpp_submits_answered", "Answers to submit_sm, by kind.", labels=["kind"])
    for kind in ("accepted", "refused", "throttled", "failed"):
        submits.add_metric([kind], getattr(counts, kind))
    yield _counter("smpp_submits", "Messages that teams submitted over SMPP.", counts.submits)
    yield submits
    yield _counter("smpp_binds", "Binds that were taken.", counts.binds)
    yield _counter("smpp_binds_refused", "Binds that were refused.", counts.binds_refused)
    yield _counter("smpp_connections_turned_away", "Connections beyond a limit, closed.", server.turned_away)


def _outbox(outbox: Outbox) -> Iterator[Metric]:
    yield _counter("receipts_delivered", "Receipts that teams took over SMPP.", outbox.delivered)
    yield _counter("receipts_refused", "Receipts that a team's receiver refused; they are tried again.", outbox.refused)
    yield _counter(
        "receipts_unanswered", "Receipts that no answer came to; they are sent again.", outbox.unanswered_count
    )
    yield _gauge("receipts_in_memory", "Receipts for teams in memory, of those in the spool.", len(outbox))
    yield _gauge(
        "receipts_put_off", "Receipts that were refused and are remembered until they are taken.", outbox.put_off
    )


def _inbound(from_phones: FromPhones, outbox: Outbox) -> Iterator[Metric]:
    yield _counter("inbound_delivered", "Messages from phones, and parts, that teams took.", outbox.inbound_delivered)
    yield _counter("inbound", "Messages from phones that were kept, whole.", from_phones.received)
    yield _counter("inbound_unmatched", "Of those, how many were to a number of no team.", from_phones.unmatched)
    yield _counter("inbound_opt_outs", "Of those, how many said STOP or START and no more.", from_phones.opt_outs)
    yield _counter("inbound_incomplete", "Of those, how many had parts missing.", from_phones.incomplete)
    yield _counter("inbound_repeated", "Parts that carriers brought again.", from_phones.repeated)
    yield _gauge("inbound_waiting", "Long messages that wait for parts, when it was last looked.", from_phones.waiting)


def _callbacks(figures: Figures) -> Iterator[Metric]:
    yield _counter("callbacks", "Calls of carriers over HTTP that were written down.", figures.taken)
    yield _counter("callbacks_repeated", "Calls that carriers made again.", figures.repeated)
    yield _counter("callbacks_foreign", "Calls that were no carrier's own.", figures.foreign)
    yield _counter("callbacks_unread", "Calls of which nothing could be read.", figures.unread)


def _ussd(ussd: UssdParts) -> Iterator[Metric]:
    figures = ussd.door.figures
    yield _counter("ussd_events", "Steps of USSD sessions, of all gateways and carriers.", ussd.desk.taken)
    yield _gauge("ussd_waiting", "Steps of USSD sessions that wait for a commit.", ussd.writer.waiting_items)
    yield _counter("ussd_calls_foreign", "Calls of USSD gateways that were none's own.", figures.foreign)
    yield _counter("ussd_calls_unread", "Calls of USSD gateways of which nothing could be read.", figures.unread)
    yield _counter("ussd_calls_late", "Calls of USSD gateways that were not answered in time.", figures.late)


def _webhooks(figures: HookFigures) -> Iterator[Metric]:
    yield _counter("webhook_deliveries", "Events that webhooks took.", figures.delivered)
    yield _counter("webhook_calls_failed", "Calls of webhooks that failed; most are made again.", figures.failed)
    yield _counter("webhook_deliveries_failed", "Events that were given up, for a webhook.", figures.given_up)
    yield _counter("webhooks_disabled", "Webhooks that were disabled for their answers.", figures.disabled)
    yield _gauge(
        "webhook_waiting", "Events that wait for webhooks of this node, when it was last looked.", figures.waiting
    )
    yield _gauge("webhook_oldest_seconds", "For how long the oldest of them has waited.", figures.oldest_s)


def make_metrics(parts: Parts) -> Callable[[], bytes]:
    """Return what writes a node's metrics in Prometheus' text format."""
    registry = CollectorRegistry()
    registry.register(NodeCollector(parts))
    ProcessCollector(registry=registry)
    return lambda: generate_latest(registry)


def _counter(name: str, doc: str, value: float) -> Metric:
    return CounterMetricFamily(f"mobilesasa_{name}", doc, value=value)


def _gauge(name: str, doc: str, value: float) -> Metric:
    return GaugeMetricFamily(f"mobilesasa_{name}", doc, value=value)


def _counters(name: str, doc: str, *labels: str) -> CounterMetricFamily:
    return CounterMetricFamily(f"mobilesasa_{name}", doc, labels=["carrier", *labels])


def _gauges(name: str, doc: str, *labels: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"mobilesasa_{name}", doc, labels=["carrier", *labels])


def _histogram(name: str, doc: str, latencies: Iterable[tuple[str, Latency]]) -> Metric:
    family = HistogramMetricFamily(f"mobilesasa_{name}", doc, labels=["carrier"])
    for carrier, latency in latencies:
        family.add_metric([carrier], list(latency.buckets()), latency.total_s)
    return family
