"""What a paragraph or title says once everything that does not count is taken away.

Two texts with the same essence differ in nothing that is news: width, case, 繁 and 简, spaces and punctuation; counters
of readers, likes and comments, `3小时前`, and lines that are advertisements or links onward. What stands in a number
counts: 3.2亿 is neither 32亿 nor 2.3亿, and 增长-5% is not 增长5%.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from warehouse.scan.fold import fold

_LONGEST = 80  # characters of a line that can be furniture as a whole or in parts
_MOST_LINKS = 15  # lines behind a heading such as 相关阅读

_NUMBER = r"\d[\d.,]*\s?(?:[kw万亿千]|百万)?\+?"
_COUNTED = (
    r"(?:阅读|浏览|播放|点击|观看|收听|热度|点赞|赞|在看|喜欢|评论|留言|回复|跟帖|收藏|转发|分享|推荐|弹幕"
    r"|views?|reads?|likes?|comments?|shares?|replies)"
)
_COUNT = (
    rf"{_COUNTED}(?:量|数|次数)?\s?[:(]?\s?{_NUMBER}\s?[次条人个]?\)?"
    rf"|{_NUMBER}\s?[次条人个]?\s?(?:已|点了?)?{_COUNTED}(?:量|数|过)?"
    rf"|{_NUMBER}\s?人(?:看过|读过|已读|参与|觉得有用)"
)
_AGO = (
    r"(?:(?:最后)?(?:发布|更新|编辑|发表|修改)于?\s?:?\s?)?"
    r"(?:(?:\d+|半|[一二三四五六七八九十几]+)\s?个?(?:秒钟?|分钟?|小时|天|周|星期)[之以]?前|刚刚|just now"
    r"|(?:今天|昨天|前天)\s?\d{1,2}:\d\d|\d+\s?(?:seconds?|minutes?|mins?|hours?|days?)\sago)"
)
_STAMP = (
    r"(?:最后)?(?:发布|更新|编辑|发表|修改)(?:于|时间|日期)?\s?:?\s?"
    r"(?:\d{4}[-/.年]\d{1,2}[-/.月]\d{1,2}日?|\d{1,2}[-/.月]\d{1,2}日?)(?:\s?\d{1,2}:\d\d(?::\d\d)?)?"
)
_EDGES = r"|·•/()\[\]【】<>_—–-"


def _several(*kinds: str) -> str:
    one = "|".join(kinds)
    return rf"(?:{one})(?:[\s,{_EDGES}]*(?:{one}))*"


# In a line of the body a space sets a counter apart; in a title it takes a sign, for 播放3.2亿次 may be its news.
_IN_LINE = re.compile(rf"(?:^|(?<=[\s{_EDGES}])){_several(_COUNT, _AGO, _STAMP)}(?=$|[\s{_EDGES}])")
_IN_TITLE = re.compile(
    rf"(?:^|(?<=[{_EDGES}]))\s?{_several(_COUNT, _STAMP)}\s?(?=$|[{_EDGES}])|(?:^|(?<=[\s{_EDGES}]))(?:{_AGO})(?=$|[\s{_EDGES}])"
)
_SENTENCE = re.compile(r"[。!?;]")

_BUTTONS = re.compile(
    r"(?=.*[^\W\d])(?:分享到?|收藏|点赞|赞|赞赏|评论|留言|转发|举报|在看|推荐|阅读|打印|微信|微博|朋友圈|[\s\d|/·•:+])+"
)
_ONWARD = (
    r"(?:相关|延伸|推荐|更多|往期|热门|精彩|猜你|大家都在)(?:阅读|文章|推荐|报道|新闻|内容|回顾|精选|链接|资讯|喜欢|看)"
)
_HEADING = re.compile(rf"[【\[■●▲◆※\s]*{_ONWARD}[】\]\s:>》↓▼]*")
_ADVERT = re.compile(
    rf"(?:广告|推广|赞助(?:内容)?|ad|ads|advertisement|sponsored)(?:\s?:.*)?"
    rf"|[【\[■●▲◆※\s]*{_ONWARD}[】\]]?\s?[:|>》].*|[上下]一篇\s?:.*|阅读原文|查看原文|点击(?:查看|阅读|下载|关注)[^。]*"
    r"|(?:长按|扫码|扫描|扫一扫|识别)[^。]*(?:二维码|关注|下载|加入|入群)[^。]*|关注[^。]{0,20}(?:公众号|视频号)[^。]*"
    r"|(?:下载|打开)[^。]{0,12}(?:app|客户端)[^。]*"
)

_DASHES = str.maketrans("—~、", "--,")
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
# Signs that make another number of it: between two digits, after one, and a minus before an amount.
_SAYING = re.compile(
    r"(?<=\d)[-.,:/×](?=\d)|(?<=\d)[%‰+]|(?<=[a-z])\+|(?<=[^a-z0-9-])-(?=\d[\d.]*[%‰°亿万元点倍美])|[^-.,:/×%‰+]"
)


def essence(title: str) -> str:
    """What a title says."""
    line = _line(title)
    return _bare(_IN_TITLE.sub(" ", line) if len(line) <= _LONGEST else line)


def essences(text: str) -> list[str]:
    """What each paragraph of a text says, in order; an empty string for one that does not count."""
    lines = [_line(line) for line in text.split("\n")]
    end = _links_begin(lines)
    return [_bare(_without_furniture(line)) if at < end else "" for at, line in enumerate(lines)]


def _line(paragraph: str) -> str:
    """Folded, its runs of spaces kept as one: they set the parts of a line apart."""
    if len(paragraph) > 2 * _LONGEST:
        return fold(paragraph).text
    return " ".join(fold(word).text for word in paragraph.split())


def _without_furniture(line: str) -> str:
    if len(line) > _LONGEST:
        return line
    if _ADVERT.fullmatch(line) or _BUTTONS.fullmatch(line) or _HEADING.fullmatch(line):
        return ""
    return line if _SENTENCE.search(line) else _IN_LINE.sub(" ", line)


def _links_begin(lines: Sequence[str]) -> int:
    """Where the links onward begin that end a text: at a heading with nothing but short lines behind it."""
    for at in range(len(lines) - 1, max(len(lines) - _MOST_LINKS - 2, 0), -1):
        if _HEADING.fullmatch(lines[at]):
            return at
        if len(lines[at]) > _LONGEST or "。" in lines[at]:
            break
    return len(lines)


def _bare(line: str) -> str:
    """Letters, digits and marks of any script, signs of money, and what belongs to a number."""
    packed = "".join(line.split()).translate(_DASHES)
    packed = "".join(_SAYING.findall(_THOUSANDS.sub("", packed)))
    others = {ord(c): None for c in set(packed) if not _counts(c)}
    return packed.translate(others)


def _counts(char: str) -> bool:
    category = unicodedata.category(char)
    return category[0] in "LNM" or category == "Sc" or char in "-.,:/×%‰+"
