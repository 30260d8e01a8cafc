"""Messages from phones through a whole node: in parts, whole, and through kill -9."""

from collections import Counter
from collections.abc import Iterator

import pytest

from mobilesasa.cli.simulated.phones import message_from
from mobilesasa.smpp.tlvs import Tag
from mobilesasa.sms.udh import read_udh
from tests.whole.esme import Esme
from tests.whole.phones import Phones
from tests.whole.programs import Node

LONG = "Habari! " + "Tunafurahi kukuona tena. " * 15


@pytest.fixture
def phones() -> Iterator[Phones]:
    made = Phones()
    yield made
    made.close()


def bound(node: Node, code: str, token: str) -> Esme:
    assert node.smpp_port is not None
    esme = Esme(node.smpp_port, code, token)
    assert esme.bind() == 0
    return esme


def clean(node: Node) -> list[str]:
    return [check["name"] for check in node.command("audit")["checks"] if check["wrong"]]


def test_a_long_message_comes_in_parts_to_one_team_and_whole_to_another(node: Node, phones: Phones):
    node.start()
    parts_token = node.team("PARTS", 10, "--sender", "22384")
    whole_token = node.team("WHOLE", 10, "--sender", "22385")
    node.quickly("team", "set", "WHOLE", "--smpp", "inbound_long=payload")
    node.carrier(phones.port)
    phones.accept()
    in_parts, whole = bound(node, "parts", parts_token), bound(node, "whole", whole_token)

    to_one, to_other = (message_from("254711000001", code, LONG, n) for n, code in enumerate(("22384", "22385")))
    assert len(to_one) == 3
    phones.say([*reversed(to_one), *to_other[1:]])
    phones.hear()
    phones.say([to_other[0], *message_from("254711000002", "99999", "nobody's", 0)])
    phones.hear()
    assert (phones.unanswered, phones.refused) == ({}, [])

    assert in_parts.run(iter(()), lambda e: len(e.inbound) >= 3)
    assert [pdu.esm_class for pdu in in_parts.inbound] == [0x40] * 3
    read = [read_udh(pdu.short_message) for pdu in in_parts.inbound]
    assert [udh.concatenation.number for udh, _ in read if udh.concatenation] == [1, 2, 3]
    assert b"".join(octets for _, octets in read).decode() == LONG

    assert whole.run(iter(()), lambda e: bool(e.inbound))
    (pdu,) = whole.inbound
    assert (pdu.source_addr, pdu.destination_addr, pdu.esm_class) == ("254711000001", "22385", 0)
    assert pdu.tlvs[Tag.MESSAGE_PAYLOAD] == LONG.encode()
    in_parts.close()
    whole.close()
    assert clean(node) == []


def test_a_node_that_is_killed_before_it_answers_loses_no_message_from_a_phone(node: Node, phones: Phones):
    node.start()
    token = node.team("ACME", 10, "--sender", "22384")
    node.carrier(phones.port)
    phones.accept()
    texts = [f"answer {n}" for n in range(400)]
    pdus = [pdu for n, words in enumerate(texts) for pdu in message_from(f"25471100{n:04}", "22384", words, 0)]
    phones.say(pdus[:200])
    phones.hear()
    phones.say(pdus[200:])
    node.kill()
    phones.hear()
    in_doubt = {pdu.short_message.decode() for pdu in phones.unanswered.values()}

    node.start()
    phones.accept()
    if phones.unanswered:
        phones.say_again()
        phones.hear()
    esme = bound(node, "ACME", token)
    assert esme.run(iter(()), lambda e: {pdu.short_message.decode() for pdu in e.inbound} >= set(texts))
    esme.close()
    doubled = {
        words for words, times in Counter(pdu.short_message.decode() for pdu in esme.inbound).items() if times > 1
    }
    assert doubled <= in_doubt
    assert (phones.unanswered, phones.refused) == ({}, [])
    assert clean(node) == []


def test_a_phone_of_the_sandbox_answers_a_team(node: Node):
    node.start()
    node.quickly("carrier", "add", "box", "--kind", "sandbox")
    node.quickly("route", "add", "--prefix", "", "--carrier", "box")
    token = node.team("ACME", 10, "--sender", "22384")
    esme = bound(node, "ACME", token)
    code, _ = node.call(token, "/messages", {"sender_id": "22384", "to": "+254700000008", "message": "Je, uko hapo?"})
    assert code in (200, 201, 202)
    assert esme.run(iter(()), lambda e: bool(e.inbound))
    esme.close()
    assert [(pdu.source_addr, pdu.short_message) for pdu in esme.inbound] == [("254700000008", b"Je, uko hapo?")]


def test_a_phone_that_says_stop_gets_no_more_until_it_says_start(node: Node):
    node.start()
    node.quickly("carrier", "add", "box", "--kind", "sandbox")
    node.quickly("route", "add", "--prefix", "", "--carrier", "box")
    token = node.team("ACME", 10, "--sender", "22384", "--sender", "22385")
    esme = bound(node, "ACME", token)

    def send(text: str, sender: str = "22384", to: str = "+254700000008") -> tuple[int, str]:
        code, body = node.call(token, "/messages", {"sender_id": sender, "to": to, "message": text})
        return code, body.get("code", "")

    assert send("Stop") == (200, "")  # and the phone says the same
    assert esme.run(iter(()), lambda e: len(e.inbound) == 1)
    assert send("Habari") == (400, "suppressed")
    assert send("Habari", to="+254700000001") == (200, "")
    _, listed = node.call(token, "/suppressions")
    _, heard = node.call(token, "/inbound?phone=%2B254700000008")
    (suppression,), (message,) = listed["data"]["items"], heard["data"]["items"]
    assert (suppression["phone"], suppression["sender_id"], suppression["reason"]) == ("+254700000008", "22384", "stop")
    assert (suppression["source"], message["opt_out"], message["message"]) == (message["uuid"], "stop", "Stop")
    assert clean(node) == []

    assert send("START 22384", sender="22385") == (200, "")
    assert esme.run(iter(()), lambda e: len(e.inbound) == 2)
    esme.close()
    assert send("Habari") == (200, "")
    _, account = node.call(token, "/account")
    assert account["data"]["available"] == 6  # what was refused cost nothing
    assert clean(node) == []
