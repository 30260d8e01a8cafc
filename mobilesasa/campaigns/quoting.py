"""What each recipient of a campaign gets and costs, said by the one door that will take the message (`Gateway.judge`)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import attrs

from mobilesasa.campaigns.links import short_url
from mobilesasa.campaigns.model import Person, Quoted, Skip
from mobilesasa.campaigns.tally import Tally
from mobilesasa.campaigns.texts import Template
from mobilesasa.core.errors import Refused
from mobilesasa.core.model import ALPHABETS, Submission
from mobilesasa.core.ports import Verdict

_SUPPRESSED = Skip.SUPPRESSED.value


class Quoter:
    """Quotes the recipients of one campaign, list by list.

    Args:
        template: its text.
        submission: a message of it; text and recipient are filled in.
        judge: of a gateway that is used on this thread alone.
        link_base: under which address short links are; None: links stand as they were written.
        new_code: makes codes of short links, for people who have none yet.
        tally: where the sums are kept; None: in a new one.

    Attributes:
        template: the text.
        differs: whether recipients get texts of their own.
        tally: the sums over all that was quoted.
        refusal: the first refusal, which says it best where nobody is left: of a team that is suspended, say, or of a text
            that is too long.
    """

    def __init__(
        self,
        template: Template,
        submission: Submission,
        judge: Callable[[Sequence[Submission]], list[Verdict]],
        link_base: str | None,
        new_code: Callable[[], str],
        tally: Tally | None = None,
    ) -> None:
        """Keep what does not change from one recipient to the next."""
        self.tally = tally if tally is not None else Tally()
        self.refusal: Refused | None = None
        self.template = template
        self._judge = judge
        self._link_base = link_base if template.links else None
        self._new_code = new_code
        self._asks_phone = "phone" in template.fields
        self.differs = template.is_personal or self._link_base is not None
        same = attrs.asdict(submission, recurse=False)
        del same["recipient"], same["text"]
        self._submission = partial(Submission, **same)

    def quote(self, people: Sequence[Person]) -> list[Quoted]:
        """Return what each of these gets, in their order.

        Who is suppressed or refused is left out, and costs nothing.
        """
        codes = self._codes(people)
        texts = self._texts(people, codes)
        verdicts = self._judge(
            [
                self._submission(recipient=f"+{person.phone}", text=text)
                for person, text in zip(people, texts, strict=True)
                if not person.suppressed
            ]
        )
        judged = iter(verdicts)
        quoted = [
            Quoted(person.phone, 0, 0, None, _SUPPRESSED)
            if person.suppressed
            else self._quoted(person, next(judged), text if self.differs else None, code)
            for person, text, code in zip(people, texts, codes, strict=True)
        ]
        self.tally.add(quoted, _Read(verdicts, [person for person in people if not person.suppressed]))
        return quoted

    def _codes(self, people: Sequence[Person]) -> Sequence[str | None]:
        if self._link_base is None:
            return [None] * len(people)
        return [person.code if person.code is not None or person.suppressed else self._new_code() for person in people]

    def _texts(self, people: Sequence[Person], codes: Sequence[str | None]) -> Sequence[str]:
        """Return the text of each; of those who are suppressed it does not matter."""
        render = self.template.render
        if not self.differs:
            return [render({})] * len(people)
        if self._link_base is None and not self._asks_phone:
            return [render(person.fields) for person in people]
        return [
            render({**person.fields, "phone": person.phone}, self._shortener(code))
            for person, code in zip(people, codes, strict=True)
        ]

    def _shortener(self, code: str | None) -> Callable[[int], str] | None:
        base = self._link_base
        if base is None or code is None:
            return None
        of = len(self.template.links)
        return lambda n: short_url(base, code, n, of)

    def _quoted(self, person: Person, verdict: Verdict, text: str | None, code: str | None) -> Quoted:
        if isinstance(verdict, Refused):
            if self.refusal is None:
                self.refusal = verdict
            return Quoted(person.phone, 0, 0, None, verdict.code)
        return Quoted(person.phone, verdict.price_units, verdict.parts, text, None, code, ALPHABETS[verdict.coding])


class _Read:
    """Finds what a recipient will read, in what the door made of it (a rule may put something behind the text)."""

    def __init__(self, verdicts: Sequence[Verdict], people: Sequence[Person]) -> None:
        """Look nothing up yet: few are asked for."""
        self._verdicts = verdicts
        self._people = people
        self._by_phone: dict[str, Verdict] = {}

    def __call__(self, one: Quoted) -> str:
        """Return the text of somebody who was quoted."""
        if not self._by_phone:
            self._by_phone = {p.phone: v for p, v in zip(self._people, self._verdicts, strict=True)}
        verdict = self._by_phone[one.phone]
        return "" if isinstance(verdict, Refused) else verdict.text or ""
