"""Transcripts that are no captions: segments in JSON, lines with a time in front, web pages, plain text.

Facts: podcast-namespace, transcripts (JSON `segments`, HTML with cite, time and p). Machines' own files are of the same
make: `segments` with `start` and `text`, `[00:01:02] words` a line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sources.blocks import matching, paragraphs, parse_html, text_of
from sources.speakers import label_of, speakers
from sources.transcripts.turns import Said, plain, turned

_WORDS = ("body", "text", "transcript")
_TIME_KEYS = ("start", "begin", "offset", "end", "time")  # how they begin: startTime, start_ms
_SPEAKERS = ("speaker", "speakerName", "speaker_name")

_STAMP = r"(?:(?P<h>\d{1,3}):)?(?P<m>\d{1,2}):(?P<s>\d{2})(?:[.,]\d{1,3})?(?:\s*-{1,3}>?\s*[\d:.,]{4,12})?"
_STAMPED = re.compile(
    rf"[\s>*_-]{{0,6}}(?P<name>[^\[\]()（）【】:：]{{0,30}}?)\s{{0,4}}[*_]{{0,3}}[\[(（【]{_STAMP}[\])）】][*_]{{0,3}}\s*[:：]?\s*(?P<words>.*)"
)
_BARE = re.compile(rf"\s*(?P<name>){_STAMP}(?=\s|$)\s*(?P<words>.*)")
_ABOVE = re.compile(rf"\s*(?P<name>[^\[\]()（）【】:：]{{1,30}}?)\s{{1,9}}{_STAMP}(?P<words>)")  # 发言人 1   00:15
_HEADING = re.compile(r"\s*(?:#{1,6}\s|-{3,}\s*$|={3,}\s*$)")
_SEEN = 400  # lines of which the shape of a text is judged
_FEWEST = 3  # stamps; two can stand in any text
_LEAST_STAMPED = 0.4  # of the lines; the words may stand in a line of their own below
_LEAST_SPEED = 1.0  # characters a second: people say four and more; a table of contents has one in ten seconds

_FURNITURE = "nav, form, header, footer, aside, iframe, input"
_LEAST_PROSE = 200  # characters of a text without speakers and times: shorter ones are notices
_MOST_LINKED = 0.1
_MOST_CITED = 0.7  # of a page's characters stand in its paragraphs and cites, when these hold the whole transcript


def segments_in(value: Any) -> list[dict[str, Any]]:
    """The segments of a transcript in JSON, whoever made it; empty when it is something else."""
    rows = (value.get("segments") or value.get("utterances")) if isinstance(value, dict) else value
    if not isinstance(rows, list) or not rows:
        return []
    found = [row for row in rows if isinstance(row, dict) and any(isinstance(row.get(key), str) for key in _WORDS)]
    timed = sum(any(str(key).lower().startswith(_TIME_KEYS) for key in row) for row in found)
    return found if 2 * timed >= len(rows) else []


def read_segments(rows: Sequence[Mapping[str, Any]]) -> Iterator[Said]:
    """What the segments say; `speaker` is a name or a number."""
    for row in rows:
        words = plain(next(row[key] for key in _WORDS if isinstance(row.get(key), str)))
        named = next((row[key] for key in _SPEAKERS if isinstance(row.get(key), str | int)), "")
        yield Said(words) if isinstance(named, bool) else turned(words, str(named))


def is_stamped(text: str) -> bool:
    """Whether the lines begin with times in brackets as close together as people talk."""
    return _is_stamped(text, _STAMPED)


def read_stamped(text: str) -> list[Said] | None:
    """What lines with a time in front say, those without one going on; None when the lines are not of that kind.

    What stands above the first time, and headings, are nobody's word.
    """
    form = next((form for form in (_STAMPED, _BARE, _ABOVE) if _is_stamped(text, form)), None)
    if form is None:
        return None
    found: list[Said] = []
    begun = False
    for line in text.splitlines():
        if match := _stamp(line, form):
            begun = True
            found.append(turned(plain(match["words"]), match["name"]) if match["name"] else Said(plain(match["words"])))
        elif begun and line.strip() and not _HEADING.match(line):
            # Name and time may have a line of their own above the words.
            waiting = found.pop() if found and not found[-1].words else Said("")
            found.append(Said(plain(line), waiting.speaker))
    return found


def read_page(html: str) -> list[Said]:
    """What a web page says that is a transcript; empty for any other: an error page, a front page, an article list."""
    tree = parse_html(html)
    body = tree.body
    if body is None:
        return []
    lines = paragraphs(body, matching(body, ("time",)))
    length = sum(map(len, lines))
    cites = len(body.css("cite"))
    if cites >= 2 or (cites and body.css_first("time") is not None):
        named = _cited(body)
        if sum(len(one.words) + len(one.speaker) for one in named) >= _MOST_CITED * length:
            return named
    said = [Said(line) for line in lines]
    if body.css_first("time") is not None and body.css_first(_FURNITURE) is None:
        return said
    if speakers("\n".join(lines)):
        return said
    linked = sum(len(text_of(link)) for link in body.css("a"))
    prose = length >= _LEAST_PROSE and linked <= _MOST_LINKED * length and body.css_first(_FURNITURE) is None
    return said if prose and _is_prose(lines) else []


def read_plain(text: str) -> list[Said]:
    """What a plain text says; empty when it is too short to be anything but a notice."""
    lines = [line for raw in text.splitlines() if (line := plain(raw))]
    return [Said(line) for line in lines] if sum(map(len, lines)) >= _LEAST_PROSE and _is_prose(lines) else []


def _cited(body: Any) -> list[Said]:
    found: list[Said] = []
    speaker = ""
    for node in body.css("cite, p"):
        if node.tag == "cite":
            speaker = text_of(node)
        elif words := text_of(node, matching(node, ("time", "cite"))):
            inside = node.css_first("cite")
            found.append(turned(words, text_of(inside) if inside is not None else speaker))
            speaker = ""
    return found


def _stamp(line: str, form: re.Pattern[str]) -> re.Match[str] | None:
    match = form.fullmatch(line.strip())
    if match is None or (match["name"] and not label_of(f"{match['name'].strip()}: x")):
        return None
    return match


def _is_stamped(text: str, form: re.Pattern[str]) -> bool:
    lines = [line for line in text[:200_000].splitlines() if line.strip()][:_SEEN]
    stamps = [(at, match) for at, line in enumerate(lines) if (match := _stamp(line, form))]
    if len(stamps) < _FEWEST or len(stamps) < _LEAST_STAMPED * len(lines):
        return False
    times = [int(one["h"] or 0) * 3600 + int(one["m"]) * 60 + int(one["s"]) for _, one in stamps]
    first, last = stamps[0][0], stamps[-1][0]
    return sum(map(len, lines[first:last])) >= _LEAST_SPEED * (max(times) - min(times))


def _is_prose(lines: Sequence[str]) -> bool:
    return sum(bool(re.search(r"[。！？!?，,]|\.(?:\s|$)", line)) for line in lines) * 3 >= len(lines)
