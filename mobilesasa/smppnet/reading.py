"""What one read of the socket means: the events of the session, sorted for who acts on them.

Nothing is done here but reading, counting and keeping a trace; what a turn asks for (octets to write, requests to
answer, the end) is in the `Turn` that comes back.
"""

from __future__ import annotations

from typing import Any

import attrs
from twisted.logger import Logger

from mobilesasa.smpp.errors import BadPdu
from mobilesasa.smpp.pdus import PDUS, RESPONSE_BIT, EnquireLinkResp, Pdu, SubmitMulti
from mobilesasa.smpp.session import Event, Refusal, Reply, Session, Unasked, Unbound, Unreadable
from mobilesasa.smpp.tlvs import NO_TLVS
from mobilesasa.smppnet.requests import Requests
from mobilesasa.smppnet.strangers import language
from mobilesasa.smppnet.trace import Broken, Passed, Trace, is_heavy, lightened


@attrs.define(eq=False)
class Turn:
    """What one read brought.

    Attributes:
        requests: Of the peer, in order.
        answers: To our requests, each with its context.
        replies: Octets to write before anything else: what the session answered by itself.
        unbound: Whether the session ends.
        broken: Why nothing can be read any more, if so.
        reason: The same in words.
        wasted: How many PDUs were none of the requests and answers: enquiries, what was refused, answers to nothing.
        pdus: How many there were in all.
    """

    requests: list[Pdu] = attrs.field(factory=list)
    answers: list[tuple[Any, Pdu]] = attrs.field(factory=list)
    replies: list[bytes] = attrs.field(factory=list)
    unbound: bool = False
    broken: BadPdu | None = None
    reason: str = ""
    wasted: int = 0
    pdus: int = 0


class Reader:
    """Reads the turns of one link.

    Args:
        session: takes the octets.
        requests: ours that wait for an answer.
        trace: keeps what comes.

    Attributes:
        peer: Who is read, for the log.
        pdus_in: How many PDUs came, without what the session answers by itself.
        refused: How many of them the session refused.
        late: How many answers came to nothing we asked, or to what we had given up.
        unreadable: How many answers had a body that could not be read.
    """

    log = Logger()

    def __init__(self, session: Session, requests: Requests, trace: Trace) -> None:
        """Begin with nothing read."""
        self.peer = "nowhere"
        self.pdus_in = self.refused = self.late = self.unreadable = 0
        self._session = session
        self._requests = requests
        self._trace = trace

    def read(self, data: bytes, now_s: float) -> Turn:
        """Take what came, cut anywhere."""
        turn = Turn()
        try:
            events = self._session.receive_data(data)
        except BadPdu as bad:
            turn.broken, events = bad, list(bad.events)
            turn.reason = self._broken_in_words(bad)
        self.pdus_in += len(events)
        requests = turn.requests
        heavy = False
        for event in events:
            if not isinstance(event, Pdu):
                heavy |= self._take_oddity(event, turn)
                continue
            if event.tlvs is not NO_TLVS or type(event) is SubmitMulti:
                heavy = heavy or is_heavy(event)
            if not event.command_id & RESPONSE_BIT:
                requests.append(event)
            elif type(event) is not EnquireLinkResp:
                self._take_answer(event, turn)
        self._keep(now_s, lightened(events) if heavy else events, turn)
        turn.pdus = len(events)
        turn.wasted = turn.pdus - len(requests) - len(turn.answers)
        return turn

    def _broken_in_words(self, bad: BadPdu) -> str:
        """Return why nothing can be read any more; who never spoke SMPP is named."""
        spoken = language(bad.length.to_bytes(4, "big"))
        if self.pdus_in or bad.events or spoken not in ("TLS", "HTTP"):
            return str(bad)
        return f"the peer speaks {spoken} on a port of plain SMPP"

    def _keep(self, now_s: float, passed: list[Passed] | list[Event], turn: Turn) -> None:
        self._trace.came(now_s, passed)
        if turn.broken is not None:
            self._trace.came(now_s, [Broken(turn.reason, turn.broken.reply)])

    def _take_answer(self, response: Pdu, turn: Turn) -> None:
        context = self._requests.take(response.sequence)
        if context is not None:
            turn.answers.append((context, response))

    def _take_oddity(self, event: Event, turn: Turn) -> bool:
        """Take an event that is no plain PDU; return whether it may be a large one."""
        if isinstance(event, Reply):
            turn.replies.append(event.octets)
            if isinstance(event, Refusal):
                self._note_refusal(event)
        elif isinstance(event, Unasked):
            self.late += 1
            if self.late == 1:
                self.log.warn("{peer} answers what was not asked or was given up", peer=self.peer)
        elif isinstance(event, Unreadable):
            # The status is known and only the body is not: an answer without its body.
            self.unreadable += 1
            if self.unreadable == 1:
                self.log.warn("an answer of {peer} cannot be read: {why}", peer=self.peer, why=event.reason)
            self._take_answer(PDUS[event.command_id](status=event.status, sequence=event.sequence), turn)
        turn.unbound |= isinstance(event, Unbound)
        return isinstance(event, Unasked)

    def _note_refusal(self, refusal: Refusal) -> None:
        self.refused += 1
        if self.refused == 1:
            self.log.warn(
                "refused command 0x{command_id:08X} of {peer} with {status}: {why}",
                command_id=refusal.command_id,
                peer=self.peer,
                status=refusal.status.name,
                why=refusal.reason,
            )
