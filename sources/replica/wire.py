"""What goes over the replica's wire: a request for a logical host, and the answer to it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any
from urllib.parse import parse_qsl

SHANGHAI = timezone(timedelta(hours=8))


@dataclass(frozen=True, slots=True)
class Request:
    """One request: `host` is the logical host, `path` stands without the query, header names are lower case."""

    method: str
    host: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes = b""

    @property
    def parameters(self) -> dict[str, str]:
        return dict(parse_qsl(self.query, keep_blank_values=True))

    @property
    def fields(self) -> dict[str, Any]:
        """The body as a JSON object or a form. Raises ValueError when it is neither."""
        text = self.body.decode("utf-8")
        if "form-urlencoded" in self.headers.get("content-type", ""):
            return dict(parse_qsl(text, keep_blank_values=True))
        value = json.loads(text) if text else {}
        if not isinstance(value, dict):
            raise ValueError("the body is not a JSON object")
        return value


@dataclass(frozen=True, slots=True)
class Answer:
    """What is sent back, and how.

    `modified` gives the answer its validators: ETag (hash of the body) and Last-Modified; None: it has none.
    `wait`: seconds before the first byte. `drip`: seconds over which the body trickles out. `cut`: the connection is
    reset after so many bytes of the body; 0 means before any byte of the answer.
    """

    status: int = 200
    body: bytes = b""
    content_type: str = "text/html; charset=utf-8"
    headers: tuple[tuple[str, str], ...] = ()
    modified: datetime | None = None
    wait: float = 0.0
    drip: float = 0.0
    cut: int | None = None

    @property
    def etag(self) -> str:
        return f'"{hashlib.sha256(self.body).hexdigest()[:32]}"'


def html(text: str, *, status: int = 200, modified: datetime | None = None) -> Answer:
    return Answer(status, text.encode(), modified=modified)


def xml(text: str, content_type: str, modified: datetime) -> Answer:
    return Answer(body=text.encode(), content_type=f"{content_type}; charset=utf-8", modified=modified)


def plain(text: str, *, status: int = 200) -> Answer:
    return Answer(status, text.encode(), "text/plain; charset=utf-8")


def data(
    value: object,
    *,
    status: int = 200,
    content_type: str = "application/json; charset=utf-8",
    headers: tuple[tuple[str, str], ...] = (),
    modified: datetime | None = None,
) -> Answer:
    """`value` as JSON."""
    return Answer(status, json.dumps(value, ensure_ascii=False).encode(), content_type, headers, modified)
