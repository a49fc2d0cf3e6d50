"""Sentences written for this table, with the names that a careful reader would want an alert for. Half are traps."""

from __future__ import annotations

import pytest

from sources.article import Article
from warehouse.scan import ALERTING_ROLES, Lexicon, scan
from warehouse.watchlist import Entity

THRESHOLD = 0.7

WATCHLIST = (
    Entity("person", "王兴"),
    Entity("person", "王兴兴"),
    Entity("person", "杨植麟", ("植麟", "Yang Zhilin")),
    Entity("person", "马云"),
    Entity("person", "李想"),
    Entity("person", "徐立"),
    Entity("person", "张一鸣"),
    Entity("person", "莫言"),
    Entity("person", "马斯克", ("埃隆·马斯克", "Elon Musk")),
    Entity("person", "默多克", ("鲁伯特·默多克",)),
    Entity("company", "理想汽车", ("理想", "Li Auto")),
    Entity("company", "字节跳动", ("字节", "ByteDance")),
    Entity("company", "腾讯", ("Tencent",)),
    Entity("company", "新浪", ("Sina",)),
    Entity("company", "伊利", ("伊利股份",)),
    Entity("company", "苹果", ("苹果公司", "Apple")),
    Entity("company", "小米", ("Xiaomi",)),
    Entity("company", "快手", ("Kuaishou",)),
    Entity("company", "阿里巴巴", ("阿里",)),
    Entity("company", "大众汽车", ("大众", "Volkswagen")),
    Entity("company", "中国移动", ("移动",)),
    Entity("company", "统一企业", ("统一",)),
    Entity("company", "人人网", ("人人",)),
    Entity("company", "蚂蚁集团", ("蚂蚁",)),
    Entity("company", "浪潮信息", ("浪潮",)),
    Entity("company", "联想", ("Lenovo",)),
    Entity("company", "网易有道", ("有道",)),
    Entity("company", "OpenAI"),
    Entity("company", "Scale AI", ("Scale",)),
    Entity("company", "SIG"),
    Entity("company", "蔚来", ("NIO",)),
    Entity("company", "华莱士"),
    Entity("company", "极光", context=("推送", "罗伟东")),
    Entity("company", "混沌大学", ("混沌",), never=("混沌理论",)),
    Entity("product", "得到", ("得到App",)),
    Entity("product", "即刻"),
    Entity("product", "一条"),
    Entity("product", "Kimi"),
    Entity("product", "GPT-4"),
    Entity("product", "小宇宙", ("小宇宙App",)),
)
LEXICON = Lexicon.compile(WATCHLIST)

MEANT = [
    ("美团的王兴昨天没有到场。", "王兴"),
    ("王兴兴带着他的机器狗上了台。", "王兴兴"),
    ("王兴和王兴兴在同一张桌子上吃饭。", "王兴 王兴兴"),
    ("楊植麟說,長文本是第一步。", "杨植麟"),
    ("采访杨植麟之后,我才明白植麟为什么不着急。", "杨植麟"),
    ("杨 植 麟 今天 来到 节目 里 聊 长文本", "杨植麟"),
    ("Yang Zhilin founded the company in 2023.", "杨植麟"),
    ("ＯｐｅｎＡＩ开了一场发布会。", "OpenAI"),
    ("他们用 Open AI 的接口做客服。", "OpenAI"),
    ("这 是 O p e n A I 的 新 模型", "OpenAI"),
    ("我每天用Kimi写周报。", "Kimi"),
    ("Kimi2上线以后流量翻倍。", "Kimi"),
    ("他把GPT-4接进了仓库系统。", "GPT-4"),
    ("他把GPT 4接进了仓库系统。", "GPT-4"),
    ("埃隆·马斯克在直播里没有回答。", "马斯克"),
    ("埃隆马斯克在直播里没有回答。", "马斯克"),
    ("马斯克在直播里没有回答。", "马斯克"),
    ("騰訊与阿里都参加了竞标。", "腾讯 阿里巴巴"),
    ("腾\u200b讯的广告收入涨了一成。", "腾讯"),
    ("⻢云回到杭州看望老同事。", "马云"),
    ("理想汽车上月交付五万辆,理想的门店也在增加。", "理想汽车"),
    ("蔚来、小鹏、理想都公布了上月交付量。", "理想汽车 蔚来"),
    ("理想L9的后排屏幕换了供应商。", "理想汽车"),
    ("李想在微博上谈增程,理想的股价当天上涨。", "李想 理想汽车"),
    ("苹果公司在库比蒂诺开会。", "苹果"),
    ("新iPhone发布前,苹果很少这样沉默。", "苹果"),
    ("Apple的应用商店又改了抽成。", "苹果"),
    ("小米发布了一台洗衣机。", "小米"),
    ("雷军说,小米不会参加价格战。", "小米"),
    ("抖音和快手都在做外卖券。", "快手"),
    ("他从阿里辞职以后开了一家书店,蔡崇信发来祝贺。", "阿里巴巴"),
    ("大众汽车关掉了一条产线,大众的工会表示反对。", "大众汽车"),
    ("保时捷的母公司大众宣布裁员。", "大众汽车"),
    ("中国移动、中国联通和中国电信公布了资费。", "中国移动"),
    ("统一与康师傅争了二十年方便面。", "统一企业"),
    ("支付宝的母公司蚂蚁更换了董事长。", "蚂蚁集团"),
    ("浪潮信息的服务器卖到了海外。", "浪潮信息"),
    ("联想集团的杨元庆出席了晚宴。", "联想"),
    ("网易有道卖出了一百万支词典笔。", "网易有道"),
    ("他在得到App上开了一门经济学课。", "得到"),
    ("罗振宇把跨年演讲交给了得到的同事。", "得到"),
    ("他是即刻App的早期用户。", "即刻"),
    ("Scale AI给几家实验室标注数据。", "Scale AI"),
    ("SIG在早期投中了那家公司。", "SIG"),
    ("华莱士在县城开了两万家汉堡店。", "华莱士"),
    ("开发者用极光做消息推送。", "极光"),
    ("混沌大学的课卖给了两万名创业者。", "混沌大学"),
    ("打开小宇宙 app 就能听到这一期的文稿。", "小宇宙"),
    ("莫言获得诺贝尔文学奖那年,他刚上大学。", "莫言"),
    ("腾讯公布了财报。\n谷歌没有回应。\n阿里倒是来了。", "腾讯 阿里巴巴"),
    ("他在即刻上发帖。", "即刻"),
    ("字节跳动的张一鸣很少露面。", "字节跳动 张一鸣"),
]
TRAPS = [
    ("主办方向大众宣布了结果。", ""),
    ("吃完苹果,他打开了微博。", ""),
    ("Scale Models是一本讲模型船的旧书。", ""),
    ("王兴平先生住在三楼。", ""),
    ("他在移动上网的路上睡着了。", ""),
    ("这家店的苹果八块钱一斤。", ""),
    ("他是一个理想主义者。", ""),
    ("我的理想是开一家书店。", ""),
    ("不为名利,只为理想而战。", ""),
    ("法国新浪潮电影影响了一代导演。", ""),
    ("新浪潮大会在北京举行。", ""),
    ("伊利亚离开了那家实验室。", ""),
    ("他在伊利诺伊州读完了书。", ""),
    ("SIGGRAPH今年在温哥华举行。", ""),
    ("Applewhite教授教了三十年书。", ""),
    ("She baked an apple pie for the neighbours.", ""),
    ("模型要能scale到上千张卡。", ""),
    ("Kimiko在京都长大。", ""),
    ("GPT-40只是一个玩笑。", ""),
    ("GPT-4o的语音更自然。", ""),
    ("老国王兴致很高地来到广场。", ""),
    ("王兴国表示,村里今年修了路。", ""),
    ("行李想带多少就带多少。", ""),
    ("广场上人马云集。", ""),
    ("切莫言之过早。", ""),
    ("詹姆斯·默多克离开了董事会,鲁伯特·默多克没有挽留。", "默多克"),
    ("詹姆斯·默多克离开了董事会。", ""),
    ("阿尔弗雷德·华莱士在马来群岛采集标本。", ""),
    ("移动互联网的红利已经结束。", ""),
    ("机器人缓慢移动,越过了门槛。", ""),
    ("产品要让大众也能负担。", ""),
    ("面向大众的科普书越来越多。", ""),
    ("全国统一的标准明年实施。", ""),
    ("由交通部门统一发布通知。", ""),
    ("人人都是产品经理。", ""),
    ("他的努力得到了认可。", ""),
    ("得到CEO的支持以后,项目很快启动。", ""),
    ("得到融资以后,他们搬了办公室。", ""),
    ("请即刻停止施工。", ""),
    ("他发了一条微博。", ""),
    ("一条创新的路并不好走。", ""),
    ("她买了两斤苹果和一袋小米粥料。", ""),
    ("苹果、小米、玉米都是本地特产。", ""),
    ("热锅上的蚂蚁也没有他着急。", ""),
    ("蚂蚁在雨前搬家。", ""),
    ("人工智能的浪潮席卷各行各业。", ""),
    ("这幅画让人联想到大海。", ""),
    ("你说得很有道理。", ""),
    ("她眼疾手快,接住了杯子。", ""),
    ("一个汉字占两个字节。", ""),
    ("北极光在午夜出现。", ""),
    ("极光在午夜出现。", ""),
    ("混沌理论研究确定系统里的随机。", ""),
    ("谈了创投、科技、小红书。", ""),
    ("请访问 https://www.openai.com/kimi 查看。", ""),
    ("写信到 help@tencent.com 即可。", ""),
    ("陈植麟是隔壁班的班长。", ""),
    ("拳王阿里在亚特兰大点燃了火炬。", ""),
    ("这把刀很sharp,要小心。", ""),
    ("王\n兴致勃勃地跑了出去。", ""),
]


def _article(text: str) -> Article:
    return Article("url:0000000000000000", "files", "", "article", "", "", text)


@pytest.mark.parametrize(("text", "names"), MEANT + TRAPS)
def test_the_names_that_alert_are_those_a_reader_would_name(text: str, names: str) -> None:
    findings = scan(LEXICON, _article(text))
    alerting = {
        LEXICON.entities[mention.entity_id].name
        for mention in findings.mentions
        if mention.role in ALERTING_ROLES and mention.confidence >= THRESHOLD
    }
    wanted = {entity.name for entity in WATCHLIST if f" {entity.name} " in f" {names} "}
    assert alerting == wanted, [(m.surface, m.confidence, m.reason) for m in findings.mentions]


def test_traps_are_at_least_half_of_the_table() -> None:
    assert len(TRAPS) >= len(MEANT) >= 30
