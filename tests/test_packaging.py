"""What a wheel holds, and that twistd and the command work from it without the checkout."""

import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from mobilesasa.api.dashboard import built

ROOT = Path(__file__).parents[1]
SOURCES = ["mobilesasa", "twisted", "setup.py", "setup.cfg", "pyproject.toml", "MANIFEST.in", "LICENSE", "README.rst"]

TWISTD = "from twisted.scripts.twistd import run; run()"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The wheel of this checkout, built from a copy so that nothing is left in the checkout."""
    source, built = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("built")
    for name in SOURCES:
        path = ROOT / name
        if path.is_dir():
            shutil.copytree(path, source / name, ignore=shutil.ignore_patterns("__pycache__", "dropin.cache"))
        elif path.exists():
            shutil.copy(path, source / name)
    ran = subprocess.run(
        [
            sys.executable,
            "-m",
            "pip",
            "wheel",
            "-v",
            "--no-deps",
            "--no-build-isolation",
            "--no-index",
            "-w",
            built,
            source,
        ],
        capture_output=True,
        text=True,
        timeout=50,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    warned = re.findall(r"\w*Deprecat\w*Warning.*|is absent from the `packages`.*", ran.stdout + ran.stderr)
    assert warned == []
    (found,) = built.glob("*.whl")
    return found


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    """The wheel unpacked in a folder of its own, and the environment that looks there first."""
    folder = tmp_path_factory.mktemp("installed")
    with zipfile.ZipFile(wheel) as packed:
        packed.extractall(folder)
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("MOBILESASA_", "COV"))}
    return environ | {"PYTHONPATH": str(folder)}


def names(wheel):
    with zipfile.ZipFile(wheel) as packed:
        return set(packed.namelist())


def ran_elsewhere(installed, tmp_path, *arguments):
    ran = subprocess.run(
        [sys.executable, *arguments], env=installed, cwd=tmp_path, capture_output=True, text=True, timeout=50
    )
    return ran.returncode, ran.stdout + ran.stderr


def test_a_wheel_holds_every_file_of_the_package(wheel):
    ours = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "mobilesasa").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert ours - names(wheel) == set()
    assert "mobilesasa/py.typed" in ours


def test_a_wheel_holds_the_migrations(wheel):
    assert [name for name in names(wheel) if name.startswith("mobilesasa/store/migrations/") and name.endswith(".sql")]


def test_the_dashboard_is_whole_where_the_wheel_is_installed(installed, tmp_path):
    script = "from mobilesasa.api.dashboard import built; print(built().digest)"
    code, said = ran_elsewhere(installed, tmp_path, "-c", script)
    assert (code, said.strip()) == (0, built().digest)


def test_a_wheel_holds_the_plugin_and_nothing_else_of_twisted(wheel):
    assert {name for name in names(wheel) if name.startswith("twisted")} == {"twisted/plugins/mobilesasa_plugin.py"}


def test_a_wheel_holds_no_tests_and_no_compiled_files(wheel):
    tops = {name.split("/")[0] for name in names(wheel)}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"mobilesasa", "twisted"}
    assert [name for name in names(wheel) if name.endswith((".pyc", "dropin.cache"))] == []


def test_a_wheel_names_its_command_and_its_licence(wheel):
    with zipfile.ZipFile(wheel) as packed:
        (points,) = [name for name in packed.namelist() if name.endswith("entry_points.txt")]
        assert "mobilesasa = mobilesasa.cli.main:main" in packed.read(points).decode()
    assert [name for name in names(wheel) if name.endswith("LICENSE")]


def test_twistd_knows_mobilesasa_from_an_installed_package(installed, tmp_path):
    code, said = ran_elsewhere(installed, tmp_path, "-c", TWISTD, "--help")
    assert code == 0, said
    assert re.search(r"^ +mobilesasa +A messaging platform", said, re.MULTILINE)


def test_twistd_shows_the_options_of_the_installed_package(installed, tmp_path):
    code, said = ran_elsewhere(installed, tmp_path, "-c", TWISTD, "mobilesasa", "--help")
    assert code == 0, said
    assert "--config" in said


def test_the_installed_package_is_the_one_that_is_imported(installed, tmp_path):
    code, said = ran_elsewhere(installed, tmp_path, "-c", "import mobilesasa; print(mobilesasa.__file__)")
    assert (code, said.strip()) == (0, f"{installed['PYTHONPATH']}/mobilesasa/__init__.py")
