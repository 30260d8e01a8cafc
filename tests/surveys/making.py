"""Surveys for tests, and what is often asked of them."""

import itertools
from collections.abc import Sequence
from typing import Any

from mobilesasa.surveys.model import Conduct, Definition, Kind, Option, Question, Rule

HOUR_MS = 3_600_000
NOON_MS = 1_795_435_200_000  # 2026-11-23 12:00 UTC


def uuid(number: int) -> str:
    return f"00000000-0000-4000-8000-{number:012d}"


def ids():
    """Make uuids from 1."""
    numbers = itertools.count(1)
    return lambda: uuid(next(numbers))


def options(*labels: str, codes: Sequence[str] = ()) -> tuple[Option, ...]:
    names = codes or [str(place) for place, _ in enumerate(labels, 1)]
    return tuple(Option(f"option {code}", code, label) for code, label in zip(names, labels, strict=True))


def question(name: str, kind: Kind = Kind.TEXT, text: str | None = None, **fields: Any) -> Question:
    return Question(uuid=name, kind=kind, text=f"{name}?" if text is None else text, **fields)


def choice(name: str, *labels: str, codes: Sequence[str] = (), **fields: Any) -> Question:
    return question(name, Kind.SINGLE_CHOICE, options=options(*labels, codes=codes), **fields)


def choices(name: str, *labels: str, codes: Sequence[str] = (), **fields: Any) -> Question:
    return question(name, Kind.MULTIPLE_CHOICE, options=options(*labels, codes=codes), **fields)


def survey(*questions: Question, conduct: Conduct | None = None, **fields: Any) -> Definition:
    plain: dict[str, Any] = {"name": "Maize", "sender_id": "22141", "thanks": "Asante"}
    return Definition(questions=questions, conduct=conduct or Conduct(), **{**plain, **fields})


def rule(op: Any, value: Any, target: str, of: str | None = None) -> Rule:
    return Rule(op, value, target, of)
