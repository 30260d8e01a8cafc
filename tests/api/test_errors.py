import re
from pathlib import Path

import pytest

from mobilesasa.api.errors import OWN_STATUSES, STATUSES
from mobilesasa.api.refusals import of_refusal
from mobilesasa.core.errors import BadDefinition, Fault, InsufficientUnits, Refused, TooManyAttempts, every_refusal

DOCUMENT = (Path(__file__).parents[2] / "docs" / "errors.rst").read_text()
REFERENCE = {400, 401, 402, 403, 404, 409, 429, 500}


def test_every_refusal_has_its_status_and_no_status_is_without_a_refusal():
    assert {refusal.code for refusal in every_refusal()} == set(STATUSES)


def test_no_status_is_outside_of_the_reference_s_list():
    assert {*STATUSES.values(), *OWN_STATUSES.values()} <= REFERENCE


def test_no_code_means_two_things():
    assert not set(STATUSES) & set(OWN_STATUSES)


def test_the_document_has_every_code_with_its_status_and_no_other():
    rows = re.findall(r"^``(\w+)``\s+(\d{3})\s+\S", DOCUMENT, re.MULTILINE)
    assert {code: int(status) for code, status in rows} == STATUSES | OWN_STATUSES
    assert len(rows) == len(STATUSES | OWN_STATUSES)


@pytest.mark.parametrize(
    "refusal", [kind for kind in every_refusal() if kind not in (InsufficientUnits, TooManyAttempts, BadDefinition)]
)
def test_a_refusal_keeps_its_code_its_text_and_its_field(refusal: type[Refused]):
    problem = of_refusal(refusal("what is wrong"))
    assert (problem.code, problem.message, problem.status) == (refusal.code, "what is wrong", STATUSES[refusal.code])
    assert [field.field for field in problem.fields] == ([refusal.field] if refusal.field else [])


def test_too_many_attempts_say_how_long_to_wait():
    problem = of_refusal(TooManyAttempts("too many", 900))
    assert (problem.status, problem.headers) == (429, {b"Retry-After": b"900"})


def test_a_definition_that_cannot_be_names_each_fault_as_a_field_and_with_its_code():
    problem = of_refusal(BadDefinition([Fault("questions[0].text", "missing", "is needed")]))
    assert (problem.code, problem.status) == ("bad_definition", 400)
    assert [(field.field, field.message) for field in problem.fields] == [("questions[0].text", "is needed")]
    assert problem.extra == {"faults": [{"field": "questions[0].text", "code": "missing", "message": "is needed"}]}
