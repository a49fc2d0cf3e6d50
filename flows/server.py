"""Where the Prefect server is, if one is: PREFECT_API_URL, else the one that `tanma serve` runs for this warehouse."""

from __future__ import annotations

import json
import os
import urllib.error
import urllib.request
from pathlib import Path

PATIENCE = 2.0  # seconds for the health question: a one-off run must not wait for a server that is not there


def serve_file(warehouse: Path) -> Path:
    """Written by `tanma serve` while it runs: {"api": …, "pid": …}."""
    return warehouse / "work" / "serve.json"


def answering_server(warehouse: Path) -> str | None:
    """The API address of a server that answers now, None when there is none."""
    named = os.environ.get("PREFECT_API_URL", "")
    if not named:
        try:
            named = json.loads(serve_file(warehouse).read_text("utf-8"))["api"]
        except (OSError, ValueError, KeyError):
            return None
    return named if answers(named) else None


def answers(api: str) -> bool:
    """Whether a Prefect API says that it is healthy."""
    if not api.startswith(("http://", "https://")):
        return False
    try:
        with urllib.request.urlopen(f"{api.rstrip('/')}/health", timeout=PATIENCE) as answer:
            return bool(answer.status == 200 and answer.read(16).strip() == b"true")
    except (OSError, urllib.error.URLError, ValueError):
        return False


def prepare_prefect(api: str, home: Path) -> None:
    """Settings that must be in the environment before prefect is imported.

    Prefect's own files stay below the warehouse, nothing is reported to its makers, its logs stay quiet, and it does
    not print a banner. What the user has set stands.
    """
    os.environ["PREFECT_API_URL"] = api
    for name, value in {
        "PREFECT_HOME": str(home),
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "DO_NOT_TRACK": "1",
        "PREFECT_LOGGING_LEVEL": "WARNING",
        "PREFECT_CLI_PROMPT": "false",
    }.items():
        os.environ.setdefault(name, value)
