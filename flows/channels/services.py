"""What the answers of chat services mean, as data, and the judgement over them.

Most of these services answer HTTP 200 to a message that they refuse and say so in the body; Apprise takes the 200 for
a yes. Here a message is accepted only when the body says so. A code that nobody has described to us is a refusal: it
is loud, ops hears of it, and `tanma alerts retry` repairs a wrong guess, whereas silence would lose alerts.

Sources of the codes: the services' open documentation and what was measured against them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from flows.channels.message import Limit
from sources.errors import ChannelBusy, ChannelError, ChannelRefused

# In ChannelError.code: a 200 that says neither yes nor no. The message may have arrived.
UNCLEAR = "unclear"

MINUTE = timedelta(minutes=1)
PASSING_HTTP = frozenset({408, 425, 429})


@dataclass(frozen=True, slots=True)
class Service:
    """A chat service, by the URL schemes that Apprise gives it.

    `fields`: where its answer holds the verdict; all that are there must be in `accepted`. `passing`: codes that mean
    "not now", with how long the service wants to be left alone (None: it does not say). `known`: codes that no waiting
    mends, with the remedy. `words`: where the answer holds its explanation. A service without `fields` is judged by
    HTTP status and by its Apprise plugin. `as_text`: make the plugin send plain text whatever its own preference.
    """

    name: str
    schemes: tuple[str, ...]
    limit: Limit | None = None
    fields: tuple[str, ...] = ()
    accepted: tuple[int | bool, ...] = (0,)
    passing: Mapping[int, timedelta | None] = field(default_factory=dict)
    known: Mapping[int, str] = field(default_factory=dict)
    words: tuple[str, ...] = ()
    as_text: bool = True


_FEISHU_PASSING = {9499: MINUTE, 11232: MINUTE, 99991400: MINUTE}
_FEISHU_KNOWN = {
    19001: "check the webhook address",
    19021: "check the signing secret and this machine's clock",
    19022: "allow this machine's IP address in the robot's settings",
    19024: "put the robot's keyword into its settings or remove the keyword check",
}
_TOO_MANY_WECOM = {-1: None, 45009: MINUTE, 45033: MINUTE}

SERVICES: tuple[Service, ...] = (
    Service(
        "钉钉",
        ("dingtalk",),
        # 20,000 bytes and 20 messages a minute; the 21st locks the robot for 10 minutes. Text alone: with
        # format=markdown the plugin of Apprise 1.13 sends msgtype text with a markdown object, which is refused.
        Limit(18_000, "json", per_minute=20),
        fields=("errcode",),
        passing={-1: None, 130101: timedelta(minutes=10), 410100: timedelta(minutes=10)},
        known={
            310000: "check the robot's security settings: keyword, signature or IP address",
            300001: "check the access token",
            400101: "check the access token",
            400102: "switch the robot on again",
            400106: "the robot is gone: make a new one",
        },
        words=("errmsg",),
    ),
    Service(
        "飞书",
        ("feishu",),
        Limit(18_000, "json", per_minute=100, per_second=5),  # 20 KB of request
        fields=("code", "StatusCode"),
        passing=_FEISHU_PASSING,
        known=_FEISHU_KNOWN,
        words=("msg", "StatusMessage"),
    ),
    Service(
        "Lark",
        ("lark",),
        Limit(18_000, "json", per_minute=100, per_second=5),
        fields=("code", "StatusCode"),
        passing=_FEISHU_PASSING,
        known=_FEISHU_KNOWN,
        words=("msg", "StatusMessage"),
    ),
    Service(
        "企业微信",
        ("wecombot",),
        Limit(2_000, "bytes", per_minute=20),  # 2,048 bytes of text; the 4,096 are for markdown, which Apprise lacks
        fields=("errcode",),
        passing=_TOO_MANY_WECOM,
        known={93000: "check the robot's key", 93008: "add the robot to the group again", 40058: "report this to us"},
        words=("errmsg",),
    ),
    Service(
        "企业微信应用",
        ("wechat",),
        Limit(2_000, "bytes"),
        fields=("errcode",),
        passing=_TOO_MANY_WECOM,
        known={40001: "check the app's secret", 40013: "check the corp id", 60020: "allow this machine's IP address"},
        words=("errmsg",),
    ),
    Service(
        "Bark",
        ("bark", "barks"),
        Limit(3_000, "bytes", title=100),  # Apple takes 4,096 bytes a push, all fields together
        fields=("code",),
        accepted=(200,),
        known={400: "check the device key"},
        words=("message",),
    ),
    Service(
        "Server酱",
        ("schan",),
        Limit(30_000, "bytes", form="markdown", title=32),
        fields=("code", "errno"),
        passing={40011: timedelta(hours=1)},  # the day's quota is used up
        known={40001: "check the SendKey; a used-up daily quota answers so too"},
        words=("message", "errmsg"),
    ),
    Service(
        "WxPusher",
        ("wxpusher",),
        Limit(30_000, "bytes", title=20),
        fields=("code",),
        accepted=(1000,),
        passing={1008: MINUTE},
        known={1001: "check the app token", 1002: "check the app token", 1004: "check the user or topic"},
        words=("msg",),
    ),
    Service(
        "PushPlus",
        ("pushplus",),
        Limit(18_000, "bytes", title=100),
        fields=("code",),
        accepted=(200,),
        known={903: "check the token", 900: "the account is limited: sends too often or lacks a real name"},
        words=("msg",),
        as_text=False,  # HTML by default, made from our text by Apprise with everything escaped
    ),
    Service(
        "PushDeer", ("pushdeer", "pushdeers"), Limit(8_000, "bytes", title=100), fields=("code",), words=("error",)
    ),
    Service(
        "Telegram",
        ("tgram",),
        Limit(4_000, "characters", per_minute=20),
        fields=("ok",),
        accepted=(True,),
        words=("description",),
        as_text=False,  # the plugin knows HTML and Markdown alone; it escapes our text for HTML
    ),
    Service("Slack", ("slack",), Limit(3_000, "characters", title=100, per_minute=60, per_second=1)),
    Service("Discord", ("discord",), Limit(1_900, "characters", form="markdown", per_minute=30)),
    Service("Mattermost", ("mmost", "mmosts"), Limit(3_900, "characters", form="markdown")),
    Service("ntfy", ("ntfy", "ntfys"), Limit(3_900, "bytes", title=100)),
    Service("mail", ("mailto", "mailtos"), Limit(200_000, "bytes", title=100), as_text=False),
)


def service_of(scheme: str) -> Service:
    """The service behind a URL scheme; one that is judged by HTTP status alone when we know no more of it."""
    for service in SERVICES:
        if scheme.lower() in service.schemes:
            return service
    return Service(scheme.lower(), (scheme.lower(),), as_text=False)


@dataclass(frozen=True, slots=True)
class Answer:
    """What one request got: a status with a body, or the kind of trouble that came instead."""

    status: int = 0
    body: bytes = b""
    retry_after: str = ""
    trouble: str = ""


def judge(
    service: Service, channel: str, answers: Sequence[Answer], *, plugin_agrees: bool, now: datetime
) -> ChannelError | None:
    """None when the service accepted the message, else the error that says what to do next.

    Every answer counts: a plugin may ask several times for one message (a token first, several targets). A refusal
    weighs more than a passing trouble, which weighs more than a yes.
    """
    verdicts = [_verdict(service, channel, answer, now) for answer in answers]
    for kind in (ChannelRefused, ChannelBusy):
        for verdict in verdicts:
            if isinstance(verdict, kind):
                return verdict
    if not plugin_agrees:
        said = _clip(answers[-1].body.decode("utf-8", "replace")) if answers else ""
        return _refused(service, channel, "", said or "Apprise could not send it; check the channel's address")
    return _unclear(service, channel) if service.fields and not answers else None


def _verdict(service: Service, channel: str, answer: Answer, now: datetime) -> ChannelError | None:
    if answer.trouble:
        return _busy(service, channel, "", answer.trouble, None)
    body = _json_object(answer.body)
    wait = _asked_wait(answer, body, now)
    if answer.status in PASSING_HTTP or answer.status >= 500:
        said = _words(service, body) or f"HTTP {answer.status}"
        if answer.status == 429:
            wait = wait or MINUTE
        return _busy(service, channel, str(answer.status), said, wait)
    for name in service.fields:
        if name in body and (verdict := _by_code(service, channel, answer, body, body[name], wait)):
            return verdict
    if not 200 <= answer.status < 300:
        return _refused(service, channel, str(answer.status), _words(service, body) or _http_words(answer.status))
    if service.fields and not any(name in body for name in service.fields):
        return _unclear(service, channel)
    return None


def _by_code(
    service: Service, channel: str, answer: Answer, body: Mapping[str, Any], value: object, wait: timedelta | None
) -> ChannelError | None:
    """The verdict of one field of the body; None when it means yes."""
    code = _code(value)
    if code is None:
        return _unclear(service, channel) if answer.status < 300 else None
    # By type too: to Python, False is 0 and True is 1.
    if any(type(code) is type(yes) and code == yes for yes in service.accepted):
        return None
    if code is False or code is True:
        shown = str(body.get("error_code", answer.status))
        if shown == "429" or shown.startswith("5"):
            return _busy(service, channel, shown, _words(service, body), wait or MINUTE)
        return _refused(service, channel, shown, _words(service, body))
    words = _words(service, body)
    if code in service.passing:
        return _busy(service, channel, str(code), words, wait or service.passing[code])
    if code == 429 or 500 <= code < 600:
        return _busy(service, channel, str(code), words, wait or (MINUTE if code == 429 else None))
    return _refused(service, channel, str(code), words, service.known.get(code, ""))


def _code(value: object) -> int | bool | None:
    if isinstance(value, int):
        return value
    if (
        isinstance(value, str)
        and value.strip().removeprefix("-").isascii()
        and value.strip().removeprefix("-").isdigit()
    ):
        return int(value[:20])
    return None


def _json_object(body: bytes) -> Mapping[str, Any]:
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _asked_wait(answer: Answer, body: Mapping[str, Any], now: datetime) -> timedelta | None:
    """Retry-After (RFC 9110: seconds or a date), or Telegram's and Discord's retry_after in seconds; at most a day."""
    parameters = body.get("parameters")
    asked = parameters.get("retry_after") if isinstance(parameters, dict) else body.get("retry_after")
    if isinstance(asked, int | float) and not isinstance(asked, bool) and 0 < asked < 86_400:
        return timedelta(seconds=asked)
    text = answer.retry_after.strip()
    if text.isascii() and text.isdigit():
        return timedelta(seconds=min(int(text[:9]), 86_400))
    try:
        date = parsedate_to_datetime(text)
    except ValueError:
        return None
    at = date if date.tzinfo else date.replace(tzinfo=UTC)
    return min(max(at - now, timedelta(0)), timedelta(days=1))


def _words(service: Service, body: Mapping[str, Any]) -> str:
    for name in service.words:
        if isinstance(body.get(name), str) and body[name].strip():
            return _clip(body[name])
    return ""


def _clip(text: str) -> str:
    """A service's words for one line of a table or log."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text[:2_000]).split())
    return line if len(line) <= 300 else line[:299] + "…"


def _http_words(status: int) -> str:
    return f"HTTP {status}" + (", a redirect: use the address that it leads to" if 300 <= status < 400 else "")


def _unclear(service: Service, channel: str) -> ChannelBusy:
    return _busy(service, channel, UNCLEAR, "its answer says neither yes nor no; the message may have arrived", None)


def _busy(service: Service, channel: str, code: str, words: str, wait: timedelta | None) -> ChannelBusy:
    text = f"channel {channel} ({service.name}) could not take the message now{_said(code, words)}"
    return ChannelBusy(text, code=code, words=words, retry_after=wait)


def _refused(service: Service, channel: str, code: str, words: str, remedy: str = "") -> ChannelRefused:
    text = f"channel {channel} ({service.name}) refused the message{_said(code, words)}"
    return ChannelRefused(f"{text}; {remedy}" if remedy else text, code=code, words=words)


def _said(code: str, words: str) -> str:
    said = " ".join(part for part in (code, words) if part)
    return f": {said}" if said else ""
