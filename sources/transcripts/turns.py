"""What was said, piece by piece → paragraphs with the speaker's name where a turn begins."""

from __future__ import annotations

import html
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from sources.blocks import clean_text
from sources.person_names import is_person
from sources.speakers import label_of

# Characters. A paragraph ends with the first sentence past `_FULL`, or with a piece past `_MOST` where none ends.
_FULL = 200
_MOST = 400

_READING = re.compile(r"<rt\b[^<>]*>[^<]*</rt>", re.IGNORECASE)
_TAG = re.compile(
    r"</?(?:v|c|b|i|u|s|em|strong|span|font|ruby|rt|rp|lang|br|p|div|a|cite|time|sub|sup)(?:[\s./:][^<>]*)?>"
    r"|<\d+:[\d:.]+>|\{\\[^{}]*\}|\\[Nh]",
    re.IGNORECASE,
)
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,30});")
_SENTENCE_END = re.compile(r"[。！？!?…][”」』’\"')）]*$|(?<!\b[A-Z])\.[”\"')]*$")
_NO_SPACE_BEHIND = "、。，！？；：…—”」』）》】"
_AFTER_LABEL = re.compile(r"^[^:：]*[：:][*_]{0,2}\s*")
_WRAPPED = re.compile(r"^[\[【(（]([^\[\]【】()（）]*)[\]】)）]$")
_LATIN_NAME = re.compile(r"[A-Z][\w.'’-]*(?: [A-Z][\w.'’-]*){0,3}")


@dataclass(frozen=True, slots=True)
class Said:
    """One piece of speech. `speaker` empty: the file does not say, so whoever spoke goes on, unless it is a `fresh`
    turn, which the file marks (`- `, `>>`) without a name."""

    words: str
    speaker: str = ""
    fresh: bool = False


def plain(text: str) -> str:
    """The words of a piece on one line: tags of captions, time stamps inside it and entities gone."""
    untagged = _TAG.sub("", _READING.sub("", text)) if "<" in text or "\\" in text else text
    return clean_text(_ENTITY.sub(lambda match: html.unescape(match[0]), untagged) if "&" in untagged else untagged)


def turned(words: str, speaker: str) -> Said:
    """A piece of which the file itself names the speaker: numbers become `Speaker 1`, colons and brackets go."""
    name = _WRAPPED.sub(r"\1", plain(speaker).strip(" :：")).strip(" :：")
    return Said(words, f"Speaker {name}" if name.isdigit() else name)


def paragraphs_of(pieces: Iterable[Said]) -> list[str]:
    """`name：words` where a turn begins, then the words alone; short pieces joined, none empty."""
    lines: list[str] = []
    held: list[str] = []
    speaker = label = ""
    length = 0

    def end() -> None:
        nonlocal label, length
        if held:
            lines.append((f"{label}：" if label else "") + _joined(held))
            label, length = "", 0
            held.clear()

    for piece in _labelled([one for one in pieces if one.words]):
        if piece.fresh or (piece.speaker and piece.speaker != speaker):
            end()
            speaker = label = piece.speaker
        elif length >= _MOST or (length >= _FULL and _SENTENCE_END.search(held[-1][-9:])):
            end()
        held.append(piece.words)
        length += len(piece.words)
    end()
    return lines


def _joined(pieces: Sequence[str]) -> str:
    """A space between pieces, for captions end where words do; none where Chinese punctuation ends one."""
    text = pieces[0]
    for piece in pieces[1:]:
        text += piece if text[-1] in _NO_SPACE_BEHIND else f" {piece}"
    return text


def _labelled(pieces: Sequence[Said]) -> Iterator[Said]:
    """Names printed before the words (`张三：…`, `[Anna]: …`) taken off them.

    A colon stands in speech too, so a name has to come back; beside names that do, one that looks like a person's
    counts at its only turn.
    """
    labels = [label_of(piece.words) if not piece.speaker else "" for piece in pieces]
    counts = Counter(filter(None, labels))
    known = {label for label, count in counts.items() if count >= 2}
    if known:
        known |= {label for label in counts if is_person(label) or _LATIN_NAME.fullmatch(label)}
    for piece, label in zip(pieces, labels, strict=True):
        if label in known:
            yield replace(turned(_AFTER_LABEL.sub("", piece.words, count=1), label), fresh=piece.fresh)
        else:
            yield piece
