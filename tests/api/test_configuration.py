"""What the administrators of the platform set by REST: carriers, routes, rules, prices, networks, keywords, suppressions."""

import pytest

from mobilesasa.core.routing import Rule, Target
from mobilesasa.core.teams import CarrierRecord, Directory
from tests.api.rig import ACME, OPERATOR, OTHER, ROUTES, SENDERS, TOKENS, Rig


def get(rig: Rig, path: str):
    return rig.get(f"/admin{path}", OPERATOR)


def post(rig: Rig, path: str, body=None, **headers):
    return rig.post(f"/admin{path}", body, OPERATOR, **headers)


def put(rig: Rig, path: str, body):
    return rig.put(f"/admin{path}", body, OPERATOR)


def delete(rig: Rig, path: str):
    return rig.delete(f"/admin{path}", OPERATOR)


def test_carriers_and_receipts_are_at_their_old_paths_too(rig):
    rig.carriers.known = {"savanna": {"name": "savanna"}}
    rig.tray.give()
    for path in ("/carriers", "/carriers/savanna", "/receipts/unmatched"):
        assert get(rig, path).data == rig.get(path, OPERATOR).data


def test_a_carrier_is_made_changed_and_taken_out_of_service(rig):
    body = {"name": "coast", "kind": "smpp", "options": {"host": "h", "port": 2775, "tables": [1, {"a": None}]}}
    first, again = (post(rig, "/carriers", body, Idempotency_Key="k") for _ in range(2))
    assert first.data == {**body, "enabled": True}
    assert again.octets == first.octets
    assert put(rig, "/carriers/coast", {"options": {"window": 5}}).data["options"]["window"] == 5
    assert delete(rig, "/carriers/coast").data["enabled"] is False
    assert put(rig, "/carriers/coast", {"enabled": True}).data["enabled"] is True
    assert get(rig, "/carriers/coast/callbacks").data["callbacks"].keys() == {"receipts"}
    assert post(rig, "/carriers", {**body, "kind": "pigeon"}).refusal == (400, "bad_request")
    assert delete(rig, "/carriers/nobody").refusal == (404, "not_found")


@pytest.mark.parametrize("options", [{"host": "a\0"}, {"tables": [{"a\0": 1}]}, {"a": ["\0"]}])
def test_what_no_store_keeps_is_refused_wherever_it_stands_in_options(rig, options):
    reply = post(rig, "/carriers", {"name": "coast", "kind": "smpp", "options": options})
    assert reply.refusal == (400, "bad_request")
    assert "holds a NUL character" in reply.body["error"]


def test_a_route_is_made_moved_and_removed(rig):
    made = post(rig, "/routes", {"prefix": "+254", "carrier": "savanna"}, Idempotency_Key="k").data
    assert made == {"prefix": "254", "carrier": "savanna", "priority": 100}
    post(rig, "/routes", {"prefix": "", "carrier": "savanna"})
    assert put(rig, "/routes/254/savanna", {"priority": 5}).data["priority"] == 5
    assert [each["priority"] for each in get(rig, "/routes").data["items"]] == [5, 100]
    assert delete(rig, "/routes/default/savanna").data["prefix"] == ""
    assert delete(rig, "/routes/default/savanna").refusal == (404, "not_found")
    assert put(rig, "/routes/255/savanna", {"priority": 5}).refusal == (404, "not_found")


def test_a_rule_with_a_class_is_made_replaced_and_removed(rig):
    asked = {
        "sender_class": "otp",
        "lane": "bulk",
        "origin": "smpp",
        "coding": "ucs2",
        "carriers": [{"name": "savanna"}],
    }
    made = post(rig, "/rules", asked, Idempotency_Key="k").data
    assert {name: made[name] for name in asked} == {**asked, "carriers": [{"name": "savanna", "weight": 1}]}
    assert (made["id"], made["policy"], made["priority"], made["team"]) == (1, "failover", 100, None)
    changed = put(rig, "/rules/1", {"team": "ACME2024", "carriers": [{"name": "coast", "weight": 0}]}).data
    assert (changed["sender_class"], changed["team"], changed["carriers"]) == (
        None, "ACME2024", [{"name": "coast", "weight": 0}],
    )  # fmt: skip
    assert get(rig, "/rules/1").data == changed
    assert get(rig, "/rules").data["items"] == [changed]
    assert delete(rig, "/rules/1").data == changed
    assert get(rig, "/rules/1").refusal == (404, "not_found")
    assert get(rig, f"/rules/{'9' * 30}").refusal == (404, "not_found")
    assert post(rig, "/rules", {"sender_class": "spam", "carriers": []}).refusal == (400, "bad_request")


def test_an_administrator_is_told_of_rules_for_other_teams(rig):
    carriers = [CarrierRecord(1, "savanna", "sandbox"), CarrierRecord(2, "coast", "sandbox")]
    rule = Rule(id=7, targets=(Target(2),), team_id=2)
    rig.directory.now = Directory((ACME, OTHER), SENDERS, TOKENS, carriers, ROUTES, rules=[rule])
    path = "/routes/explain?to=%2B254712345678&team="
    assert [each["rule"] for each in get(rig, f"{path}acme2024").data["rules"]] == ["rule 7", "the default route"]
    assert get(rig, f"{path}OTHER").data["carriers"] == ["coast"]
    assert get(rig, f"{path}nobody").refusal == (404, "not_found")


def test_decision_38_prices_are_set_by_prefix_or_whole(rig):
    assert put(rig, "/prices/255", {"units": 3}).data == {"prefix": "255", "units": 3}
    assert put(rig, "/prices/default", {"units": 2}).data == {"prefix": "", "units": 2}
    assert get(rig, "/prices").data["items"] == [{"prefix": "", "units": 2}, {"prefix": "255", "units": 3}]
    assert delete(rig, "/prices/255").data == {"prefix": "255", "units": 3}
    assert put(rig, "/prices", {"prices": {"1": 4}}).data["items"] == [{"prefix": "1", "units": 4}]
    assert put(rig, "/prices/255", {"units": 0}).refusal == (400, "bad_request")
    assert put(rig, "/prices", {"prices": {"1": "4"}}).refusal == (400, "bad_request")
    assert delete(rig, "/prices/255").refusal == (404, "not_found")
    assert put(rig, "/prices/0", {"units": 1}).refusal == (404, "not_found")


def test_costs_are_set_listed_and_forgotten(rig):
    made = put(rig, "/carriers/savanna/costs/254", {"cost_micro": 350_000}).data
    assert made == {"carrier": "savanna", "prefix": "254", "cost_micro": 350_000}
    assert get(rig, "/costs").data["items"] == get(rig, "/costs?carrier=savanna").data["items"] == [made]
    assert delete(rig, "/carriers/savanna/costs/254").data == made
    assert delete(rig, "/carriers/savanna/costs/254").refusal == (404, "not_found")
    assert put(rig, "/carriers/nobody/costs/254", {"cost_micro": 1}).refusal == (404, "not_found")


def test_networks_are_named_by_prefix_and_by_code(rig):
    assert put(rig, "/networks/prefixes/25471", {"network": " Ours "}).data == {"prefix": "25471", "network": "Ours"}
    assert put(rig, "/networks/codes/63999", {"network": "Ours"}).data == {"code": "63999", "network": "Ours"}
    assert get(rig, "/networks").data == {
        "prefixes": [{"prefix": "25471", "network": "Ours"}],
        "codes": [{"code": "63902", "network": "Safaricom"}, {"code": "63999", "network": "Ours"}],
    }
    assert delete(rig, "/networks/prefixes/25471").data["network"] == "Ours"
    assert delete(rig, "/networks/codes/63902").data["network"] == "Safaricom"
    assert delete(rig, "/networks/codes/63902").refusal == (404, "not_found")
    assert put(rig, "/networks/prefixes/default", {"network": "X"}).refusal == (404, "not_found")
    assert put(rig, "/networks/codes/12", {"network": "X"}).refusal == (404, "not_found")


def test_keywords_are_given_and_taken(rig):
    made = post(rig, "/keywords", {"code": "22384", "keyword": "WIN", "team": "ACME2024"}, Idempotency_Key="k").data
    assert made == {"code": "22384", "keyword": "win", "team": "ACME2024"}
    post(rig, "/keywords", {"code": "22384", "keyword": "", "team": "OTHER"})
    assert get(rig, "/keywords?code=22384").data["items"][0] == made
    assert delete(rig, "/keywords?code=22384").data["team"] == "OTHER"
    assert delete(rig, "/keywords?code=22384&keyword=win").data == made
    assert delete(rig, "/keywords?code=22384&keyword=win").refusal == (404, "not_found")
    assert delete(rig, "/keywords").refusal == (400, "bad_request")


def test_the_operator_suppresses_somebody_and_takes_it_back(rig):
    path = f"/teams/{ACME.uuid}/suppressions"
    made = post(rig, path, {"phone": "0712345678", "sender_id": "MYAPP"}, Idempotency_Key="k").data
    assert (made["phone"], made["sender_id"], made["reason"]) == ("+254712345678", "MYAPP", "operator")
    assert ACME.id in rig.directory.suppressing
    assert post(rig, path, {"phone": "0712345678"}).data["sender_id"] is None
    assert delete(rig, f"{path}/{made['uuid']}").data == made
    assert delete(rig, f"{path}/{made['uuid']}").refusal == (404, "not_found")


@pytest.mark.parametrize(
    ("body", "field"), [({"phone": "12"}, "phone"), ({"phone": "0712345678", "sender_id": "X"}, "sender_id")]
)
def test_whom_nobody_can_suppress_is_400(rig, body, field):
    reply = post(rig, f"/teams/{ACME.uuid}/suppressions", body)
    assert (reply.refusal, reply.body["fields"][0]["field"]) == ((400, "bad_request"), field)


def test_the_suppressions_of_a_team_are_listed(rig):
    uuid = rig.suppressions.give(recipient="254712345678").uuid
    path = f"/teams/{ACME.uuid}/suppressions"
    assert [each["uuid"] for each in get(rig, path).data["items"]] == [uuid]
    assert get(rig, f"{path}?phone=0712345678").data["total"] == 1
    assert get(rig, f"{path}?page=5").data["items"] == []
    assert get(rig, "/teams/x/suppressions").refusal == (404, "not_found")


def test_the_queues_and_dead_letters_are_shown_and_sent_back(rig):
    lanes = [{"carrier": "savanna", "lane": "bulk", "messages": 5, "bodies": None, "consumers": None}]
    assert get(rig, "/queues").data == {"kind": "memory", "lanes": lanes, "dead": 1}
    assert get(rig, "/queues/dead").data["items"] == [
        {"lane": "lane.1", "reason": "delivered in vain too often", "at": "2026-05-11T09:00:00Z", "messages": ["an id"],
         "unreadable": None},
    ]  # fmt: skip
    assert post(rig, "/queues/requeue", {"count": 10}).data == {"bodies": 1, "messages": 1, "left": 0}
    assert get(rig, "/queues/dead?limit=1").data["items"] == []


def test_a_queue_that_cannot_be_asked_says_when_to_come_again(rig):
    rig.desk.away = True
    reply = get(rig, "/queues")
    assert (reply.refusal, reply.headers["retry-after"]) == ((500, "queue_away"), "5")


def test_the_nodes_are_listed_with_what_each_holds(rig):
    (shown,) = get(rig, "/nodes").data["items"]
    assert (shown["node"], shown["lives"], shown["version"], shown["roles"]) == ("n1", True, "0.1.0", ["api"])
    assert (shown["carriers"], shown["teams"], shown["jobs"], shown["webhooks"]) == (["savanna"], 2, True, 16)


def test_the_sums_are_checked(rig):
    found = get(rig, "/audit/sums").data
    check = {"name": "balance", "sentence": "it holds", "checked": 12, "wrong": 0, "examples": []}
    assert found == {"clean": True, "checks": [check]}


def test_the_months_of_messages_are_listed_with_what_holds_one_up(rig):
    found = get(rig, "/retention").data
    assert found["keep_months"] == 13
    assert [(each["month"], each["standing"], each["inbound_removed"]) for each in found["items"]] == [
        ("2026-05", "kept", 0), ("2026-04", "held", 0), ("2026-03", "gone", 17),
    ]  # fmt: skip
    held = {"what": "waiting", "count": 3, "sentence": "messages that wait for a carrier"}
    assert [each["held_by"] for each in found["items"]] == [[], [held], []]
    assert [each["goes_at"] is None for each in found["items"]] == [
        each["gone_at"] is not None for each in found["items"]
    ]


def test_decision_28_the_trail_of_all_teams_tells_the_names_of_operators(rig):
    rig.trail.give("team.create", team_id=None)
    rig.trail.give("token.create", team_id=2)
    items = get(rig, "/audit").data["items"]
    assert [each["action"] for each in items] == ["token.create", "team.create"]
    assert items[1]["by"]["name"] == "root"
    assert get(rig, "/audit?team=other&action=token.create").data["total"] == 1
    assert rig.trail.asked[-1].team_id == 2
    assert get(rig, "/audit?page=9").data["items"] == get(rig, "/audit?actor=x").data["items"] == []
    assert get(rig, "/audit?team=nobody").refusal == (404, "not_found")
