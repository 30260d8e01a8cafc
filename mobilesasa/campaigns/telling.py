"""What webhooks are told of a campaign."""

from __future__ import annotations

from typing import Any

from mobilesasa.campaigns.model import Campaign, Phase


def told(campaign: Campaign) -> dict[str, Any]:
    """Return what is told of a campaign as it stands: its names, how far it has come, and its units; no text."""
    paused = None
    if campaign.paused_by is not None or campaign.paused_reason is not None:
        paused = {"by": campaign.paused_by, "reason": campaign.paused_reason}
    is_draft = campaign.phase is Phase.DRAFT
    return {
        "uuid": campaign.uuid,
        "name": campaign.name,
        "status": campaign.phase.status,
        "phase": campaign.phase.value,
        "recipient_count": campaign.estimated_recipients if is_draft else campaign.recipients,
        "cost_units": campaign.estimated_units if is_draft else campaign.reserved_units,
        "progress": {
            "recipients": campaign.recipients,
            "queued": campaign.queued,
            "skipped": campaign.left_out,
            "left": campaign.left,
        },
        "units": {
            "reserved": campaign.reserved_units,
            "captured": campaign.captured_units,
            "released": campaign.released_units,
        },
        "paused": paused,
        "series_id": campaign.series_uuid,
    }
