"""Endpoints of teams: where they want to be told, of what, and the secrets that calls are signed with.

Secrets are kept in clear, for each call is signed with them; they are shown once, when they are made.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

import attrs

from mobilesasa.core.actors import Actor
from mobilesasa.core.errors import BadValue, NotFound
from mobilesasa.core.hooks import OVERLAP_H, DeliveryState, Endpoint, HookEvent, Outcome, WebhookTerms
from mobilesasa.core.ids import canonical
from mobilesasa.core.signing import SECRET_OCTETS, secret_of
from mobilesasa.store import hook_log, hook_queue, trail
from mobilesasa.store.database import Database, Txn, one_row, row_of_uuid
from mobilesasa.store.hook_log import Logged, Meant, Span

ENDPOINTS_MAX: Final = 10  # of a team

# Two that are made at once are counted one after the other.
TAKE_TURNS = "SELECT pg_advisory_xact_lock(hashtext('mobilesasa.webhooks'), %(team_id)s)"

COUNT = "SELECT count(*) FROM webhook WHERE team_id = %(team_id)s AND deleted_at IS NULL"

INSERT = """
INSERT INTO webhook (uuid, team_id, url, description, events, include_text, secret)
VALUES (%(uuid)s, %(team_id)s, %(url)s, %(description)s, %(events)s, %(include_text)s, %(secret)s)
"""

_COLUMNS = """uuid, url, description, events, include_text, enabled, disabled_reason,
       (extract(epoch FROM disabled_at) * 1000)::bigint, (extract(epoch FROM failing_since) * 1000)::bigint,
       (extract(epoch FROM CASE WHEN old_secret_until > now() THEN old_secret_until END) * 1000)::bigint,
       (extract(epoch FROM created_at) * 1000)::bigint"""

OF_TEAM = f"SELECT {_COLUMNS} FROM webhook WHERE team_id = %(team_id)s AND deleted_at IS NULL ORDER BY id DESC"

_MEANT = "WHERE uuid = %(uuid)s AND team_id = %(team_id)s AND deleted_at IS NULL"

FIND = f"SELECT {_COLUMNS} FROM webhook {_MEANT}"

FIND_TO_CHANGE = FIND + " FOR UPDATE"

# What a team disables has no failures to show; what it enables begins anew.
UPDATE = f"""
UPDATE webhook SET url = %(url)s, description = %(description)s, events = %(events)s, include_text = %(include_text)s,
    enabled = %(enabled)s,
    failing_since = CASE WHEN %(enabled)s AND NOT enabled THEN NULL ELSE failing_since END,
    disabled_at = CASE WHEN %(enabled)s THEN NULL ELSE coalesce(disabled_at, now()) END,
    disabled_reason = CASE WHEN %(enabled)s THEN NULL ELSE coalesce(disabled_reason, 'team') END
{_MEANT} RETURNING id
"""

# The secrets go at once, the log when it is swept away.
DELETE = f"""
UPDATE webhook SET deleted_at = now(), enabled = false, secret = '', old_secret = NULL {_MEANT}
"""

ROTATE = f"""
UPDATE webhook SET old_secret = secret, old_secret_until = now() + make_interval(hours => %(hours)s), secret = %(secret)s
{_MEANT} RETURNING uuid
"""

ENDPOINT = f"""
SELECT id, uuid, team_id, url, secret, CASE WHEN old_secret_until > now() THEN old_secret END, include_text
FROM webhook {_MEANT}
"""


@attrs.frozen
class Webhook:
    """An endpoint as its team sees it, without its secrets."""

    uuid: str
    url: str
    description: str
    events: tuple[str, ...]
    include_text: bool
    enabled: bool
    disabled_reason: str | None  # team, gone, failing
    disabled_at_ms: int | None
    failing_since_ms: int | None
    old_secret_until_ms: int | None  # None: there is one secret
    created_at_ms: int


def of_team(txn: Txn, team_id: int) -> list[Webhook]:
    """Return the endpoints of a team, newest first."""
    txn.execute(OF_TEAM, {"team_id": team_id})
    return [_webhook(row) for row in txn.fetchall()]


def find(txn: Txn, team_id: int, uuid: str) -> Webhook:
    """Return an endpoint of a team.

    Raises:
        NotFound: the team has none of that uuid.
    """
    return _read(txn, FIND, team_id, uuid)


def create(txn: Txn, by: Actor, team_id: int, uuid: str, terms: WebhookTerms, secret: str) -> None:
    """Make an endpoint.

    Raises:
        BadValue: the team has as many as it may.
        AccessEnded: who asks no longer may.
    """
    trail.note(txn, by, "webhook.create", uuid, team_id=team_id, after=terms.noted())
    txn.execute(TAKE_TURNS, {"team_id": team_id})
    txn.execute(COUNT, {"team_id": team_id})
    if one_row(txn)[0] >= ENDPOINTS_MAX:
        raise BadValue(f"the team has {ENDPOINTS_MAX} webhooks already; delete one, or let one hear of more events")
    row = {**terms.noted(), "uuid": uuid, "team_id": team_id, "secret": secret}
    txn.execute(INSERT, row)


def update(txn: Txn, by: Actor, team_id: int, uuid: str, change: Callable[[WebhookTerms], WebhookTerms]) -> Webhook:
    """Change an endpoint; one that is enabled hears what still waits for it.

    Args:
        txn: the transaction.
        by: who asks.
        team_id: whose it is.
        uuid: of the endpoint.
        change: gives what is to be of what is; may be called twice.

    Raises:
        NotFound: the team has none of that uuid.
        AccessEnded: who asks no longer may.
    """
    found = _read(txn, FIND_TO_CHANGE, team_id, uuid)
    before = WebhookTerms(found.url, found.description, found.events, found.include_text, found.enabled)
    after = change(before)
    was, will = trail.differences(before.noted(), after.noted())
    trail.note(txn, by, "webhook.update", found.uuid, team_id=team_id, before=was, after=will)
    txn.execute(UPDATE, {**after.noted(), "uuid": found.uuid, "team_id": team_id})
    hook_log.notify(txn, one_row(txn)[0])
    return find(txn, team_id, uuid)


def delete(txn: Txn, by: Actor, team_id: int, uuid: str) -> Webhook:
    """Delete an endpoint with its secrets, and return what it was; its log goes soon.

    Raises:
        NotFound: the team has none of that uuid.
        AccessEnded: who asks no longer may.
    """
    found = _read(txn, FIND_TO_CHANGE, team_id, uuid)
    trail.note(txn, by, "webhook.delete", found.uuid, team_id=team_id, before={"url": found.url})
    txn.execute(DELETE, {"uuid": found.uuid, "team_id": team_id})
    return found


def rotate(txn: Txn, by: Actor, team_id: int, uuid: str, secret: str) -> None:
    """Give an endpoint a new secret; the old one signs beside it for `OVERLAP_H` hours.

    Raises:
        NotFound: the team has none of that uuid.
        AccessEnded: who asks no longer may.
    """
    known = canonical(uuid)
    trail.note(txn, by, "webhook.rotate", known or "", team_id=team_id)
    txn.execute(ROTATE, {"uuid": known, "team_id": team_id, "secret": secret, "hours": OVERLAP_H})
    if txn.rowcount == 0:
        raise NotFound(f"there is no webhook {uuid!r}")


def endpoint(txn: Txn, team_id: int, uuid: str) -> Endpoint:
    """Return where to call, also of an endpoint that is disabled.

    Raises:
        NotFound: the team has none of that uuid.
    """
    return hook_queue.endpoint_of(row_of_uuid(txn, ENDPOINT, uuid, f"there is no webhook {uuid!r}", team_id=team_id))


def _read(txn: Txn, statement: str, team_id: int, uuid: str) -> Webhook:
    return _webhook(row_of_uuid(txn, statement, uuid, f"there is no webhook {uuid!r}", team_id=team_id))


def _webhook(row: Sequence[Any]) -> Webhook:
    uuid, url, description, events, *rest = row
    return Webhook(uuid, url, description, tuple(events), *rest)


@attrs.frozen
class Webhooks:
    """The endpoints of teams and their logs, for the API; each call is one transaction of the pool.

    Args:
        database: the pool.
        new_uuid: makes uuids of endpoints.
        random_octets: gives so many that nobody can guess, such as `secrets.token_bytes`.
        now_ms: milliseconds since the epoch.
    """

    _database: Database
    _new_uuid: Callable[[], str]
    _random_octets: Callable[[int], bytes]
    _now_ms: Callable[[], int]

    async def of_team(self, team_id: int) -> Sequence[Webhook]:
        """Return the endpoints of the team, newest first."""
        return await self._database.run("webhooks.of_team", of_team, team_id)

    async def find(self, team_id: int, uuid: str) -> Webhook:
        """Return an endpoint of the team."""
        return await self._database.run("webhooks.find", find, team_id, uuid)

    async def create(self, by: Actor, team_id: int, terms: WebhookTerms) -> tuple[Webhook, str]:
        """Make an endpoint, and return it with its secret."""
        secret = secret_of(self._random_octets(SECRET_OCTETS))
        made = Webhook(
            self._new_uuid(),
            terms.url,
            terms.description,
            terms.events,
            include_text=terms.include_text,
            enabled=True,
            disabled_reason=None,
            disabled_at_ms=None,
            failing_since_ms=None,
            old_secret_until_ms=None,
            created_at_ms=self._now_ms(),
        )
        await self._database.run("webhooks.create", create, by, team_id, made.uuid, terms, secret)
        return made, secret

    async def update(
        self, by: Actor, team_id: int, uuid: str, change: Callable[[WebhookTerms], WebhookTerms]
    ) -> Webhook:
        """Change an endpoint of the team."""
        return await self._database.run("webhooks.update", update, by, team_id, uuid, change)

    async def delete(self, by: Actor, team_id: int, uuid: str) -> Webhook:
        """Delete an endpoint of the team, and return what it was."""
        return await self._database.run("webhooks.delete", delete, by, team_id, uuid)

    async def rotate(self, by: Actor, team_id: int, uuid: str) -> str:
        """Give an endpoint a new secret, and return that."""
        secret = secret_of(self._random_octets(SECRET_OCTETS))
        await self._database.run("webhooks.rotate", rotate, by, team_id, uuid, secret)
        return secret

    async def endpoint(self, by: Actor, team_id: int, uuid: str) -> Endpoint:
        """Return where to call, for a test."""
        return await self._database.run("webhooks.endpoint", _endpoint_allowed, by, team_id, uuid)

    async def tested(self, team_id: int, uuid: str, event_id: str, data: dict[str, Any], outcome: Outcome) -> Logged:
        """Write a test into the log."""
        return await self._database.run("webhooks.tested", hook_log.tested, team_id, uuid, event_id, data, outcome)

    async def deliveries(
        self, team_id: int, uuid: str, *, limit: int, offset: int, state: DeliveryState | None, event: str | None
    ) -> Sequence[Logged]:
        """Return deliveries of an endpoint, newest first."""
        meant = Meant(team_id, uuid, state, event)
        return await self._database.run("webhooks.deliveries", hook_log.page, meant, limit, offset)

    async def count_deliveries(
        self, team_id: int, uuid: str, *, state: DeliveryState | None, event: str | None
    ) -> tuple[int, bool]:
        """Return how many there are, and whether that is an estimate."""
        return await self._database.run("webhooks.count", hook_log.count, Meant(team_id, uuid, state, event))

    async def delivery(self, team_id: int, uuid: str, event_id: str) -> tuple[Logged, HookEvent]:
        """Return one delivery with what it tells."""
        return await self._database.run("webhooks.delivery", hook_log.find, team_id, uuid, event_id)

    async def redeliver(self, by: Actor, team_id: int, uuid: str, event_id: str) -> Logged:
        """Queue one again."""
        return await self._database.run("webhooks.redeliver", hook_log.redeliver, by, team_id, uuid, event_id)

    async def replay(self, by: Actor, team_id: int, uuid: str, from_ms: int, to_ms: int, all_states: bool) -> int:
        """Queue those of a span again; returns how many."""
        span = Span(from_ms, to_ms, all_states)
        return await self._database.run("webhooks.replay", hook_log.replay, by, team_id, uuid, span)


def _endpoint_allowed(txn: Txn, by: Actor, team_id: int, uuid: str) -> Endpoint:
    trail.allow(txn, by)
    return endpoint(txn, team_id, uuid)
