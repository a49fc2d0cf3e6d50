"""The words of messages, in each language."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Language = Literal["zh", "en"]


@dataclass(frozen=True, slots=True)
class Words:
    """Fixed words and patterns; `{}` takes what a message says of one story."""

    alias: str
    homophone: str
    near: str
    sure: str
    also: str
    more: str
    join: str
    comma: str
    colon: str
    digest: str
    part: str
    long_link: str
    read: str
    urgent: str
    version: str
    copy: str


WORDS: dict[Language, Words] = {
    "zh": Words(
        alias="别名「{}」",
        homophone="疑似，同音「{}」",
        near="疑似，形近「{}」",
        sure="把握 {}%",
        also="另见：{}",
        more="等 {} 个",
        join="、",
        comma="，",
        colon="：",
        digest="【汇总】{} · {} 条",
        part="（{}/{}）",
        long_link="（链接过长，未列出）",
        read="阅读原文",
        urgent="【紧急】",
        version="更新：{} 是文章后来改动时才出现的",
        copy="更新：已知的报道，{} 出现在更完整的版本里",
    ),
    "en": Words(
        alias="alias “{}”",
        homophone="doubtful: sounds like it, “{}”",
        near="doubtful: nearly written so, “{}”",
        sure="{}% sure",
        also="Also: {}",
        more="and {} in all",
        join=", ",
        comma=", ",
        colon=": ",
        digest="【Digest】{} · {} alerts",
        part=" ({}/{})",
        long_link="(the link is too long to show)",
        read="Read it",
        urgent="【Urgent】",
        version="Update: {} appeared in a later version of this article",
        copy="Update: {} appeared in a fuller copy of a story that was known",
    ),
}
