"""The route table: what is declared beside each function is served, checked and documented from there.

    @route("POST", "/messages", scopes=("messages",), body=SendMessage, answers=MessageShown)
    async def send(self, request, caller): ...

A class of such functions is one resource. `register` puts them behind authentication and one place that turns
whatever is raised into an answer. The work of a request is shielded: a client that hangs up cancels nothing, for a
message that is half accepted must be accepted whole.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypedDict, TypeVar, Unpack, cast
from urllib.parse import quote

import attrs
from klein import Klein
from twisted.internet.defer import Deferred
from twisted.logger import Logger
from twisted.python.failure import Failure
from twisted.web.iweb import IRequest
from werkzeug.exceptions import HTTPException
from werkzeug.routing import Rule

from mobilesasa.api.answers import refuse
from mobilesasa.api.auth import Authentication, Caller
from mobilesasa.api.errors import Problem, internal_error, problem, store_away
from mobilesasa.api.exact import Exact
from mobilesasa.api.forms import Aside, received
from mobilesasa.api.idempotency import Repeats
from mobilesasa.api.refusals import of_refusal
from mobilesasa.api.sending import finished
from mobilesasa.core.errors import Refused, StoreAway
from mobilesasa.core.scopes import API_TOKENS, PLATFORM, TEAM, USSD

if TYPE_CHECKING:
    from mobilesasa.api.site import ApiRequest

PREFIX = "/api/v1"

F = TypeVar("F", bound=Callable[..., Awaitable[bytes]])
Unrouted = Callable[[object, IRequest, Failure], bytes]  # the first is Klein's instance
_PLACE = re.compile(r"\{(\w+)\}")
_ATTRIBUTE = "__route__"
PUBLIC_OCTETS = 16_384  # of a body that comes without a token: what is longer is not parsed
_ADMINISTRATION = frozenset({API_TOKENS, TEAM, PLATFORM, USSD})


@attrs.frozen(kw_only=True)
class Route:
    """One row of the table."""

    method: str
    path: str  # below /api/v1, with {places}
    name: str  # of the function; also the operationId
    summary: str  # the docstring's first line
    about: str  # the rest of the docstring
    scopes: tuple[str, ...]  # of which a token needs one; none: any token
    answers: Any  # what stands in `data`: a TypedDict
    refusals: tuple[int, ...]  # statuses beside those that any route may answer
    public: bool = False  # no token at all
    body: type | None = None
    query: type | None = None
    curl: str = ""  # the example, with the reference's address, token and uuids
    idempotent: bool = False  # takes an Idempotency-Key: its function hands `caller.kept(reply)` to the store
    hopeful: bool = (
        False  # its function does nothing before that, so what is kept is looked for when the store knows the key
    )
    reads_by_word: bool = attrs.field(default=False, alias="reads")  # a POST that changes nothing, and says so
    files: Sequence[str] = ()  # it answers a file, of one of these content types
    form: type | None = None  # of a form with a file, which may be large: the class of its other fields
    person: bool = False  # for people who have logged in, in whatever team or none, and not for tokens
    formerly: str = ""  # the path at which it is served too, for those who know it by that
    deprecated: bool = False  # it is such a path

    @property
    def reads(self) -> bool:
        """Whether it changes nothing, so that a scope `X:read` opens it."""
        return self.reads_by_word or self.method in ("GET", "HEAD")

    @property
    def writes(self) -> bool:
        """Whether it changes anything."""
        return not self.reads

    @property
    def administers(self) -> bool:
        """Whether it may change teams, people, tokens or anything else that a node keeps a picture of."""
        return self.writes and not _ADMINISTRATION.isdisjoint(self.scopes)

    @property
    def tagged(self) -> bool:
        """Whether an answer has an `ETag`: it is one thing, and not a page of many."""
        return self.method == "GET" and self.query is None and not self.public and not self.files

    @property
    def places(self) -> list[str]:
        """The names of what stands in the path."""
        return _PLACE.findall(self.path)

    def filled(self, places: Mapping[str, str]) -> str:
        """Return method and path with what stands in the places, in printable ASCII."""
        if not places:
            return f"{self.method} {self.path}"
        path = _PLACE.sub(lambda place: quote(places[place[1]], safe=""), self.path)
        return f"{self.method} {path}"


class Declared(TypedDict, total=False):
    """What `route` takes beside what every route has; see `Route`, whose defaults they are."""

    public: bool
    body: type | None
    query: type | None
    curl: str
    idempotent: bool
    hopeful: bool
    reads: bool
    files: Sequence[str]
    form: type | None
    person: bool
    formerly: str


def route(
    method: str,
    path: str,
    *,
    answers: Any,
    scopes: Sequence[str] = (),
    refusals: Sequence[int] = (),
    **more: Unpack[Declared],
) -> Callable[[F], F]:
    """Declare a function as what answers a method on a path; see `Route` for the rest."""

    def declared(function: F) -> F:
        summary, _, about = (function.__doc__ or "").partition("\n")
        row = Route(
            method=method,
            path=path,
            name=function.__name__,
            summary=summary.strip(),
            about="\n".join(line.strip() for line in about.strip().splitlines()),
            scopes=tuple(scopes),
            answers=answers,
            refusals=tuple(refusals),
            **more,
        )
        setattr(function, _ATTRIBUTE, row)
        return function

    return declared


def routes_of(resource: object) -> list[tuple[Route, Callable[..., Awaitable[bytes]]]]:
    """Return what a resource's class declares, in that order, with the functions bound to the resource."""
    declared = [(name, getattr(function, _ATTRIBUTE, None)) for name, function in vars(type(resource)).items()]
    found = [(row, getattr(resource, name)) for name, row in declared if row is not None]
    return [(each, function) for row, function in found for each in (row, *_of_old(row))]


def _of_old(row: Route) -> list[Route]:
    """Return the row of the path at which a route is served too, if it has one."""
    if not row.formerly:
        return []
    about = f"The same as `{row.method} {row.path}`, at the path that it had before."
    place = row.path.partition("{")[0]
    curl = row.curl.replace(PREFIX + place, PREFIX + row.formerly.partition("{")[0])
    return [
        attrs.evolve(
            row, path=row.formerly, name=f"{row.name}_formerly", about=about, curl=curl, formerly="", deprecated=True
        )
    ]


class Served:
    """What a node's resources answer, by method and path as in the route table: the instance that Klein's rules are bound to."""

    def __init__(self) -> None:
        """Begin with no route."""
        self.endpoints: dict[str, Callable[..., Deferred[bytes]]] = {}

    def app(self, unrouted: Unrouted) -> Klein:
        """Return the Klein that finds what is served here; `unrouted` answers what no rule takes."""
        app: Klein = _rules(tuple(self.endpoints), unrouted).__get__(self, Served)
        return app


def register(
    served: Served,
    exact: Exact,
    resources: Iterable[object],
    authentication: Authentication,
    repeats: Repeats,
    aside: Aside,
    caught_up: Callable[[], Awaitable[None]],
) -> list[Route]:
    """Serve what the resources declare, by Klein and, where a path has no places, past it; return the table."""
    table: list[Route] = []
    for resource in resources:
        for row, function in routes_of(resource):
            endpoint = _Endpoint(row, function, authentication, repeats, aside, caught_up)
            served.endpoints[f"{row.method} {row.path}"] = endpoint
            if not row.places:
                exact.open(row.method, PREFIX + row.path, endpoint.serve)
            table.append(row)
    return table


@lru_cache(maxsize=2)
def _rules(rows: tuple[str, ...], unrouted: Unrouted) -> Klein:
    """Make Klein's rules of method and path, `GET /messages/{uuid}`: once in a process, as they are the same for all its nodes."""
    app = Klein()
    app.url_map.strict_slashes = False
    app.url_map.merge_slashes = False
    for row in rows:
        method, _, path = row.partition(" ")
        app.endpoints[row] = _Row(row, path.count("/"))
        app.url_map.add(_Rule(_PLACE.sub(r"<\1>", path), methods=[method], endpoint=row))
    app.handle_errors(HTTPException)(cast(Any, unrouted))  # Klein's type asks for names of arguments; it gives none
    return app


@attrs.frozen
class _Row:
    """What Klein calls for a row: it begins the work of the node that the request came to."""

    name: str
    segment_count: int  # Klein asks

    def __call__(self, served: Served, request: ApiRequest, **places: str) -> Deferred[bytes]:
        return served.endpoints[self.name](request, **places)


class _Rule(Rule):
    """A rule by which no address is ever made: compiling what would is nine tenths of making one."""

    def _compile_builder(self, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
        return _no_address


def _no_address(*_: object) -> tuple[str, str]:
    raise NotImplementedError("no address is made from a rule")


class _Endpoint:
    """A route's function behind authentication, the shield and the answer to whatever is raised."""

    log = Logger()

    def __init__(
        self,
        row: Route,
        function: Callable[..., Awaitable[bytes]],
        authentication: Authentication,
        repeats: Repeats,
        aside: Aside,
        caught_up: Callable[[], Awaitable[None]],
    ) -> None:
        self.__name__ = row.name
        self._route = row
        self._function = function
        self._authentication = authentication
        self._repeats = repeats
        self._aside = aside
        self._caught_up = caught_up

    def __call__(self, request: ApiRequest, **places: str) -> Deferred[bytes]:
        """Begin the work, and return what only copies its result: cancelling that ends nothing (I1)."""
        work = Deferred.fromCoroutine(self._answer(request, places))
        told: Deferred[bytes] = Deferred()
        work.addBoth(_tell, told)
        return told

    def serve(self, request: ApiRequest) -> None:
        """Answer a request; the work goes on whatever becomes of the client (I1)."""
        work = Deferred.fromCoroutine(self._served(request))
        work.addErrback(lambda failure: self.log.failure("{route} is not answered", failure, route=self._route.name))

    async def _served(self, request: ApiRequest) -> None:
        request.conclude(await self._answer(request, {}))

    async def _answer(self, request: ApiRequest, places: dict[str, str]) -> bytes:
        try:
            return finished(request, await self._called(request, places), self._route.tagged)
        except Problem as wrong:
            return refuse(request, wrong)
        except Refused as refusal:
            return refuse(request, of_refusal(refusal))
        except StoreAway as away:
            self.log.warn(
                "{route}: {away}, request {request_id}",
                route=self._route.name,
                away=away,
                request_id=request.request_id,
            )
            return refuse(request, store_away())
        except Exception:  # noqa: BLE001 - the edge: whatever it is, the client is answered and we read of it once
            self.log.failure(
                "{route} failed, request {request_id}", route=self._route.name, request_id=request.request_id
            )
            return refuse(request, internal_error())

    async def _called(self, request: ApiRequest, places: dict[str, str]) -> bytes:
        if self._route.public:
            if request.octets > PUBLIC_OCTETS:
                raise problem("body_too_large", f"the body is too large; at most {PUBLIC_OCTETS} octets are read here")
            return await self._function(request, **places)
        row = self._route
        known = self._authentication.caller(request, row.scopes, row.reads, row.person)
        if row.form is None:
            return await self._known(request, known, places)
        async with received(request, self._aside) as request.form:
            return await self._known(request, known, places)

    async def _known(self, request: ApiRequest, known: Caller, places: dict[str, str]) -> bytes:
        octets = await self._done(request, known, places)
        if self._route.administers:  # who has changed something finds it changed, here at once
            await self._caught_up()
        return octets

    async def _done(self, request: ApiRequest, known: Caller, places: dict[str, str]) -> bytes:
        row = self._route
        if not row.idempotent:
            octets = await self._function(request, known, **places)
            if row.reads and not row.files:  # a file is out already
                self._authentication.check_again(known)
            return octets

        def call(caller: Caller) -> Awaitable[bytes]:
            return self._function(request, caller, **places)

        digest = None if request.form is None else request.form.digest
        return await self._repeats.answer(request, row.filled(places), known, call, digest, row.hopeful)


def _tell(result: bytes | Failure, told: Deferred[bytes]) -> None:
    if not told.called:
        told.callback(result)
