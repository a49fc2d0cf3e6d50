"""HTML → the paragraphs a reader sees.

Block elements and <br> end a paragraph, inline elements join, what is not shown is dropped. Pure; walks without
recursion, because pages nest tens of thousands deep when somebody wants them to.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator

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

_CJK = "\u2e80-\u303f\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff00-\uffef"
_INVISIBLE = re.compile(
    "[\u0000-\u0008\u000e-\u001f\u007f-\u0084\u0086-\u009f\u00ad\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f"
    "\ufeff\ufff9-\ufffd\ud800-\udfff]"
)
_SOURCE_BREAK = re.compile(rf"(?<=[{_CJK}])[ \t\r\f]*\n\s*(?=[{_CJK}])")
_SPACE = re.compile(r"\s+")
_NO_DISPLAY = re.compile(r"display\s*:\s*none", re.IGNORECASE)


def parse_html(html: str) -> LexborHTMLParser:
    """The tree of any text, without NUL, where the parser ends, and lone surrogates, which it refuses.

    What lies deeper than 5,000 open elements is left out: no page of people's goes there, and the parser's time grows
    with the square of the depth.
    """
    return LexborHTMLParser(re.sub("[\x00\ud800-\udfff]", "", _shallow(html)))


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
    return _SPACE.sub(" ", _SOURCE_BREAK.sub("", _INVISIBLE.sub("", text))).strip()


def paragraphs(node: LexborNode | None, drop: Collection[int] = ()) -> list[str]:
    """The shown paragraphs below `node` in reading order, none empty. `drop`: mem_ids of subtrees to leave out."""
    lines: list[str] = []
    piece: list[str] = []

    def end() -> None:
        line = clean_text("".join(piece))
        piece.clear()
        if line:
            lines.append(line)

    for event, item in _walk(node, drop):
        if event == "text":
            piece.append(item.text_content or "")
        elif item.tag in BLOCK or item.tag == "br":
            end()
        elif item.tag in _CELLS:
            piece.append(" ")
    end()
    return lines


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


def _walk(top: LexborNode | None, drop: Collection[int]) -> Iterator[tuple[str, LexborNode]]:
    """Depth first: ("text", node), ("open", element), ("close", element)."""
    if top is None:
        return
    node = top
    while True:
        descend = False
        if node.is_text_node:
            yield "text", node
        elif node.is_element_node:
            yield "open", node
            descend = node.mem_id == top.mem_id or not (node.tag in UNSEEN or node.mem_id in drop or hidden(node))
            if not descend:
                yield "close", node
        child = node.child if descend else None
        if child is not None:
            node = child
            continue
        if descend:
            yield "close", node
        while True:
            if node.mem_id == top.mem_id:
                return
            following = node.next
            if following is not None:
                node = following
                break
            parent = node.parent
            if parent is None:
                return
            node = parent
            yield "close", node
