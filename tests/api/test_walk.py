"""A walk over the route table: what every route answers to nobody, to the wrong token, to a viewer, and for another team's things.

A new route passes as it is. One whose path has a place for a thing of a new kind needs a line in `FOREIGN`, which says
how OTHER gets one.
"""

from collections.abc import Callable
from typing import Annotated, Any, Literal, get_args, get_origin

import attrs
import orjson
import pytest

from mobilesasa.api.ports import WebLimits
from mobilesasa.api.requests import Said
from mobilesasa.api.root import make_app
from mobilesasa.api.routes import Route
from mobilesasa.core.scopes import OPERATORS_SCOPES, PLATFORM, READ, WHOLE
from tests.api.rig import TOKENS, Reply, Rig, came, directory, message_id, stored, token
from tests.fakes.people import JANE, OLGA, ROOT, VERA

TABLE = make_app(Rig().node)[1]
GUARDED = [row for row in TABLE if not row.public]
EVERYTHING = "mbs_everything"
NOWHERE = "0b000000-0000-4000-8000-000000000000"  # a uuid of nothing

#: How OTHER gets a thing of a collection, and by what it is named in a path.
FOREIGN: dict[str, Callable[[Rig], str]] = {
    "/messages": lambda rig: put(rig.history.put, stored(7, team_id=2)).id,
    "/inbound": lambda rig: put(rig.inbox.kept.append, came(8, team_id=2)).id,
    "/suppressions": lambda rig: rig.suppressions.give(team_id=2).uuid,
    "/contacts": lambda rig: rig.contacts.give(team_id=2).uuid,
    "/groups": lambda rig: rig.contacts.give_group("Theirs", 2).uuid,
    "/campaigns": lambda rig: rig.campaigns.give(team_id=2).uuid,
    "/surveys": lambda rig: rig.surveys.give(team_id=2).uuid,
    "/ussd/extensions": lambda rig: rig.ussd.give_extension(team_id=2).uuid,
    "/ussd/menus": lambda rig: rig.ussd.give_menu(team_id=2, version=1).uuid,
    "/ussd/sessions": lambda rig: rig.ussd.give_session(team_id=2).uuid,
    "/team/members": lambda _: OLGA.uuid,
    "/auth/logins": lambda rig: log_in(rig, OLGA.email),
    "/sender-ids": lambda rig: rig.senders.give(team_id=2).uuid,
    "/sender-ids/documents": lambda rig: rig.documents.give(team_id=2).uuid,
    "/tokens": lambda rig: rig.tokens.give(team_id=2).uuid,
    "/webhooks": lambda rig: rig.webhooks.give(team_id=2).uuid,
    "/campaigns/audiences": lambda rig: rig.audiences.give(team_id=2).uuid,
    "/smpp/passwords": lambda rig: rig.smpp_passwords.give(team_id=2).uuid,
}
#: What the fakes cannot hold for two teams: something that is nowhere stands for OTHER's; the walk over a real node
#: (tests/whole/test_isolation.py) asks for OTHER's own.
NOWHERE_ALONE = {"/smpp/sessions", "/contacts/erasures", "/contacts/uploads", "/exports"}
#: The platform's, which no team has.
PLATFORMS = ("/carriers", "/receipts/", "/admin/")
#: Bodies that need more than the fields that must be there.
BODIES = {
    "POST /groups/{uuid}/contacts": {"phone": "+254712345678"},
    "POST /admin/receipts/unmatched/{receipt}/match": {"message": message_id(1)},
    "POST /receipts/unmatched/{receipt}/match": {"message": message_id(1)},
    "POST /webhooks/{uuid}/replay": {
        "created_from": "2026-05-10T09:00:00Z",
        "created_to": "2026-05-11T09:00:00Z",
    },
}
#: What a route wants beside its scope.
ALSO = {"GET /contacts/{uuid}/export": "messages:read"}


def put(into: Callable[[Any], object], thing: Any) -> Any:
    into(thing)
    return thing


def log_in(rig: Rig, email: str) -> str:
    """Log somebody in, and return the login's uuid."""
    rig.log_in(email)
    return list(rig.logins.living)[-1]


@pytest.fixture
def rig() -> Rig:
    """One for all routes, for a hundred would take a minute; bad tokens are not counted."""
    made = Rig(limits=WebLimits(bad_tokens=1_000_000))
    made.directory.now = directory(tokens=[*TOKENS, token(EVERYTHING, scopes=OPERATORS_SCOPES)])
    return made


def collection(row: Route) -> str:
    """What stands before the first place of a path."""
    return row.path.partition("/{")[0]


def named(row: Route) -> str:
    return f"{row.method} {row.path}"


def filled(row: Route, thing: str) -> str:
    """The path with a thing in its first place, and what is nowhere in the others."""
    first, *others = row.places or [""]
    return row.filled({first: thing, **dict.fromkeys(others, NOWHERE)}).partition(" ")[2]


def ask(rig: Rig, row: Route, path: str, **headers: str) -> Reply:
    body = b"" if row.body is None else orjson.dumps(BODIES.get(named(row)) or example(row.body))
    return rig.ask(row.method, f"/api/v1{path}", body, **headers)


def bearer(raw: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {raw}"}


def example(cls: type) -> dict[str, Any]:
    """A body that parses: the fields that must be there, as the document shows them."""
    needed = [
        field for field in attrs.fields(attrs.resolve_types(cls, include_extras=True)) if field.default is attrs.NOTHING
    ]
    return {field.name: value_of(field.type) for field in needed}


def value_of(kind: Any) -> Any:
    if get_origin(kind) is Annotated:
        base, *notes = get_args(kind)
        shown = next((note.example for note in notes if isinstance(note, Said)), None)
        return value_of(base) if shown is None else list(shown) if isinstance(shown, tuple) else shown
    if get_origin(kind) is Literal:
        return get_args(kind)[0]
    if get_origin(kind) is list:
        return [value_of(get_args(kind)[0])]
    if attrs.has(kind):
        return example(kind)
    return {str: "+254712345678", int: 1, bool: True}.get(kind, {})


def test_decision_14_nobody_gets_401_whatever_they_ask(rig):
    """api-v1: "401 Unauthenticated — missing or invalid token"."""
    for row in GUARDED:
        for headers in ({}, bearer("mbs_unknown")):
            reply = ask(rig, row, filled(row, NOWHERE), **headers)
            assert reply.refusal == (401, "unauthenticated"), named(row)


def test_a_token_without_the_scope_gets_403_which_names_it(rig):
    """api-v1: "Requests to resources outside the token's scopes return 403 Forbidden."."""
    for row in GUARDED:
        if not row.scopes and not row.person:
            continue
        finer = {scope + READ for scope in row.scopes} - {PLATFORM + READ} if row.writes else set()
        others = {scope for scope in OPERATORS_SCOPES if scope.removesuffix(READ) not in row.scopes}
        rig.directory.now = directory(tokens=[token("mbs_others", scopes=(*others, *finer))])
        reply = ask(rig, row, filled(row, NOWHERE), **bearer("mbs_others"))
        assert reply.refusal == (403, "missing_scope"), named(row)
        assert all(scope in reply.body["error"] for scope in row.scopes), named(row)


def test_decision_16_the_finer_scope_is_enough_to_read(rig):
    for row in GUARDED:
        for scope in row.scopes if row.reads else ():
            finer = scope if scope == PLATFORM else scope + READ
            rig.directory.now = directory(tokens=[token("mbs_reads", scopes=(finer, ALSO.get(named(row), finer)))])
            reply = ask(rig, row, filled(row, NOWHERE), **bearer("mbs_reads"))
            assert reply.status not in (401, 403, 500), named(row)


def test_decision_11_a_viewer_changes_nothing(rig):
    access = rig.log_in(VERA.email)
    for row in GUARDED:
        if row.writes and not row.person:
            reply = ask(rig, row, filled(row, NOWHERE), **bearer(access))
            assert reply.refusal == (403, "missing_scope"), named(row)


def test_decision_11_an_owner_may_use_all_that_is_the_team_s(rig):
    access = rig.log_in(JANE.email)
    for row in GUARDED:
        if {*row.scopes} & {*WHOLE}:
            reply = ask(rig, row, filled(row, NOWHERE), **bearer(access))
            assert reply.status not in (401, 403, 500), named(row)


def test_what_is_the_platform_s_is_an_administrator_s_alone(rig):
    owner, administrator = rig.log_in(JANE.email), rig.log_in(ROOT.email)
    for row in GUARDED:
        of_platform = PLATFORM in row.scopes
        assert of_platform == (row.scopes == (PLATFORM,)) == row.path.startswith(PLATFORMS), named(row)
        if of_platform:
            assert ask(rig, row, filled(row, NOWHERE), **bearer(owner)).status == 403, named(row)
            assert ask(rig, row, filled(row, NOWHERE), **bearer(administrator)).status not in (401, 403, 500), named(
                row
            )


def test_decision_8_another_team_s_thing_is_404_as_what_is_nowhere(rig):
    access = rig.log_in(JANE.email)
    for row in GUARDED:
        if not row.places or PLATFORM in row.scopes:
            continue
        of = collection(row)
        assert of in {*FOREIGN, *NOWHERE_ALONE}, f"{named(row)}: say how OTHER gets one of these"
        theirs = FOREIGN[of](rig) if of in FOREIGN else NOWHERE
        nowhere = message_id(99) if of in ("/messages", "/inbound") else NOWHERE
        headers = bearer(access if row.person else EVERYTHING)
        found, missing = (ask(rig, row, filled(row, thing), **headers) for thing in (theirs, nowhere))
        assert (found.status, missing.status) == (404, 404), (named(row), found.body, missing.body)
        assert found.body["code"] == missing.body["code"], named(row)
        assert found.body["error"].replace(theirs, "") == missing.body["error"].replace(nowhere, ""), named(row)


def test_decision_7_what_is_no_uuid_in_a_path_is_404(rig):
    access = rig.log_in(JANE.email)
    for row in GUARDED:
        for thing in ("x", "0", "%27", "../..", "a" * 300, "😀") if row.places else ():
            reply = ask(rig, row, filled(row, thing), **bearer(access if row.person else EVERYTHING))
            assert reply.status == 404, (named(row), thing, reply.body)


def test_every_route_says_what_it_is():
    for row in TABLE:
        assert row.summary.endswith("."), named(row)
        assert row.public or row.person or row.scopes or row.reads, f"{named(row)}: what writes wants a scope"
        assert not (row.person and (row.scopes or row.public)), named(row)
        assert {*row.scopes} <= {*WHOLE, PLATFORM}, named(row)
