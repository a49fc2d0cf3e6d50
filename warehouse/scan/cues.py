"""The words beside a name that say what it is, as patterns over folded text. Word lists and nothing else."""

from __future__ import annotations

import re

from warehouse.scan.words import WordClass

_OPEN = r'["\'《(]?'
_CLOSE = r'["\'》)]? ?'


def _words(*lines: str) -> str:
    """An alternation of plain words, longest first."""
    return "|".join(
        map(re.escape, sorted({word for line in lines for word in line.split()}, key=lambda w: (-len(w), w)))
    )


def _before(*lines: str) -> re.Pattern[str]:
    return re.compile(rf"(?:{_words(*lines)}){_OPEN}$")


def _after(*lines: str, also: str = r"(?!)") -> re.Pattern[str]:
    return re.compile(rf"{_CLOSE}(?:{_words(*lines)}|{also})")


_TICKER = r"\(?(?:nyse|nasdaq|股票代码|\d{4,6}\.(?:hk|sz|sh)|[a-z]{2,5}\.(?:us|o|n)(?![a-z]))"
_MODEL = r"[a-z]{1,4}\d{1,3}(?![a-z0-9])"  # 理想L9, 小米SU7
_NEVER = re.compile(r"(?!)")

AFTER_APP = _after("公众号 小程序 客户端", also=r"app(?![a-z])")
BEFORE_OPENED = _before("打开 下载 卸载 刷着 辆 驾驶 开着")
BEFORE_PLACE = re.compile(rf"在{_OPEN}$")
AFTER_PLACE = re.compile(rf"{_CLOSE}(?:上|里)(?![级面述网司市万千百亿次])")

_BEFORE_FIRM = _before(
    "入职 供职于 就职于 任职于 跳槽 跳槽到 车企 竞对 对手 友商 app 品牌 厂商 巨头 大厂 子公司 旗下 旗下的 收购",
    "控股 入股 起诉",
    "前东家 投资了 平台",
)
_AFTER_FIRM = _after(
    "集团 公司 股份 官网 官微 官方微博 创始人 联合创始人 联创 董事长 总裁 副总裁 首席 ceo cto cfo coo 股价 市值",
    "财报 年报",
    "季报 估值 港股 美股 营收 净利 旗下 发言人 总部 高管 前员工 内部人士 方面表示 方面回应",
    also=_TICKER,
)
_BEFORE_MIXED = _before("入职 供职于 就职于 任职于 跳槽到 车企 竞对 友商 app")
_AFTER_MIXED = _after("集团 股份 股价 市值 ceo 董事长 总裁 创始人 联合创始人 官微 官网", also=_TICKER)
_AFTER_NOUN = _after(
    "宣布 官宣 裁员 召回 涨停 跌停 涨超 跌超 发布会 发布新 发布财 发布最 发布旗 发布首 发布第 发布20 发布了新",
    "发布了首 推出新",
    "推出首 推出全 推出旗 推出了新 推出了首 推出了全 推出了第 交付 的股价 的市值 的创始人 的ceo 员工",
    also=_MODEL,
)
_BEFORE_NAME = _before("加入 离开 投资 来自 卖给 超过 超越 对标 追赶 打败")
_AFTER_NAME = _after(
    "手机 汽车 电脑 科技 平台 员工 工程师 产品 生态 系 发布会 发布 宣布 推出 官宣 回应 裁员 上市 上线 交付 召回",
    "起诉 收购",
    "投资 融资 涨停 跌停 大跌 大涨 涨超 跌超 今年 去年 开始 也在 正在 已经 将在 计划 涨价 降价 停产 断供 开源",
    "系统 电视",
    "音箱 应用商店 专卖店 主播 直播间 上的 上卖 供应商 供应链 总部 粉丝 门店 商店 芯片 用户 的用户 的员工 的股价",
    "的市值",
    "的高管 的创始人 的ceo 的老板 的竞争 内部",
    also=_MODEL,
)
# What each class of ordinary word takes as evidence: pairs of (before it, after it).
AFFIXES: dict[WordClass, tuple[tuple[re.Pattern[str], re.Pattern[str]], ...]] = {
    "verb": (),
    "mixed": ((_BEFORE_MIXED, _AFTER_MIXED),),
    "noun": ((_BEFORE_FIRM, _AFTER_FIRM), (_NEVER, _AFTER_NOUN)),
    "name": ((_BEFORE_FIRM, _AFTER_FIRM), (_BEFORE_NAME, _AFTER_NAME)),
    "latin": ((_BEFORE_FIRM, _AFTER_FIRM), (_BEFORE_NAME, _AFTER_NAME)),
}

# After these an ordinary word is grammar: 向大众宣布, 由中心统一发布.
BEFORE_GRAMMAR = re.compile(r"[向对让为给被把使令将由的地得]$")
BEFORE_EATEN = re.compile(
    r"(?:[吃啃削咬煮熬喝摘栽嚼](?:完|了|过|掉|着|下)?(?:[一两几半]?[个口颗碗斤些])?|[颗斤筐篮碗]|[吃喝]的)$"
)
AFTER_PERSON = re.compile(
    r"(?:\(\w{1,20}\))?,?(?:"
    + _words(
        "说 表示 称 认为 指出 坦言 透露 告诉 回应 回忆 强调 介绍 先生 女士 教授 老师 博士 院士 的作品 的小说 获得",
        "获奖 是一位",
        "是一名 担任 出任 创办 创立 加入 出生",
    )
    + ")"
)
BEFORE_PERSON = re.compile(
    "(?:"
    + _words(
        "创始人 ceo cto 董事长 总裁 教授 记者 作家 导演 演员 歌手 主席 经理 总监 合伙人 院士 博士 先生 女士 选手",
        "队员 作者 名叫",
        "叫做 我叫 叫 校长 院长 主任 科学家 分析师 嘉宾",
    )
    + ")[ :]?$"
)
AFTER_QUOTED = re.compile(
    r'["》] ?(?:'
    + _words("app 上 里 平台 公众号 账号 公司 团队 品牌 创始 社区 用户 的用户 的创始 号 网 直播间 课程")
    + ")"
)
BEFORE_JOINT = re.compile(r'["》)]?(?:、|/|和|与|及|以及|或|或者|还有|跟)["《]?$')
AFTER_JOINT = re.compile(r'["》)]?(?:、|/|和|与|及|以及|或|或者|还有|跟)["《]?')
