"""Two processes that work on one store at once: what the second one begins waits for the first, as a test has it."""

import threading

from mobilesasa.store.database import Connection, connect, in_transaction
from tests.store.given import one

WAITING = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"


class Two:
    """Two connections to one store; the first is in a transaction that the test opens, the second in one of its own."""

    def __init__(self, dsn: str) -> None:
        self.first, self.second = connect(dsn, "first"), connect(dsn, "second")

    def do(self, function, *args):
        """Run something in a transaction of its own, with nothing else under way."""
        return in_transaction(self.first, function, *args)

    def meanwhile(self, function, *args):
        """Begin something on the second connection that must wait for the first; return what ends both, with its result."""
        done = []

        def work():
            try:
                done.append(in_transaction(self.second, function, *args))
            except Exception as error:  # noqa: BLE001 - it is raised again, where the test sees it
                done.append(error)

        thread = threading.Thread(target=work)
        thread.start()
        try:
            self._until_it_waits(thread)
        except BaseException:
            self.first.rollback()
            thread.join()
            raise

        def end():
            self.first.commit()
            thread.join()
            if isinstance(done[0], Exception):
                raise done[0]
            return done[0]

        return end

    def _until_it_waits(self, thread: threading.Thread) -> None:
        watcher: Connection = connect(self.first.dsn, "watcher")
        with watcher.cursor() as txn:
            while one(txn, WAITING) == 0:
                assert thread.is_alive(), "it did not wait"
                watcher.rollback()
        watcher.close()

    def close(self) -> None:
        """Close both."""
        self.first.close()
        self.second.close()
