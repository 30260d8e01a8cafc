"""Which sender a message goes out from, whether it may, and what a name may be (decisions 33-36)."""

import attrs
import pytest

from mobilesasa.core.errors import BadValue, NoDefaultSender, SenderNotApproved
from mobilesasa.core.networks import Networks
from mobilesasa.core.routing import Live
from mobilesasa.core.sender_names import (
    NAMED_MAX,
    NewSender,
    checked,
    checked_countries,
    checked_name,
    checked_networks,
    checked_words,
)
from mobilesasa.core.senders import SenderClass, check_network, find_sender, sender_for
from mobilesasa.core.teams import Directory, Sender, Team

UUID = "5e000000-0000-4000-8000-000000000001"
TEAM = Team(1, "6f1c1bb0-0000-4000-8000-000000000001", "ACME", "Acme", default_sender_id=1)
ACME = Sender(1, UUID, 1, "Acme")
WAITING = Sender(2, "5e000000-0000-4000-8000-000000000002", 1, "Waiting", "pending")
OTHERS = Sender(3, "5e000000-0000-4000-8000-000000000003", 2, "Other")
SAFARICOM, AIRTEL = "254712345678", "254733123456"


def known(*senders: Sender, networks: Networks | None = None) -> Directory:
    return Directory([TEAM], senders or [ACME, WAITING, OTHERS], networks=networks)


@pytest.mark.parametrize("asked", [UUID, UUID.upper(), "Acme", None, ""])
def test_decision_33_a_sender_is_found_by_uuid_and_by_exact_name_and_decision_35_is_the_default_else(asked):
    assert find_sender(known(), TEAM, asked) == ACME


def test_another_case_is_another_name_and_the_right_one_is_told():
    with pytest.raises(SenderNotApproved, match="did you mean 'Acme'"):
        find_sender(known(), TEAM, "ACME")


@pytest.mark.parametrize("asked", ["Other", OTHERS.uuid, "nobody", "waiting"])
def test_another_team_s_sender_is_as_unknown_as_nobody_s(asked):
    with pytest.raises(SenderNotApproved, match=f"sender '{asked}' is not approved for this team"):
        find_sender(known(), TEAM, asked)


@pytest.mark.parametrize("status", ["pending", "rejected", "suspended"])
def test_only_an_approved_sender_is_used(status):
    sender = attrs.evolve(ACME, status=status)
    for asked in ("Acme", None):
        with pytest.raises(SenderNotApproved, match=f"sender 'Acme' is {status}, not approved"):
            find_sender(known(sender), TEAM, asked)


@pytest.mark.parametrize("default_sender_id", [None, 99])
def test_without_a_default_a_sender_must_be_named(default_sender_id):
    with pytest.raises(NoDefaultSender, match="no default sender"):
        find_sender(known(), attrs.evolve(TEAM, default_sender_id=default_sender_id), None)


def test_a_sender_of_no_networks_is_for_all():
    check_network(known(), Live(), ACME, "123")
    assert not known().asks_networks


def test_a_sender_of_some_networks_is_for_those_alone():
    limited = attrs.evolve(ACME, networks=("airtel", "Telkom"))
    picture = known(limited)
    assert picture.asks_networks
    assert sender_for(picture, Live(), TEAM, None, AIRTEL) == limited
    with pytest.raises(SenderNotApproved, match="is not approved for Safaricom, but for airtel, Telkom alone"):
        sender_for(picture, Live(), TEAM, None, SAFARICOM)


def test_a_network_goes_by_its_code_too_and_where_a_receipt_saw_the_number_counts():
    live = Live()
    live.learned.put(SAFARICOM, "63903")
    for name in ("63903", "Airtel"):
        limited = attrs.evolve(ACME, networks=(name,))
        check_network(known(limited, networks=Networks(codes={"63903": "Airtel"})), live, limited, SAFARICOM)


def test_a_number_of_no_known_network_is_refused_for_a_sender_of_some():
    limited = attrs.evolve(ACME, networks=("Airtel",))
    with pytest.raises(SenderNotApproved, match="nobody knows the network of this number"):
        check_network(known(limited), Live(), limited, "999123456789")


@pytest.mark.parametrize("name", ["A", "Acme Ltd", "20880", "A_.&-b", "1" * 15, "Abcdefghijk"])
def test_decision_33_a_name_has_11_characters_with_a_letter_or_15_digits(name):
    assert checked_name(name) == name


@pytest.mark.parametrize("name", ["", " A", "A ", "Abcdefghijkl", "1" * 16, "+254700", "Ünit", "A\n", "1 2"])
def test_decision_33_a_name_that_phones_cannot_show_is_refused(name):
    with pytest.raises(BadValue, match="a sender is 1 to 11 letters"):
        checked_name(name)


def test_a_request_is_kept_in_its_plain_form():
    asked = NewSender(
        name="MYAPP",
        sender_class=SenderClass.OTP,
        countries=["ke", "KE", "ug"],
        networks=[" Safaricom ", "Safaricom"],
        note=" our shop ",
        document_uuid=UUID.upper(),
    )
    kept = checked(asked)
    assert (kept.countries, kept.networks, kept.note) == (["KE", "UG"], ["Safaricom"], "our shop")
    assert (kept.document_uuid, kept.sender_class) == (UUID, SenderClass.OTP)
    assert checked(kept) == kept


def test_what_is_no_file_s_uuid_is_refused():
    with pytest.raises(BadValue, match="'x' is no file's uuid"):
        checked(NewSender(name="MYAPP", document_uuid="x"))


@pytest.mark.parametrize("given", ["Kenya", "", "XX"])
def test_what_is_no_country_is_refused(given):
    with pytest.raises(BadValue, match="two letters"):
        checked_countries([given])


@pytest.mark.parametrize("given", [" ", "x" * 65, "a\nb"])
def test_what_is_no_network_is_refused(given):
    with pytest.raises(BadValue, match="its name, or its MCC and MNC"):
        checked_networks([given])


def test_so_many_networks_can_be_named_and_no_more():
    names = [f"network {n}" for n in range(NAMED_MAX + 1)]
    assert len(checked_networks(names[:-1])) == NAMED_MAX
    with pytest.raises(BadValue, match="at most 50 networks"):
        checked_networks(names)


@pytest.mark.parametrize("given", ["x" * 1001, "a\x00b"])
def test_words_that_cannot_be_kept_are_refused(given):
    with pytest.raises(BadValue, match="a note has at most 1000 characters"):
        checked_words(given, "a note")
