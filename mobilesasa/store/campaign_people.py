"""Who gets a campaign: the people of its groups, each once, or those of a file; and what a text may say of them.

They are read by a cursor, so what this takes of memory does not depend on how many they are, and all as they were at one
moment. Who wants nothing of the sender is there as well, marked, so that it can be said who is left out and why.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, Final

import attrs

from mobilesasa.campaigns.model import Campaign, Person, Phase, Scalar, Skip
from mobilesasa.campaigns.texts import CONTACT_FIELDS
from mobilesasa.campaigns.views import Reach
from mobilesasa.core.errors import NotFound
from mobilesasa.core.ids import canonical
from mobilesasa.store import audiences, campaigns
from mobilesasa.store.database import Txn, one_row

AT_ONCE: Final = 1000  # people in a list; other threads work between two

# Else the plan would be one that is good for the first tenth.
ALL_OF_THEM = "SET LOCAL cursor_tuple_fraction = 1"

_SUPPRESSED: Final = """
LEFT JOIN suppression AS from_all ON from_all.team_id = %(team_id)s AND from_all.recipient = phone AND from_all.sender = ''
LEFT JOIN suppression AS from_it ON from_it.team_id = %(team_id)s AND from_it.recipient = phone AND from_it.sender = %(sender)s
"""

_EXCLUDED: Final = """
WITH excluded AS (
    SELECT contact_id FROM group_member JOIN contact_group ON contact_group.id = group_id
    WHERE contact_group.team_id = %(team_id)s AND contact_group.uuid = ANY(%(exclude_group_uuids)s::uuid[]))
"""

# Of a series, who got a campaign of it already does not get another one.
OF_GROUPS = f"""
{_EXCLUDED}
SELECT phone, CASE WHEN %(personal)s THEN first_name END, CASE WHEN %(personal)s THEN last_name END,
       CASE WHEN %(personal)s THEN email END, CASE WHEN %(personal)s THEN attributes END,
       from_all.uuid IS NOT NULL OR from_it.uuid IS NOT NULL
FROM contact {_SUPPRESSED}
WHERE contact.team_id = %(team_id)s AND deleted_at IS NULL AND contact.id IN (
    SELECT contact_id FROM group_member JOIN contact_group ON contact_group.id = group_id
    WHERE contact_group.team_id = %(team_id)s AND contact_group.uuid = ANY(%(group_uuids)s::uuid[])
      AND (%(joined_from_ms)s IS NULL OR added_at >= to_timestamp(%(joined_from_ms)s / 1000.0))
      AND (%(joined_to_ms)s IS NULL OR added_at < to_timestamp(%(joined_to_ms)s / 1000.0)))
  AND NOT EXISTS (SELECT FROM excluded WHERE contact_id = contact.id)
  AND (%(series_id)s IS NULL OR NOT EXISTS (
    SELECT FROM campaign_recipient JOIN campaign ON campaign.id = campaign_id
    WHERE campaign.series_id = %(series_id)s AND campaign_recipient.phone = contact.phone AND campaign_recipient.skipped IS NULL))
ORDER BY contact.id
"""

#: Whose message of a campaign failed, and who has not got it otherwise since: sent again by itself, or by another campaign for those
#: whom the first one did not reach. A carrier may still say that it arrived after all.
NOT_REACHED: Final = """EXISTS (
    SELECT FROM campaign_recipient AS first JOIN message ON message.id = first.message_id
    WHERE first.campaign_id = %(retry_of)s AND first.phone = {phone} AND message.state = 40
      AND NOT EXISTS (SELECT FROM message AS resent WHERE resent.resent_from = message.id AND resent.state <> 40))
  AND NOT EXISTS (
    SELECT FROM campaign AS again JOIN campaign_recipient AS got ON got.campaign_id = again.id
    LEFT JOIN message ON message.id = got.message_id
    WHERE again.retry_of = %(retry_of)s AND got.phone = {phone} AND got.skipped IS NULL
      AND CASE WHEN got.message_id IS NULL THEN again.phase IN ('scheduled', 'sending', 'paused')
          ELSE coalesce(message.state, got.ended_state, 30) <> 40 END)"""

_NOT_REACHED: Final = NOT_REACHED.format(phone="audience_row.phone")

OF_AUDIENCE = f"""
{_EXCLUDED}
SELECT phone, CASE WHEN %(personal)s THEN audience_row.fields END, from_all.uuid IS NOT NULL OR from_it.uuid IS NOT NULL
FROM audience JOIN audience_row ON audience_id = audience.id {_SUPPRESSED}
WHERE audience.id = %(audience_id)s AND audience.team_id = %(team_id)s AND NOT EXISTS (
    SELECT FROM excluded JOIN contact ON contact.id = contact_id
    WHERE contact.team_id = %(team_id)s AND contact.phone = audience_row.phone)
  AND (%(retry_of)s IS NULL OR ({_NOT_REACHED}))
ORDER BY n
"""

ATTRIBUTES = "SELECT name FROM contact_attribute WHERE team_id = %(team_id)s"

FIELDS_OF_AUDIENCE = "SELECT fields FROM audience WHERE id = %(audience_id)s AND team_id = %(team_id)s"

GROUPS = "SELECT uuid FROM contact_group WHERE team_id = %(team_id)s AND uuid = ANY(%(uuids)s::uuid[])"

# About how many people there are, for who plans with it; who is in several groups counts in each.
SIZE_OF_GROUPS = """
SELECT coalesce(sum(members), 0) FROM contact_group
WHERE team_id = %(team_id)s AND uuid = ANY(%(group_uuids)s::uuid[])
"""

SIZE_OF_JOINED = """
SELECT count(*) FROM (
    SELECT FROM contact_group JOIN group_member ON group_id = contact_group.id
    WHERE contact_group.team_id = %(team_id)s AND uuid = ANY(%(group_uuids)s::uuid[])
      AND added_at >= to_timestamp(%(joined_from_ms)s / 1000.0) AND added_at < to_timestamp(%(joined_to_ms)s / 1000.0)
    LIMIT 100000) AS joined
"""

SIZE_OF_AUDIENCE = "SELECT coalesce(sum(people), 0) FROM audience WHERE id = %(audience_id)s AND team_id = %(team_id)s"

CONTACT = """
SELECT first_name, last_name, email, attributes FROM contact
WHERE team_id = %(team_id)s AND phone = %(phone)s AND deleted_at IS NULL
"""

ROW = """
SELECT audience_row.fields FROM audience JOIN audience_row ON audience_id = audience.id
WHERE audience.id = %(audience_id)s AND audience.team_id = %(team_id)s AND phone = %(phone)s
"""

# Their rows are locked before those of recipients, as whoever makes messages of these does.
NAMING = """
SELECT id FROM campaign WHERE team_id = %(team_id)s AND armed_at <= to_timestamp(%(until_ms)s / 1000.0) AND EXISTS (
    SELECT FROM campaign_recipient WHERE campaign_id = campaign.id AND phone = %(phone)s)
ORDER BY id FOR NO KEY UPDATE
"""

# Who has no message yet is counted as left out when the campaign comes to them (`store.campaign_queueing`).
FORGET = """
UPDATE campaign_recipient SET phone = %(pseudonym)s, text = NULL,
    skipped = CASE WHEN message_id IS NULL THEN coalesce(skipped, %(erased)s) ELSE skipped END
WHERE campaign_id = ANY(%(ids)s) AND phone = %(phone)s
"""


@attrs.frozen(kw_only=True)
class Aim:
    """Whom a campaign is for."""

    team_id: int
    sender: str  # the name: who wants nothing of it is marked
    group_uuids: Sequence[str] = ()
    exclude_group_uuids: Sequence[str] = ()  # without who is in these
    audience_id: int | None = None  # instead of groups
    fields: Collection[str] = ()  # that the text names
    joined_from_ms: int | None = None  # only who joined a group of them from then …
    joined_to_ms: int | None = None  # … until before then
    series_id: int | None = None  # without those who got a campaign of this series
    retry_of: int | None = None  # of a file: without those who have got this campaign, or a retry of it


def aim_of(campaign: Campaign, fields: Collection[str]) -> Aim:
    """Return whom a campaign is for.

    Args:
        campaign: it.
        fields: that its text names.
    """
    greets = campaign.joined_to_ms is not None
    return Aim(
        team_id=campaign.team_id,
        sender=campaign.sender,
        group_uuids=campaign.group_uuids,
        exclude_group_uuids=campaign.exclude_group_uuids,
        audience_id=campaign.audience_id,
        fields=fields,
        joined_from_ms=campaign.joined_from_ms,
        joined_to_ms=campaign.joined_to_ms,
        series_id=campaign.series_id if greets else None,
        retry_of=campaign.retry_of,
    )


def people(txn: Txn, aim: Aim, at_once: int = AT_ONCE) -> Iterator[list[Person]]:
    """Return them in lists, in the order in which they became contacts, or of the file."""
    given = attrs.asdict(aim, recurse=False)
    del given["fields"]
    given |= {
        "group_uuids": list(aim.group_uuids),
        "exclude_group_uuids": list(aim.exclude_group_uuids),
        "personal": bool({*aim.fields} - {"phone"}),
    }
    txn.execute(ALL_OF_THEM)
    with txn.connection.cursor("campaign_people") as found:
        found.execute(OF_GROUPS if aim.audience_id is None else OF_AUDIENCE, given)
        while rows := found.fetchmany(at_once):
            if aim.audience_id is None:
                yield [
                    Person(phone, _named(aim.fields, phone, first, last, email, attributes or {}), suppressed)
                    for phone, first, last, email, attributes, suppressed in rows
                ]
            else:
                yield [
                    Person(phone, _given(aim.fields, phone, fields or {}), suppressed)
                    for phone, fields, suppressed in rows
                ]


def size(
    txn: Txn,
    team_id: int,
    group_uuids: Sequence[str],
    audience_id: int | None,
    joined_ms: tuple[int | None, int | None] = (None, None),
) -> int:
    """Return about how many people there are to be gone through; of those who joined lately, up to 100,000."""
    given = {"team_id": team_id, "group_uuids": list(group_uuids), "audience_id": audience_id}
    joined = {"joined_from_ms": joined_ms[0], "joined_to_ms": joined_ms[1]}
    if audience_id is not None:
        txn.execute(SIZE_OF_AUDIENCE, given)
    else:
        txn.execute(SIZE_OF_GROUPS if joined_ms[1] is None else SIZE_OF_JOINED, given | joined)
    return int(one_row(txn)[0])


def size_of(txn: Txn, team_id: int, uuid: str) -> int:
    """Return about how many people a draft goes to; of what cannot be sent, and of a series, which sends nothing, none."""
    try:
        found = campaigns.find(txn, team_id, uuid)
    except NotFound:
        return 0
    if found.phase is not Phase.DRAFT or found.options.is_series:
        return 0
    return size(txn, team_id, found.group_uuids, found.audience_id, (found.joined_from_ms, found.joined_to_ms))


def known_fields(txn: Txn, team_id: int, audience_id: int | None) -> frozenset[str]:
    """Return the fields that a text may name: those of contacts and the team's own, or those of a file."""
    if audience_id is not None:
        txn.execute(FIELDS_OF_AUDIENCE, {"audience_id": audience_id, "team_id": team_id})
        return frozenset({"phone"}.union(*(fields for (fields,) in txn.fetchall())))
    txn.execute(ATTRIBUTES, {"team_id": team_id})
    return frozenset(CONTACT_FIELDS) | {name for (name,) in txn.fetchall()}


def check_groups(txn: Txn, team_id: int, uuids: Sequence[str]) -> tuple[str, ...]:
    """Return those, as they were given, of which the team has no group; what is no uuid names none."""
    known = {written: canonical(written) for written in uuids}
    txn.execute(GROUPS, {"team_id": team_id, "uuids": [uuid for uuid in known.values() if uuid is not None]})
    there = {uuid for (uuid,) in txn.fetchall()}
    return tuple(written for written, uuid in known.items() if uuid not in there)


def reach(txn: Txn, team_id: int, group_uuids: Sequence[str], audience_uuid: str | None) -> Reach:
    """Return what there is of the groups, or of the file, that a campaign is to go to.

    Raises:
        NotFound: the team has no such file.
        BadValue: the file has not been read yet, or could not be.
    """
    audience_id = None if audience_uuid is None else audiences.usable(txn, team_id, audience_uuid)[0]
    missing = check_groups(txn, team_id, group_uuids)
    return Reach(known_fields(txn, team_id, audience_id), missing, audience_id)


def fields_of(txn: Txn, team_id: int, phone: str, audience_id: int | None) -> Mapping[str, Scalar | None]:
    """Return the fields of somebody, of a file or of the team's contact; empty where nobody has the phone."""
    given = {"team_id": team_id, "phone": phone, "audience_id": audience_id}
    if audience_id is not None:
        txn.execute(ROW, given)
        return next(({**fields, "phone": phone} for (fields,) in txn.fetchall()), {})
    txn.execute(CONTACT, given)
    return next(
        (
            {**attributes, "first_name": first, "last_name": last, "email": email, "phone": phone}
            for first, last, email, attributes in txn.fetchall()
        ),
        {},
    )


def forget(txn: Txn, team_id: int, phone: str, pseudonym: str, until_ms: int) -> None:
    """Forget somebody as a recipient of what a team has sent; of whom there is no message yet, none is made.

    Args:
        txn: the transaction.
        team_id: whose campaigns.
        phone: E.164 without the plus.
        pseudonym: what stands in its place.
        until_ms: only in campaigns that were sent until then, milliseconds since the epoch.
    """
    given = {"team_id": team_id, "phone": phone, "pseudonym": pseudonym, "until_ms": until_ms}
    txn.execute(NAMING, given)
    ids = [campaign_id for (campaign_id,) in txn.fetchall()]
    if ids:
        forget_in(txn, ids, phone, pseudonym)


def forget_in(txn: Txn, ids: Sequence[int], phone: str, pseudonym: str) -> None:
    """Forget somebody as a recipient of campaigns, by their ids, whose rows are locked."""
    txn.execute(FORGET, {"ids": list(ids), "phone": phone, "pseudonym": pseudonym, "erased": Skip.ERASED})


def _named(
    fields: Collection[str],
    phone: str,
    first: str | None,
    last: str | None,
    email: str | None,
    attributes: Mapping[str, Any],
) -> Mapping[str, Scalar | None]:
    """Return of a contact what a text names."""
    if not fields:
        return _NONE
    own = {"phone": phone, "first_name": first, "last_name": last, "email": email}
    return {name: own[name] if name in own else attributes.get(name) for name in fields}


def _given(fields: Collection[str], phone: str, row: Mapping[str, Any]) -> Mapping[str, Scalar | None]:
    """Return of a row of a file what a text names."""
    return {name: phone if name == "phone" else row.get(name) for name in fields} if fields else _NONE


_NONE: Final[Mapping[str, Scalar | None]] = {}
