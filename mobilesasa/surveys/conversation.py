"""What a round of conversations is about: texts from phones, surveys that may begin, and conversations as far as they have come."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, TypeAlias

import attrs

from mobilesasa.core.model import MessageId
from mobilesasa.core.optouts import wish_of
from mobilesasa.surveys import engine
from mobilesasa.surveys.model import Definition, Reason, State, Status

REPEATED_MS: Final = 2_000  # nobody answers a question sooner after it went to the carrier

#: Over which code with which phone.
Key: TypeAlias = tuple[str, str]


@attrs.frozen
class Text:
    """A message from a phone."""

    code: str  # that it was sent to, digits
    phone: str  # E.164 without the plus, or as it came
    text: str = attrs.field(repr=False)
    came_at_ms: int
    team_id: int | None = None  # whose it is; None: nobody's
    is_opt_out: bool = False  # it says STOP to some sender, and no more than that

    @property
    def key(self) -> Key:
        """Of the conversation that it may be for."""
        return self.code, self.phone


@attrs.frozen
class Heard:
    """A text that was no answer."""

    text: str = attrs.field(repr=False)
    at_ms: int  # when it came
    stray: bool  # its writer had not seen the question; else it could not be read, or was the keyword
    question: str | None = None  # what was asked then, a uuid


@attrs.frozen(kw_only=True)
class Begins:
    """A survey that begins conversations, or did, with its last version."""

    id: int
    uuid: str
    team_id: int
    version: int
    code: str
    keyword: str | None
    definition: Definition = attrs.field(repr=False)
    is_live: bool = True  # else it is paused or closed

    @property
    def is_once(self) -> bool:
        """Whether a phone that has answered is not asked again."""
        return self.definition.conduct.repeat == "once"


@attrs.define(eq=False, kw_only=True)
class Conversation:
    """A response, as far as it has come."""

    id: str
    survey_id: int
    survey_uuid: str
    version: int
    team_id: int
    code: str
    phone: str
    definition: Definition = attrs.field(repr=False)
    state: State = attrs.field(repr=False)
    started_at_ms: int
    status: Status = Status.IN_PROGRESS
    reason: Reason | None = None
    heard: tuple[Heard, ...] = attrs.field(default=(), repr=False)
    asked_id: MessageId | None = None  # the message by which what is asked was asked first
    is_waiting: bool = False  # that message waits for a carrier
    said_id: MessageId | None = None  # the message by which it was asked last, or by which somebody was reminded
    is_held: bool = False  # no carrier took that one yet, and one is to
    is_doubted: bool = False  # … but one may have
    sent_at_ms: int | None = None  # when a carrier took it
    say: str | None = attrs.field(default=None, repr=False)  # what is to be said
    say_problem: str | None = None
    wake_at_ms: int | None = None
    finished_at_ms: int | None = None
    is_closed: bool = False  # its survey was
    is_new: bool = False
    is_invited: bool = False  # and begins now, so its first text may wait for answers to others
    is_reminded: bool = False  # just now

    @property
    def key(self) -> Key:
        """Over which code with which phone."""
        return self.code, self.phone

    @property
    def is_open(self) -> bool:
        """Whether it goes on."""
        return self.status is Status.IN_PROGRESS

    def is_for(self, text: Text, country: str) -> bool:
        """Say whether a text is for this team's survey; `country` has the words that mean STOP."""
        is_own = text.team_id in (None, self.team_id)
        if engine.wants_out(self.definition, text.text, country):
            return is_own or wish_of(text.text, country) == (True, ())
        return is_own and not text.is_opt_out

    def can_answer(self, text: Text) -> bool:
        """Say whether the writer of a text may have seen what is asked."""
        if self.asked_id is None or self.is_waiting:
            return False
        out_at_ms = self.state.said_at_ms if self.is_doubted else self.sent_at_ms
        if out_at_ms is not None and text.came_at_ms >= out_at_ms + REPEATED_MS:
            return True
        last = self.state.answers[-1:]
        asked = {self.state.question, *(answer.question for answer in last)}
        before = [*(answer.raw for answer in last), *(each.text for each in self.heard if each.question in asked)]
        return all(_folded(each) != _folded(text.text) for each in before)


@attrs.frozen
class Notice:
    """What is to be said to somebody who is in no conversation."""

    team_id: int
    code: str
    phone: str
    text: str = attrs.field(repr=False)


def others_of(heard: Iterable[Heard], began_at_ms: int) -> tuple[str, ...]:
    """Return what somebody said that was no answer: strays, and what could not be read; not the keyword that began it."""
    return tuple(each.text for each in heard if each.stray or each.at_ms > began_at_ms)


def _folded(text: str) -> str:
    return " ".join(text.split()).casefold()
