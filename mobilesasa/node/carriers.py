"""What an operator is told of the carriers by REST (`api.ports.platform.Carriers`): put together from the parts that know it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from mobilesasa.carriers import masking
from mobilesasa.core.model import Failure, State
from mobilesasa.core.teams import CarrierRecord, CurrentDirectory
from mobilesasa.dispatch.fleet import Fleet
from mobilesasa.dispatch.latency import ANSWER_BOUNDS_S, RECEIPT_BOUNDS_S, Latency
from mobilesasa.dispatch.receipts import Receipts
from mobilesasa.dispatch.watch import Watch
from mobilesasa.store.asking import Asking
from mobilesasa.store.questions import Question

#: Of a carrier that does not run.
_IDLE: Final[Mapping[str, Any]] = {
    "down_s": 0, "window": 0, "parts_under_way": 0, "sent": 0, "uncertain": 0, "postponed": 0, "rerouted": 0, "moved_on": 0,
    "receipt_wait_s": 0,
    "refused": 0, "expired": 0, "carrier": {},
}  # fmt: skip
_DISABLED: Final[Mapping[str, Any]] = {**_IDLE, "state": "disabled", "why": "it is disabled"}
_NOT_RUNNING: Final[Mapping[str, Any]] = {
    **_IDLE,
    "state": "down",
    "why": "it runs at no node that answers; their logs say why",
}
RUNNING: Final = "carriers.running"  # the kind of question that other nodes are asked


class CarrierDesk:
    """Tells of all carriers, those that are disabled too.

    Args:
        directory: which there are.
        fleet: which run here, and how long their answers take.
        watch: how each stands.
        receipts: what each reported.
        asking: asks the nodes that have the others; None: there is no other node.
    """

    def __init__(
        self,
        directory: CurrentDirectory,
        fleet: Fleet,
        watch: Watch,
        receipts: Receipts,
        asking: Asking | None = None,
    ) -> None:
        self._directory = directory
        self._fleet = fleet
        self._watch = watch
        self._receipts = receipts
        self._asking = asking

    async def carriers(self) -> Sequence[Mapping[str, object]]:
        """Return all by name, each as an `api.admin.carriers.CarrierShown`."""
        records = sorted(self._directory.now.carriers.values(), key=lambda record: record.name)
        return await self._all_of(records)

    async def carrier(self, name: str) -> Mapping[str, object] | None:
        """Return one as `carriers` does, whatever the case of its name; None when there is none."""
        small = name.lower()
        records = [record for record in self._directory.now.carriers.values() if record.name == small]
        return (await self._all_of(records))[0] if records else None

    def tell_running(self, _: Mapping[str, Any]) -> Mapping[str, Mapping[str, object]]:
        """Answer another node: the carriers that run here, by name."""
        standings = self._watch.standing()
        running = [each.record for each in self._fleet.running.values()]
        return {record.name: self._shown(record, standings.get(record.name)) for record in running}

    async def _all_of(self, records: Sequence[CarrierRecord]) -> list[Mapping[str, object]]:
        here = self.tell_running({})
        missing = [record for record in records if record.enabled and record.name not in here]
        elsewhere: dict[str, Mapping[str, object]] = {}
        if missing and self._asking is not None:
            heard = await self._asking.ask(Question(RUNNING, {}))
            for answer in heard.answers.values():
                elsewhere |= answer
        return [here.get(record.name) or elsewhere.get(record.name) or self._shown(record, None) for record in records]

    def _shown(self, record: CarrierRecord, found: Mapping[str, Any] | None) -> Mapping[str, object]:
        standing = found or (_NOT_RUNNING if record.enabled else _DISABLED)
        failed = {failure: self._reported(record.id, State.FAILED, failure) for failure in Failure}
        delivered = self._reported(record.id, State.DELIVERED, None)
        finals = delivered + sum(failed.values())
        running = self._fleet.running.get(record.id)
        answers = Latency(ANSWER_BOUNDS_S) if running is None else running.dispatcher.latency
        reports = self._receipts.latency.get(record.id) or Latency(RECEIPT_BOUNDS_S)
        return {
            "name": record.name,
            "kind": record.kind,
            "enabled": record.enabled,
            "state": standing["state"],
            "why": standing["why"] or None,
            **{
                name: standing[name]
                for name in ("down_s", "window", "parts_under_way", "sent", "uncertain", "postponed")
            },
            "rerouted": standing["rerouted"] + standing["moved_on"],
            "failed": {
                "refused": standing["refused"],
                "expired_unsent": standing["expired"],
                **{
                    failure.value: failed[failure]
                    for failure in (Failure.UNDELIVERED, Failure.EXPIRED, Failure.REJECTED)
                },
            },
            "delivered": delivered,
            "delivery_ratio": round(delivered / finals, 4) if finals else None,
            "receipt_wait_s": standing["receipt_wait_s"],
            "submit_latency": latency_shown(answers),
            "receipt_latency": latency_shown(reports),
            "options": masking.shown(record),
            "details": dict(standing["carrier"]),
        }

    def _reported(self, carrier_id: int, state: State, failure: Failure | None) -> int:
        return self._receipts.finals.get((carrier_id, state, failure), 0)


def latency_shown(latency: Latency) -> dict[str, float | int | None]:
    """Return how long something took, as an `api.admin.carriers.LatencyShown`."""
    buckets = [(float(bound), count) for bound, count in latency.buckets()]
    total = buckets[-1][1]
    return {
        "count": total,
        "mean_s": round(latency.total_s / total, 4) if total else None,
        "p50_s": _bound_s(buckets, 0.5),
        "p99_s": _bound_s(buckets, 0.99),
    }


def _bound_s(buckets: Sequence[tuple[float, int]], share: float) -> float | None:
    """Return the bound than which a share of all is no longer; None when nothing is known, or it has no end."""
    total = buckets[-1][1]
    for bound_s, count in buckets[:-1]:
        if total and count >= share * total:
            return bound_s
    return None
