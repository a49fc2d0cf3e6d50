"""What lists say of articles, as the frontier keeps it: several lists of a source may name the same article."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import replace
from urllib.parse import urlsplit, urlunsplit

from sources.article import Article, ArticleRef
from warehouse.storable import storable_ref, storable_text

# As sources/address.py judges what looks like a generated value: at least 24 letters and digits.
_GENERATED = re.compile(r"(?=[^\d]*\d)(?=[^A-Za-z]*[A-Za-z])[A-Za-z0-9_\-+=.%]{24,}")


def list_key(url: str) -> str:
    """What a list is kept under: its address without secrets, then 12 hex digits of the sha256 of the whole.

    The database is published, and the address of a private feed is its password. User name, password and fragment are
    left out, every value of the query and every part of the path that looks generated is blanked.
    """
    digest = hashlib.sha256(url.encode("utf-8", "surrogatepass")).hexdigest()[:12]
    try:
        parts = urlsplit(url)
    except ValueError:
        return digest
    path = "/".join("…" if _GENERATED.fullmatch(part) else part for part in parts.path.split("/"))
    query = "&".join(_blanked(pair) for pair in parts.query.split("&")) if parts.query else ""
    shown = urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], path if parts.netloc else "", query, ""))
    return storable_text(f"{shown[:300]} {digest}")


def _blanked(pair: str) -> str:
    name, equals, _ = pair.partition("=")
    return f"{name}=…" if equals else "…"


def unique(refs: Iterable[ArticleRef], source_id: str) -> list[tuple[int, str, ArticleRef]]:
    """(position, fingerprint as shown, ref) of each article that a list names, in its order and fit to be stored.

    An article that is named twice has its first place, and the better of its texts. The refs are `source_id`'s,
    whatever they call it: a ref that comes out of the frontier finds its row by that id.
    """
    first: dict[str, tuple[int, str, ArticleRef]] = {}
    for position, given in enumerate(refs):
        ref = storable_ref(replace(given, source=source_id))
        if ref.article_id in first:
            place, shown, before = first[ref.article_id]
            first[ref.article_id] = place, shown, merged(ref, before, same_list=True)
        else:
            first[ref.article_id] = position, ref.fingerprint, ref
    return list(first.values())


def merged(old: ArticleRef, new: ArticleRef, *, same_list: bool) -> ArticleRef:
    """What the newer ref says, with all that only the older one knew: a list without texts takes none away."""
    return replace(
        new,
        title=new.title or old.title,
        published_at=new.published_at or old.published_at,
        precision=new.precision if new.published_at else old.precision,
        authors=new.authors or old.authors,
        summary=new.summary or old.summary,
        article=new.article if same_list and _elsewhere(old, new) else max(new.article, old.article, key=_worth),
    )


def _elsewhere(old: ArticleRef, new: ArticleRef) -> bool:
    """Whether the newer ref says that the whole is to be read at another place now, where the older text is not all."""
    return bool(new.article and new.fetch_url and new.fetch_url != old.fetch_url)


def is_better(new: Article | None, old: Article | None) -> bool:
    """Whether a list now brings more of a text than was known: a part where there was none, or the whole."""
    return _worth(new)[0] > _worth(old)[0]


def _worth(article: Article | None) -> tuple[int, int]:
    """Nothing, a part (the longer the better), the whole (of which the last one counts)."""
    if article is None:
        return 0, 0
    return (1, len(article.text)) if article.kind == "partial" else (2, 0)
