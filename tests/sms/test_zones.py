"""In which time zone the people of a country live."""

from zoneinfo import ZoneInfo

import pytest

from mobilesasa.sms.zones import zone_of_country


@pytest.mark.parametrize(
    ("country", "zone"),
    [
        ("KE", "Africa/Nairobi"),
        ("UG", "Africa/Kampala"),
        ("US", "America/New_York"),
        ("NP", "Asia/Katmandu"),
        ("XX", "UTC"),
        ("KI", "UTC"),
    ],
)
def test_decision_86_days_are_those_of_the_country_s_zone(country, zone):
    """EAT vs UTC: the team's zone, stated in the reply."""
    assert zone_of_country(country) == zone
    assert ZoneInfo(zone).key == zone
