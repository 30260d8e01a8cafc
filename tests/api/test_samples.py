"""The examples of every route, in four languages: they read as their languages, and they make the call that they show."""

import contextlib
import io
import json
import shlex
import subprocess
import urllib.error

import attrs
import pytest
import pytest_twisted
from twisted.internet import reactor
from twisted.internet.defer import maybeDeferred
from twisted.internet.threads import deferToThread

from mobilesasa.api.openapi import document
from mobilesasa.api.reference.calls import ADDRESS, TOKEN, Call, call_of, curl, curl_of
from mobilesasa.api.reference.postman import collection
from mobilesasa.api.reference.samples import samples
from mobilesasa.api.root import make_app
from mobilesasa.api.routes import Route
from tests.api.rig import OPERATOR, Rig
from tests.api.rig import TOKEN as ACME
from tests.clients.foreign import program
from tests.curl import Example
from tests.whole.programs import HOST

TABLE = make_app(Rig().node)[1]
DOCUMENT = document(TABLE)
WITH_FILE = Call(
    "POST", "/api/v1/contacts/import", {"Authorization": f"Bearer {TOKEN}"}, files={"file": "contacts.csv"}
)


def ids(row: Route) -> str:
    return f"{row.method} {row.path}"


@pytest.fixture(scope="module")
def rig():
    return Rig()


@pytest_twisted.async_yield_fixture
async def address(rig):
    port = reactor.listenTCP(0, rig.site, interface=HOST)
    yield f"http://{HOST}:{port.getHost().port}"
    await maybeDeferred(port.stopListening)


@pytest.mark.parametrize("row", TABLE, ids=ids)
def test_the_call_of_a_route_fits_its_method_and_its_path(row: Route):
    call = call_of(row)
    segments = call.path.partition("?")[0].removeprefix("/api/v1/").split("/")
    declared = row.path.strip("/").split("/")
    assert call.method == row.method
    assert len(segments) == len(declared)
    assert all(given == wanted or wanted.startswith("{") for given, wanted in zip(segments, declared, strict=True))
    assert ("Authorization" in call.headers) is not row.public


@pytest.mark.parametrize("row", TABLE, ids=ids)
def test_its_curl_line_makes_that_call(row: Route):
    call = call_of(row)
    if call.files or call.saves:
        return
    method, path, headers, body = Example(curl_of(row).split("\n\n")[0]).request(TOKEN)
    assert (method, path, headers) == (call.method, call.path, dict(call.headers))
    assert body == (call.body or "").encode()


@pytest.mark.parametrize("row", [row for row in TABLE if call_of(row).body], ids=ids)
def test_a_body_that_is_shown_is_read_by_the_class_that_reads_it(rig, row: Route):
    call = call_of(row)
    assert call.body is not None
    token = OPERATOR if row.scopes == ("platform",) else ACME
    headers = {**call.headers, "Authorization": f"Bearer {token}"}
    reply = rig.ask(call.method, call.path, call.body.encode(), **headers)
    assert reply.body.get("code") not in ("bad_json", "bad_content_type"), reply.body
    assert "is required" not in reply.body.get("error", "")


@pytest_twisted.ensureDeferred
async def test_every_python_sample_runs_and_its_answer_is_one_that_is_documented(address):
    wrong = await deferToThread(lambda: [each for row in TABLE if (each := _run(row, address))])
    assert wrong == []


def _run(row: Route, address: str) -> str:
    """Run a sample as it stands; return what was wrong."""
    if call_of(row).files or call_of(row).saves:
        compile(samples(row)["Python"], row.path, "exec")
        return ""
    source = samples(row)["Python"].replace(ADDRESS, address).replace(TOKEN, ACME)
    said = io.StringIO()
    try:
        with contextlib.redirect_stdout(said):
            exec(compile(source, row.path, "exec"), {})  # noqa: S102 - our own sample
    except urllib.error.HTTPError as refused:
        with refused:
            known = DOCUMENT["paths"][row.path][row.method.lower()]["responses"]
            return "" if str(refused.code) in known else f"{row.path}: {refused.code}, {refused.read().decode()}"
    return "" if said.getvalue().startswith("{") else f"{row.path}: {said.getvalue()}"


@pytest_twisted.ensureDeferred
async def test_curl_itself_makes_the_calls(address):
    wanted = [row for row in TABLE if row.path in ("/messages", "/account", "/suppressions", "/openapi.json")]
    lines = [curl_of(row).replace(ADDRESS, address).replace(TOKEN, ACME) for row in wanted]
    words = [[*shlex.split(line.replace("\\\n", "")), "--silent"] for line in lines]
    ran = await deferToThread(
        lambda: [subprocess.run(each, capture_output=True, timeout=30, check=True) for each in words]
    )
    answers = [json.loads(each.stdout) for each in ran]
    assert [each.get("success", "openapi" in each) for each in answers] == [True] * len(wanted)


def test_every_sample_in_node_reads_as_javascript(tmp_path):
    sources = [samples(row)["Node"] for row in TABLE]
    (tmp_path / "samples.json").write_text(json.dumps(sources))
    (tmp_path / "read.mjs").write_text(
        'import { readFileSync } from "node:fs";\n'
        'for (const each of JSON.parse(readFileSync(process.argv[2], "utf8"))) {\n'
        '  new Function(`return async () => {${each.replace(/^import .*$/m, "")}}`);\n}\n'
    )
    ran = subprocess.run(
        [program("node"), tmp_path / "read.mjs", tmp_path / "samples.json"], capture_output=True, text=True, timeout=30
    )
    assert ran.returncode == 0, ran.stderr


def made(call: Call) -> Route:
    """A route of the table whose example is this call."""
    line = curl(call)
    if call.files:
        line += "".join(f' \\\n  -F "{field}=@{name}"' for field, name in call.files.items())
    return attrs.evolve(TABLE[0], curl=line)


@pytest.mark.parametrize("language", ["Python", "PHP", "Node"])
def test_a_file_is_sent_as_a_form(language):
    source = samples(made(WITH_FILE))[language]
    assert "contacts.csv" in source
    assert 'name="FIELD' not in source
    if language == "Python":
        compile(source, "sample", "exec")


def test_php_says_the_same_as_json():
    call = Call("POST", "/api/v1/x", {}, json.dumps({"a": "it's\\", "b": [1, True, None], "c": {"d": {}}, "e": "$x"}))
    source = samples(made(call))["PHP"]
    assert r"'a' => 'it\'s\\'," in source
    assert "'b' => [1, true, null]," in source
    assert "'d' => (object)[]," in source
    assert "'e' => '$x'," in source


def test_the_postman_collection_has_every_route_and_no_token():
    found = collection(TABLE)
    requests = [each["request"] for folder in found["item"] for each in folder["item"]]
    assert len(requests) == len(TABLE)
    assert found["info"]["schema"].endswith("/v2.1.0/collection.json")
    assert TOKEN not in json.dumps(found)
    for request in requests:
        assert request["url"]["raw"].startswith("{{address}}/")
        assert [each["key"] for each in request["url"].get("variable", [])] == [
            segment[1:] for segment in request["url"]["path"] if segment.startswith(":")
        ]


def test_the_collection_is_served_without_a_token(rig):
    reply = rig.ask("GET", "/api/v1/postman.json")
    assert reply.body == json.loads(json.dumps(collection(TABLE)))
