"""Every preset against recorded shapes of what its aggregator is sent, answers, and calls with."""

import base64
import hashlib
import hmac
import json
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import attrs
import pytest

from mobilesasa.carriers.http import presets
from mobilesasa.carriers.http.account import parse_account
from mobilesasa.carriers.http.carrier import HttpCarrier
from mobilesasa.core.callbacks import About, Callback, CallbackReply
from mobilesasa.core.model import Coding, Lane
from mobilesasa.core.teams import CarrierRecord
from mobilesasa.sms.alphabet import decode_gsm
from tests.carriers.http.rig import SECRET, FakeWire
from tests.carriers.rig import CARRIER_ID, START_MS, Rig

FOLDER = Path(__file__).parent / "shapes"
SHAPES = {file.stem: json.loads(file.read_text()) for file in sorted(FOLDER.glob("*.json"))}
TEXT = "Hello & welcome, 50% off"


def filled(value, message_id):
    """A recorded value, the id of our message where it stood."""
    return json.loads(json.dumps(value).replace("{id}", message_id))


class PresetRig(Rig):
    def __init__(self, preset: str) -> None:
        super().__init__()
        self.shape = SHAPES[preset]
        given = {"preset": preset, **self.shape["options"]}
        self.record = CarrierRecord(CARRIER_ID, "upstream", "http", options=given)
        self.account = parse_account(given)
        self.wire = FakeWire()
        self.carrier = HttpCarrier(self.record, self.account, self.world, self.wire)
        self.carrier.start(self.listener)

    def send(self):
        message = self.message("254712345678", TEXT, lane=Lane.BULK)
        self.carrier.submit([message])
        (exchange,) = self.wire.take()
        return message, exchange


CASES = [(name, n) for name, shape in SHAPES.items() for n in range(len(shape["answers"]))]
CALLS = [(name, n) for name, shape in SHAPES.items() for n in range(len(shape["calls"]))]


def test_every_preset_has_its_shapes():
    assert list(SHAPES) == presets.names()


@pytest.mark.parametrize("preset", presets.names())
def test_a_preset_says_what_it_is_and_where_its_facts_are_from(preset):
    tables = presets.tables(preset)
    assert tables["about"]
    assert "2026-11" in tables["source"]
    assert all(option["about"] for option in tables["options"].values())


@pytest.mark.parametrize("preset", SHAPES)
def test_a_message_is_sent_as_recorded(preset):
    rig = PresetRig(preset)
    message, exchange = rig.send()
    wanted = filled(rig.shape["request"], message.id)
    request = exchange.request
    parts = urlsplit(request.url)
    assert request.method == wanted["method"]
    assert f"{parts.scheme}://{parts.netloc}{parts.path}" == wanted["url"]
    assert dict(parse_qsl(parts.query, strict_parsing=bool(parts.query))) == wanted.get("query", {})
    assert {name: request.headers.get(name) for name in wanted["headers"]} == wanted["headers"]
    if "json" in wanted:
        assert request.headers["Content-Type"] == "application/json"
        assert json.loads(request.body) == wanted["json"]
    elif "form" in wanted:
        assert request.headers["Content-Type"] == "application/x-www-form-urlencoded"
        assert dict(parse_qsl(request.body.decode(), strict_parsing=True)) == wanted["form"]
    else:
        assert request.body is None


@pytest.mark.parametrize(("preset", "n"), CASES)
def test_an_answer_means_what_it_meant(preset, n):
    rig = PresetRig(preset)
    message, exchange = rig.send()
    answer = filled(rig.shape["answers"][n], message.id)
    exchange.say(answer["body"], answer["status"], **answer["headers"])
    rig.clock.advance(0)
    (outcome,) = rig.listener.of(message)
    wanted = answer["outcome"]
    assert type(outcome).__name__ == wanted.pop("kind")
    wanted["refs"] = tuple(wanted.get("refs", ()))
    assert {name: getattr(outcome, name) for name in wanted} == wanted
    assert not getattr(outcome, "uncertain", False)


def callback_of(call, preset, **more) -> Callback:
    headers = {"content-type": call["type"]} if call["type"] else {}
    path = f"/carriers/upstream/{call['about']}/{SECRET}"
    made = Callback(
        carrier="upstream",
        about=About(call["about"]),
        secret=SECRET,
        method=call["method"],
        path=path,
        query=call["query"].encode(),
        headers=headers,
        body=call["body"].encode(),
        peer="198.51.100.7",
    )
    if SHAPES[preset].get("signed") == "twilio":
        signed = f"https://sms.example.com{path}"
        signed += "".join(name + value for name, value in sorted(parse_qsl(call["body"], keep_blank_values=True)))
        digest = hmac.new(b"tok1", signed.encode(), hashlib.sha1).digest()
        headers["x-twilio-signature"] = base64.b64encode(digest).decode()
    return attrs.evolve(made, **more)


@pytest.mark.parametrize(("preset", "n"), CALLS)
def test_a_call_brings_what_it_brought(preset, n):
    rig = PresetRig(preset)
    call = filled(rig.shape["calls"][n], "0197-some-id")
    reader = rig.account.reader(rig.record)
    callback = callback_of(call, preset)
    assert reader.is_own(callback)
    heard = reader.read(callback, START_MS)
    assert heard.items == len(call["reports"]) + len(call["parts"])
    assert (heard.key is not None) == (call["about"] == "inbound")
    for report, wanted in zip(heard.reports, call["reports"], strict=True):
        got = attrs.asdict(report) | {"state": report.state.name}
        assert {name: got[name] for name in wanted} == wanted
    for part, wanted in zip(heard.parts, call["parts"], strict=True):
        assert shown(part, wanted) == wanted
    wanted_reply = call.get("reply", {"status": 200, "type": "text/plain; charset=utf-8", "body": ""})
    assert heard.reply == CallbackReply(wanted_reply["status"], wanted_reply["body"].encode(), wanted_reply["type"])


def shown(part, wanted):
    """A part from a phone as the shapes have it."""
    decoders = {Coding.GSM7: decode_gsm, Coding.UCS2: lambda octets: octets.decode("utf-16-be")}
    text = decoders[part.coding](part.octets) if part.coding in decoders else None
    got = {"source": part.source, "destination": part.destination, "text": text}
    got |= {"octets": part.octets.hex(), "udh": part.udh.hex()}
    assert part.received_at_ms == START_MS
    if part.concatenation is not None:
        joined = part.concatenation
        got["concatenation"] = [joined.reference, joined.total, joined.number]
    return {name: got[name] for name in wanted}


@pytest.mark.parametrize("preset", SHAPES)
def test_a_preset_asks_for_every_option_that_it_needs(preset):
    options = presets.tables(preset)["options"]
    needed = {name for name, option in options.items() if "default" not in option}
    with pytest.raises(ValueError, match="is needed") as bad:
        parse_account({"preset": preset})
    assert needed <= set(bad.value.faults)
