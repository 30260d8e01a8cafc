"""The examples of all pages under docs/ are those of their routes, and run as written."""

import re

import attrs
import pytest

from mobilesasa.api.ports import WebLimits
from mobilesasa.api.resources.shown import DLR_STATES, FAILURE_TEXTS
from mobilesasa.api.root import make_app
from mobilesasa.campaigns.model import Phase, Recipient
from mobilesasa.contacts.model import Contact
from mobilesasa.core.model import Failure, State
from mobilesasa.core.scopes import PLATFORM, WHOLE
from mobilesasa.core.senders import SenderStatus
from mobilesasa.store.messages import Progress
from tests.api.rig import NOW_MS, OPERATOR, SENDERS, TOKEN, Rig, came, directory, message_id, stored, token
from tests.api.surveying import NUMBERS
from tests.curl import DOCS, Example, documented
from tests.fakes.people import VERA

EXAMPLES = [pytest.param(each, id=f"{page} {each.command.splitlines()[0]}") for page, each in documented()]
FAILED = Progress(State.FAILED, Failure.CANCELLED, done_at_ms=NOW_MS)  # what can be resent, and taken back once more


@pytest.fixture
def rig() -> Rig:
    """A node with some of everything that the examples name."""
    made = Rig(limits=WebLimits(max_body_octets=100_000))
    made.history.put(stored(1), FAILED)
    made.smpp.live["n-1-1"] = (1, {"id": "n-1-1"}, [])
    made.inbox.kept.append(came(1))
    made.tray.give()
    made.tray.parts[message_id(1), 1] = "ours"
    made.carriers.known["savanna"] = {"name": "savanna"}
    made.directory.now = directory(
        senders=[*SENDERS, NUMBERS[0]], tokens=[token(TOKEN, scopes=WHOLE), token(OPERATOR, scopes=(PLATFORM,))]
    )
    made.people.learn(attrs.evolve(VERA, email="jane@example.com"))
    made.logins.give("mbr_your_refresh_token_here", VERA)
    return made


def places_of(rig: Rig, example: Example) -> dict[str, str]:
    """What stands in an example for something of the reader's own, as it is called here."""
    makes_a_contact = "/api/v1/contacts \\\n" in example.command and "-X POST" in example.command
    jane = rig.contacts.give("254722000111" if makes_a_contact else "254712345678")
    leaves_the_group = example.command.startswith("curl -X DELETE")
    old = rig.contacts.give("254733000111")
    rig.senders.give(name="MYAPP" if "/default" in example.command else "TextBlast")
    return {
        "mbs_operator_token_here": OPERATOR,
        "carrier-name": "savanna",
        "receipt-id": "17",
        "session-id": "n-1-1",
        "msg-uuid": message_id(1),
        "inbound-uuid": message_id(1),
        "suppression-uuid": rig.suppressions.give(recipient="254711000009").uuid,
        "password-uuid": rig.smpp_passwords.give().uuid,
        "token-uuid": rig.tokens.give().uuid,
        "sender-uuid": SENDERS[2].uuid
        if "/api/v1/campaigns" in example.command
        else rig.senders.give(name="Waiting", status=SenderStatus.PENDING).uuid,
        "contact-uuid": jane.uuid,
        **{f"group-uuid-{n}": rig.contacts.give_group(f"Group {n}", 1, jane).uuid for n in (1, 2)},
        "group-uuid": rig.contacts.give_group("Others", 1, *([jane] if leaves_the_group else [])).uuid,
        "audience-uuid": rig.audiences.give().uuid,
        "campaign-uuid": campaign_of(rig, example, jane),
        "survey-uuid": rig.surveys.give(versions=0 if "/publish" in example.command else 1).uuid,
        "menu-uuid": rig.ussd.give_menu(version=1).uuid,
        "extension-uuid": rig.ussd.give_extension(extension="5").uuid if "extensions" in example.command else "",
        "erasure-uuid": rig.post(f"/contacts/{old.uuid}/erase", {"phone": "0733000111"}).data["uuid"],
        "upload-uuid": rig.uploads.give().uuid,
        "webhook-uuid": rig.webhooks.give().uuid,
        "team-uuid": rig.desk.give_team("OURS").uuid,
        "user-uuid": rig.desk.give_user().uuid,
    }


def campaign_of(rig: Rig, example: Example, contact: Contact) -> str:
    """A campaign that stands where the example's call takes it."""
    phase = Phase.SENDING if "/pause" in example.command else Phase.DRAFT
    group = rig.contacts.give_group("Customers", 1, contact)
    if "/retry" in example.command:
        ended = rig.campaigns.give(phase=Phase.COMPLETED, armed_at_ms=NOW_MS)
        row = Recipient(1, contact.phone, 1, 1, None, None, message_id(1), State.FAILED, 0)
        rig.campaigns.rows[ended.uuid] = [row]
        return ended.uuid
    campaign = rig.campaigns.give(phase=phase, group_uuids=(group.uuid,))
    rig.link_counts.links[1, campaign.uuid] = []
    return campaign.uuid


def test_the_pages_have_their_examples():
    pages = {page for page, _ in documented()}
    assert {"api.rst", "campaigns.rst", "contacts.rst", "webhooks.rst"} <= pages


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_is_that_of_its_route(example: Example):
    assert example.command in [row.curl.split("\n\n")[0] for row in make_app(Rig().node)[1]]


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_runs_as_written(rig: Rig, example: Example):
    method, path, headers, body = example.request(TOKEN, places_of(rig, example))
    assert rig.ask(method, path, body, **headers).data is not None


@pytest.mark.parametrize("page", sorted(page.name for page in DOCS.glob("*.rst")))
def test_every_call_that_a_page_names_is_a_route(page: str):
    routes = [(row.method, re.sub(r"{\w+}", "[^/]+", row.path)) for row in make_app(Rig().node)[1]]
    calls = re.findall(r"``(GET|POST|PUT|DELETE) (?:/api/v1)?(/[^?` ]+)[^`]*``", (DOCS / page).read_text())
    assert [
        call for call in calls if not any(call[0] == way and re.fullmatch(path, call[1]) for way, path in routes)
    ] == []


def test_the_table_of_scopes_has_those_that_calls_want():
    wanted = {scope for row in make_app(Rig().node)[1] for scope in row.scopes}
    table = (DOCS / "api.rst").read_text().partition("\nScope ")[2].partition("\n\n")[0]
    assert set(re.findall(r"^``(\w+)``", table, re.MULTILINE)) == wanted


def test_an_example_can_be_handed_to_curl():
    sending = next(each for _, each in documented() if "/api/v1/messages " in each.command)
    argv = sending.argv("http://127.0.0.1:8080", "mbs_real")
    assert argv[:4] == ["curl", "-X", "POST", "http://127.0.0.1:8080/api/v1/messages"]
    assert "Authorization: Bearer mbs_real" in argv


@pytest.mark.parametrize("failure", Failure)
def test_every_reason_of_a_failure_is_in_the_table_with_its_receipt(failure: Failure):
    row = f"``{failure.value}``".ljust(20) + FAILURE_TEXTS[failure].ljust(63) + f"``{DLR_STATES[failure]}``"
    assert row in (DOCS / "api.rst").read_text()
