"""The audit of surveys: those that have been through everything are clean, and each planted fault is found by the rule for it."""

import itertools

import attrs
import pytest

from mobilesasa.core.actors import NODE
from mobilesasa.store import audit, audit_surveys, surveys
from mobilesasa.store.database import Txn
from mobilesasa.store.survey_inviting import send
from mobilesasa.surveys.views import People
from tests.store.given import wrong
from tests.store.surveying import FARM, OTHER, Rig

MINE = {name for name, _, _ in audit_surveys.CHECKS}


@pytest.fixture
def under_way(txn: Txn) -> Txn:
    """A store with surveys in every situation."""
    rig = Rig(txn)
    made, _, closed = (rig.published(attrs.evolve(FARM, keyword=word)) for word in ("farm", "fish", "milk"))
    surveys.create(txn, NODE, rig.team, "50000000-0000-4000-9000-000000000001", FARM, rig.now_ms)
    for text in ("milk", "4", "good", "farm", "fish"):
        rig.hear(text)
    surveys.close(txn, NODE, rig.team, closed.uuid)
    for text in ("farm", "3", "stop"):
        rig.hear(text, phone=OTHER)
    send(txn, NODE, rig.team, made.uuid, People((), (OTHER,)), rig.now_ms, rig.directory.now, rig.judge)
    return txn


def test_surveys_that_have_been_through_everything_are_clean(under_way: Txn) -> None:
    assert wrong(under_way) == []


def test_every_rule_looks_at_something(under_way: Txn) -> None:
    assert all(found.checked for found in audit.findings(under_way) if found.name in MINE)


OPEN = "UPDATE survey_response SET {} WHERE status = 'in_progress'"
FAULTS = [
    ("UPDATE survey_sums SET in_progress = in_progress + 1 WHERE in_progress = 1", {"survey_sums"}),
    ("UPDATE survey_sums SET waiting = 0", {"survey_sums"}),
    ("UPDATE survey_sums SET lapsed = -1", {"survey_sums"}),
    ("DELETE FROM survey_sums", {"survey_sums"}),
    ("DELETE FROM survey_response WHERE status = 'completed'", {"survey_sums"}),
    ("DELETE FROM survey_code", {"surveys"}),
    (
        "DELETE FROM survey_version WHERE survey_id = (SELECT min(survey_id) FROM survey_version)",
        {"surveys", "survey_responses"},
    ),
    (OPEN.format("wake_at = NULL"), {"survey_responses"}),
    (OPEN.format("version = 9"), {"survey_responses"}),
    (OPEN.format("team_id = 0"), {"survey_responses"}),
    (OPEN.format("survey_id = 0"), {"survey_responses", "survey_sums"}),
    (OPEN.format("asked_id = 'ffffffff-0000-7000-8000-000000000000'"), {"survey_responses"}),
    (OPEN.format("phone = '254799999999'"), {"survey_responses", "survey_invitations"}),
    (OPEN.format("asked_id = NULL"), set()),
    ("UPDATE survey_invitation SET blocked_by = '1' WHERE blocked_by IS NULL", {"survey_invitations"}),
    ("UPDATE survey_invitation SET blocked_by = '' WHERE blocked_by IS NULL", set()),
    ("UPDATE survey_invitation SET survey_id = 0 WHERE blocked_by IS NULL", {"survey_invitations", "survey_sums"}),
]


@pytest.mark.parametrize(("fault", "found"), FAULTS, ids=itertools.count())
def test_a_planted_fault_is_found(under_way: Txn, fault: str, found: set[str]) -> None:
    under_way.execute(fault)
    assert {finding.name for finding in wrong(under_way)} == found


def test_every_rule_has_a_fault_that_it_finds() -> None:
    assert {name for _, found in FAULTS for name in found} == MINE
