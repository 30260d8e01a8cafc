"""The worked examples of docs/smpp.rst and of the README, with the values of a test in the place of those that a reader replaces."""

import re
import textwrap
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).parents[2]
SMPP, README = ROOT / "docs" / "smpp.rst", ROOT / "README.rst"
_BLOCK = r"^\.\. code-block:: {}\n\n((?:   .*\n|\n)+)"

#: What stands in the examples for the values of a reader.
HOST, PORT, TLS_PORT = "smpp.example.com", "2775", "2776"
TEAM, TOKEN, PASSWORD = "ACME2024", "mbs_your_token_here", "your8chr"


def examples(language: str, page: Path = SMPP) -> list[str]:
    """Return the blocks of one language, in order."""
    found = re.findall(_BLOCK.format(language), page.read_text(), re.MULTILINE)
    return [textwrap.dedent(block).strip() + "\n" for block in found]


def example(language: str, containing: str = "", page: Path = SMPP) -> str:
    """Return the one block of a language that holds these words."""
    (found,) = [block for block in examples(language, page) if containing in block]
    return found


def filled(block: str, values: Mapping[str, object]) -> str:
    """Return a block with words replaced; each of them has to be in it."""
    for word, value in values.items():
        assert word in block, f"{word} is not in the example any more"
        block = block.replace(word, str(value))
    return block
