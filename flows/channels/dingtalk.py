"""钉钉 group robots: markdown with a title, signed (加签), people called through the field `at`.

Documentation: open.dingtalk.com/document/robots/custom-robot-access.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flows.channels.forms import phone
from flows.channels.message import Message
from flows.channels.post import Post, hmac_sha256


def compose(robot: Any, message: Message, at: datetime) -> Post:
    """`dingtalk://TOKEN`, `dingtalk://SECRET@TOKEN`, and phone numbers behind them, who are called by every message.

    The title is what notifications and the list of chats show; the group shows the text alone. A name in `at` is
    called only when the text holds `@name`, which the renderer writes for those of the message.
    """
    always = [number for number in robot.targets if number not in message.mention]
    mobiles = [name for name in message.mention if phone(name)] + always
    body = {
        "msgtype": "markdown",
        "markdown": {"title": message.title, "text": "".join([message.body, *(f" @{n}" for n in always)])},
        "at": {
            "atMobiles": mobiles,
            "atUserIds": [name for name in message.mention if not phone(name)],
            "isAtAll": False,
        },
    }
    return Post("https://oapi.dingtalk.com/robot/send", body, _parameters(robot, at))


def _parameters(robot: Any, at: datetime) -> dict[str, str]:
    parameters = {"access_token": robot.token}
    if robot.secret:
        stamp = str(round(at.timestamp() * 1000))
        parameters |= {"timestamp": stamp, "sign": hmac_sha256(robot.secret, f"{stamp}\n{robot.secret}")}
    return parameters
