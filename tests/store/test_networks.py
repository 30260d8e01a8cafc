"""Networks as the operator set them and as receipts told, on a real PostgreSQL."""

import pytest

from mobilesasa.core.actors import NODE
from mobilesasa.core.errors import BadValue, NotFound
from mobilesasa.core.model import State
from mobilesasa.core.networks import LEARNED_MAX
from mobilesasa.store import networks
from mobilesasa.store.database import Txn
from tests.store.given import add_team, delivered, sent, standing, told

NUMBER = "254712345678"
SHARING = """
SELECT (254700000000 + n)::text FROM generate_series(1, 500000) AS n
WHERE hashtext((254700000000 + n)::text) & (%(slots)s - 1) = hashtext(%(number)s) & (%(slots)s - 1) LIMIT 1
"""


def test_a_prefix_is_set_changed_and_removed(txn: Txn) -> None:
    networks.set_prefix(txn, NODE, "25471", "One")
    networks.set_prefix(txn, NODE, "25471", " Two ")
    networks.set_prefix(txn, NODE, "2547", "Three")
    assert networks.list_prefixes(txn) == [("2547", "Three"), ("25471", "Two")]
    assert networks.remove_prefix(txn, NODE, "25471") == "Two"
    with pytest.raises(NotFound, match="there is no network of the prefix 25471"):
        networks.remove_prefix(txn, NODE, "25471")


def test_a_code_is_set_changed_and_removed(txn: Txn) -> None:
    assert ("63902", "Safaricom") in networks.list_codes(txn)
    networks.set_code(txn, NODE, "63902", "Other")
    assert ("63902", "Other") in networks.list_codes(txn)
    assert networks.remove_code(txn, NODE, "63902") == "Other"
    with pytest.raises(NotFound, match="there is no network of the code 63902"):
        networks.remove_code(txn, NODE, "63902")


@pytest.mark.parametrize("prefix", ["", "+254", "2" * 16, "٢"])
def test_a_prefix_that_is_none_is_refused(txn: Txn, prefix: str) -> None:
    with pytest.raises(BadValue, match="a prefix is 1 to 15 digits"):
        networks.set_prefix(txn, NODE, prefix, "One")


@pytest.mark.parametrize("code", ["", "6390", "6390212", "63-02"])
def test_a_code_that_is_none_is_refused(txn: Txn, code: str) -> None:
    with pytest.raises(BadValue, match="5 or 6 digits"):
        networks.set_code(txn, NODE, code, "One")


@pytest.mark.parametrize("name", ["", "  ", "a\nb", "x" * 65])
def test_a_network_s_name_that_is_none_is_refused(txn: Txn, name: str) -> None:
    with pytest.raises(BadValue, match="a network's name is"):
        networks.set_prefix(txn, NODE, "254", name)


def test_of_a_number_the_newest_network_is_remembered(txn: Txn) -> None:
    networks.learn(txn, [(NUMBER, "63902"), ("254733000000", "63903")])
    networks.learn(txn, [(NUMBER, "63902"), (NUMBER, "63907")])
    assert sorted(networks.learned(txn)) == [(NUMBER, "63907"), ("254733000000", "63903")]
    assert networks.learned(txn, NUMBER) == [(NUMBER, "63907")]


def test_learning_nothing_is_nothing(txn: Txn) -> None:
    networks.learn(txn, [])
    assert networks.learned(txn) == []


def test_a_number_in_the_same_slot_puts_out_the_older_one(txn: Txn) -> None:
    txn.execute(SHARING, {"slots": LEARNED_MAX, "number": NUMBER})
    ((other,),) = txn.fetchall()
    networks.learn(txn, [(NUMBER, "63902")])
    networks.learn(txn, [(other, "63903")])
    assert networks.learned(txn) == [(other, "63903")]


def test_a_number_that_is_seen_where_it_was_is_written_once_a_day(txn: Txn) -> None:
    networks.learn(txn, [(NUMBER, "63902")])
    txn.execute("UPDATE number_network SET at = now() - interval '2 hours' RETURNING at")
    ((earlier,),) = txn.fetchall()
    networks.learn(txn, [(NUMBER, "63902")])
    txn.execute("SELECT at FROM number_network")
    assert txn.fetchall() == [(earlier,)]
    txn.execute("UPDATE number_network SET at = now() - interval '25 hours'")
    networks.learn(txn, [(NUMBER, "63902")])
    txn.execute("SELECT at = now() FROM number_network")
    assert txn.fetchall() == [(True,)]


def test_what_was_seen_long_ago_is_not_believed(txn: Txn) -> None:
    networks.learn(txn, [(NUMBER, "63902")])
    txn.execute("UPDATE number_network SET at = now() - interval '181 days'")
    assert networks.learned(txn) == []


def test_a_receipt_says_where_its_number_is(txn: Txn) -> None:
    message_id = sent(txn, add_team(txn), "A1")
    told(
        txn, delivered("A1", recipient=NUMBER, network="63902"), delivered("B1", recipient="254733000000", network="?")
    )
    assert networks.learned(txn) == [(NUMBER, "63902")]
    assert standing(txn, message_id)[0] is State.DELIVERED


def test_what_was_seen_of_late_is_told_apart_from_what_was_seen_before(txn: Txn) -> None:
    networks.learn(txn, [(NUMBER, "63902")])
    txn.execute("UPDATE number_network SET at = now() - interval '5 minutes'")
    networks.learn(txn, [("254733000000", "63903")])
    assert networks.learned_of_late(txn, 120) == [("254733000000", "63903")]
