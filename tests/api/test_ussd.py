"""What people dial, by REST: codes, extensions, and who answers (decisions 82 and 83)."""

import pytest

from mobilesasa.ussd.views import Answering, CodeKind, CodeStatus, ExtensionStatus
from tests.api.rig import TOKENS, Rig, directory, token
from tests.fakes.people import JANE

USSD = "mbs_ussd"
READS = "mbs_ussd_reads"
URL = "https://acme.example/ussd"


@pytest.fixture
def rig():
    made = Rig()
    made.directory.now = directory(tokens=[*TOKENS, token(READS, scopes=("ussd:read",))])
    return made


def get(rig, path):
    return rig.get(path, token=USSD)


def ask_for(rig, **body):
    return rig.post("/ussd/extensions", {"code": "384", "extension": "7", **body}, token=USSD)


def put(rig, uuid, /, **body):
    return rig.put(f"/ussd/extensions/{uuid}", body, token=USSD)


# Codes


def test_decision_82_only_approved_codes_of_the_team_are_listed(rig):
    """api-v1: "Read your team's approved USSD codes and extensions." """
    shared = rig.ussd.give_code("384", networks=["Safaricom", "Airtel"])
    whole = rig.ussd.give_code("222", CodeKind.DEDICATED)
    rig.ussd.give_code("500", status=CodeStatus.PENDING)
    rig.ussd.give_code("777")
    rig.ussd.give_extension(code="384")
    rig.ussd.give_extension(code="222", extension="")
    rig.ussd.give_extension(code="500")
    rig.ussd.give_extension(code="777", status=ExtensionStatus.REQUESTED)
    rig.ussd.give_extension(team_id=2, code="777", extension="9")
    assert get(rig, "/ussd/codes").data["items"] == [
        {
            "uuid": shared.uuid,
            "code": "384",
            "type": "shared",
            "networks": ["Safaricom", "Airtel"],
            "status": "approved",
        },
        {"uuid": whole.uuid, "code": "222", "type": "dedicated", "networks": ["Safaricom"], "status": "approved"},
    ]


def test_the_codes_on_which_extensions_can_be_asked_for_are_listed_by_a_word(rig):
    rig.ussd.give_code("384")
    rig.ussd.give_code("222", CodeKind.DEDICATED)
    rig.ussd.give_code("333", CodeKind.DEDICATED)
    rig.ussd.give_extension(team_id=2, code="333", extension="")
    rig.ussd.give_code("500", status=CodeStatus.SUSPENDED)
    assert get(rig, "/ussd/codes").data["items"] == []
    assert [each["code"] for each in get(rig, "/ussd/codes?available=true").data["items"]] == ["384", "222"]
    assert get(rig, "/ussd/codes?available=perhaps").refusal == (400, "bad_request")


@pytest.mark.parametrize("path", ["/ussd/codes", "/ussd/extensions", "/ussd/menus", "/ussd/sessions"])
def test_the_scope_is_needed(rig, path):
    """api-v1: "Requires theussd scope." """
    assert rig.get(path, token="mbs_campaigns").refusal == (403, "missing_scope")
    for asker in (USSD, READS):
        assert rig.get(path, token=asker).data["items"] == []
    assert ask_for(rig, code="x").status == 400
    assert rig.post("/ussd/extensions", {"code": "384"}, token=READS).refusal == (403, "missing_scope")


# Extensions


def test_decision_83_extensions_of_all_codes_are_listed_with_what_is_dialled(rig):
    """api-v1: "Returns extensions assigned to your team across all USSD codes." """
    menu = rig.ussd.give_menu(version=1)
    answering = Answering(menu_uuid=menu.uuid)
    rig.ussd.give_extension(extension="7", answering=answering, menu_name="Acme")
    rig.ussd.give_code("222", CodeKind.DEDICATED)
    rig.ussd.give_extension(code="222", extension="", answering=Answering(callback_url=URL))
    rig.ussd.give_extension(extension="8", answering=Answering(smpp=True))
    rig.ussd.give_extension(extension="9", status=ExtensionStatus.REQUESTED)
    rig.ussd.give_extension(team_id=2, extension="5")
    page = get(rig, "/ussd/extensions").data
    assert (page["total"], page["pages"], page["total_is_estimate"]) == (3, 1, False)
    assert [
        (each["code"], each["extension"], each["dial"], each["status"], each["menu"], each["callback_url"])
        for each in page["items"]
    ] == [
        ("384", "8", "*384*8#", "approved", None, None),
        ("222", "", "*222#", "approved", None, URL),
        ("384", "7", "*384*7#", "approved", menu.uuid, None),
    ]
    assert [each["smpp"] for each in page["items"]] == [True, False, False]
    assert page["items"][2]["menu_name"] == "Acme"
    assert get(rig, f"/ussd/extensions/{page['items'][0]['uuid']}").data == page["items"][0]


@pytest.mark.parametrize(
    ("query", "found"), [("?status=requested", ["9"]), ("?status=any", ["9", "7"]), ("?status=approved", ["7"])]
)
def test_extensions_are_asked_for_by_status(rig, query, found):
    rig.ussd.give_extension(extension="7")
    rig.ussd.give_extension(extension="9", status=ExtensionStatus.REQUESTED)
    assert [each["extension"] for each in get(rig, f"/ussd/extensions{query}").data["items"]] == found
    assert get(rig, "/ussd/extensions?status=lost").refusal == (400, "bad_request")
    assert get(rig, "/ussd/extensions?page=7").data["items"] == []


def test_another_team_s_extension_is_not_there(rig):
    uuid = rig.ussd.give_extension(team_id=2).uuid
    assert get(rig, f"/ussd/extensions/{uuid}").refusal == (404, "not_found")
    assert put(rig, uuid, smpp=True).refusal == (404, "not_found")
    assert rig.delete(f"/ussd/extensions/{uuid}", token=USSD).refusal == (404, "not_found")


def test_an_extension_is_asked_for_and_waits_until_it_is_decided(rig):
    rig.ussd.give_code()
    made = ask_for(rig, code="*384#", extension="*7*2#", note=" our shops ").data
    assert (made["code"], made["extension"], made["dial"]) == ("384", "7*2", "*384*7*2#")
    assert (made["status"], made["menu"], made["callback_url"], made["smpp"]) == ("requested", None, None, False)
    assert (made["note"], made["reason"], made["created_at"], made["decided_at"]) == (
        "our shops",
        "",
        "2026-05-11T09:00:00Z",
        None,
    )
    assert get(rig, "/ussd/extensions").data["items"] == []
    assert get(rig, f"/ussd/extensions/{made['uuid']}").data == made
    assert rig.ussd.actors[-1].uuid == f"uuid of {USSD}"


def test_a_request_under_a_key_is_made_once(rig):
    rig.ussd.give_code()
    body = {"code": "384", "extension": "7"}
    first = rig.post("/ussd/extensions", body, token=USSD, Idempotency_Key="k")
    again = rig.post("/ussd/extensions", body, token=USSD, Idempotency_Key="k")
    assert (again.data, again.headers["idempotent-replayed"]) == (first.data, "true")


def test_one_that_somebody_has_is_409_and_not_said_whose_it_is(rig):
    rig.ussd.give_extension(team_id=2, extension="7")
    refused = ask_for(rig)
    assert refused.refusal == (409, "extension_taken")
    assert "OTHER" not in refused.body["error"]
    assert [each["field"] for each in refused.body["fields"]] == ["extension"]


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"code": "999"}, "bad_value"),
        ({"code": "three"}, "bad_value"),
        ({"code": "1" * 13}, "bad_value"),
        ({"extension": ""}, "bad_value"),
        ({"extension": "7**2"}, "bad_value"),
        ({"extension": "7#8"}, "bad_value"),
        ({"extension": "1*" * 30}, "bad_request"),
        ({"note": "x" * 1001}, "bad_request"),
        ({"menu": "x"}, "bad_request"),
        ({"menu": "0b000000-0000-4000-8000-000000000000"}, "bad_value"),
        ({"callback_url": "ftp://acme.example"}, "bad_webhook_url"),
        ({"callback_url": URL, "smpp": True}, "bad_request"),
    ],
)
def test_a_request_that_cannot_be_is_refused(rig, wrong, code):
    rig.ussd.give_code()
    assert ask_for(rig, **wrong).refusal == (400, code)
    assert rig.ussd.known_extensions == {}


def test_a_dedicated_code_is_asked_for_as_a_whole(rig):
    rig.ussd.give_code("222", CodeKind.DEDICATED)
    assert ask_for(rig, code="222").refusal == (400, "bad_value")
    assert ask_for(rig, code="222", extension="").data["dial"] == "*222#"


def test_who_answers_takes_the_place_of_who_did(rig):
    menu = rig.ussd.give_menu(version=1)
    uuid = rig.ussd.give_extension().uuid
    shown = put(rig, uuid, menu=menu.uuid).data
    assert (shown["menu"], shown["callback_url"], shown["smpp"]) == (menu.uuid, None, False)
    shown = put(rig, uuid, callback_url=URL).data
    assert (shown["menu"], shown["callback_url"], shown["smpp"]) == (None, URL, False)
    shown = put(rig, uuid, smpp=True, callback_url=None).data
    assert (shown["menu"], shown["callback_url"], shown["smpp"]) == (None, None, True)


def test_a_field_that_there_is_not_is_refused_for_what_it_says_would_be_lost(rig):
    rig.ussd.give_code()
    for refused in (ask_for(rig, menue="x"), put(rig, rig.ussd.give_extension(extension="8").uuid, menue="x")):
        assert refused.refusal == (400, "bad_request")
        assert [each["field"] for each in refused.body["fields"]] == ["menue"]
        assert "menu" in refused.body["error"]


def test_an_extension_whose_code_is_suspended_says_so(rig):
    uuid = rig.ussd.give_extension(code_status=CodeStatus.SUSPENDED).uuid
    shown = get(rig, f"/ussd/extensions/{uuid}").data
    assert (shown["status"], shown["code_status"]) == ("approved", "suspended")


@pytest.mark.parametrize(
    ("said", "left"),
    [
        ({"menu": None}, (URL, False)),
        ({"callback_url": None}, (None, False)),
        ({"smpp": False}, (URL, False)),
        ({}, (URL, False)),
    ],
)
def test_null_leaves_nobody_where_that_was_who_answered(rig, said, left):
    uuid = rig.ussd.give_extension(answering=Answering(callback_url=URL)).uuid
    shown = put(rig, uuid, **said).data
    assert (shown["callback_url"], shown["smpp"]) == left


def test_a_menu_answers_only_when_it_was_published(rig):
    menu = rig.ussd.give_menu()
    uuid = rig.ussd.give_extension().uuid
    assert put(rig, uuid, menu=menu.uuid).refusal == (409, "not_published")
    assert put(rig, uuid, menu=rig.ussd.give_menu(team_id=2, version=1).uuid).refusal == (400, "bad_value")
    assert put(rig, uuid, menu="x").refusal == (400, "bad_request")


@pytest.mark.parametrize(
    ("said", "field"), [({"smpp": True, "menu": "x"}, "menu"), ({"smpp": True, "callback_url": URL}, "callback_url")]
)
def test_two_who_answer_are_refused(rig, said, field):
    refused = put(rig, rig.ussd.give_extension().uuid, **said)
    assert refused.refusal == (400, "bad_request")
    assert [each["field"] for each in refused.body["fields"]] == [field]


def test_an_address_that_cannot_be_called_is_refused_with_its_field(rig):
    refused = put(rig, rig.ussd.give_extension().uuid, callback_url="ftp://acme.example")
    assert refused.refusal == (400, "bad_webhook_url")
    assert [each["field"] for each in refused.body["fields"]] == ["callback_url"]


@pytest.mark.parametrize("status", list(ExtensionStatus))
def test_an_extension_is_given_up_whatever_its_status(rig, status):
    uuid = rig.ussd.give_extension(status=status).uuid
    assert rig.delete(f"/ussd/extensions/{uuid}", token=USSD).data["status"] == status
    assert get(rig, f"/ussd/extensions/{uuid}").refusal == (404, "not_found")


def test_a_person_who_has_logged_in_configures_it_too(rig):
    """api-v1: "USSD menus and sessions are managed in the dashboard." """
    access = rig.log_in(JANE.email)
    menu = rig.post("/ussd/menus", {"name": "Acme"}, token=access).data
    rig.ussd.give_session()
    assert [each["uuid"] for each in rig.get("/ussd/menus", token=access).data["items"]] == [menu["uuid"]]
    assert rig.get("/ussd/sessions?live=true", token=access).data["total"] == 1
