"""What goes wrong on a platform and who runs it mends, in a real browser: dead letters, a lost node, a month that is held up.

Nothing is made up: the bodies are dead letters of a real RabbitMQ, a process is killed, a month is as old as it says.
"""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from mobilesasa.queue.envelope import write_body
from tests.browser.desk import Desk
from tests.browser.office import row, told
from tests.browser.site import Site
from tests.browser.troubled import LOST, STAYS, Troubled, troubled
from tests.postgres import Servers
from tests.rabbitmq import RabbitMQ

NAMED = ["019e1655-2680-7d21-9a3b-0c5d7e8f9a10", "019e1655-2680-7d21-9a3b-0c5d7e8f9a11"]


@pytest.fixture(scope="module")
def platform(postgres_servers: Servers, rabbitmq: RabbitMQ) -> Iterator[Troubled]:
    """Two nodes, of which one may be lost."""
    postgres = postgres_servers.get("wheel")
    dsn = postgres.make("troubled", postgres.template)
    rabbitmq.start()
    rabbitmq.add_vhost("troubled")
    with troubled(dsn, rabbitmq.url("troubled")) as made:
        yield made
    rabbitmq.delete_vhost("troubled")
    postgres.drop(dsn)


@pytest.fixture(scope="module")
def site(platform: Troubled) -> Site:
    """The node that stays."""
    return platform.site


@pytest.fixture
def office(desk: Desk) -> Desk:
    """A desk at which somebody who administers the platform has logged in."""
    return desk.log_in("platform")


def test_a_month_that_is_held_up_says_by_what(office: Desk, platform: Troubled) -> None:
    month = platform.hold_a_month_up()
    page = office.open("/admin/nodes?tab=retention")
    expect(page.get_by_text("Messages are kept for 2 full months")).to_be_visible()
    expect(row(page, month)).to_contain_text("Held up")
    expect(row(page, month)).to_contain_text("2 campaigns have not ended")
    office.looks("admin-retention")


def test_dead_letters_are_seen_and_sent_back(office: Desk, platform: Troubled) -> None:
    platform.make_dead_letters(write_body(NAMED))
    page = office.open("/admin")
    expect(page.get_by_text("2 dead letters")).to_be_visible()
    page.get_by_role("link", name="Look: 2 dead letters").click()
    vain = row(page, "delivered in vain too often")
    expect(vain).to_contain_text(NAMED[0])
    expect(vain).to_contain_text(platform.lane())
    expect(row(page, "it is no JSON")).to_be_visible()
    office.looks("admin-dead-letters")
    page.get_by_role("button", name="Send back").click()
    dialog = page.get_by_role("dialog", name="Send dead letters back to their lanes?")
    expect(dialog).to_contain_text("messages that were sent meanwhile are not sent again")
    expect(dialog.get_by_label("How many")).to_have_value("2")
    dialog.get_by_role("button", name="Send back").click()
    told(page, re.compile("^1 is back in its lane.*; 1 cannot be read"))
    expect(vain).to_have_count(0)
    expect(row(page, "it is no JSON")).to_be_visible()


def test_a_node_that_went_without_a_word_is_named_until_it_is_back(office: Desk, platform: Troubled) -> None:
    platform.lose()
    page = office.open("/admin")
    expect(page.get_by_text("1 process went without a word")).to_be_visible()
    office.looks("admin-home-trouble")
    page.get_by_role("link", name=re.compile("^Look: 1 process")).click()
    expect(row(page, LOST)).to_contain_text("Gone without a word")
    expect(row(page, STAYS)).to_contain_text("Running")
    office.looks("admin-nodes")
    platform.other.start()
    expect(row(page, LOST).filter(has_text="Running")).to_be_visible()
    expect(row(page, LOST).filter(has_text="Gone without a word")).to_be_visible()
    office.open("/admin")
    expect(page.get_by_text("1 dead letter", exact=True)).to_be_visible()  # what else is wrong is named
    expect(page.get_by_text("went without a word")).to_have_count(0)
    assert [each["lost"] for each in platform.nodes(LOST)] == [False, True]
