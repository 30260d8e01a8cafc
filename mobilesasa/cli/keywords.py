"""`mobilesasa keyword …`: several teams on one short code."""

from __future__ import annotations

import attrs
import click

from mobilesasa.cli.access import Node, operator
from mobilesasa.cli.answers import Answer, answering, card, table
from mobilesasa.core.administration import KeywordRecord
from mobilesasa.store import keywords

_code = click.option("--code", required=True, metavar="N", help="The short code or number.")
_keyword = click.option(
    "--keyword", required=True, metavar="K", help="The first word of the messages; '' for those that begin with none."
)


@click.group()
def keyword() -> None:
    """Keywords: which team gets messages from phones by their first word.

    Without any a short code or number is for the team that has it as an approved sender, the oldest of several.
    """


@keyword.command()
@_code
@_keyword
@click.option("--team", required=True, metavar="C", help="The team's code.")
@answering
def add(node: Node, code: str, keyword: str, team: str) -> Answer:
    """Give a keyword to a team; capitals and small letters are the same."""
    return _answer(node.run(keywords.add, operator(), code, keyword, team))


@keyword.command(name="list")
@click.option("--code", metavar="N", help="Only those of this short code or number.")
@answering
def list_(node: Node, code: str | None) -> Answer:
    """List the keywords."""
    found = node.run(keywords.list_keywords, code)
    rows = [[each.code, each.keyword or "all others", each.team] for each in found]
    return Answer({"keywords": [attrs.asdict(each) for each in found]}, table(("code", "keyword", "team"), rows))


@keyword.command()
@_code
@_keyword
@answering
def remove(node: Node, code: str, keyword: str) -> Answer:
    """Take a keyword from its team."""
    return _answer(node.run(keywords.remove, operator(), code, keyword))


def _answer(found: KeywordRecord) -> Answer:
    fields = attrs.asdict(found)
    return Answer(fields, card({**fields, "keyword": found.keyword or "all others"}))
