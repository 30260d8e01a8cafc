"""The collector of cycles looks less often in a node's own process."""

import gc
import subprocess
import sys

import pytest

from mobilesasa.node.garbage import THRESHOLDS, look_less_often


@pytest.fixture
def as_before():
    thresholds = gc.get_threshold()
    yield
    gc.unfreeze()
    gc.set_threshold(*thresholds)


@pytest.mark.usefixtures("as_before")
def test_what_is_there_is_left_alone_and_the_rest_is_looked_at_less_often():
    frozen = gc.get_freeze_count()
    look_less_often()
    assert gc.get_threshold() == THRESHOLDS
    assert gc.get_freeze_count() > frozen


@pytest.mark.usefixtures("as_before")
def test_cycles_that_come_later_are_still_found():
    look_less_often()
    ring: list[object] = []
    ring.append(ring)
    del ring
    assert gc.collect() >= 1


def test_nothing_changes_for_who_only_imports_the_program():
    asked = "import gc; before = gc.get_threshold(); import mobilesasa.tap; print(gc.get_threshold() == before)"
    done = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    assert done.stdout == "True\n"
