"""What is new in text that gateways send whole: `7`, then `7*2`, then `7*2*Amina`.

`*` may stand in an answer, so the text is never cut at it: what was there before is known by its length, and what lies
behind is the answer (Safaricom's and Africa's Talking's dialects). What was consumed is kept with the session, with its blanks.
"""

from __future__ import annotations

from mobilesasa.core.ussd import is_dialled


def new_part(consumed: str, text_all: str) -> str | None:
    """Return what a person typed now; None when nothing is new, as when a gateway says the same again.

    Args:
        consumed: all that was there when the session said something last; "" where nothing was dialled with the code.
        text_all: all that is there now. A beginning of what was consumed is an event that comes late, and says nothing new.

    Where a text does not go on from what was consumed, the gateway has begun to count anew: after what was dialled all of it is
    the answer, and else what stands behind the last `*`.
    """
    if consumed.startswith(text_all) or consumed.rstrip() == text_all.rstrip():
        return None
    if not consumed:
        return text_all
    behind = _behind(consumed, text_all)
    if behind is not None:
        return behind
    return text_all if is_dialled(consumed.strip()) else text_all.rpartition("*")[2]


def goes_on(consumed: str, text_all: str) -> bool:
    """Return whether a text has something new behind what was consumed."""
    return not consumed or _behind(consumed, text_all) is not None


def _behind(consumed: str, text_all: str) -> str | None:
    """Return what stands behind what was consumed and a `*`; a gateway may have cut the blanks at its end."""
    if is_dialled(consumed.strip()) and not text_all.startswith(consumed.strip()):
        return None
    for length in (len(consumed), len(consumed.rstrip())):
        rest = text_all[length:].lstrip()
        if rest.startswith("*"):
            return rest[1:]
    return None
