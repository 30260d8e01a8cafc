"""What an operator sets for a carrier of any kind: what is done when it is in trouble, or reports a failure."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from typing import Final

import attrs

from mobilesasa.carriers.options import BadOptions, from_json, read_as, structure, within
from mobilesasa.core.model import Failure, Report, State

#: What a receipt can say that another carrier might do better.
ON_RECEIPT: Final = (Failure.UNDELIVERED, Failure.EXPIRED, Failure.REJECTED)
CODES_MOST: Final = 200


class Uncertain(enum.StrEnum):
    """What becomes of a message that a carrier may have taken or not: its octets left, and no answer came."""

    RESEND = "resend"  # it is sent again: it may arrive twice
    HOLD = "hold"  # it is taken for sent: it may not arrive; a receipt says so, or the deadline ends the waiting


def _read_failures(value: object) -> tuple[Failure, ...]:
    """Read a yes, a no, or words; on a command line with commas between them."""
    if value in (True, "true"):
        return ON_RECEIPT
    if value in (False, "false", ""):
        return ()
    words = value.split(",") if isinstance(value, str) and not value.startswith("[") else from_json(value)
    known = {failure.value: failure for failure in ON_RECEIPT}
    if not isinstance(words, list | tuple) or any(str(word) not in known for word in words):
        raise ValueError(f"must be true, false or some of {', '.join(known)}")
    return tuple(dict.fromkeys(known[str(word)] for word in words))


def _read_codes(value: object) -> tuple[str, ...]:
    codes = value.split(",") if isinstance(value, str) and not value.startswith("[") else from_json(value)
    if not isinstance(codes, list | tuple) or not all(isinstance(code, str | int) for code in codes):
        raise ValueError("must be a list of codes")
    if len(codes) > CODES_MOST:
        raise ValueError(f"must have at most {CODES_MOST} codes")
    return tuple(dict.fromkeys(filter(None, (_code(str(code)) for code in codes))))


def _code(code: str) -> str:
    """Return a carrier's code without what it is written with in one place and not in another."""
    return code.strip().lower().lstrip("0")


@attrs.frozen(kw_only=True)
class Policy:
    """Options that all kinds of carrier have."""

    failover_after_s: float = attrs.field(default=30.0, validator=within(0, 86400))  # see `dispatch.watch`; 0: never
    failover_on_receipt: tuple[Failure, ...] = attrs.field(  # what receipts must say for a message to go on
        default=(), metadata=read_as(_read_failures, list)
    )
    failover_on_receipt_s: float = attrs.field(default=300.0, validator=within(1, 86400))  # since the carrier took it
    recipient_errors: tuple[str, ...] = attrs.field(  # codes in receipts that no other carrier would do better with
        default=(), metadata=read_as(_read_codes, list)
    )
    blacklist_errors: tuple[str, ...] = attrs.field(  # codes in receipts that say: no more of this sender
        default=(), metadata=read_as(_read_codes, list)
    )
    receipt_alarm_s: float = attrs.field(default=0.0, validator=within(0, 86400))  # see `core.circuit`; 0: never
    uncertain: Uncertain = Uncertain.RESEND

    @property
    def second_way_s(self) -> float:
        """For how long after the carrier took it a message may go on to another; 0: never."""
        return self.failover_on_receipt_s if self.failover_on_receipt else 0.0

    def lets_go_on(self, heard: Report) -> bool:
        """Say whether a receipt lets its message go on: it failed, and not for what lies with the recipient."""
        return (
            heard.failure in self.failover_on_receipt
            and not heard.blacklisted
            and _code(heard.error) not in self.recipient_errors
        )

    def is_opt_out(self, heard: Report) -> bool:
        """Say whether a receipt says, in words or by its code, that the recipient wants no more of the sender."""
        return heard.blacklisted or (heard.state is State.FAILED and _code(heard.error) in self.blacklist_errors)


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
