"""What part a stretch of the text plays: prose, a speaker's label, a credit line, furniture that was left in it.

Everything here works on folded text (lower case, `:` for `：`) and gives folded offsets.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from warehouse.scan.findings import Role
from warehouse.scan.fold import folded
from warehouse.watchlist import EntityKind

_LABEL = re.compile(r"^ ?([^\n:。?!;,]{1,30}): ?", re.MULTILINE)
_CREDIT_WORDS = (
    "作者|文字?|撰文|采写|采访|记者|编辑|责任编辑|责编|主编|编审|出品|监制|制作|策划|统筹|翻译|编译|校对|排版|运营|整理|来源|文章来源|"
    "本文来源|信息来源|原文来源|图片来源|封面来源|题图来源|图源|图片|头图|题图|封面图?|摄影|视觉|美编|剪辑|录音|后期|嘉宾主持|主播|版权|审校|审核|供图|供稿|转载自?|撰稿|通讯员|特约撰稿"
)
_CREDITS = re.compile(
    rf"^ ?[【\[(]?(?:{_CREDIT_WORDS})(?:[/&、和](?:{_CREDIT_WORDS}))* ?[|丨/:│\]】][^\n。?!]{{0,80}}。?$"
    r"|^ ?[(【]?(?:本文|文章|图片|题图|封面|头图|内容)(?:来自|来源于?|首发于?|转载自|转自|源自|由)[^\n]{0,120}$"
    r"|^[^\n]{0,80}授权(?:发布|转载)[^\n]{0,40}$"
    r"|^ ?(?:转载|转自|摘自|节选自|编译自|首发于)[^\n]{0,80}$"
    r"|^ ?[(【][\u4e00-\u9fff]{2,4}(?:[ 、/][\u4e00-\u9fff]{2,4})?[)】]$"
    r"|^ ?[(【]?(?:本文)?版权归?[^\n]{0,60}$"
    r"|^ ?[(【]?[^\n,。:;!?]{0,8}(?:记者|撰稿人|通讯员|摄影师?|实习生)[^\n,。:;!?]{1,14}?(?:摄|报道|发自[^\n,。]{1,10}|文|综合)[)】]?(?=$|。| )",
    re.MULTILINE,
)
_CREDIT_IN_BRACKETS = re.compile(
    r"[(【][\u4e00-\u9fff]{2,4}[)】]\s*\Z|"
    r"[(【](?:[^()【】\n]{0,16}(?:记者|编辑|通讯员|责编)[: ]?[^()【】\n]{0,30}"
    r"|(?:作者|来源|文|图|图源|图片来源|编译|转自)[:/|丨][^()【】\n]{0,40})[)】]"
)
_DATELINE = re.compile(r"^ ?(?:【[^】\n]{0,40}】)? ?([^\n,。:;、]{2,16}?)(?:讯|获悉|消息)(?=[ ,:(]|\d)", re.MULTILINE)
_DATED = re.compile(r"^ ?([^\n,。:;、]{2,16}?)(?:讯 ?(?=\(|\d{1,2}月|\d{4}年|记者|今日|近日)|\d日电)", re.MULTILINE)
# Whoever is told something in an article asks the questions: 对《棱镜》表示, 告诉半月谈记者.
_ASKED = re.compile(
    r"(?:对|向|告诉)([《「\"]?[^\n,。:;《》「」\"]{2,14}?[》」\"]?)(?:记者)(?:表示|说|称|透露|指出|坦言|介绍)?"
    r"|(?:对|向|告诉)(?P<quoted>[《「][^\n》」]{2,14}[》」])(?:表示|说|称|透露|指出|坦言|介绍|[,:])"
)
_SOURCE_LABEL = re.compile(r"^ ?@([^\n【@]{2,16})(?=【)", re.MULTILINE)  # @界面新闻【…】 in a round of news
# What only newspapers, agencies and programmes are called: 证券时报网, 21世纪经济报道, 第一财经.
_MEDIUM = re.compile(
    r"[日晚早时快周商晨]报|都市报|周刊|新闻|财经|报[道导]|电视台|电台|通讯社|新华社|中新社|(?:[报社刊]|新华|人民|中新|央视)网?(?:客户端)?$"
)
_NEWS_LABEL = re.compile(r"^ ?【([^】\n]{2,16})】", re.MULTILINE)  # 【第一财经】 before each item of a round of news
_TIMES_OF_DAY = r"(?:\d{4}年|\d{1,2}月(?:\d{1,2}日)?|\d{1,2}日|今[日天]|昨[日天]|当地时间|近日|日前|此前|早前|稍早|最新|独家|记者| )"
# Who reported it first: 据中新网9月9日报道, 产经新闻报道,
_CITED = re.compile(rf"据(?<![证论占凭数票]据)([^\n,。:;、的对]{{2,14}}?){_TIMES_OF_DAY}*(?:报[道导]|援引|电(?=[,:]))")
_REPORTING = re.compile(
    rf"(?:^|。)(?!根?据|依据)(?P<reporting>[^\n,。:;、的对]{{2,14}}?){_TIMES_OF_DAY}*报[道导](?=[,:称说]|指出)",
    re.MULTILINE,
)
# A photographer at the end of a caption: 午门调试灯光。中新社记者 杜洋 摄; 图/视觉中国.
_CAPTION_CREDIT = re.compile(
    r"[。!?;,> ）)](?P<credit>[^\n,。:;!? ]{0,8}(?:记者|摄影师?|通讯员|实习生)[^\n,。:;!?]{1,14}?摄(?:影报道)?"
    r"|(?:图片?|摄影|图源|漫画)[/|丨:][^\n,。:;!?]{1,20})[)】。]?$",
    re.MULTILINE,
)
# A line that is nothing but a place to share the page.
_SHARE = re.compile(
    r"^ ?(?:(?:分享|facebook|twitter|line|linkedin|whatsapp|pinterest|telegram|instagram|plurk|微信|朋友圈|微博|新浪微博|qq空间|复制链接)[ /|·]{0,3})+$",
    re.MULTILINE,
)
_LISTEN = re.compile("收听|订阅|收看|关注我们|扫码|下载")
_SENTENCE_REACH = 160
_SENTENCE_ENDS = frozenset("\n。!?")
_INVITATION = re.compile(r"欢迎|可在|可以在|均可|各大|同步|点击|扫码|搜索|打开")
_PLATFORM = re.compile(
    r"小宇宙|apple podcasts?|苹果播客|喜马拉雅|spotify|"
    r"qq音乐|网易云音乐|蜻蜓fm|荔枝|b站|哔哩哔哩|视频号|公众号|youtube|微信搜索"
)
# Lines that belong to the page, not to the article: trails, tags, buttons, invitations.
_FURNITURE = re.compile(
    r"^ ?(?:收听方式|收听平台|分享到|分享至|相关阅读|推荐阅读|延伸阅读|相关推荐|热门标签|文章标签|本文标签|标签|关键词|免责声明|风险提示|往期回顾|往期推荐|更多精彩|猜你喜欢)"
    r" ?[:|丨>》 ][^\n]*$"
    r"|^ ?\[\d{1,3}\][^\n]{0,120}$"
    r"|^ ?首页 ?[>›»/|][^\n]*$"
    r"|^ ?[#＃][^\n#]{1,20}[#＃](?: ?[#＃][^\n#]{1,20}[#＃]?)*$",
    re.MULTILINE,
)
_BUTTON = re.compile(r"^[^\n]{2,60}$", re.MULTILINE)
_BUTTON_VERB = re.compile(r"打开|下载|扫码|扫一扫|长按|识别二维码|扫描|点击|戳|搜索")
_BUTTON_THING = re.compile(
    r"客户端|公众号|二维码|扫一扫|关注我们|阅读更流畅|继续(?:听|看|阅读|观看)|阅读原文|阅读全文|小程序|查看更多|星标"
)
_SELF_INTRODUCTION = re.compile(r"我是 ?([^\n,。!]{2,14}?)的")
# Where a programme speaks of itself: 本节目在小宇宙首发.
_WHERE_TO_LISTEN = re.compile(
    r"(?:在|来自|上|去|或者?|和|、|及)(小宇宙|喜马拉雅|apple podcasts?|苹果播客|spotify|网易云(?:音乐)?|qq音乐|蜻蜓fm|荔枝fm)"
    r"|(?P<named>小宇宙|喜马拉雅|apple podcasts?|苹果播客|spotify|网易云(?:音乐)?|qq音乐|蜻蜓fm|荔枝fm)"
    r"(?:[和、或及][^,。\n]{2,8}?)?的(?:朋友|听众|听友|同学|用户|小伙伴)"
)
_OF_THE_SHOW = re.compile(
    r"节目|听众|听友|本期|下期|订阅|点个?赞|留言|同步|首发|更新|简介|show ?notes|听我们|收听|搜|主播"
)
_LISTEN_REACH = 24
_GREETED = 80  # characters in which a host says who speaks
_GREETING = re.compile(r"欢迎收听|欢迎收看|欢迎来到|欢迎大家收听")
_DECORATION = re.compile(r"[《》\"'()\[\]【】 |/·-]+")
_AFTER_SPEAKER = re.compile(
    r"(?: ?\([^()\n]{0,20}\)| ?(?:先生|女士|教授|老师|博士|院士|主持人|记者|ceo|cto|创始人|总))*$"
)
_NO_LABEL = re.compile(r"表示|说|称|认为|问|指出|告诉|透露|强调|写道|介绍")
_TURNS = 3  # an organisation whose label opens so many paragraphs asks the questions


@dataclass(frozen=True, slots=True)
class Label:
    """A paragraph's opening up to its colon. `publisher`: it is the outlet, or one that asks all the questions."""

    start: int
    end: int
    text: str
    turns: int
    publisher: bool


class Layout:
    """The roles of a folded text's stretches."""

    def __init__(self, text: str, publishers: Iterable[str] = ()) -> None:
        """`publishers`: outlet and authors as the article names them."""
        self._text = text
        names = own_names(publishers)
        self._labels = tuple(_labels(text, names))
        self._answerers = {label.text for label in self._labels if label.turns > 1}
        self._label_starts = [label.start for label in self._labels]
        self._stretches = sorted(_stretches(text, names))
        self._stretch_starts = [start for start, _, _ in self._stretches]

    def role(self, start: int, end: int, kind: EntityKind) -> Role:
        """The role of an entity of that kind that stands at text[start:end]."""
        at = bisect_right(self._stretch_starts, start) - 1
        for stretch_start, stretch_end, role in self._stretches[max(0, at - 2) : at + 1]:
            if stretch_start <= start and end <= stretch_end:
                return role
        at = bisect_right(self._label_starts, start) - 1
        if at < 0 or end > self._labels[at].end:
            return "body"
        label = self._labels[at]
        if label.publisher:
            return "byline"
        if kind == "person":
            return "speaker" if self._names_speaker(label, start, end) else "body"
        asks = label.turns >= _TURNS and bool(self._answerers - {label.text})
        return "byline" if asks and _bare(label.text) == _bare(self._text[start:end]) else "body"

    def _names_speaker(self, label: Label, start: int, end: int) -> bool:
        before, after = self._text[label.start : start], self._text[end : label.end]
        if _NO_LABEL.search(before + after):
            return False
        return (not before.strip() or label.turns > 1) and bool(_AFTER_SPEAKER.match(after))


def own_names(publishers: Iterable[str]) -> frozenset[str]:
    """The names of an article's outlet and authors, folded: 腾讯新闻《潜望》 is 腾讯新闻潜望, 腾讯新闻 and 潜望."""
    return frozenset(_names(publishers))


def publisher_lines(outlet: str, authors: Sequence[str], byline: str) -> str:
    """The byline with the outlet and the authors in it, each on a line of its own if it is not there yet."""
    lines = [byline] if byline else []
    lines += [name for name in (outlet, *authors) if name and name not in byline]
    return "\n".join(lines)


def _bare(text: str) -> str:
    return _DECORATION.sub("", text)


def _names(publishers: Iterable[str]) -> Iterable[str]:
    for publisher in publishers:
        whole = folded(publisher)
        yield from (name for name in (_bare(whole), *_DECORATION.split(whole)) if len(name) >= 2)


def _labels(text: str, publishers: frozenset[str]) -> Iterable[Label]:
    found = [(match.start(1), match.end(1), match.group(1)) for match in _LABEL.finditer(text)]
    turns = Counter(_bare(label) for _, _, label in found)
    for start, end, label in found:
        bare = _bare(label)
        if bare:
            yield Label(start, end, label, turns[bare], _is_publisher(bare, label, turns[bare], publishers))


def _is_publisher(bare: str, label: str, turns: int, publishers: frozenset[str]) -> bool:
    if bare in publishers or any(name in bare and len(bare) - len(name) <= 6 for name in publishers if len(name) > 2):
        return True
    if turns > 1 and any(bare in name for name in publishers if len(bare) > 1):
        return True
    return turns >= _TURNS and "《" in label


def _stretches(text: str, publishers: frozenset[str]) -> Iterable[tuple[int, int, Role]]:
    for match in _CREDITS.finditer(text):
        yield *match.span(), "byline"
    for match in _CREDIT_IN_BRACKETS.finditer(text):
        yield *match.span(), "byline"
    for match in _DATELINE.finditer(text):
        if any(name in _bare(match.group(1)) for name in publishers) or (
            match.group().endswith("讯") and _MEDIUM.search(_bare(match.group(1)))
        ):
            yield *match.span(1), "byline"
    for match in _NEWS_LABEL.finditer(text):
        if _MEDIUM.search(_bare(match.group(1))):
            yield *match.span(1), "byline"
    for match in _CITED.finditer(text):
        yield *match.span(1), "byline"
    for match in _REPORTING.finditer(text) if "报" in text else ():
        if _MEDIUM.search(_bare(match["reporting"])):
            yield *match.span("reporting"), "byline"
    for match in _CAPTION_CREDIT.finditer(text):
        yield *match.span("credit"), "byline"
    for match in _SHARE.finditer(text):
        yield *match.span(), "chrome"
    for match in _ASKED.finditer(text):
        yield *match.span(1 if match[1] else "quoted"), "byline"
    for match in _SOURCE_LABEL.finditer(text):
        yield *match.span(1), "byline"
    for match in _DATED.finditer(text):
        yield *match.span(1), "byline"
    for match in _FURNITURE.finditer(text):
        yield *match.span(), "chrome"
    for match in _BUTTON.finditer(text):
        line = match.group()
        if _BUTTON_VERB.match(line.lstrip(" 【[(")) and _BUTTON_THING.search(line):
            yield *match.span(), "chrome"
    for match in _LISTEN.finditer(text):
        start, end = _sentence(text, match.start(), match.end())
        if _INVITATION.search(text, start, end) and _PLATFORM.search(text, start, end):
            yield start, end, "chrome"
    for platform in _WHERE_TO_LISTEN.finditer(text):
        before = text[max(0, platform.start() - _LISTEN_REACH) : platform.start()]
        after = text[platform.end() : platform.end() + _LISTEN_REACH]
        if _OF_THE_SHOW.search(before) or _OF_THE_SHOW.search(after):
            yield *platform.span(1 if platform[1] else "named"), "chrome"
    for greeting in _GREETING.finditer(text):
        paragraph_end = text.find("\n", greeting.end(), greeting.end() + _GREETED)
        introduction = _SELF_INTRODUCTION.search(
            text, greeting.end(), paragraph_end if paragraph_end >= 0 else greeting.end() + _GREETED
        )
        if introduction:
            yield *introduction.span(1), "byline"


def _sentence(text: str, start: int, end: int) -> tuple[int, int]:
    floor, ceiling = max(0, start - _SENTENCE_REACH), min(len(text), end + _SENTENCE_REACH)
    while start > floor and text[start - 1] not in _SENTENCE_ENDS:
        start -= 1
    while end < ceiling and text[end] not in _SENTENCE_ENDS:
        end += 1
    return start, end
