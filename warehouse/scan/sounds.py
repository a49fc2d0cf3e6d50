"""Strings that sound like a tracked name: an automaton over near classes, and how well each candidate agrees."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from warehouse.scan.fold import is_han
from warehouse.scan.strings import Strings
from warehouse.scan.syllables import as_pinyin, code, encoded, near_class, readings_of, syllable
from warehouse.scan.uses import Use

_LONGEST = 10  # syllables; longer names are found by their text
_LONG = 4  # from so many syllables on, one of them may be quite another
_SPELLINGS = 8  # readings of a whole name that are tried


@dataclass(frozen=True, slots=True)
class Sounding:
    """One form of a name and every reading of each of its syllables; `text` is Chinese, or Latin that is pinyin."""

    text: str
    use: Use
    readings: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Echo:
    """A stretch of folded text that sounds like a name: how many syllables are near, and how many quite others."""

    start: int
    end: int
    sounding: Sounding
    near: int
    off: int

    @property
    def exact(self) -> bool:
        return not self.near and not self.off


_Holders = tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class SoundIndex:
    """Every sounding, found by its codes; a name of four or more syllables also by either half."""

    soundings: tuple[Sounding, ...]
    codes: Strings = field(repr=False, compare=False)
    # For each of the codes: (place in soundings, syllables before it), of every name and of people's full names.
    holders: tuple[tuple[_Holders, _Holders], ...] = field(repr=False, compare=False)

    @classmethod
    def compile(cls, forms: Iterable[tuple[str, Use]]) -> SoundIndex:
        """From (folded form, its use); forms that are neither Chinese nor pinyin are passed over."""
        soundings: list[Sounding] = []
        entries: dict[str, list[tuple[int, int]]] = {}
        for text, use in forms:
            readings = tuple((one,) for one in as_pinyin(text)) if text.isascii() else readings_of(text)
            if not 2 <= len(readings) <= _LONGEST or not all(readings):
                continue
            index = len(soundings)
            soundings.append(Sounding(text, use, readings))
            for key, offset in _keys(readings):
                entries.setdefault(key, []).append((index, offset))
        holders = (
            (tuple(found), tuple(entry for entry in found if _is_full_name(soundings[entry[0]].use)))
            for found in entries.values()
        )
        return cls(tuple(soundings), Strings(entries), tuple(holders))

    def echoes(
        self, text: str, taken: bytearray, people: bool, near_pair: Callable[[Use, int, int], bool]
    ) -> Iterator[Echo]:
        """What sounds like a name in a folded text, outside the characters that are `taken`, in no order.

        `people`: only exact echoes of people's full names, as typing errors give them. `near_pair`: whether a near
        echo of two syllables is wanted there; without support it is everyday talk, and most candidates are such.
        """
        seen: set[tuple[int, int]] = set()
        for key, first, last in self.codes.found(encoded(text)) if self.soundings else ():
            if taken[first] or taken[last - 1]:
                continue
            for index, offset in self.holders[key][people]:
                sounding = self.soundings[index]
                start = first - offset
                end = start + len(sounding.readings)
                if start < 0 or end > len(text):
                    continue
                if end - start == 2:
                    one, two = sounding.readings
                    exact = syllable(text[start]) in one and syllable(text[start + 1]) in two
                    if not exact and (people or not near_pair(sounding.use, start, end)):
                        continue
                elif (start, index) in seen:
                    continue
                else:
                    seen.add((start, index))
                if any(taken[start:end]):
                    continue
                echo = _compared(text, start, end, sounding)
                if echo is not None and (echo.exact or not people):
                    yield echo


def _is_full_name(use: Use) -> bool:
    return use.kind == "person" and use.how == "name" and not use.derived


def _keys(readings: Sequence[tuple[str, ...]]) -> Iterator[tuple[str, int]]:
    for start, end in _pieces(len(readings)):
        spellings = [""]
        for read in readings[start:end]:
            codes = dict.fromkeys(map(code, read))
            spellings = [so_far + one for so_far in spellings for one in codes][:_SPELLINGS]
        for spelling in dict.fromkeys(spellings):
            yield spelling, start


def _pieces(size: int) -> list[tuple[int, int]]:
    return [(0, size)] if size < _LONG else [(0, size // 2), (size // 2, size)]


def _compared(text: str, start: int, end: int, sounding: Sounding) -> Echo | None:
    near = off = 0
    allowed = 1 if end - start >= _LONG else 0
    own = sounding.text if len(sounding.text) == end - start else " " * (end - start)
    for char, name_char, readings in zip(text[start:end], own, sounding.readings, strict=True):
        if char == name_char:
            continue
        heard = syllable(char)
        if heard in readings:
            continue
        if not heard and not is_han(char):
            return None
        if near_class(heard) in map(near_class, readings):
            near += 1
        else:
            off += 1
            if off > allowed:
                return None
    if near + off > max(1, (end - start) // 2):
        return None
    if off and sum(a == b for a, b in zip(text[start:end], own, strict=True)) * 2 < end - start:
        return None  # one syllable quite another, and half of the rest written otherwise: too little is left
    return Echo(start, end, sounding, near, off)
