"""Words of messages from phones, read tolerantly, and the keywords by which teams share a short code.

People type `Win`, ` WIN.` and `win, yes` and mean the same. A word is a run of letters, digits and their marks, without
regard to case and to how wide its characters are; apostrophes are left out, so that `ng'ombe` is one word.
"""

from __future__ import annotations

import unicodedata
from typing import Final

import attrs

#: How long a keyword may be, in characters.
KEYWORD_CHARACTERS: Final = 20
#: Of a text so many characters are looked at: no keyword and no wish to hear no more is longer.
_LOOKED_AT: Final = 200
_APOSTROPHES: Final = dict.fromkeys(map(ord, "'`´ʼ‘’"))
_OF_WORDS: Final = frozenset("LNM")  # letters, numbers, marks: the first letters of their Unicode categories


@attrs.frozen
class Keyword:
    """Messages to a short code or number that begin with a word are for a team."""

    code: str  # digits
    word: str  # folded; empty: messages that begin with no keyword of the code
    team_id: int


def words_of(text: str) -> tuple[str, ...]:
    """Return the words that a text begins with, folded; of a very long one those of its beginning."""
    folded = unicodedata.normalize("NFKC", text[:_LOOKED_AT]).translate(_APOSTROPHES).casefold()
    return tuple("".join([c if unicodedata.category(c)[0] in _OF_WORDS else " " for c in folded]).split())


def folded_keyword(text: str) -> str | None:
    """Return a keyword as it is kept; None when the text is not one word of at most 20 characters."""
    words = words_of(text)
    return words[0] if len(words) == 1 and len(words[0]) <= KEYWORD_CHARACTERS else None
