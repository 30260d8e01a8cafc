"""The steps of USSD sessions, as work of the writer: all that happened meanwhile is one transaction of two statements.

The sessions that are meant are locked and read, `ussd.visits` says what becomes of them, event by event in their order, and
they are written back with what is to be done and what is counted. Who died before the commit has done nothing; who comes
again after it is answered as before, for the answer is in the row.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from operator import attrgetter
from typing import Any, Final

import attrs
from twisted.internet.defer import Deferred

from mobilesasa.core.ids import first_id_at
from mobilesasa.core.ussd import Kind, SessionKey, UssdReply, is_dialled
from mobilesasa.store import ussd_directory, ussd_menus
from mobilesasa.store.database import Database, Txn
from mobilesasa.store.plans import Planned
from mobilesasa.store.rows import as_json
from mobilesasa.store.writer import Work, Writer
from mobilesasa.ussd import taking
from mobilesasa.ussd.directory import CurrentDirectory, PublishedMenu, VersionKey
from mobilesasa.ussd.reading import action_json
from mobilesasa.ussd.repeats import STATE_MS
from mobilesasa.ussd.views import SessionStatus
from mobilesasa.ussd.visits import Act, Asked, Heard, Taken, Visit, facts_of
from mobilesasa.ussd.words import said

Step = Asked | Heard

# The version of its menu, and then what a `Visit` has, in its order.
_VISIT: Final = """version, id, gateway, carrier_session_id, msisdn, network, team_id, extension_id, code, extension, menu_id, event_id,
       (extract(epoch FROM started_at) * 1000)::bigint, (extract(epoch FROM last_at) * 1000)::bigint, state, consumed, screen, steps,
       acts, input, sequence, says, says_end, trouble, (extract(epoch FROM ended_at) * 1000)::bigint, outcome,
       (extract(epoch FROM resumable_until) * 1000)::bigint"""

# No session is longer than this, and nobody goes on with one as late: a phone that dials all day has many. What is older and still
# live, for no node ran, is ended when one starts (`ussd_keeping.drop`).
LOOKED_BACK_MS: Final = 24 * 3_600_000

# The newest session of each key, or of an answer its own; and of a phone that dials the newest of another key. All that is found
# is locked, in the order of what is asked, which is sorted.
LOAD: Final = Planned(f"""
WITH asked AS MATERIALIZED (
    SELECT * FROM json_to_recordset(%(batch)s) AS asked (n integer, visit uuid, gateway text, session text, msisdn text, dials boolean)
), own AS MATERIALIZED (
    SELECT n, true AS is_own, found.* FROM asked, LATERAL (
        SELECT * FROM ussd_session WHERE asked.visit IS NULL AND msisdn = asked.msisdn AND gateway = asked.gateway
           AND carrier_session_id = asked.session AND id >= %(since)s::uuid ORDER BY id DESC LIMIT 1 FOR NO KEY UPDATE) AS found
), named AS MATERIALIZED (
    SELECT n, true AS is_own, found.* FROM asked, LATERAL (
        SELECT * FROM ussd_session WHERE id = asked.visit FOR NO KEY UPDATE) AS found
), before AS MATERIALIZED (
    SELECT n, false AS is_own, found.* FROM asked, LATERAL (
        SELECT * FROM ussd_session WHERE asked.dials AND msisdn = asked.msisdn AND gateway = asked.gateway
           AND carrier_session_id <> asked.session AND id >= %(since)s::uuid AND (ended_at IS NULL OR resumable_until > now())
        ORDER BY id DESC LIMIT 1 FOR NO KEY UPDATE) AS found
)
SELECT n, is_own, {_VISIT} FROM (SELECT * FROM own UNION ALL SELECT * FROM named UNION ALL SELECT * FROM before) AS found
""")

# What people are called, for those who dial.
PEOPLE: Final = Planned("""
WITH asked AS MATERIALIZED (
    SELECT * FROM json_to_recordset(%(batch)s) AS asked (n integer, team_id integer, msisdn text)
)
SELECT n, first_name, last_name, attributes FROM asked, LATERAL (
    SELECT first_name, last_name, attributes FROM contact
    WHERE contact.team_id = asked.team_id AND phone = asked.msisdn AND deleted_at IS NULL LIMIT 1) AS found
""")

# A session that ends comes before one that takes its key.
SAVE: Final = Planned("""
WITH kept AS (
    INSERT INTO ussd_session AS visit (
        id, gateway, carrier_session_id, msisdn, network, team_id, extension_id, code, extension, menu_id, version, event_id,
        started_at, last_at, state, consumed, screen, steps, acts, input, sequence, says, says_end, trouble, ended_at, outcome,
        resumable_until)
    SELECT id, gateway, carrier_session_id, msisdn, network, team_id, extension_id, code, extension, menu_id, version, event_id,
           to_timestamp(started_at_ms / 1000), to_timestamp(last_at_ms / 1000), state, consumed, screen, steps, acts, input, sequence,
           says, says_end, trouble, to_timestamp(ended_at_ms / 1000), outcome, to_timestamp(resumable_until_ms / 1000)
    FROM json_to_recordset(%(visits)s) AS given (
        n integer, id uuid, gateway text, carrier_session_id text, msisdn text, network text, team_id integer, extension_id integer,
        code text, extension text, menu_id integer, version integer, event_id uuid, started_at_ms float8, last_at_ms float8, state jsonb,
        consumed text, screen text, steps integer, acts integer, input text, sequence integer, says text, says_end boolean,
        trouble text, ended_at_ms float8, outcome text, resumable_until_ms float8)
    ORDER BY n
    ON CONFLICT (id) DO UPDATE SET
        event_id = EXCLUDED.event_id, last_at = EXCLUDED.last_at, state = EXCLUDED.state, consumed = EXCLUDED.consumed,
        screen = EXCLUDED.screen, steps = EXCLUDED.steps, acts = EXCLUDED.acts, input = EXCLUDED.input,
        sequence = EXCLUDED.sequence, says = EXCLUDED.says, says_end = EXCLUDED.says_end, trouble = EXCLUDED.trouble,
        ended_at = EXCLUDED.ended_at, outcome = EXCLUDED.outcome, resumable_until = EXCLUDED.resumable_until
), given_to_do AS (
    INSERT INTO ussd_action (session_id, n, team_id, menu_id, kind, given, msisdn, due_at)
    SELECT session_id, n, team_id, menu_id, kind, given, msisdn, now() + interval '10 seconds'
    FROM json_to_recordset(%(acts)s) AS act (
        session_id uuid, n integer, team_id integer, menu_id integer, kind text, given jsonb, msisdn text)
)
INSERT INTO ussd_screen AS counted (menu_id, version, screen, day, shown, "left")
SELECT menu_id, version, screen, (now() AT TIME ZONE 'UTC')::date, shown, gone
FROM json_to_recordset(%(screens)s) AS seen (menu_id integer, version integer, screen text, shown integer, gone integer)
ORDER BY menu_id, version, screen
ON CONFLICT (menu_id, day, version, screen) DO UPDATE SET
    shown = counted.shown + EXCLUDED.shown, "left" = counted."left" + EXCLUDED."left"
""")


class _Book:
    """What a batch has read, and what becomes of it."""

    def __init__(self) -> None:
        self.by_key: dict[SessionKey, Visit] = {}
        self.by_id: dict[str, Visit] = {}
        self.before: dict[int, str] = {}  # ids of visits by the number of the event
        self.people: dict[int, Mapping[str, str]] = {}
        self.written: dict[str, Visit] = {}
        self.acts: list[Act] = []
        self.shown: Counter[tuple[VersionKey, str]] = Counter()
        self.left: Counter[tuple[VersionKey, str]] = Counter()

    def put(self, visit: Visit) -> None:
        """Know a visit, perhaps as the newest of its key."""
        known = self.by_key.get(visit.key)
        if known is None or known.id <= visit.id:
            self.by_key[visit.key] = visit
        self.by_id[visit.id] = visit

    def enter(self, taken: Taken) -> None:
        """Keep what came of an event."""
        for visit in taken.visits:
            self.put(visit)
            self.written.pop(visit.id, None)
            self.written[visit.id] = visit
        self.acts += taken.does
        self.shown.update(taken.shown)
        self.left.update(taken.left)


def stepping(directory: CurrentDirectory) -> Work[Step, Taken]:
    """Return the work that takes events and the answers of others, with the menus that a node has in memory.

    A person does not notice the milliseconds that it may wait for more, and the database does: half as many commits.
    """

    def run(txn: Txn, steps: Sequence[Step]) -> list[Taken]:
        return step(txn, steps, directory)

    return Work("ussd", run, spoiled=_spoiled, patient=True)


def step(txn: Txn, steps: Sequence[Step], directory: CurrentDirectory) -> list[Taken]:
    """Take events and answers in their order, and return what comes of each.

    Runs on a database thread and may run twice: touches nothing but `txn`, and of the directory the menus in memory.
    """
    book = _load(txn, steps)

    def menu_of(key: VersionKey) -> PublishedMenu | None:
        return directory.menu(key) or _fetched(txn, key, directory)

    taken = []
    for n, each in enumerate(steps):
        if isinstance(each, Heard):
            what = taking.answered(each, book.by_id.get(each.visit_id), menu_of)
        else:
            before = book.by_id.get(book.before.get(n, ""))
            what = taking.take(each, book.by_key.get(each.event.key), before, book.people.get(n, {}), menu_of)
        book.enter(what)
        taken.append(what)
    if book.written:
        _save(txn, book)
    return taken


def _load(txn: Txn, steps: Sequence[Step]) -> _Book:
    book = _Book()
    asked = sorted(map(_wanted, range(len(steps)), steps), key=_order)
    since = first_id_at(min(each.at_ms for each in steps) - LOOKED_BACK_MS)
    txn.execute(LOAD, {"batch": as_json(asked), "since": since})
    for n, is_own, *row in txn.fetchall():
        visit = read(row)
        if is_own:
            book.put(visit)
        else:
            book.before[n] = visit.id
            book.by_id.setdefault(visit.id, visit)
    dials = [
        {"n": n, "team_id": each.found.extension.team_id, "msisdn": each.event.msisdn}
        for n, each in enumerate(steps)
        if isinstance(each, Asked) and each.found is not None and _may_begin(each, book) and each.found.extension.menu
    ]
    if dials:
        txn.execute(PEOPLE, {"batch": as_json(dials)})
        book.people = {n: facts_of(first, last, attributes) for n, first, last, attributes in txn.fetchall()}
    return book


def _may_begin(asked: Asked, book: _Book) -> bool:
    known = book.by_key.get(asked.event.key)
    return known is None or _dials(asked) or asked.at_ms - known.last_at_ms >= STATE_MS


def _dials(asked: Asked) -> bool:
    event = asked.event
    text_all = None if event.text_all is None else event.text_all.strip()
    return event.kind is Kind.START or (
        event.kind is Kind.INPUT and text_all is not None and (not text_all or is_dialled(text_all))
    )


def _wanted(n: int, each: Step) -> dict[str, Any]:
    if isinstance(each, Heard):
        return {"n": n, "visit": each.visit_id, "gateway": "", "session": "", "msisdn": "", "dials": False}
    gateway, session, msisdn = each.event.key
    dials = each.event.kind in (Kind.START, Kind.INPUT) and each.found is not None
    return {"n": n, "visit": None, "gateway": gateway, "session": session, "msisdn": msisdn, "dials": dials}


def _order(row: Mapping[str, Any]) -> tuple[str, str, str, str]:
    return str(row["visit"] or ""), row["msisdn"], row["gateway"], row["session"]


def _save(txn: Txn, book: _Book) -> None:
    written = list(book.written.values())
    written.sort(key=lambda visit: visit.is_live)  # what ends gives its key away
    screens = [
        {"menu_id": menu, "version": version, "screen": screen, "shown": book.shown[at], "gone": book.left[at]}
        for at in {**book.shown, **book.left}
        for (menu, version), screen in (at,)
    ]
    given = {
        "visits": as_json([_row(n, visit) for n, visit in enumerate(written)]),
        "acts": as_json(list(map(_act_row, book.acts))),
        "screens": as_json(screens),
    }
    txn.execute(SAVE, given)


def read(row: Sequence[Any]) -> Visit:
    """Return the visit of a row, which has what `_VISIT` names."""
    version, *given = row
    if given[_MENU] is not None:
        given[_MENU] = given[_MENU], version
    if given[_OUTCOME] is not None:
        given[_OUTCOME] = SessionStatus(given[_OUTCOME])
    return Visit(*given)


_NAMES: Final = tuple(field.name for field in attrs.fields(Visit))
_MENU, _OUTCOME = _NAMES.index("menu"), _NAMES.index("outcome")
_ATTRIBUTES: Final = attrgetter(*_NAMES)


def _row(n: int, visit: Visit) -> dict[str, Any]:
    row: dict[str, Any] = dict(zip(_NAMES, _ATTRIBUTES(visit), strict=True))
    row["menu_id"], row["version"] = row.pop("menu") or (None, None)
    row["n"] = n
    return row


def _act_row(act: Act) -> dict[str, Any]:
    given = action_json(act.action)
    return {
        "session_id": act.session_id,
        "n": act.n,
        "team_id": act.team_id,
        "menu_id": act.menu_id,
        "kind": type(act.action).__name__,
        "given": given,
        "msisdn": act.msisdn,
    }


def _fetched(txn: Txn, key: VersionKey, directory: CurrentDirectory) -> PublishedMenu | None:
    """Read a version that is not in memory: it was published a moment ago, or long ago."""
    found: Iterable[PublishedMenu] = ussd_directory.menus(txn, [key])
    for menu in found:
        directory.keep([menu])
        return menu
    return None


def _spoiled(_: Step) -> Taken:
    """Apologise for what PostgreSQL cannot keep."""
    return Taken(UssdReply(said("apology"), end=True))


class Steps:
    """The steps of sessions, for the desk.

    Args:
        writer: commits them; its own, so that nobody who dials waits for messages.
        directory: the menus in memory.
        database: the pool, for the rest.
    """

    def __init__(self, writer: Writer, directory: CurrentDirectory, database: Database) -> None:
        """Take nothing yet."""
        self._writer = writer
        self._work = stepping(directory)
        self._database = database

    @property
    def waiting(self) -> int:
        """How many events wait."""
        return self._writer.waiting_items

    def take(self, steps: Sequence[Step]) -> Deferred[list[Taken]]:
        """Take events, and the answers of others; return what comes of each, after the commit."""
        return self._writer.write(self._work, steps)

    async def signed(self, menu_id: int) -> tuple[str, str] | None:
        """Return a menu's uuid and the secret that signs the calls of its webhooks; None: it is gone."""
        return await self._database.run("ussd.signed", ussd_menus.signed, menu_id)
