"""The tree of resources: `/api/v1` by Klein, the health paths, the reference page; `make_site` builds all of it."""

from __future__ import annotations

from typing import cast

from klein import Klein
from twisted.python.failure import Failure
from twisted.web.iweb import IRequest
from twisted.web.resource import IResource, Resource
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from mobilesasa.api.admin.carriers import PlatformCarriers
from mobilesasa.api.admin.receipts import PlatformReceipts
from mobilesasa.api.answers import answer, refuse
from mobilesasa.api.auth import Authentication
from mobilesasa.api.carriers import Carriers
from mobilesasa.api.health import Healthz, Metrics, Readyz
from mobilesasa.api.idempotency import Repeats
from mobilesasa.api.openapi import Reference
from mobilesasa.api.page import Page
from mobilesasa.api.ports import Node
from mobilesasa.api.resources.account import Account
from mobilesasa.api.resources.inbound import FromPhones
from mobilesasa.api.resources.messages import Messages
from mobilesasa.api.resources.routing import Routing
from mobilesasa.api.resources.smpp import Smpp
from mobilesasa.api.resources.smpp_passwords import SmppPasswords
from mobilesasa.api.resources.suppressions import Suppressions
from mobilesasa.api.routes import Route, register
from mobilesasa.api.site import Answered, ApiRequest, ApiSite, not_taken, nothing_there


def make_site(node: Node) -> ApiSite:
    """Build the site of a node, to be given to an endpoint's `listen`."""
    return ApiSite(make_root(node), node.clock, node.limits, node.new_id)


def make_root(node: Node) -> Resource:
    """Build the tree of resources."""
    root = Folder()
    root.putChild(b"healthz", Healthz())
    root.putChild(b"readyz", Readyz(node.readiness, node.clock, node.limits.readiness_timeout_s))
    if node.metrics is not None:
        root.putChild(b"metrics", Metrics(node.metrics))
    if node.serves_api:
        _add_api(root, node)
    return root


def _add_api(root: Resource, node: Node) -> None:
    app, table = make_app(node)
    page = Page(table)
    api = Folder()
    root.putChild(b"", page)
    root.putChild(b"docs", page)
    root.putChild(b"api", api)
    api.putChild(b"v1", app.resource())
    if node.callbacks is not None:
        root.putChild(b"carriers", Carriers(node.callbacks))


def make_app(node: Node) -> tuple[Klein, list[Route]]:
    """Build what answers below `/api/v1`, and its route table."""
    app = Klein()
    app.url_map.strict_slashes = False
    app.url_map.merge_slashes = False
    authentication = Authentication(node.directory, node.now_ms, node.clock, node.limits)
    reference = Reference()
    resources = (
        Messages(node),
        FromPhones(node),
        Suppressions(node),
        Account(node),
        Routing(node),
        Smpp(node),
        SmppPasswords(node),
        PlatformCarriers(node),
        PlatformReceipts(node),
        reference,
    )
    table = register(app, resources, authentication, Repeats(node.keys))
    reference.document(table)
    app.handle_errors(HTTPException)(_not_routed)
    return app, table


def _not_routed(request: IRequest, failure: Failure) -> bytes:
    """Answer what no route takes: 404, also where HTTP would say 405 (decision 2)."""
    asked = cast(ApiRequest, request)
    error = failure.value
    if not isinstance(error, MethodNotAllowed):
        return refuse(asked, nothing_there(asked))
    methods = sorted({*(error.valid_methods or ()), "OPTIONS"})
    allow = ", ".join(methods)
    if asked.method == b"OPTIONS":
        asked.setHeader(b"Allow", allow.encode())
        return answer(asked, {"allow": methods})
    return refuse(asked, not_taken(asked, allow))


class Folder(Resource):
    """A folder of resources; what is not in it does not exist, and the envelope says so."""

    def getChild(self, path: bytes, request: ApiRequest) -> IResource:
        """Return what answers a path that is not there."""
        return Answered(nothing_there(request))

    def render(self, request: ApiRequest) -> bytes:
        """Answer for the folder itself, at which there is nothing."""
        return refuse(request, nothing_there(request))
