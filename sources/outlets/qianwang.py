"""腾讯新闻: an author's own list, a tag or a channel; 《潜望》 is the column it was made for. Facts: outlets.md §2.

The author is named by its suid, which no public file tells of 潜望: it is the last part of the author page's address.
Article pages are read by sources.outlets.qq.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, ClassVar
from urllib.parse import quote, unquote

from sources.address import redact
from sources.article import Article, ArticleRef, Page
from sources.blocks import clean_text
from sources.challenge import challenge
from sources.charset import decode
from sources.errors import Blocked, Broken, LayoutChanged, RetryLater
from sources.guard import typed_errors
from sources.identity import identify
from sources.jsontext import read_json
from sources.outlets import qq
from sources.outlets.pages import read_page
from sources.source import ListAddress, Option, Source, Spec
from sources.times import id_time, read_time

_AUTHOR = "https://i.news.qq.com/getSubNewsMixedList?guestSuid={}&tabId=om_index"
_NEXT = "&caller=1&from_scene=103&offset_info={}"
_TAG = "https://i.news.qq.com/web_backend/v2/getTagInfo?tagId={}"
_CHANNEL = "https://i.news.qq.com/web_feed/getPCList"
_AUTHOR_PAGE = "https://news.qq.com/omn/author/<suid>"
_SUID = re.compile(r"(?=.*[A-Za-z])[A-Za-z0-9+/_-]{6,40}={0,2}")
_ROWS = ("newslist", "list", "articleList")
_TEXT = "0"
_BUSY = re.compile(r"繁忙|频繁|稍后|超时|busy|timeout", re.IGNORECASE)


class Qianwang(Source):
    """What an author, a tag or a channel of 腾讯新闻 publishes in words; videos and cards are left out.

    `column` keeps what one column of a mixed list published: its name stands in the account's name or before the
    title (棱镜|…, 《潜望》…). Empty, which is the default, takes everything of the list; an author's own list needs no more.
    """

    spec: ClassVar[Spec] = Spec(
        use="qianwang",
        outlet="腾讯新闻《潜望》",
        about="腾讯新闻: an author such as 潜望, a tag or a channel",
        every=timedelta(minutes=15),
        hosts=("i.news.qq.com", "news.qq.com"),
        options=MappingProxyType(
            {
                "author": Option(f"the author's suid, the last part of its page's address {_AUTHOR_PAGE}", default=""),
                "column": Option("only this column's articles, such as 潜望; empty: all of the list", default=""),
                "tag": Option("id of a tag, the tagId of its page's address", default=""),
                "channel": Option("a channel, such as tech for news.qq.com/ch/tech", default=""),
            }
        ),
    )

    def __init__(self, id: str = "", outlet: str = "", **options: object) -> None:
        super().__init__(id, outlet, **options)
        self._author = unquote(self._option("author").rstrip("/")).rpartition("/author/")[2]
        self._column, self._tag, channel = (self._option(key) for key in ("column", "tag", "channel"))
        self._channel = channel if not channel or channel.startswith("news_") else f"news_news_{channel}"
        if not (self._author or self._tag or self._channel):
            raise ValueError(
                f"author is missing: expected the suid, the last part of the author page's address ({_AUTHOR_PAGE}; "
                "open one of its articles and follow the author's name), or `tag`, or `channel`"
            )
        if self._author and not _SUID.fullmatch(self._author):
            raise ValueError(
                "author: expected a suid such as 8QMZ3XxU64wZuTw=, the last part of the author page's address "
                f"({_AUTHOR_PAGE}); old ids of digits alone are no longer answered"
            )

    def lists(self, now: datetime) -> Sequence[ListAddress]:
        found = [ListAddress(_AUTHOR.format(quote(self._author, safe="")))] if self._author else []
        if self._tag:
            found.append(ListAddress(_TAG.format(quote(unquote(self._tag), safe=""))))
        if self._channel:
            found.append(
                ListAddress(_CHANNEL, post=_channel_question(self._channel), name=f"{_CHANNEL} {self._channel}")
            )
        return found

    def discover(self, page: Page) -> list[ArticleRef]:
        """The list's articles in words, of the column alone where one is named.

        Raises Blocked for a challenge page, RetryLater when the service says it is busy, Broken when it refuses the
        question, LayoutChanged when its rows name no articles.
        """
        with typed_errors("腾讯新闻's list", page.url):
            rows = [row for row in _rows(_answer(page)) if row.get("id") and row.get("title")]
            found: dict[str, ArticleRef] = {}
            for row in rows:
                if _is_text(row) and self._is_wanted(row):
                    ref = self._ref(row, page)
                    found.setdefault(ref.article_id, ref)
            return [ref for ref in found.values() if ref.article_id.startswith("qq:")]

    def older(self, page: Page, address: ListAddress) -> ListAddress | None:
        """The author's list further back; tags and channels have one part."""
        if "getSubNewsMixedList" not in address.url:
            return None
        with typed_errors("腾讯新闻's list", page.url):
            answer = _answer(page)
            offset = str(answer.get("offsetInfo") or "")
            if not offset or str(answer.get("hasNext") or "0") in ("0", "False", "false"):
                return None
            further = ListAddress(_AUTHOR.format(quote(self._author, safe="")) + _NEXT.format(quote(offset, safe="")))
            return further if further.url != address.url else None

    def parse(self, page: Page, ref: ArticleRef) -> Article:
        """The article on its page; a page that names no account is the source's own outlet's."""
        article = read_page(page, source=self.id, outlet=self.outlet, ref=ref)
        return article if article.outlet != qq.OUTLET else replace(article, outlet=self.outlet)

    def _option(self, key: str) -> str:
        return str(self.options[key] or "").strip()

    def _is_wanted(self, row: dict[str, Any]) -> bool:
        """Whether a row is the column's: by its account, or by what stands before its title."""
        column = self._column.strip("《》")
        if not column or column in _account(row):
            return True
        return bool(re.match(rf"\W{{0,2}}{re.escape(column)}\s*[|｜丨》」】·：:]", _title(row)))

    def _ref(self, row: dict[str, Any], page: Page) -> ArticleRef:
        identity = identify(f"https://news.qq.com/rain/a/{str(row['id']).strip()}")
        told = (str(row.get(key) or "") for key in ("timestamp", "publish_time", "time", "pub_time"))
        published = next((found for raw in told if raw and (found := read_time(raw, now=page.fetched_at))), None)
        made = id_time(identity.article_id)
        if published is None and made is not None and made <= page.fetched_at:
            published = made, "day"
        return ArticleRef(
            source=self.id,
            article_id=identity.article_id,
            url=identity.url,
            title=_title(row),
            published_at=published[0] if published else None,
            precision=published[1] if published else "unknown",
            summary=clean_text(str(row.get("abstract") or row.get("desc") or "")),
        )


def _channel_question(channel: str) -> str:
    """What the channel page asks for. Its device ids stay empty: we are no browser and make none up."""
    question = {
        "base_req": {"from": "pc"},
        "forward": "2",
        "qimei36": "",
        "device_id": "",
        "flush_num": 1,
        "channel_id": channel,
        "item_count": 20,
        "is_local_chlid": "0",
    }
    return json.dumps(question, separators=(",", ":"))


def _answer(page: Page) -> dict[str, Any]:
    shown = redact(page.url)
    try:
        answer = read_json(decode(page.body, page.content_type))
    except (ValueError, RecursionError) as error:
        if marker := challenge(page):
            raise Blocked(
                f"腾讯新闻 answered with a challenge ({marker}) instead of {shown}", url=shown, marker=marker
            ) from error
        raise LayoutChanged(f"腾讯新闻's list is no JSON: {error}", url=shown) from error
    if not isinstance(answer, dict):
        raise LayoutChanged("腾讯新闻's list is no JSON object", url=shown)
    code = answer.get("ret", answer.get("code", 0))
    if str(code) != "0":
        said = clean_text(str(answer.get("msg") or answer.get("message") or answer.get("desc") or ""))[:80]
        if _BUSY.search(said):
            raise RetryLater(f"腾讯新闻 is busy ({code} {said})", url=shown)
        raise Broken(
            f"腾讯新闻 does not answer {shown} ({code} {said}): check `author`, the last part of {_AUTHOR_PAGE}, "
            "`tag` or `channel`",
            url=shown,
        )
    return answer


def _rows(answer: dict[str, Any]) -> list[dict[str, Any]]:
    """The rows of any of the lists. The articles that a card gathers stand for the card: its own id is an old one that
    is used again and again. Raises LayoutChanged when there is no list, or none of its rows is one."""
    rows = next((found for found in _candidates(answer) if isinstance(found, list)), None)
    if rows is None:
        raise LayoutChanged(f"腾讯新闻's list has no rows under {', '.join(_ROWS)} or `data`")
    known = [row for row in rows if isinstance(row, dict) and "id" in row and "title" in row]
    if rows and not known:
        raise LayoutChanged(f"none of {len(rows)} rows of 腾讯新闻's list has an id and a title")
    spread: list[dict[str, Any]] = []
    for row in known:
        below = row.get("sub_item") if isinstance(row.get("sub_item"), list) else None
        inner = [one for one in below or () if isinstance(one, dict) and one.get("id") != row["id"]]
        spread += inner if below else [row]
    return spread


def _candidates(answer: dict[str, Any]) -> Iterator[object]:
    """Where the three lists keep their rows: newslist · data · data.tabs[0].articleList."""
    yield answer.get("newslist")
    data = answer.get("data")
    yield data
    tabs = data.get("tabs") if isinstance(data, dict) else None
    for holder in (data, *(tabs if isinstance(tabs, list) else ())):
        if isinstance(holder, dict):
            yield from (holder.get(name) for name in _ROWS)


def _is_text(row: dict[str, Any]) -> bool:
    """Whether a row is an article in words: the author's lists say so by a type, the others leave it out."""
    return str(row.get("articletype", _TEXT)) == _TEXT and not re.match(r"20\d{6}V", str(row["id"]))


def _account(row: dict[str, Any]) -> str:
    media = row.get("media_info")
    named = media.get("chl_name") if isinstance(media, dict) else ""
    return " ".join(str(one or "") for one in (row.get("chlname"), row.get("source"), row.get("uinnick"), named))


def _title(row: dict[str, Any]) -> str:
    return clean_text(str(row.get("longtitle") or row.get("title") or ""))
