"""Where the Prefect server is, if one is: PREFECT_API_URL, else the one that `tanma serve` runs for this warehouse."""

from __future__ import annotations

import json
import os
import urllib.request
from collections.abc import Mapping
from http.client import HTTPException
from pathlib import Path
from urllib.parse import urlsplit

PATIENCE = 2.0  # seconds for the health question: a one-off run must not wait for a server that is not there
LOOPBACK = ("127.0.0.1", "localhost", "::1")


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


def answering_server(warehouse: Path) -> str | None:
    """The API address of a server that answers now, None when there is none."""
    named = os.environ.get("PREFECT_API_URL", "") or announced(warehouse).get("api")
    return named if isinstance(named, str) and answers(named) else None


def answers(api: str) -> bool:
    """Whether a Prefect API says that it is healthy."""
    if not api.startswith(("http://", "https://")):
        return False
    try:
        # A proxy for the world knows no way to this machine.
        direct = [urllib.request.ProxyHandler({})] if urlsplit(api).hostname in LOOPBACK else []
        with urllib.request.build_opener(*direct).open(f"{api.rstrip('/')}/health", timeout=PATIENCE) as answer:
            return bool(answer.status == 200 and answer.read(16).strip() == b"true")
    except (OSError, ValueError, HTTPException):
        return False


def prepare_prefect(api: str, home: Path) -> None:
    """Settings that must be in the environment before prefect is imported.

    Prefect's own files stay below the warehouse, nothing is reported to its makers, its logs stay quiet, and it does
    not print a banner. What the user has set stands. A proxy is never asked for what is on this machine.
    """
    os.environ["PREFECT_API_URL"] = api
    spared = os.environ.get("no_proxy") or os.environ.get("NO_PROXY") or ""
    if spared.strip() != "*":
        hosts = [host for host in map(str.strip, spared.split(",")) if host]
        hosts += [host for host in LOOPBACK[:2] if host not in hosts]
        # Both spellings: some libraries read one, some the other.
        os.environ["NO_PROXY"] = os.environ["no_proxy"] = ",".join(hosts)
    for name, value in {
        "PREFECT_HOME": str(home),
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "DO_NOT_TRACK": "1",
        "PREFECT_LOGGING_LEVEL": "WARNING",
        "PREFECT_CLI_PROMPT": "false",
        "PREFECT_RUNNER_POLL_FREQUENCY": "20",  # seconds; runs are known ahead, only one that a person asks for waits
    }.items():
        os.environ.setdefault(name, value)
