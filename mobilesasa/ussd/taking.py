"""What a session's row does with what happens to the session: the rules between the wire and the engine.

How to think about it: a `Visit` is a session as it is kept, and is only ever replaced by another one. `take` is given an
event with what is kept of its session and of the phone's one before, and gives a `Taken`: the visits as they are now, what is
shown, what is to be done. Whatever comes twice is answered as before and moves nothing.

                                        ┌─ a menu: the engine's next screen ───────────────▶ reply
    event ─▶ again? ─▶ begin or go on ──┤─ a webhook of it that is shown ─▶ `Waits` ─┐
                │                       └─ the team's URL, or bind ───────▶ `Waits` ─┴─ `answered` ─▶ reply
                └─ what was said before ─▶ reply

A visit whose `says` is None waits for somebody else's answer. Nobody else's answer is stored for an event that is not the
visit's last (`event_id`), so a late one changes nothing.

A session that broke off can be gone on with for as long as its menu says: whoever dials the same extension again is asked.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from mobilesasa.core.ussd import Kind, UssdEvent, UssdReply, dialled_as
from mobilesasa.ussd import engine
from mobilesasa.ussd.compiled import CompiledMenu
from mobilesasa.ussd.directory import Extension, Found, PublishedMenu, VersionKey
from mobilesasa.ussd.model import BadSession, Session, Step, read_session, session_json
from mobilesasa.ussd.paging import Limit, shortened
from mobilesasa.ussd.repeats import Again, said_now
from mobilesasa.ussd.views import SessionStatus
from mobilesasa.ussd.visits import AHEAD, TYPED, URL, Act, Asked, Heard, Taken, Visit, Waits
from mobilesasa.ussd.words import said
from mobilesasa.values import changed

TYPED_CHARACTERS: Final = 2000  # of all that was typed in a session, as a team that answers itself is told
_AHEAD_CHARACTERS: Final = 200  # of a shortcut that are compared when it is dialled again
_MINUTE_MS: Final = 60_000

_OUTCOMES: Final[Mapping[Kind, SessionStatus]] = {
    Kind.END: SessionStatus.ABORTED,  # before our last screen
    Kind.ABORT: SessionStatus.ABORTED,
    Kind.TIMEOUT: SessionStatus.TIMEOUT,
}

#: Finds a version of a menu; None: it is gone.
FindMenu = Callable[[VersionKey], PublishedMenu | None]


def take(asked: Asked, visit: Visit | None, before: Visit | None, person: Mapping[str, str], menus: FindMenu) -> Taken:
    """Say what an event does.

    Args:
        asked: the event.
        visit: the newest session of its key.
        before: the newest session of the phone at the gateway that has another key, if it is live or can be gone on with.
        person: what the team's contact of the phone says, if a session begins.
        menus: finds versions of menus.
    """
    event = asked.event
    if event.kind.is_over:
        return _over(asked, visit)
    typed = said_now(asked, visit)
    if typed is None:
        return _begun(asked, visit, before, person, menus)
    if visit is None or isinstance(typed, Again):
        return _again(visit, menus, asked.limit)
    if not visit.is_live:
        return Taken(UssdReply(shortened(_over_words(visit, menus), (), asked.limit), end=True))
    return _gone_on(asked, visit, typed, menus)


def answered(heard: Heard, visit: Visit | None, menus: FindMenu) -> Taken:
    """Say what the answer of somebody else does; one to an event that is not the last is too late, and changes nothing."""
    if visit is None or visit.event_id != heard.event_id or not visit.is_live or visit.says is not None:
        return _again(visit, menus, heard.limit)
    visit = changed(visit, trouble=heard.trouble or visit.trouble)
    if visit.menu is not None:
        return _walked(
            visit, menus, heard.at_ms, lambda menu, state: engine.answered(menu, state, heard.result, heard.limit)
        )
    reply = heard.reply or UssdReply(said("apology"), end=True)
    text = shortened(reply.text, (), heard.limit)
    return _settled(_saying(visit, text, reply.end, heard.at_ms))


def dropped(visit: Visit, at_ms: int, outcome: SessionStatus = SessionStatus.DROPPED) -> Visit:
    """Return a session that ends without a last screen; it may be gone on with until its time is over."""
    kept = visit.state if visit.menu is not None else None
    return changed(visit, ended_at_ms=at_ms, outcome=outcome, state=kept)


def _again(visit: Visit | None, menus: FindMenu, limit: Limit) -> Taken:
    """Answer as before; who has not answered yet is asked again."""
    if visit is None:
        return Taken(UssdReply(said("over"), end=True), is_repeat=True)
    waits = _waits_again(visit, menus, limit) if visit.says is None and visit.is_live else None
    return Taken(visit.reply, waits=waits, is_repeat=True)


def _over(asked: Asked, visit: Visit | None) -> Taken:
    """Record that a session is over; one that we ended, or that nobody knows, is left as it is."""
    if visit is None or not visit.is_live:
        return Taken(None)
    ended = dropped(visit, asked.at_ms, _OUTCOMES[asked.event.kind])
    tells_bind = visit.menu is None and visit.state is not None and visit.state.get(URL) is None
    waits = _waiting(visit, offer=changed(asked.event, input="")) if tells_bind else None
    return Taken(None, visits=(ended,), waits=waits, left=_last_seen(visit))


def _begun(
    asked: Asked, visit: Visit | None, before: Visit | None, person: Mapping[str, str], menus: FindMenu
) -> Taken:
    old = [each for each in (visit, before) if each is not None]
    ended = {each.id: dropped(each, asked.at_ms) for each in old if each.is_live}
    left = tuple(seen for each in old if each.is_live for seen in _last_seen(each))
    found = asked.found
    if found is None or not found.extension.is_answered or asked.suspended(found.extension.team_id):
        return Taken(_nobody(asked), visits=tuple(ended.values()), left=left)
    begun = _new(asked, found)
    if begun.menu is None:
        taken = _asking(begun, found.extension, asked.event, "*".join(found.ahead))
    else:
        ahead = _shortcut(found)
        again = _to_go_on_with(old, begun, ahead, asked.at_ms)
        if again is not None and menus(again.menu or (0, 0)) is not None:
            ended[again.id] = changed(ended.get(again.id, again), state=None, resumable_until_ms=None)
            begun = changed(begun, menu=again.menu, state=again.state)
            taken = _walked(begun, menus, asked.at_ms, lambda menu, state: engine.resume(menu, state, asked.limit))
        else:
            begun = changed(begun, state={AHEAD: ahead} if ahead else None)
            facts = {**person, "msisdn": begun.msisdn, "code": begun.code, "network": begun.network}
            taken = _walked(
                begun, menus, asked.at_ms, lambda menu, _: engine.start(menu, facts, found.ahead, asked.limit)
            )
    return changed(taken, visits=(*ended.values(), *taken.visits), left=(*left, *taken.left))


def _gone_on(asked: Asked, visit: Visit, typed: str, menus: FindMenu) -> Taken:
    event = asked.event
    visit = changed(
        visit,
        event_id=asked.id,
        last_at_ms=asked.at_ms,
        consumed=visit.consumed if event.text_all is None else event.text_all,
        input=typed,
        sequence=event.sequence,
        says=None,
        says_end=False,
    )
    if asked.suspended(visit.team_id):
        refused = changed(visit, trouble="the team is suspended")
        return _settled(_saying(refused, said("apology"), end=True, at_ms=asked.at_ms))
    if visit.menu is not None:
        return _walked(visit, menus, asked.at_ms, lambda menu, state: engine.reply(menu, state, typed, asked.limit))
    return _asking_on(asked, visit, typed)


def _asking_on(asked: Asked, visit: Visit, typed: str) -> Taken:
    """Ask a team that answers itself, for a screen after the first."""
    state = visit.state or {}
    before = state.get(TYPED, "")
    all_typed = f"{before}*{typed}" if before else typed
    if len(all_typed) > TYPED_CHARACTERS:
        over = changed(visit, trouble=f"more than {TYPED_CHARACTERS} characters were typed")
        return _settled(_saying(over, said("apology"), end=True, at_ms=asked.at_ms))
    visit = changed(visit, state={**state, TYPED: all_typed})
    offer = changed(asked.event, kind=Kind.INPUT, input=typed, code=visit.code) if state.get(URL) is None else None
    return Taken(None, visits=(visit,), waits=_waiting(visit, offer=offer))


def _walked(visit: Visit, menus: FindMenu, at_ms: int, walk: Callable[[CompiledMenu, Session], Step]) -> Taken:
    """Let the engine take a step in the visit's menu."""
    published = None if visit.menu is None else menus(visit.menu)
    if published is None:
        return _settled(_saying(changed(visit, trouble="the menu is gone"), said("apology"), end=True, at_ms=at_ms))
    try:
        step = walk(published.menu, _session(visit))
    except BadSession as bad:
        lost = changed(visit, trouble=f"where it stood cannot be read: {bad}")
        return _settled(_saying(lost, said("apology"), end=True, at_ms=at_ms))
    return _stepped(visit, published, step, at_ms)


def _stepped(visit: Visit, published: PublishedMenu, step: Step, at_ms: int) -> Taken:
    does = tuple(
        Act(visit.id, visit.acts + n, visit.team_id, published.key[0], visit.msisdn, action)
        for n, action in enumerate(step.does, 1)
    )
    acts = visit.acts + len(does)
    # who is asked whether to go on does not see the screen yet
    screen = visit.screen if step.session.resuming else step.screen or visit.screen
    kept = {AHEAD: visit.state[AHEAD]} if visit.state and AHEAD in visit.state else {}
    trouble = step.trouble or visit.trouble
    words = {} if step.say is None else _words(visit, step.say, step.end, at_ms, published.resume_minutes)
    state = session_json(step.session) | kept
    visit = changed(visit, **{"state": state, "screen": screen, "acts": acts, "trouble": trouble, **words})
    waits = None if step.waits is None else changed(_waiting(visit), hook=step.waits, menu=published.key)
    shown = tuple((published.key, screen) for screen in step.entered)
    return Taken(visit.reply, visits=(visit,), waits=waits, does=does, shown=shown)


def _saying(visit: Visit, text: str, end: bool, at_ms: int) -> Visit:
    """Return a visit that says something."""
    return changed(visit, **_words(visit, text, end, at_ms))


def _words(visit: Visit, text: str, end: bool, at_ms: int, resume_minutes: int = 0) -> dict[str, Any]:
    """Return what changes of a visit when it says something."""
    said_so = {"says": text, "says_end": end, "steps": visit.steps + 1, "last_at_ms": at_ms}
    if end:
        over = {"state": None, "ended_at_ms": at_ms, "outcome": SessionStatus.ENDED, "resumable_until_ms": None}
        return {**said_so, **over}
    until_ms = at_ms + resume_minutes * _MINUTE_MS if resume_minutes else None
    return {**said_so, "resumable_until_ms": until_ms}


def _settled(visit: Visit) -> Taken:
    return Taken(visit.reply, visits=(visit,))


def _new(asked: Asked, found: Found) -> Visit:
    event, extension = asked.event, found.extension
    return Visit(
        id=asked.id,
        gateway=event.gateway,
        carrier_session_id=event.carrier_session_id,
        msisdn=event.msisdn,
        network=event.network,
        team_id=extension.team_id,
        extension_id=extension.id,
        code=extension.code,
        extension=extension.extension,
        menu=extension.menu,
        event_id=asked.id,
        started_at_ms=asked.at_ms,
        last_at_ms=asked.at_ms,
        consumed=event.text_all or "",
        input=event.input,
        sequence=event.sequence,
    )


def _asking(visit: Visit, extension: Extension, event: UssdEvent, typed: str) -> Taken:
    """Ask a team that answers itself, for the first time."""
    visit = changed(visit, state={TYPED: typed, "url": extension.callback_url})
    offer = None if extension.callback_url is not None else changed(event, kind=Kind.START, input=event.dialled_in_full)
    return Taken(None, visits=(visit,), waits=_waiting(visit, offer=offer))


def _waits_again(visit: Visit, menus: FindMenu, limit: Limit) -> Waits | None:
    """Return whom to ask again for an answer that is outstanding; None: it cannot be asked for again."""
    if visit.menu is None:
        return _waiting(visit) if visit.state is not None and visit.state.get(URL) is not None else None
    published = menus(visit.menu)
    if published is None:
        return None
    step = engine.reply(published.menu, _session(visit), "", limit)
    return None if step.waits is None else changed(_waiting(visit), hook=step.waits, menu=visit.menu)


def _waiting(visit: Visit, offer: UssdEvent | None = None) -> Waits:
    state = visit.state if visit.menu is None and visit.state is not None else {}
    return Waits(
        visit_id=visit.id,
        event_id=visit.event_id,
        team_id=visit.team_id,
        msisdn=visit.msisdn,
        network=visit.network,
        dialled=visit.dialled,
        url=state.get(URL),
        typed=state.get(TYPED, ""),
        offer=offer,
    )


def _session(visit: Visit) -> Session:
    """Return where a visit stands in its menu; `BadSession` when that cannot be read."""
    return read_session({name: value for name, value in (visit.state or {}).items() if name != AHEAD})


def _shortcut(found: Found) -> str:
    return "*".join(found.ahead)[:_AHEAD_CHARACTERS]


def _to_go_on_with(old: list[Visit], begun: Visit, ahead: str, at_ms: int) -> Visit | None:
    """Return a session of before that the person may go on with: who dials a shortcut, one that began with the same."""
    for each in sorted(old, key=lambda visit: visit.id, reverse=True):
        until_ms = each.resumable_until_ms
        if until_ms is None or at_ms >= until_ms or each.menu is None or begun.menu is None:
            continue
        if ahead and (each.state or {}).get(AHEAD) != ahead:
            continue
        if each.state and each.extension_id == begun.extension_id and each.menu[0] == begun.menu[0]:
            return each
    return None


def _last_seen(visit: Visit) -> tuple[tuple[VersionKey, str], ...]:
    return () if visit.menu is None or not visit.screen else ((visit.menu, visit.screen),)


def _over_words(visit: Visit, menus: FindMenu) -> str:
    """Return what is said in a session that has ended, in the words of its menu."""
    published = None if visit.menu is None else menus(visit.menu)
    return said("over") if published is None else published.menu.words["over"]


def _nobody(asked: Asked) -> UssdReply:
    """Tell a person that nobody answers what they dialled; why a team does not is nobody's business."""
    if asked.found is not None and asked.found.extension.is_answered:
        return UssdReply(said("apology"), end=True)
    dialled = asked.event.dialled_in_full or dialled_as(asked.event.code)
    words = f"{dialled} is not in use." if dialled else said("over")
    return UssdReply(shortened(words, (), asked.limit), end=True)
