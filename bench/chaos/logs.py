"""What the nodes logged that is not about the faults."""

from __future__ import annotations

from pathlib import Path
from typing import Final

# Failures that are the fault's own: the database, RabbitMQ or a peer was away, and whoever was asked says so.
ABOUT_THE_FAULTS: Final = (
    "ConnectionDone",
    "ConnectionLost",
    "ConnectionRefusedError",
    "OperationalError",
    "InterfaceError",
    "OutcomeUnknown",
    "StoreUnavailable",
    "DiskFull",
)


def tracebacks(file: Path, since: int) -> tuple[list[str], int]:
    """Return the last line of each traceback that is not about the faults, and where the log ends.

    Args:
        file: the log.
        since: where it ended when it was looked at before.
    """
    with file.open("rb") as log:
        log.seek(since)
        octets = log.read()
    found: list[str] = []
    indent: int | None = None  # of the traceback that is being read
    for line in octets.decode(errors="replace").splitlines():
        words = line.lstrip()
        if words.startswith("Traceback"):
            indent = len(line) - len(words)
        elif indent is not None and words and len(line) - len(words) <= indent:
            indent = None
            found += [] if is_about_the_faults(words) else [words]
    return found, since + len(octets)


def is_about_the_faults(line: str) -> bool:
    """Say whether the last line of a traceback names a failure that a fault makes by itself."""
    name = line.split(":", 1)[0].rpartition(".")[2]
    return name in ABOUT_THE_FAULTS
