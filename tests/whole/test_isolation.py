"""Logins at a real node, and a walk over its own route table: what is another team's is not there (I6)."""

import json
import urllib.error
import urllib.request
from typing import Any

import pytest

from tests.whole.programs import HOST, PATIENCE_S, Node, eventually

NOWHERE = "019ae8a1-7c00-7abc-8def-0123456789ab"
EMAIL = "jane@two.example"

#: How a team gets a thing of a collection: a body to post, and where in the answer its name stands.
MADE: dict[str, tuple[dict[str, Any], str]] = {
    "/messages": ({"to": "+254700000001", "message": "theirs"}, "uuid"),
    "/suppressions": ({"phone": "+254700000009"}, "uuid"),
    "/contacts": ({"phone": "+254700000003"}, "uuid"),
    "/groups": ({"name": "Theirs"}, "uuid"),
    "/campaigns": ({"name": "Theirs", "message": "theirs", "sender_id": "TextBlast"}, "uuid"),
    "/surveys": ({"name": "Theirs"}, "uuid"),
    "/ussd/menus": ({"name": "Theirs"}, "uuid"),
    "/tokens": ({"name": "theirs", "scopes": ["messages"]}, "token.uuid"),
    "/sender-ids": ({"name": "Theirs"}, "uuid"),
    "/webhooks": ({"url": "https://hooks.example/in", "events": ["message.delivered"]}, "uuid"),
    "/smpp/passwords": ({"allowed": ["192.0.2.10"]}, "uuid"),
    "/team/members": ({"email": "new@two.example", "role": "viewer"}, "uuid"),
}
#: Bodies that need more than what the document requires.
BODIES: dict[str, dict[str, Any]] = {
    "POST /groups/{uuid}/contacts": {"phone": "+254712345678"},
    "POST /webhooks/{uuid}/replay": {"created_from": "2026-05-10T09:00:00Z", "created_to": "2026-05-11T09:00:00Z"},
}


def ask(node: Node, method: str, path: str, token: str = "", body: Any = None) -> tuple[int, Any]:
    """Call the API; return status and body."""
    request = urllib.request.Request(
        f"http://{HOST}:{node.http_port}/api/v1{path}",
        data=None if body is None else json.dumps(body).encode(),
        headers={"Content-Type": "application/json", **({"Authorization": f"Bearer {token}"} if token else {})},
        method=method,
    )
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:  # noqa: S310
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as refused:
        return refused.code, json.load(refused)


def made(node: Node, token: str, path: str) -> str:
    body, where = MADE[path]
    if path == "/campaigns":
        _, group = ask(node, "POST", "/groups", token, {"name": "Of a campaign"})
        body = {**body, "group_ids": [group["data"]["uuid"]]}
    status, answer = ask(node, "POST", path, token, body)
    assert status == 200, (path, answer)
    found = answer["data"]
    for name in where.split("."):
        found = found[name]
    return str(found)


def body_of(name: str, operation: dict[str, Any], schemas: dict[str, Any]) -> Any:
    """A body that parses, from what the document says of it."""
    content = operation.get("requestBody", {}).get("content", {}).get("application/json")
    if content is None:
        return None
    schema = schemas[content["schema"]["$ref"].rpartition("/")[2]]
    return BODIES.get(name) or {field: value_of(schema["properties"][field]) for field in schema.get("required", ())}


def value_of(schema: dict[str, Any]) -> Any:
    for key in ("examples", "enum"):
        if schema.get(key):
            return schema[key][0]
    return {"string": "+254712345678", "integer": 1, "array": ["+254712345678"], "boolean": True}.get(
        schema.get("type", ""), {}
    )


def see_nothing_of_each_other(node: Node, mine: str, theirs: str) -> None:
    """Ask, as one team, every route that has a place for a thing of the other one's."""
    _, document = ask(node, "GET", "/openapi.json")
    things = {collection: made(node, theirs, collection) for collection in MADE}
    walked = set()
    for path, operations in document["paths"].items():
        collection, has_place, _ = path.partition("/{")
        if not has_place or collection not in MADE:
            continue
        for method, operation in operations.items():
            body = body_of(f"{method.upper()} {path}", operation, document["components"]["schemas"])
            name = f"{method.upper()} {path}"
            filled = [
                path.replace("{uuid}", each).replace("{delivery}", NOWHERE) for each in (things[collection], NOWHERE)
            ]
            foreign, nobodys = (
                ask(node, method.upper(), each.replace("{phone}", "254700000003"), mine, body) for each in filled
            )
            assert (foreign[0], nobodys[0]) == (404, 404), (name, foreign, nobodys)
            assert foreign[1]["error"].replace(things[collection], NOWHERE) == nobodys[1]["error"], name
            walked.add(collection)
    assert walked == {*MADE}
    for collection in MADE:
        listed = json.dumps(ask(node, "GET", collection, mine))
        assert things[collection] not in listed
        assert things[collection] in json.dumps(ask(node, "GET", collection, theirs)), collection


@pytest.fixture
def two_teams(node: Node) -> tuple[str, str]:
    node.start()
    node.quickly("carrier", "add", "sandbox", "--kind", "sandbox")
    node.quickly("route", "add", "--prefix", "", "--carrier", "sandbox")
    tokens = (node.team("ONE", 10), node.team("TWO", 10))
    node.quickly("team", "set", "TWO", "--smpp-any-address")
    return tokens


def test_teams_see_nothing_of_each_other_and_people_what_their_role_says_within_a_second(node: Node, two_teams):
    one, two = two_teams
    see_nothing_of_each_other(node, one, two)

    password = node.quickly("user", "create", EMAIL, "--team", "TWO", "--role", "viewer")["password"]
    login = {"email": EMAIL, "password": password}
    assert ask(node, "POST", "/auth/login", body={**login, "password": "wrong"})[1]["code"] == "login_failed"
    status, answer = ask(node, "POST", "/auth/login", body=login)
    assert status == 200, answer
    access, refresh = answer["data"]["access_token"], answer["data"]["refresh_token"]
    sending = {"to": "+254700000001", "message": "by a person"}
    assert ask(node, "GET", "/messages", access)[0] == 200
    assert ask(node, "POST", "/messages", access, sending)[0] == 403

    node.quickly("user", "grant", EMAIL, "--team", "TWO", "--role", "operator")
    eventually(lambda: ask(node, "POST", "/messages", access, sending)[0] == 200, "the role holds", patience_s=1.0)

    for following in (refresh, refresh, None):  # the first answer was lost
        token = following or answer["data"]["refresh_token"]
        status, answer = ask(node, "POST", "/auth/refresh", body={"refresh_token": token})
        assert status == 200, answer
    assert ask(node, "POST", "/auth/refresh", body={"refresh_token": refresh})[0] == 401
    assert ask(node, "GET", "/auth/me", answer["data"]["access_token"])[0] == 401

    access = ask(node, "POST", "/auth/login", body=login)[1]["data"]["access_token"]
    node.quickly("user", "disable", EMAIL)
    eventually(lambda: ask(node, "GET", "/messages", access)[0] == 401, "the login has ended", patience_s=1.0)
    assert ask(node, "POST", "/auth/login", body=login)[1]["code"] == "user_disabled"
    assert password not in node.program.said
