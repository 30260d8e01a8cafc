"""The dashboard as it is served: one document, files that are kept for good, and a policy that lets nothing else run."""

import gzip
import re
from base64 import b64encode
from hashlib import sha256
from html.parser import HTMLParser

import pytest
from twisted.web.resource import Resource

from mobilesasa import dashboard
from mobilesasa.api.dashboard import Built, add_dashboard, built, imported, kind_of, reached
from mobilesasa.api.ports import WebLimits
from mobilesasa.api.root import Folder
from mobilesasa.api.site import ApiSite
from tests.api.rig import Rig

INDEX = """<!doctype html>
<link rel="stylesheet" href="{static}/style.css">
<script type="importmap">{"imports": {"lib": "{static}/vendor/lib.js"}}</script>
<!-- preload -->
<script type="module" src="{static}/main.js"></script>
"""
SMALL = {
    "index.html": INDEX.encode(),
    "main.js": b"// Begins.\nimport { a } from './parts/a.js';\nimport('./pages/p.js');\n",
    "parts/a.js": b"/** A part. */\nimport lib, { more } from 'lib';\nimport './b.js';\nexport { c } from './c.js';\n",
    "parts/b.js": b"export const text = `\nimport x from './none.js';\n`;\n",
    "parts/c.js": b"import './a.js';\n",
    "pages/p.js": b"import '../parts/a.js';\n",
    "style/20-second.css": b"b{}",
    "style/10-first.css": b"a{}",
    "vendor/lib.js": b'import{x}from"./lib2.js";import"./lib2.js";export*from"./lib2.js";',
    "vendor/lib2.js": b"let x;",
    "vendor/LICENSE-lib": b"MIT",
}
FIRST_VIEW = ["main.js", "parts/a.js", "vendor/lib.js", "parts/b.js", "parts/c.js", "vendor/lib2.js"]


@pytest.fixture(scope="module")
def rig():
    """One for all: nothing here changes anything."""
    return Rig()


@pytest.fixture(scope="module")
def small():
    """The same server over a few files of which all is known."""
    rig = Rig()
    root: Resource = Folder()
    add_dashboard(root, Built(SMALL))
    rig.site = ApiSite(root, rig.clock, WebLimits(), lambda: "request-1")
    return rig


FOLDER = Built(SMALL).folder


@pytest.mark.parametrize(
    "path", ["/", "/app", "/app/", "/app/messages", "/app/messages/a%2Fb/c", "/app/..", "/?team=x"]
)
def test_the_document_is_at_the_root_and_at_every_path_of_the_dashboard(rig, path):
    reply = rig.ask("GET", path)
    assert reply.status == 200
    assert reply.headers["content-type"] == "text/html; charset=utf-8"
    assert reply.headers["cache-control"] == "no-cache"
    assert reply.octets == rig.ask("GET", "/").octets


@pytest.mark.parametrize("path", ["/index.html", "/apps", "/main.js", "/static", "/static/", "/style.css", "//x"])
def test_elsewhere_there_is_nothing(rig, path):
    assert rig.ask("GET", path).refusal == (404, "no_such_route")


def test_the_reference_keeps_its_place(rig):
    assert b"<title>REST API v1: reference</title>" in rig.ask("GET", "/docs").octets


def test_a_browser_lets_the_document_do_no_more_than_its_files_and_its_import_map_do(small):
    reply = small.ask("GET", "/")
    (text,) = re.findall(rb'<script type="importmap">(.*?)</script>', reply.octets, re.DOTALL)
    digest = b64encode(sha256(text).digest()).decode()
    assert reply.headers["content-security-policy"] == (
        f"default-src 'none'; script-src 'self' 'sha256-{digest}'; style-src 'self'; img-src 'self' data:; "
        "connect-src 'self'; font-src 'self'; form-action 'none'; frame-ancestors 'none'; base-uri 'none'; "
        "object-src 'none'; manifest-src 'self'"
    )


def test_the_document_is_asked_for_again_and_sent_only_when_it_has_changed(rig):
    first = rig.ask("GET", "/")
    again = rig.ask("GET", "/app/messages", If_None_Match=first.headers["etag"])
    assert (again.status, again.octets) == (304, b"")
    assert again.headers["content-security-policy"] == first.headers["content-security-policy"]


def test_the_document_names_the_files_by_their_digest_and_all_that_the_first_view_needs(small):
    page = small.ask("GET", "/").octets.decode()
    assert f'<link rel="stylesheet" href="{FOLDER}/style.css">' in page
    assert f'{{"imports": {{"lib": "{FOLDER}/vendor/lib.js"}}}}' in page
    assert re.findall(r'<link rel="modulepreload" href="(.*?)">', page) == [f"{FOLDER}/{path}" for path in FIRST_VIEW]


@pytest.mark.parametrize("path", [*FIRST_VIEW, "pages/p.js", "vendor/LICENSE-lib"])
def test_a_file_may_be_kept_for_good(small, path):
    reply = small.ask("GET", f"{FOLDER}/{path}")
    assert reply.octets == SMALL[path]
    assert reply.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert (
        reply.headers["content-type"]
        == ("text/javascript" if path.endswith(".js") else "text/plain") + "; charset=utf-8"
    )


def test_the_styles_are_one_file_in_the_order_of_their_names(small):
    assert small.ask("GET", f"{FOLDER}/style.css").octets == b"a{}\nb{}"
    assert small.ask("GET", f"{FOLDER}/style/10-first.css").status == 404


def test_another_release_has_other_addresses(small):
    changed = Built(SMALL | {"style/10-first.css": b"a{color:red}"})
    assert changed.folder != FOLDER
    assert Built(SMALL | {"new.txt": b""}).folder not in (FOLDER, changed.folder)
    assert small.ask("GET", f"{changed.folder}/main.js").refusal == (404, "no_such_route")


@pytest.mark.parametrize(
    "path",
    [
        *("index.html", "", "parts", "parts/", "nothing.js", "main.js/", "main.js/x", "/main.js", "./main.js"),
        *("../index.html", "parts/../main.js", "%2e%2e/index.html", "parts/%2e%2e/main.js", "..%2f..%2fapi/root.py"),
        *("....//main.js", "..\\main.js", "%5c..%5cmain.js", "/etc/passwd", "../../../../../../etc/passwd", "MAIN.JS"),
    ],
)
def test_a_path_that_is_no_file_s_is_a_404_in_the_envelope(small, path):
    assert small.ask("GET", f"{FOLDER}/{path}").refusal == (404, "no_such_route")


@pytest.mark.parametrize("path", ["%00", "main.js%00", "%FF"])
def test_an_address_that_is_none_is_400(small, path):
    assert small.ask("GET", f"{FOLDER}/{path}").refusal == (400, "bad_url")


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
@pytest.mark.parametrize("path", ["/", "/app", "/app/messages", f"{FOLDER}/main.js", f"{FOLDER}/nothing"])
def test_there_is_nothing_to_write_to(small, method, path):
    reply = small.ask(method, path)
    assert reply.refusal == (404, "method_not_allowed")
    assert reply.headers["allow"] == "GET, HEAD"


@pytest.mark.parametrize("path", ["/", "/app/messages", f"{FOLDER}/vendor/lib.js", f"{FOLDER}/nothing"])
def test_head_has_the_headers_of_get_and_no_body(small, path):
    got, head = small.ask("GET", path), small.ask("HEAD", path)
    assert (head.status, head.octets) == (got.status, b"")
    for name in ("content-type", "content-length", "cache-control"):
        assert head.headers[name] == got.headers[name]


def test_what_is_large_enough_is_packed_once_and_sent_so(rig):
    address = f"{built().folder}/style.css"
    plain, packed = rig.ask("GET", address), rig.ask("GET", address, Accept_Encoding="gzip")
    assert "content-encoding" not in plain.headers
    assert packed.headers["content-encoding"] == "gzip"
    assert packed.headers["vary"] == "Accept-Encoding"
    assert gzip.decompress(packed.octets) == plain.octets
    assert rig.ask("GET", address, If_None_Match=plain.headers["etag"]).status == 304


def test_the_files_are_there_only_where_the_api_is():
    rig = Rig(serves_api=False)
    assert rig.ask("GET", "/").refusal == rig.ask("GET", "/app").refusal == (404, "no_such_route")


def test_the_icon_is_where_browsers_look_for_one_by_themselves(rig):
    reply = rig.ask("GET", "/favicon.ico")
    assert (reply.status, reply.headers["content-type"]) == (200, "image/svg+xml")
    assert reply.headers["cache-control"] == "no-cache"


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("import './a.js';", ["./a.js"]),
        ('import"./a.js";import b from"b"', ["./a.js", "b"]),
        ("// import './no.js';\n/* import './no.js' */ import {\n  a,\n  b as $c,\n} from './a.js';", ["./a.js"]),
        ("import * as a from './a.js'\nimport b, { c } from './b.js'\n", ["./a.js", "./b.js"]),
        ("export const a = 'x';\nexport { b } from './b.js';\nexport * from './c.js';", ["./b.js", "./c.js"]),
        ("const a = `\nimport x from './no.js'`;", []),
        ("import('./later.js');", []),
        ("import.meta.url;", []),
        ("", []),
    ],
)
def test_what_a_module_imports_at_once_is_read_from_its_head(source, names):
    assert [*imported(source)] == names


def test_a_module_that_is_not_there_is_not_asked_for_in_advance():
    assert reached({"main.js": b"import './gone.js';"}, "main.js", {}) == ["main.js"]
    assert reached({}, "main.js", {}) == []


@pytest.mark.parametrize(
    ("path", "kind"), [("a/b.c.svg", "image/svg+xml"), ("a.b/VERSIONS", "text/plain; charset=utf-8")]
)
def test_the_end_of_its_name_tells_what_a_file_is(path, kind):
    assert kind_of(path) == kind
    assert kind_of("left.orig") == "application/octet-stream"


class Inline(HTMLParser):
    """What a document runs or paints without a file."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self._inside = ""
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        self.found += [f"{tag} {name}" for name in given if name == "style" or name.startswith("on")]
        self._inside = tag if tag in ("script", "style") and given.get("type") != "importmap" else ""

    def handle_data(self, data):
        if self._inside and data.strip():
            self.found.append(self._inside)

    def handle_endtag(self, tag):
        self._inside = ""


def test_the_document_has_no_script_and_no_style_of_its_own_but_the_import_map(rig):
    page = rig.ask("GET", "/").octets.decode()
    assert Inline(page).found == []
    assert Inline('<p style="x" onclick="y"><script>z</script>').found == ["p style", "p onclick", "script"]
    assert page.count('<script type="importmap">') == 1
    assert "{static}" not in page
    assert "<!--" not in page


def test_all_that_the_document_names_is_there(rig):
    page = rig.ask("GET", "/").octets.decode()
    named = re.findall(r'(?:href|src)="([^"]+)"', page) + re.findall(r'"(/static/[^"]+)"', page)
    assert len(named) > 5
    for path in {*named}:
        assert path.startswith("/static/"), path
        assert rig.ask("GET", path).status == 200, path


def test_it_is_made_of_the_files_of_the_package():
    files = dashboard.read()
    assert [*files] == sorted(files)
    assert {"index.html", "main.js", "pages.js", "parts/ui.js", "vendor/VERSIONS"} <= {*files}
