"""A platform administrator sets a whole platform up by REST alone, on a node as it runs."""

import json
from typing import Any

from tests.whole.programs import Node, eventually
from tests.whole.test_tokens import call

PASSWORD = "a long enough password"


def ask(node: Node, method: str, path: str, token: str, body: object = None) -> Any:
    status, data = call(node, method, path, token, body)
    assert status == 200, data
    return data


def sent(node: Node, token: str) -> bool:
    return call(node, "POST", "/messages", token, {"to": "+254712345678", "message": "Hi"})[0] == 200


def test_a_team_sends_after_an_administrator_set_everything_up_by_rest(node: Node):
    node.start()
    node.quickly("team", "create", "--code", "OPS")
    root = node.quickly("token", "create", "--team", "OPS", "--name", "root", "--scopes", "platform")["raw_token"]
    eventually(lambda: call(node, "GET", "/admin/teams", root)[0] == 200, "the node knows the token")

    team = ask(node, "POST", "/admin/teams", root, {"code": "NEWCO", "units": 10, "senders": ["NEWCO"]})
    made = ask(node, "POST", "/admin/users", root, {"email": "ann@new.example", "team": "NEWCO", "role": "owner"})
    ask(node, "POST", "/admin/carriers", root, {"name": "box", "kind": "sandbox"})
    for sender_class, carrier in (("otp", "box"), ("promotional", "box")):
        ask(node, "POST", "/admin/rules", root, {"sender_class": sender_class, "carriers": [{"name": carrier}]})
    ask(node, "POST", "/admin/routes", root, {"prefix": "", "carrier": "box"})
    ask(node, "PUT", "/admin/prices/254", root, {"units": 2})

    ask(node, "POST", "/auth/link", "", {"link_token": made["link_token"], "new_password": PASSWORD})
    login = {"email": "ann@new.example", "password": PASSWORD}
    ann = ask(node, "POST", "/auth/login", "", login)["access_token"]
    raw = ask(node, "POST", "/tokens", ann, {"name": "shop", "scopes": ["messages"]})["raw_token"]
    eventually(lambda: sent(node, raw), "her token sends, by the route that was made")
    shown = ask(node, "GET", f"/admin/teams/{team['uuid']}", root)
    assert shown["balance_units"] == 8

    (process,) = ask(node, "GET", "/admin/nodes", root)["items"]
    assert (process["lives"], process["carriers"], process["jobs"]) == (True, ["box"], True)
    assert ask(node, "GET", "/admin/queues", root)["kind"] == "memory"
    sums = ask(node, "GET", "/admin/audit/sums", root)
    assert (sums["clean"], [each["name"] for each in sums["checks"] if each["wrong"]]) == (True, [])
    changes = ask(node, "GET", "/admin/audit?action=rule.create", root)
    assert (changes["total"], changes["items"][0]["by"]["name"]) == (2, "root")

    ask(node, "PUT", f"/admin/teams/{team['uuid']}", root, {"suspended": True})
    eventually(lambda: call(node, "GET", "/messages", raw) == (403, "team_suspended"), "the team is stopped")
    assert made["link_token"] not in json.dumps(ask(node, "GET", "/admin/audit", root))
