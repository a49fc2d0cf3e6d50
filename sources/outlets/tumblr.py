"""A Tumblr blog: its v1 API, which needs no key; or its feed. Facts: outlets.md §5.

Whose words a post's are is settled in sources/outlets/tumblr_posts.py. Tags are of no account here.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit

from sources.address import redact
from sources.article import Article, ArticleRef, Page
from sources.blocks import clean_text
from sources.challenge import challenge
from sources.charset import decode
from sources.errors import Blocked, LayoutChanged
from sources.feeds import read_feed
from sources.guard import typed_errors
from sources.identity import identify
from sources.jsontext import read_json
from sources.outlets.pages import read_page
from sources.outlets.tumblr_pages import SOURCE
from sources.outlets.tumblr_posts import post_number, post_ref
from sources.source import ListAddress, Option, Source, Spec

_MOST = 50  # posts an answer
_START = re.compile(r"\s*var\s+tumblr_api_read\s*=\s*\{|\s*\{\s*\"tumblelog\"\s*:")
_NAME = re.compile(r"[a-z0-9][a-z0-9-]*")
_HOST = re.compile(r"[a-z0-9-]+(?:\.[a-z0-9-]+)+(?::[0-9]+)?")
_ITEM = re.compile(r"<item>(.*?)</item>", re.DOTALL)
_LINK = re.compile(r"<link>([^<]*)</link>")
_DESCRIPTION = re.compile(r"<description>(.*?)</description>", re.DOTALL)
_GENERATOR = re.compile(r"<generator>Tumblr \([\d.]+; @([A-Za-z0-9-]+)\)</generator>")
_LEADING_LINK = re.compile(r"\s*<a href=\"([^\"]+)\"[^>]*>([^<]*)</a>\s*<br\s*/?>(.*)", re.DOTALL)
_CDATA = re.compile(r"^\s*<!\[CDATA\[(.*)\]\]>\s*$", re.DOTALL)


class Tumblr(Source):
    """One blog."""

    spec: ClassVar[Spec] = Spec(
        use=SOURCE,
        outlet="",
        about="a Tumblr blog: posts, and the documents that its link posts name",
        every=timedelta(minutes=30),
        hosts=("tumblr.com",),
        options=MappingProxyType(
            {
                "blog": Option("the blog's name (staff, staff.tumblr.com) or its own domain", required=True),
                "rss": Option("read the blog's feed instead of its API, where that is closed", default=False),
            }
        ),
    )

    def __init__(self, id: str = "", outlet: str = "", **options: object) -> None:
        """Raises ValueError for what is neither a blog's name nor a domain."""
        super().__init__(id, outlet, **options)
        self._host = _host(str(self.options["blog"]))

    def lists(self, now: datetime) -> Sequence[ListAddress]:
        if self.options["rss"]:
            return (ListAddress(f"https://{self._host}/rss"),)
        return (ListAddress(f"https://{self._host}/api/read/json?num={_MOST}"),)

    def discover(self, page: Page) -> list[ArticleRef]:
        """Refs of an answer of the API or of the feed, texts included."""
        text = decode(page.body, page.content_type)
        if is_api(text):
            return posts(text, page, source=self.id, outlet=self.outlet)
        if self.options["rss"]:
            return _feed_posts(text, page, source=self.id, outlet=self.outlet)
        shown = redact(page.url)
        if marker := challenge(page):
            raise Blocked(f"Tumblr asks for a check or a log-in ({marker})", url=shown, marker=marker)
        raise LayoutChanged(
            "no answer of Tumblr's v1 API: look at the address in a browser, or set rss: true", url=shown
        )

    def older(self, page: Page, address: ListAddress) -> ListAddress | None:
        """The API's posts behind those of this answer, down to the blog's first; a feed has no older part."""
        text = decode(page.body, page.content_type)
        if not is_api(text):
            return None
        answer = _answer(text, page)
        asked = parse_qs(urlsplit(address.url).query).get("start", ["0"])[0]
        count = len(answer["posts"])
        following, total = int(asked) + count, str(answer.get("posts-total") or "")
        if not count or not total.isdigit() or following >= int(total):
            return None
        return ListAddress(f"{address.url.partition('?')[0]}?num={_MOST}&start={following}")

    def parse(self, page: Page, ref: ArticleRef) -> Article:
        """A theme's page of a post, or the document of a link post, whose outlet is its own."""
        outlet = self.outlet if ref.article_id.startswith("tumblr:") else ""
        return read_page(page, source=self.id, outlet=outlet, ref=ref)


def is_api(text: str) -> bool:
    """Whether a text is an answer of the v1 API, as a script (JSONP) or plain."""
    return bool(_START.match(text[:400].lstrip("\ufeff")))


def posts(text: str, page: Page, *, source: str, outlet: str) -> list[ArticleRef]:
    """The posts of a v1 answer in its order, each with its text; those without words left out. `outlet` empty: the
    blog's own title. Raises LayoutChanged, Broken."""
    with typed_errors(f"Tumblr's answer {redact(page.url)}".strip(), page.url):
        answer = _answer(text, page)
        about = answer.get("tumblelog")
        blog = about if isinstance(about, dict) else {}
        name, title = str(blog.get("name") or ""), str(blog.get("title") or "")
        rows = [row for row in answer["posts"] if isinstance(row, dict)]
        return _once(post_ref(row, page, blog=name, source=source, outlet=outlet or title or name) for row in rows)


def _answer(text: str, page: Page) -> dict[str, Any]:
    """The object between the first brace and the last. Raises LayoutChanged."""
    shown = redact(page.url)
    try:
        answer = read_json(text[text.find("{") : text.rfind("}") + 1])
    except (ValueError, RecursionError) as error:
        raise LayoutChanged(f"Tumblr's v1 answer is no JSON: {error}", url=shown) from error
    if not isinstance(answer, dict) or not isinstance(answer.get("posts"), list):
        raise LayoutChanged("Tumblr's v1 answer has no list under `posts`", url=shown)
    return answer


def _feed_posts(text: str, page: Page, *, source: str, outlet: str) -> list[ArticleRef]:
    """The feed's posts, each read as the API's are. Of types the feed tells nothing; a link post begins with its link."""
    named = _GENERATOR.search(text)
    blog = named[1] if named else ""
    bodies = dict(_feed_bodies(text))
    found: list[ArticleRef | None] = []
    for ref in read_feed(page, source=source, outlet=outlet):
        body, number = bodies.get(ref.article_id), post_number(ref.url)
        if body is None or not number:
            found.append(ref)
            continue
        post: dict[str, Any] = {"id": number, "url": ref.url, **_typed(ref.title, body)}
        if ref.published_at:
            post["unix-timestamp"] = int(ref.published_at.timestamp())
        shown = outlet or (ref.article.outlet if ref.article else "") or blog
        found.append(post_ref(post, page, blog=blog, source=source, outlet=shown))
    return _once(found)


def _feed_bodies(text: str) -> Iterator[tuple[str, str]]:
    """(id of the article, its HTML) of the feed's items, as Tumblr writes them: one description, escaped once."""
    for item in _ITEM.findall(text):
        link, body = _LINK.search(item), _DESCRIPTION.search(item)
        if link and body:
            inner = _CDATA.match(body[1])
            yield identify(html.unescape(link[1]).strip()).article_id, inner[1] if inner else html.unescape(body[1])


def _typed(title: str, body: str) -> dict[str, str]:
    link = _LEADING_LINK.match(body)
    if link and clean_text(html.unescape(link[2])) == title:
        return {"type": "link", "link-url": html.unescape(link[1]), "link-text": link[2], "link-description": link[3]}
    return {"type": "regular", "regular-title": html.escape(title), "regular-body": body}


def _once(refs: Iterable[ArticleRef | None]) -> list[ArticleRef]:
    """Each article in its first place: several posts may repeat one, or link to it."""
    first: dict[str, ArticleRef] = {}
    for ref in refs:
        if ref is not None:
            first.setdefault(ref.article_id, ref)
    return list(first.values())


def _host(blog: str) -> str:
    """The host of a blog, from its name, its address or its address on tumblr.com. Raises ValueError."""
    told = blog.strip().lower()
    parts = urlsplit(told if "//" in told else f"//{told}")
    host, first = parts.netloc, parts.path.strip("/").partition("/")[0]
    if host in ("tumblr.com", "www.tumblr.com"):
        host = first.removeprefix("@")
    if _NAME.fullmatch(host):
        return f"{host}.tumblr.com"
    if _HOST.fullmatch(host):
        return host
    raise ValueError(f"blog: expected a blog's name or domain, such as staff or blog.example.org, not {redact(blog)}")
