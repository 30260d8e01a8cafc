"""submit_multi and data_sm: other ways to hand in what submit_sm hands in, read by the same rules (SMPP 3.4 §4.5, §4.7).

Each destination of a submit_multi is a message of its own, with its own id, charge and receipt; a destination that is
not accepted is named in the answer with its own status. The answer has room for one message_id (§4.5.2), and that is
the id of the first destination that was accepted: query_sm, cancel_sm and replace_sm under it reach that message. The
receipts of the others carry their own ids, and like all receipts the destination as source_addr; the others are taken
back by a cancel_sm without a message_id, with source_addr and destination_addr. There are no distribution lists.
"""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from mobilesasa.core.errors import Refused
from mobilesasa.core.ids import smpp_id
from mobilesasa.core.model import Submission
from mobilesasa.core.ports import Verdict
from mobilesasa.core.terms import SmppTerms
from mobilesasa.smpp.pdus import (
    DataSm,
    DistributionList,
    SmeAddress,
    SubmitMulti,
    SubmitMultiResp,
    SubmitSm,
    UnsuccessSme,
)
from mobilesasa.smpp.statuses import Status
from mobilesasa.smpp.tlvs import NO_TLVS, Tag, integer
from mobilesasa.smsc.statuses import BadSubmit, info_tlvs, status_of
from mobilesasa.smsc.submit import parts_to_pay, read_submit

_ADDRESS_CHARACTERS = 20  # of a destination in the answer
_SHARED = tuple(
    name
    for name in (field.name for field in attrs.fields(SubmitMulti))
    if name in {field.name for field in attrs.fields(SubmitSm)}
)


def read_data(pdu: DataSm, team_id: int, now_ms: int, terms: SmppTerms) -> Submission:
    """Return the message that a team's data_sm asks for; qos_time_to_live is its validity (§5.3.2.9).

    Raises:
        BadSubmit: as `read_submit`; ESME_RMISSINGOPTPARAM without message_payload.
    """
    if Tag.MESSAGE_PAYLOAD not in pdu.tlvs:
        raise BadSubmit(Status.ESME_RMISSINGOPTPARAM, "the text of a data_sm is in message_payload, which is missing")
    asked = read_submit(_same_as(pdu), team_id, now_ms, terms)
    live_s = integer(pdu.tlvs, Tag.QOS_TIME_TO_LIVE)
    return attrs.evolve(asked, validity_ms=1000 * live_s) if live_s else asked


def read_multi(pdu: SubmitMulti, team_id: int, now_ms: int, terms: SmppTerms) -> list[Submission]:
    """Return a message for each destination that is a number, in order.

    Raises:
        BadSubmit: as `read_submit`.
    """
    same = SubmitSm(**{name: getattr(pdu, name) for name in _SHARED})
    asked = read_submit(same, team_id, now_ms, terms)
    return [attrs.evolve(asked, recipient=number) for number in numbers_of(pdu)]


def numbers_of(pdu: SubmitMulti) -> list[str]:
    """Return the destinations that are numbers, as they were written."""
    return [to.destination_addr for to in pdu.dest_addresses if isinstance(to, SmeAddress)]


def multi_to_pay(pdu: SubmitMulti, max_parts: int) -> int:
    """Return what a submit_multi takes from the session's rate: each destination what a submit_sm would (decision 97)."""
    parts = 1 if pdu.tlvs is NO_TLVS else parts_to_pay(_same_as(pdu), max_parts)
    return parts * len(pdu.dest_addresses)


def answer_multi(pdu: SubmitMulti, verdicts: Sequence[Verdict | Status], takes_tlvs: bool) -> SubmitMultiResp:
    """Return the answer from what became of each destination that is a number, in order.

    When none was accepted the status says so, to those who look at nothing else: the one that all of them have, or
    ESME_RSUBMITFAIL.
    """
    left = iter(verdicts)
    message_id = ""
    lost: list[UnsuccessSme] = []
    for to in pdu.dest_addresses:
        verdict = Status.ESME_RINVDLNAME if isinstance(to, DistributionList) else next(left)
        if isinstance(verdict, Status):
            lost.append(_unsuccessful(to, verdict))
        elif isinstance(verdict, Refused):
            lost.append(_unsuccessful(to, status_of(verdict)))
        else:
            message_id = message_id or smpp_id(verdict.id)
    if message_id:
        return SubmitMultiResp(sequence=pdu.sequence, message_id=message_id, unsuccess_smes=tuple(lost))
    common = {sme.error_status_code for sme in lost}
    status = Status(common.pop()) if len(common) == 1 else Status.ESME_RSUBMITFAIL
    # With a TLV the body, which names the destinations, is written for all that the status is not 0.
    tlvs = info_tlvs("no destination was accepted") if takes_tlvs else NO_TLVS
    return SubmitMultiResp(sequence=pdu.sequence, status=status, unsuccess_smes=tuple(lost), tlvs=tlvs)


def _same_as(pdu: DataSm | SubmitMulti) -> SubmitSm:
    """Return what the two have in common with a submit_sm."""
    return SubmitSm(
        service_type=pdu.service_type,
        source_addr=pdu.source_addr,
        destination_addr=pdu.destination_addr if isinstance(pdu, DataSm) else "",
        esm_class=pdu.esm_class,
        registered_delivery=pdu.registered_delivery,
        data_coding=pdu.data_coding,
        tlvs=pdu.tlvs,
    )


def _unsuccessful(to: SmeAddress | DistributionList, status: Status) -> UnsuccessSme:
    if isinstance(to, DistributionList):
        return UnsuccessSme(destination_addr=to.dl_name[:_ADDRESS_CHARACTERS], error_status_code=status)
    return UnsuccessSme(to.dest_addr_ton, to.dest_addr_npi, to.destination_addr, status)
