"""What the search index knows of a text: its grams, numbers that stand for two neighbouring characters or for a word.

A text is folded (warehouse/scan/fold.py), so 繁 and 简, width and case are one. Then
- every two neighbouring characters are a gram, whatever their script, unless both are Latin letters or digits (ASCII);
  the last character before a space, a line break or a punctuation mark is a gram with nothing after it. So the places
  of one character are the grams that begin with it;
- a run of Latin letters and digits gives a gram of its next eight characters wherever a word begins in it: at its
  start, between letters and digits, and where a capital follows a small letter (the GPT of ChatGPT).
Spaces and punctuation marks have no grams: what stands across them is seen when the text itself is read.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Container, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

from warehouse.scan.fold import Folded, fold

Grams = npt.NDArray[np.int64]
GRAM_BITS = 49  # two code points of 21 bits, or, above WORD, eight characters of 6 bits
WORD = 1 << 48
_PART = 21
_LETTERS = 8  # of a word that are looked at
_NOTHING, _LETTER, _DIGIT, _OTHER = range(4)
_CAMEL = re.compile("(?<=[a-z])[A-Z]")
_LATIN_RUN = re.compile("[a-z0-9]+")


@dataclass(frozen=True, slots=True)
class Range:
    """Grams from `first` to `last`; one of them must be there."""

    first: int
    last: int


def grams_of(texts: Sequence[str]) -> tuple[Grams, npt.NDArray[np.uint16]]:
    """Every gram of up to 65,536 texts with the number of its text, in no order; a gram that stands twice comes twice."""
    folds = [fold(text) for text in texts]
    lengths = np.fromiter((len(one.text) + 1 for one in folds), np.int64, len(folds))
    joined = "\n".join([one.text for one in folds] + [""])
    codes = np.frombuffer(joined.encode("utf-32-le", "replace"), np.uint32)
    owner = np.repeat(np.arange(len(folds), dtype=np.uint16), lengths)
    kinds = _kinds(codes)
    starts = _word_starts(kinds)
    ends = np.cumsum(lengths)
    for number, (one, text) in enumerate(zip(folds, texts, strict=True)):
        inner = inner_starts(one, text)
        if inner:
            starts[inner + ends[number] - lengths[number]] = True
    pairs, pair_places = _pairs(codes, kinds)
    words, word_places = _words(codes, kinds, np.flatnonzero(starts))
    return np.concatenate([pairs, words]), owner[np.concatenate([pair_places, word_places])]


def ranges_of(phrase: str) -> list[Range]:
    """What must be in the index of a text in which this folded phrase stands; empty when only reading texts can tell."""
    needed: list[Range] = []
    for run in _LATIN_RUN.finditer(phrase):
        whole = run.end() < len(phrase)
        for at in range(run.start(), run.end()):
            if at == run.start() or phrase[at].isdigit() != phrase[at - 1].isdigit():
                needed.append(_word_range(phrase[at : run.end()], whole))
    for at, char in enumerate(phrase):
        after = phrase[at + 1 : at + 2]
        if is_indexed(char) and after and is_indexed(after) and not (_is_latin(char) and _is_latin(after)):
            gram = ord(char) << _PART | ord(after)
            needed.append(Range(gram, gram))
        elif is_indexed(char) and not _is_latin(char) and (not after or not is_indexed(after)):
            first = ord(char) << _PART
            needed.append(Range(first, first if after else first | (1 << _PART) - 1))
    exact = [one for one in needed if one.first == one.last]
    wide = [one for one in needed if one.first != one.last]
    # Of several wide ones the narrowest says most; beside exact ones it says little, and costs much.
    return exact or sorted(wide, key=lambda one: one.last - one.first)[:1]


def is_told(phrase: str) -> bool:
    """Whether the ranges_of() this folded phrase say for sure that it stands in a text."""
    if _LATIN_RUN.fullmatch(phrase):
        return len(phrase) <= _LETTERS
    return len(phrase) <= 2 and all(map(is_indexed, phrase)) and not _is_latin(phrase[0])


def is_indexed(char: str) -> bool:
    """Whether grams hold this character: letters, digits, marks and symbols of every script, emoji too."""
    return char >= "\U00010000" or unicodedata.category(char)[0] in "LNMS"


def begins_word(folded: str, at: int, inner: Container[int]) -> bool:
    """Whether a Latin word begins at this place of a folded text, whose inner_starts are given; if not Latin, True."""
    if at == 0 or not _is_latin(folded[at]) or not _is_latin(folded[at - 1]):
        return True
    return folded[at].isdigit() != folded[at - 1].isdigit() or at in inner


def inner_starts(folded: Folded, text: str) -> list[int]:
    """Where in a folded `text` a capital stood after a small letter of the same word."""
    places = [match.start() for match in _CAMEL.finditer(text)]
    if not places or isinstance(folded.starts, range):
        return places
    found = [bisect_left(folded.starts, place) for place in places]
    # The letter may have become something else, with a mark that stands on it.
    return [at for at, place in zip(found, places, strict=True) if folded.text[at : at + 1] == text[place].lower()]


def _kinds(codes: npt.NDArray[np.uint32]) -> npt.NDArray[np.uint8]:
    kinds: npt.NDArray[np.uint8] = _kind_table()[np.minimum(codes, 0x10000)]
    return kinds


@cache
def _kind_table() -> npt.NDArray[np.uint8]:
    """Of each character of the first plane; the last entry is for all others."""
    table = np.zeros(0x10001, np.uint8)
    table[[code for code in range(0x10001) if is_indexed(chr(code))]] = _OTHER
    table[ord("a") : ord("z") + 1] = _LETTER
    table[ord("0") : ord("9") + 1] = _DIGIT
    return table


def _word_starts(kinds: npt.NDArray[np.uint8]) -> npt.NDArray[np.bool_]:
    starts: npt.NDArray[np.bool_] = (kinds == _LETTER) | (kinds == _DIGIT)
    np.logical_and(starts[1:], kinds[1:] != kinds[:-1], out=starts[1:])
    return starts


def _pairs(codes: npt.NDArray[np.uint32], kinds: npt.NDArray[np.uint8]) -> tuple[Grams, npt.NDArray[np.int64]]:
    after = kinds[1:]  # the last character is a line break
    places = np.flatnonzero((kinds[:-1] == _OTHER) | ((after == _OTHER) & (kinds[:-1] != _NOTHING)))
    first = codes[places].astype(np.int64)
    second = np.where(after[places] == _NOTHING, 0, codes[places + 1])
    return first << np.int64(_PART) | second, places


def _words(
    codes: npt.NDArray[np.uint32], kinds: npt.NDArray[np.uint8], starts: npt.NDArray[np.int64]
) -> tuple[Grams, npt.NDArray[np.int64]]:
    keys = np.full(len(starts), WORD, np.int64)
    going = np.ones(len(starts), np.bool_)
    table = np.array([_letter(chr(code)) for code in range(128)], np.int64)
    for step in range(_LETTERS):
        places = np.minimum(starts + step, len(codes) - 1)
        going &= (kinds[places] == _LETTER) | (kinds[places] == _DIGIT)
        letters = np.where(going, table[np.minimum(codes[places], 127)], 0)
        keys |= letters << np.int64(6 * (_LETTERS - 1 - step))
    return keys, starts


def _word_range(word: str, whole: bool) -> Range:
    """The grams of the words that begin so, or, when it is `whole`, of this one."""
    first = WORD
    for step, char in enumerate(word[:_LETTERS]):
        first |= _letter(char) << 6 * (_LETTERS - 1 - step)
    open_letters = 0 if whole else max(0, _LETTERS - len(word))
    return Range(first, first | (1 << 6 * open_letters) - 1)


def _letter(char: str) -> int:
    """1 to 36, in 6 bits; 0 for what is neither a letter nor a digit."""
    return "abcdefghijklmnopqrstuvwxyz0123456789".find(char) + 1


def _is_latin(char: str) -> bool:
    return char.isascii() and char.isalnum()
