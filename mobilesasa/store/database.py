"""The pool: `await database.run("contacts.create", contacts.create, contact)` runs a store function on a thread.

A store function is a plain function of a transaction. It may run twice (a deadlock, a connection that the server had
closed), so it touches nothing but its `Txn`; it returns, and the transaction is committed; it raises, and everything is
undone.

adbapi brings the threads and keeps one connection for each. Its own `runInteraction` is not used: it cannot retry, and it
logs a failure of its own for every connection it finds dead after a restart of the server.
"""

from collections.abc import Callable, Mapping
from typing import Any, Concatenate, Final, ParamSpec, TypeAlias, TypeVar, cast

import attrs
import orjson
import psycopg2
import psycopg2.extras
from psycopg2 import errors
from psycopg2.extensions import connection, cursor, make_dsn
from twisted.enterprise import adbapi
from twisted.internet.defer import Deferred, DeferredList
from twisted.internet.interfaces import IReactorFromThreads, IReactorTime
from twisted.internet.threads import deferToThreadPool
from twisted.logger import Logger
from twisted.python.failure import Failure

from mobilesasa.core.errors import NotFound, StoreAway
from mobilesasa.core.ids import canonical

P = ParamSpec("P")
T = TypeVar("T")

# What a store function gets: a cursor inside of a transaction; rows are plain tuples.
Txn: TypeAlias = cursor
Connection: TypeAlias = connection
StoreError = psycopg2.Error  # whatever PostgreSQL or the way to it may raise

# One statement sets all that a session of ours counts on, whatever the server's own settings are.
# The server notices within ten seconds that a client's machine has lost its power or its network, and frees what it held.
_SESSION = """
    SELECT set_config('TimeZone', 'UTC', false), set_config('jit', 'off', false),
           set_config('tcp_keepalives_idle', '4', false), set_config('tcp_keepalives_interval', '2', false),
           set_config('tcp_keepalives_count', '3', false),
           set_config('statement_timeout', %(statement_timeout_ms)s, false),
           set_config('idle_in_transaction_session_timeout', %(idle_timeout_ms)s, false)
"""

# We notice within half a minute that the server's machine has gone, also on a connection that only listens.
KEEPALIVES: Final[Mapping[str, Any]] = {
    "keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 3, "tcp_user_timeout": 10_000,
}  # fmt: skip
IDLE_IN_TRANSACTION_TIMEOUT_S = 60.0
SLOW_S = 1.0
CONNECT_TIMEOUT_S = 3
ATTEMPTS = 4  # the first and three retries


def in_words(error: Exception) -> str:
    """Say what is wrong without the row that it is about: PostgreSQL's DETAIL quotes texts and numbers."""
    if isinstance(error, psycopg2.Error) and error.diag.message_primary:
        return f"{error.diag.message_primary} ({error.pgcode})"
    return str(error).strip()


def is_about_content(error: psycopg2.Error) -> bool:
    """Say whether PostgreSQL refuses what a statement holds, so that trying it again is in vain.

    Classes 22, 23, 42 and 54 of its errors: data, integrity, syntax, and limits such as an index row's size.
    """
    return (error.pgcode or "")[:2] in ("22", "23", "42", "54")


def is_about_room(error: psycopg2.Error) -> bool:
    """Say whether the server had no room for a statement or could not read or write; nothing was kept, and later it may be.

    Class 53 of its errors: disk, memory, connections; and what the system under it refused.
    """
    code = error.pgcode or ""
    return code.startswith("53") or code in ("58000", "58030")


def one_row(txn: Txn) -> tuple[Any, ...]:
    """Return the row of a statement that always gives one."""
    row: tuple[Any, ...] | None = txn.fetchone()
    if row is None:
        raise LookupError("the statement gave no row")
    return row


def row_of_uuid(txn: Txn, statement: str, uuid: str, missing: str, **given: Any) -> tuple[Any, ...]:
    """Return the row of what a uuid names.

    Args:
        txn: the transaction.
        statement: takes the uuid as `uuid`, and what is given beside it.
        uuid: as a caller wrote it; it may be anything.
        missing: what is said where there is no such thing.
        given: what the statement takes besides.

    Raises:
        NotFound: there is none.
    """
    known = canonical(uuid)
    if known is not None:
        txn.execute(statement, {"uuid": known, **given})
        row: tuple[Any, ...] | None = txn.fetchone()
        if row is not None:
            return row
    raise NotFound(missing)


class StoreUnavailable(StoreAway):
    """The database cannot be reached; nothing was kept."""


class StatementFailed(Exception):
    """PostgreSQL refused a statement, which is a defect of ours; the words leave out the row that it is about."""


class OutcomeUnknown(StoreUnavailable):
    """The connection broke during the commit: it may or may not have been kept."""


def connect(dsn: str, application_name: str, *, statement_timeout_s: float = 30.0) -> Connection:
    """Open a connection with our session parameters, no transaction begun; blocks.

    uuid columns come as text (ids only ever pass through JSON, SQL and HTTP), json and jsonb as orjson reads them.

    Args:
        dsn: of libpq, a URL or keywords.
        application_name: how the session is shown in pg_stat_activity.
        statement_timeout_s: after which the server gives a statement up; 0 for never.

    Raises:
        StoreUnavailable: the server refuses, is not there, or is starting.
    """
    try:
        made: Connection = psycopg2.connect(
            _with_timeout(dsn),
            application_name=application_name,
            client_encoding="UTF8",
            **KEEPALIVES,
        )
    except psycopg2.OperationalError as error:
        raise StoreUnavailable(str(error).strip()) from error
    psycopg2.extras.register_default_json(made, loads=orjson.loads)
    psycopg2.extras.register_default_jsonb(made, loads=orjson.loads)
    timeouts = {
        "statement_timeout_ms": str(round(statement_timeout_s * 1000)),
        "idle_timeout_ms": str(round(IDLE_IN_TRANSACTION_TIMEOUT_S * 1000)),
    }
    try:
        with made.cursor() as setting:
            setting.execute(_SESSION, timeouts)
        made.commit()
    except psycopg2.OperationalError as error:
        made.close()
        raise StoreUnavailable(str(error).strip()) from error
    return made


def _with_timeout(dsn: str) -> str:
    return dsn if "connect_timeout" in dsn else str(make_dsn(dsn, connect_timeout=CONNECT_TIMEOUT_S))


def in_transaction(
    opened: Connection, function: Callable[Concatenate[Txn, P], T], *args: P.args, **kwargs: P.kwargs
) -> T:
    """Run a store function in one transaction of a connection: commit, or undo everything and raise; blocks, never retries.

    Raises:
        OutcomeUnknown: the connection broke during the commit.
    """
    try:
        with opened.cursor() as txn:
            result = function(txn, *args, **kwargs)
    except BaseException:
        if not opened.closed:
            opened.rollback()
        raise
    try:
        opened.commit()
    except psycopg2.Error as error:
        if opened.closed:
            raise OutcomeUnknown(f"the connection broke during the commit: {in_words(error)}") from error
        opened.rollback()
        raise
    return result


@attrs.define(eq=False)
class Database:
    """A pool of connections on threads of their own.

    `run` may be called between `start` and `close`.

    Args:
        reactor: the time, and (as IReactorFromThreads, IReactorCore) where threads hand their results back.
        dsn: of libpq, a URL or keywords.
        application_name: how the sessions are shown in pg_stat_activity.
        threads_max: as many transactions at once, each on a thread and a connection of its own.
        statement_timeout_s: after which the server gives a statement up.
        answers: exceptions that store functions raise on purpose, not worth a log when nobody waits for them any more.
        slow_s: what takes longer is told to the log.
    """

    _reactor: IReactorTime
    _dsn: str = attrs.field(repr=False)
    _application_name: str = "mobilesasa"
    _threads_max: int = 6
    _statement_timeout_s: float = 30.0
    _answers: tuple[type[Exception], ...] = ()
    _slow_s: float = SLOW_S
    _pool: "_Pool | None" = attrs.field(default=None, init=False)
    _in_hand: set[Deferred[Any]] = attrs.field(factory=set, init=False, repr=False)

    log = Logger()

    @property
    def clock(self) -> IReactorTime:
        """What keeps time for those who ask again."""
        return self._reactor

    async def start(self) -> None:
        """Start the threads and try one connection.

        Raises:
            StoreUnavailable: the database cannot be reached; the pool is not started then.
        """
        self._pool = _Pool(self._reactor, self._open, self._threads_max)
        self._pool.start()
        try:
            await self.run("database.start", _nothing)
        except StoreUnavailable:
            await self.close()
            raise

    async def close(self) -> None:
        """Wait until all work in hand is done, then close the connections; cancelled callers' work counts as well."""
        pool, self._pool = self._pool, None
        if self._in_hand:
            await DeferredList(list(self._in_hand), consumeErrors=False)
        if pool is not None:
            pool.close()

    def abandon(self) -> None:
        """End the threads and connections without the reactor, for a start that failed; nobody is answered any more."""
        pool, self._pool = self._pool, None
        if pool is not None:
            pool.close()

    async def run(self, name: str, function: Callable[Concatenate[Txn, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run `function(txn, *args, **kwargs)` on a database thread, in one transaction, and return what it returns.

        It is run again after a serialization failure or a deadlock (three times), and when the connection was found dead
        before the commit (once). A caller that is cancelled is told at once; the work goes on to its end all the same.

        Args:
            name: says in the log what was slow, such as ``contacts.create``.
            function: the store function.
            *args: what it gets after the transaction.
            **kwargs: the same, by name.

        Raises:
            StoreUnavailable: the database cannot be reached or has no room, or the pool is closed; nothing was kept.
            OutcomeUnknown: the connection broke during the commit.
            StatementFailed: PostgreSQL refused a statement.
        """
        pool = self._pool
        if pool is None:
            raise StoreUnavailable("the pool is not started, or is closed")
        started_at = self._reactor.seconds()
        waiting: Deferred[T] = Deferred(lambda _: None)
        # nothing of the caller's is cancelled with this Deferred: it is only told
        work = deferToThreadPool(
            cast(IReactorFromThreads, self._reactor), pool.threadpool, pool.work, function, args, kwargs
        )
        self._in_hand.add(work)

        def ended(result: T | Failure) -> None:
            self._in_hand.discard(work)
            took_s = self._reactor.seconds() - started_at
            if took_s > self._slow_s:
                self.log.warn("{name} took {took_s:.3f} s", name=name, took_s=took_s)
            if not waiting.called:
                waiting.callback(result)
            elif isinstance(result, Failure) and result.check(*self._answers) is None:
                self.log.failure("{name} failed after its caller had left", result, name=name)

        work.addBoth(ended)
        return await waiting

    def _open(self) -> Connection:
        return connect(self._dsn, self._application_name, statement_timeout_s=self._statement_timeout_s)


def _nothing(txn: Txn) -> None:
    txn.execute("SELECT 1")


class _Pool(adbapi.ConnectionPool):
    """adbapi's threads and connections under our own way to run and retry."""

    def __init__(self, reactor: IReactorTime, opener: Callable[[], Connection], threads_max: int) -> None:
        self._opener = opener
        super().__init__("psycopg2", cp_reactor=reactor, cp_min=1, cp_max=threads_max, cp_noisy=False)

    def connect(self) -> Connection:
        """Return the connection of this thread, opened when there is none or a dead one."""
        thread = self.threadID()
        kept: Connection | None = self.connections.get(thread)
        if kept is None or kept.closed:
            kept = self.connections[thread] = self._opener()
        return kept

    def work(self, function: Callable[..., T], args: tuple[Any, ...], kwargs: dict[str, Any]) -> T:
        """Run a store function in a transaction; on a database thread."""
        lost = 0
        attempt = 1
        while True:
            opened = self.connect()
            try:
                return in_transaction(opened, function, *args, **kwargs)
            except (errors.SerializationFailure, errors.DeadlockDetected):
                if attempt == ATTEMPTS:
                    raise
                attempt += 1
            except (psycopg2.OperationalError, psycopg2.InterfaceError) as error:
                if is_about_room(error):
                    raise StoreUnavailable(in_words(error)) from error
                if not opened.closed:
                    raise StatementFailed(in_words(error)).with_traceback(error.__traceback__) from None
                lost += 1
                if lost == 2:
                    raise StoreUnavailable(in_words(error)) from error
            except psycopg2.Error as error:
                raise StatementFailed(in_words(error)).with_traceback(error.__traceback__) from None
