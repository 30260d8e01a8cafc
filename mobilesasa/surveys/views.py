"""What is asked of stored surveys, and what is told of them: the values between the API and the store.

A survey is a draft that can be changed, and the versions that were published of it, which cannot. Somebody's response is to the
version with which it began.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, Literal, TypeAlias

import attrs

from mobilesasa.core.actors import Who
from mobilesasa.surveys.model import Answer, Definition, Reason, Status, SurveyStatus
from mobilesasa.surveys.results import QuestionResult

#: Why somebody is not invited: they want no messages of the code; they answered already, and may do so once; they are asked by
#: this survey now; an invitation of theirs waits already; no message can be sent to them.
Left: TypeAlias = Literal["suppressed", "answered", "in_progress", "invited", "unreachable"]
LEFT: Final[tuple[Left, ...]] = ("suppressed", "answered", "in_progress", "invited", "unreachable")

PHONES_MAX: Final = 1000  # that one call may invite beside groups
GROUPS_MAX: Final = 100


@attrs.frozen(kw_only=True)
class Survey:
    """A survey of a team."""

    id: int
    uuid: str
    team_id: int
    status: SurveyStatus
    draft: Definition = attrs.field(repr=False)  # what `PUT` changes and `publish` makes a version of
    revision: int  # of the draft: one more with each change
    version: int  # the last one that was published; 0: none was
    is_changed: bool  # the draft says something else than that version; true where there is none
    created_at_ms: int
    updated_at_ms: int  # when the draft, or the status, was changed last
    published_at_ms: int | None = None  # the last version


@attrs.frozen(kw_only=True)
class Version:
    """A survey as it was published; it never changes."""

    version: int  # 1, 2, …
    definition: Definition = attrs.field(repr=False)
    published_at_ms: int
    published_by: Who | None = None  # None: not known
    responses: int = 0  # to it, of any status


@attrs.frozen(kw_only=True)
class Response:
    """What somebody answered to a survey, as far as they came."""

    uuid: str  # version 7: its order is that of beginning
    survey_uuid: str
    version: int
    definition: Definition = attrs.field(repr=False)  # of that version
    code: str  # over which they were asked, digits
    phone: str  # E.164 without the plus
    status: Status
    reason: Reason | None = None  # why it expired
    answers: Sequence[Answer] = attrs.field(default=(), repr=False)  # one a question at most, the latest last
    others: Sequence[str] = attrs.field(default=(), repr=False)  # texts that were no answers, or could not be read
    question: str | None = None  # the uuid of what is asked, of one in progress
    waits_for: str | None = None  # why what is asked has not gone out: the code of a refusal, or "hours" of the country
    started_at_ms: int
    finished_at_ms: int | None = None


@attrs.frozen
class Wanted:
    """Which surveys of a team are meant: those of which all of this holds."""

    team_id: int
    status: SurveyStatus | None = None
    search: str | None = None  # in its name, in any case


@attrs.frozen
class WantedResponses:
    """Which responses to a survey are meant: those of which all of this holds."""

    phone: str | None = None  # E.164 without the plus
    status: Status | None = None
    version: int | None = None


@attrs.frozen(kw_only=True)
class Standing:
    """How many have answered a survey, over all its versions."""

    in_progress: int = 0
    completed: int = 0
    expired: int = 0
    waiting: int = 0  # invitations whose turn has not come: another survey asks these people over the same code
    lapsed: int = 0  # invitations that were too old when their turn came, or of people who want no messages by then


@attrs.frozen
class Outcome:
    """What all answers to a survey come to, of one version or of all."""

    responses: Standing  # of one version those to it, without invitations
    questions: Sequence[QuestionResult]


@attrs.frozen
class People:
    """Who is to be invited, as it was asked for."""

    groups: tuple[str, ...] = ()  # uuids, each once
    phones: tuple[str, ...] = ()  # E.164 without the plus, each once


@attrs.frozen
class Invited:
    """Who was invited, and who was not."""

    invited: int
    left: Mapping[str, int] = attrs.field(factory=dict)  # by `Left`, those that there are

    @property
    def people(self) -> int:
        """How many were looked at, each counted once."""
        return self.invited + sum(self.left.values())


@attrs.frozen
class Estimate:
    """What inviting people now would come to; nothing is stored or charged."""

    invited: Invited
    units: int  # of the first text to each of them
    waiting: int = 0  # of the invited: to them it waits for the hours that rules allow
    waits_until_ms: int | None = (
        None  # when the first of those goes out, milliseconds since the epoch; None: none waits
    )
