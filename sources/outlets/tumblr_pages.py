"""A post's page on Tumblr, in whatever theme its blog has. Facts: outlets.md §5.

Themes are their owners' work, so this reader lives on what most have: one .post on the page and a link to itself as
its title. Tumblr's own address of a post (www.tumblr.com/blog/id) is a program for a browser and holds no words.
"""

from __future__ import annotations

import re

from selectolax.lexbor import LexborHTMLParser, LexborNode

from sources.address import redact
from sources.blocks import matching, text_of
from sources.document import Document
from sources.draft import Draft
from sources.errors import NotAnArticle
from sources.identity import Identity, same_site
from sources.metadata import find_time, meta
from sources.outlets.tumblr_posts import post_identity, post_number, words_in

SOURCE = "tumblr"
OUTLET = "Tumblr"
WORDED = False  # a post may be a picture and a word
_HOST = "tumblr.com"
_APP = re.compile(rb"x-callback-url/blog\?blogName=([A-Za-z0-9-]+)(?:&amp;|&)postID=([0-9]+)")
_MARKS = (b"x-callback-url/blog?blogName=", b'id="tumblr_form_key"')
_SHELL = b'id="tumblr_form_key"'
_POSTS = (
    ".post.text",
    ".post.quote",
    ".post.link",
    ".post.photo",
    ".post.chat",
    ".post.answer",
    "article.post",
    ".post",
)
_TITLES = (
    'h1 > a[href*="/post/"]',
    'h2 > a[href*="/post/"]',
    'h3 > a[href*="/post/"]',
    ".post-title",
    "h1",
    "h2",
    "h3",
)
_NOT_TEXT = (
    ".notes",
    ".post-notes",
    ".tags",
    ".meta",
    ".permalink",
    ".source",
    ".post-footer",
    ".reblog-link",
    "footer",
)


def knows(doc: Document) -> bool:
    """Whether this is a page of a Tumblr blog, on a domain of its own too: it names the app's address of its post."""
    return same_site(doc.url, _HOST) or any(mark in doc.page.body for mark in _MARKS)


def read(doc: Document) -> Draft:
    """The post. Raises NotAnArticle for a page of several posts, one without words, and one that only a browser can fill."""
    tree, shown = doc.tree, redact(doc.url)
    identity = _identity(doc)
    found = _posts(tree)
    if not found:
        if _SHELL in doc.page.body or not text_of(tree.body):
            raise NotAnArticle("a Tumblr page that a browser has to fill: the blog's v1 API has its posts", url=shown)
        raise NotAnArticle("a Tumblr page without a post", url=shown)
    if len(found) > 1 and identity is None:
        raise NotAnArticle(f"a Tumblr blog's list of {len(found)} posts, not one of them", url=shown)
    node = found[0]
    heading = next((one for at in _TITLES if (one := node.css_first(at)) is not None), None)
    title = text_of(heading)
    words = words_in(node, matching(node, _NOT_TEXT))
    lines, quoted = words.own, words.quoted
    if not lines:  # a reblog without a word is the post that it repeats
        lines, quoted = words.root, []
        identity = post_identity(post_number(words.root_url), words.root_name, words.root_url) or identity
    if not lines:
        raise NotAnArticle("a Tumblr post without words", url=shown)
    return Draft(
        lines=lines,
        title=title or meta(tree, "og:title"),
        published=find_time(tree, (), now=doc.page.fetched_at),
        kind="post",
        identity=identity,
        chrome=quoted,
    )


def _posts(tree: LexborHTMLParser) -> list[LexborNode]:
    return next((found for at in _POSTS if (found := tree.css(at))), [])


def _identity(doc: Document) -> Identity | None:
    """By the app's address of the post, else by the page's own."""
    if found := _APP.search(doc.page.body):
        return post_identity(found[2].decode(), found[1].decode(), doc.address or doc.url)
    for address in (doc.address, doc.url):
        if number := post_number(address):
            return post_identity(number, "", address)
    return None
