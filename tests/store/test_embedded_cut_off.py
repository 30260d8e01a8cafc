"""The launcher, when whoever makes or starts the server dies on the way."""

from pathlib import Path
from unittest import mock

import pytest

from mobilesasa.store.embedded import EmbeddedError
from tests.store.embedding import Make, Node, ask, home_of
from tests.whole.programs import eventually


def test_an_initdb_that_was_cut_off_is_done_again(state: Path, make: Make) -> None:
    server = make(state)
    home = home_of(server.start())
    server.stop()
    (home / "data").rename(home / "data.new")
    (home / "data.new" / "PG_VERSION").unlink()
    assert ask(server.start(), "SELECT 1") == 1
    assert not (home / "data.new").exists()


def programs(folder: Path, **scripts: str) -> Path:
    """Make stand-ins of PostgreSQL's programs; `$2` of each is the data folder."""
    folder.mkdir(mode=0o755)
    for name, script in scripts.items():
        (folder / name).write_text(f"#!/bin/sh\n{script}\n")
        (folder / name).chmod(0o755)
    return folder


INITDB = """
if [ "$1" = --version ]; then echo "initdb (PostgreSQL) 18.0"; exit; fi
echo 18 > "$2/PG_VERSION"
touch "$2/begun"
"""
UNTIL_IT_MAY = 'until [ -e "$2/may" ] || ! [ -d "$2" ]; do sleep 0.01; done\n'
NO_PID_YET = """
by() { echo "$1" > "$DATA/by"; exit; }
DATA=$2
cd "$2"
trap 'by INT' INT
trap 'by QUIT' QUIT
touch launched
until [ -e "$2/may" ] || ! [ -d "$2" ]; do sleep 0.01; done
echo $$ > "$2/postmaster.pid"
while [ -d "$2" ]; do sleep 0.01; done
"""


def test_an_initdb_whose_starter_was_killed_is_waited_for(state: Path, open_folder: Path, make: Make) -> None:
    stand_ins = programs(open_folder / f"{state.name}-bin", initdb=INITDB + UNTIL_IT_MAY)
    node = Node(state, open_folder / "elsewhere", bin_dir=stand_ins)
    node.go()
    made = eventually(lambda: next(state.rglob("begun"), None), "initdb writes")
    node.kill()
    with pytest.raises(EmbeddedError, match="does not end"):
        make(state, patience_s=0.05).stop()
    with pytest.raises(EmbeddedError, match="to answer"):
        make(state, patience_s=0.05).start()
    (made.parent / "may").touch()
    assert make(state).stop()
    assert ask(make(state).start(), "SELECT 1") == 1


def test_a_server_that_has_not_told_its_pid_yet_is_ended_as_soon_as_it_does(
    state: Path, open_folder: Path, make: Make
) -> None:
    stand_ins = programs(open_folder / f"{state.name}-bin", initdb=INITDB, postgres=NO_PID_YET)
    node = Node(state, open_folder / "elsewhere", bin_dir=stand_ins)
    node.go()
    data = state / "postgres" / "data"
    eventually((data / "launched").exists, "the server is launched")
    node.kill()

    def first_wait(_seconds: float) -> None:
        (data / "may").touch()

    with mock.patch("mobilesasa.store.embedded.time.sleep", side_effect=first_wait):
        assert make(state).stop()
    assert (data / "by").read_text() == "INT\n"
