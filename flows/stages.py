"""The stages of design §2 that touch the outside: discover → fetch → parse → load, for one source.

No Prefect here: flows.collect wraps these as tasks, `tanma run` without a server calls them as they are.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from flows import outbox
from flows.channels.send import open_channels
from flows.session import Session
from flows.summary import DeliverSummary, SourceSummary
from sources.address import redact
from sources.article import Article, Page, Validators
from sources.client import Unchanged
from sources.errors import FetchError, Gone
from sources.source import ListAddress, Source
from warehouse import articles, frontier, runs
from warehouse.articles import Incoming
from warehouse.frontier import Queued

NEWEST = 30  # articles of a source that tell whether its pages can be read
_HEALTH: dict[str, runs.HealthState] = {
    "blocked": "blocked",
    "layout_changed": "layout_changed",
    "retry": "failing",
    "broken": "failing",
}
BATCH = 20  # articles a transaction: a kill loses at most the work of one batch, which is fetched again


@dataclass(frozen=True, slots=True)
class _Read:
    """What reading one article gave: an article, nothing new (`article` None), or an error with what is kept."""

    queued: Queued
    article: Article | None = None
    validators: Validators = Validators()
    error: FetchError | None = None


async def collect_source(session: Session, source: Source) -> SourceSummary:
    """Read a source's lists, then every article that is new, changed or due again. Never raises FetchError.

    One source's trouble is recorded in its summary and health; it never stops another.
    """
    summary = SourceSummary(source.id)
    session.summary.sources.append(summary)
    first_run = not frontier.has_succeeded(session.wh, source.id)
    failures: list[FetchError] = []
    for address in source.lists(session.clock()):
        error = await _read_list(session, source, address, summary)
        if error:
            failures.append(error)
            summary.errors.append(str(error))
    while True:
        batch = frontier.due(session.wh, source.id, session.clock(), BATCH)
        if not batch:
            break
        session.progress.begin(source.id, len(batch))
        reads = await asyncio.gather(*(_read_article(session, source, queued) for queued in batch))
        _store(session, source, reads, summary, first_run=first_run)
    _record_fetches(session, source)
    _record_health(session, source, failures, summary)
    session.progress.finish(source.id, _note(summary))
    return summary


async def _read_list(
    session: Session, source: Source, address: ListAddress, summary: SourceSummary
) -> FetchError | None:
    """Fetch one list and queue what it names; its validators are stored together with its refs, or not at all."""
    now = session.clock()
    state = frontier.list_state(session.wh, source.id, address.url)
    if state.next_attempt_at and state.next_attempt_at > now:
        return None
    summary.lists += 1
    try:
        answer = await _get(session, source, address.url, state.validators)
        if isinstance(answer, Unchanged):
            summary.unchanged_lists += 1
            frontier.record_list_unchanged(session.wh, source.id, address.url, now)
            return None
        refs = source.discover(answer)
    except Gone as error:
        if address.optional:
            return None
        return _list_failed(session, source, address, error)
    except FetchError as error:
        return _list_failed(session, source, address, error)
    summary.listed += len(refs)
    summary.new += frontier.record_discovery(
        session.wh, source.id, address.url, answer.validators, refs, session.clock()
    )
    return None


def _list_failed(session: Session, source: Source, address: ListAddress, error: FetchError) -> FetchError:
    now = session.clock()
    failures = frontier.list_state(session.wh, source.id, address.url).failures + 1
    again = frontier.next_try(failures, error.status, getattr(error, "retry_after", None), now)
    frontier.record_list_failure(session.wh, source.id, address.url, error, now, again)
    return error


async def _read_article(session: Session, source: Source, queued: Queued) -> _Read:
    ref = queued.ref
    if ref.article is not None and ref.article.kind != "partial":
        session.progress.advance(source.id)
        return _Read(queued, ref.article)
    try:
        answer = await _get(session, source, ref.fetch_url or ref.url, queued.validators)
        if isinstance(answer, Unchanged):
            return _Read(queued)
        return _Read(queued, source.parse(answer, ref), answer.validators)
    except FetchError as error:
        return _Read(queued, error=error)
    finally:
        session.progress.advance(source.id)


def _store(
    session: Session, source: Source, reads: Sequence[_Read], summary: SourceSummary, *, first_run: bool
) -> None:
    """One transaction for what came; failures and refs without news are settled beside it."""
    now = session.clock()
    incoming: list[Incoming] = []
    for read in reads:
        if read.error is not None:
            partial = read.queued.ref.article
            if partial is not None and not isinstance(read.error, Gone):
                incoming.append(Incoming(partial, None, Validators()))
        elif read.article is not None:
            incoming.append(Incoming(read.article, read.queued.ref, read.validators))
        else:
            frontier.record_unchanged(session.wh, read.queued.ref, now)
    for loaded in articles.load(
        session.wh,
        incoming,
        session.lexicon,
        session.config.rules,
        now,
        first_run=first_run,
        timezone=session.config.timezone,
    ):
        summary.stored += loaded.status == "stored"
        summary.updated += loaded.status == "updated"
        summary.duplicates += loaded.status == "duplicate"
        summary.unchanged += loaded.status == "unchanged"
        summary.mentions += loaded.mentions
        summary.alerts += loaded.alerts
    # After the load: a partial text that was just stored must not take its ref for settled.
    for read in reads:
        if read.error is not None:
            _article_failed(session, read.queued, read.error, summary)


def _article_failed(session: Session, queued: Queued, error: FetchError, summary: SourceSummary) -> None:
    now = session.clock()
    again = frontier.next_try(queued.attempts + 1, error.status, getattr(error, "retry_after", None), now)
    frontier.record_failure(session.wh, queued.ref, error, now, again)
    if again is not None:
        summary.failed += 1
        summary.errors.append(str(error))


def _record_health(session: Session, source: Source, failures: Sequence[FetchError], summary: SourceSummary) -> None:
    """The source's state after this pass; a change of state is one incident for ops.

    Its lists speak first; then its newest articles, when at least half of them cannot be read. One page that cannot
    be read is that page's trouble, told in the summary and kept in the frontier.
    """
    state: runs.HealthState = "ok"
    if failures:
        state = _HEALTH.get(failures[0].status, "failing")
    else:
        newest = frontier.newest_states(session.wh, source.id, NEWEST)
        unread = [status for status in newest if status in _HEALTH]
        if unread and 2 * len(unread) >= len(newest):
            state = _HEALTH[max(set(unread), key=unread.count)]
    summary.state = state
    note = summary.errors[0] if summary.errors and state != "ok" else ""
    if runs.record_health(session.wh, source.id, state, session.clock(), note):
        session.incidents.append(
            f"{source.id}: {'mended' if state == 'ok' else state}" + (f" — {note}" if note else "")
        )


async def _get(session: Session, source: Source, url: str, validators: Validators) -> Page | Unchanged:
    session.asked[redact(url)] = source.id  # as requests are recorded
    return await session.client.get(url, validators)


def _record_fetches(session: Session, source: Source) -> None:
    """Write down the requests made for this source; those of others, and robots.txt, stay for theirs or the end."""
    mine = [record for record in session.client.requests if session.asked.get(record.url) == source.id]
    session.client.requests[:] = [record for record in session.client.requests if record not in mine]
    runs.record_fetches(session.wh, session.summary.run_id, source.id, mine)


def _note(summary: SourceSummary) -> str:
    if not summary.ok:
        return f"{summary.state}: {summary.errors[0]}" if summary.errors else summary.state
    if not (summary.stored or summary.updated or summary.duplicates):
        return "nothing new"
    return f"{summary.stored + summary.duplicates} new, {summary.updated} changed, {summary.alerts} alerts"


def deliver_due(session: Session) -> None:
    """Send every due message; tell ops of this run's incidents. Trouble with a channel is recorded, not raised."""
    config = session.config
    urls = {name: config.channel_url(name) for name in config.channels}
    channels = open_channels(urls, config.network.rewrite)
    report = outbox.deliver(
        session.wh,
        channels,
        config.rules,
        language=config.language,
        timezone=config.timezone,
        now=session.clock,
    )
    session.summary.delivered = DeliverSummary(
        report.sent, report.retried, report.failed, report.waiting, list(report.errors)
    )
    if session.incidents:
        outbox.ops_notice(channels, "\n".join(session.incidents), config.language)
