"""The surveys of teams, as the API asks for them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import attrs

from mobilesasa.core.actors import Actor
from mobilesasa.core.errors import TeamSuspended
from mobilesasa.core.idempotency import Reply
from mobilesasa.core.senders import find_sender
from mobilesasa.core.teams import CurrentDirectory
from mobilesasa.store import survey_inviting, survey_lists, surveys
from mobilesasa.store.aside import Aside
from mobilesasa.store.database import Database, Txn
from mobilesasa.store.idempotency import run_replying
from mobilesasa.store.survey_inviting import Judge
from mobilesasa.surveys.model import Definition
from mobilesasa.surveys.views import (
    Estimate,
    Invited,
    Outcome,
    People,
    Response,
    Standing,
    Survey,
    Version,
    Wanted,
    WantedResponses,
)


@attrs.frozen
class Surveys:
    """Implements `api.ports.surveys.Surveys`; each call is one transaction.

    Args:
        database: the pool.
        aside: for what goes through many people or responses.
        directory: whose senders are known.
        judge_for: makes the rules for messages, for one transaction on a thread.
        now_ms: milliseconds since the epoch.
    """

    _database: Database
    _aside: Aside
    _directory: CurrentDirectory
    _judge_for: Callable[[], Judge]
    _now_ms: Callable[[], int]

    async def create(
        self, by: Actor, team_id: int, uuid: str, definition: Definition, at_ms: int, reply: Reply
    ) -> bytes:
        """Keep a draft, and return the reply to the call."""
        return await run_replying(
            self._database,
            reply,
            "surveys.create",
            lambda txn: surveys.create(txn, by, team_id, uuid, definition, at_ms),
        )

    async def find(self, team_id: int, uuid: str) -> Survey:
        """Return a survey."""
        return await self._database.run("surveys.find", surveys.find, team_id, uuid)

    async def change(self, by: Actor, was: Survey, definition: Definition, at_ms: int) -> Survey:
        """Let the draft of a survey say something else, and return what it is then."""
        return await self._database.run("surveys.change", surveys.change, by, was, definition, at_ms)

    async def delete(self, by: Actor, team_id: int, uuid: str) -> Survey:
        """Remove a survey with all its versions and responses, and return what it was."""
        return await self._aside.run("surveys.delete", surveys.delete, by, team_id, uuid)

    async def page(self, wanted: Wanted, *, limit: int, offset: int) -> Sequence[Survey]:
        """Return surveys, newest first."""
        return await self._database.run("surveys.page", surveys.page, wanted, limit, offset)

    async def count(self, wanted: Wanted) -> tuple[int, bool]:
        """Return how many surveys there are, and whether that is an estimate."""
        return await self._database.run("surveys.count", surveys.count, wanted)

    async def standings(self, surveys_: Sequence[Survey]) -> Sequence[Standing]:
        """Return how many have answered each, in order."""
        return await self._database.run("surveys.standings", surveys.standings, surveys_)

    async def publish(self, by: Actor, was: Survey, at_ms: int) -> Survey:
        """Make a version of the draft, and return what the survey is then."""
        return await self._database.run("surveys.publish", surveys.publish, by, was, at_ms)

    async def pause(self, by: Actor, team_id: int, uuid: str) -> Survey:
        """Let a survey begin with nobody; who is being asked goes on."""
        return await self._database.run("surveys.pause", surveys.pause, by, team_id, uuid)

    async def resume(self, by: Actor, team_id: int, uuid: str) -> Survey:
        """Let a survey begin with people again."""
        return await self._database.run("surveys.resume", surveys.resume, by, team_id, uuid)

    async def close(self, by: Actor, team_id: int, uuid: str) -> Survey:
        """End a survey for good."""
        return await self._aside.run("surveys.close", surveys.close, by, team_id, uuid)

    async def versions(self, survey: Survey, *, limit: int, offset: int) -> Sequence[Version]:
        """Return versions, newest first."""
        return await self._database.run("surveys.versions", surveys.versions, survey, limit, offset)

    async def version(self, survey: Survey, version: int) -> Version:
        """Return a version."""
        return await self._database.run("surveys.version", surveys.version, survey, version)

    async def send(self, by: Actor, team_id: int, uuid: str, people: People, at_ms: int, reply: Reply) -> bytes:
        """Invite people, each once; return the reply to the call."""

        def work(txn: Txn) -> Invited:
            known, judge = self._directory.now, self._judge_for()
            return survey_inviting.send(txn, by, team_id, uuid, people, at_ms, known, judge)

        survey = await self.find(team_id, uuid)
        survey_inviting.check(survey)
        self._check_sender(team_id, (await self.version(survey, survey.version)).definition)
        many = await self._database.run("surveys.size", survey_inviting.size, team_id, people)
        return await self._aside.in_turn(team_id, many, lambda: run_replying(self._aside, reply, "surveys.send", work))

    async def estimate(self, survey: Survey, people: People) -> Estimate:
        """Return what inviting people would come to."""

        def work(txn: Txn) -> Estimate:
            known, judge = self._directory.now, self._judge_for()
            return survey_inviting.estimate(txn, survey, people, self._now_ms(), known, judge)

        version = await self.version(survey, survey.version) if survey.version else None
        self._check_sender(survey.team_id, survey.draft if version is None else version.definition)
        many = await self._database.run("surveys.size", survey_inviting.size, survey.team_id, people)
        return await self._aside.in_turn(survey.team_id, many, lambda: self._aside.run("surveys.estimate", work))

    async def responses(
        self, survey: Survey, wanted: WantedResponses, *, limit: int, offset: int, after: str | None
    ) -> tuple[Sequence[Response], str | None]:
        """Return responses, newest first, and the key behind which the list goes on."""
        return await self._database.run("surveys.responses", survey_lists.page, survey, wanted, limit, offset, after)

    async def count_responses(self, survey: Survey, wanted: WantedResponses) -> tuple[int, bool]:
        """Return how many responses there are, and whether that is an estimate."""
        return await self._database.run("surveys.count_responses", survey_lists.count, survey, wanted)

    async def response(self, survey: Survey, uuid: str) -> Response:
        """Return a response to a survey."""
        return await self._database.run("surveys.response", survey_lists.find, survey, uuid)

    async def results(self, survey: Survey, version: int | None) -> Outcome:
        """Return what all answers to a survey come to, of one version or of all."""
        return await self._aside.run("surveys.results", survey_lists.results, survey, version)

    async def responses_of(self, team_id: int, phone: str, before: str, limit: int) -> Sequence[Response]:
        """Return responses of a phone to any survey of the team, newest first, of uuids below `before`."""
        return await self._database.run("surveys.of_phone", survey_lists.of_phone, team_id, phone, before, limit)

    def _check_sender(self, team_id: int, definition: Definition) -> None:
        """Make sure that a survey could ask somebody now.

        Raises:
            SenderNotApproved, TeamSuspended: it could not.
        """
        known = self._directory.now
        team = known.teams.get(team_id)
        if team is None or team.suspended:
            raise TeamSuspended("the team is suspended; ask the operator of this platform")
        code = definition.sender_id or ""
        own = [sender.uuid for sender in known.senders_of_number(code) if sender.team_id == team.id]
        find_sender(known, team, own[0] if own else code)
