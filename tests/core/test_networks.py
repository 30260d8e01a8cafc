"""Which network a number is in: who says it, and who is believed."""

import pytest

from mobilesasa.core.networks import FoundNetwork, LearnedNetworks, Networks, NetworkSource

NUMBER = "254712345678"
KNOWN = Networks({"2547": "Ours", "25471234": "Theirs"}, {"63903": "Airtel"})


def learned(*rows: tuple[str, str]) -> LearnedNetworks:
    made = LearnedNetworks()
    made.fill(rows)
    return made


def test_the_numbering_plan_is_believed_when_nobody_else_knows():
    found = Networks().find(NUMBER, LearnedNetworks())
    assert found == FoundNetwork("Safaricom", NetworkSource.PHONENUMBERS, "25471")


def test_the_operator_s_longest_prefix_goes_before_the_numbering_plan():
    assert KNOWN.find(NUMBER, LearnedNetworks()) == FoundNetwork("Theirs", NetworkSource.OPERATOR, "25471234")
    assert KNOWN.find("254799999999", LearnedNetworks()) == FoundNetwork("Ours", NetworkSource.OPERATOR, "2547")


def test_a_receipt_goes_before_the_operator():
    found = KNOWN.find(NUMBER, learned((NUMBER, "63903")))
    assert found == FoundNetwork("Airtel", NetworkSource.LEARNED, NUMBER, "63903")


def test_a_code_without_a_name_is_its_own_name():
    assert KNOWN.find(NUMBER, learned((NUMBER, "63999"))) == FoundNetwork(
        "63999", NetworkSource.LEARNED, NUMBER, "63999"
    )


def test_a_network_that_is_named_has_its_least_code_and_any_other_is_left_as_it_stands():
    known = Networks({}, {"63903": "Airtel", "63901": "Airtel"})
    assert [known.code_of(name) for name in ("AIRTEL", "63903", "Orange", "")] == ["63901", "63903", "Orange", ""]


def test_nobody_knows_the_network_of_a_number_that_no_plan_has():
    assert Networks().find("999999999999", LearnedNetworks()) is None


@pytest.mark.parametrize(
    ("network", "names"), [("Airtel", {"airtel"}), ("63903", {"63903", "airtel"}), ("63999", {"63999"})]
)
def test_a_network_is_called_by_its_name_or_its_code(network, names):
    assert KNOWN.names_of(network) == names


def test_the_number_that_was_learned_longest_ago_gives_way():
    few = LearnedNetworks(most=2)
    for number in ("1", "2", "1", "3"):
        few.put(number, f"code of {number}")
    assert [few.find(number) for number in ("1", "2", "3")] == ["code of 1", None, "code of 3"]


def test_what_was_learned_here_is_newer_than_what_the_store_remembers():
    made = LearnedNetworks()
    made.put(NUMBER, "63903")
    assert not made.loaded
    made.fill([(NUMBER, "63902"), ("254711111111", "63907")])
    assert (made.loaded, made.find(NUMBER), made.find("254711111111")) == (True, "63903", "63907")
