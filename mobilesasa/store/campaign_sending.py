"""`/send`: who gets a campaign is decided, priced and paid for in one transaction, wholly or not at all (decisions 64-69).

How to think about it: the recipients are read as they are at one moment, list by list; each list is priced by the rules that
will take its messages, and written as rows of the snapshot. At the end all of it is taken from the balance at once, so that
the team's row, which every message needs, is locked for a moment only. Whatever goes wrong before the commit leaves a draft.
This takes as long as there are people: it runs on `store.aside`.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from typing import Final, TypeAlias

from psycopg2 import errors

from mobilesasa.campaigns.model import Campaign, Phase, Quoted
from mobilesasa.campaigns.quoting import Quoter
from mobilesasa.campaigns.tally import Tally
from mobilesasa.campaigns.texts import BadTemplate, UnknownFields
from mobilesasa.core.actors import Actor
from mobilesasa.core.errors import (
    BadValue,
    InsufficientUnits,
    NoRecipients,
    SenderNotApproved,
    TeamSuspended,
    TextNotKept,
)
from mobilesasa.store import campaign_events, campaign_links, campaign_people, campaign_phases, campaigns, erasures
from mobilesasa.store.campaign_people import aim_of, forget_in, known_fields, people
from mobilesasa.store.database import Txn, one_row
from mobilesasa.store.trail import note

DAY_MS: Final = 86_400_000

#: Makes what prices the recipients of a campaign, of the campaign and the fields that its text may name. Called on a database
#: thread, once a run of the transaction.
QuoterFor: TypeAlias = Callable[[Campaign, frozenset[str]], Quoter]

# Of several campaigns that send one again, each sees whom the one before it goes to.
HOLD_FIRST = "SELECT FROM campaign WHERE id = %(retry_of)s FOR NO KEY UPDATE"

USABLE = """
SELECT suspended_at IS NULL, sender.status = 'approved' FROM team JOIN sender ON sender.team_id = team.id
WHERE team.id = %(team_id)s AND sender.id = %(sender_id)s
"""

COPY = "COPY campaign_recipient (campaign_id, n, phone, units, parts, text, skipped, code) FROM STDIN"

PAY = "UPDATE team SET balance = balance - %(units)s WHERE id = %(team_id)s AND balance >= %(units)s"

RESERVE = """
INSERT INTO ledger (team_id, kind, units, messages, campaign_uuid)
VALUES (%(team_id)s, 'reserve', -%(units)s, %(recipients)s, %(uuid)s) RETURNING id
"""

ARM = """
UPDATE campaign SET phase = %(phase)s, text = %(text)s, rows = %(rows)s, recipients = %(recipients)s,
    skipped = %(rows)s - %(recipients)s, reserve_id = %(reserve_id)s, reserved_units = %(units)s, next_at = NULL, paused_reason = NULL,
    armed_at = to_timestamp(%(now_ms)s / 1000.0), updated_at = now(),
    started_at = CASE %(phase)s WHEN 'sending' THEN to_timestamp(%(now_ms)s / 1000.0) END
WHERE id = %(id)s
"""

# As COPY wants texts (PostgreSQL, COPY: text format).
_ESCAPED: Final = str.maketrans({"\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"})
_NOTHING: Final = "\\N"


def estimate(txn: Txn, campaign: Campaign, quoter_for: QuoterFor) -> Tally:
    """Return what a campaign would reach and cost were it sent now; nothing is changed.

    Raises:
        BadValue: its text names fields that nobody has.
    """
    quoter = _quoter(txn, campaign, quoter_for)
    for some in people(txn, aim_of(campaign, quoter.template.fields)):
        quoter.quote(some)
    return quoter.tally


def send(txn: Txn, by: Actor, team_id: int, uuid: str, quoter_for: QuoterFor, now_ms: int) -> Campaign:
    """Decide who gets a campaign, reserve its units, and begin or arm it; return it as it is then.

    Args:
        txn: a transaction, without a statement timeout.
        by: who sends it.
        team_id: whose it is.
        uuid: the campaign's.
        quoter_for: makes what prices its recipients.
        now_ms: milliseconds since the epoch.

    Raises:
        NotFound, NotDraft: it is no draft of the team.
        CampaignBusy: it is being sent or changed at this moment.
        InsufficientUnits: the team cannot pay for all of it.
        NoRecipients: there is nobody whom it would be sent to.
        SenderNotApproved, TeamSuspended, TextNotKept, BadValue, Refused: it cannot be sent.
        AccessEnded: the caller's token was revoked meanwhile.
        SerializationFailure: a code of a short link is taken; to be run again.
    """
    campaign = campaigns.lock_draft(txn, team_id, uuid)
    check(txn, campaign)
    check_groups_of(txn, campaign)
    txn.execute(HOLD_FIRST, {"retry_of": campaign.retry_of})
    quoter = _quoter(txn, campaign, quoter_for)
    rows = _keep_recipients(txn, campaign, quoter)
    tally = quoter.tally
    if not tally.recipients:
        raise quoter.refusal or _nobody(campaign, tally)
    # whoever revokes the token waits for this commit, so it is asked for last but the units
    after = {"recipients": tally.recipients, "units": tally.units, "skipped": dict(tally.skipped)}
    note(txn, by, "campaign.send", campaign.uuid, team_id=team_id, after=after)
    for phone, pseudonym in erasures.since(txn, team_id, now_ms):
        forget_in(txn, [campaign.id], phone, pseudonym)
    _arm(txn, campaign, quoter, rows, now_ms)
    campaign_phases.wake(txn, campaign.id)
    sent = campaigns.find(txn, team_id, campaign.uuid)
    if sent.phase is Phase.SENDING:
        campaign_events.tell(txn, "campaign.started", team_id, campaign.uuid)
    return sent


def _arm(txn: Txn, campaign: Campaign, quoter: Quoter, rows: int, now_ms: int) -> None:
    """Pay for a campaign and let it begin, now or at its time."""
    units, recipients = quoter.tally.units, quoter.tally.recipients
    given = {"team_id": campaign.team_id, "uuid": campaign.uuid, "recipients": recipients, "units": units}
    txn.execute(PAY, given)
    if not txn.rowcount:
        raise InsufficientUnits(units, "campaign")
    txn.execute(RESERVE, given)
    begins_ms = max(campaign.scheduled_at_ms or 0, now_ms)
    armed = {
        "id": campaign.id,
        "phase": Phase.SCHEDULED if begins_ms > now_ms else Phase.SENDING,
        "text": None if quoter.differs else quoter.template.render({}),
        "rows": rows,
        "reserve_id": one_row(txn)[0],
        "now_ms": now_ms,
    }
    txn.execute(ARM, given | armed)
    if quoter.template.links:
        expires_at_ms = begins_ms + campaign.options.link_days * DAY_MS
        campaign_links.keep(txn, campaign.id, quoter.template.links, expires_at_ms)


def check(txn: Txn, campaign: Campaign) -> None:
    """Make sure that a campaign could be sent, whoever its recipients are.

    Raises:
        SenderNotApproved, TeamSuspended, TextNotKept: it could not.
    """
    if campaign.message is None:
        raise TextNotKept("the text of the campaign is kept no longer")
    check_sender(txn, campaign)


def check_sender(txn: Txn, campaign: Campaign) -> None:
    """Make sure that a campaign's team and sender may send now.

    Raises:
        SenderNotApproved, TeamSuspended: they may not.
    """
    txn.execute(USABLE, {"team_id": campaign.team_id, "sender_id": campaign.sender_id})
    active, approved = one_row(txn)
    if not active:
        raise TeamSuspended("the team is suspended; ask the operator of this platform")
    if not approved:
        raise SenderNotApproved(
            f"the sender {campaign.sender!r} is not approved; name another one, or wait until it is"
        )


def check_groups_of(txn: Txn, campaign: Campaign) -> None:
    """Make sure that the groups that a campaign names are there: whom it goes to is said by all of them (decision 64).

    Raises:
        BadValue: some are not.
    """
    missing = campaign_people.check_groups(
        txn, campaign.team_id, [*campaign.group_uuids, *campaign.exclude_group_uuids]
    )
    if missing:
        raise BadValue(f"the campaign names groups that you do not have any more: {', '.join(missing)}; change it")


def _quoter(txn: Txn, campaign: Campaign, quoter_for: QuoterFor) -> Quoter:
    try:
        return quoter_for(campaign, known_fields(txn, campaign.team_id, campaign.audience_id))
    except UnknownFields as unknown:
        raise BadValue(f"the text names what nobody has: {unknown}") from unknown
    except BadTemplate as bad:
        raise BadValue(f"the text {bad}") from bad


def _keep_recipients(txn: Txn, campaign: Campaign, quoter: Quoter) -> int:
    """Write the snapshot; return how many rows it has."""
    rows = 0
    for some in people(txn, aim_of(campaign, quoter.template.fields)):
        quoted = quoter.quote(some)
        try:
            txn.copy_expert(COPY, io.StringIO(_lines(campaign.id, rows, quoted)))
        except errors.UniqueViolation as clash:
            if clash.diag.constraint_name != "campaign_recipient_of_code":
                raise
            raise errors.SerializationFailure("a code of a short link is taken already") from clash
        rows += len(quoted)
    return rows


def _lines(campaign_id: int, behind: int, quoted: Sequence[Quoted]) -> str:
    """Return rows as COPY reads them; who is left out has no text."""
    lines = []
    for n, one in enumerate(quoted, behind + 1):
        text = _NOTHING if one.text is None or one.skipped is not None else one.text.translate(_ESCAPED)
        left_out, code = one.skipped or _NOTHING, _NOTHING if one.skipped or one.code is None else one.code
        lines.append(f"{campaign_id}\t{n}\t{one.phone}\t{one.units}\t{one.parts}\t{text}\t{left_out}\t{code}\n")
    return "".join(lines)


def _nobody(campaign: Campaign, tally: Tally) -> NoRecipients:
    left_out = sum(tally.skipped.values())
    if left_out:
        return NoRecipients(f"nobody would get the campaign: all {left_out} of its recipients are suppressed")
    if campaign.retry_of is not None:
        return NoRecipients("nobody would get the campaign: all of them have got it meanwhile, or are getting it")
    return NoRecipients("nobody would get the campaign: there is nobody in its groups")
