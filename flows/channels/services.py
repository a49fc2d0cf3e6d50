"""The chat services as data: what each takes, and what its answers mean. The judgement is in flows/channels/verdict.py.

Sources of limits and codes: the services' open documentation and what was measured against them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal

from flows.channels.message import Limit

# In ChannelError.code: a 200 that says neither yes nor no. The message may have arrived.
UNCLEAR = "unclear"

MINUTE = timedelta(minutes=1)
# What Apprise is told that our body is, and what its plugin is to send; "": plain text, in the plugin's own preference.
Sends = Literal["text", "markdown", "html", ""]


@dataclass(frozen=True, slots=True)
class Service:
    """A chat service, by the URL schemes that Apprise gives it.

    `fields`: where its answer holds the verdict; all that are there must be in `accepted`. `yes`: a body that is a yes
    by itself. `receipt`: a field that is in each yes that has a body, for services that say no by HTTP status. `passing`: codes that mean
    "not now", with how long the service wants to be left alone (None: it does not say). `known`: codes that no waiting
    mends, with the remedy. `words`: where the answer holds its explanation. A service without `fields` is judged by
    HTTP status and by its Apprise plugin. `sends`: what Apprise is handed, for services that it sends to. `text`: the
    limit when the address says `format=text`, for services that have a plain form worth choosing.
    """

    name: str
    schemes: tuple[str, ...]
    limit: Limit | None = None
    fields: tuple[str, ...] = ()
    accepted: tuple[int | bool, ...] = (0,)
    yes: bytes = b""
    receipt: str = ""
    passing: Mapping[int, timedelta | None] = field(default_factory=dict)
    known: Mapping[int, str] = field(default_factory=dict)
    words: tuple[str, ...] = ()
    sends: Sends = "text"
    text: Limit | None = None


_FEISHU_PASSING = {9499: MINUTE, 11232: MINUTE, 99991400: MINUTE}
_FEISHU_KNOWN = {
    19001: "check the webhook address",
    19021: "check the signing secret and this machine's clock",
    19022: "allow this machine's IP address in the robot's settings",
    19024: "put the robot's keyword into its settings or remove the keyword check",
}
# 2,048 bytes of text. Members who read the group in WeChat see no markdown; phone numbers are called in text alone.
_WECOM_TEXT = Limit(2_000, "bytes", per_minute=20)
_TOO_MANY_WECOM = {-1: None, 45009: MINUTE, 45033: MINUTE}

SERVICES: tuple[Service, ...] = (
    Service(
        "钉钉",
        ("dingtalk",),
        # 20,000 bytes of request and 20 messages a minute; the 21st locks the robot for 10 minutes. The documentation
        # asks for spaces around a line break, without which the lines run together.
        Limit(18_000, "json-utf8", form="dingtalk", per_minute=20, newline="  \n  "),
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
        Limit(17_500, "json-utf8", form="feishu", title=100, per_minute=100, per_second=5),  # 20 KB of request
        fields=("code", "StatusCode"),
        passing=_FEISHU_PASSING,
        known=_FEISHU_KNOWN,
        words=("msg", "StatusMessage"),
    ),
    Service(
        "Lark",
        ("lark",),
        Limit(17_500, "json-utf8", form="feishu", title=100, per_minute=100, per_second=5),
        fields=("code", "StatusCode"),
        passing=_FEISHU_PASSING,
        known=_FEISHU_KNOWN,
        words=("msg", "StatusMessage"),
    ),
    Service(
        "企业微信",
        ("wecombot",),
        Limit(4_000, "bytes", form="wecom", per_minute=20, phones=_WECOM_TEXT),  # 4,096 bytes of markdown
        text=_WECOM_TEXT,
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
        Limit(30_000, "bytes", form="commonmark", title=32, newline="  \n"),  # 32 KB of text
        fields=("code", "errno"),
        passing={40011: timedelta(hours=1)},  # the day's quota is used up
        known={40001: "check the SendKey; a used-up daily quota answers so too"},
        words=("message", "errmsg"),
    ),
    Service(
        "WxPusher",
        ("wxpusher",),
        Limit(30_000, "characters", form="commonmark", newline="  \n"),  # 40,000 characters; 2 requests a second
        fields=("code",),
        accepted=(1000,),
        passing={1006: None, 1008: MINUTE},
        known={
            1001: "check the app token",
            1002: "check the app token",
            1004: "check the user or topic",
            1010: "allow this machine's IP address",
        },
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
        sends="",  # HTML by default, made from our text by Apprise with everything escaped
    ),
    Service(
        "PushDeer", ("pushdeer", "pushdeers"), Limit(8_000, "bytes", title=100), fields=("code",), words=("error",)
    ),
    Service(
        "Telegram",
        ("tgram",),
        # 4,096 characters without the tags, which are counted here too, as Apprise counts.
        Limit(4_000, "characters", form="telegram", per_minute=20),
        fields=("ok",),
        accepted=(True,),
        words=("description",),
        sends="html",
    ),
    Service(
        "Slack",
        ("slack",),
        Limit(3_000, "characters", form="slack", title=100, per_minute=60, per_second=1),
        fields=("ok",),  # of a bot; a webhook says no more than ok
        accepted=(True,),
        yes=b"ok",
        words=("error",),
        sends="markdown",
    ),
    Service(
        "Discord",
        ("discord",),
        # An embed takes 4,096 characters, the plugin 2,000 of them.
        Limit(1_900, "characters", form="discord", title=100, per_minute=30),
        receipt="id",
        words=("message",),
        sends="markdown",
    ),
    Service("Mattermost", ("mmost", "mmosts"), Limit(3_900, "characters", form="markdown")),
    Service("ntfy", ("ntfy", "ntfys"), Limit(3_900, "bytes", title=100), receipt="id", words=("error",)),
    Service(
        "mail",
        ("mailto", "mailtos"),
        Limit(200_000, "bytes", form="mail", title=100, newline="<br>\n"),
        text=Limit(200_000, "bytes", title=100),
    ),
)


def service_of(scheme: str) -> Service:
    """The service behind a URL scheme; one that is judged by HTTP status alone when we know no more of it."""
    for service in SERVICES:
        if scheme.lower() in service.schemes:
            return service
    return Service(scheme.lower(), (scheme.lower(),), sends="")
