"""`tanma channels list|test`."""

from __future__ import annotations

import asyncio
import math
import os
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import typer

from flows.channels.render import notice
from flows.channels.send import open_channel
from flows.commands.screen import print_json, say, stdout_for_json, table
from flows.config import Config, load_config
from flows.limits import Limits
from flows.session import utc_now
from sources.errors import ChannelError, ConfigError, Problem

TEST = {
    "zh": ("探马测试消息", "这是 `tanma channels test` 发出的测试消息。收到即表示此渠道可用。"),
    "en": ("Tanma test message", "Sent by `tanma channels test`. If you can read this, the channel works."),
}


def list_command(config_file: Path, *, as_json: bool) -> None:
    """Names and services; addresses hold secrets and are not shown."""
    config = load_config(config_file, os.environ)
    rows = [(name, _service(config, name), _rules_to(config, name)) for name in config.channels]
    if as_json:
        print_json([{"name": name, "service": service, "rules": rules} for name, service, rules in rows])
    else:
        table(("channel", "service", "rules"), rows)


def test_command(config_file: Path, names: Sequence[str] | None, *, as_json: bool) -> None:
    """Exit 1 when a channel did not accept the message."""
    config = load_config(config_file, os.environ)
    chosen = list(config.channels) if names is None else list(names)
    unknown = [name for name in chosen if name not in config.channels]
    if unknown:
        known = ", ".join(config.channels)
        raise ConfigError([Problem(str(config_file), None, n, f"no such channel; known are: {known}") for n in unknown])
    with stdout_for_json(as_json):
        results = {name: _try(config, name) for name in chosen}
    if as_json:
        print_json([{"name": name, "accepted": not error, "error": error} for name, error in results.items()])
    for name, error in results.items():
        say(f"{name}: {error or 'accepted'}")
    if any(results.values()):
        raise typer.Exit(1)


def _try(config: Config, name: str) -> str:
    title, body = TEST[config.language]
    try:
        channel = open_channel(name, config.channel_url(name), config.network.rewrite)
        limits = Limits(config.warehouse, {name: config.channel_url(name)}, utc_now)
        leave = asyncio.run(limits.take(channel))
        if isinstance(leave, datetime):
            seconds = math.ceil((leave - utc_now()).total_seconds())
            return f"channel {name} takes no more messages this minute; try again in {seconds} s"
        try:
            channel.send(notice(title, body, channel.limit))
        finally:
            limits.answered(leave)
    except ChannelError as error:
        return str(error)
    return ""


def _service(config: Config, name: str) -> str:
    return config.channel_url(name).split(":", 1)[0]


def _rules_to(config: Config, name: str) -> list[str]:
    return [rule.name for rule in config.rules if name in rule.channels]
