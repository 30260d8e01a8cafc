"""A PostgreSQL of our own beside the node: nothing to install, nothing to configure, no port.

How to think about it. A server belongs to a state folder, not to a process: whoever needs the database calls `start`,
which finds the running server or launches one, and `stop` when done, and the last one to stop ends it. Three locks of the
kernel (flock) say what is true, whatever pids are written anywhere and whoever was killed:

- ``STATE/postgres.lock`` is held while somebody starts or stops, so that two at once take turns;
- ``HOME/alive`` is inherited by the server's processes, and by those that make its data folder, so that it is held as long
  as one of them lives, and no longer;
- ``HOME/users`` is shared by those who use the server; it is free when nobody does.

So a node killed with -9 leaves a server that the next start takes over; a server killed with -9 leaves a free lock, and
the next start recovers it; a pid file whose pid now belongs to another program is told from a living server. All functions
block.
"""

import contextlib
import fcntl
import functools
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TypeVar

import psycopg2
from psycopg2.extensions import make_dsn

from mobilesasa.store import embedded_home as homes
from mobilesasa.store.embedded_home import Binaries, RunAs
from mobilesasa.store.embedded_home import EmbeddedError as EmbeddedError

DATABASE = "mobilesasa"
# Where the home goes when the state is out of reach of the user that the server runs as.
ELSEWHERE = Path("/var/lib/mobilesasa")

# For a machine of two cores shared with the node. Accepted messages must survive a power cut: fsync and synchronous_commit
# stay on. The log keeps a week, and no statement, parameter or detail of one: those hold texts and numbers of people.
SETTINGS: Mapping[str, str] = {
    "shared_buffers": "128MB",
    "max_connections": "50",
    "synchronous_commit": "on",
    "wal_compression": "on",
    "max_wal_size": "2GB",
    "checkpoint_timeout": "10min",
    "jit": "off",
    "max_parallel_workers_per_gather": "0",
    "autovacuum_naptime": "15s",
    "autovacuum_max_workers": "2",
    "autovacuum_vacuum_cost_limit": "1000",
    "autovacuum_vacuum_scale_factor": "0.05",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "lc_messages": "C",
    "logging_collector": "on",
    "log_filename": "postgres.%a.log",
    "log_rotation_age": "1d",
    "log_rotation_size": "0",
    "log_truncate_on_rotation": "on",
    "log_min_messages": "warning",
    "log_checkpoints": "off",
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
}

_POLL_S = 0.01

_T = TypeVar("_T")


class _Postmaster(subprocess.Popen[bytes]):
    """The server as our child, which may outlive us on purpose: no warning when it does."""

    def __del__(self) -> None:
        self.poll()


class EmbeddedPostgres:
    """The PostgreSQL server of one state folder.

    Args:
        state_dir: the folder of the node's state, made when missing.
        bin_dir: programs to use instead of the wheel's.
        user: as whom a new server runs when we are root; by default the owner of the state, or nobody.
        settings: server settings over `SETTINGS`; values are put in as they are.
        elsewhere: where the home goes when that user cannot reach the state.
        patience_s: how long a server may take to answer (crash recovery included) or to end.
    """

    def __init__(
        self,
        state_dir: Path,
        *,
        bin_dir: Path | None = None,
        user: str | None = None,
        settings: Mapping[str, str] | None = None,
        elsewhere: Path = ELSEWHERE,
        patience_s: float = 120.0,
    ) -> None:
        self._state_dir = Path(os.path.abspath(state_dir))
        self._bin_dir = bin_dir
        self._user = user
        self._settings = {**SETTINGS, **(settings or {})}
        self._elsewhere = elsewhere
        self._patience_s = patience_s
        self._child: _Postmaster | None = None
        self._in_use: int | None = None

    def start(self) -> str:
        """Return the DSN of the database, after launching the server and making the database when needed.

        Raises:
            EmbeddedError: the server cannot be had; the text says why.
        """
        with _explained(self._state_dir), self._turn():
            home = homes.existing_home(self._state_dir)
            if home is None:
                user = homes.run_as(self._state_dir, self._user)
                home = homes.make_home(self._state_dir, user, self._elsewhere)
            homes.name_state(home, self._state_dir)
            if self._in_use is None:
                self._in_use = _lock(home / "users", fcntl.LOCK_SH)
            try:
                self._bring_up(home)
                return self._with_database(home)
            except BaseException:
                self._let_go()
                raise

    def stop(self) -> bool:
        """Let the server go, and end it (fast shutdown) when nobody else uses it.

        Returns:
            whether there is no server any more.
        """
        home = homes.existing_home(self._state_dir)
        if home is None:
            return True
        with _explained(self._state_dir), self._turn():
            self._let_go()
            users = _lock(home / "users", fcntl.LOCK_EX)
            if users is None:
                return False
            try:
                self._bring_down(home)
            finally:
                os.close(users)
            return True

    def running(self) -> str | None:
        """Return the DSN when the server is up, None when not; changes nothing."""
        with _explained(self._state_dir):
            home = homes.existing_home(self._state_dir)
            if home is None or not (home / "alive").exists() or not _is_held(home / "alive"):
                return None
            dsn = _dsn(home, DATABASE)
            return dsn if _answers(dsn) else None

    @contextlib.contextmanager
    def _turn(self) -> Iterator[None]:
        self._state_dir.mkdir(parents=True, exist_ok=True)
        path = self._state_dir / "postgres.lock"
        held = self._until(
            lambda: _lock(path, fcntl.LOCK_EX), "another process that is starting or stopping the database"
        )
        try:
            yield
        finally:
            os.close(held)

    def _let_go(self) -> None:
        if self._in_use is not None:
            os.close(self._in_use)
            self._in_use = None

    def _bring_up(self, home: Path) -> None:
        def up() -> bool | None:
            alive = _lock(home / "alive", fcntl.LOCK_EX)
            if alive is None:  # some process of the server lives: it is up, coming up, or going down
                return True if _answers(_dsn(home, "postgres")) else None
            try:
                return self._launch(home, alive)
            finally:
                os.close(alive)

        self._until(up, f"the server in {home} to answer; its log is in {home / 'data' / 'log'}")

    def _launch(self, home: Path, alive: int) -> bool:
        data = home / "data"
        user = homes.owner_of(data) if data.exists() else homes.run_as(self._state_dir, self._user)
        binaries = homes.find_binaries(home, user, self._bin_dir)
        if data.exists():
            _check_major(data, binaries)
            _clear_stale_pid(data, user)
        else:
            _initdb(home, user, binaries, alive)
        sockets = homes.socket_folder(home, user)
        for left in sockets.glob(f"{homes.SOCKET_NAME}*"):
            left.unlink()
        homes.write(home / "postgresql.conf", self._configuration(data, sockets))
        complaints = home / "postmaster.err"
        homes.write(complaints, "")
        with complaints.open("wb") as stderr:
            self._child = _Postmaster(
                [binaries.folder / "postgres", "-D", data, "-c", f"config_file={home / 'postgresql.conf'}"],
                stdout=stderr,
                stderr=stderr,
                start_new_session=True,  # the terminal's Ctrl-C is for the node, which stops the server last
                pass_fds=(alive,),
                **user.options(),
            )
        self._until(lambda: self._answered(home, complaints), f"the server in {home} to answer")
        return True

    def _answered(self, home: Path, complaints: Path) -> bool | None:
        if self._child is not None and self._child.poll() is not None:
            said = complaints.read_text(errors="replace").strip()
            raise EmbeddedError(f"the server in {home} ended at once: {said or 'see ' + str(home / 'data' / 'log')}")
        return True if _answers(_dsn(home, "postgres")) else None

    def _configuration(self, data: Path, sockets: Path) -> str:
        ours = {**self._settings, "listen_addresses": "", "unix_socket_directories": str(sockets)}
        lines = [f"{name} = {_quoted(value)}" for name, value in ours.items()]
        return "\n".join(
            [
                "# Written by mobilesasa at each start. Settings of yours: ALTER SYSTEM, which goes before this file.",
                f"include = {_quoted(str(data / 'postgresql.conf'))}",
                *lines,
                "",
            ]
        )

    def _with_database(self, home: Path) -> str:
        connection = psycopg2.connect(_dsn(home, "postgres"))
        try:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1 FROM pg_database WHERE datname = %(name)s", {"name": DATABASE})
                if cursor.fetchone() is None:
                    cursor.execute(f"CREATE DATABASE {DATABASE}")
        finally:
            connection.close()
        return _dsn(home, DATABASE)

    def _bring_down(self, home: Path) -> None:
        for number in (signal.SIGINT, signal.SIGQUIT):  # fast; and when that does not end it, at once
            told: set[int] = set()
            with contextlib.suppress(EmbeddedError):
                self._until(functools.partial(self._told, home, number, told), f"the server in {home} to end")
                homes.remove_short_folder(home)
                return
        raise EmbeddedError(f"the server in {home} does not end")

    def _told(self, home: Path, number: signal.Signals, told: set[int]) -> bool | None:
        """Tell the server once, as soon as its pid can be read, and say whether nothing of it lives."""
        pid = _postmaster(home / "data")
        if pid is not None and pid not in told:
            told.add(pid)
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)
        return self._gone(home)

    def _gone(self, home: Path) -> bool | None:
        if self._child is not None and self._child.poll() is not None:
            self._child = None
        return None if self._child is not None or _is_held(home / "alive") else True

    def _until(self, look: Callable[[], _T | None], awaited: str) -> _T:
        deadline = time.monotonic() + self._patience_s
        while (seen := look()) is None:
            if time.monotonic() > deadline:
                raise EmbeddedError(f"waited {self._patience_s:g} s for {awaited}")
            time.sleep(_POLL_S)
        return seen


@contextlib.contextmanager
def _explained(state_dir: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, psycopg2.Error) as error:
        raise EmbeddedError(f"the embedded PostgreSQL of {state_dir}: {error}") from error


def _lock(path: Path, kind: int) -> int | None:
    """Return the open file of a lock that was free, None when it is held."""
    number = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    try:
        owner = path.parent.stat()
        if os.geteuid() == 0 and os.fstat(number).st_uid != owner.st_uid:
            os.fchown(number, owner.st_uid, owner.st_gid)
        fcntl.flock(number, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(number)
        return None
    except BaseException:
        os.close(number)
        raise
    return number


def _is_held(path: Path) -> bool:
    number = _lock(path, fcntl.LOCK_SH)
    if number is None:
        return True
    os.close(number)
    return False


def _dsn(home: Path, database: str) -> str:
    folder = homes.recorded_socket_folder(home)
    return make_dsn(host=str(folder), port=5432, user=DATABASE, dbname=database, connect_timeout=10)


def _answers(dsn: str) -> bool:
    try:
        psycopg2.connect(dsn).close()
    except psycopg2.OperationalError:
        return False
    return True


def _quoted(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def _initdb(home: Path, user: RunAs, binaries: Binaries, alive: int) -> None:
    """Make the data folder beside its place and move it there, so that one that is there is whole.

    It holds `alive` like the server: when its starter is killed, whoever comes next waits until nothing writes there.
    """
    making = home / "data.new"
    if making.exists():
        shutil.rmtree(making)
    making.mkdir(mode=0o700)
    user.own(making)
    options = ["-E", "UTF8", "--locale=C.UTF-8", "--data-checksums", "-U", DATABASE, "-A", "trust", "--no-instructions"]
    made = user.run([binaries.folder / "initdb", "-D", making, *options], pass_fds=(alive,))
    if made.returncode != 0:
        raise EmbeddedError(f"initdb failed in {making}: {made.stderr.strip()}")
    making.rename(home / "data")


def _check_major(data: Path, binaries: Binaries) -> None:
    found = (data / "PG_VERSION").read_text().strip()
    if found == str(binaries.major):
        return
    program = f"-h {homes.recorded_socket_folder(data.parent)} -U {DATABASE}"
    raise EmbeddedError(
        f"{data} was made by PostgreSQL {found}, and this mobilesasa brings PostgreSQL {binaries.major}, which cannot read it. "
        f"To carry the data over: 1. start the mobilesasa that made it and run `pg_dump {program} -Fc -f mobilesasa.dump "
        f"{DATABASE}`; 2. stop it and move {data} aside; 3. start this mobilesasa, which makes an empty database, and run "
        f"`pg_restore {program} --clean --if-exists -d {DATABASE} mobilesasa.dump`; 4. start it again"
    )


def _pid_in(data: Path) -> int | None:
    try:
        return int((data / "postmaster.pid").read_text().split("\n", 1)[0])
    except (FileNotFoundError, ValueError):
        return None


def _postmaster(data: Path) -> int | None:
    """Return the pid of the server on a data folder; a pid that another program has got since is not one."""
    pid = _pid_in(data)
    if pid is None or pid <= 1:
        return None
    try:
        process = Path(f"/proc/{pid}")
        works_in, owner = os.readlink(process / "cwd"), process.stat().st_uid
    except (FileNotFoundError, PermissionError, ProcessLookupError):
        return None
    return pid if works_in == os.path.realpath(data) and owner == data.stat().st_uid else None


def _clear_stale_pid(data: Path, user: RunAs) -> None:
    """Remove what a killed server left: PostgreSQL would take any living process of that pid and user for a server."""
    pid = _postmaster(data)
    if pid is not None:
        raise EmbeddedError(
            f"a server that mobilesasa did not start (pid {pid}, user {user.name}) runs on {data}: stop it"
        )
    (data / "postmaster.pid").unlink(missing_ok=True)
