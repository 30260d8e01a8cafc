"""The terms of an SMPP session: what the node grants, what was set for the team, and what for the token, in that order.

Rows keep only what was set, as a JSON object; `read_terms` checks it where an operator sets it, and `agree` lays the
three over each other when a bind is accepted.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import attrs

DEFAULT: Final = "default"  # as a value: what was set is set no more
#: What a term may be that is one of several words.
WORDS: Final[Mapping[str, tuple[str, ...]]] = {
    "inbound_long": ("udh", "payload"),
    "lane": ("transactional", "bulk"),
}


@attrs.frozen(kw_only=True)
class SmppTerms:
    """What holds for one session; the figures customers were told are the defaults (decisions 96 to 99, 106, 110, 122, 126)."""

    max_sessions: int = 5  # of the team, over all types of binds, ports and nodes; not for a token
    session_tps: int = 50  # submits a second, with a burst of one second; 0: no limit
    window: int = 100  # unanswered submits at which reading pauses
    receipt_window: int = 10  # unanswered deliver_sm on one session; 0, to `agree`: as `receipts_ahead` has it
    enquire_link_s: float = 30.0  # of silence, until we ask whether the peer is there; 0: never
    idle_timeout_s: float = 60.0  # of silence, until the session is closed; 0: never
    max_validity_h: int = 24  # a longer validity is shortened to this
    strict_validity: bool = False  # a longer validity is refused instead
    latin1: bool = False  # data_coding 0 is read as Latin-1 and not as the GSM alphabet
    receipt_offset_min: int = 0  # minutes east of UTC of the dates in receipts; 180: EAT
    inbound_long: str = (
        "udh"  # how a long message from a phone is delivered: parts with `udh`, or one `payload`; not for a token
    )
    lane: str = "transactional"  # of what has no priority_flag: `bulk` lets everything else overtake it (decision 128)


#: The smallest and the largest of each number.
BOUNDS: Final[Mapping[str, tuple[float, float]]] = {
    "max_sessions": (0, 1000),
    "session_tps": (0, 100_000),
    "window": (1, 10_000),
    "receipt_window": (0, 10_000),
    "enquire_link_s": (0, 86_400),
    "idle_timeout_s": (0, 86_400),
    "max_validity_h": (1, 24 * 7),
    "receipt_offset_min": (-720, 840),
}
_KINDS: Final[Mapping[str, type]] = {name: type(value) for name, value in attrs.asdict(SmppTerms()).items()}
LEAST_RECEIPTS: Final = 10
SUBMITS_A_RECEIPT: Final = 5
#: The names of all terms.
TERMS: Final = tuple(_KINDS)
#: What a token may have of its own; the rest is the team's.
OF_TOKEN: Final = frozenset(_KINDS) - {"max_sessions", "inbound_long"}
_YES_NO: Final = {"yes": True, "true": True, "no": False, "false": False}


class BadTerms(ValueError):
    """Terms that cannot be granted.

    Attributes:
        problems: a sentence for each wrong one, by its name.
    """

    def __init__(self, problems: Mapping[str, str]) -> None:
        """Keep them all."""
        super().__init__("; ".join(f"{name}: {why}" for name, why in problems.items()))
        self.problems = dict(problems)


def read_terms(given: Mapping[str, object], allowed: frozenset[str] | None = None) -> dict[str, Any]:
    """Return terms as rows keep them, from values as people write them (numbers and yes/no may be text).

    Args:
        given: some of the fields of `SmppTerms`.
        allowed: the names that may be set; all unless told.

    Raises:
        BadTerms: with every wrong one.
    """
    read: dict[str, Any] = {}
    problems: dict[str, str] = {}
    names = frozenset(_KINDS) if allowed is None else allowed
    for name, value in given.items():
        if name not in names:
            problems[name] = f"cannot be set here; what can be is {', '.join(sorted(names))}"
            continue
        try:
            read[name] = _read(name, value)
        except ValueError as bad:
            problems[name] = str(bad)
    if problems:
        raise BadTerms(problems)
    return read


def read_changes(given: Mapping[str, object], allowed: frozenset[str] | None = None) -> dict[str, Any]:
    """Return what is to change of terms, as `read_terms` does; None for what was set to `default`, the node's again.

    Raises:
        BadTerms: with every wrong one.
    """
    asked = {name: value for name, value in given.items() if value != DEFAULT}
    reset = [name for name, value in given.items() if value == DEFAULT]
    unknown = dict.fromkeys(set(reset) - (frozenset(_KINDS) if allowed is None else allowed), DEFAULT)
    return {**read_terms({**asked, **unknown}, allowed), **dict.fromkeys(reset)}


def agree(granted: SmppTerms, *set_: Mapping[str, Any]) -> SmppTerms:
    """Return the terms of a session: what the node grants, overlaid with what was set, the last of them first."""
    over = {name: value for terms in set_ for name, value in terms.items() if value is not None and name in _KINDS}
    agreed = attrs.evolve(granted, **over) if over else granted
    return agreed if agreed.receipt_window else attrs.evolve(agreed, receipt_window=receipts_ahead(agreed))


def receipts_ahead(terms: SmppTerms) -> int:
    """Return how many receipts a session gets without an answer to any, where nobody said (decision 115).

    Ten is the figure for a session of 50 submits a second. One that may submit more has more to hear of, so it gets one for
    each five of them, and not more than it may have submits without an answer itself; without a limit as many as those.
    """
    by_rate = terms.session_tps // SUBMITS_A_RECEIPT if terms.session_tps else terms.window
    return max(LEAST_RECEIPTS, min(by_rate, terms.window))


def _read(name: str, value: object) -> int | float | bool | str:
    kind = _KINDS[name]
    if kind is bool:
        return _read_yes_no(value)
    if kind is str:
        if value not in WORDS[name]:
            raise ValueError(f"must be {' or '.join(WORDS[name])}")
        return str(value)
    return _read_number(value, kind, *BOUNDS[name])


def _read_yes_no(value: object) -> bool:
    found = value if isinstance(value, bool) else _YES_NO.get(str(value).lower())
    if found is None:
        raise ValueError("must be yes or no")
    return found


def _read_number(value: object, kind: type, least: float, most: float) -> int | float:
    wanted = f"must be a {'whole ' if kind is int else ''}number from {least:g} to {most:g}"
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise ValueError(wanted)
    try:
        number: int | float = int(value) if kind is int else float(value)
    except (ValueError, OverflowError):
        raise ValueError(wanted) from None
    if not least <= number <= most or number != float(value):
        raise ValueError(wanted)
    return number
