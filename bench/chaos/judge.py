"""What must hold after a round, and what became of everything; pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import attrs

FINAL: Final = ("delivered", "failed")  # states
EXPIRED: Final = ("expired", "expired_unsent")
MEMORY_MB: Final = 300.0  # of a node, at its peak


@attrs.frozen
class Listed:
    """A message as the REST API shows it.

    Attributes:
        message_id: as SMPP shows it.
        status, reason: where it stands, and why it failed.
        units: what it cost.
    """

    message_id: str
    status: str
    reason: str | None
    units: int


@attrs.frozen(kw_only=True)
class Found:
    """What became of the messages of a round, by their tokens.

    Attributes:
        submitted: over SMPP: all that were accepted, with their ids, refused, and without an answer.
        posted, unposted: by REST: accepted; refused for good or without an answer.
        invited: of the campaign.
        short: may have expired, for a clock was set by more than they are valid.
        listed: what the REST API shows of each.
        arrived, doubled: at the carriers: which, and how often one came again.
        most_doubled: as the faults of the round allow.
        uncertain, most_uncertain: taken for sent after two connections were lost under them, and never came to a carrier:
            which, and how many the faults of the round allow.
        receipts: ids of messages whose receipts came over SMPP.
        paid: units that left the balance.
        audit: names of the checks that do not hold.
        let_in: nodes that let a sixth session in.
        deaths: what ended though nobody ended it.
        tracebacks: in the logs of the nodes, that are not about the faults.
        memory_mb: of each node, at its peak.
        broken: what the round itself could not do.
    """

    accepted: Mapping[int, str]
    refused: frozenset[int]
    submitted: frozenset[int]
    posted: frozenset[int]
    unposted: Mapping[int, str]
    invited: frozenset[int]
    short: frozenset[int]
    listed: Mapping[int, Sequence[Listed]]
    arrived: frozenset[int]
    doubled: int
    most_doubled: int
    uncertain: frozenset[int] = frozenset()
    most_uncertain: int = 0
    receipts: frozenset[str]
    paid: int
    audit: Sequence[str] = ()
    let_in: Sequence[str] = ()
    deaths: Sequence[str] = ()
    tracebacks: Sequence[str] = ()
    memory_mb: Mapping[str, float] = attrs.field(factory=dict)
    broken: Sequence[str] = ()

    @property
    def unknown(self) -> frozenset[int]:
        """Submitted without an answer: may or may not have been accepted."""
        return self.submitted - self.refused - self.accepted.keys()

    @property
    def owed(self) -> frozenset[int]:
        """Must be there once, whatever happened."""
        return frozenset(self.accepted) | self.posted | self.invited

    def _lasting(self, tokens: frozenset[int]) -> list[tuple[int, Listed]]:
        return [(token, each) for token in tokens for each in self.listed.get(token, ())]

    @property
    def lost(self) -> frozenset[int]:
        """Accepted, or stored, and came to no carrier though they neither failed nor expired before."""
        ended = {token for token, each in self._lasting(frozenset(self.listed)) if each.status == "failed"}
        return (self.owed | self.listed.keys()) - self.arrived - ended - self.uncertain

    @property
    def unreceipted(self) -> set[str]:
        """Ids of messages that came over SMPP and have no receipt."""
        return {each.message_id for _, each in self._lasting(self.submitted - self.uncertain)} - self.receipts

    @property
    def refunded(self) -> int:
        """Units that failed messages gave back."""
        return sum(each.units for _, each in self._lasting(frozenset(self.listed)) if each.status == "failed")


def wrong(found: Found) -> list[str]:
    """Return what is not as it must be, in sentences."""
    said = [
        *_of_messages(found),
        *_of_books(found),
        *(f"{what} ended by itself" for what in found.deaths),
        *(f"a sixth session was let in at {node}" for node in found.let_in),
        *(f"the log of a node has {line}" for line in found.tracebacks),
        *(f"{node} took {mb:g} MB, at most {MEMORY_MB:g}" for node, mb in found.memory_mb.items() if mb > MEMORY_MB),
        *found.broken,
    ]
    return [each for each in said if each]


def _of_messages(found: Found) -> list[str]:
    missing = found.owed - found.listed.keys()
    several = [token for token, each in found.listed.items() if len(each) > 1]
    strange = found.listed.keys() - found.owed - found.submitted
    against = found.refused & found.listed.keys()
    certain = frozenset(found.listed) - found.uncertain
    unfinished = [each for _, each in found._lasting(certain) if each.status not in FINAL]
    failed = [
        each.reason
        for token, each in found._lasting(frozenset(found.listed))
        if each.status == "failed" and not (token in found.short and each.reason in EXPIRED)
    ]
    return [
        _told(found.lost, "came to no carrier"),
        _told(missing, "were accepted and are not there"),
        _told(several, "are there more than once"),
        _told(strange, "are there that nobody sent"),
        _told(against, "were refused and are there all the same"),
        _told(found.unposted, f"calls had no answer: {sorted(set(found.unposted.values()))}"),
        _told(unfinished, f"have no final state: {sorted({each.status for each in unfinished})}"),
        _told(failed, f"failed: {sorted(map(str, set(failed)))}"),
        _told(found.unreceipted, "have no receipt"),
        _too_many(found),
        f"{found.doubled} came twice, at most {found.most_doubled} may" if found.doubled > found.most_doubled else "",
    ]


def _too_many(found: Found) -> str:
    many, most = len(found.uncertain), found.most_uncertain
    return f"{many} were taken for sent and did not come, at most {most} may" if many > most else ""


def _of_books(found: Found) -> list[str]:
    cost = sum(each.units for _, each in found._lasting(frozenset(found.listed))) - found.refunded
    return [
        f"{found.paid} units were paid for what cost {cost}" if found.paid != cost else "",
        f"the audit finds {', '.join(found.audit)}" if found.audit else "",
    ]


def _told(several: Any, what: str) -> str:
    examples = sorted(map(str, several))[:3]
    return f"{len(several)} messages {what} ({', '.join(examples)} …)" if several else ""
