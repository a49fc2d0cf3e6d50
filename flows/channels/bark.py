"""Bark: the push opens the article, is grouped, and comes through a focus when it is urgent.

Apprise's plugin sends it, encrypted where the address has a key, to each device.
"""

from __future__ import annotations

from typing import Any

from flows.channels.message import Message
from flows.channels.post import the_article

GROUP = "Tanma"


class BarkSettings:
    """What a message sets in the plugin where the address says nothing of it."""

    def __init__(self, plugin: Any) -> None:
        self._plugin = plugin
        self._click, self._level = plugin.click, plugin.level
        plugin.group = plugin.group or GROUP

    def set_for(self, message: Message) -> None:
        self._plugin.click = self._click or the_article(message) or None
        # `critical` would ring on a muted phone, which nobody asked for.
        self._plugin.level = self._level or ("timeSensitive" if message.severity == "urgent" else None)
