"""The responses to a survey as rows of an export: one a response, one column a question.

Questions of all versions that are asked for have a column, the newest version's first. A question is the same in two versions if
it has the same uuid. Its column is called by its code, or else by its text; where two are called alike the later has a number.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any, Final

from mobilesasa.core.errors import NotFound
from mobilesasa.core.exports import Cell, Export
from mobilesasa.sms.numbers import shown
from mobilesasa.store import survey_lists, surveys
from mobilesasa.store.database import Txn
from mobilesasa.surveys.model import Answer, Definition, Question, Status
from mobilesasa.surveys.views import Response, Survey, WantedResponses

_COLUMNS: Final = ("uuid", "phone", "code", "status", "reason", "version", "started_at", "finished_at")
_BETWEEN: Final = "; "  # labels of several choices


def columns(txn: Txn, export: Export) -> list[str]:
    """Return the columns of an export, none of them twice."""
    survey = _survey(txn, export)
    named = list(_COLUMNS)
    for question in () if survey is None else _questions(_definitions(txn, export, survey)).values():
        title = question.code or " ".join(question.text.split())
        same = sum(1 for each in named if each == title or each.startswith(f"{title} ("))
        named.append(f"{title} ({same + 1})" if same else title)
    return named


def count(txn: Txn, export: Export) -> tuple[int, bool]:
    """Return how many rows there are, and whether that is an estimate."""
    survey = _survey(txn, export)
    return (0, False) if survey is None else survey_lists.count(txn, survey, _wanted(export))


def rows(
    txn: Txn,
    export: Export,
    cursor: Any,
    limit: int,
    at: Callable[[int | None], str | None],
) -> tuple[list[list[Cell]], Any]:
    """Return the next rows behind a cursor, newest first, and the cursor behind them; None: nothing is left.

    Args:
        txn: the transaction.
        export: which rows.
        cursor: None for the first.
        limit: how many at most.
        at: shows a time.
    """
    survey = _survey(txn, export)
    if survey is None:
        return [], None
    uuids = list(_questions(_definitions(txn, export, survey)))
    found, last = survey_lists.page(txn, survey, _wanted(export), limit, 0, cursor)
    return [_row(each, uuids, at) for each in found], last


def _row(response: Response, uuids: Sequence[str], at: Callable[[int | None], str | None]) -> list[Cell]:
    given = {answer.question: answer for answer in response.answers}
    cells: list[Cell] = [_cell(response.definition, given[uuid]) if uuid in given else None for uuid in uuids]
    reason = None if response.reason is None else response.reason.value
    whose = [response.uuid, shown(response.phone), response.code, response.status.value, reason, response.version]
    return [*whose, at(response.started_at_ms), at(response.finished_at_ms), *cells]


def _cell(definition: Definition, answer: Answer) -> Cell:
    """Return an answer as people read it: labels, numbers, yes and no, days, texts; None: it was left."""
    if answer.value is None:
        return None
    if isinstance(answer.value, bool):
        return "yes" if answer.value else "no"
    question = definition.question(answer.question)
    if question.kind.is_choice:
        return _BETWEEN.join(question.labels(answer.value))
    return _BETWEEN.join(answer.value) if isinstance(answer.value, tuple) else answer.value


def _survey(txn: Txn, export: Export) -> Survey | None:
    """Return the survey whose responses are meant; None: it was deleted meanwhile."""
    with suppress(NotFound):
        return surveys.find(txn, export.team_id, export.asked["survey_uuid"])
    return None


def _definitions(txn: Txn, export: Export, survey: Survey) -> Mapping[int, Definition]:
    """Return the versions that are asked for, of those that there were then: their questions have columns."""
    wanted, upto = export.asked.get("survey_version"), export.asked["survey_upto"]
    known = surveys.definitions(txn, survey).items()
    return {number: each for number, each in known if number <= upto and wanted in (None, number)}


def _questions(definitions: Mapping[int, Definition]) -> dict[str, Question]:
    """Return each question once, as the newest version has it, by its uuid."""
    found: dict[str, Question] = {}
    for version in sorted(definitions, reverse=True):
        for question in definitions[version].questions:
            found.setdefault(question.uuid, question)
    return found


def _wanted(export: Export) -> WantedResponses:
    asked = export.asked
    status = asked.get("survey_status")
    return WantedResponses(
        asked.get("recipient"), None if status is None else Status(status), asked.get("survey_version")
    )
