"""How long the SMPP codec takes: `python -m bench.codec [--json]` prints microseconds a PDU, median of repeats.

The budget of the design: a submit_sm of 140 octets is decoded in 5 µs (goal 2.5) and encoded in 3 µs (goal 1.5).
"""

import argparse
import json
import statistics
import timeit
from collections.abc import Callable
from datetime import UTC, datetime

from mobilesasa.smpp.fields import EsmClass, MessageState
from mobilesasa.smpp.pdus import BindTransceiver, DeliverSm, Pdu, SubmitSm, SubmitSmResp, answer, decode
from mobilesasa.smpp.receipts import read_receipt, write_receipt
from mobilesasa.smpp.session import Session, Side
from mobilesasa.smpp.tlvs import Tag

MESSAGE_ID = "M01JABCDEFGHJKMNPQRSTVWXYZ"
AT_MS = round(datetime(2026, 5, 11, 9, tzinfo=UTC).timestamp() * 1000)
BATCH = 100
REPEATS = 15
CALLS = 10_000


def submit(sequence: int = 7) -> SubmitSm:
    """The usual submit_sm: an alphanumeric sender, a number, 140 octets of text."""
    return SubmitSm(
        sequence=sequence,
        source_addr_ton=5,
        source_addr="TextBlast",
        dest_addr_ton=1,
        dest_addr_npi=1,
        destination_addr="254712345678",
        registered_delivery=1,
        short_message=(b"Hello from Mobile Sasa! " * 6)[:140],
    )


def receipt(*, tlvs: bool) -> DeliverSm:
    """The usual receipt, with its TLVs or with its text alone."""
    return DeliverSm(
        sequence=7,
        source_addr_ton=1,
        source_addr_npi=1,
        source_addr="254712345678",
        dest_addr_ton=5,
        destination_addr="TextBlast",
        esm_class=EsmClass.DELIVERY_RECEIPT,
        short_message=write_receipt(MESSAGE_ID, MessageState.DELIVERED, AT_MS, AT_MS),
        tlvs={Tag.RECEIPTED_MESSAGE_ID: MESSAGE_ID, Tag.MESSAGE_STATE: 2} if tlvs else {},
    )


def micros(call: Callable[[], object], calls: int = CALLS, pieces: int = 1) -> float:
    """The median time of `call`, a piece of its work, in microseconds."""
    taken = timeit.repeat(call, number=calls, repeat=REPEATS)
    return round(statistics.median(taken) / calls / pieces * 1e6, 3)


def codec_micros(pdu: Pdu) -> tuple[float, float]:
    """Decode (from the octets of a whole PDU) and encode."""
    octets = pdu.encode()
    assert decode(octets) == pdu
    return micros(lambda: decode(octets)), micros(pdu.encode)


def session_micros() -> tuple[float, float]:
    """A submit_sm through `receive_data`, and its response through `send_all`, in batches of 100."""
    session = Session(Side.SMSC)
    for bind in session.receive_data(BindTransceiver(sequence=1).encode()):
        assert isinstance(bind, BindTransceiver)
        session.send(answer(bind))
    octets = b"".join(submit(sequence).encode() for sequence in range(1, BATCH + 1))
    sequences = range(1, BATCH + 1)
    assert len(session.receive_data(octets)) == BATCH

    def respond() -> bytes:
        return session.send_all([SubmitSmResp(sequence=sequence, message_id=MESSAGE_ID) for sequence in sequences])

    calls = CALLS // BATCH
    return micros(lambda: session.receive_data(octets), calls, BATCH), micros(respond, calls, BATCH)


def measure() -> dict[str, float]:
    """Every figure by name, in microseconds."""
    found: dict[str, float] = {}
    samples = {
        "submit_sm of 140 octets": submit(),
        "submit_sm_resp": SubmitSmResp(sequence=7, message_id=MESSAGE_ID),
        "deliver_sm, receipt": receipt(tlvs=False),
        "deliver_sm, receipt with TLVs": receipt(tlvs=True),
    }
    for name, pdu in samples.items():
        found[f"{name}: decode"], found[f"{name}: encode"] = codec_micros(pdu)
    for name, tlvs in (("receipt with TLVs: read", True), ("receipt, text alone: read", False)):
        pdu = DeliverSm.decode(receipt(tlvs=tlvs).encode())
        assert read_receipt(pdu) is not None
        found[name] = micros(lambda pdu=pdu: read_receipt(pdu))  # type: ignore[misc]
    found["receipt: write"] = micros(lambda: write_receipt(MESSAGE_ID, MessageState.DELIVERED, AT_MS, AT_MS))
    found["session: submit_sm received"], found["session: submit_sm_resp made and sent"] = session_micros()
    return found


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="one JSON object, microseconds by name")
    as_json = parser.parse_args().json
    found = measure()
    if as_json:
        print(json.dumps(found))
        return
    for name, value in found.items():
        print(f"{name:<45} {value:7.2f} µs")


if __name__ == "__main__":
    main()
