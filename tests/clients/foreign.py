"""The programs of others that these tests run: what `.ci/foreign` has put beside the environment, or what the machine has."""

import os
import shutil
import sys
from pathlib import Path

FOLDER = Path(sys.prefix) / "foreign"
DEBIAN = FOLDER / "debian"
UNPACKED_CHROMIUM = DEBIAN / "usr" / "lib" / "chromium" / "chromium-headless-shell"
REMEDY = f"this gets it: .ci/foreign {Path(sys.prefix).name} (or make test)"
_PATH = os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin", "/sbin"))


def program(name: str) -> str:
    """Return where a program is; it comes from `make test`, which gets what is missing."""
    if name == "node":
        found = shutil.which(FOLDER / "bin" / name)
    elif name == "chromium":
        found = shutil.which(UNPACKED_CHROMIUM) or shutil.which(name) or shutil.which("chromium-headless-shell")
    else:
        unpacked = (DEBIAN / "usr" / folder / name for folder in ("bin", "sbin"))
        found = next((str(each) for each in unpacked if each.exists()), None) or shutil.which(name, path=_PATH)
    assert found, f"there is no {name} here; {REMEDY}"
    return found


def environment(home: Path) -> dict[str, str]:
    """Return what these programs run with: their own libraries and modules, and a folder for what they keep."""
    libraries = [str(each) for lib in ("lib", "usr/lib") for each in DEBIAN.glob(f"{lib}/*-linux-gnu*")]
    found = {name: value for name, value in os.environ.items() if not name.startswith(("COV_", "PYTHON"))}
    found |= {"HOME": str(home), "NODE_PATH": str(FOLDER / "npm" / "node_modules")}
    if libraries:
        found["LD_LIBRARY_PATH"] = os.pathsep.join(libraries)
    if (data := DEBIAN / "usr" / "share" / "wireshark").exists():
        found["WIRESHARK_DATA_DIR"] = str(data)
    if (fonts := FOLDER / "fonts.conf").exists():
        found["FONTCONFIG_FILE"] = str(fonts)
    return found
