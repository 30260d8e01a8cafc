"""What means messages by sender and number: a cancel_sm without an id, and replace_if_present_flag (decision 128)."""

import pytest

from mobilesasa.core.errors import Overloaded
from mobilesasa.core.ids import smpp_id
from mobilesasa.core.model import Coding
from mobilesasa.smpp.pdus import CancelSm, QuerySm, SmeAddress, SubmitMulti, SubmitSm
from mobilesasa.smpp.statuses import Status
from mobilesasa.smsc.pieces import cut

NUMBER = "254712345678"


def hi(n: int = 0, **fields) -> SubmitSm:
    return SubmitSm(**{"destination_addr": f"2547{n:08}", "short_message": b"Hi", **fields})


def instead(n: int = 0, **fields) -> SubmitSm:
    return hi(n, replace_if_present_flag=1, **fields)


def instead_of_several(*numbers: int) -> SubmitMulti:
    to = tuple(SmeAddress(1, 1, f"2547{n:08}") for n in numbers)
    return SubmitMulti(dest_addresses=to, short_message=b"Hi", replace_if_present_flag=1)


def texts(rig) -> list[str]:
    return [stored.text for stored in rig.intake.stored]


S, Q, C, A = hi(), QuerySm(message_id="X"), CancelSm(message_id="X"), CancelSm(destination_addr=NUMBER)
R1, R2, M12, M3 = instead(1), instead(2), instead_of_several(1, 2), instead_of_several(3)
NAMES = {id(S): "s", id(Q): "q", id(C): "c", id(A): "A", id(R1): "R", id(R2): "r", id(M12): "M", id(M3): "m"}


@pytest.mark.parametrize(
    ("requests", "pieces"),
    [
        ([S, S, S], ["sss"]),
        ([S, Q, S, C], ["sqsc"]),
        ([S, A, S], ["s", "A!", "s"]),
        ([A, A, Q, C], ["AAqc!"]),
        ([Q, A, Q], ["q", "Aq!"]),
        ([R1, R2, S], ["Rr!", "s"]),
        ([R1, R1], ["R!", "R!"]),
        ([R1, Q], ["R!", "q"]),
        ([R1, A], ["R!", "A!"]),
        ([A, R1], ["AR!"]),
        ([C, R1], ["c", "R!"]),
        ([M12, M3, R2], ["Mm!", "r!"]),
        ([R1, M12], ["R!", "M!"]),
        ([], [""]),
    ],
)
def test_a_turn_is_cut_where_one_thing_depends_on_another(requests, pieces):
    shown = ["".join(NAMES[id(request)] for request in piece.requests) + "!" * piece.alone for piece in cut(requests)]
    assert shown == pieces


def test_a_cancel_right_behind_its_submit_finds_it(rig):
    responses = rig.bound().send(hi(), CancelSm(destination_addr=hi().destination_addr))
    assert [response.status for response in responses] == [0, 0]
    assert len(rig.alterations.reached) == 1


def test_a_cancel_does_not_reach_what_is_submitted_behind_it(rig):
    responses = rig.bound().send(hi(), CancelSm(destination_addr=hi().destination_addr), hi())
    assert [response.status for response in responses] == [0, 0, 0]
    assert set(rig.alterations.reached) == {rig.intake.stored[0].id}


def test_nor_what_is_submitted_in_a_later_turn_while_it_waits(rig):
    esme = rig.bound()
    rig.intake.hold()
    assert esme.send(hi(1)) == []
    assert esme.send(CancelSm(destination_addr=hi(1).destination_addr)) == []
    assert esme.send(hi(1)) == []
    assert rig.intake.batches == [1]
    rig.intake.release()
    assert [type(response).__name__ for response in esme.heard()] == ["SubmitSmResp", "CancelSmResp"]
    rig.intake.release()
    assert [type(response).__name__ for response in esme.heard()] == ["SubmitSmResp"]
    assert set(rig.alterations.reached) == {rig.intake.stored[0].id}


def test_what_a_lost_peer_had_asked_for_is_done_all_the_same(rig):
    esme = rig.bound()
    rig.intake.hold()
    esme.send(hi(1))
    esme.send(CancelSm(destination_addr=hi(1).destination_addr))
    esme.drop()
    rig.intake.release()
    assert len(rig.alterations.reached) == 1


# replace_if_present_flag


def test_a_message_that_waits_is_replaced_under_its_id_and_not_charged_again(rig):
    rig.intake.balance[1] = 5
    esme = rig.bound()
    first = esme.submit(source_addr="TextBlast")
    second = esme.submit(replace_if_present_flag=1, short_message=b"Ho", source_addr="TextBlast")
    assert second.message_id == first.message_id
    assert (texts(rig), rig.intake.balance[1]) == (["Ho"], 4)
    assert rig.queue.published[-1][2] == [rig.intake.stored[0].id]


def test_where_none_waits_it_is_accepted_anew(rig):
    response = rig.bound().submit(replace_if_present_flag=1)
    assert response.message_id == smpp_id(rig.intake.stored[0].id)


@pytest.mark.parametrize(
    "changes",
    [{"destination_addr": "254712345679"}, {"source_addr": "22141"}, {"service_type": "VAL"}],
)
def test_only_one_alike_is_replaced(rig, changes):
    esme = rig.bound()
    esme.submit(source_addr="TextBlast")
    esme.submit(**{"source_addr": "TextBlast", "replace_if_present_flag": 1, **changes})
    assert len(rig.intake.stored) == 2


def test_one_in_hand_is_not_replaced(rig):
    esme = rig.bound()
    esme.submit()
    rig.alterations.in_hand.add(rig.intake.stored[0].id)
    esme.submit(replace_if_present_flag=1)
    assert len(rig.intake.stored) == 2


@pytest.mark.parametrize(
    "fields",
    [{"short_message": b"a" * 161}, {"esm_class": 0x40, "short_message": bytes.fromhex("050003070201") + b"Hi"}],
)
def test_what_is_not_one_whole_message_replaces_none(rig, fields):
    esme = rig.bound()
    esme.submit()
    assert esme.submit(replace_if_present_flag=1, **fields).status == 0
    assert len(rig.intake.stored) == 2


def test_a_replacement_may_be_written_otherwise(rig):
    esme = rig.bound()
    esme.submit()
    esme.submit(replace_if_present_flag=1, data_coding=8, short_message="ж".encode("utf-16-be"))
    assert (texts(rig), rig.intake.stored[0].coding) == (["ж"], Coding.UCS2)


def test_of_two_replacements_in_one_turn_the_second_stands(rig):
    responses = rig.bound().send(instead(short_message=b"a"), instead(short_message=b"b"))
    assert responses[0].message_id == responses[1].message_id
    assert texts(rig) == ["b"]


def test_replacements_for_several_numbers_are_one_batch(rig):
    esme = rig.bound()
    esme.send(hi(1), hi(2))
    rig.alterations.batches.clear()
    responses = esme.send(*(instead(n, short_message=b"Ho") for n in range(4)))
    assert [response.status for response in responses] == [0] * 4
    assert [len(batch) for batch in rig.alterations.batches] == [4]
    assert texts(rig) == ["Ho"] * 4
    assert rig.intake.batches == [2, 2]


def test_each_destination_of_a_submit_multi_replaces_its_own(rig):
    esme = rig.bound()
    first = esme.send(hi(1))[0]
    (response,) = esme.send(SubmitMulti(
        dest_addresses=(SmeAddress(1, 1, hi(1).destination_addr), SmeAddress(1, 1, hi(2).destination_addr)),
        short_message=b"Ho", replace_if_present_flag=1,
    ))  # fmt: skip
    assert response.message_id == first.message_id
    assert texts(rig) == ["Ho", "Ho"]


def test_what_may_not_be_sent_replaces_nothing(rig):
    esme = rig.bound()
    esme.submit()
    assert esme.submit(replace_if_present_flag=1, source_addr="Nobody").status == Status.ESME_RINVSRCADR
    assert texts(rig) == ["Hi"]


def test_a_flag_that_cannot_be_is_refused(rig):
    assert rig.bound().submit(replace_if_present_flag=2).status == Status.ESME_RINVREPFLAG


def test_a_full_node_says_so_also_to_replacements(rig):
    rig.intake.failing = Overloaded("too much is waiting")
    assert rig.bound().submit(replace_if_present_flag=1).status == Status.ESME_RMSGQFUL


def test_a_store_that_alters_nothing_is_a_system_error_also_to_replacements(rig, flush_logged):
    rig.alterations.failing = ConnectionError("no database")
    assert rig.bound().submit(replace_if_present_flag=1).status == Status.ESME_RSYSERR
    assert flush_logged(ConnectionError)


def test_a_replacement_that_is_refused_leaves_no_turn_behind(rig):
    esme = rig.bound()
    assert esme.submit(replace_if_present_flag=1, short_message=b"").status == Status.ESME_RINVMSGLEN
    assert esme.submit().status == 0


def test_a_node_that_alters_nothing_takes_the_flag_for_none(rig):
    rig.smsc.operations = None
    responses = rig.bound().send(instead(), instead())
    assert [response.status for response in responses] == [0, 0]
    assert len(rig.intake.stored) == 2
