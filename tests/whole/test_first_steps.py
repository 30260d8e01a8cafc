"""What a newcomer does: start, run the curl line that was printed, stop, start again."""

import json
import re
import shlex
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.curl import FILES, Example, documented
from tests.whole.esme import Esme
from tests.whole.programs import PATIENCE_S, Node, eventually

NOWHERE = "https://nobody.invalid/"  # no test tells others of itself
AUDIENCE = next(each for _, each in documented() if "/campaigns/audiences " in each.command)
UPLOAD = next(each for _, each in documented() if "/contacts/import " in each.command)


@pytest.fixture
def fresh(folder: Path):
    """A node on an empty state, as `make run` starts it."""
    node = Node(folder, demo=True)
    node.start()
    yield node
    node.stop()


def curl_of(said: str) -> list[str]:
    """The command that sends a message, as it was printed."""
    found = re.search(r"^  curl -X POST (?:.*\\\n)*.*$", said, re.MULTILINE)
    assert found is not None, said
    return shlex.split(found.group().replace("\\\n", " "))


def token_of(said: str) -> str:
    found = re.search(r"mbs_[A-Za-z0-9]{32}", said)
    assert found is not None, said
    return found.group()


def test_the_curl_line_that_is_printed_sends_a_message_that_is_delivered(fresh: Node):
    said = fresh.program.said
    token = token_of(said)
    done = subprocess.run([*curl_of(said), "--silent"], capture_output=True, timeout=PATIENCE_S, check=True)
    assert re.fullmatch(
        r'\{"success":true,"data":\{"uuid":"[0-9a-f-]{36}","to":"\+254700000001","message":"Hello from Mobile Sasa!",'
        r'"sender_id":"TextBlast","status":"queued","parts":1,"created_at":"[0-9TZ:-]{20}".*\}\}',
        done.stdout.decode().strip(),
    )
    uuid = re.findall(r'"uuid":"([^"]+)"', done.stdout.decode())[0]

    def delivered() -> bool:
        status, body = fresh.call(token, f"/messages/{uuid}")
        return status == 200 and body["data"]["status"] == "delivered"

    eventually(delivered, "the message is delivered")
    assert fresh.command("audit")["clean"] is True


def test_a_node_that_was_stopped_starts_again_with_the_same_data_and_shows_no_token(fresh: Node):
    token = token_of(fresh.program.said)
    _, sent = fresh.call(token, "/messages", {"to": "+254700000001", "message": "kept"})
    ours = psutil.Process(fresh.program.process.pid)
    database = int((fresh.folder / "state" / "postgres" / "data" / "postmaster.pid").read_text().split()[0])
    fresh.stop()
    assert not psutil.pid_exists(database)
    assert not ours.is_running()

    (fresh.folder / "node.log").unlink()
    fresh.start()
    assert "mbs_" not in fresh.program.said
    status, body = fresh.call(token, f"/messages/{sent['data']['uuid']}")
    assert (status, body["data"]["message"]) == (200, "kept")


def test_a_command_beside_the_node_changes_it_within_a_second(fresh: Node):
    made = fresh.command("team", "create", "--code", "LATE", "--units", "1", "--sender", "TextBlast")

    def paid_and_refused() -> list[int]:
        bodies = [fresh.call(made["token"], "/messages", {"to": "+254700000001", "message": "x"}) for _ in range(2)]
        statuses = [status for status, _ in bodies]
        return [] if 401 in statuses else statuses

    assert eventually(paid_and_refused, "the new team is known", patience_s=1.0) == [200, 402]


def test_two_teams_see_and_spend_nothing_of_each_other(fresh: Node):
    tokens = {
        code: fresh.command("team", "create", "--code", code, "--units", "5", "--sender", f"By{code}")["token"]
        for code in ("ONE", "TWO")
    }
    eventually(lambda: fresh.call(tokens["TWO"], "/account")[0] == 200, "both teams are known")
    _, sent = fresh.call(tokens["ONE"], "/messages", {"to": "+254700000001", "message": "mine"})
    uuid = sent["data"]["uuid"]
    unknown = "019ae8a1-7c00-7abc-8def-0123456789ab"

    foreign = fresh.call(tokens["TWO"], f"/messages/{uuid}")
    nobodys = fresh.call(tokens["TWO"], f"/messages/{unknown}")
    assert foreign[0] == nobodys[0] == 404
    assert foreign[1]["error"] == nobodys[1]["error"].replace(unknown, uuid)
    assert fresh.call(tokens["TWO"], f"/messages/{uuid}/resend", {})[0] == 404
    assert fresh.call(tokens["TWO"], "/messages")[1]["data"]["items"] == []
    refused = fresh.call(tokens["TWO"], "/messages", {"to": "+254700000001", "message": "x", "sender_id": "ByONE"})
    assert (refused[0], refused[1]["code"]) == (400, "sender_not_approved")
    assert fresh.call(tokens["TWO"], "/account")[1]["data"]["available"] == 5
    assert fresh.call(tokens["ONE"], "/account")[1]["data"]["available"] == 4


def test_a_second_node_of_the_same_name_on_one_store_is_refused_in_words(fresh: Node):
    rival = Node(fresh.folder)
    environment = rival.environment
    done = subprocess.run(
        fresh.program.arguments, env=environment, capture_output=True, timeout=PATIENCE_S, check=False
    )
    assert done.returncode == 1
    assert b"runs already" in done.stdout + done.stderr


def test_the_curl_examples_of_all_pages_run_as_written(fresh: Node):
    """Address, tokens and what is the reader's own replaced, and nothing else."""
    token = token_of(fresh.program.said)
    operator = fresh.quickly("token", "create", "--team", "DEMO", "--name", "operator", "--scopes", "platform")
    raw = operator["raw_token"]
    eventually(lambda: fresh.call(raw, "/carriers")[0] == 200, "the operator's token is known")
    with bound(fresh, token):
        places = {"mbs_operator_token_here": raw, **found_by_uuid(fresh, token), **found_of_somebody(fresh)}
        places |= found_of_people(fresh, token) | found_of_operators(fresh, token, raw)
        places = {**found_of_campaigns(fresh, token), "survey-uuid": survey_by(fresh, token), **places}
        places |= found_of_ussd(fresh, token, raw)
        others = found_for_one(fresh, token)
        wrong = []
        for page, example in documented():
            if "receipt-id" in example.command:
                continue  # the sandbox gives no receipt that fits nothing, so there is none to match by hand
            own = [found for mark, found in others.items() if mark in example.command]
            said = run(fresh, token, example, places | (own[0] if own else {}))
            if not said.startswith(b'{"success":true,'):
                wrong.append(f"{page}: {example.command}\n{said!r}")
    assert not wrong, "\n\n".join(wrong)


def run(node: Node, token: str, example: Example, places: Mapping[str, str]) -> bytes:
    """Run an example by curl, and return what was answered."""
    argv = [*example.argv(f"http://127.0.0.1:{node.http_port}", token, places), "--silent"]
    return subprocess.run(argv, capture_output=True, timeout=PATIENCE_S, check=True, cwd=files_of(node)).stdout


@contextmanager
def bound(node: Node, token: str) -> Iterator[None]:
    """Have a session of the demo team that is bound."""
    esme = Esme(node.smpp_port or 0, "DEMO", token)
    assert esme.bind() == 0
    yield
    esme.close()


def files_of(node: Node) -> Path:
    """Return a folder with the files that examples send."""
    folder = node.folder / "files"
    folder.mkdir(exist_ok=True)
    (folder / "certificate.pdf").write_bytes(b"%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n")
    (folder / "debtors.xlsx").write_text(FILES["debtors.xlsx"])
    (folder / "contacts.csv").write_text("phone,first_name\n+254700000009,Jane\n")
    return folder


def in_an_hour() -> str:
    return (datetime.now(UTC) + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")


def made(node: Node, token: str, path: str, **body: object) -> dict[str, Any]:
    """Make something by REST, and return it."""
    status, answer = node.call(token, path, body)
    assert status == 200, answer
    data: dict[str, Any] = answer["data"]
    return data


def found_for_one(node: Node, token: str) -> dict[str, dict[str, str]]:
    """What single examples need for themselves, for others spend it or take it, by words that stand in them."""
    later = made(node, token, "/messages", to="+254700000003", message="take me back", scheduled_at=in_an_hour())
    gone = made(node, token, "/contacts", phone="+254700000021")
    return {
        **found_for_campaigns(node, token),
        "/cancel": {"msg-uuid": later["uuid"]},
        '"note": "Our shop': {"MYAPP": "NEWAPP"},
        "/admin/ussd/codes": {'"384"': '"385"'},
        "-X DELETE https://api.yourdomain.com/api/v1/contacts/contact-uuid": {"contact-uuid": gone["uuid"]},
        '"last_name": "Doe"': {"+254712345678": "+254712345679"},
    }


def found_by_uuid(node: Node, token: str) -> dict[str, str]:
    """What the examples name, made just now: a message, a token, a session, a password, a message from a phone, a suppression."""
    node.quickly("sender", "add", "--team", "DEMO", "--name", "MYAPP", "--approved")
    eventually(lambda: "MYAPP" in str(node.call(token, "/sender-ids")), "the sender is known")
    failed = made(node, token, "/messages", to="+254700000002", message="resend me")["uuid"]
    eventually(lambda: node.call(token, f"/messages/{failed}")[1]["data"]["status"] == "failed", "a message fails")
    (session,) = node.call(token, "/smpp/sessions")[1]["data"]["items"]
    password = node.quickly("smpp", "password", "--team", "DEMO", "--any-address")
    _, suppression = node.call(token, "/suppressions", {"phone": "+254712000001"})
    node.quickly("sender", "add", "--team", "DEMO", "--name", "22384", "--approved")
    echoed = {"to": "+254700000008", "message": "hello", "sender_id": "22384"}  # the sandbox's phone that answers
    eventually(lambda: node.call(token, "/messages", echoed)[0] == 200, "the short code is known")
    heard = eventually(lambda: node.call(token, "/inbound")[1]["data"]["items"], "a message from a phone")
    return {
        "msg-uuid": failed,
        "token-uuid": made(node, token, "/tokens", name="to be revoked", scopes=["messages"])["token"]["uuid"],
        "session-id": session["id"],
        "password-uuid": password["uuid"],
        "suppression-uuid": suppression["data"]["uuid"],
        "inbound-uuid": heard[0]["uuid"],
    }


def found_of_people(node: Node, token: str) -> dict[str, str]:
    """What the examples about contacts and webhooks name."""
    jane = made(node, token, "/contacts", phone="+254712345678")
    forgotten = made(node, token, "/contacts", phone="+254700000022")
    erased = made(node, token, f"/contacts/{forgotten['uuid']}/erase", phone="+254700000022")
    upload = json.loads(run(node, token, UPLOAD, {}))["data"]
    return {
        "https://example.com/hooks/mobilesasa": NOWHERE,
        "contact-uuid": jane["uuid"],
        "group-uuid": made(node, token, "/groups", name="Friends")["uuid"],
        "erasure-uuid": erased["uuid"],
        "upload-uuid": upload["uuid"],
        "webhook-uuid": made(node, token, "/webhooks", url=NOWHERE, events=["*"])["uuid"],
    }


def found_of_campaigns(node: Node, token: str) -> dict[str, str]:
    """What the examples about campaigns name: groups with somebody in them, and a draft to one of them."""
    groups = {f"group-uuid-{n}": group_of_one(node, token, f"Group {n}") for n in (1, 2)}
    audience = json.loads(run(node, token, AUDIENCE, {}))["data"]["uuid"]
    return {**groups, "audience-uuid": audience, "campaign-uuid": campaign_to(node, token, groups["group-uuid-1"])}


def found_for_campaigns(node: Node, token: str) -> dict[str, dict[str, str]]:
    """What examples about campaigns need for themselves: an approved sender, and campaigns that wait for their time."""
    senders = node.call(token, "/sender-ids")[1]["data"]["items"]
    approved = next(each["uuid"] for each in senders if each["name"] == "MYAPP")
    group = group_of_one(node, token, "Of those that wait")
    waiting = [campaign_to(node, token, group, scheduled_at=in_an_hour()) for _ in range(2)]
    for uuid in waiting:
        assert node.call(token, f"/campaigns/{uuid}/send", {})[0] == 200
    return {
        "campaign-uuid/retry": {"campaign-uuid": campaign_that_failed(node, token)},
        "campaign-uuid/cancel": {"campaign-uuid": waiting[0]},
        "campaign-uuid/pause": {"campaign-uuid": waiting[1]},
        "campaign-uuid/test": {"+254712345678": "+254700000031"},
        '"name": "May Promo"': {"sender-uuid": approved},
    }


def campaign_that_failed(node: Node, token: str) -> str:
    """Send a campaign to a phone that is not reached, and return its uuid when it has failed."""
    uuid = campaign_to(node, token, group_of_one(node, token, "Of who is away", phone="+254700000002"))
    assert node.call(token, f"/campaigns/{uuid}/send", {})[0] == 200
    path = f"/campaigns/{uuid}/recipients?status=failed"
    eventually(lambda: node.call(token, path)[1]["data"]["items"], "its message fails")
    eventually(lambda: node.call(token, f"/campaigns/{uuid}")[1]["data"]["status"] == "completed", "it has ended")
    return uuid


def group_of_one(node: Node, token: str, name: str, phone: str = "+254700000031") -> str:
    """Make a group with somebody in it, and return its uuid."""
    uuid = str(made(node, token, "/groups", name=name)["uuid"])
    made(node, token, f"/groups/{uuid}/contacts", phone=phone)
    return uuid


def survey_by(node: Node, token: str) -> str:
    """Make a survey over the short code, publish it, and return its uuid."""
    questions = [{"type": "yes_no", "text": "Are you well?"}]
    uuid = str(made(node, token, "/surveys", name="Health", sender_id="22384", questions=questions)["uuid"])
    assert node.call(token, f"/surveys/{uuid}/publish", {})[0] == 200
    return uuid


def found_of_ussd(node: Node, token: str, raw: str) -> dict[str, str]:
    """Make a code, a menu that is published, and the request for an extension; return what the examples name."""
    made(node, raw, "/admin/ussd/codes", code="384", type="shared")
    screens = {"bye": {"kind": "end", "text": "Asante."}}
    menu = str(made(node, token, "/ussd/menus", name="Shop", start="bye", screens=screens)["uuid"])
    made(node, token, f"/ussd/menus/{menu}/publish")
    extension = made(node, token, "/ussd/extensions", code="384", extension="5")["uuid"]
    return {"menu-uuid": menu, "extension-uuid": str(extension)}


def campaign_to(node: Node, token: str, group_uuid: str, **more: object) -> str:
    """Make a draft, and return its uuid."""
    body = {"name": "May", "message": "Hi {first_name:there}", "sender_id": "MYAPP", "group_ids": [group_uuid]}
    return str(made(node, token, "/campaigns", **body, **more)["uuid"])


def found_of_operators(node: Node, token: str, raw: str) -> dict[str, str]:
    """What the examples for operators name."""
    _, carriers = node.call(raw, "/admin/carriers")
    carrier = carriers["data"]["items"][0]["name"]
    return {
        "carrier-name": carrier,
        '"savanna"': f'"{carrier}"',
        "ACME2024": "DEMO",
        "team-uuid": made(node, raw, "/admin/teams", code="SPARE")["uuid"],
        "sender-uuid": made(node, token, "/sender-ids", name="ASKED", sender_class="otp")["uuid"],
    }


def found_of_somebody(node: Node) -> dict[str, str]:
    """What the examples of the login name: somebody who has a password, a login, and a link that sets another password."""
    made = node.quickly("user", "create", "somebody@example.com", "--team", "DEMO")
    login = {"email": made["email"], "password": made["password"]}
    status, begun = node.call("none", "/auth/login", login)
    assert status == 200, begun
    return {
        "jane@example.com": made["email"],
        '"your password"': f'"{made["password"]}"',
        "mbr_your_refresh_token_here": begun["data"]["refresh_token"],
        "mbl_your_link_token_here": node.quickly("user", "password", made["email"], "--link")["link_token"],
    }
