"""One sentence for each rule of the scan, and one beside it that the rule must leave alone."""

from __future__ import annotations

import pytest

from sources.article import Article
from warehouse.scan import ALERTING_ROLES, Findings, Lexicon, scan
from warehouse.scan.families import family_name, short_forms, surname
from warehouse.scan.segment import Segmenter, frequency, is_word
from warehouse.watchlist import Entity

NAMES = (
    Entity("person", "王兴"),
    Entity("person", "张勇"),
    Entity("person", "何小鹏"),
    Entity("person", "埃隆·马斯克"),
    Entity("person", "比尔·盖茨"),
    Entity("person", "杨植麟"),
    Entity("person", "高歌"),
    Entity("company", "小鹏汽车", ("小鹏",)),
    Entity("company", "字节跳动", ("字节",)),
    Entity("company", "联想"),
    Entity("company", "统一企业", ("统一",)),
    Entity("company", "当当"),
    Entity("company", "得到"),
    Entity("company", "苹果", ("Apple",)),
    Entity("company", "华为"),
    Entity("company", "百川智能"),
    Entity("company", "Block"),
    Entity("company", "Oracle"),
    Entity("company", "Scale AI", ("Scale",)),
    Entity("organization", "棱镜"),
    Entity("company", "零一万物", ("零一",)),
    Entity("company", "PICO"),
    Entity("product", "小宇宙"),
    Entity("product", "微信"),
)
LEXICON = Lexicon.compile(NAMES)


def found(text: str, **parts: str) -> Findings:
    article = Article("url:0", "files", parts.get("outlet", ""), "article", "", parts.get("title", ""), text)
    return scan(LEXICON, article)


def alerts(text: str, **parts: str) -> set[str]:
    return {
        LEXICON.entities[m.entity_id].name
        for m in found(text, **parts).mentions
        if m.role in ALERTING_ROLES and m.confidence >= 0.7
    }


@pytest.mark.parametrize(
    ("text", "names"),
    [
        # where words end
        ("国王兴建了一座桥。", set()),
        ("王兴建议大家早睡。", {"王兴"}),
        ("为何小鹏选在清晨？小鹏汽车没有回答。", {"小鹏汽车"}),
        ("何小鹏选在清晨。", {"何小鹏"}),
        # somebody else
        ("张勇毅给动物园写信。", set()),
        ("张勇给动物园写信。", {"张勇"}),
        ("马斯克·史密斯是邮差。", set()),
        ("金巴尔·马斯克开了餐馆。", set()),
        ("马斯克开了餐馆。", {"埃隆·马斯克"}),
        ("体操队员李小鹏翻跟头。", set()),
        ("王兴大厦在河边。", set()),
        ("王兴（化名）在河边。", set()),
        ("王兴说天晴了。这一位王兴（男，化名）在河边。", set()),
        ("王兴（六十岁）在河边。", {"王兴"}),
        # a foreign family name of two characters waits for the full name
        ("盖茨来了。", set()),
        ("比尔·盖茨来了。", {"比尔·盖茨"}),
        # a word used as a word
        ("他的努力得到了回报，罗振宇也这样说。", set()),
        ("罗振宇说，得到今年会做线下课。", {"得到"}),
        ("方便面的日期统一印在盖上，康师傅也一样。", set()),
        ("统一和康师傅的方便面都涨价了。", {"统一企业"}),
        ("让人联想的画面。", set()),
        # what a company alone is the subject of
        ("联想在巴塞罗那展出了新电脑。", {"联想"}),
        ("老师说，统一公布成绩。", set()),
        ("昨天，联想同日公布了价格。", {"联想"}),
        # lists that say what they are
        ("统一、味全与光泉三家食品厂都来了。", {"统一企业"}),
        ("统一、整洁与安全三个要求都要满足。", set()),
        # mostly the name
        ("我在当当买了书。", {"当当"}),
        ("把书架收拾得稳稳当当。", set()),
        # workplaces
        ("她在字节待了五年。", {"字节跳动"}),
        ("一个汉字在内存里占两个字节。", set()),
        # food
        ("早上吃了两个苹果，华为的同事也吃了。", {"华为"}),
        # numerals
        ("二零一九年的零一万物还没有成立。", {"零一万物"}),
        ("那是二零一四年的夏天。", set()),
        # English words
        ("做头显的Pico裁了人。", {"PICO"}),
        ("这只有一个pico那么小。", set()),
        ("我们的数据库还是oracle的。", {"Oracle"}),
        ("the oracle of the valley", set()),
        ("我们要scale这个业务。", set()),
        ("Block.one卖掉了域名。", set()),
        # people by what they do
        ("新任首席运营官高歌到岗。", {"高歌"}),
        ("大家高歌一曲。", set()),
    ],
)
def test_a_rule_and_its_neighbour(text: str, names: set[str]) -> None:
    assert alerts(text) == names, [(m.surface, m.confidence, m.reason) for m in found(text).mentions]


@pytest.mark.parametrize(
    ("line", "role"),
    [
        ("收听方式：小宇宙｜苹果播客", "chrome"),
        ("分享到：微信 微博", "chrome"),
        ("相关阅读：华为的一年", "chrome"),
        ("热门标签：#华为# #当当#", "chrome"),
        ("首页 > 手机 > 华为 > 正文", "chrome"),
        ("[3] 华为的一年，某报", "chrome"),
        ("长按识别二维码，打开微信关注我们。", "chrome"),
        ("本节目在小宇宙首发。", "chrome"),
        ("转载自棱镜，有删改", "byline"),
        ("（版权归华为所有，转载请注明）", "byline"),
        ("本报记者 张勇 成都报道", "byline"),
        ("翻译：王兴；审校：张勇。", "byline"),
        ("他对《棱镜》表示，还要再等。", "byline"),
        ("@棱镜【三家工厂停工】昨天下午，机器停了。", "byline"),
        ("他告诉《棱镜》，还要再等。", "byline"),
        ("她打开微信，给母亲发了一张照片。", "body"),
        ("他对华为表示感谢。", "body"),
        ("他在小宇宙工作过三年。", "body"),
        ("记者在现场见到了张勇。", "body"),
    ],
)
def test_the_part_a_line_plays(line: str, role: str) -> None:
    assert {m.role for m in found(f"开头一段没有名字。\n{line}\n又一段也没有。").mentions} == {role}


@pytest.mark.parametrize(
    ("text", "surfaces"),
    [
        ("杨植麟来了。植麟没有迟到，杨总也没有。", ["杨植麟", "植麟", "杨总"]),
        ("植麟没有迟到，杨总也没有。", []),
        ("杨植麟来了。李杨老师也来了，这边是杨总部。", ["杨植麟"]),
        ("杨植麟来了。杨教授讲了两个小时。", ["杨植麟", "杨教授"]),
        ("百川智能开会。百川的人都在。", ["百川智能", "百川"]),
    ],
)
def test_shorter_forms_come_after_the_full_one(text: str, surfaces: list[str]) -> None:
    mentions = found(text).mentions
    assert [m.surface for m in mentions] == surfaces
    assert all(m.confidence <= 0.75 for m in mentions[1:])


def test_a_family_name_alone_is_weaker() -> None:
    alone, beside = found("马斯克开了餐馆。").mentions[0], found("埃隆·马斯克来了，马斯克开了餐馆。").mentions[1]
    assert alone.confidence == 0.75
    assert beside.confidence > 0.9


def test_a_shorter_form_that_comes_too_early_is_told() -> None:
    assert [(r.surface, r.reason) for r in found("植麟来了。").rejections] == [
        ("植麟", "may be short for 杨植麟, which has not been named before")
    ]


def test_the_full_name_may_stand_in_the_title() -> None:
    assert [m.surface for m in found("植麟没有迟到。", title="杨植麟的一天").mentions] == ["杨植麟", "植麟"]


def test_what_an_outlet_says_of_itself_is_a_label() -> None:
    text = "棱镜独家：三家工厂停工。棱镜的读者来信说，机器停了。华为没有回应。"
    assert alerts(text, title="棱镜独家：工厂停工", outlet="棱镜") == {"华为"}
    assert alerts("《棱镜》公司上市了，华为没有回应。", outlet="别处") == {"棱镜", "华为"}
    assert alerts("华为没有回应。", outlet="华为的朋友") == {"华为"}
    assert alerts("华为没有回应，联想宣布停工。", outlet="华为") == {"联想"}


LONG = "没有名字的一句话，说的是天气和潮水。" * 40


@pytest.mark.parametrize(
    ("text", "title", "central"),
    [
        ("王兴来了。", "王兴的一天", True),
        (f"{LONG}王兴来了。", "", False),
        (f"王兴来了。{LONG}王兴走了。{LONG}王兴又来了。", "", True),
        (f"{LONG}王兴来了。王兴走了。王兴又来了。", "", False),  # not from the beginning
        (f"王兴来了。王兴走了。王兴又来了。{LONG}{LONG}", "", False),  # not throughout
        (f"{LONG}{LONG}\n王兴：是的。\n问：真的？\n王兴：真的。\n问：还有呢？\n王兴：没有了。", "", True),
        (f"{LONG}{LONG}\n王兴：是的。\n问：真的？\n王兴：真的。\n问：还有呢？", "", False),
    ],
)
def test_central(text: str, title: str, central: bool) -> None:
    assert {m.central for m in found(text, title=title).mentions} == {central}


def test_surnames_and_short_forms() -> None:
    assert [surname(name) for name in ("杨植麟", "欧阳明", "司马光", "李斌", "阿里巴巴", "李", "openai")] == [
        "杨", "欧阳", "司马", "李", "", "", "",
    ]  # fmt: skip
    assert list(short_forms("杨植麟", "person")) == ["植麟"]
    assert list(short_forms("欧阳明", "person")) == []
    assert list(short_forms("宇树科技", "company")) == ["宇树"]
    assert list(short_forms("字节跳动", "company")) == ["字节"]
    assert list(short_forms("中国移动", "company")) == []  # a country names no company
    assert family_name("埃隆·马斯克") == "马斯克"
    assert family_name("杨植麟") == family_name("Elon·Musk") == ""


def test_the_segmenter() -> None:
    words = Segmenter(["王兴", "江南春", "小鹏", "何小鹏"])
    assert words.crossing("国王兴建", 1, 3) == "国王|兴建"
    assert words.crossing("王兴建议", 0, 2) == ""
    assert words.crossing("江南春天", 0, 3) == "江南|春天"
    assert words.crossing("为何小鹏", 1, 4) == "为何|小鹏"
    assert words.crossing("国王兴建", 1, 3, floor=1, ceiling=3) == ""  # both ends known otherwise
    assert Segmenter(["新浪"]).crossing("新浪网", 0, 2) == ""
    assert is_word("未来")
    assert not is_word("王兴兴")
    assert frequency("未来") > frequency("旷世") > frequency("王兴兴") == 0


def names_at(text: str, names: list[Entity], kind: str = "article") -> list[tuple[str, float]]:
    found = scan(Lexicon.compile(names), Article("url:0", "files", "", kind, "", "", text))  # type: ignore[arg-type]
    return [(m.surface, m.confidence) for m in found.mentions if m.confidence >= 0.7]


@pytest.mark.parametrize(
    ("text", "name", "further", "kind", "surfaces"),
    [
        ("有 百度、 华 位、 京东 这些 公司, 大家 都 知道", Entity("company", "华为"), Entity("company", "得到"), "transcript", ["华 位"]),
        ("听说明月和雀巢在搬家。", Entity("company", "明月"), Entity("company", "得到"), "article", ["明月"]),
        ("百川归海王兴说，天要下雨。", Entity("person", "王兴"), Entity("company", "海龘"), "article", ["王兴"]),
    ],
)  # fmt: skip
def test_a_name_that_is_not_there_changes_nothing(
    text: str, name: Entity, further: Entity, kind: str, surfaces: list[str]
) -> None:
    alone = names_at(text, [name], kind)
    assert [surface for surface, _ in alone] == surfaces
    assert names_at(text, [name, further], kind) == alone


def test_untracked_food_vouches_for_no_company() -> None:
    assert names_at("苹果、小米、玉米都是本地特产。", [Entity("company", "小米")]) == []


def test_who_ate_up_an_apple_met_no_company() -> None:
    assert [
        surface
        for surface, _ in names_at("华为在开会，她吃完了苹果。", [Entity("company", "苹果"), Entity("company", "华为")])
    ] == ["华为"]


def test_the_longer_title_is_the_title() -> None:
    assert [m.surface for m in found("杨植麟来了，杨总裁也来了。").mentions] == ["杨植麟", "杨总裁"]


def test_a_short_form_inside_its_own_full_name_is_not_told() -> None:
    assert found("字节跳动来了。").rejections == ()
