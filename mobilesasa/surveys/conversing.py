"""One round of conversations: which texts from phones move which of them, who begins, and who is to be told what.

How to think about it: a *round* (`Talk`) is handed what has come and the conversations that this may concern, all of them locked, and
leaves what is to be written down and what is to be said. The engine says what a text means for a question; here it is decided
whether its writer can have seen that question, and what is to be done with a text that is for no conversation:

    nobody asks the phone over the code    a keyword of a survey that is live begins one, else it is no survey's
    somebody does                          it is an answer; where it cannot be one and is the keyword of another survey, that
                                           one waits until this one has ended (decision 81)

A message that is for another team is heard by no survey of this one, but for a STOP that is for all who have the code.

A person sees a question when its message has gone to a carrier. What comes while it waits for one answers nothing; nor does what
the phone has just said when it comes so soon after it was asked that nobody can have read that: carriers bring messages twice.
Reminder and lapse are counted from when a carrier took the question, and what waits still when a conversation moves on is taken back.

What cannot be said (no units, no route) stays to be said, and is tried again until the conversation lapses.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from typing import Final

from mobilesasa.core.errors import BadRecipient, Refused, Suppressed
from mobilesasa.core.keywords import words_of
from mobilesasa.core.model import MessageId
from mobilesasa.surveys import engine
from mobilesasa.surveys.conversation import Begins, Conversation, Heard, Key, Notice, Text
from mobilesasa.surveys.model import Ended, Reason, Status, Step
from mobilesasa.surveys.words import Words, said

HOUR_MS: Final = 3_600_000
TRY_AGAIN_MS: Final = 600_000  # what could not be said
HEARD_MAX: Final = 50  # texts that are kept with a response and are no answers


class Talk:
    """One round.

    Args:
        at_ms: now.
        country_of: returns the country of a team, ISO 3166-1, by its id.
        new_id: makes the ids of responses.
        conversations: that are open or are to be woken, locked.
        surveys: those that words or invitations name.
        answered: survey and phone of completed responses, as far as it is asked for.

    Attributes:
        changed: conversations that are to be written down, new ones as well.
        speaking: those of them that have something to say now.
        notices: what is to be said besides.
        invited: who is to be asked by a survey when the one that asks them now has ended.
        freed: over which code nobody is asked any more.
        ended: conversations that have ended.
        overtaken: messages, with their teams, that are of no use any more if they wait still.
        unasked: people who were invited and are not asked, for nothing can be said to them.
    """

    def __init__(
        self,
        at_ms: int,
        country_of: Callable[[int], str],
        new_id: Callable[[], str],
        conversations: Iterable[Conversation] = (),
        surveys: Iterable[Begins] = (),
        answered: Collection[tuple[int, str]] = (),
    ) -> None:
        """Change nothing yet."""
        self.at_ms = at_ms
        self._country_of = country_of
        self._new_id = new_id
        self._open = {each.key: each for each in conversations if each.is_open}
        self._by_word = {(each.code, each.keyword): each for each in surveys if each.keyword is not None}
        self._answered = set(answered)
        self._changed: dict[str, Conversation] = {}
        self._speaking: dict[str, Conversation] = {}
        self.notices: list[Notice] = []
        self.invited: dict[tuple[int, str], Begins] = {}  # by survey and phone
        self.freed: set[Key] = set()
        self.ended: list[Conversation] = []
        self.overtaken: set[tuple[int, MessageId]] = set()
        self.unasked: list[Conversation] = []

    @property
    def changed(self) -> list[Conversation]:
        """Those that are to be written down."""
        return list(self._changed.values())

    @property
    def speaking(self) -> list[Conversation]:
        """Those that have something to say now."""
        return [each for each in self._speaking.values() if each.say is not None]

    def hear(self, text: Text) -> None:
        """Let a text move the conversation that it is for, or begin one."""
        conversation = self._open.get(text.key)
        if conversation is None:
            self._begin_by_word(text)
            return
        if conversation.is_closed:
            self._move(conversation, engine.close(conversation.definition, conversation.state))
            return
        country = self._country_of(conversation.team_id if text.team_id is None else text.team_id)
        if not conversation.is_for(text, country):
            self._invite_by_word(conversation, text, is_whole=False)
            return
        self._keep_time(conversation)
        came_at_ms = text.came_at_ms if conversation.can_answer(text) else 0
        step = engine.answer(conversation.definition, conversation.state, text.text, country, self.at_ms, came_at_ms)
        if not _is_taken(step) and self._invite_by_word(conversation, text):
            return
        self._move(conversation, step, text)
        if step.ended is not None and step.ended.reason is Reason.LAPSED:
            self._begin_by_word(text)

    def begin(self, survey: Begins, phone: str) -> Conversation | None:
        """Begin a conversation with somebody who was invited; None where there is one over the code, or need be none."""
        if self.is_asked(survey.code, phone) or self._has_answered(survey, phone):
            return None
        return self._begin(survey, phone, is_invited=True)

    def is_asked(self, code: str, phone: str) -> bool:
        """Say whether somebody is being asked over a code."""
        return (code, phone) in self._open

    def wake(self, conversation: Conversation) -> None:
        """Do what is due: what could not be said is said, somebody is reminded, or it ends."""
        self._changed[conversation.id] = conversation
        if not conversation.is_open:
            self._thank_again(conversation)
            return
        self._keep_time(conversation)
        definition, state = conversation.definition, conversation.state
        if conversation.is_closed:
            self._move(conversation, engine.close(definition, state))
        elif engine.is_lapsed(definition, state, self.at_ms):
            self._move(conversation, engine.lapse(definition, state))
        elif conversation.say is not None:
            self._speaking[conversation.id] = conversation
        elif engine.is_to_remind(definition, state, self.at_ms) and not conversation.is_held:
            conversation.say, conversation.is_reminded = engine.remind(definition, state), True
            conversation.state = engine.reminded(state)
            self._speaking[conversation.id] = conversation

    def said(self, conversation: Conversation, message_id: MessageId) -> None:
        """Take that what a conversation had to say was stored as a message."""
        if conversation.say_problem is not None and conversation.is_open:
            conversation.state = engine.said_at(conversation.state, self.at_ms)
        if conversation.asked_id is None:
            conversation.asked_id = message_id
        conversation.said_id, conversation.sent_at_ms = message_id, None
        conversation.say = conversation.say_problem = None

    def refused(self, conversation: Conversation, refusal: Refused) -> None:
        """Take that it could not be; of somebody to whom nothing can be said the conversation ends. A reminder is left out."""
        if conversation.is_reminded:
            conversation.say = None
        else:
            conversation.say_problem = refusal.code
        if isinstance(refusal, Suppressed | BadRecipient):
            conversation.say = None
            if conversation.is_open:
                reason = Reason.STOP if isinstance(refusal, Suppressed) else Reason.LAPSED
                self._end(conversation, Ended(Status.EXPIRED, reason))

    def settle(self) -> None:
        """Decide when each is looked at again; to be called when all has been said. Who could be asked nothing is in none."""
        for conversation in self.changed:
            conversation.wake_at_ms = self._wake_at_ms(conversation)
            if conversation.is_new and conversation.said_id is None and conversation.status is Status.EXPIRED:
                del self._changed[conversation.id]
                self.ended.remove(conversation)
                self.unasked += [conversation] if conversation.is_invited else []

    def _keep_time(self, conversation: Conversation) -> None:
        """Count from when a carrier took what was said last; while it waits for one, nothing lapses."""
        definition, state = conversation.definition, conversation.state
        if conversation.sent_at_ms is not None:
            conversation.state = engine.taken_at(state, conversation.sent_at_ms)
        elif conversation.is_held and engine.is_lapsed(definition, state, self.at_ms):
            conversation.state = engine.taken_at(state, self.at_ms)

    def _wake_at_ms(self, conversation: Conversation) -> int | None:
        again_ms = self.at_ms + TRY_AGAIN_MS
        if conversation.say is not None and conversation.id not in self._speaking:
            again_ms = conversation.wake_at_ms or again_ms  # it is to be tried then
        if not conversation.is_open:
            return None if conversation.say is None else again_ms
        due_ms = engine.wakes_at_ms(conversation.definition, conversation.state)
        if due_ms <= self.at_ms:
            return again_ms
        return due_ms if conversation.say is None else min(due_ms, again_ms)

    def _thank_again(self, conversation: Conversation) -> None:
        finished_at_ms = conversation.finished_at_ms or 0
        if self.at_ms >= finished_at_ms + conversation.definition.conduct.lapse_after_h * HOUR_MS:
            conversation.say = None
        self._speaking[conversation.id] = conversation

    def _begin_by_word(self, text: Text) -> None:
        survey = self._named(text, is_whole=False)
        if survey is None:
            return
        if not survey.is_live:
            self._notice(survey, text.phone, Words.CLOSED)
        elif self._has_answered(survey, text.phone):
            self._notice(survey, text.phone, Words.ALREADY_ANSWERED)
        else:
            conversation = self._begin(survey, text.phone)
            conversation.heard = (Heard(text.text, text.came_at_ms, False, conversation.state.question),)

    def _notice(self, survey: Begins, phone: str, words: Words) -> None:
        text = said(survey.definition, words)
        if text:
            self.notices.append(Notice(survey.team_id, survey.code, phone, text))

    def _begin(self, survey: Begins, phone: str, is_invited: bool = False) -> Conversation:
        step = engine.begin(survey.definition, self.at_ms)
        made = Conversation(
            id=self._new_id(),
            survey_id=survey.id,
            survey_uuid=survey.uuid,
            version=survey.version,
            team_id=survey.team_id,
            code=survey.code,
            phone=phone,
            definition=survey.definition,
            state=step.state,
            started_at_ms=self.at_ms,
            is_new=True,
            is_invited=is_invited,
        )
        self._open[made.key] = made
        self._move(made, step)
        return made

    def _named(self, text: Text, is_whole: bool = True) -> Begins | None:
        """Return the survey whose keyword a text begins with, or is."""
        words = words_of(text.text)
        if not words or (is_whole and len(words) > 1):
            return None
        found = self._by_word.get((text.code, words[0]))
        return found if found is not None and text.team_id in (None, found.team_id) else None

    def _invite_by_word(self, conversation: Conversation, text: Text, is_whole: bool = True) -> bool:
        """Let another survey that a text names wait for the end of a conversation; say whether it names one."""
        other = self._named(text, is_whole)
        if other is None or other.id == conversation.survey_id:
            return False
        if other.is_live and not self._has_answered(other, text.phone):
            self.invited[other.id, text.phone] = other
        return True

    def _has_answered(self, survey: Begins, phone: str) -> bool:
        return survey.is_once and (survey.id, phone) in self._answered

    def _move(self, conversation: Conversation, step: Step, text: Text | None = None) -> None:
        self._changed[conversation.id] = conversation
        if text is not None and step.answered is None:
            heard = Heard(text.text, text.came_at_ms, step.stray, conversation.state.question)
            conversation.heard = (*conversation.heard, heard)[-HEARD_MAX:]
        if step.state.question != conversation.state.question or step.state.asked != conversation.state.asked:
            conversation.asked_id = None
        conversation.state = step.state
        if step.say is not None or step.ended is not None:
            if conversation.is_held and conversation.said_id is not None:
                self.overtaken.add((conversation.team_id, conversation.said_id))
            conversation.say, conversation.say_problem = step.say, None
            self._speaking[conversation.id] = conversation
        if step.ended is not None:
            self._end(conversation, step.ended)

    def _end(self, conversation: Conversation, ended: Ended) -> None:
        conversation.status, conversation.reason = ended.status, ended.reason
        conversation.finished_at_ms = self.at_ms
        self._open.pop(conversation.key, None)
        self.freed.add(conversation.key)
        self.ended.append(conversation)
        if ended.status is Status.COMPLETED:
            self._answered.add((conversation.survey_id, conversation.phone))


def _is_taken(step: Step) -> bool:
    """Say whether a text was an answer, or a wish to hear no more."""
    if step.ended is not None and step.ended.reason in (Reason.STOP, Reason.LAPSED):
        return True
    return step.answered is not None and step.answered.value is not None
