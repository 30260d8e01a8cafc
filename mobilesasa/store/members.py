"""The members of a team, and what the team may set for itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, cast

import attrs

from mobilesasa.core.actors import Actor
from mobilesasa.core.administration import KEEP
from mobilesasa.core.errors import AlreadyExists, BadValue, NotAllowed, NotFound
from mobilesasa.core.ids import canonical
from mobilesasa.core.members import Invitation, Member, Standing, TeamSettings, check_standing
from mobilesasa.core.people import LINK_S, secret_digest
from mobilesasa.core.reporting import zone_of
from mobilesasa.core.scopes import Role
from mobilesasa.store import senders, trail, users
from mobilesasa.store.database import Database, Txn, one_row
from mobilesasa.store.teams import TEXT_DAYS_MAX, checked_name
from mobilesasa.store.users import LINK_MARK, NewUser

UNITS_MAX = 10**12

# Whoever an operator answers for can be taken in unasked, so the team knows no more than the address until they come.
SELECT = """
SELECT app_user.uuid, email,
       CASE WHEN vouched AND used_at IS NULL THEN split_part(email, '@', 1) ELSE app_user.name END AS shown_name, role,
       (extract(epoch FROM membership.created_at) * 1000)::bigint, (extract(epoch FROM used_at) * 1000)::bigint,
       password_hash IS NOT NULL, disabled_at IS NOT NULL
FROM membership JOIN app_user ON app_user.id = user_id
CROSS JOIN LATERAL (SELECT max(used_at) AS used_at FROM user_login
                    WHERE user_login.user_id = app_user.id AND user_login.team_id = membership.team_id) AS last_login
WHERE membership.team_id = %(team_id)s AND (%(uuid)s::uuid IS NULL OR app_user.uuid = %(uuid)s)
ORDER BY shown_name, email
"""

# Those who change who is in a team take turns, so that the last owner is the last for all of them.
TAKE_TURNS = "SELECT pg_advisory_xact_lock(hashtext('mobilesasa.members'), %(team_id)s)"

# What operators do with a member waits too, so that what is looked at next is what is changed.
HOLD = """
SELECT FROM membership WHERE team_id = %(team_id)s AND user_id = (SELECT id FROM app_user WHERE uuid = %(uuid)s) FOR UPDATE
"""

OWNERS = "SELECT count(*) FROM membership WHERE team_id = %(team_id)s AND role = 'owner'"

FIND_USER = "SELECT id, uuid, vouched FROM app_user WHERE email = %(email)s"

ADD = """
INSERT INTO membership (user_id, team_id, role) VALUES (%(user_id)s, %(team_id)s, %(role)s)
ON CONFLICT (user_id, team_id) DO NOTHING
"""

SET_ROLE = """
UPDATE membership SET role = %(role)s WHERE team_id = %(team_id)s
AND user_id = (SELECT id FROM app_user WHERE uuid = %(uuid)s)
"""

REMOVE = """
DELETE FROM membership WHERE team_id = %(team_id)s AND user_id = (SELECT id FROM app_user WHERE uuid = %(uuid)s)
"""

# Only where nobody else could be meant: another team's member must not fall to whoever follows this team's link, nor
# somebody for whom an operator answers, whom other teams will take in on that word.
SET_LINK = """
UPDATE app_user SET link_digest = %(link_digest)s, link_ends_at = now() + %(link_s)s * interval '1 second'
WHERE uuid = %(uuid)s AND password_hash IS NULL AND NOT platform_admin AND NOT vouched
  AND NOT EXISTS (SELECT FROM membership WHERE user_id = app_user.id AND team_id <> %(team_id)s)
"""

SETTINGS = """
SELECT team.uuid, code, team.name, country, sender.name, text_days, low_balance_units, zone,
       (extract(epoch FROM team.created_at) * 1000)::bigint
FROM team LEFT JOIN sender ON sender.id = default_sender_id WHERE team.id = %(team_id)s
"""

# A column that is not named in `changed` keeps its value.
CHANGE_SETTINGS = """
UPDATE team SET
    name = CASE WHEN 'name' = ANY(%(changed)s) THEN %(name)s ELSE name END,
    text_days = CASE WHEN 'text_days' = ANY(%(changed)s) THEN %(text_days)s ELSE text_days END,
    low_balance_units = CASE WHEN 'low_balance_units' = ANY(%(changed)s) THEN %(low_balance_units)s ELSE low_balance_units END,
    zone = CASE WHEN 'zone' = ANY(%(changed)s) THEN %(zone)s ELSE zone END
WHERE id = %(team_id)s
"""


def of_team(txn: Txn, team_id: int) -> list[Member]:
    """Return who is in a team, by name."""
    return _select(txn, team_id, None)


def find(txn: Txn, team_id: int, user_uuid: str) -> Member:
    """Return a member.

    Raises:
        NotFound: the team has none of that uuid.
    """
    found = canonical(user_uuid)
    for member in [] if found is None else _select(txn, team_id, found):
        return member
    raise NotFound(f"the team has no member {user_uuid!r}")


def invite(txn: Txn, by: Actor, standing: Standing, team_id: int, asked: Invitation) -> tuple[Member, bool]:
    """Take somebody into a team; return the member, and whether a user was made for it.

    Raises:
        AlreadyExists: they are in the team, or are a user for whom no operator answers.
        BadValue: the email address or the name.
        NotAllowed: see `check_standing`.
    """
    check_standing(standing, None, asked.role)
    email = users.checked_email(asked.email)
    txn.execute(FIND_USER, {"email": email})
    row = txn.fetchone()
    if row is None:
        new = NewUser(uuid=asked.new_uuid, email=email, name=asked.name or None, link_digest=asked.link_digest)
        user_id, uuid = users.create(txn, by, new, team_id), asked.new_uuid
    else:
        user_id, uuid, vouched = row
        if not vouched and not _select(txn, team_id, uuid):
            message = f"{email} is a user of another team, for whom no operator answers; ask the operator to add them"
            raise AlreadyExists(message)
    after = {"email": email, "role": asked.role.value}
    trail.note(txn, by, "member.invite", uuid, team_id=team_id, after=after)
    txn.execute(ADD, {"user_id": user_id, "team_id": team_id, "role": asked.role.value})
    if not txn.rowcount:
        raise AlreadyExists(f"{email} is in the team already")
    return find(txn, team_id, uuid), row is None


def new_link(txn: Txn, by: Actor, standing: Standing, team_id: int, user_uuid: str, link_digest: bytes) -> Member:
    """Make a new link for a member who has not set a password yet, is in no other team, and whom the team has made.

    Raises:
        NotFound: the team has no such member.
        NotAllowed: they have a password or another team, or an operator answers for them; or see `check_standing`.
    """
    member = _held(txn, team_id, user_uuid)
    check_standing(standing, member.role, member.role)
    trail.note(txn, by, "member.link", member.uuid, team_id=team_id)
    row = {"uuid": member.uuid, "team_id": team_id, "link_digest": link_digest, "link_s": LINK_S}
    txn.execute(SET_LINK, row)
    if not txn.rowcount:
        message = "they have a password, or another team, or an operator answers for them; an operator can make a link"
        raise NotAllowed(message)
    return member


def change(txn: Txn, by: Actor, standing: Standing, team_id: int, user_uuid: str, role: Role) -> Member:
    """Change a member's role.

    Raises:
        NotFound: the team has no such member.
        NotAllowed: they are the last owner, or see `check_standing`.
    """
    txn.execute(TAKE_TURNS, {"team_id": team_id})
    member = _held(txn, team_id, user_uuid)
    check_standing(standing, member.role, role)
    before, after = {"role": member.role.value}, {"role": role.value}
    trail.note(txn, by, "member.change", member.uuid, team_id=team_id, before=before, after=after)
    if member.role is Role.OWNER and role is not Role.OWNER:
        _see_to_owners(txn, team_id)
    txn.execute(SET_ROLE, {"team_id": team_id, "uuid": member.uuid, "role": role.value})
    return attrs.evolve(member, role=role)


def remove(txn: Txn, by: Actor, standing: Standing, team_id: int, user_uuid: str) -> Member:
    """Take somebody out of a team and return what they were; their tokens live on (decision 11).

    Raises:
        NotFound, NotAllowed: as of `change`.
    """
    txn.execute(TAKE_TURNS, {"team_id": team_id})
    member = _held(txn, team_id, user_uuid)
    check_standing(standing, member.role, None)
    before = {"email": member.email, "role": member.role.value}
    trail.note(txn, by, "member.remove", member.uuid, team_id=team_id, before=before)
    if member.role is Role.OWNER:
        _see_to_owners(txn, team_id)
    txn.execute(REMOVE, {"team_id": team_id, "uuid": member.uuid})
    return member


def settings(txn: Txn, team_id: int) -> TeamSettings:
    """Return what a team has set for itself."""
    txn.execute(SETTINGS, {"team_id": team_id})
    return TeamSettings(*one_row(txn))


def change_settings(txn: Txn, by: Actor, team_id: int, changes: Mapping[str, object]) -> TeamSettings:
    """Change what is named of `name`, `default_sender`, `text_days`, `low_balance_units` and `zone`; return how it is then.

    Raises:
        NotFound: the default sender is none of the team's.
        BadValue: a value that cannot be kept.
    """
    before = attrs.asdict(settings(txn, team_id))
    values = {name: _checked(name, value) for name, value in changes.items() if name != "default_sender"}
    default = cast("str | None", changes["default_sender"]) if "default_sender" in changes else KEEP
    trail.note(
        txn,
        by,
        "team.change",
        before["code"],
        team_id=team_id,
        before={name: before[name] for name in values},
        after=values,
    )
    row: dict[str, Any] = {
        "name": None,
        "text_days": None,
        "low_balance_units": None,
        "zone": None,
        **values,
        "changed": list(values),
    }
    txn.execute(CHANGE_SETTINGS, {**row, "team_id": team_id})
    if default is not KEEP:
        senders.set_default(txn, by, team_id, default)
    return settings(txn, team_id)


def _checked(name: str, value: object) -> object:
    if name == "name":
        return checked_name(str(value))
    if name == "zone" and value is not None:
        return zone_of(str(value)).key
    if isinstance(value, int):
        least, most = (0, TEXT_DAYS_MAX) if name == "text_days" else (1, UNITS_MAX)
        if not least <= value <= most:
            raise BadValue(f"{name} is a whole number from {least} to {most}, not {value}")
    return value


def _see_to_owners(txn: Txn, team_id: int) -> None:
    """See that another owner stays.

    Raises:
        NotAllowed: there is only one.
    """
    txn.execute(OWNERS, {"team_id": team_id})
    if one_row(txn)[0] < 2:
        raise NotAllowed("the last owner of a team stays its owner; make another one first")


def _held(txn: Txn, team_id: int, user_uuid: str) -> Member:
    """Return a member, who stays as they are until this transaction ends.

    Raises:
        NotFound: the team has none of that uuid.
    """
    txn.execute(HOLD, {"team_id": team_id, "uuid": canonical(user_uuid)})
    return find(txn, team_id, user_uuid)


def _select(txn: Txn, team_id: int, uuid: str | None) -> list[Member]:
    txn.execute(SELECT, {"team_id": team_id, "uuid": uuid})
    return [Member(uuid, email, name, Role(role), *rest) for uuid, email, name, role, *rest in txn.fetchall()]


@attrs.frozen
class Members:
    """The same for the API.

    Attributes:
        new_uuid: makes uuids of users.
        new_secret: makes the random part of a link's token, such as `secrets.token_urlsafe`.
    """

    _database: Database
    _new_uuid: Callable[[], str]
    _new_secret: Callable[[], str] = attrs.field(repr=False)

    async def of_team(self, team_id: int) -> list[Member]:
        """Return who is in a team, by name."""
        return await self._database.run("members.of_team", of_team, team_id)

    async def invite(
        self, by: Actor, standing: Standing, team_id: int, email: str, name: str | None, role: Role
    ) -> tuple[Member, str | None]:
        """Take somebody into a team; return the member, and the token of a link where a user was made for it.

        Raises:
            AlreadyExists, BadValue, NotAllowed: as `invite` says.
        """
        token = LINK_MARK + self._new_secret()
        asked = Invitation(email, name or "", role, self._new_uuid(), secret_digest(token))
        member, made = await self._database.run("members.invite", invite, by, standing, team_id, asked)
        return member, token if made else None

    async def new_link(self, by: Actor, standing: Standing, team_id: int, user_uuid: str) -> tuple[Member, str]:
        """Make a new link for a member who has not set a password yet and is in no other team.

        Raises:
            NotFound, NotAllowed: as `new_link` says.
        """
        token = LINK_MARK + self._new_secret()
        digest = secret_digest(token)
        member = await self._database.run("members.new_link", new_link, by, standing, team_id, user_uuid, digest)
        return member, token

    async def change(self, by: Actor, standing: Standing, team_id: int, user_uuid: str, role: Role) -> Member:
        """Change a member's role.

        Raises:
            NotFound, NotAllowed: as `change` says.
        """
        return await self._database.run("members.change", change, by, standing, team_id, user_uuid, role)

    async def remove(self, by: Actor, standing: Standing, team_id: int, user_uuid: str) -> Member:
        """Take somebody out of a team and return what they were.

        Raises:
            NotFound, NotAllowed: as `change` says.
        """
        return await self._database.run("members.remove", remove, by, standing, team_id, user_uuid)

    async def settings(self, team_id: int) -> TeamSettings:
        """Return what a team has set for itself."""
        return await self._database.run("members.settings", settings, team_id)

    async def change_settings(self, by: Actor, team_id: int, changes: Mapping[str, object]) -> TeamSettings:
        """Change what is named, and return how it is then.

        Raises:
            NotFound, BadValue: as `change_settings` says.
        """
        return await self._database.run("members.change_settings", change_settings, by, team_id, changes)
