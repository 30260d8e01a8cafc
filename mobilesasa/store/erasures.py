"""Forgetting a person: what a team has of somebody is removed for good, and what must stay no longer says of whom it is.

How to think about it: the contact and its places in groups go at once. Then messages to and from the number are gone
through, oldest first, by one look after another until none has the number any more:

    text, octets, options    as soon as no carrier needs them: not while it waits for one, or may go on to the next one
    the number               72 hours after its end (more where receipts are kept for longer), or that of its validity
                             where nobody knows its end: until then receipts, also late ones, go to the team by it

In place of the number there is a pseudonym, random and the same in all of them, from which nothing leads back. So a
message, its price and its fate stay, and the units of the ledger stay what they were. Then the number goes from here, too.
What the team has of the person since the request is not touched. A suppression stays with its number: it is what keeps the
person from being written to again. What else names a person (kept replies, files, bad rows, what webhooks were told) is
looked through at the end of each look (`store.remnants`). An import that waits, or is under way, takes nobody whom its team
has had forgotten meanwhile: the number stays here until it has ended, and the locks of their jobs put one before the other.
The same holds for the file of an audience; from audiences that are there the person goes at once. So do those who are a
recipient of a campaign: in its snapshot stands the pseudonym, and of whom there is no message yet none is made. What they answered
to surveys stays as what many answered, without their words; who is being asked is asked no more. Of a USSD session stays that it
was, and how far it came.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import attrs

from mobilesasa.contacts.audiences import READ
from mobilesasa.contacts.model import Erasure
from mobilesasa.contacts.uploads import IMPORT
from mobilesasa.core.actors import Actor
from mobilesasa.core.errors import BadValue, NotFound
from mobilesasa.core.idempotency import Kept
from mobilesasa.core.ids import canonical, first_id_at
from mobilesasa.core.optouts import ALL_SENDERS
from mobilesasa.store import campaign_people, remnants, suppressions, survey_people, ussd_keeping
from mobilesasa.store.database import Database, Txn, one_row, row_of_uuid
from mobilesasa.store.idempotency import run_once
from mobilesasa.store.trail import note

_COLUMNS: Final = """uuid, (extract(epoch FROM requested_at) * 1000)::bigint, (extract(epoch FROM finished_at) * 1000)::bigint,
    messages, inbound"""

#: How long a failed part waits for a receipt that says it arrived after all (`reports`).
LATE_H: Final = 72

# So that no file is within a chunk: it sees this erasure from its next one on.
HOLD_IMPORTS = """
SELECT FROM job WHERE team_id = %(team_id)s AND kind = ANY(%(kinds)s) AND state IN ('pending', 'running') ORDER BY id FOR UPDATE
"""

# Also one that was deleted, for what became of it is still of the person.
PHONE = "SELECT phone FROM contact WHERE uuid = %(uuid)s AND team_id = %(team_id)s FOR NO KEY UPDATE"

IDS = "SELECT id FROM contact WHERE team_id = %(team_id)s AND phone = %(phone)s ORDER BY id FOR UPDATE"

REMOVE_MEMBER = "DELETE FROM group_member WHERE contact_id = ANY(%(ids)s)"

# How it was before imports changed it.
REMOVE_BEFORE = """
DELETE FROM upload_change
WHERE upload_id IN (SELECT id FROM upload WHERE team_id = %(team_id)s) AND contact_id = ANY(%(ids)s)
"""

REMOVE_FROM_AUDIENCES = """
WITH gone AS (
    DELETE FROM audience_row WHERE audience_id IN (SELECT id FROM audience WHERE team_id = %(team_id)s) AND phone = %(phone)s
    RETURNING audience_id
)
UPDATE audience SET people = people - 1 FROM gone WHERE id = audience_id
"""

REMOVE = "DELETE FROM contact WHERE id = ANY(%(ids)s) AND team_id = %(team_id)s"

BEGIN = """
INSERT INTO erasure (uuid, team_id, phone, pseudonym, upto, requested_at)
VALUES (%(uuid)s, %(team_id)s, %(phone)s, %(pseudonym)s, %(upto)s, to_timestamp(%(at_ms)s / 1000.0))
"""

FORGOTTEN = """
SELECT phone FROM erasure WHERE team_id = %(team_id)s AND phone = ANY(%(phones)s)
  AND requested_at >= to_timestamp(%(since_ms)s / 1000.0)
"""

SINCE = """
SELECT phone, pseudonym FROM erasure
WHERE team_id = %(team_id)s AND phone IS NOT NULL AND requested_at >= to_timestamp(%(since_ms)s / 1000.0)
"""

FIND = f"SELECT {_COLUMNS} FROM erasure WHERE uuid = %(uuid)s AND team_id = %(team_id)s"

DUE = """
SELECT id, team_id, phone, pseudonym, requested_at, upto, seen FROM erasure WHERE next_at <= now()
ORDER BY next_at LIMIT 1 FOR UPDATE SKIP LOCKED
"""

CHUNK = """
SELECT id FROM message WHERE team_id = %(team_id)s AND recipient = %(phone)s AND id > %(seen)s::uuid AND id < %(upto)s::uuid
ORDER BY id LIMIT %(limit)s
"""

# The ids written out name their partitions. What is being sent meanwhile is left to the next look.
FORGET = """
UPDATE message SET text = NULL, body = NULL, udh = NULL, client_reference = NULL,
    options = CASE WHEN coalesce(done_at, expires_at) <= now() - make_interval(hours => %(hours)s) THEN NULL
                   ELSE options - '{tlvs,written_tlvs}'::text[] END,
    recipient = CASE WHEN coalesce(done_at, expires_at) <= now() - make_interval(hours => %(hours)s) THEN %(pseudonym)s
                     ELSE recipient END
WHERE id = ANY(%(ids)s::uuid[]) AND team_id = %(team_id)s AND state <> 10
  AND NOT EXISTS (SELECT FROM pending WHERE message_id = message.id)
  AND NOT EXISTS (SELECT FROM second_way WHERE message_id = message.id AND until > now())
RETURNING recipient = %(pseudonym)s
"""

# One that the team has yet to be told of keeps what it is to be told.
FORGET_INBOUND = """
UPDATE inbound SET text = NULL, body = NULL, udh = NULL,
    source = CASE WHEN received_at <= now() - make_interval(hours => %(hours)s) THEN %(pseudonym)s ELSE source END
WHERE id IN (
    SELECT id FROM inbound WHERE team_id = %(team_id)s AND source = %(phone)s AND id < %(upto)s::uuid
      AND (text IS NOT NULL OR body IS NOT NULL OR received_at <= now() - make_interval(hours => %(hours)s))
      AND NOT EXISTS (SELECT FROM spool WHERE message_id = inbound.id AND state = 50)
    LIMIT %(limit)s)
RETURNING source = %(pseudonym)s
"""

GO_ON = """
UPDATE erasure SET seen = %(seen)s, messages = messages + %(messages)s, inbound = inbound + %(inbound)s WHERE id = %(id)s
"""

LEFT = """
SELECT EXISTS (SELECT FROM message WHERE team_id = %(team_id)s AND recipient = %(phone)s AND id < %(upto)s::uuid)
    OR EXISTS (SELECT FROM inbound WHERE team_id = %(team_id)s AND source = %(phone)s AND id < %(upto)s::uuid)
"""

LOOK_AGAIN = """
UPDATE erasure SET seen = '00000000-0000-0000-0000-000000000000', next_at = now() + interval '1 hour' WHERE id = %(id)s
"""

FINISH = "UPDATE erasure SET phone = NULL, next_at = NULL, finished_at = now() WHERE id = %(id)s"


@attrs.frozen
class Request:
    """What a team asks for: to forget whom one of its contacts is."""

    contact_uuid: str
    phone: str = attrs.field(repr=False)  # E.164 without the plus: must be the contact's
    suppress: bool  # also sends nothing to the number from now on
    uuid: str  # of the erasure
    pseudonym: str
    at_ms: int


def begin(txn: Txn, by: Actor, team_id: int, asked: Request) -> None:
    """Remove a contact, deleted ones of the same phone as well, and have all else of the person forgotten.

    Raises:
        NotFound: the team has no such contact, and had none.
        BadValue: the contact has another phone.
        AccessEnded: the caller's token was revoked meanwhile.
    """
    contact = canonical(asked.contact_uuid)
    txn.execute(HOLD_IMPORTS, {"team_id": team_id, "kinds": [IMPORT, READ]})
    txn.execute(PHONE, {"uuid": contact, "team_id": team_id})
    row = txn.fetchone()
    if row is None:
        raise NotFound("there is no such contact")
    if row != (asked.phone,):
        raise BadValue("phone is not that of this contact, so nothing was erased")
    note(txn, by, "contact.erase", str(contact), team_id=team_id, after={"erasure": asked.uuid})
    of_phone = {"team_id": team_id, "phone": asked.phone}
    txn.execute(IDS, of_phone)
    ids = [contact_id for (contact_id,) in txn.fetchall()]
    txn.execute(REMOVE_MEMBER, {"ids": ids})
    txn.execute(REMOVE_BEFORE, {"ids": ids, "team_id": team_id})
    txn.execute(REMOVE_FROM_AUDIENCES, of_phone)
    txn.execute(REMOVE, {"ids": ids, "team_id": team_id})
    begun = {"uuid": asked.uuid, "pseudonym": asked.pseudonym, "at_ms": asked.at_ms, "upto": first_id_at(asked.at_ms)}
    txn.execute(BEGIN, of_phone | begun)
    campaign_people.forget(txn, team_id, asked.phone, asked.pseudonym, asked.at_ms)
    survey_people.forget(txn, team_id, asked.phone, asked.pseudonym, asked.at_ms)
    ussd_keeping.forget_person(txn, team_id, asked.phone, asked.pseudonym, asked.at_ms)
    if asked.suppress:
        suppressions.add(txn, by, team_id, asked.phone, ALL_SENDERS, "api")


def forgotten(txn: Txn, team_id: int, phones: Sequence[str], since_ms: int) -> set[str]:
    """Return those phones whose people were forgotten since a moment: a file that came then does not bring them back.

    An erasure locks the jobs of files (`begin`), so it comes before a chunk or after it, and keeps its number until these
    files have been read.
    """
    txn.execute(FORGOTTEN, {"team_id": team_id, "phones": list(phones), "since_ms": since_ms})
    return {phone for (phone,) in txn.fetchall()}


def since(txn: Txn, team_id: int, since_ms: int) -> list[tuple[str, str]]:
    """Return phone and pseudonym of those whom the team has had forgotten since a moment, milliseconds since the epoch.

    Who reads contacts for long, as `/send` does, may have seen people who were forgotten meanwhile.
    """
    txn.execute(SINCE, {"team_id": team_id, "since_ms": since_ms})
    return txn.fetchall()


def find(txn: Txn, team_id: int, uuid: str) -> Erasure:
    """Return how far an erasure has come.

    Raises:
        NotFound: the team has none of that uuid.
    """
    return Erasure(*row_of_uuid(txn, FIND, uuid, "there is no such erasure", team_id=team_id))


def go_on(txn: Txn, receipt_h: int, limit: int) -> bool:
    """Forget at most `limit` messages to and from one person; returns whether there may be more to do now.

    Args:
        txn: the transaction; it may run twice.
        receipt_h: how long receipts are waited for, and kept for their teams.
        limit: bounds what one transaction changes.
    """
    txn.execute(DUE)
    row = txn.fetchone()
    if row is None:
        return False
    erasure_id, team_id, phone, pseudonym, requested_at, upto, seen = row
    person = {"team_id": team_id, "phone": phone, "pseudonym": pseudonym, "requested_at": requested_at}
    of_person = {**person, "upto": upto, "limit": limit, "hours": max(receipt_h, LATE_H)}
    txn.execute(CHUNK, of_person | {"seen": seen})
    ids = [message_id for (message_id,) in txn.fetchall()]
    txn.execute(FORGET, of_person | {"ids": ids})
    messages = sum(anonymous for (anonymous,) in txn.fetchall())
    txn.execute(FORGET_INBOUND, of_person)
    heard = txn.fetchall()
    come = {"seen": ids[-1] if ids else seen, "messages": messages, "inbound": sum(anonymous for (anonymous,) in heard)}
    txn.execute(GO_ON, come | {"id": erasure_id})
    if len(ids) == limit or len(heard) == limit:
        return True
    left = remnants.forget(txn, person)
    txn.execute(LEFT, of_person)
    txn.execute(LOOK_AGAIN if left or one_row(txn)[0] else FINISH, {"id": erasure_id})
    return True


@attrs.frozen
class Erasures:
    """Forgetting people, for the API; each call is one transaction of the pool.

    Args:
        database: the pool.
        new_uuid: makes the uuids of erasures.
        random_hex: returns so many random hexadecimal digits, for pseudonyms.
        now_ms: milliseconds since the epoch.
    """

    _database: Database
    _new_uuid: Callable[[], str]
    _random_hex: Callable[[int], str]
    _now_ms: Callable[[], int]

    async def begin(
        self,
        by: Actor,
        team_id: int,
        contact_uuid: str,
        phone: str,
        *,
        suppress: bool,
        kept: Callable[[Erasure], Kept | None],
    ) -> None:
        """Remove a contact and have all else of the person forgotten."""
        made = Erasure(self._new_uuid(), self._now_ms(), None, 0, 0)
        pseudonym = f"erased-{self._random_hex(12)}"
        asked = Request(contact_uuid, phone, suppress, made.uuid, pseudonym, made.requested_at_ms)
        await run_once(self._database, kept(made), "erasures.begin", begin, by, team_id, asked)

    async def find(self, team_id: int, uuid: str) -> Erasure:
        """Return how far an erasure has come."""
        return await self._database.run("erasures.find", find, team_id, uuid)
