"""What a scan gives back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

How = Literal["name", "alias", "homophone", "near"]
Role = Literal["title", "body", "speaker", "byline", "chrome"]

ALERTING_ROLES: frozenset[Role] = frozenset({"title", "body", "speaker"})


@dataclass(frozen=True, slots=True)
class Mention:
    """A tracked name where it stands.

    `start_char` and `end_char` count characters of the article's text, and the slice equals `surface`. Both are None
    for a mention that stands outside the text: in the title, in a byline or chrome that was taken out of it.
    `snippet` is the sentence around it, at most about 120 characters; `reason` says in words why it counts. `central`:
    the article is about this name, not only passing by it; the same for all mentions of an entity in an article.
    """

    entity_id: str
    surface: str
    start_char: int | None
    end_char: int | None
    how: How
    confidence: float
    role: Role
    snippet: str
    reason: str
    central: bool = False


@dataclass(frozen=True, slots=True)
class Rejection:
    """A string that looked like a tracked name and does not count; `reason` says why."""

    entity_id: str
    surface: str
    start_char: int | None
    end_char: int | None
    role: Role
    reason: str


@dataclass(frozen=True, slots=True)
class Findings:
    """All that one article gave, in reading order: title, text, byline, chrome."""

    mentions: tuple[Mention, ...]
    rejections: tuple[Rejection, ...]
