"""Texts with places that are filled: how one reads where a place stays empty."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

_CLOSING: Final = frozenset(",.;:!?)\n")  # before these a blank that nothing follows any more goes


def closed(pieces: Sequence[str]) -> str:
    """Return the text of pieces, what stays and what is filled in turn, with a blank less where a filled one is empty.

    >>> closed(["Hi ", "", ", welcome"]), closed(["Hi ", "Jane", ", welcome"])
    ('Hi, welcome', 'Hi Jane, welcome')
    """
    text, gap = "", False
    for place, piece in enumerate(pieces):
        if not piece:
            gap = gap or place % 2 == 1
            continue
        if gap:
            if piece[0] == " " and (not text or text[-1] in " \n"):
                piece = piece[1:]
            elif piece[0] in _CLOSING:
                text = text.removesuffix(" ")
        text, gap = text + piece, False
    return text.removesuffix(" ") if gap else text
