"""What a team has and what changed it, by REST (decisions 38, 87)."""

from tests.api.rig import ACME, NOW_MS, TOKENS, directory, message_id, stored, token
from tests.fakes.books import Standing


def test_decision_87_the_account_shows_balance_reserved_and_available(rig):
    rig.ledger.has = Standing(9990, 10, None)
    assert rig.get("/account", token="mbs_reports").data == {
        "team": {"uuid": ACME.uuid, "code": "ACME2024", "name": "Acme", "country": "KE"},
        "balance": 10_000,
        "reserved": 10,
        "available": 9990,
        "low_balance_units": None,
        "low": False,
    }


def test_the_account_says_when_units_run_low(rig):
    for available, low in ((499, True), (500, False)):
        rig.ledger.has = Standing(available, 10, 500)
        account = rig.get("/account").data
        assert (account["low_balance_units"], account["low"]) == (500, low)


def test_the_ledger_is_listed_newest_first_with_what_was_left_after_each_entry(rig):
    rig.ledger.give(100, note="Invoice 7")
    rig.ledger.give(-3, "charge")
    rig.ledger.give(5, team_id=2)
    page = rig.get("/ledger", token="mbs_reports").data
    assert page["items"] == [
        {"id": 2, "at": "2026-05-11T09:00:00Z", "kind": "charge", "units": -3, "messages": 1, "message_uuid": None,
         "campaign_uuid": None, "note": None, "available_after": 97},
        {"id": 1, "at": "2026-05-11T09:00:00Z", "kind": "topup", "units": 100, "messages": 0, "message_uuid": None,
         "campaign_uuid": None, "note": "Invoice 7", "available_after": 100},
    ]  # fmt: skip
    assert (page["total"], page["next_cursor"]) == (2, None)


def test_the_ledger_goes_on_by_cursor(rig):
    for n in range(1, 6):
        rig.ledger.give(n)
    first = rig.get("/ledger?page_size=2", token="mbs_reports").data
    assert ([each["id"] for each in first["items"]], first["total"]) == ([5, 4], 5)
    second = rig.get(f"/ledger?page_size=2&cursor={first['next_cursor']}", token="mbs_reports").data
    assert ([each["id"] for each in second["items"]], second["page"], second["total"]) == ([3, 2], 2, 5)
    last = rig.get(f"/ledger?page_size=2&cursor={second['next_cursor']}", token="mbs_reports").data
    assert ([each["id"] for each in last["items"]], last["next_cursor"]) == ([1], None)


def test_a_cursor_of_another_list_is_refused(rig):
    for n in (1, 2):
        rig.history.put(stored(n))
    cursor = rig.get("/messages?page_size=1").data["next_cursor"]
    assert rig.get(f"/ledger?page_size=1&cursor={cursor}", token="mbs_reports").refusal == (400, "bad_request")


def test_the_ledger_is_asked_for_a_kind_and_a_time(rig):
    rig.ledger.give(100)
    rig.ledger.give(-1, "charge")
    page = rig.get(
        "/ledger?kind=topup&since=2026-05-11T09:00:00Z&until=2026-05-12T00:00:00%2B03:00", token="mbs_reports"
    )
    assert [each["kind"] for each in page.data["items"]] == ["topup"]
    (asked,) = rig.ledger.asked
    assert (asked.team_id, asked.kind, asked.from_ms, asked.to_ms) == (1, "topup", NOW_MS, NOW_MS + 12 * 3_600_000)
    assert rig.get("/ledger?kind=gift", token="mbs_reports").refusal == (400, "bad_request")


def test_the_ledger_is_asked_for_what_a_campaign_moved(rig):
    uuid = "ca000000-0000-4000-8000-000000000001"
    rig.ledger.give(100)
    rig.ledger.give(-3, "reserve", campaign_uuid=uuid)
    page = rig.get(f"/ledger?campaign_uuid={uuid.upper()}", token="mbs_reports").data
    assert [(each["kind"], each["campaign_uuid"]) for each in page["items"]] == [("reserve", uuid)]
    refused = rig.get("/ledger?campaign_uuid=May", token="mbs_reports")
    assert (refused.refusal, refused.body["fields"][0]["field"]) == ((400, "bad_request"), "campaign_uuid")


def test_the_ledger_is_asked_for_what_a_message_cost(rig):
    rig.ledger.give(100)
    rig.get(f"/ledger?message_uuid={message_id(1).upper()}", token="mbs_reports")
    assert rig.ledger.asked[-1].message_id == message_id(1)
    refused = rig.get("/ledger?message_uuid=AGLYUPS4", token="mbs_reports")
    assert (refused.refusal, refused.body["fields"][0]["field"]) == ((400, "bad_request"), "message_uuid")


def test_a_page_of_the_ledger_past_the_end_is_empty(rig):
    rig.ledger.give(100)
    page = rig.get("/ledger?page=2", token="mbs_reports").data
    assert (page["items"], page["total"], page["next_cursor"]) == ([], 1, None)


def test_the_ledger_is_for_the_scopes_reports_and_team(rig):
    rig.directory.now = directory(tokens=[*TOKENS, token("mbs_team", scopes=("team",))])
    assert rig.get("/ledger", token="mbs_team").status == 200
    assert rig.get("/ledger").refusal == (403, "missing_scope")
