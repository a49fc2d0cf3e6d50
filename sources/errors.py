"""What can go wrong, typed by what to do next.

    TanmaError                     anything of ours; `exit_code` is what the command ends with
    ├── FetchError                 an address or a page did not give what was asked
    │   ├── RetryLater             time-out, reset, 429, 5xx: ask again, not before `retry_after`
    │   ├── Blocked                challenge, login wall, encrypted state, robots.txt: back off, tell ops, never solve it
    │   ├── Gone                   404, 410, tombstone of a withdrawn article: stop asking, keep what is stored
    │   ├── Broken                 too large, bad encoding, redirect loop, forbidden address: this address cannot be read
    │   ├── LayoutChanged          the page is there but not where its parser looks: mend the parser, page is tried again
    │   └── NotAnArticle           a list, a video, an advertisement, an empty post: nothing to store, nothing to mend
    │       └── Elsewhere          the page only points to its article: read `target` instead
    ├── ConfigError                a file of the user's is wrong: exit 2, one line a problem
    ├── WarehouseError             the database
    │   ├── WarehouseBusy          another run holds it: exit 3
    │   ├── SchemaTooNew           written by a newer Tanma: exit 2
    │   ├── WarehouseDamaged       not readable as our database: restore it
    │   ├── NotPublished           nothing to query yet: run once; exit 2
    │   └── QueryError             the user's SQL is wrong, or would write: exit 2
    └── ChannelError               a message did not arrive
        ├── ChannelBusy            rate limit, 5xx, time-out: send again, not before `retry_after`
        └── ChannelRefused         bad token, keyword, signature, unknown code: stop, a person must mend it

Messages name the thing, the place and the remedy. Secrets never stand in them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sources.article import Page


class TanmaError(Exception):
    """Base of every error that Tanma raises on purpose."""

    exit_code = 4


class FetchError(TanmaError):
    """An address or page that did not give what was asked. `status` is the word stored in frontier and fetches.

    `page`: what came with an error status, for a source that can tell from it what the status means.
    """

    exit_code = 1
    status = "broken"
    page: Page | None = None

    def __init__(self, message: str, *, url: str = "", http_status: int | None = None) -> None:
        super().__init__(message)
        self.url = url
        self.http_status = http_status


class RetryLater(FetchError):
    """Passing trouble. `retry_after`: the server's own wish, None if it named none."""

    status = "retry"

    def __init__(
        self,
        message: str,
        *,
        url: str = "",
        http_status: int | None = None,
        retry_after: timedelta | None = None,
    ) -> None:
        super().__init__(message, url=url, http_status=http_status)
        self.retry_after = retry_after


class Blocked(FetchError):
    """The outlet does not want to be read here and now. `marker` names what gave it away."""

    status = "blocked"

    def __init__(self, message: str, *, url: str = "", http_status: int | None = None, marker: str = "") -> None:
        super().__init__(message, url=url, http_status=http_status)
        self.marker = marker


class Gone(FetchError):
    """Withdrawn or never there."""

    status = "gone"


class Broken(FetchError):
    """This address cannot be read as it stands."""

    status = "broken"


class LayoutChanged(FetchError):
    """The parser did not find what it lives on."""

    status = "layout_changed"


class NotAnArticle(FetchError):
    """Well read, and there is no article in it."""

    status = "not_an_article"


class Elsewhere(NotAnArticle):
    """A page that only shares or links to an article. `target` is the article's address, http(s) and absolute."""

    def __init__(self, message: str, *, target: str, url: str = "") -> None:
        super().__init__(message, url=url)
        self.target = target


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong in a user's file. `line` counts from 1; None when the whole file is meant."""

    file: str
    line: int | None
    key: str
    message: str

    def __str__(self) -> str:
        where = self.file if self.line is None else f"{self.file}:{self.line}"
        return f"{where}: {self.key}: {self.message}" if self.key else f"{where}: {self.message}"


class ConfigError(TanmaError):
    """One or more problems in the user's files; str() has one line for each."""

    exit_code = 2

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = problems


class WarehouseError(TanmaError):
    """The database could not do what was asked; nothing was changed."""


class WarehouseBusy(WarehouseError):
    """Another run is writing."""

    exit_code = 3


class SchemaTooNew(WarehouseError):
    """The file was written by a newer Tanma."""

    exit_code = 2


class WarehouseDamaged(WarehouseError):
    """The file cannot be read as a Tanma warehouse."""


class NotPublished(WarehouseError):
    """There is no published file yet."""

    exit_code = 2


class QueryError(WarehouseError):
    """A query that cannot be answered; str() holds the database's own words."""

    exit_code = 2


class ChannelError(TanmaError):
    """A message did not reach its channel. `words` are the service's own."""

    def __init__(self, message: str, *, code: str = "", words: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.words = words


class ChannelBusy(ChannelError):
    """Not now; `retry_after` is the service's own wish, None if it named none."""

    def __init__(self, message: str, *, code: str = "", words: str = "", retry_after: timedelta | None = None) -> None:
        super().__init__(message, code=code, words=words)
        self.retry_after = retry_after


class ChannelRefused(ChannelError):
    """Never, until a person mends the channel or its settings."""
