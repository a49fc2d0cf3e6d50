"""Any HTML page → the Article on it: outlet layouts first, then the table of sites, then the general rules."""

from __future__ import annotations

import re
from collections.abc import Sequence

from selectolax.lexbor import LexborHTMLParser

from sources import generic
from sources.address import redact
from sources.article import Article, ArticleRef, Page
from sources.blocks import clean_text, matching, paragraphs, text_of
from sources.bylines import is_credit, names_in
from sources.document import Document
from sources.draft import Draft, finish
from sources.errors import LayoutChanged, NotAnArticle
from sources.furniture import is_dateline
from sources.guard import typed_errors
from sources.layout import PageReader
from sources.metadata import Published, find_time, find_title, is_shown, own_address, site_name
from sources.outlet_names import looks_like_publisher
from sources.outlets import huxiu_pages, kr36_pages, qq, tumblr_pages, wechat, xiaoyuzhou, zaker
from sources.person_names import is_person
from sources.reading import draft_of, identity_of, raise_if_binary
from sources.sites import COMMON_BODIES, Site, shown, site_of
from sources.times import time_in
from sources.tombstones import raise_if_refused

# Asked in this order; the first that knows a page reads it.
READERS: tuple[PageReader, ...] = (
    wechat,
    qq,
    kr36_pages,
    huxiu_pages,
    zaker,
    xiaoyuzhou,
    tumblr_pages,
)

# Where a site's rule points, a sentence is an article; where nothing but its look speaks for a text, it must be more.
_LEAST_RULED = 20
_LEAST_UNRULED = 60
_LEAST_ALONE = 120  # of a text that is a single paragraph: shorter ones are captions and notices
_HEADLINE = 4  # lines between the headline and the text: time, source, tools
_MOST_ASKED = 3_000_000  # characters that trafilatura is asked about; its time grows faster than the page
_IMPRINT = re.compile(r"举报电话|客服电话|不良信息|ICP[备備证]|版权所有|版權所有|Copyright", re.IGNORECASE)
_HEADLINE_LINE = re.compile(
    r"(?!.*(?:[>›»|｜/@]|\d[:：]\d|来源|作者|时间|日期|分享|字体|首页|评论|阅读|浏览|点击|打印)).{8,60}(?<![。，：:；])"
)
_AUTHOR = re.compile(
    r"作者\s*[：:]\s*(?P<credited>[^\s：:，,|/]{2,24})|(?:^|[\s|｜])作者(?P<bare>[一-鿿]{2,4})(?=$|[\s|｜])"
)
_PLACE = re.compile(r"(?:北京|上海|清华|中国|[一-鿿]{2,8}?(?:省|市|大学|学院))[一-鿿]*")
_SAID = re.compile(r"(?=.{30}).*[。！？]")
_NEXT = 6  # lines from one paragraph to the next: pictures, captions, an advertisement
_MOST_OVER = 40
_LEAST_HEADLINE = 4
_AROUND = 12
_EDGE = 4


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
    raise_if_binary(page)
    identity = identity_of(doc, ref) if ref else None
    for reader in READERS:
        if reader.knows(doc):
            draft = draft_of(doc, reader.read)
            draft.identity = draft.identity or identity
            ruled = reader.OUTLET if reader.WORDED else ""
            return finish(
                draft, page, source=source or reader.SOURCE, outlet=outlet or reader.OUTLET, ref=ref, layout=ruled
            )
    raise_if_refused(doc)
    tree = doc.tree
    site = site_of(tree, url)
    try:
        draft = read_site(doc, site)
    except NotAnArticle as error:
        if ref is None or site is None:
            raise
        # The list said that there is an article, and we thought we knew where.
        raise LayoutChanged(
            f"{site.outlet}: no text where its pages keep it: mend its row in sources/sites.py", url=redact(url)
        ) from error
    draft.identity = draft.identity or identity
    named_outlet = outlet or (site.outlet if site else site_name(tree))
    ruled = site.outlet if site and ref else ""  # without a list that named it, a bodiless page may be no article's
    return finish(draft, page, source=source or "files", outlet=named_outlet, ref=ref, layout=ruled)


def read_site(doc: Document, site: Site | None) -> Draft:
    """A page by the table of sites, or by the general rules. Raises NotAnArticle when it shows no running text."""
    html, tree, page, all_lines = doc.html, doc.tree, doc.page, doc.lines
    url = redact(doc.url)
    title = find_title(tree, all_lines, shown(tree, site.title, text_of) if site else "")
    lines = _body(html, tree, site, all_lines, title)
    if not _is_prose(lines):
        raise NotAnArticle(f"no running text on {url or 'the page'}", url=url)
    if len(title) < _LEAST_HEADLINE or looks_like_publisher(title) or not is_shown(title, all_lines):
        title = _headline_over(all_lines, lines, title) or title
    # A dateline within the body counts after those over it, and before those of other articles behind it.
    over, behind = _around(all_lines, lines, title)
    head = lines.index(title) + 1 if title in lines[:_MOST_OVER] else 0
    around = [
        *over,
        *filter(is_dateline, lines[: head + _EDGE]),
        *behind,
        *filter(is_dateline, lines[-_EDGE:]),
    ]
    return Draft(
        lines=lines,
        title=title,
        outlet=shown(tree, site.outlet_at, text_of) if site else "",
        authors=_authors(tree, site, around),
        published=_published(tree, site, around, page),
        url=own_address(tree),
        links=frozenset(clean_text(node.text()) for node in tree.css("a")),
    )


def _body(html: str, tree: LexborHTMLParser, site: Site | None, all_lines: list[str], title: str) -> list[str]:
    for selector in (*(site.body if site else ()), *COMMON_BODIES):
        found = [paragraphs(node, matching(node, site.drop if site else ())) for node in tree.css(selector)]
        lines = max(found, key=lambda one: sum(map(len, one)), default=[])
        if _is_prose(lines):
            return lines
    lines = generic.find_body(tree)
    if under := _under_headline(all_lines, lines, title):
        return under
    if _is_article(lines, all_lines, title):
        return lines
    if sum(map(len, all_lines)) < _LEAST_ALONE or len(html) > _MOST_ASKED:
        return []
    lines = generic.ask_trafilatura(html)
    return lines if _is_article(lines, all_lines, title) else []


def _is_prose(lines: Sequence[str], least: int = _LEAST_RULED) -> bool:
    text = "".join(lines)
    return bool(re.search(r"[。！？；!?]|\.(?:\s|$)", text)) and len(text) >= least


def _is_article(lines: Sequence[str], all_lines: list[str], title: str) -> bool:
    """Whether what only its look speaks for is one: the publisher's telephone numbers look like prose, too."""
    said = [line for line in lines if not _IMPRINT.search(line)]
    alone = len(said) == 1 and not _stands_under(title, said[0], all_lines)
    return _is_prose(said, _LEAST_ALONE if alone else _LEAST_UNRULED)


def _under_headline(all_lines: list[str], body: Sequence[str], title: str) -> list[str]:
    """The prose right under the headline, where the longest text of the page stands far below it: another article that
    the page goes on with. Empty where what is under the headline leads to the text, as a summary does."""
    start = all_lines.index(body[0]) if body and body[0] in all_lines else 0
    if not title or title not in all_lines[:start]:
        return []
    between = all_lines[all_lines.index(title) + 1 : start]
    prose = [at for at, line in enumerate(between) if _SAID.search(line)]
    if not prose or prose[0] > _AROUND:
        return []
    end = prose[0]
    for at in prose:
        if at - end > _NEXT:
            break
        end = at
    lines = between[prose[0] : end + 1]
    return lines if len(between) - end > _AROUND and sum(map(len, lines)) >= _LEAST_ALONE else []


def _stands_under(title: str, line: str, all_lines: list[str]) -> bool:
    """Whether nothing but a few lines is between the headline and a line."""
    at = all_lines.index(line) if line in all_lines else 0
    return bool(title) and title in all_lines[max(0, at - _HEADLINE) : at]


def _around(all_lines: list[str], body: Sequence[str], title: str) -> tuple[list[str], list[str]]:
    """The lines between headline and body, then those before the headline; and those behind the body."""
    squashed = re.sub(r"\s", "", title)
    heads = [at for at, line in enumerate(all_lines) if re.sub(r"\s", "", line) == squashed]
    words = [line for line in body if re.sub(r"\s", "", line) != squashed] or list(body)
    start = all_lines.index(words[0]) if words[0] in all_lines else 0
    end = len(all_lines) - 1 - all_lines[::-1].index(words[-1]) if words[-1] in all_lines else start
    head = next((at for at in heads if start - 2 * _AROUND <= at < start), start)
    between = [line for at, line in enumerate(all_lines[head:start], head) if at not in heads]
    return [*between, *all_lines[max(0, head - _AROUND) : head][::-1]], all_lines[end + 1 : end + 1 + _AROUND]


def _headline_over(all_lines: list[str], body: Sequence[str], title: str) -> str:
    """What stands over the text like a headline, for a page whose head names only the site: the nearest line above the
    body that is neither a date nor a credit nor a menu, and is no sentence. Empty where the title itself stands there."""
    start = all_lines.index(body[0]) if body[0] in all_lines else 0
    over = all_lines[max(0, start - _HEADLINE) : start]
    for line in () if title in over else reversed(over):
        if _HEADLINE_LINE.fullmatch(line) and not is_dateline(line) and not is_credit(line):
            return line
    return ""


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
        if len(line) <= 120 and (match := _AUTHOR.search(line)):
            names = names_in(match["credited"] or match["bare"])
            if names and (match["credited"] or is_person(names[0])):
                return (_without_place(names[0]),)
    return ()


def _without_place(name: str) -> str:
    """方敏北京大学教授 → 方敏: a person's name that the place of work was glued to."""
    place = _PLACE.search(name)
    return next(
        (name[:size] for size in (3, 2) if place and is_person(name[:size]) and _PLACE.match(name[size:])), name
    )
