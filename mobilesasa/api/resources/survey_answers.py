"""What a team sees of the responses to a survey, and of what they come to (decision 79)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal, TypedDict, cast

from mobilesasa.api.answers import instant, instant_or_none
from mobilesasa.api.requests import Said
from mobilesasa.api.resources.survey_bodies import QuestionType
from mobilesasa.api.resources.survey_shapes import QUESTION_UUID, UUID, SurveyResponseCounts, counts_shown
from mobilesasa.surveys.model import Kind, value_as_json
from mobilesasa.surveys.results import Count, Nps, QuestionResult
from mobilesasa.surveys.telling import told
from mobilesasa.surveys.views import Outcome, Response

_DIGITS = 4  # of shares and averages behind the point
_ANSWER: Final = {
    "question_uuid": QUESTION_UUID,
    "code": "service",
    "question": "How was our service?",
    "type": "single_choice",
    "raw": "1.",
    "value": "GOOD",
    "labels": ["Good"],
    "at": "2026-05-11T09:00:00Z",
}


class AnswerShown(TypedDict):
    """What somebody answered to a question."""

    question_uuid: Annotated[str, Said("Of the question", example=QUESTION_UUID)]
    code: Annotated[str | None, Said("The question's code", example="service")]
    question: Annotated[str, Said("What was asked, as that version had it", example="How was our service?")]
    type: Annotated[
        QuestionType,
        Said("What kind of answer it wants", example="single_choice"),
    ]
    raw: Annotated[str, Said("What came, as it came", example="1.")]
    value: Annotated[
        str | int | float | bool | list[str] | None,
        Said(
            "What it means: an option's code, several codes, a number, true or false, YYYY-MM-DD, a text; null: it was left, or "
            "could not be read",
            example="GOOD",
        ),
    ]
    labels: Annotated[list[str] | None, Said("Of a choice: the labels of what was chosen; else null", example=["Good"])]
    at: Annotated[str, Said("When it came, UTC", example="2026-05-11T09:00:00Z")]


class SurveyResponse(TypedDict):
    """What somebody answered to a survey, as far as they came."""

    uuid: Annotated[str, Said("Names the response", example=UUID)]
    survey: Annotated[str, Said("UUID of the survey", example=UUID)]
    survey_name: Annotated[str, Said("What that version was called", example="After a visit")]
    version: Annotated[int, Said("The version with which it began, and which it keeps", example=2)]
    code: Annotated[str, Said("The short code or number over which it goes", example="22384")]
    phone: Annotated[str, Said("Who answers", example="+254712345678")]
    status: Annotated[
        Literal["in_progress", "completed", "expired"],
        Said("Is being asked; has answered to the end; ended before it", example="completed"),
    ]
    reason: Annotated[
        Literal["stop", "invalid", "lapsed", "closed", "too_long"] | None,
        Said(
            "Why it expired: STOP came; a required answer could not be read; nothing came for too long; the survey was closed; 200 "
            "questions were asked"
        ),
    ]
    answers: Annotated[list[AnswerShown], Said("In the order in which they came, one a question", example=[_ANSWER])]
    question: Annotated[str | None, Said("UUID of the question that is being asked")]
    waits_for: Annotated[
        str | None,
        Said(
            "Why the next text has not gone out: the code of an error such as `insufficient_units`, it is tried again then; or `hours`, it "
            "waits for those that its country allows"
        ),
    ]
    others: Annotated[list[str], Said("Texts that came and were no answers: what could not be read, or came twice")]
    started_at: Annotated[str, Said("When it began, UTC", example="2026-05-11T09:00:00Z")]
    finished_at: Annotated[str | None, Said("When it was completed, or expired, UTC", example="2026-05-11T09:04:10Z")]


class SurveyResponsePage(TypedDict):
    """A page of responses."""

    items: list[SurveyResponse]
    page: Annotated[int, Said("Page number; of a cursor its own", example=1)]
    page_size: Annotated[int, Said("Results per page", example=20)]
    total: Annotated[int, Said("Responses on all pages; behind a cursor as the first page counted them", example=523)]
    pages: Annotated[int, Said("Pages there are", example=27)]
    total_is_estimate: Annotated[bool, Said("Whether `total` is an estimate; only above 10,000")]
    next_cursor: Annotated[str | None, Said("Goes on behind this page, as `cursor`; null: this is the end")]


class CountShown(TypedDict):
    """How many gave one answer."""

    value: Annotated[
        str | int | float | bool | list[str], Said("The answer; of a choice the option's code", example="GOOD")
    ]
    label: Annotated[str | None, Said("Of a choice: the option's label", example="Good")]
    option_uuid: Annotated[str | None, Said("Of a choice: the option's UUID", example=UUID)]
    count: Annotated[int, Said("How many gave it", example=320)]
    share: Annotated[
        float, Said("Of those who answered; of a multiple choice the shares come to more than 1", example=0.6531)
    ]


class NpsShown(TypedDict):
    """A net promoter score."""

    score: Annotated[float, Said("Per cent of promoters less per cent of detractors, -100 to 100", example=41.5)]
    promoters: Annotated[int, Said("9 and 10", example=290)]
    passives: Annotated[int, Said("7 and 8", example=110)]
    detractors: Annotated[int, Said("0 to 6", example=90)]


class QuestionResultShown(TypedDict):
    """What the answers to a question come to."""

    question_uuid: Annotated[str, Said("Of the question", example=QUESTION_UUID)]
    code: Annotated[str | None, Said("Its code", example="service")]
    question: Annotated[str, Said("What is asked, as the newest version has it", example="How was our service?")]
    type: Annotated[
        QuestionType,
        Said("What kind of answer it wants", example="single_choice"),
    ]
    answered: Annotated[int, Said("How many answered it", example=490)]
    unanswered: Annotated[
        int, Said("How many were asked and left it, or gave no answer that could be read", example=12)
    ]
    counts: Annotated[
        list[CountShown], Said("Of choices, ratings, NPS, yes and no: each answer there is; of others none")
    ]
    average: Annotated[float | None, Said("Of numbers", example=None)]
    median: Annotated[float | None, Said("Of numbers", example=None)]
    min: Annotated[int | float | str | None, Said("Of numbers the least, of dates the first")]
    max: Annotated[int | float | str | None, Said("Of numbers the most, of dates the last")]
    nps: Annotated[NpsShown | None, Said("Of an NPS question: the score; null as long as nobody answered")]


class SurveyResults(TypedDict):
    """What all answers to a survey come to."""

    survey: Annotated[str, Said("UUID of the survey", example=UUID)]
    version: Annotated[int | None, Said("Of which version; null: of all", example=None)]
    responses: Annotated[SurveyResponseCounts, Said("How many have answered")]
    questions: Annotated[
        list[QuestionResultShown],
        Said("All questions, as the newest version has them; those of older ones alone at the end"),
    ]


def response_shown(response: Response) -> SurveyResponse:
    """Return a response as its team sees it."""
    return told_shown(told(response))


def told_shown(kept: Mapping[str, Any]) -> SurveyResponse:
    """Return a response, as `surveys.telling` tells it, as its team sees it."""
    shown = dict(kept)
    shown["started_at"] = instant(shown.pop("started_at_ms"))
    shown["finished_at"] = instant_or_none(shown.pop("finished_at_ms"))
    shown["answers"] = [answer_shown(each) for each in kept["answers"]]
    return cast(SurveyResponse, shown)


def results_shown(survey_uuid: str, version: int | None, outcome: Outcome) -> SurveyResults:
    """Return what all answers to a survey, or to a version of it, come to."""
    return {
        "survey": survey_uuid,
        "version": version,
        "responses": counts_shown(outcome.responses),
        "questions": [_result(each) for each in outcome.questions],
    }


def answer_shown(kept: Mapping[str, Any]) -> AnswerShown:
    """Return an answer, as `surveys.telling` tells it, as its team sees it."""
    shown = dict(kept)
    shown["at"] = instant(shown.pop("at_ms"))
    return cast(AnswerShown, shown)


def _result(result: QuestionResult) -> QuestionResultShown:
    asked = result.question
    return {
        "question_uuid": asked.uuid,
        "code": asked.code,
        "question": asked.text,
        "type": cast(Any, asked.kind.value),
        "answered": result.answered,
        "unanswered": result.unanswered,
        "counts": [_count(each) for each in result.counts],
        "average": _rounded(result.average),
        "median": _rounded(result.median),
        "min": cast(Any, result.minimum),
        "max": cast(Any, result.maximum),
        "nps": _nps(result.nps) if asked.kind is Kind.NPS and result.nps is not None else None,
    }


def _count(count: Count) -> CountShown:
    return {
        "value": cast(Any, value_as_json(count.value)),
        "label": count.label,
        "option_uuid": count.uuid,
        "count": count.count,
        "share": round(count.share, _DIGITS),
    }


def _nps(nps: Nps) -> NpsShown:
    return {
        "score": round(nps.score, _DIGITS),
        "promoters": nps.promoters,
        "passives": nps.passives,
        "detractors": nps.detractors,
    }


def _rounded(number: float | None) -> float | None:
    return None if number is None else round(float(number), _DIGITS)
