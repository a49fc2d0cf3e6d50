"""The services elsewhere: Telegram, Slack, Discord, ntfy, and anybody's own JSON endpoint."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from html.parser import HTMLParser
from typing import Any, ClassVar

from sources.replica.service import Malformed, Message, Rate, Service, fields_of, gathered
from sources.replica.wire import Answer, Request, data


class Telegram(Service):
    """Telegram Bot API."""

    name = "telegram"
    hosts = ("api.telegram.org",)
    codes: ClassVar[Mapping[int, str]] = {
        400: "Bad Request: chat not found",
        401: "Unauthorized",
        403: "Forbidden: bot was kicked from the group chat",
        429: "Too Many Requests",
    }
    malformed = 400
    rates = (Rate(20, timedelta(minutes=1), 429),)

    def other(self, request: Request) -> Answer | None:
        if re.fullmatch(r"/bot[^/]+/getMe", request.path):
            return data(
                {"ok": True, "result": {"id": 1, "is_bot": True, "first_name": "tanma", "username": "tanma_bot"}}
            )
        if re.fullmatch(r"/bot[^/]+/getUpdates", request.path):
            return data({"ok": True, "result": []})
        return None

    def read(self, request: Request) -> Message | None:
        address = re.fullmatch(r"/bot([^/]+)/sendMessage", request.path)
        if not address:
            return None
        payload = {**request.parameters, **fields_of(request)}
        if not payload.get("text") or not payload.get("chat_id"):
            raise Malformed("text or chat_id is empty")
        if payload.get("parse_mode") == "HTML":
            _telegram_text(str(payload["text"]))
        return Message(address.group(1), str(payload["text"]), payload)

    def too_long(self, request: Request, message: Message) -> tuple[int, str] | None:
        html = message.payload.get("parse_mode") == "HTML"
        shown = _telegram_text(message.text) if html else message.text
        long = len(shown.encode("utf-16-le", "replace")) // 2 > 4_096
        return (400, "Bad Request: message is too long") if long else None

    def called(self, message: Message) -> tuple[str, ...]:
        html = message.payload.get("parse_mode") == "HTML"
        names = re.findall(r"(?<!\w)@[A-Za-z]\w{4,31}", _telegram_text(message.text) if html else message.text)
        return (*names, *re.findall(r'href="tg://user\?id=(\d+)"', message.text if html else ""))

    def yes(self, message: Message, number: int, at: datetime) -> Answer:
        sent = {
            "message_id": number,
            "chat": {"id": message.payload["chat_id"]},
            "date": int(at.timestamp()),
            "text": message.text,
        }
        return data({"ok": True, "result": sent})

    def no(self, code: int, words: str, retry_after: int) -> Answer:
        body: dict[str, Any] = {"ok": False, "error_code": code, "description": words}
        if code == 429:
            body |= {"description": f"{words}: retry after {retry_after}", "parameters": {"retry_after": retry_after}}
        return data(body, status=code)


_TELEGRAM_TAGS = frozenset(
    [
        "b",
        "strong",
        "i",
        "em",
        "u",
        "ins",
        "s",
        "strike",
        "del",
        "a",
        "code",
        "pre",
        "blockquote",
        "span",
        "tg-spoiler",
        "tg-emoji",
    ]
)


class _TelegramHtml(HTMLParser):
    """The text of Telegram's HTML; raises Malformed for what it refuses."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.text = ""
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in _TELEGRAM_TAGS:
            raise Malformed(f'Bad Request: can\'t parse entities: Unsupported start tag "{tag}"', 400)
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            raise Malformed(f'Bad Request: can\'t parse entities: Unexpected end tag "{tag}"', 400)

    def handle_data(self, data: str) -> None:
        self.text += data


def _telegram_text(text: str) -> str:
    reader = _TelegramHtml()
    reader.feed(text)
    reader.close()
    if reader.open:
        raise Malformed("Bad Request: can't parse entities: Can't find end tag", 400)
    return reader.text


class Slack(Service):
    """Slack incoming webhooks."""

    name = "slack"
    hosts = ("hooks.slack.com",)
    codes: ClassVar[Mapping[int, str]] = {
        400: "invalid_payload",
        403: "invalid_token",
        404: "no_team",
        429: "rate_limited",
    }
    malformed = 400

    def read(self, request: Request) -> Message | None:
        address = re.fullmatch(r"/services/(.+)", request.path)
        if not address:
            return None
        payload = fields_of(request)
        text = gathered(payload, ("title", "text"))
        if not text:
            raise Malformed("no text")
        return Message(address.group(1), text, payload)

    def called(self, message: Message) -> tuple[str, ...]:
        everybody = re.findall(r"<!(?:channel|here|everyone)\b", message.text)
        return (*re.findall(r"<@([A-Z0-9]+)", message.text), *("all" for _ in everybody))

    def yes(self, message: Message, number: int, at: datetime) -> Answer:
        return Answer(body=b"ok", content_type="text/html")

    def no(self, code: int, words: str, retry_after: int) -> Answer:
        headers = (("Retry-After", str(retry_after)),) if code == 429 else ()
        return Answer(code, words.encode(), "text/html", headers)


class Discord(Service):
    """Discord webhooks: 204, or the message when it is asked for with `wait=true`."""

    name = "discord"
    hosts = ("discord.com",)
    codes: ClassVar[Mapping[int, str]] = {
        429: "You are being rate limited.",
        10015: "Unknown Webhook",
        50027: "Invalid Webhook Token",
        50006: "Cannot send an empty message",
        50035: "Invalid Form Body",
    }
    malformed = 50006

    def read(self, request: Request) -> Message | None:
        address = re.fullmatch(r"/api/webhooks/(\d+/[^/]+)", request.path)
        if not address:
            return None
        payload = fields_of(request)
        text = gathered(payload, ("content", "title", "description", "name", "value"))
        if not text:
            raise Malformed("no content")
        if any(embed.get("author", {}).get("url") == "" for embed in payload.get("embeds", [])):
            raise Malformed(self.codes[50035], 50035)
        return Message(address.group(1), text, {**payload, "wait": request.parameters.get("wait", payload.get("wait"))})

    def too_long(self, request: Request, message: Message) -> tuple[int, str] | None:
        embeds = message.payload.get("embeds") or []
        long = (
            len(message.payload.get("content") or "") > 2_000
            or any(len(embed.get("description") or "") > 4_096 for embed in embeds)
            or any(len(embed.get("title") or "") > 256 for embed in embeds)
        )
        return (50035, self.codes[50035]) if long else None

    def called(self, message: Message) -> tuple[str, ...]:
        """Only `content` calls, and only whom `allowed_mentions` allows; all that it names where that is missing."""
        content = message.payload.get("content") or ""
        allowed = message.payload.get("allowed_mentions", {"parse": ["everyone", "users"]})
        people = re.findall(r"<@!?(\d+)>", content)
        if "users" not in allowed.get("parse", []):
            people = [name for name in people if name in allowed.get("users", [])]
        everybody = re.search(r"@(everyone|here)\b", content) and "everyone" in allowed.get("parse", [])
        return (*people, *(["all"] if everybody else []))

    def yes(self, message: Message, number: int, at: datetime) -> Answer:
        if message.payload["wait"] == "true":
            return data({"id": str(number), "content": message.payload.get("content", "")})
        return Answer(204)

    def no(self, code: int, words: str, retry_after: int) -> Answer:
        if code == 429:
            body = {"message": words, "retry_after": float(retry_after), "global": False}
            return data(body, status=429, headers=(("Retry-After", str(retry_after)),))
        return data({"message": words, "code": code}, status={10015: 404, 50027: 401}.get(code, 400))


class Ntfy(Service):
    """ntfy.sh: JSON to /, or the text itself to /<topic>."""

    name = "ntfy"
    hosts = ("ntfy.sh",)
    codes: ClassVar[Mapping[int, str]] = {
        40024: "invalid request: request body must be valid JSON",
        40301: "forbidden",
        42901: "limit reached: too many requests",
    }
    malformed = 40024

    def read(self, request: Request) -> Message | None:
        topic = request.path.strip("/")
        if topic:
            title = request.headers.get("x-title", request.parameters.get("title", ""))
            payload: dict[str, Any] = {
                "topic": topic,
                "title": title,
                "message": request.body.decode("utf-8", "replace"),
            }
        else:
            payload = fields_of(request)
        if not payload.get("topic"):
            raise Malformed("no topic")
        return Message(str(payload["topic"]), gathered(payload, ("title", "message")), payload)

    def yes(self, message: Message, number: int, at: datetime) -> Answer:
        receipt = {"id": f"{number:012d}", "time": int(at.timestamp()), "event": "message", "topic": message.token}
        return data({**receipt, "message": message.text})

    def no(self, code: int, words: str, retry_after: int) -> Answer:
        return data({"code": code, "http": code // 100, "error": words}, status=code // 100)


class Webhook(Service):
    """Anybody's own JSON endpoint: 2xx is a yes. The token is the path."""

    name = "webhook"
    hosts = ("hooks.example.com",)
    codes: ClassVar[Mapping[int, str]] = {400: "bad request", 401: "unauthorized", 410: "gone", 429: "slow down"}
    malformed = 400

    def read(self, request: Request) -> Message | None:
        payload = fields_of(request)
        return Message(request.path.strip("/"), gathered(payload, ("title", "message", "text", "content")), payload)

    def yes(self, message: Message, number: int, at: datetime) -> Answer:
        return data({"ok": True, "number": number})

    def no(self, code: int, words: str, retry_after: int) -> Answer:
        headers = (("Retry-After", str(retry_after)),) if code == 429 else ()
        return data({"ok": False, "error": words}, status=code, headers=headers)
