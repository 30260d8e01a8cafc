"""The pages are well-formed, linked, and speak of commands, settings, modules and tests that are there."""

import pkgutil
import re
from io import StringIO
from pathlib import Path

import click
import pytest
from docutils import nodes
from docutils.core import publish_doctree
from docutils.parsers.rst import roles

from mobilesasa.cli.main import Root
from mobilesasa.settings.model import FIELDS
from tests.test_layers import COMPOSERS, MAY_IMPORT

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = sorted((*DOCS.glob("*.rst"), ROOT / "README.rst", ROOT / "CHANGELOG.rst"))
NAMES = [page.relative_to(ROOT).as_posix() for page in PAGES]
PACKAGES = "|".join(sorted(module.name for module in pkgutil.iter_modules([str(ROOT / "mobilesasa")])))


def read_doc_role(name, rawtext, text, lineno, inliner, options=None, content=None):
    """Sphinx's role for a link to another page, as far as a test needs it."""
    return [nodes.reference(rawtext, text, refuri=f"{text}.rst")], []


roles.register_local_role("doc", read_doc_role)


def parsed(name: str) -> tuple[nodes.document, str]:
    """A page's tree, and what docutils had to say about it."""
    said = StringIO()
    page = ROOT / name
    settings = {"report_level": 2, "halt_level": 5, "warning_stream": said, "syntax_highlight": "none"}
    return publish_doctree(page.read_text(), source_path=str(page), settings_overrides=settings), said.getvalue()


def links(name: str) -> set[str]:
    """The pages and files that a page links to, from the root of the checkout."""
    tree, _ = parsed(name)
    uris = {node["refuri"] for node in tree.findall(nodes.reference) if "refuri" in node}
    folder = (ROOT / name).parent
    return {
        (folder / uri).resolve().relative_to(ROOT).as_posix()
        for uri in uris
        if "://" not in uri and "mailto:" not in uri
    }


def literals(name: str) -> set[str]:
    tree, _ = parsed(name)
    return {node.astext() for node in tree.findall(nodes.literal)}


def shell_lines(name: str) -> list[list[str]]:
    """The words of each command of a page, in its blocks and within its sentences, without what is set before it."""
    tree, _ = parsed(name)
    blocks = [
        node.astext().replace("\\\n", " ")
        for node in tree.findall(nodes.literal_block)
        if "text" not in node["classes"]  # what a program printed
    ]
    lines = [line.strip().removeprefix("$ ") for block in blocks for line in block.splitlines()]
    lines += [" ".join(literal.split()) for literal in sorted(literals(name))]
    found = []
    for line in lines:
        words = line.split(" #")[0].split()
        while words and re.fullmatch(r"[A-Z_]+=\S*", words[0]):
            del words[0]
        if words:
            found.append([Path(words[0]).name, *words[1:]])
    return found


def commands(program: str) -> list[tuple[str, list[str]]]:
    """The command lines of all pages that run a program, each with its page; in capitals are words to be replaced."""
    lines = [(name, words) for name in NAMES for words in shell_lines(name)]
    return [(name, words[1:]) for name, words in lines if words[0] == program and words[1:] and not words[1].isupper()]


def resolved(words: list[str]) -> tuple[click.Command, list[str]]:
    """The click command that words name, and the words that are left for it."""
    found: click.Command = Root("mobilesasa")
    left = [word for word in words if word not in ("…", "--config", "--state-dir", "FILE")]
    left = [word for word in left if not word.startswith("/")]
    while isinstance(found, click.Group) and left:
        group, noun = found, left.pop(0)
        below = group.get_command(click.Context(group), noun.split("|")[0])
        assert below is not None, f"there is no command {noun!r} in {' '.join(words)!r}"
        found = below
    return found, left


@pytest.mark.parametrize("name", NAMES)
def test_a_page_is_well_formed(name):
    _, said = parsed(name)
    assert said == ""


@pytest.mark.parametrize("name", NAMES)
def test_what_a_page_links_to_is_there(name):
    assert [link for link in links(name) if not (ROOT / link).exists()] == []


def test_every_page_is_linked_from_the_index():
    pages = {f"docs/{page.name}" for page in DOCS.glob("*.rst")} - {"docs/index.rst"}
    assert pages - links("docs/index.rst") == set()


def test_the_index_is_linked_from_the_readme():
    assert "docs/index.rst" in links("README.rst")


def test_every_target_of_make_is_in_the_makefile():
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    asked = {words[0] for _, words in commands("make")}
    assert {"run", "test", "bench"} <= asked
    assert asked - targets == set()


@pytest.mark.parametrize(
    ("name", "words"), commands("mobilesasa"), ids=lambda each: each if isinstance(each, str) else " ".join(each)
)
def test_every_command_and_every_option_is_there(name, words):
    command, left = resolved(words)
    options = {option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)}
    assert [word for word in left if word.startswith("--") and word not in {*options, "--help", "--json"}] == []


@pytest.mark.parametrize("name", NAMES)
def test_every_variable_is_a_setting(name):
    known = {field.variable for field in FIELDS} | {"MOBILESASA_CONFIG", "MOBILESASA_TEST_", "MOBILESASA_"}
    assert set(re.findall(r"MOBILESASA_[A-Z_]*", (ROOT / name).read_text())) - known == set()


@pytest.mark.parametrize("literal", sorted(literals("docs/architecture.rst")))
def test_what_the_architecture_names_is_there(literal):
    if re.fullmatch(rf"({PACKAGES})(\.\w+)*", literal):
        assert pkgutil.resolve_name(f"mobilesasa.{literal}") is not None
    elif literal.startswith("test_"):
        assert any(f"def {literal}(" in each.read_text() for each in (ROOT / "tests").rglob("*.py"))
    elif "/" in literal:
        assert (ROOT / literal).exists()


def test_the_architecture_names_every_package():
    assert set(PACKAGES.split("|")) - literals("docs/architecture.rst") == set()


def test_the_architecture_says_who_may_import_whom_as_the_layers_have_it():
    tree, _ = parsed("docs/architecture.rst")
    tables = [[row.astext().split() for row in table.findall(nodes.row)] for table in tree.findall(nodes.table)]
    (told,) = [rows[1:] for rows in tables if rows[0] == ["Package", "May", "import"]]
    there = set(PACKAGES.split("|")) - COMPOSERS
    written = {name: {other.strip(",") for other in others} - {"nothing"} for name, *others in told}
    assert written == {name: others & there for name, others in MAY_IMPORT.items() if name in there}
