"""Which sender a message goes out from, and whether it may (decisions 33-36)."""

from __future__ import annotations

import enum

from mobilesasa.core.errors import NoDefaultSender, SenderNotApproved
from mobilesasa.core.routing import Live
from mobilesasa.core.teams import Directory, Sender, Team


class SenderStatus(enum.StrEnum):
    """Where a sender stands; only an approved one may be used."""

    PENDING = "pending"
    APPROVED = "approved"
    REJECTED = "rejected"
    SUSPENDED = "suspended"


class SenderClass(enum.StrEnum):
    """What a sender is for, as carriers and regulators tell them apart."""

    TRANSACTIONAL = "transactional"
    PROMOTIONAL = "promotional"
    OTP = "otp"  # one-time passwords


def sender_for(known: Directory, live: Live, team: Team, asked: str | None, recipient: str) -> Sender:
    """Return the sender that is asked for, if a message may go out from it to a recipient (E.164 without the plus).

    Raises:
        NoDefaultSender, SenderNotApproved: as `find_sender` and `check_network` say.
    """
    found = find_sender(known, team, asked)
    check_network(known, live, found, recipient)
    return found


def find_sender(known: Directory, team: Team, asked: str | None) -> Sender:
    """Return the approved sender that is asked for: by uuid, by exact name, or the team's default.

    Raises:
        NoDefaultSender: none was named, and the team has no default.
        SenderNotApproved: it is none of the team's, or not approved.
    """
    if not asked:
        default = known.senders.get(team.default_sender_id) if team.default_sender_id is not None else None
        if default is None:
            raise NoDefaultSender("no default sender is set for the team; name one in sender_id")
        found = default
    else:
        chosen = known.sender_meant(team.id, asked)
        if chosen is None:
            raise SenderNotApproved(_unknown(known, team, asked))
        found = chosen
    if found.status != SenderStatus.APPROVED:
        raise SenderNotApproved(f"sender {found.name!r} is {found.status}, not approved")
    return found


def check_network(known: Directory, live: Live, sender: Sender, recipient: str) -> None:
    """Make sure that a sender is approved for the network of a recipient (E.164 without the plus).

    Raises:
        SenderNotApproved: it is approved for other networks alone, or nobody knows the recipient's.
    """
    if not sender.networks:
        return
    found = known.router.networks.find(recipient, live.learned)
    allowed = ", ".join(sender.networks)
    if found is None:
        raise SenderNotApproved(
            f"sender {sender.name!r} is approved for {allowed} alone, and nobody knows the network of this number"
        )
    names = frozenset().union(*map(known.router.networks.names_of, sender.networks))
    if names.isdisjoint((found.name.casefold(), found.code)):
        raise SenderNotApproved(f"sender {sender.name!r} is not approved for {found.name}, but for {allowed} alone")


def _unknown(known: Directory, team: Team, asked: str) -> str:
    folded = asked.casefold()
    for sender in known.senders_of(team.id):
        if sender.status == SenderStatus.APPROVED and sender.name.casefold() == folded:
            return f"sender {asked!r} is not approved; did you mean {sender.name!r}? Carriers regard case"
    return f"sender {asked!r} is not approved for this team"
