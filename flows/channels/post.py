"""A request of our own to a chat service, as a plain value, and what is common to those who make one."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from flows.channels.message import Message
from flows.channels.text import safe_url


@dataclass(frozen=True, slots=True)
class Post:
    """What is posted where. `body` is sent as UTF-8 JSON."""

    url: str
    body: Mapping[str, Any]
    parameters: Mapping[str, str] = field(default_factory=dict)

    @property
    def data(self) -> bytes:
        """Chinese as it is: escaped, each character would take six bytes of the service's limit."""
        return json.dumps(self.body, ensure_ascii=False).encode("utf-8", "replace")


# Makes the request for a message at a time. The first argument is the Apprise plugin that read the channel's address:
# its fields are the tokens and targets in it, checked.
Compose = Callable[[Any, Message, datetime], Post]


def the_article(message: Message) -> str:
    """The address that a message leads to as a whole: that of its only article, else none."""
    addresses = {safe_url(view.url) for view in message.alerts}
    return addresses.pop() if len(addresses) == 1 else ""


def hmac_sha256(key: str, text: str) -> str:
    """Base64 of the HMAC, as 钉钉 and 飞书 sign."""
    return base64.b64encode(hmac.new(key.encode(), text.encode(), hashlib.sha256).digest()).decode()
