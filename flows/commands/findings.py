"""What `tanma doctor` and `tanma status` say: one thing looked at, how it is, and what to do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from flows.commands.screen import table

State = Literal["ok", "note", "wrong"]


@dataclass(frozen=True, slots=True)
class Finding:
    """`note`: worth knowing, nothing of ours is broken. `remedy` is empty when there is nothing to mend."""

    what: str
    state: State
    found: str
    remedy: str = ""


def as_json(findings: Sequence[Finding]) -> list[dict[str, Any]]:
    return [asdict(finding) for finding in findings]


def show(findings: Sequence[Finding]) -> None:
    """A table on stdout."""
    table(("what", "state", "found", "remedy"), [(f.what, f.state, f.found, f.remedy) for f in findings])


def wrong(findings: Sequence[Finding]) -> bool:
    return any(finding.state == "wrong" for finding in findings)


def ago(seconds: float) -> str:
    """A span in the unit that a person would take, such as `3 min` or `2 days`."""
    for unit, name in ((86_400, "days"), (3_600, "h"), (60, "min")):
        if abs(seconds) >= 2 * unit:
            return f"{seconds / unit:.0f} {name}"
    return f"{seconds:.0f} s"
