"""A WeChat article page (mp.weixin.qq.com), layouts of 2018 to 2026. Facts: outlets.md §7."""

from __future__ import annotations

import html as entities
import re
from collections.abc import Iterator
from datetime import datetime

from selectolax.lexbor import LexborHTMLParser

from sources.address import redact
from sources.article import Page
from sources.blocks import clean_text, html_paragraphs, matching, paragraphs, text_of
from sources.document import Document
from sources.draft import Draft
from sources.errors import LayoutChanged, NotAnArticle
from sources.identity import Identity, identify, same_site, wechat_identity
from sources.metadata import Published, meta, own_address
from sources.times import CHINA, read_time

SOURCE = "wechat"
OUTLET = "微信公众号"
WORDED = False  # a post may be a picture and a word
_UNNAMED = "未命名账号"  # what the page shows until its script has run
_BODY = "#js_content"
_NOT_TEXT = (
    ".code-snippet__line-index",
    ".js_audio_frame",
    "mp-common-profile",
    "mp-common-product",
    ".js_product_container",
)
# What item_show_type says (outlets.md §7.1) of pages that may have no words at all.
_WORDLESS = {"5": "a video", "6": "music", "7": "an audio post"}
_JS_STRING = r"""(?:'((?:[^'\\\n]|\\.)*)'|"((?:[^"\\\n]|\\.)*)")"""
_ESCAPE = re.compile(r"\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|(.))", re.DOTALL)
_KEY_STARTS = (" ", "\n", "\t", ",", "{")
_SIMPLE = {"n": "\n", "r": "\r", "t": "\t", "b": "", "f": "", "v": "", "0": ""}


def knows(doc: Document) -> bool:
    """Whether this is a page of mp.weixin.qq.com, saved ones included."""
    html, tree = doc.html, doc.tree
    if same_site(doc.url, "mp.weixin.qq.com") or same_site(doc.address, "mp.weixin.qq.com"):
        return True
    if tree.css_first(f"{_BODY}, #js_share_source, #js_article") is None and "cgiDataNew" not in html:
        return False
    return tree.css_first("#activity-name, #js_name, #js_share_source, #activity-detail, #js_article") is not None


def read(doc: Document) -> Draft:
    """The article as its account published it. Raises NotAnArticle for share shells and posts without words,
    LayoutChanged when neither body nor script data is there."""
    html, tree, page, url = doc.html, doc.tree, doc.page, doc.url
    shared = tree.css_first("#js_share_source")
    if shared is not None and (target := shared.attributes.get("data-url") or ""):
        raise NotAnArticle(f"only shares another article: {redact(entities.unescape(target))}", url=redact(url))
    node = tree.css_first(_BODY)
    lines = paragraphs(node, matching(node, _NOT_TEXT)) if node is not None else []
    if len("".join(lines)) < 2 or _show_type(html) in ("8", "10"):
        lines = _from_script(html) or lines
    if not "".join(lines).strip(" ,，"):
        kind = _WORDLESS.get(_show_type(html))
        if kind or node is not None:
            raise NotAnArticle(f"{kind or 'a post'} without text", url=redact(url))
        raise LayoutChanged(
            "a WeChat page with neither #js_content nor content_noencode: look at its layout", url=redact(url)
        )
    names = (text_of(tree.css_first("#js_name")), _value(html, "nickname"), _value(html, "nick_name"))
    account = next((name for name in names if name and name != _UNNAMED), "")
    return Draft(
        lines=lines,
        title=_title(html, tree),
        outlet=account or OUTLET,
        authors=_authors(html, tree),
        published=_published(html, tree, page),
        identity=_identity(html, tree, url),
    )


def _title(html: str, tree: LexborHTMLParser) -> str:
    node = tree.css_first("#activity-name, h1.rich_media_title")
    badge = matching(node, (".pay__tag", ".pay_tag", ".rich_media_title_ori"))
    return (
        meta(tree, "og:title", "twitter:title")
        or text_of(node, badge)
        or _value(html, "msg_title")
        or _value(html, "title")
    )


def _authors(html: str, tree: LexborHTMLParser) -> tuple[str, ...]:
    named = meta(tree, "author") or text_of(tree.css_first("#js_author_name")) or _value(html, "author")
    return tuple(name for name in re.split(r"[、,，/]|\s{2,}", named) if name.strip())


def _published(html: str, tree: LexborHTMLParser, page: Page) -> Published | None:
    """`ct` to the second, else the written times; the visible #publish_time is filled in by script and comes last."""
    for name in ("ct", "oriCreateTime", "ori_create_time", "create_time"):
        stamp = _value(html, name)
        if re.fullmatch(r"1[0-9]{9}", stamp):
            return datetime.fromtimestamp(int(stamp), CHINA), "second"
    for raw in (
        _value(html, "createTime"),
        _value(html, "create_time"),
        _value(html, "publish_time"),
        text_of(tree.css_first("#publish_time, #post-date")),
    ):
        if raw and (found := read_time(raw, now=page.fetched_at)):
            return found
    return None


def _identity(html: str, tree: LexborHTMLParser, url: str) -> Identity | None:
    """By the numbers on the page; a short link and a long one name the same article only through them."""
    near = re.search(r"bizuin\s*:\s*JsDecode\('([^']+)'\)\s*,\s*mid\s*:\s*'(\d+)'[^,]*,\s*idx\s*:\s*'(\d+)'", html)
    biz, mid, idx = near.groups() if near else (_value(html, "biz"), _value(html, "mid"), _value(html, "idx") or "1")
    if re.fullmatch(r"[A-Za-z0-9+/]{6,}={0,2}", biz) and mid.isdigit() and idx.isdigit():
        sn = _value(html, "sn")
        return wechat_identity(biz, mid, idx, sn if re.fullmatch(r"[0-9a-f]{32}", sn) else "")
    address = own_address(tree) or _value(html, "msg_link") or url
    return identify(entities.unescape(address)) if address else None


def _show_type(html: str) -> str:
    types = re.findall(r"item_show_type\s*[=:]\s*['\"](\d+)['\"]", html)
    return next((one for one in types if one != "0"), "0")


def _from_script(html: str) -> list[str]:
    """The words of an image or text post, which stand only in cgiDataNew as an escaped string."""
    for raw in re.findall(r"content_noencode\s*:\s*JsDecode\('((?:[^'\\]|\\.)*)'\)", html):
        content = _unescaped(raw)
        if not content.strip():
            continue
        if re.search(r"<(?:p|section|div|span|br)\b", content):
            return html_paragraphs(content)
        return [line for part in entities.unescape(content).splitlines() if (line := clean_text(part))]
    return []


def _value(html: str, name: str) -> str:
    """The first non-empty string that the page's scripts give a name: `var name = "" || "x"`, `name: JsDecode('x')`,
    `name: '7' * 1`."""
    for statement in _after(html, rf"{name}\s*=\s*([^;\n]{{0,400}})", ("var ", "window.")):
        for single, double in re.findall(_JS_STRING, statement):
            if value := entities.unescape(_unescaped(single or double)).strip():
                return value
    for string in _after(html, rf"{name}: ?JsDecode\('((?:[^'\\]|\\.)*)'\)", _KEY_STARTS):
        if value := entities.unescape(_unescaped(string)).strip():
            return value
    return next(_after(html, rf"{name}: ?'(\d{{1,20}})'", _KEY_STARTS), "")


def _after(html: str, pattern: str, starts: tuple[str, ...]) -> Iterator[str]:
    """The first group of every match that one of `starts` stands before. The pages have megabytes: a pattern that
    begins with a plain word is found ten times faster than one that begins with alternatives."""
    for match in re.finditer(pattern, html):
        if html[max(0, match.start() - 7) : match.start()].endswith(starts):
            yield match[1]


def _unescaped(text: str) -> str:
    r"""A JavaScript string's characters: \xHH, \uHHHH, \n, \' and their kind."""

    def char(match: re.Match[str]) -> str:
        code = match[1] or match[2]
        return chr(int(code, 16)) if code else _SIMPLE.get(match[3], match[3])

    # Characters beyond the BMP come as two \u escapes.
    joined = _ESCAPE.sub(char, text)
    return joined.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
