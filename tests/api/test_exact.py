"""Routes whose paths have no places are served past Klein, and nobody can tell."""

import pytest

from mobilesasa.api.exact import Exact
from mobilesasa.api.root import make_app
from mobilesasa.api.routes import PREFIX
from mobilesasa.api.site import ApiRequest
from tests.api.rig import BODY, TOKEN, Rig

EXACT = Exact()
TABLE = make_app(Rig().node, exact=EXACT)[1]
CHANGING = ("x-request-id", "etag")


@pytest.mark.parametrize("row", TABLE, ids=lambda row: f"{row.method} {row.path}")
def test_exactly_the_routes_without_places_are_served_past_klein(row):
    found = EXACT.find(row.method.encode(), (PREFIX + row.path).encode())
    assert (found is None) == bool(row.places)


@pytest.mark.parametrize("path", ["/account", "/messages", "/webhooks", "/sender-ids"])
def test_an_answer_is_the_same_past_klein_and_by_it(rig, path):
    past, by_klein = (rig.ask("GET", f"/api/v1{written}", X_API_Key=TOKEN) for written in (path, path + "/"))
    assert past.status == by_klein.status
    assert past.body.keys() == by_klein.body.keys()
    heads = [{name: value for name, value in each.headers.items() if name not in CHANGING} for each in (past, by_klein)]
    assert heads[0].keys() == heads[1].keys()
    assert heads[0]["content-type"] == heads[1]["content-type"]


def test_a_path_with_an_escape_in_it_is_klein_s_and_means_the_same(rig):
    assert rig.ask("GET", "/api/v1/%61ccount", X_API_Key=TOKEN).status == 200


def test_a_query_changes_nothing(rig):
    assert rig.ask("GET", "/api/v1/account?page=1", X_API_Key=TOKEN).status == 200


def test_what_is_wrong_with_any_request_is_found_first(rig):
    assert rig.ask("GET", "/api/v1/account?a=%zz").body["code"] == "bad_url"
    assert rig.post("/messages", {**BODY, "message": "x" * 5000}).body["code"] == "body_too_large"


def test_an_answer_that_cannot_be_sent_is_logged_once(rig, monkeypatch, flush_logged):
    def broken(request: ApiRequest, octets: bytes) -> None:
        raise ZeroDivisionError(len(octets))

    monkeypatch.setattr(ApiRequest, "conclude", broken)  # nothing that a client does makes it fail
    rig.begin("GET", "/api/v1/account", X_API_Key=TOKEN)
    (event,) = flush_logged(ZeroDivisionError)
    assert event["route"] == "account"
