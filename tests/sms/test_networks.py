"""Networks as the numbering plans have them."""

from mobilesasa.sms.networks import network_of, networks_below, read_table


def test_a_number_s_network_is_that_of_its_longest_prefix():
    assert network_of("254712345678") == ("25471", "Safaricom")
    assert network_of("254768123456") == ("254768", "Safaricom")
    assert network_of("254761123456") == ("254761", "Telkom")


def test_a_number_of_no_network_is_none():
    assert network_of("254202345678") is None
    assert network_of("") is None


def test_the_networks_below_a_prefix_are_those_whose_prefixes_begin_so():
    below = networks_below("25478")
    assert below == {"25478": "Airtel"}
    assert networks_below("2541")["25411"] == "Safaricom"


def test_the_table_knows_all_countries():
    assert read_table() > 20_000
