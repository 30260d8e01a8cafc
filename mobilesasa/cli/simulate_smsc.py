"""`mobilesasa simulate-smsc`: an SMSC to test against."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import click
import orjson
from twisted.internet import task
from twisted.internet.defer import Deferred
from twisted.internet.endpoints import TCP4ServerEndpoint
from twisted.python.failure import Failure

from mobilesasa.cli.simulated.ids import IDS
from mobilesasa.cli.simulated.misbehaviour import Behaviour, read_errors
from mobilesasa.cli.simulated.phones import Chatter, SimulatedPhones
from mobilesasa.cli.simulated.receipts import Form, Outcomes
from mobilesasa.cli.simulated.smsc import SimulatedSmsc, SmscFactory

GOODBYE_S: Final = 0.2  # for the answers to our unbinds
_NOT_WITHOUT_TEXT: Final = frozenset({Form.TEXT_ONLY, Form.LONG_DATES, Form.UCS2})


def _errors(ctx: click.Context, param: click.Parameter, value: str) -> Mapping[int, float]:
    try:
        return read_errors(value)
    except ValueError as wrong:
        raise click.BadParameter(str(wrong)) from wrong


def _forms(ctx: click.Context, param: click.Parameter, value: tuple[str, ...]) -> frozenset[Form]:
    forms = frozenset(map(Form, value))
    if Form.TLV_ONLY in forms and (odd := sorted(forms & _NOT_WITHOUT_TEXT)):
        raise click.BadParameter(f"{Form.TLV_ONLY} leaves no text, and {', '.join(odd)} is about the text")
    return forms


def _outcomes(ctx: click.Context, param: click.Parameter, value: str) -> Outcomes:
    return Outcomes(value)


@click.command(name="simulate-smsc")
@click.option("--port", type=click.IntRange(0, 65535), default=2777, show_default=True, metavar="P", help="0: any.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--system-id", default="", help="Who may bind; else anybody.")
@click.option("--password", default="", help="With what password; else any.")
@click.option("--receipts", type=click.Choice([each.value for each in Outcomes]), default="delivrd", show_default=True,
              callback=_outcomes,
              help="All delivered; a fifth undelivered, expired, rejected or doubled; or none.")  # fmt: skip
@click.option("--delay-ms", type=click.IntRange(0), default=0, metavar="N", help="From the answer to the receipt.")
@click.option("--receipt-form", "receipt_forms", type=click.Choice([each.value for each in Form]), multiple=True,
              callback=_forms,
              help="How receipts come, if not as usual; again for more.")  # fmt: skip
@click.option("--report-unanswered", is_flag=True, help="Send receipts also for what was taken without an answer.")
@click.option("--ids", type=click.Choice(list(IDS)), default="usual", show_default=True,
              help="How the answer has the id; the receipt has it in another way.")  # fmt: skip
@click.option("--tps", type=click.IntRange(0), default=0, metavar="N",
              help="Throttle above so many a second; 0: never.")  # fmt: skip
@click.option("--throttle-every", type=click.IntRange(0), default=0, metavar="N", help="Throttle one of so many.")
@click.option("--errors", default="", callback=_errors, metavar="STATUS:PER-CENT,…",
              help="Refuse so many with this status, as in 0x0B:1,0x14:0.5.")  # fmt: skip
@click.option("--drop-every", type=click.IntRange(0), default=0, metavar="N",
              help="With one of so many the connection breaks, before the answer.")  # fmt: skip
@click.option("--freeze-after", type=click.IntRange(0), metavar="N",
              help="After so many messages take everything and answer none.")  # fmt: skip
@click.option("--mo-every", type=click.FloatRange(0), default=0.0, metavar="S",
              help="A phone sends a message every so many seconds; 0: never.")  # fmt: skip
@click.option("--mo-to", default="22384", show_default=True, metavar="CODE", help="The short code that it sends it to.")
@click.option("--mo-text", default="Hello", show_default=True, metavar="TEXT", help="What; a long one comes in parts.")
@click.option("--seed", type=int, metavar="N", help="Draw ids and refusals as the last time with this number.")
@click.option("--log", "log_path", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE",
              help="One line a message: time, source, destination, esm_class, data_coding, text, message_id, TLVs.")  # fmt: skip
@click.option("--seconds", type=click.FloatRange(0), default=0.0, metavar="S", help="End after so long; 0: at Ctrl-C.")
@click.option("--json", "as_json", is_flag=True, help="At the end print one JSON object, and nothing else.")
def simulate_smsc(port: int, host: str, log_path: Path | None, seconds: float, as_json: bool, **behaviour: Any) -> None:
    """Run an SMSC to test against: it takes every message, sends receipts, has phones, and misbehaves if asked to."""
    log_file = log_path.open("ab", buffering=0) if log_path else None
    chatter = Chatter(every_s=behaviour.pop("mo_every"), to=behaviour.pop("mo_to"), text=behaviour.pop("mo_text"))

    def run(reactor: Any) -> Deferred[None]:
        smsc = SimulatedSmsc(Behaviour(**behaviour), reactor, lambda: time.time_ns() // 1_000_000, log_file)
        phones = SimulatedPhones(chatter, reactor, smsc.bring)
        phones.start()
        ended: Deferred[None] = Deferred()

        def listening(listener: Any) -> None:
            where = listener.getHost()
            click.echo(f"an SMSC listens on {where.host}:{where.port}", err=as_json)

        def unheard(failure: Failure) -> None:
            click.echo(f"Error: {failure.getErrorMessage()}", err=True)
            ended.errback(SystemExit(1))

        def shut() -> Deferred[None]:
            phones.stop()
            smsc.close()
            return task.deferLater(reactor, GOODBYE_S if smsc.links else 0.0, told)

        def told() -> None:
            click.echo(orjson.dumps(smsc.summary()).decode() if as_json else _shown(smsc.summary()))

        reactor.addSystemEventTrigger("before", "shutdown", shut)
        opened = TCP4ServerEndpoint(reactor, port, interface=host).listen(SmscFactory(smsc, reactor))
        opened.addCallbacks(listening, unheard)
        if seconds:
            reactor.callLater(seconds, ended.callback, None)
        return ended

    task.react(run)


def _shown(summary: dict[str, object]) -> str:
    return "\n".join(f"{name.replace('_', ' ')}: {value}" for name, value in summary.items())
