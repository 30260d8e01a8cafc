"""`mobilesasa user …`: people who log in."""

from __future__ import annotations

import secrets
import sys
import uuid

import click

from mobilesasa.cli.access import Node, operator
from mobilesasa.cli.answers import Answer, answering, card, iso, named, table
from mobilesasa.core.administration import UserRecord
from mobilesasa.core.passwords import checked_password
from mobilesasa.core.people import SigningKey, secret_digest
from mobilesasa.core.scopes import Role
from mobilesasa.store import accounts, passwords, people, users
from mobilesasa.store.database import Txn
from mobilesasa.store.users import LINK_MARK, NewUser

_SECRET_OCTETS = 15  # of a password that is made: 20 characters
_KEY_OCTETS = 32

_stdin = click.option("--password-stdin", is_flag=True, help="Read the password from standard input; else one is made.")
_team = click.option("--team", "code", required=True, metavar="C", help="The team's code.")


@click.group()
def user() -> None:
    """People who log in, and what they are in which team."""


@user.command()
@named("email", "EMAIL")
@click.option("--name", metavar="N", help="What people call them; what stands before the @ unless told.")
@click.option("--team", "code", metavar="C", help="A team that they are in.")
@click.option(
    "--role",
    type=click.Choice([role.value for role in Role]),
    default=Role.OWNER.value,
    show_default=True,
    help="What they are in it.",
)
@click.option("--platform-admin", is_flag=True, help="They administer the platform.")
@_stdin
@answering
def create(
    node: Node, email: str, name: str | None, code: str | None, role: str, platform_admin: bool, password_stdin: bool
) -> Answer:
    """Make a user with a password, which is shown this once unless it was read from standard input."""
    password = _password(email, password_stdin)
    new = NewUser(
        uuid=str(uuid.uuid4()),
        email=email,
        name=name,
        password_hash=passwords.hashed(password),
        platform_admin=platform_admin,
        vouched=True,
    )

    def make(txn: Txn) -> UserRecord:
        users.create(txn, operator(), new)
        if code is not None:
            accounts.grant(txn, operator(), email, code, Role(role))
        return users.show(txn, email)

    return _with_password(node.run(make), None if password_stdin else password)


@user.command(name="list")
@click.option("--team", "code", metavar="C", help="Of this team alone.")
@answering
def list_(node: Node, code: str | None) -> Answer:
    """List users with their teams and roles."""
    found = [_fields(each) for each in node.run(users.list_users, code)]
    columns = ("email", "name", "teams", "platform_admin", "disabled", "has_password", "last_login_at", "uuid")
    return Answer({"users": found}, table(columns, [[each[column] for column in columns] for each in found]))


@user.command()
@named("email", "EMAIL")
@_stdin
@click.option("--link", is_flag=True, help="Make a link's token instead, with which they set one themselves.")
@answering
def password(node: Node, email: str, password_stdin: bool, link: bool) -> Answer:
    """Give somebody a new password, which is shown this once; all their logins end.

    With --link nothing changes until the token is used, once and within three days, at POST /auth/link.
    """
    if link and password_stdin:
        raise click.UsageError("say either --password-stdin or --link")
    if link:
        token = LINK_MARK + secrets.token_urlsafe()
        fields = _fields(node.run(accounts.set_link, operator(), email, secret_digest(token)))
        return Answer({**fields, "link_token": token}, card({**fields, "link_token, shown this once": token}))
    made = _password(email, password_stdin)
    found = node.run(accounts.set_password, operator(), email, passwords.hashed(made))
    return _with_password(found, None if password_stdin else made)


@user.command()
@named("email", "EMAIL")
@answering
def disable(node: Node, email: str) -> Answer:
    """Let somebody log in no more; all their logins end. The API tokens that they made live on."""
    return _answer(node.run(accounts.disable, operator(), email))


@user.command()
@named("email", "EMAIL")
@answering
def enable(node: Node, email: str) -> Answer:
    """Let somebody log in again."""
    return _answer(node.run(accounts.enable, operator(), email))


@user.command()
@named("email", "EMAIL")
@_team
@click.option("--role", type=click.Choice([role.value for role in Role]), required=True, help="What they are in it.")
@answering
def grant(node: Node, email: str, code: str, role: str) -> Answer:
    """Give somebody a role in a team, or another one."""
    return _answer(node.run(accounts.grant, operator(), email, code, Role(role)))


@user.command()
@named("email", "EMAIL")
@_team
@answering
def revoke(node: Node, email: str, code: str) -> Answer:
    """Take somebody out of a team, be it the last owner. The API tokens that they made live on."""
    return _answer(node.run(accounts.revoke, operator(), email, code))


@user.command(name="platform-admin")
@named("email", "EMAIL")
@click.option("--no", "ends", is_flag=True, help="They administer the platform no more.")
@answering
def platform_admin(node: Node, email: str, ends: bool) -> Answer:
    """Let somebody administer the platform."""
    return _answer(node.run(accounts.set_platform_admin, operator(), email, not ends))


@user.command(name="new-key")
@answering
def new_key(node: Node) -> Answer:
    """Sign access tokens with a new key; the one before stays good until this is done again.

    Nobody has to log in anew: a client whose access token is refused refreshes it.
    """
    key = SigningKey(secrets.token_hex(8), secrets.token_bytes(_KEY_OCTETS))
    node.run(people.add_key, key)
    return Answer({"kid": key.kid}, card({"kid": key.kid}))


def _password(email: str, from_stdin: bool) -> str:
    """Return the password that was given, or one that nobody can guess."""
    if not from_stdin:
        return secrets.token_urlsafe(_SECRET_OCTETS)
    return checked_password(sys.stdin.readline().rstrip("\r\n"), email)


def _answer(found: UserRecord) -> Answer:
    fields = _fields(found)
    return Answer(fields, card(fields))


def _with_password(found: UserRecord, made: str | None) -> Answer:
    fields = _fields(found)
    if made is None:
        return Answer(fields, card(fields))
    return Answer({**fields, "password": made}, card({**fields, "password, shown this once": made}))


def _fields(found: UserRecord) -> dict[str, object]:
    return {
        "uuid": found.uuid,
        "email": found.email,
        "name": found.name,
        "teams": dict(found.teams),
        "platform_admin": found.platform_admin,
        "disabled": found.disabled,
        "has_password": found.has_password,
        "created_at": iso(found.created_at_ms),
        "last_login_at": iso(found.last_login_ms),
    }
