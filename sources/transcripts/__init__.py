"""Transcripts of spoken words → paragraphs: WebVTT, SubRip, JSON, HTML, plain text, lines with a time in front.

Machine transcripts put spaces between words and write names by sound. They are left as they are; that an article is of
kind `transcript` is what tells the scan to read it so.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from sources.errors import LayoutChanged
from sources.guard import typed_errors
from sources.jsontext import read_json
from sources.transcripts.cues import is_srt, is_vtt, read_cues
from sources.transcripts.others import is_stamped, read_page, read_plain, read_segments, read_stamped, segments_in
from sources.transcripts.turns import Said, paragraphs_of

_JSON = re.compile(r"[\ufeff\s]*[{\[]")
_MARKUP = re.compile(r"[\ufeff\s]*<(?:!|/?[A-Za-z])")
_XML = re.compile(r"[\ufeff\s]*<\?xml\b")


def is_transcript(text: str) -> bool:
    """Whether a text has the shape of a transcript: WEBVTT, SubRip, JSON with timed segments, `[00:01:02] words` lines.

    Web pages and plain texts never do; only who names them can know.
    """
    return is_vtt(text) or is_srt(text) or bool(_segments(text)) or is_stamped(text)


def read_transcript(text: str, content_type: str = "") -> list[str]:
    """The paragraphs of a transcript, `name：words` where a turn begins; no times, counters, markup, repetitions.

    The text's shape decides; `content_type` is asked where it has none: web pages and plain texts are read only when
    it calls them so. Raises LayoutChanged for everything that holds no spoken words (an error page, a notice, a file
    of another kind), Broken for what trips its reader, and nothing else.
    """
    with typed_errors("the transcript"):
        lines = paragraphs_of(_said(text, content_type.lower()))
        if not lines:
            raise LayoutChanged("no spoken words where a transcript should be: look at its address in a browser")
        return lines


def looks_like_page(text: str) -> bool:
    """Whether a text is markup: a transcript in HTML, or an error page in its place."""
    return bool(_MARKUP.match(text) or _XML.match(text))


def _said(text: str, content_type: str) -> Iterable[Said]:
    if is_vtt(text) or is_srt(text):
        return read_cues(text)
    if looks_like_page(text):
        return read_page(text) if "html" in content_type and not _XML.match(text) else ()
    if (stamped := read_stamped(text)) is not None:
        return stamped
    if _JSON.match(text):
        return read_segments(_segments(text))
    return read_plain(text) if content_type.startswith("text/plain") else ()


def _segments(text: str) -> list[dict[str, object]]:
    """The segments of a transcript in JSON; empty for everything else."""
    if not _JSON.match(text):
        return []
    try:
        return [dict(row) for row in segments_in(read_json(text.lstrip("\ufeff")))]
    except (ValueError, RecursionError):
        return []
