"""Documents that go with requests for sender names: sent, and read again (decision 36)."""

from __future__ import annotations

from typing import Annotated, TypedDict

import attrs
from twisted.web.iweb import IRequest

from mobilesasa.api.auth import Caller
from mobilesasa.api.files import send_file
from mobilesasa.api.forms import file_of, form_of
from mobilesasa.api.idempotency import Replying
from mobilesasa.api.ports import Node
from mobilesasa.api.ports.documents import Document
from mobilesasa.api.requests import Said
from mobilesasa.api.routes import route
from mobilesasa.core.documents import KINDS, OCTETS_MAX, kind_of
from mobilesasa.core.errors import NotFound
from mobilesasa.core.scopes import TEAM

_UNNAMED = "document"

_SEND = """curl -X POST https://api.yourdomain.com/api/v1/sender-ids/documents \\
  -H "Authorization: Bearer mbs_your_token_here" \\
  -F "file=@certificate.pdf\""""
_READ = """curl https://api.yourdomain.com/api/v1/sender-ids/documents/document-uuid \\
  -H "Authorization: Bearer mbs_your_token_here" \\
  -o certificate.pdf"""


@attrs.frozen(kw_only=True)
class SendDocument:
    """A document; there is nothing to say of it."""


class DocumentShown(TypedDict):
    """A document that was just sent."""

    uuid: Annotated[str, Said("To be named as `document_uuid`", example="d0c01bb0-5c00-4d21-9a3b-0c5d7e8f9a10")]
    name: Annotated[str, Said("As it was called", example="certificate.pdf")]
    content_type: Annotated[str, Said("What it is, by its content", example="application/pdf")]
    octets: Annotated[int, Said("How long it is", example=48_213)]


class SenderDocuments:
    """The documents of the team that asks; another team's are not there (decision 8)."""

    def __init__(self, node: Node) -> None:
        """Keep what is asked."""
        self._documents = node.documents
        self._files = node.files
        self._clock = node.clock
        self._patience_s = node.limits.timeout_s

    @route(
        "POST",
        "/sender-ids/documents",
        scopes=(TEAM,),
        form=SendDocument,
        answers=DocumentShown,
        refusals=(400,),
        curl=_SEND,
        idempotent=True,
    )
    async def send_document(self, request: IRequest, caller: Caller) -> bytes:
        """Send a document for a sender name.

        A PDF, a PNG or a JPEG of up to 5 MiB that shows that you may use the name. The request for the name, made within a
        week, names it as `document_uuid`; it is kept as long as the name is.
        """
        form = form_of(request)
        octets = file_of(form).read(OCTETS_MAX + 1)
        kind = kind_of(octets)
        reply = Replying(request, caller, _shown)
        await self._documents.keep(caller.by, caller.team.id, form.filename or _UNNAMED, kind, octets, reply)
        return reply.octets

    @route(
        "GET",
        "/sender-ids/documents/{uuid}",
        scopes=(TEAM,),
        answers=None,
        refusals=(404,),
        curl=_READ,
        files=tuple(KINDS.values()),
    )
    async def sender_document(self, request: IRequest, caller: Caller, uuid: str) -> bytes:
        """Get a document that you have sent."""
        file = await self._files.find(caller.team.id, uuid)
        if file is None or file.content_type not in KINDS.values():
            raise NotFound("there is no such document")
        return await send_file(request, file, self._files, self._clock, self._patience_s)


def _shown(made: Document) -> DocumentShown:
    return {"uuid": made.uuid, "name": made.name, "content_type": made.content_type, "octets": len(made.octets)}
