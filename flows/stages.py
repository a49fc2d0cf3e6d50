"""The stages of design §2 that touch the outside: discover → fetch → parse → load, for one source; and deliver.

No Prefect here: flows.collect wraps these as tasks, `tanma run` without a server calls them as they are (flows.passes).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from flows import outbox
from flows.config import OPS
from flows.session import Session
from flows.summary import DeliverSummary, SourceSummary
from sources.article import Article, Validators
from sources.client import RequestRecord, Unchanged
from sources.errors import FetchError, Gone, LayoutChanged, WarehouseError
from sources.source import ListAddress, Source
from warehouse import articles, frontier, runs
from warehouse.articles import Incoming
from warehouse.frontier import Queued

BATCH = 20  # articles a transaction: a kill loses at most the work of one batch, which is fetched again
NEWEST = 30  # articles of a source that tell whether its pages can be read
PATIENCE = 5  # pages on end that a source's hosts refuse or fail before the rest is left to the next pass

_HEALTH: dict[str, runs.HealthState] = {
    "blocked": "blocked",
    "layout_changed": "layout_changed",
    "retry": "failing",
    "broken": "failing",
    "gone": "failing",  # of a list: it has no other word for a list that is not there any more
}
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class _Read:
    """What reading one article gave: an article, nothing new (neither), or an error with what is kept."""

    queued: Queued
    article: Article | None = None
    validators: Validators = Validators()
    error: FetchError | None = None


async def collect_source(session: Session, source: Source) -> SourceSummary:
    """Read a source's lists, then every article that is new, changed or due again. Raises WarehouseError alone.

    One source's trouble, a fault in its code included, is recorded in its summary and health; it never stops another.
    """
    summary = SourceSummary(source.id)
    session.summary.sources.append(summary)
    try:
        await _collect(session, source, summary)
    except WarehouseError:
        raise
    except Exception as error:  # noqa: BLE001 - see above; the text of a foreign error may hold a secret
        known = isinstance(error, FetchError)
        summary.errors.append(str(error) if known else f"{source.id}: internal error {type(error).__name__}")
        summary.state = "failing"
        runs.record_health(session.wh, source.id, "failing", session.clock(), summary.errors[-1])
    session.progress.finish(source.id, _note(summary))
    return summary


async def _collect(session: Session, source: Source, summary: SourceSummary) -> None:
    addresses = _trusted(source, "lists", lambda: list(source.lists(session.clock())))
    for address in addresses:
        await _read_list(session, source, address, summary)
    # What fails is due again later than this moment, so the loop ends; what is published meanwhile is for the next pass.
    started, streak = session.clock(), 0
    while streak < PATIENCE:
        batch = frontier.due(session.wh, source.id, started, BATCH)
        if not batch:
            break
        session.progress.begin(source.id, len(batch))
        reads: list[_Read] = []
        # One host answers one request at a time anyway; articles of one source are asked for in their order.
        for queued in batch:
            reads.append(await _read_article(session, source, queued))
            if not _carried(queued):  # what needs no page says nothing of the pages
                error = reads[-1].error
                streak = streak + 1 if error is not None and error.status in ("retry", "blocked") else 0
            session.progress.advance(source.id)
            if streak == PATIENCE:
                break
        _store(session, source, reads, summary)
    _record_fetches(session, source)
    _record_health(session, source, [address.key for address in addresses if not address.optional], summary)


async def _read_list(session: Session, source: Source, address: ListAddress, summary: SourceSummary) -> None:
    """Fetch one list and queue what it names; its validators are stored together with its refs, or not at all."""
    now = session.clock()
    state = frontier.list_state(session.wh, source.id, address.key)
    if state.next_attempt_at and state.next_attempt_at > now:
        return
    summary.lists += 1
    try:
        answer = await session.client.get(address.url, state.validators, tag=source.id, post=address.post)
        if isinstance(answer, Unchanged):
            summary.unchanged_lists += 1
            frontier.record_list_unchanged(session.wh, source.id, address.key, now)
            return
        page = answer
        refs = _trusted(source, "discover", lambda: source.discover(page))
    except FetchError as error:
        if address.optional and isinstance(error, Gone):
            return
        again = frontier.next_try(state.failures + 1, error.status, getattr(error, "retry_after", None), now)
        frontier.record_list_failure(session.wh, source.id, address.key, error, now, again)
        summary.errors.append(str(error))
        return
    summary.listed += len(refs)
    summary.emptied += not refs and frontier.emptied(session.wh, source.id, address.key)
    summary.new += frontier.record_discovery(
        session.wh, source.id, address.key, answer.validators, refs, session.clock()
    )


async def _read_article(session: Session, source: Source, queued: Queued) -> _Read:
    ref = queued.ref
    if _carried(queued):
        return _Read(queued, ref.article)
    try:
        answer = await session.client.get(ref.fetch_url or ref.url, queued.validators, tag=source.id)
        if isinstance(answer, Unchanged):
            return _Read(queued)
        page = answer
        return _Read(queued, _trusted(source, "parse", lambda: source.parse(page, ref)), answer.validators)
    except FetchError as error:
        return _Read(queued, error=error)


def _carried(queued: Queued) -> bool:
    """Whether the list brought the whole text, so that no page is asked for."""
    article = queued.ref.article
    return article is not None and article.kind != "partial"


def _trusted(source: Source, step: str, call: Callable[[], _T]) -> _T:
    """The answer of a source's own code; what it raises beside FetchError means that its parser has to be mended."""
    try:
        return call()
    except FetchError:
        raise
    except Exception as error:
        raise LayoutChanged(f"{source.id}: {type(error).__name__} in {step} of {type(source).__name__}") from error


def _store(session: Session, source: Source, reads: Sequence[_Read], summary: SourceSummary) -> None:
    """One transaction for what came; failures and refs without news are settled beside it."""
    now = session.clock()
    incoming: list[Incoming] = []
    for read in reads:
        ref, backlog = read.queued.ref, read.queued.backlog
        if read.error is not None:
            if ref.article is not None and not isinstance(read.error, Gone):
                incoming.append(Incoming(ref.article, backlog=backlog))
        elif read.article is not None:
            incoming.append(Incoming(read.article, ref, read.validators, backlog=backlog))
        else:
            frontier.record_unchanged(session.wh, ref, now)
    config = session.config
    for loaded in articles.load_each(
        session.wh, incoming, session.lexicon, config.rules, now, timezone=config.timezone
    ):
        summary.count(loaded.status)
        summary.mentions += loaded.mentions
        summary.alerts += loaded.alerts
        if loaded.status == "failed":
            summary.errors.append(f"{loaded.article_id}: {loaded.reason}")
    # After the load: a partial text that was just stored must not take its ref for settled.
    for read in reads:
        if read.error is not None:
            _article_failed(session, read.queued, read.error, summary)
    if summary.alerts:
        session.raised.set()


def _article_failed(session: Session, queued: Queued, error: FetchError, summary: SourceSummary) -> None:
    now = session.clock()
    again = frontier.next_try(queued.attempts + 1, error.status, getattr(error, "retry_after", None), now)
    frontier.record_failure(session.wh, queued.ref, error, now, again)
    if again is not None:
        summary.failed += 1
        summary.errors.append(str(error))


def _record_health(session: Session, source: Source, required: Sequence[str], summary: SourceSummary) -> None:
    """The source's state after this pass.

    Its lists speak first, also one that was not asked because it failed lately; then its newest articles, when at
    least half of them cannot be read. One page that cannot be read is that page's trouble, told in the summary and
    kept in the frontier.
    """
    state: runs.HealthState = "quiet" if summary.emptied else "ok"
    note = "a list that named articles before names none" if summary.emptied else ""
    failing = frontier.failing_list(session.wh, source.id, required)
    if failing:
        state, note = _HEALTH.get(failing[0], "failing"), failing[1]
    else:
        newest = frontier.newest_states(session.wh, source.id, NEWEST)
        unread = [status for status in newest if status in _HEALTH and status != "gone"]
        if unread and 2 * len(unread) >= len(newest):
            state = _HEALTH[max(set(unread), key=unread.count)]
            note = summary.errors[-1] if summary.errors else f"{len(unread)} of {len(newest)} pages cannot be read"
    if note and state != "quiet" and note not in summary.errors:
        summary.errors.append(note)
    summary.state = state
    runs.record_health(session.wh, source.id, state, session.clock(), note)


def _record_fetches(session: Session, source: Source) -> None:
    """Write down the requests made for this source; those of others, and robots.txt, stay for theirs or the end."""
    mine: list[RequestRecord] = []
    others: list[RequestRecord] = []
    for record in session.client.requests:
        (mine if record.tag == source.id else others).append(record)
    session.client.requests[:] = others
    runs.record_fetches(session.wh, session.summary.run_id, source.id, mine)


def _note(summary: SourceSummary) -> str:
    if not summary.ok:
        return f"{summary.state}: {summary.errors[0]}" if summary.errors else summary.state
    if not (summary.stored or summary.updated or summary.duplicates):
        return "nothing new"
    return f"{summary.stored + summary.duplicates} new, {summary.updated} changed, {summary.alerts} alerts"


async def deliver_due(session: Session) -> None:
    """Send every message that is due now. Trouble with a channel is recorded, not raised."""
    await session.delivery.run()
    report = session.delivery.report
    session.summary.delivered = DeliverSummary(
        report.sent, report.retried, report.failed, report.waiting, list(report.errors)
    )


async def tell_ops(session: Session) -> None:
    """Tell ops of every source that broke or was mended and of which it has not heard, however long ago that was."""
    untold = runs.untold(session.wh)
    if not untold or OPS not in session.channels:
        return
    lines = [
        f"{incident.source}: {'mended' if incident.state in ('ok', 'quiet') else incident.state}"
        + (f" — {incident.note}" if incident.note else "")
        for incident in untold
    ]
    if await outbox.ops_notice(session.channels, "\n".join(lines), session.config.language):
        runs.mark_told(session.wh, [incident.source for incident in untold])
