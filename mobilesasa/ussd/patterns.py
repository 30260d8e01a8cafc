r"""Patterns that answers must fit, as teams write them: `[A-Z]{2}[0-9]{6}`, `(KE|TZ)-\d+`.

They look like regular expressions and are matched otherwise. `re` tries one way after the other, so a pattern such as
`(a+)+b`, by malice or by mistake, keeps a thread busy for ever. Here all ways are followed at once, a character at a time:
the work is at most the length of the answer times that of the pattern.

There are characters, `.`, `\d \w \s` and their capitals, `[a-z0-9]`, `[^…]`, groups with `|`, and behind each of these `?`,
`*`, `+`, `{2}`, `{2,}`, `{2,5}`. The whole answer must fit; `^` before and `$` behind are allowed and say nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Final, TypeAlias

import attrs

PATTERN_CHARACTERS: Final = 200
_STATES_MAX: Final = 400
_TIMES_MAX: Final = 200
_DEPTH_MAX: Final = 10
_TIMES: Final = re.compile(r"\{([0-9]{1,3})(?:(,)([0-9]{1,3})?)?\}")
_SPECIAL: Final = frozenset("\\.[]()|?*+{}^$")

_Test: TypeAlias = Callable[[str], bool]
_SETS: Final[dict[str, _Test]] = {
    "d": str.isdecimal,
    "w": lambda c: c.isalnum() or c == "_",
    "s": str.isspace,
    "D": lambda c: not c.isdecimal(),
    "W": lambda c: not (c.isalnum() or c == "_"),
    "S": lambda c: not c.isspace(),
}


class BadPattern(ValueError):
    """It is none of our patterns; the text says why."""


@attrs.frozen
class _One:
    test: _Test


@attrs.frozen
class _Row:
    parts: tuple[_Node, ...]


@attrs.frozen
class _Either:
    parts: tuple[_Node, ...]


@attrs.frozen
class _Times:
    part: _Node
    low: int
    high: int | None


_Node: TypeAlias = _One | _Row | _Either | _Times


@attrs.frozen
class Pattern:
    """A pattern that has been read."""

    _tests: tuple[_Test | None, ...] = attrs.field(
        repr=False
    )  # of each state; a character that passes leads to the next
    _reached: tuple[frozenset[int], ...] = attrs.field(repr=False)  # from each state, without a character

    def fits(self, text: str) -> bool:
        """Whether all of a text fits."""
        states = self._reached[0]
        for character in text:
            states = frozenset[int]().union(
                *[self._reached[s + 1] for s in states if (test := self._tests[s]) is not None and test(character)]
            )
            if not states:
                return False
        return len(self._tests) - 1 in states


@lru_cache(maxsize=1024)
def read_pattern(pattern: str) -> Pattern:
    """Read a pattern.

    Raises:
        BadPattern: it is none, or too large.
    """
    if len(pattern) > PATTERN_CHARACTERS:
        raise BadPattern(f"has more than {PATTERN_CHARACTERS} characters")
    plain = pattern.removeprefix("^")
    plain = plain.removesuffix("$") if not plain.endswith("\\$") else plain
    reader = _Reader(plain)
    node = reader.either(0)
    if reader.at < len(plain):
        raise BadPattern("has a ) that closes nothing")
    machine = _Machine()
    machine.add(node)
    machine.state(None)
    return Pattern(tuple(machine.tests), machine.closed())


@attrs.define
class _Reader:
    """Makes nodes of a pattern's text."""

    text: str
    at: int = 0

    def either(self, depth: int) -> _Node:
        if depth > _DEPTH_MAX:
            raise BadPattern("has too many groups in one another")
        rows = [self._row(depth)]
        while self._next("|"):
            rows.append(self._row(depth))
        return rows[0] if len(rows) == 1 else _Either(tuple(rows))

    def _next(self, wanted: str) -> bool:
        if not self.text.startswith(wanted, self.at):
            return False
        self.at += len(wanted)
        return True

    def _row(self, depth: int) -> _Node:
        parts: list[_Node] = []
        while self.at < len(self.text) and self.text[self.at] not in "|)":
            parts.append(self._times(self._one(depth)))
        return _Row(tuple(parts))

    def _one(self, depth: int) -> _Node:
        character = self.text[self.at]
        self.at += 1
        if character == "(":
            if self._next("?") and not self._next(":"):
                raise BadPattern("has (?, which means nothing here")
            inner = self.either(depth + 1)
            if not self._next(")"):
                raise BadPattern("has a ( that nothing closes")
            return inner
        if character == "[":
            return _One(self._class())
        if character == ".":
            return _One(lambda _: True)
        if character == "\\":
            return _One(self._escaped())
        if character in _SPECIAL:
            raise BadPattern(f"has {character} where it means nothing; write \\{character} for the character")
        return _One(character.__eq__)

    def _escaped(self) -> _Test:
        character = self.text[self.at : self.at + 1]
        self.at += 1
        if character in _SETS:
            return _SETS[character]
        if not character or character.isalnum():
            raise BadPattern(f"has \\{character}, which means nothing here")
        return character.__eq__

    def _times(self, node: _Node) -> _Node:
        for sign, low, high in (("?", 0, 1), ("*", 0, None), ("+", 1, None)):
            if self._next(sign):
                return self._once(_Times(node, low, high))
        found = _TIMES.match(self.text, self.at)
        if found is None:
            return node
        self.at = found.end()
        low = int(found[1])
        high = low if found[2] is None else int(found[3]) if found[3] else None
        if max(low, high or 0) > _TIMES_MAX or (high is not None and high < low):
            raise BadPattern(f"has {found[0]}, which cannot be; there can be {_TIMES_MAX} at most")
        return self._once(_Times(node, low, high))

    def _once(self, times: _Times) -> _Times:
        if self.at < len(self.text) and (self.text[self.at] in "?*+" or _TIMES.match(self.text, self.at)):
            raise BadPattern(f"has {self.text[self.at]} behind another such sign")
        return times

    def _class(self) -> _Test:
        negated = self._next("^")
        tests: list[_Test] = []
        single: set[str] = set()
        first = True
        while first or not self.text.startswith("]", self.at):
            first = False
            if self.at >= len(self.text):
                raise BadPattern("has a [ that nothing closes")
            character = self.text[self.at]
            self.at += 1
            if character == "\\":
                tests.append(self._escaped())
            elif self._is_range():
                tests.append(self._range(character))
            else:
                single.add(character)
        self.at += 1
        return lambda c: (c in single or any(test(c) for test in tests)) is not negated

    def _is_range(self) -> bool:
        return self.text.startswith("-", self.at) and self.text[self.at + 1 : self.at + 2] not in ("", "]", "\\")

    def _range(self, low: str) -> _Test:
        high = self.text[self.at + 1]
        self.at += 2
        if high < low:
            raise BadPattern(f"has {low}-{high}, which goes backwards")
        return lambda c: low <= c <= high


@attrs.define
class _Machine:
    """States and where they lead without a character."""

    tests: list[_Test | None] = attrs.field(factory=list)
    leads: list[tuple[int, ...]] = attrs.field(factory=list)

    def state(self, test: _Test | None, *leads: int) -> int:
        if len(self.tests) >= _STATES_MAX:
            raise BadPattern("is too large")
        self.tests.append(test)
        self.leads.append(leads)
        return len(self.tests) - 1

    def add(self, node: _Node) -> None:
        """Put the states of a node behind those that are there; it leads to the state after its last."""
        match node:
            case _One(test):
                self.state(test)
            case _Row(parts):
                for part in parts:
                    self.add(part)
            case _Either(parts):
                self._either(parts)
            case _:
                for _ in range(node.low):
                    self.add(node.part)
                if node.high is None:
                    self._ever(node.part)
                else:
                    self._perhaps(node.part, node.high - node.low)

    def _either(self, parts: tuple[_Node, ...]) -> None:
        fork = self.state(None)
        starts, ends = [], []
        for part in parts:
            starts.append(len(self.tests))
            self.add(part)
            ends.append(self.state(None))
        self.leads[fork] = tuple(starts)
        for end in ends:
            self.leads[end] = (len(self.tests),)

    def _ever(self, part: _Node) -> None:
        fork = self.state(None)
        self.add(part)
        self.state(None, fork)
        self.leads[fork] = (fork + 1, len(self.tests))

    def _perhaps(self, part: _Node, times: int) -> None:
        forks = []
        for _ in range(times):
            forks.append(self.state(None))
            self.add(part)
        for fork in forks:
            self.leads[fork] = (fork + 1, len(self.tests))

    def closed(self) -> tuple[frozenset[int], ...]:
        """Return, for each state, those that take a character and are reached from it without one; the last one is the end."""
        return tuple(frozenset(self._reached(state)) for state in range(len(self.tests)))

    def _reached(self, state: int) -> set[int]:
        seen, left = {state}, [state]
        while left:
            more = [lead for lead in self.leads[left.pop()] if lead not in seen]
            seen.update(more)
            left.extend(more)
        return {s for s in seen if self.tests[s] is not None or s == len(self.tests) - 1}
