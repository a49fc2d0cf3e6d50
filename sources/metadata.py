"""What any page says of itself outside its body: address, title, time, site."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from selectolax.lexbor import LexborHTMLParser

from sources.article import Precision
from sources.blocks import clean_text, text_of
from sources.jsontext import read_json, read_json_at
from sources.outlet_names import known_outlet
from sources.times import read_time, time_in

Published = tuple[datetime, Precision]

# 36kr's article:published_time and Tencent's apub:time are when the page was built; their layouts do not ask here.
_TIME_META = (
    "article:published_time",
    "og:published_time",
    "og:release_date",
    "og:time",
    "og:article:published_time",
    "datepublished",
    "pubdate",
    "publishdate",
    "publish-date",
    "publish_time",
    "publish_date",
    "dateupdate",
    "date",
    "dc.date",
    "weibo: article:create_at",
)
_FINENESS: dict[Precision, int] = {"second": 0, "minute": 1, "hour": 2, "day": 3, "month": 4, "year": 5, "unknown": 6}
_LONGEST_TITLE = 500  # characters; each separator in it is tried as the end of the headline
_SEPARATOR = re.compile(r"\s*(?:[|｜_]|--|——|-|–|—|::|@|[«»])\s*")
_SPACE = re.compile(r"\s")
_YEAR = re.compile(r"(?:19|20)\d\d")
_LEAST_HEADLINE = 8
_SITE_NAME = re.compile(
    r"网$|网站|新闻|新聞|日报|日報|晚报|快报|频道|资讯|客户端|传媒|媒体|科技$|财经$|时政$|体育$|娱乐$|订阅|博客|公众号|头条|首页|杂志|周刊|电视台|"
    r"News|Daily|Paper|Times|36氪|虎嗅|知乎|ZAKER|CSDN|PIXNET",
    re.IGNORECASE,
)


def meta(tree: LexborHTMLParser, *names: str) -> str:
    """The content of the first <meta> with one of the names (name, property or itemprop), names in order of trust."""
    found = _metas(tree)
    return next((found[name] for name in names if name in found), "")


def _metas(tree: LexborHTMLParser) -> dict[str, str]:
    """Every <meta>'s content by its names; the first of a name counts."""
    found: dict[str, str] = {}
    for node in tree.css("meta[content]"):
        attributes = node.attributes
        content = clean_text(attributes.get("content") or "")
        for key in ("property", "name", "itemprop"):
            name = (attributes.get(key) or "").strip().lower()
            if name and content:
                found.setdefault(name, content)
    return found


def own_address(tree: LexborHTMLParser) -> str:
    """The address the page itself calls its own: canonical link, then og:url; empty when neither is an address."""
    link = tree.css_first('link[rel="canonical"]')
    for candidate in ((link.attributes.get("href") or "") if link else "", meta(tree, "og:url")):
        if re.match(r"(?:https?:)?//[^\s/]", candidate.strip()):
            return candidate.strip()
    return ""


def find_title(tree: LexborHTMLParser, lines: Sequence[str], own: str = "") -> str:
    """The headline. `lines`: the page's shown paragraphs, among which the real headline stands on its own; `own`: what
    stands where the site has its headlines, which is believed where title element and page do not agree on one.

    The title element often ends with section and site names, marked off or after a mere space; the longest beginning of
    it that the page shows as a line of its own is the headline.
    """
    if agreed := agreed_title(tree, lines):
        return agreed
    if own:
        return own
    named = meta(tree, "og:title", "articletitle", "twitter:title")[:_LONGEST_TITLE] or _full_title(tree)
    if not named:
        return next(_headings(tree, "h1"), "")
    return without_site(named)


def agreed_title(tree: LexborHTMLParser, lines: Sequence[str]) -> str:
    """The headline that the page names in its head and shows as a line of its own; empty when it shows none."""
    full = _full_title(tree)
    shown = {_squashed(line) for line in lines}
    for candidate in (full, meta(tree, "og:title", "twitter:title")[:_LONGEST_TITLE]):
        for part in (*_beginnings(candidate), *_endings(candidate)):
            if _squashed(part) in shown:
                return part
    # Some name the first words of the text behind the headline, with nothing between.
    begins = (text for text in _headings(tree, "h1") if len(text) >= _LEAST_HEADLINE)
    return next((text for text in begins if _squashed(full).startswith(_squashed(text))), "")


def is_shown(title: str, lines: Sequence[str]) -> bool:
    """Whether a title stands anywhere on the page: alone, in a longer line or broken over two."""
    return bool(title) and _squashed(title) in _squashed("".join(lines))


def _full_title(tree: LexborHTMLParser) -> str:
    node = tree.css_first("title")
    return clean_text(node.text()[:_LONGEST_TITLE]) if node else ""


def _squashed(text: str) -> str:
    return _SPACE.sub("", text)


def without_site(title: str) -> str:
    """A title without the names of section and site behind it."""
    while True:
        *_, last = [None, *_SEPARATOR.finditer(title)]
        if last is None or last.start() < 4:
            return title
        tail = title[last.end() :]
        if len(tail) > 16 or not (_SITE_NAME.search(tail) or known_outlet(tail)):
            return title
        title = title[: last.start()]


def site_name(tree: LexborHTMLParser) -> str:
    """What the page calls its site: og:site_name, else the last part of its title when that is a site's name."""
    if named := meta(tree, "og:site_name", "application-name"):
        return named
    node = tree.css_first("title")
    last = _SEPARATOR.split(clean_text(node.text()))[-1] if node else ""
    return last if len(last) <= 16 and _SITE_NAME.search(last) and node and last != clean_text(node.text()) else ""


def find_time(tree: LexborHTMLParser, around: Sequence[str], *, now: datetime) -> Published | None:
    """When it was published: from the metadata, made finer by what the page shows. `around`: the lines about the body.

    Metadata and shown line are believed together when they name the same day; then the finer one counts.
    """
    named = [read_time(value, now=now) for value in _named_times(tree)]
    known = sorted((one for one in named if one), key=lambda one: _FINENESS[one[1]])
    seen: Published | None = None
    for line in around:
        found = time_in(line, now=now) if len(line) <= 120 else None
        if found is None or not (found.apart or _YEAR.search(line)):  # 今天小编教大家 is no time
            continue
        if seen is not None:
            # Where the date stands alone, its hour may follow in another line.
            if _FINENESS[found.precision] < _FINENESS[seen[1]] and found.at.date() == seen[0].date():
                seen = (found.at, found.precision)
                break
        elif not known or abs((found.at - known[0][0]).days) <= 1:
            seen = (found.at, found.precision)
        if seen is not None and seen[1] in ("second", "minute"):
            break
    best = known[0] if known else None
    if best is None or (seen is not None and _FINENESS[seen[1]] < _FINENESS[best[1]]):
        return seen
    return best


def json_state(text: str, *names: str) -> dict[str, Any] | None:
    """The JSON object that a script assigns to the first of the names that has one, as in window.DATA = {…}."""
    for name in names:
        for match in re.finditer(rf"{re.escape(name)}\s*=\s*", text):
            try:
                value = read_json_at(text, match.end())
            except (ValueError, RecursionError):
                continue
            if isinstance(value, dict):
                return value
    return None


def dicts(value: Any, limit: int = 50_000) -> Iterator[dict[str, Any]]:
    """Every JSON object inside a value, outermost first; at most `limit` values are looked at."""
    waiting = deque([value])
    for _ in range(limit):
        if not waiting:
            return
        one = waiting.popleft()
        if isinstance(one, dict):
            yield one
            waiting.extend(one.values())
        elif isinstance(one, list):
            waiting.extend(one)


def _beginnings(title: str) -> Iterable[str]:
    """The title itself, then it without its last part, and so on."""
    yield from (title,) if title else ()
    for apart in (_SEPARATOR, _SPACE):
        for cut in reversed(list(apart.finditer(title))):
            if cut.start() >= (4 if apart is _SEPARATOR else 8):
                yield title[: cut.start()]


def _endings(title: str) -> Iterable[str]:
    """The title without its first part, and so on: some sites put their own name in front."""
    for cut in _SEPARATOR.finditer(title):
        if len(title) - cut.end() >= _LEAST_HEADLINE:
            yield title[cut.end() :]


def _headings(tree: LexborHTMLParser, tag: str) -> Iterator[str]:
    return (text for node in tree.css(tag) if 4 <= len(text := text_of(node)) <= 120)


def _named_times(tree: LexborHTMLParser) -> Iterator[str]:
    named = _metas(tree)
    yield from (named[name] for name in _TIME_META if name in named)
    for script in tree.css('script[type="application/ld+json"]'):
        try:
            parsed = read_json(script.text())
        except (ValueError, RecursionError):
            continue
        for item in dicts(parsed, 500):
            # pubDate: so Baidu asks for it, and thousands of Chinese sites obey.
            for name in ("datePublished", "pubDate"):
                if isinstance(item.get(name), str):
                    yield item[name]
