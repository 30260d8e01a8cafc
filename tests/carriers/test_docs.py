"""The page about carriers has every option of theirs, with its default, and every option of the simulated SMSC."""

import enum
import re

import attrs
import pytest
from docutils import nodes

from mobilesasa.carriers.policy import Policy
from mobilesasa.carriers.smpp.options import SmppOptions
from mobilesasa.cli.simulate_smsc import simulate_smsc
from mobilesasa.cli.simulated.ids import IDS
from mobilesasa.cli.simulated.receipts import Form, Outcomes
from tests.test_docs import parsed

WORDED = {"tls_server_name": "the host"}  # what an empty one means is more to the point


@pytest.fixture(scope="module")
def page():
    return parsed("docs/carriers.rst")[0]


def tables(page):
    """The defaults by their options, of all tables that have both."""
    found = {}
    for table in page.findall(nodes.table):
        heads, *rows = [list(row.findall(nodes.entry)) for row in table.findall(nodes.row)]
        if [each.astext() for each in heads] != ["option", "default", "effect"]:
            continue
        names = defaults = ""
        for name, default, _ in rows:  # names that do not fit a line go on in the next row
            names, defaults = f"{names} {name.astext()}", f"{defaults},{default.astext()}"
            if names.endswith(","):
                continue
            options = [option.strip() for option in names.split(",")]
            values = [value.strip() for value in re.split("[,\n]", defaults) if value.strip()] or [""]
            found |= dict(zip(options, values * len(options) if len(values) == 1 else values, strict=True))
            names = defaults = ""
    return found


def default_of(field):
    """A default as the page has it."""
    value = field.default.factory() if isinstance(field.default, attrs.Factory) else field.default
    if field.name in WORDED:
        return WORDED[field.name]
    if value is attrs.NOTHING:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, enum.Enum):
        return value.value
    if isinstance(value, str):
        return value or "empty"
    return f"{value:g}" if isinstance(value, int | float) else "none"


def test_every_option_has_its_default(page):
    fields = [*attrs.fields(Policy), *attrs.fields(SmppOptions)]
    assert tables(page) == {field.name: default_of(field) for field in fields}


def test_every_option_of_the_simulated_smsc_is_there(page):
    words = {literal.astext().split()[0] for literal in page.findall(nodes.literal)}
    options = {option for parameter in simulate_smsc.params for option in parameter.opts}
    assert options - words == set()
    choices = {*IDS, *(form.value for form in Form), *(outcome.value for outcome in Outcomes)}
    assert choices - words == set()
