"""Teams as administrators send and see them."""

from __future__ import annotations

from typing import Annotated, Any, Final, TypedDict

import attrs

from mobilesasa.api.admin.lists import PageShown
from mobilesasa.api.answers import instant
from mobilesasa.api.pages import ListPage
from mobilesasa.api.requests import ABSENT, Absent, Said
from mobilesasa.core.administration import NewTeam, TeamChange, TeamRecord

_SMPP: Final = "Terms of its SMPP sessions, by name; `default`: the node's setting again"
_TLVS: Final = "Vendor TLVs of its messages for carriers that want them, by tag; an empty value takes one away"


@attrs.frozen(kw_only=True)
class ListTeams(ListPage):
    """Which teams are listed."""

    search: Annotated[str | None, Said("Only those with this in their code or name", example="acme", longest=100)] = (
        None
    )
    suspended: Annotated[bool | None, Said("Only those that are suspended, or only those that are not")] = None


@attrs.frozen(kw_only=True)
class CreateTeam:
    """A team to be made."""

    code: Annotated[str, Said("1 to 15 of A-Z and 0-9; also the system_id of its binds", example="ACME2024")]
    name: Annotated[str | None, Said("What people call it; the code if omitted", example="Acme Ltd")] = None
    country: Annotated[str, Said("In which its national numbers are read, ISO 3166-1", example="KE")] = "KE"
    units: Annotated[int, Said("Units that it begins with", minimum=0, maximum=10**12, example=1000)] = 0
    senders: Annotated[
        list[str] | None, Said("Sender names, approved; the first is its default", example=("MYAPP",), most=50)
    ] = None

    def team(self) -> NewTeam:
        """Return what is to be made as the store takes it."""
        return NewTeam(self.code, self.name, self.units, self.senders or (), self.country)


@attrs.frozen(kw_only=True)
class ChangePlatformTeam:
    """What of a team changes; what is left out stays."""

    name: Annotated[str | Absent, Said("What people call it, 1 to 100 characters", example="Acme Ltd")] = ABSENT
    country: Annotated[str | Absent, Said("In which its national numbers are read, ISO 3166-1")] = ABSENT
    zone: Annotated[
        str | Absent | None,
        Said("In which its days begin and end, as Africa/Nairobi; null: that of its country"),
    ] = ABSENT
    default_sender_id: Annotated[str | Absent, Said("Name of the sender of messages that name none")] = ABSENT
    suspended: Annotated[bool | Absent, Said("Whether all that it does is stopped", example=True)] = ABSENT
    max_sessions: Annotated[
        int | Absent | None, Said("SMPP sessions at once; null: the node's setting", minimum=0, maximum=1000)
    ] = ABSENT
    session_tps: Annotated[
        int | Absent | None,
        Said("Submits a second of one SMPP session, 0: no limit; null: the node's", minimum=0, maximum=100_000),
    ] = ABSENT
    text_days: Annotated[
        int | Absent | None,
        Said("Days that texts of messages are kept, up to 3650; 0: for ever, null: the node's setting"),
    ] = ABSENT
    low_balance_units: Annotated[
        int | Absent | None, Said("Below how many units it is told of it; null: it is not")
    ] = ABSENT
    smpp: Annotated[dict[str, str | int | float | bool] | Absent, Said(_SMPP)] = ABSENT
    smpp_any_address: Annotated[
        bool | Absent, Said("Whether its own SMPP passwords may do without a list of addresses")
    ] = ABSENT
    tlvs: Annotated[dict[str, str] | Absent, Said(_TLVS)] = ABSENT

    def change(self) -> TeamChange:
        """Return what is to change as the store takes it."""
        given = {name: value for name, value in _given(self).items() if value is not ABSENT}
        if "default_sender_id" in given:
            given["default_sender"] = given.pop("default_sender_id")
        return attrs.evolve(TeamChange(), **given)


@attrs.frozen(kw_only=True)
class AddUnits:
    """Units for a team."""

    units: Annotated[
        int,
        Said(
            "How many; a negative number takes some back, never more than there are",
            minimum=-(10**12),
            maximum=10**12,
            example=1000,
        ),
    ]
    note: Annotated[str | None, Said("Why; it stands in the ledger", example="Invoice 4711", longest=500)] = None


class PlatformTeam(TypedDict):
    """A team as an administrator sees it."""

    uuid: str
    code: Annotated[str, Said("Also the system_id of its binds", example="ACME2024")]
    name: str
    country: Annotated[str, Said("In which national numbers are read, ISO 3166-1", example="KE")]
    zone: Annotated[str | None, Said("In which its days begin and end; null: that of its country")]
    balance_units: Annotated[int, Said("Units that it can spend", example=1000)]
    default_sender_id: Annotated[str | None, Said("Name of the sender of messages that name none", example="MYAPP")]
    suspended: Annotated[bool, Said("Whether all that it does is stopped")]
    max_sessions: Annotated[int | None, Said("SMPP sessions at once; null: the node's setting")]
    session_tps: Annotated[int | None, Said("Submits a second of one SMPP session; null: the node's setting")]
    text_days: Annotated[int | None, Said("Days that texts are kept; 0: for ever, null: the node's setting")]
    low_balance_units: Annotated[int | None, Said("Below how many units it is told of it")]
    smpp: Annotated[dict[str, Any], Said("What is set of the terms of its SMPP sessions")]
    smpp_any_address: Annotated[bool, Said("Whether its own SMPP passwords may do without a list of addresses")]
    tlvs: Annotated[dict[str, str], Said("Vendor TLVs of its messages, by tag")]
    created_at: Annotated[str, Said("UTC", example="2026-05-11T09:00:00Z")]


class PlatformTeamPage(PageShown):
    """A page of teams."""

    items: list[PlatformTeam]


class UnitsAdded(TypedDict):
    """What a team has now."""

    uuid: Annotated[str, Said("Of the team")]
    units: Annotated[int, Said("What was given or taken", example=1000)]
    balance_units: Annotated[int, Said("What it can spend now", example=1500)]


def team_shown(found: TeamRecord) -> PlatformTeam:
    """Return a team as an administrator sees it."""
    return {
        "uuid": found.uuid,
        "code": found.code,
        "name": found.name,
        "country": found.country,
        "zone": found.zone,
        "balance_units": found.balance_units,
        "default_sender_id": found.default_sender,
        "suspended": found.suspended,
        "max_sessions": found.max_sessions,
        "session_tps": found.session_tps,
        "text_days": found.text_days,
        "low_balance_units": found.low_balance_units,
        "smpp": dict(found.smpp),
        "smpp_any_address": found.smpp_any_address,
        "tlvs": dict(found.tlvs),
        "created_at": instant(found.created_at_ms),
    }


def _given(asked: ChangePlatformTeam) -> dict[str, Any]:
    return attrs.asdict(asked, recurse=False)
