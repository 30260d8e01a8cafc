"""What `/metrics` shows: plain attributes of the parts, read when somebody asks. Nothing is counted twice or hot."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from mobilesasa.core.model import Lane
from mobilesasa.node.parts import Parts


class NodeCollector(Collector):
    """Reads a node's parts."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def collect(self) -> Iterator[Metric]:
        """See `prometheus_client`."""
        parts = self._parts
        yield _counter("store_commits", "Group commits of the writer.", parts.intake.commits + parts.writer.commits)
        yield _gauge(
            "store_waiting_items",
            "Items handed to the writers and not begun.",
            parts.intake.waiting_items + parts.writer.waiting_items,
        )
        yield _counter("receipts", "Final receipts taken from carriers.", parts.receipts.taken)
        yield _counter("receipts_repeated", "Receipts that carriers gave again.", parts.receipts.repeated)
        yield _counter("directory_readings", "Times the configuration was read.", parts.knowledge.readings)
        yield _gauge("smpp_connections", "Connections to the SMPP server.", parts.smpp_connections())
        yield _gauge("smpp_sessions", "Bound SMPP sessions.", len(parts.binds))
        yield from self._carriers()

    def _carriers(self) -> Iterator[Metric]:
        outcomes = CounterMetricFamily(
            "mobilesasa_carrier_outcomes", "Answers of carriers, by kind.", labels=["carrier", "outcome"]
        )
        under_way = GaugeMetricFamily(
            "mobilesasa_carrier_parts_under_way", "Parts on the wire or being written down.", labels=["carrier"]
        )
        queued = GaugeMetricFamily(
            "mobilesasa_queue_messages", "Messages queued in memory.", labels=["carrier", "lane"]
        )
        for carrier_id, running in self._parts.fleet.running.items():
            name = running.record.name
            dispatcher = running.dispatcher
            outcomes.add_metric([name, "sent"], dispatcher.sent)
            outcomes.add_metric([name, "later"], dispatcher.postponed)
            outcomes.add_metric([name, "never"], dispatcher.refused)
            under_way.add_metric([name], dispatcher.out_parts)
            for lane in Lane:
                queued.add_metric([name, lane.name.lower()], self._parts.queue.depth(carrier_id, lane))
        yield outcomes
        yield under_way
        yield queued


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
