"""A team's system in one thread: submits as fast as its window allows and counts what comes back."""

import select
import socket
import ssl
from collections import Counter
from collections.abc import Callable, Iterator, Sequence

import attrs

from mobilesasa.smpp.fields import ESM_TYPE_MASK
from mobilesasa.smpp.pdus import BindTransceiver, DeliverSm, DeliverSmResp, Pdu, SubmitSm, SubmitSmResp
from mobilesasa.smpp.session import Reply, Session, Side, Unbound
from mobilesasa.smpp.tlvs import Tag, text
from tests.whole.programs import HOST


@attrs.define(eq=False)
class Esme:
    """One session; `texts` are submitted until they end or the connection is lost."""

    port: int
    system_id: str
    password: str
    window: int = 50
    registered_delivery: int = 1
    silent: bool = False  # answers no deliver_sm
    tls: ssl.SSLContext | None = None
    accepted: dict[str, str] = attrs.field(factory=dict)  # text by message_id
    statuses: Counter[int] = attrs.field(factory=Counter)
    receipts: Counter[str] = attrs.field(factory=Counter)  # by message_id
    inbound: list[DeliverSm] = attrs.field(factory=list)  # messages from phones
    heard: list[DeliverSm] = attrs.field(factory=list)
    answers: dict[int, Pdu] = attrs.field(factory=dict)  # to `ask`, by sequence number
    unbound: bool = False  # the other side said that it ends the session
    lost: bool = False  # the connection, while `attend` looked
    _session: Session = attrs.field(factory=lambda: Session(Side.ESME))
    _out: dict[int, str] = attrs.field(factory=dict)
    _socket: socket.socket | None = None

    def bind(self) -> int:
        """Bind as a transceiver; return the status."""
        self._socket = socket.create_connection((HOST, self.port))
        if self.tls is not None:
            self._socket = self.tls.wrap_socket(self._socket, server_hostname=socket.gethostname())
        self._write(self._session.send(BindTransceiver(system_id=self.system_id, password=self.password)))
        events = []
        while not events:
            events = self._session.receive_data(self._socket.recv(65536))
        self._hear(events[1:])  # receipts that waited for this bind may have come with its answer
        return int(events[0].status)

    def is_refused(self) -> bool:
        """Say whether nobody listens at its port."""
        with socket.socket() as trying:
            return trying.connect_ex((HOST, self.port)) != 0

    def run(self, texts: Iterator[str], until: Callable[["Esme"], bool], patience_s: float = 20.0) -> bool:
        """Submit and receive until `until` is true (True) or the connection is lost or silent (False)."""
        assert self._socket is not None
        while not until(self):
            try:
                self._submit(texts)
                data = self._socket.recv(262144) if self._is_readable(patience_s) else b""
                self._take(data)
            except OSError:
                return False
            if not data or self._session.is_closed:
                return False
        return True

    def ask(self, request: Pdu, patience_s: float = 20.0) -> Pdu:
        """Send a request that is no submit of `run`, and return its answer; receipts that come meanwhile are kept."""
        assert self._socket is not None
        sequence = self._session.next_sequence()
        self._write(self._session.send(attrs.evolve(request, sequence=sequence)))
        while sequence not in self.answers:
            assert self._is_readable(patience_s), "no answer"
            self._take(self._socket.recv(262144))
        return self.answers.pop(sequence)

    @property
    def unanswered(self) -> set[str]:
        """What was submitted and not answered."""
        return set(self._out.values())

    def attend(self, patience_s: float) -> None:
        """Read and answer what comes in this time, if it is still connected."""
        assert self._socket is not None
        try:
            if self.lost or not self._is_readable(patience_s):
                return
            if data := self._socket.recv(262144):
                self._take(data)
            else:
                self.lost = True
        except OSError:
            self.lost = True

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()

    def _is_readable(self, patience_s: float) -> bool:
        """Wait until there is something to read; of TLS, part of what was read from the socket may wait in memory."""
        if isinstance(self._socket, ssl.SSLSocket) and self._socket.pending():
            return True
        return bool(select.select([self._socket], [], [], patience_s)[0])

    def _submit(self, texts: Iterator[str]) -> None:
        batch = []
        while len(self._out) < self.window and (words := next(texts, None)) is not None:
            sequence = self._session.next_sequence()
            self._out[sequence] = words
            batch.append(
                SubmitSm(
                    sequence=sequence,
                    source_addr_ton=5,
                    source_addr="TextBlast",
                    dest_addr_ton=1,
                    dest_addr_npi=1,
                    destination_addr="254712345678",
                    registered_delivery=self.registered_delivery,
                    short_message=words.encode("ascii"),
                )
            )
        if batch:
            self._write(self._session.send_all(batch))

    def _take(self, data: bytes) -> None:
        self._hear(self._session.receive_data(data))

    def _hear(self, events: Sequence[object]) -> None:
        answers = []
        for event in events:
            if isinstance(event, SubmitSmResp) and event.sequence in self._out:
                self.statuses[event.status] += 1
                words = self._out.pop(event.sequence)
                if event.status == 0:
                    self.accepted[event.message_id] = words
            elif isinstance(event, DeliverSm):
                if event.esm_class & ESM_TYPE_MASK:
                    self.receipts[text(event.tlvs, Tag.RECEIPTED_MESSAGE_ID) or ""] += 1
                else:
                    self.inbound.append(event)
                self.heard.append(event)
                if not self.silent:
                    answers.append(DeliverSmResp(sequence=event.sequence))
            elif isinstance(event, Reply):
                self._write(event.octets)
            elif isinstance(event, Unbound):
                self.unbound = True
            elif isinstance(event, Pdu):
                self.answers[event.sequence] = event
        if answers:
            self._write(self._session.send_all(answers))

    def _write(self, octets: bytes) -> None:
        assert self._socket is not None
        self._socket.sendall(octets)
