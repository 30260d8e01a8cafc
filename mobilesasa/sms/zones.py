"""In which time zone the people of a country live, as the numbering plans have it."""

from __future__ import annotations

from typing import Final

from phonenumbers.tzdata import TIMEZONE_DATA

from mobilesasa.sms.numbers import UnknownCountry, calling_code

# Where most of a country's people live, for countries with several zones.
_ZONES: Final = {
    "AU": "Australia/Sydney", "BR": "America/Sao_Paulo", "CA": "America/Toronto", "CD": "Africa/Kinshasa", "CL": "America/Santiago",
    "CN": "Asia/Shanghai", "CY": "Asia/Nicosia", "DE": "Europe/Berlin", "EC": "America/Guayaquil", "ES": "Europe/Madrid",
    "GB": "Europe/London", "ID": "Asia/Jakarta", "IT": "Europe/Rome", "KZ": "Asia/Almaty", "MA": "Africa/Casablanca",
    "MN": "Asia/Ulaanbaatar", "MX": "America/Mexico_City", "MY": "Asia/Kuala_Lumpur", "NO": "Europe/Oslo", "NZ": "Pacific/Auckland",
    "PG": "Pacific/Port_Moresby", "PT": "Europe/Lisbon", "RU": "Europe/Moscow", "UA": "Europe/Kyiv", "US": "America/New_York",
    "UZ": "Asia/Tashkent", "VN": "Asia/Ho_Chi_Minh",
}  # fmt: skip


def zone_of_country(country: str) -> str:
    """Return the name of the zone in which most people of a country (ISO 3166-1) live; UTC where that is not known."""
    known = _ZONES.get(country)
    if known is None:
        try:
            zones = TIMEZONE_DATA.get(calling_code(country), ())
        except UnknownCountry:
            return "UTC"
        return zones[0] if len(zones) == 1 else "UTC"
    return known
