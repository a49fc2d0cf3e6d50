"""Texts for benchmarks, with a fixed seed: articles of words by Zipf's law, and what outlets and channels do to them.

The words are those of pypinyin's phrase dictionary, so nothing of anybody's text is in here.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache

import numpy as np

from sources.article import Article

START = datetime(2026, 1, 1, tzinfo=UTC)
_SMALL = [
    *"的了是在和也不有就这他对上为与从到把被让很更会要能",
    "我们",
    "一个",
    "可以",
    "已经",
    "因为",
    "所以",
    "但是",
    "如果",
]


@cache
def vocabulary() -> np.ndarray:
    """Some 40,000 words, the small ones first, the others in an order drawn once."""
    from pypinyin.phrases_dict import phrases_dict

    words = sorted(word for word in phrases_dict if re.fullmatch("[一-鿿]{2,4}", word))
    random.Random(5).shuffle(words)
    return np.array(_SMALL + words, dtype=object)


@cache
def _odds() -> np.ndarray:
    weights = 1.0 / (np.arange(len(vocabulary())) + 8.0)
    return np.cumsum(weights / weights.sum())


class Writer:
    """Writes articles, headlines and names; the same seed writes the same."""

    def __init__(self, seed: int) -> None:
        self.dice = random.Random(seed)
        self._numbers = np.random.default_rng(seed)

    def words(self, count: int) -> list[str]:
        places = np.searchsorted(_odds(), self._numbers.random(count))
        return [str(word) for word in vocabulary()[np.minimum(places, len(vocabulary()) - 1)]]

    def sentence(self) -> str:
        words = self.words(self.dice.randint(8, 22))
        if len(words) > 12:
            words.insert(len(words) // 2, "，")
        if self.dice.random() < 0.15:
            words.insert(self.dice.randint(1, len(words) - 1), f"{self.dice.randint(2, 990)}")
        return "".join(words) + "。"

    def paragraph(self) -> str:
        return "".join(self.sentence() for _ in range(self.dice.randint(2, 5)))

    def text(self, chars: int) -> str:
        """At least so many characters, in paragraphs."""
        lines: list[str] = []
        while sum(map(len, lines)) < chars:
            lines.append(self.paragraph())
        return "\n".join(lines)

    def fast_text(self, chars: int) -> str:
        """So many characters, quickly: punctuation at regular places, no numbers."""
        words = self.words(chars // 2)
        words[14::15] = ["。" if at % 5 else "。\n" for at in range(len(words[14::15]))]
        return "".join(words)[:chars]

    def title(self) -> str:
        return "".join(self.words(self.dice.randint(5, 9)))

    def name(self) -> str:
        """A company's."""
        start = "".join(self.dice.sample("华中东新金国天海科创云盛恒泰宏远航达兴宇龙瑞安信博", 2))
        return start + self.dice.choice(
            ["股份", "科技", "电子", "集团", "能源", "医药", "智能", "材料", "银行", "证券"]
        )

    def number(self) -> str:
        return self.dice.choice(
            [f"{self.dice.uniform(1, 900):.2f}", f"{self.dice.uniform(1, 90):.1f}", str(self.dice.randint(2, 9000))]
        )


def article(
    article_id: str, title: str, text: str, *, outlet: str = "36氪", kind: str = "article", minutes: int = 0
) -> Article:
    return Article(
        article_id, "bench", outlet, kind, f"https://example.org/{article_id}", title, text,  # type: ignore[arg-type]
        published_at=START + timedelta(minutes=minutes), precision="minute",
    )  # fmt: skip


# -- what becomes of a text on its way --------------------------------------------------------------------------------

_HEADS = [
    "点击上方蓝字关注我们\n",
    "本文来自微信公众号“商业夜话”，作者：周一一，36氪经授权发布。\n",
    "来源：科技日知录\n作者 | 林小满\n编辑 | 陈大可\n",
    "（本文首发于某某财经，转载请联系作者）\n",
]
_TAILS = [
    "\n更多精彩内容，请关注我们的公众号。\n扫码添加小编微信，进群与两千位创业者交流。",
    "\n本文仅代表作者观点，不代表本平台立场。如有侵权请联系删除。\n点赞、在看、转发，是对我们最大的支持。",
    "\n——END——\n投稿请发邮件至编辑部，商务合作请在后台留言。\n往期推荐：五分钟读懂一家公司；他们为什么离开大厂；这个春天的三个判断",
    "\n（文章来自某某客户端，如需转载请注明出处）\n下载客户端，看更多深度报道",
]


def boilerplate(text: str, writer: Writer) -> str:
    return writer.dice.choice(_HEADS) + text + writer.dice.choice(_TAILS)


def spaced(text: str, writer: Writer) -> str:
    """Spaces that ZAKER and editors put in: at random, and around numbers."""
    return "".join(char + (" " if writer.dice.random() < 0.25 else "") for char in text)


def transcribed(text: str, writer: Writer) -> str:
    """A recogniser's spacing, its punctuation lost."""
    bare = re.sub("[，。！？；：“”]", " ", text)
    return re.sub("([一-鿿]{1,3})", r"\1 ", bare)


def third(text: str, writer: Writer) -> str:
    return text[: len(text) // 3]


def half(text: str, writer: Writer) -> str:
    return text[: len(text) // 2] + "……"


def teaser(text: str, writer: Writer) -> str:
    return text[: writer.dice.randint(90, 180)] + "……"


def chapter(text: str, writer: Writer) -> str:
    """A stretch from inside, a third to a half of it."""
    size = int(len(text) * writer.dice.uniform(0.3, 0.5))
    start = writer.dice.randint(len(text) // 10, len(text) - size)
    return text[start : start + size]


def beheaded(text: str, writer: Writer) -> str:
    """Head and tail cut."""
    lines = text.split("\n")
    return "\n".join(lines[1:-1]) if len(lines) > 4 else text


def reordered(text: str, writer: Writer) -> str:
    lines = text.split("\n")
    writer.dice.shuffle(lines)
    return "\n".join(lines)


def dropped(text: str, writer: Writer) -> str:
    """A fifth to a third of the paragraphs left out."""
    lines = text.split("\n")
    keep = max(1, int(len(lines) * writer.dice.uniform(0.67, 0.8)))
    kept = sorted(writer.dice.sample(range(len(lines)), keep))
    return "\n".join(lines[at] for at in kept)


def edited(text: str, writer: Writer) -> str:
    """5 to 10 % of the characters replaced, dropped or doubled with others, each at random."""
    rate = writer.dice.uniform(0.05, 0.10)
    out: list[str] = []
    for char in text:
        if char == "\n" or writer.dice.random() >= rate:
            out.append(char)
            continue
        way = writer.dice.random()
        if way < 0.6:
            out.append(
                writer.dice.choice("的一是了我不人在他有这个上们来到时大地为子中你说生国年着就那和要她出也得里后自以会")
            )
        elif way < 0.8:
            out.append(char + writer.dice.choice("的了呢啊也就都还"))
    return "".join(out)


@cache
def _traditional() -> Callable[[str], str]:
    from opencc import OpenCC

    return OpenCC("s2t").convert


def traditional(text: str, writer: Writer) -> str:
    return _traditional()(text)


def alike(text: str, writer: Writer) -> str:
    return text


Operation = Callable[[str, Writer], str]
NEAR: Sequence[Operation] = (alike, boilerplate, spaced, transcribed, beheaded, reordered, dropped, edited, traditional)
PARTS: Sequence[Operation] = (third, half, teaser, chapter)


@dataclass(frozen=True, slots=True)
class Pair:
    """An article and its repost, and what was done to it."""

    original: Article
    repost: Article
    done: str
    is_part: bool


def pairs(count: int, seed: int = 11, texts: Sequence[str] = ()) -> Iterator[Pair]:
    """`texts`: real ones, taken as originals in turn before texts are written."""
    writer = Writer(seed)
    for number in range(count):
        text = texts[number] if number < len(texts) else writer.text(writer.dice.choice([500, 1200, 2000, 4000, 9000]))
        parts = number % 3 == 0
        one = (PARTS if parts else NEAR)[(number // 3) % len(PARTS if parts else NEAR)]
        new, done = one(text, writer), [one.__name__]
        for extra in (boilerplate, spaced, traditional):
            if writer.dice.random() < 0.25 and extra is not one:
                new, done = extra(new, writer), [*done, extra.__name__]
        title = writer.title()
        retitled = writer.title() if writer.dice.random() < 0.5 else title
        original = article(f"a:{number}", title, text, minutes=number)
        repost = article(f"b:{number}", retitled, new, outlet="ZAKER", minutes=number + writer.dice.randint(5, 3000))
        yield Pair(original, replace(repost, source="zaker"), "+".join(done), parts)


# -- what is alike and not the same -----------------------------------------------------------------------------------

_FLASHES = [
    ("{a}：预计2026年半年度净利润同比增长{n}%", "36氪获悉，{a}公告，预计2026年半年度实现归属于上市公司股东的净利润{m}亿元至{k}亿元，同比增长{n}%。报告期内，公司主要产品销量增加，毛利率有所提升。"),
    ("{a}完成{m}亿元B轮融资", "36氪获悉，{a}近日宣布完成{m}亿元B轮融资，由{b}领投，{c}跟投。本轮资金将用于产品研发、市场拓展和人才引进，公司投后估值约{k}亿元。"),
    ("{a}：股东拟减持不超过{n}%股份", "{a}公告，持股{m}%的股东{b}计划自本公告披露之日起十五个交易日后的三个月内，以集中竞价或大宗交易方式减持公司股份不超过{n}%。"),
    ("{a}今日收涨{n}%，成交额{m}亿元", "今日收盘，{a}上涨{n}%，报{k}元，成交额{m}亿元，换手率{j}%，总市值{i}亿元。该股近五个交易日累计上涨，资金净流入明显。"),
    ("{a}：拟{m}亿元投建新项目", "{a}公告，公司拟投资{m}亿元建设年产{k}万吨新材料项目，建设周期{j}个月，项目达产后预计年均实现营业收入{i}亿元。"),
    ("{a}在{c}成立新公司，注册资本{m}万元", "天眼查App显示，近日，{c}有限公司成立，法定代表人为{b}董事，注册资本{m}万元，经营范围包括人工智能应用软件开发、信息技术咨询服务等。股东信息显示，该公司由{a}全资持股。"),
    ("{a}：回购{m}万股，耗资{n}亿元", "{a}在港交所公告，公司于今日耗资{n}亿港元回购{m}万股股份，每股回购价格为{k}港元至{i}港元。"),
    ("{a}与{b}达成战略合作", "36氪获悉，{a}与{b}签署战略合作协议，双方将在大模型、智能终端、云计算等领域展开合作，共同推动产业升级。合作期限为{j}年。"),
    ("{a}回应裁员传闻：不属实", "针对网传{a}大规模裁员一事，公司相关负责人今日对媒体表示，相关信息不属实，公司目前经营一切正常，招聘工作仍在进行。"),
    ("{a}任命新首席执行官", "36氪获悉，{a}宣布任命新的首席执行官，自下月一日起生效，原首席执行官将转任董事会顾问。公司表示，此次调整是既定继任计划的一部分，不会影响日常运营。"),
]  # fmt: skip


def flashes(count: int, seed: int = 21) -> Iterator[Article]:
    """Newsflashes of ten templates: each of another company, most with other numbers."""
    writer, seen = Writer(seed), set[tuple[int, str]]()
    while len(seen) < count:
        which = writer.dice.randrange(len(_FLASHES))
        company = writer.name()
        if len(seen) > 3000 or (which, company) in seen:
            company = writer.dice.choice("上下南北西长江广深湘鲁") + company
        if (which, company) in seen:
            continue
        seen.add((which, company))
        fill = {letter: writer.number() for letter in "nmkji"}
        fill |= {"a": company, "b": writer.name(), "c": writer.name()}
        title, text = (part.format(**fill) for part in _FLASHES[which])
        yield article(f"f:{len(seen)}", title, text, kind="newsflash", minutes=len(seen))


def columns(count: int, seed: int = 31) -> Iterator[Article]:
    """Weekly columns: a head and a tail that every issue has, a middle of its own."""
    writer = Writer(seed)
    for column in range(count // 50):
        head, tail, name = (
            writer.text(writer.dice.randint(60, 220)),
            writer.text(writer.dice.randint(80, 300)),
            writer.title(),
        )
        for issue in range(50):
            middle = writer.text(writer.dice.randint(500, 1600))
            yield article(
                f"c:{column}-{issue}",
                f"{name}第{issue + 1}期",
                f"{head}\n{middle}\n{tail}",
                minutes=column * 50 + issue,
            )


def interviews(count: int, seed: int = 41) -> Iterator[Article]:
    """Interviews of one series: the same introduction, the same questions, other answers."""
    writer = Writer(seed)
    for series in range(count // 20):
        intro, questions = writer.text(writer.dice.randint(150, 500)), [writer.sentence() for _ in range(6)]
        for guest in range(20):
            body = "\n".join(
                f"问：{question}\n答：{writer.text(writer.dice.randint(200, 600))}" for question in questions
            )
            yield article(
                f"i:{series}-{guest}",
                f"对话{writer.title()}",
                f"{intro}\n{body}",
                kind="interview",
                minutes=series * 20 + guest,
            )


def digests(count: int, items: Sequence[Article], seed: int = 51) -> Iterator[Article]:
    """Morning digests of ten newsflashes each, which are stories of their own."""
    writer = Writer(seed)
    for number in range(count):
        some = writer.dice.sample(items, 10)
        text = "\n".join(f"{item.title}\n{item.text}" for item in some)
        yield article(f"d:{number}", f"8点1氪｜{some[0].title}；{some[1].title}", text, minutes=number)
