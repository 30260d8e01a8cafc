"""cancel_sm, replace_sm and replace_if_present_flag where another node has claimed the message ahead (decision 102)."""

import pytest

from mobilesasa.core.alterations import Held
from mobilesasa.core.ids import from_smpp_id
from mobilesasa.smpp.pdus import CancelSm, QuerySm, ReplaceSm, SubmitSm
from mobilesasa.smpp.statuses import Status
from tests.smsc.rig import Rig
from tests.smsc.test_operations import NUMBER, ask, hi, sent


def claimed_elsewhere(rig: Rig, message_id: str) -> Held:
    held = Held(from_smpp_id(message_id), "node2")
    rig.alterations.elsewhere[held.message_id] = held.node
    return held


def put_back(rig: Rig) -> None:
    """Let the other nodes put back what they are asked for."""
    rig.elsewhere.put_back = lambda held: [rig.alterations.elsewhere.pop(one.message_id) for one in held]


def alike() -> SubmitSm:
    return hi(source_addr="TextBlast", short_message=b"Ho", replace_if_present_flag=1)


@pytest.mark.parametrize(
    "make",
    [
        lambda message_id: CancelSm(message_id=message_id),
        lambda message_id: CancelSm(source_addr="TextBlast", destination_addr=NUMBER),
        lambda message_id: ReplaceSm(message_id=message_id, short_message=b"Ho"),
    ],
)
def test_what_the_other_node_puts_back_is_altered(rig, make):
    put_back(rig)
    message_id = sent(rig)
    held = claimed_elsewhere(rig, message_id)
    assert ask(rig, make(message_id)).status == 0
    assert rig.elsewhere.asked == [(1, [held])]


@pytest.mark.parametrize(
    ("make", "status"),
    [
        (lambda message_id: CancelSm(message_id=message_id), Status.ESME_RCANCELFAIL),
        (lambda message_id: CancelSm(source_addr="TextBlast", destination_addr=NUMBER), Status.ESME_RCANCELFAIL),
        (lambda message_id: ReplaceSm(message_id=message_id, short_message=b"Ho"), Status.ESME_RREPLACEFAIL),
    ],
)
def test_what_its_carrier_has_is_refused_after_one_question(rig, make, status):
    message_id = sent(rig)
    claimed_elsewhere(rig, message_id)
    assert ask(rig, make(message_id)).status == status
    assert len(rig.elsewhere.asked) == 1
    assert len(rig.alterations.batches) == 2


def test_a_message_that_is_put_back_is_replaced_by_one_like_it_and_named_to_its_queue(rig):
    put_back(rig)
    message_id = sent(rig)
    claimed_elsewhere(rig, message_id)
    rig.queue.published.clear()
    assert ask(rig, alike()).message_id == message_id
    assert [message.text for message in rig.intake.stored] == ["Ho"]
    assert [ids for _, _, ids in rig.queue.published] == [[from_smpp_id(message_id)]]


def test_one_that_its_carrier_has_is_not_replaced_but_followed_by_the_new_one(rig):
    message_id = sent(rig)
    claimed_elsewhere(rig, message_id)
    response = ask(rig, alike())
    assert (response.status, response.message_id != message_id) == (0, True)
    assert [message.text for message in rig.intake.stored] == ["Hi", "Ho"]


def test_only_what_is_held_is_altered_twice(rig):
    put_back(rig)
    free, held = sent(rig), sent(rig)
    claimed_elsewhere(rig, held)
    esme = rig.bound()
    batch = [CancelSm(message_id=free), CancelSm(message_id=held), QuerySm(message_id=free)]
    assert [response.status for response in esme.send(*batch)] == [0, 0, 0]
    assert [[asked.message_id for asked in batch] for batch in rig.alterations.batches] == [
        [from_smpp_id(each) for each in (free, held, free)],
        [from_smpp_id(held)],
    ]


def test_all_are_taken_back_those_here_at_once_and_those_elsewhere_after_them(rig):
    put_back(rig)
    here, there = sent(rig, registered_delivery=1), sent(rig, registered_delivery=1)
    claimed_elsewhere(rig, there)
    esme = rig.bound()
    response, *receipts = esme.send(CancelSm(source_addr="TextBlast", destination_addr=NUMBER))
    assert (response.status, len(receipts)) == (0, 2)
    assert {from_smpp_id(each) for each in (here, there)} == set(rig.alterations.reached)


def test_where_nothing_is_held_no_other_node_is_asked(rig):
    assert ask(rig, CancelSm(message_id=sent(rig))).status == 0
    assert ask(rig, CancelSm(source_addr="TextBlast", destination_addr=NUMBER)).status == Status.ESME_RCANCELFAIL
    assert rig.elsewhere.asked == []


def test_a_node_alone_refuses_what_is_in_hand(rig):
    operations = rig.smsc.operations
    rig.smsc.operations = type(operations)(
        operations.store,
        operations.queue,
        operations.notifier,
        operations.directory,
        operations.times,
        operations.hands,
    )
    message_id = sent(rig)
    claimed_elsewhere(rig, message_id)
    assert ask(rig, CancelSm(message_id=message_id)).status == Status.ESME_RCANCELFAIL
    assert len(rig.alterations.batches) == 1
