"""The stages of design §2 that touch the outside: discover → fetch → parse → load, for one source; and deliver.

No Prefect here: flows.collect wraps these as tasks, `tanma run` without a server calls them as they are (flows.passes).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from flows.health import Measure, conclude, conclude_fault, rests
from flows.lists import read_list
from flows.reading import Read, carried, read_article, trusted
from flows.session import Session
from flows.summary import DeliverSummary, SourceSummary
from sources.article import Validators
from sources.client import RequestRecord
from sources.errors import FetchError, Gone, WarehouseError
from sources.source import Source
from warehouse import articles, frontier, quarantine, rechecks
from warehouse.articles import Incoming
from warehouse.frontier import Queued
from warehouse.rechecks import Look
from warehouse.yields import shape_of

BATCH = 20  # articles a transaction: a kill loses at most the work of one batch, which is fetched again
MOST_ASKED = 200  # pages of a source in a pass, a quarter of an hour at the usual pace; the rest is for the next one
MOST_RECHECKED = 50  # of them stored articles that are looked at again: new ones must not wait long for the next pass
PATIENCE = 5  # pages on end that a source's hosts refuse or fail before the rest is left to the next pass


@dataclass(slots=True)
class _Tally:
    """What a pass has asked of a source's pages so far; `streak`: how many of the last were refused or failed on end."""

    asked: int = 0
    streak: int = 0

    @property
    def enough(self) -> bool:
        return self.asked >= MOST_ASKED or self.streak >= PATIENCE


async def collect_source(session: Session, source: Source) -> SourceSummary:
    """Read a source's lists, then every article that is new, changed or due again. Raises WarehouseError alone.

    One source's trouble, a fault in its code included, is recorded in its summary and health; it never stops another.
    """
    summary = SourceSummary(source.id)
    session.summary.sources.append(summary)
    measure = Measure()
    try:
        await _collect(session, source, measure, summary)
    except WarehouseError:
        raise
    except Exception as error:  # noqa: BLE001 - see above; the text of a foreign error may hold a secret
        known = isinstance(error, FetchError)
        summary.errors.append(str(error) if known else f"{source.id}: internal error {type(error).__name__}")
        conclude_fault(session, source, measure, summary)
    session.progress.finish(source.id, _note(summary))
    return summary


async def _collect(session: Session, source: Source, measure: Measure, summary: SourceSummary) -> None:
    started = session.clock()
    addresses = trusted(source, "lists", lambda: list(source.lists(started)))
    unchanged = [
        address.key for address in addresses if await read_list(session, source, address, summary, measure, started)
    ]
    measure.requests = _take_requests(session, source)
    if rests(session, source, measure, unchanged, summary):
        return
    for key in unchanged:
        frontier.record_list_unchanged(session.wh, source.id, key, session.clock())
    # What fails is due again later than this moment, so the loop ends; what is published meanwhile is for the next pass.
    now, tally = session.clock(), _Tally()
    while not tally.enough:
        batch = frontier.due(session.wh, source.id, now, BATCH)
        if not batch:
            break
        reads = await _read(session, source, batch, summary, tally)
        # Before the load: a run that is killed in between still knows when to look again. It counts once they are stored.
        _plan_rechecks(session, source, [read for read in reads if read.error is None])
        _store(session, source, reads, summary)
        if tally.streak == PATIENCE:
            _keep_parts(session, source, now, summary)
        measure.shapes += [shape_of(read.article) for read in reads if read.article is not None]
    await _look_again(session, source, summary, tally)
    measure.requests += _take_requests(session, source)
    required = [address.key for address in addresses if not address.optional]
    conclude(session, source, measure, required, summary)


async def _read(
    session: Session, source: Source, batch: Sequence[Queued], summary: SourceSummary, tally: _Tally
) -> list[Read]:
    """One host answers one request at a time anyway; articles of one source are asked for in their order."""
    session.progress.begin(source.id, len(batch))
    reads: list[Read] = []
    for queued in batch:
        reads.append(await read_article(session, source, queued, summary))
        if not carried(queued.ref):  # what needs no page says nothing of the pages
            tally.asked += 1
            error = reads[-1].error
            tally.streak = tally.streak + 1 if error is not None and error.status in ("retry", "blocked") else 0
        session.progress.advance(source.id)
        if tally.enough:
            break
    return reads


async def _look_again(session: Session, source: Source, summary: SourceSummary, tally: _Tally) -> None:
    """Ask again for stored articles that are young, with what the new ones left of this pass's pages and patience.

    How it goes says nothing of the source's health: a failure is written down, and made up for soon.
    """
    intervals, now, left = session.config.rechecks_of(source.id), session.clock(), MOST_RECHECKED
    while left > 0 and not tally.enough:
        batch = rechecks.due(session.wh, source.id, intervals, now, min(BATCH, left))
        if not batch:
            break
        left -= len(batch)
        # A list may have brought the whole text since: then lists show its changes.
        reads = await _read(session, source, [one for one in batch if not carried(one.ref)], summary, tally)
        summary.rechecked += len(reads)
        _store(session, source, reads, summary)
        _plan_rechecks(session, source, [*reads, *(Read(one) for one in batch if carried(one.ref))])


def _plan_rechecks(session: Session, source: Source, reads: Sequence[Read]) -> None:
    """When to look at these articles again."""
    looks = []
    for read in reads:
        ref, article = read.queued.ref, read.article
        # A page that only pointed on to the article has no validators, and another ref may be the article's own.
        pointed = bool(read.found) or (article is not None and read.validators == Validators())
        again = not (read.queued.backlog or carried(ref) or pointed)
        if article is not None:
            looks.append(Look(ref, again, article.published_at, article.precision))
        else:
            looks.append(Look(ref, again, failed=read.error is not None))
    rechecks.plan(session.wh, source.id, looks, session.config.rechecks_of(source.id), session.clock())


def _store(session: Session, source: Source, reads: Sequence[Read], summary: SourceSummary) -> None:
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
        elif read.found:
            frontier.record_found_elsewhere(session.wh, ref, read.found, now)
        else:
            frontier.record_unchanged(session.wh, ref, now)
    failed = _load(session, incoming, summary)
    # After the load: a partial text that was just stored must not take its ref for settled.
    for read in reads:
        if read.error is not None:
            _article_failed(session, read.queued, read.error, summary)
        elif (read.article or read.found) and read.queued.ref.article_id not in failed:
            quarantine.forget(session.wh.folder, source.id, "parse", read.queued.ref.article_id)


def _load(session: Session, incoming: Sequence[Incoming], summary: SourceSummary) -> set[str]:
    """Load and count; the articles that could not be stored."""
    config, failed = session.config, set[str]()
    for loaded in articles.load_each(
        session.wh, incoming, session.lexicon, config.rules, session.clock(),
        timezone=config.timezone, scanners=session.scanners,
    ):  # fmt: skip
        summary.count(loaded)
        if loaded.status == "failed":
            failed.add(loaded.article_id)
            summary.errors.append(f"{loaded.article_id}: {loaded.reason}")
    if summary.alerts:
        session.raised.set()
    return failed


def _keep_parts(session: Session, source: Source, now: datetime, summary: SourceSummary) -> None:
    """Store what the lists carried of articles whose pages are left to the next pass: their names alert today."""
    waiting = [queued for queued in frontier.due(session.wh, source.id, now, MOST_ASKED) if queued.attempts == 0]
    parts = [Incoming(queued.ref.article, backlog=queued.backlog) for queued in waiting if queued.ref.article]
    for start in range(0, len(parts), BATCH):
        _load(session, parts[start : start + BATCH], summary)


def _article_failed(session: Session, queued: Queued, error: FetchError, summary: SourceSummary) -> None:
    if queued.again and not isinstance(error, Gone):
        rechecks.record_failure(session.wh, queued.ref, error)
        return
    now = session.clock()
    again = frontier.next_try(queued.attempts + 1, error.status, getattr(error, "retry_after", None), now)
    frontier.record_failure(session.wh, queued.ref, error, now, again)
    if again is not None:
        summary.failed += 1
        summary.errors.append(str(error))


def _take_requests(session: Session, source: Source) -> list[RequestRecord]:
    """The requests made for this source since the last time. Those of others, and robots.txt, stay for theirs or the
    end."""
    mine: list[RequestRecord] = []
    others: list[RequestRecord] = []
    for record in session.client.requests:
        (mine if record.tag == source.id else others).append(record)
    session.client.requests[:] = others
    return mine


def _note(summary: SourceSummary) -> str:
    if not summary.ok:
        waiting = f" ({summary.kept} pages kept for `tanma sources replay`)" if summary.kept else ""
        return (f"{summary.state}: {summary.errors[0]}" if summary.errors else summary.state) + waiting
    if not (summary.stored or summary.updated or summary.duplicates):
        return "nothing new"
    return f"{summary.stored + summary.duplicates} new, {summary.updated} changed, {summary.alerts} alerts"


async def deliver_due(session: Session) -> None:
    """Send every message that is due now. Trouble with a channel is recorded, not raised."""
    try:
        await session.delivery.run()
    finally:
        report = session.delivery.report
        session.summary.delivered = DeliverSummary(
            report.sent,
            report.retried,
            report.failed,
            report.waiting,
            list(report.errors),
            [name for name, channel in report.channels.items() if channel.waiting],
        )
