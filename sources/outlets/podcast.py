"""A podcast: its feed or its page on 小宇宙 for the episodes and their shownotes, transcripts where there are any.

Facts: outlets.md §6. An episode is one article: its shownotes, and below them what was said as soon as its feed names a
transcript that can be read. Until then, and when the transcript turns out to be none, the shownotes stand alone.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from difflib import get_close_matches
from types import MappingProxyType
from typing import ClassVar

from sources.address import redact, refusal
from sources.article import Article, ArticleRef, Page
from sources.charset import decode
from sources.document import Document
from sources.draft import finish, language_of
from sources.errors import Gone, LayoutChanged, NotAnArticle
from sources.feeds import is_feed, read_feed
from sources.guard import typed_errors
from sources.identity import identify, same_site
from sources.outlets import xiaoyuzhou
from sources.outlets.pages import read_page
from sources.outlets.podcast_feed import Episode, PodcastFeed, read_podcast
from sources.outlets.shownotes import host_names, show_name, split_notes, with_guests
from sources.source import ListAddress, Option, Source, Spec
from sources.tombstones import raise_if_refused
from sources.transcripts import looks_like_page, read_transcript

_SHOW_PAGE = "https://www.xiaoyuzhoufm.com/podcast/{}"
_PID = re.compile(r"(?:https?://(?:www\.)?xiaoyuzhoufm\.com/podcast/)?([0-9a-f]{24})/?(?:\?.*)?")
_TEASER = re.compile(r"(?:…|\.{3})\W*$")
_LEAST_SAID = 20  # characters; what says less is a notice


@dataclass(frozen=True, slots=True)
class Show:
    """A podcast that is known by name. `pid` is its id on 小宇宙, `hosts` stand in where an episode names nobody."""

    name: str
    spellings: tuple[str, ...]
    feed: str
    pid: str
    hosts: tuple[str, ...] = ()


SHOWS = (
    Show(
        "张小珺商业访谈录",
        ("张小珺Jùn｜商业访谈录", "张小珺Jun商业访谈录", "商业访谈录", "张小珺"),
        "https://feed.xyzfm.space/dk4yh3pkpjp3",
        "626b46ea9cbbf0451cf5a962",
        ("张小珺",),
    ),
    Show(
        "晚点聊LateTalk", ("晚点聊", "LateTalk"), "https://feeds.fireside.fm/latetalk/rss", "61933ace1b4320461e91fd55"
    ),
    Show("硅谷101", ("硅谷101播客", "sv101"), "https://feeds.fireside.fm/sv101/rss", "5e5c52c9418a84a04625e6cc"),
    Show(
        "科技早知道",
        ("What's Next｜科技早知道", "What's Next"),
        "https://feeds.fireside.fm/guiguzaozhidao/rss",
        "5e74b52c418a84a046ecaceb",
    ),
)


class Podcast(Source):
    """One podcast, named by one of three keys."""

    spec: ClassVar[Spec] = Spec(
        use="podcast",
        outlet="",
        about="a podcast: shownotes, and transcripts where its feed names them",
        every=timedelta(hours=1),
        options=MappingProxyType(
            {
                "show": Option(f"a podcast known by name: {'、'.join(show.name for show in SHOWS)}", default=""),
                "feed": Option("address of any podcast's RSS", default=""),
                "xiaoyuzhou": Option("id or address of a show on 小宇宙, read from its page", default=""),
            }
        ),
    )

    def __init__(self, id: str = "", outlet: str = "", **options: object) -> None:
        """Raises ValueError when not exactly one podcast is named, or one that cannot be."""
        super().__init__(id, outlet, **options)
        named = {key: value for key, given in self.options.items() if (value := str(given or "").strip())}
        if len(named) != 1:
            raise ValueError("name the podcast by one of `show`, `feed` and `xiaoyuzhou`")
        ((key, value),) = named.items()
        self._list, show = _PLACES[key](value)
        self._hosts = show.hosts if show else ()
        self.outlet = outlet or (show.name if show else "")

    def lists(self, now: datetime) -> Sequence[ListAddress]:
        return (ListAddress(self._list),)

    def discover(self, page: Page) -> list[ArticleRef]:
        """The episodes of a feed or of a show's page on 小宇宙."""
        shown = redact(page.final_url or page.url)
        with typed_errors(f"the podcast {shown}", shown):
            if same_site(page.final_url or page.url, "xiaoyuzhoufm.com") and not is_feed(_text(page)):
                return self._from_show_page(page)
            feed = read_podcast(page)
            refs = read_feed(feed.page, source=self.id, outlet=self.outlet)
            return [self._episode(ref, feed) for ref in refs]

    def parse(self, page: Page, ref: ArticleRef) -> Article:
        """The shownotes with the transcript below them; of an episode without one, what its page shows.

        A transcript that cannot be read is LayoutChanged, Blocked or Broken, never Gone: the episode is still there.
        """
        if not _names_transcript(ref):
            return with_guests(read_page(page, source=self.id, outlet=self.outlet, ref=ref))
        shown = redact(page.final_url or page.url)
        with typed_errors(f"the transcript {shown}", shown):
            return self._with_transcript(_said(page, shown), ref, shown)

    def _from_show_page(self, page: Page) -> list[ArticleRef]:
        doc = Document(page)
        raise_if_refused(doc)
        refs = []
        for draft in xiaoyuzhou.read_show(doc).episodes:
            identity = identify(draft.url)
            draft.outlet = self.outlet or draft.outlet
            published, precision = draft.published or (None, "unknown")
            ref = ArticleRef(
                source=self.id,
                article_id=identity.article_id,
                url=identity.url,
                title=draft.title,
                published_at=published,
                precision=precision,
                authors=draft.authors or self._hosts,
            )
            try:
                article = with_guests(finish(draft, page, source=self.id, ref=ref))
            except NotAnArticle:  # no shownotes; its page may have some by the time it is read
                refs.append(ref)
                continue
            refs.append(replace(ref, article=replace(article, outlet=draft.outlet), summary=article.text[:500]))
        return refs

    def _episode(self, ref: ArticleRef, feed: PodcastFeed) -> ArticleRef:
        """A ref as a podcast's: the show is the outlet whoever produced it, the hosts are its authors."""
        told = feed.episodes.get(ref.article_id, Episode())
        outlet = self.outlet or show_name(feed.title)
        hosts = told.hosts or host_names(ref.authors, outlet) or self._hosts or host_names(feed.authors, outlet)
        notes = ref.article
        if notes is not None:
            notes = _as_notes(replace(notes, outlet=outlet or notes.outlet, authors=hosts))
        if not told.transcript:
            return replace(ref, article=notes, authors=hosts)
        partial = replace(notes, kind="partial") if notes is not None else None
        return replace(ref, article=partial, authors=hosts, fetch_url=told.transcript)

    def _with_transcript(self, said: list[str], ref: ArticleRef, shown: str) -> Article:
        if sum(map(len, said)) < _LEAST_SAID:
            raise LayoutChanged(f"{shown}: a transcript of a few characters", url=shown)
        notes = ref.article
        text = "\n".join([*([notes.text] if notes else []), *said])
        if notes is not None:
            return replace(notes, source=self.id, kind="transcript", text=text, language=language_of(text))
        return Article(
            article_id=ref.article_id,
            source=self.id,
            outlet=self.outlet,
            kind="transcript",
            url=ref.url,
            title=ref.title,
            text=text,
            authors=ref.authors,
            published_at=ref.published_at,
            precision=ref.precision,
            language=language_of(text),
        )


def _as_notes(article: Article) -> Article:
    """Shownotes are whole however short they are, unless they end like a teaser; the lists of apps go out of them."""
    lines, apps = split_notes(article.text.split("\n"))
    whole = article.kind == "partial" and not _TEASER.search(article.text)
    notes = replace(
        article,
        kind="article" if whole else article.kind,
        text="\n".join(lines),
        chrome="\n".join([*filter(None, [article.chrome]), *apps]),
    )
    return with_guests(notes)


def _names_transcript(ref: ArticleRef) -> bool:
    """Whether the ref's own address is not what is fetched for it."""
    return bool(ref.fetch_url) and identify(ref.fetch_url).article_id != ref.article_id


def _said(page: Page, shown: str) -> list[str]:
    """The paragraphs of a transcript; its absence, in whatever words, is LayoutChanged."""
    text = _text(page)
    if looks_like_page(text):
        doc = Document(page, text)
        try:
            raise_if_refused(doc, doc.lines)
        except Gone as error:
            raise LayoutChanged(f"{shown}: instead of a transcript: {error}", url=shown) from error
    try:
        return read_transcript(text, page.content_type)
    except LayoutChanged as error:
        raise LayoutChanged(f"{shown}: {error}", url=shown) from error


def _text(page: Page) -> str:
    return decode(page.body, page.content_type)


# -- how a podcast is named -------------------------------------------------------------------------------------------


def _by_name(value: str) -> tuple[str, Show | None]:
    spelled = {_folded(name): show for show in SHOWS for name in (show.name, *show.spellings)}
    show = spelled.get(_folded(value))
    if show is None:
        near = get_close_matches(_folded(value), spelled, 1)
        hint = f"did you mean {spelled[near[0]].name}? " if near else ""
        known = "、".join(show.name for show in SHOWS)
        raise ValueError(f"show: {hint}known by name are {known}; name any other by `feed`, the address of its RSS")
    return show.feed, show


def _by_feed(value: str) -> tuple[str, Show | None]:
    if reason := refusal(value):
        raise ValueError(f"feed: expected the address of the podcast's RSS ({reason})")
    return value, next((show for show in SHOWS if identify(show.feed) == identify(value)), None)


def _by_pid(value: str) -> tuple[str, Show | None]:
    match = _PID.fullmatch(value)
    if match is None:
        raise ValueError(
            "xiaoyuzhou: expected the 24 digits and letters of the show's address, "
            "https://www.xiaoyuzhoufm.com/podcast/…"
        )
    return _SHOW_PAGE.format(match[1]), next((show for show in SHOWS if show.pid == match[1]), None)


_PLACES = MappingProxyType({"show": _by_name, "feed": _by_feed, "xiaoyuzhou": _by_pid})


def _folded(name: str) -> str:
    return re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", name)).casefold()
