"""Short links as they are asked for, and what is counted of that."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mobilesasa.campaigns.clicks import Clicks, Followed, Led, is_preview, read_path
from mobilesasa.campaigns.links import new_code, short_url

LED = Led(7, 3, ("https://a.example", "https://b.example"), None)
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 Version/18.1 Mobile/15E148 Safari/604.1"
CUBOT = "Mozilla/5.0 (Linux; Android 12; CUBOT P60) AppleWebKit/537.36 Chrome/118.0 Mobile Safari/537.36"
FACEBOOK_APP = (
    "Mozilla/5.0 (Linux; Android 14; SM-A155F; wv) Chrome/130.0 Mobile Safari/537.36 [FB_IAB/FB4A;FBAV/490.0]"
)


@given(st.integers(0, 58**8 - 1), st.integers(1, 99), st.integers(1, 99))
def test_what_a_short_url_names_is_read_from_it(number, n, of):
    code = new_code(lambda _: number)
    path = short_url("https://go.example", code, n, of).removeprefix("https://go.example/")
    assert read_path(path) == (code, n if of > 1 else 1)


@pytest.mark.parametrize("written", ["7fKq2mXa2.", "7fKq2mXa2)", "7fKq2mXa2/", "7fKq2mXa2?!", "7fKq2mXa2%"])
def test_signs_of_the_sentence_around_a_link_are_read_over(written):
    assert read_path(written) == ("7fKq2mXa", 2)


@pytest.mark.parametrize(
    "path",
    ["", "7fKq2mX", "0fKq2mXa", "7fKq2mXaB", "7fKq2mXa123", "robots.txt", "7fKq2mXa/x", "7fKq2mXa2\n.x", "é" * 8],
)
def test_other_paths_name_no_link(path):
    assert read_path(path) is None


@pytest.mark.parametrize("agent", [IPHONE, CUBOT, FACEBOOK_APP])
def test_browsers_of_people_are_no_previews(agent):
    assert not is_preview("GET", agent, "")


@pytest.mark.parametrize(
    "agent",
    [
        "WhatsApp/2.23.20.0", "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)", "Twitterbot/1.0",
        "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)", "TelegramBot (like TwitterBot)",
        "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", "Mozilla/5.0 (compatible; bingbot/2.0)",
        "Mozilla/5.0 (Macintosh) AppleWebKit/601.2.4 Safari/601.2.4 facebookexternalhit/1.1 Facebot Twitterbot/1.0",
        "Mozilla/5.0 (Macintosh) Safari/600.2.5 (Applebot/0.1)", "SkypeUriPreview Preview/0.5", "curl/8.5.0", "python-requests/2.32",
        "",
    ],
)  # fmt: skip
def test_programs_that_look_at_links_are_previews(agent):
    assert is_preview("GET", agent, "")


def test_whoever_asks_for_the_head_alone_is_a_preview():
    assert is_preview("HEAD", IPHONE, "")


@pytest.mark.parametrize("purpose", ["prefetch", "prefetch;prerender", "Preview"])
def test_a_browser_that_fetches_ahead_is_a_preview(purpose):
    assert is_preview("GET", IPHONE, purpose)


def test_clicks_and_previews_are_counted_apart_by_recipient_and_link():
    clicks = Clicks()
    clicks.seen(LED, 1, preview=True, at_ms=100)
    clicks.seen(LED, 1, preview=False, at_ms=200)
    clicks.seen(LED, 1, preview=False, at_ms=300)
    clicks.seen(LED, 1, preview=True, at_ms=400)
    clicks.seen(LED, 2, preview=True, at_ms=500)
    assert clicks.take() == [Followed(7, 3, 1, 2, 2, 200, 300), Followed(7, 3, 2, 0, 1, 500, 500)]
    assert clicks.take() == []


def test_what_was_put_back_is_added_to_what_came_meanwhile():
    clicks = Clicks()
    clicks.seen(LED, 1, preview=False, at_ms=100)
    taken = clicks.take()
    clicks.seen(LED, 1, preview=False, at_ms=200)
    clicks.put_back(taken)
    assert clicks.take() == [Followed(7, 3, 1, 2, 0, 100, 200)]


def test_of_more_links_than_are_remembered_the_rest_is_not_counted():
    clicks = Clicks(most=1)
    clicks.seen(LED, 1, preview=False, at_ms=100)
    clicks.seen(LED, 2, preview=False, at_ms=100)
    clicks.seen(LED, 1, preview=False, at_ms=200)
    assert clicks.take() == [Followed(7, 3, 1, 2, 0, 100, 200)]


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 1000)), min_size=1), st.integers(0, 100))
def test_it_does_not_matter_when_what_is_gathered_was_taken_and_put_back(seen, cut):
    whole, split = Clicks(), Clicks()
    for place, (preview, at_ms) in enumerate(seen):
        whole.seen(LED, 1, preview, at_ms)
        split.seen(LED, 1, preview, at_ms)
        if place == cut:
            split.put_back(split.take())
    assert whole.take() == split.take()
