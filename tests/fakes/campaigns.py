"""Campaigns of teams, in memory, for the API; whom they reach and what they cost is found by the rules of sending."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import attrs

from mobilesasa.campaigns.links import new_code
from mobilesasa.campaigns.model import ACTIVE, Campaign, Draft, PausedBy, Person, Phase, Recipient, Scalar
from mobilesasa.campaigns.quoting import Quoter
from mobilesasa.campaigns.tally import Tally
from mobilesasa.campaigns.texts import CONTACT_FIELDS, read_template
from mobilesasa.campaigns.views import Reach, Standing, Wanted, WantedRecipients
from mobilesasa.core.actors import Actor
from mobilesasa.core.errors import (
    BadValue,
    CampaignBusy,
    CampaignEnded,
    InsufficientUnits,
    NoRecipients,
    NotDraft,
    NotFound,
    NotScheduled,
    NotSending,
)
from mobilesasa.core.idempotency import Kept, Reply
from mobilesasa.core.model import State, Submission
from mobilesasa.core.ports import Verdict
from mobilesasa.core.teams import CurrentDirectory
from tests.fakes.contacts import NINE_MS, People
from tests.fakes.intake import FakeIntake


@attrs.define
class FakeAudience:
    """A file of people."""

    id: int
    fields: frozenset[str]
    rows: dict[str, dict[str, Scalar]]  # by phone
    is_read: bool = True


@attrs.define
class FakeCampaigns:
    people: People
    directory: CurrentDirectory
    judge: Callable[[Sequence[Submission]], list[Verdict]]
    now_ms: Callable[[], int]
    intake: FakeIntake
    tracks_links: bool = True
    kept: dict[str, Campaign] = attrs.field(factory=dict)
    audiences: dict[tuple[int, str], FakeAudience] = attrs.field(factory=dict)
    rows: dict[str, list[Recipient]] = attrs.field(factory=dict)  # of the snapshot, by the campaign's uuid
    standing: Standing = attrs.field(factory=Standing)
    suppressed: set[str] = attrs.field(factory=set)
    busy: set[str] = attrs.field(factory=set)  # which another call works on
    waiting: set[str] = attrs.field(factory=set)  # completed ones of which messages wait

    def give(self, team_id: int = 1, **more: Any) -> Campaign:
        """Let a team have a campaign."""
        sender = next(each for each in self.directory.now.senders_of(team_id) if each.status == "approved")
        nothing = dict.fromkeys((field.name for field in attrs.fields(Campaign)), None)
        counts = {name: 0 for name in nothing if name.endswith("_units") or name in _COUNTS}
        n = len(self.kept) + 1
        known: dict[str, Any] = {
            "id": n, "uuid": f"ca000000-0000-4000-8000-{n:012}", "team_id": team_id, "name": "May Promo",
            "message": "Get 20% off", "sender_id": sender.id, "sender_uuid": sender.uuid, "sender": sender.name,
            "group_uuids": (), "exclude_group_uuids": (), "phase": Phase.DRAFT, "options": Draft(name="", message="", sender_id=0).options,
            "created_at_ms": NINE_MS, "updated_at_ms": NINE_MS,
        }  # fmt: skip
        made = Campaign(**{**nothing, **counts, **known, **more})
        self.kept[made.uuid] = made
        return made

    def give_audience(self, team_id: int = 1, *, is_read: bool = True, **rows: dict[str, Scalar]) -> str:
        """Let a team have a file of people, by their phones behind an underscore."""
        uuid = f"a0000000-0000-4000-8000-{len(self.audiences):012}"
        by_phone = {phone.lstrip("_"): fields for phone, fields in rows.items()}
        names = frozenset({"phone"}.union(*by_phone.values()))
        self.audiences[team_id, uuid] = FakeAudience(len(self.audiences) + 1, names, by_phone, is_read)
        return uuid

    async def reach(self, team_id: int, group_uuids: Sequence[str], audience_uuid: str | None) -> Reach:
        missing = tuple(uuid for uuid in group_uuids if (team_id, uuid) not in self.people.groups)
        if audience_uuid is None:
            own = {name for team, each in self._contacts() if team == team_id for name in each.details.attributes}
            return Reach(frozenset(CONTACT_FIELDS) | own, missing)
        found = self.audiences.get((team_id, audience_uuid.lower()))
        if found is None:
            raise NotFound("there is no such audience")
        if not found.is_read:
            raise BadValue("is still being read; try again when its status is completed")
        return Reach(found.fields, missing, found.id)

    async def estimate(
        self, team_id: int, draft: Draft, joined_ms: tuple[int | None, int | None] = (None, None)
    ) -> Tally:
        return (await self._quote(team_id, draft))[0]

    async def create(
        self, by: Actor, team_id: int, uuid: str, draft: Draft, estimate: tuple[int, int], at_ms: int, reply: Reply
    ) -> bytes:
        if reply.mark is not None:
            self.people.keys.check(Kept(reply.mark, b""))
        made = self._of(self.give(team_id, uuid=uuid, created_at_ms=at_ms, updated_at_ms=at_ms), draft, estimate)
        return self._told(by, "campaign.create", made, reply)

    async def find(self, team_id: int, uuid: str) -> Campaign:
        found = self.kept.get(uuid.lower())
        if found is None or found.team_id != team_id:
            raise NotFound("there is no such campaign")
        return found

    async def change(self, by: Actor, team_id: int, was: Campaign, draft: Draft, estimate: tuple[int, int]) -> Campaign:
        found = await self._draft(team_id, was.uuid)
        self.people.did(by, "campaign.update")
        return self._of(found, draft, estimate)

    async def delete(self, by: Actor, team_id: int, uuid: str) -> Campaign:
        found = await self._draft(team_id, uuid)
        self.people.did(by, "campaign.delete")
        return self.kept.pop(found.uuid)

    async def page(
        self, wanted: Wanted, *, limit: int, offset: int, after: str | None
    ) -> tuple[Sequence[Campaign], str | None]:
        found = self._wanted(wanted)
        begins = offset if after is None else [each.uuid for each in found].index(after) + 1
        piece = found[begins : begins + limit]
        return piece, piece[-1].uuid if begins + limit < len(found) else None

    async def count(self, wanted: Wanted) -> tuple[int, bool]:
        return len(self._wanted(wanted)), False

    async def standings(self, campaigns: Sequence[Campaign]) -> Sequence[Standing]:
        return [self.standing for _ in campaigns]

    async def send(self, by: Actor, team_id: int, uuid: str, now_ms: int, reply: Reply) -> bytes:
        if reply.mark is not None:
            self.people.keys.check(Kept(reply.mark, b""))
        found = await self._draft(team_id, uuid)
        tally, rows = await self._quote(team_id, found.draft)
        if not tally.recipients:
            raise NoRecipients("nobody would get the campaign: there is nobody in its groups")
        if self.intake.balance.get(team_id, 1_000_000) < tally.units:
            raise InsufficientUnits(tally.units, "campaign")
        self.intake.balance[team_id] = self.intake.balance.get(team_id, 1_000_000) - tally.units
        self.rows[found.uuid] = rows
        is_ahead = found.scheduled_at_ms is not None and found.scheduled_at_ms > now_ms
        sent = self._keep(
            found,
            phase=Phase.SCHEDULED if is_ahead else Phase.SENDING,
            rows=len(rows),
            recipients=tally.recipients,
            skipped=len(rows) - tally.recipients,
            reserved_units=tally.units,
            armed_at_ms=now_ms,
            started_at_ms=None if is_ahead else now_ms,
        )
        return self._told(by, "campaign.send", sent, reply)

    async def pause(self, by: Actor, team_id: int, uuid: str) -> Campaign:
        found = await self._active(team_id, uuid, NotSending)
        self.people.did(by, "campaign.pause")
        is_over = found.phase is Phase.COMPLETED
        return self._keep(found, phase=found.phase if is_over else Phase.PAUSED, paused_by=PausedBy.TEAM)

    async def resume(self, by: Actor, team_id: int, uuid: str) -> Campaign:
        found = await self._active(team_id, uuid, NotSending)
        self.people.did(by, "campaign.resume")
        is_over = found.phase is Phase.COMPLETED
        return self._keep(found, phase=found.phase if is_over else Phase.SENDING, paused_by=None)

    async def unschedule(self, by: Actor, team_id: int, uuid: str) -> Campaign:
        found = await self.find(team_id, uuid)
        if found.phase is not Phase.SCHEDULED:
            raise NotScheduled(f"the campaign is {found.phase.value}")
        self.people.did(by, "campaign.unschedule")
        self.intake.balance[team_id] = self.intake.balance.get(team_id, 1_000_000) + found.reserved_units
        self.rows.pop(found.uuid, None)
        return self._keep(found, phase=Phase.DRAFT, rows=0, recipients=0, skipped=0, reserved_units=0, armed_at_ms=None)

    async def cancel(self, by: Actor, team_id: int, uuid: str) -> Campaign:
        found = await self.find(team_id, uuid)
        if found.phase is Phase.COMPLETED and found.uuid not in self.waiting:
            raise CampaignEnded("the campaign is completed, and none of its messages waits any more")
        if found.phase is Phase.CANCELLED:
            return found
        self.people.did(by, "campaign.cancel")
        if found.phase is Phase.COMPLETED:
            self.waiting.discard(found.uuid)
            return self._keep(found, paused_by=None)
        left = found.reserved_units - found.captured_units
        return self._keep(found, phase=Phase.CANCELLED, released_units=left, finished_at_ms=self.now_ms())

    async def retry(self, by: Actor, team_id: int, uuid: str, country: str, at_ms: int, reply: Reply) -> bytes:
        if reply.mark is not None:
            self.people.keys.check(Kept(reply.mark, b""))
        was = await self.find(team_id, uuid)
        if was.armed_at_ms is None:
            raise NotDraft("the campaign was not sent")
        if not was.phase.is_final:
            raise CampaignBusy("the campaign is still being sent")
        failed = {f"_{each.phone}": {} for each in self.rows.get(uuid, ()) if each.state == State.FAILED}
        if not failed:
            raise NoRecipients("nobody is left")
        audience = self.audiences[team_id, self.give_audience(team_id, **failed)]
        draft = attrs.evolve(
            was.draft, name=f"{was.name} (again)", group_uuids=(), audience_id=audience.id, retry_of=was.id
        )
        tally = (await self._quote(team_id, draft))[0]
        made = self._of(self.give(team_id, retry_of_uuid=was.uuid), draft, (tally.recipients, tally.units))
        return self._told(by, "campaign.retry", made, reply)

    async def fields_of(self, team_id: int, phone: str, audience_id: int | None) -> Mapping[str, Scalar | None]:
        for (team, _), audience in self.audiences.items():
            if (team, audience.id) == (team_id, audience_id):
                return audience.rows.get(phone, {})
        found = self.people.of_phone(team_id, phone)
        return {} if found is None else _fields(found)

    async def recipients(
        self, campaign: Campaign, wanted: WantedRecipients, *, limit: int, offset: int, after: str | None
    ) -> tuple[Sequence[Recipient], str | None]:
        found = self._wanted_rows(campaign, wanted)
        begins = offset if after is None else [str(each.n) for each in found].index(after) + 1
        piece = found[begins : begins + limit]
        return piece, str(piece[-1].n) if begins + limit < len(found) else None

    async def count_recipients(self, campaign: Campaign, wanted: WantedRecipients) -> tuple[int, bool]:
        return len(self._wanted_rows(campaign, wanted)), False

    def progress(self, uuid: str, n: int, state: State | None, skipped: str | None = None) -> None:
        """Let a message be made of a row of the snapshot, or none."""
        was = self.rows[uuid][n - 1]
        message_id = None if skipped else f"01978a3e-0000-7000-8000-{n:012}"
        self.rows[uuid][n - 1] = attrs.evolve(was, message_id=message_id, state=state, skipped=skipped)

    def _contacts(self) -> list[tuple[int, Any]]:
        return [(team, each) for (team, _), each in self.people.contacts.items()]

    async def _quote(self, team_id: int, draft: Draft) -> tuple[Tally, list[Recipient]]:
        audience = next((each for each in self.audiences.values() if each.id == draft.audience_id), None)
        known = (await self.reach(team_id, (), None)).fields if audience is None else audience.fields
        template = read_template(draft.message, known, track=draft.options.track_links)
        sender = self.directory.now.senders[draft.sender_id]
        codes = iter(range(1, 1_000_000))
        quoter = Quoter(
            template,
            Submission(team_id, sender.uuid, "", ""),
            self.judge,
            "https://go.example",
            lambda: new_code(lambda _: next(codes)),
        )
        quoted = quoter.quote(self._people(team_id, draft, audience))
        rows = [
            Recipient(n, one.phone, one.units, one.parts, one.text, one.skipped, None, None, 0)
            for n, one in enumerate(quoted, 1)
        ]
        return quoter.tally, rows

    def _people(self, team_id: int, draft: Draft, audience: FakeAudience | None) -> list[Person]:
        if audience is not None:
            return [Person(phone, fields, phone in self.suppressed) for phone, fields in audience.rows.items()]
        members = self.people.members
        named = dict.fromkeys(uuid for group in draft.group_uuids for uuid in members.get(group, ()))
        excluded = {uuid for group in draft.exclude_group_uuids for uuid in members.get(group, ())}
        named = dict.fromkeys(uuid for uuid in named if uuid not in excluded)
        found = [self.people.contact(team_id, uuid) for uuid in named]
        return [Person(each.phone, _fields(each), each.phone in self.suppressed) for each in found]

    def _of(self, was: Campaign, draft: Draft, estimate: tuple[int, int]) -> Campaign:
        sender = self.directory.now.senders[draft.sender_id]
        said = {name: getattr(draft, name) for name in attrs.fields_dict(Draft)}
        audience = next((uuid for (_, uuid), each in self.audiences.items() if each.id == draft.audience_id), None)
        return self._keep(
            was,
            **said,
            sender_uuid=sender.uuid,
            sender=sender.name,
            audience_uuid=audience,
            estimated_recipients=estimate[0],
            estimated_units=estimate[1],
        )

    def _keep(self, was: Campaign, **more: Any) -> Campaign:
        self.kept[was.uuid] = attrs.evolve(was, **more)
        return self.kept[was.uuid]

    def _told(self, by: Actor, what: str, campaign: Campaign, reply: Reply) -> bytes:
        octets = reply.of(campaign)
        self.people.did(by, what, None if reply.mark is None else Kept(reply.mark, octets))
        return octets

    async def _draft(self, team_id: int, uuid: str) -> Campaign:
        found = await self.find(team_id, uuid)
        if found.uuid in self.busy:
            raise CampaignBusy("another call is sending or changing the campaign at this moment")
        if found.phase is not Phase.DRAFT:
            raise NotDraft(f"the campaign is {found.phase.value}; only a draft can be changed, deleted or sent")
        return found

    async def _active(self, team_id: int, uuid: str, refusal: type[NotSending]) -> Campaign:
        found = await self.find(team_id, uuid)
        if found.uuid in self.waiting:
            return found
        if found.phase not in ACTIVE:
            raise refusal(f"the campaign is a {found.phase.value}")
        return found

    def _wanted(self, wanted: Wanted) -> list[Campaign]:
        found = [each for each in self.kept.values() if each.team_id == wanted.team_id][::-1]
        found = [each for each in found if wanted.phase in (None, each.phase)]
        found = [each for each in found if wanted.status in (None, each.phase.status)]
        found = [each for each in found if wanted.series_uuid in (None, each.series_uuid)]
        found = [each for each in found if wanted.group_uuid is None or wanted.group_uuid in each.group_uuids]
        return [each for each in found if (wanted.search or "").lower() in each.name.lower()]

    def _wanted_rows(self, campaign: Campaign, wanted: WantedRecipients) -> list[Recipient]:
        found = [each for each in self.rows.get(campaign.uuid, []) if wanted.phone in (None, each.phone)]
        return [each for each in found if wanted.status in (None, _status(each))]


_COUNTS = ("estimated_recipients", "rows", "recipients", "position", "queued", "skipped")


def _fields(contact: Any) -> dict[str, Scalar | None]:
    details = contact.details
    own = {name: getattr(details, name) for name in ("first_name", "last_name", "email")}
    return {**own, "phone": contact.phone, **details.attributes}


def _status(row: Recipient) -> str:
    if row.skipped is not None:
        return "skipped"
    return "waiting" if row.message_id is None or row.state is None else State(row.state).shown
