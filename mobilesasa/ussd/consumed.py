"""What is new in text that gateways send whole: `7`, then `7*2`, then `7*2*Amina`.

`*` may stand in an answer, so the text is never cut at it: what was there before is known by its length, and what lies
behind is the answer (Safaricom's and Africa's Talking's dialects). What was consumed is kept with the session.
"""

from __future__ import annotations


def new_part(consumed: str, text_all: str) -> str | None:
    """Return what a person typed now; None when nothing is new, as when a gateway says the same again.

    Args:
        consumed: all that was there when the session said something last; "" where nothing was dialled with the code.
        text_all: all that is there now. A beginning of what was consumed is an event that comes late, and says nothing new.

    Where a text does not go on from what was consumed, the gateway has begun to count anew, and what stands behind the last
    `*` is the answer.
    """
    if consumed.startswith(text_all):
        return None
    if not consumed:
        return text_all
    if text_all[len(consumed) : len(consumed) + 1] == "*":
        return text_all[len(consumed) + 1 :]
    return text_all.rpartition("*")[2]
