"""`mobilesasa audit`, `migrate`, `config check` and `version`."""

from __future__ import annotations

import platform
from importlib import metadata
from typing import get_args

import attrs
import click
from rich.console import Group

from mobilesasa.cli.access import Node
from mobilesasa.cli.answers import Answer, answering, card, table
from mobilesasa.settings import describe
from mobilesasa.store import audit as rules
from mobilesasa.store import migrate as migrations
from mobilesasa.store.migrate import Phase


@click.command()
@answering
def audit(node: Node) -> Answer:
    """Check every sum and reference that must hold in the store; exit status 1 when one does not.

    It reads one snapshot and holds nobody up, so it may run beside a node at work.
    """
    found = node.run(rules.audit)
    clean = all(finding.clean for finding in found)
    rows = [["ok" if each.clean else "WRONG", each.sentence, each.checked, each.wrong] for each in found]
    shown = Group(
        table(("", "what must hold", "checked", "wrong"), rows),
        *(f"{each.name}: {example}" for each in found for example in each.examples),
        "the store is clean" if clean else "the store is not clean",
    )
    return Answer({"clean": clean, "checks": [attrs.asdict(each) for each in found]}, shown, 0 if clean else 1)


@click.command()
@click.option(
    "--phase",
    type=click.Choice(get_args(Phase)),
    default="all",
    show_default=True,
    help="pre: before the new release is rolled out; post: after.",
)
@answering
def migrate(node: Node, phase: Phase) -> Answer:
    """Bring the schema of the store up to date; a second time does nothing."""
    with node.store() as dsn:
        applied = [migration.file for migration in migrations.apply(dsn, phase)]
    shown = "\n".join(f"ran {file}" for file in applied) or "the schema is up to date"
    return Answer({"phase": phase, "applied": applied}, shown)


@click.group()
def config() -> None:
    """The settings."""


@config.command()
@answering
def check(node: Node) -> Answer:
    """Check the settings without starting anything, and show each with its source."""
    from mobilesasa import tap  # what twistd refuses, is refused here

    tap.check(node.settings)
    found = [each._asdict() for each in describe(node.settings)]
    rows = [[each["name"], each["value"], each["source"]] for each in found]
    return Answer({"settings": found}, table(("setting", "value", "source"), rows))


@click.command()
@answering
def version(node: Node) -> Answer:
    """Say which release this is."""
    fields = {"version": metadata.version("mobilesasa"), "python": platform.python_version()}
    return Answer(fields, card(fields))
