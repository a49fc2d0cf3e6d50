"""What a run got out of a source, measured and judged: the state that commands show and ops hears of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Self

from flows.session import Session
from flows.summary import SourceSummary
from sources.source import Source
from warehouse import frontier, runs, yields
from warehouse.health import Signs, Verdict, Yield, judge
from warehouse.yields import Shape

NEWEST = 30  # articles of a source that tell whether its pages can be read


@dataclass(slots=True)
class Measure:
    """What is counted while a source is read, beside its summary. `named`: articles it had named before."""

    named: int
    shapes: list[Shape] = field(default_factory=list)
    blocked: int = 0

    @classmethod
    def begin(cls, session: Session, source: Source) -> Self:
        return cls(yields.named_by(session.wh, source.id)[0])


def conclude(
    session: Session, source: Source, measure: Measure, required: Sequence[str], summary: SourceSummary
) -> None:
    """Judge a source after a pass over it and write that down, with what the pass brought.

    `required`: ListAddress.key of the lists that must be there. One page that cannot be read is that page's trouble,
    told in the summary and kept in the frontier.
    """
    this = _yield(session, source, measure, summary)
    signs = Signs(
        list_trouble=frontier.failing_list(session.wh, source.id, required),
        newest=frontier.newest_states(session.wh, source.id, NEWEST),
        emptied=bool(summary.emptied),
        last_error=summary.errors[-1] if summary.errors else "",
    )
    verdict = judge(this, yields.history(session.wh, source.id, this.at), signs)
    if verdict.note and verdict.state != "quiet" and verdict.note not in summary.errors:
        summary.errors.append(verdict.note)
    _record(session, source, this, verdict, summary)


def conclude_fault(session: Session, source: Source, measure: Measure, summary: SourceSummary) -> None:
    """The pass over a source broke off by a fault of its code or ours, the last error of its summary: it is failing."""
    this = _yield(session, source, measure, summary)
    _record(session, source, this, Verdict("failing", summary.errors[-1], this.new, None), summary)


def _yield(session: Session, source: Source, measure: Measure, summary: SourceSummary) -> Yield:
    named, newest_at = yields.named_by(session.wh, source.id)
    brought = Yield(
        at=session.clock(),
        lists=summary.lists,
        unchanged=summary.unchanged_lists,
        listed=summary.listed,
        new=named - measure.named,
        newest_at=newest_at,
        blocked=measure.blocked,
        failed=summary.failed,
    )
    return yields.measured(brought, measure.shapes)


def _record(session: Session, source: Source, this: Yield, verdict: Verdict, summary: SourceSummary) -> None:
    summary.state = verdict.state
    yields.record(session.wh, session.summary.run_id, source.id, this, verdict)
    runs.record_health(session.wh, source.id, verdict.state, this.at, verdict.note)
