"""Asks a database over a connection of its own, outside of every transaction."""

import contextlib
from typing import Any

import psycopg2


def ask(dsn: str, statement: str) -> list[Any]:
    """Run one statement; return the first column of its rows."""
    with contextlib.closing(psycopg2.connect(dsn)) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(statement)
            return [row[0] for row in cursor.fetchall()] if cursor.description else []


def kept(dsn: str) -> list[int]:
    """Return the numbers that tests of the writer have had kept, in the order in which they were."""
    return ask(dsn, "SELECT number FROM kept ORDER BY place")
