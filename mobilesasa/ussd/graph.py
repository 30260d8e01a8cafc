"""The ways between the screens of a menu: where each leads, what nobody comes to, and where nobody comes out."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

import attrs

from mobilesasa.ussd.compiled import shown_webhook
from mobilesasa.ussd.model import Menu, Screen, ScreenKind


def leads_of(screen: Screen) -> Iterator[tuple[str, str]]:
    """Return where a screen leads: the path of each `next` in it, and the screen's id, which is empty where there is none yet.

    An action that shows what a webhook answers leads nowhere where it has no next: it is an end.
    """
    for place, choice in enumerate(screen.choices):
        yield f"choices[{place}].next", choice.next
    for place, rule in enumerate(screen.rules):
        yield f"rules[{place}].next", rule.next
    if screen.kind is ScreenKind.CONDITION:
        yield "else", screen.otherwise or ""
    elif screen.kind in (ScreenKind.INPUT, ScreenKind.MESSAGE) or (
        screen.kind is ScreenKind.ACTION and (screen.next or shown_webhook(screen) is None)
    ):
        yield "next", screen.next or ""


@attrs.frozen
class Graph:
    """A menu's screens and the ways between them; ways to screens that there are not are left out."""

    start: str
    ways: Mapping[str, Sequence[str]]
    exits: Collection[str]  # screens at which a session ends, or whose ways are not finished
    silent: Collection[str]  # screens that may be passed through without anybody being asked for anything

    @classmethod
    def of(cls, menu: Menu) -> Graph:
        """Return the graph of a menu.

        What a webhook answers is not known: it may end the session, but need not, and it may show nothing. So one with a way on
        is no exit, and is passed through.
        """
        ways = {name: list(dict.fromkeys(lead for _, lead in leads_of(each))) for name, each in menu.screens.items()}
        known = {name: [lead for lead in leads if lead in menu.screens] for name, leads in ways.items()}
        return cls(
            menu.start,
            known,
            {name for name, leads in ways.items() if len(leads) != len(known[name]) or not leads},
            {name for name, screen in menu.screens.items() if not screen.kind.is_shown},
        )

    def unreachable(self) -> list[str]:
        """Return the screens that no way from the start leads to."""
        reached = _reached(self.ways, [self.start] if self.start in self.ways else [])
        return [name for name in self.ways if name not in reached]

    def traps(self) -> list[list[str]]:
        """Return the circles that no way leads out of to an end, each as its screens."""
        back: dict[str, list[str]] = {name: [] for name in self.ways}
        for name, leads in self.ways.items():
            for lead in leads:
                back[lead].append(name)
        saved = _reached(back, self.exits)
        return self._circles({name: leads for name, leads in self.ways.items() if name not in saved})

    def silent_circles(self) -> list[list[str]]:
        """Return the circles of screens that nobody need see, each as its screens."""
        return self._circles(
            {
                name: [lead for lead in leads if lead in self.silent]
                for name, leads in self.ways.items()
                if name in self.silent
            }
        )

    def _circles(self, ways: Mapping[str, Sequence[str]]) -> list[list[str]]:
        """Return the sets of screens each of which leads to all others of its set, and to itself."""
        found: list[list[str]] = []
        done: set[str] = set()
        for name in ways:
            if name in done:
                continue
            ahead = _reached(ways, ways[name])
            if name in ahead:
                back: dict[str, list[str]] = {each: [] for each in ahead}
                for each in ahead:
                    for lead in ways[each]:
                        back[lead].append(each)
                circle = _reached(back, [name])
                found.append([each for each in ways if each in circle])
                done |= circle
            done.add(name)
        return found


def _reached(ways: Mapping[str, Sequence[str]], starts: Collection[str]) -> set[str]:
    seen, left = set(starts), list(starts)
    while left:
        more = [lead for lead in ways[left.pop()] if lead not in seen]
        seen.update(more)
        left.extend(more)
    return seen
