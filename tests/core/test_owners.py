"""Whose messages from phones are, and who falls silent when one says STOP."""

import pytest

from mobilesasa.core.keywords import KEYWORD_CHARACTERS, Keyword, folded_keyword, words_of
from mobilesasa.core.optouts import OptOut
from mobilesasa.core.owners import opt_out_of, owner_of
from mobilesasa.core.teams import Directory, Sender, Team

PHONE = "254711000001"


def directory(*senders, keywords=(), country="KE"):
    teams = [Team(n, f"uuid {n}", f"T{n}", "A team", country) for n in (1, 2, 3)]
    made = [Sender(n, f"s{n}", *each) for n, each in enumerate(senders, 1)]
    return Directory(teams, made, keywords=[Keyword(*each) for each in keywords])


SHARED = directory((1, "22384"), (1, "Acme"), (2, "22384"), (2, "My App"), (3, "Rival"), keywords=[("22384", "win", 3)])


# By the number


@pytest.mark.parametrize("destination", ["22384", "+22384", "0022384"])
def test_a_short_code_is_the_team_s_with_an_approved_sender_of_these_digits(destination):
    known = directory((1, "Sasa"), (2, "22384"))
    assert owner_of(known, destination) == 2


def test_a_number_may_be_registered_with_a_plus():
    assert owner_of(directory((1, "+254711000001")), "254711000001") == 1


def test_of_several_teams_the_one_with_the_oldest_sender_has_it():
    assert owner_of(directory((2, "22384"), (1, "22384")), "22384") == 2


def test_what_is_not_approved_or_no_number_is_nobody_s():
    known = directory((1, "22384", "pending"), (1, "Sasa"))
    assert [owner_of(known, each) for each in ("22384", "Sasa", "99", "")] == [None] * 4


# By the keyword


@pytest.mark.parametrize(
    ("text", "words"),
    [("WIN", ("win",)), ("  *Win*, yes", ("win", "yes")), ("ng'ombe", ("ngombe",)), ("ＷＩＮ１", ("win1",)), ("", ()),
     ("?! ", ()), ("हिंदी भाषा", ("हिंदी", "भाषा")), ("Straße", ("strasse",)), ("win\nme", ("win", "me"))],
)  # fmt: skip
def test_words_are_read_without_regard_to_case_width_and_what_stands_about_them(text, words):
    assert words_of(text) == words


def test_of_a_long_text_the_beginning_is_looked_at():
    assert len(words_of("x " * 1000)) == 100


@pytest.mark.parametrize(
    ("text", "kept"),
    [("Win", "win"), (" WIN! ", "win"), ("win me", None), ("", None), ("x" * KEYWORD_CHARACTERS, "x" * 20),
     ("x" * (KEYWORD_CHARACTERS + 1), None)],
)  # fmt: skip
def test_a_keyword_is_one_word_that_is_not_too_long(text, kept):
    assert folded_keyword(text) == kept


@pytest.mark.parametrize(
    ("text", "team"), [("WIN", 3), ("win, 5", 3), (" Win.", 3), ("winner", 1), ("I win", 1), ("", 1)]
)
def test_several_teams_share_a_code_by_the_first_word(text, team):
    assert owner_of(SHARED, "22384", text) == team


def test_a_team_can_be_set_for_what_begins_with_no_keyword():
    known = directory((1, "22384"), keywords=[("22384", "", 2), ("22384", "win", 3), ("99", "win", 1)])
    assert [owner_of(known, "22384", text) for text in ("hello", "", "WIN")] == [2, 2, 3]
    assert owner_of(known, "99", "hello") is None


# STOP and START


def scopes(text, known=SHARED, destination="22384"):
    found = opt_out_of(known, destination, text, PHONE)
    return None if found is None else (found.stops, found.scopes)


@pytest.mark.parametrize("text", ["STOP", " stop. ", "Sitisha", "ACHA!", "Opt-out", "unsubscribe"])
def test_a_stop_to_a_code_that_a_team_has_alone_is_for_that_sender(text):
    known = directory((1, "Acme"), (1, "22384"))
    assert opt_out_of(known, "+22384", text, PHONE) == OptOut(True, PHONE, ((1, "22384"),))


def test_a_stop_to_a_code_from_which_its_team_does_not_send_is_for_all_of_its_senders():
    known = directory((1, "Acme"), keywords=[("22384", "", 1)])
    assert scopes("STOP", known) == (True, ((1, ""),))


def test_a_stop_to_a_shared_code_is_for_all_senders_of_its_team_and_for_the_code_of_the_others():
    assert scopes("STOP") == (True, ((1, ""), (2, "22384")))
    assert scopes("anza") == (False, ((1, ""), (2, "22384")))


@pytest.mark.parametrize("text", ["STOPALL", "stop all", "Acha zote", "UNSUBSCRIBE ALL"])
def test_a_stop_of_all_is_for_all_senders_of_the_team(text):
    assert scopes(text) == (True, ((1, ""),))


@pytest.mark.parametrize(
    ("text", "found"),
    [("STOP acme", (True, ((1, "Acme"),))), ("stop my app", (True, ((2, "My App"),))), ("START My-App", (False, ((2, "My App"),))),
     ("STOP win", (True, ((3, ""),))), ("STOP Rival", (True, ((3, "Rival"),))), ("STOP nobody", None), ("STOP it now", None)],
)  # fmt: skip
def test_a_stop_may_name_a_sender_or_a_keyword_of_the_code(text, found):
    assert scopes(text) == found


def test_a_sender_that_is_not_approved_is_not_named():
    assert scopes("STOP acme", directory((1, "22384"), (1, "Acme", "rejected"))) is None


@pytest.mark.parametrize("text", ["please stop", "stopping", "don't stop", "", "YES", "end", "cancel"])
def test_nothing_but_a_whole_message_counts(text):
    assert scopes(text) is None


def test_words_of_other_countries_are_understood_there():
    known = directory((1, "22384"), country="US")
    assert scopes("END", known) == (True, ((1, "22384"),))
    assert scopes("sitisha", known) is None
    assert scopes("توقف", directory((1, "22384"), country="EG")) == (True, ((1, "22384"),))


@pytest.mark.parametrize(("source", "recipient"), [("+254711000001", PHONE), ("0711000001", PHONE), (PHONE, PHONE)])
def test_the_phone_is_meant_however_its_number_is_written(source, recipient):
    assert opt_out_of(SHARED, "22384", "STOP", source).recipient == recipient


def test_a_phone_to_which_no_message_can_go_cannot_opt_out():
    assert opt_out_of(SHARED, "22384", "STOP", "9f86d081884c7d659a2feaa0c55ad015") is None


def test_a_stop_to_nobody_s_number_is_nobody_s():
    assert scopes("STOP", destination="99999") is None
