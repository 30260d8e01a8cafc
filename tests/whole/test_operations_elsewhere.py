"""cancel_sm and replace_sm at one node, for messages that another node holds ready for its slow carrier (decision 102)."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from mobilesasa.smpp.fields import MessageState
from mobilesasa.smpp.pdus import CancelSm, QuerySm, ReplaceSm, SubmitSm
from mobilesasa.smpp.statuses import Status
from tests.whole.cluster import Cluster, Member
from tests.whole.esme import Esme
from tests.whole.programs import Smsc, eventually

COUNT = 40


@pytest.fixture
def cluster(folder: Path, database_dsn: str, broker_url: str) -> Iterator[Cluster]:
    made = Cluster([Member.made(folder / name, name, database_dsn, broker_url) for name in ("a", "b")])
    yield made
    made.end()


def submitted(esme: Esme, number: int) -> str:
    words, to = f"number {number:02}".encode(), f"2547123456{number % 10:02}"
    response = esme.ask(SubmitSm(source_addr="TextBlast", destination_addr=to, short_message=words))
    assert response.status == 0
    return str(response.message_id)


def test_what_another_node_holds_ready_is_taken_back_or_says_something_else(cluster: Cluster, smsc: Smsc):
    cluster.start()
    token = cluster.members[0].team("ACME", 100)
    cluster.members[0].carrier(smsc.port, "--tps", "1")
    _, other = cluster.with_the_carrier()
    esme = other.bound("ACME", token)
    ids = [submitted(esme, number) for number in range(COUNT)]
    eventually(lambda: "number 00" in smsc.texts(), "the other node has claimed them")

    assert esme.ask(CancelSm(message_id=ids[0])).status == Status.ESME_RCANCELFAIL
    assert esme.ask(CancelSm(message_id=ids[36])).status == 0
    assert esme.ask(ReplaceSm(message_id=ids[37], short_message=b"something else")).status == 0
    known = {"source_addr": "TextBlast", "destination_addr": "254712345608"}
    like = SubmitSm(**known, short_message=b"like it", replace_if_present_flag=1)
    assert esme.ask(like).message_id == ids[38]
    for digit in (4, 5, 6, 9, 3, 2, 1, 0):  # 7 and 8 wait still
        everything = CancelSm(source_addr="TextBlast", destination_addr=f"25471234560{digit}")
        assert esme.ask(everything).status == 0
    eventually(lambda: {"something else", "like it"} <= set(smsc.texts()), "what was rewritten")
    eventually(lambda: esme.ask(QuerySm(message_id=ids[38])).message_state != MessageState.ENROUTE, "its receipt")

    came = smsc.texts()
    assert not {"number 36", "number 37", "number 38"} & set(came)
    assert {f"number {tens}{ones}" for tens in (0, 1, 2) for ones in (7, 8)} < set(came)
    states = [esme.ask(QuerySm(message_id=each)).message_state for each in ids]
    assert states.count(MessageState.DELETED) == COUNT - len(came)
    assert cluster.wrong() == []
    esme.close()
    for member in cluster.members:
        assert member.program is not None
        assert "Traceback" not in member.program.said
        assert "did not say in time" not in member.program.said
