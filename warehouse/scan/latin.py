"""Latin names in machine transcripts: taken apart (open I for OpenAI), misspelt by a letter, or written in Chinese by
their sound (索拉 for Sora). Only names that stand plainly in the same transcript are looked for by sound."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise

from warehouse.scan.fold import is_han
from warehouse.scan.syllables import syllable
from warehouse.scan.uses import Use

_SPELLED = 6  # letters from which a name is known with one of them wrong
_APART = 5  # letters from which a name is known in two pieces, if nothing else Latin stands beside them
_RUN = re.compile(r"[a-z]+(?:[ .-]?[a-z]+)*")
_TOKEN = re.compile(r"[a-z]+")
_BONES = 4  # consonants from which a name is known by them alone
_MORE = 2  # letters
_SOUNDED = str.maketrans("cqzg", "kksk")
_ALIKE = 4  # letters from which a name is known by another spelling of its sound
_MIXED = 3  # Chinese characters that the rest of a name may be written in
_TOKENS = 3  # a name falls into so many pieces at most
_PHRASE = 5  # words of a run beyond which it is English prose: there a name stands whole

# Consonants that a Chinese syllable can stand for, by its initial. Latin letters come to the same classes.
_INITIALS = {
    **dict.fromkeys(("b", "p"), "p"), **dict.fromkeys(("d", "t"), "t"), **dict.fromkeys(("n", "l", "r"), "l"),
    **dict.fromkeys(("g", "k"), "k"), **dict.fromkeys(("zh", "ch", "sh", "z", "c", "s", "x", "j", "q"), "s"), "m": "m", "f": "f", "h": "h", "w": "w", "y": "y",
}  # fmt: skip
_LETTERS = {
    **dict.fromkeys("bp", "p"), **dict.fromkeys("dt", "t"), **dict.fromkeys("nlr", "l"), **dict.fromkeys("gkqc", "k"),
    **dict.fromkeys("szxj", "s"), "m": "m", "f": "f", "h": "h", "v": "w", "w": "w",
}  # fmt: skip
_VOWEL_PARTS = {
    "a": "a", "ai": "ae", "ao": "ao", "an": "a", "ang": "a", "o": "o", "ou": "o", "ong": "o", "e": "eo", "ei": "e",
    "en": "e", "eng": "e", "er": "aeo", "i": "i", "ia": "ai", "ie": "ei", "iao": "ao", "iu": "iu", "ian": "ae",
    "in": "i", "iang": "a", "ing": "i", "iong": "o", "u": "uo", "ua": "a", "uo": "o", "uai": "a", "ui": "ei",
    "uan": "a", "un": "eu", "uang": "a", "ue": "e", "v": "u", "ve": "e",
}  # fmt: skip
_SYLLABLE = re.compile("^(zh|ch|sh|[bpmfdtnlgkhjqxrzcsyw])?(.+)$")
_PIECES = re.compile("([bcdfghjklmnpqrstvwxz]?)([aeiouy]*)")


@dataclass(frozen=True, slots=True)
class Spelling:
    """One Latin form of a name with its letters alone."""

    letters: str
    use: Use


class Spellings:
    """The Latin forms long enough to be known with a letter wrong, found by what is left when one is taken out."""

    def __init__(self, forms: Iterable[tuple[str, Use]]) -> None:
        """From (folded form, its use); what is not all Latin letters, or too short, is passed over."""
        self._by_rest: dict[str, list[Spelling]] = {}
        self._by_bones: dict[str, list[Spelling]] = {}
        self._short: dict[str, list[Spelling]] = {}
        self._by_sound: dict[str, list[Spelling]] = {}
        self._by_letters: dict[str, list[Spelling]] = {}
        for text, use in forms:
            letters = re.sub(r"[ .\-]", "", text)
            if len(letters) >= _ALIKE and letters.isascii() and letters.isalpha():
                self._by_sound.setdefault(_sound(letters), []).append(Spelling(letters, use))
                self._by_letters.setdefault(letters, []).append(Spelling(letters, use))
            if len(letters) == _APART and letters.isascii() and letters.isalpha() and letters == text:
                self._short.setdefault(letters, []).append(Spelling(letters, use))
            if len(letters) >= _SPELLED and letters.isascii() and letters.isalpha():
                for rest in {letters, *_shorter(letters)}:
                    self._by_rest.setdefault(rest, []).append(Spelling(letters, use))
                bones = _bones(letters)
                if len(bones) >= _BONES:
                    self._by_bones.setdefault(bones, []).append(Spelling(letters, use))

    def near(self, text: str) -> Iterator[tuple[int, int, Spelling, int]]:
        """(start, end, spelling, how far off) in a folded text; the name's own spelling is not among them.

        0: only taken apart, 1: one letter wrong, 2: the same consonants (deep sick for DeepSeek), 3: another spelling of
        the same sound (kimmy for Kimi).
        """
        if not self._by_letters:
            return
        for run in _RUN.finditer(text):
            tokens = [(run.start() + t.start(), run.start() + t.end()) for t in _TOKEN.finditer(run.group())]
            if len(tokens) == 2:
                letters = "".join(text[a:b] for a, b in tokens)
                yield from ((*run.span(), spelling, 0) for spelling in self._short.get(letters, ()))
            for first in range(len(tokens)):
                for last in range(first, min(len(tokens), first + (_TOKENS if len(tokens) <= _PHRASE else 1))):
                    start, end = tokens[first][0], tokens[last][1]
                    letters = "".join(text[a:b] for a, b in tokens[first : last + 1])
                    if first == last and len(letters) >= _ALIKE:
                        yield from ((start, end, *found) for found in self._alike(letters))
                    if _SPELLED - 1 <= len(letters) <= 40:
                        yield from ((start, end, *found) for found in self._like(letters))

    def _alike(self, letters: str) -> Iterator[tuple[Spelling, int]]:
        for spelling in self._by_sound.get(_sound(letters), ()):
            if letters != spelling.letters and len(spelling.letters) <= _SPELLED:
                yield spelling, 3

    def mixed(self, text: str) -> Iterator[tuple[int, int, Spelling]]:
        """(start, end, spelling) of names half in Chinese characters: 迷你 max for MiniMax, open 爱 for OpenAI."""
        for token in _TOKEN.finditer(text) if self._by_letters else ():
            start, end = token.span()
            left, said = start - (text[start - 1 : start] == " "), ""
            for at in range(left - 1, max(-1, left - 1 - _MIXED), -1):
                if not is_han(text[at]):
                    break
                said = syllable(text[at]) + said
                yield from ((at, end, spelling) for spelling in self._by_letters.get(said + token.group(), ()))
            right, said = end + (text[end : end + 1] == " "), ""
            for at in range(right, min(len(text), right + _MIXED)):
                if not is_han(text[at]):
                    break
                said += syllable(text[at])
                yield from ((start, at + 1, spelling) for spelling in self._by_letters.get(token.group() + said, ()))

    def _like(self, letters: str) -> Iterator[tuple[Spelling, int]]:
        found: dict[Spelling, int] = {}
        for rest in {letters, *_shorter(letters)}:
            for spelling in self._by_rest.get(rest, ()):
                wrong = _differs(letters, spelling.letters)
                if wrong <= 1 and letters != spelling.letters + "s":
                    found[spelling] = wrong
        if not found:
            for spelling in self._by_bones.get(_bones(letters), ()):
                if letters[0] == spelling.letters[0] and abs(len(letters) - len(spelling.letters)) <= _MORE:
                    found[spelling] = 2
        yield from found.items()


def _bones(letters: str) -> str:
    """The consonants of a word as they sound."""
    word = letters.replace("ph", "f").replace("ck", "k").replace("qu", "k").replace("thr", "t").translate(_SOUNDED)
    return re.sub(r"(.)\1+", r"\1", re.sub("[aeiouyhw]", "", word))


def _sound(letters: str) -> str:
    """A word as it sounds, whatever the ways to spell that: kimmy and kimi, curser and cursor, versel and vercel."""
    word = re.sub("c(?=[ei])", "s", letters.replace("ph", "f").replace("ck", "k").replace("y", "i")).replace("c", "k")
    return re.sub("[aeo]r$", "er", re.sub(r"(.)\1+", r"\1", word))


def _shorter(letters: str) -> list[str]:
    return [letters[:at] + letters[at + 1 :] for at in range(len(letters))]


def _differs(one: str, other: str) -> int:
    """0 equal, 1 one letter more, less, other or two swapped, 2 anything else."""
    if one == other:
        return 0
    if abs(len(one) - len(other)) > 1:
        return 2
    start = next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    a, b = one[start:], other[start:]
    close = a[1:] == b[1:] or a[1:] == b or a == b[1:] or (a[:2] == b[:2][::-1] and a[2:] == b[2:])
    return 1 if close else 2


def in_chinese(text: str, names: Mapping[str, Use]) -> Iterator[tuple[int, int, Use]]:
    """(start, end, use) of two to four Chinese characters that sound like one of these folded Latin names."""
    wanted = [(slots, use) for name, use in sorted(names.items()) if 2 <= len(slots := _slots(name)) <= 4]
    if not wanted:
        return
    heard = [_parts(char) for char in text]
    by_first: dict[tuple[str, str], list[tuple[list[tuple[str, str]], Use]]] = {}
    for slots, use in wanted:
        by_first.setdefault((slots[0][0], slots[1][0]), []).append((slots, use))
    for at, (one, two) in enumerate(pairwise(heard)):
        for slots, use in by_first.get((one[0], two[0]), ()):
            end = at + len(slots)
            if end <= len(heard) and all(map(_agrees, heard[at:end], slots)):
                yield at, end, use


def _agrees(heard: tuple[str, str], slot: tuple[str, str]) -> bool:
    consonant, vowels = slot
    return heard[0] == consonant and (not vowels or not set(vowels).isdisjoint(heard[1]))


_PARTS: dict[str, tuple[str, str]] = {}


def _parts(char: str) -> tuple[str, str]:
    """(consonant class, vowels) of a Chinese character; two empty strings for anything else."""
    known = _PARTS.get(char)
    if known is None:
        known = ("", "")
        match = _SYLLABLE.match(syllable(char)) if is_han(char) else None
        if match:
            initial, rest = match.group(1) or "", match.group(2)
            known = ("l", "aeo") if match.group() == "er" else (_INITIALS.get(initial, ""), _VOWEL_PARTS.get(rest, ""))
        _PARTS[char] = known
    return known


def _slots(name: str) -> list[tuple[str, str]]:
    """The Chinese syllables that a Latin word comes to: its consonants, each with the vowels behind it, if any."""
    if not name.isascii() or not name.isalpha():
        return []
    word = re.sub(r"([a-z])\1", r"\1", name).replace("ph", "f").replace("ck", "k").replace("qu", "k")
    word = re.sub("[sc]h", "s", word)
    word = re.sub("(?<=[a-z]{2})e$", "", word) if len(word) > 4 else word
    slots: list[tuple[str, str]] = []
    for consonant, vowels in _PIECES.findall(word):
        if not consonant:
            if vowels:
                return []  # begins with a vowel: too many ways to write it
            continue
        kind = _LETTERS[consonant]
        front = vowels[:1] in tuple("eiy")
        if kind == "k" and front:
            kind = "s"
        if consonant in "nmr" and not vowels and slots:
            continue  # ends the syllable before it
        slots.append((kind, vowels.replace("y", "i")))
    return slots
