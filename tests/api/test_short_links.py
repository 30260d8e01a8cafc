"""The door of short links: what it leads to, what it counts, and what it answers besides."""

import pytest

from mobilesasa.api.guard import NOTHING_RUNS
from mobilesasa.api.links import UNKNOWN_MAX, location
from mobilesasa.campaigns.clicks import Led
from mobilesasa.core.errors import Overloaded, StoreAway
from tests.api.rig import NOW_MS, Rig

CODE = "7fKq2mXa"
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 Version/18.1 Mobile/15E148 Safari/604.1"


@pytest.fixture
def rig():
    made = Rig(link_base="https://go.example.com")
    made.link_book.led[CODE] = Led(1, 17, ("https://shop.example.com/may?a=1&b=2", "https://b.example"), NOW_MS + 1)
    return made


def follow(rig, path, method="GET", host="go.example.com", **headers):
    return rig.begin(method, path, Host=host, **({"User-Agent": IPHONE} | headers)).reply(method)


def test_a_short_link_leads_on_and_is_counted(rig):
    reply = follow(rig, f"/{CODE}1")
    assert (reply.status, reply.headers["location"]) == (302, "https://shop.example.com/may?a=1&b=2")
    assert rig.link_book.seen == [(17, 1, False, NOW_MS)]


def test_the_number_says_which_link_and_none_is_the_first(rig):
    assert follow(rig, f"/{CODE}2").headers["location"] == "https://b.example"
    assert follow(rig, f"/{CODE}").headers["location"] == "https://shop.example.com/may?a=1&b=2"
    assert [link for _, link, _, _ in rig.link_book.seen] == [2, 1]


def test_nothing_of_an_answer_is_kept_shown_in_frames_or_told_to_where_it_leads(rig):
    headers = follow(rig, f"/{CODE}1").headers
    assert headers["cache-control"] == "no-store"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["x-robots-tag"] == "noindex, nofollow"
    assert headers["content-security-policy"] == NOTHING_RUNS.decode()
    assert "server" not in headers


def test_what_stands_in_the_address_leads_nowhere_else(rig):
    reply = follow(rig, f"/{CODE}1?url=https://evil.example&next=//evil.example")
    assert "evil" not in reply.headers["location"] + reply.octets.decode()
    assert follow(rig, "//evil.example/").status == 404


def test_the_head_of_a_link_is_a_preview_and_has_no_body(rig):
    reply = follow(rig, f"/{CODE}1", "HEAD")
    assert (reply.status, reply.octets) == (302, b"")
    assert rig.link_book.seen == [(17, 1, True, NOW_MS)]


@pytest.mark.parametrize(
    "headers", [{"User_Agent": "WhatsApp/2.23"}, {"Sec_Purpose": "prefetch"}, {"X_Purpose": "preview"}]
)
def test_a_program_that_looks_at_a_link_is_a_preview(rig, headers):
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    assert follow(rig, f"/{CODE}1", **given).status == 302
    assert [preview for _, _, preview, _ in rig.link_book.seen] == [True]


def test_a_code_that_nobody_has_is_a_page_for_people(rig):
    reply = follow(rig, "/7fKq2mXz")
    assert (reply.status, reply.headers["content-type"]) == (404, "text/html; charset=utf-8")
    assert b"This link leads nowhere" in reply.octets
    assert b"<script" not in reply.octets
    assert rig.link_book.seen == []


def test_a_link_that_the_text_does_not_have_is_not_there(rig):
    assert [follow(rig, f"/{CODE}{n}").status for n in (0, 3)] == [404, 404]
    assert rig.link_book.seen == []


def test_an_expired_link_leads_nowhere_and_is_not_counted(rig):
    rig.now_ms = NOW_MS + 1
    reply = follow(rig, f"/{CODE}1")
    assert reply.status == 410
    assert b"has expired" in reply.octets
    assert "location" not in reply.headers
    assert rig.link_book.seen == []


@pytest.mark.parametrize("wrong", [StoreAway("away"), Overloaded("too many")])
def test_while_nothing_can_be_looked_up_people_are_asked_to_come_again(rig, wrong):
    rig.link_book.wrong = wrong
    reply = follow(rig, f"/{CODE}1")
    assert (reply.status, reply.headers["retry-after"]) == (503, "5")


def test_a_defect_of_ours_is_answered_and_logged_once(rig, flush_logged):
    rig.link_book.wrong = ZeroDivisionError("ours")
    assert follow(rig, f"/{CODE}1").status == 500
    assert len(flush_logged(ZeroDivisionError)) == 1


def test_other_methods_are_not_taken(rig):
    reply = follow(rig, f"/{CODE}1", "POST")
    assert (reply.status, reply.headers["allow"]) == (405, "GET, HEAD")
    assert rig.link_book.asked == []


def test_what_cannot_be_a_code_is_not_looked_up(rig):
    assert follow(rig, "/favicon.ico").status == 404
    assert rig.link_book.asked == []


def test_robots_are_asked_to_stay_away(rig):
    reply = follow(rig, "/robots.txt")
    assert (reply.status, reply.octets) == (200, b"User-agent: *\nDisallow: /\n")


def test_an_address_that_tries_codes_is_told_to_wait_and_links_that_are_there_go_on(rig):
    for _ in range(UNKNOWN_MAX):
        assert follow(rig, "/7fKq2mXz").status == 404
    blocked = follow(rig, "/7fKq2mXz")
    assert (blocked.status, blocked.headers["retry-after"]) == (429, "60")
    assert follow(rig, f"/{CODE}1").status == 302
    elsewhere = rig.begin("GET", "/7fKq2mXz", host="192.0.2.8", Host="go.example.com")
    assert elsewhere.reply().status == 404
    rig.clock.advance(60)
    assert follow(rig, "/7fKq2mXz").status == 404


@pytest.mark.parametrize("host", ["go.example.com", "GO.example.com:443", "go.example.com."])
def test_the_host_of_short_links_serves_nothing_else(rig, host):
    assert follow(rig, "/api/v1/account", host=host).headers["content-type"].startswith("text/html")
    assert follow(rig, f"/{CODE}1", host=host).status == 302


def test_another_host_serves_no_short_links(rig):
    assert follow(rig, f"/{CODE}1", host="api.example.com").status == 404
    assert rig.link_book.asked == []


def test_below_a_path_the_rest_of_the_host_is_the_api():
    rig = Rig(link_base="https://example.com/go")
    rig.link_book.led[CODE] = Led(1, 17, ("https://b.example",), None)
    assert follow(rig, f"/go/{CODE}", host="example.com").status == 302
    assert follow(rig, f"/go/{CODE}2", host="example.com").status == 404
    assert follow(rig, f"/{CODE}", host="example.com").body["code"] == "no_such_route"
    assert follow(rig, "/healthz", host="example.com").status == 200


@pytest.mark.parametrize("more", [{}, {"link_base": "https://go.example.com", "serves_api": False}])
def test_without_an_address_or_the_api_there_are_no_short_links(more):
    rig = Rig(**more)
    assert follow(rig, f"/{CODE}1").status == 404
    assert rig.link_book.asked == []


@pytest.mark.parametrize(
    ("url", "written"),
    [
        ("https://a.example/x?y=1#z", b"https://a.example/x?y=1#z"),
        ("https://a.example/caf\u00e9?q=\u20ac%20", b"https://a.example/caf%C3%A9?q=%E2%82%AC%20"),
        ("https://b\u00fccher.example/x", b"https://xn--bcher-kva.example/x"),
        ("https://a.example/x\r\nSet-Cookie: a=b", b"https://a.example/xSet-Cookie:%20a=b"),
        ("https://" + "\u00fc" * 80 + ".example/", b"https://" + b"%C3%BC" * 80 + b".example/"),
        ("HTTP://A.example", b"http://A.example"),
    ],
)  # fmt: skip
def test_a_header_has_a_url_in_ascii(url, written):
    assert location(url) == written
