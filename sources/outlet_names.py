"""The names outlets go by: their usual spelling, and how to tell a publisher's name from a person's."""

from __future__ import annotations

from sources.blocks import nfkc

_MEDIA_ENDINGS_WORDS = """
新闻 日报 晚报 周刊 周报 时报 早报 画报 杂志 财经 公园 观察 资讯 媒体 传媒 评论 研究院 研究所 实验室 大学 学院
学园 网 社 报 报道 在线 频道 访谈录 LatePost APP App Pro
"""
_MEDIA_ENDINGS = tuple(_MEDIA_ENDINGS_WORDS.split())

# usual name | other spellings
_NAMES = """
36氪 | 36kr | 36kr.com | 36氪网
虎嗅 | 虎嗅网 | 虎嗅app | huxiu.com
晚点LatePost | 晚点 | latepost | 晚点 latepost
腾讯新闻《潜望》 | 潜望 | 腾讯新闻潜望 | 腾讯新闻·潜望 | 腾讯潜望
张小珺商业访谈录 | 张小珺jun商业访谈录 | 张小珺jùn商业访谈录 | 张小珺jun|商业访谈录 | 张小珺jùn|商业访谈录
混沌大学
混沌学园
腾讯新闻
腾讯科技
极客公园 | geekpark
钛媒体 | 钛媒体app
界面新闻 | 界面
澎湃新闻 | 澎湃 | thepaper.cn
机器之心
量子位
新智元
甲子光年
硅星人 | 硅星人pro
品玩 | pingwest | pingwest品玩
雷峰网 | leiphone
第一财经
财新网 | 财新
财新周刊
新浪科技
新浪财经
网易科技
凤凰网
凤凰科技
搜狐科技
IT之家
爱范儿 | ifanr
少数派 | sspai
蓝鲸财经
每日经济新闻 | 每经
21世纪经济报道
证券时报
经济观察报
中国企业家 | 中国企业家杂志
南方周末
三联生活周刊
新华社 | 新华网
人民日报
人民网
央视新闻
中国新闻网 | 中新网
观察者网
环球网
科创板日报
财联社
华尔街见闻
硅谷101
远川研究所
暗涌Waves | 暗涌
投资界
亿欧
创业邦
i黑马
猎云网
CSDN
好奇心日报
GQ报道
路透社 | reuters
彭博社 | bloomberg
TechCrunch
The Verge
The Information
"""


def _squash(name: str) -> str:
    return "".join(nfkc(name).replace("|", "").replace("·", "").split()).lower()


_ROWS = [[part.strip() for part in row.split(" | ")] for row in _NAMES.strip().splitlines()]
_USUAL = {_squash(spelling): row[0] for row in _ROWS for spelling in row}
_LONGEST_FIRST = sorted((spelling for spelling in _USUAL if len(spelling) > 2), key=len, reverse=True)


def known_outlet(name: str) -> str:
    """The usual name of an outlet we know (`虎嗅APP` → `虎嗅`, `《晚点》` → `晚点LatePost`), else an empty string."""
    squashed = _squash(name)
    return _USUAL.get(squashed) or _USUAL.get(squashed.strip('《》「」“”"@'), "")


def outlet_in(line: str) -> str:
    """The longest known outlet named in a line, else an empty string."""
    squashed = _squash(line)
    return next((_USUAL[spelling] for spelling in _LONGEST_FIRST if spelling in squashed), "")


def spellings(outlet: str) -> tuple[str, ...]:
    """Every spelling we know of an outlet's usual name, that name first."""
    return next((tuple(row) for row in _ROWS if row[0] == outlet), (outlet,))


def looks_like_publisher(name: str) -> bool:
    """Whether a name is a publisher's: one we know, one with 《》, or one that ends as publishers do (…日报, …公园)."""
    return (
        bool(known_outlet(name)) or ("《" in name and "》" in name) or (len(name) > 2 and name.endswith(_MEDIA_ENDINGS))
    )
