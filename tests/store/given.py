"""What tests of the message path begin with: teams with units, priced messages, claimed and sent ones."""

import itertools
import random
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from mobilesasa.core.ids import MessageIds
from mobilesasa.core.model import (
    Coding,
    Failure,
    Lane,
    MessageId,
    Notice,
    Origin,
    Outbound,
    Outcome,
    Priced,
    Report,
    Sent,
    Settled,
    Settlement,
    State,
    Wish,
)
from mobilesasa.store import audit, claims, intake, outcomes, reports
from mobilesasa.store.claims import Claim
from mobilesasa.store.database import Txn

NOW_MS = int(time.time() * 1000)
HOUR_MS = 3_600_000
new_id = MessageIds(lambda: NOW_MS, random.Random(7).getrandbits)
_numbers = itertools.count(1)

ADD_TEAM = "INSERT INTO team (code, name, balance) VALUES (%(code)s, 'A team', %(units)s) RETURNING id"
TOP_UP = "INSERT INTO ledger (team_id, kind, units) VALUES (%(team)s, 'topup', %(units)s)"
ADD_CARRIER = "INSERT INTO carrier (name, kind) VALUES (%(name)s, 'sandbox') RETURNING id"


def one(txn: Txn, statement: str, **values: Any) -> Any:
    """Return the first column of the only row."""
    ((value,),) = rows(txn, statement, **values)
    return value


def rows(txn: Txn, statement: str, **values: Any) -> list[tuple[Any, ...]]:
    """Return all rows."""
    txn.execute(statement, values)
    return txn.fetchall()


def add_team(txn: Txn, units: int = 1000) -> int:
    """Make a team with so many units."""
    team = one(txn, ADD_TEAM, code=f"TEAM{next(_numbers)}", units=units)
    if units:
        txn.execute(TOP_UP, {"team": team, "units": units})
    return int(team)


def add_carrier(txn: Txn) -> int:
    """Make a carrier."""
    return int(one(txn, ADD_CARRIER, name=f"carrier{next(_numbers)}"))


def balance(txn: Txn, team: int) -> int:
    return int(one(txn, "SELECT balance FROM team WHERE id = %(team)s", team=team))


def priced(team: int, **changes: Any) -> Priced:
    """A message as the gateway hands it to the store."""
    known: dict[str, Any] = {
        "id": new_id(), "team_id": team, "carrier_id": 1, "lane": Lane.TRANSACTIONAL, "origin": Origin.SMPP, "wish": Wish.ALL,
        "sender": "TextBlast", "recipient": "254712345678", "text": "Hi", "body": None, "udh": b"", "coding": Coding.GSM7,
        "parts": 1, "price_units": 1, "expires_at_ms": NOW_MS + 24 * HOUR_MS, "due_at_ms": None,
    }  # fmt: skip
    if "parts" in changes:
        known["price_units"] = changes["parts"]
    return Priced(**{**known, **changes})


def accepted(txn: Txn, team: int, count: int = 1, **changes: Any) -> list[MessageId]:
    """Messages that are stored and charged."""
    batch = [priced(team, **changes) for _ in range(count)]
    assert not any(intake.accept(txn, batch))
    return [message.id for message in batch]


def add_run(txn: Txn, node: str | None = None) -> int:
    """A process that lives."""
    return claims.begin_run(txn, node or f"node{next(_numbers)}")[0]


def claimed(txn: Txn, run: int, *ids: MessageId) -> list[Outbound | None]:
    return claims.claim(txn, [Claim(message_id, run) for message_id in ids])


def settled(
    txn: Txn, *pairs: tuple[MessageId, Outcome], carrier: int = 1, at_ms: int = NOW_MS, attempt: int = 1
) -> list[Settled]:
    """Write down what the carrier answered."""
    return outcomes.settle(
        txn, [Settlement(message_id, carrier, attempt, at_ms, outcome) for message_id, outcome in pairs]
    )


def sent(txn: Txn, team: int, *refs: str, **changes: Any) -> MessageId:
    """A message that the carrier took, under these ids of its parts."""
    (message_id,) = accepted(txn, team, parts=len(refs), **changes)
    settled(txn, (message_id, Sent(refs)))
    return message_id


def delivered(ref: str, **more: Any) -> Report:
    return Report(
        **{"carrier_id": 1, "ref": ref, "state": State.DELIVERED, "error": "000", "done_at_ms": NOW_MS + 7, **more}
    )


def failed(ref: str, failure: Failure = Failure.UNDELIVERED, **more: Any) -> Report:
    known = {
        "carrier_id": 1,
        "ref": ref,
        "state": State.FAILED,
        "failure": failure,
        "error": "001",
        "done_at_ms": NOW_MS + 7,
    }
    return Report(**{**known, **more})


def told(txn: Txn, *heard: Report) -> list[Notice | None]:
    return reports.report(txn, heard)


def standing(txn: Txn, message_id: MessageId) -> tuple[State, int, int, str | None]:
    """Return where a message stands: state, open parts, failed parts, failure."""
    ((state, *rest),) = rows(
        txn, "SELECT state, open_parts, failed_parts, failure FROM message WHERE id = %(id)s", id=message_id
    )
    return State(state), rest[0], rest[1], rest[2]


def column(txn: Txn, name: str, message_id: MessageId) -> Any:
    """Return one column of a message."""
    return one(txn, f"SELECT {name} FROM message WHERE id = %(id)s", id=message_id)  # noqa: S608 - names of this file's callers


def count(txn: Txn, table: str) -> int:
    return int(one(txn, f"SELECT count(*) FROM {table}"))  # noqa: S608 - names of this file's callers


def wrong(txn: Txn, *leave_out: str) -> list[audit.Finding]:
    """Return what the audit finds wrong."""
    return [found for found in audit.findings(txn) if not found.clean and found.name not in leave_out]


@contextmanager
def undone(txn: Txn) -> Iterator[None]:
    """Undo what the block does: an example of Hypothesis leaves nothing behind."""
    txn.execute("SAVEPOINT example")
    yield
    txn.execute("ROLLBACK TO SAVEPOINT example")


def notices_of(found: Sequence[Settled]) -> list[Notice]:
    return [notice for each in found for notice in each.notices]
