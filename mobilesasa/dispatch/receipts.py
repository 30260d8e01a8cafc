"""Receipts from the carriers: written down, then acknowledged, then told to the teams."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence

import attrs
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger

from mobilesasa.core.model import Report, State
from mobilesasa.core.ports import Journal, Notifier
from mobilesasa.dispatch.insist import insist

REMEMBERED = 20_000


class Receipts:
    """Takes what the carriers report, for all of them.

    A receipt that comes twice finds nothing to settle and would be parked as unknown; those of the last while are
    remembered, so that a carrier which doubles each of them does not fill the tray of unknown ones.
    """

    log = Logger()

    def __init__(self, journal: Journal, notifier: Notifier, clock: IReactorTime) -> None:
        self._journal = journal
        self._notifier = notifier
        self._clock = clock
        self._recent: OrderedDict[tuple[int, str], State] = OrderedDict()
        self.taken = self.repeated = 0

    def take(self, reports: Sequence[Report], acknowledge: Callable[[], None]) -> None:
        """Write receipts down; `acknowledge` is called after the commit."""
        work = Deferred.fromCoroutine(self._settle(reports, acknowledge))
        work.addErrback(lambda failure: self.log.failure("writing {count} receipts", failure, count=len(reports)))

    async def _settle(self, reports: Sequence[Report], acknowledge: Callable[[], None]) -> None:
        marked = [self._marked(report) for report in reports]
        notices = await insist(self._clock, self.log, self._journal.report, marked)
        finals = [report for report in reports if report.state is not State.SENT]
        self._remember(finals)
        self.taken += len(finals)
        owed = [notice for notice in notices if notice is not None]
        if owed:
            self._notifier.owe(owed)
        acknowledge()

    def _marked(self, report: Report) -> Report:
        if self._recent.get((report.carrier_id, report.ref)) is not report.state:
            return report
        self.repeated += 1
        return attrs.evolve(report, repeated=True)

    def _remember(self, reports: Sequence[Report]) -> None:
        for report in reports:
            self._recent[report.carrier_id, report.ref] = report.state
        while len(self._recent) > REMEMBERED:
            self._recent.popitem(last=False)
