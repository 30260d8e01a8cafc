"""query_sm, cancel_sm, replace_sm and submit_multi through a whole node and an SMSC (decision 102)."""

from mobilesasa.core.ids import from_smpp_id
from mobilesasa.smpp.fields import MessageState
from mobilesasa.smpp.pdus import CancelSm, QuerySm, ReplaceSm, SmeAddress, SubmitMulti, SubmitSm
from tests.whole.esme import Esme
from tests.whole.programs import Node, Smsc, eventually

TO = "254712345678"
IN_AN_HOUR = "000000010000000R"
IN_A_SECOND = "000000000001000R"


def test_what_waits_is_taken_back_or_says_something_else(smsc: Smsc, node: Node):
    node.start()
    node.carrier(smsc.port)
    token = node.team("ACME", 100)
    esme = Esme(node.smpp_port, "ACME", token)
    assert esme.bind() == 0

    def submitted(words: str, **fields: object) -> str:
        known = {"source_addr": "TextBlast", "destination_addr": TO, "schedule_delivery_time": IN_AN_HOUR}
        given = {**known, "registered_delivery": 1, "short_message": words.encode(), **fields}
        response = esme.ask(SubmitSm(**given))
        assert response.status == 0
        return str(response.message_id)

    taken_back, rewritten = submitted("one"), submitted("two", destination_addr="254712345679")
    assert esme.ask(QuerySm(message_id=taken_back)).message_state == MessageState.ENROUTE
    assert esme.ask(CancelSm(message_id=taken_back)).status == 0
    assert esme.ask(QuerySm(message_id=taken_back)).message_state == MessageState.DELETED
    assert esme.run(iter(()), lambda one: taken_back in one.receipts)
    assert esme.heard[0].short_message.endswith(b"stat:UNDELIV err:007")

    again = ReplaceSm(
        message_id=rewritten, schedule_delivery_time=IN_A_SECOND, short_message=b"too", registered_delivery=1
    )
    assert esme.ask(again).status == 0
    assert esme.run(iter(()), lambda one: rewritten in one.receipts)
    assert esme.ask(QuerySm(message_id=rewritten)).message_state == MessageState.DELIVERED
    assert smsc.texts() == ["too"]

    to = (SmeAddress(1, 1, TO), SmeAddress(1, 1, "12"), SmeAddress(1, 1, "254712345670"))
    several = esme.ask(SubmitMulti(source_addr="TextBlast", dest_addresses=to, short_message=b"three"))
    assert [sme.destination_addr for sme in several.unsuccess_smes] == ["12"]
    eventually(lambda: sorted(smsc.texts()) == ["three", "three", "too"], "both destinations")

    _, story = node.call(token, f"/messages/{from_smpp_id(rewritten)}")
    assert "replaced" in [event["event"] for event in story["data"]["timeline"]]
    _, story = node.call(token, f"/messages/{from_smpp_id(taken_back)}")
    assert "cancelled" in [event["event"] for event in story["data"]["timeline"]]
    assert node.command("audit")["clean"] is True
    esme.close()
    node.stop()
    assert "Traceback" not in node.program.said


def test_what_a_slow_carrier_does_not_have_yet_is_taken_back_or_says_something_else(smsc: Smsc, node: Node):
    node.start()
    node.carrier(smsc.port, "--tps", "1")
    token = node.team("ACME", 100)
    esme = Esme(node.smpp_port, "ACME", token)
    assert esme.bind() == 0

    def submitted(number: int) -> str:
        words = f"number {number:02}".encode()
        to = f"2547123456{number % 10:02}"
        response = esme.ask(SubmitSm(source_addr="TextBlast", destination_addr=to, short_message=words))
        assert response.status == 0
        return str(response.message_id)

    ids = [submitted(number) for number in range(40)]
    assert esme.ask(CancelSm(message_id=ids[36])).status == 0
    assert esme.ask(ReplaceSm(message_id=ids[37], short_message=b"something else")).status == 0
    for digit in (4, 5, 6, 8, 9, 3, 2, 1, 0):  # and 7 last of all: that waits still
        like = CancelSm(source_addr="TextBlast", destination_addr=f"25471234560{digit}")
        assert esme.ask(like).status == 0
    eventually(lambda: "something else" in smsc.texts(), "what was rewritten")
    eventually(lambda: esme.ask(QuerySm(message_id=ids[37])).message_state != MessageState.ENROUTE, "its receipt")

    came = smsc.texts()
    assert "number 36" not in came
    assert "number 37" not in came
    assert {"number 07", "number 17", "number 27"} < set(came)
    assert len(came) < 20
    states = [esme.ask(QuerySm(message_id=each)).message_state for each in ids]
    assert states.count(MessageState.DELETED) == 40 - len(came)
    assert node.call(token, "/account")[1]["data"]["balance"] == 100 - len(came)
    assert node.command("audit")["clean"] is True
    esme.close()
    node.stop()
    assert "Traceback" not in node.program.said
