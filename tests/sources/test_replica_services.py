"""Each chat service in small: its yes, its refusals, and that it understands what Apprise posts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import apprise
import httpx
import pytest

from sources.replica import Replica, Sink, World

EPOCH = datetime(2026, 11, 21, 15, 0, 0, tzinfo=UTC)


@pytest.fixture
def replica() -> Iterator[Replica]:
    with Replica(World(EPOCH), Sink(clock=lambda: EPOCH)) as running:
        yield running


@pytest.fixture
def client() -> Iterator[httpx.Client]:
    with httpx.Client(timeout=5, trust_env=False) as browser:
        yield browser


# service, host, path, body (a dict is sent as JSON), the token and text that were sent, status and body of the yes
YES = [
    (
        "dingtalk",
        "oapi.dingtalk.com",
        "/robot/send?access_token=abc",
        {"msgtype": "text", "text": {"content": "王兴兴"}, "at": {"isAtAll": False}},
        ("abc", "王兴兴"),
        (200, {"errcode": 0, "errmsg": "ok"}),
    ),
    (
        "feishu",
        "open.feishu.cn",
        "/open-apis/bot/v2/hook/f-1/",
        {"msg_type": "text", "content": {"text": "杨植麟"}},
        ("f-1", "杨植麟"),
        (200, {"StatusCode": 0, "StatusMessage": "success", "code": 0, "data": {}, "msg": "success"}),
    ),
    (
        "lark",
        "open.larksuite.com",
        "/open-apis/bot/v2/hook/l-1",
        {"msg_type": "text", "content": {"text": "hi"}},
        ("l-1", "hi"),
        (200, {"StatusCode": 0, "StatusMessage": "success", "code": 0, "data": {}, "msg": "success"}),
    ),
    (
        "wecom",
        "qyapi.weixin.qq.com",
        "/cgi-bin/webhook/send?key=k-1",
        {"msgtype": "markdown", "markdown": {"content": "**宇树科技**"}},
        ("k-1", "**宇树科技**"),
        (200, {"errcode": 0, "errmsg": "ok"}),
    ),
    (
        "bark",
        "api.day.app",
        "/push",
        {"device_key": "dev", "title": "探马", "body": "一条"},
        ("dev", "探马\n一条"),
        (200, {"code": 200, "message": "success", "timestamp": 1795273200}),
    ),
    (
        "serverchan",
        "sctapi.ftqq.com",
        "/SCT1.send",
        "title=%E6%8E%A2%E9%A9%AC&desp=one",
        ("SCT1", "探马\none"),
        (
            200,
            {
                "code": 0,
                "message": "",
                "data": {"pushid": "1", "readkey": "SCT000000000001", "error": "SUCCESS", "errno": 0},
            },
        ),
    ),
    (
        "serverchan",
        "77.push.ft07.com",
        "/send/sctp77tabc.send",
        {"title": "t", "desp": "d"},
        ("sctp77tabc", "t\nd"),
        (
            200,
            {
                "code": 0,
                "message": "",
                "data": {"pushid": "1", "readkey": "SCT000000000001", "error": "SUCCESS", "errno": 0},
            },
        ),
    ),
    (
        "telegram",
        "api.telegram.org",
        "/bot12:ab/sendMessage",
        {"chat_id": 5, "text": "hello", "parse_mode": "HTML"},
        ("12:ab", "hello"),
        (200, {"ok": True, "result": {"message_id": 1, "chat": {"id": 5}, "date": 1795273200, "text": "hello"}}),
    ),
    ("slack", "hooks.slack.com", "/services/T/B/X", {"text": "hello"}, ("T/B/X", "hello"), (200, "ok")),
    ("discord", "discord.com", "/api/webhooks/9/tok", {"content": "hello"}, ("9/tok", "hello"), (204, "")),
    (
        "discord",
        "discord.com",
        "/api/webhooks/9/tok?wait=true",
        {"content": "hello"},
        ("9/tok", "hello"),
        (200, {"id": "1", "content": "hello"}),
    ),
    (
        "wxpusher",
        "wxpusher.zjiecode.com",
        "/api/send/message",
        {"appToken": "AT_1", "content": "c", "summary": "s", "uids": ["UID_1"]},
        ("AT_1", "c\ns"),
        (200, {"code": 1000, "msg": "处理成功", "data": [{"messageId": 1, "code": 1000}], "success": True}),
    ),
    (
        "ntfy",
        "ntfy.sh",
        "/",
        {"topic": "tp", "title": "t", "message": "m"},
        ("tp", "t\nm"),
        (200, {"id": "000000000001", "time": 1795273200, "event": "message", "topic": "tp", "message": "t\nm"}),
    ),
    (
        "webhook",
        "hooks.example.com",
        "/team/a",
        {"title": "t", "message": "m"},
        ("team/a", "t\nm"),
        (200, {"ok": True, "number": 1}),
    ),
]


def send(client: httpx.Client, replica: Replica, host: str, path: str, body: object) -> httpx.Response:
    if isinstance(body, str):
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        return client.post(replica.base(host) + path, content=body, headers=form)
    return client.post(replica.base(host) + path, json=body)


def said(answer: httpx.Response) -> object:
    return answer.json() if answer.headers.get("content-type", "").startswith("application/json") else answer.text


@pytest.mark.parametrize(
    ("service", "host", "path", "body", "message", "yes"), YES, ids=[f"{y[0]}-{y[1]}" for y in YES]
)
def test_each_service_says_yes_as_it_does(
    replica: Replica,
    client: httpx.Client,
    service: str,
    host: str,
    path: str,
    body: object,
    message: tuple[str, str],
    yes: tuple[int, object],
) -> None:
    answer = send(client, replica, host, path, body)
    assert (answer.status_code, said(answer)) == yes
    (received,) = replica.sink.received
    assert (received.service, received.token, received.text) == (service, *message)
    assert received.at == EPOCH
    (attempt,) = replica.sink.attempts
    assert attempt.accepted and attempt.answer == "accepted"


# service, code, HTTP status, body
NO = [
    (
        "dingtalk",
        310000,
        200,
        {
            "errcode": 310000,
            "errmsg": "keywords not in content, more: [https://ding-doc.dingtalk.com/doc#/serverapi2/qf2nxq]",
        },
    ),
    ("dingtalk", 130101, 200, {"errcode": 130101, "errmsg": "send too fast, exceed 20 times per minute"}),
    (
        "feishu",
        19021,
        200,
        {"code": 19021, "data": {}, "msg": "sign match fail or timestamp is not within one hour from current time"},
    ),
    ("feishu", 9499, 200, {"code": 9499, "data": {}, "msg": "too many request"}),
    (
        "lark",
        11232,
        200,
        {"code": 11232, "data": {}, "msg": "frequency limited psm[lark.oapi.app_platform_runtime]appID[1500]"},
    ),
    ("wecom", 93000, 200, {"errcode": 93000, "errmsg": "invalid webhook url"}),
    ("wecom", 45009, 200, {"errcode": 45009, "errmsg": "api freq out of limit"}),
    ("bark", 400, 200, {"code": 400, "message": "failed to get device token"}),
    (
        "serverchan",
        40001,
        200,
        {"code": 40001, "message": "bad pushtoken", "info": "bad pushtoken", "args": [None], "scode": 461},
    ),
    (
        "telegram",
        429,
        429,
        {
            "ok": False,
            "error_code": 429,
            "description": "Too Many Requests: retry after 9",
            "parameters": {"retry_after": 9},
        },
    ),
    ("telegram", 400, 400, {"ok": False, "error_code": 400, "description": "Bad Request: chat not found"}),
    ("slack", 429, 429, "rate_limited"),
    ("slack", 404, 404, "no_team"),
    ("discord", 429, 429, {"message": "You are being rate limited.", "retry_after": 9.0, "global": False}),
    ("discord", 10015, 404, {"message": "Unknown Webhook", "code": 10015}),
    ("wxpusher", 1002, 200, {"code": 1002, "msg": "应用token错误", "data": None, "success": False}),
    ("ntfy", 42901, 429, {"code": 42901, "http": 429, "error": "limit reached: too many requests"}),
    ("webhook", 410, 410, {"ok": False, "error": "gone"}),
]


@pytest.mark.parametrize(("service", "code", "status", "body"), NO, ids=[f"{n[0]}-{n[1]}" for n in NO])
def test_each_service_refuses_as_it_does(
    replica: Replica, client: httpx.Client, service: str, code: int, status: int, body: object
) -> None:
    _, host, path, good, _, _ = next(row for row in YES if row[0] == service)
    replica.sink.refuse(service, code, times=1, retry_after=9)
    answer = send(client, replica, host, path, good)
    assert (answer.status_code, said(answer)) == (status, body)
    if service in ("slack", "discord") and code == 429:
        assert answer.headers["retry-after"] == "9"
    assert replica.sink.received == ()
    assert [(a.accepted, a.answer) for a in replica.sink.attempts] == [(False, f"refused {code}")]
    assert send(client, replica, host, path, good).status_code in (200, 204)
    assert len(replica.sink.received) == 1


def test_a_refusal_that_the_service_does_not_know_is_an_error(replica: Replica) -> None:
    with pytest.raises(ValueError, match="slack has no refusal 310000; it has 400, 403, 404, 429"):
        replica.sink.refuse("slack", 310000)
    with pytest.raises(KeyError):
        replica.sink.refuse("pigeon", 1)


@pytest.mark.parametrize(
    ("host", "path", "body", "status", "answer"),
    [
        (
            "oapi.dingtalk.com",
            "/robot/send?access_token=abc",
            {"msgtype": "text"},
            200,
            {"errcode": 40035, "errmsg": "缺少参数 json"},
        ),
        (
            "open.feishu.cn",
            "/open-apis/bot/v2/hook/t",
            [1],
            200,
            {"code": 19002, "data": {}, "msg": "params error, msg_type need"},
        ),
        ("qyapi.weixin.qq.com", "/cgi-bin/webhook/send?key=k", {}, 200, {"errcode": 44004, "errmsg": "empty content"}),
        ("hooks.slack.com", "/services/T/B/X", {"text": ""}, 400, "invalid_payload"),
    ],
)
def test_a_message_without_content_is_refused_by_itself(
    replica: Replica, client: httpx.Client, host: str, path: str, body: object, status: int, answer: object
) -> None:
    got = send(client, replica, host, path, body)
    assert (got.status_code, said(got)) == (status, answer)
    assert replica.sink.received == ()


def test_addresses_that_a_service_has_not(replica: Replica, client: httpx.Client) -> None:
    assert send(client, replica, "oapi.dingtalk.com", "/robot/other", {}).status_code == 404
    assert client.get(replica.base("api.telegram.org") + "/bot1:a/getMe").json()["result"]["is_bot"] is True


@pytest.mark.parametrize(
    ("url", "attribute", "address"),
    [
        ("dingtalk://abc", "notify_url", "{oapi.dingtalk.com}/robot/send?access_token={{token}}"),
        ("feishu://abc", "notify_url", "{open.feishu.cn}/open-apis/bot/v2/hook/{{token}}/"),
        ("lark://abc", "webhook_url", "{open.larksuite.com}/open-apis/bot/v2/hook/abc"),
        ("wecombot://abc", "api_url", "{qyapi.weixin.qq.com}/cgi-bin/webhook/send?key=abc"),
        ("bark://api.day.app/abc", "notify_url", "{api.day.app}/push"),
        ("schan://abc", "notify_url", "{sctapi.ftqq.com}/{{token}}.send"),
        ("tgram://123456789:abcdefghijklmnopqrstuvwxyz012345678/99", "notify_url", "{api.telegram.org}/bot"),
        ("slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7F1", "webhook_url", "{hooks.slack.com}/services"),
        ("discord://123/abc", "notify_url", "{discord.com}/api/webhooks"),
        ("wxpusher://AT_abc/UID_1", "notify_url", "{wxpusher.zjiecode.com}/api/send/message"),
        ("ntfy://abc", "cloud_notify_url", "{ntfy.sh}"),
    ],
)
def test_what_apprise_posts_is_understood(replica: Replica, url: str, attribute: str, address: str) -> None:
    plugin = apprise.Apprise.instantiate(url)
    assert plugin is not None
    plugin.request_rate_per_sec = 0
    host = address[1 : address.index("}")]
    setattr(
        plugin, attribute, replica.base(host) + address[address.index("}") + 1 :].replace("{{", "{").replace("}}", "}")
    )
    assert plugin.notify(body="王兴兴 出现在标题里", title="探马")
    (received,) = replica.sink.received
    assert "王兴兴 出现在标题里" in received.text
