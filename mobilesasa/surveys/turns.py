"""What the machine that conducts surveys and the store tell each other of a round."""

from __future__ import annotations

import enum

import attrs

from mobilesasa.core.model import Priced


class Turn(enum.StrEnum):
    """What there is to do, the most urgent first."""

    HEAR = "hear"  # messages came from phones
    WAKE = "wake"  # somebody is to be reminded, a conversation has lapsed, or something could not be said
    BEGIN = "begin"  # people were invited
    EXPIRE = "expire"  # … and were not asked in time


@attrs.frozen
class Done:
    """What one transaction came to."""

    count: int = 0  # of what it was about; as many as were allowed: there may be more
    stored: tuple[Priced, ...] = ()  # messages, to be named to the queue
