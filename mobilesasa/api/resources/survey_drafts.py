"""What is said of a survey, read into a definition; and what keeps a definition from being published."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, get_type_hints

import attrs
import orjson
from twisted.web.iweb import IRequest

from mobilesasa.api.auth import Caller
from mobilesasa.api.ports import Node
from mobilesasa.api.requests import ABSENT, Absent, parse
from mobilesasa.api.resources.survey_bodies import GivenChange, GivenSurvey
from mobilesasa.api.resources.survey_shapes import SurveyShown, VersionShown
from mobilesasa.core.errors import BadDefinition, Fault, KeywordTaken
from mobilesasa.core.owners import owner_of
from mobilesasa.core.senders import SenderStatus
from mobilesasa.sms.numbers import calling_code
from mobilesasa.surveys.checking import faults_of
from mobilesasa.surveys.jsons import as_json
from mobilesasa.surveys.model import Definition
from mobilesasa.surveys.reading import read_definition
from mobilesasa.surveys.views import Survey

OCTETS_MAX: Final = 262_144  # of a definition as JSON: a hundred questions as long as a message may be are less
#: What is told of a survey or of a version and cannot be changed so; it may be sent back.
_SHOWN: Final = frozenset({*get_type_hints(SurveyShown), *get_type_hints(VersionShown)})
#: Without what nobody can be asked at all, whatever else keeps a draft from being published.
_NEEDED: Final = frozenset({"no_sender", "sender_not_approved", "not_received", "no_questions"})
_NOT_HERE: Final = "is no approved sender of this team"


class SurveyDrafts:
    """Reads surveys, and checks them against what is known of the team.

    A large one takes a good part of a second to read and another to check, so both are done on a thread.
    """

    def __init__(self, node: Node) -> None:
        """Keep what is asked."""
        self._directory = node.directory
        self._new_uuid = node.new_uuid
        self._aside = node.aside
        self._gateway = node.gateway

    def keeps_hours(self, caller: Caller, definition: Definition) -> bool:
        """Say whether what a survey says to phones of the team's country waits for the hours that rules allow."""
        sender = self._directory.now.sender_named(caller.team.id, definition.sender_id or "")
        if sender is None:
            return False
        rules = self._gateway.rules.find(sender.sender_class, calling_code(caller.team.country))
        return rules is not None and rules.hours is not None

    async def read(self, request: IRequest, caller: Caller) -> Definition:
        """Return what a new survey is to say.

        Raises:
            Problem: 400, the body is no JSON object, or has a field that there is not.
            BadDefinition: it cannot be kept, with all that is wrong; a draft may lack what only publishing needs.
        """
        return await self._said(caller, attrs.asdict(parse(GivenSurvey, request, beside=_SHOWN), recurse=False), None)

    async def read_change(self, request: IRequest, caller: Caller, was: Survey) -> tuple[Survey, Definition]:
        """Return the survey that is meant, and what it is to say.

        Args:
            request: says it.
            caller: whose it is.
            was: it, as it is now; what is left out stays so.

        Returns:
            `was` at the revision that the caller has read, where they say which, and the new definition. Of a revision that is
            over, whose change will be refused, nothing is read.

        Raises:
            Problem, BadDefinition: as `read`.
        """
        given = attrs.asdict(parse(GivenChange, request, beside=_SHOWN), recurse=False)
        meant = meant_by(was, given.pop("revision"))
        if meant.revision < was.revision:
            return meant, was.draft
        return meant, await self._said(caller, given, was.draft)

    async def _said(self, caller: Caller, given: dict[str, Any], was: Definition | None) -> Definition:
        asked = {name: value for name, value in given.items() if value is not ABSENT}
        before = {} if was is None else as_json(was)
        if isinstance(asked.get("options"), Mapping):
            asked["options"] = {**before.get("options", {}), **asked["options"]}
        faults = list(self._sender_faults(caller, asked))
        try:
            definition: Definition = await self._aside(_read, {**before, **asked}, self._new_uuid)
        except BadDefinition as bad:
            raise BadDefinition([*bad.faults, *faults]) from None
        if faults:
            raise BadDefinition(faults)
        return definition

    async def faults(self, caller: Caller, definition: Definition) -> list[Fault]:
        """Return all that keeps a definition from being published, in its order."""
        return [*self._code_faults(caller, definition), *await self._aside(faults_of, definition, caller.team.country)]

    async def faults_in(self, caller: Caller, survey: Survey) -> list[Fault]:
        """Return all that keeps the draft of a survey from being published; one that was published is not checked anew."""
        if survey.is_changed:
            return await self.faults(caller, survey.draft)
        return self._code_faults(caller, survey.draft)

    async def check(self, caller: Caller, definition: Definition) -> None:
        """Refuse a definition that cannot be published.

        Raises:
            BadDefinition: with all that is wrong.
            KeywordTaken: what begins with the keyword is for another team.
        """
        faults = await self.faults(caller, definition)
        if faults:
            raise BadDefinition(faults)
        code, keyword = definition.sender_id, definition.keyword
        if code is not None and keyword is not None and owner_of(self._directory.now, code, keyword) != caller.team.id:
            raise KeywordTaken(f"{keyword!r} to {code} begins something else; choose another word")

    async def check_needed(self, caller: Caller, definition: Definition) -> None:
        """Refuse a draft by which nobody can be asked, such as one without a question; it may be half done else.

        Raises:
            BadDefinition: with all that is wanting.
        """
        faults = [fault for fault in await self.faults(caller, definition) if fault.code in _NEEDED]
        if faults:
            raise BadDefinition(faults)

    def _code_faults(self, caller: Caller, definition: Definition) -> list[Fault]:
        """Return what keeps the code from being asked over, where there is one."""
        code = definition.sender_id
        if code is None:
            return []
        sender = self._directory.now.sender_named(caller.team.id, code)
        if sender is None or sender.status != SenderStatus.APPROVED:
            return [Fault("sender_id", "sender_not_approved", _NOT_HERE)]
        if self._directory.now.owner_of_number(code) != caller.team.id:
            words = f"cannot be answered: messages from phones to {code} do not come to this team; ask the operator"
            return [Fault("sender_id", "not_received", words)]
        return []

    def _sender_faults(self, caller: Caller, asked: dict[str, Any]) -> list[Fault]:
        """Put the digits of the sender in the place of its uuid; return what is wrong with it.

        A name that nobody can answer is refused where digits are read.
        """
        named = asked.get("sender_id")
        if not isinstance(named, str) or not named.strip():
            return []
        meant = named.strip()
        found = self._directory.now.sender_meant(caller.team.id, meant.removeprefix("+"))
        if found is not None:
            asked["sender_id"] = found.name
        is_number = (meant if found is None else found.name).removeprefix("+").isdigit()
        if is_number and (found is None or found.status != SenderStatus.APPROVED):
            return [Fault("sender_id", "sender_not_approved", _NOT_HERE)]
        return []


def meant_by(was: Survey, revision: int | Absent) -> Survey:
    """Return a survey at the revision that somebody has read; at its own where they do not say which."""
    return was if isinstance(revision, Absent) else attrs.evolve(was, revision=revision)


def _read(given: Mapping[str, Any], new_uuid: Callable[[], str]) -> Definition:
    """Return a definition that is not too large to be listed with others.

    Raises:
        BadDefinition: it cannot be kept.
    """
    definition = read_definition(given, new_uuid)
    octets = len(orjson.dumps(as_json(definition)))
    if octets > OCTETS_MAX:
        raise BadDefinition(
            [Fault("questions", "too_large", f"are {octets} octets with all else; {OCTETS_MAX} at most")]
        )
    return definition
