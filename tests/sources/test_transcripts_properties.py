"""Transcripts by property: no spoken word is lost or said twice, no time gets into the text, no input breaks a reader."""

from __future__ import annotations

import contextlib
import html
import json
import re
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sources.errors import FetchError
from sources.transcripts import is_transcript, read_transcript

SPEAKERS = ("张小珺", "方知行", "Ada Wong", "")
NAMED = re.compile(r"(?:张小珺|方知行|Ada Wong)[:：]\s?")

word = st.one_of(
    st.text("灯塔海雀山风船人我你他是的了一二abcXYZ0189，。！？…'’&", min_size=1, max_size=8),
    st.sampled_from(["NOTE", "STYLE", "WEBVTT", "1", "2", "3", "R&D", "…", "A I", "segments"]),
)
turn = st.tuples(st.sampled_from(SPEAKERS), st.lists(word, min_size=1, max_size=9))
talk = st.lists(turn, min_size=1, max_size=14)
Talk = list[tuple[str, list[str]]]


def letters(text: str) -> str:
    """The letters and digits in their order: punctuation is no word."""
    return "".join(re.findall(r"[^\W_]", text))


def spoken(said: Talk) -> str:
    return letters("".join(one for _, words in said for one in words))


def read(text: str, content_type: str = "") -> str:
    return letters(NAMED.sub("", "\n".join(read_transcript(text, content_type))))


def wrapped(words: list[str], width: int) -> str:
    return "\n".join(" ".join(words[at : at + width]) for at in range(0, len(words), width))


def clock(seconds: int, mark: str) -> str:
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}{mark}250"


def cues(said: Talk, mark: str, body: Any, *, numbered: bool) -> str:
    return "".join(
        (f"{at}\n" if numbered else "") + f"{clock(2 * at, mark)} --> {clock(2 * at + 2, mark)}\n{body(who, words)}\n\n"
        for at, (who, words) in enumerate(said, 1)
    )


@given(talk, st.integers(1, 4), st.booleans())
@example([("", ["一"])] * 6, 1, False)
@example([("", ["1"]), ("", ["2"]), ("", ["3"])], 1, True)
def test_every_word_of_a_webvtt_file(said: Talk, width: int, numbered: bool) -> None:
    def body(who: str, words: list[str]) -> str:
        escaped = wrapped([html.escape(f"{one}", quote=False) for one in words], width)
        return f"<v {who}>{escaped}</v>" if who else escaped

    vtt = "WEBVTT\n\n" + cues(said, ".", body, numbered=numbered)
    assert is_transcript(vtt)
    if spoken(said):
        assert read(vtt) == spoken(said)
        assert not re.search(r"\d:\d|-->", "\n".join(read_transcript(vtt)))


@given(talk, st.integers(1, 4))
@example([("", ["2"]), ("", ["3"])], 1)
def test_every_word_of_a_subrip_file(said: Talk, width: int) -> None:
    srt = cues(said, ",", lambda who, words: (f"{who}: " if who else "") + wrapped(words, width), numbered=True)
    assert is_transcript(srt)
    if spoken(said):
        assert read(srt) == spoken(said)


@given(talk)
def test_every_word_of_a_json_file(said: Talk) -> None:
    rows = [
        {"speaker": who, "startTime": at, "endTime": at + 1.5, "body": " ".join(words)}
        for at, (who, words) in enumerate(said)
    ]
    text = json.dumps({"version": "1.0.0", "segments": rows})
    assert is_transcript(text)
    if spoken(said):
        assert read(text, "application/json") == spoken(said)


@given(talk)
def test_every_word_of_an_html_file(said: Talk) -> None:
    """With a name before each turn, as the podcast-namespace asks for."""
    named = [(who or "方知行", words) for who, words in said]
    page = "".join(
        f"<cite>{who}:</cite>\n<time>{at}:00</time>\n<p>{html.escape(' '.join(words))}</p>\n"
        for at, (who, words) in enumerate(named)
    )
    if spoken(said):
        assert read(page, "text/html") == spoken(said)


@given(talk)
def test_the_speaker_stands_before_every_turn(said: Talk) -> None:
    """As many names as there are changes of speaker, in their order."""
    rows = [{"speaker": who, "startTime": 1, "body": " ".join(["嗯", *words])} for who, words in said if who]
    if not rows:
        return
    lines = read_transcript(json.dumps({"segments": rows}))
    changes = [row["speaker"] for before, row in zip([{"speaker": ""}, *rows], rows, strict=False) if row != before and row["speaker"] != before["speaker"]]  # fmt: skip
    assert [match[0].rstrip("：: ") for line in lines if (match := NAMED.match(line))] == changes


@given(
    st.lists(st.lists(st.text("灯塔海雀abc12", min_size=1, max_size=6), min_size=1, max_size=5), min_size=2, max_size=9)
)
def test_rolling_captions_say_every_line_once(lines: list[list[str]]) -> None:
    """As a video site writes its automatic captions: the line before, then the new one with times in it, then a blink."""
    text, start = "WEBVTT\nKind: captions\n\n", 1
    for at, words in enumerate(lines):
        before = " ".join(lines[at - 1]) if at else " "
        stamped = words[0] + "".join(f"<00:00:{start:02}.500><c> {one}</c>" for one in words[1:])
        stamped += "" if words[1:] else f"<00:00:{start:02}.900>"
        text += f"00:00:{start:02}.010 --> 00:00:{start + 2:02}.000 align:start\n{before}\n{stamped}\n\n"
        text += f"00:00:{start + 2:02}.000 --> 00:00:{start + 2:02}.010\n{' '.join(words)}\n \n\n"
        start += 2
    assert read(text) == letters("".join(one for words in lines for one in words))


anything = st.one_of(
    st.text(max_size=300),
    st.builds(
        "".join,
        st.lists(
            st.one_of(
                st.sampled_from(
                    [
                        *(
                            "WEBVTT\n",
                            "\n\n",
                            "NOTE",
                            "STYLE\n",
                            "\n1\n",
                            "00:00:01.000 --> 00:00:02.000\n",
                            "9:9,9-->1:1\n",
                        ),
                        *(
                            "99999:99:99.999999 --> 00:01\n",
                            "<v ",
                            "<v A>",
                            "</v>",
                            "<00:00:01.000>",
                            "&amp;",
                            "&#xD800;",
                            ">> ",
                        ),
                        *(
                            "[00:00:01] ",
                            "\n[99:99:99] x",
                            "(1:02)",
                            "{\\an8}",
                            '{"segments":[',
                            '{"body":"x","start":1}',
                            "]}",
                        ),
                        *(
                            "<cite>",
                            "</cite>",
                            "<p>",
                            "<time>",
                            "<html>",
                            "<?xml ?>",
                            "张三：",
                            "Q: ",
                            "\ufeff",
                            "\x00",
                            "\ud800",
                        ),
                        *("١:٢٣.٤", "²", "1" * 5000),
                    ]
                ),
                st.text(max_size=12),
            ),
            max_size=24,
        ),
    ),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["segments", "body", "text", "speaker", "startTime", "start", "x"]), inner, max_size=4
            )
        ),
        max_leaves=12,
    ).map(json.dumps),
)


@given(
    anything,
    st.sampled_from(["", "text/vtt", "text/html", "text/plain", "application/json", "application/x-subrip", "x"]),
)
def test_no_text_brings_anything_but_typed_errors(text: str, content_type: str) -> None:
    assert is_transcript(text) in (True, False)
    try:
        lines = read_transcript(text, content_type)
    except FetchError:
        return
    assert lines and all(line.strip() and "\n" not in line for line in lines)


@pytest.mark.parametrize(
    "unit",
    [
        " ",
        "<v ",
        "<v  ",
        "<rt",
        "<b ",
        "[",
        "[00:",
        "(",
        "[00:01] ",
        "1\n",
        "-->",
        "9:9 --> ",
        ":",
        "：",
        "张三：",
        "&",
        "&#",
        "。”",
        "\n",
        "> ",
        "* ",
    ],
)
def test_no_text_takes_long(unit: str) -> None:
    """A long text that repeats what the patterns begin with."""
    for head in ("", "WEBVTT\n\n00:01.000 --> 00:02.000\n", "1\n00:00:01,000 --> 00:00:02,000\n", "[00:00:01] x\n"):
        text = head + unit * (200_000 // len(unit))
        began = time.process_time()
        is_transcript(text)
        for kind in ("text/plain", "text/html"):
            with contextlib.suppress(FetchError):
                read_transcript(text, kind)
        assert time.process_time() - began < 8


def test_no_saved_page_and_no_seed_has_the_shape(shared: Path) -> None:
    files = [*sorted((shared / "pages").rglob("*.*")), *sorted((shared / "seeds").iterdir())]
    assert len(files) > 50
    assert [path.name for path in files if is_transcript(path.read_bytes().decode("utf-8", "ignore"))] == []
