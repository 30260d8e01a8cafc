import pytest

from mobilesasa.core.errors import BadValue
from mobilesasa.core.scopes import (
    API_TOKENS,
    OPERATORS_SCOPES,
    PLATFORM,
    READ,
    SCOPES,
    SCOPES_OF_ROLE,
    TEAM,
    WHOLE,
    Role,
    beyond,
    checked_scopes,
    opens,
)

REFERENCE = ("messages", "contacts", "groups", "campaigns", "surveys", "ussd", "reports")


def test_api_v1_each_scope_of_the_reference_is_there():
    """The seven that the reference lists, and decision 18's."""
    assert SCOPES[:8] == (*REFERENCE, API_TOKENS)  # the eighth is decision 18's


def test_the_platform_s_scope_is_for_operators_alone():
    assert PLATFORM not in SCOPES
    assert (*SCOPES, PLATFORM) == OPERATORS_SCOPES
    assert not any(PLATFORM in scopes for scopes in SCOPES_OF_ROLE.values())


@pytest.mark.parametrize("scope", WHOLE)
def test_decision_16_a_scope_reads_and_writes_and_its_finer_one_reads(scope):
    assert opens({scope}, (scope,), reads=True)
    assert opens({scope}, (scope,), reads=False)
    assert opens({scope + READ}, (scope,), reads=True)
    assert not opens({scope + READ}, (scope,), reads=False)


def test_one_of_several_scopes_is_enough_and_where_none_is_wanted_anybody_may():
    assert opens({"contacts"}, ("messages", "contacts"), reads=False)
    assert not opens({"groups"}, ("messages", "contacts"), reads=True)
    assert opens((), (), reads=False)


def test_what_one_does_not_hold_is_beyond_one():
    held = {"messages", "contacts:read"}
    assert beyond(held, ["messages", "messages:read", "contacts:read"]) == []
    assert beyond(held, ["contacts", "groups", "groups:read"]) == ["contacts", "groups", "groups:read"]


def test_decision_11_what_a_role_opens():
    assert SCOPES_OF_ROLE[Role.OWNER] == SCOPES_OF_ROLE[Role.ADMIN] == frozenset(WHOLE)
    assert SCOPES_OF_ROLE[Role.OPERATOR] == frozenset(REFERENCE)
    assert all(scope.endswith(READ) for scope in SCOPES_OF_ROLE[Role.VIEWER])
    assert SCOPES_OF_ROLE[Role.VIEWER].isdisjoint({API_TOKENS + READ, TEAM + READ})


def test_decision_20_scopes_of_a_token_are_folded_in_their_order():
    assert checked_scopes(["reports", "messages", "reports"]) == ["reports", "messages"]
    assert checked_scopes([PLATFORM], by_operator=True) == [PLATFORM]


@pytest.mark.parametrize(
    ("scopes", "why"), [([], "needs a scope"), (["x"], "is no scope"), ([PLATFORM], "operator's to give")]
)
def test_decision_20_no_scope_an_unknown_one_and_the_platform_s_are_refused(scopes, why):
    with pytest.raises(BadValue, match=why):
        checked_scopes(scopes)
