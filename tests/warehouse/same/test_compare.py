"""Whether two texts are one story: the labelled pairs (pairs/*.txt), and what holds of any two texts."""

from __future__ import annotations

import random
import time
from dataclasses import replace

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from story_pairs import Labelled, Text, pairs

from warehouse.same import Likeness, Wording, enough, fingerprints, likeness, wording
from warehouse.same.compare import alike

TURNED = {"same": "same", "near": "near", "part": "whole", "whole": "part"}
TOGETHER = [pair for pair in pairs() if pair.label != "apart"]


def cases() -> list[object]:
    return [
        pytest.param(
            pair, id=str(pair), marks=[pytest.mark.xfail(strict=True, reason=pair.wrong)] if pair.wrong else []
        )
        for pair in pairs()
    ]


def found(one: Wording, other: Wording) -> str:
    like = likeness(one, other)
    return like.relation if like else "apart"


@pytest.mark.parametrize("pair", cases())
def test_a_labelled_pair(pair: Labelled) -> None:
    assert found(pair.text.words, pair.other.words) == pair.label
    assert found(pair.other.words, pair.text.words) == TURNED.get(pair.label, "apart")


def test_there_are_many_labelled_pairs_of_both_kinds() -> None:
    assert len(TOGETHER) >= 40
    assert sum(pair.label == "apart" for pair in pairs()) >= 50
    assert sum(bool(pair.wrong) for pair in pairs()) <= 5


@pytest.mark.parametrize("pair", [pytest.param(pair, id=str(pair)) for pair in TOGETHER])
def test_texts_of_one_story_share_enough_keys_to_be_looked_at(pair: Labelled) -> None:
    one, other = pair.text.words, pair.other.words
    shared = set(fingerprints(one)) & set(fingerprints(other))
    assert len(shared) >= min(enough(one), enough(other))


def test_texts_of_different_articles_are_apart() -> None:
    """Every text beside every other that no label calls the same story."""
    story: dict[str, str] = {}
    for pair in TOGETHER:
        story[pair.text.name] = story.setdefault(pair.other.name, pair.other.name)
    texts: dict[str, Text] = {one.name: one for pair in pairs() for one in (pair.other, pair.text)}
    known = {frozenset((p.text.name, p.other.name)) for p in pairs() if p.wrong}
    words = {name: text.words for name, text in texts.items()}
    wrong = [
        (one, other)
        for one in words
        for other in words
        if one < other
        and one.partition("/")[0] != other.partition("/")[0]
        and story.get(one, one) != story.get(other, other)
        and frozenset((one, other)) not in known
        and likeness(words[one], words[other])
    ]
    assert wrong == []


# -- what is asked of texts that are short, of other kinds, or of one address ----------------------------------------

TEXT = pairs()[0].other.body


def words(text: str, title: str = "无题", kind: str = "article", url: str = "") -> Wording:
    return wording(title, text, kind, url)


def test_equal_texts_are_the_same_from_forty_letters_on() -> None:
    assert likeness(words("甲乙丙丁戊己庚辛壬癸" * 4), words("甲乙丙丁戊己庚辛壬癸" * 4)) == Likeness("same", 1.0)
    assert (
        likeness(
            words("甲乙丙丁戊己庚辛壬癸" * 3 + "九个字还不够长呢啊"),
            words("甲乙丙丁戊己庚辛壬癸" * 3 + "九个字还不够长呢啊"),
        )
        is None
    )


def test_a_short_newsflash_counts_with_its_title() -> None:
    one = words("天目药业公告，今日起停牌。", "天目药业今日起停牌", "newsflash")
    assert found(one, one) == "same"
    assert found(one, replace(one, title="安溪银行今日起停牌")) == "apart"
    assert found(replace(one, kind="article"), replace(one, kind="article")) == "apart"
    assert found(one, replace(one, kind="article")) == "same"
    assert found(words("公告。", "停牌", "newsflash"), words("公告。", "停牌", "newsflash")) == "apart"


def test_a_flash_in_an_article_is_a_part_of_it_only_under_its_title() -> None:
    text = "\n".join(TEXT.split("\n")[:2])
    title = "一座小城的冷链生意，做到第九年才赚钱"
    whole = words(TEXT, title)
    assert found(words(text, title, "newsflash"), whole) == "part"
    assert found(words(text, "冷库的钥匙", "newsflash"), whole) == "apart"
    assert found(words(text, "冷库的钥匙"), whole) == "part"


def test_a_few_words_are_no_part_and_neither_is_an_item_from_the_middle_of_a_list() -> None:
    assert found(words(TEXT[:55], "冷库的钥匙"), words(TEXT)) == "apart"
    assert found(words(TEXT[:90], "冷库的钥匙"), words(TEXT)) == "part"
    assert found(words("\n".join(TEXT.split("\n")[4:5]), "停电"), words(TEXT, "四件小事")) == "apart"


def test_what_is_half_rewritten_under_one_address_and_title_is_one_article() -> None:
    lines = TEXT.split("\n")
    rewritten = "\n".join([*lines[:3], "后来的事情同先前的计划完全不一样，" * 18, *lines[6:]])
    title, url = "一座小城的冷链生意", "https://e.com/1"
    assert found(words(TEXT, title, url=url), words(rewritten, title, url=url)) == "near"
    assert found(words(TEXT, title, url=url), words(rewritten, title, url="https://e.com/2")) == "apart"
    assert found(words(TEXT, title, url=url), words(rewritten, "灯塔上的一年和一条狗", url=url)) == "apart"
    assert (
        found(words(TEXT, title, url=url), words("后来的事情同先前的计划完全不一样，" * 40, title, url=url)) == "apart"
    )


def test_letters_of_a_small_gap_count_as_covered_and_of_a_wide_one_do_not() -> None:
    head, tail = TEXT[:120], TEXT[300:420]
    narrow = likeness(words(head + tail), words(head + "换了八个别的字啊" + tail))
    assert narrow is not None
    assert narrow.covered == 1.0
    wide = likeness(words(f"{head}{'那是一个没有月亮的晚上风从海上来'}一二三四{tail}"), words(f"{head}{tail}"))
    assert wide is not None
    assert wide.relation == "near"


def test_titles() -> None:
    assert alike("县城里的第五家奶茶店", "县城第五家奶茶店关门")
    assert not alike("县城里的第五家奶茶店", "一条河的名字")
    assert alike("停牌", "停牌")
    assert not alike("停牌", "复牌")
    assert not alike("", "")


# -- what holds of any texts -----------------------------------------------------------------------------------------

ANY = st.text(max_size=60) | st.text(st.sampled_from("冷链0123甲乙，\n 😀\ud800ａ"), max_size=200)


@st.composite
def altered(draw: st.DrawFn) -> tuple[Wording, Wording]:
    """A text of the labelled ones, and what was cut, moved or swapped in it at random."""
    text = draw(st.sampled_from([pair.other for pair in pairs()]))
    body = text.body
    for _ in range(draw(st.integers(0, 4))):
        start = draw(st.integers(0, len(body)))
        end = draw(st.integers(start, len(body)))
        put = draw(st.sampled_from(["", "某某公司", "3.5", body[start:end][::-1], body[start:end] * 2, body]))
        body = body[:start] + put + body[end:]
    title = draw(st.sampled_from([text.title, "", "8点1氪", "别的题目写在这里"]))
    kind = draw(st.sampled_from(["article", "newsflash", "partial"]))
    url = draw(st.sampled_from(["", "https://e.com/1"]))
    return wording(text.title, text.body, text.kind, "https://e.com/1"), wording(title, body, kind, url)


@settings(max_examples=60)
@given(altered())
def test_the_other_way_round_it_is_the_reverse(two: tuple[Wording, Wording]) -> None:
    there, back = likeness(*two), likeness(*reversed(two))
    assert (there is None) == (back is None)
    if there and back:
        assert back.relation == TURNED[there.relation]
        assert back.covered == there.covered
        assert there.reversed() == back
        assert 0.0 <= there.covered <= 1.0


@settings(max_examples=40)
@given(ANY, ANY, ANY)
@example("\ud800\udfff", "\ud83d", "")
@example("😀" * 50, "😀" * 49 + "\x00", "🏳️‍🌈" * 30)
@example("ﷺ" * 60, "ﬁ" * 60, "ẞ" * 60)
def test_no_text_raises(one: str, other: str, title: str) -> None:
    a, b = wording(title, one, "newsflash", ""), wording(other, other, "article", title)
    assert (likeness(a, b) is None) == (likeness(b, a) is None)
    assert all(0 <= key < 2**32 for key in fingerprints(a))


@given(ANY, st.sampled_from(["article", "newsflash", "partial", "transcript"]))
def test_a_text_is_the_same_as_itself_when_it_is_long_enough(text: str, kind: str) -> None:
    one = wording("一个题目", text, kind, "")
    expected = "same" if len(one.text) >= 40 or (kind == "newsflash" and len(one.text) >= 16) else "apart"
    assert found(one, wording("一个题目", text, kind, "")) == expected


@pytest.mark.slow
def test_a_million_characters_take_no_time_to_speak_of() -> None:
    long = "".join(random.Random(3).choices([chr(0x4E00 + at) for at in range(0, 9000, 3)], k=1_000_000))
    begun = time.process_time()
    one, other = words(long), words(long[:600_000] + "一字之差" + long[600_000:])
    assert found(one, other) == "near"
    assert found(words(long[2000:3000]), one) == "part"
    assert set(fingerprints(one)) & set(fingerprints(other))
    assert time.process_time() - begun < 8


def test_one_letter_a_hundred_thousand_times() -> None:
    begun = time.process_time()
    assert found(words("哈" * 40_000), words("哈" * 100_000)) == "part"
    assert found(words("哈嘿" * 700), words("嘿哈" * 600)) == "near"
    assert time.process_time() - begun < 4
