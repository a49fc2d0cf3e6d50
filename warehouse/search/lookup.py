"""Which documents may hold a phrase, by the index alone."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

import duckdb
import numpy as np
import numpy.typing as npt

from warehouse.search.grams import GRAM_BITS, Range, is_told, ranges_of
from warehouse.search.index import Segment
from warehouse.search.pages import unpack
from warehouse.search.words import Phrase

Mask = npt.NDArray[np.bool_]  # by document number


class Lookup:
    """The index of an open warehouse file, asked once for each range of grams."""

    def __init__(self, con: duckdb.DuckDBPyConnection, segments: Sequence[Segment], docs: int) -> None:
        self._con = con
        self._first = {one.number: one.first_doc for one in segments}
        self._docs = docs
        self._known: dict[tuple[int, Range], Mask] = {}

    def holding(self, phrases: Sequence[Phrase], field: int) -> Mask:
        """The documents of which the index says that they may hold one of these phrases; none that does is missing."""
        either = np.zeros(self._docs, np.bool_)
        for phrase in phrases:
            either |= np.logical_and.reduce([self._of(one, field) for one in ranges_of(phrase.folded)])
        return either

    def _of(self, wanted: Range, field: int) -> Mask:
        if (field, wanted) not in self._known:
            self._known[field, wanted] = self._read(wanted.first | field << GRAM_BITS, wanted.last | field << GRAM_BITS)
        return self._known[field, wanted]

    def _read(self, low: int, high: int) -> Mask:
        mask = np.zeros(self._docs, np.bool_)
        rows = self._con.execute(
            """SELECT segment, first_gram, packed FROM core.search_pages
               WHERE last_gram >= ? AND first_gram <= ? ORDER BY segment, first_gram""",
            [low, high],
        ).fetchall()
        for segment, pages in groupby(rows, key=lambda row: row[0]):
            some = list(pages)
            entries = unpack([row[1] for row in some], [row[2] for row in some]).within(low, high)
            mask[entries.docs + self._first[segment]] = True
        return mask


def is_sure(phrases: Sequence[Phrase]) -> bool:
    """Whether every document that the index names for these phrases does hold one of them."""
    return all(is_told(phrase.folded) for phrase in phrases)
