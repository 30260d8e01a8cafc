"""A whole run of a node that logs all there is to be logged, and then a look for each of its secrets.

They stand nowhere but where `docs/security.rst` says: in no log, no file of the state, no answer beside the one that shows
them this once, and in no column of the database but those that keep what the node itself needs.
"""

import base64
import json
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import closing
from http.cookies import SimpleCookie
from typing import Any

import attrs
import psycopg2
import pytest
from psycopg2 import sql

from mobilesasa.store.embedded import EmbeddedPostgres
from mobilesasa.store.embedded_home import existing_home
from tests.whole.esme import Esme
from tests.whole.programs import HOST, PATIENCE_S, Node, Smsc, eventually, free_port
from tests.whole.test_imports import send as send_file
from tests.whole.test_webhooks import Receiver

EMAIL = "ann@acme.example"
PASSWORD, NEW_PASSWORD = "correct horse 4711 battery", "a staple of 0815 horses"
NEVER = "never in a log or a file"
#: What is kept as it is, and where: nothing else may be found in the database.
KEPT = {
    "the carrier's password": "carrier.options",
    "the aggregator's token": "carrier.options",
    "the address that the aggregator calls": "carrier.options",
    "the webhook's first secret": "webhook.old_secret",
    "the webhook's second secret": "webhook.secret",
    "the key that signs access tokens": "signing_key.secret",
}
#: No secrets, but nothing for a log: they are in the database, and in answers to those whose they are.
TEXTS = {"a text": "CANARY-TEXT-91f2", "a name in a file": "Canary-Name-77c1"}


@attrs.define(eq=False)
class Run:
    """Calls a node; what was answered is kept, but for what shows a secret this once."""

    node: Node
    secrets: dict[str, str] = attrs.field(factory=dict)
    told: list[str] = attrs.field(factory=list)

    def ask(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        token: str = "",
        once: bool = False,
        raw: bytes | None = None,
        **headers: str,
    ) -> tuple[int, Any, Any]:
        """Call; return status, body and headers."""
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        given |= {"Authorization": f"Bearer {token}"} if token else {}
        octets = raw if raw is not None else None if body is None else json.dumps(body).encode()
        given |= {"Content-Type": "application/json"} if octets is not None else {}
        request = urllib.request.Request(f"http://{HOST}:{self.node.http_port}{path}", octets, given, method=method)
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE_S) as reply:  # noqa: S310
                status, text, said = reply.status, reply.read().decode(), reply.headers
        except urllib.error.HTTPError as refused:
            with refused:
                status, text, said = refused.code, refused.read().decode(), refused.headers
        if not once:
            self.told.append(f"{path} {text} {said}")
        return status, json.loads(text) if text.startswith("{") else text, said

    def good(self, method: str, path: str, body: object = None, **more: Any) -> Any:
        """Call; return what stands in `data`."""
        status, answered, _ = self.ask(method, f"/api/v1{path}", body, **more)
        assert status == 200, answered
        return answered["data"]

    def bad(self, status: int, method: str, path: str, body: object = None, **more: Any) -> None:
        assert self.ask(method, f"/api/v1{path}", body, **more)[0] == status

    def keep(self, name: str, secret: str) -> str:
        """Take a text for a secret from now on."""
        assert len(secret) >= 8
        self.secrets[name] = secret
        return secret


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    made.open.set()
    thread = threading.Thread(target=made.serve_forever)
    thread.start()
    yield made
    made.shutdown()
    thread.join()
    made.server_close()


@pytest.fixture
def run(node: Node, receiver: Receiver) -> Run:
    settings = node.folder / "mobilesasa.toml"
    settings.write_text(
        'log_level = "debug"\nlog_format = "json"\n'
        f'[webhooks]\nports = [{receiver.server_address[1]}]\nprivate_networks = ["127.0.0.0/8"]\n'
    )
    node.options = ("--config", str(settings))
    node.smpp_tls_port = free_port()
    node.start()
    return Run(node)


@pytest.mark.timeout(150)
def test_no_secret_of_a_whole_run_is_found_but_where_the_documentation_says(run: Run, smsc: Smsc, receiver: Receiver):
    node = run.node
    run.keep("the team's token", token := node.team("ACME", 1000))
    carriers(run, smsc)
    people(run)
    tokens(run)
    smpp(run, token)
    webhooks(run, receiver)
    messages(run, token, receiver)
    look_about(run, token)
    columns = dumped(run)
    node.stop()
    files = written(run)
    assert "wrong password" in files["node.log"]  # what was tried is told, without what was tried
    for name, secret in {**run.secrets, **TEXTS}.items():
        assert [path for path, text in files.items() if is_in(secret, text)] == [], name
    assert find(run.secrets, "".join(run.told)) == []
    found = {
        name: [column for column, text in columns.items() if is_in(secret, text)]
        for name, secret in run.secrets.items()
    }
    assert {name: where for name, where in found.items() if where} == {name: [where] for name, where in KEPT.items()}
    assert [name for name, text in TEXTS.items() if not any(text in each for each in columns.values())] == []
    assert '"namespace":"twisted.scripts' in files["node.log"]  # which is told at this level alone


def is_in(secret: str, text: str) -> bool:
    """Say whether a text has a secret, as it is or in one of the ways in which octets are written."""
    octets = bytes.fromhex(secret[2:]) if secret.startswith("\\x") else secret.encode()
    return any(form in text for form in (secret, octets.hex(), base64.b64encode(octets).decode().rstrip("=")))


def find(secrets: dict[str, str], text: str) -> list[str]:
    return [name for name, secret in secrets.items() if is_in(secret, text)]


def carriers(run: Run, smsc: Smsc) -> None:
    """Carriers with passwords: one that is bound to, one that is refused, and an aggregator that calls at a secret address."""
    node = run.node
    password = run.keep("the carrier's password", "s3cretUp")
    where = ["--host", HOST, "--port", str(smsc.port), "--system-id", "esme", "--password", password]
    node.quickly("carrier", "add", "upstream", "--kind", "smpp", *where)
    node.quickly("route", "add", "--prefix", "", "--carrier", "upstream")
    secret = run.keep("the aggregator's token", "aggregator-token-5521")
    options = ["base_url=http://127.0.0.1:9/send", f"token={secret}", f"public_url=http://{HOST}:{node.http_port}"]
    node.quickly("carrier", "add", "savanna", "--kind", "http", *[w for each in options for w in ("--option", each)])
    shown = node.command("carrier", "show", "savanna")
    address = shown["callbacks"]["receipts"]
    run.keep("the address that the aggregator calls", address.rpartition("/")[2])
    body = json.dumps({"id": "nothing", "status": "delivered"}).encode()
    path = address.partition(str(node.http_port))[2]
    assert run.ask("POST", path, raw=body, once=True)[0] == 200
    assert run.ask("POST", f"{path[:-4]}xxxx", raw=body, once=True)[0] == 404


def people(run: Run) -> None:
    """Somebody gets a link, sets a password, logs in in all ways, in vain too, and goes on, changes it and logs out."""
    node = run.node
    root = node.quickly("token", "create", "--team", "ACME", "--name", "r", "--scopes", "platform")["raw_token"]
    run.keep("the operator's token", root)
    eventually(lambda: run.ask("GET", "/api/v1/admin/teams", token=root)[0] == 200, "the node knows the token")
    new = {"email": EMAIL, "team": "ACME", "role": "owner"}
    link = run.good("POST", "/admin/users", new, token=root, once=True, Idempotency_Key="make ann")["link_token"]
    again = node.quickly("user", "password", EMAIL, "--link")["link_token"]
    run.keep("a link that was replaced", link)
    run.keep("a link", again)
    run.keep("a password", PASSWORD)
    run.bad(
        401,
        "POST",
        "/auth/link",
        {"link_token": run.keep("no link", "mbl_nobody_has_this_one"), "new_password": PASSWORD},
    )
    run.bad(400, "POST", "/auth/link", {"link_token": again, "new_password": run.keep("a short password", "sh0rt-One")})
    run.good("POST", "/auth/link", {"link_token": again, "new_password": PASSWORD})
    wrong = {"email": EMAIL, "password": run.keep("a wrong password", "a wrong one 8182")}
    run.bad(401, "POST", "/auth/login", wrong, Idempotency_Key="in vain")
    run.bad(400, "POST", "/auth/login", {"email": 5, "password": PASSWORD, "cookie": PASSWORD})
    run.bad(400, "POST", "/auth/login", raw=b'{"password": "%s"' % PASSWORD.encode())
    opened = logged_in(run, PASSWORD, "first")
    in_a_browser(run)
    renewed = run.good("POST", "/auth/refresh", {"refresh_token": opened["refresh_token"]}, once=True)
    run.keep("a renewed access token", renewed["access_token"])
    run.keep("the next refresh token", renewed["refresh_token"])
    again = run.good(
        "POST", "/auth/refresh", {"refresh_token": opened["refresh_token"]}, once=True
    )  # the answer was lost
    run.keep("another next refresh token", again["refresh_token"])
    last = run.good("POST", "/auth/refresh", {"refresh_token": again["refresh_token"]}, once=True)
    run.keep("the last refresh token", last["refresh_token"])
    run.bad(401, "POST", "/auth/refresh", {"refresh_token": opened["refresh_token"]})
    run.bad(401, "GET", "/auth/me", token=renewed["access_token"])
    ann = logged_in(run, PASSWORD, "second")["access_token"]
    run.bad(401, "POST", "/auth/password", {"old_password": wrong["password"], "new_password": NEW_PASSWORD}, token=ann)
    run.keep("a new password", NEW_PASSWORD)
    run.good("POST", "/auth/password", {"old_password": PASSWORD, "new_password": NEW_PASSWORD}, token=ann)
    run.good("GET", "/auth/logins", token=ann)
    run.good("POST", "/auth/logout", {"everywhere": True}, token=ann)
    made = node.quickly("user", "create", "ben@acme.example", "--team", "ACME", "--role", "viewer")
    run.keep("a password that was made", made["password"])


def logged_in(run: Run, password: str, which: str) -> Any:
    opened = run.good("POST", "/auth/login", {"email": EMAIL, "password": password}, once=True)
    run.keep(f"the {which} access token", opened["access_token"])
    run.keep(f"the signature of the {which}", opened["access_token"].rpartition(".")[2])
    run.keep(f"the {which} refresh token", opened["refresh_token"])
    return opened


def in_a_browser(run: Run) -> None:
    asked = {"email": EMAIL, "password": PASSWORD, "cookie": True}
    _, answered, headers = run.ask("POST", "/api/v1/auth/login", asked, once=True)
    jar: SimpleCookie = SimpleCookie()
    for each in headers.get_all("Set-Cookie"):
        jar.load(each)
    for name, morsel in jar.items():
        run.keep(f"the cookie {name}", morsel.value)
    cookie, csrf = "; ".join(f"{name}={each.value}" for name, each in jar.items()), answered["data"]["csrf_token"]
    run.good("GET", "/auth/me", Cookie=cookie)
    run.bad(403, "POST", "/auth/logout", Cookie=cookie, X_CSRF_Token=csrf[::-1])
    run.good("POST", "/auth/logout", Cookie=cookie, X_CSRF_Token=csrf)


def tokens(run: Run) -> None:
    """Tokens are made under a key that keeps replies elsewhere, revoked, guessed, and put where they do not belong."""
    node = run.node
    chief = node.quickly(
        "token", "create", "--team", "ACME", "--name", "c", "--scopes", "api_tokens,messages,webhooks,contacts"
    )
    run.keep("the token of who makes others", token := chief["raw_token"])
    eventually(lambda: run.ask("GET", "/api/v1/tokens", token=token)[0] == 200, "the node knows the token")
    asked = {"name": "shop", "scopes": ["messages"]}
    made = run.good("POST", "/tokens", asked, token=token, once=True, Idempotency_Key="make shop")
    run.keep("a token made by REST", raw := made["raw_token"])
    run.good("DELETE", f"/tokens/{made['token']['uuid']}", token=token)
    run.bad(401, "GET", "/messages", token=raw)
    run.bad(401, "GET", "/messages", X_API_Key=run.keep("a token that is none", "mbs_nobodyhasmade0this1one2ever"))
    run.bad(401, "GET", "/messages", Authorization=f"Basic {run.keep('basic', 'dXNlcjpwYXNzd29yZA')}")
    run.ask("GET", f"/api/v1/messages?token={raw}", once=True)
    run.ask("GET", f"/api/v1/nowhere/{raw}", once=True)
    run.ask("POST", "/api/v1/messages", {"to": raw, "message": raw, raw: raw, "sender_id": raw}, token=token, once=True)
    run.ask("PUT", f"/api/v1/tokens/{raw}", {}, token=token, once=True)


def smpp(run: Run, token: str) -> None:
    """Binds, right and wrong, over TLS and without, that are looked at in the console."""
    node = run.node
    made = node.quickly("smpp", "password", "--team", "ACME", "--allow", HOST)
    password = run.keep("an SMPP password", made["password"])
    asked = {"token_uuid": made["token_uuid"], "allowed": [HOST]}
    more = run.good("POST", "/smpp/passwords", asked, token=token, once=True)
    run.keep("an SMPP password made by REST", more["password"])

    def bound(given: str, port: int | None = node.smpp_port) -> bool:
        with closing(Esme(port or 0, "ACME", given)) as esme:
            return esme.bind() == 0

    eventually(lambda: bound(password), "the node knows the password")
    assert bound(token)
    assert not bound(run.keep("a wrong SMPP password", "Wr0ngPw8"))
    assert not bound(run.keep("a token that is none, bound with", "mbs_nobodyhas0bound1with2this3one"))
    with closing(Esme(node.smpp_port or 0, "ACME", token)) as esme:
        assert esme.bind() == 0
        assert esme.run(iter([TEXTS["a text"]]), lambda one: bool(one.receipts))
        (session,) = node.quickly("smpp", "sessions", "--team", "ACME")["sessions"]
        run.told.append(json.dumps(node.quickly("smpp", "trace", session["id"])))
        run.good("GET", f"/smpp/sessions/{session['id']}/trace", token=token)
        run.good("GET", "/smpp/sessions", token=token)
    key = (node.folder / "state" / "tls" / "key.pem").read_text()
    run.keep("the key of TLS", key.splitlines()[1])


def webhooks(run: Run, receiver: Receiver) -> None:
    token = run.secrets["the token of who makes others"]
    asked = {
        "url": f"http://{HOST}:{receiver.server_address[1]}/",
        "events": ["message.delivered"],
        "include_text": True,
    }
    made = run.good("POST", "/webhooks", asked, token=token, once=True, Idempotency_Key="make hook")
    run.keep("the webhook's first secret", made["secret"])
    rotated = run.good("POST", f"/webhooks/{made['uuid']}/secret", token=token, once=True)
    run.keep("the webhook's second secret", rotated["secret"])
    run.good("POST", f"/webhooks/{made['uuid']}/test", token=token)
    run.good("GET", "/webhooks", token=token)
    run.good("GET", f"/webhooks/{made['uuid']}/deliveries", token=token)


def messages(run: Run, token: str, receiver: Receiver) -> None:
    """A message that is delivered and told of, a file of people, and one that is none."""
    asked = {"to": "+254712345678", "message": TEXTS["a text"]}
    for _ in range(2):
        run.ask("POST", "/api/v1/messages", asked, token=token, once=True, Idempotency_Key="send")
    eventually(lambda: any(TEXTS["a text"].encode() in body for _, body in receiver.heard), "the webhook is called")
    chief = run.secrets["the token of who makes others"]
    octets = f"phone,name\n+254712345679,{TEXTS['a name in a file']}\n0,{TEXTS['a name in a file']}\n".encode()
    uuid = send_file(run.node, chief, octets)["data"]["uuid"]
    upload = f"/api/v1/contacts/uploads/{uuid}"
    eventually(lambda: run.ask("GET", upload, token=chief, once=True)[1]["data"]["finished_at"], "the import ends")
    send_file(run.node, chief, b"%PDF-1.7 " + TEXTS["a name in a file"].encode())


def look_about(run: Run, token: str) -> None:
    """Whatever shows something shows no secret: what asks for no token, lists, the trail, and the operator's commands."""
    for path in ("/metrics", "/readyz", "/healthz", "/docs", "/api/v1/openapi.json"):
        assert run.ask("GET", path)[0] == 200
    root = run.secrets["the operator's token"]
    for path in ("carriers", "users", "teams", "audit", "nodes", "queues"):
        run.good("GET", f"/admin/{path}", token=root)
    for path in ("/tokens", "/smpp/passwords"):
        run.good("GET", path, token=run.secrets["the token of who makes others"])
    run.good("GET", "/team", token=token)
    for words in (["carrier", "list"], ["carrier", "show", "upstream"], ["trail"], ["user", "list"], ["token", "list"]):
        run.told.append(json.dumps(run.node.quickly(*words)))


def dumped(run: Run) -> dict[str, str]:
    """Return all that is in the database, by table and column, octets in hexadecimal; keeps the key that signs."""
    server = EmbeddedPostgres(run.node.folder / "state")
    found: dict[str, str] = {}
    with closing(psycopg2.connect(server.running())) as opened, opened.cursor() as txn:
        txn.execute(
            "SELECT relname, attname FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid "
            "WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND attnum > 0 AND NOT attisdropped"
        )
        for table, column in txn.fetchall():
            names = sql.Identifier(column), sql.Identifier(table)
            txn.execute(sql.SQL("SELECT coalesce(string_agg({}::text, '\n'), '') FROM {}").format(*names))
            ((text,),) = txn.fetchall()
            found[f"{table}.{column}"] = text
    run.keep("the key that signs access tokens", found["signing_key.secret"].splitlines()[0])
    return found


def written(run: Run) -> dict[str, str]:
    """Return what stands in files, by their path: all logs, and all of the state but the database and the key of TLS."""
    state = run.node.folder / "state"
    home = existing_home(state)
    assert home is not None
    files = {"node.log": run.node.program.said}
    for folder in (state, home):
        for path in folder.rglob("*"):
            inside = path.relative_to(folder).parts
            if path.is_file() and (path.suffix == ".log" or not set(inside) & {"data", "key.pem"}):
                files["/".join(inside)] = path.read_bytes().decode("latin-1")
    assert any(name.endswith(".log") and "postgres" in name for name in files)
    return files
