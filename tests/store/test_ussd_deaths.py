"""Whoever dies between any two lines: an event moves a session once, and what its menu gives to do is done once."""

import contextlib

import attrs
import pytest

from mobilesasa.core.ussd import Kind
from mobilesasa.store import ussd_actions, ussd_steps
from mobilesasa.store.database import connect
from mobilesasa.store.ussd_actions import Means
from mobilesasa.ussd.model import SendSms
from mobilesasa.ussd.visits import Asked
from tests.store.given import NOW_MS, add_team, count, priced, rows
from tests.store.people import give_group
from tests.store.ussd import Phone, give_code, give_extension, give_menu, uuid


class Died(Exception):
    """The process is gone."""


@attrs.define
class Dying:
    """A cursor of a process that dies before its n-th statement, or, with none left, before its commit."""

    _txn: object
    left: int
    said: int = 0

    def execute(self, *args):
        if self.said == self.left:
            raise Died
        self.said += 1
        return self._txn.execute(*args)

    def __getattr__(self, name):
        return getattr(self._txn, name)


def invite(txn, team_id, uuid, phone, at_ms):
    txn.execute("INSERT INTO invited VALUES (%s, %s)", (uuid, phone))


MEANS = Means(invite, uuid, lambda: NOW_MS)


@pytest.fixture
def opened(database_dsn):
    with contextlib.closing(connect(database_dsn, "tests")) as opened:
        yield opened


@pytest.fixture
def group(opened):
    """A team whose menu does all that a menu can, and the group that it puts people into."""
    with opened.cursor() as txn:
        txn.execute("CREATE TABLE invited (survey text, phone text)")
        team = add_team(txn, 100)
        group = give_group(txn, team).uuid
        give_code(txn)
        menu = {
            "name": "All",
            "start": "ask",
            "screens": {
                "ask": {"kind": "choices", "text": "Do it?", "choices": [{"key": "1", "label": "Yes", "next": "done"}]},
                "done": {
                    "kind": "end",
                    "text": "Done",
                    "actions": [{"kind": "send_sms", "text": "Hello"}, {"kind": "add_to_group", "group": group}],
                },
            },
        }
        give_extension(txn, team, menu_uuid=give_menu(txn, team, menu).uuid)
    opened.commit()
    return group


def died(opened, work, deaths):
    """Do some work that dies as early as it is told; return how many statements it had said, and what it gave if it lived."""
    with opened.cursor() as txn:
        dying = Dying(txn, deaths)
        try:
            given = work(dying)
            if dying.said == deaths:
                raise Died  # before the commit
        except Died:
            opened.rollback()
            return dying.said, None
        opened.commit()
        return dying.said, given


def lived(opened, work):
    """Let it die before each of its statements and before its commit, and then live."""
    for deaths in range(20):
        _, given = died(opened, work, deaths)
        if given is not None:
            assert deaths > 1
            return given
    raise AssertionError("it never lived")


def test_a_step_and_what_it_gives_to_do_are_there_once_however_often_it_dies(opened, group):
    with opened.cursor() as txn:
        phone = Phone(txn)
    asked = phone.asked()
    lived(opened, lambda txn: ussd_steps.step(txn, [asked], phone.directory))
    phone.at_ms += 5000
    typed = phone.asked(Kind.INPUT, input="1", sequence=2)
    (taken,) = lived(opened, lambda txn: ussd_steps.step(txn, [typed], phone.directory))
    with opened.cursor() as txn:
        assert count(txn, "ussd_action") == 2
        again = attrs.evolve(typed, id=phone.ids())  # the gateway has not heard the answer
        (repeat,) = ussd_steps.step(txn, [again], phone.directory)
        assert (repeat.reply, repeat.does, count(txn, "ussd_action")) == (taken.reply, (), 2)
        assert rows(txn, "SELECT steps, acts FROM ussd_session") == [(2, 2)]
        assert sum(shown for (shown,) in rows(txn, "SELECT shown FROM ussd_screen")) == 2


def test_actions_are_done_once_however_often_whoever_does_them_dies(opened, group):
    with opened.cursor() as txn:
        phone = Phone(txn)
        phone.dial()
        acts = phone.type("1").does
    opened.commit()

    def work(txn):
        found = ussd_actions.due(txn, 10) or list(acts)
        team = acts[0].team_id
        asked = [(act, priced(team) if isinstance(act.action, SendSms) else None) for act in found]
        return ussd_actions.do(txn, asked, MEANS)

    done = lived(opened, work)
    assert len(done.messages) == 1
    assert work_again(opened, work).messages == ()
    with opened.cursor() as txn:
        assert (count(txn, "message"), count(txn, "group_member"), count(txn, "ussd_action")) == (1, 1, 0)
        assert rows(txn, "SELECT sum(units) FROM ledger WHERE kind = 'charge'") == [(-1,)]


def work_again(opened, work):
    with opened.cursor() as txn:
        done = work(txn)
    opened.commit()
    return done


def test_two_nodes_that_take_the_same_beginning_make_one_session(database_dsn, opened, group):
    with opened.cursor() as txn:
        phone = Phone(txn)
    asked = phone.asked()
    other = Asked(asked.event, phone.ids(), asked.at_ms, asked.found, asked.limit)
    with opened.cursor() as one, contextlib.closing(connect(database_dsn, "other")) as second, second.cursor() as two:
        first = ussd_steps.step(one, [asked], phone.directory)
        opened.commit()
        again = ussd_steps.step(two, [other], phone.directory)
        second.commit()
        assert (again[0].reply, again[0].is_repeat) == (first[0].reply, True)
        assert count(one, "ussd_session") == 1
