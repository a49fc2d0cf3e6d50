"""When a name is only a piece of another person's: 王兴 in 王兴国表示, 植麟 in 陈植麟, 默多克 in 詹姆斯·默多克."""

from __future__ import annotations

import re

from warehouse.scan.fold import MIDDLE_DOTS, is_han
from warehouse.scan.lexicon import Lexicon, Use
from warehouse.scan.match import Hit, Reading
from warehouse.scan.words import known_words

# The commonest surnames, without those that are also prepositions, adverbs or titles (于 向 任 高 方 常 时 安 和 应).
_SURNAMES = frozenset(
    "王李张刘陈杨赵黄周吴徐孙朱胡郭林罗梁宋郑谢韩唐冯董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾魏薛叶阎余潘杜戴夏钟汪田姜范石姚谭廖邹熊陆郝孔崔康"
    "毛邱秦江史顾侯邵孟龙段雷钱汤尹黎贺龚"
)
# Characters that often end a given name and seldom begin the word after one.
_GIVEN_ENDS = frozenset(
    "国华平军伟东林生强峰杰辉宁波涛勇敏静丽娟霞玲芬艳娜洁莉萍红梅兰英秀云龙飞鹏宇轩浩然博文斌彬鑫磊刚毅兴亮健超新功民"
)
_NAME_ENDS_HERE = re.compile(
    r"[、,。:;)」\"》!?]|说[,:\"]|表示|称[,:\"]|认为|指出|告诉|透露|坦言|回应|先生|女士|教授|博士|院士|老师|等人?[,、]|\n|$"
)
# Characters that foreign names are written with.
_TRANSCRIBED = frozenset(
    "阿埃艾安奥巴贝比彼波伯布查达大戴丹道德蒂迪顿多厄恩尔法菲费弗夫福盖戈格古哈海汉赫亨霍基吉加杰金卡凯康柯科克肯库夸拉莱兰朗劳勒雷里利莉丽林琳卢"
    "鲁路露伦罗洛马玛迈麦曼梅米密摩莫穆纳娜奈内尼妮努诺欧帕佩皮普奇乔切琼萨塞桑沙莎舍史斯苏索塔泰坦汤唐特提图托瓦万威薇韦维魏温文沃乌西希夏肖谢辛休"
    "雪雅亚扬耶伊因尤约扎詹珍朱兹宗伽姆茨彻茜黛茵"
)


def another_person(lexicon: Lexicon, reading: Reading, hit: Hit, use: Use) -> str:
    """Why the hit is a piece of somebody else's name; empty if it is not."""
    if not hit.form.han or hit.form.han != len(hit.form.text):
        return ""
    dotted = _dotted(lexicon, reading, hit, use)
    if dotted or use.kind != "person" or hit.size != 2:
        return dotted
    return _after_other_surname(lexicon, reading.text, hit, use) or _before_rest_of_name(reading.text, hit)


def _after_other_surname(lexicon: Lexicon, text: str, hit: Hit, use: Use) -> str:
    full = [f for f in lexicon.full_forms[use.entity_id] if len(f) == 3 and f.endswith(hit.form.text)]
    before = text[hit.start - 1 : hit.start] if hit.start else ""
    if not full or before not in _SURNAMES or text[max(0, hit.start - 2) : hit.start] in known_words():
        return ""
    return f"the given name of somebody else: {before}{hit.form.text}"


def _before_rest_of_name(text: str, hit: Hit) -> str:
    after = text[hit.end : hit.end + 1]
    if after in _GIVEN_ENDS and after and _NAME_ENDS_HERE.match(text, hit.end + 1):
        return f"the beginning of a longer name: {hit.form.text}{after}"
    return ""


def _dotted(lexicon: Lexicon, reading: Reading, hit: Hit, use: Use) -> str:
    """The name is joined by a middle dot to a foreign name that is not its entity's own."""
    start, end = reading.folded.span(hit.start, hit.end)
    before = reading.original[max(0, start - 12) : start]
    after = reading.original[end : end + 12]
    first = _run_before(before) if before[-1:] in MIDDLE_DOTS and before else ""
    last = _run_after(after) if after[:1] in MIDDLE_DOTS and after else ""
    if not first and not last:
        return ""
    whole = "·".join(filter(None, (first, hit.form.text, last)))
    if use.kind != "person":
        return f"part of a person's name: {whole}"
    own = lexicon.full_forms[use.entity_id]
    longer = any(
        len(f) > hit.size and (f.endswith(hit.form.text) if first else f.startswith(hit.form.text)) for f in own
    )
    return f"somebody else's name: {whole}" if longer else ""


def _run_before(before: str) -> str:
    at = len(before) - 1
    while at and before[at - 1] in _TRANSCRIBED:
        at -= 1
    return before[at:-1] if len(before) - 1 - at >= 2 else ""


def _run_after(after: str) -> str:
    at = 1
    while at < len(after) and is_han(after[at]) and after[at] in _TRANSCRIBED:
        at += 1
    return after[1:at] if at > 2 else ""
