"""Who does something, and what must not have ended meanwhile."""

import attrs

from mobilesasa.core.actors import NODE, Actor, ActorKind
from mobilesasa.core.scopes import Role


def test_calls_of_a_token_or_of_a_login_in_the_same_role_are_opened_by_the_same():
    jane = Actor(ActorKind.USER, "a person", login_uuid="a login", team_id=1, role=Role.ADMIN, request_id="one")
    assert jane.opened_by == attrs.evolve(jane, request_id="two", address="192.0.2.7").opened_by
    others = [{"login_uuid": "another"}, {"team_id": 2}, {"role": Role.VIEWER}, {"platform": True}]
    assert jane.opened_by not in [attrs.evolve(jane, **other).opened_by for other in others]
    assert Actor(ActorKind.TOKEN, "a token").opened_by != NODE.opened_by
