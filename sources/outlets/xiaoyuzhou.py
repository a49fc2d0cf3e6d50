"""小宇宙: the pages of episodes and shows. Facts: outlets.md §6.

An episode's page has shownotes and no spoken word; paid and private episodes show no more and no less. A show's page
names its fifteen newest episodes with their shownotes, and is no article.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from sources.address import redact
from sources.article import Page
from sources.blocks import clean_text, html_paragraphs, paragraphs, text_of
from sources.document import Document
from sources.draft import Draft
from sources.errors import Gone, LayoutChanged, NotAnArticle
from sources.identity import same_site
from sources.jsontext import read_json
from sources.layout import Layout, first_layout
from sources.metadata import Published, meta
from sources.outlets.shownotes import host_names, show_name, split_notes
from sources.times import id_time, read_time

SOURCE = "podcast"
OUTLET = "小宇宙"
WORDED = False  # shownotes may be a line, or missing
_SITE = "xiaoyuzhoufm.com"
_NEXT = "script#__NEXT_DATA__"
_SCHEMA = 'script[name="schema:podcast-show"]'
_NOTES = (".sn-content article", ".sn-content", 'section[aria-label*="show notes" i] article')
_SHOW_LINKS = (".podcast-title a", 'a[href^="/podcast/"].name', 'a[href^="/podcast/"]')
# "{episode} - {show} | 小宇宙 - 听播客，上小宇宙"
_TITLE = re.compile(r"(?P<episode>.+) - (?P<show>[^|]+?)\s*\|\s*小宇宙.*")
_LONGEST_TITLE = 400
_ERROR_PAGES = frozenset({"/404", "/_error", "/500"})
_EID = re.compile(r"[0-9a-f]{24}")


@dataclass(frozen=True, slots=True)
class ShowPage:
    """A show's page: its usual name and its newest episodes, newest first as the page has them."""

    name: str
    episodes: list[Draft]


def knows(doc: Document) -> bool:
    """Whether this is a page of xiaoyuzhoufm.com, saved ones included."""
    if same_site(doc.url, _SITE):
        return True
    if _SITE.encode() not in doc.page.body:
        return False
    return same_site(doc.address, _SITE) or doc.tree.css_first(_SCHEMA) is not None


def read(doc: Document) -> Draft:
    """The shownotes of an episode. Raises NotAnArticle for a show's page and all others, Gone for a missing episode,
    LayoutChanged for an episode's page without one."""
    draft = first_layout(doc, LAYOUTS)
    if draft is not None:
        return draft
    url = doc.url or doc.address
    shown = redact(url)
    if _next(doc).get("page") in _ERROR_PAGES:
        raise Gone("小宇宙 has no such episode", url=shown)
    if "/episode/" in _path(url):
        raise LayoutChanged(
            "a 小宇宙 episode with neither __NEXT_DATA__, schema:podcast-show nor .sn-content", url=shown
        )
    raise NotAnArticle("a 小宇宙 page that is no episode", url=shown)


def read_show(doc: Document) -> ShowPage:
    """The episodes that a show's page names. Raises LayoutChanged when the page has no list of them."""
    show = _props(doc).get("podcast")
    rows = show.get("episodes") if isinstance(show, dict) else None
    if not isinstance(show, dict) or not isinstance(rows, list):
        raise LayoutChanged("a 小宇宙 show without `episodes` in its __NEXT_DATA__", url=redact(doc.url))
    drafts = [_draft(row, show, doc.page) for row in rows if isinstance(row, dict) and row.get("title")]
    if rows and not drafts:
        raise LayoutChanged(f"none of the {len(rows)} episodes of a 小宇宙 show has a title", url=redact(doc.url))
    return ShowPage(show_name(_text(show, "title")), drafts)


# -- layouts ----------------------------------------------------------------------------------------------------------


def _from_state(doc: Document) -> Draft | None:
    episode = _props(doc).get("episode")
    if not isinstance(episode, dict) or not _text(episode, "title"):
        return None
    show = episode.get("podcast")
    return _draft(episode, show if isinstance(show, dict) else {}, doc.page)


def _from_schema(doc: Document) -> Draft | None:
    """Its description is plain text and may be cut, so the shown notes come first."""
    schema = _json(doc, _SCHEMA)
    if schema.get("@type") != "PodcastEpisode":
        return None
    series = schema.get("partOfSeries")
    show = show_name(_text(series, "name")) if isinstance(series, dict) else ""
    url = _text(schema, "url")
    lines, chrome = split_notes(_shown(doc) or _lines(_text(schema, "description", whole=True)))
    return Draft(
        lines=lines,
        title=_text(schema, "name"),
        outlet=show,
        published=_published(_text(schema, "datePublished"), url, doc.page),
        url=url if same_site(url, _SITE) else "",
        chrome=chrome,
    )


def _from_dom(doc: Document) -> Draft | None:
    notes = _shown(doc)
    if not notes:
        return None
    tree = doc.tree
    node = tree.css_first("title")
    named = _TITLE.fullmatch(clean_text(node.text())[:_LONGEST_TITLE]) if node else None
    link = next((text for at in _SHOW_LINKS if (text := text_of(tree.css_first(at)))), "")
    lines, chrome = split_notes(notes)
    stamp = tree.css_first("time[datetime]")
    raw = (stamp.attributes.get("datetime") or "") if stamp else ""
    return Draft(
        lines=lines,
        title=text_of(tree.css_first("h1")) or (named["episode"] if named else meta(tree, "og:title")),
        outlet=show_name(link or (named["show"] if named else "")),
        published=_published(raw, doc.url or doc.address, doc.page),
        url=doc.address if same_site(doc.address, _SITE) else "",
        chrome=chrome,
    )


LAYOUTS: tuple[Layout, ...] = (
    Layout("__NEXT_DATA__ episode", _from_state),
    Layout("schema:podcast-show", _from_schema),
    Layout(".sn-content", _from_dom),
)


def _draft(episode: Mapping[str, Any], show: Mapping[str, Any], page: Page) -> Draft:
    name = show_name(_text(show, "title"))
    eid = _text(episode, "eid")
    url = f"https://www.{_SITE}/episode/{eid}" if _EID.fullmatch(eid) else ""
    notes = html_paragraphs(_text(episode, "shownotes", whole=True))
    lines, chrome = split_notes(notes or _lines(_text(episode, "description", whole=True)))
    people = show.get("podcasters")
    nicknames = [_text(one, "nickname") for one in people if isinstance(one, dict)] if isinstance(people, list) else []
    return Draft(
        lines=lines,
        title=_text(episode, "title"),
        outlet=name,
        authors=host_names([*filter(None, nicknames)] or [_text(show, "author")], name),
        published=_published(_text(episode, "pubDate"), url or page.final_url or page.url, page),
        url=url,
        chrome=chrome,
    )


def _published(raw: str, url: str, page: Page) -> Published | None:
    if raw and (found := read_time(raw, now=page.fetched_at)):
        return found
    made = id_time(f"xiaoyuzhou:{_path(url).rpartition('/')[2]}")
    return (made, "day") if made else None  # the id is as old as the draft


def _shown(doc: Document) -> list[str]:
    return next((lines for at in _NOTES if (lines := paragraphs(doc.tree.css_first(at)))), [])


def _lines(text: str) -> list[str]:
    return [line for raw in text.splitlines() if (line := clean_text(raw))]


def _props(doc: Document) -> dict[str, Any]:
    props = _next(doc).get("props")
    inner = props.get("pageProps") if isinstance(props, dict) else None
    return inner if isinstance(inner, dict) else {}


def _next(doc: Document) -> dict[str, Any]:
    return _json(doc, _NEXT)


def _json(doc: Document, selector: str) -> dict[str, Any]:
    node = doc.tree.css_first(selector)
    try:
        value = read_json(node.text()) if node is not None else None
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _text(row: Mapping[str, Any], key: str, *, whole: bool = False) -> str:
    """A text of the state: on one line, or `whole` as it stands."""
    value = row.get(key)
    if not isinstance(value, str):
        return ""
    return value if whole else clean_text(value)


def _path(url: str) -> str:
    try:
        return urlsplit(url).path.rstrip("/")
    except ValueError:
        return ""
