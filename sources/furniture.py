"""Lines of an outlet's own furniture at the head and the tail of a body: rights, reading tips, links onward.

The lines go into `Article.chrome`, not into nothing: a name that stands there is known, and never alerts. Credits of
persons are not furniture; sources.bylines takes those.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate

# Single lines before the text proper. Only while they stand in the first few lines.
_HEAD_LINES = 6
_HEAD = re.compile(
    r"""[（(【\[]?(?:本文)?原(?:标题|题)[为：:《].*
    |[\[【（(](?:摘要|导读|核心提示|内容提要)[：:].{8,300}[\]】）)]
    |图集|播放|视频|Play\ Video|/?\d{1,2}:\d\d(?::\d\d)?|第\d+页/共\d+页.{0,30}|\S{0,12}\s*(?:https?://|www\.)[\w./?=&%-]+
    |(?:发表|查看|参与|最新|网友)\S{2,4}|.{0,12}(?:【[^】]{1,14}】[^【】。]{0,12}){3,}
    |(?:[^。，；|｜-]{1,10}\s*[-|｜]\s*){5,}.{0,12}
    |(?:日期|(?:发布|更新|发稿)时间)[：:][^，。]{0,30}|字[号体].{0,12}|分享到?[：:]?|听新闻|收听本文
    |[（(]?(?:来源于?|文章来源|稿源|出处)[：:].{1,20}
    |(?:您?的?(?:当前|现在|目前|所在)的?)?位置\s*[：:].{0,80}|.{1,60}(?:[>›»→]|&gt;)\s*正文|[^。，>]{1,14}(?:\s*(?:-->|[>›»]{1,2})\s*[^。，>]{1,16}){2,}
    |视频\s*[-－—：:].{0,40}
    |(?:点击|扫码|长按).{0,12}(?:关注|二维码|订阅).{0,30}
    |.{0,12}(?:蓝字|蓝色字).{0,12}关注.{0,12}
    |(?:相关|更多|推荐)(?:新闻|阅读|报道|链接)[：:]?
    |.{0,60}(?:供图|摄|资料图(?:片)?|视觉中国.{0,6}|图据.{0,10}|[（(](?:图源|图|来源)[：:/].{0,16}[)）])(?:\s\S{1,8})?""",
    re.VERBOSE,
)

# A line of time, source and name that stands in the body: 某某网 (2012-06-04 09:20:26) 稿件来源：某报
_DATELINE = re.compile(
    r"(?i:(?:https?://)?[a-z0-9.-]+\.(?:com|cn|net|org)(?:\.cn)?/?\s*)?"
    r"[^。！？，；]{0,16}?(?:19|20)\d\d(?:[-/.]\d{1,2}[-/.]\d{1,2}|年\d{1,2}月\d{1,2}日)"
    r"\s*(?:\d{1,2}[:：]\d{2}(?:[:：]\d{2})?[^。！？，；]{0,40}|(?:来源|稿源|作者)\s*[：:][^。！？，；]{1,24})"
    r"|(?:发布|发表|更新|发稿)(?:日期|时间)\s*[：:].{4,60}"
)

# From such a line on nothing belongs to the text, provided that it stands near the end.
_LEAST_KEPT = 0.6
_SHORT_TAIL = 120  # characters; of a very short text the end is near everywhere
_CUT = re.compile(
    r"""[（(【\[]?\s*(?:责任编辑|责任编缉|责编|責任編輯|责任校对)\s*[：:/]
    |[（(]?本文来源[：:]
    |[（(【\[]?\s*(?:本文)?原(?:标题|题)[为：:《]
    |[（(]\s*完\s*[)）]$|[-—–=*\s]*(?:THE\s*)?-?\s*END[-—–=*\s.]*$|[-—–\s]*(?:完|全文完)[-—–\s]*$
    |.{0,8}(?:免责声明|版权声明|特别声明|郑重声明|重要声明|免责条款)\s*[：:】]?|声明[：:]|版权归
    |本(?:文|作品|稿|内容)(?:为|系|由|是).{0,14}(?:原创|独家|首发|授权|转载)|本文仅代表|以上(?:内容|信息|文章).{0,10}(?:仅代表|仅供|由|来自)|文章(?:观点)?仅代表
    |(?:热门|最新|精彩|全部|网友|更多)(?:评论|跟[帖贴]|留言)(?:[（(]?\d+[)）]?)?$
    |(?:本|该|此)(?:文|内容)(?:观点仅|为作者独立观点|经授权|未经)|如对本(?:文|稿件).{0,8}异议
    |\*?(?:文中|文内|本文)(?:配图|图片|插图)均?(?:来自|来源于?|源自).{0,6}网络
    |未经.{0,10}授权|(?:如需)?转载(?:请|须|需)|(?:请)?支持独立网站|原网页已经由|返回.{0,10}(?:首页|频道|列表|查看更多)""",
    re.VERBOSE,
)
# From these on too, but only when no more prose follows; else the line alone goes.
_LINK_ON = re.compile(
    r"""(?:文章|稿件|信息|新闻)?来源[：:][^。，]{1,24}$
    |(?:信息|图片|图文|图|素材|资料|视频|封面图?)[^。，]{0,6}(?:来源于?|来自|源自)[^。]{0,20}(?:[，。；]如有侵权.*)?$
    |题图.{0,6}[来源]|头图.{0,4}来
    |进入【[^】]{2,12}】(?:讨论)?$|查看原文|阅读原文|原文链接|点击.{0,8}(?:阅读原文|进入专题|查看更多)
    |\+1$|【?纠错】?$|举报[/／]?(?:反馈|投诉)?$|分享让更多人看到|分享到[：:]?|(?!\d+$)(?:分享|留言|列印|收藏|点赞|赞|赏|打印|评论|\s|A[-+]?|\d)+$
    |(?:扫描|扫码|扫一扫|长按|识别).{0,20}(?:二维码|关注|下载|加入|解锁|图片)|喜欢(?:这篇|本)文章|看都看完了|点(?:个|【)?(?:在看|赞)
    |(?:往期|精彩|推荐|相关|延伸|更多|猜你|热门|此前|大家都在看|为你)(?:精彩|回顾|推荐|阅读|文章|新闻|链接|内容|喜欢|报道|资讯|往期|日志)\s*[：:>》↓▼]*\s*$
    |(?:延伸|相关|推荐)(?:阅读|报道|新闻)[：:·\s]|[■◆●▲※]\s*(?:相关|延伸|更多|推荐).{2,6}$|.{0,8}(?:【[^】]{1,14}】[^【】。]{0,12}){3,}$
    |[【\[（(]?(?:延伸|相[关關]|推[荐薦]|[热熱][门門]|更多|[编編][辑輯]|精[选選])(?:[阅閱][读讀]|新[闻聞]|[报報][道導]|[点點][阅閱]|推[荐薦]|文章|精[选選])[】\]）)]?\s*[：:]?$
    |(?:更多|相关)[^。]{0,40}?(?:资讯|内容|攻略|新闻|报道|消息)[^。]{0,4}请?关注[^。]{0,24}$
    |[^。！？]{0,40}(?:[点點]我|[点點][击擊]|下[载載]|打[开開])[^。！？]{0,10}(?:APP|App|客[户戶]端)[^。！？]{0,20}$
    |(?:(?:【\d{1,2}】|\[\d{1,2}\])\s*){2,}$|.{0,12}[上下]一[页頁篇].{0,16}$|[\[【]?[上下]一[篇条]\s*[：:\]】].{0,60}$
    |《[^》]{2,12}》\s*[（(]\s*(?:19|20)\d\d\s*年.{4,20}版\s*[）)]$
    |(?:[【\[][^】\]]{0,6}(?:打印|关闭|返回|评论|收藏|字号|顶部)[^】\]]{0,6}[】\]]\s*)+$|图集$
    |(?:发布|发表)(?:日期|时间)\s*[：:][^。]{4,40}$
    |参考(?:链接|资料|文献|来源|文章)\s*[：:]?\s*$
    |[·•\s]*[Rr]ead more|Continue reading""",
    re.VERBOSE,
)
_LABEL = re.compile(r".{0,8}[：:]\s*")
_PROSE = re.compile(r".{30,}[。！？]|.{15,}。.{10,}")
_MOST_PROSE_BEHIND = 0.12
_WAY_ON = re.compile(r"扫描|扫码|扫一扫|长按|识别|点击|查看原文|阅读原文|原文链接")
_OFTEN = 3
_ABOVE = 40  # lines; menus and crumbs over a headline are many and short
_FEWEST_LINK = 6
_LONGEST_DATELINE = 80


@dataclass(frozen=True, slots=True)
class Trimmed:
    """`lines` of the text, `head` and `tail` what stood around it."""

    lines: list[str]
    head: list[str]
    tail: list[str]


def trim(lines: Sequence[str], *, title: str = "", links: Collection[str] = ()) -> Trimmed:
    """The body without furniture. `links`: the texts of its links; a line at either end that is no more leads away.

    Cuts at most two fifths of the characters away at the tail.
    """
    anchors = {text for text in links if len(text) >= _FEWEST_LINK}
    start = _start(lines, title, anchors)
    head, kept, tail = list(lines[:start]), list(lines[start:]), []
    before = _running(map(len, kept))
    total = before[-1]
    least = _LEAST_KEPT * total
    prose: list[int] = []
    often: set[str] = set()
    alone: set[int] = set()
    for at, line in enumerate(kept):
        if not at or (before[at] < least and total - before[at] > _SHORT_TAIL):
            continue
        ends = _CUT.match(line) is not None
        if not ends and before[at] >= least and _LINK_ON.match(line):
            if not prose:  # few texts have such a line at all
                prose = _running(len(one) if _PROSE.match(one) else 0 for one in kept)
                # The way to the original under each of a text's parts, its first ones too, is no end of the text.
                early = Counter(
                    one for one, size in zip(kept, before, strict=False) if size < least and _WAY_ON.match(one)
                )
                often = {one for one, times in early.items() if times >= _OFTEN}
            if line in often:
                continue
            ends = prose[-1] - prose[at + 1] <= _MOST_PROSE_BEHIND * least
            if not ends:
                alone.add(at)
        if ends:
            kept, tail = kept[:at], kept[at:]
            break
    if alone:
        tail = [*(kept[at] for at in sorted(alone)), *tail]
        kept = [line for at, line in enumerate(kept) if at not in alone]
    left, last = sum(map(len, kept)), len(kept)
    while last > 1 and _leads_away(kept[last - 1], anchors) and left - len(kept[last - 1]) >= least:
        last -= 1
        left -= len(kept[last])
    kept, tail = kept[:last], [*kept[last:], *tail]
    return Trimmed(kept, head, tail)


def is_dateline(line: str) -> bool:
    """Whether a line says nothing but when, where and by whom something was published."""
    return len(line) <= _LONGEST_DATELINE and _DATELINE.fullmatch(line) is not None


def _start(lines: Sequence[str], title: str, links: Collection[str]) -> int:
    """How many lines at the top are no text."""
    named = re.sub(r"\s", "", title)
    above = count = _above_headline(lines, named)
    for line in lines[above : above + _HEAD_LINES]:
        if not (
            _HEAD.fullmatch(line) or is_dateline(line) or (named and re.sub(r"\s", "", line) == named) or line in links
        ):
            break
        count += 1
    return count if count < len(lines) else 0


def _above_headline(lines: Sequence[str], named: str) -> int:
    """How many lines stand above the headline, it included: nothing there is text, as long as nothing there is prose."""
    for at, line in enumerate(lines[:_ABOVE]):
        if named and "".join(line.split()) == named:
            return at + 1
        if "。" in line or _PROSE.match(line):
            return 0
    return 0


def _leads_away(line: str, links: Collection[str]) -> bool:
    return line in links or _LABEL.sub("", line, count=1) in links


def _running(sizes: Iterable[int]) -> list[int]:
    """The sums before each, and the sum of all at the end."""
    return [0, *accumulate(sizes)]
