"""What the API needs of surveys; `store.survey_service.Surveys` is it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from mobilesasa.core.actors import Actor
from mobilesasa.core.idempotency import Reply
from mobilesasa.surveys.model import Definition
from mobilesasa.surveys.views import (
    Estimate,
    Outcome,
    People,
    Response,
    Standing,
    Survey,
    Version,
    Wanted,
    WantedResponses,
)


class Surveys(Protocol):
    """The surveys of teams; another team's are not there (I6): whatever takes a uuid raises `NotFound`."""

    async def create(
        self, by: Actor, team_id: int, uuid: str, definition: Definition, at_ms: int, reply: Reply
    ) -> bytes:
        """Keep a draft, and return the reply to the call: what `reply` makes of the `Survey`.

        Args:
            by: who makes it.
            team_id: whose it is.
            uuid: names it.
            definition: what it says; it was read, and may lack what only publishing needs.
            at_ms: when it was made.
            reply: makes the reply, on a thread.

        Raises:
            Repeated: the call has been done before; nothing was done now.
        """

    async def find(self, team_id: int, uuid: str) -> Survey:
        """Return a survey."""

    async def change(self, by: Actor, was: Survey, definition: Definition, at_ms: int) -> Survey:
        """Let the draft of a survey say something else, and return what it is then; what was published stays as it is.

        Args:
            by: who does.
            was: it, as it was when the new definition was made of it.
            definition: what it says now.
            at_ms: when.

        Raises:
            SurveyClosed: it was closed.
            SurveyBusy: its revision is not that of `was` any more.
        """

    async def delete(self, by: Actor, team_id: int, uuid: str) -> Survey:
        """Remove a survey with all its versions and responses, and return what it was.

        Raises:
            InUse: it is live or paused; it must be closed first.
        """

    async def page(self, wanted: Wanted, *, limit: int, offset: int) -> Sequence[Survey]:
        """Return surveys, newest first."""

    async def count(self, wanted: Wanted) -> tuple[int, bool]:
        """Return how many surveys there are, and whether that is an estimate (it may be above 10,000)."""

    async def standings(self, surveys: Sequence[Survey]) -> Sequence[Standing]:
        """Return how many have answered each, in order."""

    async def publish(self, by: Actor, was: Survey, at_ms: int) -> Survey:
        """Make a version of the draft, and return what the survey is then: live, or paused where it was.

        Responses that have begun go on with the version that they began with. Where nothing has changed since the last
        version, none is made. The draft was checked by whoever calls.

        Raises:
            SurveyClosed: it was closed.
            SurveyBusy: its revision is not that of `was` any more.
            KeywordTaken: another survey that is live or paused, of whatever team, has the keyword on the code.
        """

    async def pause(self, by: Actor, team_id: int, uuid: str) -> Survey:
        """Let a survey begin with nobody; who is being asked goes on. One that is paused stays so.

        Raises:
            NotPublished: it is a draft.
            SurveyClosed: it was closed.
        """

    async def resume(self, by: Actor, team_id: int, uuid: str) -> Survey:
        """Let a survey begin with people again; one that is live stays so.

        Raises:
            NotPublished: it is a draft.
            SurveyClosed: it was closed.
        """

    async def close(self, by: Actor, team_id: int, uuid: str) -> Survey:
        """End a survey for good: responses under way become expired, for the reason `closed`, and invitations are dropped.

        One that was closed before is returned as it is.

        Raises:
            NotPublished: it is a draft, which can be deleted instead.
        """

    async def versions(self, survey: Survey, *, limit: int, offset: int) -> Sequence[Version]:
        """Return versions, newest first; there are `survey.version` of them."""

    async def version(self, survey: Survey, version: int) -> Version:
        """Return a version.

        Raises:
            NotFound: there is none of that number.
        """

    async def send(self, by: Actor, team_id: int, uuid: str, people: People, at_ms: int, reply: Reply) -> bytes:
        """Invite people, each once; return the reply to the call: what `reply` makes of the `Invited`.

        Args:
            by: who invites.
            team_id: whose survey it is.
            uuid: names it.
            people: who.
            at_ms: when.
            reply: makes the reply, on a thread.

        Raises:
            NotPublished: it is a draft.
            SurveyClosed: it was closed.
            SurveyPaused: it is paused.
            NotFound: a group is not the team's; the text names which.
            SenderNotApproved, TeamSuspended: it could not ask anybody now.
            Repeated: the call has been done before; nothing was done now.
        """

    async def estimate(self, survey: Survey, people: People) -> Estimate:
        """Return what inviting people would come to, by the last version, or by the draft where there is none.

        Raises:
            NotFound: a group is not the team's; the text names which.
            SenderNotApproved, TeamSuspended: it could not ask anybody now.
        """

    async def responses(
        self, survey: Survey, wanted: WantedResponses, *, limit: int, offset: int, after: str | None
    ) -> tuple[Sequence[Response], str | None]:
        """Return responses, newest first, and the key behind which the list goes on; None: this is its end.

        Raises:
            BadValue: `after` is not such a key.
        """

    async def count_responses(self, survey: Survey, wanted: WantedResponses) -> tuple[int, bool]:
        """Return how many responses there are, and whether that is an estimate (it may be above 10,000)."""

    async def response(self, survey: Survey, uuid: str) -> Response:
        """Return a response to a survey.

        Raises:
            NotFound: there is none of that uuid.
        """

    async def results(self, survey: Survey, version: int | None) -> Outcome:
        """Return what all answers to a survey come to, of one version or of all.

        Raises:
            NotFound: there is no version of that number.
        """

    async def responses_of(self, team_id: int, phone: str, before: str, limit: int) -> Sequence[Response]:
        """Return so many responses of a phone at most to any survey of the team, newest first, of uuids below `before`."""
