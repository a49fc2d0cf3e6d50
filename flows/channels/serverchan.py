"""Server酱 Turbo and Server酱³: a title and markdown.

Documentation: sct.ftqq.com/sendkey, doc.sc3.ft07.com/zh/serverchan3/server/api.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from flows.channels.message import Message
from flows.channels.post import Post


def compose(account: Any, message: Message, at: datetime) -> Post:
    """`schan://SENDKEY`. A key of Server酱³ (sctp, the user's number, t) has a host of its own."""
    third = re.match(r"sctp(\d+)t", account.token, re.ASCII)
    url = (
        f"https://{third[1]}.push.ft07.com/send/{account.token}.send"
        if third
        else f"https://sctapi.ftqq.com/{account.token}.send"
    )
    return Post(url, {"title": message.title, "desp": message.body})
