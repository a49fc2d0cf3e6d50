"""Texts and names brought to one spelling, every folded character knowing where it stood.

What is folded away: width and compatibility forms (NFKC), case, 繁 to 简 character by character, radicals used as
characters (⻢ for 马), zero-width and control characters, spaces between Chinese characters and between Chinese and
Latin, spaces inside spelled-out Latin (`G P T`), the middle dot of foreign names (埃隆·马斯克). Line breaks stay: a
name never runs over the end of a paragraph. Folding what is folded changes nothing.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache

from sources.charmap import CharMap

_ODD = "\x00"  # stands for a character that does not fold to exactly one; never survives folding
_LINE_BREAKS = frozenset("\n\r\v\f\x85\u2028\u2029")
_CLUSTER = 16  # marks on one character; more are nobody's writing
_FILLERS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0")
_DOT = "·"
MIDDLE_DOTS = frozenset("·•‧∙⋅・･")
# Characters that NFKC keeps apart and readers do not: radicals without a decomposition, middle dots, dashes, quotes.
_ALIKE = dict(
    zip(
        "⺁⺌⺎⺕⺗⺟⺠⻁⻄⻅⻆⻉⻋⻒⻓⻔⻘⻙⻚⻛⻜⻝⻢⻣⻤⻥⻦⻨⻩⻫⻬⻮⻰⻳",
        "厂小兀彐心母民虎西见角贝车镸长门青韦页风飞食马骨鬼鱼鸟麦黄齐齐齿龙龟",
        strict=True,
    )
)
_ALIKE |= dict.fromkeys(MIDDLE_DOTS, _DOT) | dict.fromkeys("‐‑‒–−﹣", "-") | dict.fromkeys("‘’ʼ＇", "'")
_ALIKE |= dict.fromkeys("“”„「」『』", '"')
_GAPS = re.compile(f"[ {_DOT}]+")
_ODD_RUN = re.compile(f"[^{_ODD}\n ]?{_ODD}+")


@dataclass(frozen=True, slots=True)
class Folded:
    """A folded text. Character i of `text` was `original[starts[i]:ends[i]]`.

    `gaps` counts the spaces that stood between two Chinese characters, the mark of machine transcripts.
    """

    text: str
    starts: Sequence[int]
    ends: Sequence[int]
    gaps: int = 0

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Where `text[start:end]` (not empty) stood in the original."""
        return self.starts[start], self.ends[end - 1]


def is_han(char: str) -> bool:
    """A Chinese character, or kana: what is written without spaces."""
    return "\u3400" <= char <= "\u9fff" or "\u3040" <= char <= "\u30ff" or char >= "\U00020000" or char in "〇々"


def is_wordy(char: str) -> bool:
    """A letter or digit of a script whose words stand between spaces."""
    return char.isalnum() and not is_han(char)


def fold(text: str) -> Folded:
    """The folded text with its offsets. Never raises; one pass in C where every character folds to one."""
    plain = _table().mapped(text)
    starts: Sequence[int] = range(len(text))
    ends: Sequence[int] = range(1, len(text) + 1)
    if _ODD in plain:
        plain, starts, ends = _spliced(plain, starts, ends, _odd_edits(text, plain))
    edits, gaps = _gap_edits(plain)
    if edits:
        plain, starts, ends = _spliced(plain, starts, ends, edits)
    return Folded(plain, starts, ends, gaps)


def folded(text: str) -> str:
    """The folded text alone, ends trimmed: for names and other short strings."""
    return fold(text).text.strip()


class _Table:
    """What each character folds to by itself."""

    def __init__(self, simplify: Callable[[str], str]) -> None:
        self._simplify = simplify
        self.mapped = CharMap(self._one)
        self.letters = CharMap(self._letters)

    def _one(self, char: str) -> str:
        """Its one folded character, or _ODD."""
        if char in _LINE_BREAKS:
            return "\n"
        if "\ud800" <= char <= "\udfff":
            return "\ufffd"  # half a character: no library takes it
        if char.isspace():
            return " "
        settled = self.settle(char)
        return settled if len(settled) == 1 and not _is_mark(settled) else _ODD

    def _letters(self, char: str) -> str:
        """Its letters and digits folded, the empty string for all else."""
        settled = "" if "\ud800" <= char <= "\udfff" else self.settle(char)
        return "".join(one for one in settled if one.isalnum())

    def settle(self, cluster: str) -> str:
        """A character with its combining marks, folded until nothing changes; may come out empty or longer."""
        for _ in range(8):  # two rounds settle everything known; the bound only keeps a strange input from looping
            before = cluster
            cluster = unicodedata.normalize("NFKC", cluster).casefold()
            cluster = "".join(self._settle_one(char) for char in cluster if not _is_unseen(char))
            if cluster == before:
                break
        return cluster

    def _settle_one(self, char: str) -> str:
        alike = _ALIKE.get(char, char)
        if not is_han(alike):
            return " " if alike.isspace() else alike
        simple = self._simplify(alike)
        return simple if len(simple) == 1 else alike


@cache
def _table() -> _Table:
    from opencc import OpenCC  # late: reading its dictionaries costs 20 ms, and only a scan needs them

    return _Table(OpenCC("t2s").convert)


def _is_unseen(char: str) -> bool:
    """Takes no room on the page: zero-width, directional, variation selectors, controls, soft hyphens."""
    if char in _FILLERS or "\ufe00" <= char <= "\ufe0f" or "\U000e0100" <= char <= "\U000e01ef":
        return True
    return not char.isspace() and unicodedata.category(char) in ("Cf", "Cc")


def _is_mark(char: str) -> bool:
    """Joins the character before it (also the half-width kana voice marks, which only NFKC shows to be marks)."""
    return any(unicodedata.category(c).startswith("M") for c in unicodedata.normalize("NFKC", char)[:1])


Edit = tuple[int, int, str]


def _odd_edits(text: str, plain: str) -> list[Edit]:
    """Replacements for the characters that fold to none or several: (start, end, folded) in `text`."""
    settle = _table().settle
    edits = []
    for run in _ODD_RUN.finditer(plain):
        cluster: list[int] = []
        first = run.start()
        for at in range(first, run.end()):
            if _is_unseen(text[at]):
                edits.append((at, at + 1, ""))
            elif cluster and _is_mark(text[at]) and len(cluster) < _CLUSTER:
                cluster.append(at)
            else:
                _close(edits, text, plain, cluster, settle)
                cluster = [at]
        _close(edits, text, plain, cluster, settle)
    return _in_order(edits)


def _close(edits: list[Edit], text: str, plain: str, cluster: list[int], settle: Callable[[str], str]) -> None:
    if cluster and (len(cluster) > 1 or plain[cluster[0]] == _ODD):
        edits.append((cluster[0], cluster[-1] + 1, settle("".join(text[at] for at in cluster))))


def _in_order(edits: list[Edit]) -> list[Edit]:
    """Sorted, and without the deletions of unseen characters that lie inside a cluster."""
    kept: list[Edit] = []
    for edit in sorted(edits, key=lambda e: (e[0], -e[1])):
        if not kept or edit[0] >= kept[-1][1]:
            kept.append(edit)
    return kept


def _gap_edits(plain: str) -> tuple[list[Edit], int]:
    """Which runs of spaces and middle dots go, and how many spaces stood between two Chinese characters."""
    edits = []
    gaps = 0
    last = len(plain)
    for run in _GAPS.finditer(plain):
        start, end = run.span()
        if _between_words(plain, start, end):
            continue
        left = plain[start - 1] if start else "\n"
        right = plain[end] if end < last else "\n"
        between = is_han(left), is_han(right)
        if _DOT in run.group():
            if all(between):
                edits.append((start, end, ""))
        elif (all(between) or (any(between) and (left.isalnum() and right.isalnum()))) or _spelled(plain, start, end):
            gaps += all(between)
            edits.append((start, end, ""))
        elif end - start > 1:
            edits.append((start, end, " "))
    return edits, gaps


def _between_words(plain: str, start: int, end: int) -> bool:
    """One space after or before a Latin word of several letters: it stays. The commonest case, told at once."""
    around = plain[start - 2 : end + 2] if start > 1 else ""
    if len(around) < 5 or not around.isascii() or plain[start] == _DOT:
        return False
    return end - start == 1 and (around[:2].isalnum() or around[-2:].isalnum()) and around[1] != " " != around[-2]


def _spelled(plain: str, start: int, end: int) -> bool:
    """A gap between two single Latin letters, or a letter and a digit: `A I`, `G P T 4`."""
    left, right = plain[start - 1 : start], plain[end : end + 1]
    pair = left + right
    if len(pair) != 2 or not (pair.isascii() and pair.isalnum()) or pair.isdigit():
        return False
    before, after = plain[start - 2 : start - 1] if start > 1 else "", plain[end + 1 : end + 2]
    return not is_wordy(before) and not is_wordy(after)


def _spliced(
    text: str, starts: Sequence[int], ends: Sequence[int], edits: list[Edit]
) -> tuple[str, list[int], list[int]]:
    """`text` with its edits made; what replaces a stretch stands for the whole stretch."""
    parts: list[str] = []
    new_starts: list[int] = []
    new_ends: list[int] = []
    done = 0
    for start, end, put in edits:
        parts += text[done:start], put
        new_starts += starts[done:start]
        new_ends += ends[done:start]
        if put:
            new_starts += [starts[start]] * len(put)
            new_ends += [ends[end - 1]] * len(put)
        done = end
    parts.append(text[done:])
    return "".join(parts), [*new_starts, *starts[done:]], [*new_ends, *ends[done:]]


def simplified(text: str) -> str:
    """Width, case and 繁 to 简 folded character by character; spaces and punctuation stay, odd characters go."""
    return _table().mapped(text).replace(_ODD, "")


def letters(text: str) -> str:
    """The letters and digits of a text in one spelling, nothing between them: what it says, however it is set."""
    return _table().letters(text)
