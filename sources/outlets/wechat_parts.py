"""The parts of a WeChat page that its article is read from, cut out of megabytes of script.

An article's page has 2 to 4 MB, of which its words are a hundredth. Everything that is read stands in two places: in
the document up to the end of #js_content, and in one or two scripts that carry the page's data. `sliced` cuts these
out of the bytes and parses them alone; where it is not sure of a cut it gives None, and `whole` reads all of the page.
"""

from __future__ import annotations

import html as entities
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from selectolax.lexbor import LexborHTMLParser, LexborNode

from sources.blocks import parse_html
from sources.document import Document

BODY = "#js_content"
_BODY_MARK = b'id="js_content"'
_DATA = b"cgiDataNew = {"  # since 2022: the whole post as one object
_VARIABLES = b'var ct = "'  # until 2025, beside the object: its script has the post's variables
# The same for a search from the front: to a pattern that begins with a rare letter the megabytes are half as long.
_DATA_MARK = re.compile(rb"DataNew = \{(?<=(?P<whole>cgiDataNew = \{))")
_VARIABLES_MARK = re.compile(rb'(?P<whole>var ct = ")')
_NUMBERS_MARK = re.compile(rb"(?P<whole>var biz = )")
_POST_MARKS = (b"content_noencode: JsDecode('", b"content_noencode: '")  # the second since 2026
_END = '<i id="tanma-end"></i>'  # where the cut document ends
# One pass over the page for all five, in half the time of one search for a word.
_EDGES = re.compile(rb"<(?:/?(?:script|style)|!--)")
_CUT_NAMES = (b"script", b"style")
_BEHIND_NAMES = b" \t\n\r\f/>"  # else it is another element's name that begins alike
_CUTS = 4  # scripts inside a body are an editor's accident; more than a few are something else
_POST = re.compile(r"content_noencode\s*:\s*(?:JsDecode\()?'([^'\\]*(?:\\.[^'\\]*)*)'", re.DOTALL)
_JS_STRING = re.compile(r"""'([^'\\\n]*(?:\\.[^'\\\n]*)*)'|"([^"\\\n]*(?:\\.[^"\\\n]*)*)\"""")
_ESCAPE = re.compile(r"\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|(.))", re.DOTALL)
_KEY_STARTS = frozenset(" \n\t,{")
_ASSIGNED = re.compile(  # up to the end of the statement; a semicolon within a string is none
    r"""\s*=\s*((?:'[^'\\\n]*(?:\\.[^'\\\n]*)*'|"[^"\\\n]*(?:\\.[^"\\\n]*)*"|[^;\n'"]+){0,20})"""
)
_CODED = re.compile(r" ?JsDecode\('([^'\\]*(?:\\.[^'\\]*)*)'\)", re.DOTALL)
_NUMBER = re.compile(r" ?'(\d{1,20})'")
_PLAIN = re.compile(r" ?'([^'\\\n]*(?:\\.[^'\\\n]*)*)'\s*[,}]")
_SIMPLE = {"n": "\n", "r": "\r", "t": "\t", "b": "", "f": "", "v": "", "0": ""}


@dataclass(frozen=True, slots=True)
class Parts:
    """`tree`: the document, at least to the end of its body; `scripts`: the text in which variables are looked for;
    `post`: the post's text as its data carries it, HTML or plain lines, empty when there is none."""

    tree: LexborHTMLParser
    scripts: Sequence[str]
    post: str

    @property
    def body(self) -> LexborNode | None:
        return self.tree.css_first(BODY)

    def value(self, *names: str) -> str:
        """The first non-empty value that the page's scripts give to one of the names, names in order of trust."""
        return next((found for name in names for text in self.scripts if (found := _value(text, name))), "")


def sliced(doc: Document) -> Parts | None:
    """The parts cut out of the page's bytes; None where a cut is not sure: another encoding, no known data script, a
    body that does not end."""
    page = doc.page.body
    at = page.find(_BODY_MARK)
    end = len(page) if at < 0 else _next_script(page, at)
    data = _data(page, max(at, 0), end if at >= 0 else 0)
    if data is None:
        return None
    try:
        tree = _to_end_of_body(page, at, end) if at >= 0 else _head(page)
        scripts, post = _without_post(data)
        texts = [text.decode("utf-8") for text in scripts]
        return Parts(tree, texts, post.decode("utf-8")) if tree is not None else None
    except UnicodeDecodeError:
        return None


def whole(doc: Document) -> Parts:
    """The same of a page of any kind."""
    scripts = "\n".join(node.text() for node in doc.tree.css("script"))
    found = (raw for raw in _POST.findall(scripts) if raw.strip())
    return Parts(doc.tree, (scripts,), next(found, ""))


def numbers(parts: Parts) -> tuple[str, str, str]:
    """(biz, mid, idx), each empty when the page does not say. Those of the data object stand together: the page has
    other posts' numbers too."""
    pattern = r"bizuin\s*:\s*(?:JsDecode\()?'([^']+)'\)?\s*,\s*mid\s*:\s*'(\d+)'[^,]*,\s*idx\s*:\s*'(\d+)'"
    for text in parts.scripts:
        if near := re.search(pattern, text):
            return near[1], near[2], near[3]
    return parts.value("biz"), parts.value("mid"), parts.value("idx") or "1"


def show_type(parts: Parts) -> str:
    """What item_show_type says of the post; `0` is an article."""
    types = (one for text in parts.scripts for one in re.findall(r"item_show_type\s*[=:]\s*['\"](\d+)['\"]", text))
    return next((one for one in types if one != "0"), "0")


def unescaped(text: str) -> str:
    r"""A JavaScript string's characters: \xHH, \uHHHH, \n, \' and their kind."""

    def char(match: re.Match[str]) -> str:
        code = match[1] or match[2]
        return chr(int(code, 16)) if code else _SIMPLE.get(match[3], match[3])

    # Characters beyond the BMP come as two \u escapes.
    joined = _ESCAPE.sub(char, text)
    return joined.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _without_post(scripts: Sequence[bytes]) -> tuple[list[bytes], bytes]:
    """The scripts without the post's text, which is many times as long as all their variables; and that text."""
    rest, post = [], b""
    for text in scripts:
        mark = next((mark for mark in _POST_MARKS if mark in text), _POST_MARKS[0])
        at = text.find(mark)
        while at >= 0 and not post:
            start = at + len(mark)
            end = text.find(b"'", start)
            while end > 0 and text[end - 1 : end] == b"\\":
                end = text.find(b"'", end + 1)
            if end < 0:
                break
            post = text[start:end].strip()
            text = text[:at] + text[end:]
            at = text.find(mark, at)
        rest.append(text)
    return rest, post


def _data(page: bytes, before: int, after: int) -> list[bytes] | None:
    """The scripts with the post's data. They stand before the body or near the page's end, so the megabytes behind the
    body are searched from behind. The body itself, between the two places, may be about just such scripts."""
    for mark, pattern in ((_DATA, _DATA_MARK), (_VARIABLES, _VARIABLES_MARK)):
        at = _first(pattern, page, before)
        if at < 0:
            at = _last(mark, page, after)
        if at >= 0:
            break
    else:
        return None
    places = [at]
    if mark == _VARIABLES and (numbers_at := _first(_NUMBERS_MARK, page, before)) >= 0:
        places.append(numbers_at)  # a small script of their own, before the body
    found = [(page.rfind(b"<script", 0, place), page.find(b"</script", place)) for place in places]
    return [page[start:stop] for start, stop in found] if all(min(one) >= 0 for one in found) else None


def _first(mark: re.Pattern[bytes], page: bytes, before: int) -> int:
    found = mark.search(page, 0, before)
    return found.start("whole") if found else -1


def _last(mark: bytes, page: bytes, after: int) -> int:
    """As rfind does, by the mark's first word: the longer a text, the more of its letters are met everywhere."""
    word, at = mark.partition(b" ")[0] if mark == _DATA else mark, len(page)
    while at >= 0 and not page.startswith(mark, at):
        at = page.rfind(word, after, at + len(word) - 1)
    return at


def _to_end_of_body(page: bytes, at: int, end: int) -> LexborHTMLParser | None:
    """The document up to the first script behind its body, without scripts and styles; None when the body's end is not
    found. That the body is closed is seen by where an element set at the very end comes to stand."""
    for _ in range(_CUTS):
        if (text := _without_scripts(page, end)) is not None:
            tree = parse_html(text.decode("utf-8") + _END)
            body, last = tree.css_first(BODY), tree.css_first("#tanma-end")
            if body is not None and last is not None and not _is_inside(last, body):
                return tree
        if end >= len(page):
            return None
        end = _next_script(page, end + 1)
    return None


def _head(page: bytes) -> LexborHTMLParser | None:
    """The head of a page without a body of its own (posts of a picture and a word)."""
    end = page.find(b"</head>")
    text = _without_scripts(page, end) if end >= 0 else None
    tree = parse_html(text.decode("utf-8")) if text is not None else None
    return tree if tree is not None and tree.css_first('meta[property="og:title"]') is not None else None


def _without_scripts(page: bytes, stop: int) -> bytes | None:
    """page[:stop] without its script and style elements; None when one of them reaches beyond the end or starts in a
    comment or a value: then it is no element."""
    pieces: list[bytes] = []
    at, start, tag = 0, -1, b""  # `start`: of the element that is open
    comment, escaped = -1, False  # the last comment outside elements; whether there is one in the element
    for edge in _EDGES.finditer(page, 0, stop):
        place, name = edge.start(), edge[0][1:]
        if start < 0:
            if place >= at and name == b"!--":
                comment = place
            if place < at or name not in _CUT_NAMES:
                continue
            if _is_quoted(page, at, place, comment) or page[edge.end() : edge.end() + 1] not in _BEHIND_NAMES:
                return None
            start, tag, escaped = place, name, False
        elif name == b"/" + tag:
            end = page.find(b">", place, stop) + 1
            if not end or page[edge.end() : edge.end() + 1] not in _BEHIND_NAMES:
                return None
            pieces.append(page[at:start])
            at, start, comment = end, -1, -1
        elif name == b"!--":
            escaped = True
        elif escaped and name == tag:
            return None  # HTML standard, 13.2.5.22: a script within a comment within a script has an end of its own
    return b"".join([*pieces, page[at:stop]]) if start < 0 else None


def _is_quoted(page: bytes, after: int, at: int, comment: int) -> bool:
    """Whether a place is in a comment or a tag that was opened since `after`; there the last comment opens at `comment`."""
    tag = page.rfind(b"<", after, at)
    return (comment >= 0 and page.find(b"-->", comment, at) < 0) or (tag >= 0 and page.find(b">", tag, at) < 0)


def _next_script(page: bytes, at: int) -> int:
    found = page.find(b"<script", at)
    return len(page) if found < 0 else found


def _is_inside(node: LexborNode, outer: LexborNode) -> bool:
    above = node.parent
    while above is not None and above.mem_id != outer.mem_id:
        above = above.parent
    return above is not None


def _value(text: str, name: str) -> str:
    """The first non-empty string that a script gives a name: `var name = "" || "x"`, `name: JsDecode('x')`,
    `name: '7' * 1`, since 2026 `name: 'x'`. Every search begins with plain words, which are found ten times faster than a pattern."""
    for start in (f"var {name}", f"window.{name}"):
        for at in _places(text, start):
            if assigned := _ASSIGNED.match(text, at):
                for single, double in _JS_STRING.findall(assigned[1]):
                    if value := entities.unescape(unescaped(single or double)).strip():
                        return value
    keys = [at for at in _places(text, f"{name}:") if text[at - len(name) - 2 : at - len(name) - 1] in _KEY_STARTS]
    for at in keys:
        if (coded := _CODED.match(text, at)) and (value := entities.unescape(unescaped(coded[1])).strip()):
            return value
    if number := next((digits[1] for at in keys if (digits := _NUMBER.match(text, at))), ""):
        return number
    plain = (entities.unescape(unescaped(found[1])).strip() for at in keys if (found := _PLAIN.match(text, at)))
    return next(filter(None, plain), "")


def _places(text: str, words: str) -> Iterator[int]:
    """Where a text goes on behind each occurrence of the words."""
    at = text.find(words)
    while at >= 0:
        yield at + len(words)
        at = text.find(words, at + len(words))
