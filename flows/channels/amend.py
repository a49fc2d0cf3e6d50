"""What is put right in the requests of Apprise's plugins before they go out. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from flows.channels.message import Message

Amend = Callable[[dict[str, Any], Message], dict[str, Any]]


def _slack(payload: dict[str, Any], message: Message) -> dict[str, Any]:
    """Markup in an attachment works only in the fields that `mrkdwn_in` names."""
    for part in payload.get("attachments", []):
        part |= {"mrkdwn_in": ["text"], "fallback": message.title}
    return payload


def _discord(payload: dict[str, Any], message: Message) -> dict[str, Any]:
    """Apprise 1.13 writes `allow_mentions`, which Discord does not know, so that @everyone in a text would call all.
    And an author without an address has none rather than an empty one."""
    allowed = payload.pop("allow_mentions", {})
    people = list(dict.fromkeys([*allowed.get("users", []), *message.mention]))
    payload["allowed_mentions"] = {
        "parse": allowed.get("parse", []),
        "users": people,
        "roles": allowed.get("roles", []),
    }
    for embed in payload.get("embeds", []):
        if not embed.get("author", {}).get("url", "x"):
            del embed["author"]["url"]
    return payload


AMENDS: Mapping[str, Amend] = {"Slack": _slack, "Discord": _discord}
