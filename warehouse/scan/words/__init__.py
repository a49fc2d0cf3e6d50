"""The word lists that ship with the scanner, read once. Plain text; each file's head says what it is for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Literal, cast

from warehouse.scan.fold import folded, is_han
from warehouse.scan.segment import frequency, part_of_speech

_COMMON, _COMMON_NAME = 150, 1000  # times in the dictionary's corpus of 60 million words
_NAME_TAGS = frozenset(("nr", "ns"))
_OWN_TAGS = frozenset(("nt", "nz", "j"))  # organisations, other proper names, abbreviations

WordClass = Literal["verb", "mixed", "noun", "name", "rare", "latin", "brand"]


@dataclass(frozen=True, slots=True)
class Ordinary:
    """A name that is an ordinary word, how it is used as one, and what in an article makes it the name (folded)."""

    word: str
    use: WordClass
    evidence: tuple[str, ...]


@cache
def known_words() -> frozenset[str]:
    """Longer words and names inside which a shorter name does not count, folded."""
    return frozenset(folded(_phrase(word)) for line in _lines("known.txt") for word in line.split())


@cache
def known_companies() -> frozenset[str]:
    """Well-known companies and products, folded: evidence for the names that stand among them."""
    return frozenset(folded(_phrase(word)) for line in _lines("companies.txt") for word in line.split())


@cache
def ordinary_words() -> Mapping[str, Ordinary]:
    """Folded word → what is known of it."""
    found: dict[str, Ordinary] = {}
    use: WordClass = "noun"
    for line in _lines("ordinary.txt"):
        if line.startswith("["):
            use = cast(WordClass, line.strip("[]"))
            continue
        words, colon, evidence = line.partition(":")
        helpers = tuple(sorted({folded(_phrase(w)) for w in evidence.split()}))
        for word in (words,) if colon else words.split():
            found[folded(word)] = Ordinary(folded(word), use, helpers)
    return MappingProxyType(found)


def dictionary_word(text: str) -> Ordinary | None:
    """A name of two or three characters that the dictionary holds as an ordinary word, though our own list does not.

    The dictionary knows companies and people too: what it tags as a person or place is a word only where it is very
    common (高峰, 高山); what it tags as an organisation (新浪) or an abbreviation (北大), and what our list of companies
    holds, is none.
    """
    if len(text) not in (2, 3) or not all(map(is_han, text)) or text in known_companies():
        return None
    count, tag = frequency(text), part_of_speech(text)
    if tag[:2] in _OWN_TAGS or count < (_COMMON_NAME if tag[:2] in _NAME_TAGS else _COMMON):
        return None
    return Ordinary(text, "noun" if tag.startswith("n") else "mixed", ())


def _phrase(word: str) -> str:
    return word.replace("_", " ")


def _lines(name: str) -> Iterator[str]:
    for line in (files(__package__) / name).read_text(encoding="utf-8").splitlines():
        if line.strip() and not line.startswith("#"):
            yield line.strip()
