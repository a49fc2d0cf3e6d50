"""Credit lines as outlets print them, and prose that must not be taken for one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sources.bylines import Byline, is_credit, names_in, outlet_name, split_byline
from sources.person_names import is_person

BODY = ["第一段写了一些事情，有两句话。真的。", "第二段接着写。"]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("作者 | 张小珺", {"authors": ("张小珺",)}),
        ("作者\xa0|\xa0邱晓芬", {"authors": ("邱晓芬",)}),
        ("作者｜张三 发自 北京", {"authors": ("张三",)}),
        ("作者：张三、Jane Doe", {"authors": ("张三", "Jane Doe")}),
        ("文/张三 编辑/李四", {"authors": ("张三",), "editors": ("李四",)}),
        ("文 | 张三　编辑 | 李四", {"authors": ("张三",), "editors": ("李四",)}),
        ("文丨程书白", {"authors": ("程书白",)}),
        ("撰文｜文 珠珠", {"authors": ("文珠珠",)}),
        ("采写：王五、赵六", {"authors": ("王五", "赵六")}),
        ("采访/撰文 | 张三", {"authors": ("张三",)}),
        ("采写:南都记者 林晓", {"authors": ("林晓",)}),
        ("整理 | 孙胜", {"authors": ("孙胜",)}),
        ("记者 张三", {"authors": ("张三",)}),
        ("编译：Ada、编辑：Bob", {"authors": ("Ada",), "editors": ("Bob",)}),
        ("（记者 张三 李四）", {"authors": ("张三", "李四")}),
        ("(本报记者张三)", {"authors": ("张三",)}),
        ("By Jane Doe and John Roe", {"authors": ("Jane Doe", "John Roe")}),
        ("衡宇 发自 凹非寺", {"authors": ("衡宇",)}),
        ("作者：记者王敬编辑：李四", {"authors": ("王敬",), "editors": ("李四",)}),
        ("某某支部、某某科供稿 摄影/张三 编辑/李四", {"editors": ("李四",)}),
        ("（记者张三 整合）", {"authors": ("张三",)}),
        ("出品 | 腾讯新闻 《潜望》", {"outlet": "腾讯新闻《潜望》"}),
        ("出品 | CSDN（ID：CSDNnews）", {"outlet": "CSDN"}),
        ("来源：新华社", {"outlet": "新华社"}),
        ("来源 | 混沌大学（ID：hundun-university）", {"outlet": "混沌大学"}),
        ("出品｜虎嗅商业消费组", {"outlet": "虎嗅"}),
        ("责任编辑：王某某", {"editors": ("王某某",)}),
        (
            "本文来自微信公众号“刀客Doc”，作者：刀客Doc，36氪经授权发布。",
            {"authors": ("刀客Doc",), "source_account": "刀客Doc"},
        ),
        (
            "本文来自微信公众号：虎嗅APP（ID：huxiu_com），作者：张三，编辑：李四，题图来自：视觉中国",
            {"authors": ("张三",), "source_account": "虎嗅", "editors": ("李四",)},
        ),
        ("本文首发于晚点LatePost", {"source_account": "晚点LatePost"}),
        ("36氪经授权发布。", {}),
        ("题图来自视觉中国", {}),
        ("（头图由岭南机器提供）", {}),
        ("监制：王五 校对：赵六", {}),
        ("口述：钱默存", {}),
        ("作者︱张三", {"authors": ("张三",)}),
        ("河岸晚报记者 张楠", {"authors": ("张楠",)}),
        ("河岸谈记者 史小燕", {"authors": ("史小燕",)}),
        ("河岸日报见习记者 张楠 通讯员 李四", {"authors": ("张楠", "李四")}),
        ("（文/图 刘玺 易赛）", {"authors": ("刘玺", "易赛")}),
        ("文/图刘玺", {"authors": ("刘玺",)}),
        ("（图文：刘玺）", {"authors": ("刘玺",)}),
        ("作者：余毅 向雪妮返回河岸，查看更多", {"authors": ("余毅", "向雪妮")}),
        ("出品 | 河岸周刊编辑组 张三", {"outlet": "河岸周刊编辑组"}),
    ],
)
def test_a_credit_line_is_read_and_taken(line: str, expected: dict[str, object]) -> None:
    byline = split_byline([line, *BODY])
    assert byline == Byline(**{"lines": (line,), "rest": tuple(BODY), **expected})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "line",
    [
        "编辑：你怎么看？",
        "作者：我觉得很好",
        "来源：他说这些钱从哪里来？",
        "记者：你们什么时候开始的",
        "嘉宾：谢谢大家",
        "文字和图片都是压缩",
        "整理一下就是三句话",
        "整理 一下",
        "本文来自一位读者的投稿，我们觉得很好。",
        "来自北京的张三说，他喜欢这里。",
        "By the way",
        "他是一名记者，也是一名作者。",
        "编辑部的灯亮了一夜。",
        "设计：从草图到量产",
        "【文/张三】这一行后面还有正文",
        "（英文原声+中文字幕）",
        "图文并茂",
        "这是一名记者 张三",
        "河岸晚报记者 在现场看到了什么",
        "河岸晚报记者 张楠看见，船开走了。",
        "作者：责任编辑",
        "文/查看更多",
        "宋亚宸:是的。",
        "",
    ],
)
def test_prose_is_left_alone(line: str) -> None:
    assert not is_credit(line)
    assert split_byline([line, *BODY]).rest == (line, *BODY)


def test_only_head_and_tail_are_searched() -> None:
    lines = [f"第{n}段，写得不长。" for n in range(40)]
    lines[20] = "作者 | 张三"
    assert split_byline(lines) == Byline(rest=tuple(lines))
    lines[38] = "编辑 | 李四"
    assert split_byline(lines).editors == ("李四",)


def test_a_reporter_inside_prose_is_evidence_and_stays() -> None:
    lines = ["新华社巴黎12月9日电（记者唐某某）法国9日发生一件事。", "第二段。"]
    assert split_byline(lines) == Byline(authors=("唐某某",), rest=tuple(lines))
    guancha = ["【文/观察者网专栏作者 王文】事情正在变成一场长跑。"]
    assert split_byline(guancha).authors == ("王文",)


def test_the_producer_outranks_the_source_and_nobody_is_named_twice() -> None:
    byline = split_byline(["来源：新华社", "作者 | 张三", "文 | 张三", "出品 | 河岸周刊", *BODY])
    assert byline.outlet == "河岸周刊"
    assert byline.authors == ("张三",)


@pytest.mark.parametrize(
    ("raw", "name"),
    [
        ("腾讯新闻 《潜望》", "腾讯新闻《潜望》"),
        ("虎嗅APP", "虎嗅"),
        ("36Kr", "36氪"),
        ("36氪编辑部", "36氪"),
        ("“海风研究社”", "海风研究社"),
        ("甲乙丙团队", "甲乙丙团队"),
        ("公众号：量子位", "量子位"),
    ],
)
def test_outlet_names(raw: str, name: str) -> None:
    assert outlet_name(raw) == name


def test_a_source_in_brackets_under_the_last_paragraph_is_its_last_words() -> None:
    lines = (*BODY, "（来源：新华社）")
    assert split_byline(lines) == Byline(outlet="新华社", rest=lines)
    assert split_byline([*BODY, "来源：新华社"]).rest == tuple(BODY)
    assert split_byline(["（来源：新华社）", *BODY]).rest == tuple(BODY)


def test_roles_and_buttons_are_no_names() -> None:
    for value in ("责任编辑", "记者", "原声+中文字幕", "查看更多", "返回首页", "阅读全文", "关注"):
        assert names_in(value) == [], value
    assert names_in("向雪妮返回首页") == ["向雪妮"]
    assert names_in("关山月") == ["关山月"]
    assert names_in("关注科技") == ["关注科技"], "a pen name may begin with a button's word"


def test_names() -> None:
    assert names_in("张 三、李四") == ["张三", "李四"]
    assert names_in("欧阳明和李小满") == ["欧阳明", "李小满"]
    assert names_in("陈和平") == ["陈和平"]
    assert names_in("Jane Doe, 张三") == ["Jane Doe", "张三"]
    assert is_person("张小珺") and is_person("欧阳明月")
    assert not is_person("混沌大学") and not is_person("量子位")


@given(st.lists(st.one_of(st.text(max_size=50), st.sampled_from(["作者 | 张三", "编辑：李四", "By Jane Doe", *BODY]))))
def test_every_line_is_taken_or_left_in_order(lines: list[str]) -> None:
    byline = split_byline(lines)
    taken, rest = list(byline.lines), list(byline.rest)
    for line in lines:
        if rest and rest[0] == line:
            rest.pop(0)
        else:
            assert taken.pop(0) == line
    assert not taken and not rest


@given(
    st.lists(st.one_of(st.text(max_size=30), st.sampled_from(["作者 | 张三", "（来源：新华社）", "文：李四", *BODY])))
)
def test_a_second_look_may_leave_out_what_the_first_found_to_be_prose(lines: list[str]) -> None:
    assert split_byline(lines, split_byline(lines).prose) == split_byline(lines)


@pytest.mark.parametrize("place", [0, 1, -1])
def test_a_role_within_prose_is_no_credit(place: int) -> None:
    lines = [
        "第一段说到作者：他没有来。",
        "后来，编辑/校对都走了，河岸日报授权河岸网发布的消息也没有了。",
        "他说：来源 | 不明。",
    ]
    lines.insert(place % 4, "某某支部供稿 摄影/张小柳")
    assert split_byline(lines).lines == ("某某支部供稿 摄影/张小柳",)
