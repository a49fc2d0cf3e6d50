"""飞书 and Lark group robots: a card whose header is coloured by severity, signed in the body (签名校验).

Documentation: open.feishu.cn/document/client-docs/bot-v3/add-custom-bot.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flows.channels.message import Message
from flows.channels.post import Post, hmac_sha256
from warehouse.rules import Severity

_COLOURS: dict[Severity, str] = {"info": "blue", "warning": "orange", "urgent": "red"}


def compose(robot: Any, message: Message, at: datetime) -> Post:
    """`feishu://TOKEN`, with the secret as `feishu://SECRET@TOKEN` or `?secret=`; `lark://` the same."""
    body: dict[str, Any] = {
        "msg_type": "interactive",
        "card": {
            "config": {"wide_screen_mode": True},
            "header": {
                "title": {"tag": "plain_text", "content": message.title},
                "template": _COLOURS[message.severity],
            },
            "elements": [{"tag": "markdown", "content": message.body}],
        },
    }
    if robot.secret:
        stamp = str(int(at.timestamp()))
        # Here the text to sign is the key and the message is empty, other than with 钉钉.
        body |= {"timestamp": stamp, "sign": hmac_sha256(f"{stamp}\n{robot.secret}", "")}
    host = "open.larksuite.com" if robot.secure_protocol == "lark" else "open.feishu.cn"
    return Post(f"https://{host}/open-apis/bot/v2/hook/{robot.token}", body)
