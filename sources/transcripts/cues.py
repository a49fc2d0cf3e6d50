"""WebVTT and SubRip: cues with times, as players show them → what was said.

Both are read by one walk over the lines, more forgiving than a player: blank lines inside a cue, missing ones between
cues and missing counters lose no word. Facts: W3C WebVTT, section 4 (blocks, voice spans); podcast-namespace,
transcripts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from sources.transcripts.turns import Said, plain, turned

# 00:01:02.345, 01:02.345, and 2.345 within the first minute, as some machines write it.
_CLOCK = r"((?:\d{1,4}:){1,2}\d{1,2}(?:[.,]\d{1,6})?|\d{1,6}[.,]\d{1,6})"
_TIMING = re.compile(rf"\s*{_CLOCK}\s*-{{1,3}}>\s*{_CLOCK}(?:\s.*)?")
_FIRST_CUE = re.compile(r"\s*(?:\d+\s*\n\s*)?(?:\d{1,4}:)?\d{1,2}:\d{2}[.,]\d{1,3}\s*-->\s*[\d:]+[.,]\d")
_LINE_BREAK = re.compile(r"\r\n|\r|\n")
_NO_CUE = re.compile(r"(?:NOTE|STYLE|REGION)(?:\s|$)")
_VOICE = re.compile(r"<v(?:\.[^\s<>]*)?(?:\s([^<>]*))?>")
_TURN_MARK = re.compile(r"(?:[-–—]\s+|(?:>|&gt;){2,3}\s*)(?=\S)")
_STAMP_IN_WORDS = re.compile(r"<(?:\d+:)?\d\d:\d\d\.\d{3}>")
_BLINK = 0.05  # seconds; nobody reads a cue so short: it is one of a rolling pair
_LEAST_GROWN = 2  # characters of a line that the next cue only lengthens


@dataclass(slots=True)
class _Cue:
    """Times in seconds; `lines` as they stand in the file. `block`: how many of them the last blank line had above it."""

    start: float
    end: float
    number: str = ""
    lines: list[str] = field(default_factory=list)
    block: int = 0
    was_blank: bool = False


def is_vtt(text: str) -> bool:
    """Whether it begins as a WebVTT file has to."""
    return bool(re.match(r"\s*WEBVTT(?:[ \t\r\n]|$)", text.lstrip("\ufeff")))


def is_srt(text: str) -> bool:
    """Whether it begins with a cue: a counter, which some leave out, and two times with an arrow between."""
    return bool(_FIRST_CUE.match(text[:400].lstrip("\ufeff").replace("\r\n", "\n").replace("\r", "\n")))


def read_cues(text: str) -> list[Said]:
    """What the cues of a WebVTT or SubRip file say, in their order, each line of rolling captions once."""
    text = text.lstrip("\ufeff")
    cues = list(_cues(_LINE_BREAK.split(text), vtt=is_vtt(text)))
    return list(_unrolled(cues, rolling=_rolls(text, cues)))


def _cues(lines: Sequence[str], *, vtt: bool) -> Iterator[_Cue]:
    """Every cue of the file. What stands outside of cues (header, notes, styles) is nobody's word."""
    cue: _Cue | None = None
    skipped = vtt  # the header goes on to the first blank line
    after_blank, above = True, ""
    for line in lines:
        if "->" in line and (times := _TIMING.fullmatch(line)):
            following = _Cue(_seconds(times[1]), _seconds(times[2]))
            following.number = _take_number(cue, vtt=vtt, after_blank=after_blank) if cue else above.strip()
            if cue is not None:
                yield cue
            cue, skipped, after_blank = following, False, False
            continue
        blank = not line.strip()
        if blank:
            skipped = False
            if cue is not None:
                cue.block, cue.was_blank = len(cue.lines), True
        elif vtt and after_blank and _NO_CUE.match(line):
            skipped = True
        elif cue is not None and not skipped:
            cue.lines.append(line)
        after_blank, above = blank, line
    if cue is not None:
        yield cue


def _take_number(cue: _Cue, *, vtt: bool, after_blank: bool) -> str:
    """The line right above the next cue's times, taken off this one when it is that one's counter or name."""
    if after_blank or not cue.lines:
        return ""
    last = cue.lines[-1].strip()
    alone = cue.was_blank and len(cue.lines) == cue.block + 1
    counts_on = last.isdecimal() and cue.number.isdecimal() and int(last) == int(cue.number) + 1
    if (alone and (vtt or last.isdecimal())) or (not alone and counts_on):
        return cue.lines.pop().strip()
    return ""


def _seconds(clock: str) -> float:
    *larger, seconds = clock.replace(",", ".").split(":")
    return float(seconds) + sum(int(part) * 60.0**power for power, part in enumerate(reversed(larger), 1))


def _said(cue: _Cue) -> list[Said]:
    """The lines of a cue, split where a voice span begins."""
    found: list[Said] = []
    speaker = ""
    for line in cue.lines:
        mark = _TURN_MARK.match(line)
        first, *rest = _VOICE.split(line[mark.end() :] if mark else line)
        if words := plain(first):
            found.append(turned(words, speaker) if speaker else Said(words, fresh=mark is not None))
        for name, spoken in zip(rest[::2], rest[1::2], strict=True):
            speaker = name or ""
            if words := plain(spoken):
                found.append(turned(words, speaker))
    return found


def _rolls(text: str, cues: Sequence[_Cue]) -> bool:
    """Whether these are captions of a machine, where a cue shows again what the one before it showed: stamped within
    the words, with cues too short to be read between the others, or with the word that is spoken underlined."""
    short = sum(cue.end - cue.start <= _BLINK for cue in cues)
    underlined = sum(any("<u>" in line for line in cue.lines) for cue in cues)
    return len(cues) > 1 and (
        bool(_STAMP_IN_WORDS.search(text)) or 4 * short >= len(cues) or 2 * underlined > len(cues)
    )


def _unrolled(cues: Sequence[_Cue], *, rolling: bool) -> Iterator[Said]:
    """The cues' lines without those that a cue takes over from the one before.

    Where captions do not roll, only a cue that begins before the last one ended can be its repetition: people say a
    thing twice, one after the other.
    """
    before: list[Said] = []
    ended = float("-inf")
    for cue in cues:
        lines = _said(cue)
        fresh = lines
        if lines and (rolling or cue.start < ended):
            fresh = _new(before, lines)
        yield from fresh
        before = lines or before
        ended = cue.end


def _new(before: Sequence[Said], lines: Sequence[Said]) -> list[Said]:
    """The lines that are not the last ones of `before`; of a line that only grew, what was added."""
    for count in range(min(len(before), len(lines)), 0, -1):
        if list(before[-count:]) == list(lines[:count]):
            return list(lines[count:])
    if before and len(before[-1].words) >= _LEAST_GROWN and before[-1].speaker == lines[0].speaker:
        old, new = before[-1].words, lines[0].words
        if new.startswith(old):
            return [Said(new[len(old) :].strip(), lines[0].speaker), *lines[1:]]
    return list(lines)
