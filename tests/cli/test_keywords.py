"""`mobilesasa keyword` and `mobilesasa suppression`."""

import pytest


@pytest.fixture(autouse=True)
def _team(ask):
    ask("team", "create", "--code", "ACME", "--sender", "Acme")


def test_keywords_are_given_listed_and_taken(ask, run):
    given = {"code": "22384", "keyword": "win", "team": "ACME"}
    assert ask("keyword", "add", "--code", "22384", "--keyword", "WIN", "--team", "acme") == given
    others = ask("keyword", "add", "--code", "22384", "--keyword", "", "--team", "ACME")
    assert ask("keyword", "list", "--code", "22384") == {"keywords": [others, given]}
    assert "all others" in run("keyword", "list").stdout
    assert ask("keyword", "remove", "--code", "22384", "--keyword", "win") == given
    assert ask("keyword", "list")["keywords"] == [others]


def test_a_keyword_that_is_given_already_is_refused_in_a_line(ask, run):
    ask("keyword", "add", "--code", "22384", "--keyword", "WIN", "--team", "ACME")
    result = run("keyword", "add", "--code", "22384", "--keyword", "win", "--team", "ACME")
    assert (result.exit_code, "given to a team already" in result.stderr) == (1, True)


def test_the_operator_suppresses_lists_and_takes_away(ask, run):
    one = ask("suppression", "add", "--team", "ACME", "--sender", "Acme", "0712345678")
    assert (one["phone"], one["sender"], one["reason"]) == ("+254712345678", "Acme", "operator")
    every = ask("suppression", "add", "--team", "ACME", "--phone", "+254711000001")
    assert every["sender"] == ""
    found = ask("suppression", "list", "--team", "ACME")
    assert (found["suppressions"], found["total"]) == ([every, one], 2)
    assert ask("suppression", "list", "--team", "ACME", "--phone", "0712345678")["suppressions"] == [one]
    assert ask("suppression", "list", "--team", "ACME", "--sender", "")["suppressions"] == [every]
    assert "all" in run("suppression", "list", "--team", "ACME").stdout
    assert ask("suppression", "remove", "--team", "ACME", one["uuid"]) == one
    assert ask("audit")["clean"]


@pytest.mark.parametrize("words", [["12"], ["--sender", "Other", "0712345678"]])
def test_what_is_no_number_or_no_sender_is_refused_in_a_line(run, words):
    result = run("suppression", "add", "--team", "ACME", *words)
    assert (result.exit_code, result.stderr.count("\n")) == (1, 1)
