"""Transcripts by example: every form, its quirks, and what is none. Properties: test_transcripts_properties.py."""

from __future__ import annotations

import json

import pytest

from sources.errors import LayoutChanged
from sources.transcripts import is_transcript, read_transcript

ROLLING = """WEBVTT
Kind: captions
Language: zh

00:00:00.160 --> 00:00:02.389 align:start position:0%
␠
灯塔<00:00:00.400><c> 它 不是</c><00:00:01.400><c> 给 船 看 的</c>

00:00:02.389 --> 00:00:02.399 align:start position:0%
灯塔 它 不是 给 船 看 的
␠

00:00:02.399 --> 00:00:05.000 align:start position:0%
灯塔 它 不是 给 船 看 的
它是<00:00:03.000><c> 给 岸上 的 人</c>

00:00:05.000 --> 00:00:05.010 align:start position:0%
它是 给 岸上 的 人
␠

00:00:05.010 --> 00:00:07.000 align:start position:0%
它是 给 岸上 的 人
看 的<00:00:06.000><c> 对 吧</c>
""".replace("␠", " ")


# -- WebVTT -----------------------------------------------------------------------------------------------------------


def test_a_voice_goes_on_until_the_next_one() -> None:
    """The podcast-namespace's own example marks only the changes."""
    vtt = (
        "WEBVTT\n\n00:00.179 --> 00:02.399\n<v 林雀生> When you first\nget started\n\n"
        "00:02.400 --> 00:04.799\nyou make mistakes.\n\n00:05.000 --> 00:06.000\n<v.loud Sarah Wu>Good <i>audio</i>.</v> <v 林雀生>Yes.\n"
    )
    assert read_transcript(vtt) == [
        "林雀生：When you first get started you make mistakes.",
        "Sarah Wu：Good audio.",
        "林雀生：Yes.",
    ]


def test_header_notes_styles_names_of_cues_and_settings_are_nobodys_words() -> None:
    vtt = (
        "\ufeffWEBVTT - 标题\r\nX-TIMESTAMP-MAP=LOCAL:00:00:00.000\r\n\r\nSTYLE\r\n::cue(v) { color: red }\r\n\r\n"
        "REGION\r\nid:bill\r\n\r\nNOTE\r\n机器生成\r\n未经校对\r\n\r\nintro-1\r\n00:00:01.000 --> 00:00:02.000 line:0 align:end\r\n"
        "开场\r\n\r\n2\r\n00:00:02.000 --> 00:00:03.000\r\nNOTE 这个词也能说\r\n"
    )
    assert read_transcript(vtt) == ["开场 NOTE 这个词也能说"]
    between = "WEBVTT\n\n00:01.000 --> 00:02.000\n开场\n\nNOTE 第二段从这里\n开始\n\n00:02.000 --> 00:03.000\n再见\n"
    assert read_transcript(between) == ["开场 再见"]


def test_the_first_minute_without_a_colon() -> None:
    """As a service for captions writes it: 0.860 up to the first minute, 01:00.120 after it."""
    vtt = (
        "WEBVTT\n\n0.860 --> 7.380\n第一句。\n\n59.900 --> 01:00.120\n第二句。\n\n01:00.120 --> 1:00:00.000\n第三句。\n"
    )
    assert read_transcript(vtt) == ["第一句。第二句。第三句。"]


def test_entities_and_readings() -> None:
    vtt = "WEBVTT\n\n00:01.000 --> 00:02.000\nR&amp;D &lt;b&gt;&nbsp;<ruby>海雀<rt>hǎi què</rt></ruby>&lrm; 5 < 6\n"
    assert read_transcript(vtt) == ["R&D <b> 海雀 5 < 6"]


def test_rolling_captions_are_said_once() -> None:
    assert read_transcript(ROLLING) == ["灯塔 它 不是 给 船 看 的 它是 给 岸上 的 人 看 的 对 吧"]


def test_times_within_the_words_tell_rolling_captions_too() -> None:
    vtt = (
        "WEBVTT\n\n00:01.000 --> 00:02.000\n灯<00:00:01.500><c> 灭 了</c>\n\n"
        "00:02.000 --> 00:03.000\n灯 灭 了\n谁<00:00:02.500><c> 关 的</c>\n"
    )
    assert read_transcript(vtt) == ["灯 灭 了 谁 关 的"]


def test_rolling_captions_turned_into_subrip() -> None:
    srt = "".join(
        f"{number}\n{times}\n{words}\n\n"
        for number, (times, words) in enumerate(
            [
                ("00:00:00,160 --> 00:00:02,389", "第一行"),
                ("00:00:02,389 --> 00:00:02,399", "第一行\n "),
                ("00:00:02,399 --> 00:00:05,000", "第一行\n第二行"),
                ("00:00:05,000 --> 00:00:05,010", "第二行\n "),
                ("00:00:05,010 --> 00:00:07,000", "第二行\n第二行"),
            ],
            1,
        )
    )
    assert read_transcript(srt) == ["第一行 第二行 第二行"]


def test_captions_that_grow_word_by_word_while_they_are_shown() -> None:
    vtt = (
        "WEBVTT\n\n00:01.000 --> 00:04.000\n今天 的\n\n00:02.000 --> 00:04.000\n今天 的 嘉宾\n\n"
        "00:03.000 --> 00:04.000\n今天 的 嘉宾 是\n\n00:04.000 --> 00:06.000\n今天 的\n"
    )
    assert read_transcript(vtt) == ["今天 的 嘉宾 是 今天 的"]


def test_the_spoken_word_underlined() -> None:
    vtt = "WEBVTT\n\n" + "".join(
        f"00:0{at}.000 --> 00:0{at + 1}.000\n{line}\n\n"
        for at, line in enumerate(["<u>灯</u> 灭 了", "灯 <u>灭</u> 了", "灯 灭 <u>了</u>"])
    )
    assert read_transcript(vtt) == ["灯 灭 了"]


def test_what_is_said_twice_stays_twice() -> None:
    vtt = "WEBVTT\n\n00:01.000 --> 00:02.000\n<v 甲>对。\n\n00:02.000 --> 00:03.000\n<v 甲>对。\n\n00:02.500 --> 00:03.500\n<v 乙>对。\n"
    assert read_transcript(vtt) == ["甲：对。对。", "乙：对。"]


# -- SubRip -----------------------------------------------------------------------------------------------------------


def test_subrip_with_markup_and_missing_blank_lines() -> None:
    srt = (
        '1\n00:00:00,160 --> 00:00:02,389\n<font color="#ffffff">大家好</font>\n'
        "2\n00:00:02,389 --> 00:00:02,999\n3\n3\n00:00:04,389 --> 00:00:05,999\n{\\an8}我是小江\n\n\n好的\n"
    )
    assert read_transcript(srt) == ["大家好 3 我是小江 好的"]


def test_names_in_front_of_the_words() -> None:
    srt = (
        "1\n00:00:01,000 --> 00:00:02,000\n小潮：欢迎收听，\n\n2\n00:00:02,000 --> 00:00:03,000\n我们开始。\n\n"
        "3\n00:00:03,000 --> 00:00:04,000\n[SPEAKER_01]: Thanks\n\n4\n00:00:04,000 --> 00:00:05,000\n小潮：请讲。\n\n"
        "5\n00:00:05,000 --> 00:00:06,000\n[SPEAKER_01]: Well, one thing\n\n6\n00:00:06,000 --> 00:00:07,000\n我发现一件事：灯灭了\n"
    )
    assert read_transcript(srt) == [
        "小潮：欢迎收听，我们开始。",
        "SPEAKER_01：Thanks",
        "小潮：请讲。",
        "SPEAKER_01：Well, one thing 我发现一件事：灯灭了",
    ]


def test_marks_of_a_change_of_speaker() -> None:
    srt = "1\n00:00:01,000 --> 00:00:02,000\n- 你来了？\n- 来了。\n\n2\n00:00:02,000 --> 00:00:03,000\n&gt;&gt; 坐。\n"
    assert read_transcript(srt) == ["你来了？", "来了。", "坐。"]


# -- JSON -------------------------------------------------------------------------------------------------------------


def test_segments_of_the_podcast_namespace() -> None:
    told = {
        "version": "1.0.0",
        "segments": [
            {"speaker": "Ada", "startTime": 0.5, "endTime": 0.7, "body": "I"},
            {"speaker": "Ada", "startTime": 1, "endTime": 1.2, "body": "am"},
            {"speaker": "Ada", "startTime": 2.2, "endTime": 2.5, "body": "here.\n"},
            {"startTime": 2.6, "body": "Still &amp; always."},
            {"speaker": 1, "startTime": 3, "body": "<i>No</i>"},
            {"speaker": "", "startTime": 4, "body": ""},
        ],
    }
    assert read_transcript(json.dumps(told)) == ["Ada：I am here. Still & always.", "Speaker 1：No"]
    assert is_transcript(json.dumps(told))


def test_segments_of_machines() -> None:
    whisper = {
        "text": "灯灭了。",
        "segments": [{"id": 0, "start": 0.0, "end": 1.0, "text": " 灯灭了。"}],
        "language": "zh",
    }
    assert read_transcript(json.dumps(whisper)) == ["灯灭了。"]
    refined = {
        "segments": [{"start_ms": 0, "end_ms": 9, "text": "杨 直 霖"}, {"start_ms": 9, "end_ms": 12, "text": "A I"}]
    }
    assert read_transcript(json.dumps(refined)) == ["杨 直 霖 A I"]
    assert read_transcript('[{"start": 1, "text": "甲"}, {"start": 2, "text": "乙"}]') == ["甲 乙"]


@pytest.mark.parametrize(
    "told",
    [
        '{"error": "not found"}',
        '{"version": "1.0.0", "segments": []}',
        '{"segments": [{"startTime": 1, "title": "章节一"}, {"startTime": 2, "title": "章节二"}]}',  # chapters
        '[{"id": 1, "text": "文章一", "url": "https://x.example/1"}, {"id": 2, "text": "文章二"}]',
        '{"segments": {"body": "x"}}',
        '{"segments": [',
        "[]",
    ],
)
def test_other_json_is_none(told: str) -> None:
    assert not is_transcript(told)
    with pytest.raises(LayoutChanged):
        read_transcript(told, "application/json")


# -- HTML -------------------------------------------------------------------------------------------------------------


def test_html_of_the_podcast_namespace() -> None:
    html = (
        "<time>0:00</time><p>先说一句。</p><cite>小潮：</cite><time>0:09</time><p>这条船叫什么？</p>"
        "<cite>船东:</cite>\n<p>海雀号&nbsp;&amp;&nbsp;山雀号。</p><p><cite>小潮</cite> <time>1:00</time> 好。</p>"
    )
    assert read_transcript(html, "text/html; charset=utf-8") == [
        "先说一句。",
        "小潮：这条船叫什么？",
        "船东：海雀号 & 山雀号。",
        "小潮：好。",
    ]
    assert not is_transcript(html)
    elsewhere = "".join(
        f"<div><cite>小潮：</cite> <time>0:0{n}</time> <span>第{n}句在段落之外。</span></div>" for n in range(3)
    )
    assert read_transcript(elsewhere, "text/html") == ["小潮：第0句在段落之外。第1句在段落之外。第2句在段落之外。"]


def test_html_dialogue_and_html_prose() -> None:
    turns = "".join(f"<p>小潮：第{n}个问题是什么？</p><p>船东：这是第{n}个回答。</p>" for n in range(1, 4))
    assert read_transcript(f"<html><body>{turns}</body></html>", "text/html")[:2] == [
        "小潮：第1个问题是什么？",
        "船东：这是第1个回答。",
    ]
    prose = "<p>" + "我们在海上漂了三天，灯一直没有亮。" * 15 + "</p>"
    assert read_transcript(prose, "text/html") == ["我们在海上漂了三天，灯一直没有亮。" * 15]
    with pytest.raises(LayoutChanged):  # what calls itself captions and is a page is no transcript
        read_transcript(prose, "text/vtt")


@pytest.mark.parametrize(
    "html",
    [
        "<!DOCTYPE html><html><head><title>404</title></head><body><h1>页面不存在</h1></body></html>",
        "<html><body><nav><a href='/'>首页</a></nav><p>"
        + "我们是一家播客公司，做很多节目。" * 20
        + "</p></body></html>",
        "<html><body>"
        + "".join(f"<a href='/{n}'>第{n}期：一个很长很长的标题，讲很多事。</a>" for n in range(30))
        + "</body></html>",
        "<html><body><form><input name='password'></form>请登录后查看文字稿。</body></html>",
        "<?xml version='1.0'?><Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>",
        "<html></html>",
    ],
)
def test_other_pages_are_none_whatever_they_call_themselves(html: str) -> None:
    for kind in ("text/html", "text/vtt", "text/plain", "application/json", ""):
        with pytest.raises(LayoutChanged):
            read_transcript(html, kind)


# -- lines with times, plain text -------------------------------------------------------------------------------------


def test_lines_with_times_in_brackets() -> None:
    text = (
        "# 和方知行聊灯塔\n\n> 机器稿，未经核听\n\n[00:00:01] 想象一座灯塔，  \n[00:00:09] 它 亮 了 一百年。  \n"
        "## 第二段\n[00:00:13] 我觉得\n接着说的话。\n"
    )
    assert is_transcript(text)
    assert read_transcript(text) == ["想象一座灯塔，它 亮 了 一百年。我觉得 接着说的话。"]
    ranges = "[00:00.000 --> 00:02.000]  第一句\n[00:02.000 --> 00:04.500]  第二句\n[00:04.500 --> 00:07.000]  第三句\n"
    assert read_transcript(ranges) == ["第一句 第二句 第三句"]


def test_names_and_times_above_the_words() -> None:
    text = "Ada Wong (00:01):\nHello there.\n\n小潮 (00:04):\n你好，我很好。\n\nAda Wong (00:06):\nGood.\n"
    assert read_transcript(text) == ["Ada Wong：Hello there.", "小潮：你好，我很好。", "Ada Wong：Good."]


def test_bare_times_and_the_names_above_that_machines_export() -> None:
    bare = "00:00:01 灯塔是去年关的\n00:00:05 那天风很大\n00:00:09 你还记得吗，我 12:30 到的\n"
    assert read_transcript(bare, "text/plain") == ["灯塔是去年关的 那天风很大 你还记得吗，我 12:30 到的"]
    above = "发言人 1   00:15\n大家好，欢迎收听。\n\n老叶 00:21\n你好，我守灯塔。\n还养了一只海雀。\n\n发言人 1   00:30\n多大了？\n"
    assert read_transcript(above, "text/plain") == [
        "发言人 1：大家好，欢迎收听。",
        "老叶：你好，我守灯塔。还养了一只海雀。",
        "发言人 1：多大了？",
    ]


def test_a_table_of_contents_is_no_transcript() -> None:
    """Shownotes name the minute of each topic; nobody talks that slowly."""
    notes = "本期话题\n" + "".join(f"[{9 * n:02}:14] 第{n}个话题：灯塔的故事\n" for n in range(8))
    assert not is_transcript(notes)
    with pytest.raises(LayoutChanged):
        read_transcript(notes)


def test_plain_text_is_believed_only_when_it_is_called_so_and_long() -> None:
    line = "小潮：灯塔是什么时候关的？\n老叶：去年冬天，我记得那天风很大。\n"
    said = ["小潮：灯塔是什么时候关的？", "老叶：去年冬天，我记得那天风很大。"] * 10
    assert read_transcript(line * 10, "text/plain; charset=utf-8") == said
    for text, kind in (
        (line * 10, "audio/mpeg"),
        (line * 10, ""),
        ("404: Not Found", "text/plain"),
        ("", "text/plain"),
    ):
        with pytest.raises(LayoutChanged):
            read_transcript(text, kind)


def test_paragraphs_of_a_length_to_read() -> None:
    srt = "".join(f"{n}\n00:{n // 60:02}:{n % 60:02},000 --> 00:{n // 60:02}:{n % 60:02},900\n小潮：这是第{n:03}句话，讲了一件很小的事情。\n\n" for n in range(1, 101))  # fmt: skip
    lines = read_transcript(srt)
    assert lines[0].startswith("小潮：这是第001句话") and sum(line.startswith("小潮：") for line in lines) == 1
    assert all(190 <= len(line) <= 450 for line in lines[:-1])
    assert "".join(lines).count("很小的事情") == 100
    unmarked = "WEBVTT\n\n" + "".join(
        f"00:{n:02}.000 --> 00:{n:02}.900\n没有 标点 的 一 行 机器 字幕\n\n" for n in range(60)
    )
    assert [len(line) <= 450 for line in read_transcript(unmarked)] == [True, True, True]


@pytest.mark.parametrize(
    "empty", ["WEBVTT", "WEBVTT\n\nNOTE nothing\n", "WEBVTT\n\n00:01.000 --> 00:02.000\n\n", "", "\ufeff"]
)
def test_a_transcript_without_words_is_none(empty: str) -> None:
    with pytest.raises(LayoutChanged, match="no spoken words"):
        read_transcript(empty, "text/vtt")


@pytest.mark.parametrize(
    "text",
    [
        "WEBVTTX\n\n",
        "12:30 --> 13:00 开会\n",
        "1\n我是第一行\n2\n",
        "他说：“好。”",
        "[链接] 文字\n" * 5,
        "{}",
        "# 标题\n\n正文。",
    ],
)
def test_other_texts_have_not_the_shape(text: str) -> None:
    assert not is_transcript(text)
