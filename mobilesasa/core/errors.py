"""Refusals: what a caller can act on.

A `Refused` has a `code` that never changes; `api/errors.py` turns it into an HTTP status, `smsc/statuses.py` into a
command_status, and a test walks both tables. The text is for people and names neither SQL nor another team's data.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import attrs

from mobilesasa.core.changes import ChangedSince


class Refused(Exception):
    """The caller asked for something that cannot be had; the text says what to do about it."""

    code: ClassVar[str] = "refused"
    field: ClassVar[str | None] = None

    @property
    def message(self) -> str:
        """The sentence for people."""
        return str(self)


class BadRecipient(Refused):
    """The number cannot be read as a mobile number (decisions 29 and 105)."""

    code = "bad_recipient"
    field = "to"


class SenderNotApproved(Refused):
    """The sender is unknown, another team's, or not approved (decision 36): one answer for all of them."""

    code = "sender_not_approved"
    field = "sender_id"


class NoDefaultSender(Refused):
    """No sender was named and the team has no default (decision 35)."""

    code = "no_default_sender"
    field = "sender_id"


class BadText(Refused):
    """The text is blank or holds what no phone can show (decision 31)."""

    code = "bad_text"
    field = "message"


class TooManyParts(Refused):
    """The text needs more parts than one message may have (decision 31)."""

    code = "too_many_parts"
    field = "message"


class PartTooLong(Refused):
    """A part that the team split itself, or a binary message, does not fit one short message (decision 120)."""

    code = "part_too_long"
    field = "message"


class BadValidity(Refused):
    """The validity period is over before it begins, or cannot be read (decision 122)."""

    code = "bad_validity"
    field = "validity_minutes"


class BadSchedule(Refused):
    """The time of delivery is too far ahead (decision 123)."""

    code = "bad_schedule"
    field = "scheduled_at"


class InsufficientUnits(Refused):
    """The team cannot pay for the message (decision 37)."""

    code = "insufficient_units"

    def __init__(self, needed_units: int, what: str = "message") -> None:
        """Keep what one message costs, or a whole campaign, in units."""
        super().__init__(f"insufficient units: this {what} costs {needed_units}; top up the team's balance")
        self.needed_units = needed_units


class NoRoute(Refused):
    """No enabled carrier takes this number."""

    code = "no_route"
    field = "to"


class Suppressed(Refused):
    """The recipient wants no messages from this sender, or is kept from them for another reason (decision 57)."""

    code = "suppressed"
    field = "to"


class TeamSuspended(Refused):
    """The operator has suspended the team (decision 15)."""

    code = "team_suspended"


class NotFound(Refused):
    """There is no such thing, or it is another team's (decision 8)."""

    code = "not_found"


class NotFailed(Refused):
    """Only a failed message can be resent (decision 41)."""

    code = "not_failed"


class NotCancellable(Refused):
    """Only a message that no carrier has, and that has not ended, can be taken back."""

    code = "not_cancellable"


class AlreadyResent(Refused):
    """A resend of this message is already on its way or has arrived (decision 41)."""

    code = "already_resent"


class TextNotKept(Refused):
    """The text of the message was removed after the days for which the team's are kept (decision 44)."""

    code = "text_not_kept"


class SenderDecided(Refused):
    """A sender that was approved or suspended is no request that its team can take back (decision 36)."""

    code = "sender_decided"


class AccessEnded(Refused):
    """The token or the login by which a call came ended while it was under way, so nothing was done (decision 24)."""

    code = "access_ended"


class LoginFailed(Refused):
    """Email and password do not fit each other: one answer whether there is such a user or not (decision 10)."""

    code = "login_failed"


class TooManyAttempts(Refused):
    """Credentials were wrong too often (decision 9).

    Attributes:
        retry_after_s: when it may be tried again, in whole seconds.
    """

    code = "too_many_attempts"

    def __init__(self, message: str, retry_after_s: int) -> None:
        """Keep how long to wait."""
        super().__init__(message)
        self.retry_after_s = retry_after_s


class UserDisabled(Refused):
    """The operator has disabled the user whose password was right (decision 15)."""

    code = "user_disabled"


class MissingScope(Refused):
    """Whoever asks lacks a scope, or would give one that they do not have (decision 19)."""

    code = "missing_scope"


class NotAllowed(Refused):
    """Whoever asks has the scope, but not the standing, such as an admin who would make an owner."""

    code = "not_allowed"


class AlreadyExists(Refused):
    """There is one of that name already.

    Attributes:
        uuid: names it, where the caller may know (decision 48).
    """

    code = "already_exists"

    def __init__(self, message: str, uuid: str | None = None) -> None:
        """Keep which one it is."""
        super().__init__(message)
        self.uuid = uuid


class InUse(Refused):
    """It cannot go while something works with it, such as a group of a campaign that is being sent (decision 59)."""

    code = "in_use"


class BadFile(Refused):
    """The file cannot be imported; the text says why, and what to do (decision 53)."""

    code = "bad_file"
    field = "file"


class JobEnded(Refused):
    """Long work has ended already, so that it cannot be stopped any more."""

    code = "job_ended"


class NotUndoable(Refused):
    """An import cannot be undone: it is under way, was undone before, or was too long ago."""

    code = "not_undoable"


class NotDraft(Refused):
    """A campaign was sent or cancelled already; only a draft can be changed, deleted or sent (decision 67)."""

    code = "not_draft"


class NotSending(Refused):
    """Only a campaign that was sent and of which messages are still to go out can be paused, or go on."""

    code = "not_sending"


class NotScheduled(Refused):
    """Only a campaign that was sent and has not begun can become a draft again."""

    code = "not_scheduled"


class CampaignEnded(Refused):
    """The campaign has ended already, and nothing of it waits for a carrier, so it cannot be cancelled (decision 70)."""

    code = "campaign_ended"


class CampaignBusy(Refused):
    """Another call is sending or changing this campaign at this moment (decision 67)."""

    code = "campaign_busy"


class NoRecipients(Refused):
    """Nobody would get the campaign: nobody is in its groups, or all of them are left out (decision 64)."""

    code = "no_recipients"
    field = "group_ids"


@attrs.frozen
class Fault:
    """One thing that is wrong with a definition, such as that of a survey."""

    field: str  # where it stands, such as `questions[2].options[0].label`; empty: the whole of it
    code: str  # stable, for programs, such as `unreachable`
    message: str  # for people, in words that go on behind the field: `is reached from no question`


class BadDefinition(Refused):
    """A survey or a menu cannot be what it is said to be; each thing that is wrong is named at once (decision 78).

    Attributes:
        faults: what is wrong, one at least, in the order of the definition.
    """

    code = "bad_definition"

    def __init__(self, faults: Sequence[Fault]) -> None:
        """Keep what is wrong."""
        super().__init__("; ".join(f"{fault.field} {fault.message}".lstrip() for fault in faults))
        self.faults = tuple(faults)


class NotPublished(Refused):
    """It was never published, so nobody can be asked by it (decision 78)."""

    code = "not_published"


class SurveyClosed(Refused):
    """The survey was closed, and asks nobody any more (decision 80)."""

    code = "survey_closed"


class SurveyPaused(Refused):
    """The survey is paused, so nobody can be invited; it must be resumed first."""

    code = "survey_paused"


class SurveyBusy(ChangedSince, Refused):
    """Another call has changed the survey since it was read."""

    code = "survey_busy"


class KeywordTaken(Refused):
    """Another survey that is published begins by the same word on the same short code (decision 81)."""

    code = "keyword_taken"
    field = "keyword"


class ExtensionTaken(Refused):
    """Somebody has the extension of this code already, or has asked for it; whose it is, is not said (decision 83)."""

    code = "extension_taken"
    field = "extension"


class MenuInUse(Refused):
    """The menu answers at an extension, so it cannot be removed (decision 84)."""

    code = "menu_in_use"


class MenuChanged(ChangedSince, Refused):
    """Another call has changed the draft of the menu since it was read (decision 84)."""

    code = "menu_changed"
    field = "revision"


class TooManyJobs(Refused):
    """So much long work of the team waits already that no more is kept; let some of it end first (I7)."""

    code = "too_many_jobs"


class Overloaded(Refused):
    """More is waiting to be stored than the node keeps in memory; ask again in a moment (I7)."""

    code = "overloaded"


class StoreAway(Exception):
    """The store cannot be reached: not a refusal, for nobody can act on it but the operator."""


class QueueAway(Refused):
    """The queue between the nodes cannot be asked now; messages go on, for their rows are in the store."""

    code = "queue_away"


class BadValue(Refused):
    """A value that cannot be kept; the text says which, and what it must be like."""

    code = "bad_value"


class BadWebhookUrl(Refused):
    """The address cannot be called: it is no URL, or leads into a network that is not called (decision 89)."""

    code = "bad_webhook_url"
    field = "url"


class WebhookDisabled(Refused):
    """Nothing is told to a webhook that is disabled (decision 89)."""

    code = "webhook_disabled"


def every_refusal() -> tuple[type[Refused], ...]:
    """All refusals there are, for the tables that must answer each."""
    found: list[type[Refused]] = []
    waiting = list(Refused.__subclasses__())
    while waiting:
        refusal = waiting.pop(0)
        found.append(refusal)
        waiting.extend(refusal.__subclasses__())
    return tuple(found)
