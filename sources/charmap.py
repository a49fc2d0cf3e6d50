"""Texts mapped character by character: what str.translate does, nearly twenty times as fast on Chinese.

str.translate looks every character above U+00FF up in a dictionary, 100 ns each; a lookup in an array takes 5.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

_CODES = 0x110000  # code points
_NOTHING, _SEVERAL = _CODES + 1, _CODES + 2  # in the table: stands for no character, or for more than one
_FEW = 40  # characters below which the array is no gain
_ENCODING, _BROKEN = "utf-32-le", "surrogatepass"  # half a character is one as well


class CharMap:
    """A mapping of characters to strings of any length, asked once for each character that is ever met.

    Safe in threads: what two of them find out about one character is the same.
    """

    def __init__(self, mapped: Callable[[str], str]) -> None:
        """`mapped`: what one character becomes; the same for the same character, whatever stands around it."""
        self._known = _Known(mapped)
        # Code point → 1 + what it becomes; 0 is not known yet. Pages of it that nobody asks for take no memory.
        self._table = np.zeros(_CODES, dtype=np.uint32)

    def __call__(self, text: str) -> str:
        """The text with every character mapped."""
        if len(text) < _FEW:
            return text.translate(self._known)
        codes = np.frombuffer(text.encode(_ENCODING, _BROKEN), dtype="<u4")
        mapped = self._table.take(codes)
        if not mapped.all():
            self._learn(codes[mapped == 0])
            mapped = self._table.take(codes)
        if mapped.size and mapped.max() > _CODES:
            if _SEVERAL in mapped:
                return text.translate(self._known)
            mapped = mapped[mapped != _NOTHING]
        mapped -= 1
        return mapped.astype("<u4", copy=False).tobytes().decode(_ENCODING, _BROKEN)

    def _learn(self, codes: np.ndarray[tuple[int, ...], np.dtype[np.uint32]]) -> None:
        for code in np.unique(codes).tolist():
            one = self._known[code]
            self._table[code] = ord(one) + 1 if len(one) == 1 else _SEVERAL if one else _NOTHING


class _Known(dict[int, str]):
    """For str.translate: what each code point that was met becomes."""

    def __init__(self, mapped: Callable[[str], str]) -> None:
        super().__init__()
        self._mapped = mapped

    def __missing__(self, code: int) -> str:
        self[code] = one = self._mapped(chr(code))
        return one
