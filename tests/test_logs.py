"""The two forms of a log line, the levels, and how twistd is told to use them."""

import io
import json
import subprocess
import sys
from datetime import UTC, datetime

import pytest
from twisted.logger import Logger, LogLevel
from twisted.python.failure import Failure
from twisted.python.logfile import LogFile

from mobilesasa.logs import observer, start_logging, twistd_logger
from mobilesasa.settings import Settings

NINE = datetime(2026, 5, 11, 9, 0, 0, 123456, UTC).timestamp()


def logged(
    log_format="text", log_level="info", namespace="mobilesasa.smsc.server", level=LogLevel.info, text="", **fields
):
    """What the observer writes for one event at nine o'clock."""
    stream = io.StringIO()
    Logger(namespace=namespace, observer=_at_nine(observer(log_format, stream, log_level))).emit(level, text, **fields)
    return stream.getvalue()


def _at_nine(watching):
    return lambda event: watching(event | {"log_time": NINE})


def failure():
    try:
        raise ValueError("seven\nlines")
    except ValueError:
        return Failure()


def test_a_text_line_has_time_level_place_and_event():
    line = logged(text="{team_id} bound from {peer}", level=LogLevel.warn, team_id=7, peer="10.0.0.7")
    assert line == "2026-05-11T09:00:00.123Z warn  mobilesasa.smsc.server: 7 bound from 10.0.0.7\n"


def test_an_event_cannot_forge_a_second_line():
    line = logged(text="refused {system_id}", system_id="A\r\n2026 info x: B\x1b[2J\u2028")
    assert line.endswith(": refused A\\r\\n2026 info x: B\\x1b[2J\\u2028\n")


def test_a_traceback_stands_below_its_text_line():
    first, *below = logged(text="sweep", level=LogLevel.critical, log_failure=failure()).splitlines()
    assert first.endswith("critical mobilesasa.smsc.server: sweep")
    assert below[-2:] == ["    builtins.ValueError: seven", "    lines"]


def test_a_json_line_has_the_ids_as_fields():
    line = logged("json", text="{team_id} bound from {peer}", team_id=7, peer="10.0.0.7", session=None)
    assert line.endswith("}\n")
    assert json.loads(line) == {
        "time": "2026-05-11T09:00:00.123Z",
        "level": "info",
        "namespace": "mobilesasa.smsc.server",
        "event": "7 bound from 10.0.0.7",
        "team_id": 7,
        "peer": "10.0.0.7",
        "session": None,
    }


def test_a_json_line_has_the_traceback_as_text():
    found = json.loads(logged("json", text="sweep", level=LogLevel.critical, log_failure=failure()))
    assert found["traceback"].endswith("builtins.ValueError: seven\nlines")
    assert found["event"] == "sweep"


class Unspeakable:
    def __str__(self):
        raise RuntimeError


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (b"\x00\xff", "00ff"),
        (frozenset({LogLevel.info}), ["<LogLevel=info>"]),
        (LogLevel.warn, "<LogLevel=warn>"),
        (Unspeakable(), "<Unspeakable: RuntimeError>"),
        (10**30, 10**30),
        ("\ud800", "\ud800"),
    ],
)
def test_a_field_that_json_has_no_word_for_is_still_shown(value, shown):
    assert json.loads(logged("json", text="odd", field=value))["field"] == shown


def test_one_unwritable_field_leaves_the_others_readable():
    found = json.loads(logged("json", text="odd", huge=10**30, octets=b"\x01", ids={"a": 1}))
    assert (found["octets"], found["ids"]) == ("01", "{'a': 1}")


def test_a_field_does_not_replace_what_every_line_has():
    assert json.loads(logged("json", text="odd", event="mine", time="mine"))["event"] == "odd"


@pytest.mark.parametrize(
    ("log_level", "namespace", "level", "written"),
    [
        ("info", "mobilesasa.core", LogLevel.info, True),
        ("info", "mobilesasa.core", LogLevel.debug, False),
        ("debug", "mobilesasa.core", LogLevel.debug, True),
        ("error", "mobilesasa.core", LogLevel.warn, False),
        ("info", "twisted.web.server", LogLevel.info, False),
        ("info", "log_legacy", LogLevel.info, False),
        ("info", "twisted.web.server", LogLevel.warn, True),
        ("debug", "twisted.web.server", LogLevel.info, True),
        ("critical", "twisted.web.server", LogLevel.error, False),
    ],
)
def test_only_what_reaches_the_level_is_written(log_level, namespace, level, written):
    assert bool(logged(log_level=log_level, namespace=namespace, level=level, text="x")) is written


def test_an_unknown_format_is_refused():
    with pytest.raises(KeyError):
        observer("xml", io.StringIO())


@pytest.mark.parametrize(
    "options",
    [{"logger": "a.b", "nodaemon": True}, {"syslog": True}, {"logfile": "-", "nodaemon": False}],
)
def test_twistds_own_ways_are_left_alone(options):
    assert twistd_logger(Settings(), options) is None


def test_twistd_in_the_foreground_logs_to_standard_output(capsys):
    begin = twistd_logger(Settings(log_format="json"), {"nodaemon": True, "logfile": None})
    Logger(namespace="mobilesasa.tap", observer=begin()).info("listening")
    assert json.loads(capsys.readouterr().out)["event"] == "listening"


@pytest.mark.parametrize(
    ("options", "name"),
    [
        ({"logfile": "mine.log", "nodaemon": True}, "mine.log"),
        ({"logfile": "mine.log"}, "mine.log"),
        ({}, "twistd.log"),
    ],
)
def test_twistd_logs_to_a_file_as_it_always_does(tmp_path, monkeypatch, options, name):
    monkeypatch.chdir(tmp_path)
    opened = []
    from_path = LogFile.fromFullPath
    # the file is twistd's to close, at its end; here it is ours
    monkeypatch.setattr(LogFile, "fromFullPath", lambda path: opened.append(from_path(path)) or opened[0])
    Logger(namespace="mobilesasa.tap", observer=twistd_logger(Settings(), options)()).info("listening")
    opened[0].close()
    assert (tmp_path / name).read_text().endswith("info  mobilesasa.tap: listening\n")


PROGRAM = """
import sys
from twisted.logger import Logger
from mobilesasa.logs import start_logging
from mobilesasa.settings import Settings
start_logging(Settings(log_format="json", log_level="debug"), *([sys.stdout] if len(sys.argv) > 1 else []))
Logger(namespace="x").debug("begun")
print("an answer")
"""


def test_a_program_of_its_own_logs_beside_its_answers():
    # logging begins once a process, so this is one of its own
    ran = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True, timeout=30)
    assert ran.stdout == "an answer\n"
    assert json.loads(ran.stderr)["event"] == "begun"


def test_start_logging_takes_another_stream(monkeypatch):
    begun = []
    # the real beginner would redirect this whole test run
    monkeypatch.setattr(
        "mobilesasa.logs.globalLogBeginner.beginLoggingTo", lambda observers, **how: begun.append((observers, how))
    )
    stream = io.StringIO()
    start_logging(Settings(), stream)
    (watching,), how = begun[0]
    watching({"log_time": NINE, "log_level": LogLevel.info, "log_namespace": "x", "log_format": "begun"})
    assert stream.getvalue().endswith("x: begun\n")
    assert how == {"redirectStandardIO": False}
