"""USSD on the bind of a team: a session is offered as deliver_sm, and the team's submit_sm is read as the answer.

Teams are spoken to as SMPP 3.4 has it (`smpp.ussd.STANDARD`), whatever the carrier's own dialect is: `ussd_service_op` says
what it is, `its_session_info` which session, `destination_addr` and the first text are the code and what was dialled.

| `ussd_service_op`      | of       | is                                                       |
|------------------------|----------|----------------------------------------------------------|
| 1                      | us       | a session begins                                         |
| 18                     | us       | what the person typed                                    |
| 129                    | us       | the session is over: ended, broken off, or timed out     |
| 2                      | the team | show this and bring the answer                           |
| 16, 17                 | the team | show this, and that is the end                           |
| 3                      | the team | the same: nothing is asked                               |
| 129                    | the team | give the session up, show nothing                        |
| none, service_type `USSD` | the team | the end bit of `its_session_info` decides; without it, the end |

None of it is a message: it costs nothing, has no receipt, and is never joined from parts.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from mobilesasa.smpp.fields import Npi, Ton
from mobilesasa.smpp.pdus import DeliverSm, SubmitSm
from mobilesasa.smpp.tlvs import Tag, integer
from mobilesasa.smpp.ussd import (
    SERVICE_TYPE,
    BadUssd,
    Kind,
    Op,
    SessionInfo,
    UssdEvent,
    UssdReply,
    is_ussd,
    read_text,
    written_text,
)

_OFFERED_AS: Final[Mapping[Kind, Op]] = {
    Kind.START: Op.PSSR_INDICATION,
    Kind.INPUT: Op.USSR_CONFIRM,
    Kind.END: Op.RELEASE,
    Kind.ABORT: Op.RELEASE,
    Kind.TIMEOUT: Op.RELEASE,
}
_ENDS: Final[Mapping[int, bool]] = {
    Op.USSR_REQUEST: False,
    Op.USSN_REQUEST: True,
    Op.PSSD_RESPONSE: True,
    Op.PSSR_RESPONSE: True,
    Op.RELEASE: True,
}


def offer_of(event: UssdEvent, code: str, session: int, sequence: int = 0) -> DeliverSm:
    """Return the deliver_sm that brings an event to the team whose code it is.

    Args:
        event: what has happened.
        code: what the session began with, as the team knows it.
        session: a number for the session, 0 to 255; a phone has one at a time, so with the phone it names it.
        sequence: of this PDU in the session, 0 to 127.

    Raises:
        BadUssd: a number is out of its range, or what was typed is longer than a screen.
    """
    op = _OFFERED_AS[event.kind]
    data_coding, octets = written_text(event.input)
    return DeliverSm(
        service_type=SERVICE_TYPE,
        source_addr_ton=Ton.INTERNATIONAL,
        source_addr_npi=Npi.ISDN,
        source_addr=event.msisdn,
        destination_addr=code,
        data_coding=data_coding,
        short_message=octets,
        tlvs={
            Tag.USSD_SERVICE_OP: int(op),
            Tag.ITS_SESSION_INFO: SessionInfo(session, sequence, op is Op.RELEASE).octets,
        },
    )


def ussd_reply_of(pdu: SubmitSm) -> UssdReply | None:
    """Return what a team's submit_sm answers in a USSD session; None when it is a short message.

    Raises:
        BadUssd: the operation is none that a team sends, or its_session_info is not of two octets.
    """
    if not is_ussd(pdu):
        return None
    info = SessionInfo.read(pdu.tlvs)
    op = integer(pdu.tlvs, Tag.USSD_SERVICE_OP)
    if op is None:
        ends = info is None or info.end
    elif op in _ENDS:
        ends = _ENDS[op] or (info is not None and info.end)
    else:
        raise BadUssd(f"ussd_service_op {op} is none that a team sends: 2 asks, 17 ends")
    released = op == Op.RELEASE
    return UssdReply(
        text="" if released else read_text(pdu),
        end=ends,
        msisdn=pdu.destination_addr,
        code=pdu.source_addr,
        session=None if info is None else info.session,
        sequence=0 if info is None else info.sequence,
        released=released,
    )
