"""Processes as the store sees them: a connection that holds the lock of a run, and its death."""

import contextlib

import attrs

from mobilesasa.store import holds
from mobilesasa.store.database import Connection, connect, in_transaction
from mobilesasa.store.holds import What
from tests.store.given import add_run, one


@attrs.define(eq=False)
class Process:
    """A process that holds the lock of its run."""

    dsn: str
    node: str | None = None
    holder: Connection = attrs.field(init=False)
    run: int = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self.holder = connect(self.dsn, "tests")
        self.run = self.do(add_run, self.node)
        self.hold()

    def hold(self) -> None:
        """Take the lock, over a new connection if the one before was lost."""
        if self.holder.closed:
            self.holder = connect(self.dsn, "tests")
        assert self.do(holds.take, What.RUN, [self.run]) == {self.run}

    def do(self, work, *args, **more):
        """Run a store function."""
        return in_transaction(self.holder, work, *args, **more)

    def kill(self) -> None:
        """Let the server see that its other end is gone."""
        pid = self.holder.info.backend_pid
        with contextlib.closing(connect(self.dsn, "killer")) as killer:
            assert in_transaction(killer, one, "SELECT pg_terminate_backend(%(pid)s, 5000)", pid=pid)
        self.holder.close()
