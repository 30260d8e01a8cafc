"""To whom messages from phones go by their first word: several teams on one short code."""

from __future__ import annotations

from mobilesasa.core.actors import Actor
from mobilesasa.core.administration import KeywordRecord
from mobilesasa.core.errors import AlreadyExists, BadValue, NotFound
from mobilesasa.core.inbound import digits_of
from mobilesasa.core.keywords import KEYWORD_CHARACTERS, folded_keyword
from mobilesasa.store import teams, trail
from mobilesasa.store.database import Txn

_CODE_DIGITS = 15

ADD = """
INSERT INTO inbound_keyword (code, keyword, team_id) VALUES (%(code)s, %(keyword)s, %(team_id)s)
ON CONFLICT (code, keyword) DO NOTHING
"""

LIST = """
SELECT inbound_keyword.code, keyword, team.code FROM inbound_keyword JOIN team ON team.id = team_id
WHERE %(code)s::text IS NULL OR inbound_keyword.code = %(code)s ORDER BY inbound_keyword.code, keyword
"""

REMOVE = """
DELETE FROM inbound_keyword USING team WHERE inbound_keyword.code = %(code)s AND keyword = %(keyword)s AND team.id = team_id
RETURNING team.code, team.id
"""


def add(txn: Txn, by: Actor, code: str, keyword: str, team: str) -> KeywordRecord:
    """Give a keyword of a short code or number to a team.

    Raises:
        NotFound: there is no such team.
        BadValue: the code or the keyword.
        AlreadyExists: the keyword is given to a team already.
    """
    digits, word = _checked(code, keyword)
    team_id = teams.find_team_id(txn, team)
    txn.execute(ADD, {"code": digits, "keyword": word, "team_id": team_id})
    if txn.rowcount == 0:
        raise AlreadyExists(f"{_named(digits, word)} is given to a team already; remove it first")
    trail.note(txn, by, "keyword.create", digits, team_id=team_id, after={"keyword": word})
    return KeywordRecord(digits, word, team.upper())


def list_keywords(txn: Txn, code: str | None = None) -> list[KeywordRecord]:
    """Return all keywords, or those of one short code or number, by code and keyword."""
    txn.execute(LIST, {"code": None if code is None else digits_of(code)})
    return [KeywordRecord(*row) for row in txn.fetchall()]


def remove(txn: Txn, by: Actor, code: str, keyword: str) -> KeywordRecord:
    """Take a keyword from its team, and return what it was.

    Raises:
        NotFound: there is no such keyword.
        BadValue: the code or the keyword.
    """
    digits, word = _checked(code, keyword)
    txn.execute(REMOVE, {"code": digits, "keyword": word})
    row = txn.fetchone()
    if row is None:
        raise NotFound(f"there is no {_named(digits, word)}")
    trail.note(txn, by, "keyword.remove", digits, team_id=row[1], before={"keyword": word})
    return KeywordRecord(digits, word, row[0])


def _checked(code: str, keyword: str) -> tuple[str, str]:
    digits = digits_of(code)
    if not digits or len(digits) > _CODE_DIGITS:
        raise BadValue(f"a short code or number is up to {_CODE_DIGITS} digits; {code!r} is not")
    word = folded_keyword(keyword) if keyword else ""
    if word is None:
        raise BadValue(
            f"a keyword is one word of up to {KEYWORD_CHARACTERS} letters and digits, or empty for what begins with none;"
            f" {keyword!r} is not"
        )
    return digits, word


def _named(digits: str, word: str) -> str:
    return f"keyword {word!r} of {digits}" if word else f"team for what begins with no keyword of {digits}"
