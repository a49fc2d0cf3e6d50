"""What stands above the body: menus, the title, the outlet, the author, the time."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from sources.bylines import is_credit, names_in, outlet_name
from sources.dumps.furniture import CUT, RELATED, fold, is_furniture, is_promotion
from sources.dumps.lines import is_prose, weight
from sources.outlet_names import known_outlet, looks_like_publisher
from sources.person_names import is_person
from sources.times import Reading, read_time, time_in

Sort = Literal["named", "address", "credit", "dated", "furniture", "loose"]

_LONGEST_TITLE = 70
_NAMED = re.compile(
    r"^#*\s*(?P<key>title|标题|题目|published(?: time)?|date|发布时间|时间|日期|author|"
    r"作者)\s*[:：]\s*(?P<value>\S.*)$",
    re.I,
)
_ADDRESS = re.compile(
    r"^(?:(?:url source|source url|原文链接|原文地址|来源链接|本文链接|链接地址|网址|链接|"
    r"url)\s*[:：]\s*)?(?P<url>https?://\S+)$",
    re.I,
)
_NO_TITLE = re.compile(
    r"(?:引言|导语|前言|序言?|摘要|正文|目录|核心观点|划重点|编者按|按语?|写在前面|本期(?:嘉宾|看点)|要点|重点)[:：]?"
    r"|(?:以下|本文|下面|下文|文中).*|[“\"「『][^“”\"」』]*[”\"」』]|[\d.、:：/\s-]+|(?:part|chapter) ?\.?\d+|"
    r"0?\d+[.、/]?\s.{0,12}",
    re.I,
)
_SITE = re.compile(r"\s*[-_|｜–—]\s*([^-_|｜–—]{2,20})\s*$")
_NOISE = re.compile(
    r"原创|发布于|发表于|发布|更新于?|来自|首发|阅读(?:量|数)?\s*[:：]?\s*[\d.,万w+]*|评论\s*[:：]?\s*\d*|"
    r"浏览\s*[:：]?\s*[\d.,万]*|[\d.,]+\s?[万w]?\s?(?:阅读|评论|浏览|字)"
    r"|字数\s*\d*|约?\d+\s*分钟|听全文|收藏|分享|星期[一二三四五六日天]|(?<![A-Za-z])(?:posted|published|"
    r"updated|in|on|by|at)(?![A-Za-z])",
    re.I,
)
_LABELLED = re.compile(
    r"(?P<role>来源|稿源|出处|作者|文|记者|source|author)\s*[:：/|]\s*(?P<name>[^\s:：/|]{2,24})", re.I
)
_PLACES_WORDS = """
北京 上海 天津 重庆 广东 浙江 江苏 四川 湖北 湖南 河北 河南 山东 山西 陕西 福建 安徽 江西 广西 云南 贵州 辽宁
吉林 黑龙江 海南 甘肃 青海 宁夏 新疆 西藏 内蒙古 香港 澳门 台湾 美国 日本 新加坡 英国 法国 德国 加拿大 澳大利亚
韩国 深圳 杭州 广州 成都
"""
_PLACES = frozenset(_PLACES_WORDS.split())


_PLACE = re.compile(rf"(?:发表于|发布于|发自|来自)? ?(?:{'|'.join(_PLACES)})")


@dataclass(slots=True)
class Head:
    """`outlet`: as the line with the time names it; `site`: as the title's ending or a logo does, the weaker evidence.

    `body`: lines after the title that belong to the text (a deck, a first heading); `about`: who and when.
    """

    title: str = ""
    title_line: str = ""
    url: str = ""
    outlet: str = ""
    site: str = ""
    authors: tuple[str, ...] = ()
    published: Reading | None = None
    about: list[str] = field(default_factory=list)
    credits: list[str] = field(default_factory=list)
    chrome: list[str] = field(default_factory=list)
    body: list[str] = field(default_factory=list)


def read_head(lines: Sequence[str], *, now: datetime) -> Head:
    """Reads the lines above the first paragraph."""
    head = Head()
    sorts = [_sort(line, now) for line in lines]
    title_at = _title_at(lines, sorts)
    if title_at is not None:
        head.title_line = lines[title_at]
        head.title, site = _without_site(head.title_line)
        head.site = known_outlet(site) or site
    last_furniture = max((i for i, sort in enumerate(sorts) if sort == "furniture"), default=-1)
    last_dated = max((i for i, sort in enumerate(sorts) if sort == "dated"), default=-1)
    names: list[str] = []
    above_title: list[Reading | None] = []
    for index, (line, sort) in enumerate(zip(lines, sorts, strict=True)):
        if index == title_at:
            continue
        if sort == "named":
            _read_named(line, head, now)
        elif sort == "address":
            head.url = head.url or _address(line)
            head.chrome.append(line)
        elif sort == "credit":
            head.credits.append(line)
        elif sort == "dated":
            head.about.append(line)
            above = title_at is None or index < title_at
            reading = _read_dated(line, names, head, now, above_title=above)
            if above:
                above_title.append(reading)
            else:
                head.published = head.published or reading
            names = []
        elif sort == "furniture":
            if fold(line) in ("原创", "original"):
                names.append(line)
            head.chrome.append(line)
        elif _is_name_line(line) and index < last_dated and (title_at is None or index > title_at):
            names.append(line)
            head.about.append(line)
        elif known_outlet(line) and (title_at is None or index < title_at or index < title_at + 4):
            head.site = head.site or known_outlet(line)
            head.about.append(line)
        elif _PLACE.fullmatch(fold(line)) and 0 <= last_dated < index:
            head.about.append(line)
        elif title_at is not None and _same_title(line, head.title):
            site = _without_site(line)[1]
            head.site = head.site or known_outlet(site) or site
            head.chrome.append(line)
        elif index < last_furniture and weight(line) <= 8 and not is_prose(line):
            head.chrome.append(line)  # a column, a section: more of the menu follows
        elif (title_at is None or index > title_at) and not _is_menu(line):
            head.body.append(line)
        else:
            head.chrome.append(line)
    if above_title and head.published is None:
        head.published = above_title[-1]
    return head


def _sort(line: str, now: datetime) -> Sort:
    named = _NAMED.match(line)
    if named and named["key"].lower() in ("title", "标题", "题目"):
        return "named"
    if named and named["key"].lower() not in ("author", "作者") and read_time(named["value"], now=now):
        return "named"
    if _ADDRESS.match(line):
        return "address"
    if is_credit(line):
        return "credit"
    if not is_prose(line) and is_dated(line, now):
        return "dated"
    if is_furniture(line, edge=True, also=(RELATED, CUT)) or is_promotion(line):
        return "furniture"
    return "loose"


def is_dated(line: str, now: datetime) -> bool:
    """Whether a line says when and by whom, and is not a headline or sentence that happens to name a day."""
    found = time_in(line, now=now)
    if found is None or not found.apart:
        return False
    rest = _NOISE.sub("", f"{found.before} {found.after}")
    return weight(rest) <= 14 and not re.search(r"[，。！？；“”…]", rest)


def _title_at(lines: Sequence[str], sorts: Sequence[Sort]) -> int | None:
    """The title among the loose lines: a named one, one printed twice, the nearest long one to the outlet and time
    lines, else the first that reads like a headline."""
    for index, (line, sort) in enumerate(zip(lines, sorts, strict=True)):
        match = _NAMED.match(line)
        if sort == "named" and match and match["key"].lower() in ("title", "标题", "题目"):
            return index
    fit = [index for index, sort in enumerate(sorts) if sort == "loose" and _could_be_title(lines[index])]
    if not fit:
        return None
    seen = Counter(_without_site(lines[index])[0] for index in fit)
    twice = [index for index in fit if seen[_without_site(lines[index])[0]] > 1]
    if twice:
        return twice[-1]
    dated = [index for index, sort in enumerate(sorts) if sort == "dated"]
    credits = [index for index, sort in enumerate(sorts) if sort == "credit"]
    beside = _beside(lines, fit, dated or credits)
    return _first(lines, fit) if beside is None else beside


def _beside(lines: Sequence[str], fit: Sequence[int], anchors: Sequence[int]) -> int | None:
    """The headline over the outlet and time line, else the one right under it (ZAKER prints the outlet first).

    The last such line with a headline over it counts: portals print the date of the day above their menus.
    """
    for anchor in reversed(anchors):
        above = [index for index in fit if anchor - 6 <= index < anchor and weight(lines[index]) >= 4]
        if above:
            return max(above, key=lambda index: (weight(lines[index]), index))
    below = [index for anchor in anchors for index in fit if anchor < index <= anchor + 4 and weight(lines[index]) >= 4]
    return below[0] if below else None


def _first(lines: Sequence[str], fit: Sequence[int]) -> int | None:
    long = [index for index in fit if weight(lines[index]) >= 8]
    if long:
        return long[0]
    return fit[0] if len(fit) == 1 and fit[0] == 0 else None


def _could_be_title(line: str) -> bool:
    if not 3 <= weight(line) <= _LONGEST_TITLE or line.endswith(("。", "；", "：", ":", ",", "，", ";")):
        return False
    if _NO_TITLE.fullmatch(line) or known_outlet(line) or fold(line) in _PLACES or _is_menu(line):
        return False
    return not is_person(line)


def _is_menu(line: str) -> bool:
    """Five or more short words in a row, no punctuation: a menu or a cloud of tags."""
    words = re.split(r"[\s|/·>]+", line.strip())
    return len(words) >= 5 and all(weight(word) <= 5 for word in words) and bool(re.search(r"[一-鿿]", line))


def _is_name_line(line: str) -> bool:
    """Who wrote or published, in a line of its own: a word or two without punctuation."""
    return weight(line) <= 12 and not re.search(r"[，。！？、；：,.!?;:…“”\"]", line)


def _without_site(line: str) -> tuple[str, str]:
    """`标题 - 虎嗅网` → `标题`, `虎嗅网`; `标题_科技_腾讯网` likewise. The rest stays as it is."""
    title, site = re.sub(r"^#+\s*", "", line), ""
    named = _NAMED.match(title)
    if named and named["key"].lower() in ("title", "标题", "题目"):
        title = named["value"]
    while (
        (match := _SITE.search(title))
        and (looks_like_publisher(match[1]) or site)
        and weight(title[: match.start()]) >= 4
    ):
        site = site or match[1]
        title = title[: match.start()]
    return title.strip(), site


def _same_title(line: str, title: str) -> bool:
    return _without_site(line)[0] == title


def _read_named(line: str, head: Head, now: datetime) -> None:
    match = _NAMED.match(line)
    if match is None:
        return
    reading = read_time(match["value"], now=now)
    if reading:
        head.published = head.published or reading
    head.about.append(line)


def _address(line: str) -> str:
    match = _ADDRESS.match(line)
    return match["url"] if match else ""


def _read_dated(line: str, names: Sequence[str], head: Head, now: datetime, *, above_title: bool) -> Reading | None:
    """`混沌大学 3小时前`, `原创 张三 极客公园 2024年3月5日 10:11 北京`, `张三 · 昨天 12:30`, `2024-03-05 来源：新华社`.

    A sole name above the title is the outlet's. Of several the last is the outlet's, the others are authors.
    """
    found = time_in(line, now=now)
    if found is None:
        return None
    reading: Reading = (found.at, found.precision)
    original = "原创" in found.before or any(fold(name) in ("原创", "original") for name in names)
    for side in (found.before, found.after):
        for match in _LABELLED.finditer(side):
            if match["role"].lower() in ("作者", "文", "记者", "author"):
                head.authors += tuple(names_in(match["name"]))
            else:
                head.outlet = head.outlet or outlet_name(match["name"])
    loose = " ".join(name for name in names if fold(name) not in ("原创", "original"))
    tokens = [
        token
        for token in re.split(r"[\s·|/,，:：]+", _NOISE.sub(" ", loose + " " + _LABELLED.sub(" ", found.before)))
        if weight(token) >= 2 or re.fullmatch(r"[A-Za-z][\w.]+", token)
    ]
    tokens = [token for token in tokens if token not in _PLACES]
    for token in re.split(r"[\s·|/,，]+", _LABELLED.sub(" ", found.after)):
        if known_outlet(token):
            head.outlet = head.outlet or known_outlet(token)
        elif is_person(token) and token not in _PLACES and not tokens:
            tokens.append(token)
    if not tokens:
        return reading
    alone = tokens[0] if len(tokens) == 1 and not looks_like_publisher(tokens[0]) else ""
    if alone and (original or (is_person(alone) and not above_title)):
        head.authors += (alone,)
    else:
        *writers, outlet = tokens
        head.authors += tuple(writers)
        head.outlet = head.outlet or outlet_name(outlet)
    return reading
