"""Who is invited to a survey: people of groups and single phones, each once, with the reason of those who are not (decision 81).

It goes through people list by list, as many as there are, and runs on `store.aside`. An invitation costs nothing yet: the first
question is judged and paid for when its turn has come.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Final, TypeAlias, get_args

import attrs

from mobilesasa.core.actors import Actor
from mobilesasa.core.errors import NotFound, NotPublished, Refused, SurveyClosed, SurveyPaused
from mobilesasa.core.model import Lane, Priced, Submission
from mobilesasa.core.ports import Verdict
from mobilesasa.core.teams import Directory
from mobilesasa.store import campaign_people, surveys
from mobilesasa.store.campaign_people import ALL_OF_THEM, SIZE_OF_GROUPS
from mobilesasa.store.database import Txn, one_row
from mobilesasa.store.survey_conversations import submission, wake
from mobilesasa.store.trail import note
from mobilesasa.surveys import engine
from mobilesasa.surveys.conversing import HOUR_MS
from mobilesasa.surveys.model import Definition, SurveyStatus
from mobilesasa.surveys.views import LEFT, Estimate, Invited, Left, People, Survey

AT_ONCE: Final = 1000  # people in a list; other threads work between two

#: The rules for messages.
Judge: TypeAlias = Callable[[Sequence[Submission]], list[Verdict]]

# Of several reasons the first is told.
PEOPLE = """
SELECT phone, CASE
    WHEN EXISTS (SELECT FROM suppression WHERE (suppression.team_id, recipient) = (%(team_id)s, phone) AND sender IN ('', %(sender)s))
        THEN 'suppressed'
    WHEN %(is_once)s AND EXISTS (SELECT FROM survey_response AS response
        WHERE (response.team_id, response.phone, survey_id) = (%(team_id)s, people.phone, %(survey_id)s) AND status = 'completed')
        THEN 'answered'
    WHEN EXISTS (SELECT FROM survey_response AS response
        WHERE (response.team_id, response.phone, survey_id) = (%(team_id)s, people.phone, %(survey_id)s) AND status = 'in_progress')
        THEN 'in_progress'
    WHEN EXISTS (SELECT FROM survey_invitation AS invitation WHERE (survey_id, invitation.phone) = (%(survey_id)s, people.phone))
        THEN 'invited'
    END
FROM (
    SELECT phone FROM contact WHERE contact.team_id = %(team_id)s AND deleted_at IS NULL AND contact.id IN (
        SELECT contact_id FROM group_member JOIN contact_group ON contact_group.id = group_id
        WHERE contact_group.team_id = %(team_id)s AND contact_group.uuid = ANY(%(groups)s::uuid[]))
    UNION SELECT unnest(%(phones)s::text[])
) AS people
"""

INVITE = """
INSERT INTO survey_invitation (survey_id, phone, created_at, expires_at)
SELECT %(survey_id)s, phone, to_timestamp(%(at_ms)s / 1000.0), to_timestamp(%(expires_at_ms)s / 1000.0)
FROM unnest(%(phones)s::text[]) AS phone ON CONFLICT (survey_id, phone) DO NOTHING
"""

COUNT = "UPDATE survey_sums SET waiting = waiting + %(invited)s WHERE survey_id = %(survey_id)s"

#: Nobody pauses, closes or removes a survey while people are invited to it.
HOLD = "SELECT status, version FROM survey WHERE id = %(survey_id)s FOR SHARE"


# As in `PEOPLE`.
INVITE_ONE = """
WITH made AS (
    INSERT INTO survey_invitation (survey_id, phone, created_at, expires_at)
    SELECT %(survey_id)s, %(phone)s, to_timestamp(%(at_ms)s / 1000.0), to_timestamp(%(expires_at_ms)s / 1000.0)
    WHERE NOT EXISTS (
        SELECT FROM suppression WHERE (team_id, recipient) = (%(team_id)s, %(phone)s) AND sender IN ('', %(sender)s)
    ) AND NOT EXISTS (
        SELECT FROM survey_response WHERE (team_id, phone, survey_id) = (%(team_id)s, %(phone)s, %(survey_id)s)
          AND (status = 'in_progress' OR (%(is_once)s AND status = 'completed')))
    ON CONFLICT (survey_id, phone) DO NOTHING RETURNING survey_id
)
UPDATE survey_sums SET waiting = waiting + 1 FROM made WHERE survey_sums.survey_id = made.survey_id
"""


@attrs.frozen
class Looked:
    """Somebody who is to be invited."""

    phone: str
    left: Left | None  # why they are not
    units: int  # that the first text to them costs
    due_at_ms: int | None = None  # when it goes out, for it waits for hours that rules allow; None: at once


def size(txn: Txn, team_id: int, people: People) -> int:
    """Return about how many people there are.

    Raises:
        NotFound: a group is not the team's.
    """
    missing = campaign_people.check_groups(txn, team_id, people.groups)
    if missing:
        raise NotFound(f"there is no such group: {', '.join(missing)}")
    txn.execute(SIZE_OF_GROUPS, {"team_id": team_id, "group_uuids": list(people.groups)})
    return int(one_row(txn)[0]) + len(people.phones)


def send(
    txn: Txn, by: Actor, team_id: int, uuid: str, people: People, at_ms: int, known: Directory, judge: Judge
) -> Invited:
    """Invite people, each once.

    Args:
        txn: a transaction, without a statement timeout.
        by: who invites.
        team_id: whose survey it is.
        uuid: names it.
        people: who.
        at_ms: now.
        known: the directory.
        judge: says to whom no message can be sent.

    Raises:
        NotFound: the team has no such survey, or no such group.
        NotPublished, SurveyClosed, SurveyPaused: it invites nobody.
        AccessEnded: the caller's token was revoked meanwhile.
    """
    survey, definition = _inviting(txn, team_id, uuid)
    expires_at_ms = at_ms + definition.conduct.invitation_valid_h * HOUR_MS
    given = {"survey_id": survey.id, "at_ms": at_ms, "expires_at_ms": expires_at_ms}
    invited, left = 0, Counter[str]()
    for some in _looked(txn, survey, definition, people, at_ms, known, judge):
        left.update(each.left for each in some if each.left is not None)
        phones = [each.phone for each in some if each.left is None]
        txn.execute(INVITE, given | {"phones": phones})
        invited += txn.rowcount
        left["invited"] += len(phones) - txn.rowcount
    told: dict[str, int] = {"invited": invited, "left": sum(left.values())}
    note(txn, by, "survey.send", survey.uuid, team_id=team_id, after=told)
    txn.execute(COUNT, given | {"invited": invited})
    wake(txn)
    return Invited(invited, {reason: left[reason] for reason in LEFT if left[reason]})


def invite_one(txn: Txn, team_id: int, uuid: str, phone: str, at_ms: int) -> None:
    """Invite somebody whom the team's own USSD menu brings; nothing for whom no invitation is made (see `Left`).

    Args:
        txn: the transaction of what brings them.
        team_id: whose survey it is.
        uuid: names it.
        phone: E.164 without the plus.
        at_ms: now.

    Raises:
        NotFound, NotPublished, SurveyClosed, SurveyPaused: it invites nobody.
    """
    survey, definition = _inviting(txn, team_id, uuid)
    given = {"team_id": team_id, "survey_id": survey.id, "phone": phone, "at_ms": at_ms, "sender": definition.sender_id}
    given |= {"expires_at_ms": at_ms + definition.conduct.invitation_valid_h * HOUR_MS}
    txn.execute(INVITE_ONE, given | {"is_once": definition.conduct.repeat == "once"})
    wake(txn)


def estimate(txn: Txn, survey: Survey, people: People, at_ms: int, known: Directory, judge: Judge) -> Estimate:
    """Return what inviting people would come to, by the last version, or by the draft where there is none."""
    version = surveys.version(txn, survey, survey.version).definition if survey.version else survey.draft
    left: Counter[str] = Counter()
    invited = units = 0
    dues: list[int] = []
    for some in _looked(txn, survey, version, people, at_ms, known, judge):
        left.update(each.left for each in some if each.left is not None)
        invited += sum(each.left is None for each in some)
        units += sum(each.units for each in some)
        dues += [each.due_at_ms for each in some if each.due_at_ms is not None]
    who = Invited(invited, {reason: left[reason] for reason in LEFT if left[reason]})
    return Estimate(who, units, len(dues), min(dues, default=None))


def check(survey: Survey) -> None:
    """Make sure that a survey invites people.

    Raises:
        NotPublished, SurveyClosed, SurveyPaused: it does not.
    """
    if survey.status is SurveyStatus.DRAFT:
        raise NotPublished("the survey is a draft; publish it first")
    if survey.status is SurveyStatus.CLOSED:
        raise SurveyClosed("the survey was closed, and asks nobody any more")
    if survey.status is SurveyStatus.PAUSED:
        raise SurveyPaused("the survey is paused; resume it first")


def _inviting(txn: Txn, team_id: int, uuid: str) -> tuple[Survey, Definition]:
    """Return a survey that invites people, and by what; nobody changes that until this transaction ends."""
    survey = surveys.find(txn, team_id, uuid)
    txn.execute(HOLD, {"survey_id": survey.id})
    status, number = one_row(txn)
    survey = attrs.evolve(survey, status=SurveyStatus(status), version=number)
    check(survey)
    return survey, surveys.version(txn, survey, number).definition


def _looked(
    txn: Txn, survey: Survey, definition: Definition, people: People, at_ms: int, known: Directory, judge: Judge
) -> Iterator[list[Looked]]:
    """Give all people, list by list, with why each is not invited, or what the first text costs."""
    code, text = definition.sender_id or "", engine.begin(definition, at_ms).say or ""
    own = [sender.name for sender in known.senders_of_number(code) if sender.team_id == survey.team_id]
    given = {"team_id": survey.team_id, "survey_id": survey.id, "sender": own[0] if own else code}
    given |= {"groups": list(people.groups), "phones": list(people.phones)}
    txn.execute(ALL_OF_THEM)
    with txn.connection.cursor("people_of_a_survey") as each:
        each.itersize = AT_ONCE
        each.execute(PEOPLE, given | {"is_once": definition.conduct.repeat == "once"})
        while some := each.fetchmany(AT_ONCE):
            free = [phone for phone, left in some if left is None]
            verdicts = judge([submission(known, survey.team_id, code, phone, text, Lane.BULK) for phone in free])
            judged = dict(zip(free, verdicts, strict=True))
            yield [_look(phone, left, judged) for phone, left in some]


def _look(phone: str, left: str | None, judged: dict[str, Verdict]) -> Looked:
    reason = next((each for each in get_args(Left) if each == left), None)
    verdict = judged.get(phone)
    if isinstance(verdict, Refused):
        reason = "unreachable"
    if isinstance(verdict, Priced):
        return Looked(phone, reason, verdict.price_units, verdict.due_at_ms)
    return Looked(phone, reason, 0)
