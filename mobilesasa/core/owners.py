"""Whose messages from phones are, by number and keyword, and what those mean that say STOP or START.

A short code may be shared: `inbound_keyword` says which first word is for which team, and who has the rest. Where it
says nothing, a number is for the team that has it as an approved sender.
"""

from __future__ import annotations

from mobilesasa.core.inbound import digits_of
from mobilesasa.core.keywords import words_of
from mobilesasa.core.optouts import ALL_SENDERS, OptOut, wish_of
from mobilesasa.core.teams import Directory
from mobilesasa.sms.numbers import BadNumber, normalise_fast


def owner_of(known: Directory, destination: str, text: str = "") -> int | None:
    """Return the team that a message to a short code or number is for: the one whose keyword it begins with.

    Without such a keyword it is the one that has the rest of the code; where nobody was set, the one with the oldest
    approved sender of just these digits.
    """
    digits = digits_of(destination)
    if not digits:
        return None
    words = words_of(text)
    named = known.keyword_owner(digits, words[0]) if words else None
    return known.owner_of_number(digits) if named is None else named


def opt_out_of(known: Directory, destination: str, text: str, source: str) -> OptOut | None:
    """Return what a whole message says of further ones, if it says just that; see `core.optouts`.

    Nothing of somebody to whom no message can go, as his number is hidden or a hash of it.

    Args:
        known: whose numbers, senders and keywords are there.
        destination: to which number it was sent.
        text: what is written in it.
        source: who sent it, as the carrier wrote it.
    """
    digits = digits_of(destination)
    owner = owner_of(known, destination, text)
    wish = None if owner is None else wish_of(text, known.teams[owner].country)
    if owner is None or wish is None:
        return None
    stops, behind = wish
    scopes = _scopes(known, owner, digits, behind)
    try:
        recipient = normalise_fast(source, known.teams[owner].country)
    except BadNumber:
        return None
    return OptOut(stops, recipient, scopes) if scopes else None


def _scopes(known: Directory, owner: int, digits: str, behind: tuple[str, ...]) -> tuple[tuple[int, str], ...]:
    """Return which senders of which teams are meant, first those of the team that gets the message."""
    teams = known.teams_of_number(digits)
    if behind == ("all",):
        return ((owner, ALL_SENDERS),)
    if behind:
        by_keyword = known.keyword_owner(digits, behind[0]) if len(behind) == 1 else None
        if by_keyword is not None:
            return ((by_keyword, ALL_SENDERS),)
        sender = known.sender_in_words(teams, behind)
        return () if sender is None else ((sender.team_id, sender.name),)
    senders = {sender.team_id: sender.name for sender in known.senders_of_number(digits)}
    if teams == {owner}:
        return ((owner, senders.get(owner, ALL_SENDERS)),)
    return (owner, ALL_SENDERS), *((team_id, name) for team_id, name in senders.items() if team_id != owner)
