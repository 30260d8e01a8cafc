"""An SMSC whose phones send messages, in the hand of the test: it says when a node connects and what it hears."""

import select
import socket
from collections.abc import Sequence

import attrs

from mobilesasa.smpp.pdus import Bind, DeliverSm, DeliverSmResp, Pdu, SubmitSm, SubmitSmResp, answer
from mobilesasa.smpp.session import Reply, Session, Side
from tests.whole.programs import HOST, PATIENCE_S


def _listening() -> socket.socket:
    listening = socket.socket()
    listening.bind((HOST, 0))
    listening.listen()
    listening.settimeout(PATIENCE_S)
    return listening


@attrs.define(eq=False)
class Phones:
    """One carrier with one transceiver; what it delivered and nobody answered is in `unanswered`."""

    listening: socket.socket = attrs.field(factory=_listening)
    unanswered: dict[int, DeliverSm] = attrs.field(factory=dict)
    refused: list[DeliverSm] = attrs.field(factory=list)
    _link: socket.socket | None = None
    _session: Session = attrs.field(factory=lambda: Session(Side.SMSC))

    @property
    def port(self) -> int:
        port: int = self.listening.getsockname()[1]
        return port

    def accept(self) -> None:
        """Wait for the node and take its bind."""
        if self._link is not None:
            self._link.close()
        self._link, _ = self.listening.accept()
        self._session = Session(Side.SMSC)
        while not self._session.is_bound:
            for event in self._read() or ():
                if isinstance(event, Bind):
                    self._link.sendall(self._session.send(answer(event, system_id="phones")))

    def say(self, pdus: Sequence[DeliverSm]) -> None:
        """Deliver these, in one write."""
        assert self._link is not None
        numbered = [attrs.evolve(pdu, sequence=self._session.next_sequence()) for pdu in pdus]
        self.unanswered.update({pdu.sequence: pdu for pdu in numbered})
        self._link.sendall(self._session.send_all(numbered))

    def hear(self) -> None:
        """Read answers until there are all, or the connection is lost."""
        while self.unanswered and (events := self._read()) is not None:
            for event in events:
                if isinstance(event, DeliverSmResp):
                    pdu = self.unanswered.pop(event.sequence)
                    if event.status:
                        self.refused.append(pdu)

    def hear_submits(self, count: int) -> list[SubmitSm]:
        """Read until so many submit_sm have come, and take them."""
        assert self._link is not None
        heard: list[SubmitSm] = []
        while len(heard) < count and (events := self._read()) is not None:
            heard += [event for event in events if isinstance(event, SubmitSm)]
            for event in events:
                if isinstance(event, DeliverSmResp):
                    self.unanswered.pop(event.sequence)
        taken = [SubmitSmResp(sequence=pdu.sequence, message_id=f"m{pdu.sequence}") for pdu in heard]
        self._link.sendall(self._session.send_all(taken))
        return heard

    def say_again(self) -> None:
        """Deliver what was not answered once more, as a carrier does on the next connection."""
        again, self.unanswered = list(self.unanswered.values()), {}
        self.say(again)

    def close(self) -> None:
        for each in (self._link, self.listening):
            if each is not None:
                each.close()

    def _read(self) -> list[Pdu] | None:
        assert self._link is not None
        assert select.select([self._link], [], [], PATIENCE_S)[0], "waited in vain for the node to say something"
        try:
            data = self._link.recv(65536)
        except OSError:
            return None
        if not data:
            return None
        events = self._session.receive_data(data)
        for event in events:
            if isinstance(event, Reply):
                self._link.sendall(event.octets)
        return [event for event in events if isinstance(event, Pdu)]
