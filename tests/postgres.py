"""A real PostgreSQL for the tests, as fixtures.

One server for the run, started by our own launcher in a temporary folder, without fsync (tests of durability start their
own). `MOBILESASA_TEST_PG_BIN` names the programs of another PostgreSQL to run everything on, such as
/usr/lib/postgresql/15/bin.

- `database_dsn`: a database of the test's own with the schema, dropped after it;
- `dsn`: the shared database with the schema, for tests that leave nothing behind;
- `txn`: a cursor in a transaction on the shared database, rolled back after the test.
"""

import itertools
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg2
import pytest
from psycopg2.extensions import connection as Connection
from psycopg2.extensions import make_dsn, parse_dsn

from mobilesasa.store import migrate
from mobilesasa.store.database import Txn, connect
from mobilesasa.store.embedded import EmbeddedPostgres

FAST = {"fsync": "off", "full_page_writes": "off", "autovacuum": "off"}

_numbers = itertools.count(1)


def postgres_bin() -> Path | None:
    """Return the programs that the environment asks for, None for the wheel's."""
    named = os.environ.get("MOBILESASA_TEST_PG_BIN")
    return Path(named) if named else None


@pytest.fixture(scope="session")
def open_folder() -> Iterator[Path]:
    """A temporary folder that any user can enter; pytest's own are closed to all but us."""
    folder = Path(tempfile.mkdtemp(prefix="mbs-test-"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def postgres_dsn(open_folder: Path) -> Iterator[str]:
    """The DSN of the run's server; its database is empty and used to make others."""
    server = EmbeddedPostgres(
        open_folder / "server", bin_dir=postgres_bin(), settings=FAST, elsewhere=open_folder / "elsewhere"
    )
    try:
        yield server.start()
    finally:
        server.stop()


@pytest.fixture(scope="session")
def administration(postgres_dsn: str) -> Iterator[Connection]:
    """A connection on which databases are made and dropped."""
    connection = psycopg2.connect(postgres_dsn)
    connection.autocommit = True
    yield connection
    connection.close()


@pytest.fixture(scope="session")
def template(postgres_dsn: str, administration: Connection) -> str:
    """The name of a database with the schema, from which the others are copied."""
    with administration.cursor() as cursor:
        cursor.execute("CREATE DATABASE schema_template")
    migrate.apply(with_database(postgres_dsn, "schema_template"))
    return "schema_template"


@pytest.fixture(scope="session")
def dsn(postgres_dsn: str, administration: Connection, template: str) -> str:
    """The shared database with the schema."""
    with administration.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE shared TEMPLATE {template}")
    return with_database(postgres_dsn, "shared")


@pytest.fixture
def database_dsn(postgres_dsn: str, administration: Connection, template: str) -> Iterator[str]:
    """A database of the test's own with the schema."""
    name = f"test_{next(_numbers)}"
    with administration.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
    yield with_database(postgres_dsn, name)
    with administration.cursor() as cursor:
        cursor.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def empty_dsn(postgres_dsn: str, administration: Connection) -> Iterator[str]:
    """A database of the test's own with nothing in it."""
    name = f"test_{next(_numbers)}"
    with administration.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {name}")
    yield with_database(postgres_dsn, name)
    with administration.cursor() as cursor:
        cursor.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="session")
def _shared_connection(dsn: str) -> Iterator[Connection]:
    connection = connect(dsn, "tests")
    yield connection
    connection.close()


@pytest.fixture
def txn(_shared_connection: Connection) -> Iterator[Txn]:
    """A transaction on the shared database that is rolled back."""
    with _shared_connection.cursor() as cursor:
        yield cursor
    _shared_connection.rollback()


def with_database(dsn: str, name: str) -> str:
    """Return the DSN of another database of the same server."""
    return str(make_dsn(**{**parse_dsn(dsn), "dbname": name}))
