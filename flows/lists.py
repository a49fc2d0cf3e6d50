"""Reading one list: what it names is queued, and its older parts are followed where something would be missed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from flows.health import Measure
from flows.reading import keep, trusted
from flows.session import Session
from flows.summary import SourceSummary
from sources.address import redact
from sources.article import ArticleRef, Page, Validators
from sources.client import Client, Unchanged
from sources.errors import Broken, FetchError, Gone, LayoutChanged
from sources.source import ListAddress, Source
from warehouse import frontier
from warehouse.quarantine import KeptPage, forget

PARTS = 10  # older parts of a list that are asked for at most
TRIES = 3  # passes in which a list waits for an older part of it that fails


async def read_list(
    session: Session, source: Source, address: ListAddress, summary: SourceSummary, measure: Measure, started: datetime
) -> bool:
    """Fetch one list and queue what it names; its validators are stored together with its refs, or not at all.

    True: it answered that nothing changed, which the caller writes down with frontier.record_list_unchanged.
    Its older parts are read before anything of it is written down, and their refs are taken in with its own, in one
    transaction: a run that is killed meanwhile finds the same gap again. `started`: when this pass over the source
    began; what was named before then is known.
    """
    now = session.clock()
    state = frontier.list_state(session.wh, source.id, address.key)
    if state.next_attempt_at and state.next_attempt_at > now:
        return False
    summary.lists += 1
    try:
        answer = await asked(session.client, source, address, state.validators, tag=source.id)
        if isinstance(answer, Unchanged):
            summary.unchanged_lists += 1
            forget(session.wh.folder, source.id, "discover", address.key)
            return True
        refs = _discovered(session, source, answer, address, address, summary)
        validators = answer.validators
        if trusted(source, "is_index", lambda: source.is_index(answer)):
            refs = await _children(session, source, address, answer, summary)
            validators = Validators()  # whether its lists have changed is not to be seen from an index's own bytes
        elif state.was_read and _all_new(session, source, refs[-1:], started):
            # The oldest of them is new: what stands first may be pinned there.
            refs = [*refs, *await _older(session, source, address, answer, summary, started, state.failures)]
    except FetchError as error:
        if address.optional and isinstance(error, Gone):
            return False
        again = frontier.next_try(state.failures + 1, error.status, getattr(error, "retry_after", None), now)
        frontier.record_list_failure(session.wh, source.id, address.key, error, now, again)
        summary.errors.append(str(error))
        return False
    summary.listed += len(refs)
    if not refs and frontier.emptied(session.wh, source.id, address.key):
        summary.emptied += 1
        validators = Validators()  # that it is empty has to be seen each time
    measure.count_named(session, source)
    summary.new += frontier.record_discovery(session.wh, source.id, address.key, validators, refs, session.clock())
    forget(session.wh.folder, source.id, "discover", address.key)
    return False


async def asked(
    client: Client, source: Source, address: ListAddress, validators: Validators = Validators(), *, tag: str = ""
) -> Page | Unchanged:
    """What is at a list's address: an error page too, when the source can tell from it what is meant."""
    try:
        return await client.get(address.url, validators, tag=tag, post=address.post)
    except FetchError as error:
        page = error.page
        if page is None or not trusted(source, "explains", lambda: source.explains(page)):
            raise
        return page


async def _children(
    session: Session, source: Source, index: ListAddress, page: Page, summary: SourceSummary
) -> list[ArticleRef]:
    """What the lists of an index name. Without the first of them, the index is as good as unread: raises FetchError."""
    refs: list[ArticleRef] = []
    seen = {index.key}
    part = trusted(source, "older", lambda: source.older(page, index))
    while part is not None and part.key not in seen and len(seen) <= PARTS:
        seen.add(part.key)
        try:
            page, found = await _part(session, source, part, index, summary)
        except FetchError as error:
            if len(seen) == 2 and not (part.optional and isinstance(error, Gone)):
                raise
            summary.errors.append(f"a part of a list was not read: {error}")
            break
        refs += found
        part = _next(source, page, part, summary)
    return refs


async def _older(
    session: Session,
    source: Source,
    address: ListAddress,
    page: Page,
    summary: SourceSummary,
    started: datetime,
    failures: int,
) -> list[ArticleRef]:
    """What older parts name, until one shows something that was known before.

    A part that fails in passing fails the list (raises FetchError), so that the next pass finds the same gap; when that
    has happened often, or the part is broken, it is said and what was found is kept.
    """
    refs: list[ArticleRef] = []
    seen = {address.key}
    part = _next(source, page, address, summary)
    while part is not None and part.key not in seen and len(seen) <= PARTS:
        seen.add(part.key)
        try:
            page, found = await _part(session, source, part, address, summary)
        except FetchError as error:
            if error.status in ("retry", "blocked") and failures < TRIES:
                raise
            summary.errors.append(f"an older part of a list was not read: {error}")
            return refs
        refs += found
        if not _all_new(session, source, found[-1:], started):
            return refs
        part = _next(source, page, part, summary)
    if part is not None and part.key not in seen:
        summary.errors.append(
            f"{source.id}: more than {PARTS} older parts of a list are new; what lies behind was not read"
        )
    return refs


async def _part(
    session: Session, source: Source, part: ListAddress, whole: ListAddress, summary: SourceSummary
) -> tuple[Page, list[ArticleRef]]:
    """A part of a list, asked for without validators: it has no state of its own."""
    page = await asked(session.client, source, part, tag=source.id)
    assert isinstance(page, Page)  # no validators were sent
    refs = _discovered(session, source, page, part, whole, summary)
    forget(session.wh.folder, source.id, "discover", part.key)
    return page, refs


def _discovered(
    session: Session, source: Source, page: Page, part: ListAddress, whole: ListAddress, summary: SourceSummary
) -> list[ArticleRef]:
    """What a list names; a page that could not be read goes to the quarantine. Raises FetchError."""
    try:
        return trusted(source, "discover", lambda: source.discover(page))
    except (LayoutChanged, Broken) as error:
        shown = redact(page.url)
        keep(session, KeptPage(source.id, "discover", part.key, page, shown, str(error), list_name=whole.key), summary)
        raise


def _next(source: Source, page: Page, address: ListAddress, summary: SourceSummary) -> ListAddress | None:
    try:
        return trusted(source, "older", lambda: source.older(page, address))
    except FetchError as error:
        summary.errors.append(f"an older part of a list was not read: {error}")
        return None


def _all_new(session: Session, source: Source, refs: Sequence[ArticleRef], started: datetime) -> bool:
    return bool(refs) and not frontier.names_known(session.wh, source.id, refs, started)
