"""When a name is only a piece of another person's: 王兴 in 王兴国表示, 植麟 in 陈植麟, 默多克 in 詹姆斯·默多克."""

from __future__ import annotations

import re
from collections.abc import Sequence

from warehouse.scan.cues import AFTER_NAMESAKE
from warehouse.scan.families import SURNAMES
from warehouse.scan.fold import MIDDLE_DOTS, is_han
from warehouse.scan.lexicon import Lexicon
from warehouse.scan.match import Hit, Reading
from warehouse.scan.segment import is_word
from warehouse.scan.uses import Use

# Characters that often end a given name and seldom begin the word after one.
_GIVEN_ENDS = frozenset(
    "国华平军伟东林生强峰杰辉宁波涛勇敏静丽娟霞玲芬艳娜洁莉萍红梅兰英秀云龙飞鹏宇轩浩然博文斌彬鑫磊刚毅兴亮健超新功民"
)
# Characters that stand in given names and hardly begin a word: after a name they lengthen it (张勇毅, 程维舟).
_GIVEN_ALONE = frozenset(
    "毅翰瑄琪颖婷娟霞芬娜莉萍蓉淑姗燕璐琳瑶怡妍婧媛鑫淼焱垚峻崎舟羽杉轩宸睿泽煜炜烨昊皓晟骏骁曼茜莹菁薇蕾嫣倩晖晗旻昱昕旸"
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
    if dotted:
        return dotted
    namesake = AFTER_NAMESAKE.match(reading.text, hit.end)
    if namesake:
        return f"in the name of something else: {hit.form.text}{namesake.group()}"
    if use.kind != "person" or hit.size > 4:
        return _given_name(reading.text, hit) if hit.form.ordinary and hit.form.ordinary.use == "rare" else ""
    return _after_other_surname(lexicon, reading.text, hit, use) or _before_rest_of_name(reading.text, hit)


def _in_word(text: str, start: int) -> bool:
    """Whether the character before `start` ends a word of two characters: then it is no surname."""
    return start > 1 and is_word(text[start - 2 : start])


def _after_other_surname(lexicon: Lexicon, text: str, hit: Hit, use: Use) -> str:
    given = any(len(f) == 3 and f.endswith(hit.form.text) for f in lexicon.full_forms.get(use.entity_id, ()))
    before = text[hit.start - 1 : hit.start] if hit.start else ""
    if hit.size != 2 or not (given or hit.form.ordinary) or before not in SURNAMES or _in_word(text, hit.start):
        return ""
    return f"the given name of somebody else: {before}{hit.form.text}"


_KIN = re.compile("同学|妈妈|爸爸|爷爷|奶奶|哥哥|姐姐|叔叔|阿姨|小朋友")


def _given_name(text: str, hit: Hit) -> str:
    """王小鹏 and 小鹏妈妈 hold no 小鹏 the company."""
    if _KIN.match(text, hit.end):
        return f"a person's given name: {hit.form.text}{text[hit.end : hit.end + 2]}"
    before = text[hit.start - 1 : hit.start] if hit.start else ""
    if hit.size == 2 and before in SURNAMES and before and not _in_word(text, hit.start):
        return f"a person's given name: {before}{hit.form.text}"
    return ""


def _before_rest_of_name(text: str, hit: Hit) -> str:
    after = text[hit.end : hit.end + 1]
    if not after:
        return ""
    ends = hit.size == 2 and after in _GIVEN_ENDS and _NAME_ENDS_HERE.match(text, hit.end + 1)
    alone = after in _GIVEN_ALONE and not is_word(text[hit.end : hit.end + 2])
    if ends or alone:
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
    own = lexicon.full_forms.get(use.entity_id, ())
    if last and not any(f.startswith(hit.form.text) and len(f) > hit.size for f in own) and _is_family_name(own, hit):
        return f"somebody else's name: {whole}"
    longer = any(
        len(f) > hit.size and (f.endswith(hit.form.text) if first else f.startswith(hit.form.text)) for f in own
    )
    return f"somebody else's name: {whole}" if longer else ""


def _is_family_name(own: Sequence[str], hit: Hit) -> bool:
    """马斯克 of 埃隆马斯克: nothing of the name comes after it."""
    return any(len(form) > hit.size and form.endswith(hit.form.text) for form in own)


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
