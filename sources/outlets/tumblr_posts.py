"""One post of a Tumblr blog, as its v1 API writes it → a ref with its text. Facts: outlets.md §5.

A blog mixes its own words with those of others. Whose they are decides what becomes of them:
- a link post is about another document: the ref is that document, read from its own page; the comment on it is not it;
- a reblog with words of its own is a post of these words; what it quotes is kept as chrome, known and never alerted;
- a reblog without any is the post that it repeats: the root's id, address and words, and no time, for none is told.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from selectolax.lexbor import LexborNode

from sources.address import refusal
from sources.article import ArticleRef, Page
from sources.blocks import clean_text, html_paragraphs, paragraphs, parse_html, text_of
from sources.draft import Draft, finish
from sources.errors import NotAnArticle
from sources.identity import Identity, identify
from sources.metadata import Published
from sources.times import CHINA, read_time

# type → (title, texts in their order); fields that hold HTML. Links and conversations have a form of their own.
_FIELDS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "regular": ("regular-title", ("regular-body",)),
    "quote": ("", ("quote-text", "quote-source")),
    "photo": ("", ("photo-caption",)),
    "video": ("", ("video-caption",)),
    "audio": ("", ("audio-caption",)),
    "answer": ("", ("question", "answer")),
}
_CREDIT = re.compile(  # whole lines that themes and old reblogs set; a blog's name is ASCII
    r"""[(（](?:via|source|转自)\b.{1,60}[)）]|(?:via|source|reblogged\ from|转自)\s*[:：].{1,60}
    |(?:via|reblogged\ from)\s+[\w-]{1,40}|posted\ .{1,30}\ ago""",
    re.IGNORECASE | re.VERBOSE | re.ASCII,
)
_NOTES = re.compile(r"\d[\d,]* notes?", re.IGNORECASE)
_POST_PATH = re.compile(r"/(?:post|image)/(\d+)(?:/|$)")
_LONGEST_TITLE = 40
_DEEPEST = 200  # of quotes within quotes


@dataclass(frozen=True, slots=True)
class Words:
    """A post's lines by whose they are. `root`: what the innermost quote repeats, by whom, at which address."""

    own: list[str]
    quoted: list[str]
    root: list[str]
    root_name: str = ""
    root_url: str = ""


def post_ref(post: Mapping[str, Any], page: Page, *, blog: str, source: str, outlet: str) -> ArticleRef | None:
    """The ref of one post; None for one without words. `blog`: the blog's short name, for the canonical address."""
    identity = post_identity(_text(post, "id"), blog, _text(post, "url"))
    if identity is None:
        return None
    if _text(post, "type") == "link" and (link := _text(post, "link-url")) and not refusal(link):
        return _linked(post, link, page, source)
    title, words = _read(post)
    if words.own or not (words.root or words.quoted):
        return _ref(identity, words.own, words.quoted, title, _published(post, page), page, source, outlet)
    name = words.root_name or _text(post, "reblogged-root-name")
    address = _text(post, "reblogged-root-url") or words.root_url
    root = post_identity(post_number(address), name, address)
    return _ref(root, words.root, [], title, None, page, source, name) if root else None


def post_number(address: str) -> str:
    """The number of the post at an address of any blog, on a domain of its own too; empty when it names none."""
    article_id = identify(address).article_id
    if article_id.startswith("tumblr:"):
        return article_id.removeprefix("tumblr:")
    found = None if refusal(address) else _POST_PATH.search(urlsplit(address).path)
    return found[1] if found else ""


def post_identity(number: str, blog: str, address: str) -> Identity | None:
    """By the number, which is one sequence for all blogs. Without the blog's name the address given is kept."""
    if not re.fullmatch(r"[0-9]{1,20}", number):
        return None
    name = blog.strip().lower()
    url = f"https://{name}.tumblr.com/post/{number}" if re.fullmatch(r"[a-z0-9-]+", name) else identify(address).url
    return Identity(f"tumblr:{number}", url)


def words_of(html: str) -> Words:
    """The paragraphs of a post's HTML, its own apart from those it reblogs."""
    return words_in(parse_html(html).body)


def words_in(node: LexborNode | None, drop: Collection[int] = ()) -> Words:
    """The same below an element of a page. `drop`: mem_ids of what is no text there."""
    lead, quote = _quote(node)
    if quote is None or lead is None:
        return Words(_without_credits(paragraphs(node, drop)), [], [])
    own = _without_credits(paragraphs(node, {*drop, lead.mem_id, quote.mem_id}))
    quoted = paragraphs(quote)
    for _ in range(_DEEPEST):
        inner_lead, inner = _quote(quote)
        if inner is None or inner_lead is None:
            break
        lead, quote = inner_lead, inner
    link = lead.css_first("a.tumblr_blog")
    href = (link.attributes.get("href") or "") if link is not None else ""
    return Words(own, quoted, _without_credits(paragraphs(quote)), text_of(link).rstrip(":"), href)


def _quote(node: LexborNode | None) -> tuple[LexborNode | None, LexborNode | None]:
    """The line that names whom a reblog quotes, and the quote behind it."""
    link = node.css_first("a.tumblr_blog") if node is not None else None
    lead = link.parent if link is not None else None
    following = lead.next if lead is not None else None
    while following is not None and not following.is_element_node:
        following = following.next
    return (lead, following) if following is not None and following.tag == "blockquote" else (None, None)


def _without_credits(lines: list[str]) -> list[str]:
    return [line for line in lines if not (_CREDIT.fullmatch(line) or _NOTES.fullmatch(line))]


def _read(post: Mapping[str, Any]) -> tuple[str, Words]:
    """Title and words of a post of any type but link."""
    kind = _text(post, "type")
    if kind == "conversation":
        return _text(post, "conversation-title"), Words(_conversation(post), [], [])
    title_field, fields = _FIELDS.get(kind, ("link-text", ("link-description",)))
    title = " ".join(html_paragraphs(_text(post, title_field))) if title_field else ""
    parts = [words_of(_text(post, field)) for field in fields if _text(post, field)]
    own = [line for part in parts for line in part.own]
    root = next((part for part in parts if part.root), Words([], [], []))
    if not root.root and (_text(post, "reblogged-root-url") or _text(post, "reblogged-from-url")):
        # An old reblog repeats a post without saying where it ends: all of it is the root's.
        return title, Words([], own, own, root_url=_text(post, "reblogged-from-url"))
    return title, replace(root, own=own, quoted=[line for part in parts for line in part.quoted])


def _conversation(post: Mapping[str, Any]) -> list[str]:
    rows = post.get("conversation")
    rows = rows if isinstance(rows, list) else []
    said = [(_text(row, "label") or _text(row, "name"), _text(row, "phrase")) for row in rows if isinstance(row, dict)]
    lines = [clean_text(f"{label.rstrip(':：')}：{phrase}" if label else phrase) for label, phrase in said if phrase]
    return lines or html_paragraphs(_text(post, "conversation-text").replace("\n", "<br>"))


def _linked(post: Mapping[str, Any], link: str, page: Page, source: str) -> ArticleRef:
    """The document that a link post names. When it was published is for its own page to say."""
    identity = identify(link)
    return ArticleRef(
        source=source,
        article_id=identity.article_id,
        url=identity.url,
        title=" ".join(html_paragraphs(_text(post, "link-text"))),
        summary=" ".join(html_paragraphs(_text(post, "link-description")))[:500],
        fetch_url=link if identity.url != link else "",
    )


def _ref(
    identity: Identity,
    lines: list[str],
    quoted: list[str],
    title: str,
    published: Published | None,
    page: Page,
    source: str,
    outlet: str,
) -> ArticleRef | None:
    ref = ArticleRef(source=source, article_id=identity.article_id, url=identity.url)
    # A post without a title is shown by its first words; they are its text all the same.
    is_shown_by = bool(title and lines) and lines[0].startswith(title.rstrip("….").rstrip())
    draft = Draft(lines, title="" if is_shown_by else title, published=published, kind="post", chrome=quoted)
    try:
        article = finish(draft, page, source=source, outlet=outlet, ref=ref)
    except NotAnArticle:
        return None
    article = replace(article, title=article.title or title or _first_words(article.text))
    return replace(
        ref,
        title=article.title,
        published_at=article.published_at,
        precision=article.precision,
        authors=article.authors,
        article=article,
    )


def _first_words(text: str) -> str:
    line = text.partition("\n")[0]
    return line if len(line) <= _LONGEST_TITLE else line[: _LONGEST_TITLE - 1] + "…"


def _published(post: Mapping[str, Any], page: Page) -> Published | None:
    """`unix-timestamp`, else `date-gmt`; `date` is the blog's own clock, of which the zone is not told."""
    stamp = _text(post, "unix-timestamp")
    if re.fullmatch(r"[1-9][0-9]{8,9}", stamp) and int(stamp) <= page.fetched_at.timestamp():
        return datetime.fromtimestamp(int(stamp), CHINA), "second"
    raw = _text(post, "date-gmt")
    return read_time(raw, now=page.fetched_at) if raw else None


def _text(row: Mapping[str, Any], name: str) -> str:
    value = row.get(name)
    return str(value).strip() if isinstance(value, str | int) and not isinstance(value, bool) else ""
