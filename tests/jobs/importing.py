"""A process that does the jobs of files in a store until it is killed: `python -m tests.jobs.importing DSN`."""

import sys
from typing import Any

from twisted.internet import reactor
from twisted.internet.defer import ensureDeferred
from twisted.internet.threads import deferToThread

from mobilesasa.contacts.audiences import READ
from mobilesasa.contacts.uploads import IMPORT, UNDO
from mobilesasa.jobs.imports import ImportWork, UndoWork
from mobilesasa.jobs.runner import Runner
from mobilesasa.store.audience_rows import AudienceFiles
from mobilesasa.store.database import Database
from mobilesasa.store.imports import Imports
from mobilesasa.store.jobs import StoredJobs


def make_runner(database: Database) -> Runner:
    """What does imports and their undo, and reads audiences."""
    imports = Imports(database)
    works = {
        IMPORT: ImportWork(imports, reactor, deferToThread),
        UNDO: UndoWork(imports),
        READ: ImportWork(AudienceFiles(database), reactor, deferToThread),
    }
    return Runner(StoredJobs(database), works, reactor)  # type: ignore[arg-type]


async def main(dsn: str) -> None:
    database = Database(reactor, dsn)  # type: ignore[arg-type]
    await database.start()
    runner = make_runner(database)
    runner.start()
    runner.do_jobs(True)


if __name__ == "__main__":
    running: Any = reactor
    running.callWhenRunning(lambda: ensureDeferred(main(sys.argv[1])))
    running.run()
