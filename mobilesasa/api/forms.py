"""Forms with a file, and files as they are: read on a thread, piece by piece, into a temporary file (I7).

A form's boundary differs from call to call, so that two calls are the same when their fields and their file are.
"""

from __future__ import annotations

import contextlib
import hashlib
import re
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from typing import IO, TYPE_CHECKING, Any, Final, cast

import attrs
from multipart import MultipartError, MultipartSegment, PushMultipartParser, parse_options_header
from twisted.web.iweb import IRequest

from mobilesasa.api.errors import FieldProblem, Problem, bad_field, problem

if TYPE_CHECKING:
    from mobilesasa.api.site import ApiRequest

#: Calls a function that blocks, on a thread.
Aside = Callable[..., Awaitable[Any]]

FILE: Final = "file"  # the field of a form that holds it
_SLICE: Final = 262_144
_FIELDS: Final = 20
_FIELD_OCTETS: Final = 65_536
_NAME_CHARACTERS: Final = 200
#: What a file may be sent as that is the whole body.
_WHOLE: Final = (
    "text/csv",
    "text/plain",
    "text/tab-separated-values",
    "application/csv",
    "application/octet-stream",
    "application/vnd.ms-excel",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
)
_NOT_IN_A_NAME: Final = re.compile(r"[\x00-\x1f\x7f]")


@attrs.define(eq=False)
class Form:
    """What came with a call; the file lives as long as the call."""

    fields: dict[str, str] = attrs.field(factory=dict)
    file: IO[bytes] | None = None
    filename: str = ""
    content_type: str = ""
    octets: int = 0
    digest: bytes = b""  # of all that counts


def form_of(request: IRequest) -> Form:
    """Return the form of a call to a route that has one."""
    form = cast("ApiRequest", request).form
    if form is None:
        raise LookupError("the route is not declared to have a form")
    return form


def file_of(form: Form) -> IO[bytes]:
    """Return the file, from its beginning.

    Raises:
        Problem: 400, there is none.
    """
    if form.file is None:
        raise bad_field(FILE, "is required: a form with the file in the field `file`, or the file as the body")
    form.file.seek(0)
    return form.file


@contextlib.asynccontextmanager
async def received(request: IRequest, aside: Aside) -> AsyncIterator[Form]:
    """Read the form of a call; its file goes when the block is left.

    Args:
        request: that is answered.
        aside: runs what blocks.

    Raises:
        Problem: 400, it is no form that can be read.
    """
    kind, options = parse_options_header((request.getHeader(b"content-type") or b"").decode("latin-1"))
    try:
        query = {key.decode(): values[-1].decode() for key, values in request.args.items()}
    except UnicodeDecodeError:
        raise problem("bad_url", "the query string is not UTF-8") from None
    with tempfile.TemporaryFile() as file:
        yield await aside(_read, request.content, kind.lower(), options, query, file)


def _read(body: IO[bytes], kind: str, options: Mapping[str, str], query: dict[str, str], file: IO[bytes]) -> Form:
    if kind == "multipart/form-data":
        form = _read_parts(body, options.get("boundary", ""), file)
    elif kind in _WHOLE:
        form = Form(fields=query, file=file, content_type=kind, filename=_named(query.pop("filename", "")))
        for octets in _slices(body):
            file.write(octets)
    else:
        raise problem(
            "bad_content_type", "send a form (multipart/form-data) with a field file, or the file as text/csv"
        )
    _measure(form)
    return form


def _read_parts(body: IO[bytes], boundary: str, file: IO[bytes]) -> Form:
    form = Form()
    part: MultipartSegment | None = None
    text = b""
    try:
        with PushMultipartParser(boundary, max_segment_count=_FIELDS) as parser:
            for event in (event for octets in _slices(body) for event in parser.parse(octets)):
                if isinstance(event, MultipartSegment):
                    part, text = event, b""
                    _begin(form, part, file)
                elif part is not None and event:
                    if part.name == FILE:
                        file.write(event)
                    else:
                        text += event
                        if len(text) > _FIELD_OCTETS:
                            raise _bad(f"the field {part.name!r} is too long")
                elif part is not None and part.name != FILE:
                    form.fields[part.name] = text.decode()
    except UnicodeError:
        raise _bad("a field of the form is not UTF-8, or its boundary not ASCII") from None
    except MultipartError as error:
        said = error.args[0] if len(error.args) == 1 else "the head of a part is not UTF-8"
        raise _bad(f"the form cannot be read: {said}") from error
    return form


def _begin(form: Form, part: MultipartSegment, file: IO[bytes]) -> None:
    if part.name == FILE:
        if form.file is not None:
            raise _bad("the form has two files; send one")
        form.file, form.filename, form.content_type = file, _named(part.filename or ""), part.content_type or ""


def _measure(form: Form) -> None:
    """Count the file and digest all that counts."""
    digest = hashlib.sha256()
    for name, value in sorted({**form.fields, "filename": form.filename}.items()):
        for each in (name, value):
            octets = each.encode("utf-8", "surrogatepass")
            digest.update(b"%d:%b" % (len(octets), octets))
    if form.file is not None:
        form.file.seek(0)
        for octets in _slices(form.file):
            form.octets += len(octets)
            digest.update(octets)
        form.file.seek(0)
    form.digest = digest.digest()


def _slices(file: IO[bytes]) -> Iterator[bytes]:
    while octets := file.read(_SLICE):
        yield octets


def _named(name: str) -> str:
    """Return the end of a path, without what no name has; a name for a file that has none."""
    last = re.split(r"[/\\]", name)[-1]
    return _NOT_IN_A_NAME.sub("", last)[:_NAME_CHARACTERS].strip() or "contacts"


def _bad(message: str) -> Problem:
    return problem("bad_request", message, [FieldProblem(FILE, message)])
