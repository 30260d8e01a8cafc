"""What is said of a campaign, read into a draft; everything that is wrong with it is named at once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

import attrs

from mobilesasa.api.auth import Caller
from mobilesasa.api.errors import FieldProblem, bad_fields
from mobilesasa.api.ports import Node
from mobilesasa.api.requests import ABSENT
from mobilesasa.api.resources.campaign_bodies import ChangeCampaign
from mobilesasa.campaigns.calendar import check_repeat
from mobilesasa.campaigns.model import Campaign, Draft, Options
from mobilesasa.campaigns.texts import BadTemplate, Template, UnknownFields, read_template
from mobilesasa.campaigns.views import Reach
from mobilesasa.core.errors import BadValue, NotFound, Refused, TextNotKept, TooManyParts
from mobilesasa.core.gateway import measure
from mobilesasa.core.ids import canonical
from mobilesasa.core.model import Submission
from mobilesasa.core.senders import find_sender

#: Fields of a request that are kept in `Options` under the same name as they are.
_OPTIONS: Final = (
    "rate_per_s",
    "validity_minutes",
    "stop_failures_percent",
    "stop_complaints_percent",
    "track_links",
    "link_days",
)


@attrs.frozen
class Aim:
    """Whom a campaign goes to, as it is written: groups, or a file of people."""

    groups: tuple[str, ...] = ()  # uuids, each once
    excluded: tuple[str, ...] = ()
    audience: str | None = None


class Drafts:
    """Reads drafts of campaigns."""

    def __init__(self, node: Node) -> None:
        """Keep what is asked."""
        self._campaigns = node.campaigns
        self._directory = node.directory
        self._limits = node.gateway.limits
        self._now_ms = node.now_ms

    async def read(self, caller: Caller, asked: ChangeCampaign, was: Campaign | None = None) -> Draft:
        """Return what a campaign is to be.

        Args:
            caller: whose it is.
            asked: what is said of it.
            was: what it is now, where it is changed; what is left out stays so.

        Raises:
            Problem: 400, with every field that cannot be so.
            Refused: 400, where that is all that is wrong.
            TextNotKept: the text of `was` is kept no longer, and there is no new one.
        """
        wrong: list[FieldProblem | Refused] = []
        before = _before(asked, was)
        aim = _aim_of(asked, was, wrong)
        reach = await self._reach(caller, aim, wrong)
        message = before.message if asked.message is ABSENT else asked.message.replace("\r\n", "\n")
        options = self._options(asked, before.options, aim, wrong)
        draft = attrs.evolve(
            before,
            name=before.name if asked.name is ABSENT else _name(asked.name, wrong),
            message=message,
            sender_id=self._sender(caller, asked, before.sender_id, wrong),
            group_uuids=aim.groups,
            exclude_group_uuids=aim.excluded,
            audience_id=None if reach is None else reach.audience_id,
            retry_of=before.retry_of if reach is not None and reach.audience_id == before.audience_id else None,
            scheduled_at_ms=self._time(asked, before.scheduled_at_ms, wrong),
            options=options,
        )
        if reach is not None:
            self._check_text(caller, message, reach, options, wrong)
        _refuse(wrong)
        return draft

    async def _reach(self, caller: Caller, aim: Aim, wrong: list[FieldProblem | Refused]) -> Reach | None:
        """Return what there is of those whom it goes to; None: nobody knows which fields they have."""
        try:
            groups = tuple(dict.fromkeys(aim.groups + aim.excluded))
            reach = await self._campaigns.reach(caller.team.id, groups, aim.audience)
        except NotFound:
            wrong.append(FieldProblem("audience_id", "names no file of people of yours"))
            return None
        except BadValue as bad:
            wrong.append(FieldProblem("audience_id", str(bad)))
            return None
        for name, named in (("group_ids", aim.groups), ("exclude_group_ids", aim.excluded)):
            missing = ", ".join(uuid for uuid in named if uuid in reach.missing_groups)
            if missing:
                wrong.append(FieldProblem(name, f"names groups that you do not have: {missing}"))
        return reach

    def _sender(self, caller: Caller, asked: ChangeCampaign, before: int, wrong: list[FieldProblem | Refused]) -> int:
        if asked.sender_id is ABSENT:
            return before
        if not asked.sender_id.strip():
            wrong.append(FieldProblem("sender_id", "must name an approved sender"))
            return before
        try:
            return find_sender(self._directory.now, caller.team, asked.sender_id).id
        except Refused as refusal:
            wrong.append(refusal)
            return before

    def _time(self, asked: ChangeCampaign, before_ms: int | None, wrong: list[FieldProblem | Refused]) -> int | None:
        if asked.scheduled_at is ABSENT:
            return before_ms
        if asked.scheduled_at is not None and asked.scheduled_at <= self._now_ms():
            wrong.append(FieldProblem("scheduled_at", "is over already; give a time ahead, or none to send at once"))
        return asked.scheduled_at

    def _options(
        self, asked: ChangeCampaign, before: Options, aim: Aim, wrong: list[FieldProblem | Refused]
    ) -> Options:
        given: dict[str, Any] = {name: getattr(asked, name) for name in _OPTIONS}
        for name in ("repeat", "trigger"):
            said = getattr(asked, name)
            given[name] = said if said is ABSENT or said is None else said.read()
        options = attrs.evolve(before, **{name: value for name, value in given.items() if value is not ABSENT})
        if options.repeat is not None:
            try:
                check_repeat(options.repeat, self._earliest_date())
            except ValueError as bad:
                wrong.append(FieldProblem("repeat", str(bad)))
        if options.trigger is not None and options.repeat is not None:
            wrong.append(FieldProblem("trigger", "cannot be given beside repeat"))
        if options.trigger is not None and aim.audience is not None:
            wrong.append(FieldProblem("trigger", "needs groups: nobody joins a file"))
        if options.track_links and not self._campaigns.tracks_links:
            wrong.append(FieldProblem("track_links", "cannot be: this platform has no address for short links"))
        return options

    def _earliest_date(self) -> date:
        """Return today's date where it is earliest on earth, for the zone of the team is the store's to know."""
        return (datetime.fromtimestamp(self._now_ms() / 1000, UTC) - timedelta(hours=12)).date()

    def _check_text(
        self,
        caller: Caller,
        message: str,
        reach: Reach,
        options: Options,
        wrong: list[FieldProblem | Refused],
    ) -> None:
        try:
            template = read_template(message, reach.fields, track=options.track_links)
        except BadTemplate as bad:
            wrong.append(FieldProblem("message", told_bad(bad, reach.fields)))
            return
        try:
            self._measure(caller, template, message)
        except Refused as refusal:
            wrong.append(refusal)

    def _measure(self, caller: Caller, template: Template, message: str) -> None:
        """Refuse what cannot be sent to anybody; how long a text with fields is, is another thing for each."""
        try:
            measure(Submission(caller.team.id, None, "", message), self._limits.max_parts)
        except TooManyParts:
            if not template.is_personal and not template.links:
                raise


def _before(asked: ChangeCampaign, was: Campaign | None) -> Draft:
    """Return what holds for all that is not said now."""
    if was is None:
        return Draft(name="", message="", sender_id=0)
    if was.message is None:
        if asked.message is ABSENT:
            raise gone()
        was = attrs.evolve(was, message=asked.message)
    return was.draft


def _aim_of(asked: ChangeCampaign, was: Campaign | None, wrong: list[FieldProblem | Refused]) -> Aim:
    """Return whom it goes to; who names groups no longer means the file, and the other way round."""
    groups = None if asked.group_ids is ABSENT else asked.group_ids
    audience = None if asked.audience_id is ABSENT else asked.audience_id
    excluded = () if was is None else tuple(was.exclude_group_uuids)
    if asked.exclude_group_ids is not ABSENT:
        excluded = _folded(asked.exclude_group_ids or ())
    aim = Aim(_folded(groups or ()), excluded, audience)
    if was is not None and asked.group_ids is ABSENT and audience is None:
        aim = attrs.evolve(aim, groups=tuple(was.group_uuids))
    if was is not None and asked.audience_id is ABSENT and groups is None:
        aim = attrs.evolve(aim, audience=was.audience_uuid)
    if groups is not None and audience is not None:
        wrong.append(FieldProblem("audience_id", "cannot be given beside group_ids"))
    elif not aim.groups and aim.audience is None:
        wrong.append(FieldProblem("group_ids", "must name a group at least, or give audience_id"))
    return aim


def _folded(groups: Sequence[str]) -> tuple[str, ...]:
    """Return uuids, each once (decision 64); one that is none is left as it is, and names no group."""
    return tuple(dict.fromkeys(canonical(uuid) or uuid for uuid in groups))


def _name(written: str, wrong: list[FieldProblem | Refused]) -> str:
    name = " ".join(written.split())
    if not name:
        wrong.append(FieldProblem("name", "must not be blank"))
    return name


def told_bad(bad: BadTemplate, known: frozenset[str] = frozenset()) -> str:
    """Say why a text cannot be filled; of fields that there are not, which there are, where that is known."""
    return told_unknown(bad.names, known) if isinstance(bad, UnknownFields) else str(bad)


def told_unknown(names: Sequence[str], known: frozenset[str] = frozenset()) -> str:
    """Say that a text names fields that there are not; and which there are, where that is known."""
    unknown = ", ".join(f"{{{name}}}" for name in names)
    there_are = f"; there are {', '.join(sorted(known))}" if known else ""
    return f"names fields that nobody has: {unknown}{there_are}"


def gone() -> TextNotKept:
    """Return the refusal of what needs a text that is no longer kept."""
    return TextNotKept("the text of the campaign is no longer kept")


def _refuse(wrong: Sequence[FieldProblem | Refused]) -> None:
    """Raise what is wrong, if anything is; a refusal that stands alone keeps its code."""
    if len(wrong) == 1 and isinstance(wrong[0], Refused):
        raise wrong[0]
    if wrong:
        raise bad_fields([_field(each) for each in wrong])


def _field(each: FieldProblem | Refused) -> FieldProblem:
    return each if isinstance(each, FieldProblem) else FieldProblem(each.field or "message", each.message)
