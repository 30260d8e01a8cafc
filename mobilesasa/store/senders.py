"""Sender names of the teams, from the request to the decision whether they may be used (decision 36).

A team asks for a name; the operator approves it, for all networks or some, or rejects it, and may suspend it later. Only an
approved one is sent from, which the gateway looks at in the directory.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import attrs
import orjson
from psycopg2 import errors

from mobilesasa.core.actors import Actor
from mobilesasa.core.attributes import read_tlvs
from mobilesasa.core.errors import AlreadyExists, BadValue, InUse, NotFound, SenderDecided, SenderNotApproved
from mobilesasa.core.ids import canonical
from mobilesasa.core.sender_names import NewSender, checked, checked_networks, checked_words
from mobilesasa.core.senders import SenderClass, SenderStatus
from mobilesasa.store import files, paging, trail
from mobilesasa.store.database import Txn, one_row, row_of_uuid

WAITING_MAX: Final = 50  # requests of one team that nobody has decided

INSERT = """
INSERT INTO sender (uuid, team_id, name, status, class, countries, asked_networks, networks, note, document_uuid, decided_at)
VALUES (coalesce(%(uuid)s::uuid, gen_random_uuid()), %(team_id)s, %(name)s, %(status)s, %(sender_class)s, %(countries)s::text[],
        %(networks)s::text[], CASE %(status)s WHEN 'approved' THEN %(networks)s::text[] ELSE '{}' END, %(note)s,
        %(document_uuid)s::uuid, CASE %(status)s WHEN 'pending' THEN NULL ELSE now() END)
ON CONFLICT (team_id, name) DO NOTHING RETURNING uuid
"""

_SELECT = """
SELECT sender.id, sender.uuid, sender.team_id, team.code, sender.name, status, class, sender.tlvs, countries, asked_networks,
       networks, note, document_uuid, reason, team.default_sender_id IS NOT DISTINCT FROM sender.id,
       (extract(epoch FROM sender.created_at) * 1000)::bigint, (extract(epoch FROM decided_at) * 1000)::bigint
FROM sender JOIN team ON team.id = sender.team_id
"""

FIND = _SELECT + "WHERE sender.team_id = %(team_id)s AND sender.name = %(name)s"

FIND_BY_UUID = (
    _SELECT + "WHERE sender.uuid = %(uuid)s AND (%(team_id)s::integer IS NULL OR sender.team_id = %(team_id)s)"
)

LIST = _SELECT + "WHERE sender.team_id = %(team_id)s ORDER BY sender.name"

_WANTED = """
WHERE (%(team_id)s::integer IS NULL OR sender.team_id = %(team_id)s) AND (%(status)s::text IS NULL OR status = %(status)s)
"""

PAGE = f"{_SELECT} {_WANTED} ORDER BY sender.id DESC LIMIT %(limit)s OFFSET %(offset)s"

COUNT = f"SELECT count(*), count(*) FROM (SELECT FROM sender {_WANTED} LIMIT %(limit)s) AS newest"

ESTIMATE = f"EXPLAIN (FORMAT JSON) SELECT FROM sender {_WANTED}"

# The team's row is not locked, which every message does: two requests at once may make one too many.
WAITING = "SELECT count(*) FROM sender WHERE team_id = %(team_id)s AND status = 'pending'"

LOCK = """
SELECT uuid FROM sender WHERE uuid = %(uuid)s AND (%(team_id)s::integer IS NULL OR team_id = %(team_id)s) FOR UPDATE
"""

SET_TLVS = "UPDATE sender SET tlvs = jsonb_strip_nulls(tlvs || %(tlvs)s::jsonb) WHERE id = %(id)s"

# Approved without naming networks, it is for those that were asked for.
DECIDE = """
UPDATE sender SET status = %(status)s, reason = %(reason)s, decided_at = now(),
    class = coalesce(%(sender_class)s, class),
    networks = CASE WHEN %(status)s = 'approved' THEN coalesce(%(networks)s::text[], asked_networks) ELSE networks END
WHERE id = %(id)s
"""

UNSET_DEFAULT = "UPDATE team SET default_sender_id = NULL WHERE id = %(team_id)s AND default_sender_id = %(id)s"

SET_DEFAULT = "UPDATE team SET default_sender_id = %(id)s WHERE id = %(team_id)s"

DELETE = "DELETE FROM sender WHERE id = %(id)s"


@attrs.frozen
class SenderRecord:
    """A sender name of a team, and what was said about it."""

    id: int
    uuid: str
    team_id: int
    team_code: str
    name: str
    status: SenderStatus = attrs.field(converter=SenderStatus)
    sender_class: SenderClass = attrs.field(converter=SenderClass)
    tlvs: Mapping[str, str]  # vendor TLVs for carriers that want them: values by tag
    countries: Sequence[str]
    asked_networks: Sequence[str]
    networks: Sequence[str]  # that it is approved for; none: all
    note: str  # the team's
    document_uuid: str | None
    reason: str  # the operator's, of a rejection or suspension
    is_default: bool
    created_at_ms: int
    decided_at_ms: int | None


def add(txn: Txn, by: Actor, team_id: int, name: str, status: SenderStatus = SenderStatus.PENDING) -> SenderRecord:
    """Give a team a sender name.

    Raises:
        AlreadyExists: the team has it.
        BadValue: no phone would show it.
        AccessEnded: whoever gives it no longer may.
    """
    return _insert(txn, by, team_id, NewSender(name=name), status, None, "sender.create")


def request(txn: Txn, by: Actor, team_id: int, new: NewSender, uuid: str) -> None:
    """Keep the request of a team for a sender name, under a uuid that was just made.

    Raises:
        AlreadyExists: the team has it, or has asked for it.
        BadValue: the name or what is said of it, or too many requests wait already.
        AccessEnded: whoever asks no longer may.
    """
    txn.execute(WAITING, {"team_id": team_id})
    if one_row(txn)[0] >= WAITING_MAX:
        raise BadValue(f"{WAITING_MAX} requests wait for a decision already; take one back, or wait")
    _insert(txn, by, team_id, new, SenderStatus.PENDING, uuid, "sender.request")


def find(txn: Txn, team_id: int, name: str) -> SenderRecord:
    """Return the team's sender of exactly this name.

    Raises:
        NotFound: the team has none of that name.
    """
    txn.execute(FIND, {"team_id": team_id, "name": name})
    row = txn.fetchone()
    if row is None:
        raise NotFound(f"the team has no sender {name!r}; capitals and small letters differ")
    return SenderRecord(*row)


def find_by_uuid(txn: Txn, uuid: str, team_id: int | None = None) -> SenderRecord:
    """Return the sender of a uuid, of the team if one is named.

    Raises:
        NotFound: there is none.
    """
    return SenderRecord(*row_of_uuid(txn, FIND_BY_UUID, uuid, f"there is no sender {uuid!r}", team_id=team_id))


def list_senders(txn: Txn, team_id: int) -> list[SenderRecord]:
    """Return the senders of a team by name."""
    txn.execute(LIST, {"team_id": team_id})
    return [SenderRecord(*row) for row in txn.fetchall()]


def page(txn: Txn, team_id: int | None, status: SenderStatus | None, limit: int, offset: int) -> list[SenderRecord]:
    """Return senders of a team, or of all, newest first."""
    txn.execute(PAGE, {"team_id": team_id, "status": status, "limit": limit, "offset": offset})
    return [SenderRecord(*row) for row in txn.fetchall()]


def count(txn: Txn, team_id: int | None, status: SenderStatus | None) -> tuple[int, bool]:
    """Return how many senders there are, and whether that is an estimate."""
    return paging.count(txn, COUNT, ESTIMATE, {"team_id": team_id, "status": status})


def decide(
    txn: Txn,
    by: Actor,
    uuid: str,
    status: SenderStatus,
    reason: str = "",
    networks: Sequence[str] | None = None,
    sender_class: SenderClass | None = None,
) -> SenderRecord:
    """Approve, reject or suspend a sender, whatever it was before, and return it.

    Args:
        txn: the transaction.
        by: who decides.
        uuid: of the sender.
        status: what it is from now on.
        reason: why, which the team is shown; a rejection needs one.
        networks: for which it is approved, none: all; None: those that were asked for.
        sender_class: what it is for; None: what was asked for.

    Raises:
        NotFound: there is none.
        BadValue: a rejection without a reason, or a network that cannot be one.
        AccessEnded: whoever decides no longer may.
    """
    said = checked_words(reason, "a reason")
    if status is SenderStatus.REJECTED and not said:
        raise BadValue("a rejection needs a reason, which the team is shown")
    chosen = None if networks is None else checked_networks(networks)
    before = _locked(txn, uuid)
    values = {"id": before.id, "status": status, "reason": said, "networks": chosen, "sender_class": sender_class}
    txn.execute(DECIDE, values)
    after = find_by_uuid(txn, before.uuid)
    was, now = trail.differences(_told(before), _told(after))
    trail.note(
        txn, by, _VERBS[status], after.uuid, team_id=after.team_id, before=was, after={**now, "name": after.name}
    )
    return after


def set_default(txn: Txn, by: Actor, team_id: int, asked: str | None) -> SenderRecord | None:
    """Make a sender, by name or uuid, what messages go out from that name none; None: there is no default.

    Raises:
        SenderNotApproved: it is none of the team's, or not approved.
        AccessEnded: whoever changes it no longer may.
    """
    found = None if asked is None else _named(txn, team_id, asked)
    txn.execute(SET_DEFAULT, {"team_id": team_id, "id": None if found is None else found.id})
    after = {"name": None if found is None else found.name}
    trail.note(txn, by, "sender.default", "" if found is None else found.uuid, team_id=team_id, after=after)
    return None if found is None else find_by_uuid(txn, found.uuid)


def withdraw(txn: Txn, by: Actor, team_id: int, uuid: str) -> SenderRecord:
    """Take back the request of a team for a sender, or forget one that was rejected; return what it was.

    Raises:
        NotFound: the team has none of that uuid.
        SenderDecided: it is approved or suspended.
        InUse: a campaign is from it.
        AccessEnded: whoever takes it back no longer may.
    """
    found = _locked(txn, uuid, team_id)
    if found.status not in (SenderStatus.PENDING, SenderStatus.REJECTED):
        raise SenderDecided(f"sender {found.name!r} is {found.status}; only a request can be taken back")
    trail.note(txn, by, "sender.withdraw", found.uuid, team_id=team_id, before=_told(found))
    txn.execute(UNSET_DEFAULT, {"team_id": team_id, "id": found.id})
    try:
        txn.execute(DELETE, {"id": found.id})
    except errors.ForeignKeyViolation:
        raise InUse(f"a campaign is from the sender {found.name!r}; delete it, or give it another sender") from None
    return found


def set_tlvs(txn: Txn, by: Actor, team_id: int, name: str, given: Mapping[str, str]) -> SenderRecord:
    """Set vendor TLVs of a sender by their tags; an empty value takes one away. Returns the sender.

    Raises:
        NotFound: the team has none of that name.
        BadValue: tags or values that cannot be, every wrong one of them.
        AccessEnded: whoever changes it no longer may.
    """
    tlvs = read_tlvs(given)
    before = find(txn, team_id, name)
    txn.execute(SET_TLVS, {"id": before.id, "tlvs": orjson.dumps(tlvs).decode()})
    after = find(txn, team_id, name)
    was, now = trail.differences({"tlvs": before.tlvs}, {"tlvs": after.tlvs})
    trail.note(txn, by, "sender.change", after.uuid, team_id=team_id, before=was, after=now)
    return after


_VERBS: Final = {
    SenderStatus.PENDING: "sender.reopen",
    SenderStatus.APPROVED: "sender.approve",
    SenderStatus.REJECTED: "sender.reject",
    SenderStatus.SUSPENDED: "sender.suspend",
}


def _insert(
    txn: Txn, by: Actor, team_id: int, new: NewSender, status: SenderStatus, uuid: str | None, action: str
) -> SenderRecord:
    asked = checked(new)
    if asked.document_uuid is not None and files.find(txn, team_id, asked.document_uuid) is None:
        raise BadValue(f"the team has no file {asked.document_uuid!r}")
    values = {**attrs.asdict(asked), "uuid": uuid, "team_id": team_id, "status": status}
    txn.execute(INSERT, values)
    row = txn.fetchone()
    if row is None:
        raise AlreadyExists(f"the team has a sender {new.name!r} already")
    made = find_by_uuid(txn, row[0])
    trail.note(txn, by, action, made.uuid, team_id=team_id, after=_told(made))
    return made


def _named(txn: Txn, team_id: int, asked: str) -> SenderRecord:
    """Return the team's approved sender of a name or uuid; what is another's is as unknown as what is nobody's."""
    try:
        found = find(txn, team_id, asked) if canonical(asked) is None else find_by_uuid(txn, asked, team_id)
    except NotFound:
        raise SenderNotApproved(f"sender {asked!r} is not approved for this team") from None
    if found.status is not SenderStatus.APPROVED:
        raise SenderNotApproved(f"sender {found.name!r} is {found.status}, not approved")
    return found


def _locked(txn: Txn, uuid: str, team_id: int | None = None) -> SenderRecord:
    """Return a sender that nobody else changes until this transaction ends."""
    row_of_uuid(txn, LOCK, uuid, f"there is no sender {uuid!r}", team_id=team_id)
    return find_by_uuid(txn, uuid, team_id)


def _told(sender: SenderRecord) -> dict[str, Any]:
    """Return of a sender what the trail tells."""
    names = (
        "name",
        "status",
        "sender_class",
        "countries",
        "asked_networks",
        "networks",
        "note",
        "document_uuid",
        "reason",
    )
    return {name: getattr(sender, name) for name in names}
