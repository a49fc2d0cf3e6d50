"""In which documents each gram stands, packed: pages of about 2,000 entries, most of them in little more than a byte.

A page holds some grams in ascending order, each with all its documents in ascending order, as one row of numbers: how
many grams; each gram as its distance from the one before; how many documents each has; and of every document its
distance from the one before. A number is written in groups of seven bits, the highest first, every byte but its last
with the high bit set; the whole is compressed (zstd). Many pages are packed and unpacked at once.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import zstandard

Ints = npt.NDArray[np.int64]
_ENTRIES = 2_048  # of a page, about; a gram is never divided
_AT_ONCE = 1 << 18  # entries: more leave the processor's cache


@dataclass(frozen=True, slots=True)
class Page:
    """A packed page, and the first and last gram in it."""

    first_gram: int
    last_gram: int
    packed: bytes


@dataclass(frozen=True, slots=True)
class Entries:
    """Grams, how many documents each has, and these documents, one gram after another."""

    grams: Ints
    counts: Ints
    docs: Ints

    def within(self, first: int, last: int) -> Entries:
        """The entries of the grams from `first` to `last`."""
        inside = (self.grams >= first) & (self.grams <= last)
        if inside.all():
            return self
        return Entries(self.grams[inside], self.counts[inside], self.docs[np.repeat(inside, self.counts)])


def pack(grams: Ints, docs: Ints) -> Iterator[Page]:
    """Pages of entries (gram and document, not negative), which are in ascending order, each once."""
    heads = np.append(changes(grams), len(grams))
    done = 0
    while done < len(grams):
        end = int(heads[np.searchsorted(heads, min(done + _AT_ONCE, len(grams)))])
        yield from _pack(grams[done:end], docs[done:end])
        done = end


def unpack(first_grams: Sequence[int], packed: Sequence[bytes]) -> Entries:
    """The entries of these pages, in their order."""
    if not packed:
        none = np.zeros(0, np.int64)
        return Entries(none, none, none)
    decompress = zstandard.ZstdDecompressor().decompress
    plain = [decompress(page) for page in packed]
    lengths = np.fromiter(map(len, plain), np.int64, len(plain))
    numbers, lasts = _numbers(np.frombuffer(b"".join(plain), np.uint8))
    starts = np.searchsorted(lasts, np.cumsum(lengths) - lengths)
    sizes = np.diff(np.append(starts, len(numbers)))
    n_grams = numbers[starts]
    gram_places, count_places, doc_places = _places(starts, n_grams, sizes - 1 - 2 * n_grams)
    sums = np.cumsum(numbers[gram_places])
    grams = sums + np.repeat(np.array(first_grams, np.int64) - sums[np.cumsum(n_grams) - n_grams], n_grams)
    counts, steps = numbers[count_places], numbers[doc_places]
    heads = np.cumsum(counts) - counts
    sums = np.cumsum(steps)
    return Entries(grams, counts, sums - np.repeat(sums[heads] - steps[heads], counts))


def changes(keys: Ints) -> Ints:
    """Where another key begins."""
    return np.append(np.zeros(min(1, len(keys)), np.int64), np.flatnonzero(keys[1:] != keys[:-1]) + 1)


def _pack(entries: Ints, docs: Ints) -> Iterator[Page]:
    heads = changes(entries)
    grams = entries[heads]
    counts = np.diff(np.append(heads, len(docs)))
    steps = np.empty_like(docs)
    np.subtract(docs[1:], docs[:-1], out=steps[1:])
    steps[heads] = docs[heads]
    cuts = changes(heads // _ENTRIES)  # grams with which a page begins
    n_grams = np.diff(np.append(cuts, len(grams)))
    n_docs = np.diff(np.append(heads[cuts], len(docs)))
    sizes = 1 + 2 * n_grams + n_docs
    starts = np.cumsum(sizes) - sizes
    gram_places, count_places, doc_places = _places(starts, n_grams, n_docs)
    numbers = np.empty(int(sizes.sum()), np.int64)
    numbers[starts] = n_grams
    distances = np.diff(grams, prepend=grams[:1])
    distances[cuts] = 0
    numbers[gram_places], numbers[count_places], numbers[doc_places] = distances, counts, steps
    written, ends = _written(numbers)
    compress = zstandard.ZstdCompressor(level=3, write_checksum=False).compress
    begin = 0
    for first, last, end in zip(grams[cuts], grams[cuts + n_grams - 1], ends[starts + sizes - 1], strict=True):
        yield Page(int(first), int(last), compress(written[begin:end].data))
        begin = end


def _places(starts: Ints, n_grams: Ints, n_docs: Ints) -> tuple[Ints, Ints, Ints]:
    """Where in the rows of numbers that begin at `starts` the grams, their counts and the documents stand."""
    grams = _runs(starts + 1, n_grams)
    return grams, grams + np.repeat(n_grams, n_grams), _runs(starts + 1 + 2 * n_grams, n_docs)


def _runs(starts: Ints, lengths: Ints) -> Ints:
    """start, start + 1, … of each run, one after another."""
    runs: Ints = np.arange(lengths.sum()) + np.repeat(starts - (np.cumsum(lengths) - lengths), lengths)
    return runs


def _written(numbers: Ints) -> tuple[npt.NDArray[np.uint8], Ints]:
    """The numbers as bytes, and where each ends in them."""
    longer, sizes, limit = np.flatnonzero(numbers >= 128), np.ones(len(numbers), np.int64), 128
    groups = []
    while len(longer):
        groups.append(longer)
        sizes[longer] += 1
        limit <<= 7
        longer = longer[numbers[longer] >= limit]
    ends = np.cumsum(sizes)
    written = np.empty(ends[-1], np.uint8)
    written[ends - 1] = numbers & 127
    for group, places in enumerate(groups, 1):
        written[ends[places] - 1 - group] = (numbers[places] >> 7 * group) & 127 | 128
    return written, ends


def _numbers(written: npt.NDArray[np.uint8]) -> tuple[Ints, Ints]:
    """What _written was given, and the place of each number's last byte."""
    lasts = np.flatnonzero(written < 128)
    numbers = written[lasts].astype(np.int64)
    sizes = np.diff(lasts, prepend=-1)
    longer, group = np.flatnonzero(sizes > 1), 1
    while len(longer):
        numbers[longer] |= (written[lasts[longer] - group].astype(np.int64) & 127) << 7 * group
        group += 1
        longer = longer[sizes[longer] > group]
    return numbers, lasts
