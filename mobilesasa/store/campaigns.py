"""Campaigns as rows: made, found, listed, changed and removed while they are drafts (decisions 63-73).

What happens to one from `/send` on is in `store.campaign_sending`, `store.campaign_queueing` and `store.campaign_phases`. Whoever
changes a campaign locks its row first; the team's row, which every message needs, comes last and only where units move.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import attrs
import orjson
from psycopg2 import errors

from mobilesasa.campaigns.model import ACTIVE, Campaign, Draft, PausedBy, Phase, options_of
from mobilesasa.campaigns.views import Wanted
from mobilesasa.core.actors import Actor
from mobilesasa.core.errors import CampaignBusy, NotDraft, SenderNotApproved
from mobilesasa.core.ids import canonical
from mobilesasa.store import paging
from mobilesasa.store.database import Txn, one_row, row_of_uuid
from mobilesasa.store.trail import differences, note

MISSING: Final = "there is no such campaign"
#: How long a call waits for another one, or for the machine that sends, to be done with a campaign.
WAIT: Final = "SET LOCAL lock_timeout = '5s'"

#: What `read` reads, in its order, `FROM` the tables below.
COLUMNS: Final = """campaign.id, campaign.uuid, campaign.team_id, campaign.name, campaign.message, campaign.sender_id, sender.uuid,
    sender.name, campaign.group_uuids, campaign.audience_id, audience.uuid, campaign.phase,
    (extract(epoch FROM campaign.scheduled_at) * 1000)::bigint, campaign.options, campaign.estimated_recipients,
    campaign.estimated_units, campaign.rows, campaign.recipients, campaign.position, campaign.queued, campaign.skipped,
    campaign.reserve_id, campaign.reserved_units, campaign.captured_units, campaign.released_units, campaign.paused_by,
    campaign.paused_reason, campaign.series_id, series.uuid, (extract(epoch FROM campaign.next_at) * 1000)::bigint,
    (extract(epoch FROM campaign.joined_from) * 1000)::bigint, (extract(epoch FROM campaign.joined_to) * 1000)::bigint,
    (extract(epoch FROM campaign.created_at) * 1000)::bigint, (extract(epoch FROM campaign.updated_at) * 1000)::bigint,
    (extract(epoch FROM campaign.armed_at) * 1000)::bigint, (extract(epoch FROM campaign.started_at) * 1000)::bigint,
    (extract(epoch FROM campaign.finished_at) * 1000)::bigint, campaign.exclude_group_uuids, campaign.retry_of, origin.uuid"""
FROM: Final = """campaign JOIN sender ON sender.id = campaign.sender_id
    LEFT JOIN audience ON audience.id = campaign.audience_id LEFT JOIN campaign AS series ON series.id = campaign.series_id
    LEFT JOIN campaign AS origin ON origin.id = campaign.retry_of"""

INSERT = """
INSERT INTO campaign (uuid, team_id, name, message, sender_id, group_uuids, exclude_group_uuids, audience_id, scheduled_at, options,
                      estimated_recipients, estimated_units, series_id, joined_from, joined_to, created_at, updated_at, retry_of)
SELECT %(uuid)s, %(team_id)s, %(name)s, %(message)s, sender.id, %(group_uuids)s::uuid[], %(exclude_group_uuids)s::uuid[], %(audience_id)s,
       to_timestamp(%(scheduled_at_ms)s / 1000.0), %(options)s, %(recipients)s, %(units)s, %(series_id)s,
       to_timestamp(%(joined_from_ms)s / 1000.0), to_timestamp(%(joined_to_ms)s / 1000.0),
       to_timestamp(%(at_ms)s / 1000.0), to_timestamp(%(at_ms)s / 1000.0), %(retry_of)s
FROM sender WHERE sender.id = %(sender_id)s AND sender.team_id = %(team_id)s
"""

FIND = f"SELECT {COLUMNS} FROM {FROM} WHERE campaign.uuid = %(uuid)s AND campaign.team_id = %(team_id)s"

LOCK = f"{FIND} FOR NO KEY UPDATE OF campaign"

LOCK_AT_ONCE = f"{LOCK} NOWAIT"

UPDATE = """
UPDATE campaign SET name = %(name)s, message = %(message)s, sender_id = sender.id, group_uuids = %(group_uuids)s::uuid[],
    exclude_group_uuids = %(exclude_group_uuids)s::uuid[], audience_id = %(audience_id)s,
    scheduled_at = to_timestamp(%(scheduled_at_ms)s / 1000.0), options = %(options)s,
    estimated_recipients = %(recipients)s, estimated_units = %(units)s, retry_of = %(retry_of)s, updated_at = now()
FROM sender WHERE campaign.id = %(id)s AND sender.id = %(sender_id)s AND sender.team_id = %(team_id)s
"""

DELETE = "DELETE FROM campaign WHERE id = %(id)s"

_WANTED = """
WHERE campaign.team_id = %(team_id)s AND (%(phases)s::text[] IS NULL OR campaign.phase = ANY(%(phases)s::text[]))
  AND (%(search)s IS NULL OR position(lower(%(search)s) in lower(campaign.name)) > 0)
  AND (%(group_uuid)s IS NULL OR %(group_uuid)s::uuid = ANY(campaign.group_uuids))
  AND (%(series_uuid)s IS NULL OR campaign.series_id = (
       SELECT id FROM campaign AS wanted WHERE wanted.uuid = %(series_uuid)s::uuid AND wanted.team_id = %(team_id)s))
  AND (%(before_id)s IS NULL OR campaign.id < %(before_id)s)
"""

PAGE = f"SELECT {COLUMNS} FROM {FROM} {_WANTED} ORDER BY campaign.id DESC LIMIT %(limit)s OFFSET %(offset)s"

COUNT = f"SELECT count(*), count(*) FROM (SELECT FROM campaign {_WANTED} LIMIT %(limit)s) AS newest"

ESTIMATE = f"EXPLAIN (FORMAT JSON) SELECT FROM campaign {_WANTED}"

IN_USE = """
SELECT campaign.name FROM campaign JOIN contact_group ON contact_group.team_id = campaign.team_id
WHERE contact_group.id = %(group_id)s AND contact_group.uuid = ANY(group_uuids || exclude_group_uuids) AND phase = ANY(%(active)s)
ORDER BY campaign.id LIMIT 1
"""

FIND_SENDER = "SELECT id, uuid, name FROM sender WHERE id = %(sender_id)s AND team_id = %(team_id)s"


def read(row: Sequence[Any]) -> Campaign:
    """Return the campaign of a row of `COLUMNS`."""
    return Campaign(
        id=row[0], uuid=row[1], team_id=row[2], name=row[3], message=row[4], sender_id=row[5], sender_uuid=row[6],
        sender=row[7], group_uuids=tuple(_uuids(row[8])), audience_id=row[9], audience_uuid=row[10], phase=Phase(row[11]),
        scheduled_at_ms=row[12], options=options_of(row[13]), estimated_recipients=row[14], estimated_units=row[15],
        rows=row[16], recipients=row[17], position=row[18], queued=row[19], skipped=row[20], reserve_id=row[21],
        reserved_units=row[22], captured_units=row[23], released_units=row[24],
        paused_by=None if row[25] is None else PausedBy(row[25]), paused_reason=row[26], series_id=row[27],
        series_uuid=row[28], next_at_ms=row[29], joined_from_ms=row[30], joined_to_ms=row[31], created_at_ms=row[32],
        updated_at_ms=row[33], armed_at_ms=row[34], started_at_ms=row[35], finished_at_ms=row[36],
        exclude_group_uuids=tuple(_uuids(row[37])), retry_of=row[38], retry_of_uuid=row[39],
    )  # fmt: skip


def create(
    txn: Txn,
    by: Actor,
    team_id: int,
    uuid: str,
    draft: Draft,
    estimate: tuple[int, int],
    at_ms: int,
    series_id: int | None = None,
    joined_ms: tuple[int | None, int | None] = (None, None),
) -> Campaign:
    """Keep a draft, and return it.

    Args:
        txn: the transaction.
        by: who makes it.
        team_id: whose it is.
        uuid: names it.
        draft: what it says; all of it has been checked.
        estimate: recipients, and units for all of them.
        at_ms: when it was made.
        series_id: the series that makes it.
        joined_ms: of what a series makes: for those who joined from then, until before then.

    Raises:
        SenderNotApproved: the team has no such sender any more.
        AccessEnded: the caller's token was revoked meanwhile.
    """
    note(txn, by, "campaign.create", uuid, team_id=team_id, after=_told(draft))
    joined = {"series_id": series_id, "joined_from_ms": joined_ms[0], "joined_to_ms": joined_ms[1]}
    txn.execute(INSERT, _row(team_id, draft, estimate) | joined | {"uuid": uuid, "at_ms": at_ms})
    if not txn.rowcount:
        raise _no_sender()
    return find(txn, team_id, uuid)


def find(txn: Txn, team_id: int, uuid: str) -> Campaign:
    """Return a campaign of the team.

    Raises:
        NotFound: the team has none of that uuid.
    """
    return read(row_of_uuid(txn, FIND, uuid, MISSING, team_id=team_id))


def lock(txn: Txn, team_id: int, uuid: str) -> Campaign:
    """Return a campaign of the team, which nobody else changes until this transaction ends; waits some seconds for it.

    Raises:
        NotFound: the team has none of that uuid.
        CampaignBusy: another call has it, and goes on.
    """
    txn.execute(WAIT)
    return _locked(txn, LOCK, team_id, uuid)


def lock_draft(txn: Txn, team_id: int, uuid: str) -> Campaign:
    """Return a draft of the team, which nobody else changes or sends until this transaction ends.

    Raises:
        NotFound: the team has none of that uuid.
        NotDraft: it was sent or cancelled.
        CampaignBusy: another call has it.
    """
    _check_draft(find(txn, team_id, uuid))  # what is no draft stays none, whoever has its row now
    found = _locked(txn, LOCK_AT_ONCE, team_id, uuid)
    _check_draft(found)
    return found


def change(txn: Txn, by: Actor, team_id: int, was: Campaign, draft: Draft, estimate: tuple[int, int]) -> Campaign:
    """Let a draft say something else, and return what it is then.

    Args:
        txn: the transaction.
        by: who does.
        team_id: whose it is.
        was: it, as it was when the new draft was made of it.
        draft: what it says now; all of it has been checked.
        estimate: recipients, and units for all of them.

    Raises:
        NotFound, NotDraft: it is no draft of the team.
        CampaignBusy: it was changed by somebody else meanwhile, or is being sent at this moment.
        SenderNotApproved: the team has no such sender any more.
        AccessEnded: the caller's token was revoked meanwhile.
    """
    found = lock_draft(txn, team_id, was.uuid)
    if found.draft != was.draft:
        raise CampaignBusy("the campaign was changed by another call meanwhile; look at it and change it again")
    before, after = differences(_told(found.draft), _told(draft))
    if found.message != draft.message:
        after["message"] = "changed"
    note(txn, by, "campaign.update", found.uuid, team_id=team_id, before=before, after=after)
    txn.execute(UPDATE, _row(team_id, draft, estimate) | {"id": found.id})
    if not txn.rowcount:
        raise _no_sender()
    return find(txn, team_id, found.uuid)


def delete(txn: Txn, by: Actor, team_id: int, uuid: str) -> Campaign:
    """Remove a draft, and return what it was.

    Raises:
        NotFound, NotDraft: it is no draft of the team; what was sent is kept.
        CampaignBusy: it is being sent at this moment.
        AccessEnded: the caller's token was revoked meanwhile.
    """
    was = lock_draft(txn, team_id, uuid)
    note(txn, by, "campaign.delete", was.uuid, team_id=team_id, before=_told(was.draft))
    txn.execute(DELETE, {"id": was.id})
    return was


def page(txn: Txn, wanted: Wanted, limit: int, offset: int, after: str | None) -> tuple[list[Campaign], str | None]:
    """Return campaigns, newest first, and the key of the last one when there are more behind it.

    Raises:
        BadValue: `after` is not such a key.
    """
    before_id = None if after is None else paging.key_id(after)[0]
    txn.execute(PAGE, _meant(wanted, before_id) | {"limit": limit + 1, "offset": offset})
    found = [read(row) for row in txn.fetchall()]
    return found[:limit], str(found[limit - 1].id) if len(found) > limit else None


def count(txn: Txn, wanted: Wanted) -> tuple[int, bool]:
    """Return how many campaigns there are, and whether that is an estimate."""
    return paging.count(txn, COUNT, ESTIMATE, _meant(wanted, None))


def in_use(txn: Txn, group_id: int) -> str | None:
    """Say which campaign works with a group (its id), so that it cannot go; None where none does (decision 59)."""
    txn.execute(IN_USE, {"group_id": group_id, "active": list(ACTIVE)})
    row = txn.fetchone()
    return None if row is None else f"the campaign {row[0]!r}, which has not ended"


def imagined(
    txn: Txn, team_id: int, draft: Draft, joined_ms: tuple[int | None, int | None], at_ms: int, uuid: str
) -> Campaign:
    """Return the campaign that a draft would be, of which nothing is kept, to be estimated.

    Raises:
        SenderNotApproved: the team has no such sender.
    """
    txn.execute(FIND_SENDER, {"sender_id": draft.sender_id, "team_id": team_id})
    if not txn.rowcount:
        raise _no_sender()
    sender_id, sender_uuid, sender = one_row(txn)
    nothing = dict.fromkeys((field.name for field in attrs.fields(Campaign)), None)
    counts = dict.fromkeys((name for name in nothing if name.endswith("_units") or name in _COUNTS), 0)
    said = {name: getattr(draft, name) for name in attrs.fields_dict(Draft)}
    known: dict[str, Any] = {
        "id": 0, "uuid": uuid, "team_id": team_id, "sender_id": sender_id, "sender_uuid": sender_uuid, "sender": sender,
        "phase": Phase.DRAFT, "created_at_ms": at_ms, "updated_at_ms": at_ms,
        "joined_from_ms": joined_ms[0], "joined_to_ms": joined_ms[1],
    }  # fmt: skip
    return Campaign(**{**nothing, **counts, **said, **known})


_COUNTS: Final = ("estimated_recipients", "rows", "recipients", "position", "queued", "skipped")


def not_draft(campaign: Campaign, done: str) -> NotDraft:
    """Return the refusal of what only a draft allows, with the way to have one."""
    way = "unschedule it first" if campaign.phase is Phase.SCHEDULED else "copy it, and work with the copy"
    return NotDraft(f"the campaign is {campaign.phase.value}; only a draft can be {done}: {way}")


def _check_draft(campaign: Campaign) -> None:
    if campaign.phase is not Phase.DRAFT:
        raise not_draft(campaign, "changed, deleted or sent")


def _locked(txn: Txn, statement: str, team_id: int, uuid: str) -> Campaign:
    try:
        return read(row_of_uuid(txn, statement, uuid, MISSING, team_id=team_id))
    except errors.LockNotAvailable:
        raise CampaignBusy("another call is sending or changing the campaign at this moment") from None


def _row(team_id: int, draft: Draft, estimate: tuple[int, int]) -> dict[str, Any]:
    row = {name: getattr(draft, name) for name in attrs.fields_dict(Draft)}
    row["group_uuids"], row["exclude_group_uuids"] = list(draft.group_uuids), list(draft.exclude_group_uuids)
    row["options"] = orjson.dumps(draft.options.as_json()).decode()
    return row | {"team_id": team_id, "recipients": estimate[0], "units": estimate[1]}


def _told(draft: Draft) -> dict[str, Any]:
    """Return of a draft what the trail tells: not the text."""
    told = {name: getattr(draft, name) for name in attrs.fields_dict(Draft) if name not in ("message", "options")}
    told["group_uuids"], told["exclude_group_uuids"] = list(draft.group_uuids), list(draft.exclude_group_uuids)
    return told | attrs.asdict(draft.options)


def _meant(wanted: Wanted, before_id: int | None) -> dict[str, Any]:
    phases = [phase.value for phase in Phase if wanted.phase in (None, phase) and wanted.status in (None, phase.status)]
    named = {name: getattr(wanted, name) for name in ("series_uuid", "group_uuid")}
    given = {name: None if uuid is None else canonical(uuid) or _NONE for name, uuid in named.items()}
    return {
        "team_id": wanted.team_id,
        "phases": None if len(phases) == len(Phase) else phases,
        "search": wanted.search,
        "before_id": before_id,
        **given,
    }


_NONE: Final = "00000000-0000-0000-0000-000000000000"  # names nothing


def _uuids(written: Any) -> list[str]:
    """Return the uuids of an array, which psycopg2 gives as one text."""
    return [] if written in ("{}", None) else str(written).strip("{}").split(",")


def _no_sender() -> SenderNotApproved:
    return SenderNotApproved("the team has no such sender; name one that is approved")
