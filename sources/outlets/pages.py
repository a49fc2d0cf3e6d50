"""Any HTML page → the Article on it: outlet layouts first, then the table of sites, then the general rules."""

from __future__ import annotations

import re
from collections.abc import Sequence

from selectolax.lexbor import LexborHTMLParser

from sources import generic
from sources.address import redact
from sources.article import Article, ArticleRef, Page
from sources.blocks import clean_text, html_paragraphs, matching, paragraphs, text_of
from sources.bylines import names_in
from sources.challenge import challenge
from sources.document import Document
from sources.draft import Draft, finish
from sources.errors import Blocked, LayoutChanged, NotAnArticle
from sources.guard import typed_errors
from sources.layout import PageReader
from sources.metadata import Published, dicts, find_time, find_title, json_state, own_address, site_name
from sources.outlets import kr36, qq, wechat
from sources.redirects import resolved
from sources.sites import COMMON_BODIES, Site, shown, site_of
from sources.times import read_time, time_in
from sources.tombstones import raise_if_gone

# Asked in this order; the first that knows a page reads it.
READERS: tuple[PageReader, ...] = (
    wechat,
    qq,
    kr36,
)

# Where a site's rule points, a sentence is an article; where nothing but its look speaks for a text, it must be more.
_LEAST_RULED = 20
_LEAST_UNRULED = 60
_LEAST_ALONE = 120  # of a text that is a single paragraph: shorter ones are captions and notices
_AROUND = 12


def read_page(page: Page, *, source: str = "", outlet: str = "", ref: ArticleRef | None = None) -> Article:
    """The article on an HTML page. `source` empty: the outlet's own name for the channel, as its layout knows it.

    Raises Blocked (challenge, encrypted state), Gone (tombstone, a redirect to a front page), NotAnArticle (also a
    redirect to another article), LayoutChanged, Broken.
    """
    return _typed(Document(page), source, outlet, ref)


def read_html(html: str, page: Page, *, source: str = "", outlet: str = "", ref: ArticleRef | None = None) -> Article:
    """The same for a page whose text is already decoded."""
    return _typed(Document(page, html), source, outlet, ref)


def _typed(doc: Document, source: str, outlet: str, ref: ArticleRef | None) -> Article:
    shown = redact(doc.url)
    with typed_errors(shown or "the page", shown):
        return _read(doc, source, outlet, ref)


def _read(doc: Document, source: str, outlet: str, ref: ArticleRef | None) -> Article:
    page, url = doc.page, doc.url
    known = redact(url)
    if marker := challenge(page):
        raise Blocked(
            f"{known or 'the page'} is a challenge page ({marker}), not its article", url=known, marker=marker
        )
    identity = resolved(page, ref) if ref else None
    html, tree = doc.html, doc.tree
    raise_if_gone(tree, url)
    for reader in READERS:
        if reader.knows(doc):
            draft = reader.read(doc)
            draft.identity = draft.identity or identity
            ruled = reader.OUTLET if reader.WORDED else ""
            return finish(draft, page, source=source or reader.SOURCE, outlet=outlet, ref=ref, layout=ruled)
    site = site_of(tree, url)
    try:
        draft = read_site(html, tree, page, site)
    except NotAnArticle as error:
        if ref is None or site is None:
            raise
        # The list said that there is an article, and we thought we knew where.
        raise LayoutChanged(
            f"{site.outlet}: no text where its pages keep it: mend its row in sources/sites.py", url=known
        ) from error
    draft.identity = draft.identity or identity
    named = source or ("zaker" if site and site.outlet == "ZAKER" else "files")
    named_outlet = outlet or (site.outlet if site else site_name(tree))
    ruled = site.outlet if site and ref else ""  # without a list that named it, a bodiless page may be no article's
    return finish(draft, page, source=named, outlet=named_outlet, ref=ref, layout=ruled)


def read_site(html: str, tree: LexborHTMLParser, page: Page, site: Site | None) -> Draft:
    """A page by the table of sites, or by the general rules. Raises NotAnArticle when it shows no running text."""
    url = redact(page.final_url or page.url)
    all_lines = paragraphs(tree.body)
    state = _state(html, tree, site, page)
    if state is not None:
        return state
    lines = _body(html, tree, site, all_lines)
    if not _is_prose(lines):
        raise NotAnArticle(f"no running text on {url or 'the page'}", url=url)
    title = (shown(tree, site.title, text_of) if site else "") or find_title(tree, all_lines)
    around = _around(all_lines, lines, title)
    return Draft(
        lines=lines,
        title=title,
        outlet=shown(tree, site.outlet_at, text_of) if site else "",
        authors=_authors(tree, site, around),
        published=_published(tree, site, around, page),
        url=own_address(tree),
        links=frozenset(clean_text(node.text()) for node in tree.css("a")),
    )


def _body(html: str, tree: LexborHTMLParser, site: Site | None, all_lines: Sequence[str]) -> list[str]:
    for selector in (*(site.body if site else ()), *COMMON_BODIES):
        found = [paragraphs(node, matching(node, site.drop if site else ())) for node in tree.css(selector)]
        lines = max(found, key=lambda one: sum(map(len, one)), default=[])
        if _is_prose(lines):
            return lines
    lines = generic.find_body(tree)
    if _is_article(lines) or sum(map(len, all_lines)) < _LEAST_ALONE:
        return lines if _is_article(lines) else []
    lines = generic.ask_trafilatura(html)
    return lines if _is_article(lines) else []


def _is_prose(lines: Sequence[str], least: int = _LEAST_RULED) -> bool:
    text = "".join(lines)
    return bool(re.search(r"[。！？；!?]|\.(?:\s|$)", text)) and len(text) >= least


def _is_article(lines: Sequence[str]) -> bool:
    return _is_prose(lines, _LEAST_UNRULED if len(lines) > 1 else _LEAST_ALONE)


def _around(all_lines: list[str], body: Sequence[str], title: str) -> list[str]:
    """The lines between headline and body, then those before the headline, then those behind the body."""
    squashed = re.sub(r"\s", "", title)
    heads = [at for at, line in enumerate(all_lines) if re.sub(r"\s", "", line) == squashed]
    words = [line for line in body if re.sub(r"\s", "", line) != squashed] or list(body)
    start = all_lines.index(words[0]) if words[0] in all_lines else 0
    end = len(all_lines) - 1 - all_lines[::-1].index(words[-1]) if words[-1] in all_lines else start
    head = next((at for at in heads if start - 2 * _AROUND <= at < start), start)
    between = [line for at, line in enumerate(all_lines[head:start], head) if at not in heads]
    return [*between, *all_lines[max(0, head - _AROUND) : head][::-1], *all_lines[end + 1 : end + 1 + _AROUND]]


def _published(tree: LexborHTMLParser, site: Site | None, around: Sequence[str], page: Page) -> Published | None:
    own = [text_of(node) for selector in (site.time if site else ()) for node in tree.css(selector)[:3]]
    for line in own:
        found = time_in(line, now=page.fetched_at)
        if found is not None and found.precision in ("second", "minute"):
            return found.at, found.precision
    return find_time(tree, [*own, *around], now=page.fetched_at)


def _authors(tree: LexborHTMLParser, site: Site | None, around: Sequence[str]) -> tuple[str, ...]:
    if site and (name := shown(tree, site.author, text_of)):
        return (name,)
    for line in around:
        if len(line) <= 120 and (match := re.search(r"作者\s*[：:]\s*([^\s：:，,|/]{2,12})", line)):
            names = names_in(match[1])
            if names:
                return tuple(names[:1])
    return ()


def _state(html: str, tree: LexborHTMLParser, site: Site | None, page: Page) -> Draft | None:
    """The article that a site's script state carries whole."""
    if site is None or not site.state or (state := json_state(html, site.state)) is None:
        return None
    title, content, author, *times = site.state_keys
    for item in dicts(state):
        if isinstance(item.get(title), str) and isinstance(item.get(content), str) and item[content].strip():
            names = [one[author] for one in dicts(item, 500) if isinstance(one.get(author), str) and one[author]]
            stamps = [read_time(str(item[key]), now=page.fetched_at) for key in times if item.get(key)]
            return Draft(
                lines=html_paragraphs(item[content]),
                title=item[title],
                authors=tuple(names[:1]),
                published=next((one for one in stamps if one), None),
                url=own_address(tree),
            )
    return None
