"""Holds the table of STYLE.md, section 1: who may import whom, what is pure, how long a module may be."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FEATURES = {"contacts", "campaigns", "surveys", "ussd"}
MAY_IMPORT: dict[str, set[str]] = {
    "sms": set(),
    "smpp": {"sms"},
    "core": {"sms"},
    **{feature: {"sms", "core"} for feature in FEATURES},
    "store": {"sms", "core", *FEATURES},
    "queue": {"core"},
    "smppnet": {"smpp"},
    "smsc": {"sms", "smpp", "smppnet", "core"},
    "carriers": {"sms", "smpp", "smppnet", "core"},
    "dispatch": {"core", "carriers"},
    "notify": {"core", "smpp", "smsc"},
    "api": {"sms", "core", "dashboard", *FEATURES},
    "dashboard": set(),
    "dialogue": {"sms", "core", "ussd"},
    "jobs": {"sms", "core", *FEATURES},
    "settings": set(),
    "logs": {"settings"},
    "values": set(),
}
EVERYWHERE = {"values"}  # how hot values are made: it has no subject of its own
COMPOSERS = {"tap", "node", "cli"}  # import everything, and nobody but them imports them
OPERATORS = {"settings", "logs"}  # for the composers alone: others are handed their values

PURE = {"sms", "smpp", "core", "surveys", "ussd"}
PURE_PACKAGES = {"sms": {"attrs", "phonenumbers"}, **{part: {"attrs"} for part in PURE - {"sms"}}}
OUTSIDE = {  # what of the standard library reaches the world, or knows the time by itself
    "asyncio", "concurrent", "http", "multiprocessing", "os", "random", "secrets", "select", "selectors", "shutil",
    "signal", "socket", "socketserver", "sqlite3", "ssl", "subprocess", "tempfile", "threading", "time",
}  # fmt: skip
CLOCKS = {"time.time", "time.time_ns", "datetime.now", "datetime.utcnow", "datetime.today", "date.today"}
ONLY_IN = {"psycopg2": {"store"}, "txamqp": {"queue"}, "klein": {"api"}, "click": {"cli"}, "rich": {"cli"}}

MODULE_LINES = 400
TEST_LINES = 500
FUNCTION_LINES = 40
TABLES = {"mobilesasa/smpp/pdus.py", "mobilesasa/smpp/tlvs.py"}

MODULES = sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "mobilesasa").rglob("*.py"))
TESTS = sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "tests").rglob("*.py"))


def part(path: str) -> str:
    """The row of the table for a module: `mobilesasa/smpp/pdus.py` is of `smpp`; the package itself has none."""
    return path.removesuffix(".py").split("/")[1].replace("__init__", "")


def imported(tree: ast.AST) -> Iterator[str]:
    """The dotted names of all that is imported, wherever in the module; `from a import b` is `a.b`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{'.' * node.level}{node.module or ''}.{alias.name}" for alias in node.names)


def called(tree: ast.AST) -> Iterator[str]:
    """What is named with one dot or called without: `time.time`, `print`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            value = node.value
            yield f"{value.id if isinstance(value, ast.Name) else getattr(value, 'attr', '')}.{node.attr}"
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            yield node.func.id


def of_layer(here: str, name: str) -> str:
    """What is wrong with importing this name here; empty when nothing is."""
    top, _, rest = name.partition(".")
    if name.startswith("."):
        return f"{name} is a relative import"
    if top == "mobilesasa":
        other = rest.partition(".")[0]
        allowed = other == here or here in COMPOSERS or other in MAY_IMPORT.get(here, set()) | EVERYWHERE
        return "" if allowed else f"{here or 'mobilesasa'} may not import {other}"
    if "reactor" in name.split(".") and name.startswith("twisted.internet") and here != "tap":
        return "only tap imports the reactor"
    if here not in ONLY_IN.get(top, {here}):
        return f"only {', '.join(sorted(ONLY_IN[top]))} may import {top}"
    if here in PURE and top not in PURE_PACKAGES[here] and (top in OUTSIDE or top not in sys.stdlib_module_names):
        return f"{here} is pure and may not import {top}"
    return ""


def broken_layers(path: str, source: str) -> list[str]:
    here, tree = part(path), ast.parse(source)
    wrong = [of_layer(here, name) for name in imported(tree)]
    if here not in COMPOSERS:
        wrong += [f"{name}: the clock is handed in" for name in called(tree) if name in CLOCKS]
    if here in PURE:
        wrong += [f"{name}() reaches outside of a pure package" for name in called(tree) if name in {"open", "input"}]
    return [each for each in wrong if each]


def long_functions(source: str) -> list[str]:
    return [
        f"{node.name} has {lines} lines"
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (lines := (node.end_lineno or node.lineno) - node.lineno + 1) > FUNCTION_LINES
    ]


@pytest.mark.parametrize("path", MODULES)
def test_a_module_imports_only_what_its_layer_may(path):
    assert broken_layers(path, (ROOT / path).read_text()) == []


@pytest.mark.parametrize("path", MODULES)
def test_a_module_has_one_subject_and_few_lines(path):
    source = (ROOT / path).read_text()
    assert path in TABLES or len(source.splitlines()) <= MODULE_LINES
    assert long_functions(source) == []


@pytest.mark.parametrize("path", TESTS)
def test_a_test_module_is_short_enough_to_read(path):
    assert len((ROOT / path).read_text().splitlines()) <= TEST_LINES


def test_every_package_has_its_row_in_the_table():
    assert {part(path) for path in MODULES} - {""} <= {*MAY_IMPORT, *COMPOSERS}


def test_settings_and_logs_are_in_nobodys_row():
    rows = {name for name, others in MAY_IMPORT.items() if others & OPERATORS}
    assert rows == {"logs"}


def test_a_plugin_imports_nothing_of_ours():
    tree = ast.parse((ROOT / "twisted/plugins/mobilesasa_plugin.py").read_text())
    assert [name for name in imported(tree) if name.startswith("mobilesasa")] == []


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("mobilesasa/sms/numbers.py", "from mobilesasa.core.errors import Refused"),
        ("mobilesasa/sms/numbers.py", "import twisted"),
        ("mobilesasa/smpp/session.py", "import time"),
        ("mobilesasa/smpp/session.py", "def f():\n    import socket"),
        ("mobilesasa/smpp/session.py", "import phonenumbers"),
        ("mobilesasa/smpp/session.py", "from . import pdus"),
        ("mobilesasa/core/gateway.py", "from datetime import datetime\nx = datetime.now()"),
        ("mobilesasa/core/gateway.py", "import datetime\nx = datetime.datetime.now()"),
        ("mobilesasa/core/gateway.py", "x = open('prices')"),
        ("mobilesasa/smsc/server.py", "import time\nx = time.time()"),
        ("mobilesasa/smsc/server.py", "from twisted.internet import reactor"),
        ("mobilesasa/cli/main.py", "import twisted.internet.reactor"),
        ("mobilesasa/dispatch/dispatcher.py", "import psycopg2.extras"),
        ("mobilesasa/api/resources/messages.py", "from mobilesasa.store.messages import find"),
        ("mobilesasa/api/resources/messages.py", "import mobilesasa.settings"),
        ("mobilesasa/store/teams.py", "from mobilesasa import tap"),
        ("mobilesasa/__init__.py", "from mobilesasa.core import errors"),
    ],
)
def test_what_breaks_the_layers_is_found(path, source):
    assert len(broken_layers(path, source)) == 1


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("mobilesasa/sms/numbers.py", "import phonenumbers\nfrom attrs import frozen\nfrom functools import lru_cache"),
        ("mobilesasa/core/gateway.py", "from datetime import UTC, datetime\nx = datetime.fromtimestamp(0, UTC)"),
        ("mobilesasa/store/embedded.py", "import psycopg2, subprocess, time\nx = time.monotonic()"),
        ("mobilesasa/tap.py", "from twisted.internet import reactor\nfrom mobilesasa.settings import load"),
        ("mobilesasa/api/root.py", "from mobilesasa import dashboard\nfrom twisted.internet.defer import Deferred"),
    ],
)
def test_what_keeps_to_the_layers_passes(path, source):
    assert broken_layers(path, source) == []


def test_a_long_function_is_found():
    body = "    x = 1\n" * FUNCTION_LINES
    assert long_functions(f"def f():\n{body}") == ["f has 41 lines"]
