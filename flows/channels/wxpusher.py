"""WxPusher: markdown, a summary for the notification, and the article as the message's own link.

Documentation: wxpusher.zjiecode.com/docs.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flows.channels.message import Message
from flows.channels.post import Post, the_article

MARKDOWN = 3


def compose(app: Any, message: Message, at: datetime) -> Post:
    """`wxpusher://APP_TOKEN/UID_…/TOPIC_ID`."""
    body: dict[str, Any] = {
        "appToken": app.token,
        "content": message.body,
        "summary": message.title,
        "contentType": MARKDOWN,
        "topicIds": app._topics,
        "uids": app._users,
    }
    if url := the_article(message):
        body["url"] = url
    return Post("https://wxpusher.zjiecode.com/api/send/message", body)
