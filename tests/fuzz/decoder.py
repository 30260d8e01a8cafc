"""`make fuzz`: octets led by coverage (atheris) against all that reads what peers send.

What is expected of each reader is what its docstring says it raises; whatever else comes out of it ends the run, with the
octets in a file. The first octet chooses what is read, the next ones how.
"""

import contextlib
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["mobilesasa"]):
    from mobilesasa.smpp import pdus
    from mobilesasa.smpp.errors import BadPdu, MalformedBody, Unencodable
    from mobilesasa.smpp.pdus import DeliverSm, Pdu, SubmitSm, decode
    from mobilesasa.smpp.receipts import id_forms, moment_of, read_receipt
    from mobilesasa.smpp.session import Event, Reply, Session, Unasked, Unbound
    from mobilesasa.smpp.times import BadTime, read_time
    from mobilesasa.smpp.tlvs import Tag, read_tlvs, write_tlvs
    from mobilesasa.smpp.transitions import Side
    from mobilesasa.smpp.ussd import DIALECTS, BadUssd, read_event
    from mobilesasa.smpp.words import words_of
    from mobilesasa.sms.udh import BadUdh, read_udh
    from mobilesasa.smsc.statuses import BadSubmit
    from mobilesasa.smsc.submit import read_submit

from tests.smpp.sessions import PATHS, one

NOW = datetime(2026, 5, 11, 9, 0, tzinfo=UTC)
STATES = sorted(PATHS, key=str)
_LENGTH = 4


def read_stream(octets: bytes) -> None:
    """A session in any state: the events are the same however the stream is cut, and no more than came."""
    if len(octets) < 2:
        return
    state, side = STATES[octets[0] % len(STATES)], list(Side)[octets[0] >> 7]
    stream = octets[2:]
    events, session = taken(one(side, state), [stream])
    step = octets[1] + 1
    again, _ = taken(one(side, state), [stream[at : at + step] for at in range(0, len(stream), step)])
    assert again == events
    assert sum(not isinstance(event, Unbound) for event in events) <= len(stream) // 16
    assert len(session._kept) <= len(stream)
    for event in events:
        pdu = event.pdu if isinstance(event, Unasked) else event
        if isinstance(pdu, Pdu):
            words_of(pdu)
            rewritten(pdu)
        elif isinstance(pdu, Reply):
            decode(pdu.octets)


def taken(session: Session, pieces: list[bytes]) -> tuple[list[Event], Session]:
    """Return what the pieces mean, up to where the stream breaks."""
    events: list[Event] = []
    for piece in pieces:
        try:
            events += session.receive_data(piece)
        except BadPdu as bad:
            events += bad.events
    return events, session


def rewritten(pdu: Pdu) -> None:
    """What was read is written again as it was, where its parameters are of their types."""
    with contextlib.suppress(Unencodable):
        assert decode(pdu.encode()) == pdu or pdu.status
    if not pdu.command_id & pdus.RESPONSE_BIT:
        pdus.answer(pdu).encode()


def read_pdu(octets: bytes) -> None:
    """A PDU whose length is made right."""
    whole = (len(octets) + _LENGTH).to_bytes(_LENGTH, "big") + octets
    if len(whole) < 16:
        return
    try:
        pdu = decode(whole)
    except MalformedBody:
        return
    rewritten(pdu)
    if isinstance(pdu, SubmitSm):
        with contextlib.suppress(BadSubmit):
            read_submit(pdu, 1, 1_778_490_000_000)


def read_parameters(octets: bytes) -> None:
    """A run of TLVs."""
    with contextlib.suppress(MalformedBody, Unencodable):
        found = read_tlvs(octets, 0)
        assert read_tlvs(write_tlvs(found), 0) == found


def read_a_receipt(octets: bytes) -> None:
    """A receipt's text, in short_message or as a parameter, with TLVs of any kind."""
    tlvs = {}
    with contextlib.suppress(MalformedBody):
        tlvs = dict(read_tlvs(octets[200:], 0))
    for pdu in (
        DeliverSm(esm_class=4, short_message=octets[:200], tlvs=tlvs),
        DeliverSm(tlvs={**tlvs, Tag.MESSAGE_PAYLOAD: octets}),
    ):
        receipt = read_receipt(pdu)
        if receipt is not None:
            moment_of(receipt, NOW)
            assert len(id_forms(receipt.message_id)) <= 12
        for dialect in DIALECTS.values():
            with contextlib.suppress(BadUssd):
                read_event(pdu, dialect, "carrier")


def read_small(octets: bytes) -> None:
    """Times, and headers of user data."""
    with contextlib.suppress(BadTime):
        read_time(octets.decode("latin-1"), NOW)
    with contextlib.suppress(BadUdh):
        header, rest = read_udh(octets)
        assert header.octets + rest == octets
        assert header.ports is None or len(header.ports) == 2
        assert header.concatenation is None or header.concatenation.number <= header.concatenation.total


READERS: list[Callable[[bytes], None]] = [read_stream, read_pdu, read_parameters, read_a_receipt, read_small]


def seeds() -> Iterator[bytes]:
    """Good octets to begin with: each PDU in each place."""
    for cls in pdus.PDUS.values():
        octets = cls(sequence=1).encode() if cls is not pdus.SubmitMulti else b""
        yield b"\x00\x09\x20" + octets * 2
        yield b"\x01" + octets[_LENGTH:]
    yield b"\x03id:M1 sub:001 dlvrd:001 submit date:2605110900 done date:2605110930 stat:DELIVRD err:000 text:x"
    yield b"\x04260511090000000+"
    yield b"\x04\x05\x00\x03\x01\x02\x01text"


def read_one(octets: bytes) -> None:
    """Read octets as what their first one says."""
    if octets:
        READERS[octets[0] % len(READERS)](octets[1:])


def main() -> None:
    """Fuzz until told to stop: `python -m tests.fuzz.decoder FOLDER [options of libFuzzer]`."""
    program, folder, *options = sys.argv
    corpus = Path(folder)
    corpus.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(seeds()):
        (corpus / f"seed-{number}").write_bytes(seed)
    for cls in pdus.PDUS.values():  # their readers are compiled from tables, where no import is seen
        cls._decode = staticmethod(atheris.instrument_func(cls._decode))
    atheris.Setup([program, folder, *options], read_one)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
