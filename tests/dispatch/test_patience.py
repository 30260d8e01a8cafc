"""What carriers answered is written down at once where its room is needed, and in good time where it is not."""

from tests.dispatch.rig import Rig


def test_an_answer_waits_for_more_while_less_than_half_of_the_window_is_taken():
    rig = Rig()
    rig.deliver(10)
    rig.carrier.answer(6)  # the window of 10 is full
    rig.carrier.answer(2)
    assert rig.journal.patient == [False, True]
