"""Logging in at a node, over a real store; only what is slow about hashes is not real."""

from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from typing import Any

import pytest
import pytest_twisted
from twisted.internet import reactor
from twisted.internet.defer import Deferred, succeed
from twisted.logger import LogLevel

from mobilesasa.core.actors import NODE, Actor, ActorKind
from mobilesasa.core.errors import AccessEnded, BadValue, LoginFailed, Overloaded, TooManyAttempts, UserDisabled
from mobilesasa.core.people import CurrentPeople, Opened, Whence, secret_digest
from mobilesasa.node.logins import Logins
from mobilesasa.store import accounts, attempts, passwords
from mobilesasa.store.database import Database, connect, in_transaction
from mobilesasa.store.passwords import Passwords
from tests.logs import heard
from tests.store.given import add_team
from tests.store.test_logins import EMAIL, add_user

PASSWORD, ANOTHER = "a long enough one", "quite another one"
HERE, THERE = Whence("192.0.2.7", "", "r"), Whence("192.0.2.8")
UNKNOWN = "nobody@acme.example"


class Desk:
    """Logins over a store with one user."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.people = CurrentPeople()
        self.looked_at: list[str] = []
        self.held: Deferred[None] | None = None
        numbers = iter(range(1000))
        self.logins = Logins(
            database,
            Passwords(self._call),
            self.people,
            lambda: f"a0000000-0000-4000-8000-{next(numbers):012}",
            lambda: f"secret {next(numbers)}",
        )

    def _call(self, function: Any, *arguments: str) -> Deferred[Any]:
        self.looked_at.append(function.__name__)
        if self.held is None or self.held.called:
            return succeed(function(*arguments))
        self.held.callback(None)
        return self._gone_on.addCallback(lambda _: function(*arguments))

    def hold(self) -> None:
        """Let the next look at a password wait; `held` fires when it does."""
        self.held, self._gone_on = Deferred(), Deferred()

    def go_on(self) -> None:
        """Wait no more."""
        self._gone_on.callback(None)

    async def begin(self, password: str = PASSWORD, email: str = EMAIL, whence: Whence = HERE) -> Opened:
        return await self.logins.begin(email, password, None, whence)

    def knows(self, opened: Opened) -> bool:
        """Whether this node takes the login for one that goes on."""
        return opened.user.uuid in self.people.now.users and opened.login_uuid not in self.people.now.ended


def by(opened: Opened) -> Actor:
    return Actor(ActorKind.USER, opened.user.uuid, login_uuid=opened.login_uuid)


@pytest_twisted.async_yield_fixture
async def desk(database_dsn: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Desk]:
    # that hashes are slow is looked at elsewhere; here are dozens
    monkeypatch.setattr(passwords, "_hasher", passwords.PasswordHasher(1, 8, 1))
    with closing(connect(database_dsn, "before")) as opened:
        kept = passwords.hashed(PASSWORD)
        in_transaction(opened, lambda txn: add_user(txn, add_team(txn), password_hash=kept))
    database = Database(reactor, database_dsn)  # type: ignore[arg-type]
    await database.start()
    yield Desk(database)
    await database.close()


async def refused(work: Any, *kinds: type[Exception]) -> Exception:
    with pytest.raises(kinds) as found:
        await work
    return found.value


@pytest_twisted.ensureDeferred
async def test_a_right_password_begins_a_login_that_this_node_knows_at_once(desk: Desk):
    opened = await desk.begin(email=EMAIL.upper())
    assert desk.knows(opened)
    (listed,) = await desk.logins.of_user(opened.user.uuid)
    assert listed.uuid == opened.login_uuid


@pytest_twisted.ensureDeferred
async def test_decision_10_an_unknown_user_costs_a_look_as_a_wrong_password_does(desk: Desk):
    wrong = await refused(desk.begin("wrong"), LoginFailed)
    unknown = await refused(desk.begin(PASSWORD, UNKNOWN), LoginFailed)
    assert str(wrong) == str(unknown)
    assert desk.looked_at == ["fits", "fits"]


@pytest.fixture
def warned() -> Iterator[list[str]]:
    with heard(LogLevel.warn, of="mobilesasa.node.logins") as said:
        yield said


@pytest_twisted.ensureDeferred
async def test_what_was_wrong_is_told_by_the_user_s_number_without_address_and_password(desk: Desk, warned: list[str]):
    await refused(desk.begin("wrong"), LoginFailed)
    await refused(desk.begin(PASSWORD, UNKNOWN), LoginFailed)
    await refused(desk.logins.use_link("mbl_none", ANOTHER, HERE), LoginFailed)
    opened = await desk.begin()
    await refused(desk.logins.change_password(by(opened), "wrong", ANOTHER, HERE), LoginFailed)
    following = await desk.logins.renew(opened.refresh_token, None, HERE)
    await desk.logins.renew(following.refresh_token, None, HERE)
    await refused(desk.logins.renew(opened.refresh_token, None, HERE), AccessEnded)
    (user_id,) = {line.split()[1].rstrip(":") for line in warned if line.startswith("user ")}
    assert warned == [
        f"user {user_id}: a wrong password from 192.0.2.7; request r",
        "somebody unknown: a wrong password from 192.0.2.7; request r",
        "somebody unknown: a link that is not good, or not any more, from 192.0.2.7; request r",
        f"user {user_id}: a wrong old password from 192.0.2.7; request r",
        f"login {opened.login_uuid}: a refresh token that was used before from 192.0.2.7, so it has ended; request r",
    ]


@pytest_twisted.ensureDeferred
async def test_decision_9_after_five_wrong_ones_no_password_is_looked_at(desk: Desk):
    for _ in range(5):
        await refused(desk.begin("wrong"), LoginFailed)
    await refused(desk.begin(), TooManyAttempts)
    assert len(desk.looked_at) == 5
    await desk.begin(whence=THERE)


@pytest_twisted.ensureDeferred
async def test_a_right_password_resets_the_count(desk: Desk):
    for _ in range(2):
        for _ in range(4):
            await refused(desk.begin("wrong"), LoginFailed)
        await desk.begin()


@pytest_twisted.ensureDeferred
async def test_a_disabled_user_is_told_so_after_the_right_password_alone(desk: Desk):
    await desk.database.run("disable", accounts.disable, NODE, EMAIL)
    await refused(desk.begin("wrong"), LoginFailed)
    await refused(desk.begin(), UserDisabled)


@pytest_twisted.ensureDeferred
async def test_a_login_goes_on_and_a_token_that_comes_again_ends_it_at_this_node_at_once(desk: Desk):
    first = await desk.begin()
    second = await desk.logins.renew(first.refresh_token, None, THERE)
    assert second.login_uuid == first.login_uuid
    third = await desk.logins.renew(second.refresh_token, None, THERE)
    assert desk.knows(first)
    await refused(desk.logins.renew(first.refresh_token, None, HERE), AccessEnded)
    assert not desk.knows(first)
    await refused(desk.logins.renew(third.refresh_token, None, HERE), AccessEnded)


@pytest_twisted.ensureDeferred
async def test_a_token_whose_answer_was_lost_comes_again_and_is_told_in_the_log(desk: Desk):
    first = await desk.begin()
    lost = await desk.logins.renew(first.refresh_token, None, HERE)
    with heard(LogLevel.info, of="mobilesasa.node.logins") as said:
        again = await desk.logins.renew(first.refresh_token, None, HERE)
        await desk.logins.renew(again.refresh_token, None, HERE)
    assert said == [f"login {first.login_uuid}: the refresh token came again from 192.0.2.7 within 30 s; request r"]
    assert again.refresh_token != lost.refresh_token
    assert desk.knows(first)
    await refused(desk.logins.renew(lost.refresh_token, None, HERE), AccessEnded)
    assert not desk.knows(first)


@pytest_twisted.ensureDeferred
async def test_what_ends_here_has_ended_here_at_once(desk: Desk):
    here, there, third = [await desk.begin() for _ in range(3)]
    await desk.logins.end(by(there), there.login_uuid)
    assert [desk.knows(each) for each in (here, there, third)] == [True, False, True]
    assert await desk.logins.end_all(by(here), here.login_uuid) == 1
    assert [desk.knows(each) for each in (here, third)] == [True, False]
    assert await desk.logins.end_all(by(here)) == 1
    assert not desk.knows(here)


@pytest_twisted.ensureDeferred
async def test_a_password_is_changed_and_the_other_logins_end(desk: Desk):
    here, there = await desk.begin(), await desk.begin()
    await refused(desk.logins.change_password(by(here), "wrong", ANOTHER, HERE), LoginFailed)
    await refused(desk.logins.change_password(by(here), PASSWORD, "short", HERE), BadValue)
    assert await desk.logins.change_password(by(here), PASSWORD, ANOTHER, HERE) == 1
    assert [desk.knows(each) for each in (here, there)] == [True, False]
    await refused(desk.begin(), LoginFailed)
    await desk.begin(ANOTHER)


@pytest_twisted.ensureDeferred
async def test_wrong_old_passwords_count_as_those_of_the_login_do(desk: Desk):
    here = await desk.begin()
    for _ in range(5):
        await refused(desk.logins.change_password(by(here), "wrong", ANOTHER, HERE), LoginFailed)
    await refused(desk.logins.change_password(by(here), PASSWORD, ANOTHER, HERE), TooManyAttempts)
    await refused(desk.begin(), TooManyAttempts)


@pytest_twisted.ensureDeferred
async def test_a_link_sets_a_password_and_ends_all_logins(desk: Desk):
    here = await desk.begin()
    await desk.database.run("link", accounts.set_link, NODE, EMAIL, secret_digest("mbl_1"))
    await refused(desk.logins.use_link("mbl_1", "short", HERE), BadValue)
    assert await desk.logins.use_link("mbl_1", ANOTHER, HERE) == EMAIL
    assert not desk.knows(here)
    await desk.begin(ANOTHER)
    for _ in range(attempts.LIMIT):
        await refused(desk.logins.use_link("mbl_1", ANOTHER, HERE), LoginFailed)
    await refused(desk.logins.use_link("mbl_1", ANOTHER, HERE), TooManyAttempts)


@pytest_twisted.ensureDeferred
async def test_only_so_many_passwords_are_looked_at_at_once_and_so_many_wait(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(passwords, "WAITING_MAX", 1)
    under_way: list[Deferred[Any]] = []

    def on_thread(*_: Any) -> Deferred[Any]:
        under_way.append(Deferred())
        return under_way[-1]

    looking = Passwords(on_thread)
    waiting = [Deferred.fromCoroutine(looking.fits("a hash", PASSWORD)) for _ in range(3)]
    assert len(under_way) == 2
    await refused(looking.hashed(PASSWORD), Overloaded)
    under_way[0].callback(True)
    assert len(under_way) == 3
    for each in under_way[1:]:
        each.callback(False)
    assert [await each for each in waiting] == [True, False, False]


@pytest_twisted.ensureDeferred
async def test_a_login_with_the_old_password_that_is_under_way_when_it_changes_does_not_begin(desk: Desk):
    here = await desk.begin()
    desk.hold()
    late = Deferred.fromCoroutine(desk.begin())
    await desk.held
    assert await desk.logins.change_password(by(here), PASSWORD, ANOTHER, HERE) == 0
    desk.go_on()
    await refused(late, LoginFailed)


@pytest_twisted.ensureDeferred
async def test_a_good_link_passes_from_an_address_that_sent_wrong_ones_and_weak_passwords(desk: Desk):
    await desk.database.run("link", accounts.set_link, NODE, EMAIL, secret_digest("mbl_1"))
    for _ in range(attempts.LIMIT + 1):
        await refused(desk.logins.use_link("mbl_1", "short", HERE), BadValue)
    for number in range(attempts.LIMIT + 1):
        await refused(desk.logins.use_link(f"mbl_wrong_{number}", ANOTHER, HERE), LoginFailed)
    for _ in range(attempts.LIMIT - 1):
        await refused(desk.logins.use_link("mbl_wrong_0", ANOTHER, HERE), LoginFailed)
    wrong = await refused(desk.logins.use_link("mbl_wrong_0", ANOTHER, HERE), TooManyAttempts)
    assert str(wrong).startswith("too many calls with this link from this address")
    assert await desk.logins.use_link("mbl_1", ANOTHER, HERE) == EMAIL


@pytest_twisted.ensureDeferred
async def test_one_address_leaves_places_to_the_others(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(passwords, "OF_ONE_MAX", 2)
    looking = Passwords(lambda *_: succeed(True))
    with looking.place("192.0.2.7"), looking.place("192.0.2.7"):
        with pytest.raises(TooManyAttempts) as found, looking.place("192.0.2.7"):
            pass
        assert found.value.retry_after_s == 1
        with looking.place("192.0.2.8"):
            pass
    with looking.place("192.0.2.7"):
        assert await looking.fits("a hash", PASSWORD)


@pytest_twisted.ensureDeferred
async def test_who_asks_too_much_at_once_is_told_so_before_an_attempt_is_counted(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(passwords, "OF_ONE_MAX", 0)
    for _ in range(attempts.LIMIT + 1):
        await refused(desk.begin(), TooManyAttempts)
    monkeypatch.undo()
    monkeypatch.setattr(passwords, "_hasher", passwords.PasswordHasher(1, 8, 1))
    await desk.begin()
