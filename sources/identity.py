"""Which article an address names: identify(url) → article_id and canonical URL.

Outlets whose addresses carry a native id have a row in the table (facts: outlets' own URL shapes); every other host
gets the generic cleaning. Cleaning never lower-cases a path and never drops a parameter it does not know, because that
merges different articles.
"""

from __future__ import annotations

import hashlib
import html
import re
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import SplitResult, unquote, urlsplit, urlunsplit


@dataclass(frozen=True, slots=True)
class Identity:
    """`article_id` as in the warehouse's articles view; `url` the one address under which the article is kept."""

    article_id: str
    url: str


@dataclass(frozen=True, slots=True)
class _Address:
    """One shape of one outlet's addresses. `host` and `path` are matched whole; `identify` gets both matches and the
    query and gives (article_id or "" for the generic one, canonical URL), or None when this is no article after all."""

    host: re.Pattern[str]
    path: re.Pattern[str]
    identify: Callable[[re.Match[str], re.Match[str], dict[str, str]], tuple[str, str] | None]


def identify(url: str) -> Identity:
    """The identity of any address. Total: what is no http(s) address is its own canonical form. Always valid text:
    lone surrogates, which no address can hold, are dropped.

    Idempotent: the identity of `identify(url).url` is the same. Ids: `36kr:<id>`, `qq:<id>`,
    `wechat:<biz>:<mid>:<idx>` (`wechat:s/<22 characters>` for a short link, which names its article only on the page),
    `zaker:<24 hex>`, `tumblr:<id>`, else `url:<16 hex of sha256 of the canonical URL>`.
    """
    url = _SURROGATES.sub("", url)
    parts = _split(url)
    if parts is None:
        opaque = url.strip()
        return Identity(hashed(opaque), opaque)
    host = parts.hostname or ""
    query = _query(parts.query)
    for row in _ADDRESSES:
        at_host = row.host.fullmatch(host)
        at_path = row.path.fullmatch(parts.path) if at_host else None
        if at_host and at_path:
            found = row.identify(at_host, at_path, query)
            if found is not None:
                return Identity(found[0] or hashed(found[1]), found[1])
    cleaned = _cleaned(parts)
    return Identity(hashed(cleaned), cleaned)


def hashed(canonical_url: str) -> str:
    """The id of an article whose address carries none."""
    return f"url:{hashlib.sha256(canonical_url.encode('utf-8', 'surrogatepass')).hexdigest()[:16]}"


def wechat_identity(biz: str, mid: str, idx: str, sn: str = "") -> Identity:
    """The identity of a WeChat article from the numbers its page or long link carries."""
    biz = biz.rstrip("=")
    biz += "=" * (-len(biz) % 4)  # some links leave the padding out
    tail = f"&sn={sn}" if sn else ""
    return Identity(f"wechat:{biz}:{mid}:{idx}", f"https://mp.weixin.qq.com/s?__biz={biz}&mid={mid}&idx={idx}{tail}")


def same_site(url: str, *domains: str) -> bool:
    """Whether the address lies on one of the domains or below it."""
    parts = _split(url)
    host = (parts.hostname or "") if parts else ""
    return any(host == domain or host.endswith("." + domain) for domain in domains)


# -- rows -------------------------------------------------------------------------------------------------------------


def _kr36(_: re.Match[str], path: re.Match[str], __: dict[str, str]) -> tuple[str, str]:
    kind, number = path["kind"], path["id"]
    # 16-digit ids are one sequence for the whole site; the short ones before 2019 were counted per kind.
    article_id = f"36kr:{number}" if kind == "p" or len(number) > 12 else f"36kr:{kind}/{number}"
    return article_id, f"https://36kr.com/{kind}/{number}"


def _qq(_: re.Match[str], path: re.Match[str], __: dict[str, str]) -> tuple[str, str]:
    number = path["id"].upper()
    return f"qq:{number}", f"https://news.qq.com/rain/a/{number}"


def _qq_channel(host: re.Match[str], path: re.Match[str], __: dict[str, str]) -> tuple[str, str]:
    channel, date, number = host["channel"], path["date"], path["number"]
    return f"qq:{channel}/{date}/{number}", f"https://{channel}.qq.com/a/{date}/{number}.htm"


def _wechat_short(_: re.Match[str], path: re.Match[str], __: dict[str, str]) -> tuple[str, str]:
    return f"wechat:s/{path['id']}", f"https://mp.weixin.qq.com/s/{path['id']}"


def _wechat_long(_: re.Match[str], __: re.Match[str], query: dict[str, str]) -> tuple[str, str] | None:
    biz = query.get("__biz", "")
    mid = query.get("mid") or query.get("appmsgid", "")
    idx = query.get("idx") or query.get("itemidx") or "1"
    sn = query.get("sn") or query.get("sign", "")
    if not (re.fullmatch(r"[A-Za-z0-9+/=]+", biz) and re.fullmatch(r"[0-9]+", mid) and re.fullmatch(r"[0-9]+", idx)):
        return None
    identity = wechat_identity(biz, mid, idx, sn if re.fullmatch(r"[0-9A-Za-z]+", sn) else "")
    return identity.article_id, identity.url


def _zaker(_: re.Match[str], path: re.Match[str], query: dict[str, str]) -> tuple[str, str] | None:
    number = (path.groupdict().get("id") or query.get("pk", "")).lower()
    if not re.fullmatch(r"[0-9a-f]{24}", number):
        return None
    return f"zaker:{number}", f"https://www.myzaker.com/article/{number}/"


def _tumblr(host: re.Match[str], path: re.Match[str], __: dict[str, str]) -> tuple[str, str]:
    blog = (host.groupdict().get("blog") or path.groupdict().get("blog") or "").lower()
    return f"tumblr:{path['id']}", f"https://{blog}.tumblr.com/post/{path['id']}"


def _huxiu(_: re.Match[str], path: re.Match[str], __: dict[str, str]) -> tuple[str, str]:
    return "", f"https://www.huxiu.com/article/{path['id']}.html"


def _xiaoyuzhou(_: re.Match[str], path: re.Match[str], __: dict[str, str]) -> tuple[str, str]:
    return "", f"https://www.xiaoyuzhoufm.com/episode/{path['id']}"


def _address(
    host: str, path: str, identify: Callable[[re.Match[str], re.Match[str], dict[str, str]], tuple[str, str] | None]
) -> _Address:
    return _Address(re.compile(host), re.compile(path, re.ASCII), identify)


_TENCENT_ID = r"(?P<id>(?:[A-Za-z]{3})?20[0-9]{6}[0-9A-Za-z]{6,12})"

_ADDRESSES = (
    _address(r"(?:www\.|m\.)?36kr\.com", r"/(?P<kind>p|newsflashes|video)/(?P<id>[0-9]+)(?:\.html)?/?", _kr36),
    _address(
        r"(?:news|new|xw|view\.inews|inews|page\.om)\.qq\.com", rf"/(?:[\w.-]+/)*{_TENCENT_ID}(?:\.html?)?/?", _qq
    ),
    _address(
        r"(?P<channel>[a-z0-9]+)\.qq\.com",
        r"/a/(?P<date>20[0-9]{6})/(?P<number>[0-9]{6})(?:_all|_[0-9]+)?\.html?",
        _qq_channel,
    ),
    _address(r"mp\.weixin\.qq\.com", r"/s/(?P<id>[\w-]{20,24})/?", _wechat_short),
    _address(r"mp\.weixin\.qq\.com", r"/(?:s|mp/appmsg/show)/?", _wechat_long),
    _address(r"(?:www\.|app\.|m\.)?myzaker\.com", r"/article/(?P<id>[0-9A-Fa-f]{24})/?", _zaker),
    _address(r"(?:www\.|app\.|m\.)?myzaker\.com", r"/news/article\.php", _zaker),
    _address(r"(?!www\.)(?P<blog>[a-z0-9-]+)\.tumblr\.com", r"/(?:post|image)/(?P<id>[0-9]+)(?:/.*)?", _tumblr),
    _address(r"(?!www\.)(?P<blog>[a-z0-9-]+)\.tumblr\.com", r"/(?P<id>[0-9]{6,})(?:/.*)?", _tumblr),
    _address(r"(?:www\.)?tumblr\.com", r"/(?:blog/view/)?(?P<blog>[A-Za-z0-9-]+)/(?P<id>[0-9]{6,})(?:/.*)?", _tumblr),
    _address(r"(?:www\.|m\.)?huxiu\.com", r"/article/(?P<id>[0-9]+)(?:\.html)?/?", _huxiu),
    _address(r"(?:www\.)?xiaoyuzhoufm\.com", r"/episode/(?P<id>[0-9a-f]{24})/?", _xiaoyuzhou),
)

_SURROGATES = re.compile("[\ud800-\udfff]")

# -- generic cleaning -------------------------------------------------------------------------------------------------

_TRACKING = re.compile(
    r"utm_\w*|spm|scm|fbclid|gclid|dclid|yclid|msclkid|mc_cid|mc_eid|igshid|_hsenc|_hsmi|vero_id|wt_mc|share_token|"
    r"share_source|share_medium|isappinstalled|nsukey|bsh_bid|hmsr|hmpl|hmcu|hmkw|hmci",
    re.IGNORECASE,
)
# These names mean something on some sites; with these values they only say who shared the link.
_TRACKING_VALUES = {
    "f": re.compile(r"rss"),
    "from": re.compile(r"rss|feed|timeline|singlemessage|groupmessage|weixin|wechat|weibo|qq"),
    "source": re.compile(r"rss|feed|weixin|wechat|weibo"),
    "channel": re.compile(r"openclaw|rss"),
    "ref": re.compile(r"rss|feed"),
}


def _split(url: str) -> SplitResult | None:
    """The parts of an http(s) address with a host, or None. Surrogates and blanks inside make it none."""
    text = html.unescape(url.strip()) if "&amp;" in url else url.strip()
    if text.startswith("//"):
        text = "https:" + text
    if re.search(r"[\s\ud800-\udfff\x00-\x1f]", text):
        return None
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return None
    return parts if parts.scheme.lower() in ("http", "https") and host and "%" not in host else None


def _query(query: str) -> dict[str, str]:
    """Parameters by name, first one wins; '+' stays '+', for it is a digit of WeChat's base64 ids."""
    found: dict[str, str] = {}
    for field in query.split("&"):
        name, _, value = field.partition("=")
        found.setdefault(unquote(name), unquote(value))
    return found


def _cleaned(parts: SplitResult) -> str:
    host, port, scheme = parts.hostname or "", parts.port, parts.scheme.lower()
    if port in (None, {"http": 80, "https": 443}[scheme]):
        port = None
        # One article, two schemes; a bare address or name without a dot is a test or an intranet and stays as it is.
        if "." in host and not re.fullmatch(r"[0-9.]+", host):
            scheme = "https"
    place = f"[{host}]" if ":" in host else host
    kept = [field for field in parts.query.split("&") if field and not _tracks(field)]
    netloc = place if port is None else f"{place}:{port}"
    return urlunsplit((scheme, netloc, parts.path or "/", "&".join(kept), ""))


def _tracks(field: str) -> bool:
    name, _, value = field.partition("=")
    values = _TRACKING_VALUES.get(name.lower())
    return bool(_TRACKING.fullmatch(name)) or (values is not None and bool(values.fullmatch(value.lower())))
