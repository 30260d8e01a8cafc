"""What is shown of the options of a carrier: nothing secret, wherever it stands."""

import json

import pytest

from mobilesasa.carriers import masking
from mobilesasa.carriers.http.account import parse_account
from mobilesasa.carriers.http.masking import shown
from mobilesasa.carriers.masking import MASK
from mobilesasa.core.teams import CarrierRecord
from tests.carriers.http.test_account import GENERIC, PUBLIC


def test_nothing_secret_is_shown():
    given = {**GENERIC, **PUBLIC, "token": "s1", "secret.a": "s2", "request.headers.Authorization": "Bearer s3",
             "signature.secret": "{secret.a}", "options": {"pin": {"secret": True}}, "pin": "s4"}  # fmt: skip
    text = json.dumps(shown(given))
    assert not any(secret in text for secret in ("s1", "s2", "s3", "s4", PUBLIC["callback_secret"]))
    assert shown(given)["base_url"] == GENERIC["base_url"]
    assert shown(given)["signature"] == {"secret": "{secret.a}"}
    assert "s1" not in repr(parse_account({**GENERIC, "token": "s1"}))


@pytest.mark.parametrize(
    "given",
    [
        {"token": 4711},
        {"secret.pin": 4711},
        {"secret": {"a": {"b": [4711]}}},
        {"options": {"pin": {"secret": True, "default": "4711"}}},
        {"options": {"pin": {"secret": True}}, "pin": 4711},
        {"token": "{4711}"},
        {"request.headers.X-Api": "4711"},
        {"request.headers.X-Api": "App 4711 {secret.a}"},
        {"request.query.u": "4711"},
        {"request.fields.pwd": "4711"},
        {"request.fields.pass": 4711},
        {"request.fields.login": {"auth": {"p": "4711"}}},
        {"request.fields.to": [{"apiKey": "4711"}]},
        {"request.ucs2.Signature": "4711"},
        {"request.auth.password": "4711"},
        {"request.auth.params.audience": "4711"},
        {"request.auth.params.client_assertion": "4711"},
        {"request.auth.token_url": "https://login.test/token?tenant=4711"},
        {"request.auth.token_url": "https://us:4711@login.test/token"},
        {"request.url": "{base_url}/send?u=4711&key={secret.a}"},
        {"request.url": "https://api.test/send?4711"},
        {"request.fields.dlr": "https://us.test/dlr?id={id}&k=4711"},
        {"base_url": "https://4711:pa@ss@api.test:8080/sms"},
        {"base_url": "https://us:4711@api.test"},
        {"callback_secret": 4711},
    ],
)
def test_no_secret_is_shown_wherever_it_stands_and_whatever_it_is(given):
    assert "4711" not in json.dumps(shown(given))


@pytest.mark.parametrize(
    "given",
    [
        {"base_url": "https://api.test:8443/sms", "window": 5, "tps": 0.5, "callback_header": "X-Ours", "token": ""},
        {"request": {"url": "{base_url}/send?key={secret.a}&flag=", "method": "GET", "headers": {"X": "{secret.a}"}}},
        {"request": {"auth": {"kind": "oauth2", "client_auth": "body", "client_id": "acme"}, "fields": {"to": "{to}"}}},
        {"answer": {"id": "re:https://x/?(.*)"}, "options": {"pin": {"secret": True, "about": "yours"}}},
        {"preset": "no such", "public_url": "https://sms.example.com"},
        {"signature": {"kind": "hmac-sha256", "header": "X-Signature", "secret": "{secret.a}"}},
    ],
)
def test_what_is_no_secret_is_shown_as_it_is(given):
    assert shown(given) == given


def test_of_an_address_who_we_are_and_what_its_parameters_say_is_masked():
    given = {"base_url": "https://us:pw@api.test/a", "request.url": "{base_url}/send?u=me&to={to}&x"}
    assert shown(given) == {
        "base_url": f"https://{MASK}@api.test/a",
        "request": {"url": f"{{base_url}}/send?u={MASK}&to={{to}}&{MASK}"},
    }


@pytest.mark.parametrize("kind", ["smpp", "http"])
def test_a_password_that_is_a_number_is_no_less_secret(kind):
    assert masking.shown(CarrierRecord(1, "up", kind, options={"password": 4711})) == {"password": MASK}
