"""The way from a command to the store of the node whose settings it reads."""

from __future__ import annotations

import contextlib
import functools
import os
import pwd
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar

import click

from mobilesasa.core.actors import Actor, ActorKind
from mobilesasa.settings import Settings, load
from mobilesasa.store import migrate
from mobilesasa.store.database import Connection, Txn, connect, in_transaction
from mobilesasa.store.embedded import EmbeddedPostgres
from mobilesasa.store.migrate import MigrationError
from mobilesasa.store.questions import Heard, Question, ask_nodes

P = ParamSpec("P")
T = TypeVar("T")

APPLICATION_NAME = "mobilesasa command"
PATIENCE_S = 2.0  # for the answers of nodes, which take some hundredths of a second


def operator() -> Actor:
    """Return who types the command, by the account of the machine; behind sudo the one from which it was called."""
    try:
        account = pwd.getpwuid(os.getuid()).pw_name
    except KeyError:  # a container may run under a number without a name
        account = str(os.getuid())
    return Actor(ActorKind.OPERATOR, name=os.environ.get("SUDO_USER") or account)


class Node:
    """The node that a command speaks of: its settings, read when they are needed, and its store.

    Args:
        environ: the environment.
        config_path: the file of settings that was named, if one was.
        options: settings from the command line, by name.
    """

    def __init__(self, environ: Mapping[str, str], config_path: Path | None, options: Mapping[str, str]) -> None:
        self._environ = environ
        self._config_path = config_path
        self._options = options

    @functools.cached_property
    def settings(self) -> Settings:
        """The settings; BadSettings names all that is wrong."""
        return load(self._environ, self._config_path, self._options)

    def run(self, function: Callable[Concatenate[Txn, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a store function in one transaction of the store, whose schema is up to date."""
        with self.connection() as opened:
            return in_transaction(opened, function, *args, **kwargs)

    @contextlib.contextmanager
    def connection(self) -> Iterator[Connection]:
        """Give a connection to the store, whose schema is up to date, for several transactions."""
        with self.store() as dsn:
            self._see_to_schema(dsn)
            opened = connect(dsn, APPLICATION_NAME, statement_timeout_s=0)
            try:
                yield opened
            finally:
                opened.close()

    def ask_any(self, kind: str, **args: object) -> Heard:
        """Ask the nodes that run on the store, if any, and wait a little for their answers."""
        with self.connection() as opened:
            return ask_nodes(opened, Question(kind, args), self.settings.dispatch.lease_s, PATIENCE_S)

    def ask(self, kind: str, **args: object) -> Heard:
        """Ask the nodes that run on the store, and wait a little for their answers.

        Raises:
            ClickException: none runs, or none answers.
        """
        heard = self.ask_any(kind, **args)
        if not heard.nodes:
            raise click.ClickException("no node is running on this store; start one, and ask again")
        if not heard.answers:
            raise click.ClickException(f"{', '.join(heard.nodes)} did not answer within {PATIENCE_S:g} s")
        return heard

    @contextlib.contextmanager
    def store(self) -> Iterator[str]:
        """Give the DSN of the store, which is there until the end of the block.

        That is the server that the settings name, or the embedded one: the running one, or one that is started for
        this command and stopped after it, which is said on standard error.
        """
        if self.settings.database_url:
            yield self.settings.database_url
            return
        server = EmbeddedPostgres(self.settings.state_dir)
        if server.running() is None:
            click.echo(f"starting the database of {self.settings.state_dir} for this command", err=True)
        dsn = server.start()  # counts us among its users, so that a node that stops meanwhile leaves it to us
        try:
            yield dsn
        finally:
            server.stop()

    def _see_to_schema(self, dsn: str) -> None:
        """Bring the embedded database up to date; an outside one is its administrator's to change."""
        if not self.settings.database_url:
            if migrate.pending(dsn):
                migrate.apply(dsn)
        elif behind := migrate.pending(dsn, "pre"):
            count = "a migration" if len(behind) == 1 else f"{len(behind)} migrations"
            raise MigrationError(f"the database lacks {count}, the first is {behind[0].file}: run `mobilesasa migrate`")
