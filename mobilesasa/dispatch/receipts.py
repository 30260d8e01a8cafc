"""Receipts from the carriers: written down, then acknowledged, then told to the teams."""

from __future__ import annotations

from collections import Counter, OrderedDict, defaultdict
from collections.abc import Callable, Sequence

import attrs
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger

from mobilesasa.core.model import Failure, Report, State
from mobilesasa.core.networks import LearnedNetworks, sightings
from mobilesasa.core.ports import Journal, Notifier
from mobilesasa.dispatch.insist import insist
from mobilesasa.dispatch.latency import RECEIPT_BOUNDS_S, Latency
from mobilesasa.dispatch.policies import Policies

REMEMBERED = 20_000


class Receipts:
    """Takes what the carriers report, for all of them.

    A receipt that comes twice finds nothing to settle and would be parked as unknown; those of the last while are
    remembered, so that a carrier which doubles each of them does not fill the tray of unknown ones.

    Args:
        journal: the store.
        notifier: told of what ends.
        clock: for waiting while the store is away.
        policies: which failures let a message go on to another carrier.
        learned: where numbers are, as receipts say.

    Attributes:
        heard: receipts of any kind, by the carrier's id, as they come.
        taken: final receipts.
        repeated: of those, how many had come before.
        finals: those that had not, by the carrier's id and what they say.
        latency: from the carrier's taking to the end, by the carrier's id, of those receipts that have both dates. The
            two are of one clock, the carrier's; what we stored ourselves would have to be read for it.
    """

    log = Logger()

    def __init__(
        self, journal: Journal, notifier: Notifier, clock: IReactorTime, policies: Policies, learned: LearnedNetworks
    ) -> None:
        self._journal = journal
        self._notifier = notifier
        self._clock = clock
        self._policies = policies
        self._learned = learned
        self._recent: OrderedDict[tuple[int, str], State] = OrderedDict()
        self.taken = self.repeated = 0
        self.heard: Counter[int] = Counter()
        self.finals: Counter[tuple[int, State, Failure | None]] = Counter()
        self.latency: defaultdict[int, Latency] = defaultdict(lambda: Latency(RECEIPT_BOUNDS_S))

    def take(self, reports: Sequence[Report], acknowledge: Callable[[], None]) -> None:
        """Write receipts down; `acknowledge` is called after the commit."""
        self.heard.update([report.carrier_id for report in reports])
        work = Deferred.fromCoroutine(self._settle(reports, acknowledge))
        work.addErrback(lambda failure: self.log.failure("writing {count} receipts", failure, count=len(reports)))

    async def _settle(self, reports: Sequence[Report], acknowledge: Callable[[], None]) -> None:
        marked = [self._marked(report) for report in reports]
        notices = await insist(self._clock, self.log, self._journal.report, marked)
        for number, code in sightings(reports):
            self._learned.put(number, code)
        finals = [report for report in reports if report.state is not State.SENT]
        self._remember(finals)
        self.taken += len(finals)
        self._count([report for report in marked if report.state is not State.SENT and not report.repeated])
        owed = [notice for notice in notices if notice is not None]
        if owed:
            self._notifier.owe(owed)
        acknowledge()

    def _count(self, finals: Sequence[Report]) -> None:
        for report in finals:
            self.finals[report.carrier_id, report.state, report.failure] += 1
            if report.submitted_at_ms is not None and report.done_at_ms is not None:
                took_ms = report.done_at_ms - report.submitted_at_ms
                if took_ms >= 0:  # the dates of a carrier whose clock is ahead say nothing
                    self.latency[report.carrier_id].add((took_ms / 1000,))

    def _marked(self, report: Report) -> Report:
        policy = self._policies.of(report.carrier_id)
        if policy.blacklist_errors:
            report = attrs.evolve(report, blacklisted=policy.is_opt_out(report))
        if policy.failover_on_receipt:
            report = attrs.evolve(report, second_way=policy.lets_go_on(report))
        if self._recent.get((report.carrier_id, report.ref)) is not report.state:
            return report
        self.repeated += 1
        return attrs.evolve(report, repeated=True)

    def _remember(self, reports: Sequence[Report]) -> None:
        for report in reports:
            self._recent[report.carrier_id, report.ref] = report.state
        while len(self._recent) > REMEMBERED:
            self._recent.popitem(last=False)
