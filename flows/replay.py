"""Reading kept pages again with today's parsers: what a mended parser can read is loaded, the rest stays kept."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal

from flows.config import Config
from flows.reading import Unread, followed, parsed, trusted
from flows.session import Clock, Session, chosen_sources, open_session, utc_now
from flows.stages import deliver_due
from sources.article import Article, ArticleRef, Validators
from sources.errors import Blocked, Elsewhere, FetchError
from sources.source import Source
from warehouse import articles, frontier, quarantine
from warehouse.articles import Incoming
from warehouse.quarantine import KeptPage, Unreadable
from warehouse.watchlist import Entity

NEWS = timedelta(days=1)  # an article without a time that a list named longer ago is no news any more

ReplayStatus = Literal[
    "readable", "stored", "updated", "unchanged", "duplicate", "listed", "elsewhere", "gone", "blocked",
    "not an article", "failed",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class PageOutcome:
    """What became of one kept page. `title` and `article_id` are an article's; `reason` says why it is none.

    readable: it would be read (a dry run) · stored, updated, unchanged, duplicate: as an article that is loaded ·
    listed: a list, what it names is queued · elsewhere: it only points to an article, which the next run reads · gone,
    blocked, not an article: today's parser knows that it holds none · failed: it cannot be read today either.
    """

    source: str
    page: str
    status: ReplayStatus
    title: str = ""
    article_id: str = ""
    reason: str = ""

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


_Reread = Article | list[ArticleRef] | FetchError


def try_pages(config: Config, ids: Sequence[str] | None) -> list[PageOutcome]:
    """What today's parsers make of the kept pages, without changing anything. Raises ConfigError for unknown ids."""
    outcomes = []
    for found in _kept(config.warehouse, _by_id(config, ids), ids):
        if isinstance(found, PageOutcome):
            outcomes.append(found)
            continue
        source, kept = found
        read = _reread(source, kept)
        if isinstance(read, FetchError):
            outcomes.append(_unread(kept, read))
        else:
            title, article_id = (read.title, read.article_id) if isinstance(read, Article) else ("", "")
            named = f"a list of {len(read)} articles" if isinstance(read, list) else ""
            outcomes.append(PageOutcome(kept.source, kept.shown_url, "readable", title, article_id, named))
    return outcomes


async def replay_directly(
    config: Config, entities: Sequence[Entity], ids: Sequence[str] | None, *, clock: Clock = utc_now
) -> list[PageOutcome]:
    """Read the kept pages of these sources (all when None) and load what is in them; alerts by the usual rules.

    Pages that were read are kept no longer. Raises WarehouseBusy, and ConfigError for an id that is not configured.
    """
    chosen = _by_id(config, ids)
    async with open_session(config, entities, kind="replay", via="direct", clock=clock) as session:
        outcomes = [
            found if isinstance(found, PageOutcome) else _take(session, *found)
            for found in _kept(config.warehouse, chosen, ids)
        ]
        await deliver_due(session)
    return outcomes


def _by_id(config: Config, ids: Sequence[str] | None) -> dict[str, Source]:
    return {source.id: source for source in chosen_sources(config, ids)}


def _kept(
    warehouse: Path, chosen: Mapping[str, Source], ids: Sequence[str] | None
) -> Iterator[tuple[Source, KeptPage] | PageOutcome]:
    """Each kept page with its source; an outcome for those that cannot even be tried."""
    for id in quarantine.sources(warehouse) if ids is None else chosen:
        for kept in quarantine.pages(warehouse, id):
            if isinstance(kept, Unreadable):
                yield PageOutcome(id, kept.file.name, "failed", reason=f"{kept.reason}; remove {kept.file}")
            elif id not in chosen:
                reason = (
                    f"no source {id} is configured: add it to tanma.yaml, or remove {warehouse / 'quarantine' / id}"
                )
                yield PageOutcome(id, kept.shown_url, "failed", reason=reason)
            else:
                yield chosen[id], kept


def _reread(source: Source, kept: KeptPage) -> _Reread:
    try:
        if kept.step == "discover":
            return trusted(source, "discover", lambda: source.discover(kept.page))
        assert kept.ref is not None  # of the step parse
        ref = followed(kept.ref, kept.target) if kept.target else kept.ref
        return parsed(source, kept.page, ref, kept.target)
    except Unread as unread:
        return unread.error
    except FetchError as error:
        return error


def _take(session: Session, source: Source, kept: KeptPage) -> PageOutcome:
    """Load what a page holds, then let go of it; a kill between leaves it kept, and loading it again changes nothing."""
    read = _reread(source, kept)
    if isinstance(read, FetchError):
        outcome = _unread(kept, read)
        if outcome.status in ("gone", "not an article") and kept.ref is not None:
            frontier.record_failure(session.wh, kept.ref, read, session.clock(), None)
        done = outcome.status in ("gone", "not an article", "blocked")
    elif isinstance(read, list):
        outcome, done = _queue(session, source, kept, read), True
    else:
        outcome = _load(session, kept, read)
        done = outcome.status != "failed"
    if done:
        quarantine.forget(session.wh.folder, kept.source, kept.step, kept.known_by)
    return outcome


def _unread(kept: KeptPage, error: FetchError) -> PageOutcome:
    status: ReplayStatus = "failed"
    if isinstance(error, Elsewhere) and not kept.target:
        status = "elsewhere"
    elif isinstance(error, Blocked):
        status = "blocked"
    elif error.status in ("gone", "not_an_article"):
        status = "gone" if error.status == "gone" else "not an article"
    return PageOutcome(kept.source, kept.shown_url, status, reason=str(error))


def _queue(session: Session, source: Source, kept: KeptPage, refs: list[ArticleRef]) -> PageOutcome:
    """Take in what a kept list names. Of a list with older parts nothing is taken in here: its articles would be known
    to the next run, which then would not look for what lies behind them."""
    if kept.known_by != kept.list_name:
        new = frontier.queue(session.wh, kept.source, kept.list_name, refs, session.clock())
    elif _goes_on(source, kept, session):
        frontier.ask_again(session.wh, kept.source, kept.list_name)
        return PageOutcome(
            kept.source, kept.shown_url, "listed", reason="the next run reads the list again, with what lies behind it"
        )
    else:
        new = frontier.record_discovery(
            session.wh, kept.source, kept.list_name, kept.page.validators if refs else Validators(), refs,
            session.clock(),
        )  # fmt: skip
    return PageOutcome(
        kept.source, kept.shown_url, "listed", reason=f"names {len(refs)} articles, {new} of them to be read"
    )


def _goes_on(source: Source, kept: KeptPage, session: Session) -> bool:
    """Whether a kept list has older parts, or is an index."""
    lists = trusted(source, "lists", lambda: source.lists(session.clock()))
    address = next((one for one in lists if one.key == kept.list_name), None)
    if address is None:
        return False
    try:
        return trusted(source, "older", lambda: source.older(kept.page, address)) is not None
    except FetchError:
        return False


def _load(session: Session, kept: KeptPage, article: Article) -> PageOutcome:
    assert kept.ref is not None  # of the step parse
    if frontier.is_newer(session.wh, article.article_id, kept.page.fetched_at):
        reason = "a newer text than this page's is stored already"
        return PageOutcome(kept.source, kept.shown_url, "unchanged", article.title, article.article_id, reason)
    config = session.config
    validators = Validators() if kept.target else kept.page.validators
    # What does not say when it was published is as new as the moment when a list first named it.
    old = frontier.is_old(session.wh, kept.ref, session.clock() - NEWS)
    incoming = Incoming(article, kept.ref, validators, backlog=old)
    [loaded] = articles.load_each(
        session.wh, [incoming], session.lexicon, config.rules, session.clock(), timezone=config.timezone
    )
    return PageOutcome(kept.source, kept.shown_url, loaded.status, article.title, loaded.article_id, loaded.reason)
