"""Messages: what a person reads, nothing that acts, nothing too long, nothing left out."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flows.channels.message import Form, Limit, Severity, Unit
from flows.channels.render import Language, render
from flows.channels.text import clean, clip, neutral, safe_url
from warehouse.alertviews import AlertView

SHANGHAI = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)  # 16:00 in Shanghai

TERMINAL = Limit(1_000_000, form="terminal")
TEXT = Limit(20_000)
MARKDOWN = Limit(20_000, form="markdown")


def view(**changes: Any) -> AlertView:
    whole = AlertView(
        alert_id="a1", entity_id="company:星河智能", name="星河智能", rule="desk", channel="desk", story_id="s1",
        article_id="36kr:1", title="星河智能发布新模型", outlet="36氪", url="https://36kr.com/p/1",
        published_at=datetime(2026, 11, 20, 6, 5, tzinfo=UTC), precision="minute", how="name", confidence=0.98,
        surface="星河智能", sentence="星河智能创始人林晚舟说，新模型会开源。",
    )  # fmt: skip
    return replace(whole, **changes)


def lin(**changes: Any) -> AlertView:
    return view(**{"alert_id": "a2", "entity_id": "person:林晚舟", "name": "林晚舟", "surface": "林晚舟"} | changes)


def bodies(*views: AlertView, limit: Limit = TERMINAL, language: Language = "zh", digest: str = "") -> list[str]:
    told = render(views, limit, language=language, timezone=SHANGHAI, now=NOW, digest=digest)
    return [message.body for message in told]


# What a person reads


def test_one_story_with_two_names() -> None:
    assert bodies(view(), lin()) == [
        "【星河智能 · 林晚舟】星河智能发布新模型 — 36氪 14:05\n"
        "「星河智能」创始人「林晚舟」说，新模型会开源。\n"
        "https://36kr.com/p/1"
    ]


def test_names_are_bold_in_markdown() -> None:
    (body,) = bodies(view(), lin(), limit=MARKDOWN)
    assert body.splitlines()[1] == "**星河智能**创始人**林晚舟**说，新模型会开源。"


def test_a_doubtful_name_is_said_to_be_doubtful() -> None:
    (body,) = bodies(lin(how="homophone", confidence=0.72, surface="林 万 周", sentence="林 万 周 说会开源。"))
    assert body.splitlines()[1:3] == ["「林 万 周」 说会开源。", "林晚舟：疑似，同音「林 万 周」，把握 72%"]


def test_an_alias_is_named() -> None:
    (body,) = bodies(view(how="alias", confidence=0.95, surface="星河", sentence="星河的新模型。"))
    assert body.splitlines()[2] == "星河智能：别名「星河」，把握 95%"


def test_in_english() -> None:
    (body,) = bodies(
        view(how="near", confidence=0.5, surface="星何智能", sentence="星何智能。", other_outlets=("虎嗅", "ZAKER")),
        language="en",
    )
    assert body.splitlines() == [
        "【星河智能】星河智能发布新模型 — 36氪 14:05",
        "「星何智能」。",
        "星河智能: doubtful: nearly written so, “星何智能”, 50% sure",
        "Also: 虎嗅, ZAKER",
        "https://36kr.com/p/1",
    ]


def test_other_outlets_of_the_story() -> None:
    assert "另见：虎嗅、ZAKER" in bodies(view(other_outlets=("虎嗅", "ZAKER")))[0]
    many = tuple(f"报{i}" for i in range(9))
    assert "另见：报0、报1、报2、报3、报4 等 9 个" in bodies(view(other_outlets=many))[0]


@pytest.mark.parametrize(
    ("published_at", "precision", "shown"),
    [
        (datetime(2026, 11, 20, 6, 5, tzinfo=UTC), "minute", " — 36氪 14:05"),
        (datetime(2026, 11, 19, 15, 59, tzinfo=UTC), "minute", " — 36氪 11-19 23:59"),
        (datetime(2026, 11, 19, 16, 0, tzinfo=UTC), "minute", " — 36氪 00:00"),
        (datetime(2025, 11, 20, 6, 5, tzinfo=UTC), "minute", " — 36氪 2025-11-20 14:05"),
        (datetime(2026, 11, 18, 16, 0, tzinfo=UTC), "day", " — 36氪 11-19"),
        (datetime(2026, 10, 31, 16, 0, tzinfo=UTC), "month", " — 36氪 2026-11"),
        (datetime(2025, 12, 31, 16, 0, tzinfo=UTC), "year", " — 36氪 2026"),
        (None, "unknown", " — 36氪"),
    ],
)
def test_times_are_as_exact_as_the_outlet_says(published_at: datetime | None, precision: str, shown: str) -> None:
    (body,) = bodies(view(published_at=published_at, precision=precision))
    assert body.splitlines()[0].endswith(f"星河智能发布新模型{shown}")


def test_an_update_is_said_to_be_one() -> None:
    (body,) = bodies(view(update="version"), lin(update="version"))
    assert body.splitlines()[1] == "更新：星河智能、林晚舟 是文章后来改动时才出现的"
    (body,) = bodies(view(), lin(update="copy"))
    assert body.splitlines()[1] == "更新：已知的报道，林晚舟 出现在更完整的版本里"
    (body,) = bodies(view(update="version"), lin(update="copy"), language="en")
    assert body.splitlines()[1:3] == [
        "Update: 星河智能 appeared in a later version of this article",
        "Update: 林晚舟 appeared in a fuller copy of a story that was known",
    ]
    assert "更新" not in bodies(view(), lin())[0]


def test_an_urgent_message_begins_with_its_mark() -> None:
    def first(severity: Severity, limit: Limit, digest: str = "", language: Language = "zh") -> str:
        (message,) = render(
            [view()], limit, language=language, timezone=SHANGHAI, now=NOW, digest=digest, severity=severity
        )
        assert message.severity == severity
        return (message.title if limit.title else message.body).splitlines()[0]

    assert first("urgent", TEXT) == "【紧急】【星河智能】星河智能发布新模型 — 36氪 14:05"
    assert first("urgent", Limit(20_000, title=100)) == "【紧急】【星河智能】星河智能发布新模型 — 36氪 14:05"
    assert first("urgent", TEXT, digest="早报") == "【紧急】【汇总】早报 · 1 条"
    assert first("urgent", TEXT, language="en").startswith("【Urgent】【星河智能】")
    for severity in ("info", "warning"):
        assert first(severity, TEXT) == "【星河智能】星河智能发布新模型 — 36氪 14:05"


def test_what_is_left_out_leaves_an_ellipsis() -> None:
    told = lin(
        how="homophone", confidence=0.6, surface="林万周", sentence="话" * 60, other_outlets=("虎嗅", "ZAKER"), url=""
    )
    whole = bodies(told, limit=TEXT)[0]
    for size in range(200, 2 * len(whole.encode())):
        (body,) = bodies(told, limit=Limit(size))
        assert body == whole or "…" in body.splitlines()[-1], size


def test_a_sentence_that_is_the_title_is_not_said_twice() -> None:
    (body,) = bodies(view(sentence="星河智能发布新模型"))
    assert body.splitlines() == ["【星河智能】星河智能发布新模型 — 36氪 14:05", "https://36kr.com/p/1"]


def test_two_rules_for_one_name_are_told_once() -> None:
    messages = render([view(), view(alert_id="a9", rule="all")], TERMINAL, language="zh", timezone=SHANGHAI, now=NOW)
    assert len(messages) == 1
    assert messages[0].body.count("星河智能") == 3  # head, title, sentence
    assert messages[0].alert_ids == ("a1", "a9")


def test_a_digest_has_a_heading_and_its_stories_in_order() -> None:
    second = lin(story_id="s2", article_id="x:2", title="另一篇", sentence="林晚舟辞职。", url="https://x.example/2")
    assert bodies(view(), second, digest="早报") == [
        "【汇总】早报 · 2 条\n"
        "【星河智能】星河智能发布新模型 — 36氪 14:05\n「星河智能」创始人林晚舟说，新模型会开源。\nhttps://36kr.com/p/1\n\n"
        "【林晚舟】另一篇 — 36氪 14:05\n「林晚舟」辞职。\nhttps://x.example/2"
    ]


def test_a_channel_with_titles_gets_the_first_line_as_title() -> None:
    (message,) = render([view()], Limit(20_000, title=100), language="zh", timezone=SHANGHAI, now=NOW)
    assert message.title == "【星河智能】星河智能发布新模型 — 36氪 14:05"
    assert message.body.startswith("「星河智能」创始人")
    (message,) = render([view()], Limit(20_000, title=12), language="zh", timezone=SHANGHAI, now=NOW)
    assert message.title == "【星河智能】星河智能发…"
    assert message.body.startswith("【星河智能】星河智能发布新模型 — 36氪 14:05\n")


def test_many_alerts_go_into_numbered_parts() -> None:
    views = [view(alert_id=f"a{i}", story_id=f"s{i}", article_id=f"x:{i}") for i in range(40)]
    parts = render(views, Limit(2_000), language="zh", timezone=SHANGHAI, now=NOW, digest="早报")
    assert len(parts) > 1
    assert [alert_id for part in parts for alert_id in part.alert_ids] == [f"a{i}" for i in range(40)]
    assert parts[0].body.startswith(f"【汇总】早报 · 40 条（1/{len(parts)}）\n")
    assert parts[-1].body.startswith(f"【汇总】早报 · 40 条（{len(parts)}/{len(parts)}）\n")


def test_many_names_of_one_story_are_split_by_name() -> None:
    views = [
        view(alert_id=f"a{i}", entity_id=f"person:人{i}", name=f"人物{i}", surface=f"人物{i}", sentence=f"人物{i}说了" + "话" * 80)
        for i in range(30)
    ]  # fmt: skip
    parts = render(views, Limit(2_000), language="zh", timezone=SHANGHAI, now=NOW)
    assert len(parts) > 1
    assert sorted(alert_id for part in parts for alert_id in part.alert_ids) == sorted(v.alert_id for v in views)
    for part in parts:
        assert "https://36kr.com/p/1" in part.body
        for alert in part.alerts:
            assert f"「{alert.surface}」说了" in part.body


def test_a_mark_is_never_left_half_open() -> None:
    for size in range(200, 400):
        (body,) = bodies(lin(sentence="话" * 20 + "林晚舟" * 10, url=""), limit=Limit(size, form="markdown"))
        assert len(body.encode()) <= size
        assert body.count("**") % 2 == 0
        assert "*" not in body.replace("**", "")


def test_a_link_that_has_no_room_is_named_not_cut() -> None:
    (body,) = bodies(view(url="https://36kr.com/" + "a" * 3_000), limit=Limit(2_000))
    assert "（链接过长，未列出）" in body
    assert "36kr.com" not in body


def test_a_text_without_an_address_has_no_link() -> None:
    assert bodies(view(url=""))[0].splitlines()[-1] == "「星河智能」创始人林晚舟说，新模型会开源。"


# Nothing that acts


@pytest.mark.parametrize(
    ("hostile", "harmless"),
    [
        ('<at user_id="all">所有人</at>', '＜at user_id="all"＞所有人＜/at＞'),
        ("@所有人 @all @everyone", "＠所有人 ＠all ＠everyone"),
        ("<!channel> <@U123>", "＜!channel＞ ＜＠U123＞"),
        ("[点此](https://evil.example)", "[点此］(https：//evil.\u200bexample)"),
        ("看 http://evil.example/x", "看 http：//evil.\u200bexample/x"),
        ("moonshot.cn 估值 3.5 亿", "moonshot.\u200bcn 估值 3.5 亿"),
        ("安\u202e全\u200b文\u2066字\ufeff", "安全文字"),
        ("a\x00b\x1b[31mc\r\nd", "a b [31mc d"),
        ("一\ud800二", "一二"),
        ("javascript:alert(1)", "javascript：alert(1)"),
    ],
)
def test_hostile_text_is_made_harmless(hostile: str, harmless: str) -> None:
    assert neutral(hostile, "text") == harmless


@pytest.mark.parametrize(
    ("hostile", "harmless"),
    [
        ("**粗** _斜_ `码` ~删~", "＊＊粗＊＊ ＿斜＿ ｀码｀ ～删～"),
        ("# 标题 | 表", "＃ 标题 ｜ 表"),
        ("- 列表", "－ 列表"),
        ("1. 列表", "1． 列表"),
        ("---", "－--"),
        ("![图](x)", "!［图］(x)"),
        ("&#64;all &lt;at&gt; AT&T", "＆＃64;all ＆lt;at＆gt; AT&T"),
    ],
)
def test_markdown_is_made_harmless(hostile: str, harmless: str) -> None:
    assert neutral(hostile, "markdown") == harmless


def test_a_terminal_keeps_the_text_as_written_but_for_controls() -> None:
    assert neutral("<b>@所有人\x1b[2J\x07 a.cn", "terminal") == "<b>@所有人 [2J a.cn"


def test_a_megabyte_of_title_is_shortened_visibly() -> None:
    (body,) = bodies(view(title="长" * 1_000_000), limit=TEXT)
    assert body.splitlines()[0].startswith("【星河智能】长长长")
    assert "长… — 36氪 14:05" in body
    assert len(body) < 600


def test_ten_thousand_emoji() -> None:
    (body,) = bodies(view(title="👩‍👩‍👧" * 10_000, sentence="🇨🇳" * 10_000), limit=Limit(2_000))
    assert len(body.encode()) <= 2_000
    assert body.endswith("https://36kr.com/p/1")


@pytest.mark.parametrize(
    ("url", "safe"),
    [
        ("https://36kr.com/p/1?a=b&c=d#e", "https://36kr.com/p/1?a=b&c=d#e"),
        ("https://mp.weixin.qq.com/s?__biz=MzA=&mid=1", "https://mp.weixin.qq.com/s?__biz=MzA=&mid=1"),
        ("https://a.cn/中文", "https://a.cn/%E4%B8%AD%E6%96%87"),
        ("https://a.cn/%E4%B8%AD", "https://a.cn/%E4%B8%AD"),
        ("https://a.cn/x)[@all](y", "https://a.cn/x%29%5B%40all%5D%28y"),
        ('https://a.cn/"><at user_id="all">', "https://a.cn/%22%3E%3Cat%20user_id=%22all%22%3E"),
        ("https://例子.中国/", "https://xn--fsqu00a.xn--fiqs8s/"),
        ("javascript:alert(1)", ""),
        ("ftp://a.cn/", ""),
        ("https://", ""),
        ("https://a.cn:99999/", ""),
        ("//a.cn", ""),
        ("https://[::1", ""),
    ],
)
def test_links(url: str, safe: str) -> None:
    assert safe_url(url) == safe


@pytest.mark.parametrize(
    ("text", "size", "limit", "cut"),
    [
        ("中文字", 9, Limit(9), "中文字"),
        ("中文字", 8, Limit(8), "中…"),
        ("a👍🏽b", 9, Limit(9), "a…"),  # a thumb without its colour would be another character
        ("e\u0301e\u0301e\u0301", 4, Limit(4, "characters"), "e\u0301…"),
        ("🇨🇳🇨🇳", 7, Limit(7, "characters"), "🇨🇳…"),
        ("中文", 11, Limit(11, "json"), "…"),
        ("中文", 2, Limit(2), ""),
    ],
)
def test_cutting(text: str, size: int, limit: Limit, cut: str) -> None:
    assert clip(text, size, limit) == cut


# Whatever comes

wild = st.text(
    alphabet=st.one_of(
        st.characters(),
        st.sampled_from(list("@<>[]()*_`~|#:/.-&;!\\\u202e\u200b\u2066\x00\x1b中文人a1👍🏽🇨🇳\u0301\ud800")),
    ),
    max_size=300,
)
wild_view = st.builds(
    AlertView,
    alert_id=st.uuids().map(str),
    entity_id=wild,
    name=wild,
    rule=wild,
    channel=st.just("desk"),
    story_id=st.sampled_from(["s1", "s2", "s3"]),
    article_id=st.sampled_from(["x:1", "x:2"]),
    title=wild,
    outlet=wild,
    url=st.one_of(wild, wild.map(lambda t: "https://a.cn/" + t)),
    published_at=st.one_of(st.none(), st.datetimes(timezones=st.just(UTC), min_value=datetime(1971, 1, 1))),
    precision=st.sampled_from(["second", "minute", "hour", "day", "month", "year", "unknown"]),
    how=st.sampled_from(["name", "alias", "homophone", "near"]),
    confidence=st.floats(0, 1),
    surface=wild,
    sentence=wild,
    other_outlets=st.lists(wild, max_size=8).map(tuple),
)
OURS = re.compile(r"https?://[A-Za-z0-9._:/?&=%#+,;!$~-]*")


@settings(max_examples=150, deadline=None)
@given(
    views=st.lists(wild_view, min_size=1, max_size=8, unique_by=lambda v: v.alert_id),
    size=st.integers(300, 4_000),
    unit=st.sampled_from(["bytes", "characters", "json"]),
    form=st.sampled_from(["text", "terminal"]),
    title=st.sampled_from([0, 20, 100]),
    digest=st.one_of(st.just(""), wild),
    language=st.sampled_from(["zh", "en"]),
)
def test_any_text_gives_harmless_messages_within_the_limit(
    views: list[AlertView], size: int, unit: Unit, form: Form, title: int, digest: str, language: Language
) -> None:
    limit = Limit(size, unit, form, title)
    messages = render(views, limit, language=language, timezone=SHANGHAI, now=NOW, digest=digest)
    told = [alert_id for message in messages for alert_id in message.alert_ids]
    assert sorted(told) == sorted(v.alert_id for v in views)
    for message in messages:
        assert limit.measure(message.body) <= size
        assert message.body.strip()
        assert not title or Limit(title, "characters").measure(message.title) <= title
        for text in (message.body, message.title):
            text.encode()
            for character in text:
                kind = unicodedata.category(character)
                assert kind not in ("Cs", "Co") and (kind != "Cc" or character == "\n"), repr(character)
                assert kind != "Cf" or character == "\u200b"
            if form != "terminal":
                rest = OURS.sub("", text)
                assert not set("@<>") & set(rest)
                assert "://" not in rest and "](" not in rest


@settings(max_examples=200, deadline=None)
@given(text=wild, size=st.integers(0, 200), unit=st.sampled_from(["bytes", "characters", "json"]))
def test_a_cut_is_a_beginning_and_fits(text: str, size: int, unit: Unit) -> None:
    line = clean(text)
    limit = Limit(size, unit)
    cut = clip(line, size, limit)
    assert limit.measure(cut) <= size
    assert cut == line or cut == "" or (cut.endswith("…") and line.startswith(cut[:-1]))


def test_the_same_alerts_give_the_same_messages() -> None:
    assert bodies(view(), lin()) == bodies(view(), lin())
    later = render([view()], TERMINAL, language="zh", timezone=SHANGHAI, now=NOW + timedelta(days=1))
    assert "11-20 14:05" in later[0].body
