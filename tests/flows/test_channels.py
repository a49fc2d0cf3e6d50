"""Real Apprise over real sockets, against the replica's chat services: accepted, refused, not now, broken, garbage.

`sent` means that the service accepted the message by its own answer (design §8, rule 3).
"""

from __future__ import annotations

import html
import io
import json
import logging
import re
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from zoneinfo import ZoneInfo

import pytest
import requests
from service_urls import URLS

from flows.channels.message import Message
from flows.channels.render import render
from flows.channels.send import TerminalChannel, UnreadableChannel, open_channel, open_channels
from flows.channels.services import UNCLEAR, service_of
from flows.channels.verdict import Answer, judge
from flows.channels.wire import Secrets
from sources.errors import ChannelBusy, ChannelRefused
from sources.replica import Replica, Sink, World
from warehouse.alertviews import AlertView

NOW = datetime(2026, 11, 20, 6, 0, tzinfo=UTC)
MESSAGE = Message(title="【林晚舟】新模型", body="【林晚舟】新模型 — 36氪 14:05\nhttps://36kr.com/p/1")


PERMANENT = [
    ("dingtalk", 310000, "check the robot's security settings"),
    ("dingtalk", 300001, "check the access token"),
    ("feishu", 19021, "check the signing secret"),
    ("feishu", 19024, "put the robot's keyword"),
    ("lark", 19001, "check the webhook address"),
    ("wecom", 93000, "check the robot's key"),
    ("bark", 400, "check the device key"),
    ("serverchan", 40001, "check the SendKey"),
    ("wxpusher", 1002, "check the app token"),
    ("telegram", 401, "Unauthorized"),
    ("slack", 403, "403"),
    ("discord", 10015, "404"),
    ("ntfy", 40301, "403"),
    ("webhook", 410, "410"),
    # Codes that no table of ours describes are failures, with the service's own words.
    ("dingtalk", 460101, "message too long"),
    ("wecom", 44004, "empty content"),
    ("feishu", 19002, "params error"),
]

PASSING = [
    ("dingtalk", 130101, timedelta(minutes=10)),
    ("feishu", 9499, timedelta(minutes=1)),
    ("feishu", 11232, timedelta(minutes=1)),
    ("lark", 11232, timedelta(minutes=1)),
    ("wecom", 45009, timedelta(minutes=1)),
    ("wxpusher", 1008, timedelta(minutes=1)),
    ("bark", 500, None),
    ("serverchan", 40011, timedelta(hours=1)),
    ("telegram", 429, timedelta(seconds=7)),
    ("slack", 429, timedelta(seconds=7)),
    ("discord", 429, timedelta(seconds=7)),
    ("webhook", 429, timedelta(seconds=7)),
]


@pytest.fixture(scope="module")
def replica() -> Iterator[Replica]:
    with Replica(World(NOW), Sink()) as running:
        yield running


@pytest.fixture
def sink(replica: Replica) -> Iterator[Sink]:
    yield replica.sink
    replica.sink.mend()


@pytest.mark.parametrize("service", URLS)
def test_accepted(replica: Replica, sink: Sink, service: str) -> None:
    before = len(sink.received)
    open_channel("desk", URLS[service], replica.rewrite).send(MESSAGE)
    (received,) = sink.received[before:]
    assert received.service == service
    assert "林晚舟" in received.text
    assert "https://36kr.com/p/1" in received.text


@pytest.mark.parametrize(("service", "code", "says"), PERMANENT)
def test_refused_for_good(replica: Replica, sink: Sink, service: str, code: int, says: str) -> None:
    sink.refuse(service, code)
    before = len(sink.received)
    with pytest.raises(ChannelRefused) as caught:
        open_channel("desk", URLS[service], replica.rewrite).send(MESSAGE)
    assert says in str(caught.value)
    assert "channel desk" in str(caught.value)
    assert len(sink.received) == before


@pytest.mark.parametrize(("service", "code", "wait"), PASSING)
def test_refused_for_now(replica: Replica, sink: Sink, service: str, code: int, wait: timedelta | None) -> None:
    sink.refuse(service, code, retry_after=7)
    with pytest.raises(ChannelBusy) as caught:
        open_channel("desk", URLS[service], replica.rewrite).send(MESSAGE)
    assert caught.value.retry_after == wait


@pytest.mark.parametrize("service", URLS)
@pytest.mark.parametrize("status", [500, 503])
def test_trouble_at_the_service_passes(replica: Replica, sink: Sink, service: str, status: int) -> None:
    sink.fail(service, status, retry_after=90)
    with pytest.raises(ChannelBusy) as caught:
        open_channel("desk", URLS[service], replica.rewrite).send(MESSAGE)
    assert caught.value.retry_after == timedelta(seconds=90)


@pytest.mark.parametrize("service", URLS)
@pytest.mark.parametrize("after_accepting", [False, True])
def test_a_connection_that_breaks_off_is_no_yes(
    replica: Replica, sink: Sink, service: str, after_accepting: bool
) -> None:
    sink.hang_up(service, after_accepting=after_accepting)
    with pytest.raises(ChannelBusy, match="failed or broke off"):
        open_channel("desk", URLS[service], replica.rewrite).send(MESSAGE)


def test_an_answer_that_comes_too_late_is_no_yes(replica: Replica, sink: Sink) -> None:
    sink.slow("dingtalk", 2.0, times=1)
    with pytest.raises(ChannelBusy, match="the message may have arrived"):
        open_channel("desk", URLS["dingtalk"] + "?rto=0.3", replica.rewrite).send(MESSAGE)


def test_nobody_listens(replica: Replica) -> None:
    channel = open_channel("desk", URLS["feishu"], {"open.feishu.cn": "http://127.0.0.1:9"})
    with pytest.raises(ChannelBusy, match=r"the connection to open\.feishu\.cn failed"):
        channel.send(MESSAGE)


def test_a_signed_robot_takes_the_signed_message_alone(replica: Replica, sink: Sink) -> None:
    sink.secure("dingtalk", "d1ngt4lksigned000111", secret="SEC000111222")
    open_channel("desk", "dingtalk://SEC000111222@d1ngt4lksigned000111", replica.rewrite).send(MESSAGE)
    with pytest.raises(ChannelRefused, match="310000 sign not match"):
        open_channel("desk", "dingtalk://SEC999999999@d1ngt4lksigned000111", replica.rewrite).send(MESSAGE)


def test_one_send_is_one_request_whatever_the_address_asks(replica: Replica, sink: Sink) -> None:
    sink.fail("feishu", 500)
    before = len(sink.attempts)
    with pytest.raises(ChannelBusy):
        open_channel("desk", URLS["feishu"] + "?retry=5&wait=0&optional=yes", replica.rewrite).send(MESSAGE)
    assert len(sink.attempts) == before + 1


def test_messages_follow_each_other_without_the_plugins_own_pause(replica: Replica, sink: Sink) -> None:
    channel = open_channel("desk", URLS["wecom"], replica.rewrite)
    start = datetime.now(UTC)
    for _ in range(3):
        channel.send(MESSAGE)
    assert datetime.now(UTC) - start < timedelta(seconds=3)


# From alert to chat, through whatever the plugins do to a text

HOSTILE = '<at user_id="all">所有人</at> @所有人 @everyone <!channel> [点此](https://evil.example) http://evil.example \x00\u202e'


def hostile_views(count: int) -> list[AlertView]:
    return [
        AlertView(
            f"a{i}", f"person:{i}", f"林晚舟{i}", "rule", "desk", f"s{i}", f"x:{i}", HOSTILE, HOSTILE,
            f"https://36kr.com/p/{i}/@all", NOW, "minute", "homophone", 0.6, "林万周", f"{HOSTILE}林万周{HOSTILE}" * 3,
        )
        for i in range(count)
    ]  # fmt: skip


@pytest.mark.parametrize("service", URLS)
def test_hostile_articles_arrive_whole_and_harmless(service: str) -> None:
    clock = NOW

    def minutes() -> datetime:  # the services' limits per minute are not the matter here
        nonlocal clock
        clock += timedelta(minutes=1)
        return clock

    with Replica(World(NOW), Sink(limits=True, clock=minutes)) as replica:
        channel = open_channel("desk", URLS[service], replica.rewrite)
        views = hostile_views(30)
        for message in render(views, channel.limit, language="zh", timezone=ZoneInfo("Asia/Shanghai"), now=NOW):
            channel.send(message)
        arrived = "\n".join(html.unescape(received.text) for received in replica.sink.received)
        called = [received.called for received in replica.sink.received]
    for i in range(30):
        assert f"林晚舟{i}：疑似，同音「林万周」，把握 60%" in arrived
        assert f"https://36kr.com/p/{i}/%40all" in arrived
    assert set(called) == {()}
    # Without the links that we make: nothing of the page is one, or markup, or calls anybody.
    ours = (
        r'\]\(https://36kr\.com/p/\d+/%40all\)|<https://36kr\.com/p/\d+/%40all\||href="https://36kr\.com/p/\d+/%40all"'
    )
    assert not re.search(r"@|<at|<!|\]\(|http://|evil\.example|[\x00\u202e]", re.sub(ours, "", arrived))


# Answers that no service documents


Respond = Callable[[], tuple[int, bytes, dict[str, str]]]


@pytest.fixture
def gateway() -> Iterator[tuple[str, list[Respond]]]:
    """A base address, and what it answers: the last entry of the list."""
    answers: list[Respond] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            status, body, headers = answers[-1]()
            self.send_response(status)
            for name, value in ({"Content-Length": str(len(body))} | headers).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST

        def log_message(self, format: str, *args: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", answers
    server.shutdown()
    server.server_close()
    thread.join()


JUDGED = {
    "dingtalk": "oapi.dingtalk.com",
    "feishu": "open.feishu.cn",
    "wecom": "qyapi.weixin.qq.com",
    "bark": "api.day.app",
    "serverchan": "sctapi.ftqq.com",
    "telegram": "api.telegram.org",
}


@pytest.mark.parametrize("service", JUDGED)
@pytest.mark.parametrize(
    "body",
    [
        b"", b"ok", b"<html>please log in to this network</html>", b"{}", b"[]", b"null", b'{"errcode":',
        b'{"errcode":null,"code":null,"ok":null}', b'{"errcode":"","code":"","ok":""}', b"\xff\xfe\x00", b"[" * 100_000,
        b'{"errcode":false,"code":true,"ok":1}', b'{"errcode":[],"code":{},"ok":0.0}',
    ],
)  # fmt: skip
def test_garbage_is_never_a_yes(gateway: tuple[str, list[Respond]], service: str, body: bytes) -> None:
    base, answers = gateway
    answers.append(lambda: (200, body, {}))
    with pytest.raises((ChannelBusy, ChannelRefused)) as caught:
        open_channel("desk", URLS[service], {JUDGED[service]: base}).send(MESSAGE)
    if b'"' not in body:
        assert isinstance(caught.value, ChannelBusy)
        assert caught.value.code == UNCLEAR


def test_both_verdicts_of_feishu_must_be_yes(gateway: tuple[str, list[Respond]]) -> None:
    base, answers = gateway
    channel = open_channel("desk", URLS["feishu"], {"open.feishu.cn": base})
    answers.append(lambda: (200, b'{"code":0,"StatusCode":19021,"msg":"sign match fail"}', {}))
    with pytest.raises(ChannelRefused, match="19021 sign match fail"):
        channel.send(MESSAGE)
    answers.append(lambda: (200, b'{"StatusCode":"0","StatusMessage":"success"}', {}))
    channel.send(MESSAGE)


def test_the_body_of_an_http_error_is_read_too(gateway: tuple[str, list[Respond]]) -> None:
    base, answers = gateway
    channel = open_channel("desk", URLS["feishu"], {"open.feishu.cn": base})
    answers.append(lambda: (400, b'{"code":9499,"msg":"Bad Request","data":{}}', {}))
    with pytest.raises(ChannelBusy):
        channel.send(MESSAGE)
    answers.append(lambda: (400, b'{"code":0,"msg":"ok"}', {}))
    with pytest.raises(ChannelRefused, match="400"):
        channel.send(MESSAGE)


@pytest.mark.parametrize(("service", "host"), [("webhook", "hooks.example.com"), ("dingtalk", "oapi.dingtalk.com")])
def test_a_redirect_is_not_followed_and_no_yes(gateway: tuple[str, list[Respond]], service: str, host: str) -> None:
    base, answers = gateway
    asked: list[int] = []

    def redirect() -> tuple[int, bytes, dict[str, str]]:
        asked.append(302)
        return 302, b"", {"Location": f"{base}/elsewhere"}

    answers.append(redirect)
    with pytest.raises(ChannelRefused, match="302, a redirect"):
        open_channel("desk", URLS[service], {host: base}).send(MESSAGE)
    assert asked == [302]


def test_retry_after_may_be_a_date_and_is_at_most_a_day() -> None:
    def wait(header: str) -> timedelta | None:
        error = judge(service_of("json"), "desk", [Answer(503, b"", header)], plugin_agrees=False, now=NOW)
        assert isinstance(error, ChannelBusy)
        return error.retry_after

    assert wait("Fri, 20 Nov 2026 06:02:00 GMT") == timedelta(minutes=2)
    assert wait("Fri, 20 Nov 2026 05:00:00 GMT") == timedelta(0)
    assert wait("999999999999") == timedelta(days=1)
    assert wait("soon") is None


def test_several_answers_count_by_the_worst() -> None:
    yes, busy, no = Answer(200, b'{"code":200}'), Answer(trouble="reset"), Answer(200, b'{"code":400,"message":"gone"}')
    bark = service_of("barks")
    assert judge(bark, "desk", [yes, yes], plugin_agrees=True, now=NOW) is None
    assert isinstance(judge(bark, "desk", [yes, busy], plugin_agrees=True, now=NOW), ChannelBusy)
    assert isinstance(judge(bark, "desk", [busy, no, yes], plugin_agrees=True, now=NOW), ChannelRefused)
    assert isinstance(judge(bark, "desk", [], plugin_agrees=True, now=NOW), ChannelBusy)


# Mail: no HTTP, so all that is known is whether it went out


def test_a_mail_server_that_cannot_be_reached_is_tried_again() -> None:
    channel = open_channel(
        "mail", "mailto://reader:mailsecret000111@127.0.0.1:9?from=a@example.com&to=b@example.com", {}
    )
    with pytest.raises(ChannelBusy) as caught:
        channel.send(MESSAGE)
    assert "mailsecret000111" not in str(caught.value)


# The built-in terminal


def test_the_terminal_writes_plain_text_to_a_pipe() -> None:
    out = io.StringIO()
    TerminalChannel("terminal", out).send(MESSAGE)
    assert out.getvalue() == "【林晚舟】新模型 — 36氪 14:05\nhttps://36kr.com/p/1\n\n"


def test_the_terminal_takes_what_its_encoding_lacks() -> None:
    raw = io.BytesIO()
    out = io.TextIOWrapper(raw, encoding="ascii")
    TerminalChannel("terminal", out).send(Message(title="", body="林 ok"))
    assert raw.getvalue() == b"? ok\n\n"


def test_a_closed_pipe_is_not_a_yes() -> None:
    out = io.StringIO()
    out.close()
    with pytest.raises(ChannelBusy, match="cannot be written"):
        TerminalChannel("terminal", out).send(MESSAGE)


def test_the_terminal_is_opened_by_its_name(capsys: pytest.CaptureFixture[str]) -> None:
    open_channel("terminal", "terminal://", {}).send(MESSAGE)
    assert "林晚舟" in capsys.readouterr().out


# Addresses


@pytest.mark.parametrize(
    "url", ["", "nosuchservice://tokentoken000111", "dingtalk://", "not a url", "dingtalk://bad token!"]
)
def test_an_address_that_cannot_be_read(url: str) -> None:
    with pytest.raises(ChannelRefused) as caught:
        open_channel("desk", url, {})
    assert "channel desk: its address" in str(caught.value)
    assert not url or url not in str(caught.value)


def test_one_bad_address_leaves_the_others_open() -> None:
    channels = open_channels({"bad": "nosuch://x", "terminal": "terminal://"}, {})
    assert isinstance(channels["bad"], UnreadableChannel)
    with pytest.raises(ChannelRefused, match="channel bad: its address"):
        channels["bad"].send(MESSAGE)
    channels["terminal"].send(MESSAGE)


# Secrets, and other users of requests


@pytest.mark.parametrize("service", URLS)
def test_no_secret_in_errors_or_logs(
    replica: Replica, sink: Sink, service: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(1)
    channel = open_channel("desk", URLS[service], replica.rewrite)
    channel.send(MESSAGE)
    sink.hang_up(service, after_accepting=False)
    with pytest.raises(ChannelBusy) as broken:
        channel.send(MESSAGE)
    sink.fail(service, 403)
    with pytest.raises(ChannelRefused) as refused:
        channel.send(MESSAGE)
    told = caplog.text + str(broken.value) + repr(broken.value) + str(refused.value) + refused.value.words
    assert "secret" not in told.lower()


def test_a_service_that_echoes_the_token_does_not_betray_it(gateway: tuple[str, list[Respond]]) -> None:
    base, answers = gateway
    answers.append(lambda: (200, json.dumps({"errcode": 1, "errmsg": "no robot D1NGT4LKSECRET000111"}).encode(), {}))
    with pytest.raises(ChannelRefused) as caught:
        open_channel("desk", URLS["dingtalk"], {"oapi.dingtalk.com": base}).send(MESSAGE)
    assert caught.value.words == "no robot ***"
    assert "no robot ***" in str(caught.value)


def test_what_counts_as_a_secret() -> None:
    secrets = Secrets("mailto://reader:p%40ssw0rd%21@mail.example.com?to=someone@example.org")
    told = "login reader p@ssw0rd! (p%40ssw0rd%21) at mail.example.com refused"
    assert secrets.remove(told) == "login *** *** (***) at mail.example.com refused"


def test_other_users_of_requests_see_nothing_of_us(
    replica: Replica, gateway: tuple[str, list[Respond]], caplog: pytest.LogCaptureFixture
) -> None:
    base, answers = gateway
    started, go_on = threading.Event(), threading.Event()

    def slowly() -> tuple[int, bytes, dict[str, str]]:
        started.set()
        go_on.wait(5)
        return 200, b'{"errcode":0}', {}

    answers.append(slowly)
    channel = open_channel("desk", URLS["dingtalk"], {"oapi.dingtalk.com": base, "127.0.0.1": "http://127.0.0.1:9"})
    sending = threading.Thread(target=channel.send, args=(MESSAGE,))
    sending.start()
    assert started.wait(5)
    answers.append(lambda: (200, b"theirs", {}))
    caplog.set_level(logging.DEBUG, logger="urllib3")
    # A message is under way in another thread; ours is neither rewritten nor recorded nor hushed.
    assert requests.post(f"{base}/theirs", data=b"x", timeout=5).text == "theirs"
    assert "/theirs" in caplog.text
    go_on.set()
    sending.join(5)
    assert not sending.is_alive()
