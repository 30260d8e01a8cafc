"""The programs of Debian's (or another distribution's) PostgreSQL: as installed, else as `.ci/foreign` has unpacked them."""

import os
import shutil
import subprocess
from pathlib import Path

from tests.clients import foreign

_LIB = "usr/lib/postgresql"
# Runs a program with the libraries beside it: whoever it runs as, and with whatever environment.
_WRAPPER = '#!/bin/sh\nLD_LIBRARY_PATH="{libraries}" exec "{program}" "$@"\n'


def debian_bin(copies: Path) -> Path:
    """Return the folder of the programs.

    Args:
        copies: where unpacked ones are copied to, so that a user who cannot enter our environment can run them; nothing is
            there yet.
    """
    if found := _newest(Path("/")):
        return found
    unpacked = _newest(foreign.DEBIAN)
    assert unpacked, f"there is no PostgreSQL of Debian here; {foreign.REMEDY}"
    return _copied(unpacked, copies)


def _newest(root: Path) -> Path | None:
    """Return the folder of the programs of the newest PostgreSQL below a root."""
    found = [each.parent for each in (root / _LIB).glob("*/bin/postgres") if (each.parent / "initdb").exists()]
    return max(found, key=lambda folder: int(folder.parent.name), default=None)


def _copied(programs: Path, into: Path) -> Path:
    """Copy programs, modules, what they read, and the libraries they need; return the folder of two that run there."""
    version = programs.parent.name
    ours, share = into / _LIB / version, f"usr/share/postgresql/{version}"
    unneeded = shutil.ignore_patterns("bitcode", "llvmjit*", "pgxs")
    shutil.copytree(programs.parent, ours, ignore=unneeded)
    shutil.copytree(foreign.DEBIAN / share, into / share)
    libraries, bin_dir = into / "libraries", into / "bin"
    libraries.mkdir()
    bin_dir.mkdir()
    for needed in _libraries([ours / "bin" / "postgres", ours / "bin" / "initdb", *(ours / "lib").glob("*.so")]):
        shutil.copy(needed, libraries)
    for name in ("postgres", "initdb"):
        wrapper = bin_dir / name
        wrapper.write_text(_WRAPPER.format(libraries=libraries, program=ours / "bin" / name))
        wrapper.chmod(0o755)
    for path in (into, *into.rglob("*")):
        path.chmod(0o755 if path.is_dir() or os.access(path, os.X_OK) else 0o644)
    return bin_dir


def _libraries(programs: list[Path]) -> set[Path]:
    """Return the libraries that these need and only the unpacked packages have."""
    needs = subprocess.run(
        ["ldd", *map(str, programs)],
        env=foreign.environment(foreign.FOLDER),
        capture_output=True,
        text=True,
        check=False,
    ).stdout
    words = (line.split() for line in needs.splitlines() if "=>" in line)
    return {Path(found[2]) for found in words if foreign.DEBIAN in Path(found[2]).parents}
