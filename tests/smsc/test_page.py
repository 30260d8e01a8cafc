"""The tables of docs/smpp.rst say what the server does: every status that it answers, and every ending of a receipt."""

import re
from pathlib import Path

import attrs
import pytest

import mobilesasa
from mobilesasa.core.terms import SmppTerms
from mobilesasa.smpp.receipts import WORDS
from mobilesasa.smpp.statuses import Status
from mobilesasa.smsc.standings import FAILED, STANDINGS
from mobilesasa.smsc.statuses import STATUSES

PACKAGE = Path(mobilesasa.__file__).parent
PAGE = (PACKAGE.parent / "docs" / "smpp.rst").read_text()
_ROWS = dict(re.findall(r"^``0x([0-9A-F]{2})``  (ESME_\w+) ", PAGE, re.MULTILINE))
#: Of a field that only responses have, so nobody is refused with it; and what carriers alone are told.
_NEVER_SENT = {Status.ESME_RINVPARLEN, Status.ESME_RX_T_APPN}


def answered() -> set[Status]:
    """The statuses that the modules which answer a team name, and those of every refusal."""
    sources = [*PACKAGE.joinpath("smsc").rglob("*.py"), *PACKAGE.joinpath("smpp").rglob("*.py")]
    told = "".join(source.read_text() for source in sources if source.name != "statuses.py")
    named = {Status[name] for name in re.findall(r"\bStatus\.(ESME_\w+)", told)}
    return (named | set(STATUSES.values())) - _NEVER_SENT


def test_the_table_of_statuses_has_every_status_that_is_answered_and_no_other():
    assert set(_ROWS.values()) == {status.name for status in answered()}


def test_each_status_of_the_table_has_its_number_and_they_are_in_order():
    assert {int(number, 16): name for number, name in _ROWS.items()} == {
        Status[name].value: name for name in _ROWS.values()
    }
    assert list(_ROWS) == sorted(_ROWS)


@pytest.mark.parametrize(
    "standing", [*FAILED.values(), *STANDINGS.values()], ids=lambda each: f"{each.word}-{each.error}"
)
def test_every_ending_of_a_receipt_is_in_the_page(standing):
    row = rf"^``{WORDS[standing.state]}`` +{standing.state.value} +{standing.error:03} "
    intermediate = f"``{standing.word}``"
    assert re.search(row, PAGE, re.MULTILINE) or (standing.error == 0 and intermediate in PAGE)


@pytest.mark.parametrize("term", [field.name for field in attrs.fields(SmppTerms)])
def test_every_term_that_a_team_may_have_is_in_the_page(term):
    assert f"``{term}``" in PAGE


def test_the_terms_of_the_page_have_their_defaults():
    terms = SmppTerms()
    rows = dict(re.findall(r"^``(\w+)`` +(\S+)  ", PAGE, re.MULTILINE))
    shown = {name: f"{value:g}" if isinstance(value, float) else value for name, value in attrs.asdict(terms).items()}
    shown = {
        name: {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)
        for name, value in shown.items()
    }
    assert {name: rows.get(name) for name in shown} == shown
