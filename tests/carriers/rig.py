"""A carrier on a clock, with everything that its listener hears; SMPP ones with SMSCs across from them."""

import itertools
import random

import attrs
from twisted.internet.task import Clock

from mobilesasa.carriers.port import World
from mobilesasa.carriers.registry import parse_options
from mobilesasa.carriers.sandbox import SandboxCarrier
from mobilesasa.carriers.smpp.carrier import SmppCarrier
from mobilesasa.core.ids import MessageIds
from mobilesasa.core.model import Coding, Lane, Outbound
from mobilesasa.core.teams import CarrierRecord
from mobilesasa.smpp.pdus import EnquireLinkResp, SubmitSm, SubmitSmResp
from mobilesasa.smpp.statuses import Status
from tests.fakes.far_end import FakeEndpoint

START_MS = 1_795_000_000_000
DAY_MS = 86_400_000
CARRIER_ID = 7


@attrs.define(eq=False)
class Listener:
    outcomes: list = attrs.field(factory=list)
    turns: list = attrs.field(factory=list)  # the outcomes of each call
    reports: list = attrs.field(factory=list)
    report_turns: list = attrs.field(factory=list)
    from_phones: list = attrs.field(factory=list)
    phone_turns: list = attrs.field(factory=list)  # what each call brought from phones, and how to acknowledge it
    keeping: bool | None = True  # whether what phones send is kept; None: nobody says yet
    acknowledgements: list = attrs.field(factory=list)
    room_changes: int = 0
    throttles: int = 0
    acknowledging: bool = True
    in_trouble: bool = False

    def settled(self, outcomes):
        assert outcomes
        self.turns.append(list(outcomes))
        self.outcomes.extend(outcomes)

    def reported(self, reports, acknowledge):
        assert reports
        self.report_turns.append(list(reports))
        self.reports.extend(reports)
        if self.acknowledging:
            acknowledge()
        else:
            self.acknowledgements.append(acknowledge)

    def received_from_phones(self, parts, acknowledge):
        assert parts
        self.from_phones.extend(parts)
        self.phone_turns.append((list(parts), acknowledge))
        if self.keeping is not None:
            acknowledge([self.keeping] * len(parts))

    def room_changed(self):
        self.room_changes += 1

    def throttled(self):
        self.throttles += 1

    def of(self, message):
        """The outcomes of one message."""
        return [outcome for each, outcome in self.outcomes if each is message]


class Rig:
    """What is common to all kinds."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.listener = Listener()
        self.world = World(self.clock, self.now_ms, random.Random(5))
        self._new_id = MessageIds(self.now_ms, random.Random(6).getrandbits)
        self._numbers = itertools.count(1)

    def now_ms(self) -> int:
        return START_MS + round(1000 * self.clock.seconds())

    def pass_time(self, seconds: float, step: float = 0.5) -> None:
        self.clock.pump([step] * round(seconds / step))

    def message(self, recipient=None, text="hello", parts=1, **fields) -> Outbound:
        fields = {
            "id": self._new_id(), "team_id": 1, "carrier_id": CARRIER_ID, "lane": Lane.TRANSACTIONAL,
            "sender": "TextBlast", "body": None, "udh": b"", "coding": Coding.GSM7,
            "expires_at_ms": self.now_ms() + DAY_MS, "attempt": 1, **fields,
        }  # fmt: skip
        recipient = recipient or f"25471{next(self._numbers):07}"
        return Outbound(recipient=recipient, text=text, parts=parts, **fields)

    def messages(self, count, **fields) -> list:
        return [self.message(**fields) for _ in range(count)]

    def long_message(self, parts=3, **fields) -> Outbound:
        return self.message(text="x" * (153 * parts), parts=parts, **fields)


class SandboxRig(Rig):
    def __init__(self, **options) -> None:
        super().__init__()
        record = CarrierRecord(CARRIER_ID, "sandbox", "sandbox", options=options)
        self.carrier = SandboxCarrier(record, parse_options("sandbox", options), self.world)

    def start(self) -> None:
        self.carrier.start(self.listener)

    def settle(self) -> None:
        """Let the carrier answer what it has in hand."""
        self.clock.advance(0)

    def bring_receipts(self) -> None:
        self.pass_time(2, 0.05)

    def finish(self, stopped) -> None:
        assert stopped.called


class SmppRig(Rig):
    """`ends[n]` is the SMSC's end of the n-th connection."""

    def __init__(self, **options) -> None:
        super().__init__()
        options = {"host": "smsc.test", "system_id": "us", "window": 10, "password": "secret", **options}
        record = CarrierRecord(CARRIER_ID, "upstream", "smpp", options=options)
        self.endpoint = FakeEndpoint()
        self.carrier = SmppCarrier(record, parse_options("smpp", options), self.world, self.endpoint)
        self._refs = itertools.count(1)

    @property
    def ends(self):
        return self.endpoint.ends

    def start(self) -> None:
        self.carrier.start(self.listener)
        self.accept_all()

    def accept_all(self) -> None:
        """Accept every connection that is waited for, and every bind."""
        while self.endpoint.asked:
            self.endpoint.accept().take_bind()

    def keep_alive(self, seconds, end=0) -> None:
        """Let time pass on a link whose far end answers enquiries."""
        for _ in range(round(seconds / 5)):
            self.pass_time(5)
            if not self.ends[end].gone:
                self.ends[end].link.dataReceived(EnquireLinkResp(sequence=9_999_999).encode())

    def reconnect(self) -> None:
        """Let the next connection and its bind come about."""
        while not self.endpoint.asked:
            self.clock.advance(0.5)
        self.accept_all()

    def submits(self, end=0) -> list[SubmitSm]:
        """What one SMSC has been sent since the last look."""
        return self.ends[end].heard_pdus(SubmitSm)

    def ok(self, pdus, end=0) -> None:
        """Take these, in one turn."""
        self.ends[end].say(*[SubmitSmResp(sequence=pdu.sequence, message_id=f"m{next(self._refs)}") for pdu in pdus])

    def refuse(self, pdus, status=Status.ESME_RSYSERR, end=0) -> None:
        self.ends[end].say(*[SubmitSmResp(sequence=pdu.sequence, status=status) for pdu in pdus])

    def settle(self) -> None:
        for n, end in enumerate(self.ends):
            if not end.gone:
                while pdus := self.submits(n):
                    self.ok(pdus, n)

    def bring_receipts(self) -> None:
        from mobilesasa.smpp.pdus import DeliverSm
        from mobilesasa.smpp.tlvs import Tag

        refs = [ref for _, outcome in self.listener.outcomes for ref in outcome.refs if ref]
        tlvs = [{Tag.RECEIPTED_MESSAGE_ID: ref, Tag.MESSAGE_STATE: 2} for ref in refs]
        self.ends[-1].say(*[DeliverSm(esm_class=4, tlvs=each) for each in tlvs])

    def finish(self, stopped) -> None:
        for end in self.ends:
            if not end.gone:
                self.pass_time(5)
                end.finish()
        assert stopped.called
