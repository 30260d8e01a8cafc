import attrs
import pytest

from mobilesasa.core.errors import BadValue, NotAllowed
from mobilesasa.core.members import Standing, check_standing
from mobilesasa.core.passwords import COMMONEST, LONGEST, SHORTEST, checked_password
from mobilesasa.core.people import CurrentPeople, Opened, People, SigningKey, User, account_digest
from mobilesasa.core.scopes import PLATFORM, SCOPES_OF_ROLE, Role

EMAIL = "jane.doe@acme-limited.example"
JANE = User("a uuid", EMAIL, "Jane", roles={1: Role.VIEWER})
ROOT = User("another uuid", "root@platform.example", "Root", platform_admin=True, roles={1: Role.OPERATOR})


@pytest.mark.parametrize(
    "password", ["correct horse", "kenya-x7Qz9", "ünïcödé ßtrong", "a" * 3 + "bcdefgh", " blanks count "]
)
def test_a_password_that_is_long_enough_is_taken_as_it_is(password):
    assert checked_password(password, EMAIL) == password


@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("x1y2z3w4v", "10 to 200"),
        ("", "10 to 200"),
        ("abcd" * 51, "10 to 200"),
        (EMAIL.upper(), "email"),
        ("acme-limited.example", "email"),
        ("Password123", "anybody would try"),
        ("aaaaaaaaaaaa", "anybody would try"),
        ("ababababababab", "anybody would try"),
        ("MobileSasa!2027", "words that anybody would try"),
        ("kenya-Safaricom-7", "words that anybody would try"),
        ("jane.doe2027", "words that anybody would try"),
    ],
)
def test_a_password_that_others_would_guess_is_refused(password, why):
    with pytest.raises(BadValue, match=why):
        checked_password(password, EMAIL)


def test_a_name_of_a_few_letters_stands_in_many_words_and_counts_in_a_password():
    assert checked_password("anna-tree-7q", "ann@acme.example") == "anna-tree-7q"
    assert checked_password("annannann7qx", "ann@acme.example") == "annannann7qx"  # without "ann" three would be left


def test_the_list_of_the_commonest_holds_what_is_long_enough_alone():
    assert {word for word in COMMONEST if not SHORTEST <= len(word) <= LONGEST or word != word.casefold()} == set()


def test_what_a_user_may_do_is_their_role_in_the_team_and_the_platform_s_beside_it():
    assert JANE.scopes_in(1) == SCOPES_OF_ROLE[Role.VIEWER]
    assert JANE.scopes_in(2) == JANE.scopes_in(None) == frozenset()
    assert ROOT.scopes_in(1) == SCOPES_OF_ROLE[Role.OPERATOR] | {PLATFORM}
    assert ROOT.scopes_in(None) == {PLATFORM}


def test_what_is_learned_of_a_user_stands_in_the_place_of_what_was_known():
    current = CurrentPeople(People([JANE], ["a login"], [SigningKey("key", b"secret")]))
    current.learn(attrs.evolve(JANE, disabled=True))
    current.end(["another login"])
    assert current.now.users == {"a uuid": attrs.evolve(JANE, disabled=True)}
    assert current.now.ended == {"a login", "another login"}
    assert [current.now.key(kid) for kid in ("key", "other")] == [SigningKey("key", b"secret"), None]


def test_nobody_is_known_to_begin_with():
    assert CurrentPeople().now.users == {}


def test_secrets_are_not_shown():
    shown = repr([SigningKey("key", b"secret"), Opened(JANE, "a login", 1, "mbr_secret")])
    assert "secret" not in shown


def test_an_account_is_counted_by_its_address_without_blanks_and_case():
    assert account_digest(f" {EMAIL.upper()} ") == account_digest(EMAIL)


def standing(role: Role | None) -> Standing:
    return Standing(SCOPES_OF_ROLE[role or Role.ADMIN], role)


@pytest.mark.parametrize("by", [Role.ADMIN, None])
def test_only_an_owner_makes_changes_and_removes_owners(by):
    check_standing(standing(by), Role.ADMIN, Role.VIEWER)
    for was, will_be in ((None, Role.OWNER), (Role.OWNER, None), (Role.OWNER, Role.VIEWER)):
        check_standing(standing(Role.OWNER), was, will_be)
        with pytest.raises(NotAllowed):
            check_standing(standing(by), was, will_be)


def test_decision_19_nobody_gives_a_role_that_opens_more_than_they_may():
    narrow = Standing(frozenset({"team", "messages"}))
    check_standing(narrow, Role.ADMIN, None)
    with pytest.raises(NotAllowed, match="opens more than this token"):
        check_standing(narrow, None, Role.VIEWER)
