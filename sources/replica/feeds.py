"""Four small outlets with invented names, one for each kind of feed, and plain article pages.

RSS 2.0 and RSS 1.0 carry a teaser, so their pages have to be read; Atom and JSON Feed carry the whole text.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from html import escape
from importlib.resources import files
from string import Template
from typing import Literal

from sources.replica.entries import Entry, Item, last_change, local, shown
from sources.replica.wire import Answer, data, html, plain, xml

Form = Literal["rss", "rdf", "atom", "json"]
ROBOTS = "User-agent: *\nDisallow: /drafts/\n"
LENGTH = 20


@dataclass(frozen=True, slots=True)
class FeedSite:
    """One host: a feed at `feed_path`, article pages below /articles/, and /drafts/ that robots.txt forbids."""

    host: str
    feed_path: str
    form: Form
    outlet: str
    id: str

    @property
    def hosts(self) -> tuple[str, ...]:
        return (self.host,)

    @property
    def feed_url(self) -> str:
        return f"https://{self.host}{self.feed_path}"

    def place(self, entry: Entry, published: datetime) -> str:
        return entry.path or f"/articles/{entry.key}.html"

    def is_list(self, host: str, path: str) -> bool:
        return path == self.feed_path

    def answer(self, host: str, path: str, items: Sequence[Item], epoch: datetime) -> Answer | None:
        """The page at an address; None when there is none."""
        if path == "/robots.txt":
            return plain(ROBOTS)
        if path == self.feed_path:
            write = {"rss": _rss, "rdf": _rdf, "atom": _atom, "json": _json}[self.form]
            return write(self, shown(items)[:LENGTH], last_change(items, epoch))
        for item in items:
            if item.path == path:
                return self._page(item)
        return None

    def _page(self, item: Item) -> Answer:
        if item.gone:
            return html(_template("gone"), status=item.gone)
        text = Template(_template("generic-article")).substitute(
            language=item.entry.language,
            title=escape(item.entry.title),
            outlet=escape(self.outlet),
            url=escape(item.url),
            feed=self.feed_path,
            author=escape(item.entry.author),
            published=f"{local(item.published):%Y-%m-%dT%H:%M:%S+08:00}",
            shown=f"{local(item.published):%Y-%m-%d %H:%M}",
            summary=escape(item.entry.teaser),
            body=item.entry.body,
        )
        return html(text, modified=item.modified)


SITES = (
    FeedSite("feeds.example.com", "/rss.xml", "rss", "砚边周报", "yanbian"),
    FeedSite("news.example.net", "/index.rdf", "rdf", "南屏日報", "nanping"),
    FeedSite("blog.example.org", "/atom.xml", "atom", "云下播客", "yunxia"),
    FeedSite("notes.example.com", "/feed.json", "json", "工位笔记", "gongwei"),
)


def _rss(site: FeedSite, items: list[Item], modified: datetime) -> Answer:
    rows = "".join(
        f"<item><title>{escape(item.entry.title)}</title><link>{item.url}</link>"
        f'<guid isPermaLink="true">{item.url}</guid>'
        f"<pubDate>{format_datetime(local(item.published))}</pubDate>"
        f"<dc:creator>{escape(item.entry.author)}</dc:creator>"
        f"<description><![CDATA[<p>{escape(item.entry.teaser)}</p>]]></description></item>\n"
        for item in items
    )
    return xml(
        '<?xml version="1.0" encoding="utf-8"?>\n'
        '<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel>'
        f"<title>{escape(site.outlet)}</title><link>https://{site.host}/</link>"
        f"<description>演示用：人物言行与事件均属虚构</description><ttl>15</ttl>\n{rows}</channel></rss>\n",
        "application/rss+xml",
        modified,
    )


def _rdf(site: FeedSite, items: list[Item], modified: datetime) -> Answer:
    order = "".join(f'<rdf:li rdf:resource="{item.url}"/>' for item in items)
    rows = "".join(
        f'<item rdf:about="{item.url}"><title>{escape(item.entry.title)}</title><link>{item.url}</link>'
        f"<description>{escape(item.entry.teaser)}</description><dc:creator>{escape(item.entry.author)}</dc:creator>"
        f"<dc:date>{local(item.published):%Y-%m-%dT%H:%M:%S+08:00}</dc:date></item>\n"
        for item in items
    )
    return xml(
        '<?xml version="1.0" encoding="utf-8"?>\n'
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/" '
        f'xmlns:dc="http://purl.org/dc/elements/1.1/"><channel rdf:about="{site.feed_url}">'
        f"<title>{escape(site.outlet)}</title><link>https://{site.host}/</link>"
        f"<description>演示用：人物言行與事件均屬虛構</description>"
        f"<items><rdf:Seq>{order}</rdf:Seq></items></channel>\n{rows}</rdf:RDF>\n",
        "application/rdf+xml",
        modified,
    )


def _atom(site: FeedSite, items: list[Item], modified: datetime) -> Answer:
    rows = "".join(
        f"<entry><title>{escape(item.entry.title)}</title><id>{item.url}</id>"
        f'<link rel="alternate" type="text/html" href="{item.url}"/>'
        f"<published>{_utc(item.published)}</published><updated>{_utc(item.modified)}</updated>"
        f"<author><name>{escape(item.entry.author)}</name></author>"
        f"<summary>{escape(item.entry.teaser)}</summary>"
        f'<content type="html">{escape(item.entry.body)}</content></entry>\n'
        for item in items
    )
    return xml(
        '<?xml version="1.0" encoding="utf-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom">'
        f"<title>{escape(site.outlet)}</title><id>https://{site.host}/</id>"
        f'<link rel="self" href="{site.feed_url}"/><link href="https://{site.host}/"/>'
        f"<updated>{_utc(modified)}</updated>\n{rows}</feed>\n",
        "application/atom+xml",
        modified,
    )


def _json(site: FeedSite, items: list[Item], modified: datetime) -> Answer:
    feed = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": site.outlet,
        "home_page_url": f"https://{site.host}/",
        "feed_url": site.feed_url,
        "items": [
            {
                "id": item.url,
                "url": item.url,
                "title": item.entry.title,
                "content_html": item.entry.body,
                "summary": item.entry.teaser,
                "date_published": f"{local(item.published):%Y-%m-%dT%H:%M:%S+08:00}",
                "authors": [{"name": item.entry.author}],
            }
            for item in items
        ],
    }
    return data(feed, content_type="application/feed+json; charset=utf-8", modified=modified)


def _utc(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def _template(name: str) -> str:
    return (files("sources.replica") / "pages" / "templates" / f"{name}.html").read_text(encoding="utf-8")
