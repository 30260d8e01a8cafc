"""Links in texts, and the short ones that stand for them.

A recipient has one code, the same for all links of a text; behind it stands which link is meant where there is more than
one: `https://go.example/7fKq2mXa2`. The code has always as many characters, so the two need nothing between them.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

import attrs

#: Letters and digits without those that look alike: 0 and O, I and l. All are one septet in GSM 03.38.
BASE58: Final = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
CODE_CHARACTERS: Final = 8

_URL = re.compile(r"(?<![A-Za-z0-9+.-])https?://[^\W_][^\s<>\"“”«»]*", re.IGNORECASE)
_TRAILING = ".,;:!?'*_~’…"
_PAIRS = {")": "(", "]": "[", "}": "{"}


@attrs.frozen
class Found:
    """A link where it stands in a text."""

    start: int
    end: int
    url: str


def find_links(text: str) -> list[Found]:
    """Return the links of a text that can stand for all recipients: http and https, without a field in them.

    What ends a sentence or closes a bracket that was opened before the link is none of it.
    """
    found = []
    for match in _URL.finditer(text):
        url = _ended(match[0])
        if "{" not in url:
            found.append(Found(match.start(), match.start() + len(url), url))
    return found


def short_url(base: str, code: str, n: int, of: int) -> str:
    """Return the short form of a link.

    Args:
        base: the address under which short links are, with or without a slash at its end.
        code: of the recipient.
        n: which link of the text, from 1.
        of: how many links the text has; of a single one the number is left out.
    """
    return f"{base.removesuffix('/')}/{code}{n if of > 1 else ''}"


def new_code(randbelow: Callable[[int], int]) -> str:
    """Return a code that cannot be guessed.

    Args:
        randbelow: a function of a bound, such as `secrets.randbelow`: a short link shows who is behind it.
    """
    number = randbelow(len(BASE58) ** CODE_CHARACTERS)
    characters = []
    for _ in range(CODE_CHARACTERS):
        number, place = divmod(number, len(BASE58))
        characters.append(BASE58[place])
    return "".join(characters)


def _ended(url: str) -> str:
    """Return an address without the marks of the sentence around it."""
    while url[-1] in _TRAILING or (url[-1] in _PAIRS and url.count(url[-1]) > url.count(_PAIRS[url[-1]])):
        url = url[:-1]
    return url
