"""What outlets send, made fit for a database that takes only valid UTF-8 and real times.

Halves of surrogate pairs, which broken JSON brings, are joined or become �. A time without a zone, or one that leaves
the years 1 to 9999 when told in UTC, is no time.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from sources.article import Article, ArticleRef


def storable_text(text: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text


def storable_time(moment: datetime | None) -> datetime | None:
    if moment is None or moment.utcoffset() is None:
        return None
    try:
        moment.astimezone(UTC)
    except OverflowError:
        return None
    return moment


def storable_article(article: Article) -> Article:
    published = storable_time(article.published_at)
    return replace(
        article,
        article_id=storable_text(article.article_id),
        source=storable_text(article.source),
        outlet=storable_text(article.outlet),
        url=storable_text(article.url),
        title=storable_text(article.title),
        text=storable_text(article.text),
        authors=tuple(storable_text(author) for author in article.authors),
        published_at=published,
        precision=article.precision if published else "unknown",
        language=storable_text(article.language),
        byline=storable_text(article.byline),
        chrome=storable_text(article.chrome),
    )


def storable_ref(ref: ArticleRef) -> ArticleRef:
    published = storable_time(ref.published_at)
    return replace(
        ref,
        article_id=storable_text(ref.article_id),
        url=storable_text(ref.url),
        title=storable_text(ref.title),
        published_at=published,
        precision=ref.precision if published else "unknown",
        authors=tuple(storable_text(author) for author in ref.authors),
        summary=storable_text(ref.summary),
        fetch_url=storable_text(ref.fetch_url),
        article=storable_article(ref.article) if ref.article else None,
    )
