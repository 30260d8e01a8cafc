"""The files of the dashboard: each module loads, each word has its text, and nothing in them can be made to run what is stored."""

import json
import re
import subprocess
from hashlib import sha256
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from mobilesasa import dashboard
from mobilesasa.api.dashboard import DOCUMENT, KINDS, MAIN, import_map, imported, kind_of, named
from tests.clients.foreign import program

STATIC = Path(str(files("mobilesasa.dashboard") / "static"))
FILES = dashboard.read()
SOURCES = {path: octets.decode() for path, octets in FILES.items() if path.endswith((".js", ".mjs"))}
OURS = {path: source for path, source in SOURCES.items() if not path.startswith("vendor/")}
TEXTS = {path: source for path, source in OURS.items() if path.startswith("texts/")}
CODE = {path: source for path, source in OURS.items() if path not in TEXTS}
IMPORTS = {name: path.removeprefix("{static}/") for name, path in import_map(FILES["index.html"].decode()).items()}
THEME = "theme.js"  # no module: it is run before the first paint
MODULE_LINES = 400
#: What makes markup or code of a text.
RUNS = re.compile(
    r"(?i:innerHTML|outerHTML|insertAdjacentHTML|srcdoc|javascript:)|document\.write|createContextualFragment|\beval\(|new Function"
)
#: Other hosts may be named only where nothing is fetched from: the namespaces of XML, and examples.
HOSTS = re.compile(
    r"https?://(?!www\.w3\.org/|(?:[\w-]+\.)*example(?:\.com|\.org)?(?!\.?[\w-])|localhost\b|127\.0\.0\.1\b)[A-Za-z0-9]"
)

LATER = re.compile(r"""\bimport\(\s*['"]([^'"]+)['"]\s*\)""")
SAID = re.compile(r"""\b(?:t|rich)\(\s*(['"`])([\w.]+)\1\s*[,)]""")
LITERAL = re.compile(r"""(['"`])([\w.]+)\1""")
BUILT = re.compile(r"`(\w+\.(?:[\w.]|\$\{[^{}`]*\})*)`")
PLACE = re.compile(r"\$\{[^{}`]*\}")
JOINED = re.compile(r"""(['"])(\w+\.[\w.]*)\1\s*\+""")

ALL_TEXTS = """
import { readdirSync } from 'node:fs';
const found = {};
const FORMS = ['zero', 'one', 'two', 'few', 'many', 'other'];  // of plurals
function gather(prefix, value) {
  if (typeof value === 'object' && !Object.keys(value).every((name) => FORMS.includes(name))) {
    for (const [name, inner] of Object.entries(value)) gather(prefix ? `${prefix}.${name}` : name, inner);
  } else found[prefix] = value;
}
for (const name of readdirSync(new URL('.', import.meta.url))) {
  if (!name.endsWith('.js')) continue;
  gather(name.slice(0, -3), (await import(`./${name}`)).default);
}
console.log(JSON.stringify(found));
"""
PAGES_TABLE = """
import { GROUPS, PAGES } from '%s';
console.log(JSON.stringify({ groups: GROUPS, pages: PAGES }));
"""
READ_AS_MODULES = """
import { readFileSync } from 'node:fs';
import { SourceTextModule } from 'node:vm';
for (const path of process.argv.slice(2)) {
  try { new SourceTextModule(readFileSync(path, 'utf8'), { identifier: path }); }
  catch (error) { console.log(`${path}: ${error.message}`); }
}
"""


def ran(script: str, folder: Path, *arguments: str) -> str:
    """What a script prints that node runs as a module."""
    (folder / "asked.mjs").write_text(script)
    words = [program("node"), "--no-warnings", "--experimental-vm-modules", folder / "asked.mjs", *arguments]
    done = subprocess.run(words, capture_output=True, text=True, timeout=50)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def texts(tmp_path_factory) -> dict[str, str | dict[str, str]]:
    """All texts by their keys, as `area.name`; those with forms are tables."""
    folder = tmp_path_factory.mktemp("texts")
    (folder / "package.json").write_text('{"type": "module"}')
    for path, source in TEXTS.items():
        copy = folder / path
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_text(source)
    found: dict[str, str | dict[str, str]] = json.loads(ran(ALL_TEXTS, folder / "texts" / "en"))
    return found


def test_each_module_reads_as_javascript(tmp_path):
    assert ran(READ_AS_MODULES, tmp_path, *(str(STATIC / path) for path in SOURCES)) == ""


@pytest.mark.parametrize("path", sorted(SOURCES))
def test_what_a_module_imports_is_there(path):
    source = SOURCES[path]
    names = [*imported(source), *(() if path.startswith("vendor/") else LATER.findall(source))]
    assert {named(path, name, IMPORTS) for name in names} - {*FILES} == set()


@pytest.fixture(scope="module")
def table(tmp_path_factory) -> dict[str, Any]:
    """The table of pages, and the groups that they are in."""
    folder = tmp_path_factory.mktemp("table")
    (folder / "pages.mjs").write_text(SOURCES["pages.js"])
    found: dict[str, Any] = json.loads(ran(PAGES_TABLE % "./pages.mjs", folder))
    return found


def loaded(pages: list[dict[str, Any]]) -> set[str]:
    """The modules that some page loads, at once or later."""
    found = {MAIN, THEME, *(f"pages/{page['module']}" for page in pages)}
    waiting = [*found]
    while waiting:
        path = waiting.pop()
        source = SOURCES.get(path, "")
        new = {named(path, name, IMPORTS) for name in (*imported(source), *LATER.findall(source))} - found
        waiting += new
        found |= new
    return found


def test_each_page_of_the_table_is_there_with_its_texts(table, texts):
    pages = [page for page in table["pages"] if "path" in page]
    assert {f"pages/{page['module']}" for page in pages} - {*FILES} == set()
    assert {f"texts/en/{area}.js" for page in pages for area in page["texts"]} - {*FILES} == set()
    assert {page["title"] for page in table["pages"]} - {key.removeprefix("common.") for key in texts} == set()
    assert {page["group"] for page in table["pages"] if "group" in page} == {*table["groups"]}
    assert len({page["path"] for page in pages}) == len(pages)
    keys = [page["goKey"] for page in pages if "goKey" in page]
    assert len({*keys}) == len(keys)


def test_no_module_is_left_that_nobody_loads(table):
    assert {*OURS} - {*TEXTS} - loaded([page for page in table["pages"] if "path" in page]) == set()


@pytest.mark.parametrize("path", sorted(OURS))
def test_a_module_is_short_and_begins_by_saying_what_it_is(path):
    assert path in TEXTS or len(OURS[path].splitlines()) <= MODULE_LINES
    assert OURS[path].startswith(("//", "/*"))


@pytest.mark.parametrize("path", sorted(OURS))
def test_a_module_makes_no_markup_and_no_code_of_texts_and_names_no_other_host(path):
    assert RUNS.findall(OURS[path]) == []
    assert HOSTS.findall(OURS[path]) == []


def test_what_runs_texts_is_found():
    for source in ("a.innerHTML = b", "dangerouslySetInnerHTML", "eval(x)", "new Function('x')"):
        assert RUNS.search(source)
    for source in ("fetch('https://cdn.net/x.js')", "http://evil.example.net/", "https://examples.net"):
        assert HOSTS.search(source)
    for source in ("http://www.w3.org/2000/svg", "https://example.com/hook", "https://api.example.com", "/^https?:/"):
        assert not HOSTS.search(source)


@pytest.mark.parametrize("path", sorted(path for path in FILES if path.endswith((".css", ".svg", ".html"))))
def test_styles_icons_and_the_document_name_no_other_host(path):
    text = re.sub(r"<!--.*?-->|/\*.*?\*/", "", FILES[path].decode(), flags=re.DOTALL)
    assert HOSTS.findall(text) == []
    assert re.findall(r"@import|expression\(|<script(?![ >])|\bon\w+=", text) == []


def test_a_part_is_loaded_by_name_only_in_the_module_that_gives_the_library():
    """What all others have of Preact they have of `parts/ui.js`, so that there is one of it."""
    named_ones = {path for path, source in CODE.items() if any(not name.startswith(".") for name in imported(source))}
    assert named_ones <= {"parts/ui.js", "parts/time_chart.js"}


def test_each_text_that_is_asked_for_is_there(texts):
    wanting = {
        f"{path}: {key}"
        for path, source in CODE.items()
        for _, key in SAID.findall(source)
        if "." in key and key not in texts and f"common.{key}" not in texts
    }
    assert wanting == set()


def built_keys(source: str, literals: set[str], areas: set[str]) -> list[re.Pattern[str]]:
    """What fits the keys that a source puts together; where all behind the area is put in, it must be said somewhere."""
    whole = "|".join(re.escape(literal) for literal in sorted(literals) if "." not in literal)
    found = []
    for template in {each for each in BUILT.findall(source) if "${" in each} | {
        f"{each}${{}}" for _, each in JOINED.findall(source)
    }:
        alone = template.partition(".")[0] in areas and re.fullmatch(r"\w+\.\$\{[^{}]*\}", template)
        place = f"(?:{whole})" if alone else r"[\w.-]+"
        found.append(re.compile(place.join(re.escape(piece) for piece in PLACE.split(template))))
    return found


def test_each_text_is_used(texts):
    whole = "\n".join(CODE.values())
    literals = {key for _, key in LITERAL.findall(whole)}
    built = built_keys(whole, literals, {key.partition(".")[0] for key in texts})
    folders = tuple(f"{key}." for key in literals if "." in key)  # `${folder}.title`

    def is_used(key: str) -> bool:
        names = (key, key.removeprefix("common.")) if key.startswith("common.") else (key,)
        return any(
            name in literals or name.startswith(folders) or any(each.fullmatch(name) for each in built)
            for name in names
        )

    unused = [key for key in texts if not is_used(key)]
    assert unused == [], " ".join(unused)


def test_a_text_says_something_and_its_places_are_closed(texts):
    for key, text in texts.items():
        forms = [*text.values()] if isinstance(text, dict) else [text]
        for form in forms:
            assert isinstance(form, str), key
            assert form.strip(), key
            assert "<b>" not in form, key


def test_each_file_of_others_has_its_version_and_its_licence():
    rows = [
        line.split() for line in FILES["vendor/VERSIONS"].decode().splitlines() if line and not line.startswith("#")
    ]
    listed = {f"vendor/{row[0]}": row[1:] for row in rows}
    theirs = {
        path
        for path in FILES
        if path.startswith("vendor/") and kind_of(path) != KINDS[""] and kind_of(path) != KINDS[".txt"]
    }
    assert {*listed} == theirs
    for path, (name, version, licence, digest) in listed.items():
        assert sha256(FILES[path]).hexdigest() == digest, path
        assert re.fullmatch(r"\d+\.\d+\.\d+", version), path
        assert licence in ("MIT", "ISC", "Apache-2.0"), path
        assert f"vendor/LICENSE-{name.rpartition('/')[2]}" in FILES, path


def test_each_file_is_of_a_kind_that_browsers_are_told():
    assert {path for path in FILES if kind_of(path) == "application/octet-stream"} == {DOCUMENT}
