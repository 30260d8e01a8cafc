"""Audiences of campaigns: a CSV or XLSX file whose columns are the fields of a text."""

from __future__ import annotations

from functools import partial
from typing import Final

from twisted.web.iweb import IRequest

from mobilesasa.api.answers import answer
from mobilesasa.api.auth import Caller
from mobilesasa.api.files import send_pieces
from mobilesasa.api.forms import file_of, form_of
from mobilesasa.api.pages import answer_page
from mobilesasa.api.ports import Node
from mobilesasa.api.requests import parse_query, parse_texts
from mobilesasa.api.resources.audience_shapes import (
    AudiencePage,
    AudienceShown,
    ListAudiences,
    MakeAudience,
    audience_shown,
)
from mobilesasa.api.resources.contact_shapes import curl
from mobilesasa.api.resources.people_files import CSV, error_lines, errors_name, keep, looked_at
from mobilesasa.api.routes import route
from mobilesasa.contacts.audiences import Audience, AudienceReading
from mobilesasa.contacts.uploads import ERRORS_SHOWN

SCOPES = ("campaigns",)
_DEEPER: Final = "audiences"

_MAKE = """curl -X POST https://api.yourdomain.com/api/v1/campaigns/audiences \\
  -H "Authorization: Bearer mbs_your_token_here" \\
  -F "file=@debtors.xlsx\""""
_ERRORS = f"{curl('GET', '/campaigns/audiences/audience-uuid/errors')} \\\n  -o errors.csv"


class CampaignAudiences:
    """The audiences of the team that asks."""

    def __init__(self, node: Node) -> None:
        """Keep what is asked."""
        self._audiences = node.audiences
        self._filing = node.uploads
        self._looker = node.looker
        self._clock = node.clock
        self._patience_s = node.limits.timeout_s
        self._now_ms = node.now_ms
        self._new_uuid = node.new_uuid

    @route(
        "POST",
        "/campaigns/audiences",
        scopes=SCOPES,
        form=MakeAudience,
        answers=AudienceShown,
        refusals=(400, 409),
        curl=_MAKE,
        idempotent=True,
    )
    async def make_audience(self, request: IRequest, caller: Caller) -> bytes:
        """Upload a file of people for campaigns.

        CSV or XLSX, as files of contacts are, up to 50 MiB and 1,000,000 rows. One column is the phone (phone, mobile, msisdn,
        …); each other one is a field that the text of a campaign may name: "First Name" is `{first_name}`. A column whose
        header can be no name is ignored, and so is what is beyond 50 fields. Nobody becomes a contact by it. What cannot be
        read at all is refused at once with `bad_file`; else ask for the answer until its `status` is `completed`, and name its
        `uuid` as the `audience_id` of a campaign. Of several rows of one phone the first counts; one bad row does not fail
        the file.

        The file may also be the body, with `Content-Type: text/csv` and `mapping` in the query.
        """
        form, team = form_of(request), caller.team
        asked = parse_texts(MakeAudience, form.fields)
        file = file_of(form)
        looked = await looked_at(self._looker, team, file, asked.columns(), fields=True)
        plan = AudienceReading(filename=form.filename, looked=looked, country=team.country)
        audience = _begun(self._new_uuid(), team.id, plan, self._now_ms())
        reply = answer(request, audience_shown(audience))

        async def begin(file_id: int) -> None:
            await self._audiences.begin(caller.by, team.id, audience.uuid, file_id, plan, caller.kept(reply))

        await keep(self._filing, team.id, plan.filename, form.content_type, file, begin)
        return reply

    @route(
        "GET",
        "/campaigns/audiences",
        scopes=SCOPES,
        query=ListAudiences,
        answers=AudiencePage,
        refusals=(400,),
        curl=curl("GET", "/campaigns/audiences?page=1&page_size=20"),
    )
    async def list_audiences(self, request: IRequest, caller: Caller) -> bytes:
        """List audiences, newest first."""
        asked, team_id = parse_query(ListAudiences, request), caller.team.id
        count, read = partial(self._audiences.count, team_id), partial(self._audiences.page, team_id)
        return await answer_page(request, asked, count, read, audience_shown, _DEEPER)

    @route(
        "GET",
        "/campaigns/audiences/{uuid}",
        scopes=SCOPES,
        answers=AudienceShown,
        refusals=(404,),
        curl=curl("GET", "/campaigns/audiences/audience-uuid"),
    )
    async def audience(self, request: IRequest, caller: Caller, uuid: str) -> bytes:
        """Get an audience: how far its file is read, and the first errors."""
        audience, wrong = await self._audiences.find(caller.team.id, uuid)
        return answer(request, audience_shown(audience, wrong, ERRORS_SHOWN))

    @route(
        "GET",
        "/campaigns/audiences/{uuid}/errors",
        scopes=SCOPES,
        answers=None,
        refusals=(404,),
        curl=_ERRORS,
        files=(CSV,),
    )
    async def audience_errors(self, request: IRequest, caller: Caller, uuid: str) -> bytes:
        """Get the rows that could not be taken, as CSV in the file's own columns.

        The last column says what is wrong. Put it right and send the file as an audience of its own. For seven days after the
        end.
        """
        audience, _ = await self._audiences.find(caller.team.id, uuid)
        plan = audience.plan
        lines = error_lines(plan.looked.shape.headers, partial(self._audiences.errors, audience))
        return await send_pieces(request, errors_name(plan.filename), CSV, lines, self._clock, self._patience_s)

    @route(
        "DELETE",
        "/campaigns/audiences/{uuid}",
        scopes=SCOPES,
        answers=AudienceShown,
        refusals=(404, 409),
        curl=curl("DELETE", "/campaigns/audiences/audience-uuid"),
    )
    async def delete_audience(self, request: IRequest, caller: Caller, uuid: str) -> bytes:
        """Delete an audience, and all that is known of its people.

        One that is still being read is read no further. While a campaign for it is a draft or not over, this is 409 `in_use`;
        what was sent keeps its list of recipients.
        """
        return answer(request, audience_shown(await self._audiences.delete(caller.by, caller.team.id, uuid)))


def _begun(uuid: str, team_id: int, plan: AudienceReading, now_ms: int) -> Audience:
    """Return an audience as it is when it has just been kept."""
    return Audience(
        id=0,
        uuid=uuid,
        team_id=team_id,
        job_id=0,
        file_id=0,
        plan=plan,
        fields=plan.fields,
        status="pending",
        failure=None,
        total_rows=plan.looked.shape.total_rows,
        done_row=0,
        people=0,
        doubles=0,
        failed=0,
        created_at_ms=now_ms,
        finished_at_ms=None,
    )
