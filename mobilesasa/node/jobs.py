"""The works that this node can do for all."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any, Final

from twisted.internet.threads import deferToThread

from mobilesasa.contacts.audiences import READ
from mobilesasa.contacts.uploads import IMPORT, UNDO
from mobilesasa.core.exports import JOB_KIND as EXPORT
from mobilesasa.jobs.child import Child, start
from mobilesasa.jobs.exporting import WORKBOOK, Exporting
from mobilesasa.jobs.imports import ImportWork, UndoWork
from mobilesasa.jobs.runner import Runner, Work
from mobilesasa.node.base import Base
from mobilesasa.store import audience_rows, exports, imports
from mobilesasa.store.audience_rows import AudienceFiles
from mobilesasa.store.exports import ExportWriting
from mobilesasa.store.imports import Imports
from mobilesasa.store.jobs import StoredJobs

#: Who is told when a job is given up, by kind.
AT_END: Final = {IMPORT: imports.tell, READ: audience_rows.given_up, EXPORT: exports.given_up}


def make_runner(base: Base) -> Runner:
    """Return what does the jobs, not yet started."""
    return Runner(StoredJobs(base.database, AT_END), _works(base), base.reactor)


def _works(base: Base) -> Mapping[str, Work]:
    """Return what is done for the jobs of each kind."""
    stored = Imports(base.database)
    return {
        IMPORT: ImportWork(stored, base.reactor, deferToThread),
        UNDO: UndoWork(stored),
        READ: ImportWork(AudienceFiles(base.database), base.reactor, deferToThread),
        EXPORT: _exporting(base),
    }


def _exporting(base: Base) -> Exporting:
    def start_child(target: int, options: Mapping[str, Any]) -> Child:
        return start(base.reactor, "mobilesasa.jobs.workbook", options, target=target, bounds=WORKBOOK)

    return Exporting(ExportWriting(base.database, lambda: str(uuid.uuid4())), start_child, deferToThread)
