"""Keywords of short codes in the store."""

import pytest

from mobilesasa.core.actors import NODE
from mobilesasa.core.administration import KeywordRecord
from mobilesasa.core.errors import AlreadyExists, BadValue, NotFound
from mobilesasa.store import directory
from mobilesasa.store.keywords import add, list_keywords, remove
from tests.store.given import add_team, one


@pytest.fixture
def codes(txn):
    return [one(txn, "SELECT code FROM team WHERE id = %(team)s", team=add_team(txn)) for _ in range(2)]


def test_a_keyword_is_kept_folded_and_read_into_the_directory(txn, codes):
    first, second = codes
    assert add(txn, NODE, "+22384", " Win! ", first.lower()) == KeywordRecord("22384", "win", first)
    add(txn, NODE, "22384", "", second)
    assert list_keywords(txn) == [KeywordRecord("22384", "", second), KeywordRecord("22384", "win", first)]
    known = directory.load(txn)
    assert known.teams[known.keyword_owner("22384", "win")].code == first
    assert known.teams[known.owner_of_number("22384")].code == second


def test_a_keyword_is_of_one_team(txn, codes):
    first, second = codes
    add(txn, NODE, "22384", "win", first)
    for keyword in ("WIN", "win"):
        with pytest.raises(AlreadyExists, match="win"):
            add(txn, NODE, "22384", keyword, second)
    add(txn, NODE, "22385", "win", second)
    assert list_keywords(txn, "22385") == [KeywordRecord("22385", "win", second)]


@pytest.mark.parametrize(
    ("code", "keyword"), [("Acme", "win"), ("", "win"), ("1" * 16, "win"), ("22384", "two words"), ("22384", "!")]
)
def test_what_is_no_code_or_no_word_is_refused(txn, codes, code, keyword):
    with pytest.raises(BadValue):
        add(txn, NODE, code, keyword, codes[0])


def test_a_keyword_is_taken_from_its_team(txn, codes):
    add(txn, NODE, "22384", "", codes[0])
    assert remove(txn, NODE, "22384", "") == KeywordRecord("22384", "", codes[0])
    with pytest.raises(NotFound, match="no keyword"):
        remove(txn, NODE, "22384", "")
    with pytest.raises(NotFound, match="win"):
        remove(txn, NODE, "22384", "win")


def test_a_team_has_to_be_there(txn):
    with pytest.raises(NotFound):
        add(txn, NODE, "22384", "win", "NOBODY")
