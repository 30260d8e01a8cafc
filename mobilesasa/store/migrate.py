"""The schema, as numbered SQL files that run once, in order, each in a transaction of its own.

A file is named ``0007_pre_add_message_expiry.sql``: *pre* runs before new code is rolled out, *post* after it. What has
run is kept in the table ``schema_migration`` with its SHA-256, and a file that has run anywhere is never edited. Several
nodes may start at once: an advisory lock lets one migrate while the others wait, and then find nothing to do.

A file holds plain statements, no BEGIN or COMMIT, and no ``BEGIN ATOMIC`` bodies (use ``$$``).
"""

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Literal, TypeAlias

import attrs
import psycopg2
from psycopg2.extensions import connection as Connection

from mobilesasa.store.database import Txn, connect, in_transaction

Phase: TypeAlias = Literal["all", "pre", "post"]

_NAME = re.compile(r"(\d{4})_(pre|post)_([a-z0-9_]+)\.sql")
# "mobsasaM" as a bigint: nobody else on a shared server is likely to lock the same number.
_LOCK_KEY = int.from_bytes(b"mobsasaM", "big")

_LOCK = "SELECT pg_advisory_lock(%(key)s)"
_EXISTS = "SELECT to_regclass('schema_migration') IS NOT NULL"
_CREATE = """
    CREATE TABLE IF NOT EXISTS schema_migration (
        number integer PRIMARY KEY,
        file text NOT NULL,
        sha256 text NOT NULL,
        applied_at timestamptz NOT NULL DEFAULT now()
    )
"""
_APPLIED = "SELECT number, file, sha256 FROM schema_migration ORDER BY number"
_RECORD = "INSERT INTO schema_migration (number, file, sha256) VALUES (%(number)s, %(file)s, %(sha256)s)"

# The pieces of SQL in which a semicolon ends nothing; the last branch is one octet of anything else.
_PIECES = re.compile(
    r"--[^\n]*|[eE]'(?:[^'\\]|\\.|'')*'|'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|(?P<tag>\$(?:[A-Za-z_]\w*)?\$).*?(?P=tag)"
    r"|(?P<comment>/\*)|(?P<end>;)|[A-Za-z_][\w$]*|.",
    re.DOTALL,
)
_COMMENT_MARK = re.compile(r"/\*|\*/")


class MigrationError(Exception):
    """The schema cannot be brought up to date; the text names the file and says what to do."""


@attrs.frozen
class Migration:
    """One file."""

    number: int
    phase: str
    file: str
    sql: str = attrs.field(repr=False)

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.sql.encode()).hexdigest()


def load(folder: Traversable | None = None) -> list[Migration]:
    """Read all migrations of a folder (by default the package's own), in order.

    Raises:
        MigrationError: a ``.sql`` file has a name of another form, or two have one number.
    """
    found: dict[int, Migration] = {}
    for entry in (folder or resources.files("mobilesasa.store").joinpath("migrations")).iterdir():
        if not entry.name.endswith(".sql"):
            continue
        parts = _NAME.fullmatch(entry.name)
        if parts is None:
            raise MigrationError(
                f"{entry.name} is not named like 0007_pre_add_message_expiry.sql or 0008_post_drop_old.sql"
            )
        number = int(parts[1])
        if number in found:
            raise MigrationError(f"{found[number].file} and {entry.name} have one number")
        found[number] = Migration(number, parts[2], entry.name, entry.read_text("utf-8"))
    return [found[number] for number in sorted(found)]


def pending(dsn: str, phase: Phase = "all", folder: Traversable | None = None) -> list[Migration]:
    """Return what has not run yet on a database, in order; changes nothing.

    Raises:
        MigrationError: what has run there is not what the files say.
        StoreUnavailable: the database cannot be reached.
    """
    migrations = load(folder)
    opened = connect(dsn, "mobilesasa migrate")
    try:
        return _left(migrations, in_transaction(opened, _applied), phase)
    finally:
        opened.close()


def apply(
    dsn: str,
    phase: Phase = "all",
    folder: Traversable | None = None,
    on_applied: Callable[[Migration], None] = lambda migration: None,
) -> list[Migration]:
    """Run what has not run yet, in order, and return it; waits while another node migrates.

    Args:
        dsn: of the database.
        phase: only the files of it; ``all`` for both.
        folder: the files, by default the package's own.
        on_applied: told of each file after its commit.

    Raises:
        MigrationError: a file failed (it left nothing; those before it stay), or what has run is not what the files say.
        StoreUnavailable: the database cannot be reached.
    """
    migrations = load(folder)
    opened = connect(dsn, "mobilesasa migrate", statement_timeout_s=0)
    try:
        in_transaction(opened, _lock)
        left = _left(migrations, in_transaction(opened, _applied), phase)
        for migration in left:
            _run(opened, migration)
            on_applied(migration)
    finally:
        opened.close()  # which gives the lock back
    return left


def statements(sql: str) -> Iterator[tuple[int, str]]:
    """Give the statements of a file, each with the number of the line it begins in.

    Semicolons in strings, quoted names, dollar quotes and (nested) comments end nothing (PostgreSQL manual, §4.1).
    """
    begun = at = 0
    real = False  # something but blanks and comments has been seen since `begun`
    while at < len(sql):
        piece = _PIECES.match(sql, at)
        assert piece is not None  # noqa: S101 - the last branch of the pattern takes anything
        start, at = at, piece.end()
        if piece["comment"]:
            at = _end_of_comment(sql, start)
        elif piece["end"]:
            if real:
                yield _line(sql, begun), sql[begun:start].strip()
            real, begun = False, at
        elif not real and not piece[0].isspace() and not piece[0].startswith("--"):
            real, begun = True, start
    if real:
        yield _line(sql, begun), sql[begun:].strip()


def _end_of_comment(sql: str, start: int) -> int:
    depth = 0
    for mark in _COMMENT_MARK.finditer(sql, start):
        depth += 1 if mark[0] == "/*" else -1
        if depth == 0:
            return mark.end()
    return len(sql)


def _line(sql: str, at: int) -> int:
    return sql.count("\n", 0, at) + 1


def _lock(txn: Txn) -> None:
    txn.execute(_LOCK, {"key": _LOCK_KEY})
    txn.execute(_CREATE)


def _applied(txn: Txn) -> dict[int, tuple[str, str]]:
    txn.execute(_EXISTS)
    if txn.fetchone() != (True,):
        return {}
    txn.execute(_APPLIED)
    return {number: (file, sha256) for number, file, sha256 in txn.fetchall()}


def _left(migrations: Sequence[Migration], applied: Mapping[int, tuple[str, str]], phase: Phase) -> list[Migration]:
    known = {migration.number: migration for migration in migrations}
    for number, (file, sha256) in applied.items():
        if number not in known:
            raise MigrationError(
                f"{file} has run on this database and is not in this release: run the release that brought it"
            )
        if known[number].sha256 != sha256:
            raise MigrationError(
                f"{known[number].file} has been edited since it ran on this database as {file}: "
                "put it back as it was, and write what is new in a file with a new number"
            )
    return [one for one in migrations if one.number not in applied and phase in ("all", one.phase)]


def _run(opened: Connection, migration: Migration) -> None:
    def body(txn: Txn) -> None:
        for line, statement in statements(migration.sql):
            try:
                txn.execute(statement)
            except psycopg2.Error as error:
                said = str(error).strip()
                raise MigrationError(f"{migration.file}, line {line}: {said}\nin: {statement[:400]}") from error
        txn.execute(_RECORD, {"number": migration.number, "file": migration.file, "sha256": migration.sha256})

    in_transaction(opened, body)
