"""Small filesystems of our own, which can be filled: tmpfs in a mount namespace that nobody else sees and that ends with us.

Root makes it by `unshare --mount`. A plain user makes it as root of a user namespace and then becomes itself again in one inside of
it, for PostgreSQL does not run as root. Where the machine allows neither, `enter` says so.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import attrs

from bench import ending
from bench.processes import Broken

INSIDE = "MOBILESASA_CHAOS_INSIDE"  # the folder whose filesystems were mounted before this process began
FIRST_PIECE_OCTETS, LAST_PIECE_OCTETS = 8_388_608, 4096


@attrs.define(eq=False)
class Disk:
    """A small filesystem.

    Attributes:
        folder: where it is mounted.
    """

    folder: Path

    @property
    def _balloon(self) -> Path:
        return self.folder / "balloon"

    def fill(self) -> None:
        """Leave nothing of it."""
        piece_octets = FIRST_PIECE_OCTETS
        with self._balloon.open("ab") as balloon:
            while piece_octets >= LAST_PIECE_OCTETS:
                try:
                    os.posix_fallocate(balloon.fileno(), os.fstat(balloon.fileno()).st_size, piece_octets)
                except OSError:
                    piece_octets //= 2

    def free(self) -> None:
        """Give back what `fill` took."""
        self._balloon.unlink(missing_ok=True)


def is_inside(folder: Path) -> bool:
    """Say whether this process has the filesystems of a folder."""
    return os.environ.get(INSIDE) == str(folder)


def run_inside(folder: Path, sizes_mb: Mapping[str, int], arguments: Sequence[str]) -> int:
    """Run Python with these arguments where these filesystems are below a folder, and return its status.

    Args:
        folder: of the run, there already.
        sizes_mb: by the name of the folder at which each is mounted.
        arguments: of Python.

    Raises:
        Broken: the machine allows no such namespace.
    """
    shell = _shell(folder, sizes_mb)
    if shutil.which("unshare") is None or subprocess.run([*shell, "true"], capture_output=True, check=False).returncode:
        raise Broken(
            "no filesystem of our own can be mounted here (it takes unshare and mount of util-linux, as root or where user "
            "namespaces are allowed); `--without fill-disk` leaves it out"
        )
    command = [*shell, sys.executable, *arguments]
    with ending.starting():
        running = subprocess.Popen(command, env=os.environ | {INSIDE: str(folder)})
        ending.note(running, lambda: _ended(running))
    try:
        return running.wait()
    except KeyboardInterrupt:
        return _ended(running)


def _ended(running: subprocess.Popen[bytes]) -> int:
    """Tell it to end, whoever has done so before, and return its status when it has, in its own order."""
    running.terminate()
    return running.wait()


def _shell(folder: Path, sizes_mb: Mapping[str, int]) -> list[str]:
    """Return the command that runs what is put behind it in such a namespace."""
    for name in sizes_mb:
        (folder / name).mkdir(exist_ok=True)
    mounts = [f'mount -t tmpfs -o size={size}m,mode=0711 chaos "{folder / name}"' for name, size in sizes_mb.items()]
    apart, becoming = ["--propagation", "private"], 'exec "$@"'
    if os.geteuid() != 0:
        apart = ["--user", "--map-root-user"]
        becoming = f'exec unshare --user --map-user={os.getuid()} --map-group={os.getgid()} "$@"'
    return ["unshare", "--mount", *apart, "/bin/sh", "-c", " && ".join([*mounts, becoming]), "sh"]
