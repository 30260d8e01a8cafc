"""query_sm, cancel_sm and replace_sm: read into alterations, and what came of them answered (SMPP 3.4 §4.8 to §4.10).

The message is named by its message_id, and source_addr, if it is not empty, must be its sender; a message of another
team is an unknown one. What cannot be done is answered so:

    no such message                             ESME_RINVMSGID
    source_addr is not its sender               ESME_RQUERYFAIL, ESME_RCANCELFAIL or ESME_RREPLACEFAIL
    a carrier has it, or it has ended           ESME_RCANCELFAIL or ESME_RREPLACEFAIL
    none waits, of a cancel_sm without an id    ESME_RCANCELFAIL
    the new text is not one part                ESME_RREPLACEFAIL
    it would expire before it is due            ESME_RINVEXPIRY

A cancel_sm for a message that was cancelled before is answered ESME_ROK: whoever repeats it, for its answer was lost,
has what was asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final, Protocol

import attrs

from mobilesasa.core.actors import Actor
from mobilesasa.core.alterations import (
    Alteration,
    Alterations,
    Altered,
    Cancel,
    CancelAll,
    Obstacle,
    Query,
    Replace,
    ReplaceLike,
    Rewritten,
    Unreadable,
    Withdrawing,
    WithdrawingElsewhere,
    concerned,
    held_of,
    joined,
)
from mobilesasa.core.errors import Refused
from mobilesasa.core.gateway import measure
from mobilesasa.core.ids import from_smpp_id
from mobilesasa.core.model import INTERMEDIATE, MessageId, Priced, Submission
from mobilesasa.core.ports import Notifier, Publisher, Verdict
from mobilesasa.core.teams import CurrentDirectory, Directory, Team
from mobilesasa.core.terms import SmppTerms
from mobilesasa.smpp.pdus import CancelSm, Pdu, QuerySm, QuerySmResp, ReplaceSm, SubmitSm, answer, response_class
from mobilesasa.smpp.statuses import Status
from mobilesasa.smpp.times import write_time
from mobilesasa.sms.numbers import BadNumber, normalise_fast
from mobilesasa.smsc.standings import queried
from mobilesasa.smsc.statuses import BadSubmit, refused
from mobilesasa.smsc.submit import read_submit

#: The data_coding that messages are kept with; new text is read as the old one was (see `Submission.options`).
_KEPT_AS: Final = (0x00, 0x01, 0x03, 0x04, 0x08)
_FAILED: Final[Mapping[type[Pdu], Status]] = {
    QuerySm: Status.ESME_RQUERYFAIL,
    CancelSm: Status.ESME_RCANCELFAIL,
    ReplaceSm: Status.ESME_RREPLACEFAIL,
}
_STATUSES: Final[Mapping[Obstacle, Status]] = {  # of all others: that of the command
    Obstacle.UNKNOWN: Status.ESME_RINVMSGID,
    Obstacle.EXPIRES_FIRST: Status.ESME_RINVEXPIRY,
}


class Accepting(Protocol):
    """The one door, `core.gateway.Gateway`, as sessions need it."""

    async def accept(self, batch: Sequence[Submission]) -> list[Verdict]:
        """Answer for each submission in its place, after the commit."""

    def judge(self, batch: Sequence[Submission]) -> list[Verdict]:
        """Answer for each submission in its place, and store nothing."""


@attrs.frozen(eq=False)
class Operations:
    """What is done with messages that were handed in before.

    Attributes:
        store: carries it out.
        queue: where messages are named that wait again.
        notifier: brings the receipts of what was taken back.
        directory: for the senders and countries of teams.
        times: when a message is due (None: now) and expires, as `core.gateway.Gateway.times`.
        hands: give back what they have and no carrier has, before it is altered.
        elsewhere: those of other nodes; None: there is none.
    """

    store: Alterations
    queue: Publisher
    notifier: Notifier
    directory: CurrentDirectory
    times: Callable[[Submission], tuple[int | None, int]]
    hands: Withdrawing
    elsewhere: WithdrawingElsewhere | None = None

    def asker(self, team_id: int, now_ms: int, terms: SmppTerms) -> Asker:
        """Return who asks."""
        known = self.directory.now
        return Asker(known, known.teams[team_id], now_ms, terms, self.times)

    async def carry_out(self, team_id: int, batch: Sequence[Alteration], by: Actor | None = None) -> Sequence[Altered]:
        """Carry out a team's alterations in order, and name what waits again to its queue.

        Raises:
            AccessEnded: who asks, where that is said, no longer may; nothing was altered.
        """
        wanted = concerned(team_id, batch)
        if wanted is None:
            return await self.store.alter(team_id, batch, by)
        done = self._named(await self.hands.withdraw(wanted, lambda: self.store.alter(team_id, batch, by)))
        left, held = held_of(batch, done)
        if self.elsewhere is None or not held:
            return done
        return joined(
            done, self._named(await self.elsewhere.withdraw(team_id, held, lambda: self.store.alter(team_id, left, by)))
        )

    def _named(self, done: Sequence[Altered]) -> Sequence[Altered]:
        for altered in done:
            if altered.place is not None:
                message_id, carrier_id, lane = altered.place
                self.queue.publish(carrier_id, lane, [message_id])
        return done

    async def replace_or_accept(self, gateway: Accepting, team_id: int, asked: Sequence[Submission]) -> list[Verdict]:
        """Put each into the place of a message that waits like it (replace_if_present_flag), or accept it anew.

        What is accepted anew is not one whole message of one part, or none waits like it; it is charged as ever.
        """
        verdicts = gateway.judge(asked)
        alike = [v for v in verdicts if isinstance(v, Priced) and v.parts == 1 and not v.udh]
        done = await self.carry_out(team_id, [ReplaceLike(message) for message in alike]) if alike else ()
        found = {v.id: altered.message_id for v, altered in zip(alike, done, strict=True) if altered.message_id}
        anew = [n for n, v in enumerate(verdicts) if isinstance(v, Priced) and v.id not in found]
        accepted = await gateway.accept([asked[n] for n in anew]) if anew else []
        verdicts = [attrs.evolve(v, id=found[v.id]) if isinstance(v, Priced) and v.id in found else v for v in verdicts]
        for n, verdict in zip(anew, accepted, strict=True):
            verdicts[n] = verdict
        return verdicts

    def tell(self, done: Iterable[Altered]) -> None:
        """Bring the receipts that are owed now; call it when the answers are written, which come before."""
        owed = [notice for altered in done for notice in altered.notices]
        if owed:
            self.notifier.owe(owed)


@attrs.frozen
class Asker:
    """Who asks, when, and on which terms."""

    known: Directory
    team: Team
    now_ms: int
    terms: SmppTerms
    times: Callable[[Submission], tuple[int | None, int]]


def read_operation(pdu: Pdu, asker: Asker) -> Alteration:
    """Return what a team asks for a message that it handed in before.

    Raises:
        BadSubmit, Refused: it cannot be read; nothing was looked up.
    """
    return _READERS[type(pdu)](pdu, asker)


def answer_operation(pdu: Pdu, altered: Altered, takes_tlvs: bool) -> Pdu:
    """Return the answer to one of `OPERATIONS`."""
    obstacle = altered.obstacle
    if obstacle is None:
        return _shown(pdu, altered) if isinstance(pdu, QuerySm) else answer(pdu)
    if isinstance(obstacle, Unreadable):
        bad = BadSubmit(Status(obstacle.status), obstacle.reason)
    else:
        bad = BadSubmit(_STATUSES.get(obstacle, _FAILED[type(pdu)]), obstacle.value)
    return refused(pdu.sequence, bad, takes_tlvs, response_class(pdu.command_id))


def _shown(pdu: QuerySm, altered: Altered) -> Pdu:
    reached = altered.reached
    assert reached is not None, "a query without an obstacle says where the message stands"  # noqa: S101 - for mypy
    standing = queried(reached)
    done_at_ms = reached.done_at_ms
    final_date = "" if done_at_ms is None else write_time(datetime.fromtimestamp(done_at_ms / 1000, UTC))
    return QuerySmResp(
        sequence=pdu.sequence,
        message_id=pdu.message_id,
        final_date=final_date,
        message_state=int(standing.state),
        error_code=standing.error,
    )


def _named(message_id: str) -> MessageId:
    known = from_smpp_id(message_id)
    if known is None:
        raise BadSubmit(Status.ESME_RINVMSGID, "that is no message_id of ours")
    return known


def _read_query(pdu: QuerySm, asker: Asker) -> Query:
    return Query(_named(pdu.message_id), pdu.source_addr.strip())


def _read_cancel(pdu: CancelSm, asker: Asker) -> Cancel | CancelAll:
    sender = pdu.source_addr.strip()
    if pdu.message_id:
        return Cancel(_named(pdu.message_id), sender)
    try:
        recipient = normalise_fast(pdu.destination_addr, asker.team.country)
    except BadNumber as bad:
        raise BadSubmit(Status.ESME_RINVDSTADR, str(bad)) from None
    if not sender:  # as a submit_sm without one
        default = asker.known.senders.get(asker.team.default_sender_id or 0)
        if default is None:
            raise BadSubmit(Status.ESME_RINVSRCADR, "no default sender is set for the team; name one in source_addr")
        sender = default.name
    return CancelAll(sender, recipient, pdu.service_type)


def _read_replace(pdu: ReplaceSm, asker: Asker) -> Replace:
    message_id = _named(pdu.message_id)
    read = {data_coding: _reread(pdu, data_coding, asker) for data_coding in _KEPT_AS}
    asked = next((one for one in read.values() if isinstance(one, Submission)), None)
    if asked is None:
        bad = next(one for one in read.values() if isinstance(one, Unreadable))
        raise BadSubmit(Status(bad.status), bad.reason)
    due_at_ms, expires_at_ms = asker.times(asked)
    return Replace(
        message_id,
        pdu.source_addr.strip(),
        {data_coding: _one_part(one) for data_coding, one in read.items()},
        asked.wish,
        steps=asked.options is not None and INTERMEDIATE in asked.options,
        due_at_ms=None if asked.due_at_ms is None else due_at_ms or 0,
        expires_at_ms=None if asked.validity_ms is None else expires_at_ms,
    )


def _reread(pdu: ReplaceSm, data_coding: int, asker: Asker) -> Submission | Unreadable:
    """Return the new message as a submit_sm of this data_coding would be read."""
    same = SubmitSm(
        schedule_delivery_time=pdu.schedule_delivery_time,
        validity_period=pdu.validity_period,
        registered_delivery=pdu.registered_delivery,
        sm_default_msg_id=pdu.sm_default_msg_id,
        data_coding=data_coding,
        short_message=pdu.short_message,
    )
    try:
        return read_submit(same, asker.team.id, asker.now_ms, asker.terms)
    except BadSubmit as bad:
        status = Status.ESME_RREPLACEFAIL if bad.status is Status.ESME_RSUBMITFAIL else bad.status
        return Unreadable(status, bad.info)


def _one_part(asked: Submission | Unreadable) -> Rewritten | Unreadable:
    if isinstance(asked, Unreadable):
        return asked
    try:
        text, coding, _ = measure(asked, max_parts=1)
    except Refused as refusal:
        return Unreadable(
            Status.ESME_RREPLACEFAIL, f"{refusal}; only a message of one part can be replaced, by another"
        )
    return Rewritten(text, asked.body, coding)


_READERS: Final[Mapping[type[Pdu], Callable[[Any, Asker], Alteration]]] = {
    QuerySm: _read_query,
    CancelSm: _read_cancel,
    ReplaceSm: _read_replace,
}
#: The requests that are read here.
OPERATIONS: Final = frozenset(_READERS)
