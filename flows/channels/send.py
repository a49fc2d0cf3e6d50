"""Opening channels and sending through them: senders of ours, Apprise for all other services, and the terminal.

Apprise reads every address, so that each is written as its documentation says. Where its plugin sends less than the
service can do, or what it does not take, the request is ours. A message is accepted when the service's own answer says
so; see flows.channels.verdict for the judgement.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TextIO
from urllib.parse import parse_qsl, unquote

from flows.channels import dingtalk, feishu, serverchan, wecom, wxpusher
from flows.channels.amend import AMENDS
from flows.channels.bark import BarkSettings
from flows.channels.message import Channel, Form, Limit, Message, Template
from flows.channels.post import Compose
from flows.channels.services import Sends, Service, service_of
from flows.channels.verdict import Answer, judge
from flows.config import TERMINAL
from flows.progress import current_progress
from sources.errors import ChannelBusy, ChannelError, ChannelRefused

if TYPE_CHECKING:
    from apprise import NotifyBase

READ_TIMEOUT = 15.0  # seconds; Apprise's own 4 would give up on, and so repeat, what a slow service accepts
MAIL_TIMEOUT = 60.0  # mail servers scan a mail before they answer
UNLISTED_LIMIT = 4_000  # bytes, for services of which we know no limit

# Services whose requests are ours, by the name in services.py.
SENDERS: Mapping[str, Compose] = {
    "钉钉": dingtalk.compose,
    "飞书": feishu.compose,
    "Lark": feishu.compose,
    "企业微信": wecom.compose,
    "Server酱": serverchan.compose,
    "WxPusher": wxpusher.compose,
}


def open_channel(name: str, url: str, rewrite: Mapping[str, str]) -> AppriseChannel | TerminalChannel:
    """Open the channel that tanma.yaml names so. `url` is an Apprise URL or `terminal://`; `rewrite` as in §6.

    Raises ChannelRefused when no service can be made of the address; its text does not repeat it.
    """
    if url.partition(":")[0] == TERMINAL:
        return TerminalChannel(name)
    return AppriseChannel(name, url, rewrite)


def open_channels(
    urls: Mapping[str, str], rewrite: Mapping[str, str], templates: Mapping[Form, Template] = MappingProxyType({})
) -> dict[str, Channel]:
    """Open all; one whose address cannot be read refuses every message instead of keeping the others from theirs.

    `templates`: the user's own, by form.
    """
    channels: dict[str, Channel] = {}
    for name, url in urls.items():
        try:
            channel = open_channel(name, url, rewrite)
            channel.limit = _with_templates(channel.limit, templates)
            channels[name] = channel
        except ChannelRefused as error:
            channels[name] = UnreadableChannel(name, error)
    return channels


class AppriseChannel:
    """One service behind one Apprise URL: through Apprise, or by a sender of ours where it has one in SENDERS. Not for
    use by several threads at once."""

    def __init__(self, name: str, url: str, rewrite: Mapping[str, str]) -> None:
        # Late: apprise and what it needs take longer to import than a whole run without channels.
        from apprise import Apprise, AppriseAsset
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
            plugin: Any = Apprise.instantiate(url, asset=asset)
        if plugin is None:
            raise ChannelRefused(
                f"channel {name}: its address is not one that Apprise can read; "
                "see https://appriseit.com/services/ for how each service is written"
            )
        self._service = _service(plugin)
        asked = _asked(url)
        # The outbox alone repeats and paces; a plugin that does so too would repeat what was accepted.
        plugin.retry, plugin.wait, plugin.optional = 0, 0.0, False
        plugin.request_rate_per_sec = 0
        if plugin.socket_read_timeout == URLBase.socket_read_timeout:
            plugin.socket_read_timeout = MAIL_TIMEOUT if self._service.name == "mail" else READ_TIMEOUT
        if self._service.sends:
            plugin.notify_format = _format(self._service.sends)
        if self._service.name in ("飞书", "Lark"):
            plugin.secret = asked.get("secret") or unquote(plugin.user or "")
        self._bark = BarkSettings(plugin) if self._service.name == "Bark" else None
        self._plugin = plugin
        self._apprise = Apprise(asset=asset)
        self._apprise.add(plugin)
        chosen = self._service.text if asked.get("format", "").lower() == "text" else None
        self.limit = (
            chosen
            or self._service.limit
            or Limit(min(plugin.body_maxlen, UNLISTED_LIMIT), title=min(max(plugin.title_maxlen, 0), 100))
        )

    @property
    def service(self) -> str:
        """The service's name, for people."""
        return self._service.name

    @property
    def messages(self) -> int:
        """As how many requests a message goes out: one for each target that the address names, where Apprise sends."""
        return 1 if self._service.name in SENDERS or self._service.name == "mail" else max(len(self._plugin), 1)

    def send(self, message: Message) -> None:
        """Return when the service accepted the message. Raises ChannelBusy, ChannelRefused."""
        from flows.channels.wire import observed

        limit = self.limit if message.form == self.limit.form else self._service.text or self.limit
        if self._service.name == "mail":
            from flows.channels.mail import send_mail

            with observed(self._rewrite, self._secrets):
                send_mail(self._plugin, self._service, self.name, limit, self._secrets, message)
            return
        written = replace(message, body=limit.written(message.body))
        amend = AMENDS.get(self._service.name)
        with observed(
            self._rewrite, self._secrets, (lambda payload: amend(payload, message)) if amend else None
        ) as seen:
            compose = SENDERS.get(self._service.name)
            agrees = self._post(compose, written) if compose else self._notify(written)
        answers = list(seen.answers)
        if not agrees and not answers and not _speaks_http(self._plugin):
            said = seen.notes[-1] if seen.notes else "it could not be reached"
            answers.append(Answer(trouble=said))
        error = judge(self._service, self.name, answers, plugin_agrees=agrees, now=datetime.now(UTC))
        if error is not None:
            raise self._without_secrets(error)

    def _post(self, compose: Compose, message: Message) -> bool:
        """One request of ours; what came back is judged, so all that counts here is that it went out."""
        import requests

        post = compose(self._plugin, message, datetime.now(UTC))
        with contextlib.suppress(requests.RequestException):  # observed: the answer that is judged tells of it
            requests.post(
                post.url,
                params=dict(post.parameters),
                data=post.data,
                headers={"Content-Type": "application/json; charset=utf-8", "User-Agent": "Tanma"},
                verify=self._plugin.verify_certificate,
                timeout=self._plugin.request_timeout,
                allow_redirects=False,
            )
        return True

    def _notify(self, message: Message) -> bool:
        from apprise import NotifyType

        if self._bark:
            self._bark.set_for(message)
        kinds = {"info": NotifyType.INFO, "warning": NotifyType.WARNING, "urgent": NotifyType.FAILURE}
        agrees = self._apprise.notify(
            body=message.body,
            title=message.title if self.limit.title else "",
            notify_type=kinds[message.severity],
            # A body of another form than the channel's was not written for it; then it is taken for plain text.
            body_format=_format(self._service.sends if message.form == self.limit.form else ""),
        )
        return agrees is True

    def _without_secrets(self, error: ChannelError) -> ChannelError:
        text, words = self._secrets.remove(str(error)), self._secrets.remove(error.words)
        if isinstance(error, ChannelBusy):
            return ChannelBusy(text, code=error.code, words=words, retry_after=error.retry_after)
        return ChannelRefused(text, code=error.code, words=words)


class TerminalChannel:
    """Standard output: coloured on a terminal, plain elsewhere. Accepted means written and flushed."""

    def __init__(self, name: str, stream: TextIO | None = None) -> None:
        self.name = name
        self.limit = Limit(1_000_000, form="terminal")
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


def _with_templates(limit: Limit, templates: Mapping[Form, Template]) -> Limit:
    phones = limit.phones and replace(limit.phones, template=templates.get(limit.phones.form))
    return replace(limit, template=templates.get(limit.form), phones=phones)


def _format(sends: Sends) -> Any:
    from apprise import NotifyFormat

    return {"markdown": NotifyFormat.MARKDOWN, "html": NotifyFormat.HTML}.get(sends, NotifyFormat.TEXT)


def _asked(url: str) -> dict[str, str]:
    """The query of a channel's address. Apprise keeps only what its plugin knows of."""
    return dict(parse_qsl(url.partition("?")[2], keep_blank_values=True))


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
