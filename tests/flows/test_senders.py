"""Senders of ours: the request of each service, as its documentation writes it; signatures; people; severity.

The expected bodies are written by hand from the services' documentation.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import service_urls

from flows.channels.message import Channel, Message, Severity
from flows.channels.render import notice, render
from flows.channels.send import open_channel
from sources.errors import ChannelBusy, ChannelRefused
from sources.replica import Replica, Sink, World
from warehouse.alertviews import AlertView

NOW = datetime(2026, 11, 20, 6, 0, tzinfo=UTC)
VIEW = AlertView(
    "a1", "person:林晚舟", "林晚舟", "rule", "desk", "s1", "36kr:1", "新模型", "36氪", "https://36kr.com/p/1?a=b&c=d",
    NOW, "minute", "name", 0.98, "林晚舟", "今天林晚舟说会开源。",
)  # fmt: skip
HEAD = "【林晚舟】新模型 — 36氪 14:00"
LINK = "https://36kr.com/p/1?a=b&c=d"
LINKED = f"【林晚舟】[新模型]({LINK}) — 36氪 14:00"
URLS = service_urls.URLS | {"wxpusher": "wxpusher://AT_wxpsecret000111/UID_someone/77"}
# One of each kind: a name, a phone number, and ids of 飞书, Slack, Discord, Telegram; and what would call everybody.
PEOPLE = (
    "wang.lei", "+86 138 0013 8000", "ou_7d8a6e6df7621556ce0d21922b676706", "lei@example.com", "U024BE7LH",
    "123456789012345678", "@wanglei", "777000111", "all", "@all", "@所有人", "everyone", "here", "<!channel>",
)  # fmt: skip


@pytest.fixture(scope="module")
def replica() -> Iterator[Replica]:
    with Replica(World(NOW), Sink(limits=False)) as running:
        yield running


@pytest.fixture
def sink(replica: Replica) -> Iterator[Sink]:
    yield replica.sink
    replica.sink.mend()


def messages(channel: Channel, *views: AlertView, severity: Severity = "info", mention: Any = ()) -> list[Message]:
    return render(
        views or (VIEW,), channel.limit, language="zh", timezone=ZoneInfo("Asia/Shanghai"), now=NOW,
        severity=severity, mention=mention,
    )  # fmt: skip


def payload(replica: Replica, url: str, severity: Severity = "info", mention: Any = ()) -> Any:
    channel = open_channel("desk", url, replica.rewrite)
    (message,) = messages(channel, severity=severity, mention=mention)
    channel.send(message)
    return replica.sink.received[-1].payload


# The best form of each


def test_dingtalk_takes_markdown_with_a_title(replica: Replica) -> None:
    assert payload(replica, URLS["dingtalk"]) == {
        "msgtype": "markdown",
        "markdown": {"title": HEAD, "text": f"{LINKED}  \n  今天**林晚舟**说会开源。"},
        "at": {"atMobiles": [], "atUserIds": [], "isAtAll": False},
    }


@pytest.mark.parametrize("service", ["feishu", "lark"])
@pytest.mark.parametrize(("severity", "colour"), [("info", "blue"), ("warning", "orange"), ("urgent", "red")])
def test_feishu_takes_a_card(replica: Replica, service: str, severity: Severity, colour: str) -> None:
    mark = "【紧急】" if severity == "urgent" else ""
    assert payload(replica, URLS[service], severity) == {
        "msg_type": "interactive",
        "card": {
            "config": {"wide_screen_mode": True},
            "header": {"title": {"tag": "plain_text", "content": mark + HEAD}, "template": colour},
            "elements": [{"tag": "markdown", "content": f"今天**林晚舟**说会开源。\n[阅读原文]({LINK})"}],
        },
    }


def test_wecom_takes_markdown_or_text_where_it_is_asked_for(replica: Replica) -> None:
    assert payload(replica, URLS["wecom"]) == {
        "msgtype": "markdown",
        "markdown": {"content": f"{LINKED}\n今天**林晚舟**说会开源。"},
    }
    assert payload(replica, URLS["wecom"] + "?format=text") == {
        "msgtype": "text",
        "text": {"content": f"{HEAD}\n今天「林晚舟」说会开源。\n{LINK}"},
    }


def test_bark_opens_the_article(replica: Replica) -> None:
    sent = payload(replica, URLS["bark"], "urgent")
    assert sent["title"] == f"【紧急】{HEAD}"
    assert sent["body"] == f"今天「林晚舟」说会开源。\n{LINK}"
    assert (sent["url"], sent["group"], sent["level"]) == (LINK, "Tanma", "timeSensitive")
    assert "level" not in payload(replica, URLS["bark"])


def test_what_the_address_of_bark_says_goes_before(replica: Replica) -> None:
    url = URLS["bark"] + "?group=desk&level=passive&click=https://example.com/mine&sound=bell"
    sent = payload(replica, url, "urgent")
    assert (sent["url"], sent["group"], sent["level"], sent["sound"]) == (
        "https://example.com/mine", "desk", "passive", "bell.caf",
    )  # fmt: skip


def test_a_push_of_several_articles_opens_none(replica: Replica) -> None:
    channel = open_channel("desk", URLS["bark"], replica.rewrite)
    other = AlertView(*(getattr(VIEW, f) if f != "url" else "https://36kr.com/p/2" for f in AlertView.__slots__))
    channel.send(Message("汇总", "两条", "text", (VIEW, other)))
    assert "url" not in replica.sink.received[-1].payload


def test_serverchan_takes_a_title_and_markdown(replica: Replica) -> None:
    assert payload(replica, URLS["serverchan"]) == {
        "title": HEAD,
        "desp": f"今天**林晚舟**说会开源。  \n[阅读原文]({LINK})",
    }


def test_a_key_of_serverchan_3_goes_to_its_own_host(replica: Replica) -> None:
    channel = open_channel("desk", "schan://sctp1tsecret000111", replica.rewrite)
    channel.send(*messages(channel))
    assert replica.sink.received[-1].token == "sctp1tsecret000111"


def test_wxpusher_takes_markdown_with_a_summary_and_the_link(replica: Replica) -> None:
    assert payload(replica, URLS["wxpusher"]) == {
        "appToken": "AT_wxpsecret000111",
        "content": f"{LINKED}  \n今天**林晚舟**说会开源。",
        "summary": HEAD,
        "contentType": 3,
        "topicIds": [77],
        "uids": ["UID_someone"],
        "url": LINK,
    }


def test_telegram_takes_html(replica: Replica) -> None:
    sent = payload(replica, URLS["telegram"])
    assert sent["parse_mode"] == "HTML"
    assert sent["text"] == (
        '【林晚舟】<a href="https://36kr.com/p/1?a=b&amp;c=d">新模型</a> — 36氪 14:00\n今天<b>林晚舟</b>说会开源。'
    )


def test_slack_takes_its_own_markup(replica: Replica) -> None:
    (part,) = payload(replica, URLS["slack"])["attachments"]
    assert part["title"] == HEAD
    assert part["text"] == f"今天*林晚舟*说会开源。\n<{LINK}|阅读原文>"
    assert (part["mrkdwn_in"], part["fallback"]) == (["text"], HEAD)


def test_discord_takes_an_embed_that_calls_nobody(replica: Replica) -> None:
    sent = payload(replica, URLS["discord"])
    (embed,) = sent["embeds"]
    assert (embed["title"], embed["description"]) == (HEAD, f"今天**林晚舟**说会开源。\n[阅读原文]({LINK})")
    assert "url" not in embed["author"]
    assert sent["allowed_mentions"] == {"parse": [], "users": [], "roles": []}
    assert "content" not in sent


@pytest.mark.parametrize(("severity", "kind"), [("info", "info"), ("warning", "warning"), ("urgent", "failure")])
def test_a_webhook_hears_the_severity(replica: Replica, severity: Severity, kind: str) -> None:
    sent = payload(replica, URLS["webhook"], severity)
    mark = "【紧急】" if severity == "urgent" else ""
    assert (sent["title"], sent["type"]) == (mark + HEAD, kind)
    assert sent["message"] == f"今天「林晚舟」说会开源。\n{LINK}"


# People


@pytest.mark.parametrize(
    ("service", "called"),
    [
        ("dingtalk", ("13800138000", "wang.lei", "U024BE7LH", "777000111", "123456789012345678")),
        ("feishu", ("wang.lei", "ou_7d8a6e6df7621556ce0d21922b676706", "lei@example.com", "U024BE7LH",
                    "123456789012345678", "777000111")),
        ("slack", ("U024BE7LH",)),
        ("discord", ("123456789012345678",)),
        ("telegram", ("@wanglei", "777000111")),
        ("bark", ()), ("serverchan", ()), ("wxpusher", ()), ("webhook", ()),
    ],
)  # fmt: skip
def test_exactly_these_people_are_called(replica: Replica, service: str, called: tuple[str, ...]) -> None:
    payload(replica, URLS[service], mention=PEOPLE)
    assert sorted(replica.sink.received[-1].called) == sorted(called)


def test_wecom_calls_by_id_in_markdown_and_by_phone_in_text(replica: Replica) -> None:
    sent = payload(replica, URLS["wecom"], mention=("wang.lei", "ou_7d8a6e6df7621556ce0d21922b676706", "@all"))
    assert sent["markdown"]["content"] == f"{LINKED}\n今天**林晚舟**说会开源。\n<@wang.lei>"
    sent = payload(replica, URLS["wecom"], mention=("wang.lei", "13800138000"))
    assert sent["text"] == {
        "content": f"{HEAD}\n今天「林晚舟」说会开源。\n{LINK}",
        "mentioned_list": ["wang.lei"],
        "mentioned_mobile_list": ["13800138000"],
    }
    assert replica.sink.received[-1].called == ("wang.lei", "13800138000")


def test_dingtalk_names_those_whom_it_calls_in_the_text(replica: Replica) -> None:
    sent = payload(replica, URLS["dingtalk"] + "/13900139000", mention=("13800138000", "wang.lei"))
    assert sent["at"] == {
        "atMobiles": ["13800138000", "13900139000"],
        "atUserIds": ["wang.lei"],
        "isAtAll": False,
    }
    assert sent["markdown"]["text"].endswith("\n  @13800138000 @wang.lei @13900139000")


@pytest.mark.parametrize(
    ("service", "person"),
    [
        ("dingtalk", "wanglei"), ("wecom", "wanglei"), ("wecom", "13800138000"), ("feishu", "wanglei"),
        ("slack", "U024BE7LH"), ("discord", "123456789012345678"), ("telegram", "@wanglei"),
    ],
)  # fmt: skip
def test_people_are_called_once_for_all_parts(replica: Replica, service: str, person: str) -> None:
    channel = open_channel("desk", URLS[service], replica.rewrite)
    views = [
        AlertView(f"a{i}", f"p:{i}", f"林晚舟{i}", "rule", "desk", f"s{i}", f"x:{i}", "长" * 180, "36氪",
                  f"https://36kr.com/p/{i}", NOW, "minute", "name", 0.98, f"林晚舟{i}", "话" * 200)
        for i in range(60)
    ]  # fmt: skip
    parts = messages(channel, *views, severity="urgent", mention=[person])
    assert len(parts) > 1
    before = len(replica.sink.received)
    for part in parts:
        channel.send(part)
    called = [received.called for received in replica.sink.received[before:]]
    assert called == [(person,)] + [()] * (len(parts) - 1)
    assert all("【紧急】" in received.text for received in replica.sink.received[before:])


# Signed


@pytest.mark.parametrize("service", ["feishu", "lark"])
@pytest.mark.parametrize("form", ["{}://{}@{}", "{}://{}@{}/?rto=9", "{0}://{2}/?secret={1}"])
def test_a_signed_card_is_taken_and_no_other(replica: Replica, sink: Sink, service: str, form: str) -> None:
    token = f"{service}-signed-000111"
    sink.secure(service, token, secret="Abcd1234Efgh5678")
    channel = open_channel("desk", form.format(service, "Abcd1234Efgh5678", token), replica.rewrite)
    channel.send(*messages(channel))
    assert sink.received[-1].token == token
    for url in (f"{service}://{token}", form.format(service, "Wrong1234Efgh5678", token)):
        with pytest.raises(ChannelRefused, match="19021 sign match fail"):
            open_channel("desk", url, replica.rewrite).send(*messages(channel))


@pytest.mark.parametrize("form", ["dingtalk://{}@{}", "dingtalk://{1}/?secret={0}"])
def test_a_signed_dingtalk_is_taken_and_no_other(replica: Replica, sink: Sink, form: str) -> None:
    sink.secure("dingtalk", "d1ngt4lksigned000222", secret="SEC000111222")
    channel = open_channel("desk", form.format("SEC000111222", "d1ngt4lksigned000222"), replica.rewrite)
    channel.send(*messages(channel))
    with pytest.raises(ChannelRefused, match="310000 sign not match"):
        open_channel("desk", "dingtalk://d1ngt4lksigned000222", replica.rewrite).send(*messages(channel))


def test_a_signature_is_of_its_hour(sink: Sink) -> None:
    with Replica(World(NOW), Sink(clock=lambda: datetime.now(UTC) + timedelta(hours=2))) as later:
        later.sink.secure("feishu", "feishu-signed-000111", secret="Abcd1234Efgh5678")
        channel = open_channel("desk", "feishu://Abcd1234Efgh5678@feishu-signed-000111", later.rewrite)
        with pytest.raises(ChannelRefused, match="19021"):
            channel.send(*messages(channel))


@pytest.mark.parametrize("service", ["dingtalk", "feishu", "wecom"])
def test_a_robot_without_its_keyword_refuses(replica: Replica, sink: Sink, service: str) -> None:
    url = URLS[service].replace("000111", "000999")
    token = url.partition("://")[2]
    sink.secure(service, token, keyword="探马")
    channel = open_channel("desk", url, replica.rewrite)
    if service == "wecom":  # 企业微信 has no keywords
        channel.send(*messages(channel))
        return
    with pytest.raises(ChannelRefused, match="keyword"):
        channel.send(*messages(channel))


# What the services refuse, the replica refuses: nothing here is accepted by chance


@pytest.mark.parametrize(
    ("service", "size", "error"),
    [
        ("dingtalk", 20_000, ChannelRefused), ("feishu", 20_000, ChannelBusy), ("wecom", 4_097, ChannelRefused),
        ("bark", 4_097, ChannelBusy), ("serverchan", 32_769, ChannelRefused), ("wxpusher", 40_001, ChannelRefused),
        ("telegram", 4_097, ChannelRefused), ("discord", 4_097, ChannelRefused),
    ],
)  # fmt: skip
def test_too_long_is_refused(service: str, size: int, error: type[Exception]) -> None:
    with Replica(World(NOW), Sink(limits=True)) as strict:
        channel = open_channel("desk", URLS[service] + "?overflow=upstream", strict.rewrite)
        with pytest.raises(error):
            channel.send(Message("标题", "x" * size, channel.limit.form))
        assert not strict.sink.received


@pytest.mark.parametrize("service", URLS)
def test_a_message_as_long_as_the_limit_is_taken(service: str) -> None:
    for character in ("字", '"', "\n", "👩", "&"):
        with Replica(World(NOW), Sink(limits=True)) as strict:
            channel = open_channel("desk", URLS[service], strict.rewrite)
            size, text = channel.limit.size, character
            text = character * (size // channel.limit.measure(character) - 4)
            title = "题" * (channel.limit.title or 100)
            channel.send(Message(title, f"始{text}终", channel.limit.form))
            (received,) = strict.sink.received
            assert "始" in received.text and "终" in received.text


def test_telegram_refuses_broken_html(replica: Replica) -> None:
    channel = open_channel("desk", URLS["telegram"], replica.rewrite)
    for text in ("<b>open", "x</b>", "<b><i>x</b></i>"):
        with pytest.raises(ChannelRefused, match="can't parse entities"):
            channel.send(Message("", text, "telegram"))


# Messages that tell no alerts


@pytest.mark.parametrize("service", URLS)
def test_a_notice_arrives_whole_and_harmless(replica: Replica, service: str) -> None:
    channel = open_channel("desk", URLS[service], replica.rewrite)
    channel.send(notice("探马：需要处理", "channel desk refused <at user_id=all> & @all\n修好之后重发", channel.limit))
    received = replica.sink.received[-1]
    assert received.called == ()
    assert "探马：需要处理" in received.text
    assert "修好之后重发" in received.text
    assert "＠all" in received.text


@pytest.mark.parametrize("service", URLS)
def test_plain_text_is_taken_as_such(replica: Replica, service: str) -> None:
    """A message whose form is not the channel's, such as one of an older caller."""
    channel = open_channel("desk", URLS[service], replica.rewrite)
    channel.send(Message("标题", "一 & 二", "text"))
    assert "一 &" in replica.sink.received[-1].text.replace("&amp;", "&")
