"""The responses to a survey as a file: a row a response, a column a question."""

import uuid
from datetime import datetime
from zoneinfo import ZoneInfo

import attrs
import pytest

from mobilesasa.core.actors import NODE
from mobilesasa.core.exports import Export, Look
from mobilesasa.store import export_rows, surveys
from mobilesasa.surveys.model import Kind
from tests.store.given import NOW_MS, add_team
from tests.store.surveying import AGAIN, CODE, FARM, OTHER, PHONE, Rig
from tests.surveys.making import choice, choices, question

VISIT = attrs.evolve(
    FARM,
    questions=(
        choice("service", "Good", "Bad", code="service"),
        choices("seen", "Shop", "Yard", "Office", text="What have\nyou seen?"),
        question("again", Kind.YES_NO, code="again"),
        question("born", Kind.DATE, code="born"),
        question("paid", Kind.NUMBER, code="paid"),
        question("more", code="more", required=False),
    ),
)


@pytest.fixture
def rig(txn):
    return Rig(txn)


def wanted(team, survey, version=None, form="csv", **more):
    asked = {
        **more,
        "survey_uuid": survey.uuid,
        "survey_version": version,
        "survey_upto": survey.version,
        "zone": "Africa/Nairobi",
    }
    return Export(
        uuid=str(uuid.uuid4()), team_id=team, kind="survey_responses", format=form, asked=asked, shown={}, filename="f"
    )


def rows(rig, export):
    """All rows of an export, slice by slice, by their columns."""
    columns, cursor, found = export_rows.columns(rig.txn, export), None, []
    while True:
        some, cursor = export_rows.read(rig.txn, export, columns, cursor)
        found += [dict(zip(columns, row, strict=True)) for row in some]
        if cursor is None:
            return found


def hear(rig, *texts, phone=PHONE):
    for text in texts:
        rig.hear(text, phone=phone)


def at(moment_ms):
    return datetime.fromtimestamp(moment_ms // 1000, ZoneInfo("Africa/Nairobi")).isoformat()


def test_a_response_is_a_row_with_its_answers_as_people_read_them(rig):
    made = rig.published(VISIT)
    hear(rig, "farm", "bad", "1,3", "ndiyo", "24/12/1990", "1,500.50", "skip")
    (row,) = rows(rig, wanted(rig.team, made))
    assert row == {
        "uuid": rig.only(made).uuid, "phone": f"+{PHONE}", "code": CODE, "status": "completed", "reason": None, "version": 1,
        "started_at": at(NOW_MS), "finished_at": at(NOW_MS + 60_000), "service": "Bad", "What have you seen?": "Shop; Office",
        "again": "yes", "born": "1990-12-24", "paid": 1500.5, "more": None,
    }  # fmt: skip


def test_a_response_under_way_has_the_answers_that_there_are(rig):
    made = rig.published(VISIT)
    hear(rig, "farm", "good", "2")
    hear(rig, "farm", "stop", phone=OTHER)
    expired, going = rows(rig, wanted(rig.team, made))
    assert (going["status"], going["service"], going["What have you seen?"], going["again"], going["finished_at"]) == (
        "in_progress", "Good", "Yard", None, None,
    )  # fmt: skip
    assert (expired["phone"], expired["status"], expired["reason"], expired["service"]) == (
        f"+{OTHER}", "expired", "stop", None,
    )  # fmt: skip


def test_a_question_that_was_dropped_has_a_column_behind_those_that_there_are(rig):
    made = rig.published(AGAIN)
    hear(rig, "farm", "4", "more rain")
    changed = attrs.evolve(AGAIN, questions=(question("better", Kind.YES_NO), *AGAIN.questions[:1]))
    made = surveys.publish(rig.txn, NODE, surveys.change(rig.txn, NODE, made, changed, rig.now_ms), rig.now_ms)
    hear(rig, "farm", "hapana", "2")
    export = wanted(rig.team, made)
    assert export_rows.columns(rig.txn, export)[8:] == ["better?", "liked?", "more?"]
    newer, older = rows(rig, export)
    assert (newer["better?"], newer["liked?"], newer["more?"], newer["version"]) == ("no", 2, None, 2)
    assert (older["better?"], older["liked?"], older["more?"], older["version"]) == (None, 4, "more rain", 1)
    (alone,) = rows(rig, wanted(rig.team, made, 1))
    assert (alone["version"], "better?" in alone) == (1, False)
    assert [export_rows.count(rig.txn, wanted(rig.team, made, version)) for version in (None, 1, 3)] == [
        (2, False), (1, False), (0, False),
    ]  # fmt: skip


def test_responses_of_one_status_or_of_one_phone_are_written_alone(rig):
    made = rig.published(AGAIN)
    hear(rig, "farm", "4", "rain")
    hear(rig, "farm", "4", phone=OTHER)
    for more, phones in (
        ({"survey_status": "completed"}, [f"+{PHONE}"]),
        ({"survey_status": "in_progress"}, [f"+{OTHER}"]),
        ({"survey_status": "expired"}, []),
        ({"recipient": OTHER}, [f"+{OTHER}"]),
        ({"recipient": OTHER, "survey_status": "completed"}, []),
        ({"recipient": None, "survey_status": None}, [f"+{OTHER}", f"+{PHONE}"]),
    ):
        export = wanted(rig.team, made, **more)
        assert [row["phone"] for row in rows(rig, export)] == phones
        assert export_rows.count(rig.txn, export) == (len(phones), False)


def test_columns_that_would_be_called_alike_are_told_apart(rig):
    twice = [question(name, text="Why?") for name in ("a", "b", "c")]
    made = rig.published(attrs.evolve(FARM, questions=(question("p", code="phone"), *twice)))
    assert export_rows.columns(rig.txn, wanted(rig.team, made))[8:] == ["phone (2)", "Why?", "Why? (2)", "Why? (3)"]


def test_a_question_that_is_added_while_a_file_is_written_is_left_out(rig):
    made = rig.published(AGAIN)
    hear(rig, "farm", "4", "rain")
    export = wanted(rig.team, made)
    columns = export_rows.columns(rig.txn, export)
    added = attrs.evolve(AGAIN, questions=(question("first"), *AGAIN.questions))
    surveys.publish(rig.txn, NODE, surveys.change(rig.txn, NODE, made, added, rig.now_ms), rig.now_ms)
    hear(rig, "farm", "well", "5")
    assert export_rows.columns(rig.txn, export) == columns
    newer, older = rows(rig, export)
    assert [(each["version"], each["liked?"], each["more?"]) for each in (newer, older)] == [
        (2, 5, None),
        (1, 4, "rain"),
    ]


def test_a_long_file_is_read_in_slices(rig, monkeypatch):
    monkeypatch.setattr("mobilesasa.store.export_rows.SLICE", 2)  # two thousand responses are slow to make
    made = rig.published(AGAIN)
    phones = [f"25471100010{n}" for n in range(5)]
    for phone in phones:
        hear(rig, "farm", phone=phone)
    assert [row["phone"] for row in rows(rig, wanted(rig.team, made))] == [f"+{phone}" for phone in phones[::-1]]


def test_what_a_spreadsheet_would_run_is_a_text_in_csv(rig):
    made = rig.published()
    hear(rig, "farm", "4", "=HYPERLINK(1)")
    export = wanted(rig.team, made)
    columns = export_rows.columns(rig.txn, export)
    found, _ = export_rows.read(rig.txn, export, columns, None)
    assert b",'=HYPERLINK(1)\r\n" in Look().octets(found)
    assert Look().octets([["=1+1?"]]) == b"'=1+1?\r\n"


def test_a_survey_that_is_gone_or_another_team_s_has_no_rows(rig):
    made = rig.published()
    hear(rig, "farm", "4")
    foreign, gone = wanted(add_team(rig.txn, 0), made), wanted(rig.team, attrs.evolve(made, uuid=str(uuid.uuid4())))
    for export in (foreign, gone):
        assert rows(rig, export) == []
        assert export_rows.columns(rig.txn, export)[8:] == []
        assert export_rows.count(rig.txn, export) == (0, False)
