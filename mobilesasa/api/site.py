"""The HTTP server as the API needs it: bodies are bounded and not parsed, and its own errors are the envelope too.

What Twisted and Klein would do otherwise (forms parsed on the reactor, bodies of any size, errors as HTML, an access
log line a request) is dealt with here, once.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from io import BytesIO
from typing import Protocol, cast

from twisted.internet.interfaces import IReactorTime, ITCPTransport
from twisted.logger import Logger
from twisted.python.failure import Failure
from twisted.web import http, server
from twisted.web.error import UnsupportedMethod
from twisted.web.resource import IResource, Resource

from mobilesasa.api.addresses import Client
from mobilesasa.api.answers import refuse
from mobilesasa.api.channel import ApiChannel
from mobilesasa.api.cors import allow
from mobilesasa.api.errors import Problem, internal_error, problem
from mobilesasa.api.exact import Exact, Serve
from mobilesasa.api.forms import Form
from mobilesasa.api.guard import guards
from mobilesasa.api.ports import WebLimits
from mobilesasa.api.ports.front import DIRECT, Front
from mobilesasa.api.room import Room
from mobilesasa.api.unread import Unread

_REQUEST_ID = re.compile(rb"[A-Za-z0-9._:/+=@-]{1,128}\Z")
_EXCESS_OCTETS = 8 * 1_048_576  # of a body that is refused anyway: read and dropped, so that the client hears why
_BAD_ESCAPE = re.compile(rb"%(?![0-9A-Fa-f]{2})")
_HOST = b"api"


class ApiRequest(server.Request):
    """A request with an id and a bounded body."""

    log = Logger()

    request_id: str = ""
    over_limit: bool = False
    form: Form | None = None  # of a route that has one, as long as it is answered
    refused: Problem | None = None  # by its head: its body is not kept
    _most_octets: int | None = None  # of the body, where that is not the usual limit
    _octets: int = 0
    _leave: Callable[[], None] | None = None  # gives up its place for a large body
    _asker: Client | None = None

    def gotLength(self, length: int | None) -> None:
        """Keep nothing of a body that is too long by its own word."""
        if (length is None or length > self.limit_octets) and self._site.room is not None:
            self._enter(self._site.room)
        self.over_limit = length is not None and length > self.limit_octets
        if self.over_limit:
            self.content = BytesIO()
        else:
            super().gotLength(length)

    def _enter(self, room: Room) -> None:
        """Ask for room for a large body, if this request is for a route that takes them."""
        method, target = (getattr(self.channel, name) for name in ("_command", "_path"))  # not the request's own yet
        if not room.has(method, target):
            return
        try:
            self._leave = room.enter(self, method, target)
        except Problem as refused:
            self.refused = refused
        else:
            self._most_octets = room.limit_octets
            self.notifyFinish().addBoth(lambda _: self.leave_room())

    @property
    def has_room(self) -> bool:
        """Whether it holds a place for a large body."""
        return self._leave is not None

    def leave_room(self) -> None:
        """Give up the place for a large body, if it holds one."""
        leave, self._leave = self._leave, None
        if leave is not None:
            leave()

    def handleContentChunk(self, data: bytes) -> None:
        """Keep a piece of the body, up to the limit; a body in chunks does not say its length."""
        self._octets += len(data)
        if self._octets > self.limit_octets:
            self._drop_body()
        else:
            super().handleContentChunk(data)

    def _drop_body(self) -> None:
        if not self.over_limit:
            self.over_limit = True
            cast(BytesIO, self.content).close()
            self.content = BytesIO()
        if self._octets > self.limit_octets + _EXCESS_OCTETS:
            self._abort()

    def _abort(self) -> None:
        cast(ITCPTransport, self.transport).abortConnection()

    @property
    def octets(self) -> int:
        """How long its body was."""
        return self._octets

    @property
    def asker(self) -> Client:
        """Who asks, as far as it can be known."""
        if self._asker is None:
            self._asker = cast(ApiChannel, self.channel).asked_by(self)
        return self._asker

    @property
    def limit_octets(self) -> int:
        """How long its body may be."""
        return self._site.limits.max_body_octets if self._most_octets is None else self._most_octets

    @property
    def _site(self) -> ApiSite:
        """Our site, which the channel knows before the request does."""
        return cast(ApiChannel, self.channel).site

    def process(self) -> None:
        """Give the request its id: the client's own, or a new one."""
        self.request_id = self._site.id_of(self.getHeader(b"x-request-id"))
        self.setHeader(b"X-Request-Id", self.request_id.encode())
        allow(self, self._site.front)
        links = self._site.links
        if links is not None and links.is_for(self):
            self._be_served(links.serve)
            return
        serve = self._site.exact.find(self.method, self.path)
        if serve is None:
            super().process()
        else:
            self._be_served(serve)

    def _be_served(self, serve: Serve) -> None:
        """Do what Twisted does before it looks for a resource, and then what the resource would do."""
        site = self.site = self._site
        self.setHeader(b"Date", site.date())
        wrong = site.wrong_with(self)
        if wrong is None:
            serve(self)
        else:
            self.conclude(refuse(self, wrong))

    @property
    def is_over(self) -> bool:
        """Whether it was answered, or its client has gone."""
        return bool(self.finished or self._disconnected)

    def conclude(self, octets: bytes) -> None:
        """Send an answer, or the end of one, unless the client has gone."""
        if self.is_over:
            return
        self.write(octets)
        self.finish()

    def write(self, data: bytes) -> None:
        """Send a piece of the answer; the head goes with the first one."""
        super().write(data)
        if not self._disconnected:
            cast(ApiChannel, self.channel).send_head()

    def render(self, resrc: IResource) -> None:
        """Render without the header that tells versions."""
        self.responseHeaders.removeHeader(b"server")
        super().render(resrc)

    def getRequestHostname(self) -> bytes:  # noqa: N802 - Twisted's name
        """Return a name: nothing here depends on the Host by which a client reached us, and Werkzeug refuses some."""
        return _HOST

    def processingFailed(self, reason: Failure) -> object:  # noqa: N802 - Twisted's name
        """Answer what nobody caught; it is our defect, and logged once."""
        self.log.failure("request {request_id} failed", reason, request_id=self.request_id)
        if self.startedWriting:
            self._abort()
        else:
            self.write(refuse(self, internal_error()))
            self.finish()
        return reason


class Door(Protocol):
    """Answers requests for a host of its own."""

    def is_for(self, request: ApiRequest) -> bool:
        """Say whether a request is for this door."""

    def serve(self, request: ApiRequest) -> None:
        """Answer one that is."""


class ApiSite(server.Site):
    """The site of a node.

    Args:
        root: what answers.
        clock: ends silent connections.
        limits: what a client can make us keep.
        new_id: makes ids of requests.
        front: what stands between clients and the node.
        room: lets in bodies above the usual limit.
        exact: serves the routes whose paths have no places.
        links: answers whoever follows a short link, whatever is at their address besides.
    """

    noisy = False
    protocol = ApiChannel  # type: ignore[assignment]  # without Twisted's own wrapper, which is there for HTTP/2
    requestFactory = ApiRequest  # noqa: N815 - Twisted's name

    def __init__(
        self,
        root: Resource,
        clock: IReactorTime,
        limits: WebLimits,
        new_id: Callable[[], str],
        front: Front = DIRECT,
        room: Room | None = None,
        exact: Exact | None = None,
        links: Door | None = None,
    ) -> None:
        """Listen to nothing yet."""
        super().__init__(root, timeout=limits.timeout_s, reactor=clock, parsePOSTFormSubmission=False)
        self.clock = clock
        self.limits = limits
        self.new_id = new_id
        self.front = front
        self.guards = {secure: guards(secure, front) for secure in (False, True)}
        self.room = room
        self.exact = exact or Exact()
        self.links = links
        self.unread = Unread()
        self._date = (-1, b"")

    def id_of(self, given: bytes | None) -> str:
        """Return the id of a request: the one that its client gave, if it can be one, or a new one."""
        return given.decode() if given and _REQUEST_ID.match(given) else self.new_id()

    def date(self) -> bytes:
        """Return the time as answers have it; it is written once a second."""
        now_s = int(self.clock.seconds())
        if self._date[0] != now_s:
            self._date = now_s, http.datetimeToString()
        return self._date[1]

    def wrong_with(self, request: ApiRequest) -> Problem | None:
        """Return what is wrong with a request whatever it is for."""
        if request.refused is not None:
            return request.refused
        if request.over_limit:
            limit = request.limit_octets
            return problem("body_too_large", f"the body is too large; at most {limit} octets are read")
        if request.path.startswith(b"/api/"):  # carriers and what watches the node write what they like
            if request.getHeader(b"content-encoding") not in (None, b"identity"):
                return problem("bad_content_type", "a body is read as it is; send it without Content-Encoding")
            if b"%" in request.uri and _BAD_ESCAPE.search(request.uri):
                return problem("bad_url", "the address has a % without two hexadecimal digits behind it")
        return None

    def getResourceFor(self, request: ApiRequest) -> IResource:  # noqa: N802 - Twisted's name
        """Return what answers a request; what is wrong before any route is looked for is answered at once."""
        wrong = self.wrong_with(request)
        if wrong is not None:
            return Answered(wrong)
        try:
            path = [segment.decode() for segment in request.postpath or ()]
            request.method.decode("ascii")
        except UnicodeDecodeError:
            return Answered(problem("bad_url", "the address is not UTF-8"))
        if any("\0" in segment for segment in path):
            return Answered(problem("bad_url", "the address holds a NUL character"))
        return cast(IResource, super().getResourceFor(request))

    def log(self, request: http.Request) -> None:
        """Write no line a request: messages explain themselves, and errors are logged where they happen."""

    def startFactory(self) -> None:  # noqa: N802 - Twisted's name
        """Begin without an access log and without the clock that dates its lines."""


class Known(Resource):
    """A resource with nothing below it, whose answer to a method that it does not take is the envelope."""

    def getChild(self, path: bytes, request: ApiRequest) -> IResource:
        """Return the resource itself for the address with a slash at its end."""
        return Answered(nothing_there(request)) if path else self

    def render(self, request: ApiRequest) -> bytes | int:
        """Answer by `render_GET` and its like."""
        try:
            return cast(bytes | int, super().render(request))
        except UnsupportedMethod as unsupported:
            allow = b", ".join(sorted({*unsupported.allowedMethods}))
            return refuse(request, not_taken(request, allow.decode()))


def not_taken(request: ApiRequest, allow: str) -> Problem:
    """Return the problem that a path is there and does not take the method."""
    message = f"{shown_path(request)} does not take {request.method.decode()}; it takes {allow}"
    return problem("method_not_allowed", message, headers={b"Allow": allow.encode()})


def nothing_there(request: ApiRequest) -> Problem:
    """Return the problem that a path is not there."""
    return problem("no_such_route", f"there is nothing at {shown_path(request)}")


def shown_path(request: ApiRequest) -> str:
    """Return a request's path for people."""
    return str(request.path.decode(errors="replace"))


class Answered(Resource):
    """Answers any request with one problem."""

    isLeaf = True

    def __init__(self, wrong: Problem) -> None:
        """Keep the answer."""
        super().__init__()
        self._wrong = wrong

    def render(self, request: ApiRequest) -> bytes:
        """Answer."""
        return refuse(request, self._wrong)
