"""What a reader concludes from a page that was taken apart: title where none is printed, outlet, source, kind."""

from __future__ import annotations

import re
from collections.abc import Sequence

from sources.article import Kind
from sources.bylines import outlet_name
from sources.dumps.furniture import fold
from sources.dumps.lines import is_prose, unspaced, weigh, weight
from sources.dumps.page import PageReading
from sources.outlet_names import known_outlet, looks_like_publisher, outlet_in, spellings
from sources.speakers import label_of

_LONGEST_TITLE = 48
_LEAST_ARTICLE = 600
_QUOTING = re.compile(
    r"(?:发布|刊发|推出|发表|报道|写过|写了|文章|专访|访谈|上一篇|前文|此前|published|"
    r"wrote)[^《》。！？]{0,8}《\s*(?P<title>[^《》]{10,80}?)\s*》"
)
_SHOW_NAME = (
    r"(?:播客|节目)?《?(?P<show>[^,，。.!！?？《》、;；\n\[]{2,20}?)(?=[,，。.!！?？《》、;；\n\[]|我是|我叫|$)"
)
_SHOW = (
    re.compile(
        r"欢迎(?:大家)?(?:来)?(?:收听|收看|来到|回到|关注|订阅)(?:(?:本|新一|最新一|今天|我们)[期的]*)?" + _SHOW_NAME
    ),
    re.compile(r"(?:这里是|你?您?(?:正在)?收听的是|我们是)" + _SHOW_NAME),
)
_NO_SHOW = re.compile(r"^(?:本|这|今|我们|新的|一[档个期]|大家|的)|^(?:节目|播客)$")
_GUESTS = re.compile(
    r"(?:今天|本期|这期|这一期)[^。！？!?\n]{0,12}(?:嘉宾(?:是|有|为|:|：)|(?:请到|邀请到|邀请|"
    r"请来)了?(?:的?是|的?嘉宾是)?)\s?"
    r"(?P<guests>[^。！？!?，,\n\[]{2,60})"
)
_WORKED_ON = re.compile(r"(?:经|由)(?P<outlet>[^\s,，。由经]{2,14}?)(?:整理|编辑|编译|采访|采编)")
_DATELINE = re.compile(
    r"^[【《]?(?P<who>[^\s,，。《》【】（(]{2,16}?)[》】]?(?:独家)?"
    r"(?:获悉|讯|消息|\d{1,2}月\d{1,2}日(?:讯|消息|电))(?:[（(][^（）()]*[）)])?[,，:：\s]*(?:近日|日前)?[,，]?"
)
_RIGHTS = re.compile(
    r"(?:©|\(c\)|copyright)\s*(?:©|\(c\))?\s*(?:\d{4}(?:\s*[-–]\s*\d{4})?)?\s*(?P<holder>[^\d\W][^.,。，|©]{1,29})",
    re.I,
)
_POSTS = "创始人|联合创始人|CEO|COO|总裁|总编辑?|副总编辑?|主编|副主编|执行主编|主笔|记者|作者|合伙人|兼|联席"


def printed_title(page: PageReading, outlet: str) -> str:
    """The title line without the outlet's own name at its end, as shows and sites append it."""
    return re.sub(rf"\s*[-_|｜–—]\s*{re.escape(outlet)}$", "", page.title) if outlet else page.title


def derive_title(page: PageReading, quoted: Sequence[str] = ()) -> str:
    """A title for a text that prints none: the headline by which others quote it, else who spoke with whom for a
    transcript, else its first sentence, shortened at a clause. Never a credit, never a turn of the dialogue.

    `quoted`: headlines that other posts of the same dump quote.
    """
    for headline in quoted:
        if _is_about(headline, page):
            return headline
    if page.transcript:
        guests = _GUESTS.search(unspaced("\n".join(page.body[:12])))
        if guests:
            return "对话" + guests["guests"].strip()
    for line in page.body:
        plain = unspaced(line) if page.transcript else line
        if weight(plain) >= 6 and not (page.voices and label_of(line)):
            return _shortened(plain)
    names = [voice.label for voice in page.voices if not voice.is_publisher]
    hosts = [voice.label for voice in page.voices if voice.is_publisher]
    if hosts and names:
        return f"{hosts[0]}对话{'、'.join(names[:3])}"
    return "对话".join(names[:2]) if names else _shortened(page.body[0])


def quoted_headlines(pages: Sequence[PageReading]) -> list[list[str]]:
    """For each page the headlines that the others quote in 《》, also where a link broke the quotation into lines."""
    own = [[" ".join(m["title"].split()) for m in _QUOTING.finditer("\n".join(page.body))] for page in pages]
    return [[title for j, titles in enumerate(own) if j != i for title in titles] for i in range(len(pages))]


def _is_about(headline: str, page: PageReading) -> bool:
    """Whether a headline is this page's: it names the one interviewed, or its words are the page's words."""
    text = "\n".join(page.body)
    pairs = {headline[i : i + 2] for i in range(len(headline) - 1) if headline[i : i + 2].isalnum()}
    share = sum(pair in text for pair in pairs) / (len(pairs) or 1)
    guests = [voice.label for voice in page.voices if not voice.is_publisher]
    if guests:
        return share >= 0.5 and any(guest in headline for guest in guests[:2])
    return share >= 0.75


def _shortened(sentence: str) -> str:
    """The first sentence without its dateline, cut at a clause when it is long for a title."""
    lead = _DATELINE.match(sentence)
    if lead and _publisher_at_start(lead["who"]) and weight(sentence[lead.end() :]) >= 8:
        sentence = sentence[lead.end() :]
    match = re.match(r".*?(?:[。！？!?]+[”\"’」』)）]*|\.(?=\s)|$)", sentence.strip())
    first = match[0].strip() if match else sentence.strip()
    if weight(first) <= _LONGEST_TITLE and len(first) <= 160:
        return first.rstrip("。.;；,，:：")
    kept = ""
    for clause in re.split(r"(?<=[，,；;：:—])", first):
        if weight(kept + clause) > _LONGEST_TITLE:
            break
        kept += clause
    if weight(kept) < 8:
        kept = first[:_LONGEST_TITLE] if weight(first) > len(first) // 2 else " ".join(first.split()[:16])[:160]
    return kept.rstrip("。.;；,，:：—") + "…"


def find_outlet(page: PageReading, blog: str = "") -> str:
    """Who published: by the head or the credits, the interviewer's label, the show's greeting, the text's own claim."""
    publishers = [voice.label for voice in page.voices if voice.is_publisher]
    named = page.outlet or page.credits.outlet or page.credits.source_account
    if blog:
        named = page.credits.outlet or page.credits.source_account or page.outlet
    if named:
        return named
    if publishers:
        return known_outlet(publishers[0]) or publishers[0]
    return (show_name(page) if page.transcript else "") or page.site or _claimed(page) or blog or _rights_holder(page)


def _publisher_at_start(words: str) -> str:
    """`新华社北京` → 新华社, `36氪` → 36氪; empty when no publisher's name begins it."""
    prefixes = (words[:end] for end in range(len(words), 1, -1))
    return next((known_outlet(p) or p for p in prefixes if looks_like_publisher(p)), "")


def _rights_holder(page: PageReading) -> str:
    found = (_RIGHTS.search(line) for line in page.chrome)
    return next((outlet_name(match["holder"]) for match in found if match), "")


def show_name(page: PageReading) -> str:
    """The podcast's name as its host greets with it, spaces of the transcript removed."""
    opening = unspaced("\n".join(page.body[:15])).replace(",", "，")
    for pattern in _SHOW:
        for match in pattern.finditer(opening):
            show = re.sub(r"(?:的)?(?:播客)?(?:节目)?$", "", match["show"].strip()) or match["show"].strip()
            if not _NO_SHOW.search(show):
                return known_outlet(show) or show
    return ""


def _claimed(page: PageReading) -> str:
    """What the text says of its publisher: 经36氪整理编辑, 36氪获悉, its own chief editor talking at its own event."""
    for line in (*page.body[:12], *page.body[-3:]):
        match = _WORKED_ON.search(line)
        if match and looks_like_publisher(match["outlet"]):
            return known_outlet(match["outlet"]) or match["outlet"]
    dateline = _DATELINE.match(page.body[0]) if page.body else None
    if dateline and (outlet := _publisher_at_start(dateline["who"])):
        return outlet
    opening = "\n".join(page.body[:12])
    for voice in page.voices:
        if outlet := next((o for o in [outlet_in(line) for line in page.body[:12]] if o), ""):
            names = "|".join(map(re.escape, spellings(outlet)))
            if re.search(rf"(?:{names})(?:{_POSTS})+{re.escape(voice.label)}", opening, re.I):
                return outlet
    return ""


def find_source(page: PageReading, outlet: str, *, mirror: bool) -> str:
    """The channel the dump came through, where the page shows it; `files` otherwise."""
    if mirror:
        return "tumblr"
    furniture = [fold(line) for line in page.chrome]
    if any(re.search(r"\bzaker|zaker\b|zaker_|myzaker", line) for line in furniture):
        return "zaker"
    if page.transcript:
        return "podcast"
    if outlet == "36氪" or any(
        "36氪" in line and ("授权" in line or "打开" in line) for line in (*page.byline, *furniture)
    ):
        return "36kr"
    return "files"


def find_kind(page: PageReading, *, mirror: bool) -> Kind:
    """transcript: a machine's; interview: a dialogue; post: a short blog post without credits; else article."""
    if page.transcript:
        return "transcript"
    if page.voices:
        return "interview"
    unsigned = mirror and not page.credits.authors and not page.credits.outlet
    if unsigned and weigh(page.body, _LEAST_ARTICLE) < _LEAST_ARTICLE:
        return "post"
    return "article"


def prose_weight(lines: Sequence[str], enough: int) -> int:
    """How much of these lines reads as prose, counted no further than `enough`."""
    return weigh((line for line in lines if is_prose(line)), enough)
