"""Whether a service accepted a message, by its own answer.

Most of these services answer HTTP 200 to a message that they refuse and say so in the body; Apprise takes the 200 for
a yes. Here a message is accepted only when the body says so. A code that nobody has described to us is a refusal: it
is loud, ops hears of it, and `tanma alerts retry` repairs a wrong guess, whereas silence would lose alerts.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from flows.channels.services import MINUTE, UNCLEAR, Service
from sources.errors import ChannelBusy, ChannelError, ChannelRefused

PASSING_HTTP = frozenset({408, 425, 429})


@dataclass(frozen=True, slots=True)
class Answer:
    """What one request got: a status with a body, or the kind of trouble that came instead."""

    status: int = 0
    body: bytes = b""
    retry_after: str = ""
    trouble: str = ""


def judge(
    service: Service, channel: str, answers: Sequence[Answer], *, plugin_agrees: bool, now: datetime
) -> ChannelError | None:
    """None when the service accepted the message, else the error that says what to do next.

    Every answer counts: a plugin may ask several times for one message (a token first, several targets). A refusal
    weighs more than a passing trouble, which weighs more than a yes.
    """
    verdicts = [_verdict(service, channel, answer, now) for answer in answers]
    for kind in (ChannelRefused, ChannelBusy):
        for verdict in verdicts:
            if isinstance(verdict, kind):
                return verdict
    if not plugin_agrees:
        said = one_line(answers[-1].body.decode("utf-8", "replace")) if answers else ""
        return refused(service, channel, "", said or "Apprise could not send it; check the channel's address")
    return _unclear(service, channel) if service.fields and not answers else None


def _verdict(service: Service, channel: str, answer: Answer, now: datetime) -> ChannelError | None:
    if answer.trouble:
        return busy(service, channel, "", answer.trouble, None)
    body = _json_object(answer.body)
    wait = _asked_wait(answer, body, now)
    if answer.status in PASSING_HTTP or answer.status >= 500:
        said = _words(service, body) or f"HTTP {answer.status}"
        if answer.status == 429:
            wait = wait or MINUTE
        return busy(service, channel, str(answer.status), said, wait)
    accepting = 200 <= answer.status < 300
    if accepting and service.yes and answer.body.strip() == service.yes:
        return None
    for name in service.fields:
        if name in body and (verdict := _by_code(service, channel, answer, body, body[name], wait)):
            return verdict
    if not accepting:
        said = _words(service, body) or _plain_words(answer) or _http_words(answer.status)
        return refused(service, channel, str(answer.status), said)
    wanted = service.fields or ((service.receipt,) if service.receipt and answer.status != 204 else ())
    if wanted and not any(name in body for name in wanted):
        return _unclear(service, channel)
    return None


def _by_code(
    service: Service, channel: str, answer: Answer, body: Mapping[str, Any], value: object, wait: timedelta | None
) -> ChannelError | None:
    """The verdict of one field of the body; None when it means yes."""
    code = _code(value)
    if code is None:
        return _unclear(service, channel) if answer.status < 300 else None
    # By type too: to Python, False is 0 and True is 1.
    if any(type(code) is type(yes) and code == yes for yes in service.accepted):
        return None
    if code is False or code is True:
        shown = str(body.get("error_code", answer.status))
        if shown == "429" or shown.startswith("5"):
            return busy(service, channel, shown, _words(service, body), wait or MINUTE)
        return refused(service, channel, shown, _words(service, body))
    words = _words(service, body)
    if code in service.passing:
        return busy(service, channel, str(code), words, wait or service.passing[code])
    if code == 429 or 500 <= code < 600:
        return busy(service, channel, str(code), words, wait or (MINUTE if code == 429 else None))
    return refused(service, channel, str(code), words, service.known.get(code, ""))


def _code(value: object) -> int | bool | None:
    if isinstance(value, int):
        return value
    if (
        isinstance(value, str)
        and value.strip().removeprefix("-").isascii()
        and value.strip().removeprefix("-").isdigit()
    ):
        return int(value[:20])
    return None


def _json_object(body: bytes) -> Mapping[str, Any]:
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _asked_wait(answer: Answer, body: Mapping[str, Any], now: datetime) -> timedelta | None:
    """Retry-After (RFC 9110: seconds or a date), or Telegram's and Discord's retry_after in seconds; at most a day."""
    parameters = body.get("parameters")
    asked = parameters.get("retry_after") if isinstance(parameters, dict) else body.get("retry_after")
    if isinstance(asked, int | float) and not isinstance(asked, bool) and 0 < asked < 86_400:
        return timedelta(seconds=asked)
    text = answer.retry_after.strip()
    if text.isascii() and text.isdigit():
        return timedelta(seconds=min(int(text[:9]), 86_400))
    try:
        date = parsedate_to_datetime(text)
    except ValueError:
        return None
    at = date if date.tzinfo else date.replace(tzinfo=UTC)
    return min(max(at - now, timedelta(0)), timedelta(days=1))


def _words(service: Service, body: Mapping[str, Any]) -> str:
    for name in service.words:
        if isinstance(body.get(name), str) and body[name].strip():
            return one_line(body[name])
    return ""


def _plain_words(answer: Answer) -> str:
    """The body of a refusal that is a few words of plain text, as Slack answers; not a page."""
    text = answer.body.decode("utf-8", "replace").strip() if len(answer.body) <= 200 else ""
    return "" if text[:1] in ("<", "{", "[") or not text.isprintable() else one_line(text)


def one_line(text: str) -> str:
    """A service's words for one line of a table or log."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text[:2_000]).split())
    return line if len(line) <= 300 else line[:299] + "…"


def _http_words(status: int) -> str:
    return f"HTTP {status}" + (", a redirect: use the address that it leads to" if 300 <= status < 400 else "")


def _unclear(service: Service, channel: str) -> ChannelBusy:
    return busy(service, channel, UNCLEAR, "its answer says neither yes nor no; the message may have arrived", None)


def busy(service: Service, channel: str, code: str, words: str, wait: timedelta | None) -> ChannelBusy:
    """Not now."""
    text = f"channel {channel} ({service.name}) could not take the message now{_said(code, words)}"
    return ChannelBusy(text, code=code, words=words, retry_after=wait)


def refused(service: Service, channel: str, code: str, words: str, remedy: str = "") -> ChannelRefused:
    """Not before somebody mends something."""
    text = f"channel {channel} ({service.name}) refused the message{_said(code, words)}"
    return ChannelRefused(f"{text}; {remedy}" if remedy else text, code=code, words=words)


def _said(code: str, words: str) -> str:
    said = " ".join(part for part in (code, words) if part)
    return f": {said}" if said else ""
