"""The body of a page whose outlet has no rule: where the punctuated prose is, without what stands around it.

Chinese pages mark little with tags, but prose has sentences and furniture has links: the body is the deepest element
that still holds most of the page's sentences outside links. trafilatura is asked when this finds nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from selectolax.lexbor import LexborHTMLParser, LexborNode

from sources.blocks import BLOCK, UNSEEN, hidden, paragraphs

# What a container keeps of the worth of each of its parts: the price of taking in one more level.
_DECAY = 0.5
_FEWEST_MARKS = 2
# Something called furniture that holds this share of the page's sentences is the text, whatever it is called.
_TOO_MUCH_TO_DROP = 0.3
_LINES = frozenset({"p", "h1", "h2", "h3", "h4", "h5", "h6", "pre"})
_NEVER_PROSE = frozenset({"a", "footer", "nav", "aside", "form"})
_SENTENCE = re.compile(r"[，。！？；：、,!?;]|\.(?=\s|$)")
_COMMENTS = re.compile(r"(?<![a-z])(?:comments?|cmt|repl(?:y|ies)|discuss\w*)(?![a-z])", re.IGNORECASE)
_FURNITURE = re.compile(
    r"(?<![a-z])(?:footer|foot|copyright|sidebar|aside|related?|recommend\w*|hot-?news|share\w*|social|breadcrumb|crumbs?|"
    r"pager|pagination|page-?nav|prev-?next|statement|disclaimer|editor|ad|ads|advert\w*|qr-?code|tool-?bar|toolbox|"
    r"subscribe|login|nav|menu|tags?)(?![a-z])",
    re.IGNORECASE,
)


def find_body(tree: LexborHTMLParser) -> list[str]:
    """The paragraphs of the page's one main text; empty when the page has none."""
    top = tree.body
    if top is None:
        return []
    marks = _count_marks(top)
    if marks[top.mem_id] < _FEWEST_MARKS:
        return []
    node = _best(top, marks)
    return paragraphs(node, _furniture(node, marks))


def ask_trafilatura(html: str) -> list[str]:
    """trafilatura's opinion of the body, favouring precision. Imported late: it costs half a second."""
    from trafilatura import extract

    text = extract(html, include_comments=False, include_tables=True, favor_precision=True, fast=True)
    return [line for line in (text or "").splitlines() if line.strip()]


def _count_marks(top: LexborNode) -> dict[int, int]:
    """mem_id → sentence marks in the shown text outside links, for `top` and every element below it."""
    marks: dict[int, int] = {}
    for node in _upwards(top):
        own = 0
        for child in _children(node):
            if child.is_text_node:
                own += len(_SENTENCE.findall(child.text_content or ""))
            else:
                own += marks.get(child.mem_id, 0)
        marks[node.mem_id] = 0 if node.tag in _NEVER_PROSE or node.tag in UNSEEN or hidden(node) else own
    return marks


def _best(top: LexborNode, marks: dict[int, int]) -> LexborNode:
    """The element worth most: a paragraph is worth its marks, a container half of what its parts are worth together,
    so that it wins only when prose stands directly in it; mere wrappers cost nothing."""
    enough = _TOO_MUCH_TO_DROP * marks[top.mem_id]
    worth: dict[int, float] = {}
    best, most = top, 0.0
    for node in _upwards(top):
        count = marks[node.mem_id]
        if not count or (node.tag != "body" and _named_furniture(node, count < enough)):
            worth[node.mem_id] = 0.0
            continue
        boxes = [child for child in _children(node) if child.tag in BLOCK and child.tag not in _LINES]
        parts = [worth[box.mem_id] for box in boxes if worth[box.mem_id]]
        inline = count - sum(marks[box.mem_id] for box in boxes)
        if inline <= 0 and len(parts) == 1:
            worth[node.mem_id] = parts[0]
            continue
        worth[node.mem_id] = inline + _DECAY * sum(parts)
        if node.tag not in _LINES and worth[node.mem_id] > most:
            best, most = node, worth[node.mem_id]
    return best


def _upwards(top: LexborNode) -> list[LexborNode]:
    """`top` and every element below it, children before their parents."""
    found, stack = [], [top]
    while stack:
        node = stack.pop()
        found.append(node)
        stack.extend(child for child in _children(node) if child.is_element_node)
    found.reverse()
    return found


def _named_furniture(node: LexborNode, small: bool = True) -> bool:
    """Whether class or id call it furniture; something not `small` is believed only when it says comments."""
    attributes = node.attributes
    names = f"{attributes.get('class') or ''} {attributes.get('id') or ''}"
    return bool(_COMMENTS.search(names) or (small and _FURNITURE.search(names)))


def _furniture(node: LexborNode, marks: dict[int, int]) -> set[int]:
    """Parts of the body that are no prose: named so, or mostly links."""
    dropped: set[int] = set()
    enough = _TOO_MUCH_TO_DROP * marks[node.mem_id]
    for part in node.css("div, section, ul, ol, dl, table, footer, nav, aside, form, p, h1"):
        if part.mem_id == node.mem_id or marks.get(part.mem_id, 0) > enough:
            continue
        if part.tag in ("footer", "nav", "aside", "form", "h1") or _named_furniture(part) or _linked(part) > 0.6:
            dropped.add(part.mem_id)
    return dropped


def _linked(node: LexborNode) -> float:
    """The share of the text that is links."""
    whole = len((node.text() or "").strip())
    return sum(len(a.text().strip()) for a in node.css("a")) / whole if whole else 0.0


def _children(node: LexborNode) -> Iterator[LexborNode]:
    child = node.child
    while child is not None:
        yield child
        child = child.next
