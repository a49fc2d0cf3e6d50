"""Several posts in one dump: mirrors of Tumblr blogs.

A line with the blog and its age opens a post, a count of notes closes it.

    Tumgik
    readonline · 20 days          header: blog, age (some themes: reblogged from another, two spaces for the dot)
    Link                          the kind of post
    …                             the post's own lines; often none
    0 notes                       footer
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from sources.dumps.furniture import fold
from sources.dumps.lines import weight

_UNIT = r"(?:seconds?|secs?|minutes?|mins?|hours?|hrs?|days?|weeks?|months?|years?|[smhdwy]|mos?)"
_AGE = rf"(?P<age>(?:\d{{1,4}}|an?|one) ?{_UNIT}(?: ago)?|just now|yesterday|\d+ ?(?:秒|分钟|小时|天|周|个?月|年)前)"
_BLOG = r"(?P<blog>[A-Za-z0-9](?:[\w-]|\.(?=\w)){0,62})"
_REBLOG = r"(?:\s+(?:reblogged(?: from)?|via|from|⟲|🔁|♻|←)\s+@?[\w.-]+)?(?:\s+follow)?"
_HEADER = re.compile(rf"^@?{_BLOG}{_REBLOG}(?P<sep>\s*[·•∙・|–—-]\s*|\s{{2,}}|\t|\s){_AGE}$", re.I)
_LONGEST_NOTES = 30
_NOTES = re.compile(r"^\d[\d.,]*\s?[km]? notes?$")
_SITES_WORDS = """
tumgik tumblr tumbex tumbral tumgir tumblr.com tumgik.com
"""
_SITES = frozenset(_SITES_WORDS.split())
_TYPES_WORDS = """
link photo photos photoset text quote chat audio video answer ask submission
"""
_TYPES = frozenset(_TYPES_WORDS.split())
_LONG = 200


@dataclass(slots=True)
class Post:
    """One post: its `blog` and `age` as printed, the `frame` of header, kind and footer lines, and its own `lines`."""

    blog: str = ""
    age: str = ""
    frame: list[str] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    closed: bool = False


@dataclass(frozen=True, slots=True)
class Mirror:
    """A dump taken apart: its posts, and the lines that belong to none (the site's name, the blog's description)."""

    posts: list[Post]
    around: list[str]


def split_posts(lines: Sequence[str]) -> Mirror | None:
    """The posts of a mirror dump, empty ones too; None when the dump is not one.

    It is one when headers and footers are both there, or two of either; a header with a single space for a separator
    counts only when its blog has another one.
    """
    headers = {index: match for index, line in enumerate(lines) if (match := _HEADER.match(line))}
    blogs = Counter(match["blog"].lower() for match in headers.values())
    headers = {i: m for i, m in headers.items() if m["sep"] != " " or blogs[m["blog"].lower()] > 1}
    footers = {index for index, line in enumerate(lines) if len(line) <= _LONGEST_NOTES and _NOTES.match(fold(line))}
    named = bool(lines) and fold(lines[0]) in _SITES
    if not (headers and footers) and max(len(headers), len(footers)) < (1 if named else 2):
        return None
    posts, current = [], Post()
    for index, line in enumerate(lines):
        if match := headers.get(index):
            posts.append(current)
            current = Post(blog=match["blog"], age=match["age"], frame=[line])
        elif index in footers:
            current.frame.append(line)
            current.closed = True
            posts.append(current)
            current = Post()
        elif not current.lines and fold(line) in _TYPES:
            current.frame.append(line)
        else:
            current.lines.append(line)
    posts.append(current)
    around: list[str] = []
    kept: list[Post] = []
    for post in posts:
        if post.blog or (post.closed and post.lines) or sum(map(weight, post.lines)) >= _LONG:
            kept.append(post)
        else:
            around += post.frame + post.lines
    return Mirror(kept, around)
