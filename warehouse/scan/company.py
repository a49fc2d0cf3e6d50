"""Who stands where in a text by sure mentions: what a name that is only heard has to lean on."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right, insort

from warehouse.scan.evidence import Facts
from warehouse.scan.match import Reading
from warehouse.scan.uses import Use

_NEAR = 90  # characters within which others keep a name company
_CLOSE = 400  # characters within which the plain name speaks more loudly
_BETWEEN = re.compile(r"[的说做,、 ]{0,2}")
_OFTEN, _TOPIC = 3, 8  # mentions


class Company:
    """The sure names of one text and what they are worth, in points, to a name that is only heard."""

    def __init__(self, reading: Reading, facts: Facts) -> None:
        self._context = facts.context
        self._places: dict[str, list[int]] = {entity_id: [] for entity_id in facts.forms if facts.likely(entity_id)}
        self._forms = {entity_id: {form.text for form in forms} for entity_id, forms in facts.forms.items()}
        self.latin: dict[str, Use] = {}
        self._text = reading.text
        self._people_at: dict[int, str] = {}  # where a person's name begins or ends
        others: set[tuple[int, str]] = {(hit.start, hit.form.text) for hit in reading.companies}
        for hit in reading.hits:
            if not hit.form.likely:
                continue
            for use in hit.form.uses:
                if use.kind == "person" and hit.form.sure:
                    self._people_at[hit.start] = self._people_at[hit.end] = hit.form.text
                if not use.derived:
                    self._places.setdefault(use.entity_id, []).append(hit.start)
                    others.add((hit.start, hit.form.text))
                    if not hit.form.han:
                        self.latin[hit.form.text] = use
        self._others = sorted(others)

    def add(self, use: Use, at: int) -> None:
        """A name heard so clearly that it speaks for other echoes of its bearer."""
        places = self._places.setdefault(use.entity_id, [])
        if not self._stands(places, at):
            insort(places, at)

    def names(self, use: Use) -> bool:
        """Whether the bearer is named at all."""
        return use.entity_id in self._places

    def named(self, use: Use, at: int) -> float:
        """Points for the bearer's own name elsewhere in the article."""
        places = self._places.get(use.entity_id)
        if places is None:
            return 0.0
        here = self._stands(places, at)
        elsewhere = len(places) - here
        if places and not elsewhere:
            return 0.0
        near = bisect_right(places, at + _CLOSE) - bisect_left(places, at - _CLOSE) > here
        return 1.2 + 0.3 * near + 0.5 * (elsewhere >= _OFTEN)

    @staticmethod
    def _stands(places: list[int], at: int) -> bool:
        place = bisect_left(places, at)
        return place < len(places) and places[place] == at

    def topic(self, use: Use) -> bool:
        """Whether the talk is about the bearer, by how often the name stands plainly."""
        return len(self._places.get(use.entity_id, ())) >= _TOPIC

    def person_beside(self, start: int, end: int) -> str:
        """The person whose company or product may stand there: 余承东说华位, 宇数, 王兴兴; empty if there is none."""
        for gap in range(3):
            if start - gap in self._people_at and _BETWEEN.fullmatch(self._text, start - gap, start):
                return self._people_at[start - gap]
            if end + gap in self._people_at and _BETWEEN.fullmatch(self._text, end, end + gap):
                return self._people_at[end + gap]
        return ""

    def kept(self, use: Use, at: int) -> float:
        """Points for known names near it, and for a context word of the user's anywhere."""
        own = self._forms.get(use.entity_id, set())
        first, last = bisect_left(self._others, (at - _NEAR, "")), bisect_right(self._others, (at + _NEAR, ""))
        near = {name for _, name in self._others[first:last]} - own
        return 0.4 * min(2, len(near)) + 0.8 * bool(self._context.get(use.entity_id))
