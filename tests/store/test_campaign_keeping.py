"""Texts and recipients of campaigns are kept for their days and no longer."""

import pytest

from mobilesasa.core.actors import NODE
from mobilesasa.store import campaign_phases
from mobilesasa.store.campaign_keeping import forget, let_go_of_texts
from tests.store.campaigns import add_campaign, found, queued, row
from tests.store.given import add_team, one, rows, wrong

pytestmark = pytest.mark.each_postgres

AGED = "UPDATE campaign SET finished_at = finished_at - make_interval(days => %(days)s) WHERE uuid = %(u)s"
TEXTS = "SELECT count(text) FROM campaign_recipient"


def ended(txn, team, days):
    """A campaign to three people, each with a text of their own, that ended so many days ago."""
    name = add_campaign(txn, team, *(row(n, text=f"Hi {n}") for n in range(1, 4)))
    queued(txn, name)
    txn.execute(AGED, {"days": days, "u": name})
    return name


def test_texts_go_in_pieces_when_their_days_are_over_and_the_campaign_s_own_with_the_last(txn):
    team = add_team(txn)
    name = ended(txn, team, 31)
    assert let_go_of_texts(txn, 30, limit=2)
    assert (one(txn, TEXTS), found(txn, team, name).message) == (1, "Sale!")
    assert let_go_of_texts(txn, 30, limit=2)
    assert (one(txn, TEXTS), found(txn, team, name).message) == (0, None)
    assert one(txn, "SELECT text FROM campaign") is None
    assert not let_go_of_texts(txn, 30, limit=2)
    assert wrong(txn, "configured") == []


@pytest.mark.parametrize(
    ("default_days", "own_days", "kept"), [(0, None, True), (30, 60, True), (90, 20, False), (32, None, True)]
)
def test_a_team_s_own_days_go_before_the_node_s(txn, default_days, own_days, kept):
    team = add_team(txn)
    txn.execute("UPDATE team SET text_days = %(days)s WHERE id = %(team)s", {"days": own_days, "team": team})
    ended(txn, team, 31)
    assert let_go_of_texts(txn, default_days) is not kept


def test_the_text_of_one_that_has_not_ended_is_needed(txn):
    team = add_team(txn)
    name = add_campaign(txn, team, row(1, text="Hi"))
    txn.execute(
        "UPDATE campaign SET armed_at = armed_at - interval '1 year', created_at = created_at - interval '1 year'"
    )
    assert not let_go_of_texts(txn, 1)
    campaign_phases.cancel(txn, NODE, team, name)
    txn.execute(AGED, {"days": 2, "u": name})
    assert let_go_of_texts(txn, 1)


def test_recipients_go_in_pieces_when_their_days_are_over(txn):
    team = add_team(txn)
    old, young = ended(txn, team, 91), ended(txn, team, 89)
    assert forget(txn, limit=2)
    assert forget(txn, limit=2)
    assert not forget(txn, limit=2)
    assert rows(txn, "SELECT DISTINCT campaign_id FROM campaign_recipient") == [(found(txn, team, young).id,)]
    assert found(txn, team, old).queued == 3
    assert wrong(txn, "configured") == []
