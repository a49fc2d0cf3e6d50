"""HTML → the paragraphs a reader sees.

Block elements and <br> end a paragraph, inline elements join, what is not shown is dropped. Pure; walks without
recursion, because pages nest thousands deep when somebody wants them to, and lets the parser do the walking.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable

from selectolax.lexbor import LexborHTMLParser, LexborNode

_BLOCK_NAMES = (
    "address article aside blockquote body caption center dd details dialog dir div dl dt fieldset figcaption figure "
    "footer form h1 h2 h3 h4 h5 h6 header hgroup hr html legend li main menu nav ol p pre section summary table tbody "
    "tfoot thead tr ul"
)
_UNSEEN_NAMES = (
    "script style noscript template iframe svg math head title select option button textarea input object embed video "
    "audio canvas datalist dialog map rp rt"
)
BLOCK = frozenset(_BLOCK_NAMES.split())
UNSEEN = frozenset(_UNSEEN_NAMES.split())
_VOID = frozenset(("area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "wbr"))
_TAG = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9]*)")
_DEEPEST = 5000
_CELLS = frozenset({"td", "th"})
_BREAKS = BLOCK | {"br"}
_MAY_BE_HIDDEN = '[hidden], [style*="display" i]'

_CJK = "\u2e80-\u303f\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff00-\uffef"
_INVISIBLE = re.compile(
    "[\u0000-\u0008\u000e-\u001f\u007f-\u0084\u0086-\u009f\u00ad\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f"
    "\ufeff\ufff9-\ufffd\ud800-\udfff]"
)
_SOURCE_BREAK = re.compile(rf"(?<=[{_CJK}])[ \t\r\f]*\n\s*(?=[{_CJK}])")
_WIDE = tuple((wide, unicodedata.normalize("NFKC", wide)) for wide in "，：（）！？；／｜～…％＋＝\u3000\xa0")
_SPACE = re.compile(r"\s+")
_SURROGATE = re.compile("[\ud800-\udfff]")
_NO_DISPLAY = re.compile(r"display\s*:\s*none", re.IGNORECASE)


def parse_html(html: str) -> LexborHTMLParser:
    """The tree of any text, without NUL, where the parser ends, and lone surrogates, which it refuses.

    What lies deeper than 5,000 open elements is left out: no page of people's goes there, and the parser's time grows
    with the square of the depth.
    """
    text = _shallow(html).replace("\x00", "")
    try:
        return LexborHTMLParser(text)
    except UnicodeEncodeError:
        return LexborHTMLParser(_SURROGATE.sub("", text))


def _shallow(html: str) -> str:
    """The text up to where its nesting passes all measure; most texts are cleared by counting brackets."""
    if html.count("<") - 2 * html.count("</") <= _DEEPEST:
        return html
    depth = 0
    for tag in _TAG.finditer(html):
        depth += -1 if tag[1] else tag[2].lower() not in _VOID
        if depth > _DEEPEST:
            return html[: tag.start()]
    return html


def clean_text(text: str) -> str:
    """One line: no zero-width, control or replacement characters, every run of white space one space, ends trimmed.

    A line break of the HTML source between two Chinese characters is no space: 马⏎化腾 is 马化腾.
    """
    text = text.strip()
    # Most lines need no more than this; what is printable has no control characters and no white space but the space.
    if text.isprintable() and "  " not in text and "\ufffd" not in text and "\ufffc" not in text:
        return text
    return _SPACE.sub(" ", _SOURCE_BREAK.sub("", _INVISIBLE.sub("", text))).strip()


def nfkc(text: str) -> str:
    """The text in Unicode's form NFKC, full width as half width; in a third of the time on Chinese lines."""
    # Text that is in the form already is passed at a glance, and Chinese lines seldom lack more than these.
    for wide, narrow in _WIDE:
        if wide in text:
            text = text.replace(wide, narrow)
    return unicodedata.normalize("NFKC", text)


def paragraphs(node: LexborNode | None, drop: Collection[int] = ()) -> list[str]:
    """The shown paragraphs below `node` in reading order, none empty. `drop`: mem_ids of subtrees to leave out."""
    if node is None:
        return []
    lines: list[str] = []
    piece: list[str] = []

    def end() -> None:
        if piece:
            if line := clean_text("".join(piece)):
                lines.append(line)
            piece.clear()

    top = node.mem_id
    unseen = {*drop, *hidden_below(node)} - {top}
    # The nodes come in the order of the page, without a word of where an element ends. What ends a paragraph or a cell,
    # and what is left out, notes the node that comes behind it.
    ends: dict[int, bool] = {}
    resume: int | None = None
    for one in node.traverse(include_text=True):
        mem_id = one.mem_id
        if resume is not None and mem_id != resume:
            continue
        resume = None
        if mem_id in ends:
            if ends[mem_id]:
                end()
            else:
                piece.append(" ")
        tag = one.tag or ""
        if tag == "-text":
            piece.append(one.text_content or "")
            continue
        if tag in _BREAKS:
            end()
            ends[_behind(one, top, _BREAKS)] = True
        elif tag in _CELLS:
            piece.append(" ")
            ends.setdefault(_behind(one, top, _BREAKS), False)
        if mem_id != top and (tag in UNSEEN or mem_id in unseen):
            resume = _behind(one, top)
    end()
    return lines


def _behind(node: LexborNode, top: int, ended_by: Collection[str] = ()) -> int:
    """The mem_id of the first node behind a subtree, 0 when nothing of `top` is. `ended_by`: elements that note their own
    end, so that nobody climbs higher for what ends with them."""
    at: LexborNode | None = node
    while at is not None and at.mem_id != top:
        if (following := at.next) is not None:
            return following.mem_id
        at = at.parent
        if at is not None and at.tag in ended_by:
            return 0
    return 0


def text_of(node: LexborNode | None, drop: Collection[int] = ()) -> str:
    """The shown text below `node` on one line."""
    return clean_text(" ".join(paragraphs(node, drop)))


def html_paragraphs(html: str, drop: Iterable[str] = ()) -> list[str]:
    """The paragraphs of a fragment of HTML, as feeds and page states carry it. `drop`: CSS selectors."""
    tree = parse_html(html)
    body = tree.body
    return paragraphs(body, matching(body, drop)) if body is not None else []


def matching(node: LexborNode | None, selectors: Iterable[str]) -> set[int]:
    """The mem_ids of the descendants of `node` that any of the CSS selectors matches."""
    joined = ", ".join(selectors)
    return {found.mem_id for found in node.css(joined)} if joined and node is not None else set()


def hidden(node: LexborNode) -> bool:
    """Whether the element itself says that it is not shown. `visibility` does not count: WeChat hides its whole
    body by it until its script has run."""
    attributes = node.attributes
    return "hidden" in attributes or bool(_NO_DISPLAY.search(attributes.get("style") or ""))


def hidden_below(node: LexborNode) -> set[int]:
    """The mem_ids of the elements below `node` that say so."""
    return {one.mem_id for one in node.css(_MAY_BE_HIDDEN) if hidden(one)}
