"""Imports of contacts from files (the reference's "Bulk import contacts"; decisions 53 to 57)."""

from __future__ import annotations

from functools import partial
from typing import IO, Final

import attrs
from twisted.web.iweb import IRequest

from mobilesasa.api.answers import answer
from mobilesasa.api.auth import Caller
from mobilesasa.api.errors import problem
from mobilesasa.api.files import send_pieces
from mobilesasa.api.forms import file_of, form_of
from mobilesasa.api.pages import answer_page
from mobilesasa.api.ports import Node
from mobilesasa.api.requests import parse_query, parse_texts
from mobilesasa.api.resources.contact_shapes import curl
from mobilesasa.api.resources.import_shapes import (
    ImportContacts,
    ListUploads,
    PreviewImport,
    PreviewShown,
    UploadPage,
    UploadShown,
    preview_shown,
    upload_shown,
)
from mobilesasa.api.resources.people_files import CSV, error_lines, errors_name, keep, looked_at
from mobilesasa.api.routes import route
from mobilesasa.contacts.uploads import ERRORS_SHOWN, Looked, Plan, Undone, Upload
from mobilesasa.core.errors import NotFound
from mobilesasa.core.ids import canonical
from mobilesasa.core.scopes import opens
from mobilesasa.core.teams import Team

SCOPES = ("contacts",)
PREVIEW_ROWS: Final = 10
_DEEPER = "uploads"

_IMPORT = """curl -X POST https://api.yourdomain.com/api/v1/contacts/import \\
  -H "Authorization: Bearer mbs_your_token_here" \\
  -F "file=@contacts.csv"

# Poll import status
curl https://api.yourdomain.com/api/v1/contacts/uploads/{upload_uuid} \\
  -H "Authorization: Bearer mbs_your_token_here\""""
_PREVIEW = """curl -X POST https://api.yourdomain.com/api/v1/contacts/import/preview \\
  -H "Authorization: Bearer mbs_your_token_here" \\
  -F "file=@contacts.csv\""""
_ERRORS = f"{curl('GET', '/contacts/uploads/upload-uuid/errors')} \\\n  -o errors.csv"


class Imports:
    """The files of contacts of the team that asks."""

    def __init__(self, node: Node) -> None:
        """Keep what is asked."""
        self._uploads = node.uploads
        self._looker = node.looker
        self._clock = node.clock
        self._patience_s = node.limits.timeout_s
        self._now_ms = node.now_ms
        self._new_uuid = node.new_uuid

    @route(
        "POST",
        "/contacts/import",
        scopes=SCOPES,
        form=ImportContacts,
        answers=UploadShown,
        refusals=(400, 404, 409),
        curl=_IMPORT,
        idempotent=True,
    )
    async def import_contacts(self, request: IRequest, caller: Caller) -> bytes:
        """Upload a CSV or XLSX file of contacts.

        The first row names the columns, in any case and order; one of them is the phone (phone, mobile, msisdn, …), others
        are first_name, last_name, email and notes. A column of another name is ignored unless `mapping` says what it is. CSV
        may have commas, semicolons, tabs or bars, and be UTF-8, UTF-16 or Windows' Latin; of XLSX the first sheet with
        anything in it is read. Up to 50 MiB and 1,000,000 rows. What cannot be imported at all is refused at once with
        `bad_file`; else the answer is the upload, to be asked for until its `status` is final. One bad row does not fail
        the file. Of a phone that is there already only what the row says is changed. Who has opted out stays so, and who is
        forgotten (`erase`) while the file waits does not come back by it. With `group` the scope groups is needed as well.

        The file may also be the body, with `Content-Type: text/csv` and the other fields in the query.
        """
        form, team = form_of(request), caller.team
        asked = parse_texts(ImportContacts, form.fields)
        file = file_of(form)
        if asked.group is not None:
            _check_group(caller, asked.group)
        looked = await self._look(team, file, asked)
        plan = Plan(
            filename=form.filename,
            looked=looked,
            country=team.country,
            on_existing=asked.on_existing,
            dry_run=asked.dry_run,
            group=asked.group,
        )
        return await self._begin(request, caller, plan, file, form.content_type)

    @route(
        "POST",
        "/contacts/import/preview",
        scopes=SCOPES,
        form=PreviewImport,
        answers=PreviewShown,
        refusals=(400,),
        curl=_PREVIEW,
        reads=True,
    )
    async def preview_import(self, request: IRequest, caller: Caller) -> bytes:
        """See how a file would be read: its columns, what they mean, and the first rows. Nothing is kept of it."""
        form = form_of(request)
        asked = parse_texts(PreviewImport, form.fields)
        looked = await self._look(caller.team, file_of(form), asked, PREVIEW_ROWS)
        return answer(request, preview_shown(looked))

    @route(
        "GET",
        "/contacts/uploads",
        scopes=SCOPES,
        query=ListUploads,
        answers=UploadPage,
        refusals=(400,),
        curl=curl("GET", "/contacts/uploads?page=1&page_size=20"),
    )
    async def list_uploads(self, request: IRequest, caller: Caller) -> bytes:
        """List uploads, newest first."""
        asked, team_id = parse_query(ListUploads, request), caller.team.id
        count, read = partial(self._uploads.count, team_id), partial(self._uploads.page, team_id)
        return await answer_page(request, asked, count, read, upload_shown, _DEEPER)

    @route(
        "GET",
        "/contacts/uploads/{uuid}",
        scopes=SCOPES,
        answers=UploadShown,
        refusals=(404,),
        curl=curl("GET", "/contacts/uploads/upload-uuid"),
    )
    async def upload(self, request: IRequest, caller: Caller, uuid: str) -> bytes:
        """Get an upload: how far it is, what it did, and the first errors."""
        return await self._shown(request, caller, uuid)

    @route(
        "GET",
        "/contacts/uploads/{uuid}/errors",
        scopes=SCOPES,
        answers=None,
        refusals=(404,),
        curl=_ERRORS,
        files=(CSV,),
    )
    async def upload_errors(self, request: IRequest, caller: Caller, uuid: str) -> bytes:
        """Get the rows that could not be taken, as CSV in the file's own columns.

        The last column says what is wrong. Put it right and upload the file again: the column is ignored then. For seven
        days after the end.
        """
        upload, _ = await self._uploads.find(caller.team.id, uuid)
        plan = upload.plan
        lines = error_lines(plan.looked.shape.headers, partial(self._uploads.errors, upload))
        return await send_pieces(request, errors_name(plan.filename), CSV, lines, self._clock, self._patience_s)

    @route(
        "POST",
        "/contacts/uploads/{uuid}/cancel",
        scopes=SCOPES,
        answers=UploadShown,
        refusals=(404, 409),
        curl=curl("POST", "/contacts/uploads/upload-uuid/cancel"),
    )
    async def cancel_upload(self, request: IRequest, caller: Caller, uuid: str) -> bytes:
        """End an import where it is. What it has taken stays, and can be undone."""
        await self._uploads.cancel(caller.by, caller.team.id, uuid)
        return await self._shown(request, caller, uuid)

    @route(
        "POST",
        "/contacts/uploads/{uuid}/undo",
        scopes=SCOPES,
        answers=UploadShown,
        refusals=(404, 409),
        curl=curl("POST", "/contacts/uploads/upload-uuid/undo"),
        idempotent=True,
    )
    async def undo_upload(self, request: IRequest, caller: Caller, uuid: str) -> bytes:
        """Undo an import.

        Contacts that it made are deleted, contacts that it changed are as they were before, and they leave the group that
        it put them into. Whom somebody has changed or put into another group since is left alone, and counted in
        `undo.kept`. Within seven days of its end, once.
        """
        upload, wrong = await self._uploads.find(caller.team.id, uuid)
        begun = attrs.evolve(upload, undone=Undone(status="pending", removed=0, restored=0, kept=0))
        reply = answer(request, upload_shown(begun, wrong, ERRORS_SHOWN))
        await self._uploads.undo(caller.by, caller.team.id, uuid, caller.kept(reply))
        return reply

    async def _look(self, team: Team, file: IO[bytes], asked: PreviewImport, first: int = 0) -> Looked:
        return await looked_at(self._looker, team, file, asked.columns(), first=first)

    async def _begin(self, request: IRequest, caller: Caller, plan: Plan, file: IO[bytes], content_type: str) -> bytes:
        team_id = caller.team.id
        upload = _begun(self._new_uuid(), team_id, plan, self._now_ms())
        reply = answer(request, upload_shown(upload))

        async def begin(file_id: int) -> None:
            await self._uploads.begin(caller.by, team_id, upload.uuid, file_id, plan, caller.kept(reply))

        await keep(self._uploads, team_id, plan.filename, content_type, file, begin)
        return reply

    async def _shown(self, request: IRequest, caller: Caller, uuid: str) -> bytes:
        upload, wrong = await self._uploads.find(caller.team.id, uuid)
        return answer(request, upload_shown(upload, wrong, ERRORS_SHOWN))


def _check_group(caller: Caller, uuid: str) -> None:
    """See that a caller may put contacts into a group, and that its uuid can be one.

    Raises:
        Problem: 403, the scope is missing.
        NotFound: there is no such group.
    """
    if not opens(caller.scopes, ("groups",), reads=False):
        raise problem("missing_scope", "to put contacts into a group needs the scope groups as well")
    if canonical(uuid) is None:
        raise NotFound(f"there is no group {uuid!r}")


def _begun(uuid: str, team_id: int, plan: Plan, now_ms: int) -> Upload:
    """Return an upload as it is when it has just been kept."""
    return Upload(
        id=0,
        uuid=uuid,
        team_id=team_id,
        job_id=0,
        file_id=0,
        plan=plan,
        group_id=None,
        status="pending",
        failure=None,
        total_rows=plan.looked.shape.total_rows,
        done_row=0,
        imported=0,
        updated=0,
        skipped=0,
        failed=0,
        created_at_ms=now_ms,
        finished_at_ms=None,
    )
