"""A body in a consumer's hand tells its queue what became of it."""

import pytest

from mobilesasa.core.lanes import Delivery
from mobilesasa.core.model import Lane


@pytest.mark.parametrize(("word", "acknowledged"), [("ack", True), ("nack", False)])
def test_a_delivery_tells_its_queue_how_it_ended(word, acknowledged):
    told = []
    delivery = Delivery(1, Lane.BULK, ["id"], lambda *how: told.append(how))
    getattr(delivery, word)()
    assert told == [(delivery, acknowledged)]
