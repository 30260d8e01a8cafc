"""The command as a test calls it: on a database of the test's own, named by the environment as an operator does."""

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest
from click.testing import CliRunner, Result
from psycopg2.extensions import parse_dsn

from mobilesasa.cli.main import main

Run = Callable[..., Result]
Ask = Callable[..., dict[str, Any]]


def url_of(dsn: str) -> str:
    parts = parse_dsn(dsn)
    return f"postgresql://{parts['user']}@/{parts['dbname']}?host={quote(parts['host'], safe='')}&port={parts['port']}"


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def run(database_dsn: str) -> Run:
    """Call the command with its words and what is typed then, and return how it ended."""
    environ = {"MOBILESASA_DATABASE_URL": url_of(database_dsn)}

    def call(*words: object, typed: str | None = None, **more: str) -> Result:
        env = {**environ, **more}
        return CliRunner().invoke(main, [str(word) for word in words], input=typed, env=env, prog_name="mobilesasa")

    return call


@pytest.fixture
def ask(run: Run) -> Ask:
    """Call the command with --json, and return the object; it must succeed and say nothing else."""

    def call(*words: object, status: int = 0) -> dict[str, Any]:
        result = run(*words, "--json")
        assert (result.exit_code, result.stderr) == (status, ""), result.output
        assert result.stdout.count("\n") == 1
        answer: dict[str, Any] = json.loads(result.stdout)
        return answer

    return call
