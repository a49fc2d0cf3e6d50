"""36氪 in small: feed, newsflash feed, open hot list, article and newsflash pages, in the outlet's real structure.

What is served where, and in which shape, follows the outlet as it was seen in 2026: the `www.` host gives the feed and
the bare host a captcha page in its place; `pubDate` is not RFC 822; items are not in order of time; an id tells when
its article was begun.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import zlib
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from html import escape
from importlib.resources import files
from string import Template
from typing import Any

from sources.replica.entries import Entry, Item, last_change, local, shown
from sources.replica.wire import Answer, data, html, plain, xml

WWW, BARE, MOBILE = "www.36kr.com", "36kr.com", "m.36kr.com"
OPEN_DATA = "openclaw.36krcdn.com"
ID_EPOCH_MS = 1_546_272_000_000  # 2019-01-01 00:00 +08:00
FEED_LENGTH, FLASH_LENGTH, HOT_LENGTH = 30, 20, 15
ROBOTS = "User-agent: *\nDisallow: /api/\nDisallow: /search/\nAllow: /\n"
HOT_LIST = re.compile(r"/media/hotlist/(\d{4}-\d{2}-\d{2})/24h_hot_list\.json")


def item_id(begun: datetime, key: str) -> int:
    """The outlet's 16-digit id: milliseconds since 2019 shifted by 14 bits, the low bits from the key."""
    milliseconds = int(begun.timestamp() * 1000) - ID_EPOCH_MS
    return (milliseconds << 14) | (zlib.crc32(key.encode()) & 0x3FFF)


class Kr36Site:
    """All hosts of 36氪."""

    hosts = (WWW, BARE, MOBILE, OPEN_DATA)

    def place(self, entry: Entry, published: datetime) -> str:
        begun = published - timedelta(minutes=0 if entry.kind == "newsflash" else entry.drafted)
        folder = "newsflashes" if entry.kind == "newsflash" else "p"
        return f"/{folder}/{item_id(begun, entry.key)}"

    def is_list(self, host: str, path: str) -> bool:
        return path in ("/feed", "/feed-newsflash") or bool(HOT_LIST.fullmatch(path))

    def answer(self, host: str, path: str, items: Sequence[Item], epoch: datetime) -> Answer | None:
        """The page at an address; None when there is none."""
        if host == OPEN_DATA:
            named = HOT_LIST.fullmatch(path)
            return _hot_list(named.group(1), items, epoch) if named else None
        if path == "/robots.txt":
            return plain(ROBOTS)
        if path == "/feed":
            return captcha() if host == BARE else _feed("36氪", _first(items, FEED_LENGTH), last_change(items, epoch))
        if path == "/feed-newsflash":
            flashes = [item for item in items if item.entry.kind == "newsflash"]
            return _feed("36氪快讯", _first(flashes, FLASH_LENGTH), last_change(flashes, epoch))
        for item in items:
            if item.path == path:
                return _page(item)
        return None


def captcha() -> Answer:
    """The challenge that 36氪 answers with status 200 instead of the page."""
    return html(_template("36kr-captcha"))


def waf_challenge() -> Answer:
    """The cookie challenge that some of its hosts answer with status 200."""
    return html(_template("36kr-waf"))


def redesign(title: str = "36氪") -> Answer:
    """A page after a redesign: neither the state nor one known class is left."""
    return html(Template(_template("redesign")).substitute(title=escape(title)))


def _first(items: Sequence[Item], length: int) -> list[Item]:
    return [item for item in shown(items) if item.entry.listed in ("feed", "both")][:length]


def _feed(title: str, items: list[Item], modified: datetime) -> Answer:
    # The real feed is not sorted: every second pair of neighbours stands the wrong way round.
    mixed = [item for i in range(0, len(items), 2) for item in (items[i : i + 2] if i % 4 else items[i : i + 2][::-1])]
    rows = "\n".join(
        f"<item>\n<title>{escape(item.entry.title, quote=False)}</title>\n"
        f"<link><![CDATA[https://{BARE}{item.path}?f=rss]]></link>\n"
        f"<pubDate>{local(item.published):%Y-%m-%d %H:%M:%S}  +0800</pubDate>\n"
        f"<description><![CDATA[{_feed_text(item.entry).replace(']]>', ']]&gt;')}]]></description>\n</item>"
        for item in mixed
    )
    return xml(
        f'<?xml version="1.0" encoding="UTF-8"?>\n<rss version="2.0"><channel><title>{title}</title>\n'
        f"<link>https://{BARE}</link>\n<description>演示用：人物言行与事件均属虚构</description>\n"
        f"{rows}\n</channel></rss>\n",
        "application/xml",
        modified,
    )


def _feed_text(entry: Entry) -> str:
    return escape(entry.text, quote=False) if entry.kind == "newsflash" else entry.body


def _hot_list(day: str, items: Sequence[Item], epoch: datetime) -> Answer | None:
    """The day's last list, of the 24 hours before. There is none before the day that precedes the epoch."""
    wanted, today = date.fromisoformat(day), local(epoch).date()
    if wanted < today - timedelta(days=1):
        return None
    ends = epoch
    if wanted < today:
        ends = local(epoch).replace(hour=23, minute=59, second=59) - timedelta(days=1)
    rows = [
        item
        for item in shown(items)
        if item.entry.listed in ("hot", "both")
        and item.entry.kind == "article"
        and ends - timedelta(days=1) <= item.published <= ends
    ]
    listing = {
        "date": day,
        "time": int(ends.timestamp() * 1000),
        "data": [
            {
                "rank": rank,
                "title": item.entry.title,
                "author": item.entry.author,
                "publishTime": f"{local(item.published):%Y-%m-%d %H:%M:%S}",
                "content": item.entry.teaser,
                "url": f"https://{BARE}{item.path}?channel=openclaw",
            }
            for rank, item in enumerate(rows[:HOT_LENGTH], 1)
        ],
    }
    return data(listing, modified=last_change(items, epoch))


def _page(item: Item) -> Answer:
    if item.gone:
        return html(_template("gone"), status=item.gone)
    if item.entry.kind == "newsflash":
        return _newsflash(item)
    entry, number = item.entry, int(item.path.rsplit("/", 1)[1])
    fields = {
        "itemId": number,
        "widgetTitle": entry.title,
        "summary": entry.summary,
        "author": entry.author,
        "authorId": zlib.crc32(entry.author.encode()),
        "authorRoute": f"detail_author?userId={zlib.crc32(entry.author.encode())}",
        "publishTime": int(item.published.timestamp() * 1000),
        "widgetContent": entry.body,
        "sourceType": "original",
        "imgSources": [],
        "companyCertifyNick": "",
    }
    state: dict[str, Any] = {
        "articleDetail": {
            "articleDetailData": {"code": 0, "data": fields},
            "articleRecommendData": {"relateArticleList": [{"itemId": 1, "widgetTitle": "王兴兴与杨植麟之外的年轻人"}]},
        }
    }
    body = "" if entry.layout in ("state", "encrypted") else _rendered(item)
    script = _encrypted(entry) if entry.layout in ("dom", "encrypted") else _script(state)
    return html(
        Template(_template("36kr-article")).substitute(
            title=escape(entry.title),
            summary=escape(entry.teaser),
            # The outlet puts the moment of rendering here, which is why it must not be read as the time of publication.
            rendered=f"{local(item.modified) + timedelta(minutes=3):%Y-%m-%dT%H:%M:%S+08:00}",
            url=f"https://{BARE}{item.path}",
            article=body,
            state=script,
        ),
        modified=item.modified,
    )


def _rendered(item: Item) -> str:
    entry = item.entry
    return Template(_template("36kr-article-dom")).substitute(
        title=escape(entry.title),
        author=escape(entry.author),
        user=zlib.crc32(entry.author.encode()),
        time=f"{local(item.published):%Y年%m月%d日 %H:%M}",
        summary=escape(entry.summary),
        body=entry.body,
    )


def _newsflash(item: Item) -> Answer:
    entry = item.entry
    fields = {
        "itemId": int(item.path.rsplit("/", 1)[1]),
        "widgetTitle": entry.title,
        "widgetContent": entry.text,
        "publishTime": int(item.published.timestamp() * 1000),
    }
    return html(
        Template(_template("36kr-newsflash")).substitute(
            title=escape(entry.title),
            text=escape(entry.text),
            time=f"{local(item.published):%Y-%m-%d %H:%M}",
            path=item.path,
            state=_script({"newsflashDetail": {"detailData": {"code": 0, "data": fields}}}),
        ),
        modified=item.modified,
    )


def _script(state: dict[str, Any]) -> str:
    # `<\/` is the same string to JSON and keeps the body's tags from ending the script.
    return json.dumps(state, ensure_ascii=False, separators=(",", ":")).replace("</", "<\\/")


def _encrypted(entry: Entry) -> str:
    """Looks like the encrypted state and holds nothing: it is never to be decrypted."""
    noise = b"".join(hashlib.sha256(f"{entry.key}{i}".encode()).digest() for i in range(24))
    return json.dumps({"state": base64.b64encode(noise).decode(), "isEncrypt": True}, separators=(",", ":"))


def _template(name: str) -> str:
    return (files("sources.replica") / "pages" / "templates" / f"{name}.html").read_text(encoding="utf-8")
