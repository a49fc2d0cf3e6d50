"""The word lists that ship with the scanner, read once. Plain text; each file's head says what it is for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Literal, cast

from warehouse.scan.fold import folded

WordClass = Literal["verb", "mixed", "noun", "name", "latin"]


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
        word, _, evidence = line.partition(":")
        found[folded(word)] = Ordinary(folded(word), use, tuple(sorted({folded(_phrase(w)) for w in evidence.split()})))
    return MappingProxyType(found)


def _phrase(word: str) -> str:
    return word.replace("_", " ")


def _lines(name: str) -> Iterator[str]:
    for line in (files(__package__) / name).read_text(encoding="utf-8").splitlines():
        if line.strip() and not line.startswith("#"):
            yield line.strip()
