"""What a refusal is in SMPP: the one table from `Refused.code` to command_status."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from mobilesasa.core.errors import Refused
from mobilesasa.smpp.pdus import Pdu, SubmitSmResp
from mobilesasa.smpp.statuses import Status
from mobilesasa.smpp.tlvs import Tag, Tlvs

#: The status for each refusal of core. Those of ESME_RSUBMITFAIL say in additional_status_info_text what it was.
STATUSES: Final[Mapping[str, Status]] = {
    "bad_recipient": Status.ESME_RINVDSTADR,
    "sender_not_approved": Status.ESME_RINVSRCADR,
    "no_default_sender": Status.ESME_RINVSRCADR,
    "bad_text": Status.ESME_RSUBMITFAIL,
    "too_many_parts": Status.ESME_RINVMSGLEN,
    "part_too_long": Status.ESME_RINVMSGLEN,
    "bad_validity": Status.ESME_RINVEXPIRY,
    "bad_schedule": Status.ESME_RINVSCHED,
    "insufficient_units": Status.ESME_RSUBMITFAIL,  # a throttling status would make clients retry for ever
    "no_route": Status.ESME_RINVDSTADR,
    "suppressed": Status.ESME_RINVDSTADR,  # every client takes that for final; the words tell it from a wrong number
    "access_ended": Status.ESME_RSUBMITFAIL,
    "login_failed": Status.ESME_RSUBMITFAIL,
    "too_many_attempts": Status.ESME_RSUBMITFAIL,
    "user_disabled": Status.ESME_RSUBMITFAIL,
    "missing_scope": Status.ESME_RSUBMITFAIL,
    "not_allowed": Status.ESME_RSUBMITFAIL,
    "team_suspended": Status.ESME_RSUBMITFAIL,
    "not_found": Status.ESME_RINVMSGID,
    "not_failed": Status.ESME_RSUBMITFAIL,
    "not_cancellable": Status.ESME_RCANCELFAIL,
    "already_resent": Status.ESME_RSUBMITFAIL,
    "text_not_kept": Status.ESME_RSUBMITFAIL,
    "sender_decided": Status.ESME_RSUBMITFAIL,
    "already_exists": Status.ESME_RSUBMITFAIL,
    "in_use": Status.ESME_RSUBMITFAIL,
    "not_draft": Status.ESME_RSUBMITFAIL,
    "not_sending": Status.ESME_RSUBMITFAIL,
    "not_scheduled": Status.ESME_RSUBMITFAIL,
    "campaign_ended": Status.ESME_RSUBMITFAIL,
    "campaign_busy": Status.ESME_RSUBMITFAIL,
    "no_recipients": Status.ESME_RSUBMITFAIL,
    "bad_definition": Status.ESME_RSUBMITFAIL,
    "not_published": Status.ESME_RSUBMITFAIL,
    "survey_closed": Status.ESME_RSUBMITFAIL,
    "survey_paused": Status.ESME_RSUBMITFAIL,
    "survey_busy": Status.ESME_RSUBMITFAIL,
    "keyword_taken": Status.ESME_RSUBMITFAIL,
    "extension_taken": Status.ESME_RSUBMITFAIL,
    "menu_in_use": Status.ESME_RSUBMITFAIL,
    "menu_changed": Status.ESME_RSUBMITFAIL,
    "too_many_jobs": Status.ESME_RSUBMITFAIL,
    "job_ended": Status.ESME_RSUBMITFAIL,
    "not_undoable": Status.ESME_RSUBMITFAIL,
    "bad_file": Status.ESME_RSUBMITFAIL,
    "bad_value": Status.ESME_RSUBMITFAIL,
    "bad_webhook_url": Status.ESME_RSUBMITFAIL,
    "webhook_disabled": Status.ESME_RSUBMITFAIL,
    "overloaded": Status.ESME_RMSGQFUL,
    "queue_away": Status.ESME_RSYSERR,
}

_INFO: Final[Mapping[str, str]] = {"insufficient_units": "insufficient units"}  # the words of decision 37
_INFO_CHARACTERS = 255
_WITH_WORDS: Final = frozenset({"suppressed"})  # refusals that say more than their status
#: Statuses that say nothing by themselves: the words go with them.
_SAYS_NOTHING: Final = frozenset(
    {Status.ESME_RSUBMITFAIL, Status.ESME_RQUERYFAIL, Status.ESME_RCANCELFAIL, Status.ESME_RREPLACEFAIL}
)


class BadSubmit(Exception):
    """A request cannot be read as a message, or as something to be done with one.

    Attributes:
        status: what is answered.
        info: what is wrong, in words; it travels with a status that says nothing by itself, as ESME_RSUBMITFAIL.
    """

    def __init__(self, status: Status, info: str) -> None:
        """Keep status and words."""
        super().__init__(info)
        self.status = status
        self.info = info


def status_of(refusal: Refused) -> Status:
    """Return the command_status of a refusal."""
    return STATUSES.get(refusal.code, Status.ESME_RSUBMITFAIL)


def refused(sequence: int, refusal: Refused | BadSubmit, takes_tlvs: bool, response: type[Pdu] = SubmitSmResp) -> Pdu:
    """Return the answer to a submit that was refused; no TLV for a peer older than SMPP 3.4 (decision 94)."""
    if isinstance(refusal, BadSubmit):
        status, info, with_words = refusal.status, refusal.info, False
    else:
        status, info = status_of(refusal), _INFO.get(refusal.code) or refusal.message
        with_words = refusal.code in _WITH_WORDS
    if not takes_tlvs or not (with_words or status in _SAYS_NOTHING):
        return response(sequence=sequence, status=status)
    return response(sequence=sequence, status=status, tlvs=info_tlvs(info))


def info_tlvs(info: str) -> Tlvs:
    """Return additional_status_info_text: words beside a status (SMPP 3.4 §5.3.2.11)."""
    text = info.replace("\0", "")[:_INFO_CHARACTERS].encode("latin-1", "replace").decode("latin-1")
    return {Tag.ADDITIONAL_STATUS_INFO_TEXT: text}
