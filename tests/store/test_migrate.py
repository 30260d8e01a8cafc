"""Numbered files, each once, all or nothing."""

import contextlib
import threading
from collections.abc import Iterator
from pathlib import Path

import psycopg2
import pytest
from psycopg2.extensions import connection as Connection
from psycopg2.extensions import make_dsn, parse_dsn

from mobilesasa.store import migrate
from mobilesasa.store.migrate import MigrationError

pytestmark = pytest.mark.each_postgres


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "0001_pre_things.sql").write_text("CREATE TABLE thing (id integer);\nINSERT INTO thing VALUES (1);\n")
    (tmp_path / "0002_post_more.sql").write_text("INSERT INTO thing VALUES (2);")
    (tmp_path / "0003_pre_again.sql").write_text("INSERT INTO thing VALUES (3);")
    (tmp_path / "README").write_text("not a migration")
    return tmp_path


def ask(dsn: str, statement: str) -> list[object]:
    with contextlib.closing(psycopg2.connect(dsn)) as connection, connection.cursor() as cursor:
        cursor.execute(statement)
        return [row[0] for row in cursor.fetchall()]


def numbers(migrations: list[migrate.Migration]) -> list[int]:
    return [migration.number for migration in migrations]


def test_all_files_run_once_in_order(empty_dsn: str, folder: Path) -> None:
    told: list[migrate.Migration] = []
    applied = migrate.apply(empty_dsn, folder=folder, on_applied=told.append)
    assert (numbers(applied), told) == ([1, 2, 3], applied)
    assert ask(empty_dsn, "SELECT id FROM thing") == [1, 2, 3]
    assert migrate.apply(empty_dsn, folder=folder) == []


def test_a_phase_runs_only_its_own_files(empty_dsn: str, folder: Path) -> None:
    assert numbers(migrate.apply(empty_dsn, "pre", folder)) == [1, 3]
    assert numbers(migrate.pending(empty_dsn, "all", folder)) == [2]
    assert numbers(migrate.apply(empty_dsn, "post", folder)) == [2]


def test_pending_changes_nothing(empty_dsn: str, folder: Path) -> None:
    assert numbers(migrate.pending(empty_dsn, folder=folder)) == [1, 2, 3]
    assert ask(empty_dsn, "SELECT count(*) FROM pg_class WHERE relname = 'schema_migration'") == [0]


def test_a_failing_statement_is_named_and_its_file_leaves_nothing(empty_dsn: str, folder: Path) -> None:
    (folder / "0004_pre_bad.sql").write_text(
        "INSERT INTO thing VALUES (4);\n\n-- why\nINSERT INTO thing\n  VALUES (5/0);"
    )
    with pytest.raises(
        MigrationError, match=r"0004_pre_bad.sql, line 4: division by zero\nin: INSERT INTO thing\n  VALUES"
    ):
        migrate.apply(empty_dsn, folder=folder)
    assert ask(empty_dsn, "SELECT id FROM thing") == [1, 2, 3]
    (folder / "0004_pre_bad.sql").write_text("INSERT INTO thing VALUES (4)")
    assert numbers(migrate.apply(empty_dsn, folder=folder)) == [4]


def test_a_file_edited_after_it_ran_is_refused(empty_dsn: str, folder: Path) -> None:
    migrate.apply(empty_dsn, folder=folder)
    (folder / "0002_post_more.sql").write_text("INSERT INTO thing VALUES (22);")
    (folder / "0004_pre_new.sql").write_text("INSERT INTO thing VALUES (4);")
    for refuse in (migrate.apply, migrate.pending):
        with pytest.raises(MigrationError, match=r"0002_post_more.sql has been edited"):
            refuse(empty_dsn, folder=folder)
    assert ask(empty_dsn, "SELECT id FROM thing") == [1, 2, 3]


def test_a_database_of_a_newer_release_is_refused(empty_dsn: str, folder: Path) -> None:
    migrate.apply(empty_dsn, folder=folder)
    (folder / "0003_pre_again.sql").unlink()
    with pytest.raises(MigrationError, match=r"0003_pre_again.sql has run on this database and is not in this release"):
        migrate.apply(empty_dsn, folder=folder)


@pytest.mark.parametrize("name", ["4_pre_short.sql", "0004_during_it.sql", "0004_pre_Big.sql", "0001_pre_twice.sql"])
def test_a_bad_name_is_refused_before_anything_runs(name: str, empty_dsn: str, folder: Path) -> None:
    (folder / name).write_text("SELECT 1")
    with pytest.raises(MigrationError, match=name):
        migrate.apply(empty_dsn, folder=folder)
    assert ask(empty_dsn, "SELECT count(*) FROM pg_class WHERE relname = 'thing'") == [0]


def test_nodes_that_start_at_once_migrate_once(empty_dsn: str, folder: Path) -> None:
    ran: list[int] = []
    together = threading.Barrier(4)

    def node() -> None:
        together.wait(10)
        ran.extend(numbers(migrate.apply(empty_dsn, folder=folder)))

    nodes = [threading.Thread(target=node) for _ in range(4)]
    for one in nodes:
        one.start()
    for one in nodes:
        one.join(30)
    assert ran == [1, 2, 3]


def test_the_files_of_the_package_have_run_on_a_fresh_database(database_dsn: str) -> None:
    assert migrate.load()
    assert migrate.pending(database_dsn) == []


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("", []),
        (" ;; -- nothing\n;/* ; */", []),
        ("SELECT 1; SELECT 2", [(1, "SELECT 1"), (1, "SELECT 2")]),
        ("-- a; b\nSELECT ';', \"a;b\", E'\\';'\n;", [(2, "SELECT ';', \"a;b\", E'\\';'")]),
        ("SELECT 'it''s;';", [(1, "SELECT 'it''s;'")]),
        ("\n/* a /* nested; */ ; */ SELECT 1;", [(2, "SELECT 1")]),
        ("DO $$ BEGIN; END $$;\nDO $a$ ; $$ ; $a$", [(1, "DO $$ BEGIN; END $$"), (2, "DO $a$ ; $$ ; $a$")]),
        ("SELECT a$b, c$b; SELECT 1", [(1, "SELECT a$b, c$b"), (1, "SELECT 1")]),
        ("SELECT 'open; /*", [(1, "SELECT 'open")]),
    ],
)
def test_statements_end_at_semicolons_that_count(sql: str, expected: list[tuple[int, str]]) -> None:
    assert list(migrate.statements(sql)) == expected


@pytest.fixture
def owner(empty_dsn: str, administration: Connection) -> Iterator[str]:
    """Whom the empty database belongs to, and nothing else."""
    database = parse_dsn(empty_dsn)["dbname"]
    name = f"owner_of_{database}"
    with administration.cursor() as cursor:
        cursor.execute(f"CREATE ROLE {name}; ALTER DATABASE {database} OWNER TO {name}")
        yield name
        cursor.execute(f"ALTER DATABASE {database} OWNER TO CURRENT_USER")
        with contextlib.closing(psycopg2.connect(empty_dsn)) as inside, inside, inside.cursor() as there:
            there.execute(f"DROP OWNED BY {name}")
        cursor.execute(f"DROP ROLE {name}")


def test_the_owner_of_a_database_makes_the_whole_schema_and_needs_to_be_no_superuser(
    empty_dsn: str, owner: str
) -> None:
    as_owner = make_dsn(empty_dsn, options=f"-c role={owner}")
    assert ask(as_owner, "SELECT current_setting('is_superuser')") == ["off"]
    assert migrate.apply(as_owner) != []
    assert migrate.pending(as_owner) == []
    assert {"pg_trgm", "btree_gin"} <= set(ask(as_owner, "SELECT extname FROM pg_extension"))
