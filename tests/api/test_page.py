"""The reference as a page: whole, well-formed, and without anything that is not ours."""

import gzip
import re
import subprocess
from html.parser import HTMLParser
from importlib.resources import files

import pytest

from mobilesasa.api.reference.made import Made
from mobilesasa.api.reference.markup import bounds_of, inline, kind_of, prose
from mobilesasa.api.root import make_app
from mobilesasa.core.hooks import EVENTS
from tests.api.rig import Rig
from tests.clients.foreign import program

TABLE = make_app(Rig().node)[1]
PAGE = Made(TABLE).page
STATIC = files("mobilesasa.api.reference") / "static"
EMPTY = {"meta", "link", "input", "br"}


@pytest.fixture(scope="module")
def rig():
    """One for all: the page is made once, and nothing here changes anything."""
    return Rig()


class Outline(HTMLParser):
    """What a page has: its tags, whether each is closed in order, its names and what it links to."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.odd: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        if tag not in EMPTY:
            self.open.append(tag)
        if "id" in given:
            self.ids.append(given["id"])
        self.links += [given[name] for name in ("href", "src") if name in given]
        self.odd += [name for name in given if name == "style" or name.startswith("on")]

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] in ("script", "style") and data.strip():
            self.odd.append(data)


OUTLINE = Outline(PAGE)


def test_the_page_is_well_formed_and_each_name_stands_once():
    assert OUTLINE.open == []
    assert len(OUTLINE.ids) == len({*OUTLINE.ids})


def test_its_links_lead_somewhere_and_it_loads_nothing_from_elsewhere():
    inside = {link[1:] for link in OUTLINE.links if link.startswith("#")}
    assert inside <= {*OUTLINE.ids}
    loaded = re.findall(r'<(?:script|link|img|iframe)[^>]*(?:src|href)="([^"]+)"', PAGE)
    assert loaded == ["/docs/reference.css", "/docs/reference.js"]


def test_it_has_neither_styles_nor_scripts_of_its_own():
    assert OUTLINE.odd == []


@pytest.mark.parametrize("path", ["/docs", "/docs/"])
def test_the_page_shows_every_route_with_the_address_of_the_node(rig, path):
    reply = rig.ask("GET", path)
    page = reply.octets.decode()
    assert reply.headers["content-type"] == "text/html; charset=utf-8"
    for row in TABLE:
        assert f"<code>{row.method} /api/v1{row.path}</code>" in page
    assert "curl -X POST http://localhost:8080/api/v1/messages" in page
    assert "<code>localhost</code>" in page  # for SMPP
    assert "yourdomain" not in page


def test_the_page_shows_the_host_of_smpp_that_is_set(rig):
    rig.smpp_grants.named = "smpp.example.com"
    page = rig.ask("GET", "/docs").octets.decode()
    assert "<code>smpp.example.com</code>" in page
    assert "curl -X POST http://localhost:8080/api/v1/messages" in page


def test_a_browser_lets_the_page_do_no_more_than_its_own_files_do(rig):
    policy = rig.ask("GET", "/docs").headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'")
    assert "unsafe" not in policy


@pytest.mark.parametrize("host", ['"><script>', "a b", ""])
def test_a_host_that_is_none_is_not_shown(rig, host):
    page = rig.ask("GET", "/docs", Host=host).octets
    assert b"https://api.yourdomain.com" in page
    assert page.count(b"<script") == 1


@pytest.mark.parametrize("host", ["[2001:db8::1]:8080", "[2001:db8::1]", "api.example"])
def test_a_host_of_any_kind_stands_in_the_examples(rig, host):
    page = rig.ask("GET", "/docs", Host=host).octets.decode()
    assert f"http://{host}/api/v1/messages" in page


@pytest.mark.parametrize(("name", "kind"), [("reference.css", "text/css"), ("reference.js", "text/javascript")])
def test_its_files_are_served_packed_and_only_once(rig, name, kind):
    first = rig.ask("GET", f"/docs/{name}", Accept_Encoding="gzip")
    assert first.headers["content-type"] == f"{kind}; charset=utf-8"
    assert gzip.decompress(first.octets) == (STATIC / name).read_bytes()
    assert rig.ask("GET", f"/docs/{name}", If_None_Match=first.headers["etag"]).status == 304
    assert rig.ask("GET", f"/docs/{name}").octets == (STATIC / name).read_bytes()
    assert rig.ask("GET", f"/docs/{name}/x").refusal == (404, "no_such_route")


def test_what_has_not_changed_is_not_sent_again(rig):
    tag = rig.ask("GET", "/docs").headers["etag"]
    assert rig.ask("GET", "/docs", If_None_Match=tag).status == 304
    assert rig.ask("GET", "/docs", If_None_Match=tag, Host="other").status == 200


def test_it_says_which_fields_are_required_and_which_words_are_taken():
    assert '<code>to</code> <span class="kind">string</span> <b>required</b>' in PAGE
    assert "default <code>20</code>" in PAGE
    assert "<code>queued</code>, <code>sent</code>, <code>delivered</code>, <code>failed</code>" in PAGE


def test_it_has_the_public_tables_the_smpp_guide_and_every_event():
    for words in ("insufficient_units", "expired_unsent", "Enquire link interval", "stat:DELIVRD", *EVENTS):
        assert words in PAGE
    assert "<!-- " not in PAGE


def test_text_is_never_taken_for_html():
    assert inline("a <b> & `x < y`") == "a &lt;b&gt; &amp; <code>x &lt; y</code>"
    assert prose("One.\n\n- a\n- b\n  more") == "<p>One.</p>\n<ul><li>a</li><li>b\n  more</li></ul>"


def test_kinds_and_bounds_are_in_words():
    named = {"Inner": {"type": "object"}}
    assert kind_of({"type": "array", "items": {"type": "string"}}, {}) == "array of strings"
    assert kind_of({"anyOf": [{"$ref": "#/components/schemas/Inner"}, {"type": "null"}]}, named) == "object or null"
    assert kind_of({"type": ["string", "null"], "format": "date-time"}, {}) == "ISO 8601 or null"
    assert kind_of({"const": "x"}, {}) == "string"
    assert kind_of({}, {}) == "any"
    assert bounds_of({"minimum": 1, "maximum": 5, "default": True}) == " (1 to 5; default `true`)"
    assert bounds_of({}) == ""


JAVASCRIPT = """
import { addressOf, has, pretty } from "FILE";
const found = [
  addressOf("/groups/{uuid}/contacts/{phone}", { uuid: "a/b", phone: "+254" }, { page: "", q: "a b&c" }),
  addressOf("/account", {}, {}),
  has("Send a Message", ["send", "mess"]), has("Send", ["no"]),
  pretty('{"a":1}'), pretty("<b>"),
];
console.log(JSON.stringify(found));
"""


def test_the_script_reads_as_javascript_and_its_parts_do_as_they_say(tmp_path):
    (tmp_path / "reference.mjs").write_text((STATIC / "reference.js").read_text())
    (tmp_path / "asked.mjs").write_text(JAVASCRIPT.replace("FILE", "./reference.mjs"))
    ran = subprocess.run([program("node"), tmp_path / "asked.mjs"], capture_output=True, text=True, timeout=30)
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.strip() == (
        '["/api/v1/groups/a%2Fb/contacts/%2B254?q=a+b%26c","/api/v1/account",true,false,"{\\n  \\"a\\": 1\\n}","<b>"]'
    )
