"""Shownotes: what a podcast prints below an episode. Facts: outlets.md §6.

Timelines, links to other episodes and the host's own promises are the text. Lists of the apps in which the show can be
heard are furniture: they name 喜马拉雅 and Spotify under every episode, and nobody spoke of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from sources.article import Article
from sources.bylines import names_in
from sources.outlet_names import known_outlet, looks_like_publisher

_PLATFORM = re.compile(
    r"小宇宙(?:\s?(?:app|fm))?|apple\s?podcasts?|苹果播客|spotify|喜马拉雅(?:\s?fm)?|网易云(?:音乐)?|qq\s?音乐|荔枝(?:\s?fm|播客)?"
    r"|蜻蜓(?:\s?fm)?|汽水儿?(?:音乐)?|pocket\s?casts?|google\s?podcasts?|castbox|castro|overcast|youtube(?:\s?music)?|酷狗(?:音乐)?"
    r"|酷我(?:音乐)?|懒人(?:听书|畅听)|amazon\s?music|iheart(?:radio)?|b\s?站|哔哩哔哩|bilibili|微信听书|rss(?:\s?feed)?",
    re.IGNORECASE,
)
# One of them is in the name of every app above; most lines are cleared by looking for them.
_STEMS = (
    *("宙", "podcast", "播客", "spotify", "喜马", "网易", "qq", "荔枝", "蜻蜓", "汽水", "cast", "youtube", "酷"),
    *("懒人", "amazon", "iheart", "站", "哔哩", "bili", "听书", "rss"),
)
_LISTEN = re.compile(
    r"收听|订阅|播放平台|平台|播客客户端|泛用型|同步(?:上线|更新)|listen|subscribe|follow", re.IGNORECASE
)
_SMALL_WORDS = re.compile(
    r"https?://\S+|欢迎|大家|可以|通过|以下|搜索|关注|我们的?|你|您|本(?:节目|播客|期)|节目|播客|也|可|能|在|上|等|和|与|及|或|即可|各大|主流|音频|均|都|全网|同名"
    r"|方式|渠道|客户端|应用|app|的|这里|找到|到|任意|常用|等等|请|使用|用|and|or|on|us|me|our|the|show|podcast|available|find",
    re.IGNORECASE,
)
_HEADING = re.compile(
    r"[\W_]*(?:(?:在哪里|如何|怎么)?(?:收听|订阅)(?:平台|方式|渠道|我们|本节目|节目|链接)?|(?:listen|subscribe)(?: on)?)[\W_]*",
    re.I,
)
_GUEST = re.compile(r"嘉宾|guest", re.IGNORECASE)
_LETTER = re.compile(r"\w")
_MOST_OTHER = 4  # letters that a list of apps has beside their names and the words of an invitation
_LONGEST_ENTRY = 60
_LONGEST_LIST = 400


def split_notes(lines: Sequence[str]) -> tuple[list[str], list[str]]:
    """The shownotes' text and the lists of apps in it. Where nothing else is left, all of it is text."""
    text: list[str] = []
    chrome: list[str] = []
    held: list[str] = []  # a heading, until what stands below it tells what it heads
    listing = False
    for line in lines:
        if held or listing:
            if is_listen_on(line) or (len(line) <= _LONGEST_ENTRY and _PLATFORM.match(line.lstrip("·•-—*▶️🎧 "))):
                chrome += [*held, line]
                held, listing = [], True
                continue
            text += held
            held, listing = [], False
        if _HEADING.fullmatch(line):
            held = [line]
        elif is_listen_on(line):
            chrome.append(line)
        else:
            text.append(line)
    text += held
    return (text, chrome) if text else (list(lines), [])


def with_guests(article: Article) -> Article:
    """The lines that name guests back from the credits to the head of the text: who came is what an episode is about,
    and a name among the credits alerts nobody."""
    credits = article.byline.split("\n")
    guests = [line for line in credits if _GUEST.search(line)]
    if not guests:
        return article
    others = [line for line in credits if line not in guests]
    return replace(article, text="\n".join([*guests, article.text]), byline="\n".join(others))


def is_listen_on(line: str) -> bool:
    """Whether a line does nothing but name the apps in which a podcast can be heard, two of them at least."""
    small = line.lower()
    if len(line) > _LONGEST_LIST or not any(stem in small for stem in _STEMS):
        return False
    apps = {match[0] for match in _PLATFORM.finditer(small)}
    if len(apps) < 2:
        return False
    asks = bool(_LISTEN.search(line))
    rest = _SMALL_WORDS.sub("", _LISTEN.sub("", _PLATFORM.sub("", line)))
    other = len(_LETTER.findall(rest))
    return other <= _MOST_OTHER if asks else len(apps) >= 3 and other == 0


def show_name(title: str) -> str:
    """The usual name of a show: `张小珺Jùn｜商业访谈录` → `张小珺商业访谈录`."""
    return known_outlet(title) or title


def host_names(printed: Iterable[str], show: str) -> tuple[str, ...]:
    """The people among those whom a podcast names as its authors; shows and publishers name themselves there too."""
    found: list[str] = []
    for name in printed:
        if name == show or show_name(name) == show or looks_like_publisher(name):
            continue
        found += [one for one in names_in(name) if one != show and not looks_like_publisher(one)]
    return tuple(dict.fromkeys(found))
