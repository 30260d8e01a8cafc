"""When tokens opened something last, gathered until it is written."""

from mobilesasa.core.uses import TokenUse, TokenUses


def test_the_last_use_of_each_token_is_taken_once():
    uses = TokenUses()
    uses.seen("b", 1, "192.0.2.1")
    uses.seen("a", 2, "192.0.2.2")
    uses.seen("b", 3, "192.0.2.3")
    assert uses.take() == [TokenUse("a", 2, "192.0.2.2"), TokenUse("b", 3, "192.0.2.3")]
    assert uses.take() == []


def test_what_could_not_be_written_is_put_back_unless_something_newer_was_seen():
    uses = TokenUses()
    uses.seen("a", 1, "192.0.2.1")
    uses.seen("b", 1, "192.0.2.1")
    taken = uses.take()
    uses.seen("b", 2, "192.0.2.2")
    uses.put_back(taken)
    assert uses.take() == [TokenUse("a", 1, "192.0.2.1"), TokenUse("b", 2, "192.0.2.2")]


def test_only_so_many_tokens_are_remembered_at_once():
    uses = TokenUses(most=1)
    uses.seen("a", 1, "192.0.2.1")
    uses.seen("b", 2, "192.0.2.2")
    uses.seen("a", 3, "192.0.2.3")
    assert uses.take() == [TokenUse("a", 3, "192.0.2.3")]
