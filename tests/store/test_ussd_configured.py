"""What is dialled and who answers: codes and gateways of the operator, extensions and menus of teams (decisions 82-84)."""

import pytest

from mobilesasa.core.actors import NODE, ActorKind, Who
from mobilesasa.core.errors import (
    AlreadyExists,
    BadDefinition,
    BadValue,
    ExtensionTaken,
    InUse,
    MenuChanged,
    MenuInUse,
    NotFound,
    NotPublished,
)
from mobilesasa.core.teams import token_digest
from mobilesasa.store import ussd_codes, ussd_directory, ussd_extensions, ussd_menus
from mobilesasa.ussd.views import (
    REQUESTS_MAX,
    Answering,
    CodeKind,
    CodeStatus,
    ExtensionStatus,
    NewCode,
    NewExtension,
    NewGateway,
    Publishing,
)
from tests.store.given import NOW_MS, add_team, count, one, rows
from tests.store.people import give
from tests.store.ussd import PHONE, REACH, SECRET, SIMPLE, Phone, give_code, give_extension, give_menu, uuid

GATEWAY = NewGateway(name="acme", dialect="africastalking", options={"screen_septets": 160})

pytestmark = pytest.mark.each_postgres


@pytest.fixture
def team(txn):
    return add_team(txn, 10)


@pytest.fixture
def other(txn):
    return add_team(txn, 10)


def request(txn, team, extension="7", code="384", **answering):
    new = NewExtension(code=code, extension=extension, answering=Answering(**answering))
    return ussd_extensions.request(txn, NODE, team, uuid(), new)


def decide(txn, found, status, reason=""):
    return ussd_extensions.decide(txn, NODE, found.uuid, status, reason)


def found(txn, dialled, code="384"):
    directory, _ = ussd_directory.load(txn, ())
    answers = directory.find(code, dialled)
    return None if answers is None else answers.extension


def test_a_code_is_made_listed_changed_and_removed(txn):
    made = give_code(txn, networks=("Safaricom",), note="Ours")
    assert ussd_codes.code(txn, made.uuid) == made
    assert ussd_codes.codes(txn) == [made]
    wanted = NewCode(code="999", kind=CodeKind.DEDICATED, status=CodeStatus.SUSPENDED)
    changed = ussd_codes.change_code(txn, NODE, made.uuid, wanted)
    assert (changed.code, changed.kind, changed.status) == ("384", CodeKind.DEDICATED, CodeStatus.SUSPENDED)
    assert ussd_codes.remove_code(txn, NODE, made.uuid) == changed
    assert ussd_codes.codes(txn) == []


def test_a_code_is_there_once_and_is_digits(txn):
    give_code(txn)
    with pytest.raises(AlreadyExists):
        give_code(txn)
    with pytest.raises(BadValue):
        give_code(txn, "38a")
    with pytest.raises(NotFound):
        ussd_codes.code(txn, uuid())


def test_a_code_with_extensions_stays_and_keeps_its_kind(txn, team):
    made = give_code(txn)
    extension = give_extension(txn, team)
    with pytest.raises(InUse):
        ussd_codes.remove_code(txn, NODE, made.uuid)
    with pytest.raises(InUse):
        ussd_codes.change_code(txn, NODE, made.uuid, NewCode(code="384", kind=CodeKind.DEDICATED))
    decide(txn, extension, ExtensionStatus.REJECTED)
    ussd_codes.remove_code(txn, NODE, made.uuid)
    assert count(txn, "ussd_extension") == 0


def test_decision_82_a_team_sees_the_approved_codes_on_which_it_has_an_extension(txn, team, other):
    made = give_code(txn)
    give_code(txn, "385", status=CodeStatus.PENDING)
    request(txn, team)
    assert ussd_codes.codes_of_team(txn, team, False) == []
    give_extension(txn, other)
    assert ussd_codes.codes_of_team(txn, other, False) == [made]
    assert ussd_codes.codes_of_team(txn, team, True) == [made]


def test_a_dedicated_code_can_be_asked_for_until_somebody_has_it(txn, team, other):
    made = give_code(txn, "222", CodeKind.DEDICATED)
    assert ussd_codes.codes_of_team(txn, team, True) == [made]
    asked = request(txn, other, code="222", extension="")
    assert ussd_codes.codes_of_team(txn, team, True) == [made]
    decide(txn, asked, ExtensionStatus.SUSPENDED)
    assert ussd_codes.codes_of_team(txn, team, True) == []


def test_an_extension_says_where_its_code_stands(txn, team):
    made, extension = give_code(txn), give_extension(txn, team)
    assert extension.code_status is CodeStatus.APPROVED
    suspended = NewCode(code="384", kind=CodeKind.SHARED, status=CodeStatus.SUSPENDED)
    ussd_codes.change_code(txn, NODE, made.uuid, suspended)
    assert ussd_extensions.find(txn, extension.uuid).code_status is CodeStatus.SUSPENDED


def test_who_approves_what_another_team_has_is_told_what_to_do(txn, team, other):
    give_code(txn)
    asked = request(txn, team)
    give_extension(txn, other)
    with pytest.raises(ExtensionTaken, match=r"another team has \*384\*7#.*reject"):
        decide(txn, asked, ExtensionStatus.APPROVED)


def test_publishing_what_is_published_makes_no_version(txn, team):
    menu = give_menu(txn, team)
    again = ussd_menus.publish(txn, NODE, team, menu.uuid, Publishing("Again"), REACH, NOW_MS + 1)
    assert (again.version, again.published_at_ms) == (1, NOW_MS)
    assert ussd_menus.count_versions(txn, team, menu.uuid) == (1, False)


def test_an_operator_is_told_what_other_teams_have_above_and_below_an_extension(txn, team):
    give_code(txn)
    give_extension(txn, team, "7")
    give_extension(txn, team, "7*2*1")
    give_extension(txn, add_team(txn), "71")
    rival = add_team(txn)
    mine = give_extension(txn, rival, "7*2")
    assert mine.near == ["*384*7#", "*384*7*2*1#"]
    suspended = decide(txn, mine, ExtensionStatus.SUSPENDED)
    assert decide(txn, suspended, ExtensionStatus.APPROVED).near == mine.near
    assert {each.extension: each.near for each in ussd_extensions.page(txn, team, None, None, 9, 0)} == {
        "7": ["*384*7*2#"],
        "7*2*1": ["*384*7*2#"],
    }


def test_an_extension_is_asked_for_decided_and_then_answers(txn, team):
    give_code(txn)
    menu = give_menu(txn, team)
    asked = request(txn, team, menu_uuid=menu.uuid)
    assert (asked.status, asked.answering.menu_uuid, asked.menu_name) == (ExtensionStatus.REQUESTED, menu.uuid, "Acme")
    assert found(txn, "*384*7#") is None
    approved = decide(txn, asked, ExtensionStatus.APPROVED)
    assert approved.decided_at_ms is not None
    assert found(txn, "*384*7#").team_id == team
    assert ussd_menus.find(txn, team, menu.uuid).dials == ("*384*7#",)
    decide(txn, asked, ExtensionStatus.SUSPENDED, "Unpaid")
    assert found(txn, "*384*7#") is None
    with pytest.raises(BadValue):
        decide(txn, asked, ExtensionStatus.REQUESTED)


def test_what_is_dialled_with_a_code_that_is_suspended_is_answered_by_nobody(txn, team):
    made = give_code(txn)
    give_extension(txn, team, smpp=True)
    assert found(txn, "*384*7#").smpp
    wanted = NewCode(code="384", kind=CodeKind.SHARED, status=CodeStatus.SUSPENDED)
    ussd_codes.change_code(txn, NODE, made.uuid, wanted)
    assert found(txn, "*384*7#") is None


def test_decision_83_teams_share_a_code_and_each_has_its_own_extensions(txn, team, other):
    give_code(txn)
    give_extension(txn, team, "7", smpp=True)
    give_extension(txn, other, "7*2", smpp=True)
    assert [found(txn, dialled).team_id for dialled in ("*384*7#", "*384*7*1#", "*384*7*2*9#")] == [team, team, other]


def test_an_extension_that_somebody_has_or_has_asked_for_is_taken(txn, team, other):
    give_code(txn)
    mine = request(txn, team)
    with pytest.raises(ExtensionTaken):
        request(txn, team)
    theirs = request(txn, other)
    decide(txn, mine, ExtensionStatus.APPROVED)
    with pytest.raises(ExtensionTaken):
        decide(txn, theirs, ExtensionStatus.APPROVED)
    decide(txn, mine, ExtensionStatus.SUSPENDED)
    with pytest.raises(ExtensionTaken):
        give_extension(txn, other)
    ussd_extensions.delete(txn, NODE, team, mine.uuid)
    decide(txn, theirs, ExtensionStatus.APPROVED)


@pytest.mark.parametrize(("kind", "extension"), [(CodeKind.SHARED, ""), (CodeKind.DEDICATED, "7")])
def test_an_extension_fits_the_kind_of_its_code(txn, team, kind, extension):
    give_code(txn, kind=kind)
    with pytest.raises(BadValue):
        request(txn, team, extension)


def test_a_code_that_there_is_not_or_that_is_pending_cannot_be_asked_for(txn, team):
    with pytest.raises(BadValue):
        request(txn, team)
    give_code(txn, status=CodeStatus.PENDING)
    with pytest.raises(BadValue):
        request(txn, team)


def test_so_many_requests_wait_and_no_more(txn, team):
    give_code(txn)
    for n in range(REQUESTS_MAX):
        request(txn, team, str(n))
    with pytest.raises(BadValue):
        request(txn, team, "999")


def test_who_answers_at_an_extension_is_changed(txn, team, other):
    give_code(txn)
    extension = give_extension(txn, team)
    changed = ussd_extensions.change(
        txn, NODE, team, extension.uuid, Answering(callback_url="https://acme.example/ussd")
    )
    assert changed.answering.callback_url == "https://acme.example/ussd"
    foreign, draft = give_menu(txn, other), give_menu(txn, team, publish=False)
    with pytest.raises(BadValue):
        ussd_extensions.change(txn, NODE, team, extension.uuid, Answering(menu_uuid=foreign.uuid))
    with pytest.raises(NotPublished):
        ussd_extensions.change(txn, NODE, team, extension.uuid, Answering(menu_uuid=draft.uuid))
    with pytest.raises(NotFound):
        ussd_extensions.change(txn, NODE, other, extension.uuid, Answering())
    assert ussd_extensions.change(txn, NODE, team, extension.uuid, Answering()).answering == Answering()


def test_extensions_are_listed_by_team_status_and_code(txn, team, other):
    give_code(txn)
    give_code(txn, "500", CodeKind.DEDICATED)
    first, second = request(txn, team), give_extension(txn, other, "", "500")
    assert ussd_extensions.page(txn, None, None, None, 10, 0) == [second, first]
    assert ussd_extensions.page(txn, team, None, None, 10, 0) == [first]
    assert ussd_extensions.page(txn, None, ExtensionStatus.APPROVED, None, 10, 0) == [second]
    assert ussd_extensions.page(txn, None, None, "500", 10, 0) == [second]
    assert ussd_extensions.count(txn, team, None) == (1, False)
    with pytest.raises(NotFound):
        ussd_extensions.find(txn, first.uuid, other)


def test_a_menu_is_drafted_published_and_changed_and_a_version_stays(txn, team):
    made = give_menu(txn, team, publish=False)
    assert (made.version, made.changed, made.revision, made.screens, made.language) == (None, True, 1, 4, "en")
    published = ussd_menus.publish(txn, NODE, team, made.uuid, Publishing("First"), REACH, NOW_MS)
    assert (published.version, published.changed) == (1, False)
    changed = ussd_menus.change(txn, NODE, team, made.uuid, {**SIMPLE, "name": "New"}, 1, NOW_MS)
    assert (changed.name, changed.revision, changed.changed, changed.version) == ("New", 2, True, 1)
    assert ussd_menus.publish(txn, NODE, team, made.uuid, Publishing(), REACH, NOW_MS).version == 2
    versions = ussd_menus.versions(txn, team, made.uuid, 10, 0)
    assert [(each.version, each.note, each.definition) for each in versions] == [(2, "", None), (1, "First", None)]
    assert ussd_menus.count_versions(txn, team, made.uuid) == (2, False)
    first = ussd_menus.version(txn, team, made.uuid, 1)
    assert (first.definition["name"], list(first.definition["screens"])) == ("Acme", list(SIMPLE["screens"]))
    assert first.published_by == "node"
    with pytest.raises(NotFound):
        ussd_menus.version(txn, team, made.uuid, 3)


def test_a_draft_that_somebody_else_has_changed_is_not_overwritten(txn, team):
    made = give_menu(txn, team, publish=False)
    ussd_menus.change(txn, NODE, team, made.uuid, SIMPLE, 1, NOW_MS)
    with pytest.raises(MenuChanged):
        ussd_menus.change(txn, NODE, team, made.uuid, SIMPLE, 1, NOW_MS)
    assert ussd_menus.change(txn, NODE, team, made.uuid, SIMPLE, None, NOW_MS).revision == 3


def test_a_draft_that_somebody_else_has_changed_is_not_published(txn, team):
    made = give_menu(txn, team, publish=False)
    ussd_menus.change(txn, NODE, team, made.uuid, {**SIMPLE, "name": "New"}, 1, NOW_MS)
    with pytest.raises(MenuChanged) as refused:
        ussd_menus.publish(txn, NODE, team, made.uuid.upper(), Publishing(revision=1), REACH, NOW_MS)
    assert refused.value.last is not None
    assert (refused.value.last.revision, refused.value.last.by) == (2, Who(ActorKind.OPERATOR, None, "node"))
    assert ussd_menus.publish(txn, NODE, team, made.uuid, Publishing(revision=2), REACH, NOW_MS).version == 1


def test_a_menu_with_faults_is_kept_and_not_published(txn, team):
    broken = {"name": "Broken", "start": "nowhere", "screens": {}}
    made = give_menu(txn, team, broken, publish=False)
    assert ussd_menus.faults(txn, team, broken, REACH) != ()
    with pytest.raises(BadDefinition):
        ussd_menus.publish(txn, NODE, team, made.uuid, Publishing(), REACH, NOW_MS)


def test_actions_name_what_the_team_has_and_addresses_that_are_called(txn, team):
    acts = [
        {"kind": "send_sms", "sender_id": "NOBODY", "text": "Hi"},
        {"kind": "add_to_group", "group": uuid()},
        {"kind": "start_survey", "survey": uuid()},
        {"kind": "webhook", "url": "http://127.0.0.1/hook"},
    ]
    menu = {"name": "Acts", "start": "a", "screens": {"a": {"kind": "end", "text": "x", "actions": acts}}}
    fields = [fault.field for fault in ussd_menus.faults(txn, team, menu, REACH)]
    assert [field.split(".actions[")[1][0] for field in fields] == ["0", "1", "2", "3"]


def test_a_menu_that_answers_stays_and_one_that_does_not_goes_with_all_it_had(txn, team):
    give_code(txn)
    menu = give_menu(txn, team)
    extension = give_extension(txn, team, menu_uuid=menu.uuid)
    Phone(txn).dial()
    with pytest.raises(MenuInUse):
        ussd_menus.delete(txn, NODE, team, menu.uuid)
    decide(txn, extension, ExtensionStatus.REJECTED)
    assert ussd_menus.delete(txn, NODE, team, menu.uuid).uuid == menu.uuid
    assert [count(txn, table) for table in ("ussd_menu", "ussd_menu_version", "ussd_screen")] == [0, 0, 0]


def test_a_menu_of_another_team_is_not_there(txn, team, other):
    menu = give_menu(txn, team)
    for work in (
        lambda: ussd_menus.find(txn, other, menu.uuid),
        lambda: ussd_menus.change(txn, NODE, other, menu.uuid, SIMPLE, None, NOW_MS),
        lambda: ussd_menus.delete(txn, NODE, other, menu.uuid),
        lambda: ussd_menus.publish(txn, NODE, other, menu.uuid, Publishing(), REACH, NOW_MS),
        lambda: ussd_menus.versions(txn, other, menu.uuid, 10, 0),
        lambda: ussd_menus.rotate(txn, NODE, other, menu.uuid, SECRET),
        lambda: ussd_menus.drop_off(txn, other, menu.uuid, None, "2026-01-01", "2026-12-31"),
        lambda: ussd_menus.drop_off(txn, other, "nonsense", None, "2026-01-01", "2026-12-31"),
    ):
        with pytest.raises(NotFound):
            work()
    assert ussd_menus.page(txn, other, None, 10, 0) == []


def test_menus_are_listed_by_name_without_their_definitions(txn, team):
    give_menu(txn, team)
    give_menu(txn, team, {**SIMPLE, "name": "Shop"})
    assert [(each.name, each.definition) for each in ussd_menus.page(txn, team, None, 10, 0)] == [
        ("Shop", None),
        ("Acme", None),
    ]
    assert [each.name for each in ussd_menus.page(txn, team, "ACM", 10, 0)] == ["Acme"]
    assert ussd_menus.count(txn, team, "acm") == (1, False)


def test_so_many_menus_and_no_more(txn, team, monkeypatch):
    monkeypatch.setattr(ussd_menus, "MENUS_MAX", 1)  # a thousand take long
    give_menu(txn, team)
    with pytest.raises(BadValue):
        give_menu(txn, team)


def test_a_secret_is_changed_and_found_by_whoever_calls(txn, team):
    menu = give_menu(txn, team)
    menu_id = one(txn, "SELECT id FROM ussd_menu")
    assert ussd_menus.signed(txn, menu_id) == (menu.uuid, SECRET)
    ussd_menus.rotate(txn, NODE, team, menu.uuid, "whsec_new")
    assert ussd_menus.signed(txn, menu_id) == (menu.uuid, "whsec_new")
    assert ussd_menus.signed(txn, menu_id + 1) is None


def test_what_a_contact_says_is_there_for_the_simulator(txn, team):
    contact = give(txn, team)
    txn.execute(
        "UPDATE contact SET first_name = 'Amina', attributes = '{\"age\": 31}' WHERE uuid = %(uuid)s",
        {"uuid": contact.uuid},
    )
    person = ussd_menus.person(txn, team, contact.phone)
    assert (person["first_name"], person["age"]) == ("Amina", "31")
    assert ussd_menus.person(txn, team, PHONE + "9") == {}


def test_screens_are_counted_by_day_and_version(txn, team):
    give_code(txn)
    menu = give_menu(txn, team)
    give_extension(txn, team, menu_uuid=menu.uuid)
    phone = Phone(txn)
    phone.dial()
    phone.over()
    today = one(txn, "SELECT (now() AT TIME ZONE 'UTC')::date::text")
    assert ussd_menus.drop_off(txn, team, menu.uuid, None, today, today) == [("main", today, 1, 1)]
    assert ussd_menus.drop_off(txn, team, menu.uuid, 2, today, today) == []
    assert ussd_menus.drop_off(txn, team, menu.uuid, 1, "2020-01-01", "2020-01-02") == []


def test_a_gateway_is_made_changed_rotated_and_removed(txn):
    made = ussd_codes.add_gateway(txn, NODE, uuid(), GATEWAY, "a-secret-of-its-own")
    assert (made.name, made.secret_prefix, made.last_at_ms) == ("acme", "a-secr", None)
    known = ussd_directory.load(txn, ())[0].gateways["acme"]
    assert (known.secret_digest, known.options.screen_septets) == (token_digest("a-secret-of-its-own"), 160)
    ussd_codes.called(txn, ["acme", "savanna"])
    changed = ussd_codes.change_gateway(txn, NODE, made.uuid, NewGateway(name="x", dialect="bonga", enabled=False))
    assert (changed.name, changed.dialect, changed.enabled, changed.last_at_ms is None) == (
        "acme",
        "bonga",
        False,
        False,
    )
    assert ussd_codes.rotate_gateway(txn, NODE, made.uuid, "another-secret").secret_prefix == "anothe"
    assert ussd_codes.gateways(txn) == [ussd_codes.gateway(txn, made.uuid)]
    ussd_codes.remove_gateway(txn, NODE, made.uuid)
    assert ussd_codes.gateways(txn) == []


def test_a_gateway_has_a_name_of_its_own_a_dialect_and_options_that_there_are(txn):
    ussd_codes.add_gateway(txn, NODE, uuid(), GATEWAY, "s" * 32)
    with pytest.raises(AlreadyExists):
        ussd_codes.add_gateway(txn, NODE, uuid(), GATEWAY, "s" * 32)
    for bad in (
        NewGateway(name="Acme!", dialect="bonga"),
        NewGateway(name="b", dialect="none"),
        NewGateway(name="b", dialect="bonga", options={"nonsense": 1}),
    ):
        with pytest.raises(BadValue):
            ussd_codes.add_gateway(txn, NODE, uuid(), bad, "s" * 32)
    with pytest.raises(NotFound):
        ussd_codes.rotate_gateway(txn, NODE, uuid(), "s" * 32)


def test_a_gateway_whose_options_cannot_be_read_is_as_if_it_were_not_there(txn):
    ussd_codes.add_gateway(txn, NODE, uuid(), GATEWAY, "s" * 32)
    txn.execute("UPDATE ussd_gateway SET options = '{\"nonsense\": 1}'")
    assert ussd_directory.load(txn, ())[0].gateways == {}


def test_a_version_that_cannot_be_read_is_as_if_it_were_not_there(txn, team):
    give_code(txn)
    give_extension(txn, team, menu_uuid=give_menu(txn, team).uuid)
    txn.execute("UPDATE ussd_menu_version SET definition = '{\"name\": 1}'")
    assert ussd_directory.load(txn, ())[1] == []


def test_nothing_is_read_again_that_is_known(txn, team):
    give_code(txn)
    give_extension(txn, team, menu_uuid=give_menu(txn, team).uuid)
    _, menus = ussd_directory.load(txn, ())
    assert ussd_directory.load(txn, [menus[0].key])[1] == []


def test_every_change_is_in_the_trail(txn, team):
    code = give_code(txn)
    menu = give_menu(txn, team)
    extension = give_extension(txn, team, menu_uuid=menu.uuid)
    ussd_extensions.change(txn, NODE, team, extension.uuid, Answering())
    decide(txn, extension, ExtensionStatus.SUSPENDED)
    ussd_extensions.delete(txn, NODE, team, extension.uuid)
    ussd_menus.change(txn, NODE, team, menu.uuid, SIMPLE, None, NOW_MS)
    ussd_menus.rotate(txn, NODE, team, menu.uuid, SECRET)
    ussd_menus.delete(txn, NODE, team, menu.uuid)
    ussd_codes.change_code(txn, NODE, code.uuid, NewCode(code="384", kind=CodeKind.DEDICATED))
    ussd_codes.remove_code(txn, NODE, code.uuid)
    gateway = ussd_codes.add_gateway(txn, NODE, uuid(), GATEWAY, "s" * 32)
    ussd_codes.change_gateway(txn, NODE, gateway.uuid, GATEWAY)
    ussd_codes.rotate_gateway(txn, NODE, gateway.uuid, "t" * 32)
    ussd_codes.remove_gateway(txn, NODE, gateway.uuid)
    done = [action for (action,) in rows(txn, "SELECT action FROM trail WHERE action LIKE 'ussd%%' ORDER BY id")]
    assert done == [
        "ussd_code.create", "ussd_menu.create", "ussd_menu.publish", "ussd_extension.create", "ussd_extension.update",
        "ussd_extension.decide", "ussd_extension.delete", "ussd_menu.update", "ussd_menu.rotate", "ussd_menu.delete",
        "ussd_code.update", "ussd_code.delete", "ussd_gateway.create", "ussd_gateway.update", "ussd_gateway.rotate",
        "ussd_gateway.delete",
    ]  # fmt: skip
