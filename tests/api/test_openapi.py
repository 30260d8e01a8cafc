import json
import re
from typing import Annotated, Any, NotRequired, TypedDict

import attrs
import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator, validate

from mobilesasa.api.openapi import document
from mobilesasa.api.requests import Said
from mobilesasa.api.root import make_app
from mobilesasa.api.routes import Route
from mobilesasa.api.schemas import Schemas
from mobilesasa.core.hooks import EVENTS
from tests.api.rig import BODY, OPERATOR, Rig, message_id, stored

TABLE = make_app(Rig().node)[1]
DOCUMENT: Any = json.loads(json.dumps(document(TABLE)))  # as it is served
PATHS: dict[str, Any] = DOCUMENT["paths"]


def conforms(value: Any, schema: Any) -> bool:
    """Say whether a value is as a schema of ours says; all keywords that we write are known here."""
    if not schema:
        return True
    if "$ref" in schema:
        return conforms(value, DOCUMENT["components"]["schemas"][schema["$ref"].rpartition("/")[2]])
    if "const" in schema:
        return bool(value == schema["const"])
    if "enum" in schema and value not in schema["enum"]:
        return False
    if "anyOf" in schema:
        return any(conforms(value, each) for each in schema["anyOf"])
    kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    names = {
        type(None): "null",
        str: "string",
        bool: "boolean",
        int: "integer",
        float: "number",
        list: "array",
        dict: "object",
    }
    if names[type(value)] not in kinds:
        return False
    if isinstance(value, list):
        return all(conforms(item, schema["items"]) for item in value)
    if isinstance(value, dict):
        if "additionalProperties" in schema:
            return all(conforms(item, schema["additionalProperties"]) for item in value.values())
        properties = schema["properties"]
        return (
            set(value) <= set(properties)
            and set(schema.get("required", ())) <= set(value)
            and all(conforms(item, properties[name]) for name, item in value.items())
        )
    return True


def operations() -> list[tuple[str, str, dict[str, Any]]]:
    return [(method, path, operation) for path, methods in PATHS.items() for method, operation in methods.items()]


def answer(operation: Any, status: str) -> Any:
    """An answer of a route; those that are errors are the same everywhere."""
    found = operation["responses"].get(status, {"headers": {}})
    return DOCUMENT["components"]["responses"][found["$ref"].rpartition("/")[2]] if "$ref" in found else found


def test_what_may_be_anything_has_an_empty_schema():
    assert Schemas().of(dict[str, Any]) == {"type": "object", "additionalProperties": {}}


def test_every_route_is_in_the_document_and_nothing_else():
    assert {(method.upper(), path) for method, path, _ in operations()} == {(row.method, row.path) for row in TABLE}


def test_the_document_is_served_without_a_token(rig):
    reply = rig.ask("GET", "/api/v1/openapi.json")
    assert reply.status == 200
    assert reply.body == json.loads(json.dumps(DOCUMENT))


def test_every_reference_points_somewhere():
    names = set(re.findall(r'"#/components/schemas/(\w+)"', json.dumps(DOCUMENT)))
    assert names == set(DOCUMENT["components"]["schemas"])


def test_the_team_that_a_call_is_meant_for_is_told_of_once_with_the_cookie_that_needs_it():
    told = DOCUMENT["components"]["securitySchemes"]["cookie"]["description"]
    assert "`X-Team`" in told
    assert "`team_changed`" in told
    assert json.dumps(PATHS).count("X-Team") == 0


def test_operations_have_names_of_their_own():
    names = [operation["operationId"] for _, _, operation in operations()]
    assert len(names) == len(set(names))


def test_the_document_is_valid_openapi():
    validate(json.loads(json.dumps(DOCUMENT)), cls=OpenAPIV31SpecValidator)


@pytest.mark.parametrize("row", TABLE, ids=lambda row: f"{row.method} {row.path}")
def test_a_route_tells_its_summary_scopes_places_and_statuses(row: Route):
    operation = PATHS[row.path][row.method.lower()]
    assert operation["summary"]
    assert operation.get("x-scopes", []) == list(row.scopes)
    assert [each["name"] for each in operation["parameters"] if each["in"] == "path"] == row.places
    assert {"200", "400", "500"} <= set(operation["responses"])
    assert {"401", "403", "409", "429"} <= set(operation["responses"]) or row.public
    assert "404" in operation["responses"] or not row.places
    assert ("304" in operation["responses"]) is row.tagged
    ways = {name for way in operation.get("security", DOCUMENT["security"]) for name in way}
    assert ways == (set() if row.public else {"bearer", "cookie"} if row.person else {"bearer", "key", "cookie"})


@pytest.mark.parametrize("row", TABLE, ids=lambda row: f"{row.method} {row.path}")
def test_the_examples_of_a_route_are_as_its_schemas_say(row: Route):
    operation = PATHS[row.path][row.method.lower()]
    contents = [operation.get("requestBody", {}).get("content", {})]
    contents += [answer(operation, status).get("content", {}) for status in operation["responses"]]
    for kind in (each for content in contents for each in content.values() if "example" in each):
        valid = Draft202012Validator({**kind["schema"], "components": DOCUMENT["components"]})
        wrong = [f"{fault.json_path}: {fault.message}" for fault in valid.iter_errors(kind["example"])]
        assert wrong == []


@pytest.mark.parametrize("row", TABLE, ids=lambda row: f"{row.method} {row.path}")
def test_a_route_that_takes_a_key_tells_its_header_its_clash_and_its_repeat(row: Route):
    operation = PATHS[row.path][row.method.lower()]
    taken = [each for each in operation["parameters"] if each["name"] == "Idempotency-Key"]
    responses = operation["responses"]
    assert [(each["name"], each["required"]) for each in taken] == [("Idempotency-Key", False)] * row.idempotent
    assert ("Idempotent-Replayed" in responses["200"].get("headers", {})) is row.idempotent
    assert "Retry-After" in answer(operation, "409")["headers"] or not row.idempotent
    assert {"400", "409"} <= set(responses) or not row.idempotent


#: POSTs without a key: doing them twice is doing them once, or their answer has a secret that is not kept.
WITHOUT_KEY = {
    "may be repeated as it is": [
        *("/messages/{uuid}/cancel", "/messages/estimate", "/contacts/bulk-delete", "/groups/{uuid}/contacts/remove"),
        *(
            "/campaigns/estimate",
            *(f"/campaigns/{{uuid}}/{verb}" for verb in ("pause", "resume", "cancel", "unschedule")),
        ),
        *(f"/surveys/{{uuid}}/{verb}" for verb in ("publish", "pause", "resume", "close", "estimate", "simulate")),
        *("/ussd/menus/check", "/ussd/menus/{uuid}/check", "/ussd/simulate"),
        *(f"/admin/ussd/extensions/{{uuid}}/{verb}" for verb in ("approve", "reject", "suspend")),
        *("/auth/logout", "/smpp/sessions/{session}/unbind", "/webhooks/{uuid}/enable", "/receipts/unmatched/replay"),
        *("/admin/receipts/unmatched/replay", "/admin/receipts/unmatched/{receipt}/replay", "/admin/queues/requeue"),
        *(f"/admin/sender-ids/{{uuid}}/{verb}" for verb in ("approve", "reject", "suspend")),
        *("/receipts/unmatched/{receipt}/replay", "/webhooks/{uuid}/test", "/webhooks/{uuid}/replay"),
        *(
            "/webhooks/{uuid}/deliveries/{delivery}/redeliver",
            "/contacts/import/preview",
            "/contacts/uploads/{uuid}/cancel",
        ),
    ],
    "answers with a secret": [
        *("/auth/login", "/auth/refresh", "/auth/password", "/auth/link", "/tokens", "/smpp/passwords", "/webhooks"),
        *(
            "/team/members",
            "/team/members/{uuid}/link",
            "/admin/users",
            "/admin/users/{uuid}/link",
            "/webhooks/{uuid}/secret",
        ),
        *("/ussd/menus/{uuid}/secret", "/admin/ussd/gateways", "/admin/ussd/gateways/{uuid}/secret"),
    ],
}


def test_every_post_takes_a_key_but_those_that_need_none():
    odd = {row.path for row in TABLE if row.idempotent is not (row.method == "POST")}
    assert odd == {path for paths in WITHOUT_KEY.values() for path in paths}


def test_the_body_of_a_message_is_the_class_that_parses_it():
    schema = DOCUMENT["components"]["schemas"]["SendMessage"]
    assert schema["required"] == ["to", "message"]
    assert schema["properties"]["to"]["examples"] == ["+254712345678"]
    assert schema["properties"]["sender_id"]["type"] == ["string", "null"]
    assert schema["properties"]["validity_minutes"]["maximum"] == 1440


def test_the_query_of_the_list_has_its_bounds_words_and_defaults():
    parameters = {each["name"]: each for each in PATHS["/messages"]["get"]["parameters"]}
    assert parameters["page_size"]["schema"] == {"type": "integer", "minimum": 1, "maximum": 100, "default": 20}
    assert parameters["status"]["schema"]["enum"] == ["queued", "sent", "delivered", "failed"]
    assert parameters["status"]["schema"]["type"] == "string"
    assert not parameters["phone"]["required"]


def test_what_is_answered_is_as_the_document_says(rig):
    rig.history.put(stored(1))
    rig.tray.give()
    rig.ussd.give_extension()
    rig.ussd.give_session()
    menu = rig.ussd.give_menu(version=1).uuid
    replies = {
        ("post", "/messages"): rig.post("/messages", BODY | {"tlvs": {"0x1400": "1101"}}),
        ("get", "/receipts/unmatched"): rig.get("/receipts/unmatched", OPERATOR),
        ("post", "/receipts/unmatched/replay"): rig.post("/receipts/unmatched/replay", {}, OPERATOR),
        ("get", "/messages"): rig.get("/messages"),
        ("get", "/messages/{uuid}"): rig.get(f"/messages/{message_id(1)}"),
        ("get", "/ussd/codes"): rig.get("/ussd/codes", "mbs_ussd"),
        ("get", "/ussd/extensions"): rig.get("/ussd/extensions", "mbs_ussd"),
        ("get", "/ussd/sessions"): rig.get("/ussd/sessions", "mbs_ussd"),
        ("get", "/ussd/menus/{uuid}"): rig.get(f"/ussd/menus/{menu}", "mbs_ussd"),
        ("get", "/ussd/menus/{uuid}/versions/{version}"): rig.get(f"/ussd/menus/{menu}/versions/1", "mbs_ussd"),
        ("get", "/ussd/menus/{uuid}/dropoff"): rig.get(f"/ussd/menus/{menu}/dropoff", "mbs_ussd"),
        ("post", "/ussd/menus/check"): rig.post("/ussd/menus/check", {"name": "A"}, "mbs_ussd"),
        ("post", "/ussd/simulate"): rig.post("/ussd/simulate", {"menu": menu}, "mbs_ussd"),
        ("get", "/account"): rig.get("/account"),
        ("get", "/sender-ids"): rig.get("/sender-ids"),
    }
    for (method, path), reply in replies.items():
        content = PATHS[path][method]["responses"]["200"]["content"]["application/json"]
        assert conforms(reply.body, content["schema"]), path


def test_every_event_is_a_webhook_of_the_document_with_an_example_that_fits():
    assert set(DOCUMENT["webhooks"]) == set(EVENTS)
    for event, told in DOCUMENT["webhooks"].items():
        content = told["post"]["requestBody"]["content"]["application/json"]
        valid = Draft202012Validator({**content["schema"], "components": DOCUMENT["components"]})
        assert content["example"]["type"] == event
        assert [fault.message for fault in valid.iter_errors(content["example"])] == []


def test_errors_are_as_the_document_says(rig):
    rig.intake.balance[1] = 0
    for reply in (rig.post("/messages", BODY), rig.post("/messages", {}), rig.ask("GET", "/api/v1/messages")):
        assert conforms(reply.body, {"$ref": "#/components/schemas/ErrorShown"})


class Leaf(TypedDict):
    """A leaf."""

    size: NotRequired[Annotated[int, Said("How big")]]
    next: "Leaf | None"


def test_a_class_may_refer_to_itself_and_leave_fields_out():
    schemas = Schemas()
    assert schemas.of(Leaf) == {"$ref": "#/components/schemas/Leaf"}
    assert schemas.made["Leaf"] == {
        "type": "object",
        "description": "A leaf.",
        "properties": {
            "size": {"type": "integer", "description": "How big"},
            "next": {"anyOf": [{"$ref": "#/components/schemas/Leaf"}, {"type": "null"}]},
        },
        "required": ["next"],
    }


def test_two_classes_of_one_name_are_two_schemas():
    other = type("Leaf", (), {"__annotations__": {"colour": str}, "__doc__": "Another leaf."})
    other = attrs.frozen(other)
    other.__module__ = "mobilesasa.api.resources.tree_shapes"
    schemas = Schemas()
    schemas.of(Leaf)
    assert schemas.of(other) == {"$ref": "#/components/schemas/TreeShapesLeaf"}
    assert schemas.of(other) == {"$ref": "#/components/schemas/TreeShapesLeaf"}
    assert set(schemas.made["TreeShapesLeaf"]["properties"]) == {"colour"}
    assert set(schemas.made["Leaf"]["properties"]) == {"size", "next"}


@attrs.frozen
class Sized:
    """A class that needs nothing."""

    size: int = 5


def test_a_default_is_in_the_schema_and_what_has_one_is_not_required():
    schemas = Schemas()
    schemas.of(Sized)
    assert schemas.made["Sized"] == {
        "type": "object",
        "description": "A class that needs nothing.",
        "properties": {"size": {"type": "integer", "default": 5}},
    }


def test_a_type_without_a_schema_is_our_defect():
    with pytest.raises(TypeError, match="complex"):
        Schemas().of(complex)


def test_a_path_of_before_is_marked_as_such_and_its_example_goes_there():
    old, new = PATHS["/carriers/{name}"]["get"], PATHS["/admin/carriers/{name}"]["get"]
    assert (old["deprecated"], "deprecated" in new) == (True, False)
    assert "`GET /admin/carriers/{name}`" in old["description"]
    assert "/api/v1/carriers/carrier-name" in old["x-codeSamples"][0]["source"]
