"""ZAKER: its lists in three forms, the time in its ids, its inserted spaces; pages are fixtures too."""

from __future__ import annotations

import csv
import json
import re
from contextlib import suppress
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sources.article import ArticleRef, Page, content_key
from sources.document import Document
from sources.errors import Blocked, FetchError, Gone, LayoutChanged, NotAnArticle
from sources.outlets import zaker
from sources.outlets.files import read_file
from sources.outlets.zaker import Zaker, without_inserted_spaces
from sources.source import ListAddress

CHINA = timezone(timedelta(hours=8))
NOW = datetime(2026, 11, 20, 10, 0, tzinfo=CHINA)
CHANNEL = "https://www.myzaker.com/channel/13"
ID = "6aff831e1bc8e0c861000001"  # made 2026-11-20 07:15:42 China time
MADE = datetime(2026, 11, 20, 7, 15, 42, tzinfo=CHINA)
APP = f"https://app.myzaker.com/news/article.php?pk={ID}"
BODY = "<p>路灯坏了会自己叫人，平均十八分钟就有人来修好它。</p>"
PIECES = [
    *(
        b'<div class="article_content">',
        b'<div id="content">',
        b"<div zk-guide>",
        b"</div>",
        b"<h1>x</h1>",
        b"<p>y</p>",
    ),
    *(b"window.WinPageData = {", b'"data":{"article":[', b'{"title":"x","url":"//www.myzaker.com/article/', b"}]}}"),
    *(b'<span class="time">', b"\xff", "以上内容由“甲”上传发布".encode(), b"content_img_div", b"zkres1.myzaker.com"),
]


def answer(value: object, url: str = CHANNEL) -> Page:
    return Page(url=url, body=json.dumps(value, ensure_ascii=False).encode(), fetched_at=NOW)


def page(html: str | bytes, url: str = APP) -> Page:
    return Page(url=url, body=html.encode() if isinstance(html, str) else html, fetched_at=NOW, final_url=url)


def ref(*authors: str) -> ArticleRef:
    return ArticleRef(
        source="zaker",
        article_id=f"zaker:{ID}",
        url=f"https://www.myzaker.com/article/{ID}/",
        title="题",
        authors=authors,
    )


def rows(*told: object, **more: object) -> dict[str, object]:
    return {"data": {"article": list(told)}, **more}


def row(**fields: object) -> dict[str, object]:
    return {"title": "会叫人的路灯", "url": f"//www.myzaker.com/article/{ID}", **fields}


class TestOptions:
    def test_alone_it_reads_technology(self) -> None:
        assert [one.url for one in Zaker().lists(NOW)] == [CHANNEL]

    def test_channels_and_the_selection(self) -> None:
        chosen = Zaker(channel="660", channels=("13", "660"), selected=True).lists(NOW)
        assert [one.url for one in chosen] == [
            "https://www.myzaker.com/channel/660",
            "https://www.myzaker.com/channel/13",
            "https://www.myzaker.com/?pos=selected_article",
        ]
        assert [one.url for one in Zaker(selected=True).lists(NOW)] == ["https://www.myzaker.com/?pos=selected_article"]

    def test_what_is_no_number_is_refused(self) -> None:
        with pytest.raises(ValueError, match=r"channel: expected the number of a ZAKER channel.*not 科技"):
            Zaker(channel="科技")


class TestLists:
    def test_the_old_list_of_2018(self, shared: Path) -> None:
        body = (shared / "pages/zaker/LIST_zaker_blog2news_2018.json").read_bytes()
        seen = datetime(2018, 7, 13, 11, 30, tzinfo=CHINA)
        found = Zaker().discover(Page(url="https://www.myzaker.com/news/home_new.php", body=body, fetched_at=seen))
        assert [(one.article_id, one.authors) for one in found] == [
            ("zaker:5b46f43e77ac645a7c63eda7", ("上观新闻",)),
            ("zaker:5b46f4109490cb743d000024", ("封面新闻",)),
            ("zaker:5b46cd079490cba43d000030", ("中新网",)),
        ]
        assert found[0].title == "黄浦江上最大“龙船”升级后回归！能容纳千名游客，650人同时用餐"
        assert found[0].fetch_url == "https://app.myzaker.com/news/article.php?pk=5b46f43e77ac645a7c63eda7"
        assert (found[0].published_at, found[0].precision) == (
            datetime(2018, 7, 12, 14, 25, 2, tzinfo=CHINA),
            "second",
        )

    @pytest.mark.parametrize(
        ("shown", "at", "precision"),
        [
            ({"date": "11月20日"}, MADE, "second"),
            ({}, MADE, "second"),
            ({"marks": ["某报", "2小时前", "3 评论"]}, MADE, "second"),
            ({"marks": ["某报", "3 评论"]}, MADE, "second"),
            ({"marks": ["某报", "昨天"]}, MADE, "second"),  # before it was made: the id is exact
        ],
    )
    def test_the_id_tells_the_time_and_what_is_shown_is_the_check(
        self, shown: dict[str, object], at: datetime, precision: str
    ) -> None:
        (found,) = Zaker().discover(answer(rows(row(**shown))))
        assert (found.published_at, found.precision) == (at, precision)

    def test_an_article_made_long_before_it_appears_is_dated_to_the_day_only(self) -> None:
        url = "//www.myzaker.com/article/6af25e801bc8e0c861000004"  # made 2026-11-10 08:00:00
        (found,) = Zaker().discover(answer(rows(row(url=url, date="11月20日"))))
        assert (found.published_at, found.precision) == (datetime(2026, 11, 10, 8, 0, tzinfo=CHINA), "day")

    def test_an_id_of_the_future_is_not_believed(self) -> None:
        (found,) = Zaker().discover(answer(rows(row(url="//www.myzaker.com/article/" + "7" * 24, date="昨天 09:30"))))
        assert found.published_at == datetime(2026, 11, 19, 9, 30, tzinfo=CHINA)

    @pytest.mark.parametrize(
        "told", [{}, {"data": []}, {"data": {"article": {}}}, rows({"title": "x"}), rows(1), rows(row(title=""))]
    )
    def test_a_list_that_names_nothing_has_changed(self, told: object) -> None:
        with pytest.raises(LayoutChanged):
            Zaker().discover(answer(told))

    def test_an_empty_list_is_empty(self) -> None:
        assert Zaker().discover(answer(rows())) == []

    def test_a_channel_page_without_its_state_has_changed_and_a_firewall_is_blocked(self) -> None:
        with pytest.raises(LayoutChanged, match="WinPageData"):
            Zaker().discover(page("<html><body><div id=contentList></div></body></html>", CHANNEL))
        shell = "<html><script src='https://challenge.rivers.chaitin.cn/captcha/api/sdk.js'></script></html>"
        with pytest.raises(Blocked) as caught:
            Zaker().discover(page(shell, CHANNEL))
        assert caught.value.marker == "safeline"

    @pytest.mark.parametrize(
        ("told", "following"),
        [
            (rows(next_url={"value": "https://www.myzaker.com/news/next_new.php?x=1"}), "https://www.myzaker.com/news/next_new.php?x=1"),
            (rows(next_url={"value": "//www.myzaker.com/news/next_new.php?x=1"}), "https://www.myzaker.com/news/next_new.php?x=1"),
            ({"data": {"article": [], "next_url": "/news/next_new.php?x=1"}}, "https://www.myzaker.com/news/next_new.php?x=1"),
            (rows(next_url={"value": ""}), None),
            (rows(next_url={"value": CHANNEL}), None),
            (rows(next_url={"value": "https://elsewhere.example.com/x"}), None),
            (rows(next_url=[1]), None),
        ],
    )  # fmt: skip
    def test_older_parts_are_those_the_list_names_on_its_own_site(self, told: object, following: str | None) -> None:
        found = Zaker().older(answer(told), ListAddress(CHANNEL))
        assert (found.url if found else None) == following

    @settings(max_examples=150)
    @given(st.lists(st.sampled_from(PIECES) | st.binary(max_size=12), max_size=12))
    def test_no_bytes_bring_anything_but_a_fetch_error(self, parts: list[bytes]) -> None:
        found, source = page(b"".join(parts), CHANNEL), Zaker()
        for step in (
            source.discover,
            lambda one: source.older(one, ListAddress(CHANNEL)),
            lambda one: source.parse(one.with_url(APP), ref()),
        ):
            with suppress(FetchError):
                step(found)


class TestSpaces:
    def test_spaces_on_every_border_are_zakers(self) -> None:
        lines = ["Faker 是一个库", "2020 年 12 月 11 日", "由 Fran Zaninotto 在 5 年前写成", '这是在 " 诋毁 " 一个项目']
        assert without_inserted_spaces(lines) == [
            "Faker是一个库",
            "2020年12月11日",
            "由Fran Zaninotto在5年前写成",
            '这是在"诋毁"一个项目',
        ]

    def test_spaces_here_and_there_are_the_authors(self) -> None:
        lines = ["3D 大模型Tripo系列", "SIGGRAPH 50年历史", "只能活到 50 岁"]
        assert without_inserted_spaces(lines) == lines

    def test_other_spaces_stay(self) -> None:
        lines = ["他 说：AI", "iPhone 15 Pro", "甲 乙", "，Fran Z 说", "完。 Next"]
        assert without_inserted_spaces(lines) == ["他 说：AI", "iPhone 15 Pro", "甲 乙", "，Fran Z说", "完。 Next"]

    @given(st.lists(st.text(alphabet=' \u00a0aB7中文"，。', max_size=12), max_size=6))
    def test_only_spaces_are_taken_and_taking_them_twice_changes_nothing(self, lines: list[str]) -> None:
        once = without_inserted_spaces(lines)
        assert [re.sub(r"\s", "", line) for line in once] == [re.sub(r"\s", "", line) for line in lines]
        assert [content_key(line) for line in once] == [content_key(line) for line in lines]


class TestPages:
    def test_the_account_on_the_page_is_the_outlet_then_the_one_of_the_list_then_zaker(self) -> None:
        head = '<div class="article_header"><h1>会叫人的路灯</h1>{}</div>'
        body = f'<div class="article_content"><div id="content">{BODY}</div></div>'
        named = head.format('<span class="auther">混沌大学</span>') + body
        assert Zaker().parse(page(named), ref("河岸周刊")).outlet == "混沌大学"
        article = Zaker().parse(page(head.format("") + body), ref("河岸周刊"))
        assert (article.outlet, article.authors, article.source) == ("河岸周刊", (), "zaker")
        assert Zaker().parse(page(head.format("") + body), ref()).outlet == "ZAKER"

    def test_who_supplied_it_is_the_outlet_when_the_head_names_nobody(self) -> None:
        html = f'<h1>题</h1><div id="content">{BODY}{BODY}<p>以上内容由"溪桥日报"上传发布</p><p>查看原文</p></div>'
        article = Zaker().parse(page(html), ref())
        assert article.outlet == "溪桥日报"
        assert article.text == "\n".join([BODY[3:-4]] * 2)
        assert article.chrome == '以上内容由"溪桥日报"上传发布\n查看原文'

    def test_its_own_words_above_the_text_are_somebodys_sentence(self) -> None:
        draft = zaker.read(Document(page(f"<h1>题</h1><div id=content><p>打开 ZAKER 的那天，</p>{BODY * 3}</div>")))
        assert draft.lines[0] == "打开ZAKER的那天，" and draft.chrome == []

    def test_a_full_date_much_later_than_the_id_is_believed(self) -> None:
        html = f'<h1>题</h1><span class="time">2026-11-19 09:00</span><div id="content">{BODY}</div>'
        found = zaker.read(Document(page(html, APP.replace(ID, "6af25e801bc8e0c861000004")))).published
        assert found == (datetime(2026, 11, 19, 9, 0, tzinfo=CHINA), "minute")

    @pytest.mark.parametrize(
        ("html", "error"),
        [
            ('<h1>题</h1><div class="article_content"><p>原文已被删除</p></div>' + "<p>相关文章</p>" * 200, Gone),
            ("<h1>题</h1><div id='app'></div>", LayoutChanged),
            ('<div id="content" zk-guide><p>下载客户端</p></div>', LayoutChanged),
        ],
    )
    def test_an_article_page_without_its_text(self, html: str, error: type[FetchError]) -> None:
        with pytest.raises(error) as caught:
            Zaker().parse(page(html), ref())
        assert type(caught.value) is error

    def test_a_list_page_is_no_article(self) -> None:
        with pytest.raises(NotAnArticle) as caught:
            zaker.read(Document(page("<script>window.WinPageData={}</script>", CHANNEL)))
        assert type(caught.value) is NotAnArticle

    def test_pages_of_others_are_not_known(self) -> None:
        assert not zaker.knows(Document(page("<p>myzaker.com article_content</p>", "https://example.com/a")))
        linked = '<link rel="canonical" href="https://example.com/a"><div class="article_content">myzaker.com</div>'
        assert not zaker.knows(Document(page(linked, "")))

    def test_the_saved_body_is_exact(self, shared: Path) -> None:
        path = "zaker/zaker_fragment_faker.html"
        with (shared / "pages/INDEX.tsv").open(encoding="utf-8") as file:
            told = next(
                one for one in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE) if one["path"] == path
            )
        (article,) = read_file(path, (shared / "pages" / path).read_bytes(), taken_at=NOW)
        text = re.sub(r"\s", "", article.text)
        assert text.startswith(re.sub(r"\s", "", told["body_first30"]))
        assert text.endswith(re.sub(r"\s", "", told["body_last30"]))
        assert len(text) == int(told["body_len_nows"]) == 1249
        assert (article.source, article.outlet, article.authors) == ("zaker", "CSDN", ("孙胜",))
        assert "GitHub的Star已超过25000星" in article.text and "Fran ois Zaninotto计划放弃" in article.text
