import pytest

from mobilesasa.core.errors import InsufficientUnits, NoRoute, Overloaded, Refused, Suppressed, every_refusal
from mobilesasa.smpp.statuses import Status
from mobilesasa.smpp.tlvs import Tag
from mobilesasa.smsc.statuses import STATUSES, BadSubmit, refused, status_of


@pytest.mark.parametrize("refusal", every_refusal())
def test_every_refusal_has_its_status(refusal):
    assert isinstance(STATUSES[refusal.code], Status)
    assert STATUSES[refusal.code] is not Status.ESME_ROK


def test_the_table_has_no_row_of_nothing():
    assert set(STATUSES) == {refusal.code for refusal in every_refusal()}


def test_a_refusal_nobody_knows_is_a_failed_submit():
    class Odd(Refused):
        code = "odd"

    assert status_of(Odd("odd")) is Status.ESME_RSUBMITFAIL
    del Odd


def test_a_short_balance_is_said_in_words():
    response = refused(9, InsufficientUnits(3), takes_tlvs=True)
    assert (response.sequence, response.status) == (9, Status.ESME_RSUBMITFAIL)
    assert response.tlvs == {Tag.ADDITIONAL_STATUS_INFO_TEXT: "insufficient units"}


def test_somebody_who_is_suppressed_is_told_from_a_wrong_number_by_words():
    response = refused(9, Suppressed("the recipient wants none"), takes_tlvs=True)
    assert response.status == Status.ESME_RINVDSTADR
    assert response.tlvs == {Tag.ADDITIONAL_STATUS_INFO_TEXT: "the recipient wants none"}
    assert refused(9, Suppressed("the recipient wants none"), takes_tlvs=False).tlvs == {}


def test_an_old_peer_gets_no_words():
    assert refused(9, InsufficientUnits(3), takes_tlvs=False).tlvs == {}


@pytest.mark.parametrize("refusal", [NoRoute("none"), Overloaded("full"), BadSubmit(Status.ESME_RINVMSGLEN, "long")])
def test_a_status_that_speaks_for_itself_has_no_words(refusal):
    assert refused(9, refusal, takes_tlvs=True).tlvs == {}


def test_words_are_cut_to_what_the_parameter_holds():
    response = refused(9, BadSubmit(Status.ESME_RSUBMITFAIL, "é→\0" * 200), takes_tlvs=True)
    assert len(response.tlvs[Tag.ADDITIONAL_STATUS_INFO_TEXT]) == 255
    assert response.encode()
