"""The tree of resources: `/api/v1` by Klein, the health paths, the reference, the dashboard; `make_site` builds all of it."""

from __future__ import annotations

from typing import cast

from klein import Klein
from twisted.python.failure import Failure
from twisted.web.iweb import IRequest
from twisted.web.resource import IResource, Resource
from werkzeug.exceptions import MethodNotAllowed

from mobilesasa.api.admin.audit import PlatformAudit
from mobilesasa.api.admin.carrier_changes import PlatformCarrierChanges
from mobilesasa.api.admin.carriers import PlatformCarriers
from mobilesasa.api.admin.numbers import PlatformNumbers
from mobilesasa.api.admin.prices import PlatformPrices
from mobilesasa.api.admin.receipts import PlatformReceipts
from mobilesasa.api.admin.retention import PlatformRetention
from mobilesasa.api.admin.routes import PlatformRoutes
from mobilesasa.api.admin.senders import PlatformSenders
from mobilesasa.api.admin.teams import PlatformTeams
from mobilesasa.api.admin.users import PlatformUsers
from mobilesasa.api.admin.ussd import PlatformUssd
from mobilesasa.api.admin.ussd_gateways import PlatformUssdGateways
from mobilesasa.api.admin.working import PlatformWork
from mobilesasa.api.answers import answer, refuse
from mobilesasa.api.auth import Authentication
from mobilesasa.api.carriers import Carriers
from mobilesasa.api.cors import allow_methods
from mobilesasa.api.dashboard import add_dashboard, built
from mobilesasa.api.exact import Exact
from mobilesasa.api.health import Healthz, Metrics, Readyz
from mobilesasa.api.idempotency import Repeats
from mobilesasa.api.links import LinkDoor
from mobilesasa.api.ports import Node
from mobilesasa.api.reference.made import Made
from mobilesasa.api.reference.served import Page, Reference
from mobilesasa.api.resources.account import Account
from mobilesasa.api.resources.audiences import CampaignAudiences
from mobilesasa.api.resources.audit import Audit
from mobilesasa.api.resources.auth import Auth
from mobilesasa.api.resources.batches import Batches
from mobilesasa.api.resources.campaign_links import CampaignLinks
from mobilesasa.api.resources.campaign_recipients import CampaignRecipients
from mobilesasa.api.resources.campaign_sending import CampaignSending
from mobilesasa.api.resources.campaigns import Campaigns
from mobilesasa.api.resources.contacts import Contacts
from mobilesasa.api.resources.data_subjects import DataSubjects
from mobilesasa.api.resources.documents import SenderDocuments
from mobilesasa.api.resources.estimates import Estimates
from mobilesasa.api.resources.exports import Exports
from mobilesasa.api.resources.groups import Groups
from mobilesasa.api.resources.imports import Imports
from mobilesasa.api.resources.inbound import FromPhones
from mobilesasa.api.resources.members import Members
from mobilesasa.api.resources.messages import Messages
from mobilesasa.api.resources.reports import Reports
from mobilesasa.api.resources.routing import Routing
from mobilesasa.api.resources.senders import SenderIds
from mobilesasa.api.resources.smpp import Smpp
from mobilesasa.api.resources.smpp_passwords import SmppPasswords
from mobilesasa.api.resources.suppressions import Suppressions
from mobilesasa.api.resources.survey_responses import SurveyResponses
from mobilesasa.api.resources.survey_running import SurveyRunning
from mobilesasa.api.resources.survey_simulator import SurveySimulator
from mobilesasa.api.resources.surveys import Surveys
from mobilesasa.api.resources.tokens import Tokens
from mobilesasa.api.resources.ussd import Ussd
from mobilesasa.api.resources.ussd_menus import UssdMenus
from mobilesasa.api.resources.ussd_sessions import UssdSessions
from mobilesasa.api.resources.ussd_simulator import UssdSimulator
from mobilesasa.api.resources.ussd_versions import UssdVersions
from mobilesasa.api.resources.webhook_deliveries import WebhookDeliveries
from mobilesasa.api.resources.webhooks import Webhooks
from mobilesasa.api.room import Room
from mobilesasa.api.routes import Route, Served, register
from mobilesasa.api.site import Answered, ApiRequest, ApiSite, not_taken, nothing_there
from mobilesasa.api.ussd_gateways import UssdGateways


def make_site(node: Node) -> ApiSite:
    """Build the site of a node, to be given to an endpoint's `listen`."""
    room = Room(node.limits.max_file_octets)
    exact = Exact()
    return ApiSite(
        make_root(node, room, exact), node.clock, node.limits, node.new_id, node.front, room, exact, _links(node)
    )


def _links(node: Node) -> LinkDoor | None:
    """Return what answers short links, where there are any."""
    if node.link_book is None or not node.link_base or not node.serves_api:
        return None
    return LinkDoor(node.link_base, node.link_book, node.now_ms, node.clock)


def make_root(node: Node, room: Room | None = None, exact: Exact | None = None) -> Resource:
    """Build the tree of resources."""
    root = Folder()
    root.putChild(b"healthz", Healthz())
    root.putChild(b"readyz", Readyz(node.readiness, node.clock, node.limits.readiness_timeout_s))
    if node.metrics is not None:
        root.putChild(b"metrics", Metrics(node.metrics))
    if node.serves_api:
        _add_api(root, node, room, exact)
    return root


def _add_api(root: Resource, node: Node, room: Room | None, exact: Exact | None) -> None:
    app, table = make_app(node, room, exact)
    api = Folder()
    root.putChild(b"docs", Page(Made(table), node.smpp_grants.host))
    root.putChild(b"api", api)
    api.putChild(b"v1", app.resource())
    add_dashboard(root, built())
    if node.callbacks is not None:
        root.putChild(b"carriers", Carriers(node.callbacks))
    if node.ussd_calls is not None:
        gateways = UssdGateways(node.ussd_calls)
        root.putChild(b"ussd", gateways)
        if exact is not None:
            exact.open_folder("ussd", gateways.serve, gateways.serve_whole)


def make_app(node: Node, room: Room | None = None, exact: Exact | None = None) -> tuple[Klein, list[Route]]:
    """Build what answers below `/api/v1`, and its route table; `room` and `exact` are told of it."""
    served = Served()
    authentication = Authentication(node.directory, node.people, node.now_ms, node.clock, node.limits)
    reference = Reference()
    resources = (*_resources(node), *_resources_of_platform(node), reference)
    table = register(
        served, exact or Exact(), resources, authentication, Repeats(node.keys), node.aside, node.caught_up
    )
    reference.document(table)
    if room is not None:
        room.open(table, authentication)
    return served.app(_not_routed), table


def _resources(node: Node) -> tuple[object, ...]:
    """Return all resources of teams but the reference, in the order in which that has them."""
    return (*_of_messages_and_people(node), *_of_many_people(node), *_of_the_team(node))


def _of_messages_and_people(node: Node) -> tuple[object, ...]:
    return (
        Messages(node),
        Batches(node),
        Estimates(node),
        FromPhones(node),
        Suppressions(node),
        Contacts(node),
        Imports(node),
        DataSubjects(node),
        Groups(node),
    )


def _of_many_people(node: Node) -> tuple[object, ...]:
    """Return those of campaigns and of conversations."""
    return (
        Campaigns(node),
        CampaignSending(node),
        CampaignRecipients(node),
        CampaignLinks(node),
        CampaignAudiences(node),
        Surveys(node),
        SurveyRunning(node),
        SurveySimulator(node),
        SurveyResponses(node),
        Ussd(node),
        UssdMenus(node),
        UssdVersions(node),
        UssdSimulator(node),
        UssdSessions(node),
    )


def _of_the_team(node: Node) -> tuple[object, ...]:
    return (
        Auth(node),
        Members(node),
        Account(node),
        SenderIds(node),
        SenderDocuments(node),
        Tokens(node),
        Audit(node),
        Reports(node),
        Exports(node),
        Routing(node),
        Smpp(node),
        SmppPasswords(node),
        Webhooks(node),
        WebhookDeliveries(node),
    )


def _resources_of_platform(node: Node) -> tuple[object, ...]:
    """Return those that only the operator asks, behind the others."""
    return (
        PlatformTeams(node),
        PlatformUsers(node),
        PlatformSenders(node),
        PlatformCarriers(node),
        PlatformCarrierChanges(node),
        PlatformRoutes(node),
        PlatformPrices(node),
        PlatformNumbers(node),
        PlatformUssd(node),
        PlatformUssdGateways(node),
        PlatformWork(node),
        PlatformReceipts(node),
        PlatformAudit(node),
        PlatformRetention(node),
    )


def _not_routed(_: object, request: IRequest, failure: Failure) -> bytes:
    """Answer what no route takes: 404, also where HTTP would say 405 (decision 2)."""
    asked = cast(ApiRequest, request)
    error = failure.value
    if not isinstance(error, MethodNotAllowed):
        return refuse(asked, nothing_there(asked))
    methods = sorted({*(error.valid_methods or ()), "OPTIONS"})
    allow = ", ".join(methods)
    if asked.method == b"OPTIONS":
        asked.setHeader(b"Allow", allow.encode())
        allow_methods(asked, allow)
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
