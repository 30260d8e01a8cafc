"""Short links in the store: where they lead, who followed them, and what their team sees."""

import pytest
import pytest_twisted
from twisted.internet import reactor

from mobilesasa.campaigns.clicks import Clicks, Followed, Led, LinkClicks, RecipientClicks
from mobilesasa.core.errors import NotFound, StoreAway
from mobilesasa.store import campaign_keeping, campaign_links, campaign_sums
from mobilesasa.store.campaign_links import LinkCounts
from mobilesasa.store.database import Database
from tests.store.campaigning import give_campaign, give_recipients
from tests.store.given import NOW_MS, add_team, one, rows

URLS = ("https://shop.example.com/may?a=1", "https://b.example")
DAY_MS = 86_400_000


@pytest.fixture
def campaign(txn, team):
    """A campaign of three recipients, with two links."""
    made = give_campaign(txn, team, name="May")
    give_recipients(txn, made.id, ("254712345678", "code1aaa"), ("254712345679", "code2aaa"), ("erased-0a1b2c", None))
    campaign_links.keep(txn, made.id, URLS, NOW_MS + DAY_MS)
    return made


def write(txn, campaign, *followed):
    campaign_links.write(txn, [Followed(campaign.id, *each) for each in followed])


def clicked(txn, campaign, team, link_n=None, after=(0, 0), limit=100, offset=0):
    return campaign_links.clicked(txn, team, campaign.uuid, link_n, after, limit, offset)


def test_a_code_is_found_with_the_links_of_its_campaign_in_the_order_of_the_text(txn, campaign):
    found = campaign_links.find(txn, ["code1aaa", "unknown0", "code2aaa"])
    assert found == {
        "code1aaa": Led(campaign.id, 1, URLS, NOW_MS + DAY_MS),
        "code2aaa": Led(campaign.id, 2, URLS, NOW_MS + DAY_MS),
    }


def test_a_code_of_a_campaign_without_links_leads_nowhere(txn, team):
    other = give_campaign(txn, team)
    give_recipients(txn, other.id, ("254712345678", "code9aaa"))
    assert campaign_links.find(txn, ["code9aaa"]) == {}


def test_a_code_is_looked_up_by_its_index(txn, campaign):
    txn.execute("SET LOCAL enable_seqscan = off")
    plan = "\n".join(line for (line,) in rows(txn, f"EXPLAIN {campaign_links.FIND}", codes=["code1aaa"]))
    assert "campaign_recipient_of_code" in plan
    assert "campaign_link_pkey" in plan


def test_clicks_are_added_to_those_before(txn, campaign, team):
    write(txn, campaign, (1, 1, 2, 1, NOW_MS, NOW_MS + 2000), (2, 1, 1, 0, NOW_MS, NOW_MS))
    write(txn, campaign, (1, 1, 1, 0, NOW_MS - 1000, NOW_MS - 1000), (1, 2, 0, 1, NOW_MS, NOW_MS))
    assert clicked(txn, campaign, team) == [
        RecipientClicks(1, "254712345678", 1, 3, 1, NOW_MS - 1000, NOW_MS + 2000),
        RecipientClicks(2, "254712345679", 1, 1, 0, NOW_MS, NOW_MS),
    ]
    assert campaign_links.of_campaign(txn, team, campaign.uuid) == [
        LinkClicks(1, URLS[0], NOW_MS + DAY_MS, 2, 4, 1),
        LinkClicks(2, URLS[1], NOW_MS + DAY_MS, 0, 0, 1),
    ]
    assert campaign_links.totals(txn, campaign.id) == (2, 4, 2)


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_the_time_of_a_click_is_not_that_of_a_preview(txn, campaign, team, order):
    seen = [(1, 1, 0, 1, NOW_MS, NOW_MS + 9000), (1, 1, 1, 0, NOW_MS + 3000, NOW_MS + 3000)]
    for place in order:
        write(txn, campaign, seen[place])
    assert clicked(txn, campaign, team) == [RecipientClicks(1, "254712345678", 1, 1, 1, NOW_MS + 3000, NOW_MS + 3000)]


def test_two_previews_are_no_click(txn, campaign, team):
    write(txn, campaign, (1, 1, 0, 1, NOW_MS, NOW_MS))
    write(txn, campaign, (1, 1, 0, 1, NOW_MS - 5, NOW_MS + 5))
    assert clicked(txn, campaign, team) == []
    assert campaign_links.totals(txn, campaign.id) == (0, 0, 2)


def test_clicks_on_a_link_that_is_gone_are_dropped_and_hold_up_no_others(txn, campaign):
    write(txn, campaign, (1, 1, 1, 0, NOW_MS, NOW_MS), (1, 3, 1, 0, NOW_MS, NOW_MS))
    campaign_links.write(txn, [Followed(0, 1, 1, 1, 0, NOW_MS, NOW_MS)])
    assert campaign_links.totals(txn, campaign.id) == (1, 1, 0)


def test_who_was_forgotten_is_shown_without_a_number(txn, campaign, team):
    write(txn, campaign, (3, 1, 1, 0, NOW_MS, NOW_MS))
    assert [row.phone for row in clicked(txn, campaign, team)] == [None]


def test_clicks_outlast_the_recipients(txn, campaign, team):
    write(txn, campaign, (1, 1, 1, 0, NOW_MS, NOW_MS))
    txn.execute("DELETE FROM campaign_recipient WHERE campaign_id = %s", (campaign.id,))
    assert [row.phone for row in clicked(txn, campaign, team)] == [None]


def test_clicks_are_listed_in_pieces_and_by_link(txn, campaign, team):
    write(txn, campaign, *((n, link, 1, 0, NOW_MS, NOW_MS) for n in (1, 2) for link in (1, 2)))
    keys = [(row.recipient_n, row.link_n) for row in clicked(txn, campaign, team, after=(1, 1), limit=2)]
    assert keys == [(1, 2), (2, 1)]
    assert [row.recipient_n for row in clicked(txn, campaign, team, link_n=2, offset=1)] == [2]
    assert campaign_links.count(txn, team, campaign.uuid, None) == (4, False)
    assert campaign_links.count(txn, team, campaign.uuid, 2) == (2, False)


def test_many_clicks_are_estimated(txn, campaign, team):
    write(txn, campaign, *((n, 1, 1, 0, NOW_MS, NOW_MS) for n in (1, 2, 3)))
    total, estimated = campaign_links.count(txn, team, campaign.uuid, None, counted=1)
    assert (total >= 2, estimated) == (True, True)


@pytest.mark.parametrize("uuid", ["no uuid", "ca000000-0000-4000-8000-00000000ffff", None])
def test_the_links_of_another_teams_campaign_are_not_there(txn, campaign, uuid):
    other, asked = add_team(txn), uuid or campaign.uuid
    with pytest.raises(NotFound):
        campaign_links.of_campaign(txn, other, asked)
    with pytest.raises(NotFound):
        campaign_links.clicked(txn, other, asked, None, (0, 0), 10, 0)
    with pytest.raises(NotFound):
        campaign_links.count(txn, other, asked, None)


class Away:
    """A store that is away until it is told to come back."""

    def __init__(self):
        self.away, self.written = True, []

    async def run(self, name, function, followed):
        if self.away:
            raise StoreAway("away")
        self.written.append(followed)


@pytest_twisted.ensureDeferred
async def test_clicks_stay_gathered_while_the_store_is_away():
    store, gathered = Away(), Clicks()
    await campaign_links.write_gathered(store, gathered)
    gathered.seen(Led(1, 1, URLS, None), 1, preview=False, at_ms=NOW_MS)
    with pytest.raises(StoreAway):
        await campaign_links.write_gathered(store, gathered)
    store.away = False
    await campaign_links.write_gathered(store, gathered)
    assert store.written == [[Followed(1, 1, 1, 1, 0, NOW_MS, NOW_MS)]]


@pytest_twisted.ensureDeferred
async def test_the_api_asks_by_the_pool(database_dsn):
    database = Database(reactor, database_dsn)
    await database.start()
    try:
        team = await database.run("test", add_team)
        made = await database.run("test", give_campaign, team)
        await database.run("test", lambda txn: campaign_links.keep(txn, made.id, URLS, NOW_MS))
        counts = LinkCounts(database)
        assert [link.url for link in await counts.of_campaign(team, made.uuid)] == list(URLS)
        assert await counts.clicked(team, made.uuid, None, after=(0, 0), limit=10, offset=0) == []
        assert await counts.count(team, made.uuid, 1) == (0, False)
    finally:
        await database.close()


def test_an_expiry_is_kept_to_the_millisecond(txn, campaign):
    kept = one(
        txn,
        "SELECT min(extract(epoch FROM expires_at) * 1000)::bigint FROM campaign_link WHERE campaign_id = %(id)s",
        id=campaign.id,
    )
    assert kept == NOW_MS + DAY_MS


def test_clicks_are_added_up_when_the_recipients_have_gone(txn, campaign, team):
    write(
        txn,
        campaign,
        (1, 1, 2, 1, NOW_MS, NOW_MS),
        (1, 2, 1, 0, NOW_MS, NOW_MS),
        (2, 2, 3, 0, NOW_MS, NOW_MS),
        (3, 1, 0, 4, NOW_MS, NOW_MS),
    )
    shown = campaign_links.of_campaign(txn, team, campaign.uuid)
    totals = campaign_links.totals(txn, campaign.id)
    ended = "UPDATE campaign SET phase = 'completed', finished_at = now() - interval '91 days' WHERE id = %(id)s"
    assert not campaign_keeping.forget(txn)
    txn.execute(ended, {"id": campaign.id})
    times = 1
    while campaign_keeping.forget(txn, limit=1):
        times += 1
        assert campaign_links.totals(txn, campaign.id) == totals
        assert campaign_links.of_campaign(txn, team, campaign.uuid) == shown
    assert times == 3 + 3 + 1  # recipients, those who clicked, and nothing
    assert clicked(txn, campaign, team) == []
    assert one(txn, "SELECT count(*) FROM campaign_click") == 0
    txn.execute(campaign_sums.CLICKS, {"ids": [campaign.id]})
    assert txn.fetchall() == [(campaign.id, 6)]
