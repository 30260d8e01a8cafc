"""Surveys of teams, in memory, for the API; who is invited and what is answered is what a test says."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import attrs

from mobilesasa.core.actors import Actor, ActorKind, Who
from mobilesasa.core.changes import LastChange
from mobilesasa.core.errors import (
    BadValue,
    InUse,
    KeywordTaken,
    NotFound,
    NotPublished,
    SurveyBusy,
    SurveyClosed,
    SurveyPaused,
)
from mobilesasa.core.idempotency import Kept, Reply
from mobilesasa.surveys.model import Definition, Kind, Option, Question, Status, SurveyStatus
from mobilesasa.surveys.results import Results
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
from tests.fakes.contacts import NINE_MS
from tests.fakes.keys import FakeKeys

SERVICE = "0a000000-0000-4000-8000-000000000001"
WHY = "0a000000-0000-4000-8000-000000000002"
NPS = "0a000000-0000-4000-8000-000000000003"
GOOD = Option("0b000000-0000-4000-8000-000000000001", "GOOD", "Good", NPS)
BAD = Option("0b000000-0000-4000-8000-000000000002", "BAD", "Bad")
#: Three questions; who finds the service good is not asked why.
VISIT = Definition(
    name="After a visit",
    sender_id="22384",
    keyword="visit",
    introduction="This is Acme.",
    thanks="Asante!",
    questions=(
        Question(
            uuid=SERVICE, kind=Kind.SINGLE_CHOICE, text="How was our service?", code="service", options=(GOOD, BAD)
        ),
        Question(uuid=WHY, kind=Kind.TEXT, text="What went wrong?", code="why", required=False),
        Question(uuid=NPS, kind=Kind.NPS, text="Would you recommend us?", code="nps", minimum=0, maximum=10),
    ),
)


@attrs.define
class FakeSurveys:
    keys: FakeKeys
    now_ms: Callable[[], int]
    kept: dict[str, Survey] = attrs.field(factory=dict)
    published: dict[str, list[Version]] = attrs.field(factory=dict)
    answered: dict[str, list[Response]] = attrs.field(factory=dict)  # by the survey's uuid, the oldest first
    standing: Standing = attrs.field(factory=Standing)
    invited: Invited = attrs.field(factory=lambda: Invited(0))  # what inviting comes to
    waiting: int = 0  # of those: to whom the first text waits for hours
    people: list[People] = attrs.field(factory=list)  # who was to be invited
    busy: set[str] = attrs.field(factory=set)  # which another call has just changed
    by: list[tuple[Actor, str]] = attrs.field(factory=list)

    def give(self, team_id: int = 1, definition: Definition = VISIT, versions: int = 0, **more: Any) -> Survey:
        """Let a team have a survey, with so many versions."""
        n = len(self.kept) + 1
        known: dict[str, Any] = {
            "id": n, "uuid": f"5f000000-0000-4000-8000-{n:012}", "team_id": team_id, "draft": definition, "revision": 1,
            "status": SurveyStatus.LIVE if versions else SurveyStatus.DRAFT, "version": versions, "is_changed": not versions,
            "created_at_ms": NINE_MS, "updated_at_ms": NINE_MS, "published_at_ms": NINE_MS if versions else None,
        }  # fmt: skip
        made = Survey(**{**known, **more})
        who = Who(ActorKind.TOKEN, "70000000-0000-4000-8000-000000000001", "Zapier")
        self.published[made.uuid] = [
            Version(version=each + 1, definition=definition, published_at_ms=NINE_MS, published_by=who)
            for each in range(versions)
        ]
        self.answered[made.uuid] = []
        self.kept[made.uuid] = made
        return made

    def give_response(self, survey: Survey, n: int = 1, at_ms: int | None = None, **more: Any) -> Response:
        """Let a survey have a response, the later the larger `n` is."""
        began_ms = NINE_MS + n if at_ms is None else at_ms
        head = f"{began_ms:012x}"
        made = Response(
            **{
                "uuid": f"{head[:8]}-{head[8:]}-7000-8000-{n:012x}", "survey_uuid": survey.uuid, "version": survey.version,
                "definition": survey.draft, "code": "22384", "phone": "254712345678", "status": Status.IN_PROGRESS,
                "started_at_ms": began_ms, **more,
            }
        )  # fmt: skip
        self.answered[survey.uuid].append(made)
        return made

    async def create(
        self, by: Actor, team_id: int, uuid: str, definition: Definition, at_ms: int, reply: Reply
    ) -> bytes:
        self._check(reply)
        made = self.give(team_id, definition, uuid=uuid, created_at_ms=at_ms, updated_at_ms=at_ms)
        return self._told(by, "survey.create", made, reply)

    async def find(self, team_id: int, uuid: str) -> Survey:
        found = self.kept.get(uuid.lower())
        if found is None or found.team_id != team_id:
            raise NotFound("there is no such survey")
        return found

    async def change(self, by: Actor, was: Survey, definition: Definition, at_ms: int) -> Survey:
        self._check_open(was)
        self._check_busy(was)
        if definition == was.draft:
            return was
        self.by.append((by, "survey.update"))
        return self._keep(
            was, draft=definition, revision=was.revision + 1, is_changed=definition != was.draft, updated_at_ms=at_ms
        )

    async def delete(self, by: Actor, team_id: int, uuid: str) -> Survey:
        found = await self.find(team_id, uuid)
        if found.status in (SurveyStatus.LIVE, SurveyStatus.PAUSED):
            raise InUse(f"the survey is {found.status}; close it first")
        self.by.append((by, "survey.delete"))
        return self.kept.pop(found.uuid)

    async def page(self, wanted: Wanted, *, limit: int, offset: int) -> Sequence[Survey]:
        return self._wanted(wanted)[offset : offset + limit]

    async def count(self, wanted: Wanted) -> tuple[int, bool]:
        return len(self._wanted(wanted)), False

    async def standings(self, surveys: Sequence[Survey]) -> Sequence[Standing]:
        return [self.standing for _ in surveys]

    async def publish(self, by: Actor, was: Survey, at_ms: int) -> Survey:
        self._check_open(was)
        self._check_busy(was)
        word = was.draft.keyword
        others = [each for each in self.kept.values() if each.uuid != was.uuid and each.version]
        if word is not None and any(each.draft.keyword == word for each in others):
            raise KeywordTaken(f"another survey begins by {word!r}; choose another word")
        if not was.is_changed:
            return was
        self.by.append((by, "survey.publish"))
        made = Version(version=was.version + 1, definition=was.draft, published_at_ms=at_ms)
        self.published[was.uuid].append(made)
        status = SurveyStatus.PAUSED if was.status is SurveyStatus.PAUSED else SurveyStatus.LIVE
        return self._keep(was, status=status, version=made.version, is_changed=False, published_at_ms=at_ms)

    async def pause(self, by: Actor, team_id: int, uuid: str) -> Survey:
        return self._move(by, await self.find(team_id, uuid), SurveyStatus.PAUSED, "survey.pause")

    async def resume(self, by: Actor, team_id: int, uuid: str) -> Survey:
        return self._move(by, await self.find(team_id, uuid), SurveyStatus.LIVE, "survey.resume")

    async def close(self, by: Actor, team_id: int, uuid: str) -> Survey:
        found = await self.find(team_id, uuid)
        if found.status is SurveyStatus.CLOSED:
            return found
        return self._move(by, found, SurveyStatus.CLOSED, "survey.close")

    async def versions(self, survey: Survey, *, limit: int, offset: int) -> Sequence[Version]:
        return self.published[survey.uuid][::-1][offset : offset + limit]

    async def version(self, survey: Survey, version: int) -> Version:
        found = [each for each in self.published[survey.uuid] if each.version == version]
        if not found:
            raise NotFound("there is no such version of the survey")
        return found[0]

    async def send(self, by: Actor, team_id: int, uuid: str, people: People, at_ms: int, reply: Reply) -> bytes:
        self._check(reply)
        found = await self.find(team_id, uuid)
        if not found.version:
            raise NotPublished("the survey was never published")
        self._check_open(found)
        if found.status is SurveyStatus.PAUSED:
            raise SurveyPaused("the survey is paused; resume it first")
        self.people.append(people)
        return self._told(by, "survey.send", self.invited, reply)

    async def estimate(self, survey: Survey, people: People) -> Estimate:
        self.people.append(people)
        return Estimate(self.invited, 2 * self.invited.invited, self.waiting, NINE_MS if self.waiting else None)

    async def responses(
        self, survey: Survey, wanted: WantedResponses, *, limit: int, offset: int, after: str | None
    ) -> tuple[Sequence[Response], str | None]:
        found = self._of(survey, wanted)
        uuids = [each.uuid for each in found]
        if after is not None and after not in uuids:
            raise BadValue("the cursor is not one of this list")
        begins = offset if after is None else uuids.index(after) + 1
        piece = found[begins : begins + limit]
        return piece, piece[-1].uuid if begins + limit < len(found) else None

    async def count_responses(self, survey: Survey, wanted: WantedResponses) -> tuple[int, bool]:
        return len(self._of(survey, wanted)), False

    async def response(self, survey: Survey, uuid: str) -> Response:
        found = [each for each in self.answered[survey.uuid] if each.uuid == uuid.lower()]
        if not found:
            raise NotFound("there is no such response")
        return found[0]

    async def results(self, survey: Survey, version: int | None) -> Outcome:
        known = {each.version: each.definition for each in self.published[survey.uuid]}
        if version is not None:
            known = {version: (await self.version(survey, version)).definition}
        found, counted = Results(known), self._of(survey, WantedResponses(version=version))
        for response in counted:
            for answer in response.answers:
                found.add(response.version, answer.question, answer.value)
        by_status = {status.value: sum(each.status is status for each in counted) for status in Status}
        return Outcome(Standing(**by_status), found.shown())

    async def responses_of(self, team_id: int, phone: str, before: str, limit: int) -> Sequence[Response]:
        ours = [self.answered[survey.uuid] for survey in self.kept.values() if survey.team_id == team_id]
        found = [each for answered in ours for each in answered if each.phone == phone and each.uuid < before]
        return sorted(found, key=lambda each: each.uuid, reverse=True)[:limit]

    def _of(self, survey: Survey, wanted: WantedResponses) -> list[Response]:
        asked = {"phone": wanted.phone, "status": wanted.status, "version": wanted.version}
        return [
            each
            for each in reversed(self.answered[survey.uuid])
            if all(value in (None, getattr(each, name)) for name, value in asked.items())
        ]

    def _wanted(self, wanted: Wanted) -> list[Survey]:
        words = (wanted.search or "").casefold()
        return [
            each
            for each in reversed(self.kept.values())
            if each.team_id == wanted.team_id
            and wanted.status in (None, each.status)
            and words in each.draft.name.casefold()
        ]

    def _move(self, by: Actor, found: Survey, status: SurveyStatus, what: str) -> Survey:
        if not found.version:
            raise NotPublished("the survey was never published")
        self._check_open(found)
        self.by.append((by, what))
        return self._keep(found, status=status)

    def _check_open(self, found: Survey) -> None:
        if found.status is SurveyStatus.CLOSED:
            raise SurveyClosed("the survey is closed")

    def _check_busy(self, was: Survey) -> None:
        found = self.kept[was.uuid]
        if found.uuid in self.busy:
            raise SurveyBusy("the survey was changed meanwhile; ask for it again")
        if found.revision != was.revision:
            last = LastChange(found.revision, found.updated_at_ms, Who(ActorKind.USER, "u" * 36, "Otieno"))
            raise SurveyBusy("the survey was changed meanwhile; ask for it again", last)

    def _keep(self, found: Survey, **changes: Any) -> Survey:
        self.kept[found.uuid] = attrs.evolve(found, **changes)
        return self.kept[found.uuid]

    def _check(self, reply: Reply) -> None:
        if reply.mark is not None:
            self.keys.check(Kept(reply.mark, b""))

    def _told(self, by: Actor, what: str, made: Any, reply: Reply) -> bytes:
        octets = reply.of(made)
        if reply.mark is not None:
            self.keys.keep(Kept(reply.mark, octets))
        self.by.append((by, what))
        return octets
