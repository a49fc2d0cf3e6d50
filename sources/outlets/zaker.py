"""ZAKER: channel pages and the JSON behind them, articles on the app's pages. Facts: outlets.md §4.

www.myzaker.com often answers with a firewall's challenge, which counts as blocked; the app's pages carry the whole text
and are asked instead. What ZAKER carries is mostly others': the account it names is the outlet, ZAKER the channel.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, ClassVar
from urllib.parse import urljoin

from selectolax.lexbor import LexborHTMLParser, LexborNode

from sources.address import redact
from sources.article import Article, ArticleRef, Page
from sources.blocks import clean_text, matching, paragraphs, text_of
from sources.challenge import challenge
from sources.charset import decode
from sources.document import Document
from sources.draft import Draft
from sources.errors import Blocked, LayoutChanged, NotAnArticle
from sources.guard import typed_errors
from sources.identity import identify, same_site
from sources.jsontext import read_json
from sources.layout import Layout, first_layout
from sources.metadata import Published, json_state, without_site
from sources.source import ListAddress, Option, Source, Spec
from sources.times import id_time, read_time, time_in

SOURCE = "zaker"
OUTLET = "ZAKER"
WORDED = True
_CHANNEL = "https://www.myzaker.com/channel/{}"
_SELECTED = "https://www.myzaker.com/?pos=selected_article"
_PAGE = "https://app.myzaker.com/news/article.php?pk={}"
_TECHNOLOGY = "13"
_NOT_TEXT = ("[zk-guide]", "#recommend_bottom", "#article_bottom", ".article_more", ".article_header", ".footer", "h1")
_OUTLETS = (".article_header .auther", ".article_header .author", ".auther", ".author-name", ".author_name")
_TIMES = (".article_header .time", "span.time")
_SUPPLIED = re.compile(r"以上内容由\s*[\"“”「'](?P<account>[^\"“”」']{1,30})[\"“”」']\s*上传发布")
_OWN_WORDS = re.compile(
    r"以上内容由.{1,34}上传发布|(?:原网页|原文|本文)?已?经?由\s*ZAKER\s*转码|查看原文$|ZAKER\s*旗下.{2,24}$|打开\s*ZAKER.{0,12}$"
    r"|相关标签$|没有更多评论了$|登录后才可以发布评论"
)
_LEAST_BEFORE = 0.5  # of the text stands before ZAKER's own words; above them they are somebody's sentence
_SLACK = timedelta(days=1)

_HAN = "\u3400-\u4dbf\u4e00-\u9fff"
# Each begins with what is rare in a line, so that a line is searched and not tried at every character.
_SPACED = re.compile(rf"[ \u00a0](?:(?<=[{_HAN}].)(?=[A-Za-z0-9])|(?<=[A-Za-z0-9].)(?=[{_HAN}]))")
_TOUCHING = re.compile(rf"[A-Za-z0-9](?:(?<=[{_HAN}].)|(?=[{_HAN}]))")
_QUOTED = re.compile(rf"[ \u00a0](?:(?<=[{_HAN}].)(?=\")|(?<=\".)(?=[{_HAN}]))")
_MOST_TOUCHING = 0.1


class Zaker(Source):
    """ZAKER's channels: each by the number in its page's address, and the selection of its front page."""

    spec: ClassVar[Spec] = Spec(
        use="zaker",
        outlet=OUTLET,
        about="ZAKER: channels and the front page's selection; each article under the account that supplied it",
        every=timedelta(minutes=30),
        hosts=("www.myzaker.com", "app.myzaker.com"),
        options=MappingProxyType(
            {
                "channel": Option(
                    "number of a channel, as in myzaker.com/channel/13; without any, 13: technology", default=""
                ),
                "channels": Option("numbers of several channels", default=()),
                "selected": Option("true: also the selection of the front page", default=False),
            }
        ),
    )

    def __init__(self, id: str = "", outlet: str = "", **options: object) -> None:
        super().__init__(id, outlet, **options)
        several = self.options["channels"]
        named = [self.options["channel"], *(several if isinstance(several, (list, tuple)) else ())]
        self._channels = list(dict.fromkeys(text for one in named if (text := str(one or "").strip())))
        if wrong := [one for one in self._channels if not re.fullmatch(r"[0-9]{1,9}", one)]:
            raise ValueError(
                f"channel: expected the number of a ZAKER channel, the last part of its page's address such as "
                f"13 of https://www.myzaker.com/channel/13, not {wrong[0][:40]}"
            )
        if not self._channels and not self.options["selected"]:
            self._channels = [_TECHNOLOGY]

    def lists(self, now: datetime) -> Sequence[ListAddress]:
        found = [ListAddress(_CHANNEL.format(channel)) for channel in self._channels]
        return (*found, ListAddress(_SELECTED)) if self.options["selected"] else found

    def discover(self, page: Page) -> list[ArticleRef]:
        """The articles of a channel page, of the JSON that follows it, or of the JSON of older pages.

        Raises Blocked for the firewall's challenge, LayoutChanged when there is no list.
        """
        with typed_errors("ZAKER's list", page.url):
            data = _listing(page).get("data")
            rows = data.get("article") if isinstance(data, dict) else None
            if not isinstance(rows, list):
                raise LayoutChanged("ZAKER's list has no rows under `data.article`", url=redact(page.url))
            rows = [row if isinstance(row, dict) else {} for row in rows]
            titles = without_inserted_spaces([clean_text(str(row.get("title") or "")) for row in rows])
            found: dict[str, ArticleRef] = {}
            for row, title in zip(rows, titles, strict=True):
                if (ref := self._ref(row, title, page)) is not None:
                    found.setdefault(ref.article_id, ref)
            if rows and not found:
                raise LayoutChanged(f"none of {len(rows)} rows of ZAKER's list names an article", url=redact(page.url))
            return list(found.values())

    def older(self, page: Page, address: ListAddress) -> ListAddress | None:
        """What the list itself names as its next part."""
        with typed_errors("ZAKER's list", page.url):
            listing = _listing(page)
            data = listing.get("data")
            told = listing.get("next_url") or (data.get("next_url") if isinstance(data, dict) else None)
            told = told.get("value") if isinstance(told, dict) else told
            url = urljoin(address.url, told.strip()) if isinstance(told, str) and told.strip() else ""
            return ListAddress(url) if url != address.url and same_site(url, "myzaker.com") else None

    def parse(self, page: Page, ref: ArticleRef) -> Article:
        """The article on the app's page. The account that the list named is its outlet where the page names none."""
        from sources.outlets.pages import read_page  # late: pages knows this module as a reader

        account = next(iter(ref.authors), "")
        return read_page(page, source=self.id, outlet=account or self.outlet, ref=replace(ref, authors=()))

    def _ref(self, row: dict[str, Any], title: str, page: Page) -> ArticleRef | None:
        identity = identify(str(row.get("url") or row.get("href") or ""))
        if not identity.article_id.startswith("zaker:") or not title:
            return None
        marks = row.get("marks")
        marks = [clean_text(one) for one in marks if isinstance(one, str)] if isinstance(marks, list) else []
        shown = str(row.get("date") or next((one for one in marks[1:] if not one.endswith("评论")), ""))
        account = clean_text(str(row.get("author_name") or row.get("auther_name") or next(iter(marks), "")))
        published = _published(identity.article_id, shown, page.fetched_at)
        return ArticleRef(
            source=self.id,
            article_id=identity.article_id,
            url=identity.url,
            title=title,
            published_at=published[0] if published else None,
            precision=published[1] if published else "unknown",
            authors=(account,) if account else (),
            summary=clean_text(str(row.get("desc") or "")),
            fetch_url=_PAGE.format(identity.article_id.partition(":")[2]),
        )


def without_inserted_spaces(lines: Sequence[str]) -> list[str]:
    """The lines of one text, its title among them, without the spaces that ZAKER's transcoder puts in.

    It sets one space on every border between a Chinese character and a Latin letter or digit (`12 月 11 日`, `Faker
    是一个`), and around words in straight quotes (`在 " 诋毁 " 一个`). An author's own spaces are here and there, so
    they are ZAKER's only where next to no border is without one: else the lines come back as they are. Spaces
    between Latin words always stay.
    """
    spaced = sum(len(_SPACED.findall(line)) for line in lines)
    touching = sum(len(_TOUCHING.findall(line)) for line in lines)
    if touching > _MOST_TOUCHING * (spaced + touching):
        return list(lines)
    return [_QUOTED.sub("", _SPACED.sub("", line)) for line in lines]


# -- pages ------------------------------------------------------------------------------------------------------------


def knows(doc: Document) -> bool:
    """Whether this is a page of ZAKER's, or the body of one that was saved alone."""
    body = doc.page.body
    if doc.url:
        return same_site(doc.url, "myzaker.com")
    if b"zkres" not in body and b"myzaker.com" not in body:
        return False
    if doc.address:
        return same_site(doc.address, "myzaker.com")
    return b"article_content" in body or b"content_img_div" in body


def read(doc: Document) -> Draft:
    """The article. Raises NotAnArticle for lists, LayoutChanged for an article's page without a body."""
    draft = first_layout(doc, LAYOUTS)
    shown = redact(doc.url)
    if draft is None or not draft.lines:
        if identify(doc.url or doc.address).article_id.startswith("zaker:"):
            raise LayoutChanged("a ZAKER article page without .article_content and without #content", url=shown)
        raise NotAnArticle("a page without an article at ZAKER", url=shown)
    _take_off_own_words(draft)
    draft.title, *draft.lines = without_inserted_spaces([draft.title, *draft.lines])
    return draft


def _page(doc: Document) -> Draft | None:
    """www and app pages, 2018 to 2026: .article_content with #content in it; on some app pages #content alone, beside
    another that guides into the app."""
    tree = doc.tree
    for selector in (".article_content #content", ".article_content", "#content:not([zk-guide])", "div.article"):
        node = tree.css_first(selector)
        if node is not None and (lines := paragraphs(node, matching(node, _NOT_TEXT))):
            address = next((one for one in (doc.url, doc.address) if _is_article(one)), "")
            outlet, shown = _head(tree, doc.page.fetched_at)
            return Draft(
                lines=lines,
                title=text_of(tree.css_first("h1")) or without_site(_title(tree)),
                outlet=outlet,
                published=_published(identify(address).article_id, shown, doc.page.fetched_at),
                url=address,
            )
    return None


def _body_alone(doc: Document) -> Draft | None:
    """What feeds relay: the body's own <div>, with ZAKER's picture boxes in it and no head above it."""
    if b"content_img_div" not in doc.page.body or doc.tree.css_first("h1, title") is not None:
        return None
    return Draft(lines=paragraphs(doc.tree.body, matching(doc.tree.body, _NOT_TEXT)))


def _title(tree: LexborHTMLParser) -> str:
    node = tree.css_first("title")
    return clean_text(node.text()) if node is not None else ""


LAYOUTS: tuple[Layout, ...] = (
    Layout("2018 .article_content and #content", _page),
    Layout("2021 body alone", _body_alone),
)


def _is_article(address: str) -> bool:
    return identify(address).article_id.startswith("zaker:")


def _head(tree: LexborHTMLParser, now: datetime) -> tuple[str, str]:
    """(account, time) as shown at the headline: in elements of their own, or on one line: 河岸周刊 3小时前."""
    outlet = next((text for at in _OUTLETS if (text := text_of(tree.css_first(at)))), "")
    shown = next((text for at in _TIMES if (text := text_of(tree.css_first(at)))), "")
    if outlet and shown:
        return outlet, shown
    for line in _beside(tree.css_first("h1")):
        if (found := time_in(line, now=now)) is not None and found.apart and len(found.before) <= 30:
            return outlet or found.before, shown or line.removeprefix(found.before).strip()
    return outlet, shown


def _beside(heading: LexborNode | None) -> Iterator[str]:
    """The short lines right before and right after the headline."""
    for step in ("prev", "next"):
        node = heading
        for _ in range(4):  # elements, and the white space between them
            node = getattr(node, step, None)
            if node is not None and node.is_element_node and 0 < len(line := text_of(node)) <= 60:
                yield line


def _published(article_id: str, shown: str, now: datetime) -> Published | None:
    """When the id was made: with its article, to the second. The shown time is the check.

    A full date more than a day later is believed instead, for an article can be made long before it appears; words that
    count from now (昨天, 3小时前), or a day without its year, only make the id's time doubtful, to the day: on a page that was
    kept they are wrong.
    """
    made = id_time(article_id)
    reading = read_time(shown, now=now) if shown else None
    if made is None or made > now + _SLACK:
        return reading
    if reading is None or reading[0] - made <= _SLACK:
        return made, "second"
    return reading if re.search(r"(?:19|20)\d\d", shown) else (made, "day")


def _take_off_own_words(draft: Draft) -> None:
    """What ZAKER puts below a text goes to `chrome`: from the first such line on, and the names of its other products
    above the lines that praise them. The account that it says supplied the text is the outlet."""
    total, before = sum(map(len, draft.lines)), 0
    for at, line in enumerate(draft.lines):
        if _OWN_WORDS.match(line) and before >= _LEAST_BEFORE * total:
            while at > 1 and "旗下" in line and re.fullmatch(r"\w{1,6}", draft.lines[at - 1]):
                at -= 1
            draft.lines, draft.chrome = draft.lines[:at], draft.lines[at:]
            break
        before += len(line)
    supplied = next((found for line in draft.chrome if (found := _SUPPLIED.search(line))), None)
    if supplied and not draft.outlet:
        draft.outlet = supplied["account"].strip()


def _listing(page: Page) -> dict[str, Any]:
    """The list as JSON, or as the state of a channel page. Raises Blocked, LayoutChanged."""
    shown = redact(page.url)
    text = decode(page.body, page.content_type).lstrip("\ufeff \t\r\n")
    if text[:1] == "{":
        try:
            value = read_json(text)
        except (ValueError, RecursionError) as error:
            raise LayoutChanged(f"ZAKER's list is no JSON: {error}", url=shown) from error
        return value if isinstance(value, dict) else {}
    state = json_state(text, "window.WinPageData")
    if state is not None:
        return state
    if marker := challenge(page):
        raise Blocked(f"ZAKER answered with a challenge ({marker}) instead of {shown}", url=shown, marker=marker)
    raise LayoutChanged("a ZAKER list page without window.WinPageData", url=shown)
