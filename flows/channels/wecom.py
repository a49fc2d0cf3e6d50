"""企业微信 group robots: markdown, or text where people are called by phone number or the address asks for it.

Documentation: developer.work.weixin.qq.com/document/path/91770.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flows.channels.forms import phone
from flows.channels.message import Message
from flows.channels.post import Post


def compose(robot: Any, message: Message, at: datetime) -> Post:
    """`wecombot://KEY`; `?format=text` for groups that are read in WeChat, which shows no markdown."""
    body: dict[str, Any]
    if message.form == "wecom":
        body = {"msgtype": "markdown", "markdown": {"content": message.body}}
    else:
        text: dict[str, Any] = {"content": message.body}
        if names := [name for name in message.mention if not phone(name)]:
            text["mentioned_list"] = names
        if numbers := [name for name in message.mention if phone(name)]:
            text["mentioned_mobile_list"] = numbers
        body = {"msgtype": "text", "text": text}
    return Post("https://qyapi.weixin.qq.com/cgi-bin/webhook/send", body, {"key": robot.key})
