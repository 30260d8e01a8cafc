"""What a team sees of surveys; the same shape wherever a survey is shown."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Final, Literal, NotRequired, TypedDict, cast

import attrs

from mobilesasa.api.answers import instant, instant_or_none
from mobilesasa.api.requests import Said
from mobilesasa.api.resources.survey_bodies import QuestionType, RuleOp
from mobilesasa.api.resources.who import WhoShown, who_shown_or_none
from mobilesasa.core.errors import Fault
from mobilesasa.surveys.jsons import as_json
from mobilesasa.surveys.model import Definition
from mobilesasa.surveys.views import Standing, Survey, Version

UUID = "01978a3e-0000-4c21-9a3b-0c5d7e8f9a10"
QUESTION_UUID = "01978a3e-0000-4c21-9a3b-0c5d7e8f9a11"


_QUESTIONS: Final = [
    {
        "uuid": QUESTION_UUID,
        "code": "service",
        "type": "single_choice",
        "text": "How was our service?",
        "required": True,
        "options": [
            {"uuid": "01978a3e-0000-4c21-9a3b-0c5d7e8f9a12", "code": "GOOD", "label": "Good", "next": None},
            {"uuid": "01978a3e-0000-4c21-9a3b-0c5d7e8f9a13", "code": "BAD", "label": "Bad", "next": "end"},
        ],
        "show_options": True,
        "rules": [],
        "next": None,
    },
    {
        "uuid": "01978a3e-0000-4c21-9a3b-0c5d7e8f9a14",
        "code": "nps",
        "type": "nps",
        "text": "Would you recommend us, from 0 to 10?",
        "required": True,
        "options": [],
        "min": 0,
        "max": 10,
        "rules": [{"when": {"question": None, "op": "lte", "value": 6}, "next": "end"}],
        "next": None,
    },
]


class OptionShown(TypedDict):
    """An answer that can be chosen."""

    uuid: Annotated[str, Said("Names it, whatever it is called in later versions", example=UUID)]
    code: Annotated[str, Said("What programs know it by, and people may write", example="GOOD")]
    label: Annotated[str, Said("What people read, and may write", example="Good")]
    next: NotRequired[Annotated[str | None, Said("Of a single choice: where it leads, a question's uuid or `end`")]]


class WhenShown(TypedDict):
    """Which answers a rule is for."""

    question: Annotated[str | None, Said("Whose answer is looked at; null: this question's")]
    op: Annotated[
        RuleOp,
        Said("How it is compared", example="lte"),
    ]
    value: Annotated[str | int | float | bool | list[str] | None, Said("With what", example=6)]


class RuleShown(TypedDict):
    """Where it goes on after some answers."""

    when: Annotated[WhenShown, Said("Which answers")]
    next: Annotated[str, Said("A question's uuid, or `end`", example="end")]


class QuestionShown(TypedDict):
    """A question of a survey; what is of no use to its type is not there."""

    uuid: Annotated[str, Said("Names it, whatever it is called in later versions", example=QUESTION_UUID)]
    code: Annotated[str | None, Said("What programs know it by", example="service")]
    type: Annotated[QuestionType, Said("What kind of answer it wants", example="single_choice")]
    text: Annotated[str, Said("What is asked", example="How was our service?")]
    required: Annotated[bool, Said("Whether the response ends where no answer can be read", example=True)]
    options: Annotated[list[OptionShown], Said("What can be chosen, in order; of other types none")]
    show_options: NotRequired[Annotated[bool, Said("Of a choice: whether the options are put behind the text")]]
    min_select: NotRequired[Annotated[int, Said("Of a multiple choice: how many must be chosen", example=1)]]
    max_select: NotRequired[Annotated[int | None, Said("Of a multiple choice: how many may be; null: all")]]
    min: NotRequired[Annotated[int | float | None, Said("Of numbers: the least that is taken", example=1)]]
    max: NotRequired[Annotated[int | float | None, Said("Of numbers: the most", example=5)]]
    whole: NotRequired[Annotated[bool, Said("Of a number: whether it has no fraction")]]
    rules: Annotated[list[RuleShown], Said("Where it goes on after some answers; the first that fits counts")]
    next: Annotated[str | None, Said("Where it goes on else: a question's uuid or `end`; null: the question behind it")]


class SurveyOptions(TypedDict):
    """How a survey is held."""

    reask: Annotated[int, Said("How often a question is asked again when no answer can be read", example=2)]
    reminder_after_h: Annotated[int | None, Said("Hours without an answer before it is asked for again", example=24)]
    lapse_after_h: Annotated[int, Said("Hours without an answer after which it is over", example=48)]
    repeat: Annotated[Literal["once", "each_time"], Said("How often a phone may answer", example="once")]
    invitation_valid_h: Annotated[int, Said("Hours for which an invitation waits for its turn", example=72)]


class DefinitionShown(TypedDict):
    """What a survey says."""

    language: Annotated[str, Said("Language of what the node says itself", example="en")]
    sender_id: Annotated[
        str | None, Said("The short code or number that asks, and that people answer to", example="22384")
    ]
    keyword: Annotated[str | None, Said("Who sends this word to the code begins it", example="visit")]
    introduction: Annotated[
        str, Said("What stands before the first question", example="Habari! 3 questions, free of charge.")
    ]
    thanks: Annotated[str, Said("What is said at the end; empty: nothing", example="Asante!")]
    questions: Annotated[list[QuestionShown], Said("All questions, in order", example=_QUESTIONS)]
    options: Annotated[SurveyOptions, Said("How it is held")]
    texts: Annotated[dict[str, str], Said("What the node says itself, in words of yours", example={})]


class SurveyResponseCounts(TypedDict):
    """How many have answered, over all versions."""

    in_progress: Annotated[int, Said("Are being asked", example=12)]
    completed: Annotated[int, Said("Have answered to the end", example=480)]
    expired: Annotated[int, Said("Ended before the end", example=31)]


class InvitationCounts(TypedDict):
    """How many are still to be asked."""

    waiting: Annotated[
        int,
        Said(
            "Their turn has not come: they are asked by another survey over the same code, or it is being sent",
            example=3,
        ),
    ]
    lapsed: Annotated[
        int, Said("Were not asked, for their turn did not come in time, or they want no messages by then", example=0)
    ]


class FaultShown(TypedDict):
    """Something that keeps a survey from being published."""

    field: Annotated[str, Said("Where", example="questions[2].next")]
    code: Annotated[str, Said("What, for programs", example="unreachable")]
    message: Annotated[str, Said("What, for people", example="is reached from no question")]


class SurveyStanding(TypedDict):
    """Where a survey stands."""

    uuid: Annotated[str, Said("Names the survey", example=UUID)]
    name: Annotated[str, Said("Its name", example="After a visit")]
    status: Annotated[
        Literal["draft", "live", "paused", "closed"],
        Said(
            "Never published; asks; begins with nobody, though who is asked goes on; asks nobody any more",
            example="live",
        ),
    ]
    revision: Annotated[int, Said("Of the draft; each change adds 1", example=3)]
    version: Annotated[int, Said("The last one that was published; 0: none was", example=2)]
    is_changed: Annotated[bool, Said("Whether the draft says something else than that version", example=False)]
    question_count: Annotated[int, Said("Questions of the draft", example=3)]
    responses: Annotated[SurveyResponseCounts, Said("How many have answered")]
    invitations: Annotated[InvitationCounts, Said("How many are still to be asked")]
    created_at: Annotated[str, Said("When it was made, UTC", example="2026-05-11T09:00:00Z")]
    updated_at: Annotated[str, Said("When it was changed last, UTC", example="2026-05-11T09:00:00Z")]
    published_at: Annotated[
        str | None, Said("When the last version was published, UTC", example="2026-05-11T09:00:00Z")
    ]


class SurveyListed(SurveyStanding):
    """A survey in a list."""

    language: Annotated[str, Said("Language of what the node says itself", example="en")]
    sender_id: Annotated[str | None, Said("The short code or number that asks", example="22384")]
    keyword: Annotated[str | None, Said("Who sends this word to the code begins it", example="visit")]


class SurveyShown(SurveyStanding, DefinitionShown):
    """A survey with all that its draft says."""

    faults: Annotated[list[FaultShown], Said("What keeps the draft from being published; none: it can be")]
    keeps_hours: Annotated[
        bool,
        Said(
            "Whether its sender is one whose messages to phones of your country wait for hours that rules allow",
            example=False,
        ),
    ]


class SurveyPage(TypedDict):
    """A page of surveys."""

    items: list[SurveyListed]
    page: Annotated[int, Said("Page number", example=1)]
    page_size: Annotated[int, Said("Results per page", example=20)]
    total: Annotated[int, Said("Surveys on all pages", example=1)]
    pages: Annotated[int, Said("Pages there are", example=1)]
    total_is_estimate: Annotated[bool, Said("Whether `total` is an estimate; only above 10,000")]


class VersionListed(TypedDict):
    """A version of a survey, in a list."""

    version: Annotated[int, Said("1, 2, …", example=2)]
    question_count: Annotated[int, Said("Questions that it has", example=3)]
    responses: Annotated[int, Said("Responses to it", example=523)]
    published_at: Annotated[str, Said("When it was published, UTC", example="2026-05-11T09:00:00Z")]
    published_by: Annotated[WhoShown | None, Said("Who published it, as in the trail; null: not known")]


class VersionShown(VersionListed, DefinitionShown):
    """A version of a survey, which never changes."""

    name: Annotated[str, Said("What the survey was called", example="After a visit")]


class VersionPage(TypedDict):
    """A page of versions."""

    items: list[VersionListed]
    page: Annotated[int, Said("Page number", example=1)]
    page_size: Annotated[int, Said("Results per page", example=20)]
    total: Annotated[int, Said("Versions on all pages", example=2)]
    pages: Annotated[int, Said("Pages there are", example=1)]
    total_is_estimate: Annotated[bool, Said("Whether `total` is an estimate; it never is")]


def survey_shown(survey: Survey, standing: Standing, faults: Sequence[Fault], keeps_hours: bool) -> SurveyShown:
    """Return a survey as its team sees it.

    Args:
        survey: what it is.
        standing: how many have answered it.
        faults: what keeps its draft from being published.
        keeps_hours: whether what it says waits for hours, by the sender of its draft.
    """
    shown = {**_standing(survey, standing), **_definition(survey.draft)}
    told = {"faults": [attrs.asdict(fault) for fault in faults], "keeps_hours": keeps_hours}
    return cast(SurveyShown, {**shown, **told})


def survey_listed(survey: Survey, standing: Standing) -> SurveyListed:
    """Return a survey as it stands in a list."""
    draft = survey.draft
    said = {"language": draft.language, "sender_id": draft.sender_id, "keyword": draft.keyword}
    return cast(SurveyListed, {**_standing(survey, standing), **said})


def version_listed(version: Version) -> VersionListed:
    """Return a version as it stands in a list."""
    return {
        "version": version.version,
        "question_count": len(version.definition.questions),
        "responses": version.responses,
        "published_at": instant(version.published_at_ms),
        "published_by": who_shown_or_none(version.published_by),
    }


def version_shown(version: Version) -> VersionShown:
    """Return a version with all that it says."""
    said = {"name": version.definition.name, **_definition(version.definition)}
    return cast(VersionShown, {**version_listed(version), **said})


def _standing(survey: Survey, standing: Standing) -> dict[str, Any]:
    return {
        "uuid": survey.uuid,
        "name": survey.draft.name,
        "status": survey.status.value,
        "revision": survey.revision,
        "version": survey.version,
        "is_changed": survey.is_changed,
        "question_count": len(survey.draft.questions),
        "responses": counts_shown(standing),
        "invitations": {"waiting": standing.waiting, "lapsed": standing.lapsed},
        "created_at": instant(survey.created_at_ms),
        "updated_at": instant(survey.updated_at_ms),
        "published_at": instant_or_none(survey.published_at_ms),
    }


def counts_shown(standing: Standing) -> SurveyResponseCounts:
    """Return how many have answered."""
    return {
        "in_progress": standing.in_progress,
        "completed": standing.completed,
        "expired": standing.expired,
    }


def _definition(definition: Definition) -> dict[str, Any]:
    said = as_json(definition)
    del said["name"]
    return said
