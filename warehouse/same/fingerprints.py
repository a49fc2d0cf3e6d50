"""What finds texts that may be alike, without comparing each with each: some keys of every text, chosen by the text
alone. Texts of which one repeats a stretch of the other share keys.

A key is the hash of SHINGLE letters on end. Of all those of a text the smallest are kept (bottom-k sampling, Broder
1997): a copy keeps the same ones, an excerpt those of its stretch. Excerpts and teasers mostly are the beginning, so
the head has keys of its own. Eight letters on end are rarely said twice by chance, and edits of a tenth of all letters
leave enough of them.
"""

from __future__ import annotations

import hashlib

import numpy as np

from warehouse.same.wording import MIN_LETTERS, Hashes, Wording, shingles

SHINGLE = 8
SHORT = 400  # letters; below them there are few shingles to choose from, and more of them are taken

_LEAST, _MOST, _OF_SHORT = 12, 48, 20
_PER_KEY = 150  # letters of a longer text for each key
_HEAD, _OF_HEAD = 160, 6  # letters of the head, and its keys


def fingerprints(words: Wording) -> list[int]:
    """The keys of a text, each from 0 to 2**32 - 1, in ascending order; none for a text too short to tell.

    The address counts as well: one key that texts under one address share whatever they say.
    """
    keys: set[int] = set()
    if len(words.text) >= MIN_LETTERS:
        hashes = shingles(words.codes, SHINGLE)
        keys.update(_smallest(hashes, _count(len(words.text))))
        if len(words.text) > _HEAD:
            keys.update(_smallest(hashes[: _HEAD - SHINGLE + 1], _OF_HEAD))
    if words.kind == "newsflash" and words.title:
        keys.add(_key_of(f"title {words.title}"))
    if words.url:
        keys.add(_key_of(f"url {words.url}"))
    return sorted(keys)


def enough(words: Wording) -> int:
    """How many keys another text must share with this one to be looked at. One of a longer text may agree by chance."""
    return 1 if len(words.text) < 2 * SHORT else 2


def _count(letters: int) -> int:
    if letters < 2 * SHORT:
        return _OF_SHORT
    return min(max(_LEAST, letters // _PER_KEY), _MOST)


def _smallest(hashes: Hashes, count: int) -> list[int]:
    """The so many smallest of them, each once. What is said twice takes several places, so a few more are looked at."""
    some = 2 * count
    distinct = np.unique(np.partition(hashes, some)[:some] if some < len(hashes) else hashes)
    if len(distinct) < count and some < len(hashes):
        distinct = np.unique(hashes)
    smallest: list[int] = (distinct[:count] >> np.uint64(32)).tolist()
    return smallest


def _key_of(text: str) -> int:
    return int.from_bytes(hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=4).digest(), "big")
