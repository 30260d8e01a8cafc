"""Which vendor TLVs a carrier wants with each message, where their values come from, and which go back to the team.

How to think about it: a carrier's option `tlvs` is a list of rules, and a tag without a rule is never sent. A rule says
of what type its value is, what it is unless somebody says otherwise, and who may: nobody but the operator at the
carrier, the team (an attribute of it), the sender (an attribute of it, before the team's), or the message itself (octets
from SMPP, text of the rule's type from REST).

    [{"tag": "0x1400", "type": "text", "value": "1101234", "from": "sender"},
     {"tag": "0x1401", "type": "octets", "from": "submit", "back": true}]

`back` brings the tag to the team in its receipts: as it stands in the carrier's receipt, else as the team had sent it.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from typing import Any, Final

import attrs

from mobilesasa.carriers.options import from_json
from mobilesasa.core.model import Outbound
from mobilesasa.core.teams import CurrentDirectory
from mobilesasa.smpp.tlvs import NO_TLVS, Tlvs
from mobilesasa.smpp.vendor import Kind, read_tag, read_value, write_tag, write_value

_RULES_LIMIT: Final = 32
_KEYS: Final = frozenset({"tag", "type", "value", "from", "back"})


class Source(enum.StrEnum):
    """How far from the operator a value may come; each may also come from those before it."""

    CARRIER = "carrier"
    TEAM = "team"
    SENDER = "sender"
    SUBMIT = "submit"


#: How many of team, sender and message may say what the value is, where it may come from so far.
_REACH: Final = {Source.CARRIER: 0, Source.TEAM: 1, Source.SENDER: 2, Source.SUBMIT: 3}


@attrs.frozen
class Rule:
    """What is done about one tag."""

    tag: int
    kind: Kind = Kind.TEXT
    value: bytes | None = None  # None: there is none unless somebody gives one
    source: Source = Source.CARRIER
    back: bool = False


def read_rules(given: object) -> tuple[Rule, ...]:
    """Read the option `tlvs`.

    Raises:
        ValueError: It is no list of rules; says what is wrong with the first that is none.
    """
    written = from_json(given)
    if not isinstance(written, Sequence) or isinstance(written, str) or len(written) > _RULES_LIMIT:
        raise ValueError(f'must be a list of up to {_RULES_LIMIT} such as [{{"tag": "0x1400", "value": "1"}}]')
    rules = tuple(each if isinstance(each, Rule) else _rule(each) for each in written)
    if len({rule.tag for rule in rules}) < len(rules):
        raise ValueError("a tag has one rule alone")
    return rules


def write_rules(rules: Sequence[Rule]) -> list[dict[str, object]]:
    """Return rules as `read_rules` reads them."""
    return [
        {
            "tag": write_tag(rule.tag),
            "type": rule.kind.value,
            **({} if rule.value is None else {"value": read_value(rule.kind, rule.value)}),
            "from": rule.source.value,
            "back": rule.back,
        }
        for rule in rules
    ]


def _rule(written: Any) -> Rule:
    if not isinstance(written, Mapping):
        raise ValueError(f"{written!r} is no rule")
    if unknown := written.keys() - _KEYS:
        raise ValueError(f"a rule has {', '.join(sorted(_KEYS))}, not {', '.join(sorted(unknown))}")
    tag = read_tag(written.get("tag"))
    kind = _word(Kind, written.get("type", Kind.TEXT), "type")
    value = written.get("value")
    source = _word(Source, written.get("from", Source.CARRIER), "from")
    back = written.get("back", False)
    if not isinstance(back, bool):
        raise ValueError("back must be true or false")
    if value is None and source is Source.CARRIER and not back:
        raise ValueError(f"{write_tag(tag)} has neither a value nor a place that it comes from")
    return Rule(tag, kind, None if value is None else write_value(kind, value), source, back)


def _word(kind: Any, value: object, name: str) -> Any:
    words = [each.value for each in kind]
    if value not in words:
        raise ValueError(f"{name} must be one of {', '.join(words)}")
    return kind(value)


class VendorTlvs:
    """The rules of one carrier, as its messages and receipts go by."""

    def __init__(self, rules: Sequence[Rule], directory: CurrentDirectory) -> None:
        """Keep the rules, and the picture of teams and senders."""
        self._rules = [rule for rule in rules if rule.value is not None or rule.source is not Source.CARRIER]
        self._back = [rule.tag for rule in rules if rule.back]
        self._directory = directory

    @property
    def any(self) -> bool:
        """Whether messages may have any at all."""
        return bool(self._rules)

    def of(self, message: Outbound) -> Tlvs:
        """Return those of a message.

        Raises:
            ValueError: What its team, its sender or it itself gives is not of the type that the carrier wants.
        """
        options = message.options or {}
        of_submit, written = options.get("tlvs", {}), options.get("written_tlvs", {})
        of_team, of_sender = self._attributes(message.team_id, message.sender)
        owners = (("team", of_team), ("sender", of_sender), ("message", written))
        found: dict[int, bytes] = {}
        for rule in self._rules:
            tag, value = write_tag(rule.tag), rule.value
            if rule.source is Source.SUBMIT and tag in of_submit:
                value = bytes.fromhex(of_submit[tag])
            else:
                for owner, attributes in reversed(owners[: _REACH[rule.source]]):
                    if tag in attributes:
                        value = _value_of(rule, attributes[tag], owner)
                        break
            if value is not None:
                found[rule.tag] = value
        return found or NO_TLVS

    def _attributes(self, team_id: int, sender: str) -> tuple[Mapping[str, str], Mapping[str, str]]:
        known = self._directory.now
        team, named = known.teams.get(team_id), known.sender_named(team_id, sender)
        return {} if team is None else team.tlvs, {} if named is None else named.tlvs

    def back(self, tlvs: Tlvs) -> Mapping[str, str | None] | None:
        """Return what of a receipt goes to the team, as hexadecimal digits by tag; None of one for what it had sent.

        None altogether where no rule brings anything back.
        """
        if not self._back:
            return None
        found: dict[str, str | None] = {}
        for tag in self._back:
            value = tlvs.get(tag)
            found[write_tag(tag)] = value.hex() if isinstance(value, bytes) else None
        return found


def _value_of(rule: Rule, written: str, owner: str) -> bytes:
    try:
        return write_value(rule.kind, written)
    except ValueError as bad:
        raise ValueError(f"the TLV {write_tag(rule.tag)} of the {owner} {bad}") from None
