"""Names written by sound: in machine transcripts, and as typing errors elsewhere."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sources.article import Article, Kind
from warehouse.scan import Findings, Lexicon, scan
from warehouse.scan.latin import Spellings, in_chinese
from warehouse.scan.syllables import as_pinyin, encoded, near_class, readings_of, syllables
from warehouse.scan.uses import Use
from warehouse.watchlist import Entity

NAMES = (
    Entity("person", "季逸超"),
    Entity("person", "蒋路"),
    Entity("person", "谢赛宁", ("赛宁",)),
    Entity("person", "黄峥"),
    Entity("person", "余承东"),
    Entity("person", "李想", never=("李湘",)),
    Entity("person", "程维", sound=False),
    Entity("company", "聚美优品"),
    Entity("company", "蔚来"),
    Entity("company", "月之暗面"),
    Entity("company", "华为"),
    Entity("company", "拼多多"),
    Entity("company", "OpenAI"),
    Entity("company", "DeepSeek"),
    Entity("product", "Sora"),
    Entity("product", "Pika"),
    Entity("company", "谷歌", ("Google",)),
)
LEXICON = Lexicon.compile(NAMES)


def findings(text: str, kind: Kind = "transcript") -> Findings:
    return scan(LEXICON, Article("url:0", "files", "", kind, "", "", text))


def heard(text: str, kind: Kind = "transcript") -> dict[str, tuple[str, str]]:
    """Surface → (name, how) of what is heard and not read."""
    return {
        m.surface: (LEXICON.entities[m.entity_id].name, m.how)
        for m in findings(text, kind).mentions
        if m.how in ("homophone", "near")
    }


@pytest.mark.parametrize(
    ("text", "surface", "name", "how"),
    [
        ("今天 的 嘉宾 是 记忆 超, 他 做 了 很多 年 的 搜索。", "记忆 超", "季逸超", "homophone"),
        ("他 以前 是 居民 优品 的 联合 创始人, 后来 去做 了 投资。", "居民 优品", "聚美优品", "near"),
        ("我们 投 的 有 约 之 暗面 这样的 公司, 也有 别的。", "约 之 暗面", "月之暗面", "homophone"),
        ("比如 蒋 璐 从 Google 去了 别 的 公司。", "蒋 璐", "蒋路", "homophone"),
        ("谢赛宁 在 纽约 教书。 后来 跟 赛 灵 聊, 他 说 还 不够。", "赛 灵", "谢赛宁", "near"),
        ("你看 open I 和 Google 都 发 了 新的 模型。", "open I", "OpenAI", "near"),
        ("那天 deep sick 的 论文 出来, Google 的 人 都 在 读。", "deep sick", "DeepSeek", "near"),
        ("Sora 发布 的 时候 大家 都 在 看 Sora 的 视频, 索拉 真的 很 强, Sora 也 很 贵。", "索拉", "Sora", "near"),
        ("像 Google、 皮卡 这些 产品 上 都 看到 了, Sora 也 一样。", "皮卡", "Pika", "homophone"),
    ],
)
def test_what_is_heard(text: str, surface: str, name: str, how: str) -> None:
    assert heard(text)[surface] == (name, how)


@pytest.mark.parametrize(
    "text",
    [
        "我 觉得 未来 还是 要 看 大家 怎么 用 这个 东西。",  # 蔚来
        "讲 路 怎么 走, 其实 没有 人 知道, 大家 都 在 试。",  # 蒋路: a verb and its object, and nobody named
        "记忆 超强 的 人 我 见 过 几个, 都 不 开心。",  # 季逸超: 超强 is one word of the transcript
        "在 您 看来, 这个 行业 还 有 几年 好 日子?",  # 赛宁
        "他 在 国外 读 书 的 时候 喜欢 open a window 这样 的 练习。",  # OpenAI: no name near it
        "李湘 老师 今天 也 在 现场, 她 讲 了 一个 故事。",  # 李想: the user's `not`
        "成 维 老师 说 他 今天 不 来 了, 改 天 再 聊。",  # 程维: sound is off
        "我 在 首尔 住 过 三年, 那边 的 冬天 很 冷。",  # Sora: never named
    ],
)
def test_what_is_not_meant(text: str) -> None:
    assert heard(text) == {}


def test_a_rejected_echo_says_why() -> None:
    rejected = {r.surface: r.reason for r in findings("我 觉得 未来 还是 要 看 大家 怎么 用 这个 东西。").rejections}
    assert rejected["未来"].startswith("未来 ≈ 蔚来, transcript, 2 syllables, same sound, an ordinary word")


def test_a_reason_names_the_sound_the_place_and_the_shape() -> None:
    mention = next(m for m in findings("今天 的 嘉宾 是 记忆 超, 他 做 了 很多 年 的 搜索。").mentions)
    assert mention.reason.startswith("记忆超 ≈ 季逸超, transcript, 3 syllables, same sound, not a word")
    assert 0.7 <= mention.confidence < 0.9


@pytest.mark.parametrize(
    ("text", "surface", "name"),
    [
        ("拼多多创始人黄征昨天到了杭州。", "黄征", "黄峥"),
        ("华为的余成东在台上举起两部手机。", "余成东", "余承东"),
    ],
)
def test_typing_errors_in_personal_names(text: str, surface: str, name: str) -> None:
    assert heard(text, "article") == {surface: (name, "homophone")}
    assert max(m.confidence for m in findings(text, "article").mentions if m.how == "homophone") < 0.75


@pytest.mark.parametrize(
    "text",
    [
        "拼多多的晚会请来了歌手黄征老师。",  # an artist
        "黄征昨天到了杭州。",  # nothing speaks for the founder
        "记忆超群的人很少见，居民优品也很少。",  # companies are not heard outside transcripts
        "拼多多和华为都投了约之暗面。",
    ],
)
def test_other_texts_ask_for_more(text: str) -> None:
    assert heard(text, "article") == {}


@pytest.mark.parametrize(
    ("one", "other"),
    [("lin", "ling"), ("niu", "liu"), ("zhang", "zan"), ("chen", "ceng"), ("shan", "sang"), ("lv", "nv")],
)
def test_near_sounds(one: str, other: str) -> None:
    assert near_class(one) == near_class(other)


@pytest.mark.parametrize(("one", "other"), [("ma", "mo"), ("bao", "pao"), ("long", "lun"), ("hu", "fu")])
def test_sounds_that_are_not_near(one: str, other: str) -> None:
    assert near_class(one) != near_class(other)


def test_readings() -> None:
    assert set(syllables("曾")) == {"ceng", "zeng"}
    assert syllables("女")[0] == "nv"
    assert syllables("a") == ()
    assert readings_of("曾国藩")[0] == syllables("曾")  # a surname may be read in every way
    assert readings_of("银行")[1] == ("hang", "xing")  # as in this word, and as it mostly is
    assert readings_of("龘a") == ()


@settings(deadline=None)
@given(st.text())
def test_encoding_keeps_the_length(text: str) -> None:
    assert len(encoded(text)) == len(text)


def test_latin_words_that_are_pinyin() -> None:
    assert as_pinyin("pika") == ("pi", "ka")
    assert as_pinyin("taobao") == ("tao", "bao")
    assert as_pinyin("openai") == ()
    assert as_pinyin("ma") == ()


USE = Use("product:X", "product", "name", "X")


@pytest.mark.parametrize(
    ("text", "off"),
    [
        ("mid journey", 0),
        ("midjourny", 1),
        ("midjurney", 1),
        ("midjoureny", 1),
        ("mid jurni", 2),
        ("midjourneys", None),
        ("journey", None),
        ("majority", None),
    ],
)
def test_spellings_of_a_latin_name(text: str, off: int | None) -> None:
    found = [wrong for start, end, _, wrong in Spellings([("midjourney", USE)]).near(text) if end - start == len(text)]
    assert found == ([] if off is None else [off])


def test_english_prose_is_not_joined() -> None:
    assert list(Spellings([("midjourney", USE)]).near("we went on a mid journey break in the hills")) == []


@pytest.mark.parametrize(
    ("name", "text", "spans"),
    [
        ("sora", "看索拉和骚扰", [(1, 3), (4, 6)]),
        ("pika", "皮卡", [(0, 2)]),
        ("claude", "问克劳德", [(1, 4)]),
        ("sora", "所有人", []),
        ("openai", "欧本爱", []),  # begins with a vowel: too many ways to write it
    ],
)
def test_latin_names_in_chinese(name: str, text: str, spans: list[tuple[int, int]]) -> None:
    assert [(start, end) for start, end, _ in in_chinese(text, {name: USE})] == spans


# -- properties -----------------------------------------------------------------------------------------------------

PIECES = st.sampled_from(
    [*(form for e in NAMES for form in (e.name, *e.aliases)), "记忆", "超", "蒋", "璐", "老师", "的", " ", ", ", "。", "\n",
     "open I", "deep sick", "sora", "、", "嘉宾", "和", "A I", "·", "\u200b"]
)  # fmt: skip
TALK = st.one_of(st.text(), st.lists(st.one_of(PIECES, st.text(max_size=3)), max_size=40).map(" ".join))
KINDS = st.sampled_from(("transcript", "article"))


@settings(deadline=None, max_examples=200)
@given(TALK, KINDS)
def test_every_slice_equals_its_surface(text: str, kind: Kind) -> None:
    found = findings(text, kind)
    for one in (*found.mentions, *found.rejections):
        assert one.start_char is not None
        assert text[one.start_char : one.end_char] == one.surface
    central = {m.entity_id: m.central for m in found.mentions}
    assert all(central[m.entity_id] is m.central and 0 < m.confidence <= 1 for m in found.mentions)


@settings(deadline=None, max_examples=60)
@given(TALK, KINDS, st.randoms(use_true_random=False))
def test_the_order_of_names_never_changes_what_is_heard(text: str, kind: Kind, rng: random.Random) -> None:
    shuffled = list(NAMES)
    rng.shuffle(shuffled)
    article = Article("url:0", "files", "", kind, "", "", text)
    assert scan(Lexicon.compile(shuffled), article) == scan(LEXICON, article)


@settings(deadline=None, max_examples=60)
@given(TALK, KINDS)
def test_a_name_that_is_neither_written_nor_heard_changes_nothing(text: str, kind: Kind) -> None:
    more = Lexicon.compile([*NAMES, Entity("company", "龘靐齉", ("Qzxwvk Holdings",)), Entity("person", "爨矗龖")])
    article = Article("url:0", "files", "", kind, "", "", text)
    assert scan(more, article) == scan(LEXICON, article)
