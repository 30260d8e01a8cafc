"""A short `make chaos`: two rounds of a fixed seed, in which each kind of kill, a frozen carrier and a cut connection come."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from bench.chaos.plan import Fault, plan

SEED, SECONDS = 4056, 3.0
KINDS = (Fault.KILL_NODE, Fault.KILL_BROKER, Fault.KILL_DATABASE, Fault.FREEZE_CARRIER, Fault.CUT)
ROOT = Path(__file__).resolve().parent.parent.parent
LIMIT_S = 600.0  # on a machine that much else shares


@pytest.mark.timeout(LIMIT_S)
def test_kills_a_frozen_carrier_and_a_cut_lose_nothing_and_double_no_more_than_windows(tmp_path: Path):
    events = [event for number in (1, 2) for event in plan(SEED, number, SECONDS, KINDS).events]
    assert {event.fault for event in events} == set(KINDS)
    figures = tmp_path / "figures.json"
    load = ["--seconds", str(SECONDS), "--rate", "120", "--posts", "20", "--people", "200"]
    only = [word for kind in KINDS for word in ("--only", kind.name.lower().replace("_", "-"))]
    words = ["--rounds", "2", "--seed", str(SEED), *load, *only, "--json", str(figures)]
    done = subprocess.run(
        [sys.executable, "-m", "bench.chaos", *words],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    rows = json.loads(figures.read_text())
    assert [event for row in rows for event in row["faults"]] == [str(event) for event in events]
    for row in rows:
        assert (row["lost"], row["receipts_missing"], row["wrong"]) == (0, 0, [])
        assert min(row["smpp"], row["rest"], row["campaign"]) > 0
        assert row["doubled"] <= row["most_doubled"]
