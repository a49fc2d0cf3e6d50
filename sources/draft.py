"""From what a layout found on a page to an Article: furniture trimmed, credits split off, kind and identity decided."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from sources.address import redact
from sources.article import Article, ArticleRef, Kind, Page, Precision, content_key
from sources.blocks import clean_text, html_paragraphs
from sources.bylines import is_label, outlet_name, split_byline
from sources.errors import Broken, LayoutChanged, NotAnArticle
from sources.furniture import trim
from sources.identity import Identity, identify
from sources.metadata import Published
from sources.speakers import speakers
from sources.times import GRACE, id_time

_ROUNDS = 3
_MOST_ARTICLE = 2_000_000  # characters; what is longer is a dump or a trap, and every later step would pay for it
_TAG = re.compile(r"</?[a-z][^<>]{0,200}>", re.IGNORECASE)
_LEAST_ARTICLE = 20  # characters; newsflashes and posts may say less, the body of an article does not
_MOST_BEHIND = 0.2
_PERSON = re.compile(r"作者|编辑|責編|责编|记者|撰文|撰稿|采写|授权|^[【（(]?文\s*[|｜丨/／：:]", re.IGNORECASE)
# How long after the written moment its words may still mean.
_SPAN: dict[Precision, timedelta] = {
    "second": timedelta(minutes=1),
    "minute": timedelta(minutes=1),
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
    "month": timedelta(days=31),
    "year": timedelta(days=366),
    "unknown": timedelta(days=366),
}
_LETTERS = re.compile(r"[^\W\d_]+")
_JAPANESE_OR_KOREAN = re.compile("[\u3041-\u30fa\u30fc-\u30ff\uac00-\ud7af]")
_OWN_LETTERS = {
    "ja": re.compile("[\u3041-\u309f\u30a1-\u30fa\u30fc-\u30ff]+"),  # 30FB is the dot of foreign names in Chinese, too
    "ko": re.compile("[\uac00-\ud7af]+"),
    "zh": re.compile("[\u3400-\u9fff]+"),
}
# What stands where a name should when there is none.
_NOBODY = re.compile(
    r"原创|佚名|匿名|未知|不详|admin|(?:本站|网络|互联网|网上|综合)(?:原创|整理|综合|转载|采编|编辑|资料)?",
    re.IGNORECASE,
)


@dataclass(slots=True)
class Draft:
    """A page as its layout read it. `lines`: the body's paragraphs, credits and furniture still among them.

    `identity` when the page itself names its id (WeChat's numbers); else it comes from `url`, the page's own address.
    `links`: the texts of the body's links. `headed`: the title stands above the text; False where it is the first words
    of the text, as a post's.
    """

    lines: list[str]
    title: str = ""
    outlet: str = ""
    authors: tuple[str, ...] = ()
    published: Published | None = None
    kind: Kind = "article"
    url: str = ""
    identity: Identity | None = None
    links: frozenset[str] = frozenset()
    headed: bool = True
    chrome: list[str] = field(default_factory=list)


def finish(
    draft: Draft, page: Page, *, source: str, outlet: str = "", ref: ArticleRef | None = None, layout: str = ""
) -> Article:
    """The Article. `outlet` and `ref` fill in what the page does not say.

    `layout` names the rule that found the body on an article's page of an outlet whose articles always have words.
    Raises LayoutChanged when an article has fewer than 20 characters there, NotAnArticle when no text is left elsewhere,
    Broken for a text of more than two million.
    """
    url = redact(page.final_url or page.url)
    if (length := sum(map(len, draft.lines))) > _MOST_ARTICLE:
        raise Broken(f"{length:,} characters of text, at most {_MOST_ARTICLE:,} are one article's", url=url)
    title = _title(draft.title) or (ref.title if ref else "")
    body = _body(draft.lines, title if draft.headed else "", draft.links)
    text = "\n".join(body.lines)
    count = sum(map(len, text.split()))
    if layout and draft.kind == "article" and count < _LEAST_ARTICLE:
        raise LayoutChanged(
            f"{layout}: only {count} characters of text in the body of {title or 'the page'}: look at its layout",
            url=url,
        )
    if not text:
        raise NotAnArticle(f"no text in the body of {title or 'the page'}", url=url)
    identity = draft.identity or _identity(draft, page, ref, text)
    published, precision = _time(draft, ref, identity.article_id, page.fetched_at)
    kind: Kind = "interview" if draft.kind == "article" and speakers(text) else draft.kind
    return Article(
        article_id=identity.article_id,
        source=source,
        outlet=outlet_name(draft.outlet) or body.outlet or outlet or _host(identity.url),
        kind=kind,
        url=identity.url,
        title=title,
        text=text,
        authors=_names(body.authors, draft.authors, ref.authors if ref else ()),
        published_at=published,
        precision=precision,
        language=language_of(text),
        byline="\n".join(body.byline),
        chrome="\n".join([*draft.chrome, *body.chrome]),
    )


def _title(raw: str) -> str:
    """On one line. Some pages put their headline with its tags, escaped, into the head."""
    return " ".join(html_paragraphs(raw)) if _TAG.search(raw) else clean_text(raw)


def language_of(text: str) -> str:
    """`zh` when at least a tenth of the letters are Chinese, `ja` and `ko` by their own letters, else `en`."""
    start = text[:5000]
    # Nearly all texts are Chinese, and the fifth part of their beginning says so.
    if not _JAPANESE_OR_KOREAN.search(start) and _count(_OWN_LETTERS["zh"], start[:1000]) > 0.1 * len(start):
        return "zh"
    letters = _count(_LETTERS, start)
    if not letters:
        return "zh"
    for code, own in _OWN_LETTERS.items():
        if _count(own, start) >= 0.1 * letters:
            return code
    return "en"


def _count(runs: re.Pattern[str], text: str) -> int:
    return sum(map(len, runs.findall(text)))


@dataclass(slots=True)
class _Body:
    lines: list[str]
    authors: tuple[str, ...] = ()
    outlet: str = ""
    byline: list[str] = field(default_factory=list)
    chrome: list[str] = field(default_factory=list)


def _body(lines: list[str], title: str, links: frozenset[str]) -> _Body:
    """Credits hide behind furniture and furniture behind credits, so both are taken off until nothing comes off."""
    body = _Body(list(lines))
    prose: frozenset[str] = frozenset()
    for _ in range(_ROUNDS):
        byline = split_byline(body.lines, prose)
        prose |= byline.prose
        behind = _behind_credits(body.lines, byline.lines)
        rest = byline.rest[: len(byline.rest) - len(behind)]
        trimmed = trim(rest, title=title, links=links)
        body.byline += byline.lines
        body.chrome += [*trimmed.head, *trimmed.tail, *behind]
        body.authors = body.authors or tuple(byline.authors)
        if not re.search(r"[、，,/]", byline.outlet) and not _NOBODY.fullmatch(byline.outlet):
            body.outlet = body.outlet or byline.outlet
        if len(trimmed.lines) == len(body.lines):
            break
        body.lines = list(trimmed.lines)
    if body.lines:
        body.lines[-1] = re.sub(r"(?<=.)\s*[（(]\s*完\s*[)）]$", "", body.lines[-1])
    return body


def _behind_credits(lines: list[str], taken: tuple[str, ...]) -> list[str]:
    """What follows the credits at the foot and is none: the account's own notices, as long as it is little."""
    signed = {line for line in taken if _PERSON.search(line)}
    last = next((at for at in range(len(lines) - 1, 0, -1) if lines[at] in signed), 0)
    behind = [line for line in lines[last + 1 :] if line not in taken] if last > len(lines) / 2 else []
    return behind if sum(map(len, behind)) <= _MOST_BEHIND * sum(map(len, lines)) else []


def _identity(draft: Draft, page: Page, ref: ArticleRef | None, text: str) -> Identity:
    """What the list said, else the page's own address, else the one it was asked for, else its words."""
    if ref is not None:  # a page with another site's canonical link is still what was listed
        return Identity(ref.article_id, ref.url)
    address = draft.url or page.final_url or page.url
    return identify(address) if address else Identity(f"text:{content_key(text)[:16]}", "")


def _time(draft: Draft, ref: ArticleRef | None, article_id: str, now: datetime) -> tuple[datetime | None, Precision]:
    """What the page says, else the list, else the id; never ahead of `now`, never before the id was made.

    What lies ahead by no more than clocks and time zones differ was published now; what lies further ahead is no time.
    """
    listed = (ref.published_at, ref.precision) if ref and ref.published_at else None
    made = id_time(article_id)
    for at, precision in (one for one in (draft.published, listed) if one):
        if at > now + GRACE:
            continue
        if made is not None and at + _SPAN[precision] < made:
            break
        return min(at, now), precision
    return (made, "day") if made is not None and made <= now else (None, "unknown")


def _names(*groups: tuple[str, ...]) -> tuple[str, ...]:
    """The first group that names anybody, each name once; roles and words of buttons are nobody."""
    cleaned = (map(clean_text, group) for group in groups)
    people = ([name for name in group if not is_label(name) and not _NOBODY.fullmatch(name)] for group in cleaned)
    return next((tuple(dict.fromkeys(names)) for names in people if names), ())


def _host(url: str) -> str:
    return (urlsplit(url).hostname or "").removeprefix("www.")
