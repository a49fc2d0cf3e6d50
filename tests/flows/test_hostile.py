"""Hostile articles in every form: harmless, well formed, within the limit, never cut inside a character or a link.

A reader of each form takes out what we write ourselves (links, marks, calls), strictly; what is left is the page's, and
must hold no sign that the service acts upon.
"""

from __future__ import annotations

import html
import itertools
import json
import re
import unicodedata
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from service_urls import URLS

from flows.channels import dingtalk, feishu, serverchan, wecom, wxpusher
from flows.channels.forms import call, callable_people
from flows.channels.message import Limit, Message, Severity, Template
from flows.channels.render import Language, render
from flows.channels.send import open_channel
from flows.channels.services import SERVICES
from sources.replica import Replica, Sink, World
from warehouse.alertviews import AlertView

NOW = datetime(2026, 11, 20, 6, 0, tzinfo=UTC)
SHANGHAI = ZoneInfo("Asia/Shanghai")
LIMITS = {service.name: service.limit for service in SERVICES if service.limit}
LIMITS |= {f"{service.name} text": service.text for service in SERVICES if service.text}
URL = r"https?://[A-Za-z0-9._:/?&=%#+,;!$~-]*"
VIEW = AlertView(
    "a1", "person:林晚舟", "林晚舟", "rule", "desk", "s1", "36kr:1", "新模型", "36氪", "https://36kr.com/p/1?a=b&c=d",
    NOW, "minute", "name", 0.98, "林晚舟", "今天林晚舟说会开源。",
)  # fmt: skip


# Readers


class Strict(HTMLParser):
    """The text of our HTML; fails on any tag but ours, any attribute but an address, anything left open."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=False)
        self.open: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in ("a", "b", "br"), tag
        if tag == "a":
            assert len(attrs) == 1 and attrs[0][0] == "href" and re.fullmatch(URL, attrs[0][1] or ""), attrs
        else:
            assert not attrs, attrs
        if tag != "br":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open and self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        assert not set("<>&") & set(data), data
        self.text += data

    def handle_entityref(self, name: str) -> None:
        assert name == "amp", name
        self.text += "&"

    def handle_charref(self, name: str) -> None:
        raise AssertionError(name)

    def unknown_decl(self, data: str) -> None:
        raise AssertionError(data)


def left_of_html(body: str) -> str:
    reader = Strict()
    reader.feed(body)
    reader.close()
    assert not reader.open
    return re.sub(URL, "", reader.text)


def left_of_markdown(body: str) -> str:
    rest = re.sub(rf"\[([^\[\]()*]*(?:\([^\[\]()*]*\)?)*[^\[\]*]*)\]\({URL}\)", r"\1", body)
    rest = re.sub(r"\*\*([^*]+)\*\*", r"\1", rest)
    assert not set("*_`~|#[]\\") & set(rest), rest
    for line in rest.splitlines():
        assert not re.match(r"\s{0,3}([-+=]|\d+\.\s)", line) or line.startswith("  "), line
    return rest


def left_of_slack(body: str) -> str:
    rest = re.sub(rf"<{URL}\|([^<>|]*)>", r"\1", body)
    rest = re.sub(r"\*([^*]+)\*", r"\1", rest)
    assert not set("*_`~|!") & set(rest), rest
    return rest


def left(message: Message) -> str:
    """What the page gave to a body, when all that is ours is well formed."""
    body = message.body
    if calls := call(message.form, message.mention):
        assert body.endswith(calls)
        body = body.removesuffix(calls)
    if message.form in ("telegram", "mail"):
        return left_of_html(body)
    if message.form == "slack":
        return left_of_slack(body)
    if message.form in ("text", "terminal"):
        return re.sub(URL, "", body)
    return left_of_markdown(body)


def check(message: Message, limit: Limit) -> None:
    assert limit.measure(message.body) <= limit.size
    assert message.body.strip() and message.title.strip()
    assert Limit(limit.title, "characters").measure(message.title) <= (limit.title or 100)
    for text in (message.title, left(message)):
        text.encode()
        assert not set("@<>") & set(text) or message.form == "terminal", text
        assert message.form == "terminal" or ("://" not in text and "](" not in text), text
    for character in message.title + message.body:
        kind = unicodedata.category(character)
        assert kind not in ("Cs", "Co") and (kind != "Cc" or character == "\n"), repr(character)
        assert kind != "Cf" or character == "\u200b", repr(character)


# Whatever comes

wild = st.text(
    alphabet=st.one_of(
        st.characters(),
        st.sampled_from(list("@<>[]()*_`~|#:/.-&;!\\\"'=\u202e\u200b\u2066\x00\x1b中文人a1👍🏽🇨🇳\u0301\ud800")),
    ),
    max_size=200,
)
hostile = st.one_of(
    wild,
    st.sampled_from(
        [
            '<at user_id="all">所有人</at>', "<at id=all></at>", "@所有人 @all", "<!channel>", "!channel", "!here|x",
            "<@U024BE7LH>", "@everyone", "](https://evil.example)", "[x](https://evil.example)", "**", "*a", "</b>",
            "&lt;b&gt;", "&amp;", "&", "&#64;all", "<a href=x>", "👩‍👩‍👧‍👦" * 40, "\u202e\u2066", "- a", "1. b", "---", "# h",
            "http://evil.example", "tg://user?id=1", "javascript:alert(1)", "长" * 300, "a\nb\r\nc\u2028d",
        ]
    ),
)  # fmt: skip
view = st.builds(
    AlertView,
    alert_id=st.uuids().map(str),
    entity_id=hostile,
    name=hostile,
    rule=hostile,
    channel=st.just("desk"),
    story_id=st.sampled_from(["s1", "s2"]),
    article_id=st.sampled_from(["x:1", "x:2"]),
    title=hostile,
    outlet=hostile,
    url=st.one_of(hostile, hostile.map(lambda t: "https://a.cn/" + t), st.just("https://a.cn/1?b=c&d=e")),
    published_at=st.one_of(st.none(), st.just(NOW)),
    precision=st.sampled_from(["minute", "day", "unknown"]),
    how=st.sampled_from(["name", "alias", "homophone", "near"]),
    confidence=st.floats(0, 1),
    surface=hostile,
    sentence=hostile,
    other_outlets=st.lists(hostile, max_size=7).map(tuple),
    update=st.sampled_from(["", "version", "copy"]),
)
people = st.lists(
    st.one_of(hostile, st.sampled_from(["wang.lei", "13800138000", "U024BE7LH", "@wanglei", "ou_1", "123456789012345678"])),
    max_size=5,
)  # fmt: skip


@pytest.mark.parametrize("name", LIMITS)
@settings(max_examples=60, deadline=None)
@given(
    views=st.lists(view, min_size=1, max_size=5, unique_by=lambda v: v.alert_id),
    size=st.one_of(st.none(), st.integers(400, 2_000)),
    digest=st.one_of(st.just(""), hostile),
    severity=st.sampled_from(["info", "urgent"]),
    mention=people,
    language=st.sampled_from(["zh", "en"]),
)
@example([replace(VIEW, name="amp", surface="amp", title="a & b", sentence="x & amp")], None, "", "info", [], "zh")
@example([replace(VIEW, title="看!channel", sentence="!here")], None, "", "info", [], "zh")
@example([replace(VIEW, title="&" * 400, sentence="&" * 400)], 400, "", "info", [], "zh")
def test_any_article_is_harmless_in_every_form(
    name: str,
    views: list[AlertView],
    size: int | None,
    digest: str,
    severity: Severity,
    mention: list[str],
    language: Language,
) -> None:
    limit = LIMITS[name] if size is None else replace(LIMITS[name], size=size, phones=None)
    told = render(
        views, limit, language=language, timezone=SHANGHAI, now=NOW, digest=digest, severity=severity, mention=mention
    )
    assert sorted(a for m in told for a in m.alert_ids) == sorted(v.alert_id for v in views)
    for message in told:
        check(message, limit if message.form == limit.form else limit.phones or limit)


@pytest.mark.parametrize("name", ["钉钉", "飞书", "企业微信", "Slack", "Telegram", "mail", "Bark"])
@settings(max_examples=40, deadline=None)
@given(views=st.lists(view, min_size=1, max_size=3, unique_by=lambda v: v.alert_id), size=st.integers(700, 2_000))
def test_any_article_is_harmless_in_a_template_too(name: str, views: list[AlertView], size: int) -> None:
    template = Template(
        "{names}：{title} — {outlet} {time}", ("{link}", "来自 {outlet}", "{update}", "{sentence}", "{how}")
    )
    limit = replace(LIMITS[name], size=size, phones=None, template=template)
    told = render(views, limit, language="zh", timezone=SHANGHAI, now=NOW)
    assert sorted(a for m in told for a in m.alert_ids) == sorted(v.alert_id for v in views)
    for message in told:
        check(message, limit)


ROBOTS: dict[str, tuple[Any, Any]] = {
    "钉钉": (dingtalk.compose, SimpleNamespace(token="t", secret="s", targets=[])),
    "飞书": (feishu.compose, SimpleNamespace(token="t", secret="s", secure_protocol="feishu")),
    "企业微信": (wecom.compose, SimpleNamespace(key="k")),
    "Server酱": (serverchan.compose, SimpleNamespace(token="t")),
    "WxPusher": (wxpusher.compose, SimpleNamespace(token="t", _topics=[1], _users=[])),
}


def strings(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [text for one in inner for text in strings(one)]


@pytest.mark.parametrize("name", ROBOTS)
@settings(max_examples=60, deadline=None)
@given(views=st.lists(view, min_size=1, max_size=3, unique_by=lambda v: v.alert_id), mention=people)
def test_any_request_is_json_that_says_the_message_and_fits(
    name: str, views: list[AlertView], mention: list[str]
) -> None:
    compose, robot = ROBOTS[name]
    limit = LIMITS[name]
    for message in render(views, limit, language="zh", timezone=SHANGHAI, now=NOW, mention=mention):
        shown = (limit if message.form == limit.form else limit.phones or limit).written(message.body)
        post = compose(robot, replace(message, body=shown), NOW)
        body = json.loads(post.data)
        assert any(shown in text for text in strings(body))
        assert "all" not in json.dumps(body.get("at", {})).replace("isAtAll", "")
        if name in ("钉钉", "飞书"):
            assert len(post.data) <= 20_000


# Through the services


ARTICLES = {
    "at all of 飞书": '<at user_id="all">所有人</at>',
    "at all": "@所有人 @all @everyone",
    "channel of Slack": "<!channel> !channel",
    "a link": "[点此](https://evil.example) http://evil.example",
    "10,000 emoji": "👩‍👩‍👧‍👦" * 10_000,
    "right to left": "\u202e安全\u2066文字\u2069",
    "NUL": "新\x00模\x1b[31m型",
    "unclosed": "<b><i>**`~~ [ ( { <a href='",
    "a megabyte": "长" * 1_000_000,
}


@pytest.mark.parametrize("service", URLS)
def test_each_service_takes_each_hostile_article_and_calls_nobody(service: str) -> None:
    moments = itertools.count()  # a minute a message: rates are not the matter here
    clock = lambda: NOW + timedelta(minutes=next(moments))  # noqa: E731
    with Replica(World(NOW), Sink(limits=True, clock=clock)) as replica:
        channel = open_channel("desk", URLS[service], replica.rewrite)
        for what, title in ARTICLES.items():
            hostile_one = replace(VIEW, title=title, sentence=title[:240], outlet=title[:60])
            before = len(replica.sink.received)
            for message in render([hostile_one], channel.limit, language="zh", timezone=SHANGHAI, now=NOW):
                channel.send(message)
            arrived = replica.sink.received[before:]
            assert len(arrived) == 1, what  # none refused, none split: one article is one message
            assert arrived[0].called == ()
            text = html.unescape(arrived[0].text)
            assert "林晚舟" in text and "36kr.com/p/1" in str(arrived[0].payload)
            assert not re.search(r"[\x00\x1b\u202e\u2066]|https?://evil", text)
            assert len(title) < 1_000 or "…" in text  # cut, and said to be


def test_nobody_is_everybody() -> None:
    for form in ("dingtalk", "wecom", "feishu", "slack", "discord", "telegram", "text"):
        assert (
            callable_people(form, ["all", "@all", " ALL ", "everyone", "@everyone", "here", "所有人", "@所有人"]) == ()
        )
