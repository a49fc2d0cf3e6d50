"""The Chinese services: 钉钉, 飞书 and Lark, 企业微信, Bark, Server酱, WxPusher.

Codes and words are those the services document or were seen to answer. All refuse with HTTP 200 and a code in the body,
which is the point of playing them.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import ClassVar

from sources.replica.service import Malformed, Message, Rate, Service, fields_of, gathered
from sources.replica.wire import Answer, Request, data


class DingTalk(Service):
    """钉钉 group robot."""

    name = "dingtalk"
    hosts = ("oapi.dingtalk.com",)
    codes: ClassVar[Mapping[int, str]] = {
        310000: "keywords not in content, more: [https://ding-doc.dingtalk.com/doc#/serverapi2/qf2nxq]",
        130101: "send too fast, exceed 20 times per minute",
        300001: "token is not exist",
        460101: "message too long, exceed 20000 bytes",
        40035: "缺少参数 json",
    }
    malformed = 40035
    keyword_code = 310000
    rates = (Rate(20, timedelta(minutes=1), 130101, lock=timedelta(minutes=10)),)

    def read(self, request: Request) -> Message | None:
        if request.path != "/robot/send":
            return None
        payload = fields_of(request)
        part = payload.get(str(payload.get("msgtype")))
        wanted = {"text": ("content",), "markdown": ("title", "text")}.get(
            str(payload.get("msgtype")), ("title", "text")
        )
        if not isinstance(part, dict) or not all(isinstance(part.get(key), str) and part[key] for key in wanted):
            raise Malformed("the object that msgtype names is not there, or not whole")
        return Message(
            request.parameters.get("access_token", ""), gathered(part, ("content", "title", "text")), payload
        )

    def too_long(self, request: Request, message: Message) -> tuple[int, str] | None:
        return (460101, self.codes[460101]) if len(request.body) > 20_000 else None

    def called(self, message: Message) -> tuple[str, ...]:
        """In markdown only those whom the text names too."""
        at = message.payload.get("at") or {}
        people = [*(at.get("atMobiles") or []), *(at.get("atUserIds") or [])]
        if message.payload["msgtype"] == "markdown":
            people = [name for name in people if f"@{name}" in message.payload["markdown"]["text"]]
        return (*people, *(["all"] if at.get("isAtAll") else []))

    def yes(self, message: Message, number: int, at: datetime) -> Answer:
        return data({"errcode": 0, "errmsg": "ok"})

    def no(self, code: int, words: str, retry_after: int) -> Answer:
        return data({"errcode": code, "errmsg": words})

    def signed(self, request: Request, message: Message, secret: str, at: datetime) -> bool:
        stamp = request.parameters.get("timestamp", "")
        fresh = stamp.isdigit() and abs(int(stamp) / 1000 - at.timestamp()) <= 3600
        return fresh and request.parameters.get("sign") == _sha256(secret, f"{stamp}\n{secret}")


class Feishu(Service):
    """飞书 group robot."""

    name = "feishu"
    hosts = ("open.feishu.cn",)
    codes: ClassVar[Mapping[int, str]] = {
        19021: "sign match fail or timestamp is not within one hour from current time",
        19024: "Key Words Not Found",
        9499: "too many request",
        11232: "frequency limited psm[lark.oapi.app_platform_runtime]appID[1500]",
        19001: "param invalid: incoming webhook access token invalid",
        19002: "params error, msg_type need",
    }
    malformed = 19002
    keyword_code = 19024
    rates = (Rate(5, timedelta(seconds=1), 11232), Rate(100, timedelta(minutes=1), 11232))

    def read(self, request: Request) -> Message | None:
        address = re.fullmatch(r"/open-apis/bot/v2/hook/([^/]+)/?", request.path)
        if not address:
            return None
        payload = fields_of(request)
        text = gathered([payload.get("content"), payload.get("card")], ("text", "title", "content"))
        if not payload.get("msg_type") or not text:
            raise Malformed("no msg_type or no text")
        if payload["msg_type"] == "interactive" and not _is_card(payload.get("card")):
            raise Malformed("not a card")
        return Message(address.group(1), text, payload)

    def too_long(self, request: Request, message: Message) -> tuple[int, str] | None:
        return (9499, "Bad Request") if len(request.body) > 20_000 else None

    def called(self, message: Message) -> tuple[str, ...]:
        """Tags work in texts and in the markdown of cards, not in what is marked as plain text."""
        card = message.payload.get("card") or {}
        texts = [part.get("content", "") for part in card.get("elements", []) if part.get("tag") == "markdown"]
        written = gathered([message.payload.get("content"), {"text": texts}], ("text",))
        return tuple(re.findall(r"""<at (?:id|user_id|email)=["']?([^"'>\s]+)""", written))

    def yes(self, message: Message, number: int, at: datetime) -> Answer:
        return data({"StatusCode": 0, "StatusMessage": "success", "code": 0, "data": {}, "msg": "success"})

    def no(self, code: int, words: str, retry_after: int) -> Answer:
        return data({"code": code, "data": {}, "msg": words})

    def signed(self, request: Request, message: Message, secret: str, at: datetime) -> bool:
        stamp = str(message.payload.get("timestamp", ""))
        fresh = stamp.isdigit() and abs(int(stamp) - at.timestamp()) <= 3600
        # Here the text to sign is the key and the message is empty, other than with 钉钉.
        return fresh and message.payload.get("sign") == _sha256(f"{stamp}\n{secret}", "")


def _is_card(card: object) -> bool:
    """Whether it has what a card of version 1 needs: elements, and a title whose text says how it is written."""
    if not isinstance(card, dict) or not isinstance(card.get("elements"), list) or not card["elements"]:
        return False
    texts = [
        part for part in card["elements"] if isinstance(part, dict) and part.get("tag") in ("markdown", "div", "hr")
    ]
    title = card.get("header", {}).get("title", {"tag": "plain_text", "content": "x"})
    return (
        len(texts) == len(card["elements"]) and title.get("tag") in ("plain_text", "lark_md") and bool(title["content"])
    )


class Lark(Feishu):
    name = "lark"
    hosts = ("open.larksuite.com",)


class WeCom(Service):
    """企业微信 group robot."""

    name = "wecom"
    hosts = ("qyapi.weixin.qq.com",)
    codes: ClassVar[Mapping[int, str]] = {
        93000: "invalid webhook url",
        45009: "api freq out of limit",
        40058: "content exceed max length. invalid Request Parameter",
        44004: "empty content",
    }
    malformed = 44004
    rates = (Rate(20, timedelta(minutes=1), 45009),)

    def read(self, request: Request) -> Message | None:
        if request.path != "/cgi-bin/webhook/send":
            return None
        payload = fields_of(request)
        part = payload.get(str(payload.get("msgtype")))
        if not isinstance(part, dict) or not isinstance(part.get("content"), str) or not part["content"]:
            raise Malformed("no content")
        return Message(request.parameters.get("key", ""), part["content"], payload)

    def too_long(self, request: Request, message: Message) -> tuple[int, str] | None:
        most = 2_048 if message.payload["msgtype"] == "text" else 4_096
        return (40058, self.codes[40058]) if len(message.text.encode()) > most else None

    def called(self, message: Message) -> tuple[str, ...]:
        """The lists work in text alone, `<@id>` in markdown too."""
        text = message.payload.get("text") or {} if message.payload["msgtype"] == "text" else {}
        people = [*(text.get("mentioned_list") or []), *(text.get("mentioned_mobile_list") or [])]
        people += re.findall(r"<@([^<>\s]+)>", message.text)
        return tuple("all" if name == "@all" else name for name in people)

    def yes(self, message: Message, number: int, at: datetime) -> Answer:
        return data({"errcode": 0, "errmsg": "ok"})

    def no(self, code: int, words: str, retry_after: int) -> Answer:
        return data({"errcode": code, "errmsg": words})


class Bark(Service):
    """Bark push server: JSON to /push or /<key>, or everything in the path."""

    name = "bark"
    hosts = ("api.day.app",)
    codes: ClassVar[Mapping[int, str]] = {
        400: "failed to get device token",
        500: "push failed",
    }
    malformed = 400
    longest = (4_096, 500)  # of Apple, all fields together

    def read(self, request: Request) -> Message | None:
        parts = [part for part in request.path.split("/") if part]
        payload = {**request.parameters, **(fields_of(request) if request.body else {})}
        if parts and parts[0] != "push":
            payload.setdefault("device_key", parts[0])
            payload.update(zip(("title", "body") if len(parts) > 2 else ("body",), parts[1:], strict=False))
        if not payload.get("device_key"):
            raise Malformed("device key is empty")
        if payload.get("level", "active") not in ("active", "timeSensitive", "passive", "critical"):
            raise Malformed("no such level")
        return Message(str(payload["device_key"]), gathered(payload, ("title", "body", "markdown")), payload)

    def yes(self, message: Message, number: int, at: datetime) -> Answer:
        return data({"code": 200, "message": "success", "timestamp": int(at.timestamp())})

    def no(self, code: int, words: str, retry_after: int) -> Answer:
        return data({"code": code, "message": words})


class ServerChan(Service):
    """Server酱 Turbo and Server酱³; the latter has a host for each user."""

    name = "serverchan"
    hosts = ("sctapi.ftqq.com", "1.push.ft07.com")
    codes: ClassVar[Mapping[int, str]] = {
        40001: "bad pushtoken",
        20001: "title is empty",
        40011: "[AUTH]超过当天的发送次数限制",
    }
    malformed = 20001

    def serves(self, host: str) -> bool:
        return host in self.hosts or bool(re.fullmatch(r"\d+\.push\.ft07\.com", host))

    def read(self, request: Request) -> Message | None:
        address = re.fullmatch(r"/(?:send/)?([\w-]+)\.send", request.path)
        if not address:
            return None
        payload = {**request.parameters, **(fields_of(request) if request.body else {})}
        text = gathered(payload, ("title", "desp", "text"))
        if not payload.get("title") and not payload.get("text"):
            raise Malformed("no title")
        return Message(address.group(1), text, payload)

    def too_long(self, request: Request, message: Message) -> tuple[int, str] | None:
        if len(str(message.payload.get("title", ""))) > 32:
            return self.malformed, "title is too long"
        return (
            (self.malformed, "desp is too long")
            if len(str(message.payload.get("desp", "")).encode()) > 32_768
            else None
        )

    def yes(self, message: Message, number: int, at: datetime) -> Answer:
        receipt = {"pushid": str(number), "readkey": f"SCT{number:012d}", "error": "SUCCESS", "errno": 0}
        return data({"code": 0, "message": "", "data": receipt})

    def no(self, code: int, words: str, retry_after: int) -> Answer:
        return data({"code": code, "message": words, "info": words, "args": [None], "scode": 461})


class WxPusher(Service):
    name = "wxpusher"
    hosts = ("wxpusher.zjiecode.com",)
    codes: ClassVar[Mapping[int, str]] = {
        1001: "应用token不能为空",
        1002: "应用token错误",
        1003: "消息内容不能为空",
        1004: "用户不存在",
        1007: "消息内容长度超过限制",
        1008: "调用频率过高",
    }
    malformed = 1003

    def read(self, request: Request) -> Message | None:
        if request.path != "/api/send/message":
            return None
        payload = fields_of(request)
        if not payload.get("content"):
            raise Malformed("no content")
        if not payload.get("uids") and not payload.get("topicIds"):
            raise Malformed(self.codes[1004], 1004)
        return Message(str(payload.get("appToken", "")), gathered(payload, ("summary", "content")), payload)

    def too_long(self, request: Request, message: Message) -> tuple[int, str] | None:
        long = len(message.payload["content"]) > 40_000 or len(message.payload.get("summary") or "") > 100
        return (1007, self.codes[1007]) if long else None

    def yes(self, message: Message, number: int, at: datetime) -> Answer:
        return data({"code": 1000, "msg": "处理成功", "data": [{"messageId": number, "code": 1000}], "success": True})

    def no(self, code: int, words: str, retry_after: int) -> Answer:
        return data({"code": code, "msg": words, "data": None, "success": False})


def _sha256(key: str, text: str) -> str:
    return base64.b64encode(hmac.new(key.encode(), text.encode(), hashlib.sha256).digest()).decode()
