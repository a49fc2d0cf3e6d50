"""Challenge pages that come as 200: captchas, firewalls, log-in walls. Named, never solved.

The markers are a table. A real article may speak of any of them, and many carry a captcha script for their comment box,
so a page counts only when it has next to no text of its own.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from selectolax.lexbor import LexborHTMLParser, LexborNode

from sources.article import Page
from sources.document import Document

MAX_PAGE = 200_000  # bytes; the largest challenge page seen has 40 kB, real pages of WeChat have millions
_LINE = 60  # characters; a notice stands in a short node of its own, prose does not

Where = Literal["address", "title", "markup", "notice"]


@dataclass(frozen=True, slots=True)
class Marker:
    """One sign of a challenge. `pattern` is sought where `where` says, in a page of at most `max_text` characters.

    address: the final address · title: <title> · markup: tags and scripts, so not what a reader sees · notice: a short
    line of visible text.
    """

    name: str
    where: Where
    pattern: re.Pattern[str]
    max_text: int = 1500


def _marker(name: str, where: Where, pattern: str, max_text: int = 1500) -> Marker:
    return Marker(name, where, re.compile(pattern, re.I), max_text)


# The named firewalls first, so that ops reads the most telling name.
MARKERS = (
    _marker("bytedance-captcha", "markup", r"bytescm\.com/[^\"'\s]{0,200}captcha|verifycenter/captcha|_waf_captcha"),
    _marker("bytedance-waf", "markup", r"_wafchallengeid|_waftokenid"),
    _marker("safeline", "markup", r"challenge\.rivers\.chaitin\.cn|/\.safeline/|safeline[-_]?challenge"),
    _marker("wechat-verify", "address", r"//mp\.weixin\.qq\.com/mp/(?:wappoc_appmsgcaptcha|verifycode|[a-z_]*captcha)"),
    _marker("wechat-verify", "notice", r"^环境异常$|当前环境异常，?完成验证后"),
    _marker("cloudflare", "markup", r"_cf_chl_opt|cf-chl-|cf_chl_|cf-browser-verification|id=[\"']challenge-form"),
    _marker("cloudflare", "title", r"^Just a moment\.{3}|^Attention Required! \| Cloudflare|^请稍候…?$", 3000),
    _marker("aliyun-waf", "markup", r"aliyun_?waf|acw_sc__v[23]|\bnocaptcha\b.{0,80}\baliyun|punish-component", 800),
    _marker("tencent-waf", "markup", r"waf\.tencent|TencentCaptcha|captcha\.gtimg\.com|TCaptcha\.js", 600),
    _marker("jiasule", "markup", r"__jsl_clearance", 800),
    _marker("aws-waf", "markup", r"awswaf\.com|AwsWafIntegration|aws-waf-token", 800),
    _marker("incapsula", "markup", r"_Incapsula_Resource", 800),
    _marker("datadome", "markup", r"captcha-delivery\.com", 800),
    _marker("perimeterx", "markup", r"px-captcha|_pxCaptcha", 800),
    _marker("sucuri", "markup", r"sucuri_cloudproxy", 800),
    _marker("akamai", "markup", r"errors\.edgesuite\.net", 800),
    _marker("tumblr-consent", "address", r"//(?:www\.)?tumblr\.com/privacy/consent"),
    _marker("login-wall", "address", r"//(?:passport|sso|login)\.|/(?:login|signin|sign_in|passport)(?:[./?]|$)", 800),
    _marker("captcha", "address", r"/(?:[a-z_]*captcha|antispider|wafblock)(?:[./?]|$)", 800),
    _marker("captcha", "title", r"^(?:(?:百度)?安全验证|人机验证|验证码|访问验证|滑动验证(?:页面)?|Captcha)\b", 800),
    _marker("captcha", "notice", r"完成验证后(?:即可)?继续|拖动.{0,12}(?:拼图|滑块)|请完成.{0,8}(?:安全|人机)", 600),
    _marker("captcha", "notice", r"verify (?:that )?you are (?:a )?human|checking your browser before", 600),
    _marker("captcha", "markup", r"geetest|gt\.js|hcaptcha\.com|recaptcha/(?:api|enterprise)|initAliyunCaptcha", 200),
    _marker("access-denied", "title", r"^(?:Access Denied|访问被拒绝|您的访问被阻断|访问受限|403 Forbidden)", 800),
    _marker("login-wall", "title", r"^(?:请?登[录入]|(?:用户|账号)登录|Log ?in|Sign ?in)(?:\s*[-|_–·—].*)?$", 600),
)  # fmt: skip


# Every page that a marker of its markup or its notices fits has one of these in it, in small letters: most pages are
# cleared by looking for them.
_SIGNS = (
    *(b"captcha", b"waf", b"challenge", b"safeline", b"chl", b"cf-browser-verification", b"acw_sc__v", b"geetest"),
    *(b"punish-component", b"jsl_clearance", b"incapsula", b"sucuri", b"edgesuite", b"gt.js"),
    *(b"you are", b"your browser"),
)
_CHINESE_SIGNS = ("环境异常", "验证", "拖动", "请完成")
_TITLE_SIGNS = re.compile("moment|attention|请稍候|验证|captcha|denied|访问|403|登[录入]|log ?in|sign ?in", re.I)
_TITLE = re.compile(r"<title\b[^>]{0,200}>([^<]{0,300})", re.I)
_MANY_ENTITIES = 20
_UNREAD = ("script", "style", "noscript", "template", "title")
MOST_TEXT = max(marker.max_text for marker in MARKERS)
"""Characters that no challenge page shows."""


def challenge(page: Page) -> str | None:
    """The name of the marker that gives a page away as a challenge or wall instead of content; None for all others.

    Deleted and expired articles are not challenges; their outlet's parser knows them.
    """
    return challenge_in(Document(page))


def challenge_in(doc: Document) -> str | None:
    """The same for a document, whose tree is parsed only when its bytes raise a suspicion."""
    if len(doc.page.body) > MAX_PAGE:
        return None
    suspects = [marker for marker in MARKERS if marker.where == "address" and marker.pattern.search(doc.url)]
    if not suspects and not _suspicious(doc):
        return None
    tree = doc.tree
    unread = {node.mem_id for node in tree.css(", ".join(f"{tag}, {tag} *" for tag in _UNREAD))}
    if _has_text(tree.css("p"), unread):
        return None
    notices = [line for node in tree.css("*") if node.mem_id not in unread and (line := _own_text(node))]
    text = sum(map(len, notices))
    if text > MOST_TEXT:
        return None
    title = tree.css_first("title")
    places = {
        "address": [doc.url],
        "title": [_own_text(title)] if title else [],
        "markup": [_markup(tree)],
        "notice": [line for line in notices if len(line) <= _LINE],
    }
    for marker in MARKERS:
        if text <= marker.max_text and any(marker.pattern.search(place) for place in places[marker.where]):
            return marker.name
    return None


def _suspicious(doc: Document) -> bool:
    """Whether the page has anything that a marker asks for. Two bytes a character, or text in entities, hide it."""
    body, html = doc.page.body, doc.html
    if b"\x00" in body[:1000] or body.count(b"&#") > _MANY_ENTITIES:
        return True
    if any(sign in html for sign in _CHINESE_SIGNS) or any(map(_TITLE_SIGNS.search, _TITLE.findall(html))):
        return True
    small = body.lower()
    return any(sign in small for sign in _SIGNS)


def _has_text(nodes: list[LexborNode], unread: set[int]) -> bool:
    count = 0
    for node in nodes:
        count += len(_own_text(node)) if node.mem_id not in unread else 0
        if count > MOST_TEXT:
            return True
    return False


def _markup(tree: LexborHTMLParser) -> str:
    parts: list[str] = []
    for node in tree.css("*"):
        parts += [f'{name}="{value}"' for name, value in node.attributes.items() if value]
        if node.tag == "script":
            parts.append(node.text())
    return "\n".join(parts)


def _own_text(node: LexborNode) -> str:
    return " ".join(node.text(deep=False).split())
