"""Makes pictures of all pages that the tests look at: `python -m tests.browser.screenshots docs/screenshots`."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def main(arguments: list[str]) -> int:
    """Run the tests with a folder for pictures; more arguments are for pytest."""
    if not arguments:
        print("python -m tests.browser.screenshots FOLDER [what pytest takes]", file=sys.stderr)  # noqa: T201
        return 2
    folder, *more = arguments
    environment = os.environ | {"MOBILESASA_SCREENSHOTS": str(Path(folder).resolve())}
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "tests/browser", *more], cwd=ROOT, env=environment, check=False
    ).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
