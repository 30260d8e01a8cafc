"""What the security review says is so: its tests exist, no requirement is left out, and the code keeps to what can be read off it."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from docutils import nodes

from mobilesasa.core.passwords import COMMON_HERE
from tests.test_docs import literals, parsed

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "mobilesasa"
REVIEW, SECURITY = "docs/security-review.rst", "docs/security.rst"

#: How many requirements of level 2 and below each section of OWASP ASVS 5.0.0 has; within a section these are the first ones.
ASVS = {
    "V1.1": 2, "V1.2": 9, "V1.3": 11, "V1.4": 3, "V1.5": 2, "V2.1": 3, "V2.2": 3, "V2.3": 4, "V2.4": 1, "V3.2": 2, "V3.3": 4,
    "V3.4": 6, "V3.5": 5, "V3.7": 2, "V4.1": 3, "V4.2": 1, "V4.3": 2, "V4.4": 4, "V5.1": 1, "V5.2": 3, "V5.3": 2, "V5.4": 3,
    "V6.1": 3, "V6.2": 12, "V6.3": 4, "V6.4": 4, "V6.5": 5, "V6.6": 3, "V6.8": 4, "V7.1": 3, "V7.2": 4, "V7.3": 2, "V7.4": 5,
    "V7.5": 2, "V7.6": 2, "V8.1": 2, "V8.2": 3, "V8.3": 1, "V8.4": 1, "V9.1": 3, "V9.2": 4, "V10.1": 2, "V10.2": 2, "V10.3": 4,
    "V10.4": 11, "V10.5": 5, "V10.6": 2, "V10.7": 3, "V11.1": 2, "V11.2": 3, "V11.3": 3, "V11.4": 4, "V11.5": 1, "V11.6": 1,
    "V12.1": 3, "V12.2": 2, "V12.3": 4, "V13.1": 1, "V13.2": 5, "V13.3": 2, "V13.4": 5, "V14.1": 2, "V14.2": 4, "V14.3": 3,
    "V15.1": 3, "V15.2": 3, "V15.3": 7, "V16.1": 1, "V16.2": 5, "V16.3": 4, "V16.4": 3, "V16.5": 3, "V17.1": 1, "V17.2": 4,
    "V17.3": 2,
}  # fmt: skip
REQUIREMENTS = [f"{section}.{n}" for section, count in ASVS.items() for n in range(1, count + 1)]

#: Comparisons of what is called like a secret that need not take the same time, and why.
PLAIN = {
    "api/bearer.py: bearer != key": "both came in the same request",
    "api/dashboard.py: digest == self.digest": "of files that everybody gets",
    "api/idempotency.py: self._running[name] == mark.body_hash": "of two bodies that were sent, neither is a secret",
    "api/idempotency.py: kept.mark.body_hash != mark.body_hash": "the same",
    "api/resources/ussd_simulator.py: of != digest": "of the menu that the caller has sent, which is no secret",
    "carriers/http/tokens.py: token == self._token": "both are ours",
    "carriers/http/tokens.py: token != self._token": "both are ours",
    "cli/simulated/smsc.py: asked.password != behaviour.password": "a program to test against, with a password on its command line",
    "smsc/login.py: token.prefix[:CUT_OCTETS] == password": "what of a token is shown to everybody of its team",
    "store/logins.py: password_hash != found.password_hash": "a hash from the store and the same a moment later",
    "store/logins.py: one_row(txn)[0] != old_hash": "the same",
    "ussd/compiled.py: choice.key != MORE_KEY": "a key of a phone",
    "ussd/compiled.py: choice.key == BACK_KEY": "a key of a phone",
}
_SECRET = re.compile(
    r"(^|_)(secrets?|passwords?|tokens?|digests?|signatures?|hash(es)?|mac|csrf|credentials?|keys?)$", re.IGNORECASE
)
_NO_SECRET = re.compile(r"^[A-Z]|_uuids?$")  # constants and names of things

#: Modules that import `random`, and for what.
DICE = {
    "carriers/port.py": "the type of what spreads waits",
    "cli/simulated/ids.py": "an SMSC to test against",
    "cli/simulated/misbehaviour.py": "the same",
    "cli/simulated/smsc.py": "the same",
    "cli/ussd_dial.py": "ids of steps of a session in the terminal",
    "node/base.py": "ids of messages",
    "node/campaigns.py": "ids of messages that are only tried",
    "node/hooks.py": "spreads waits",
    "node/surveys.py": "ids of messages and conversations",
    "node/towards_carriers.py": "spreads waits",
    "node/web.py": "ids of requests",
    "queue/amqp/connection.py": "spreads waits",
}


def modules() -> Iterator[tuple[str, ast.Module]]:
    for path in sorted(PACKAGE.rglob("*.py")):
        yield path.relative_to(PACKAGE).as_posix(), ast.parse(path.read_text())


MODULES = dict(modules())


def imported(tree: ast.Module) -> set[str]:
    """The packages that a module imports, wherever it does."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {each.name.partition(".")[0] for each in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.partition(".")[0])
    return found


def named_tests(name: str) -> list[str]:
    return sorted(each for each in literals(name) if each.startswith("tests/") and "::" in each)


@pytest.mark.parametrize("named", sorted({*named_tests(REVIEW), *named_tests(SECURITY)}))
def test_a_test_that_the_review_names_exists(named):
    path, _, name = named.partition("::")
    assert re.search(rf"^(async )?def {name}\(", (ROOT / path).read_text(), re.MULTILINE), f"there is no test {named}"


def requirements_named(text: str) -> list[str]:
    """The requirements that a text names; `V1.2.6 to V1.2.8` means all three."""
    found = []
    for first, last in re.findall(r"\b(V\d+\.\d+\.\d+)(?: to (V\d+\.\d+\.\d+))?", text):
        section, begin = first.rsplit(".", 1)
        end = int(last.rsplit(".", 1)[1]) if last else int(begin)
        found += [f"{section}.{n}" for n in range(int(begin), end + 1)]
    return found


def test_every_requirement_of_level_2_is_in_the_review_once():
    tree, _ = parsed(REVIEW)
    cells = [next(iter(row.findall(nodes.entry))).astext() for row in tree.findall(nodes.row)]
    said = [each for cell in cells for each in requirements_named(cell)]
    assert len(REQUIREMENTS) == 253  # as the standard counts them: 70 of level 1 and 183 of level 2
    assert sorted(said) == sorted(REQUIREMENTS)


def test_a_requirement_that_is_met_has_a_test():
    tree, _ = parsed(REVIEW)
    for row in tree.findall(nodes.row):
        cells = [cell.astext() for cell in row.findall(nodes.entry)]
        if re.fullmatch(r"V[\d.]+", cells[0]) and not cells[1].startswith(
            ("Not met.", "Not shown yet.", "Does not apply")
        ):
            assert "::" in cells[2], cells[0]


def test_each_of_the_ten_risks_has_its_row_with_a_test():
    tree, _ = parsed(SECURITY)
    rows = [[cell.astext() for cell in row.findall(nodes.entry)] for row in tree.findall(nodes.row)]
    risks = {row[0].partition(" ")[0]: row for row in rows if row[0].startswith("API")}
    assert list(risks) == [f"API{n}:2023" for n in range(1, 11)]
    assert [name for name, row in risks.items() if "::" not in row[2]] == []


def compared(tree: ast.Module) -> Iterator[str]:
    """Comparisons by `==`, `!=` or within a sequence in which a side is called like a secret."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare) and any(isinstance(op, ast.Eq | ast.NotEq) for op in node.ops):
            sides = [node.left, *node.comparators]
            if not any(isinstance(side, ast.Constant) for side in sides) and any(map(is_secret, sides)):
                yield ast.unparse(node)


def is_secret(side: ast.expr) -> bool:
    """Whether an expression is called like a secret by its last name; what is asked of one, such as its length, is none."""
    if isinstance(side, ast.Subscript | ast.Starred):
        return is_secret(side.value)
    if isinstance(side, ast.Call):
        return isinstance(side.func, ast.Attribute) and side.func.attr in ("encode", "decode", "digest", "hexdigest")
    name = side.attr if isinstance(side, ast.Attribute) else side.id if isinstance(side, ast.Name) else ""
    return bool(_SECRET.search(name)) and not _NO_SECRET.search(name)


def test_what_is_called_like_a_secret_is_compared_in_constant_time_or_it_is_said_why_not():
    found = {f"{name}: {comparison}" for name, tree in MODULES.items() for comparison in compared(tree)}
    assert found == {*PLAIN}


@pytest.mark.parametrize(
    ("source", "is_found"),
    [
        ("given == self._secret", True),
        ("record.password != given", True),
        ("hmac.new(key, body).hexdigest() == given", True),
        ("token.digest == other", True),
        ("len(password) == SMPP_PASSWORD_CHARACTERS", False),
        ("name == 'password'", False),
        ("token.uuid == uuid", False),
        ("hmac.compare_digest(given, secret)", False),
    ],
)
def test_comparisons_of_secrets_are_found(source, is_found):
    assert bool(list(compared(ast.parse(source)))) is is_found


def test_what_nobody_may_guess_is_drawn_by_secrets():
    assert {name for name, tree in MODULES.items() if "random" in imported(tree)} == {*DICE}


def test_cryptography_is_where_the_inventory_says():
    used = {"hashlib", "hmac", "ssl", "jwt", "argon2", "OpenSSL", "cryptography", "secrets"}
    there = {name for name, tree in MODULES.items() if used & imported(tree)}
    said = {
        each for each in literals(REVIEW) if each.endswith(".py") and "::" not in each and (PACKAGE / each).exists()
    }
    assert said == there


def test_nothing_runs_what_it_was_told_or_reads_objects_of_others():
    """One module compiles what it has written itself, out of its own table, when it is imported."""
    calls = {"eval", "exec", "compile", "__import__"}
    found = {
        (name, node.func.id)
        for name, tree in MODULES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in calls
    }
    assert found == {("smpp/codec.py", "exec"), ("smpp/codec.py", "compile")}
    odd = {"pickle", "marshal", "shelve", "yaml", "dill", "xmlrpc"}
    assert {name for name, tree in MODULES.items() if odd & imported(tree)} == set()
    shells = [
        name
        for name, tree in MODULES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.keyword) and node.arg == "shell"
    ]
    assert shells == []


def test_the_words_that_do_not_count_in_a_password_are_documented():
    said = (ROOT / "docs/logins.rst").read_text()
    assert [word for word in COMMON_HERE if word not in said] == []
