"""What the log tells of credentials and rights that did not suffice: the first of a minute, with ids, and none of the secrets."""

from collections.abc import Iterator

import orjson
import pytest
from twisted.logger import LogLevel

from tests.api.rig import BODY, OPERATOR, TOKEN, Rig, token
from tests.fakes.people import JANE, VERA
from tests.logs import heard


@pytest.fixture
def warned() -> Iterator[list[str]]:
    with heard(LogLevel.warn, of="mobilesasa.api") as said:
        yield said


def ask(rig: Rig, **headers: str) -> int:
    return rig.ask("GET", "/api/v1/messages", **headers).status


def test_a_bad_token_is_told_once_a_minute_and_once_more_when_there_are_too_many(rig, warned):
    for _ in range(6):
        ask(rig, X_API_Key="mbs_bad")
    assert warned == [
        "a request from 192.0.2.7 was refused: the token is not known; request request-1000000",
        "there are too many bad tokens from 192.0.2.7, which are answered 429 from now on; request request-1000003",
    ]
    rig.clock.advance(60)
    ask(rig, X_API_Key="mbs_revoked")
    assert warned[2:] == ["a request from 192.0.2.7 was refused: the token was revoked; request request-1000006"]


def test_a_scope_that_is_missing_is_told_once_a_minute_for_each_who_lacks_it(rig, warned):
    for _ in range(2):
        assert [ask(rig, X_API_Key=raw) for raw in ("mbs_contacts", OPERATOR)] == [403, 403]
    lacks = "the token uuid of {} at 192.0.2.7 was refused: this token lacks the scope messages; request {}"
    assert warned == [lacks.format("mbs_contacts", "request-1000000"), lacks.format(OPERATOR, "request-1000001")]
    rig.clock.advance(60)
    ask(rig, X_API_Key="mbs_contacts")
    assert len(warned) == 3


def test_a_role_that_does_not_suffice_and_a_write_without_its_csrf_token_are_told_by_the_user(rig, warned):
    assert rig.post("/messages", BODY, token=rig.log_in(VERA.email)).status == 403
    body = orjson.dumps({"email": JANE.email, "password": rig.logins.password, "cookie": True})
    cookies = rig.ask("POST", "/api/v1/auth/login", body).cookies
    sent = "; ".join(each.partition(";")[0] for each in cookies)
    assert rig.ask("POST", "/api/v1/messages", orjson.dumps(BODY), Cookie=sent).refusal == (403, "bad_csrf_token")
    assert [line.partition("; request")[0] for line in warned] == [
        f"the user {VERA.uuid} at 192.0.2.7 was refused: your role lacks the scope messages",
        f"the user {JANE.uuid} at 192.0.2.7 was refused: a write by cookie needs X-CSRF-Token, as the login has given it",
    ]


def test_what_passes_and_who_sends_no_token_is_not_told(rig, warned):
    assert [ask(rig, X_API_Key=TOKEN), ask(rig), ask(rig, X_API_Key="mbs_expired" * 20)] == [200, 401, 401]
    assert len(warned) == 1
    assert "mbs_" not in warned[0]


def test_only_so_many_who_lack_a_right_are_remembered(rig, warned):
    rig.node.directory.now = rig.node.directory.now.__class__(
        rig.node.directory.now.teams.values(), (), [token(f"mbs_{n}", scopes=("reports",)) for n in range(3)]
    )
    for n in (0, 1, 2, 0):
        ask(rig, X_API_Key=f"mbs_{n}")
    assert len(warned) == 4  # the rig remembers two
