"""Every answer of a web server classified: by status, headers and content, to what is to be done next."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from sources.address import redact
from sources.article import Page, Validators
from sources.challenge import challenge
from sources.errors import Blocked, Broken, FetchError, Gone, RetryLater
from sources.wire import Answer

REDIRECTS = frozenset({301, 302, 303, 307, 308})
_LONGEST_WISH = timedelta(days=30)  # what a server can ask of us at most with Retry-After
_HTML = ("text/html", "application/xhtml+xml")


@dataclass(frozen=True, slots=True)
class Unchanged:
    """The address holds what it held when its validators were stored."""

    url: str
    fetched_at: datetime


@dataclass(frozen=True, slots=True)
class Redirect:
    """Another address was named. `location` is the header's bytes as they came."""

    location: bytes


def judge(answer: Answer, asked: str, url: str, validators: Validators, now: datetime) -> Page | Unchanged | Redirect:
    """What an answer means. `asked` is the address the caller named, `url` the logical one that answered.

    Raises RetryLater (408, 421, 425, 429, 5xx), Blocked (401, 403, challenge of any status), Gone (404, 410, 451) and
    Broken (everything else that is no content).
    """
    status = answer.status
    if status == 304 and (validators.etag or validators.last_modified):
        return Unchanged(asked, now)
    location = next((value for name, value in answer.headers.raw if name.lower() == b"location"), b"")
    if status in REDIRECTS and location:
        return Redirect(location)
    page = Page(
        url=asked,
        body=answer.body,
        fetched_at=now,
        final_url=url,
        status=status,
        content_type=answer.headers.get("content-type", ""),
        validators=Validators(
            etag=answer.headers.get("etag", ""),
            last_modified=answer.headers.get("last-modified", ""),
            body_hash=hashlib.sha256(answer.body).hexdigest() if status == 200 else "",
        ),
    )
    if status == 200 and page.validators.body_hash == validators.body_hash:
        return Unchanged(asked, now)
    if marker := _challenged(answer, page):
        shown = redact(url)
        raise Blocked(
            f"{shown} answered with a challenge ({marker}); it is left alone for now",
            url=shown,
            http_status=status,
            marker=marker,
        )
    if status != 200:
        error = _refused(answer, url, now)
        error.page = page
        raise error
    return page


def _challenged(answer: Answer, page: Page) -> str | None:
    if answer.headers.get("cf-mitigated", "").lower() == "challenge":
        return "cloudflare"
    if answer.headers.get("x-amzn-waf-action", "").lower() in ("challenge", "captcha"):
        return "aws-waf"
    may_be = page.status in (200, 401, 403, 429, 503)
    html = page.content_type.split(";")[0].strip().lower() in (*_HTML, "")
    return challenge(page) if may_be and html and page.body else None


def _refused(answer: Answer, url: str, now: datetime) -> FetchError:
    status, shown = answer.status, redact(url)
    if status in (408, 421, 425, 429) or status >= 500:
        wish = retry_after(answer.headers.get("retry-after", ""), now)
        why = "asks for fewer requests" if status == 429 else "has passing trouble"
        return RetryLater(f"{shown} {why} (HTTP {status})", url=shown, http_status=status, retry_after=wish)
    if status in (401, 403):
        return Blocked(
            f"{shown} refuses to be read (HTTP {status})", url=shown, http_status=status, marker=f"http-{status}"
        )
    if status in (404, 410, 451):
        return Gone(f"{shown} is not there (HTTP {status})", url=shown, http_status=status)
    return Broken(f"{shown} answered HTTP {status}, which holds no page", url=shown, http_status=status)


def retry_after(header: str, now: datetime) -> timedelta | None:
    """The wait a Retry-After asks for, in seconds or as an HTTP date (RFC 9110, 10.2.3); None when it says neither."""
    header = header.strip()
    if header.isascii() and header.isdigit():
        return min(timedelta(seconds=int(header[:9])), _LONGEST_WISH)
    until = http_date(header)
    return None if until is None else min(max(until - now, timedelta()), _LONGEST_WISH)


def http_date(header: str) -> datetime | None:
    """A moment as HTTP headers have it (RFC 9110, 5.6.7); None for what is none."""
    try:
        moment = parsedate_to_datetime(header)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
