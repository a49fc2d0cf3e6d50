"""Where a page was read against where it was listed: a redirect can lead to something else than the article."""

from __future__ import annotations

import re
from urllib.parse import SplitResult, unquote, urlsplit

from sources.address import redact
from sources.article import ArticleRef, Page
from sources.errors import Gone, NotAnArticle
from sources.identity import Identity, identify

_INDEX = re.compile(r"/(?:index|default|home)(?:\.\w{2,5})?$", re.IGNORECASE)
# What names one article in a path: a number, or a headline in words.
_NAMING = re.compile(r"\d{3}|[^/]-[^/]*-[^/]")


def resolved(page: Page, ref: ArticleRef) -> Identity:
    """The identity of what was read for a ref: the listed one, or the native one that an unknown address led to.

    A page without a redirect is what was listed. Of two native ids of one shape that differ, one is another article;
    ids of different shapes (a WeChat short link and the long one, Tencent's old channel pages and the new ones) can
    name the same. Raises Gone when the redirect leads to a front or list page, NotAnArticle when to another article.
    """
    listed = Identity(ref.article_id, ref.url)
    final = page.final_url
    if not final or final == page.url:
        return listed
    found = identify(final)
    if found.article_id == ref.article_id or found.url == ref.url:
        return listed
    asked = page.url or ref.fetch_url or ref.url
    if _is_list(_parts(final), _parts(ref.url)) and identify(asked).url != found.url:
        raise Gone(
            f"{redact(ref.url)} now leads to a front or list page, {redact(final)}: the article was taken away",
            url=redact(final),
        )
    if _shape(found.article_id) == "url":
        return listed
    if _shape(ref.article_id) == "url":
        return found
    if _outlet(found.article_id) != _outlet(ref.article_id) or _shape(found.article_id) == _shape(ref.article_id):
        raise NotAnArticle(
            f"{redact(ref.url)} now leads to another article, {found.article_id}: nothing is stored for it",
            url=redact(final),
        )
    return listed


def _outlet(article_id: str) -> str:
    return article_id.partition(":")[0]


def _shape(article_id: str) -> str:
    """`url`, the outlet, or the outlet and the word its id begins with: `wechat:s/` for wechat:s/KDWh…"""
    kind = re.match(r"\w+:[a-z]+/", article_id)
    return kind[0] if kind else _outlet(article_id)


def _parts(url: str) -> SplitResult:
    try:
        return urlsplit(url)
    except ValueError:
        return urlsplit("")


def _is_list(final: SplitResult, listed: SplitResult) -> bool:
    """Whether an address is a host's front page, or the folder that an article lay in: its number or name is lost."""
    if re.search(r"\d", final.query):
        return False
    path, was = _INDEX.sub("", unquote(final.path)).rstrip("/"), _INDEX.sub("", unquote(listed.path)).rstrip("/")
    if not path:
        return bool(was or listed.query)
    same_host = _bare(final) == _bare(listed)
    return same_host and was.startswith(path + "/") and bool(_NAMING.search(was[len(path) :]))


def _bare(parts: SplitResult) -> str:
    return (parts.hostname or "").removeprefix("www.").removeprefix("m.")
