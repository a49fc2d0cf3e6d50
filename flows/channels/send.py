"""Opening channels and sending through them: Apprise for every service, and the built-in terminal.

A message is accepted when the service's own answer says so; see flows.channels.services for the judgement.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TextIO
from urllib.parse import unquote

from flows.channels.message import Channel, Limit, Message
from flows.channels.services import Answer, Service, judge, service_of
from flows.config import TERMINAL
from flows.progress import current_progress
from sources.errors import ChannelBusy, ChannelError, ChannelRefused

if TYPE_CHECKING:
    from apprise import NotifyBase

READ_TIMEOUT = 15.0  # seconds; Apprise's own 4 would give up on, and so repeat, what a slow service accepts
UNLISTED_LIMIT = 4_000  # bytes, for services of which we know no limit


def open_channel(name: str, url: str, rewrite: Mapping[str, str]) -> Channel:
    """Open the channel that tanma.yaml names so. `url` is an Apprise URL or `terminal://`; `rewrite` as in §6.

    Raises ChannelRefused when no service can be made of the address; its text does not repeat it.
    """
    if url.partition(":")[0] == TERMINAL:
        return TerminalChannel(name)
    return AppriseChannel(name, url, rewrite)


def open_channels(urls: Mapping[str, str], rewrite: Mapping[str, str]) -> dict[str, Channel]:
    """Open all; one whose address cannot be read refuses every message instead of keeping the others from theirs."""
    channels: dict[str, Channel] = {}
    for name, url in urls.items():
        try:
            channels[name] = open_channel(name, url, rewrite)
        except ChannelRefused as error:
            channels[name] = UnreadableChannel(name, error)
    return channels


class AppriseChannel:
    """One service behind one Apprise URL. Not for use by several threads at once."""

    def __init__(self, name: str, url: str, rewrite: Mapping[str, str]) -> None:
        # Late: apprise and what it needs take longer to import than a whole run without channels.
        from apprise import Apprise, AppriseAsset, NotifyFormat
        from apprise.url import URLBase

        from flows.channels.wire import Secrets, observed

        self.name = name
        self._rewrite = dict(rewrite)
        self._secrets = Secrets(url)
        asset = AppriseAsset(
            app_id="Tanma",
            app_desc="Tanma",
            app_url="",
            image_url_mask="",
            image_url_logo="",
            async_mode=False,  # in this thread: `observed` holds for this context alone
            http_redirects=False,  # a page that we are sent on to is no proof of acceptance
            secure_logging=True,
        )
        with observed(self._rewrite, self._secrets):
            plugin = Apprise.instantiate(url, asset=asset)
        if plugin is None:
            raise ChannelRefused(
                f"channel {name}: its address is not one that Apprise can read; "
                "see https://appriseit.com/services/ for how each service is written"
            )
        self._service = _service(plugin)
        # The outbox alone repeats and paces; a plugin that does so too would repeat what was accepted.
        plugin.retry, plugin.wait, plugin.optional = 0, 0.0, False
        plugin.request_rate_per_sec = 0
        if plugin.socket_read_timeout == URLBase.socket_read_timeout:
            plugin.socket_read_timeout = READ_TIMEOUT
        if self._service.as_text:
            plugin.notify_format = NotifyFormat.TEXT
        if hasattr(plugin, "get_signature"):
            _sign_once(plugin)
        self._plugin = plugin
        self._apprise = Apprise(asset=asset)
        self._apprise.add(plugin)
        self.limit = self._service.limit or Limit(
            min(plugin.body_maxlen, UNLISTED_LIMIT), title=min(max(plugin.title_maxlen, 0), 100)
        )

    @property
    def service(self) -> str:
        """The service's name, for people."""
        return self._service.name

    def send(self, message: Message) -> None:
        """Return when the service accepted the message. Raises ChannelBusy, ChannelRefused."""
        from apprise import NotifyFormat

        from flows.channels.wire import observed

        with observed(self._rewrite, self._secrets) as seen:
            agrees = self._apprise.notify(
                body=message.body,
                title=message.title if self.limit.title else "",
                body_format=NotifyFormat.TEXT,
            )
        answers = list(seen.answers)
        if not agrees and not answers and not _speaks_http(self._plugin):
            said = seen.notes[-1] if seen.notes else "it could not be reached"
            answers.append(Answer(trouble=said))
        error = judge(self._service, self.name, answers, plugin_agrees=agrees is True, now=datetime.now(UTC))
        if error is not None:
            raise self._without_secrets(error)

    def _without_secrets(self, error: ChannelError) -> ChannelError:
        text, words = self._secrets.remove(str(error)), self._secrets.remove(error.words)
        if isinstance(error, ChannelBusy):
            return ChannelBusy(text, code=error.code, words=words, retry_after=error.retry_after)
        return ChannelRefused(text, code=error.code, words=words)


class TerminalChannel:
    """Standard output: coloured on a terminal, plain elsewhere. Accepted means written and flushed."""

    limit = Limit(1_000_000, form="terminal")

    def __init__(self, name: str, stream: TextIO | None = None) -> None:
        self.name = name
        self._stream = stream

    def send(self, message: Message) -> None:
        """Raises ChannelBusy when the output cannot be written, as when a pipe's reader is gone."""
        stream = self._stream or sys.stdout
        encoding = stream.encoding or "utf-8"
        text = message.body.encode(encoding, "replace").decode(encoding)
        try:
            if stream.isatty():
                _print_coloured(text, stream)
            else:
                stream.write(text + "\n\n")
            stream.flush()
        except (OSError, ValueError) as error:
            raise ChannelBusy(f"channel {self.name} (terminal) cannot be written: {error}") from error


class UnreadableChannel:
    """Stands for a channel whose address cannot be read: refuses every message and says why."""

    limit = Limit(UNLISTED_LIMIT)

    def __init__(self, name: str, error: ChannelRefused) -> None:
        self.name = name
        self._error = error

    def send(self, message: Message) -> None:
        raise self._error


def _service(plugin: NotifyBase) -> Service:
    schemes: list[str] = []
    for protocol in (plugin.secure_protocol, plugin.protocol):
        schemes += [protocol] if isinstance(protocol, str) else list(protocol or ())
    return service_of(schemes[0])


def _sign_once(plugin: Any) -> None:
    """The DingTalk plugin of Apprise 1.13 percent-encodes the signature and has requests encode it again, so that the
    robot answers 310000 "sign not match" to every signed message. Give it the signature as it is."""
    quoted = plugin.get_signature

    def get_signature() -> tuple[str, str]:
        timestamp, signature = quoted()
        return timestamp, unquote(signature)

    plugin.get_signature = get_signature


def _speaks_http(plugin: NotifyBase) -> bool:
    """Whether the plugin asks through requests; of any other we learn only that it failed."""
    return any(hasattr(sys.modules.get(kind.__module__), "requests") for kind in type(plugin).__mro__)


def _print_coloured(text: str, stream: TextIO) -> None:
    from rich.console import Console
    from rich.text import Text

    shown = Text(text + "\n")
    shown.highlight_regex(r"(?m)^【.*?】", "bold red")
    shown.highlight_regex(r"「.*?」", "bold")
    shown.highlight_regex(r"https?://\S+", "underline blue")
    # Where bars are drawn, rich must write between them, or they wipe the message out.
    console = current_progress.get().console() or Console(file=stream, highlight=False)
    console.print(shown, soft_wrap=True)
