"""What is told of a response, to programs that ask and to webhooks: each answer beside its question, as the version had it."""

from __future__ import annotations

from typing import Any

from mobilesasa.sms.numbers import shown
from mobilesasa.surveys.model import Answer, Definition, value_as_json
from mobilesasa.surveys.views import Response


def told(response: Response) -> dict[str, Any]:
    """Return a response as JSON keeps it; times are milliseconds since the epoch.

    Answers stand in the order in which they came. One that was left has no value.
    """
    return {
        "uuid": response.uuid,
        "survey": response.survey_uuid,
        "survey_name": response.definition.name,
        "version": response.version,
        "code": response.code,
        "phone": shown(response.phone),
        "status": response.status.value,
        "reason": None if response.reason is None else response.reason.value,
        "answers": [told_answer(response.definition, answer) for answer in response.answers],
        "question": response.question,
        "waits_for": response.waits_for,
        "others": list(response.others),
        "started_at_ms": response.started_at_ms,
        "finished_at_ms": response.finished_at_ms,
    }


def told_answer(definition: Definition, answer: Answer) -> dict[str, Any]:
    """Return an answer with the question that it answers.

    Raises:
        KeyError: the definition does not ask it.
    """
    question = definition.question(answer.question)
    return {
        "question_uuid": question.uuid,
        "code": question.code,
        "question": question.text,
        "type": question.kind.value,
        "raw": answer.raw,
        "value": value_as_json(answer.value),
        "labels": list(question.labels(answer.value)) if question.kind.is_choice else None,
        "at_ms": answer.at_ms,
    }
