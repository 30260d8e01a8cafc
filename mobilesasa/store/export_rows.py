"""The rows of exports, read in slices behind a cursor, so that no transaction is long however many there are.

A slice looks at so many rows of a table, and gives those of them that are meant, which may be none.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

import attrs

from mobilesasa.campaigns.model import Campaign
from mobilesasa.campaigns.views import WantedRecipients, status_of
from mobilesasa.core.errors import NotFound
from mobilesasa.core.exports import Cell, Export
from mobilesasa.core.ids import first_id_at, made_at_ms
from mobilesasa.core.model import Coding, State
from mobilesasa.core.reporting import Figures, Period, Wanted, by_status, used
from mobilesasa.sms.numbers import shown
from mobilesasa.store import campaign_lists, campaigns, figures, paging, survey_export
from mobilesasa.store.database import Txn

SLICE: Final = 2000  # rows that a slice looks at

Read = Callable[[Txn, Export, Sequence[str], Any], tuple[list[list[Cell]], Any]]

_MESSAGE_COLUMNS: Final = (
    "uuid", "to", "sender_id", "status", "message", "encoding", "parts", "cost_units", "carrier", "failure_reason", "failure_code",
    "client_reference", "campaign_uuid", "created_at", "sent_at", "done_at",
)  # fmt: skip
_CONTACT_COLUMNS: Final = ("uuid", "phone", "first_name", "last_name", "email", "notes", "created_at", "updated_at")
_INBOUND_COLUMNS: Final = (
    "uuid",
    "phone",
    "code",
    "message",
    "encoding",
    "parts",
    "missing_parts",
    "opt_out",
    "received_at",
)
_LEDGER_COLUMNS: Final = ("id", "kind", "units", "messages", "message_uuid", "campaign_uuid", "note", "created_at")
_RECIPIENT_COLUMNS: Final = ("to", "status", "message_uuid", "message", "parts", "cost_units", "skipped", "clicks")
_FIGURES: Final = tuple(field.name for field in attrs.fields(Figures))
_CODINGS: Final = {int(Coding.GSM7): "gsm7", int(Coding.UCS2): "ucs2", int(Coding.BINARY): "binary"}
#: Rows that are counted one by one before a file is written, which takes longer than that.
COUNTED: Final = 100_000
_LONGEST_CODE: Final = 6  # digits; what is longer is shown with a plus

# Where a slice ends; its bounds are written out, so that they name their partitions.
_MESSAGES: Final = """
FROM message WHERE message.team_id = %(team_id)s AND message.id > %(after)s::uuid AND message.id < %(end)s::uuid
  AND (%(recipient)s::text IS NULL OR recipient = %(recipient)s)
"""
_MEANT: Final = """
  AND (%(state)s::smallint IS NULL OR state = %(state)s) AND (%(sender)s::text IS NULL OR sender = %(sender)s)
  AND (%(campaign_uuid)s::uuid IS NULL OR campaign_uuid = %(campaign_uuid)s)
  AND (%(client_reference)s::text IS NULL OR client_reference = %(client_reference)s)
"""
MESSAGES_END: Final = f"SELECT message.id {_MESSAGES} ORDER BY message.id OFFSET %(limit)s - 1 LIMIT 1"
MESSAGES: Final = f"""
SELECT message.id, recipient, sender, state, text, coding, parts, price_units, carrier.name, failure, error, client_reference,
       campaign_uuid, (extract(epoch FROM sent_at) * 1000)::bigint, (extract(epoch FROM done_at) * 1000)::bigint
{_MESSAGES.replace("FROM message", "FROM message LEFT JOIN carrier ON carrier.id = carrier_id")} {_MEANT} ORDER BY message.id
"""
_COUNTED: Final = f"{_MESSAGES} {_MEANT}"
MESSAGES_COUNT: Final = f"SELECT count(*), count(*) FROM (SELECT {_COUNTED} LIMIT %(limit)s) AS found"
MESSAGES_ESTIMATE: Final = f"EXPLAIN (FORMAT JSON) SELECT {_COUNTED}"

_CONTACTS: Final = """
FROM contact WHERE team_id = %(team_id)s AND deleted_at IS NULL AND id > %(after)s
  AND (%(group_uuid)s::uuid IS NULL OR EXISTS (
      SELECT FROM group_member JOIN contact_group ON contact_group.id = group_id
      WHERE contact_id = contact.id AND contact_group.uuid = %(group_uuid)s AND contact_group.team_id = %(team_id)s))
"""
CONTACTS: Final = f"""
SELECT id, uuid, phone, first_name, last_name, email, notes, (extract(epoch FROM created_at) * 1000)::bigint,
       (extract(epoch FROM updated_at) * 1000)::bigint, attributes {_CONTACTS} ORDER BY id LIMIT %(limit)s
"""
CONTACTS_COUNT: Final = f"SELECT count(*), count(*) FROM (SELECT {_CONTACTS} LIMIT %(limit)s) AS found"
CONTACTS_ESTIMATE: Final = f"EXPLAIN (FORMAT JSON) SELECT {_CONTACTS}"
ATTRIBUTES: Final = "SELECT name FROM contact_attribute WHERE team_id = %(team_id)s ORDER BY name"

_INBOUND: Final = """
FROM inbound WHERE team_id = %(team_id)s AND id > %(after)s::uuid AND id < %(end)s::uuid
  AND (%(source)s::text IS NULL OR source = %(source)s) AND (%(destination)s::text IS NULL OR destination = %(destination)s)
"""
INBOUND: Final = f"""
SELECT id, source, destination, text, coding, parts, missing, opt_out, (extract(epoch FROM received_at) * 1000)::bigint
{_INBOUND} ORDER BY id LIMIT %(limit)s
"""
INBOUND_COUNT: Final = f"SELECT count(*), count(*) FROM (SELECT {_INBOUND} LIMIT %(limit)s) AS found"
INBOUND_ESTIMATE: Final = f"EXPLAIN (FORMAT JSON) SELECT {_INBOUND}"

# Times are not indexed: what is older than wanted is looked at and left out. An entry gets its id some moments after its time,
# so the last ones are those that are seen when the export begins.
_LEDGER: Final = """
FROM ledger WHERE team_id = %(team_id)s AND id > %(after)s AND id <= %(upto)s
"""
_LEDGER_MEANT: Final = """
  AND (%(kind)s::text IS NULL OR kind = %(kind)s) AND at >= to_timestamp(%(from_ms)s / 1000.0) AND at < to_timestamp(%(to_ms)s / 1000.0)
"""
LEDGER_LAST: Final = "SELECT coalesce(max(id), 0) FROM ledger WHERE team_id = %(team_id)s"
LEDGER_END: Final = f"SELECT id {_LEDGER} ORDER BY id OFFSET %(limit)s - 1 LIMIT 1"
LEDGER: Final = f"""
SELECT id, kind, units, messages, message_id, campaign_uuid, note, (extract(epoch FROM at) * 1000)::bigint
{_LEDGER} {_LEDGER_MEANT} ORDER BY id
"""
LEDGER_COUNT: Final = f"SELECT count(*), count(*) FROM (SELECT {_LEDGER} {_LEDGER_MEANT} LIMIT %(limit)s) AS found"
LEDGER_ESTIMATE: Final = f"EXPLAIN (FORMAT JSON) SELECT {_LEDGER} {_LEDGER_MEANT}"

_EVERY_ID: Final = 9_223_372_036_854_775_807


def columns(txn: Txn, export: Export) -> list[str]:
    """Return the columns of an export.

    Contacts have one for each attribute that the team's contacts have or had, responses to a survey one for each question.
    """
    if export.kind == "survey_responses":
        return survey_export.columns(txn, export)
    if export.kind == "contacts":
        txn.execute(ATTRIBUTES, {"team_id": export.team_id})
        return [*_CONTACT_COLUMNS, *(name for (name,) in txn.fetchall())]
    if export.kind == "usage":
        return ["day", *used(())]
    if export.kind == "report":
        return [
            str(export.asked["group_by"]),
            *(("country",) if export.asked["group_by"] == "network" else ()),
            *_FIGURES,
        ]
    return list(_COLUMNS[export.kind])


def count(txn: Txn, export: Export) -> tuple[int | None, bool]:
    """Return how many rows there are, and whether that is an estimate; None of a report and of usage, which are short."""
    if export.kind in ("report", "usage"):
        return None, False
    if export.kind == "recipients":
        campaign = _campaign(txn, export)
        return (0, False) if campaign is None else campaign_lists.count(txn, campaign, WantedRecipients())
    if export.kind == "survey_responses":
        return survey_export.count(txn, export)
    statement, estimate = _COUNTS[export.kind]
    return paging.count(txn, statement, estimate, _given(export, None), COUNTED)


def read(txn: Txn, export: Export, named: Sequence[str], cursor: Any) -> tuple[list[list[Cell]], Any]:
    """Return the next rows of an export behind a cursor, and the cursor behind them, None when nothing is left.

    Args:
        txn: the transaction.
        export: which rows.
        named: their columns.
        cursor: None for the first.
    """
    return _READERS[export.kind](txn, export, named, cursor)


def _messages(txn: Txn, export: Export, _: Sequence[str], cursor: Any) -> tuple[list[list[Cell]], Any]:
    given = _given(export, cursor)
    txn.execute(MESSAGES_END, given)
    last = txn.fetchone()
    if last is not None:
        given["end"] = _behind(last[0])
    txn.execute(MESSAGES, given)
    at = _clock(export)
    rows: list[list[Cell]] = []
    for id_, recipient, sender, state, text, coding, *what, sent_ms, done_ms in txn:
        whom = [id_, shown(recipient), sender, State(state).shown, text, _CODINGS[coding]]
        rows.append([*whom, *what, at(made_at_ms(id_)), at(sent_ms), at(done_ms)])
    return rows, None if last is None else last[0]


def _contacts(txn: Txn, export: Export, named: Sequence[str], cursor: Any) -> tuple[list[list[Cell]], Any]:
    txn.execute(CONTACTS, _given(export, cursor))
    at, found = _clock(export), txn.fetchall()
    attributes = named[len(_CONTACT_COLUMNS) :]
    rows = [
        [uuid, shown(phone), *about, at(made), at(changed), *(_plain(kept.get(name)) for name in attributes)]
        for _, uuid, phone, *about, made, changed, kept in found
    ]
    return rows, found[-1][0] if len(found) == SLICE else None


def _inbound(txn: Txn, export: Export, _: Sequence[str], cursor: Any) -> tuple[list[list[Cell]], Any]:
    txn.execute(INBOUND, _given(export, cursor))
    at, found = _clock(export), txn.fetchall()
    rows = [
        [id_, _number(source), _number(code), text, _CODINGS[coding], parts, missing, opt_out, at(received)]
        for id_, source, code, text, coding, parts, missing, opt_out, received in found
    ]
    return rows, found[-1][0] if len(found) == SLICE else None


def _ledger(txn: Txn, export: Export, _: Sequence[str], cursor: Any) -> tuple[list[list[Cell]], Any]:
    """Read behind a cursor of two: the entry behind which to go on, and the last that there was at the beginning."""
    if cursor is None:
        txn.execute(LEDGER_LAST, {"team_id": export.team_id})
        cursor = (0, (txn.fetchone() or (0,))[0])
    after, upto = cursor
    given = _given(export, after) | {"upto": upto}
    txn.execute(LEDGER_END, given)
    last = txn.fetchone()
    txn.execute(LEDGER, given if last is None else given | {"upto": last[0]})
    at = _clock(export)
    return [[*entry, at(made)] for *entry, made in txn], None if last is None else (last[0], upto)


def _report(txn: Txn, export: Export, _: Sequence[str], cursor: Any) -> tuple[list[list[Cell]], Any]:
    """Read all of a report, which is short."""
    asked, at = export.asked, _clock(export)
    by, starts = asked["group_by"], asked["starts_ms"]
    names = {key: asked[key] for key in ("sender", "network", "country", "carrier_id", "campaign")}
    wanted = Wanted(team_id=export.team_id, period=Period(asked["from_ms"], asked["to_ms"]), **names)
    if by == "status":
        statuses = by_status(figures.total(txn, wanted))
        return [[status, *_counts(counted)] for status, counted in statuses.items()], None
    found = figures.grouped(txn, wanted, "span" if starts else by, starts)
    if starts:
        by_span = {each.key: each.figures for each in found}
        length = len("2026-05-11") if by == "day" else None
        shown_at = [str(at(begins))[:length] for begins in starts]
        return [[begins, *_counts(by_span.get(n, Figures()))] for n, begins in enumerate(shown_at)], None
    if by == "network":
        return [[each.key, each.country, *_counts(each.figures)] for each in found], None
    named = asked["carriers"] if by == "carrier" else {}
    return [[named.get(str(each.key), each.key), *_counts(each.figures)] for each in found], None


def _usage(txn: Txn, export: Export, _: Sequence[str], cursor: Any) -> tuple[list[list[Cell]], Any]:
    """Read the units of all days, in order, also of those on which none came or went."""
    asked, at = export.asked, _clock(export)
    found = figures.usage(txn, export.team_id, Period(asked["from_ms"], asked["to_ms"]), asked["starts_ms"])
    days = [str(at(begins))[: len("2026-05-11")] for begins in asked["starts_ms"]]
    return [[day, *used(found, n).values()] for n, day in enumerate(days)], None


def _recipients(txn: Txn, export: Export, _: Sequence[str], cursor: Any) -> tuple[list[list[Cell]], Any]:
    """Read recipients; who has no text of their own got that of all."""
    campaign = _campaign(txn, export)
    if campaign is None:
        return [], None
    found, last = campaign_lists.page(txn, campaign, WantedRecipients(), SLICE, 0, cursor)
    rows: list[list[Cell]] = [
        [
            shown(each.phone), status_of(each), each.message_id, each.text or campaign.message, each.parts, each.units,
            each.skipped, each.clicks,
        ]
        for each in found
    ]  # fmt: skip
    return rows, last


def _responses(txn: Txn, export: Export, _: Sequence[str], cursor: Any) -> tuple[list[list[Cell]], Any]:
    """Read responses to a survey, newest first."""
    return survey_export.rows(txn, export, cursor, SLICE, _clock(export))


def _campaign(txn: Txn, export: Export) -> Campaign | None:
    """Return the campaign whose recipients are meant; None: it was a draft, and is no more."""
    with suppress(NotFound):
        return campaigns.find(txn, export.team_id, export.asked["campaign_uuid"])
    return None


_READERS: Final[Mapping[str, Read]] = {
    "messages": _messages, "contacts": _contacts, "inbound": _inbound, "ledger": _ledger, "report": _report,
    "usage": _usage,
    "recipients": _recipients, "survey_responses": _responses,
}  # fmt: skip
_COLUMNS: Final[Mapping[str, Sequence[str]]] = {
    "messages": _MESSAGE_COLUMNS,
    "inbound": _INBOUND_COLUMNS,
    "ledger": _LEDGER_COLUMNS,
    "recipients": _RECIPIENT_COLUMNS,
}
_COUNTS: Final = {
    "messages": (MESSAGES_COUNT, MESSAGES_ESTIMATE),
    "contacts": (CONTACTS_COUNT, CONTACTS_ESTIMATE),
    "inbound": (INBOUND_COUNT, INBOUND_ESTIMATE),
    "ledger": (LEDGER_COUNT, LEDGER_ESTIMATE),
}


def _given(export: Export, cursor: Any) -> dict[str, Any]:
    """Return the parameters of the statements; what is not asked for is None."""
    asked = export.asked
    names = (
        "recipient",
        "state",
        "sender",
        "campaign_uuid",
        "client_reference",
        "group_uuid",
        "source",
        "destination",
        "kind",
    )
    given = {name: asked.get(name) for name in names} | {"team_id": export.team_id, "limit": SLICE}
    from_ms, to_ms = asked.get("from_ms", 0), asked.get("to_ms", 0)
    if export.kind in ("messages", "inbound"):
        first = _before(first_id_at(from_ms))
        return given | {"after": first if cursor is None else cursor, "end": first_id_at(to_ms)}
    return given | {"after": cursor or 0, "upto": _EVERY_ID, "from_ms": from_ms, "to_ms": to_ms}


def _before(first: str) -> str:
    """Return the uuid before one."""
    return _uuid(max(0, int(first.replace("-", ""), 16) - 1))


def _behind(last: str) -> str:
    """Return the uuid behind one."""
    return _uuid(int(last.replace("-", ""), 16) + 1)


def _uuid(number: int) -> str:
    digits = f"{number:032x}"
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


def _clock(export: Export) -> Callable[[int | None], str | None]:
    """Return what shows a time as the clocks of the team do, with the offset from UTC."""
    zone = ZoneInfo(export.asked["zone"])
    return lambda at_ms: None if at_ms is None else datetime.fromtimestamp(at_ms // 1000, zone).isoformat()


def _number(number: str) -> str:
    return shown(number) if number.isdigit() and len(number) > _LONGEST_CODE else number


def _plain(value: Any) -> Cell:
    return (
        str(value).lower()
        if isinstance(value, bool)
        else value
        if isinstance(value, str | int | float | None)
        else str(value)
    )


def _counts(found: Figures) -> list[Cell]:
    return [getattr(found, name) for name in _FIGURES]
