"""A WeChat article page (mp.weixin.qq.com), layouts of 2018 to 2026. Facts: outlets.md §7."""

from __future__ import annotations

import html as entities
import re
from datetime import datetime

from selectolax.lexbor import LexborNode

from sources.address import redact, refusal
from sources.article import Page
from sources.blocks import clean_text, html_paragraphs, matching, paragraphs, text_of
from sources.document import Document
from sources.draft import Draft
from sources.errors import Elsewhere, FetchError, LayoutChanged, NotAnArticle
from sources.identity import Identity, identify, same_site, wechat_identity
from sources.layout import Layout, first_layout
from sources.metadata import Published, meta, own_address
from sources.outlets.wechat_parts import Parts, numbers, show_type, sliced, unescaped, whole
from sources.outlets.wechat_tail import split_tail
from sources.times import CHINA, read_time

SOURCE = "wechat"
OUTLET = "微信公众号"
WORDED = False  # a post may be a picture and a word
HOST = "mp.weixin.qq.com"
_UNNAMED = ("未命名账号", "微信广告")  # what the page shows until its script has run, and who advertises on it
_NOT_TEXT = (
    ".code-snippet__line-index",
    ".js_audio_frame",
    "mp-common-profile",
    "mp-common-product",
    ".js_product_container",
)
# What item_show_type says (outlets.md §7.1) of posts that may have no words at all.
_WORDLESS = {"5": "a video", "6": "music", "7": "an audio post"}
_META = ".rich_media_meta_list .rich_media_meta_text"
_IN_SCRIPT = ("8", "10")  # a picture post and a text post: what stands in their #js_content is decoration

# What a page of WeChat's says that no page of others does: an element of its frame and one of its content.
_FRAMES = (b'"js_article"', b'"activity-name"', b'"activity-detail"', b'"js_name"')
_CONTENT = re.compile(rb'js_(?:content|article"(?<="js_article"))')  # one pass for both
_DATA = b"cgiDataNew"
_LISTS = {
    b"var msgList = ": "an account's history",
    b"weui_msg_card_list": "an account's history",
    b"js_album_list": "an album",
    b"appmsg_list_item": "an account's home page",
    b'class="news-box"': "a search's results",
}
_SEARCH = "搜狗微信搜索".encode()


def knows(doc: Document) -> bool:
    """Whether this is a page of mp.weixin.qq.com: by its address, by the one it names as its own, and for a saved page
    by WeChat's element names, which other sites copy along with the articles."""
    if same_site(doc.url, HOST):
        return True
    page = doc.page.body
    if _names_itself(page, b"og:url"):
        return True
    if not doc.url and _CONTENT.search(page) and any(_is_named(page, mark) for mark in _FRAMES):
        return True
    if _names_itself(page, b"canonical"):
        return True
    return not doc.url and (b"res.wx.qq.com" in page or _SEARCH in page) and any(mark in page for mark in _LISTS)


def _names_itself(page: bytes, name: bytes) -> bool:
    """Whether the first element with the word in it has an address of WeChat's articles."""
    at = page.find(name)
    return at >= 0 and b"//mp.weixin.qq.com/" in page[page.rfind(b"<", 0, at) : page.find(b">", at)]


def _is_named(page: bytes, mark: bytes) -> bool:
    """Whether an element has the id, between either quotes."""
    return b"id=" + mark in page or b"id=" + mark.replace(b'"', b"'") in page


def read(doc: Document) -> Draft:
    """The article as its account published it. Raises Elsewhere for a page that shares another article or whose account
    moved, NotAnArticle for lists and posts without words, LayoutChanged when neither body nor data is there."""
    draft = first_layout(doc, LAYOUTS)
    if draft is None:
        raise _nothing(doc)
    return draft


def _from_slices(doc: Document) -> Draft | None:
    parts = sliced(doc)
    if parts is None or (parts.body is None and show_type(parts) not in _IN_SCRIPT):
        return None
    return _draft(doc, parts)


def _from_all(doc: Document) -> Draft | None:
    return _draft(doc, whole(doc))


# Not two generations but two ways to the same draft; a page that the first is not sure of is read the second way.
LAYOUTS: tuple[Layout, ...] = (
    Layout("2018–2026, its parts cut out of the bytes", _from_slices),
    Layout("2018–2026, the whole page", _from_all),
)


def _draft(doc: Document, parts: Parts) -> Draft | None:
    """None when there are no words. Raises Elsewhere."""
    node = parts.body
    if node is not None and "original_panel_content" in (node.attributes.get("class") or ""):
        _raise_if_shared(parts, doc.url)
    lines = paragraphs(node, matching(node, _NOT_TEXT)) if node is not None else []
    in_script = show_type(parts) in _IN_SCRIPT
    if len("".join(lines)) < 2 or in_script:
        lines = _lines(unescaped(parts.post)) or lines
    if not "".join(lines).strip(" ,，"):
        _raise_if_shared(parts, doc.url)
        return None
    lines, tail = (lines, []) if in_script else split_tail(lines, _onward(node))
    title = _title(parts)
    return Draft(
        lines=lines,
        # A post's title is the beginning of its text: of one line of it, where the account gave it none.
        title=next(filter(None, re.split(r"\\n|\n", title)), "").strip() if in_script else title,
        headed=not in_script,
        chrome=tail,
        outlet=_account(parts) or OUTLET,
        authors=_authors(parts),
        published=_published(parts, doc.page),
        identity=_identity(parts, doc.url),
    )


def _nothing(doc: Document) -> FetchError:
    """Why a page of WeChat's has no words of its own."""
    shown, body = redact(doc.url), doc.page.body
    parts = whole(doc)
    if target := parts.value("transferTargetLink"):
        return _elsewhere("an article of an account that moved", target, shown)
    if what := next((what for mark, what in _LISTS.items() if mark in body), ""):
        return NotAnArticle(f"{what}: it names articles and is none", url=shown)
    kind = _WORDLESS.get(show_type(parts), "")
    if kind or parts.body is not None or _DATA in body:
        return NotAnArticle(f"{kind or 'a post'} without text", url=shown)
    return LayoutChanged("a WeChat page with neither #js_content nor cgiDataNew: look at its layout", url=shown)


def _raise_if_shared(parts: Parts, url: str) -> None:
    """For the page of a share: #js_content is empty or has the first words of the article that is shared."""
    node = parts.tree.css_first("#js_share_source[data-url]")
    if node is not None and (target := node.attributes.get("data-url") or ""):
        raise _elsewhere("a page that only shares another article", target, redact(url))


def _elsewhere(what: str, target: str, shown: str) -> NotAnArticle:
    """To the page that has the article; what is no address of the web is not followed."""
    target = clean_text(entities.unescape(target)).partition("#")[0]
    if target.startswith("//"):
        target = "https:" + target
    if refusal(target):
        return NotAnArticle(f"{what}, at no address that can be read", url=shown)
    return Elsewhere(f"{what}: {redact(target)}", target=target, url=shown)


def _title(parts: Parts) -> str:
    tree = parts.tree
    node = tree.css_first("#activity-name, h1.rich_media_title")
    badge = matching(node, (".pay__tag", ".pay_tag", ".rich_media_title_ori"))
    return meta(tree, "og:title", "twitter:title") or text_of(node, badge) or parts.value("msg_title", "title")


def _account(parts: Parts) -> str:
    shown = text_of(parts.tree.css_first("#js_name, #post-user"))  # the second until 2017
    # `nickname` is also a mini program's that the post shows; the first `nick_name` may be that of the advertisements.
    said = (shown, parts.value("nick_name"), parts.value("nickname"))
    named = (*said, text_of(parts.tree.css_first(".profile_nickname")))
    return next((name for name in named if name and name not in _UNNAMED), "")


def _authors(parts: Parts) -> tuple[str, ...]:
    tree = parts.tree
    named = meta(tree, "author") or text_of(tree.css_first("#js_author_name")) or parts.value("author")
    named = named or text_of(tree.css_first(f"{_META}:not([id])"))  # until 2018
    return tuple(name for name in re.split(r"[、,，/]|\s{2,}", named) if name.strip() and "关注" not in name)


def _published(parts: Parts, page: Page) -> Published | None:
    """`ct` to the second, else the written times; the visible #publish_time is filled in by script and comes last."""
    for name in ("ori_create_time", "ct", "oriCreateTime", "create_time"):
        stamp = parts.value(name)
        if re.fullmatch(r"1[0-9]{9}", stamp):
            return datetime.fromtimestamp(int(stamp), CHINA), "second"
    for name in ("createTime", "create_time", "publish_time"):
        if (raw := parts.value(name)) and (found := read_time(raw, now=page.fetched_at)):
            return found
    raw = text_of(parts.tree.css_first("#publish_time, #post-date"))
    return read_time(raw, now=page.fetched_at) if raw else None


def _identity(parts: Parts, url: str) -> Identity | None:
    """By the numbers on the page; a short link and a long one name the same article only through them."""
    biz, mid, idx = numbers(parts)
    if re.fullmatch(r"[A-Za-z0-9+/]{6,}={0,2}", biz) and mid.isdigit() and idx.isdigit():
        sn = parts.value("sn")
        return wechat_identity(biz, mid, idx, sn if re.fullmatch(r"[0-9a-f]{32}", sn) else "")
    address = own_address(parts.tree) or parts.value("msg_link") or url
    return identify(entities.unescape(address)) if address else None


def _onward(node: LexborNode | None) -> frozenset[str]:
    """The words of the body's links to other articles of WeChat's."""
    links = node.css('a[href*="mp.weixin.qq.com/"]') if node is not None else ()
    return frozenset(clean_text(link.text()) for link in links)


def _lines(text: str) -> list[str]:
    """The paragraphs of a post's text, which is HTML in an article's data and plain in a picture's or text post's, with
    links in its lines."""
    if re.search(r"<(?:p|section|div)\b", text):
        return html_paragraphs(text, _NOT_TEXT)
    if re.search(r"<(?:a|span|br|strong|em|b|i|img)\b", text):
        return html_paragraphs(text.replace("\n", "<br>"), _NOT_TEXT)
    return [line for part in entities.unescape(text).splitlines() if (line := clean_text(part))]
