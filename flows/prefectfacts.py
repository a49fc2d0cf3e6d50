"""What a Prefect server says of our schedules and runs, asked through its API without importing Prefect."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from http.client import HTTPException
from typing import Any

from flows.server import ask
from sources.address import redact
from sources.errors import TanmaError

PATIENCE = 5.0  # seconds for an answer
TAG = "tanma"
_LAST = 20  # runs that are looked at
_ENDED = ["COMPLETED", "FAILED", "CRASHED", "CANCELLED"]


@dataclass(frozen=True, slots=True)
class PrefectFacts:
    """`deployments` are ours, `paused` those of them that are switched off; `late` runs wait though they are due;
    `ended` are the last runs that ended, as (flow run's name, state's name, when), the newest first."""

    version: str
    deployments: tuple[str, ...]
    paused: tuple[str, ...]
    late: int
    next_at: datetime | None
    ended: tuple[tuple[str, str, datetime], ...]


def prefect_facts(api: str) -> PrefectFacts:
    """Ask a server. Raises TanmaError when it does not answer as a Prefect server does."""
    try:
        found = _ask(api, "deployments/filter", {"deployments": {"tags": {"all_": [TAG]}}})
        late = _runs(api, {"name": {"any_": ["Late"]}}, "EXPECTED_START_TIME_ASC", _LAST)
        coming = _runs(api, {"name": {"any_": ["Scheduled"]}}, "EXPECTED_START_TIME_ASC", 1)
        ended = _runs(api, {"type": {"any_": _ENDED}}, "END_TIME_DESC", _LAST)
        return PrefectFacts(
            version=str(_ask(api, "admin/version")),
            deployments=tuple(str(one["name"]) for one in found),
            paused=tuple(str(one["name"]) for one in found if one.get("paused")),
            late=len(late),
            next_at=_moment(coming[0]["expected_start_time"]) if coming else None,
            ended=tuple((str(one["name"]), str(one["state_name"]), _moment(one["end_time"])) for one in ended),
        )
    except (OSError, HTTPException, ValueError, KeyError, TypeError) as error:
        raise TanmaError(f"{redact(api)} does not answer as a Prefect server does ({type(error).__name__})") from error


def _runs(api: str, state: dict[str, Any], sort: str, limit: int) -> Any:
    asked = {"flow_runs": {"state": state, "tags": {"all_": [TAG]}}, "sort": sort, "limit": limit}
    return _ask(api, "flow_runs/filter", asked)


def _ask(api: str, what: str, body: dict[str, Any] | None = None) -> Any:
    with ask(api, what, body, patience=PATIENCE) as answer:
        return json.load(answer)


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text.replace("Z", "+00:00"))
