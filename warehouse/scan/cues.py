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
_MODEL = r"(?:[a-z]{1,4}\d{1,3}|one|mega|max|ultra|plus|pro)(?![a-z0-9])"  # 理想L9, 小米SU7
_NEVER = re.compile(r"(?!)")

AFTER_APP = _after("公众号 小程序 客户端", also=r"app(?![a-z])")
BEFORE_OPENED = _before("打开 下载 卸载 刷着 辆 驾驶 开着")
BEFORE_PLACE = re.compile(rf"在{_OPEN}$")
AFTER_PLACE = re.compile(rf"{_CLOSE}(?:上|里)(?![级面述网司市万千百亿次])")

# 在字节待了五年, 从字节出来, 后来去了字节
BEFORE_WORKPLACE = re.compile(r"(?:在|从|去了?|离开了?|加入了?|进了?|回到?了?)$")
AFTER_WORKPLACE = re.compile(
    r"(?:待|呆|工作|上班|实习|出来|离职|跳槽|辞职|的时候|那会|那几年|做(?:产品|运营|技术|算法)|[,。\n])"
)

_BEFORE_FIRM = _before(
    "入职 供职于 就职于 任职于 跳槽 跳槽到 车企 竞对 对手 友商 app 品牌 厂商 巨头 大厂 子公司 旗下 旗下的 收购",
    "控股 入股 起诉",
    "前东家 投资了 平台 社区产品",
)
_AFTER_FIRM = _after(
    "集团 公司 股份 官网 官微 官方微博 创始人 联合创始人 联创 董事长 总裁 副总裁 首席 ceo cto cfo coo 股价 市值",
    "财报 年报",
    "季报 估值 港股 美股 营收 净利 旗下 发言人 总部 高管 前员工 内部人士 方面表示 方面回应",
    also=_TICKER,
)
_NUMBERED = r"\d{1,2}(?![\d.年月日号个亿万元%斤点岁天次件台吨:/-])"  # 小米14
_BEFORE_MIXED = _before("入职 供职于 就职于 任职于 跳槽到 车企 竞对 友商 app 社区产品 产品 软件 应用")
_AFTER_MIXED = _after("集团 股份 股价 市值 ceo 董事长 总裁 创始人 联合创始人 官微 官网", also=_TICKER)
_AFTER_NOUN = _after(
    "宣布 官宣 裁员 召回 涨停 跌停 涨超 跌超 发布会 发布新 发布财 发布最 发布旗 发布首 发布第 发布20 发布了新",
    "推出 上线 换帅 新增 参展 报告称 公告称 发布公告 入驻 交付 服务器 新车 展车 车主 车机 笔记本 旗舰店 门店 官方",
    "系资本 系公司 系基金 的股价 的市值 的创始人 的ceo 员工 的新款 的新品 的新车 的展车 的财报 的首款 的新广告 的内部",
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
    "离职 辞职 出身 老员工 前员工 的高管 的创始人 的ceo 的老板 的竞争 内部 的新款 的新品 的新车 的首款 的财报 的新广告 的内部 的旗舰",
    also=f"{_MODEL}|{_NUMBERED}",
)
# What each class of ordinary word takes as evidence: pairs of (before it, after it).
AFFIXES: dict[WordClass, tuple[tuple[re.Pattern[str], re.Pattern[str]], ...]] = {
    "verb": (),
    "mixed": ((_BEFORE_MIXED, _AFTER_MIXED),),
    "noun": ((_BEFORE_FIRM, _AFTER_FIRM), (_NEVER, _AFTER_NOUN)),
    "name": ((_BEFORE_FIRM, _AFTER_FIRM), (_BEFORE_NAME, _AFTER_NAME)),
    "rare": ((_BEFORE_FIRM, _AFTER_FIRM), (_BEFORE_NAME, _AFTER_NAME)),
    "latin": ((_BEFORE_FIRM, _AFTER_FIRM), (_BEFORE_NAME, _AFTER_NAME)),
    "brand": ((_BEFORE_FIRM, _AFTER_FIRM), (_BEFORE_NAME, _AFTER_NAME)),
}

# After these an ordinary word is grammar: 向大众宣布, 由中心统一发布.
BEFORE_GRAMMAR = re.compile(r"[向对让为给被把使令将由的地得]$")
BEFORE_COUNTED = re.compile(r"[一二两三四五六七八九十几半每\d](?:个|颗|只|碗|袋|筐|斤|箱|笼|锅|屉)$")
BEFORE_ARTICLE = re.compile(r"[一两几每某各](?:个|种|款|套|条|次) ?$")  # 一个notion
BEFORE_EATEN = re.compile(
    r"(?:[吃啃削咬煮熬喝摘栽嚼种](?:完|了|过|掉|着|下){0,2}(?:[一两几半]?[个口颗碗斤些])?|[颗斤筐篮碗]|[吃喝]的)$"
)
LABELLED = re.compile(r"(?:\([^()\n]{1,20}\))? ?:")
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
        "运营官 执行官 财务官 技术官 营销官 产品官 负责人 掌门人 总经理 副总裁 创办人 主持人 联合创始人 董事 老板 前高管",
        "叫做 我叫 叫 校长 院长 主任 科学家 分析师 嘉宾",
    )
    + ")[ :]?$"
)
AFTER_QUOTED = re.compile(
    r'["》] ?(?:'
    + _words("app 上 里 平台 公众号 账号 公司 团队 品牌 创始 社区 用户 的用户 的创始 号 网 直播间 课程")
    + ")"
)
# Items of a list that say themselves what they are: 统一、味全与光泉三家食品厂.
AFTER_FIRMS = re.compile(
    r'["》)]?(?:(?:、|/|和|与|及|以及)[^,。:;!?、\n和与及/]{1,10}){1,6}?'
    r"(?:[两二三四五六七八九十几多数]+[家]|等(?:多家|几家|一众|多个)?(?:公司|企业|品牌|厂商|平台|巨头|大厂|车企|机构|基金))"
)
# 小鹏四万辆, 长城11.2万辆
# The last of a list that says so: 民生、平安四家银行股.
AFTER_COUNTED = re.compile(r"[两二三四五六七八九十几]家")
AFTER_SOLD = re.compile(r"(?:卖了|卖出|交付|销量|为|:)?[\d一二三四五六七八九十百千两.,]+万?(?:辆|亿元|亿美元|万台)")
# What an ordinary word is followed by when it is one: a verb's object or aspect, an adjective's noun.
AFTER_VERB = re.compile(r"[了过一满这那不更很]|着|许多|大量|证实|认可|支持|帮助")
FIRM_VERB = re.compile(
    r"宣布|发布|推出|表示|回应|称|上线|上市|融资|收购|投资|召回|裁员|涨|跌|开源|官宣|公布|披露|起诉|亏损|盈利|关闭|关停|扩张|进军|进入|招聘|降价|涨价|停产|交付|展出"
    r"|参展|新增|换帅|进驻|入驻|启动|签约|合作|联合|牵手|拿下|斥资|计划|准备|否认|承认|获|赢|亮相|更新|升级|下架|停止|退出|回归|重返|押注|加码|布局"
)
# What a company at the head of a clause does or has: 联想在巴塞罗那展出, 荣耀全球出货量增长.
AS_SUBJECT = re.compile(
    # What 在 brings holds none of the other beginnings: otherwise one line can be split in a million ways.
    r"(?P<between>(?:也|已|将|则|又|正|还|在[^,。;\n在也已将则又正还今昨明同近日随此刚首周一]{1,12}?|今[日天年晨晚]|昨[日天晚]|明[日天年]|同日|同天|近日|日前|周[一二三四五六日]|\d{1,2}月(?:\d{1,2}日)?|随后|此前|刚刚|正式|首次|一口气){0,6})"
    rf"(?:{FIRM_VERB.pattern})"
)
FIGURES = re.compile(r"[^,。;\n]{0,12}?(?:出货量|销量|营收|市场份额|市占率|净利润|股价|市值|月活|门店数|交付量)")
CLAUSE_BEGINS = re.compile(r'(?:^|[\n,。;:!?"])$')
# 乔布斯剧院, 搜狐网络大厦: a place or a chair that bears the name.
AFTER_NAMESAKE = re.compile(
    r"(?:网络|科技)?大厦|剧院|故居|纪念馆|讲座教授|奖学金|大道|体育馆|体育场|中学|小学|大桥|\(笔名"
)
AFTER_INVENTED = re.compile(r" ?\((?:[^()\n]{0,6}[,、])?化名")  # 李亮(化名): whoever is meant, it is not him
BEFORE_OWNED = re.compile(r"[的他她我你它们]$")
BEFORE_JOINT = re.compile(r'["》)]?(?:、|/|和|与|及|以及|或|或者|还有|跟)["《]?$')
AFTER_JOINT = re.compile(r'["》)]?(?:、|/|和|与|及|以及|或|或者|还有|跟)["《]?')
LATIN_JOINED_BEFORE = re.compile(r"(?P<word>[a-z]{3,16}) ?(?:和|与|跟|或|、) ?$")  # notion与concept的区别
LATIN_JOINED_AFTER = re.compile(r" ?(?:和|与|跟|或|、) ?(?P<word>[a-z]{3,16})(?![a-z])")
# What people say beside a name in talk and in print, for names that may be written by sound.
BEFORE_HEARD = re.compile(
    "(?:"
    + _words(
        "创始人 联合创始人 ceo cto coo 董事长 总裁 教授 主席 总监 合伙人 院士 博士 首席科学家 科学家 分析师 嘉宾 嘉宾是 我叫 我是 他叫 她叫 叫做",
        "名叫 请到 请到了 请来 请来了 邀请 邀请到 邀请到了 欢迎 hello 你好 采访 采访了 访谈 专访 主播",
    )
    + ")[ :,、]?$"
)
AFTER_HEARD = re.compile(
    r"\([^()\n]{0,10}(?:创始人|ceo|董事长|总裁|教授)|"
    "(?:" + _words("老师 教授 博士 院士 总 先生 女士 同学 创办 创立 认为 坦言 透露 担任 加盟 入职 离职 创业") + ")"
    r"(?![结是会有要])"
)
ARTISTS = re.compile(
    "(?:歌手|演员|导演|作家|球员|选手|画家|诗人|主演|明星|艺人|歌星|球星|书法家|电影|专辑|歌曲)[ :,、]?$"
)
BEFORE_LISTED = re.compile("(?:、|,|和|跟|与|像|比如|包括|还有|以及|或者)$")
AFTER_LISTED = re.compile("(?:、|和|跟|与|还有|以及|或者|这些|这种|等|之类)")
