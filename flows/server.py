"""Where the Prefect server is, if one is: PREFECT_API_URL, else the one that `tanma serve` runs for this warehouse."""

from __future__ import annotations

import json
import os
import urllib.request
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPException, HTTPResponse
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import SplitResult, unquote, urlsplit

PATIENCE = 2.0  # seconds for the health question: a one-off run must not wait for a server that is not there
LOOPBACK = ("127.0.0.1", "localhost", "::1")
ITS_SECRET = "PREFECT_SERVER_API_AUTH_STRING"  # Prefect's own setting, of a server
REFUSES = "refuses us"
_REFUSED = (401, 403)


def serve_file(warehouse: Path) -> Path:
    """Written by `tanma serve` while it runs: {"api": …, "pid": its own, "server_pid": …, "port": …}."""
    return warehouse / "work" / "serve.json"


def announced(warehouse: Path) -> Mapping[str, object]:
    """What `tanma serve` has written down; empty when nothing is there or it cannot be read."""
    try:
        read = json.loads(serve_file(warehouse).read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return read if isinstance(read, dict) else {}


@dataclass(frozen=True, slots=True)
class Found:
    """`api`: the address of a server, empty when none is known; `trouble`: why it is of no use, empty when it is of use."""

    api: str
    trouble: str


def find_server(warehouse: Path) -> Found:
    """The server that PREFECT_API_URL names, else the one that `tanma serve` wrote down, and whether it is there now."""
    named = os.environ.get("PREFECT_API_URL", "") or announced(warehouse).get("api")
    if not isinstance(named, str) or not named:
        return Found("", "none is known")
    return Found(named, trouble_with(named) or "")


def answers(api: str) -> bool:
    """Whether a Prefect API says that it is healthy, and lets us in."""
    return trouble_with(api) is None


def trouble_with(api: str) -> str | None:
    """In words, why a Prefect API is of no use to us: it does not answer, or refuses our credentials. None when it is."""
    if not api.startswith(("http://", "https://")):
        return "is no address of a Prefect API (http://…/api)"
    try:
        with ask(api, "health", patience=PATIENCE) as answer:
            if answer.status != 200 or answer.read(16).strip() != b"true":
                return "does not say that it is healthy"
        # Its health it tells everybody, the rest only those that it knows.
        with ask(api, "admin/version", patience=PATIENCE):
            return None
    except HTTPError as error:
        error.close()
        if error.code in _REFUSED:
            return f"{REFUSES} (HTTP {error.code}): PREFECT_API_AUTH_STRING or PREFECT_API_KEY is not what it wants"
        return None if error.url.endswith("/version") else f"does not say that it is healthy (HTTP {error.code})"
    except (OSError, ValueError, HTTPException):
        return "does not answer"


def ask(api: str, what: str, body: object = None, *, patience: float) -> HTTPResponse:
    """The answer of a Prefect API to GET, or to POST of a `body`, with the credentials that Prefect's own client would
    show. Raises OSError (HTTPError for what is no success), HTTPException, ValueError."""
    url = urlsplit(api)
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(f"{_bare(url)}/{what}", data, {"content-type": "application/json"})
    if secret := _authorization(url):
        request.add_unredirected_header("Authorization", secret)  # for nobody whom an answer points to
    # A proxy for the world knows no way to this machine.
    direct = [urllib.request.ProxyHandler({})] if url.hostname in LOOPBACK else []
    opened: HTTPResponse = urllib.request.build_opener(*direct).open(request, timeout=patience)
    return opened


def _bare(url: SplitResult) -> str:
    """Without name and password, and without a slash at the end."""
    return url._replace(netloc=url.netloc.rpartition("@")[2]).geturl().rstrip("/")


def _authorization(url: SplitResult) -> str | None:
    """In Prefect's order: its auth string, its key; and what stands in the address."""
    basic = os.environ.get("PREFECT_API_AUTH_STRING") or _own_secret(url)
    if not basic and (key := os.environ.get("PREFECT_API_KEY")):
        return f"Bearer {key}"
    if not basic and url.username is not None:
        basic = f"{unquote(url.username)}:{unquote(url.password or '')}"
    return f"Basic {b64encode(basic.encode()).decode()}" if basic else None


def _own_secret(url: SplitResult) -> str:
    """What a server on this machine was told to ask for: whoever has that in the environment need not say it twice."""
    return os.environ.get(ITS_SECRET, "") if url.hostname in LOOPBACK else ""


def prepare_prefect(api: str, home: Path) -> None:
    """Settings that must be in the environment before prefect is imported.

    Prefect's own files stay below the warehouse, nothing is reported to its makers, its logs stay quiet, and it does
    not print a banner. What the user has set stands. A proxy is never asked for what is on this machine.
    """
    os.environ["PREFECT_API_URL"] = api
    if secret := _own_secret(urlsplit(api)):
        os.environ.setdefault("PREFECT_API_AUTH_STRING", secret)
    spared = os.environ.get("no_proxy") or os.environ.get("NO_PROXY") or ""
    if spared.strip() != "*":
        hosts = [host for host in map(str.strip, spared.split(",")) if host]
        hosts += [host for host in LOOPBACK[:2] if host not in hosts]
        # Both spellings: some libraries read one, some the other.
        os.environ["NO_PROXY"] = os.environ["no_proxy"] = ",".join(hosts)
    for name, value in {
        "PREFECT_HOME": str(home),
        # Prefect looks for it in ~ whatever its home is, and falls over where that may not be read.
        "PREFECT_LOGGING_SETTINGS_PATH": str(home / "logging.yml"),
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "DO_NOT_TRACK": "1",
        "PREFECT_LOGGING_LEVEL": "WARNING",
        "PREFECT_CLI_PROMPT": "false",
        "PREFECT_RUNNER_POLL_FREQUENCY": "20",  # seconds; runs are known ahead, only one that a person asks for waits
    }.items():
        os.environ.setdefault(name, value)
