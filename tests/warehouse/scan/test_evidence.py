"""What makes an ordinary word a name, and what keeps it a word: one sentence for each group of cues, one it must leave.

Each sentence holds one name and nothing else that speaks for it, so that the verdict shows the rule.
"""

from __future__ import annotations

import pytest

from sources.article import Article
from warehouse.scan import Lexicon, Mention, scan
from warehouse.scan.evidence import Facts, gather
from warehouse.scan.match import Hit, Reading, read
from warehouse.scan.uses import Use
from warehouse.watchlist import Entity

WORDS = {
    "verb": ("知道", "收获"),
    "mixed": ("即刻", "闪送", "转转", "统一"),
    "noun": ("橡树", "雪球", "熊猫", "海马", "深蓝", "长城", "民生", "荣耀", "基石", "核桃", "大众", "巨人", "混沌"),
    "name": ("小米", "快手", "苹果"),
    "rare": ("当当", "松下"),
    "latin": ("Target",),
    "brand": ("Visa",),
}
LEXICON = Lexicon.compile(
    [Entity("company", word) for words in WORDS.values() for word in words] + [Entity("person", "高歌")]
)


def mentions(text: str, lexicon: Lexicon = LEXICON) -> list[Mention]:
    return list(scan(lexicon, Article("url:0", "files", "", "article", "", "", text)).mentions)


def test_the_names_are_of_the_classes_that_they_stand_for() -> None:
    classes = {form.text: form.ordinary.use for form in LEXICON.forms if form.uses and form.ordinary}
    assert {word: classes[word.lower()] for words in WORDS.values() for word in words} == {
        word: use for use, words in WORDS.items() for word in words
    }
    assert classes["高歌"] in ("mixed", "noun")


MEANT = [
    # an app, whatever the class
    "昨天，知道App没有更新。",
    "昨天，收获公众号没有更新。",
    "昨天，即刻小程序没有更新。",
    "昨天，闪送客户端没有更新。",
    # something that one opens or drives
    "她打开知道，打了几个字。",
    "他开着长城回家。",
    "楼下停着三辆海马。",
    # a place on the net
    "他在雪球上记账。",
    "他在即刻里写日记。",
    # a workplace
    "她在熊猫待了五年。",
    "她从巨人出来，去了南方。",
    "后来去了橡树工作。",
    "他离开深蓝的时候，天在下雨。",
    # what only a firm has before it or behind it
    "他入职橡树那天下雨。",
    "他说车企橡树今天休息。",
    "他说友商闪送今天休息。",
    "他说旗下海马今天休息。",
    "他说旗下的快手今天休息。",
    "听说橡树集团在搬家。",
    "听说橡树公司在搬家。",
    "听说转转总裁在搬家。",
    "听说熊猫CEO在搬家。",
    "听说海马（000572.SZ）在搬家。",
    "听说巨人（NYSE：GA）在搬家。",
    "听说大众召回一批车。",
    "听说长城的新车很贵。",
    "听说深蓝S7很贵。",
    # what a likely name has
    "听说小米14很贵。",
    "听说快手用户在搬家。",
    "他加入快手那天下雨。",
    "听说松下电视很贵。",
    "听说Visa员工在搬家。",
    # a quotation
    "他说“快手”很忙。",
    "他说“雪球”团队很忙。",
    # a list that says what it is
    "听说橡树、松树和柏树三家都在搬家。",
    "听说松树、柏树、橡树三家都在搬家。",
    "听说橡树与松树等公司在搬家。",
    "听说橡树和松树等多家品牌在搬家。",
    # named together, and in lists of figures
    "听说橡树和雀巢在搬家。",
    "听说雀巢、橡树在搬家。",
    "听说知道、雀巢在搬家。",
    "比亚迪卖了八万辆，长城11.2万辆。",
    "听说当当在搬家，雀巢没有。",
    # the subject of what only a company does or has
    "橡树宣布搬家。",
    "下雨了，橡树昨天裁员。",
    "下雨了，统一昨日公布了地址。",
    "荣耀全球出货量在涨。",
    # a person
    "高歌：下雨了。",
    "高歌女士在搬家。",
    "高歌表示雨很大。",
    "听说导演高歌在搬家。",
    "我叫高歌，在搬家。",
    # a word that is mostly the name
    "听说当当在搬家。",
    "听说visa在搬家。",
    # written as a name
    "听说Target在搬家。",
]
NOT_MEANT = [
    "昨天，知道application的人没有来。",
    "昨天，收获很多的人没有来。",
    "昨天，即刻动身的人没有来。",
    "她还不知道，打了几个字。",
    "他指着长城回家。",
    "楼下养着三只海马。",
    "他在雪球上面记账。",
    "他在雪球边上记账。",
    "她在熊猫馆旁边待了五年。",
    "她从巨人手里接过书。",
    "后来看见橡树工作服。",
    "他画下深蓝的时候，天在下雨。",
    "他移走橡树那天下雨。",
    "他说这棵橡树今天很绿。",
    "听说橡树林子在变黄。",
    "听说熊猫毛色在变黄。",
    "听说海马（000572只）在变黄。",
    "听说海马（两只）在变黄。",
    "听说大众口味在变。",
    "听说深蓝S码很贵。",
    "听说小米14斤很贵。",
    "听说小米很贵。",
    "他看见快手那天下雨。",
    "把盐加入雪球那天下雨。",  # what a likely name takes is not enough for a word
    "听说雪球用户在搬家。",
    "他说“雪球”很冷。",
    "他说《快手》很忙。",
    "听说橡树、松树和柏树三种都在变黄。",
    "听说松树、柏树、橡树三棵都在变黄。",
    "听说橡树与松树等植物在变黄。",
    "听说橡树和松鼠在搬家。",
    "听说知道和雀巢一样在搬家。",  # a verb needs more than 和
    "比亚迪卖了八万辆，长城11.2公里。",
    "听说橡树在变黄，雀巢没有。",  # a word is not meant for a company in its sentence
    "下雨了，统一公布了地址。",  # an adverb needs something between
    "橡树在秋天变黄。",
    "属于荣耀全球出货量在涨。",
    "听说那是荣耀。全球出货量在涨。",
    "知道昨天公布了地址。",  # nor is a verb a subject
    "有人向大众宣布了地址。",  # nor what stands behind a preposition
    "夜里高歌：下雨了。",
    "他们高歌前进。",
    "听说高歌的人在搬家。",
    "the target is far away",
    "听说target很远。",
    "听说Target Practice是一本书。",
    "visa",
    "a visa costs money",
]


@pytest.mark.parametrize("text", MEANT)
def test_it_is_meant(text: str) -> None:
    assert any(m.confidence >= 0.7 for m in mentions(text)), [(m.surface, m.reason) for m in mentions(text)]


@pytest.mark.parametrize("text", NOT_MEANT)
def test_it_is_a_word(text: str) -> None:
    own = [m for m in mentions(text) if m.surface != "雀巢"]
    assert all(m.confidence < 0.7 for m in own), [(m.surface, m.reason) for m in own]


# -- read as a word, though something speaks for it ------------------------------------------------------------------

SPOKEN_FOR = Lexicon.compile(
    [
        Entity("product", "得到", ("得到App",)),
        Entity("company", "统一企业", ("统一",)),
        Entity("company", "理想汽车", ("理想",)),
        Entity("company", "Scale AI", ("Scale",)),
        Entity("company", "苹果公司", ("苹果",)),
        Entity("company", "小米集团", ("小米",)),
    ]
)


@pytest.mark.parametrize(
    ("full", "sentence", "surface", "confidence"),
    [
        ("得到App", "得到今年很忙", "得到", 0.85),
        ("得到App", "努力得到许多帮助", "得到", 0.4),
        ("得到App", "努力得到了帮助", "得到", 0.4),
        ("得到App", "努力得到过帮助", "得到", 0.4),
        ("统一企业", "统一今年很忙", "统一", 0.85),
        ("统一企业", "日期统一印在盖上", "统一", 0.4),
        ("统一企业", "统一推出了新茶", "统一", 0.85),  # what a company does
        ("统一企业", "统一是老牌子", "统一", 0.85),  # a verb that says nothing
        ("理想汽车", "理想今年很忙", "理想", 0.85),
        ("理想汽车", "他的理想很远", "理想", 0.4),
        ("理想汽车", "我们理想很远", "理想", 0.4),
        ("理想汽车", "旧的理想L9很远", "理想", 0.85),  # 的, but nothing that a word has behind it
        ("Scale AI", "we scale it", "scale", 0.4),
        ("Scale AI", "用scale标数据", "scale", 0.85),
    ],
)
def test_a_word_beside_its_full_name(full: str, sentence: str, surface: str, confidence: float) -> None:
    found = [m.confidence for m in mentions(f"{full}来了。{sentence}。", SPOKEN_FOR) if m.surface == surface]
    assert found == [confidence]


@pytest.mark.parametrize(
    ("sentence", "meant"),
    [
        ("华为在开会，苹果没有来", True),
        ("华为在开会，桌上有两个苹果", False),
        ("华为在开会，厨房里有三袋小米", False),
        ("华为在开会，她在啃苹果", False),
        ("华为在开会，她吃完苹果", False),
        ("华为在开会，她喝了一碗小米粥", False),
        ("华为在开会，会上有两个快手", True),  # that can be eaten by nobody
    ],
)
def test_food_is_no_company(sentence: str, meant: bool) -> None:
    lexicon = Lexicon.compile([Entity("company", word) for word in ("苹果", "小米", "快手")])
    assert any(m.confidence >= 0.7 for m in mentions(sentence, lexicon)) is meant


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("苹果、小米都在变贵。", False),  # food beside food
        ("苹果、小米、华为都在变贵。", True),
        ("小米、快手都在变贵。", True),  # a likely name beside it
    ],
)
def test_food_in_a_list(text: str, meant: bool) -> None:
    lexicon = Lexicon.compile([Entity("company", word) for word in ("苹果", "小米", "快手")])
    assert any(m.confidence >= 0.7 for m in mentions(text, lexicon)) is meant


@pytest.mark.parametrize(("kind", "meant"), [("product", True), ("organization", True), ("company", False)])
def test_what_stands_between_book_marks_is_a_work(kind: str, meant: bool) -> None:
    lexicon = Lexicon.compile([Entity(kind, "橡树")])  # type: ignore[arg-type]
    assert any(m.confidence >= 0.7 for m in mentions("他在读《橡树》。", lexicon)) is meant


def test_companies_with_spaces_alone_between_them() -> None:
    assert [m.confidence for m in mentions("雀巢 橡树 在搬家")] == [0.85]
    assert [m.confidence for m in mentions("雀巢橡树在变黄")] == [0.4]


@pytest.mark.parametrize(
    ("text", "confidence"),
    [
        ("华为和谷歌在开会。苹果在变贵。", 0.75),
        ("华为在开会。苹果在变贵。", 0.4),
        ("华为和谷歌在开会。橡树在变黄。", 0.4),  # no likely name
        ("库克在开会。苹果在变贵。", 0.85),  # who belongs to it
        ("库房在开会。苹果在变贵。", 0.4),
    ],
)
def test_what_the_article_says(text: str, confidence: float) -> None:
    assert [m.confidence for m in mentions(text)] == [confidence]


# -- facts -----------------------------------------------------------------------------------------------------------

TRACKED = Lexicon.compile(
    [
        Entity("company", "理想汽车", ("理想", "Li Auto"), context=("增程",), never=("非理想汽车",)),
        Entity("person", "杨植麟"),
        Entity("company", "蔚来"),
    ]
)


def facts(text: str, title: str = "") -> Facts:
    first = read(TRACKED, title)
    return gather((first, read(TRACKED, text, first.named)))


def hit(reading: Reading, surface: str) -> Hit:
    return next(one for one in reading.hits if one.form.text == surface)


def test_the_longest_sure_form_vouches_and_no_form_for_itself() -> None:
    reading = read(TRACKED, "理想和理想汽车和Li Auto")
    use = hit(reading, "理想").form.uses[0]
    assert gather([reading]).vouching(use, hit(reading, "理想").form) == "li auto"
    assert gather([reading]).vouching(use, hit(reading, "li auto").form) == "理想汽车"
    alone = read(TRACKED, "理想来了")
    assert gather([alone]).vouching(use, hit(alone, "理想").form) == ""


def test_what_an_excluding_string_holds_is_no_fact() -> None:
    assert "company:理想汽车" in facts("理想汽车").forms
    assert facts("非理想汽车").forms == {}


def test_shortened_names_are_no_facts() -> None:
    found = facts("植麟也来了", title="杨植麟来了").forms["person:杨植麟"]
    assert {form.text for form in found} == {"杨植麟"}


def test_context_of_title_and_text() -> None:
    assert facts("来了", title="增程车").context == {"company:理想汽车": {"增程"}}
    assert facts("来了").context == {}


def test_companies_are_counted_but_for_the_entity_itself_and_for_doubtful_names() -> None:
    found = facts("蔚来和百度和理想和杨植麟来了")
    assert {form.text for form in found.companies} == {"蔚来", "百度"}
    assert found.company_kept(Use("company:蔚来", "company", "name", "蔚来")) == 1
    assert found.company_kept(Use("company:百川", "company", "name", "百川")) == 2
