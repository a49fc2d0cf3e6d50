"""The sentence around a mention."""

from __future__ import annotations

import re

LIMIT = 120  # characters
_ENDS = re.compile(r"[。！？!?；;\n]|\.(?=\s)")
_SPACE = re.compile(r"\s+")
_PAUSES = "，,、：: "


def snippet(text: str, start: int, end: int) -> str:
    """The sentence that holds text[start:end], white space collapsed, at most LIMIT characters and an ellipsis.

    A longer sentence is cut around the mention, at a pause where one is near.
    """
    floor, ceiling = max(0, start - 4 * LIMIT), min(len(text), end + 4 * LIMIT)
    begin = max((match.end() for match in _ENDS.finditer(text, floor, start)), default=floor)
    stop = _ENDS.search(text, end, ceiling)
    finish = ceiling if stop is None else stop.end()
    before, name, after = (_SPACE.sub(" ", part) for part in (text[begin:start], text[start:end], text[end:finish]))
    room = max(0, LIMIT - len(name))
    left = min(len(before), max(room // 2, room - len(after)))
    right = min(len(after), room - left)
    return (_tail(before, left) + name[:LIMIT] + _head(after, right)).strip()


def _tail(part: str, size: int) -> str:
    if size >= len(part):
        return part
    kept = part[len(part) - size :]
    pause = next((at for at, char in enumerate(kept[: size // 3]) if char in _PAUSES), -1)
    return "…" + kept[pause + 1 :]


def _head(part: str, size: int) -> str:
    if size >= len(part):
        return part
    kept = part[:size]
    pause = max((kept.rfind(mark, size - size // 3) for mark in _PAUSES), default=-1)
    return (kept[:pause] if pause > 0 else kept) + "…"
