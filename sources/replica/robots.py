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
    longest = (20_000, 460101)

    def read(self, request: Request) -> Message | None:
        if request.path != "/robot/send":
            return None
        payload = fields_of(request)
        text = gathered(
            [payload.get(part) for part in ("text", "markdown", "actionCard", "link")], ("content", "title", "text")
        )
        if not text:
            raise Malformed("no content")
        return Message(request.parameters.get("access_token", ""), text, payload)

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
        return Message(address.group(1), text, payload)

    def yes(self, message: Message, number: int, at: datetime) -> Answer:
        return data({"StatusCode": 0, "StatusMessage": "success", "code": 0, "data": {}, "msg": "success"})

    def no(self, code: int, words: str, retry_after: int) -> Answer:
        return data({"code": code, "data": {}, "msg": words})

    def signed(self, request: Request, message: Message, secret: str, at: datetime) -> bool:
        stamp = str(message.payload.get("timestamp", ""))
        fresh = stamp.isdigit() and abs(int(stamp) - at.timestamp()) <= 3600
        # Here the text to sign is the key and the message is empty, other than with 钉钉.
        return fresh and message.payload.get("sign") == _sha256(f"{stamp}\n{secret}", "")


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
    longest = (4_096, 40058)

    def read(self, request: Request) -> Message | None:
        if request.path != "/cgi-bin/webhook/send":
            return None
        payload = fields_of(request)
        text = gathered([payload.get("text"), payload.get("markdown"), payload.get("markdown_v2")], ("content",))
        if not text:
            raise Malformed("no content")
        return Message(request.parameters.get("key", ""), text, payload)

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

    def read(self, request: Request) -> Message | None:
        parts = [part for part in request.path.split("/") if part]
        payload = {**request.parameters, **(fields_of(request) if request.body else {})}
        if parts and parts[0] != "push":
            payload.setdefault("device_key", parts[0])
            payload.update(zip(("title", "body") if len(parts) > 2 else ("body",), parts[1:], strict=False))
        if not payload.get("device_key"):
            raise Malformed("device key is empty")
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
        if not text:
            raise Malformed("no title")
        return Message(address.group(1), text, payload)

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
        1008: "调用频率过高",
    }
    malformed = 1003

    def read(self, request: Request) -> Message | None:
        if request.path != "/api/send/message":
            return None
        payload = fields_of(request)
        if not payload.get("content"):
            raise Malformed("no content")
        return Message(str(payload.get("appToken", "")), gathered(payload, ("summary", "content")), payload)

    def yes(self, message: Message, number: int, at: datetime) -> Answer:
        return data({"code": 1000, "msg": "处理成功", "data": [{"messageId": number, "code": 1000}], "success": True})

    def no(self, code: int, words: str, retry_after: int) -> Answer:
        return data({"code": code, "msg": words, "data": None, "success": False})


def _sha256(key: str, text: str) -> str:
    return base64.b64encode(hmac.new(key.encode(), text.encode(), hashlib.sha256).digest()).decode()
