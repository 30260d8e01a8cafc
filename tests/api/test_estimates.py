"""POST /messages/estimate: what a message would take and cost is what sending takes and costs."""

import tomllib

import attrs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mobilesasa.core.rulepack_reading import read_pack
from mobilesasa.core.rulepacks import RulePacks
from mobilesasa.core.teams import CarrierRecord, Directory
from tests.api.rig import ACME, OTHER, ROUTES, SENDERS, TOKENS, Rig
from tests.core.test_rulepack_reading import KENYA

NUMBERS = ("+254712345678", "+256772345678", "0712345678", "+44123", "+447400123456")
PRICES = {"": 1, "256": 3, "44": 7}
texts = st.text(
    st.sampled_from("ab €[“”…é\u0301😀жñ\r\n\u200b") | st.characters(exclude_categories=["Cs"]), max_size=400
)


@pytest.fixture
def rig() -> Rig:
    made = Rig()
    made.directory.now = Directory(
        (ACME, OTHER), SENDERS, TOKENS, [CarrierRecord(1, "savanna", "sandbox")], ROUTES, PRICES
    )
    return made


def estimated(rig: Rig, message: str, **more):
    return rig.post("/messages/estimate", {"message": message, **more})


def test_a_text_is_measured(rig):
    data = estimated(rig, "x" * 161).data
    assert {name: data[name] for name in ("encoding", "parts", "characters", "characters_per_part", "characters_left")} == {
        "encoding": "gsm7", "parts": 2, "characters": 161, "characters_per_part": 153, "characters_left": 145,
    }  # fmt: skip
    assert (data["units"], data["recipients"], data["lacking"], data["saving"]) == (2, [], [], None)


@pytest.mark.parametrize(
    ("message", "encoding", "parts", "a_part"),
    [("x" * 160, "gsm7", 1, 160), ("ж" * 70, "ucs2", 1, 70), ("ж" * 71, "ucs2", 2, 67)],
)
def test_a_part_of_several_holds_less(rig, message, encoding, parts, a_part):
    data = estimated(rig, message).data
    assert (data["encoding"], data["parts"], data["characters_per_part"]) == (encoding, parts, a_part)


def test_each_number_has_its_price_or_why_nothing_would_go_there(rig):
    data = estimated(rig, "x" * 161, to=["0712345678", "+256772345678", "12"]).data
    assert data["recipients"][:2] == [
        {"to": "+254712345678", "units": 2, "units_per_part": 1},
        {"to": "+256772345678", "units": 6, "units_per_part": 3},
    ]
    assert (data["recipients"][2]["to"], data["recipients"][2]["code"], data["recipients"][2]["units"]) == (
        "12", "bad_recipient", 0,
    )  # fmt: skip
    assert data["units"] == 8


def test_one_number_may_stand_alone_and_without_any_the_price_is_that_at_home(rig):
    assert estimated(rig, "Hi", to="+256772345678").data["units"] == 3
    assert estimated(rig, "Hi").data["units"] == 1


def test_what_forces_a_text_into_ucs2_is_told_with_its_place_and_what_may_stand_instead(rig):
    data = estimated(rig, "“" + "x" * 70 + "”", to=["+256772345678", "+254712345678"]).data
    assert data["lacking"] == [
        {"position": 0, "character": "“", "replacement": '"'},
        {"position": 71, "character": "”", "replacement": '"'},
    ]
    assert data["lacking_count"] == 2
    assert data["saving"] == {"gsm_text": '"' + "x" * 70 + '"', "parts": 1, "units": 4, "units_saved": 4}
    assert data["units"] == 8


def test_what_nothing_is_like_is_told_and_nothing_is_offered(rig):
    data = estimated(rig, "“😀").data
    assert data["lacking"][1] == {"position": 1, "character": "😀", "replacement": None}
    assert data["saving"] is None


@pytest.mark.parametrize("message", ["\u200b", " \u00a0\u200b"])
def test_a_text_that_would_be_blank_is_not_offered(rig, message):
    data = estimated(rig, "\u200b").data
    assert (data["saving"], data["lacking_count"]) == (None, 1)


def test_only_the_first_hundred_are_told_one_by_one(rig):
    data = estimated(rig, "“" * 101).data
    assert (len(data["lacking"]), data["lacking_count"]) == (100, 101)


@pytest.mark.parametrize(
    ("body", "refusal"),
    [
        ({"message": " \n"}, (400, "bad_text")),
        ({"message": "x" * 1531}, (400, "too_many_parts")),
        ({"message": "Hi", "sender_id": "Nobody"}, (400, "sender_not_approved")),
        ({"message": "Hi", "sender_id": "OtherCo"}, (400, "sender_not_approved")),
        ({}, (400, "bad_request")),
        ({"message": "Hi", "to": 5}, (400, "bad_request")),
        ({"message": "Hi", "to": ["+254712345678", 5]}, (400, "bad_request")),
    ],
)
def test_what_would_be_refused_to_everybody_is_refused(rig, body, refusal):
    assert rig.post("/messages/estimate", body).refusal == refusal


def test_a_thousand_numbers_at_most(rig):
    reply = Rig(limits=rig.node.limits.__class__()).post("/messages/estimate", {"message": "Hi", "to": ["+1"] * 1001})
    assert reply.refusal == (400, "bad_request")


def test_nothing_is_stored_or_charged(rig):
    estimated(rig, "Hi", to=list(NUMBERS))
    assert (rig.intake.stored, rig.intake.batches, rig.queue.published) == ([], [], [])


def test_a_token_that_may_only_read_may_ask(rig):
    from tests.api.rig import token

    reader = token("mbs_reads", scopes=("messages:read",))
    rig.directory.now = Directory((ACME,), SENDERS, [reader], [CarrierRecord(1, "savanna", "sandbox")], ROUTES)
    assert rig.post("/messages/estimate", {"message": "Hi"}, token="mbs_reads").data["parts"] == 1
    assert rig.post("/messages", {"to": "+254712345678", "message": "Hi"}, token="mbs_reads").refusal[0] == 403


@pytest.fixture
def promotional(rig: Rig) -> Rig:
    """The team's default sender is promotional, and Kenya's rules hold."""
    senders = [attrs.evolve(each, sender_class="promotional") for each in SENDERS]
    rig.directory.now = Directory(
        (ACME, OTHER), senders, TOKENS, [CarrierRecord(1, "savanna", "sandbox")], ROUTES, PRICES
    )
    rig.node.gateway.rules = RulePacks([read_pack(tomllib.loads(KENYA), "ke.toml")])
    return rig


def test_decision_75_what_the_rules_of_a_country_append_is_shown_and_counted(promotional):
    data = estimated(promotional, "x" * 150).data
    assert (data["appended"], data["parts"], data["units"]) == (" STOP*456*9*5#", 2, 2)
    assert estimated(promotional, "Sale! stop*456*9*5#").data["appended"] is None
    abroad = estimated(promotional, "x" * 150, to=["+256772345678", "+254712345678"]).data
    assert (abroad["appended"], abroad["parts"], abroad["units"]) == (None, 1, 3 + 2)


def test_nothing_is_appended_to_what_is_not_promotional(rig):
    assert estimated(rig, "Hi").data["appended"] is None


def test_a_team_without_a_default_sender_may_ask_what_a_text_takes(rig):
    team = attrs.evolve(ACME, default_sender_id=None)
    rig.directory.now = Directory((team,), SENDERS, TOKENS, [CarrierRecord(1, "savanna", "sandbox")], ROUTES)
    assert estimated(rig, "Hi").data["parts"] == 1


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(message=texts, to=st.sampled_from(NUMBERS))
def test_decision_75_an_estimate_of_a_promotional_message_is_what_sending_charges(promotional, message, to):
    test_an_estimate_is_what_sending_charges.hypothesis.inner_test(promotional, message, to)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(message=texts, to=st.sampled_from(NUMBERS))
def test_an_estimate_is_what_sending_charges(rig, message, to):
    rig.intake.stored.clear()
    sent = rig.post("/messages", {"to": to, "message": message})
    told = estimated(rig, message, to=to)
    if told.status != 200:
        assert sent.refusal in (told.refusal, (400, "bad_recipient"))
        return
    data = told.data
    (number,) = data["recipients"]
    if sent.status == 200:
        (charged,) = rig.intake.stored
        assert (data["units"], data["parts"], data["encoding"]) == (
            charged.price_units, charged.parts, sent.data["encoding"],
        )  # fmt: skip
        assert number == {
            "to": sent.data["to"],
            "units": data["units"],
            "units_per_part": data["units"] // data["parts"],
        }
    else:
        assert (number["code"], number["error"], data["units"]) == (sent.refusal[1], sent.body["error"], 0)
    if data["saving"] is not None:
        saved = estimated(rig, data["saving"]["gsm_text"], to=to).data
        assert (saved["encoding"], saved["parts"]) == ("gsm7", data["saving"]["parts"])
        assert saved["units"] == data["saving"]["units"] == data["units"] - data["saving"]["units_saved"]
