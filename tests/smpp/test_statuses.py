"""The statuses of SMPP 3.4, and what is said of them."""

import pytest

from mobilesasa.smpp.statuses import TEXTS, Status, text_of


def test_every_status_has_a_text_of_its_own():
    assert set(TEXTS) == set(Status)
    assert len(set(TEXTS.values())) == len(Status) == 48


@pytest.mark.parametrize("status", Status)
def test_a_plain_number_has_the_text_of_its_status(status: Status):
    assert text_of(int(status)) == TEXTS[status]


def test_a_status_of_a_carrier_and_an_unknown_one_are_told_apart():
    assert text_of(0x400) == "a status of the carrier's own (0x00000400)"
    assert text_of(0x4FF) == "a status of the carrier's own (0x000004FF)"
    assert text_of(0x500) == "a status the specification does not know (0x00000500)"
