"""What holds of every scan, whatever the text, its kind, and the watchlist.

A tracked name that stands in the text is evidence for its neighbours, so only one that does not stand there is asked to
change nothing.
"""

from __future__ import annotations

import pickle
import random

from hypothesis import given, settings
from hypothesis import strategies as st

from sources.article import Article, Kind
from warehouse.scan import Findings, Lexicon, scan
from warehouse.watchlist import Entity

NAMES = (
    Entity("person", "季逸超"),
    Entity("person", "王兴"),
    Entity("person", "杨植麟", ("植麟", "Yang Zhilin")),
    Entity("person", "蒋路", never=("讲路",)),
    Entity("person", "埃隆·马斯克"),
    Entity("person", "何小鹏"),
    Entity("company", "小鹏汽车", ("小鹏",)),
    Entity("company", "蔚来"),
    Entity("company", "字节跳动", ("字节",)),
    Entity("company", "理想汽车", ("理想", "Li Auto"), context=("增程",), never=("理想湾",)),
    Entity("company", "聚美优品"),
    Entity("company", "苹果", ("Apple",)),
    Entity("company", "OpenAI"),
    Entity("company", "DeepSeek", sound=False),
    Entity("product", "Midjourney"),
    Entity("product", "Sora"),
    Entity("product", "得到", ("得到App",)),
    Entity("organization", "棱镜"),
)
LEXICON = Lexicon.compile(NAMES)
RELOADED: Lexicon = pickle.loads(pickle.dumps(LEXICON, pickle.HIGHEST_PROTOCOL))
ABSENT = (
    Entity("company", "龘靐齉", ("Qzxwvk Holdings", "齉靐集团")),
    Entity("person", "爨矗龖", context=("鱻羴",), never=("爨矗龖龖",)),
    Entity("product", "Xqjzvw"),
)

PIECES = st.sampled_from(
    [*(form for e in NAMES for form in (e.name, *e.aliases, *e.context, *e.never)), "植麟", "杨总", "马斯克", "百度", "雀巢", "未来",
     "记忆", "超", "蒋 璐", "居民 优品", "索 拉", "open I", "open", "mid journy", "deep sick", "S o r a", "A I", "嘉宾 是", "老师",
     "创始人", "说", "的", "了", "和", "、", "在", "国", "公司", "发布", "吃了", "：", "\n", " ", "  ", "·", "，", "。", "《", "》", "（",
     "）", "7", "\u200b", "\u3000", "騰", "ﬁ", "e\u0301", "kimi.com/", "@", "记者", "来源：", "大厦", "欢迎收听"]
)  # fmt: skip
PIECE = st.one_of(PIECES, PIECES, st.text(max_size=3))
TEXTS = st.one_of(
    st.text(),
    st.lists(PIECE, max_size=40).map("".join),
    st.lists(PIECE, max_size=40).map(" ".join),
    st.lists(PIECE, max_size=20).map(lambda pieces: " ".join("".join(pieces))),
)
KINDS = st.sampled_from(("article", "newsflash", "interview", "transcript", "post", "partial"))
WORDS = st.one_of(st.text(max_size=6), PIECES)
LISTS = st.lists(WORDS, max_size=3).map(tuple)
ENTITIES = st.builds(
    Entity,
    st.sampled_from(("person", "company", "product", "organization")),
    WORDS,
    LISTS,
    context=LISTS,
    never=LISTS,
    sound=st.booleans(),
)


@st.composite
def articles(draw: st.DrawFn) -> Article:
    kind: Kind = draw(KINDS)
    title, outlet, byline, chrome = (draw(st.one_of(st.just(""), TEXTS)) for _ in range(4))
    return Article("url:0", "files", outlet, kind, "", title, draw(TEXTS), byline=byline, chrome=chrome)


def sound(findings: Findings, text: str) -> None:
    """What holds of the findings of any scan."""
    for one in (*findings.mentions, *findings.rejections):
        assert one.surface and one.reason
        if one.start_char is None or one.end_char is None:
            assert one.start_char is one.end_char is None
            assert one.role in ("title", "byline", "chrome")
        else:
            assert text[one.start_char : one.end_char] == one.surface
    assert all(0 < m.confidence <= 1 for m in findings.mentions)
    assert len({(m.entity_id, m.central) for m in findings.mentions}) == len({m.entity_id for m in findings.mentions})


@settings(max_examples=400)
@given(articles())
def test_every_slice_is_its_surface_and_every_figure_in_its_bounds(article: Article) -> None:
    findings = scan(LEXICON, article)
    sound(findings, article.text)
    starts = [m.start_char for m in findings.mentions if m.start_char is not None]
    assert starts == sorted(starts)
    places = [(m.entity_id, m.start_char, m.end_char) for m in findings.mentions if m.start_char is not None]
    assert len(places) == len(set(places))


@settings(max_examples=100)  # each compiles a watchlist: that is what takes the time
@given(st.lists(ENTITIES, max_size=6), articles())
def test_any_watchlist_and_any_article_go_together(entities: list[Entity], article: Article) -> None:
    sound(scan(Lexicon.compile(entities), article), article.text)


@settings(max_examples=200)
@given(articles())
def test_the_same_again(article: Article) -> None:
    assert scan(LEXICON, article) == scan(LEXICON, article)


@settings(max_examples=200)
@given(articles())
def test_a_lexicon_that_was_kept_finds_the_same(article: Article) -> None:
    assert scan(RELOADED, article) == scan(LEXICON, article)


@settings(max_examples=60)
@given(articles(), st.randoms(use_true_random=False))
def test_the_order_of_the_watchlist_and_twins_in_it_change_nothing(article: Article, rng: random.Random) -> None:
    shuffled = [*NAMES, rng.choice(NAMES)]
    rng.shuffle(shuffled)
    assert scan(Lexicon.compile(shuffled), article) == scan(LEXICON, article)


@settings(max_examples=60)
@given(st.lists(ENTITIES, max_size=6), articles(), st.randoms(use_true_random=False))
def test_the_order_of_any_watchlist_changes_nothing(
    entities: list[Entity], article: Article, rng: random.Random
) -> None:
    shuffled = list(entities)
    rng.shuffle(shuffled)
    assert scan(Lexicon.compile(shuffled), article) == scan(Lexicon.compile(entities), article)


MORE = Lexicon.compile([*NAMES, *ABSENT])


@settings(max_examples=200)
@given(articles())
def test_names_that_are_neither_written_nor_heard_change_nothing(article: Article) -> None:
    assert scan(MORE, article) == scan(LEXICON, article)


@settings(max_examples=60)
@given(st.sets(st.sampled_from(NAMES)), st.sampled_from(ABSENT), articles())
def test_nor_do_they_beside_any_other_names(names: set[Entity], absent: Entity, article: Article) -> None:
    assert scan(Lexicon.compile([*names, absent]), article) == scan(Lexicon.compile([*names]), article)
