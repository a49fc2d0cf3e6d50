"""Reading one article: its page is asked for and parsed, and followed once where it only points to the article."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeVar

from flows.session import Session
from flows.summary import SourceSummary
from sources.address import redact
from sources.article import Article, ArticleRef, Page, Validators
from sources.client import Client, Unchanged
from sources.errors import Broken, Elsewhere, FetchError, Gone, LayoutChanged
from sources.identity import identify
from sources.source import Source
from warehouse import frontier, quarantine
from warehouse.frontier import Queued
from warehouse.quarantine import KeptPage

_log = logging.getLogger(__name__)
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Read:
    """What reading one article gave: an article, nothing new (none of these), an error with what is kept, or the id of
    the stored article that its page points to."""

    queued: Queued
    article: Article | None = None
    validators: Validators = Validators()
    error: FetchError | None = None
    found: str = ""


@dataclass(frozen=True, slots=True)
class Fetched:
    """An article with the validators of its page, or (None) nothing new; `found` as in Read."""

    article: Article | None = None
    validators: Validators = Validators()
    found: str = ""


class Unread(Exception):
    """A page came, and its parser could not read it. `target`: where the ref's own page pointed to, when this is it."""

    def __init__(self, error: FetchError, page: Page, target: str) -> None:
        super().__init__(str(error))
        self.error = error
        self.page = page
        self.target = target


def trusted(source: Source, step: str, call: Callable[[], _T]) -> _T:
    """The answer of a source's own code; what it raises beside FetchError means that its parser has to be mended."""
    try:
        return call()
    except FetchError:
        raise
    except Exception as error:
        raise LayoutChanged(f"{source.id}: {type(error).__name__} in {step} of {type(source).__name__}") from error


def followed(ref: ArticleRef, target: str) -> ArticleRef:
    """What is read in place of a ref whose page only points to `target`."""
    identity = identify(target)
    return replace(ref, article_id=identity.article_id, url=identity.url, fetch_url=target)


def carried(ref: ArticleRef) -> bool:
    """Whether the list brought the whole text, so that no page is asked for."""
    return ref.article is not None and ref.article.kind != "partial"


async def fetch_article(
    client: Client,
    source: Source,
    ref: ArticleRef,
    validators: Validators = Validators(),
    *,
    tag: str = "",
    is_stored: Callable[[str], bool] = lambda article_id: False,
) -> Fetched:
    """The article of a ref, from its own page or, one step on, from the page that this points to.

    A target that `is_stored` is not asked for. Raises FetchError, and Unread with the page when the source's own code
    could not read it.
    """
    answer = await client.get(ref.fetch_url or ref.url, validators, tag=tag)
    if isinstance(answer, Unchanged):
        return Fetched()
    try:
        return Fetched(parsed(source, answer, ref), answer.validators)
    except Elsewhere as pointer:
        onward, target = followed(ref, pointer.target), pointer.target
        if onward.article_id == ref.article_id:
            raise
    if is_stored(onward.article_id):
        return Fetched(found=onward.article_id)
    answer = await client.get(target, tag=tag)
    assert isinstance(answer, Page)  # no validators were sent
    # The validators would be those of another address than the ref's.
    return Fetched(parsed(source, answer, onward, target))


def parsed(source: Source, page: Page, ref: ArticleRef, target: str = "") -> Article:
    """The article on a page. Raises FetchError; Unread when the source's own code could not read the page."""
    try:
        return trusted(source, "parse", lambda: source.parse(page, ref))
    except (LayoutChanged, Broken) as error:
        raise Unread(error, page, target) from error


async def read_article(session: Session, source: Source, queued: Queued, summary: SourceSummary) -> Read:
    """One article that is due. A page that could not be read goes to the quarantine."""
    ref = queued.ref
    if carried(ref):
        return Read(queued, ref.article)
    try:
        fetched = await fetch_article(
            session.client, source, ref, queued.validators, tag=source.id,
            # The list's own part of the text, if there is one, has to be joined with the whole: read it again.
            is_stored=lambda article_id: ref.article is None and frontier.is_stored_whole(session.wh, article_id),
        )  # fmt: skip
    except Gone as error:
        if not ref.fetch_url or identify(ref.fetch_url).article_id == ref.article_id:
            return Read(queued, error=error)
        # Not the article is gone, but a file beside it: a podcast's transcript.
        return Read(queued, error=Broken(str(error), url=error.url, http_status=error.http_status))
    except FetchError as error:
        return Read(queued, error=error)
    except Unread as unread:
        kept = KeptPage(
            source.id, "parse", ref.article_id, unread.page, redact(unread.page.url), str(unread.error),
            ref=ref, target=unread.target,
        )  # fmt: skip
        if not queued.again:  # its text is stored: pages of which nothing is known must not give way to it
            keep(session, kept, summary)
        return Read(queued, error=unread.error)
    return Read(queued, fetched.article, fetched.validators, found=fetched.found)


def keep(session: Session, kept: KeptPage, summary: SourceSummary) -> None:
    """Put a page into the quarantine; what stands in the way of that is said and harms nothing else."""
    try:
        dropped = quarantine.keep(session.wh.folder, kept)
    except OSError as error:
        summary.errors.append(f"{kept.shown_url} could not be kept for a mended parser: {error.strerror or error}")
        return
    summary.kept += 1
    summary.dropped += dropped
    if dropped:
        _log.warning("%s: %d of its pages kept in quarantine gave way to newer ones", kept.source, dropped)
