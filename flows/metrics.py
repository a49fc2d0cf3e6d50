"""The OpenMetrics text of what a run left behind (flows.statusfile): a document in, text out.

Counters and gauges alone: what reads the older Prometheus text format, such as node_exporter's text-file collector, takes
this file too. https://prometheus.io/docs/specs/om/open_metrics_spec/
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

Labels = Mapping[str, str]
Sample = tuple[Labels, float | None]  # None: not known, and left out


@dataclass(frozen=True, slots=True)
class Family:
    """One metric. `name` without the `_total` that samples of a counter end with."""

    name: str
    kind: str
    help: str
    samples: tuple[Sample, ...]


def openmetrics(document: Mapping[str, Any]) -> str:
    """What stands in status.json, as OpenMetrics text that ends with `# EOF`."""
    lines = [line for family in families(document) for line in _lines(family)]
    return "\n".join([*lines, "# EOF", ""])


def families(document: Mapping[str, Any]) -> list[Family]:
    """Every metric of a document of flows.statusfile; deployments/docs/operation.md has the same list."""
    runs, sources, channels = document["runs"], document["sources"], document["channels"]
    totals: Mapping[str, Mapping[str, int]] = document["totals"]
    return [
        _gauge("tanma_version", "The installed version, as a label", [({"version": document["version"]}, 1)]),
        _gauge("tanma_articles", "Articles stored", [({}, document["articles"])]),
        _gauge("tanma_database_bytes", "Size of the work file and of the published file", _by("file", document["bytes"])),
        _gauge("tanma_backup_timestamp_seconds", "When the newest backup was made", [({}, _seconds(document["newest_backup_at"]))]),
        _counter("tanma_runs", "Runs that ended, by kind and status", _split(totals, "runs", "kind", "status")),
        _gauge("tanma_run_end_timestamp_seconds", "When the last run of a kind ended", [({"kind": run["kind"]}, _seconds(run["ended_at"])) for run in runs]),
        _gauge("tanma_run_duration_seconds", "How long the last run of a kind took", [({"kind": run["kind"]}, run["seconds"]) for run in runs]),
        _counter("tanma_articles_read", "Articles that were read, by what became of them", _by("result", totals.get("articles", {}))),
        _counter("tanma_mentions", "Mentions of tracked names that were found", [({}, totals.get("mentions", {}).get("", 0))]),
        _counter("tanma_requests", "Requests to outlets, by source (empty: robots.txt) and outcome", _split(totals, "requests", "source", "outcome")),
        _counter("tanma_received_bytes", "Bytes of answers as they came over the wire, by source", _by("source", totals.get("received_bytes", {}))),
        _counter("tanma_messages", "Messages handed to channels, by result", _by("result", totals.get("messages", {}))),
        _gauge("tanma_source_state", "1 for the state in which a source is", [({"source": one["source"], "state": one["state"]}, 1) for one in sources]),
        _gauge("tanma_source_interval_seconds", "How often a source is to be read", [({"source": one["source"]}, one["every"]) for one in sources]),
        _gauge("tanma_source_read_timestamp_seconds", "When a source was last read", [({"source": one["source"]}, _seconds(one["read_at"])) for one in sources]),
        _gauge("tanma_source_success_timestamp_seconds", "When a source was last read without trouble", [({"source": one["source"]}, _seconds(one.get("last_success_at"))) for one in sources]),
        _gauge("tanma_alerts", "Alerts in the outbox, by channel and status", [
            ({"channel": one["channel"], "status": status}, one[status])
            for one in channels for status in ("pending", "sending", "sent", "failed", "suppressed")
        ]),
        _gauge("tanma_alerts_late", "Alerts that wait though they have been due for more than 30 minutes", [({"channel": one["channel"]}, one["late"]) for one in channels]),
        _gauge("tanma_incident", "1 for each incident under way", [({"kind": kind, "subject": subject}, 1) for kind, subject in document["incidents"]]),
        _gauge("tanma_heartbeat_timestamp_seconds", "When ops got its last heartbeat", [({}, _seconds(document["heartbeat_at"]))]),
    ]  # fmt: skip


def _gauge(name: str, help: str, samples: Iterable[Sample]) -> Family:
    return Family(name, "gauge", help, tuple(samples))


def _counter(name: str, help: str, samples: Iterable[Sample]) -> Family:
    return Family(name, "counter", help, tuple(samples))


def _by(label: str, counts: Mapping[str, int]) -> list[Sample]:
    return [({label: value}, count) for value, count in counts.items()]


def _split(totals: Mapping[str, Mapping[str, int]], name: str, first: str, second: str) -> list[Sample]:
    found: list[Sample] = []
    for labels, count in totals.get(name, {}).items():
        one, _, two = labels.rpartition(" ")  # ids have no spaces, and the first may be empty
        found.append(({first: one, second: two}, count))
    return found


def _seconds(moment: str | None) -> float | None:
    return datetime.fromisoformat(moment).timestamp() if moment else None


def _lines(family: Family) -> Iterator[str]:
    yield f"# HELP {family.name} {_escaped(family.help)}"
    yield f"# TYPE {family.name} {family.kind}"
    suffix = "_total" if family.kind == "counter" else ""
    for labels, value in family.samples:
        if value is not None:
            inside = ",".join(f'{name}="{_escaped(text)}"' for name, text in labels.items())
            yield f"{family.name}{suffix}{inside and '{' + inside + '}'} {value!r}"


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace("\n", r"\n").replace('"', r"\"")
