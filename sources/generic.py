"""The body of a page whose outlet has no rule: where the punctuated prose is, without what stands around it.

Chinese pages mark little with tags, but prose has sentences and furniture has links: the body is the deepest element
that still holds most of the page's sentences outside links. trafilatura is asked when this finds nothing.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from selectolax.lexbor import LexborHTMLParser, LexborNode

from sources.blocks import BLOCK, UNSEEN, hidden_below, paragraphs

# What a container keeps of the worth of each of its parts: the price of taking in one more level.
_DECAY = 0.5
_FEWEST_MARKS = 2
_HEADLINES_OF_A_STREAM = 5
# Something called furniture that holds this share of the page's sentences is the text, whatever it is called.
_TOO_MUCH_TO_DROP = 0.3
_LINES = frozenset({"p", "h1", "h2", "h3", "h4", "h5", "h6", "pre"})
_NEVER_PROSE = frozenset({"a", "footer", "nav", "aside", "form"})
_SENTENCE = re.compile(r"[，。！？；：、,!?;]|\.(?=\s|$)")
_COMMENTS = re.compile(r"(?<![a-z])(?:comments?|cmt|repl(?:y|ies)|discuss\w*)(?![a-z])", re.IGNORECASE)
_FURNITURE = re.compile(
    r"(?<![a-z])(?:footer|foot|copyright|sidebar|aside|related?|recommend\w*|hot-?news|share\w*|social|breadcrumb|crumbs?|"
    r"pager|pagination|page-?nav|prev-?next|statement|disclaimer|editor|ad|ads|advert\w*|qr-?code|tool-?bar|toolbox|"
    r"subscribe|newsletters?|promos?|self-?promo|login|nav|menu|tags?)(?![a-z])",
    re.IGNORECASE,
)

_Element = tuple[int, int, str, LexborNode]  # its mem_id, that of the element around it, its tag, itself


def find_body(tree: LexborHTMLParser) -> list[str]:
    """The paragraphs of the page's one main text; empty when the page has none."""
    top = tree.body
    if top is None:
        return []
    found = _elements(top)
    marks = _count_marks(found)
    if marks[top.mem_id] < _FEWEST_MARKS:
        return []
    node = _best(top, found.elements, marks)
    if _is_stream(node) and (other := _beside(top, node, found.elements, marks)) is not None:
        node = other
    return paragraphs(node, _furniture(node, marks))


def ask_trafilatura(html: str) -> list[str]:
    """trafilatura's opinion of the body, favouring precision. Imported late: it costs half a second."""
    from trafilatura import extract

    text = extract(html, include_comments=False, include_tables=True, favor_precision=True, fast=True)
    return [line for line in (text or "").splitlines() if line.strip()]


@dataclass(slots=True)
class _Found:
    """`elements`, children before their parents; `own`: mem_id → sentence marks that stand directly in an element."""

    elements: list[_Element]
    own: Counter[int]
    hidden: set[int]


def _elements(top: LexborNode) -> _Found:
    elements: list[_Element] = []
    own: Counter[int] = Counter()
    for node in top.traverse(include_text=True):
        tag = node.tag or ""
        if tag == "-text":
            words = node.text_content or ""
            if not words.isspace() and (parent := node.parent) is not None and parent.tag not in UNSEEN:
                own[parent.mem_id] += len(_SENTENCE.findall(words))
        elif tag[:1] not in ("-", "!") and tag not in UNSEEN:
            above = node.parent
            elements.append((node.mem_id, above.mem_id if above is not None else 0, tag, node))
    elements.reverse()
    return _Found(elements, own, hidden_below(top))


def _count_marks(found: _Found) -> Counter[int]:
    """mem_id → sentence marks in the shown text outside links, for the topmost element and every one below it."""
    marks = found.own
    for mem_id, above, tag, _ in found.elements:
        if tag in _NEVER_PROSE or mem_id in found.hidden:
            marks[mem_id] = 0
        elif count := marks[mem_id]:
            marks[above] += count
    return marks


def _best(top: LexborNode, elements: Sequence[_Element], marks: Counter[int]) -> LexborNode:
    """The element worth most: a paragraph is worth its marks, a container half of what its parts are worth together,
    so that it wins only when prose stands directly in it; mere wrappers cost nothing."""
    enough = _TOO_MUCH_TO_DROP * marks[top.mem_id]
    boxed: Counter[int] = Counter()  # the marks in an element's boxes
    parts: defaultdict[int, list[float]] = defaultdict(list)  # what they are worth
    best, most = top, 0.0
    for mem_id, above, tag, node in elements:
        count = marks[mem_id]
        if not count:
            continue
        box = tag in BLOCK and tag not in _LINES
        if box:
            boxed[above] += count
        if tag != "body" and _named_furniture(node, count < enough):
            continue
        inline, inner = count - boxed[mem_id], parts.pop(mem_id, [])
        if inline <= 0 and len(inner) == 1:
            worth = inner[0]
        else:
            worth = inline + _DECAY * sum(inner)
            if tag not in _LINES and worth > most:
                best, most = node, worth
        if box and worth:
            parts[above].append(worth)
    return best


def _is_stream(node: LexborNode) -> bool:
    """Whether an element is a list of other articles: linked headlines, one after the other."""
    return len(node.css("h2 a, h3 a, h4 a")) >= _HEADLINES_OF_A_STREAM


def _beside(
    top: LexborNode, stream: LexborNode, elements: Sequence[_Element], marks: Counter[int]
) -> LexborNode | None:
    """The text of a page whose most prose is a stream of other articles; None when the stream is all there is."""
    inside = {one.mem_id for one in stream.css("*")} | {stream.mem_id}
    without, at = marks.copy(), stream.parent
    while at is not None:
        without[at.mem_id] -= marks[stream.mem_id]
        at = at.parent
    best = _best(top, [one for one in elements if one[0] not in inside], without)
    return best if best.mem_id != top.mem_id and without[best.mem_id] >= _FEWEST_MARKS else None


def _named_furniture(node: LexborNode, small: bool = True) -> bool:
    """Whether class or id call it furniture; something not `small` is believed only when it says comments."""
    attributes = node.attributes
    names = f"{attributes.get('class') or ''} {attributes.get('id') or ''}"
    return bool(_COMMENTS.search(names) or (small and _FURNITURE.search(names)))


def _furniture(node: LexborNode, marks: Counter[int]) -> set[int]:
    """Parts of the body that are no prose: named so, or mostly links."""
    dropped: set[int] = set()
    enough = _TOO_MUCH_TO_DROP * marks[node.mem_id]
    for part in node.css("div, section, ul, ol, dl, table, footer, nav, aside, form, p, h1"):
        if part.mem_id == node.mem_id or marks[part.mem_id] > enough:
            continue
        if part.tag in ("footer", "nav", "aside", "form", "h1") or _named_furniture(part) or _linked(part) > 0.6:
            dropped.add(part.mem_id)
    return dropped


def _linked(node: LexborNode) -> float:
    """The share of the text that is links."""
    whole = len((node.text() or "").strip())
    return sum(len(a.text().strip()) for a in node.css("a")) / whole if whole else 0.0
