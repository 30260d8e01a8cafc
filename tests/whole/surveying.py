"""A survey of six questions that branch, people who answer it at random, and what must come of that.

What people say is drawn with what it means, so nothing here reads an answer as the program does; where an answer leads stands in a
table of its own. A *burst* is what a phone says at once. Of a burst the first text that can be an answer is one; else it costs one of
the three times that a question is asked. What comes behind an answer in the same burst is for nobody.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import Any, Final

import attrs

CODE: Final = "22384"
KEYWORD: Final = "maoni"
ASKED_TIMES: Final = 3
THANKS: Final = "Asante sana! You are done."

QUESTIONS: Final[Sequence[dict[str, Any]]] = (
    {
        "code": "heard", "type": "single_choice", "text": "Q1: How did you hear of us?",
        "options": [{"code": "radio", "label": "Radio"}, {"code": "friend", "label": "A friend"},
                    {"code": "web", "label": "The web", "next": "bought"}],
    },
    {
        "code": "liked", "type": "rating", "text": "Q2: How did you like it, from 1 to 5?",
        "rules": [{"when": {"op": "lte", "value": 2}, "next": "missed"}],
    },
    {
        "code": "bought", "type": "yes_no", "text": "Q3: Have you bought anything from us?",
        "rules": [{"when": {"op": "eq", "value": False}, "next": "age"}],
    },
    {
        "code": "missed", "type": "multiple_choice", "required": False,
        "text": "Q4: What did you miss? You may name several of these things, as many as you like, and in any order that you like; "
        "we read every answer that people send to us.",
        "options": [{"code": "price", "label": "Better prices"}, {"code": "choice", "label": "More choice"},
                    {"code": "service", "label": "Service"}],
    },
    {
        "code": "age", "type": "number", "text": "Q5: How old are you?", "min": 10, "max": 120, "whole": True,
        "rules": [{"when": {"op": "gt", "value": 90}, "next": "end"}],
    },
    {"code": "more", "type": "text", "text": "Q6: What else would you tell us?", "required": False},
)  # fmt: skip
NAMES: Final = tuple(str(question["code"]) for question in QUESTIONS)
OPTIONAL: Final = frozenset({"missed", "more"})

#: What people write, and what it means.
VALID: Final[dict[str, dict[Any, Sequence[str]]]] = {
    "heard": {
        "radio": ("1", "1.", " 1 ", "(1)", "radio", "RADIO", "Radio."),
        "friend": ("2", "2)", "friend", "a FRIEND", "\uff12"),
        "web": ("3", "3 .", "web", "the web", "The Web!"),
    },
    "liked": {n: (f"{n}", f" {n}.", f"{n})", f"({n})") for n in range(1, 6)},
    "bought": {
        True: ("yes", "YES", "y", "Ndiyo", "ndio", "Yes."),
        False: ("no", "No", "HAPANA", "hapana.", "la"),
    },
    "missed": {
        ("price",): ("1", "price", "better prices"),
        ("price", "service"): ("1,3", "1 3", "1 na 3", "3 and 1", "service, price"),
        ("price", "choice", "service"): ("1,2,3", "1 2 3", "3,2,1"),
        ("choice",): ("2.", "More choice"),
    },
    "age": {**{n: (f"{n}", f" {n} ", f"{n}.") for n in (10, 27, 45, 90)}, 91: ("91", "91."), 120: ("120",)},
    "more": {words: (words,) for words in ("Keep it up", "Nothing else", "Bei ni nzuri", "Sawa tu", "Don't stop")},
}
INVALID: Final[dict[str, Sequence[str]]] = {
    "heard": ("banana", "9", "??", "1 or 2"),
    "liked": ("0", "6", "great", "4.5"),
    "bought": ("maybe", "sijui", "hmm"),
    "missed": ("9", "everything", "x"),
    "age": ("5", "-20", "abc", "500", "27.5"),
}


@attrs.frozen
class Burst:
    """What a phone says at once, so long after it was asked."""

    delay_ms: int
    texts: tuple[str, ...]


@attrs.frozen
class Person:
    """Somebody with what they say to each question that they come to, and what their response must be in the end."""

    phone: str
    begins: bool  # by the keyword; else they are invited
    says: dict[str, tuple[Burst, ...]]
    status: str
    reason: str | None
    answers: dict[str, Any]  # values by the codes of questions, None: it was left
    raw: dict[str, str]

    def as_json(self) -> dict[str, Any]:
        """What the process that plays the phones is told."""
        says = {
            str(NAMES.index(name) + 1): [attrs.astuple(burst) for burst in said] for name, said in self.says.items()
        }
        return {"phone": self.phone, "begins": self.begins, "says": says}


def following(name: str, value: Any) -> str | None:
    """Where an answer leads; None: to the end."""
    branches: dict[str, Callable[[], str | None]] = {
        "heard": lambda: "bought" if value == "web" else "liked",
        "liked": lambda: "missed" if value in (1, 2) else "bought",
        "bought": lambda: "age" if value is False else "missed",
        "missed": lambda: "age",
        "age": lambda: None if value in (91, 120) else "more",
        "more": lambda: None,
    }
    return branches[name]()


def person(phone: str, drawn: random.Random) -> Person:
    """Draw somebody."""
    says: dict[str, tuple[Burst, ...]] = {}
    answers: dict[str, Any] = {}
    raw: dict[str, str] = {}
    name: str | None = NAMES[0]
    just: frozenset[str] = frozenset()  # what was said to the question before
    status, reason = "completed", None
    while name is not None:
        habit = drawn.random()
        if habit < 0.02:  # falls silent
            status = "in_progress"
            break
        if habit < 0.04:
            says[name] = (_burst(drawn, "STOP"),)
            status, reason = "expired", "stop"
            break
        value, said = _answered(name, drawn, just)
        says[name] = said
        just = frozenset(_folded(text) for burst in said for text in burst.texts)
        if value is None and name not in OPTIONAL:
            status, reason = "expired", "invalid"
            break
        answers[name], raw[name] = value, _telling(name, said)
        name = following(name, value)
    return Person(phone, drawn.random() < 0.5, says, status, reason, answers, raw)


def _answered(name: str, drawn: random.Random, just: frozenset[str]) -> tuple[Any, tuple[Burst, ...]]:
    """Draw what somebody means and how they come to say it; None: they never do.

    Nobody says just what they said to the question before: where a node dies before it knows that a question has gone out, that may be
    taken for what a carrier brings twice, and be asked for again.
    """
    value, text = drawn.choice(
        [(n, each) for n, texts in VALID[name].items() for each in texts if _folded(each) not in just]
    )
    wrong = drawn.sample(INVALID.get(name, ()), len(INVALID.get(name, ())))
    habit = drawn.random()
    if not wrong:
        texts = (text, text) if habit < 0.3 else (text,)
        return value, (_burst(drawn, *texts),)
    before = tuple(_burst(drawn, each) for each in wrong[:ASKED_TIMES])
    if habit < 0.03:
        return None, before
    if habit < 0.15:
        return value, (*before[: drawn.randint(1, 2)], _burst(drawn, text))
    if habit < 0.25:
        return value, (_burst(drawn, text, text),)
    if habit < 0.35:
        return value, (_burst(drawn, wrong[0], text),)
    if habit < 0.45:
        return value, (_burst(drawn, text, wrong[0]),)
    if habit < 0.50:
        return value, (_burst(drawn, wrong[0], wrong[0]), _burst(drawn, text))
    return value, (_burst(drawn, text),)


def _burst(drawn: random.Random, *texts: str) -> Burst:
    """Draw when it is said: soon as a rule, late now and then."""
    return Burst(drawn.randint(1500, 3500) if drawn.random() < 0.05 else drawn.randint(0, 500), texts)


def _telling(name: str, said: Sequence[Burst]) -> str:
    """The text of which the answer is made: the first that means something, or the last of those that mean nothing."""
    every = [text for burst in said for text in burst.texts]
    means = [text for text in every if any(text in texts for texts in VALID[name].values())]
    return means[0] if means else every[-1]


def _folded(text: str) -> str:
    return " ".join(text.split()).casefold()


def survey() -> dict[str, Any]:
    """The survey, as it is written to the API."""
    return {
        "name": "Six questions",
        "language": "en",
        "sender_id": CODE,
        "keyword": KEYWORD,
        "introduction": "Habari! Six short questions, free of charge.",
        "thanks": THANKS,
        "questions": [*QUESTIONS],
        "options": {"reask": ASKED_TIMES - 1},
    }
