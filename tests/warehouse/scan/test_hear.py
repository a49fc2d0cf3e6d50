"""Names written by sound, through the whole scan: for each rule a passage where it decides, and one beside it.

The transcripts are spaced, as recognisers write them.
"""

from __future__ import annotations

import pytest

from sources.article import Article, Kind
from warehouse.scan import Findings, Lexicon, scan
from warehouse.watchlist import Entity

NAMES = (
    Entity("person", "季逸超"),
    Entity("person", "谢赛宁", ("赛宁",)),
    Entity("person", "杨植麟"),
    Entity("person", "余承东"),
    Entity("person", "黄峥"),
    Entity("person", "程维", sound=False),
    Entity("person", "蒋路", never=("讲路", "蒋鹭")),
    Entity("company", "宇树科技", ("宇树",)),
    Entity("company", "聚美优品"),
    Entity("company", "蔚来"),
    Entity("company", "华为"),
    Entity("company", "拼多多"),
    Entity("company", "得到"),
    Entity("company", "DeepSeek"),
    Entity("company", "OpenAI"),
    Entity("product", "Sora"),
    Entity("product", "Lyne"),
    Entity("company", "MiniMax"),
    Entity("product", "Pika"),
    Entity("product", "Midjourney"),
)
LEXICON = Lexicon.compile(NAMES)


def findings(text: str, kind: Kind = "transcript") -> Findings:
    return scan(LEXICON, Article("url:0", "files", "", kind, "", "", text))


def heard(text: str, kind: Kind = "transcript") -> list[tuple[str, str, str]]:
    """(surface, name, how) of what is heard and not read."""
    return [
        (m.surface, LEXICON.entities[m.entity_id].name, m.how)
        for m in findings(text, kind).mentions
        if m.how in ("homophone", "near")
    ]


def surfaces(text: str, kind: Kind = "transcript") -> list[str]:
    return [surface for surface, _, _ in heard(text, kind)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        # three syllables: the sound is enough, also a near one, but not if words come to it
        ("我们 请 到 记忆 超 来 这里 聊 一 聊", ["记忆 超"]),
        ("昨天 我 看 到 记忆 操 在 那边 坐 着", ["记忆 操"]),
        ("昨天 我 看 到 记 一 操 在 那边 坐 着", []),
        # four: one of them may be quite another
        ("我 以前 在 居民 优品 做 过 三 年", ["居民 优品"]),
        ("我 以前 在 居民 小区 做 过 三 年", []),
        # two: something must speak for it
        ("昨天 雨 书 真 的 很 好 看 啊", []),
        ("宇树 很 好, 后来 雨 树 又 来 了", ["雨 树"]),
        # an everyday word seldom counts, even near its like
        ("我 觉得 未来 还 是 很 好 的", []),
        # it must not run over the spaces
        ("我 们 看 记忆 超强 的 人", []),
        # verbs are not heard
        ("有 百度、 德 到、 京东 这些 公司", []),
        # nor is what the user switched off, or excluded
        ("成 维 老师 也 来 了 这里 坐 着", []),
        ("讲 路 老师 也 来 了 这里 坐 着", []),
        ("蒋 鹭 老师 也 来 了 这里 坐 着", []),
        ("蒋 璐 老师 也 来 了 这里 坐 着", ["蒋 璐"]),
    ],
)
def test_length_agreement_and_support(text: str, found: list[str]) -> None:
    assert surfaces(text) == found


@pytest.mark.parametrize(
    ("before", "after", "meant"),
    [
        ("嘉宾 是", "", True),
        ("欢迎", "", True),
        ("创始人", "", True),
        ("", "老师 来 了", True),
        ("", "博士 来 了", True),
        ("", "创办 了 它", True),
        ("", "总结 了 它", False),  # 总 is no title before 结
        ("", "总 来 了", True),
        ("", "会 来 的", False),
        ("歌手", "老师 来 了", False),  # an artist of the same name
        ("好多 的", "", False),
    ],
)
def test_what_stands_beside_a_person(before: str, after: str, meant: bool) -> None:
    text = f"昨天 下 雨 {before} 蒋 璐 {after} 后 来 天 晴 了"
    assert bool(surfaces(text)) is meant, findings(text)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("余承东 说 华 位 很 好", ["华 位"]),
        ("那个 人 说 华 位 很 好", []),
        ("有 百度、 华 位、 京东 这些 公司", ["华 位"]),
        ("有 花生、 华 位、 瓜子 这些 东西", []),
    ],
)
def test_what_stands_beside_a_company(text: str, found: list[str]) -> None:
    assert surfaces(text) == found


def test_a_clear_echo_speaks_for_another() -> None:
    assert surfaces("昨天 我 看 到 蒋 璐 在 那边 坐 着。 今天 的 人 是 蒋 露, 对") == []
    assert surfaces("昨天 我 看 到 蒋 璐 在 那边 坐 着。 今天 的 嘉宾 是 蒋 露, 对") == ["蒋 璐", "蒋 露"]


def test_how_tells_the_same_sound_from_a_near_one() -> None:
    assert heard("我们 请 到 记忆 超 来 这里 聊 一 聊") == [("记忆 超", "季逸超", "homophone")]
    assert heard("今天 我 请 到 记忆 操 老师 在 那边 坐 着") == [("记忆 操", "季逸超", "near")]


def test_a_given_name_after_the_full_one() -> None:
    assert surfaces("杨植麟 在 这里。 后 来 执 灵 老师 说 不 行") == []  # a near sound is not enough for it
    assert surfaces("杨植麟 在 这里。 后 来 执 麟 老师 说 不 行") == ["执 麟"]
    assert surfaces("某某某 在 这里。 后 来 执 麟 老师 说 不 行") == []


def test_of_candidates_that_overlap_one_stands() -> None:
    found = surfaces("我们 请 到 谢 赛 宁 和 谢 赛 您 老师 聊 一 聊")
    assert found == ["谢 赛 您"]  # and not 赛 您 beside it


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("我们 都 用 mid journey 画 东西", ["mid journey"]),
        ("我们 都 用 deepseak 写 东西", []),  # a letter wrong, and nothing near it
        ("DeepSeek 很 好, 我们 都 用 deepseak 写 东西", ["deepseak"]),
        ("DeepSeek 很 好, 我们 都 用 teepseek 写 东西", []),  # the first letter
        ("我们 都 看 那个 deep sick 的 东西", []),
        ("Google 和 那个 deep sick 的 东西", ["deep sick"]),
        ("Sora 很 好, Sora 很 快, Sora 很 贵, 看 索 拉 了", ["索 拉"]),
        ("我们 昨天 去 看 索 拉 了", []),  # it was never named
        ("我们 都 看 open I 的 东西", ["open I"]),  # AI is mostly heard so
        ("我们 都 看 open a 的 东西", []),
        ("我们 都 用 open 爱 写 东西", ["open 爱"]),
        ("Google 和 那个 sorra 的 东西", ["sorra"]),
        ("我们 都 看 那个 sorra 的 东西", []),
        ("Google 和 那个 soul 的 东西", []),
        ("Google 和 那个 lyn 的 东西", []),
        ("Google 和 那个 liine 的 东西", ["liine"]),
        ("Google 和 那个 line 的 东西", []),  # a word of its own
        ("我们 都 用 迷你 max 画 东西", ["迷你 max"]),
    ],
)
def test_latin_names(text: str, found: list[str]) -> None:
    assert surfaces(text) == found


def test_a_latin_name_that_is_pinyin() -> None:
    assert surfaces("像 Sora、 皮卡 这些 产品 都 很 好") == ["皮卡"]
    assert surfaces("他 开 一 辆 皮卡 去 上 班") == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("拼多多创始人黄征在等车。", ["黄征"]),
        ("拼多多创始人黄真在等车。", []),  # a near sound is no typing error
        ("创始人记忆超在等车。", ["记忆超"]),
        ("门口的记忆超在等车。", []),
        ("创始人记忆超强。", []),  # across words
        ("华为的记忆超在等车。", ["记忆超"]),  # of a firm
        ("华为和记忆超在等车。", []),
        ("创始人执麟在等车，杨植麟没有来。", []),  # not the full name
        ("华为和百度都看好宇书科技。", []),  # not a person
    ],
)
def test_typing_errors(text: str, found: list[str]) -> None:
    assert surfaces(text, "article") == found


def test_a_spaced_text_is_a_transcript_whatever_its_kind() -> None:
    assert surfaces("我们 请 到 记忆 超 来 这里 聊 一 聊", "article") == ["记忆 超"]


@pytest.mark.parametrize(
    ("text", "surface", "words"),
    [
        ("我 觉得 未来 还 是 很 好 的", "未来", "an ordinary word"),
        ("昨天 雨 书 真 的 很 好 看 啊", "雨 书", "same sound"),
        ("讲 路 老师 也 来 了 这里 坐 着", "讲 路", "which the watchlist excludes"),
    ],
)
def test_a_rejection_says_why(text: str, surface: str, words: str) -> None:
    assert [words in r.reason for r in findings(text).rejections if r.surface == surface] == [True]


def test_a_near_sound_that_nothing_speaks_for_is_not_told() -> None:
    assert findings("昨天 我 看 到 记 一 操 在 那边 坐 着") == Findings((), ())


def test_what_is_written_plainly_is_not_heard_as_well() -> None:
    found = findings("我们 请 到 季逸超 来 这里 聊 一 聊")
    assert [(m.surface, m.how) for m in found.mentions] == [("季逸超", "name")]
    assert found.rejections == ()


@pytest.mark.parametrize(
    ("text", "confidence"),
    [
        ("我们 请 到 记忆 超 来 这里 聊 一 聊", 0.85),  # three syllables, the same sound
        ("今天 我 请 到 记忆 操 老师 在 那边 坐 着", 0.77),
        ("我 以前 在 具 美 优 品 做 过 三 年", 0.9),  # four, the same
        ("我 以前 在 居民 优品 做 过 三 年", 0.8),
        ("宇树 很 好, 后来 雨 树 又 来 了", 0.75),  # two
        ("我们 都 用 mid journey 画 东西", 0.85),  # its own letters
        ("DeepSeek 很 好, 我们 都 用 deepseak 写 东西", 0.72),
        ("Sora 很 好, Sora 很 快, Sora 很 贵, 看 索 拉 了", 0.72),
    ],
)
def test_confidence_by_length_and_agreement(text: str, confidence: float) -> None:
    assert [m.confidence for m in findings(text).mentions][-1] == confidence
