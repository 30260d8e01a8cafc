"""What an operator sets for a carrier of any kind: what is done when it is in trouble."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from typing import Final

import attrs

from mobilesasa.carriers.options import BadOptions, structure, within


class Uncertain(enum.StrEnum):
    """What becomes of a message that a carrier may have taken or not: its octets left, and no answer came."""

    RESEND = "resend"  # it is sent again: it may arrive twice
    HOLD = "hold"  # it is taken for sent: it may not arrive; a receipt says so, or the deadline ends the waiting


@attrs.frozen(kw_only=True)
class Policy:
    """Options that all kinds of carrier have."""

    failover_after_s: float = attrs.field(default=30.0, validator=within(0, 86400))  # see `dispatch.watch`; 0: never
    uncertain: Uncertain = Uncertain.RESEND


NAMES: Final = frozenset(field.name for field in attrs.fields(Policy))


def without_policy(given: Mapping[str, object]) -> dict[str, object]:
    """Return the options that are the kind's own."""
    return {name: value for name, value in given.items() if name not in NAMES}


def policy_of(given: Mapping[str, object]) -> Policy:
    """Return the policy among a carrier's options.

    Raises:
        BadOptions: it cannot be used; names all that is wrong.
    """
    return structure(Policy, {name: value for name, value in given.items() if name in NAMES})


def faults_of(given: Mapping[str, object]) -> dict[str, str]:
    """Return what is wrong with the policy among a carrier's options, by name; nothing where it can be used."""
    try:
        policy_of(given)
    except BadOptions as bad:
        return bad.faults
    return {}
