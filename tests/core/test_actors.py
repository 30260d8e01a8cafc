"""Who does something, and what must not have ended meanwhile."""

from mobilesasa.core.actors import NODE, Actor, ActorKind


def test_what_must_not_have_ended_is_the_login_of_a_person_and_the_token_else():
    assert Actor(ActorKind.USER, "a person", login_uuid="a login").opened_by == "a login"
    assert Actor(ActorKind.TOKEN, "a token").opened_by == "a token"
    assert NODE.opened_by is None
