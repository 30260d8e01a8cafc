"""A POST under an Idempotency-Key is done once, however often it comes; what was refused can be tried again."""

import attrs
import pytest

from mobilesasa.api.reference.calls import curl_of
from mobilesasa.api.root import make_app
from mobilesasa.campaigns.model import Phase, Recipient
from mobilesasa.core.errors import StoreAway
from mobilesasa.core.model import Failure, State
from mobilesasa.core.scopes import OPERATORS_SCOPES
from mobilesasa.store.messages import Progress
from tests.api.rig import (
    ACME,
    BODY,
    NOW_MS,
    OPERATOR,
    SENDERS,
    TOKEN,
    TOKENS,
    Connection,
    Reply,
    Rig,
    directory,
    message_id,
    stored,
    token,
)
from tests.api.surveying import NUMBERS
from tests.curl import Example

EVERYTHING = "mbs_everything"
FAILED = Progress(State.FAILED, Failure.REFUSED, done_at_ms=NOW_MS)
OTHER_BODY = BODY | {"message": "Something else"}
KEYED = [row for row in make_app(Rig().node)[1] if row.idempotent]


def post(rig: Rig, key: str = "order-1", body: object = BODY, path: str = "/messages", **more: str) -> Reply:
    return rig.post(path, body, **{"Idempotency-Key": key}, **more)


def begin(rig: Rig, key: str = "order-1", body: bytes = b'{"to": "0712345678", "message": "Hi"}') -> Connection:
    headers = {"Authorization": f"Bearer {TOKEN}", "Idempotency-Key": key}
    return rig.begin("POST", "/api/v1/messages", body, **headers)


def replayed(reply: Reply) -> bool:
    return reply.headers.get("idempotent-replayed") == "true"


def test_a_call_that_comes_again_is_answered_octet_for_octet_and_sends_nothing(rig):
    first, second, third = (post(rig) for _ in range(3))
    assert first.octets == second.octets == third.octets
    assert [replayed(reply) for reply in (first, second, third)] == [False, True, True]
    assert second.status == 200
    assert [message.id for message in rig.intake.stored] == [first.data["uuid"]]
    assert len(rig.queue.published) == 1


def test_a_repeat_has_the_headers_of_a_success_and_a_request_id_of_its_own(rig):
    first, second = post(rig), post(rig)
    own = {"x-request-id", "idempotent-replayed", "date"}
    assert {**first.headers, **dict.fromkeys(own)} == {**second.headers, **dict.fromkeys(own)}
    assert first.headers["x-request-id"] != second.headers["x-request-id"]


def test_without_a_key_each_call_sends_a_message(rig):
    assert rig.post("/messages", BODY).data["uuid"] != rig.post("/messages", BODY).data["uuid"]
    assert rig.keys.asked == []


def test_a_message_that_comes_once_is_not_looked_for_before_it_is_stored(rig):
    post(rig)
    assert rig.keys.asked == []


def test_a_repeat_of_what_would_be_refused_by_now_is_answered_as_it_was(rig):
    first = post(rig)
    rig.directory.now = directory(senders=[])
    again, new = post(rig), post(rig, key="order-2")
    assert (again.octets, replayed(again)) == (first.octets, True)
    assert new.status == 400
    rig.directory.now = directory()
    assert post(rig, key="order-2").status == 200


def test_another_body_under_the_same_key_is_a_clash(rig):
    post(rig)
    reply = post(rig, body=OTHER_BODY)
    assert reply.refusal == (409, "idempotency_key_reused")
    assert "retry-after" not in reply.headers
    assert len(rig.intake.stored) == 1
    assert replayed(post(rig))


@pytest.mark.parametrize("octets", [b'{"message":"Hi","to":"0712345678"}', b'{"to": "0712345678", "message": "Hi"} '])
def test_a_body_is_the_same_when_its_octets_are(rig, octets):
    assert begin(rig).reply().status == 200
    assert begin(rig, body=octets).reply().refusal == (409, "idempotency_key_reused")


def test_a_key_is_the_team_s_own(rig):
    body = {"to": "0712345678", "message": "Hi"}
    replies = [post(rig, body=body, token=raw) for raw in (TOKEN, "mbs_other")]
    assert [replayed(reply) for reply in replies] == [False, False]
    assert {message.team_id for message in rig.intake.stored} == {1, 2}


def test_a_key_is_the_same_with_another_token_of_the_team(rig):
    rig.directory.now = directory(tokens=[*TOKENS, token("mbs_second")])
    post(rig)
    assert replayed(post(rig, token="mbs_second"))


def test_a_key_means_something_else_on_another_route_and_for_another_message(rig):
    for number in (1, 2):
        rig.history.put(stored(number), FAILED)
    paths = ["/messages", f"/messages/{message_id(1)}/resend", f"/messages/{message_id(2)}/resend"]
    assert [replayed(post(rig, path=path)) for path in paths] == [False, False, False]
    assert [replayed(post(rig, path=path)) for path in paths] == [True, True, True]


def test_a_resend_that_comes_again_is_answered_and_not_refused(rig):
    rig.history.put(stored(1), FAILED)
    first, second = (post(rig, body=None, path=f"/messages/{message_id(1)}/resend") for _ in range(2))
    assert first.octets == second.octets
    assert replayed(second)
    assert first.data["resent_from"] == message_id(1)
    assert len(rig.queue.published) == 1


def test_while_a_call_is_under_way_its_repeat_is_told_to_wait(rig):
    rig.intake.hold()
    first = begin(rig)
    reply = begin(rig).reply()
    assert reply.refusal == (409, "idempotency_running")
    assert reply.headers["retry-after"] == "1"
    rig.intake.release()
    assert begin(rig).reply().octets == first.reply().octets


def test_while_a_call_is_under_way_another_body_is_a_clash(rig):
    rig.intake.hold()
    begin(rig)
    assert begin(rig, body=b"{}").reply().refusal == (409, "idempotency_key_reused")


def test_a_call_goes_on_when_its_client_has_left_and_its_repeat_reads_the_answer(rig):
    rig.intake.hold()
    begin(rig).hang_up()
    assert begin(rig).reply().refusal == (409, "idempotency_running")
    rig.intake.release()
    reply = begin(rig).reply()
    assert replayed(reply)
    assert [message.id for message in rig.intake.stored] == [reply.data["uuid"]]


def test_of_a_hundred_calls_at_once_one_sends(rig):
    rig.intake.hold()
    calls = [begin(rig) for _ in range(100)]
    rig.intake.release()
    statuses = sorted(call.reply().status for call in calls)
    assert statuses == [200] + [409] * 99
    assert len(rig.intake.stored) == 1


def test_when_another_process_was_faster_its_reply_is_given(rig):
    first = post(rig)
    rig.keys.overlooked = 1
    second = post(rig)
    assert (second.octets, replayed(second)) == (first.octets, True)
    rig.keys.overlooked = 1
    assert post(rig, body=OTHER_BODY).refusal == (409, "idempotency_key_reused")
    assert len(rig.intake.stored) == len(rig.queue.published) == 1


def test_a_call_that_could_not_be_paid_can_be_made_again_under_its_key(rig):
    rig.intake.balance[1] = 0
    assert post(rig).refusal == (402, "insufficient_units")
    assert rig.keys.kept == {}
    rig.intake.balance[1] = 1
    reply = post(rig)
    assert reply.data
    assert not replayed(reply)


def test_a_body_that_was_refused_can_be_put_right_under_the_same_key(rig):
    assert post(rig, body=BODY | {"to": "12"}).refusal == (400, "bad_recipient")
    assert post(rig).data


def test_what_was_done_is_answered_even_if_it_would_be_refused_now(rig):
    first = post(rig)
    suspended = [attrs.evolve(sender, status="suspended") for sender in SENDERS]
    rig.directory.now = directory(senders=suspended)
    assert post(rig).octets == first.octets
    assert post(rig, key="order-2").refusal == (400, "sender_not_approved")


def test_a_token_that_no_longer_opens_anything_reads_no_kept_answer(rig):
    post(rig)
    assert post(rig, token="mbs_revoked").refusal == (401, "unauthenticated")
    assert post(rig, token="mbs_reports").refusal == (403, "missing_scope")


@pytest.mark.parametrize("key", ["k", "a b", "~" * 255, '"quoted"', "x y/z;%"])
def test_a_key_of_printable_ascii_up_to_255_characters_is_taken(rig, key):
    assert [replayed(post(rig, key)) for _ in range(2)] == [False, True]
    assert [name[2] for name in rig.keys.kept] == [key]


@pytest.mark.parametrize("key", ["", " ", "k" * 256, "é", "a\tb", "a\x7fb", "\x01"])
def test_any_other_key_is_refused_by_the_name_of_its_header(rig, key):
    reply = post(rig, key)
    assert reply.refusal == (400, "bad_request")
    assert [field["field"] for field in reply.body["fields"]] == ["Idempotency-Key"]
    assert "Idempotency-Key" in reply.body["error"]
    assert rig.intake.stored == []


def test_two_keys_are_refused_even_if_they_are_equal(rig):
    assert post(rig, "k", idempotency_key="k").refusal == (400, "bad_request")


def test_a_key_is_looked_at_only_when_the_token_opens_the_route(rig):
    assert post(rig, "é", token="mbs_unknown").refusal == (401, "unauthenticated")


def test_a_route_that_takes_no_key_leaves_it_alone(rig):
    assert rig.get("/account", **{"Idempotency-Key": "é"}).data
    assert rig.keys.asked == []


@pytest.mark.parametrize("name", ["%01", "a%20b", "%C3%A9", "x" * 300, "%F0%9F%98%80" * 100])
def test_whatever_stands_in_an_address_its_mark_can_be_kept(rig, name):
    assert post(rig, path=f"/messages/{name}/resend").refusal == (404, "not_found")
    (mark,) = rig.keys.asked
    assert mark.route.isascii()
    assert mark.route.isprintable()
    assert len(mark.route) <= 255


def test_long_addresses_are_told_apart(rig):
    for end in "abab":
        post(rig, path=f"/messages/{'x' * 300}{end}/resend")
    routes = [mark.route for mark in rig.keys.asked]
    assert routes[:2] == routes[2:]
    assert routes[0] != routes[1]


def test_while_the_store_is_away_nothing_is_sent_and_the_call_can_be_made_again(rig):
    rig.keys.failing = StoreAway("the database is away")
    assert post(rig, body={}).refusal == (500, "store_away")  # whether that was good once, nobody knows
    rig.keys.failing, rig.intake.failing = None, StoreAway("the database is away")
    assert post(rig).refusal == (500, "store_away")
    rig.intake.failing = None
    assert post(rig).data
    assert len(rig.intake.stored) == 1


def ended(rig):
    """A campaign that has ended, and has not reached somebody; return its uuid."""
    made = rig.campaigns.give(phase=Phase.COMPLETED, armed_at_ms=NOW_MS)
    rig.campaigns.rows[made.uuid] = [Recipient(1, "254722000333", 1, 1, None, None, message_id(1), State.FAILED, 0)]
    return made.uuid


@pytest.mark.parametrize("row", KEYED, ids=lambda row: f"{row.method} {row.path}")
def test_every_route_that_is_declared_so_keeps_its_reply(rig, row):
    """A function that forgets `caller.kept` would do its work twice, so the example of each is made twice."""
    rig.history.put(stored(1), FAILED)
    rig.tray.give()
    rig.tray.parts[message_id(1), 1] = "ours"
    rig.directory.now = directory(
        senders=[*SENDERS, NUMBERS[0]], tokens=[*TOKENS, token(EVERYTHING, scopes=OPERATORS_SCOPES)]
    )
    places = {
        "msg-uuid": message_id(1),
        "receipt-id": "17",
        "contact-uuid": rig.contacts.give().uuid if "contact-uuid" in row.curl else "",
        **{f"group-uuid-{n}": rig.contacts.give_group(f"Group {n}").uuid for n in (1, 2)},
        "group-uuid": (group := rig.contacts.give_group("VIP", 1, rig.contacts.give("254722000222"))).uuid,
        "/campaigns/campaign-uuid/retry": f"/campaigns/{ended(rig)}/retry",
        "campaign-uuid": rig.campaigns.give(group_uuids=(group.uuid,)).uuid,
        "survey-uuid": rig.surveys.give(versions=1).uuid,
        "menu-uuid": rig.ussd.give_menu(version=1).uuid,
        "sender-uuid": SENDERS[2].uuid,
        "upload-uuid": rig.uploads.give().uuid,
        "/webhooks/uuid/": f"/webhooks/{rig.webhooks.give().uuid}/",
        "team-uuid": rig.desk.give_team("THEIRS").uuid,
        "/admin/teams/uuid/": f"/admin/teams/{ACME.uuid}/",
    }
    if "/ussd/extensions" in row.path:
        rig.ussd.give_code("384")
    raw = OPERATOR if "mbs_operator_token_here" in row.curl else EVERYTHING
    method, path, headers, body = Example(curl_of(row)).request(raw, places | {"mbs_operator_token_here": OPERATOR})
    first, second = (rig.ask(method, path, body, **headers, **{"Idempotency-Key": "k"}) for _ in range(2))
    assert first.data
    assert (second.octets, replayed(second)) == (first.octets, True)
