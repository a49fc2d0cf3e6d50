"""What stands around a reader of an outlet's pages: its refusals, redirects and furniture are the same everywhere."""

from __future__ import annotations

from collections.abc import Callable

from sources.address import redact
from sources.article import Article, ArticleRef, Page
from sources.charset import is_binary
from sources.document import Document
from sources.draft import Draft, finish
from sources.errors import Elsewhere, Gone, LayoutChanged, NotAnArticle
from sources.guard import typed_errors
from sources.identity import Identity
from sources.redirects import resolved
from sources.tombstones import raise_if_challenge, raise_if_refused


def read_own(page: Page, ref: ArticleRef, read: Callable[[Document], Draft], *, source: str, outlet: str) -> Article:
    """The article that `read` finds on a page which a list named as `ref`.

    A challenge is Blocked and a withdrawn article Gone, whatever `read` makes of them; a redirect to a front page is
    Gone, one to another article NotAnArticle. Page furniture and credits come off the text, and a body of fewer than 20
    characters is LayoutChanged. What `read` trips over is Broken.
    """
    shown = redact(page.final_url or page.url or ref.url)
    with typed_errors(shown, shown):
        raise_if_binary(page)
        doc = Document(page)
        identity = identity_of(doc, ref)
        draft = draft_of(doc, read)
        draft.identity = draft.identity or identity
        return finish(draft, page, source=source, outlet=outlet, ref=ref, layout=outlet or source)


def raise_if_binary(page: Page) -> None:
    """Raises NotAnArticle for a picture, sound or archive that came in the place of a page."""
    if is_binary(page.body):
        shown = redact(page.final_url or page.url)
        raise NotAnArticle(f"{shown or 'the page'} is no text but a picture, a sound or the like", url=shown)


def identity_of(doc: Document, ref: ArticleRef) -> Identity:
    """What the address says that the page is; one that led to a captcha or a log-in led nowhere else."""
    try:
        return resolved(doc.page, ref)
    except (Gone, NotAnArticle):
        raise_if_challenge(doc)
        raise


def draft_of(doc: Document, read: Callable[[Document], Draft]) -> Draft:
    """What the reader reads, unless the page is a refusal: one has little text, and may have lost its known form."""
    try:
        draft = read(doc)
    except Elsewhere:
        raise
    except (NotAnArticle, LayoutChanged):
        raise_if_refused(doc)
        raise
    raise_if_refused(doc, draft.lines)
    return draft
