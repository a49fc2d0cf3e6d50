"""The end of a WeChat article: what an account puts under every text of its own. Facts: outlets.md §7.

    往期推荐 and the links to earlier articles · 如果觉得文章不错，点个赞 · 长按加微信，拉你进群 · 关注公众号，回复… ·
    notes that an editor made of the text's links ([1] 开源: https://…)

sources.furniture knows what all outlets have; it stops at the first line of prose, and an account talks in prose.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from sources.bylines import is_credit
from sources.person_names import is_person

_MOST_CUT = 0.25  # of the text; an article that sells is still an article
_SHORT_CUT = 160  # characters; the signatures under a short piece of news are longer than that share of it
_LONGEST = 200  # characters of one such line
_LONGEST_SIGNED = 90
_MOST_LINES = 60  # under one text
_LONGEST_OFFICE = 9
_LONGEST_NAMES = 30

_ASKS = re.compile(
    r"""[\W_]*(?:(?:最后|另外|PS\d?[:：])[，,]?)?(?:
    (?:如果?|要是|若)?(?:你|您|大家)?(?:们)?(?:也)?(?:觉得|喜欢).{0,16}(?:文章|本文|这篇|内容|不错|有用|有帮助|有收获).{0,60}
        (?:关注|推荐|分享|转发|赞|在看|收藏|星标|打赏)
    |(?:喜欢|好看|觉得不错|支持).{0,10}(?:点个?|都点了|来个).{0,4}(?:赞|在看)
    |点(?:个|击|亮)?[“「【]?(?:分享|收藏|点?赞|在看|右下角)|[“「]?(?:分享|点赞|在看|收藏|转发)[”」]?[、，,].{0,30}$
    |.{0,6}[“「]在看[”」].{0,8}[？?]?$|(?:设为|加|点)?个?星标.{0,24}$
    |转载(?:请|须|需|或|.{0,6}联系)|(?:内容|文章)?转自.{1,30}(?:公众号|客户端).{0,4}$
    |欢迎.{0,4}(?:扫码|加入|添加|投稿)
    |(?!.*(?:评论|留言))(?:欢迎|请|记得|别忘了|顺手|麻烦).{0,8}(?:分享|转发|关注|点赞|点个?[“「【]?(?:赞|在看)|三连|星标).{0,24}$
    |(?:长按|扫码|扫描|扫一扫|识别|点击|戳|添加|加我?).{0,16}(?:微信|好友|二维码|图片|名片|卡片|公众号|进群|入群|报名|阅读原文|原文链接)
    |关注(?:公众号|我们|我[，,。]|本号|下方)|公众号(?:后台|内|对话框)?(?:回复|发送)|后台回复
    |(?:点击|戳|点)?(?:👇|⬇|下方|上方).{0,10}(?:卡片|名片|关注|公众号)
    |.{1,12}[，,、]\s*(?:即可)?(?:免费)?(?:领取|获取).{0,40}(?:资料|源码|课程|礼包|福利|电子书|模板|红包|PDF).{0,60}$
    |.{0,12}(?:推荐|介绍|安利)一?下?.{0,6}我.{0,4}(?:知识星球|课程|训练营|社群)
    |.{0,8}公(?:众)?号推荐\W*$|更多(?:推荐|内容|精彩|文章).{0,4}请?(?:看|戳|点)|.{0,160}点击[《“].{2,30}[》”].{0,12}$
    |(?:因为|由于)?.{0,4}(?:微信)?公众号.{0,12}(?:规则|推送|算法).{0,60}(?:星标|在看|推送)
    |.{0,8}(?:合作|投稿|联系)(?:请|可|邮箱|微信|方式).{0,10}(?:[：:]|[A-Za-z][\w.-]{4,}).{0,40}$
    |[（(]?(?:以上|本文|文中).{0,24}(?:不构成|仅供参考).{0,80}$|看完.{0,4}点赞.{0,40}$
    |(?:商务|投稿|转载|广告|内容)?(?:合作|投稿)\s*[：:|｜丨].{1,50}$
    |(?:THE\s*)?END[\W_]*$|(?:全文)?完[\W_]*$|[\w、·]{2,14}出品$
    |(?:往期|精彩|相关|更多|热门|推荐|历史)(?:精彩|回顾|推荐|阅读|文章|内容|合集|干货)+\s*[：:>》↓▼👇]*\s*$
    |本文.{0,6}(?:策划|编辑|审校|作者|责编).{1,60}(?:公众号|转载请).{0,40}
    )""",
    re.VERBOSE,
)
# How a newspaper's account signs, with more offices than sources.bylines has: 新媒体编辑：某某 · 一审：某某 二审：某某
_OFFICE = re.compile(
    r"(?:^|(?<=[\s;；,，、）)])|(?<=[一-鿿]))[一-鿿]{0,5}(?:记者|编辑|编委|审核|审校|校对|校审|校读|审阅|[初复终一二三]审|签发|供稿|文稿|文案"
    r"|文字|图片|摄影|美编|视觉|设计|排版|制图|制作|监制|统筹|策划|主编|责编|审定|编发|编审|通讯员|剪辑|播音|朗读|来源|作者|撰文|值班主任"
    r"|总监)$"
)
_MARK = re.compile(r"\s*[|｜丨︱/：:]\s*")
_PROSE = re.compile(r"[。！？!?…我你他她它的了是不这那]")
_NOTES = re.compile(r"(?:References?|参考(?:资料|文献|链接|来源)|引用链接|外部链接)\s*[：:]?", re.IGNORECASE)
_NOTE = re.compile(r"\[\d{1,3}\]")
_WORD = re.compile(r"\w")


def split_tail(lines: Sequence[str], onward: Collection[str]) -> tuple[list[str], list[str]]:
    """The lines of the text, and those that the account put under it. `onward`: the words of the links to other articles.

    Credits among them stay with the text: sources.bylines reads them.
    """
    kept, tail = _without_notes(list(lines))
    left = max(sum(map(len, kept)) * _MOST_CUT, _SHORT_CUT)
    ahead: list[str] = []
    under: list[str] = []
    at = len(kept)
    last = max(1, at - _MOST_LINES)
    while at > last:
        line = kept[at - 1]
        asks = _asks(line) or line in onward
        if not asks and _WORD.search(line) and not is_credit(line):
            break
        if asks:
            left -= len(line)
            if left < 0:
                break
        (under if asks else ahead).append(line)
        at -= 1
    return [*kept[:at], *reversed(ahead)], [*reversed(under), *tail]


def _asks(line: str) -> bool:
    if _signs(line):
        return not is_credit(line)
    return len(line) <= _LONGEST and _ASKS.match(line) is not None


def _signs(line: str) -> bool:
    """Whether a line is nothing but offices and who held them: one before the first mark, one at the end of what stands
    between two."""
    if len(line) > _LONGEST_SIGNED or _PROSE.search(line):
        return False
    first, *rest = _MARK.split(line.strip(" ✎▶◎●·-—"))
    if not rest:
        office, _, name = line.partition(" ")
        named = re.split(r"[\s、]+", name.strip())
        return bool(_OFFICE.search(office)) and len(office) <= _LONGEST_OFFICE and all(map(is_person, named))
    return (
        len(first) <= _LONGEST_OFFICE
        and all(map(_OFFICE.search, (first, *rest[:-1])))
        and all(len(part) <= _LONGEST_NAMES for part in rest)
    )


def _without_notes(lines: list[str]) -> tuple[list[str], list[str]]:
    """The text without the list of its links, which may be as long as the text: every line of it has its number."""
    behind = 0
    for at in range(len(lines) - 1, 0, -1):
        if _NOTES.fullmatch(lines[at]):
            return (lines[:at], lines[at:]) if at + 1 < len(lines) else (lines, [])
        if not _NOTE.match(lines[at]):
            behind += 1
            if behind > _MOST_LINES or not (_asks(lines[at]) or is_credit(lines[at])):
                break
    return lines, []
