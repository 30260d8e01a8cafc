"""`mobilesasa ussd dial '*384*7#'`: a phone in the terminal, by the rules and the engine of the way of a carrier.

What is dialled is found among the extensions of the store, and each step is the one that a node takes (`ussd.taking`). Nothing
is kept, done or counted, but with ``--live``: then the session is one like any other, and what it does is done by a running node.
An address, or a program on a bind, that would be asked for a screen is not: whoever dials says what it answers.
"""

from __future__ import annotations

import random
import secrets
import sys
import time
from collections.abc import Mapping
from typing import Final

import attrs
import click

from mobilesasa.cli.access import Node
from mobilesasa.core.errors import BadValue
from mobilesasa.core.ids import MessageIds
from mobilesasa.core.ussd import Kind, UssdEvent, UssdReply
from mobilesasa.dialogue.callback import read_reply
from mobilesasa.sms.numbers import BadNumber, normalise
from mobilesasa.store import ussd_directory, ussd_menus, ussd_steps
from mobilesasa.store.database import Connection, in_transaction
from mobilesasa.ussd import taking
from mobilesasa.ussd.dialling import dialled_parts
from mobilesasa.ussd.directory import CurrentDirectory
from mobilesasa.ussd.model import Result
from mobilesasa.ussd.paging import WIDE
from mobilesasa.ussd.reading import action_json
from mobilesasa.ussd.visits import Asked, Heard, Taken, Visit, Waits

GATEWAY: Final = "terminal"  # what the sessions of --live come from
_SOMEBODY: Final = "254700000000"


@click.command()
@click.argument("dialled", metavar="DIALLED")
@click.option("--msisdn", metavar="N", help="The number of the phone; with a contact of it, texts have names.")
@click.option("--network", default="", metavar="N", help="The network of the phone.")
@click.option("--live", is_flag=True, help="Keep and count the session, and have a running node do what it does.")
@click.pass_context
def dial(ctx: click.Context, dialled: str, msisdn: str | None, network: str, live: bool) -> None:
    """Dial '*384*7#' as a phone, and answer its screens; an empty line is an empty answer, the end of the input hangs up."""
    node: Node = ctx.obj
    code, _ = dialled_parts(dialled)
    with node.connection() as opened:
        directory = CurrentDirectory()
        directory.replace(*in_transaction(opened, ussd_directory.load, ()))
        phone = Phone(opened, directory, code, dialled.strip(), _number(msisdn), network, live)
        phone.talk()


@attrs.define
class Phone:
    """Somebody with a phone, and their session."""

    _opened: Connection
    _directory: CurrentDirectory
    _code: str
    _dialled: str
    _msisdn: str
    _network: str
    _live: bool
    _session: str = attrs.field(factory=lambda: secrets.token_hex(8), init=False)
    _ids: MessageIds = attrs.field(factory=lambda: MessageIds(_now_ms, random.Random().getrandbits), init=False)  # noqa: S311
    _visit: Visit | None = attrs.field(default=None, init=False)
    _sequence: int = attrs.field(default=0, init=False)

    def talk(self) -> None:
        """Dial, and go on until the session ends or nothing more is typed."""
        reply = self._reply(self._taken(Kind.START, ""))
        while not reply.end:
            _show(reply)
            said = _typed("> ")
            if said is None:
                self._taken(Kind.ABORT, "")
                click.echo("(hung up)")
                return
            reply = self._reply(self._taken(Kind.INPUT, said))
        _show(reply)
        click.echo("(the session has ended)")

    def _reply(self, taken: Taken) -> UssdReply:
        """Return what is shown, when whoever is asked for it has answered."""
        while taken.waits is not None:
            self._tell(taken)
            taken = self._heard(taken.waits)
        self._tell(taken)
        return taken.reply or UssdReply("", end=True)

    def _taken(self, kind: Kind, said: str) -> Taken:
        self._sequence += 1
        event = UssdEvent(
            gateway=GATEWAY,
            carrier_session_id=self._session,
            msisdn=self._msisdn,
            code=self._code,
            dialled=self._dialled,
            kind=kind,
            input=said,
            network=self._network,
            sequence=self._sequence,
        )
        found = self._directory.now.answers(event) if kind is Kind.START else None
        asked = Asked(event=event, id=self._ids(), at_ms=_now_ms(), found=found, limit=WIDE)
        if self._live:
            return self._kept(asked)
        person: Mapping[str, str] = {}
        if found is not None:
            person = in_transaction(self._opened, ussd_menus.person, found.extension.team_id, self._msisdn)
        return self._known(taking.take(asked, self._visit, None, person, self._directory.menu))

    def _heard(self, waits: Waits) -> Taken:
        """Ask whoever dials what somebody else answers."""
        heard = Heard(visit_id=waits.visit_id, event_id=waits.event_id, at_ms=_now_ms(), limit=WIDE)
        if waits.hook is not None:
            said = _typed(f"({waits.hook.url} would be asked; it answers, or END and what it ends with) ")
            heard = attrs.evolve(heard, result=None if said is None else _result(said))
        else:
            who = waits.url or "a program on a bind"
            said = _typed(f"({who} would be asked for the screen; it answers CON … or END …) ")
            heard = attrs.evolve(heard, reply=None if said is None else read_reply(said))
        if self._live:
            return self._kept(heard)
        return self._known(taking.answered(heard, self._visit, self._directory.menu))

    def _kept(self, step: Asked | Heard) -> Taken:
        """Take a step as a node does, in the store."""
        (taken,) = in_transaction(self._opened, ussd_steps.step, [step], self._directory)
        return taken

    def _known(self, taken: Taken) -> Taken:
        for visit in taken.visits:
            self._visit = visit
        return taken

    def _tell(self, taken: Taken) -> None:
        """Tell what is done, or would be."""
        for act in taken.does:
            action = action_json(act.action)
            told = ", ".join(f"{name}={value!r}" for name, value in action.items() if name != "kind" and value)
            click.echo(f"({'a node does' if self._live else 'not done'}: {action['kind']} {told})")


def _show(reply: UssdReply) -> None:
    click.echo(reply.text)


def _typed(prompt: str) -> str | None:
    """Return a line, None at the end of the input."""
    click.echo(prompt, nl=False)
    line = sys.stdin.readline()
    if not line:
        click.echo()
        return None
    return line.rstrip("\r\n")


def _result(said: str) -> Result:
    reply = read_reply(said)
    return Result(text=said) if reply is None else Result(text=reply.text, end=reply.end)


def _number(written: str | None) -> str:
    if written is None:
        return _SOMEBODY
    try:
        return normalise(written, "KE")
    except BadNumber as bad:
        raise BadValue(str(bad)) from bad


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
