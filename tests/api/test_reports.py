"""Reports: figures by days of the team's zone, and by what messages have in common."""

import pytest

from mobilesasa.core.reporting import DELIVERED_CLASSES_MS, SENT_CLASSES_MS, Figures, Group, Latencies, Usage
from tests.api.rig import NOW_MS, Rig

TOKEN = "mbs_reports"
DAY_MS = 86_400_000
TODAY = NOW_MS - 12 * 3_600_000  # 2026-05-11T00:00:00+03:00; it is noon there
SOME = Figures(
    accepted=10, parts=12, units=12, sent=8, delivered=6, failed=2, failed_unsent=1, undelivered=1, refused=1
)


@pytest.fixture
def rig() -> Rig:
    return Rig()


def get(rig, path, **more):
    return rig.get(f"/reports/{path}", token=TOKEN, **more)


def refused(rig, path):
    reply = get(rig, path)
    assert reply.refusal == (400, "bad_request")
    return [field["field"] for field in reply.body["fields"]]


def test_decision_85_the_scope_opens_a_summary_messages_usage_and_delivery(rig):
    """GET /reports/summary, /reports/messages?group_by=…, /reports/usage (units)."""
    for path in ("summary", "messages", "usage", "delivery"):
        assert get(rig, path).status == 200
        assert rig.get(f"/reports/{path}", token="mbs_campaigns").refusal == (403, "missing_scope")


def test_decision_86_days_are_those_of_the_team_s_zone_and_the_reply_says_so(rig):
    """EAT vs UTC: team zone, stated in reply."""
    assert get(rig, "summary").data["zone"] == "Africa/Nairobi"
    assert get(rig, "summary").data["date_from"] == "2026-05-11T00:00:00+03:00"
    rig.reports.standings[1].zone = "Asia/Kathmandu"
    assert get(rig, "summary").data["date_from"] == "2026-05-11T00:00:00+05:45"
    assert get(rig, "summary?zone=America/New_York").data["date_from"] == "2026-05-11T00:00:00-04:00"
    assert get(rig, "usage").data["zone"] == "Asia/Kathmandu"


def test_a_summary_is_of_today(rig):
    rig.reports.totals[TODAY] = SOME
    shown = get(rig, "summary").data
    assert (shown["date_from"], shown["date_to"]) == ("2026-05-11T00:00:00+03:00", "2026-05-12T00:00:00+03:00")
    assert shown["figures"] == {
        "accepted": 10, "parts": 12, "units": 12, "queued": 1, "sent": 8, "pending": 1, "delivered": 6, "failed": 2,
        "delivery_ratio": 0.75,
        "failures": {"undelivered": 1, "expired": 0, "rejected": 0, "refused": 1, "expired_unsent": 0, "cancelled": 0},
    }  # fmt: skip
    assert (shown["counted_at"], shown["is_recounting"]) == ("2026-05-11T08:59:50Z", False)


def test_a_morning_is_compared_with_a_morning(rig):
    rig.reports.totals |= {TODAY: SOME, TODAY - DAY_MS: Figures(accepted=5, units=24, sent=5, delivered=5)}
    shown = get(rig, "summary").data
    assert (shown["before"]["date_from"], shown["before"]["date_to"]) == (
        "2026-05-10T00:00:00+03:00",
        "2026-05-10T12:00:00+03:00",
    )
    assert shown["before"]["figures"]["accepted"] == 5
    assert shown["trend"] == {"accepted": 1.0, "units": -0.5, "delivered": 0.2, "failed": None, "delivery_ratio": -0.25}


def test_days_that_have_passed_are_compared_whole(rig):
    shown = get(rig, "summary?date_from=2026-05-04&date_to=2026-05-06").data
    assert shown["before"]["date_from"][:10] == "2026-05-01"
    assert shown["before"]["date_to"] == shown["date_from"] == "2026-05-04T00:00:00+03:00"


def test_days_that_have_not_come_are_compared_whole(rig):
    shown = get(rig, "summary?date_from=2026-05-20&date_to=2026-05-21").data
    assert (shown["before"]["date_from"][:10], shown["before"]["date_to"][:10]) == ("2026-05-18", "2026-05-20")


def test_a_part_of_a_day_is_compared_with_as_long_a_time_before(rig):
    shown = get(rig, "summary?date_from=2026-05-11T06:00:00Z&date_to=2026-05-11T08:00:00Z").data
    assert shown["before"]["date_from"] == "2026-05-11T07:00:00+03:00"
    assert shown["before"]["date_to"] == shown["date_from"] == "2026-05-11T09:00:00+03:00"


def test_a_last_day_alone_is_that_day(rig):
    shown = get(rig, "summary?date_to=2026-05-01").data
    assert (shown["date_from"][:10], shown["date_to"][:10]) == ("2026-05-01", "2026-05-02")


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("date_from=yesterday", "date_from"),
        ("date_from=2026-02-30", "date_from"),
        ("date_to=2026-05-11T09:00:00", "date_to"),
        ("date_from=1999-01-01", "date_from"),
        ("date_to=9999-12-31", "date_to"),
        ("date_from=2026-05-12", "date_to"),
        ("date_from=2020-01-01", "date_to"),
        ("zone=Mars/Olympus", "zone"),
        ("campaign_uuid=mine", "campaign_uuid"),
    ],
)
def test_what_is_not_well_asked_is_refused_by_its_name(rig, query, field):
    assert refused(rig, f"summary?{query}") == [field]


def test_days_are_listed_one_by_one_those_without_messages_too(rig):
    rig.reports.groups = [Group(key=1, figures=SOME)]
    shown = get(rig, "messages?date_from=2026-05-09").data
    assert shown["group_by"] == "day"
    assert [(item["key"], item["accepted"]) for item in shown["items"]] == [
        ("2026-05-09", 0), ("2026-05-10", 10), ("2026-05-11", 0),
    ]  # fmt: skip
    assert {item["country"] for item in shown["items"]} == {None}


def test_hours_are_those_of_the_zone(rig):
    shown = get(rig, "messages?group_by=hour").data
    assert len(shown["items"]) == 24
    assert shown["items"][1]["key"] == "2026-05-11T01:00:00+03:00"
    assert refused(rig, "messages?group_by=hour&date_from=2026-01-01") == ["group_by"]


def test_networks_have_a_country(rig):
    rig.reports.groups = [Group(key="Safaricom", country="KE", figures=SOME), Group(key="", figures=SOME)]
    shown = get(rig, "messages?group_by=network").data
    assert [(item["key"], item["country"]) for item in shown["items"]] == [("Safaricom", "KE"), (None, None)]


def test_carriers_are_named(rig):
    rig.reports.groups = [Group(key=1, figures=SOME), Group(key=9, figures=SOME)]
    shown = get(rig, "messages?group_by=carrier").data
    assert [item["key"] for item in shown["items"]] == ["savanna", "a carrier that is no more"]


def test_senders_and_campaigns_are_the_keys_themselves(rig):
    rig.reports.groups = [Group(key="MYAPP", figures=SOME), Group(key=None, figures=SOME)]
    for by in ("sender", "campaign"):
        assert [item["key"] for item in get(rig, f"messages?group_by={by}").data["items"]] == ["MYAPP", None]
        assert rig.reports.asked[-1][1] == by


def test_statuses_add_up_to_all(rig):
    rig.reports.totals[1] = SOME
    shown = get(rig, "messages?group_by=status").data
    assert {item["key"]: item["accepted"] for item in shown["items"]} == {
        "queued": 1,
        "sent": 1,
        "delivered": 6,
        "failed": 2,
    }
    assert shown["total"]["accepted"] == 10
    assert get(rig, "messages?group_by=colour").refusal == (400, "bad_request")


def test_filters_go_together(rig):
    campaign = "6F1C1BB0-5C00-4D21-9A3B-0C5D7E8F9A10"
    query = f"sender=MYAPP&network=Safaricom&country=ke&carrier=Savanna&campaign_uuid={campaign}"
    get(rig, f"messages?group_by=network&{query}")
    wanted = rig.reports.asked[-1][0]
    assert (wanted.team_id, wanted.sender, wanted.network, wanted.country) == (1, "MYAPP", "Safaricom", "KE")
    assert (wanted.carrier_id, wanted.campaign) == (1, campaign.lower())
    get(rig, "summary?carrier=unheard-of")
    assert rig.reports.asked[-1][0].carrier_id == 0


def test_units_are_told_day_by_day_by_the_kinds_of_the_ledger(rig):
    rig.reports.used = [
        Usage("charge", 0, -7, 3), Usage("refund", 0, 3, 1), Usage("topup", 1, 50, 1), Usage("adjustment", 1, -2, 1),
        Usage("charge", 1, -1, 1), Usage("reserve", 0, -9, 1), Usage("release", 1, 4, 1),
    ]  # fmt: skip
    shown = get(rig, "usage?date_from=2026-05-10").data
    assert shown["items"] == [
        {
            "day": "2026-05-10",
            "charged": 7,
            "refunded": 3,
            "reserved": 9,
            "released": 0,
            "topped_up": 0,
            "adjusted": 0,
            "messages": 3,
        },
        {
            "day": "2026-05-11",
            "charged": 1,
            "refunded": 0,
            "reserved": 0,
            "released": 4,
            "topped_up": 50,
            "adjusted": -2,
            "messages": 1,
        },
    ]
    assert shown["total"] == {
        "charged": 8, "refunded": 3, "reserved": 9, "released": 4, "topped_up": 50, "adjusted": -2, "messages": 4,
    }  # fmt: skip


def test_deliveries_are_confirmed_accepted_or_without_a_receipt(rig):
    rig.reports.totals[1] = Figures(accepted=20, sent=18, delivered=10, failed=4, failed_unsent=1, unreported=2)
    sent = [0] * (len(SENT_CLASSES_MS) + 1)
    sent[0] = 10
    rig.reports.took = Latencies(sent_within=sent, delivered_within=[0] * (len(DELIVERED_CLASSES_MS) + 1))
    shown = get(rig, "delivery").data
    assert {name: shown[name] for name in ("confirmed", "accepted_only", "no_receipt", "failed", "never_sent")} == {
        "confirmed": 10, "accepted_only": 3, "no_receipt": 2, "failed": 3, "never_sent": 1,
    }  # fmt: skip
    assert shown["accept_to_carrier_ms"] == {"p50": 10, "p90": 18, "p95": 19, "p99": 20}
    assert shown["carrier_to_handset_ms"] == {"p50": None, "p90": None, "p95": None, "p99": None}


def test_before_anything_is_counted_the_reply_says_so(rig):
    get(rig, "summary")
    rig.reports.standings[1].counted_at_ms = None
    rig.reports.standings[1].is_recounting = True
    shown = get(rig, "summary").data
    assert (shown["counted_at"], shown["is_recounting"]) == (None, True)
