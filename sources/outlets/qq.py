"""A 腾讯新闻 article page: four generations of layouts, 2016 to 2026. Facts: outlets.md §2.3.

A page is a few thousand characters of text in a hundred thousand of script, so nothing here parses it whole: the state
is read where its name stands, the body is cut out at its element and parsed alone.
"""

from __future__ import annotations

import re
from typing import Any

from sources.address import redact
from sources.blocks import html_paragraphs
from sources.document import Document
from sources.draft import Draft
from sources.errors import FetchError, Gone, LayoutChanged, NotAnArticle
from sources.identity import identify, same_site
from sources.layout import Layout, first_layout
from sources.metadata import Published, dicts, json_state, without_site
from sources.times import read_time

SOURCE = "qq"
OUTLET = "腾讯新闻"
WORDED = True
_HOSTS = ("news.qq.com", "new.qq.com", "view.inews.qq.com", "inews.qq.com", "xw.qq.com", "page.om.qq.com")
_NOT_TEXT = (
    ".rv-root-v2",
    "#relVideo",
    ".video-pop-wrapper",
    ".mod-video",
    "#Status",
    ".a_share",
    ".mbArticleShareBtn",
    ".qq_articleEnd",
    "#backqqcom",
    "#sports_video_list",
    ".ad-plugin",
)
_KIND = {"1": "a picture gallery", "4": "a video", "118": "a video", "525": "a card"}
_STATES = (b"window.DATA", b"window.initData")
_OWN_ADDRESS = re.compile(rb"(?:canonical|og:url)[\"'][^>]{0,40}(?:href|content)=[\"']((?:https?:)?//[^\"']{1,200})")
_HEADING = re.compile(r"<h1\b[^>]*>(.{1,600}?)</h1>", re.DOTALL | re.IGNORECASE)
_TITLE = re.compile(r"<title\b[^>]*>(.{0,600}?)</title>", re.DOTALL | re.IGNORECASE)
_TIMES = ("a_time", "article-time", "pubTime")
_MEDIA = ("a_source", "media-name")
_INFO = re.compile(r"ARTICLE_INFO\s*=.{0,40}?\{(.{0,4000}?)\}\s*;?", re.DOTALL)
_404_SCRIPT = re.compile(rb"[/_-]404(?:\.|/|[\"'])")
_NAMED_DIV = re.compile(r"<div\b[^>]*\b(?:id|class)=[\"'](?:[^\"'=>]*\s)?$", re.IGNORECASE)
# Under the text of a channel's page: the box of videos, the rights of a translation.
_UNDER = re.compile(
    r"精彩视频推荐|[【\[（(].{0,80}未经(?:书面)?(?:授权|许可)|返回腾讯网首页|正文已结束，您可以按alt"
    r"|.{0,4}关注.{0,24}(?:官方微信|微信公众号|官方微博|微信号).{0,60}$"
)
_EDGES = re.compile(r"<(?P<end>/?)div\b|<(?P<script>script)\b|<!--", re.IGNORECASE)


def knows(doc: Document) -> bool:
    """Whether this is an article page of Tencent's, saved ones included."""
    if _is_ours(doc.url):
        return True
    body = doc.page.body
    if any(name in body for name in _STATES) and b"cms_id" in body:
        return True
    if b"Cnt-Main-Article-QQ" in body or (b"content-article" in body and b"gtimg.c" in body):
        return True
    address = _OWN_ADDRESS.search(body, 0, 60_000)
    return address is not None and _is_ours(address[1].decode("ascii", "ignore"))


def read(doc: Document) -> Draft:
    """The article. Raises Gone for a deleted one, NotAnArticle for videos and lists, LayoutChanged without a body."""
    shown = redact(doc.url)
    if re.search(r"/404(?:\.html?)?(?:[/?#]|$)", doc.url) or (
        b"is_deleted" in doc.page.body and _is_deleted(_data(doc))
    ):
        raise Gone("deleted at 腾讯新闻", url=shown)
    draft = first_layout(doc, LAYOUTS)
    if draft is None:
        raise _nothing_there(doc, shown)
    return draft


def _is_ours(address: str) -> bool:
    return same_site(address, *_HOSTS) or (same_site(address, "qq.com") and "/a/20" in address)


def _nothing_there(doc: Document, shown: str) -> FetchError:
    """What a page without a body is. A deleted article's shell loads the 404 page's script; a shell that does not, and
    an article's page with its data, may keep the text where nobody has looked yet: it is tried again."""
    item = _item(_data(doc) or _mobile_state(doc))
    kind = _KIND.get(str(item.get("article_type") or item.get("articletype") or ""))
    article_id = identify(doc.url).article_id
    if kind or re.fullmatch(r"qq:20\d{6}V\w+", article_id):
        return NotAnArticle(f"{kind or 'a video'} at 腾讯新闻", url=shown)
    if item:
        return LayoutChanged("a 腾讯新闻 page with its data, but without a text in any known place", url=shown)
    if not article_id.startswith("qq:"):
        return NotAnArticle("a page without an article at 腾讯新闻", url=shown)
    if _404_SCRIPT.search(doc.page.body):
        return Gone("deleted at 腾讯新闻", url=shown)
    return LayoutChanged("a 腾讯新闻 article page with neither its data nor a known body element", url=shown)


# -- layouts ----------------------------------------------------------------------------------------------------------


def _origin_content(doc: Document) -> Draft | None:
    """window.DATA with the whole HTML in originContent; its pictures are comments: <!--IMG_0-->."""
    return _from_state(doc, _data(doc), "originContent") if b"originContent" in doc.page.body else None


def _mobile(doc: Document) -> Draft | None:
    """view.inews.qq.com: window.initData, the article's object under `content`, its HTML under `content.text` there."""
    return _from_state(doc, _mobile_state(doc), "content") if b"window.initData" in doc.page.body else None


def _with_data(doc: Document) -> Draft | None:
    """window.DATA describes, the rendered element holds the text. Scripts stand between the paragraphs.

    apub:time is when the page was built, hours later on all saved pages, and is not asked.
    """
    lines = _lines(doc.html, "article-content", "content-article")
    return _described(doc, _item(_data(doc)), lines) if lines else None


def _channel_page(doc: Document) -> Draft | None:
    """tech.qq.com/a/… and its sisters: everything in the page itself, time and address in ARTICLE_INFO."""
    lines = _lines(doc.html, "Cnt-Main-Article-QQ", "ArticleCnt")
    if not lines:
        return None
    info = _INFO.search(doc.html)
    told = info[1] if info else ""
    end = len(lines)
    while end > 1 and _UNDER.match(lines[end - 1]):
        end -= 1
    draft = _described(doc, {"pubtime": _entry(told, "pubtime")}, lines[:end])
    draft.chrome += lines[end:]
    address = _entry(told, "article_url")
    draft.url = address if re.match(r"https?://", address) else doc.url
    return draft


LAYOUTS: tuple[Layout, ...] = (
    Layout("2022 originContent", _origin_content),
    Layout("2020 mobile initData", _mobile),
    Layout("2019 window.DATA and .content-article", _with_data),
    Layout("2016 #Cnt-Main-Article-QQ", _channel_page),
)


# -- parts ------------------------------------------------------------------------------------------------------------


def _from_state(doc: Document, state: dict[str, Any], key: str) -> Draft | None:
    item = _item(state)
    for holder in (item, state):
        value = holder.get(key)
        text = value.get("text") if isinstance(value, dict) else value
        if isinstance(text, str) and text.strip() and (lines := html_paragraphs(text, _NOT_TEXT)):
            return _described(doc, item, lines)
    return None


def _described(doc: Document, item: dict[str, Any], lines: list[str]) -> Draft:
    """The draft: what the state does not say, the page shows."""
    html = doc.html
    medium = next((str(item[key]) for key in ("media", "source", "chlname", "src") if item.get(key)), "")
    return Draft(
        lines=lines,
        title=str(item.get("title") or "") or _headline(html),
        outlet=medium or _shown(html, _MEDIA) or OUTLET,
        published=_published(doc, item),
        url=_address(doc, item),
    )


def _published(doc: Document, item: dict[str, Any]) -> Published | None:
    now = doc.page.fetched_at
    for raw in (item.get(key) for key in ("pubtime", "pub_time", "publish_time", "time", "timestamp")):
        if isinstance(raw, str | int) and raw and (found := read_time(str(raw), now=now)):
            return found
    return read_time(_shown(doc.html, _TIMES), now=now)


def _address(doc: Document, item: dict[str, Any]) -> str:
    """By the id in the page's data: `cms_id` is that of the address, `article_id` lacks its last two zeros."""
    short = str(item.get("article_id") or "")
    whole = f"{short}00" if re.fullmatch(r"20\d{6}[A-Z]\w{5}", short) else ""
    for number in (str(item.get("cms_id") or ""), str(item.get("id") or ""), whole):
        named = identify(f"https://news.qq.com/rain/a/{number}")
        if named.article_id.startswith("qq:"):
            return named.url
    return doc.url


def _data(doc: Document) -> dict[str, Any]:
    return (json_state(doc.html, "window.DATA") or {}) if b"window.DATA" in doc.page.body else {}


def _mobile_state(doc: Document) -> dict[str, Any]:
    return (json_state(doc.html, "window.initData") or {}) if b"window.initData" in doc.page.body else {}


def _is_deleted(data: dict[str, Any]) -> bool:
    return str(data.get("is_deleted") or "0") not in ("0", "False")


def _item(state: dict[str, Any]) -> dict[str, Any]:
    """The object that describes the article: the outermost one with a title and a time."""
    for one in dicts(state, 5000):
        if isinstance(one.get("title"), str) and any(key in one for key in ("pubtime", "media", "time", "cms_id")):
            return one
    return {}


def _entry(script: str, name: str) -> str:
    found = re.search(rf"{name}['\"]?\s*:\s*['\"]([^'\"]{{1,300}})['\"]", script)
    return found[1].strip() if found else ""


def _headline(html: str) -> str:
    """The heading, else the title element without the names of section and site behind it."""
    for pattern in (_HEADING, _TITLE):
        if (found := pattern.search(html)) and (line := " ".join(html_paragraphs(found[1]))):
            return line if pattern is _HEADING else without_site(re.sub(r"_腾讯(?:新闻|网)$", "", line))
    return ""


def _shown(html: str, classes: tuple[str, ...]) -> str:
    """The text of the first short element with one of the classes."""
    for name in classes:
        if found := re.search(rf"{name}[\"'][^>]*>(.{{1,300}}?)</(?:span|p|div)>", html, re.DOTALL):
            return "".join(html_paragraphs(found[1]))
    return ""


def _lines(html: str, *names: str) -> list[str]:
    """The paragraphs of the first <div> that has one of the names as its id or class, and any text."""
    for name in names:
        at = html.find(name)
        while at >= 0:
            start, end = html.rfind("<", 0, at), at + len(name)
            named = _NAMED_DIV.match(html, start, at) and html[end : end + 1] in ("'", '"', " ")
            if named and (lines := html_paragraphs(_element(html, start), _NOT_TEXT)):
                return lines
            at = html.find(name, end)
    return []


def _element(html: str, start: int) -> str:
    """The <div> that begins at `start`, as far as its own end tag; never closed, as far as the page goes."""
    depth, at = 0, start
    while edge := _EDGES.search(html, at):
        if edge["script"] or edge[0] == "<!--":
            at = html.find("</script" if edge["script"] else "-->", edge.end())
            if at < 0:
                break
            at += 3
            continue
        at = edge.end()
        depth += -1 if edge["end"] else 1
        if depth == 0:
            return html[start:at] + ">"
    return html[start:]
