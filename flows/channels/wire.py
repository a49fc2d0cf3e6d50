"""Seeing, and turning aside, the requests that Apprise's plugins make.

The plugins call `requests.post` and its like, keep the answer to themselves and report True or False. We need the
answer, and `network.rewrite` has to reach their requests. Each such call makes a `requests.Session` that asks
`get_adapter` which transport carries the address; that choice is the one place we hook. While `observed` is open in
the current context (a ContextVar: other threads and tasks, and every other user of requests, see nothing of it) the
transport is ours. The alternatives were worse: replacing `requests` inside the plugins' modules misses those that
inherit across modules; patching and unpatching around each send touches all threads at once; a copy of the plugins
would be ours to maintain.

The same context keeps the plugins' own log lines, which hold tokens and payloads, out of the logs.
"""

from __future__ import annotations

import functools
import json
import logging
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any
from urllib.parse import quote, unquote, urlsplit

import requests
from requests.adapters import HTTPAdapter

from flows.channels.verdict import Answer
from sources.address import rewritten

_LOGGERS = ("apprise", "urllib3", "urllib3.connection", "urllib3.connectionpool", "urllib3.util.retry", "requests")
_current: ContextVar[Observed | None] = ContextVar("tanma_observed_requests", default=None)


class Observed(HTTPAdapter):
    """A transport that sends to the rewritten address and remembers what came back.

    `answers`: one for each request, in order. `notes`: what the plugins logged at level warning or above, secrets
    removed: the only explanation for a channel that does not speak HTTP.
    """

    def __init__(
        self, rewrite: Mapping[str, str], secrets: Secrets, amend: Callable[[dict[str, Any]], dict[str, Any]] | None
    ) -> None:
        super().__init__()
        self._amend = amend
        self.answers: list[Answer] = []
        self.notes: list[str] = []
        self._rewrite = rewrite
        self._secrets = secrets

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        logical = request.url or ""
        target = rewritten(logical, self._rewrite) or logical
        if target != logical:
            request = request.copy()
            request.url = target
            kwargs["proxies"] = requests.utils.get_environ_proxies(target)
        if self._amend is not None:
            request = self._amended(request, self._amend)
        try:
            response = super().send(request, *args, **kwargs)
            body = response.content  # read here, so that an answer that breaks off counts as trouble
        except requests.RequestException as error:
            self.answers.append(Answer(trouble=_trouble(error, logical)))
            raise
        response.url = logical
        self.answers.append(Answer(response.status_code, body, response.headers.get("Retry-After", "")))
        return response

    def _amended(
        self, request: requests.PreparedRequest, amend: Callable[[dict[str, Any]], dict[str, Any]]
    ) -> requests.PreparedRequest:
        """The request with its JSON object put right; any other as it is."""
        try:
            payload = json.loads(request.body or b"")
        except ValueError:
            return request
        if not isinstance(payload, dict):
            return request
        request = request.copy()
        request.prepare_body(json.dumps(amend(payload)).encode(), None)
        return request

    def note(self, record: logging.LogRecord) -> None:
        if record.levelno >= logging.WARNING:
            self.notes.append(self._secrets.remove(record.getMessage()))


class Secrets:
    """Every part of a channel's address that might be a secret, and how to take it out of a text."""

    def __init__(self, url: str) -> None:
        rest = url.split("://", 1)[-1]
        host = re.split(r"[/?#]", rest, maxsplit=1)[0].rpartition("@")[2].partition(":")[0]
        parts = {part for part in re.split(r"[/?&=@:#,;+\s]+", rest) if len(part) >= 6}
        # A host name may be told; a token in the place of the host (dingtalk://TOKEN) has no dot.
        if "." in host:
            parts.discard(host)
        forms = {url} | parts | {unquote(part) for part in parts} | {quote(part, safe="") for part in parts}
        found = sorted((re.escape(form) for form in forms if len(form) >= 6), key=len, reverse=True)
        self._pattern = re.compile("|".join(found), re.IGNORECASE) if found else None

    def remove(self, text: str) -> str:
        return self._pattern.sub("***", text) if self._pattern else text


@contextmanager
def observed(
    rewrite: Mapping[str, str],
    secrets: Secrets,
    amend: Callable[[dict[str, Any]], dict[str, Any]] | None = None,
) -> Iterator[Observed]:
    """Within this context, requests go through the yielded transport and the plugins' log lines into its notes.

    `amend` puts the JSON objects right that are posted.
    """
    _hook_requests()
    _hook_loggers()
    transport = Observed(rewrite, secrets, amend)
    token = _current.set(transport)
    try:
        yield transport
    finally:
        _current.reset(token)
        transport.close()


def _hook_requests() -> None:
    original = requests.Session.get_adapter
    if hasattr(original, "tanma_observes"):
        return

    @functools.wraps(original)
    def get_adapter(self: requests.Session, url: str) -> Any:
        return _current.get() or original(self, url)

    get_adapter.tanma_observes = True  # type: ignore[attr-defined]
    requests.Session.get_adapter = get_adapter  # type: ignore[method-assign]


class _IntoNotes(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        transport = _current.get()
        if transport is None:
            return True
        transport.note(record)
        return False


def _hook_loggers() -> None:
    for name in _LOGGERS:
        logger = logging.getLogger(name)
        if not any(isinstance(one, _IntoNotes) for one in logger.filters):
            logger.addFilter(_IntoNotes())


def _trouble(error: requests.RequestException, url: str) -> str:
    """In words of ours: those of the exception hold the whole address."""
    host = urlsplit(url).hostname or "the service"
    if isinstance(error, requests.ConnectTimeout):
        return f"no connection to {host} in time"
    if isinstance(error, requests.Timeout):
        return f"no answer from {host} in time; the message may have arrived"
    if isinstance(error, requests.exceptions.SSLError):
        return f"no trusted TLS connection to {host}"
    if isinstance(error, requests.exceptions.ProxyError):
        return f"the proxy did not connect to {host}"
    return f"the connection to {host} failed or broke off"
