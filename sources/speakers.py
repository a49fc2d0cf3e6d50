"""Speaker labels: who is talking in a printed dialogue (`李善友:`, `腾讯新闻《潜望》：`).

A colon after a few words is also how Chinese prose quotes (`他说：“…”`), lists (`优点：…`) and announces (`时间：…`).
A dialogue is told from these by what only a dialogue has: few labels, each coming back, and questions among the turns.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

from sources.blocks import nfkc
from sources.outlet_names import looks_like_publisher

_LABEL = re.compile(
    r"^[*_]{0,2}(?P<label>[^\s:：。！？!?，,；;“”\"…|｜][^:：。！？!?，,；;“”\"…|"
    r"｜]{0,23}?)[*_]{0,2}\s?[：:][*_]{0,2}\s?(?=\S)"
)
_SPEECH_WORDS = """
说 称 道 表示 认为 指出 强调 坦言 透露 回忆 介绍 解释 总结 补充 写 写道 问道 答道 回答 反问 提问 看来 发现 意识到 直言 感慨 宣布
披露 显示 如下 包括 例如 比如 即 是 为
"""
_SPEECH = tuple(_SPEECH_WORDS.split())
_SPEECH_TO = re.compile(r"(?:告诉.{1,10}|said|says|told .{1,20}|wrote|asks?|asked)$", re.I)
_MAY_BE_TO = re.compile(r"告诉|[A-Za-zſK]")  # ſ and K are letters of English to a pattern without case
_ROLES_WORDS = """
问 答 q a 记者 主持人 嘉宾 主播 观众 提问 提问者 听众 网友 读者 主持 host guest interviewer moderator
"""
_ROLES = frozenset(_ROLES_WORDS.split())
_NUMBERED_VOICE = re.compile(r"[qa]\d{0,3}|(?:发言人|说话人|speaker) ?\w{1,3}")
_NUMBER = re.compile(r"[\d.、(（#第一二三四五六七八九十]+[、.)）：]?\d*$|https?$")
_NOT_PEOPLE_WORDS = """
作者 编辑 来源 出品 时间 地点 标题 主题 日期 电话 邮箱 地址 网址 链接 注 注释 备注 提示 例 例如 比如 其一 其二
其三 首先 其次 再次 最后 第一 第二 第三 第四 一方面 另一方面 原因 结论 结果 背景 总结 问题 方法 目标 优点 缺点
优势 劣势 机会 威胁 价格 规格 参数 配置 售价 型号 颜色 尺寸 重量 评分 推荐 推荐理由 点评 简介 摘要 导语 导读
关键词 标签 图 图片 图源 摄影 配图 题图 封面 责编 校对 监制 策划 更新 声明 特别声明 温馨提示 重点 要点 核心 观点
案例 步骤 适用 特点 功能 融资金额 融资轮次 投资方 所属行业 成立时间 公司名称 创始人 简评 主办 承办 协办 票价
费用 主演 导演 编剧 类型 片长 上映 title date source author note time place price tags url http https
"""
_NOT_PEOPLE = frozenset(_NOT_PEOPLE_WORDS.split())
_INNER_SPACE = re.compile(r"(?<=[一-鿿])\s+(?=[一-鿿《])")
_NUMBERED = re.compile(r"^([QAqa])\d+$")
_LEAST_TURNS = 4
_COLON_WITHIN = 30  # characters; two marks, 24 of the label, two marks, a space and the colon
_ASKS = re.compile(r"[？?]|吗[。？]?$")


@dataclass(frozen=True, slots=True)
class Speaker:
    """One voice of a dialogue: the label as printed, how many turns it has, whether it is the publisher's own."""

    label: str
    count: int
    is_publisher: bool


def label_of(paragraph: str) -> str:
    """The label that a paragraph starts with, by shape alone (see `speakers`), else an empty string."""
    start = paragraph[:_COLON_WITHIN]
    if "：" not in start and ":" not in start:
        return ""
    match = _LABEL.match(paragraph)
    if match is None:
        return ""
    label = match["label"].strip()
    folded = nfkc(label).lower()
    if folded in _ROLES or _NUMBERED_VOICE.fullmatch(folded):
        return label
    if (
        folded in _NOT_PEOPLE
        or label.endswith(_SPEECH)
        or (_MAY_BE_TO.search(label) and _SPEECH_TO.search(label))
        or _NUMBER.match(folded)
    ):
        return ""
    if label.count("《") != label.count("》") or label.count("(") != label.count(")"):
        return ""
    return label


def speakers(text: str) -> tuple[Speaker, ...]:
    """The voices of a dialogue, those with most turns first; empty when the text is not a dialogue.

    `text` has one paragraph a line. A dialogue: two voices or more that each come back, at least four turns between
    them, most labelled paragraphs theirs, at most nine voices, and somebody asks something.
    """
    if text.count("：") + text.count(":") < _LEAST_TURNS:
        return ()
    turns = [(_merged(label), line) for line in text.split("\n") if (label := label_of(line.strip()))]
    counts = Counter(label for label, _ in turns)
    voices = {label: count for label, count in counts.items() if count >= 2}
    if not 2 <= len(voices) <= 9:
        return ()
    total = sum(voices.values())
    if total < _LEAST_TURNS or total < 0.6 * len(turns):
        return ()
    if not any(_ASKS.search(line) for label, line in turns if label in voices):
        return ()
    ordered = sorted(voices.items(), key=lambda item: -item[1])
    return tuple(Speaker(label, count, looks_like_publisher(label)) for label, count in ordered)


def is_turn(paragraph: str, voices: tuple[Speaker, ...]) -> bool:
    """Whether a paragraph is a turn of one of these voices."""
    label = label_of(paragraph)
    return bool(label) and _merged(label) in {voice.label for voice in voices}


def _merged(label: str) -> str:
    """`Q1` and `Q2` are one voice; so are `腾讯新闻 《潜望》` and `腾讯新闻《潜望》`."""
    if not label.isalpha():  # most are a plain name
        label = _INNER_SPACE.sub("", label)
        label = _NUMBERED.sub(lambda m: m[1].upper(), label)
    return label
