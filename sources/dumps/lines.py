"""Lines of a text dump: cleaned, weighed, and told apart as prose, spoken words or neither."""

from __future__ import annotations

import re
from collections.abc import Iterable

_DROPPED = re.compile(r"[\x00-\x08\x0e-\x1f\x7f\ud800-\udfff\ufffd\ufeff\u200b-\u200f\u2028\u2029\u202a-\u202e\u2060]")
_BREAKS = re.compile(r"\r\n|[\r\n\x0b\x0c\x85\u2028\u2029]")
# In runs, for one match of many characters costs as much as one of a single.
_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]+")
_KANA = re.compile(r"[\u3040-\u30ff]+")
_HANGUL = re.compile(r"[\uac00-\ud7af]+")
_LETTERS = re.compile(r"[^\W\d_]+")
_READ = re.compile(
    r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff]+|\d+"
    r"|[^\W\d_\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff]+"
)
_SENTENCE_END = re.compile(r"[。.!?！？…;；][”\"’'」』)）】\]]*$|。|[”」』][)）]?$")
# What NFKC would make one of ,.;:!?。、 of counts too, without the cost of folding every paragraph.
_PUNCTUATION = re.compile(r"[,.;:!?。、…，．；：！？︓︔﹐﹑﹒﹔﹕﹖﹗‥｡､]")
_STOP = re.compile(r"[。｡]|[.;．；…‥][\"')”’）＂＇]*$")
_QUOTED = re.compile(r"^[“\"「].*[”\"」]$")
_SPACED_HAN = re.compile(r"(?<=[\u4e00-\u9fff]) (?=[\u4e00-\u9fff])")
_CHINESE = r"[\u3000-\u9fff\uff00-\uffef]"  # with its punctuation
_STAMP = re.compile(
    r"^[\[(（]?(?:\d{1,2}:)?\d{1,2}:\d{2}(?:[.,]\d{1,3})?[\])）]?(?:\s|$)|.{1,16}\s(?:\d{1,2}:)?\d{1,2}:\d{2}$"
)


def clean(text: str) -> list[str]:
    """The non-blank lines of a dump, stripped; without control characters, lone surrogates, U+FFFD, zero-width marks."""
    lines = (_DROPPED.sub("", line).strip() for line in _BREAKS.split(text))
    return [line for line in lines if line]


def weight(line: str) -> int:
    """How much a reader reads: a Chinese character or a number counts one, a word of other scripts two."""
    total = 0
    for run in _READ.findall(line):
        first = run[0]
        if first >= "\u3040" and (first <= "\u9fff" or "\uac00" <= first <= "\ud7af" or "\uf900" <= first <= "\ufaff"):
            total += len(run)
        else:
            total += 1 if first.isdigit() else 2
    return total


def weigh(lines: Iterable[str], enough: int) -> int:
    """The weight of lines together, counted no further than `enough`."""
    total = 0
    for line in lines:
        total += weight(line)
        if total >= enough:
            break
    return total


def is_sentence(line: str) -> bool:
    """Whether a line ends as sentences do, or holds a Chinese full stop."""
    return bool(_SENTENCE_END.search(line))


def is_prose(line: str) -> bool:
    """Whether a line is a paragraph rather than a heading, a menu entry or a caption.

    A question or an exclamation may be a headline, so below 45 a full stop is asked for. A long row of words without
    any punctuation is a menu or a cloud of tags.
    """
    heavy = weight(line)
    if heavy >= 45:
        return bool(_PUNCTUATION.search(line))
    return heavy >= 8 and bool(_STOP.search(line) or _QUOTED.search(line))


def is_transcript(lines: list[str]) -> bool:
    """Whether a machine wrote this down from speech: spaces between Chinese words, or a time stamp at most lines."""
    text = "\n".join(lines)
    han = _count(_HAN, text)
    if han >= 100 and len(_SPACED_HAN.findall(text)) > 0.2 * han:
        return True
    return sum(":" in line and bool(_STAMP.search(line)) for line in lines) >= max(5, len(lines) // 3)


def is_spoken(line: str) -> bool:
    """Whether a line of a transcript is speech or the stamp over it, not the title a person gave the file."""
    return bool(_STAMP.match(line)) or is_prose(line) or len(_SPACED_HAN.findall(line)) > 0.15 * _count(_HAN, line)


def unspaced(text: str) -> str:
    """A transcript's words without the spaces between Chinese characters."""
    return re.sub(rf"(?<={_CHINESE}) +(?={_CHINESE})|(?<=[,.]) +(?={_CHINESE})", "", text)


def language_of(text: str) -> str:
    """`zh`, `ja`, `ko` or `en`, by script."""
    letters = _count(_LETTERS, text) or 1
    if _count(_KANA, text) > 0.1 * letters:
        return "ja"
    if _count(_HANGUL, text) > 0.2 * letters:
        return "ko"
    return "zh" if _count(_HAN, text) > 0.15 * letters else "en"


def _count(runs: re.Pattern[str], text: str) -> int:
    return sum(map(len, runs.findall(text)))
