"""Text from a page made harmless, and cut to measure. Pure.

Chat services turn parts of a text into acts: they call people (@all, @所有人, <at …>, <!channel>), make links of
anything that looks like one, and read markup. Most know no way of escaping, and each reads other signs. So the signs
that start such an act are replaced by their full-width twins, which every service shows as plain text and a reader of
Chinese hardly notices: ＠ ＜ ＞ ［ ］. What was written stays readable, and nothing of it works.
"""

from __future__ import annotations

import html
import re
import unicodedata
from urllib.parse import quote, urlsplit

from flows.channels.message import Form, Limit

ELLIPSIS = "…"
HTML_FORMS = frozenset({"telegram", "mail"})
PLAIN_FORMS = frozenset({"terminal", "text"})

_ACTS = str.maketrans({"@": "＠", "<": "＜", ">": "＞"})
_MARKUP = str.maketrans(
    {"*": "＊", "_": "＿", "`": "｀", "~": "～", "|": "｜", "[": "［", "]": "］", "\\": "＼", "#": "＃"}
)
_SCHEME = re.compile(r":(?=//)|(?<=mailto):|(?<=tel):|(?<=javascript):|(?<=data):", re.IGNORECASE)
# A dot that could stand inside a host name (moonshot.cn, Node.js), not in a number.
_HOST_DOT = re.compile(r"(?<=\w)\.(?=[^\W\d_])")
_LINE_MARK = re.compile(r"^[-+=]|^(\d+)\.(?=\s)")  # a list, a rule, an underlined heading
_ENTITY = re.compile(r"&(?=#?\w+;)")
ENTITY = re.compile(r"&#?\w{1,7};")
_URL_KEPT = "/:?&=%#+,;!$~.-_"  # not ( ) ' * [ ] @ and the like, which mean something to a chat


def clean(text: str, limit: int = 2_000) -> str:
    """One line without control, formatting (zero width, right-to-left, tags), private and unpaired characters.

    At most `limit` characters are kept, which bounds the work for a title of a megabyte; more are cut visibly.
    """
    cut = text[: limit * 4]
    spaced = (" " if c.isspace() or unicodedata.category(c) == "Cc" else c for c in cut)
    kept = "".join(c for c in spaced if _shown(c))
    line = " ".join(kept.split())
    return line if len(line) <= limit and len(cut) == len(text) else _whole(line, limit - 1) + ELLIPSIS


def neutral(text: str, form: Form) -> str:
    """Page text for a message of this form: `clean`, and without any sign that the services act upon.

    A terminal acts upon control characters alone.
    """
    line = clean(text)
    if form == "terminal":
        return line
    line = _SCHEME.sub("：", line.translate(_ACTS))
    line = _HOST_DOT.sub(".\u200b", line)  # a zero-width space: no service makes a link across it
    if form not in PLAIN_FORMS | HTML_FORMS:
        line = _ENTITY.sub("＆", line).translate(_MARKUP)
        line = _LINE_MARK.sub(lambda m: f"{m[1]}．" if m[1] else {"-": "－", "+": "＋", "=": "＝"}[m[0]], line)
    if form == "slack":
        # Apprise makes <!channel> of «!channel» wherever a «>» of ours follows.
        line = line.replace("!", "！")
    line = line.replace("](", "］(").replace("][", "］［").replace("]:", "］：")
    return html.escape(line, quote=False) if form in HTML_FORMS else line


def safe_url(url: str) -> str:
    """The address as a link that no service reads otherwise; empty when it is no http(s) address."""
    try:
        parts = urlsplit(clean(url, limit=4_000))
        host = (parts.hostname or "").encode("idna").decode()
        port = f":{parts.port}" if parts.port else ""
    except (ValueError, UnicodeError):
        return ""
    if parts.scheme not in ("http", "https") or not re.fullmatch(r"[a-z0-9._-]+", host) or url.endswith(ELLIPSIS):
        return ""
    query = f"?{quote(parts.query, safe=_URL_KEPT)}" if parts.query else ""
    fragment = f"#{quote(parts.fragment, safe=_URL_KEPT)}" if parts.fragment else ""
    return f"{parts.scheme}://{host}{port}{quote(parts.path, safe=_URL_KEPT)}{query}{fragment}"


def clip(text: str, size: int, limit: Limit) -> str:
    """The text when it measures at most `size` by the channel's measure, else its beginning and an ellipsis.

    Never cut inside a character, nor between a character and the marks, emoji modifiers or joined flags that belong
    to it, nor inside an HTML entity. Empty when not even the ellipsis has room.
    """
    if limit.measure(text) <= size:
        return text
    room = size - limit.measure(ELLIPSIS)
    return beginning(text, room, limit) + ELLIPSIS if room >= 0 else ""


def beginning(text: str, size: int, limit: Limit) -> str:
    """The longest beginning that measures at most `size`; never cut inside what belongs together, as with `clip`."""
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        if limit.measure(text[:middle]) <= size:
            low = middle
        else:
            high = middle - 1
    return _whole(text, low).rstrip()


def _whole(text: str, end: int) -> str:
    """text[:end], less the piece of a compound character, or of an HTML entity, at its end."""
    while 0 < end < len(text) and (_belongs(text[end]) or _splits_flag(text, end)):
        end -= 1
    entity = text.rfind("&", max(end - 9, 0), end)
    if entity >= 0 and (found := ENTITY.match(text, entity)) and found.end() > end:
        end = entity
    return text[:end]


def _belongs(character: str) -> bool:
    """To the character before it: combining marks, variation selectors, skin tones, zero-width spaces of ours."""
    return (
        unicodedata.category(character)[0] == "M" or "\U0001f3fb" <= character <= "\U0001f3ff" or character == "\u200b"
    )


def _splits_flag(text: str, end: int) -> bool:
    """Whether a cut at `end` falls between the two letters of a flag."""
    count = 0
    while count < end and "\U0001f1e6" <= text[end - 1 - count] <= "\U0001f1ff":
        count += 1
    return count % 2 == 1 and "\U0001f1e6" <= text[end] <= "\U0001f1ff"


def _shown(character: str) -> bool:
    """Whether a reader may see it. Characters newer than this Python's tables may well stand in a name: kept."""
    code = ord(character)
    if 0xE0000 <= code <= 0xE0FFF or 0xFDD0 <= code <= 0xFDEF or code & 0xFFFE == 0xFFFE:
        return False
    return unicodedata.category(character) not in ("Cf", "Cs", "Co")
