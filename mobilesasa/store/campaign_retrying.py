"""A campaign once more, for those whom it did not reach: a draft that goes to a file of them, and the usual way from there.

The file is made of the recipients whose messages failed for a reason that may pass, with the fields that they have now. Whoever
has got the campaign by the time that the draft is sent is left out then (`campaign_people.NOT_REACHED`), so that nobody who was
reached gets it twice, however many such drafts there are.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

import attrs

from mobilesasa.campaigns.model import NAME_CHARACTERS, Campaign, Draft
from mobilesasa.contacts.audiences import AudienceReading
from mobilesasa.contacts.reading.columns import Column
from mobilesasa.contacts.reading.shapes import Shape
from mobilesasa.contacts.uploads import Looked
from mobilesasa.core.actors import Actor
from mobilesasa.core.errors import BadValue, CampaignBusy, NoRecipients, NotDraft, TextNotKept
from mobilesasa.core.model import MAY_PASS, NO_SUCH_NUMBER
from mobilesasa.store import campaigns
from mobilesasa.store.campaign_people import NOT_REACHED, check_groups, known_fields
from mobilesasa.store.campaign_sending import QuoterFor, estimate
from mobilesasa.store.database import Txn, one_row
from mobilesasa.store.rows import as_json
from mobilesasa.store.trail import note

_AGAIN: Final = " (again)"

ADD_FILE = """
INSERT INTO audience (uuid, team_id, filename, settings, fields, status, finished_at)
VALUES (%(uuid)s, %(team_id)s, %(filename)s, %(settings)s, %(fields)s, 'completed', now()) RETURNING id
"""

_FAILED: Final = f"""(
    SELECT recipient.n, recipient.phone FROM campaign_recipient AS recipient JOIN message ON message.id = recipient.message_id
    WHERE recipient.campaign_id = %(retry_of)s AND message.state = 40 AND message.failure = ANY(%(may_pass)s)
      AND coalesce(message.error, '') <> ALL(%(no_such_number)s) AND {NOT_REACHED.format(phone="recipient.phone")}) AS failed"""

# Who is no contact any more is left out, as from every campaign to groups.
ADD_CONTACTS = f"""
INSERT INTO audience_row (audience_id, n, phone, fields)
SELECT %(audience_id)s, row_number() OVER (ORDER BY failed.n), failed.phone, attributes || jsonb_strip_nulls(
    jsonb_build_object('first_name', first_name, 'last_name', last_name, 'email', email))
FROM {_FAILED} JOIN contact ON contact.team_id = %(team_id)s AND contact.phone = failed.phone AND deleted_at IS NULL
"""

ADD_ROWS = f"""
INSERT INTO audience_row (audience_id, n, phone, fields)
SELECT %(audience_id)s, row_number() OVER (ORDER BY failed.n), failed.phone, was.fields
FROM {_FAILED} JOIN audience_row AS was ON was.audience_id = %(was_for)s AND was.phone = failed.phone
"""

COUNTED = """
UPDATE audience SET people = %(people)s, total_rows = %(people)s, done_row = %(people)s WHERE id = %(audience_id)s
"""

ESTIMATED = """
UPDATE campaign SET estimated_recipients = %(recipients)s, estimated_units = %(units)s WHERE id = %(id)s
"""


@attrs.frozen(kw_only=True)
class Again:
    """What the draft and its file are called by."""

    uuid: str
    audience_uuid: str
    country: str  # the team's


def retry(txn: Txn, by: Actor, team_id: int, uuid: str, again: Again, at_ms: int, quoter_for: QuoterFor) -> Campaign:
    """Make a draft for those whom a campaign did not reach, with what it would cost; return it.

    Args:
        txn: a transaction, without a statement timeout.
        by: who does.
        team_id: whose it is.
        uuid: the campaign's that has ended.
        again: names the draft and the file.
        at_ms: when.
        quoter_for: makes what prices its recipients.

    Raises:
        NotFound: the team has no such campaign.
        NotDraft: it was not sent yet.
        CampaignBusy: it is being sent, or another call is at it.
        TextNotKept: its text is kept no longer.
        NoRecipients: nobody is left whose message failed for a reason that may pass.
        BadValue: the file that it was for is kept no longer, and its text has fields.
        AccessEnded: the caller's token was revoked meanwhile.
    """
    was = campaigns.lock(txn, team_id, uuid)
    _check(was)
    file_id, people = _keep_file(txn, was, again)
    if not people:
        raise NoRecipients(
            "nobody is left whose message failed for a reason that may pass, and who has not got it since"
        )
    noted = {"campaign": again.uuid, "people": people}
    note(txn, by, "campaign.retry", was.uuid, team_id=team_id, after=noted)
    gone = check_groups(txn, team_id, was.exclude_group_uuids)
    made = campaigns.create(txn, by, team_id, again.uuid, _draft(was, file_id, gone), (0, 0), at_ms)
    tally = estimate(txn, made, quoter_for)
    txn.execute(ESTIMATED, {"id": made.id, "recipients": tally.recipients, "units": tally.units})
    return campaigns.find(txn, team_id, made.uuid)


def _draft(was: Campaign, file_id: int, gone: Collection[str]) -> Draft:
    """Return what a campaign said, for the people of a file; `gone` are groups that the team has no more."""
    return attrs.evolve(
        was.draft,
        name=was.name[: NAME_CHARACTERS - len(_AGAIN)].rstrip() + _AGAIN,
        group_uuids=(),
        exclude_group_uuids=tuple(each for each in was.exclude_group_uuids if each not in gone),
        audience_id=file_id,
        scheduled_at_ms=None,
        options=attrs.evolve(was.options, repeat=None, trigger=None),
        retry_of=was.id,
    )


def _check(was: Campaign) -> None:
    if was.armed_at_ms is None or was.options.is_series:
        raise NotDraft("the campaign was not sent, so nobody can get it again; send it")
    if not was.phase.is_final:
        raise CampaignBusy("the campaign is still being sent; wait for its end, or cancel it")
    if was.message is None:
        raise TextNotKept("the text of the campaign is kept no longer")


def _keep_file(txn: Txn, was: Campaign, again: Again) -> tuple[int, int]:
    """Keep a file of those whom a campaign did not reach; return its id, and how many they are."""
    names = known_fields(txn, was.team_id, was.audience_id)
    if was.audience_uuid is None and was.audience_id is not None:
        raise BadValue("the file of people that the campaign was for is kept no longer")
    fields = ["phone", *sorted(names - {"phone"})]
    columns = tuple(Column(at, name, name) for at, name in enumerate(fields))
    looked = Looked(shape=Shape(format="csv", headers=fields, header_row=1, total_rows=0), columns=columns, ignored=())
    reading = AudienceReading(filename=f"{was.name}{_AGAIN}", looked=looked, country=again.country)
    row = {"uuid": again.audience_uuid, "team_id": was.team_id, "filename": reading.filename, "fields": fields}
    txn.execute(ADD_FILE, row | {"settings": as_json([reading.as_json()])[1:-1]})
    given = {
        "audience_id": one_row(txn)[0], "team_id": was.team_id, "retry_of": was.id, "was_for": was.audience_id,
        "may_pass": sorted(MAY_PASS), "no_such_number": sorted(NO_SUCH_NUMBER),
    }  # fmt: skip
    txn.execute(ADD_CONTACTS if was.audience_id is None else ADD_ROWS, given)
    people = txn.rowcount
    txn.execute(COUNTED, given | {"people": people})
    return given["audience_id"], people
