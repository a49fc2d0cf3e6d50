"""What a run got out of a source, measured and judged: the state that commands show and ops hears of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from flows.session import Session
from flows.summary import SourceSummary
from sources.client import RequestRecord
from sources.source import Source
from warehouse import frontier, runs, yields
from warehouse.health import Signs, Verdict, Yield, judge
from warehouse.resting import Rest
from warehouse.yields import Shape

NEWEST = 30  # articles of a source that tell whether its pages can be read
_JUDGED = timedelta(hours=1)  # so often a source that rests is judged anew: its past is thousands of reads


@dataclass(slots=True)
class Measure:
    """What is counted while a source is read, beside its summary. `named`: articles that it had named before it named
    others in this pass, None while it did not. `requests`: those made for it."""

    named: int | None = None
    shapes: list[Shape] = field(default_factory=list)
    requests: list[RequestRecord] = field(default_factory=list)

    def count_named(self, session: Session, source: Source) -> None:
        """Before anything that a list names is taken in."""
        if self.named is None:
            self.named = yields.count_named(session.wh, source.id)


def rests(session: Session, source: Source, measure: Measure, lists: Sequence[str], summary: SourceSummary) -> bool:
    """Whether nothing was to be expected of a source and its lists, by their ListAddress.key, held nothing new: then all
    is done for it, and flows.passes writes that down together with the others of the pass."""
    known = session.resting.get(source.id)
    if known is None or summary.lists > len(lists) or not lists:
        return False
    now = session.clock()
    this = Yield(now, lists=summary.lists, unchanged=summary.unchanged_lists, newest_at=known.newest_at)
    verdict = Verdict(known.state, known.note, known.day, known.usual_day)
    if now - known.read_at >= _JUDGED or now.hour != known.read_at.hour:
        verdict = judge(this, yields.history(session.wh, source.id, now), Signs())
    if verdict.state != known.state:
        return False
    summary.state = verdict.state
    session.rested.append(Rest(source.id, this, verdict, lists, measure.requests))
    return True


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
    _record(session, source, measure, this, verdict, summary)


def conclude_fault(session: Session, source: Source, measure: Measure, summary: SourceSummary) -> None:
    """The pass over a source broke off by a fault of its code or ours, the last error of its summary: it is failing."""
    this = _yield(session, source, measure, summary)
    _record(session, source, measure, this, Verdict("failing", summary.errors[-1], this.new, None), summary)


def _yield(session: Session, source: Source, measure: Measure, summary: SourceSummary) -> Yield:
    count, newest_at = yields.named_by(session.wh, source.id)
    brought = Yield(
        at=session.clock(),
        lists=summary.lists,
        unchanged=summary.unchanged_lists,
        listed=summary.listed,
        new=0 if measure.named is None else count - measure.named,
        newest_at=newest_at,
        blocked=sum(request.outcome == "blocked" for request in measure.requests),
        failed=summary.failed,
    )
    return yields.measured(brought, measure.shapes)


def _record(
    session: Session, source: Source, measure: Measure, this: Yield, verdict: Verdict, summary: SourceSummary
) -> None:
    summary.state = verdict.state
    run_id = session.summary.run_id
    with session.wh.bookkeeping():
        runs.record_fetches(session.wh, run_id, {source.id: measure.requests})
        yields.record(session.wh, run_id, [(source.id, this, verdict)])
        runs.record_health(session.wh, source.id, verdict.state, this.at, verdict.note)
