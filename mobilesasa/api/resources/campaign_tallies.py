"""What a campaign would reach and cost, and what its recipients would read."""

from __future__ import annotations

from typing import Annotated, TypedDict

from mobilesasa.api.requests import Said
from mobilesasa.api.resources.hiding import HIDDEN
from mobilesasa.api.resources.shown import ENCODING_OF, Encoding
from mobilesasa.campaigns.tally import Sample, Tally
from mobilesasa.sms.estimate import estimate
from mobilesasa.sms.numbers import shown
from mobilesasa.sms.segments import Alphabet


class ByParts(TypedDict):
    """How many recipients get a text of so many parts."""

    parts: Annotated[int, Said("Parts", example=1)]
    recipients: Annotated[int, Said("Recipients", example=2847)]


class ByEncoding(TypedDict):
    """How many recipients get a text in an alphabet."""

    encoding: Annotated[Encoding, Said("The alphabet", example="gsm7")]
    recipients: Annotated[int, Said("Recipients", example=2847)]


class LeftOut(TypedDict):
    """How many are left out for one reason."""

    reason: Annotated[
        str,
        Said(
            "`suppressed`: they want no messages of the sender; else the code with which a message to them would be refused",
            example="suppressed",
        ),
    ]
    recipients: Annotated[int, Said("How many", example=12)]


class CampaignEstimate(TypedDict):
    """What a campaign would reach and cost were it sent now."""

    recipients: Annotated[int, Said("Who would get it", example=2847)]
    units: Annotated[int, Said("What it would cost", example=2847)]
    by_parts: Annotated[list[ByParts], Said("Recipients by the parts of their texts")]
    by_encoding: Annotated[list[ByEncoding], Said("Recipients by the alphabets of their texts")]
    skipped: Annotated[list[LeftOut], Said("Who would be left out, by reason, the most first")]


class TextShown(TypedDict):
    """What one recipient would read."""

    to: Annotated[str, Said("Who", example="+254712345678")]
    message: Annotated[str, Said("The text", example="Get 20% off all orders this weekend! Use code: MAY20")]
    characters: Annotated[int, Said("As phones count them", example=52)]
    parts: Annotated[int, Said("Parts it would be sent in", example=1)]
    units: Annotated[int, Said("What it would cost", example=1)]
    encoding: Annotated[Encoding, Said("The alphabet it would be sent in", example="gsm7")]


class CampaignPreview(TypedDict):
    """Texts of a campaign as recipients would read them; null, or none, where nobody would get it."""

    recipients: Annotated[int, Said("Who would get it", example=2847)]
    units: Annotated[int, Said("What it would cost", example=2847)]
    longest: Annotated[TextShown | None, Said("The text with the most parts, and of those with the most characters")]
    shortest: Annotated[TextShown | None, Said("The text with the fewest")]
    random: Annotated[list[TextShown], Said("Those of three recipients, or of all where there are fewer")]


def estimate_shown(tally: Tally) -> CampaignEstimate:
    """Return the sums of a campaign as its team sees them."""
    return {
        "recipients": tally.recipients,
        "units": tally.units,
        "by_parts": [{"parts": parts, "recipients": count} for parts, count in sorted(tally.parts.items())],
        "by_encoding": [
            {"encoding": ENCODING_OF[Alphabet(alphabet)], "recipients": count}
            for alphabet, count in tally.alphabets.most_common()
        ],
        "skipped": [{"reason": reason, "recipients": count} for reason, count in tally.skipped.most_common()],
    }


def preview_shown(tally: Tally, *, hidden: bool) -> CampaignPreview:
    """Return the samples of a campaign; with their texts hidden where the caller is not to see them."""
    return {
        "recipients": tally.recipients,
        "units": tally.units,
        "longest": None if tally.longest is None else _sample(tally.longest, hidden),
        "shortest": None if tally.shortest is None else _sample(tally.shortest, hidden),
        "random": [_sample(each, hidden) for each in tally.random],
    }


def _sample(sample: Sample, hidden: bool) -> TextShown:
    found = estimate(sample.text)
    return {
        "to": shown(sample.phone),
        "message": HIDDEN if hidden else sample.text,
        "characters": found.characters,
        "parts": sample.parts,
        "units": sample.units,
        "encoding": ENCODING_OF[found.alphabet],
    }
