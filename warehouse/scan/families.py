"""The shorter forms that a text goes on with after the full name: 植麟 and 杨总 for 杨植麟, 字节 for 字节跳动."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence

from warehouse.scan.fold import MIDDLE_DOTS, folded, is_han
from warehouse.scan.segment import frequency, part_of_speech, word_set
from warehouse.watchlist import EntityKind

COMPOUND_SURNAMES = word_set("欧阳 司马 上官 诸葛 东方 皇甫 尉迟 公孙 慕容 令狐 司徒 夏侯 端木 长孙 南宫 独孤 申屠")
# The commonest surnames, without those that are also prepositions, adverbs or titles (于 向 任 高 方 常 时 安 和 应).
SURNAMES = frozenset(
    "王李张刘陈杨赵黄周吴徐孙朱胡郭林罗梁宋郑谢韩唐冯董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾魏薛叶阎余潘杜戴夏钟汪田姜范石姚谭廖邹熊陆郝孔崔康"
    "毛邱秦江史顾侯邵孟龙段雷钱汤尹黎贺龚"
)
RARER_SURNAMES = frozenset(
    "于向任高方常何马万文武严金季包费俞樊祝庞岳倪易翟梅施喻柯管祁焦齐甘路柳童闫詹符凌聂骆霍尤奚房温庄宗贝古丁"
)

_GENERICS = sorted(
    word_set(
        "科技 汽车 智能 集团 网络 传媒 资本 医药 生物 电器 电子 动力 控股 软件 信息 半导体 机器人 新能源 新材料 材料 咖啡 企业 出行 创投 基金"
    )
    | word_set(
        "教育 文化 影业 影视 娱乐 音乐 游戏 航天 航空 光电 股份 通信 视觉 世界 电商 物流 快递 速运 食品 饮料 酒店 地产 证券 保险 技术 实验室"
    ),
    key=lambda word: (-len(word), word),
)
_KNOWN_PLACE = 100  # times in the dictionary's corpus
_TITLED = re.compile(
    r"(?:总裁|总(?![是会有要在部监体数量额值归计共得能算理统局和])|董事长|老师|教授|博士|先生|女士|院士|同学)"
)


def surname(name: str) -> str:
    """The surname of a Chinese person's folded name; empty for a name that is not a Chinese one of 2 to 4 characters."""
    if not 2 <= len(name) <= 4 or not all(map(is_han, name)):
        return ""
    if name[:2] in COMPOUND_SURNAMES and len(name) > 2:
        return name[:2]
    return name[0] if len(name) < 4 else ""


def family_name(written: str) -> str:
    """What a foreign name ends in after its last middle dot, folded (马斯克 of 埃隆·马斯克); empty for any other."""
    parts = re.split(f"[{''.join(MIDDLE_DOTS)}]", written)
    last = folded(parts[-1])
    return last if len(parts) > 1 and len(last) > 1 and all(map(is_han, last)) else ""


def short_forms(name: str, kind: EntityKind) -> Iterator[str]:
    """What a folded name is shortened to: a given name of two characters, a company's name without what it is or its
    first two characters of four."""
    if not all(map(is_han, name)):
        return
    if kind == "person":
        family = surname(name)
        if family and len(name) - len(family) == 2:
            yield name[len(family) :]
        return
    for generic in _GENERICS:
        stem = name.removesuffix(generic)
        if stem != name and len(stem) >= 2:
            if not _says_nothing(stem):
                yield stem
            return
    if len(name) == 4 and kind == "company" and not _says_nothing(name[:2]):
        yield name[:2]


def _says_nothing(stem: str) -> bool:
    """A place, a number or a country alone names no company: 中国 for 中国移动."""
    return part_of_speech(stem) in ("ns", "m", "t", "f", "r") and frequency(stem) >= _KNOWN_PLACE


def titled(text: str, named: Mapping[str, Sequence[tuple[int, str]]]) -> Iterator[tuple[int, int, str]]:
    """(start, end, entity_id) of surnames with a title: 杨总, 徐教授, after the full name.

    `named`: surname → where full names with it stand in this text, as (start, entity_id) in reading order; a start of
    -1 is the title's. Of several people of one surname the last named is meant.
    """
    for title in _TITLED.finditer(text):
        for size in (1, 2):
            start = title.start() - size
            family = text[max(0, start) : title.start()]
            if start < 0 or family not in named:
                continue
            if size == 1 and start and text[start - 1] in SURNAMES:
                continue  # 李杨老师 is somebody else
            before = bisect_left(named[family], (start, ""))
            if before:
                yield start, title.end(), named[family][before - 1][1]
            break
